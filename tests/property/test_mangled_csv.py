"""Whatever happens to the bytes of a file, every row is accounted for and none is swallowed.

The oracle counts rows without any of our code: physical lines after the header that hold more
than white space. `HOTSPOTS_FUZZ_EXAMPLES=10000` runs the long version.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from pathlib import Path
from unittest import mock

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from spatial import csv_lines
from spatial.boundaries import Areas
from spatial.errors import InputError
from spatial.incident_rows import FileScan, scan_file
from spatial.incident_sources import IncidentSource
from spatial.incidents import read_incidents
from spatial.period import Period
from spatial.study_area import StudyArea

EXAMPLES = int(os.environ.get("HOTSPOTS_FUZZ_EXAMPLES", "1500"))
WHOLE = EXAMPLES if "HOTSPOTS_FUZZ_EXAMPLES" in os.environ else EXAMPLES // 10
PERIOD = Period("2025-01", "2025-02")
NAME = "2025-01-made-up-street.csv"
HEADER = (
    b"Crime ID,Month,Reported by,Falls within,Longitude,Latitude,Location,LSOA code,LSOA name,"
    b"Crime type,Last outcome category,Context"
)
ROWS = (
    b",2025-01,P,P,-2.40,50.70,On or near A,E01900001,Made up 001A,Burglary,,",
    b'a1,2025-01,P,P,-2.40,50.70,On or near A,E01900001,"Up, made",Robbery,,',
    b'a2,2025-02,P,P,-2.41,50.71,"He said ""no""",E01900001,,Drugs,Caught,"a, b"',
    b",2025-02,P,P,,,No Location,,,Shoplifting,,",
    b",2024-12,P,P,-2.40,50.70,On or near \xc3\x85,E01900001,,Other theft,,",
)


def rows_in(data: bytes) -> int:
    """Count physical lines that are not blank, after the first of them."""
    lines = data.removeprefix(b"\xef\xbb\xbf").split(b"\n")
    return max(sum(1 for line in lines if line.strip()) - 1, 0)


Change = Callable[[bytes], bytes]
places = st.floats(0, 1, allow_nan=False)
junk = st.one_of(
    st.sampled_from(
        [
            b'"',
            b'""',
            b'","',
            b"\n",
            b"\r",
            b"\r\n",
            b"\n\n",
            b"\0",
            b",",
            b"\t",
            b" ",
            b"'",
            b"\x1a",
            b'\n"',
            b'"\n',
            b"x" * 400,
            b" " * 400,
            b"\xc3\xa9",
            b"\xff",
            b"=1+1",
            b"\xe2\x80\xa8",
        ]
    ),
    st.binary(min_size=1, max_size=4),
)


def insert(place: float, what: bytes) -> Change:
    def change(data: bytes) -> bytes:
        at = int(place * len(data))
        return data[:at] + what + data[at:]

    return change


def cut(place: float, size: int) -> Change:
    def change(data: bytes) -> bytes:
        at = int(place * len(data))
        return data[:at] + data[at + size :]

    return change


def flip(place: float, bit: int) -> Change:
    def change(data: bytes) -> bytes:
        at = min(int(place * len(data)), len(data) - 1)
        return data[:at] + bytes([data[at] ^ (1 << bit)]) + data[at + 1 :] if data else data

    return change


def repeat(place: float, size: int) -> Change:
    def change(data: bytes) -> bytes:
        at = int(place * len(data))
        return data[: at + size] + data[at:]

    return change


changes = st.lists(
    st.one_of(
        st.builds(insert, places, junk),
        st.builds(cut, places, st.integers(1, 120)),
        st.builds(flip, places, st.integers(0, 6)),
        st.builds(repeat, places, st.integers(1, 120)),
        st.builds(lambda place: cut(place, 1 << 30), st.floats(0.5, 1)),
    ),
    max_size=6,
)
bodies = st.lists(st.sampled_from(ROWS), max_size=14)


