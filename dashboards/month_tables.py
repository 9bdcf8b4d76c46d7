"""How hot and cold spots came and went from month to month, in plain words. Imports no Dash."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from dashboards import words
from dashboards.evidence_tables import EngineTables
from dashboards.tables import Table
from dashboards.view import Fact, RunView
from spatial.sequences import NO_PATTERN, NOT_CLASSIFIED, PATTERNS

__all__ = [
    "area_table",
    "has_months",
    "is_long",
    "month_table",
    "months_said",
    "pattern_fact",
    "pattern_table",
    "pattern_words",
]

_LONG = 12
"""More areas than this are named in a folded table alone."""

_MEANING = {
    "New": "{side} in the last month and never before",
    "Consecutive": "{side} in the last months without a break, and never before them",
    "Intensifying": "{side} in nine tenths of the months or more, and more so as time goes on",
    "Persistent": "{side} in nine tenths of the months or more, neither more nor less so over time",
    "Diminishing": "{side} in nine tenths of the months or more, and less so as time goes on",
    "Sporadic": "{side} in the last month, on and off before, in under nine tenths of the months",
    "Oscillating": "{side} in the last month, {other} in an earlier one",
    "Historical": "{side} in nine tenths of the months or more, but not in the last",
}
_LIMITS = (
    "Hot means that an area and its neighbours together stand out in that month, after correction "
    "for testing every area: a month with few events finds few spots, and a lone hot month may be "
    "chance. A month without data breaks a run. Months are tested for a trend as if none leaned on "
    "the last. A pattern says what was recorded, not why, and foretells nothing."
)


def has_months(tables: EngineTables) -> bool:
    """Say whether a run has its months one by one; older ones have not."""
    return not tables.space_time_months.empty


def _rows(tables: EngineTables, priority: str) -> pd.DataFrame:
    """Return the row of each area of a priority; none where the study area was too large."""
    if not has_months(tables):
        return pd.DataFrame(columns=["area_code", "pattern"])
    rows = tables.space_time[tables.space_time["priority"] == priority]
    return rows[rows["area_code"].notna()]


def _side(pattern: str) -> tuple[str, str]:
    return ("hot", "cold") if " hot " in pattern else ("cold", "hot")


def _meaning(pattern: str) -> str:
    side, other = _side(pattern)
    text = _MEANING[pattern.split(maxsplit=1)[0]].format(side=side, other=other)
    return f"{text[:1].upper()}{text[1:]}."


def _named(rows: pd.DataFrame) -> pd.DataFrame:
    return rows[~rows["pattern"].isin((NO_PATTERN, NOT_CLASSIFIED))]


def months_said(tables: EngineTables, priority: str) -> tuple[str, ...]:
    """Say how many areas have which pattern, or why none has, and what months cannot say."""
    if not has_months(tables):
        return ()
    every = tables.space_time[tables.space_time["priority"] == priority]
    rows = _rows(tables, priority)
    if rows.empty:
        return tuple(str(reason) for reason in every["reason"].dropna().iloc[:1])
    open_, classified = _not_classified(rows), rows[rows["pattern"] != NOT_CLASSIFIED]
    if classified.empty:
        return (f"No pattern is named. {open_}", _LIMITS)
    found = _named(rows)
    counts = found["pattern"].value_counts()
    listed = [
        f"{counts[pattern]:,} {pattern.lower()}{'' if counts[pattern] == 1 else 's'}"
        for pattern in PATTERNS
        if pattern in counts
    ]
    tested = classified["tested_months"]
    most = f"{'' if tested.min() == tested.max() else 'Up to '}{int(tested.max()):,} months"
    said = (
        f"{most} were tested one by one, and {len(found):,} of {len(rows):,} areas "
        f"{'shows' if len(found) == 1 else 'show'} a pattern: {words.joined(listed)}."
        if listed
        else f"{most} were tested one by one, and no area shows a pattern."
    )
    hot_only = max(_hot_only(row) for row in classified.to_dict("records"))
    if hot_only:
        said += f" In {hot_only:,} of them there was under one event an area: none is called cold."
    return (f"{said} {open_}".strip(), _LIMITS)


def _hot_only(row: Mapping[Any, Any]) -> int:
    """Return the tested months in which no area is called cold; an older run does not say."""
    months = row.get("hot_only_months")
    return 0 if months is None or pd.isna(months) else int(months)


def _tested_for(row: Mapping[Any, Any], side: str) -> int:
    """Return the months that were tested for hot spots, or for cold ones."""
    return int(row["tested_months"]) - (_hot_only(row) if side == "cold" else 0)


def _cold(row: Mapping[Any, Any]) -> str:
    of = _tested_for(row, "cold")
    return f"{int(row['cold_months'])} of {of}" if of else "not looked for"


def _not_classified(rows: pd.DataFrame) -> str:
    """Say how many areas have no pattern named for want of months, with the commonest reason."""
    without = rows[rows["pattern"] == NOT_CLASSIFIED]
    if without.empty:
        return ""
    reasons = without["reason"].value_counts()
    reason = str(reasons.sort_index().idxmax())
    some = "" if int(reasons.max()) == len(without) else f" for {int(reasons.max()):,} of them"
    areas = words.plural(len(without), "area")
    return f"Not classified: {areas}; the reason{some}: {reason[:1].lower()}{reason[1:]}"


def pattern_table(tables: EngineTables, priority: str) -> Table | None:
    """Return how many areas have each pattern that there is, and what it means."""
    counts = _named(_rows(tables, priority))["pattern"].value_counts()
    if counts.empty:
        return None
    cells = tuple(
        (pattern, f"{counts[pattern]:,}", _meaning(pattern))
        for pattern in PATTERNS
        if pattern in counts
    )
    return Table(
        "The patterns, and how many areas have each",
        ("Pattern", "Areas", "What it means"),
        cells,
        (False, True, False),
    )


def area_table(tables: EngineTables, view: RunView, priority: str) -> Table | None:
    """Return the areas with a pattern by name, hot ones first, then in the order of the list."""
    rows = _named(_rows(tables, priority))
    if rows.empty:
        return None
    ranks = view.areas[f"{priority}_rank"] if view.has(f"{priority}_rank") else pd.Series()
    order = pd.DataFrame(
        {
            "pattern": rows["pattern"].map(PATTERNS.index),
            "rank": rows["area_code"].map(ranks),
            "code": rows["area_code"],
        }
    )
    labels = view.areas["area_label"]
    ordered = rows.loc[order.sort_values(["pattern", "rank", "code"]).index]
    cells = tuple(
        (
            str(labels.get(row["area_code"], row["area_code"])),
            str(row["pattern"]),
            f"{int(row['hot_months'])} of {int(row['tested_months'])}",
            _cold(row),
            _in_a_row(row),
            _month(row["last_hot_month"]),
            f"{row['trend_tau']:.2f} (p {row['trend_p']:.3f})",
        )
        for row in ordered.to_dict("records")
    )
    return Table(
        "Areas with a pattern, by name",
        (
            "Area",
            "Pattern",
            "Months hot",
            "Months cold",
            "In a row up to the last",
            "Last hot month",
            "Trend, Kendall's tau",
        ),
        cells,
        (False, False, True, True, True, False, True),
    )


def is_long(table: Table) -> bool:
    """Say whether a table is too long to stand open."""
    return len(table.rows) > _LONG


def month_table(tables: EngineTables, priority: str) -> Table | None:
    """Return how many areas were hot and cold in each month, or why it was not tested."""
    rows = tables.space_time_months
    rows = rows[(rows["priority"] == priority) & rows["month"].notna()] if len(rows) else rows
    if rows.empty:
        return None
    cells = []
    for month, areas in rows.groupby("month", sort=True):
        tested = areas[areas["gi_bin"].notna()]
        # An area that was tested has a note where nothing is called cold.
        notes = (areas if tested.empty else tested)["note"].fillna("")
        why = notes[notes != ""]
        hot_only = not tested.empty and not why.empty
        cells.append(
            (
                words.month_words(str(month)),
                f"{len(tested):,}",
                _count(tested["gi_bin"] > 0),
                "not called" if hot_only else _count(tested["gi_bin"] < 0),
                str(why.value_counts().idxmax()) if len(why) else "",
            )
        )
    shown = 5 if any(row[-1] for row in cells) else 4
    return Table(
        "Hot and cold areas of each month",
        ("Month", "Areas tested", "Hot", "Cold", "Why not")[:shown],
        tuple(row[:shown] for row in cells),
        (False, True, True, True, False)[:shown],
    )


def _count(found: pd.Series[bool]) -> str:
    return f"{int(found.sum()):,}" if len(found) else "not tested"


def pattern_words(row: Mapping[str, Any]) -> str:
    """Say the pattern of an area in one line; nothing where it has none."""
    pattern = str(row["pattern"])
    if pattern in (NO_PATTERN, NOT_CLASSIFIED):
        return ""
    side, other = _side(pattern)
    months, others = int(row[f"{side}_months"]), int(row[f"{other}_months"])
    said = [f"{side} in {months} of {_tested_for(row, side)} tested months"]
    if others:
        said.append(f"{other} in {others}")
    said.append(f"last {side} in {_month(row[f'last_{side}_month'])}")
    return f"{pattern}: {', '.join(said)}"


def pattern_fact(patterns: pd.DataFrame, priority: str, code: str) -> tuple[Fact, ...]:
    """Return the line of an area in its panel; nothing where it has no pattern, or a run no months.

    `patterns` is `space_time.csv` (`dashboards.patterns.patterns_of`).
    """
    if patterns.empty:
        return ()
    own = patterns[(patterns["area_code"] == code) & (patterns["priority"] == priority)]
    rows = [{str(key): value for key, value in row.items()} for row in own.to_dict("records")]
    return tuple(
        Fact("Month by month", said, _meaning(str(row["pattern"])))
        for row in rows
        if (said := pattern_words(row))
    )


def _in_a_row(row: Mapping[Any, Any]) -> str:
    run = int(row["run"])
    return f"{abs(run)} {'hot' if run > 0 else 'cold'}" if run else "none"


def _month(month: Any) -> str:
    return words.month_words(str(month)) if isinstance(month, str) and month else "none"
