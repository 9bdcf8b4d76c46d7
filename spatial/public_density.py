"""The density that anyone may see: large cells, bands, and nothing where events are few."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from spatial.convolution import KernelName, check_bandwidth, checked_points, kernel_support_m
from spatial.errors import StatisticsError
from spatial.grid import Geometries, Grid, cell_index, rasterise
from spatial.kde import check_span, density, edge_mass, study_cells

__all__ = [
    "BLANK",
    "FEWEST_EVENTS",
    "OUTSIDE",
    "SMALLEST_CELL_M",
    "PublicDensity",
    "public_cells",
    "public_density",
]

FloatArray = NDArray[np.float64]

SMALLEST_CELL_M = 500.0
FEWEST_EVENTS = 5
BLANK = 0
OUTSIDE = 255
_FINE = 5  # fine cells along a public cell, over which its events are spread again
_BANDS = 5


@dataclass(frozen=True, slots=True, eq=False)
class PublicDensity:
    """Bands of density on large cells, made so that no count of 1 to 4 can be worked out.

    It holds no count, neither of a cell nor of all. What is published beside it has to follow the
    same rule: an exact total of events would add to what can be worked out.

    Attributes
    ----------
    grid
        Cells of 500 m or more, on whole multiples of their size in EPSG:27700, so that two
        releases share their cells and cannot be laid over one another to make smaller ones.
    band
        uint8 of `grid.shape`, southern row first: 1, 2, ... from low to high, `BLANK` (0) where
        under five events were recorded or none, `OUTSIDE` (255) off the study area.
    edges
        Lower limits of the bands, events per km2 per year, the first 0; the last has no upper.
    bandwidth_m, kernel, months
        As asked for.
    note
        What was done, in words for a legend.
    warnings
        What a reader has to know, in words.
    """

    grid: Grid
    band: NDArray[np.uint8]
    edges: tuple[float, ...]
    bandwidth_m: float
    kernel: KernelName
    months: float
    note: str
    warnings: tuple[str, ...]

    @property
    def top_down(self) -> NDArray[np.uint8]:
        """The bands, northern row first, as a GeoTIFF holds them (no data: `OUTSIDE`)."""
        return np.ascontiguousarray(self.band[::-1])

    @property
    def labels(self) -> tuple[str, ...]:
        """Words for each band, lowest first."""
        words = []
        for low, high in zip(self.edges, (*self.edges[1:], None), strict=True):
            if high is None:
                words.append(f"{low:,.4g} or more")
            elif low == 0:
                words.append(f"under {high:,.4g}")
            else:
                words.append(f"{low:,.4g} to under {high:,.4g}")
        return tuple(words)


def public_density(
    points: pd.DataFrame,
    *,
    study: Geometries,
    months: float,
    bandwidth_m: float = 1000.0,
    cell_m: float = SMALLEST_CELL_M,
    kernel: KernelName = "quartic",
    least: int = FEWEST_EVENTS,
    edges: Sequence[float] | None = None,
) -> PublicDensity:
    """Draw a density that gives away no place of few events.

    1. Events of the study area are counted in large cells; where they stood in a cell is
       forgotten.
    2. Cells of under `least` events are blanked **and their events taken out**, so that nothing
       of them is smoothed into a neighbour. Blank and empty cells look the same.
    3. What is left is spread evenly over its cells, smoothed, corrected for the edge of the study
       area, averaged over each cell and put into bands at least `least` events a cell wide.

    So the result depends on nothing but the counts of `least` or more, and is the same to the
    byte whatever the counts of 0 to `least` - 1 are. Events are not weighted: one grave offence
    would lift the band of a cell. Events outside the study area are not used.

    Parameters
    ----------
    points
        Columns `x`, `y` (EPSG:27700) and optionally `weight`; rows of weight 0 are not events, and
        weights have no other use.
    study
        Polygons of the study area.
    months
        Covered months, above 0.
    bandwidth_m
        At least a whole public cell.
    cell_m
        Metres, a multiple of 500.
    least
        5 or more.
    edges
        Lower limits of the bands above the first, rising, events per km2 per year: the first at
        least twice `least` events a cell over the period, the others `least` apart. By default
        doubling.

    Raises
    ------
    StatisticsError
        Cells under 500 m, `least` under 5, bands too narrow, a bandwidth under a cell or wider
        than the study area, values that are not finite, no land.
    """
    check_span("land", months)
    _check_disclosure(cell_m, least, bandwidth_m)
    fine_m = cell_m / _FINE
    check_bandwidth(bandwidth_m, fine_m, kernel)
    events_a_cell = 12.0 / months / (cell_m / 1000.0) ** 2  # one event in a cell, per km2 per year
    limits = _band_edges(edges, least * events_a_cell)
    inner, _ = study_cells(
        study,
        bandwidth_m=bandwidth_m,
        cell_m=fine_m,
        reach_m=kernel_support_m(kernel, bandwidth_m),
    )
    grid, fine = _nested(inner, cell_m)
    fine_mask = rasterise(study, fine)
    share = _averaged(fine_mask.astype(np.float64))

    xs, ys, ws = checked_points(points["x"], points["y"], points.get("weight"))
    row, column = cell_index(xs, ys, fine)
    real = (ws > 0) & (row >= 0) & fine_mask[row, column]
    counts = np.zeros(grid.shape, dtype=np.int64)
    np.add.at(counts, (row[real] // _FINE, column[real] // _FINE), 1)
    shown = counts >= least

    spread_x, spread_y, spread = _spread_evenly(np.where(shown, counts, 0), fine_mask, fine)
    values = density(
        spread_x, spread_y, spread, grid=fine, bandwidth_m=bandwidth_m, kernel=kernel
    ) * (12.0 / months)
    mass = edge_mass(fine_mask, grid=fine, bandwidth_m=bandwidth_m, kernel=kernel)
    np.divide(values, mass, out=values, where=fine_mask)
    values[~fine_mask] = 0.0
    mean = np.divide(_averaged(values), share, out=np.zeros(grid.shape), where=share > 0)
    # Nine decimals: what an FFT leaves beyond them must not carry a value over a band's edge.
    mean = np.round(mean, 9)
    band = np.where(shown, np.searchsorted(limits, mean, side="right"), BLANK)
    band = np.where(share > 0, band, OUTSIDE).astype(np.uint8)
    return PublicDensity(
        grid=grid,
        band=band,
        edges=tuple(float(edge) for edge in limits),
        bandwidth_m=float(bandwidth_m),
        kernel=kernel,
        months=float(months),
        note=(
            f"Events per km2 per year in bands, on cells of {cell_m:g} m. Cells where under "
            f"{least} events were recorded are blank and left out of all others; weights are not "
            "used."
        ),
        warnings=(
            ()
            if shown.any()
            else (f"no cell of {cell_m:g} m holds {least} events or more: nothing is shown",)
        ),
    )


def public_cells(public: PublicDensity) -> gpd.GeoDataFrame:
    """Return the cells of the study area as squares, from south-west to north-east.

    Columns `band` (0 where blank), `per_km2_per_year` (in words) and `geometry`, EPSG:27700.
    """
    row, column = np.nonzero(public.band != OUTSIDE)
    band = public.band[row, column].astype(np.int64)
    words = np.array(["too few events to show, or none", *public.labels], dtype=object)
    west = public.grid.x0 + column * public.grid.cell_m
    south = public.grid.y0 + row * public.grid.cell_m
    squares = shapely.box(west, south, west + public.grid.cell_m, south + public.grid.cell_m)
    return gpd.GeoDataFrame(
        {"band": band, "per_km2_per_year": words[band].astype(str)},
        geometry=squares,
        crs="EPSG:27700",
    )


def _check_disclosure(cell_m: float, least: int, bandwidth_m: float) -> None:
    whole = np.isfinite(cell_m) and cell_m >= SMALLEST_CELL_M and cell_m % SMALLEST_CELL_M == 0
    if not whole:
        raise StatisticsError(
            f"cell_m {cell_m!r}: public cells are 500 m or a multiple of it, so that releases "
            "nest and cannot be told apart into smaller cells"
        )
    if least < FEWEST_EVENTS:
        raise StatisticsError(
            f"least {least!r}: a public cell shows {FEWEST_EVENTS} events or more, never fewer"
        )
    if not bandwidth_m >= cell_m:
        raise StatisticsError(
            f"bandwidth_m {bandwidth_m!r} is under the public cell ({cell_m:g} m): use a "
            f"bandwidth of {cell_m:g} m or more"
        )


def _band_edges(edges: Sequence[float] | None, least: float) -> FloatArray:
    """Return the lower limits of the bands, the first 0; refuse bands that tell counts apart."""
    if edges is None:
        return np.concatenate([[0.0], least * 2.0 ** np.arange(1, _BANDS)])
    given = np.concatenate([[0.0], np.asarray(list(edges), dtype=np.float64)])
    if not np.isfinite(given).all():
        raise StatisticsError(f"edges {tuple(edges)!r} must be finite")
    # A shown cell holds `least` or more, so the first band has to reach twice as far to be as wide.
    wanted = np.where(np.arange(len(given) - 1) == 0, 2.0, 1.0) * least
    narrow = np.flatnonzero(np.diff(given) < wanted * (1.0 - 1e-9))
    if narrow.size:
        k = int(narrow[0])
        raise StatisticsError(
            f"edges: the band from {given[k]:g} to {given[k + 1]:g} is too narrow: the first limit "
            f"is {2 * least:g} per km2 per year or more, and each next one at least {least:g} "
            "above it"
        )
    return given


def _nested(inner: Grid, cell_m: float) -> tuple[Grid, Grid]:
    """Return the public grid over a fine one, and the fine cells that fill it."""
    left, bottom = np.floor(inner.x0 / cell_m), np.floor(inner.y0 / cell_m)
    right = np.ceil((inner.x0 + inner.nx * inner.cell_m) / cell_m)
    top = np.ceil((inner.y0 + inner.ny * inner.cell_m) / cell_m)
    x0, y0 = float(left * cell_m), float(bottom * cell_m)
    nx, ny = int(right - left), int(top - bottom)
    fine = Grid(x0, y0, cell_m / _FINE, nx * _FINE, ny * _FINE)
    return Grid(x0, y0, float(cell_m), nx, ny), fine


def _averaged(fine: FloatArray) -> FloatArray:
    """Return the mean over the fine cells of each public cell."""
    ny, nx = fine.shape[0] // _FINE, fine.shape[1] // _FINE
    return np.asarray(fine.reshape(ny, _FINE, nx, _FINE).mean(axis=(1, 3)), dtype=np.float64)


def _spread_evenly(
    counts: NDArray[np.int64], fine_mask: NDArray[np.bool_], fine: Grid
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the fine study cells of shown cells, with an equal part of the cell's events each."""
    held = np.repeat(np.repeat(counts, _FINE, axis=0), _FINE, axis=1)
    inside = np.repeat(np.repeat(_averaged(fine_mask.astype(float)), _FINE, axis=0), _FINE, axis=1)
    row, column = np.nonzero((held > 0) & fine_mask)
    centre_x, centre_y = fine.centres
    part = held[row, column] / (inside[row, column] * _FINE**2)
    return centre_x[column], centre_y[row], part
