"""The spatial scan statistic: which circle of areas holds more events than chance would put there.

Kulldorff (1997), Poisson model. Every circle that is centred on an area and holds at most half of
the population is compared with the rest of the map by its log likelihood ratio. The largest one is
the most likely cluster, and its p-value comes from maps on which the same number of events fell by
chance, each scanned the same way: one test for the whole map, however many circles were tried.

The null says that events fall independently at one rate. Repeat victims and busy months make real
counts vary more than that, so p-values of a map with thousands of events are too small unless their
dispersion `phi` is given. The circles and their ratios depend on neither.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np
import numpy.typing as npt

from spatial.blocks import SERIAL, BlockMap
from spatial.errors import StatisticsError
from spatial.local_tests import FEWEST_AREAS, FEWEST_EVENTS, MORE_AREAS, MORE_EVENTS
from spatial.scan_circles import (
    SAME_RATIO,
    Circles,
    Direction,
    best_of_centres,
    circles,
    largest_ratios,
)
from spatial.scan_map import ScanMap, checked_map

__all__ = ["SCAN_STAGE", "Scan", "ScanCluster", "scan"]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

SCAN_STAGE = 801
"""First part of the spawn key of these draws, so that no other stage shares their stream."""

_BLOCK = 128
"""Chance maps made from one generator. Part of the result: another size gives other maps."""


@dataclass(frozen=True, slots=True)
class ScanCluster:
    """One circle, as SaTScan reports it.

    Attributes
    ----------
    codes
        Its areas, the nearest to the centre first.
    centre, x, y, radius_m
        Code and coordinates of the area in the middle, and the distance from there to the farthest
        area's point; 0 for a single area.
    direction
        "high" or "low".
    population
        People (or person-years, as given) inside.
    observed, expected
        Events inside, and what the rate of the whole map would give.
    annual_rate
        Events per `per` of population per year inside.
    observed_over_expected
        observed / expected.
    relative_risk
        Rate inside over rate outside; infinite where no event is outside.
    llr
        Log likelihood ratio.
    p
        Monte-Carlo p-value of the largest ratio on a map. For the second and later clusters this
        errs towards caution: they too are compared with the largest of each chance map.
    """

    codes: tuple[str, ...]
    centre: str
    x: float
    y: float
    radius_m: float
    direction: Literal["high", "low"]
    population: float
    observed: int
    expected: float
    annual_rate: float
    observed_over_expected: float
    relative_risk: float
    llr: float
    p: float


@dataclass(frozen=True, slots=True, eq=False)
class Scan:
    """The scan of one map.

    Attributes
    ----------
    clusters
        The most likely cluster, then secondary ones that share no area with one before them. Empty
        where no circle stands out, or where no scan was made.
    areas, events, population, annual_rate
        Of the areas that were scanned.
    left_out
        Areas without population: nothing can be expected there. Their events are not counted.
    events_left_out
        Events in those areas.
    direction, share, replications, seed
        As asked for.
    critical_llr, critical_llr_01
        The ratio that 5 % and 1 % of chance maps reach, times phi; NaN with fewer than 19 and 99
        of them.
    null
        Largest ratio of each chance map, shape (replications,).
    inference
        Empty, or why no scan was made, in words for the page.
    """

    clusters: tuple[ScanCluster, ...]
    areas: int
    events: int
    population: float
    annual_rate: float
    left_out: tuple[str, ...]
    events_left_out: int
    direction: Direction
    share: float
    replications: int
    seed: int
    critical_llr: float
    critical_llr_01: float
    null: FloatArray
    inference: str


def scan(
    events: npt.ArrayLike,
    population: npt.ArrayLike,
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    codes: Sequence[str],
    expected: npt.ArrayLike | None = None,
    direction: Direction = "high",
    share: float = 0.5,
    replications: int = 999,
    seed: int = 0,
    years: float = 1.0,
    per: float = 1000.0,
    phi: float = 1.0,
    fewest_events: int = 2,
    most_reported: int = 20,
    blocks: BlockMap = SERIAL,
) -> Scan:
    """Find the circles whose rate differs most from the rest of the map (Kulldorff 1997).

    For a circle with c of the C events where e are expected, the log likelihood ratio is
    c ln(c/e) + (C - c) ln((C - c)/(C - e)), taken as 0 on the side that is not looked for.

    Parameters
    ----------
    events
        O, shape (n,), whole numbers.
    population
        People or person-years, shape (n,). 0 or NaN: the area is left out.
    x, y
        A point for each area, shape (n,), metres: the centroid, or better where people live.
    codes
        Area codes, n of them, no two alike. Rows may come in any order.
    expected
        Events to be expected where rates are adjusted, shape (n,), above 0 where there is
        population; scaled to the sum of events. By default in proportion to the population.
    direction
        "high" rates, "low" rates or "both".
    share
        Largest share of the population in a circle, up to .5. An area that holds more by itself
        is in no circle of its own.
    replications
        Chance maps. The events are dealt out again by the expected numbers (multinomial), in
        blocks of `SeedSequence(seed, spawn_key=(SCAN_STAGE, block))`.
    seed
        Equal seeds give equal results, whatever the order of rows or of blocks.
    years
        Time that the events cover, where `population` is people; 1 where it is person-years.
    per
        Population that rates are given for.
    phi
        Dispersion of the counts, 1 or more, from `spatial.smoothing.dispersion`. A ratio is divided
        by it before it is set against the chance maps, as quasi-likelihood does (McCullagh and
        Nelder 1989, ch. 9). SaTScan has no such setting: 1 is what it reports.
    fewest_events
        A high cluster has at least this many events (2 in SaTScan, so that one is never a cluster).
    most_reported
        Clusters reported at most. Of each centre only the best circle is a candidate, as in
        SaTScan.
    blocks
        Where the blocks of chance maps are scanned; from `spatial.blocks.block_map`.

    Raises
    ------
    StatisticsError
        Where an array has another length or a value has no meaning, naming its row.
    """
    if direction not in ("high", "low", "both"):
        raise StatisticsError(f"direction: {direction!r} is not high, low or both")
    if not 0.0 < share <= 0.5:
        raise StatisticsError(f"share: {share} is not above 0 and at most .5 of the population")
    for name, value in (("years", years), ("per", per)):
        if not (np.isfinite(value) and value > 0):
            raise StatisticsError(f"{name}: {value} is not a number above 0")
    if not (np.isfinite(phi) and phi >= 1.0):
        raise StatisticsError(f"phi: {phi} is not a number of 1 or more")
    if replications < 1:
        raise StatisticsError(f"replications: {replications} is below 1")
    area, left_out, events_left_out = checked_map(events, population, x, y, codes, expected)
    total, people = int(area.events.sum()), float(area.population.sum())

    def result(found: tuple[ScanCluster, ...], null: FloatArray, inference: str) -> Scan:
        return Scan(
            clusters=found,
            areas=len(area.codes),
            events=total,
            population=people,
            annual_rate=per * total / (people * years) if people else np.nan,
            left_out=left_out,
            events_left_out=events_left_out,
            direction=direction,
            share=share,
            replications=replications,
            seed=seed,
            critical_llr=phi * _critical(null, 0.05),
            critical_llr_01=phi * _critical(null, 0.01),
            null=null,
            inference=inference,
        )

    nothing = np.zeros(0)
    if len(area.codes) < FEWEST_AREAS:
        say = f"{len(area.codes)} areas with population, and at least {FEWEST_AREAS} are needed."
        out = MORE_AREAS if area.codes else "Check the column of population."
        return result((), nothing, f"Not scanned: {say} {out}")
    if total < FEWEST_EVENTS:
        say = f"{total} events, and at least {FEWEST_EVENTS} are needed. {MORE_EVENTS}"
        return result((), nothing, f"Not scanned: {say}")
    windows = circles(area.x, area.y, area.population, share=share)
    if not windows.centres.size:
        say = (
            f"no circle of areas holds at most {share:.0%} of the population. Take a larger share "
            "or smaller areas, and check their middles."
        )
        return result((), nothing, f"Not scanned: {say}")
    of_all = area.expected / area.expected.sum()
    make = partial(
        _chance_block, windows, of_all, total, direction, fewest_events, replications, seed
    )
    null = np.concatenate(list(blocks.map(make, range(-(-replications // _BLOCK)))))
    best, steps = best_of_centres(windows, area.events, of_all, direction, fewest_events)
    chosen = _apart(windows, best, steps, most_reported)
    found = tuple(
        _report(area, windows, column, int(steps[column]), null, years=years, per=per, phi=phi)
        for column in chosen
    )
    return result(found, null, "")


def _critical(null: FloatArray, alpha: float) -> float:
    """Return the largest ratio of a chance map that is still significant; NaN with too few."""
    rank = int(alpha * (null.size + 1) + 1e-9)
    return float(np.sort(null)[-rank]) if rank else float("nan")


def _chance_block(
    windows: Circles,
    expected_share: FloatArray,
    total: int,
    direction: Direction,
    fewest_events: int,
    replications: int,
    seed: int,
    block: int,
) -> FloatArray:
    """Return the largest ratios of one block of chance maps.

    The last block is the beginning of a full one, so fewer replications are the first of more.
    """
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(SCAN_STAGE, block)))
    maps = rng.multinomial(total, expected_share, size=_BLOCK)[: replications - block * _BLOCK].T
    return largest_ratios(
        maps, windows, expected_share, direction=direction, fewest_events=fewest_events
    )


def _apart(windows: Circles, best: FloatArray, steps: IntArray, most: int) -> list[int]:
    """Choose the best circle, then the best of those that share no area with one chosen before."""
    order = np.lexsort((windows.centres, steps, -np.round(best, 9)))
    taken = np.zeros(int(windows.entering.max(initial=0)) + 1, dtype=bool)
    chosen: list[int] = []
    for column in order.tolist():
        areas = windows.entering[: steps[column], column]
        if len(chosen) == most or best[column] <= SAME_RATIO:
            break
        if not taken[areas].any():
            taken[areas] = True
            chosen.append(column)
    return chosen


def _report(
    area: ScanMap,
    windows: Circles,
    column: int,
    steps: int,
    null: FloatArray,
    *,
    years: float,
    per: float,
    phi: float,
) -> ScanCluster:
    """Describe one circle."""
    centre = int(windows.centres[column])
    inside = windows.entering[:steps, column]
    around = np.ones(len(area.codes), dtype=bool)
    around[inside] = False
    scale = int(area.events.sum()) / float(area.expected.sum())
    c, e = int(area.events[inside].sum()), float(area.expected[inside].sum()) * scale
    others, rest = int(area.events[around].sum()), float(area.expected[around].sum()) * scale
    people = float(area.population[inside].sum())
    llr = sum(
        count * float(np.log(count / base)) for count, base in ((c, e), (others, rest)) if count
    )
    radius = np.hypot(area.x[inside] - area.x[centre], area.y[inside] - area.y[centre])
    reached = int((null >= llr / phi - SAME_RATIO * max(1.0, llr)).sum())
    return ScanCluster(
        codes=tuple(area.codes[i] for i in inside),
        centre=area.codes[centre],
        x=float(area.x[centre]),
        y=float(area.y[centre]),
        radius_m=float(radius.max()),
        direction="high" if c > e else "low",
        population=people,
        observed=c,
        expected=e,
        annual_rate=per * c / (people * years),
        observed_over_expected=c / e,
        relative_risk=(c / e) / (others / rest) if others else np.inf,
        llr=llr,
        p=(reached + 1) / (null.size + 1),
    )
