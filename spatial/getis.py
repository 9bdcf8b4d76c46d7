"""Getis and Ord's local Gi and Gi*: where high values, or low ones, lie together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from spatial.blocks import SERIAL, BlockMap
from spatial.errors import StatisticsError
from spatial.esda_engine import esda_gi_star_counts
from spatial.further_seeds import p_bounds
from spatial.gi_bins import gi_bins, gi_labels, gi_level
from spatial.local_tests import (
    AGREEMENT_STAGE,
    SEEDS_CHECKED,
    Correction,
    check_test,
    checked_values,
    corrected,
    is_rare,
    of_reported,
    report_mask,
    standardised,
    why_not_tested,
    within_reach,
)
from spatial.neighbour_sums import neighbour_sums
from spatial.permutation import (
    Alternative,
    PermutationCounts,
    conditional_counts_of_maps,
    pseudo_p,
)
from spatial.shared_draws import SharedDraws
from spatial.weights import Neighbours

__all__ = [
    "LocalG",
    "getis_ord_z",
    "local_g",
    "local_g_of_maps",
]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]
TextArray = npt.NDArray[np.str_]
Weights = Literal["binary", "row-standardised"]


@dataclass(frozen=True, slots=True, eq=False)
class LocalG:
    """Gi or Gi* of every area of the graph; arrays have shape (n,), in the order of `codes`.

    Attributes
    ----------
    codes
        Area codes, sorted.
    value
        sum_j w_ij y_j in the unit of y: the mean over the neighbours with row-standardised weights,
        their sum with binary ones; for Gi* the area itself is one of them. NaN for an island.
    z
        Standardised Gi or Gi* (see `getis_ord_z`); NaN for an island and for a constant variable.
    p
        Conditional pseudo p-value, two-sided unless asked otherwise; NaN where no test was made.
    q
        Benjamini-Hochberg adjusted p over the reported areas (p itself with correction "none");
        NaN outside them.
    bin
        3, 2, 1 for a hot spot at 99, 95, 90 % (q at most .01, .05, .10), negative for a cold spot,
        0 for neither; NaN where q is. ArcGIS's Gi_Bin, by q.
    raw_bin
        The same by p, without correction: weaker evidence.
    label
        `bin` in words: one of `spatial.gi_bins.GI_LABELS`.
    permutations, seed
        As asked for.
    inference
        Empty, or why no test was made, in words for the page.
    agreement
        Share of further seeds that give the published label; NaN where none were run or the area
        has no test. Only labels that another seed can change, to a chance of 1e-14, are run again.
    star
        Whether it is Gi* (the area itself included).
    """

    codes: tuple[str, ...]
    value: FloatArray
    z: FloatArray
    p: FloatArray
    q: FloatArray
    bin: FloatArray
    raw_bin: FloatArray
    label: TextArray
    permutations: int
    seed: int
    inference: str
    agreement: FloatArray
    star: bool


def getis_ord_z(
    y: FloatArray, indptr: IntArray, indices: IntArray, *, star: bool = True
) -> FloatArray:
    """Standardise Gi or Gi* (Getis and Ord 1992, Ord and Getis 1995).

    With equal weights in a row, W of them in all: Z = (sum - W m) / (s sqrt(W (N - W) / (N - 1))).
    For Gi* the sum, mean m and population standard deviation s take area i in, N = n and W is one
    more than its neighbours; for Gi all of them leave it out and N = n - 1. A common factor on the
    weights of a row cancels, so binary and row-standardised weights give the same Z. (A peer's
    row-standardised Z is another number: its variance takes the sum of the squared weights to be
    the sum of the weights, which holds for binary weights alone.)

    Parameters
    ----------
    y
        Shape (n,), finite; any unit and origin, as Z does not depend on them.
    indptr, indices
        The graph in compressed rows, as in `spatial.weights.Neighbours`.
    star
        Gi* rather than Gi.

    Returns
    -------
    numpy.ndarray
        Z, shape (n,). NaN for an area without neighbours; where the values that are counted do not
        vary; and where the area is a neighbour of all others, so that no other sum is possible.
    """
    n = y.size
    if n < 3:
        return np.full(n, np.nan)
    k = np.diff(indptr)
    y, _ = within_reach(y)
    # Around the median, one extreme value does not swallow the digits of the others.
    centred = y - np.median(y)
    sums = neighbour_sums(centred, indptr, indices)
    ordered = np.sort(y)
    low, high = np.full(n, ordered[0]), np.full(n, ordered[-1])
    if star:
        count, sums, within = n, sums + centred, k + 1
        mean = np.full(n, centred.sum() / n)
        square = np.full(n, ((centred - mean) ** 2).sum() / n)
    else:
        count, within = n - 1, k
        mean = _sum_of_others(centred) / count
        square = _sum_of_others(centred**2) / count - mean**2
        low[int(np.argmin(y))], high[int(np.argmax(y))] = ordered[1], ordered[-2]
    varies = high - low > 8 * np.finfo(np.float64).eps * np.abs(y).max()
    variance = square * within * (count - within) / (count - 1)
    defined = varies & (k > 0) & (variance > 0)
    z = np.full(n, np.nan)
    z[defined] = (sums - within * mean)[defined] / np.sqrt(variance[defined])
    return z


def local_g(
    y: npt.ArrayLike,
    neighbours: Neighbours,
    *,
    star: bool = True,
    weights: Weights = "row-standardised",
    report: npt.ArrayLike | None = None,
    permutations: int = 99_999,
    correction: Correction = "benjamini-hochberg",
    alternative: Alternative = "two-sided",
    seed: int = 0,
    engine: Literal["exact", "esda"] = "exact",
    seeds_checked: int = SEEDS_CHECKED,
    events: float | None = None,
    counts: PermutationCounts | None = None,
    shared: SharedDraws | None = None,
    blocks: BlockMap = SERIAL,
) -> LocalG:
    """Find hot and cold spots of `y` by Gi* or Gi and conditional permutation.

    Area i keeps its value and its neighbours are drawn from the other areas, as for local Moran's
    I. The held value adds the same to every draw of Gi*, so that Gi, Gi* and the draws of Moran's I
    order alike and the three have equal p-values; they differ in Z and in what is called hot.

    Parameters
    ----------
    y
        Shape (n,), in the order of `neighbours.codes`, finite. For rates: `assuncao_reis`.
    neighbours
        The graph, study area and ring. Sorted codes make the result free of the order of rows.
    star
        Gi*, with the area itself at the same weight as a neighbour; False for Gi.
    weights
        "row-standardised" or "binary". Only `value` depends on it.
    report
        True for the areas that are published, shape (n,); all by default. The others lend their
        values; they are not corrected for, and get no label.
    permutations
        R. With Benjamini-Hochberg, 999 cannot flag fewer than 9 of 223 areas at 5 %.
    correction
        "benjamini-hochberg" over the reported areas, or "none".
    alternative
        "two-sided", "greater" (hot spots alone) or "less" (cold spots alone).
    seed
        Equal seeds give equal results.
    engine
        "exact" is ours; "esda" runs the peer's loop for Gi*, slowly, as a second opinion.
    seeds_checked
        Further seeds whose labels are compared with the published ones; 0 for none.
    events
        Number of events of the reported areas behind `y`, where it is a rate: below 50 no test is
        made, below one an area there are no cold spots (`local_tests.RARE_EVENTS`).
    counts
        What `conditional_moran_counts` gave for the same y, graph, permutations and seed, where it
        is at hand: the draws need not be made twice.
    shared
        As for `spatial.moran.local_moran`, of the same variable. The first to ask draws for most
        areas where it is this test, whose bins have three levels.
    blocks
        Where blocks of draws are counted; it makes no difference to the result.

    Raises
    ------
    StatisticsError
        Where y is not finite or of another length than the graph, or a setting is out of range.
    """
    values = checked_values(y, neighbours.codes)
    return local_g_of_maps(
        values[np.newaxis],
        neighbours,
        star=star,
        weights=weights,
        report=report,
        permutations=permutations,
        correction=correction,
        alternative=alternative,
        seed=seed,
        engine=engine,
        seeds_checked=seeds_checked,
        events=None if events is None else [events],
        counts=None if counts is None else [counts],
        shared=shared,
        blocks=blocks,
    )[0]


def local_g_of_maps(
    maps: FloatArray,
    neighbours: Neighbours,
    *,
    star: bool = True,
    weights: Weights = "row-standardised",
    report: npt.ArrayLike | None = None,
    permutations: int = 99_999,
    correction: Correction = "benjamini-hochberg",
    alternative: Alternative = "two-sided",
    seed: int = 0,
    engine: Literal["exact", "esda"] = "exact",
    seeds_checked: int = 0,
    events: Sequence[float] | None = None,
    counts: Sequence[PermutationCounts] | None = None,
    shared: SharedDraws | None = None,
    blocks: BlockMap = SERIAL,
) -> tuple[LocalG, ...]:
    """Run `local_g` on several maps of one graph with the same draws: each has the result it would.

    Parameters
    ----------
    maps
        Shape (maps, n): for example one row a month.
    events, counts
        One a map, or None.
    shared
        As for `local_g`, of the same maps.
    blocks
        Where blocks of draws are counted; it makes no difference to the result.

    Raises
    ------
    StatisticsError
        As `local_g`.
    """
    reported = report_mask(report, neighbours.n)
    if weights not in ("binary", "row-standardised"):
        raise StatisticsError(f"weights: {weights!r} is not binary or row-standardised")
    check_test(correction=correction, permutations=permutations)
    if alternative not in ("two-sided", "greater", "less"):
        raise StatisticsError(f"alternative: {alternative!r} is not two-sided, greater or less")
    if engine not in ("exact", "esda") or (engine == "esda" and not star):
        raise StatisticsError(f"engine: {engine!r}; give exact, or for Gi* esda")
    for name, given in (("events", events), ("counts", counts)):
        if given is not None and len(given) != len(maps):
            raise StatisticsError(f"{name}: {len(given)} of them for {len(maps)} maps")
    checked = [checked_values(row, neighbours.codes) for row in maps]
    has = neighbours.cardinalities > 0
    z = [getis_ord_z(y, neighbours.indptr, neighbours.indices, star=star) for y in checked]
    variables = [standardised(y) for y in checked]
    reasons = [
        why_not_tested(variable, has, None if events is None else events[which])
        for which, variable in enumerate(variables)
    ]
    tested = [which for which, reason in enumerate(reasons) if not reason]
    rare = [is_rare(None if events is None else events[i], reported) for i in range(len(maps))]
    widest = int(neighbours.cardinalities.max(initial=0))
    standard = np.array([variables[which].z for which in tested]).reshape(-1, neighbours.n)
    slack = np.array([variables[which].slack(widest) for which in tested])

    def drawn(
        key: np.random.SeedSequence | int, only: BoolArray | None
    ) -> tuple[PermutationCounts, ...]:
        return conditional_counts_of_maps(
            standard, neighbours.indptr, neighbours.indices,
            permutations=permutations, seed=key, tolerance=slack, only=only, blocks=blocks,
        )  # fmt: skip

    def draw(
        key: np.random.SeedSequence | int, only: BoolArray | None = None
    ) -> Sequence[PermutationCounts]:
        if engine == "esda":
            return [
                esda_gi_star_counts(checked[i], neighbours, permutations=permutations, seed=key)
                for i in tested
            ]
        return (shared or SharedDraws()).counts(key, only, drawn)

    def adjusted(p: FloatArray) -> FloatArray:
        return corrected(p, reported, correction)

    def read(drawn: Sequence[PermutationCounts]) -> list[_Tested]:
        return [
            _read(z[which], found, reported, correction, alternative, hot_alone=rare[which])
            for which, found in zip(tested, drawn, strict=True)
        ]

    first = draw(seed) if counts is None else [counts[which] for which in tested]
    published = dict(zip(tested, read(first), strict=True))
    nothing = np.full(neighbours.n, np.nan)
    agreement: dict[int, FloatArray] = {}
    if seeds_checked and tested:
        ends = {
            which: p_bounds(found.p, neighbours.cardinalities, permutations, alternative)
            for which, found in published.items()
        }
        # Where both ends have a level so does the side: its tail stays the small one of the two.
        is_open = {
            which: gi_level(adjusted(low)) != gi_level(adjusted(high))
            for which, (low, high) in ends.items()
        }
        some = np.any(list(is_open.values()), axis=0)
        same = {which: [np.ones(neighbours.n, dtype=bool)] for which in tested}
        for check in range(seeds_checked if some.any() else 0):
            key = np.random.SeedSequence(seed, spawn_key=(AGREEMENT_STAGE, check))
            for which, again in zip(tested, draw(key, some), strict=True):
                p = np.where(is_open[which], pseudo_p(again, alternative), ends[which][1])
                bins = gi_bins(z[which], again, adjusted(p), hot_alone=rare[which])
                held = bins == published[which].bin
                same[which].append(held | ~is_open[which])
        agreement = {
            which: np.where(
                np.isnan(published[which].bin), np.nan, np.mean(held[-seeds_checked:], axis=0)
            )
            for which, held in same.items()
        }
    untested = _Tested(nothing, nothing, nothing, nothing)
    results = []
    for which, y in enumerate(checked):
        found = published.get(which, untested)
        results.append(
            LocalG(
                codes=neighbours.codes,
                value=_local_value(y, neighbours, star=star, weights=weights),
                z=z[which],
                p=found.p,
                q=found.q,
                bin=found.bin,
                raw_bin=found.raw_bin,
                label=gi_labels(found.bin, has),
                permutations=permutations,
                seed=seed,
                inference=reasons[which],
                agreement=agreement.get(which, nothing),
                star=star,
            )
        )
    return tuple(results)


@dataclass(frozen=True, slots=True)
class _Tested:
    """What one set of draws says of one map."""

    p: FloatArray
    q: FloatArray
    bin: FloatArray
    raw_bin: FloatArray


def _read(
    z: FloatArray,
    counts: PermutationCounts,
    reported: BoolArray,
    correction: Correction,
    alternative: Alternative,
    *,
    hot_alone: bool,
) -> _Tested:
    """Turn counts into p, q and bins; a one-sided test sees one side alone."""
    p = pseudo_p(counts, alternative)
    q, inside = corrected(p, reported, correction), of_reported(p, reported)
    bins, raw = (gi_bins(z, counts, level, hot_alone=hot_alone) for level in (q, inside))
    return _Tested(p, q, bins, raw)


def _local_value(
    y: FloatArray, neighbours: Neighbours, *, star: bool, weights: Weights
) -> FloatArray:
    """Return sum_j w_ij y_j; NaN for an island."""
    k = neighbours.cardinalities
    near, power = within_reach(y)
    total = neighbour_sums(near, neighbours.indptr, neighbours.indices) + (near if star else 0.0)
    if weights == "row-standardised":
        total = total / np.maximum(1, k + int(star))
    with np.errstate(over="ignore"):  # the sum of the largest numbers is infinite
        return np.where(k > 0, np.ldexp(total, power), np.nan)


def _sum_of_others(values: FloatArray) -> FloatArray:
    """Return, for each entry, the sum of all others, without subtracting it from the total."""
    before = np.concatenate([[0.0], np.cumsum(values)[:-1]])
    after = np.concatenate([np.cumsum(values[::-1])[::-1][1:], [0.0]])
    return np.asarray(before + after, dtype=np.float64)
