"""One block of the permutation null, counted for one or more maps. Arrays in, arrays out."""

from __future__ import annotations

import threading
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from spatial.neighbour_sums import ByCardinality
from spatial.null_counts import tail_counts
from spatial.own_draws import OwnDraws, own_draws
from spatial.samples import sample_block

__all__ = ["DrawRequest", "Layout", "count_block", "laid_out"]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


class DrawRequest(NamedTuple):
    """Which draws are meant, as `spatial.samples.sample_block` takes them."""

    n: int
    size: int
    permutations: int
    seed: int | np.random.SeedSequence


class Layout(NamedTuple):
    """One map laid out for counting: areas in order of k, so that those of one k stand together.

    Attributes
    ----------
    centred
        Values whose mean is near 0, shape (n,).
    low, high
        Bounds of a tie with the observed sum of the neighbours, shape (n,).
    tie
        The widest that a tie can be: a rounded difference never falls when the true one rises.
    areas
        Areas in order of k.
    lowest, highest
        `low` and `high` in that order.
    """

    centred: FloatArray
    low: FloatArray
    high: FloatArray
    tie: float
    areas: ByCardinality
    lowest: FloatArray
    highest: FloatArray


def laid_out(
    centred: FloatArray, observed: FloatArray, areas: ByCardinality, slack: float
) -> Layout:
    """Lay out a map; sums within `slack` of the observed one are equal to it.

    Parameters
    ----------
    centred, observed
        Values and the neighbours' sums of them, shape (n,) each.
    areas
        Areas in order of k, which is 0 where nothing is counted for an area.
    """
    low, high = observed - slack, observed + slack
    return Layout(
        centred=centred,
        low=low,
        high=high,
        tie=float((high - low).max()),
        areas=areas,
        lowest=low.take(areas.order),
        highest=high.take(areas.order),
    )


def count_block(
    layouts: tuple[Layout, ...], request: DrawRequest, k: IntArray, whole: IntArray, block: int
) -> tuple[IntArray, ...]:
    """Count a block of draws for each map, without the draws that hold an area itself.

    Parameters
    ----------
    k, whole
        Neighbours of each area, shape (n,): 0 where nothing is counted for the area, and in full.

    Returns
    -------
    tuple of numpy.ndarray
        Of each map draws at or above, draws at or below, and draws in all, shape (3, n).
    """
    sample = sample_block(*request, block)
    drawn = sample[: int(k.max())]  # only these columns are looked up
    places, running = _workspace(drawn.shape)
    places[:] = drawn  # full-width positions are looked up twice as fast
    own = own_draws(sample, places, k, whole)
    return tuple(_counted(layout, places, own, running) for layout in layouts)


def _counted(
    layout: Layout, sample: npt.NDArray[np.intp], own: OwnDraws, sums: FloatArray
) -> IntArray:
    """Count one map. `sums` has the shape of `sample` and is written over."""
    layout.centred.take(sample, out=sums, mode="clip")  # no position is outside
    for column in range(1, len(sums)):  # a running sum; numpy's own over rows is much slower
        sums[column] += sums[column - 1]
    order, ends = layout.areas
    above, below = np.zeros((2, order.size), dtype=np.int64)
    for size, null in enumerate(sums, start=1):
        here = slice(ends[size - 1], ends[size])
        if here.start < here.stop:
            above[here], below[here] = tail_counts(null, layout.lowest[here], layout.highest[here])
    counts = np.empty((3, order.size), dtype=np.int64)
    greater, less, draws = counts
    greater[order], less[order] = above, below
    draws[:] = sums.shape[1]
    draws[order[: ends[0]]] = 0  # nothing is counted for an area without neighbours
    _take_out_own(layout, sums, own, counts)
    return counts


def _take_out_own(layout: Layout, sums: FloatArray, own: OwnDraws, counts: IntArray) -> None:
    """Subtract the draws whose first k columns hold the area itself, in place."""
    flat, lower, tied = sums.ravel(), [], []
    for held, where in zip(own.whose, own.where, strict=True):
        null = flat.take(where)
        over = null - layout.low.take(held)
        lower.append(held.compress(over < 0.0))
        # At or above the lower bound by so little: these few are compared as they are.
        near = (np.abs(over) <= layout.tie).nonzero()[0]
        if near.size:
            close, area = null.take(near), held.take(near)
            tied.append(area[(close >= layout.low[area]) & (close <= layout.high[area])])
    greater, less, draws = counts
    below = np.bincount(np.concatenate(lower), minlength=greater.size)
    greater -= own.number - below
    less -= below
    draws -= own.number
    if tied:
        less -= np.bincount(np.concatenate(tied), minlength=greater.size)


class _Scratch(threading.local):
    """Memory that each thread works in, kept: fresh memory costs more than what is done with it."""

    places: npt.NDArray[np.intp] = np.empty(0, dtype=np.intp)
    running: FloatArray = np.empty(0)


_SCRATCH = _Scratch()


def _workspace(shape: tuple[int, ...]) -> tuple[npt.NDArray[np.intp], FloatArray]:
    """Return two arrays of this shape, whatever they hold."""
    size = int(np.prod(shape))
    if _SCRATCH.running.size < size:
        _SCRATCH.places, _SCRATCH.running = np.empty(size, dtype=np.intp), np.empty(size)
    return _SCRATCH.places[:size].reshape(shape), _SCRATCH.running[:size].reshape(shape)
