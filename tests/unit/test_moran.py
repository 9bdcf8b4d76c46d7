"""Moran's I: values against definitions and esda, labels against planted truths, refusals."""

from __future__ import annotations

import itertools
import warnings
from pathlib import Path

import numpy as np
import pytest

import dorset as DORSET
from graphs import lattice, ring
from spatial import esda_engine, labels, moran
from spatial.errors import StatisticsError
from spatial.further_seeds import p_bounds
from spatial.labels import label_words, quadrant_numbers, quadrants_of
from spatial.local_tests import CLUSTERS, QUADRANTS
from spatial.moran import LocalMoran, assuncao_reis, global_moran, local_moran
from spatial.permutation import conditional_moran_counts
from spatial.weights import Neighbours, contiguity


def dense(graph: Neighbours) -> np.ndarray:
    """Oracle: the row-standardised weights as a full matrix."""
    w = np.zeros((graph.n, graph.n))
    for i in range(graph.n):
        around = graph.indices[graph.indptr[i] : graph.indptr[i + 1]]
        w[i, around] = 1 / max(1, around.size)
    return w


def planted(*, side: int = 12, height: float = 3.0, seed: int = 0) -> tuple[np.ndarray, Neighbours]:
    """A lattice of noise with a high 4 x 4 corner and one high cell alone in a low 5 x 5 corner."""
    field = np.random.default_rng(seed).normal(size=(side, side))
    field[:4, :4] += height
    field[-5:, -5:] -= height
    field[-3, -3] += 3 * height
    return field.ravel(), lattice(side, side)


def test_global_i_is_its_definition() -> None:
    graph, y = lattice(5, 6), np.random.default_rng(1).gamma(2.0, size=30)
    w, z = dense(graph), y - y.mean()
    result = global_moran(y, graph)
    assert result.value == pytest.approx(graph.n / w.sum() * (z @ w @ z) / (z @ z), rel=1e-13)
    assert (result.links, result.islands, result.n) == (graph.links, 0, 30)


@pytest.mark.parametrize("islands", [0, 3])
def test_global_i_is_esdas_also_with_islands(islands: int) -> None:
    from esda import Moran

    graph = lattice(5, 6, islands)
    y = np.random.default_rng(1).gamma(2.0, size=graph.n)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        peer = Moran(y, graph.to_libpysal(), permutations=0)
    result = global_moran(y, graph)
    assert result.value == pytest.approx(peer.I, rel=1e-12)
    assert result.islands == islands


def test_local_i_averages_to_the_global_one() -> None:
    y, graph = planted()
    result = local_moran(y, graph, permutations=99, seeds_checked=0)
    assert result.i.mean() == pytest.approx(global_moran(y, graph).value, rel=1e-12)


def test_local_i_is_esdas_with_the_population_deviation() -> None:
    """The peer divides by n - 1 where we divide by n (Anselin 1995, eq. 12 against eq. 7)."""
    from esda import Moran_Local

    y, graph = planted()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        peer = Moran_Local(y, graph.to_libpysal(), permutations=9, seed=1)
    mine = local_moran(y, graph, permutations=99, seeds_checked=0)
    np.testing.assert_allclose(mine.i, peer.Is * graph.n / (graph.n - 1), rtol=1e-10)
    quadrant = {name: i + 1 for i, name in enumerate(QUADRANTS)}
    known = np.isin(mine.raw_cluster, QUADRANTS)
    assert known.sum() > 10
    assert [quadrant[str(c)] for c in mine.raw_cluster[known]] == list(peer.q[known])


def test_planted_clusters_are_found_and_labelled() -> None:
    y, graph = planted()
    result = local_moran(y, graph, permutations=9_999, seed=2)
    label = result.cluster.reshape(12, 12)
    assert (label[1:3, 1:3] == "High-High").all()
    assert label[-3, -3] == "High-Low"
    inner = [label[-4, c] for c in (-4, -3, -2)] + [label[-2, c] for c in (-4, -3, -2)]
    assert set(inner) <= {"Low-Low", "Not significant"}
    assert "Low-Low" in inner
    assert np.isin(label[5:7, :6], ["Not significant", "High-Low", "Low-High"]).mean() > 0.8
    assert set(np.unique(result.cluster)) <= set(CLUSTERS)


