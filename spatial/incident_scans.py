"""The files of every source, each scanned on its own: what was read, or what makes it unusable."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from spatial.archives import Archive
from spatial.blocks import BlockMap
from spatial.boundaries import Areas
from spatial.errors import Fault, Faults, InputError
from spatial.incident_files import IncidentFile, files_of
from spatial.incident_places import CodeLists
from spatial.incident_rows import FileScan, scan_file
from spatial.incident_sources import IncidentSource
from spatial.incident_table import ReadFile
from spatial.period import Period

__all__ = ["scan_sources"]

_FILES: Final = 8  # of one source, scanned together: whatever the number of workers


def scan_sources(
    sources: Sequence[IncidentSource],
    *,
    areas: Areas,
    lists: CodeLists,
    period: Period,
    progress: Callable[[str, int], None] | None,
    blocks: BlockMap,
) -> list[ReadFile]:
    """Read each file on its own, noting the faults of all before giving up."""
    known = lists.listed | frozenset(areas.codes)
    west, south, east, north = areas.frame.total_bounds.tolist()
    bounds = (west, south, east, north)
    faults = Faults()
    parts: list[tuple[IncidentFile, ...]] = []
    for source in sources:
        try:
            with Archive(source.path, shown_as=source.shown_as) as archive:
                files = list(files_of(source, archive, faults))
        except InputError as error:
            faults.extend(error.faults)
            continue
        parts += [tuple(files[at : at + _FILES]) for at in range(0, len(files), _FILES)]
    scan = partial(_scan_part, known=known, bounds=bounds, period=period)
    read: list[ReadFile] = []
    for part, scans in zip(parts, blocks.map(scan, parts), strict=True):
        for file, found in zip(part, scans, strict=True):
            if not isinstance(found, FileScan):
                faults.extend(found)
                continue
            read.append(ReadFile(file, found))
            if progress is not None:
                progress(file.shown_as, found.rows)
    faults.raise_if_any()
    return read


def _scan_part(
    files: Sequence[IncidentFile],
    *,
    known: frozenset[str],
    bounds: tuple[float, float, float, float],
    period: Period,
) -> list[FileScan | tuple[Fault, ...]]:
    """Scan some files of one source; for a file that cannot be used, return its faults."""
    found: list[FileScan | tuple[Fault, ...]] = []
    source = files[0].source
    with Archive(source.path, shown_as=source.shown_as) as archive:
        for file in files:
            try:
                with archive.open(file.name) as stream:
                    scan = scan_file(
                        stream,
                        shown_as=file.shown_as,
                        source=source,
                        month=file.month,
                        period=period,
                        known_codes=known,
                        bounds=bounds,
                    )
            except InputError as error:
                found.append(error.faults)
            else:
                found.append(scan)
    return found
