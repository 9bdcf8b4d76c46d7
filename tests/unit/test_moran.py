"""Moran's I: values against definitions and esda, labels against planted truths, refusals."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest

import dorset as DORSET
from graphs import dense, lattice, planted
from spatial.contiguity import contiguity
from spatial.errors import StatisticsError
from spatial.labels import label_words, quadrant_numbers, quadrants_of
from spatial.local_tests import CLUSTERS, QUADRANTS
from spatial.moran import assuncao_reis, global_moran, local_moran
from spatial.weights import Neighbours


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
    assert (
        result.inference
        == "Not tested: 28 areas, and at least 30 are needed. Take a wider study area."
    )
    assert set(result.cluster) == {"Not testable"}
    assert np.isnan(result.q).all()
    assert not np.isnan(result.i).any()


def test_few_events_are_not_tested() -> None:
    y, graph = planted()
    result = local_moran(y, graph, permutations=99, events=49)
    assert (
        result.inference
        == "Not tested: 49 events, and at least 50 are needed. Take a longer period or more offences."
    )
    assert local_moran(y, graph, permutations=99, events=50, seeds_checked=0).inference == ""


def test_no_links_at_all_are_not_tested() -> None:
    codes = tuple(f"{i:02d}" for i in range(30))
    graph = Neighbours(codes, np.zeros(31, np.int64), np.zeros(0, np.int64))
    result = local_moran(np.arange(30.0), graph, permutations=99)
    assert (
        result.inference
        == "Not testable: no area has a neighbour. Take neighbours by distance, or check the boundaries."
    )
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
