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


@pytest.mark.parametrize("columns", [1, 2, 3, 463, 4_096, 4_097])
@pytest.mark.parametrize("kind", ["spread", "skewed", "close", "huge", "tiny", "equal", "missing"])
def test_ranks_are_exact_whatever_the_scale(columns: int, kind: str) -> None:
    """Places come from rounded numbers: a pair that rounding hides must still be told apart."""
    rng = np.random.default_rng(columns)
    x = rng.normal(size=(5, columns))
    if kind == "skewed":
        x[:, 0] = 1e12  # all the others share a few steps of the range
    if kind == "close":
        x = 1.0 + x * 1e-15
    if kind == "huge":
        x = np.sign(x) * 1.7e308  # their span overflows
    if kind == "tiny":
        x *= 1e-310
    if kind == "equal":
        x[:] = 7.0
    if kind == "missing":
        x[:, columns // 2] = np.nan
    ranks, ties = highest_first(x)
    # rankdata has an opinion about NaN; the highest number is put in its place: it sorts last.
    filled = np.where(np.isnan(x), -np.inf, x)
    expected = np.stack([rankdata(-row, method="min") for row in filled])
    np.testing.assert_array_equal(ranks, expected)
    known = ~np.isnan(x)
    sizes = np.stack([(row[:, None] == row[None, :]).sum(axis=1) for row in x])
    np.testing.assert_array_equal(ties[known], sizes[known])


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


def test_ties_that_rounding_hides_among_others_are_ties() -> None:
    near = np.array([[2e-9, 1e-9, 2e-9, 1e-9, 1.0]])
    assert mean_ranks(near).tolist() == [[3.5, 1.5, 3.5, 1.5, 5.0]]
