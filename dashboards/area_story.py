"""What the area panel says of one area: why, how sure, and its figures. Imports no Dash."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from dashboards import words
from dashboards.forces import rank_words
from dashboards.method_words import side_tested
from dashboards.standing import standing_figures
from dashboards.view import Fact, RunView, flags, strata
from risk_model.figure_words import certainty, chance
from spatial.local_tests import QUADRANTS, SEEDS_CHECKED

__all__ = ["AreaStory", "Driver", "Reason", "Sureness", "area_story", "sureness"]

_SURE = "How sure"
_LABELS = (_SURE, "Evidence", "Context", "Note")

_TIER_SENTENCES = {
    "Strong": "Several independent kinds of evidence agree.",
    "Supported": "The evidence supports a closer look.",
    "Watch": "Some signs, not enough to act on alone.",
    "Not evidenced": "The figures give no reason to single this area out.",
}


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
        Fact("Score", say(own("score"), 1), helps["score"]),
        Fact("Residents", say(_float(row, "population")), helps["population"]),
        Fact("All recorded incidents", say(_float(row, "events")), helps["all_events"]),
    ]
    if len(set(view.manifest["priorities"][priority]["offences"].values())) > 1:
        # Where every offence weighs the same this is their number again.
        lines.insert(4, Fact("Harm, weighted", say(own("harm")), helps["harm"]))
    if np.isfinite(own("rank_in_stratum")) and stratum:
        size = int((strata(view) == stratum).sum())
        lines.insert(
            [line.label for line in lines].index("Residents"),
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
        flagged=bool(flags(view, priority).loc[code]),
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
