"""What is said of areas without neighbours, of outlines that come twice and of pieces apart."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from shapely.geometry import MultiPolygon, Polygon, box

from graphs import pieces
from risk_model.area_choice import areas_within
from risk_model.config.risk import Statistics
from risk_model.neighbour_checks import neighbour_checks
from spatial.contiguity import contiguity
from spatial.outlines import close_to_others, same_outlines
from spatial.weights import Neighbours

QUEEN = Statistics()


def squares(*corners: tuple[float, float]) -> gpd.GeoDataFrame:
    """Squares of 1 km at these corners, coded E1, E2 and so on."""
    return gpd.GeoDataFrame(
        geometry=[box(x, y, x + 1000, y + 1000) for x, y in corners],
        index=[f"E{i + 1}" for i in range(len(corners))],
        crs="EPSG:27700",
    )


# Kernels ------------------------------------------------------------------------------------


def test_an_outline_is_the_same_wherever_its_ring_begins() -> None:
    square = Polygon([(0, 0), (1, 0), (1, 1), (0, 1)])
    turned = Polygon([(1, 1), (1, 0), (0.5, 0), (0, 0), (0, 1)])
    triangle = Polygon([(0, 0), (1, 0), (1, 1), (0, 1), (0.5, 0.5)])  # the same box, less ground
    both = MultiPolygon([square, box(5, 5, 6, 6)])
    ringed = np.array([square, triangle, turned, both, both.reverse(), square.reverse()], object)
    assert same_outlines(ringed) == ((0, 2, 5), (3, 4))
    assert same_outlines(ringed[[0, 1, 3]]) == ()
    assert same_outlines(np.array([], dtype=object)) == ()


def test_close_outlines_are_those_of_the_distances_between_all_pairs() -> None:
    rng = np.random.default_rng(4)
    x, y = rng.uniform(0, 400, (2, 60))
    polygons = shapely.box(x, y, x + 20, y + 20)
    piece = rng.integers(0, 4, 60) * 3  # pieces are named by any numbers
    apart = shapely.distance(polygons[:, None], polygons[None, :])
    slow = ((apart <= 15) & (piece[:, None] != piece[None, :])).any(axis=1)
    largest = np.bincount(piece).argmax()
    found = close_to_others(polygons, piece, within_m=15)
    assert slow.any()
    assert not slow.all()
    assert found.tolist() == slow.tolist(), f"piece {largest} is asked from the other side"
    assert not close_to_others(polygons, np.zeros(60, dtype=np.int64), within_m=15).any()


def test_the_piece_of_each_area_is_named_by_its_first() -> None:
    frame = squares((0, 0), (1000, 0), (9000, 0), (2000, 0), (9000, 1000), (50_000, 0))
    graph = contiguity(frame)
    assert graph.component_of.tolist() == [0, 0, 2, 0, 2, 5]
    assert pieces(graph) == 3
    assert pieces(Neighbours((), np.zeros(1, dtype=np.int64), np.zeros(0, dtype=np.int64))) == 0


# What is said -------------------------------------------------------------------------------


def test_a_map_without_faults_is_said_nothing_of() -> None:
    frame = squares((0, 0), (1000, 0), (0, 1000), (1000, 1000))
    found = neighbour_checks(contiguity(frame), frame, list(frame.index), QUEEN)
    assert (found.warnings, found.notes) == ((), ())


@pytest.mark.parametrize(
    ("kind", "why"),
    [("queen", "no shared border or corner"), ("rook", "no shared border")],
)
def test_areas_alone_are_named_with_what_happens_and_the_way_out(kind: str, why: str) -> None:
    frame = squares((0, 0), (1000, 0), (60_000, 0), (90_000, 0))
    graph = contiguity(frame, rook=kind == "rook")
    settings = Statistics(neighbours=kind)
    found = neighbour_checks(graph, frame, list(frame.index), settings)
    (said,) = found.warnings
    assert said.startswith(f"neighbours: 2 areas have no neighbours ({why}) (E3, E4): ")
    assert "not tested for clusters, hot spots or monthly patterns" in said
    assert "statistics.neighbours: distance" in said
    assert "mend the outline in the boundary file" in said
    assert found.notes == (), "an area alone is not told of again as a piece"
    only = neighbour_checks(graph, frame, ["E1", "E2", "E4"], settings)
    assert "1 area has no neighbours" in only.warnings[0], "E3 is not a study area"
    assert neighbour_checks(graph, frame, ["E1", "E2"], settings).warnings == ()


def test_more_areas_alone_than_can_be_read_are_counted() -> None:
    frame = squares(*((i * 5000.0, 0.0) for i in range(8)))
    (said,) = neighbour_checks(contiguity(frame), frame, list(frame.index), QUEEN).warnings
    assert (
        "8 areas have no neighbours (no shared border or corner) (E1, E2, E3, E4, E5 and 3 more"
        in (said)
    )


def test_codes_of_one_outline_are_named_and_several_counted() -> None:
    frame = squares((0, 0), (1000, 0), (1000, 0), (2000, 0), (2000, 0), (2000, 0))
    found = neighbour_checks(contiguity(frame), frame, list(frame.index), QUEEN)
    assert [said.partition("; give")[0] for said in found.warnings] == [
        "boundaries: two codes share one outline: E2, E3",
        "boundaries: 3 codes share one outline: E4, E5, E6",
    ]
    assert all("; give each place to one area" in said for said in found.warnings)


def test_an_island_of_several_areas_is_a_note_and_a_gap_in_the_layer_a_warning() -> None:
    shore = [(0.0, 0.0), (1000.0, 0.0), (0.0, 1000.0), (1000.0, 1000.0)]
    across = [(2021.0, 0.0), (2021.0, 1000.0)]
    frame = squares(*shore, *across, (-1005.0, 0.0))  # the last: alone, 5 m off shore
    found = neighbour_checks(contiguity(frame), frame, list(frame.index), QUEEN)
    assert [said.partition(":")[2][:25] for said in found.warnings] == [" 1 area has no neighbours"]
    (note,) = found.notes
    assert note.startswith(
        "neighbours: the areas fall into 2 separate pieces (4 with E1, 2 with E5): an area's "
    )
    assert note.endswith("No outlines of two pieces come within 20 m: it is how the land lies")
    frame = squares(*shore, *((x - 2, y) for x, y in across))
    found = neighbour_checks(contiguity(frame), frame, list(frame.index), QUEEN)
    assert found.notes == ()
    (said,) = found.warnings
    assert "come within 20 m without sharing a border (E2, E4, E5, E6)" in said
    assert "give them the same points in the boundary file" in said


def test_pieces_of_a_distance_are_joined_by_a_wider_one() -> None:
    frame = squares((0, 0), (1000, 0), (9000, 0), (10_000, 0))
    settings = Statistics(neighbours="distance", distance_m=2000)
    found = neighbour_checks(areas_within(frame, 2000), frame, list(frame.index), settings)
    (said,) = found.warnings
    assert "fall into 2 separate pieces (2 with E1, 2 with E3)" in said
    assert said.endswith("a `statistics.distance_m` wider than 2,000 m joins them")
