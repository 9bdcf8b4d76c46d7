"""Reads the files that `config/inputs.yaml` names, one after the other, and keeps every fault."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import pandas as pd

from risk_model.config.harm import HarmWeights
from risk_model.config.inputs import InputsConfig
from risk_model.config.risk import RiskConfig
from risk_model.layers.ages import Ages, read_ages
from risk_model.layers.artefact_list import Artefacts, read_artefacts
from risk_model.layers.deprivation import Deprivation, read_iod
from risk_model.layers.other_sources import SourceRows, read_source_rows
from risk_model.layers.population import Population, read_counts_table, read_population
from risk_model.layers.rurality import Rurality, read_rurality
from spatial.area_names import read_place_names
from spatial.authorities import Authorities, read_authorities
from spatial.boundaries import Areas, read_areas
from spatial.crosswalk import Crosswalk, read_crosswalk
from spatial.errors import Fault, Faults, InputError
from spatial.files import resolve_under, sha256_of
from spatial.incident_sources import ExtractColumns, IncidentSource
from spatial.incidents import incident_faults
from spatial.period import Period
from spatial.study_area import choose_lads

__all__ = ["InputFile", "Reader", "Settings", "Tables", "path_faults", "read_tables"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Settings:
    """Checked settings and where their files are."""

    risk: RiskConfig
    harm: HarmWeights
    inputs: InputsConfig
    root: Path
    area: str
    period: Period
    overrides: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class InputFile:
    """One file that a figure depends on."""

    role: str
    path: str
    sha256: str
    rows: int
    ignored: str = ""


class Reader:
    """Reads one file after the other, keeps the faults, remembers what was read."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.faults = Faults()
        self.files: list[InputFile] = []

    def path(self, relative: str, field: str) -> Path | None:
        """Return the file under the data root, or note why it cannot be used."""
        try:
            return resolve_under(self.settings.root, relative, field=field)
        except InputError as error:
            self.faults.extend(error.faults)
            return None

    def read(self, role: str, relative: str | None, call: Callable[[Path, str], T]) -> T | None:
        """Read one file with `call(path, shown_as)`; None where it was not given or is faulty."""
        if relative is None:
            return None
        path = self.path(relative, role)
        if path is None:
            return None
        try:
            value = call(path, relative)
        except InputError as error:
            self.faults.extend(error.faults)
            return None
        self.files.append(InputFile(role, relative, sha256_of(path), _rows_of(value)))
        return value


def _rows_of(value: object) -> int:
    for name in ("frame", "area_to_lad"):
        if hasattr(value, name):
            return len(getattr(value, name))
    return len(value) if isinstance(value, pd.Series) else 0


@dataclass(frozen=True, slots=True)
class Tables:
    """What is read before the study area is known."""

    areas: Areas
    authorities: Authorities
    crosswalk: Crosswalk | None
    place_names: pd.Series[str] | None
    deprivation: Deprivation | None
    rurality: Rurality | None
    population: Population
    denominators: Mapping[str, Population]
    artefacts: Artefacts | None
    ages: Ages | None
    other_sources: Sequence[SourceRows]
    sources: Sequence[IncidentSource]


def path_faults(
    inputs: InputsConfig, root: Path, *, shown_as: str, lines: Mapping[str, int]
) -> list[Fault]:
    """Return what is wrong with the files that are named, each at the line that names it.

    Parameters
    ----------
    root
        The folder that paths start from.
    shown_as
        The inputs file as the user gave it.
    lines
        Line of each key, as `incidents[0].path`.
    """
    given = [(f"incidents[{n}].path", entry.path) for n, entry in enumerate(inputs.incidents)]
    given.append(("boundaries.path", inputs.boundaries.path))
    for name in ("wards", "forces", "changes", "place_names"):
        relative = getattr(inputs.lookups, name)
        if relative is not None:
            given.append((f"lookups.{name}", relative))
    tables = {
        "deprivation": inputs.deprivation,
        "rurality": inputs.rurality,
        "population": inputs.population,
        "denominators.workday": inputs.denominators.workday,
        "denominators.ambient": inputs.denominators.ambient,
        "artefacts": inputs.artefacts,
        "ages": inputs.ages,
    }
    given += [(f"{key}.path", table.path) for key, table in tables.items() if table is not None]
    given += [(f"other_sources[{n}].path", t.path) for n, t in enumerate(inputs.other_sources)]
    faults: list[Fault] = []
    for key, relative in given:
        try:
            resolve_under(root, relative, field=key)
        except InputError as error:
            faults += [
                Fault(fault.message, file=shown_as, line=lines.get(key), field=key)
                for fault in error.faults
            ]
    return sorted(faults, key=lambda fault: fault.line or 0)


