"""What the map of areas does to tests of neighbours: areas alone, outlines twice, pieces apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np

from risk_model.config.risk import Statistics
from spatial.outlines import close_to_others, same_outlines
from spatial.weights import Neighbours

__all__ = ["NEARLY_MET_M", "NeighbourChecks", "neighbour_checks"]

NEARLY_MET_M = 20.0
"""Borders this close and not shared are likely one border drawn twice: published outlines are
generalised to 20 m."""

_NAMED = 5


@dataclass(frozen=True, slots=True)
class NeighbourChecks:
    """What a reader should know: warnings may be mended, notes describe the ground."""

    warnings: tuple[str, ...]
    notes: tuple[str, ...]


def neighbour_checks(
    neighbours: Neighbours,
    frame: gpd.GeoDataFrame,
    study: Sequence[str],
    statistics: Statistics,
) -> NeighbourChecks:
    """Say which areas have no neighbours, which share an outline and into how many pieces all fall.

    Parameters
    ----------
    neighbours
        The graph of study and ring areas.
    frame
        Their polygons, EPSG:27700, indexed by area code, and any others.
    study
        Codes of the study areas: a ring area alone changes no published figure.
    """
    polygons = np.asarray(frame.geometry.loc[list(neighbours.codes)].array, dtype=object)
    pieces, notes = _pieces(neighbours, polygons, statistics)
    warnings = [*_twice(neighbours, polygons), *_alone(neighbours, study, statistics), *pieces]
    return NeighbourChecks(tuple(warnings), tuple(notes))


def _listed(codes: Sequence[str]) -> str:
    more = f" and {len(codes) - _NAMED} more" if len(codes) > _NAMED else ""
    return f"{', '.join(codes[:_NAMED])}{more}"


def _twice(neighbours: Neighbours, polygons: np.ndarray) -> list[str]:
    said = []
    for group in same_outlines(polygons):
        codes = [neighbours.codes[i] for i in group]
        count = "two" if len(codes) == 2 else f"{len(codes)}"
        said.append(
            f"boundaries: {count} codes share one outline: {_listed(codes)}; give each place to "
            "one area. Until then they are neighbours of each other, and each has the land of both"
        )
    return said


def _alone(neighbours: Neighbours, study: Sequence[str], statistics: Statistics) -> list[str]:
    """Say which study areas have no neighbours, what happens to them and what gives them some."""
    chosen = set(study)
    alone = [code for code in neighbours.islands if code in chosen]
    if not alone:
        return []
    areas = "1 area has" if len(alone) == 1 else f"{len(alone)} areas have"
    if neighbours.kind == "distance":
        why = f"no other within {statistics.distance_m:,.0f} m"
        way_out = "a wider `statistics.distance_m` reaches them"
    else:
        shared = "border" if neighbours.kind == "rook" else "border or corner"
        why = f"no neighbours (no shared {shared})"
        way_out = (
            "on an island `statistics.neighbours: distance` with a `distance_m` that reaches "
            "across gives them some; elsewhere mend the outline in the boundary file"
        )
    return [
        (
            f"neighbours: {areas} {why} ({_listed(alone)}): not tested for clusters, hot spots or "
            f"monthly patterns, while rates, scores and ranks are made as for all; {way_out}"
        )
    ]


def _pieces(
    neighbours: Neighbours, polygons: np.ndarray, statistics: Statistics
) -> tuple[list[str], list[str]]:
    """Say how many pieces of several areas there are: a fault to mend, or land across water."""
    label = neighbours.component_of
    sizes = np.bincount(label, minlength=neighbours.n)
    several = np.flatnonzero(sizes > 1)
    if several.size < 2:
        return [], []
    order = several[np.argsort(-sizes[several], kind="stable")]
    first = [f"{sizes[at]:,} with {neighbours.codes[at]}" for at in order[:_NAMED]]
    pieces = (
        f"neighbours: the areas fall into {several.size} separate pieces ({', '.join(first)}"
        f"{', ...' if several.size > _NAMED else ''}): an area's neighbours are in its own piece, "
        "and chance draws from all of them"
    )
    if neighbours.kind == "distance":
        return [
            (
                f"{pieces}; a `statistics.distance_m` wider than "
                f"{statistics.distance_m:,.0f} m joins them"
            )
        ], []
    # An area alone is told of by itself, however near it lies.
    asked = np.flatnonzero(sizes[label] > 1)
    near = asked[close_to_others(polygons[asked], label[asked], within_m=NEARLY_MET_M)]
    if not near.size:
        return [], [
            (
                f"{pieces}. No outlines of two pieces come within {NEARLY_MET_M:.0f} m: it is "
                "how the land lies"
            )
        ]
    codes = [neighbours.codes[i] for i in near.tolist()]
    return [
        (
            f"{pieces}; outlines of two pieces come within {NEARLY_MET_M:.0f} m without sharing a "
            f"border ({_listed(codes)}): give them the same points in the boundary file, or use "
            "`statistics.neighbours: distance`"
        )
    ], []