@st.composite
def mangled(draw: st.DrawFn) -> bytes:
    """A file with a sound header, as a rule, and anything below it."""
    newline = draw(st.sampled_from([b"\n", b"\n", b"\r\n"]))
    body = newline.join(draw(bodies)) + draw(st.sampled_from([newline, b""]))
    header = HEADER
    for change in draw(changes):
        body = change(body)
    if draw(st.integers(0, 9)) == 0:
        for change in draw(changes):
            header = change(header)
    start = draw(st.sampled_from([b"", b"", b"\xef\xbb\xbf", b"\n", b" \r\n"]))
    return start + header + newline + body


def scan(data: bytes, *, chunk: int) -> FileScan:
    with (
        mock.patch.object(csv_lines, "_CHUNK", chunk),
        mock.patch.object(csv_lines, "MAX_LINE", 350),
    ):
        return scan_file(
            io.BytesIO(data),
            shown_as=NAME,
            source=IncidentSource(Path(NAME), NAME),
            month="2025-01",
            period=PERIOD,
            known_codes=frozenset({"E01900001"}),
            bounds=(0.0, 0.0, 1.0, 1.0),
        )


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=mangled(), chunk=st.sampled_from([64, 200, 1000, 1 << 22]))
@example(data=HEADER + b"\n" + ROWS[0] + b'"\n' + ROWS[0] + b'"\n', chunk=1 << 22)
@example(data=HEADER + b"\n" + b'"\n\n",' + ROWS[0] + b"\r" + ROWS[0] + b"\n", chunk=1 << 22)
@example(data=HEADER + b"\n" + ROWS[0].replace(b"P,P", b'P,"P') + b"\n", chunk=1 << 22)
def test_every_line_is_a_row_and_sound_lines_are_read(data: bytes, chunk: int) -> None:
    try:
        found = scan(data, chunk=chunk)
    except InputError:
        return
    assert found.rows == rows_in(data)
    read = found.columns.line.tolist()
    set_aside = [row.line for row in found.quarantined]
    outside = sum(found.outside_period.values())
    assert found.rows == len(read) + len(set_aside) + outside
    assert len({*read, *set_aside}) == len(read) + len(set_aside)
    lines = data.removeprefix(b"\xef\xbb\xbf").split(b"\n")
    header = next(number for number, line in enumerate(lines, 1) if line.strip())
    if lines[header - 1].removesuffix(b"\r") != HEADER:
        return
    sound = {
        number
        for number, line in enumerate(lines, 1)
        if number > header and line.removesuffix(b"\r") in ROWS
    }
    early = {number for number in sound if b",2024-12," in lines[number - 1]}
    # Nothing beside a sound line can take it away, and its number is its place in the file.
    assert sound - early <= set(read)
    assert not sound & set(set_aside)


@settings(max_examples=EXAMPLES // 5, deadline=None)
@given(data=mangled())
def test_the_size_of_the_blocks_changes_nothing(data: bytes) -> None:
    def outcome(chunk: int) -> object:
        try:
            found = scan(data, chunk=chunk)
        except InputError as error:
            return type(error)
        return (
            found.rows,
            found.sha256,
            found.columns.line.tolist(),
            sorted(found.quarantined, key=lambda row: row.line),
            found.outside_period,
        )

    assert outcome(97) == outcome(1 << 22)


@pytest.fixture(scope="module")
def one_area() -> Areas:
    frame = gpd.GeoDataFrame(
        {"area_name": ["Made up"]},
        geometry=[shapely.box(370_000, 80_000, 380_000, 100_000)],
        index=pd.Index(["E01900001"], name="area_code"),
        crs=27700,
    )
    return Areas(frame, "2021")


@settings(
    max_examples=WHOLE,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=mangled())
def test_the_ledger_of_a_mangled_file_adds_up(data: bytes, one_area: Areas, tmp_path: Path) -> None:
    path = tmp_path / NAME
    path.write_bytes(data)
    try:
        incidents = read_incidents(
            [IncidentSource(path, NAME)],
            areas=one_area,
            study=StudyArea((), ("E01900001",), ()),
            period=PERIOD,
            crosswalk=None,
            forces=None,
            points_within_m=1_000.0,
        )
    except InputError:
        return
    assert incidents.ledger.rows_in == {NAME: rows_in(data)}
    assert incidents.ledger.rows["rows"].sum() == rows_in(data)
    used = incidents.ledger.totals()["used"]
    assert incidents.counts["n"].sum() == used
