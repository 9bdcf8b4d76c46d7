"""Weighted means and their contributions."""

from __future__ import annotations

import numpy as np
import pytest

from risk_model.aggregate import METHODS, aggregate, effective_weights
from spatial.errors import StatisticsError

X = np.array([[0.2, 0.9], [1.0, 1.0], [0.0, 0.5], [np.nan, 0.4], [np.nan, np.nan]])
W = np.array([3.0, 1.0])


def test_arithmetic_by_hand() -> None:
    out = aggregate(X, W)
    np.testing.assert_allclose(out.score, [37.5, 100.0, 12.5, 40.0, np.nan])
    np.testing.assert_allclose(out.contributions[0], [15.0, 22.5])
    np.testing.assert_allclose(out.weights[3], [0.0, 1.0])


def test_geometric_by_hand() -> None:
    out = aggregate(X, W, "geometric")
    x = 1 + 99 * X[0]
    score = x[0] ** 0.75 * x[1] ** 0.25
    assert out.score[0] == pytest.approx(score)
    logs = np.array([0.75, 0.25]) * np.log(x)
    np.testing.assert_allclose(out.contributions[0], score * logs / logs.sum())
    assert out.score[1] == pytest.approx(100.0)


def test_geometric_floor_is_one_and_shared_by_weight() -> None:
    out = aggregate(np.zeros((1, 2)), W, "geometric")
    assert out.score[0] == pytest.approx(1.0)
    np.testing.assert_allclose(out.contributions[0], [0.75, 0.25])


@pytest.mark.parametrize("method", METHODS)
def test_contributions_sum_exactly(method: str) -> None:
    rng = np.random.default_rng(3)
    x = rng.random((200, 5))
    x[rng.random(x.shape) < 0.2] = np.nan
    x[:, 0] = rng.random(200)
    out = aggregate(x, rng.random(5) + 0.1, method)
    left_to_right = np.array([sum(row.tolist()) for row in out.contributions])
    np.testing.assert_array_equal(left_to_right, out.score)
    np.testing.assert_allclose(out.weights.sum(axis=1), 1.0)


def test_zero_weight_adds_nothing_even_where_missing() -> None:
    x = np.array([[np.nan, 0.3], [0.9, 0.3]])
    out = aggregate(x, np.array([0.0, 2.0]))
    np.testing.assert_allclose(out.score, 30.0)
    np.testing.assert_allclose(out.contributions[:, 0], 0.0)


def test_refusals() -> None:
    with pytest.raises(StatisticsError, match="between 0 and 1"):
        aggregate(np.array([[1.2]]), np.ones(1))
    with pytest.raises(StatisticsError, match="one weight an indicator"):
        aggregate(np.ones((2, 2)), np.ones(3))
    with pytest.raises(StatisticsError, match="finite numbers of 0 or more"):
        effective_weights(np.ones((1, 2), dtype=bool), np.array([1.0, -1.0]))
    with pytest.raises(StatisticsError, match="'mean' is not one of"):
        aggregate(np.ones((1, 1)), np.ones(1), "mean")
