"""Moran with weights that differ within a row, and the null that is exact for them.

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

from functools import partial
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from spatial.block_counts import DrawRequest
from spatial.blocks import SERIAL, BlockMap
from spatial.distance_graphs import WeightedNeighbours, row_sums
from spatial.errors import StatisticsError
from spatial.labels import label_areas, quadrants_of, untested_numbers
from spatial.local_tests import (
    LOW_EVENTS,
    SEEDS_CHECKED,
    Correction,
    against_alternative,
    check_test,
    checked_values,
    is_constant,
    is_rare,
    report_mask,
    standardised,
    why_not_tested,
    within_reach,
)
from spatial.moran import LocalMoran
from spatial.permutation import (
    Alternative,
    PermutationCounts,
    pseudo_p,
    rounding_slack,
    times_own_value,
)
from spatial.samples import block_count, sample_block

__all__ = [
    "conditional_weighted_counts",
    "weighted_global_moran",
    "weighted_local_moran",
]

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int64]
TextArray = npt.NDArray[np.str_]

_CELLS = 2_000_000
"""Weighted sums held at once."""


def weighted_global_moran(y: npt.ArrayLike, neighbours: WeightedNeighbours) -> float:
    """Return I = (n / S0) z'Wz / z'z for row-standardised weights; NaN where not testable.

    Parameters
    ----------
    y
        Shape (n,), in the order of `neighbours.codes`, finite.
    """
    values, _ = within_reach(np.asarray(y, dtype=np.float64))
    has = neighbours.cardinalities > 0
    if is_constant(values) or not has.any():
        return float("nan")
    z = values - values.mean()
    lag = neighbours.lag(z)
    return float(neighbours.n / has.sum() * (z * lag)[has].sum() / (z * z).sum())


def conditional_weighted_counts(
    z: FloatArray,
    indptr: IntArray,
    indices: IntArray,
    weights: FloatArray,
    *,
    permutations: int,
    seed: int | np.random.SeedSequence,
    tolerance: float | None = None,
    only: BoolArray | None = None,
    blocks: BlockMap = SERIAL,
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
    only
        Areas to count for, shape (n,), against the draws they would have among all; the others
        get no draws.
    blocks
        Where blocks of 16,384 draws are counted; the counts are the same wherever it is.

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
    observed = row_sums(weights * centred[indices], indptr)
    largest = np.zeros(n)
    np.maximum.at(largest, np.repeat(np.arange(n), k), np.abs(weights))
    slack = largest * (rounding_slack(centred, widest) if tolerance is None else tolerance)
    low, high = observed - slack, observed + slack
    laid = np.zeros((n, widest))
    rows = np.repeat(np.arange(n), k)
    laid[rows, np.arange(indices.size) - indptr[:-1][rows]] = weights
    if only is not None:
        k = np.where(only, k, 0)
    # Areas by k: a chunk multiplies only as many columns as its widest row has.
    by_k = np.argsort(k, kind="stable")
    by_k = by_k[k[by_k] > 0]
    if not by_k.size:
        return PermutationCounts(greater, less, draws)
    task = _Weighted(
        DrawRequest(n, widest, permutations, seed), centred, laid[by_k], low[by_k], high[by_k],
        k, by_k, _CELLS,
    )  # fmt: skip
    for counted in blocks.map(partial(_count_block, task), range(block_count(permutations))):
        for total, of_block in zip((greater, less, draws), counted, strict=True):
            total[by_k] += of_block
    return PermutationCounts(greater, less, draws)


class _Weighted(NamedTuple):
    """What every block of a count needs; arrays of areas are in the order `by_k`, but `k`.

    Attributes
    ----------
    request
        The draws.
    centred, k
        Values and neighbours that count, shape (n,).
    laid
        Weights of each area laid on columns, shape (areas, widest).
    low, high
        Bounds of a tie with the observed sum, shape (areas,).
    by_k
        The areas that are counted for, in order of k.
    cells
        Weighted sums held at once.
    """

    request: DrawRequest
    centred: FloatArray
    laid: FloatArray
    low: FloatArray
    high: FloatArray
    k: IntArray
    by_k: npt.NDArray[np.intp]
    cells: int


def _count_block(task: _Weighted, block: int) -> tuple[IntArray, IntArray, IntArray]:
    """Count one block of draws for the areas `by_k`: at or above, at or below, and in all."""
    k, by_k = task.k, task.by_k
    # Only these columns are weighed; full-width positions are looked up twice as fast.
    sample = sample_block(*task.request, block)[: int(k[by_k[-1]])].astype(np.intp)
    values = task.centred.take(sample)
    greater, less = (np.zeros(by_k.size, dtype=np.int64) for _ in range(2))
    draws = np.full(by_k.size, sample.shape[1], dtype=np.int64)
    step = max(1, task.cells // sample.shape[1])
    place = np.full(task.request.n, -1)
    for start in range(0, by_k.size, step):
        part = slice(start, start + step)
        areas = by_k[part]
        columns = int(k[areas[-1]])
        null = task.laid[part, :columns] @ values[:columns]
        place[areas] = np.arange(areas.size)
        own_column, own_draw = np.nonzero(place[sample[:columns]] >= 0)
        held = sample[own_column, own_draw]
        inside = own_column < k[held]
        held_at = place[held[inside]]
        null[held_at, own_draw[inside]] = np.nan  # counts on neither side
        place[areas] = -1
        with np.errstate(invalid="ignore"):
            greater[part] = (null >= task.low[part, np.newaxis]).sum(axis=1)
            less[part] = (null <= task.high[part, np.newaxis]).sum(axis=1)
        draws[part] -= np.bincount(held_at, minlength=areas.size)
    return greater, less, draws


def weighted_local_moran(
    y: npt.ArrayLike,
    neighbours: WeightedNeighbours,
    *,
    report: npt.ArrayLike | None = None,
    permutations: int = 9_999,
    alpha: float = 0.05,
    correction: Correction = "benjamini-hochberg",
    alternative: Alternative = "two-sided",
    seed: int = 0,
    seeds_checked: int = SEEDS_CHECKED,
    events: float | None = None,
    blocks: BlockMap = SERIAL,
) -> LocalMoran:
    """Test each area for likeness to its surroundings where near areas weigh more.

    I_i = z_i sum_j w_ij z_j with the null of `conditional_weighted_counts`: pseudo p-values of
    that product, corrected over the reported areas.

    Parameters
    ----------
    y
        Shape (n,), in the order of `neighbours.codes`, finite.
    neighbours
        Rows of weights that add up to 1, as `inverse_of` gives them.
    report, permutations, alpha, correction, alternative, seed, seeds_checked, events, blocks
        As for `spatial.moran.local_moran`.

    Raises
    ------
    StatisticsError
        Where y is not finite or of another length than the graph, or a setting is out of range.
    """
    values = checked_values(y, neighbours.codes)
    reported = report_mask(report, neighbours.n)
    check_test(alpha=alpha, correction=correction, permutations=permutations)
    has = neighbours.cardinalities > 0
    nothing = np.full(neighbours.n, np.nan)
    variable = standardised(values)
    reason = why_not_tested(variable, has, events)
    z = lag = variable.z
    if not variable.is_constant:
        lag = neighbours.lag(z)
    against = against_alternative(z * lag, alternative)
    if reason:
        blank = untested_numbers(has)
        return LocalMoran(
            neighbours.codes, z * lag, lag, nothing, nothing, blank, blank, permutations, seed,
            nothing, reason,
        )  # fmt: skip
    slack = variable.slack(int(neighbours.cardinalities.max()))

    def test(key: np.random.SeedSequence | int, only: BoolArray | None = None) -> FloatArray:
        counts = conditional_weighted_counts(
            z, neighbours.indptr, neighbours.indices, neighbours.weights,
            permutations=permutations, seed=key, tolerance=slack, only=only, blocks=blocks,
        )  # fmt: skip
        p = pseudo_p(times_own_value(counts, z), alternative)
        # An area at the mean has I = 0 in every draw: nothing about it can be unusual.
        return np.where(has & (np.abs(z) <= slack), 1.0, p)

    p = test(seed)
    withheld = LOW_EVENTS if is_rare(events, reported) else ()
    found = label_areas(
        p, quadrants_of(z, lag, has, withheld=withheld), against,
        reported=reported, alpha=alpha, correction=correction, k=neighbours.cardinalities,
        permutations=permutations, alternative=alternative, seed=seed,
        seeds_checked=seeds_checked, again=test,
    )  # fmt: skip
    return LocalMoran(
        neighbours.codes, z * lag, lag, p, *found[:3], permutations, seed, found.agreement, ""
    )
