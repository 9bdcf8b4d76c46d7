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

__all__ = [
    "Exposure",
    "Offence",
    "OffenceSet",
    "count_cube",
    "expected_by_month",
    "exposure",
    "meets",
    "monthly_events",
    "months_above_expected",
    "offence_set",
]


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


def months_above_expected(
    events: NDArray[np.float64], exposed: Exposure, *, in_study: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Return how many covered months each area had more events than expected; NaN if unknown."""
    expected = expected_by_month(events, exposed.monthly, in_study)
    above = (np.where(np.isnan(expected), np.inf, expected) < events).sum(axis=1)
    return np.where(np.isnan(exposed.total), np.nan, above.astype(np.float64))
