"""Which of 35,672 areas holds each of a million points, against geopandas."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pytest

from spatial.contiguity import contiguity
from spatial.points import areas_of_points, distinct_points

if TYPE_CHECKING:
    from pytest_benchmark.fixture import BenchmarkFixture

    from tests.benchmarks.conftest import Map

REPEATED = "point in area, 1,000,000 points, 35,672 areas"
DISTINCT = "the same, no point repeated"
TOUCH = "which of 35,672 areas touch"


def resolve(x: np.ndarray, y: np.ndarray, polygons: np.ndarray) -> np.ndarray:
    """Resolve repeated map points once, as the reader of incidents does."""
    first, inverse = distinct_points(x, y)
    return areas_of_points(x[first], y[first], polygons)[inverse]


def peer(points: gpd.GeoDataFrame, areas: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return gpd.sjoin(points, areas[["geometry"]], how="left", predicate="intersects")


@pytest.fixture(scope="session")
def scattered(million: tuple[np.ndarray, ...]) -> tuple[np.ndarray, ...]:
    """The same points, each moved by up to 50 m, so that hardly any two are equal."""
    rng = np.random.default_rng(1)
    return tuple(axis + rng.uniform(-50.0, 50.0, axis.size) for axis in million)


def ours(benchmark: BenchmarkFixture, at: tuple[np.ndarray, ...], nation: Map) -> None:
    polygons = np.asarray(nation.areas.geometry.array, dtype=object)
    found = benchmark.pedantic(resolve, args=(*at, polygons), rounds=3, warmup_rounds=1)
    assert (found >= 0).mean() > 0.9


def geopandas(benchmark: BenchmarkFixture, at: tuple[np.ndarray, ...], nation: Map) -> None:
    """Only the join: the million point objects are made before the clock starts."""
    points = gpd.GeoDataFrame(geometry=gpd.points_from_xy(*at, crs=nation.areas.crs))
    benchmark.pedantic(peer, args=(points, nation.areas), rounds=2)


@pytest.mark.benchmark(group=REPEATED)
def bench_points_ours(
    benchmark: BenchmarkFixture, million: tuple[np.ndarray, ...], nation: Map
) -> None:
    ours(benchmark, million, nation)


@pytest.mark.benchmark(group=REPEATED)
def bench_points_geopandas(
    benchmark: BenchmarkFixture, million: tuple[np.ndarray, ...], nation: Map
) -> None:
    geopandas(benchmark, million, nation)


@pytest.mark.benchmark(group=DISTINCT)
def bench_scattered_ours(
    benchmark: BenchmarkFixture, scattered: tuple[np.ndarray, ...], nation: Map
) -> None:
    ours(benchmark, scattered, nation)


@pytest.mark.benchmark(group=DISTINCT)
def bench_scattered_geopandas(
    benchmark: BenchmarkFixture, scattered: tuple[np.ndarray, ...], nation: Map
) -> None:
    geopandas(benchmark, scattered, nation)


@pytest.mark.benchmark(group=TOUCH)
def bench_touch_ours(benchmark: BenchmarkFixture, nation: Map) -> None:
    graph = benchmark.pedantic(contiguity, args=(nation.areas,), rounds=5, warmup_rounds=1)
    assert graph.links == 209_984


@pytest.mark.benchmark(group=TOUCH)
def bench_touch_libpysal(benchmark: BenchmarkFixture, nation: Map) -> None:
    from libpysal.graph import Graph

    benchmark.pedantic(
        Graph.build_contiguity, args=(nation.areas.geometry,), kwargs={"rook": False}, rounds=2
    )
