"""Vector files: RELIABILITY cases 4, 19, 32, 34 and 35."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import pyproj.network
import pytest
from shapely.geometry import box

from spatial import vectors
from spatial.errors import InputError
from spatial.vectors import read_vector

# Three squares near Dorchester.
SQUARES = gpd.GeoDataFrame(
    {"LSOA21CD": ["E01", "E02", "E03"], "LSOA21NM": ["A 001A", "A 001B", "A 001C"]},
    geometry=[box(368_000 + x, 90_000, 369_000 + x, 91_000) for x in (0, 1000, 2000)],
    crs="EPSG:27700",
)


def save(frame: gpd.GeoDataFrame, path: Path, **options: Any) -> Path:
    if path.suffix in {".parquet", ".geoparquet"}:
        frame.to_parquet(path, **options)
    else:
        pyogrio.write_dataframe(frame, path, **options)
    return path


def geojson(frame: gpd.GeoDataFrame, path: Path, crs: str | None = None) -> Path:
    document = json.loads(frame.to_json(drop_id=True))
    document.pop("crs", None)
    if crs:
        document["crs"] = {"type": "name", "properties": {"name": crs}}
    path.write_text(json.dumps(document))
    return path


@pytest.mark.parametrize("name", ["a.gpkg", "a.shp", "a.parquet", "a.geoparquet"])
def test_every_format_gives_the_same_areas(tmp_path: Path, name: str) -> None:
    frame = read_vector(save(SQUARES, tmp_path / name))
    assert list(frame["LSOA21CD"]) == ["E01", "E02", "E03"]
    assert frame.crs.to_epsg() == 27700
    assert frame.attrs["notes"] == ()
    np.testing.assert_allclose(frame.geometry.area, 1e6)


def test_case_19_another_crs_is_reprojected_and_recorded(tmp_path: Path) -> None:
    degrees = SQUARES.to_crs("EPSG:4326")
    for name in ("a.gpkg", "a.shp", "a.parquet"):
        frame = read_vector(save(degrees, tmp_path / name))
        assert frame.attrs["notes"] == (f"{name}: reprojected from EPSG:4326 to EPSG:27700",)
        # There and back through a seven-parameter shift: within half a metre.
        np.testing.assert_allclose(frame.total_bounds, SQUARES.total_bounds, atol=0.5)
    mercator = read_vector(save(SQUARES.to_crs("EPSG:3857"), tmp_path / "b.gpkg"))
    assert mercator.attrs["notes"] == ("b.gpkg: reprojected from EPSG:3857 to EPSG:27700",)


def test_case_19_without_a_crs_is_refused(tmp_path: Path) -> None:
    bare = SQUARES.set_crs(None, allow_override=True)
    with pytest.warns(UserWarning, match="crs"):
        save(bare, tmp_path / "a.shp")
    save(bare, tmp_path / "a.parquet")
    for name in ("a.shp", "a.parquet"):
        with pytest.raises(InputError, match="has no coordinate reference system"):
            read_vector(tmp_path / name)


def test_the_grid_as_other_software_writes_it_is_not_reprojected(tmp_path: Path) -> None:
    path = save(SQUARES, tmp_path / "a.shp")
    path.with_suffix(".prj").write_text(SQUARES.crs.to_wkt("WKT1_ESRI"))
    frame = read_vector(path)
    assert frame.attrs["notes"] == ()
    np.testing.assert_array_equal(frame.total_bounds, SQUARES.total_bounds)


def test_geojson_is_longitude_and_latitude_unless_it_says_otherwise(tmp_path: Path) -> None:
    plain = read_vector(geojson(SQUARES.to_crs("EPSG:4326"), tmp_path / "a.geojson"))
    assert plain.attrs["notes"] == ("a.geojson: reprojected from EPSG:4326 to EPSG:27700",)
    np.testing.assert_allclose(plain.total_bounds, SQUARES.total_bounds, atol=0.5)
    declared = read_vector(
        geojson(SQUARES, tmp_path / "b.geojson", crs="urn:ogc:def:crs:EPSG::27700")
    )
    assert declared.attrs["notes"] == ()
    np.testing.assert_array_equal(declared.total_bounds, SQUARES.total_bounds)
    assert list(declared["LSOA21NM"]) == ["A 001A", "A 001B", "A 001C"]


@pytest.mark.parametrize(
    "name",
    [
        "EPSG:27700",
        "urn:ogc:def:crs:EPSG::27700",
        "http://www.opengis.net/def/crs/EPSG/0/27700",
    ],
)
def test_a_declared_grid_may_be_written_in_any_way_in_use(tmp_path: Path, name: str) -> None:
    frame = read_vector(geojson(SQUARES, tmp_path / "a.geojson", crs=name))
    assert frame.attrs["notes"] == ()
    for plain in ("urn:ogc:def:crs:OGC:1.3:CRS84", "OGC:CRS84"):
        degrees = geojson(SQUARES.to_crs("EPSG:4326"), tmp_path / "b.geojson", crs=plain)
        assert len(read_vector(degrees).attrs["notes"]) == 1


def test_no_transformation_grid_is_fetched(
    tmp_path: Path,
) -> None:
    path = geojson(SQUARES.to_crs("EPSG:4326"), tmp_path / "a.geojson")
    pyproj.network.set_network_enabled(active=True)
    read_vector(path)
    assert not pyproj.network.is_network_enabled()


def test_case_4_grid_numbers_in_undeclared_geojson_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="looks like British National Grid") as caught:
        read_vector(geojson(SQUARES, tmp_path / "a.geojson"))
    assert caught.value.faults[0].field == "crs"


def test_case_4_degrees_declared_as_metres_are_refused(tmp_path: Path) -> None:
    degrees = SQUARES.to_crs("EPSG:4326").set_crs("EPSG:27700", allow_override=True)
    with pytest.raises(InputError, match="looks like longitude and latitude"):
        read_vector(save(degrees, tmp_path / "a.gpkg"))


def test_case_4_swapped_degrees_are_refused(tmp_path: Path) -> None:
    swapped = gpd.GeoDataFrame(geometry=[box(50.7, -2.5, 50.8, -2.4)], crs="EPSG:4326")
    with pytest.raises(InputError, match="are swapped"):
        read_vector(save(swapped, tmp_path / "a.gpkg"))


def test_coordinates_outside_great_britain_are_refused(tmp_path: Path) -> None:
    hungary = gpd.GeoDataFrame(geometry=[box(20.3, 48.8, 20.4, 48.9)], crs="EPSG:4326")
    with pytest.raises(InputError, match="outside Great Britain"):
        read_vector(save(hungary, tmp_path / "a.gpkg"))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('{"type": "Topology", "objects": {}}', "'Topology', not a GeoJSON FeatureCollection"),
        ('{"type": "FeatureCollection", "features": [', "is not JSON"),
        ('{"type": "FeatureCollection", "features": []}', "holds no features"),
        (
            '{"type": "FeatureCollection", "features": [{"geometry": {"type": "Polygon"}}]}',
            "feature 1 cannot be read",
        ),
        ('{"type": "FeatureCollection", "features": [5]}', "feature 1 cannot be read"),
        (
            '{"type": "FeatureCollection", "features": [], "crs": {"a": 1}}',
            r"its crs member .* is not known",
        ),
        (
            '{"type":"FeatureCollection","features":[],"crs":{"properties":{"name":"+init=/x:1"}}}',
            r"its crs member .* is not known",
        ),
        ('{"a": ' + "[" * 100_000, "nested too deeply"),
        ('{"a": ' + "9" * 5000 + "}", "is not JSON that can be read"),
        (
            '{"type": "FeatureCollection", "features": [{"geometry": {"type": "Point", '
            '"coordinates": [' + "9" * 400 + ", 1]}}]}",
            "feature 1 cannot be read",
        ),
    ],
)
def test_geojson_that_is_none_is_refused(tmp_path: Path, text: str, why: str) -> None:
    (tmp_path / "a.geojson").write_text(text)
    with pytest.raises(InputError, match=why):
        read_vector(tmp_path / "a.geojson")


def test_case_32_gdal_is_not_called_for_what_is_not_what_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object, **__: object) -> None:
        raise AssertionError("GDAL was called")

    for name in ("read_dataframe", "read_info", "list_layers"):
        monkeypatch.setattr(pyogrio, name, never)
    for suffix in (".gpkg", ".shp", ".geojson", ".json", ".parquet"):
        path = tmp_path / f"a{suffix}"
        path.write_bytes(b"<OGRVRTDataSource></OGRVRTDataSource>")
        with pytest.raises(InputError, match="the content is a VRT"):
            read_vector(path)
    (tmp_path / "a.csv").write_text("a\n1\n")
    with pytest.raises(InputError, match=r"\.csv holds no polygons"):
        read_vector(tmp_path / "a.csv")


def test_case_34_a_row_bomb_is_refused_from_the_footer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten million equal rows fit into a few kilobytes; nothing of them is read."""
    path = tmp_path / "a.parquet"
    rows = 10_000_000
    column = pa.DictionaryArray.from_arrays(
        pa.array(np.zeros(rows, dtype=np.int8)), pa.array(["x"])
    )
    pq.write_table(pa.table({"code": column}), path, compression="zstd", row_group_size=rows)
    assert path.stat().st_size < 100_000
    monkeypatch.setattr(gpd, "read_parquet", lambda *_: pytest.fail("the rows were read"))
    with pytest.raises(InputError, match=r"holds 10,000,000 rows; the limit is 2,000,000"):
        read_vector(path)


