"""Polygons for a page: simplified without gaps, in longitude and latitude, five decimals."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

__all__ = ["MOST_POINTS", "bounds_of", "collection", "inner_points", "outline", "simplify"]

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
    joined = [shapely.coverage_union_all(part.geometry.to_numpy()).boundary for part in groups]
    return gpd.GeoDataFrame(geometry=joined, crs=areas.crs)


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
