"""Residents by area: census or mid-year estimates, brought to the areas of a run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pandas as pd

from risk_model.layers.placing import Placed, area_codes, change_lookup, vintage_of
from spatial.crosswalk import Crosswalk
from spatial.errors import Faults
from spatial.tables import match_columns, number_column, read_table

__all__ = ["Kind", "Population", "place_population", "read_counts_table", "read_population"]

Kind = Literal["census", "mid_year", "mid_year_workbook"]

_CODES_2021 = ("LSOA 2021 Code", "LSOA21CD")
_CODES_2011 = ("LSOA 2011 Code", "LSOA11CD")
_COLUMNS: dict[str, dict[str, tuple[str, ...]]] = {
    "census": {
        "area_code": ("geography code", *_CODES_2021),
        "residents": ("Residence type: Total; measures: Value", "Residence type: Total", "Total"),
    },
    "mid_year": {
        "area_code": ("LSOA Code", *_CODES_2021, *_CODES_2011),
        "residents": ("All Ages", "Total"),
    },
    "mid_year_workbook": {
        "area_code": (*_CODES_2021, *_CODES_2011, "LSOA Code"),
        "residents": ("Total", "All Ages"),
    },
}
# The census of 2021 is on LSOA 2021, whatever its column is called.
_VINTAGES = dict.fromkeys(_CODES_2021, "2021") | dict.fromkeys(_CODES_2011, "2011")


@dataclass(frozen=True, slots=True)
class Population:
    """Residents (or another population) by area.

    Attributes
    ----------
    frame
        Index area code, one column `residents`; NaN where the table has none (a rate there is
        not calculable).
    vintage
        "2021", "2011", or "" where the table does not say.
    """

    frame: pd.DataFrame
    vintage: str
    shown_as: str


def read_population(path: Path, kind: Kind, *, shown_as: str) -> Population:
    """Read residents: Census 2021 bulk (TS001), mid-year single year of age, or its workbook.

    The workbook's header may stand below title rows. 0, `..` and blanks are read as they are:
    0 and missing both leave a rate not calculable.

    Raises
    ------
    InputError
        With every missing column, bad number, negative number and repeated code.
    """
    wanted = _COLUMNS[kind]
    table = read_table(path, shown_as=shown_as, wanted=wanted)
    columns = match_columns(table, wanted)
    vintage = "2021" if kind == "census" else _VINTAGES.get(columns["area_code"], "")
    return _population(path, wanted, vintage=vintage, shown_as=shown_as)


def read_counts_table(path: Path, *, code: str, value: str, shown_as: str) -> Population:
    """Read any table of people by area, such as a workday or ambient population."""
    wanted: dict[str, tuple[str, ...]] = {"area_code": (code,), "residents": (value,)}
    return _population(path, wanted, vintage=_VINTAGES.get(code, ""), shown_as=shown_as)


def _population(
    path: Path, wanted: dict[str, tuple[str, ...]], *, vintage: str, shown_as: str
) -> Population:
    table = read_table(path, shown_as=shown_as, wanted=wanted)
    columns = match_columns(table, wanted)
    index = area_codes(table, columns["area_code"])
    residents = number_column(table, columns["residents"])
    faults = Faults()
    faults.extend(
        table.first_faults(
            residents < 0,
            lambda row: f"{residents[row]:g} people; expected 0 or more",
            columns["residents"],
        )
    )
    faults.raise_if_any()
    frame = pd.DataFrame({"residents": residents}, index=index).sort_index()
    return Population(frame, vintage, shown_as)


def place_population(
    table: Population,
    codes: Sequence[str],
    *,
    vintage: str,
    crosswalk: Crosswalk | None,
    shares: pd.Series | None = None,
) -> Placed:
    """Return residents on the areas of a run.

    Counts may be moved from LSOA 2011 to LSOA 2021: those of split areas are shared by `shares`
    (population by LSOA 2021 code), or equally where there is none. A table that does not name its
    vintage is 2011 where it holds codes that only 2011 has.

    Raises
    ------
    InputError
        Where the table is of another vintage and no change lookup was supplied, or is newer than
        the areas.
    """
    frame = table.frame
    given = vintage_of(table.vintage, frame.index, vintage, crosswalk)
    warnings: list[str] = []
    if given != vintage:
        lookup = change_lookup(
            crosswalk,
            table_vintage=given,
            vintage=vintage,
            what="population",
            shown_as=table.shown_as,
        )
        frame, note = _moved(table, codes, lookup, shares)
        warnings += note
    placed = frame.reindex(list(codes))
    missing = placed.index[~(placed["residents"] > 0)]
    if len(missing):
        listed = ", ".join(str(code) for code in missing[:5])
        warnings.append(
            f"population: {len(missing)} area{'' if len(missing) == 1 else 's'} without residents "
            f"in {table.shown_as} ({listed}); rates there are not calculable."
        )
    return Placed(placed, tuple(warnings))


def _moved(
    table: Population,
    codes: Sequence[str],
    crosswalk: Crosswalk,
    shares: pd.Series | None,
) -> tuple[pd.DataFrame, list[str]]:
    parents, split = crosswalk.parents_of(codes)
    values = table.frame["residents"].reindex(parents)
    people = shares
    warnings = [f"population: {table.shown_as} is on LSOA 2011 and was moved to LSOA 2021."]
    if people is None:
        people = pd.Series(1.0, index=pd.Index(split["LSOA21CD"].unique()))
        if len(split):
            warnings = [
                (
                    f"population: {table.shown_as} is on LSOA 2011 and was moved to LSOA 2021; "
                    f"{split['LSOA11CD'].nunique()} split areas were shared out equally."
                )
            ]
    moved = crosswalk.to_2021_counts(values, people)
    return moved.rename("residents").to_frame(), warnings
