"""The account of every row: rows in = used + each reason why a row was not used."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from spatial.errors import HotspotsError

__all__ = ["REASONS", "Ledger", "LedgerBook", "LedgerError"]

REASONS: tuple[str, ...] = (
    "used",
    "ring",
    "outside",
    "outside_period",
    "unlocated",
    "superseded",
)
"""Reasons that are not quarantine rules, in the order of the identity."""


class LedgerError(HotspotsError):
    """The account does not add up: a fault of this program, never of the data."""


@dataclass(frozen=True)
class Ledger:
    """Where the rows of each file went.

    Attributes
    ----------
    rows
        Columns file, month (of the file's name), reason, rows; sorted; no zero rows.
    quarantine
        Columns file, line (from 1), field, value, rule; sorted by file and line.
    rows_in
        File -> non-blank lines after the header, counted before any row is judged.
    """

    rows: pd.DataFrame
    quarantine: pd.DataFrame
    rows_in: Mapping[str, int]

    def check(self) -> None:
        """Hold the identity: per file, rows in = used + ring + ... + quarantined by rule.

        Raises
        ------
        LedgerError
            Naming every file whose account does not add up.
        """
        booked: Counter[str] = Counter()
        by_rule: Counter[tuple[str, str]] = Counter()
        columns = (self.rows[name].tolist() for name in ("file", "reason", "rows"))
        for file, reason, rows in zip(*columns, strict=True):
            booked[file] += rows
            if reason not in REASONS:
                by_rule[file, reason] += rows
        listed = Counter(
            zip(self.quarantine["file"].tolist(), self.quarantine["rule"].tolist(), strict=True)
        )
        wrong = [
            f"{file}: {rows:,} rows in, {booked[file]:,} accounted for"
            for file, rows in sorted(self.rows_in.items())
            if rows != booked[file]
        ]
        wrong += [
            f"{file}: booked but never read" for file in sorted(set(booked) - set(self.rows_in))
        ]
        wrong += [
            f"{file}: {by_rule[file, rule]:,} rows booked as {rule}, {listed[file, rule]:,} listed"
            for file, rule in sorted(set(listed) | set(by_rule))
            if listed[file, rule] != by_rule[file, rule]
        ]
        if wrong:
            raise LedgerError("the ledger does not add up:\n" + "\n".join(wrong))

    def totals(self) -> dict[str, int]:
        """Return rows by reason over all files: the six reasons first, then rules by name."""
        sums = self.rows.groupby("reason")["rows"].sum()
        rules = sorted(set(sums.index) - set(REASONS))
        return {reason: int(sums.get(reason, 0)) for reason in (*REASONS, *rules)}


class LedgerBook:
    """Collects bookings; `close` makes the `Ledger` and checks it."""

    def __init__(self) -> None:
        self._rows: Counter[tuple[str, str, str]] = Counter()
        self._quarantine: list[tuple[str, int, str, str, str]] = []
        self._rows_in: dict[str, int] = {}

    def open_file(self, file: str, rows_in: int) -> None:
        """Note a file and the number of rows it holds."""
        if file in self._rows_in:
            raise LedgerError(f"{file} is booked twice")
        self._rows_in[file] = rows_in

    def book(self, file: str, month: str, reason: str, rows: int) -> None:
        """Account for `rows` rows that are not in quarantine."""
        self._rows[file, month, reason] += rows

    def quarantine(
        self, file: str, month: str, *, line: int, field: str, value: str, rule: str
    ) -> None:
        """Account for one row that is set aside by a rule."""
        self._rows[file, month, rule] += 1
        self._quarantine.append((file, line, field, value, rule))

    def close(self) -> Ledger:
        """Return the ledger.

        Raises
        ------
        LedgerError
            Where it does not add up.
        """
        rows = pd.DataFrame(
            [(*key, rows) for key, rows in sorted(self._rows.items()) if rows],
            columns=["file", "month", "reason", "rows"],
        ).astype({"file": "str", "month": "str", "reason": "str", "rows": "int64"})
        quarantine = pd.DataFrame(
            sorted(self._quarantine), columns=["file", "line", "field", "value", "rule"]
        ).astype({"file": "str", "line": "int64", "field": "str", "value": "str", "rule": "str"})
        ledger = Ledger(rows, quarantine, dict(self._rows_in))
        ledger.check()
        return ledger
