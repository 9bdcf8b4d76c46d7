"""How concentrated events are, and how well a choice of areas catches later ones."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt

from spatial.blocks import SERIAL, BlockMap
from spatial.errors import StatisticsError

__all__ = ["Coverage", "Gini", "coverage", "gini", "lorenz"]

FloatArray = npt.NDArray[np.float64]

_AT_ONCE = 4_000_000
"""Counts of chance maps held at a time, to bound memory."""

_BLOCK = 50
"""Chance maps made from one generator. Part of the result: another size gives other maps."""


@dataclass(frozen=True, slots=True, eq=False)
class Coverage:
    """What the first k areas of a ranking cover, k = 1..n; arrays have shape (n,).

    Areas that share a place in the ranking are taken as in random order, and each figure is its
    expected value: whole numbers tie often, and any fixed rule favours or punishes them.

    Attributes
    ----------
    areas
        k / n, share of the number of areas.
    area, population
        Share of the land and of the people; `population` is None where none was given. All three
        are needed: one village area can be larger than a whole town.
    events
        Share of the observed events.
    pai
        Predictive accuracy index, share of events over share of land (Chainey et al. 2008).
    pei
        Predictive efficiency index, events caught over the most that the same amount of land could
        have caught, at most 1 (Hunt 2016).
    rri
        Recapture rate index, predicted over observed events of the areas chosen; None where the
        prediction is not in events.
    """

    areas: FloatArray
    area: FloatArray
    population: FloatArray | None
    events: FloatArray
    pai: FloatArray
    pei: FloatArray
    rri: FloatArray | None


@dataclass(frozen=True, slots=True)
class Gini:
    """Inequality of events between areas, beside what chance alone gives.

    Attributes
    ----------
    value
        0 where risk is even, towards 1 where one area holds all; NaN without events.
    chance
        Mean Gini where the same number of events falls by chance at equal risk: above 0, and high
        where events are few.
    excess
        value - chance: what there is to explain.
    chance_hi
        95 % of chance maps have a Gini at or below this.
    """

    value: float
    chance: float
    excess: float
    chance_hi: float


def coverage(
    predicted: npt.ArrayLike,
    observed: npt.ArrayLike,
    area_km2: npt.ArrayLike,
    *,
    population: npt.ArrayLike | None = None,
    in_events: bool = False,
) -> Coverage:
    """Follow a ranking of areas from its top and say what each cut covers.

    Parameters
    ----------
    predicted
        Score of each area, shape (n,), finite; higher is chosen earlier.
    observed
        Events to be caught, shape (n,), 0 or more, and not from the data that made the score.
    area_km2
        Land of each area in km2, shape (n,), above 0.
    population
        People, shape (n,), 0 or more.
    in_events
        The prediction is a number of events for the same span, so that RRI has a meaning.

    Raises
    ------
    StatisticsError
        Where an array has another length, or a value is missing or out of range.
    """
    score = _column(predicted, "predicted", lowest=-np.inf)
    events = _column(observed, "observed", n=score.size)
    land = _column(area_km2, "area_km2", n=score.size)
    if np.any(land == 0):
        raise StatisticsError(f"area_km2: row {int(np.flatnonzero(land == 0)[0])} is 0")
    people = None if population is None else _column(population, "population", n=score.size)
    # Equal scores make one group; within it every figure rises by its mean.
    _, group = np.unique(-score, return_inverse=True)
    order = np.argsort(group, kind="stable")
    size = np.bincount(group)

    def expected(values: FloatArray) -> FloatArray:
        mean = np.bincount(group, weights=values) / size
        return np.cumsum(mean[group[order]])

    caught, covered = expected(events), expected(land)
    rri = None
    with np.errstate(divide="ignore", invalid="ignore"):
        if in_events:
            rri = expected(score) / caught
        event_share, land_share = caught / events.sum(), covered / land.sum()
        pei = caught / _most(events, land, covered)
        pai = event_share / land_share
        people_share = None if people is None else expected(people) / people.sum()
    areas = np.arange(1, score.size + 1) / score.size
    return Coverage(areas, land_share, people_share, event_share, pai, pei, rri)


def _most(events: FloatArray, land: FloatArray, covered: FloatArray) -> FloatArray:
    """Return the most events that each amount of land could hold: the densest areas first.

    The last area counts in part, so this is a bound that no choice of whole areas can pass.
    """
    order = np.argsort(-events / land, kind="stable")
    reached = np.concatenate([[0.0], np.cumsum(land[order])])
    held = np.concatenate([[0.0], np.cumsum(events[order])])
    return np.asarray(np.interp(covered, reached, held), dtype=np.float64)


def lorenz(
    events: npt.ArrayLike, exposure: npt.ArrayLike | None = None
) -> tuple[FloatArray, FloatArray]:
    """Return the Lorenz curve: shares of exposure and of events, lowest rate first, from 0 to 1.

    Parameters
    ----------
    events
        Shape (n,), 0 or more.
    exposure
        People, land or time that was at risk, shape (n,), 0 or more; areas of 0 are left out. By
        default every area counts the same.

    Returns
    -------
    tuple of numpy.ndarray
        Shape (m + 1,) each, m the areas with exposure; NaN shares of events where there are none.
    """
    counts, base = _events_and_exposure(events, exposure)
    x, y = _curves(counts[np.newaxis], base)
    return x[0], y[0]


def gini(
    events: npt.ArrayLike,
    exposure: npt.ArrayLike | None = None,
    *,
    seed: np.random.SeedSequence,
    simulations: int = 499,
    blocks: BlockMap = SERIAL,
) -> Gini:
    """Measure inequality and set it against chance.

    With fewer events than areas some areas must stay empty, so the Gini is above 0 even where
    risk is even (the fault that Bernasco and Steenbeek 2017 describe). The baseline drops the same
    number of events on the areas by chance, each area by its exposure (Poisson counts given their
    sum).

    Parameters
    ----------
    events, exposure
        As for `lorenz`; events are whole numbers.
    seed
        Of the chance maps: every 50 come from this sequence with their block's number added to its
        key.
    simulations
        Chance maps, at least 1.
    blocks
        Where blocks of chance maps are measured; it makes no difference to the result.

    Raises
    ------
    StatisticsError
        Where a count is not a whole number, naming its row, or `simulations` is below 1.
    """
    if simulations < 1:
        raise StatisticsError(f"simulations: {simulations} is below 1")
    counts, base = _events_and_exposure(events, exposure)
    if np.any(counts != np.floor(counts)):
        row = int(np.flatnonzero(counts != np.floor(counts))[0])
        raise StatisticsError(f"events: row {row} is {counts[row]}; expected a whole number")
    total = int(counts.sum())
    if total == 0 or base.size == 0:
        return Gini(np.nan, np.nan, np.nan, np.nan)
    value = float(_gini(counts[np.newaxis], base)[0])
    measure = partial(_chance_block, total=total, base=base, simulations=simulations, seed=seed)
    chance = np.concatenate(list(blocks.map(measure, range(-(-simulations // _BLOCK)))))
    mean = float(chance.mean())
    return Gini(value, mean, value - mean, float(np.quantile(chance, 0.95)))


def _chance_block(
    block: int, *, total: int, base: FloatArray, simulations: int, seed: np.random.SeedSequence
) -> FloatArray:
    """Return the Ginis of one block of chance maps."""
    key = (*seed.spawn_key, block)
    rng = np.random.default_rng(np.random.SeedSequence(seed.entropy, spawn_key=key))
    maps = min(_BLOCK, simulations - block * _BLOCK)
    share, step = base / base.sum(), max(1, _AT_ONCE // base.size)
    return np.concatenate(
        [
            _gini(rng.multinomial(total, share, min(step, maps - done)).astype(np.float64), base)
            for done in range(0, maps, step)
        ]
    )


def _gini(counts: FloatArray, base: FloatArray) -> FloatArray:
    """Return twice the area between the diagonal and each map's Lorenz curve."""
    x, y = _curves(counts, base)
    twice: FloatArray = (np.diff(x) * (y[:, 1:] + y[:, :-1])).sum(axis=1)
    return 1.0 - twice


