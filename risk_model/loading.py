"""Reads everything that `config/inputs.yaml` names and aligns it to one study area.

Every file is tried before anything is refused, so that one call shows every fault.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
import pandas as pd

from risk_model.config.harm import HarmWeights
from risk_model.config.inputs import InputsConfig
from risk_model.config.risk import RiskConfig
from risk_model.layers.deprivation import Deprivation, place_deprivation, read_iod
from risk_model.layers.placing import Placed
from risk_model.layers.population import (
    Population,
    place_population,
    read_counts_table,
    read_population,
)
from risk_model.layers.rurality import Rurality, place_rurality, read_rurality
from risk_model.layers.unknown_areas import rows_of_unknown_areas
from risk_model.model_data import INDICATOR_COLUMNS
from spatial.area_names import area_labels, read_place_names
from spatial.authorities import Authorities, read_authorities
from spatial.boundaries import Areas, read_areas
from spatial.categories import CATEGORIES
from spatial.crosswalk import Crosswalk, read_crosswalk
from spatial.errors import Faults, InputError
from spatial.files import resolve_under, sha256_of
from spatial.incident_sources import ExtractColumns, IncidentSource
from spatial.incidents import Incidents, read_incidents
from spatial.kde import events_within_m
from spatial.period import Period
from spatial.study_area import StudyArea, choose_lads, study_area
from spatial.weights import Neighbours, contiguity

__all__ = ["InputFile", "LoadedInputs", "Settings", "load"]

Progress = Callable[[str], None]
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


@dataclass(frozen=True, slots=True)
class InputFile:
    """One file that a figure depends on."""

    role: str
    path: str
    sha256: str
    rows: int
    ignored: str = ""


@dataclass(frozen=True, slots=True)
class LoadedInputs:
    """Checked inputs of one study area. Tables are indexed by area code, study and ring.

    `areas` holds the study area, its ring and the land around them that a density needs.
    """

    name: str
    areas: Areas
    study: StudyArea
    neighbours: Neighbours
    incidents: Incidents
    period: Period
    categories: tuple[str, ...]
    labels: pd.DataFrame
    indicators: pd.DataFrame
    population: pd.Series[float]
    denominators: Mapping[str, pd.Series[float]]
    stratum: pd.Series[str]
    lads: Mapping[str, str]
    files: tuple[InputFile, ...]
    unknown_areas: pd.DataFrame
    warnings: tuple[str, ...]


class _Reader:
    """Reads one file after the other, keeps the faults, remembers what was read."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.faults = Faults()
        self.files: list[InputFile] = []

    def path(self, relative: str, field: str) -> Path | None:
        """Return the file under the data root, or note why it cannot be used."""
        try:
            return resolve_under(self.root, relative, field=field)
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
class _Tables:
    """What is read before the study area is known."""

    areas: Areas
    authorities: Authorities
    crosswalk: Crosswalk | None
    place_names: pd.Series[str] | None
    deprivation: Deprivation | None
    rurality: Rurality | None
    population: Population
    denominators: Mapping[str, Population]
    sources: Sequence[IncidentSource]


def _incident_sources(reader: _Reader, inputs: InputsConfig) -> list[IncidentSource]:
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


def _read_tables(reader: _Reader, inputs: InputsConfig) -> _Tables:
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
    sources = _incident_sources(reader, inputs)
    reader.faults.raise_if_any()
    if areas is None or authorities is None or population is None:
        raise AssertionError  # a reader that gives nothing has noted a fault
    return _Tables(
        areas=areas,
        authorities=authorities,
        crosswalk=crosswalk,
        place_names=place_names,
        deprivation=deprivation,
        rurality=rurality,
        population=population,
        denominators=denominators,
        sources=sources,
    )


def _choose_area(
    tables: _Tables, settings: Settings, near_m: float
) -> tuple[Areas, StudyArea, Neighbours]:
    """Return the areas within reach, the study area with its ring, and who touches whom."""
    areas, authorities = tables.areas, tables.authorities
    lads = choose_lads(settings.area, authorities, areas)
    ring = settings.risk.statistics.ring
    reach = near_m if isinstance(ring, str) else max(near_m, ring)
    wide = study_area(areas, authorities, lads, ring=reach)
    local = Areas(areas.frame.loc[list(wide.all_codes)], areas.vintage, areas.repaired, areas.notes)
    rook = settings.risk.statistics.neighbours == "rook"
    if ring == "none":
        frame = local.frame.loc[list(wide.codes)]
        return local, StudyArea(wide.lads, wide.codes, ()), contiguity(frame, rook=rook)
    neighbours = contiguity(local.frame, rook=rook)
    study = study_area(local, authorities, lads, ring=ring, neighbours=neighbours)
    return local, study, neighbours


def _indicators(
    deprivation: Placed | None, rurality: Placed | None, codes: Sequence[str]
) -> pd.DataFrame:
    """Return every area indicator that official tables give; NaN where they give none."""
    frame = pd.DataFrame(np.nan, index=pd.Index(codes), columns=list(INDICATOR_COLUMNS))
    for placed in (deprivation, rurality):
        if placed is not None:
            shared = frame.columns.intersection(placed.frame.columns)
            frame[shared] = placed.frame[shared].astype(np.float64)
    return frame


