"""The whole model where something is missing, equal, alone or of no weight: what it does is stated."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import model_case as CASE
from model_case import MIXED, SERIOUS, score
from spatial.errors import ConfigError, StatisticsError


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


def test_an_indicator_with_one_value_everywhere_is_named() -> None:
    """Its weight stands in the settings and orders nothing: the run says so."""
    data = CASE.case()
    said = "one value in every area, so that the weight orders nothing"
    assert not any(said in text for text in score(data).warnings)
    same = data.indicators.assign(deprivation_without_crime=21.7)
    warnings = score(CASE.case(indicators=same)).warnings
    assert [text for text in warnings if said in text] == [
        f"sv01: deprivation_without_crime: {said}. Check the column that it comes from."
    ]


def test_no_deprivation_table_drops_it_everywhere() -> None:
    data = CASE.case()
    bare = CASE.case(indicators=data.indicators[["rural"]])
    found = score(bare)
    assert found.areas["sv01_score"].notna().all()
    assert found.global_moran["imd_score"]["value"] is None
    assert any("48 areas without deprivation_without_crime" in t for t in found.warnings)


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


def test_one_area_scores_the_middle_and_claims_nothing() -> None:
    found = score(n=1).areas.iloc[0]
    assert found["sv01_score"] == pytest.approx(50.0)
    assert found["sv01_rank"] == 1
    assert np.isnan(found["sv01_p_top"])
    assert found["sv01_tier"] == "Not evidenced"
    assert "1 area, and at least 30 are needed" in found["sv01_reasons"]


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


def test_few_events_turn_certainty_off() -> None:
    counts = np.zeros_like(CASE.case().counts)
    k = CASE.case().categories.index("robbery")
    counts[:20, 0, k] = 1
    found = score(CASE.case(counts=counts), CASE.one({"event_rate": 1.0}, {"robbery": 1.0}))
    assert found.areas["sv01_rr"].notna().all()
    for column in ("rr_lo", "p_rr_gt_1_5", "p_top", "lisa_p"):
        assert found.areas[f"sv01_{column}"].isna().all()
    out = "20 events, and at least 50 are needed. Take a longer period or more offences."
    assert any(text.endswith(out) for text in found.warnings)


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
