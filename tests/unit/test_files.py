"""Paths and first bytes: RELIABILITY cases 31 and 32."""

from __future__ import annotations

import hashlib
import os
import sqlite3
from pathlib import Path

import geopandas as gpd
import pytest
from shapely.geometry import box

from spatial.errors import InputError
from spatial.files import check_magic, nearest, resolve_under, sha256_of, sha256_stream

VRT = b"""<OGRVRTDataSource><OGRVRTLayer name="a">
<SrcDataSource>/etc/passwd</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>"""
KML = b'<?xml version="1.0"?><kml xmlns="http://www.opengis.net/kml/2.2"></kml>'
GML = b'<gml:FeatureCollection xmlns:gml="http://www.opengis.net/gml"></gml:FeatureCollection>'


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    (folder / "lookups").mkdir(parents=True)
    (folder / "lookups" / "wards.csv").write_text("a\n1\n")
    (tmp_path / "secret.csv").write_text("a\n1\n")
    return folder


def test_case_31_a_file_under_the_root_is_found(root: Path) -> None:
    expected = (root / "lookups" / "wards.csv").resolve()
    assert resolve_under(root, "lookups/wards.csv", field="wards") == expected
    assert resolve_under(root, str(root / "lookups" / "wards.csv"), field="wards") == expected
    assert resolve_under(root, "lookups", field="wards") == expected.parent


@pytest.mark.parametrize(
    ("relative", "why"),
    [
        ("../secret.csv", r"holds '\.\.'"),
        ("lookups/../../secret.csv", r"holds '\.\.'"),
        ("lookups\\..\\..\\secret.csv", r"holds '\.\.'"),
        ("/etc/passwd", "outside the data root"),
        ("/vsicurl/http://127.0.0.1/a.gpkg", "virtual path"),
        ("/vsizip/lookups/wards.zip", "virtual path"),
        ("vsimem/a", "virtual path"),
        ("https://example.org/a.gpkg", "is a URL"),
        ("file:///etc/passwd", "is a URL"),
        ("PG:dbname=x", "is a URL"),
        ("~/a.csv", "begins with '~'"),
        ("", "is not a path"),
        ("a\x00b", "is not a path"),
    ],
)
def test_case_31_a_path_that_leads_elsewhere_is_refused(
    root: Path, relative: str, why: str
) -> None:
    with pytest.raises(InputError, match=why) as caught:
        resolve_under(root, relative, field="lookups.wards")
    assert caught.value.faults[0].field == "lookups.wards"


def test_case_31_a_link_out_of_the_root_is_refused(root: Path, tmp_path: Path) -> None:
    (root / "link.csv").symlink_to(tmp_path / "secret.csv")
    (root / "folder").symlink_to(tmp_path)
    with pytest.raises(InputError, match="link that leads outside"):
        resolve_under(root, "link.csv", field="wards")
    with pytest.raises(InputError, match="link that leads outside"):
        resolve_under(root, "folder/secret.csv", field="wards")


def test_a_link_within_the_root_is_followed(root: Path) -> None:
    (root / "link.csv").symlink_to(root / "lookups" / "wards.csv")
    assert resolve_under(root, "link.csv", field="wards").name == "wards.csv"


def test_a_data_root_that_is_a_link_itself_is_accepted(root: Path, tmp_path: Path) -> None:
    (tmp_path / "alias").symlink_to(root)
    assert resolve_under(tmp_path / "alias", "lookups/wards.csv", field="wards").is_file()


def test_a_missing_file_is_answered_with_the_nearest_name(root: Path) -> None:
    with pytest.raises(InputError, match=r"no 'ward\.csv' in lookups; did you mean 'wards\.csv'"):
        resolve_under(root, "lookups/ward.csv", field="wards")
    with pytest.raises(InputError, match=r"no 'lookup' in the data root; did you mean 'lookups'"):
        resolve_under(root, "lookup/wards.csv", field="wards")
    with pytest.raises(InputError, match=r"lookups/wards\.csv is not a folder"):
        resolve_under(root, "lookups/wards.csv/a", field="wards")


@pytest.mark.parametrize("content", [VRT, KML, GML, b"  \n" + VRT, b"\xef\xbb\xbf" + VRT])
@pytest.mark.parametrize(
    "suffix", [".geojson", ".json", ".gpkg", ".csv", ".shp", ".parquet", ".zip", ".xlsx", ".CSV"]
)
def test_case_32_virtual_datasets_under_another_name_are_refused(
    tmp_path: Path, suffix: str, content: bytes
) -> None:
    path = tmp_path / f"areas{suffix}"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"the content is (a VRT|KML|GML)"):
        check_magic(path)


