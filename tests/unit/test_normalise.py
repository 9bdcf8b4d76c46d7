"""Indicators on one scale: percentile rank, z, min-max and the exponential of the IMD."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import rankdata

from risk_model.normalise import METHODS, exponential_transform, normalise, normalise_draws
from spatial.errors import StatisticsError


def test_rank_is_mean_rank_less_half_over_n() -> None:
    values = np.array([3.0, 1.0, 3.0, 7.0, 2.0])
    expected = (rankdata(values) - 0.5) / 5
    np.testing.assert_allclose(normalise(values, "rank"), expected)


def test_missing_values_take_no_part() -> None:
    values = np.array([3.0, np.nan, 1.0, 7.0])
    for method in METHODS:
        out = normalise(values, method)
        assert np.isnan(out[1])
        np.testing.assert_allclose(
            out[[0, 2, 3]], normalise(values[[0, 2, 3]], method), err_msg=method
        )


def test_all_missing_stays_missing() -> None:
    assert np.isnan(normalise(np.full(3, np.nan), "zscore")).all()


def test_minmax() -> None:
    np.testing.assert_allclose(normalise(np.array([2.0, 6.0, 4.0]), "minmax"), [0.0, 1.0, 0.5])


def test_zscore_maps_three_deviations_to_the_ends() -> None:
    values = np.array([-1.0, 1.0, -1.0, 1.0])
    np.testing.assert_allclose(normalise(values, "zscore"), 0.5 + values / 6)
    extreme = np.r_[np.zeros(99), 1000.0]
    assert normalise(extreme, "zscore")[-1] == 1.0


@pytest.mark.parametrize("method", ["rank", "zscore", "minmax"])
def test_constant_says_nothing(method: str) -> None:
    values = np.full(7, 0.1) * 3
    np.testing.assert_allclose(normalise(values, method), 0.5)


def test_exponential_spreads_the_worst() -> None:
    # Technical report of the Indices 2019, 3.7: the worst tenth takes half of the range of 100.
    assert exponential_transform(np.array([1.0]))[0] == pytest.approx(100.0)
    assert exponential_transform(np.array([0.9]))[0] == pytest.approx(50.4, abs=0.05)
    values = np.arange(10.0)
    out = normalise(values, "exponential")
    slow = [-23 * np.log(1 - (i + 1) / 10 * (1 - np.exp(-100 / 23))) / 100 for i in range(10)]
    np.testing.assert_allclose(out, slow)


def test_lower_is_worse_turns_the_order() -> None:
    values = np.array([3.0, 1.0, 2.0])
    np.testing.assert_allclose(normalise(values, "minmax", lower_is_worse=True), [0.0, 1.0, 0.5])
    np.testing.assert_allclose(
        normalise(values, "rank", lower_is_worse=True), 1 - normalise(values, "rank")
    )


def test_draws_are_normalised_row_by_row() -> None:
    rng = np.random.default_rng(1)
    draws = rng.normal(size=(4, 9)).round(1)
    for method in METHODS:
        rows = np.stack([normalise(row, method) for row in draws])
        np.testing.assert_array_equal(normalise_draws(draws, method), rows, err_msg=method)


def test_refusals() -> None:
    with pytest.raises(StatisticsError, match="'ranks' is not one of rank, zscore"):
        normalise(np.ones(3), "ranks")
    with pytest.raises(StatisticsError, match="infinity"):
        normalise(np.array([1.0, np.inf]))
    with pytest.raises(StatisticsError, match="missing in every draw"):
        normalise_draws(np.array([[1.0, np.nan], [1.0, 2.0]]))
    with pytest.raises(StatisticsError, match="two dimensions"):
        normalise_draws(np.ones(3))
