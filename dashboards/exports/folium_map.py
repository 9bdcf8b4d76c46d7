"""map.html: a run on a folium map, in one file that opens without a network."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from html import escape
from typing import Any

import folium
import geopandas as gpd
from folium.utilities import JsCode

from dashboards.exports import map_geometry, map_panel
from dashboards.exports.country_page import MOST_DRAWN, country_html
from dashboards.exports.map_page import asset, page, script_json
from dashboards.exports.palette import CLASSES, HOTSPOT, INK, MISSING, OUTLINE, class_of
from dashboards.exports.wording import finding, priority_keys
from spatial.errors import Fault, InputError

__all__ = ["map_html"]

_PICTURE = re.compile(r"url\([^)]*\)")
_KEY = re.compile(r"[a-z][a-z0-9_]*")  # keys become names of variables
_CANVAS_ABOVE = 2_000  # areas; more elements than this make a browser slow
_CASING = {"color": "#FFFFFF", "weight": 6, "fill": False, "interactive": False}
_FLAG = {"color": INK, "weight": 3, "fill": False, "interactive": False}


def map_html(
    *,
    areas: gpd.GeoDataFrame,
    hotspots: Mapping[str, gpd.GeoDataFrame],
    manifest: Mapping[str, Any],
) -> str:
    """Return the page: map, layer control, legend, the list as a table, what to be careful of.

    Of more than `MOST_DRAWN` areas: a picture, lists and a table of police forces instead. Equal
    runs give equal text.

    Parameters
    ----------
    areas
        `areas` of the run: index or column `area_code`, polygons in EPSG:27700.
    hotspots
        Hot-spot polygons of each priority; a priority without any may be left out.
    manifest
        The manifest of the run.
    """
    frame = areas.set_index("area_code") if "area_code" in areas.columns else areas
    frame = frame.sort_index()
    for key in priority_keys(manifest):
        if not _KEY.fullmatch(key):
            raise InputError(Fault(f"{key!r} is not a key of a priority: write it as sv01"))
    if len(frame) > MOST_DRAWN:
        return country_html(frame, manifest)
    title = f"{finding(frame, manifest)} - {manifest.get('name', 'CSP Hotspots')}"
    data = f"var DATA = {script_json(map_panel.details(frame, hotspots, manifest))};\n"
    return page(
        title=title,
        body=map_panel.body(frame, manifest),
        styles=(_PICTURE.sub("none", asset("leaflet/leaflet.css")), asset("map.css")),
        scripts=(
            asset("leaflet/leaflet.js"),
            data + asset("map.js"),
            _script(frame, hotspots, manifest),
        ),
    )


def _script(
    areas: gpd.GeoDataFrame,
    hotspots: Mapping[str, gpd.GeoDataFrame],
    manifest: Mapping[str, Any],
) -> str:
    """Return the script folium makes of the layers, under names that no run changes."""
    simple = map_geometry.simplify(areas)
    corners = map_geometry.bounds_of(areas)
    middle = [(low + high) / 2 for low, high in zip(*corners, strict=True)]
    page_map = folium.Map(
        location=middle,
        zoom_start=9,
        tiles=None,
        control_scale=True,
        prefer_canvas=len(areas) > _CANVAS_ABOVE,
        attribution_control=False,
        zoom_snap=0.25,
        fade_animation=False,
        zoom_animation=False,  # a still map for those who are made ill by a moving one
    )
    names: dict[str, str] = {page_map.get_name(): "map_main"}
    started: list[str] = []
    above: list[str] = []
    for number, key in enumerate(priority_keys(manifest)):
        settings = manifest["priorities"][key]
        group = folium.FeatureGroup(
            name=_label_html(f"{key.upper()} {settings.get('title', '')}".strip()),
            overlay=False,
            show=number == 0,
        )
        scores = _score_layer(simple, key, settings)
        scores.add_to(group)
        for layer in _flag_layers(simple, key):
            layer.add_to(group)
        group.add_to(page_map)
        names |= {group.get_name(): f"group_{key}", scores.get_name(): f"areas_{key}"}
        started.append(f'"{key}": {{group: group_{key}, areas: areas_{key}}}')
    for key in priority_keys(manifest):
        if key in hotspots and len(hotspots[key]):
            places = _hotspot_layer(hotspots[key], key)
            places.add_to(page_map)
            names[places.get_name()] = f"hotspots_{key}"
            above.append(f"hotspots_{key}")
    outline = _boundary_layer(simple)
    outline.add_to(page_map)
    names[outline.get_name()] = "outline_authorities"
    above.insert(0, "outline_authorities")
    labels = folium.FeatureGroup(name="Place names")
    labels.add_to(page_map)
    names[labels.get_name()] = "group_places"
    folium.LayerControl(collapsed=False).add_to(page_map)

    whole: Any = page_map.get_root()  # a Figure; branca does not say so
    whole.render()
    script = str(whole.script.render())
    start = (
        f"startPage(map_main, {{{', '.join(started)}}}, [{', '.join(above)}], group_places, "
        f"{json.dumps(corners)});"
    )
    return f"{_stable(script, names)}\n{start}\n"


def _stable(script: str, names: Mapping[str, str]) -> str:
    """Give the random names of folium's elements fixed ones, in order of their appearance."""
    for random_name, name in names.items():
        script = script.replace(random_name, name)
    order: dict[str, str] = {}
    for found in re.finditer(r"\b(?:var|let|function) ([a-z_]+)_([0-9a-f]{32})\b", script):
        order.setdefault(found[2], f"{len(order):04d}")
    for random_part, number in order.items():
        script = script.replace(random_part, number)
    return script


