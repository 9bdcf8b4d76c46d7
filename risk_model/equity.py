"""Who lives where areas are flagged: deprivation, rurality and age against the study area."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from risk_model.config.risk import RiskConfig
from risk_model.model_data import ModelData
from risk_model.run_store import Writer
from spatial.writers import write_csv

__all__ = ["EQUITY_COLUMNS", "equity_table", "equity_writers", "flags_of"]

EQUITY_COLUMNS: Final = (
    "priority",
    "kind",
    "group",
    "areas",
    "areas_share",
    "population",
    "population_share",
    "flagged",
    "flagged_share",
    "flagged_population_share",
    "ratio",
    "note",
)
TOO_FEW: Final = "too few to say"
_QUINTILES: Final = ("1 (most deprived)", "2", "3", "4", "5 (least deprived)")
_UNKNOWN: Final = "not known"

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]


def equity_table(
    data: ModelData,
    flags: Mapping[str, BoolArray],
    config: RiskConfig,
    *,
    ages: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Return how flagged areas and their residents are spread over groups.

    Parameters
    ----------
    data
        Layers of the study area and its ring.
    flags
        Priority to booleans over the study areas, in the order of their codes.
    ages
        Residents by age group (columns), indexed by area code, or None where none were supplied.

    Returns
    -------
    DataFrame
        `EQUITY_COLUMNS`. Deprivation is by national quintile of the IMD (decile 1 is the most
        deprived tenth). `ratio` is the group's share among residents of flagged areas over its
        share among residents of the study area; empty, with a note, where fewer than
        `guards.min_flags` areas are flagged. Age groups are of people, not of areas: their
        `areas` and `flagged` are empty. Groups of a kind sum to the study area.
    """
    study = data.in_study
    people = np.nan_to_num(data.population[study], nan=0.0)
    kinds = {
        "deprivation": _quintiles(data.indicator("imd_decile")[study]),
        "rurality": np.where(data.stratum[study] == "", _UNKNOWN, data.stratum[study]),
    }
    order = {
        "deprivation": (*_QUINTILES, _UNKNOWN),
        "rurality": ("urban", "rural", _UNKNOWN),
    }
    rows: list[dict[str, Any]] = []
    for priority, flagged in flags.items():
        few = int(flagged.sum()) < config.guards.min_flags
        for kind, groups in kinds.items():
            for group in order[kind]:
                mine = groups == group
                if mine.any():
                    rows.append(
                        {"priority": priority, "kind": kind, "group": group}
                        | _area_shares(mine, flagged)
                        | _people_shares(people * mine, people, flagged, few=few)
                    )
        if ages is not None:
            table = np.nan_to_num(ages.reindex(list(data.study_codes)).to_numpy(dtype=np.float64))
            for k, group in enumerate(ages.columns):
                rows.append(
                    {"priority": priority, "kind": "age", "group": str(group)}
                    | _people_shares(table[:, k], table.sum(axis=1), flagged, few=few)
                )
    return pd.DataFrame(rows, columns=list(EQUITY_COLUMNS)).astype(
        {"areas": "Int64", "flagged": "Int64"}
    )


def _quintiles(decile: FloatArray) -> NDArray[np.str_]:
    """Return the national quintile of each area by its IMD decile."""
    names = np.array([*_QUINTILES, _UNKNOWN])
    known = ~np.isnan(decile)
    position = np.where(known, (np.nan_to_num(decile, nan=1.0) - 1) // 2, len(_QUINTILES))
    return names[position.astype(np.int64)]


def _area_shares(mine: BoolArray, flagged: BoolArray) -> dict[str, Any]:
    areas, chosen = int(mine.sum()), int((mine & flagged).sum())
    return {
        "areas": areas,
        "areas_share": _share(areas, len(mine)),
        "flagged": chosen,
        "flagged_share": _share(chosen, int(flagged.sum())),
    }


def _people_shares(
    group: FloatArray, everyone: FloatArray, flagged: BoolArray, *, few: bool
) -> dict[str, Any]:
    here = _share(float(group.sum()), float(everyone.sum()))
    there = _share(float(group[flagged].sum()), float(everyone[flagged].sum()))
    return {
        "population": float(group.sum()),
        "population_share": here,
        "flagged_population_share": there,
        "ratio": np.nan if few or not here > 0 else there / here,
        "note": TOO_FEW if few else "",
    }


def _share(part: float, whole: float) -> float:
    return part / whole if whole > 0 else float("nan")


def equity_writers(table: pd.DataFrame) -> dict[str, Writer]:
    """Return the writer of `equity.csv`."""
    return {"equity.csv": lambda path: write_csv(table, path)}


def flags_of(areas: pd.DataFrame, priorities: Sequence[str]) -> dict[str, BoolArray]:
    """Return, for each priority, which areas of a run are flagged."""
    return {key: areas[f"{key}_flag"].to_numpy(dtype=np.bool_) for key in priorities}
