"""Square areas in rows, events scattered in them, and the hexagons that are laid over them."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely.geometry import box

from spatial.contiguity import contiguity
from spatial.support import Support, area_support, hexagon_support
from spatial.weights import Neighbours

SIZE = 1000.0


def lattice(columns: int, rows: int, *, size: float = SIZE) -> gpd.GeoSeries:
    """Square areas, `A0203` the one of row 2 and column 3."""
    return gpd.GeoSeries(
        {
            f"A{row:02d}{column:02d}": box(
                400_000 + column * size,
                90_000 + row * size,
                400_000 + (column + 1) * size,
                90_000 + (row + 1) * size,
            )
            for row in range(rows)
            for column in range(columns)
        },
        crs="EPSG:27700",
    )


def graph(areas: gpd.GeoSeries) -> Neighbours:
    return contiguity(gpd.GeoDataFrame(geometry=areas))


def scattered(areas: gpd.GeoSeries, counts: dict[str, int], seed: int = 1) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    rows = []
    for code, count in counts.items():
        west, south, east, north = areas[code].bounds
        rows.append(
            pd.DataFrame(
                {
                    "x": rng.uniform(west, east, count),
                    "y": rng.uniform(south, north, count),
                    "area_code": code,
                }
            )
        )
    return pd.concat(rows, ignore_index=True)


def county(hot: int = 40) -> tuple[gpd.GeoSeries, pd.DataFrame]:
    """8 x 8 areas of 2 events each, and a block of 3 x 3 with many."""
    areas = lattice(8, 8)
    counts = dict.fromkeys(areas.index, 2)
    counts |= {f"A{row:02d}{column:02d}": hot for row in (2, 3, 4) for column in (2, 3, 4)}
    return areas, scattered(areas, counts)


def supports(
    areas: gpd.GeoSeries, events: pd.DataFrame, people: float = 2000.0, across_m: float = 500.0
) -> tuple[Support, Support]:
    base = area_support(areas, np.full(len(areas), people), events["area_code"], graph(areas))
    return base, hexagon_support(base, events["x"], events["y"], across_m=across_m)
