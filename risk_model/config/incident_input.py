"""One source of incidents in `inputs.yaml`: a folder or zip of data.police.uk, or an extract."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from risk_model.config.base import Category, Model, Text, refuse
from risk_model.config.faults import CrossFault
from risk_model.config.loader import short
from risk_model.config.paths import RelativePath
from risk_model.config.table_text import ColumnName, Encoding

__all__ = ["ColumnNames", "IncidentInput", "extract_checks"]


def _force(slug: str) -> str:
    if not re.fullmatch(r"[a-z]+(-[a-z]+)*", slug):
        raise refuse(
            f"{short(slug)} is not how data.police.uk writes a force; small letters and hyphens, "
            "such as avon-and-somerset"
        )
    return slug


class ColumnNames(Model):
    """Names of the columns in a force's own extract."""

    month: ColumnName | None = Field(None, description="Month, YYYY-MM. Or `date`.")
    date: ColumnName | None = Field(None, description="Date of the event. Or `month`.")
    date_format: ColumnName | None = Field(
        None, description="How dates are written, such as %d/%m/%Y; ISO 8601 by default."
    )
    time: ColumnName | None = Field(None, description="Time of day, HH:MM.")
    easting: ColumnName | None = Field(None, description="British National Grid easting, metres.")
    northing: ColumnName | None = Field(None, description="British National Grid northing, metres.")
    longitude: ColumnName | None = Field(None, description="Longitude, degrees (WGS 84).")
    latitude: ColumnName | None = Field(None, description="Latitude, degrees (WGS 84).")
    area_code: ColumnName | None = Field(None, description="LSOA code of the event.")
    offence_code: ColumnName | None = Field(
        None, description="Offence code, turned into a category by `offence_categories`."
    )
    id: ColumnName | None = Field(None, description="Identifier by which repeats are found.")
    domestic_abuse: ColumnName | None = Field(None, description="Domestic abuse marker.")
    weapon: ColumnName | None = Field(None, description="Weapon marker.")
    public_place: ColumnName | None = Field(None, description="Public place marker.")
    victim_age_band: ColumnName | None = Field(None, description="Age band of the victim.")
    suspect_age_band: ColumnName | None = Field(None, description="Age band of the suspect.")


class IncidentInput(Model):
    """One source of incidents: a folder, a zip, or a single CSV."""

    path: RelativePath = Field(description="Folder, zip or CSV.")
    kind: Literal["police_uk", "extract"] = Field(
        "police_uk",
        description="police_uk: files of data.police.uk. extract: a force's own table, described "
        "by `columns`.",
    )
    locate_by: Literal["code", "polygon"] = Field(
        "code",
        description="Where the supplied area code and the point disagree: code (right for "
        "data.police.uk with generalised boundaries) or polygon (right for exact points).",
    )
    encoding: Encoding = Field("utf-8", description="Character encoding of the files.")
    columns: ColumnNames | None = Field(
        None, description="Names of the columns of an extract; not for police_uk."
    )
    offence_categories: dict[str, Category] | None = Field(
        None,
        description="Offence code to category for an extract, such as "
        "`8N: violence_and_sexual_offences`.",
    )
    force: Annotated[Text, AfterValidator(_force)] | None = Field(
        None, description="The force of an extract as data.police.uk writes it, such as dorset."
    )


def extract_checks(path: tuple[str | int, ...], source: IncidentInput) -> Iterator[CrossFault]:
    """Yield what an extract lacks, or names twice, of the columns that it is read by."""
    names = source.columns
    if names is None:
        yield CrossFault((*path, "columns"), "missing; an extract needs the names of its columns")
        return
    here = (*path, "columns")
    if (names.month is None) == (names.date is None):
        yield CrossFault(here, "give one of month and date, not both and not neither")
    if names.offence_code is None:
        yield CrossFault(here, "offence_code is missing; name the column of the offence code")
    if not source.offence_categories:
        yield CrossFault(
            (*path, "offence_categories"), "missing; say which category each offence code is"
        )
    grid = (names.easting is not None) + (names.northing is not None)
    degrees = (names.longitude is not None) + (names.latitude is not None)
    if {grid, degrees} != {0, 2}:
        yield CrossFault(here, "give easting and northing, or longitude and latitude: one pair")
    if source.locate_by == "code" and names.area_code is None:
        yield CrossFault(here, "area_code is missing; name its column, or set locate_by: polygon")
