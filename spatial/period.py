"""Months and periods of months."""

from __future__ import annotations

import re
from dataclasses import dataclass

from spatial.errors import Fault, InputError

__all__ = ["Period", "month_number", "month_text"]

_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])", re.ASCII)


def month_number(text: str) -> int | None:
    """Return months since year 0 for `YYYY-MM`, or None where the text is not a month."""
    match = _MONTH.fullmatch(text)
    return None if match is None else int(match[1]) * 12 + int(match[2]) - 1


def month_text(number: int) -> str:
    """Return `YYYY-MM` for a month number made by `month_number`."""
    return f"{number // 12:04d}-{number % 12 + 1:02d}"


@dataclass(frozen=True, slots=True)
class Period:
    """An inclusive span of calendar months, each written `YYYY-MM`."""

    start: str
    end: str

    @classmethod
    def parse(cls, text: str) -> Period:
        """Read `2025-01:2025-06`, or `2025-01` for a single month.

        Raises
        ------
        InputError
            Where either end is not `YYYY-MM` or the end lies before the start.
        """
        start, _, end = text.strip().partition(":")
        end = end or start
        first, last = month_number(start), month_number(end)
        if first is None or last is None or last < first:
            raise InputError(
                Fault(
                    f"{text!r} is not a period; write first and last month as 2025-01:2025-06",
                    field="period",
                )
            )
        return cls(start, end)

    @property
    def months(self) -> tuple[str, ...]:
        """Every month of the period, in order."""
        first, last = month_number(self.start), month_number(self.end)
        if first is None or last is None:
            raise InputError(Fault(f"{self} is not a period of YYYY-MM months", field="period"))
        return tuple(month_text(number) for number in range(first, last + 1))

    def __str__(self) -> str:
        """Return `2025-01:2025-06`."""
        return f"{self.start}:{self.end}"
