"""A run as people read it: findings, facts and the story of one area. Imports no Dash."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from dashboards import words
from dashboards.exports.wording import new_since, weights_words
from dashboards.forces import Force, in_force, live_forces, rank_words
from dashboards.method_words import side_tested
from dashboards.patterns import patterns_of
from dashboards.standing import standing_figures
from dashboards.state import ViewState
from dashboards.strata import strata_of
from risk_model.figure_words import certainty, chance
from risk_model.run_store import PublishedRun
from spatial.local_tests import QUADRANTS, SEEDS_CHECKED

__all__ = [
    "AreaStory",
    "Driver",
    "Fact",
    "Reason",
    "RunView",
    "Sureness",
    "area_story",
    "caption",
    "chosen_areas",
    "facts",
    "finding",
    "list_size",
    "matching",
    "part_of",
    "priority_heading",
    "sureness",
    "view_of",
]

_SURE = "How sure"
_LABELS = (_SURE, "Evidence", "Context", "Note")

_TIER_SENTENCES = {
    "Strong": "Several independent kinds of evidence agree.",
    "Supported": "The evidence supports a closer look.",
    "Watch": "Some signs, not enough to act on alone.",
    "Not evidenced": "The figures give no reason to single this area out.",
}


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


@dataclass(frozen=True, slots=True)
class Driver:
    """What one indicator adds to the score of an area, beside the average of all areas."""

    label: str
    points: float
    mean_points: float
    share: float


@dataclass(frozen=True, slots=True)
class Sureness:
    """How sure a result is: a word, and the sentences behind it."""

    level: str
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reason:
    """One sentence of why, with the word that introduces it."""

    label: str
    text: str


@dataclass(frozen=True, slots=True)
class AreaStory:
    """Everything the area panel says."""

    code: str
    label: str
    where: str
    tier: str
    tier_sentence: str
    flagged: bool
    rank: str
    reasons: tuple[Reason, ...]
    drivers: tuple[Driver, ...]
    sureness: Sureness
    figures: tuple[Fact, ...]


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


def _flags(view: RunView, priority: str) -> pd.Series[bool]:
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
    flagged = int(_flags(part, priority).sum())
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


def sureness(
    p_top: float, p_crime: float, low: float, high: float, *, size: int, otherwise: str = ""
) -> Sureness:
    """Say how sure the place of an area on or off the list is.

    The word is the risk model's own (`risk_model.figure_words.certainty`), so that pages, command
    line and reasons never disagree. `otherwise` is the run's own sentence on how sure it is: said
    where nothing was redrawn, and for what it adds to the chances.
    """
    if not np.isfinite(p_top):
        return Sureness("No statement", (otherwise or "The run made no redraws for this area.",))
    often = f"Among the first {size} in {chance(p_top)} of redraws of figures and weights"
    if np.isfinite(p_crime):
        often += f"; on crime indicators alone, in {chance(p_crime)}"
    lines = [f"{often}."]
    if np.isfinite(low) and np.isfinite(high):
        span = f"at {low:.0f}" if low == high else f"between {low:.0f} and {high:.0f}"
        lines.append(f"Its rank lies {span} in nine of ten redraws.")
    # The first two clauses of the run's own sentence say what the two lines above say.
    lines += [
        f"{clause[:1].upper()}{clause[1:]}." for clause in otherwise.rstrip(".").split("; ")[2:]
    ]
    return Sureness(certainty(p_top).capitalize(), tuple(lines))


def _told(text: str) -> tuple[tuple[Reason, ...], str]:
    """Part the reasons of a run into labelled sentences, and what they say of sureness."""
    told, sure = [], ""
    for sentence in re.split(r"(?<=[.!?]) (?=[A-Z])", text.strip()):
        label, colon, rest = sentence.partition(": ")
        known = label if colon and label in _LABELS else ""
        said = (rest[:1].upper() + rest[1:]) if known else sentence
        if known == _SURE:
            sure = said
        elif said:
            told.append(Reason(known, said))
    return tuple(told), sure


def _drivers(view: RunView, priority: str, code: str) -> tuple[Driver, ...]:
    table = view.contributions
    table = table[table["priority"] == priority]
    means = table.groupby("indicator", observed=True)["contribution"].mean()
    own = table[table["area_code"] == code].set_index("indicator")["contribution"].dropna()
    total = float(own.sum())
    return tuple(
        Driver(
            label=words.indicator_words(str(name)),
            points=float(points),
            mean_points=float(means[str(name)]),
            share=float(points) / total if total else 0.0,
        )
        for name, points in own.sort_values(ascending=False).items()
    )


def _cell(row: pd.Series[Any], column: str) -> Any:
    return row[column] if column in row.index else None


def _float(row: pd.Series[Any], column: str) -> float:
    value = _cell(row, column)
    return float("nan") if value is None or pd.isna(value) else float(value)


def _text(row: pd.Series[Any], column: str) -> str:
    value = _cell(row, column)
    return "" if value is None or pd.isna(value) else str(value)


def _figures(view: RunView, priority: str, row: pd.Series[Any]) -> tuple[Fact, ...]:
    say, helps = words.number, words.HELP

    def own(name: str) -> float:
        return _float(row, f"{priority}_{name}")

    rr, low, high = own("rr"), own("rr_lo"), own("rr_hi")
    excess = say(rr, 2)
    if np.isfinite(low) and np.isfinite(high):
        excess += f" times ({say(low, 2)} to {say(high, 2)})"
    stratum = str(strata(view).get(row.name, ""))
    cluster, side = _text(row, f"{priority}_lisa_cluster"), side_tested(view.manifest)
    lines = [
        Fact("Offences recorded", say(own("events")), helps["events"]),
        Fact("Rate per 1,000 residents a year", say(own("rate"), 1), helps["rate"]),
        Fact("Smoothed rate", say(own("eb_rate"), 1), helps["eb_rate"]),
        Fact("Against expected", excess, helps["expected"]),
        Fact("Harm, weighted", say(own("harm")), helps["harm"]),
        Fact("Score", say(own("score"), 1), helps["score"]),
        Fact("Residents", say(_float(row, "population")), helps["population"]),
        Fact("All recorded incidents", say(_float(row, "events")), helps["all_events"]),
    ]
    if np.isfinite(own("rank_in_stratum")) and stratum:
        size = int((strata(view) == stratum).sum())
        lines.insert(
            6,
            Fact(
                f"Rank among {stratum} areas",
                f"{own('rank_in_stratum'):.0f} of {size}",
                helps["rank_in_stratum"],
            ),
        )
    if cluster:
        lines.append(
            Fact(
                "Beside its neighbours",
                words.cluster_words(cluster, side)
                + _again(view, f"{priority}_lisa_agreement", row, labelled=cluster in QUADRANTS),
                helps["lisa_cluster"],
            )
        )
    if view.has(f"{priority}_gi_bin"):
        spot = own("gi_bin")
        lines.append(
            Fact(
                "Hot or cold spot (Gi*)",
                words.spot_words(spot, side)
                + _again(view, f"{priority}_gi_agreement", row, labelled=abs(spot) > 0),
                helps["gi_bin"],
            )
        )
    lines += [Fact(*told) for told in standing_figures(row.to_dict(), priority, len(view.areas))]
    if np.isfinite(own("density_share")):
        lines.append(
            Fact(
                "Within point concentrations",
                words.percent(own("density_share")),
                helps["density_share"],
            )
        )
    return tuple(lines)


def _again(view: RunView, column: str, row: pd.Series[Any], *, labelled: bool) -> str:
    """Say how many further seeds give a label; nothing where a run, being older, has no column."""
    if not labelled or not view.has(column):
        return ""
    share = _float(row, column)
    if np.isnan(share):
        return " (not drawn again from other random seeds)"
    return f" ({round(share * SEEDS_CHECKED)} of {SEEDS_CHECKED} further random seeds agree)"


def area_story(view: RunView, priority: str, code: str) -> AreaStory | None:
    """Return what the panel says of an area, or None where the run has no such area."""
    if code not in view.areas.index or priority not in view.priorities:
        return None
    row: Any = view.areas.loc[code]
    entry = view.manifest["priorities"][priority]
    tier = _text(row, f"{priority}_tier") or "Not evidenced"
    configured = view.manifest["config"].get("priorities", {}).get(priority, {}).get("tiers", {})
    key = tier.casefold().replace(" ", "_")
    sentence = (configured.get(key) or {}).get("sentence") or _TIER_SENTENCES.get(tier, "")
    reasons, sure = _told(_text(row, f"{priority}_reasons"))
    where = [
        _text(row, "ward_name") and f"{_text(row, 'ward_name')} ward",
        _text(row, "lad_name"),
        _text(row, "rural_urban"),
        f"{words.number(_float(row, 'area_km2'), 1)} km²",
        code,
    ]
    return AreaStory(
        code=code,
        label=_text(row, "area_label") or _text(row, "area_name") or code,
        where=" · ".join(part for part in where if part),
        tier=tier,
        tier_sentence=str(sentence),
        flagged=bool(_flags(view, priority).loc[code]),
        rank=rank_words(view.areas, view.forces, priority, code),
        reasons=reasons,
        drivers=_drivers(view, priority, code),
        sureness=sureness(
            _float(row, f"{priority}_p_top"),
            _float(row, f"{priority}_p_top_crime_only"),
            _float(row, f"{priority}_rank_lo"),
            _float(row, f"{priority}_rank_hi"),
            size=int(entry.get("list_size", 10)),
            otherwise=sure,
        ),
        figures=_figures(view, priority, row),
    )
