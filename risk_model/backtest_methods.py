"""What a back-test sets side by side: outcomes, our scores, and the baselines to beat."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from risk_model.composite import compose
from risk_model.config.harm import NOT_A_CRIME, HarmWeights
from risk_model.config.priority import Priority
from risk_model.config.risk import RiskConfig
from risk_model.model_data import ModelData
from risk_model.scoring import rate

__all__ = [
    "ALL_CRIME",
    "FORECAST",
    "FORECAST_ALL",
    "OUTCOMES",
    "PERFECT",
    "PRIOR",
    "Forecaster",
    "Ranking",
    "common_rankings",
    "equal_weights",
    "forecast_rankings",
    "outcome_weights",
    "prior_ranking",
    "score_name",
]

OUTCOMES = ("violence", "robbery", "weapons", "robbery_weapons", "harm")
PRIOR, ALL_CRIME, IMD, FORECAST, PERFECT = (
    "prior_counts",
    "all_crime",
    "imd",
    "forecast",
    "perfect",
)
_NAMED: Mapping[str, tuple[str, ...]] = {
    "violence": ("violence_and_sexual_offences",),
    "robbery": ("robbery",),
    "weapons": ("possession_of_weapons",),
    "robbery_weapons": ("robbery", "possession_of_weapons"),
}

FORECAST_ALL = "forecast_all_forces"
"""The forecast learned from every force together, where `forecast` is that of a run of one."""

Forecaster = Callable[[ModelData, int], Mapping[str, NDArray[np.float64]]]
"""Layers of the months that are known, and a number of months: expected events by outcome."""


@dataclass(frozen=True, slots=True, eq=False)
class Ranking:
    """An order of areas, made from what was known.

    Attributes
    ----------
    score
        n values; higher is chosen earlier; NaN where the method says nothing of the area.
    expected
        Events that the method expects in the months to come, n values, or None where it is not in
        events.
    """

    score: NDArray[np.float64]
    expected: NDArray[np.float64] | None = None


def score_name(priority: str) -> str:
    """Return what the score of a priority is called among the methods."""
    return f"score_{priority}"


def outcome_weights(outcome: str, config: RiskConfig, harm: HarmWeights) -> dict[str, float]:
    """Return the categories of an outcome with what one event counts.

    `harm` is the harm that a priority with `offences: harm` counts: police-generated categories
    are left out unless the settings make them drivers.
    """
    if outcome != "harm":
        return dict.fromkeys(_NAMED[outcome], 1.0)
    use = config.police_generated
    left_out = () if use.use == "driver" else use.categories
    return {
        category: weight
        for category, weight in sorted(harm.weights.items())
        if weight > 0 and category not in left_out
    }


def _per_month(past: ModelData, weights: Mapping[str, float]) -> NDArray[np.float64]:
    """Return weighted events a covered month; NaN for an area without one."""
    each = np.array([weights.get(category, 0.0) for category in past.categories])
    events = (np.where(past.covered[:, :, None], past.counts, 0) * each).sum(axis=(1, 2))
    months = past.covered.sum(axis=1)
    mean = np.divide(events, months, out=np.full(len(months), np.nan), where=months > 0)
    return np.asarray(mean, dtype=np.float64)


def prior_ranking(past: ModelData, weights: Mapping[str, float], months: int) -> Ranking:
    """Rank areas by the events of the same outcome that they had, the count to beat.

    Counts are per covered month, so that an area of a force with a gap is not taken for a quiet
    one; the expected events are the same number for each month to come.
    """
    mean = _per_month(past, weights)
    return Ranking(mean, mean * months)


def equal_weights(priority: Priority) -> Priority:
    """Return a priority whose indicators, those with a weight, weigh the same."""
    indicators = {
        name: entry.model_copy(update={"weight": 1.0 if entry.weight > 0 else 0.0})
        for name, entry in priority.indicators.items()
    }
    return priority.model_copy(update={"indicators": indicators})


def common_rankings(past: ModelData, config: RiskConfig, harm: HarmWeights) -> dict[str, Ranking]:
    """Return the rankings that are the same whatever the outcome: our scores and three baselines.

    The scores are made by the code of a run from the months that are known and nothing else.
    All-crime counts hold every category but anti-social behaviour, which is no crime.
    """
    rated = rate(past, config, harm)
    found = {
        score_name(name): Ranking(composite.score) for name, composite in rated.composites.items()
    }
    crimes = dict.fromkeys((one for one in past.categories if one != NOT_A_CRIME), 1.0)
    found[ALL_CRIME] = Ranking(_per_month(past, crimes))
    found[IMD] = Ranking(past.indicator("imd_score"))
    for name, priority in config.priorities.items():
        composite = compose(
            equal_weights(priority),
            past,
            config,
            rated.rates[name],
            rated.streams,
            rated.exposed,
            name=name,
            forecast=rated.forecast,
        )
        found[f"equal_weights_{name}"] = Ranking(composite.score)
    return found


def forecast_rankings(
    past: ModelData, months: int, forecaster: Forecaster | None
) -> dict[str, Ranking]:
    """Return the forecast of each outcome that it makes, by outcome."""
    if forecaster is None:
        return {}
    return {
        outcome: Ranking(expected, expected)
        for outcome, expected in forecaster(past, months).items()
        if outcome in OUTCOMES
    }
