"""Damaged files: a reader reads or refuses in words; nothing else ever comes out of it."""

from __future__ import annotations

import contextlib
import csv
import io
import tempfile
import warnings
import zipfile
import zlib
from collections.abc import Callable
from functools import cache
from pathlib import Path

import geopandas as gpd
import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import box

from spatial.archives import Archive
from spatial.boundaries import read_areas
from spatial.errors import InputError
from spatial.tables import match_columns, number_column, read_table

WANTED = {"code": ("code",), "n": ("n",)}


def read_boundaries(path: Path) -> None:
    read_areas(path, shown_as="a")


def read_numbers(path: Path) -> None:
    table = read_table(path, shown_as="a", wanted=WANTED)
    number_column(table, match_columns(table, WANTED)["n"])


def read_archive(path: Path) -> None:
    with Archive(path) as archive:
        for member in archive.members:
            # A member may turn out damaged only while it is read, which is its reader's case.
            damage = contextlib.suppress(zipfile.BadZipFile, zlib.error, EOFError)
            with damage, archive.open(member.name) as stream:
                stream.read()


READERS: dict[str, Callable[[Path], None]] = {
    ".gpkg": read_boundaries,
    ".geojson": read_boundaries,
    ".parquet": read_boundaries,
    ".csv": read_numbers,
    ".xlsx": read_numbers,
    ".zip": read_archive,
}


@cache
def good(suffix: str) -> bytes:
    """Return a small valid file of each kind."""
    areas = gpd.GeoDataFrame(
        {"LSOA21CD": ["E1", "E2"]},
        geometry=[box(368_000, 90_000, 368_500, 90_500), box(368_500, 90_000, 369_000, 90_500)],
        crs="EPSG:27700",
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"a{suffix}"
        if suffix == ".geojson":
            path.write_text(areas.to_crs("EPSG:4326").to_json(drop_id=True))
        elif suffix == ".parquet":
            areas.to_parquet(path)
        elif suffix == ".gpkg":
            areas.to_file(path)
        elif suffix == ".csv":
            path.write_text('code,n\nE1,5\n"E2, or so","6"\n')
        elif suffix == ".xlsx":
            book = openpyxl.Workbook()
            for row in (["code", "n"], ["E1", 5], ["E2", 6.5]):
                book.active.append(row)
            book.save(path)
            book.close()
        else:
            with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
                file.writestr("2025-01/a.csv", "code,n\n" + "E1,5\n" * 50)
                file.writestr("2025-02/b.csv", "code,n\nE1,5\n")
        return path.read_bytes()


def refusal(suffix: str, path: Path) -> str:
    """Return what the reader said; any other exception is the failure looked for."""
    try:
        READERS[suffix](path)
    except InputError as problem:
        return str(problem)
    return ""


@pytest.mark.parametrize("suffix", sorted(READERS))
def test_the_undamaged_file_is_read(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    path.write_bytes(good(suffix))
    READERS[suffix](path)


@pytest.mark.parametrize("suffix", sorted(READERS))
@settings(max_examples=120, deadline=None)
@given(data=st.data())
def test_a_damaged_file_is_read_or_refused(suffix: str, data: st.DataObject) -> None:
    content = bytearray(good(suffix))
    for _ in range(data.draw(st.integers(1, 6), label="damages")):
        at = data.draw(st.integers(0, len(content) - 1), label="at")
        kind = data.draw(st.sampled_from(["set", "cut", "insert", "repeat"]), label="kind")
        junk = data.draw(st.binary(min_size=1, max_size=8), label="junk")
        if kind == "set":
            content[at : at + len(junk)] = junk
        elif kind == "cut":
            del content[at : at + len(junk) ** 3]
            content = content or bytearray(b"x")
        elif kind == "insert":
            content[at:at] = junk
        else:
            content += content[at : at + 64]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"a{suffix}"
        path.write_bytes(content)
        # Warnings of the libraries about what they find are not our fault, and not a failure.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            message = refusal(suffix, path)
        assert folder not in message


@settings(max_examples=60, deadline=None)
@given(content=st.binary(max_size=300), suffix=st.sampled_from(sorted(READERS)))
def test_any_bytes_are_read_or_refused(content: bytes, suffix: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"a{suffix}"
        path.write_bytes(content)
        assert folder not in refusal(suffix, path)


@settings(max_examples=150, deadline=None)
@given(text=st.text(alphabet='code,n\n\r"15.-E ', max_size=60))
def test_any_text_is_a_table_or_is_refused(text: str) -> None:
    """Where the pieces are read, the standard library finds the same number of rows."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.csv"
        path.write_bytes(text.encode())
        try:
            table = read_table(path, shown_as="a")
        except InputError:
            return
    expected = [row for row in csv.reader(io.StringIO(text, newline="")) if row]
    assert len(table.frame) == len(expected) - 1
    assert table.frame.shape[1] == len(expected[0])
    assert (table.line[1:] > table.line[:-1]).all()
    assert table.line.size == len(table.frame)
