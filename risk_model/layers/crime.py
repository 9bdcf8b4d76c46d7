"""Recorded offences of a priority: counts, harm, exposure, expected counts, smoothed rates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from risk_model.config.harm import HarmWeights
from risk_model.config.priority import Priority
from risk_model.config.risk import RiskConfig
from risk_model.model_data import ModelData
from spatial.errors import ConfigError, Fault
from spatial.smoothing import (
    GammaPoisson,
    dispersion,
    draw_relative_risk,
    fit_gamma_poisson,
    marshall,
    posterior,
)

__all__ = [
    "Exposure",
    "Offence",
    "OffenceSet",
    "Smoothed",
    "count_cube",
    "exceedance",
    "expected_by_month",
    "exposure",
    "meets",
    "monthly_events",
    "months_above_expected",
    "offence_set",
    "persistence_by_month",
    "shrunken_rate",
    "smooth",
]

# Below this a group says too little about its own spread; it is shrunk with the study area.
_SMALLEST_GROUP = 20


@dataclass(frozen=True, slots=True)
class Offence:
    """One category with its weight and the attribute values that it is limited to."""

    category: str
    weight: float
    where: tuple[tuple[str, tuple[str, ...]], ...] = ()

    @property
    def stream(self) -> tuple[str, tuple[tuple[str, tuple[str, ...]], ...]]:
        """What is counted, whatever it weighs: the key of a smoothed rate."""
        return (self.category, self.where)


@dataclass(frozen=True, slots=True)
class OffenceSet:
    """The offences that a priority counts.

    Attributes
    ----------
    offences
        Those with a weight above 0, in the order of the categories.
    left_out
        Police-generated categories that the settings name but keep out of the drivers.
    """

    offences: tuple[Offence, ...]
    left_out: tuple[str, ...]

    @property
    def equal_weights(self) -> bool:
        """Whether every offence weighs the same, so that counts and harm tell one story."""
        return len({offence.weight for offence in self.offences}) <= 1

    @property
    def categories(self) -> tuple[str, ...]:
        """The categories that are counted."""
        return tuple(offence.category for offence in self.offences)


@dataclass(frozen=True, slots=True)
class Exposure:
    """How much an area could have suffered: the denominator of its rates.

    Attributes
    ----------
    monthly
        n by m person-years (or km2-years, or years); 0 in months that are not covered, NaN in
        every month where the rate is not calculable.
    per
        Rates are given per this many units of exposure.
    unit
        Words for the unit of a rate.
    """

    monthly: NDArray[np.float64]
    per: float
    unit: str

    @property
    def total(self) -> NDArray[np.float64]:
        """Exposure over the covered months, n values; NaN where a rate is not calculable."""
        total = self.monthly.sum(axis=1)
        return np.where(total > 0, total, np.nan)


@dataclass(frozen=True, slots=True)
class Smoothed:
    """The gamma-Poisson relative risk of one stream of events over all areas.

    Attributes
    ----------
    events, expected
        n values over covered months; `expected` is NaN where a rate is not calculable.
    base_rate
        Events per unit of exposure per year over the study area.
    mean, lo, hi, p_gt_1, p_gt_1_5
        Posterior of the relative risk: mean, 95 % interval, exceedance probabilities.
    groups
        Areas that were shrunk towards one another, with the prior that was fitted to them.
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
    groups: tuple[tuple[NDArray[np.intp], GammaPoisson], ...]
    phi: float

    def draw(
        self, draws: int, rng: np.random.Generator, *, among: NDArray[np.bool_]
    ) -> NDArray[np.float64]:
        """Return draws by areas of the relative risk for the areas `among`; NaN where unknown."""
        out = np.tile(np.where(np.isnan(self.expected), np.nan, self.mean), (draws, 1))
        for members, fit in self.groups:
            kept = members[among[members]]
            if len(kept):
                out[:, kept] = draw_relative_risk(
                    self.events[kept], self.expected[kept], fit, self.phi, draws, rng
                )
        return np.asarray(out[:, among], dtype=np.float64)


def count_cube(
    counts: pd.DataFrame,
    *,
    area_codes: Sequence[str],
    months: Sequence[str],
    categories: Sequence[str],
) -> NDArray[np.int64]:
    """Return areas by months by categories of events from long counts.

    Rows of other areas, months or categories are left out: the ledger accounts for them.
    """
    cube = np.zeros((len(area_codes), len(months), len(categories)), dtype=np.int64)
    i = pd.Index(area_codes).get_indexer(pd.Index(counts["area_code"]))
    t = pd.Index(months).get_indexer(pd.Index(counts["month"]))
    k = pd.Index(categories).get_indexer(pd.Index(counts["category"]))
    kept = (i >= 0) & (t >= 0) & (k >= 0)
    np.add.at(cube, (i[kept], t[kept], k[kept]), counts["n"].to_numpy()[kept].astype(np.int64))
    return cube