def _more_faults(
    reader: Reader,
    areas: Areas | None,
    authorities: Authorities | None,
    crosswalk: Crosswalk | None,
    sources: Sequence[IncidentSource],
) -> None:
    """Look at what can be looked at although a table cannot be used: all faults, one pass."""
    settings = reader.settings
    if areas is None:
        return
    if authorities is not None:
        try:
            choose_lads(settings.area, authorities, areas)
        except InputError as error:
            reader.faults.extend(error.faults)
    reader.faults.extend(
        incident_faults(sources, areas=areas, crosswalk=crosswalk, period=settings.period)
    )


def _incident_sources(reader: Reader, inputs: InputsConfig) -> list[IncidentSource]:
    sources = []
    for number, entry in enumerate(inputs.incidents):
        path = reader.path(entry.path, f"incidents[{number}].path")
        if path is None:
            continue
        columns = (
            None
            if entry.columns is None
            else ExtractColumns(**entry.columns.model_dump(exclude_none=True))
        )
        sources.append(
            IncidentSource(
                path=path,
                shown_as=entry.path,
                kind=entry.kind,
                locate_by=entry.locate_by,
                encoding=entry.encoding,
                columns=columns,
                offence_categories=entry.offence_categories,
                force=entry.force,
            )
        )
    return sources


def read_tables(reader: Reader, inputs: InputsConfig) -> Tables:
    """Read every table; raise the faults of all of them together."""
    where = inputs.boundaries
    areas = reader.read(
        "boundaries",
        where.path,
        lambda path, shown: read_areas(
            path,
            layer=where.layer,
            code=where.code,
            name=where.name,
            vintage=where.vintage,
            shown_as=shown,
        ),
    )
    lookups = inputs.lookups
    forces = None if lookups.forces is None else reader.path(lookups.forces, "lookups.forces")
    authorities = reader.read(
        "lookups.wards",
        lookups.wards,
        lambda path, shown: read_authorities(
            path, forces, shown_as=shown, forces_shown_as=lookups.forces
        ),
    )
    if forces is not None and lookups.forces is not None and authorities is not None:
        rows = len(authorities.partnerships)
        reader.files.append(InputFile("lookups.forces", lookups.forces, sha256_of(forces), rows))
    crosswalk = reader.read(
        "lookups.changes",
        lookups.changes,
        lambda path, shown: read_crosswalk(path, shown_as=shown),
    )
    place_names = reader.read(
        "lookups.place_names",
        lookups.place_names,
        lambda path, shown: read_place_names(path, shown_as=shown),
    )
    iod, ruc, people = inputs.deprivation, inputs.rurality, inputs.population
    deprivation = rurality = None
    if iod is not None:
        deprivation = reader.read(
            "deprivation", iod.path, lambda path, shown: read_iod(path, iod.edition, shown_as=shown)
        )
    if ruc is not None:
        rurality = reader.read(
            "rurality",
            ruc.path,
            lambda path, shown: read_rurality(path, ruc.edition, shown_as=shown),
        )
    population = reader.read(
        "population",
        people.path,
        lambda path, shown: read_population(path, people.kind, shown_as=shown),
    )
    denominators: dict[str, Population] = {}
    for name in ("workday", "ambient"):
        table = getattr(inputs.denominators, name)
        if table is not None:
            found = reader.read(
                f"denominators.{name}",
                table.path,
                lambda path, shown, table=table: read_counts_table(  # type: ignore[misc]
                    path, code=table.code, value=table.value, shown_as=shown
                ),
            )
            if found is not None:
                denominators[name] = found
    artefacts = reader.read(
        "artefacts",
        None if inputs.artefacts is None else inputs.artefacts.path,
        lambda path, shown: read_artefacts(path, shown_as=shown),
    )
    ages = reader.read(
        "ages",
        None if inputs.ages is None else inputs.ages.path,
        lambda path, shown: read_ages(path, shown_as=shown),
    )
    others = [
        reader.read(
            f"other_sources[{n}]",
            entry.path,
            lambda path, shown, entry=entry: read_source_rows(  # type: ignore[misc]
                path, entry, shown_as=shown
            ),
        )
        for n, entry in enumerate(inputs.other_sources)
    ]
    sources = _incident_sources(reader, inputs)
    if len(reader.faults):
        _more_faults(reader, areas, authorities, crosswalk, sources)
    reader.faults.raise_if_any()
    if areas is None or authorities is None or population is None:
        raise AssertionError  # a reader that gives nothing has noted a fault
    return Tables(
        areas=areas,
        authorities=authorities,
        crosswalk=crosswalk,
        place_names=place_names,
        deprivation=deprivation,
        rurality=rurality,
        population=population,
        denominators=denominators,
        artefacts=artefacts,
        ages=ages,
        other_sources=[rows for rows in others if rows is not None],
        sources=sources,
    )
