"""Moran's I from other seeds, by esda and to one side: the same answer, or the share that is promised."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from graphs import lattice, planted, ring
from spatial import esda_engine, labels, moran
from spatial.errors import StatisticsError
from spatial.further_seeds import p_bounds
from spatial.local_tests import QUADRANTS
from spatial.moran import LocalMoran, local_moran
from spatial.permutation import conditional_moran_counts
from spatial.weights import Neighbours


def same_result(first: LocalMoran, second: LocalMoran) -> None:
    np.testing.assert_array_equal(first.p, second.p)
    np.testing.assert_array_equal(first.cluster, second.cluster)
    np.testing.assert_array_equal(first.agreement, second.agreement)


def test_the_seed_decides_everything() -> None:
    y, graph = planted()
    first = local_moran(y, graph, permutations=999, seed=5)
    same_result(first, local_moran(y, graph, permutations=999, seed=5))
    other = local_moran(y, graph, permutations=999, seed=6)
    assert not np.array_equal(first.p, other.p)


def test_agreement_counts_further_seeds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Area 30 is significant under the published seed and under two of the four others."""
    y, graph = planted()
    extreme = iter([0, 0, 400, 0, 400])

    def counts(z: np.ndarray, *_: object, **__: object) -> moran.PermutationCounts:
        greater = np.full(z.size, 400)
        greater[30] = next(extreme)
        return moran.PermutationCounts(greater, np.full(z.size, 700), np.full(z.size, 999))

    monkeypatch.setattr(moran, "conditional_moran_counts", counts)
    result = local_moran(y, graph, permutations=999, correction="none", seeds_checked=4)
    assert result.cluster[30] in QUADRANTS
    assert result.agreement[30] == 0.5
    assert np.delete(result.agreement, 30).tolist() == [1.0] * 143


