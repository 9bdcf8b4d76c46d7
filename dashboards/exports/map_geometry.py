"""Polygons for a page: simplified without gaps, in longitude and latitude, five decimals."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

__all__ = [
    "MOST_POINTS",
    "border_faults",
    "bounds_of",
    "collection",
    "inner_points",
    "joined",
    "outline",
    "simplify",
]

MOST_POINTS = 40_000  # about 0.8 MB of text a layer
_FIRST_TOLERANCE_M = 20.0
_DECIMALS = 5  # about a metre


def simplify(areas: gpd.GeoDataFrame, *, most_points: int = MOST_POINTS) -> gpd.GeoDataFrame:
    """Return the areas with fewer corners; neighbours keep one common border.

    Simplified as a coverage (Visvalingam and Whyatt 1993), by 20 m first and then by twice as
    much until the corners fit `most_points` or nothing more can go.
    """
    tolerance = _FIRST_TOLERANCE_M
    simpler = shapely.coverage_simplify(areas.geometry.to_numpy(), tolerance)
    before, now = 0, _points(simpler)
    while now > most_points and now != before:
        tolerance *= 2
        simpler = shapely.coverage_simplify(simpler, tolerance)
        before, now = now, _points(simpler)
    return areas.set_geometry(gpd.GeoSeries(simpler, index=areas.index, crs=areas.crs))


def outline(areas: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the borders of authorities, or of everything where no authority is named."""
    by = areas.get("lad_code")
    groups = [areas] if by is None else [part for _, part in areas.groupby(by, sort=True)]
    borders = [joined(part.geometry.to_numpy()).boundary for part in groups]
    return gpd.GeoDataFrame(geometry=borders, crs=areas.crs)


def joined(shapes: NDArray[np.object_]) -> BaseGeometry:
    """Return the union of polygons that border on one another without gap or overlap.

    Some generalised layers do not quite: their polygons are joined by overlay, which is slower
    and leaves their slivers. `border_faults` says so to the reader.
    """
    union: BaseGeometry | None = None
    with suppress(shapely.GEOSException):
        union = shapely.coverage_union_all(shapes)
    # Of some overlaps it does not complain and gives a shape that crosses itself.
    return union if union is not None and union.is_valid else shapely.union_all(shapes)


def border_faults(areas: gpd.GeoDataFrame) -> str:
    """Return a sentence on borders that do not meet; empty where every one does."""
    edges = shapely.coverage_invalid_edges(areas.geometry.to_numpy())
    number = int((~shapely.is_empty(edges)).sum())
    if not number:
        return ""
    return (
        f"The borders of {number} areas do not meet those of their neighbours in the boundary "
        "file; outlines on this map may show slivers there."
    )


def collection(
    frame: gpd.GeoDataFrame,
    *,
    properties: Sequence[Mapping[str, Any]] | None = None,
    prefix: str = "",
) -> dict[str, Any]:
    """Return a GeoJSON feature collection in EPSG:4326, coordinates with five decimals.

    The id of a feature is the prefix and its row number from 0.
    """
    shapes = shapely.transform(frame.geometry.to_crs("EPSG:4326").to_numpy(), _round)
    texts = shapely.to_geojson(shapes)
    values = properties if properties is not None else [{}] * len(frame)
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "id": f"{prefix}{number}",
                "properties": dict(row),
                "geometry": json.loads(text),
            }
            for number, (row, text) in enumerate(zip(values, texts, strict=True))
        ],
    }


def inner_points(frame: gpd.GeoDataFrame) -> list[tuple[float, float]]:
    """Return latitude and longitude of a point well inside each polygon."""
    points = frame.geometry.representative_point().to_crs("EPSG:4326")
    inside = zip(points.y, points.x, strict=True)
    return [(round(float(y), _DECIMALS), round(float(x), _DECIMALS)) for y, x in inside]


def bounds_of(frame: gpd.GeoDataFrame) -> list[list[float]]:
    """Return south-west and north-east corner as latitude and longitude."""
    left, bottom, right, top = frame.geometry.to_crs("EPSG:4326").total_bounds
    return [
        [round(float(bottom), _DECIMALS), round(float(left), _DECIMALS)],
        [round(float(top), _DECIMALS), round(float(right), _DECIMALS)],
    ]


def _points(shapes: NDArray[np.object_]) -> int:
    return int(shapely.get_num_coordinates(shapes).sum())


def _round(coordinates: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.round(coordinates, _DECIMALS)