def offence_set(priority: Priority, config: RiskConfig, harm: HarmWeights) -> OffenceSet:
    """Return the offences that a priority counts, with their weights.

    `offences: harm` counts every category with a harm weight; a mapping counts the categories it
    names. Police-generated categories are kept out unless the settings make them drivers.

    Raises
    ------
    ConfigError
        Where no offence with a weight above 0 is left.
    """
    named: dict[str, object] = dict(
        harm.weights if isinstance(priority.offences, str) else priority.offences
    )
    kept: list[Offence] = []
    left_out: list[str] = []
    for category in sorted(named):
        weight, where = _weight_and_where(named[category])
        if weight <= 0:
            continue
        if (
            category in config.police_generated.categories
            and config.police_generated.use != "driver"
        ):
            left_out.append(category)
            continue
        kept.append(Offence(category, weight, where))
    if not kept:
        way_out = (
            f" once {', '.join(left_out)} (police_generated) are kept out; set "
            "police_generated.use: driver or name other offences"
            if left_out
            else "; give at least one a weight"
        )
        raise ConfigError(
            Fault(
                f"no offence with a weight above 0 is left{way_out}",
                field=f"{priority.title}: offences",
            )
        )
    return OffenceSet(tuple(kept), tuple(left_out))


def _weight_and_where(
    value: object,
) -> tuple[float, tuple[tuple[str, tuple[str, ...]], ...]]:
    """Return weight and filter of one offence, given as a number or as weight and where."""
    if isinstance(value, (int, float)):
        return float(value), ()
    filters = tuple(
        (name, _wanted_text(wanted))
        for name, wanted in sorted(dict(getattr(value, "where", None) or {}).items())
    )
    return float(getattr(value, "weight")), filters  # noqa: B009 - the settings own the class


def _wanted_text(wanted: object) -> tuple[str, ...]:
    """Return the values of a filter as the readers write them: yes and no, no capitals."""
    several = wanted if isinstance(wanted, (list, tuple)) else (wanted,)
    words = {True: "yes", False: "no"}
    return tuple(words[v] if isinstance(v, bool) else str(v).casefold() for v in several)


def meets(table: pd.DataFrame, offence: Offence) -> NDArray[np.bool_]:
    """Return which rows of counts or points belong to an offence, its filter included.

    A source without a column of the filter cannot show that its events qualify.
    """
    kept = np.asarray(table["category"].astype(str) == offence.category)
    for name, wanted in offence.where:
        if name not in table:
            return np.zeros(len(table), dtype=bool)
        kept = kept & table[name].astype(str).str.casefold().isin(wanted).to_numpy()
    return kept


def monthly_events(data: ModelData, offence: Offence) -> NDArray[np.float64]:
    """Return n by m events of one offence over covered months, its filter applied.

    Raises
    ------
    ConfigError
        Where the filter names an attribute that no incident source supplies.
    """
    covered = data.covered
    if not offence.where:
        if offence.category not in data.categories:
            return np.zeros(covered.shape)
        cube = data.counts[:, :, data.categories.index(offence.category)]
        return np.where(covered, cube, 0).astype(np.float64)
    table = data.attributes
    has = [] if table is None else [str(column) for column in table.columns]
    missing = [name for name, _ in offence.where if name not in has]
    if table is None or missing:
        known = sorted(set(has) - {"area_code", "month", "category", "n"})
        raise ConfigError(
            Fault(
                f"{offence.category} is limited by {', '.join(missing)}, which no incident source "
                f"supplies (supplied: {', '.join(known) or 'none'}); map the column in "
                "the inputs file or take the filter out",
                field="offences.where",
            )
        )
    cube = count_cube(
        table[meets(table, offence)],
        area_codes=data.area_codes,
        months=data.months,
        categories=(offence.category,),
    )
    return np.where(covered, cube[:, :, 0], 0).astype(np.float64)


def exposure(data: ModelData, denominator: str = "residents") -> Exposure:
    """Return the denominator that the settings ask for, by area and month.

    Raises
    ------
    ConfigError
        Where `workday` or `ambient` is asked for and no such table was supplied.
    """
    if denominator == "residents":
        base, per, unit = data.population, 1000.0, "per 1,000 residents per year"
    elif denominator == "area_km2":
        base, per, unit = data.area_km2, 1.0, "per km2 per year"
    elif denominator == "none":
        base, per, unit = np.ones(len(data.area_codes)), 1.0, "a year"
    else:
        supplied = data.denominators.get(denominator)
        if supplied is None:
            raise ConfigError(
                Fault(
                    f"{denominator!r} needs a table of that population; supply it under "
                    "denominators in the inputs file or use residents",
                    field="denominator",
                )
            )
        base, per, unit = supplied, 1000.0, f"per 1,000 {denominator} population per year"
    known = np.where(base > 0, base, np.nan)
    return Exposure(known[:, None] * data.covered / 12.0, per, unit)


