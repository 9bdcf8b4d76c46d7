"""Workbooks: the ONS mid-year estimates have a title, a header on row 4 and a sheet a year."""

from __future__ import annotations

import datetime as dt
import zipfile
from pathlib import Path

import openpyxl
import pytest

from spatial.errors import InputError
from spatial.tables import match_columns, number_column, read_table

WANTED = {"code": ("LSOA 2021 Code",), "n": ("Total",)}
HEADER = ["LAD 2023 Code", "LAD 2023 Name", "LSOA 2021 Code", "LSOA 2021 Name", "Total", "F0"]


def workbook(path: Path, sheets: dict[str, int]) -> Path:
    """Write one sheet a year, the Total of each row being the number given."""
    book = openpyxl.Workbook()
    book.active.title = "Contents"
    book.active.append(["Population estimates", "by area"])
    for name, total in sheets.items():
        sheet = book.create_sheet(name)
        sheet.append([f"{name}: population estimates"])
        sheet.append(["This worksheet contains one table"])
        sheet.append([])
        sheet.append(HEADER)
        sheet.append(["E06", "Ashford", "E01", "Ashford 001A", total, 3.0])
        sheet.append([])
        sheet.append(["E06", "Ashford", "E02", "Ashford 001B", total + 0.5, None])
    book.save(path)
    book.close()
    return path


def test_the_header_is_found_by_the_wanted_columns(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", {"Mid-2022 LSOA 2021": 1500})
    table = read_table(path, shown_as="a.xlsx", wanted=WANTED)
    assert table.sheet == "Mid-2022 LSOA 2021"
    assert table.header_line == 4
    assert table.line.tolist() == [5, 7]
    columns = match_columns(table, WANTED)
    assert table.frame[columns["code"]].tolist() == ["E01", "E02"]
    assert number_column(table, columns["n"]).tolist() == [1500, 1500.5]
    assert table.frame["F0"].tolist() == ["3", ""]


def test_the_header_is_found_by_its_width_where_nothing_is_wanted(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", {"Mid-2022": 1500})
    table = read_table(path, shown_as="a.xlsx", sheet="Mid-2022")
    assert table.header_line == 4
    assert list(table.frame.columns) == HEADER
    given = read_table(path, shown_as="a.xlsx", sheet="Mid-2022", header_row=4)
    assert given.frame.equals(table.frame)


def test_of_several_years_the_latest_is_taken(tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "a.xlsx", {"Mid-2021 LSOA 2021": 1, "Mid-2023 LSOA 2021": 3, "Mid-2022": 2}
    )
    table = read_table(path, shown_as="a.xlsx", wanted=WANTED)
    assert table.sheet == "Mid-2023 LSOA 2021"
    assert table.frame["Total"].tolist()[0] == "3"


def test_sheets_that_cannot_be_told_apart_must_be_named(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", {"Females": 1, "Males": 2})
    with pytest.raises(InputError, match="several sheets that fit"):
        read_table(path, shown_as="a.xlsx", wanted=WANTED)
    table = read_table(path, shown_as="a.xlsx", wanted=WANTED, sheet="Males")
    assert table.frame["Total"].tolist()[0] == "2"
    with pytest.raises(InputError, match="no sheet 'males'; did you mean 'Males'"):
        read_table(path, shown_as="a.xlsx", sheet="males")


def test_cells_become_the_text_a_person_reads(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["a", "b", "c", "d", "e"])
    book.active.append([1234.0, 0.1, True, dt.datetime(2025, 1, 31), " 00123 "])  # noqa: DTZ001
    book.save(tmp_path / "a.xlsx")
    book.close()
    table = read_table(tmp_path / "a.xlsx", shown_as="a.xlsx")
    assert table.frame.iloc[0].tolist() == ["1234", "0.1", "TRUE", "2025-01-31T00:00:00", "00123"]


def test_an_empty_sheet_is_refused(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.save(tmp_path / "a.xlsx")
    book.close()
    with pytest.raises(InputError, match="has 0 rows; no header"):
        read_table(tmp_path / "a.xlsx", shown_as="a.xlsx")


def test_a_csv_has_no_sheets(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a\n1\n")
    with pytest.raises(InputError, match="a CSV has no sheets"):
        read_table(tmp_path / "a.csv", shown_as="a.csv", sheet="x")


def rewritten(path: Path, name: str, content: bytes) -> None:
    """Replace one part of a workbook."""
    with zipfile.ZipFile(path) as file:
        parts = {entry: file.read(entry) for entry in file.namelist()}
    parts[name] = content
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for entry, data in parts.items():
            file.writestr(entry, data)


def test_case_33_a_workbook_is_guarded_as_a_zip(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", {"Mid-2022": 1})
    rewritten(path, "xl/worksheets/bomb.xml", b"<a>" + b" " * 20_000_000)
    with pytest.raises(InputError, match="the limit is 200 times"):
        read_table(path, shown_as="a.xlsx")


def test_entities_are_refused(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", {"Mid-2022": 1})
    bomb = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "bbbbbbbb">]><a>&b;</a>'
    rewritten(path, "xl/sharedStrings.xml", bomb)
    with pytest.raises(InputError, match="defines XML entities"):
        read_table(path, shown_as="a.xlsx")


def test_a_zip_that_is_no_workbook_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.xlsx", "w") as file:
        file.writestr("a.txt", "hello")
    with pytest.raises(InputError, match="cannot be read"):
        read_table(tmp_path / "a.xlsx", shown_as="a.xlsx")
