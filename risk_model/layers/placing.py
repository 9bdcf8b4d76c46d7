"""Bring an official table onto the areas of a run without moving a rate, a score or a rank."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from spatial.crosswalk import Crosswalk
from spatial.errors import Fault, Faults, InputError
from spatial.tables import Table

__all__ = ["Placed", "area_codes", "change_lookup", "place_unchanged", "vintage_of"]

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
    faults.extend(table.first_faults(codes == "", lambda _: "area code is blank", column))
    faults.extend(
        table.first_faults(
            codes.duplicated() & (codes != ""),
            lambda row: f"area code {codes.iloc[row]!r} is there more than once",
            column,
        )
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


def vintage_of(said: str, codes: pd.Index, vintage: str, crosswalk: Crosswalk | None) -> str:
    """Return the vintage of a table: as it says, or 2011 where a code is of 2011 alone."""
    if said or crosswalk is None:
        return said or vintage
    return "2011" if codes.isin(list(crosswalk.only_2011)).any() else vintage


def change_lookup(
    crosswalk: Crosswalk | None, *, table_vintage: str, vintage: str, what: str, shown_as: str
) -> Crosswalk:
    """Return the lookup that moves counts of a table to the areas of a run.

    Raises
    ------
    InputError
        Where there is none, or the areas are of 2011.
    """
    if vintage != "2021" or crosswalk is None:
        raise InputError(
            Fault(
                f"is on LSOA {table_vintage} and the areas are LSOA {vintage}; supply the change "
                "lookup (lookups.changes) or a table of that vintage",
                file=shown_as,
                field=what,
            )
        )
    return crosswalk
