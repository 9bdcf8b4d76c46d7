"""Inputs and settings in, a run out: pure composition, nothing is read or written here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd

from risk_model.artefacts import place_artefacts
from risk_model.clock import Clock
from risk_model.config.harm import HarmWeights
from risk_model.config.risk import RiskConfig
from risk_model.densities import Grounds, PriorityDensity, priority_density, surroundings
from risk_model.forecast import Forecast, forecast_columns, wants_forecast
from risk_model.layers.crime import count_cube, offence_set
from risk_model.loading import LoadedInputs, Progress
from risk_model.model_data import LABEL_COLUMNS, ModelData, forces_among
from risk_model.scoring import Scored, score_model
from spatial.blocks import SERIAL, BlockMap

__all__ = ["SCORE_BREAKS", "Run", "build_model", "build_run"]

SCORE_BREAKS = (20.0, 40.0, 60.0, 80.0)  # fixed between periods, so that colours can be compared


@dataclass(frozen=True, slots=True)
class Run:
    """Everything a run publishes, before it is written.

    `areas` has one row a study area, indexed by `area_code`, with geometry in EPSG:27700;
    `manifest` lacks only the hashes of outputs, the run id and the time.
    """

    areas: gpd.GeoDataFrame
    scored: Scored
    model: ModelData
    densities: Mapping[str, PriorityDensity]
    forecast: Forecast
    loaded: LoadedInputs
    risk: RiskConfig
    harm: HarmWeights
    warnings: tuple[str, ...]
    timings: Mapping[str, float]


def build_model(loaded: LoadedInputs) -> ModelData:
    """Align every layer to one sorted list of areas: the study area and its ring."""
    codes = pd.Index(sorted((*loaded.study.codes, *loaded.study.ring)), name="area_code")
    months = pd.Index(loaded.period.months)
    categories = pd.Index(sorted(loaded.categories))
    counts = loaded.incidents.counts
    attributes = [
        name for name in counts.columns if name not in ("area_code", "month", "category", "n")
    ]
    geometry = gpd.GeoSeries(loaded.areas.frame.geometry.loc[codes])
    covered = loaded.incidents.covered.reindex(index=codes, columns=months).eq(True)
    return ModelData(
        area_codes=tuple(codes),
        in_study=codes.isin(loaded.study.codes),
        months=tuple(months),
        covered=covered.to_numpy(dtype=bool),
        categories=tuple(categories),
        counts=count_cube(
            counts,
            area_codes=tuple(codes),
            months=loaded.period.months,
            categories=tuple(categories),
        ),
        attributes=counts if attributes else None,
        population=np.asarray(loaded.population.reindex(codes), dtype=np.float64),
        area_km2=np.asarray(geometry.area, dtype=np.float64) / 1e6,
        stratum=loaded.stratum.reindex(codes).fillna("").to_numpy(dtype=np.str_),
        neighbours=loaded.neighbours,
        indicators=loaded.indicators.reindex(codes),
        labels=loaded.labels.reindex(codes).fillna(""),
        denominators={
            name: np.asarray(values.reindex(codes), dtype=np.float64)
            for name, values in loaded.denominators.items()
        },
        centres=np.column_stack([geometry.centroid.x, geometry.centroid.y]),
        artefacts=place_artefacts(
            tuple(codes), loaded.artefacts, loaded.incidents.area_points, end=loaded.period.end
        ),
        forces=forces_among(loaded.lads, loaded.forces),
    )


def build_run(
    loaded: LoadedInputs,
    model: ModelData,
    risk: RiskConfig,
    harm: HarmWeights,
    *,
    forecast_later: Callable[[], Forecast],
    progress: Progress,
    blocks: BlockMap = SERIAL,
) -> Run:
    """Score the study area and draw its densities.

    Parameters
    ----------
    loaded, model
        What was read, and what `build_model` makes of it.
    risk, harm
        Settings and harm weights.
    forecast_later
        Gives the forecast of the model, begun or not; called once, before the scores where an
        indicator needs it.
    blocks
        Where draws are computed; it makes no difference to the result.
    """
    clock = Clock()
    warnings = list(loaded.warnings)
    frame = loaded.areas.frame
    densities: dict[str, PriorityDensity] = {}
    shares: dict[str, pd.Series[float]] = {}
    inside = frame.index.isin(loaded.study.codes)
    where = surroundings(
        loaded.incidents.points,
        model,
        study=gpd.GeoSeries(frame.geometry[inside]),
        around=gpd.GeoSeries(frame.geometry[~inside]),
    )
    unknown = len(loaded.study.codes) - len(where.study)
    if unknown:
        warnings.append(f"density: {unknown} areas without a covered month are left blank")
    grounds = Grounds(where)
    for key, priority in risk.priorities.items():
        progress(f"density of {priority.title.lower()}")
        densities[key] = priority_density(
            where, offence_set(priority, risk, harm), risk.density, grounds
        )
        warnings += [f"{key} density: {text}" for text in densities[key].warnings]
        shares[key] = densities[key].share
    clock.lap("density")

    def forecast_now() -> Forecast:
        progress("expected events of the coming months")
        found = forecast_later()
        clock.lap("forecast")
        return found

    needed = forecast_now() if wants_forecast(risk) else None
    progress("scores, ranks and their uncertainty")
    scored = score_model(model, risk, harm, density_share=shares, forecast=needed, blocks=blocks)
    clock.lap("scores")
    forecast = needed or forecast_now()
    warnings += [*forecast.notes, *scored.warnings]

    codes = pd.Index(loaded.study.codes, name="area_code")
    labels = model.labels.reindex(codes)[list(LABEL_COLUMNS)]
    position = pd.Index(model.area_codes).get_indexer(codes)
    areas = pd.concat(
        [
            labels,
            pd.DataFrame(
                {
                    "population": model.population[position],
                    "area_km2": model.area_km2[position],
                },
                index=codes,
            ),
            scored.areas[["events"]].reindex(codes),
            forecast_columns(forecast, model).reindex(codes),
            scored.areas.drop(columns="events").reindex(codes),
        ],
        axis=1,
    )
    return Run(
        areas=gpd.GeoDataFrame(areas, geometry=loaded.areas.frame.geometry.loc[codes]),
        scored=scored,
        model=model,
        densities=densities,
        forecast=forecast,
        loaded=loaded,
        risk=risk,
        harm=harm,
        warnings=tuple(dict.fromkeys(warnings)),
        timings=clock.laps,
    )
