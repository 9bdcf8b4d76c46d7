"""Weights that differ within a row (inverse distance, kernel), and the null that is exact for them.

The null of `spatial.permutation` is shared: it looks at sums over k drawn areas, and sorts those of
each k once for all areas with k neighbours. That is exact only where the weights of a row are
equal, because then the sum alone orders the draws. With weights that differ within a row every area
weighs its draws in its own way, and no two areas have the same null: the shared one would be wrong.

`conditional_weighted_counts` works out each area's own null. The draws are still made once for all
areas, since a uniform ordered sample is one whatever weights are laid on it; the weighted sums are
one matrix product, and each area's draws that hold the area itself are taken out, so that the null
is exactly the conditional one. It costs n K R additions instead of K R, which is the price of
weights that differ: use it where they are wanted, and `conditional_moran_counts` elsewhere.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from spatial.errors import StatisticsError
from spatial.local_tests import (
    NO_NEIGHBOURS,
    NOT_TESTABLE,
    Correction,
    is_constant,
    quadrant_labels,
    refuse_not_finite,
    report_mask,
    why_not_tested,
)
from spatial.moran import LocalMoran
from spatial.permutation import (
    PermutationCounts,
    benjamini_hochberg,
    pseudo_p,
    rounding_slack,
)
from spatial.samples import sample_blocks

__all__ = [
    "WeightedNeighbours",
    "conditional_weighted_counts",
    "inverse_distance",
    "kernel_weights",
    "weighted_local_moran",
]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
Kernel = Literal["quartic", "triangular", "gaussian"]

_CELLS = 2_000_000
"""Weighted sums held at once."""


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
        totals = _row_sums(self.weights, self.indptr)
        scale = np.repeat(totals, self.cardinalities)
        return WeightedNeighbours(self.codes, self.indptr, self.indices, self.weights / scale)

    def lag(self, values: FloatArray) -> FloatArray:
        """Return sum_j w_ij values_j; NaN for an island."""
        sums = _row_sums(self.weights * values[self.indices], self.indptr)
        return np.where(self.cardinalities > 0, sums, np.nan)


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


def conditional_weighted_counts(
    z: FloatArray,
    indptr: IntArray,
    indices: IntArray,
    weights: FloatArray,
    *,
    permutations: int,
    seed: int | np.random.SeedSequence,
    tolerance: float | None = None,
) -> PermutationCounts:
    """Count the draws at or above, and at or below, each area's weighted sum of neighbours.

    Holds area i, lays its weights on k_i of the other n - 1 areas drawn in random order, and
    compares the sum with the observed one: the conditional null of Anselin (1995), exactly, for any
    weights. With equal weights the counts are those of `conditional_moran_counts`.

    Parameters
    ----------
    z
        Values, shape (n,), finite.
    indptr, indices, weights
        The graph in compressed rows, as in `WeightedNeighbours`. Weights are finite.
    permutations, seed
        As for `conditional_moran_counts`; the same draws.
    tolerance
        Sums this close are equal. By default the largest error that rounding can leave.

    Raises
    ------
    StatisticsError
        Where an array is not finite or does not fit the graph, or permutations is below 1.
    """
    n = indptr.size - 1
    if z.shape != (n,):
        raise StatisticsError(f"z: {z.size} values for a graph of {n} areas")
    if weights.shape != indices.shape:
        raise StatisticsError(f"weights: {weights.size} for {indices.size} links")
    for name, values in (("z", z), ("weights", weights)):
        if not np.isfinite(values).all():
            row = int(np.flatnonzero(~np.isfinite(values))[0])
            raise StatisticsError(f"{name}: entry {row} is {values[row]}; expected a number")
    if permutations < 1:
        raise StatisticsError(f"permutations: {permutations} is below 1")
    k = np.diff(indptr)
    greater, less, draws = (np.zeros(n, dtype=np.int64) for _ in range(3))
    widest = int(k.max(initial=0))
    if widest == 0:
        return PermutationCounts(greater, less, draws)
    if widest > n - 1:
        raise StatisticsError(f"graph: an area has {widest} neighbours among {n} areas")
    # A common shift moves every sum of a row by the same amount and keeps rounding small.
    centred = z - z.mean()
    observed = _row_sums(weights * centred[indices], indptr)
    largest = np.zeros(n)
    np.maximum.at(largest, np.repeat(np.arange(n), k), np.abs(weights))
    slack = largest * (rounding_slack(centred, widest) if tolerance is None else tolerance)
    low, high = observed - slack, observed + slack
    laid = np.zeros((n, widest))
    rows = np.repeat(np.arange(n), k)
    laid[rows, np.arange(indices.size) - indptr[:-1][rows]] = weights
    # Areas by k: a chunk multiplies only as many columns as its widest row has.
    by_k = np.argsort(k, kind="stable")
    by_k = by_k[k[by_k] > 0]
    for sample in sample_blocks(n, widest, permutations, seed):
        values = centred[sample]
        step = max(1, _CELLS // sample.shape[1])
        place = np.full(n, -1)
        for start in range(0, by_k.size, step):
            areas = by_k[start : start + step]
            columns = int(k[areas[-1]])
            null = laid[areas, :columns] @ values[:columns]
            place[areas] = np.arange(areas.size)
            own_column, own_draw = np.nonzero(place[sample[:columns]] >= 0)
            held = sample[own_column, own_draw]
            inside = own_column < k[held]
            null[place[held[inside]], own_draw[inside]] = np.nan  # counts on neither side
            place[areas] = -1
            with np.errstate(invalid="ignore"):
                greater[areas] += (null >= low[areas, np.newaxis]).sum(axis=1)
                less[areas] += (null <= high[areas, np.newaxis]).sum(axis=1)
            draws[areas] += sample.shape[1]
            np.subtract.at(draws, held[inside], 1)
    return PermutationCounts(greater, less, draws)


def weighted_local_moran(
    y: npt.ArrayLike,
    neighbours: WeightedNeighbours,
    *,
    report: npt.ArrayLike | None = None,
    permutations: int = 9_999,
    alpha: float = 0.05,
    correction: Correction = "benjamini-hochberg",
    seed: int = 0,
    events: float | None = None,
) -> LocalMoran:
    """Test each area for likeness to its surroundings where near areas weigh more.

    I_i = z_i sum_j w_ij z_j with the null of `conditional_weighted_counts`: two-sided pseudo
    p-values, corrected over the reported areas.

    Parameters
    ----------
    y
        Shape (n,), in the order of `neighbours.codes`, finite.
    neighbours
        From `inverse_distance` or `kernel_weights`.
    report, permutations, alpha, correction, seed, events
        As for `spatial.moran.local_moran`; no further seeds are run (`agreement` is NaN).

    Raises
    ------
    StatisticsError
        Where y is not finite or of another length than the graph, or a setting is out of range.
    """
    values = np.asarray(y, dtype=np.float64)
    if values.shape != (neighbours.n,):
        raise StatisticsError(
            f"y: shape {values.shape} for a graph of {neighbours.n} areas; "
            "give one value an area, sorted by area code"
        )
    refuse_not_finite(values, "y", neighbours.codes)
    reported = report_mask(report, neighbours.n)
    if not 0.0 < alpha < 1.0:
        raise StatisticsError(f"alpha: {alpha} is not between 0 and 1")
    if correction not in ("benjamini-hochberg", "none"):
        raise StatisticsError(f"correction: {correction!r} is not benjamini-hochberg or none")
    has = neighbours.cardinalities > 0
    nothing = np.full(neighbours.n, np.nan)
    reason = why_not_tested(values, has, events)
    z = lag = nothing
    if not is_constant(values):
        z = (values - values.mean()) / values.std()
        lag = neighbours.lag(z)
    if reason:
        blank = np.where(has, NOT_TESTABLE, NO_NEIGHBOURS)
        return LocalMoran(
            neighbours.codes, z * lag, lag, nothing, nothing, blank, blank, permutations, seed,
            nothing, reason,
        )  # fmt: skip
    widest = int(neighbours.cardinalities.max())
    far = np.array([np.abs(values).max() / values.std()])
    slack = rounding_slack(z, widest) + rounding_slack(far, widest)
    counts = conditional_weighted_counts(
        z, neighbours.indptr, neighbours.indices, neighbours.weights,
        permutations=permutations, seed=seed, tolerance=slack,
    )  # fmt: skip
    # An area at the mean has I = 0 in every draw: nothing about it can be unusual.
    p = np.where(has & (np.abs(z) <= slack), 1.0, pseudo_p(counts))
    inside = np.where(reported, p, np.nan)
    q = benjamini_hochberg(inside) if correction == "benjamini-hochberg" else inside
    return LocalMoran(
        neighbours.codes, z * lag, lag, p, q, quadrant_labels(z, lag, q, has, alpha),
        quadrant_labels(z, lag, inside, has, alpha), permutations, seed, nothing, "",
    )  # fmt: skip


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


def _row_sums(values: FloatArray, indptr: IntArray) -> FloatArray:
    """Add up the entries of each compressed row; 0 for an empty one."""
    n = indptr.size - 1
    rows = np.repeat(np.arange(n), np.diff(indptr))
    return np.bincount(rows, weights=values, minlength=n).astype(np.float64, copy=False)
