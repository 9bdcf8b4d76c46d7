"""What the map says as a whole, as tables in plain words. Imports no Dash."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from dashboards.method_words import density_said
from dashboards.tables import Table
from dashboards.view import RunView
from dashboards.words import joined
from risk_model.run_store import PublishedRun

__all__ = [
    "EngineTables",
    "bandwidth_table",
    "bandwidths_said",
    "bivariate_said",
    "cluster_table",
    "clusters_said",
    "concentration_said",
    "concentration_table",
    "coverage_said",
    "coverage_table",
    "engine_tables_of",
    "support_table",
    "supports_more",
    "supports_said",
]

_CHANCE = 0.05  # circles with a higher p may be the work of chance
_TENTH = 0.10
_RULES = {
    "this run: High-High by q": "this run's clusters: high among high ones, corrected",
    "this run: High-High by raw p": "this run's clusters by p, one by one",
    "this run: Gi* hot by q": "this run's hot spots (Gi*, 95 %), corrected",
    "this run: flagged": "this run's flagged areas, and elsewhere as many residents of the "
    "highest rates",
    "counts: High-High by raw p": "by plain counts: high among high ones, one by one",
    "counts: High-High by q": "by plain counts: high among high ones, corrected",
    "counts: top 10 % of residents by rate": "by plain counts: a tenth of the residents, highest "
    "rates first",
    "High-High by raw p": "areas that are high among high ones, one by one",
    "High-High by q": "areas that are high among high ones, corrected for many tests",
    "top 10 % of residents by rate": "a tenth of the residents, highest rates first",
}
_HIGHEST = ("counts: top 10 % of residents by rate", "top 10 % of residents by rate")


def _nothing() -> pd.DataFrame:
    return pd.DataFrame({"priority": pd.Series(dtype="str")})


@dataclass(frozen=True, slots=True, eq=False)
class EngineTables:
    """The tables of a run that describe its map; empty where an older run has none."""

    concentration: pd.DataFrame
    scan: pd.DataFrame
    support: pd.DataFrame
    coverage: pd.DataFrame = field(default_factory=_nothing)
    bandwidths: pd.DataFrame = field(default_factory=_nothing)
    bivariate: pd.DataFrame = field(default_factory=_nothing)
    space_time: pd.DataFrame = field(default_factory=_nothing)
    space_time_months: pd.DataFrame = field(default_factory=_nothing)


def engine_tables_of(run: PublishedRun) -> EngineTables:
    """Read the tables of a run."""

    def table(name: str) -> pd.DataFrame:
        if name not in run.manifest["outputs"]:
            return _nothing()
        return pd.read_csv(run.path(name))

    return EngineTables(
        concentration=table("concentration.csv"),
        scan=table("scan.csv"),
        support=table("support.csv"),
        coverage=table("coverage.csv"),
        bandwidths=table("bandwidths.csv"),
        bivariate=table("bivariate.csv"),
        space_time=table("space_time.csv"),
        space_time_months=table("space_time_months.csv"),
    )


def _of(table: pd.DataFrame, priority: str) -> pd.DataFrame:
    return table[table["priority"] == priority]


def concentration_said(tables: EngineTables, priority: str) -> str:
    """Say in one sentence how concentrated events are, and how much of it chance alone gives."""
    rows = _of(tables.concentration, priority)
    if not rows.empty and (rows["events"] == 0).all():
        return (
            "No offence of this priority was recorded in the period, so there is nothing to "
            "concentrate. Take a longer period or more offences."
        )
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
            f"{row['observed'] / row['expected']:.1f}",
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
            "Events over expected",
            "Rate, times the rest",
            "p",
        ),
        cells,
        (False, *(True,) * 8),
    )


def supports_said(tables: EngineTables, priority: str) -> str:
    """Say what a comparison tells, or why there is none."""
    rows = _of(tables.support, priority)
    if rows.empty:
        return "Not compared in this run."
    if rows["first"].isna().all():
        return str(rows["note"].iloc[0])
    return (
        "What areas, hexagons of 500 m and larger areas (MSOAs) all flag is a place; what areas "
        f"alone flag may be the work of their borders.{_highest_alike(rows)}"
    )


def _highest_alike(rows: pd.DataFrame) -> str:
    """Say how far the highest rates hold on other cuts: the comparison that needs no test."""
    ours = rows[(rows["first"] == "areas") & rows["jaccard_events"].notna()]
    alike = [
        f"{row['jaccard_events']:.0%} ({row['second']})"
        for row in ours[ours["flagged_by"].isin(_HIGHEST)].to_dict("records")
    ]
    if not alike:
        return ""
    return (
        " Take the tenth of the residents with the highest rates, by areas and by another cut of "
        f"the map: of the events in either choice both hold {joined(alike)}."
    )


def supports_more(tables: EngineTables, priority: str) -> tuple[str, ...]:
    """Say how the cuts are compared, for who asks; older runs had counts alone."""
    rows = _of(tables.support, priority)
    if rows.empty or rows["first"].isna().all():
        return ()
    fewer = (
        "A test among a few large areas or thousands of hexagons finds less: where little of what "
        "was tested is alike, that may be all."
    )
    if not rows["flagged_by"].astype(str).str.startswith("this run").any():
        return (fewer,)
    return (
        fewer,
        (
            "Rows of this run have what it found on its areas. On hexagons and MSOAs the same rate "
            "is tested with the same chance maps, correction and side, but among them alone, "
            "without the ring of areas around, and neighbours are those that touch."
        ),
        "Residents of an area are shared out over its hexagons by land.",
        (
            "An area is flagged for more than its rate, which hexagons and MSOAs have no figures "
            "for: their highest rates stand for it."
        ),
        "Rows of plain counts weigh no offence and are the same rule whatever the settings.",
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
            f"{_flagged(row['first_flagged'])} and {_flagged(row['second_flagged'])}",
            _alike(row, "jaccard_events"),
            _alike(row, "jaccard_area"),
        )
        for row in rows.to_dict("records")
    )
    return Table(
        "Places that the areas and another cut of the map both flag, of those that either flags",
        ("What is flagged", "Compared with", "Flagged", "Same events", "Same land"),
        cells,
        (False, False, True, True, True),
    )


def _flagged(count: float) -> str:
    return f"{int(count):,}" if pd.notna(count) else "not tested"


def _alike(row: dict[Hashable, Any], column: str) -> str:
    """Say an overlap; none where a side was not tested, or neither flags any."""
    if pd.isna(row["first_flagged"]) or pd.isna(row["second_flagged"]):
        return "not tested"
    return _share(row[column])


def coverage_said(tables: EngineTables, priority: str) -> str:
    """Say what the list covers three ways, and that these are the events that made it."""
    rows = _of(tables.coverage, priority)
    if rows.empty:
        return "What the list covers was not computed in this run."
    first = rows.iloc[0]
    return (
        f"The {first['cut']} is {first['areas_share']:.1%} of the areas, "
        f"{first['population_share']:.1%} of the residents and {first['area_share']:.1%} of the "
        f"land, and holds {_share(first['events_share'])} of the events. These are the events that "
        "made the list (same data): the next months will show less, and how much less is what a "
        "back-test says."
    )


def coverage_table(tables: EngineTables, priority: str) -> Table | None:
    """Return what the first places of the two rankings cover."""
    rows = _of(tables.coverage, priority)
    if rows.empty or rows["events_share"].isna().all():
        return None
    cells = tuple(
        (
            str(row["ranked_by"]),
            str(row["cut"]),
            f"{row['areas_share']:.1%}",
            f"{row['population_share']:.1%}",
            f"{row['area_share']:.1%}",
            f"{row['events_share']:.1%}",
            _number(row["pai"], 1),
            _number(row["pei"], 2),
            _number(row["rri"], 2) if row["ranked_by"] != "score" else "not in events",
        )
        for row in rows.to_dict("records")
    )
    return Table(
        "What the first places cover, on the same data that ranked them",
        (
            "Ranked by",
            "First",
            "Areas",
            "Residents",
            "Land",
            "Events",
            "Events over land (PAI)",
            "Of the best choice of as much land (PEI)",
            "Predicted over recorded (RRI)",
        ),
        cells,
        (False, False, *(True,) * 7),
    )


def bandwidths_said(tables: EngineTables, view: RunView, priority: str) -> str:
    """Say how the bandwidth came about, and how far hot spots hold at half and at twice it."""
    rows = _of(tables.bandwidths, priority)
    if rows.empty:
        return "No other bandwidth was tried in this run."
    if rows["bandwidth_m"].isna().all():
        return str(rows["note"].iloc[0])
    kept = rows.set_index("bandwidth")["kept"]
    held = [
        f"{_share(kept[name])} is in hot spots at {words} the bandwidth"
        for name, words in (("half", "half"), ("double", "twice"))
        if name in kept and pd.notna(kept[name])
    ]
    return f"{density_said(view.manifest, priority)} " + (
        f"Of the land in the map's hot spots {' and '.join(held)}. What no bandwidth changes is a "
        "place; what one bandwidth alone shows is a choice."
        if held
        else "There are no hot spots to compare."
    )


def bandwidth_table(tables: EngineTables, priority: str) -> Table | None:
    """Return the hot spots at half, at the chosen and at twice the bandwidth."""
    rows = _of(tables.bandwidths, priority)
    rows = rows if rows.empty else rows[rows["hotspot_km2"].notna()]
    if rows.empty:
        return None
    cells = tuple(
        (
            f"{row['bandwidth_m']:,.0f} m",
            f"{row['hotspot_km2']:,.1f}",
            _share(row["events_share"]),
            _number(row["pai_same_data"], 1),
            "itself" if row["bandwidth"] == "chosen" else _share(row["overlap"]),
            "itself" if row["bandwidth"] == "chosen" else _share(row["kept"]),
        )
        for row in rows.to_dict("records")
    )
    return Table(
        "Where recorded map points concentrate, at three bandwidths (same data)",
        (
            "Bandwidth",
            "Hot spots, km²",
            "Events in them",
            "Events over land (PAI)",
            "Same land, of either",
            "Of the map's hot spots, kept",
        ),
        cells,
        (True,) * 6,
    )


def bivariate_said(tables: EngineTables, priority: str, *, corrected: str) -> str:
    """Say whether offences here go with deprivation around, and what that does not show."""
    rows = _of(tables.bivariate, priority)
    if rows.empty:
        return "Not compared in this run."
    row = rows.iloc[0]
    counts = {
        words: row[kind]
        for kind, words in (
            ("high_high", "high offences among high deprivation"),
            ("high_low", "high offences where deprivation around is low"),
        )
        if pd.notna(row[kind])
    }
    if not counts:
        return str(row["note"])
    told = ", and ".join(f"{_areas(int(count))} {words}" for words, count in counts.items())
    aside = f" {row['note']}" if pd.notna(row["note"]) and row["note"] else ""
    least = row.get("seeds_agree_at_least")  # not in older runs
    if pd.notna(least):
        aside += f" The least certain label came out again in {least:.0%} of further draws."
    return (
        f"In the same area the rate and deprivation (without its crime domain) go together with a "
        f"correlation of {row['correlation']:z.2f}; the rate here and deprivation around with "
        f"{row['bivariate_i']:z.2f} (bivariate Moran's I). {corrected or 'In its tests'}, {told}."
        f"{aside} The test is of the surroundings alone: it "
        "says nothing of cause, and follows from the correlation where like areas lie together."
    )


def _areas(count: int) -> str:
    return "one area has" if count == 1 else f"{count:,} areas have" if count else "no area has"


def _number(value: float, digits: int) -> str:
    return f"{value:z,.{digits}f}" if pd.notna(value) else "not known"


def _share(value: float) -> str:
    return f"{value:.0%}" if pd.notna(value) else "none flagged"
