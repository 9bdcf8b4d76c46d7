"""Placed rows -> the frames that the rest of the work reads, in an order the rows do not set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from spatial.categories import CATEGORIES
from spatial.incident_table import IncidentTable
from spatial.ledger import REASONS
from spatial.period import month_text
from spatial.points import distinct_points

__all__ = [
    "PlacedRows",
    "count_rows",
    "force_totals",
    "fullest_points",
    "point_rows",
    "unlocated_by_category",
]

_FULLEST = 20
_USED, _RING, _OUTSIDE, _UNLOCATED = (
    REASONS.index(reason) for reason in ("used", "ring", "outside", "unlocated")
)

Mask = npt.NDArray[np.bool_]
Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class PlacedRows:
    """Where the rows of an `IncidentTable` went.

    `reason` has one entry a row: a position in `REASONS`, or beyond it for a rule of quarantine.
    `x`, `y`, `area` (position in `codes`, -1 for none) and `near` have one entry for each of the
    rows in `where`: those with a point that no later row replaces.
    """

    reason: npt.NDArray[np.int8]
    where: Numbers
    x: npt.NDArray[np.float64]
    y: npt.NDArray[np.float64]
    area: Numbers
    near: Mask
    codes: tuple[str, ...]
    disagreement: float
    adrift: float


def _texts(numbers: npt.NDArray[np.integer], texts: Sequence[str]) -> pd.Series:
    """Return texts by their number as a column of text."""
    return pd.Series(np.array(texts, dtype=object)[numbers], dtype="str")


def _months(table: IncidentTable) -> tuple[Numbers, list[str]]:
    """Count the months of the rows from the earliest."""
    if not len(table):
        return np.zeros(0, dtype=np.int64), []
    first, last = int(table.month.min()), int(table.month.max())
    return (
        table.month.astype(np.int64) - first,
        [month_text(number) for number in range(first, last + 1)],
    )


def _counted(columns: dict[str, tuple[npt.NDArray[np.integer], Sequence[str]]]) -> pd.DataFrame:
    """Count rows by every combination of the columns, sorted by them in their order."""
    size = len(next(iter(columns.values()))[0])
    key = np.zeros(size, dtype=np.int64)
    for numbers, texts in columns.values():
        key = key * max(len(texts), 1) + numbers
    keys, n = np.unique(key, return_counts=True)
    found: dict[str, pd.Series] = {}
    for name, (_, texts) in reversed(columns.items()):
        keys, number = np.divmod(keys, max(len(texts), 1))
        found[name] = _texts(number, texts)
    frame = pd.DataFrame({name: found[name] for name in columns})
    frame["n"] = n.astype(np.int64)
    return frame


def count_rows(table: IncidentTable, placed: PlacedRows) -> pd.DataFrame:
    """Count the rows of study area and ring: area_code, month, category, n, attributes."""
    kept = np.isin(placed.reason[placed.where], (_USED, _RING))
    rows, area = placed.where[kept], placed.area[kept]
    months, month_texts = _months(table)
    columns: dict[str, tuple[npt.NDArray[np.integer], Sequence[str]]] = {
        "area_code": (area, placed.codes),
        "month": (months[rows], month_texts),
        "category": (table.category[rows], CATEGORIES),
    }
    for name, numbers in table.attributes.items():
        columns[name] = (numbers[rows], table.attribute_texts[name])
    frame = _counted(columns)
    return frame[["area_code", "month", "category", "n", *table.attributes]]


def point_rows(table: IncidentTable, placed: PlacedRows) -> pd.DataFrame:
    """List the located rows near the study area: x, y, month, category, area_code."""
    kept = np.flatnonzero(placed.near)
    rows = placed.where[kept]
    months, month_texts = _months(table)
    x, y = placed.x[kept], placed.y[kept]
    ours = np.isin(placed.reason[rows], (_USED, _RING))
    area = np.where(ours, placed.area[kept] + 1, 0)
    month, category = months[rows], table.category[rows]
    order = np.lexsort((area, category, month, y, x))
    return pd.DataFrame(
        {
            "x": x[order],
            "y": y[order],
            "month": _texts(month[order], month_texts),
            "category": _texts(category[order], CATEGORIES),
            "area_code": _texts(area[order], ("", *placed.codes)),
        }
    )


def fullest_points(placed: PlacedRows) -> pd.DataFrame:
    """List the points of the study area that hold most events: x, y, events, share (case 25)."""
    used = placed.reason[placed.where] == _USED
    x, y = placed.x[used], placed.y[used]
    seen, point = distinct_points(x, y)
    events = np.bincount(point, minlength=len(seen))
    order = np.lexsort((y[seen], x[seen], -events))[:_FULLEST]
    return pd.DataFrame(
        {
            "x": x[seen][order],
            "y": y[seen][order],
            "events": events[order].astype(np.int64),
            "share": events[order] / max(len(x), 1),
        }
    )


def unlocated_by_category(table: IncidentTable, placed: PlacedRows) -> pd.DataFrame:
    """Give the share of rows without a location by category (case 1)."""
    counted = np.isin(placed.reason, (_USED, _RING, _OUTSIDE, _UNLOCATED))
    rows = np.bincount(table.category[counted], minlength=len(CATEGORIES))
    lost = placed.reason == _UNLOCATED
    unlocated = np.bincount(table.category[lost], minlength=len(CATEGORIES))
    frame = pd.DataFrame(
        {
            "category": pd.Series(CATEGORIES, dtype="str"),
            "rows": rows.astype(np.int64),
            "unlocated": unlocated.astype(np.int64),
            "share": unlocated / np.maximum(rows, 1),
        }
    )
    return frame[frame["rows"] > 0].reset_index(drop=True)


def force_totals(
    table: IncidentTable, placed: PlacedRows, file_forces: Sequence[str]
) -> pd.DataFrame:
    """Count all rows of the period, located or not: force, category, n."""
    counted = np.flatnonzero(np.isin(placed.reason, (_USED, _RING, _OUTSIDE, _UNLOCATED)))
    forces = sorted(set(file_forces))
    number = np.array([forces.index(force) for force in file_forces], dtype=np.int64)
    return _counted(
        {
            "force": (number[table.file[counted]], forces),
            "category": (table.category[counted], CATEGORIES),
        }
    )
