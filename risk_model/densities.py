"""The density surface of a priority's offence set, and where its events concentrate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from risk_model.config.settings import Density as DensitySettings
from risk_model.layers.crime import OffenceSet, meets
from spatial.grid import Geometries
from spatial.hotspot_polygons import HotSpots, density_share, hotspot_polygons
from spatial.kde import Density, density_surface

__all__ = ["PriorityDensity", "priority_density", "weigh"]


@dataclass(frozen=True, slots=True)
class PriorityDensity:
    """The density surface of one priority and the places where its events concentrate.

    `share` is, by study area code, the share of the area's events inside hot-spot cells; NaN
    where it has none.
    """

    surface: Density
    hotspots: HotSpots
    share: pd.Series[float]


def weigh(points: pd.DataFrame, offences: OffenceSet) -> pd.DataFrame:
    """Return the points that belong to an offence set, with the weight of each.

    A point that stands for `n` events (a cell of a kept run) is repeated n times.
    """
    weight = np.zeros(len(points), dtype=np.float64)
    for offence in offences.offences:
        weight[meets(points, offence)] += offence.weight
    weighted = points.assign(weight=weight)[weight > 0]
    if "n" in weighted:
        weighted = weighted.loc[weighted.index.repeat(weighted["n"].to_numpy())]
    return weighted


def priority_density(
    points: pd.DataFrame,
    offences: OffenceSet,
    settings: DensitySettings,
    *,
    study: Geometries,
    land: Geometries,
    codes: Sequence[str],
    months: float,
) -> PriorityDensity:
    """Draw the density of an offence set and find the cells that hold most of it.

    Parameters
    ----------
    points
        x, y (EPSG:27700), category, area_code and any attribute columns.
    study, land
        Polygons of the study area, and of everything around it that was supplied.
    codes
        Study areas to report a share for.
    months
        Covered months of the period.
    """
    weighted = weigh(points, offences)
    surface = density_surface(
        weighted,
        study=study,
        land=land,
        bandwidth_m=settings.bandwidth_m,
        cell_m=settings.cell_m,
        months=months,
        kernel=settings.kernel,
        edge=settings.edge,
    )
    hotspots = hotspot_polygons(surface, volume_share=settings.volume_share, points=weighted)
    return PriorityDensity(
        surface=surface,
        hotspots=hotspots,
        share=density_share(weighted, hotspots, codes=list(codes)),
    )
