"""Figures and indicators in words, the same in reasons, pages and files."""

from __future__ import annotations

from math import isnan

__all__ = ["INDICATOR_WORDS", "certainty", "chance", "how_sure", "number", "percent"]

INDICATOR_WORDS = {
    "harm_rate": "recorded harm",
    "event_rate": "recorded offences",
    "violence_rate": "recorded violence and sexual offences",
    "robbery_rate": "recorded robbery",
    "all_crime_rate": "all recorded crime",
    "antisocial_behaviour_rate": "recorded anti-social behaviour",
    "expected_violence": "expected violence and sexual offences",
    "expected_robbery": "expected robbery",
    "expected_robbery_weapons": "expected robbery and possession of weapons",
    "expected_harm": "expected harm",
    "persistence": "average monthly chance of above-usual risk",
    "deprivation_without_crime": "deprivation (without its crime part)",
    "imd_score": "deprivation (IMD score)",
    "income": "income deprivation",
    "employment": "employment deprivation",
    "education": "education deprivation",
    "health": "health deprivation",
    "barriers": "barriers to housing and services",
    "living_environment": "living environment deprivation",
    "crime_domain": "the crime domain of the IMD",
    "rural": "being rural",
}


def certainty(p_top: float) -> str:
    """Return high, medium or low: how firmly an area is on or off a list.

    By the larger of P(on the list) and P(off the list): high from .8, medium from .65.
    """
    firm = max(p_top, 1.0 - p_top)
    if firm >= 0.8 - 1e-12:
        return "high"
    return "medium" if firm >= 0.65 - 1e-12 else "low"


def how_sure(p_top: float, list_size: int) -> str:
    """Return the certainty of a place on or off the list with its chance in words."""
    if p_top >= 0.5:
        return (
            f"{certainty(p_top)} certainty that it belongs among the first {list_size} "
            f"(chance {chance(p_top)})"
        )
    return (
        f"{certainty(p_top)} certainty that it lies outside the first {list_size} "
        f"(chance of being among them {chance(p_top)})"
    )


def percent(share: float) -> str:
    """Return a share as a whole percentage."""
    if isnan(share):
        return "not known"
    if 0 < share < 0.005:
        return "under 1%"
    return f"{100.0 * share:.0f}%"


def chance(share: float) -> str:
    """Return a chance as a whole percentage that is never a certainty: draws cannot give one."""
    if share < 0.01:
        return "under 1%"
    if share > 0.99:
        return "over 99%"
    return percent(share)


def number(value: float) -> str:
    """Return a number with about three figures and thousands separated."""
    if isnan(value):
        return "not known"
    size = abs(value)
    if size >= 100 or value == round(value):
        return f"{value:,.0f}".replace("-0", "0") if round(value) == 0 else f"{value:,.0f}"
    digits = 1 if size >= 10 else 2
    if 0 < size < 0.01:
        return f"{value:.2g}"
    return f"{value:.{digits}f}"
