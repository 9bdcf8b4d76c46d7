"""The equity table: groups sum to the study area, ratios by hand, few flags say nothing."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import model_case as CASE
from risk_model.equity import EQUITY_COLUMNS, equity_table

CONFIG = CASE.settings()


def data(**changes: object) -> object:
    made = CASE.case(n=40, ring=4, **changes)
    made.indicators["imd_decile"] = np.arange(40) % 10 + 1.0
    return made


def flags(n: int = 36, every: int = 4) -> dict[str, np.ndarray]:
    return {"sv01": np.arange(n) % every == 0}


def test_groups_of_a_kind_sum_to_the_study_area() -> None:
    made = data()
    rng = np.random.default_rng(1)
    codes = list(made.area_codes)
    ages = pd.DataFrame(
        rng.integers(10, 500, (40, 3)), index=codes, columns=["young", "mid", "old"]
    )
    table = equity_table(made, flags(), CONFIG, ages=ages)
    assert list(table.columns) == list(EQUITY_COLUMNS)
    study = made.in_study
    for kind, group in table.groupby("kind"):
        assert group["population_share"].sum() == pytest.approx(1)
        assert group["flagged_population_share"].sum() == pytest.approx(1)
        if kind == "age":
            assert group["population"].sum() == ages[study].to_numpy().sum()
            assert group["areas"].isna().all()
            continue
        assert group["areas"].sum() == study.sum()
        assert group["flagged"].sum() == flags()["sv01"].sum()
        assert group["population"].sum() == pytest.approx(made.population[study].sum())
        assert group["areas_share"].sum() == pytest.approx(1)
        assert group["flagged_share"].sum() == pytest.approx(1)


def test_a_ratio_by_hand() -> None:
    made = data()
    table = equity_table(made, flags(), CONFIG).set_index(["kind", "group"])
    people = made.population[made.in_study]
    worst = np.isin(np.arange(36) % 10, (0, 1))  # deciles 1 and 2
    flagged = flags()["sv01"]
    row = table.loc[("deprivation", "1 (most deprived)")]
    assert row["areas"] == worst.sum()
    assert row["flagged"] == (worst & flagged).sum()
    there = people[worst & flagged].sum() / people[flagged].sum()
    assert row["ratio"] == pytest.approx(there / (people[worst].sum() / people.sum()))
    assert row["note"] == ""
    # Every other area is urban, and every flagged one is.
    assert table.loc[("rurality", "urban"), "flagged_share"] == 1.0
    assert table.loc[("rurality", "rural"), "ratio"] == 0.0


def test_ages_are_of_people_not_of_areas() -> None:
    made = data()
    ages = pd.DataFrame(
        {"young": np.where(np.arange(40) % 4 == 0, 300.0, 100.0), "old": 100.0},
        index=list(made.area_codes),
    )
    table = equity_table(made, flags(), CONFIG, ages=ages).set_index(["kind", "group"])
    young = (9 * 300 + 27 * 100) / (9 * 400 + 27 * 200)
    assert table.loc[("age", "young"), "population_share"] == pytest.approx(young)
    assert table.loc[("age", "young"), "ratio"] == pytest.approx((300 / 400) / young)


def test_few_flags_are_too_few_to_say() -> None:
    table = equity_table(data(), flags(every=9), CONFIG)  # four flags
    assert table["ratio"].isna().all()
    assert set(table["note"]) == {"too few to say"}
    assert table["flagged"].notna().all()
    none = equity_table(data(), {"sv01": np.zeros(36, dtype=bool)}, CONFIG)
    assert none["flagged_share"].isna().all()
    enough = CASE.settings(sections={"guards": {"min_flags": 4}})
    assert equity_table(data(), flags(every=9), enough)["ratio"].notna().any()


def test_areas_without_a_decile_or_a_stratum_are_a_group() -> None:
    made = data(stratum=np.where(np.arange(40) < 2, "", "urban"))
    made.indicators.loc[made.indicators.index[:3], "imd_decile"] = np.nan
    table = equity_table(made, flags(), CONFIG).set_index(["kind", "group"])
    assert table.loc[("deprivation", "not known"), "areas"] == 3
    assert table.loc[("rurality", "not known"), "areas"] == 2
