"""Points found in polygons: the same answer as asking every polygon, without a tree."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely

from spatial import points
from spatial.points import areas_of_points, distinct_points


def first_holding(x: np.ndarray, y: np.ndarray, polygons: np.ndarray) -> np.ndarray:
    """Oracle: ask each polygon about each point, in order."""
    found = np.full(len(x), -1)
    for i, (east, north) in enumerate(zip(x, y, strict=True)):
        for at, polygon in enumerate(polygons):
            if polygon is not None and polygon.intersects(shapely.Point(east, north)):
                found[i] = at
                break
    return found


def shapes(seed: int) -> np.ndarray:
    """Triangles merged at random, a hole, a far-away speck, overlaps and nothing at all."""
    rng = np.random.default_rng(seed)
    corners = shapely.multipoints(rng.integers(0, 60, (40, 2)).astype(float))
    triangles = np.array(shapely.get_parts(shapely.delaunay_triangles(corners)))
    group = rng.integers(0, 15, triangles.size)
    merged = [shapely.union_all(triangles[group == g]) for g in np.unique(group)]
    ring = shapely.box(70, 0, 90, 20).difference(shapely.box(75, 5, 85, 15))
    extra = [ring, shapely.box(10, 10, 80, 12), shapely.box(1e6, 1e6, 1e6 + 1, 1e6 + 1)]
    return np.array([*merged, *extra, shapely.Polygon(), None], dtype=object)


@pytest.mark.parametrize("seed", range(6))
def test_each_point_is_in_the_first_polygon_that_holds_it(seed: int) -> None:
    rng = np.random.default_rng(100 + seed)
    polygons = shapes(seed)
    # Whole numbers fall on corners and borders often.
    x = np.r_[rng.integers(-5, 95, 400), rng.uniform(-5, 95, 200), 1e6 + 0.5, 1e6, 1e6 + 1]
    y = np.r_[rng.integers(-5, 65, 400), rng.uniform(-5, 65, 200), 1e6 + 0.5, 1e6, 1e6 + 1]
    expected = first_holding(x, y, polygons)
    assert areas_of_points(x, y, polygons).tolist() == expected.tolist()
    assert len(np.unique(expected)) > 8


def test_the_size_of_a_part_does_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(1)
    x, y = rng.uniform(0, 60, (2, 500))
    whole = areas_of_points(x, y, shapes(2))
    monkeypatch.setattr(points, "_POINTS", 37)
    assert areas_of_points(x, y, shapes(2)).tolist() == whole.tolist()


def test_places_that_are_none_lie_in_no_area() -> None:
    box = np.array([shapely.box(0, 0, 1, 1)], dtype=object)
    x = np.array([np.nan, np.inf, -np.inf, 0.5, 1.0, 0.5])
    y = np.array([0.5, 0.5, 0.5, np.nan, 1.0, 1.0000001])
    assert areas_of_points(x, y, box).tolist() == [-1, -1, -1, -1, 0, -1]


@pytest.mark.parametrize("polygons", [[], [None], [shapely.Polygon()]])
def test_no_area_holds_nothing(polygons: list[shapely.Polygon | None]) -> None:
    found = areas_of_points(np.zeros(3), np.zeros(3), np.array(polygons, dtype=object))
    assert found.tolist() == [-1, -1, -1]


def test_areas_in_one_line_are_no_trouble() -> None:
    row = np.array([shapely.box(i, 0, i + 1, 1) for i in range(5)], dtype=object)
    assert areas_of_points(np.arange(5) + 0.5, np.full(5, 0.5), row).tolist() == [0, 1, 2, 3, 4]
    assert areas_of_points(np.zeros(0), np.zeros(0), row).size == 0


def test_distinct_points_are_numbered_as_they_come() -> None:
    x = np.array([3.0, 1.0, 3.0, -0.0, 0.0, 1.0])
    y = np.array([1.0, 3.0, 1.0, 2.0, 2.0, 3.0])
    seen, inverse = distinct_points(x, y)
    assert seen.tolist() == [0, 1, 3]
    assert inverse.tolist() == [0, 1, 0, 2, 2, 1]


def test_points_whose_mixed_bits_collide_stay_apart() -> None:
    """The second is worked out backwards from the mix of the first."""

    def mixed(value: float) -> np.uint64:
        bits = np.array([value]).view(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        return (bits ^ (bits >> np.uint64(29)))[0]

    with np.errstate(over="ignore"):
        other = mixed(100.0) + np.array([7.0]).view(np.uint64) - mixed(300.0)
    x, y = np.array([100.0, 300.0, 100.0]), np.array([7.0, other.view(np.float64)[0], 7.0])
    seen, inverse = distinct_points(x, y)
    assert seen.tolist() == [0, 1]
    assert inverse.tolist() == [0, 1, 0]


def test_no_points_have_no_numbers() -> None:
    seen, inverse = distinct_points(np.zeros(0), np.zeros(0))
    assert seen.size == inverse.size == 0


@pytest.mark.real_data
def test_real_areas_hold_what_geopandas_says(real_data: Path) -> None:
    areas = gpd.read_file(real_data / "boundaries" / "LSOA_2021_Dorset_and_neighbours_BGC.gpkg")
    areas["geometry"] = areas.geometry.make_valid()
    rng = np.random.default_rng(0)
    west, south, east, north = areas.total_bounds
    x, y = rng.uniform(west, east, 20_000), rng.uniform(south, north, 20_000)
    found = areas_of_points(x, y, np.asarray(areas.geometry.array, dtype=object))
    places = gpd.GeoDataFrame(geometry=gpd.points_from_xy(x, y, crs=areas.crs))
    joined = gpd.sjoin(places, areas[["geometry"]], how="left", predicate="intersects")
    expected = joined.groupby(level=0)["index_right"].min().fillna(-1)
    assert found.tolist() == expected.astype(int).tolist()
    assert (found >= 0).mean() > 0.3
