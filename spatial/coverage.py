"""Which months are covered by files: a month without a file is no data, never zero."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np
import pandas as pd

__all__ = ["LOW_SHARE", "Delivery", "coverage_warnings", "covered_months"]

LOW_SHARE = 0.4
"""A month with fewer rows than this share of the median of a force's other months is doubted."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """The rows that one force supplied for one month; `force` is "" where no force is named."""

    force: str
    month: str
    rows: int


def covered_months(
    deliveries: Sequence[Delivery],
    *,
    codes: Sequence[str],
    months: Sequence[str],
    forces: Mapping[str, str] | None,
) -> pd.DataFrame:
    """Tell for each area which months its force has supplied.

    A delivery without a force covers every area; so does any delivery where `forces` is None or
    does not name the area's force. A file without rows covers nothing.

    Returns
    -------
    DataFrame
        Index area_code, one boolean column a month.
    """
    by_force: dict[str, set[str]] = defaultdict(set)
    for delivery in deliveries:
        if delivery.rows:
            by_force[delivery.force].add(delivery.month)
    anyone = set().union(*by_force.values()) if by_force else set()
    rows = []
    for code in codes:
        force = (forces or {}).get(code)
        held = anyone if force is None else by_force[force] | by_force[""]
        rows.append([month in held for month in months])
    return pd.DataFrame(
        np.array(rows, dtype=bool).reshape(len(codes), len(months)),
        index=pd.Index(list(codes), name="area_code", dtype="str"),
        columns=pd.Index(list(months), name="month", dtype="str"),
    )


def coverage_warnings(
    deliveries: Sequence[Delivery], *, months: Sequence[str], expected: Sequence[str]
) -> list[str]:
    """Say which months of the period are missing or suspiciously small, by force (case 10).

    `expected` are the forces of the study area and ring: others are passed over, and one without
    any file is named. Where it is empty, every force that delivered is looked at.
    """
    held: dict[str, dict[str, int]] = {force: {} for force in expected}
    # A delivery without a force covers every area, so no force is missing what it holds.
    anywhere = {delivery.month for delivery in deliveries if not delivery.force and delivery.rows}
    for delivery in deliveries:
        wanted = not expected or delivery.force in expected or not delivery.force
        if wanted and delivery.month in months:
            by_month = held.setdefault(delivery.force, {})
            by_month[delivery.month] = by_month.get(delivery.month, 0) + delivery.rows
    said = []
    for force, by_month in sorted(held.items()):
        name = force or "the extract"
        supplied = {month: rows for month, rows in by_month.items() if rows}
        missing = [month for month in months if month not in supplied and month not in anywhere]
        if not supplied and missing:
            said.append(f"no rows of {name} in the period: its areas have no data")
            continue
        if missing:
            said.append(f"{name}: no rows for {', '.join(missing)}: no data, not zero")
        for month, rows in sorted(supplied.items()):
            others = [count for other, count in supplied.items() if other != month]
            if others and rows < LOW_SHARE * median(others):
                said.append(
                    f"{name}: {month} has {rows:,} row{'' if rows == 1 else 's'}, under "
                    f"{LOW_SHARE:.0%} of the median of its other months "
                    f"({median(others):,.0f}); is the file complete?"
                )
    return said
