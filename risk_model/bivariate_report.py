"""Whether a priority's offences lie where deprivation is high around, not in the place alone."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from risk_model.config.risk import RiskConfig
from risk_model.model_data import ModelData
from risk_model.priority_events import PriorityEvents, too_few, way_out
from spatial.bivariate import BivariateMoran, bivariate_moran
from spatial.local_tests import LOW_HERE, is_rare
from spatial.moran import assuncao_reis

__all__ = ["BIVARIATE_COLUMNS", "bivariate_table"]

_DEPRIVATION = "deprivation_without_crime"
_ALIKE = ("high_high", "low_low")
_KINDS = {
    "high_high": "High-High",
    "low_low": "Low-Low",
    "high_low": "High-Low",
    "low_high": "Low-High",
}
BIVARIATE_COLUMNS = (
    "priority",
    "here",
    "around",
    "areas",
    "correlation",
    "bivariate_i",
    *_KINDS,
    *(f"{kind}_raw" for kind in _KINDS),
    "seeds_agree_at_least",
    "note",
)


def bivariate_table(
    data: ModelData, priorities: Mapping[str, PriorityEvents], config: RiskConfig
) -> pd.DataFrame:
    """Set each priority's standardised rate here against deprivation around; a row a priority.

    Deprivation is the index rebuilt without its crime domain: with it, crime would be set against
    itself. Counts are of study areas by corrected p, and by raw p in the `_raw` columns. What a
    one-sided test does not look for has no count, and `note` says so. `seeds_agree_at_least` is
    the least share of five further seeds that give an area its corrected label.
    """
    rows = [_row(key, found, data, config) for key, found in priorities.items()]
    return pd.DataFrame(rows).reindex(columns=list(BIVARIATE_COLUMNS))


def _row(key: str, found: PriorityEvents, data: ModelData, config: RiskConfig) -> dict[str, object]:
    head: dict[str, object] = {
        "priority": key,
        "here": "Assuncao-Reis standardised rate",
        "around": _DEPRIVATION,
    }
    deprivation = data.indicator(_DEPRIVATION)
    # Expected events put the exposure right for the months that were covered.
    base = np.where(found.expected > 0, found.expected, np.nan)
    rate = assuncao_reis(found.total, base)
    known = np.isfinite(rate) & np.isfinite(deprivation)
    head["areas"] = int((known & data.in_study).sum())
    if off := too_few(data, float(found.total[data.in_study].sum())):
        return {**head, "note": f"Not tested: {off}. {way_out(data)}"}
    if not known.any():
        return {
            **head,
            "note": (
                "Not tested: no area has both a rate and a deprivation score. Check the files of "
                "both."
            ),
        }
    events = float(found.total[known & data.in_study].sum())
    graph = data.neighbours.subset(
        code for code, kept in zip(data.area_codes, known, strict=True) if kept
    )
    settings = config.statistics
    result = bivariate_moran(
        rate[known],
        deprivation[known],
        graph,
        report=data.in_study[known],
        permutations=settings.permutations,
        alpha=settings.alpha,
        correction=settings.correction,
        alternative=settings.alternative,
        seed=config.uncertainty.seed,
        events=events,
    )
    head |= {"correlation": result.correlation, "bivariate_i": result.value}
    if result.inference:
        return {**head, "note": result.inference}
    found_here = _counts(result, data.in_study[known])
    notes = []
    if is_rare(events, data.in_study[known]):
        found_here = {
            kind: count
            for kind, count in found_here.items()
            if _KINDS[kind.removesuffix("_raw")] not in LOW_HERE
        }
        notes.append(
            "Under one event an area: a quiet area cannot be told from chance, so Low-Low and "
            "Low-High are not counted."
        )
    if settings.alternative != "two-sided":
        alike = settings.alternative == "greater"
        found_here = {
            kind: count
            for kind, count in found_here.items()
            if (kind.removesuffix("_raw") in _ALIKE) == alike
        }
        notes.append(
            f"One side was tested ({settings.alternative}): surroundings "
            f"{'like' if alike else 'unlike'} the area alone."
        )
    agreed = result.agreement[data.in_study[known] & np.isin(result.cluster, list(_KINDS.values()))]
    least = {"seeds_agree_at_least": float(agreed.min())} if agreed.size else {}
    return {**head, **found_here, **least, "note": " ".join(notes)}


def _counts(result: BivariateMoran, inside: NDArray[np.bool_]) -> dict[str, int]:
    """Return how many study areas have each label, corrected and not."""
    corrected, raw = result.cluster[inside], result.raw_cluster[inside]
    return {kind: int((corrected == label).sum()) for kind, label in _KINDS.items()} | {
        f"{kind}_raw": int((raw == label).sum()) for kind, label in _KINDS.items()
    }
