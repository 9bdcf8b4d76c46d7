"""The whole model on a lattice: columns, ranks, missing values, edge cases, what may not leak."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import false_discovery_control

import model_case as CASE
from risk_model.scoring import Scored, score_model
from risk_model.whatif import rescore
from spatial.errors import ConfigError, StatisticsError

VIOLENCE = CASE.VIOLENCE
SERIOUS = {VIOLENCE: 1.0, "robbery": 1.0}
MIXED = {"harm_rate": 0.5, "persistence": 0.2, "deprivation_without_crime": 0.3}
# ARCHITECTURE: the columns of a priority.
COLUMNS = [
    "events",
    "harm",
    "rate",
    "eb_rate",
    "rr",
    "rr_lo",
    "rr_hi",
    "p_rr_gt_1",
    "p_rr_gt_1_5",
    "lisa_i",
    "lisa_p",
    "lisa_q",
    "lisa_cluster",
    "gi_z",
    "gi_q",
    "gi_bin",
    "density_share",
    "score",
    "rank",
    "rank_lo",
    "rank_hi",
    "p_top",
    "p_top_crime_only",
    "p_above_cut",
    "beside_list",
    "rank_set_lo",
    "rank_set_hi",
    "rank_in_stratum",
    "tier",
    "flag",
    "strands",
    "reasons",
]


def score(data: Any = None, config: Any = None, **keys: Any) -> Scored:
    shares = keys.pop("density_share", {})
    return score_model(
        data or CASE.case(**keys), config or CASE.one(MIXED), CASE.HARM, density_share=shares
    )


@pytest.fixture(scope="module")
def scored() -> Scored:
    return score(CASE.case(n=56, ring=8), CASE.settings())


def test_every_column_and_only_study_areas(scored: Scored) -> None:
    wanted = ["events", "police_generated_share", "map_point_share", "artefact"]
    for name in ("sv01", "sv04"):
        wanted += [f"{name}_{column}" for column in COLUMNS]
    assert list(scored.areas.columns) == wanted
    assert list(scored.areas.index) == list(CASE.case(n=56, ring=8).study_codes)
    assert scored.areas.index.name == "area_code"
    assert scored.areas["sv01_flag"].dtype == bool
    assert str(scored.areas["sv01_rank"].dtype) == "Int64"


def test_counts_are_those_of_the_set(scored: Scored) -> None:
    data = CASE.case(n=56, ring=8)
    study = data.in_study
    index = {category: data.categories.index(category) for category in data.categories}
    by_category = data.counts[study].sum(axis=1)
    np.testing.assert_array_equal(scored.areas["events"], by_category.sum(axis=1))
    serious = by_category[:, index[VIOLENCE]] + by_category[:, index["robbery"]]
    np.testing.assert_array_equal(scored.areas["sv04_events"], serious)
    harm = sum(
        CASE.HARM.weights[c] * by_category[:, index[c]]
        for c in data.categories
        if c not in ("drugs", "possession_of_weapons")
    )
    np.testing.assert_allclose(scored.areas["sv01_harm"], harm)
    np.testing.assert_allclose(
        scored.areas["sv04_rate"], 1000 * serious / (data.population[study] / 2)
    )


def test_contributions_sum_to_the_score(scored: Scored) -> None:
    rows = scored.contributions
    assert list(rows.columns) == [
        "area_code", "priority", "indicator", "value", "normalised", "weight", "contribution",
    ]  # fmt: skip
    for name in ("sv01", "sv04"):
        total = rows[rows["priority"] == name].groupby("area_code")["contribution"].sum()
        np.testing.assert_allclose(total, scored.areas[f"{name}_score"], rtol=1e-12)
    weights = rows.groupby(["area_code", "priority"])["weight"].sum()
    np.testing.assert_allclose(weights, 1.0)


def test_rank_one_is_the_highest_score(scored: Scored) -> None:
    slow = scored.areas["sv01_score"].round(9).rank(ascending=False, method="min").astype(int)
    np.testing.assert_array_equal(scored.areas["sv01_rank"].to_numpy(dtype=int), slow)
    assert scored.areas["sv01_score"].between(0, 100).all()
    stratum = np.where(np.arange(48) % 2 == 0, "urban", "rural")
    within = (
        scored.areas["sv01_score"].round(9).groupby(stratum).rank(ascending=False, method="min")
    )
    np.testing.assert_array_equal(scored.areas["sv01_rank_in_stratum"].to_numpy(int), within)


def test_below_the_list_stand_those_that_cannot_be_told_apart(scored: Scored) -> None:
    areas = scored.areas
    below = areas["sv01_rank"] > 10
    near = below & (areas["sv01_p_above_cut"] >= 0.05)
    np.testing.assert_array_equal(areas["sv01_beside_list"], near)
    assert 0 < near.sum() < below.sum()


def test_rank_sets_hold_the_rank_of_the_counts(scored: Scored) -> None:
    areas = scored.areas
    ratio = areas["sv01_rate"].rank(ascending=False, method="min")
    assert (areas["sv01_rank_set_lo"] <= ratio).all()
    assert (ratio <= areas["sv01_rank_set_hi"]).all()
    assert areas["sv01_rank_set_hi"].min() < len(areas)


def test_flags_are_strong_or_supported(scored: Scored) -> None:
    flagged = scored.areas["sv01_tier"].isin(["Strong", "Supported"])
    np.testing.assert_array_equal(scored.areas["sv01_flag"], flagged)
    assert scored.areas["sv01_tier"].isin(["Strong", "Supported", "Watch", "Not evidenced"]).all()


def test_every_area_has_three_sentences_in_tables_of_their_own(scored: Scored) -> None:
    told = scored.sentences.groupby(["area_code", "priority"], sort=False)
    assert (told["sentence"].agg(tuple) == ("why", "sure", "context")).all()
    joined = told["text"].agg(" ".join)
    for name in ("sv01", "sv04"):
        for code, text in scored.areas[f"{name}_reasons"].items():
            assert text.startswith("Ranks ")
            assert joined[(code, name)] == text
    figures = scored.figures
    apart = figures[figures["figure"] == "score"].set_index(["area_code", "priority"])["value"]
    assert apart[("E99000000", "sv04")] == scored.areas.loc["E99000000", "sv04_score"]


def test_manifest_values(scored: Scored) -> None:
    assert set(scored.global_moran) == {"imd_score", "sv01", "sv04"}
    for entry in scored.global_moran.values():
        assert {"value", "links", "islands", "ring"} <= set(entry)
        assert entry["links"] == CASE.case(n=56).neighbours.links
        assert entry["ring_areas"] == 8
    assert scored.tested_variable == {
        "sv01": "shrunken harm rate",
        "sv04": "Assuncao-Reis standardised rate",
    }
    assert scored.diagnostics["sv01"]["violence_weight"].keys() == {"of", "halved", "doubled"}
    assert any("harm weight of violence halved" in text for text in scored.warnings)
    assert set(scored.timings) == {"rates", "clusters", "draws", "reasons"}


def test_corrected_over_the_study_areas_alone(scored: Scored) -> None:
    for name in ("sv01", "sv04"):
        p, q = scored.areas[f"{name}_lisa_p"], scored.areas[f"{name}_lisa_q"]
        np.testing.assert_allclose(q, false_discovery_control(p))


def test_equal_runs_are_equal(scored: Scored) -> None:
    again = score(CASE.case(n=56, ring=8), CASE.settings())
    pd.testing.assert_frame_equal(again.areas, scored.areas)
    pd.testing.assert_frame_equal(again.contributions, scored.contributions)
    what_if = rescore(CASE.case(n=56, ring=8), CASE.settings(), CASE.HARM, density_share={})
    pd.testing.assert_frame_equal(what_if.areas, scored.areas)


def test_tests_look_at_offences_and_never_at_deprivation(scored: Scored) -> None:
    data = CASE.case(n=56, ring=8)
    data.indicators["deprivation_without_crime"] = np.arange(56.0)
    other = score(data, CASE.settings()).areas
    for column in ("lisa_i", "lisa_p", "lisa_q", "rr", "p_rr_gt_1_5", "eb_rate"):
        np.testing.assert_array_equal(other[f"sv01_{column}"], scored.areas[f"sv01_{column}"])
    assert (other["sv01_score"] != scored.areas["sv01_score"]).any()


def test_scores_follow_the_study_areas_distribution_alone(scored: Scored) -> None:
    data = CASE.case(n=56, ring=8)
    counts = data.counts.copy()
    counts[~data.in_study] *= 30
    loud = score(CASE.case(n=56, ring=8, counts=counts), CASE.settings()).areas
    np.testing.assert_array_equal(loud["sv01_score"], scored.areas["sv01_score"])
    assert (loud["sv01_lisa_i"] != scored.areas["sv01_lisa_i"]).any()


def test_density_share_is_passed_on_and_is_evidence() -> None:
    codes = CASE.case().area_codes
    share = pd.Series({codes[0]: 0.75, codes[1]: 0.2})
    areas = score(density_share={"sv01": share}).areas
    assert areas["sv01_density_share"].iloc[0] == 0.75
    assert "density" in areas["sv01_strands"].iloc[0]
    assert "density" not in areas["sv01_strands"].iloc[1]
    assert areas["sv01_density_share"].iloc[2:].isna().all()


# Missing values.


def without(column: str, where: int) -> Any:
    data = CASE.case()
    data.indicators.loc[data.area_codes[where], column] = np.nan
    return data


def test_missing_deprivation_drops_the_component_and_says_so() -> None:
    found = score(without("deprivation_without_crime", 4))
    code = found.areas.index[4]
    rows = found.contributions.set_index(["area_code", "indicator"]).loc[code]
    assert rows.loc["deprivation_without_crime", "contribution"] == 0
    assert rows.loc["harm_rate", "weight"] == pytest.approx(5 / 7)
    assert rows["contribution"].sum() == pytest.approx(found.areas.loc[code, "sv01_score"])
    assert "other weights were rescaled" in found.areas.loc[code, "sv01_reasons"]
    assert any("1 area without deprivation_without_crime" in text for text in found.warnings)


def test_missing_deprivation_may_null_the_score() -> None:
    config = CASE.one(MIXED, sections={"missing": {"deprivation": "null"}})
    found = score(without("deprivation_without_crime", 4), config)
    row = found.areas.iloc[4]
    assert np.isnan(row["sv01_score"])
    assert row["sv01_rank"] is pd.NA
    assert np.isnan(row["sv01_p_top"])
    assert row["sv01_tier"] in ("Watch", "Not evidenced")
    assert row["sv01_reasons"].startswith("No score for High-harm offending: a deprivation")
    assert found.areas["sv01_rank"].max() == 47
    assert found.areas["sv01_p_top"].sum() == pytest.approx(5.0)


def test_missing_population_is_a_null_rate_and_a_null_score() -> None:
    population = CASE.case().population.copy()
    population[6] = np.nan
    found = score(population=population)
    row = found.areas.iloc[6]
    for column in ("rate", "eb_rate", "rr", "score", "lisa_p", "lisa_q"):
        assert np.isnan(row[f"sv01_{column}"]), column
    assert row["sv01_events"] > 0
    assert row["sv01_lisa_cluster"] == "Not testable"
    assert "a rate cannot be calculated" in row["sv01_reasons"]
    assert not row["sv01_flag"]
    others = found.areas.drop(found.areas.index[6])
    assert others["sv01_score"].notna().all()


def test_no_population_at_all_scores_nobody_and_says_why() -> None:
    found = score(population=np.full(48, np.nan))
    assert found.areas["sv01_score"].isna().all()
    assert found.areas["sv01_rank"].isna().all()
    assert (found.areas["sv01_tier"] == "Not evidenced").all()
    assert found.global_moran["sv01"]["value"] is None
    assert any("48 areas without a score" in text for text in found.warnings)
    # Without a denominator the same layers can be scored.
    config = CASE.one(MIXED, denominator="none")
    found = score(population=np.full(48, np.nan), config=config)
    assert found.areas["sv01_score"].notna().all()
    assert "a year, average" in found.areas["sv01_reasons"].iloc[0]


def test_no_deprivation_table_drops_it_everywhere() -> None:
    data = CASE.case()
    bare = CASE.case(indicators=data.indicators[["rural"]])
    found = score(bare)
    assert found.areas["sv01_score"].notna().all()
    assert found.global_moran["imd_score"]["value"] is None
    assert any("48 areas without deprivation_without_crime" in t for t in found.warnings)


def test_geometric_model_is_consistent_with_its_draws() -> None:
    found = score(config=CASE.one(MIXED, aggregate="geometric"))
    inside = found.areas["sv01_rank"].between(
        found.areas["sv01_rank_lo"], found.areas["sv01_rank_hi"]
    )
    assert inside.mean() > 0.8
    assert found.areas["sv01_score"].between(1, 100).all()


@pytest.mark.parametrize("normalise", ["rank", "zscore", "minmax", "exponential"])
def test_every_normalisation_is_drawn_as_it_is_published(normalise: str) -> None:
    from risk_model.config.priority import Indicator

    indicators = {
        "event_rate": Indicator(weight=0.6, normalise=normalise),
        "imd_score": Indicator(weight=0.4, normalise=normalise),
    }
    areas = score(config=CASE.one(indicators, SERIOUS)).areas
    inside = areas["sv01_rank"].between(areas["sv01_rank_lo"], areas["sv01_rank_hi"])
    assert inside.mean() > 0.8
    assert areas["sv01_p_top"].iloc[int(areas["sv01_rank"].argmin())] > 0.5


def test_months_without_data_leave_the_denominator() -> None:
    covered = np.ones((48, 6), dtype=bool)
    covered[2, 3:] = False
    counts = CASE.case().counts.copy()
    counts[2, 3:] = 0
    found = score(covered=covered, counts=counts).areas
    data = CASE.case()
    assert found["sv01_rate"].iloc[2] == pytest.approx(
        1000 * found["sv01_events"].iloc[2] / (data.population[2] * 3 / 12)
    )
    assert "of 3 months" in found["sv01_reasons"].iloc[2]


def test_wales_is_ranked_within_wales() -> None:
    codes = [*(f"E9900{k:04d}" for k in range(40)), *(f"W9900{k:04d}" for k in range(8))]
    base = CASE.case()
    indicators = base.indicators.set_axis(codes)
    indicators.loc[codes[40:], "deprivation_without_crime"] = np.nan
    data = CASE.case(
        area_codes=tuple(codes),
        neighbours=CASE.lattice(codes, 8),
        indicators=indicators,
        labels=base.labels.set_axis(codes),
    )
    found = score(data)
    welsh = found.areas.index.str.startswith("W")
    assert sorted(found.areas.loc[welsh, "sv01_rank"]) == list(range(1, 9))
    assert sorted(found.areas.loc[~welsh, "sv01_rank"]) == list(range(1, 41))
    assert found.areas.loc[welsh, "sv01_p_top"].sum() == pytest.approx(5.0)
    assert "in Wales" in found.areas.loc[welsh, "sv01_reasons"].iloc[0]
    assert any("ranked within Wales" in text for text in found.warnings)


# Edge cases with a stated behaviour.


def test_one_area_scores_the_middle_and_claims_nothing() -> None:
    found = score(n=1).areas.iloc[0]
    assert found["sv01_score"] == pytest.approx(50.0)
    assert found["sv01_rank"] == 1
    assert np.isnan(found["sv01_p_top"])
    assert found["sv01_tier"] == "Not evidenced"
    assert "1 areas, and at least 30 are needed" in found["sv01_reasons"]


def test_all_areas_equal_share_rank_one_and_nobody_is_listed() -> None:
    data = CASE.case()
    found = score(
        counts=np.repeat(data.counts[:1], 48, axis=0),
        population=np.full(48, 1500.0),
        indicators=data.indicators * 0 + 1,
    )
    areas = found.areas
    assert (areas["sv01_rank"] == 1).all()
    np.testing.assert_allclose(areas["sv01_score"], 50.0)
    np.testing.assert_array_equal(areas["sv01_rr"], 1.0)
    assert not areas["sv01_flag"].any()
    assert (areas["sv01_lisa_cluster"] == "Not testable").all()
    assert areas["sv01_p_top"].sum() == pytest.approx(5.0)
    # The list is cut somewhere, and nothing below the cut can be told apart from it.
    assert int(areas["sv01_beside_list"].sum()) == 48 - 5
    assert (areas["sv01_rank_set_lo"] == 1).all()
    assert (areas["sv01_rank_set_hi"] == 48).all()
    assert any("no more than chance" in text for text in found.warnings)


def test_one_indicator_only() -> None:
    found = score(config=CASE.one({"imd_score": 3.0}))
    order = CASE.case().indicators["imd_score"].rank(ascending=False)
    np.testing.assert_array_equal(found.areas["sv01_rank"].to_numpy(float), order)
    assert np.isnan(found.areas["sv01_p_top_crime_only"]).all()


def test_weight_zero_changes_no_figure() -> None:
    with_it = score(config=CASE.one({"event_rate": 1.0, "imd_score": 0.0}, SERIOUS))
    without_it = score(config=CASE.one({"event_rate": 1.0}, SERIOUS))
    pd.testing.assert_frame_equal(with_it.areas, without_it.areas)
    zero = with_it.contributions[with_it.contributions["indicator"] == "imd_score"]
    assert (zero["contribution"] == 0).all()


def test_weights_that_sum_to_zero_are_refused() -> None:
    config = CASE.one({"event_rate": 0.0}, SERIOUS)
    with pytest.raises(ConfigError, match="the weights sum to 0"):
        score(config=config)


def test_equal_and_perfectly_correlated_indicators_act_as_one() -> None:
    data = CASE.case()
    data.indicators["income"] = 2 * data.indicators["imd_score"] + 7
    both = score(data, CASE.one({"imd_score": 0.5, "income": 0.5})).areas
    single = score(data, CASE.one({"imd_score": 1.0})).areas
    np.testing.assert_allclose(both["sv01_score"], single["sv01_score"])


def test_direction_lower_is_worse() -> None:
    from risk_model.config.priority import Indicator

    turned = Indicator(weight=1.0, direction="lower_is_worse")
    up = score(config=CASE.one({"imd_score": 1.0})).areas["sv01_rank"].to_numpy(int)
    down = score(config=CASE.one({"imd_score": turned})).areas["sv01_rank"].to_numpy(int)
    np.testing.assert_array_equal(down, 49 - up)


def test_few_events_turn_certainty_off() -> None:
    counts = np.zeros_like(CASE.case().counts)
    k = CASE.case().categories.index("robbery")
    counts[:20, 0, k] = 1
    found = score(CASE.case(counts=counts), CASE.one({"event_rate": 1.0}, {"robbery": 1.0}))
    assert found.areas["sv01_rr"].notna().all()
    for column in ("rr_lo", "p_rr_gt_1_5", "p_top", "lisa_p"):
        assert found.areas[f"sv01_{column}"].isna().all()
    assert any("20 events, and at least 50 are needed" in text for text in found.warnings)


def test_island_has_no_p_value_and_no_cluster() -> None:
    data = CASE.case()
    codes = list(data.area_codes)
    graph = CASE.lattice(codes, 8)
    focal, other = (np.asarray(side) for side in graph.pairs())
    kept = (focal != codes[5]) & (other != codes[5])
    lonely = type(graph).from_pairs(codes, focal[kept], other[kept])
    found = score(CASE.case(neighbours=lonely)).areas.iloc[5]
    assert np.isnan(found["sv01_lisa_p"])
    assert found["sv01_lisa_cluster"] == "No neighbours"
    assert found["sv01_score"] > 0


def test_a_planted_cluster_is_found_and_flagged() -> None:
    data = CASE.case(n=80, seed=3)
    counts = data.counts.copy()
    block = [r * 8 + c for r in (3, 4, 5) for c in (3, 4, 5)]
    k = data.categories.index(VIOLENCE)
    counts[:, :, k] = np.random.default_rng(1).poisson(5.0, counts.shape[:2])
    counts[block, :, k] *= 4
    data = CASE.case(n=80, seed=3, counts=counts, population=np.full(80, 1500.0))
    config = CASE.one({"event_rate": 0.8, "persistence": 0.2}, {VIOLENCE: 1.0}, size=9)
    areas = score(data, config).areas
    assert areas["sv01_lisa_cluster"].iloc[4 * 8 + 4] == "High-High"
    flagged = set(np.flatnonzero(areas["sv01_flag"]))
    assert flagged == set(block)
    assert (areas["sv01_tier"].iloc[block] == "Strong").all()


# What the run has to say.


def test_double_counting_and_drivers_and_uplift_are_said() -> None:
    config = CASE.one(
        {"harm_rate": 1.0, "crime_domain": 1.0},
        sections={
            "police_generated": {"use": "driver"},
            "rurality": {"under_reporting_uplift": {"rural": 1.3}},
        },
    )
    found = score(config=config)
    said = " ".join(found.warnings)
    assert "crime_domain hold police-recorded crime" in said
    assert "Police-generated offences drive the lists" in said
    assert "rural areas are multiplied by 1.3" in said
    assert "multiplied by 1.3" in found.areas["sv01_reasons"].iloc[1]
    assert "multiplied by 1.3" not in found.areas["sv01_reasons"].iloc[0]


def test_uplift_never_touches_counts_rates_or_tests() -> None:
    plain = score().areas
    lifted = score(
        config=CASE.one(MIXED, sections={"rurality": {"under_reporting_uplift": {"rural": 2.0}}})
    ).areas
    for column in ("events", "harm", "rate", "eb_rate", "rr", "lisa_i", "lisa_p"):
        np.testing.assert_array_equal(lifted[f"sv01_{column}"], plain[f"sv01_{column}"])
    assert (lifted["sv01_score"] != plain["sv01_score"]).any()


def test_layers_that_are_not_aligned_are_refused() -> None:
    data = CASE.case()
    with pytest.raises(StatisticsError, match=r"population has shape \(3,\), not \(48,\)"):
        CASE.case(population=np.ones(3))
    with pytest.raises(StatisticsError, match="index of indicators must equal area_codes"):
        CASE.case(indicators=data.indicators.iloc[::-1])
    with pytest.raises(StatisticsError, match="sorted and unique"):
        CASE.case(area_codes=tuple(reversed(data.area_codes)))
    with pytest.raises(StatisticsError, match=r"neighbours\.codes must equal"):
        CASE.case(neighbours=CASE.lattice([f"E9911{k:04d}" for k in range(48)], 8))


def test_rare_events_bring_a_caution_about_low_clusters() -> None:
    """docs/validation.md: under one event an area, low clusters are found too often by chance."""
    data = CASE.case(n=90, months=3)
    rare = score(data, CASE.one(MIXED, {"theft_from_the_person": 1.0}))
    assert 50 <= rare.areas["sv01_events"].sum() < 90
    assert any("under one an area" in warning for warning in rare.warnings)
    common = score(data, CASE.one(MIXED, {"burglary": 1.0}))
    assert common.areas["sv01_events"].sum() > 90
    assert not any("under one an area" in warning for warning in common.warnings)


def test_a_country_has_tables_of_its_first_thousand_and_texts_of_all() -> None:
    found = score(CASE.case(n=1200), CASE.one(MIXED, draws=100))
    assert found.areas["sv01_reasons"].str.startswith("Ranks ").all()
    told = found.sentences["area_code"].unique()
    assert len(told) == 1000
    assert found.areas.loc[told, "sv01_rank"].max() == 1000