def expected_by_month(
    events: NDArray[np.float64], exposed: NDArray[np.float64], in_study: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Return n by m expected events: exposure times the study area's rate of the month.

    The rate of each month is taken apart, so that an area covered only in summer is not compared
    with everyone's winter. Over the study areas expected events sum to the events of each month.
    """
    base = in_study[:, None] & ~np.isnan(exposed)
    o = np.where(base, events, 0.0).sum(axis=0)
    p = np.where(base, exposed, 0.0).sum(axis=0)
    rate = np.divide(o, p, out=np.zeros_like(o), where=p > 0)
    return np.asarray(exposed * rate)


def smooth(
    events: NDArray[np.float64],
    exposed: Exposure,
    *,
    in_study: NDArray[np.bool_],
    covered: NDArray[np.bool_],
    stratum: NDArray[np.str_] | None = None,
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

    Notes
    -----
    Clayton and Kaldor (1987), with the posterior widened by the dispersion of monthly counts.
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
    groups: list[tuple[NDArray[np.intp], GammaPoisson]] = []
    phi = 1.0
    if fitted.sum() >= 2:
        phi = dispersion(events[fitted], covered[fitted])
        for members in _shrinkage_groups(usable, fitted, stratum):
            own = members[fitted[members]]
            fit = fit_gamma_poisson(counts[own], expected[own])
            risk = posterior(counts[members], expected[members], fit, phi=phi)
            for name, values in out.items():
                values[members] = getattr(risk, name)
            groups.append((members, fit))
    return Smoothed(
        events=counts,
        expected=expected,
        base_rate=base_rate,
        groups=tuple(groups),
        phi=float(phi),
        **out,
    )


def _shrinkage_groups(
    usable: NDArray[np.bool_], fitted: NDArray[np.bool_], stratum: NDArray[np.str_] | None
) -> list[NDArray[np.intp]]:
    """Return the areas of each group; those of small groups go together."""
    if stratum is None:
        return [np.flatnonzero(usable)]
    large = [
        name
        for name in np.unique(stratum[fitted])
        if name != "" and (fitted & (stratum == name)).sum() >= _SMALLEST_GROUP
    ]
    groups = [np.flatnonzero(usable & (stratum == name)) for name in large]
    rest = usable & ~np.isin(stratum, large)
    if not rest.any():
        return groups
    if (fitted & rest).sum() >= 2:
        return [*groups, np.flatnonzero(rest)]
    return [np.flatnonzero(usable)]


def exceedance(smoothed: Smoothed, ratio: float) -> NDArray[np.float64]:
    """Return P(relative risk > ratio) of every area; NaN where not calculable."""
    out = np.where(np.isnan(smoothed.expected), np.nan, 0.0)
    for members, fit in smoothed.groups:
        out[members] = _exceedance(
            smoothed.events[members], smoothed.expected[members], fit, smoothed.phi, ratio
        )
    return out


def _exceedance(
    events: NDArray[np.float64],
    expected: NDArray[np.float64],
    fit: GammaPoisson,
    phi: float,
    ratio: float,
) -> NDArray[np.float64]:
    """Return P(Gamma(O/phi + nu, E/phi + alpha) > ratio)."""
    from scipy.special import gammaincc  # noqa: PLC0415 - 0.3 s to import

    if not fit.spread:
        return np.full(events.shape, 1.0 if ratio < 1 else 0.0)
    return np.asarray(
        gammaincc(events / phi + fit.nu, ratio * (expected / phi + fit.alpha)), dtype=np.float64
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
    out = np.full(events.shape, np.nan)
    live = expected > 0
    for members, fit in smoothed.groups:
        block, kept = out[members], live[members]
        block[kept] = _exceedance(
            events[members][kept], expected[members][kept], fit, smoothed.phi, 1.0
        )
        out[members] = block
    return out


def months_above_expected(
    events: NDArray[np.float64], exposed: Exposure, *, in_study: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Return how many covered months each area had more events than expected; NaN if unknown."""
    expected = expected_by_month(events, exposed.monthly, in_study)
    above = (np.where(np.isnan(expected), np.inf, expected) < events).sum(axis=1)
    return np.where(np.isnan(exposed.total), np.nan, above.astype(np.float64))


def shrunken_rate(
    smoothed: Smoothed, exposed: Exposure, *, smoothing: str = "gamma_poisson"
) -> NDArray[np.float64]:
    """Return the smoothed rate of every area in the unit of `exposed`, NaN if not calculable.

    `gamma_poisson`: posterior mean relative risk times the study area's rate. `marshall`: global
    empirical Bayes rates within the same groups.
    """
    if smoothing == "gamma_poisson" or not smoothed.groups:
        return smoothed.mean * smoothed.base_rate * exposed.per
    # Expected events over the base rate are exposure, put right for the months covered.
    base = smoothed.expected / smoothed.base_rate
    out = np.full(base.shape, np.nan)
    for members, _ in smoothed.groups:
        out[members] = marshall(smoothed.events[members], base[members])
    return out * exposed.per
