"""What other weights of one priority's indicators would make of a published run."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pydantic import ValidationError
from threadpoolctl import threadpool_limits

from risk_model.attribution import Basis, attribute
from risk_model.comparison import PriorityComparison, Side, compare_sides
from risk_model.config.harm import HarmWeights
from risk_model.config.risk import RiskConfig
from risk_model.model_store import KeptModel
from risk_model.provenance import jsonable
from risk_model.whatif import density_shares, rescore
from spatial.errors import Fault, InputError

__all__ = ["change_weights", "settings_of", "with_weights"]


def settings_of(manifest: Mapping[str, Any]) -> tuple[RiskConfig, HarmWeights]:
    """Return the settings that a run was made with, as its manifest keeps them.

    Raises
    ------
    InputError
        Where this version of the service does not know them any more.
    """
    try:
        # As JSON, whose lists become the tuples that the settings hold.
        config = RiskConfig.model_validate_json(json.dumps(manifest["config"]))
    except ValidationError as problem:
        raise InputError(
            Fault(
                f"the settings of run {manifest['run_id']} are of another version "
                f"({problem.error_count()} faults); make the run again to try other weights"
            )
        ) from None
    return config, HarmWeights(dict(manifest["harm_weights"]), ())


def with_weights(config: RiskConfig, priority: str, weights: Mapping[str, float]) -> RiskConfig:
    """Return settings with other indicator weights for one priority, and that priority alone.

    Parameters
    ----------
    weights
        Weight by indicator, 0 or more; an indicator that is not named keeps its own.

    Raises
    ------
    InputError
        Where an indicator is not one of the priority, or the weights sum to nothing.
    """
    rule = config.priorities[priority]
    unknown = sorted(set(weights) - set(rule.indicators))
    if unknown:
        raise InputError(
            Fault(
                f"{priority} has no indicator {', '.join(unknown)}; it has "
                + ", ".join(rule.indicators)
            )
        )
    indicators = {
        name: indicator.model_copy(update={"weight": float(weights.get(name, indicator.weight))})
        for name, indicator in rule.indicators.items()
    }
    if not sum(indicator.weight for indicator in indicators.values()) > 0:
        raise InputError(Fault("the weights sum to 0; give at least one indicator a weight"))
    changed = rule.model_copy(update={"indicators": indicators})
    return config.model_copy(update={"priorities": {priority: changed}})


def change_weights(
    kept: KeptModel,
    before: Side,
    manifest: Mapping[str, Any],
    priority: str,
    weights: Mapping[str, float],
) -> PriorityComparison:
    """Say who enters and leaves a priority's list under other weights, and which weight did it.

    Nothing is published.

    Parameters
    ----------
    kept
        The layers that the run kept.
    before
        The run as one side of a comparison (`risk_model.comparison.side_of`).
    weights
        As for `with_weights`.

    Raises
    ------
    InputError
        As `settings_of` and `with_weights`.
    """
    config, harm = settings_of(manifest)
    changed = with_weights(config, priority, weights)
    with threadpool_limits(limits=1):
        shares = density_shares(kept, before.areas, manifest, changed, harm)
        scored = rescore(kept.data, changed, harm, density_share=shares)
        cause = attribute(priority, Basis(kept.data, config, harm), Basis(kept.data, changed, harm))
    labels = kept.data.labels.loc[list(kept.data.study_codes)]
    after = replace(
        before,
        name=f"{before.name} with other weights",
        config=jsonable(changed.model_dump(mode="json")),
        titles={priority: before.titles[priority]},
        areas=labels.join(scored.areas),
        contributions=scored.contributions,
    )
    found = compare_sides(before, after, attributions={priority: cause})
    return found.priorities[priority]
