"""Back-tests as tables of Markdown, and what they show in words. Pure: tables in, text out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd

from risk_model.backtest_verdicts import OUTCOME_WORDS, method_words, points

__all__ = [
    "capture_table",
    "cells_of",
    "claims",
    "curve_table",
    "figure_table",
    "markdown",
    "methods_of",
    "outcomes_of",
    "ways_table",
]

Cells = dict[tuple[str, ...], Any]

_SHARES = (0.02, 0.05, 0.10, 0.20)
_ORDER = (
    "score_",
    "forecast",
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


def methods_of(table: pd.DataFrame) -> list[str]:
    """Return the methods of a back-test: ours, then what has to be beaten, then what cannot be."""
    names = [str(name) for name in dict.fromkeys(table["method"])]
    return sorted(
        names,
        key=lambda name: next((i for i, start in enumerate(_ORDER) if name.startswith(start)), 99),
    )


def outcomes_of(table: pd.DataFrame) -> list[str]:
    """Return the outcomes of a back-test, in their order."""
    return [str(name) for name in dict.fromkeys(table["outcome"])]


def cells_of(table: pd.DataFrame, by: str = "number", share: float = 0.10) -> Cells:
    """Return the rows of one budget and share, by outcome and method."""
    kept = table[(table["by"] == by) & ((table["share"] - share).abs() < 1e-9)]
    return {(str(row.outcome), str(row.method)): row for row in kept.itertuples()}


def _number(value: float, digits: int) -> str:
    return f"{value:.{digits}f}" if pd.notna(value) else ""


def _filled(table: pd.DataFrame, cell: Callable[[str, str], str]) -> str:
    """Return a table of a row a method and a column an outcome."""
    outcomes = outcomes_of(table)
    rows = [
        [f"`{method}`", *(cell(outcome, method) for outcome in outcomes)]
        for method in methods_of(table)
    ]
    return markdown(["method", *(OUTCOME_WORDS[name] for name in outcomes)], rows)


def _side_by_side(table: pd.DataFrame, cuts: Sequence[Cells], digits: int) -> str:
    """Return the shares caught in several cuts, with strokes between them."""

    def cell(*which: str) -> str:
        return " / ".join(
            _number(cells[which].capture, digits) if which in cells else "" for cells in cuts
        )

    return _filled(table, cell)


def capture_table(table: pd.DataFrame) -> str:
    """Return the share caught in a tenth of the areas, with its interval."""
    cells = cells_of(table)

    def cell(*which: str) -> str:
        one = cells.get(which)
        if one is None or pd.isna(one.capture):
            return ""
        return f"{one.capture:.3f} ({one.capture_lo:.3f} to {one.capture_hi:.3f})"

    return _filled(table, cell)


def curve_table(table: pd.DataFrame) -> str:
    """Return the shares caught in 2, 5, 10 and 20 % of the areas."""
    return _side_by_side(table, [cells_of(table, "number", share) for share in _SHARES], 2)


def ways_table(table: pd.DataFrame) -> str:
    """Return the share caught in a tenth of the residents and in a tenth of the land."""
    return _side_by_side(table, [cells_of(table, by) for by in ("population", "area")], 3)


def figure_table(table: pd.DataFrame) -> str:
    """Return PAI with its interval, PEI and RRI in a tenth of the areas."""
    cells = cells_of(table)

    def cell(*which: str) -> str:
        one = cells.get(which)
        if one is None or pd.isna(one.pai):
            return ""
        rri = f", {one.rri:.2f}" if pd.notna(one.rri) else ""
        return f"{one.pai:.1f} ({one.pai_lo:.1f} to {one.pai_hi:.1f}), {one.pei:.2f}{rri}"

    return _filled(table, cell)


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
