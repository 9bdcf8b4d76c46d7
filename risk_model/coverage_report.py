"""What the first places of a ranking cover: areas, residents, land and the events that made it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from risk_model.config.risk import RiskConfig
from risk_model.model_data import ModelData
from risk_model.priority_events import PriorityEvents
from spatial.concentration import Coverage, coverage

__all__ = ["COVERAGE_COLUMNS", "coverage_table"]

COVERAGE_COLUMNS = (
    "priority",
    "ranked_by",
    "cut",
    "areas",
    "areas_share",
    "population_share",
    "area_share",
    "events",
    "events_share",
    "pai",
    "pei",
    "rri",
    "data",
)
_SHARES = (0.01, 0.05, 0.10, 0.20)
_SAME = "same data"
FloatArray = NDArray[np.float64]


def coverage_table(
    data: ModelData,
    priorities: Mapping[str, PriorityEvents],
    areas: pd.DataFrame,
    config: RiskConfig,
) -> pd.DataFrame:
    """Follow two rankings of each priority from the top: its score, and its smoothed events.

    The events are those of the period that made the ranking, so no figure is a forecast: `data`
    says "same data" in every row, and every row is bound to look better than the next months will.
    The recapture rate (`rri`) needs a prediction in events, so the score has none. A cut is the
    list, or a share of the number of areas; each row gives what it covers in areas, residents and
    land, because a rural area may be a hundred times as large as one in a town.

    Parameters
    ----------
    data, priorities
        Layers, and the events from `events_of_priorities`.
    areas
        The run's areas, indexed by code, with `P_score` and `P_rr`.
    config
        For the size of each list.

    Notes
    -----
    Areas without a covered month or without land take no part; those without a score come last.
    """
    kept = data.in_study & (data.covered.sum(axis=1) > 0) & (data.area_km2 > 0)
    codes = [code for code, use in zip(data.area_codes, kept, strict=True) if use]
    rows = []
    for key, found in priorities.items():
        score = areas[f"{key}_score"].reindex(codes).to_numpy(dtype=np.float64)
        risk = areas[f"{key}_rr"].reindex(codes).to_numpy(dtype=np.float64)
        smoothed = np.nan_to_num(risk * found.expected[kept])
        rankings = {"score": _last(score), "smoothed events": smoothed}
        size = config.priorities[key].list.size
        cuts = {f"list of {size}": size} | {
            f"{share:.0%} of areas": max(1, round(share * len(codes))) for share in _SHARES
        }
        for name, ranking in rankings.items():
            covers = coverage(
                ranking,
                found.total[kept],
                data.area_km2[kept],
                population=np.nan_to_num(data.population[kept]),
                in_events=name == "smoothed events",
            )
            events = float(found.total[kept].sum())
            rows += [
                {"priority": key, "ranked_by": name, "cut": cut, "data": _SAME}
                | _row(covers, min(number, len(codes)), events)
                for cut, number in cuts.items()
            ]
    return pd.DataFrame(rows).reindex(columns=list(COVERAGE_COLUMNS))


def _last(score: FloatArray) -> FloatArray:
    """Place areas without a score behind all others."""
    known = np.isfinite(score)
    lowest = float(score[known].min()) if known.any() else 0.0
    return np.where(known, score, lowest - 1.0)


def _row(covers: Coverage, number: int, events: float) -> dict[str, float]:
    """Return what the first `number` areas cover."""
    at = number - 1
    people = covers.population
    return {
        "areas": number,
        "areas_share": float(covers.areas[at]),
        "population_share": float("nan") if people is None else float(people[at]),
        "area_share": float(covers.area[at]),
        "events": float(covers.events[at]) * events,
        "events_share": float(covers.events[at]),
        "pai": float(covers.pai[at]),
        "pei": float(covers.pei[at]),
        "rri": float("nan") if covers.rri is None else float(covers.rri[at]),
    }
