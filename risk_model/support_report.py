"""Whether what is flagged holds on hexagons and on larger areas, or is the work of the borders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from risk_model.config.risk import RiskConfig
from risk_model.layers.crime import meets
from risk_model.model_data import ModelData
from risk_model.priority_events import PriorityEvents, too_large
from risk_model.run_tests import OwnFlags, flags_again, streams_of, value_again
from spatial.errors import StatisticsError
from spatial.support import (
    Support,
    area_support,
    hexagon_support,
    larger_area_names,
    larger_area_support,
)
from spatial.support_check import SupportCheck, compare_supports
from spatial.support_flags import Flagger, Flags, high_high, top_by_rate

__all__ = ["SUPPORT_COLUMNS", "Cuts", "cut_supports", "support_table"]

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
_PERMUTATIONS = 9_999  # of the rule of counts: four thousand hexagons need no more to be labelled
_Rules = dict[str, Mapping[str, Flags] | Flagger]


@dataclass(frozen=True, slots=True, eq=False)
class Cuts:
    """The study area cut in several ways, with every located event of it.

    Attributes
    ----------
    events
        Located incidents of the study area, in the order that the supports know them in.
    supports
        Areas, hexagons and, where names tell them, larger areas; empty where none were made.
    notes
        What could not be made, and why; with no support it is the reason for that.
    """

    events: pd.DataFrame
    supports: tuple[Support, ...]
    notes: tuple[str, ...]


def cut_supports(data: ModelData, points: pd.DataFrame, geometry: gpd.GeoSeries) -> Cuts:
    """Cut the study area in three ways; this hangs on no score and on no setting.

    Parameters
    ----------
    data
        Layers.
    points
        Located incidents with x, y, category and area_code.
    geometry
        Polygons of the study areas, EPSG:27700, indexed by area code.
    """
    if large := too_large(data, "Not compared"):
        return Cuts(points.iloc[:0], (), (large,))
    inside = points[points["area_code"].isin(data.study_codes)]
    try:
        supports, notes = _supports(data, inside, geometry)
    except StatisticsError as error:
        return Cuts(inside, (), (f"Not compared: {error}",))
    return Cuts(inside, tuple(supports), tuple(notes))


def support_table(
    data: ModelData,
    priorities: Mapping[str, PriorityEvents],
    cuts: Cuts,
    config: RiskConfig,
    *,
    own: Mapping[str, OwnFlags],
) -> pd.DataFrame:
    """Flag places on areas, hexagons and larger areas by the same rules; a row a pair of these.

    Rows of `this run` have what the run itself found on its areas; on hexagons and larger areas
    the variable that it tests, with its permutations, correction and side, but among them alone
    (no ring), by who touches whom. Rows of `counts` have one rule whatever the settings: the
    Assuncao-Reis rate of unweighted events by residents. A side that could not be tested has no
    number of flagged units. Rows without `first` say in `note` why there is no comparison.

    Parameters
    ----------
    data, priorities
        Layers, and the events from `events_of_priorities`.
    cuts
        From `cut_supports`.
    config
        For the settings of the tests.
    own
        From `risk_model.run_tests.own_flags`.
    """
    supports = cuts.supports
    if not supports:
        return _noted(priorities, "; ".join(cuts.notes))
    rows = []
    for key, found in priorities.items():
        each = [meets(cuts.events, offence) for offence in found.offences.offences]
        kept = np.logical_or.reduce(each)
        held = [support.only(kept) for support in supports]
        again = _again(supports, held, each, found, data, config, own[key])
        rules: _Rules = _rules_of_run(supports, again) | _rules_of_counts(config)
        rows += [
            {"priority": key, **row}
            for rule, flag in rules.items()
            for row in _rows(rule, compare_supports(held[0], held[1:], flag), held, cuts.notes)
        ]
    table = pd.DataFrame(rows).reindex(columns=list(SUPPORT_COLUMNS))
    # Whole numbers that may be missing.
    return table.astype(dict.fromkeys(("first_flagged", "second_flagged"), "Int64"))


def _again(
    supports: Sequence[Support],
    held: Sequence[Support],
    each: Sequence[NDArray[np.bool_]],
    found: PriorityEvents,
    data: ModelData,
    config: RiskConfig,
    own: OwnFlags,
) -> list[OwnFlags]:
    """Return what the run flags on its areas, and its test on the other supports."""
    streams = streams_of(found, data, config)
    people = supports[0].population
    return [
        own,
        *(
            flags_again(
                mine,
                value_again(support, each, found, data, config, streams),
                own,
                config,
                people=people,
            )
            for support, mine in zip(supports[1:], held[1:], strict=True)
        ),
    ]


def _rules_of_run(supports: Sequence[Support], again: Sequence[OwnFlags]) -> _Rules:
    names = [support.name for support in supports]
    by_rule = {
        "this run: High-High by q": [flags.clusters.by_q for flags in again],
        "this run: High-High by raw p": [flags.clusters.by_p for flags in again],
        "this run: Gi* hot by q": [flags.clusters.hot for flags in again],
        "this run: flagged": [flags.flagged for flags in again],
    }
    return {rule: dict(zip(names, flags, strict=True)) for rule, flags in by_rule.items()}


def _rules_of_counts(config: RiskConfig) -> _Rules:
    by_p, by_q = (
        high_high(
            permutations=_PERMUTATIONS,
            alpha=config.statistics.alpha,
            corrected=corrected,
            seed=config.uncertainty.seed,
        )
        for corrected in (False, True)
    )
    return {
        "counts: High-High by raw p": by_p,
        "counts: High-High by q": by_q,
        "counts: top 10 % of residents by rate": top_by_rate(population_share=_TOP_SHARE),
    }


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


def _rows(
    rule: str, check: SupportCheck, supports: Sequence[Support], notes: Sequence[str]
) -> list[dict[str, object]]:
    summary = check.summary
    assumed = {support.name: support.notes for support in supports}
    # Nothing is flagged where nothing could be: no number, and not nought.
    flagged = summary["flagged"].where(summary["reason"] == "").astype("Int64")
    return [
        {
            "flagged_by": rule,
            "first": overlap.first,
            "second": overlap.second,
            "jaccard_area": overlap.jaccard_area,
            "jaccard_events": overlap.jaccard_events,
            "first_units": int(summary["units"][overlap.first]),
            "first_flagged": flagged[overlap.first],
            "second_units": int(summary["units"][overlap.second]),
            "second_flagged": flagged[overlap.second],
            "note": "; ".join(
                [
                    *(
                        f"{name}: {summary['reason'][name]}"
                        for name in (overlap.first, overlap.second)
                        if summary["reason"][name]
                    ),
                    *(text for n in (overlap.first, overlap.second) for text in assumed[n]),
                    *notes,
                ]
            ),
        }
        for overlap in check.overlaps
    ]


def _noted(priorities: Mapping[str, PriorityEvents], note: str) -> pd.DataFrame:
    table = pd.DataFrame({"priority": list(priorities), "note": note})
    return table.reindex(columns=list(SUPPORT_COLUMNS))
