"""Hexagons over land: which holds a point, whole and cut ones, people shared by land, refusals."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from shapely.geometry import Polygon, box

from graphs import pieces
from spatial.authorities import read_authorities
from spatial.boundaries import read_areas
from spatial.errors import StatisticsError
from spatial.hexagons import hexagon_grid, hexagon_of
from spatial.support import (
    larger_area_names,
)
from square_areas import lattice


def test_a_point_is_in_the_hexagon_that_holds_it() -> None:
    """Arithmetic against the polygons themselves."""
    grid = hexagon_grid(lattice(3, 3))
    rng = np.random.default_rng(2)
    x, y = rng.uniform(400_000, 403_000, 500), rng.uniform(90_000, 93_000, 500)
    position = grid.positions(x, y)
    shapes = grid.geometry.to_numpy()
    assert (position >= 0).all()
    assert all(
        shapely.dwithin(shapes[p], shapely.Point(a, b), 1e-6)
        for p, a, b in zip(position, x, y, strict=True)
    )


def test_a_point_just_off_the_land_goes_to_the_hexagon_it_touches() -> None:
    grid = hexagon_grid(lattice(3, 3))
    found = grid.positions(np.array([399_700.0, 399_700.0]), np.array([91_500.0, 96_500.0]))
    assert found[1] == -1
    assert grid.geometry.iloc[found[0]].distance(shapely.Point(399_700, 91_500)) < 600
    assert (grid.column * 2 + grid.row)[found[0]] == (grid.column * 2 + grid.row)[
        grid.row == grid.row[found[0]]
    ].min()  # the westernmost of its row


def test_whole_hexagons_have_their_size_and_six_neighbours() -> None:
    grid = hexagon_grid(lattice(6, 6))
    whole = np.isclose(grid.land_km2, np.sqrt(3) / 2 * 0.25)
    assert whole.sum() > 100
    graph = grid.neighbours()
    assert graph.cardinalities[whole].max() == 6
    assert pieces(graph) == 1
    middle = grid.geometry.to_numpy()
    at = int(np.flatnonzero(graph.cardinalities == 6)[0])
    around = graph.indices[graph.indptr[at] : graph.indptr[at + 1]]
    gap = shapely.distance(middle[at], middle[around])
    assert gap == pytest.approx(0, abs=1e-6)


def test_land_and_people_are_kept() -> None:
    areas = lattice(4, 4)
    areas["A0101"] = areas["A0101"].difference(box(401_200, 91_200, 401_800, 91_800))
    grid = hexagon_grid(areas)
    land = areas.area.to_numpy() / 1e6
    assert grid.land_km2.sum() == pytest.approx(land.sum())
    assert shapely.area(grid.geometry.to_numpy()) / 1e6 == pytest.approx(grid.land_km2)
    people = np.random.default_rng(3).uniform(0, 3000, 16)
    assert grid.share_out(people, land).sum() == pytest.approx(people.sum())


def test_people_are_shared_by_land() -> None:
    """Two areas of 1,000 and 3,000: each hexagon has its land times its area's people a km2."""
    areas = lattice(2, 1, size=4000)
    grid = hexagon_grid(areas)
    people = grid.share_out([1000.0, 3000.0], [16.0, 16.0])
    west = shapely.area(shapely.intersection(grid.geometry.to_numpy(), areas.iloc[0])) / 1e6
    expected = west * 1000 / 16 + (grid.land_km2 - west) * 3000 / 16
    assert people == pytest.approx(expected)


def test_hexagons_are_shared_between_study_areas() -> None:
    west, whole = hexagon_grid(lattice(2, 4)), hexagon_grid(lattice(4, 4))
    assert set(west.codes) <= set(whole.codes)
    assert list(whole.codes) == sorted(whole.codes)


def test_two_islands_of_land_make_two_components() -> None:
    areas = gpd.GeoSeries(
        {"A": box(0, 0, 3000, 3000), "B": box(9000, 0, 12_000, 3000)}, crs="EPSG:27700"
    )
    assert pieces(hexagon_grid(areas).neighbours()) == 2


def test_nearest_middle_is_the_hexagon() -> None:
    rng = np.random.default_rng(5)
    x, y = rng.uniform(-4000, 4000, 400), rng.uniform(-4000, 4000, 400)
    q, r = hexagon_of(x, y, across_m=500.0)
    here = np.hypot(x - 500 * (q + r / 2), y - 500 * np.sqrt(3) / 2 * r)
    for step_q, step_r in ((1, 0), (0, 1), (-1, 1), (-1, 0), (0, -1), (1, -1)):
        a, b = q + step_q, r + step_r
        there = np.hypot(x - 500 * (a + b / 2), y - 500 * np.sqrt(3) / 2 * b)
        assert (here <= there + 1e-9).all()


@pytest.mark.parametrize("size", [0.0, -500.0, float("nan"), float("inf")])
def test_hexagons_without_a_size_are_refused(size: float) -> None:
    with pytest.raises(StatisticsError, match="must be a length above 0"):
        hexagon_grid(lattice(2, 2), across_m=size)


def test_bad_land_is_refused() -> None:
    with pytest.raises(StatisticsError, match="holds no polygon"):
        hexagon_grid(gpd.GeoSeries({"A": Polygon()}, crs="EPSG:27700"))
    with pytest.raises(StatisticsError, match="holds no polygon"):
        hexagon_grid(gpd.GeoSeries([], crs="EPSG:27700"))
    twice = gpd.GeoSeries({"A": box(0, 0, 900, 900), "B": box(0, 0, 900, 900)}, crs="EPSG:27700")
    with pytest.raises(StatisticsError, match="areas A, B overlap: land would be counted twice"):
        hexagon_grid(twice)
    with pytest.raises(StatisticsError, match=r"over 2,000,000 hexagons; use \d+ m or more"):
        hexagon_grid(lattice(8, 8), across_m=1.0)


@pytest.mark.real_data
def test_dorset_hexagons_hold_its_land_and_its_people(real_data: Path) -> None:
    areas = read_areas(
        real_data / "boundaries" / "LSOA_2021_Dorset_and_neighbours_BGC.gpkg", shown_as="areas"
    ).frame
    lads = read_authorities(
        real_data / "lookups" / "LSOA21_to_WD24_to_LAD24_EW.csv",
        real_data / "lookups" / "LAD24_to_CSP24_to_PFA24_EW.csv",
    ).area_to_lad["lad_code"]
    dorset = areas[lads.reindex(areas.index) == "E06000059"]
    assert len(dorset) == 223
    grid = hexagon_grid(dorset.geometry)
    assert grid.land_km2.sum() == pytest.approx(dorset.area.sum() / 1e6, rel=1e-9)
    people = grid.share_out(np.full(223, 1500.0), dorset.area.to_numpy() / 1e6)
    assert people.sum() == pytest.approx(223 * 1500)
    names = larger_area_names(dorset["area_name"])
    assert names.nunique() == 48  # 48 place names cover the 223 areas
