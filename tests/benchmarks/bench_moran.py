"""Local Moran's I with conditional permutation, against esda (warm) and pygeoda's look-up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from spatial.moran import local_moran

if TYPE_CHECKING:
    from pytest_benchmark.fixture import BenchmarkFixture

    from tests.benchmarks.conftest import Map

# esda tells of coming changes to its defaults.
pytestmark = pytest.mark.filterwarnings("ignore")

SMALL, LARGE, LARGEST = (
    "local Moran, 463 areas, 99,999 permutations",
    "local Moran, 35,672 areas, 9,999 permutations",
    "local Moran, 35,672 areas, 99,999 permutations",
)


def ours(benchmark: BenchmarkFixture, here: Map, permutations: int, rounds: int) -> None:
    """Each round has a seed of its own, so that no draws are left over from the one before."""
    seeds = iter(range(1_000))

    def fresh() -> tuple[tuple[Any, ...], dict[str, Any]]:
        options = {"permutations": permutations, "seed": next(seeds), "seeds_checked": 0}
        return (here.values, here.graph), options

    found = benchmark.pedantic(local_moran, setup=fresh, rounds=rounds, warmup_rounds=1)
    assert found.inference == ""


def esda(
    benchmark: BenchmarkFixture, here: Map, permutations: int, *, jobs: int, rounds: int
) -> None:
    """With numba, as its makers advise; the first call, which compiles, is not timed."""
    pytest.importorskip("numba")
    from esda import Moran_Local

    weights = here.graph.to_libpysal()
    for cores in (1, jobs):
        warm = Moran_Local(here.values, weights, permutations=99, n_jobs=cores)
        assert len(warm.Is) == here.graph.n
    benchmark.pedantic(
        Moran_Local,
        args=(here.values, weights),
        kwargs={"permutations": permutations, "n_jobs": jobs, "keep_simulations": False},
        rounds=rounds,
    )


def pygeoda(benchmark: BenchmarkFixture, here: Map, permutations: int, rounds: int) -> None:
    peer = pytest.importorskip("pygeoda")
    layer = peer.open(here.areas.reset_index())
    weights = peer.queen_weights(layer)
    benchmark.pedantic(
        peer.local_moran,
        args=(weights, here.values.tolist()),
        kwargs={
            "permutations": permutations,
            "permutation_method": "lookup",
            "cpu_threads": 2,
            "seed": 1,
        },
        rounds=rounds,
        warmup_rounds=1,
    )


@pytest.mark.benchmark(group=SMALL)
def bench_force_ours(benchmark: BenchmarkFixture, force: Map) -> None:
    ours(benchmark, force, 99_999, rounds=40)


@pytest.mark.benchmark(group=SMALL)
def bench_force_pygeoda(benchmark: BenchmarkFixture, force: Map) -> None:
    pygeoda(benchmark, force, 99_999, rounds=5)


@pytest.mark.benchmark(group=SMALL)
def bench_force_esda(benchmark: BenchmarkFixture, force: Map) -> None:
    esda(benchmark, force, 99_999, jobs=1, rounds=2)


@pytest.mark.benchmark(group=LARGE)
def bench_nation_ours(benchmark: BenchmarkFixture, nation: Map) -> None:
    ours(benchmark, nation, 9_999, rounds=40)


@pytest.mark.benchmark(group=LARGE)
def bench_nation_pygeoda(benchmark: BenchmarkFixture, nation: Map) -> None:
    pygeoda(benchmark, nation, 9_999, rounds=2)


@pytest.mark.benchmark(group=LARGE)
def bench_nation_esda(benchmark: BenchmarkFixture, nation: Map) -> None:
    esda(benchmark, nation, 9_999, jobs=2, rounds=2)


@pytest.mark.benchmark(group=LARGEST)
def bench_nation_many_ours(benchmark: BenchmarkFixture, nation: Map) -> None:
    ours(benchmark, nation, 99_999, rounds=3)
