"""The data cases of the reliability list that concern what rows of incidents say, by number."""

from __future__ import annotations

import re
from typing import Any

import pandas as pd
import pytest

from incident_sums import totals
from spatial.errors import InputError
from spatial.incidents import Incidents


def events(incidents: Incidents) -> dict[tuple[str, str, str], int]:
    frame = incidents.counts
    keys = zip(frame["area_code"], frame["month"], frame["category"], strict=True)
    return dict(zip(keys, frame["n"].tolist(), strict=True))


def test_case_01_blank_coordinates_are_unlocated_and_stay_in_force_totals(county: Any) -> None:
    blank = county.row(1, Longitude="", Latitude="", LSOA_code="")
    drugs = blank | {"Crime type": "Drugs"}
    county.add([county.row(1), blank, drugs, blank | {"Longitude": " ", "Latitude": "  "}])
    incidents = county.read()
    assert totals(incidents) == {"used": 1, "unlocated": 3}
    assert len(incidents.points) == 1
    assert incidents.force_totals["n"].sum() == 4
    shares = incidents.unlocated.set_index("category")
    assert shares.loc["burglary", ["rows", "unlocated"]].tolist() == [3, 2]
    assert shares.loc["burglary", "share"] == pytest.approx(2 / 3)
    assert shares.loc["drugs", "share"] == 1


def test_case_01_a_code_without_coordinates_is_still_unlocated(county: Any) -> None:
    county.add([county.row(1, Longitude="", Latitude="")])
    assert totals(county.read()) == {"unlocated": 1}


def test_case_01_half_a_pair_of_coordinates_is_quarantined(county: Any) -> None:
    county.add([county.row(1), county.row(1, Latitude="")])
    incidents = county.read()
    assert totals(incidents) == {"used": 1, "half_coordinate": 1}
    assert incidents.ledger.quarantine["field"].tolist() == ["Longitude, Latitude"]


def test_case_02_nowhere_and_elsewhere_are_outside_and_the_ring_is_apart(county: Any) -> None:
    county.add(
        [
            county.row(1),
            county.row(9),
            county.row(13),
            county.row(1, Longitude="0", Latitude="0.000000"),
            county.row(1, LSOA_code="E01000001"),
            county.row(1, Longitude="-6.01", Latitude="54.56", LSOA_code=""),
            county.row(1, Longitude="-6.01", Latitude="54.56", LSOA_code="95GG01S1"),
        ]
    )
    incidents = county.read()
    assert totals(incidents) == {"used": 1, "ring": 1, "outside": 5}
    assert set(incidents.counts["area_code"]) == {"E01900001", "E01900009"}


def test_case_03_swapped_coordinates_are_refused(county: Any) -> None:
    longitude, latitude = county.degrees(1)
    swapped = county.row(1, Longitude=latitude, Latitude=longitude)
    county.add([county.row(1), swapped, swapped])
    with pytest.raises(InputError, match="2 of 3 located rows have their two coordinates swapped"):
        county.read()


def test_case_03_one_swapped_row_among_many_is_quarantined(county: Any) -> None:
    longitude, latitude = county.degrees(1)
    swapped = county.row(1, Longitude=latitude, Latitude=longitude)
    county.add([*[county.row(1)] * 9, swapped])
    incidents = county.read()
    assert totals(incidents) == {"used": 9, "swapped_coordinates": 1}
    assert incidents.ledger.quarantine["line"].tolist() == [11]
    assert incidents.ledger.quarantine["value"].tolist() == [f"{latitude}, {longitude}"]


def test_case_04_grid_numbers_under_degrees_are_refused(county: Any) -> None:
    county.add([county.row(1, Longitude="370500", Latitude="90500.5")])
    match = r"Longitude, Latitude: 1 of 1 .* declare the columns as easting and northing"
    with pytest.raises(InputError, match=match):
        county.read()


def test_case_04_one_row_of_grid_numbers_is_quarantined(county: Any) -> None:
    county.add([*[county.row(1)] * 3, county.row(1, Longitude="370500", Latitude="90500")])
    assert totals(county.read()) == {"used": 3, "grid_coordinates": 1}


def test_case_04_numbers_that_are_no_place_are_quarantined(county: Any) -> None:
    wrong = [("200", "50"), ("-1.9", "91"), ("nan", "50"), ("-1.9", "inf"), ("-1,9", "50")]
    rows = [county.row(1, Longitude=first, Latitude=second) for first, second in wrong]
    county.add([*[county.row(1)] * 6, *rows])
    assert totals(county.read()) == {
        "used": 6,
        "bad_coordinate": 3,
        "coordinate_out_of_range": 2,
    }


