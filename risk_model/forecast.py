"""Expected events of the coming months, for every area: learned from the months of a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from risk_model.config.harm import HarmWeights
from risk_model.config.names import FORECAST_INDICATORS
from risk_model.config.priority import Priority
from risk_model.config.risk import RiskConfig
from risk_model.forecast_category import (
    FEWEST_AREAS,
    FEWEST_EVENTS,
    CategoryFit,
    CrimeMonths,
    Learner,
)
from risk_model.forecast_drivers import DRIVER_COLUMNS, driver_rows
from risk_model.forecast_features import Place
from risk_model.forecast_learning import interval, interval_of_sum, one_thread
from risk_model.layers.crime import offence_set
from risk_model.model_data import ModelData
from spatial.errors import StatisticsError

__all__ = [
    "HORIZON_MONTHS",
    "OUTCOMES",
    "Forecast",
    "fit_forecast",
    "forecast_columns",
    "wants_forecast",
]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]

HORIZON_MONTHS = 6
OUTCOMES = ("violence", "robbery", "robbery_weapons", "harm")
LEVEL_SD = 0.10
"""Allowance, as a share, for how far the level of all areas together moves from a period to the
months after it: seasons, recording. Stated, not learned: a run is too short to learn it."""

PASSING_STAYS = 0.5
"""Correlation between coming months of what is not lasting; months in a row are no coin tosses."""

TOGETHER = 0.5
"""Correlation between the categories of a sum of what is not known of an area. Both were chosen so
that 95 % intervals held about 95 % of areas over one to five later months in the south-west of
England, January to May 2025; what they hold elsewhere: docs/methodology.md."""

_ASB = "anti_social_behaviour"
_TUNED = ("possession_of_weapons", "robbery", "violence_and_sexual_offences")
_SETS = {
    "violence": ("violence_and_sexual_offences",),
    "robbery": ("robbery",),
    "robbery_weapons": ("robbery", "possession_of_weapons"),
}


@dataclass(frozen=True, slots=True, eq=False)
class Forecast:
    """Expected events in the months after a period, if what made it goes on.

    Attributes
    ----------
    expected, lo, hi, spread
        By outcome (`OUTCOMES`), n values in the order of the layers' `area_codes`, ring included:
        the mean, the ends of its 95 % interval for the count of the coming months, and how unsure
        the mean itself is (standard deviation). NaN for an area without a covered month. `harm` is
        the sum of harm weight times events over the harm offences.
    drivers
        outcome, driver, importance, importance_sd, direction.
    summary
        For the manifest: what was learned, from which months, with which settings.
    notes
        What a reader has to know, one sentence each.
    """

    expected: Mapping[str, FloatArray]
    lo: Mapping[str, FloatArray]
    hi: Mapping[str, FloatArray]
    spread: Mapping[str, FloatArray]
    drivers: pd.DataFrame
    summary: Mapping[str, Any]
    notes: tuple[str, ...]


def fit_forecast(
    data: ModelData,
    config: RiskConfig,
    harm: HarmWeights,
    *,
    seed: int,
    months_used: Sequence[str] | None = None,
    horizon_months: int = HORIZON_MONTHS,
) -> Forecast:
    """Learn from the months of a run what each area can expect in those that follow.

    Every category is learned by itself: a Poisson regression (scikit-learn) says what the other
    crimes of an area, its neighbours, its authority, its deprivation, rurality and residents
    suggest, and the area's own counts then pull that up or down as far as they can be trusted.
    Outcomes are sums over categories. Nothing after the months that are used is looked at.

    Parameters
    ----------
    data
        Aligned layers of study and ring areas; both are learned from.
    config, harm
        Settings (which offences are police-generated) and harm weights.
    seed
        For the shuffles behind the importance of drivers; the forecast itself draws nothing.
    months_used
        Months of `data` to learn from, all by default. The forecast is for the months after the
        last of them, whatever else `data` holds.
    horizon_months
        Length of what is foretold.

    Raises
    ------
    StatisticsError
        Where a month is not in the data, none of them is covered, or the horizon is below 1.
    """
    if horizon_months < 1:
        raise StatisticsError(f"horizon_months: {horizon_months} is below 1")
    asked = _asked(data, months_used)
    used = _months(data, asked)
    known = used.known
    outcomes = _outcomes(config, harm)
    place, lacking = _place(data)
    drivers, crimes = _drivers(used.categories, config)
    at = {name: used.categories.index(name) for name in used.categories}
    wanted = sorted({name for weights in outcomes.values() for name in weights if name in at})
    with one_thread():
        learner = Learner(used, place, drivers=drivers, crimes=crimes)
        sigma = learner.tune([at[name] for name in _TUNED if name in at])
        found = {name: learner.fit(at[name], sigma) for name in wanted}
    season = _season(config, used.names, asked[-1], horizon_months)
    notes = (*_notes(found, used, data, season), *lacking)
    figures = {
        outcome: _total(
            {name: (found[name], weight) for name, weight in weights.items() if name in found},
            horizon_months,
            known,
            season=season,
            whole=outcome != "harm",
        )
        for outcome, weights in outcomes.items()
    }
    rows = [
        row
        for outcome, weights in outcomes.items()
        for row in driver_rows(
            outcome,
            [(found[name], weight) for name, weight in weights.items() if name in found],
            data.in_study & known,
            seed,
        )
    ]
    summary = {
        "method": "Poisson regression on other crime and place, then the area's own counts",
        "trained_on": [asked[0], asked[-1]],
        "months": list(used.names),
        "areas": int(known.sum()),
        "horizon_months": horizon_months,
        "seasonal": set(season) >= set(wanted),
        "season": season,
        "level_sd": LEVEL_SD,
        "sigma": sigma,
        "learned": {name: item.learned is not None for name, item in found.items()},
        "events": {name: item.events for name, item in found.items()},
        "warnings": list(notes),
    }
    table = pd.DataFrame(rows, columns=list(DRIVER_COLUMNS))
    mean, lo, hi, spread = (
        {outcome: values[part] for outcome, values in figures.items()} for part in range(4)
    )
    return Forecast(mean, lo, hi, spread, table, summary, notes)


def wants_forecast(config: RiskConfig) -> bool:
    """Return whether any priority gives an indicator of expected events."""
    return any(
        name in FORECAST_INDICATORS
        for priority in config.priorities.values()
        for name in priority.indicators
    )


def forecast_columns(forecast: Forecast, data: ModelData) -> pd.DataFrame:
    """Return the published columns of the study areas, indexed by area code."""
    columns = {
        f"expected_{outcome}{end}": values[outcome][data.in_study]
        for outcome in OUTCOMES
        for end, values in (("", forecast.expected), ("_lo", forecast.lo), ("_hi", forecast.hi))
    }
    return pd.DataFrame(columns, index=pd.Index(data.study_codes, name="area_code"))


def _asked(data: ModelData, months_used: Sequence[str] | None) -> tuple[str, ...]:
    names = tuple(data.months) if months_used is None else tuple(sorted(set(months_used)))
    unknown = [name for name in names if name not in data.months]
    if unknown or not names:
        raise StatisticsError(
            f"months_used: {', '.join(unknown) or 'none'} given; the layers hold "
            f"{', '.join(data.months)}"
        )
    return names


def _months(data: ModelData, asked: Sequence[str]) -> CrimeMonths:
    """Return the months with data: one that nobody supplied teaches nothing and is no target."""
    names = tuple(name for name in asked if data.covered[:, data.months.index(name)].any())
    if not names:
        raise StatisticsError(
            f"months_used: no area is covered in {', '.join(asked)}; nothing can be learned"
        )
    at = [data.months.index(name) for name in names]
    covered = data.covered[:, at]
    counts = np.where(covered[:, :, None], data.counts[:, at], 0).astype(np.float64)
    return CrimeMonths(counts, covered, names, data.categories)


def _outcomes(config: RiskConfig, harm: HarmWeights) -> dict[str, dict[str, float]]:
    """Return what one event of each category counts in each outcome."""
    weighted = offence_set(Priority(offences="harm"), config, harm)
    found = {name: dict.fromkeys(categories, 1.0) for name, categories in _SETS.items()}
    return found | {"harm": {offence.category: offence.weight for offence in weighted.offences}}


def _drivers(
    categories: Sequence[str], config: RiskConfig
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return which categories are features, and which of them add up to all crime.

    What is recorded because officers looked would send them back where they have been.
    """
    police = config.police_generated
    kept_out = () if police.use == "driver" else police.categories
    drivers = [at for at, name in enumerate(categories) if name not in kept_out]
    crimes = [at for at in drivers if categories[at] != _ASB]
    return np.array(drivers, dtype=np.intp), np.array(crimes, dtype=np.intp)


