"""The names that a configuration may use: indicators, strands, attributes."""

from __future__ import annotations

__all__ = [
    "AREA_INDICATORS",
    "ATTRIBUTES",
    "CRIME_INDICATORS",
    "DEPRIVATION_INDICATORS",
    "FORECAST_INDICATORS",
    "INDICATORS",
    "STRANDS",
]

CRIME_INDICATORS: tuple[str, ...] = (
    "harm_rate",
    "event_rate",
    "violence_rate",
    "robbery_rate",
    "all_crime_rate",
    "antisocial_behaviour_rate",
    "persistence",
)
"""Indicators computed from the incidents of a run."""

FORECAST_INDICATORS: tuple[str, ...] = (
    "expected_violence",
    "expected_robbery",
    "expected_robbery_weapons",
    "expected_harm",
)
"""Indicators learned from the incidents of a run: what the next six months are expected to hold."""

DEPRIVATION_INDICATORS: tuple[str, ...] = (
    "deprivation_without_crime",
    "imd_score",
    "income",
    "employment",
    "education",
    "health",
    "barriers",
    "living_environment",
    "crime_domain",
)
"""Indicators taken from the indices of deprivation."""

AREA_INDICATORS: tuple[str, ...] = (*DEPRIVATION_INDICATORS, "rural")
"""Indicators taken from an official table."""

INDICATORS: tuple[str, ...] = CRIME_INDICATORS + FORECAST_INDICATORS + AREA_INDICATORS

STRANDS: tuple[str, ...] = (
    "top_k",
    "excess_risk",
    "cluster",
    "cluster_raw",
    "density",
    "persistent",
)
"""Strands of evidence that a tier may ask for."""

ATTRIBUTES: tuple[str, ...] = (
    "domestic_abuse",
    "weapon",
    "public_place",
    "time_band",
    "victim_age_band",
    "suspect_age_band",
    "offence_code",
)
"""Columns of a force's own extract that can filter an offence set."""
