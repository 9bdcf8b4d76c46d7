"""The predictive layer as a back-test asks for it: from known months to expected events."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from risk_model.backtest_methods import Forecaster
from risk_model.config.harm import HarmWeights
from risk_model.config.risk import RiskConfig
from risk_model.model_data import ModelData

__all__ = ["forecaster_of"]


def forecaster_of(config: RiskConfig, harm: HarmWeights) -> Forecaster:
    """Return the forecast of a run, learned anew at every origin from the months known there.

    Weapons are what robbery and weapons together have beyond robbery. Another process can be
    handed it.
    """
    return partial(_forecast, config=config, harm=harm)


def _forecast(
    past: ModelData, months: int, *, config: RiskConfig, harm: HarmWeights
) -> dict[str, NDArray[np.float64]]:
    # A limit reaches only libraries that are loaded already, so scikit-learn comes first.
    import sklearn.linear_model  # noqa: F401, PLC0415 - slow, and see above

    from risk_model.forecast import fit_forecast  # noqa: PLC0415 - imports scikit-learn

    with threadpool_limits(limits=1):
        found = fit_forecast(
            past, config, harm, seed=config.uncertainty.seed, horizon_months=months
        ).expected
    weapons = found["robbery_weapons"] - found["robbery"]
    return {**found, "weapons": weapons}
