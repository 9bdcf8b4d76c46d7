"""The tables of the spatial engine: events, concentration, and who gets which table."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import model_case as CASE
from dashboards.exports.columns import TABLES
from report_case import CONFIG, compared, events, named, planted, squares, with_counts
from risk_model import scan_report
from risk_model.concentration_report import CONCENTRATION_COLUMNS, concentration_table
from risk_model.scan_report import SCAN_COLUMNS, scan_table
from risk_model.space_time_report import MONTH_COLUMNS, SPACE_TIME_COLUMNS, space_time_tables
from risk_model.support_report import SUPPORT_COLUMNS

# Events -------------------------------------------------------------------------------------


def test_events_are_counted_and_never_weighted() -> None:
    data = CASE.case(ring=6)
    found = events(data)["sv01"]
    kinds = [data.categories.index(name) for name in (CASE.VIOLENCE, "robbery")]
    assert found.total.tolist() == data.counts[:, :, kinds].sum(axis=(1, 2)).tolist()
    study = data.in_study
    assert found.expected[study].sum() == pytest.approx(found.total[study].sum())


def test_columns_are_those_that_people_are_told_of() -> None:
    for table, columns in (
        ("concentration", CONCENTRATION_COLUMNS),
        ("scan", SCAN_COLUMNS),
        ("space_time", SPACE_TIME_COLUMNS),
        ("space_time_months", MONTH_COLUMNS),
        ("support", SUPPORT_COLUMNS),
    ):
        assert tuple(TABLES[table]) == columns
        for column in TABLES[table].values():
            assert column.title
            assert column.unit
            assert column.description.endswith(".")


# Concentration ------------------------------------------------------------------------------


def greedy(counts: np.ndarray, base: np.ndarray, share: float) -> float:
    """Events in the worst `share` of the base, area by area, the last one in part."""
    left, held = share * base.sum(), 0.0
    for i in sorted(range(len(base)), key=lambda i: -counts[i] / base[i]):
        part = min(1.0, left / base[i])
        held, left = held + part * counts[i], left - part * base[i]
        if left <= 1e-9:
            break
    return held / counts.sum()


@pytest.mark.parametrize("basis", ["areas", "residents", "km2"])
def test_worst_shares_are_those_of_filling_up_by_hand(basis: str) -> None:
    data = CASE.case(ring=8)
    study = data.in_study
    base = {"areas": np.ones(48), "residents": data.population, "km2": data.area_km2}[basis][study]
    table = concentration_table(data, events(data), seed=1)
    rows = table[table["basis"] == basis]
    counts = events(data)["sv01"].total[study]
    assert rows["basis_share"].tolist() == [0.01, 0.02, 0.05, 0.1, 0.2, 0.25, 0.5]
    assert rows["events_share"].tolist() == pytest.approx(
        [greedy(counts, base, share) for share in rows["basis_share"]]
    )
    assert (rows["events"] == counts.sum()).all()
    # The Gini is twice the area between the curve and the diagonal; mean difference form.
    rate, weight = counts / base, base / base.sum()
    apart = np.abs(rate[:, None] - rate[None, :])
    gini = (weight[:, None] * weight[None, :] * apart).sum() / (2 * (weight * rate).sum())
    assert rows["gini"].to_numpy() == pytest.approx(gini)
    assert (rows["gini_excess"] == rows["gini"] - rows["gini_by_chance"]).all()


def test_even_risk_has_no_gini_beyond_chance_and_one_full_area_has() -> None:
    data = planted(raised=4)
    even = concentration_table(data, events(data), seed=1)
    areas = even[even["basis"] == "areas"]
    assert areas["events_share"].tolist() == pytest.approx(areas["basis_share"].tolist())
    assert (areas["gini_excess"] < 0).all()
    violence = np.zeros((48, 6), dtype=int)
    violence[3] = 40
    one = concentration_table(data, events(with_counts(data, violence)), seed=1)
    assert (one.loc[one["basis_share"] >= 0.05, "events_share"] == 1).all()
    assert one.loc[one["basis"] == "areas", "gini"].to_numpy() == pytest.approx(47 / 48)
    assert (one["gini_excess"] > 0.5).all()


def test_areas_without_a_month_or_residents_take_no_part() -> None:
    data = planted()
    covered = data.covered.copy()
    covered[2:8] = False
    population = data.population.copy()
    population[12] = np.nan
    less = replace(data, covered=covered, population=population)
    table = concentration_table(less, events(less), seed=1).set_index("basis")
    total = 9 * 20 * 6 + 39 * 4 * 6
    assert (table.loc["areas", "events"] == total - 6 * 4 * 6).all()
    assert (table.loc["residents", "events"] == total - 7 * 4 * 6).all()


def test_no_events_have_no_concentration() -> None:
    data = planted(raised=0)
    none = with_counts(data, np.zeros((48, 6), dtype=int))
    table = concentration_table(none, events(none), seed=1)
    assert table[["events_share", "gini", "gini_by_chance", "gini_excess"]].isna().all(axis=None)
    assert (table["events"] == 0).all()


# Who gets which -----------------------------------------------------------------------------


def test_one_force_has_everything_however_many_areas_it_has(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """London has 4,988 areas: told to run one force at a time it would have nowhere to go."""
    monkeypatch.setattr(scan_report, "_REPLICATIONS", 19)
    data = named(CASE.case(n=2001, forces=("bigmoor",), months=12))
    violence = np.ones((2001, 12), dtype=int)
    violence[900:903] = 40
    data = with_counts(data, violence)
    found, shapes = events(data), squares(data)
    circles = scan_table(data, found, shapes, phi={"sv01": 1.0}, seed=1)
    assert set(data.area_codes[900:903]) <= set(circles["area_codes"].iloc[0].split("; "))
    patterns = space_time_tables(data, found, CONFIG).patterns
    assert len(patterns) == 2001
    assert (patterns["pattern"] == "Persistent hot spot").any()
    table, _ = compared(data)
    assert (table["first"] == "areas").any()
