"""Bring an official table onto the areas of a run without moving a rate, a score or a rank."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from spatial.crosswalk import Crosswalk
from spatial.errors import Fault, Faults, InputError
from spatial.tables import Table

__all__ = ["Placed", "area_codes", "place_unchanged"]

_LISTED = 5


@dataclass(frozen=True, slots=True)
class Placed:
    """A table on the areas of a run: index area code in the order asked for, NaN where missing."""

    frame: pd.DataFrame
    warnings: tuple[str, ...]


def area_codes(table: Table, column: str) -> pd.Index:
    """Return the area codes of a table; refuse blank and repeated ones with their lines."""
    codes = table.frame[column]
    faults = Faults()
    for row in (codes == "").to_numpy().nonzero()[0][:_LISTED]:
        faults.add(
            "area code is blank", file=table.shown_as, line=int(table.line[row]), field=column
        )
    repeated = (codes.duplicated() & (codes != "")).to_numpy().nonzero()[0]
    for row in repeated[:_LISTED]:
        faults.add(
            f"area code {codes.iloc[row]!r} is there more than once",
            file=table.shown_as,
            line=int(table.line[row]),
            field=column,
        )
    faults.raise_if_any()
    index: pd.Index = pd.Index(codes, name="area_code")
    return index


def place_unchanged(
    frame: pd.DataFrame,
    codes: Sequence[str],
    *,
    what: str,
    table_vintage: str,
    vintage: str,
    crosswalk: Crosswalk | None,
    shown_as: str,
) -> Placed:
    """Return the rows of `codes`.

    Scores, ranks and classes belong to the polygon they were computed for. A table on LSOA 2011
    serves a run on LSOA 2021 only for areas that did not change; the others are missing.

    Raises
    ------
    InputError
        Where a table of one vintage meets areas of another without a change lookup, or a 2021
        table meets 2011 areas.
    """
    if table_vintage == vintage:
        return Placed(frame.reindex(list(codes)), ())
    if vintage != "2021" or crosswalk is None:
        raise InputError(
            Fault(
                f"is on LSOA {table_vintage} and the areas are LSOA {vintage}; supply the "
                + ("change lookup (lookups.changes)" if vintage == "2021" else "2011 edition"),
                file=shown_as,
                field=what,
            )
        )
    changes = crosswalk.frame
    same = changes.loc[changes["change"] == "U", "LSOA21CD"]
    placed = frame.reindex(list(codes))
    changed = ~placed.index.isin(same)
    placed.loc[changed, :] = None
    lost = [str(code) for code in placed.index[changed]]
    warnings: tuple[str, ...] = ()
    if lost:
        more = f" and {len(lost) - _LISTED} more" if len(lost) > _LISTED else ""
        listed = f"{', '.join(lost[:_LISTED])}{more}"
        note = f"{len(lost)} areas that changed in 2021 have no value ({listed})"
        warnings = (f"{what}: {shown_as} is on LSOA 2011; {note}.",)
    return Placed(placed, warnings)
