"""The exact conditional permutation null, shared between areas. Arrays in, arrays out.

Hold area i and draw its k neighbours from the other n - 1 areas (Anselin 1995). The null sum of
the neighbours' values depends on k and on which area is held, on nothing else. So R ordered samples
of K = max k areas are drawn once, without replacement, for all areas: the first k columns of a draw
are a uniform ordered sample of size k for every k at once, and running sums give every null sum. An
area's two counts are two binary searches in the sorted sums of its k. Draws whose first k columns
hold the area itself do not belong to its null; they are found from the draws and taken out one by
one, which leaves exactly the conditional null with R_i = R - (draws that hold i).

Exact for weights that are equal within a row (row-standardised or binary), where the sum over the
neighbours orders the draws as the statistic does.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from spatial.errors import StatisticsError
from spatial.weights import neighbour_sums

__all__ = [
    "PERMUTATION_STAGE",
    "PermutationCounts",
    "benjamini_hochberg",
    "conditional_moran_counts",
    "pseudo_p",
]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
Alternative = Literal["two-sided", "greater", "less"]

PERMUTATION_STAGE = 501
"""First part of the spawn key of these draws, so that no other stage shares their stream."""

_BLOCK = 16_384
"""Draws made from one generator. Part of the result: another size gives other draws."""


_LONG = 200
"""Samples longer than the root of this many n are drawn by shuffling all n: measured break-even."""


class PermutationCounts(NamedTuple):
    """How the observed neighbour sums stand in their null, one entry an area, shape (n,) each.

    Attributes
    ----------
    greater
        Draws whose sum is at least the observed one.
    less
        Draws whose sum is at most the observed one; equal sums count in both.
    draws
        R_i, the draws that do not hold the area itself; 0 for an area without neighbours.
    """

    greater: IntArray
    less: IntArray
    draws: IntArray


def conditional_moran_counts(
    z: FloatArray,
    indptr: IntArray,
    indices: IntArray,
    *,
    permutations: int,
    seed: int | np.random.SeedSequence,
    tolerance: float | None = None,
) -> PermutationCounts:
    """Count the draws at or above, and at or below, each area's neighbour sum.

    Parameters
    ----------
    z
        Values, shape (n,), finite; any unit and origin, as counts do not depend on them.
    indptr, indices
        The graph in compressed rows, as in `spatial.weights.Neighbours`.
    permutations
        R, at least 1.
    seed
        Blocks of draws come from `SeedSequence(seed, spawn_key=(PERMUTATION_STAGE, block))`, or
        from the sequence given with the block's number added to its key. The counts are the same
        however many blocks are worked on at once.
    tolerance
        Sums this close are equal. By default the largest error that rounding can leave in a sum
        of z: two equal sums added in another order must not be told apart, for with counts or
        repeated values ties are common and each belongs in both tails.

    Raises
    ------
    StatisticsError
        Where z is not finite or does not fit the graph, or permutations is below 1.
    """
    n = indptr.size - 1
    if z.shape != (n,):
        raise StatisticsError(f"z: {z.size} values for a graph of {n} areas")
    if not np.isfinite(z).all():
        row = int(np.flatnonzero(~np.isfinite(z))[0])
        raise StatisticsError(f"z: row {row} is {z[row]}; leave the area out of the statistic")
    if permutations < 1:
        raise StatisticsError(f"permutations: {permutations} is below 1")
    k = np.diff(indptr)
    greater, less, draws = (np.zeros(n, dtype=np.int64) for _ in range(3))
    widest = int(k.max(initial=0))
    if widest == 0:
        return PermutationCounts(greater, less, draws)
    if widest > n - 1:
        raise StatisticsError(f"graph: an area has {widest} neighbours among {n} areas")
    # A common shift leaves every comparison as it is and keeps rounding small.
    centred = z - z.mean()
    observed = neighbour_sums(centred, indptr, indices)
    slack = rounding_slack(centred, widest) if tolerance is None else tolerance
    low, high = observed - slack, observed + slack
    # Areas ordered by k, then by sum: sorted look-ups walk through memory instead of jumping.
    by_sum = np.lexsort((observed, k))
    firsts = np.searchsorted(k[by_sum], np.arange(widest + 2))
    groups = {
        size: by_sum[firsts[size] : firsts[size + 1]]
        for size in range(1, widest + 1)
        if firsts[size] < firsts[size + 1]
    }
    for sample in sample_blocks(n, widest, permutations, seed):
        sums = centred[sample]
        for column in range(1, widest):  # a running sum; numpy's own over rows is much slower
            sums[column] += sums[column - 1]
        _take_out_own(sample, sums, k, low, high, greater, less, draws)
        for size, areas in groups.items():
            null = np.sort(sums[size - 1])
            greater[areas] += null.size - np.searchsorted(null, low[areas], side="left")
            less[areas] += np.searchsorted(null, high[areas], side="right")
            draws[areas] += null.size
    return PermutationCounts(greater, less, draws)


def sample_blocks(
    n: int, size: int, permutations: int, seed: int | np.random.SeedSequence
) -> Iterator[npt.NDArray[np.int32]]:
    """Yield blocks of ordered samples of `size` out of n areas without replacement.

    Yields
    ------
    numpy.ndarray
        Shape (size, draws in this block), each column a draw; 16,384 draws a block but the last.
        The last block is the beginning of a full one, so fewer permutations are the first of more.
    """
    for block, start in enumerate(range(0, permutations, _BLOCK)):
        rng = np.random.default_rng(_block_seed(seed, block))
        yield ordered_samples(n, size, _BLOCK, rng)[:, : permutations - start]


def ordered_samples(
    n: int, size: int, draws: int, rng: np.random.Generator
) -> npt.NDArray[np.int32]:
    """Draw ordered samples of `size` distinct numbers below n; shape (size, draws).

    A Fisher-Yates shuffle stopped after `size` steps, for all draws at once. Step c swaps position
    c with a random position at or after it. Instead of a table of n positions a draw, the swaps so
    far are followed backwards to find what stands there: about size^2 / 2 comparisons, with no
    rejection, so that `size` may be n. For long samples whole rows are shuffled instead.
    """
    if size * size > _LONG * n:
        step = max(1, 4_000_000 // n)  # whole rows of a few draws at a time, to bound memory
        parts = [
            rng.permuted(
                np.tile(np.arange(n, dtype=np.int32), (min(step, draws - done), 1)), axis=1
            )
            for done in range(0, draws, step)
        ]
        return np.concatenate([part[:, :size].T for part in parts], axis=1)
    chosen = np.empty((size, draws), dtype=np.int32)
    swapped = np.empty((size, draws), dtype=np.int32)
    for c in range(size):
        swapped[c] = rng.integers(c, n, size=draws, dtype=np.int32)
        position = swapped[c].copy()
        for earlier in range(c - 1, -1, -1):
            # Swap `earlier` moved what stood at position `earlier` to this one.
            position[position == swapped[earlier]] = earlier
        chosen[c] = position
    return chosen


def rounding_slack(z: FloatArray, size: int) -> float:
    """Return the most that rounding can part two equal sums of up to `size` values of z.

    Each of size additions errs by at most eps/2 of a partial sum, which is at most size x max|z|;
    both sums err, and the values themselves were rounded when they were computed. The factor 4
    covers these; two different sums fall this close with a chance of about 1e-12.
    """
    return float(4.0 * np.finfo(np.float64).eps * size * size * np.abs(z).max(initial=0.0))


def pseudo_p(counts: PermutationCounts, alternative: Alternative = "two-sided") -> FloatArray:
    """Turn counts into pseudo p-values; NaN where there are no draws.

    Two-sided is min(1, 2 (min(greater, less) + 1) / (R_i + 1)); one-sided (count + 1) / (R_i + 1).
    The observed value counts as one draw, so p is never 0 (Davison and Hinkley 1997, eq. 4.11).
    Half of the two-sided value, a common default, calls 10 % of areas significant at 5 %.
    """
    if alternative == "two-sided":
        extreme = 2 * (np.minimum(counts.greater, counts.less) + 1)
    elif alternative == "greater":
        extreme = counts.greater + 1
    elif alternative == "less":
        extreme = counts.less + 1
    else:
        raise StatisticsError(f"alternative: {alternative!r} is not two-sided, greater or less")
    p = np.minimum(1.0, extreme / (counts.draws + 1.0))
    return np.where(counts.draws > 0, p, np.nan)


def benjamini_hochberg(p: FloatArray) -> FloatArray:
    """Return step-up adjusted p-values (q) of Benjamini and Hochberg (1995).

    Parameters
    ----------
    p
        Shape (m,). NaN marks a test that was not made: it does not count, and its q is NaN.
    """
    q = np.full(p.shape, np.nan)
    made = np.flatnonzero(~np.isnan(p))
    order = made[np.argsort(p[made], kind="stable")]
    scaled = p[order] * (made.size / np.arange(1, made.size + 1))
    q[order] = np.minimum(1.0, np.minimum.accumulate(scaled[::-1])[::-1])
    return q


def _block_seed(seed: int | np.random.SeedSequence, block: int) -> np.random.SeedSequence:
    if isinstance(seed, np.random.SeedSequence):
        return np.random.SeedSequence(seed.entropy, spawn_key=(*seed.spawn_key, block))
    return np.random.SeedSequence(seed, spawn_key=(PERMUTATION_STAGE, block))


def _take_out_own(
    sample: npt.NDArray[np.int32],
    sums: FloatArray,
    k: IntArray,
    low: FloatArray,
    high: FloatArray,
    greater: IntArray,
    less: IntArray,
    draws: IntArray,
) -> None:
    """Subtract, in place, the draws whose first k columns hold the area itself."""
    n = k.size
    for column, areas in enumerate(sample):
        own = np.flatnonzero(k[areas] > column)
        held = areas[own]
        null = sums[k[held] - 1, own]
        # One histogram for both questions: row 2 x "at or above" + "at or below", an area's column.
        answer = held + n * (2 * (null >= low[held]) + (null <= high[held]))
        _, below, above, equal = np.bincount(answer, minlength=4 * n).reshape(4, n)
        greater -= above + equal
        less -= below + equal
        draws -= above + below + equal
