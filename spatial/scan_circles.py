"""The circles of a scan statistic and their log likelihood ratios. Arrays in, arrays out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

__all__ = ["SAME_RATIO", "Circles", "Direction", "best_of_centres", "circles", "largest_ratios"]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]
Direction = Literal["high", "low", "both"]

SAME_RATIO = 1e-9
"""Ratios this close are equal: one set of areas adds up differently from two centres."""

_MOST = 1.0 - 1e-15
"""Share of the events to be expected in a circle at most: rounding may leave nothing outside."""

_SAME_DISTANCE = 1e-9
"""Distances this close, as a share, are one distance: its areas enter a circle together."""


@dataclass(frozen=True, slots=True, eq=False)
class Circles:
    """All circles to be compared, as the order in which areas enter them.

    Attributes
    ----------
    centres
        Shape (m,): areas with a circle, those with the most areas in their widest circle first.
    entering
        Shape (steps, m): position of the area that enters the circles of each centre at a step.
    size
        Shape (m,), falling: how many steps are within the population bound.
    ends
        Shape (steps, m): a circle ends here. False inside a group of areas at one distance, and
        beyond `size`.
    """

    centres: IntArray
    entering: npt.NDArray[np.int32]
    size: IntArray
    ends: BoolArray


def circles(x: FloatArray, y: FloatArray, population: FloatArray, *, share: float) -> Circles:
    """List every circle of areas around an area that holds at most `share` of the population.

    Parameters
    ----------
    x, y
        Points, shape (n,), metres, finite.
    population
        Shape (n,), above 0.
    share
        Of the population, above 0 and at most 1.

    Returns
    -------
    Circles
        Areas at one distance enter together, so that circles do not depend on the order of rows.
    """
    n = x.size
    bound = share * population.sum() * (1.0 + 1e-12)
    rows: list[npt.NDArray[np.int32]] = []
    stops: list[BoolArray] = []
    sizes = np.zeros(n, dtype=np.int64)
    for i in range(n):
        distance = np.hypot(x - x[i], y - y[i])
        order = np.argsort(distance)  # where no two are equal, half the time of a stable sort
        if not np.all(np.diff(distance[order])):
            order = np.argsort(distance, kind="stable")
        within = int(np.searchsorted(np.cumsum(population[order]), bound, side="right"))
        d = distance[order]
        last = np.append(np.diff(d) > _SAME_DISTANCE * d[1:], True)[:within]
        # A group at one distance that does not fit as a whole is not in the circle.
        ends = np.flatnonzero(last)
        sizes[i] = ends[-1] + 1 if ends.size else 0
        rows.append(order[: sizes[i]].astype(np.int32))
        stops.append(last[: sizes[i]])
    centres = np.argsort(-sizes, kind="stable")
    centres = centres[sizes[centres] > 0]
    steps = int(sizes.max(initial=0))
    # Filled along its rows and turned once: writing down the columns is slower.
    entering = np.zeros((centres.size, steps), dtype=np.int32)
    ends_at = np.zeros((centres.size, steps), dtype=bool)
    for column, i in enumerate(centres):
        entering[column, : sizes[i]] = rows[i]
        ends_at[column, : sizes[i]] = stops[i]
    turned = np.ascontiguousarray(entering.T), np.ascontiguousarray(ends_at.T)
    return Circles(centres, turned[0], sizes[centres], turned[1])


def largest_ratios(
    maps: IntArray,
    windows: Circles,
    expected_share: FloatArray,
    *,
    direction: Direction = "high",
    fewest_events: int = 2,
) -> FloatArray:
    """Return the largest log likelihood ratio of any circle, for several maps at once.

    Circles grow by one area a step, on all centres and maps together, so that each is one addition
    and one comparison. With s the share of the events to be expected in a circle, the ratio is C
    times the Kullback-Leibler divergence of c/C from s, which is at most chi-squared,
    (c - e)^2 / (e (1 - s)): only counts for which that passes the smallest of the maps' best ratios
    so far, about one in a hundred, have their ratio worked out. That takes no logarithm of a count:
    it is f[c] + c ln((1 - s)/s) - C ln(1 - s), f[c] = c ln(c/C) + (C - c) ln((C - c)/C) a table.

    Parameters
    ----------
    maps
        Counts, shape (n, maps); every map has the same sum.
    windows
        From `circles`, over the same n areas.
    expected_share
        Share of the events to be expected in each area, shape (n,), above 0, sum 1.
    direction, fewest_events
        As for `scan`.

    Returns
    -------
    numpy.ndarray
        Shape (maps,); 0 where no circle differs to that side.
    """
    total = int(maps[:, 0].sum())
    table = _ratio_table(total)
    m, width = windows.centres.size, maps.shape[1]
    kind = _smallest_kind(total)
    counts = np.ascontiguousarray(maps, dtype=kind)
    inside, entering = np.zeros((m, width), dtype=kind), np.empty((m, width), dtype=kind)
    above, below = (np.empty((m, width), dtype=bool) for _ in range(2))
    share = np.zeros(m)
    best = np.zeros(width)
    active = np.searchsorted(-windows.size, -np.arange(len(windows.entering)), side="left")
    for step, k in enumerate(active.tolist()):
        area = windows.entering[step, :k]
        np.take(counts, area, axis=0, out=entering[:k], mode="clip")
        inside[:k] += entering[:k]
        share[:k] += expected_share[area]
        s = np.minimum(share[:k], _MOST)
        away = np.sqrt(best.min() * total * s * (1.0 - s))
        most, least = _sides(total, s, away, windows.ends[step, :k], direction, fewest_events)
        np.greater(inside[:k], most.astype(kind)[:, np.newaxis], out=above[:k])
        if direction != "high":
            np.less(inside[:k], least.astype(kind)[:, np.newaxis], out=below[:k])
            above[:k] |= below[:k]
        hit = np.flatnonzero(above[:k])
        if not hit.size:
            continue
        circle, which = np.divmod(hit, width)
        c = inside[:k].ravel()[hit]
        ratio = table[c] + c * np.log((1.0 - s) / s)[circle] - total * np.log1p(-s)[circle]
        np.maximum.at(best, which, ratio)
    return best


def best_of_centres(
    windows: Circles,
    events: IntArray,
    expected_share: FloatArray,
    direction: Direction,
    fewest_events: int,
) -> tuple[FloatArray, IntArray]:
    """Return, for each centre, the largest ratio and the number of areas in that circle.

    `events` and `expected_share` have shape (n,), in the order that `windows` was made in; both
    results have one value a centre.
    """
    total = int(events.sum())
    table = _ratio_table(total)
    best = np.zeros(windows.centres.size)
    steps = np.zeros(windows.centres.size, dtype=np.int64)
    for column, size in enumerate(windows.size.tolist()):
        areas = windows.entering[:size, column]
        c, s = np.cumsum(events[areas]), np.minimum(np.cumsum(expected_share[areas]), _MOST)
        most, least = _sides(total, s, 0.0, windows.ends[:size, column], direction, fewest_events)
        ratio = table[c] + c * np.log((1.0 - s) / s) - total * np.log1p(-s)
        ratio[~((c > most) | (c < least))] = 0.0
        # The smallest of equals, whatever the last digits of their sums say.
        steps[column] = np.flatnonzero(ratio >= ratio.max() * (1.0 - SAME_RATIO))[0] + 1
        best[column] = ratio[steps[column] - 1]
    return best, steps


def _sides(
    total: int,
    share: FloatArray,
    away: FloatArray | float,
    ends: BoolArray,
    direction: Direction,
    fewest_events: int,
) -> tuple[FloatArray, FloatArray]:
    """Return whole numbers that a count must pass, or stay under, to be looked for in a circle.

    That is to be more than `away` from what is expected, on a side that is asked for.
    """
    high, low = ends & (direction != "low"), ends & (direction != "high")
    most = np.maximum(np.floor(total * share + away), fewest_events - 1)
    least = np.maximum(np.ceil(total * share - away), 0.0)  # no count is under that
    return np.where(high, most, total), np.where(low, least, 0.0)  # no count lies beyond these


def _smallest_kind(total: int) -> type[np.uint16 | np.int32 | np.int64]:
    """Return the integers that hold counts up to `total`: what is moved is what a scan costs."""
    if total <= np.iinfo(np.uint16).max:
        return np.uint16
    return np.int32 if total <= np.iinfo(np.int32).max else np.int64


def _ratio_table(total: int) -> FloatArray:
    """Return f[c] = c ln(c/C) + (C - c) ln((C - c)/C) for c = 0..C, with 0 ln 0 = 0."""
    c = np.arange(total + 1, dtype=np.float64)
    part = c * np.log(np.maximum(c, 1.0) / total)
    return np.asarray(part + part[::-1], dtype=np.float64)
