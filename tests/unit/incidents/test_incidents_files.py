"""The data cases of the reliability list that concern the form of a file of incidents, by number."""

from __future__ import annotations

import tracemalloc
from typing import Any

import pytest

from incident_sums import totals
from spatial.errors import InputError


@pytest.mark.parametrize(
    "text", ["Jan-24", "45658", "01/02/2025", "2025-13", "2025-1", "2025-01-05", "", "٢٠٢٥-01"]
)
def test_case_11_what_is_not_a_month_is_quarantined(county: Any, text: str) -> None:
    county.add([county.row(1), county.row(1, Month=text)])
    incidents = county.read()
    assert totals(incidents) == {"used": 1, "bad_month": 1}
    assert incidents.ledger.quarantine[["line", "field", "value"]].to_numpy().tolist() == [
        [3, "Month", text]
    ]


def test_case_12_a_byte_order_mark_is_read(county: Any) -> None:
    county.add(b"\xef\xbb\xbf" + county.csv([county.row(1)]))
    assert totals(county.read()) == {"used": 1}


def test_case_12_undecodable_bytes_are_refused_with_line_and_byte(county: Any) -> None:
    good = county.csv([county.row(1), county.row(1, Location="Caf\u00e9 Lane")])
    county.add(good.replace("\u00e9".encode(), b"\xe9"))
    at = good.splitlines()[2].index("\u00e9".encode()) + 1
    match = rf"street\.csv:3: encoding: byte {at} of the line \(0xe9\) is not UTF-8; declare"
    with pytest.raises(InputError, match=match):
        county.read()


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1", "utf-16", "utf-8-sig"])
def test_case_12_a_declared_encoding_is_read(county: Any, encoding: str) -> None:
    text = county.csv([county.row(1, Location="Caf\u00e9 Lane"), county.row(2)]).decode()
    county.add(text.encode(encoding), encoding=encoding)
    incidents = county.read()
    assert totals(incidents) == {"used": 2}
    assert set(incidents.counts["area_code"]) == {"E01900001", "E01900002"}


def test_case_12_bytes_outside_the_declared_encoding_are_refused(county: Any) -> None:
    content = county.csv([county.row(1), county.row(1, Location="Caf\u00e9")])
    county.add(content, encoding="ascii")
    with pytest.raises(InputError, match=r"csv:3: .*byte 0xc3 is not text in .*'ascii'"):
        county.read()


def test_case_12_an_encoding_that_does_not_exist_is_refused(county: Any) -> None:
    county.add([county.row(1)], encoding="utf-9")
    with pytest.raises(InputError, match="'utf-9' is not a text encoding"):
        county.read()


def test_case_13_lines_that_are_no_row_are_quarantined_with_their_number(county: Any) -> None:
    good = county.csv([county.row(1)]).splitlines()[1]
    lines = [
        county.csv([]).strip(),
        good,
        b"too,few",
        good + b",one more",
        b"",
        good.replace(b"Burglary", b"Burg\0lary"),
        b"   ",
        good.replace(b"Burglary", b'"Burglary'),
        good.replace(b"Burglary", b'Bur"glary'),
        good.replace(b"Burglary", b"Burg\rlary"),
        good,
        good[:40],
    ]
    county.add(b"\n".join(lines))
    incidents = county.read()
    quarantine = incidents.ledger.quarantine
    assert dict(zip(quarantine["line"], quarantine["rule"], strict=True)) == {
        3: "ragged_line",
        4: "ragged_line",
        6: "nul_byte",
        8: "stray_quote",
        9: "stray_quote",
        10: "stray_carriage_return",
        12: "truncated_line",
    }
    assert totals(incidents)["used"] == 2
    assert list(incidents.ledger.rows_in.values()) == [9]
    assert not quarantine["value"].str.contains(r"[\x00-\x1f]").any()


def test_case_13_a_stray_quote_swallows_no_row_after_it(county: Any) -> None:
    rows = county.csv([county.row(1)] * 100).splitlines()
    rows[50] = rows[50].replace(b"Burglary", b'"Burglary')
    rows[70] = rows[70].replace(b"Burglary", b'Burglary"')
    county.add(b"\n".join(rows) + b"\n")
    assert totals(county.read()) == {"used": 98, "stray_quote": 2}