def test_case_05_the_code_is_believed_by_default_and_disagreement_is_counted(county: Any) -> None:
    county.add([*[county.row(1)] * 3, county.row(2, LSOA_code="E01900001")])
    incidents = county.read()
    assert events(incidents) == {("E01900001", "2025-01", "burglary"): 4}
    assert incidents.code_disagreement == pytest.approx(0.25)
    assert [w for w in incidents.warnings if w.startswith("25.0% of rows have a point in another")]


def test_case_05_points_outside_every_area_are_said_though_their_code_is_believed(
    county: Any,
) -> None:
    """Outlines or coordinates in another place than they say: nothing can be compared then."""
    away = county.row(1, Longitude="1.5", Latitude="56.0")
    county.add([*[county.row(1)] * 18, away])
    found = county.read()
    assert totals(found)["used"] == 19
    (said,) = [w for w in found.warnings if "in none of the areas" in w]
    assert said.startswith("5.3% of rows whose code is of the area or its ring have a point in")
    assert said.endswith("check the outlines, their declared CRS and the coordinates")


def test_case_05_a_few_points_off_the_coast_are_usual(county: Any) -> None:
    away = county.row(1, Longitude="1.5", Latitude="56.0")
    county.add([*[county.row(1)] * 19, away])
    assert not [w for w in county.read().warnings if "none of the areas" in w]


def test_case_05_the_polygon_is_believed_when_asked(county: Any) -> None:
    county.add(
        [county.row(1), county.row(2, LSOA_code="E01900001"), county.row(13)], locate_by="polygon"
    )
    incidents = county.read()
    assert set(incidents.counts["area_code"]) == {"E01900001", "E01900002"}
    assert totals(incidents) == {"used": 2, "outside": 1}
    assert incidents.code_disagreement == pytest.approx(0.5)


def test_case_05_up_to_five_in_a_hundred_disagree_without_a_warning(county: Any) -> None:
    county.add([*[county.row(1)] * 19, county.row(2, LSOA_code="E01900001")])
    incidents = county.read()
    assert incidents.code_disagreement == pytest.approx(0.05)
    assert not [w for w in incidents.warnings if "another area" in w]


def test_case_06_codes_of_2011_are_mapped_and_never_fanned_out(county: Any) -> None:
    def old(number: int, code: str, **move: float) -> dict[str, str]:
        longitude, latitude = county.degrees(number, **move)
        return county.row(number, LSOA_code=code, Longitude=longitude, Latitude=latitude)

    county.add(
        [
            old(1, "E01900101"),
            old(2, "E01900101"),
            # Off the edge of the county: the nearest child gets it.
            old(2, "E01900101", north=-700.0),
            old(3, "E01900103"),
            old(3, "E01900104"),
            old(5, "E01900005"),
            old(4, "E01900105"),
        ]
    )
    incidents = county.read()
    assert events(incidents) == {
        ("E01900001", "2025-01", "burglary"): 1,
        ("E01900002", "2025-01", "burglary"): 2,
        ("E01900003", "2025-01", "burglary"): 2,
        ("E01900005", "2025-01", "burglary"): 1,
    }
    assert totals(incidents) == {"used": 6, "irregular_2011_area": 1}
    assert incidents.ledger.quarantine.to_dict("records") == [
        {
            "file": "incidents/0/2025-01-made-up-street.csv",
            "line": 8,
            "field": "LSOA code",
            "value": "E01900105",
            "rule": "irregular_2011_area",
        }
    ]


def test_case_06_the_vintage_of_each_file_is_told_from_its_codes(county: Any) -> None:
    county.add([county.row(1, LSOA_code="E01900101"), county.row(5)])
    county.add([county.row(1), county.row(5)], "2025-02-made-up-street.csv")
    county.add([county.row(5)], "2025-03-made-up-street.csv")
    assert [file.vintage for file in county.read().files] == ["2011", "2021", ""]


def test_case_06_a_code_of_no_list_is_set_aside_only_where_its_point_is_ours(county: Any) -> None:
    county.add(
        [
            county.row(1),
            county.row(1, LSOA_code="E01999999"),
            county.row(13, LSOA_code="E01999999"),
            county.row(1, LSOA_code="Square 1"),
            county.row(1, LSOA_code=" e01900001 "),
        ]
    )
    incidents = county.read()
    assert totals(incidents) == {
        "used": 2,
        "outside": 1,
        "malformed_area_code": 1,
        "unknown_area": 1,
    }
    assert sorted(incidents.ledger.quarantine["value"]) == ["E01999999", "Square 1"]


def test_case_06_without_a_change_lookup_old_codes_are_not_lost_as_outside(county: Any) -> None:
    county.add([county.row(1), county.row(1, LSOA_code="E01900101")])
    assert totals(county.read(crosswalk=None)) == {"used": 1, "unknown_area": 1}


