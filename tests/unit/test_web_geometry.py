"""The shapes that the browser gets: one coverage, rounded degrees, equal bytes."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely

import web_run as WEB
from dashboards import geometry


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> geometry.Geometry:
    return geometry.geometry_of(WEB.publish(tmp_path_factory.mktemp("runs")))


def content(made: geometry.Geometry, name: str) -> Any:
    return json.loads(gzip.decompress(made.files[name].packed))


def test_every_area_is_there_once_with_its_name_and_no_value(made: geometry.Geometry) -> None:
    features = content(made, "areas.geojson")["features"]
    assert [f["properties"]["id"] for f in features] == [f"X01{n:06d}" for n in range(48)]
    assert all(set(f["properties"]) == {"id", "name"} for f in features)


def test_coordinates_are_degrees_of_five_decimals(made: geometry.Geometry) -> None:
    for feature in content(made, "areas.geojson")["features"]:
        points = shapely.get_coordinates(shapely.geometry.shape(feature["geometry"]))
        assert np.array_equal(points, points.round(5))
        assert (points[:, 0] > -2.5).all()
        assert (points[:, 0] < -2.2).all()
        assert (points[:, 1] > 50.6).all()
        assert (points[:, 1] < 50.8).all()


def test_simplifying_opens_no_gap_between_neighbours() -> None:
    # A shared border with many points: simplified alone, the two sides would part.
    turns = [(1000 + 0.3 * np.sin(y / 7.0), float(y)) for y in range(0, 2001, 20)]
    left = shapely.Polygon([(0, 0), *turns, (0, 2000)])
    right = shapely.Polygon([(2000, 0), *turns, (2000, 2000)])
    areas = gpd.GeoDataFrame(geometry=[left, right], index=["a", "b"], crs="EPSG:27700")
    simple = geometry.simplified(areas)
    assert shapely.get_num_coordinates(simple.iloc[0]) < len(turns)
    assert shapely.area(shapely.intersection(*simple)) == pytest.approx(0, abs=1e-6)
    assert shapely.union_all(simple.to_numpy()).area == pytest.approx(sum(simple.area))


def test_equal_runs_give_equal_bytes_and_names(made: geometry.Geometry, tmp_path: Path) -> None:
    again = geometry.geometry_of(WEB.publish(tmp_path, WEB.SECOND_ID))
    assert made.files == again.files
    assert geometry.static_file("a", "text/plain") != geometry.static_file("b", "text/plain")


def test_borders_are_one_line_an_authority(made: geometry.Geometry) -> None:
    features = content(made, "borders.geojson")["features"]
    assert [f["properties"]["id"] for f in features] == ["X01", "X02"]
    kinds = {f["geometry"]["type"] for f in features}
    assert kinds <= {"LineString", "MultiLineString"}


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("Weymouth Town, Melcombe Regis & Rodwell", "Weymouth Town"),
        ("Sturminster Newton & Stalbridge", "Sturminster Newton"),
        ("Hill & Dale", "Hill & Dale"),
        ("Swanage", "Swanage"),
    ],
)
def test_place_names_are_short_on_the_map(name: str, short: str) -> None:
    assert geometry.short_name(name) == short


def test_labels_never_overlap_and_the_first_goes_first() -> None:
    rng = np.random.default_rng(20261122)
    x, y = -2.5 + rng.random(60) * 0.5, 50.6 + rng.random(60) * 0.3
    texts = [f"Place number {n}" for n in range(60)]
    zooms = geometry.label_zooms(x, y, texts)
    assert zooms[0] == min(zooms)
    for zoom in range(7, 16):
        world = 256 * 2**zoom
        shown = [n for n in range(60) if zooms[n] <= zoom]
        for place, a in enumerate(shown):
            for b in shown[place + 1 :]:
                across = abs(x[a] - x[b]) / 360 * world
                sine = [np.arctanh(np.sin(np.radians(y[n]))) / (2 * np.pi) for n in (a, b)]
                up = abs(sine[0] - sine[1]) * world
                assert across > len(texts[a]) * 6.5 or up > 16


def test_the_opening_view_holds_everything() -> None:
    bounds = (-2.96, 50.51, -1.8, 51.08)
    zoom, (latitude, longitude) = geometry.opening_view(bounds, width=500, height=400)
    pixels_a_degree = 256 * 2**zoom / 360
    assert (bounds[2] - bounds[0]) * pixels_a_degree <= 500
    stretch = 1 / np.cos(np.radians(latitude))
    assert (bounds[3] - bounds[1]) * pixels_a_degree * stretch <= 400 * 1.01
    assert zoom * 4 == round(zoom * 4)
    assert (latitude, longitude) == (50.795, -2.38)


def test_a_run_without_hot_spots_still_has_its_map(tmp_path: Path) -> None:
    run = WEB.publish(tmp_path)
    outputs = {k: v for k, v in run.manifest["outputs"].items() if k != "hotspots.gpkg"}
    poorer = type(run)(run.run_id, run.folder, {**run.manifest, "outputs": outputs})
    files = geometry.geometry_of(poorer).files
    assert "areas.geojson" in files
    assert not any(name.startswith("hotspots") for name in files)
