"""Ranks, ties and rank ranges: arrays in, arrays out."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from spatial.errors import StatisticsError

__all__ = ["highest_first", "in_top", "mean_ranks", "min_ranks", "rank_within"]


def _runs(
    x: NDArray[np.float64],
) -> tuple[NDArray[np.intp], NDArray[np.int64], NDArray[np.int64]]:
    """Return the ascending order of each row and, in that order, where each tie starts and ends."""
    order = np.argsort(x, axis=1)
    ordered = np.take_along_axis(x, order, axis=1)
    rows, n = x.shape
    position = np.arange(n, dtype=np.int64)
    new = np.ones((rows, n), dtype=bool)
    new[:, 1:] = ordered[:, 1:] != ordered[:, :-1]
    if new.all():
        whole = np.broadcast_to(position, (rows, n))
        return order, whole, whole
    first = np.maximum.accumulate(np.where(new, position, 0), axis=1)
    closes = np.ones((rows, n), dtype=bool)
    closes[:, :-1] = new[:, 1:]
    last = np.minimum.accumulate(np.where(closes, position, n)[:, ::-1], axis=1)[:, ::-1]
    return order, first, last


def mean_ranks(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return ascending ranks 1..n of each row; equal values share the mean of their ranks."""
    order, first, last = _runs(x)
    out = np.empty(x.shape, dtype=np.float64)
    np.put_along_axis(out, order, (first + last) / 2.0 + 1.0, axis=1)
    return out


def highest_first(x: NDArray[np.float64]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return, for each row, the rank (1 = highest, ties share the smallest) and the tie size."""
    order, first, last = _runs(-x)
    ranks = np.empty(x.shape, dtype=np.int32)
    ties = np.empty(x.shape, dtype=np.int32)
    np.put_along_axis(ranks, order, (first + 1).astype(np.int32), axis=1)
    np.put_along_axis(ties, order, (last - first + 1).astype(np.int32), axis=1)
    return ranks, ties


def in_top(ranks: NDArray[np.int32], ties: NDArray[np.int32], size: int) -> NDArray[np.float64]:
    """Return the chance of being among the first `size` where ties are broken at random.

    An area tied with others across the cut gets the share of the places that are left, so that
    the chances of all areas sum to `size`.
    """
    if size < 1:
        raise StatisticsError(f"the size of a list is {size}; it must be 1 or more")
    return np.clip((size - ranks + 1) / ties, 0.0, 1.0)


def min_ranks(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return ranks, 1 = highest, equal scores sharing the smallest rank; NaN where no score.

    Scores are compared to nine decimals: closer scores differ by rounding alone.
    """
    out = np.full(scores.shape, np.nan)
    scored = ~np.isnan(scores)
    if scored.any():
        ranks, _ = highest_first(np.round(scores[scored], 9)[None, :])
        out[scored] = ranks[0]
    return out


def rank_within(scores: NDArray[np.float64], groups: NDArray[np.str_]) -> NDArray[np.float64]:
    """Return `min_ranks` inside each group; NaN where the group is the empty text."""
    out = np.full(scores.shape, np.nan)
    for group in np.unique(groups):
        if group != "":
            members = groups == group
            out[members] = min_ranks(scores[members])
    return out
