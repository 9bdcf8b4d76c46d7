"""A still map as SVG, for paper: no script, no request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from dashboards.exports.map_geometry import simplify
from dashboards.exports.palette import CLASSES, DEFAULT_BREAKS, INK, MISSING, OUTLINE, class_of
from dashboards.exports.wording import figure
from dashboards.geometry import pins

__all__ = ["svg_map"]

_MOST_POINTS = 15_000
_WIDTH = 1000.0
_DISC = 0.085
"""Width of a numbered disc as a share of the map's height: 4 mm of 50 mm."""


def svg_map(areas: gpd.GeoDataFrame, key: str, settings: Mapping[str, Any]) -> str:
    """Return the score classes of a priority, flagged areas outlined and numbered by rank."""
    simple = simplify(areas, most_points=_MOST_POINTS)
    left, bottom, right, top = (float(edge) for edge in simple.total_bounds)
    scale = _WIDTH / max(right - left, 1.0)
    height = (top - bottom) * scale
    breaks = tuple(settings.get("breaks") or DEFAULT_BREAKS)

    def turned(shape: BaseGeometry) -> str:
        moved = shapely.transform(
            shape, lambda xy: np.column_stack(((xy[:, 0] - left), (top - xy[:, 1]))) * scale
        )
        return _path(moved)

    scores = simple[f"{key}_score"].astype(float)
    paths = []
    for shape, score in zip(simple.geometry, scores, strict=True):
        number = class_of(float(score), breaks)
        fill = CLASSES[number] if number >= 0 else MISSING
        paths.append(f'<path d="{turned(shape)}" fill="{fill}" stroke="{OUTLINE}"/>')
    flagged = simple[simple[f"{key}_flag"].fillna(value=False).astype(bool)]
    for stroke, width in (("#FFFFFF", 7), (INK, 3.5)):
        paths += [
            f'<path d="{turned(shape)}" fill="none" stroke="{stroke}" stroke-width="{width}"/>'
            for shape in flagged.geometry
        ]
    flagged = flagged.sort_values(f"{key}_rank", kind="stable")
    inside = flagged.geometry.representative_point()
    numbered = [
        ((east - left) * scale, (top - north) * scale, figure(rank))
        for east, north, rank in zip(inside.x, inside.y, flagged[f"{key}_rank"], strict=True)
    ]
    # A share of the height, which is what paper fixes: a number is as large on any map.
    size = _DISC * height
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{-size:.0f} {-size:.0f} '
        f'{_WIDTH + 2 * size:.0f} {height + 2 * size:.0f}" stroke-width="0.6" '
        f'font-family="Arial, sans-serif">{"".join(paths)}{pins(numbered, size=size)}</svg>'
    )


def _path(shape: BaseGeometry) -> str:
    parts = []
    for polygon in shapely.get_parts(shape):
        rings = [polygon.exterior, *polygon.interiors]
        for ring in rings:
            corners = shapely.get_coordinates(ring)[:-1]
            parts.append("M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in corners) + "Z")
    return "".join(parts)
