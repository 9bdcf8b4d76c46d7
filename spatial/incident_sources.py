"""What a supplier of incidents sends, and what was made of each of its files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

__all__ = ["ATTRIBUTES", "ExtractColumns", "FileRecord", "IncidentSource"]

ATTRIBUTES: tuple[str, ...] = (
    "offence_code",
    "time_band",
    "domestic_abuse",
    "weapon",
    "public_place",
    "victim_age_band",
    "suspect_age_band",
)
"""Columns that an extract may add to the counts, usable as filters of an offence set."""


@dataclass(frozen=True, slots=True)
class ExtractColumns:
    """Names of the columns of a force's own extract.

    One of `month` and `date`, one pair of `easting` + `northing` and `longitude` + `latitude`,
    and `offence_code` are needed. `date_format` is a `strptime` format for `date` (or `month`)
    where it is not ISO 8601.
    """

    offence_code: str
    month: str | None = None
    date: str | None = None
    date_format: str | None = None
    time: str | None = None
    easting: str | None = None
    northing: str | None = None
    longitude: str | None = None
    latitude: str | None = None
    area_code: str | None = None
    id: str | None = None
    domestic_abuse: str | None = None
    weapon: str | None = None
    public_place: str | None = None
    victim_age_band: str | None = None
    suspect_age_band: str | None = None


@dataclass(frozen=True, slots=True)
class IncidentSource:
    """One folder, zip or CSV of incidents.

    `shown_as` is the path under the data root that ledger and messages name. `locate_by` says
    which to believe where the supplied area code and the polygon of the point disagree.
    `offence_categories` maps offence codes to category ids. `force` is the slug of the force of
    an extract; files of data.police.uk carry it in their names.
    """

    path: Path
    shown_as: str
    kind: Literal["police_uk", "extract"] = "police_uk"
    locate_by: Literal["code", "polygon"] = "code"
    encoding: str = "utf-8"
    columns: ExtractColumns | None = None
    offence_categories: Mapping[str, str] | None = None
    force: str | None = None


@dataclass(frozen=True, slots=True)
class FileRecord:
    """One file that was read.

    `month` is the month of its name ("" for an extract), `vintage` the area codes found in it
    ("2011", "2021", or "" where every code is in both lists), `ignored` why none of it was used.
    """

    shown_as: str
    sha256: str
    rows: int
    force: str
    month: str
    vintage: str = ""
    ignored: str = ""
