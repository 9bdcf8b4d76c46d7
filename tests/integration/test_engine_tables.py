"""The tables of the spatial engine in a published run of the demonstration county."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from dashboards.exports.columns import TABLES
from risk_model.run_store import PublishedRun

NAMES = (
    "concentration",
    "scan",
    "space_time",
    "space_time_months",
    "support",
    "coverage",
    "bandwidths",
    "bivariate",
)


@pytest.fixture(scope="module")
def tables(demonstration_run: PublishedRun) -> dict[str, pd.DataFrame]:
    return {name: pd.read_csv(demonstration_run.path(f"{name}.csv")) for name in NAMES}


@pytest.mark.parametrize("name", NAMES)
def test_every_column_is_described_and_every_priority_is_there(
    tables: dict[str, pd.DataFrame], name: str
) -> None:
    assert list(tables[name].columns) == list(TABLES[name])
    assert set(tables[name]["priority"]) == {"sv01", "sv04"}


@pytest.mark.parametrize("priority", ["sv01", "sv04"])
def test_most_likely_cluster_holds_the_planted_one(
    tables: dict[str, pd.DataFrame],
    demonstration_run: PublishedRun,
    repository: Path,
    priority: str,
) -> None:
    planted = set(json.loads((repository / "data" / "planted-truths.json").read_text())["cluster"])
    found = tables["scan"][tables["scan"]["priority"] == priority]
    first = found.iloc[0]
    inside = first["area_codes"].split("; ")
    assert first["kind"] == "most likely"
    assert len(planted & set(inside)) >= 4
    assert len(inside) == first["areas"] <= 12
    assert first["p"] <= 0.01
    assert first["relative_risk"] > 2
    areas = demonstration_run.areas()
    assert first["observed"] == areas.loc[inside, f"{priority}_events"].sum()
    assert first["population"] == areas.loc[inside, "population"].sum()
    per_year = first["observed"] / first["population"] * 1000 * 12 / 11
    assert first["annual_rate"] == pytest.approx(per_year, rel=1e-8)
    assert found["llr"].is_monotonic_decreasing


def test_events_are_more_concentrated_than_chance(tables: dict[str, pd.DataFrame]) -> None:
    table = tables["concentration"]
    assert (table["gini_excess"] > 0.1).all()
    assert (table["events_share"] > table["basis_share"]).all()
    assert table.groupby(["priority", "basis"]).size().tolist() == [7] * 6


def test_eleven_months_are_not_classified(tables: dict[str, pd.DataFrame]) -> None:
    table = tables["space_time"]
    assert set(table["pattern"]) == {"Not classified"}
    assert set(table["covered_months"]) == {11}
    assert table["reason"].notna().all()


def test_what_the_list_covers_is_said_on_the_same_data(tables: dict[str, pd.DataFrame]) -> None:
    table = tables["coverage"]
    assert set(table["data"]) == {"same data"}
    assert (table["pei"] <= 1 + 1e-9).all()
    assert (table["pai"] > 1).all()
    smoothed = table[table["ranked_by"] == "smoothed events"]
    # Shrinkage takes events from the fullest areas, and the planted ones are few.
    assert smoothed["rri"].between(0.5, 1.1).all()
    assert table.loc[table["ranked_by"] == "score", "rri"].isna().all()


def test_hot_spots_are_set_beside_half_and_twice_the_bandwidth(
    tables: dict[str, pd.DataFrame], demonstration_run: PublishedRun
) -> None:
    for key, rows in tables["bandwidths"].groupby("priority"):
        assert rows["bandwidth"].tolist() == ["half", "chosen", "double"]
        described = demonstration_run.manifest["priorities"][key]
        chosen = rows.iloc[1]
        assert chosen["bandwidth_m"] == described["density"]["bandwidth_m"]
        assert chosen["hotspot_km2"] == pytest.approx(described["hotspots"]["area_km2"])
        assert chosen["events_share"] == pytest.approx(described["hotspots"]["events_share"])
        assert rows["hotspot_km2"].is_monotonic_increasing
        assert rows["highest"].is_monotonic_decreasing


def test_places_are_compared_on_three_supports(tables: dict[str, pd.DataFrame]) -> None:
    table = tables["support"]
    pairs = set(zip(table["first"], table["second"], strict=True))
    assert pairs == {
        ("areas", "hexagons of 500 m"),
        ("areas", "MSOAs"),
        ("hexagons of 500 m", "MSOAs"),
    }
    by_rate = table[table["flagged_by"].str.startswith("counts: top 10 %")]
    assert (by_rate["jaccard_events"] > 0.2).all()


def published_flags(run: PublishedRun, key: str) -> dict[str, int]:
    areas = run.areas()
    return {
        "this run: High-High by q": int((areas[f"{key}_lisa_cluster"] == "High-High").sum()),
        "this run: Gi* hot by q": int((areas[f"{key}_gi_bin"] >= 2).sum()),
        "this run: flagged": int(areas[f"{key}_flag"].sum()),
    }


def test_the_flags_that_people_see_are_the_ones_compared(
    tables: dict[str, pd.DataFrame], demonstration_run: PublishedRun
) -> None:
    for key in ("sv01", "sv04"):
        rows = tables["support"][tables["support"]["priority"] == key]
        own = rows[rows["first"] == "areas"].groupby("flagged_by")["first_flagged"].first()
        for rule, count in published_flags(demonstration_run, key).items():
            assert own[rule] == count, rule


@pytest.mark.real_data
def test_real_county_gathers_in_the_middle_of_its_largest_resort(
    dorset_run: PublishedRun,
) -> None:
    scan = pd.read_csv(dorset_run.path("scan.csv"))
    areas = dorset_run.areas()
    for _, found in scan.groupby("priority"):
        first = found.iloc[0]
        assert areas.loc[first["centre"], "place_name"].startswith("Weymouth Town")
        assert first["p"] == 0.001
        codes = [code for cell in found["area_codes"] for code in cell.split("; ")]
        assert len(codes) == len(set(codes)), "no two clusters share an area"
    concentration = pd.read_csv(dorset_run.path("concentration.csv"))
    counted = concentration.groupby("priority")["events"].agg(["min", "max"])
    for priority in counted.index:
        assert counted.loc[priority].tolist() == [areas[f"{priority}_events"].sum()] * 2
    support = pd.read_csv(dorset_run.path("support.csv"))
    assert set(support["second_units"]) > {48}, "as many larger areas as places have names"
    for key in ("sv01", "sv04"):
        own = support[(support["priority"] == key) & (support["first"] == "areas")]
        counted = own.groupby("flagged_by")["first_flagged"].first()
        for rule, count in published_flags(dorset_run, key).items():
            assert counted[rule] == count, rule
    assert not support["note"].fillna("").str.contains("ot tested").any()
