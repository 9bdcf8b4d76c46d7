"""What a change of settings would do: the same scoring, on the layers a run kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import pandas as pd

from risk_model.config.harm import HarmWeights
from risk_model.config.risk import RiskConfig
from risk_model.config.settings import Density as DensitySettings
from risk_model.densities import Grounds, priority_density, surroundings
from risk_model.layers.crime import offence_set
from risk_model.model_data import ModelData
from risk_model.model_store import KeptModel
from risk_model.scoring import Scored, score_model

__all__ = ["density_shares", "rescore"]


def rescore(
    data: ModelData,
    config: RiskConfig,
    harm: HarmWeights,
    *,
    density_share: Mapping[str, pd.Series],
    explain: bool = True,
) -> Scored:
    """Return what `config` would make of the layers of a run. Pure: nothing is read or written.

    Draws are keyed by category, priority and block, so that a change of weights is compared on
    the same drawn risks. Without `explain` every score, rank, draw and test is made, and no
    sentence is written: who compares lists reads none.
    """
    return score_model(data, config, harm, density_share=density_share, explain=explain)


def density_shares(
    kept: KeptModel,
    published: pd.DataFrame,
    manifest: Mapping[str, Any],
    config: RiskConfig,
    harm: HarmWeights,
) -> dict[str, pd.Series]:
    """Return, for each priority, the share of each area's events inside hot-spot cells.

    Where a priority's offences and the density settings are those of the run, its published
    shares hold. Otherwise they are drawn again from the 100 m cells that the run kept; a point is
    then up to 71 m from where it was.
    """
    data = kept.data
    size = len(data.study_codes)
    where = surroundings(
        kept.points,
        data,
        study=gpd.GeoSeries(kept.land.iloc[:size]),
        around=gpd.GeoSeries(kept.land.iloc[size:]),
    )
    grounds = Grounds(where)
    # A run from before a setting existed was made with its default.
    before = DensitySettings().model_dump(mode="json") | manifest["config"]["density"]
    same = before == config.density.model_dump(mode="json")
    shares: dict[str, pd.Series] = {}
    for key, priority in config.priorities.items():
        offences = offence_set(priority, config, harm)
        counted = {offence.category: offence.weight for offence in offences.offences}
        known = manifest["priorities"].get(key, {})
        filtered = any(offence.where for offence in offences.offences)
        if same and not filtered and known.get("offences") == counted:
            shares[key] = published[f"{key}_density_share"]
            continue
        shares[key] = priority_density(where, offences, config.density, grounds).share
    return shares
