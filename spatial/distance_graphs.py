"""Graphs of areas within a distance: each neighbour the same, or a nearer one more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from spatial.errors import StatisticsError
from spatial.local_tests import refuse_not_finite
from spatial.weights import Neighbours, row_starts

__all__ = [
    "WeightedNeighbours",
    "distance_band",
    "inverse_of",
    "row_sums",
]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class WeightedNeighbours:
    """A neighbour graph with a weight on each link, in compressed rows.

    Attributes
    ----------
    codes
        Area codes, sorted and unique.
    indptr, indices
        As in `spatial.weights.Neighbours`; no area is its own neighbour.
    weights
        Shape (links,), above 0.
    """

    codes: tuple[str, ...]
    indptr: IntArray
    indices: IntArray
    weights: FloatArray

    @property
    def n(self) -> int:
        """Number of areas."""
        return len(self.codes)

    @property
    def cardinalities(self) -> IntArray:
        """Neighbours of each area, shape (n,)."""
        return np.diff(self.indptr)

    def row_standardised(self) -> WeightedNeighbours:
        """Return the graph with the weights of each row divided by their sum."""
        totals = row_sums(self.weights, self.indptr)
        scale = np.repeat(totals, self.cardinalities)
        return WeightedNeighbours(self.codes, self.indptr, self.indices, self.weights / scale)

    def lag(self, values: FloatArray) -> FloatArray:
        """Return sum_j w_ij values_j; NaN for an island."""
        sums = row_sums(self.weights * values[self.indices], self.indptr)
        return np.where(self.cardinalities > 0, sums, np.nan)


def distance_band(
    x: npt.ArrayLike, y: npt.ArrayLike, *, codes: Sequence[str], within_m: float
) -> Neighbours:
    """Make areas neighbours whose points lie within a distance; each counts the same.

    Parameters
    ----------
    x, y
        A point for each area, shape (n,), metres, in the order of `codes`. Areas that share one
        are neighbours like any other.
    codes
        Area codes, sorted.
    within_m
        Above 0. Farther areas are not neighbours.

    Raises
    ------
    StatisticsError
        Where a coordinate is not finite, codes are not sorted or the distance has no meaning.
    """
    from scipy.spatial import cKDTree  # noqa: PLC0415 - 0.2 s to import

    if not (np.isfinite(within_m) and within_m > 0):
        raise StatisticsError(f"within_m: {within_m} is not a number of metres above 0")
    names = tuple(str(code) for code in codes)
    pairs = cKDTree(_points(x, y, names)).query_pairs(within_m, output_type="ndarray")
    rows = np.concatenate([pairs[:, 0], pairs[:, 1]]).astype(np.int64)
    columns = np.concatenate([pairs[:, 1], pairs[:, 0]]).astype(np.int64)
    order = np.lexsort((columns, rows))
    rows, columns = rows[order], columns[order]
    return Neighbours(names, row_starts(rows, len(names)), columns, "distance")


def inverse_of(
    neighbours: Neighbours, x: npt.ArrayLike, y: npt.ArrayLike, *, nearest_m: float
) -> WeightedNeighbours:
    """Weigh the links of a graph by 1 / distance, row-standardised.

    Parameters
    ----------
    neighbours
        The graph; its links are kept as they are.
    x, y
        A point for each area, shape (n,), metres, in the order of `neighbours.codes`.
    nearest_m
        Above 0: shorter distances count as this one, so that areas at one point have a weight.

    Raises
    ------
    StatisticsError
        Where `nearest_m` is not above 0, or a coordinate is missing.
    """
    at = _points(x, y, neighbours.codes)
    if not (np.isfinite(nearest_m) and nearest_m > 0):
        raise StatisticsError(f"nearest_m: {nearest_m} is not a number of metres above 0")
    rows, columns = neighbours.rows, neighbours.indices
    distance = np.hypot(*(at[rows] - at[columns]).T)
    return WeightedNeighbours(
        neighbours.codes, neighbours.indptr, columns, 1.0 / np.maximum(distance, nearest_m)
    ).row_standardised()


def _points(x: npt.ArrayLike, y: npt.ArrayLike, codes: tuple[str, ...]) -> FloatArray:
    """Return a point for each area, shape (n, 2), or say which is missing."""
    points = [np.asarray(values, dtype=np.float64) for values in (x, y)]
    for axis, values in zip("xy", points, strict=True):
        if values.shape != (len(codes),):
            raise StatisticsError(f"{axis}: shape {values.shape} for {len(codes)} area codes")
        refuse_not_finite(values, axis, codes)
    return np.column_stack(points)


def row_sums(values: FloatArray, indptr: IntArray) -> FloatArray:
    """Add up the entries of each compressed row; 0 for an empty one.

    `values` has shape (links,), the result shape (n,).
    """
    n = indptr.size - 1
    rows = np.repeat(np.arange(n), np.diff(indptr))
    return np.bincount(rows, weights=values, minlength=n).astype(np.float64, copy=False)
