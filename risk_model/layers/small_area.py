"""Risks of small areas shrunk towards the group they belong to, with what that leaves unsure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from risk_model.kept import Kept, bits
from risk_model.layers.crime import Exposure, expected_by_month
from spatial.errors import StatisticsError
from spatial.gamma_draws import GammaBase, standard_gamma
from spatial.local_smoothing import marshall_local
from spatial.smoothing import (
    GammaPoisson,
    dispersion,
    fit_gamma_poisson,
    marshall,
    posterior,
    posterior_gamma,
    posterior_mean,
)
from spatial.weights import Neighbours

__all__ = ["Group", "Smoothed", "exceedance", "persistence_by_month", "shrunken_rate", "smooth"]

# Below this a group says too little about its own spread; it is shrunk with the study area.
_SMALLEST_GROUP = 20


_KEPT_CELLS = 20_000
"""Area-months up to which a smoothed stream is kept: every county, not the whole country."""


@dataclass(frozen=True, slots=True)
class Group:
    """Areas that are shrunk towards one another.

    Attributes
    ----------
    members
        Positions of the areas.
    fit
        The prior of relative risk within the group, fitted to its study areas.
    level
        Events over expected events of the group: 1 for the whole study area. Risks are shrunk
        towards this, also where the group has no spread of its own.
    """

    members: NDArray[np.intp]
    fit: GammaPoisson
    level: float


@dataclass(frozen=True, slots=True, eq=False)
class Smoothed:
    """The gamma-Poisson relative risk of one stream of events over all areas.

    Two are the same only where they are one object: what was computed from one can be kept by it.

    Attributes
    ----------
    events, expected
        n values over covered months; `expected` is NaN where a rate is not calculable.
    base_rate
        Events per unit of exposure per year over the study area.
    mean, lo, hi, p_gt_1, p_gt_1_5
        Posterior of the relative risk: mean, 95 % interval, exceedance probabilities.
    groups
        Areas that were shrunk towards one another.
    phi
        Dispersion of the area-by-month counts, 1 or more.
    """

    events: NDArray[np.float64]
    expected: NDArray[np.float64]
    base_rate: float
    mean: NDArray[np.float64]
    lo: NDArray[np.float64]
    hi: NDArray[np.float64]
    p_gt_1: NDArray[np.float64]
    p_gt_1_5: NDArray[np.float64]
    groups: tuple[Group, ...]
    phi: float

    def draw(
        self, base: GammaBase, rng: np.random.Generator, *, among: NDArray[np.bool_]
    ) -> NDArray[np.float64]:
        """Return draws by areas of the relative risk for the areas `among`; NaN where unknown.

        `base` has a column for each of these areas; it and `rng` are what the draws are made from.
        """
        n = self.expected.size
        fixed = np.where(np.isnan(self.expected), np.nan, self.mean)
        shape, scale = np.ones(n), np.full(n, np.nan)
        for group in self.groups:
            kept = group.members[among[group.members]]
            own, rate, known = posterior_gamma(
                self.events[kept], group.level * self.expected[kept], group.fit, self.phi
            )
            if group.fit.spread:
                shape[kept] = own
                scale[kept] = np.where(known, group.level / np.where(known, rate, 1.0), np.nan)
                fixed[kept] = np.nan
            else:
                fixed[kept] = np.where(known, group.level, np.nan)
        drawn = standard_gamma(shape[among], base, rng)
        drawn *= scale[among]
        undrawn = np.isnan(scale[among])
        if undrawn.any():
            drawn[:, undrawn] = fixed[among][undrawn]
        return drawn


_KEPT: Kept[Smoothed] = Kept(64)


def smooth(
    events: NDArray[np.float64],
    exposed: Exposure,
    *,
    in_study: NDArray[np.bool_],
    covered: NDArray[np.bool_],
    stratum: NDArray[np.str_] | None = None,
    intervals: bool = True,
) -> Smoothed:
    """Return the gamma-Poisson relative risk of every area, as `_smooth` computes it.

    A stream of a few thousand areas whose counts, denominator and groups are those of an earlier
    call has the answer of that call: a change of weights leaves every stream as it was.
    """

    def work() -> Smoothed:
        return _smooth(
            events, exposed, in_study=in_study, covered=covered, stratum=stratum,
            intervals=intervals,
        )  # fmt: skip

    if events.size > _KEPT_CELLS:
        return work()
    arrays = (events, exposed.total, exposed.monthly, in_study, covered, stratum)
    return _KEPT.get((bits(*arrays), intervals), work)


def _smooth(
    events: NDArray[np.float64],
    exposed: Exposure,
    *,
    in_study: NDArray[np.bool_],
    covered: NDArray[np.bool_],
    stratum: NDArray[np.str_] | None,
    intervals: bool,
) -> Smoothed:
    """Return the gamma-Poisson relative risk of every area.

    Parameters
    ----------
    events
        n by m events.
    exposed
        The denominator.
    in_study
        The prior is fitted to the study area; ring areas borrow from it.
    covered
        n by m months with data.
    stratum
        Shrink within these groups; None shrinks all towards the study area. A group of fewer
        than 20 study areas is shrunk towards the study area.
    intervals
        Whether `lo`, `hi` and the exceedance probabilities are wanted: most of the work. They are
        NaN without.

    Notes
    -----
    Clayton and Kaldor (1987), with prior and posterior of counts divided by the dispersion of the
    months.
    """
    total = exposed.total
    monthly = expected_by_month(events, exposed.monthly, in_study)
    expected = np.where(np.isnan(total), np.nan, np.nansum(monthly, axis=1))
    counts = events.sum(axis=1)
    known = ~np.isnan(expected)
    base = in_study & known
    exposure_sum = float(total[base].sum())
    base_rate = float(counts[base].sum()) / exposure_sum if exposure_sum > 0 else float("nan")
    usable = known & (expected > 0)
    fitted = usable & in_study
    flat = np.where(known, 1.0, np.nan)
    chance = np.where(known, 0.0, np.nan)
    out = {"mean": flat.copy(), "lo": flat.copy(), "hi": flat.copy()}
    out |= {"p_gt_1": chance.copy(), "p_gt_1_5": chance.copy()}
    if not intervals:
        for name in ("lo", "hi", "p_gt_1", "p_gt_1_5"):
            out[name][:] = np.nan
    groups: list[Group] = []
    phi = 1.0
    if fitted.sum() >= 2:
        phi = float(dispersion(events[fitted], covered[fitted]))
        for members, own, level in _shrinkage_groups(usable, fitted, stratum, counts, expected):
            fit = fit_gamma_poisson(counts[own], level * expected[own], phi=phi)
            if not intervals:
                out["mean"][members] = level * posterior_mean(
                    counts[members], level * expected[members], fit, phi=phi
                )
                groups.append(Group(members, fit, level))
                continue
            risk = posterior(counts[members], level * expected[members], fit, phi=phi)
            for name in ("mean", "lo", "hi"):
                out[name][members] = level * getattr(risk, name)
            for name, ratio in (("p_gt_1", 1.0), ("p_gt_1_5", 1.5)):
                out[name][members] = _exceedance(
                    counts[members], expected[members], fit, level, phi, ratio
                )
            groups.append(Group(members, fit, level))
    return Smoothed(
        events=counts,
        expected=expected,
        base_rate=base_rate,
        groups=tuple(groups),
        phi=phi,
        **out,
    )


def _shrinkage_groups(
    usable: NDArray[np.bool_],
    fitted: NDArray[np.bool_],
    stratum: NDArray[np.str_] | None,
    counts: NDArray[np.float64],
    expected: NDArray[np.float64],
) -> list[tuple[NDArray[np.intp], NDArray[np.intp], float]]:
    """Return the areas of each group, the study areas its prior is fitted to, and its level."""
    everyone = np.flatnonzero(fitted)
    if stratum is None:
        return [(np.flatnonzero(usable), everyone, 1.0)]
    groups = []
    rest = usable.copy()
    for name in np.unique(stratum[fitted]):
        own = np.flatnonzero(fitted & (stratum == name))
        total = float(counts[own].sum())
        if name != "" and len(own) >= _SMALLEST_GROUP and total > 0:
            level = total / float(expected[own].sum())
            groups.append((np.flatnonzero(usable & (stratum == name)), own, level))
            rest &= stratum != name
    if rest.any():
        groups.append((np.flatnonzero(rest), everyone, 1.0))
    return groups


def exceedance(smoothed: Smoothed, ratio: float) -> NDArray[np.float64]:
    """Return P(relative risk > ratio) of every area; NaN where not calculable."""
    out = np.where(np.isnan(smoothed.expected), np.nan, 0.0)
    for group in smoothed.groups:
        kept = group.members
        out[kept] = _exceedance(
            smoothed.events[kept],
            smoothed.expected[kept],
            group.fit,
            group.level,
            smoothed.phi,
            ratio,
        )
    return out


def _exceedance(
    events: NDArray[np.float64],
    expected: NDArray[np.float64],
    fit: GammaPoisson,
    level: float,
    phi: float,
    ratio: float,
) -> NDArray[np.float64]:
    """Return P(level * Gamma(O/phi + nu, level * E/phi + alpha) > ratio)."""
    from scipy.special import gammaincc  # noqa: PLC0415 - 0.3 s to import

    bar = ratio / level
    if not fit.spread:
        return np.full(events.shape, 1.0 if bar < 1 else 0.0)
    return np.asarray(
        gammaincc(events / phi + fit.nu, bar * (level * expected / phi + fit.alpha)),
        dtype=np.float64,
    )


def persistence_by_month(
    events: NDArray[np.float64],
    exposed: Exposure,
    smoothed: Smoothed,
    *,
    in_study: NDArray[np.bool_],
) -> NDArray[np.float64]:
    """Return n by m P(RR of the month > 1) from that month's events; NaN where not covered.

    Each month has the posterior Gamma(O_it/phi + nu, E_it/phi + alpha) with the prior of the
    whole period. Persistence is the mean over covered months: an area is persistent where month
    after month its own events place it above the study area.
    """
    expected = expected_by_month(events, exposed.monthly, in_study)
    live = exposed.monthly > 0
    # Outside every group each risk is taken as 1, so no month is above it.
    out = np.where(live, 0.0, np.nan)
    for group in smoothed.groups:
        block, kept = out[group.members], live[group.members]
        block[kept] = _exceedance(
            events[group.members][kept],
            expected[group.members][kept],
            group.fit,
            group.level,
            smoothed.phi,
            1.0,
        )
        out[group.members] = block
    return out


def shrunken_rate(
    smoothed: Smoothed,
    exposed: Exposure,
    *,
    smoothing: str = "gamma_poisson",
    neighbours: Neighbours | None = None,
) -> NDArray[np.float64]:
    """Return the smoothed rate of every area in the unit of `exposed`, NaN if not calculable.

    `gamma_poisson`: posterior mean relative risk times the study area's rate. `marshall`: global
    empirical Bayes rates within the same groups. `local_marshall`: each area shrunk towards itself
    and its neighbours of the same group; one without such a neighbour as `marshall` does.

    Parameters
    ----------
    neighbours
        The graph of all areas, for `local_marshall`.
    """
    if smoothing == "gamma_poisson" or not smoothed.groups:
        return smoothed.mean * smoothed.base_rate * exposed.per
    # Expected events over the base rate are exposure, put right for the months covered.
    base = smoothed.expected / smoothed.base_rate
    out = np.full(base.shape, np.nan)
    for group in smoothed.groups:
        kept = group.members
        out[kept] = marshall(smoothed.events[kept], base[kept])
        if smoothing == "local_marshall":
            if neighbours is None:
                raise StatisticsError("neighbours: local_marshall needs the graph of the areas")
            graph = neighbours.subset(neighbours.codes[i] for i in kept)
            local = marshall_local(smoothed.events[kept], base[kept], graph)
            own = local.areas > 1
            out[kept[own]] = local.rate[own]
    return out * exposed.per
