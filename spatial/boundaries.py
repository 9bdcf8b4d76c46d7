"""Area layers: one polygon a code, valid, in EPSG:27700, with what was repaired."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from spatial.errors import Fault, Faults, InputError
from spatial.files import nearest
from spatial.vectors import read_vector

__all__ = ["MAX_AREA_CHANGE", "Areas", "Repair", "read_areas"]

MAX_AREA_CHANGE: Final = 0.001
_CODE: Final = re.compile(r"(?:LSOA|LSOA_)?(11|21)CD|LSOA_?(2011|2021)_?(?:CD|CODE)", re.IGNORECASE)
_LISTED: Final = 5


@dataclass(frozen=True, slots=True)
class Repair:
    """A polygon that was made valid: why it was not, and by which share its area changed."""

    area_code: str
    reason: str
    area_change: float


@dataclass(frozen=True, slots=True)
class Areas:
    """An area layer.

    Attributes
    ----------
    frame
        Index `area_code` (sorted, unique), columns `area_name` and `geometry`: valid polygons in
        EPSG:27700, metres.
    vintage
        `2021` or `2011`: the census whose areas these are.
    repaired
        Polygons that were invalid as published.
    notes
        What was done on reading, for the manifest.
    """

    frame: gpd.GeoDataFrame
    vintage: str
    repaired: tuple[Repair, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def codes(self) -> tuple[str, ...]:
        """Area codes, sorted."""
        return tuple(self.frame.index)


def read_areas(
    path: Path,
    *,
    layer: str | None = None,
    code: str | None = None,
    name: str | None = None,
    vintage: str | None = None,
    shown_as: str,
) -> Areas:
    """Read an area layer.

    Parameters
    ----------
    path, layer
        As for `spatial.vectors.read_vector`.
    code
        Column of the area codes; `LSOA21CD` or `LSOA11CD` where not given.
    name
        Column of the area names; `LSOA21NM` or `LSOA11NM` where not given. Without one, the code
        is the name.
    vintage
        `2021` or `2011`; read from the name of the code column where not given.
    shown_as
        Name for messages.

    Raises
    ------
    InputError
        With every fault: no such column, blank or repeated codes, features that are not polygons,
        polygons that cannot be repaired without moving 0.1 % of their area.
    """
    try:
        frame = read_vector(path, layer=layer)
    except InputError as problem:
        raise _renamed(problem, path.name, shown_as) from problem
    notes = tuple(
        note.replace(f"{path.name}: ", f"{shown_as}: ", 1) for note in frame.attrs.get("notes", ())
    )
    columns = [str(column) for column in frame.columns if column != frame.geometry.name]
    code_column, year = _code_column(columns, code, vintage, shown_as)
    name_column = _name_column(columns, name, code_column, shown_as)
    codes = _codes(frame[code_column], code_column, shown_as)
    geometry, repaired = _valid_polygons(
        np.asarray(frame.geometry.to_numpy(), dtype=object), codes, shown_as
    )
    names = codes if name_column is None else _text(frame[name_column])
    names = np.where(names == "", codes, names)
    order = np.argsort(codes.astype(str), kind="stable")
    index = gpd.pd.Index(codes[order], name="area_code", dtype="str")
    ordered = gpd.GeoDataFrame(
        {"area_name": gpd.pd.Series(names[order], index=index, dtype="str")},
        geometry=gpd.GeoSeries(geometry[order], index=index, crs="EPSG:27700"),
    )
    by_code = tuple(sorted(repaired, key=lambda repair: repair.area_code))
    if by_code:
        listed = ", ".join(repair.area_code for repair in by_code[:_LISTED])
        more = "" if len(by_code) <= _LISTED else f" and {len(by_code) - _LISTED} more"
        notes = (*notes, f"{shown_as}: {len(by_code)} invalid polygons repaired ({listed}{more})")
    return Areas(ordered, year, by_code, notes)


def _renamed(problem: InputError, name: str, shown_as: str) -> InputError:
    return InputError(
        Fault(f.message, shown_as if f.file == name else f.file, f.line, f.field)
        for f in problem.faults
    )


def _find(columns: Sequence[str], wanted: str, shown_as: str, field: str) -> str:
    for column in columns:
        if column == wanted or column.strip().casefold() == wanted.strip().casefold():
            return column
    close = nearest(wanted, columns)
    hint = f"did you mean {close!r}?" if close else f"it has {', '.join(map(repr, columns))}"
    raise InputError(Fault(f"no column {wanted!r}; {hint}", file=shown_as, field=field))


def _code_column(
    columns: Sequence[str], code: str | None, vintage: str | None, shown_as: str
) -> tuple[str, str]:
    """Return the column of the codes and the vintage of its areas."""
    if vintage not in {None, "2011", "2021"}:
        raise InputError(
            Fault(f"vintage {vintage!r} is not 2011 or 2021", file=shown_as, field="vintage")
        )
    if code is not None:
        column = _find(columns, code, shown_as, "code")
        found = _vintage_of(column)
        if vintage is None and found is None:
            raise InputError(
                Fault(
                    f"column {column!r} does not say which census its areas are of; "
                    "set vintage to 2021 or 2011",
                    file=shown_as,
                    field="vintage",
                )
            )
        return column, vintage or found or "2021"
    fitting = {column: _vintage_of(column) for column in columns if _vintage_of(column)}
    if vintage is not None:
        fitting = {column: year for column, year in fitting.items() if year == vintage}
    # Where a layer carries both, the newer areas are the ones it draws.
    for column, year in sorted(fitting.items(), key=lambda item: str(item[1]), reverse=True):
        return column, year or "2021"
    raise InputError(
        Fault(
            f"no column LSOA21CD or LSOA11CD; it has {', '.join(map(repr, columns)) or 'none'}: "
            "name the column of the area codes with code",
            file=shown_as,
            field="code",
        )
    )


def _vintage_of(column: str) -> str | None:
    match = _CODE.fullmatch(column.strip())
    if match is None:
        return None
    return f"20{(match[1] or match[2])[-2:]}"


def _name_column(
    columns: Sequence[str], name: str | None, code_column: str, shown_as: str
) -> str | None:
    if name is not None:
        return _find(columns, name, shown_as, "name")
    stem = re.sub(r"(?i)cd$", "", code_column.strip()).casefold()
    for column in columns:
        if column.strip().casefold() == f"{stem}nm":
            return column
    return None


def _text(values: gpd.pd.Series) -> NDArray[Any]:
    missing = values.isna().to_numpy()
    text = np.array([str(value).strip() for value in values], dtype=object)
    text[missing] = ""
    return text


def _codes(values: gpd.pd.Series, column: str, shown_as: str) -> NDArray[Any]:
    """Return stripped codes; refuse blank and repeated ones (case 20)."""
    codes = _text(values)
    faults = Faults()
    blank = int((codes == "").sum())
    if blank:
        faults.add(f"{blank} areas have no code", file=shown_as, field=column)
    unique, counts = np.unique(codes[codes != ""].astype(str), return_counts=True)
    repeated = unique[counts > 1]
    for area_code in repeated[:_LISTED]:
        rows = ", ".join(str(row + 1) for row in np.flatnonzero(codes == area_code)[:4])
        faults.add(
            f"area code {str(area_code)!r} is there more than once (features {rows}); "
            "dissolve the parts into one area",
            file=shown_as,
            field=column,
        )
    if repeated.size > _LISTED:
        faults.add(f"and {repeated.size - _LISTED} more repeated codes", file=shown_as)
    faults.raise_if_any()
    return codes


def _valid_polygons(
    geometry: NDArray[Any], codes: NDArray[Any], shown_as: str
) -> tuple[NDArray[Any], list[Repair]]:
    """Repair what is invalid; refuse what is not a polygon or would change (case 18)."""
    faults = Faults()
    kinds = shapely.get_type_id(geometry)
    empty = (kinds == -1) | shapely.is_empty(geometry)
    for row in np.flatnonzero(empty):
        faults.add(f"area {codes[row]} has no geometry", file=shown_as)
    for row in np.flatnonzero(~empty & ~np.isin(kinds, (3, 6))):
        faults.add(
            f"area {codes[row]} is a {geometry[row].geom_type}, not a polygon", file=shown_as
        )
    faults.raise_if_any()
    flat = shapely.force_2d(geometry) if shapely.has_z(geometry).any() else geometry.copy()
    repaired: list[Repair] = []
    for row in np.flatnonzero(~shapely.is_valid(flat)):
        reason = str(shapely.is_valid_reason(flat[row])).partition("[")[0].strip().lower()
        meant = flat[row]
        if reason == "nested shells":
            meant = _holes_written_as_parts(flat, int(row))
            if meant is not flat[row]:
                reason = "nested shells: a hole was written as a part"
        before = float(meant.area)
        fixed = _polygons_of(shapely.make_valid(meant))
        after = float(fixed.area)
        change = abs(after - before) / max(before, after) if max(before, after) > 0 else np.inf
        if not change <= MAX_AREA_CHANGE:
            faults.add(
                f"area {codes[row]} is not a valid polygon ({reason}); repairing it would change "
                f"its area by {change:.2%} (limit {MAX_AREA_CHANGE:.1%}): "
                "fix it in the source, for example with QGIS 'Fix geometries'",
                file=shown_as,
            )
            continue
        flat[row] = fixed
        repaired.append(Repair(str(codes[row]), reason, change))
    faults.raise_if_any()
    return flat, repaired


def _holes_written_as_parts(geometry: NDArray[Any], row: int) -> Any:
    """Turn parts that lie inside another part, and that other areas fill, into holes.

    The published generalised layer has one: the ring around an enclave is stored as a part of its
    surrounding area. Read as written it would count the enclave twice; that another area fills it
    is the evidence that a hole was meant. Without it the geometry is returned as it is.
    """
    parts = sorted(shapely.get_parts(geometry[row]), key=lambda part: -part.area)
    others = np.delete(geometry, row)
    tree = shapely.STRtree(others)
    kept: list[Any] = []
    changed = False
    for part in parts:
        around = [n for n, outer in enumerate(kept) if outer.covers(part)]
        if around:
            near = shapely.make_valid(others[tree.query(part)])
            filled = shapely.union_all(shapely.intersection(near, part)).area
            if filled >= (1 - MAX_AREA_CHANGE) * part.area:
                kept[around[0]] = kept[around[0]].difference(part)
                changed = True
                continue
        kept.append(part)
    return shapely.MultiPolygon(kept) if changed else geometry[row]


def _polygons_of(geometry: Any) -> Any:
    """Keep the polygons of a repaired geometry, without the lines and points it left behind."""
    parts = shapely.get_parts(shapely.get_parts(geometry))
    kept = [part for part in parts if part.geom_type == "Polygon"]
    return kept[0] if len(kept) == 1 else shapely.MultiPolygon(kept)
