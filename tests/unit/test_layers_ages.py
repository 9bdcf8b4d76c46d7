"""Residents by age: single years to groups, counts moved to 2021 areas, faults together."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from risk_model.layers.ages import AGE_GROUPS, place_ages, read_ages
from spatial.crosswalk import Crosswalk
from spatial.errors import InputError

YEARS = [*(str(year) for year in range(90)), "90+"]
CHANGES = Crosswalk(
    pd.DataFrame(
        [("E01000001", "E01000001", "U"), ("E01000002", "E01000012", "S"), ("E01000002", "E01000013", "S")],
        columns=["LSOA11CD", "LSOA21CD", "change"],
    )
)  # fmt: skip


def write(tmp_path: Path, rows: dict[str, list[float]], code: str = "LSOA Code") -> Path:
    path = tmp_path / "ages.csv"
    frame = pd.DataFrame.from_dict(rows, orient="index", columns=YEARS)
    frame.insert(0, "All Ages", frame.sum(axis=1))
    frame.rename_axis(code).reset_index().to_csv(path, index=False)
    return path


def test_every_year_is_in_one_group(tmp_path: Path) -> None:
    path = write(tmp_path, {"E01000001": [2.0**0] * 91})
    frame = read_ages(path, shown_as="ages.csv").frame
    assert list(frame.columns) == [name for name, _, _ in AGE_GROUPS]
    assert frame.loc["E01000001"].tolist() == [16, 9, 20, 20, 26]
    assert frame.to_numpy().sum() == 91


def test_a_split_area_is_shared_by_residents_and_sums_stay(tmp_path: Path) -> None:
    path = write(tmp_path, {"E01000001": [1.0] * 91, "E01000002": [4.0] * 91}, "LSOA11CD")
    table = read_ages(path, shown_as="ages.csv")
    codes = ["E01000001", "E01000012", "E01000013"]
    people = pd.Series({"E01000012": 300.0, "E01000013": 100.0})
    found = place_ages(table, codes, vintage="2021", crosswalk=CHANGES, residents=people)
    assert found.frame.sum(axis=1).tolist() == [91, 273, 91]
    assert "moved to LSOA 2021" in found.warnings[0]
    even = place_ages(table, codes, vintage="2021", crosswalk=CHANGES, residents=people.iloc[:1])
    assert even.frame.sum(axis=1).tolist() == [91, 182, 182]
    with pytest.raises(InputError, match="supply the change lookup"):
        place_ages(table, codes, vintage="2021", crosswalk=None, residents=people)


def test_an_area_that_the_table_lacks_is_not_known(tmp_path: Path) -> None:
    table = read_ages(write(tmp_path, {"E01000001": [1.0] * 91}), shown_as="ages.csv")
    found = place_ages(
        table,
        ["E01000001", "E01000009"],
        vintage="2021",
        crosswalk=None,
        residents=pd.Series(dtype=float),
    )
    assert found.frame.loc["E01000009"].isna().all()
    assert found.warnings == ("ages: 1 area not in ages.csv.",)


def test_all_faults_at_once(tmp_path: Path) -> None:
    path = write(tmp_path, {"E01000001": [1.0] * 91, "E01000002": [1.0] * 91})
    text = path.read_text().replace("E01000002,91.0,1.0,1.0", "E01000001,91.0,-4,some")
    path.write_text(text)
    with pytest.raises(InputError) as caught:
        read_ages(path, shown_as="ages.csv")
    assert [(fault.line, fault.message) for fault in caught.value.faults] == [
        (3, "area code 'E01000001' is there more than once"),
        (3, "-4 people; expected 0 or more"),
        (3, "'some' is not a number"),
    ]


def test_a_missing_year_is_named(tmp_path: Path) -> None:
    path = write(tmp_path, {"E01000001": [1.0] * 91})
    path.write_text(path.read_text().replace(",17,", ",seventeen,", 1))
    with pytest.raises(InputError, match="no column for age 17; single years"):
        read_ages(path, shown_as="ages.csv")
    path.write_text("LSOA Code,All Ages\nE01000001,5\n")
    with pytest.raises(InputError, match=r"no column for age 0, 1, 2, 3, 4 \.\.\."):
        read_ages(path, shown_as="ages.csv")
