"""Every export format, read back with the library a user would read it with."""

from __future__ import annotations

import csv
import json
import math
import sqlite3
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from xml.etree import ElementTree as ET

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest

import small_run as SMALL
from dashboards.exports.columns import AREA, PER_PRIORITY, TABLES, column
from dashboards.exports.palette import class_labels, class_of
from dashboards.exports.qgis_style import areas_style, density_style, hotspots_style
from dashboards.exports.registry import FORMATS
from dashboards.exports.run_files import extra_writers
from dashboards.exports.wording import finding, gaps, period_words
from dashboards.exports.xlsx import safe_cell
from risk_model.run_store import PublishedRun, read_run
from spatial.errors import InputError


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> PublishedRun:
    return SMALL.publish_small_run(tmp_path_factory.mktemp("runs"))


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> PublishedRun:
    return SMALL.publish_small_run(
        tmp_path_factory.mktemp("hostile"), names=SMALL.HOSTILE, name=SMALL.HOSTILE[0]
    )


DRAWN_AGAIN = tuple(name for name in FORMATS if name.startswith("density-"))
"""Formats that need what a real run keeps: tests/integration/test_kept_densities.py."""


@pytest.mark.parametrize(
    "name", [name for name in FORMATS if name not in ("briefing", *DRAWN_AGAIN)]
)
def test_each_format_writes_files_and_a_readme(
    name: str, run: PublishedRun, tmp_path: Path
) -> None:
    written = FORMATS[name].write(run, tmp_path / "new")
    assert {path.parent for path in written} == {tmp_path / "new"}
    assert all(path.stat().st_size > 0 for path in written)
    assert len(written) > 1
    assert {path.name for path in (tmp_path / "new").iterdir()} == {path.name for path in written}
    readme = (tmp_path / "new" / f"README_{name}.txt").read_text(encoding="utf-8")
    assert "Handling: OFFICIAL" in readme
    assert "Made up for a test." in readme
    assert "Demonstration data" in readme
    assert FORMATS[name].help


def test_exports_of_one_folder_leave_what_others_wrote(
    run: PublishedRun, hostile: PublishedRun, tmp_path: Path
) -> None:
    """Of two runs: each README tells of the run whose files it names, and none is lost."""
    (tmp_path / "README.txt").write_text("My own notes.", encoding="utf-8")
    FORMATS["csv"].write(run, tmp_path)
    FORMATS["geojson"].write(run, tmp_path)
    before = (tmp_path / "README_geojson.txt").read_bytes()
    FORMATS["csv"].write(hostile, tmp_path)
    assert (tmp_path / "README.txt").read_text(encoding="utf-8") == "My own notes."
    assert (tmp_path / "README_geojson.txt").read_bytes() == before
    readme = " ".join((tmp_path / "README_csv.txt").read_text(encoding="utf-8").split())
    assert readme.startswith(SMALL.HOSTILE[0])
    assert not before.decode().startswith(SMALL.HOSTILE[0])
    assert "With this file: areas.csv, contributions.csv. What follows is of the whole" in readme
    assert "With this file" not in run.path("README.txt").read_text(encoding="utf-8")


