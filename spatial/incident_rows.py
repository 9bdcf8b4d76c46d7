"""One file of incidents: physical lines -> checked columns, with every row accounted for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from spatial.coordinate_checks import CoordinateTally
from spatial.csv_lines import Block, CsvLines
from spatial.identities import identity_words
from spatial.incident_checks import BlockChecks, QuarantinedRow
from spatial.incident_columns import (
    Labels,
    Layout,
    attribute_reader,
    category_reader,
    find_layout,
    month_reader,
    spread,
)
from spatial.incident_sources import ATTRIBUTES, IncidentSource
from spatial.period import Period, month_number, month_text

__all__ = ["FileScan", "RowColumns", "no_rows", "scan_file"]

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class RowColumns:
    """The well-formed rows of the period, as equally long arrays.

    `first` and `second` are the coordinates as supplied (NaN where blank); `code` and the
    attributes number the texts in `FileScan.codes` and `FileScan.attribute_texts`; `identity` is
    a 128-bit digest of the identifier, two words a row, zero where there is none.
    """

    line: npt.NDArray[np.int64]
    month: npt.NDArray[np.int32]
    category: npt.NDArray[np.int8]
    first: npt.NDArray[np.float64]
    second: npt.NDArray[np.float64]
    code: npt.NDArray[np.int32]
    identity: npt.NDArray[np.uint64]
    attributes: Mapping[str, npt.NDArray[np.int32]]


@dataclass(frozen=True, slots=True)
class FileScan:
    """What one file holds. `outside_period` counts rows by ledger month.

    `code_rows` counts the well-formed rows of any month by area code, to tell the vintage.
    """

    shown_as: str
    sha256: str
    rows: int
    grid: bool
    columns: RowColumns
    codes: tuple[str, ...]
    attribute_texts: Mapping[str, tuple[str, ...]]
    outside_period: Mapping[str, int]
    quarantined: tuple[QuarantinedRow, ...]
    code_rows: Mapping[str, int]
    code_field: str
    months: Mapping[str, int]
    unreadable_times: int


def scan_file(
    stream: BinaryIO,
    *,
    shown_as: str,
    source: IncidentSource,
    month: str,
    period: Period,
    known_codes: frozenset[str],
    bounds: tuple[float, float, float, float],
) -> FileScan:
    """Read one file in blocks.

    Parameters
    ----------
    month
        Month of the file's name, under which the ledger books its rows; "" for an extract, whose
        rows are booked under their own month.
    known_codes
        Area codes that are well-formed whatever they look like.
    bounds
        West, south, east, north of all areas, in metres of EPSG:27700.

    Raises
    ------
    InputError
        Missing columns, undecodable bytes, coordinates that are swapped or in another system.
    """
    lines = CsvLines(stream, shown_as=shown_as, encoding=source.encoding)
    layout = find_layout(lines.header, source, shown_as=shown_as, line=lines.header_line)
    scan = _Scan(source, layout, month=month, period=period, known=known_codes, bounds=bounds)
    for block in lines.blocks(layout.types()):
        scan.add(block)
    return scan.result(shown_as=shown_as, sha256=lines.sha256, rows=lines.rows)


class _Scan:
    """Accumulates the blocks of one file."""

    def __init__(
        self,
        source: IncidentSource,
        layout: Layout,
        *,
        month: str,
        period: Period,
        known: frozenset[str],
        bounds: tuple[float, float, float, float],
    ) -> None:
        self._source = source
        self._layout = layout
        self._month = month
        self._known = known
        self._first_month = month_number(period.start) or 0
        self._last_month = month_number(period.end) or 0
        self._month_of = month_reader(source)
        self._category_of = category_reader(source)
        self._coordinates = CoordinateTally(grid=layout.grid, bounds=bounds)
        self._codes = Labels()
        self._attributes = {name: Labels() for name in ATTRIBUTES if name in layout.position}
        if source.kind == "extract":
            self._attributes = {"offence_code": Labels(), **self._attributes}
        self._parts: list[RowColumns] = []
        self._outside: Counter[str] = Counter()
        self._quarantined: list[QuarantinedRow] = []
        self._code_rows = np.zeros(0, dtype=np.int64)
        self._months: Counter[int] = Counter()
        self._unreadable_times = 0

    def add(self, block: Block) -> None:
        """Check the rows of one block."""
        for bad in block.bad:
            self._quarantined.append(QuarantinedRow(bad.line, "", bad.text, bad.rule, self._month))
        if len(block.lines) == 0:
            return
        checks = BlockChecks(block, self._layout, month=self._month)
        month = checks.months(self._month_of)
        category = checks.categories(self._category_of)
        first, second = checks.coordinates(self._coordinates)
        code = checks.codes(
            self._codes, known=self._known, believed=self._source.locate_by == "code"
        )
        self._quarantined += checks.quarantined
        sound = checks.sound
        self._code_rows = _counted(self._code_rows, code[sound])
        self._months.update(_tally(month[sound]))
        inside = sound & (month >= self._first_month) & (month <= self._last_month)
        for number, rows in _tally(month[sound & ~inside]).items():
            self._outside[self._month or month_text(number)] += rows
        if inside.any():
            self._parts.append(
                RowColumns(
                    block.lines[inside],
                    month[inside],
                    category[inside],
                    first[inside],
                    second[inside],
                    code[inside],
                    self._identities(checks.cells, inside),
                    self._attribute_numbers(checks.cells, inside),
                )
            )

    def _identities(self, cells: Mapping[str, pa.Array], inside: Mask) -> npt.NDArray[np.uint64]:
        if "id" not in cells:
            return np.zeros((int(inside.sum()), 2), dtype=np.uint64)
        scope = f"{self._source.force or ''}\n" if self._source.kind == "extract" else ""
        return identity_words(cells["id"].filter(pa.array(inside)), scope=scope)

    def _attribute_numbers(
        self, cells: Mapping[str, pa.Array], inside: Mask
    ) -> dict[str, npt.NDArray[np.int32]]:
        found = {}
        for name, labels in self._attributes.items():
            column = cells["category" if name == "offence_code" else name]
            value_of = attribute_reader(name)
            found[name] = labels.numbers(column, value_of)[inside]
            if name == "time_band":
                texts = column.dictionary.to_pylist()
                lost = np.array([bool(text.strip()) and not value_of(text) for text in texts])
                self._unreadable_times += int(spread(lost, column)[inside].sum())
        return found

    def result(self, *, shown_as: str, sha256: str, rows: int) -> FileScan:
        """Return what was found, unless the coordinates as a whole make no sense."""
        names = self._layout.names
        self._coordinates.refuse(shown_as=shown_as, field=f"{names['first']}, {names['second']}")
        codes = self._codes.texts
        return FileScan(
            shown_as=shown_as,
            sha256=sha256,
            rows=rows,
            grid=self._layout.grid,
            columns=_joined(self._parts, tuple(self._attributes)),
            codes=codes,
            attribute_texts={name: labels.texts for name, labels in self._attributes.items()},
            outside_period=dict(self._outside),
            quarantined=tuple(self._quarantined),
            code_rows=dict(zip(codes, self._code_rows.tolist(), strict=False)),
            code_field=names.get("area_code", ""),
            months={month_text(n): rows for n, rows in sorted(self._months.items())},
            unreadable_times=self._unreadable_times,
        )


def _tally(values: npt.NDArray[np.int32]) -> dict[int, int]:
    found, rows = np.unique(values, return_counts=True)
    return dict(zip(found.tolist(), rows.tolist(), strict=True))


def _counted(so_far: npt.NDArray[np.int64], values: npt.NDArray[np.int32]) -> npt.NDArray[np.int64]:
    added = np.bincount(values, minlength=len(so_far)).astype(np.int64)
    added[: len(so_far)] += so_far
    return added


def no_rows(attributes: Sequence[str] = ()) -> RowColumns:
    """Return columns without a row, of the right types."""
    return RowColumns(
        np.zeros(0, dtype=np.int64),
        np.zeros(0, dtype=np.int32),
        np.zeros(0, dtype=np.int8),
        np.zeros(0),
        np.zeros(0),
        np.zeros(0, dtype=np.int32),
        np.zeros((0, 2), dtype=np.uint64),
        {name: np.zeros(0, dtype=np.int32) for name in attributes},
    )


def _joined(parts: Sequence[RowColumns], attributes: Sequence[str]) -> RowColumns:
    """Return the blocks of a file end to end."""
    every = [no_rows(attributes), *parts]
    return RowColumns(
        np.concatenate([part.line for part in every]),
        np.concatenate([part.month for part in every]),
        np.concatenate([part.category for part in every]),
        np.concatenate([part.first for part in every]),
        np.concatenate([part.second for part in every]),
        np.concatenate([part.code for part in every]),
        np.concatenate([part.identity for part in every]),
        {name: np.concatenate([part.attributes[name] for part in every]) for name in attributes},
    )
