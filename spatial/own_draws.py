"""Draws of the permutation null that hold an area itself. Arrays in, arrays out.

Which they are depends on the draws and on how many neighbours each area has, and on no value: so
they are found once for draws that are kept (`spatial.samples`), whatever is tested against them.
"""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from spatial.samples import SampleArray

__all__ = ["OwnDraws", "own_draws"]

IntArray = npt.NDArray[np.int64]
Places = npt.NDArray[np.intp]

_MOST = 56
"""Blocks remembered: those of the eight requests that samples are kept for, 463 areas."""


class OwnDraws(NamedTuple):
    """Draws that hold an area within its own first k, in one or more parts.

    Attributes
    ----------
    whose
        The area of each.
    where
        The position of its null sum in the running sums laid flat.
    number
        How many there are of each area, shape (n,).
    """

    whose: tuple[npt.NDArray[np.integer], ...]
    where: tuple[npt.NDArray[np.integer], ...]
    number: IntArray


class _ByArea(NamedTuple):
    """All of a block in order of area: those of area i stand from start[i] to start[i + 1]."""

    where: npt.NDArray[np.int32]
    start: IntArray


_KEPT: OrderedDict[tuple[int, bytes], tuple[SampleArray, _ByArea | None]] = OrderedDict()
_LOCK = Lock()


def own_draws(sample: SampleArray, places: Places, k: IntArray, whole: IntArray) -> OwnDraws:
    """Return the draws of a block that hold an area within its own first k.

    Parameters
    ----------
    sample
        A block of `spatial.samples.sample_block`, shape (size, draws).
    places
        Its first columns in full width, as many as the largest k.
    k
        Neighbours of each area, shape (n,); 0 for an area that nothing is counted for.
    whole
        The same with every area's own number.
    """
    found = None if sample.flags.writeable else _by_area(sample, whole)
    if found is None:
        return _searched(places, k)
    areas = k.nonzero()[0]
    number = np.where(k > 0, np.diff(found.start), 0)
    whose = np.repeat(areas, number[areas])
    where = found.where
    if whose.size < where.size:
        where = np.concatenate([where[found.start[i] : found.start[i + 1]] for i in areas])
    return OwnDraws((whose,), (where,), number)


def _by_area(sample: SampleArray, k: IntArray) -> _ByArea | None:
    """Return the draws of a kept block in order of area, from the second time they are asked for.

    Putting them in order pays where it is used again, and much is tested once.
    """
    asked = (id(sample), k.tobytes())
    with _LOCK:
        again = asked in _KEPT
        # Kept with the block itself, so that no other block can have its address.
        known = _KEPT.setdefault(asked, (sample, None))[1]
        _KEPT.move_to_end(asked)
        while len(_KEPT) > _MOST:
            _KEPT.popitem(last=False)
    if known is not None or not again:
        return known
    found = _searched(sample.astype(np.intp), k)
    whose = np.concatenate(found.whose)
    order = np.argsort(whose.astype(np.min_scalar_type(k.size)), kind="stable")
    start = np.concatenate([[0], np.cumsum(found.number)])
    known = _ByArea(np.concatenate(found.where)[order].astype(np.int32), start)
    with _LOCK:
        _KEPT[asked] = (sample, known)
    return known


def _searched(sample: Places, k: IntArray) -> OwnDraws:
    draws = sample.shape[1]
    # One byte an area, where it fits, makes the look-up quicker.
    short = k.astype(np.uint8) if k.max(initial=0) < 256 else k
    row_start = (k - 1) * draws
    whose, where = [], []
    for column, areas in enumerate(sample):
        own = (short.take(areas) > column).nonzero()[0]
        held = areas.take(own)
        own += row_start.take(held)
        whose.append(held)
        where.append(own)
    number = np.bincount(np.concatenate(whose), minlength=k.size)
    return OwnDraws(tuple(whose), tuple(where), number)
