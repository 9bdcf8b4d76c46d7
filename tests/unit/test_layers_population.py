"""Residents: census, mid-year estimates, the workbook, and counts moved to 2021 areas."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest

from risk_model.layers.population import place_population, read_counts_table, read_population
from spatial.crosswalk import Crosswalk
from spatial.errors import InputError

CHANGES = Crosswalk(
    pd.DataFrame(
        [
            ("E9A", "E9A", "U"),
            ("E9B", "E9X", "S"),
            ("E9B", "E9Y", "S"),
            ("E9C", "E9M", "M"),
            ("E9D", "E9M", "M"),
        ],
        columns=["LSOA11CD", "LSOA21CD", "change"],
    )
)
CENSUS = "date,geography,geography code,Residence type: Total; measures: Value\n"


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_census(tmp_path: Path) -> None:
    path = write(tmp_path / "c.csv", f"{CENSUS}2021,b,E9B,1300\n2021,a,E9A,1475\n")
    found = read_population(path, "census", shown_as="c.csv")
    assert found.frame["residents"].to_dict() == {"E9A": 1475.0, "E9B": 1300.0}
    assert found.vintage == "2021"


@pytest.mark.parametrize("value", ["0", "..", ""])
def test_no_residents_is_not_calculable_and_said(tmp_path: Path, value: str) -> None:
    path = write(tmp_path / "c.csv", f"{CENSUS}2021,a,E9A,{value}\n2021,b,E9B,900\n")
    table = read_population(path, "census", shown_as="c.csv")
    placed = place_population(table, ["E9A", "E9B", "E9Z"], vintage="2021", crosswalk=None)
    assert not placed.frame["residents"].iloc[0] > 0
    assert "2 areas without residents in c.csv (E9A, E9Z)" in placed.warnings[0]


def test_negative_and_text_are_refused_with_the_line(tmp_path: Path) -> None:
    path = write(tmp_path / "c.csv", f"{CENSUS}2021,a,E9A,-5\n")
    with pytest.raises(InputError, match=r"c\.csv:2: .*-5 people; expected 0 or more"):
        read_population(path, "census", shown_as="c.csv")
    path = write(tmp_path / "d.csv", f"{CENSUS}2021,a,E9A,many\n")
    with pytest.raises(InputError, match=r"d\.csv:2: .*'many' is not a number"):
        read_population(path, "census", shown_as="d.csv")


def mid_year(tmp_path: Path) -> Path:
    return write(
        tmp_path / "m.csv",
        "LSOA Name,LSOA Code,All Ages,0,1\n"
        "a,E9A,1000.0,10,10\nb,E9B,3000.0,10,10\nc,E9C,400.0,1,1\nd,E9D,600.0,1,1\n",
    )


def test_mid_year_on_2011_codes_moves_to_2021_and_keeps_its_sum(tmp_path: Path) -> None:
    table = read_population(mid_year(tmp_path), "mid_year", shown_as="m.csv")
    assert table.vintage == ""
    codes = ["E9A", "E9M", "E9X", "E9Y"]
    shares = pd.Series({"E9X": 1000.0, "E9Y": 2000.0})
    placed = place_population(table, codes, vintage="2021", crosswalk=CHANGES, shares=shares)
    assert placed.frame["residents"].tolist() == [1000.0, 1000.0, 1000.0, 2000.0]
    equal = place_population(table, codes, vintage="2021", crosswalk=CHANGES)
    assert equal.frame["residents"].tolist() == [1000.0, 1000.0, 1500.0, 1500.0]
    assert "1 split areas were shared out equally" in equal.warnings[0]


def test_a_2011_run_takes_2011_counts_as_they_are(tmp_path: Path) -> None:
    table = read_population(mid_year(tmp_path), "mid_year", shown_as="m.csv")
    placed = place_population(table, ["E9B", "E9C"], vintage="2011", crosswalk=None)
    assert placed.frame["residents"].tolist() == [3000.0, 400.0]
    assert placed.warnings == ()


def test_workbook_with_titles_above_the_header(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Mid-2022 LSOA 2021"
    for row in (
        ["Mid-2022 population estimates"],
        ["Persons, by single year of age"],
        [],
        ["LAD 2023 Code", "LAD 2023 Name", "LSOA 2021 Code", "LSOA 2021 Name", "Total", "F0"],
        ["X1", "West", "E9A", "a", 1500, 3],
        ["X1", "West", "E9B", "b", 1250, 3],
    ):
        sheet.append(row)
    path = tmp_path / "w.xlsx"
    book.save(path)
    found = read_population(path, "mid_year_workbook", shown_as="w.xlsx")
    assert found.frame["residents"].to_dict() == {"E9A": 1500.0, "E9B": 1250.0}
    assert found.vintage == "2021"
    with pytest.raises(InputError, match="is on LSOA 2021 and the areas are LSOA 2011"):
        place_population(found, ["E9A"], vintage="2011", crosswalk=CHANGES)


def test_any_other_population(tmp_path: Path) -> None:
    path = write(tmp_path / "w.csv", "code,people\nE9A,77\n")
    found = read_counts_table(path, code="code", value="people", shown_as="w.csv")
    assert found.frame["residents"].tolist() == [77.0]
    assert np.isfinite(found.frame["residents"]).all()
