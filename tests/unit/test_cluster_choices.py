"""Other neighbours, weights and engines for the tests of clusters, and local empirical Bayes."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import pytest

import block_order as ORDER
import model_case as CASE
from graphs import dense_weights
from risk_model.area_choice import areas_within
from risk_model.clusters import global_moran_of, test_clusters, weighs_by_distance
from risk_model.config.risk import RiskConfig, Statistics
from risk_model.layers.crime import exposure
from risk_model.layers.small_area import Smoothed, shrunken_rate, smooth
from risk_model.model_data import ModelData
from risk_model.neighbour_checks import neighbour_checks
from risk_model.scoring import score_model
from risk_model.uncertainty import BLOCK
from spatial.blocks import SERIAL
from spatial.distance_graphs import distance_band, inverse_of
from spatial.distance_weights import weighted_global_moran, weighted_local_moran
from spatial.errors import ConfigError, StatisticsError
from spatial.esda_engine import esda_gi_star_counts
from spatial.getis import local_g
from spatial.local_smoothing import marshall_local
from spatial.local_tests import AGREEMENT_STAGE
from spatial.moran import global_moran
from spatial.permutation import pseudo_p
from spatial.smoothing import marshall
from spatial.weights import Neighbours

test_clusters.__test__ = False  # type: ignore[attr-defined]  # a function of ours, not a test


def points(n: int, seed: int = 3) -> tuple[np.ndarray, np.ndarray, list[str]]:
    x, y = np.random.default_rng(seed).uniform(0, 20_000, (2, n))
    return x, y, [f"E{i:03d}" for i in range(n)]


def by_distance(*, within_m: float = 2500.0, **changes: object) -> ModelData:
    """Squares of 1 km whose middles within a distance are neighbours."""
    data = CASE.case(ring=6, **changes)
    at = np.arange(len(data.area_codes))
    middle = np.column_stack([500 + 1000.0 * (at % 8), 500 + 1000.0 * (at // 8)])
    graph = distance_band(*middle.T, codes=data.area_codes, within_m=within_m)
    return replace(data, neighbours=graph, centres=middle)


def statistics(**changes: object) -> RiskConfig:
    return CASE.settings(sections={"statistics": {"neighbours": "distance", **changes}})


# Graphs by distance -------------------------------------------------------------------------


def test_a_band_holds_the_pairs_within_the_distance_and_no_other() -> None:
    x, y, codes = points(60)
    x[7], y[7] = x[8], y[8]  # two areas at one point are neighbours
    x[0], y[0] = -90_000, -90_000  # far from all
    graph = distance_band(x, y, codes=codes, within_m=3000)
    wanted = {
        (codes[i], codes[j])
        for i in range(60)
        for j in range(60)
        if i != j and (x[i] - x[j]) ** 2 + (y[i] - y[j]) ** 2 <= 3000**2
    }
    assert set(zip(*graph.pairs(), strict=True)) == wanted
    assert graph.kind == "distance"
    assert graph.islands[0] == "E000"
    again = Neighbours.from_pairs(codes, *graph.pairs(), kind="distance")
    np.testing.assert_array_equal(again.indices, graph.indices)
    with pytest.raises(StatisticsError, match="within_m: 0 is not a number of metres above 0"):
        distance_band(x, y, codes=codes, within_m=0)


def test_inverse_weights_of_a_band_are_those_of_each_pair() -> None:
    x, y, codes = points(60)
    graph = distance_band(x, y, codes=codes, within_m=4000)
    weighted = inverse_of(graph, x, y, nearest_m=100)
    expected = np.zeros((60, 60))
    for i, j in itertools.permutations(range(60), 2):
        d = math.dist((x[i], y[i]), (x[j], y[j]))
        expected[i, j] = 1 / max(d, 100) if d <= 4000 else 0.0
    total = expected.sum(axis=1, keepdims=True)
    w = dense_weights(weighted)
    np.testing.assert_allclose(w, expected / np.where(total > 0, total, 1), rtol=1e-12)
    with pytest.raises(StatisticsError, match="nearest_m: 0 is not a number of metres above 0"):
        inverse_of(graph, x, y, nearest_m=0)
    with pytest.raises(StatisticsError, match=r"x: shape .59,. for 60 area codes"):
        inverse_of(graph, x[1:], y, nearest_m=100)


def test_weighted_global_moran_is_the_double_sum_and_that_of_equal_weights() -> None:
    x, y, codes = points(40)
    x[0] = 1e6  # an island counts in n and the mean
    graph = distance_band(x, y, codes=codes, within_m=6000)
    values = np.random.default_rng(1).normal(size=40)
    weighted = inverse_of(graph, x, y, nearest_m=100)
    z = values - values.mean()
    total = s0 = 0.0
    for i in range(40):
        row = slice(weighted.indptr[i], weighted.indptr[i + 1])
        for j, w in zip(weighted.indices[row], weighted.weights[row], strict=True):
            total += w * z[i] * z[j]
            s0 += w
    assert weighted_global_moran(values, weighted) == pytest.approx(40 / s0 * total / (z @ z))
    equal = replace(weighted, weights=np.ones_like(weighted.weights)).row_standardised()
    assert weighted_global_moran(values, equal) == pytest.approx(global_moran(values, graph).value)
    assert np.isnan(weighted_global_moran(np.full(40, 2.0), weighted))


# Settings -----------------------------------------------------------------------------------


def test_near_neighbours_count_more_where_the_settings_say_so() -> None:
    data, config = by_distance(), statistics(distance_weights="inverse")
    values = np.random.default_rng(2).normal(size=48)
    values[5] = np.nan  # an area without a rate takes no part
    known = np.isfinite(values)
    found = test_clusters(data, config, "made up", values, events=900)
    z = (values[known] - values[known].mean()) / values[known].std()
    middle = data.centres[known]
    apart = np.hypot(*(middle[:, None] - middle[None]).transpose(2, 0, 1))
    w = np.where((apart > 0) & (apart <= 2500), 1 / np.maximum(apart, 100), 0.0)
    w /= w.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(found.i[known], z * (w @ z), rtol=1e-10)
    assert np.isnan(found.i[5])
    graph = data.neighbours.subset(np.asarray(data.area_codes)[known])
    own = weighted_local_moran(
        values[known],
        inverse_of(graph, *middle.T, nearest_m=100),
        report=data.in_study[known],
        permutations=9_999,
        seed=config.uncertainty.seed,
    )
    np.testing.assert_array_equal(found.p[known], own.p)
    # Gi* counts the same neighbours equal.
    equal = test_clusters(data, statistics(), "made up", values, events=900)
    np.testing.assert_array_equal(found.gi_z, equal.gi_z)
    assert not np.allclose(found.i[known], equal.i[known])
    described = found.global_moran
    assert described["weights"] == "inverse distance"
    assert described["value"] == pytest.approx((z * (w @ z)).mean())
    assert global_moran_of(data, statistics(), values)["weights"] == "equal"


def test_scoring_hands_the_null_of_distance_weights_on_and_counts_the_shared_one() -> None:
    """The one is worth another process, the other is not; neither depends on where it is."""
    counted = {}
    for distance_weights in ("inverse", "equal"):
        backwards = ORDER.Backwards()
        config = statistics(distance_weights=distance_weights)
        values = np.random.default_rng(6).normal(size=48)
        here, there = (
            test_clusters(by_distance(), config, f"{name} {distance_weights}", values, events=900,
                          blocks=blocks)
            for name, blocks in (("here", SERIAL), ("there", backwards))
        )  # fmt: skip
        np.testing.assert_array_equal(here.p, there.p)
        np.testing.assert_array_equal(here.agreement, there.agreement)
        np.testing.assert_array_equal(here.gi_q, there.gi_q)
        counted[distance_weights] = backwards.handed
    assert counted["inverse"] >= 1
    assert counted["equal"] == 0
    config = statistics(distance_weights="inverse")
    blocks = ORDER.Backwards()
    score_model(by_distance(), config, CASE.HARM, density_share={}, blocks=blocks)
    # One block for each priority and its further seeds, beside the joint draws.
    assert blocks.handed >= -(-config.uncertainty.draws // BLOCK) + len(config.priorities)


def test_weights_need_neighbours_by_distance_and_the_middles_of_areas() -> None:
    config = statistics(distance_weights="inverse")
    assert not weighs_by_distance(CASE.case(), config)
    assert weighs_by_distance(by_distance(), config)
    assert not weighs_by_distance(by_distance(), statistics())
    old = replace(by_distance(), centres=None)
    values = np.random.default_rng(2).normal(size=48)
    with pytest.raises(ConfigError, match="the middle of each area, which this run did not keep"):
        test_clusters(old, config, "made up", values, events=900)


def test_areas_that_no_distance_reaches_are_said() -> None:
    frame = gpd.GeoDataFrame(
        geometry=gpd.points_from_xy([0, 900, 9000], [0, 0, 0]).buffer(10),
        index=["E3", "E1", "E2"],
        crs="EPSG:27700",
    )
    graph = areas_within(frame, 1000)
    assert graph.islands == ("E2",)
    settings = Statistics(neighbours="distance", distance_m=1000)
    (words,) = neighbour_checks(graph, frame, ("E1", "E2", "E3"), settings).warnings
    assert words.startswith("neighbours: 1 area has no other within 1,000 m (E2): not tested ")
    assert words.endswith("; a wider `statistics.distance_m` reaches them")
    assert neighbour_checks(graph, frame, ("E1", "E3"), settings).warnings == ()


# esda ---------------------------------------------------------------------------------------


def test_esda_gives_the_same_gi_star_to_monte_carlo_error_and_nothing_to_an_island() -> None:
    data = CASE.case()
    codes = data.area_codes
    focal, other = data.neighbours.pairs()
    kept = (focal != codes[5]) & (other != codes[5])
    graph = Neighbours.from_pairs(codes, focal[kept], other[kept])
    values = np.random.default_rng(6).normal(size=48)  # the sum may be anything: it is moved
    ours = local_g(values, graph, permutations=99_999, seeds_checked=0)
    counts = esda_gi_star_counts(values, graph, permutations=9_999, seed=4)
    p = pseudo_p(counts)
    assert np.isnan(p[5])
    assert np.isnan(ours.p[5])
    known = ~np.isnan(p)
    one_tail = ours.p[known] / 2
    error = 2 * np.sqrt(one_tail * (1 - one_tail) / 9_999) + 2e-4
    assert (np.abs(p[known] - ours.p[known]) < 4.5 * error).all()
    again = esda_gi_star_counts(values, graph, permutations=9_999, seed=4)
    np.testing.assert_array_equal(again.greater, counts.greater)


def test_esda_is_guarded_from_what_it_calls_significant() -> None:
    graph = CASE.case().neighbours
    values = np.arange(48.0)
    with pytest.raises(StatisticsError, match=r"row 3 \(area E99000003\) is nan, and 0 more"):
        esda_gi_star_counts(np.where(values == 3, np.nan, values), graph, permutations=99)
    with pytest.raises(StatisticsError, match="all are equal"):
        esda_gi_star_counts(np.ones(48), graph, permutations=99)
    with pytest.raises(StatisticsError, match=r"shape .5,. for a graph of 48 areas"):
        esda_gi_star_counts(values[:5], graph, permutations=99)
    with pytest.raises(StatisticsError, match="permutations: 0 is below 1"):
        esda_gi_star_counts(values, graph, permutations=0)
    lone = Neighbours.from_pairs(graph.codes, [], [])
    assert np.isnan(pseudo_p(esda_gi_star_counts(values, lone, permutations=99))).all()


def test_the_engine_of_the_settings_tests_both_moran_and_gi_star() -> None:
    data = CASE.case(ring=6)
    values = np.random.default_rng(2).normal(size=48)
    esda = CASE.settings(sections={"statistics": {"engine": "esda", "permutations": 9_999}})
    found = test_clusters(data, esda, "made up", values, events=900)
    ours = test_clusters(data, CASE.settings(), "made up", values, events=900)
    np.testing.assert_array_equal(found.gi_z, ours.gi_z)
    study = data.in_study
    assert not np.array_equal(found.gi_q[study], ours.gi_q[study]), "esda was not asked"
    assert np.corrcoef(found.gi_q[study], ours.gi_q[study])[0, 1] > 0.98
    assert np.isfinite(found.gi_agreement[study]).all()
    few = test_clusters(data, esda, "made up", values, events=3)
    assert few.inference.startswith("Not tested: 3 events")
    assert np.isnan(few.gi_q).all()


def test_esda_draws_gi_star_again_by_the_rule_of_further_seeds() -> None:
    """Oracle: every area counted under every further seed, and its bin compared."""
    graph = CASE.case().neighbours
    noise = np.random.default_rng(6).normal(size=48)
    values = noise + graph.lag(noise)
    asked: dict[str, Any] = {"permutations": 299, "correction": "none"}
    found = local_g(values, graph, engine="esda", seed=4, seeds_checked=5, **asked)

    def bins(seed: int | np.random.SeedSequence) -> np.ndarray:
        counts = esda_gi_star_counts(values, graph, permutations=299, seed=seed)
        return local_g(values, graph, counts=counts, seeds_checked=0, **asked).bin

    np.testing.assert_array_equal(found.bin, bins(4))
    again = [bins(np.random.SeedSequence(4, spawn_key=(AGREEMENT_STAGE, i))) for i in range(5)]
    np.testing.assert_array_equal(found.agreement, np.mean(again == found.bin, axis=0))
    assert len(np.unique(found.agreement)) > 2, "some bins hold and some do not"
    with pytest.raises(StatisticsError, match=r"engine: 'esda'; give exact, or for Gi\* esda"):
        local_g(values, graph, engine="esda", star=False)


@pytest.mark.parametrize("side", ["greater", "less"])
def test_esda_means_the_same_by_one_side(side: str) -> None:
    """esda counts I and Gi* themselves, we count neighbours' sums: a side must not turn round."""
    data = CASE.case(ring=6)
    noise = np.random.default_rng(2).normal(size=48)
    values = noise + data.neighbours.lag(noise)
    found = {
        engine: test_clusters(
            data,
            CASE.settings(
                sections={
                    "statistics": {
                        "engine": engine, "alternative": side, "permutations": 9_999,
                        "correction": "none",
                    }
                }
            ),
            "made up", values, events=900,
        )
        for engine in ("exact", "esda")
    }  # fmt: skip
    ours, peer = found["exact"], found["esda"]
    for mine, theirs in ((ours.p, peer.p), (ours.gi_q, peer.gi_q)):
        share = np.clip(mine[data.in_study], 1e-3, 1 - 1e-3)
        error = np.sqrt(2 * share * (1 - share) / 8_000)
        assert np.all(np.abs(mine - theirs)[data.in_study] < 4.5 * error + 4e-4)
        assert not np.array_equal(mine, theirs, equal_nan=True), "esda was not asked"
    clear = np.abs(ours.p - 0.05) > 0.02
    np.testing.assert_array_equal(ours.cluster[clear], peer.cluster[clear])


