"""Other services' counts: every row accounted for, ranges kept, faults named together."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from risk_model.config.inputs import OtherSourceTable
from risk_model.layers.other_sources import OtherSource, place_source, read_source_rows
from spatial.crosswalk import Crosswalk
from spatial.errors import InputError
from spatial.period import Period

CHANGES = Crosswalk(
    pd.DataFrame(
        [
            ("E01000001", "E01000001", "U"),
            ("E01000002", "E01000012", "S"),
            ("E01000002", "E01000013", "S"),
            ("E01000003", "E01000014", "M"),
            ("E01000004", "E01000014", "M"),
            ("E01000005", "E01000015", "X"),
            ("E01000005", "E01000016", "X"),
        ],
        columns=["LSOA11CD", "LSOA21CD", "change"],
    )
)
STUDY = ("E01000001", "E01000012", "E01000013", "E01000014")
RING = ("E01000020",)
KNOWN = {*STUDY, *RING, "E01000030"}
PEOPLE = pd.Series({"E01000012": 300.0, "E01000013": 100.0})
SOURCE = OtherSourceTable(path="ed.csv", kind="emergency_department", suppressed_mark="*")


def placed(
    tmp_path: Path,
    text: str,
    settings: OtherSourceTable = SOURCE,
    header: str = "LSOA21CD,month,count",
) -> OtherSource:
    path = tmp_path / "ed.csv"
    path.write_text(f"{header}\n{text}", encoding="utf-8")
    return place_source(
        read_source_rows(path, settings, shown_as="ed.csv"),
        study=STUDY,
        ring=RING,
        known=KNOWN,
        period=Period("2025-01", "2025-03"),
        crosswalk=CHANGES,
        residents=PEOPLE,
    )


def cells(found: OtherSource) -> dict[tuple[str, str], tuple[float, float]]:
    return {
        (code, month): (low, high)
        for code, month, low, high in found.counts.itertuples(index=False, name=None)
    }


def test_every_form_of_a_count(tmp_path: Path) -> None:
    text = (
        'E01000001,2025-01,7\nE01000012,2025-01,<5\nE01000013,2025-01,*\nE01000014,2025-01,"1,204"\n'
        "E01000001,2025-02,0\nE01000012,2025-02,2-6\nE01000013,2025-02,1 to 4\nE01000014,2025-02,3.0\n"
    )
    found = placed(tmp_path, text)
    assert cells(found) == {
        ("E01000001", "2025-01"): (7, 7),
        ("E01000012", "2025-01"): (1, 4),
        ("E01000013", "2025-01"): (1, 4),
        ("E01000014", "2025-01"): (1204, 1204),
        ("E01000001", "2025-02"): (0, 0),
        ("E01000012", "2025-02"): (2, 6),
        ("E01000013", "2025-02"): (1, 4),
        ("E01000014", "2025-02"): (3, 3),
    }
    assert found.months == ("2025-01", "2025-02")
    assert found.warnings == ("ed.csv: no rows for 2025-03: no data, not zero",)
    assert found.ledger.totals()["used"] == 8


def test_every_row_is_accounted_for_with_its_rule(tmp_path: Path) -> None:
    bad = (
        "E01000001,Jan-25,1\n"  # 2
        "E01000001,2025-13,1\n"
        "E01000001,2025-01,some\n"
        "E01000001,2025-01,2.5\n"
        "E01000001,2025-01,\n"
        "E01000001,2025-01,-3\n"  # 7
        "E01000099,2025-01,1\n"
        "E01000005,2025-01,1\n"
        ",2025-01,1\n"
        "E01000030,2025-01,1\n"
        "E01000020,2025-01,1\n"  # 12
        "E01000001,2024-12,1\n"
        "E01000001,2025-02,4\nE01000001,2025-02,4\n"
        "E01000012,2025-02,4\nE01000012,2025-02,5\n"
    )
    good = "".join(f"E010000{n},2025-03,1\n" for n in (12, 13, 14, "01"))
    more = "".join(f"E010000{n},2025-02,1\n" for n in (13, 14)) + "".join(
        f"E010000{n},2025-01,1\n" for n in (12, 13, 14)
    )
    found = placed(tmp_path, bad + good + more)
    assert {k: v for k, v in found.ledger.totals().items() if v} == {
        "used": 10,
        "ring": 1,
        "outside": 1,
        "outside_period": 1,
        "unlocated": 1,
        "bad_month": 2,
        "bad_count": 3,
        "negative_count": 1,
        "unknown_area": 1,
        "irregular_2011_area": 1,
        "repeated_row": 1,
        "conflicting_rows": 2,
    }
    aside = found.ledger.quarantine
    assert aside[aside["rule"] == "bad_month"][["line", "field", "value"]].to_numpy().tolist() == [
        [2, "month", "Jan-25"],
        [3, "month", "2025-13"],
    ]
    assert aside[aside["rule"] == "negative_count"]["value"].tolist() == ["-3"]
    assert aside[aside["rule"] == "conflicting_rows"]["line"].tolist() == [16, 17]
    # Neither of two counts that differ is believed; of equal rows one counts.
    assert ("E01000012", "2025-02") not in cells(found)
    assert cells(found)["E01000001", "2025-02"] == (4, 4)
    assert "11 rows in quarantine" in found.warnings[0]


def test_the_order_of_rows_decides_nothing(tmp_path: Path) -> None:
    rows = [
        "E01000012,2025-02,4", "E01000012,2025-02,5", "E01000001,2025-01,3", "E01000001,2025-01,3",
        "E01000014,2025-01,<5", "E01000013,2025-01,8", "E01000014,2025-03,2", "E01000013,2025-03,1",
    ]  # fmt: skip
    one = placed(tmp_path, "\n".join(rows) + "\n")
    other = placed(tmp_path, "\n".join(reversed(rows)) + "\n")
    pd.testing.assert_frame_equal(one.counts, other.counts)
    assert one.ledger.totals() == other.ledger.totals()


def test_older_areas_are_carried_ranges_and_all(tmp_path: Path) -> None:
    text = "E01000002,2025-01,8\nE01000002,2025-02,<5\nE01000003,2025-01,2\nE01000004,2025-01,<5\n"
    found = placed(tmp_path, text)
    assert cells(found) == {
        ("E01000012", "2025-01"): (6, 6),  # 300 of 400 residents
        ("E01000013", "2025-01"): (2, 2),
        ("E01000012", "2025-02"): (0.75, 3),
        ("E01000013", "2025-02"): (0.25, 1),
        ("E01000014", "2025-01"): (3, 6),  # merged: 2 and 1 to 4
    }
    assert found.ledger.totals()["used"] == 4


def test_missing_columns_are_named_together(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no column 'count'; the nearest is 'counts_'") as caught:
        placed(tmp_path, "E01000001,2025-01,1\n", header="lsoa,date,counts_")
    assert {fault.field for fault in caught.value.faults} == {"area_code", "month", "count"}


def test_a_table_of_which_most_rows_fail_is_refused(tmp_path: Path) -> None:
    text = "E01000001,01/2025,1\nE01000012,02/2025,1\nE01000012,2025-02,x\nE01000013,2025-01,1\n"
    with pytest.raises(InputError, match="3 of 4 rows cannot be used") as caught:
        placed(tmp_path, text)
    assert {(fault.line, fault.field) for fault in caught.value.faults[1:]} == {
        (2, "month"),
        (4, "count"),
    }


def test_undecodable_bytes_and_no_rows_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"LSOA21CD,month,count\nE01000001,2025-01,\xff\n")
    with pytest.raises(InputError, match="byte 0xff"):
        read_source_rows(tmp_path / "a.csv", SOURCE, shown_as="a.csv")
    with pytest.raises(InputError, match="no rows"):
        placed(tmp_path, "")


def test_settings_name_columns_marks_and_ranges(tmp_path: Path) -> None:
    settings = OtherSourceTable(
        path="ed.csv", kind="ambulance", name="swast", title="Calls", area_code="Area", month="When",
        count="Calls", suppressed_low=0, suppressed_mark="supp.", suppressed_high=7, absent="no_data",
    )  # fmt: skip
    text = "E01000001,2025-01,<3\nE01000012,2025-01,supp.\n"
    found = placed(tmp_path, text, settings, "Area,When,Calls")
    assert cells(found) == {
        ("E01000001", "2025-01"): (0, 2),
        ("E01000012", "2025-01"): (0, 7),
    }
    assert (found.name, found.title, found.absent_is_zero) == ("swast", "Calls", False)
