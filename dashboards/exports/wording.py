"""Sentences that every export of a run shares: the finding, the period, the cautions."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

__all__ = [
    "CAUTIONS",
    "DEMONSTRATION",
    "cautions",
    "count_flagged",
    "figure",
    "finding",
    "flag_sentence",
    "gaps",
    "period_words",
    "priority_keys",
    "rank_range",
]

DEMONSTRATION = "Demonstration data: a made-up county. No real place is shown."
CAUTIONS: tuple[str, ...] = (
    "The score ranks places, never people. A flagged area says where to look next, never whom.",
    ("Recorded crime is not all crime: it also shows where people report and where officers look."),
    (
        "Published crimes stand at anonymous map points. Nothing below the neighbourhood can be "
        "said from them."
    ),
)
_BROAD = "Violence and sexual offences is one broad published category, from harassment to murder."
_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


def priority_keys(manifest: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the keys of the priorities in the order of the configuration."""
    return tuple(manifest["priorities"])


def count_flagged(areas: pd.DataFrame, priority: str) -> int:
    """Return how many areas are flagged (Strong or Supported) for a priority."""
    return int(areas[f"{priority}_flag"].fillna(value=False).astype(bool).sum())


def finding(areas: pd.DataFrame, manifest: Mapping[str, Any]) -> str:
    """Return the title of a run: what was found, in about ten words.

    `6 neighbourhoods meet the SV01 test, 4 the SV04 test`.
    """
    parts: list[str] = []
    for key in priority_keys(manifest):
        number = count_flagged(areas, key)
        name = key.upper()
        if parts:
            parts.append(f"{number or 'none'} the {name} test")
        elif number == 1:
            parts.append(f"1 neighbourhood meets the {name} test")
        else:
            parts.append(f"{number or 'No'} neighbourhoods meet the {name} test")
    return ", ".join(parts)


def flag_sentence(areas: pd.DataFrame, priority: str) -> str:
    """Return how many areas are flagged, of how many, and in which tiers."""
    number = count_flagged(areas, priority)
    counts = areas[f"{priority}_tier"].value_counts()
    tiers = ", ".join(
        f"{counts[tier]} {tier}" for tier in ("Strong", "Supported") if tier in counts
    )
    detail = f": {tiers}" if tiers else ""
    return f"{number} of {len(areas)} neighbourhoods flagged{detail}."


def period_words(manifest: Mapping[str, Any]) -> str:
    """Return the period in words, as `January to June 2025`."""
    period = manifest["period"]
    start, end = str(period["start"]), str(period["end"])
    if start == end:
        return _month_words(start)
    if start[:4] == end[:4]:
        return f"{_MONTHS[int(start[5:]) - 1]} to {_month_words(end)}"
    return f"{_month_words(start)} to {_month_words(end)}"


def gaps(manifest: Mapping[str, Any]) -> str:
    """Return a sentence on months without data; empty where every month is covered."""
    period = manifest["period"]
    covered = set(period.get("covered", period.get("months", ())))
    missing = [month for month in period.get("months", ()) if month not in covered]
    if not missing:
        return ""
    words = ", ".join(_month_words(month) for month in missing)
    return f"No data for {words}: left out of the rates, not counted as zero."


def cautions(manifest: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what a reader has to be told beside any result of this run."""
    broad = any(
        "violence_and_sexual_offences" in (priority.get("offences") or ())
        for priority in manifest["priorities"].values()
    )
    return (*CAUTIONS, _BROAD) if broad else CAUTIONS


def figure(value: object, digits: int = 0, *, missing: str = "not calculable") -> str:
    """Return a number for people, with thousands separated; words where there is none."""
    if value is None or value is pd.NA:
        return missing
    if isinstance(value, str):
        return value or missing
    number = float(value)  # type: ignore[arg-type]
    return f"{number:,.{digits}f}" if math.isfinite(number) else missing


def rank_range(row: Mapping[Any, Any], priority: str) -> str:
    """Return the range of ranks that the draws gave, as `2 to 9`."""
    low, high = (row.get(f"{priority}_{end}") for end in ("rank_lo", "rank_hi"))
    words = figure(low, missing=""), figure(high, missing="")
    if not all(words):
        return "not calculable"
    return words[0] if words[0] == words[1] else f"{words[0]} to {words[1]}"


def _month_words(month: str) -> str:
    return f"{_MONTHS[int(month[5:7]) - 1]} {month[:4]}"
