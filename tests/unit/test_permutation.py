"""The shared conditional null against enumeration and against the usual loop over areas."""

from __future__ import annotations

import itertools
import tracemalloc
from collections import Counter

import numpy as np
import pytest
from scipy import stats

from graphs import graph_of, lattice
from spatial import block_counts, samples
from spatial.blocks import block_map
from spatial.errors import StatisticsError
from spatial.permutation import (
    PermutationCounts,
    benjamini_hochberg,
    conditional_counts_of_maps,
    conditional_moran_counts,
    pseudo_p,
)
from spatial.samples import PERMUTATION_STAGE, block_count, ordered_samples, sample_block
from spatial.weights import Neighbours

LINKS = ((0, 1), (0, 2), (1, 2), (2, 3), (3, 4), (3, 5), (2, 5))


def enumerate_area(z: list[int], graph: Neighbours, i: int) -> tuple[int, int, int]:
    """Oracle: every ordered choice of the neighbours of i from the other areas, in integers."""
    around = graph.indices[graph.indptr[i] : graph.indptr[i + 1]]
    observed = sum(z[j] for j in around)
    others = [v for j, v in enumerate(z) if j != i]
    sums = [sum(choice) for choice in itertools.permutations(others, len(around))]
    return sum(s >= observed for s in sums), sum(s <= observed for s in sums), len(sums)


