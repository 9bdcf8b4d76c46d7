"""CSV bytes to a table: a fast path for plain files, an exact one for the rest."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from itertools import islice
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
from numpy.typing import NDArray

from spatial.errors import Fault, InputError
from spatial.tables import Table, unique_headers

__all__ = ["read_csv_text"]

_SEARCHED_ROWS: Final = 30
_SHOWN_FAULTS: Final = 10
_LONGEST_FIELD: Final = 1 << 20

FindHeader = Callable[[Sequence[Sequence[str]]], int]


def read_csv_text(
    data: bytes,
    *,
    shown_as: str,
    header_row: int | None = None,
    find_header: FindHeader | None = None,
) -> Table:
    """Read UTF-8 CSV bytes as text, with the line on which each row begins.

    Parameters
    ----------
    data
        UTF-8 without a byte-order mark and without NUL.
    shown_as
        Name for messages.
    header_row
        Line of the header, from 1; None for line 1 or what `find_header` says.
    find_header
        Given the first rows, returns the position of the header among them, from 1.

    Raises
    ------
    InputError
        For rows with more or fewer fields than the header, an open quote, no rows.
    """
    if header_row is None:
        header_row = _search(data, find_header) if find_header else 1
    start = _offset_of_line(data, header_row)
    if start is None:
        raise InputError(Fault(f"has no line {header_row} for a header", file=shown_as))
    body = data[start:]
    table = _fast(body, shown_as=shown_as, header_line=header_row)
    if table is None:
        table = _exact(body, shown_as=shown_as, header_line=header_row)
    if len(table.frame) == 0:
        raise InputError(Fault("has no rows below its header", file=shown_as))
    return table


def _search(data: bytes, find_header: FindHeader) -> int:
    """Return the line of the header: rows above it may be ragged titles and notes."""
    head = io.StringIO(data[: 1 << 20].decode("utf-8", "ignore"), newline="")
    reader = csv.reader(head)
    rows: list[list[str]] = []
    lines: list[int] = []
    begins = 1
    try:
        for row in islice(reader, _SEARCHED_ROWS):
            rows.append(row)
            lines.append(begins)
            begins = reader.line_num + 1
    except csv.Error:
        pass
    return lines[find_header(rows) - 1] if rows else 1


def _offset_of_line(data: bytes, line: int) -> int | None:
    offset = 0
    for _ in range(line - 1):
        found = data.find(b"\n", offset)
        if found < 0:
            return None
        offset = found + 1
    return offset if offset < len(data) else None


def _fast(body: bytes, *, shown_as: str, header_line: int) -> Table | None:
    """Read with Arrow where no quoted field runs over a line end; None where unsure."""
    raw = np.frombuffer(body, dtype=np.uint8)
    ends = np.flatnonzero(raw == 10)
    if ends.size == 0 or (raw == 13).sum() != (raw[ends[ends > 0] - 1] == 13).sum():
        return None
    quotes = np.flatnonzero(raw == 34)
    if (np.searchsorted(quotes, ends) % 2).any() or quotes.size % 2:
        return None
    begins = np.concatenate([[0], ends + 1])
    stops = np.concatenate([ends, [raw.size]])
    # A line end of Windows is not content.
    stops = stops - ((stops > begins) & (raw[np.maximum(stops - 1, 0)] == 13))
    filled = np.flatnonzero(stops > begins)
    if filled.size == 0 or filled[0] != 0:
        return None
    header = next(csv.reader([body[: stops[0]].decode("utf-8")]))
    names = [str(position) for position in range(len(header))]
    try:
        arrow = pacsv.read_csv(
            pa.BufferReader(body),
            read_options=pacsv.ReadOptions(
                column_names=names, skip_rows=1, block_size=1 << 24, use_threads=True
            ),
            parse_options=pacsv.ParseOptions(newlines_in_values=False),
            convert_options=pacsv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()),
                strings_can_be_null=False,
                check_utf8=False,
            ),
        )
    except pa.ArrowException:
        return None
    if arrow.num_rows != filled.size - 1:
        return None
    columns = {
        name: pc.utf8_trim_whitespace(column)
        for name, column in zip(unique_headers(header), arrow.columns, strict=True)
    }
    frame: pd.DataFrame = pa.table(columns).to_pandas().astype("str")
    line = filled[1:].astype(np.int64) + header_line
    return Table(frame, line, shown_as, header_line=header_line)


def _exact(body: bytes, *, shown_as: str, header_line: int) -> Table:
    """Read row by row, so that every odd row can be named."""
    reader = csv.reader(io.StringIO(body.decode("utf-8"), newline=""), strict=True)
    rows: list[list[str]] = []
    lines: list[int] = []
    faults: list[Fault] = []
    header: list[str] | None = None
    begins = header_line
    before = csv.field_size_limit(_LONGEST_FIELD)
    try:
        for row in reader:
            if header is None:
                header = row
            elif row and len(row) != len(header):
                faults.append(
                    Fault(
                        f"has {len(row)} fields where the header has {len(header)}",
                        file=shown_as,
                        line=begins,
                    )
                )
            elif row:
                rows.append([cell.strip() for cell in row])
                lines.append(begins)
            begins = header_line + reader.line_num
    except csv.Error as problem:
        faults.append(Fault(f"cannot be read from here on: {problem}", file=shown_as, line=begins))
    finally:
        csv.field_size_limit(before)
    if len(faults) > _SHOWN_FAULTS:
        more = len(faults) - _SHOWN_FAULTS
        faults = [*faults[:_SHOWN_FAULTS], Fault(f"and {more} more rows", file=shown_as)]
    if faults:
        raise InputError(faults)
    names = unique_headers(header or [])
    line: NDArray[Any] = np.array(lines, dtype=np.int64)
    return Table(pd.DataFrame(rows, columns=names, dtype="str"), line, shown_as, header_line)
