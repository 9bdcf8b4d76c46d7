"""Two densities compared: a later period with an earlier one, or events with population."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from spatial.convolution import KernelName
from spatial.errors import StatisticsError
from spatial.grid import Grid, grid_for, rasterise_positions
from spatial.kde import Density

__all__ = [
    "DualDensity",
    "NearZero",
    "compare_densities",
    "effective_km2",
    "population_points",
]

NearZero = Literal["blank", "shrink"]
FloatArray = NDArray[np.float64]

_LEAST_EVENTS = 5.0


@dataclass(frozen=True, slots=True, eq=False)
class DualDensity:
    """One surface against another, cell by cell; arrays have the shape of `grid`, NaN off it.

    Attributes
    ----------
    grid
        That of both surfaces.
    ratio
        Numerator over denominator: 1 is no change between periods; events per resident per year
        where the denominator is people per km2.
    log_ratio
        Natural logarithm of `ratio` over `overall`: 0 where a place does as the whole study area
        does, and the same size up as down.
    difference
        Numerator less denominator, per km2 per year: needs no denominator, and has a meaning only
        where both count the same thing.
    overall
        Ratio of the two totals over the study area.
    supported
        True where the denominator reaches `floor`, and the ratio rests on something.
    near_zero
        `blank`: the ratio is NaN where the denominator is under `floor`, and the logarithm also
        where the numerator is under `floor` x `overall`. `shrink`: (numerator + floor x overall) /
        (denominator + floor), finite everywhere and `overall` where nothing is recorded.
    floor
        Per km2 per year (people per km2): what `least` gives over the kernel's area.
    least
        Weighted events, or people, that the kernel has to hold.
    warnings
        What a reader has to know, in words.
    """

    grid: Grid
    ratio: FloatArray
    log_ratio: FloatArray
    difference: FloatArray
    overall: float
    supported: NDArray[np.bool_]
    near_zero: NearZero
    floor: float
    least: float
    warnings: tuple[str, ...]

    @property
    def top_down(self) -> NDArray[np.float32]:
        """The ratio, northern row first and in single precision, as a GeoTIFF holds it."""
        return np.ascontiguousarray(self.ratio[::-1].astype(np.float32))


def effective_km2(kernel: KernelName, bandwidth_m: float) -> float:
    """Return 1 / (integral of K^2), the area over which a kernel counts, in km2.

    A density of v per km2 rests on about v times this many events (quartic: 5 pi b^2 / 9;
    Gaussian: 4 pi b^2).
    """
    b = bandwidth_m / 1000.0
    return (5.0 * np.pi / 9.0 if kernel == "quartic" else 4.0 * np.pi) * b * b


def compare_densities(
    numerator: Density,
    denominator: Density,
    *,
    near_zero: NearZero = "blank",
    least: float | None = None,
) -> DualDensity:
    """Divide and subtract two surfaces made alike (dual kernel density).

    A later period over an earlier one, or events over the people at risk (Bithell 1990; Kelsall
    and Diggle 1995: both surfaces need one bandwidth, or the ratio shows the difference of
    bandwidths). Months are already in the unit of each, so periods of unlike length compare.

    A ratio has no meaning where the denominator is next to nothing: there a single event makes
    it anything. The limit is stated in what the kernel holds: a denominator counts from `least` /
    `effective_km2` x 12 / months up.

    Parameters
    ----------
    numerator, denominator
        Surfaces of one grid, study area, kernel, bandwidth and edge correction. For people:
        `density_surface(population_points(...), months=12, ...)`, which is people per km2.
    near_zero
        `blank` or `shrink`, see `DualDensity`.
    least
        Weighted events, or people, that the kernel has to hold of the denominator, above 0; by
        default five events of mean weight, and to be set where the denominator is people.

    Raises
    ------
    StatisticsError
        Where the surfaces were not made alike, or `least` is not above 0.
    """
    _alike(numerator, denominator)
    if near_zero not in ("blank", "shrink"):
        raise StatisticsError(f"near_zero {near_zero!r} is neither 'blank' nor 'shrink'")
    if least is None:
        events = denominator.events
        least = _LEAST_EVENTS * (denominator.weighted_events / events if events else 1.0)
    if not (np.isfinite(least) and least > 0):
        raise StatisticsError(f"least {least!r} must be above 0: a ratio needs a denominator")
    mask = denominator.study_mask
    above, below = np.asarray(numerator.values), np.asarray(denominator.values)
    top, bottom = float(above[mask].sum()), float(below[mask].sum())
    overall = top / bottom if bottom > 0 else float("nan")
    area = effective_km2(denominator.kernel, denominator.bandwidth_m)
    floor = least / area * denominator.per_year
    supported = mask & (np.where(mask, below, 0.0) >= floor)

    ratio = np.full(mask.shape, np.nan)
    log_ratio = np.full(mask.shape, np.nan)
    if bottom > 0:
        if near_zero == "blank":
            np.divide(above, below, out=ratio, where=supported)
            firm = supported & (np.where(mask, above, 0.0) >= floor * overall) & (overall > 0)
        else:
            np.divide(above + floor * overall, below + floor, out=ratio, where=mask)
            firm = mask & (overall > 0)
        np.log(ratio / overall if overall > 0 else ratio, out=log_ratio, where=firm)
    return DualDensity(
        grid=denominator.grid,
        ratio=ratio,
        log_ratio=log_ratio,
        difference=above - below,
        overall=overall,
        supported=supported,
        near_zero=near_zero,
        floor=floor,
        least=least,
        warnings=_warnings(mask, supported, top, bottom, least),
    )


def population_points(
    population: pd.Series, areas: gpd.GeoSeries, *, cell_m: float
) -> pd.DataFrame:
    """Spread each area's people evenly over the centres of its cells.

    People are known by area alone: within it they are taken as spread evenly over its land, which
    puts too many on the fields of a rural area and too few in its village. An area too small for
    a centre of a cell has its people on one point inside it.

    Parameters
    ----------
    population
        People by area code, 0 or more; NaN areas are left out.
    areas
        Polygons in EPSG:27700, indexed by area code.
    cell_m
        Metres.

    Returns
    -------
    Columns `x`, `y`, `weight`, `area_code`: weights of an area sum to its people.

    Raises
    ------
    StatisticsError
        Where an area with people has no polygon, or a population is negative or infinite.
    """
    people = population[population.notna()].astype(np.float64)
    bad = people[~np.isfinite(people) | (people < 0)]
    if len(bad):
        raise StatisticsError(
            f"population of {bad.index[0]} is {bad.iloc[0]:g} ({len(bad)} such areas); expected 0 "
            "or more, or NaN where it is not known"
        )
    lost = people.index.difference(areas.index)
    if len(lost):
        raise StatisticsError(
            f"{len(lost)} areas with a population have no polygon, first {lost[0]}"
        )
    people = people[people > 0].sort_index()
    shapes = gpd.GeoSeries(areas.loc[people.index])
    if not len(people):
        return pd.DataFrame({"x": [], "y": [], "weight": [], "area_code": []}).astype(
            {"x": float, "y": float, "weight": float, "area_code": str}
        )
    west, south, east, north = (float(side) for side in shapes.total_bounds)
    grid = grid_for((west, south, east, north), cell_m, 0.0)
    owner = rasterise_positions(list(shapes), grid)
    row, column = np.nonzero(owner >= 0)
    position = owner[row, column]
    centre_x, centre_y = grid.centres
    small = np.setdiff1d(np.arange(len(shapes)), position)
    inside = gpd.GeoSeries(shapes.iloc[small]).representative_point()
    position = np.concatenate([position, small])
    cells = np.bincount(position, minlength=len(shapes))
    frame = pd.DataFrame(
        {
            "x": np.concatenate([centre_x[column], inside.x.to_numpy()]),
            "y": np.concatenate([centre_y[row], inside.y.to_numpy()]),
            "weight": people.to_numpy()[position] / cells[position],
            "area_code": people.index.to_numpy(dtype=str)[position],
        }
    )
    return frame.sort_values(["area_code", "y", "x"], ignore_index=True)


def _alike(first: Density, second: Density) -> None:
    """Refuse surfaces whose ratio would show how they were made."""
    pairs = {
        "grid": (first.grid, second.grid),
        "kernel": (first.kernel, second.kernel),
        "bandwidth_m": (first.bandwidth_m, second.bandwidth_m),
        "edge": (first.edge, second.edge),
    }
    for name, (one, other) in pairs.items():
        if one != other:
            raise StatisticsError(
                f"{name} of the two surfaces differs ({one} and {other}): draw both over the same "
                "study area with the same settings"
            )
    if not np.array_equal(first.study_mask, second.study_mask):
        raise StatisticsError(
            "the two surfaces cover different study areas: draw both over the same one"
        )


def _warnings(
    mask: NDArray[np.bool_],
    supported: NDArray[np.bool_],
    top: float,
    bottom: float,
    least: float,
) -> tuple[str, ...]:
    if bottom <= 0:
        return ("the denominator is 0 everywhere: there is no ratio",)
    found = []
    if top <= 0:
        found.append("the numerator is 0 everywhere: every ratio is 0, and has no logarithm")
    thin = 1.0 - float(supported.sum()) / float(mask.sum())
    if thin > 0:
        found.append(
            f"{thin:.0%} of the study area has a denominator of under {least:g} within the "
            "kernel: ratios rest on next to nothing there"
        )
    return tuple(found)
