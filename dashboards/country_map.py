"""The pictures of a country: a dot a cell and numbered discs, where polygons would be too many."""

from __future__ import annotations

import base64

import geopandas

from dashboards.exports.country_page import area_forces
from dashboards.exports.country_picture import Picture, draw_classes, place_cells
from dashboards.exports.palette import DEFAULT_BREAKS
from dashboards.forces import nations
from dashboards.geometry import Geometry, in_degrees, pins, static_file
from risk_model.run_store import PublishedRun

__all__ = ["country_of"]

_DISC = {"finding": 46.0, "country": 24.0}  # dots across: a card is a third as high as a page
_MOST_PINS = 60


def country_of(run: PublishedRun) -> Geometry:
    """Make the pictures of a country: one for the card and one for the page of each priority."""
    areas = run.areas().sort_index()
    picture = place_cells(areas)
    forces = area_forces(areas, run.manifest)
    files = {}
    for priority, settings in run.manifest["priorities"].items():
        png = draw_classes(
            picture,
            areas[f"{priority}_score"].astype(float),
            forces,
            breaks=tuple(settings.get("breaks") or DEFAULT_BREAKS),
        )
        points = _flagged(areas, priority, picture)
        for name, size in _DISC.items():
            drawing = _svg(png, picture, pins(points, size=size))
            files[f"{name}-{priority}.svg"] = static_file(drawing, "image/svg+xml")
    west, south, east, north = (float(edge) for edge in in_degrees(areas.geometry).total_bounds)
    return Geometry(files=files, bounds=(west, south, east, north))


def _flagged(
    areas: geopandas.GeoDataFrame, priority: str, picture: Picture
) -> list[tuple[float, float, str]]:
    """Return where flagged areas lie in dots, and their rank; Welsh ranks begin with W."""
    flags = areas[f"{priority}_flag"].fillna(value=False).astype(bool)
    chosen = areas[flags].sort_values(f"{priority}_rank", kind="stable").head(_MOST_PINS)
    nation = nations(areas, priority)[chosen.index]
    middles = chosen.geometry.representative_point()
    found = []
    for code, east, north, rank in zip(
        chosen.index, middles.x, middles.y, chosen[f"{priority}_rank"], strict=True
    ):
        x, y = picture.corner(float(east), float(north))
        found.append((x, y, f"{'W' if nation[code] == 'Wales' else ''}{rank:.0f}"))
    return found


def _svg(png: bytes, picture: Picture, discs: str) -> str:
    wide, high = picture.grid.nx, picture.grid.ny
    data = base64.b64encode(png).decode("ascii")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {high}">'
        f'<image width="{wide}" height="{high}" href="data:image/png;base64,{data}"/>{discs}</svg>'
    )
