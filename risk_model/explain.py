"""Reasons in plain words: why an area is where it is, how sure that is, and what surrounds it.

Text only: whoever writes it into a page or a file escapes it there.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from math import isnan, nan
from typing import Any, NamedTuple

from risk_model.figure_words import INDICATOR_WORDS, chance, how_sure, number, percent
from spatial.local_tests import QUADRANTS, SEEDS_CHECKED

__all__ = [
    "AreaFacts",
    "Driver",
    "Explanation",
    "Figure",
    "explain",
]

_SHARES = ("persistence", "income", "employment")
_MOST, _LEAST = 3, 0.5
"""Indicators that a sentence names, and the points against average below which none is named."""
_PROBABLE, _VERY_LIKELY = 0.8, 0.95
"""Chances from which a rise or fall is said to be probable, and very likely."""
_DOMINANT = 0.1
"""Share of an area's events at one map point from which the point is mentioned."""
_NUMBERS = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?")


@dataclass(frozen=True, slots=True)
class Driver:
    """One indicator of an area with the points it adds to the score.

    `mean` and `mean_points` are the means of `value` and `points` over the study area.
    """

    name: str
    value: float
    mean: float
    unit: str
    points: float
    mean_points: float


class Figure(NamedTuple):
    """One number of a sentence: its name, its value, its unit and the text that stands there."""

    sentence: str
    figure: str
    value: float
    unit: str
    shown: str


@dataclass(frozen=True, slots=True)
class AreaFacts:
    """The numbers behind the sentences of one area and priority; NaN where not known."""

    title: str
    drivers: tuple[Driver, ...]
    score: float
    mean_score: float
    rank: float
    ranked: int
    rank_lo: float
    rank_hi: float
    p_top: float
    list_size: int
    strands: frozenset[str]
    events: float
    min_events: int
    expected: float
    rr: float
    rr_lo: float
    rr_hi: float
    cluster: str
    density_share: float
    months_above: float
    months_covered: int
    population: float
    stratum: str
    rank_in_stratum: float
    stratum_size: int
    within: str = ""
    dropped: tuple[str, ...] = ()
    not_scored: str = ""
    inference_off: str = ""
    uplift: float = 1.0
    p_above_cut: float = nan
    beside_list: bool = False
    recent: float = nan
    recent_expected: float = nan
    recent_months: int = 0
    p_rise: float = nan
    calendar_months: int = 0
    map_point_share: float = nan
    police_generated_share: float = nan
    artefact: str = ""
    lisa_agreement: float = nan
    gi_bin: float = nan
    gi_agreement: float = nan


@dataclass(frozen=True, slots=True)
class Explanation:
    """Sentences (`why`, `sure`, `context` and perhaps `note`) and every number in them.

    `flat` holds the fields of the figures one after the other: a run has tens of thousands, and
    an object for each would cost more than the sentences.
    """

    sentences: tuple[tuple[str, str], ...]
    flat: list[Any]

    @property
    def figures(self) -> tuple[Figure, ...]:
        """Every number of the sentences, in their order."""
        size = len(Figure._fields)
        return tuple(Figure(*self.flat[i : i + size]) for i in range(0, len(self.flat), size))

    @property
    def text(self) -> str:
        """The sentences, one after the other."""
        return " ".join(text for _, text in self.sentences)


class _Said:
    """Collects the numbers of one sentence as they are written."""

    __slots__ = ("_flat", "_sentence")

    def __init__(self, sentence: str, flat: list[Any]) -> None:
        self._sentence, self._flat = sentence, flat

    def __call__(self, figure: str, value: float, unit: str, shown: str) -> str:
        self._flat += (self._sentence, figure, value, unit, shown)
        return shown


def explain(facts: AreaFacts) -> Explanation:
    """Return three plain sentences: why, how sure, in what context; and a note where one is due."""
    flat: list[Any] = []
    told = [
        (name, words(facts, _Said(name, flat)))
        for name, words in (("why", _why), ("sure", _sure), ("context", _context), ("note", _note))
    ]
    return Explanation(tuple((name, text) for name, text in told if text), flat)


def _why(facts: AreaFacts, say: _Said) -> str:
    if facts.not_scored:
        return f"No score for {facts.title}: {facts.not_scored}; {_recorded(facts, say)}."
    within = f" in {facts.within}" if facts.within else ""
    rank = say("rank", facts.rank, "rank", f"{facts.rank:.0f}")
    ranked = say("ranked", facts.ranked, "areas", f"{facts.ranked}")
    place = f"Ranks {rank} of {ranked}{within} for {facts.title}"
    return f"{place}{_against_mean(facts, say)}; {_recorded(facts, say)}."


