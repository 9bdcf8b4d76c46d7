"""Place names and unique labels: METHODS 9."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from shapely.geometry import Point

from spatial.area_names import area_labels, read_place_names
from spatial.authorities import Authorities, read_authorities
from spatial.boundaries import Areas, read_areas
from spatial.errors import InputError


def made_up(rows: list[tuple[str, str, str, str]]) -> tuple[Areas, Authorities]:
    """Build areas from code, name, ward and authority."""
    codes = pd.Index([row[0] for row in rows], name="area_code", dtype="str")
    frame = gpd.GeoDataFrame(
        {"area_name": [row[1] for row in rows]},
        geometry=[Point(n, 0).buffer(0.4) for n in range(len(rows))],
        index=codes,
        crs="EPSG:27700",
    )
    lookup = pd.DataFrame(
        {
            "area_name": [row[1] for row in rows],
            "lad_code": [f"L{row[3]}" for row in rows],
            "lad_name": [row[3] for row in rows],
            "ward_code": [f"W{row[2]}" for row in rows],
            "ward_name": [row[2] for row in rows],
        },
        index=codes,
    )
    return Areas(frame, "2021"), Authorities(lookup)


PLACES = pd.Series({"Ash 001": "Old Town", "Birch 001": "Old Town", "Ash 002": "Harbour"})


def test_the_label_is_place_letter_and_ward() -> None:
    areas, authorities = made_up(
        [("E1", "Ash 001A", "Mid", "Ashshire"), ("E2", "Ash 002AB", "Quay", "Ashshire")]
    )
    labels = area_labels(areas, authorities, PLACES)
    assert labels["area_label"].tolist() == ["Old Town A, Mid", "Harbour AB, Quay"]
    assert labels["place_name"].tolist() == ["Old Town", "Harbour"]
    assert labels.loc["E1", ["ward_name", "lad_code", "lad_name"]].tolist() == [
        "Mid",
        "LAshshire",
        "Ashshire",
    ]


def test_equal_labels_get_the_authority_and_then_the_code() -> None:
    areas, authorities = made_up(
        [
            ("E1", "Ash 001A", "Mid", "Ashshire"),
            ("E2", "Birch 001A", "Mid", "Birchton"),
            ("E3", "Ash 001B", "Mid", "Ashshire"),
            ("E4", "Ash 001B", "Mid", "Ashshire"),
        ]
    )
    assert area_labels(areas, authorities, PLACES)["area_label"].tolist() == [
        "Old Town A, Mid (Ashshire)",
        "Old Town A, Mid (Birchton)",
        "Old Town B, Mid (Ashshire) (E3)",
        "Old Town B, Mid (Ashshire) (E4)",
    ]


def test_without_place_names_or_authorities_the_own_name_is_used() -> None:
    areas, authorities = made_up(
        [("E1", "Ash 001A", "Mid", "Ashshire"), ("E2", "Zone 9", "", "Ashshire")]
    )
    labels = area_labels(areas, authorities, None)
    assert labels["area_label"].tolist() == ["Ash 001 A, Mid", "Zone 9"]
    assert area_labels(areas, None, PLACES)["area_label"].tolist() == ["Old Town A", "Zone 9"]


def test_an_area_the_lookup_does_not_hold_has_a_label_too() -> None:
    areas, authorities = made_up(
        [("E1", "Ash 001A", "Mid", "Ashshire"), ("E2", "Ash 002A", "Mid", "Ashshire")]
    )
    lookup = Authorities(authorities.area_to_lad.drop("E2"))
    labels = area_labels(areas, lookup, PLACES)
    assert labels.loc["E2", "area_label"] == "Harbour A"
    assert labels.loc["E2", "lad_code"] == ""


def test_names_missing_in_the_boundaries_come_from_the_lookup() -> None:
    areas, authorities = made_up([("E1", "Ash 001A", "Mid", "Ashshire")])
    bare = Areas(areas.frame.assign(area_name=["E1"]), "2021")
    assert area_labels(bare, authorities, PLACES)["area_label"].tolist() == ["Old Town A, Mid"]


def test_case_37_a_hostile_name_stays_the_text_it_is() -> None:
    """Escaping belongs to the page; a label changes nothing and breaks on nothing."""
    name = "<img src=x onerror=alert(1)> `${1}`"
    areas, authorities = made_up([("E1", name, "</script>", "javascript:")])
    labels = area_labels(areas, authorities, None)
    assert labels["area_label"].tolist() == [f"{name}, </script>"]


def test_place_names_are_read(tmp_path: Path) -> None:
    (tmp_path / "names.csv").write_text(
        "MSOA21CD,MSOA21NM,MSOA21HCLNM,LADCD_ACTIVE\nM1,Ash 001,Old Town,L1\nM2,Ash 002,,L1\n"
    )
    assert read_place_names(tmp_path / "names.csv").to_dict() == {"Ash 001": "Old Town"}
    (tmp_path / "twice.csv").write_text(
        "MSOA21CD,MSOA21NM,MSOA21HCLNM\nM1,Ash 001,Old Town\nM2,Ash 001,New Town\n"
    )
    with pytest.raises(InputError, match=r"twice\.csv:3: MSOA21HCLNM: 'Ash 001' has two names"):
        read_place_names(tmp_path / "twice.csv")


@pytest.fixture(scope="module")
def national(real_data: Path) -> pd.DataFrame:
    areas = read_areas(real_data / "boundaries" / "LSOA_2021_EW_BSC.gpkg", shown_as="national")
    wards = real_data / "lookups" / "LSOA21_to_WD24_to_LAD24_EW.csv"
    places = read_place_names(real_data / "lookups" / "MSOA21_House_of_Commons_Library_names.csv")
    return area_labels(areas, read_authorities(wards, None), places)


@pytest.mark.real_data
def test_labels_are_unique_in_dorset(national: pd.DataFrame) -> None:
    """METHODS 9: 48 place names cover 223 areas."""
    dorset = national[national["lad_code"] == "E06000059"]
    assert len(dorset) == 223
    assert dorset["place_name"].nunique() == 48
    assert dorset["area_label"].is_unique
    both = national[national["lad_code"].isin(["E06000058", "E06000059"])]
    assert len(both) == 463
    assert both["area_label"].is_unique


@pytest.mark.real_data
def test_labels_are_unique_in_england_and_wales(national: pd.DataFrame) -> None:
    assert len(national) == 35_672
    assert national["area_label"].is_unique
    assert (national["place_name"] != "").all()
    # Every area found its larger area among the names: no label falls back on a number.
    assert not national["place_name"].str.contains(r"\d{3}$").any()
