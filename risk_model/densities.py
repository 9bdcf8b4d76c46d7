"""The density surface of a priority's offence set, and where its events concentrate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from risk_model.config.settings import Density as DensitySettings
from risk_model.layers.crime import OffenceSet, meets
from risk_model.model_data import ModelData
from spatial.adaptive import adaptive_reach_m, adaptive_surface
from spatial.bandwidth import BandwidthChoice, candidate_bandwidths, choose_bandwidth
from spatial.convolution import SMALLEST_RATIO, kernel_support_m
from spatial.grid import bounds_of, meets_window, shapes_of
from spatial.hotspot_polygons import HotSpots, density_share, hotspot_polygons
from spatial.kde import Density, Ground, density, ground_of

__all__ = [
    "Grounds",
    "PriorityDensity",
    "Surroundings",
    "cell_at_m",
    "draw_surface",
    "points_within_m",
    "priority_density",
    "surroundings",
    "weigh",
]


@dataclass(frozen=True, slots=True)
class PriorityDensity:
    """The density surface of one priority and the places where its events concentrate.

    `share` is, by study area code, the share of the area's events inside hot-spot cells; NaN
    where it has none. `bandwidth` says how the bandwidth came about, for the manifest.
    """

    surface: Density
    hotspots: HotSpots
    share: pd.Series[float]
    bandwidth: Mapping[str, Any]
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the densities of a run share.

    Attributes
    ----------
    points
        x, y (EPSG:27700), category, area_code and any attribute columns; `scale` where months of
        an area are missing: its events stand for those of all months.
    study
        Polygons of the study areas of which a month was supplied: elsewhere a density is not 0
        but unknown.
    around
        Polygons of the land around them of which incidents were supplied.
    codes
        The areas of `study`, to report a share for.
    months
        Covered months of the period.
    """

    points: pd.DataFrame
    study: gpd.GeoSeries
    around: gpd.GeoSeries
    codes: Sequence[str]
    months: float

    def land(self, reach_m: float) -> gpd.GeoSeries | None:
        """Return the land around the study areas; None where none lies within reach of their box.

        An island, or a country, has none: its own outline is then the edge of all land.
        """
        shapes = shapes_of(self.study)
        if not shapes:
            return None
        left, bottom, right, top = bounds_of(shapes)
        window = (left - reach_m, bottom - reach_m, right + reach_m, top + reach_m)
        return self.around if meets_window(self.around, window) else None


def surroundings(
    points: pd.DataFrame, data: ModelData, *, study: gpd.GeoSeries, around: gpd.GeoSeries
) -> Surroundings:
    """Leave out what no month covers, and scale up where months are missing.

    `study` has the polygons of the study areas in their order, `around` those of their
    surroundings.
    """
    covered = data.covered[data.in_study]
    codes = np.array(data.study_codes, dtype=object)
    months = float(np.atleast_1d(covered.any(axis=0)).sum())
    held = np.asarray(covered.sum(axis=1), dtype=np.float64)
    known = held > 0
    if not known.any():
        known[:] = True
    if not known.all():
        points = points[~points["area_code"].isin(codes[~known])]
    partly = known & (held < months)
    if partly.any():
        scale = pd.Series(months / held[partly], index=codes[partly])
        points = points.assign(scale=points["area_code"].map(scale).fillna(1.0))
    return Surroundings(
        points=points,
        study=gpd.GeoSeries(study.iloc[np.flatnonzero(known)]),
        around=around,
        codes=tuple(codes[known]),
        months=months,
    )


def weigh(points: pd.DataFrame, offences: OffenceSet) -> pd.DataFrame:
    """Return the points that belong to an offence set, with the weight of each.

    A point that stands for `n` events (a cell of a kept run) is repeated n times.
    """
    weight = np.zeros(len(points), dtype=np.float64)
    for offence in offences.offences:
        weight[meets(points, offence)] += offence.weight
    if "scale" in points:
        weight *= points["scale"].to_numpy(dtype=np.float64)
    weighted = points.assign(weight=weight)[weight > 0]
    if "n" in weighted:
        weighted = weighted.loc[weighted.index.repeat(weighted["n"].to_numpy())]
    return weighted


def cell_at_m(settings: DensitySettings, factor: float) -> float:
    """Return the cell for a multiple of the chosen bandwidth: narrower ones get as much finer."""
    return settings.cell_m * min(1.0, factor)


def points_within_m(settings: DensitySettings) -> float:
    """Return how far outside the study area events are needed for every surface of a run, metres.

    That is twice the widest bandwidth, for the comparison with twice the bandwidth; what the
    pilot of an adaptive surface needs comes on top.
    """
    widest = {"fixed": 2.0, "cross_validated": 4.0, "adaptive": 6.0}[settings.bandwidth]
    return kernel_support_m(settings.kernel, widest * settings.bandwidth_m)


