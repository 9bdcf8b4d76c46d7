"""What a change of settings would do: the same scoring, on the layers a run kept."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from risk_model.config.harm import HarmWeights
from risk_model.config.risk import RiskConfig
from risk_model.model_data import ModelData
from risk_model.scoring import Scored, score_model

__all__ = ["rescore"]


def rescore(
    data: ModelData,
    config: RiskConfig,
    harm: HarmWeights,
    *,
    density_share: Mapping[str, pd.Series],
) -> Scored:
    """Return what `config` would make of the layers of a run. Pure: nothing is read or written.

    Draws are keyed by category, priority and block, so that a change of weights is compared on
    the same drawn risks.
    """
    return score_model(data, config, harm, density_share=density_share)
