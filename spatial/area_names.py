"""Names that people use: place, letter and ward instead of codes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pandas as pd

from spatial.authorities import Authorities
from spatial.boundaries import Areas
from spatial.errors import InputError
from spatial.tables import match_columns, read_table

__all__ = ["area_labels", "read_place_names"]

# "Dorset 045A" is area A of the larger area "Dorset 045".
_NAME: Final = re.compile(r"(.*\d)([A-Z]{1,2})")
_COLUMNS: Final = {
    "name": ("MSOA21NM", "MSOA11NM", "msoa21nm"),
    "place": ("MSOA21HCLNM", "MSOA11HCLNM", "msoa21hclnm"),
}


def read_place_names(path: Path, *, shown_as: str | None = None) -> pd.Series:
    """Read the House of Commons Library names of MSOAs.

    Returns
    -------
    Series
        Name that people use, by MSOA name (`Dorset 045`).

    Raises
    ------
    InputError
        For missing columns, and for an MSOA that has two names.
    """
    shown = shown_as or path.name
    table = read_table(path, shown_as=shown)
    columns = match_columns(table, _COLUMNS)
    frame = table.frame[[columns["name"], columns["place"]]].drop_duplicates()
    twice = frame[columns["name"]].duplicated()
    if twice.any():
        row = int(frame.index[twice][0])
        told = f"{frame.loc[row, columns['name']]!r} has two names"
        raise InputError(table.fault(row, told, columns["place"]))
    names = frame.set_index(columns["name"])[columns["place"]]
    return names[names != ""].rename("place_name").rename_axis("msoa_name").sort_index()


def area_labels(
    areas: Areas, authorities: Authorities | None, place_names: pd.Series | None
) -> pd.DataFrame:
    """Return place name, ward and a unique label for each area.

    The label is the place name with the letter of the area, and its ward: `Littlemoor B,
    Littlemoor and Preston`. Where two are equal, the authority is added to both, and where they
    still are, the area code.

    Parameters
    ----------
    areas
        The boundaries.
    authorities
        For ward and authority names; None leaves them out.
    place_names
        As read by `read_place_names`; where an area has none, the larger area's own name is used.

    Returns
    -------
    DataFrame
        Index `area_code` as in `areas`; columns `place_name, ward_name, lad_code, lad_name,
        area_label`.
    """
    index = areas.frame.index
    columns = ["lad_code", "lad_name", "ward_name"]
    if authorities is None:
        who = pd.DataFrame("", index=index, columns=columns)
        names = areas.frame["area_name"]
    else:
        who = authorities.area_to_lad[columns].reindex(index).fillna("")
        # A boundary file without names leaves the code as the name: the lookup knows better.
        known = authorities.area_to_lad["area_name"].reindex(index)
        own = areas.frame["area_name"]
        names = own.where((own != index) | known.isna(), known)
    places, letters = [], []
    for name in names:
        match = _NAME.fullmatch(str(name))
        stem, letter = (match[1], match[2]) if match else (str(name), "")
        place = None if place_names is None else place_names.get(stem)
        places.append(stem if place is None else str(place))
        letters.append(letter)
    labels = [
        f"{place} {letter}".strip() + (f", {ward}" if ward else "")
        for place, letter, ward in zip(places, letters, who["ward_name"], strict=True)
    ]
    frame = pd.DataFrame(
        {
            "place_name": pd.Series(places, index=index, dtype="str"),
            "ward_name": who["ward_name"].astype("str"),
            "lad_code": who["lad_code"].astype("str"),
            "lad_name": who["lad_name"].astype("str"),
            "area_label": pd.Series(labels, index=index, dtype="str"),
        }
    )
    for addition in (frame["lad_name"], index.to_series()):
        equal = frame["area_label"].duplicated(keep=False) & (addition != "")
        longer = frame["area_label"] + " (" + addition.astype("str") + ")"
        frame["area_label"] = frame["area_label"].where(~equal, longer)
    return frame