@pytest.mark.parametrize("values", [[0, 0, 1, 1, 2, 5], [0, 1, 2, 3, 4, 5], [0, 0, 0, 0, 0, 1]])
@pytest.mark.parametrize("unit", [1.0, 1 / 3, 0.1, 1e-9])
def test_all_draws_at_once_give_the_enumerated_null(
    values: list[int], unit: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With each possible draw made once, the counts are the exact conditional null, ties and all.

    Multiples of 1/3 and 0.1 add up to different floats in different orders: ties must survive.
    """
    graph = graph_of(6, LINKS)
    widest = int(graph.cardinalities.max())
    every = np.array(list(itertools.permutations(range(6), widest)), dtype=np.int32).T

    monkeypatch.setattr(block_counts, "sample_block", lambda *_: every)
    z = np.array(values) * unit
    counts = conditional_moran_counts(z, graph.indptr, graph.indices, permutations=1, seed=0)
    for i in range(6):
        greater, less, total = enumerate_area(values, graph, i)
        # Draws are longer than k: each choice of k areas is the beginning of equally many.
        assert counts.draws[i] % total == 0
        times = counts.draws[i] // total
        assert (counts.greater[i], counts.less[i]) == (greater * times, less * times)


def loop_over_areas(
    z: np.ndarray, graph: Neighbours, permutations: int, rng: np.random.Generator
) -> np.ndarray:
    """Oracle: for each area, shuffle the others and take the first k (what libraries do)."""
    p = np.full(graph.n, np.nan)
    for i in range(graph.n):
        around = graph.indices[graph.indptr[i] : graph.indptr[i + 1]]
        others = np.tile(np.delete(z, i), (permutations, 1))
        null = rng.permuted(others, axis=1)[:, : around.size].sum(axis=1)
        greater = (null >= z[around].sum() - 1e-9).sum()
        less = (null <= z[around].sum() + 1e-9).sum()
        p[i] = min(1.0, 2 * (min(greater, less) + 1) / (permutations + 1))
    return p


@pytest.mark.parametrize("counts", [False, True])
def test_p_values_agree_with_the_loop_over_areas(counts: bool) -> None:
    graph, rng = lattice(5, 7), np.random.default_rng(11)
    z = rng.poisson(1.0, graph.n).astype(float) if counts else rng.normal(size=graph.n)
    z[:6] += 2.0
    shared_draws, loop_draws = 60_000, 4_000
    mine = conditional_moran_counts(
        z, graph.indptr, graph.indices, permutations=shared_draws, seed=4
    )
    slow = loop_over_areas(z, graph, loop_draws, rng)
    p = pseudo_p(mine)
    # Two-sided p is twice a share; both shares have binomial error. 35 areas: 4.5 sd is safe.
    share = np.clip(p / 2, 1e-3, 0.5)
    error = 2 * np.sqrt(share * (1 - share) * (1 / mine.draws + 1 / loop_draws))
    assert np.all(np.abs(p - slow) < 4.5 * error + 2 / loop_draws)
    assert p.min() < 0.05 < p.max()


def test_without_a_tolerance_only_equal_sums_tie() -> None:
    """Whole numbers around a whole mean add up exactly, so that ties need no room."""
    graph, rng = lattice(7, 7), np.random.default_rng(11)
    z = rng.integers(-3, 4, 49).astype(float)
    z[0] -= z.sum()
    counts = [
        conditional_moran_counts(
            z, graph.indptr, graph.indices, permutations=5_000, seed=2, tolerance=room
        )
        for room in (0.0, 0.25, None)
    ]
    assert (counts[0].greater + counts[0].less > counts[0].draws).all(), "there are ties"
    for other in counts[1:]:
        for mine, theirs in zip(counts[0], other, strict=True):
            np.testing.assert_array_equal(mine, theirs)


def test_own_draws_are_taken_out() -> None:
    """R_i is R less the draws whose first k hold i; the rest are as many as chance leaves."""
    graph, draws = lattice(4, 4), 50_000
    counts = conditional_moran_counts(
        np.arange(16.0), graph.indptr, graph.indices, permutations=draws, seed=1
    )
    keep = 1 - graph.cardinalities / 16
    sd = np.sqrt(draws * keep * (1 - keep))
    assert np.all(np.abs(counts.draws - draws * keep) < 4.5 * sd)
    assert np.all(counts.greater + counts.less >= counts.draws)
    assert np.all(np.maximum(counts.greater, counts.less) <= counts.draws)


def test_own_draws_that_were_kept_are_those_that_are_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The same counts the first time, the second and later, for some areas and for all."""
    graph, values = lattice(9, 6), np.random.default_rng(2).normal(size=(3, 54))
    some = np.arange(graph.n) % 5 == 0

    def counted(z: np.ndarray, only: np.ndarray | None, seed: int) -> np.ndarray:
        return np.array(
            conditional_moran_counts(
                z, graph.indptr, graph.indices, permutations=20_000, seed=seed, only=only
            )
        )

    # Each map asks twice for two seeds, so that the later ones meet what was put in order.
    asked = [(z, only, seed) for z in values for only in (None, some) for seed in (41, 42)]
    kept = [counted(*each) for each in asked]

    def fresh(*request: object) -> np.ndarray:
        return sample_block(*request).copy()  # type: ignore[arg-type]

    monkeypatch.setattr(block_counts, "sample_block", fresh)
    for counts, each in zip(kept, asked, strict=True):
        np.testing.assert_array_equal(counts, counted(*each))


@pytest.mark.parametrize("long", [200, 0])
@pytest.mark.parametrize(("n", "size"), [(4, 2), (4, 4), (5, 1), (3, 3)])
def test_samples_are_distinct_and_every_order_is_as_likely(
    n: int, size: int, long: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both ways of drawing: following swaps, and shuffling whole rows (`long` = 0)."""
    monkeypatch.setattr(samples, "_LONG", long)
    sample = ordered_samples(n, size, 24_000, np.random.default_rng(8))
    assert sample.shape == (size, 24_000)
    seen = Counter(map(tuple, sample.T.tolist()))
    possible = list(itertools.permutations(range(n), size))
    assert set(seen) == set(possible)
    assert stats.chisquare([seen[order] for order in possible]).pvalue > 1e-4


def test_samples_of_nearly_all_areas_are_distinct() -> None:
    for n, size in ((60, 59), (300, 240), (300, 300)):
        sample = ordered_samples(n, size, 50, np.random.default_rng(2))
        assert all(np.unique(draw).size == size for draw in sample.T)
        assert 0 <= sample.min() <= sample.max() == n - 1


@pytest.mark.parametrize(
    ("n", "size", "draws"),
    [(3, 3, 7), (463, 16, 501), (40_000, 60, 8_192), (65_535, 3, 99), (65_536, 3, 99),
     (2**31 - 1, 2, 40_001), (1_500_000_000, 3, 2_001)],
)  # fmt: skip
def test_numbers_are_those_that_numpy_draws_column_by_column(n: int, size: int, draws: int) -> None:
    """Also where a word is refused: a few at 40,000, and three in ten at 1.5e9."""
    rng = np.random.default_rng(4)
    expected = [rng.integers(c, n, size=draws, dtype=np.int32) for c in range(size)]
    drawn = samples._bounded(n, size, draws, np.random.default_rng(4))
    np.testing.assert_array_equal(drawn, expected)


def test_a_generator_of_32_bit_words_is_refused() -> None:
    with pytest.raises(StatisticsError, match="MT19937"):
        ordered_samples(30, 3, 10, np.random.Generator(np.random.MT19937(1)))


def test_samples_are_a_shuffle_followed_forwards() -> None:
    """The slow way: a table of all places, swapped step by step."""
    n, size, draws = 12, 5, 400
    rng = np.random.default_rng(3)
    steps = [rng.integers(c, n, size=draws, dtype=np.int32) for c in range(size)]
    table = np.tile(np.arange(n), (draws, 1))
    for c, step in enumerate(steps):
        for draw, other in enumerate(step):
            table[draw, [c, other]] = table[draw, [other, c]]
    sample = ordered_samples(n, size, draws, np.random.default_rng(3))
    np.testing.assert_array_equal(sample.T, table[:, :size])


def test_equal_p_values_have_equal_q_in_any_order() -> None:
    rng = np.random.default_rng(2)
    p = np.r_[rng.integers(1, 200, 5_000) / 199.0, rng.random(3_000) * 1e-4, np.nan]
    q = benjamini_hochberg(p)
    ranks = np.array([(p <= value).sum() for value in p[:300]])
    scaled = {value: value * (8_000 / (p <= value).sum()) for value in np.unique(p[:-1])}
    least = [min(1.0, *(s for value, s in scaled.items() if value >= own)) for own in p[:300]]
    assert ranks.min() > 0
    np.testing.assert_array_equal(q[:300], least)
    shuffled = rng.permutation(p.size)
    np.testing.assert_array_equal(benjamini_hochberg(p[shuffled]), q[shuffled])


def test_full_blocks_are_the_same_whatever_is_drawn_after_them() -> None:
    few, more = (
        [sample_block(50, 4, number, 9, block) for block in range(block_count(number))]
        for number in (17_000, 40_000)
    )
    assert [block.shape for block in few] == [(4, 16_384), (4, 616)]
    assert [block.shape for block in more] == [(4, 16_384), (4, 16_384), (4, 7_232)]
    np.testing.assert_array_equal(few[0], more[0])


def test_blocks_have_their_own_streams_and_the_seed_decides() -> None:
    first, second, _ = (sample_block(50, 4, 40_000, 9, block) for block in range(3))
    assert not np.array_equal(first, second)
    other = sample_block(50, 4, 40_000, 10, 0)
    assert not np.array_equal(first, other)
    root = np.random.SeedSequence(9, spawn_key=(PERMUTATION_STAGE,))
    np.testing.assert_array_equal(first, sample_block(50, 4, 40_000, root, 0))


def test_a_hub_that_touches_every_area_has_one_possible_sum() -> None:
    n = 40
    graph = graph_of(n, tuple((0, i) for i in range(1, n)))
    z = np.random.default_rng(0).normal(size=n)
    counts = conditional_moran_counts(z, graph.indptr, graph.indices, permutations=4000, seed=3)
    assert counts.draws[0] > 0
    assert counts.greater[0] == counts.less[0] == counts.draws[0]
    assert pseudo_p(counts)[0] == 1.0


def test_an_island_has_no_draws_and_no_p() -> None:
    graph = graph_of(6, ((0, 1), (1, 2), (2, 3), (3, 4)))
    counts = conditional_moran_counts(
        np.arange(6.0), graph.indptr, graph.indices, permutations=99, seed=0
    )
    assert (counts.greater[5], counts.less[5], counts.draws[5]) == (0, 0, 0)
    assert np.isnan(pseudo_p(counts)[5])
    assert not np.isnan(pseudo_p(counts)[:5]).any()


def test_a_graph_without_links_has_no_draws() -> None:
    counts = conditional_moran_counts(
        np.arange(3.0), np.zeros(4, np.int64), np.zeros(0, np.int64), permutations=9, seed=0
    )
    assert counts.draws.tolist() == [0, 0, 0]


def test_memory_does_not_grow_with_permutations(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the draws that are kept for the next call, which have a stated bound."""
    monkeypatch.setattr(samples, "_KEPT_BYTES", 0)
    graph = lattice(10, 10)
    z = np.random.default_rng(0).normal(size=graph.n)
    peaks = []
    for permutations in (33_000, 130_000):
        tracemalloc.start()
        conditional_moran_counts(z, graph.indptr, graph.indices, permutations=permutations, seed=0)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.2 * peaks[0] < 20e6


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_values_must_be_finite(bad: float) -> None:
    graph = graph_of(3, ((0, 1),))
    with pytest.raises(StatisticsError, match="z: row 1 is"):
        conditional_moran_counts(
            np.array([0.0, bad, 1.0]), graph.indptr, graph.indices, permutations=9, seed=0
        )


def test_a_map_with_one_bad_value_is_named() -> None:
    graph, maps = graph_of(3, ((0, 1),)), np.zeros((2, 3))
    maps[1, 2] = np.nan
    with pytest.raises(StatisticsError, match="maps: row 2 of map 1 is nan"):
        conditional_counts_of_maps(maps, graph.indptr, graph.indices, permutations=9, seed=0)


@pytest.mark.parametrize("k", [255, 256, 257])
def test_an_area_with_as_many_neighbours_as_a_byte_holds_has_its_draws_taken_out(k: int) -> None:
    """A hub of k among 300: a draw of k holds it with chance k / 300."""
    n, draws = 300, 2_000
    graph = graph_of(n, tuple((0, i) for i in range(1, k + 1)))
    z = np.random.default_rng(0).normal(size=n)
    counts = conditional_moran_counts(z, graph.indptr, graph.indices, permutations=draws, seed=3)
    keep = 1 - k / n
    assert abs(counts.draws[0] - draws * keep) < 4.5 * np.sqrt(draws * keep * (1 - keep))
    assert counts.greater[0] + counts.less[0] == counts.draws[0]


def test_draws_are_kept_up_to_a_stated_size_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two bytes a number: 30 samples of 4 among 50 are 240 bytes."""
    for bound, kept in ((240, True), (239, False)):
        monkeypatch.setattr(samples, "_KEPT_BYTES", bound)
        once, again = (sample_block(50, 4, 30, 77, 0) for _ in range(2))
        assert (once is again) == kept
        np.testing.assert_array_equal(once, again)


def test_shape_and_permutations_are_checked() -> None:
    graph = graph_of(3, ((0, 1),))
    with pytest.raises(StatisticsError, match="2 values for a graph of 3 areas"):
        conditional_moran_counts(np.zeros(2), graph.indptr, graph.indices, permutations=9, seed=0)
    with pytest.raises(StatisticsError, match="permutations: 0 is below 1"):
        conditional_moran_counts(np.zeros(3), graph.indptr, graph.indices, permutations=0, seed=0)


def test_pseudo_p_by_hand() -> None:
    counts = PermutationCounts(np.array([0, 99, 60, 4]), np.array([99, 0, 60, 96]), np.full(4, 99))
    np.testing.assert_allclose(pseudo_p(counts), [0.02, 0.02, 1.0, 0.1])
    np.testing.assert_allclose(pseudo_p(counts, "greater"), [0.01, 1.0, 0.61, 0.05])
    np.testing.assert_allclose(pseudo_p(counts, "less"), [1.0, 0.01, 0.61, 0.97])
    with pytest.raises(StatisticsError, match="'folded' is not two-sided, greater or less"):
        pseudo_p(counts, "folded")  # type: ignore[arg-type]


def test_benjamini_hochberg_is_scipys() -> None:
    rng = np.random.default_rng(0)
    for size in (1, 2, 10, 223):
        p = rng.uniform(size=size) ** 2
        p[: size // 3] = np.round(p[: size // 3], 1)
        np.testing.assert_allclose(benjamini_hochberg(p), stats.false_discovery_control(p))


def test_benjamini_hochberg_leaves_out_tests_not_made() -> None:
    p = np.array([0.01, np.nan, 0.02, 0.9])
    np.testing.assert_allclose(benjamini_hochberg(p), [0.03, np.nan, 0.03, 0.9])
    assert np.isnan(benjamini_hochberg(np.full(3, np.nan))).all()


def test_two_processes_count_what_one_counts() -> None:
    """Also with draws of the largest kind, which no process keeps for another."""
    rng = np.random.default_rng(6)
    graph = graph_of(60, tuple((i, i + step) for i in range(50) for step in (1, 3, 9)))
    maps = np.stack([rng.normal(size=60), rng.poisson(1.0, size=60).astype(float)])
    asked = {"permutations": 40_000, "seed": 12}
    alone = conditional_counts_of_maps(maps, graph.indptr, graph.indices, **asked)
    with block_map(2) as pool:
        shared = conditional_counts_of_maps(maps, graph.indptr, graph.indices, blocks=pool, **asked)
    for one, two in zip(alone, shared, strict=True):
        np.testing.assert_array_equal(one, two)
        assert one.draws.max() > 30_000


def test_p_values_closer_than_a_key_tells_apart_are_put_in_order_all_the_same() -> None:
    close = 0.5 + 1e-12 * np.random.default_rng(3).permutation(50)
    # Each of them is the largest times 50/50: any other order takes a smaller one for the last.
    assert (benjamini_hochberg(close) == close.max()).all()
