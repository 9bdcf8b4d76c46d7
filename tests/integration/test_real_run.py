"""Real open data through the whole job: the counts that its README states, and known figures."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from risk_model import api
from risk_model.run_store import PublishedRun

pytestmark = pytest.mark.real_data

SIX_MONTHS = ("2025-01", "2025-02", "2025-03", "2025-04", "2025-05", "2025-06")


def dorset_rows(ledger: pd.DataFrame) -> pd.DataFrame:
    """The six files of Dorset Police; neighbouring forces have their own."""
    mine = ledger["file"].str.startswith("incidents/dorset.zip!") & ledger["month"].isin(SIX_MONTHS)
    return ledger[mine]


@pytest.fixture(scope="module")
def without_ring(
    dorset_request: api.Request, tmp_path_factory: pytest.TempPathFactory
) -> PublishedRun:
    request = replace(dorset_request, overrides={"statistics.ring": "none"})
    return api.run(request, runs=tmp_path_factory.mktemp("no_ring"))


@pytest.fixture(scope="module")
def force_area(
    dorset_request: api.Request, tmp_path_factory: pytest.TempPathFactory
) -> PublishedRun:
    request = replace(
        dorset_request,
        area="E06000058,E06000059",
        overrides={"statistics.ring": "none", "uncertainty.draws": "200"},
    )
    return api.run(request, runs=tmp_path_factory.mktemp("force"))


def test_the_six_files_hold_what_their_readme_says(dorset_run: PublishedRun) -> None:
    rows = dorset_rows(dorset_run.ledger())
    by_month = rows.groupby("month")["rows"].sum()
    assert by_month.tolist() == [4156, 4146, 4759, 4873, 5253, 4985]
    assert rows["rows"].sum() == 28_172
    by_reason = rows.groupby("reason")["rows"].sum()
    assert by_reason["used"] == 10_514
    assert by_reason["unlocated"] == 89
    assert by_reason["superseded"] == 1
    assert by_reason["ring"] + by_reason["outside"] == 28_172 - 10_514 - 89 - 1
    whole_force = dorset_run.manifest["force_totals"]["dorset"]
    assert whole_force["anti_social_behaviour"] == 6_587
    assert sum(whole_force.values()) == 28_172 - 1


def test_the_force_area_splits_as_stated(force_area: PublishedRun) -> None:
    by_reason = dorset_rows(force_area.ledger()).groupby("reason")["rows"].sum()
    assert by_reason.to_dict() == {
        "outside": 7,
        "superseded": 1,
        "unlocated": 89,
        "used": 10_514 + 17_561,
    }
    assert len(force_area.areas()) == 463
    assert force_area.areas().groupby("lad_code").size().to_dict() == {
        "E06000058": 240,
        "E06000059": 223,
    }


def test_other_months_are_outside_the_period(dorset_run: PublishedRun) -> None:
    ledger = dorset_run.ledger()
    others = ledger[
        ledger["file"].str.startswith("incidents/dorset.zip!") & ~ledger["month"].isin(SIX_MONTHS)
    ]
    assert others["reason"].unique().tolist() == ["outside_period"]
    assert others["rows"].sum() == 81_967 - 28_172


def test_global_moran_of_deprivation_without_a_ring(without_ring: PublishedRun) -> None:
    moran = without_ring.manifest["statistics"]["global_moran"]["imd_score"]
    assert moran["value"] == pytest.approx(0.2855440279, abs=1e-9)
    assert moran["links"] == 1126
    assert moran["islands"] == 0
    assert moran["ring"] == "none"


def test_the_ring_holds_areas_that_touch_and_have_incidents(dorset_run: PublishedRun) -> None:
    area = dorset_run.manifest["area"]
    assert area["study"] == 223
    assert area["ring"] > 0
    assert dorset_run.manifest["statistics"]["global_moran"]["sv01"]["ring"] == "contiguous"


def test_a_real_gap_in_coverage_is_said_and_leaves_the_denominator(
    dorset_run: PublishedRun,
) -> None:
    coverage = dorset_run.manifest["coverage"]
    assert coverage["avon-and-somerset"]["2025-04"]
    assert not coverage["avon-and-somerset"]["2025-05"]
    assert all(coverage["dorset"].values())
    assert any("avon-and-somerset" in warning for warning in dorset_run.manifest["warnings"])


def test_area_names_are_those_people_use(dorset_run: PublishedRun) -> None:
    areas = dorset_run.areas()
    assert areas["area_label"].is_unique
    assert areas["place_name"].nunique() == 48
    assert areas.loc["E01020554", "place_name"] == "Weymouth Town, Melcombe Regis & Rodwell"


def test_rural_classes_are_counted_as_published(dorset_run: PublishedRun) -> None:
    # UF1 67 + UN1 56 urban; RSF1 34 + RLF1 32 + RSN1 19 + RLN1 15 rural
    assert dorset_run.areas()["rural_urban"].value_counts().to_dict() == {
        "Urban": 123,
        "Rural": 100,
    }


def test_a_file_of_2011_codes_lands_on_2021_areas(dorset_request: api.Request) -> None:
    request = replace(dorset_request, period="2019-01:2019-01", area="E06000059")
    incidents = api.check(request).incidents
    by_reason = incidents.ledger.rows.groupby("reason")["rows"].sum()
    record = next(entry for entry in incidents.files if entry.month == "2019-01")
    assert record.vintage == "2011"
    assert by_reason["used"] > 1500
    codes = set(incidents.counts["area_code"])
    split_children = {"E01034372", "E01034373", "E01034374", "E01034375"}
    assert split_children & codes
    assert not {"E01020399", "E01020455", "E01033154", "E01033159"} & codes


def test_nothing_point_level_is_in_the_manifest(dorset_run: PublishedRun) -> None:
    text = (dorset_run.folder / "manifest.json").read_text(encoding="utf-8")
    assert "On or near" not in text
    assert '"x"' not in text


def test_partnership_code_is_refused_with_its_authorities(dorset_request: api.Request) -> None:
    with pytest.raises(api.InputError, match="E06000059"):
        api.check(replace(dorset_request, area="E22000367"))


def test_force_area_code_means_its_authorities(dorset_request: api.Request) -> None:
    loaded = api.check(replace(dorset_request, area="E23000039"))
    assert loaded.study.lads == ("E06000058", "E06000059")


def test_cells_hold_every_point_near_the_study_area(dorset_run: PublishedRun) -> None:
    cells = pd.read_parquet(dorset_run.path("model/cells.parquet"))
    assert cells["n"].sum() >= dorset_run.areas()["events"].sum()
    assert ((cells["cell_x"] % 100 == 0) & (cells["cell_y"] % 100 == 0)).all()


def test_outputs_are_all_there(dorset_run: PublishedRun) -> None:
    expected = {
        "ledger.csv",
        "quarantine.csv",
        "areas.parquet",
        "areas.gpkg",
        "areas.csv",
        "contributions.csv",
        "concentration.csv",
        "scan.csv",
        "space_time.csv",
        "space_time_months.csv",
        "support.csv",
        "bandwidths.csv",
        "bivariate.csv",
        "coverage.csv",
        "equity.csv",
        "explanation_figures.csv",
        "explanations.csv",
        "forecast.csv",
        "list_changes.csv",
        "patches.csv",
        "sensitivity.csv",
        "density_sv01.tif",
        "density_sv04.tif",
        "hotspots.gpkg",
        "map.html",
        "README.txt",
        "model/counts.parquet",
        "model/neighbours.parquet",
        "model/indicators.parquet",
        "model/cells.parquet",
        "model/land.parquet",
    }
    assert set(dorset_run.manifest["outputs"]) == expected
    assert (Path(dorset_run.folder) / "manifest.json").is_file()


@pytest.fixture(scope="module")
def published_rows(real_data: Path) -> pd.DataFrame:
    """The located rows of every file that the run reads, by pandas alone.

    Neighbouring forces recorded some of what happened in Dorset.
    """
    columns = ["Crime ID", "Month", "Longitude", "Latitude", "LSOA code", "Crime type"]
    tables = []
    for name in ("dorset.zip", "neighbours-2025-h1.zip"):
        with zipfile.ZipFile(real_data / "incidents" / name) as archive:
            chosen = [member for member in archive.namelist() if member[:7] in SIX_MONTHS]
            tables += [pd.read_csv(archive.open(one), usecols=columns, dtype=str) for one in chosen]
    rows = pd.concat(tables, ignore_index=True).dropna(subset="LSOA code")
    # A crime ID that stands in two months counts once, in the later month.
    rows = rows.sort_values("Month", kind="stable")
    again = rows["Crime ID"].notna() & rows["Crime ID"].duplicated(keep="last")
    return rows[~again]


def test_shares_at_map_points_and_of_police_work_are_those_of_the_rows(
    force_area: PublishedRun, published_rows: pd.DataFrame
) -> None:
    areas = force_area.areas()
    mine = published_rows[published_rows["LSOA code"].isin(areas.index)].groupby("LSOA code")
    at_most = mine[["Longitude", "Latitude"]].value_counts().groupby(level=0).max()
    pd.testing.assert_series_equal(
        areas["map_point_share"].dropna(), at_most / mine.size(), check_names=False, rtol=1e-12
    )
    crimes = published_rows[published_rows["Crime type"] != "Anti-social behaviour"]
    police = crimes["Crime type"].isin(["Drugs", "Possession of weapons"])
    share = police.groupby(crimes["LSOA code"]).mean().reindex(areas.index)
    pd.testing.assert_series_equal(
        areas["police_generated_share"], share, check_names=False, rtol=1e-12
    )
    inside = crimes["LSOA code"].isin(areas.index)
    assert force_area.manifest["guards"]["police_generated_share"] == pytest.approx(
        police[inside].mean()
    )


def test_places_that_dominate_an_area_are_cautions_by_kind(force_area: PublishedRun) -> None:
    """By hand from the published rows: half of 20 events or more at a point of such a name."""
    found = force_area.areas()["artefact"]
    found = found[found != ""]
    kinds = {code: text.rpartition("of the kind ")[2].split(";")[0] for code, text in found.items()}
    assert kinds == {
        "E01015290": "supermarket",
        "E01015373": "supermarket",
        "E01015395": "shopping area",
        "E01015444": "supermarket",
        "E01034281": "hospital",
    }
    assert found["E01015373"].startswith("74% of its events")
    assert found.str.endswith("a caution, not a veto").all()
