"""Sums over each area's neighbours, a column of neighbours at a time. Arrays in, arrays out.

Which areas have a c-th neighbour, and which it is, depends on the graph alone. So these columns are
found once for a graph that cannot be written to, and each sum is then as many look-ups as links.
"""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

__all__ = ["ByCardinality", "areas_of_graph", "by_cardinality", "neighbour_sums"]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

_KEPT_GRAPHS = 8
"""Graphs whose columns are kept: those that a run and the cuts of its map test in turn."""


class ByCardinality(NamedTuple):
    """Areas in order of their number of neighbours k, so that those of one k stand together.

    Attributes
    ----------
    order
        Areas in that order, shape (n,).
    ends
        Where those of each k, from 0 on, end in it.
    """

    order: npt.NDArray[np.intp]
    ends: list[int]


class _Graph(NamedTuple):
    """A graph by columns: the c-th neighbours of those areas that have one, who stand last."""

    areas: ByCardinality
    columns: tuple[IntArray, ...]


_KEPT: OrderedDict[tuple[int, int], tuple[IntArray, IntArray, _Graph]] = OrderedDict()
_LOCK = Lock()


def neighbour_sums(values: FloatArray, indptr: IntArray, indices: IntArray) -> FloatArray:
    """Sum `values` over each area's neighbours, in the order of the links; 0 for an island.

    Parameters
    ----------
    values
        Shape (n,).
    indptr, indices
        The graph in compressed rows, as in `spatial.weights.Neighbours`.
    """
    graph = _by_columns(indptr, indices)
    sums = np.zeros(graph.areas.order.size)
    for first, column in zip(graph.areas.ends, graph.columns, strict=False):
        sums[first:] += values.take(column)
    found = np.empty(sums.size)
    found[graph.areas.order] = sums
    return found


def areas_of_graph(indptr: IntArray, indices: IntArray) -> ByCardinality:
    """Return the areas of a graph in order of their number of neighbours."""
    return _by_columns(indptr, indices).areas


def by_cardinality(k: IntArray) -> ByCardinality:
    """Put areas in order of their number of neighbours k, shape (n,), 0 or more."""
    # Sixteen-bit numbers are put in order by counting, several times as fast.
    narrow = k.astype(np.uint16) if k.max(initial=0) <= np.iinfo(np.uint16).max else k
    return ByCardinality(np.argsort(narrow, kind="stable"), np.cumsum(np.bincount(k)).tolist())


def _by_columns(indptr: IntArray, indices: IntArray) -> _Graph:
    """Return a graph by columns, kept for the next who asks where nobody can write to it."""
    if indptr.flags.writeable or indices.flags.writeable:
        return _found(indptr, indices)
    asked = (id(indptr), id(indices))
    with _LOCK:
        if asked in _KEPT:
            _KEPT.move_to_end(asked)
            return _KEPT[asked][2]
    graph = _found(indptr, indices)
    with _LOCK:
        # Kept with the arrays themselves, so that no others can have their addresses.
        _KEPT[asked] = (indptr, indices, graph)
        while len(_KEPT) > _KEPT_GRAPHS:
            _KEPT.popitem(last=False)
    return graph


def _found(indptr: IntArray, indices: IntArray) -> _Graph:
    areas = by_cardinality(np.diff(indptr))
    at, columns = indptr.take(areas.order), []
    for first in areas.ends[:-1]:
        columns.append(indices.take(at[first:]))
        at[first:] += 1
    return _Graph(areas, tuple(columns))