@pytest.mark.parametrize(
    ("name", "content", "what"),
    [
        ("a.gpkg", b"PK\x03\x04....", "a zip file"),
        ("a.csv", b"PK\x03\x04....", "a zip file"),
        ("a.csv", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Excel"),
        ("a.csv", b'{"type": "FeatureCollection"}', "JSON"),
        ("a.csv", b"", "empty"),
        ("a.csv", b"<!DOCTYPE html><html>", "a web page"),
        ("a.gpkg", b"version https://git-lfs.github.com/spec/v1\n", "a Git LFS pointer"),
        ("a.csv", b"version https://git-lfs.github.com/spec/v1\n", "a Git LFS pointer"),
        ("a.geojson", b"[1, 2]", "JSON"),
        ("a.geojson", b"LSOA21CD,name\n", "plain text"),
        ("a.zip", b"SQLite format 3\x00", "a GeoPackage or SQLite"),
        ("a.xlsx", b"\x01\x02\x00\x03", "a binary file"),
    ],
)
def test_case_32_content_must_be_what_the_name_says(
    tmp_path: Path, name: str, content: bytes, what: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(InputError, match=f"the content is {what}"):
        check_magic(path)


def test_case_32_right_content_passes(tmp_path: Path) -> None:
    for name, content in [
        ("a.csv", b"\xef\xbb\xbfcode,name\nE1,x\n"),
        ("a.geojson", b' \n{"type": "FeatureCollection", "features": []}'),
        ("a.gpkg", b"SQLite format 3\x00"),
        ("a.zip", b"PK\x03\x04"),
        ("a.PARQUET", b"PAR1....PAR1"),
    ]:
        path = tmp_path / name
        path.write_bytes(content)
        check_magic(path)


def test_an_extension_that_is_not_read_is_refused(tmp_path: Path) -> None:
    for name in ("a.vrt", "a.kml", "a.pkl", "a", "a.joblib"):
        (tmp_path / name).write_bytes(b"anything")
        with pytest.raises(InputError, match="is not one that is read"):
            check_magic(tmp_path / name)


def test_a_parquet_file_cut_short_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.parquet").write_bytes(b"PAR1 and then nothing")
    with pytest.raises(InputError, match="cut short"):
        check_magic(tmp_path / "a.parquet")


def shapefile(folder: Path) -> Path:
    frame = gpd.GeoDataFrame({"LSOA21CD": ["E1"]}, geometry=[box(0, 0, 9, 9)], crs="EPSG:27700")
    frame.to_file(folder / "areas.shp")
    return folder / "areas.shp"


def test_case_32_a_shapefile_needs_its_parts(tmp_path: Path) -> None:
    path = shapefile(tmp_path)
    check_magic(path)
    path.with_suffix(".shx").unlink()
    path.with_suffix(".dbf").write_bytes(VRT)
    with pytest.raises(InputError) as caught:
        check_magic(path)
    text = str(caught.value)
    assert "areas.shx is missing" in text
    assert "areas.dbf is not a .dbf file but a VRT" in text


def test_case_32_a_part_of_a_shapefile_may_not_be_a_link_out(tmp_path: Path) -> None:
    path = shapefile(tmp_path)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    dbf = path.with_suffix(".dbf").rename(elsewhere / "areas.dbf")
    path.with_suffix(".dbf").symlink_to(dbf)
    with pytest.raises(InputError, match=r"areas\.dbf is a link out of the folder"):
        check_magic(path)


def test_hashes(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"x" * 3_000_000)
    expected = hashlib.sha256(b"x" * 3_000_000).hexdigest()
    assert sha256_of(path) == expected
    with path.open("rb") as stream:
        assert sha256_stream(stream) == expected


def test_the_hash_of_a_shapefile_covers_its_attributes(tmp_path: Path) -> None:
    path = shapefile(tmp_path)
    before = sha256_of(path)
    table = path.with_suffix(".dbf")
    table.write_bytes(table.read_bytes().replace(b"E1", b"E2"))
    assert sha256_of(path) != before


def test_the_hash_of_a_folder_covers_names_and_contents(tmp_path: Path) -> None:
    folder = tmp_path / "months"
    folder.mkdir()
    (folder / "b.csv").write_bytes(b"1")
    (folder / "a.csv").write_bytes(b"2")
    first = sha256_of(folder)
    os.utime(folder / "a.csv", (0, 0))
    assert sha256_of(folder) == first
    (folder / "a.csv").rename(folder / "c.csv")
    assert sha256_of(folder) != first


def test_nearest_ignores_case() -> None:
    assert nearest("lsoa21cd", ["LSOA21NM", "LSOA21CD"]) == "LSOA21CD"
    assert nearest("zzz", ["LSOA21NM"]) is None


def test_an_sqlite_file_passes_only_as_geopackage(tmp_path: Path) -> None:
    path = tmp_path / "a.gpkg"
    with sqlite3.connect(path) as db:
        db.execute("create table t (a)")
    db.close()
    check_magic(path)
    with pytest.raises(InputError, match="the content is a GeoPackage or SQLite file"):
        check_magic(path.rename(tmp_path / "a.csv"))
