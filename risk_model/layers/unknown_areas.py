"""Rows of official tables that name an area nobody knows: set aside, never dropped unseen."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import pandas as pd

from spatial.tables import read_table

__all__ = ["QUARANTINE_COLUMNS", "RULE", "rows_of_unknown_areas"]

QUARANTINE_COLUMNS = ("file", "line", "field", "value", "rule")
RULE = "no_such_area"


def rows_of_unknown_areas(
    path: Path, *, shown_as: str, codes: pd.Index, known: Collection[str]
) -> pd.DataFrame:
    """Return file, line, field, value and rule of each row whose area is in no list.

    Parameters
    ----------
    path, shown_as
        The table, and its name for messages.
    codes
        The area codes it holds.
    known
        Codes of the boundaries, of the ward lookup and of both sides of the change lookup.
    """
    unknown = set(codes.tolist()) - set(known)
    if not unknown:
        return pd.DataFrame(columns=list(QUARANTINE_COLUMNS))
    # Only now is the file read again, for the lines: nearly every table has no such row.
    table = read_table(path, shown_as=shown_as)
    found = [
        (shown_as, int(line), str(column), value, RULE)
        for column in table.frame.columns
        for line, value in zip(table.line, table.frame[column], strict=True)
        if value in unknown
    ]
    return pd.DataFrame(found, columns=list(QUARANTINE_COLUMNS)).sort_values(
        ["file", "line"], kind="stable", ignore_index=True
    )
