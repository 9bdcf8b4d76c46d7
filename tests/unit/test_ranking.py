"""Ranks and ties against slow, obvious implementations."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import rankdata

from risk_model.ranking import highest_first, in_top, mean_ranks, min_ranks, rank_within
from spatial.errors import StatisticsError


@pytest.mark.parametrize("levels", [2, 5, 1000])
def test_mean_ranks_with_and_without_ties(levels: int) -> None:
    x = np.random.default_rng(levels).integers(0, levels, (6, 40)).astype(float)
    np.testing.assert_array_equal(mean_ranks(x), np.stack([rankdata(row) for row in x]))


def test_highest_first_shares_the_smallest_rank() -> None:
    ranks, ties = highest_first(np.array([[5.0, 9.0, 5.0, 1.0]]))
    assert ranks.tolist() == [[2, 1, 2, 4]]
    assert ties.tolist() == [[2, 1, 2, 1]]


def test_in_top_shares_the_places_at_the_cut() -> None:
    ranks, ties = highest_first(np.array([[9.0, 5.0, 5.0, 5.0, 1.0]]))
    np.testing.assert_allclose(in_top(ranks, ties, 2), [[1, 1 / 3, 1 / 3, 1 / 3, 0]])
    with pytest.raises(StatisticsError, match="size of a list is 0"):
        in_top(ranks, ties, 0)


def test_min_ranks_leave_missing_out_and_forgive_rounding() -> None:
    scores = np.array([50.0, np.nan, 50.0 + 1e-12, 70.0])
    np.testing.assert_array_equal(min_ranks(scores), [2, np.nan, 2, 1])
    assert np.isnan(min_ranks(np.array([np.nan]))).all()


def test_rank_within_groups() -> None:
    groups = np.array(["rural", "urban", "rural", ""])
    np.testing.assert_array_equal(
        rank_within(np.array([1.0, 2.0, 3.0, 4.0]), groups), [2, 1, 1, np.nan]
    )
