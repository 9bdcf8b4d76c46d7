"""The artefacts that people entered: which area, what kind of place, why, and until when."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from spatial.errors import Fault, Faults, InputError
from spatial.files import nearest
from spatial.tables import Table, match_columns, read_table, text_column

__all__ = ["KINDS", "Artefacts", "read_artefacts"]

KINDS: Final = (
    "prison",
    "hospital",
    "police_station",
    "supermarket",
    "shopping_area",
    "other",
)
_WANTED: Final = {
    "area_code": ("area_code", "LSOA21CD"),
    "kind": ("kind",),
    "reason": ("reason",),
    "source": ("source",),
    "expires": ("expires",),
}
_CODE: Final = re.compile(r"[A-Z]\d{8}", re.ASCII)
_MONTH: Final = re.compile(r"\d{4}-(0[1-9]|1[0-2])", re.ASCII)
_SHOWN: Final = 20


@dataclass(frozen=True, slots=True)
class Artefacts:
    """Entries by area.

    Attributes
    ----------
    frame
        area_code, kind, reason, source, expires ("" or the last month that counts, `YYYY-MM`);
        sorted by area and kind; index 0..n-1.
    """

    frame: pd.DataFrame
    shown_as: str

    def live(self, end: str) -> NDArray[np.bool_]:
        """Return which entries still count in a period whose last month is `end`."""
        expires = self.frame["expires"]
        return np.asarray((expires == "") | (expires >= end), dtype=np.bool_)


def read_artefacts(path: Path, *, shown_as: str) -> Artefacts:
    """Read a CSV with `area_code, kind, reason, source` and optional `expires`.

    An entry keeps an area from being flagged, so nothing is guessed: every doubtful cell refuses
    the file.

    Raises
    ------
    InputError
        With every missing column, malformed code, unknown kind, blank reason or source,
        unreadable expiry and repeated entry, each with its line.
    """
    try:
        table = read_table(path, shown_as=shown_as, wanted=_WANTED)
    except InputError as error:
        if [fault.message for fault in error.faults] != ["has no rows below its header"]:
            raise
        return Artefacts(pd.DataFrame(columns=list(_WANTED), dtype="str"), shown_as)
    columns = match_columns(table, _WANTED, optional=("expires",))
    cells = {key: text_column(table, column) for key, column in columns.items()}
    cells.setdefault("expires", np.full(len(table.frame), "", dtype=object))
    frame = pd.DataFrame(cells)[list(_WANTED)].astype("str")
    frame["kind"] = frame["kind"].str.lower().str.replace(r"[ -]+", "_", regex=True)
    _refuse(table, frame, columns)
    frame["expires"] = frame["expires"].str.slice(0, 7)
    frame = frame.sort_values(["area_code", "kind"], kind="stable", ignore_index=True)
    return Artefacts(frame, shown_as)


def _refuse(table: Table, frame: pd.DataFrame, columns: dict[str, str]) -> None:
    faults = Faults()
    found: list[Fault] = []

    def note(row: int, key: str, message: str) -> None:
        found.append(table.fault(row, message, columns.get(key, key)))

    first: dict[tuple[str, str], int] = {}
    for row, (code, kind, reason, source, expires) in enumerate(
        frame.itertuples(index=False, name=None)
    ):
        line = int(table.line[row])
        if not _CODE.fullmatch(code):
            note(row, "area_code", f"{code!r} is not an area code such as E01020361")
        if kind not in KINDS:
            close = nearest(kind, KINDS)
            hint = f"did you mean {close!r}?" if close else f"one of {', '.join(KINDS)}"
            note(row, "kind", f"{kind!r} is not a kind of artefact; {hint}")
        if not reason:
            note(row, "reason", "is blank; say why the area's figures come from recording")
        if not source:
            note(row, "source", "is blank; say who knows this, or from where")
        if expires and not _readable(expires):
            note(row, "expires", f"{expires!r} is not a month (YYYY-MM) or day (YYYY-MM-DD)")
        before = first.setdefault((code, kind), line)
        if before != line:
            note(row, "area_code", f"{code} has an entry of kind {kind} on line {before} already")
    faults.extend(found[:_SHOWN])
    if len(found) > _SHOWN:
        faults.add(f"and {len(found) - _SHOWN} more cells like these", file=table.shown_as)
    faults.raise_if_any()


def _readable(text: str) -> bool:
    if _MONTH.fullmatch(text):
        return True
    try:
        dt.date.fromisoformat(text)
    except ValueError:
        return False
    return len(text) == 10
