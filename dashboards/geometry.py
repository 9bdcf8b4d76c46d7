"""The shapes of a run as static files for the browser: polygons travel once, values never.

Coordinates are EPSG:4326 with 5 decimals (about a metre). Areas are simplified together as one
coverage, so that neighbours keep sharing their border and no gap opens between them. A run never
changes, so neither do these bytes: they are sent compressed, with a strong ETag and an address
that holds the run's id.
"""

from __future__ import annotations

import gzip
import hashlib
import html
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import geopandas
import numpy as np
import shapely
from numpy.typing import NDArray

from dashboards.figures import TIER_COLOURS
from dashboards.forces import Force, in_force
from risk_model.run_store import PublishedRun

__all__ = [
    "Geometry",
    "StaticFile",
    "geometry_of",
    "in_degrees",
    "label_zooms",
    "opening_view",
    "pins",
    "short_name",
    "simplified",
    "static_file",
]

_WEB: Final = "EPSG:4326"
_DECIMALS: Final = 5
_FIRST_ZOOM, _LAST_ZOOM = 7, 15
_LABEL_HEIGHT_PX: Final = 16
_LETTER_PX: Final = 6.5
_LONGEST_NAME: Final = 20


@dataclass(frozen=True, slots=True)
class StaticFile:
    """A file as it is sent: gzip bytes, their media type, and the name of this very content."""

    packed: bytes
    media_type: str
    etag: str


@dataclass(frozen=True, slots=True)
class Geometry:
    """Shapes of one run: files by name, and the degrees west, south, east, north they fill."""

    files: Mapping[str, StaticFile]
    bounds: tuple[float, float, float, float]


def static_file(content: str, media_type: str) -> StaticFile:
    """Compress a text for sending; equal texts give equal bytes and an equal ETag."""
    raw = content.encode()
    return StaticFile(
        packed=gzip.compress(raw, compresslevel=6, mtime=0),
        media_type=media_type,
        etag=hashlib.sha256(raw).hexdigest()[:32],
    )


def _tolerance(bounds: NDArray[np.float64]) -> float:
    """Return metres that are under half a pixel when the whole map fills a large screen."""
    extent = max(bounds[2] - bounds[0], bounds[3] - bounds[1])
    return float(min(max(extent / 4000, 1.0), 200.0))


def simplified(areas: geopandas.GeoDataFrame) -> geopandas.GeoSeries:
    """Simplify polygons as one coverage: shared borders stay shared.

    Parameters
    ----------
    areas
        Polygons in a projected system in metres (EPSG:27700), indexed by area code.
    """
    simple = shapely.coverage_simplify(
        areas.geometry.to_numpy(), tolerance=_tolerance(areas.total_bounds)
    )
    return geopandas.GeoSeries(simple, index=areas.index, crs=areas.crs)


def in_degrees(shapes: geopandas.GeoSeries) -> geopandas.GeoSeries:
    """Return shapes in EPSG:4326, rounded to about a metre."""
    rounded = shapely.transform(
        shapes.to_crs(_WEB).to_numpy(), lambda points: np.round(points, _DECIMALS)
    )
    return geopandas.GeoSeries(rounded, index=shapes.index, crs=_WEB)


def _feature(shape: Any, **properties: Any) -> dict[str, Any]:
    return {
        "type": "Feature",
        "properties": properties,
        "geometry": shapely.geometry.mapping(shape),
    }


def _collection(features: Iterable[dict[str, Any]]) -> str:
    return json.dumps(
        {"type": "FeatureCollection", "features": list(features)},
        ensure_ascii=False,
        separators=(",", ":"),
    )


def _areas_file(areas: geopandas.GeoDataFrame, shapes: geopandas.GeoSeries) -> str:
    return _collection(
        _feature(shape, id=str(code), name=str(label))
        for code, label, shape in zip(areas.index, areas["area_label"], shapes, strict=True)
    )


def _borders_file(areas: geopandas.GeoDataFrame, simple: geopandas.GeoSeries) -> str:
    """Write the outline of each authority: its coast and its borders.

    Dissolved in metres: degrees rounded for the browser are no longer exact neighbours.
    """
    groups = areas.groupby("lad_code", sort=True).groups
    lines = [
        shapely.boundary(shapely.union_all(shapely.make_valid(simple.loc[codes]), grid_size=1.0))
        for codes in groups.values()
    ]
    series = geopandas.GeoSeries(lines, index=list(groups), crs=simple.crs)
    return _collection(_feature(line, id=str(lad)) for lad, line in in_degrees(series).items())


