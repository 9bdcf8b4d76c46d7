"""The table of scanned clusters, held to what was planted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import model_case as CASE
from report_case import BLOCK, events, planted, squares, study_squares, with_counts
from risk_model.model_data import ModelData
from risk_model.scan_report import SCAN_COLUMNS, scan_table


def scanned(data: ModelData, phi: float = 1.0) -> pd.DataFrame:
    return scan_table(data, events(data), study_squares(data), phi={"sv01": phi}, seed=3)


def test_planted_block_is_the_most_likely_cluster() -> None:
    data = planted()
    first = scanned(data).iloc[0]
    codes = sorted(data.area_codes[i] for i in BLOCK)
    assert first["area_codes"] == "; ".join(codes)
    assert (first["rank"], first["kind"], first["areas"]) == (1, "most likely", 9)
    assert first["centre"] == data.area_codes[18]
    assert first["radius_m"] == pytest.approx(1000 * np.sqrt(2))
    total = 9 * 20 * 6 + 39 * 4 * 6
    assert first["observed"] == 1080
    assert first["expected"] == pytest.approx(total * 9 / 48)
    assert first["population"] == 9000
    assert first["annual_rate"] == pytest.approx(1000 * 1080 / 9000 * 2)  # half a year
    assert first["rate_unit"] == "per 1,000 residents per year"
    assert first["relative_risk"] == pytest.approx(20 / 4)
    assert first["observed_over_expected"] == pytest.approx(1080 / (total * 9 / 48))
    middle = squares(data).iloc[18].centroid
    assert (first["x"], first["y"]) == pytest.approx((middle.x, middle.y))
    assert first["p"] == 1 / 1000
    assert 0 < first["critical_llr"] < first["critical_llr_01"] < first["llr"]


def test_dispersion_takes_certainty_away_and_leaves_the_circles() -> None:
    data = planted(raised=6)
    plain, wide, unknown = (scanned(data, phi) for phi in (1.0, 8.0, float("nan")))
    assert plain["llr"].tolist() == wide["llr"].tolist() == unknown["llr"].tolist()
    assert plain["p"].iloc[0] < 0.05 < wide["p"].iloc[0]
    assert unknown["p"].tolist() == plain["p"].tolist()
    for name, bar in (("critical_llr", 0.05), ("critical_llr_01", 0.01)):
        assert wide[name].to_numpy() == pytest.approx(8 * plain[name].to_numpy())
        for table in (plain, wide):
            assert ((table["llr"] >= table[name]) == (table["p"] <= bar)).all()


def test_month_that_is_not_covered_raises_no_rate_and_makes_no_cluster() -> None:
    """Half the areas lack the months in which everyone has ten times as many events."""
    data = planted(raised=4)
    violence = np.full((48, 6), 4)
    violence[:, 3:] = 40
    covered = data.covered.copy()
    covered[:24, 3:] = False
    found = scanned(replace(with_counts(data, violence), covered=covered))
    assert found["rank"].isna().all() or (found["p"] > 0.5).all()


def test_ring_and_areas_without_residents_are_in_no_cluster() -> None:
    data = planted(in_study=np.arange(48) < 40)
    population = data.population.copy()
    population[17] = np.nan
    found = scanned(replace(data, population=population))
    inside = set("; ".join(found["area_codes"]).split("; "))
    assert not inside & {*data.area_codes[40:], data.area_codes[17]}
    assert found["note"].str.contains("1 areas without a rate").all()


def test_scan_that_cannot_be_made_says_why() -> None:
    few = with_counts(planted(), np.eye(48, 6, dtype=int))
    assert scanned(few)["note"].tolist() == [
        "Not scanned: 6 events, and at least 50 are needed. Take a longer period or more offences.",
    ]
    large = CASE.case(n=2001, forces=("eastmoor", "westmoor"))
    table = scan_table(large, events(large), squares(large), phi={"sv01": 1.0}, seed=1)
    assert table["rank"].isna().all()
    assert "2,001 areas of 2 police forces" in table["note"].iloc[0]
    assert "run one of them (--area with its code" in table["note"].iloc[0]
    assert list(table.columns) == list(SCAN_COLUMNS)
    unknown = replace(large, forces=())
    said = scan_table(unknown, events(unknown), squares(unknown), phi={"sv01": 1.0}, seed=1)
    assert "name a lookup of forces" in said["note"].iloc[0]
