"""Which files a source holds, and what their names say."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from spatial.archives import Archive
from spatial.errors import Faults
from spatial.incident_sources import IncidentSource

__all__ = ["IncidentFile", "files_of"]

_STREET = re.compile(r"(\d{4}-(?:0[1-9]|1[0-2]))-([a-z0-9-]+)-street", re.IGNORECASE)
# Sent along in downloads of data.police.uk; neither is a list of incidents.
_OTHER = re.compile(r".*-(outcomes|stop-and-search)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class IncidentFile:
    """One file of a source; `month` and `force` are "" where its name does not say them."""

    source: IncidentSource
    name: str
    shown_as: str
    month: str
    force: str


def files_of(source: IncidentSource, archive: Archive, faults: Faults) -> Iterator[IncidentFile]:
    """Yield the incident files of a source in the order of their names.

    Files of data.police.uk are called `2025-01-dorset-street.csv`: the name is the only place
    that says which month and force a file covers. Its outcomes and stop-and-search files are
    passed over; any other name is a fault.
    """
    found = False
    for member in archive.members:
        shown_as = archive.label(member.name)
        month, force = "", source.force or ""
        if source.kind == "police_uk":
            stem = PurePosixPath(member.name).stem
            match = _STREET.fullmatch(stem)
            if match is None:
                if not _OTHER.fullmatch(stem):
                    found = True
                    faults.add(
                        f"{stem + '.csv'!r} says no month and force; "
                        "keep the published name, such as 2025-01-dorset-street.csv, "
                        "or declare the source as an extract",
                        file=shown_as,
                    )
                continue
            month, force = match[1], match[2].lower()
        found = True
        yield IncidentFile(source, member.name, shown_as, month, force)
    if not found:
        faults.add("holds no file of incidents (-street.csv)", file=source.shown_as)
