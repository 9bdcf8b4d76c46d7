"""Reads back the layers that a published run kept, for what-if questions and comparison."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from risk_model.artefacts import ARTEFACT_COLUMNS
from risk_model.event_cells import EVENT_CELL_M
from risk_model.layers.crime import count_cube
from risk_model.model_data import INDICATOR_COLUMNS, LABEL_COLUMNS, ModelData, forces_among
from risk_model.run_store import PublishedRun
from spatial.categories import CATEGORIES
from spatial.weights import Neighbours

__all__ = ["KeptModel", "read_model"]

_KEYS = ("area_code", "month", "category", "n")


@dataclass(frozen=True, slots=True)
class KeptModel:
    """The layers of a run, and what its densities were drawn from.

    `points` has x, y (centres of 100 m cells), month, category, area_code and n; `land` holds the
    polygons of the study area and of what surrounds it.
    """

    data: ModelData
    points: pd.DataFrame
    land: gpd.GeoSeries


def _floats(column: pd.Series) -> NDArray[np.float64]:
    return np.asarray(column, dtype=np.float64)


def read_model(run: PublishedRun) -> KeptModel:
    """Return the layers that scoring saw, as they were; scoring them again gives the same run."""
    table = pd.read_parquet(run.path("model/indicators.parquet")).set_index("area_code")
    counts = pd.read_parquet(run.path("model/counts.parquet"))
    pairs = pd.read_parquet(run.path("model/neighbours.parquet"))
    cells = pd.read_parquet(run.path("model/cells.parquet"))
    around = gpd.read_parquet(run.path("model/land.parquet"))
    codes = tuple(str(code) for code in table.index)
    months = tuple(run.manifest["period"]["months"])
    prefix = "denominator_"
    data = ModelData(
        area_codes=codes,
        in_study=np.asarray(table["in_study"], dtype=np.bool_),
        months=months,
        covered=np.stack(
            [np.asarray(table[f"covered_{month}"], dtype=np.bool_) for month in months], axis=1
        ),
        categories=tuple(sorted(CATEGORIES)),
        counts=count_cube(
            counts, area_codes=codes, months=months, categories=tuple(sorted(CATEGORIES))
        ),
        attributes=counts if set(counts.columns) - set(_KEYS) else None,
        population=_floats(table["population"]),
        area_km2=_floats(table["area_km2"]),
        stratum=np.asarray(table["stratum"], dtype=np.str_),
        neighbours=Neighbours.from_pairs(
            codes,
            pairs["focal"].to_numpy(),
            pairs["neighbour"].to_numpy(),
            kind=run.manifest["config"]["statistics"]["neighbours"],
        ),
        indicators=table[list(INDICATOR_COLUMNS)].astype(np.float64),
        labels=table[list(LABEL_COLUMNS)].fillna(""),
        denominators={
            str(name).removeprefix(prefix): _floats(table[name])
            for name in table.columns
            if str(name).startswith(prefix)
        },
        centres=(
            table[["centre_x", "centre_y"]].to_numpy(dtype=np.float64)
            if "centre_x" in table
            else None
        ),
        artefacts=(
            table[list(ARTEFACT_COLUMNS)] if set(ARTEFACT_COLUMNS) <= set(table.columns) else None
        ),
        forces=forces_among(
            table.loc[table["in_study"].astype(bool), "lad_code"].astype(str),
            run.manifest.get("forces") or {},
        ),
    )
    points = cells.assign(
        x=cells["cell_x"] + EVENT_CELL_M / 2, y=cells["cell_y"] + EVENT_CELL_M / 2
    )
    land = pd.concat([run.areas().geometry, around.geometry], ignore_index=True)
    return KeptModel(data=data, points=points, land=gpd.GeoSeries(land, crs=around.crs))
