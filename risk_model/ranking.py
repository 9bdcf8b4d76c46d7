"""Ranks, ties and rank ranges: arrays in, arrays out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from spatial.errors import StatisticsError

__all__ = [
    "highest_first",
    "in_top",
    "list_positions",
    "mean_ranks",
    "min_ranks",
    "rank_rows",
    "rank_within",
]

_MOST_BITS = 12
"""Columns are numbered in so many bits at most: the others have to tell values apart."""

Number = TypeVar("Number", bound=np.generic)


@dataclass(frozen=True, slots=True, eq=False)
class _Order:
    """Rows in ascending order, laid flat.

    Attributes
    ----------
    place
        Where each entry of the sorted rows stands in the rows laid flat, shape (rows, n).
    first, last
        In that order, where each tie starts and ends, shape (rows, n) or (1, n) without ties.
    """

    place: NDArray[np.intp]
    first: NDArray[np.int64]
    last: NDArray[np.int64]

    def back(self, values: NDArray[Number]) -> NDArray[Number]:
        """Return what belongs to the sorted rows in the order the rows were given in."""
        out = np.empty(self.place.shape, dtype=values.dtype)
        # A row that serves all is written out first: numpy scatters it several times as fast.
        out.ravel()[self.place] = np.ascontiguousarray(np.broadcast_to(values, out.shape))
        return out


def _order(x: NDArray[np.float64]) -> _Order:
    n = x.shape[1]
    place, ordered = _places(x)
    position = np.arange(n, dtype=np.int64)
    same = ordered[:, 1:] == ordered[:, :-1]
    if not same.any():
        return _Order(place, position[None], position[None])
    new = np.ones(x.shape, dtype=bool)
    np.logical_not(same, out=new[:, 1:])
    first = np.maximum.accumulate(np.where(new, position, 0), axis=1)
    closes = np.ones(x.shape, dtype=bool)
    closes[:, :-1] = new[:, 1:]
    last = np.minimum.accumulate(np.where(closes, position, n)[:, ::-1], axis=1)[:, ::-1]
    return _Order(place, first, last)


def _places(x: NDArray[np.float64]) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Return where each entry of the sorted rows stands in the rows laid flat, and the entries.

    A value's place between the least and the most of its row, rounded down, and its column make
    one 32-bit number; such numbers are sorted several times as fast as values with their columns.
    A row in which rounding hid an order, about one in fifty of 463 areas, is sorted again in full.
    """
    rows, n = x.shape
    start: NDArray[np.intp] = np.arange(rows)[:, None] * n
    bits = (n - 1).bit_length()
    if n > 1 and bits <= _MOST_BITS:
        low, high = x.min(axis=1, keepdims=True), x.max(axis=1, keepdims=True)
        with np.errstate(all="ignore"):
            span = high - low
            scale = np.where(span > 0, (2.0 ** (31 - bits) - 1.0) / span, 0.0)
        # Neither a missing value nor a span that overflows has a place between two others.
        if np.isfinite(span).all() and np.isfinite(scale).all():
            above = x - low
            above *= scale
            key = above.astype(np.int32)
            key <<= bits
            key |= np.arange(n, dtype=np.int32)
            key.sort(axis=1)
            key &= (1 << bits) - 1
            place: NDArray[np.intp] = key.astype(np.intp)
            place += start
            ordered = x.ravel().take(place)
            wrong = np.flatnonzero((ordered[:, 1:] < ordered[:, :-1]).any(axis=1))
            if wrong.size:
                place[wrong] = np.argsort(x[wrong], axis=1) + start[wrong]
                ordered[wrong] = x.ravel().take(place[wrong])
            return place, ordered
    place = np.argsort(x, axis=1) + start
    return place, x.ravel().take(place)


def mean_ranks(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return ascending ranks 1..n of each row; equal values share the mean of their ranks."""
    order = _order(x)
    return order.back((order.first + order.last) / 2.0 + 1.0)


def highest_first(x: NDArray[np.float64]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return, for each row, the rank (1 = highest, ties share the smallest) and the tie size."""
    order = _order(-x)
    ranks = order.back((order.first + 1).astype(np.int32))
    return ranks, order.back((order.last - order.first + 1).astype(np.int32))


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


def rank_rows(scores: NDArray[np.float64], groups: NDArray[np.str_]) -> NDArray[np.float64]:
    """Return `min_ranks` of each row of scores (rows by areas) among the areas of one group.

    NaN where a row has no score for an area. Areas with the same label in `groups` are ranked
    together, the empty text too.
    """
    out = np.full(scores.shape, np.nan)
    for group in np.unique(groups):
        members = groups == group
        block = np.round(scores[:, members], 9)
        # NaN sorts behind every score and so moves nobody's rank.
        ranks, _ = highest_first(block)
        out[:, members] = np.where(np.isnan(block), np.nan, ranks)
    return out


def list_positions(scores: NDArray[np.float64], groups: NDArray[np.str_]) -> NDArray[np.float64]:
    """Return places 1, 2, 3... of each row of scores (rows by areas), ties in order of columns.

    A list of k holds the places 1 to k. NaN where a row has no score for an area.
    """
    out = np.full(scores.shape, np.nan)
    for group in np.unique(groups):
        members = groups == group
        block = np.round(scores[:, members], 9)
        order = np.argsort(-block, axis=1, kind="stable")
        place = np.empty(block.shape)
        np.put_along_axis(
            place, order, np.broadcast_to(np.arange(1.0, block.shape[1] + 1), block.shape), axis=1
        )
        out[:, members] = np.where(np.isnan(block), np.nan, place)
    return out
