"""What every density is made of: checks, sampled kernels, linear binning, convolution by FFT."""

from __future__ import annotations

from typing import Literal

import numpy as np
import scipy.fft
from numpy.typing import ArrayLike, NDArray

from spatial.errors import StatisticsError
from spatial.grid import Grid

__all__ = [
    "NOISE",
    "SMALLEST_RATIO",
    "KernelName",
    "at_points",
    "check_bandwidth",
    "checked_points",
    "convolve",
    "kernel_support_m",
    "linear_bins",
    "stencil_of",
]

KernelName = Literal["quartic", "gaussian"]
FloatArray = NDArray[np.float64]

SMALLEST_RATIO = 5.0  # cell <= bandwidth / 5, or the binning itself becomes visible
NOISE = 1e-12  # of the highest value: what an FFT leaves where the density is 0
_GAUSSIAN_REACH = 4.0  # standard deviations; 0.03 % of the mass lies beyond, and is put back


def kernel_support_m(kernel: KernelName, bandwidth_m: float) -> float:
    """Return how far an event's kernel reaches, in metres.

    The quartic ends at the bandwidth. The bandwidth of the Gaussian is its standard deviation;
    it is cut at four of them and scaled back to 1.
    """
    return bandwidth_m if kernel == "quartic" else _GAUSSIAN_REACH * bandwidth_m


def check_bandwidth(bandwidth_m: float, cell_m: float, kernel: str) -> None:
    """Refuse an unknown kernel, lengths that are not above 0, and cells too coarse for either.

    Raises
    ------
    StatisticsError
        Naming the argument, its value and what would do.
    """
    if kernel not in ("quartic", "gaussian"):
        raise StatisticsError(f"kernel {kernel!r} is neither 'quartic' nor 'gaussian'")
    for name, value in (("bandwidth_m", bandwidth_m), ("cell_m", cell_m)):
        if not (np.isfinite(value) and value > 0):
            raise StatisticsError(f"{name} {value!r} must be a length above 0 metres")
    if cell_m * SMALLEST_RATIO > bandwidth_m * (1 + 1e-9):
        raise StatisticsError(
            f"cell_m {cell_m:g} is too coarse for bandwidth_m {bandwidth_m:g}: use cells of "
            f"{bandwidth_m / SMALLEST_RATIO:g} m or less, or a bandwidth of "
            f"{cell_m * SMALLEST_RATIO:g} m or more"
        )


