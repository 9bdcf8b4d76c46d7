"""What the map says as a whole, as tables in plain words. Imports no Dash."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from dashboards.tables import Table
from dashboards.view import RunView
from risk_model.run_store import PublishedRun

__all__ = [
    "EngineTables",
    "cluster_table",
    "clusters_said",
    "concentration_said",
    "concentration_table",
    "engine_tables_of",
    "support_table",
    "supports_said",
]

_CHANCE = 0.05  # circles with a higher p may be the work of chance
_TENTH = 0.10
_RULES = {
    "High-High by raw p": "areas that are high among high ones, one by one",
    "High-High by q": "areas that are high among high ones, corrected for many tests",
    "top 10 % of residents by rate": "a tenth of the residents, highest rates first",
}


@dataclass(frozen=True, slots=True, eq=False)
class EngineTables:
    """The tables of a run that describe its map; empty where an older run has none."""

    concentration: pd.DataFrame
    scan: pd.DataFrame
    support: pd.DataFrame


def engine_tables_of(run: PublishedRun) -> EngineTables:
    """Read the tables of a run."""

    def table(name: str) -> pd.DataFrame:
        if name not in run.manifest["outputs"]:
            return pd.DataFrame({"priority": pd.Series(dtype="str")})
        return pd.read_csv(run.path(name))

    return EngineTables(table("concentration.csv"), table("scan.csv"), table("support.csv"))


def _of(table: pd.DataFrame, priority: str) -> pd.DataFrame:
    return table[table["priority"] == priority]


def concentration_said(tables: EngineTables, priority: str) -> str:
    """Say in one sentence how concentrated events are, and how much of it chance alone gives."""
    rows = _of(tables.concentration, priority)
    if rows.empty or rows["gini"].isna().all():
        return "How concentrated events are was not computed in this run."
    areas = rows[rows["basis"] == "areas"]
    tenth = areas.loc[(areas["basis_share"] - _TENTH).abs() < 1e-9, "events_share"].iloc[0]
    first = areas.iloc[0]
    return (
        f"A tenth of the areas holds {tenth:.0%} of the {int(first['events']):,} events. On a "
        f"scale from 0 (even) to 1 (all in one area) that is {first['gini']:.2f}; events that "
        f"fall by chance would give {first['gini_by_chance']:.2f}."
    )


def concentration_table(tables: EngineTables, priority: str) -> Table | None:
    """Return the share of events in the worst part of areas, residents and land."""
    rows = _of(tables.concentration, priority)
    if rows.empty or rows["events_share"].isna().all():
        return None
    wide = rows.pivot_table(index="basis_share", columns="basis", values="events_share")
    cells = tuple(
        (
            f"{share:.0%}",
            *(
                f"{row[basis]:.0%}" if basis in wide and pd.notna(row[basis]) else "not known"
                for basis in ("areas", "residents", "km2")
            ),
        )
        for share, row in wide.iterrows()
    )
    return Table(
        "Share of events in the worst part, three ways",
        ("Worst", "Of the areas", "Of the residents", "Of the land"),
        cells,
        (False, True, True, True),
    )


def clusters_said(tables: EngineTables, priority: str) -> str:
    """Say how many circles stand out from chance, or why none was looked for."""
    rows = _of(tables.scan, priority)
    if rows.empty:
        return "No circles were looked for in this run."
    found = rows[rows["rank"].notna()]
    if found.empty:
        return str(rows["note"].iloc[0])
    sure = int((found["p"] <= _CHANCE).sum())
    if not sure:
        return "No circle of areas holds more events than chance could put there."
    circles = "circle of areas holds" if sure == 1 else "circles of areas hold"
    return (
        f"{sure} {circles} more events than chance would put there, however many circles are "
        "tried. Where a circle is drawn says where to look, not where its border is."
    )


def cluster_table(tables: EngineTables, view: RunView, priority: str) -> Table | None:
    """Return the circles that stand out from chance, the most likely first."""
    rows = _of(tables.scan, priority)
    if rows.empty:
        return None
    rows = rows[rows["rank"].notna() & (rows["p"] <= _CHANCE)]
    if rows.empty:
        return None
    labels = view.areas["area_label"]
    cells = tuple(
        (
            str(labels.get(row["centre"], row["centre"])),
            f"{int(row['areas']):,}",
            f"{row['radius_m'] / 1000:.1f}" if row["radius_m"] else "one area",
            f"{int(row['population']):,}",
            f"{int(row['observed']):,}",
            f"{row['expected']:,.0f}",
            f"{row['relative_risk']:.1f}" if pd.notna(row["relative_risk"]) else "all inside",
            f"{row['p']:.3f}",
        )
        for row in rows.to_dict("records")
    )
    return Table(
        "Circles with more events than expected, the most likely first",
        (
            "Around",
            "Areas",
            "Radius, km",
            "Residents",
            "Events",
            "Expected",
            "Rate, times the rest",
            "p",
        ),
        cells,
        (False, True, True, True, True, True, True, True),
    )


def supports_said(tables: EngineTables, priority: str) -> str:
    """Say what a comparison tells, or why there is none."""
    rows = _of(tables.support, priority)
    if rows.empty:
        return "Not compared in this run."
    if rows["first"].isna().all():
        return str(rows["note"].iloc[0])
    return (
        "Another cut of the map gives another count. A place that the areas, hexagons of 500 m "
        "and larger areas (MSOAs) all flag is a place; one that the areas alone flag may be the "
        "work of their borders. A test among a few large areas or thousands of hexagons finds "
        "less, so compare the highest rates first."
    )


def support_table(tables: EngineTables, priority: str) -> Table | None:
    """Return how far the published areas and other cuts of the map flag the same places."""
    rows = _of(tables.support, priority)
    rows = rows if rows.empty else rows[rows["first"] == "areas"]
    if rows.empty:
        return None
    cells = tuple(
        (
            _RULES.get(row["flagged_by"], row["flagged_by"]),
            str(row["second"]),
            f"{int(row['first_flagged']):,} and {int(row['second_flagged']):,}",
            _share(row["jaccard_events"]),
            _share(row["jaccard_area"]),
        )
        for row in rows.to_dict("records")
    )
    return Table(
        "Places that the areas and another cut of the map both flag, of those that either flags",
        ("What is flagged", "Compared with", "Flagged", "Same events", "Same land"),
        cells,
        (False, False, True, True, True),
    )


def _share(value: float) -> str:
    return f"{value:.0%}" if pd.notna(value) else "none flagged"
