"""The predictive layer as a back-test asks for it: from known months to expected events."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from risk_model.backtest_methods import Forecaster
from risk_model.config.harm import HarmWeights
from risk_model.config.risk import RiskConfig
from risk_model.model_data import ModelData

__all__ = ["forecaster_of"]


def forecaster_of(config: RiskConfig, harm: HarmWeights) -> Forecaster:
    """Return the forecast of a run, learned anew at every origin from the months known there.

    Weapons are what robbery and weapons together have beyond robbery.

    Call this before threads are limited: a limit reaches only libraries that are loaded already.
    """
    import sklearn.linear_model  # noqa: F401, PLC0415 - slow, and see above

    from risk_model.forecast import fit_forecast  # noqa: PLC0415 - imports scikit-learn

    def forecast(past: ModelData, months: int) -> dict[str, NDArray[np.float64]]:
        found = fit_forecast(
            past, config, harm, seed=config.uncertainty.seed, horizon_months=months
        ).expected
        weapons = found["robbery_weapons"] - found["robbery"]
        return {**found, "weapons": weapons}

    return forecast
