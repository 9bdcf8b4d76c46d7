"""Hot-spot polygons: the smallest set of cells that holds a share of a density's volume."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from rasterio.features import shapes
from scipy import ndimage
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from spatial.errors import StatisticsError
from spatial.grid import Grid, cell_index
from spatial.kde import Density

__all__ = ["HotSpots", "density_share", "hotspot_polygons", "smallest_set"]

_CRS = "EPSG:27700"


@dataclass(frozen=True, slots=True, eq=False)
class HotSpots:
    """Where recorded map points concentrate. Such places always exist, whatever the data.

    `frame` has a row a polygon, most events first: `hotspot_id` (1, 2, ...), `events`, `share`
    (of the study area's events), `volume_share` (of the density), `area_km2`, `pai_same_data`
    (share of events over share of area, on the very events that drew it: it cannot be 1 or
    less and is no forecast), `area_codes` (areas whose events lie inside, most first) and
    `geometry` in EPSG:27700. `mask` is bool of `grid.shape`, southern row first.
    """

    frame: gpd.GeoDataFrame
    mask: NDArray[np.bool_]
    grid: Grid
    volume_share: float
    events: int
    share: float
    area_km2: float
    pai_same_data: float


def smallest_set(values: NDArray[np.float64], volume_share: float) -> NDArray[np.bool_]:
    """Return the fewest cells, highest first, that hold `volume_share` of the sum of `values`.

    NaN cells do not take part. Of equal cells at the cut the first in the order of the array
    are taken, so that the answer is one. No cell where the sum is 0.

    Raises
    ------
    StatisticsError
        Where `volume_share` is not above 0 and at most 1, or a value is below 0 or infinite.
    """
    if not 0.0 < volume_share <= 1.0:
        raise StatisticsError(f"volume_share {volume_share!r} must be above 0 and at most 1")
    flat = np.nan_to_num(values.ravel(), nan=0.0, posinf=np.inf, neginf=-np.inf)
    if not np.isfinite(flat).all() or (flat < 0).any():
        raise StatisticsError("a density is finite and 0 or more in every cell")
    chosen = np.zeros(flat.shape, dtype=np.bool_)
    order = np.flatnonzero(flat > 0)
    if order.size:
        # A rounding error must not add a cell where the share is met exactly.
        wanted = volume_share * flat[order].sum() * (1.0 - 1e-12)
        order = _enough(flat, order, wanted)
        order = order[np.argsort(-flat[order], kind="stable")]
        running = np.cumsum(flat[order])
        chosen[order[: int(np.searchsorted(running, wanted)) + 1]] = True
    return chosen.reshape(values.shape)


def _enough(flat: NDArray[np.float64], cells: NDArray[np.intp], wanted: float) -> NDArray[np.intp]:
    """Return the cells above a height that hold `wanted` between them: fewer are put in order."""
    height = float(flat[cells].max())
    for _ in range(12):
        height /= 2.0
        high = cells[flat[cells] >= height]
        if flat[high].sum() >= wanted:
            return high
    return cells


def hotspot_polygons(
    density: Density, *, volume_share: float = 0.25, points: pd.DataFrame | None = None
) -> HotSpots:
    """Return the smallest set of study-area cells that holds `volume_share` of the volume.

    Cells that share a side make one polygon. Polygons are ordered by events, then by volume,
    then from south-west to north-east, and numbered in that order.

    Parameters
    ----------
    density
        Surface made by `density_surface`.
    volume_share
        Above 0, at most 1.
    points
        The events with columns `x`, `y`, `area_code` and optionally `weight`; with them each
        polygon lists the areas that its events belong to.
    """
    grid = density.grid
    mask = smallest_set(density.values, volume_share)
    labels, _ = ndimage.label(mask)
    rows = _rows(density, mask, labels)
    if points is not None and len(rows):
        rows["area_codes"] = _area_codes(points, labels, rows["label"].to_numpy(), grid)
    rows = rows.drop(columns="label")
    frame = gpd.GeoDataFrame(rows, geometry="geometry", crs=_CRS)
    events = int(density.counts[mask].sum())
    area = float(mask.sum()) * grid.cell_km2
    share = events / density.events_inside if density.events_inside else float("nan")
    return HotSpots(
        frame=frame,
        mask=mask,
        grid=grid,
        volume_share=volume_share,
        events=events,
        share=share,
        area_km2=area,
        pai_same_data=share / (area / density.study_km2) if area else float("nan"),
    )


def density_share(
    points: pd.DataFrame, hotspots: HotSpots, *, codes: Sequence[str] | None = None
) -> pd.Series:
    """Return the share of each area's events that lies in hot-spot cells.

    Parameters
    ----------
    points
        Columns `x`, `y`, `area_code` and optionally `weight`: rows of weight 0 are not events,
        rows without an area are left out. An event belongs to the area its row names.
    hotspots
        Made from the same events.
    codes
        Areas to report, in this order; those without an event get NaN. Without it, the areas
        that have events, sorted.
    """
    kept = points[_is_event(points) & (points["area_code"].astype(str) != "").to_numpy()]
    row, column = cell_index(kept["x"], kept["y"], hotspots.grid)
    inside = np.where(row >= 0, hotspots.mask[row, column], False)
    share = pd.Series(inside.astype(np.float64), index=kept["area_code"].astype(str).to_numpy())
    result = share.groupby(level=0, sort=True).mean().rename("density_share")
    result.index.name = "area_code"
    if codes is None:
        return result
    return result.reindex(pd.Index(list(codes), name="area_code"))


def _rows(density: Density, mask: NDArray[np.bool_], labels: NDArray[np.int32]) -> pd.DataFrame:
    grid = density.grid
    count = int(labels.max(initial=0))
    numbers = np.arange(1, count + 1)
    chosen, values = labels[mask], np.asarray(density.values)
    cells = np.bincount(chosen, minlength=count + 1)[1:]
    events = np.bincount(chosen, weights=density.counts[mask], minlength=count + 1)[1:]
    volume = np.bincount(chosen, weights=values[mask], minlength=count + 1)[1:]
    polygons = _polygons(labels, grid)
    area = cells * grid.cell_km2
    total = density.events_inside
    share = events / total if total else np.full(count, np.nan)
    corner = np.array([polygons[int(number)].bounds[:2] for number in numbers]).reshape(count, 2)
    order = np.lexsort((corner[:, 1], corner[:, 0], -volume, -events))
    frame = pd.DataFrame(
        {
            "label": numbers,
            "events": events.astype(np.int64),
            "share": share,
            "volume_share": volume / np.nansum(density.values) if count else volume,
            "area_km2": area,
            "pai_same_data": share / (area / density.study_km2),
            "area_codes": "",
            "geometry": [polygons[int(number)] for number in numbers],
        }
    ).iloc[order]
    frame.insert(0, "hotspot_id", np.arange(1, count + 1))
    return frame.reset_index(drop=True)


def _polygons(labels: NDArray[np.int32], grid: Grid) -> dict[int, BaseGeometry]:
    found = shapes(
        np.ascontiguousarray(labels[::-1]).astype(np.int32),
        mask=labels[::-1] > 0,
        connectivity=4,
        transform=grid.transform,
    )
    return {int(value): shape(outline) for outline, value in found}


def _area_codes(
    points: pd.DataFrame, labels: NDArray[np.int32], numbers: NDArray[np.int64], grid: Grid
) -> list[str]:
    kept = points[_is_event(points)]
    row, column = cell_index(kept["x"], kept["y"], grid)
    label = np.where(row >= 0, labels[row, column], 0)
    held = pd.DataFrame({"label": label, "code": kept["area_code"].astype(str).to_numpy()})
    held = held[(held["label"] > 0) & (held["code"] != "")]
    tally = held.groupby(["label", "code"], sort=True).size().rename("n").reset_index()
    tally = tally.sort_values(["label", "n", "code"], ascending=[True, False, True])
    joined = tally.groupby("label", sort=True)["code"].agg("; ".join)
    return [str(joined.get(number, "")) for number in numbers]


def _is_event(points: pd.DataFrame) -> NDArray[np.bool_]:
    if "weight" not in points:
        return np.ones(len(points), dtype=np.bool_)
    return np.asarray(points["weight"].to_numpy() > 0, dtype=np.bool_)