def _place(data: ModelData) -> tuple[Place, tuple[str, ...]]:
    """Return what is known of each place without gaps, and what had to be filled."""
    columns: dict[str, FloatArray] = {}
    said = []
    people = np.where(data.population > 0, data.population, np.nan)
    for name, values, words in (
        ("population", np.log(people), "residents"),
        (
            "deprivation_without_crime",
            np.log1p(np.maximum(data.indicator("deprivation_without_crime"), 0.0)),
            "deprivation",
        ),
    ):
        missing = np.isnan(values)
        if missing.all():
            said.append(f"forecast: no area has {words}; it was made without.")
            continue
        columns[name] = np.where(missing, np.median(values[~missing]), values)
        if missing.any():
            columns[f"no_{words}"] = missing.astype(np.float64)
            inside = int((missing & data.in_study).sum())
            if inside:
                said.append(
                    f"forecast: {inside} area{'' if inside == 1 else 's'} without {words}; the "
                    "middle value was taken, with a level of their own."
                )
    if (data.stratum == "rural").any():
        columns["rural"] = (data.stratum == "rural").astype(np.float64)
    authority = np.unique(data.labels["lad_code"].to_numpy(dtype=np.str_), return_inverse=True)[1]
    matrix = np.column_stack(list(columns.values())) if columns else np.zeros((len(people), 0))
    place = Place(
        matrix,
        tuple(columns),
        authority.astype(np.intp),
        data.neighbours.indptr,
        data.neighbours.indices,
    )
    return place, tuple(said)


