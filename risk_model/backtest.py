"""Would the list have caught what came after? Rolling origin, against the baselines to beat.

At each origin areas are ranked by what was known, the ranking is cut, and the events of the months
after it are counted inside and outside the cut.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from risk_model.backtest_methods import (
    FORECAST,
    OUTCOMES,
    PERFECT,
    PRIOR,
    Forecaster,
    Ranking,
    common_rankings,
    forecast_rankings,
    outcome_weights,
    prior_ranking,
)
from risk_model.backtest_origins import Origin, part_of
from risk_model.config.harm import HarmWeights
from risk_model.config.risk import RiskConfig
from risk_model.model_data import ModelData
from spatial.capture import chosen_share, perfect_score
from spatial.errors import HotspotsError
from spatial.period import month_number

__all__ = ["BUDGETS", "SHARES", "Judged", "judge_origin"]

FloatArray = NDArray[np.float64]

BUDGETS = ("number", "area", "population")
SHARES = (0.02, 0.05, 0.10, 0.20)
_CELLS_AT_ONCE = 2_000_000
_STAGE = 822  # of the spawn key, so that no other stage shares these draws


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """What each method would have caught of one outcome after one origin.

    Arrays have the shape (methods, budgets, shares) unless another is given.

    Attributes
    ----------
    origin, outcome
        When, and of what.
    methods
        Those that said something; `perfect` knew the outcome.
    areas
        Study areas with data before and after the origin.
    events
        The outcome's total: events, or their harm.
    caught
        Of the total, in the chosen areas.
    expected
        What the method expected there; NaN where it is not in events.
    land
        Share of the land that was chosen.
    resampled, resampled_events
        (resamples, methods, budgets, shares) and (resamples,): the same choices, judged on as many
        events drawn again from those that happened.
    """

    origin: Origin
    outcome: str
    methods: tuple[str, ...]
    areas: int
    events: float
    caught: FloatArray
    expected: FloatArray
    land: FloatArray
    resampled: FloatArray
    resampled_events: FloatArray


def judge_origin(
    data: ModelData,
    origin: Origin,
    config: RiskConfig,
    harm: HarmWeights,
    *,
    forecaster: Forecaster | None,
    resamples: int,
    seed: int,
    outcomes: Sequence[str] = OUTCOMES,
    rankings: Mapping[str, Mapping[str, Ranking]] | None = None,
) -> tuple[list[Judged], list[str]]:
    """Choose by what is known at an origin, judge by what came after; also say what was left out.

    Parameters
    ----------
    data
        All months; only those that are known reach a method.
    forecaster
        The predictive layer, or None without one.
    resamples
        Draws of the bootstrap, 0 for none. Events of an outcome are drawn again from those that
        happened after the origin, as many as there were, in blocks seeded by month and outcome.
        The choice stays: the interval is of how well this choice catches, given how few events
        judge it, and it takes events as independent.
    rankings
        Further rankings by outcome and method, over the areas of `data`.
    """
    past = part_of(data, origin.known)
    later = [month for month in origin.later if month in data.months]
    future = part_of(data, later)
    due = future.covered[data.in_study].any(axis=0)
    kept = data.in_study & past.covered.any(axis=1) & future.covered[:, due].all(axis=1)
    months = int(due.sum())
    if not kept.any():
        return [], [f"{origin.at}: no area has data before and after it"]
    common = common_rankings(past, config, harm)
    notes: list[str] = []
    try:
        forecast = forecast_rankings(past, months, forecaster)
    except HotspotsError as error:
        forecast = {}
        notes.append(f"{origin.at}: no forecast: {error}")
    land = data.area_km2[kept]
    costs = {
        "number": np.ones(land.size),
        "area": land,
        "population": np.nan_to_num(data.population[kept]),
    }
    found = []
    for outcome in outcomes:
        weights = outcome_weights(outcome, config, harm)
        own = {**common, PRIOR: prior_ranking(past, weights, months)}
        if outcome in forecast:
            own[FORECAST] = forecast[outcome]
        own |= (rankings or {}).get(outcome, {})
        each = np.array([weights.get(category, 0.0) for category in data.categories])
        cells = future.counts[kept][:, due].sum(axis=1)
        observed = (cells * each).sum(axis=1).astype(np.float64)
        usable = {
            name: Ranking(
                _last_where_missing(ranking.score[kept]),
                None if ranking.expected is None else ranking.expected[kept],
            )
            for name, ranking in own.items()
            if not np.isnan(ranking.score[kept]).all()
        }
        methods = (*usable, PERFECT)
        chosen = np.stack(
            [
                np.stack(
                    [chosen_share(usable[name].score, cost, SHARES) for cost in costs.values()]
                )
                for name in usable
            ]
            + [
                np.stack(
                    [
                        chosen_share(perfect_score(observed, cost), cost, SHARES)
                        for cost in costs.values()
                    ]
                )
            ]
        )
        blank = np.full(land.size, np.nan)
        expected = np.stack(
            [
                blank if ranking.expected is None else np.nan_to_num(ranking.expected)
                for ranking in usable.values()
            ]
            + [observed]
        )
        resampled, totals = _resample(
            cells, each, chosen, resamples=resamples, seed=_seed(seed, origin, outcome)
        )
        found.append(
            Judged(
                origin=origin,
                outcome=outcome,
                methods=methods,
                areas=int(land.size),
                events=float(observed.sum()),
                caught=chosen @ observed,
                expected=np.einsum("mbsn,mn->mbs", chosen, expected),
                land=chosen @ land / land.sum(),
                resampled=resampled,
                resampled_events=totals,
            )
        )
    left = int(data.in_study.sum() - kept.sum())
    if left:
        notes.append(f"{origin.at}: {left} areas without data before or after it take no part")
    return found, notes


def _last_where_missing(score: FloatArray) -> FloatArray:
    """Put areas of which a method says nothing behind all others, tied."""
    known = ~np.isnan(score)
    return np.where(known, score, score[known].min() - 1.0)


def _seed(seed: int, origin: Origin, outcome: str) -> np.random.SeedSequence:
    # By month, not by position: an earlier month that is supplied later moves no other draw.
    month = month_number(origin.at) or 0
    return np.random.SeedSequence(seed, spawn_key=(_STAGE, month, OUTCOMES.index(outcome)))


def _resample(
    cells: NDArray[np.int64],
    weights: FloatArray,
    chosen: FloatArray,
    *,
    resamples: int,
    seed: np.random.SeedSequence,
) -> tuple[FloatArray, FloatArray]:
    """Judge the same choices on events drawn again; also return the total of each draw.

    `cells` is areas by categories of events, `weights` what one event of a category counts.
    """
    area, category = np.nonzero(cells * (weights > 0))
    count = cells[area, category]
    total = int(count.sum())
    if resamples == 0 or total == 0:
        return np.zeros((resamples, *chosen.shape[:-1])), np.zeros(resamples)
    rng = np.random.default_rng(seed)
    flat = chosen.reshape(-1, chosen.shape[-1])[:, area].T
    caught = np.empty((resamples, flat.shape[1]))
    totals = np.empty(resamples)
    step = max(1, _CELLS_AT_ONCE // count.size)  # bounds memory; the draws are the same
    for first in range(0, resamples, step):
        part = slice(first, min(first + step, resamples))
        size = part.stop - part.start
        drawn = rng.multinomial(total, count / total, size=size) * weights[category]
        caught[part], totals[part] = drawn @ flat, drawn.sum(axis=1)
    return caught.reshape(resamples, *chosen.shape[:-1]), totals
