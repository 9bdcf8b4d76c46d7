"""A workbook: notes first, then one sheet a table."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from openpyxl import Workbook
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from dashboards.exports.csv_export import area_table
from dashboards.exports.run_columns import columns_of
from dashboards.exports.wording import (
    DEMONSTRATION,
    cautions,
    finding,
    gaps,
    period_words,
    weights_words,
)
from risk_model.run_store import PublishedRun
from spatial.writers import guard_formula

__all__ = ["export_xlsx", "safe_cell"]

_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_LONGEST = 32_767  # characters Excel keeps in a cell
_WIDEST = 60


def export_xlsx(run: PublishedRun, folder: Path) -> list[Path]:
    """Write run.xlsx with the sheets Notes, Areas, Contributions, Ledger and Quarantine."""
    areas = area_table(run)
    book = Workbook()
    notes = book.active
    if not isinstance(notes, Worksheet):  # pragma: no cover - a new book has a sheet
        raise TypeError("a new workbook has no worksheet")
    notes.title = "Notes"
    _write_notes(notes, run, areas)
    tables = {
        "Areas": ("areas", areas),
        "Contributions": ("contributions", run.contributions()),
        "Ledger": ("ledger", run.ledger()),
        "Quarantine": ("quarantine", run.quarantine()),
    }
    for title, (_, table) in tables.items():
        _write_table(book.create_sheet(title), table)
    for name, (table_name, table) in tables.items():
        _append(notes, [[], [f"Columns of sheet {name}"]], bold_last=True)
        _append(notes, [["Column", "Title", "Unit", "What it says"]], bold_last=True)
        described = columns_of(
            table.columns, table=table_name, manifest=run.manifest, empty=_empty(table)
        )
        _append(notes, ([c.name, c.title, c.unit, c.description] for c in described))
    for letter, width in zip("ABCD", (34, 40, 26, 90), strict=True):
        notes.column_dimensions[letter].width = width
    book.properties.creator = "csp-hotspots"
    book.properties.created = _when(str(run.manifest.get("created") or ""))
    path = folder / "run.xlsx"
    book.save(path)
    return [path]


def safe_cell(value: object) -> Any:
    """Return what may stand in a cell: a text that could run as a formula gets an apostrophe.

    Numbers stay numbers; what is missing or not finite is an empty cell; characters that a
    workbook cannot hold are left out.
    """
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if isinstance(value, int | np.integer):
        return int(value)
    if isinstance(value, float | np.floating):
        return float(value) if math.isfinite(value) else None
    if value is None or value is pd.NA or value is pd.NaT:
        return None
    # Both before and after: leaving a character out must not uncover a formula.
    text = _UNPRINTABLE.sub("", str(guard_formula(str(value))))
    return str(guard_formula(text))[:_LONGEST]


def _write_notes(sheet: Worksheet, run: PublishedRun, areas: pd.DataFrame) -> None:
    manifest = run.manifest
    lines = [
        [finding(areas, manifest)],
        [str(manifest.get("name") or "")],
        ["Handling", str(manifest.get("handling") or "none set")],
        *([[DEMONSTRATION]] if manifest.get("demonstration") else []),
        ["Run", run.run_id],
        ["Made", str(manifest.get("created") or "")],
        ["Period", f"{period_words(manifest)}. {gaps(manifest)}".strip()],
        ["Weights", weights_words(manifest)],
        [],
        *[[line] for line in cautions(manifest)],
        ["An empty cell is not calculable, never zero."],
        *[[f"Warning: {line}"] for line in manifest.get("warnings") or ()],
        *[[line] for line in manifest.get("attribution") or ()],
    ]
    _append(sheet, lines)
    sheet["A1"].font = Font(bold=True, size=14)


def _empty(table: pd.DataFrame) -> list[str]:
    """Return the columns of which no row holds anything; none of a table without rows."""
    if table.empty:
        return []
    return [
        str(name)
        for name in table.columns
        if all(safe_cell(value) in (None, "") for value in table[name].tolist())
    ]


def _write_table(sheet: Worksheet, table: pd.DataFrame) -> None:
    _append(sheet, [list(table.columns)], bold_last=True)
    # Column by column: a row of a mixed frame would turn whole numbers into decimals.
    columns = [[safe_cell(value) for value in table[name].tolist()] for name in table.columns]
    for row in zip(*columns, strict=True):
        sheet.append(row)
    sheet.freeze_panes = "B2"
    if len(table):
        sheet.auto_filter.ref = sheet.dimensions
    for number, (name, values) in enumerate(zip(table.columns, columns, strict=True), start=1):
        longest = max([len(str(name)), *(len(str(value)) for value in values[:200])])
        sheet.column_dimensions[get_column_letter(number)].width = min(longest + 2, _WIDEST)


def _append(sheet: Worksheet, rows: Iterable[Sequence[object]], *, bold_last: bool = False) -> None:
    for row in rows:
        sheet.append([safe_cell(value) for value in row])
    if bold_last:
        for cell in sheet[sheet.max_row]:
            cell.font = Font(bold=True)
            cell.alignment = Alignment(vertical="top")


def _when(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text).astimezone(UTC).replace(tzinfo=None)
    except ValueError:
        return datetime(2000, 1, 1)  # noqa: DTZ001 - workbooks hold times without a zone
