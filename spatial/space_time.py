"""Hot spots month by month: how long they last, where they are heading, and what to call that.

Each month is tested by itself for Gi* hot and cold spots; the sequence of an area's months is then
given one of the eight pattern names of ArcGIS Pro's Emerging Hot Spot Analysis, hot or cold.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from spatial.blocks import SERIAL, BlockMap
from spatial.errors import StatisticsError
from spatial.getis import local_g_of_maps
from spatial.local_tests import MORE_EVENTS, MORE_MONTHS, REACH_FURTHER, Correction, is_rare
from spatial.moran import assuncao_reis
from spatial.period import month_number
from spatial.sequences import FEWEST_MONTHS, classify_sequences, final_run, mann_kendall
from spatial.weights import Neighbours

__all__ = ["SpaceTime", "space_time"]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]
TextArray = npt.NDArray[np.str_]


@dataclass(frozen=True, slots=True, eq=False)
class SpaceTime:
    """Monthly hot and cold spots of n areas over m months, and the pattern of each area.

    Attributes
    ----------
    codes
        Area codes, sorted.
    months
        `YYYY-MM`, m of them.
    z, bin
        Gi* and its bin of every month (see `spatial.getis.LocalG`), shape (n, m); NaN in a month
        that was not tested for the area.
    covered_months, tested_months
        Months with data and a population, and those of them that could be tested; shape (n,).
    last_month
        The area's last tested month, the "final time step" of the patterns; "" where there is none.
    hot_share, cold_share
        Share of the tested months that are hot, or cold: persistence. NaN where none was tested.
    run
        Tested calendar months in a row, up to the last one, with the side it has: positive hot,
        negative cold, 0 neither.
    tau, trend_z, trend_p
        Mann-Kendall trend of Gi* over the tested months; NaN where not classified.
    pattern
        One of `spatial.sequences.PATTERNS`.
    reason
        Why an area is not classified, in words; "" where it is.
    month_inference
        For each month: empty, or why it was not tested.
    hot_only
        For each month: it was tested, and had under one event a reported area, so that no area is
        called cold in it (`local_tests.RARE_EVENTS`); shape (m,).
    permutations, seed
        As asked for.
    """

    codes: tuple[str, ...]
    months: tuple[str, ...]
    z: FloatArray
    bin: FloatArray
    covered_months: IntArray
    tested_months: IntArray
    last_month: TextArray
    hot_share: FloatArray
    cold_share: FloatArray
    run: IntArray
    tau: FloatArray
    trend_z: FloatArray
    trend_p: FloatArray
    pattern: TextArray
    reason: TextArray
    month_inference: tuple[str, ...]
    hot_only: BoolArray
    permutations: int
    seed: int


def space_time(
    events: npt.ArrayLike,
    population: npt.ArrayLike,
    neighbours: Neighbours,
    months: Sequence[str],
    *,
    covered: npt.ArrayLike | None = None,
    report: npt.ArrayLike | None = None,
    permutations: int = 99_999,
    alpha: float = 0.10,
    correction: Correction = "benjamini-hochberg",
    seed: int = 0,
    blocks: BlockMap = SERIAL,
) -> SpaceTime:
    """Test every covered month for Gi* hot and cold spots and name each area's pattern.

    The variable of a month is the Assuncao-Reis z of its events over the areas that it covers.
    Months are tested and corrected one by one, with neighbours in space and not in time: ArcGIS
    also pools a month with the one before, and its sequences are smoother for it.

    Parameters
    ----------
    events
        Shape (n, m), in the order of `neighbours.codes` and `months`; read in covered months only.
    population
        Shape (n,) or (n, m), people or person-years. Where 0 or NaN the area has no rate and takes
        no part.
    neighbours
        The graph, study area and ring.
    months
        `YYYY-MM`, rising. A month that is left out is a gap like one that is not covered.
    covered
        Shape (n, m): months with data for the area; all by default. No data is never zero events.
    report
        True for the areas that are published, shape (n,); all by default. Months with fewer than
        50 events in them are not tested.
    permutations
        R of each month; months with the same areas share their draws.
    alpha
        Highest p of a trend that is called one. (Bins are at 90 % whatever it is.)
    correction, seed, blocks
        As in `spatial.getis.local_g`. A block of draws is counted for all months that share it.

    Raises
    ------
    StatisticsError
        Where an array does not fit the graph and the months, a covered count is missing or
        negative, or the months are not rising.
    """
    counts, people, present = _checked(events, population, neighbours, months, covered)
    n, m = counts.shape
    reported = np.ones(n, dtype=bool) if report is None else np.asarray(report)
    if reported.dtype != np.bool_ or reported.shape != (n,):
        raise StatisticsError(f"report: expected {n} true or false values, one an area")
    if not 0.0 < alpha < 1.0:
        raise StatisticsError(f"alpha: {alpha} is not between 0 and 1")
    numbers = np.array([month_number(month) for month in months], dtype=np.int64)
    follows = np.diff(numbers, prepend=-1) == 1
    z, bins = np.full((n, m), np.nan), np.full((n, m), np.nan)
    inference = ["Not tested: the month is not covered. Supply its file."] * m
    hot_only = np.zeros(m, dtype=bool)
    codes = np.asarray(neighbours.codes, dtype=str)
    alike: dict[bytes, list[int]] = {}
    for month in range(m):
        alike.setdefault(present[:, month].tobytes(), []).append(month)
    for same in alike.values():
        here = present[:, same[0]]
        if not here.any():
            continue
        graph = neighbours if here.all() else neighbours.subset(codes[here].tolist())
        held = [float(counts[here & reported, t].sum()) for t in same]
        found = local_g_of_maps(
            np.array([assuncao_reis(counts[here, t], people[here, t]) for t in same]),
            graph,
            report=reported[here],
            permutations=permutations,
            correction=correction,
            seed=seed,
            events=held,
            blocks=blocks,
        )
        for t, result, number in zip(same, found, held, strict=True):
            inference[t] = result.inference
            hot_only[t] = not result.inference and is_rare(number, reported[here])
            bins[here, t] = result.bin
            z[here, t] = np.where(np.isnan(result.bin), np.nan, result.z)
    tested = ~np.isnan(bins)
    tested_months = tested.sum(axis=1)
    trend = mann_kendall(np.where((tested_months >= FEWEST_MONTHS)[:, None], z, np.nan))
    with np.errstate(invalid="ignore"):
        significant = trend.p <= alpha
        hot, cold = bins > 0, bins < 0
    rising = np.where(significant, np.sign(np.nan_to_num(trend.s)), 0).astype(np.int64)
    share = np.where(tested_months > 0, tested_months, np.nan)
    last = m - 1 - np.argmax(tested[:, ::-1], axis=1) if m else np.zeros(n, dtype=np.int64)
    run = final_run(hot, tested, follows) - final_run(cold, tested, follows)
    return SpaceTime(
        codes=neighbours.codes,
        months=tuple(months),
        z=z,
        bin=bins,
        covered_months=present.sum(axis=1),
        tested_months=tested_months,
        last_month=np.where(tested_months > 0, np.asarray([*months, ""])[last], ""),
        hot_share=hot.sum(axis=1) / share,
        cold_share=cold.sum(axis=1) / share,
        run=run,
        tau=trend.tau,
        trend_z=trend.z,
        trend_p=trend.p,
        pattern=classify_sequences(bins, follows, rising),
        reason=_reasons(neighbours, reported, present.sum(axis=1), tested_months),
        month_inference=tuple(inference),
        hot_only=hot_only,
        permutations=permutations,
        seed=seed,
    )


def _reasons(
    neighbours: Neighbours, reported: BoolArray, covered: IntArray, tested: IntArray
) -> TextArray:
    """Say why an area has no pattern, or nothing."""
    few = [
        f"{t} of {c} covered months could be tested, and at least {FEWEST_MONTHS} are needed. "
        f"{MORE_EVENTS}"
        for t, c in zip(tested.tolist(), covered.tolist(), strict=True)
    ]
    return np.select(
        [
            tested >= FEWEST_MONTHS,
            ~reported,
            covered == 0,
            neighbours.cardinalities == 0,
            covered < FEWEST_MONTHS,
        ],
        [
            "",
            "Outside the study area.",
            "No month has data and a population. Check both for this area.",
            f"The area has no neighbours. {REACH_FURTHER}",
            [
                f"{c} covered months, and at least {FEWEST_MONTHS} are needed. {MORE_MONTHS}"
                for c in covered
            ],
        ],
        few,
    )


def _checked(
    events: npt.ArrayLike,
    population: npt.ArrayLike,
    neighbours: Neighbours,
    months: Sequence[str],
    covered: npt.ArrayLike | None,
) -> tuple[FloatArray, FloatArray, BoolArray]:
    """Return counts, people and who takes part in which month, all shape (n, m)."""
    n, m = neighbours.n, len(months)
    numbers = [month_number(month) for month in months]
    for text, number in zip(months, numbers, strict=True):
        if number is None:
            raise StatisticsError(f"months: {text!r} is not YYYY-MM")
    known = [number for number in numbers if number is not None]
    if any(a >= b for a, b in pairwise(known)):
        raise StatisticsError(f"months: {', '.join(months)}; give each month once, in order")
    counts = np.asarray(events, dtype=np.float64)
    if counts.shape != (n, m):
        raise StatisticsError(f"events: shape {counts.shape} for {n} areas and {m} months")
    people = np.asarray(population, dtype=np.float64)
    if people.shape not in ((n,), (n, m)):
        raise StatisticsError(f"population: shape {people.shape} for {n} areas and {m} months")
    people = np.broadcast_to(people[:, np.newaxis] if people.ndim == 1 else people, (n, m))
    data = np.ones((n, m), dtype=bool) if covered is None else np.asarray(covered)
    if data.dtype != np.bool_ or data.shape != (n, m):
        raise StatisticsError(f"covered: expected {n} by {m} true or false values")
    with np.errstate(invalid="ignore"):
        bad = data & ~((counts >= 0) & np.isfinite(counts))
        present = data & (people > 0) & np.isfinite(people)
    if bad.any():
        i, t = np.argwhere(bad)[0].tolist()
        raise StatisticsError(
            f"events: area {neighbours.codes[i]} has {counts[i, t]} in {months[t]}; a month "
            "without data is not covered, and a count is 0 or more"
        )
    return counts, people, present
