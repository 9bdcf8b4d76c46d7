"""Whether what is flagged holds on hexagons and on larger areas, or is the work of the borders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from risk_model.config.risk import RiskConfig
from risk_model.layers.crime import meets
from risk_model.model_data import ModelData
from risk_model.priority_events import PriorityEvents, too_large
from spatial.errors import StatisticsError
from spatial.support import (
    Support,
    area_support,
    hexagon_support,
    larger_area_names,
    larger_area_support,
)
from spatial.support_check import SupportCheck, compare_supports, high_high, top_by_rate

__all__ = ["SUPPORT_COLUMNS", "support_table"]

SUPPORT_COLUMNS = (
    "priority",
    "flagged_by",
    "first",
    "second",
    "jaccard_area",
    "jaccard_events",
    "first_units",
    "first_flagged",
    "second_units",
    "second_flagged",
    "note",
)
_ACROSS_M = 500.0
_TOP_SHARE = 0.10
_PERMUTATIONS = 9_999  # four thousand hexagons need no more to be labelled


def support_table(
    data: ModelData,
    priorities: Mapping[str, PriorityEvents],
    points: pd.DataFrame,
    geometry: gpd.GeoSeries,
    config: RiskConfig,
) -> pd.DataFrame:
    """Flag places on areas, hexagons and larger areas by the same rules; a row a pair of these.

    Rows without `first` say in `note` why there is no comparison.

    Parameters
    ----------
    data, priorities
        Layers, and the events from `events_of_priorities`.
    points
        Located incidents with x, y, category and area_code.
    geometry
        Polygons of the study areas, EPSG:27700, indexed by area code.
    config
        For alpha and the seed.
    """
    if large := too_large(data, "Not compared"):
        return _noted(priorities, large)
    inside = points[points["area_code"].isin(data.study_codes)]
    try:
        supports, notes = _supports(data, inside, geometry)
    except StatisticsError as error:
        return _noted(priorities, f"Not compared: {error}")
    rows = []
    for key, found in priorities.items():
        kept = np.zeros(len(inside), dtype=np.bool_)
        for offence in found.offences.offences:
            kept |= meets(inside, offence)
        rows += [
            {"priority": key, **row, "note": "; ".join(notes)}
            for row in _overlaps([_of_events(support, kept) for support in supports], config)
        ]
    return pd.DataFrame(rows).reindex(columns=list(SUPPORT_COLUMNS))


def _supports(
    data: ModelData, points: pd.DataFrame, geometry: gpd.GeoSeries
) -> tuple[list[Support], list[str]]:
    """Cut the study area in three ways, with every located event of it."""
    codes = list(data.study_codes)
    held = data.covered.sum(axis=1)[data.in_study]
    # People count by the months that their area was covered, so that rates can be compared.
    people = data.population[data.in_study] * held / max(1, int(held.max(initial=0)))
    base = area_support(
        gpd.GeoSeries(geometry.reindex(codes)),
        people,
        points["area_code"],
        data.neighbours.subset(codes),
        name="areas",
    )
    hexagons = hexagon_support(base, points["x"], points["y"], across_m=_ACROSS_M)
    supports, notes = [base, replace(hexagons, name="hexagons of 500 m")], []
    try:
        larger = larger_area_names(data.labels.loc[codes, "area_name"])
        supports.append(larger_area_support(base, larger, name="MSOAs"))
    except StatisticsError as error:
        notes.append(f"no larger areas: {error}")
    return supports, notes


def _of_events(support: Support, kept: NDArray[np.bool_]) -> Support:
    """Return a support with some of its events."""
    unit = support.unit_of_event[kept]
    events = np.bincount(unit[unit >= 0], minlength=len(support.codes)).astype(np.float64)
    return replace(support, events=events, unit_of_event=unit)


def _overlaps(supports: Sequence[Support], config: RiskConfig) -> list[dict[str, object]]:
    """Compare what each rule flags on each pair of supports."""
    by_p, by_q = (
        high_high(
            permutations=_PERMUTATIONS,
            alpha=config.statistics.alpha,
            corrected=corrected,
            seed=config.uncertainty.seed,
        )
        for corrected in (False, True)
    )
    rules = {
        "High-High by raw p": by_p,
        "High-High by q": by_q,
        "top 10 % of residents by rate": top_by_rate(population_share=_TOP_SHARE),
    }
    return [
        row
        for rule, flag in rules.items()
        for row in _rows(rule, compare_supports(supports[0], supports[1:], flag))
    ]


def _rows(rule: str, check: SupportCheck) -> list[dict[str, object]]:
    units, flagged = check.summary["units"], check.summary["flagged"]
    return [
        {
            "flagged_by": rule,
            "first": overlap.first,
            "second": overlap.second,
            "jaccard_area": overlap.jaccard_area,
            "jaccard_events": overlap.jaccard_events,
            "first_units": int(units[overlap.first]),
            "first_flagged": int(flagged[overlap.first]),
            "second_units": int(units[overlap.second]),
            "second_flagged": int(flagged[overlap.second]),
        }
        for overlap in check.overlaps
    ]


def _noted(priorities: Mapping[str, PriorityEvents], note: str) -> pd.DataFrame:
    table = pd.DataFrame({"priority": list(priorities), "note": note})
    return table.reindex(columns=list(SUPPORT_COLUMNS))