def _curves(counts: FloatArray, base: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return Lorenz curves of maps, shape (maps, n) in and (maps, n + 1) out."""
    order = np.argsort(counts / base, axis=1, kind="stable")
    x = np.cumsum(np.broadcast_to(base, counts.shape)[np.arange(len(counts))[:, None], order], 1)
    y = np.cumsum(np.take_along_axis(counts, order, axis=1), axis=1)
    start = np.zeros((len(counts), 1))
    with np.errstate(invalid="ignore"):
        return np.hstack([start, x / base.sum()]), np.hstack([start, y / y[:, -1:]])


def _events_and_exposure(
    events: npt.ArrayLike, exposure: npt.ArrayLike | None
) -> tuple[FloatArray, FloatArray]:
    counts = _column(events, "events")
    if exposure is None:
        return counts, np.ones(counts.size)
    base = _column(exposure, "exposure", n=counts.size)
    return counts[base > 0], base[base > 0]


def _column(
    values: npt.ArrayLike, name: str, *, n: int | None = None, lowest: float = 0.0
) -> FloatArray:
    """Check one value an area."""
    column = np.asarray(values, dtype=np.float64)
    if column.ndim != 1 or (n is not None and column.size != n):
        raise StatisticsError(f"{name}: shape {column.shape}; expected one value an area")
    bad = np.flatnonzero(~np.isfinite(column) | (column < lowest))
    if bad.size:
        what = "a number" if np.isinf(lowest) else f"{lowest:g} or more"
        raise StatisticsError(f"{name}: row {bad[0]} is {column[bad[0]]}; expected {what}")
    return column
