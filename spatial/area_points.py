"""The fullest map point of each area, and what its publisher calls it."""

from __future__ import annotations

import codecs
import csv
import io
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final, cast

import numpy as np
import numpy.typing as npt
import pandas as pd

from spatial.archives import Archive
from spatial.csv_lines import MAX_LINE
from spatial.incident_frames import PlacedRows
from spatial.incident_table import IncidentTable, ReadFile
from spatial.ledger import REASONS
from spatial.points import distinct_points

__all__ = ["area_points", "point_names"]

_COUNTED: Final = (REASONS.index("used"), REASONS.index("ring"))
_LOCATION: Final = "location"

Numbers = npt.NDArray[np.int64]


def area_points(
    table: IncidentTable, placed: PlacedRows, *, named_from: float, named_events: int = 1
) -> pd.DataFrame:
    """Return the map point that holds most events of each area with events.

    Of two points equally full the one further west, then south, counts, so that the order of
    rows decides nothing.

    Parameters
    ----------
    named_from
        Share of the area's events from which the row of the point is wanted, for its name.
    named_events
        Events of the area below which its name is not wanted.

    Returns
    -------
    DataFrame
        Index area_code, sorted; `events` of the area, `share` of them at the point; `file`
        (position of the file) and `line` of a row at it, of the latest month; -1 where
        it is not wanted.
    """
    kept = np.flatnonzero(np.isin(placed.reason[placed.where], _COUNTED))
    rows, area = placed.where[kept], placed.area[kept]
    x, y = placed.x[kept], placed.y[kept]
    seen, point = distinct_points(x, y)
    width = max(len(seen), 1)
    pair, pairs = pd.factorize(area * width + point)
    owner, where = np.divmod(np.asarray(pairs, dtype=np.int64), width)
    n = np.bincount(pair, minlength=len(pairs))
    total = np.bincount(area, minlength=len(placed.codes))
    # The last of each area has most events; of equal ones it lies west, then south.
    order = np.lexsort((-y[seen][where], -x[seen][where], n, owner))
    ends = np.append(np.diff(owner[order]) != 0, [True] * bool(len(order)))
    fullest = order[ends.astype(bool)]
    share = n[fullest] / np.maximum(total[owner[fullest]], 1)
    asked = (share >= named_from) & (total[owner[fullest]] >= named_events)
    at = _latest_row(pair, fullest[asked], table, rows)
    found = np.array([at.get(int(number), -1) for number in fullest], dtype=np.int64)
    known = found >= 0
    file, line = np.full(len(found), -1), np.full(len(found), -1)
    file[known], line[known] = table.file[found[known]], table.line[found[known]]
    frame = pd.DataFrame(
        {"events": total[owner[fullest]].astype(np.int64), "share": share, "file": file}
        | {"line": line},
        index=pd.Index([placed.codes[k] for k in owner[fullest]], name="area_code", dtype="str"),
    )
    return frame.sort_index()


def _latest_row(
    pair: npt.NDArray[np.intp], wanted: Numbers, table: IncidentTable, rows: Numbers
) -> dict[int, int]:
    """Return, for some pairs of area and point, a row of the latest month: its first line."""
    some = np.flatnonzero(np.isin(pair, wanted))
    mine = rows[some]
    order = np.lexsort((-table.line[mine], -table.file[mine], table.month[mine]))
    # Of rows with one key the last stays.
    return dict(zip(pair[some][order].tolist(), mine[order].tolist(), strict=True))


def point_names(points: pd.DataFrame, files: Sequence[ReadFile]) -> pd.DataFrame:
    """Return `events`, `share` and `name`: what the publisher calls the fullest point.

    Only the files and lines that are wanted are read again, so that no run pays for a column of
    text that a handful of areas needs. A force's own extract names no points: blank, as for
    points whose row was not wanted.
    """
    by_source: dict[str, dict[int, dict[int, str]]] = defaultdict(lambda: defaultdict(dict))
    asked = points[points["file"] >= 0]
    for code, number, line in zip(asked.index, asked["file"], asked["line"], strict=True):
        source = files[number].file.source
        if source.kind == "police_uk":
            by_source[source.shown_as][int(number)][int(line)] = str(code)
    names: dict[str, str] = {}
    for wanted in by_source.values():
        source = files[next(iter(wanted))].file.source
        with Archive(source.path, shown_as=source.shown_as) as archive:
            for number, lines in wanted.items():
                names |= _names_in(archive, files[number], lines)
    out = points[["events", "share"]].copy()
    out["name"] = [names.get(str(code), "") for code in out.index]
    return out


def _names_in(archive: Archive, one: ReadFile, lines: Mapping[int, str]) -> dict[str, str]:
    """Return the location text of some physical lines of a file, by their area."""
    found: dict[str, str] = {}
    encoding = codecs.lookup(one.file.source.encoding).name
    if encoding.startswith(("utf-16", "utf-32")):
        return found  # lines of bytes are not lines of text there; names are a courtesy
    position, number, last = -1, 0, max(lines)
    with archive.open(one.file.name) as raw, io.BufferedReader(cast("io.RawIOBase", raw)) as stream:
        while number < last and (part := stream.readline(MAX_LINE)):
            if not part.endswith(b"\n"):  # a line too long to be a row, or the last
                while (rest := stream.readline(MAX_LINE)) and not rest.endswith(b"\n"):
                    pass
            number += 1
            if position >= 0 and number not in lines:
                continue
            text = part.decode(encoding, errors="replace").lstrip("\ufeff").rstrip("\r\n")
            cells = next(csv.reader([text]), [])
            if position >= 0:
                found[lines[number]] = cells[position].strip() if position < len(cells) else ""
                continue
            header = [cell.strip().casefold() for cell in cells]
            if any(header):
                if _LOCATION not in header:
                    return {}
                position = header.index(_LOCATION)
    return found
