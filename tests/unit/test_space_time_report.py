"""The tables of months and their patterns, held to what was planted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import model_case as CASE
from report_case import BLOCK, CONFIG, events, patterns, planted, with_counts
from risk_model.bivariate_report import bivariate_table
from risk_model.model_data import ModelData
from risk_model.scoring import score_model
from risk_model.space_time_report import MONTH_COLUMNS, SPACE_TIME_COLUMNS, space_time_tables


def test_twelve_hot_months_are_classified_and_eleven_are_not() -> None:
    year = planted(months=12)
    found = patterns(year)
    inner = [year.area_codes[i] for i in (10, 17, 18, 19, 26)]  # corners see more of the outside
    assert set(found.loc[inner, "pattern"]) == {"Persistent hot spot"}
    assert (found.loc[inner, "hot_share"] == 1).all()
    far = [year.area_codes[i] for i in range(40, 48)]
    assert (found.loc[far, "hot_share"] == 0).all()
    assert (found["reason"] == "").all()
    covered = year.covered.copy()
    covered[:, 7] = False
    gap = replace(year, covered=covered)
    found = patterns(gap)
    assert set(found["pattern"]) == {"Not classified"}
    assert set(found["covered_months"]) == {11}
    assert found["reason"].str.startswith("11 covered months").all()
    assert found["trend_z"].isna().all()


def test_a_small_study_area_is_not_tested_anywhere_whatever_its_ring() -> None:
    """As Rutland: 26 areas, and with those around more than the 30 that a test needs."""
    data = planted(months=12, ring=22)
    assert data.in_study.sum() == 26
    tests = {"permutations": 9_999}
    config = CASE.one(
        {"event_rate": 1.0}, {CASE.VIOLENCE: 1.0}, draws=100, sections={"statistics": tests}
    )
    few = "26 areas, and at least 30 are needed"
    both = space_time_tables(data, events(data, config), config)
    assert set(both.months["note"]) == {f"{few}. Take a wider study area."}
    assert both.months["gi_bin"].isna().all()
    assert len(both.months) == 26 * 12
    found = both.patterns
    assert found["area_code"].tolist() == list(data.study_codes)
    assert set(found["pattern"]) == {"Not classified"}
    assert set(found["reason"]) == {f"{few}. Take a wider study area."}
    assert set(found["covered_months"]) == {12}
    beside = bivariate_table(data, events(data, config), config).iloc[0]
    assert beside["note"] == f"Not tested: {few}. Take a wider study area."
    assert pd.isna(beside["high_high"])
    scored = score_model(data, config, CASE.HARM, density_share={})
    assert set(scored.areas["sv01_lisa_cluster"]) == {"Not testable"}
    assert scored.areas["sv01_gi_bin"].isna().all()
    assert any(few in warning for warning in scored.warnings)
    # Four areas more, and all three are tested.
    data = planted(months=12, ring=18)
    found = space_time_tables(data, events(data, config), config).patterns
    assert "Persistent hot spot" in set(found["pattern"])
    assert bivariate_table(data, events(data, config), config)["note"].iloc[0] == ""
    # As many areas, and too few events.
    data = with_counts(data, np.eye(48, 12, dtype=int))
    few = "12 events, and at least 50 are needed. Take a longer period or more offences."
    assert set(space_time_tables(data, events(data, config), config).patterns["reason"]) == {few}
    beside = bivariate_table(data, events(data, config), config).iloc[0]
    assert beside["note"] == f"Not tested: {few}"


def test_space_time_lists_the_study_areas_alone_and_a_country_in_one_row() -> None:
    data = CASE.case(ring=8)
    both = space_time_tables(data, events(data), CONFIG)
    assert both.patterns["area_code"].tolist() == list(data.study_codes)
    assert both.months["area_code"].drop_duplicates().tolist() == list(data.study_codes)
    large = CASE.case(n=2001, forces=("eastmoor", "westmoor"))
    both = space_time_tables(large, events(large), CONFIG)
    assert both.months["note"].tolist() == both.patterns["reason"].tolist()
    assert list(both.months.columns) == list(MONTH_COLUMNS)
    found = both.patterns
    assert found["priority"].tolist() == list(events(large))
    assert found["area_code"].isna().all()
    assert set(found["pattern"]) == {"Not classified"}
    assert found["reason"].str.contains("2,001 areas").all()
    assert list(found.columns) == list(SPACE_TIME_COLUMNS)


def fourteen(**changes: object) -> ModelData:
    months = (*(f"2024-{month:02d}" for month in range(1, 13)), "2025-01", "2025-02")
    return replace(planted(months=14, **changes), months=months)


def test_a_pattern_is_made_of_the_months_that_are_listed() -> None:
    data = fourteen(ring=8)
    violence = data.counts[:, :, data.categories.index(CASE.VIOLENCE)].copy()
    violence[list(BLOCK), -3:] = 4  # hot for eleven months and then like the rest
    violence[[36, 37, 38], -3:] = 9
    covered = data.covered.copy()
    covered[:, 5] = False  # nobody's month: left out
    covered[30, 2] = False  # one area's month: said to be without data
    data = replace(with_counts(data, violence), covered=covered)
    both = space_time_tables(data, events(data), CONFIG)
    months = both.months
    kept = [month for month in data.months if month != data.months[5]]
    assert months.groupby("area_code")["month"].agg(list).map(lambda m: m == kept).all()
    lone = months[months["gi_bin"].isna()]
    assert lone[["area_code", "month", "note"]].to_numpy().tolist() == [
        [data.area_codes[30], data.months[2], "No data of this month."]
    ]
    assert lone["gi_z"].isna().all()
    assert (months.loc[months["gi_bin"].notna(), "note"] == "").all()
    found = both.patterns.set_index("area_code")
    # Each figure of a pattern is counted again from the months, one at a time.
    for code, own in months.groupby("area_code"):
        bins = own.set_index("month")["gi_bin"].dropna().astype(int)
        row = found.loc[code]
        hot, cold = [m for m in bins.index if bins[m] > 0], [m for m in bins.index if bins[m] < 0]
        assert (row["hot_months"], row["cold_months"]) == (len(hot), len(cold))
        assert row["last_hot_month"] == (hot[-1] if hot else "")
        assert row["last_cold_month"] == (cold[-1] if cold else "")
        assert row["hot_share"] == pytest.approx(len(hot) / len(bins))
        assert row["tested_months"] == len(bins)
        assert row["last_month"] == bins.index[-1]
        series = own["gi_z"].dropna().to_numpy()
        tau = stats.kendalltau(np.arange(len(series)), series).statistic
        assert row["trend_tau"] == pytest.approx(tau)
    middle = found.loc[data.area_codes[18]]
    assert middle["last_hot_month"] == data.months[10]
    assert (middle["hot_months"], middle["run"]) == (10, 0)


def test_months_in_which_none_is_called_cold_are_counted_and_noted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As where events are rare: from 5 an area, on a map that has 4 in two of its months."""
    monkeypatch.setattr("spatial.local_tests.RARE_EVENTS", 5.0)
    data = fourteen(raised=4)
    violence = np.full((48, 14), 9)
    violence[[36, 37, 38, 44, 45, 46]] = 0  # colder than all around
    violence[:, 3:5] //= 2
    covered = data.covered.copy()
    covered[30, 3] = False
    data = replace(with_counts(data, violence), covered=covered)
    both = space_time_tables(data, events(data), CONFIG)
    months = both.months.set_index(["area_code", "month"])
    area, lone = data.area_codes[45], data.area_codes[30]
    cold = months["gi_bin"][area] < 0
    assert cold.tolist() == [i not in (3, 4) for i in range(14)]
    notes = months["note"]
    assert set(notes[notes.index.get_level_values("month").isin(data.months[5:])]) == {""}
    assert notes[area, data.months[4]] == "Under one event an area: none is called cold."
    assert notes[lone, data.months[3]] == "No data of this month."
    found = both.patterns.set_index("area_code")
    assert found.loc[area, ["tested_months", "hot_only_months", "cold_months"]].tolist() == [
        14,
        2,
        12,
    ]
    assert found.loc[lone, ["tested_months", "hot_only_months"]].tolist() == [13, 1]


def test_the_run_of_a_pattern_is_counted_back_from_the_last_month() -> None:
    data = fourteen()
    violence = data.counts[:, :, data.categories.index(CASE.VIOLENCE)].copy()
    violence[list(BLOCK), 8] = 4
    row = patterns(with_counts(data, violence)).loc[data.area_codes[18]]
    assert (row["run"], row["hot_months"], row["pattern"]) == (5, 13, "Persistent hot spot")
