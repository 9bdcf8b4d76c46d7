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

import threading
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from spatial.errors import StatisticsError
from spatial.null_counts import tail_counts
from spatial.own_draws import OwnDraws, own_draws
from spatial.samples import sample_blocks
from spatial.weights import neighbour_sums

__all__ = [
    "PermutationCounts",
    "benjamini_hochberg",
    "conditional_counts_of_maps",
    "conditional_moran_counts",
    "pseudo_p",
    "times_own_value",
]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
Alternative = Literal["two-sided", "greater", "less"]


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
    sums: FloatArray | None = None,
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
        Blocks of draws come from `SeedSequence(seed, spawn_key=(PERMUTATION_STAGE, block))`
        (`spatial.samples`), or from the sequence given with the block's number added to its key.
        The counts are the same however many blocks are worked on at once.
    tolerance
        Sums this close are equal. By default the largest error that rounding can leave in a sum
        of z: two equal sums added in another order must not be told apart, for with counts or
        repeated values ties are common and each belongs in both tails.
    only
        Areas to count for, shape (n,); all by default. Their counts do not depend on it, those of
        the others are 0.
    sums
        The neighbours' sums of z, shape (n,), where they are known and z has a mean near 0.

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
        sums=None if sums is None else sums[np.newaxis],
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
    sums: FloatArray | None = None,
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
    only, sums
        As for `conditional_moran_counts`; shapes (n,) and (maps, n).

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
    widest = int(k.max(initial=0))
    whole = k
    if only is not None:
        k = np.where(only, k, 0)
    if not k.any():
        nothing = np.zeros((3, n), dtype=np.int64)
        return tuple(PermutationCounts(*nothing.copy()) for _ in maps)
    if widest > n - 1:
        raise StatisticsError(f"graph: an area has {widest} neighbours among {n} areas")
    tests = []
    for which, row in enumerate(maps):
        # A common shift leaves every comparison as it is and keeps rounding small.
        centred = row - row.mean() if sums is None else row
        observed = neighbour_sums(centred, indptr, indices) if sums is None else sums[which]
        slack = None if tolerance is None else float(tolerance[which])
        tests.append(_Test(centred, observed, k, widest, slack))
    for sample in sample_blocks(n, widest, permutations, seed):
        drawn = sample[: int(k.max())]  # only these columns are looked up
        places, running = _workspace(drawn.shape)
        places[:] = drawn  # full-width positions are looked up twice as fast
        own = own_draws(sample, places, k, whole)
        for test in tests:
            test.count(places, own, running)
    return tuple(test.counts() for test in tests)


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


def times_own_value(counts: PermutationCounts, z: FloatArray) -> PermutationCounts:
    """Turn counts of the neighbours' sum into counts of that sum times the area's own value.

    Local Moran's I is such a product: where `z`, shape (n,), is below 0, the highest sums make the
    lowest I. One-sided p-values of I need this; two-sided ones are the same with or without it.
    """
    below = z < 0
    return PermutationCounts(
        np.where(below, counts.less, counts.greater),
        np.where(below, counts.greater, counts.less),
        counts.draws,
    )


def benjamini_hochberg(p: FloatArray) -> FloatArray:
    """Return step-up adjusted p-values (q) of Benjamini and Hochberg (1995).

    Parameters
    ----------
    p
        Shape (m,). NaN marks a test that was not made: it does not count, and its q is NaN.
    """
    q = np.full(p.shape, np.nan)
    made = (~np.isnan(p)).nonzero()[0]
    values = p.take(made)
    # Sixteen-bit bins are sorted by counting; what they leave in disorder takes little more.
    bins = 65_535.0 - 65_535.0 * np.minimum(np.maximum(values, 0.0), 1.0)
    falling = np.argsort(bins.astype(np.uint16), kind="stable")
    falling = falling.take(np.argsort(-values.take(falling), kind="stable"))
    scaled = values.take(falling)
    scaled *= made.size / np.arange(made.size, 0, -1)
    q[made.take(falling)] = np.minimum(1.0, np.minimum.accumulate(scaled))
    return q


class _Test:
    """One map laid out for counting: areas in order of k, so that those of one k stand together."""

    def __init__(
        self,
        centred: FloatArray,
        observed: FloatArray,
        k: IntArray,
        widest: int,
        tolerance: float | None,
    ) -> None:
        slack = rounding_slack(centred, widest) if tolerance is None else tolerance
        self.centred = centred
        self.low, self.high = observed - slack, observed + slack
        # The widest that a tie can be: a rounded difference never falls when the true one rises.
        self.tie = float((self.high - self.low).max())
        narrow = k.astype(np.uint16) if widest <= np.iinfo(np.uint16).max else k
        self.order = np.argsort(narrow, kind="stable")
        self.ends = np.cumsum(np.bincount(k, minlength=widest + 1)).tolist()
        self.lowest, self.highest = self.low.take(self.order), self.high.take(self.order)
        self.above, self.below = (np.zeros(k.size, dtype=np.int64) for _ in range(2))
        # Those of the draws that hold the area itself, in the order of the areas.
        self.own_above, self.own_below, self.own = (
            np.zeros(k.size, dtype=np.int64) for _ in range(3)
        )
        self.drawn = 0

    def count(self, sample: npt.NDArray[np.intp], own: OwnDraws, sums: FloatArray) -> None:
        """Count a block of draws. `sums` has the shape of `sample` and is written over."""
        self.centred.take(sample, out=sums, mode="clip")  # no position is outside
        for column in range(1, len(sums)):  # a running sum; numpy's own over rows is much slower
            sums[column] += sums[column - 1]
        self._count_own(sums, own)
        self.drawn += sums.shape[1]
        for size, null in enumerate(sums, start=1):
            here = slice(self.ends[size - 1], self.ends[size])
            if here.start < here.stop:
                above, below = tail_counts(null, self.lowest[here], self.highest[here])
                self.above[here] += above
                self.below[here] += below

    def counts(self) -> PermutationCounts:
        """Return the counts without each area's own draws, in the order of the areas."""
        greater, less, draws = (np.empty(self.order.size, dtype=np.int64) for _ in range(3))
        greater[self.order], less[self.order] = self.above, self.below
        draws[:] = self.drawn
        draws[self.order[: self.ends[0]]] = 0  # nothing is counted for an area without neighbours
        greater -= self.own_above
        less -= self.own_below
        draws -= self.own
        return PermutationCounts(greater, less, draws)

    def _count_own(self, sums: FloatArray, own: OwnDraws) -> None:
        """Count the draws whose first k columns hold the area itself."""
        flat, lower, tied = sums.ravel(), [], []
        for held, where in zip(own.whose, own.where, strict=True):
            null = flat.take(where)
            over = null - self.low.take(held)
            lower.append(held.compress(over < 0.0))
            # At or above the lower bound by so little: these few are compared as they are.
            near = (np.abs(over) <= self.tie).nonzero()[0]
            if near.size:
                close, area = null.take(near), held.take(near)
                tied.append(area[(close >= self.low[area]) & (close <= self.high[area])])
        n = self.own.size
        below = np.bincount(np.concatenate(lower), minlength=n)
        self.own_above += own.number - below
        self.own_below += below
        if tied:
            self.own_below += np.bincount(np.concatenate(tied), minlength=n)
        self.own += own.number