def test_q_is_corrected_over_the_reported_areas_only() -> None:
    y, graph = planted()
    report = np.zeros(graph.n, dtype=bool)
    report[:48] = True
    part = local_moran(y, graph, report=report, permutations=9_999, seed=2, seeds_checked=2)
    whole = local_moran(y, graph, permutations=9_999, seed=2, seeds_checked=0)
    np.testing.assert_array_equal(part.p, whole.p)
    assert np.isnan(part.q[~report]).all()
    assert set(part.cluster[~report]) == set(part.raw_cluster[~report]) == {"Not testable"}
    p = part.p[report]
    stepped = np.minimum.accumulate((np.sort(p) * 48 / np.arange(1, 49))[::-1])[::-1]
    np.testing.assert_allclose(np.sort(part.q[report]), np.minimum(1, stepped))
    assert np.isnan(part.agreement[~report]).all()
    assert not np.isnan(part.agreement[report]).any()


def test_without_correction_q_is_p() -> None:
    y, graph = planted(seed=4)
    raw = local_moran(y, graph, permutations=999, correction="none", seeds_checked=0)
    np.testing.assert_array_equal(raw.q, raw.p)
    np.testing.assert_array_equal(raw.cluster, raw.raw_cluster)
    adjusted = local_moran(y, graph, permutations=999, seeds_checked=0)
    assert np.isin(adjusted.cluster, QUADRANTS).sum() < np.isin(raw.cluster, QUADRANTS).sum()


def test_an_island_has_no_p_and_no_cluster() -> None:
    graph = lattice(6, 6, islands=2)
    y = np.random.default_rng(3).normal(size=graph.n)
    y[-1] = 50.0
    result = local_moran(y, graph, permutations=999)
    assert list(result.cluster[-2:]) == list(result.raw_cluster[-2:]) == ["No neighbours"] * 2
    for column in (result.p, result.q, result.i, result.lag, result.agreement):
        assert np.isnan(column[-2:]).all()
        assert not np.isnan(column[:-2]).any()


@pytest.mark.parametrize("value", [0.0, 0.1, 1e9 + 0.1])
def test_a_constant_is_not_testable(value: float) -> None:
    graph = lattice(6, 6, islands=1)
    result = local_moran(np.full(graph.n, value), graph, permutations=99)
    assert np.isnan(result.p).all()
    assert list(result.cluster) == ["Not testable"] * 36 + ["No neighbours"]
    assert "the same in every area" in result.inference
    assert np.isnan(global_moran(np.full(graph.n, value), graph).value)


def test_labels_at_their_limits() -> None:
    """A p of exactly alpha is significant; a value or a lag at the mean has no quadrant."""
    z, lag = (
        np.array([1.0, 1.0, -1.0, -1.0, 1.0, 0.0, 1.0, 1.0]),
        np.array([1.0, -1, 1, -1, 1, 1, 0, 1]),
    )
    p = np.array([0.05, 0.05, 0.05, 0.05, 0.0500001, 0.01, 0.01, np.nan])
    quadrants = quadrants_of(z, lag, np.ones(8, dtype=bool))
    found = label_words(quadrant_numbers(quadrants, p, 0.05))
    assert found.tolist() == [
        "High-High", "High-Low", "Low-High", "Low-Low", *["Not significant"] * 3, "Not testable",
    ]  # fmt: skip


def test_values_that_differ_by_rounding_alone_are_constant() -> None:
    graph = lattice(6, 6)
    tenth = np.where(np.arange(36) % 2, 0.3, 0.1 + 0.2)
    assert np.ptp(tenth) > 0
    assert "same in every area" in local_moran(tenth, graph, permutations=99).inference
    apart = np.where(np.arange(36) % 2, 0.3, 0.3 + 1e-12)
    assert local_moran(apart, graph, permutations=99).inference == ""


