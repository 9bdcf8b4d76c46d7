"""Adaptive kernel density: narrow where events are many, wide where they are few."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy.fft
from numpy.typing import ArrayLike, NDArray

from spatial.convolution import (
    SMALLEST_RATIO,
    KernelName,
    at_points,
    check_bandwidth,
    checked_points,
    kernel_support_m,
    linear_bins,
    stencil_of,
)
from spatial.errors import StatisticsError
from spatial.grid import Geometries, Grid, cell_index
from spatial.kde import Density, Edge, density, edge_mass, ground_of

__all__ = [
    "AdaptiveDensity",
    "abramson_bandwidths",
    "adaptive_density",
    "adaptive_edge_mass",
    "adaptive_reach_m",
    "adaptive_surface",
]

FloatArray = NDArray[np.float64]

_STEP = 1.1
"""Ratio of one class of bandwidths to the next; an event is shared by the two around its own."""

_LEAST_MASS = 0.25


@dataclass(frozen=True, slots=True, eq=False)
class AdaptiveDensity:
    """A density whose bandwidth follows a pilot surface.

    Attributes
    ----------
    surface
        As `density_surface` gives it: what hot-spot polygons and rasters are made from. Its
        `bandwidth_m` is the pilot's, the geometric mean of the events' before clipping.
    event_bandwidth_m
        Bandwidth of each event of weight above 0, in the order of the points, shape (n,); NaN
        for an event too far away to lend the study area anything.
    lowest_m, highest_m
        Where bandwidths were clipped.
    clipped_low, clipped_high
        Share of events at either limit.
    classes
        Bandwidths that were convolved.
    """

    surface: Density
    event_bandwidth_m: FloatArray
    lowest_m: float
    highest_m: float
    clipped_low: float
    clipped_high: float
    classes: int


def abramson_bandwidths(
    pilot: ArrayLike,
    *,
    bandwidth_m: float,
    lowest_m: float,
    highest_m: float,
    weight: ArrayLike | None = None,
    mean: float | None = None,
) -> FloatArray:
    """Return b_i = b (f_i / g)^(-1/2), clipped (Abramson 1982; Silverman 1986, section 5.3).

    f is the pilot density and g its geometric mean over the events, so that the geometric mean
    of the bandwidths is b before clipping, and the unit of f does not matter. Where f is 0 the
    bandwidth is the highest.

    Parameters
    ----------
    pilot
        f, shape (n,), finite and 0 or more.
    bandwidth_m
        b, metres.
    lowest_m, highest_m
        Metres; lowest <= b <= highest.
    weight
        Weight of each event in the geometric mean, shape (n,); 1 where not given.
    mean
        g, where it is known already (for places that are not events).

    Raises
    ------
    StatisticsError
        Where a value of the pilot is no density, naming its row, or the three widths do not rise.
    """
    values = np.asarray(pilot, dtype=np.float64)
    bad = np.flatnonzero(~np.isfinite(values) | (values < 0))
    if bad.size:
        raise StatisticsError(
            f"pilot is {values.flat[bad[0]]} at row {bad[0]}; a density is finite and 0 or more"
        )
    if not lowest_m <= bandwidth_m <= highest_m:
        raise StatisticsError(
            f"lowest_m {lowest_m:g}, bandwidth_m {bandwidth_m:g} and highest_m {highest_m:g} must "
            "rise: the pilot's bandwidth lies between the limits"
        )
    if mean is None:
        mean = _geometric_mean(values, weight)
    result = np.full(values.shape, float(highest_m))
    some = values > 0
    if mean > 0:
        result[some] = np.clip(bandwidth_m * np.sqrt(mean / values[some]), lowest_m, highest_m)
    return result


def adaptive_density(
    x: ArrayLike,
    y: ArrayLike,
    weight: ArrayLike | None = None,
    *,
    grid: Grid,
    event_bandwidth_m: ArrayLike,
    kernel: KernelName = "quartic",
    step: float = _STEP,
) -> FloatArray:
    """Return the density where each event has a bandwidth of its own, in events per km2.

    Bandwidths are sorted into classes, each `step` times the one before, and each event is shared
    by the two classes around it, linearly in the logarithm of the bandwidth; a class is one
    convolution, and one transform back serves all (after Davies and Baddeley 2018, "Fast
    computation of spatially adaptive kernel estimates"). Each class keeps its mass exactly. With
    one bandwidth for all this is `density`.

    Parameters
    ----------
    x, y, weight
        As for `spatial.kde.density`.
    grid
        Where the density is wanted.
    event_bandwidth_m
        Metres, shape (n,), each at least five cells.
    step
        Above 1; 1.1 keeps the surface within 1 % of its peak of the direct sum.

    Raises
    ------
    StatisticsError
        Where points or widths have no meaning, naming the row, or a width is under five cells.
    """
    xs, ys, ws = checked_points(x, y, weight)
    widths = np.asarray(event_bandwidth_m, dtype=np.float64)
    if widths.shape != xs.shape:
        raise StatisticsError(
            f"event_bandwidth_m has the shape {widths.shape}, the events {xs.shape}"
        )
    if not xs.size:
        return np.zeros(grid.shape)
    bad = np.flatnonzero(~np.isfinite(widths))
    if bad.size:
        raise StatisticsError(f"event_bandwidth_m is {widths[bad[0]]} at row {bad[0]}")
    check_bandwidth(float(widths.min()), grid.cell_m, kernel)
    classes, lower, to_upper = _classes(widths, step)
    stencils = [stencil_of(float(width), grid.cell_m, kernel) for width in classes]
    margin = stencils[-1].shape[0] // 2
    shape = _transform_shape(grid, 2 * margin)
    total = np.zeros((shape[0], shape[1] // 2 + 1), dtype=np.complex128)
    for k, stencil in enumerate(stencils):
        # The event's own class and the one above share it.
        share = np.where(lower == k, 1.0 - to_upper, np.where(lower == k - 1, to_upper, 0.0))
        here = share > 0
        if not here.any():
            continue
        bins = linear_bins(xs[here], ys[here], (ws * share)[here], grid, margin)
        part = scipy.fft.rfft2(bins, s=shape, workers=1)
        part *= scipy.fft.rfft2(_centred(stencil, margin, shape), s=shape, workers=1)
        total += part
    full = scipy.fft.irfft2(total, s=shape, workers=1, overwrite_x=True)
    inner = full[2 * margin : 2 * margin + grid.ny, 2 * margin : 2 * margin + grid.nx]
    return np.asarray(np.maximum(inner, 0.0) / grid.cell_km2, dtype=np.float64)


def adaptive_edge_mass(
    land: NDArray[np.bool_],
    *,
    grid: Grid,
    cell_bandwidth_m: FloatArray,
    kernel: KernelName = "quartic",
    step: float = _STEP,
) -> FloatArray:
    """Return the share of the kernel at each cell that lies on land, 0 to 1.

    The kernel of a cell has the bandwidth that the pilot gives there (Marshall and Hazelton 2010,
    "Boundary kernels for adaptive density estimators on regions with irregular boundaries",
    equation 3).

    Parameters
    ----------
    land
        Bool of `grid.shape`; beyond the grid is not land.
    cell_bandwidth_m
        Metres, shape `grid.shape`; NaN where no mass is wanted.
    step
        As for `adaptive_density`.

    Raises
    ------
    StatisticsError
        Where the shapes differ, or a bandwidth is under five cells.
    """
    if land.shape != grid.shape or cell_bandwidth_m.shape != grid.shape:
        raise StatisticsError(
            f"land has the shape {land.shape}, the bandwidths {cell_bandwidth_m.shape}, the grid "
            f"{grid.shape}"
        )
    wanted = np.isfinite(cell_bandwidth_m)
    result = np.full(grid.shape, np.nan)
    if not wanted.any():
        return result
    classes, lower, to_upper = _classes(cell_bandwidth_m[wanted], step)
    if len(classes) == 1:
        width = float(classes[0])
        whole = edge_mass(land, grid=grid, bandwidth_m=width, kernel=kernel)
        result[wanted] = whole[wanted]
        return result
    found = np.zeros(lower.shape)
    widest = stencil_of(float(classes[-1]), grid.cell_m, kernel).shape[0] // 2
    # Beyond the grid is not land: room for the widest kernel keeps what wraps off the grid.
    shape = _transform_shape(grid, widest)
    ground = scipy.fft.rfft2(land.astype(np.float64), s=shape, workers=1)
    for k, width in enumerate(classes):
        share = np.where(lower == k, 1.0 - to_upper, np.where(lower == k - 1, to_upper, 0.0))
        if not (share > 0).any():
            continue
        stencil = stencil_of(float(width), grid.cell_m, kernel)
        product = scipy.fft.rfft2(stencil, s=shape, workers=1)
        product *= ground
        full = scipy.fft.irfft2(product, s=shape, workers=1, overwrite_x=True)
        r = stencil.shape[0] // 2
        found += share * full[r : r + grid.ny, r : r + grid.nx][wanted]
    result[wanted] = np.clip(found, 0.0, 1.0)
    return result


def adaptive_reach_m(kernel: KernelName, bandwidth_m: float, highest_m: float) -> float:
    """Return how far around the study area an adaptive surface looks, in metres."""
    return kernel_support_m(kernel, highest_m) + kernel_support_m(kernel, bandwidth_m)


def adaptive_surface(
    points: pd.DataFrame,
    *,
    study: Geometries,
    land: Geometries | None,
    bandwidth_m: float,
    cell_m: float,
    months: float,
    kernel: KernelName = "quartic",
    edge: Edge = "land",
    lowest_m: float | None = None,
    highest_m: float | None = None,
    step: float = _STEP,
) -> AdaptiveDensity:
    """Return the adaptive density of events over the study area, per km2 per year.

    The pilot is the fixed density of the same events and kernel at `bandwidth_m`, edge-corrected
    where `edge` is `land`. It gives each event its bandwidth, and each cell the one that its own
    edge correction uses. With `lowest_m` = `highest_m` = `bandwidth_m` this is the fixed density.

    Parameters
    ----------
    points, study, land, cell_m, months, kernel, edge
        As for `spatial.kde.density_surface`.
    bandwidth_m
        Of the pilot, and the geometric mean of the events' bandwidths before clipping.
    lowest_m
        Five cells by default, below which the binning would show.
    highest_m
        Twice the pilot's by default: events are supplied that far around the study area, and a
        wider kernel of an event further out would be missed.

    Raises
    ------
    StatisticsError
        As `density_surface`; and where the limits do not hold the pilot's bandwidth between them
        or the higher is wider than the study area.
    """
    check_bandwidth(bandwidth_m, cell_m, kernel)
    low = SMALLEST_RATIO * cell_m if lowest_m is None else float(lowest_m)
    high = 2.0 * bandwidth_m if highest_m is None else float(highest_m)
    check_bandwidth(low, cell_m, kernel)
    abramson_bandwidths([], bandwidth_m=bandwidth_m, lowest_m=low, highest_m=high)
    ground = ground_of(
        points,
        study=study,
        land=land,
        bandwidth_m=bandwidth_m if highest_m is None else high,
        cell_m=cell_m,
        months=months,
        kernel=kernel,
        edge=edge,
        # Room for the widest kernel, and beyond it for the pilot's: an event further out lends
        # nothing, and the pilot of any other is whole.
        reach_m=adaptive_reach_m(kernel, bandwidth_m, high),
    )
    grid, xs, ys, ws = ground.grid, ground.x, ground.y, ground.weight
    near = cell_index(xs, ys, grid)[0] >= 0
    pilot = density(xs, ys, ws, grid=grid, bandwidth_m=bandwidth_m, kernel=kernel)
    mass = ground.mass(bandwidth_m)
    if mass is not None:
        # An event on a generalised coast may stand a cell off land: its pilot is not divided by
        # next to nothing.
        pilot /= np.maximum(mass, _LEAST_MASS)
    at_events = at_points(pilot, xs[near], ys[near], grid)
    mean = _geometric_mean(at_events, ws[near])
    limits = {"bandwidth_m": bandwidth_m, "lowest_m": low, "highest_m": high}
    widths = abramson_bandwidths(at_events, **limits, mean=mean)
    raw = adaptive_density(
        xs[near], ys[near], ws[near], grid=grid, event_bandwidth_m=widths, kernel=kernel, step=step
    )
    cell_mass = None
    if ground.land_mask is not None:
        inside = ground.study_mask
        cell_widths = np.full(grid.shape, np.nan)
        cell_widths[inside] = abramson_bandwidths(pilot[inside], **limits, mean=mean)
        cell_mass = adaptive_edge_mass(
            ground.land_mask, grid=grid, cell_bandwidth_m=cell_widths, kernel=kernel, step=step
        )
    n = max(len(widths), 1)
    every = np.full(len(xs), np.nan)
    every[near] = widths
    return AdaptiveDensity(
        surface=ground.surface(raw, cell_mass, bandwidth_m=bandwidth_m),
        event_bandwidth_m=every,
        lowest_m=low,
        highest_m=high,
        clipped_low=float((widths <= low).sum() / n),
        clipped_high=float((widths >= high).sum() / n),
        classes=len(_classes(widths, step)[0]) if len(widths) else 0,
    )


def _geometric_mean(values: FloatArray, weight: ArrayLike | None) -> float:
    """Return exp(mean of log) over values above 0; 0 where there are none."""
    weights = np.ones(values.shape) if weight is None else np.asarray(weight, dtype=np.float64)
    some = (values > 0) & (weights > 0)
    if not some.any():
        return 0.0
    return float(np.exp((weights[some] * np.log(values[some])).sum() / weights[some].sum()))


def _classes(widths: FloatArray, step: float) -> tuple[FloatArray, NDArray[np.int64], FloatArray]:
    """Return the classes, and for each width the class below it and its share of the one above."""
    if not (np.isfinite(step) and step > 1.0):
        raise StatisticsError(f"step {step!r} must be above 1: the ratio of one class to the next")
    low, high = float(widths.min()), float(widths.max())
    count = int(np.ceil(np.log(high / low) / np.log(step) - 1e-9)) + 1
    if count == 1:
        return np.array([low]), np.zeros(widths.shape, np.int64), np.zeros(widths.shape)
    classes = np.geomspace(low, high, count)
    place = np.log(widths / low) / np.log(high / low) * (count - 1)
    lower = np.clip(np.floor(place), 0, count - 2).astype(np.int64)
    return classes, lower, np.clip(place - lower, 0.0, 1.0)


def _transform_shape(grid: Grid, room: int) -> tuple[int, int]:
    """Return the size of a real transform of the grid and `room` cells more each way."""
    ny, nx = (scipy.fft.next_fast_len(size + room, real=True) for size in grid.shape)
    return int(ny), int(nx)


def _centred(stencil: FloatArray, margin: int, shape: tuple[int, int]) -> FloatArray:
    """Place a stencil so that its middle is `margin` cells in, as that of the widest is."""
    placed = np.zeros(shape)
    start = margin - stencil.shape[0] // 2
    placed[start : start + stencil.shape[0], start : start + stencil.shape[1]] = stencil
    return placed
