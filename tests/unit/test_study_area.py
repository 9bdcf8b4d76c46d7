"""Authorities, study areas and rings: METHODS 1."""

from __future__ import annotations

import zipfile
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from shapely.geometry import box

from spatial.authorities import Authorities, force_slug, read_authorities
from spatial.boundaries import Areas, read_areas
from spatial.contiguity import contiguity
from spatial.errors import InputError
from spatial.study_area import StudyArea, choose_lads, study_area
from spatial.weights import Neighbours

# Two authorities of one force, one of them in two partnerships; a third of another force.
WARDS = """LSOA21CD,LSOA21NM,LSOA21NMW,WD24CD,WD24NM,WD24NMW,LAD24CD,LAD24NM,LAD24NMW,ObjectId
Q1,A 001A,,W1,West,,E06900001,Ashshire,,1
Q2,A 001B,,W1,West,,E06900001,Ashshire,,2
Q3,B 001A,,W2,Mid,,E06900002,Birchton,,3
Q4,B 001B,,W2,Mid,,E06900002,Birchton,,4
Q5,C 001A,,W3,East,,E06900003,Cedarford,,5
Q6,C 001B,,W3,East,,E06900003,Cedarford,,6
"""
FORCES = """LAD24CD,LAD24NM,CSP24CD,CSP24NM,PFA24CD,PFA24NM
E06900001,Ashshire,E22900001,Ash,E23900001,Ash & Birch
E06900002,Birchton,E22900001,Ash,E23900001,Ash & Birch
E06900002,Birchton,E22900002,Birch,E23900001,Ash & Birch
E06900003,Cedarford,E22900003,Cedar,E23900002,Cedar Police
"""


def row_of_squares(codes: list[str]) -> Areas:
    frame = gpd.GeoDataFrame(
        {"area_name": codes},
        geometry=[box(1000 * n, 0, 1000 * (n + 1), 1000) for n in range(len(codes))],
        index=pd.Index(codes, name="area_code", dtype="str"),
        crs="EPSG:27700",
    )
    return Areas(frame, "2021")


@pytest.fixture
def authorities(tmp_path: Path) -> Authorities:
    (tmp_path / "wards.csv").write_text(WARDS)
    (tmp_path / "forces.csv").write_text(FORCES)
    return read_authorities(tmp_path / "wards.csv", tmp_path / "forces.csv")


@pytest.fixture
def areas() -> Areas:
    return row_of_squares([f"Q{n}" for n in range(1, 7)])


def test_authorities_hold_wards_forces_and_partnerships(authorities: Authorities) -> None:
    row = authorities.area_to_lad.loc["Q3"]
    assert row.to_dict() == {
        "area_name": "B 001A",
        "lad_code": "E06900002",
        "lad_name": "Birchton",
        "ward_code": "W2",
        "ward_name": "Mid",
    }
    assert authorities.force.loc["E06900001"].tolist() == [
        "E23900001",
        "Ash & Birch",
        "ash-and-birch",
    ]
    assert len(authorities.force) == 3
    assert len(authorities.partnerships) == 4
    assert authorities.area_forces()["Q5"] == "cedar-police"


def test_editions_of_other_years_are_read(tmp_path: Path, authorities: Authorities) -> None:
    (tmp_path / "w25.csv").write_text(WARDS.replace("WD24", "WD25").replace("LAD24", "LAD25"))
    (tmp_path / "f23.csv").write_text(FORCES.replace("24", "23"))
    later = read_authorities(tmp_path / "w25.csv", tmp_path / "f23.csv")
    assert later.area_to_lad.equals(authorities.area_to_lad)
    assert later.force.equals(authorities.force)


def test_without_a_force_lookup_no_area_has_a_force(tmp_path: Path, areas: Areas) -> None:
    (tmp_path / "wards.csv").write_text(WARDS)
    alone = read_authorities(tmp_path / "wards.csv", None)
    assert alone.area_forces() == {}
    assert choose_lads("E06900001", alone, areas) == ("E06900001",)


def test_faults_of_both_lookups_are_shown_together(tmp_path: Path) -> None:
    (tmp_path / "wards.csv").write_text(WARDS + "Q1,A 001A,,W1,West,,E06900003,Cedarford,,7\n")
    forces = FORCES.replace("Birch,E23900001", "Birch,E23900002")
    (tmp_path / "forces.csv").write_text(forces)
    with pytest.raises(InputError) as caught:
        read_authorities(tmp_path / "wards.csv", tmp_path / "forces.csv")
    text = str(caught.value)
    assert "wards.csv:8: LSOA21CD: area code is there twice" in text
    assert "forces.csv:3: PFA24CD: local authority has more than one police force" in text
    assert "forces.csv:4: PFA24CD: local authority has more than one police force" in text


