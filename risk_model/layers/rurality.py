"""Rural-urban classification: class, stratum and the words people see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from risk_model.layers.placing import Placed, area_codes, place_unchanged
from spatial.crosswalk import Crosswalk
from spatial.errors import Faults
from spatial.tables import match_columns, read_table

__all__ = ["CLASSES", "Rurality", "place_rurality", "read_rurality"]

Edition = Literal["2021", "2011"]

CLASSES: dict[str, dict[str, str]] = {
    "2021": {
        "UN1": "urban",
        "UF1": "urban",
        "RLN1": "rural",
        "RLF1": "rural",
        "RSN1": "rural",
        "RSF1": "rural",
    },
    "2011": {
        "A1": "urban",
        "B1": "urban",
        "C1": "urban",
        "C2": "urban",
        "D1": "rural",
        "D2": "rural",
        "E1": "rural",
        "E2": "rural",
        "F1": "rural",
        "F2": "rural",
    },
}
"""Classes of each edition and their stratum; the two editions do not map to one another."""

_COLUMNS: dict[str, dict[str, tuple[str, ...]]] = {
    "2021": {
        "area_code": ("LSOA21CD", "LSOA 2021 Code"),
        "ruc_code": ("RUC21CD", "RUC 2021 Code"),
        "ruc_name": ("RUC21NM", "RUC 2021 Name"),
    },
    "2011": {
        "area_code": ("LSOA11CD", "LSOA 2011 Code"),
        "ruc_code": ("RUC11CD", "RUC 2011 Code"),
        "ruc_name": ("RUC11", "RUC11NM"),
    },
}


@dataclass(frozen=True, slots=True)
class Rurality:
    """Rural-urban classification by area.

    Attributes
    ----------
    frame
        Index area code; ruc_code, ruc_name, stratum ("urban" or "rural"), rural_urban ("Urban"
        or "Rural"), rural (1 or 0).
    vintage
        "2021" or "2011": the LSOA that the codes name.
    """

    frame: pd.DataFrame
    edition: str
    vintage: str
    shown_as: str


def read_rurality(path: Path, edition: Edition, *, shown_as: str) -> Rurality:
    """Read the Rural-Urban Classification 2021 (on LSOA 2021) or 2011 (on LSOA 2011).

    Raises
    ------
    InputError
        With every missing column, repeated code and unknown class.
    """
    wanted = _COLUMNS[edition]
    table = read_table(path, shown_as=shown_as, wanted=wanted)
    columns = match_columns(table, wanted)
    index = area_codes(table, columns["area_code"])
    codes = table.frame[columns["ruc_code"]].to_numpy(dtype=object)
    classes = CLASSES[edition]
    strata = np.array([classes.get(str(code), "") for code in codes], dtype=object)
    faults = Faults()
    faults.extend(
        table.first_faults(
            strata == "",
            lambda row: (
                f"{str(codes[row])[:40]!r} is not a class of the {edition} edition "
                f"({', '.join(classes)})"
            ),
            columns["ruc_code"],
        )
    )
    faults.raise_if_any()
    frame = pd.DataFrame(
        {
            "ruc_code": codes,
            "ruc_name": table.frame[columns["ruc_name"]].to_numpy(dtype=object),
            "stratum": strata,
            "rural_urban": np.where(strata == "rural", "Rural", "Urban").astype(object),
            "rural": (strata == "rural").astype(np.float64),
        },
        index=index,
    )
    return Rurality(frame.sort_index(), edition, edition, shown_as)


def place_rurality(
    table: Rurality, codes: Sequence[str], *, vintage: str, crosswalk: Crosswalk | None
) -> Placed:
    """Return the classification on the areas of a run; text is empty where it is missing."""
    placed = place_unchanged(
        table.frame,
        codes,
        what="rurality",
        table_vintage=table.vintage,
        vintage=vintage,
        crosswalk=crosswalk,
        shown_as=table.shown_as,
    )
    frame = placed.frame.copy()
    for column in ("ruc_code", "ruc_name", "stratum", "rural_urban"):
        frame[column] = frame[column].astype(object).where(frame[column].notna(), "")
    frame["rural"] = frame["rural"].astype(np.float64)
    missing = int((frame["stratum"] == "").sum())
    warnings = placed.warnings
    if missing and not warnings:
        warnings = (
            (
                f"rurality: {missing} area{'' if missing == 1 else 's'} without a class in "
                f"{table.shown_as}; not ranked within town or country."
            ),
        )
    return Placed(frame, warnings)
