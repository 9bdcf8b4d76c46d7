"""Two sides of a comparison as sentences and tables. Imports no Dash."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from dashboards import words
from dashboards.tables import Table
from risk_model.comparison import Comparison, PriorityComparison, Shares
from risk_model.figure_words import INDICATOR_WORDS

__all__ = [
    "cause_table",
    "causes_said",
    "change_said",
    "change_tables",
    "correlation_said",
    "settings_table",
    "weight_table",
]

_MOST_SETTINGS = 60
_LONGEST = 80


def change_said(part: PriorityComparison) -> str:
    """Say in one sentence what happens to a list."""
    name = f"the {part.key.upper()} list of {part.list_size}"
    entered, left = len(part.entered), len(part.left)
    if not entered and not left:
        return f"No area enters or leaves {name}"
    enter = f"{words.plural(entered, 'area')} {'enters' if entered == 1 else 'enter'}"
    leave = f"{left or 'none'} {'leaves' if left == 1 else 'leave'}"
    return f"{enter} and {leave} {name}"


def correlation_said(part: PriorityComparison) -> str:
    """Say how alike the two rankings are as a whole."""
    if pd.isna(part.rank_correlation):
        return ""
    return (
        f"{words.plural(len(part.stayed), 'area')} of the list {_stay(len(part.stayed))}. Over all "
        f"areas the two rankings correlate at {part.rank_correlation:.3f} (1: the same order). "
        f"The list here is the first {part.list_size} by rank; the remembered list is on the page "
        "of the priority."
    )


def _stay(count: int) -> str:
    return "stays" if count == 1 else "stay"


def _cause_words(cause: str) -> str:
    """Say ``harm_rate 0.4 -> 0`` and ``harm_rate normalise`` as people would."""
    name, _, rest = cause.partition(" ")
    before, arrow, after = rest.partition(" -> ")
    if arrow:
        return f"{words.indicator_words(name)}: {before} to {after}"
    if name in INDICATOR_WORDS:
        return f"{words.indicator_words(name)}: {rest.replace('_', ' ')}"
    said = cause.replace("_", " ")
    return said[:1].upper() + said[1:]


def _causes(part: PriorityComparison, table: pd.DataFrame) -> list[str]:
    """Return, for each area, the change that moved its score most the way that it went.

    Nothing where the score that is shown stays as it was: changes that make up for each other
    moved nothing.
    """
    if part.shares is None or not part.shares.causes:
        return [""] * len(table)
    shares = part.shares.score.reindex(table.index)
    return [
        _moved_by(shares.loc[code], float(row["score_before"]), float(row["score_after"]))
        for code, row in zip(table.index, table.to_dict("records"), strict=True)
    ]


def _moved_by(shares: pd.Series[float], before: float, after: float) -> str:
    if words.number(before, 1) == words.number(after, 1):
        return "score unchanged"
    along = shares if after > before else -shares
    return _cause_words(str(along.idxmax())) if along.max() > 0 else ""


def causes_said(part: PriorityComparison) -> tuple[str, ...]:
    """Say what the data did and what the settings did, and why changes are taken together."""
    shares = part.shares
    if shares is None:
        return ()
    if not shares.causes:
        return ("No change between the runs touches a score of this list.",)
    said = []
    split = shares.split()
    if split:
        data, settings = (f"{split[of]['rank']:.1f} places" for of in ("data", "settings"))
        said.append(
            f"An area moved by {data} because of the data and by {settings} because of settings "
            "(mean, up or down)."
        )
    if shares.note:
        said.append(f"Changes are taken together: {shares.note}.")
    return tuple(said)


def cause_table(part: PriorityComparison) -> Table | None:
    """Return what each change did over all areas, and what it would do alone."""
    shares = part.shares
    if shares is None or not shares.causes:
        return None
    points, places = shares.score.abs().mean(), shares.rank.abs().mean()
    rows = tuple(
        (
            _cause_words(name),
            f"{points[name]:.1f}",
            f"{places[name]:.1f}",
            *_alone(shares, name),
        )
        for name in map(str, points.index)
        if name in shares.causes or points[name] > 0 or places[name] > 0
    )
    return Table(
        "Which change did it",
        (
            "Change",
            "Score, points up or down (mean of all areas)",
            "Rank, places up or down (mean)",
            "Alone: areas that enter",
            "Alone: areas that leave",
        ),
        rows,
        (False, True, True, True, True),
    )


def _alone(shares: Shares, name: str) -> tuple[str, str]:
    if name not in shares.alone.index:
        return "", ""
    alone = shares.alone.loc[name].to_dict()
    return words.number(float(alone["enters"])), words.number(float(alone["leaves"]))


def _rows(part: PriorityComparison, table: pd.DataFrame) -> tuple[tuple[str, ...], ...]:
    return tuple(
        (
            str(row["area_label"]),
            f"{row['rank_before']:,.0f}",
            f"{row['rank_after']:,.0f}",
            words.number(row["score_before"], 1),
            words.number(row["score_after"], 1),
            str(row["tier_after"])
            if str(row["tier_before"]) == str(row["tier_after"])
            else f"{row['tier_before']}, then {row['tier_after']}",
            *([cause] if part.shares is not None and part.shares.causes else []),
        )
        for row, cause in zip(table.to_dict("records"), _causes(part, table), strict=True)
    )


def change_tables(part: PriorityComparison) -> tuple[Table, ...]:
    """Return who enters, leaves, stays, and who moves most off both lists; empty ones left out."""
    heads: tuple[str, ...] = (
        "Area",
        "Rank before",
        "Rank after",
        "Score before",
        "Score after",
        "Evidence",
    )
    numeric: tuple[bool, ...] = (False, *(True,) * 4, False)
    if part.shares is not None and part.shares.causes:
        heads, numeric = (*heads, "Mostly through"), (*numeric, False)
    named = (
        ("Enter the list", part.entered),
        ("Leave the list", part.left),
        ("Stay on the list", part.stayed),
        ("Move most, on neither list", part.moved),
    )
    return tuple(
        Table(f"{caption}: {len(table)}", heads, _rows(part, table), numeric)
        for caption, table in named
        if len(table)
    )


def weight_table(before: Mapping[str, float], after: Mapping[str, float]) -> Table:
    """Return the shares of a score that two sets of weights give each indicator."""
    old, new = sum(before.values()), sum(after.values())
    rows = tuple(
        (
            words.indicator_words(name),
            f"{weight / old:.0%}" if old else "",
            f"{after[name] / new:.0%}" if new else "",
        )
        for name, weight in before.items()
    )
    return Table(
        "Share of the score. Weights are rescaled to add up to 100%.",
        ("Indicator", "In the run", "With these weights"),
        rows,
        (False, True, True),
    )


def _short(value: Any) -> str:
    text = "not set" if value is None else str(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def settings_table(result: Comparison) -> Table | None:
    """Return the settings in which two runs differ."""
    if not result.settings:
        return None
    rows = tuple(
        (key, _short(old), _short(new))
        for key, (old, new) in list(result.settings.items())[:_MOST_SETTINGS]
    )
    more = len(result.settings) - len(rows)
    caption = f"Settings that differ: {len(result.settings)}"
    return Table(
        f"{caption}, the first {len(rows)} shown" if more else caption,
        ("Setting", "Before", "After"),
        rows,
    )
