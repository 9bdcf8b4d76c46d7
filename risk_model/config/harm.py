"""Harm weights: how much one event of a category counts, and where that figure comes from."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from risk_model.config.loader import short
from risk_model.config.nearest import did_you_mean
from spatial.categories import CATEGORIES
from spatial.errors import ConfigError, Faults

__all__ = ["HarmWeight", "HarmWeights", "load_harm_weights"]

COLUMNS = ("category", "weight", "offences_averaged", "source", "date", "note")
MAXIMUM_BYTES = 256 * 1024
NOT_A_CRIME = "anti_social_behaviour"


@dataclass(frozen=True, slots=True)
class HarmWeight:
    """One category: mean sentence days an event, the average behind it, and its source."""

    category: str
    weight: float
    offences_averaged: str
    source: str
    date: str
    note: str


@dataclass(frozen=True, slots=True)
class HarmWeights:
    """The harm weight of every category; anti-social behaviour is 0."""

    weights: Mapping[str, float]
    rows: tuple[HarmWeight, ...]

    def scaled(self, category: str, factor: float) -> HarmWeights:
        """Return the weights with one category's multiplied by `factor`.

        Every run reports its list with the weight of violence halved and doubled: that one
        figure decides a list of harm.
        """
        weights = {
            name: weight * factor if name == category else weight
            for name, weight in self.weights.items()
        }
        return HarmWeights(MappingProxyType(weights), self.rows)

    def __reduce__(self) -> tuple[object, ...]:
        """Travel to another process as a plain dictionary: a read-only view of one cannot."""
        return _read_only, (dict(self.weights), self.rows)


def _read_only(weights: dict[str, float], rows: tuple[HarmWeight, ...]) -> HarmWeights:
    return HarmWeights(MappingProxyType(weights), rows)


def load_harm_weights(path: Path) -> HarmWeights:
    """Read `harm_weights.csv`.

    Raises
    ------
    ConfigError
        With every fault at `file:line`: a category missing, repeated or unknown, a weight that
        is not a finite number of 0 or more, a value without source or average.
    """
    name = str(path)
    faults = Faults()
    rows: dict[str, HarmWeight] = {}
    lines: dict[str, int] = {}
    for line, cells in _records(path, name, faults):
        category = cells["category"]
        if category not in CATEGORIES:
            faults.add(
                f"{short(category)} is not a crime category{did_you_mean(category, CATEGORIES)}",
                file=name,
                line=line,
                field="category",
            )
            continue
        if category in rows:
            faults.add(
                f"{category} is given twice, on line {lines[category]} and on line {line}",
                file=name,
                line=line,
                field="category",
            )
            continue
        weight = _weight(cells["weight"], category, name, line, faults)
        for column in ("offences_averaged", "source", "date"):
            if not cells[column]:
                faults.add(
                    f"{category} does not say; a weight without its origin is a guess",
                    file=name,
                    line=line,
                    field=column,
                )
        lines[category] = line
        rows[category] = HarmWeight(category, weight, *(cells[column] for column in COLUMNS[2:]))
    if not faults:
        absent = [category for category in CATEGORIES if category not in rows]
        if absent:
            faults.add(f"no weight for {', '.join(absent)}", file=name, field="category")
        elif not any(row.weight > 0 for row in rows.values()):
            faults.add("the weights sum to 0; give one above 0", file=name, field="weight")
    faults.raise_if_any(ConfigError)
    ordered = tuple(rows[category] for category in CATEGORIES)
    return HarmWeights(MappingProxyType({row.category: row.weight for row in ordered}), ordered)


def _records(path: Path, name: str, faults: Faults) -> list[tuple[int, dict[str, str]]]:
    """Return line number and cells of each row, by column; note what cannot be read."""
    try:
        with path.open("rb") as stream:
            content = stream.read(MAXIMUM_BYTES + 1)
        if len(content) > MAXIMUM_BYTES:
            faults.add("larger than 256 KiB; it holds 14 rows", file=name)
            return []
        text = content.decode("utf-8-sig")
    except OSError as error:
        faults.add(f"cannot be read: {error.strerror or error}", file=name)
        return []
    except UnicodeDecodeError as error:
        faults.add(f"byte {error.object[error.start]:#04x} is not UTF-8", file=name)
        return []
    if "\0" in text:
        faults.add("holds a NUL byte; save it as a CSV again", file=name)
        return []
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    records: list[tuple[int, dict[str, str]]] = []
    header: list[str] | None = None
    start = 1
    try:
        for cells in reader:
            line, start = start, reader.line_num + 1
            stripped = [cell.strip() for cell in cells]
            if not any(stripped):
                continue
            if header is None:
                header = stripped
                if not _header_is_right(header, name, line, faults):
                    return []
            elif len(stripped) != len(header):
                faults.add(
                    f"{len(stripped)} cells where the header has {len(header)}; quote text that "
                    "has commas",
                    file=name,
                    line=line,
                )
            else:
                records.append((line, dict(zip(header, stripped, strict=True))))
    except csv.Error as error:
        faults.add(f"cannot be read as CSV: {error}", file=name, line=start)
    if header is None:
        faults.add("is empty", file=name)
    return records


def _header_is_right(header: list[str], name: str, line: int, faults: Faults) -> bool:
    before = len(faults)
    for column in COLUMNS:
        if column not in header:
            faults.add(
                f"column missing; there are {', '.join(header)[:120]}"
                f"{did_you_mean(column, header)[:80] if len(header) > 1 else ''}",
                file=name,
                line=line,
                field=column,
            )
    if len(set(header)) != len(header):
        faults.add("a column is given twice; keep one", file=name, line=line)
    return len(faults) == before


def _weight(text: str, category: str, name: str, line: int, faults: Faults) -> float:
    try:
        weight = float(text) if text.isascii() and "_" not in text else math.nan
    except ValueError:
        weight = math.nan
    if not math.isfinite(weight) or weight < 0 or weight > 100_000:
        faults.add(
            f"{short(text)} is not a weight; give sentence days from 0 to 100,000",
            file=name,
            line=line,
            field="weight",
        )
        return 0.0
    if category == NOT_A_CRIME and weight != 0:
        faults.add(
            f"{text} for anti-social behaviour, which is not a crime; its harm weight is 0",
            file=name,
            line=line,
            field="weight",
        )
    return weight
