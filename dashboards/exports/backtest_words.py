"""Back-tests as tables of Markdown, and what they show in words. Pure: tables in, text out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from risk_model.backtest_verdicts import OUTCOME_WORDS, method_words, points

__all__ = ["capture_table", "claims", "curve_table", "figure_table", "markdown", "ways_table"]

_SHARES = (0.02, 0.05, 0.10, 0.20)
_ORDER = (
    "score_",
    "forecast",
    "forecast_all_forces",
    "prior_counts",
    "all_crime",
    "imd",
    "equal_weights_",
    "perfect",
)


def markdown(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table of Markdown."""
    lines = [headers, ["---"] * len(headers), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _methods(table: pd.DataFrame) -> list[str]:
    names = [str(name) for name in dict.fromkeys(table["method"])]
    return sorted(
        names,
        key=lambda name: next((i for i, start in enumerate(_ORDER) if name.startswith(start)), 99),
    )


def _outcomes(table: pd.DataFrame) -> list[str]:
    return [str(name) for name in dict.fromkeys(table["outcome"])]


def _cut(table: pd.DataFrame, by: str, share: float = 0.10) -> dict[tuple[str, str], Any]:
    kept = table[(table["by"] == by) & ((table["share"] - share).abs() < 1e-9)]
    return {(str(row.outcome), str(row.method)): row for row in kept.itertuples()}


def _number(value: float, digits: int = 3) -> str:
    return f"{value:.{digits}f}" if pd.notna(value) else ""


def capture_table(table: pd.DataFrame) -> str:
    """Return the share caught in a tenth of the areas, with its interval."""
    outcomes, cells = _outcomes(table), _cut(table, "number")
    rows = []
    for method in _methods(table):
        row = [f"`{method}`"]
        for outcome in outcomes:
            one = cells.get((outcome, method))
            row.append(
                ""
                if one is None or pd.isna(one.capture)
                else f"{one.capture:.3f} ({one.capture_lo:.3f} to {one.capture_hi:.3f})"
            )
        rows.append(row)
    return markdown(["method", *(OUTCOME_WORDS[name] for name in outcomes)], rows)


def curve_table(table: pd.DataFrame) -> str:
    """Return the shares caught in 2, 5, 10 and 20 % of the areas."""
    outcomes = _outcomes(table)
    cuts = [_cut(table, "number", share) for share in _SHARES]
    rows = [
        [
            f"`{method}`",
            *(
                " / ".join(
                    _number(cells[outcome, method].capture, 2) if (outcome, method) in cells else ""
                    for cells in cuts
                )
                for outcome in outcomes
            ),
        ]
        for method in _methods(table)
    ]
    return markdown(["method", *(OUTCOME_WORDS[name] for name in outcomes)], rows)


def ways_table(table: pd.DataFrame) -> str:
    """Return the share caught in a tenth of the residents and in a tenth of the land."""
    outcomes = _outcomes(table)
    people, land = _cut(table, "population"), _cut(table, "area")
    rows = [
        [
            f"`{method}`",
            *(
                " / ".join(
                    _number(cells[outcome, method].capture) if (outcome, method) in cells else ""
                    for cells in (people, land)
                )
                for outcome in outcomes
            ),
        ]
        for method in _methods(table)
    ]
    return markdown(["method", *(OUTCOME_WORDS[name] for name in outcomes)], rows)


def figure_table(table: pd.DataFrame) -> str:
    """Return PAI with its interval, PEI and RRI in a tenth of the areas."""
    outcomes, cells = _outcomes(table), _cut(table, "number")
    rows = []
    for method in _methods(table):
        row = [f"`{method}`"]
        for outcome in outcomes:
            one = cells.get((outcome, method))
            if one is None or pd.isna(one.pai):
                row.append("")
                continue
            row.append(
                f"{one.pai:.1f} ({one.pai_lo:.1f} to {one.pai_hi:.1f}), {one.pei:.2f}"
                + (f", {one.rri:.2f}" if pd.notna(one.rri) else "")
            )
        rows.append(row)
    return markdown(["method", *(OUTCOME_WORDS[name] for name in outcomes)], rows)


_BY = {"number": "areas", "population": "residents", "area": "land"}


def claims(comparisons: Sequence[Mapping[str, Any]]) -> str:
    """Return what the figures show, sorted by their intervals into three lists.

    A difference whose 95 % interval lies above 0 is what a method is good at, one below 0 what it
    is not, and one that holds 0 is not decided. Nothing else makes a claim.
    """
    found: dict[str, list[str]] = {"good": [], "not": [], "open": []}
    ours = [one for one in comparisons if not one["method"].startswith("all_crime")]
    for key in dict.fromkeys((one["method"], one["baseline"], one["by"]) for one in ours):
        parts: dict[str, list[str]] = {"good": [], "not": [], "open": []}
        for one in ours:
            if (one["method"], one["baseline"], one["by"]) == key:
                which = "good" if one["lo"] > 0 else "not" if one["hi"] < 0 else "open"
                parts[which].append(
                    f"{OUTCOME_WORDS[one['outcome']]} {points(one['difference'])} "
                    f"({points(one['lo'])} to {points(one['hi'])})"
                )
        for which, listed in parts.items():
            if listed:
                words = f"{method_words(key[0])} against {method_words(key[1])}"
                found[which].append(
                    f"- {words[0].upper()}{words[1:]}, a tenth of the {_BY[key[2]]}: "
                    f"{'; '.join(listed)}."
                )
    headings = {
        "good": "**What it is good at**: it catches more, and the interval is above 0.",
        "not": "**What it is not good at**: it catches less, and the interval is below 0.",
        "open": "**What these data do not decide**: the interval holds 0.",
    }
    return "\n\n".join(
        f"{headings[which]}\n\n" + ("\n".join(lines) if lines else "- Nothing.")
        for which, lines in found.items()
    )
