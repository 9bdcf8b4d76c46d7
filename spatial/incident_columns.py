"""Which column of a file plays which part, and how the text of a cell becomes a value."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from spatial.categories import CATEGORIES, category_of, suggest_category
from spatial.errors import Fault, Faults, InputError
from spatial.files import nearest
from spatial.incident_sources import ExtractColumns, IncidentSource
from spatial.period import month_number

__all__ = [
    "Labels",
    "Layout",
    "attribute_reader",
    "category_reader",
    "find_layout",
    "is_area_code",
    "month_reader",
    "nearest_category",
    "numbers",
    "spread",
]

Number = TypeVar("Number", bound=np.generic)

_POLICE_UK = {
    "id": "Crime ID",
    "month": "Month",
    "first": "Longitude",
    "second": "Latitude",
    "area_code": "LSOA code",
    "category": "Crime type",
}
_BLANK = frozenset({"", "na", "n/a", "null", ".."})
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_DATE = re.compile(r"(\d{4}-\d{2})-(\d{2})([T ].*)?", re.ASCII)
_TIME = re.compile(r"(?:.*[T ])?(\d{1,2}):(\d{2})(?::\d{2}(?:\.\d+)?)?Z?", re.ASCII)
_HOUR = re.compile(r"(\d{2})(\d{2})|(\d{1,2})", re.ASCII)
# ONS codes (E01020361), and the small areas of Northern Ireland (95GG01S1).
_AREA_CODE = re.compile(r"[A-Z]\d{8}|95[A-Z]{2}\d{1,2}[A-Z]\d{1,2}", re.ASCII)
_YES_NO = {
    **dict.fromkeys(("y", "yes", "true", "t", "1"), "yes"),
    **dict.fromkeys(("n", "no", "false", "f", "0"), "no"),
}


@dataclass(frozen=True, slots=True)
class Layout:
    """Positions of the columns that are read, by part; `names` are their published headers.

    Parts are `id`, `month`, `first` and `second` coordinate, `area_code`, `category`, and the
    attributes. `grid` tells easting and northing from longitude and latitude.
    """

    position: dict[str, int]
    names: dict[str, str]
    grid: bool

    def types(self) -> dict[int, pa.DataType]:
        """Return how each column is read: identifiers as text, the rest as distinct texts."""
        distinct = pa.dictionary(pa.int32(), pa.string())
        return {
            position: pa.string() if part == "id" else distinct
            for part, position in self.position.items()
        }


def find_layout(
    header: Sequence[str], source: IncidentSource, *, shown_as: str, line: int
) -> Layout:
    """Find the columns that a source needs.

    Raises
    ------
    InputError
        With one fault for each column that is missing (naming the nearest header) or repeated.
    """
    wanted, grid = dict(_POLICE_UK), False
    if source.kind == "extract":
        wanted, grid = _extract_parts(source)
    faults = Faults()
    position: dict[str, int] = {}
    names: dict[str, str] = {}
    for part, name in wanted.items():
        found = _matching(header, name)
        if len(found) == 1:
            position[part] = found[0]
            names[part] = header[found[0]]
            continue
        if found:
            message = f"column {name!r} is there {len(found)} times; keep one"
        else:
            close = nearest(name, header)
            hint = f"the nearest is {close!r}" if close else "it has " + ", ".join(header[:15])
            message = f"no column {name!r}; {hint}"
        faults.add(message, file=shown_as, line=line, field=name)
    taken: dict[int, str] = {}
    for part, at in position.items():
        other = taken.setdefault(at, part)
        if other != part:
            faults.add(
                f"column {header[at]!r} is named for both {other} and {part}",
                file=shown_as,
                line=line,
            )
    faults.raise_if_any()
    return Layout(position, names, grid)


def _matching(header: Sequence[str], name: str) -> list[int]:
    """Positions of a published header, after stripping, or of what a cut at 80 left of it."""
    plain = name.strip().casefold()
    exact = [at for at, text in enumerate(header) if text.strip().casefold() == plain]
    if exact or len(plain) < 80:
        return exact
    return [
        at
        for at, text in enumerate(header)
        if len(text) >= 79 and plain.startswith(text.strip().casefold())
    ]


def _extract_parts(source: IncidentSource) -> tuple[dict[str, str], bool]:
    """Return the parts of a force's own extract, refusing a mapping that cannot work."""
    columns = source.columns
    faults = Faults()
    if columns is None:
        raise InputError(
            Fault(
                "an extract needs a mapping of its columns", file=source.shown_as, field="columns"
            )
        )
    when = [name for name in (columns.month, columns.date) if name]
    grid = [columns.easting, columns.northing]
    degrees = [columns.longitude, columns.latitude]
    if len(when) != 1:
        faults.add("name one of month and date", file=source.shown_as, field="columns.month")
    if not (all(grid) and not any(degrees)) and not (all(degrees) and not any(grid)):
        faults.add(
            "name easting and northing, or longitude and latitude",
            file=source.shown_as,
            field="columns.easting",
        )
    if source.locate_by == "code" and not columns.area_code:
        faults.add(
            "areas are to be taken from the supplied code, but no column holds it; "
            "write locate_by: polygon, or name the column of the area code",
            file=source.shown_as,
            field="columns.area_code",
        )
    for code, category in (source.offence_categories or {}).items():
        if category not in CATEGORIES:
            close = nearest(category, CATEGORIES)
            hint = f"did you mean {close}?" if close else f"one of {', '.join(CATEGORIES)}"
            faults.add(
                f"{category!r} is not a category; {hint}",
                file=source.shown_as,
                field=f"offence_categories.{code}",
            )
    faults.raise_if_any()
    first, second = grid if all(grid) else degrees
    parts = {"month": when[0], "first": str(first), "second": str(second)}
    parts["category"] = columns.offence_code
    done = {
        "month", "date", "date_format", "easting", "northing", "longitude", "latitude",
        "offence_code",
    }  # fmt: skip
    for field in fields(ExtractColumns):
        name = getattr(columns, field.name)
        if field.name not in done and name:
            parts["time_band" if field.name == "time" else field.name] = name
    return parts, all(grid)


