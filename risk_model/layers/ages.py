"""Residents by age group: single years of age, brought to the areas of a run."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from risk_model.layers.placing import Placed, area_codes, change_lookup, vintage_of
from spatial.crosswalk import Crosswalk
from spatial.errors import Fault, Faults, InputError
from spatial.files import nearest
from spatial.tables import Table, match_columns, number_column, read_table

__all__ = ["AGE_GROUPS", "Ages", "place_ages", "read_ages"]

AGE_GROUPS: Final = (
    ("0 to 15", 0, 15),
    ("16 to 24", 16, 24),
    ("25 to 44", 25, 44),
    ("45 to 64", 45, 64),
    ("65 and over", 65, 200),
)
"""Name, first and last year of age of each group."""

_CODES: Final = ("LSOA 2021 Code", "LSOA21CD", "LSOA 2011 Code", "LSOA11CD", "LSOA Code")
_AGE: Final = re.compile(r"(\d{1,3})(\+| and over)?", re.ASCII)
_OLDEST: Final = 65
_SHOWN: Final = 5


@dataclass(frozen=True, slots=True)
class Ages:
    """Residents by age group: index area code, one column a group of `AGE_GROUPS`."""

    frame: pd.DataFrame
    vintage: str
    shown_as: str


def read_ages(path: Path, *, shown_as: str) -> Ages:
    """Read a table with a column for each single year of age: `0, 1, ..., 89, 90+`.

    Raises
    ------
    InputError
        With every missing year, bad or negative number and repeated or blank code.
    """
    table = read_table(path, shown_as=shown_as, wanted={"area_code": _CODES, "0": ("0",)})
    column = match_columns(table, {"area_code": _CODES})["area_code"]
    years = _year_columns(table)
    faults = Faults()
    index = pd.Index([])
    try:
        index = area_codes(table, column)
    except InputError as error:
        faults.extend(error.faults)
    groups = {name: np.zeros(len(table.frame)) for name, _, _ in AGE_GROUPS}
    for year, name in sorted(years.items()):
        try:
            people = number_column(table, name, allow_missing=False)
        except InputError as error:
            faults.extend(error.faults)
            continue
        faults.extend(table.first_faults(people < 0, partial(_negative, people), name))
        groups[next(g for g, first, last in AGE_GROUPS if first <= year <= last)] += people
    faults.raise_if_any()
    vintage = "2011" if "11" in column else "2021" if "21" in column else ""
    return Ages(pd.DataFrame(groups, index=index).sort_index(), vintage, shown_as)


def _negative(people: NDArray[np.float64], row: int) -> str:
    return f"{people[row]:g} people; expected 0 or more"


def _year_columns(table: Table) -> dict[int, str]:
    """Return the column of each year of age, refusing a table that lacks one."""
    headers = [str(name) for name in table.frame.columns]
    found = {int(m[1]): m[0] for h in headers if (m := _AGE.fullmatch(h))}
    oldest = max(found, default=0)
    missing = [str(year) for year in range(max(oldest, _OLDEST) + 1) if year not in found]
    if missing:
        close = nearest(missing[0], headers)
        listed = ", ".join(missing[:_SHOWN]) + (" ..." if len(missing) > _SHOWN else "")
        hint = f"; the nearest header is {close!r}" if close else ""
        raise InputError(
            Fault(
                f"no column for age {listed}; single years of age 0, 1, ... 90+ are needed{hint}",
                file=table.shown_as,
                line=table.header_line,
            )
        )
    return found


def place_ages(
    table: Ages,
    codes: Sequence[str],
    *,
    vintage: str,
    crosswalk: Crosswalk | None,
    residents: pd.Series,
) -> Placed:
    """Return residents by age group on the areas of a run; NaN where the table has none.

    Counts of LSOA 2011 are carried to LSOA 2021; those of a split area are shared by `residents`
    (by LSOA 2021 code), or equally where one of its areas has none.

    Raises
    ------
    InputError
        Where the table is of another vintage and no change lookup was supplied.
    """
    frame = table.frame
    given = vintage_of(table.vintage, frame.index, vintage, crosswalk)
    warnings: tuple[str, ...] = ()
    if given != vintage:
        lookup = change_lookup(
            crosswalk, table_vintage=given, vintage=vintage, what="ages", shown_as=table.shown_as
        )
        parents, split = lookup.parents_of(codes)
        shares = residents.reindex(pd.Index(split["LSOA21CD"].unique()))
        if not (shares > 0).all():
            shares = pd.Series(1.0, index=shares.index)
        kept = frame.reindex(parents)
        frame = pd.DataFrame(
            {str(name): lookup.to_2021_counts(kept[name], shares) for name in kept.columns}
        )
        warnings = (f"ages: {table.shown_as} is on LSOA 2011 and was moved to LSOA 2021.",)
    placed = frame.reindex(list(codes))
    lost = int(placed.isna().any(axis=1).sum())
    if lost:
        warnings += (f"ages: {lost} area{'' if lost == 1 else 's'} not in {table.shown_as}.",)
    return Placed(placed, warnings)
