"""The tables of the engine's report that need the layers alone, no score and no density."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
from threadpoolctl import threadpool_limits

from risk_model.bivariate_report import bivariate_table
from risk_model.clock import Clock
from risk_model.concentration_report import concentration_table
from risk_model.config.harm import HarmWeights
from risk_model.config.risk import RiskConfig
from risk_model.model_data import ModelData
from risk_model.priority_events import events_of_priorities
from risk_model.space_time_report import space_time_tables

__all__ = ["LayerTables", "layer_tables"]


@dataclass(frozen=True, slots=True, eq=False)
class LayerTables:
    """Tables of `EngineReport` under the same names, and seconds by table."""

    concentration: pd.DataFrame
    space_time: pd.DataFrame
    space_time_months: pd.DataFrame
    bivariate: pd.DataFrame
    timings: dict[str, float]


def layer_tables(data: ModelData, config: RiskConfig, harm: HarmWeights) -> LayerTables:
    """Make the tables. One thread, so that figures are the same anywhere."""
    clock = Clock()
    with threadpool_limits(limits=1):
        found = events_of_priorities(data, config, harm)
        concentration = concentration_table(data, found, seed=config.uncertainty.seed)
        clock.lap("concentration")
        by_month = space_time_tables(data, found, config)
        clock.lap("space_time")
        bivariate = bivariate_table(data, found, config)
        clock.lap("bivariate")
    return LayerTables(
        concentration=concentration,
        space_time=by_month.patterns,
        space_time_months=by_month.months,
        bivariate=bivariate,
        timings=clock.laps,
    )
