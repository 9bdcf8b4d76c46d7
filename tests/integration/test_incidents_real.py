"""The real files, against the figures of the data folder's README (counted apart from our code).

Contains public sector information licensed under the Open Government Licence v3.0.
"""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
import zipfile
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from spatial.authorities import read_authorities
from spatial.boundaries import Areas, read_areas
from spatial.crosswalk import Crosswalk, read_crosswalk
from spatial.incident_sources import IncidentSource
from spatial.incidents import Incidents, read_incidents
from spatial.period import Period
from spatial.study_area import StudyArea

pytestmark = pytest.mark.real_data

DORSET, BCP = "E06000059", "E06000058"
PERIOD = Period("2025-01", "2025-06")


@pytest.fixture(scope="module")
def areas(real_data: Path) -> Areas:
    name = "boundaries/LSOA_2021_Dorset_and_neighbours_BGC.gpkg"
    return read_areas(real_data / name, shown_as=name)


@pytest.fixture(scope="module")
def crosswalk(real_data: Path) -> Crosswalk:
    return read_crosswalk(real_data / "lookups/LSOA11_to_LSOA21_to_LAD22_EW.csv")


@pytest.fixture(scope="module")
def lad_of(real_data: Path) -> pd.Series:
    authorities = read_authorities(real_data / "lookups/LSOA21_to_WD24_to_LAD24_EW.csv", None)
    return authorities.area_to_lad["lad_code"]


def study_of(areas: Areas, lad_of: pd.Series, lads: tuple[str, ...]) -> StudyArea:
    lad = lad_of.reindex(areas.codes)
    return StudyArea(lads, tuple(lad.index[lad.isin(lads)]), ())


def read(
    real_data: Path,
    names: list[str],
    areas: Areas,
    study: StudyArea,
    crosswalk: Crosswalk,
    *,
    period: Period = PERIOD,
    forces: dict[str, str] | None = None,
) -> Incidents:
    return read_incidents(
        [IncidentSource(real_data / "incidents" / name, f"incidents/{name}") for name in names],
        areas=areas,
        study=study,
        period=period,
        crosswalk=crosswalk,
        forces=forces,
        points_within_m=2_000.0,
    )


@pytest.fixture(scope="module")
def dorset(
    real_data: Path, areas: Areas, lad_of: pd.Series, crosswalk: Crosswalk
) -> tuple[Incidents, StudyArea]:
    study = study_of(areas, lad_of, (DORSET, BCP))
    return read(real_data, ["dorset.zip"], areas, study, crosswalk), study


def test_the_ledger_of_dorset_splits_as_the_readme_says(
    dorset: tuple[Incidents, StudyArea], lad_of: pd.Series
) -> None:
    incidents, study = dorset
    assert len(study.codes) == 463
    six = {
        file.rsplit("/", 1)[1][:7]: rows
        for file, rows in incidents.ledger.rows_in.items()
        if "/2025-" in file
    }
    assert six == {
        "2025-01": 4_156,
        "2025-02": 4_146,
        "2025-03": 4_759,
        "2025-04": 4_873,
        "2025-05": 5_253,
        "2025-06": 4_985,
    }
    rows = incidents.ledger.rows
    inside = rows[rows["month"].between("2025-01", "2025-06")]
    assert inside.groupby("reason")["rows"].sum().to_dict() == {
        "used": 28_075,
        "outside": 7,
        "unlocated": 89,
        "superseded": 1,
    }
    assert inside["rows"].sum() == 28_172
    by_lad = incidents.counts.groupby(incidents.counts["area_code"].map(lad_of))["n"].sum()
    assert by_lad.to_dict() == {DORSET: 10_514, BCP: 17_561}
    assert incidents.ledger.quarantine.empty
    superseded = rows[rows["reason"] == "superseded"]
    assert superseded["file"].tolist() == ["incidents/dorset.zip!2025-03/2025-03-dorset-street.csv"]


def test_other_months_of_the_zip_are_outside_the_period(
    dorset: tuple[Incidents, StudyArea],
) -> None:
    rows = dorset[0].ledger.rows
    early = rows[rows["month"] < "2025"]
    assert set(early["reason"]) == {"outside_period"}
    assert early["rows"].sum() == 81_967 - 28_172
    assert early["month"].nunique() == 10