def _total(
    parts: Mapping[str, tuple[CategoryFit, float]],
    horizon: int,
    known: NDArray[np.bool_],
    *,
    season: Mapping[str, float],
    whole: bool,
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Return mean, interval and standard deviation of the mean of a weighted sum of events.

    A count of one category is negative binomial: Poisson chance, what the counts leave unsure of
    the area's own risk, and what passes. A sum adds those up with a correlation of `TOGETHER`.
    The level of a category is unsure by its events, that of everything by `LEVEL_SD`.
    """
    none = np.zeros(len(known))
    mean, alone, third, level, some = none, none, none, none, none
    unsure, risky = _Correlated(none, none), _Correlated(none, none)
    stays = PASSING_STAYS + (1.0 - PASSING_STAYS) / horizon
    for name, (fit, weight) in parts.items():
        events = fit.mean * horizon * season.get(name, 1.0)
        risk = fit.variance + fit.passing * stays
        more = risk * events
        mean = mean + weight * events
        unsure = unsure.plus(weight * events * np.sqrt(fit.variance))
        risky = risky.plus(weight * events * np.sqrt(risk))
        level = level + (weight * events) ** 2 / max(fit.events, 1)
        # Cumulants of a negative binomial count, times powers of the weight; its chance of 0.
        alone = alone + weight**2 * events
        third = third + weight**3 * events * (1.0 + more) * (1.0 + 2.0 * more)
        some = some + np.log1p(more) / risk
    before = alone + risky.squares
    variance = alone + risky.variance + level + (LEVEL_SD * mean) ** 2
    if whole:
        lo, hi = interval(mean, variance)
    else:
        # What is common to the categories widens the sum without changing its lean.
        wider = np.divide(variance, before, out=np.ones(len(known)), where=before > 0)
        lo, hi = interval_of_sum(mean, variance, third * wider**1.5, np.exp(-some))
    spread = np.sqrt(unsure.variance)
    blank = [np.where(known, values, np.nan) for values in (mean, lo, hi, spread)]
    return blank[0], blank[1], blank[2], blank[3]


@dataclass(frozen=True, slots=True, eq=False)
class _Correlated:
    """Standard deviations added up, any two with a correlation of `TOGETHER`."""

    total: FloatArray
    squares: FloatArray

    def plus(self, deviation: FloatArray) -> _Correlated:
        return _Correlated(self.total + deviation, self.squares + deviation**2)

    @property
    def variance(self) -> FloatArray:
        return np.asarray(self.squares + TOGETHER * (self.total**2 - self.squares))


def _season(config: RiskConfig, used: Sequence[str], end: str, horizon: int) -> dict[str, float]:
    """Return, by category with seasonal factors, those of the months after `end` over `used`'s."""
    year, month = (int(part) for part in end.split("-"))
    last = year * 12 + month - 1
    coming = [(last + ahead) % 12 for ahead in range(1, horizon + 1)]
    past = [int(name.split("-")[1]) - 1 for name in used]
    return {
        category: float(np.mean([factors[at] for at in coming]))
        / float(np.mean([factors[at] for at in past]))
        for category, factors in sorted(config.forecast.seasonal_factors.items())
    }


def _notes(
    found: Mapping[str, CategoryFit],
    used: CrimeMonths,
    data: ModelData,
    season: Mapping[str, float],
) -> list[str]:
    first, last = used.names[0], used.names[-1]
    span = first if first == last else f"{first} to {last}"
    said = []
    without = [name for name in found if name not in season]
    if without:
        which = "" if not season else f" for {', '.join(without)}"
        said.append(
            f"forecast: no seasonal factors are supplied{which}; expected events take the season "
            f"and level of {span} for those of the months after it."
        )
    if len(used.names) == 1:
        said.append(
            "forecast: one month cannot tell what lasts from what passes; half of the difference "
            "between areas is taken to last, as it did where it could be measured."
        )
    few = [name for name, fit in found.items() if fit.learned is None]
    if few:
        said.append(
            f"forecast: too little to learn from ({FEWEST_EVENTS} events in {FEWEST_AREAS} areas "
            f"are needed) for {', '.join(few)}; they follow the level of all other crime and "
            "their own counts."
        )
    blank = int((data.in_study & ~used.known).sum())
    if blank:
        said.append(
            f"forecast: {blank} area{'' if blank == 1 else 's'} without a covered month "
            f"{'is' if blank == 1 else 'are'} left blank."
        )
    return said
