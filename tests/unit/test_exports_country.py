"""The picture of very many areas, and outlines of layers whose borders do not meet."""

from __future__ import annotations

import struct
import zlib

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely.geometry import Polygon, box

import small_run as SMALL
from dashboards.exports import folium_map
from dashboards.exports.country_page import country_html
from dashboards.exports.country_picture import draw_classes, place_cells
from dashboards.exports.map_geometry import border_faults, joined, outline
from dashboards.exports.palette import CLASSES, INK, MISSING


def decoded(png: bytes) -> tuple[np.ndarray, list[str]]:
    """Return the colour numbers of an indexed PNG, top row first, and its palette."""
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    parts, at = {}, 8
    while at < len(png):
        (size,) = struct.unpack(">I", png[at : at + 4])
        name, body = png[at + 4 : at + 8], png[at + 8 : at + 8 + size]
        (check,) = struct.unpack(">I", png[at + 8 + size : at + 12 + size])
        assert check == zlib.crc32(name + body)
        parts[name] = body
        at += 12 + size
    wide, high, depth, kind = struct.unpack(">IIBB", parts[b"IHDR"][:10])
    assert (depth, kind) == (8, 3)
    lines = np.frombuffer(zlib.decompress(parts[b"IDAT"]), dtype=np.uint8)
    lines = lines.reshape(high, wide + 1)
    assert (lines[:, 0] == 0).all()
    colours = parts[b"PLTE"]
    return lines[:, 1:], [f"#{colours[i : i + 3].hex().upper()}" for i in range(0, len(colours), 3)]


def squares(n: int = 4) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        geometry=[box(4e5 + 1000 * i, 1e5, 4e5 + 1000 * (i + 1), 1.01e5) for i in range(n)],
        crs="EPSG:27700",
    )


def test_each_dot_has_the_colour_of_the_area_at_its_middle() -> None:
    areas = squares(4)
    picture = place_cells(areas)
    scores, groups = pd.Series([10.0, 50.0, np.nan, 100.0]), pd.Series(["a", "a", "b", "b"])
    dots, palette = decoded(draw_classes(picture, scores, groups))
    assert dots.shape == picture.grid.shape
    for i, wanted in enumerate((CLASSES[0], CLASSES[2], MISSING, CLASSES[4])):
        column, row = picture.corner(4e5 + 1000 * i + 500, 1e5 + 500)
        assert palette[dots[int(row), int(column)]] == wanted
    edge, row = picture.corner(402_000.0, 100_500.0)
    line = dots[int(row), int(edge) - 1 : int(edge) + 2]
    assert palette.index(INK) in line  # where one group borders on the other
    inner, _ = picture.corner(401_000.0, 100_500.0)
    assert palette.index(INK) not in dots[int(row), int(inner) - 2 : int(inner) + 3]
    assert dots[0, 0] == 0


def test_equal_areas_give_an_equal_page() -> None:
    areas = SMALL.areas()
    manifest = SMALL.manifest(areas)
    assert country_html(areas, manifest) == country_html(areas.copy(), manifest)


def test_hostile_names_stay_text() -> None:
    areas = SMALL.areas(names=SMALL.HOSTILE)
    manifest = SMALL.manifest(areas, name=SMALL.HOSTILE[1], attribution=SMALL.HOSTILE)
    manifest["forces"] = {"X01": {"name": "<script>alert(1)</script>", "slug": "x"}}
    text = country_html(areas, manifest)
    assert "<script" not in text
    assert "&lt;script&gt;" in text
    for name in SMALL.HOSTILE:
        if "<" in name:
            assert name not in text


def test_only_very_many_areas_are_drawn_as_a_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    areas = SMALL.areas()
    given = {"areas": areas, "hotspots": {}, "manifest": SMALL.manifest(areas)}
    assert 'id="map_main"' in folium_map.map_html(**given)
    monkeypatch.setattr(folium_map, "MOST_DRAWN", len(areas) - 1)
    assert 'id="map_main"' not in folium_map.map_html(**given)


APART = {
    "overlap": [box(0, 0, 1000, 1000), box(500, 500, 1500, 1500)],
    "corner on a side": [
        box(0, 0, 1000, 1000),
        box(1000, 0, 2000, 500),
        box(1000, 500, 2000, 1000),
    ],
    "side across a side": [
        box(0, 0, 1000, 1000),
        Polygon([(1000, 0), (2000, 0), (1000, 1000), (900, 500)]),
    ],
}


@pytest.mark.parametrize("shapes", APART.values(), ids=APART)
def test_polygons_whose_borders_do_not_meet_are_joined_all_the_same(shapes: list[Polygon]) -> None:
    frame = gpd.GeoDataFrame({"lad_code": ["X"] * len(shapes)}, geometry=shapes, crs="EPSG:27700")
    union = joined(frame.geometry.to_numpy())
    assert union.is_valid
    assert union.area == pytest.approx(shapely.union_all(shapes).area)
    assert len(outline(frame)) == 1
    assert border_faults(frame).startswith(f"The borders of {len(shapes)} areas do not meet")


def test_borders_that_meet_are_not_mentioned() -> None:
    assert border_faults(squares(4)) == ""
