"""Counts of other services by area and month: emergency departments, ambulances, residents.

One table a source, one row an area and month. A suppressed cell is a range, never 0.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from risk_model.config.inputs import OtherSourceTable
from spatial.crosswalk import Crosswalk
from spatial.errors import Fault, InputError
from spatial.ledger import Ledger, LedgerBook
from spatial.period import Period, month_number
from spatial.tables import Table, match_columns, read_table, text_column

__all__ = ["RULES", "OtherSource", "SourceRows", "place_source", "read_source_rows"]

RULES: Final = (
    "bad_month",
    "bad_count",
    "negative_count",
    "unknown_area",
    "irregular_2011_area",
    "repeated_row",
    "conflicting_rows",
)
"""Why a row is set aside."""

_BELOW: Final = re.compile(r"<\s*(\d{1,9})", re.ASCII)
_RANGE: Final = re.compile(r"(\d{1,9})\s*(?:-|to|\u2013)\s*(\d{1,9})", re.ASCII)
_COUNT: Final = re.compile(r"\d{1,9}(?:\.0+)?", re.ASCII)
_NEGATIVE: Final = re.compile(r"-\d{1,9}(?:\.\d+)?", re.ASCII)
_MOST_LOST: Final = 0.5


@dataclass(frozen=True, slots=True)
class SourceRows:
    """The cells of one source, as text, with their lines."""

    settings: OtherSourceTable
    frame: pd.DataFrame  # area_code, month, count
    line: np.ndarray
    fields: dict[str, str]
    shown_as: str


@dataclass(frozen=True, slots=True)
class OtherSource:
    """One source on the areas of a run.

    Attributes
    ----------
    name, kind, title
        As the settings name it.
    counts
        area_code, month, low, high: the range of each count (equal where it is exact) in the
        period; sorted; areas of study area and ring.
    months
        Months of the period with any row of the source: its covered months.
    absent_is_zero
        Whether an area without a row in a covered month had none, or nothing is known.
    ledger
        Where every row went.
    """

    name: str
    kind: str
    title: str
    shown_as: str
    counts: pd.DataFrame
    months: tuple[str, ...]
    absent_is_zero: bool
    ledger: Ledger
    warnings: tuple[str, ...]


def read_source_rows(path: Path, settings: OtherSourceTable, *, shown_as: str) -> SourceRows:
    """Read the three columns of a source as text.

    Raises
    ------
    InputError
        With every missing column (and the nearest header), an undecodable byte, no rows.
    """
    wanted = {
        "area_code": (settings.area_code,),
        "month": (settings.month,),
        "count": (settings.count,),
    }
    table: Table = read_table(path, shown_as=shown_as, encoding=settings.encoding, wanted=wanted)
    columns = match_columns(table, wanted)
    frame = pd.DataFrame({key: text_column(table, name) for key, name in columns.items()})
    return SourceRows(settings, frame, table.line, columns, shown_as)


def place_source(
    rows: SourceRows,
    *,
    study: Collection[str],
    ring: Collection[str],
    known: Collection[str],
    period: Period,
    crosswalk: Crosswalk | None,
    residents: pd.Series,
) -> OtherSource:
    """Judge every row and bring the counts to the areas of a run.

    Parameters
    ----------
    study, ring
        Area codes (LSOA 2021) that are kept.
    known
        Every code of the country's lists; a code in none of them is `unknown_area`.
    period
        Rows of other months are counted as outside the period.
    crosswalk
        Carries LSOA 2011 codes: a count of a split area is shared by `residents` (by LSOA 2021
        code), and so are the ends of a range.

    Raises
    ------
    InputError
        Where more than half of the rows have to be set aside: the columns are not what the
        settings say.
    """
    book = LedgerBook()
    book.open_file(rows.shown_as, len(rows.frame))
    judged = _Judge(rows, book, _carriers(crosswalk, residents), frozenset(known))
    kept = judged.rows(frozenset(study), frozenset(ring), frozenset(period.months))
    ledger = book.close()
    lost = sum(n for rule, n in ledger.totals().items() if rule in RULES)
    if lost > _MOST_LOST * len(rows.frame):
        _refuse(rows, ledger, lost)
    counts = kept.groupby(["area_code", "month"], as_index=False, sort=True)[["low", "high"]].sum()
    months = tuple(sorted(judged.covered & set(period.months)))
    return OtherSource(
        name=rows.settings.source,
        kind=rows.settings.kind,
        title=rows.settings.title or rows.settings.source.replace("_", " "),
        shown_as=rows.shown_as,
        counts=counts,
        months=months,
        absent_is_zero=rows.settings.absent == "zero",
        ledger=ledger,
        warnings=tuple(_warnings(rows, ledger, months, period)),
    )


def _carriers(
    crosswalk: Crosswalk | None, residents: pd.Series
) -> dict[str, tuple[tuple[str, float], ...]]:
    """Return, for each LSOA 2011 that changed, its LSOA 2021 with their shares; none if X."""
    if crosswalk is None:
        return {}
    children: dict[str, list[str]] = defaultdict(list)
    irregular = set()
    for old, new, change in crosswalk.frame[["LSOA11CD", "LSOA21CD", "change"]].itertuples(
        index=False, name=None
    ):
        if old in crosswalk.only_2011:
            children[old].append(new)
            if change == "X":
                irregular.add(old)
    carried: dict[str, tuple[tuple[str, float], ...]] = {}
    for old, found in children.items():
        if old in irregular:
            carried[old] = ()
            continue
        new_codes = sorted(found)
        people = np.array([float(residents.get(code, np.nan)) for code in new_codes])
        if np.isnan(people).any() or not people.sum() > 0:
            people = np.ones(len(new_codes))
        shares = (people / people.sum()).tolist()
        carried[old] = tuple(zip(new_codes, shares, strict=True))
    return carried


class _Judge:
    """Takes the rows of a source one by one and books each."""

    def __init__(
        self,
        rows: SourceRows,
        book: LedgerBook,
        carried: dict[str, tuple[tuple[str, float], ...]],
        known: frozenset[str],
    ) -> None:
        self._rows = rows
        self._book = book
        self._carried = carried
        self._known = known
        self.covered: set[str] = set()

    def rows(
        self, study: frozenset[str], ring: frozenset[str], period: frozenset[str]
    ) -> pd.DataFrame:
        """Return area_code, month, low, high of the rows that count."""
        sound: dict[tuple[str, str], list[tuple[int, float, float]]] = defaultdict(list)
        columns = (self._rows.frame[key].tolist() for key in ("area_code", "month", "count"))
        cells = zip(self._rows.line.tolist(), *columns, strict=True)
        for line, code, month, count in cells:
            if month_number(month) is None:
                self._aside(line, "", "month", month, "bad_month")
                continue
            found = self._range(count)
            if found is None:
                rule = "negative_count" if _NEGATIVE.fullmatch(count) else "bad_count"
                self._aside(line, month, "count", count, rule)
            elif not code:
                self._book.book(self._rows.shown_as, month, "unlocated", 1)
            elif self._carried.get(code) == ():
                self._aside(line, month, "area_code", code, "irregular_2011_area")
            elif code not in self._known and code not in self._carried:
                self._aside(line, month, "area_code", code, "unknown_area")
            else:
                sound[code, month].append((line, *found))
        out: list[tuple[str, str, float, float]] = []
        for (code, month), entries in sorted(sound.items()):
            entry = self._one(code, month, entries)
            if entry is not None:
                out += self._placed(code, month, entry, study, ring, period)
        return pd.DataFrame(out, columns=["area_code", "month", "low", "high"])

    def _range(self, cell: str) -> tuple[float, float] | None:
        """Return the lowest and highest count that a cell may stand for."""
        settings = self._rows.settings
        text = cell.strip().replace(",", "")
        if settings.suppressed_mark is not None and cell.strip() == settings.suppressed_mark:
            return float(settings.suppressed_low), float(settings.suppressed_high)
        if _COUNT.fullmatch(text):
            return float(text), float(text)
        if (match := _BELOW.fullmatch(text)) and int(match[1]) > settings.suppressed_low:
            return float(settings.suppressed_low), float(int(match[1]) - 1)
        if (match := _RANGE.fullmatch(text)) and int(match[1]) <= int(match[2]):
            return float(match[1]), float(match[2])
        return None

    def _one(
        self, code: str, month: str, entries: list[tuple[int, float, float]]
    ) -> tuple[float, float] | None:
        """Return the count of an area and month; of rows that differ none is believed."""
        first = entries[0][1:]
        same = all(entry[1:] == first for entry in entries)
        rule = "repeated_row" if same else "conflicting_rows"
        for line, *_ in entries[1 if same else 0 :]:
            self._aside(line, month, "area_code", code, rule)
        return first if same else None

    def _placed(
        self,
        code: str,
        month: str,
        entry: tuple[float, float],
        study: frozenset[str],
        ring: frozenset[str],
        period: frozenset[str],
    ) -> list[tuple[str, str, float, float]]:
        """Book a sound row and return what it adds to the areas of the run."""
        self.covered.add(month)
        targets = self._carried.get(code, ((code, 1.0),))
        if month not in period:
            reason = "outside_period"
        elif any(target in study for target, _ in targets):
            reason = "used"
        elif any(target in ring for target, _ in targets):
            reason = "ring"
        else:
            reason = "outside"
        self._book.book(self._rows.shown_as, month, reason, 1)
        if reason in ("outside", "outside_period"):
            return []
        low, high = entry
        return [
            (target, month, low * share, high * share)
            for target, share in targets
            if target in study or target in ring
        ]

    def _aside(self, line: int, month: str, key: str, value: str, rule: str) -> None:
        self._book.quarantine(
            self._rows.shown_as,
            month,
            line=int(line),
            field=self._rows.fields[key],
            value=value[:60],
            rule=rule,
        )


def _refuse(rows: SourceRows, ledger: Ledger, lost: int) -> None:
    """Refuse a source of which most rows cannot be used, naming the first of each rule."""
    faults = [
        Fault(
            f"{lost:,} of {len(rows.frame):,} rows cannot be used; check area_code, month and "
            "count of this source in the inputs file",
            file=rows.shown_as,
        )
    ]
    listed = ledger.quarantine.drop_duplicates("rule")
    faults += [
        Fault(f"{rule}: {value!r}", file=rows.shown_as, line=int(line), field=field)
        for _, line, field, value, rule in listed.itertuples(index=False, name=None)
    ]
    raise InputError(faults)


def _warnings(
    rows: SourceRows, ledger: Ledger, months: tuple[str, ...], period: Period
) -> list[str]:
    said = []
    aside = Counter({r: n for r, n in ledger.totals().items() if r in RULES and n})
    if aside:
        listed = ", ".join(f"{rule} {n:,}" for rule, n in sorted(aside.items()))
        said.append(f"{rows.shown_as}: {sum(aside.values()):,} rows in quarantine ({listed})")
    missing = [month for month in period.months if month not in months]
    if missing:
        said.append(
            f"{rows.shown_as}: no rows for {', '.join(missing[:6])}"
            + (f" and {len(missing) - 6} more months" if len(missing) > 6 else "")
            + ": no data, not zero"
        )
    return said
