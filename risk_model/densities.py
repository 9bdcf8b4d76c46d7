"""The density surface of a priority's offence set, and where its events concentrate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd

from risk_model.config.settings import Density as DensitySettings
from risk_model.layers.crime import OffenceSet, meets
from risk_model.model_data import ModelData
from spatial.hotspot_polygons import HotSpots, density_share, hotspot_polygons
from spatial.kde import Density, density_surface

__all__ = ["PriorityDensity", "Surroundings", "priority_density", "surroundings", "weigh"]


@dataclass(frozen=True, slots=True)
class PriorityDensity:
    """The density surface of one priority and the places where its events concentrate.

    `share` is, by study area code, the share of the area's events inside hot-spot cells; NaN
    where it has none.
    """

    surface: Density
    hotspots: HotSpots
    share: pd.Series[float]


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


def priority_density(
    where: Surroundings, offences: OffenceSet, settings: DensitySettings
) -> PriorityDensity:
    """Draw the density of an offence set and find the cells that hold most of it."""
    weighted = weigh(where.points, offences)
    surface = density_surface(
        weighted,
        study=where.study,
        land=where.around,  # the study area itself is always land
        bandwidth_m=settings.bandwidth_m,
        cell_m=settings.cell_m,
        months=where.months,
        kernel=settings.kernel,
        edge=settings.edge,
    )
    hotspots = hotspot_polygons(surface, volume_share=settings.volume_share, points=weighted)
    return PriorityDensity(
        surface=surface,
        hotspots=hotspots,
        share=density_share(weighted, hotspots, codes=list(where.codes)),
    )
