"""Tables as text: CSV and workbooks to rows with line numbers, columns by published header.

Everything stays text until a column is asked for as numbers, so that `00123`, `1E5` and `NA` in a
code column survive as written.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from spatial.errors import Fault, Faults, InputError
from spatial.files import check_magic, nearest

__all__ = ["MISSING", "Table", "match_columns", "number_column", "read_table", "text_column"]

MAX_BYTES: Final = 1 << 29
_SEARCHED_ROWS: Final = 30
_SHOWN_FAULTS: Final = 5
# A header cut at 80 characters (as in the published IoD files) keeps at least this much.
_SHORTEST_CUT: Final = 40
MISSING: Final = frozenset(
    {"", ".", "..", "...", "-", ":", "*", "na", "n/a", "nan", "#n/a", "null", "none"}
    | {"[x]", "[c]", "[z]", "[low]", "[u]"}
)
_THOUSANDS: Final = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?")


@dataclass(frozen=True)
class Table:
    """A table as text.

    Attributes
    ----------
    frame
        All columns text without surrounding blanks; index 0..n-1; column names as published,
        stripped, a repeated one with its position added.
    line
        Line (row of a sheet) on which each row begins, from 1.
    shown_as
        Name for messages.
    header_line
        Line of the header, from 1.
    sheet
        Sheet of a workbook, None for a CSV.
    """

    frame: pd.DataFrame
    line: NDArray[np.int64]
    shown_as: str
    header_line: int = 1
    sheet: str | None = None

    def fault(self, row: int, message: str, column: str | None = None) -> Fault:
        """Return a fault of a row, 0..n-1, at its line."""
        return Fault(message, file=self.shown_as, line=int(self.line[row]), field=column)

    def first_faults(
        self, bad: ArrayLike, say: Callable[[int], str], column: str | None = None
    ) -> list[Fault]:
        """Return a fault for each of the first five rows of which `bad`, shape (n,), is true."""
        return [self.fault(row, say(row), column) for row in np.flatnonzero(bad)[:_SHOWN_FAULTS]]


def read_table(
    path: Path,
    *,
    shown_as: str,
    header_row: int | None = None,
    sheet: str | None = None,
    encoding: str = "utf-8",
    wanted: Mapping[str, Sequence[str]] | None = None,
) -> Table:
    """Read a CSV or an `.xlsx` workbook as text.

    Parameters
    ----------
    path
        A `.csv` or `.xlsx` file.
    shown_as
        Name for messages.
    header_row
        Line of the header, from 1. Where it is not given: the first of the first 30 lines that
        has every `wanted` column; without `wanted`, line 1 of a CSV, and in a sheet the first
        line with as many filled cells as any of the first 30.
    sheet
        Sheet of a workbook. Where it is not given: the one with the wanted columns; of several,
        the one whose name has the latest year.
    encoding
        Of a CSV. A byte-order mark of UTF-8 is dropped.
    wanted
        As for `match_columns`; used only to find the header.

    Raises
    ------
    InputError
        Content not as the extension says, undecodable byte (with its line), a NUL, ragged rows
        (each with its line), no header, no rows.
    """
    check_magic(path, shown_as=shown_as)
    suffix = path.suffix.lower()
    if suffix == ".xlsx":
        from spatial.workbooks import read_workbook  # noqa: PLC0415  # openpyxl is slow to import

        rows, found_sheet = read_workbook(
            path, shown_as=shown_as, sheet=sheet, score=lambda row: _score(row, wanted)
        )
        return _from_rows(
            rows,
            shown_as=shown_as,
            header_row=header_row or _find_header(rows, wanted, widest=True),
            sheet=found_sheet,
        )
    if suffix != ".csv":
        raise InputError(Fault(f"{suffix} is not a table; use .csv or .xlsx", file=shown_as))
    if sheet is not None:
        raise InputError(Fault("a CSV has no sheets", file=shown_as, field="sheet"))
    if path.stat().st_size > MAX_BYTES:
        raise InputError(Fault("is over 512 MiB, too large for a table of areas", file=shown_as))
    from spatial.csv_text import read_csv_text  # noqa: PLC0415  # pyarrow.csv only where needed

    data = _decoded(path.read_bytes(), shown_as=shown_as, encoding=encoding)
    return read_csv_text(
        data,
        shown_as=shown_as,
        header_row=header_row,
        find_header=(lambda rows: _find_header(rows, wanted, widest=False)) if wanted else None,
    )


def _decoded(data: bytes, *, shown_as: str, encoding: str) -> bytes:
    """Return the bytes as UTF-8 without a byte-order mark, or say which byte is wrong."""
    try:
        name = codecs.lookup(encoding).name
    except LookupError as problem:
        raise InputError(
            Fault(f"encoding {encoding!r} is not known; use utf-8 or cp1252", file=shown_as)
        ) from problem
    if data.startswith((b"\xff\xfe", b"\xfe\xff")) and not name.startswith("utf-16"):
        raise InputError(
            Fault(
                "is UTF-16 ('Unicode text'); save it as 'CSV UTF-8' or declare encoding: utf-16",
                file=shown_as,
            )
        )
    try:
        text = data.decode(name)
    except UnicodeDecodeError as problem:
        line = data.count(b"\n", 0, problem.start) + 1
        raise InputError(
            Fault(
                f"byte {data[problem.start]:#04x} at position {problem.start} is not {encoding}; "
                "save the file as 'CSV UTF-8' or declare its encoding (often cp1252)",
                file=shown_as,
                line=line,
            )
        ) from problem
    utf8 = data if name in {"utf-8", "ascii"} else text.encode("utf-8")
    utf8 = utf8.removeprefix(b"\xef\xbb\xbf")
    nul = utf8.find(b"\x00")
    if nul >= 0:
        raise InputError(
            Fault(
                "holds a NUL byte; the file is damaged",
                file=shown_as,
                line=utf8.count(b"\n", 0, nul) + 1,
            )
        )
    return utf8


def _score(row: Sequence[str], wanted: Mapping[str, Sequence[str]] | None) -> int:
    """Return how many of the wanted columns a row would name as a header."""
    if not wanted:
        return 0
    headers = _Headers([_clean(cell) for cell in row])
    return sum(1 for names in wanted.values() if headers.match(names))


def _find_header(
    rows: Sequence[Sequence[str]], wanted: Mapping[str, Sequence[str]] | None, *, widest: bool
) -> int:
    """Return the line of the header, from 1, by the wanted columns or by filled cells."""
    head = rows[:_SEARCHED_ROWS]
    scores = [_score(row, wanted) for row in head]
    best = max(scores, default=0)
    if best > 0:
        return scores.index(best) + 1
    if not widest:
        return 1
    filled = [sum(1 for cell in row if cell) for row in head]
    return filled.index(max(filled)) + 1 if filled else 1


def _from_rows(
    rows: list[list[str]], *, shown_as: str, header_row: int, sheet: str | None
) -> Table:
    """Make a table from the rows of a sheet."""
    if header_row > len(rows):
        raise InputError(
            Fault(f"has {len(rows)} rows; no header on row {header_row}", file=shown_as)
        )
    header = list(rows[header_row - 1])
    while header and not header[-1]:
        header.pop()
    width = len(header)
    numbered = [
        (number, row)
        for number, row in enumerate(rows[header_row:], start=header_row + 1)
        if any(row)
    ]
    body = [(row + [""] * width)[:width] for _, row in numbered]
    if not body or not width:
        raise InputError(Fault("has no rows below its header", file=shown_as))
    frame = pd.DataFrame(body, columns=unique_headers(header), dtype="str")
    line = np.array([number for number, _ in numbered], dtype=np.int64)
    return Table(frame, line, shown_as, header_line=header_row, sheet=sheet)


def unique_headers(header: Sequence[str]) -> list[str]:
    """Return stripped headers; blank and repeated ones get their position."""
    names: list[str] = []
    seen: set[str] = set()
    for position, cell in enumerate(header, start=1):
        name = _clean(cell) or f"(column {position})"
        if name in seen:
            name = f"{name} (column {position})"
        seen.add(name)
        names.append(name)
    return names


def _clean(header: str) -> str:
    return " ".join(header.replace("\ufeff", "").split())


class _Headers:
    """The headers of a table, prepared for many questions."""

    def __init__(self, headers: Sequence[str]) -> None:
        self.headers = headers
        self._given = frozenset(headers)
        self._folded = [header.casefold() for header in headers]
        self._known = frozenset(self._folded)

    def match(self, acceptable: Sequence[str]) -> list[str]:
        """Return the headers that one wanted column may mean: the best kind of match found.

        In order: equal; equal but for upper and lower case; published header cut short; acceptable
        name followed by more words, as in `Income Rank (where 1 is most deprived)`.
        """
        names = [_clean(name) for name in acceptable]
        for name in names:
            if name in self._given:
                return [name]
        folded = tuple(name.casefold() for name in names)

        def follows(header: str) -> bool:
            return header.startswith(folded) and any(
                header.startswith(name) and not header[len(name) : len(name) + 1].isalnum()
                for name in folded
            )

        def cut(header: str) -> bool:
            return len(header) >= _SHORTEST_CUT and any(name.startswith(header) for name in folded)

        if not self._known.isdisjoint(folded):
            return self._where(lambda header: header in folded)
        return self._where(cut) or self._where(follows)

    def _where(self, test: Callable[[str], bool]) -> list[str]:
        pairs = zip(self.headers, self._folded, strict=True)
        return [header for header, folded in pairs if test(folded)]


def match_columns(
    table: Table, wanted: Mapping[str, Sequence[str]], *, optional: Collection[str] = ()
) -> dict[str, str]:
    """Find the published column for each wanted one (case 14).

    Parameters
    ----------
    table
        As read.
    wanted
        For each id, the headers that are accepted, the preferred one first. They match after
        stripping, without regard to case, and by prefix (headers are cut at 80 characters in some
        published files, and carry a note in others).
    optional
        Ids that may be absent; they are then left out of the result.

    Returns
    -------
    dict
        Id to column name of `table.frame`.

    Raises
    ------
    InputError
        With one fault for each column that is missing (with the nearest header) or ambiguous.
    """
    headers = [str(name) for name in table.frame.columns]
    prepared = _Headers(headers)
    faults = Faults()
    matched: dict[str, str] = {}
    for key, acceptable in wanted.items():
        found = prepared.match(acceptable)
        repeated = [h for h in headers if found and h.startswith(f"{found[0]} (column ")]
        if len(found) == 1 and not repeated:
            matched[key] = found[0]
        elif found:
            listed = ", ".join(repr(header) for header in [*found, *repeated][:4])
            faults.add(
                f"column {acceptable[0]!r} could be any of {listed}; keep one",
                file=table.shown_as,
                line=table.header_line,
                field=key,
            )
        elif key not in optional:
            close = nearest(acceptable[0], headers)
            hint = f"the nearest is {close!r}" if close else f"it has {_listed(headers)}"
            others = "".join(f" or {name!r}" for name in acceptable[1:3])
            faults.add(
                f"no column {acceptable[0]!r}{others}; {hint}",
                file=table.shown_as,
                line=table.header_line,
                field=key,
            )
    faults.raise_if_any()
    return matched


def _listed(headers: Sequence[str]) -> str:
    shown = ", ".join(repr(header) for header in headers[:8])
    return shown if len(headers) <= 8 else f"{shown} and {len(headers) - 8} more"


def text_column(table: Table, column: str) -> NDArray[Any]:
    """Return a column as an object array of stripped text, as written."""
    return table.frame[column].to_numpy(dtype=object)


def number_column(table: Table, column: str, *, allow_missing: bool = True) -> NDArray[np.float64]:
    """Return a column as numbers (case 16).

    Parameters
    ----------
    table
        As read.
    column
        A column of `table.frame`.
    allow_missing
        Whether blank, `..`, `NA`, `[x]` and their like may occur; they become NaN.

    Returns
    -------
    ndarray of float, shape (n,)

    Raises
    ------
    InputError
        With the line of each cell that is not a finite number (the first five and how many more).
    """
    text = table.frame[column]
    values = np.array(pd.to_numeric(text, errors="coerce"), dtype=np.float64)
    odd = np.flatnonzero(~np.isfinite(values))
    faults: list[Fault] = []
    for row in odd:
        cell = str(text.iloc[row]).strip()
        if cell.casefold() in MISSING:
            values[row] = np.nan
            if allow_missing:
                continue
            message = "is blank; a number is needed"
        elif _THOUSANDS.fullmatch(cell):
            values[row] = float(cell.replace(",", ""))
            continue
        else:
            message = f"{cell[:60]!r} is not a number"
        faults.append(table.fault(int(row), message, column))
    if len(faults) > _SHOWN_FAULTS:
        more = len(faults) - _SHOWN_FAULTS
        faults = [
            *faults[:_SHOWN_FAULTS],
            Fault(f"and {more} more cells like these", file=table.shown_as, field=column),
        ]
    if faults:
        raise InputError(faults)
    return values
