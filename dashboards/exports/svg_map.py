"""A still map as SVG, for paper: no script, no request."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from dashboards.exports.map_geometry import simplify
from dashboards.exports.palette import CLASSES, DEFAULT_BREAKS, INK, MISSING, OUTLINE, class_of
from dashboards.exports.wording import figure

__all__ = ["svg_map"]

_MOST_POINTS = 15_000
_WIDTH = 1000.0


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
    inside = flagged.geometry.representative_point()
    for east, north, rank in zip(inside.x, inside.y, flagged[f"{key}_rank"], strict=True):
        x, y = (east - left) * scale, (top - north) * scale
        paths.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="15" fill="{INK}" stroke="#FFFFFF" '
            f'stroke-width="2"/><text x="{x:.1f}" y="{y + 6:.1f}" text-anchor="middle" '
            f'font-size="18" font-weight="bold" fill="#FFFFFF">{escape(figure(rank))}</text>'
        )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="-6 -6 {_WIDTH + 12:.0f} '
        f'{height + 12:.0f}" stroke-width="0.8" font-family="Arial, sans-serif">'
        f"{''.join(paths)}</svg>"
    )


def _path(shape: BaseGeometry) -> str:
    parts = []
    for polygon in shapely.get_parts(shape):
        rings = [polygon.exterior, *polygon.interiors]
        for ring in rings:
            corners = shapely.get_coordinates(ring)[:-1]
            parts.append("M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in corners) + "Z")
    return "".join(parts)