def test_few_areas_are_not_tested() -> None:
    graph = lattice(4, 7)
    result = local_moran(np.arange(28.0), graph, permutations=99)
    assert result.inference == "Not tested: 28 areas, and at least 30 are needed."
    assert set(result.cluster) == {"Not testable"}
    assert np.isnan(result.q).all()
    assert not np.isnan(result.i).any()


def test_few_events_are_not_tested() -> None:
    y, graph = planted()
    result = local_moran(y, graph, permutations=99, events=49)
    assert result.inference == "Not tested: 49 events, and at least 50 are needed."
    assert local_moran(y, graph, permutations=99, events=50, seeds_checked=0).inference == ""


def test_no_links_at_all_are_not_tested() -> None:
    codes = tuple(f"{i:02d}" for i in range(30))
    graph = Neighbours(codes, np.zeros(31, np.int64), np.zeros(0, np.int64))
    result = local_moran(np.arange(30.0), graph, permutations=99)
    assert result.inference == "Not testable: no area has a neighbour."
    assert set(result.cluster) == {"No neighbours"}
    assert np.isnan(global_moran(np.arange(30.0), graph).value)


def test_an_area_exactly_at_the_mean_is_never_significant() -> None:
    """Its I is 0 whatever its neighbours hold, so no draw can be less unusual."""
    y, graph = planted()
    y = np.round(y)
    middle = 14  # inside the planted high corner: its neighbours are far from the mean
    y[middle] = 0.0
    y = y - (y.sum() - y[middle]) / (graph.n - 1)
    y[middle] = 0.0
    result = local_moran(y, graph, permutations=999, seeds_checked=0)
    assert result.p[middle] == 1.0
    assert result.raw_cluster[middle] == "Not significant"
    assert result.lag[middle] > 1


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_values_that_are_not_finite_are_refused_by_area(bad: float) -> None:
    y, graph = planted()
    y[[17, 20]] = bad
    for statistic in (global_moran, local_moran):
        with pytest.raises(
            StatisticsError, match=r"y: row 17 \(area 0017\) is .*1 more rows.*subset"
        ):
            statistic(y, graph)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"alpha": 0.0}, "alpha: 0.0 is not between 0 and 1"),
        ({"correction": "bonferroni"}, "correction: 'bonferroni' is not"),
        ({"engine": "geoda"}, "engine: 'geoda' is not exact or esda"),
        ({"permutations": 0}, "permutations: 0 is below 1"),
        ({"alternative": "both"}, "alternative: 'both' is not two-sided, greater or less"),
        ({"report": np.ones(3, dtype=bool)}, "report: expected 144 true or false values"),
        ({"report": np.ones(144)}, "report: expected 144 true or false values"),
    ],
)
def test_settings_out_of_range_are_refused(options: dict[str, object], message: str) -> None:
    y, graph = planted()
    with pytest.raises(StatisticsError, match=message):
        local_moran(y, graph, **options)  # type: ignore[arg-type]


def test_values_must_fit_the_graph() -> None:
    _, graph = planted()
    with pytest.raises(StatisticsError, match=r"shape \(3,\) for a graph of 144 areas"):
        local_moran(np.zeros(3), graph)


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


@pytest.mark.parametrize("null", ["normal", "rates"])
def test_false_positives_keep_to_their_share(null: str) -> None:
    """METHODS 12: .040 to .060 of areas have p < .05 over 200 maps where nothing is going on.

    Independent normal values; and Poisson counts of equal risk on unequal populations, tested as
    Assuncao-Reis rates. One-sided p-values called two-sided would give .10.
    """
    graph = lattice(14, 16)
    population = np.random.default_rng(7).gamma(9.0, 180.0, graph.n)
    shares = []
    for seed in range(200):
        rng = np.random.default_rng((77, seed))
        if null == "normal":
            y = rng.normal(size=graph.n)
        else:
            y = assuncao_reis(rng.poisson(population * 0.01), population)
        p = local_moran(y, graph, permutations=1_999, seed=seed, seeds_checked=0).p
        shares.append((p < 0.05).mean())
    assert 0.040 <= np.mean(shares) <= 0.060


