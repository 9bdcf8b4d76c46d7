"""The composite score of a priority: indicators and weights to scores and contributions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from risk_model.aggregate import aggregate
from risk_model.config.names import DEPRIVATION_INDICATORS
from risk_model.config.priority import Priority
from risk_model.config.risk import RiskConfig
from risk_model.forecast import Forecast
from risk_model.indicators import (
    SetRates,
    Stream,
    build_indicator,
)
from risk_model.layers.crime import Exposure
from risk_model.layers.small_area import Smoothed
from risk_model.model_data import ModelData
from risk_model.normalise import normalise
from risk_model.ranking import list_positions
from risk_model.uncertainty import Weighted
from spatial.errors import ConfigError, Fault

__all__ = [
    "HARM_FACTORS",
    "VIOLENCE",
    "Composite",
    "compose",
    "harm_weight_shift",
    "harm_weight_variants",
    "last_listed",
    "listed",
    "on_list",
]

VIOLENCE = "violence_and_sexual_offences"
HARM_FACTORS = {"halved": 0.5, "doubled": 2.0}
"""What the harm weight of violence is multiplied by to see how far it decides a list."""


@dataclass(frozen=True, slots=True)
class Composite:
    """The composite score of one priority over all areas (n) and its indicators (k).

    Attributes
    ----------
    parts
        Every indicator of the settings, those with weight 0 included.
    score
        0 to 100; NaN outside the study area and where there is no score.
    contributions, weights
        n by k; the weights are those that the area's score used.
    not_scored
        n texts: why a study area has no score, or empty.
    dropped
        n by k: a weighted indicator that the area lacks and whose weight the others took.
    groups
        n labels: areas are ranked against those with the same label.
    """

    parts: tuple[Weighted, ...]
    score: NDArray[np.float64]
    contributions: NDArray[np.float64]
    weights: NDArray[np.float64]
    not_scored: NDArray[np.str_]
    dropped: NDArray[np.bool_]
    groups: NDArray[np.str_]

    @property
    def scored(self) -> NDArray[np.bool_]:
        """Areas that have a score."""
        return ~np.isnan(self.score)


def compose(
    priority: Priority,
    data: ModelData,
    config: RiskConfig,
    rates: SetRates,
    streams: Mapping[Stream, Smoothed],
    exposed: Exposure,
    *,
    name: str,
    forecast: Forecast | None = None,
) -> Composite:
    """Return the composite score of one priority from its indicators and weights.

    A missing crime indicator leaves the area without a score: deprivation alone would not be a
    statement about crime. A missing deprivation or rurality value drops the component or the
    score, as the settings say.
    """
    if not sum(indicator.weight for indicator in priority.indicators.values()) > 0:
        raise ConfigError(
            Fault(
                "the weights sum to 0; give at least one indicator a weight",
                field=f"priorities.{name}.indicators",
            )
        )
    study = data.in_study
    parts: list[Weighted] = []
    for key, settings in priority.indicators.items():
        value = build_indicator(
            key,
            data=data,
            config=config,
            rates=rates,
            streams=streams,
            exposed=exposed,
            forecast=forecast,
        )
        normalised = np.full(len(data.area_codes), np.nan)
        lower = settings.direction == "lower_is_worse"
        normalised[study] = normalise(value.value[study], settings.normalise, lower_is_worse=lower)
        parts.append(Weighted(value, settings.weight, settings.normalise, lower, normalised))
    x = np.stack([part.normalised for part in parts], axis=1)
    w = np.array([part.weight for part in parts])
    lacking = np.isnan(x) & (w > 0) & study[:, None]
    crime = np.array([part.indicator.from_crime for part in parts])
    not_scored = np.full(len(study), "", dtype="<U120")
    null = config.missing.deprivation == "null"
    not_scored[(lacking & ~crime).any(axis=1) & null] = "a deprivation or rurality value is missing"
    not_scored[(lacking & ~crime | (w == 0)).all(axis=1) & study] = "every indicator is missing"
    not_scored[(lacking & crime).any(axis=1)] = (
        "its rates cannot be calculated (no population figure or no month with data)"
    )
    kept = study & (not_scored == "")
    found = aggregate(x[kept], w, priority.aggregate)
    score = np.full(len(study), np.nan)
    contributions, weights = np.full(x.shape, np.nan), np.full(x.shape, np.nan)
    score[kept], contributions[kept], weights[kept] = (
        found.score,
        found.contributions,
        found.weights,
    )
    return Composite(
        parts=tuple(parts),
        score=score,
        contributions=contributions,
        weights=weights,
        not_scored=not_scored,
        dropped=lacking & kept[:, None],
        groups=_rank_groups(data, parts),
    )


def on_list(composite: Composite, size: int) -> NDArray[np.bool_]:
    """Return which areas are the highest `size` of their group, ties in order of code."""
    place = list_positions(composite.score[None, :], composite.groups)[0]
    return np.asarray(place <= size)  # NaN compares False


def listed(composite: Composite, data: ModelData, size: int) -> frozenset[str]:
    """Return the codes on a list of `size`: highest score of the group first, ties by code."""
    return frozenset(data.area_codes[i] for i in np.flatnonzero(on_list(composite, size)))


def last_listed(composite: Composite, size: int) -> NDArray[np.intp]:
    """Return, for each scored area, the position among them of the last on its group's list.

    -1 where the list holds the whole group.
    """
    scored, groups = composite.scored, composite.groups
    place = list_positions(composite.score[None, :], groups)[0][scored]
    out = np.full(len(place), -1, dtype=np.intp)
    for at in np.flatnonzero(place == size):
        members = groups[scored] == groups[scored][at]
        if members.sum() > size:
            out[members] = at
    return out


def harm_weight_variants(
    name: str,
    data: ModelData,
    config: RiskConfig,
    rates: SetRates,
    streams: Mapping[Stream, Smoothed],
    exposed: Exposure,
    *,
    forecast: Forecast | None = None,
) -> dict[str, Composite]:
    """Return the composite with the harm weight of violence halved and doubled.

    At 14 categories that weight is a proxy, and one number decides a list of harm. Empty where
    the priority does not weigh violence against anything.
    """
    priority = config.priorities[name]
    harm_rate = priority.indicators.get("harm_rate")
    weighs = VIOLENCE in rates.offences.categories and not rates.offences.equal_weights
    if harm_rate is None or harm_rate.weight == 0 or not weighs:
        return {}
    variants = {}
    for word, factor in HARM_FACTORS.items():
        offences = tuple(
            replace(o, weight=o.weight * factor) if o.category == VIOLENCE else o
            for o in rates.offences.offences
        )
        changed = replace(rates, offences=replace(rates.offences, offences=offences))
        variants[word] = compose(
            priority, data, config, changed, streams, exposed, name=name, forecast=forecast
        )
    return variants


def harm_weight_shift(
    published: Composite, variants: Mapping[str, Composite], data: ModelData, size: int
) -> dict[str, int]:
    """Return how many of the listed areas stay on the list in each variant; empty without any."""
    if not variants:
        return {}
    kept = listed(published, data, size)
    stay = {word: len(kept & listed(other, data, size)) for word, other in variants.items()}
    return {"of": len(kept)} | stay


def _rank_groups(data: ModelData, parts: list[Weighted]) -> NDArray[np.str_]:
    """Rank Welsh areas apart where deprivation counts: there is no English index for them."""
    groups = np.full(len(data.area_codes), "", dtype="<U8")
    welsh = np.char.startswith(np.array(data.area_codes, dtype=str), "W")
    for part in parts:
        if part.weight > 0 and part.indicator.name in DEPRIVATION_INDICATORS:
            groups[welsh & np.isnan(part.indicator.value)] = "Wales"
    return groups
