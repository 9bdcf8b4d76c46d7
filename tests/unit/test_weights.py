"""Neighbour graphs: what touches what, guards, and subsets against a slow search."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import dorset as DORSET
from graphs import pieces
from spatial.contiguity import contiguity
from spatial.errors import StatisticsError
from spatial.weights import Neighbours


def boxes(rows: int, columns: int) -> gpd.GeoDataFrame:
    """Unit squares in a lattice, with codes A000, A001, ... row by row."""
    cells = [shapely.box(x, y, x + 1, y + 1) for y in range(rows) for x in range(columns)]
    codes = [f"A{i:03d}" for i in range(len(cells))]
    return gpd.GeoDataFrame(geometry=cells, index=codes, crs="EPSG:27700")


def neighbours_of(graph: Neighbours, code: str) -> set[str]:
    i = graph.codes.index(code)
    return {graph.codes[j] for j in graph.indices[graph.indptr[i] : graph.indptr[i + 1]]}


def touching_slowly(areas: gpd.GeoDataFrame, *, rook: bool) -> dict[str, set[str]]:
    """Oracle: ask shapely about every pair."""
    found: dict[str, set[str]] = {}
    for a, first in areas.geometry.items():
        found[str(a)] = set()
        for b, second in areas.geometry.items():
            shared = first.intersection(second)
            if a != b and not shared.is_empty and (not rook or shared.length > 0):
                found[str(a)].add(str(b))
    return found


@pytest.mark.parametrize(("rook", "links"), [(False, 40), (True, 24)])
def test_lattice_neighbours_are_those_that_touch(rook: bool, links: int) -> None:
    areas = boxes(3, 3)
    graph = contiguity(areas, rook=rook)
    assert graph.links == links
    assert graph.kind == ("rook" if rook else "queen")
    assert {code: neighbours_of(graph, code) for code in graph.codes} == touching_slowly(
        areas, rook=rook
    )


def test_row_order_does_not_matter_and_codes_are_sorted() -> None:
    areas = boxes(4, 5)
    shuffled = areas.sample(frac=1.0, random_state=3)
    first, second = contiguity(areas), contiguity(shuffled)
    assert second.codes == tuple(sorted(areas.index))
    np.testing.assert_array_equal(first.indptr, second.indptr)
    np.testing.assert_array_equal(first.indices, second.indices)


def test_indices_are_sorted_within_each_area() -> None:
    graph = contiguity(boxes(4, 4))
    for i in range(graph.n):
        row = graph.indices[graph.indptr[i] : graph.indptr[i + 1]]
        assert list(row) == sorted(set(row))


def test_islands_and_pieces_are_counted() -> None:
    areas = boxes(2, 2)
    far = gpd.GeoDataFrame(
        geometry=[shapely.box(50, 0, 51, 1), shapely.box(90, 0, 91, 1), shapely.box(91, 0, 92, 1)],
        index=["Z1", "Z2", "Z3"],
        crs="EPSG:27700",
    )
    graph = contiguity(gpd.GeoDataFrame(pd.concat([areas, far])))
    assert graph.islands == ("Z1",)
    assert pieces(graph) == 3
    assert graph.links == 12 + 2
    assert graph.cardinalities.tolist() == [3, 3, 3, 3, 0, 1, 1]


def test_pieces_agree_with_scipy_on_random_graphs() -> None:
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    rng = np.random.default_rng(5)
    for _ in range(40):
        n = int(rng.integers(2, 60))
        a, b = rng.integers(0, n, (2, n // 2))
        a, b = a[a != b], b[a != b]
        codes = np.array([f"{i:03d}" for i in range(n)])
        graph = Neighbours.from_pairs(
            codes.tolist(), codes[np.r_[a, b]], codes[np.r_[b, a]], kind="rook"
        )
        matrix = csr_array((np.ones(graph.links), graph.indices, graph.indptr), shape=(n, n))
        assert pieces(graph) == connected_components(matrix, directed=False)[0]


def test_a_long_chain_is_one_piece() -> None:
    codes = [f"{i:05d}" for i in range(3000)]
    order = np.random.default_rng(0).permutation(3000)
    chain = np.array(codes)[order]
    graph = Neighbours.from_pairs(
        codes, np.r_[chain[:-1], chain[1:]], np.r_[chain[1:], chain[:-1]], kind="rook"
    )
    assert pieces(graph) == 1


def test_subset_is_the_graph_among_the_chosen() -> None:
    whole = contiguity(boxes(6, 6))
    chosen = list(np.random.default_rng(2).permutation(whole.codes)[:17])
    part = whole.subset(chosen)
    assert part.codes == tuple(sorted(chosen))
    for code in part.codes:
        assert neighbours_of(part, code) == neighbours_of(whole, code) & set(chosen)


def test_subset_of_nothing_is_empty() -> None:
    part = contiguity(boxes(2, 2)).subset([])
    assert (part.n, part.links, pieces(part), part.islands) == (0, 0, 0, ())


def test_subset_names_an_unknown_area() -> None:
    graph = contiguity(boxes(2, 2))
    with pytest.raises(StatisticsError, match="1 areas are not in the neighbour graph, first B9"):
        graph.subset(["A000", "B9"])


def test_subset_refuses_an_area_twice() -> None:
    with pytest.raises(StatisticsError, match="A001 is given twice"):
        contiguity(boxes(2, 2)).subset(["A001", "A001"])


def test_pairs_round_trip() -> None:
    graph = contiguity(boxes(3, 4))
    again = Neighbours.from_pairs(graph.codes, *graph.pairs(), kind=graph.kind)
    np.testing.assert_array_equal(again.indptr, graph.indptr)
    np.testing.assert_array_equal(again.indices, graph.indices)


def test_pairs_must_be_there_both_ways() -> None:
    with pytest.raises(StatisticsError, match="a has neighbour b, but not the other way round"):
        Neighbours.from_pairs(["a", "b"], ["a"], ["b"])


def test_an_area_is_not_its_own_neighbour() -> None:
    with pytest.raises(StatisticsError, match="area b is given as its own neighbour"):
        Neighbours.from_pairs(["a", "b"], ["b"], ["b"])


@pytest.mark.parametrize(
    ("codes", "indptr", "indices", "message"),
    [
        (("b", "a"), [0, 0, 0], [], "sorted and unique"),
        (("a", "a"), [0, 0, 0], [], "sorted and unique"),
        (("a", "b"), [0, 0], [], "expected 3 rising positions"),
        (("a", "b"), [0, 1, 2], [1], "1 links, but indptr ends at 2"),
        (("a", "b"), [0, 1, 2], [1, 2], r"outside 0\.\.1"),
        (("a", "b"), [0, 1, 2], [1, 1], "area b is given as its own neighbour"),
        (("a", "b", "c"), [0, 2, 3, 4], [2, 1, 0, 0], "sorted and unique within an area"),
        (("a", "b"), [0, 2, 3], [1, 1, 0], "sorted and unique within an area"),
    ],
)
def test_arrays_that_are_no_graph_are_refused(
    codes: tuple[str, ...], indptr: list[int], indices: list[int], message: str
) -> None:
    with pytest.raises(StatisticsError, match=message):
        Neighbours(codes, np.array(indptr), np.array(indices, dtype=np.int64))


def test_lag_is_the_mean_over_neighbours() -> None:
    graph = contiguity(boxes(3, 3)).subset(["A000", "A001", "A003", "A008"])
    values = np.array([1.0, 10.0, 4.0, 100.0])
    np.testing.assert_array_equal(graph.lag(values), [7.0, 2.5, 5.5, np.nan])


def test_libpysal_graph_has_the_same_links_and_islands() -> None:
    graph = contiguity(boxes(3, 3)).subset(["A000", "A001", "A003", "A008"])
    peer = graph.to_libpysal()
    assert list(peer.isolates) == ["A008"]
    assert peer.adjacency.loc["A000"].to_dict() == {"A001": 0.5, "A003": 0.5}
    np.testing.assert_allclose(peer.lag(np.array([1.0, 10.0, 4.0, 100.0]))[:3], [7.0, 2.5, 5.5])


def spoilt(geometry: shapely.Geometry | None) -> gpd.GeoDataFrame:
    areas = boxes(2, 2)
    cells = list(areas.geometry)
    cells[2] = geometry
    return gpd.GeoDataFrame(geometry=cells, index=areas.index, crs="EPSG:27700")


@pytest.mark.parametrize(
    ("geometry", "message"),
    [
        (None, "1 areas have no geometry, first A002"),
        (shapely.Polygon(), "1 areas have no geometry, first A002"),
        (shapely.Point(0, 0), "not a polygon, first A002"),
        (shapely.Polygon([(0, 1), (1, 2), (1, 1), (0, 2)]), "invalid polygon, first A002"),
    ],
)
def test_geometry_that_libpysal_would_take_is_refused(
    geometry: shapely.Geometry | None, message: str
) -> None:
    with pytest.raises(StatisticsError, match=message):
        contiguity(spoilt(geometry))


def test_repeated_codes_are_refused() -> None:
    areas = boxes(2, 2).set_axis(["a", "b", "b", "c"])
    with pytest.raises(StatisticsError, match="1 area codes repeat, first b"):
        contiguity(areas)


@pytest.mark.parametrize("count", [0, 1])
def test_one_area_or_none_has_no_links(count: int) -> None:
    graph = contiguity(boxes(1, 1).iloc[:count])
    assert (graph.n, graph.links, pieces(graph)) == (count, 0, count)


def test_the_statistics_load_no_heavy_library(repository: Path) -> None:
    code = (
        "import sys, spatial.contiguity, spatial.weights, spatial.moran, spatial.smoothing\n"
        "import spatial.permutation\n"
        "print([m for m in ('libpysal', 'esda', 'geopandas', 'pandas', 'scipy')"
        " if m in sys.modules])"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=repository
    )
    assert answer.stdout.strip() == "[]"


@pytest.mark.real_data
def test_dorset_council_has_1126_links(real_data: Path) -> None:
    """METHODS: LSOA 2021 generalised to 20 m: 1,126 directed links, 0 islands, 1 component."""
    layer, codes = DORSET.layer(real_data), DORSET.council(real_data)
    graph = contiguity(layer).subset(codes)
    assert (graph.n, graph.links, graph.islands, pieces(graph)) == (223, 1126, (), 1)
    alone = contiguity(layer.loc[codes])
    np.testing.assert_array_equal(alone.indices, graph.indices)