def test_an_export_that_fails_leaves_the_earlier_one_whole(
    run: PublishedRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    FORMATS["csv"].write(run, tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    def full(path: Path, **_: object) -> None:
        path.write_text("half", encoding="utf-8")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("dashboards.exports.registry.write_readme", full)
    with pytest.raises(OSError, match="No space left"):
        FORMATS["csv"].write(run, tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_nothing_is_exported_into_a_published_run(run: PublishedRun, tmp_path: Path) -> None:
    before = run.path("areas.csv").read_bytes()
    for folder in (run.folder, run.folder / "model" / "more", run.folder / ".." / run.run_id):
        with pytest.raises(InputError, match="a published run, which nothing changes; give anot"):
            FORMATS["csv"].write(run, folder)
    assert run.path("areas.csv").read_bytes() == before
    assert not (run.folder / "model" / "more").exists()
    (tmp_path / "manifest.json").write_text("{}", encoding="utf-8")  # of something else
    assert FORMATS["csv"].write(run, tmp_path)
    assert FORMATS["csv"].write(run, run.folder.parent / "out")


def test_csv_opens_in_excel_and_guards_formulas(hostile: PublishedRun, tmp_path: Path) -> None:
    FORMATS["csv"].write(hostile, tmp_path)
    data = (tmp_path / "areas.csv").read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    with (tmp_path / "areas.csv").open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == 12
    assert next(iter(rows[0])) == "area_code"
    assert [row["area_label"] for row in rows if "HYPERLINK" in row["area_label"]] == [
        '\'=HYPERLINK("http://example.invalid")'
    ]
    assert rows[0]["area_label"] == SMALL.HOSTILE[0]


def test_xlsx_has_notes_first_and_keeps_numbers(hostile: PublishedRun, tmp_path: Path) -> None:
    FORMATS["xlsx"].write(hostile, tmp_path)
    book = openpyxl.load_workbook(tmp_path / "run.xlsx")
    assert book.sheetnames == ["Notes", "Areas", "Contributions", "Ledger", "Quarantine"]
    notes = [[cell for cell in row if cell is not None] for row in book["Notes"].values]  # noqa: PD011
    texts = [str(cell) for row in notes for cell in row]
    assert "Made up for a test." in texts
    assert "OFFICIAL" in texts
    assert any(text.startswith("Demonstration data") for text in texts)
    described = {row[0] for row in notes if row}
    areas = book["Areas"]
    header = [cell.value for cell in areas[1]]
    assert set(header) <= described
    table = pd.read_excel(tmp_path / "run.xlsx", sheet_name="Areas")
    original = hostile.areas().sort_index()
    assert np.allclose(table["sv01_score"], original["sv01_score"], equal_nan=True)
    assert table["sv01_flag"].tolist() == original["sv01_flag"].tolist()
    assert all(cell.data_type != "f" for sheet in book for row in sheet for cell in row)
    assert '\'=HYPERLINK("http://example.invalid")' in table["area_label"].tolist()
    assert book["Quarantine"]["D2"].value == "'=1+1"


@pytest.mark.parametrize("start", list("=+-@\t\r\n"))
def test_a_text_that_could_run_gets_an_apostrophe(start: str) -> None:
    assert safe_cell(f"{start}cmd|' /C calc'!A0").startswith("'")
    # A control character in front must not uncover a formula when it is left out.
    assert safe_cell(f"\x01{start}1").startswith("'")


def test_cells_that_are_not_text_stay_what_they_are() -> None:
    assert safe_cell(-5) == -5
    assert safe_cell(-1.5) == -1.5
    assert safe_cell(np.float64("nan")) is None
    assert safe_cell(math.inf) is None
    assert safe_cell(pd.NA) is None
    assert safe_cell(np.bool_(True)) is True
    assert safe_cell("a\x00b") == "ab"
    assert len(safe_cell("x" * 40_000)) == 32_767


def test_geopackage_opens_styled(run: PublishedRun, tmp_path: Path) -> None:
    FORMATS["geopackage"].write(run, tmp_path)
    path = tmp_path / "run.gpkg"
    names = gpd.list_layers(path).dropna()["name"].tolist()
    assert names == ["areas", "hotspots_sv01", "hotspots_sv04"]
    areas = gpd.read_file(path, layer="areas")
    assert areas.crs.to_epsg() == 27700
    assert areas["area_code"].tolist() == sorted(run.areas().index)
    with closing(sqlite3.connect(path)) as db:
        styles = dict(db.execute("select f_table_name, styleQML from layer_styles"))
    assert set(styles) == set(names)
    for qml in styles.values():
        assert ET.fromstring(qml).tag == "qgis"  # noqa: S314 - our own text


def test_qgis_rules_sort_every_score_into_one_class(run: PublishedRun) -> None:
    """SQLite reads the filters as QGIS does; each area meets exactly one class rule."""
    style = ET.fromstring(areas_style(run.manifest))  # noqa: S314 - our own text
    groups = style.findall("./renderer-v2/rules/rule")
    assert [group.get("checkstate") for group in groups] == ["1", "0"]
    scores = [(0.0,), (19.999,), (20.0,), (55.0,), (79.99,), (80.0,), (100.0,), (None,)]
    with closing(sqlite3.connect(":memory:")) as db:
        db.execute("create table areas (sv01_score real, sv01_flag integer)")
        db.executemany("insert into areas values (?, 0)", scores)
        rules = [rule for rule in groups[0].findall("rule") if rule.get("label") != "flagged"]
        assert len(rules) == 6
        found = [
            db.execute(f"select sv01_score from areas where {rule.get('filter')}").fetchall()  # noqa: S608
            for rule in rules
        ]
    assert found[0] == [(0.0,), (19.999,)]
    assert found[1] == [(20.0,)]
    assert found[4] == [(80.0,), (100.0,)]
    assert found[5] == [(None,)]
    assert sum(map(len, found)) == len(scores)
    symbols = {symbol.get("name") for symbol in style.findall("./renderer-v2/symbols/symbol")}
    used = {rule.get("symbol") for group in groups for rule in group.findall("rule")}
    assert used == symbols


def test_other_styles_are_xml() -> None:
    assert ET.fromstring(hotspots_style()).tag == "qgis"  # noqa: S314 - our own text
    for highest in (0.0, 12.5):
        raster = ET.fromstring(density_style(highest))  # noqa: S314 - our own text
        values = [float(item.get("value", "")) for item in raster.iter("item")]
        assert values == sorted(values)
        assert values[-1] == (highest or 1.0)


def test_titles_cannot_break_a_style(run: PublishedRun) -> None:
    manifest = json.loads(json.dumps(dict(run.manifest)))
    manifest["priorities"]["sv01"]["title"] = '"><evil a="&'
    style = ET.fromstring(areas_style(manifest))  # noqa: S314 - our own text
    assert style.find("./renderer-v2/rules/rule").get("label") == 'SV01 "><evil a="&'


def test_geojson_is_wgs84_and_has_null_for_what_is_missing(
    run: PublishedRun, tmp_path: Path
) -> None:
    FORMATS["geojson"].write(run, tmp_path)
    text = (tmp_path / "areas.geojson").read_text(encoding="utf-8")
    features = json.loads(text, parse_constant=pytest.fail)["features"]
    assert features[-1]["properties"]["sv01_score"] is None
    assert features[0]["properties"]["sv01_flag"] is True
    back = gpd.read_file(tmp_path / "areas.geojson").to_crs("EPSG:27700")
    original = run.areas().sort_index()
    assert back.geometry.distance(original.geometry.reset_index(drop=True)).max() == 0
    overlap = back.geometry.intersection(original.geometry.reset_index(drop=True)).area
    assert overlap.min() > 0.999e6
    assert (tmp_path / "hotspots_sv01.geojson").exists()
    ring = np.array(features[0]["geometry"]["coordinates"][0])
    x, y = ring[:, 0], ring[:, 1]
    assert np.sum(x[:-1] * y[1:] - x[1:] * y[:-1]) > 0  # anticlockwise, as RFC 7946 wants


def test_geoparquet_density_and_map_are_the_published_bytes(
    run: PublishedRun, tmp_path: Path
) -> None:
    for name in ("geoparquet", "density", "map"):
        FORMATS[name].write(run, tmp_path)
    for name in ("areas.parquet", "density_sv01.tif", "density_sv04.tif", "map.html"):
        assert (tmp_path / name).read_bytes() == run.path(name).read_bytes()
    assert (tmp_path / "density_sv01.qml").exists()
    assert gpd.read_parquet(tmp_path / "areas.parquet").crs.to_epsg() == 27700


def test_two_exports_are_equal_bytes(run: PublishedRun, tmp_path: Path) -> None:
    for name in ("csv", "geojson", "geopackage", "geoparquet", "density", "map"):
        first = FORMATS[name].write(run, tmp_path / "one" / name)
        second = FORMATS[name].write(run, tmp_path / "two" / name)
        for one, two in zip(first, second, strict=True):
            assert one.read_bytes() == two.read_bytes(), one.name


def test_every_column_of_a_run_is_described(run: PublishedRun) -> None:
    for name in ("area_code", *run.areas().columns.drop("geometry")):
        assert column(name).description != "Not described yet.", name
    for table, path in (("contributions", "contributions.csv"), ("ledger", "ledger.csv")):
        header = pd.read_csv(run.path(path), nrows=0).columns
        assert list(header) == list(TABLES[table])
    frame = gpd.read_file(run.path("hotspots.gpkg"), layer="sv01")
    assert set(frame.columns) - {"geometry"} == set(TABLES["hotspots"])


def test_descriptions_are_written_once_and_in_full() -> None:
    every = [*AREA.values(), *PER_PRIORITY.values()]
    assert all(c.title and c.unit and c.description.endswith(".") for c in every)
    assert len({c.title for c in AREA.values()}) == len(AREA)
    priority = column("sv01_p_rr_gt_1_5", titles={"sv01": "High harm"})
    assert priority.title.startswith("SV01 ")
    assert priority.description.startswith("SV01 (High harm): ")
    assert column("made_up_name").description == "Not described yet."


def test_classes_are_closed_below() -> None:
    scores = (0.0, 19.9, 20.0, 39.9, 40.0, 60.0, 80.0, 100.0)
    assert [class_of(score) for score in scores] == [0, 0, 1, 1, 2, 3, 4, 4]
    assert class_of(float("nan")) == -1
    assert class_labels() == (
        "0 to under 20",
        "20 to under 40",
        "40 to under 60",
        "60 to under 80",
        "80 to 100",
    )


def test_the_title_states_the_finding(run: PublishedRun) -> None:
    areas, manifest = run.areas(), run.manifest
    assert finding(areas, manifest) == "4 neighbourhoods meet the SV01 test, 4 the SV04 test"
    one = areas.assign(sv01_flag=areas.index == areas.index[0], sv04_flag=False)
    assert finding(one, manifest) == "1 neighbourhood meets the SV01 test, none the SV04 test"
    flagged = [str(code) for code in areas.index[areas["sv01_flag"]]]
    memory = {"previous_end": "2025-03", "newly_flagged": flagged[:2]}
    later = {
        key: {**entry, "list": memory | ({"newly_flagged": []} if key == "sv04" else {})}
        for key, entry in manifest["priorities"].items()
    }
    assert finding(areas, {**manifest, "priorities": later}) == (
        "4 neighbourhoods meet the SV01 test, 4 the SV04 test; 2 and none new since March 2025"
    )
    quiet = {
        key: {**entry, "list": {"previous_end": "2025-03", "newly_flagged": []}}
        for key, entry in later.items()
    }
    assert finding(areas, {**manifest, "priorities": quiet}) == (
        "4 neighbourhoods meet the SV01 test, 4 the SV04 test, none new since March 2025"
    )
    only = {"sv01": later["sv01"]}
    assert finding(areas, {**manifest, "priorities": only}) == (
        "4 neighbourhoods meet the SV01 test, 2 new since March 2025"
    )
    none = areas.assign(sv01_flag=False)
    assert finding(none, manifest).startswith("No neighbourhoods meet the SV01 test, 4")


def test_period_and_gaps_in_words() -> None:
    def said(start: str, end: str) -> str:
        return period_words({"period": {"start": start, "end": end}})

    assert said("2025-01", "2025-06") == "January to June 2025"
    assert said("2024-11", "2025-02") == "November 2024 to February 2025"
    assert said("2025-03", "2025-03") == "March 2025"
    period = {"months": ["2025-01", "2025-02"], "covered": ["2025-01"]}
    assert gaps({"period": period}).startswith("No data for February 2025: left out")
    assert gaps({"period": {**period, "covered": period["months"]}}) == ""


def test_readme_names_files_columns_weights_and_cautions(run: PublishedRun) -> None:
    text = run.path("README.txt").read_text(encoding="utf-8")
    flat = " ".join(text.split())
    for wanted in (
        "sv01_score: SV01 (High-harm offending): Weighted mean",
        "harm_rate 0.6, persistence 0.4",
        "The score ranks places, never people.",
        "hotspots.gpkg: where recorded map points concentrate",
        "January to June 2025",
        "No data for June 2025",
        "pai_same_data: Share of events over share of area",
        "one warning",
    ):
        assert wanted in flat
    assert max(map(len, text.splitlines())) <= 100


def test_a_run_survives_reading_back(run: PublishedRun) -> None:
    again = read_run(run.folder.parent)
    assert again.run_id == run.run_id
    assert again.areas().equals(run.areas())


def test_a_run_is_given_a_map_a_readme_and_styled_geopackages(tmp_path: Path) -> None:
    """The writers that `publish` gets, on the shape of run that the pipeline hands over."""
    areas = SMALL.areas()
    built = SimpleNamespace(
        areas=areas,
        densities={
            key: SimpleNamespace(hotspots=SimpleNamespace(frame=frame))
            for key, frame in SMALL.hotspots(areas).items()
        },
    )
    writers = extra_writers(built, SMALL.manifest(areas))
    for name, write in writers.items():
        write(tmp_path / name)
    assert sorted(writers) == ["README.txt", "areas.gpkg", "hotspots.gpkg", "map.html"]
    for name, layers in (("areas.gpkg", {"areas"}), ("hotspots.gpkg", {"sv01", "sv04"})):
        with closing(sqlite3.connect(tmp_path / name)) as db:
            styled = {row[0] for row in db.execute("select f_table_name from layer_styles")}
        assert styled == layers
    assert gpd.read_file(tmp_path / "areas.gpkg", layer="areas")["area_code"].tolist() == list(
        areas.index
    )
    assert "sv01_score: " in (tmp_path / "README.txt").read_text(encoding="utf-8")