def test_case_34_the_limit_holds_for_every_format(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vectors, "MAX_FEATURES", 2)
    for name in ("a.gpkg", "a.shp", "a.parquet"):
        with pytest.raises(InputError, match="holds 3 rows; the limit is 2"):
            read_vector(save(SQUARES, tmp_path / name))
    with pytest.raises(InputError, match="holds 3 rows; the limit is 2"):
        read_vector(geojson(SQUARES.to_crs("EPSG:4326"), tmp_path / "a.geojson"))


def test_case_34_wide_rows_are_refused_by_their_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vectors, "MAX_PARQUET_BYTES", 100)
    with pytest.raises(InputError, match="unfolds to"):
        read_vector(save(SQUARES, tmp_path / "a.parquet"))


def test_a_parquet_file_without_geometry_is_refused(tmp_path: Path) -> None:
    pd.DataFrame({"a": [1]}).to_parquet(tmp_path / "a.parquet")
    with pytest.raises(InputError, match="cannot be read"):
        read_vector(tmp_path / "a.parquet")


def test_case_35_a_geopackage_is_not_changed_and_its_triggers_do_not_fire(tmp_path: Path) -> None:
    path = save(SQUARES, tmp_path / "a.gpkg", layer="areas")
    with sqlite3.connect(path) as db:
        db.execute("create table fired (n)")
        for event in ("insert", "update", "delete"):
            for table in ("gpkg_contents", "gpkg_ogr_contents", "gpkg_extensions"):
                body = "begin insert into fired values (1); end"
                db.execute(f"create trigger {event}_{table} after {event} on {table} {body}")
    db.close()
    before = hashlib.sha256(path.read_bytes()).hexdigest()
    path.chmod(0o444)
    assert len(read_vector(path)) == 3
    assert hashlib.sha256(path.read_bytes()).hexdigest() == before
    assert sorted(item.name for item in tmp_path.iterdir()) == ["a.gpkg"]
    with sqlite3.connect(path) as db:
        assert db.execute("select count(*) from fired").fetchone() == (0,)
    db.close()


