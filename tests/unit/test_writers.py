"""Writers: case 38, and equal values give equal bytes."""

from __future__ import annotations

import csv
import io
import os
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pyogrio
import pytest
import rasterio
from shapely.geometry import Point, box

from spatial.errors import InputError, StatisticsError
from spatial.vectors import read_vector
from spatial.writers import (
    guard_formula,
    write_csv,
    write_geopackage,
    write_geoparquet,
    write_geotiff,
    write_parquet,
)

HOSTILE = [
    '=HYPERLINK("http://example.org")',
    "+1+2",
    "-2+3",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
]
AREAS = gpd.GeoDataFrame(
    {"area_name": ["Ash", "Oak"], "sv01_rank": [1, 2], "sv01_flag": [True, False]},
    geometry=[box(0, 0, 1000, 1000), box(1000, 0, 2000, 1000)],
    index=pd.Index(["E01", "E02"], name="area_code"),
    crs="EPSG:27700",
)


def written(frame: pd.DataFrame, folder: Path, *, bom: bool = False) -> bytes:
    write_csv(frame, folder / "a.csv", bom=bom)
    return (folder / "a.csv").read_bytes()


@pytest.mark.parametrize("cell", HOSTILE)
def test_case_38_text_cannot_become_a_formula(tmp_path: Path, cell: str) -> None:
    frame = pd.DataFrame({"name": [cell], cell: ["x"]})
    rows = list(csv.reader(io.StringIO(written(frame, tmp_path).decode(), newline="")))
    # A carriage return, which the standard writer would leave bare, is written as a line feed.
    shown = f"'{cell}".replace("\r", "\n")
    assert rows == [["name", shown], [shown, "x"]]


def test_case_38_a_carriage_return_cannot_begin_a_row_of_its_own(tmp_path: Path) -> None:
    frame = pd.DataFrame({"name": ["Ash\r=1+1", "Oak\r\n@x"], "n": [1, 2]})
    assert written(frame, tmp_path) == b'name,n\n"Ash\n=1+1",1\n"Oak\n@x",2\n'


def test_case_38_also_in_the_index_categories_and_mixed_columns(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {"kind": pd.Categorical(["@a", "b"]), "value": ["=1", -2.5]},
        index=pd.Index(["-x", "y"], name="area_code"),
    )
    text = written(frame, tmp_path).decode()
    assert text == "area_code,kind,value\n'-x,'@a,'=1\ny,b,-2.5\n"