def _against_mean(facts: AreaFacts, say: _Said) -> str:
    """Say how far the score is from the average area's and which indicators account for it."""
    score = say("score", facts.score, "points", f"{facts.score:.1f}")
    apart = facts.score - facts.mean_score
    mean = say("mean_score", facts.mean_score, "points", f"{facts.mean_score:.1f}")
    gaps = [(d.points - d.mean_points, d) for d in facts.drivers]
    up = apart >= 0
    told = sorted(
        ((gap, d) for gap, d in gaps if (gap >= _LEAST if up else gap <= -_LEAST)),
        key=lambda pair: (-abs(pair[0]), pair[1].name),
    )
    if not told:
        return f" with a score of {score}, about that of the average area ({mean})"
    listed = _joined([_driver_words(gap, driver, say) for gap, driver in told[:_MOST]])
    way = "raised" if up else "lowered"
    # A clause of its own: pages put each on a line.
    return f" with a score of {score} (average area {mean}); {way} most by {listed}"


def _driver_words(gap: float, driver: Driver, say: _Said) -> str:
    name = driver.name
    words = INDICATOR_WORDS.get(name, name)
    points = say(f"{name}_points", gap, "points against average", f"{abs(gap):.1f} points")
    if name == "rural":
        return f"{words} ({points})"
    if name in _SHARES and driver.mean <= 1:
        value, mean, unit = percent(driver.value), percent(driver.mean), ""
    else:
        value, mean = number(driver.value), number(driver.mean)
        unit = "" if driver.unit == "score" else f" {driver.unit}"
    say(name, driver.value, driver.unit, value)
    say(f"{name}_mean", driver.mean, driver.unit, mean)
    return f"{words} ({points}: {value}{unit}, average {mean})"


def _recorded(facts: AreaFacts, say: _Said) -> str:
    """Say what was recorded against what was to be expected."""
    if facts.months_covered == 0:
        return "no month of the period was supplied for this area: no data, not zero"
    count = _count(facts.events, say)
    if isnan(facts.expected):
        return f"{count}; a rate cannot be calculated, because there is no figure to divide by"
    expected = say("expected", facts.expected, "events", number(facts.expected))
    return f"{count} against {expected} expected"


def _count(events: float, say: _Said) -> str:
    if events == 0:
        return "no recorded offence of this set"
    shown = say("events", events, "events", f"{events:,.0f}")
    return f"{shown} recorded offence{'' if events == 1 else 's'} of this set"


def _sure(facts: AreaFacts, say: _Said) -> str:
    said = []
    if facts.inference_off and not facts.not_scored:
        said.append(f"no statement ({facts.inference_off})")
        _quote(facts.inference_off, "needed_to_say", say)
    elif not facts.not_scored:
        said += _place(facts, say)
    said += _strength(facts, say)
    said += _drawn_again(facts, say)
    return f"How sure: {'; '.join(said)}." if said else ""


def _place(facts: AreaFacts, say: _Said) -> list[str]:
    low, high = f"{facts.rank_lo:.0f}", f"{facts.rank_hi:.0f}"
    say("p_top", facts.p_top, "probability", chance(facts.p_top))
    say("list_size", facts.list_size, "areas", f"{facts.list_size}")
    say("rank_lo", facts.rank_lo, "rank", low)
    say("rank_hi", facts.rank_hi, "rank", high)
    span = f"at {low}" if low == high else f"between {low} and {high}"
    said = [how_sure(facts.p_top, facts.list_size), f"its rank lies {span} in nine of ten draws"]
    if facts.beside_list:
        p = say("p_above_cut", facts.p_above_cut, "probability", chance(facts.p_above_cut))
        said.append(
            f"it cannot be told apart from the first {facts.list_size} "
            f"(its score is above that of the last of them in {p} of draws)"
        )
    return said


def _strength(facts: AreaFacts, say: _Said) -> list[str]:
    """Say how strong the evidence of more than the usual risk is, and whether it changes."""
    if facts.months_covered == 0 or isnan(facts.expected):
        return []
    if facts.events < facts.min_events:
        return ["too few to say that its risk is above the others'"]
    rr = say("rr", facts.rr, "ratio", f"{facts.rr:.2f}")
    span = "no range given"
    if not facts.inference_off:
        low = say("rr_lo", facts.rr_lo, "ratio", f"{facts.rr_lo:.2f}")
        high = say("rr_hi", facts.rr_hi, "ratio", f"{facts.rr_hi:.2f}")
        span = f"{say('rr_range', 0.95, 'share', '95%')} range {low} to {high}"
    said = [f"a smoothed risk of {rr} times the study area's ({span})"]
    if "cluster" in facts.strands:
        said.append(
            "part of a cluster of high rates that chance does not explain"
            if _firm(facts)
            else "part of a cluster of high rates, at the border of what chance explains"
        )
    elif "cluster_raw" in facts.strands:
        said.append(
            "beside other high rates, a weaker sign that does not hold after allowing for the "
            "number of areas tested"
        )
    elif facts.cluster == "High-Low":
        said.append("standing alone: a high rate beside low ones")
    above = say("months_above", facts.months_above, "months", f"{facts.months_above:.0f}")
    covered = say("months_covered", facts.months_covered, "months", f"{facts.months_covered}")
    said.append(f"above the expected count in {above} of {covered} months")
    return [*said, _trend(facts, say)]