def test_a_missing_column_is_named_whatever_its_year(tmp_path: Path) -> None:
    (tmp_path / "wards.csv").write_text(WARDS.replace("WD24CD", "WARD"))
    with pytest.raises(InputError, match=r"wards\.csv:1: WDCD: no column WD24CD \(of any year\)"):
        read_authorities(tmp_path / "wards.csv", None)


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Avon and Somerset", "avon-and-somerset"),
        ("Devon & Cornwall", "devon-and-cornwall"),
        ("Metropolitan Police", "metropolitan"),
        ("London, City of", "city-of-london"),
        ("Dyfed-Powys", "dyfed-powys"),
        ("West Midlands", "west-midlands"),
        ("Dorset", "dorset"),
    ],
)
def test_slugs_are_those_of_the_file_names(name: str, slug: str) -> None:
    assert force_slug(name) == slug


@pytest.mark.parametrize(
    ("text", "lads"),
    [
        ("E06900001", ["E06900001"]),
        ("E06900003, e06900001", ["E06900001", "E06900003"]),
        ("E06900001,E06900001", ["E06900001"]),
        ("E23900001", ["E06900001", "E06900002"]),
        ("all", ["E06900001", "E06900002", "E06900003"]),
        (" ALL ", ["E06900001", "E06900002", "E06900003"]),
    ],
)
def test_what_area_may_be(
    authorities: Authorities, areas: Areas, text: str, lads: list[str]
) -> None:
    assert choose_lads(text, authorities, areas) == tuple(lads)


def test_a_partnership_is_refused_with_its_authorities(
    authorities: Authorities, areas: Areas
) -> None:
    with pytest.raises(
        InputError,
        match=r"E22900001 is a community safety partnership .*: "
        r"E06900001 \(Ashshire\), E06900002 \(Birchton\)$",
    ):
        choose_lads("E22900001", authorities, areas)
    with pytest.raises(InputError, match="E22999999 is the code of a community safety partnership"):
        choose_lads("E22999999", authorities, areas)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("E06900009", r"did you mean E0690000\d \("),
        ("ashshire", "is a name; its code is E06900001"),
        ("W1", "W1 is smaller than a local authority"),
        ("Q1", "Q1 is smaller than a local authority"),
        ("", "is empty"),
        ("zzz", "'ZZZ' is not a local authority or a police force area$"),
    ],
)
def test_what_area_may_not_be(
    authorities: Authorities, areas: Areas, text: str, message: str
) -> None:
    with pytest.raises(InputError, match=message) as caught:
        choose_lads(text, authorities, areas)
    assert caught.value.faults[0].field == "area"


def test_every_wrong_code_is_named(authorities: Authorities, areas: Areas) -> None:
    with pytest.raises(InputError) as caught:
        choose_lads("E22900001,zzz,W1", authorities, areas)
    assert len(caught.value.faults) == 3


def test_an_authority_that_is_there_in_part_is_refused(authorities: Authorities) -> None:
    part = row_of_squares(["Q1", "Q2", "Q3"])
    assert choose_lads("all", authorities, part) == ("E06900001", "E06900002")
    with pytest.raises(InputError, match=r"hold 1 of the 2 areas of E06900002 \(Birchton\)"):
        choose_lads("E23900001", authorities, part)
    with pytest.raises(InputError, match=r"hold no area of E06900003 \(Cedarford\)"):
        choose_lads("E06900003", authorities, part)


def test_another_census_is_named(authorities: Authorities) -> None:
    with pytest.raises(InputError, match="share no area code"):
        choose_lads("all", authorities, row_of_squares(["Z1", "Z2"]))


def neighbours(areas: Areas) -> Neighbours:
    return contiguity(areas.frame)


def test_the_contiguous_ring_touches(authorities: Authorities, areas: Areas) -> None:
    graph = neighbours(areas)
    middle = study_area(areas, authorities, ["E06900002"], ring="contiguous", neighbours=graph)
    assert middle == StudyArea(("E06900002",), ("Q3", "Q4"), ("Q2", "Q5"))
    assert middle.all_codes == ("Q2", "Q3", "Q4", "Q5")
    west = study_area(areas, authorities, ["E06900001"], ring="contiguous", neighbours=graph)
    assert west.ring == ("Q3",)


