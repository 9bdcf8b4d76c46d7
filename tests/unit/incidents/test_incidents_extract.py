"""A force's own extract: columns by mapping, grid coordinates, attributes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from incident_sums import totals
from spatial.errors import InputError
from spatial.incident_sources import ExtractColumns

CATEGORY_OF = {
    "28E": "burglary",
    "8N": "violence_and_sexual_offences",
    "34B": "robbery",
}
HEADER = ["ref", "when", "hour", "east", "north", "ho_code", "da", "knife", "open", "age", "lsoa"]
COLUMNS = {
    "id": "ref",
    "date": "when",
    "time": "hour",
    "easting": "east",
    "northing": "north",
    "offence_code": "ho_code",
    "domestic_abuse": "da",
    "weapon": "knife",
    "public_place": "open",
    "victim_age_band": "age",
}


def line(county: Any, number: int = 1, **changes: str) -> dict[str, str]:
    east, north = county.centre(number)
    cells = {"when": "2025-01-09", "east": f"{east:.0f}", "north": f"{north}", "ho_code": "28E"}
    return cells | changes


def add(
    county: Any,
    rows: Sequence[Mapping[str, str]],
    *,
    columns: Mapping[str, str | None] = COLUMNS,
    **options: Any,
) -> None:
    settings = {
        "kind": "extract",
        "locate_by": "polygon",
        "columns": ExtractColumns(**columns),
        "offence_categories": CATEGORY_OF,
        "force": "made-up",
    }
    county.add(county.csv(rows, HEADER), "extract.csv", **(settings | options))


def test_an_extract_is_counted_by_polygon_month_category_and_attributes(county: Any) -> None:
    add(
        county,
        [
            line(county, 1, hour="23:10", da="Y", knife="Knife ", open="1", age="18-24"),
            line(county, 1, hour="23:59:59", da="yes", knife="knife", open="TRUE", age="18-24"),
            line(county, 1, hour="00:00", da="N", knife="", open="no", age=""),
            line(county, 2, ho_code="8n", when="2025-02-28T06:00:00"),
            line(county, 9),
            line(county, 13),
            line(county, 1, east="", north=""),
        ],
    )
    incidents = county.read()
    assert totals(incidents) == {"used": 4, "ring": 1, "outside": 1, "unlocated": 1}
    night = incidents.counts[incidents.counts["time_band"] == "18-24"]
    assert night.to_dict("records") == [
        {
            "area_code": "E01900001",
            "month": "2025-01",
            "category": "burglary",
            "n": 2,
            "offence_code": "28E",
            "time_band": "18-24",
            "domestic_abuse": "yes",
            "weapon": "knife",
            "public_place": "yes",
            "victim_age_band": "18-24",
        }
    ]
    assert incidents.counts["n"].sum() == 5
    early = incidents.counts[incidents.counts["time_band"] == "00-06"]
    assert early[["domestic_abuse", "weapon", "public_place"]].to_numpy().tolist() == [
        ["no", "", "no"]
    ]


@pytest.mark.parametrize(
    ("text", "band"),
    [
        ("05:59", "00-06"), ("6:00", "06-12"), ("1159", "06-12"), ("12", "12-18"),
        ("2025-01-09 17:59:59", "12-18"), ("09/01/2025 18:00", "18-24"), ("24:00", ""),
        ("12:60", ""), ("noon", ""), ("", ""),
    ],
)  # fmt: skip
def test_times_fall_into_quarters_of_the_day(county: Any, text: str, band: str) -> None:
    add(county, [line(county, hour=text)])
    incidents = county.read()
    assert incidents.counts["time_band"].tolist() == [band]
    said = [warning for warning in incidents.warnings if "times of day cannot be read" in warning]
    assert bool(said) == (band == "" and text != "")


def test_the_ledger_books_rows_of_an_extract_under_their_own_month(county: Any) -> None:
    add(
        county,
        [
            line(county),
            line(county, when="2024-12-31"),
            line(county, when="2025-02"),
            line(county, when="31/12/2024"),
            line(county, when="2025-02-30"),
            line(county, ho_code="8M"),
        ],
    )
    incidents = county.read()
    ledger = incidents.ledger
    assert ledger.rows[["month", "reason", "rows"]].to_numpy().tolist() == [
        ["", "bad_month", 2],
        ["2024-12", "outside_period", 1],
        ["2025-01", "unknown_category", 1],
        ["2025-01", "used", 1],
        ["2025-02", "used", 1],
    ]
    assert ledger.quarantine.set_index("rule").loc["unknown_category", "value"] == "8M"
    said = [warning for warning in incidents.warnings if "is not known" in warning]
    assert said == [
        (
            "ho_code '8M' is not known: 1 row in quarantine, the first at "
            "incidents/0/extract.csv:7; did you mean '8N'?"
        )
    ]


def test_an_extract_covers_the_months_it_has_rows_for(county: Any) -> None:
    add(county, [line(county), line(county, when="2025-03-01")])
    forces = dict.fromkeys(county.study.codes, "made-up")
    forces |= dict.fromkeys(county.study.ring, "next-door")
    incidents = county.read(forces=forces)
    assert incidents.covered.loc["E01900001"].tolist() == [True, False, True]
    # Nothing is known of the ring: it is left out, not taken to be free of crime.
    assert incidents.study.ring == ()
    assert set(incidents.covered.index) == set(county.study.codes)
    assert [w for w in incidents.warnings if w.startswith("4 of 4 areas that touch")]
    # Without a force it speaks for everywhere.
    county.sources.clear()
    add_again = county.folder / "again"
    add_again.mkdir()
    county.folder = add_again
    add(county, [line(county)], force=None)
    assert county.read(forces=forces).covered["2025-01"].all()


def test_dates_in_a_declared_format_are_read(county: Any) -> None:
    add(
        county,
        [line(county, when="09/01/2025"), line(county, when="2025-01-09")],
        columns=COLUMNS | {"date_format": "%d/%m/%Y"},
    )
    assert totals(county.read()) == {"used": 1, "bad_month": 1}


def test_identifiers_of_two_forces_may_be_equal(county: Any) -> None:
    add(county, [line(county, ref="1001"), line(county, 2, ref="1001", when="2025-02-01")])
    add(county, [line(county, 3, ref="1001")], force="next-door")
    incidents = county.read()
    assert totals(incidents) == {"used": 2, "superseded": 1}
    assert set(incidents.counts["area_code"]) == {"E01900002", "E01900003"}


def test_longitude_and_latitude_may_be_given_instead(county: Any) -> None:
    longitude, latitude = county.degrees(5)
    columns = COLUMNS | {
        "easting": None,
        "northing": None,
        "longitude": "east",
        "latitude": "north",
    }
    add(county, [line(county, east=longitude, north=latitude)], columns=columns)
    assert county.read().counts["area_code"].tolist() == ["E01900005"]


def test_a_column_of_area_codes_may_be_believed(county: Any) -> None:
    columns = COLUMNS | {"area_code": "lsoa"}
    rows = [line(county, 2, lsoa="E01900001"), line(county, 1, lsoa="")]
    add(county, rows, columns=columns, locate_by="code")
    incidents = county.read()
    assert incidents.counts["area_code"].tolist() == ["E01900001"]
    assert totals(incidents) == {"used": 1, "outside": 1}
    assert incidents.code_disagreement == 1


def test_case_03_swapped_easting_and_northing_are_refused(county: Any) -> None:
    rows = []
    for number in (1, 2):
        east, north = county.centre(number)
        rows.append(line(county, east=str(north), north=str(east)))
    add(county, rows)
    with pytest.raises(InputError, match=r"east, north: 2 of 2 .* coordinates swapped"):
        county.read()


def test_case_04_degrees_under_easting_and_northing_are_refused(county: Any) -> None:
    longitude, latitude = county.degrees(1)
    add(county, [line(county, east=longitude, north=latitude)])
    with pytest.raises(InputError, match="declare the columns as longitude and latitude"):
        county.read()


def test_categories_may_be_written_without_a_mapping(county: Any) -> None:
    rows = [line(county, ho_code="Vehicle crime"), line(county, ho_code="other_theft")]
    add(county, rows, offence_categories=None)
    assert county.read().counts["category"].tolist() == ["other_theft", "vehicle_crime"]


@pytest.mark.parametrize(
    ("changes", "options", "match"),
    [
        ({"date": None}, {}, r"columns\.month: name one of month and date"),
        ({"month": "when"}, {}, r"columns\.month: name one of month and date"),
        ({"northing": None}, {}, "name easting and northing, or longitude and latitude"),
        ({"longitude": "east", "latitude": "north"}, {}, "name easting and northing, or"),
        ({}, {"locate_by": "code"}, "write locate_by: polygon"),
        ({"weapon": "knive"}, {}, "no column 'knive'; the nearest is 'knife'"),
        ({"weapon": "da"}, {}, "column 'da' is named for both"),
        (
            {},
            {"offence_categories": {"1": "burglry"}},
            "'burglry' is not a category; did you mean burglary",
        ),
    ],
)
def test_a_mapping_that_cannot_work_is_refused(
    county: Any, changes: dict[str, str | None], options: dict[str, Any], match: str
) -> None:
    add(county, [line(county)], columns=COLUMNS | changes, **options)
    with pytest.raises(InputError, match=match):
        county.read()


def test_an_extract_without_a_mapping_is_refused(county: Any) -> None:
    add(county, [line(county)])
    county.sources[0] = type(county.sources[0])(
        county.sources[0].path, "incidents/extract.csv", kind="extract"
    )
    with pytest.raises(InputError, match="an extract needs a mapping of its columns"):
        county.read()


def test_an_extract_beside_published_files_of_its_force_is_doubted(county: Any) -> None:
    add(county, [line(county)])
    county.add([county.row(1)])
    said = [warning for warning in county.read().warnings if "counted twice" in warning]
    assert len(said) == 1
    assert "extract.csv and published files of made-up both hold 2025-01" in said[0]


def test_counts_of_published_files_leave_the_attributes_blank(county: Any) -> None:
    add(county, [line(county, da="Y")], force="next-door")
    county.add([county.row(1)])
    frame = county.read().counts
    assert sorted(zip(frame["domestic_abuse"], frame["n"], strict=True)) == [("", 1), ("yes", 1)]


def test_case_14_a_header_cut_at_80_characters_is_found(county: Any) -> None:
    name = (
        "Home Office offence code as recorded at the time of the count, before any later correction"
    )
    rows = [line(county)]
    content = county.csv(rows, HEADER).replace(b"ho_code", f'"{name[:80]}"'.encode())
    county.add(
        content,
        "extract.csv",
        kind="extract",
        locate_by="polygon",
        columns=ExtractColumns(**(COLUMNS | {"offence_code": name})),
        offence_categories=CATEGORY_OF,
    )
    assert totals(county.read()) == {"used": 1}


@pytest.mark.parametrize("code", ["1E5", "00123", "NA", "-1", "TRUE"])
def test_case_15_offence_codes_are_text(county: Any, code: str) -> None:
    add(
        county,
        [line(county, ho_code=code, ref="0017"), line(county, ho_code="123", ref="17")],
        offence_categories={code: "robbery", "123": "drugs"},
    )
    counts = county.read().counts
    assert dict(zip(counts["offence_code"], counts["category"], strict=True)) == {
        code: "robbery",
        "123": "drugs",
    }
