"""What the local tests share: names of quadrants at their borders, and how far a p may move."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from spatial.further_seeds import p_bounds
from spatial.labels import label_words, quadrant_numbers, quadrants_of
from spatial.local_tests import NOT_SIGNIFICANT, QUADRANTS, is_constant


def test_an_area_or_surroundings_at_the_mean_are_in_no_quadrant() -> None:
    z, lag = np.array(list(itertools.product((-1.0, 0.0, 1.0), repeat=2))).T
    quadrants = quadrants_of(z, lag, np.ones(9, dtype=bool))
    found = label_words(quadrant_numbers(quadrants, np.full(9, 0.001), 0.05))
    named = {
        (1.0, 1.0): "High-High", (-1.0, 1.0): "Low-High",
        (-1.0, -1.0): "Low-Low", (1.0, -1.0): "High-Low",
    }  # fmt: skip
    assert set(named.values()) == set(QUADRANTS)
    expected = [named.get(at, NOT_SIGNIFICANT) for at in zip(z, lag, strict=True)]
    assert found.tolist() == expected


def test_no_values_do_not_differ() -> None:
    assert is_constant(np.zeros(0))
    assert is_constant(np.full(4, 0.1 + 0.2))
    assert not is_constant(np.array([0.1, 0.1 * (1 + 1e-12)]))


@pytest.mark.parametrize(("alternative", "sides"), [("two-sided", 2.0), ("greater", 1.0)])
def test_a_p_is_bounded_by_seven_deviations_of_the_draws_that_count(
    alternative: str, sides: float
) -> None:
    """Half of 9,999 draws hold an area with 50 of 100 neighbours: 5,000 count, give or take 50.

    Where none of them is as extreme, p is `sides` over one more than their number, whatever that
    is; under another seed some 50 of them may be, as roots of counts differ by up to 7.
    """
    k = np.full(100, 50)
    p = np.full(100, sides / 5_001)
    low, high = (ends[0] for ends in p_bounds(p, k, 9_999, alternative))
    assert sides / (5_000 + 9 * 50 + 1) < low < sides / (5_000 + 7 * 50 + 1)
    assert sides * 50 / (5_000 - 7 * 50 + 1) < high < sides * 56 / (5_000 - 9 * 50 + 1)
    few = p_bounds(np.full(100, sides / 3), k, 3, alternative)
    assert few[0][0] == pytest.approx(sides / 4)  # three draws at most
    assert few[1][0] == 1.0
