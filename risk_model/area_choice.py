"""Which areas a run is of: the study area, its ring, the land around, and who is near whom."""

from __future__ import annotations

import geopandas as gpd

from risk_model.input_tables import Settings, Tables
from spatial.boundaries import Areas
from spatial.contiguity import contiguity
from spatial.distance_graphs import distance_band
from spatial.errors import Fault, InputError
from spatial.study_area import StudyArea, choose_lads, study_area
from spatial.weights import Neighbours

__all__ = ["areas_within", "choose_area"]


def choose_area(
    tables: Tables, settings: Settings, near_m: float
) -> tuple[Areas, StudyArea, Neighbours]:
    """Return the areas within reach, the study area with its ring, and who touches whom."""
    areas, authorities = tables.areas, tables.authorities
    if areas.vintage != "2021":
        raise InputError(
            Fault(
                f"the boundaries are LSOA {areas.vintage}; a run needs LSOA 2021 (older incident "
                "files, populations and indices are carried to it)",
                file=settings.inputs.boundaries.path,
                field="boundaries",
            )
        )
    lads = choose_lads(settings.area, authorities, areas)
    ring = settings.risk.statistics.ring
    reach = near_m if isinstance(ring, str) else max(near_m, ring)
    wide = study_area(areas, authorities, lads, ring=reach)
    local = Areas(areas.frame.loc[list(wide.all_codes)], areas.vintage, areas.repaired, areas.notes)
    statistics = settings.risk.statistics
    rook = statistics.neighbours == "rook"
    if ring == "none":
        frame = local.frame.loc[list(wide.codes)]
        study = StudyArea(wide.lads, wide.codes, ())
        if statistics.neighbours == "distance":
            return local, study, areas_within(frame, statistics.distance_m)
        return local, study, contiguity(frame, rook=rook)
    # A ring of areas that touch is made of borders, whatever the statistics weigh by.
    neighbours = contiguity(local.frame, rook=rook)
    study = study_area(local, authorities, lads, ring=ring, neighbours=neighbours)
    if statistics.neighbours == "distance":
        frame = local.frame.loc[list(study.all_codes)]
        return local, study, areas_within(frame, statistics.distance_m)
    return local, study, neighbours


def areas_within(frame: gpd.GeoDataFrame, distance_m: float) -> Neighbours:
    """Return which areas have their middles within a distance of one another."""
    ordered = frame.sort_index()
    middle = ordered.geometry.centroid
    return distance_band(
        middle.x.to_numpy(),
        middle.y.to_numpy(),
        codes=[str(code) for code in ordered.index],
        within_m=distance_m,
    )
