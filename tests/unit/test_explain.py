"""Reasons in plain words: what is promised, and what is never said."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from risk_model.explain import AreaFacts, Driver, certainty, chance, number, percent, reasons

FACTS = AreaFacts(
    title="High-harm offending",
    drivers=(
        Driver("harm_rate", 412.3, 180.2, "harm points per 1,000 residents per year", 0.45),
        Driver("deprivation_without_crime", 41.2, 21.7, "score", 0.30),
        Driver("persistence", 0.97, 0.38, "share of months", 0.21),
        Driver("robbery_rate", 0.2, 0.19, "per 1,000 residents per year", 0.04),
    ),
    rank=3.0,
    ranked=223,
    rank_lo=1.0,
    rank_hi=6.0,
    p_top=0.97,
    list_size=10,
    strands=frozenset({"top_k", "excess_risk", "cluster", "density", "persistent"}),
    events=48.0,
    min_events=5,
    expected=21.4,
    rr=2.113,
    rr_lo=1.602,
    rr_hi=2.7,
    cluster="High-High",
    density_share=0.62,
    months_above=6.0,
    months_covered=6,
    population=1523.0,
    stratum="rural",
    rank_in_stratum=2.0,
    stratum_size=98,
)


def test_four_sentences_in_order() -> None:
    why, sure, evidence, context = reasons(FACTS)
    assert why == (
        "Ranks 3 of 223 for High-harm offending; most of its score comes from recorded harm "
        "(412 harm points per 1,000 residents per year, study-area mean 180; 45% of the score), "
        "deprivation (without its crime part) (41.2, study-area mean 21.7; 30% of the score) and "
        "average monthly chance of above-usual risk (97%, study-area mean 38%; 21% of the score)."
    )
    assert sure == (
        "How sure: high certainty that it belongs among the first 10 (chance 97%); its rank lies "
        "between 1 and 6 in nine of ten draws."
    )
    assert evidence == (
        "Evidence: 48 recorded offences of this set against 21.4 expected, a smoothed risk of "
        "2.11 times the study area's (95% range 1.60 to 2.70); part of a cluster of high rates "
        "that chance does not explain; 62% of the events lie where recorded map points "
        "concentrate; above the expected count in 6 of 6 months."
    )
    assert context == "Context: 2 of 98 among the rural areas, 1,523 residents."


@pytest.mark.parametrize("events", [0.0, 1.0, 4.0])
def test_few_events_are_too_few_to_say(events: float) -> None:
    evidence = reasons(replace(FACTS, events=events, expected=1.2))[2]
    assert "too few to say" in evidence
    assert "times the study area" not in evidence
    assert "offences" in evidence or events == 1 or "no recorded offence" in evidence


def test_uncorrected_cluster_is_worded_weaker() -> None:
    raw = replace(FACTS, strands=frozenset({"cluster_raw"}), cluster="Not significant")
    assert "a weaker sign that does not hold" in reasons(raw)[2]
    alone = replace(FACTS, strands=frozenset(), cluster="High-Low")
    assert "standing alone: a high rate beside low ones" in reasons(alone)[2]


def test_missing_figures_are_said() -> None:
    no_rate = reasons(replace(FACTS, expected=np.nan, population=np.nan))
    assert "a rate cannot be calculated" in no_rate[2]
    assert "no population figure" in no_rate[3]
    unscored = reasons(replace(FACTS, not_scored="a deprivation value is missing"))
    assert unscored[0] == "No score for High-harm offending: a deprivation value is missing."
    dropped = reasons(replace(FACTS, dropped=("deprivation_without_crime",)))
    assert dropped[-1] == (
        "Note: deprivation (without its crime part) has no value here, and the other weights "
        "were rescaled."
    )


def test_inference_off_gives_no_certainty() -> None:
    off = reasons(replace(FACTS, inference_off="12 areas, and at least 30 are needed"))
    assert off[1] == "How sure: no statement (12 areas, and at least 30 are needed)."
    assert "no range given" in off[2]


def test_uplift_is_never_silent() -> None:
    assert "multiplied by 1.2 for under-reporting" in reasons(replace(FACTS, uplift=1.2))[-1]


def test_rank_within_wales() -> None:
    assert "Ranks 3 of 223 in Wales for" in reasons(replace(FACTS, within="Wales"))[0]


@pytest.mark.parametrize(
    ("p_top", "word"),
    [(0.97, "high"), (0.8, "high"), (0.7, "medium"), (0.5, "low"), (0.3, "medium"), (0.1, "high")],
)
def test_certainty_is_about_the_place_on_or_off_the_list(p_top: float, word: str) -> None:
    assert certainty(p_top) == word
    sure = reasons(replace(FACTS, p_top=p_top))[1]
    assert word in sure
    assert ("belongs among" in sure) == (p_top >= 0.5)


def test_a_chance_is_never_certain() -> None:
    assert chance(1.0) == "over 99%"
    assert chance(0.0) == "under 1%"
    assert chance(0.5) == "50%"
    assert percent(1.0) == "100%"
    assert percent(float("nan")) == "not known"


def test_numbers() -> None:
    assert [number(v) for v in (0.0, 0.0012, 0.234, 3.0, 12.34, 1234.5)] == [
        "0",
        "0.0012",
        "0.23",
        "3",
        "12.3",
        "1,234",
    ]
    assert number(float("nan")) == "not known"


def test_nothing_below_the_area_and_no_jargon() -> None:
    text = " ".join(reasons(FACTS)).lower()
    assert not re.search(r"\b(street|road|address|house|offender|people who live)\b", text)
    assert not re.search(r"\b(posterior|gamma|lisa|moran|percentile|bayes)\b", text)
