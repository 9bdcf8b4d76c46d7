"""One origin of a back-test judged by the default settings, and a row of its table."""

from __future__ import annotations

import pandas as pd

import model_case as CASE
from risk_model.backtest import BUDGETS, SHARES, Judged, judge_origin
from risk_model.backtest_origins import Origin, rolling_origins
from risk_model.model_data import ModelData

CONFIG = CASE.settings()
N, TENTH = BUDGETS.index("number"), SHARES.index(0.10)


def judged(data: ModelData, origin: Origin, **changes: object) -> dict[str, Judged]:
    options: dict[str, object] = {"forecaster": None, "resamples": 0, "seed": 1} | changes
    found, _ = judge_origin(data, origin, CONFIG, CASE.HARM, **options)  # type: ignore[arg-type]
    return {part.outcome: part for part in found}


def first_origin(data: ModelData, horizon: int = 1) -> Origin:
    return rolling_origins(data, window=6, horizon=horizon)[0]


def row(
    table: pd.DataFrame, outcome: str, method: str, by: str = "number", share: float = 0.1
) -> pd.Series:
    kept = table[
        (table["outcome"] == outcome)
        & (table["method"] == method)
        & (table["by"] == by)
        & (table["share"] == share)
    ]
    assert len(kept) == 1
    return kept.iloc[0]