def test_case_13_quoted_commas_and_quotes_are_text_and_crlf_ends_a_line(county: Any) -> None:
    rows = [county.row(number, Location='He said "no", twice') for number in (1, 2, 3)]
    county.add(county.csv(rows).replace(b"\n", b"\r\n"))
    assert totals(county.read()) == {"used": 3}


def test_case_13_a_last_line_without_a_newline_is_a_row_if_it_is_whole(county: Any) -> None:
    county.add(county.csv([county.row(1)] * 2).rstrip(b"\n"))
    assert totals(county.read()) == {"used": 2}


@pytest.mark.parametrize("tail", [b"", b"\n"])
def test_case_13_a_line_of_32_mib_is_skipped_in_little_memory(county: Any, tail: bytes) -> None:
    size = 32 << 20
    path = county.add(county.csv([county.row(1)]))
    with path.open("ab") as out:
        for _ in range(size >> 20):
            out.write(b"x" * (1 << 20))
        out.write(tail)
        if tail:
            out.write(county.csv([county.row(2)]).splitlines()[1] + tail)
    tracemalloc.start()
    incidents = county.read()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert totals(incidents) == {"used": 2 if tail else 1, "line_too_long": 1}
    assert incidents.ledger.quarantine[["line", "rule"]].to_numpy().tolist() == [
        [3, "line_too_long"]
    ]
    assert len(incidents.ledger.quarantine["value"][0]) < 100
    assert peak < size


def test_case_13_numbers_of_lines_stay_right_across_blocks(
    county: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("spatial.csv_lines._CHUNK", 700)
    monkeypatch.setattr("spatial.csv_lines.MAX_LINE", 400)
    lines = county.csv([county.row(number % 8 + 1) for number in range(60)]).splitlines()
    for at in (7, 31, 58):
        lines[at] = b"odd"
    lines[20] = b"y" * 3000
    lines[40] = b""
    lines[45] = b" " * 3000
    county.add(b"\n".join(lines) + b"\n")
    incidents = county.read()
    quarantine = incidents.ledger.quarantine
    assert dict(zip(quarantine["line"], quarantine["rule"], strict=True)) == {
        8: "ragged_line",
        21: "line_too_long",
        32: "ragged_line",
        59: "ragged_line",
    }
    assert totals(incidents)["used"] == 60 - 3 - 1 - 2


def test_case_14_missing_columns_are_all_named_with_the_nearest(county: Any) -> None:
    content = county.csv([county.row(1)])
    county.add(content.replace(b"Crime type", b"Crime typ").replace(b"Longitude", b"Lon gitude"))
    with pytest.raises(InputError) as caught:
        county.read()
    said = [str(fault) for fault in caught.value.faults]
    assert len(said) == 2
    assert any(
        "street.csv:1: Crime type: no column 'Crime type'; the nearest is 'Crime typ'" in s
        for s in said
    )
    assert any("no column 'Longitude'; the nearest is 'Lon gitude'" in s for s in said)


def test_case_14_headers_match_after_stripping_and_case(county: Any) -> None:
    content = county.csv([county.row(1)])
    county.add(content.replace(b"Crime type", b" crime TYPE ").replace(b"LSOA code", b"LSOA code "))
    assert totals(county.read()) == {"used": 1}


def test_case_14_a_repeated_column_is_refused(county: Any) -> None:
    county.add(county.csv([county.row(1)]).replace(b"Context", b"Month", 1))
    with pytest.raises(InputError, match="column 'Month' is there 2 times"):
        county.read()


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xef\xbb\xbf"])
def test_case_14_a_file_without_a_header_is_refused(county: Any, content: bytes) -> None:
    county.add(content)
    with pytest.raises(InputError, match="empty"):
        county.read()


def test_case_14_the_faults_of_all_files_are_reported_at_once(county: Any) -> None:
    county.add(b"a,b\n1,2\n")
    county.add([county.row(1)], "january.csv")
    county.add(b"c,d\n1,2\n", "2025-02-made-up-street.csv")
    with pytest.raises(InputError) as caught:
        county.read()
    assert {fault.file for fault in caught.value.faults} == {
        "incidents/0/2025-01-made-up-street.csv",
        "incidents/1/january.csv",
        "incidents/2/2025-02-made-up-street.csv",
    }
