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

_POINTS = 1_000_000
"""Points worked on at a time, to bound memory."""

_STRIPS = 20_000
"""Most strips that points are sorted into."""


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
    # -0.0 equals 0.0 but has other bits. Odd multipliers keep every bit of a coordinate.
    one, two = (np.asarray(axis + 0.0).view(np.uint64) for axis in (first, second))
    mixed = one * np.uint64(0x9E3779B97F4A7C15)
    mixed = ((mixed ^ (mixed >> np.uint64(29))) + two) * np.uint64(0xC2B2AE3D27D4EB4F)
    pair, _ = pd.factorize(mixed)
    inverse = pair.astype(np.int64)
    seen = _first_seen(inverse)
    if not (np.array_equal(one[seen][inverse], one) and np.array_equal(two[seen][inverse], two)):
        # Two points with one mix, about once in 2^64 / n^2 files: number the pairs themselves.
        pair, _ = pd.factorize(one)
        other, values = pd.factorize(two)
        pair, _ = pd.factorize(pair.astype(np.int64) * len(values) + other)
        inverse = pair.astype(np.int64)
        seen = _first_seen(inverse)
    return seen, inverse


def _first_seen(inverse: Positions) -> Positions:
    """Return the first row of each number 0, 1, ... that `inverse` gives its rows."""
    seen = np.full(int(inverse.max()) + 1 if len(inverse) else 0, -1, dtype=np.int64)
    # Written backwards, so that the first row of each pair is the one that stays.
    seen[inverse[::-1]] = np.arange(len(inverse) - 1, -1, -1)
    return seen


def areas_of_points(x: Floats, y: Floats, polygons: npt.NDArray[np.object_]) -> Positions:
    """Return for each point the position of the polygon it lies in, -1 where in none.

    A point on a shared border belongs to the polygon that comes first.

    `x` and `y` have shape (n,), metres, in the projection of the polygons.
    """
    found = np.full(len(x), -1, dtype=np.int64)
    if not len(x) or not len(polygons):
        return found
    shapely.prepare(polygons)
    for start in range(0, len(x), _POINTS):
        part = slice(start, start + _POINTS)
        point, polygon = _boxes_of_points(x[part], y[part], shapely.bounds(polygons))
        inside = shapely.intersects_xy(polygons[polygon], x[part][point], y[part][point])
        # Pairs come polygon by polygon: written backwards, the first polygon is the one that stays.
        found[part][point[inside][::-1]] = polygon[inside][::-1]
    return found


def _boxes_of_points(x: Floats, y: Floats, boxes: Floats) -> tuple[Positions, Positions]:
    """Return the pairs of a point and a box (west, south, east, north) that holds it, by box.

    Points are sorted into strips from west to east, and along each strip: what a box may hold in a
    strip is then one run of points. No objects are made for points and no tree is built.
    """
    west, south, east, north = np.nan_to_num(boxes, nan=np.inf).T
    low, high = south[np.isfinite(south)], north[np.isfinite(north)]
    nothing = np.zeros(0, dtype=np.int64)
    known = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
    if not low.size or not known.size:
        return nothing, nothing
    bottom, top = low.min(), high.max()
    known = known[(y[known] >= bottom) & (y[known] <= top)]
    # Half as high as a middling box: higher strips test more points, lower ones look up more runs.
    strip = max(float(np.median(high - low)) / 2.0, (top - bottom) / _STRIPS, 1e-9)
    known = known[np.argsort(x[known])]
    row = ((y[known] - bottom) / strip).astype(np.uint16)  # 16 bits are sorted by counting
    order = np.argsort(row, kind="stable")
    point, row = known[order], row[order]
    along = x[point]
    starts = np.searchsorted(row, np.arange(int((top - bottom) / strip) + 2))
    box = np.flatnonzero(np.isfinite(south))
    first = ((south[box] - bottom) / strip).astype(np.int64)
    strips = ((north[box] - bottom) / strip).astype(np.int64) - first + 1
    box, which = _runs(box, first, strips)
    begin = _search(along, west[box], starts[which], starts[which + 1], right=False)
    end = _search(along, east[box], starts[which], starts[which + 1], right=True)
    box, held = _runs(box, begin, end - begin)
    point = point[held]
    kept = (y[point] >= south[box]) & (y[point] <= north[box])
    return point[kept], box[kept]


def _runs(label: Positions, begin: Positions, length: Positions) -> tuple[Positions, Positions]:
    """Write each run out: its label, and begin, begin + 1, ... for `length` numbers."""
    before = np.cumsum(length) - length
    return np.repeat(label, length), np.arange(int(length.sum())) + np.repeat(
        begin - before, length
    )


def _search(
    values: Floats, wanted: Floats, low: Positions, high: Positions, *, right: bool
) -> Positions:
    """Search sorted for each wanted value within its own part low..high of `values`."""
    low, high = low.copy(), high.copy()
    while np.any(low < high):
        middle = (low + high) // 2
        here = values[np.minimum(middle, len(values) - 1)]
        later = ((here <= wanted) if right else (here < wanted)) & (low < high)
        low, high = (
            np.where(later, middle + 1, low),
            np.where(later, high, np.minimum(middle, high)),
        )
    return low


def points_near(
    x: Floats,
    y: Floats,
    polygons: npt.NDArray[np.object_],
    *,
    metres: float,
    inside: npt.NDArray[np.bool_],
) -> npt.NDArray[np.bool_]:
    """Return which points lie within `metres` of any of the polygons.

    `inside` tells which lie in one, as `areas_of_points` found. It, the points and
    the result have shape (n,).
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
