"""What a reader of a run has to know: cautions in words, fitted quantities for the manifest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from risk_model.area_table import Findings
from risk_model.config.names import CRIME_INDICATORS
from risk_model.config.risk import RiskConfig
from risk_model.indicators import SetRates
from risk_model.model_data import ModelData
from risk_model.priority_events import too_few, way_out

__all__ = [
    "diagnose",
    "inference_off",
    "shift_words",
    "study_events",
    "warn",
]


def study_events(data: ModelData, rates: SetRates) -> float:
    """Return how many events of the offence set lie in the study area."""
    return float(rates.monthly[data.in_study].sum())


def inference_off(data: ModelData, rates: SetRates) -> str:
    """Return why no statement of certainty is made, or empty text."""
    return too_few(data, study_events(data, rates))


def warn(findings: Mapping[str, Findings], data: ModelData, config: RiskConfig) -> list[str]:
    """Return what a reader of the run has to know, one sentence each."""
    said: list[str] = []
    if config.police_generated.use == "driver":
        said.append(
            "Police-generated offences drive the lists, as the settings ask: they follow where "
            f"officers look ({', '.join(config.police_generated.categories)})."
        )
    if config.statistics.alternative == "less":
        said.append(
            "Tests for clusters look for areas unlike their neighbours and for cold spots alone "
            "(statistics.alternative: less), as the settings ask: no area can be High-High or a "
            "hot spot, so the cluster strands of the evidence hold nowhere."
        )
    for stratum, factor in sorted(config.rurality.under_reporting_uplift.items()):
        if factor != 1.0:
            said.append(
                f"Smoothed victim-reported rates of {stratum} areas are multiplied by {factor:g} "
                "for under-reporting, as the settings ask; counts and tests are not."
            )
    for name, found in findings.items():
        said += _priority_warnings(name, found, data)
    return said


def _one_value(values: NDArray[np.float64]) -> bool:
    """Whether at least two areas have a value, and all of them the same but for rounding."""
    known = values[np.isfinite(values)]
    return known.size > 1 and bool(np.ptp(known) <= 1e-12 * np.abs(known).max())


def _priority_warnings(name: str, found: Findings, data: ModelData) -> list[str]:
    said: list[str] = []
    weighted = {p.indicator.name for p in found.composite.parts if p.weight > 0}
    twice = sorted(weighted & {"imd_score", "crime_domain"})
    if twice and weighted & set(CRIME_INDICATORS):
        said.append(
            f"{name}: {' and '.join(twice)} hold police-recorded crime, which the crime "
            "indicators count too; deprivation_without_crime does not."
        )
    if found.inference_off:
        said.append(
            f"{name}: no statements of certainty are made: {found.inference_off}. {way_out(data)}"
        )
    elif found.clusters.inference:
        said.append(f"{name}: clusters: {found.clusters.inference}")
    elif found.clusters.low_withheld:
        said.append(
            f"{name}: its events are under one an area; a quiet area cannot be told from chance "
            "then, so that no label calls an area or those around it low, nor a spot cold: only "
            "High-High and hot spots are named. p and q stay as computed (docs/validation.md)."
        )
    if not any(group.fit.spread for group in found.rates.smoothed.groups):
        said.append(
            f"{name}: areas differ no more than chance alone would make them; every relative "
            "risk is taken as 1."
        )
    for k, part in enumerate(found.composite.parts):
        count = int(found.composite.dropped[:, k].sum())
        if count:
            said.append(
                f"{name}: {count} area{'' if count == 1 else 's'} without "
                f"{part.indicator.name}; the other weights were rescaled there."
            )
    same = [
        part.indicator.name
        for part in found.composite.parts
        if part.weight > 0 and _one_value(part.indicator.value[data.in_study])
    ]
    if same:
        said.append(
            f"{name}: {', '.join(same)}: one value in every area, so that the weight orders "
            "nothing. Check the column that it comes from."
        )
    for reason in sorted(set(found.composite.not_scored[data.in_study]) - {""}):
        count = int((found.composite.not_scored == reason).sum())
        said.append(f"{name}: {count} area{'' if count == 1 else 's'} without a score: {reason}.")
    if (found.composite.groups[data.in_study] == "Wales").any():
        said.append(f"{name}: Welsh areas have no English deprivation and are ranked within Wales.")
    return said


def diagnose(found: Findings, data: ModelData) -> dict[str, Any]:
    """Return the fitted quantities behind a priority, for the manifest."""
    fits = [
        {"areas": group.fit.areas, "level": group.level, "spread": group.fit.spread}
        | ({"nu": group.fit.nu, "alpha": group.fit.alpha} if group.fit.spread else {})
        for group in found.rates.smoothed.groups
    ]
    tested = found.clusters.agreement[data.in_study]
    labelled = np.isin(
        found.clusters.cluster[data.in_study],
        ("High-High", "Low-Low", "High-Low", "Low-High"),
    )
    agree = tested[labelled & ~np.isnan(tested)]
    bins, redrawn = (
        of[data.in_study] for of in (found.clusters.gi_bin, found.clusters.gi_agreement)
    )
    spots = np.isfinite(bins) & (bins != 0)
    held = redrawn[spots & ~np.isnan(redrawn)]
    return {
        "offences": {o.category: o.weight for o in found.rates.offences.offences},
        "left_out": list(found.rates.offences.left_out),
        "events": study_events(data, found.rates),
        "phi": found.rates.smoothed.phi,
        "gamma_poisson": fits,
        "inference": found.inference_off or found.clusters.inference,
        "clusters_labelled": int(labelled.sum()),
        "seeds_agree_at_least": float(agree.min()) if agree.size else None,
        "spots_labelled": int(spots.sum()),
        "spots_agree_at_least": float(held.min()) if held.size else None,
    }


def shift_words(shifts: Mapping[str, dict[str, int]]) -> list[str]:
    """Return one sentence for each list that depends on the harm weight of violence."""
    return [
        f"{name}: with the harm weight of violence halved {shift['halved']} of the "
        f"{shift['of']} listed areas stay on the list, with it doubled {shift['doubled']}; that "
        "weight is a proxy."
        for name, shift in shifts.items()
        if shift.get("of")
    ]
