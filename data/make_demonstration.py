"""Make the demonstration county: every data file in this folder, from one fixed seed.

    python data/make_demonstration.py            write the files
    python data/make_demonstration.py --check    make them again elsewhere and compare

Wessmouth is MADE UP. Its land lies where open sea is, its codes (E01990001 ...) belong to no real
area, and its incidents never happened. It has the official formats so that the readers that real
files go through are exercised, and these planted truths, which tests look for in a run:

1. cluster: six areas of the town that touch, with raised violence, robbery and weapons crime, and
   deprived: they come out on top, High-High and flagged for SV01 and SV04;
2. few_events: a rural area whose rate is high on four crimes among 118 residents: never flagged;
3. missing_month: there is no file for 2025-08: it is not covered, and rates have 11 months;
4. unlocated: about 1 % of rows have no location, violence more often than the rest;
5. repeated_id: one Crime ID stands in 2025-03 and 2025-04: it counts once, in the later month;
6. seasonal coast: areas on the coast have twice as much crime in July as in winter;
7. island: one area off the coast has no neighbours: never a cluster;
8. outside: seven rows carry the code of an area outside the county;
9. quarantine: one row has its month written May-25, one has a misspelt crime type;
10. old codes: files of 2019-01 and 2019-02 carry LSOA 2011 codes, with one area that was split
    since and two that were merged;
11. other services: emergency department, ambulance and residents' reports are high in the cluster
    as well; counts under 5 of the first are hidden as `<5`, the second has no rows for 2025-03,
    the third has five rows that cannot be used and one of another year;
12. hidden violence: in one rural area emergency department and ambulance are high and police
    figures are not;
13. artefact: the list of artefacts names an area beside the cluster for its hospital: it ranks
    high and is never flagged. A second entry ended in 2024 and no longer counts.

`planted-truths.json` names the areas and the counts.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import sys
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyogrio
from demonstration_county import County, make_county
from demonstration_crime import (
    FEW_EVENTS,
    MISSING_MONTH,
    MONTHS,
    OLD_MONTHS,
    OUTSIDE_ROWS,
    REPEATED_IN,
    extract_rows,
    make_incidents,
    police_rows,
)  # fmt: skip
from demonstration_deprivation import deprivation_table
from demonstration_services import (
    AMBULANCE_GAP,
    ages_table,
    artefact_rows,
    hidden_area,
    hospital_area,
    service_tables,
)  # fmt: skip
from demonstration_tables import Plan, make_plan, tables

SEED = 20_261_122
POINTS_AN_AREA = 6
HERE = Path(__file__).resolve().parent
BOUNDARIES = "boundaries/LSOA_2021_Wessmouth_BGC.gpkg"
LAYER = "LSOA_2021_Wessmouth_BGC"
INCIDENTS = "incidents/wessmouth.zip"
EXTRACT = "incidents/wessmouth-extract.csv"
AGES = "population/mid-2024-single-year-of-age.csv"
ARTEFACTS = "artefacts/artefacts.csv"
TRUTHS = "planted-truths.json"
FIXED_DATE = "2026-01-01T00:00:00.000Z"


def make(folder: Path) -> list[str]:
    """Write every file of the demonstration county below `folder`; return their names."""
    stages = [np.random.default_rng(s) for s in np.random.SeedSequence(SEED).spawn(8)]
    county = make_county(stages[0])
    plan = make_plan(county, stages[1])
    map_points = _map_points(county, plan, stages[2])
    incidents = make_incidents(plan, POINTS_AN_AREA, stages[3])
    members = police_rows(incidents, plan, county, map_points)

    made = {
        name: _csv(rows) for name, rows in tables(plan, deprivation_table(plan, stages[4])).items()
    }
    others = service_tables(plan, stages[6])
    made |= {name: _csv(rows) for name, rows in others.items()}
    made[AGES] = _csv(ages_table(plan, stages[7]))
    made[ARTEFACTS] = _csv(artefact_rows(plan))
    made[EXTRACT] = _csv(extract_rows(incidents, plan, county, map_points, stages[5]))
    made[TRUTHS] = (json.dumps(_truths(plan, members, others), indent=2) + "\n").encode()
    made[INCIDENTS] = _zip({name: _csv(rows) for name, rows in members.items()})
    for name, content in made.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    _write_boundaries(county, plan, folder / BOUNDARIES)
    return sorted([*made, BOUNDARIES])


def content_of(path: Path) -> object:
    """Return what a file says, whatever wrote it.

    Compression and the GeoPackage container change with the versions of zlib, SQLite and GDAL;
    what they hold must not.
    """
    if path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive:
            return [(i.filename, i.date_time, archive.read(i)) for i in archive.infolist()]
    if path.suffix == ".gpkg":
        frame = gpd.read_file(path)
        return (str(frame.crs), list(frame.columns), frame.drop(columns="geometry").values.tolist(),
                frame.geometry.to_wkb().tolist())  # fmt: skip
    return path.read_bytes()


def check(folder: Path) -> list[str]:
    """Make the county again and return the files in `folder` that differ from it."""
    with tempfile.TemporaryDirectory() as scratch:
        again = Path(scratch)
        return [
            name
            for name in make(again)
            if not (folder / name).is_file()
            or content_of(folder / name) != content_of(again / name)
        ]


def _map_points(county: County, plan: Plan, rng: np.random.Generator) -> list[np.ndarray]:
    """Choose the anonymous map points of each area, in order of how full they will be."""
    chosen = []
    for area in plan.areas:
        room = county.cell_points[area.index]
        middle = county.seeds[area.index]
        near = np.argsort(np.hypot(*(room - middle).T), kind="stable")
        pool = near[: max(POINTS_AN_AREA, len(near) // 2)]  # people live in the middle of an area
        chosen.append(room[rng.permutation(pool)[:POINTS_AN_AREA]])
    return chosen


def _truths(
    plan: Plan,
    members: dict[str, list[Sequence[object]]],
    others: dict[str, list[Sequence[object]]],
) -> dict[str, object]:
    """Say what is planted, with codes and counts, for tests and for people."""
    codes = [a.code for a in plan.areas]
    rows = {name: table[1:] for name, table in members.items()}
    period = [r for name, table in rows.items() if name[:7] in MONTHS for r in table]
    earlier, later = (rows[f"{m}/{m}-wessmouth-street.csv"] for m in REPEATED_IN)
    twice = next(r for r in earlier if r[0] and r[0] in {other[0] for other in later})
    return {
        "note": "Made up. See make_demonstration.py.",
        "cluster": [codes[p] for p in plan.cluster],
        "few_events": {
            "area": codes[plan.few_events],
            "residents": plan.areas[plan.few_events].residents,
            "crimes": [list(event) for event in FEW_EVENTS],
        },
        "missing_month": MISSING_MONTH,
        "months": list(MONTHS),
        "unlocated": sum(not r[7] for r in period),
        "repeated_id": {
            "id": twice[0],
            "area": twice[7],
            "superseded_in": REPEATED_IN[0],
            "counts_in": REPEATED_IN[1],
        },
        "coastal": [codes[p] for p in np.flatnonzero(plan.coastal)],
        "island": codes[plan.island],
        "outside": OUTSIDE_ROWS,
        "quarantined": {
            "2025-05/2025-05-wessmouth-street.csv": "May-25",
            "2025-10/2025-10-wessmouth-street.csv": "Violance and sexual offences",
        },
        "old_months": list(OLD_MONTHS),
        "split": {"E01990901": [codes[p] for p in plan.split]},
        "merged": {codes[plan.merged]: ["E01990902", "E01990903"]},
        "rows": {name: len(table) for name, table in rows.items()},
        "other_sources": {
            "rows": {name: len(table) - 1 for name, table in others.items()},
            "suppressed": sum(row[2] == "<5" for row in others["other/emergency-department.csv"]),
            "ambulance_gap": AMBULANCE_GAP,
            "set_aside": {
                "bad_month": 1,
                "bad_count": 1,
                "negative_count": 1,
                "unknown_area": 1,
                "unlocated": 1,
                "outside_period": 1,
            },
        },
        "hidden_violence": codes[hidden_area(plan)],
        "artefact": {"area": codes[hospital_area(plan)], "kind": "hospital"},
        "ended_artefact": codes[plan.island],
    }


def _csv(rows: Sequence[Sequence[object]]) -> bytes:
    """UTF-8, LF, quotes where needed: as the publishers write them."""
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()


def _zip(members: dict[str, bytes]) -> bytes:
    """Pack members with a fixed date and in order of their names."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in sorted(members):
            entry = zipfile.ZipInfo(name, date_time=(2026, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, members[name])
    return packed.getvalue()


def _write_boundaries(county: County, plan: Plan, path: Path) -> None:
    """Write the polygons as the ONS publishes them, with a fixed date inside."""
    frame = gpd.GeoDataFrame(
        {
            "LSOA21CD": [a.code for a in plan.areas],
            "LSOA21NM": [a.name for a in plan.areas],
        },
        geometry=[county.polygons[a.index] for a in plan.areas],
        crs="EPSG:27700",
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": FIXED_DATE})
    try:
        pyogrio.write_dataframe(
            frame,
            path,
            layer=LAYER,
            driver="GPKG",
            geometry_type="MultiPolygon",
            layer_options={"GEOMETRY_NAME": "geom"},
        )
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description="Make the made-up demonstration county.")
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    parser.add_argument("--to", type=Path, default=HERE, help="folder (default: this one)")
    options = parser.parse_args()
    if options.check:
        different = check(options.to)
        for name in different:
            print(f"{name}: not what make_demonstration.py makes")
        if not different:
            print("the demonstration county is as make_demonstration.py makes it")
        return 1 if different else 0
    for name in make(options.to):
        print(f"{name}: {(options.to / name).stat().st_size:,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
