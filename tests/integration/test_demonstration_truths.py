"""What was planted in the demonstration county comes out of a run."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import yaml

from risk_model import api
from risk_model.run_store import PublishedRun

PRIORITIES = ("sv01", "sv04")
FLAGGED = {"Strong", "Supported"}


@pytest.fixture(scope="module")
def truths(repository: Path) -> dict:
    return json.loads((repository / "data" / "planted-truths.json").read_text())


@pytest.fixture(scope="module")
def areas(demonstration_run: PublishedRun) -> gpd.GeoDataFrame:
    return demonstration_run.areas()


def by_reason(ledger: pd.DataFrame) -> dict[str, int]:
    return ledger.groupby("reason")["rows"].sum().astype(int).to_dict()


@pytest.mark.parametrize("priority", PRIORITIES)
def test_cluster_comes_out_on_top_high_high_and_flagged(
    areas: gpd.GeoDataFrame, truths: dict, priority: str
) -> None:
    cluster = areas.loc[truths["cluster"]]
    assert set(cluster[f"{priority}_rank"]) <= set(range(1, len(cluster) + 3))
    assert set(cluster[f"{priority}_lisa_cluster"]) == {"High-High"}
    assert (cluster[f"{priority}_lisa_q"] <= 0.05).all()
    assert set(cluster[f"{priority}_tier"]) <= FLAGGED
    assert cluster[f"{priority}_flag"].all()
    assert (cluster[f"{priority}_p_rr_gt_1_5"] > 0.95).all()


@pytest.mark.parametrize("priority", PRIORITIES)
def test_what_stands_out_is_the_cluster_and_its_surroundings_alone(
    areas: gpd.GeoDataFrame, truths: dict, priority: str
) -> None:
    """Nothing else was planted, so nothing far from the cluster may be flagged."""
    cluster = areas.loc[truths["cluster"]].union_all()
    flagged = areas[areas[f"{priority}_flag"].astype(bool)]
    assert (flagged.geometry.distance(cluster) == 0).all()
    assert len(flagged) <= len(truths["cluster"]) + 4


def test_few_events_have_the_highest_raw_harm_and_say_nothing(
    areas: gpd.GeoDataFrame, truths: dict
) -> None:
    """The raw rate would put the area first; shrinkage and the least number of events do not."""
    planted = truths["few_events"]
    area = areas.loc[planted["area"]]
    assert area["population"] == planted["residents"]
    assert area["rural_urban"] == "Rural"
    raw = areas["sv01_harm"] / areas["population"]
    assert raw.idxmax() == planted["area"]
    assert (areas["sv04_rate"] > area["sv04_rate"]).sum() < 10
    for priority in PRIORITIES:
        assert area[f"{priority}_events"] == len(planted["crimes"])
        assert not area[f"{priority}_flag"]
        assert area[f"{priority}_rank"] > 10
        assert area[f"{priority}_tier"] == "Not evidenced"
        assert "too few to say" in area[f"{priority}_reasons"]
        assert area[f"{priority}_rr_lo"] < 1 < area[f"{priority}_rr_hi"]


def test_missing_month_is_no_data_and_rates_have_eleven_months(
    demonstration_run: PublishedRun, areas: gpd.GeoDataFrame, truths: dict
) -> None:
    manifest = demonstration_run.manifest
    coverage = manifest["coverage"]["wessmouth"]
    assert [month for month, there in coverage.items() if not there] == [truths["missing_month"]]
    assert len(manifest["period"]["months"]) == 12
    assert manifest["period"]["covered"] == truths["months"]
    assert any(truths["missing_month"] in warning for warning in manifest["warnings"])
    rate = areas["sv04_events"] / areas["population"] * 1000 * 12 / 11
    assert areas["sv04_rate"].to_numpy() == pytest.approx(rate.to_numpy(), rel=1e-8)


def test_island_has_no_neighbours_and_is_never_a_cluster(
    areas: gpd.GeoDataFrame, demonstration_run: PublishedRun, truths: dict
) -> None:
    island = areas.loc[truths["island"]]
    for priority in PRIORITIES:
        alone = areas.index[areas[f"{priority}_lisa_cluster"] == "No neighbours"]
        assert alone.tolist() == [truths["island"]]
        assert pd.isna(island[f"{priority}_lisa_p"])
        assert pd.isna(island[f"{priority}_lisa_q"])
        assert "cluster" not in str(island[f"{priority}_strands"])
    assert demonstration_run.manifest["statistics"]["global_moran"]["sv04"]["islands"] == 1


def test_ledger_accounts_for_every_planted_row(
    demonstration_run: PublishedRun, truths: dict
) -> None:
    ledger = demonstration_run.ledger()
    reasons = by_reason(ledger)
    assert reasons["unlocated"] == truths["unlocated"]
    assert reasons["outside"] == truths["outside"]
    assert reasons["superseded"] == 1
    old = sum(n for name, n in truths["rows"].items() if name[:7] in truths["old_months"])
    assert reasons["outside_period"] == old
    expected = {f"data/incidents/wessmouth.zip!{name}": n for name, n in truths["rows"].items()}
    assert ledger.groupby("file")["rows"].sum().to_dict() == expected
    assert reasons["used"] == demonstration_run.areas()["events"].sum()
    (totals,) = demonstration_run.manifest["force_totals"].values()
    counted = ("used", "ring", "outside", "unlocated")
    assert sum(totals.values()) == sum(reasons.get(reason, 0) for reason in counted)


def test_repeated_id_counts_once_in_the_later_month(
    demonstration_run: PublishedRun, truths: dict
) -> None:
    ledger = demonstration_run.ledger()
    again = ledger[ledger["reason"] == "superseded"]
    assert again["month"].tolist() == [truths["repeated_id"]["superseded_in"]]
    counts = pd.read_parquet(demonstration_run.path("model/counts.parquet"))
    here = counts[
        (counts["area_code"] == truths["repeated_id"]["area"]) & (counts["category"] == "robbery")
    ]
    assert here.loc[here["month"] == truths["repeated_id"]["counts_in"], "n"].sum() >= 1


def test_spoilt_rows_are_in_quarantine_with_their_value(
    demonstration_run: PublishedRun, truths: dict
) -> None:
    quarantine = demonstration_run.quarantine()
    quarantine = quarantine[quarantine["file"].str.startswith("data/incidents/")]
    assert len(quarantine) == len(truths["quarantined"])
    for name, value in truths["quarantined"].items():
        row = quarantine[quarantine["file"] == f"data/incidents/wessmouth.zip!{name}"].squeeze()
        assert row["value"] == value
        assert int(row["line"]) > 1
        assert row["field"] in {"Month", "Crime type"}


def test_an_unknown_category_is_named_in_the_warnings_with_the_nearest(
    demonstration_run: PublishedRun,
) -> None:
    said = [text for text in demonstration_run.manifest["warnings"] if "Violance" in text]
    assert len(said) == 1
    assert said[0].startswith(
        "Crime type 'Violance and sexual offences' is not known: 1 row in quarantine, the first at "
        "data/incidents/wessmouth.zip!2025-10/2025-10-wessmouth-street.csv:"
    )
    assert said[0].endswith("; did you mean 'Violence and sexual offences'?")


def test_old_months_are_mapped_to_areas_of_2021(
    demonstration_request: api.Request, repository: Path, tmp_path: Path, truths: dict
) -> None:
    """The files of 2019 scored as a period of their own: 2011 codes, none lost."""
    inputs = yaml.safe_load((repository / "config" / "inputs.yaml").read_text())
    inputs["period"] = "2019-01:2019-02"
    path = tmp_path / "inputs-2019.yaml"
    path.write_text(yaml.safe_dump(inputs))
    request = api.Request(
        config=demonstration_request.config, inputs=path, data_root=demonstration_request.data_root
    )
    incidents = api.check(request).incidents
    reasons = by_reason(incidents.ledger.rows)
    old = sum(n for name, n in truths["rows"].items() if name[:7] in truths["old_months"])
    assert reasons["used"] + reasons["unlocated"] == old
    counted = incidents.counts.groupby("area_code")["n"].sum()
    children = next(iter(truths["split"].values()))
    assert all(counted[code] > 0 for code in children), "a split area goes to both children"
    assert counted[next(iter(truths["merged"]))] > 0
    assert set(counted.index) <= set(
        pd.read_csv(repository / "data/lookups/LSOA21_to_WD24_to_LAD24.csv")["LSOA21CD"]
    )


def test_extract_agrees_with_the_monthly_files(
    demonstration_request: api.Request, repository: Path, tmp_path: Path
) -> None:
    """The mapping shown in data/incidents/README.md reads the extract: the same crimes."""
    readme = (repository / "data" / "incidents" / "README.md").read_text()
    shown = [block for block in readme.split("```") if "kind: extract" in block]
    inputs = yaml.safe_load((repository / "config" / "inputs.yaml").read_text())
    inputs["period"] = "2025-01:2025-06"
    monthly_path = tmp_path / "monthly.yaml"
    monthly_path.write_text(yaml.safe_dump(inputs))
    inputs |= yaml.safe_load(shown[0].removeprefix("yaml\n"))
    extract_path = tmp_path / "extract.yaml"
    extract_path.write_text(yaml.safe_dump(inputs, sort_keys=False))
    root, config = demonstration_request.data_root, demonstration_request.config
    extract, monthly = (
        api.check(api.Request(config=config, inputs=path, data_root=root)).incidents.counts
        for path in (extract_path, monthly_path)
    )
    held = ["violence_and_sexual_offences", "robbery", "possession_of_weapons"]
    kept = monthly[monthly["category"].isin(held)]
    per_area = ["area_code", "category"]
    difference = (extract.groupby(per_area)["n"].sum() - kept.groupby(per_area)["n"].sum()).dropna()
    # The monthly files lack one row that was spoilt (month) and have no other difference.
    assert difference[difference != 0].tolist() == [1]
    assert {"domestic_abuse", "weapon", "public_place"} <= set(extract.columns)


@pytest.fixture(scope="module")
def layers(demonstration_run: PublishedRun) -> pd.DataFrame:
    return pd.read_csv(demonstration_run.path("layers.csv"), dtype={"area_code": str})


@pytest.mark.parametrize("priority", PRIORITIES)
def test_other_services_see_the_cluster_too(
    areas: gpd.GeoDataFrame, truths: dict, priority: str
) -> None:
    assert set(areas.loc[truths["cluster"], f"{priority}_agreement"]) == {"agrees high"}
    elsewhere = areas.drop(index=truths["cluster"])[f"{priority}_agreement"]
    assert (elsewhere == "agrees high").sum() <= 2


@pytest.mark.parametrize("priority", PRIORITIES)
def test_hidden_violence_is_what_other_services_alone_see(
    areas: gpd.GeoDataFrame, layers: pd.DataFrame, truths: dict, priority: str
) -> None:
    hidden = truths["hidden_violence"]
    assert areas.loc[hidden, f"{priority}_agreement"] == "other source only"
    assert areas.loc[hidden, f"{priority}_rank"] > 60  # the police figures would not lead here
    assert (areas[f"{priority}_agreement"] == "other source only").sum() <= 3
    mine = layers[(layers["area_code"] == hidden) & (layers["priority"] == priority)]
    states = mine.set_index("source")["agreement"]
    assert states["emergency_department"] == states["ambulance"] == "other source only"
    assert states["community_voice"] != "other source only"


def test_suppressed_counts_are_ranges_and_gaps_are_no_data(
    demonstration_run: PublishedRun, layers: pd.DataFrame, truths: dict
) -> None:
    once = layers[layers["priority"] == "sv01"].set_index("source")
    hidden = once.loc["emergency_department"]
    spread = (hidden["period_events_hi"] - hidden["period_events"]).sum()
    assert spread == 3 * truths["other_sources"]["suppressed"]  # <5 is 1 to 4
    assert (
        once.loc["ambulance", "period_events_hi"] == once.loc["ambulance", "period_events"]
    ).all()
    assert set(once.loc["ambulance", "months"]) == {11}
    gap = truths["other_sources"]["ambulance_gap"]
    assert any(
        f"ambulance.csv: no rows for {gap}" in words
        for words in demonstration_run.manifest["warnings"]
    )


def test_every_row_of_the_other_services_is_accounted_for(
    demonstration_run: PublishedRun, truths: dict
) -> None:
    ledger = pd.read_csv(demonstration_run.path("layers_ledger.csv"))
    expected = truths["other_sources"]
    by_file = ledger.groupby("file")["rows"].sum()
    assert {name.removeprefix("data/"): int(n) for name, n in by_file.items()} == expected["rows"]
    aside = ledger[ledger["reason"] != "used"].set_index("reason")["rows"].to_dict()
    assert aside == expected["set_aside"]
    quarantine = demonstration_run.quarantine()
    mine = quarantine[quarantine["file"] == "data/other/community-voice.csv"]
    assert set(mine["rule"]) == set(aside) - {"unlocated", "outside_period"}


def test_the_artefact_ranks_high_and_is_not_flagged_with_its_reason(
    demonstration_run: PublishedRun, areas: gpd.GeoDataFrame, truths: dict
) -> None:
    planted = areas.loc[truths["artefact"]["area"]]
    for priority in PRIORITIES:
        assert planted[f"{priority}_rank"] <= 10
        assert planted[f"{priority}_tier"] == "Watch"
        assert not planted[f"{priority}_flag"]
        strands = set(planted[f"{priority}_strands"].split("; "))
        assert {"top_k", "excess_risk", "persistent"} <= strands  # Strong but for the veto
        assert "Wessmouth General" in planted[f"{priority}_reasons"]
    assert planted["artefact"].startswith("hospital: Wessmouth General")
    assert areas.loc[truths["ended_artefact"], "artefact"] == ""
    words = [w for w in demonstration_run.manifest["warnings"] if w.startswith("artefacts: 1 area")]
    assert len(words) == 1


def test_equity_sums_to_the_county(
    demonstration_run: PublishedRun, areas: gpd.GeoDataFrame
) -> None:
    table = pd.read_csv(demonstration_run.path("equity.csv"))
    for (priority, kind), group in table.groupby(["priority", "kind"]):
        assert group["population"].sum() == areas["population"].sum()
        if kind != "age":
            assert group["areas"].sum() == len(areas)
            assert group["flagged"].sum() == areas[f"{priority}_flag"].sum()
    worst = table[(table["kind"] == "deprivation") & table["group"].str.startswith("1")]
    assert (worst["ratio"] > 1).all()
