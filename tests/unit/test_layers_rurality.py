"""Rural-urban classification: both editions, and areas of another vintage."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from risk_model.layers.rurality import CLASSES, place_rurality, read_rurality
from spatial.crosswalk import Crosswalk
from spatial.errors import InputError


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_2021_with_the_published_columns(tmp_path: Path) -> None:
    path = write(
        tmp_path / "r.csv",
        "LSOA21CD,LSOA21NM,LSOA21NMW,RUC21CD,RUC21NM,Urban_rural_flag,ObjectId\n"
        "E9B,b,,RSF1,Smaller rural: Further,Rural,1\n"
        "E9A,a,,UN1,Urban: Nearer,Urban,2\n",
    )
    frame = read_rurality(path, "2021", shown_as="r.csv").frame
    assert frame["stratum"].to_dict() == {"E9A": "urban", "E9B": "rural"}
    assert frame["rural_urban"].to_dict() == {"E9A": "Urban", "E9B": "Rural"}
    assert frame["rural"].to_dict() == {"E9A": 0.0, "E9B": 1.0}


def test_every_class_has_a_stratum() -> None:
    assert [c for c, s in CLASSES["2021"].items() if s == "urban"] == ["UN1", "UF1"]
    assert [c for c, s in CLASSES["2011"].items() if s == "urban"] == ["A1", "B1", "C1", "C2"]
    assert len(CLASSES["2021"]) == 6
    assert len(CLASSES["2011"]) == 10


def test_unknown_class_is_refused_with_its_line(tmp_path: Path) -> None:
    path = write(tmp_path / "r.csv", "LSOA21CD,RUC21CD,RUC21NM\nE9A,UN1,x\nE9B,A1,y\n")
    with pytest.raises(InputError, match=r"r\.csv:3: RUC21CD: 'A1' is not a class of the 2021"):
        read_rurality(path, "2021", shown_as="r.csv")


def test_placing_never_maps_one_edition_to_the_other(tmp_path: Path) -> None:
    path = write(tmp_path / "r.csv", "LSOA11CD,LSOA11NM,RUC11CD,RUC11\nE9A,a,A1,x\nE9B,b,F2,y\n")
    table = read_rurality(path, "2011", shown_as="r.csv")
    changes = Crosswalk(
        pd.DataFrame(
            [("E9A", "E9A", "U"), ("E9B", "E9X", "S"), ("E9B", "E9Y", "S")],
            columns=["LSOA11CD", "LSOA21CD", "change"],
        )
    )
    placed = place_rurality(table, ["E9A", "E9X"], vintage="2021", crosswalk=changes)
    assert placed.frame["stratum"].tolist() == ["urban", ""]
    assert placed.frame["rural_urban"].tolist() == ["Urban", ""]
    np.testing.assert_array_equal(placed.frame["rural"], [0.0, np.nan])
    assert "1 areas that changed" in placed.warnings[0]


def test_area_without_a_class_is_said(tmp_path: Path) -> None:
    path = write(tmp_path / "r.csv", "LSOA21CD,RUC21CD,RUC21NM\nE9A,UN1,x\n")
    table = read_rurality(path, "2021", shown_as="r.csv")
    placed = place_rurality(table, ["E9A", "E9Z"], vintage="2021", crosswalk=None)
    assert placed.warnings == (
        "rurality: 1 area without a class in r.csv; not ranked within town or country.",
    )
