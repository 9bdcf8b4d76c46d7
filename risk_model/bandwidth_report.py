"""How far a priority's hot spots depend on the bandwidth: half of it and twice it beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from risk_model.config.risk import RiskConfig
from risk_model.densities import (
    Grounds,
    PriorityDensity,
    cell_at_m,
    draw_surface,
    surroundings,
    weigh,
)
from risk_model.event_cells import to_middles
from risk_model.model_data import ModelData
from risk_model.priority_events import PriorityEvents, too_large
from spatial.grid import Grid
from spatial.hotspot_polygons import smallest_set
from spatial.kde import Density

__all__ = ["BANDWIDTH_COLUMNS", "FACTORS", "bandwidth_table"]

BANDWIDTH_COLUMNS = (
    "priority",
    "bandwidth",
    "bandwidth_m",
    "cell_m",
    "highest",
    "hotspot_km2",
    "events_share",
    "pai_same_data",
    "overlap",
    "kept",
    "note",
)
FACTORS: Mapping[str, float] = {"half": 0.5, "chosen": 1.0, "double": 2.0}
BoolArray = NDArray[np.bool_]


def bandwidth_table(
    data: ModelData,
    priorities: Mapping[str, PriorityEvents],
    densities: Mapping[str, PriorityDensity],
    points: pd.DataFrame,
    *,
    study: gpd.GeoSeries,
    around: gpd.GeoSeries,
    config: RiskConfig,
) -> pd.DataFrame:
    """Draw each priority at half and at twice its bandwidth; a row a bandwidth.

    `overlap` is the land in the hot spots of both the row and the chosen bandwidth over the land
    in either; `kept` the part of the chosen bandwidth's hot spots that the row has too. Half the
    bandwidth is drawn on half the cell, or its surface would be that of the cells. Both are drawn
    from the 100 m cells that the run keeps, as anyone who has the run can do again (`hotspots
    export --format density-bandwidths`); the chosen row is the run's own surface.

    Parameters
    ----------
    data, priorities
        Layers, and the events from `events_of_priorities`.
    densities
        The surfaces of the run.
    points, study, around
        As for `risk_model.densities.surroundings`.
    config
        Settings of the density.
    """
    large = too_large(data, "No other bandwidths")
    if large:
        rows: Sequence[dict[str, object]] = [{"priority": key, "note": large} for key in priorities]
        return pd.DataFrame(rows).reindex(columns=list(BANDWIDTH_COLUMNS))
    where = surroundings(points, data, study=study, around=around)
    grounds = Grounds(where)
    found = [
        row
        for key, events in priorities.items()
        for row in _rows(key, events, densities[key], grounds, config)
    ]
    return pd.DataFrame(found).reindex(columns=list(BANDWIDTH_COLUMNS))


def _rows(
    key: str,
    events: PriorityEvents,
    drawn: PriorityDensity,
    grounds: Grounds,
    config: RiskConfig,
) -> list[dict[str, object]]:
    """Return the three bandwidths of one priority, narrowest first."""
    weighted = to_middles(weigh(grounds.where.points, events.offences))
    chosen = drawn.surface
    rows: list[dict[str, object]] = []
    for name, factor in FACTORS.items():
        row: dict[str, object] = {
            "priority": key,
            "bandwidth": name,
            "bandwidth_m": chosen.bandwidth_m * factor,
        }
        surface, mask = chosen, drawn.hotspots.mask
        if factor != 1.0:
            if (note := _unfit(chosen, factor)) != "":
                rows.append({**row, "note": note})
                continue
            surface, _ = draw_surface(
                weighted,
                grounds,
                config.density,
                bandwidth_m=chosen.bandwidth_m * factor,
                cell_m=cell_at_m(config.density, factor),
            )
            mask = smallest_set(surface.values, config.density.volume_share)
        rows.append(row | _figures(surface, mask) | _overlap(surface, mask, drawn))
    return rows


def _unfit(chosen: Density, factor: float) -> str:
    """Say why a bandwidth cannot be drawn over this study area; empty where it can."""
    row, column = np.nonzero(chosen.study_mask)
    longest = max(np.ptp(row), np.ptp(column)) * chosen.grid.cell_m
    if chosen.bandwidth_m * factor > longest:
        return f"wider than the study area ({longest:,.0f} m): the surface would be flat"
    return ""


def _figures(surface: Density, mask: BoolArray) -> dict[str, object]:
    """Return size and catch of the hot spots of one surface."""
    cells = int(mask.sum())
    area = cells * surface.grid.cell_km2
    share = float("nan")
    if surface.events_inside:
        share = float(surface.counts[mask].sum()) / surface.events_inside
    return {
        "cell_m": surface.grid.cell_m,
        "highest": surface.highest,
        "hotspot_km2": area,
        "events_share": share,
        "pai_same_data": share / (area / surface.study_km2) if cells else float("nan"),
    }


def _overlap(surface: Density, mask: BoolArray, drawn: PriorityDensity) -> dict[str, float]:
    """Return how far the hot spots are those of the chosen bandwidth."""
    there = _laid_on(drawn.hotspots.mask, drawn.hotspots.grid, surface.grid)
    both, either = int((mask & there).sum()), int((mask | there).sum())
    return {
        "overlap": both / either if either else float("nan"),
        "kept": both / int(there.sum()) if there.any() else float("nan"),
    }


def _laid_on(mask: BoolArray, grid: Grid, other: Grid) -> BoolArray:
    """Return which cells of another grid have their centre in a cell of the mask."""
    x, y = other.centres
    column = np.floor((x - grid.x0) / grid.cell_m).astype(np.int64)
    row = np.floor((y - grid.y0) / grid.cell_m).astype(np.int64)
    inside = ((row >= 0) & (row < grid.ny))[:, None] & ((column >= 0) & (column < grid.nx))[None, :]
    taken = mask[np.clip(row, 0, grid.ny - 1)][:, np.clip(column, 0, grid.nx - 1)]
    return np.asarray(taken & inside, dtype=np.bool_)