# Local empirical Bayes ----------------------------------------------------------------------


def smoothed(data: ModelData, *, stratum: np.ndarray | None = None) -> Smoothed:
    return smooth(
        data.counts.sum(axis=2).astype(float),
        exposure(data, "residents"),
        in_study=data.in_study,
        covered=data.covered,
        stratum=stratum,
    )


def test_a_locally_shrunk_rate_is_that_of_the_area_and_its_neighbours() -> None:
    data = CASE.case(ring=6)
    exposed = exposure(data, "residents")
    one = smoothed(data)
    rate = shrunken_rate(one, exposed, smoothing="local_marshall", neighbours=data.neighbours)
    own = marshall_local(one.events, one.expected / one.base_rate, data.neighbours)
    np.testing.assert_allclose(rate, own.rate * exposed.per)
    raw = own.raw * exposed.per
    assert ((rate - raw) * (own.mean * exposed.per - raw) >= -1e-9).all()
    whole = shrunken_rate(one, exposed, smoothing="marshall")
    assert not np.allclose(rate, whole)
    with pytest.raises(StatisticsError, match="local_marshall needs the graph"):
        shrunken_rate(one, exposed, smoothing="local_marshall")


def test_neighbours_of_another_stratum_lend_nothing_and_one_without_any_has_its_groups_mean() -> (
    None
):
    data = CASE.case()
    stratum = np.where(np.arange(48) < 24, "urban", "rural")
    # The first area is cut off from all others.
    focal, other = data.neighbours.pairs()
    kept = (focal != data.area_codes[0]) & (other != data.area_codes[0])
    graph = Neighbours.from_pairs(data.area_codes, focal[kept], other[kept])
    exposed = exposure(data, "residents")
    found = smoothed(data, stratum=stratum)
    assert len(found.groups) == 2
    rate = shrunken_rate(found, exposed, smoothing="local_marshall", neighbours=graph)
    base = found.expected / found.base_rate
    for name in ("urban", "rural"):
        at = np.flatnonzero(stratum == name)
        inside = graph.subset(data.area_codes[i] for i in at)
        local = marshall_local(found.events[at], base[at], inside)
        lone = local.areas == 1
        assert lone.sum() == (name == "urban")
        np.testing.assert_allclose(rate[at[~lone]], local.rate[~lone] * exposed.per)
        group = marshall(found.events[at], base[at]) * exposed.per
        np.testing.assert_allclose(rate[at[lone]], group[lone])
