"""The reader as a whole: points, progress, names of files, order of rows, an obvious oracle."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import numpy as np
import pandas as pd
import pytest

from spatial.errors import InputError


def test_points_are_kept_within_the_distance_of_the_study_area(county: Any) -> None:
    rows = [county.row(1), county.row(9), county.row(13)]
    far = county.degrees(13, north=700.0)
    rows.append(county.row(13, Longitude=far[0], Latitude=far[1]))
    county.add(rows)
    # Square 13 begins a kilometre north of the study area; its middle is 1.5 km away.
    near = county.read(points_within_m=1_501.0).points
    assert near["area_code"].tolist() == ["E01900001", "E01900009", ""]
    east, north = county.centre(1)
    first = near[near["area_code"] == "E01900001"].iloc[0]
    assert (first["x"], first["y"]) == pytest.approx((east, north), abs=0.5)
    assert len(county.read(points_within_m=1_400.0).points) == 2
    assert county.read(points_within_m=0.0).points["area_code"].tolist() == ["E01900001"]


def test_points_take_no_part_when_their_row_does_not(county: Any) -> None:
    county.add(
        [
            county.row(1, Crime_ID="x"),
            county.row(1, Crime_ID="x", Month="2025-02"),
            county.row(1, Month="2024-12"),
            county.row(1, LSOA_code="E01999999"),
            county.row(1, Longitude="0", Latitude="0"),
        ]
    )
    assert county.read().points["month"].tolist() == ["2025-02"]


def test_a_zip_shows_its_members_and_other_published_files_are_passed_over(county: Any) -> None:
    county.add_zip(
        {
            "2025-01/2025-01-made-up-street.csv": [county.row(1)],
            "2025-01/2025-01-made-up-outcomes.csv": b"Crime ID,Month\n1,2025-01\n",
            "2025-01/2025-01-made-up-stop-and-search.csv": b"Type,Date\nPerson,2025\n",
        }
    )
    incidents = county.read()
    shown = "incidents/source0.zip!2025-01/2025-01-made-up-street.csv"
    assert [file.shown_as for file in incidents.files] == [shown]
    record = incidents.files[0]
    assert (record.force, record.month, record.rows, record.ignored) == (
        "made-up",
        "2025-01",
        1,
        "",
    )
    assert len(record.sha256) == 64


def test_a_source_without_any_file_of_incidents_is_refused(county: Any) -> None:
    county.add_zip({"2025-01-made-up-outcomes.csv": b"Crime ID,Month\n1,2025-01\n"})
    with pytest.raises(InputError, match="holds no file of incidents"):
        county.read()


def test_progress_is_told_after_each_file(county: Any) -> None:
    county.add([county.row(1)])
    county.add([county.row(1), county.row(2)], "2025-02-made-up-street.csv")
    said: list[tuple[str, int]] = []
    county.read(progress=lambda name, rows: said.append((name, rows)))
    assert said == [
        ("incidents/0/2025-01-made-up-street.csv", 1),
        ("incidents/1/2025-02-made-up-street.csv", 2),
    ]


def test_no_rows_at_all_give_empty_frames_of_the_right_columns(county: Any) -> None:
    county.add([])
    incidents = county.read()
    assert incidents.counts.columns.tolist() == ["area_code", "month", "category", "n"]
    assert incidents.points.columns.tolist() == ["x", "y", "month", "category", "area_code"]
    assert incidents.ledger.rows.empty
    assert incidents.ledger.rows_in == {"incidents/0/2025-01-made-up-street.csv": 0}
    assert not incidents.covered.to_numpy().any()
    assert incidents.code_disagreement == 0
    assert incidents.map_points.empty
    assert incidents.unlocated.empty


def test_a_row_of_a_month_of_the_period_counts_whatever_the_name_of_its_file(county: Any) -> None:
    county.add([county.row(1), county.row(1, Month="2024-12")], "2024-12-made-up-street.csv")
    incidents = county.read()
    assert incidents.counts["month"].tolist() == ["2025-01"]
    assert incidents.ledger.rows[["month", "reason", "rows"]].to_numpy().tolist() == [
        ["2024-12", "outside_period", 1],
        ["2024-12", "used", 1],
    ]


def some_rows(county: Any, rng: random.Random, rows: int) -> list[dict[str, str]]:
    made = []
    for _ in range(rows):
        number = rng.randint(1, 16)
        longitude, latitude = county.degrees(number, east=rng.randint(-4, 4) * 100.0)
        changes = {
            "Longitude": longitude,
            "Latitude": latitude,
            "Month": rng.choice(["2025-01", "2025-02", "2025-04"]),
            "Crime_ID": rng.choice(["", f"id{rng.randint(1, rows)}"]),
            "Crime_type": rng.choice(["Robbery", "Drugs", "Shoplifting"]),
        }
        if rng.random() < 0.1:
            changes |= {"Longitude": "", "Latitude": "", "LSOA_code": ""}
        made.append(county.row(number, **changes))
    return made


def expected(rows: list[dict[str, str]]) -> tuple[Counter[str], Counter[tuple[str, str, str]]]:
    """Account for rows of one file one at a time: slow and obvious."""
    reasons: Counter[str] = Counter()
    events: Counter[tuple[str, str, str]] = Counter()
    winners: dict[str, dict[str, str]] = {}
    inside = [row for row in rows if row["Month"] <= "2025-03"]
    reasons["outside_period"] = len(rows) - len(inside)

    def key(row: dict[str, str]) -> tuple[Any, ...]:
        def value(text: str) -> float:
            return float(text) if text else float("inf")

        return (
            row["Month"],
            bool(row["Longitude"]),
            row["LSOA code"],
            row["Crime type"],
            value(row["Longitude"]),
            value(row["Latitude"]),
        )

    for row in inside:
        name = row["Crime ID"]
        if name and (name not in winners or key(row) >= key(winners[name])):
            winners[name] = row
    for row in inside:
        name = row["Crime ID"]
        if name and winners[name] is not row:
            reasons["superseded"] += 1
        elif not row["Longitude"]:
            reasons["unlocated"] += 1
        else:
            number = int(row["LSOA code"][-3:])
            reason = "used" if number <= 8 else "ring" if number <= 12 else "outside"
            reasons[reason] += 1
            if reason != "outside":
                category = row["Crime type"].lower()
                events[row["LSOA code"], row["Month"], category] += 1
    return reasons, events


@pytest.mark.parametrize("seed", range(4))
def test_counts_are_those_of_a_row_by_row_account(county: Any, seed: int) -> None:
    rows = some_rows(county, random.Random(seed), 300)
    county.add(rows)
    incidents = county.read()
    reasons, events = expected(rows)
    assert Counter(incidents.ledger.totals()) == reasons
    keys = zip(
        incidents.counts["area_code"],
        incidents.counts["month"],
        incidents.counts["category"],
        strict=True,
    )
    assert dict(zip(keys, incidents.counts["n"].tolist(), strict=True)) == dict(events)
    assert list(
        zip(*(incidents.counts[name] for name in ("area_code", "month", "category")), strict=True)
    ) == sorted(events)


def test_the_order_of_rows_changes_nothing(county: Any) -> None:
    rng = random.Random(9)
    rows = some_rows(county, rng, 250)
    county.add(rows)
    one = county.read()
    rng.shuffle(rows)
    county.sources.clear()
    county.folder = county.folder / "shuffled"
    county.folder.mkdir()
    county.add(rows)
    other = county.read()
    for name in ("counts", "points", "covered", "map_points", "unlocated", "force_totals"):
        pd.testing.assert_frame_equal(getattr(one, name), getattr(other, name), obj=name)
    pd.testing.assert_frame_equal(one.ledger.rows, other.ledger.rows)
    assert one.warnings == other.warnings
    assert one.code_disagreement == other.code_disagreement
    values = one.points[["x", "y"]].to_numpy()
    assert np.array_equal(values, values[np.lexsort((values[:, 1], values[:, 0]))])
