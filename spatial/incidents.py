"""Incidents: files of any supplier -> counts by area, month and category, points, ledger."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from spatial.area_points import area_points, point_names
from spatial.blocks import SERIAL, BlockMap
from spatial.boundaries import Areas
from spatial.coverage import Delivery, coverage_warnings, covered_months
from spatial.crosswalk import Crosswalk
from spatial.errors import Fault, InputError
from spatial.incident_frames import (
    PlacedRows,
    count_rows,
    force_totals,
    fullest_points,
    point_rows,
    unlocated_by_category,
)
from spatial.incident_places import RULES, CodeLists, place_rows
from spatial.incident_scans import scan_sources
from spatial.incident_sources import FileRecord, IncidentSource
from spatial.incident_table import IncidentTable, ReadFile, superseded_rows, tabulate
from spatial.incident_warnings import (
    category_warnings,
    copy_warnings,
    overlap_warnings,
    ring_warnings,
    row_warnings,
)
from spatial.ledger import REASONS, Ledger, LedgerBook
from spatial.period import Period, month_text
from spatial.study_area import StudyArea

__all__ = ["Incidents", "incident_faults", "read_incidents"]

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Incidents:
    """Every row of the sources, counted once.

    Attributes
    ----------
    study
        The study area with the ring that statistics may use: areas without a covered month are
        not in it, and their rows are booked as outside.
    counts
        area_code, month, category, n, and the attribute columns that a source has: rows that are
        used or in the ring, sorted by those columns.
    points
        x, y (EPSG:27700 metres), month, category, area_code ("" outside study area and ring):
        every located row of the period within the wanted distance of the study area, sorted.
    ledger
        Where every row went.
    files
        In the order they were read.
    covered
        Index area_code (study area and ring), one boolean column a month.
    map_points
        x, y, events, share: the fullest points of the study area, fullest first.
    area_points
        Index area_code; `events`, `share` and `name` of the map point that holds most events of
        each area with events. The name is read where the share is at least `named_from`.
    unlocated
        category, rows, unlocated, share: rows of the period without a location; this is not
        random, so the share is shown by category.
    force_totals
        force ("" where a source names none), category, n: rows of the period, located or not.
    code_disagreement
        Share of rows of study area and ring whose point lies in another polygon than their code
        names.
    warnings
        What a reader of the figures should know, in words.
    """

    study: StudyArea
    counts: pd.DataFrame
    points: pd.DataFrame
    ledger: Ledger
    files: tuple[FileRecord, ...]
    covered: pd.DataFrame
    map_points: pd.DataFrame
    area_points: pd.DataFrame
    unlocated: pd.DataFrame
    force_totals: pd.DataFrame
    code_disagreement: float
    warnings: tuple[str, ...]


def read_incidents(
    sources: Sequence[IncidentSource],
    *,
    areas: Areas,
    study: StudyArea,
    period: Period,
    crosswalk: Crosswalk | None,
    forces: Mapping[str, str] | None,
    points_within_m: float,
    named_from: float = 1.0,
    named_events: int = 1,
    progress: Callable[[str, int], None] | None = None,
    blocks: BlockMap = SERIAL,
) -> Incidents:
    """Read every file of the sources and account for every row.

    Parameters
    ----------
    sources
        In order: of two that hold the same incident, the later-listed wins.
    areas
        Polygons of the study area, the ring and as much around them as there is.
    crosswalk
        Maps LSOA 2011 codes of older files; None where no file has any.
    forces
        Area code -> slug of its police force, for coverage; None where any file covers any area.
    points_within_m
        Distance from the study area, in metres, within which points are kept.
    named_from
        Share of an area's events at one map point from which the point's name is looked up.
    named_events
        Events of an area below which no name is looked up.
    progress
        Called after each file with its name and number of rows.
    blocks
        Where files are scanned; it makes no difference to the result.

    Raises
    ------
    InputError
        With every fault of every file.
    """
    lists = CodeLists.of(crosswalk)
    read = scan_sources(
        sources, areas=areas, lists=lists, period=period, progress=progress, blocks=blocks
    )
    kept, records = _drop_copies(read, lists)
    deliveries = _deliveries(read, kept)
    covered = covered_months(deliveries, codes=study.all_codes, months=period.months, forces=forces)
    wanted, study = study, _ring_with_data(study, covered)
    table = tabulate(kept)
    replaced, vintages = superseded_rows(table, kept)
    placed = _place(
        table,
        replaced,
        areas=areas,
        study=study,
        crosswalk=crosswalk,
        lists=lists,
        near_m=points_within_m,
    )
    ledger = _ledger(kept, table, placed)
    map_points = fullest_points(placed)
    expected = sorted(
        {slug for code in (*study.codes, *study.ring) if (slug := (forces or {}).get(code))}
    )
    warnings = [
        *copy_warnings(records),
        *vintages,
        *ring_warnings(wanted, study),
        *coverage_warnings(deliveries, months=period.months, expected=expected),
        *overlap_warnings(kept),
        *category_warnings(kept),
        *row_warnings(kept, map_points, disagreement=placed.disagreement, adrift=placed.adrift),
    ]
    return Incidents(
        study=study,
        counts=count_rows(table, placed),
        points=point_rows(table, placed),
        ledger=ledger,
        files=tuple(records),
        covered=covered.loc[list(study.all_codes)],
        map_points=map_points,
        area_points=point_names(
            area_points(table, placed, named_from=named_from, named_events=named_events), kept
        ),
        unlocated=unlocated_by_category(table, placed),
        force_totals=force_totals(table, placed, [one.file.force for one in kept]),
        code_disagreement=placed.disagreement,
        warnings=tuple(warnings),
    )


def incident_faults(
    sources: Sequence[IncidentSource],
    *,
    areas: Areas,
    crosswalk: Crosswalk | None,
    period: Period,
) -> tuple[Fault, ...]:
    """Return what makes files of the sources unusable, without placing a row."""
    try:
        scan_sources(
            sources,
            areas=areas,
            lists=CodeLists.of(crosswalk),
            period=period,
            progress=None,
            blocks=SERIAL,
        )
    except InputError as error:
        return error.faults
    return ()


def _ring_with_data(study: StudyArea, covered: pd.DataFrame) -> StudyArea:
    """Leave out ring areas of which no month was supplied: they would look free of crime."""
    seen = covered.any(axis=1)
    return replace(study, ring=tuple(code for code in study.ring if seen[code]))


def _drop_copies(
    read: Sequence[ReadFile], lists: CodeLists
) -> tuple[list[ReadFile], list[FileRecord]]:
    """Set aside files whose bytes were read before (case 7), and record every file."""
    kept: list[ReadFile] = []
    records: list[FileRecord] = []
    seen: dict[str, str] = {}
    for one in read:
        scan = one.scan
        original = seen.get(scan.sha256)
        seen.setdefault(scan.sha256, scan.shown_as)
        ignored = "" if original is None else f"same content as {original}"
        records.append(
            FileRecord(
                shown_as=scan.shown_as,
                sha256=scan.sha256,
                rows=scan.rows,
                force=one.file.force,
                month=one.file.month,
                vintage=lists.vintage(scan.code_rows),
                ignored=ignored,
            )
        )
        if not ignored:
            kept.append(one)
    return kept, records


def _place(
    table: IncidentTable,
    replaced: Mask,
    *,
    areas: Areas,
    study: StudyArea,
    crosswalk: Crosswalk | None,
    lists: CodeLists,
    near_m: float,
) -> PlacedRows:
    """Find the place of each row that counts, and with it the reason the ledger gives."""
    where = np.flatnonzero(~np.isnan(table.first) & ~replaced)
    places = place_rows(
        table.first[where],
        table.second[where],
        table.grid[where],
        table.code[where],
        table.codes,
        table.by_polygon[where],
        areas=areas,
        study=study,
        crosswalk=crosswalk,
        lists=lists,
        near_m=near_m,
    )
    # The last element stands for "in no area".
    of_area = np.full(len(areas.codes) + 1, REASONS.index("outside"), dtype=np.int8)
    of_area[:-1][areas.frame.index.isin(study.codes)] = REASONS.index("used")
    of_area[:-1][areas.frame.index.isin(study.ring)] = REASONS.index("ring")
    reason = np.full(len(table), REASONS.index("unlocated"), dtype=np.int8)
    reason[where] = of_area[places.area]
    reason[where[places.rule > 0]] = len(REASONS) + places.rule[places.rule > 0] - 1
    reason[replaced] = REASONS.index("superseded")
    return PlacedRows(
        reason=reason,
        where=where,
        x=places.x,
        y=places.y,
        area=places.area,
        near=places.near & (places.rule == 0),
        codes=areas.codes,
        disagreement=places.disagreeing / places.compared if places.compared else 0.0,
        adrift=places.adrift / coded if (coded := places.compared + places.adrift) else 0.0,
    )


def _ledger(kept: Sequence[ReadFile], table: IncidentTable, placed: PlacedRows) -> Ledger:
    """Book every row of every file, and check that nothing is left over."""
    book = LedgerBook()
    for one in kept:
        scan = one.scan
        book.open_file(scan.shown_as, scan.rows)
        for month, rows in scan.outside_period.items():
            book.book(scan.shown_as, month, "outside_period", rows)
        for row in scan.quarantined:
            book.quarantine(
                scan.shown_as,
                row.month,
                line=row.line,
                field=row.field,
                value=row.value,
                rule=row.rule,
            )

    def booked_under(number: int, month: int) -> str:
        return kept[number].file.month or month_text(month)

    plain = placed.reason < len(REASONS)
    months = int(table.month.max(initial=0)) + 1
    keys = (table.file.astype(np.int64) * months + table.month) * len(REASONS) + placed.reason
    groups, rows_of = np.unique(keys[plain], return_counts=True)
    for key, rows in zip(groups.tolist(), rows_of.tolist(), strict=True):
        place, reason = divmod(key, len(REASONS))
        number, month = divmod(place, months)
        shown_as = kept[number].scan.shown_as
        book.book(shown_as, booked_under(number, month), REASONS[reason], rows)
    for at in np.flatnonzero(~plain).tolist():
        number = int(table.file[at])
        scan = kept[number].scan
        book.quarantine(
            scan.shown_as,
            booked_under(number, int(table.month[at])),
            line=int(table.line[at]),
            field=scan.code_field,
            value=table.codes[table.code[at]],
            rule=RULES[int(placed.reason[at]) - len(REASONS) + 1],
        )
    return book.close()


def _deliveries(read: Sequence[ReadFile], kept: Sequence[ReadFile]) -> list[Delivery]:
    """Return the rows of each force and month; of two vintages, those of the last.

    A copy under another force's name is not read twice, but that force's month is covered too:
    which of the two names is right cannot be told from the content.
    """
    by_name: dict[tuple[str, str], int] = {}
    extracts: list[Delivery] = []
    for one in kept:
        if one.file.month:
            by_name[one.file.force, one.file.month] = one.scan.rows
        else:
            extracts += [
                Delivery(one.file.force, month, rows) for month, rows in one.scan.months.items()
            ]
    month_of = {one.scan.sha256: one.file.month for one in kept}
    for one in read:
        # Under another month's name the rows are still those of their own month.
        if one.file.month and month_of[one.scan.sha256] == one.file.month:
            by_name.setdefault((one.file.force, one.file.month), one.scan.rows)
    return [Delivery(*key, rows) for key, rows in by_name.items()] + extracts
