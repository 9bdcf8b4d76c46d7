"""Indicators and weights to scores, ranks, contributions and evidence, for every priority."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from risk_model.aggregate import aggregate
from risk_model.area_table import Findings, contribution_rows, priority_columns
from risk_model.clusters import global_moran_of, test_clusters, tested_variable
from risk_model.config.harm import HarmWeights
from risk_model.config.names import CRIME_INDICATORS
from risk_model.config.priority import Priority
from risk_model.config.risk import RiskConfig
from risk_model.indicators import (
    DEPRIVATION_INDICATORS,
    SetRates,
    Stream,
    build_indicator,
    indicator_offences,
    set_rates,
    smooth_streams,
)
from risk_model.layers.crime import Exposure, Smoothed, exposure, offence_set
from risk_model.model_data import ModelData
from risk_model.normalise import normalise
from risk_model.uncertainty import DrawPlan, RankDraws, Weighted, joint_draws
from spatial.errors import ConfigError, Fault

__all__ = ["FEWEST_AREAS", "FEWEST_EVENTS", "Composite", "Scored", "score_model"]

FEWEST_AREAS = 30
FEWEST_EVENTS = 50
"""Below these no statement of certainty is made, and the run says so."""

Progress = Callable[[str, int], None]


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


@dataclass(frozen=True, slots=True)
class Scored:
    """What the model makes of the layers.

    Attributes
    ----------
    areas
        One row a study area, indexed by area code: `events` and the columns of every priority.
    contributions
        area_code, priority, indicator, value, normalised, weight, contribution.
    global_moran
        `imd_score` and each priority: value, links, islands, ring.
    tested_variable
        Words for what local Moran was computed on, by priority.
    warnings, timings, diagnostics
        For the manifest; seconds by stage.
    """

    areas: pd.DataFrame
    contributions: pd.DataFrame
    global_moran: dict[str, dict[str, Any]]
    tested_variable: dict[str, str]
    warnings: tuple[str, ...]
    timings: dict[str, float]
    diagnostics: dict[str, Any] = field(default_factory=dict)


def score_model(
    data: ModelData,
    config: RiskConfig,
    harm: HarmWeights,
    *,
    density_share: Mapping[str, pd.Series],
    progress: Progress | None = None,
) -> Scored:
    """Score every study area for every priority, with ranks, uncertainty, evidence and reasons.

    Parameters
    ----------
    data
        Aligned layers of study and ring areas.
    config, harm
        Settings and harm weights.
    density_share
        Priority to a Series by area code: share of the area's events in hot-spot cells.
    progress
        Called with a stage and the percentage done.

    Raises
    ------
    ConfigError
        Where a setting asks for what the inputs do not hold.
    """
    tell = progress or _silent
    clock = _Clock()
    tell("rates", 0)
    exposed = exposure(data, config.denominator)
    sets = {
        name: offence_set(priority, config, harm) for name, priority in config.priorities.items()
    }
    rates = {name: set_rates(data, config, kept, exposed) for name, kept in sets.items()}
    wanted = [
        offence
        for name, priority in config.priorities.items()
        for indicator in ("harm_rate", *priority.indicators)
        for offence in indicator_offences(indicator, sets[name], data, config)
    ]
    streams = smooth_streams(wanted, data, config, exposed)
    composites = {
        name: compose(priority, data, config, rates[name], streams, exposed, name=name)
        for name, priority in config.priorities.items()
    }
    clock.lap("rates")
    tell("clusters", 25)
    clusters = {}
    for name in config.priorities:
        words, values = tested_variable(data, config, rates[name], streams, exposed)
        clusters[name] = test_clusters(
            data, config, words, values, events=study_events(data, rates[name])
        )
    morans = {
        "imd_score": global_moran_of(
            data, config, data.indicators["imd_score"].to_numpy(dtype=np.float64)
        )
    } | {name: found.global_moran for name, found in clusters.items()}
    clock.lap("clusters")
    tell("draws", 60)
    draws = _draw(composites, streams, config)
    clock.lap("draws")
    tell("reasons", 85)
    off = {name: inference_off(data, rates[name]) for name in config.priorities}
    findings = {
        name: Findings(
            name=name,
            settings=priority,
            rates=rates[name],
            composite=composites[name],
            clusters=clusters[name],
            draws=draws[name],
            density_share=_aligned(density_share.get(name), data),
            inference_off=off[name],
        )
        for name, priority in config.priorities.items()
    }
    study = data.in_study
    index = pd.Index(data.area_codes, name="area_code")
    frames = [pd.DataFrame({"events": data.counts.sum(axis=(1, 2))}, index=index)]
    frames += [priority_columns(found, data, config, exposed) for found in findings.values()]
    areas = pd.concat(frames, axis=1)[study]
    contributions = pd.concat(
        [contribution_rows(found, data) for found in findings.values()], ignore_index=True
    )
    clock.lap("reasons")
    return Scored(
        areas=areas,
        contributions=contributions,
        global_moran=morans,
        tested_variable={name: found.variable for name, found in clusters.items()},
        warnings=tuple(warn(findings, data, config)),
        timings=clock.laps,
        diagnostics={name: diagnose(found, data) for name, found in findings.items()},
    )


def compose(
    priority: Priority,
    data: ModelData,
    config: RiskConfig,
    rates: SetRates,
    streams: Mapping[Stream, Smoothed],
    exposed: Exposure,
    *,
    name: str,
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
            key, data=data, config=config, rates=rates, streams=streams, exposed=exposed
        )
        normalised = np.full(len(data.area_codes), np.nan)
        lower = settings.direction == "lower_is_worse"
        normalised[study] = normalise(value.value[study], settings.normalise, lower_is_worse=lower)
        parts.append(Weighted(value, settings.weight, settings.normalise, lower, normalised))
    x = np.stack([part.normalised for part in parts], axis=1)
    w = np.array([part.weight for part in parts])
    lacking = np.isnan(x) & (w > 0) & study[:, None]
    crime = np.array([part.indicator.from_crime for part in parts])
    not_scored = np.full(len(study), "", dtype="<U80")
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


def _rank_groups(data: ModelData, parts: list[Weighted]) -> NDArray[np.str_]:
    """Rank Welsh areas apart where deprivation counts: there is no English index for them."""
    groups = np.full(len(data.area_codes), "", dtype="<U8")
    welsh = np.char.startswith(np.array(data.area_codes, dtype=str), "W")
    for part in parts:
        if part.weight > 0 and part.indicator.name in DEPRIVATION_INDICATORS:
            groups[welsh & np.isnan(part.indicator.value)] = "Wales"
    return groups


def _draw(
    composites: Mapping[str, Composite], streams: Mapping[Stream, Smoothed], config: RiskConfig
) -> dict[str, RankDraws]:
    plans = [
        DrawPlan(
            name=name,
            parts=tuple(part for part in composite.parts if part.weight > 0),
            scored=composite.scored,
            groups=composite.groups,
            aggregate=config.priorities[name].aggregate,
            size=config.priorities[name].list.size,
        )
        for name, composite in composites.items()
    ]
    settings = config.uncertainty
    drawn = joint_draws(
        plans, streams, draws=settings.draws, weights=settings.weights, seed=settings.seed
    )
    return dict(zip(composites, drawn, strict=True))


def study_events(data: ModelData, rates: SetRates) -> float:
    """Return how many events of the offence set lie in the study area."""
    return float(rates.monthly[data.in_study].sum())


def inference_off(data: ModelData, rates: SetRates) -> str:
    """Return why no statement of certainty is made, or empty text."""
    areas, events = int(data.in_study.sum()), study_events(data, rates)
    if areas < FEWEST_AREAS:
        return f"{areas} areas, and at least {FEWEST_AREAS} are needed"
    if events < FEWEST_EVENTS:
        return f"{events:.0f} events, and at least {FEWEST_EVENTS} are needed"
    return ""


def _aligned(shares: pd.Series | None, data: ModelData) -> NDArray[np.float64]:
    if shares is None:
        return np.full(len(data.area_codes), np.nan)
    return shares.reindex(list(data.area_codes)).to_numpy(dtype=np.float64)


def warn(findings: Mapping[str, Findings], data: ModelData, config: RiskConfig) -> list[str]:
    """Return what a reader of the run has to know, one sentence each."""
    said: list[str] = []
    if config.police_generated.use == "driver":
        said.append(
            "Police-generated offences drive the lists, as the settings ask: they follow where "
            f"officers look ({', '.join(config.police_generated.categories)})."
        )
    for stratum, factor in sorted(config.rurality.under_reporting_uplift.items()):
        if factor != 1.0:
            said.append(
                f"Smoothed victim-reported rates of {stratum} areas are multiplied by {factor:g} "
                "for under-reporting, as the settings ask; counts and tests are not."
            )
    for name, found in findings.items():
        said += _priority_warnings(name, found, data)
    return said


def _priority_warnings(name: str, found: Findings, data: ModelData) -> list[str]:
    said: list[str] = []
    weighted = {p.indicator.name for p in found.composite.parts if p.weight > 0}
    twice = sorted(weighted & {"imd_score", "crime_domain"})
    if twice and weighted & set(CRIME_INDICATORS):
        said.append(
            f"{name}: {' and '.join(twice)} hold police-recorded crime, which the crime "
            "indicators count too; deprivation_without_crime does not."
        )
    if found.inference_off:
        said.append(f"{name}: no statements of certainty are made: {found.inference_off}.")
    elif found.clusters.inference:
        said.append(f"{name}: clusters: {found.clusters.inference}")
    if not any(fit.spread for _, fit in found.rates.smoothed.groups):
        said.append(
            f"{name}: areas differ no more than chance alone would make them; every relative "
            "risk is taken as 1."
        )
    for k, part in enumerate(found.composite.parts):
        count = int(found.composite.dropped[:, k].sum())
        if count:
            said.append(
                f"{name}: {count} area{'' if count == 1 else 's'} without "
                f"{part.indicator.name}; the other weights were rescaled there."
            )
    for reason in sorted(set(found.composite.not_scored[data.in_study]) - {""}):
        count = int((found.composite.not_scored == reason).sum())
        said.append(f"{name}: {count} area{'' if count == 1 else 's'} without a score: {reason}.")
    if (found.composite.groups[data.in_study] == "Wales").any():
        said.append(f"{name}: Welsh areas have no English deprivation and are ranked within Wales.")
    return said


def diagnose(found: Findings, data: ModelData) -> dict[str, Any]:
    """Return the fitted quantities behind a priority, for the manifest."""
    fits = [
        {"areas": fit.areas, "spread": fit.spread}
        | ({"nu": fit.nu, "alpha": fit.alpha} if fit.spread else {})
        for _, fit in found.rates.smoothed.groups
    ]
    tested = found.clusters.agreement[data.in_study]
    labelled = np.isin(
        found.clusters.cluster[data.in_study],
        ("High-High", "Low-Low", "High-Low", "Low-High"),
    )
    agree = tested[labelled & ~np.isnan(tested)]
    return {
        "offences": {o.category: o.weight for o in found.rates.offences.offences},
        "left_out": list(found.rates.offences.left_out),
        "events": study_events(data, found.rates),
        "phi": found.rates.smoothed.phi,
        "gamma_poisson": fits,
        "inference": found.inference_off or found.clusters.inference,
        "clusters_labelled": int(labelled.sum()),
        "seeds_agree_at_least": float(agree.min()) if agree.size else None,
    }


def _silent(stage: str, percentage: int) -> None:
    """Report progress to nobody."""


class _Clock:
    """Seconds by stage."""

    def __init__(self) -> None:
        self.laps: dict[str, float] = {}
        self._since = time.perf_counter()

    def lap(self, stage: str) -> None:
        now = time.perf_counter()
        self.laps[stage] = round(now - self._since, 4)
        self._since = now
