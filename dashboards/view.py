"""A run as people read it: findings, facts and who is shown. Imports no Dash."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd

from dashboards import words
from dashboards.exports.wording import new_since, weights_words
from dashboards.forces import Force, in_force, live_forces
from dashboards.patterns import patterns_of
from dashboards.state import ViewState
from dashboards.strata import strata_of
from risk_model.run_store import PublishedRun

__all__ = [
    "Fact",
    "RunView",
    "caption",
    "chosen_areas",
    "facts",
    "finding",
    "flags",
    "list_size",
    "matching",
    "part_of",
    "priority_heading",
    "strata",
    "view_of",
]


@dataclass(frozen=True, slots=True, eq=False)
class RunView:
    """The tables of one run, without shapes: what the pages show.

    `patterns` is its space_time.csv; empty where an older run has no months one by one.
    """

    run_id: str
    manifest: Mapping[str, Any]
    areas: pd.DataFrame
    contributions: pd.DataFrame
    ledger: pd.DataFrame
    patterns: pd.DataFrame = field(default_factory=pd.DataFrame)

    @property
    def priorities(self) -> tuple[str, ...]:
        """Ids of the priorities, in the order of the configuration."""
        return tuple(self.manifest["priorities"])

    @property
    def forces(self) -> Mapping[str, Force]:
        """Police force areas to choose from; none where every area can be drawn at once."""
        return live_forces(self.manifest, len(self.areas))

    def has(self, column: str) -> bool:
        """Say whether this run computed a column; older runs may lack newer figures."""
        return column in self.areas.columns


@dataclass(frozen=True, slots=True)
class Fact:
    """One labelled value with its line of help."""

    label: str
    text: str
    help: str = ""


def view_of(run: PublishedRun) -> RunView:
    """Read the tables of a run, its shapes left aside, areas sorted by code."""
    areas = run.areas()
    table = pd.DataFrame(areas.drop(columns=areas.geometry.name)).sort_index()
    return RunView(
        run_id=run.run_id,
        manifest=run.manifest,
        areas=table,
        # As categories, a country's half a million rows are searched in milliseconds.
        contributions=run.contributions().astype({"priority": "category", "indicator": "category"}),
        ledger=run.ledger(),
        patterns=patterns_of(run),
    )


def list_size(view: RunView, priority: str) -> int:
    """Return how many areas the list of a priority holds."""
    return int(view.manifest["priorities"][priority].get("list_size", 10))


def flags(view: RunView, priority: str) -> pd.Series[bool]:
    """Say of each area whether the run flags it."""
    return view.areas[f"{priority}_flag"].fillna(value=False).astype(bool)


def part_of(view: RunView, force: str) -> RunView:
    """Return the view of one police force's areas; the whole where none is chosen.

    Ranks, flags and contributions stay what they are in the whole run.
    """
    chosen = view.forces.get(force)
    return view if chosen is None else replace(view, areas=view.areas[in_force(view.areas, chosen)])


def finding(view: RunView, priority: str, force: str = "") -> str:
    """Say the finding of a priority in one short title, of one police force where one is chosen."""
    part = part_of(view, force)
    name = priority.upper()
    if force in view.forces and part.areas[f"{priority}_score"].isna().all():
        return f"No data for {view.forces[force].name}: nothing can be said of {name}"
    flagged = int(flags(part, priority).sum())
    where = f" in {view.forces[force].name}" if force in view.forces else ""
    since = new_since(part.areas, priority, view.manifest) if flagged else ""
    if flagged == 0:
        return f"No neighbourhood{where} meets the {name} test"
    verb = "meets" if flagged == 1 else "meet"
    found = f"{words.plural(flagged, 'neighbourhood')}{where} {verb} the {name} test"
    return f"{found}, {since}" if since else found


def priority_heading(view: RunView, priority: str) -> str:
    """Say what a priority is and what its list is for."""
    entry = view.manifest["priorities"][priority]
    aim = str(entry.get("aim", "")).rstrip(".")
    title = str(entry["title"])
    return f"{title}: {aim}" if aim else title


def _offences(view: RunView, priority: str) -> str:
    weights = {
        category: float(weight)
        for category, weight in view.manifest["priorities"][priority]["offences"].items()
        if float(weight) > 0
    }
    if len(set(weights.values())) > 1:
        return f"{words.plural(len(weights), 'offence type')}, weighted by harm"
    named = words.joined([words.category_words(category) for category in weights])
    return named[:1].upper() + named[1:]


def facts(view: RunView, priority: str = "") -> tuple[Fact, ...]:
    """Return what must always stand in view: period, offences, weights, date of the run."""
    manifest = view.manifest
    period = manifest["period"]
    months, covered = len(period["months"]), len(period["covered"])
    text = words.period_words(period["start"], period["end"])
    if covered < months:
        text += f" ({covered} of {months} months have data)"
    lines = [Fact("Period", text, words.HELP["coverage"])]
    if priority:
        lines.append(Fact("Offences", _offences(view, priority), words.HELP["events"]))
    lines.append(Fact("Weights", weights_words(manifest)))
    lines.append(Fact("Run", words.date_words(manifest["created"])))
    return tuple(lines)


def caption(view: RunView) -> str:
    """Say under a map what was measured, on how many areas, when, and from which source."""
    period = view.manifest["period"]
    when = words.period_words(period["start"], period["end"])
    source = "made-up data" if view.manifest.get("demonstration") else "sources at the foot"
    return f"Police-recorded incidents, {len(view.areas):,} areas, {when}; {source}."


def matching(view: RunView, *, stratum: str, query: str) -> pd.Series[bool]:
    """Say of each area whether it passes the urban/rural filter and the search.

    Every word of the search has to begin a word of the area's label, name, place, ward,
    authority or code; letter case does not matter.
    """
    passes = pd.Series(True, index=view.areas.index)
    if stratum:
        passes &= strata(view) == stratum
    wanted = query.casefold().split()
    if wanted:
        columns = ("area_label", "area_name", "place_name", "ward_name", "lad_name")
        text = pd.Series(view.areas.index.astype(str), index=view.areas.index)
        for column in columns:
            if view.has(column):
                text = text + " " + view.areas[column].fillna("").astype(str)
        starts = " " + text.str.casefold().str.replace(r"[\s,()/\-]+", " ", regex=True)
        for word in wanted:
            cleaned = re.sub(r"[,()/\-]+", " ", word).strip()
            passes &= starts.str.contains(f" {cleaned}", regex=False)
    return passes


def strata(view: RunView) -> pd.Series[str]:
    """Return ``urban``, ``rural`` or nothing for each area, from its published class."""
    return strata_of(view.areas)


def chosen_areas(view: RunView, state: ViewState) -> pd.DataFrame:
    """Return the areas that pass the filters of a view."""
    part = part_of(view, state.force)
    return part.areas[matching(part, stratum=state.stratum, query=state.query)]
