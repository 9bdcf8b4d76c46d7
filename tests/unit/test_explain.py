"""Sentences in plain words: what is promised, what is never said, and the numbers behind them."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from risk_model.explain import AreaFacts, Driver, explain
from risk_model.figure_words import certainty, chance, number, percent

FACTS = AreaFacts(
    title="High-harm offending",
    drivers=(
        Driver("harm_rate", 412.3, 180.2, "harm points per 1,000 residents per year", 37.2, 20.1),
        Driver("deprivation_without_crime", 41.2, 21.7, "score", 22.4, 12.4),
        Driver("persistence", 0.97, 0.38, "share of months", 18.0, 9.8),
        Driver("robbery_rate", 0.2, 0.19, "per 1,000 residents per year", 5.1, 4.9),
    ),
    score=82.7,
    mean_score=47.2,
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
    lisa_agreement=1.0,
    density_share=0.62,
    months_above=6.0,
    months_covered=6,
    population=1523.0,
    stratum="rural",
    rank_in_stratum=2.0,
    stratum_size=98,
    recent=30.0,
    recent_expected=18.2,
    recent_months=3,
    p_rise=0.981,
    calendar_months=6,
    map_point_share=0.124,
    police_generated_share=0.08,
)
NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")


def told(**changes: object) -> dict[str, str]:
    return dict(explain(replace(FACTS, **changes)).sentences)


def test_three_sentences_in_order() -> None:
    found = explain(FACTS)
    assert [name for name, _ in found.sentences] == ["why", "sure", "context"]
    why, sure, context = (text for _, text in found.sentences)
    assert why == (
        "Ranks 3 of 223 for High-harm offending with a score of 82.7 (average area 47.2); "
        "raised most by recorded harm (17.1 points: 412 harm points per 1,000 residents per "
        "year, average 180), deprivation (without its crime part) (10.0 points: 41.2, average "
        "21.7) and average monthly chance of above-usual risk (8.2 points: 97%, average 38%); 48 "
        "recorded offences of this set against 21.4 expected."
    )
    assert sure == (
        "How sure: high certainty that it belongs among the first 10 (chance 97%); its rank lies "
        "between 1 and 6 in nine of ten draws; a smoothed risk of 2.11 times the study area's "
        "(95% range 1.60 to 2.70); part of a cluster of high rates that chance does not explain; "
        "above the expected count in 6 of 6 months; very likely a rise (chance 98%: 30 in the "
        "last 3 months, 18.2 to be expected from those before)."
    )
    assert context == (
        "Context: 2 of 98 among the rural areas; 1,523 residents; figures of 6 calendar months, "
        "not of whole years, so the season is in them; 62% of the offences lie where recorded map "
        "points concentrate; 12% of its recorded events stand at one map point; 8% of its recorded "
        "crimes are of kinds found mostly where officers look."
    )
    assert found.text == f"{why} {sure} {context}"


CASES = (
    {},
    {"events": 0.0},
    {"events": 3.0, "expected": 1.2, "p_rise": np.nan},
    {"expected": np.nan, "population": np.nan},
    {"not_scored": "a deprivation value is missing"},
    {"months_covered": 0},
    {"inference_off": "12 areas, and at least 30 are needed"},
    {"uplift": 1.2, "dropped": ("deprivation_without_crime",)},
    {"score": 20.0, "p_top": 0.002, "beside_list": True, "p_above_cut": 0.07, "p_rise": 0.1},
    {"within": "Wales", "p_rise": 0.5, "rank_lo": 3.0, "rank_hi": 3.0},
    {"lisa_agreement": 0.6, "gi_bin": 2.0, "gi_agreement": 0.8},
)


@pytest.mark.parametrize("changes", CASES, ids=[" ".join(case) or "plain" for case in CASES])
def test_every_number_of_a_sentence_is_a_figure(changes: dict[str, object]) -> None:
    found = explain(replace(FACTS, **changes))
    for name, text in found.sentences:
        rows = [figure for figure in found.figures if figure.sentence == name]
        known = {n for row in rows for n in NUMBER.findall(f"{row.shown} {row.unit}")}
        assert set(NUMBER.findall(text)) <= known, text
        for row in rows:
            assert row.shown in text, row


def test_a_figure_is_the_number_that_is_shown() -> None:
    for figure in explain(FACTS).figures:
        shown = float(NUMBER.findall(figure.shown)[0].replace(",", ""))
        scale = 100.0 if "%" in figure.shown else 1.0
        digits = len(figure.shown.partition(".")[2].rstrip("% points"))
        assert shown == pytest.approx(abs(figure.value) * scale, abs=0.51 * 10.0**-digits), figure


def test_below_the_average_is_said_by_what_lowers_it() -> None:
    low = tuple(replace(d, points=d.mean_points - 4.0) for d in FACTS.drivers[:2])
    why = told(drivers=low, score=24.6)["why"]
    assert "(average area 47.2); lowered most by" in why
    assert "(4.0 points:" in why
    near = told(drivers=tuple(replace(d, points=d.mean_points) for d in low), score=47.3)["why"]
    assert "about that of the average area (47.2)" in near
    assert "points:" not in near


def test_only_what_pushes_the_same_way_is_named() -> None:
    mixed = (
        replace(FACTS.drivers[0], points=10.0),
        replace(FACTS.drivers[1], points=30.0),
    )
    why = told(drivers=mixed)["why"]
    assert "recorded harm (" not in why
    assert "deprivation" in why


@pytest.mark.parametrize("events", [0.0, 1.0, 4.0])
def test_few_events_are_too_few_to_say(events: float) -> None:
    found = told(events=events, expected=1.2, p_rise=np.nan)
    assert "too few to say" in found["sure"]
    assert "times the study area" not in found["sure"]
    assert "rise" not in found["sure"]
    said = {0.0: "no recorded offence", 1.0: "1 recorded offence of", 4.0: "4 recorded offences"}
    assert said[events] in found["why"]


@pytest.mark.parametrize(
    ("p_rise", "words"),
    [
        (0.99, "very likely a rise (chance 99%"),
        (0.85, "probably a rise (chance 85%"),
        (0.5, "no clear rise or fall (30 in"),
        (0.21, "no clear rise or fall"),
        (0.15, "probably a fall (chance 85%"),
        (0.001, "very likely a fall (chance over 99%"),
        (np.nan, "too few offences or months to speak of a rise or fall"),
    ],
)
def test_a_trend_is_only_as_sure_as_its_chance(p_rise: float, words: str) -> None:
    assert words in told(p_rise=p_rise)["sure"]


def test_what_cannot_be_told_apart_from_the_list_says_so() -> None:
    assert "told apart" not in told()["sure"]
    beside = told(p_top=0.21, beside_list=True, p_above_cut=0.31)["sure"]
    assert (
        "it cannot be told apart from the first 10 (its score is above that of the last" in beside
    )


def test_uncorrected_cluster_is_worded_weaker() -> None:
    raw = told(strands=frozenset({"cluster_raw"}), cluster="Not significant")
    assert "a weaker sign that does not hold" in raw["sure"]
    alone = told(strands=frozenset(), cluster="High-Low")
    assert "standing alone: a high rate beside low ones" in alone["sure"]


@pytest.mark.parametrize(
    ("changes", "clauses"),
    [
        ({"lisa_agreement": 1.0, "gi_bin": 3.0, "gi_agreement": 1.0}, []),
        ({"lisa_agreement": 0.8}, ["its High-High label came out again from 4 of 5"]),
        ({"lisa_agreement": 0.0}, ["its High-High label came out again from 0 of 5"]),
        (
            {"lisa_agreement": 0.6, "gi_bin": 1.0, "gi_agreement": 0.4},
            [
                "its High-High label came out again from 3 of 5",
                "its hot spot came out again from 2 of 5",
            ],
        ),
        (
            {"lisa_agreement": 1.0, "gi_bin": -2.0, "gi_agreement": 0.2, "events": 1.0},
            ["its cold spot came out again from 1 of 5"],
        ),
        # No label: nothing that another seed could take away is claimed.
        ({"cluster": "Not significant", "lisa_agreement": 0.4, "gi_bin": 0.0}, []),
        ({"cluster": "Not significant", "gi_bin": 0.0, "gi_agreement": 0.4}, []),
        # No further seed was asked.
        (
            {"lisa_agreement": 1.0, "gi_bin": 2.0, "gi_agreement": np.nan},
            ["its hot spot was not drawn again from other random seeds"],
        ),
    ],
)
def test_a_label_that_another_seed_could_change_says_how_many_gave_it(
    changes: dict[str, object], clauses: list[str]
) -> None:
    sure = told(**{"lisa_agreement": 1.0, **changes})["sure"]
    said = [clause for clause in sure.rstrip(".").split("; ") if "random seed" in clause]
    assert [clause.partition(" further")[0] for clause in said] == clauses


@pytest.mark.parametrize(
    ("changes", "firm"),
    [
        ({"lisa_agreement": 1.0}, True),
        ({"lisa_agreement": np.nan}, True),
        ({"lisa_agreement": 0.4}, False),
        ({"lisa_agreement": 0.4, "gi_bin": 2.0, "gi_agreement": 0.4}, False),
        ({"lisa_agreement": 0.4, "gi_bin": 2.0, "gi_agreement": 1.0}, True),
        ({"cluster": "Not significant", "gi_bin": 2.0, "gi_agreement": 0.8}, False),
        # A label that is not of a high cluster says nothing of how firm that is.
        ({"lisa_agreement": 0.4, "gi_bin": -2.0, "gi_agreement": 1.0}, False),
    ],
)
def test_a_cluster_that_other_seeds_do_not_always_find_is_not_called_beyond_chance(
    changes: dict[str, object], *, firm: bool
) -> None:
    sure = told(**changes)["sure"]
    assert ("part of a cluster of high rates that chance does not explain" in sure) == firm
    assert ("part of a cluster of high rates, at the border of what chance" in sure) != firm


def test_missing_figures_are_said() -> None:
    no_rate = told(expected=np.nan, population=np.nan)
    assert "a rate cannot be calculated" in no_rate["why"]
    assert "no population figure" in no_rate["context"]
    unscored = told(not_scored="a deprivation value is missing")
    assert unscored["why"].startswith(
        "No score for High-harm offending: a deprivation value is missing; 48 recorded"
    )
    assert "certainty" not in unscored["sure"]
    silent = told(months_covered=0)
    assert "no month of the period was supplied for this area: no data, not zero" in silent["why"]
    assert told(dropped=("deprivation_without_crime",))["note"] == (
        "Note: deprivation (without its crime part) has no value here, and the other weights "
        "were rescaled."
    )
    unknown = told(map_point_share=np.nan, police_generated_share=np.nan, calendar_months=0)
    assert unknown["context"].endswith("where recorded map points concentrate.")
    assert "season" not in unknown["context"]


def test_a_map_point_of_a_few_events_is_not_worth_a_clause() -> None:
    assert "one map point" not in told(map_point_share=0.09)["context"]


def test_inference_off_gives_no_certainty() -> None:
    off = told(inference_off="12 areas, and at least 30 are needed")["sure"]
    assert off.startswith("How sure: no statement (12 areas, and at least 30 are needed);")
    assert "no range given" in off
    assert "chance 98%" not in off


def test_uplift_is_never_silent() -> None:
    assert "multiplied by 1.2 for under-reporting" in told(uplift=1.2)["note"]


def test_rank_within_wales() -> None:
    assert "Ranks 3 of 223 in Wales for" in told(within="Wales")["why"]


@pytest.mark.parametrize(
    ("p_top", "word"),
    [(0.97, "high"), (0.8, "high"), (0.7, "medium"), (0.5, "low"), (0.3, "medium"), (0.1, "high")],
)
def test_certainty_is_about_the_place_on_or_off_the_list(p_top: float, word: str) -> None:
    assert certainty(p_top) == word
    sure = told(p_top=p_top)["sure"]
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
    text = explain(FACTS).text.lower()
    assert not re.search(r"\b(street|road|address|house|offender|people who live)\b", text)
    assert not re.search(r"\b(posterior|gamma|lisa|moran|percentile|bayes)\b", text)
