"""The back-test of one study area: every origin that its months allow."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from risk_model.backtest import Judged, judge_origin
from risk_model.backtest_methods import Forecaster
from risk_model.backtest_origins import Origin, rolling_origins
from risk_model.backtest_table import Comparison, backtest_table, compare_methods
from risk_model.config.harm import HarmWeights
from risk_model.config.risk import RiskConfig
from risk_model.loading import Progress
from risk_model.model_data import ModelData
from spatial.blocks import SERIAL, BlockMap

__all__ = ["Backtest", "rolling_backtest"]


@dataclass(frozen=True, slots=True, eq=False)
class Backtest:
    """What the methods would have caught.

    Attributes
    ----------
    table
        One row an outcome, method, budget and share.
    comparisons
        Ours against the counts to beat, in a tenth of the areas.
    origins
        The origins that could be judged.
    notes
        What was left out and why; the reason alone where nothing could be back-tested.
    """

    table: pd.DataFrame
    comparisons: tuple[Comparison, ...]
    origins: tuple[Origin, ...]
    notes: tuple[str, ...]


def rolling_backtest(
    data: ModelData,
    config: RiskConfig,
    harm: HarmWeights,
    *,
    window: int,
    horizon: int,
    forecaster: Forecaster | None = None,
    resamples: int = 999,
    progress: Progress | None = None,
    blocks: BlockMap = SERIAL,
) -> Backtest:
    """Back-test the priorities of the settings over every origin that the months allow.

    Parameters
    ----------
    window, horizon
        Calendar months that choose and that judge.
    resamples
        Draws of the bootstrap.
    blocks
        Where origins are judged, each with seeds of its own month; it makes no difference to the
        result.

    Notes
    -----
    Each month of the data is outcome of at most `horizon` origins; with a horizon of one month
    none is counted twice.
    """
    origins = rolling_origins(data, window=window, horizon=horizon)
    judged, notes, used = [], [], []
    judge = partial(
        _judge, data=data, config=config, harm=harm, forecaster=forecaster, resamples=resamples
    )
    results = iter(blocks.map(judge, origins))
    for origin in origins:
        if progress is not None:
            progress(f"choosing at {origin.at}")
        found, said = next(results)
        judged += found
        notes += said
        if found:
            used.append(origin)
    if not used:
        held = np.atleast_1d(data.covered[data.in_study].any(axis=0))
        months = [month for month, has in zip(data.months, held.tolist(), strict=True) if has]
        reason = (
            "nothing to back-test: no month with data is followed by another within "
            f"{horizon} month{'' if horizon == 1 else 's'} (months with data: "
            f"{', '.join(months) or 'none'})"
        )
        notes = [reason, *notes]
    return Backtest(
        table=backtest_table(judged),
        comparisons=compare_methods(judged, config.priorities),
        origins=tuple(used),
        notes=tuple(notes),
    )


def _judge(
    origin: Origin,
    *,
    data: ModelData,
    config: RiskConfig,
    harm: HarmWeights,
    forecaster: Forecaster | None,
    resamples: int,
) -> tuple[list[Judged], list[str]]:
    return judge_origin(
        data, origin, config, harm,
        forecaster=forecaster, resamples=resamples, seed=config.uncertainty.seed,
    )  # fmt: skip
