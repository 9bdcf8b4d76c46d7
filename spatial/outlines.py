"""Outlines of areas against one another: which are the same, which nearly meet."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import shapely

__all__ = ["close_to_others", "same_outlines"]

IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]


def same_outlines(polygons: npt.NDArray[np.object_]) -> tuple[tuple[int, ...], ...]:
    """Return the groups of polygons that cover the same ground, each in rising order.

    Where a ring begins, which way round it runs and vertices along a straight edge make no
    difference.

    Parameters
    ----------
    polygons
        Valid polygons or multipolygons, shape (n,).
    """
    bounds = shapely.bounds(polygons)
    _, box, times = np.unique(bounds, axis=0, return_inverse=True, return_counts=True)
    groups: list[tuple[int, ...]] = []
    for which in np.flatnonzero(times > 1).tolist():
        left = np.flatnonzero(box.ravel() == which).tolist()
        while len(left) > 1:
            first, *rest = left
            same = [i for i in rest if shapely.equals(polygons[first], polygons[i])]
            if same:
                groups.append((first, *same))
            left = [i for i in rest if i not in same]
    return tuple(sorted(groups))


def close_to_others(
    polygons: npt.NDArray[np.object_], piece: IntArray, *, within_m: float
) -> BoolArray:
    """Tell which polygons lie within a distance of one of another piece, shape (n,).

    Parameters
    ----------
    polygons
        Shape (n,).
    piece
        The piece that each belongs to, shape (n,).
    within_m
        Metres, the end included.
    """
    largest = np.bincount(piece).argmax() if piece.size else 0
    # Two pieces that nearly meet are asked from one side alone, the smaller ones.
    asked = np.flatnonzero(piece != largest)
    near = np.zeros(len(polygons), dtype=bool)
    if not asked.size:
        return near
    tree = shapely.STRtree(polygons)
    found, met = tree.query(polygons[asked], predicate="dwithin", distance=within_m)
    other = piece[asked[found]] != piece[met]
    near[asked[found[other]]] = True
    near[met[other]] = True
    return near