def test_a_planted_block_is_found_and_little_else() -> None:
    """METHODS 12: 20 x 23 lattice, 5 x 5 block of +2 sd: inner 3 x 3 found in 90 %, 0.5 % outside.

    25 maps and 9,999 permutations here; docs/validation.md has 100 and 99,999.
    """
    graph = lattice(20, 23)
    inner = np.zeros((20, 23), dtype=bool)
    inner[9:12, 10:13] = True
    outside = np.ones((20, 23), dtype=bool)
    outside[8:13, 9:14] = False
    hit, false = [], []
    for seed in range(25):
        field = np.random.default_rng((78, seed)).normal(size=(20, 23))
        field[8:13, 9:14] += 2.0
        result = local_moran(field.ravel(), graph, permutations=9_999, seed=seed, seeds_checked=0)
        hot = (result.cluster == "High-High").reshape(20, 23)
        hit.append(hot[inner].mean())
        false.append(hot[outside].mean())
    assert np.mean(hit) >= 0.9
    assert np.mean(false) <= 0.005


def test_assuncao_reis_is_esdas_and_leaves_out_empty_areas() -> None:
    from esda.smoothing import assuncao_rate

    rng = np.random.default_rng(0)
    population = rng.integers(200, 3000, 50).astype(float)
    events = rng.poisson(population * 0.004).astype(float)
    mine = assuncao_reis(events, population)
    np.testing.assert_allclose(mine, assuncao_rate(events, population), rtol=1e-10)
    gaps = np.r_[population, 0.0, np.nan]
    padded = assuncao_reis(np.r_[events, 3.0, 2.0], gaps)
    np.testing.assert_array_equal(padded[:50], mine)
    assert np.isnan(padded[50:]).all()


def test_assuncao_reis_uses_chance_alone_where_the_variance_is_negative() -> None:
    """Rates closer together than chance makes them: a < 0, and v < 0 where P is large."""
    population, events = np.array([100.0, 300.0, 300.0]), np.array([2.0, 7.0, 5.0])
    rates, b = events / population, 14 / 700
    s2 = (population * (rates - b) ** 2).sum() / population.sum()
    variance = s2 - b / population.mean() + b / population
    assert variance[2] < 0 < variance[0]
    z = assuncao_reis(events, population)
    by_hand = (rates - b) / np.sqrt([variance[0], b / 300, b / 300])
    np.testing.assert_allclose(z, by_hand, atol=1e-12)


def test_assuncao_reis_without_events_is_constant_and_without_people_missing() -> None:
    assert assuncao_reis([0, 0, 0], [10, 20, 30]).tolist() == [0, 0, 0]
    assert np.isnan(assuncao_reis([1, 2], [0, np.nan])).all()


def test_assuncao_reis_refuses_missing_events() -> None:
    with pytest.raises(StatisticsError, match="events: row 1 is nan"):
        assuncao_reis([1.0, np.nan], [10, 20])
    with pytest.raises(StatisticsError, match="population has shape"):
        assuncao_reis([1.0], [10, 20])


def test_assuncao_reis_does_not_divide_by_rounding() -> None:
    """Events 0 and 4 of 1 and 5 people: v of the second is 0, and 3e-17 in floats."""
    z = assuncao_reis([0, 4], [1, 5])
    assert z[1] == pytest.approx((4 / 5 - 4 / 6) / np.sqrt(4 / 6 / 5))


@pytest.mark.real_data
def test_dorset_violence_has_seven_areas_in_high_surroundings(real_data: Path) -> None:
    """METHODS 1: violence, January to June 2025, no ring: 7 High-High at raw p <= .05."""
    graph = contiguity(DORSET.layer(real_data).loc[DORSET.council(real_data)])
    violence = DORSET.violence(real_data)
    events = violence.groupby("LSOA code").size().reindex(list(graph.codes), fill_value=0)
    y = assuncao_reis(events, DORSET.residents(real_data).loc[list(graph.codes)])
    result = local_moran(y, graph, seed=20261122, events=float(events.sum()))
    assert (result.raw_cluster == "High-High").sum() == 7
    assert 1 <= (result.cluster == "High-High").sum() <= 2  # the second has q near .06
    assert not result.inference


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
