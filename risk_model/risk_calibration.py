"""How often risks, intervals and ranks that a run states are true, on counts whose truth is known.

`spatial.calibration` asks the same of the tests for clusters. Counts are made up area by area and
month by month, so the truth is known, and go through `smooth` and `joint_draws` as a run's do.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from risk_model.indicators import IndicatorValue, Stream
from risk_model.layers.crime import Exposure
from risk_model.layers.small_area import Group, Smoothed, smooth
from risk_model.normalise import normalise_draws
from risk_model.ranking import highest_first
from risk_model.uncertainty import DrawPlan, RankDraws, Weighted, joint_draws
from spatial.blocks import SERIAL, BlockMap
from spatial.calibration import Share, map_seeds, share_of
from spatial.errors import StatisticsError
from spatial.smoothing import fit_gamma_poisson, posterior

__all__ = ["Claim", "RiskCheck", "check_risks"]

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

_RISK_STAGE = 803
"""Spawn key of counts with known risks."""

_STREAM: Stream = ("made up", ())
_LIST = 10
_RATIO, _LIKELY, _SURE, _ENOUGH = 1.5, 0.5, 0.8, 5
_APART = 0.05
_FEWEST = 2 * _LIST


@dataclass(frozen=True, slots=True)
class Claim:
    """What is stated of the areas that a claim is made of, beside how often it is true of them.

    Attributes
    ----------
    per_map
        Areas a map of which it is claimed.
    stated
        Mean of the stated chance over those areas of all maps; NaN without any.
    true
        Share of them of which it is true.
    standard_error
        Of `true`, as of a ratio of two totals over independent maps.
    """

    per_map: float
    stated: float
    true: float
    standard_error: float


@dataclass(frozen=True, slots=True)
class RiskCheck:
    """How far what is said of risks holds, over maps of one kind.

    Attributes
    ----------
    events_per_area, phi, alpha
        What the maps were made with: see `check_risks`.
    divided
        Whether the spread of risks was fitted to counts divided by phi, as a run does.
    phi_found
        Mean of the dispersion that was estimated.
    flat
        Share of the maps on which no spread was found: every risk is 1 there and a run says so.
        They are left out of what follows.
    interval
        Share of areas whose 95 % interval of relative risk holds the truth.
    error
        Mean squared error of the posterior mean.
    likely
        Areas with P(RR > 1.5) of .5 or more.
    strand
        Those that the strand `excess_risk` takes by default: .8 or more, with five events or more.
    ranks
        Share of areas whose rank range (5 % to 95 % of the draws) holds the true rank.
    listed
        The ten areas of the list, and the chance that they belong to the true ten.
    above
        Areas below the list that cannot be told apart from it, and the chance that their risk is
        above that of its last area.
    draws
        Joint draws of each map.
    """

    events_per_area: float
    phi: float
    alpha: float
    divided: bool
    phi_found: float
    flat: Share
    interval: Share
    error: Share
    likely: Claim
    strand: Claim
    ranks: Share
    listed: Claim
    above: Claim
    draws: int


class _Said(NamedTuple):
    """Areas of one map of which something is said: how many, their chances, how many true."""

    areas: int
    stated: float
    true: int


class _RiskMap(NamedTuple):
    phi: float
    spread: bool
    interval: float
    error: float
    likely: _Said
    strand: _Said
    ranks: float
    listed: _Said
    above: _Said


def check_risks(
    population: npt.ArrayLike,
    *,
    seed: np.random.SeedSequence,
    events_per_area: float,
    phi: float = 1.0,
    alpha: float = 4.0,
    months: int = 12,
    divided: bool = True,
    maps: int = 200,
    draws: int = 200,
    blocks: BlockMap = SERIAL,
) -> RiskCheck:
    """Make up counts of known relative risks, and hold against them what a run would say.

    Risks are Gamma(alpha, alpha), so their mean is 1 and their variance 1/alpha. Each month of an
    area has a negative binomial count with mean risk x expected and variance phi times that.

    Parameters
    ----------
    population
        People of each area, shape (n,), above 0; at least 20 areas.
    seed
        Map m comes from this sequence with (stage, m) added to its key.
    events_per_area
        Mean events of an area over all months.
    phi
        Dispersion of monthly counts, 1 or more; 1 is Poisson.
    alpha
        Of the risks, above 0: 4 is a standard deviation of .5, 20 of .22.
    months
        Months with data, 2 or more.
    divided
        False fits the spread of risks to counts that are not divided by the dispersion found.
    maps
        Number of maps, at least 2.
    draws
        Joint draws of each map.
    blocks
        Where maps are computed; it makes no difference to the result.

    Raises
    ------
    StatisticsError
        For settings out of range, or a map without an event.
    """
    people = np.asarray(population, dtype=np.float64)
    _check(people, events_per_area=events_per_area, phi=phi, alpha=alpha, months=months, maps=maps)
    test = partial(
        _risk_map,
        expected=people * (events_per_area * people.size / people.sum()),
        phi=phi,
        alpha=alpha,
        months=months,
        divided=divided,
        draws=draws,
    )
    every = list(blocks.map(test, map_seeds(seed, _RISK_STAGE, maps)))
    found = [one for one in every if one.spread]
    if len(found) < 2:
        raise StatisticsError(
            f"alpha: {alpha:g} with {events_per_area:g} events an area shows a spread of risks on "
            f"{len(found)} of {maps} maps; give more events, more maps or a lower alpha"
        )
    return RiskCheck(
        events_per_area=events_per_area,
        phi=phi,
        alpha=alpha,
        divided=divided,
        phi_found=float(np.mean([one.phi for one in every])),
        flat=share_of([float(not one.spread) for one in every]),
        interval=share_of([one.interval for one in found]),
        error=share_of([one.error for one in found]),
        likely=_claim([one.likely for one in found]),
        strand=_claim([one.strand for one in found]),
        ranks=share_of([one.ranks for one in found]),
        listed=_claim([one.listed for one in found]),
        above=_claim([one.above for one in found]),
        draws=draws,
    )


def _risk_map(
    seed: np.random.SeedSequence,
    *,
    expected: FloatArray,
    phi: float,
    alpha: float,
    months: int,
    divided: bool,
    draws: int,
) -> _RiskMap:
    """Make one map and hold what is said of it against its truth."""
    rng = np.random.default_rng(seed)
    n = expected.size
    risk = rng.standard_gamma(alpha, n) / alpha
    mean = np.repeat((risk * expected)[:, None] / months, months, axis=1)
    if phi > 1.0:
        mean = rng.standard_gamma(mean / (phi - 1.0)) * (phi - 1.0)
    events = rng.poisson(mean).astype(np.float64)
    if not events.any():
        raise StatisticsError("events_per_area: a map has no event; give more events or areas")
    draw_seed = int(rng.integers(2**63))
    everywhere = np.ones(n, dtype=bool)
    smoothed = smooth(
        events,
        Exposure(np.repeat(expected[:, None] / months, months, axis=1), 1.0, "made up"),
        in_study=everywhere,
        covered=np.ones(events.shape, dtype=bool),
    )
    if not divided:
        smoothed = _undivided(smoothed)
    # The usual risk is that of all events, so risks have an expected-weighted mean of 1.
    truth = risk * expected.sum() / (risk * expected).sum()
    spread = smoothed.groups[0].fit.spread
    if not spread:
        nothing = _Said(0, 0.0, 0)
        return _RiskMap(
            smoothed.phi, spread, np.nan, np.nan, nothing, nothing, np.nan, nothing, nothing
        )
    order = np.argsort(-smoothed.mean, kind="stable")
    on = np.zeros(n, dtype=bool)
    on[order[:_LIST]] = True
    last = int(order[_LIST - 1])
    ranks = _ranks_of(smoothed, last=last, draws=draws, seed=draw_seed)
    true_rank = highest_first(truth[None])[0][0]
    high = truth > _RATIO
    sure = (smoothed.p_gt_1_5 >= _SURE) & (smoothed.events >= _ENOUGH)
    near = ~on & (ranks.p_above_cut >= _APART)
    return _RiskMap(
        smoothed.phi,
        spread,
        float(((smoothed.lo <= truth) & (truth <= smoothed.hi)).mean()),
        float(((smoothed.mean - truth) ** 2).mean()),
        _said(smoothed.p_gt_1_5 >= _LIKELY, smoothed.p_gt_1_5, high),
        _said(sure, smoothed.p_gt_1_5, high),
        float(((ranks.rank_lo <= true_rank) & (true_rank <= ranks.rank_hi)).mean()),
        _said(on, ranks.p_top, true_rank <= _LIST),
        _said(near, ranks.p_above_cut, truth > truth[last]),
    )


def _undivided(smoothed: Smoothed) -> Smoothed:
    """Return the same counts with the spread of risks fitted to them as they are."""
    fit = fit_gamma_poisson(smoothed.events, smoothed.expected)
    risk = posterior(smoothed.events, smoothed.expected, fit, phi=smoothed.phi)
    return replace(
        smoothed,
        mean=risk.mean,
        lo=risk.lo,
        hi=risk.hi,
        p_gt_1=risk.p_gt_1,
        p_gt_1_5=risk.p_gt_1_5,
        groups=(Group(smoothed.groups[0].members, fit, 1.0),),
    )


def _ranks_of(smoothed: Smoothed, *, last: int, draws: int, seed: int) -> RankDraws:
    """Rank the areas by this one risk in joint draws, as a priority of one indicator is."""
    n = smoothed.mean.size
    indicator = IndicatorValue(
        "event_rate", "relative risk", smoothed.mean, parts=((_STREAM, np.ones(n)),)
    )
    shares = normalise_draws(smoothed.mean[None], "rank", lower_is_worse=False)[0]
    plan = DrawPlan(
        name="made up",
        parts=(Weighted(indicator, 1.0, "rank", lower_is_worse=False, normalised=shares),),
        scored=np.ones(n, dtype=bool),
        groups=np.full(n, "all"),
        aggregate="arithmetic",
        size=_LIST,
        last=np.full(n, last),
    )
    return joint_draws([plan], {_STREAM: smoothed}, draws=draws, weights=0.0, seed=seed)[0]


def _said(where: BoolArray, chance: FloatArray, true: BoolArray) -> _Said:
    return _Said(int(where.sum()), float(chance[where].sum()), int(true[where].sum()))


def _claim(said: list[_Said]) -> Claim:
    """Add up what is said on single maps."""
    areas = np.array([one.areas for one in said], dtype=np.float64)
    true = np.array([one.true for one in said], dtype=np.float64)
    total = float(areas.sum())
    if not total:
        return Claim(0.0, np.nan, np.nan, np.nan)
    share = float(true.sum()) / total
    beside = true - share * areas
    spread = float(np.sqrt((beside**2).sum() * len(said) / (len(said) - 1))) / total
    return Claim(total / len(said), sum(s.stated for s in said) / total, share, spread)


def _check(
    people: FloatArray,
    *,
    events_per_area: float,
    phi: float,
    alpha: float,
    months: int,
    maps: int,
) -> None:
    if people.ndim != 1 or people.size < _FEWEST:
        raise StatisticsError(
            f"population: shape {people.shape}; give one value an area, {_FEWEST} or more"
        )
    bad = np.flatnonzero(~(np.isfinite(people) & (people > 0)))
    if bad.size:
        raise StatisticsError(f"population: row {bad[0]} is {people[bad[0]]}; expected above 0")
    for name, value, least in (("phi", phi, 1.0), ("months", months, 2), ("maps", maps, 2)):
        if not value >= least or not np.isfinite(value):
            raise StatisticsError(f"{name}: {value} is not a number of {least:g} or more")
    for name, value in (("events_per_area", events_per_area), ("alpha", alpha)):
        if not value > 0 or not np.isfinite(value):
            raise StatisticsError(f"{name}: {value} is not a number above 0")