def test_vintages_are_told_from_the_codes(dorset: tuple[Incidents, StudyArea]) -> None:
    for file in dorset[0].files:
        assert file.vintage == ("2011" if file.month < "2024" else "2021"), file.month


def test_anti_social_behaviour_and_map_points(dorset: tuple[Incidents, StudyArea]) -> None:
    incidents, _ = dorset
    total = incidents.force_totals.groupby("category")["n"].sum()
    assert total["anti_social_behaviour"] == 6_587
    assert total.sum() == 28_171
    assert incidents.unlocated["unlocated"].sum() == 89
    assert incidents.map_points["events"].iloc[0] == 199
    assert incidents.code_disagreement == pytest.approx(0.035, abs=0.0005)
    # The README counts the points of all located rows; 7 rows lie elsewhere.
    assert 6_234 - 7 <= len(incidents.points.drop_duplicates(["x", "y"])) <= 6_234


def test_counts_equal_those_of_a_plain_reader(
    dorset: tuple[Incidents, StudyArea], real_data: Path
) -> None:
    incidents, study = dorset
    ours, seen = set(study.codes), {}
    events: list[tuple[str, str, str]] = []
    with zipfile.ZipFile(real_data / "incidents/dorset.zip") as archive:
        for name in sorted(archive.namelist()):
            if not name.startswith("2025-"):
                continue
            with archive.open(name) as raw:
                for row in csv.DictReader(io.TextIOWrapper(raw, "utf-8", newline="")):
                    if row["Crime ID"]:
                        seen[row["Crime ID"]] = row
                    elif row["LSOA code"] in ours and row["Longitude"]:
                        events.append((row["LSOA code"], row["Month"], row["Crime type"]))
    events += [
        (row["LSOA code"], row["Month"], row["Crime type"])
        for row in seen.values()
        if row["LSOA code"] in ours and row["Longitude"]
    ]
    expected = Counter(
        (code, month, kind.lower().replace(" ", "_").replace("-", "_"))
        for code, month, kind in events
    )
    frame = incidents.counts
    keys = zip(frame["area_code"], frame["month"], frame["category"], strict=True)
    assert dict(zip(keys, frame["n"].tolist(), strict=True)) == dict(expected)


def test_files_of_2011_codes_are_mapped_onto_areas_of_2021(
    real_data: Path, areas: Areas, lad_of: pd.Series, crosswalk: Crosswalk
) -> None:
    study = study_of(areas, lad_of, (DORSET,))
    period = Period("2018-10", "2021-02")
    incidents = read(real_data, ["dorset.zip"], areas, study, crosswalk, period=period)
    assert incidents.ledger.quarantine.empty
    split = ["E01034372", "E01034373", "E01034374", "E01034375", "E01034378"]
    assert set(split) <= set(incidents.counts["area_code"])
    # Rows of Dorset by the published lookup, split areas and merged ones taken as wholes.
    frame = crosswalk.frame
    old = set(frame.loc[frame["LSOA21CD"].isin(study.codes), "LSOA11CD"])
    plain = 0
    winners: dict[str, dict[str, str]] = {}

    def weight(row: dict[str, str]) -> tuple[str, bool, str]:
        return row["Month"], bool(row["Longitude"]), row["LSOA code"]

    with zipfile.ZipFile(real_data / "incidents/dorset.zip") as archive:
        for name in archive.namelist():
            if name[:4] not in {"2018", "2019", "2021"}:
                continue
            with archive.open(name) as raw:
                for row in csv.DictReader(io.TextIOWrapper(raw, "utf-8", newline="")):
                    if row["Crime ID"]:
                        best = max(winners.get(row["Crime ID"], row), row, key=weight)
                        winners[row["Crime ID"]] = best
                    else:
                        plain += row["LSOA code"] in old and bool(row["Longitude"])
    known = sum(row["LSOA code"] in old and bool(row["Longitude"]) for row in winners.values())
    assert incidents.ledger.totals()["used"] == plain + known


