"""LSOA 2011 to 2021: RELIABILITY case 6, METHODS 1."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import box

from spatial.boundaries import Areas
from spatial.crosswalk import Crosswalk, read_crosswalk
from spatial.errors import InputError

LOOKUP = """LSOA11CD,LSOA11NM,LSOA21CD,LSOA21NM,CHGIND,LAD22CD,LAD22NM
Q1,a,Q1,a,U,L,l
Q2,a,Q21,a,S,L,l
Q2,a,Q22,a,S,L,l
Q3,a,Q34,a,M,L,l
Q4,a,Q34,a,M,L,l
Q5,a,Q56,a,X,L,l
Q5,a,Q57,a,X,L,l
Q6,a,Q56,a,X,L,l
"""


@pytest.fixture
def crosswalk(tmp_path: Path) -> Crosswalk:
    (tmp_path / "changes.csv").write_text(LOOKUP)
    return read_crosswalk(tmp_path / "changes.csv")


@pytest.fixture
def areas() -> Areas:
    """Q21 west of Q22, a kilometre wide each, then the others."""
    codes = ["Q1", "Q21", "Q22", "Q34", "Q56", "Q57"]
    frame = gpd.GeoDataFrame(
        {"area_name": codes},
        geometry=[box(1000 * n, 0, 1000 * (n + 1), 1000) for n in range(6)],
        index=pd.Index(codes, name="area_code"),
        crs="EPSG:27700",
    )
    return Areas(frame, "2021")


def points(crosswalk: Crosswalk, areas: Areas, *rows: tuple[str, float, float]) -> list[object]:
    codes, rule = crosswalk.to_2021_points(
        [row[0] for row in rows],
        np.array([row[1] for row in rows], dtype=float),
        np.array([row[2] for row in rows], dtype=float),
        areas,
    )
    return list(zip(codes, rule, strict=True))


def test_case_6_each_kind_of_change(crosswalk: Crosswalk, areas: Areas) -> None:
    assert points(
        crosswalk,
        areas,
        ("Q1", 9e9, 9e9),
        ("Q3", 0, 0),
        ("Q4", 0, 0),
        ("Q2", 1500, 500),
        ("Q2", 2500, 500),
        ("Q5", 4500, 500),
        ("Q6", 4500, 500),
        ("Q9", 0, 0),
        ("", 0, 0),
    ) == [
        ("Q1", ""),
        ("Q34", ""),
        ("Q34", ""),
        ("Q21", ""),
        ("Q22", ""),
        ("", "irregular"),
        ("", "irregular"),
        ("", "unknown_area"),
        ("", "unknown_area"),
    ]


def test_case_6_a_point_outside_both_children_goes_to_the_nearer(
    crosswalk: Crosswalk, areas: Areas
) -> None:
    """Map points lie on streets, boundaries are generalised: a point may miss both children."""
    assert points(crosswalk, areas, ("Q2", 1900, -80), ("Q2", 2100, -80), ("Q2", -50, 500)) == [
        ("Q21", ""),
        ("Q22", ""),
        ("Q21", ""),
    ]


def test_a_split_area_without_a_point_is_not_guessed(crosswalk: Crosswalk, areas: Areas) -> None:
    assert points(crosswalk, areas, ("Q2", np.nan, np.nan), ("Q1", np.nan, np.nan)) == [
        ("", "irregular"),
        ("Q1", ""),
    ]


def test_a_split_area_outside_the_boundaries_keeps_a_code(crosswalk: Crosswalk) -> None:
    frame = gpd.GeoDataFrame(
        {"area_name": ["Q1"]},
        geometry=[box(0, 0, 1, 1)],
        index=pd.Index(["Q1"], name="area_code"),
        crs="EPSG:27700",
    )
    assert points(crosswalk, Areas(frame, "2021"), ("Q2", 5, 5)) == [("Q21", "")]


def test_no_rows_give_no_rows(crosswalk: Crosswalk, areas: Areas) -> None:
    codes, rule = crosswalk.to_2021_points([], np.array([]), np.array([]), areas)
    assert (codes.shape, rule.shape) == ((0,), (0,))


def test_codes_that_give_a_vintage_away(crosswalk: Crosswalk) -> None:
    assert crosswalk.only_2011 == {"Q2", "Q3", "Q4", "Q5", "Q6"}
    assert crosswalk.only_2021 == {"Q21", "Q22", "Q34", "Q56", "Q57"}


def test_counts_are_split_by_population_and_added(crosswalk: Crosswalk) -> None:
    values = pd.Series({"Q1": 5.0, "Q2": 12.0, "Q3": 3.0, "Q4": 4.0}, name="n")
    population = pd.Series({"Q21": 1000.0, "Q22": 500.0})
    moved = crosswalk.to_2021_counts(values, population)
    assert moved.to_dict() == {"Q1": 5, "Q21": 8, "Q22": 4, "Q34": 7}
    assert moved.name == "n"


def test_counts_of_irregular_areas_are_not_known(crosswalk: Crosswalk) -> None:
    moved = crosswalk.to_2021_counts(pd.Series({"Q1": 1.0, "Q5": 7.0}), pd.Series(dtype=float))
    assert moved["Q1"] == 1
    assert moved[["Q56", "Q57"]].isna().all()


def test_a_missing_value_stays_missing(crosswalk: Crosswalk) -> None:
    moved = crosswalk.to_2021_counts(pd.Series({"Q3": np.nan, "Q4": 4.0}), pd.Series(dtype=float))
    assert np.isnan(moved["Q34"])


def test_children_without_residents_share_equally(crosswalk: Crosswalk) -> None:
    moved = crosswalk.to_2021_counts(pd.Series({"Q2": 3.0}), pd.Series({"Q21": 0.0, "Q22": 0.0}))
    assert moved.to_dict() == {"Q21": 1.5, "Q22": 1.5}


def test_counts_that_cannot_be_moved_are_refused_together(crosswalk: Crosswalk) -> None:
    with pytest.raises(InputError) as caught:
        crosswalk.to_2021_counts(pd.Series({"Q2": 1.0, "Z9": 2.0}), pd.Series({"Q21": 5.0}))
    text = str(caught.value)
    assert "1 codes are not LSOA 2011 codes of the change lookup, such as Z9" in text
    assert "1 split areas have a child without a population, such as Q2" in text
    with pytest.raises(InputError, match="'Q1' is there more than once"):
        crosswalk.to_2021_counts(pd.Series([1.0, 2.0], index=["Q1", "Q1"]), pd.Series(dtype=float))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("S\nQ2,a,Q22", "Z\nQ2,a,Q22"), r"x\.csv:3: CHGIND: change '[SZ]+"),
        (("Q1,a,Q1,a,U", ",a,Q1,a,U"), r"x\.csv:2: LSOA11CD: is blank"),
        (("Q4,a,Q34,a,M", "Q3,a,Q34,a,M"), r"x\.csv:6: is the same pair of codes again"),
        (("Q4,a,Q34,a,M", "Q3,a,Q35,a,M"), "is unchanged or merged but has several rows"),
        (("LSOA21CD", "LSOA22CD"), "no column 'LSOA21CD'; the nearest is"),
    ],
)
def test_a_lookup_that_would_multiply_rows_is_refused(
    tmp_path: Path, change: tuple[str, str], message: str
) -> None:
    text = LOOKUP.replace(*change) if change[0] in LOOKUP else LOOKUP.replace("Q21,a,S", "Q21,a,Z")
    (tmp_path / "x.csv").write_text(text)
    with pytest.raises(InputError, match=message):
        read_crosswalk(tmp_path / "x.csv")


@pytest.mark.real_data
def test_the_splits_and_the_merge_of_dorset(real_data: Path) -> None:
    """METHODS 1 lists them; there is no irregular change in Dorset."""
    lookup = real_data / "lookups" / "LSOA11_to_LSOA21_to_LAD22_EW.csv"
    crosswalk = read_crosswalk(lookup)
    names = pd.read_csv(lookup, dtype=str)
    mine = crosswalk.frame[
        crosswalk.frame["LSOA21CD"].isin(names.loc[names["LAD22CD"] == "E06000059", "LSOA21CD"])
    ]
    assert mine["LSOA11CD"].nunique() == 219
    assert mine["LSOA21CD"].nunique() == 223
    split = mine[mine["change"] == "S"].groupby("LSOA11CD")["LSOA21CD"].agg(tuple).to_dict()
    assert split == {
        "E01020399": ("E01034372", "E01034373"),
        "E01020455": ("E01034374", "E01034375"),
        "E01020459": ("E01034376", "E01034377"),
        "E01032642": ("E01034379", "E01034380"),
        "E01032641": ("E01034381", "E01034382"),
    }
    merged = mine[mine["change"] == "M"].groupby("LSOA21CD")["LSOA11CD"].agg(tuple).to_dict()
    assert merged == {"E01034378": ("E01033154", "E01033159")}
    assert not (mine["change"] == "X").any()


@pytest.mark.real_data
def test_the_national_population_is_preserved(real_data: Path) -> None:
    """Mid-2020 residents of England and Wales: only the six irregular areas are not moved."""
    crosswalk = read_crosswalk(real_data / "lookups" / "LSOA11_to_LSOA21_to_LAD22_EW.csv")
    people11 = pd.read_csv(
        real_data / "population" / "mid-2020-lsoa11-single-year-of-age-persons.csv",
        usecols=["LSOA Code", "All Ages"],
    ).set_index("LSOA Code")["All Ages"]
    census = pd.read_csv(real_data / "population" / "census2021-ts001-lsoa.csv")
    people21 = census.set_index("geography code").iloc[:, -1].astype(float)
    moved = crosswalk.to_2021_counts(people11, people21)
    irregular = crosswalk.frame.loc[crosswalk.frame["change"] == "X", "LSOA11CD"].unique()
    assert len(moved) == 35_672
    assert moved.sum() == pytest.approx(people11.sum() - people11[irregular].sum(), abs=1e-3)
    assert moved.isna().sum() == 6
