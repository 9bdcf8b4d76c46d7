"""From layers to indicators: name, value, unit and what its uncertainty is made of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from risk_model.config.names import CRIME_INDICATORS, FORECAST_INDICATORS
from risk_model.config.risk import RiskConfig
from risk_model.forecast import HORIZON_MONTHS, Forecast
from risk_model.layers.crime import Exposure, Offence, OffenceSet, monthly_events
from risk_model.layers.small_area import Smoothed, persistence_by_month, shrunken_rate, smooth
from risk_model.model_data import ModelData
from spatial.errors import StatisticsError

__all__ = [
    "IndicatorValue",
    "SetRates",
    "Stream",
    "build_indicator",
    "group_labels",
    "indicator_offences",
    "set_rates",
    "smooth_streams",
    "uplift",
]

Stream = tuple[str, tuple[tuple[str, tuple[str, ...]], ...]]

_ASB = "anti_social_behaviour"
_UNITS = {
    "imd_score": "score",
    "deprivation_without_crime": "score",
    "income": "share of people",
    "employment": "share of people",
    "rural": "1 where rural",
    "persistence": "share of months",
}


@dataclass(frozen=True, slots=True)
class IndicatorValue:
    """One indicator over all areas.

    Attributes
    ----------
    name, unit
        Its name in the settings and the unit of `value`.
    value
        n values; NaN where missing.
    parts
        For rates: streams with n factors each; value = sum(factor * relative risk), so that a
        draw of the relative risks gives a draw of the indicator.
    monthly
        For persistence: n by m chances that the month's relative risk is above 1.
    spread
        For a forecast: n standard deviations of its mean, from which it is drawn (gamma).
    """

    name: str
    unit: str
    value: NDArray[np.float64]
    parts: tuple[tuple[Stream, NDArray[np.float64]], ...] = ()
    monthly: NDArray[np.float64] | None = None
    spread: NDArray[np.float64] | None = None

    @property
    def from_crime(self) -> bool:
        """Whether the indicator is computed from the incidents of the run."""
        return self.name in CRIME_INDICATORS or self.name in FORECAST_INDICATORS


@dataclass(frozen=True, slots=True)
class SetRates:
    """The offence set of a priority counted and smoothed as one stream of events.

    Attributes
    ----------
    monthly
        n by m events.
    harm
        n weighted sums of events.
    """

    offences: OffenceSet
    monthly: NDArray[np.float64]
    harm: NDArray[np.float64]
    smoothed: Smoothed


def group_labels(data: ModelData, config: RiskConfig) -> NDArray[np.str_] | None:
    """Return the stratum of every area where rates are shrunk within strata, else None."""
    return data.stratum if config.rurality.shrink_to == "stratum" else None


def uplift(data: ModelData, config: RiskConfig) -> NDArray[np.float64]:
    """Return n factors for under-reporting: 1 where the settings state none."""
    factor = np.ones(len(data.area_codes))
    for stratum, value in config.rurality.under_reporting_uplift.items():
        factor[data.stratum == stratum] = value
    return factor


def indicator_offences(
    name: str, offences: OffenceSet, data: ModelData, config: RiskConfig
) -> tuple[Offence, ...]:
    """Return the offences, with weights, whose smoothed rates an indicator adds up.

    Police-generated categories stay out of `all_crime_rate` unless the settings make them drivers.
    """
    if name == "harm_rate":
        return offences.offences
    if name == "event_rate":
        return tuple(Offence(o.category, 1.0, o.where) for o in offences.offences)
    if name == "violence_rate":
        return (Offence("violence_and_sexual_offences", 1.0),)
    if name == "robbery_rate":
        return (Offence("robbery", 1.0),)
    if name == "antisocial_behaviour_rate":
        return (Offence(_ASB, 1.0),)
    if name == "all_crime_rate":
        kept_out = (
            () if config.police_generated.use == "driver" else config.police_generated.categories
        )
        return tuple(
            Offence(category, 1.0)
            for category in data.categories
            if category != _ASB and category not in kept_out
        )
    return ()


def smooth_streams(
    offences: Iterable[Offence], data: ModelData, config: RiskConfig, exposed: Exposure
) -> dict[Stream, Smoothed]:
    """Return the relative risk of every stream of events that some indicator needs, once each.

    Its mean and what draws are made from, without intervals: nobody reads them.
    """
    streams = {offence.stream: offence for offence in offences}
    return {
        key: smooth(
            monthly_events(data, streams[key]),
            exposed,
            in_study=data.in_study,
            covered=data.covered,
            stratum=group_labels(data, config),
            intervals=False,
        )
        for key in sorted(streams)
    }


def build_indicator(
    name: str,
    *,
    data: ModelData,
    config: RiskConfig,
    rates: SetRates,
    streams: Mapping[Stream, Smoothed],
    exposed: Exposure,
    forecast: Forecast | None = None,
) -> IndicatorValue:
    """Return one indicator of a priority over all areas.

    Rates are sums of weight times the shrunken rate of each category (in the unit of `exposed`),
    multiplied by the stated under-reporting uplift for categories that victims report.
    `persistence` is the mean over covered months of the chance that the month's risk was above
    the study area's. Expected events are those of `forecast`, per area, not per resident.

    Raises
    ------
    StatisticsError
        Where expected events are asked for and there is no forecast.
    """
    if name in FORECAST_INDICATORS:
        if forecast is None:
            raise StatisticsError(f"{name}: no forecast is given; make one with fit_forecast")
        outcome = name.removeprefix("expected_")
        what = "harm points" if outcome == "harm" else "events"
        return IndicatorValue(
            name,
            f"{what} in {HORIZON_MONTHS} months",
            forecast.expected[outcome],
            spread=forecast.spread[outcome],
        )
    if name == "persistence":
        monthly = persistence_by_month(
            rates.monthly, exposed, rates.smoothed, in_study=data.in_study
        )
        months = (~np.isnan(monthly)).sum(axis=1)
        total = np.nansum(monthly, axis=1)
        value = np.divide(total, months, out=np.full(total.shape, np.nan), where=months > 0)
        return IndicatorValue(name, _UNITS[name], value, monthly=monthly)
    if name not in CRIME_INDICATORS:
        return IndicatorValue(name, _UNITS.get(name, "score"), data.indicator(name))
    factor = uplift(data, config)
    parts: list[tuple[Stream, NDArray[np.float64]]] = []
    value = np.zeros(len(data.area_codes))
    for offence in indicator_offences(name, rates.offences, data, config):
        stream = streams[offence.stream]
        rate = shrunken_rate(
            stream, exposed, smoothing=config.statistics.smoothing, neighbours=data.neighbours
        )
        reported = offence.category not in config.police_generated.categories
        rate = offence.weight * rate * (factor if reported else 1.0)
        value = value + rate
        parts.append((offence.stream, rate / stream.mean))
    unit = exposed.unit if name != "harm_rate" else f"harm points {exposed.unit}"
    return IndicatorValue(name, unit, value, parts=tuple(parts))


def set_rates(
    data: ModelData, config: RiskConfig, offences: OffenceSet, exposed: Exposure
) -> SetRates:
    """Count and smooth the offence set of a priority as one stream."""
    monthly = np.zeros(data.covered.shape)
    harm = np.zeros(len(data.area_codes))
    for offence in offences.offences:
        events = monthly_events(data, offence)
        monthly += events
        harm += offence.weight * events.sum(axis=1)
    smoothed = smooth(
        monthly,
        exposed,
        in_study=data.in_study,
        covered=data.covered,
        stratum=group_labels(data, config),
    )
    return SetRates(offences, monthly, harm, smoothed)
