"""The exact conditional permutation null, shared between areas and maps. Arrays in, arrays out.

Hold area i and draw its k neighbours from the other n - 1 areas (Anselin 1995). The null sum of
the neighbours' values depends on k and on which area is held, on nothing else. So R ordered samples
of K = max k areas are drawn once, without replacement, for all areas: the first k columns of a draw
are a uniform ordered sample of size k for every k at once, and running sums give every null sum. An
area's two counts are two binary searches in the sorted sums of its k. Draws whose first k columns
hold the area itself do not belong to its null; they are found from the draws and taken out one by
one, which leaves exactly the conditional null with R_i = R - (draws that hold i).

Exact for weights that are equal within a row (row-standardised or binary), where the sum over the
neighbours orders the draws as the statistic does. That holds for local Moran's I and for Gi and Gi*
alike: what they add to the sum of the neighbours, or multiply it by, is held with area i.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from spatial.errors import StatisticsError
from spatial.null_counts import tail_counts
from spatial.weights import neighbour_sums

__all__ = [
    "PERMUTATION_STAGE",
    "PermutationCounts",
    "benjamini_hochberg",
    "conditional_counts_of_maps",
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


_KEPT_BYTES = 8_000_000
"""Draws up to this size are kept, for the eight latest requests: 463 areas, 99,999 draws, 6 seeds.
Another map or weight on the same areas meets the same draws, and drawing them takes longest."""

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
    only: npt.NDArray[np.bool_] | None = None,
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
    only
        Areas to count for, shape (n,); all by default. Their counts do not depend on it, those of
        the others are 0.

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
    return conditional_counts_of_maps(
        z[np.newaxis],
        indptr,
        indices,
        permutations=permutations,
        seed=seed,
        tolerance=None if tolerance is None else np.array([tolerance]),
        only=only,
    )[0]


def conditional_counts_of_maps(
    maps: FloatArray,
    indptr: IntArray,
    indices: IntArray,
    *,
    permutations: int,
    seed: int | np.random.SeedSequence,
    tolerance: FloatArray | None = None,
    only: npt.NDArray[np.bool_] | None = None,
) -> tuple[PermutationCounts, ...]:
    """Count as `conditional_moran_counts` does, for several variables on one graph.

    Every map is tested against the same draws: each has the counts it would have alone, for less
    work. Their Monte-Carlo errors are therefore not independent of one another.

    Parameters
    ----------
    maps
        Values, shape (maps, n), finite: for example one row a month.
    tolerance
        One for each map, shape (maps,); see `conditional_moran_counts`.
    only
        Areas to count for, shape (n,); see `conditional_moran_counts`.

    Raises
    ------
    StatisticsError
        Where maps are not finite or do not fit the graph, or permutations is below 1.
    """
    n = indptr.size - 1
    if maps.ndim != 2 or maps.shape[1] != n:
        raise StatisticsError(f"maps: shape {maps.shape} for a graph of {n} areas")
    if not np.isfinite(maps).all():
        which, row = np.argwhere(~np.isfinite(maps))[0].tolist()
        raise StatisticsError(
            f"maps: row {row} of map {which} is {maps[which, row]}; "
            "leave the area out of the statistic"
        )
    if permutations < 1:
        raise StatisticsError(f"permutations: {permutations} is below 1")
    k = np.diff(indptr)
    results = tuple(
        PermutationCounts(*(np.zeros(n, dtype=np.int64) for _ in range(3))) for _ in maps
    )
    widest = int(k.max(initial=0))
    if widest == 0 or not results:
        return results
    if widest > n - 1:
        raise StatisticsError(f"graph: an area has {widest} neighbours among {n} areas")
    if only is not None:
        k = np.where(only, k, 0)
        if not k.any():
            return results
    tests = [
        _Test(row, k, indptr, indices, widest, None if tolerance is None else tolerance[which])
        for which, row in enumerate(maps)
    ]
    for sample in sample_blocks(n, widest, permutations, seed):
        # Full-width positions are looked up twice as fast, and only these columns are.
        places = sample[: int(k.max())].astype(np.intp)
        own = _own_draws(places, k)
        for test, counts in zip(tests, results, strict=True):
            test.count(places, own, counts)
    return results


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
    if 4 * size * permutations > _KEPT_BYTES:
        for block in range(-(-permutations // _BLOCK)):
            yield _sample_block(n, size, permutations, block, _block_seed(seed, block))
        return
    first = _block_seed(seed, 0)
    entropy = first.entropy
    if not isinstance(entropy, int | None):
        entropy = tuple(entropy)
    yield from _kept_blocks(n, size, permutations, entropy, tuple(first.spawn_key[:-1]))


def _sample_block(
    n: int, size: int, permutations: int, block: int, seed: np.random.SeedSequence
) -> npt.NDArray[np.int32]:
    rng = np.random.default_rng(seed)
    return ordered_samples(n, size, _BLOCK, rng)[:, : permutations - block * _BLOCK]


@lru_cache(maxsize=8)
def _kept_blocks(
    n: int,
    size: int,
    permutations: int,
    entropy: int | tuple[int, ...] | None,
    key: tuple[int, ...],
) -> tuple[npt.NDArray[np.int32], ...]:
    """Draw once what the same request would draw again: the draws depend on nothing else."""
    seed = np.random.SeedSequence(entropy, spawn_key=key)
    blocks = []
    for block in range(-(-permutations // _BLOCK)):
        sample = _sample_block(n, size, permutations, block, _block_seed(seed, block))
        sample.setflags(write=False)
        blocks.append(sample)
    return tuple(blocks)


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


def _own_draws(sample: IntArray, k: IntArray) -> tuple[IntArray, IntArray]:
    """Find the draws that hold an area within its own first k: whose, and where its sum stands.

    Returns
    -------
    tuple
        The area of each, and the position of its null sum in the running sums laid flat.
    """
    draws = sample.shape[1]
    # One byte an area, where it fits, makes the look-up quicker.
    short = k.astype(np.uint8) if k.max(initial=0) < 256 else k
    whose, where = [], []
    for column, areas in enumerate(sample):
        own = np.flatnonzero(short.take(areas) > column)
        held = areas[own]
        whose.append(held)
        where.append((k[held] - 1) * draws + own)
    return np.concatenate(whose), np.concatenate(where)


class _Test:
    """One map laid out for counting: the shift, the bounds of a tie, areas grouped by k."""

    def __init__(
        self,
        z: FloatArray,
        k: IntArray,
        indptr: IntArray,
        indices: IntArray,
        widest: int,
        tolerance: float | None,
    ) -> None:
        # A common shift leaves every comparison as it is and keeps rounding small.
        self.centred = z - z.mean()
        observed = neighbour_sums(self.centred, indptr, indices)
        slack = rounding_slack(self.centred, widest) if tolerance is None else tolerance
        self.k, self.low, self.high = k, observed - slack, observed + slack
        # Areas ordered by k, then by sum: sorted look-ups walk through memory instead of jumping.
        by_sum = np.lexsort((observed, k))
        firsts = np.searchsorted(k[by_sum], np.arange(widest + 2))
        self.groups = {
            size: by_sum[firsts[size] : firsts[size + 1]]
            for size in range(1, widest + 1)
            if firsts[size] < firsts[size + 1]
        }

    def count(
        self,
        sample: IntArray,
        own: tuple[IntArray, IntArray],
        counts: PermutationCounts,
    ) -> None:
        """Add a block of draws to `counts`, in place, without each area's own draws."""
        sums = self.centred.take(sample)
        for column in range(1, len(sums)):  # a running sum; numpy's own over rows is much slower
            sums[column] += sums[column - 1]
        self._take_out(sums, own, counts)
        for size, areas in self.groups.items():
            above, below = tail_counts(sums[size - 1], self.low[areas], self.high[areas])
            counts.greater[areas] += above
            counts.less[areas] += below
            counts.draws[areas] += sums.shape[1]

    def _take_out(
        self, sums: FloatArray, own: tuple[IntArray, IntArray], counts: PermutationCounts
    ) -> None:
        """Subtract the draws whose first k columns hold the area itself."""
        n = self.k.size
        held, where = own
        null = sums.ravel()[where]
        # One histogram for both questions: row 2 x "at or above" + "at or below", an area's column.
        answer = held + n * (2 * (null >= self.low[held]) + (null <= self.high[held]))
        _, below, above, equal = np.bincount(answer, minlength=4 * n).reshape(4, n)
        counts.greater[:] -= above + equal
        counts.less[:] -= below + equal
        counts.draws[:] -= above + below + equal
