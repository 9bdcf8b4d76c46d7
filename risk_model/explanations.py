"""The sentences of every area of a priority, and the tables of them that a run publishes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isnan
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from risk_model.composite import Composite
from risk_model.config.risk import RiskConfig
from risk_model.explain import AreaFacts, Driver, Explanation, Figure, explain

__all__ = ["MOST_EXPLAINED", "Explanations", "explanations"]

MOST_EXPLAINED = 1_000
"""In a study area of more areas, this many of the highest rank have their sentences and figures in
tables of their own; `P_reasons` holds the sentences of every area."""

BoolArray = NDArray[np.bool_]
FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Explanations:
    """What is told of one priority.

    Attributes
    ----------
    texts
        n texts: all sentences of an area; empty in the ring.
    sentences
        `area_code, priority, sentence, text`.
    figures
        `area_code, priority, sentence, figure, value, unit, shown`: every number of a sentence.
    """

    texts: NDArray[np.object_]
    sentences: pd.DataFrame
    figures: pd.DataFrame


def explanations(
    name: str,
    composite: Composite,
    config: RiskConfig,
    columns: Mapping[str, Any],
    *,
    codes: Sequence[str],
    in_study: BoolArray,
    strands: Mapping[str, BoolArray],
    strata: NDArray[np.str_],
    inference_off: str,
) -> Explanations:
    """Explain every study area.

    Parameters
    ----------
    name
        Key of the priority.
    composite
        Its score and what it is made of.
    columns
        Its published columns without prefix and the other figures that `AreaFacts` names, n each.
    codes, in_study
        n area codes; which are study areas.
    strands, strata
        The strands of evidence that hold; the stratum that each area is ranked in, or empty.
    inference_off
        Why no statement of certainty is made, or empty.
    """
    settings = config.priorities[name]
    # Lists: taking numbers out of arrays one by one would be most of the work for a country.
    held = {key: _plain(columns[key]) for key in _FROM_COLUMNS}
    marks = {key: holds.tolist() for key, holds in strands.items()}
    drivers = _Drivers(composite, in_study)
    groups, stratum = composite.groups.tolist(), strata.tolist()
    sizes = _sizes(composite.groups[composite.scored].tolist())
    stratum_sizes = _sizes(strata[composite.scored].tolist())
    not_scored = composite.not_scored.tolist()
    mean_score = _mean(composite.score[in_study])
    texts = np.full(len(codes), "", dtype=object)
    told: list[tuple[str, Explanation]] = []
    ranks, few = held["rank"], int(in_study.sum()) <= MOST_EXPLAINED
    for i in np.flatnonzero(in_study).tolist():
        found = explain(
            AreaFacts(
                title=settings.title,
                drivers=drivers.of(i),
                mean_score=mean_score,
                ranked=sizes.get(groups[i], 0),
                list_size=settings.list.size,
                strands=frozenset(key for key, holds in marks.items() if holds[i]),
                min_events=config.evidence.min_events,
                cluster=columns["lisa_cluster"][i],
                stratum_size=stratum_sizes.get(stratum[i], 0),
                within=groups[i],
                dropped=drivers.dropped(i),
                not_scored=not_scored[i],
                inference_off=inference_off,
                **{key: values[i] for key, values in held.items()},
            )
        )
        texts[i] = found.text
        if few or ranks[i] <= MOST_EXPLAINED:  # NaN compares False
            told.append((codes[i], found))
    return Explanations(texts, _sentences(name, told), _figures(name, told))


_FROM_COLUMNS = (
    *("score", "rank", "rank_lo", "rank_hi", "p_top", "events", "expected", "rr", "rr_lo"),
    *("rr_hi", "density_share", "months_above", "months_covered", "population", "stratum"),
    *("rank_in_stratum", "uplift", "p_above_cut", "beside_list", "recent", "recent_expected"),
    *("recent_months", "p_rise", "calendar_months", "map_point_share", "police_generated_share"),
    *("artefact", "lisa_agreement", "gi_bin", "gi_agreement"),
)


class _Drivers:
    """The indicators of each area with what they add to its score, beside the means."""

    def __init__(self, composite: Composite, in_study: BoolArray) -> None:
        kept = [k for k, part in enumerate(composite.parts) if part.weight > 0]
        parts = [composite.parts[k].indicator for k in kept]
        self._names = [part.name for part in parts]
        self._units = [part.unit for part in parts]
        self._values = [part.value.tolist() for part in parts]
        self._means = [_mean(part.value[in_study]) for part in parts]
        self._points = [composite.contributions[:, k].tolist() for k in kept]
        self._mean_points = [_mean(composite.contributions[in_study, k]) for k in kept]
        self._lacks = [composite.dropped[:, k].tolist() for k in kept]

    def of(self, i: int) -> tuple[Driver, ...]:
        """Return the indicators that area `i` has."""
        return tuple(
            Driver(name, values[i], mean, unit, points[i], mean_points)
            for name, values, mean, unit, points, mean_points in zip(
                self._names,
                self._values,
                self._means,
                self._units,
                self._points,
                self._mean_points,
                strict=True,
            )
            if not isnan(values[i])
        )

    def dropped(self, i: int) -> tuple[str, ...]:
        """Return the indicators that area `i` lacks and whose weight the others took."""
        return tuple(name for name, lacks in zip(self._names, self._lacks, strict=True) if lacks[i])


def _plain(values: Any) -> list[Any]:
    """Return plain Python values; whole numbers that may be missing become floats."""
    if isinstance(values, np.ndarray):
        return list(values.tolist())
    return list(values.to_numpy(dtype=np.float64, na_value=np.nan).tolist())


def _mean(values: FloatArray) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if known.size else float("nan")


def _sizes(labels: list[str]) -> dict[str, int]:
    return {label: labels.count(label) for label in set(labels)}


def _sentences(name: str, told: list[tuple[str, Explanation]]) -> pd.DataFrame:
    rows = [(code, name, kind, text) for code, found in told for kind, text in found.sentences]
    return pd.DataFrame(rows, columns=["area_code", "priority", "sentence", "text"])


def _figures(name: str, told: list[tuple[str, Explanation]]) -> pd.DataFrame:
    fields = Figure._fields
    flat = [entry for _, found in told for entry in found.flat]
    columns: dict[str, Any] = {field: flat[k :: len(fields)] for k, field in enumerate(fields)}
    columns["value"] = np.array(columns["value"], dtype=np.float64)
    sizes = [len(found.flat) // len(fields) for _, found in told]
    codes = np.repeat(np.array([code for code, _ in told], dtype=object), sizes)
    return pd.DataFrame({"area_code": codes, "priority": name, **columns})
