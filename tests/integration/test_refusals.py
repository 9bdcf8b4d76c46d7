"""What people really get wrong: each is refused, or done, in words, and all of it in one pass."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import rasterio
from shapely.affinity import translate

from risk_model import api
from risk_model.run_store import PublishedRun, list_runs, roll_back, unreadable_runs
from spatial.errors import InputError


def hotspots(repository: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "dashboards.cli.main", *arguments],
        cwd=repository,
        env={**os.environ, "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def county(repository: Path, tmp_path: Path) -> Path:
    """A copy of the demonstration county that a test may spoil."""
    shutil.copytree(repository / "data", tmp_path / "data")
    return tmp_path


def test_too_few_events_still_ends_with_a_summary(repository: Path, tmp_path: Path) -> None:
    done = hotspots(
        repository,
        *("run", "--out", str(tmp_path), "--area", "E06990002", "--period", "2025-01"),
        *("--set", "priorities.sv01.offences={theft_from_the_person: 1}"),
    )
    assert done.returncode == 0, done.stderr
    assert "not stated" in done.stdout
    assert "Traceback" not in done.stderr


def test_a_copy_under_another_force_takes_no_month_away(
    demonstration_request: api.Request, county: Path
) -> None:
    """Reliability case 7: the same bytes twice count once, and nothing else changes."""
    archive = county / "data" / "incidents" / "wessmouth.zip"
    before = api.check(replace(demonstration_request, data_root=county)).incidents
    with zipfile.ZipFile(archive, "a") as target:
        data = target.read("2025-01/2025-01-wessmouth-street.csv")
        target.writestr("2025-01/2025-01-avonshire-street.csv", data)
    after = api.check(replace(demonstration_request, data_root=county)).incidents
    pd.testing.assert_frame_equal(after.covered, before.covered)
    pd.testing.assert_frame_equal(after.counts, before.counts)
    assert any("same content" in warning for warning in after.warnings)


def test_check_names_an_outline_that_comes_twice_and_an_area_far_away(
    repository: Path, demonstration_run: PublishedRun, county: Path
) -> None:
    layer = next((county / "data" / "boundaries").glob("*.gpkg"))
    areas = gpd.read_file(layer).set_index("LSOA21CD")
    shape = areas.geometry.copy()
    shape["E01990035"] = shape["E01990036"]
    shape["E01990058"] = translate(shape["E01990058"], 60_000)
    areas.set_geometry(shape).reset_index().to_file(layer, driver="GPKG", engine="pyogrio")
    done = hotspots(repository, "check", "--data-root", str(county))
    assert done.returncode == 0, done.stderr
    said = " ".join(done.stdout.split())
    assert (
        "boundaries: two codes share one outline: E01990035, E01990036; give each place to one "
        "area" in said
    )
    assert "2 areas have no neighbours (no shared border or corner) (E01990058, E01990076)" in said
    assert "in order but for" in said
    # The county as it is has its one true island, and a run tells of it as check does.
    (warning,) = [w for w in demonstration_run.manifest["warnings"] if "no neighbours" in w]
    assert "1 area has no neighbours (no shared border or corner) (E01990076)" in warning
    assert demonstration_run.manifest["notes"] == []


def rewrite_incidents(county: Path, **columns: str) -> None:
    """Write one month alone, with one value all the way down in some columns."""
    archive = county / "data" / "incidents" / "wessmouth.zip"
    name = "2025-01/2025-01-wessmouth-street.csv"
    with zipfile.ZipFile(archive) as source, source.open(name) as file:
        rows = pd.read_csv(file, dtype=str, keep_default_na=False)
    with zipfile.ZipFile(archive, "w") as target:
        target.writestr(name, rows.assign(**columns).to_csv(index=False))


@pytest.mark.parametrize("cell", ["nan", "inf", "unknown"])
def test_a_file_without_a_readable_coordinate_is_refused_not_counted_as_zero(
    demonstration_request: api.Request, county: Path, cell: str
) -> None:
    """Its rows would all be in quarantine, and its month a covered one without an event."""
    rewrite_incidents(county, Longitude=cell)
    match = r"street.csv: Longitude, Latitude: 815 of 815 located rows hold something else"
    with pytest.raises(InputError, match=match):
        api.check(replace(demonstration_request, data_root=county))


def test_files_of_which_no_row_lies_in_the_study_area_are_refused(
    demonstration_request: api.Request, county: Path
) -> None:
    rewrite_incidents(county, **{"Longitude": "", "Latitude": "", "LSOA code": ""})
    match = r"incidents: none of 815 rows lies in the study area in 2025-01.* \(.*unlocated 815\)"
    with pytest.raises(InputError, match=match):
        api.check(replace(demonstration_request, data_root=county))


def test_a_table_without_anybody_is_refused_where_rates_are_per_resident(
    demonstration_request: api.Request, county: Path
) -> None:
    path = county / "data" / "population" / "census2021-ts001-lsoa.csv"
    table = pd.read_csv(path, dtype=str)
    table.iloc[:, -1] = "0"
    table.to_csv(path, index=False)
    request = replace(demonstration_request, data_root=county)
    with pytest.raises(InputError, match=r"lsoa\.csv: population: none of the 120"):
        api.check(request)
    by_area = {**(request.overrides or {}), "denominator": "area_km2"}
    assert len(api.check(replace(request, overrides=by_area)).study.codes) == 120


def test_the_formats_are_listed_without_a_run_or_a_folder(repository: Path, tmp_path: Path) -> None:
    done = hotspots(repository, "export", "--format", "list", "--runs", str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert "geopackage" in done.stdout
    done = hotspots(repository, "export", "--format", "csv", "--runs", str(tmp_path))
    assert done.returncode == 2
    assert "--to: is missing" in done.stderr


@pytest.mark.parametrize("period", ["2030-01:2030-03", "2025-08"])
def test_check_refuses_a_period_without_any_month(
    demonstration_request: api.Request, period: str
) -> None:
    with pytest.raises(InputError, match=r"no month of .* is supplied .*wessmouth"):
        api.check(replace(demonstration_request, period=period))


def test_every_fault_of_tables_area_and_incidents_in_one_pass(
    demonstration_request: api.Request, county: Path
) -> None:
    table = county / "data" / "population" / "census2021-ts001-lsoa.csv"
    text = table.read_text(encoding="utf-8").splitlines()
    text[3] = text[3].rsplit(",", 1)[0] + ",many"
    table.write_text("\n".join(text) + "\n", encoding="utf-8")
    archive = county / "data" / "incidents" / "wessmouth.zip"
    with zipfile.ZipFile(archive, "a") as target:
        target.writestr("2025-08/2025-08-wessmouth-street.csv", "Crime ID,Month\nx,2025-08\n")
    with pytest.raises(InputError) as caught:
        api.check(replace(demonstration_request, data_root=county, area="E06990009"))
    said = str(caught.value)
    assert "census2021-ts001-lsoa.csv:4" in said
    assert "E06990009" in said
    assert "2025-08-wessmouth-street.csv" in said


def test_a_missing_file_is_refused_at_the_line_that_names_it(
    repository: Path, demonstration_request: api.Request, county: Path
) -> None:
    (county / "data" / "population" / "census2021-ts001-lsoa.csv").unlink()
    (county / "data" / "rurality" / "RUC_2021_of_LSOAs.csv").unlink()
    lines = (repository / "config" / "inputs.yaml").read_text(encoding="utf-8").splitlines()
    number = next(n for n, line in enumerate(lines, 1) if "census2021-ts001" in line)
    with pytest.raises(InputError) as caught:
        api.check(replace(demonstration_request, data_root=county))
    assert len(caught.value.faults) == 2
    assert f"inputs.yaml:{number}: population.path" in str(caught.value)


def test_every_fault_of_other_sources_ages_and_artefacts_in_one_pass(
    demonstration_request: api.Request, county: Path
) -> None:
    spoilt = {
        "other/ambulance.csv": ("LSOA21CD,month,calls", "LSOA21CD,month,rings"),
        "other/emergency-department.csv": ("LSOA21CD,", "Area,"),
        "artefacts/artefacts.csv": (",hospital,", ",hostel,"),
        "population/mid-2024-single-year-of-age.csv": (",17,", ",seventeen,"),
    }
    for name, (old, new) in spoilt.items():
        path = county / "data" / name
        path.write_text(path.read_text("utf-8").replace(old, new, 1), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        api.check(replace(demonstration_request, data_root=county))
    said = str(caught.value)
    for wanted in (
        "no column 'calls'",
        "no column 'LSOA21CD'",
        "'hostel' is not a kind of artefact",
        "no column for age 17",
    ):
        assert wanted in said


def test_check_prints_where_the_rows_of_other_sources_went(repository: Path) -> None:
    done = hotspots(repository, "check")
    assert done.returncode == 0, done.stderr
    assert "data/other/community-voice.csv: used 735, outside_period 1, unlocated 1" in done.stdout
    assert "community-voice.csv:737: month: 'Jun-25' (bad_month)" in done.stdout


def test_explain_says_what_other_sources_see(
    repository: Path, demonstration_run: PublishedRun
) -> None:
    runs = str(demonstration_run.folder.parent)
    done = hotspots(repository, "explain", "E01990001", "--priority", "sv04", "--runs", runs)
    assert done.returncode == 0, done.stderr
    said = " ".join(done.stdout.split())
    assert "Other sources: other source only (emergency department " in said
    assert "ambulance 52 events" in said
    assert said.count("other source only") == 1


def test_compare_needs_no_run_id_for_the_current_run(
    repository: Path, demonstration_run: PublishedRun
) -> None:
    runs = str(demonstration_run.folder.parent)
    done = hotspots(repository, "compare", "--with", "config/risk.yaml", "--runs", runs)
    assert done.returncode == 0, done.stderr
    assert "Enters the list: none" in done.stdout


def test_an_unreadable_run_blocks_no_other(
    demonstration_run: PublishedRun, tmp_path: Path, repository: Path
) -> None:
    runs = tmp_path / "runs"
    good = runs / demonstration_run.run_id
    shutil.copytree(demonstration_run.folder, good)
    bad = runs / "20200101T000000Z-00000000"
    bad.mkdir()
    (bad / "manifest.json").write_text("{bad", encoding="utf-8")
    (runs / "CURRENT").write_text(good.name, encoding="utf-8")
    assert [entry.run_id for entry in list_runs(runs)] == [good.name]
    assert len(unreadable_runs(runs)) == 1
    with pytest.raises(InputError, match="before"):
        roll_back(runs)
    listed = hotspots(repository, "runs", "list", "--runs", str(runs))
    assert listed.returncode == 0
    assert bad.name in listed.stdout
    (runs / "CURRENT").write_text(bad.name, encoding="utf-8")
    done = hotspots(repository, "explain", "E01990029", "--runs", str(runs))
    assert done.returncode == 2
    assert "rollback" in done.stderr


@pytest.mark.parametrize(
    "arguments", [["check", "--area", ""], ["explain", ""]], ids=["area", "explain"]
)
def test_blank_text_is_refused(
    repository: Path, demonstration_run: PublishedRun, arguments: list[str]
) -> None:
    runs = str(demonstration_run.folder.parent)
    done = hotspots(repository, *arguments, "--runs", runs)
    assert done.returncode == 2
    assert "is empty" in done.stderr


def test_boundaries_of_2011_are_refused_by_name(
    demonstration_request: api.Request, county: Path
) -> None:
    inputs = demonstration_request.inputs.read_text(encoding="utf-8")
    marked = inputs.replace(
        "LSOA_2021_Wessmouth_BGC.gpkg", 'LSOA_2021_Wessmouth_BGC.gpkg\n  vintage: "2011"', 1
    )
    assert marked != inputs
    (county / "inputs.yaml").write_text(marked, encoding="utf-8")
    with pytest.raises(InputError, match="LSOA 2011; a run needs LSOA 2021"):
        api.check(replace(demonstration_request, inputs=county / "inputs.yaml", data_root=county))


def test_a_density_says_its_unit(demonstration_run: PublishedRun) -> None:
    with rasterio.open(demonstration_run.path("density_sv01.tif")) as grid:
        assert grid.units == ("events per km2 per year",)
        assert grid.crs.to_epsg() == 27700


@pytest.mark.parametrize("python", ["/nonexistent", "false"])
def test_make_names_what_is_wrong_with_a_python(
    repository: Path, tmp_path: Path, python: str
) -> None:
    shutil.copy(repository / "Makefile", tmp_path / "Makefile")
    done = subprocess.run(
        ["make", ".venv/ready", f"PYTHON={python}"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "3.11 or newer" in done.stdout
    assert not (tmp_path / ".venv").exists()
