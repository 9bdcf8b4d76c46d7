"""What a choice of areas catches: against every order of tied areas, and the design's numbers."""

from __future__ import annotations

from itertools import combinations, permutations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spatial.capture import chosen_share, perfect_score
from spatial.errors import StatisticsError

Floats = npt.NDArray[np.float64]


def caught_over_every_order(score: Floats, events: Floats, k: float) -> float:
    """Choose the first k areas of every order that the ties allow, the last in part; average."""
    caught = []
    for order in permutations(range(score.size)):
        ranked = score[list(order)]
        if np.any(np.diff(ranked) > 0):
            continue
        whole = int(k)
        part = events[order[whole]] * (k - whole) if whole < score.size else 0.0
        caught.append(events[list(order[:whole])].sum() + part)
    return float(np.mean(caught))


@given(
    areas=st.lists(st.tuples(st.integers(0, 2), st.integers(0, 9)), min_size=1, max_size=6),
    share=st.floats(0, 1),
)
def test_ties_are_taken_as_in_random_order(areas: list[tuple[int, int]], share: float) -> None:
    score, events = np.array(areas, dtype=float).T
    chosen = chosen_share(score, np.ones(score.size), [share])[0]
    slow = caught_over_every_order(score, events, share * score.size)
    assert chosen @ events == pytest.approx(slow, abs=1e-9)
    assert chosen.sum() == pytest.approx(share * score.size)


@given(
    areas=st.lists(
        st.tuples(st.integers(0, 3), st.floats(0.05, 80), st.integers(0, 9)),
        min_size=1,
        max_size=7,
    ),
    share=st.floats(0, 1),
)
def test_every_method_uses_exactly_the_budget_and_none_beats_the_perfect_choice(
    areas: list[tuple[int, float, int]], share: float
) -> None:
    score, cost, events = np.array(areas, dtype=float).T
    chosen = chosen_share(score, cost, [share])[0]
    best = chosen_share(perfect_score(events, cost), cost, [share])[0]
    assert chosen @ cost == pytest.approx(share * cost.sum())
    assert chosen @ events <= best @ events + 1e-9
    # No set of whole areas within the budget catches more.
    for size in range(score.size + 1):
        for some in combinations(range(score.size), size):
            if cost[list(some)].sum() <= share * cost.sum():
                assert events[list(some)].sum() <= best @ events + 1e-6
    # Higher scores first: an area is begun only when all above it are used up.
    for one in range(score.size):
        if chosen[one] > 1e-12:
            assert np.all(chosen[score > score[one]] > 1 - 1e-9)


def test_the_published_check_numbers() -> None:
    """METHODS.md 8: observed 6, 3, 0, predicted 3, 2, 1, equal areas."""
    observed, predicted = np.array([6.0, 3.0, 0.0]), np.array([3.0, 2.0, 1.0])
    chosen = chosen_share(predicted, np.ones(3), [1 / 3, 2 / 3, 1.0])
    best = chosen_share(perfect_score(observed, np.ones(3)), np.ones(3), [1 / 3, 2 / 3, 1.0])
    capture = chosen @ observed / 9
    np.testing.assert_allclose(capture / [1 / 3, 2 / 3, 1.0], [2, 1.5, 1])
    np.testing.assert_allclose((chosen @ observed) / (best @ observed), [1, 1, 1])
    np.testing.assert_allclose(
        (chosen @ predicted) / (chosen @ observed), [0.5, 5 / 9, 6 / 9], atol=1e-12
    )


def test_areas_without_cost_come_as_soon_as_their_turn() -> None:
    score, cost = np.array([3.0, 2.0, 1.0]), np.array([0.0, 4.0, 0.0])
    np.testing.assert_array_equal(chosen_share(score, cost, [0.5])[0], [1, 0.5, 0])
    np.testing.assert_array_equal(chosen_share(score, cost, [0.0])[0], [0, 0, 0])
    events = np.array([2.0, 5.0, 0.0])
    np.testing.assert_array_equal(perfect_score(events, cost), [np.inf, 1.25, -np.inf])


@pytest.mark.parametrize("unit", [1e-6, 1.0, 1e6])
def test_the_unit_of_cost_changes_no_choice(unit: float) -> None:
    """A choice of land in square kilometres is that in square metres."""
    score, cost = np.array([3.0, 2.0, 2.0, 1.0, 0.5]), np.array([0.5, 0.25, 0.75, 0.0, 0.5]) * unit
    chosen = chosen_share(score, cost, [0.125, 0.5, 0.875])
    np.testing.assert_allclose(chosen, [[0.5, 0, 0, 0, 0], [1, 0.5, 0.5, 0, 0], [1, 1, 1, 1, 0.5]])


@pytest.mark.parametrize(
    ("score", "cost", "shares", "words"),
    [
        ([1.0, np.nan], [1.0, 1.0], [0.1], "score: row 1 is missing"),
        ([1.0, 2.0], [1.0], [0.1], r"cost: shape \(1,\)"),
        ([1.0, 2.0], [1.0, -1.0], [0.1], "cost: row 1 is -1.0"),
        ([1.0, 2.0], [1.0, np.inf], [0.1], "cost: row 1 is inf"),
        ([1.0, 2.0], [1.0, 1.0], [10.0], "shares"),
    ],
)
def test_what_cannot_be_ranked_is_refused(
    score: list[float], cost: list[float], shares: list[float], words: str
) -> None:
    with pytest.raises(StatisticsError, match=words):
        chosen_share(score, cost, shares)
