"""What the pages say of a run: findings, filters, the story of an area, the map's classes."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

import web_run as WEB
from dashboards import figures, view, words
from dashboards.area_story import area_story, sureness
from dashboards.state import ViewState
from risk_model.figure_words import certainty


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> view.RunView:
    return view.view_of(WEB.publish(tmp_path_factory.mktemp("runs")))


def changed(run: view.RunView, **columns: object) -> view.RunView:
    return dataclasses.replace(run, areas=run.areas.assign(**columns))


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (0, "No neighbourhood meets the SV01 test"),
        (1, "1 neighbourhood meets the SV01 test, 1 new since March 2025"),
        (2, "2 neighbourhoods meet the SV01 test, 1 new since March 2025"),
        (9, "9 neighbourhoods meet the SV01 test, 2 new since March 2025"),
    ],
)
def test_the_title_says_how_many_are_flagged(run: view.RunView, flags: int, said: str) -> None:
    flag = np.arange(len(run.areas)) < flags
    assert view.finding(changed(run, sv01_flag=flag), "sv01") == said


def test_weights_that_a_run_changed_for_itself_are_not_passed_off_as_the_version(
    run: view.RunView,
) -> None:
    key = "priorities.sv01.indicators.harm_rate.weight"
    changed = dataclasses.replace(run, manifest={**run.manifest, "overrides": {key: "0.5"}})
    told = {fact.label: fact.text for fact in view.facts(changed)}
    assert told["Weights"] == "test weights, 1 setting changed for this run"


def test_facts_always_name_period_offences_weights_and_date(run: view.RunView) -> None:
    told = {fact.label: fact.text for fact in view.facts(run, "sv01")}
    assert told == {
        "Period": "January to June 2025 (5 of 6 months have data)",
        "Offences": "2 offence types, weighted by harm",
        "Weights": "test weights",
        "Run": "1 January 2026",
    }
    assert view.facts(run, "sv04")[1].text == "Robbery and public order"


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("harbour", 8),
        ("HARB b", 1),
        ("dale hill", 8),
        ("x01000007", 1),
        ("ward 3", 9),
        ("arbour", 0),  # the middle of a word is not its beginning
        ("Old Town C, Ward 3", 1),
        (".*", 0),  # never a pattern
        ("", 48),
    ],
)
def test_search_matches_beginnings_of_words(run: view.RunView, query: str, found: int) -> None:
    if query == "Old Town C, Ward 3":
        code = run.areas.index[run.areas["area_label"].str.startswith("Old Town C")][0]
        query = str(run.areas.loc[code, "area_label"])
    assert int(view.matching(run, stratum="", query=query).sum()) == found


def test_urban_and_rural_part_the_areas(run: view.RunView) -> None:
    rural = view.matching(run, stratum="rural", query="")
    urban = view.matching(run, stratum="urban", query="")
    assert rural.sum() == 16
    assert (rural ^ urban).all()


@pytest.mark.parametrize(
    ("published", "stratum"),
    [
        ("Urban", "urban"),
        ("Rural", "rural"),
        ("Larger rural: Further from a major town or city", "rural"),
        ("Urban: Nearer to a major town or city", "urban"),
        ("RLN1", "rural"),
        ("UF1", "urban"),
        ("D1", "rural"),
        ("A1", "urban"),
        (None, ""),
    ],
)
def test_strata_come_from_any_published_class(
    run: view.RunView, published: str | None, stratum: str
) -> None:
    assert set(view.strata(changed(run, rural_urban=published))) == {stratum}


def test_the_story_of_an_area(run: view.RunView) -> None:
    story = area_story(run, "sv01", "X01000001")
    assert story is not None
    assert story.flagged
    assert story.rank == "Rank 2 of 48"
    assert story.tier_sentence == "Several kinds of evidence agree here."
    assert "X01000001" in story.where
    assert [reason.text[:18] for reason in story.reasons] == [
        "Harbour B, Ward 1 ",
        "Harm per resident ",
        "Its likely rank is",
    ]
    told = {fact.label: fact.text for fact in story.figures}
    assert told["Offences recorded"] == "89"
    assert told["Rank among urban areas"] == "1 of 32"
    assert told["Beside its neighbours"] == (
        "High, beside high neighbours (5 of 5 further random seeds agree)"
    )
    assert all(fact.help for fact in story.figures)


@pytest.mark.parametrize(
    ("area", "said"),
    [
        (0, "Hot spot, 99% confidence (5 of 5 further random seeds agree)"),
        (1, "Hot spot, 95% confidence (5 of 5 further random seeds agree)"),
        (2, "Hot spot, 90% confidence (5 of 5 further random seeds agree)"),
        (3, "Neither"),
        (4, "Cold spot, 90% confidence (4 of 5 further random seeds agree)"),
        (5, "Cold spot, 95% confidence (5 of 5 further random seeds agree)"),
        (6, "Cold spot, 99% confidence (5 of 5 further random seeds agree)"),
        (47, "Not tested"),
    ],
)
def test_the_story_says_hot_and_cold_spots_in_words(
    run: view.RunView, area: int, said: str
) -> None:
    story = area_story(run, "sv01", str(run.areas.index[area]))
    assert story is not None
    spot = next(fact for fact in story.figures if fact.label == "Hot or cold spot (Gi*)")
    assert spot.text == said
    assert "3, 2, 1 a hot spot at 99, 95, 90 % confidence" in spot.help


def test_the_story_says_how_many_further_seeds_give_the_label(run: view.RunView) -> None:
    def told(of: view.RunView, area: int) -> dict[str, str]:
        story = area_story(of, "sv01", str(of.areas.index[area]))
        assert story is not None
        return {fact.label: fact.text for fact in story.figures}

    high = "High, beside high neighbours"
    assert told(run, 0)["Beside its neighbours"] == f"{high} (5 of 5 further random seeds agree)"
    assert told(run, 5)["Beside its neighbours"] == f"{high} (3 of 5 further random seeds agree)"
    assert told(run, 6)["Beside its neighbours"] == "No pattern beyond chance"
    esda = changed(run, sv01_gi_agreement=np.nan)
    assert told(esda, 0)["Hot or cold spot (Gi*)"] == (
        "Hot spot, 99% confidence (not drawn again from other random seeds)"
    )
    assert told(esda, 3)["Hot or cold spot (Gi*)"] == "Neither"
    lacks = ["sv01_lisa_agreement", "sv01_gi_agreement"]
    older = dataclasses.replace(run, areas=run.areas.drop(columns=lacks))
    assert not any("seed" in text for at in (0, 4, 5) for text in told(older, at).values())


def test_a_run_without_gi_star_says_nothing_of_it(run: view.RunView) -> None:
    older = dataclasses.replace(run, areas=run.areas.drop(columns="sv01_gi_bin"))
    story = area_story(older, "sv01", "X01000000")
    assert story is not None
    assert not any("Gi*" in fact.label for fact in story.figures)


def test_drivers_sum_to_the_score_and_share_to_one(run: view.RunView) -> None:
    for code in run.areas.index:
        story = area_story(run, "sv04", str(code))
        assert story is not None
        total = sum(driver.points for driver in story.drivers)
        assert total == pytest.approx(run.areas.loc[code, "sv04_score"])
        assert sum(driver.share for driver in story.drivers) == pytest.approx(1)
        points = [driver.points for driver in story.drivers]
        assert points == sorted(points, reverse=True)
        assert max(bar.length for bar in figures.bars(story)) <= 1


def test_reasons_are_parted_by_their_labels_and_sureness_is_said_once(run: view.RunView) -> None:
    text = (
        "Ranks 5 of 48 for harm. How sure: high certainty (chance 97%); its rank lies between "
        "3 and 6. Evidence: 137 recorded. Context: 5 of 32."
    )
    story = area_story(changed(run, sv01_reasons=text), "sv01", "X01000000")
    assert story is not None
    assert [(reason.label, reason.text) for reason in story.reasons] == [
        ("", "Ranks 5 of 48 for harm."),
        ("Evidence", "137 recorded."),
        ("Context", "5 of 32."),
    ]


def test_what_a_run_says_of_sureness_beyond_chance_and_rank_follows_them(
    run: view.RunView,
) -> None:
    text = (
        "Ranks 12 of 48 for harm. How sure: high certainty (chance 3%); its rank lies between "
        "3 and 6; it cannot be told apart from the list; probably a rise (chance 85%: 9 in the "
        "last 3 months, 4.2 to be expected from those before). Context: 5 of 32."
    )
    story = area_story(changed(run, sv01_reasons=text), "sv01", "X01000011")
    assert story is not None
    assert story.sureness.sentences[2:] == (
        "It cannot be told apart from the list.",
        (
            "Probably a rise (chance 85%: 9 in the last 3 months, 4.2 to be expected from those "
            "before)."
        ),
    )
    told = {fact.label: fact.text for fact in story.figures}
    assert told["Rank by counts alone"] == "3 to 32 of 48"
    assert told["On the list"] == "Dropped"


def test_harm_is_a_figure_where_offences_weigh_differently_alone(run: view.RunView) -> None:
    def labels(**weights: float) -> list[str]:
        priorities = {key: {**entry, "offences": weights} for key, entry in entries.items()}
        manifest = {**run.manifest, "priorities": priorities}
        one = dataclasses.replace(run, manifest=manifest)
        story = area_story(one, "sv01", "X01000000")
        assert story is not None
        return [fact.label for fact in story.figures]

    entries = run.manifest["priorities"]
    assert "Harm, weighted" in labels(robbery=993.55, burglary=305.0)
    assert "Harm, weighted" not in labels(robbery=1.0, burglary=1.0)


def test_the_place_on_the_list_and_the_patch_are_figures(run: view.RunView) -> None:
    story = area_story(run, "sv01", "X01000000")
    assert story is not None
    told = {fact.label: fact.text for fact in story.figures}
    assert told["On the list"] == "New, since June 2025; review December 2025"
    assert told["Patch of flagged areas"].endswith("(6 areas)")


def test_an_area_without_residents_has_a_story_without_rates(run: view.RunView) -> None:
    story = area_story(run, "sv01", str(run.areas.index[-1]))
    assert story is not None
    told = {fact.label: fact.text for fact in story.figures}
    assert told["Rate per 1,000 residents a year"] == words.NO_FIGURE
    assert told["Against expected"] == words.NO_FIGURE


@pytest.mark.parametrize("code", ["E01000001", "", "../x"])
def test_there_is_no_story_of_an_unknown_area(run: view.RunView, code: str) -> None:
    assert area_story(run, "sv01", code) is None


@pytest.mark.parametrize("p_top", [0.0, 0.1, 0.3, 0.5, 0.66, 0.79, 0.8, 1.0])
def test_sureness_is_the_risk_models_own_word(p_top: float) -> None:
    said = sureness(p_top, p_top, 2, 9, size=10)
    assert said.level == certainty(p_top).capitalize()
    assert "between 2 and 9" in said.sentences[1]


def test_nothing_redrawn_is_said_as_such() -> None:
    said = sureness(np.nan, np.nan, np.nan, np.nan, size=10, otherwise="Too few areas.")
    assert (said.level, said.sentences) == ("No statement", ("Too few areas.",))


@pytest.mark.parametrize("priority", ["sv01", "sv04"])
def test_every_layer_puts_every_area_in_one_class(run: view.RunView, priority: str) -> None:
    offered = figures.available_layers(run, priority)
    assert {layer.id for layer in offered} == {layer.id for layer in figures.LAYERS}
    for layer in offered:
        result = figures.classed(run, priority, layer)
        assert list(result.codes.index) == list(run.areas.index)
        assert sum(entry.areas for entry in result.legend) + result.missing == len(run.areas)
        assert result.codes.between(-1, len(result.legend) - 1).all()
        assert result.text.map(bool).all()


def test_panel_and_legend_say_nothing_of_the_side_that_was_not_tested(run: view.RunView) -> None:
    config = run.manifest["config"]
    tested = {**config, "statistics": {**config.get("statistics", {}), "alternative": "less"}}
    labels = ["Not significant", *["High-Low"] * (len(run.areas) - 1)]
    one = dataclasses.replace(
        changed(run, sv01_lisa_cluster=labels, sv01_gi_bin=0.0),
        manifest={**run.manifest, "config": tested},
    )
    story = area_story(one, "sv01", one.areas.index[0])
    assert story is not None
    told = {fact.label: fact.text for fact in story.figures}
    assert told["Beside its neighbours"] == "Not unlike its neighbours beyond chance"
    assert told["Hot or cold spot (Gi*)"] == "No cold spot"
    layer = next(layer for layer in figures.LAYERS if layer.id == "cluster")
    legend = {entry.text for entry in figures.classed(one, "sv01", layer).legend}
    assert "Not unlike its neighbours beyond chance" in legend
    assert "No pattern beyond chance" not in legend


def test_a_layer_that_the_run_does_not_have_is_not_offered(run: view.RunView) -> None:
    poorer = dataclasses.replace(
        run,
        areas=run.areas.drop(columns="sv01_lisa_cluster"),
        contributions=run.contributions[
            run.contributions["indicator"] != "deprivation_without_crime"
        ],
    )
    offered = {layer.id for layer in figures.available_layers(poorer, "sv01")}
    assert {"cluster", "deprivation"}.isdisjoint(offered)
    assert figures.chosen_layer(poorer, "sv01", "cluster").id == "score"


def test_a_score_on_a_break_belongs_to_the_class_above(run: view.RunView) -> None:
    scores = np.full(len(run.areas), 10.0)
    scores[:5] = [19.999, 20, 79.999, 80, np.nan]
    result = figures.classed(changed(run, sv01_score=scores), "sv01", figures.LAYERS[0])
    assert result.codes.to_list()[:5] == [0, 1, 3, 4, -1]
    assert result.missing == 1
    assert [entry.text for entry in result.legend] == [
        "under 20",
        "20 to under 40",
        "40 to under 60",
        "60 to under 80",
        "80 or more",
    ]


def test_rates_are_classed_against_the_average_of_all_residents(run: view.RunView) -> None:
    rate = np.full(len(run.areas), 10.0)
    people = np.full(len(run.areas), 1000.0)
    rate[:4] = [2, 30, 12, 5.2]
    layer = next(layer for layer in figures.LAYERS if layer.id == "rate")
    result = figures.classed(changed(run, sv01_rate=rate, population=people), "sv01", layer)
    mean = rate.mean()
    expected = np.searchsorted([0.5 * mean, mean, 1.5 * mean, 2 * mean], rate, side="right")
    assert result.codes.to_list() == list(expected)
    assert f"{mean:.1f}" in result.note


def test_ranks_within_a_stratum_are_darkest_first(run: view.RunView) -> None:
    layer = next(layer for layer in figures.LAYERS if layer.id == "stratum_rank")
    ranks = np.full(len(run.areas), 60.0)
    ranks[:6] = [1, 5, 6, 10, 50, 51]
    result = figures.classed(changed(run, sv01_rank_in_stratum=ranks), "sv01", layer)
    assert result.codes.to_list()[:6] == [0, 0, 1, 1, 3, 4]
    assert result.legend[0].colour == "#12436D"


@pytest.mark.parametrize(
    ("correction", "said"),
    [
        ("benjamini-hochberg", "of the rate, corrected for many tests."),
        ("none", "of the rate, not corrected for many tests."),
        (None, "of the rate. One strand"),
    ],
)
def test_clusters_are_called_corrected_only_where_they_are(
    run: view.RunView, correction: str | None, said: str
) -> None:
    config = {**run.manifest["config"], "statistics": {"correction": correction}}
    made = dataclasses.replace(run, manifest={**run.manifest, "config": config})
    layer = next(layer for layer in figures.LAYERS if layer.id == "cluster")
    assert said in figures.classed(made, "sv01", layer).note


def test_an_area_that_was_not_tested_is_missing_from_the_clusters(run: view.RunView) -> None:
    layer = next(layer for layer in figures.LAYERS if layer.id == "cluster")
    result = figures.classed(run, "sv01", layer)
    assert result.missing == 1
    assert result.text.iloc[-1] == "Not tested: no neighbouring area"


def test_map_values_carry_no_shape_and_fade_what_is_filtered(run: view.RunView) -> None:
    values = figures.map_values(run, "sv01", ViewState(stratum="rural", query="harbour"))
    assert set(values["classes"]) == set(run.areas.index)
    shown = set(run.areas.index) - set(values["faded"])
    assert shown == {"X01000000", "X01000003", "X01000006"}
    assert values["flagged"] == [f"X0100000{n}" for n in range(6)]
    assert values["ranks"]["X01000000"] == 1


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (words.period_words("2025-01", "2025-06"), "January to June 2025"),
        (words.period_words("2024-11", "2025-02"), "November 2024 to February 2025"),
        (words.period_words("2025-03", "2025-03"), "March 2025"),
        (words.date_words("2026-11-22T16:14:06Z"), "22 November 2026"),
        (words.joined(["a", "b", "c"]), "a, b and c"),
        (words.joined([]), ""),
        (words.number(float("nan")), "not calculable"),
        (words.number(1234.56, 1), "1,234.6"),
        (words.percent(0.004), "under 1%"),
        (words.percent(0.996), "over 99%"),
        (words.percent(0.5), "50%"),
        (words.plural(1, "area"), "1 area"),
        (words.plural(1200, "area"), "1,200 areas"),
        (words.category_words("anti_social_behaviour"), "anti-social behaviour"),
    ],
)
def test_words(said: str, expected: str) -> None:
    assert said == expected


def test_values_of_a_layer_follow_the_areas_not_the_file(run: view.RunView) -> None:
    shuffled = dataclasses.replace(
        run, contributions=run.contributions.sample(frac=1, random_state=1)
    )
    layer = next(layer for layer in figures.LAYERS if layer.id == "deprivation")
    pd.testing.assert_series_equal(
        figures.classed(run, "sv01", layer).codes, figures.classed(shuffled, "sv01", layer).codes
    )


def test_a_number_that_rounds_to_nought_bears_no_sign() -> None:
    assert (words.number(-0.04, 1), words.number(-0.0), words.number(-0.06, 1)) == (
        "0.0",
        "0",
        "-0.1",
    )
