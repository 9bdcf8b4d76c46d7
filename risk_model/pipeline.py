"""Inputs and settings in, a run out: pure composition, nothing is read or written here."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from risk_model.config.harm import HarmWeights
from risk_model.config.risk import RiskConfig
from risk_model.layers.crime import OffenceSet, offence_set
from risk_model.loading import LoadedInputs
from risk_model.model_data import LABEL_COLUMNS, ModelData
from risk_model.scoring import Scored, score_model
from spatial.hotspot_polygons import HotSpots, density_share, hotspot_polygons
from spatial.kde import Density, density_surface

__all__ = ["PriorityDensity", "Run", "build_model", "build_run"]

Progress = Callable[[str], None]
SCORE_BREAKS = (20.0, 40.0, 60.0, 80.0)  # fixed between periods, so that colours can be compared


@dataclass(frozen=True, slots=True)
class PriorityDensity:
    """The density surface of one priority and the places where its events concentrate."""

    surface: Density
    hotspots: HotSpots


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
    loaded: LoadedInputs
    risk: RiskConfig
    harm: HarmWeights
    warnings: tuple[str, ...]
    timings: Mapping[str, float]


def _counts_array(
    counts: pd.DataFrame, codes: pd.Index, months: pd.Index, categories: pd.Index
) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Return n x m x c events; rows of the long table that repeat a cell add up."""
    cube = np.zeros((len(codes), len(months), len(categories)), dtype=np.int64)
    positions = (
        codes.get_indexer(pd.Index(counts["area_code"].astype(str))),
        months.get_indexer(pd.Index(counts["month"].astype(str))),
        categories.get_indexer(pd.Index(counts["category"].astype(str))),
    )
    np.add.at(cube, positions, counts["n"].to_numpy(dtype=np.int64))
    return cube


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
        counts=_counts_array(counts, codes, months, categories),
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
    )


def _weigh(points: pd.DataFrame, offences: OffenceSet) -> pd.DataFrame:
    """Return the points that belong to an offence set, with the weight of each."""
    weight = np.zeros(len(points), dtype=np.float64)
    category = points["category"].astype(str).to_numpy()
    for offence in offences.offences:
        chosen = category == offence.category
        for attribute, wanted in offence.where:
            # A source without the column cannot show that its events qualify.
            column = points[attribute] if attribute in points else pd.Series("", points.index)
            chosen &= column.astype(str).isin(wanted).to_numpy()
        weight[chosen] += offence.weight
    return points.assign(weight=weight)[weight > 0]


def _density(
    loaded: LoadedInputs, risk: RiskConfig, weighted: pd.DataFrame, months: float
) -> PriorityDensity:
    frame = loaded.areas.frame
    surface = density_surface(
        weighted,
        study=frame.geometry.loc[list(loaded.study.codes)],
        land=frame.geometry,
        bandwidth_m=risk.density.bandwidth_m,
        cell_m=risk.density.cell_m,
        months=months,
        kernel=risk.density.kernel,
        edge=risk.density.edge,
    )
    hotspots = hotspot_polygons(surface, volume_share=risk.density.volume_share, points=weighted)
    return PriorityDensity(surface=surface, hotspots=hotspots)


def build_run(
    loaded: LoadedInputs, risk: RiskConfig, harm: HarmWeights, *, progress: Progress
) -> Run:
    """Score the study area and draw its densities."""
    timings: dict[str, float] = {}
    since = time.perf_counter()

    def timed(stage: str) -> None:
        nonlocal since
        now = time.perf_counter()
        timings[stage] = round(now - since, 3)
        since = now

    progress("aligning layers")
    model = build_model(loaded)
    timed("layers")

    warnings = list(loaded.warnings)
    densities: dict[str, PriorityDensity] = {}
    shares: dict[str, pd.Series[float]] = {}
    months = float(model.covered[model.in_study].any(axis=0).sum())
    for key, priority in risk.priorities.items():
        progress(f"density of {priority.title.lower()}")
        weighted = _weigh(loaded.incidents.points, offence_set(priority, risk, harm))
        densities[key] = _density(loaded, risk, weighted, months)
        warnings += [f"{key} density: {text}" for text in densities[key].surface.warnings]
        shares[key] = density_share(
            weighted, densities[key].hotspots, codes=list(loaded.study.codes)
        )
    timed("density")

    progress("scores, ranks and their uncertainty")
    scored = score_model(model, risk, harm, density_share=shares)
    timed("scores")
    warnings += scored.warnings

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
            scored.areas.reindex(codes),
        ],
        axis=1,
    )
    return Run(
        areas=gpd.GeoDataFrame(areas, geometry=loaded.areas.frame.geometry.loc[codes]),
        scored=scored,
        model=model,
        densities=densities,
        loaded=loaded,
        risk=risk,
        harm=harm,
        warnings=tuple(dict.fromkeys(warnings)),
        timings=timings,
    )
