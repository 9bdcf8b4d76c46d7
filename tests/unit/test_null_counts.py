"""Counting a null into bins first gives the counts of a plain comparison, whatever the values."""

from __future__ import annotations

import numpy as np
import pytest

from graphs import ring
from spatial import null_counts, samples
from spatial.null_counts import tail_counts
from spatial.permutation import conditional_moran_counts
from spatial.samples import block_count, sample_block
from spatial.weights import Neighbours

NULLS = {
    "smooth": lambda rng: rng.normal(size=5_000),
    "skewed": lambda rng: np.exp(4.0 * rng.normal(size=5_000)),
    "tied": lambda rng: rng.poisson(3.0, 5_000) / 3.0,
    "constant": lambda _: np.full(5_000, 0.1),
    "one far": lambda rng: np.r_[rng.normal(size=4_999), 1e300],
    "tiny": lambda rng: rng.normal(size=5_000) * 1e-310,
    "huge": lambda rng: rng.normal(size=5_000) * 1e307,
}


@pytest.mark.parametrize("areas", [1, 10, 11, 60, 3_000])
@pytest.mark.parametrize("name", NULLS)
def test_counts_are_those_of_comparing_each(name: str, areas: int) -> None:
    rng = np.random.default_rng(3)
    null = NULLS[name](rng)
    bound = rng.choice(null, areas) * rng.choice([1.0, 1.0, 1.5, -2.0], areas)
    low, high = bound - np.abs(bound) * 1e-12, bound + np.abs(bound) * 1e-12
    above, below = tail_counts(null, low, high)
    assert above.tolist() == [int((null >= b).sum()) for b in low]
    assert below.tolist() == [int((null <= b).sum()) for b in high]


@pytest.mark.parametrize("areas", [3, 60, 3_000])
def test_a_bound_that_is_a_value_of_the_null_counts_it_on_both_sides(areas: int) -> None:
    rng = np.random.default_rng(8)
    null = rng.normal(size=5_000)
    bound = rng.choice(null, areas, replace=False)
    above, below = tail_counts(null, bound, bound)
    assert above.tolist() == [int((null >= b).sum()) for b in bound]
    assert below.tolist() == [int((null <= b).sum()) for b in bound]
    assert set(above + below) == {5_001}


def test_every_way_is_met(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    null, met = rng.normal(size=1_000), []
    for name in ("_binned", "_grouped"):
        way = getattr(null_counts, name)
        monkeypatch.setattr(
            null_counts,
            name,
            lambda *a, way=way, **k: met.append((way.__name__, a[1].size)) or way(*a, **k),
        )
    for areas in (5, 40, 500):
        tail_counts(null, rng.normal(size=areas), rng.normal(size=areas))
    assert met == [("_binned", 40), ("_grouped", 500)]


def test_a_bin_of_many_ties_is_left_to_sorting() -> None:
    null = np.r_[np.arange(970.0), np.full(30, 2.5)]
    options = {"least": 0.0, "most": 969.0, "scale": 1.0, "bins": 1_000}
    assert null_counts._grouped(null, null, null, **options) is None
    above, below = tail_counts(null, null, null)
    assert above.tolist() == [int((null >= bound).sum()) for bound in null]
    assert below.tolist() == [int((null <= bound).sum()) for bound in null]


def test_bounds_in_two_bins_and_beyond_the_null_are_counted() -> None:
    rng = np.random.default_rng(1)
    null = rng.normal(size=2_000)
    low = rng.uniform(-6.0, 6.0, 400)
    for wide in (0.0, 1e-3, 0.5, 20.0):
        above, below = tail_counts(null, low, low + wide)
        assert above.tolist() == [int((null >= bound).sum()) for bound in low]
        assert below.tolist() == [int((null <= bound).sum()) for bound in low + wide]


def test_an_upper_bound_in_another_bin_counts_the_value_it_meets() -> None:
    rng = np.random.default_rng(6)
    null = rng.normal(size=2_000)
    ordered = np.sort(null)
    low, high = ordered[100:500], ordered[700:1_100]
    above, below = tail_counts(null, low, high)
    assert above.tolist() == list(range(1_900, 1_500, -1))
    assert below.tolist() == list(range(701, 1_101))


def test_counts_of_some_areas_are_those_of_all() -> None:
    graph, rng = ring(300), np.random.default_rng(5)
    z, only = rng.normal(size=300), rng.random(300) < 0.1
    every = conditional_moran_counts(z, graph.indptr, graph.indices, permutations=20_000, seed=4)
    some = conditional_moran_counts(
        z, graph.indptr, graph.indices, permutations=20_000, seed=4, only=only
    )
    for mine, whole in zip(some, every, strict=True):
        np.testing.assert_array_equal(mine, np.where(only, whole, 0))


def test_an_area_that_is_not_counted_has_no_counts_however_often_it_is_asked() -> None:
    """The third time meets draws that were kept and put in order; island 0 has none either."""
    codes = [f"{i:04d}" for i in range(60)]
    graph = Neighbours.from_pairs(codes, codes[1:-1] + codes[2:], codes[2:] + codes[1:-1])
    z, only = np.random.default_rng(5).normal(size=60), np.arange(60) % 4 != 1
    for chosen in (None, only):
        for _ in range(3):
            counts = conditional_moran_counts(
                z, graph.indptr, graph.indices, permutations=2_000, seed=40, only=chosen
            )
            blank = np.arange(60) == 0 if chosen is None else ~only | (np.arange(60) == 0)
            for part in counts:
                assert not part[blank].any()
            assert (counts.draws[~blank] > 0).all()


def test_no_area_at_all_has_no_counts() -> None:
    graph = ring(30)
    none = conditional_moran_counts(
        np.arange(30.0), graph.indptr, graph.indices,
        permutations=99, seed=4, only=np.zeros(30, dtype=bool),
    )  # fmt: skip
    assert not any(part.any() for part in none)


@pytest.mark.parametrize(
    "seed", [7, np.random.SeedSequence(7, spawn_key=(3,)), np.random.SeedSequence([1, 2])]
)
def test_kept_draws_are_the_draws(
    seed: int | np.random.SeedSequence, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = range(block_count(20_000))
    kept = [sample_block(40, 3, 20_000, seed, block) for block in numbers]
    assert len(kept) == 2
    assert all(
        sample_block(40, 3, 20_000, seed, block) is mine
        for block, mine in zip(numbers, kept, strict=True)
    )
    monkeypatch.setattr(samples, "_KEPT_BYTES", 0)
    for block, mine in zip(numbers, kept, strict=True):
        drawn = sample_block(40, 3, 20_000, seed, block)
        assert mine is not drawn
        np.testing.assert_array_equal(mine, drawn)
    with pytest.raises(ValueError, match="read-only"):
        kept[0][0, 0] = 1
