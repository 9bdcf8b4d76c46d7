"""Indicators and weights to scores, ranks, contributions and evidence, for every priority."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from risk_model.area_table import Findings, contribution_rows, priority_columns
from risk_model.artefacts import vetoed
from risk_model.cautions import diagnose, inference_off, shift_words, study_events, warn
from risk_model.clock import Clock
from risk_model.clusters import Clusters, global_moran_of, test_clusters, tested_variable
from risk_model.composite import (
    Composite,
    compose,
    harm_weight_shift,
    harm_weight_variants,
    last_listed,
)
from risk_model.config.harm import HarmWeights
from risk_model.config.risk import RiskConfig
from risk_model.forecast import Forecast, fit_forecast, wants_forecast
from risk_model.guards import guard_columns, guard_warnings
from risk_model.indicators import (
    SetRates,
    Stream,
    indicator_offences,
    set_rates,
    smooth_streams,
)
from risk_model.layers.crime import Exposure, exposure, offence_set
from risk_model.layers.small_area import Smoothed
from risk_model.model_data import ModelData
from risk_model.uncertainty import DrawPlan, RankDraws, joint_draws
from spatial.blocks import SERIAL, BlockMap

__all__ = ["Rated", "Scored", "rate", "score_model"]


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
    composites, harm_variants
        What the scores are made of, by priority; and the same with the harm weight of violence
        halved and doubled, where it weighs against anything.
    clusters
        The tests of every priority, over study and ring areas.
    sentences, figures
        What `explanations.csv` and `explanation_figures.csv` hold.
    """

    areas: pd.DataFrame
    contributions: pd.DataFrame
    global_moran: dict[str, dict[str, Any]]
    tested_variable: dict[str, str]
    warnings: tuple[str, ...]
    timings: dict[str, float]
    diagnostics: dict[str, Any] = field(default_factory=dict)
    composites: Mapping[str, Composite] = field(default_factory=dict)
    harm_variants: Mapping[str, Mapping[str, Composite]] = field(default_factory=dict)
    clusters: Mapping[str, Clusters] = field(default_factory=dict)
    sentences: pd.DataFrame = field(default_factory=pd.DataFrame)
    figures: pd.DataFrame = field(default_factory=pd.DataFrame)


@dataclass(frozen=True, slots=True, eq=False)
class Rated:
    """What a score is made of, before its uncertainty: what the back-test makes at each origin.

    Attributes
    ----------
    exposed
        The denominator of every rate.
    rates
        The offence set of each priority as one stream of events.
    streams
        The smoothed rates that indicators are made of.
    composites
        The score of each priority with its indicators.
    forecast
        What was given, or what an indicator needed; None where nothing asks for it.
    """

    exposed: Exposure
    rates: dict[str, SetRates]
    streams: dict[Stream, Smoothed]
    composites: dict[str, Composite]
    forecast: Forecast | None = None


def rate(
    data: ModelData, config: RiskConfig, harm: HarmWeights, *, forecast: Forecast | None = None
) -> Rated:
    """Return the score of every priority without draws, clusters or evidence."""
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
    if forecast is None and wants_forecast(config):
        forecast = fit_forecast(data, config, harm, seed=config.uncertainty.seed)
    composites = {
        name: compose(
            priority, data, config, rates[name], streams, exposed, name=name, forecast=forecast
        )
        for name, priority in config.priorities.items()
    }
    return Rated(exposed, rates, streams, composites, forecast)


def score_model(
    data: ModelData,
    config: RiskConfig,
    harm: HarmWeights,
    *,
    density_share: Mapping[str, pd.Series],
    forecast: Forecast | None = None,
    explain: bool = True,
    blocks: BlockMap = SERIAL,
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
    forecast
        Expected events of the coming months; made here where an indicator needs it and it is not
        given.
    explain
        Whether to write reasons and explanations; without, their column and tables are not there.
    blocks
        Where draws are computed and counted; it makes no difference to the result.

    Raises
    ------
    ConfigError
        Where a setting asks for what the inputs do not hold.
    """
    clock = Clock()
    rated = rate(data, config, harm, forecast=forecast)
    exposed, rates, streams = rated.exposed, rated.rates, rated.streams
    composites, forecast = rated.composites, rated.forecast
    variants = {
        name: harm_weight_variants(
            name, data, config, rates[name], streams, exposed, forecast=forecast
        )
        for name in config.priorities
    }
    shifts = {
        name: harm_weight_shift(composites[name], variants[name], data, priority.list.size)
        for name, priority in config.priorities.items()
    }
    clock.lap("rates")
    clusters = {}
    for name in config.priorities:
        words, values = tested_variable(data, config, rates[name], streams, exposed)
        clusters[name] = test_clusters(
            data, config, words, values, events=study_events(data, rates[name]), blocks=blocks
        )
    morans = {"imd_score": global_moran_of(data, config, data.indicator("imd_score"))} | {
        name: found.global_moran for name, found in clusters.items()
    }
    clock.lap("clusters")
    draws = _draw(composites, streams, config, blocks)
    clock.lap("draws")
    off = {name: inference_off(data, rates[name]) for name in config.priorities}
    held = None if data.artefacts is None else vetoed(data.artefacts, config.guards)
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
            vetoed=held,
        )
        for name, priority in config.priorities.items()
    }
    study = data.in_study
    index = pd.Index(data.area_codes, name="area_code")
    frames = [pd.DataFrame({"events": data.counts.sum(axis=(1, 2))}, index=index)]
    guards = guard_columns(data, config)
    tables = [
        priority_columns(each, data, config, exposed, guards, explain=explain)
        for each in findings.values()
    ]
    frames += [guards]
    frames += [table.columns for table in tables]
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
        warnings=(
            *warn(findings, data, config),
            *shift_words(shifts),
            *guard_warnings(data, config),
        ),
        timings=clock.laps,
        diagnostics={
            name: diagnose(found, data) | {"violence_weight": shifts[name]}
            for name, found in findings.items()
        },
        composites=composites,
        harm_variants=variants,
        clusters=clusters,
        sentences=pd.concat([table.sentences for table in tables], ignore_index=True),
        figures=pd.concat([table.figures for table in tables], ignore_index=True),
    )


def _draw(
    composites: Mapping[str, Composite],
    streams: Mapping[Stream, Smoothed],
    config: RiskConfig,
    blocks: BlockMap,
) -> dict[str, RankDraws]:
    plans = [
        DrawPlan(
            name=name,
            parts=tuple(part for part in composite.parts if part.weight > 0),
            scored=composite.scored,
            groups=composite.groups,
            aggregate=config.priorities[name].aggregate,
            size=config.priorities[name].list.size,
            last=last_listed(composite, config.priorities[name].list.size),
        )
        for name, composite in composites.items()
    ]
    settings = config.uncertainty
    drawn = joint_draws(
        plans,
        streams,
        draws=settings.draws,
        weights=settings.weights,
        seed=settings.seed,
        blocks=blocks,
    )
    return dict(zip(composites, drawn, strict=True))


def _aligned(shares: pd.Series | None, data: ModelData) -> NDArray[np.float64]:
    if shares is None:
        return np.full(len(data.area_codes), np.nan)
    return shares.reindex(list(data.area_codes)).to_numpy(dtype=np.float64)
