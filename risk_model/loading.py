"""Reads everything that `config/inputs.yaml` names and aligns it to one study area.

Every file is tried before anything is refused, so that one call shows every fault.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from risk_model.area_choice import choose_area
from risk_model.densities import points_within_m
from risk_model.input_tables import InputFile, Reader, Settings, Tables, read_tables
from risk_model.layers.ages import place_ages
from risk_model.layers.artefact_list import Artefacts
from risk_model.layers.deprivation import place_deprivation
from risk_model.layers.other_sources import OtherSource, place_source
from risk_model.layers.placing import Placed
from risk_model.layers.population import place_population
from risk_model.layers.rurality import place_rurality
from risk_model.layers.unknown_areas import rows_of_unknown_areas
from risk_model.model_data import INDICATOR_COLUMNS
from risk_model.neighbour_checks import neighbour_checks
from risk_model.nothing_to_score import (
    refuse_without_coverage,
    refuse_without_denominator,
    refuse_without_events,
)
from spatial.area_names import area_labels
from spatial.authorities import Authorities
from spatial.blocks import SERIAL, BlockMap
from spatial.boundaries import Areas
from spatial.categories import CATEGORIES
from spatial.crosswalk import Crosswalk
from spatial.errors import Faults, InputError
from spatial.incidents import Incidents, incident_faults, read_incidents
from spatial.period import Period
from spatial.study_area import StudyArea
from spatial.weights import Neighbours

__all__ = ["LoadedInputs", "Progress", "load"]

Progress = Callable[[str], None]
"""Told in words what is being done."""


@dataclass(frozen=True, slots=True)
class LoadedInputs:
    """Checked inputs of one study area. Tables are indexed by area code, study and ring.

    `areas` holds the study area, its ring and the land around them that a density needs. `forces`
    has, by authority of the study area, the `code`, `name` and `slug` of its police force. `notes`
    describe the ground, where `warnings` ask for something to be looked at.
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
    artefacts: Artefacts | None
    ages: pd.DataFrame | None
    other_sources: tuple[OtherSource, ...]
    lads: Mapping[str, str]
    forces: Mapping[str, Mapping[str, str]]
    files: tuple[InputFile, ...]
    unknown_areas: pd.DataFrame
    warnings: tuple[str, ...]
    notes: tuple[str, ...] = ()


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


def _known_codes(tables: Tables) -> set[str]:
    """Return every area code of the boundaries and lookups."""
    known = {*tables.areas.codes, *tables.authorities.area_to_lad.index.tolist()}
    if tables.crosswalk is not None:
        known |= tables.crosswalk.codes_2011 | tables.crosswalk.codes_2021
    return known


def _unknown_areas(tables: Tables, settings: Settings) -> pd.DataFrame:
    """Return the table rows whose area is in no list: they are quarantined and counted."""
    known = _known_codes(tables)
    given: list[tuple[str, pd.Index]] = []
    inputs = settings.inputs
    if inputs.deprivation is not None and tables.deprivation is not None:
        given.append((inputs.deprivation.path, tables.deprivation.frame.index))
    if inputs.rurality is not None and tables.rurality is not None:
        given.append((inputs.rurality.path, tables.rurality.frame.index))
    given.append((inputs.population.path, tables.population.frame.index))
    if inputs.artefacts is not None and tables.artefacts is not None:
        entered = pd.Index(tables.artefacts.frame["area_code"].unique())
        given.append((inputs.artefacts.path, entered))
    if inputs.ages is not None and tables.ages is not None:
        given.append((inputs.ages.path, tables.ages.frame.index))
    return pd.concat(
        [
            rows_of_unknown_areas(settings.root / path, shown_as=path, codes=codes, known=known)
            for path, codes in given
        ],
        ignore_index=True,
    )


def _table_warnings(tables: Tables, study: StudyArea) -> list[str]:
    warnings = list(tables.areas.notes)
    without = set(study.all_codes) - set(tables.authorities.area_to_lad.index.tolist())
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


def _other_sources(
    tables: Tables,
    study: StudyArea,
    period: Period,
    crosswalk: Crosswalk | None,
    residents: pd.Series[float],
) -> tuple[OtherSource, ...]:
    """Judge the rows of every other source; raise the faults of all of them together."""
    faults = Faults()
    found = []
    known = _known_codes(tables) if tables.other_sources else set()
    for rows in tables.other_sources:
        try:
            found.append(
                place_source(
                    rows,
                    study=study.codes,
                    ring=study.ring,
                    known=known,
                    period=period,
                    crosswalk=crosswalk,
                    residents=residents,
                )
            )
        except InputError as error:
            faults.extend(error.faults)
    faults.raise_if_any()
    return tuple(found)


