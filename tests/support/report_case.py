"""Layers with a planted block, and the tables of the engine that are made of them."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely.geometry import box

import model_case as CASE
from risk_model.config.risk import RiskConfig
from risk_model.model_data import ModelData
from risk_model.priority_events import PriorityEvents, events_of_priorities
from risk_model.run_tests import own_flags
from risk_model.scoring import Scored, score_model
from risk_model.space_time_report import space_time_tables
from risk_model.support_report import cut_supports, support_table

CONFIG = CASE.one({"event_rate": 1.0}, {CASE.VIOLENCE: 1.0, "robbery": 3.0})
COLUMNS = 8
BLOCK = (9, 10, 11, 17, 18, 19, 25, 26, 27)  # three by three squares of the lattice


def events(data: ModelData, config: RiskConfig = CONFIG) -> dict[str, PriorityEvents]:
    return events_of_priorities(data, config, CASE.HARM)


def with_counts(data: ModelData, violence: np.ndarray) -> ModelData:
    """The same areas with these events of violence (areas by months) and nothing else."""
    counts = np.zeros_like(data.counts)
    counts[:, :, data.categories.index(CASE.VIOLENCE)] = violence
    return replace(data, counts=counts)


def planted(*, months: int = 6, raised: int = 20, **changes: object) -> ModelData:
    """Four events an area and month, `raised` in the block; a thousand residents everywhere."""
    data = CASE.case(months=months, population=np.full(48, 1000.0), **changes)
    violence = np.full((48, months), 4)
    violence[list(BLOCK)] = raised
    return with_counts(data, violence)


def squares(data: ModelData) -> gpd.GeoSeries:
    """One kilometre each, in the order of the lattice."""
    shapes = [
        box(x, y, x + 1000, y + 1000)
        for x, y in (
            (400_000 + 1000 * (i % COLUMNS), 90_000 + 1000 * (i // COLUMNS))
            for i in range(len(data.area_codes))
        )
    ]
    return gpd.GeoSeries(shapes, index=pd.Index(data.area_codes), crs="EPSG:27700")


def study_squares(data: ModelData) -> gpd.GeoSeries:
    return squares(data)[data.in_study]


def located(data: ModelData) -> pd.DataFrame:
    """One row an event of violence, spread over its square; and as many thefts to be left out."""
    place = squares(data)
    total = data.counts[:, :, data.categories.index(CASE.VIOLENCE)].sum(axis=1)
    which = np.repeat(np.arange(len(total)), total)
    rng = np.random.default_rng(5)
    bounds = place.bounds.to_numpy()
    frame = pd.DataFrame(
        {
            "x": bounds[which, 0] + rng.uniform(1, 999, which.size),
            "y": bounds[which, 1] + rng.uniform(1, 999, which.size),
            "category": CASE.VIOLENCE,
            "area_code": np.asarray(data.area_codes)[which],
        }
    )
    return pd.concat([frame, frame.assign(category="other_theft")], ignore_index=True)


def named(data: ModelData) -> ModelData:
    """Area names as the Office for National Statistics gives them: four areas to a larger one."""
    names = [f"Made up {i // 4:03d}{'ABCD'[i % 4]}" for i in range(len(data.area_codes))]
    return replace(data, labels=data.labels.assign(area_name=names))


def patterns(data: ModelData) -> pd.DataFrame:
    return space_time_tables(data, events(data), CONFIG).patterns.set_index("area_code")


def compared(
    data: ModelData, config: RiskConfig = CONFIG, points: pd.DataFrame | None = None
) -> tuple[pd.DataFrame, Scored]:
    """The table of a run of these layers, and its scores."""
    scored = score_model(data, config, CASE.HARM, density_share={}, explain=False)
    cuts = cut_supports(data, located(data) if points is None else points, study_squares(data))
    table = support_table(
        data, events(data, config), cuts, config, own=own_flags(scored, data, config)
    )
    return table, scored
