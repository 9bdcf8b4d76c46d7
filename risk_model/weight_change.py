"""What other weights of one priority's indicators would make of a published run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from threadpoolctl import threadpool_limits

from risk_model.attribution import Basis, attribute
from risk_model.comparison import PriorityComparison, Side, compare_sides
from risk_model.config.harm import load_harm_weights
from risk_model.config.risk import RiskConfig, load_risk
from risk_model.config.write import save_version
from risk_model.kept_settings import settings_of
from risk_model.model_store import KeptModel
from risk_model.provenance import jsonable
from risk_model.whatif import density_shares, rescore
from spatial.errors import ConfigError, Fault, InputError

__all__ = ["change_weights", "save_weights", "with_weights"]


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


def save_weights(
    source: Path,
    manifest: Mapping[str, Any],
    priority: str,
    weights: Mapping[str, float],
    *,
    name: str,
    why: str = "",
) -> bytes:
    """Return a file of weights with other indicator weights for one priority, comments kept.

    Parameters
    ----------
    source
        The file that the run was made from; what was changed by `--set` for the run is changed in
        the new file as well.
    name, why
        The name of the new version, and the reason, which goes into its comment.

    Raises
    ------
    ConfigError
        Where the file is not the one that the run was made from, or the name will not do.
    """
    config, harm = settings_of(manifest)
    changed = with_weights(config, priority, weights).priorities[priority].indicators
    overrides = {str(key): str(value) for key, value in manifest["overrides"].items()}
    beside = load_harm_weights(source.parent / config.harm_weights)
    if load_risk(source, overrides) != config or dict(beside.weights) != dict(harm.weights):
        raise ConfigError(
            Fault(
                f"has other settings than run {manifest['run_id']}; start the service with the "
                "file that the run was made from (--config)",
                file=source.name,
            )
        )
    changes = overrides | {
        f"priorities.{priority}.indicators.{indicator}.weight": f"{entry.weight:.9g}"
        for indicator, entry in changed.items()
        if entry.weight != config.priorities[priority].indicators[indicator].weight
    }
    with TemporaryDirectory() as folder:
        target = Path(folder) / "weights.yaml"
        harm_file = target.parent / config.harm_weights
        harm_file.parent.mkdir(parents=True, exist_ok=True)
        harm_file.write_bytes((source.parent / config.harm_weights).read_bytes())
        save_version(source, target, changes, version=name, why=why)
        return target.read_bytes()


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
        scored = rescore(kept.data, changed, harm, density_share=shares, explain=False)
        causes = attribute(
            priority, Basis(kept.data, config, harm), Basis(kept.data, changed, harm)
        )
    labels = kept.data.labels.loc[list(kept.data.study_codes)]
    after = replace(
        before,
        name=f"{before.name} with other weights",
        config=jsonable(changed.model_dump(mode="json")),
        titles={priority: before.titles[priority]},
        areas=labels.join(scored.areas),
        contributions=scored.contributions,
    )
    found = compare_sides(before, after, attributions={priority: causes})
    return found.priorities[priority]