def label_zooms(
    longitudes: Sequence[float], latitudes: Sequence[float], texts: Sequence[str]
) -> list[int]:
    """Return from which zoom level on each label has room; the first labels go first.

    A label takes its place at the first zoom where its box touches none of those placed before;
    zooming in only moves labels apart, so it keeps that place.

    Returns
    -------
    One zoom level a label, ``_LAST_ZOOM`` + 1 where it never has room.
    """
    found = [_LAST_ZOOM + 1] * len(texts)
    for zoom in range(_FIRST_ZOOM, _LAST_ZOOM + 1):
        world = 256 * 2**zoom
        taken: list[tuple[float, float, float]] = []
        order = sorted(range(len(texts)), key=lambda place: (found[place] > zoom, place))
        for place in order:
            x = (longitudes[place] + 180) / 360 * world
            sine = math.sin(math.radians(latitudes[place]))
            y = (0.5 - math.log((1 + sine) / (1 - sine)) / (4 * math.pi)) * world
            half = (len(texts[place]) * _LETTER_PX + 8) / 2
            free = all(
                abs(x - other_x) > half + other_half or abs(y - other_y) > _LABEL_HEIGHT_PX
                for other_x, other_y, other_half in taken
            )
            if free or found[place] <= zoom:
                taken.append((x, y, half))
                found[place] = min(found[place], zoom)
    return found


def short_name(name: str) -> str:
    """Return a place name short enough for a map: its first place where it names several.

    The names of the House of Commons Library join up to three places by commas and "&".
    """
    first = name.split(",", maxsplit=1)[0].strip()
    if len(first) > _LONGEST_NAME:
        first = first.split(" & ", maxsplit=1)[0].strip()
    return first


def _places_file(areas: geopandas.GeoDataFrame, simple: geopandas.GeoSeries) -> str:
    """Write the names of places at their densest area, the most peopled place first."""
    people = areas["population"].fillna(0.0).astype(float)
    crowd = people / areas["area_km2"].astype(float)
    named = areas["place_name"].fillna("").astype(str)
    places = []
    for name, codes in named[named != ""].groupby(named).groups.items():
        places.append((float(people[codes].sum()), str(name), crowd[codes].idxmax()))
    places.sort(key=lambda place: (-place[0], place[1]))
    densest = simple.reindex([str(code) for _, _, code in places])
    at = shapely.point_on_surface(np.asarray(densest))
    points = in_degrees(geopandas.GeoSeries(at, crs=simple.crs))
    names = [short_name(name) for _, name, _ in places]
    zooms = label_zooms(points.x.to_list(), points.y.to_list(), names)
    return _collection(
        _feature(point, id=name, name=name, zoom=zoom)
        for point, name, zoom in zip(points, names, zooms, strict=True)
    )


def _hotspot_files(run: PublishedRun, near: geopandas.GeoSeries | None) -> dict[str, str]:
    """Write the hot spots of each priority; only those that touch a force's areas where given."""
    if "hotspots.gpkg" not in run.manifest["outputs"]:
        return {}
    files = {}
    for priority in run.manifest["priorities"]:
        try:
            polygons = geopandas.read_file(run.path("hotspots.gpkg"), layer=priority)
        except ValueError:
            continue  # a priority without hot spots has no layer
        if near is not None:
            pairs = near.sindex.query(polygons.geometry, predicate="intersects")
            polygons = polygons.iloc[np.unique(pairs[0])]
        simple = (
            polygons.geometry.simplify(_tolerance(polygons.total_bounds))
            if len(polygons)
            else polygons.geometry
        )
        files[f"hotspots-{priority}.geojson"] = _collection(
            _feature(shape, id=place + 1) for place, shape in enumerate(in_degrees(simple))
        )
    return files


def pins(points: Sequence[tuple[float, float, str]], *, size: float) -> str:
    """Draw numbered discs; one that would hide another moves aside, a line to its place."""
    placed: list[tuple[float, float]] = []
    drawn, lines = [], []
    for x, y, text in points:
        steps = [(0.0, 0.0)] + [
            (reach * size * math.cos(turn), reach * size * math.sin(turn))
            for reach in (1.05, 2.1, 3.15)
            for turn in np.arange(0, 2 * math.pi, math.pi / 4)
        ]
        at = next(
            (
                (x + dx, y + dy)
                for dx, dy in steps
                if all(math.hypot(x + dx - a, y + dy - b) >= size for a, b in placed)
            ),
            (x, y),
        )
        placed.append(at)
        if at != (x, y):
            lines.append(f"M{x:.1f} {y:.1f}L{at[0]:.1f} {at[1]:.1f}")
        drawn.append(
            f'<circle cx="{at[0]:.1f}" cy="{at[1]:.1f}" r="{size / 2:g}" fill="#0B0C0C" '
            'stroke="#fff" stroke-width="1.5"/>'
            f'<text x="{at[0]:.1f}" y="{at[1] + size / 4.5:.1f}">{html.escape(text)}</text>'
        )
    return (
        f'<path d="{"".join(lines)}" stroke="#0B0C0C" stroke-width="2"/>'
        f'<g fill="#fff" font-family="Arial,sans-serif" font-weight="bold" '
        f'font-size="{size * 0.62:g}" text-anchor="middle">{"".join(drawn)}</g>'
    )


