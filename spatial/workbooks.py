"""Sheets of `.xlsx` workbooks as rows of text."""

from __future__ import annotations

import datetime as dt
import re
import zipfile
import zlib
from collections.abc import Callable, Sequence
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any, Final

from spatial.archives import ZipLimits, open_zip
from spatial.errors import Fault, InputError
from spatial.files import nearest

__all__ = ["read_workbook"]

_LIMITS: Final = ZipLimits(entries=2_000, total_bytes=2 << 30, ratio=200)
_SEARCHED_ROWS: Final = 30
_YEAR: Final = re.compile(r"(?:19|20)\d{2}")


def read_workbook(
    path: Path,
    *,
    shown_as: str,
    sheet: str | None,
    score: Callable[[Sequence[str]], int],
) -> tuple[list[list[str]], str]:
    """Read one sheet as text, values only; no formula, macro or link is followed.

    Parameters
    ----------
    path
        An `.xlsx` file. It is a zip, and guarded as one.
    shown_as
        Name for messages.
    sheet
        Sheet to read; None for the one with the most wanted columns near its top, and of equals
        the one whose name has the latest year.
    score
        How many wanted columns a row would name as a header.

    Returns
    -------
    tuple
        Rows of text, all rows of the sheet from row 1, and the name of the sheet.
    """
    with open_zip(path, shown_as=shown_as, limits=_LIMITS) as guarded:
        _refuse_doctype(guarded, shown_as)
    from openpyxl import load_workbook  # noqa: PLC0415  # slow to import

    try:
        with closing(load_workbook(path, read_only=True, data_only=True, keep_links=False)) as book:
            name = _choose_sheet(book, shown_as, sheet, score)
            rows = [[_text(cell) for cell in row] for row in book[name].iter_rows(values_only=True)]
    except InputError:
        raise
    except Exception as problem:  # openpyxl lets every error of its parsers through
        raise InputError(Fault(f"cannot be read: {problem}", file=shown_as)) from problem
    return rows, name


def _refuse_doctype(file: zipfile.ZipFile, shown_as: str) -> None:
    """Refuse entity definitions: a workbook has none, an XML bomb begins with them."""
    for entry in file.infolist():
        if entry.filename.endswith((".xml", ".rels")):
            try:
                with file.open(entry) as stream:
                    head = stream.read(4096)
            except (zipfile.BadZipFile, zlib.error, EOFError, OSError) as problem:
                raise InputError(Fault(f"is damaged: {problem}", file=shown_as)) from problem
            if b"<!" in head.replace(b"<!--", b"").upper():
                raise InputError(
                    Fault(f"{entry.filename} defines XML entities; not read", file=shown_as)
                )


def _choose_sheet(
    book: Any, shown_as: str, sheet: str | None, score: Callable[[Sequence[str]], int]
) -> str:
    names = [item.title for item in book.worksheets]
    if sheet is not None:
        if sheet in names:
            return sheet
        close = nearest(sheet, names)
        hint = f"did you mean {close!r}?" if close else f"it has {', '.join(map(repr, names))}"
        raise InputError(Fault(f"no sheet {sheet!r}; {hint}", file=shown_as, field="sheet"))
    if not names:
        raise InputError(Fault("has no sheets", file=shown_as))
    best: list[str] = []
    top = 0
    for item in book.worksheets:
        head = islice(item.iter_rows(values_only=True), _SEARCHED_ROWS)
        points = max((score([_text(cell) for cell in row]) for row in head), default=0)
        if points > top:
            top, best = points, []
        if points == top and points > 0:
            best.append(item.title)
    if not best:
        return str(names[0])
    # ONS puts one year a sheet into one workbook: take the latest, by the years in the names.
    years = [max(map(int, _YEAR.findall(name)), default=0) for name in best]
    if years.count(max(years)) > 1:
        listed = ", ".join(map(repr, best))
        raise InputError(
            Fault(f"has several sheets that fit ({listed}); name one", file=shown_as, field="sheet")
        )
    return best[years.index(max(years))]


def _text(cell: object) -> str:
    """Return a cell as a person reads it: whole numbers without `.0`, dates as ISO."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return str(cell).upper()
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, (dt.datetime, dt.date, dt.time)):
        return cell.isoformat()
    return str(cell).strip()