class Labels:
    """Distinct texts and the number each was given."""

    def __init__(self) -> None:
        self._number: dict[str, int] = {}

    def numbers(
        self, column: pa.DictionaryArray, normal: Callable[[str], str]
    ) -> npt.NDArray[np.int32]:
        """Return for each row the number of its text after `normal`."""
        table = [
            self._number.setdefault(normal(text), len(self._number))
            for text in column.dictionary.to_pylist()
        ]
        return spread(np.array(table, dtype=np.int32), column)

    @property
    def texts(self) -> tuple[str, ...]:
        """The texts, in the order of their numbers."""
        return tuple(self._number)


def spread(values: npt.NDArray[Number], column: pa.DictionaryArray) -> npt.NDArray[Number]:
    """Return for each row of a column the value that its distinct text was given."""
    found: npt.NDArray[Number] = values[column.indices.to_numpy()]
    return found


def numbers(texts: pa.StringArray) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    """Read distinct texts as numbers.

    Returns
    -------
    values
        NaN where the text is blank or not a number.
    bad
        True where the text is neither blank nor a finite number.
    """
    trimmed = pc.utf8_trim_whitespace(texts)
    blank = pc.is_in(pc.utf8_lower(trimmed), value_set=pa.array(sorted(_BLANK)))
    try:
        values = pc.cast(pc.if_else(blank, None, trimmed), pa.float64())
    except pa.ArrowInvalid:
        plain = [float(text) if _NUMBER.fullmatch(text) else None for text in trimmed.to_pylist()]
        values = pa.array(plain, type=pa.float64())
    found = np.array(values.to_numpy(zero_copy_only=False), dtype=np.float64)
    bad = ~np.isfinite(found) & ~blank.to_numpy(zero_copy_only=False)
    found[bad] = np.nan
    return found, bad


def month_reader(source: IncidentSource) -> Callable[[str], int]:
    """Return the function that turns a cell into months since year 0, or -1 where it cannot."""
    layout = source.columns.date_format if source.columns is not None else None

    def plain(text: str) -> int:
        number = month_number(text.strip())
        return -1 if number is None else number

    def dated(text: str) -> int:
        match = _DATE.fullmatch(text.strip())
        if match is None:
            return plain(text)
        try:
            dt.date.fromisoformat(f"{match[1]}-{match[2]}")
        except ValueError:
            return -1
        return plain(match[1])

    def declared(text: str) -> int:
        try:
            day = dt.datetime.strptime(text.strip(), str(layout))  # noqa: DTZ007
        except ValueError:
            return -1
        return day.year * 12 + day.month - 1

    if source.kind == "police_uk":
        return plain
    return declared if layout else dated


def category_reader(source: IncidentSource) -> Callable[[str], str | None]:
    """Return the function that turns a cell into a category id, or None where it is unknown."""
    mapping = source.offence_categories
    if mapping is None:
        return category_of
    known = {code.strip().casefold(): category for code, category in mapping.items()}

    def look_up(text: str) -> str | None:
        return known.get(text.strip().casefold())

    return look_up


def nearest_category(text: str, source: IncidentSource) -> str | None:
    """Return what a source may write that is nearest to an unknown name or offence code."""
    if source.offence_categories is None:
        return suggest_category(text)
    return nearest(text.strip(), source.offence_categories)


def attribute_reader(name: str) -> Callable[[str], str]:
    """Return how a cell of an optional column becomes a value that filters can name."""
    if name == "time_band":
        return _time_band
    if name in {"domestic_abuse", "weapon", "public_place"}:
        return _yes_no
    return str.strip


def _yes_no(text: str) -> str:
    plain = text.strip().casefold()
    return _YES_NO.get(plain, plain)


def _time_band(text: str) -> str:
    """Return the quarter of the day, or an empty text where the time is blank or unreadable."""
    plain = text.strip()
    match = _TIME.fullmatch(plain)
    if match:
        hour, minute = int(match[1]), int(match[2])
    else:
        match = _HOUR.fullmatch(plain)
        if match is None:
            return ""
        hour, minute = (int(match[3]), 0) if match[3] else (int(match[1]), int(match[2]))
    if hour > 23 or minute > 59:
        return ""
    return ("00-06", "06-12", "12-18", "18-24")[hour // 6]


def is_area_code(text: str) -> bool:
    """Tell whether a text has the form of a statistical area code of the United Kingdom."""
    return _AREA_CODE.fullmatch(text) is not None
