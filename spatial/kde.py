"""Kernel density of events: linear binning, FFT convolution, correction at coast and border."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from spatial.convolution import (
    NOISE,
    KernelName,
    check_bandwidth,
    checked_points,
    convolve,
    kernel_support_m,
    linear_bins,
    stencil_of,
)
from spatial.errors import StatisticsError
from spatial.grid import (
    Geometries,
    Grid,
    bounds_of,
    cell_index,
    grid_for,
    meets_window,
    rasterise,
    shapes_of,
)

__all__ = [
    "FEW_EVENTS",
    "Density",
    "Edge",
    "Grid",
    "Ground",
    "KernelName",
    "cell_index",
    "density",
    "density_surface",
    "edge_mass",
    "grid_for",
    "ground_of",
    "kernel_support_m",
    "rasterise",
]

Edge = Literal["land", "none"]
FloatArray = NDArray[np.float64]

FEW_EVENTS = 50  # below this a surface mostly shows where single events were


@dataclass(frozen=True, slots=True, eq=False)
class Density:
    """A surface of (weighted) events per km2 per year over the study area.

    `values`, `study_mask` and `counts` have the shape of `grid`, southern row first. `values` is
    NaN outside the study area; `counts` are events per cell, unweighted.
    """

    grid: Grid
    values: FloatArray
    study_mask: NDArray[np.bool_]
    counts: NDArray[np.int64]
    bandwidth_m: float
    kernel: KernelName
    edge: Edge
    months: float
    events: int
    events_inside: int
    weighted_events: float
    warnings: tuple[str, ...]

    @property
    def per_year(self) -> float:
        """What turns events of the covered months into events a year."""
        return 12.0 / self.months

    @property
    def study_km2(self) -> float:
        """Area of the study cells in square kilometres."""
        return float(self.study_mask.sum()) * self.grid.cell_km2

    @property
    def highest(self) -> float:
        """The highest value of the study area, per km2 per year."""
        return float(np.nanmax(self.values))

    @property
    def top_down(self) -> NDArray[np.float32]:
        """The values, northern row first and in single precision, as a GeoTIFF holds them."""
        return np.ascontiguousarray(self.values[::-1].astype(np.float32))


def density(
    x: ArrayLike,
    y: ArrayLike,
    weight: ArrayLike | None = None,
    *,
    grid: Grid,
    bandwidth_m: float,
    kernel: KernelName = "quartic",
) -> FloatArray:
    """Return the kernel density of points at the cell centres, in (weighted) events per km2.

    Quartic: K(d) = 3 / (pi b^2) (1 - d^2 / b^2)^2 for d < b, which integrates to 1 (Silverman
    1986, equation 4.5, scaled to radius b). Gaussian: bandwidth is the standard deviation.
    Points are shared among the four nearest cell centres (linear binning: Wand 1994, "Fast
    computation of multivariate kernel estimators"), then convolved by FFT. The sampled kernel
    is scaled so that its cells sum to 1: mass is kept exactly.

    Parameters
    ----------
    x, y
        Easting and northing in metres, float of shape (n,).
    weight
        Weight of each point, 0 or more, shape (n,); 1 where it is not given.
    grid
        Where the density is wanted. Points outside it count as far as their kernel reaches in.
    bandwidth_m
        At least five cells.
    kernel
        `quartic` or `gaussian`.

    Returns
    -------
    Events per km2, float of shape (ny, nx), southern row first. Times 12 / covered months it is
    events per km2 per year.

    Raises
    ------
    StatisticsError
        Where points are not finite, weights are negative, or the bandwidth does not fit the cell.
    """
    check_bandwidth(bandwidth_m, grid.cell_m, kernel)
    xs, ys, ws = checked_points(x, y, weight)
    stencil = stencil_of(bandwidth_m, grid.cell_m, kernel)
    reach = stencil.shape[0] // 2
    return convolve(linear_bins(xs, ys, ws, grid, reach), stencil) / grid.cell_km2


def edge_mass(
    land: NDArray[np.bool_], *, grid: Grid, bandwidth_m: float, kernel: KernelName = "quartic"
) -> FloatArray:
    """Return the share of a kernel at each cell centre that lies on land, 0 to 1.

    The uniform edge correction of Diggle (1985), "A kernel method for smoothing point process
    data": the density divided by this does not fall off towards a coast or a border beyond which
    nothing could be recorded. `land` is bool of shape (ny, nx); beyond the grid is not land.

    Raises
    ------
    StatisticsError
        Where the shapes differ, or the bandwidth does not fit the cell.
    """
    check_bandwidth(bandwidth_m, grid.cell_m, kernel)
    if land.shape != grid.shape:
        raise StatisticsError(f"land has the shape {land.shape}, the grid {grid.shape}")
    stencil = stencil_of(bandwidth_m, grid.cell_m, kernel)
    reach = stencil.shape[0] // 2
    return np.minimum(convolve(np.pad(land.astype(np.float64), reach), stencil), 1.0)


def density_surface(
    points: pd.DataFrame,
    *,
    study: Geometries,
    land: Geometries | None,
    bandwidth_m: float,
    cell_m: float,
    months: float,
    kernel: KernelName = "quartic",
    edge: Edge = "land",
) -> Density:
    """Return the density of events over the study area, per km2 per year.

    Events within two bandwidths outside the study area are used first; what is then missing at
    the coast, and at a border beyond which no events are supplied, is put right by dividing by
    the kernel mass on `land`. So `land` is every supplied land polygon: the study area and what
    surrounds it within two bandwidths, where events would have been recorded.

    Parameters
    ----------
    points
        Columns `x`, `y` (EPSG:27700) and optionally `weight`. Rows of weight 0 are not events.
    study
        Polygons of the study area; a cell belongs to it where its centre does.
    land
        Polygons of the study area and its surroundings; a study area is land whatever they say.
        None where nothing around it is land of which events were supplied.
    bandwidth_m, cell_m
        Metres; the cell is at most a fifth of the bandwidth.
    months
        Covered months, above 0. Events x 12 / months are events a year.
    kernel
        `quartic` or `gaussian`.
    edge
        `land`, or `none` for no correction.

    Returns
    -------
    A surface that is 0 everywhere where there are no events; `warnings` says so, and says where
    events are under 50 or all on one point.

    Raises
    ------
    StatisticsError
        NaN or infinite coordinates, negative weights, a bandwidth under five cells or wider than
        the study area, no covered month, no cell of the study area, and under `edge` "land" no
        polygon of land within the kernel's reach: the correction would take every border of the
        study area for a coast.
    """
    ground = ground_of(
        points,
        study=study,
        land=land,
        bandwidth_m=bandwidth_m,
        cell_m=cell_m,
        months=months,
        kernel=kernel,
        edge=edge,
        reach_m=kernel_support_m(kernel, bandwidth_m),
    )
    raw = density(
        ground.x,
        ground.y,
        ground.weight,
        grid=ground.grid,
        bandwidth_m=bandwidth_m,
        kernel=kernel,
    )
    return ground.surface(raw, ground.mass(bandwidth_m), bandwidth_m=bandwidth_m)


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """What every surface over a study area starts from: its cells, its land and its events.

    Attributes
    ----------
    grid, study_mask
        The cells, and which of them are in the study area.
    land_mask
        Which cells are land, the study area among them; None without an edge correction.
    x, y, weight
        The events of weight above 0, shape (n,).
    kernel, edge, months
        As asked for.
    """

    grid: Grid
    study_mask: NDArray[np.bool_]
    land_mask: NDArray[np.bool_] | None
    x: FloatArray
    y: FloatArray
    weight: FloatArray
    kernel: KernelName
    edge: Edge
    months: float

    def holding(self, points: pd.DataFrame) -> Ground:
        """Return the same ground with other events, columns `x`, `y` and optionally `weight`."""
        xs, ys, ws = checked_points(points["x"], points["y"], points.get("weight"))
        real = ws > 0
        return replace(self, x=xs[real], y=ys[real], weight=ws[real])

    def mass(self, bandwidth_m: float) -> FloatArray | None:
        """Return the share of the kernel at each cell that lies on land; None without edges."""
        if self.land_mask is None:
            return None
        return edge_mass(
            self.land_mask, grid=self.grid, bandwidth_m=bandwidth_m, kernel=self.kernel
        )

    def surface(self, raw: FloatArray, mass: FloatArray | None, *, bandwidth_m: float) -> Density:
        """Turn events per km2 of the whole grid into the surface of the study area, per year."""
        values = raw * (12.0 / self.months)
        values[values < NOISE * float(values.max(initial=0.0))] = 0.0
        if mass is not None:
            np.divide(values, mass, out=values, where=self.study_mask)
        values[~self.study_mask] = np.nan
        counts = events_per_cell(self.x, self.y, self.grid)
        return Density(
            grid=self.grid,
            values=values,
            study_mask=self.study_mask,
            counts=counts,
            bandwidth_m=float(bandwidth_m),
            kernel=self.kernel,
            edge=self.edge,
            months=float(self.months),
            events=len(self.x),
            events_inside=int(counts[self.study_mask].sum()),
            weighted_events=float(self.weight.sum()),
            warnings=few_events(self.x, self.y),
        )


def ground_of(
    points: pd.DataFrame,
    *,
    study: Geometries,
    land: Geometries | None,
    bandwidth_m: float,
    cell_m: float,
    months: float,
    kernel: KernelName,
    edge: Edge,
    reach_m: float,
) -> Ground:
    """Check what a surface is made from and lay out its cells, `reach_m` around the study area.

    Arguments and errors are those of `density_surface`.
    """
    check_bandwidth(bandwidth_m, cell_m, kernel)
    check_span(edge, months)
    grid, study_mask = study_cells(study, bandwidth_m=bandwidth_m, cell_m=cell_m, reach_m=reach_m)
    nothing = np.zeros(0)
    return Ground(
        grid=grid,
        study_mask=study_mask,
        land_mask=_land_cells(land, grid, study_mask) if edge == "land" else None,
        x=nothing,
        y=nothing,
        weight=nothing,
        kernel=kernel,
        edge=edge,
        months=months,
    ).holding(points)


def _land_cells(
    land: Geometries | None, grid: Grid, study_mask: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Return the cells of land, the study area among them; refuse land that is somewhere else."""
    if land is None:
        return study_mask
    right, top = grid.x0 + grid.nx * grid.cell_m, grid.y0 + grid.ny * grid.cell_m
    shapes = shapes_of(land)
    if not meets_window(shapes, (grid.x0, grid.y0, right, top)):
        several = "s, none of them" if len(shapes) > 1 else ", but not"
        held = f"{len(shapes)} polygon{several} there" if shapes else "no polygon"
        raise StatisticsError(
            f"no land in the window: land holds {held} (the window is {grid.x0:,.0f} to "
            f"{right:,.0f} east, {grid.y0:,.0f} to {top:,.0f} north); give land in the system of "
            "the study area (EPSG:27700), land=None where nothing around it is land, or "
            "edge='none' for no correction"
        )
    return rasterise(shapes, grid) | study_mask


def check_span(edge: str, months: float) -> None:
    """Refuse an edge correction that is not known, and a density per year of no month."""
    if edge not in ("land", "none"):
        raise StatisticsError(f"edge {edge!r} is neither 'land' nor 'none'")
    if not (np.isfinite(months) and months > 0):
        raise StatisticsError(f"months {months!r}: a density per year needs a covered month")


def study_cells(
    study: Geometries, *, bandwidth_m: float, cell_m: float, reach_m: float
) -> tuple[Grid, NDArray[np.bool_]]:
    """Return the grid over the study area and `reach_m` around it, and which cells are in it.

    Raises
    ------
    StatisticsError
        Where the study area holds no polygon or no centre of a cell, or the bandwidth is wider
        than it is.
    """
    study_shapes = shapes_of(study)
    if not study_shapes:
        raise StatisticsError("the study area holds no polygon: check the area setting")
    bounds = bounds_of(study_shapes)
    longest = max(bounds[2] - bounds[0], bounds[3] - bounds[1])
    if bandwidth_m > longest:
        raise StatisticsError(
            f"bandwidth_m {bandwidth_m:g} is wider than the study area ({longest:,.0f} m): the "
            f"surface would be flat; use a bandwidth of {longest / 5:,.0f} m or less"
        )
    grid = grid_for(bounds, cell_m, reach_m)
    study_mask = rasterise(study_shapes, grid)
    if not study_mask.any():
        raise StatisticsError(
            f"no cell of {cell_m:g} m has its centre in the study area; use smaller cells "
            "(cell_m), or mend the outlines"
        )
    return grid, study_mask


def events_per_cell(x: FloatArray, y: FloatArray, grid: Grid) -> NDArray[np.int64]:
    """Return how many points lie in each cell, int of `grid.shape`."""
    row, column = cell_index(x, y, grid)
    kept = row >= 0
    flat = np.bincount(row[kept] * grid.nx + column[kept], minlength=grid.nx * grid.ny)
    return flat.reshape(grid.shape).astype(np.int64)


def few_events(x: FloatArray, y: FloatArray) -> tuple[str, ...]:
    """Return what has to be said of a surface of so few events, or of events on one point."""
    if len(x) == 0:
        return ("no events: the density is 0 everywhere and there are no hot spots",)
    found = []
    if len(x) < FEW_EVENTS:
        found.append(
            f"{len(x)} event{' is' if len(x) == 1 else 's are'} fewer than {FEW_EVENTS}: the "
            "density mostly shows where single events were recorded"
        )
    if len(x) > 1 and np.ptp(x) == 0 and np.ptp(y) == 0:
        found.append(
            f"all {len(x)} events are recorded at one point: the density is the kernel alone"
        )
    return tuple(found)
