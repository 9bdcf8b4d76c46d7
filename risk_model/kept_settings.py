"""The settings that a published run was made with."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from risk_model.config.harm import HarmWeights
from risk_model.config.risk import RiskConfig
from spatial.errors import Fault, InputError

__all__ = ["settings_of"]


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