def _score_layer(areas: gpd.GeoDataFrame, key: str, settings: Mapping[str, Any]) -> folium.GeoJson:
    breaks = tuple(settings.get("breaks") or ()) or (20.0, 40.0, 60.0, 80.0)
    classes = [class_of(float(score), breaks) for score in areas[f"{key}_score"].astype(float)]
    properties = [{"priority": key, "class": number} for number in classes]
    return folium.GeoJson(
        map_geometry.collection(areas, properties=properties),
        style_function=_area_style,
        on_each_feature=JsCode("describeArea"),
        control=False,
    )


def _area_style(feature: Mapping[str, Any]) -> dict[str, Any]:
    number = feature["properties"]["class"]
    if number < 0:
        fill = {"fillColor": MISSING, "fillOpacity": 1, "dashArray": "2 3"}
    else:
        fill = {"fillColor": CLASSES[number], "fillOpacity": 1}
    return {"color": OUTLINE, "weight": 0.6, **fill}


def _flag_layers(areas: gpd.GeoDataFrame, key: str) -> list[folium.GeoJson]:
    """Outline in black on white, which shows on every class and in greyscale."""
    flagged = areas[areas[f"{key}_flag"].fillna(value=False).astype(bool)]
    if flagged.empty:
        return []
    shapes = map_geometry.collection(flagged)
    return [
        folium.GeoJson(shapes, style_function=lambda _, style=style: style, control=False)
        for style in (_CASING, _FLAG)
    ]


def _hotspot_layer(hotspots: gpd.GeoDataFrame, key: str) -> folium.FeatureGroup:
    group = folium.FeatureGroup(
        name=f"{key.upper()}: where recorded map points concentrate", show=False
    )
    shapes = map_geometry.collection(hotspots, prefix=f"{key}-")
    casing = {**_CASING, "weight": 5}
    line = {"color": HOTSPOT, "weight": 2.5, "dashArray": "6 4", "fillOpacity": 0.12}
    folium.GeoJson(shapes, style_function=lambda _: casing, control=False).add_to(group)
    folium.GeoJson(
        shapes,
        style_function=lambda _: line,
        on_each_feature=JsCode("describeHotspot"),
        control=False,
    ).add_to(group)
    return group


def _boundary_layer(areas: gpd.GeoDataFrame) -> folium.GeoJson:
    borders = map_geometry.outline(areas)
    return folium.GeoJson(
        map_geometry.collection(borders),
        style_function=lambda _: {"color": INK, "weight": 1.6, "interactive": False},
        name="Authority outlines",
    )


def _label_html(text: str) -> str:
    """Return text that stays text where Leaflet writes HTML and where branca sees a template.

    folium's elements are rendered once, and what comes out is rendered by Jinja again: a brace
    in a name would be run on this machine. No other text of an input is handed to folium.
    """
    return escape(text).replace("{", "&#123;").replace("}", "&#125;")
