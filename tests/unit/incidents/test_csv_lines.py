"""Physical lines: what the header may be, and blocks that end anywhere."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from spatial import csv_lines
from spatial.csv_lines import CsvLines, visible
from spatial.errors import InputError


def read(data: bytes, **options: Any) -> tuple[list[tuple[int, str, str]], list[tuple[int, str]]]:
    """Rows as (line, first, second), and bad lines as (line, rule)."""
    lines = CsvLines(io.BytesIO(data), shown_as="a.csv", **options)
    rows, bad = [], []
    for block in lines.blocks({0: pa.string(), 1: pa.string()}):
        columns = block.table.column("0").to_pylist(), block.table.column("1").to_pylist()
        rows += list(zip(block.lines.tolist(), *columns, strict=True))
        bad += [(line.line, line.rule) for line in block.bad]
    assert lines.rows == len(rows) + len(bad)
    return rows, bad


def test_rows_have_their_physical_line() -> None:
    rows, bad = read(b'\n a ,"b "\n1,"2, 3"\n\n"4 ""x""",5\r\n6\n')
    assert rows == [(3, "1", "2, 3"), (5, '4 "x"', "5")]
    assert bad == [(6, "ragged_line")]


def test_the_header_is_stripped_and_unquoted() -> None:
    lines = CsvLines(io.BytesIO(b'\xef\xbb\xbf a ,"b, c"\r\n1,2\n'), shown_as="a.csv")
    assert lines.header == ["a", "b, c"]
    assert lines.header_line == 1


@pytest.mark.parametrize("header", [b'a,"b', b"a\0,b", b"\ra,b", b'a,b"c'])
def test_a_broken_header_is_refused(header: bytes) -> None:
    with pytest.raises(InputError, match=r"a\.csv:1: the header '.*' is not a line of CSV"):
        read(header + b"\n1,2\n")


@pytest.mark.parametrize("chunk", [64, 1 << 20])
@pytest.mark.parametrize("bad", [b"x", b"\xff", b"\xc3\xa9"])
def test_a_header_that_never_ends_is_refused(
    monkeypatch: pytest.MonkeyPatch, chunk: int, bad: bytes
) -> None:
    monkeypatch.setattr(csv_lines, "_CHUNK", chunk)
    monkeypatch.setattr(csv_lines, "MAX_LINE", 100)
    with pytest.raises(InputError, match=r"a\.csv:1: .*(is this a CSV|is not a line of CSV)"):
        read(b"a," + bad * 300 + b"\n1,2\n")


@pytest.mark.parametrize("chunk", [64, 1 << 20])
def test_bytes_of_a_line_too_long_to_read_are_not_judged(
    monkeypatch: pytest.MonkeyPatch, chunk: int
) -> None:
    monkeypatch.setattr(csv_lines, "_CHUNK", chunk)
    monkeypatch.setattr(csv_lines, "MAX_LINE", 100)
    data = b"a,b\n1,2\n" + b"\xff" * 300 + b"\n3,4\n" + b"y" * 100 + b"\r\n5,6\n"
    rows, bad = read(data)
    assert rows == [(2, "1", "2"), (4, "3", "4"), (6, "5", "6")]
    assert bad == [(3, "line_too_long"), (5, "line_too_long")]
    with pytest.raises(InputError, match=r"a\.csv:7: encoding: byte 3 of the line \(0xe9\)"):
        read(data + b"7,\xe9\n")


def test_the_last_line_of_all_may_be_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_lines, "_CHUNK", 64)
    monkeypatch.setattr(csv_lines, "MAX_LINE", 100)
    rows, bad = read(b"a,b\n1,2\n" + b" " * 150 + b"z" * 150)
    assert rows == [(2, "1", "2")]
    assert bad == [(3, "line_too_long")]
    assert read(b"a,b\n1,2\n" + b" " * 300) == (rows, [])


def test_a_codec_that_is_not_for_text_is_refused() -> None:
    with pytest.raises(InputError, match="'rot13' is not a text encoding"):
        read(b"a,b\n", encoding="rot13")


def test_a_damaged_zip_member_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "damaged.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.csv", b"a,b\n" + b"1,2\n" * 50)
    data = path.read_bytes()
    path.write_bytes(data.replace(b"1,2\n1,2\n", b"1,2\n1,3\n", 1))
    with (
        zipfile.ZipFile(path) as archive,
        archive.open("a.csv") as stream,
        pytest.raises(InputError, match=r"a\.csv: damaged: Bad CRC-32"),
    ):
        list(CsvLines(stream, shown_as="a.csv").blocks({0: pa.string()}))


def test_what_is_shown_of_a_text_fits_a_cell() -> None:
    assert visible("a\0b\nc\x7f\u00e9") == "a\\x00b\\x0ac\\x7f\u00e9"
    assert visible("x" * 100) == "x" * 60 + "..."
