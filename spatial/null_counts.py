"""How many values of a null lie at or beyond each of a few bounds. Arrays in, arrays out.

Sorting a null answers any number of bounds, and orders far more than was asked. So the null is
counted into equal bins first: a value in another bin than a bound lies on a known side of it, and
only values that share a bin with a bound are sorted. The counts are exact, not approximate: the
bin of a value is a rising function of it, computed alike for values and bounds.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["tail_counts"]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

_FEW = 10
"""Areas up to which comparing each with the whole null is quickest: measured break-even."""

_MANY = 20
"""Values of the null an area below which the whole null is put in order: measured break-even."""

_DEEP = 24
"""Values of the null in one bin above which sorting is quicker than looking at each of them."""

_BIN = 2
"""Values of the null a bin, on average."""


def tail_counts(null: FloatArray, low: FloatArray, high: FloatArray) -> tuple[IntArray, IntArray]:
    """Return how many values are at least `low`, and how many are at most `high`.

    Parameters
    ----------
    null
        Shape (draws,), finite.
    low, high
        Shape (areas,), finite; each is quickest in rising order.
    """
    if low.size <= _FEW:
        return (
            np.array([np.count_nonzero(null >= bound) for bound in low], dtype=np.int64),
            np.array([np.count_nonzero(null <= bound) for bound in high], dtype=np.int64),
        )
    least, most = float(null.min()), float(null.max())
    bins = min(2 * null.size, np.iinfo(np.uint16).max)
    if null.size > _MANY * low.size:
        bins = null.size // _BIN
    scale = (bins - 1) / (most - least) if most > least else np.inf
    if np.isfinite(scale):
        way = _binned if null.size > _MANY * low.size else _grouped
        found = way(null, low, high, least=least, most=most, scale=scale, bins=bins)
        if found is not None:
            return found
    ordered = np.sort(null)
    return (
        null.size - np.searchsorted(ordered, low, side="left"),
        np.searchsorted(ordered, high, side="right"),
    )


def _grouped(
    null: FloatArray,
    low: FloatArray,
    high: FloatArray,
    *,
    least: float,
    most: float,
    scale: float,
    bins: int,
) -> tuple[IntArray, IntArray] | None:
    """Put the null in order of its bins, and compare each bound with the values of its bin.

    Sixteen-bit bins are ordered by counting, several times as fast as values are sorted, and a
    bound goes to its bin at once where a search would halve the null a dozen times. None where
    one bin holds many values (ties): then sorting is quicker.
    """
    where = ((null - least) * scale).astype(np.uint16)
    held = np.bincount(where, minlength=bins)
    if held.max() > _DEEP:
        return None
    starts = np.cumsum(held)
    starts -= held
    values = null.take(np.argsort(where, kind="stable"))
    # In bins, what rounding adds included: a bin number has some 2^16 and errs by 2^-35 at most.
    reach = float((high - low).max()) * scale + 2.0**-30
    place = np.maximum(low, least)
    np.minimum(place, most, out=place)
    place -= least
    place *= scale
    home = place.astype(np.int64)
    below = starts.take(home)
    up_to = below.copy()
    # Bounds in falling order of the values in their bin: who still has one left stands in front.
    short = (_DEEP - held.take(home)).astype(np.uint8)
    who = np.argsort(short, kind="stable")
    still = np.searchsorted(short.take(who), np.arange(_DEEP, 0, -1, dtype=np.uint8))
    who = who[: still[0]]
    at, least_of, most_of = below.take(who), low.take(who), high.take(who)
    passed = np.zeros((2, who.size), dtype=np.uint8)
    for first in still[still > 0].tolist():
        value = values.take(at[:first])
        under, within = passed[:, :first]
        under += (value < least_of[:first]).view(np.uint8)
        within += (value <= most_of[:first]).view(np.uint8)
        at[:first] += 1
    below[who] += passed[0]
    up_to[who] += passed[1]
    # Bounds so near the end of a bin that the upper one may lie in the next.
    place -= home
    apart = (place >= 1.0 - reach).nonzero()[0]
    if apart.size:
        up_to[apart] = np.searchsorted(np.sort(null), high.take(apart), side="right")
    return null.size - below, up_to


def _binned(
    null: FloatArray,
    low: FloatArray,
    high: FloatArray,
    *,
    least: float,
    most: float,
    scale: float,
    bins: int,
) -> tuple[IntArray, IntArray]:
    def bin_of(values: FloatArray) -> IntArray:
        above = values - least
        above *= scale
        return above.astype(np.int64)

    where = bin_of(null)
    low_bin = bin_of(np.minimum(np.maximum(low, least), most))
    high_bin = bin_of(np.minimum(np.maximum(high, least), most))
    held = np.bincount(where, minlength=bins + 1)
    shared = np.zeros(bins + 1, dtype=np.bool_)
    shared[low_bin] = shared[high_bin] = True
    held[shared] = 0
    # Values below each bin, those that share a bin with a bound left out; these are sorted.
    before = np.cumsum(held)
    unsure = np.sort(null[shared.take(where)])
    below = before[low_bin] + np.searchsorted(unsure, low, side="left")
    up_to = before[high_bin] + np.searchsorted(unsure, high, side="right")
    return null.size - below, up_to
