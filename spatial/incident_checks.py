"""The checks of one block of rows: each sets aside the rows that fail it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from spatial.categories import CATEGORIES
from spatial.coordinate_checks import CoordinateTally
from spatial.csv_lines import Block, visible
from spatial.incident_columns import Labels, Layout, is_area_code, numbers, spread
from spatial.period import month_text

__all__ = ["UNKNOWN_CATEGORY", "BlockChecks", "QuarantinedRow"]

UNKNOWN_CATEGORY = "unknown_category"
_CATEGORY_NUMBER = {category: number for number, category in enumerate(CATEGORIES)}

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class QuarantinedRow:
    """One line that is not used, and why; `month` is the one the ledger books it under."""

    line: int
    field: str
    value: str
    rule: str
    month: str


class BlockChecks:
    """Rows of a block while they are checked, in the order: month, category, place, code.

    `sound` tells which rows passed every check so far, `quarantined` lists the others with the
    first rule that each broke.
    """

    def __init__(self, block: Block, layout: Layout, *, month: str) -> None:
        self.cells: dict[str, pa.Array] = {
            part: block.table.column(str(position)).combine_chunks()
            for part, position in layout.position.items()
        }
        self.sound = np.ones(len(block.lines), dtype=bool)
        self.quarantined: list[QuarantinedRow] = []
        self._lines = block.lines
        self._names = layout.names
        self._booked_month = month
        self._months: npt.NDArray[np.int32] | None = None

    def _set_aside(self, failed: Mask, rule: str, *, field: str, values: pa.Array) -> None:
        where = np.flatnonzero(failed & self.sound)
        if not len(where):
            return
        self.sound[where] = False
        for at, value in zip(where.tolist(), values.take(pa.array(where)).to_pylist(), strict=True):
            month = self._booked_month
            if not month and self._months is not None and self._months[at] >= 0:
                month = month_text(int(self._months[at]))
            shown = visible(value)
            self.quarantined.append(QuarantinedRow(int(self._lines[at]), field, shown, rule, month))

    def months(self, month_of: Callable[[str], int]) -> npt.NDArray[np.int32]:
        """Return months since year 0; set aside what is not a month (case 11)."""
        column = self.cells["month"]
        table = [month_of(text) for text in column.dictionary.to_pylist()]
        month = spread(np.array(table, dtype=np.int32), column)
        self._set_aside(month < 0, "bad_month", field=self._names["month"], values=column)
        self._months = month
        return month

    def categories(self, category_of: Callable[[str], str | None]) -> npt.NDArray[np.int8]:
        """Return positions in `CATEGORIES`; set aside names that are unknown (case 9)."""
        column = self.cells["category"]
        table = [
            _CATEGORY_NUMBER.get(category_of(text) or "", -1)
            for text in column.dictionary.to_pylist()
        ]
        category = spread(np.array(table, dtype=np.int8), column)
        self._set_aside(
            category < 0, UNKNOWN_CATEGORY, field=self._names["category"], values=column
        )
        return category

    def coordinates(self, tally: CoordinateTally) -> tuple[Floats, Floats]:
        """Return both coordinates, NaN where blank; set aside half pairs and nonsense."""
        found: list[Floats] = []
        before = int(self.sound.sum())
        for part in ("first", "second"):
            column = self.cells[part]
            values, bad = numbers(column.dictionary)
            self._set_aside(
                spread(bad, column), "bad_coordinate", field=self._names[part], values=column
            )
            found.append(spread(values, column))
        tally.unreadable(before - int(self.sound.sum()))
        first, second = found
        half = np.isnan(first) != np.isnan(second)
        mistakes = {
            "half_coordinate": half,
            **tally.mistakes(first, second, self.sound & ~half),
        }
        if any(rows.any() for rows in mistakes.values()):
            texts = [self.cells[part].cast(pa.string()) for part in ("first", "second")]
            both = pc.binary_join_element_wise(*texts, ", ")
            for rule, rows in mistakes.items():
                self._set_aside(rows, rule, field=self.coordinate_names, values=both)
        return first, second

    @property
    def coordinate_names(self) -> str:
        """The two columns, as published."""
        return f"{self._names['first']}, {self._names['second']}"

    def codes(
        self, labels: Labels, *, known: frozenset[str], believed: bool
    ) -> npt.NDArray[np.int32]:
        """Return numbers of area codes; where the code is believed, set aside malformed ones."""
        column = self.cells.get("area_code")
        if column is None:
            blank = pa.array([""] * len(self.sound)).dictionary_encode()
            return labels.numbers(blank, str)
        if believed:
            malformed = [
                bool(code) and code not in known and not is_area_code(code)
                for code in map(_plain_code, column.dictionary.to_pylist())
            ]
            self._set_aside(
                spread(np.array(malformed, dtype=bool), column),
                "malformed_area_code",
                field=self._names["area_code"],
                values=column,
            )
        return labels.numbers(column, _plain_code)


def _plain_code(text: str) -> str:
    return text.strip().upper()
