"""The map, behind one function: dash-leaflet today, replaceable without touching a page.

Shapes come as cached static files; `map_values` colours them through the browser's own script
(`assets/map.js`), so that a change of layer moves numbers only. There is no ground from outside:
coast and authority borders and the names of places are the ground.
"""

from __future__ import annotations

from typing import Any

import dash_leaflet as dl
from dash import html

from dashboards import ids
from dashboards.components.attributes import attributes
from dashboards.geometry import opening_view
from dashboards.state import Place

__all__ = ["area_map", "geometry_address"]

_SCRIPTS = "dashExtensions.default"


def geometry_address(run_id: str, name: str, force: str = "") -> str:
    """Return the address of a shape file; it holds the run's id, so it never goes stale."""
    return f"/geometry/{run_id}/{force}/{name}" if force else f"/geometry/{run_id}/{name}"


def _script(name: str) -> dict[str, str]:
    return {"variable": f"{_SCRIPTS}.{name}"}


def area_map(
    *,
    run_id: str,
    priority: str,
    values: dict[str, Any],
    bounds: tuple[float, float, float, float],
    place: Place | None,
    has_hotspots: bool,
    label: str,
    force: str = "",
) -> html.Div:
    """Return the map of a run's areas.

    Parameters
    ----------
    values
        What `dashboards.figures.map_values` returns, for the first drawing.
    bounds
        West, south, east and north in degrees: the map opens on them and goes back to them.
        It starts from a zoom and a centre, because starting from bounds is known to crash.
    place
        The view that the address asks for, if any.
    label
        What the map shows, for people who cannot see it.
    force
        The police force that is drawn, of a run of a country.
    """

    def shapes(name: str, **options: Any) -> dl.GeoJSON:
        return dl.GeoJSON(url=geometry_address(run_id, name, force), **options)

    zoom, centre = opening_view(bounds)
    at_zoom, at_centre = (
        (place.zoom, (place.latitude, place.longitude)) if place else (zoom, centre)
    )
    layers = [
        dl.Pane(
            shapes(
                "areas.geojson",
                id=ids.MAP_AREAS,
                style=_script("styleArea"),
                onEachFeature=_script("eachArea"),
                hideout=values,
            ),
            name="areas",
            style={"zIndex": 410},
        ),
        dl.Pane(
            shapes("borders.geojson", style=_script("styleBorder"), interactive=False),
            name="borders",
            style={"zIndex": 420},
        ),
        dl.Pane([], name="outlines", style={"zIndex": 430}),
        dl.Pane(
            shapes(
                "places.geojson",
                pointToLayer=_script("placeLabel"),
                interactive=False,
            ),
            name="places",
            style={"zIndex": 450, "pointerEvents": "none"},
        ),
        dl.Pane([], name="pins", style={"zIndex": 460, "pointerEvents": "none"}),
        dl.ScaleControl(position="bottomleft", imperial=False),
    ]
    if has_hotspots:
        layers.insert(
            3,
            dl.Pane(
                shapes(
                    f"hotspots-{priority}.geojson",
                    style=_script("styleHotspot"),
                    onEachFeature=_script("eachHotspot"),
                    interactive=False,
                ),
                name="hotspots",
                style={"zIndex": 440, "pointerEvents": "none"},
            ),
        )
    return html.Div(
        dl.MapContainer(
            layers,
            id=ids.MAP,
            center=list(at_centre),
            zoom=at_zoom,
            zoomSnap=0.25,
            zoomDelta=0.5,
            minZoom=5,
            maxZoom=17,
            attributionControl=False,
            className="map",
        ),
        className="map-box",
        role="region",
        **attributes(
            {"aria-label": label, "data-bounds": "/".join(f"{edge:.5f}" for edge in bounds)}
        ),
    )
