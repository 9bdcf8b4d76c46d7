"""Changes to score again after, for this source tree and older ones.

As a script it scores the current run of a folder again under the tree on PYTHONPATH and prints the
seconds of each change: `python rescore_changes.py RUNS CONFIG weight|offences|period`.
"""

from __future__ import annotations

import inspect
import json
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

STEPS = 16


def weight(data: Any, config: Any, harm: Any) -> list[tuple[Any, ...]]:
    """Another weight of an indicator: its draws and the tested variables stay as they were."""
    changes = []
    for step in range(STEPS):
        sv01 = config.priorities["sv01"]
        indicators = dict(sv01.indicators)
        indicators["harm_rate"] = indicators["harm_rate"].model_copy(
            update={"weight": 0.30 + (step + 1) / 100.0}
        )
        other = sv01.model_copy(update={"indicators": indicators})
        priorities = dict(config.priorities) | {"sv01": other}
        changes.append((data, config.model_copy(update={"priorities": priorities}), harm))
    return changes


def offences(data: Any, config: Any, harm: Any) -> list[tuple[Any, ...]]:
    """Another harm weight of violence: the harm rate and what is tested change."""
    changes = []
    for step in range(STEPS):
        weights = dict(harm.weights)
        weights["violence_and_sexual_offences"] *= 1.0 + (step + 1) / 100.0
        changes.append((data, config, replace(harm, weights=weights)))
    return changes


def period(data: Any, config: Any, harm: Any) -> list[tuple[Any, ...]]:
    """Other months, each window once: every stream, draw and test is new.

    The whole period is left out: other benchmarks have scored it, so that it is kept.
    """
    count = len(data.months)
    return [
        (
            replace(
                data,
                months=data.months[first:last],
                covered=data.covered[:, first:last],
                counts=data.counts[:, first:last],
            ),
            config,
            harm,
        )
        for first in range(count)
        for last in range(first + 3, count + 1)
        if last - first < count
    ]


CHANGES: dict[str, Callable[[Any, Any, Any], list[tuple[Any, ...]]]] = {
    "weight": weight,
    "offences": offences,
    "period": period,
}


def seconds_of(runs: Path, settings: Path, change: str) -> list[float]:
    """Score the current run again after each change but the first, which warms up."""
    from risk_model.config.harm import load_harm_weights
    from risk_model.config.risk import load_risk
    from risk_model.model_store import read_model
    from risk_model.run_store import read_run
    from risk_model.whatif import rescore

    run = read_run(runs)
    kept = read_model(run)
    config = load_risk(settings / "risk.yaml", {"uncertainty.draws": "200"})
    harm = load_harm_weights(settings / "harm_weights.csv")
    areas = run.areas()
    shares = {key: areas[f"{key}_density_share"] for key in config.priorities}
    # Trees before this choice wrote the sentences with every answer.
    known = "explain" in inspect.signature(rescore).parameters
    more = {"explain": False} if known else {}
    found = []
    for changed in CHANGES[change](getattr(kept, "data", kept), config, harm):
        since = time.perf_counter()
        rescore(*changed, density_share=shares, **more)
        found.append(time.perf_counter() - since)
    return found[1:]


if __name__ == "__main__":
    sys.stdout.write(json.dumps(seconds_of(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])))