def test_a_gap_in_the_neighbours_files_is_no_data(
    real_data: Path, areas: Areas, lad_of: pd.Series, crosswalk: Crosswalk
) -> None:
    lookups = real_data / "lookups"
    authorities = read_authorities(
        lookups / "LSOA21_to_WD24_to_LAD24_EW.csv", lookups / "LAD24_to_CSP24_to_PFA24_EW.csv"
    )
    slug = authorities.force["slug"]
    lads = lad_of.reindex(areas.codes)
    forces = {code: slug[lad] for code, lad in lads.items() if lad in slug.index}
    study = study_of(areas, lad_of, (DORSET,))
    others = tuple(code for code in areas.codes if code not in set(study.codes))
    study = StudyArea(study.lads, study.codes, others)
    names = ["dorset.zip", "neighbours-2025-h1.zip"]
    incidents = read(real_data, names, areas, study, crosswalk, forces=forces)
    somerset = [code for code in study.all_codes if forces[code] == "avon-and-somerset"]
    rest = [code for code in study.all_codes if forces[code] != "avon-and-somerset"]
    assert somerset
    assert incidents.covered.loc[rest].to_numpy().all()
    covered = incidents.covered.loc[somerset].to_numpy()
    assert np.array_equal(covered, np.tile([True] * 4 + [False] * 2, (len(somerset), 1)))
    said = "avon-and-somerset: no rows for 2025-05, 2025-06: no data, not zero"
    assert said in incidents.warnings


def test_the_order_of_rows_of_real_files_changes_nothing(
    dorset: tuple[Incidents, StudyArea],
    real_data: Path,
    areas: Areas,
    crosswalk: Crosswalk,
    tmp_path: Path,
) -> None:
    incidents, study = dorset
    rng = np.random.default_rng(5)
    with zipfile.ZipFile(real_data / "incidents/dorset.zip") as archive:
        for name in archive.namelist():
            if name.startswith("2025-"):
                header, *lines = archive.read(name).splitlines(keepends=True)
                rng.shuffle(lines)
                (tmp_path / Path(name).name).write_bytes(header + b"".join(lines))
    shuffled = read_incidents(
        [IncidentSource(tmp_path, "incidents/shuffled")],
        areas=areas,
        study=study,
        period=PERIOD,
        crosswalk=crosswalk,
        forces=None,
        points_within_m=2_000.0,
    )
    pd.testing.assert_frame_equal(incidents.counts, shuffled.counts)
    pd.testing.assert_frame_equal(incidents.points, shuffled.points)
    pd.testing.assert_frame_equal(incidents.map_points, shuffled.map_points)


NATIONAL = """
import json, resource, sys
from pathlib import Path
from spatial.boundaries import read_areas
from spatial.crosswalk import read_crosswalk
from spatial.incident_sources import IncidentSource
from spatial.incidents import read_incidents
from spatial.period import Period
from spatial.study_area import StudyArea

data = Path(sys.argv[1])
name = "boundaries/LSOA_2021_Dorset_and_neighbours_BGC.gpkg"
areas = read_areas(data / name, shown_as=name)
zipped = "incidents/england-wales-2025-q2.zip"
incidents = read_incidents(
    [IncidentSource(data / zipped, zipped)], areas=areas, study=StudyArea((), areas.codes, ()),
    period=Period("2025-04", "2025-06"),
    crosswalk=read_crosswalk(data / "lookups/LSOA11_to_LSOA21_to_LAD22_EW.csv"),
    forces=None,
    points_within_m=0.0,
)
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
rows_in = sum(incidents.ledger.rows_in.values())
print(json.dumps({"peak_kib": peak, "rows": rows_in, **incidents.ledger.totals()}))
"""


def test_a_million_rows_are_accounted_for_in_little_memory(real_data: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", NATIONAL, str(real_data)],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).resolve().parents[2],
    )
    found = json.loads(done.stdout.splitlines()[-1])
    peak = found.pop("peak_kib")
    # 1,045,603 lines, of which 118 are headers; 35,529 rows of Northern Ireland have no code,
    # of which 374 have no location either.
    assert found.pop("rows") == 1_045_603 - 118 == sum(found.values())
    assert found["outside_period"] == 0
    assert found["unlocated"] + found["superseded"] + found["outside"] + found["used"] == 1_045_485
    assert peak < 1_500_000
