"""Which areas touch, from the vertices of their polygons."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from spatial.errors import StatisticsError
from spatial.weights import Borders, Kind, Neighbours, row_starts

if TYPE_CHECKING:
    import geopandas as gpd

__all__ = ["contiguity", "shared_borders"]

IntArray = npt.NDArray[np.int64]


def contiguity(areas: gpd.GeoDataFrame, *, rook: bool = False) -> Neighbours:
    """Find which areas touch.

    Two areas are neighbours where a vertex (queen) or an edge (rook) of their borders is the same
    to the last bit, as published layers of statistical areas have it. Where an area shares none
    and yet lies against another, the layer's borders were not cut at the same points: libpysal's
    geometric test is then asked about the whole layer, its links are added, and `borders` of the
    result says so.

    Parameters
    ----------
    areas
        Index: area codes, in any order. Polygons must be valid, as `boundaries.read_areas` leaves
        them: a self-crossing ring has no certain neighbours.
    rook
        Ask for a shared edge; by default a shared corner is enough (queen).

    Raises
    ------
    StatisticsError
        Where codes repeat, a geometry is missing, empty, not a polygon or invalid.

    Notes
    -----
    The links are those of libpysal's `Graph.build_contiguity`. Vertices are numbered by sorting
    64-bit mixes of their coordinates instead of through a dictionary of tuples.
    """
    codes = np.asarray(areas.index, dtype=str)
    _refuse_geometry(areas, codes)
    order = np.argsort(codes, kind="stable")
    polygons = np.asarray(areas.geometry.array, dtype=object)[order]
    ordered = tuple(codes[order].tolist())
    kind: Kind = "rook" if rook else "queen"
    n = len(ordered)
    links = shared_borders(polygons, rook=rook)
    borders: Borders = "shared vertices"
    lone = np.flatnonzero(np.bincount(links // max(n, 1), minlength=n) == 0)
    if lone.size and _lies_against_another(polygons, lone):
        more = _sorted_once([links, _geometric_links(polygons, rook=rook)])
        if more.size > links.size:
            links, borders = more, "geometry"
    return Neighbours(ordered, row_starts(links // max(n, 1), n), links % max(n, 1), kind, borders)


def shared_borders(polygons: npt.NDArray[np.object_], *, rook: bool) -> IntArray:
    """Return each directed link i -> j as i n + j, sorted, shape (links,).

    Parameters
    ----------
    polygons
        Polygons or multipolygons, shape (n,).
    rook
        True: they share an edge (two vertices in a row on both rings); False: a vertex.
    """
    import shapely  # noqa: PLC0415 - only graphs made from polygons need it

    n = len(polygons)
    parts, whole = shapely.get_parts(polygons, return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    vertices, ring = shapely.get_coordinates(rings, return_index=True)
    # -0.0 equals 0.0 but has other bits.
    label = _equal_rows(vertices + 0.0)
    area = whole[part[ring]].astype(np.int64)
    if rook:
        along = ring[1:] == ring[:-1]
        start, end = label[:-1][along], label[1:][along]
        # An edge is the same whichever way round its ring runs.
        label = np.minimum(start, end) * (int(label.max(initial=0)) + 1) + np.maximum(start, end)
        area = area[:-1][along]
    order = np.argsort(label, kind="stable")
    label, area = label[order], area[order]
    pairs = []
    for apart in range(1, label.size):
        # Rows of one vertex stand together; all pairs of them are met at some distance.
        same = np.flatnonzero(label[apart:] == label[:-apart])
        if not same.size:
            break
        one, two = area[same], area[same + apart]
        other = one != two
        pairs += [one[other] * n + two[other], two[other] * n + one[other]]
    return _sorted_once(pairs)


def _equal_rows(points: npt.NDArray[np.float64]) -> IntArray:
    """Give points numbers, the same one where two are equal to the last bit."""
    if not len(points):
        return np.zeros(0, dtype=np.int64)
    bits = np.ascontiguousarray(points).view(np.uint64)
    # Odd multipliers keep every bit of a coordinate; the shift brings high bits down.
    mixed = bits[:, 0] * np.uint64(0x9E3779B97F4A7C15)
    mixed ^= mixed >> np.uint64(29)
    mixed = (mixed + bits[:, 1]) * np.uint64(0xC2B2AE3D27D4EB4F)
    order = np.argsort(mixed, kind="stable")
    differs = (bits[order[1:]] != bits[order[:-1]]).any(axis=1)
    if np.any(differs & (mixed[order[1:]] == mixed[order[:-1]])):
        # Two points with one mix, about once in 2^64 / n^2 layers: sort by the points themselves.
        order = np.lexsort((points[:, 1], points[:, 0]))
        differs = (bits[order[1:]] != bits[order[:-1]]).any(axis=1)
    number = np.zeros(len(points), dtype=np.int64)
    number[order[1:]] = np.cumsum(differs)
    return number


def _lies_against_another(polygons: npt.NDArray[np.object_], lone: IntArray) -> bool:
    """Tell whether any of the areas at `lone` meets another area."""
    import shapely  # noqa: PLC0415 - only graphs made from polygons need it

    asked, met = shapely.STRtree(polygons).query(polygons[lone], predicate="intersects")
    return bool(np.any(lone[asked] != met))


def _geometric_links(polygons: npt.NDArray[np.object_], *, rook: bool) -> IntArray:
    """Return libpysal's strict links as `shared_borders` does: borders compared as point sets."""
    import geopandas as gpd  # noqa: PLC0415 - only this rare case needs it
    from libpysal.graph import Graph  # noqa: PLC0415 - 1.4 s to import

    found = Graph.build_contiguity(gpd.GeoSeries(polygons), rook=rook, strict=True).adjacency
    found = found[found > 0]  # libpysal writes an island as a link to itself of weight 0
    one, two = (found.index.get_level_values(at).to_numpy(np.int64) for at in (0, 1))
    return _sorted_once([one * len(polygons) + two, two * len(polygons) + one])


def _sorted_once(parts: list[IntArray]) -> IntArray:
    """Join, sort and drop repeats; numpy's own `unique` hashes first, four times slower here."""
    links = np.sort(np.concatenate([np.zeros(0, dtype=np.int64), *parts]))
    first = np.ones(links.size, dtype=bool)
    first[1:] = links[1:] != links[:-1]
    return np.asarray(links[first], dtype=np.int64)


def _refuse_geometry(areas: gpd.GeoDataFrame, codes: npt.NDArray[np.str_]) -> None:
    """Raise on what libpysal would take without a word and give wrong neighbours for."""
    unique, times = np.unique(codes, return_counts=True)
    if np.any(times > 1):
        raise StatisticsError(
            f"areas: {int((times > 1).sum())} area codes repeat, first {unique[times > 1][0]}; "
            "dissolve the parts of an area into one row"
        )
    geometry = areas.geometry
    checks = (
        ("no geometry", geometry.isna() | geometry.is_empty),
        ("a geometry that is not a polygon", ~geometry.geom_type.isin(["Polygon", "MultiPolygon"])),
        ("an invalid polygon", ~geometry.is_valid),
    )
    for what, bad in checks:
        where = np.flatnonzero(bad.to_numpy())
        if where.size:
            raise StatisticsError(
                f"areas: {where.size} areas have {what}, first {codes[where[0]]}; "
                "read the layer with read_areas, which repairs or refuses it"
            )