def test_case_07_the_same_file_twice_counts_once(county: Any) -> None:
    rows = [county.row(1), county.row(2)]
    county.add(rows)
    county.add(rows)
    county.add(rows, "2025-02-other-street.csv")
    incidents = county.read()
    first = "incidents/0/2025-01-made-up-street.csv"
    assert totals(incidents) == {"used": 2}
    assert list(incidents.ledger.rows_in) == [first]
    assert [file.ignored for file in incidents.files] == ["", *[f"same content as {first}"] * 2]
    assert sum("is ignored: same content as" in warning for warning in incidents.warnings) == 2
    # A copy under another name delivers no month.
    assert incidents.covered["2025-02"].tolist() == [False] * 12


def test_case_07_the_same_source_listed_twice_counts_once(county: Any) -> None:
    county.add([county.row(1)])
    county.sources.append(county.sources[0])
    assert totals(county.read()) == {"used": 1}


def test_case_07_of_one_crime_in_two_months_the_newest_counts(county: Any) -> None:
    county.add_zip(
        {
            "2025-02/2025-02-made-up-street.csv": [
                county.row(2, Month="2025-02", Crime_ID="ab" * 32)
            ],
            "2025-01/2025-01-made-up-street.csv": [county.row(1, Crime_ID="ab" * 32)],
        }
    )
    incidents = county.read()
    assert events(incidents) == {("E01900002", "2025-02", "burglary"): 1}
    superseded = incidents.ledger.rows.query("reason == 'superseded'")
    assert superseded["file"].tolist() == [
        "incidents/source0.zip!2025-01/2025-01-made-up-street.csv"
    ]


def test_case_07_months_after_the_period_do_not_change_it(county: Any) -> None:
    county.add([county.row(1, Crime_ID="x1")])
    alone = county.read("2025-01")
    county.add([county.row(2, Month="2025-02", Crime_ID="x1")], "2025-02-made-up-street.csv")
    later = county.read("2025-01")
    pd.testing.assert_frame_equal(alone.counts, later.counts)
    assert totals(later) == {"used": 1, "outside_period": 1}


def test_case_07_a_second_vintage_of_a_month_replaces_the_first(county: Any) -> None:
    asb = {"Crime_type": "Anti-social behaviour"}
    county.add(
        [county.row(1, Crime_ID="kept"), county.row(1, Crime_ID="moved"), county.row(1, **asb)]
    )
    county.add([county.row(2, Crime_ID="moved"), county.row(1, **asb), county.row(3, **asb)])
    incidents = county.read()
    assert events(incidents) == {
        ("E01900001", "2025-01", "anti_social_behaviour"): 1,
        ("E01900001", "2025-01", "burglary"): 1,
        ("E01900002", "2025-01", "burglary"): 1,
        ("E01900003", "2025-01", "anti_social_behaviour"): 1,
    }
    assert totals(incidents) == {"used": 4, "superseded": 2}
    assert [w for w in incidents.warnings if "made-up 2025-01 came in 2 different files" in w]


def test_case_07_a_repeat_within_a_file_is_settled_by_content_not_order(county: Any) -> None:
    rows = [county.row(1, Crime_ID="x"), county.row(2, Crime_ID="x")]
    county.add(rows)
    forwards = county.read()
    county.sources.clear()
    county.folder = county.folder / "again"
    county.folder.mkdir()
    county.add(rows[::-1])
    backwards = county.read()
    assert totals(forwards) == totals(backwards) == {"used": 1, "superseded": 1}
    pd.testing.assert_frame_equal(forwards.counts, backwards.counts)
    pd.testing.assert_frame_equal(forwards.points, backwards.points)


@pytest.mark.parametrize("turned", [False, True])
def test_case_07_of_a_repeat_within_a_file_the_row_with_a_point_counts(
    county: Any, *, turned: bool
) -> None:
    rows = [county.row(1, Crime_ID="x"), county.row(1, Crime_ID="x", Longitude="", Latitude="")]
    county.add(rows[::-1] if turned else rows)
    assert totals(county.read()) == {"used": 1, "superseded": 1}


def test_case_07_superseded_comes_before_unlocated(county: Any) -> None:
    lost = {"Longitude": "", "Latitude": "", "LSOA_code": ""}
    county.add([county.row(1, Crime_ID="x", **lost), county.row(1, Crime_ID="x", Month="2025-02")])
    assert totals(county.read()) == {"used": 1, "superseded": 1}


def test_case_08_equal_rows_without_an_identifier_are_all_kept(county: Any) -> None:
    asb = county.row(1, Crime_type="Anti-social behaviour")
    county.add([asb] * 5)
    incidents = county.read()
    assert events(incidents) == {("E01900001", "2025-01", "anti_social_behaviour"): 5}
    assert len(incidents.points) == 5


