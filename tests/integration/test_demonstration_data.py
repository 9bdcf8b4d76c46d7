"""The demonstration county: made again to equal bytes, small, invented, in official formats."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import sys
import zipfile
from collections import Counter
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

IMD_AREAS = 33_755
IMD_WEIGHTS = {
    "Income": 0.225,
    "Employment": 0.225,
    "Education, Skills and Training": 0.135,
    "Health Deprivation and Disability": 0.135,
    "Crime": 0.093,
    "Barriers to Housing and Services": 0.093,
    "Living Environment": 0.093,
}
MADE_UP_CODE = re.compile(r"E(01|02|05|06|22|23)99\d{4}")
ANY_CODE = re.compile(r"\b[EWSNKJ]\d{8}\b")
BOUNDARIES = "boundaries/LSOA_2021_Wessmouth_BGC.gpkg"


@pytest.fixture(scope="module")
def data(repository: Path) -> Path:
    return repository / "data"


@pytest.fixture(scope="module")
def files(data: Path) -> list[Path]:
    """The data files: neither scripts nor their leavings nor READMEs."""
    return sorted(
        path
        for path in data.rglob("*")
        if path.suffix in {".csv", ".zip", ".gpkg", ".json"} and "__pycache__" not in path.parts
    )


@pytest.fixture(scope="module")
def truths(data: Path) -> dict:
    return json.loads((data / "planted-truths.json").read_text())


@pytest.fixture(scope="module")
def areas(data: Path) -> gpd.GeoDataFrame:
    return gpd.read_file(data / BOUNDARIES)


@pytest.fixture(scope="module")
def members(data: Path) -> dict[str, list[dict[str, str]]]:
    with zipfile.ZipFile(data / "incidents/wessmouth.zip") as archive:
        return {
            name: list(csv.DictReader(io.StringIO(archive.read(name).decode())))
            for name in archive.namelist()
        }


def table(data: Path, name: str) -> pd.DataFrame:
    return pd.read_csv(data / name)


def script(data: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(data / "make_demonstration.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_is_what_the_script_makes_and_makes_to_equal_bytes(
    data: Path, files: list[Path], tmp_path: Path
) -> None:
    """Two makings are equal bytes, and so are the committed text files.

    The committed zip and GeoPackage may have been written by another zlib, SQLite or GDAL: the
    next test compares them by what they hold.
    """
    for folder in ("one", "two"):
        done = script(data, "--to", str(tmp_path / folder))
        assert done.returncode == 0, done.stderr
    made = {p.relative_to(data).as_posix() for p in files}
    for name in sorted(made):
        one, two = ((tmp_path / folder / name).read_bytes() for folder in ("one", "two"))
        assert one == two, name
        if name.endswith((".csv", ".json")):
            assert one == (data / name).read_bytes(), name
    written = {
        p.relative_to(tmp_path / "one").as_posix()
        for p in (tmp_path / "one").rglob("*")
        if p.is_file()
    }
    assert made == written, "a data file that the script does not make, or the reverse"


def test_check_finds_the_changed_file_and_no_other(
    data: Path, files: list[Path], tmp_path: Path
) -> None:
    for path in files:
        copy = tmp_path / path.relative_to(data)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())
    census = tmp_path / "population/census2021-ts001-lsoa.csv"
    census.write_text(census.read_text().replace(",118\n", ",119\n"))
    done = script(data, "--check", "--to", str(tmp_path))
    assert done.returncode == 1
    assert done.stdout.splitlines() == [
        "population/census2021-ts001-lsoa.csv: not what make_demonstration.py makes"
    ]


def test_is_under_three_megabytes(files: list[Path]) -> None:
    assert sum(path.stat().st_size for path in files) < 3_000_000


def test_holds_no_code_of_a_real_area(
    data: Path, files: list[Path], members: dict[str, list[dict[str, str]]]
) -> None:
    text = "".join(p.read_text() for p in files if p.suffix in {".csv", ".json"})
    text += " ".join(row["LSOA code"] for rows in members.values() for row in rows)
    text += " ".join(gpd.read_file(data / BOUNDARIES)["LSOA21CD"])
    codes = set(ANY_CODE.findall(text))
    assert len(codes) > 150
    assert [code for code in sorted(codes) if not MADE_UP_CODE.fullmatch(code)] == []


@pytest.mark.real_data
def test_no_real_table_has_its_codes_or_land(real_data: Path, areas: gpd.GeoDataFrame) -> None:
    real = pd.read_csv(real_data / "lookups/LSOA21_to_WD24_to_LAD24_EW.csv", dtype=str)
    assert not real["LSOA21CD"].str.startswith("E0199").any()
    assert not set(real["LAD24NM"]) & {"Wessmouth", "Harrowdown"}
    land = gpd.read_file(real_data / "boundaries/LSOA_2021_EW_BSC.gpkg")
    hull = shapely.box(*areas.total_bounds)
    assert not land.intersects(hull).any()


def test_says_that_it_is_made_up(data: Path) -> None:
    for name in ("README.md", "boundaries/README.md", "incidents/README.md"):
        assert "made-up" in (data / name).read_text()
    assert "MADE UP" in (data / "make_demonstration.py").read_text()


def test_readme_states_the_planted_codes_and_row_counts(data: Path, truths: dict) -> None:
    readme = (data / "README.md").read_text()
    wanted = [*truths["cluster"], truths["island"], truths["few_events"]["area"]]
    wanted += [truths["hidden_violence"], truths["artefact"]["area"]]
    assert [code for code in wanted if code not in readme] == []
    assert f"{truths['unlocated']} rows of 2025" in readme
    for line in readme.splitlines():
        found = re.match(r"\| (\S+\.csv) \|.*\| ([\d,]+) \|$", line)
        if found:
            rows = len(pd.read_csv(data / found[1]))
            assert rows == int(found[2].replace(",", "")), found[1]
    assert f"| {sum(truths['rows'].values()):,} |" in readme


def test_boundaries_are_a_valid_coverage_at_sea(areas: gpd.GeoDataFrame, truths: dict) -> None:
    assert areas.crs == "EPSG:27700"
    assert list(areas.columns) == ["LSOA21CD", "LSOA21NM", "geometry"]
    assert areas.geometry.geom_type.unique().tolist() == ["MultiPolygon"]
    assert len(areas) == areas["LSOA21CD"].nunique() == areas["LSOA21NM"].nunique() == 120
    assert areas.geometry.is_valid.all()
    assert shapely.coverage_is_valid(areas.geometry.to_numpy())
    low_x, low_y, high_x, high_y = areas.total_bounds
    assert 308_000 < low_x < high_x < 352_000
    assert 10_000 < low_y < high_y < 47_000, "Portland Bill is at northing 68,000"
    touching = areas.sindex.query(areas.geometry, predicate="intersects")
    neighbours = Counter(i for i, j in touching.T if i != j)
    alone = [code for i, code in enumerate(areas["LSOA21CD"]) if i not in neighbours]
    assert alone == [truths["island"]]


def test_areas_are_small_in_towns_and_large_in_the_country(
    data: Path, areas: gpd.GeoDataFrame
) -> None:
    rural = table(data, "rurality/RUC_2021_of_LSOAs.csv")["Urban_rural_flag"] == "Rural"
    km2 = areas.area / 1e6
    assert km2[~rural].median() < 1.5
    assert km2[rural].median() > 8
    assert 40 <= rural.sum() <= 60


def test_tables_have_the_published_columns_and_every_area_once(
    data: Path, areas: gpd.GeoDataFrame
) -> None:
    codes = areas["LSOA21CD"].tolist()
    wards = table(data, "lookups/LSOA21_to_WD24_to_LAD24.csv")
    assert list(wards) == ["LSOA21CD", "LSOA21NM", "WD24CD", "WD24NM", "LAD24CD", "LAD24NM"]
    assert wards["LSOA21CD"].tolist() == codes
    assert wards.groupby("LAD24CD").size().to_dict() == {"E06990001": 80, "E06990002": 40}
    assert wards.groupby("WD24CD")["WD24NM"].nunique().max() == 1
    assert wards["LSOA21NM"].str.fullmatch(r"(Wessmouth|Harrowdown) \d{3}[A-H]").all()
    ruc = table(data, "rurality/RUC_2021_of_LSOAs.csv")
    assert list(ruc) == ["LSOA21CD", "LSOA21NM", "RUC21CD", "RUC21NM", "Urban_rural_flag"]
    assert ruc["LSOA21CD"].tolist() == codes
    census = table(data, "population/census2021-ts001-lsoa.csv")
    assert list(census) == [
        "date",
        "geography",
        "geography code",
        "Residence type: Total; measures: Value",
    ]
    assert census["geography code"].tolist() == codes
    residents = census.iloc[:, -1]
    assert residents.min() == 118
    assert residents[residents != 118].between(1000, 3000).all()
    places = table(data, "lookups/MSOA21_place_names.csv")
    assert list(places) == ["MSOA21CD", "MSOA21NM", "MSOA21HCLNM", "LADCD_ACTIVE", "LADNM_ACTIVE"]
    assert set(areas["LSOA21NM"].str[:-1]) == set(places["MSOA21NM"])
    assert places["MSOA21HCLNM"].is_unique


def test_partnerships_are_many_to_many(data: Path) -> None:
    lookup = table(data, "lookups/LAD24_to_CSP24_to_PFA24.csv")
    assert list(lookup) == ["LAD24CD", "LAD24NM", "CSP24CD", "CSP24NM", "PFA24CD", "PFA24NM"]
    assert lookup["LAD24CD"].duplicated().any()
    assert lookup["CSP24CD"].duplicated().any()
    assert set(lookup["PFA24CD"]) == {"E23990001"}


def test_change_lookup_has_one_split_and_one_merger(data: Path, truths: dict) -> None:
    changes = table(data, "lookups/LSOA11_to_LSOA21_to_LAD22.csv")
    assert changes["CHGIND"].value_counts().to_dict() == {"U": 117, "S": 2, "M": 2}
    split = changes[changes["CHGIND"] == "S"].groupby("LSOA11CD")["LSOA21CD"].apply(list)
    assert split.to_dict() == truths["split"]
    merged = changes[changes["CHGIND"] == "M"].groupby("LSOA21CD")["LSOA11CD"].apply(list)
    assert merged.to_dict() == truths["merged"]
    same = changes[changes["CHGIND"] == "U"]
    assert (same["LSOA11CD"] == same["LSOA21CD"]).all()


def test_imd_score_is_rebuilt_from_the_domain_ranks(data: Path) -> None:
    """The published formula (Indices of Deprivation technical report): METHODS, deprivation."""
    frame = table(data, "deprivation/IoD2025_File_7.csv")
    score = np.zeros(len(frame))
    for domain, weight in IMD_WEIGHTS.items():
        rank = frame[f"{domain} Rank (where 1 is most deprived)"].to_numpy()
        assert len(set(rank)) == len(rank)
        above = (IMD_AREAS - rank + 1) / IMD_AREAS
        score += weight * -23 * np.log(1 - above * (1 - np.exp(-100 / 23)))
    imd = "Index of Multiple Deprivation (IMD)"
    assert np.abs(score - frame[f"{imd} Score"]).max() < 0.001
    ranks = frame[f"{imd} Rank (where 1 is most deprived)"]
    assert ranks.corr(frame[f"{imd} Score"], method="spearman") == pytest.approx(-1.0)
    deciles = frame[f"{imd} Decile (where 1 is most deprived 10% of LSOAs)"]
    assert (deciles == np.ceil(ranks * 10 / IMD_AREAS)).all()


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("made_up", "real"),
    [
        (
            "deprivation/IoD2025_File_7.csv",
            "deprivation/File_7_IoD2025_Ranks_Scores_Deciles.csv",
        ),
        (
            "rurality/RUC_2021_of_LSOAs.csv",
            "rurality/Rural_Urban_Classification_(2021)_of_LSOAs_in_EW.csv",
        ),
        ("population/census2021-ts001-lsoa.csv", "population/census2021-ts001-lsoa.csv"),
        ("lookups/LSOA21_to_WD24_to_LAD24.csv", "lookups/LSOA21_to_WD24_to_LAD24_EW.csv"),
        ("lookups/LAD24_to_CSP24_to_PFA24.csv", "lookups/LAD24_to_CSP24_to_PFA24_EW.csv"),
        ("lookups/LSOA11_to_LSOA21_to_LAD22.csv", "lookups/LSOA11_to_LSOA21_to_LAD22_EW.csv"),
        ("lookups/MSOA21_place_names.csv", "lookups/MSOA21_House_of_Commons_Library_names.csv"),
    ],
)
def test_headers_are_those_of_the_real_file(
    data: Path, real_data: Path, made_up: str, real: str
) -> None:
    headers = []
    for path in (data / made_up, real_data / real):
        with path.open(encoding="utf-8-sig") as stream:
            headers.append(stream.readline().rstrip())
    assert headers[0] == headers[1]


def test_incident_zip_has_the_layout_and_columns_of_data_police_uk(
    data: Path, members: dict[str, list[dict[str, str]]], truths: dict
) -> None:
    months = [*truths["old_months"], *truths["months"]]
    assert list(members) == [f"{m}/{m}-wessmouth-street.csv" for m in months]
    assert len(truths["months"]) == 11
    assert truths["missing_month"] not in months
    assert 9_000 <= sum(len(rows) for rows in members.values()) <= 12_000
    for name, rows in members.items():
        assert ",".join(rows[0]) == (
            "Crime ID,Month,Reported by,Falls within,Longitude,Latitude,Location,LSOA code,"
            "LSOA name,Crime type,Last outcome category,Context"
        ), name
        assert all(
            (row["Crime type"] == "Anti-social behaviour") != bool(row["Crime ID"]) for row in rows
        )
        assert all(re.fullmatch(r"([0-9a-f]{64})?", row["Crime ID"]) for row in rows)
    with zipfile.ZipFile(data / "incidents/wessmouth.zip") as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(2026, 1, 1, 0, 0, 0)}


def test_points_are_few_and_lie_in_the_area_that_their_row_names(
    members: dict[str, list[dict[str, str]]], areas: gpd.GeoDataFrame, truths: dict
) -> None:
    rows = pd.DataFrame(
        [row for name, rows in members.items() if name[:7] in truths["months"] for row in rows]
    )
    rows = rows[rows["LSOA code"].str.startswith("E0199") & (rows["LSOA code"] != "E01999001")]
    points = rows[["Longitude", "Latitude", "LSOA code"]].drop_duplicates()
    assert 300 < len(points) < 800
    where = gpd.GeoDataFrame(
        points, geometry=gpd.points_from_xy(points["Longitude"], points["Latitude"]), crs=4326
    ).to_crs(27700)
    found = where.sjoin(areas, predicate="within")
    assert len(found) == len(points)
    assert (found["LSOA code"] == found["LSOA21CD"]).all()
    assert rows.groupby(["Longitude", "Latitude"]).size().max() < 0.05 * len(rows)


def test_old_files_use_2011_codes_and_new_ones_2021_codes(
    members: dict[str, list[dict[str, str]]], truths: dict
) -> None:
    old = {*truths["split"], *(code for codes in truths["merged"].values() for code in codes)}
    new = {*truths["merged"], *(code for codes in truths["split"].values() for code in codes)}
    for name, rows in members.items():
        codes = {row["LSOA code"] for row in rows}
        before = name[:7] in truths["old_months"]
        assert bool(codes & old) == before, name
        assert bool(codes & new) != before, name


def test_coast_is_busy_in_summer(members: dict[str, list[dict[str, str]]], truths: dict) -> None:
    coast = set(truths["coastal"])
    by_month = {
        name[:7]: sum(row["LSOA code"] in coast for row in rows) for name, rows in members.items()
    }
    inland = {
        name[:7]: sum(row["LSOA code"] not in coast for row in rows)
        for name, rows in members.items()
    }
    winter = np.mean([by_month["2025-01"], by_month["2025-02"], by_month["2025-12"]])
    assert by_month["2025-07"] > 1.7 * winter
    assert inland["2025-07"] < 1.35 * np.mean(
        [inland["2025-01"], inland["2025-02"], inland["2025-12"]]
    )


def test_violence_is_more_often_without_a_location(
    members: dict[str, list[dict[str, str]]], truths: dict
) -> None:
    rows = [row for name, rows in members.items() if name[:7] in truths["months"] for row in rows]
    blank = [row for row in rows if not row["LSOA code"]]
    assert len(blank) == truths["unlocated"]
    assert 0.005 < len(blank) / len(rows) < 0.02
    assert all(row["Location"] == "No Location" and not row["Longitude"] for row in blank)

    def violent(some: list[dict[str, str]]) -> float:
        return np.mean([row["Crime type"] == "Violence and sexual offences" for row in some])

    assert violent(blank) > 1.3 * violent(rows)


def test_extract_lies_in_the_county(data: Path, areas: gpd.GeoDataFrame) -> None:
    rows = table(data, "incidents/wessmouth-extract.csv")
    assert rows["crime_ref"].is_unique
    assert rows["date"].str.fullmatch(r"2025-0[1-6]-\d\d").all()
    located = rows.dropna(subset=["easting"])
    assert 0 < len(rows) - len(located) < 0.03 * len(rows)
    inside = shapely.contains_xy(
        areas.union_all(), located["easting"].to_numpy(), located["northing"].to_numpy()
    )
    assert inside.all()
