"""Rank sets: what the counts alone can say of an area's rank. Arrays in, arrays out."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc

__all__ = ["LARGEST", "rank_sets", "surely_above"]

LARGEST = 1_500
"""Areas above which no rank sets are made: every pair is tested, so time grows with the square."""

_ROWS = 64
"""Areas compared with all others at a time: bounds memory."""

_SLACK = 1e-6
"""Room for rounding in a bound on a logarithm: a million times what it can be."""

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
    regularised incomplete beta function I_p(x, n - x + 1). `events` are whole numbers.

    Few of these chances have to be computed. A pair is tested both ways, and the way against what
    was seen has a chance of 1/4 at least (Greenberg and Mohri 2014), which no level of Holm's
    reaches. So an area has at most n - 1 tests to reject out of 2(n - 1), and every level lies
    between alpha / (2(n - 1)) and alpha / n. What is surely below the one is rejected and what is
    surely above the other is not, whatever the other tests say. With G the binomial deviance / 2,
    exp(-G) / sqrt(8xy/n) <= P(X >= x) <= exp(-G), the root at least 1 (Ash 1990, lemma 4.7.2).
    """
    n = len(events)
    above, below = np.zeros(n, dtype=np.int64), np.zeros(n, dtype=np.int64)
    if n < 2:
        return above, below
    tests = 2 * (n - 1)
    rejected, kept = np.log(tests / alpha) + _SLACK, np.log(n / alpha) - _SLACK
    # 8xy/n is at most 2n, whose root is at least 1 where it matters: both counts above 0.
    widest = 0.5 * np.log(max(4.0 * float(events.max()), 1.0))
    # From the highest rate down, the first of a pair is the one that may be surely above.
    falling = np.argsort(-(events / expected), kind="stable")
    x, mean = events[falling], expected[falling]
    own = x * np.log(np.where(x > 0, x, 1.0) / mean)  # 0 log 0 is 0
    over, under = np.zeros(n, dtype=np.int64), np.zeros(n, dtype=np.int64)
    unsure: list[tuple[NDArray[np.intp], NDArray[np.intp]]] = []
    for start in range(0, n, _ROWS):
        rows = slice(start, start + _ROWS)
        total = x[rows, None] + x[start:]
        # Without an event there is nothing to tell apart: any finite logarithm will do.
        log = np.maximum(total, 1.0)
        log /= mean[rows, None] + mean[start:]
        np.log(log, out=log)
        log *= total
        apart = own[rows, None] + own[start:]
        apart -= log
        square = apart[:, : len(apart)]
        square[np.tri(len(apart), dtype=np.bool_)] = -np.inf  # each pair once
        sure = apart >= rejected
        under[rows] += np.count_nonzero(sure, axis=1)
        over[start:] += np.count_nonzero(sure, axis=0)
        one, other = ((apart >= kept - widest) > sure).nonzero()
        near = apart[one, other]
        one, other = one + start, other + start
        most = np.maximum(8.0 * x[one] * x[other] / np.maximum(x[one] + x[other], 1.0), 1.0)
        open_to = near + 0.5 * np.log(most) >= kept
        unsure.append((falling[one[open_to]], falling[other[open_to]]))
    below[falling], above[falling] = under, over
    higher, lower = (np.concatenate(side) for side in zip(*unsure, strict=True))
    chance = betainc(
        events[higher],
        events[lower] + 1.0,
        expected[higher] / (expected[higher] + expected[lower]),
    )
    # Each such test is one of the family of either area.
    whose = np.concatenate([higher, lower])
    holds = _holm(np.concatenate([chance, chance]), whose, above + below, tests, alpha)
    below += np.bincount(higher[holds[: len(higher)]], minlength=n)
    above += np.bincount(lower[holds[len(higher) :]], minlength=n)
    return above, below


def _holm(
    p: FloatArray,
    whose: NDArray[np.intp],
    rejected: NDArray[np.int64],
    tests: int,
    alpha: float,
) -> BoolArray:
    """Return which tests Holm's step-down method rejects, each within the family of its area.

    `rejected` counts, by area, smaller p-values that are rejected already.
    """
    order = np.argsort(p)
    # Numbers of sixteen bits are put in order by counting, which leaves that of p as it is.
    narrow = whose.astype(np.min_scalar_type(len(rejected)))
    order = order.take(np.argsort(narrow.take(order), kind="stable"))
    family = whose[order]
    first = np.searchsorted(family, np.arange(len(rejected)))
    step = np.arange(len(p)) - first[family]
    fails = p[order] > alpha / (tests - rejected[family] - step)
    stop = np.full(len(rejected), len(p), dtype=np.int64)
    np.minimum.at(stop, family[fails], step[fails])
    holds = np.zeros(len(p), dtype=np.bool_)
    holds[order] = step < stop[family]
    return holds
