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

from functools import partial
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from spatial.block_counts import DrawRequest, count_block, laid_out
from spatial.blocks import SERIAL, BlockMap
from spatial.errors import StatisticsError
from spatial.neighbour_sums import areas_of_graph, by_cardinality, neighbour_sums
from spatial.samples import block_count

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
    blocks: BlockMap = SERIAL,
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
    blocks
        Where blocks of 16,384 draws are counted; the counts are the same wherever it is.

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
        blocks=blocks,
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
    blocks: BlockMap = SERIAL,
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
    only, sums, blocks
        As for `conditional_moran_counts`; the first two of shapes (n,) and (maps, n).

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
    areas = areas_of_graph(indptr, indices) if only is None else by_cardinality(k)
    layouts = []
    for which, row in enumerate(maps):
        # A common shift leaves every comparison as it is and keeps rounding small.
        centred = row - row.mean() if sums is None else row
        observed = neighbour_sums(centred, indptr, indices) if sums is None else sums[which]
        slack = rounding_slack(centred, widest) if tolerance is None else float(tolerance[which])
        layouts.append(laid_out(centred, observed, areas, slack))
    request = DrawRequest(n, widest, permutations, seed)
    count = partial(count_block, tuple(layouts), request, k, whole)
    counts = blocks.map(count, range(block_count(permutations)))
    totals = next(counts)
    for counted in counts:
        for total, of_block in zip(totals, counted, strict=True):
            np.add(total, of_block, out=total)
    return tuple(PermutationCounts(*total) for total in totals)


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
        tail, sides = np.minimum(counts.greater, counts.less), 2.0
    elif alternative == "greater":
        tail, sides = counts.greater, 1.0
    elif alternative == "less":
        tail, sides = counts.less, 1.0
    else:
        raise StatisticsError(f"alternative: {alternative!r} is not two-sided, greater or less")
    p = np.asarray(tail + 1.0, dtype=np.float64)
    p *= sides
    p /= counts.draws + 1.0
    np.minimum(p, 1.0, out=p)
    p[counts.draws == 0] = np.nan
    return p


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
    falling = _falling(values)
    scaled = values.take(falling)
    scaled *= made.size / np.arange(made.size, 0, -1)
    q[made.take(falling)] = np.minimum(1.0, np.minimum.accumulate(scaled))
    return q


def _falling(values: FloatArray) -> npt.NDArray[np.intp]:
    """Return the order in which values, p from 0 to 1, fall. Shape (m,)."""
    # Sixteen bits are put in order by counting: the lower half of 32-bit keys, then the upper.
    top = np.iinfo(np.uint32).max
    keys = (top - top * np.minimum(np.maximum(values, 0.0), 1.0)).astype(np.uint32)
    falling = np.argsort(keys.astype(np.uint16), kind="stable")
    falling = falling.take(np.argsort((keys >> 16).astype(np.uint16).take(falling), kind="stable"))
    ordered = values.take(falling)
    if (ordered[1:] > ordered[:-1]).any():  # closer than a key tells apart
        falling = falling.take(np.argsort(-ordered, kind="stable"))
    return falling
