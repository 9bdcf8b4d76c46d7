"""Who is responsible where: ward, local authority, police force and partnership of an area."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pandas as pd

from spatial.errors import Fault, Faults, InputError
from spatial.files import nearest
from spatial.tables import Table, read_table

__all__ = ["Authorities", "force_slug", "read_authorities"]

_LISTED: Final = 8
# data.police.uk names one force in a way of its own.
_OWN_SLUGS: Final[Mapping[str, str]] = {"metropolitan-police": "metropolitan"}


@dataclass(frozen=True)
class Authorities:
    """Who is responsible where.

    Attributes
    ----------
    area_to_lad
        Index `area_code`; columns `area_name, lad_code, lad_name, ward_code, ward_name`.
    force
        Index `lad_code`; columns `force_code, force_name, slug` (as in the file names of
        data.police.uk). Empty where no lookup was given.
    partnerships
        Columns `lad_code, lad_name, csp_code, csp_name`: many-to-many, so never joined to areas.
    """

    area_to_lad: pd.DataFrame
    force: pd.DataFrame = field(
        default_factory=lambda: _empty("lad_code", ["force_code", "force_name", "slug"])
    )
    partnerships: pd.DataFrame = field(
        default_factory=lambda: pd.DataFrame(
            columns=["lad_code", "lad_name", "csp_code", "csp_name"], dtype="str"
        )
    )

    def area_forces(self) -> dict[str, str]:
        """Return the slug of the police force of each area whose authority has one."""
        slugs = self.area_to_lad["lad_code"].map(self.force["slug"]).dropna()
        return dict(zip(slugs.index.tolist(), slugs.tolist(), strict=True))

    def lad_names(self) -> dict[str, str]:
        """Return the name of each local authority of the lookup."""
        frame = self.area_to_lad.drop_duplicates("lad_code")
        return dict(zip(frame["lad_code"], frame["lad_name"], strict=True))


def _empty(index: str, columns: list[str]) -> pd.DataFrame:
    return pd.DataFrame(columns=columns, index=pd.Index([], name=index, dtype="str"), dtype="str")


def force_slug(name: str) -> str:
    """Return the name of a police force as data.police.uk writes it in file names.

    `Avon and Somerset` -> `avon-and-somerset`, `Devon & Cornwall` -> `devon-and-cornwall`,
    `London, City of` -> `city-of-london`, `Metropolitan Police` -> `metropolitan`.
    """
    head, comma, tail = name.partition(", ")
    plain = f"{tail} {head}" if comma and tail.casefold().endswith(" of") else name
    words = plain.casefold().replace("&", " and ").replace("'", "").replace("\u2019", "")
    slug = re.sub(r"[^a-z0-9]+", "-", words).strip("-")
    return _OWN_SLUGS.get(slug, slug)


def _vintage_columns(table: Table, stems: Sequence[str]) -> dict[str, str]:
    """Find columns such as `LAD24CD` whatever their year; the latest where there are several."""
    found: dict[str, str] = {}
    faults = Faults()
    for stem in stems:
        head, tail = stem[:-2], stem[-2:]
        pattern = re.compile(rf"{head}(\d\d){tail}", re.IGNORECASE)
        matches = [
            (match[1], str(column))
            for column in table.frame.columns
            if (match := pattern.fullmatch(str(column)))
        ]
        if matches:
            found[stem] = max(matches)[1]
        else:
            expected = f"{head}24{tail}" if head != "LSOA" else f"{head}21{tail}"
            close = nearest(expected, [str(column) for column in table.frame.columns])
            hint = f"the nearest is {close!r}" if close else "is this the right file?"
            faults.add(
                f"no column {expected} (of any year); {hint}",
                file=table.shown_as,
                line=table.header_line,
                field=stem,
            )
    faults.raise_if_any()
    return found


def read_authorities(
    wards: Path,
    forces: Path | None,
    *,
    shown_as: str | None = None,
    forces_shown_as: str | None = None,
) -> Authorities:
    """Read the lookups from area to ward to authority, and from authority to police force.

    Parameters
    ----------
    wards
        ONS lookup with `LSOA21CD, LSOA21NM, WD24CD, WD24NM, LAD24CD, LAD24NM`, of any year.
    forces
        ONS lookup with `LAD24CD, LAD24NM, CSP24CD, CSP24NM, PFA24CD, PFA24NM`, of any year.
    shown_as, forces_shown_as
        Names for messages.

    Raises
    ------
    InputError
        With every fault of either file: missing columns, an area twice, an authority with two
        forces.
    """
    faults = Faults()
    area_to_lad: pd.DataFrame | None = None
    tables: tuple[pd.DataFrame, pd.DataFrame] | None = None
    try:
        area_to_lad = _read_wards(wards, shown_as or wards.name)
    except InputError as problem:
        faults.extend(problem.faults)
    if forces is not None:
        try:
            tables = _read_forces(forces, forces_shown_as or forces.name)
        except InputError as problem:
            faults.extend(problem.faults)
    faults.raise_if_any()
    if area_to_lad is None:
        raise InputError(Fault("holds no areas", file=shown_as or wards.name))
    return Authorities(area_to_lad) if tables is None else Authorities(area_to_lad, *tables)


def _read_named(
    path: Path, shown_as: str, named: Mapping[str, str]
) -> tuple[Table, pd.DataFrame, dict[str, str]]:
    """Read a lookup whose headers hold a year: the table, its columns by our names, and theirs."""
    table = read_table(path, shown_as=shown_as)
    columns = _vintage_columns(table, list(named))
    frame = pd.DataFrame({named[stem]: table.frame[column] for stem, column in columns.items()})
    return table, frame, columns


def _read_wards(path: Path, shown_as: str) -> pd.DataFrame:
    named = {
        "LSOACD": "area_code",
        "LSOANM": "area_name",
        "LADCD": "lad_code",
        "LADNM": "lad_name",
        "WDCD": "ward_code",
        "WDNM": "ward_name",
    }
    table, frame, columns = _read_named(path, shown_as, named)
    _refuse_rows(table, frame["area_code"] == "", "area code is blank", columns["LSOACD"])
    _refuse_rows(
        table,
        frame["area_code"].duplicated(),
        "area code is there twice: its incidents would count twice",
        columns["LSOACD"],
    )
    return frame.set_index("area_code").sort_index()


def _read_forces(path: Path, shown_as: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    named = {
        "LADCD": "lad_code",
        "LADNM": "lad_name",
        "CSPCD": "csp_code",
        "CSPNM": "csp_name",
        "PFACD": "force_code",
        "PFANM": "force_name",
    }
    table, frame, columns = _read_named(path, shown_as, named)
    force = frame[["lad_code", "force_code", "force_name"]].drop_duplicates()
    twice = force["lad_code"].duplicated(keep=False)
    _refuse_rows(
        table,
        frame["lad_code"].isin(force.loc[twice, "lad_code"]),
        "local authority has more than one police force",
        columns["PFACD"],
    )
    force = force.set_index("lad_code").sort_index()
    force["slug"] = [force_slug(str(name)) for name in force["force_name"]]
    partnerships = frame[["lad_code", "lad_name", "csp_code", "csp_name"]].drop_duplicates()
    return force, partnerships.sort_values(["lad_code", "csp_code"], ignore_index=True)


def _refuse_rows(table: Table, bad: pd.Series, message: str, column: str) -> None:
    faults = table.first_faults(
        bad, lambda row: f"{message} ({table.frame[column].iloc[row]!r})", column
    )
    more = int(bad.sum()) - len(faults)
    if more:
        faults.append(Fault(f"and {more} more rows", file=table.shown_as))
    if faults:
        raise InputError(faults)
