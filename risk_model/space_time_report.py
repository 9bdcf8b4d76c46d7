"""How the hot and cold spots of a priority come and go from month to month."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from risk_model.config.risk import RiskConfig
from risk_model.model_data import ModelData
from risk_model.priority_events import PriorityEvents, too_few, too_large, way_out
from spatial.sequences import NOT_CLASSIFIED
from spatial.space_time import space_time

__all__ = ["SPACE_TIME_COLUMNS", "space_time_table"]

SPACE_TIME_COLUMNS = (
    "area_code",
    "priority",
    "pattern",
    "hot_share",
    "cold_share",
    "trend_z",
    "trend_p",
    "covered_months",
    "tested_months",
    "reason",
)


def space_time_table(
    data: ModelData, priorities: Mapping[str, PriorityEvents], config: RiskConfig
) -> pd.DataFrame:
    """Return the pattern of each study area's months, a row an area and priority.

    A study area too large for it has one row a priority, without an area, whose `reason` says so.

    Months are tested over study and ring areas, as all clusters are, with the same permutations
    and correction, and as for all clusters none are where the study area has too few of its own.
    """
    large = too_large(data, "No space-time patterns")
    tables = [
        pd.DataFrame([{"priority": key, "pattern": NOT_CLASSIFIED, "reason": large}])
        if large
        else _patterns(key, found, data, config)
        for key, found in priorities.items()
    ]
    return pd.concat(tables, ignore_index=True).reindex(columns=list(SPACE_TIME_COLUMNS))


def _patterns(key: str, found: PriorityEvents, data: ModelData, config: RiskConfig) -> pd.DataFrame:
    if off := too_few(data, float(found.total[data.in_study].sum())):
        return pd.DataFrame(
            {
                "area_code": data.study_codes,
                "priority": key,
                "pattern": NOT_CLASSIFIED,
                "covered_months": data.covered[data.in_study].sum(axis=1),
                "tested_months": 0,
                "reason": f"{off}. {way_out(data)}",
            }
        )
    settings = config.statistics
    # Counted here: twelve months of 460 areas take .12 s, and two other processes .17 s.
    result = space_time(
        found.monthly,
        found.exposed.monthly,
        data.neighbours,
        data.months,
        covered=data.covered,
        report=data.in_study,
        permutations=settings.permutations,
        correction=settings.correction,
        seed=config.uncertainty.seed,
    )
    table = pd.DataFrame(
        {
            "area_code": data.area_codes,
            "priority": key,
            "pattern": result.pattern,
            "hot_share": result.hot_share,
            "cold_share": result.cold_share,
            "trend_z": result.trend_z,
            "trend_p": result.trend_p,
            "covered_months": result.covered_months,
            "tested_months": result.tested_months,
            "reason": result.reason,
        }
    )
    return table[data.in_study]
