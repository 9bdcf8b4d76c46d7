"""A run as tables: coverage, ledger, inputs, weights and offences. Imports no Dash."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from dashboards import words
from dashboards.view import RunView

__all__ = [
    "Table",
    "coverage_table",
    "indicator_table",
    "input_table",
    "ledger_table",
    "moran_table",
    "offence_table",
    "unlocated_table",
]

REASON_WORDS = {
    "used": "Used: in an area of this run",
    "ring": "In an area next to the study area (used for neighbours only)",
    "outside": "Elsewhere",
    "outside_period": "In another month than the period",
    "unlocated": "Without a location",
    "superseded": "Replaced by a newer row of the same crime",
}


@dataclass(frozen=True, slots=True)
class Table:
    """A small table of text: a caption, column heads, rows; the first cell of a row heads it."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: tuple[bool, ...] = ()


def coverage_table(view: RunView) -> Table:
    """Return which police force's file was there for which month of the period."""
    months = tuple(view.manifest["period"]["months"])
    coverage = view.manifest.get("coverage", {})
    rows = tuple(
        (
            words.force_words(str(force)),
            *("data" if covered.get(month) else "no data" for month in months),
        )
        for force, covered in sorted(coverage.items())
    )
    heads = tuple(words.month_words(month) for month in months)
    return Table("Months with data, by police force", ("Police force", *heads), rows)


def reason_words(reason: str) -> str:
    """Say why rows were used or not; a quarantine rule is said by its own name."""
    return REASON_WORDS.get(reason, f"Set aside: {reason.replace('_', ' ')}")


def ledger_table(view: RunView) -> Table:
    """Return where every input row went, in total; the rows sum to the rows read."""
    counts = {str(k): int(v) for k, v in view.manifest.get("ledger", {}).items() if int(v)}
    order = {reason: place for place, reason in enumerate(REASON_WORDS)}
    total = sum(counts.values())
    rows = [
        (
            reason_words(reason),
            f"{rows:,}",
            "under 0.1%" if 0 < rows / total < 0.001 else f"{rows / total:.1%}",
        )
        for reason, rows in sorted(
            counts.items(), key=lambda item: (order.get(item[0], len(order)), item[0])
        )
    ]
    rows.append(("All rows read", f"{total:,}", "100%" if total else ""))
    return Table(
        "Every row that was read, and where it went",
        ("What happened to the row", "Rows", "Share"),
        tuple(rows),
        (False, True, True),
    )


def ledger_files(view: RunView) -> Table:
    """Return the rows of each input file: read, used, and not used."""
    table = view.ledger.assign(used=lambda frame: frame["rows"].where(frame["reason"] == "used", 0))
    totals = table.groupby("file", sort=True)[["rows", "used"]].sum()
    rows = tuple(
        (str(file), f"{int(read):,}", f"{int(used):,}", f"{int(read - used):,}")
        for file, read, used in totals.itertuples()
    )
    return Table(
        "Rows of each incident file",
        ("File", "Read", "Used", "Not used"),
        rows,
        (False, True, True, True),
    )


def unlocated_table(view: RunView) -> Table | None:
    """Return the share of rows without a location by type of offence, most first.

    It is not the same for every type, so areas may look safer in one respect than in another.
    """
    entries = [entry for entry in view.manifest.get("unlocated", []) if entry["unlocated"]]
    if not entries:
        return None
    rows = tuple(
        (
            words.category_words(str(entry["category"])).capitalize(),
            f"{int(entry['rows']):,}",
            f"{int(entry['unlocated']):,}",
            f"{entry['share']:.1%}",
        )
        for entry in sorted(entries, key=lambda entry: (-entry["share"], entry["category"]))
    )
    return Table(
        "Rows of the period without a location, by type",
        ("Type", "Rows", "Without a location", "Share"),
        rows,
        (False, True, True, True),
    )


def input_table(view: RunView) -> Table:
    """Return the files a run was made from, with the start of their SHA-256."""
    rows = tuple(
        (
            str(entry.get("path", "")),
            str(entry.get("role", "")).replace(".", ", "),
            "" if entry.get("rows") is None else f"{int(entry['rows']):,}",
            str(entry.get("sha256", ""))[:12],
        )
        for entry in view.manifest.get("inputs", [])
    )
    return Table(
        "Files this run was made from",
        ("File", "Used as", "Rows", "SHA-256 (first 12)"),
        rows,
        (False, False, True, False),
    )


def indicator_table(view: RunView, priority: str) -> Table:
    """Return the indicators of a priority with the weights that were used."""
    entry = view.manifest["priorities"][priority]
    weights = {
        name: float(value["weight"]) if isinstance(value, dict) else float(value)
        for name, value in entry.get("indicators", {}).items()
    }
    configured = view.manifest["config"].get("priorities", {}).get(priority, {})
    given = configured.get("indicators", {})
    total = sum(weights.values())
    rows = tuple(
        (
            words.indicator_words(name),
            f"{weight / total:.0%}" if total else "",
            str((given.get(name) or {}).get("why", "")),
        )
        for name, weight in sorted(weights.items(), key=lambda item: -item[1])
    )
    return Table(
        f"What makes the {priority.upper()} score. Weights are judgements.",
        ("Indicator", "Weight", "Why"),
        rows,
        (False, True, False),
    )


def offence_table(view: RunView, priority: str) -> Table:
    """Return the offences of a priority with their weights, heaviest first."""
    offences = view.manifest["priorities"][priority]["offences"]
    rows = tuple(
        (words.category_words(category).capitalize(), f"{float(weight):,.4g}")
        for category, weight in sorted(offences.items(), key=lambda item: -float(item[1]))
        if float(weight) > 0
    )
    return Table(
        f"Offences counted for {priority.upper()}, and how much one counts",
        ("Offence", "Weight"),
        rows,
        (False, True),
    )


def moran_table(view: RunView) -> Table:
    """Return how strongly similar values stand together over the whole study area."""
    found = view.manifest.get("statistics", {}).get("global_moran", {})
    rows = tuple(
        (
            words.indicator_words(name) if name not in view.priorities else f"{name.upper()} rate",
            words.number(entry.get("value"), 3),
            f"{int(entry.get('links', 0)):,}",
            f"{int(entry.get('islands', 0)):,}",
            str(entry.get("ring", "")),
        )
        for name, entry in found.items()
        if isinstance(entry, dict) and not _missing(entry.get("value"))
    )
    return Table(
        "Do high areas stand together? Global Moran's I (0: no pattern, 1: strong pattern)",
        ("Measured on", "Moran's I", "Links", "Areas without neighbours", "Ring"),
        rows,
        (False, True, True, True, False),
    )


def _missing(value: Any) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))
