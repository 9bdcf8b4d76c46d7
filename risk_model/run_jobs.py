"""The parts of a run that a second process can do: what each is handed, and its function.

The forecast, tables and other cuts of the map need the layers alone: they are begun as soon as
these are aligned, and done while this process draws densities and scores. The second process
imports scikit-learn, SALib and `scipy.stats` (a second) while this one reads; this one then never
does.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import geopandas as gpd
import pandas as pd
from threadpoolctl import threadpool_limits

from risk_model.config.harm import HarmWeights
from risk_model.config.risk import RiskConfig
from risk_model.forecast import Forecast, fit_forecast
from risk_model.layer_tables import LayerTables, layer_tables
from risk_model.loading import LoadedInputs
from risk_model.model_data import ModelData
from risk_model.priority_events import too_large
from risk_model.scoring import Scored
from risk_model.sensitivity import Sensitivity, sensitivity_of
from risk_model.support_report import Cuts, cut_supports
from spatial.beside import Beside

__all__ = ["Begun", "begin_jobs", "begin_sensitivity"]


@dataclass(frozen=True, slots=True)
class Begun:
    """What was begun; each gives its answer once."""

    forecast: Callable[[], Forecast]
    tables: Callable[[], LayerTables]
    cuts: Callable[[], Cuts]


@dataclass(frozen=True, slots=True, eq=False)
class _Layers:
    data: ModelData
    config: RiskConfig
    harm: HarmWeights


@dataclass(frozen=True, slots=True, eq=False)
class _Places:
    data: ModelData
    points: pd.DataFrame
    geometry: gpd.GeoSeries


@dataclass(frozen=True, slots=True, eq=False)
class _Ranks:
    scored: Scored
    data: ModelData
    config: RiskConfig


def begin_jobs(
    loaded: LoadedInputs, data: ModelData, config: RiskConfig, harm: HarmWeights, place: Beside
) -> Begun:
    """Begin what needs the layers alone."""
    layers = _Layers(data, config, harm)
    points = loaded.incidents.points
    if too_large(data, ""):
        points = points.iloc[:0]  # the table that takes them says so; a country's stay here
    geometry = gpd.GeoSeries(loaded.areas.frame.geometry.loc[list(loaded.study.codes)])
    return Begun(
        forecast=place.begin(_forecast, layers),
        tables=place.begin(_tables, layers),
        cuts=place.begin(_cut, _Places(data, points, geometry)),
    )


def begin_sensitivity(
    scored: Scored, data: ModelData, config: RiskConfig, place: Beside
) -> Callable[[], Sensitivity]:
    """Begin what the lists hang on."""
    return place.begin(_sensitivity, _Ranks(scored, data, config))


def _forecast(job: _Layers) -> Forecast:
    with threadpool_limits(limits=1):
        return fit_forecast(job.data, job.config, job.harm, seed=job.config.uncertainty.seed)


def _tables(job: _Layers) -> LayerTables:
    return layer_tables(job.data, job.config, job.harm)


def _cut(job: _Places) -> Cuts:
    return cut_supports(job.data, job.points, job.geometry)


def _sensitivity(job: _Ranks) -> Sensitivity:
    with threadpool_limits(limits=1):
        return sensitivity_of(job.scored, job.data, job.config)