def test_changes_that_are_not_in_the_file_yet_are_not_overlooked(tmp_path: Path) -> None:
    path = save(SQUARES, tmp_path / "a.gpkg", layer="areas")
    (tmp_path / "a.gpkg-wal").write_bytes(b"")
    assert len(read_vector(path)) == 3
    (tmp_path / "a.gpkg-wal").write_bytes(b"pages")
    with pytest.raises(InputError, match=r"unfinished changes in a\.gpkg-wal; close it"):
        read_vector(path)


def test_case_35_views_and_virtual_tables_are_refused(tmp_path: Path) -> None:
    path = save(SQUARES, tmp_path / "a.gpkg", layer="areas")
    with sqlite3.connect(path) as db:
        db.execute("alter table areas rename to hidden")
        db.execute("create view areas as select * from hidden")
    db.close()
    with pytest.raises(InputError, match="layer 'areas' is a view"):
        read_vector(path)
    path = save(SQUARES, tmp_path / "b.gpkg", layer="areas")
    with sqlite3.connect(path) as db:
        db.execute("create virtual table words using fts5(text)")
    db.close()
    with pytest.raises(InputError, match="virtual table 'words'"):
        read_vector(path)


def test_an_sqlite_file_that_is_no_geopackage_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.gpkg"
    with sqlite3.connect(path) as db:
        db.execute("create table t (a)")
    db.close()
    with pytest.raises(InputError, match="not a GeoPackage"):
        read_vector(path)
    path.write_bytes(b"SQLite format 3\x00" + b"\x07" * 4000)
    with pytest.raises(InputError, match="cannot be read"):
        read_vector(path)


def test_layers_are_chosen_by_name(tmp_path: Path) -> None:
    path = save(SQUARES, tmp_path / "a.gpkg", layer="LSOA_2021")
    save(SQUARES.iloc[:1], path, layer="towns", append=True)
    with pytest.raises(InputError, match=r"holds 2 layers \('LSOA_2021', 'towns'\); name one"):
        read_vector(path)
    with pytest.raises(InputError, match="no layer 'lsoa2021'; did you mean 'LSOA_2021'"):
        read_vector(path, layer="lsoa2021")
    assert len(read_vector(path, layer="towns")) == 1
    with pytest.raises(InputError, match="only a GeoPackage has layers"):
        read_vector(geojson(SQUARES.to_crs("EPSG:4326"), tmp_path / "a.geojson"), layer="towns")


def test_a_layer_name_cannot_be_a_query(tmp_path: Path) -> None:
    name = 'a"; drop table gpkg_contents; --'
    path = save(SQUARES, tmp_path / "a.gpkg", layer=name)
    assert len(read_vector(path, layer=name)) == 3
