"""Rank sets: what the counts alone can say of an area's rank. Arrays in, arrays out."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc

__all__ = ["LARGEST", "rank_sets", "surely_above"]

LARGEST = 1_500
"""Areas above which no rank sets are made: every pair is tested, so time grows with the square."""

_ROWS = 256
"""Areas compared with all others at a time: bounds memory."""

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]


def rank_sets(
    events: FloatArray, expected: FloatArray, *, alpha: float = 0.05
) -> tuple[FloatArray, FloatArray]:
    """Return the lowest and highest rank that each area's count leaves open (1 = highest risk).

    Parameters
    ----------
    events
        n counts.
    expected
        n expected counts; NaN or 0 where a rate is not calculable.
    alpha
        Each area's set holds its true rank with a confidence of at least 1 - alpha.

    Returns
    -------
    tuple
        n lowest and n highest ranks among the p areas with an expected count; NaN for the others.

    Notes
    -----
    Two areas are compared given the sum of their counts: were their risks equal, the count of one
    would be binomial with the share of its expected count. The 2(p - 1) one-sided tests of an area
    against all others are held to alpha by Holm's method; the lower bound is 1 + the number of
    areas surely above, the upper p - the number surely below. Source: Bazylik, Mogstad, Romano,
    Shaikh and Wilhelm (2021), "Finite- and large-sample inference for ranks using multinomial
    data", for equal expected counts; Przyborowski and Wilenski (1940) for unequal ones.
    """
    low, high = np.full(len(events), np.nan), np.full(len(events), np.nan)
    known = np.flatnonzero(np.nan_to_num(expected, nan=0.0) > 0)
    if not len(known):
        return low, high
    above, below = surely_above(events[known], expected[known], alpha=alpha)
    low[known] = 1.0 + above
    high[known] = len(known) - below
    return low, high


def surely_above(
    events: FloatArray, expected: FloatArray, *, alpha: float
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return how many areas are surely above and how many surely below each area.

    A chance of at least the count seen (ties counted) is P(X >= x) of a binomial, which is the
    regularised incomplete beta function I_p(x, n - x + 1).
    """
    n = len(events)
    # 1 for every pair whose count is no higher than its share of the expected: such a chance is
    # 1/4 at least (Greenberg and Mohri 2014), and no level of Holm's reaches that.
    p = np.ones((n, n))
    for start in range(0, n, _ROWS):
        rows = slice(start, start + _ROWS)
        first, other = np.nonzero(events[rows, None] * expected > events * expected[rows, None])
        i = first + start
        x, y = events[i], events[other]
        p[i, other] = betainc(x, y + 1.0, expected[i] / (expected[i] + expected[other]))
    above, below = np.zeros(n, dtype=np.int64), np.zeros(n, dtype=np.int64)
    tests = 2 * (n - 1)
    for k in range(n):
        over, under = p[k], p[:, k]  # k above others, others above k
        bar = _holm_bar(np.concatenate([over, under]), tests, alpha)
        below[k] = (over <= bar).sum()
        above[k] = (under <= bar).sum()
    return above, below


def _holm_bar(p: FloatArray, tests: int, alpha: float) -> float:
    """Return the largest p that Holm's step-down method rejects; below 0 where it rejects none."""
    small = np.sort(p[p <= alpha])
    fails = np.flatnonzero(small > alpha / (tests - np.arange(len(small))))
    rejected = int(fails[0]) if len(fails) else len(small)
    return float(small[rejected - 1]) if rejected else -1.0