def test_case_09_unknown_categories_get_a_suggestion_and_old_names_are_mapped(county: Any) -> None:
    names = ["Burglry", "Violent crime", "violence & sexual offences", "Zebra crossing", ""]
    county.add([county.row(1, Crime_type=name) for name in [*names, "Burglry"]])
    county.add([county.row(1, Crime_type="Burglry")], "2025-02-made-up-street.csv")
    incidents = county.read()
    assert set(incidents.counts["category"]) == {"violence_and_sexual_offences"}
    assert incidents.counts["n"].tolist() == [2]
    quarantine = incidents.ledger.quarantine
    assert quarantine["rule"].tolist() == ["unknown_category"] * 5
    # As supplied, so that the table can be joined to the file.
    assert quarantine["value"].tolist() == ["Burglry", "Zebra crossing", "", "Burglry", "Burglry"]
    assert quarantine["field"].unique().tolist() == ["Crime type"]
    where = "in quarantine, the first at incidents/0/2025-01-made-up-street.csv"
    assert [warning for warning in incidents.warnings if "is not known" in warning] == [
        f"Crime type 'Burglry' is not known: 3 rows {where}:2; did you mean 'Burglary'?",
        f"Crime type '' is not known: 1 row {where}:6",
        f"Crime type 'Zebra crossing' is not known: 1 row {where}:5",
    ]


def test_case_09_after_twenty_unknown_categories_the_rest_is_counted(county: Any) -> None:
    rows = [county.row(1, Crime_type=f"{number:02d}") for number in range(22)]
    county.add([*rows, *rows[20:]])
    said = [warning for warning in county.read().warnings if "not known" in warning]
    assert len(said) == 21
    # The most frequent are named, in whatever line they are.
    assert said[0].startswith("Crime type '20' is not known: 2 rows")
    assert said[2].startswith("Crime type '00' is not known: 1 row ")
    assert said[-1] == "2 more categories are not known: 2 rows in quarantine"


def test_case_10_a_month_without_a_file_is_no_data(county: Any) -> None:
    county.add([county.row(1)])
    county.add([county.row(1, Month="2025-03")], "2025-03-made-up-street.csv")
    county.add(county.csv([]), "2025-02-made-up-street.csv")
    incidents = county.read()
    assert list(incidents.covered.index) == [f"E01900{number:03d}" for number in range(1, 13)]
    assert list(incidents.covered.columns) == ["2025-01", "2025-02", "2025-03"]
    assert incidents.covered.loc["E01900001"].tolist() == [True, False, True]
    assert [w for w in incidents.warnings if "made-up: no rows for 2025-02: no data" in w]


def test_case_10_coverage_follows_each_areas_force(county: Any) -> None:
    county.add([county.row(1)])
    county.add([county.row(9)], "2025-01-next-door-street.csv")
    county.add([county.row(9, Month="2025-02")], "2025-02-next-door-street.csv")
    forces = dict.fromkeys(county.study.codes, "made-up")
    forces |= dict.fromkeys(county.study.ring, "next-door")
    incidents = county.read("2025-01:2025-02", forces=forces)
    assert incidents.covered.loc["E01900001"].tolist() == [True, False]
    assert incidents.covered.loc["E01900009"].tolist() == [True, True]
    assert [w for w in incidents.warnings if w.startswith("made-up: no rows for 2025-02")]


def test_case_10_a_month_far_below_the_others_is_doubted(county: Any) -> None:
    for month, rows in (("2025-01", 10), ("2025-02", 10), ("2025-03", 3), ("2025-04", 4)):
        county.add([county.row(1, Month=month)] * rows, f"{month}-made-up-street.csv")
    said = [
        warning for warning in county.read("2025-01:2025-04").warnings if "under 40%" in warning
    ]
    assert len(said) == 1
    assert said[0].startswith("made-up: 2025-03 has 3 rows, under 40% of the median")


def test_case_25_a_map_point_with_over_five_per_cent_is_named(county: Any) -> None:
    spread = []
    for step in range(95):
        longitude, latitude = county.degrees(2, east=step * 4.0 - 200)
        spread.append(county.row(2, Longitude=longitude, Latitude=latitude))
    county.add([county.row(9)] * 50 + [county.row(1)] * 6 + spread)
    incidents = county.read()
    fullest = incidents.map_points.iloc[0]
    east, north = county.centre(1)
    assert fullest["events"] == 6
    assert fullest["share"] == pytest.approx(6 / 101)
    assert (fullest["x"], fullest["y"]) == pytest.approx((east, north), abs=1.0)
    said = [warning for warning in incidents.warnings if warning.startswith("one map point")]
    assert len(said) == 1
    assert re.search(r"holds 6 events, 5\.9%", said[0])