def _unknown_areas(tables: _Tables, settings: Settings) -> pd.DataFrame:
    """Return the table rows whose area is in no list: they are quarantined and counted."""
    known = {*tables.areas.codes, *tables.authorities.area_to_lad.index}
    if tables.crosswalk is not None:
        known |= tables.crosswalk.codes_2011 | tables.crosswalk.codes_2021
    given: list[tuple[str, pd.Index]] = []
    inputs = settings.inputs
    if inputs.deprivation is not None and tables.deprivation is not None:
        given.append((inputs.deprivation.path, tables.deprivation.frame.index))
    if inputs.rurality is not None and tables.rurality is not None:
        given.append((inputs.rurality.path, tables.rurality.frame.index))
    given.append((inputs.population.path, tables.population.frame.index))
    return pd.concat(
        [
            rows_of_unknown_areas(settings.root / path, shown_as=path, codes=codes, known=known)
            for path, codes in given
        ],
        ignore_index=True,
    )


def _table_warnings(tables: _Tables, study: StudyArea) -> list[str]:
    warnings = list(tables.areas.notes)
    without = set(study.all_codes) - set(tables.authorities.area_to_lad.index)
    if without:
        listed = ", ".join(sorted(without)[:5])
        warnings.append(f"lookups: {len(without)} areas have no authority ({listed})")
    return warnings


def _land_with_data(
    local: Areas, incidents: Incidents, forces: Mapping[str, str], months: Sequence[str]
) -> Areas:
    """Leave out surroundings of which no incidents were supplied.

    An edge correction that took them for land without crime would make the border look safe.
    """
    supplied = {
        record.force
        for record in incidents.files
        if not record.ignored and record.rows and record.month in ("", *months)
    }
    if not forces or "" in supplied:
        return local
    kept = [
        code
        for code in local.codes
        if code in incidents.covered.index or forces.get(code) in supplied
    ]
    return Areas(local.frame.loc[kept], local.vintage, local.repaired, local.notes)


def _name(settings: Settings, names: Sequence[str]) -> str:
    """Return the name of the study area: the inputs file's, unless another area was asked for."""
    if settings.area == settings.inputs.area:
        return settings.inputs.name
    listed = ", ".join(names[:3])
    return listed if len(names) <= 3 else f"{listed} and {len(names) - 3} more authorities"


def load(settings: Settings, *, progress: Progress) -> LoadedInputs:
    """Read every input, choose the study area and account for every incident row.

    Raises
    ------
    InputError
        With the faults of every table, or else with those of every incident file.
    """
    reader = _Reader(settings.root)
    progress("reading areas and tables")
    tables = _read_tables(reader, settings.inputs)
    density = settings.risk.density
    near_m = events_within_m(density.kernel, density.bandwidth_m)
    local, wide, neighbours = _choose_area(tables, settings, near_m)
    progress("reading incidents")
    incidents = read_incidents(
        tables.sources,
        areas=local,
        study=wide,
        period=settings.period,
        crosswalk=tables.crosswalk,
        forces=tables.authorities.area_forces() or None,
        points_within_m=near_m,
        progress=lambda name, rows: progress(f"reading incidents: {name}, {rows:,} rows"),
    )
    study = incidents.study
    codes = study.all_codes
    local = _land_with_data(
        local, incidents, tables.authorities.area_forces(), settings.period.months
    )
    vintage, crosswalk = local.vintage, tables.crosswalk
    people = place_population(tables.population, codes, vintage=vintage, crosswalk=crosswalk)
    others = {
        name: place_population(table, codes, vintage=vintage, crosswalk=crosswalk)
        for name, table in tables.denominators.items()
    }
    deprivation = (
        None
        if tables.deprivation is None
        else place_deprivation(tables.deprivation, codes, vintage=vintage, crosswalk=crosswalk)
    )
    rurality = (
        None
        if tables.rurality is None
        else place_rurality(tables.rurality, codes, vintage=vintage, crosswalk=crosswalk)
    )
    labels = area_labels(local, tables.authorities, tables.place_names).loc[list(codes)]
    labels.insert(0, "area_name", local.frame.loc[list(codes), "area_name"])
    blank = pd.Series("", index=labels.index)
    labels["rural_urban"] = blank if rurality is None else rurality.frame["rural_urban"]
    placed = [table for table in (people, deprivation, rurality, *others.values()) if table]
    files = [
        *reader.files,
        *(
            InputFile("incidents", record.shown_as, record.sha256, record.rows, record.ignored)
            for record in incidents.files
        ),
    ]
    names = tables.authorities.lad_names()
    unknown = _unknown_areas(tables, settings)
    return LoadedInputs(
        name=_name(settings, [names[lad] for lad in study.lads]),
        areas=local,
        study=study,
        neighbours=neighbours.subset(codes),
        incidents=incidents,
        period=settings.period,
        categories=CATEGORIES,
        labels=labels,
        indicators=_indicators(deprivation, rurality, codes),
        population=people.frame["residents"],
        denominators={name: table.frame["residents"] for name, table in others.items()},
        stratum=blank if rurality is None else rurality.frame["stratum"],
        lads={lad: names[lad] for lad in study.lads},
        files=tuple(files),
        unknown_areas=unknown,
        warnings=(
            *_table_warnings(tables, study),
            *(
                f"{file}: {rows} row{'' if rows == 1 else 's'} of an area that no list has; "
                "see quarantine.csv"
                for file, rows in unknown.groupby("file").size().items()
            ),
            *(warning for table in placed for warning in table.warnings),
            *incidents.warnings,
        ),
    )