@pytest.mark.parametrize("correction", ["none", "benjamini-hochberg"])
@pytest.mark.parametrize("permutations", [199, 9_999])
def test_agreement_is_that_of_running_every_seed_in_full(
    permutations: int, correction: moran.Correction, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Leaving out the labels that chance cannot change leaves the answer as it was."""
    rng, graph = np.random.default_rng(2), lattice(15, 15)
    for y in (rng.normal(size=225), graph.lag(rng.normal(size=225)), rng.poisson(1.0, 225) / 3):
        quick = local_moran(y, graph, permutations=permutations, correction=correction, seed=3)
        with monkeypatch.context() as patch:
            patch.setattr(labels, "p_bounds", lambda p, *_: (0.0 * p, 0.0 * p + 1.0))
            full = local_moran(y, graph, permutations=permutations, correction=correction, seed=3)
        same_result(quick, full)


def test_p_values_of_other_seeds_stay_within_their_bounds() -> None:
    rng, graph = np.random.default_rng(4), lattice(9, 9)
    y = rng.normal(size=81)
    p = [local_moran(y, graph, permutations=999, seed=s, seeds_checked=0).p for s in range(30)]
    low, high = p_bounds(p[0], graph.cardinalities, 999)
    assert np.all((low <= p) & (p <= high))
    assert np.median(high - low) < 0.75


def test_further_seeds_are_not_the_published_one() -> None:
    """Were they the same draws, agreement would always be 1; near the cut it must not be."""
    rng, graph = np.random.default_rng(12), lattice(15, 15)
    result = local_moran(rng.normal(size=225), graph, permutations=199, correction="none", seed=3)
    assert ((result.agreement > 0) & (result.agreement < 1)).any()
    assert set(np.unique(result.agreement)) <= {0.0, 0.2, 0.4, 0.6, 0.8, 1.0}


def test_esda_gives_the_same_p_within_monte_carlo_error() -> None:
    y, graph = planted(seed=9)
    draws = 4_999
    mine = local_moran(y, graph, permutations=draws, seeds_checked=0)
    peer = local_moran(y, graph, permutations=draws, seeds_checked=0, engine="esda")
    share = np.clip(mine.p / 2, 1 / draws, 0.5)
    error = 2 * np.sqrt(2 * share * (1 - share) / draws)
    assert np.all(np.abs(mine.p - peer.p) < 4.5 * error + 4 / draws)
    assert (mine.p < 0.01).sum() > 10


def test_esda_is_guarded_too() -> None:
    graph = lattice(6, 6, islands=1)
    y = np.random.default_rng(3).normal(size=graph.n)
    result = local_moran(y, graph, permutations=199, engine="esda", seeds_checked=1)
    assert result.cluster[-1] == "No neighbours"
    assert np.isnan(result.p[-1])
    y[3] = np.nan
    with pytest.raises(StatisticsError, match="y: row 3"):
        local_moran(y, graph, engine="esda")


def test_esda_is_called_in_batches_of_bounded_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(esda_engine, "_CELLS", 37 * 100)
    graph = lattice(6, 6, islands=1)
    y = np.random.default_rng(3).normal(size=graph.n)
    for counts_of in (esda_engine.esda_moran_counts, esda_engine.esda_gi_star_counts):
        counts = counts_of(y, graph, permutations=250, seed=1)
        assert counts.draws.tolist() == [250] * 36 + [0]
        assert np.all(counts.greater + counts.less >= counts.draws)
        # Were every batch drawn from one seed, tails would be two and a half times the first's.
        one = counts_of(y, graph, permutations=100, seed=1)
        assert not np.array_equal(counts.greater[:36] * 2, one.greater[:36] * 5)
        assert not np.array_equal(
            counts_of(y, graph, permutations=200, seed=1).greater[:36], 2 * one.greater[:36]
        )


def test_equal_sums_tie_in_esdas_counts_too() -> None:
    """Thirds add up differently in another order; esda alone would see most ties on one side."""
    graph = lattice(7, 7)
    y = np.random.default_rng(5).integers(0, 3, 49) / 3.0 + 0.1
    ours = conditional_moran_counts(
        (y - y.mean()) / y.std(), graph.indptr, graph.indices, permutations=49_999, seed=1
    )
    mine = (ours.greater + ours.less - ours.draws) / ours.draws
    for counts_of in (esda_engine.esda_moran_counts, esda_engine.esda_gi_star_counts):
        theirs = counts_of(y, graph, permutations=4_999, seed=1)
        ties = (theirs.greater + theirs.less - theirs.draws) / theirs.draws
        assert np.abs(ties - mine).max() < 4.5 * np.sqrt(0.25 / 4_999)


def every_draw(y: np.ndarray, z: np.ndarray, graph: Neighbours) -> tuple[np.ndarray, np.ndarray]:
    """Oracle: the shares of all ways to fill an area's neighbours whose I is as high, as low.

    z is held, the y of the other areas are drawn; the observed way is one of them.
    """
    high, low = (np.full(graph.n, np.nan) for _ in range(2))
    for i in range(graph.n):
        around = graph.indices[graph.indptr[i] : graph.indptr[i + 1]]
        ways = np.array(list(itertools.combinations(np.delete(y, i), around.size)))
        null, own = z[i] * ways.sum(axis=1), z[i] * y[around].sum()
        high[i], low[i] = (null >= own - 1e-9).mean(), (null <= own + 1e-9).mean()
    return high, low


@pytest.mark.parametrize("correction", ["none", "benjamini-hochberg"])
def test_one_sided_p_is_the_share_of_all_draws(correction: moran.Correction) -> None:
    """A ring of 32 areas: 465 ways to fill two neighbours, among them with many equal sums."""
    graph = ring(32)
    y = np.random.default_rng(21).poisson(3.0, 32).astype(float)
    z = (y - y.mean()) / y.std()
    high, low = every_draw(y, z, graph)
    draws = 39_999
    for alternative, share in (("greater", high), ("less", low)):
        found = local_moran(
            y, graph, permutations=draws, alternative=alternative, correction=correction,
            seeds_checked=0,
        )  # fmt: skip
        error = np.sqrt(np.maximum(share * (1 - share), 1e-4) / (draws * 30 / 32))
        assert np.all(np.abs(found.p - share) < 4.5 * error + 1 / draws)
    both = local_moran(y, graph, permutations=draws, seeds_checked=0)
    error = 2 * np.sqrt(0.25 / (draws * 30 / 32))
    assert np.all(np.abs(both.p - np.minimum(1, 2 * np.minimum(high, low))) < 4.5 * error)


def test_one_sided_tests_find_their_own_kind() -> None:
    y, graph = planted()
    alike, unlike = (
        local_moran(y, graph, permutations=9_999, seed=2, alternative=side, seeds_checked=0)
        for side in ("greater", "less")
    )
    assert (
        {"High-High", "Low-Low"}
        <= set(alike.cluster)
        <= {"High-High", "Low-Low", "Not significant"}
    )
    assert alike.cluster.reshape(12, 12)[1, 1] == "High-High"
    assert unlike.cluster.reshape(12, 12)[-3, -3] == "High-Low"
    assert set(unlike.cluster) <= {"High-Low", "Low-High", "Not significant"}


def test_an_i_of_the_other_sign_is_not_called_alike() -> None:
    """The highest area's null is centred below 0: an I just below 0 can be its highest draw."""
    graph = ring(32)
    y = np.full(32, 0.0) + 1e-3 * np.arange(32)
    y[5], y[20] = 40.0, -20.0
    y[[4, 6]] = 0.05
    found = local_moran(
        y, graph, permutations=999, alternative="greater", correction="none", seeds_checked=2
    )
    assert found.p[5] <= 0.05
    assert found.i[5] < 0
    assert found.raw_cluster[5] == found.cluster[5] == "Not significant"
    assert found.agreement[5] == 1.0


@pytest.mark.parametrize("alternative", ["greater", "less"])
def test_one_sided_agreement_is_that_of_running_every_seed_in_full(
    alternative: moran.Alternative, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng, graph = np.random.default_rng(6), lattice(15, 15)
    asked = {"permutations": 499, "seed": 3, "alternative": alternative}
    drawn = 0.0
    for y in (rng.normal(size=225), graph.lag(rng.normal(size=225)), rng.poisson(1.0, 225) / 3):
        for correction in ("none", "benjamini-hochberg"):
            quick = local_moran(y, graph, correction=correction, **asked)  # type: ignore[arg-type]
            with monkeypatch.context() as patch:
                patch.setattr(labels, "p_bounds", lambda p, *_: (0.0 * p, 0.0 * p + 1.0))
                full = local_moran(y, graph, correction=correction, **asked)  # type: ignore[arg-type]
            same_result(quick, full)
            drawn = max(drawn, float(np.mean(quick.agreement < 1)))
    assert drawn > 0


@pytest.mark.parametrize("alternative", ["greater", "less"])
def test_one_sided_p_values_of_other_seeds_stay_within_their_bounds(
    alternative: moran.Alternative,
) -> None:
    rng, graph = np.random.default_rng(4), lattice(9, 9)
    y = rng.normal(size=81)
    p = [
        local_moran(y, graph, permutations=999, seed=s, seeds_checked=0, alternative=alternative).p
        for s in range(30)
    ]
    low, high = p_bounds(p[0], graph.cardinalities, 999, alternative)
    assert np.all((low <= p) & (p <= high))
    assert np.median(high - low) < 0.75


def test_esda_has_the_same_one_sided_p() -> None:
    y, graph = planted(seed=9)
    draws = 4_999
    for alternative in ("greater", "less"):
        mine, peer = (
            local_moran(
                y, graph, permutations=draws, seeds_checked=0, engine=engine,
                alternative=alternative,
            )
            for engine in ("exact", "esda")
        )  # fmt: skip
        share = np.clip(mine.p, 1 / draws, 1 - 1 / draws)
        error = np.sqrt(2 * share * (1 - share) / draws)
        assert np.all(np.abs(mine.p - peer.p) < 4.5 * error + 4 / draws)
