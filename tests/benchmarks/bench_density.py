"""Kernel density of 19,000 events on 632 x 903 cells, against scikit-learn and KDEpy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from spatial.grid import Grid
from spatial.kde import density

if TYPE_CHECKING:
    from pytest_benchmark.fixture import BenchmarkFixture

GROUP = "density of 19,000 events on 632 x 903 cells of 100 m"
BANDWIDTH = 1_000.0
SHARE = 20
"""scikit-learn is asked for one cell in 20, spread evenly; its time is multiplied by 20."""


def grid_of(events: tuple[np.ndarray, ...]) -> Grid:
    """632 columns and 903 rows around the middle of the events."""
    x, y = (float(np.median(axis)) for axis in events)
    return Grid(round(x, -2) - 31_600.0, round(y, -2) - 45_150.0, 100.0, 632, 903)


@pytest.mark.benchmark(group=GROUP)
def bench_density_ours(benchmark: BenchmarkFixture, events: tuple[np.ndarray, ...]) -> None:
    grid = grid_of(events)
    x, y = events
    surface = benchmark.pedantic(
        density, args=(x, y), kwargs={"grid": grid, "bandwidth_m": BANDWIDTH},
        rounds=10, warmup_rounds=1,
    )  # fmt: skip
    assert surface.shape == (903, 632)


@pytest.mark.benchmark(group=GROUP)
def bench_density_kdepy(benchmark: BenchmarkFixture, events: tuple[np.ndarray, ...]) -> None:
    """Its biweight is the quartic kernel; its bandwidth is a standard deviation, b / sqrt(7)."""
    peer = pytest.importorskip("KDEpy")
    grid = grid_of(events)
    east, north = grid.centres
    points = np.column_stack(events)
    kept = ((points > [east[0], north[0]]) & (points < [east[-1], north[-1]])).all(axis=1)
    cells = np.stack(np.meshgrid(east, north, indexing="ij"), axis=-1).reshape(-1, 2)

    def work() -> np.ndarray:
        estimate = peer.FFTKDE(kernel="biweight", bw=BANDWIDTH / np.sqrt(7.0))
        return estimate.fit(points[kept]).evaluate(cells)

    benchmark.pedantic(work, rounds=10, warmup_rounds=1)


@pytest.mark.benchmark(group=GROUP)
def bench_density_sklearn(benchmark: BenchmarkFixture, events: tuple[np.ndarray, ...]) -> None:
    """Epanechnikov with a ball tree: the fastest of its kernels that end."""
    from sklearn.neighbors import KernelDensity

    east, north = grid_of(events).centres
    cells = np.stack(np.meshgrid(east, north, indexing="ij"), axis=-1).reshape(-1, 2)[::SHARE]
    points = np.column_stack(events)
    benchmark.extra_info["times"] = SHARE

    def work() -> np.ndarray:
        tree = KernelDensity(bandwidth=BANDWIDTH, kernel="epanechnikov", algorithm="ball_tree")
        return tree.fit(points).score_samples(cells)

    benchmark.pedantic(work, rounds=1)