def picture(
    shapes: geopandas.GeoSeries, colours: Mapping[str, str], numbered: Mapping[str, str]
) -> str:
    """Draw areas as a small SVG: filled by colour, some outlined and numbered.

    Parameters
    ----------
    shapes
        Polygons in degrees, indexed by area code.
    colours
        A colour for each code.
    numbered
        Codes drawn on top with a dark outline, each with the number on its disc.
    """
    west, south, east, north = shapes.total_bounds
    squeeze = math.cos(math.radians((south + north) / 2))
    width = 480.0
    scale = width / max((east - west) * squeeze, 1e-9)
    height = max((north - south) * scale, 1.0)

    def path(shape: Any) -> str:
        parts = []
        for polygon in getattr(shape, "geoms", [shape]):
            for ring in (polygon.exterior, *polygon.interiors):
                xy = shapely.get_coordinates(ring)
                x = np.round((xy[:, 0] - west) * squeeze * scale, 1)
                y = np.round((north - xy[:, 1]) * scale, 1)
                points = "L".join(f"{a:g} {b:g}" for a, b in zip(x, y, strict=True))
                parts.append(f"M{points}Z")
        return "".join(parts)

    lower, upper, flagged = [], [], []
    for code, shape in shapes.items():
        line = f'<path d="{path(shape)}" fill="{colours[str(code)]}"'
        if str(code) in numbered:
            point = shapely.point_on_surface(shapely.make_valid(shape))
            flagged.append(
                (
                    (point.x - west) * squeeze * scale,
                    (north - point.y) * scale,
                    numbered[str(code)],
                )
            )
            upper.append(f'{line} stroke="#0B0C0C" stroke-width="1.6"/>')
        else:
            lower.append(f"{line}/>")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="-2 -2 {width + 4:.0f} {height + 4:.0f}">'
        f'<g stroke="#7A7A7A" stroke-width=".4">{"".join(lower)}</g>'
        f'<g stroke-linejoin="round">{"".join(upper)}</g>'
        f"{pins(sorted(flagged, key=lambda pin: int(pin[2])), size=27)}</svg>"
    )


def geometry_of(run: PublishedRun, force: Force | None = None) -> Geometry:
    """Make every shape file of a run, or of one police force's areas of it."""
    areas = run.areas().sort_index()
    if force is not None:
        areas = areas[in_force(areas, force)]
    simple = simplified(areas)
    shapes = in_degrees(simple)
    texts = {
        "areas.geojson": _areas_file(areas, shapes),
        "borders.geojson": _borders_file(areas, simple),
        "places.geojson": _places_file(areas, simple),
        **_hotspot_files(run, None if force is None else areas.geometry),
    }
    files = {name: static_file(text, "application/geo+json") for name, text in texts.items()}
    for priority in run.manifest["priorities"] if force is None else ():
        drawing = _finding_picture(areas, shapes, priority)
        files[f"finding-{priority}.svg"] = static_file(drawing, "image/svg+xml")
    west, south, east, north = (float(edge) for edge in shapes.total_bounds)
    return Geometry(files=files, bounds=(west, south, east, north))


def _finding_picture(
    areas: geopandas.GeoDataFrame, shapes: geopandas.GeoSeries, priority: str
) -> str:

    colours = {
        str(code): TIER_COLOURS.get(str(tier), TIER_COLOURS["Not evidenced"])
        for code, tier in areas[f"{priority}_tier"].items()
    }
    flags = areas[f"{priority}_flag"].fillna(value=False).astype(bool)
    ranks = areas[f"{priority}_rank"]
    numbered = {str(code): f"{ranks[code]:.0f}" for code in flags.index[flags]}
    return picture(shapes, colours, numbered)


def opening_view(
    bounds: tuple[float, float, float, float], *, width: int = 470, height: int = 330
) -> tuple[float, tuple[float, float]]:
    """Return the zoom (in quarters) and centre (latitude, longitude) that show everything."""
    west, south, east, north = bounds

    def mercator(latitude: float) -> float:
        return math.log(math.tan(math.pi / 4 + math.radians(latitude) / 2))

    across = max(math.radians(east - west), 1e-6)
    up = max(mercator(north) - mercator(south), 1e-6)
    pixels = 256 / (2 * math.pi)
    zoom = min(math.log2(width / (pixels * across)), math.log2(height / (pixels * up)))
    zoom = min(max(math.floor(zoom * 4) / 4, _FIRST_ZOOM - 3), _LAST_ZOOM)
    return zoom, (round((south + north) / 2, 5), round((west + east) / 2, 5))
