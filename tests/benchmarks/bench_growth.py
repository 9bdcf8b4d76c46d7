"""How the work grows with areas, permutations and cells, and what the machine could move."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from spatial.grid import Grid
from spatial.kde import density
from spatial.permutation import conditional_moran_counts
from spatial.points import areas_of_points

if TYPE_CHECKING:
    from pytest_benchmark.fixture import BenchmarkFixture

    from tests.benchmarks.conftest import Map


@pytest.mark.benchmark(group="growth: local Moran with areas, 9,999 permutations")
@pytest.mark.parametrize("areas", [500, 2_000, 8_000, 35_672])
def bench_areas(benchmark: BenchmarkFixture, nation: Map, areas: int) -> None:
    part = nation.graph.subset(nation.graph.codes[:areas])
    benchmark.pedantic(
        conditional_moran_counts,
        args=(nation.values[:areas], part.indptr, part.indices),
        kwargs={"permutations": 9_999, "seed": 1},
        rounds=5, warmup_rounds=1,
    )  # fmt: skip


@pytest.mark.benchmark(group="growth: local Moran with permutations, 35,672 areas")
@pytest.mark.parametrize("permutations", [999, 9_999, 99_999, 299_999])
def bench_permutations(benchmark: BenchmarkFixture, nation: Map, permutations: int) -> None:
    benchmark.pedantic(
        conditional_moran_counts,
        args=(nation.values, nation.graph.indptr, nation.graph.indices),
        kwargs={"permutations": permutations, "seed": 1},
        rounds=3, warmup_rounds=1,
    )  # fmt: skip


@pytest.mark.benchmark(group="growth: density with cells, 19,000 events")
@pytest.mark.parametrize("cells", [250, 500, 1_000, 2_000, 4_000])
def bench_cells(benchmark: BenchmarkFixture, events: tuple[np.ndarray, ...], cells: int) -> None:
    x, y = events
    size = 90_000.0 / cells
    grid = Grid(float(np.median(x)) - 45_000, float(np.median(y)) - 45_000, size, cells, cells)
    benchmark.pedantic(
        density, args=(x, y), kwargs={"grid": grid, "bandwidth_m": 5 * 360.0},
        rounds=3, warmup_rounds=1,
    )  # fmt: skip


@pytest.mark.benchmark(group="growth: point in area with points, 35,672 areas, none repeated")
@pytest.mark.parametrize("points", [62_500, 250_000, 1_000_000])
def bench_points(
    benchmark: BenchmarkFixture, million: tuple[np.ndarray, ...], nation: Map, points: int
) -> None:
    at = np.random.default_rng(1).permutation(million[0].size)[:points]
    x, y = (axis[at] + np.random.default_rng(2).uniform(-50, 50, points) for axis in million)
    resolved(benchmark, x, y, nation, nation.areas.index.size)


@pytest.mark.benchmark(group="growth: point in area with areas, 250,000 points, none repeated")
@pytest.mark.parametrize("areas", [2_000, 8_000, 35_672])
def bench_polygons(benchmark: BenchmarkFixture, nation: Map, areas: int) -> None:
    """Points anywhere in the box of the areas: as many are asked, whatever the country's shape."""
    part = nation.areas.geometry.iloc[:areas].total_bounds
    rng = np.random.default_rng(3)
    x, y = (rng.uniform(part[axis], part[axis + 2], 250_000) for axis in (0, 1))
    resolved(benchmark, x, y, nation, areas)


def resolved(
    benchmark: BenchmarkFixture, x: np.ndarray, y: np.ndarray, nation: Map, areas: int
) -> None:
    polygons = np.asarray(nation.areas.geometry.array, dtype=object)[:areas]
    benchmark.pedantic(areas_of_points, args=(x, y, polygons), rounds=3, warmup_rounds=1)


@pytest.mark.benchmark(group="the machine: copy 400 MB")
def bench_copy(benchmark: BenchmarkFixture) -> None:
    source = np.ones(50_000_000)
    target = np.empty_like(source)
    benchmark.pedantic(np.copyto, args=(target, source), rounds=5, warmup_rounds=1)


@pytest.mark.benchmark(group="the machine: draw 1,000,000 bounded numbers")
def bench_numbers(benchmark: BenchmarkFixture) -> None:
    rng = np.random.default_rng(1)
    benchmark.pedantic(
        rng.integers, args=(0, 463), kwargs={"size": 1_000_000, "dtype": np.int32},
        rounds=10, warmup_rounds=1,
    )  # fmt: skip


@pytest.mark.benchmark(group="the machine: sort 1,000,000 numbers in blocks of 16,384")
def bench_sort(benchmark: BenchmarkFixture) -> None:
    blocks = np.random.default_rng(1).normal(size=(61, 16_384))
    benchmark.pedantic(np.sort, args=(blocks,), rounds=10, warmup_rounds=1)