class Grounds:
    """Cells, land and edges of surfaces over one study area, laid out once for all that share them.

    Parameters
    ----------
    where
        Points, land and months.
    """

    def __init__(self, where: Surroundings) -> None:
        self.where = where
        self._ground: dict[tuple[float, float], Ground] = {}
        self._mass: dict[tuple[float, float, float], NDArray[np.float64] | None] = {}

    def surface(
        self,
        weighted: pd.DataFrame,
        settings: DensitySettings,
        *,
        bandwidth_m: float,
        cell_m: float,
    ) -> Density:
        """Draw the fixed density of weighted points: `spatial.kde.density_surface` to the bit."""
        reach_m = kernel_support_m(settings.kernel, bandwidth_m)
        if (cell_m, reach_m) not in self._ground:
            self._ground[cell_m, reach_m] = ground_of(
                weighted[:0],
                study=self.where.study,
                land=self.where.land(reach_m),  # the study area itself is always land
                bandwidth_m=bandwidth_m,
                cell_m=cell_m,
                months=self.where.months,
                kernel=settings.kernel,
                edge=settings.edge,
                reach_m=reach_m,
            )
        ground = self._ground[cell_m, reach_m].holding(weighted)
        at = (cell_m, reach_m, bandwidth_m)
        if at not in self._mass:
            self._mass[at] = ground.mass(bandwidth_m)
        raw = density(
            ground.x,
            ground.y,
            ground.weight,
            grid=ground.grid,
            bandwidth_m=bandwidth_m,
            kernel=settings.kernel,
        )
        return ground.surface(raw, self._mass[at], bandwidth_m=bandwidth_m)


def draw_surface(
    weighted: pd.DataFrame,
    grounds: Grounds,
    settings: DensitySettings,
    *,
    bandwidth_m: float,
    cell_m: float | None = None,
) -> tuple[Density, dict[str, Any]]:
    """Draw weighted points at one bandwidth, adaptive where the settings say so.

    Cells are those of the settings, or a fifth of the bandwidth where they are too coarse for it.
    With the surface comes what an adaptive kernel was kept between.
    """
    cell_m = min(cell_m or settings.cell_m, bandwidth_m / SMALLEST_RATIO)
    if settings.bandwidth != "adaptive":
        return grounds.surface(weighted, settings, bandwidth_m=bandwidth_m, cell_m=cell_m), {}
    reach_m = adaptive_reach_m(settings.kernel, bandwidth_m, 2.0 * bandwidth_m)
    found = adaptive_surface(
        weighted,
        study=grounds.where.study,
        land=grounds.where.land(reach_m),
        bandwidth_m=bandwidth_m,
        cell_m=cell_m,
        months=grounds.where.months,
        kernel=settings.kernel,
        edge=settings.edge,
    )
    return found.surface, {
        "lowest_m": found.lowest_m,
        "highest_m": found.highest_m,
        "clipped_low": found.clipped_low,
        "clipped_high": found.clipped_high,
    }


def priority_density(
    where: Surroundings,
    offences: OffenceSet,
    settings: DensitySettings,
    grounds: Grounds | None = None,
) -> PriorityDensity:
    """Draw the density of an offence set and find the cells that hold most of it.

    `grounds` of the same surroundings save laying out the land once more.
    """
    grounds = grounds or Grounds(where)
    weighted = weigh(where.points, offences)
    chosen: dict[str, Any] = {}
    bandwidth_m = settings.bandwidth_m
    warnings: tuple[str, ...] = ()
    if settings.bandwidth == "cross_validated":
        choice = _choose(weighted, where, settings)
        bandwidth_m, warnings = choice.bandwidth_m, choice.warnings
        chosen = {
            "chosen": choice.chosen,
            "candidates_m": [float(width) for width in choice.bandwidths_m],
            "scores": [float(score) if np.isfinite(score) else None for score in choice.scores],
        }
    surface, limits = draw_surface(weighted, grounds, settings, bandwidth_m=bandwidth_m)
    hotspots = hotspot_polygons(surface, volume_share=settings.volume_share, points=weighted)
    return PriorityDensity(
        surface=surface,
        hotspots=hotspots,
        share=density_share(weighted, hotspots, codes=list(where.codes)),
        bandwidth={"method": settings.bandwidth, **chosen, **limits},
        warnings=(*surface.warnings, *warnings),
    )


def _choose(
    weighted: pd.DataFrame, where: Surroundings, settings: DensitySettings
) -> BandwidthChoice:
    """Cross-validate between half and twice the bandwidth of the settings.

    By place, not by event: events that were moved to one anonymous map point would foretell one
    another. An even background is fitted, or one remote event would set the bandwidth of a county.
    """
    candidates = candidate_bandwidths(
        where.study,
        cell_m=settings.cell_m,
        lowest_m=settings.bandwidth_m / 2.0,
        highest_m=settings.bandwidth_m * 2.0,
    )
    return choose_bandwidth(
        weighted,
        study=where.study,
        cell_m=settings.cell_m,
        fallback_m=settings.bandwidth_m,
        bandwidths_m=candidates,
        kernel=settings.kernel,
        leave_out="place",
        background="fitted",
    )
