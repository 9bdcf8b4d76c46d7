"""Tables as text: RELIABILITY cases 12, 14, 15 and 16."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from spatial import tables
from spatial.errors import InputError
from spatial.tables import Table, match_columns, number_column, read_table, text_column


def csv_file(folder: Path, content: str | bytes, name: str = "a.csv") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def read(folder: Path, content: str | bytes, **options: object) -> Table:
    return read_table(csv_file(folder, content), shown_as="in/a.csv", **options)


def test_rows_columns_and_lines(tmp_path: Path) -> None:
    table = read(tmp_path, "code, name \n E1 ,Ash\n\nE2,Oak Hill  \n")
    assert list(table.frame.columns) == ["code", "name"]
    assert table.frame.to_numpy().tolist() == [["E1", "Ash"], ["E2", "Oak Hill"]]
    assert table.line.tolist() == [2, 4]
    assert table.frame.index.tolist() == [0, 1]


def test_line_numbers_count_lines_inside_quotes(tmp_path: Path) -> None:
    table = read(tmp_path, 'code,name\nE1,"two\nlines"\nE2,"a ""b"", c"\n')
    assert table.frame["name"].tolist() == ["two\nlines", 'a "b", c']
    assert table.line.tolist() == [2, 4]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("last", [True, False])
def test_line_ends_of_every_system(tmp_path: Path, end: str, last: bool) -> None:
    text = end.join(["code,name", "E1,Ash", "", "E2,Oak"]) + (end if last else "")
    table = read(tmp_path, text)
    assert table.frame.to_numpy().tolist() == [["E1", "Ash"], ["E2", "Oak"]]
    assert table.line.tolist() == [2, 4]


def test_case_12_a_byte_order_mark_is_dropped(tmp_path: Path) -> None:
    table = read(tmp_path, b"\xef\xbb\xbfcode,name\nE1,Caf\xc3\xa9\n")
    assert list(table.frame.columns) == ["code", "name"]
    assert table.frame["name"].tolist() == ["Café"]


def test_case_12_another_encoding_must_be_declared(tmp_path: Path) -> None:
    content = "code,name\nE1,Ash\nE2,Café\n".encode("cp1252")
    with pytest.raises(InputError, match=r"in/a\.csv:3: byte 0xe9 at position 23 is not utf-8"):
        read(tmp_path, content)
    assert read(tmp_path, content, encoding="cp1252").frame["name"].tolist() == ["Ash", "Café"]


def test_case_12_utf_16_is_named(tmp_path: Path) -> None:
    content = "code,name\nE1,Café\n".encode("utf-16")
    with pytest.raises(InputError, match="is UTF-16"):
        read(tmp_path, content)
    table = read(tmp_path, content, encoding="utf-16")
    assert table.frame["name"].tolist() == ["Café"]
    assert list(table.frame.columns) == ["code", "name"]


def test_case_12_an_unknown_encoding_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="encoding 'latin-99' is not known"):
        read(tmp_path, "a\n1\n", encoding="latin-99")


def test_case_13_damaged_tables_are_refused_with_every_line(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read(tmp_path, "a,b\n1,2\n1\n3,4\n1,2,3\n")
    assert [str(fault) for fault in caught.value.faults] == [
        "in/a.csv:3: has 1 fields where the header has 2",
        "in/a.csv:5: has 3 fields where the header has 2",
    ]
    with pytest.raises(InputError, match=r"in/a\.csv:3: holds a NUL"):
        read(tmp_path, "a,b\n1,2\n1,\x00\n")
    with pytest.raises(InputError, match=r"in/a\.csv:3: cannot be read from here on"):
        read(tmp_path, 'a,b\n1,2\n1,"open\n3,4\n')
    with pytest.raises(InputError, match="has no rows"):
        read(tmp_path, "a,b\n")
    with pytest.raises(InputError, match="and 5 more rows"):
        read(tmp_path, "a,b\n" + "1\n" * 15)


def test_case_15_codes_stay_text(tmp_path: Path) -> None:
    table = read(tmp_path, "code,n\n1E5,1\n00123,2\nNA,3\nnull,4\nTrue,5\n1.0,6\n,7\n")
    assert text_column(table, "code").tolist() == ["1E5", "00123", "NA", "null", "True", "1.0", ""]
    assert all(isinstance(code, str) for code in text_column(table, "code"))


def test_case_16_numbers_and_what_stands_for_none(tmp_path: Path) -> None:
    cells = ["12", " 3.5", "-1", "1e3", '"1,234"', '"1,234,567.5"', "0"]
    missing = ["..", ".", "NA", "n/a", "", "[x]", "-", "#N/A", "nan"]
    table = read(tmp_path, "code,n\n" + "".join(f"E,{cell}\n" for cell in cells + missing))
    values = number_column(table, "n")
    assert values[:7].tolist() == [12, 3.5, -1, 1000, 1234, 1234567.5, 0]
    assert np.isnan(values[7:]).all()


def test_case_16_other_text_is_refused_with_its_line(tmp_path: Path) -> None:
    table = read(tmp_path, "code,n\nE,1\nE,about 5\nE,inf\nE,1_000\nE,0x10\nE,5%\n")
    with pytest.raises(InputError) as caught:
        number_column(table, "n")
    lines = [fault.line for fault in caught.value.faults]
    assert lines == [3, 4, 5, 6, 7]
    assert str(caught.value.faults[0]) == "in/a.csv:3: n: 'about 5' is not a number"


def test_many_bad_numbers_are_counted_not_listed(tmp_path: Path) -> None:
    table = read(tmp_path, "n,m\n" + "x,1\n" * 40)
    with pytest.raises(InputError, match="and 35 more cells like these"):
        number_column(table, "n")


def test_a_blank_is_refused_where_a_number_is_needed(tmp_path: Path) -> None:
    table = read(tmp_path, "code,n\nE,1\nE,\n")
    with pytest.raises(InputError, match=r"in/a\.csv:3: n: is blank"):
        number_column(table, "n", allow_missing=False)


LONG = "Income Deprivation Affecting Children Index (IDACI) Rank (where 1 is most deprived)"


def test_case_14_headers_match_after_stripping_and_by_prefix(tmp_path: Path) -> None:
    header = f'" LSOA code (2021) ","{LONG[:80]}",imd  SCORE,"Income Rank (where 1 is worst)"'
    table = read(tmp_path, f"{header}\nE1,2,3,4\n")
    wanted = {
        "code": ("LSOA code", "LSOA21CD"),
        "idaci": (LONG,),
        "imd": ("IMD score",),
        "income": ("Income Rank",),
    }
    assert match_columns(table, wanted) == {
        "code": "LSOA code (2021)",
        "idaci": LONG[:80],
        "imd": "imd SCORE",
        "income": "Income Rank (where 1 is worst)",
    }


def test_an_equal_header_goes_before_a_longer_one(tmp_path: Path) -> None:
    table = read(tmp_path, "LSOA21CD,Total 2021,Total,LSOA21CDx\nE1,1,2,3\n")
    assert match_columns(table, {"n": ("Total",), "code": ("LSOA21CD",)}) == {
        "n": "Total",
        "code": "LSOA21CD",
    }


def test_a_longer_word_is_another_column(tmp_path: Path) -> None:
    table = read(tmp_path, "LSOA21CDx,n\nE1,1\n")
    with pytest.raises(InputError, match="no column 'LSOA21CD'"):
        match_columns(table, {"code": ("LSOA21CD",)})


def test_case_14_every_missing_column_is_named_with_the_nearest(tmp_path: Path) -> None:
    table = read(tmp_path, "LSOA21C,RUC21CD\nE1,UN1\n")
    with pytest.raises(InputError) as caught:
        match_columns(table, {"code": ("LSOA21CD", "LSOA code"), "n": ("Population",)})
    assert [str(fault) for fault in caught.value.faults] == [
        "in/a.csv:1: code: no column 'LSOA21CD' or 'LSOA code'; the nearest is 'LSOA21C'",
        "in/a.csv:1: n: no column 'Population'; it has 'LSOA21C', 'RUC21CD'",
    ]


def test_case_14_what_could_be_two_columns_is_refused(tmp_path: Path) -> None:
    table = read(tmp_path, "Age 0,Age 1\n1,2\n")
    with pytest.raises(InputError, match="could be any of 'Age 0', 'Age 1'"):
        match_columns(table, {"age": ("Age",)})
    table = read(tmp_path, "n,n\n1,2\n")
    with pytest.raises(InputError, match=r"could be any of 'n', 'n \(column 2\)'"):
        match_columns(table, {"n": ("n",)})


def test_optional_columns_may_be_absent(tmp_path: Path) -> None:
    table = read(tmp_path, "a\n1\n")
    wanted = {"a": ("a",), "b": ("b",)}
    assert match_columns(table, wanted, optional={"b"}) == {"a": "a"}


def test_the_header_is_found_below_titles_by_the_wanted_columns(tmp_path: Path) -> None:
    content = "Population estimates\n\nMid-2022, persons,\nLSOA 2021 Code,Total\nE1,5\nE2,6\n"
    wanted = {"code": ("LSOA 2021 Code",), "n": ("Total",)}
    table = read(tmp_path, content, wanted=wanted)
    assert table.header_line == 4
    assert table.line.tolist() == [5, 6]
    assert table.frame["Total"].tolist() == ["5", "6"]
    again = read(tmp_path, content, header_row=4)
    assert again.frame.equals(table.frame)
    assert again.line.tolist() == [5, 6]


def test_a_header_row_past_the_end_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="has no line 9"):
        read(tmp_path, "a\n1\n", header_row=9)


def test_the_exact_reader_names_lines_below_a_late_header(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"in/a\.csv:4: has 1 fields"):
        read(tmp_path, "title\na,b\n1,2\n3\n", header_row=2)


def test_a_huge_table_is_refused_by_its_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "MAX_BYTES", 10)
    with pytest.raises(InputError, match="too large"):
        read(tmp_path, "a,b\n" + "1,2\n" * 10)


def test_case_32_a_table_must_be_what_its_name_says(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="the content is a VRT"):
        read(tmp_path, "<OGRVRTDataSource/>")
    with pytest.raises(InputError, match=r"\.geojson is not a table"):
        read_table(csv_file(tmp_path, "{}", "a.geojson"), shown_as="a.geojson")


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("deprivation/File_7_IoD2025_Ranks_Scores_Deciles.csv", 33_755),
        ("deprivation/File_2_IoD2019_Domains_of_Deprivation.csv", 32_844),
        ("rurality/Rural_Urban_Classification_(2021)_of_LSOAs_in_EW.csv", 35_672),
        ("population/mid-2020-lsoa11-single-year-of-age-persons.csv", 34_753),
        ("lookups/LSOA11_to_LSOA21_to_LAD22_EW.csv", 35_795),
    ],
)
def test_the_real_tables_are_read_in_full(real_data: Path, name: str, rows: int) -> None:
    table = read_table(real_data / name, shown_as=name)
    assert len(table.frame) == rows
    assert table.line[0] == 2
    assert table.line[-1] == rows + 1
