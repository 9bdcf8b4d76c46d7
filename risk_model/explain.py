"""Reasons in plain words: why an area is where it is, how sure that is, and what surrounds it.

Text only: whoever writes it into a page or a file escapes it there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

__all__ = ["AreaFacts", "Driver", "certainty", "how_sure", "number", "percent", "reasons"]

INDICATOR_WORDS = {
    "harm_rate": "recorded harm",
    "event_rate": "recorded offences",
    "violence_rate": "recorded violence and sexual offences",
    "robbery_rate": "recorded robbery",
    "all_crime_rate": "all recorded crime",
    "antisocial_behaviour_rate": "recorded anti-social behaviour",
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
_SHARES = ("persistence", "income", "employment")


@dataclass(frozen=True, slots=True)
class Driver:
    """One indicator of an area with what it adds to the score.

    `mean` is the mean of `value` over the study area; `share` is of the score, 0 to 1.
    """

    name: str
    value: float
    mean: float
    unit: str
    share: float


@dataclass(frozen=True, slots=True)
class AreaFacts:
    """The numbers behind the sentences of one area and priority; NaN where not known."""

    title: str
    drivers: tuple[Driver, ...]
    rank: float
    ranked: int
    rank_lo: float
    rank_hi: float
    p_top: float
    list_size: int
    strands: frozenset[str]
    events: float
    min_events: int
    expected: float
    rr: float
    rr_lo: float
    rr_hi: float
    cluster: str
    density_share: float
    months_above: float
    months_covered: int
    population: float
    stratum: str
    rank_in_stratum: float
    stratum_size: int
    within: str = ""
    dropped: tuple[str, ...] = ()
    not_scored: str = ""
    inference_off: str = ""
    uplift: float = 1.0
    artefact: str = ""


def reasons(facts: AreaFacts) -> tuple[str, ...]:
    """Return three to five sentences: why, how sure, evidence, context, and what is missing."""
    sentences = [_why(facts), _sure(facts), _evidence(facts), _context(facts)]
    note = _note(facts)
    return tuple(s for s in (*sentences, note) if s)


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
    if np.isnan(share):
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
    if np.isnan(value):
        return "not known"
    size = abs(value)
    if size >= 100 or value == round(value):
        return f"{value:,.0f}".replace("-0", "0") if round(value) == 0 else f"{value:,.0f}"
    digits = 1 if size >= 10 else 2
    if 0 < size < 0.01:
        return f"{value:.2g}"
    return f"{value:.{digits}f}"


def _why(facts: AreaFacts) -> str:
    if facts.not_scored:
        return f"No score for {facts.title}: {facts.not_scored}."
    within = f" in {facts.within}" if facts.within else ""
    top = _top_drivers(facts.drivers)
    if not top:
        return f"Ranks {facts.rank:.0f} of {facts.ranked}{within} for {facts.title}."
    parts = [_driver_words(driver) for driver in top]
    listed = parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
    place = f"Ranks {facts.rank:.0f} of {facts.ranked}{within} for {facts.title}"
    return f"{place}; most of its score comes from {listed}."


def _top_drivers(drivers: Sequence[Driver], most: int = 3) -> list[Driver]:
    """Return the drivers that add most, largest first, leaving out what adds next to nothing."""
    ordered = sorted(drivers, key=lambda d: (-d.share, d.name))
    return [d for d in ordered[:most] if d.share >= 0.05 or d is ordered[0]]


def _driver_words(driver: Driver) -> str:
    words = INDICATOR_WORDS.get(driver.name, driver.name)
    if driver.name == "rural":
        return f"{words} ({percent(driver.share)} of the score)"
    if driver.name in _SHARES and driver.mean <= 1:
        value, mean, unit = percent(driver.value), percent(driver.mean), ""
    else:
        value, mean = number(driver.value), number(driver.mean)
        unit = "" if driver.unit == "score" else f" {driver.unit}"
    return f"{words} ({value}{unit}, study-area mean {mean}; {percent(driver.share)} of the score)"


def _sure(facts: AreaFacts) -> str:
    if facts.not_scored:
        return ""
    if facts.inference_off:
        return f"How sure: no statement ({facts.inference_off})."
    low, high = f"{facts.rank_lo:.0f}", f"{facts.rank_hi:.0f}"
    span = f"at {low}" if low == high else f"between {low} and {high}"
    return (
        f"How sure: {how_sure(facts.p_top, facts.list_size)}; its rank lies {span} "
        "in nine of ten draws."
    )


def _evidence(facts: AreaFacts) -> str:
    if facts.months_covered == 0:
        return "Evidence: no month of the period was supplied for this area: no data, not zero."
    if np.isnan(facts.expected):
        return (
            f"Evidence: {_count(facts.events)}; a rate cannot be calculated, because the area has "
            "no figure to divide by."
        )
    if facts.events < facts.min_events:
        return (
            f"Evidence: {_count(facts.events)} against {number(facts.expected)} expected, "
            "too few to say that its risk is above the others'."
        )
    span = f"95% range {facts.rr_lo:.2f} to {facts.rr_hi:.2f}"
    if facts.inference_off:
        span = "no range given"
    risk = f"a smoothed risk of {facts.rr:.2f} times the study area's ({span})"
    said = [f"{_count(facts.events)} against {number(facts.expected)} expected, {risk}"]
    if "cluster" in facts.strands:
        said.append("part of a cluster of high rates that chance does not explain")
    elif "cluster_raw" in facts.strands:
        said.append(
            "beside other high rates, a weaker sign that does not hold after allowing for the "
            "number of areas tested"
        )
    elif facts.cluster == "High-Low":
        said.append("standing alone: a high rate beside low ones")
    if "density" in facts.strands:
        said.append(
            f"{percent(facts.density_share)} of the events lie where recorded map points "
            "concentrate"
        )
    said.append(
        f"above the expected count in {facts.months_above:.0f} of {facts.months_covered} months"
    )
    return f"Evidence: {'; '.join(said)}."


def _count(events: float) -> str:
    if events == 0:
        return "no recorded offence of this set"
    return f"{events:,.0f} recorded offence{'' if events == 1 else 's'} of this set"


def _context(facts: AreaFacts) -> str:
    said = []
    if facts.stratum and not np.isnan(facts.rank_in_stratum):
        said.append(
            f"{facts.rank_in_stratum:.0f} of {facts.stratum_size} among the {facts.stratum} areas"
        )
    elif facts.stratum:
        article = "an" if facts.stratum[0] in "aeiou" else "a"
        said.append(f"{article} {facts.stratum} area")
    if np.isnan(facts.population):
        said.append("no population figure")
    else:
        said.append(f"{facts.population:,.0f} residents")
    return f"Context: {', '.join(said)}."


def _note(facts: AreaFacts) -> str:
    said = []
    if facts.dropped and not facts.not_scored:
        names = " and ".join(INDICATOR_WORDS.get(name, name) for name in facts.dropped)
        said.append(f"{names} has no value here, and the other weights were rescaled")
    if facts.artefact:
        said.append(facts.artefact)
    if facts.uplift != 1.0:
        said.append(
            f"rates that victims report were multiplied by {facts.uplift:g} for under-reporting, "
            "as the settings say"
        )
    return f"Note: {'; '.join(said)}." if said else ""
