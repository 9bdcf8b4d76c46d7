"""Contiguity by numbered vertices gives libpysal's links, and says where it had to ask more."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from libpysal.graph import Graph

from spatial.contiguity import _equal_rows, contiguity
from spatial.weights import Neighbours


def layer(polygons: list[shapely.Geometry]) -> gpd.GeoDataFrame:
    codes = [f"A{i:04d}" for i in range(len(polygons))]
    return gpd.GeoDataFrame(geometry=polygons, index=codes, crs="EPSG:27700")


def links(graph: Neighbours) -> set[tuple[str, str]]:
    area, neighbour = graph.pairs()
    return set(zip(area.tolist(), neighbour.tolist(), strict=True))


def peer_links(areas: gpd.GeoDataFrame, *, rook: bool) -> set[tuple[str, str]]:
    """Oracle: libpysal, which the product used before and still asks where borders do not match."""
    found = Graph.build_contiguity(areas.geometry, rook=rook).adjacency
    return set(found[found > 0].index.tolist())


def patchwork(seed: int) -> gpd.GeoDataFrame:
    """Triangles dissolved at random into polygons with holes and into parts that lie apart."""
    rng = np.random.default_rng(seed)
    points = shapely.multipoints(rng.integers(-40, 40, (90, 2)).astype(float))
    triangles = np.array(shapely.get_parts(shapely.delaunay_triangles(points)))
    group = rng.integers(0, 25, triangles.size)
    merged = [shapely.union_all(triangles[group == g]) for g in np.unique(group)]
    return layer(merged)


@pytest.mark.parametrize("rook", [False, True])
@pytest.mark.parametrize("seed", range(12))
def test_patchwork_has_the_links_of_libpysal(seed: int, rook: bool) -> None:
    areas = patchwork(seed)
    graph = contiguity(areas, rook=rook)
    assert graph.borders == "shared vertices"
    assert links(graph) == peer_links(areas, rook=rook)
    assert graph.links > 0


def test_zero_and_minus_zero_are_one_place() -> None:
    right = shapely.Polygon([(0.0, 0.0), (1, 0), (1, 1), (0.0, 1)])
    left = shapely.Polygon([(-0.0, -0.0), (-0.0, 1), (-1, 1), (-1, 0)])
    assert contiguity(layer([right, left]), rook=True).links == 2


def test_two_points_whose_mixed_bits_collide_are_two_points() -> None:
    """The points are worked out backwards from the mix, so that only the second sort parts them."""
    first, second = np.array([100.0, 7.0]), 300.0

    def mixed(x: float) -> np.uint64:
        bits = np.array([x]).view(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        return (bits ^ (bits >> np.uint64(29)))[0]

    with np.errstate(over="ignore"):
        y = mixed(first[0]) + first[1:].view(np.uint64) - mixed(second)
    points = np.array([first, [second, y.view(np.float64)[0]], first])
    assert np.isfinite(points).all()
    number = _equal_rows(points)
    assert number[0] == number[2] != number[1]


def test_borders_cut_at_other_points_are_found_by_geometry_and_said() -> None:
    """A long box beside two short ones, none of whose corners it shares."""
    areas = layer([shapely.box(0, 0, 1, 10), shapely.box(1, 2, 2, 5), shapely.box(1, 5, 2, 8)])
    assert peer_links(areas, rook=False) == {("A0001", "A0002"), ("A0002", "A0001")}
    for rook in (False, True):
        graph = contiguity(areas, rook=rook)
        assert graph.borders == "geometry"
        assert graph.cardinalities.tolist() == [2, 2, 2]
        assert graph.subset(["A0000", "A0001"]).borders == "geometry"


def test_a_rook_area_that_meets_others_in_a_corner_alone_stays_an_island() -> None:
    areas = layer([shapely.box(0, 0, 1, 1), shapely.box(1, 1, 2, 2)])
    graph = contiguity(areas, rook=True)
    assert (graph.links, graph.borders) == (0, "shared vertices")
    assert contiguity(areas).links == 2


def test_an_area_that_only_overlaps_others_has_no_neighbours() -> None:
    areas = layer([shapely.box(0, 0, 4, 4), shapely.box(1, 1, 2, 2)])
    assert contiguity(areas).islands == ("A0000", "A0001")


def test_matching_borders_do_not_load_libpysal(repository: Path) -> None:
    code = (
        "import sys, geopandas as gpd, shapely\n"
        "from spatial.contiguity import contiguity\n"
        "cells = [shapely.box(x, 0, x + 1, 1) for x in range(3)]\n"
        "print(contiguity(gpd.GeoDataFrame(geometry=cells, index=list('abc'))).links,"
        " 'libpysal' in sys.modules)"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=repository
    )
    assert answer.stdout.split() == ["4", "False"]


@pytest.mark.real_data
@pytest.mark.parametrize("rook", [False, True])
@pytest.mark.parametrize(
    "name", ["LSOA_2021_Dorset_and_neighbours_BGC.gpkg", "LSOA_2021_EW_BSC.gpkg"]
)
def test_published_boundaries_have_the_links_of_libpysal(
    real_data: Path, name: str, rook: bool
) -> None:
    areas = gpd.read_file(real_data / "boundaries" / name).set_index("LSOA21CD").sort_index()
    areas["geometry"] = areas.geometry.make_valid()
    graph = contiguity(areas, rook=rook)
    assert graph.borders == "shared vertices"
    assert links(graph) == peer_links(areas, rook=rook)