def _forces(authorities: Authorities, study: StudyArea) -> dict[str, dict[str, str]]:
    known = authorities.force.reindex(list(study.lads)).dropna(subset="slug")
    columns = zip(known["force_code"], known["force_name"], known["slug"], strict=True)
    return {
        str(lad): {"code": str(code), "name": str(name), "slug": str(slug)}
        for lad, (code, name, slug) in zip(known.index, columns, strict=True)
    }


def _name(settings: Settings, names: Sequence[str]) -> str:
    """Return the name of the study area: the inputs file's, unless another area was asked for."""
    if settings.area == settings.inputs.area:
        return settings.inputs.name
    listed = ", ".join(names[:3])
    return listed if len(names) <= 3 else f"{listed} and {len(names) - 3} more authorities"


def load(settings: Settings, *, progress: Progress, blocks: BlockMap = SERIAL) -> LoadedInputs:
    """Read every input, choose the study area and account for every incident row.

    `blocks` is where incident files are counted; it makes no difference to the result.

    Raises
    ------
    InputError
        With the faults of every table, or else with those of every incident file.
    """
    reader = Reader(settings)
    progress("reading areas and tables")
    tables = read_tables(reader, settings.inputs)
    near_m = points_within_m(settings.risk.density)
    try:
        local, wide, neighbours = choose_area(tables, settings, near_m)
    except InputError as error:
        # The incident files can be judged all the same: one pass shows every fault.
        more = incident_faults(
            tables.sources,
            areas=tables.areas,
            crosswalk=tables.crosswalk,
            period=settings.period,
        )
        raise InputError((*error.faults, *more)) from None
    progress("reading incidents")
    incidents = read_incidents(
        tables.sources,
        areas=local,
        study=wide,
        period=settings.period,
        crosswalk=tables.crosswalk,
        forces=tables.authorities.area_forces() or None,
        points_within_m=near_m,
        named_from=settings.risk.guards.map_point_share,
        named_events=settings.risk.guards.map_point_events,
        progress=lambda name, rows: progress(f"reading incidents: {name}, {rows:,} rows"),
        blocks=blocks,
    )
    study = incidents.study
    codes = study.all_codes
    refuse_without_coverage(incidents, settings, tables.authorities)
    refuse_without_events(incidents, settings.period)
    local = _land_with_data(
        local, incidents, tables.authorities.area_forces(), settings.period.months
    )
    vintage, crosswalk = local.vintage, tables.crosswalk
    people = place_population(tables.population, codes, vintage=vintage, crosswalk=crosswalk)
    others = {
        name: place_population(table, codes, vintage=vintage, crosswalk=crosswalk)
        for name, table in tables.denominators.items()
    }
    refuse_without_denominator({"residents": people, **others}, study.codes, settings=settings)
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
    residents = tables.population.frame["residents"]
    ages = (
        None
        if tables.ages is None
        else place_ages(
            tables.ages, codes, vintage=vintage, crosswalk=crosswalk, residents=residents
        )
    )
    others_placed = _other_sources(tables, study, settings.period, crosswalk, residents)
    placed = [table for table in (people, deprivation, rurality, ages, *others.values()) if table]
    files = [
        *reader.files,
        *(
            InputFile("incidents", record.shown_as, record.sha256, record.rows, record.ignored)
            for record in incidents.files
        ),
    ]
    graph = neighbours.subset(codes)
    around = neighbour_checks(graph, local.frame, study.codes, settings.risk.statistics)
    names = tables.authorities.lad_names()
    unknown = _unknown_areas(tables, settings)
    return LoadedInputs(
        name=_name(settings, [names[lad] for lad in study.lads]),
        areas=local,
        study=study,
        neighbours=graph,
        incidents=incidents,
        period=settings.period,
        categories=CATEGORIES,
        labels=labels,
        indicators=_indicators(deprivation, rurality, codes),
        population=people.frame["residents"],
        denominators={name: table.frame["residents"] for name, table in others.items()},
        stratum=blank if rurality is None else rurality.frame["stratum"],
        artefacts=tables.artefacts,
        ages=None if ages is None else ages.frame,
        other_sources=others_placed,
        lads={lad: names[lad] for lad in study.lads},
        forces=_forces(tables.authorities, study),
        files=tuple(files),
        unknown_areas=unknown,
        warnings=(
            *_table_warnings(tables, study),
            *(
                [
                    (
                        "boundaries: borders were not cut at the same points; who touches whom was "
                        "judged from the shapes"
                    )
                ]
                if neighbours.borders == "geometry"
                else []
            ),
            *around.warnings,
            *(
                f"{file}: {rows} row{'' if rows == 1 else 's'} of an area that no list has; "
                "see quarantine.csv"
                for file, rows in unknown.groupby("file").size().items()
            ),
            *(warning for table in placed for warning in table.warnings),
            *(warning for source in others_placed for warning in source.warnings),
            *incidents.warnings,
        ),
        notes=around.notes,
    )
