"""What stands beside the score of one area: what is expected, and why to doubt it. No Dash."""

from __future__ import annotations

from typing import Any

import pandas as pd

from dashboards import words
from dashboards.month_tables import pattern_fact
from dashboards.view import Fact, RunView
from risk_model.backtest_verdicts import points

__all__ = ["context_facts"]

_EXPECTED = {
    "violence": "Violence expected",
    "robbery": "Robbery expected",
    "robbery_weapons": "Robbery and weapons expected",
    "harm": "Harm expected, weighted",
}


def context_facts(view: RunView, priority: str, code: str) -> tuple[Fact, ...]:
    """Return what the run says of an area beside its score; nothing where it computed nothing.

    Expected events with their range, agreement of other sources with police counts, what share of
    its crimes is police-generated or lies at one map point, why its figures may be an artefact,
    and the pattern of its months.
    """
    if code not in view.areas.index:
        return ()
    row: Any = view.areas.loc[code].to_dict()

    def has(name: str) -> bool:
        value = row.get(name)
        return value is not None and not pd.isna(value) and value != ""

    facts = [
        Fact(label, _with_range(row, f"expected_{outcome}"), _expected_help(view))
        for outcome, label in _EXPECTED.items()
        if has(f"expected_{outcome}")
    ]
    if has(f"{priority}_agreement"):
        facts.append(
            Fact(
                "Other sources",
                str(row[f"{priority}_agreement"]).capitalize(),
                "Whether ambulance, hospital and community sources are high where police counts "
                "are.",
            )
        )
    if has("police_generated_share"):
        text = words.percent(row["police_generated_share"])
        if has("police_generated_change"):
            text += f" ({points(float(row['police_generated_change']))} points)"
        facts.append(
            Fact(
                "Police-generated",
                text,
                "Of recorded crimes, those that follow where officers look, such as drugs, and "
                "the change since the run before. Context only: not in the score.",
            )
        )
    if has("map_point_share"):
        facts.append(
            Fact(
                "At its fullest map point",
                words.percent(row["map_point_share"]),
                "Share of all its events at one anonymous map point, often a shop or a station.",
            )
        )
    for name, label in (("artefact", "Artefact"), (f"{priority}_feedback", "Feedback")):
        if has(name):
            facts.append(Fact(label, str(row[name])))
    return (*facts, *pattern_fact(view.patterns, priority, code))


def _with_range(row: Any, name: str) -> str:
    value, low, high = (row.get(f"{name}{end}") for end in ("", "_lo", "_hi"))
    decimals = 0 if float(value) >= 100 else 1
    text = words.number(float(value), decimals)
    if low is None or high is None or pd.isna(low) or pd.isna(high):
        return text
    return f"{text} ({words.number(float(low))} to {words.number(float(high))})"


def _expected_help(view: RunView) -> str:
    entry = view.manifest.get("forecast") or {}
    months = int(entry.get("horizon_months", 6))
    last = str((entry.get("trained_on") or [view.manifest["period"]["end"]])[-1])
    season = "" if entry.get("seasonal") else " The level assumes the period's season."
    return (
        f"In the {months} months after {words.month_words(last)} if what made the counts goes on, "
        f"with the range for 95 of 100 such counts.{season}"
    )
