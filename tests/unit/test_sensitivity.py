"""What the lists hang on: published indices, brute-force oracles, and the cases that say nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import model_case as CASE
from risk_model.aggregate import METHODS, aggregate, score_vectors
from risk_model.composite import listed
from risk_model.config.harm import HarmWeights
from risk_model.config.risk import RiskConfig
from risk_model.list_changes import CHANGE_COLUMNS
from risk_model.model_data import ModelData
from risk_model.ranking import list_positions, min_ranks, rank_rows
from risk_model.scoring import rate, score_model
from risk_model.sensitivity import (
    INDICATOR_COLUMNS,
    Sensitivity,
    effective_shares,
    rank_change,
    sensitivity_of,
    sobol_indices,
)
from spatial.errors import StatisticsError

MIXED = {"harm_rate": 0.5, "persistence": 0.2, "deprivation_without_crime": 0.3}


def found(config: RiskConfig, data: ModelData | None = None) -> Sensitivity:
    data = data or CASE.case()
    scored = score_model(data, config, CASE.HARM, density_share={})
    return sensitivity_of(scored, data, config)


def one(indicators: Any, **keys: Any) -> RiskConfig:
    return CASE.one(indicators, draws=100, **keys)


def scores(data: ModelData, config: RiskConfig, harm: HarmWeights = CASE.HARM) -> Any:
    return rate(data, config, harm).composites["sv01"]


# METHODS.md 9: y = x1 + 10 x2 + 0 x3, uniform. By hand: variances 1, 100 and 0 of 101.
def test_indices_of_a_linear_function_are_its_shares_of_variance() -> None:
    out = sobol_indices(lambda x: x[:, 0] + 10 * x[:, 1], [(0, 1)] * 3, samples=1024, seed=5)
    np.testing.assert_allclose(out.first, [1 / 101, 100 / 101, 0], atol=2e-4)
    np.testing.assert_allclose(out.total, out.first, atol=2e-4)
    assert (out.first_conf[:2] > 0).all()


def test_indices_see_an_interaction() -> None:
    # y = x1 x2 on (-1, 1): no first-order effect at all, every bit of variance is shared.
    out = sobol_indices(lambda x: x[:, 0] * x[:, 1], [(-1, 1)] * 3, samples=4096, seed=0)
    np.testing.assert_allclose(out.first, 0, atol=0.03)
    np.testing.assert_allclose(out.total, [1, 1, 0], atol=0.03)


def test_indices_are_the_same_for_a_seed_and_undefined_for_a_constant() -> None:
    def function(x: np.ndarray) -> np.ndarray:
        return np.asarray(x[:, 0] ** 2 + x[:, 1])

    for seed in (0, 3):  # the library takes 0 for no seed
        first, second = (
            sobol_indices(function, [(0, 1)] * 2, samples=64, seed=seed) for _ in range(2)
        )
        for name in ("first", "first_conf", "total", "total_conf"):
            np.testing.assert_array_equal(getattr(first, name), getattr(second, name))
    flat = sobol_indices(lambda x: np.ones(len(x)), [(0, 1)] * 2, samples=16, seed=1)
    assert np.isnan(flat.first).all()
    assert np.isnan(flat.total_conf).all()
    with pytest.raises(StatisticsError, match="not a finite number"):
        sobol_indices(lambda x: x[:, 0] * np.nan, [(0, 1)] * 2, samples=16, seed=1)


@pytest.mark.parametrize(
    ("level", "slope", "told"),
    [(1e6, 1e-7, False), (1e6, 1e-4, True), (0.0, 1e-13, False), (0.0, 1e-9, True)],
)
def test_what_differs_by_rounding_alone_is_constant(level: float, slope: float, told: bool) -> None:
    """Differences count from 1e-12 of the largest value on, and from 1e-12 where all are small."""
    out = sobol_indices(lambda x: level + slope * x[:, 0], [(0, 1)] * 2, samples=64, seed=1)
    assert np.isfinite(out.first).all() == told
    assert np.isnan(out.first).all() != told


TABLES = arrays(
    np.float64,
    st.tuples(st.integers(2, 12), st.integers(1, 4)),
    elements=st.integers(0, 64).map(lambda k: k / 64),
)


@settings(max_examples=60, deadline=None)
@given(TABLES, st.data(), st.sampled_from(METHODS))
def test_many_sets_of_weights_score_as_each_alone(
    x: np.ndarray, data: st.DataObject, method: str
) -> None:
    n, k = x.shape
    gaps = data.draw(arrays(np.bool_, (n, k)))
    x = np.where(gaps, np.nan, x)
    weights = data.draw(arrays(np.float64, (3, k), elements=st.integers(0, 9).map(float)))
    together = score_vectors(x, weights, method)
    for row, w in zip(together, weights, strict=True):
        np.testing.assert_allclose(row, aggregate(x, w, method).score, rtol=1e-11, atol=1e-11)


@settings(max_examples=60, deadline=None)
@given(arrays(np.float64, st.tuples(st.integers(1, 4), st.integers(1, 9)),
              elements=st.sampled_from([1.0, 2.0, 3.0, np.nan])), st.data())  # fmt: skip
def test_ranks_of_rows_are_those_of_each_row_in_each_group(
    x: np.ndarray, data: st.DataObject
) -> None:
    groups = np.array(data.draw(st.lists(st.sampled_from(["", "Wales"]), min_size=x.shape[1],
                                         max_size=x.shape[1])))  # fmt: skip
    ranks, places = rank_rows(x, groups), list_positions(x, groups)
    for label in np.unique(groups):
        members = groups == label
        for row, got, place in zip(x, ranks, places, strict=True):
            np.testing.assert_array_equal(got[members], min_ranks(row[members]))
            held = place[members][~np.isnan(row[members])]
            assert sorted(held) == list(range(1, len(held) + 1))
    # A place never contradicts a rank: it counts up inside a tie.
    assert not (places < ranks).any()


def test_effective_weights_are_weight_times_covariance_over_variance() -> None:
    rng = np.random.default_rng(3)
    x = rng.random((50, 3))
    x[:, 1] = 0.7 * x[:, 0] + 0.3 * x[:, 1]
    w = np.array([0.5, 0.2, 0.3])
    made = aggregate(x, w)
    covariance = [np.cov(x[:, k], made.score)[0, 1] for k in range(3)]
    slow = 100 * w * covariance / made.score.var(ddof=1)
    np.testing.assert_allclose(effective_shares(made.contributions), slow)
    for method in METHODS:
        assert effective_shares(aggregate(x, w, method).contributions).sum() == pytest.approx(1)


def test_effective_weights_of_equal_indicators_are_their_weights() -> None:
    x = np.random.default_rng(4).random(30)
    made = aggregate(np.stack([x, x], axis=1), np.array([3.0, 1.0]))
    np.testing.assert_allclose(effective_shares(made.contributions), [0.75, 0.25])
    # One that runs against the other has a negative share.
    opposed = aggregate(np.stack([x, 1 - x], axis=1), np.array([3.0, 1.0]))
    np.testing.assert_allclose(effective_shares(opposed.contributions), [1.5, -0.5])


@pytest.mark.parametrize("method", METHODS)
def test_effective_weights_of_areas_all_alike_are_unknown(method: str) -> None:
    made = aggregate(np.full((7, 3), 0.3), np.array([0.1, 0.2, 0.7]), method)
    assert np.isnan(effective_shares(made.contributions)).all()
    assert np.isnan(effective_shares(np.zeros((0, 3)))).all()


def test_effective_weights_refuse_nan() -> None:
    with pytest.raises(StatisticsError, match="leave out the areas without a score"):
        effective_shares(np.array([[1.0, np.nan]]))


def test_rank_change_leaves_out_areas_without_a_rank() -> None:
    published = np.array([1.0, 2.0, 3.0, np.nan])
    rows = np.array([[2.0, 1.0, 3.0, 4.0], [np.nan, 1.0, 2.0, 3.0], [np.nan] * 4])
    np.testing.assert_array_equal(rank_change(published, rows), [2 / 3, 1.0, np.nan])


@pytest.mark.parametrize("method", METHODS)
def test_leaving_an_indicator_out_is_scoring_with_weight_0(method: str) -> None:
    """Oracle: the model scored again without it, one area lacking its deprivation."""
    data = CASE.case(n=40, ring=6)
    data.indicators.iloc[3, data.indicators.columns.get_loc("deprivation_without_crime")] = np.nan
    config = one(MIXED, aggregate=method)
    rows = found(config, data).indicators.set_index("indicator")
    assert list(rows.reset_index().columns[1:]) == [
        c for c in INDICATOR_COLUMNS if c != "indicator"
    ]
    base = scores(data, config)
    before, on_list = min_ranks(base.score), listed(base, data, 5)
    for name in MIXED:
        changed = scores(data, one(MIXED | {name: 0.0}, aggregate=method))
        after, then = min_ranks(changed.score), listed(changed, data, 5)
        assert rows["left_out_rank_change"][name] == pytest.approx(np.nanmean(abs(after - before)))
        assert rows["left_out_enters"][name] == len(then - on_list)
        assert rows["left_out_leaves"][name] == len(on_list - then)
    assert rows["nominal_weight"].tolist() == pytest.approx([0.5, 0.2, 0.3])
    assert rows["effective_weight"].sum() == pytest.approx(1.0)
    assert (rows["sobol_total"] > 0).all()


def changed_config(
    scenario: str, weights: dict[str, float], method: str
) -> tuple[RiskConfig, HarmWeights]:
    kind, _, name = scenario.partition(" ")
    if scenario == "exponential":
        stretched = {
            key: CASE.Indicator(weight=w, normalise="exponential") for key, w in weights.items()
        }
        return one(stretched, aggregate=method), CASE.HARM
    if kind == "violence":
        factor = {"weight halved": 0.5, "weight doubled": 2.0}[name]
        heavier = dict(CASE.HARM.weights)
        heavier[CASE.VIOLENCE] *= factor
        return one(weights, aggregate=method), HarmWeights(heavier, ())
    factor = {"weight+25%": 1.25, "weight-25%": 0.75, "without": 0.0}[kind]
    return one(weights | {name: weights[name] * factor}, aggregate=method), CASE.HARM


@pytest.mark.parametrize("method", METHODS)
def test_every_list_change_is_that_of_the_model_scored_again(method: str) -> None:
    data = CASE.case(n=60)
    column = data.indicators.columns.get_loc("deprivation_without_crime")
    data.indicators.iloc[5, column] = np.nan
    table = found(one(MIXED, aggregate=method), data).list_changes
    assert list(table.columns) == list(CHANGE_COLUMNS)
    base = scores(data, one(MIXED, aggregate=method))
    before = listed(base, data, 5)
    ranks = dict(zip(data.area_codes, min_ranks(base.score), strict=True))
    scenarios = table["scenario"].unique()
    assert len(scenarios) == 3 * 3 + 2 + 1
    moved = 0
    for scenario in scenarios:
        rows = table[table["scenario"] == scenario]
        config, harm = changed_config(scenario, MIXED, method)
        again = scores(data, config, harm)
        after = listed(again, data, 5)
        assert set(rows.loc[rows["change"] == "enters", "area_code"]) == after - before, scenario
        assert set(rows.loc[rows["change"] == "leaves", "area_code"]) == before - after, scenario
        assert (rows["change"] == "none").sum() == (after == before)
        new = dict(zip(data.area_codes, min_ranks(again.score), strict=True))
        for row in rows[rows["change"] != "none"].itertuples():
            assert (row.rank_before, row.rank_after) == (ranks[row.area_code], new[row.area_code])
        moved += len(after - before)
    assert moved > 3


def test_a_setting_can_be_given_to_the_command_as_it_stands() -> None:
    table = found(one(MIXED)).list_changes.set_index("scenario")["setting"]
    name = "weight+25% deprivation_without_crime"
    assert set(table[[name]]) == {
        "priorities.sv01.indicators.deprivation_without_crime.weight=0.375"
    }


def test_one_indicator_leaves_nothing_to_vary() -> None:
    out = found(one({"harm_rate": 2.0}))
    row = out.indicators.iloc[0]
    assert row["nominal_weight"] == 1.0
    assert row["effective_weight"] == pytest.approx(1.0)
    blank = [c for c in INDICATOR_COLUMNS if c.startswith(("sobol", "left_out"))]
    assert row[blank].isna().all()
    assert out.samples == {"sv01": 0}
    weights = out.list_changes[out.list_changes["scenario"].str.startswith("weight")]
    assert list(weights["change"]) == ["none", "none"]
    assert not out.list_changes["scenario"].str.startswith("without").any()


def test_a_weight_of_0_takes_no_part() -> None:
    with_it = found(one(MIXED | {"all_crime_rate": 0.0}))
    row = with_it.indicators.set_index("indicator").loc["all_crime_rate"]
    assert (row.drop("priority") == 0).all()
    assert not with_it.list_changes["scenario"].str.contains("all_crime_rate").any()
    without = found(one(MIXED))
    rest = with_it.indicators[with_it.indicators["indicator"] != "all_crime_rate"]
    pd.testing.assert_frame_equal(rest, without.indicators)
    pd.testing.assert_frame_equal(with_it.list_changes, without.list_changes)


def test_equal_indicators_share_by_weight_and_move_nothing() -> None:
    pair = {"event_rate": 3.0, "violence_rate": 1.0}
    same = CASE.one(pair, {CASE.VIOLENCE: 1}, draws=100)
    out = found(same)
    rows = out.indicators
    np.testing.assert_allclose(rows["effective_weight"], [0.75, 0.25])
    assert rows["sobol_total"].isna().all()
    assert (rows["left_out_rank_change"] == 0).all()
    kept = out.list_changes[out.list_changes["scenario"] != "exponential"]
    assert (kept["change"] == "none").all()


def test_areas_all_alike_have_no_effective_weights() -> None:
    data = CASE.case(n=32)
    alike = replace(
        data,
        counts=np.broadcast_to(data.counts[:1], data.counts.shape).copy(),
        population=np.full(32, 1500.0),
        indicators=data.indicators * 0 + 1.0,
    )
    out = found(one(MIXED), alike)
    assert out.indicators["effective_weight"].isna().all()
    assert out.indicators["sobol_first"].isna().all()
    assert (out.indicators["left_out_rank_change"] == 0).all()
    assert (out.list_changes["change"] == "none").all()


def test_weights_held_fixed_have_no_indices() -> None:
    out = found(one(MIXED, sections={"uncertainty": {"weights": 0.0}}))
    assert out.indicators["sobol_total"].isna().all()
    assert (out.indicators["left_out_rank_change"] > 0).all()


def test_the_same_settings_give_the_same_table_and_order_is_nothing() -> None:
    config = one(MIXED)
    first, second = found(config), found(config)
    pd.testing.assert_frame_equal(first.indicators, second.indicators)
    turned = one(dict(reversed(MIXED.items())))
    other = found(turned).indicators.set_index("indicator").loc[list(MIXED)].reset_index()
    exact = ["effective_weight", "left_out_rank_change", "left_out_enters"]
    np.testing.assert_allclose(
        other[exact].to_numpy(dtype=float), first.indicators[exact].to_numpy(dtype=float)
    )
    # Other columns of the Sobol sequence: the estimates agree within their intervals.
    gap = (other["sobol_total"] - first.indicators["sobol_total"]).abs()
    assert (gap < other["sobol_total_conf"] + first.indicators["sobol_total_conf"]).all()