def checked_points(
    x: ArrayLike, y: ArrayLike, weight: ArrayLike | None
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return coordinates and weights as arrays; refuse what is not finite, or weighs under 0.

    Parameters
    ----------
    x, y
        Metres, shape (n,).
    weight
        Shape (n,); 1 each where not given.

    Raises
    ------
    StatisticsError
        Where lengths differ, naming them, or a value is wrong, naming its row.
    """
    xs = np.asarray(x, dtype=np.float64)
    ys = np.asarray(y, dtype=np.float64)
    ws = np.ones_like(xs) if weight is None else np.asarray(weight, dtype=np.float64)
    if xs.ndim != 1 or xs.shape != ys.shape or xs.shape != ws.shape:
        raise StatisticsError(
            f"x, y and weight need one length: they have {xs.shape}, {ys.shape}, {ws.shape}"
        )
    for name, values in (("x", xs), ("y", ys), ("weight", ws)):
        bad = np.flatnonzero(~np.isfinite(values))
        if bad.size:
            raise StatisticsError(
                f"{name} is {values[bad[0]]} at row {bad[0]} ({bad.size} such rows); leave rows "
                "without a location out before a density is made"
            )
    negative = np.flatnonzero(ws < 0)
    if negative.size:
        raise StatisticsError(
            f"weight is {ws[negative[0]]:g} at row {negative[0]}; weights are 0 or more"
        )
    return xs, ys, ws


def stencil_of(bandwidth_m: float, cell_m: float, kernel: KernelName) -> FloatArray:
    """Return the kernel at whole-cell offsets: an odd square that sums to 1.

    Shape (2r + 1, 2r + 1), where r cells hold the reach of the kernel.
    """
    reach = int(np.ceil(kernel_support_m(kernel, bandwidth_m) / cell_m))
    offset = np.arange(-reach, reach + 1) * (cell_m / bandwidth_m)
    squared = offset[:, None] ** 2 + offset[None, :] ** 2
    if kernel == "quartic":
        shape = np.where(squared < 1.0, (1.0 - squared) ** 2, 0.0)
    else:
        shape = np.where(squared <= _GAUSSIAN_REACH**2, np.exp(-0.5 * squared), 0.0)
    total = float(shape.sum())
    return np.asarray(shape / total, dtype=np.float64)


def linear_bins(
    x: FloatArray, y: FloatArray, weight: FloatArray, grid: Grid, margin: int
) -> FloatArray:
    """Share weights among the four nearest centres of the grid widened by `margin` cells.

    `x`, `y` (metres) and `weight` have shape (n,); the result has shape
    (ny + 2 margin, nx + 2 margin).
    """
    ny, nx = grid.ny + 2 * margin, grid.nx + 2 * margin
    u = (x - grid.x0) / grid.cell_m - 0.5 + margin
    v = (y - grid.y0) / grid.cell_m - 0.5 + margin
    near = (u > -1) & (u < nx) & (v > -1) & (v < ny)
    u, v, weight = u[near], v[near], weight[near]
    column, row = np.floor(u).astype(np.int64), np.floor(v).astype(np.int64)
    right, up = u - column, v - row
    bins = np.zeros(ny * nx)
    for down, share_y in ((0, 1.0 - up), (1, up)):
        for across, share_x in ((0, 1.0 - right), (1, right)):
            r, c = row + down, column + across
            # A point half a cell beyond the margin has part of its weight on no cell; nothing
            # of that part could reach the grid.
            kept = (r >= 0) & (r < ny) & (c >= 0) & (c < nx)
            part = (weight * share_x * share_y)[kept]
            bins += np.bincount(r[kept] * nx + c[kept], weights=part, minlength=ny * nx)
    return bins.reshape(ny, nx)


def convolve(padded: FloatArray, stencil: FloatArray) -> FloatArray:
    """Convolve where the whole stencil overlaps `padded`, by real FFT; never below 0.

    A circular transform of the padded size is enough: what wraps round falls on the first
    rows and columns, and those are the ones that are cut off.
    """
    margin = stencil.shape[0] - 1
    shape = [scipy.fft.next_fast_len(size, real=True) for size in padded.shape]
    product = scipy.fft.rfft2(padded, s=shape, workers=1)
    # Rows below the stencil are nought: only its own are transformed before the columns are.
    rows = scipy.fft.rfft(stencil, n=shape[1], axis=1, workers=1)
    product *= scipy.fft.fft(rows, n=shape[0], axis=0, workers=1, overwrite_x=True)
    full = scipy.fft.irfft2(product, s=shape, workers=1, overwrite_x=True)
    inner = full[margin : padded.shape[0], margin : padded.shape[1]]
    return np.asarray(np.maximum(inner, 0.0), dtype=np.float64)


def at_points(values: FloatArray, x: FloatArray, y: FloatArray, grid: Grid) -> FloatArray:
    """Read a surface at points between the cell centres: the counterpart of linear binning.

    Parameters
    ----------
    values
        Shape `grid.shape`, southern row first.
    x, y
        Metres, shape (n,); a point beyond the outermost centres takes the nearest of them.

    Returns
    -------
    Shape (n,), in the unit of `values`.
    """
    ny, nx = grid.shape
    u = np.clip((x - grid.x0) / grid.cell_m - 0.5, 0.0, nx - 1.0)
    v = np.clip((y - grid.y0) / grid.cell_m - 0.5, 0.0, ny - 1.0)
    column = np.minimum(u.astype(np.int64), max(nx - 2, 0))
    row = np.minimum(v.astype(np.int64), max(ny - 2, 0))
    right, up = u - column, v - row
    east, north = np.minimum(column + 1, nx - 1), np.minimum(row + 1, ny - 1)
    south_edge = values[row, column] * (1.0 - right) + values[row, east] * right
    north_edge = values[north, column] * (1.0 - right) + values[north, east] * right
    return np.asarray(south_edge * (1.0 - up) + north_edge * up, dtype=np.float64)
