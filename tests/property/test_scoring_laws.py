"""Laws of scoring: relabelling, units, monotonicity, sums, and that nothing else matters."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import model_case as CASE
from risk_model.aggregate import METHODS as AGGREGATES
from risk_model.aggregate import aggregate
from risk_model.normalise import METHODS, normalise
from risk_model.ranking import highest_first, in_top
from risk_model.scoring import score_model

VALUES = arrays(np.float64, st.integers(1, 30), elements=st.integers(-50, 50).map(float))
TABLES = arrays(
    np.float64,
    st.tuples(st.integers(1, 12), st.integers(1, 5)),
    elements=st.integers(0, 64).map(lambda k: k / 64),
)
FEW = settings(max_examples=60, deadline=None)


@FEW
@given(VALUES, st.sampled_from(METHODS), st.booleans())
def test_normalised_values_lie_between_0_and_1_and_keep_the_order(
    values: np.ndarray, method: str, lower: bool
) -> None:
    x = normalise(values, method, lower_is_worse=lower)
    assert ((x >= 0) & (x <= 1 + 1e-12)).all()
    signed = -values if lower else values
    worse = signed[:, None] > signed
    assert (x[:, None] >= np.broadcast_to(x, worse.shape))[worse].all()
    same = signed[:, None] == signed
    assert (x[:, None] == x)[same].all()


@FEW
@given(VALUES, st.sampled_from(METHODS), st.randoms(use_true_random=False))
def test_order_of_areas_is_nothing(values: np.ndarray, method: str, random: object) -> None:
    order = np.arange(len(values))
    random.shuffle(order)  # type: ignore[attr-defined]
    np.testing.assert_allclose(
        normalise(values[order], method), normalise(values, method)[order], atol=1e-12
    )


@FEW
@given(VALUES, st.sampled_from(METHODS), st.integers(1, 9), st.integers(-9, 9))
def test_units_are_nothing(values: np.ndarray, method: str, scale: int, shift: int) -> None:
    np.testing.assert_allclose(
        normalise(values * scale + shift, method), normalise(values, method), atol=1e-9
    )


@FEW
@given(VALUES)
def test_percentile_ranks_average_to_a_half(values: np.ndarray) -> None:
    assert normalise(values, "rank").mean() == pytest.approx(0.5)


@FEW
@given(TABLES, st.data(), st.sampled_from(AGGREGATES))
def test_contributions_sum_and_weights_have_no_unit(
    x: np.ndarray, data: st.DataObject, method: str
) -> None:
    k = x.shape[1]
    w = np.array(data.draw(st.lists(st.integers(0, 9), min_size=k, max_size=k)), dtype=float)
    w[data.draw(st.integers(0, k - 1))] += 1.0
    out = aggregate(x, w, method)
    np.testing.assert_allclose(out.contributions.sum(axis=1), out.score, atol=1e-9)
    np.testing.assert_allclose(aggregate(x, 7 * w, method).score, out.score, rtol=1e-9)
    lowest = 0.0 if method == "arithmetic" else 1.0
    assert ((out.score >= lowest - 1e-9) & (out.score <= 100 + 1e-9)).all()
    # A score lies between the best and the worst of its indicators.
    bottom = 100 * x.min(axis=1) if method == "arithmetic" else 1 + 99 * x.min(axis=1)
    top = 100 * x.max(axis=1) if method == "arithmetic" else 1 + 99 * x.max(axis=1)
    assert ((out.score >= bottom - 1e-9) & (out.score <= top + 1e-9)).all()


@FEW
@given(TABLES, st.data(), st.sampled_from(AGGREGATES))
def test_a_worse_indicator_never_lowers_a_score(
    x: np.ndarray, data: st.DataObject, method: str
) -> None:
    row = data.draw(st.integers(0, x.shape[0] - 1))
    column = data.draw(st.integers(0, x.shape[1] - 1))
    worse = x.copy()
    worse[row, column] = 1.0
    w = np.ones(x.shape[1])
    before, after = aggregate(x, w, method).score, aggregate(worse, w, method).score
    assert after[row] >= before[row] - 1e-9
    others = np.arange(len(x)) != row
    np.testing.assert_array_equal(after[others], before[others])


@FEW
@given(TABLES)
def test_geometric_never_exceeds_the_mean_of_what_it_multiplies(x: np.ndarray) -> None:
    w = np.ones(x.shape[1])
    mean = 1 + 0.99 * aggregate(x, w).score
    assert (aggregate(x, w, "geometric").score <= mean + 1e-9).all()


@FEW
@given(VALUES, st.integers(1, 30))
def test_every_place_of_a_list_is_given_out_once(values: np.ndarray, size: int) -> None:
    share = in_top(*highest_first(values[None, :]), size)
    assert share.sum() == pytest.approx(min(size, len(values)))
    higher = values[:, None] > values
    assert (share[0][:, None] >= np.broadcast_to(share[0], higher.shape))[higher].all()


def test_new_names_and_another_order_change_no_score() -> None:
    data = CASE.case()
    order = np.random.default_rng(4).permutation(48)
    codes = [f"E9800{k:04d}" for k in range(48)]
    focal, other = data.neighbours.pairs()
    old = {
        code: codes[int(np.flatnonzero(order == i)[0])] for i, code in enumerate(data.area_codes)
    }
    graph = type(data.neighbours).from_pairs(
        codes, [old[c] for c in focal], [old[c] for c in other]
    )
    moved = dataclasses.replace(
        data,
        area_codes=tuple(codes),
        counts=data.counts[order],
        population=data.population[order],
        area_km2=data.area_km2[order],
        stratum=data.stratum[order],
        neighbours=graph,
        indicators=data.indicators.iloc[order].set_axis(codes),
        labels=data.labels.iloc[order].set_axis(codes),
    )
    config = CASE.settings()
    before = score_model(data, config, CASE.HARM, density_share={}).areas
    after = score_model(moved, config, CASE.HARM, density_share={}).areas
    for name in ("sv01", "sv04"):
        for column in ("score", "rank", "rr", "eb_rate", "lisa_i", "rank_in_stratum"):
            key = f"{name}_{column}"
            np.testing.assert_allclose(
                after[key].to_numpy(float), before[key].to_numpy(float)[order], rtol=1e-9
            )


def test_twice_the_people_and_twice_the_months_of_data_halve_the_rate() -> None:
    data = CASE.case()
    config = CASE.settings()
    doubled = dataclasses.replace(data, population=2 * data.population)
    before = score_model(data, config, CASE.HARM, density_share={}).areas
    after = score_model(doubled, config, CASE.HARM, density_share={}).areas
    np.testing.assert_allclose(after["sv01_rate"], before["sv01_rate"] / 2)
    # Relative risks and scores compare areas with one another: the unit of people is nothing.
    np.testing.assert_allclose(after["sv01_rr"], before["sv01_rr"])
    np.testing.assert_allclose(after["sv01_score"], before["sv01_score"])
    np.testing.assert_allclose(after["sv01_lisa_i"], before["sv01_lisa_i"], rtol=1e-7)


def test_harm_weights_have_no_unit() -> None:
    data = CASE.case()
    scaled = type(CASE.HARM)({c: 10 * w for c, w in CASE.HARM.weights.items()}, ())
    config = CASE.one({"harm_rate": 1.0})
    before = score_model(data, config, CASE.HARM, density_share={}).areas
    after = score_model(data, config, scaled, density_share={}).areas
    np.testing.assert_allclose(after["sv01_score"], before["sv01_score"])
    np.testing.assert_allclose(after["sv01_harm"], 10 * before["sv01_harm"])
