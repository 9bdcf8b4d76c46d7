"""The back-test over police forces: what one county is too small to decide."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import product

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from risk_model.backtest import BUDGETS, SHARES, Judged, judge_origin
from risk_model.backtest_methods import (
    ALL_CRIME,
    FORECAST,
    FORECAST_ALL,
    PRIOR,
    Forecaster,
    Ranking,
    forecast_rankings,
    score_name,
)
from risk_model.backtest_origins import Origin, part_of, rolling_origins
from risk_model.backtest_table import BACKTEST_COLUMNS, COMPARED_AT, method_rows
from risk_model.config.harm import HarmWeights
from risk_model.config.risk import RiskConfig
from risk_model.loading import Progress
from risk_model.model_data import ModelData
from spatial.blocks import SERIAL, BlockMap
from spatial.errors import HotspotsError
from spatial.local_tests import FEWEST_AREAS

__all__ = ["FORCE_COLUMNS", "ForceComparison", "ForcesBacktest", "backtest_forces"]

FORCE_COLUMNS = ("force", "areas", "outcome", "method", "share", "events", "capture", "pei")
_STAGE = 823  # of the spawn key, so that no other stage shares these draws
_LEVEL = 0.975

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ForceComparison:
    """One method against a baseline over forces, in a tenth of each force.

    Attributes
    ----------
    outcome, method, baseline, by, forces
        Of what, which two, a tenth of what (number, area or population), over how many forces.
    ours, theirs
        Mean over forces of the share caught.
    difference, lo, hi
        Mean of the paired differences and its 95 % interval by Student's t.
    boot_lo, boot_hi
        The same interval by bootstrap over forces.
    gain, gain_lo, gain_hi
        ours / theirs - 1, with its interval by bootstrap over forces.
    """

    outcome: str
    method: str
    baseline: str
    by: str
    forces: int
    ours: float
    theirs: float
    difference: float
    lo: float
    hi: float
    boot_lo: float
    boot_hi: float
    gain: float
    gain_lo: float
    gain_hi: float


@dataclass(frozen=True, slots=True, eq=False)
class ForcesBacktest:
    """What the methods would have caught in each force.

    Attributes
    ----------
    table
        Means over forces, one row an outcome, method, budget and share; the intervals are by
        bootstrap over forces, and `origins` counts forces.
    forces
        One row a force, outcome, method and share of the number of areas.
    comparisons
        Paired over forces.
    origin
        When areas were chosen, or None where no month allowed it.
    notes
        Forces that take no part, and why.
    """

    table: pd.DataFrame
    forces: pd.DataFrame
    comparisons: tuple[ForceComparison, ...]
    origin: Origin | None
    notes: tuple[str, ...]


def backtest_forces(
    data: ModelData,
    config: RiskConfig,
    harm: HarmWeights,
    *,
    force_of: NDArray[np.str_],
    window: int,
    horizon: int,
    forecaster: Forecaster | None = None,
    resamples: int = 9_999,
    progress: Progress | None = None,
    blocks: BlockMap = SERIAL,
) -> ForcesBacktest:
    """Choose and judge in each force by itself at the last origin, then compare over forces.

    A force takes part with 30 areas or more and data for every month, known or to come, that any
    force has. Scores and forecast are made within the force, as by a run of it without a ring; the
    forecast is shown as well as it is when all areas together teach it. All from the months that
    are known.

    Parameters
    ----------
    force_of
        n names of police forces; empty where not known.
    resamples
        Draws of the bootstrap over forces.
    blocks
        Where forces are judged; it makes no difference to the result.
    """
    origins = rolling_origins(data, window=window, horizon=horizon)
    if not origins:
        reason = "nothing to back-test: no month with data is followed by another"
        blank = pd.DataFrame(columns=list(BACKTEST_COLUMNS))
        return ForcesBacktest(blank, pd.DataFrame(columns=list(FORCE_COLUMNS)), (), None, (reason,))
    origin = origins[-1]
    notes: list[str] = []
    later = [month for month in origin.later if month in data.months]
    forecast = _forecast(data, origin, len(later), forecaster, notes)
    # A month that no force supplied is a gap for all, and sets none apart.
    held = np.atleast_1d(data.covered[data.in_study].any(axis=0))
    known = [at for month in origin.known if held[at := data.months.index(month)]]
    after = [at for month in later if held[at := data.months.index(month)]]
    taking_part: dict[str, NDArray[np.bool_]] = {}
    for force in sorted(set(force_of[data.in_study].tolist()) - {""}):
        areas = data.in_study & (force_of == force)
        if not data.covered[areas][:, known].any(axis=0).all():
            notes.append(f"{force}: a month up to {origin.at} is not supplied")
        elif not data.covered[areas][:, after].any(axis=0).all():
            notes.append(f"{force}: a month after {origin.at} is not supplied")
        elif areas.sum() < FEWEST_AREAS:
            notes.append(f"{force}: {int(areas.sum())} areas, and {FEWEST_AREAS} are needed")
        else:
            taking_part[force] = areas
    judged: dict[str, list[Judged]] = {}
    judge = partial(_judge, origin=origin, config=config, harm=harm, forecaster=forecaster)
    parts = (_part(data, areas, forecast) for areas in taking_part.values())
    results = iter(blocks.map(judge, parts))
    for force in taking_part:
        if progress is not None:
            progress(f"choosing in {force}")
        judged[force], said = next(results)
        notes += [f"{force}: {line}" for line in said]
    seed = config.uncertainty.seed
    pairs = [(score_name(key), other) for key in config.priorities for other in (PRIOR, ALL_CRIME)]
    pairs += [(own, other) for own in (FORECAST, FORECAST_ALL) for other in (PRIOR, ALL_CRIME)]
    pairs.append((ALL_CRIME, PRIOR))
    return ForcesBacktest(
        table=_means(judged, resamples, seed),
        forces=_by_force(judged),
        comparisons=_compare(judged, pairs, resamples, seed),
        origin=origin,
        notes=tuple(notes),
    )


_Part = tuple[ModelData, Mapping[str, Mapping[str, Ranking]]]


def _part(data: ModelData, areas: NDArray[np.bool_], forecast: Mapping[str, FloatArray]) -> _Part:
    """Return the layers of one force, and the forecast that all areas taught."""
    own = {
        outcome: {FORECAST_ALL: Ranking(values[areas], values[areas])}
        for outcome, values in forecast.items()
    }
    return part_of(data, data.months, areas), own


def _judge(
    part: _Part,
    *,
    origin: Origin,
    config: RiskConfig,
    harm: HarmWeights,
    forecaster: Forecaster | None,
) -> tuple[list[Judged], list[str]]:
    data, rankings = part
    return judge_origin(
        data, origin, config, harm, forecaster=forecaster, resamples=0, seed=0, rankings=rankings
    )


def _forecast(
    data: ModelData,
    origin: Origin,
    months: int,
    forecaster: Forecaster | None,
    notes: list[str],
) -> dict[str, FloatArray]:
    """Return the forecast of every outcome, learned once from all areas."""
    try:
        found = forecast_rankings(part_of(data, origin.known), months, forecaster)
    except HotspotsError as error:
        notes.append(f"no forecast: {error}")
        return {}
    return {outcome: ranking.score for outcome, ranking in found.items()}


def _captures(judged: dict[str, list[Judged]]) -> dict[tuple[str, str], dict[str, FloatArray]]:
    """Return budgets by shares of capture, by outcome and method and then by force."""
    found: dict[tuple[str, str], dict[str, FloatArray]] = {}
    for force, parts in judged.items():
        for part in parts:
            if part.events > 0:
                for i, method in enumerate(part.methods):
                    shares = part.caught[i] / part.events
                    found.setdefault((part.outcome, method), {})[force] = shares
    return found


def _resampled(forces: int, resamples: int, seed: int, stage: int) -> NDArray[np.intp]:
    """Return resamples by forces of positions.

    Not in blocks: 9,999 draws of 40 forces take 2 ms, and every method has to meet the same ones.
    """
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(_STAGE, stage, forces)))
    return rng.integers(0, forces, size=(resamples, forces))


def _limits(draws: FloatArray) -> tuple[FloatArray, FloatArray]:
    low, high = np.quantile(draws, (1 - _LEVEL, _LEVEL), axis=0)
    return np.asarray(low), np.asarray(high)


def _means(judged: dict[str, list[Judged]], resamples: int, seed: int) -> pd.DataFrame:
    rows = []
    for (outcome, method), captures in _captures(judged).items():
        parts = [part for force in captures for part in judged[force] if part.outcome == outcome]
        at = [part.methods.index(method) for part in parts]
        capture = np.stack(list(captures.values()))
        land = np.stack([part.land[i] for part, i in zip(parts, at, strict=True)])
        best = np.stack([part.caught[-1] for part in parts])
        caught = np.stack([part.caught[i] for part, i in zip(parts, at, strict=True)])
        expected = np.stack([part.expected[i] for part, i in zip(parts, at, strict=True)])
        drawn = _resampled(len(parts), resamples, seed, 0)
        with np.errstate(divide="ignore", invalid="ignore"):
            pai = capture / land
            figures = (
                capture.mean(axis=0),
                *_limits(capture[drawn].mean(axis=1)),
                pai.mean(axis=0),
                *_limits(pai[drawn].mean(axis=1)),
                (caught / best).mean(axis=0),
                expected.sum(axis=0) / caught.sum(axis=0),
            )
        events = float(sum(part.events for part in parts))
        rows += method_rows(outcome, method, figures, len(parts), events)
    return pd.DataFrame(rows, columns=list(BACKTEST_COLUMNS))


def _by_force(judged: dict[str, list[Judged]]) -> pd.DataFrame:
    i = BUDGETS.index("number")
    rows = []
    for force, parts in judged.items():
        for part in parts:
            with np.errstate(divide="ignore", invalid="ignore"):
                capture = part.caught[:, i] / part.events
                pei = part.caught[:, i] / part.caught[-1, i]
            rows += [
                (
                    force,
                    part.areas,
                    part.outcome,
                    method,
                    share,
                    part.events,
                    float(capture[k, j]),
                    float(pei[k, j]),
                )
                for k, method in enumerate(part.methods)
                for j, share in enumerate(SHARES)
            ]
    return pd.DataFrame(rows, columns=list(FORCE_COLUMNS))


def _compare(
    judged: dict[str, list[Judged]],
    pairs: Sequence[tuple[str, str]],
    resamples: int,
    seed: int,
) -> tuple[ForceComparison, ...]:
    """Compare over the forces in which both methods said something; two are needed."""
    from scipy.stats import t  # noqa: PLC0415 - 0.3 s to import

    j = SHARES.index(COMPARED_AT)
    captures = _captures(judged)
    found = []
    for outcome in dict.fromkeys(outcome for outcome, _ in captures):
        for (method, baseline), (i, by) in product(pairs, enumerate(BUDGETS)):
            mine = captures.get((outcome, method), {})
            other = captures.get((outcome, baseline), {})
            both = [force for force in mine if force in other]
            if len(both) < 2:
                continue
            one = np.array([mine[force][i, j] for force in both])
            two = np.array([other[force][i, j] for force in both])
            gap = one - two
            reach = float(t.ppf(_LEVEL, len(gap) - 1) * gap.std(ddof=1) / np.sqrt(len(gap)))
            drawn = _resampled(len(gap), resamples, seed, 0)
            boot_lo, boot_hi = _limits(gap[drawn].mean(axis=1))
            with np.errstate(divide="ignore", invalid="ignore"):
                gain = one.mean() / two.mean() - 1
                gain_lo, gain_hi = _limits(one[drawn].mean(axis=1) / two[drawn].mean(axis=1) - 1)
            mean = float(gap.mean())
            found.append(
                ForceComparison(
                    outcome=outcome,
                    method=method,
                    baseline=baseline,
                    by=by,
                    forces=len(gap),
                    ours=float(one.mean()),
                    theirs=float(two.mean()),
                    difference=mean,
                    lo=mean - reach,
                    hi=mean + reach,
                    boot_lo=float(boot_lo),
                    boot_hi=float(boot_hi),
                    gain=float(gain),
                    gain_lo=float(gain_lo),
                    gain_hi=float(gain_hi),
                )
            )
    return tuple(found)
