"""What goes into a run: `config/inputs.yaml` as frozen, checked values.

Paths are relative to the data root (the folder above the file's own folder unless told
otherwise). Only their text is judged here: nothing is opened.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from risk_model.config.base import AsWritten, Model, Text, refuse
from risk_model.config.faults import CrossFault, validated
from risk_model.config.incident_input import IncidentInput, extract_checks
from risk_model.config.loader import read_document, short
from risk_model.config.paths import RelativePath
from risk_model.config.record import Record
from risk_model.config.table_text import ColumnName, Encoding
from spatial.errors import InputError
from spatial.period import Period

__all__ = [
    "AgeTable",
    "ArtefactTable",
    "Boundaries",
    "DenominatorTable",
    "Denominators",
    "Deprivation",
    "InputsConfig",
    "Lookups",
    "OtherSourceTable",
    "Population",
    "RuralityTable",
    "input_lines",
    "load_inputs",
]

SettingValue = bool | int | float | Text
_AREA_CODE = re.compile(r"[EWSN][0-9]{8}")


def _area(text: str) -> str:
    codes = [part.strip() for part in text.split(",")]
    if text != "all" and not all(_AREA_CODE.fullmatch(code) for code in codes):
        raise refuse(
            f"{short(text)} names no area; give local authority codes such as E06000059 "
            "(several with commas), one police force area code, or all"
        )
    return text


def _period(text: str) -> str:
    try:
        return str(Period.parse(text))
    except InputError as error:
        raise refuse(error.faults[0].message) from None


class Boundaries(Model):
    """The area layer: polygons with a unique code."""

    path: RelativePath = Field(
        description="GeoPackage, GeoJSON, Shapefile or GeoParquet of the areas (LSOA)."
    )
    layer: Text | None = Field(None, description="Layer of the file; the only one by default.")
    code: ColumnName | None = Field(
        None, description="Column of the area code; LSOA21CD or LSOA11CD is found by itself."
    )
    name: ColumnName | None = Field(
        None, description="Column of the area name; LSOA21NM or LSOA11NM is found by itself."
    )
    vintage: Annotated[Literal["2011", "2021"], AsWritten] | None = Field(
        None, description="Year of the areas; read from the column name by default."
    )


class Lookups(Model):
    """Official tables that connect areas."""

    wards: RelativePath = Field(description="LSOA 2021 to ward to local authority.")
    forces: RelativePath | None = Field(
        None,
        description="Local authority to community safety partnership to police force area. "
        "Without it coverage is judged without forces.",
    )
    changes: RelativePath | None = Field(
        None, description="LSOA 2011 to LSOA 2021 exact-fit changes; needed for older files."
    )
    place_names: RelativePath | None = Field(
        None, description="House of Commons Library names of MSOA 2021: the names people use."
    )


class Deprivation(Model):
    """The English Indices of Deprivation."""

    path: RelativePath = Field(description="IoD 2025 File 7, or IoD 2019 File 2.")
    edition: Annotated[Literal["2025", "2019"], AsWritten] = Field(
        "2025", description="Edition of the indices."
    )


class RuralityTable(Model):
    """The Rural Urban Classification."""

    path: RelativePath = Field(description="Rural Urban Classification of LSOAs.")
    edition: Annotated[Literal["2021", "2011"], AsWritten] = Field(
        "2021", description="Edition of the classification."
    )


class Population(Model):
    """Usual residents by area."""

    path: RelativePath = Field(description="The population table.")
    kind: Literal["census", "mid_year", "mid_year_workbook"] = Field(
        "census",
        description="census: Census 2021 TS001. mid_year: CSV by single year of age. "
        "mid_year_workbook: the workbook of mid-year estimates.",
    )


class DenominatorTable(Model):
    """A table with another denominator than residents."""

    path: RelativePath = Field(description="CSV with one row an area.")
    code: ColumnName = Field("LSOA21CD", description="Column of the area code.")
    value: ColumnName = Field("population", description="Column of the number of people.")


class Denominators(Model):
    """Other denominators, used where `denominator` in risk.yaml asks for them."""

    workday: DenominatorTable | None = Field(None, description="Workday population.")
    ambient: DenominatorTable | None = Field(
        None, description="Ambient population: people present over the day."
    )


class ArtefactTable(Model):
    """Areas whose figures come from where crime is recorded; a person enters them."""

    path: RelativePath = Field(
        description="CSV with area_code, kind, reason, source and, if it ends, expires."
    )


class AgeTable(Model):
    """Residents by single year of age, for the equity table."""

    path: RelativePath = Field(
        description="CSV or workbook with a column for each year of age: 0, 1, ... 90+."
    )


def _source_name(name: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,39}", name):
        raise refuse(
            f"{short(name)} cannot name a source; use small letters, digits and _, such as "
            "wessmouth_general"
        )
    return name


class OtherSourceTable(Model):
    """Counts of another service by area and month."""

    path: RelativePath = Field(description="CSV or workbook with one row an area and month.")
    kind: Literal["emergency_department", "ambulance", "community_voice"] = Field(
        description="What is counted: emergency_department, ambulance or community_voice."
    )
    name: Annotated[Text, AfterValidator(_source_name)] | None = Field(
        None, description="Short name in outputs; the kind by default. No two sources share one."
    )
    title: Text | None = Field(
        None, description="What is counted, for people, such as assault attendances."
    )
    area_code: ColumnName = Field("LSOA21CD", description="Column of the area code.")
    month: ColumnName = Field("month", description="Column of the month, YYYY-MM.")
    count: ColumnName = Field("count", description="Column of the count.")
    encoding: Encoding = Field("utf-8", description="Character encoding of a CSV.")
    suppressed_mark: Text | None = Field(
        None,
        description="What stands in the cell of a suppressed count, such as *. `<5` and `1-4` "
        "are understood by themselves.",
    )
    suppressed_low: int = Field(
        1, ge=0, le=1000, description="The lowest count that a suppressed cell can stand for."
    )
    suppressed_high: int = Field(
        4, ge=1, le=1000, description="The highest count that `suppressed_mark` can stand for."
    )
    absent: Literal["zero", "no_data"] = Field(
        "zero",
        description="An area without a row in a month that the source covers: zero (only counts "
        "above 0 are listed) or no_data.",
    )

    @property
    def source(self) -> str:
        """The name in outputs."""
        return self.name or self.kind


class InputsConfig(Model):
    """The inputs of a run: where each official file is, and what it is."""

    name: Text = Field("Unnamed area", min_length=1, description="Name of the area, for titles.")
    demonstration: bool = Field(
        False, description="true: made-up data; every page and export carries a banner."
    )
    handling: Text = Field(
        "OFFICIAL", min_length=1, description="Handling marking on every page and export."
    )
    attribution: tuple[Text, ...] = Field(
        (), description="Attribution lines printed on every map, export and briefing."
    )
    area: Annotated[Text, AfterValidator(_area)] = Field(
        "all",
        description="The study area: local authority codes with commas, one police force area "
        "code, or all. `--area` overrides it.",
    )
    period: Annotated[Text, AfterValidator(_period)] = Field(
        examples=["2025-01:2025-06"],
        description="First and last month that are scored, such as 2025-01:2025-06. "
        "`--period` overrides it.",
    )
    boundaries: Boundaries = Field(description="The area layer.")
    incidents: tuple[IncidentInput, ...] = Field(
        description="Sources of incidents; where an ID is in two, the newer month, then the "
        "later source, wins."
    )
    lookups: Lookups = Field(description="Official lookup tables.")
    deprivation: Deprivation | None = Field(None, description="The Indices of Deprivation.")
    rurality: RuralityTable | None = Field(None, description="The Rural Urban Classification.")
    population: Population = Field(description="Residents by area.")
    denominators: Denominators = Field(
        Denominators(), description="Denominators other than residents."
    )
    artefacts: ArtefactTable | None = Field(
        None, description="Areas that a prison, hospital or the like keeps from being flagged."
    )
    ages: AgeTable | None = Field(
        None, description="Residents by age, for the equity table; not needed for scores."
    )
    other_sources: tuple[OtherSourceTable, ...] = Field(
        (),
        description="Counts of emergency departments, ambulances and residents' reports, held "
        "against police counts; never in a score.",
    )
    record: Record = Field(
        Record(),
        description="Answers for the transparency record (`hotspots export RUN --format record`).",
    )
    settings: dict[str, SettingValue] = Field(
        {},
        description="Keys of the risk model that these inputs need otherwise, with dots, such as "
        "`uncertainty.draws: 200` for a whole country. Checked and recorded like `--set`, which "
        "goes before them.",
    )

    @property
    def overrides(self) -> dict[str, str]:
        """`settings` as text, as `--set` takes them."""
        return {
            key: str(value).lower() if isinstance(value, bool) else str(value)
            for key, value in self.settings.items()
        }


def input_lines(path: Path) -> dict[str, int]:
    """Return the line of every value of `inputs.yaml` by its key, as `incidents[0].path`."""
    lines = {}
    for keys, place in read_document(path).places.items():
        if place.value_line is not None:
            text = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in keys)
            lines[text.removeprefix(".")] = place.value_line
    return lines


def load_inputs(path: Path) -> InputsConfig:
    """Read `inputs.yaml` and check everything that needs no file.

    Parameters
    ----------
    path
        The YAML file; messages name it as it is given here.

    Raises
    ------
    ConfigError
        With every fault, each at `file:line` and with the nearest key.
    """
    return validated(read_document(path), InputsConfig, _cross_checks)


def _cross_checks(config: InputsConfig) -> Iterator[CrossFault]:
    if not config.incidents:
        yield CrossFault(("incidents",), "names no source; give at least one `- path: ...`")
    seen: dict[str, int] = {}
    for index, source in enumerate(config.incidents):
        path = ("incidents", index)
        first = seen.setdefault(source.path, index)
        if first != index:
            yield CrossFault(
                (*path, "path"), f"'{source.path}' is given twice (source {first + 1}); keep one"
            )
        if source.kind == "extract":
            yield from extract_checks(path, source)
            continue
        for key in ("columns", "offence_categories", "force"):
            if getattr(source, key) is not None:
                yield CrossFault(
                    (*path, key), "is for kind: extract; data.police.uk files name their own"
                )
    yield from _source_checks(config)


def _source_checks(config: InputsConfig) -> Iterator[CrossFault]:
    """Yield other sources that share a name, and ranges that are none."""
    taken: dict[str, int] = {}
    for index, source in enumerate(config.other_sources):
        path = ("other_sources", index)
        first = taken.setdefault(source.source, index)
        if first != index:
            yield CrossFault(
                (*path, "name"),
                f"'{source.source}' names source {first + 1} already; give each a name of its own",
            )
        if source.suppressed_low > source.suppressed_high:
            yield CrossFault(
                (*path, "suppressed_low"),
                f"{source.suppressed_low} is above suppressed_high ({source.suppressed_high})",
            )