def test_no_ring_and_a_ring_in_metres(authorities: Authorities, areas: Areas) -> None:
    assert study_area(areas, authorities, ["E06900001"], ring="none").ring == ()
    for metres, ring in [(0.5, ("Q3",)), (999, ("Q3",)), (1001, ("Q3", "Q4")), (9e5, None)]:
        found = study_area(areas, authorities, ["E06900001"], ring=float(metres)).ring
        assert found == (ring or ("Q3", "Q4", "Q5", "Q6"))


@pytest.mark.parametrize("ring", ["wide", -5.0, 0.0, float("nan"), float("inf"), True])
def test_a_ring_without_meaning_is_refused(
    authorities: Authorities, areas: Areas, ring: object
) -> None:
    with pytest.raises(InputError, match="is not a ring"):
        study_area(areas, authorities, ["E06900001"], ring=ring)


def test_a_contiguous_ring_needs_neighbours(authorities: Authorities, areas: Areas) -> None:
    with pytest.raises(InputError, match="needs the neighbours"):
        study_area(areas, authorities, ["E06900001"], ring="contiguous")


def test_an_authority_without_areas_is_refused(authorities: Authorities, areas: Areas) -> None:
    with pytest.raises(InputError, match="hold no area of E06900009"):
        study_area(areas, authorities, ["E06900009"], ring="none")


@pytest.fixture(scope="module")
def real_areas(real_data: Path) -> Areas:
    path = real_data / "boundaries" / "LSOA_2021_Dorset_and_neighbours_BGC.gpkg"
    return read_areas(path, shown_as=path.name)


@pytest.fixture(scope="module")
def real_authorities(real_data: Path) -> Authorities:
    lookups = real_data / "lookups"
    return read_authorities(
        lookups / "LSOA21_to_WD24_to_LAD24_EW.csv", lookups / "LAD24_to_CSP24_to_PFA24_EW.csv"
    )


@pytest.mark.real_data
def test_dorset_and_its_force_area(real_areas: Areas, real_authorities: Authorities) -> None:
    """METHODS 1: 223 areas, 463 with BCP; a ring of 5 km takes in 313, 201 of them in BCP."""
    dorset = choose_lads("E06000059", real_authorities, real_areas)
    assert len(study_area(real_areas, real_authorities, dorset, ring="none").codes) == 223
    force = choose_lads("E23000039", real_authorities, real_areas)
    assert force == ("E06000058", "E06000059")
    assert len(study_area(real_areas, real_authorities, force, ring="none").codes) == 463
    wide = study_area(real_areas, real_authorities, dorset, ring=5000.0)
    assert len(wide.ring) == 313
    lads = real_authorities.area_to_lad["lad_code"].loc[list(wide.ring)]
    assert (lads == "E06000058").sum() == 201


@pytest.mark.real_data
def test_the_contiguous_ring_is_that_of_no_distance(
    real_areas: Areas, real_authorities: Authorities
) -> None:
    """Two ways to the same ring: shared corners, and polygons a millimetre apart."""
    touching = study_area(
        real_areas,
        real_authorities,
        ["E06000059"],
        ring="contiguous",
        neighbours=neighbours(real_areas),
    )
    near = study_area(real_areas, real_authorities, ["E06000059"], ring=0.001)
    assert touching.ring == near.ring
    assert not set(touching.ring) & set(touching.codes)


@pytest.mark.real_data
def test_the_dorset_partnership_is_refused(
    real_areas: Areas, real_authorities: Authorities
) -> None:
    with pytest.raises(InputError, match=r"E06000058 \(Bournemouth.*\), E06000059 \(Dorset\)$"):
        choose_lads("E22000367", real_authorities, real_areas)
    assert real_authorities.partnerships["lad_code"].nunique() == 318
    assert len(real_authorities.partnerships) == 332
    assert len(real_authorities.force) == 318


@pytest.mark.real_data
def test_the_slugs_are_those_of_data_police_uk(
    real_data: Path, real_authorities: Authorities
) -> None:
    with zipfile.ZipFile(real_data / "incidents" / "england-wales-2025-q2.zip") as file:
        published = {
            name.rpartition("/")[2][8:].removesuffix("-street.csv") for name in file.namelist()
        }
    slugs = set(real_authorities.force["slug"])
    assert published - slugs == {"northern-ireland"}
    # Missing in this quarter, under the names they have in other months.
    assert slugs - published == {
        "greater-manchester",
        "metropolitan",
        "west-midlands",
        "west-yorkshire",
    }