def _firm(facts: AreaFacts) -> bool:
    """Whether a label of a high cluster that the area carries came out again from every seed.

    A label that was not drawn again counts as firm: nothing speaks against it.
    """
    labels = (
        (facts.cluster == "High-High", facts.lisa_agreement),
        (facts.gi_bin > 0, facts.gi_agreement),
    )
    carried = [share for held, share in labels if held]
    return not carried or any(not share < 1.0 for share in carried)  # NaN compares False


def _drawn_again(facts: AreaFacts, say: _Said) -> list[str]:
    """Say of a label that the area carries how many further seeds gave it, unless all did."""
    labels = []
    if facts.cluster in QUADRANTS:
        labels.append(("cluster_seeds", f"{facts.cluster} label", facts.lisa_agreement))
    if abs(facts.gi_bin) > 0:  # NaN compares False
        labels.append(
            ("spot_seeds", "hot spot" if facts.gi_bin > 0 else "cold spot", facts.gi_agreement)
        )
    said = []
    for figure, label, share in labels:
        if isnan(share):
            said.append(f"its {label} was not drawn again from other random seeds")
        elif share < 1.0:
            same = round(share * SEEDS_CHECKED)
            held = say(figure, same, "seeds", f"{same}")
            of = say("seeds_checked", SEEDS_CHECKED, "seeds", f"{SEEDS_CHECKED}")
            said.append(
                f"its {label} came out again from {held} of {of} further random seeds, so that it "
                "is borderline"
            )
    return said


def _trend(facts: AreaFacts, say: _Said) -> str:
    if isnan(facts.p_rise):
        return "too few offences or months to speak of a rise or fall"
    months = say("recent_months", facts.recent_months, "months", f"{facts.recent_months}")
    recent = say("recent", facts.recent, "events", f"{facts.recent:,.0f}")
    due = say("recent_expected", facts.recent_expected, "events", number(facts.recent_expected))
    seen = f"{recent} in the last {months} months, {due} to be expected from those before"
    if facts.inference_off:
        return seen
    rise = facts.p_rise
    p = max(rise, 1.0 - rise)
    if p < _PROBABLE:
        return f"no clear rise or fall ({seen})"
    way = "rise" if rise > 0.5 else "fall"
    word = "very likely" if p >= _VERY_LIKELY else "probably"
    shown = say(f"p_{way}", p, "probability", chance(p))
    return f"{word} a {way} (chance {shown}: {seen})"


def _context(facts: AreaFacts, say: _Said) -> str:
    said = []
    if facts.stratum and not isnan(facts.rank_in_stratum):
        rank = say("rank_in_stratum", facts.rank_in_stratum, "rank", f"{facts.rank_in_stratum:.0f}")
        size = say("stratum_size", facts.stratum_size, "areas", f"{facts.stratum_size}")
        said.append(f"{rank} of {size} among the {facts.stratum} areas")
    elif facts.stratum:
        said.append(f"{'an' if facts.stratum[0] in 'aeiou' else 'a'} {facts.stratum} area")
    if isnan(facts.population):
        said.append("no population figure")
    else:
        people = say("population", facts.population, "people", f"{facts.population:,.0f}")
        said.append(f"{people} residents")
    if facts.calendar_months:
        held = say("calendar_months", facts.calendar_months, "months", f"{facts.calendar_months}")
        months = "calendar month" if facts.calendar_months == 1 else "calendar months"
        said.append(f"figures of {held} {months}, not of whole years, so the season is in them")
    if facts.density_share > 0 and "density" in facts.strands:
        share = say("density_share", facts.density_share, "share", percent(facts.density_share))
        said.append(f"{share} of the offences lie where recorded map points concentrate")
    if facts.map_point_share >= _DOMINANT:
        value = facts.map_point_share
        share = say("map_point_share", value, "share", percent(value))
        said.append(f"{share} of its recorded events stand at one map point")
    if not isnan(facts.police_generated_share):
        value = facts.police_generated_share
        share = say("police_generated_share", value, "share", percent(value))
        said.append(f"{share} of its recorded crimes are of kinds found mostly where officers look")
    return f"Context: {'; '.join(said)}."


def _note(facts: AreaFacts, say: _Said) -> str:
    said = []
    if facts.dropped and not facts.not_scored:
        names = " and ".join(INDICATOR_WORDS.get(name, name) for name in facts.dropped)
        said.append(f"{names} has no value here, and the other weights were rescaled")
    if facts.artefact:
        _quote(facts.artefact, "artefact", say)
        said.append(facts.artefact)
    if facts.uplift != 1.0:
        factor = say("uplift", facts.uplift, "ratio", f"{facts.uplift:g}")
        said.append(
            f"rates that victims report were multiplied by {factor} for under-reporting, "
            "as the settings say"
        )
    return f"Note: {'; '.join(said)}." if said else ""


def _quote(text: str, figure: str, say: _Said) -> None:
    """Note the numbers of a text that was written elsewhere, as they stand there."""
    for shown in _NUMBERS.findall(text):
        say(figure, float(shown.replace(",", "")), "as written", shown)


def _joined(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