def test_case_38_numbers_are_untouched(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": [-1.5, 2.0], "b": [-3, 4], "c": pd.array([-5, None], dtype="Int64")})
    assert written(frame, tmp_path).decode() == "a,b,c\n-1.5,-3,-5\n2,4,\n"
    assert guard_formula(-1.5) == -1.5
    assert guard_formula("a=b") == "a=b"


def test_csv_is_plain(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {
            "x": [1 / 3, 123456789.123, 1e-12, -0.0, np.nan],
            "flag": [True, False, True, True, False],
            "name": ["é", 'a"b', "c,d", "two\nlines", None],
        }
    )
    assert (
        written(frame, tmp_path)
        == (
            "x,flag,name\n"
            "0.333333333,True,é\n"
            '123456789,False,"a""b"\n'
            '1e-12,True,"c,d"\n'
            '0,True,"two\nlines"\n'
            ",False,\n"
        ).encode()
    )
    assert written(frame, tmp_path, bom=True).startswith(b"\xef\xbb\xbfx,flag")


def test_an_unnamed_index_is_left_out(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": [1, 2]}, index=[7, 8])
    assert written(frame, tmp_path) == b"a\n1\n2\n"


def test_columns_of_one_name_are_both_kept_apart_by_the_frame(tmp_path: Path) -> None:
    """What is not asked for is not changed: the frame given is the same afterwards."""
    frame = pd.DataFrame({"name": ["=1"], "x": [-0.0]})
    written(frame, tmp_path)
    assert frame["name"].tolist() == ["=1"]


def test_parquet_keeps_types_and_the_index(tmp_path: Path) -> None:
    frame = pd.DataFrame({"n": [1, 2]}, index=pd.Index(["a", "b"], name="area_code"))
    write_parquet(frame, tmp_path / "a.parquet")
    back = pd.read_parquet(tmp_path / "a.parquet")
    assert back["area_code"].tolist() == ["a", "b"]
    assert back["n"].dtype == np.int64


def test_geoparquet_comes_back(tmp_path: Path) -> None:
    write_geoparquet(AREAS, tmp_path / "a.parquet")
    back = gpd.read_parquet(tmp_path / "a.parquet")
    assert back["area_code"].tolist() == ["E01", "E02"]
    assert back.crs.to_epsg() == 27700
    assert back.geometry.to_numpy()[1].equals(AREAS.geometry.iloc[1])


@pytest.mark.parametrize("writer", [write_parquet, write_geoparquet])
def test_parquet_bytes_are_the_same_again(tmp_path: Path, writer: object) -> None:
    assert callable(writer)
    for name in ("a", "b"):
        writer(AREAS, tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


QML = '<!DOCTYPE qgis PUBLIC><qgis version="3.34"><renderer-v2 attr="sv01_rank"/></qgis>'


def test_a_geopackage_holds_its_layers_and_styles(tmp_path: Path) -> None:
    path = tmp_path / "areas.gpkg"
    towns = gpd.GeoDataFrame({"name": ["T"]}, geometry=[Point(5, 5)], crs="EPSG:27700")
    write_geopackage({"areas": AREAS, "towns": towns}, path, styles={"areas": QML})
    back = pyogrio.read_dataframe(path, layer="areas")
    assert back["area_code"].tolist() == ["E01", "E02"]
    assert back["sv01_flag"].tolist() == [True, False]
    assert back.crs.to_epsg() == 27700
    assert len(pyogrio.read_dataframe(path, layer="towns")) == 1
    with closing(sqlite3.connect(path)) as db:
        styles = db.execute(
            "select f_table_name, f_geometry_column, styleQML, useAsDefault from layer_styles"
        ).fetchall()
        assert styles == [("areas", "geom", QML, 1)]
        listed = db.execute("select table_name, data_type from gpkg_contents").fetchall()
        assert ("layer_styles", "attributes") in listed
        dates = {row[0] for row in db.execute("select last_change from gpkg_contents")}
        assert dates == {"2000-01-01T00:00:00.000Z"}
        assert db.execute("pragma integrity_check").fetchone() == ("ok",)


def test_our_own_reader_reads_what_we_write(tmp_path: Path) -> None:
    moved = AREAS.set_geometry(AREAS.translate(368_000, 90_000))
    write_geopackage({"areas": moved}, tmp_path / "a.gpkg", styles={"areas": QML})
    assert len(read_vector(tmp_path / "a.gpkg")) == 2


def test_geopackage_bytes_do_not_depend_on_the_clock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = pyogrio.get_gdal_config_option("OGR_CURRENT_DATE")
    written_files = []
    for number, zone in enumerate(["UTC", "Asia/Tokyo"]):
        monkeypatch.setenv("TZ", zone)
        time.tzset()
        path = tmp_path / f"{number}" / "areas.gpkg"
        path.parent.mkdir()
        write_geopackage({"areas": AREAS}, path, styles={"areas": QML})
        os.utime(path, (number, number))
        written_files.append(path.read_bytes())
    monkeypatch.undo()
    time.tzset()
    assert written_files[0] == written_files[1]
    today = time.strftime("%Y-%m-%d").encode()
    assert today not in written_files[0]
    assert pyogrio.get_gdal_config_option("OGR_CURRENT_DATE") == before


def test_an_older_geopackage_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "areas.gpkg"
    write_geopackage({"old": AREAS}, path)
    write_geopackage({"areas": AREAS.iloc[:1]}, path)
    assert [str(name) for name, _ in pyogrio.list_layers(path)] == ["areas"]


def test_a_style_without_its_layer_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="style for 'area', which is not a layer"):
        write_geopackage({"areas": AREAS}, tmp_path / "a.gpkg", styles={"area": QML})


def test_an_empty_layer_can_be_written(tmp_path: Path) -> None:
    write_geopackage({"sv01": AREAS.iloc[:0]}, tmp_path / "a.gpkg")
    info = pyogrio.read_info(tmp_path / "a.gpkg", layer="sv01")
    assert info["features"] == 0
    assert info["crs"] == "EPSG:27700"


def test_a_geotiff_is_where_it_should_be(tmp_path: Path) -> None:
    grid = np.array([[1.0, 2.0, np.nan], [4.0, 5.0, 6.0]])
    path = tmp_path / "a.tif"
    write_geotiff(grid, (100.0, 0.0, 368_000.0, 0.0, -100.0, 90_200.0), path)
    with rasterio.open(path) as source:
        assert source.crs.to_epsg() == 27700
        assert source.bounds == (368_000, 90_000, 368_300, 90_200)
        np.testing.assert_array_equal(source.read(1), grid.astype(np.float32))
        assert np.isnan(source.nodata)
        # The first row is the northernmost.
        assert next(source.sample([(368_050, 90_150)]))[0] == 1.0
    again = tmp_path / "b.tif"
    write_geotiff(grid, (100.0, 0.0, 368_000.0, 0.0, -100.0, 90_200.0), again)
    assert path.read_bytes() == again.read_bytes()


def test_a_grid_upside_down_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StatisticsError, match="north to south"):
        write_geotiff(np.ones((2, 2)), (100.0, 0.0, 0.0, 0.0, 100.0, 0.0), tmp_path / "a.tif")
    with pytest.raises(StatisticsError, match="rows and columns"):
        write_geotiff(np.ones(4), (100.0, 0.0, 0.0, 0.0, -100.0, 0.0), tmp_path / "a.tif")


def test_case_38_holds_when_a_spreadsheet_is_made_of_the_csv(tmp_path: Path) -> None:
    """A cell as guarded is text in a workbook too, not a formula."""
    book = openpyxl.Workbook()
    for cell in HOSTILE[:4]:
        book.active.append([guard_formula(cell)])
    assert [row[0].data_type for row in book.active.iter_rows()] == ["s"] * 4
    book.close()
