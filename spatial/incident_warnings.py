"""What a reader of the figures should know about the incidents, in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import pandas as pd

from spatial.incident_checks import UNKNOWN_CATEGORY, QuarantinedRow
from spatial.incident_columns import nearest_category
from spatial.incident_sources import FileRecord
from spatial.incident_table import ReadFile
from spatial.study_area import StudyArea

__all__ = [
    "category_warnings",
    "copy_warnings",
    "overlap_warnings",
    "ring_warnings",
    "row_warnings",
]

DISAGREEMENT_WARNING = 0.05
ADRIFT_WARNING = 0.05
QUARANTINE_WARNING = 0.05
MAP_POINT_WARNING = 0.05
_NAMED_CATEGORIES = 20


def ring_warnings(wanted: StudyArea, used: StudyArea) -> list[str]:
    """Say how many areas of the ring are left out for want of incidents."""
    lost = len(wanted.ring) - len(used.ring)
    if not lost:
        return []
    areas = f"{lost:,} of {len(wanted.ring):,} areas that touch the study area"
    return [f"{areas} are left out of the ring: no incidents of their force in the period"]


def copy_warnings(records: Sequence[FileRecord]) -> list[str]:
    """Name the files that are ignored as copies (case 7)."""
    return [
        f"{record.shown_as} is ignored: {record.ignored}" for record in records if record.ignored
    ]


def overlap_warnings(kept: Sequence[ReadFile]) -> list[str]:
    """Say where a force's extract and its published files hold the same months."""
    published = {
        (one.file.force, one.file.month) for one in kept if one.file.source.kind == "police_uk"
    }
    said = []
    for one in kept:
        if one.file.source.kind == "extract" and one.file.force:
            both = [month for month in one.scan.months if (one.file.force, month) in published]
            if both:
                said.append(
                    f"{one.scan.shown_as} and published files of {one.file.force} both hold "
                    f"{', '.join(both)}: their incidents are counted twice; supply one of them"
                )
    return said


def category_warnings(kept: Sequence[ReadFile]) -> list[str]:
    """Name each unknown category with its rows and the nearest known one (case 9).

    The most frequent come first, and after twenty the rest is counted: a column that holds
    something else than categories would fill pages.
    """
    rows: Counter[str] = Counter()
    first: dict[str, tuple[ReadFile, QuarantinedRow]] = {}
    for one in kept:
        for row in one.scan.quarantined:
            if row.rule == UNKNOWN_CATEGORY:
                rows[row.value] += 1
                first.setdefault(row.value, (one, row))
    ranked = sorted(rows, key=lambda name: (-rows[name], name))
    said = []
    for name in ranked[:_NAMED_CATEGORIES]:
        one, row = first[name]
        near = nearest_category(name, one.file.source)
        said.append(
            f"{row.field} {name!r} is not known: {_rows(rows[name])} in quarantine, the first at "
            f"{one.scan.shown_as}:{row.line}" + (f"; did you mean {near!r}?" if near else "")
        )
    rest = ranked[_NAMED_CATEGORIES:]
    if rest:
        lost = _rows(sum(rows[name] for name in rest))
        said.append(f"{len(rest):,} more categories are not known: {lost} in quarantine")
    return said


def _rows(number: int) -> str:
    return f"{number:,} row{'' if number == 1 else 's'}"


def row_warnings(
    kept: Sequence[ReadFile], map_points: pd.DataFrame, *, disagreement: float, adrift: float
) -> list[str]:
    """Say what is unusual about the rows themselves."""
    said = []
    for one in kept:
        scan = one.scan
        odd = Counter(row.rule for row in scan.quarantined)
        if sum(odd.values()) > QUARANTINE_WARNING * scan.rows:
            rules = ", ".join(f"{rule} {rows:,}" for rule, rows in sorted(odd.items()))
            said.append(
                f"{scan.shown_as}: {sum(odd.values()):,} of {scan.rows:,} rows are in quarantine "
                f"({rules})"
            )
        if scan.unreadable_times:
            said.append(
                f"{scan.shown_as}: {scan.unreadable_times:,} times of day cannot be read; "
                "their time band is left blank"
            )
    if disagreement > DISAGREEMENT_WARNING:
        said.append(
            f"{disagreement:.1%} of rows have a point in another area than their code "
            "names (3.5 % is usual with generalised boundaries); check the boundaries' vintage"
        )
    if adrift > ADRIFT_WARNING:
        said.append(
            f"{adrift:.1%} of rows whose code is of the area or its ring have a point in none of "
            "the areas, so that no density holds them; check the outlines, their declared CRS and "
            "the coordinates"
        )
    full = map_points[map_points["share"] > MAP_POINT_WARNING]
    # Not where it lies: in a force's own extract that would be an address.
    said += [
        f"one map point holds {events:,} event{'' if events == 1 else 's'}, "
        f"{share:.1%} of the study area's"
        for events, share in zip(full["events"], full["share"], strict=True)
    ]
    return said
