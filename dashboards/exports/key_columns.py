"""The columns that many tables have, by which a row of one is found in another."""

from __future__ import annotations

__all__ = ["AREA_CODE", "AREA_CODE_OR_ALL", "PRIORITY", "Columns", "Row"]

Row = tuple[str, str, str, str]
"""Name, title, unit and description of a column."""

Columns = tuple[Row, ...]
"""The columns of a table, in the order of the file."""

PRIORITY: Row = ("priority", "Priority", "text", "Key of the priority, such as sv01.")
AREA_CODE: Row = ("area_code", "Area code", "code", "Code of the statistical area (LSOA).")
AREA_CODE_OR_ALL: Row = (
    "area_code",
    "Area code",
    "code",
    "Code of the statistical area (LSOA); empty for all of them.",
)
