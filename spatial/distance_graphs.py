"""Graphs of areas within a distance: each neighbour the same, or a nearer one more."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from spatial.errors import StatisticsError
from spatial.local_tests import refuse_not_finite
from spatial.weights import Neighbours

__all__ = [
    "WeightedNeighbours",
    "distance_band",
    "inverse_distance",
    "inverse_of",
    "kernel_weights",
    "row_sums",
]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
Kernel = Literal["quartic", "triangular", "gaussian"]


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

    @property
    def equal_within_rows(self) -> bool:
        """Whether the shared null would do: all weights of a row are equal."""
        first = self.weights[self.indptr[:-1][self.cardinalities > 0]]
        return bool(
            np.allclose(
                self.weights,
                np.repeat(first, self.cardinalities[self.cardinalities > 0]),
                rtol=1e-12,
                atol=0.0,
            )
        )

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
    names, indptr, indices, _ = _within(x, y, codes, within_m, "within_m")
    return Neighbours(names, indptr, indices, "distance")


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
    at = [np.asarray(values, dtype=np.float64) for values in (x, y)]
    for axis, values in zip("xy", at, strict=True):
        if values.shape != (neighbours.n,):
            raise StatisticsError(f"{axis}: shape {values.shape} for {neighbours.n} area codes")
        refuse_not_finite(values, axis, neighbours.codes)
    if not (np.isfinite(nearest_m) and nearest_m > 0):
        raise StatisticsError(f"nearest_m: {nearest_m} is not a number of metres above 0")
    rows, columns = neighbours.rows, neighbours.indices
    distance = np.hypot(at[0][rows] - at[0][columns], at[1][rows] - at[1][columns])
    return WeightedNeighbours(
        neighbours.codes, neighbours.indptr, columns, 1.0 / np.maximum(distance, nearest_m)
    ).row_standardised()


def inverse_distance(
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    codes: Sequence[str],
    within_m: float,
    power: float = 1.0,
    nearest_m: float = 0.0,
) -> WeightedNeighbours:
    """Weigh areas within a distance by 1 / distance^power, row-standardised.

    Parameters
    ----------
    x, y
        A point for each area, shape (n,), metres, in the order of `codes`.
    codes
        Area codes, sorted.
    within_m
        Farther areas are not neighbours.
    power
        Above 0; 1 and 2 are usual.
    nearest_m
        Shorter distances count as this one. 0 refuses two areas at one point: their weight would
        be infinite.

    Raises
    ------
    StatisticsError
        Where two areas share a point and `nearest_m` is 0, or an argument has no meaning.
    """
    if not (np.isfinite(power) and power > 0):
        raise StatisticsError(f"power: {power} is not a number above 0")
    if not (np.isfinite(nearest_m) and nearest_m >= 0):
        raise StatisticsError(f"nearest_m: {nearest_m} is not 0 or more metres")
    names, indptr, indices, distance = _within(x, y, codes, within_m, "within_m")
    if nearest_m == 0 and (distance == 0).any():
        rows = np.repeat(np.arange(len(names)), np.diff(indptr))
        link = int(np.flatnonzero(distance == 0)[0])
        raise StatisticsError(
            f"x, y: {names[rows[link]]} and {names[indices[link]]} lie at one point, where 1 / "
            "distance is infinite; give nearest_m, the shortest distance that counts, or drop one"
        )
    weights = np.maximum(distance, nearest_m) ** -power
    return WeightedNeighbours(names, indptr, indices, weights).row_standardised()


def kernel_weights(
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    codes: Sequence[str],
    bandwidth_m: float,
    kernel: Kernel = "quartic",
) -> WeightedNeighbours:
    """Weigh areas by a kernel of their distance, row-standardised.

    "quartic" (1 - d^2/b^2)^2 and "triangular" 1 - d/b reach to d < b; "gaussian" exp(-d^2 / 2b^2)
    is cut off at 3 b.

    Parameters
    ----------
    x, y, codes
        As for `inverse_distance`.
    bandwidth_m
        b, above 0.

    Raises
    ------
    StatisticsError
        Where an argument has no meaning.
    """
    if kernel not in ("quartic", "triangular", "gaussian"):
        raise StatisticsError(f"kernel: {kernel!r} is not quartic, triangular or gaussian")
    reach = 3.0 if kernel == "gaussian" else 1.0
    names, indptr, indices, distance = _within(x, y, codes, bandwidth_m, "bandwidth_m", reach)
    u = distance / bandwidth_m
    if kernel == "gaussian":
        weights = np.exp(-0.5 * u**2)
    else:
        weights = (1.0 - u**2) ** 2 if kernel == "quartic" else 1.0 - u
    kept = weights > 0  # an area at the very edge has no weight: it is no neighbour
    rows = np.repeat(np.arange(len(names)), np.diff(indptr))[kept]
    starts = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=len(names)))])
    graph = WeightedNeighbours(names, starts.astype(np.int64), indices[kept], weights[kept])
    return graph.row_standardised()


def _within(
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    codes: Sequence[str],
    distance_m: float,
    name: str,
    reach: float = 1.0,
) -> tuple[tuple[str, ...], IntArray, IntArray, FloatArray]:
    """Return the links up to reach x distance_m in compressed rows, and their lengths."""
    from scipy.spatial import cKDTree  # noqa: PLC0415 - 0.2 s to import

    if not (np.isfinite(distance_m) and distance_m > 0):
        raise StatisticsError(f"{name}: {distance_m} is not a number of metres above 0")
    points = [np.asarray(values, dtype=np.float64) for values in (x, y)]
    names = tuple(str(code) for code in codes)
    for axis, values in zip("xy", points, strict=True):
        if values.shape != (len(names),):
            raise StatisticsError(f"{axis}: shape {values.shape} for {len(names)} area codes")
        refuse_not_finite(values, axis, names)
    if any(a >= b for a, b in itertools.pairwise(names)):
        raise StatisticsError("codes: area codes must be sorted and unique; sort them first")
    at = np.column_stack(points)
    pairs = cKDTree(at).query_pairs(reach * distance_m, output_type="ndarray")
    rows = np.concatenate([pairs[:, 0], pairs[:, 1]]).astype(np.int64)
    columns = np.concatenate([pairs[:, 1], pairs[:, 0]]).astype(np.int64)
    order = np.lexsort((columns, rows))
    rows, columns = rows[order], columns[order]
    starts = np.zeros(len(names) + 1, dtype=np.int64)
    np.cumsum(np.bincount(rows, minlength=len(names)), out=starts[1:])
    return names, starts, columns, np.hypot(*(at[rows] - at[columns]).T)


def row_sums(values: FloatArray, indptr: IntArray) -> FloatArray:
    """Add up the entries of each compressed row; 0 for an empty one.

    `values` has shape (links,), the result shape (n,).
    """
    n = indptr.size - 1
    rows = np.repeat(np.arange(n), np.diff(indptr))
    return np.bincount(rows, weights=values, minlength=n).astype(np.float64, copy=False)
