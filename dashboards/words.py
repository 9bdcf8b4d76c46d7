"""The words of the pages: how numbers, dates and lists are said, and one line of help a term."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from typing import Final

from dashboards.exports.columns import AREA, PER_PRIORITY
from risk_model.figure_words import INDICATOR_WORDS

__all__ = [
    "CLUSTER_WORDS",
    "HELP",
    "NO_FIGURE",
    "category_words",
    "cluster_words",
    "date_words",
    "force_words",
    "indicator_name",
    "indicator_words",
    "joined",
    "month_words",
    "number",
    "percent",
    "period_words",
    "plural",
    "spot_words",
]

NO_FIGURE: Final = "not calculable"

# A figure is described where every export describes it; only what is no column is said here.
HELP: Final[dict[str, str]] = {
    **{name: entry.description for name, entry in PER_PRIORITY.items()},
    "population": AREA["population"].description,
    "all_events": AREA["events"].description,
    "likely_rank": "Where the rank falls in nine of ten redraws of the figures and the weights.",
    "deprivation": "Index of Multiple Deprivation rebuilt without its crime domain, so that crime "
    "is not counted twice.",
    "expected": "How many times the number expected from its residents was recorded, with the "
    "range that holds it 95 times in 100.",
    "drivers": "Points that each indicator adds to the score; they sum to the score.",
    "coverage": "Months for which a police force's file was supplied. No file means no data, "
    "never zero crime.",
}

CLUSTER_WORDS: Final[dict[str, str]] = {
    "High-High": "High, beside high neighbours",
    "High-Low": "High, standing alone among low neighbours",
    "Low-High": "Low, beside high neighbours",
    "Low-Low": "Low, beside low neighbours",
    "Not significant": "No pattern beyond chance",
    "No neighbours": "Not tested: no neighbouring area",
    "Not testable": "Not tested: every area has the same value",
}

# What a one-sided test says where it finds nothing: the other side was not looked for.
_UNFOUND: Final = {
    "greater": ("Not like its neighbours beyond chance", "No hot spot"),
    "less": ("Not unlike its neighbours beyond chance", "No cold spot"),
}

_FORCES: Final = {"btp": "British Transport Police", "dyfed-powys": "Dyfed-Powys"}

_SPOTS: Final = {3: "99%", 2: "95%", 1: "90%"}

_MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def number(value: object, decimals: int = 0) -> str:
    """Say a number with thousands separators, or that there is none."""
    if not isinstance(value, (int, float)) or not math.isfinite(value):
        return NO_FIGURE
    return f"{value:z,.{decimals}f}"  # z: nought bears no sign


def percent(share: object) -> str:
    """Say a share from 0 to 1 without claiming certainty that draws cannot give."""
    if not isinstance(share, (int, float)) or not math.isfinite(share):
        return NO_FIGURE
    if 0 < share < 0.01:
        return "under 1%"
    if 0.99 < share < 1:
        return "over 99%"
    return f"{share:.0%}"


def plural(count: int, noun: str) -> str:
    """Say a count with its noun: ``1 area``, ``3 areas``."""
    return f"{count:,} {noun if count == 1 else noun + 's'}"


def joined(parts: Sequence[str]) -> str:
    """Join as a sentence does: ``a, b and c``."""
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} and {parts[-1]}"


def month_words(month: str) -> str:
    """Say ``2025-06`` as ``June 2025``."""
    year, _, number_ = month.partition("-")
    return f"{_MONTHS[int(number_) - 1]} {year}"


def period_words(start: str, end: str) -> str:
    """Say a period of whole months: ``January to June 2025``."""
    if start == end:
        return month_words(start)
    first, last = month_words(start), month_words(end)
    if first.split()[1] == last.split()[1]:
        first = first.split()[0]
    return f"{first} to {last}"


def date_words(moment: str) -> str:
    """Say the day of an ISO 8601 moment: ``22 November 2026``."""
    day = dt.datetime.fromisoformat(moment).date()
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def category_words(category: str) -> str:
    """Say a category id: ``violence_and_sexual_offences`` -> ``violence and sexual offences``."""
    return category.replace("_", " ").replace("anti social", "anti-social")


def cluster_words(label: str, side: str = "two-sided") -> str:
    """Say a label of local Moran's I; a one-sided test finds no pattern of its own kind only."""
    if label == "Not significant" and side in _UNFOUND:
        return _UNFOUND[side][0]
    return CLUSTER_WORDS.get(label, label)


def force_words(slug: str) -> str:
    """Say the id of a police force's file: ``avon-and-somerset`` -> ``Avon and Somerset``."""
    if slug in _FORCES:
        return _FORCES[slug]
    said = slug.replace("-", " ").split()
    return " ".join(word if word in ("and", "of") else word[:1].upper() + word[1:] for word in said)


def spot_words(gi_bin: float, side: str = "two-sided") -> str:
    """Say a Gi* bin, -3 to 3; NaN is an area that was not tested."""
    if math.isnan(gi_bin):
        return "Not tested"
    if gi_bin == 0:
        return _UNFOUND[side][1] if side in _UNFOUND else "Neither"
    return f"{'Hot' if gi_bin > 0 else 'Cold'} spot, {_SPOTS[abs(round(gi_bin))]} confidence"


def indicator_name(name: str) -> str:
    """Name an indicator within a sentence; one that a later version adds by its own name."""
    return INDICATOR_WORDS.get(name, name.replace("_", " "))


def indicator_words(name: str) -> str:
    """Say an indicator, with a capital."""
    said = indicator_name(name)
    return said[:1].upper() + said[1:]
