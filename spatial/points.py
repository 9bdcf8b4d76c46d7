"""Points: degrees -> British National Grid, and which area a point lies in."""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from pyproj import Transformer

__all__ = ["areas_of_points", "distinct_points", "points_near", "to_national_grid"]

Floats = npt.NDArray[np.float64]
Positions = npt.NDArray[np.int64]


@cache
def _to_grid() -> Transformer:
    """Make the transformer once: it costs more than transforming ten thousand points."""
    return Transformer.from_crs(4326, 27700, always_xy=True)


def to_national_grid(longitude: Floats, latitude: Floats) -> tuple[Floats, Floats]:
    """Turn WGS 84 degrees into eastings and northings in metres (EPSG:4326 to EPSG:27700).

    Points that the projection cannot place become infinite.
    """
    x, y = _to_grid().transform(longitude, latitude)
    return np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)


def distinct_points(first: Floats, second: Floats) -> tuple[Positions, Positions]:
    """Return where each distinct pair is first seen, and for each row which pair it is."""
    one, _ = pd.factorize(first)
    two, values = pd.factorize(second)
    pair, _ = pd.factorize(one.astype(np.int64) * max(len(values), 1) + two)
    inverse = pair.astype(np.int64)
    seen = np.full(int(inverse.max()) + 1 if len(inverse) else 0, -1, dtype=np.int64)
    # Written backwards, so that the first row of each pair is the one that stays.
    seen[inverse[::-1]] = np.arange(len(inverse) - 1, -1, -1)
    return seen, inverse


def areas_of_points(x: Floats, y: Floats, polygons: npt.NDArray[np.object_]) -> Positions:
    """Return for each point the position of the polygon it lies in, -1 where in none.

    A point on a shared border belongs to the polygon that comes first.
    """
    found = np.full(len(x), len(polygons), dtype=np.int64)
    if len(x) and len(polygons):
        bounds = shapely.total_bounds(polygons)
        inside = (x >= bounds[0]) & (x <= bounds[2]) & (y >= bounds[1]) & (y <= bounds[3])
        where = np.flatnonzero(inside)
        # The tree holds the points, so that each polygon is prepared once and asked for many.
        tree = shapely.STRtree(np.asarray(shapely.points(x[where], y[where]), dtype=object))
        polygon, point = tree.query(polygons, predicate="intersects")
        np.minimum.at(found, where[point], polygon)
    found[found == len(polygons)] = -1
    return found


def points_near(
    x: Floats,
    y: Floats,
    polygons: npt.NDArray[np.object_],
    *,
    metres: float,
    inside: npt.NDArray[np.bool_],
) -> npt.NDArray[np.bool_]:
    """Return which points lie within `metres` of any of the polygons.

    `inside` tells which lie in one, as `areas_of_points` found.
    """
    near = inside.copy()
    if metres > 0 and len(polygons):
        west, south, east, north = shapely.total_bounds(polygons)
        along = (x >= west - metres) & (x <= east + metres)
        rest = np.flatnonzero(~inside & along & (y >= south - metres) & (y <= north + metres))
        hit, _ = shapely.STRtree(polygons).query_nearest(
            np.asarray(shapely.points(x[rest], y[rest]), dtype=object),
            max_distance=metres,
            all_matches=False,
        )
        near[rest[hit]] = True
    return near
