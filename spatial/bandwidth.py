"""How wide a kernel should be: likelihood cross-validation over candidate bandwidths."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
import scipy.fft
from numpy.typing import ArrayLike, NDArray

from spatial.convolution import (
    NOISE,
    SMALLEST_RATIO,
    KernelName,
    at_points,
    check_bandwidth,
    checked_points,
    linear_bins,
    stencil_of,
)
from spatial.errors import StatisticsError
from spatial.grid import Geometries, bounds_of, cell_index, grid_for, shapes_of
from spatial.kde import FEW_EVENTS, study_cells
from spatial.points import distinct_points

__all__ = [
    "Background",
    "BandwidthChoice",
    "LeaveOut",
    "background_share",
    "candidate_bandwidths",
    "choose_bandwidth",
    "leave_one_out_densities",
]

LeaveOut = Literal["event", "place"]
Background = Literal["none", "fitted"]
FloatArray = NDArray[np.float64]

_CANDIDATES = 16


@dataclass(frozen=True, slots=True, eq=False)
class BandwidthChoice:
    """The bandwidth under which each event is likeliest, given all the others.

    Attributes
    ----------
    bandwidth_m
        The candidate of the highest score; the fallback where no choice could be made.
    chosen
        False where `bandwidth_m` is the fallback; `warnings` says why.
    bandwidths_m
        The candidates, rising, shape (m,).
    scores
        Mean log leave-one-out density per km2 of the study area's events, shape (m,); -inf where
        an event has no other within reach.
    background
        Share of events that each candidate leaves to an even background, shape (m,); 0 without.
    alone
        Events without another within reach, shape (m,).
    kernel, leave_out, cell_m
        As asked for.
    events, places
        Events scored, and the different points they are recorded at.
    warnings
        What a reader has to know, in words.
    """

    bandwidth_m: float
    chosen: bool
    bandwidths_m: FloatArray
    scores: FloatArray
    background: FloatArray
    alone: NDArray[np.int64]
    kernel: KernelName
    leave_out: LeaveOut
    cell_m: float
    events: int
    places: int
    warnings: tuple[str, ...]


def leave_one_out_densities(
    x: ArrayLike,
    y: ArrayLike,
    weight: ArrayLike | None = None,
    *,
    bandwidths_m: ArrayLike,
    cell_m: float,
    kernel: KernelName = "quartic",
    leave_out: LeaveOut = "event",
) -> FloatArray:
    """Return the density at each event that all the other events make, for each bandwidth.

    f_-i(x_i) = sum over j != i of w_j K_b(x_i - x_j), over W - w_i (Habbema, Hermans and van den
    Broek 1974; Duin 1976; Silverman 1986, section 3.4.4). Events are shared among the four nearest
    cell centres, convolved, and read back at each event in the same way; what an event lends
    itself on that path is known exactly and taken away. One transform of the events serves all
    bandwidths.

    Parameters
    ----------
    x, y
        Metres, shape (n,).
    weight
        Shape (n,), 0 or more; 1 where not given.
    bandwidths_m
        Shape (m,), each at least five cells.
    cell_m
        Cell of the binning, in metres.
    leave_out
        `event`, or `place`: all events recorded at the same point. Recorded points that many
        events share (anonymised points, addresses) make single events predict one another at
        distance 0, and the narrowest candidate always wins; leaving the place out asks how well
        the other places foretell it.

    Returns
    -------
    Shape (m, n), per km2, integrating to 1 over the plane; 0 where an event is alone.

    Raises
    ------
    StatisticsError
        Where points are not finite, weights negative, a bandwidth does not fit the cell, or the
        events span more cells than fit in memory.
    """
    widths = np.atleast_1d(np.asarray(bandwidths_m, dtype=np.float64))
    for width in widths:
        check_bandwidth(float(width), cell_m, kernel)
    if leave_out not in ("event", "place"):
        raise StatisticsError(f"leave_out {leave_out!r} is neither 'event' nor 'place'")
    xs, ys, ws = checked_points(x, y, weight)
    if not xs.size or not widths.size:
        return np.zeros((widths.size, xs.size))
    grid = grid_for((xs.min(), ys.min(), xs.max(), ys.max()), cell_m, 2.0 * cell_m)
    own = _weight_left_out(xs, ys, ws, leave_out)
    rest = ws.sum() - own
    lent_0, lent_1 = _shares_with_itself(xs, grid.x0, cell_m)
    lent_2, lent_3 = _shares_with_itself(ys, grid.y0, cell_m)

    stencils = [stencil_of(float(width), cell_m, kernel) for width in widths]
    widest = max(stencil.shape[0] for stencil in stencils) // 2
    # A circular transform of this size wraps only onto cells that are cut off.
    shape = [scipy.fft.next_fast_len(size + widest, real=True) for size in grid.shape]
    events = scipy.fft.rfft2(linear_bins(xs, ys, ws, grid, 0), s=shape, workers=1)
    found = np.zeros((widths.size, xs.size))
    for row, stencil in zip(found, stencils, strict=True):
        r = stencil.shape[0] // 2
        product = scipy.fft.rfft2(stencil, s=shape, workers=1)
        product *= events
        full = scipy.fft.irfft2(product, s=shape, workers=1, overwrite_x=True)
        surface = full[r : r + grid.ny, r : r + grid.nx]
        itself = (
            lent_0 * lent_2 * stencil[r, r]
            + lent_1 * lent_2 * stencil[r, r + 1]
            + lent_0 * lent_3 * stencil[r + 1, r]
            + lent_1 * lent_3 * stencil[r + 1, r + 1]
        )
        others = at_points(surface, xs, ys, grid) - own * itself
        others[others < NOISE * surface.max()] = 0.0
        np.divide(others, rest * grid.cell_km2, out=row, where=rest > 0)
    return found


def background_share(density: FloatArray, weight: FloatArray, even: float) -> float:
    """Return the share of an even background that makes events likeliest (maximum likelihood).

    Maximises sum of w log((1 - e) f + e u) over e in [0, 1]: concave, solved by bisection of its
    slope.

    Parameters
    ----------
    density
        f, leave-one-out density at each event, shape (n,), per km2.
    weight
        w, shape (n,), above 0.
    even
        u = 1 / area in km2.
    """

    def slope(share: float) -> float:
        mixed = (1.0 - share) * density + share * even
        if not mixed.all():
            return np.inf
        return float((weight * (even - density) / mixed).sum())

    if slope(0.0) <= 0.0:
        return 0.0
    if slope(1.0) >= 0.0:
        return 1.0
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2.0
        low, high = (middle, high) if slope(middle) > 0.0 else (low, middle)
    return (low + high) / 2.0


def candidate_bandwidths(
    study: Geometries,
    *,
    cell_m: float,
    lowest_m: float | None = None,
    highest_m: float | None = None,
    count: int = _CANDIDATES,
) -> tuple[float, ...]:
    """Return bandwidths to choose among, evenly spaced on a log scale, in whole metres.

    From `lowest_m`, or five cells where that is more, to a fifth of the longer side of the study
    area, or `highest_m` where that is less: beyond it a surface says little.

    Raises
    ------
    StatisticsError
        Where there is no polygon, no cell, or no width between the two ends.
    """
    shapes = shapes_of(study)
    if not shapes:
        raise StatisticsError("the study area holds no polygon: check the area setting")
    if not (np.isfinite(cell_m) and cell_m > 0):
        raise StatisticsError(f"cell_m {cell_m!r} must be a length above 0 metres")
    if count < 2:
        raise StatisticsError(f"count {count} leaves no choice: give 2 or more")
    bounds = bounds_of(shapes)
    high = max(bounds[2] - bounds[0], bounds[3] - bounds[1]) / SMALLEST_RATIO
    high = min(high, np.inf if highest_m is None else highest_m)
    low = max(SMALLEST_RATIO * cell_m, lowest_m or 0.0)
    if low >= high:
        finer = high / SMALLEST_RATIO / 2
        raise StatisticsError(
            f"no bandwidth is at least {low:g} m and at most a fifth of the study area "
            f"({high:,.0f} m): "
            + (f"use cells of {finer:,.0f} m or less" if finer >= 1 else "use a larger study area")
        )
    return tuple(float(np.ceil(width)) for width in np.geomspace(low, np.floor(high), count))


def choose_bandwidth(
    points: pd.DataFrame,
    *,
    study: Geometries,
    cell_m: float,
    fallback_m: float,
    bandwidths_m: Sequence[float] | None = None,
    kernel: KernelName = "quartic",
    leave_out: LeaveOut = "event",
    background: Background = "none",
) -> BandwidthChoice:
    """Choose among bandwidths by likelihood cross-validation over the study area's events.

    Events outside the study area lend their density and are not scored. No edge correction: the
    mass that is missing at a coast hardly changes which candidate wins, and changes every
    candidate's score.

    Parameters
    ----------
    points
        Columns `x`, `y` (EPSG:27700) and optionally `weight`; rows of weight 0 are not events.
    study
        Polygons of the study area.
    cell_m
        Metres, at most a fifth of the narrowest candidate.
    fallback_m
        What is used where the events cannot choose: under 50 of them, all on one point, or each
        candidate leaves an event alone.
    bandwidths_m
        Candidates; by default those of `candidate_bandwidths`.
    kernel, leave_out
        As for `leave_one_out_densities`.
    background
        `none`: the textbook score. A kernel that ends makes it -inf as soon as one event has no
        other within reach, so one remote event sets the bandwidth of a whole county. `fitted`:
        the surface is mixed with an even background whose share is fitted with each candidate.

    Raises
    ------
    StatisticsError
        Values that are not finite, negative weights, a candidate under five cells or wider than
        the study area, no land.
    """
    if background not in ("none", "fitted"):
        raise StatisticsError(f"background {background!r} is neither 'none' nor 'fitted'")
    given = candidate_bandwidths(study, cell_m=cell_m) if bandwidths_m is None else bandwidths_m
    widths = np.array(sorted({float(width) for width in given}))
    if not widths.size:
        raise StatisticsError("bandwidths_m is empty: give one candidate or more")
    for width in (*widths, fallback_m):
        check_bandwidth(float(width), cell_m, kernel)
    grid, study_mask = study_cells(study, bandwidth_m=float(widths[-1]), cell_m=cell_m, reach_m=0.0)
    xs, ys, ws = checked_points(points["x"], points["y"], points.get("weight"))
    real = ws > 0
    xs, ys, ws = xs[real], ys[real], ws[real]
    row, column = cell_index(xs, ys, grid)
    inside = (row >= 0) & study_mask[row, column]
    found = leave_one_out_densities(
        xs, ys, ws, bandwidths_m=widths, cell_m=cell_m, kernel=kernel, leave_out=leave_out
    )[:, inside]
    weight = ws[inside]
    even = 1.0 / (float(study_mask.sum()) * grid.cell_km2)
    shares = np.zeros(widths.size)
    scores = np.full(widths.size, -np.inf)
    for k, density in enumerate(found):
        if background == "fitted" and weight.size:
            shares[k] = background_share(density, weight, even)
        mixed = (1.0 - shares[k]) * density + shares[k] * even
        if weight.size and mixed.all():
            scores[k] = float((weight * np.log(mixed)).sum() / weight.sum())
    seen, _ = distinct_points(xs[inside], ys[inside])
    alone = (found == 0).sum(axis=1).astype(np.int64)
    reason = _no_choice(len(weight), len(seen), scores, alone)
    best = int(np.argmax(scores))
    warnings = [f"{reason}: the bandwidth is {fallback_m:g} m, as set"] if reason else []
    if not reason and widths.size > 1 and best in (0, widths.size - 1):
        end, way = ("narrowest", "narrower") if best == 0 else ("widest", "wider")
        repeated = len(seen) < len(weight) and best == 0 and leave_out == "event"
        warnings.append(
            f"the {end} candidate ({widths[best]:g} m) fits best: "
            + (
                "events share recorded points, which cross-validation by event takes for "
                "clusters; leave out places, or set the bandwidth"
                if repeated
                else f"the best bandwidth may be {way} still"
            )
        )
    return BandwidthChoice(
        bandwidth_m=float(fallback_m if reason else widths[best]),
        chosen=not reason,
        bandwidths_m=widths,
        scores=scores,
        background=shares,
        alone=alone,
        kernel=kernel,
        leave_out=leave_out,
        cell_m=float(cell_m),
        events=len(weight),
        places=len(seen),
        warnings=tuple(warnings),
    )


def _no_choice(events: int, places: int, scores: FloatArray, alone: NDArray[np.int64]) -> str:
    """Return why the events cannot choose, or nothing."""
    if events < FEW_EVENTS:
        return f"{events} events are fewer than {FEW_EVENTS} and choose no bandwidth"
    if places == 1:
        return f"all {events} events are recorded at one point and choose no bandwidth"
    if not np.isfinite(scores).any():
        return (
            f"every candidate leaves events without another within reach ({alone.min()} at the "
            "widest), so none can be chosen (try wider candidates, or a fitted background)"
        )
    return ""


def _weight_left_out(
    x: FloatArray, y: FloatArray, weight: FloatArray, leave_out: LeaveOut
) -> FloatArray:
    if leave_out == "event":
        return weight
    _, place = distinct_points(x, y)
    return np.bincount(place, weights=weight)[place].astype(np.float64, copy=False)


def _shares_with_itself(
    along: FloatArray, origin: float, cell_m: float
) -> tuple[FloatArray, FloatArray]:
    """Return how much of a kernel's middle, and of its next cells, a binned event lends itself.

    An event is split 1 - r to r between two centres and read back with the same shares.
    """
    place = (along - origin) / cell_m - 0.5
    r = place - np.floor(place)
    return (1.0 - r) ** 2 + r**2, 2.0 * r * (1.0 - r)
