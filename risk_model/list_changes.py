"""Who enters and who leaves a list when one judgement behind it changes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from risk_model.aggregate import score_vectors
from risk_model.composite import HARM_FACTORS, VIOLENCE, Composite
from risk_model.config.priority import Priority
from risk_model.model_data import ModelData
from risk_model.normalise import normalise
from risk_model.ranking import list_positions, rank_rows
from risk_model.uncertainty import Weighted

__all__ = ["CHANGE_COLUMNS", "priority_changes"]

CHANGE_COLUMNS = (
    "priority",
    "scenario",
    "setting",
    "change",
    "area_code",
    "area_label",
    "rank_before",
    "rank_after",
)
_STEP = 0.25


@dataclass(frozen=True, slots=True)
class _Scenario:
    """A judgement changed: its name, the setting that would do it, and n scores."""

    name: str
    setting: str
    score: NDArray[np.float64]


def priority_changes(
    name: str,
    composite: Composite,
    harm_variants: Mapping[str, Composite],
    data: ModelData,
    settings: Priority,
) -> pd.DataFrame:
    """Return the areas that enter or leave one priority's list in each scenario.

    Each weight 25 % up and down, each indicator left out, the harm weight of violence halved and
    doubled, and every indicator normalised by `exponential`. A scenario that changes nothing has
    one row that says `none`; leaving out the only indicator is no scenario, for nothing would be
    left to score.
    """
    scenarios = list(_scenarios(name, composite, harm_variants, data, settings))
    scores = np.vstack([composite.score, *(scenario.score for scenario in scenarios)])
    ranks = rank_rows(scores, composite.groups)
    place = list_positions(scores, composite.groups)
    size = settings.list.size
    labels = data.labels["area_label"].to_numpy()
    rows: list[dict[str, object]] = []
    for at, scenario in enumerate(scenarios, start=1):
        shared: dict[str, object] = {
            "priority": name,
            "scenario": scenario.name,
            "setting": scenario.setting,
        }
        now, was = place[at] <= size, place[0] <= size
        changed = [
            (word, i)
            for word, areas in (("enters", now & ~was), ("leaves", was & ~now))
            for i in sorted(np.flatnonzero(areas), key=lambda i: (place[0][i], place[at][i]))
        ]
        rows += [
            shared
            | {
                "change": word,
                "area_code": data.area_codes[i],
                "area_label": labels[i],
                "rank_before": ranks[0][i],
                "rank_after": ranks[at][i],
            }
            for word, i in changed
        ] or [shared | {"change": "none", "area_code": "", "area_label": ""}]
    frame = pd.DataFrame(rows, columns=list(CHANGE_COLUMNS))
    for column in ("rank_before", "rank_after"):
        frame[column] = frame[column].astype("Float64").astype("Int64")
    return frame


def _scenarios(
    name: str,
    composite: Composite,
    harm_variants: Mapping[str, Composite],
    data: ModelData,
    settings: Priority,
) -> Iterator[_Scenario]:
    parts = composite.parts
    weights = np.array([part.weight for part in parts])
    x = np.stack([part.normalised for part in parts], axis=1)
    above = f"priorities.{name}.indicators"
    for k in np.flatnonzero(weights > 0):
        indicator = parts[k].indicator.name
        for word, factor in (
            (f"weight+{_STEP:.0%} {indicator}", 1 + _STEP),
            (f"weight-{_STEP:.0%} {indicator}", 1 - _STEP),
            (f"without {indicator}", 0.0),
        ):
            changed = weights.copy()
            changed[k] *= factor
            if changed.sum() > 0:
                setting = f"{above}.{indicator}.weight={changed[k]:.9g}"
                yield _Scenario(word, setting, _scores(composite, x, changed, settings))
    for word, factor in HARM_FACTORS.items():
        if word in harm_variants:
            where = "harm_weights" if settings.offences == "harm" else f"priorities.{name}.offences"
            yield _Scenario(
                f"violence weight {word}",
                f"{where}.{VIOLENCE} x {factor:g}",
                harm_variants[word].score,
            )
    stretched = np.stack([_exponential(part, data) for part in parts], axis=1)
    yield _Scenario(
        "exponential",
        f"{above}.*.normalise=exponential",
        _scores(composite, stretched, weights, settings),
    )


def _exponential(part: Weighted, data: ModelData) -> NDArray[np.float64]:
    """Return an indicator normalised by `exponential` over the study area."""
    out = np.full(len(data.area_codes), np.nan)
    out[data.in_study] = normalise(
        part.indicator.value[data.in_study],
        "exponential",
        lower_is_worse=part.lower_is_worse,
    )
    return out


def _scores(
    composite: Composite, x: NDArray[np.float64], weights: NDArray[np.float64], settings: Priority
) -> NDArray[np.float64]:
    """Return n scores; NaN where the published run has none."""
    scored = composite.scored
    out = np.full(len(scored), np.nan)
    out[scored] = score_vectors(x[scored], weights[None, :], settings.aggregate)[0]
    return out
