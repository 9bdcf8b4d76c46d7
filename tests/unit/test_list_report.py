"""What a run warns of its lists, on layers made up in the test."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

import model_case as CASE
from risk_model.list_report import list_report
from risk_model.scoring import score_model

MIXED = {"event_rate": 0.6, "deprivation_without_crime": 0.4}


def run(**changes: Any) -> Any:
    """A built run as far as lists look at it."""
    data = CASE.case(**changes)
    config = CASE.one(MIXED, {CASE.VIOLENCE: 1.0}, draws=100)
    areas = score_model(data, config, CASE.HARM, density_share={}).areas
    names = [f"Place {code}" for code in areas.index]
    people = pd.Series(data.population, index=list(data.area_codes))
    return SimpleNamespace(
        areas=areas.assign(area_label=names, place_name=names, population=people, area_km2=1.0),
        risk=config,
        model=data,
        loaded=SimpleNamespace(period=SimpleNamespace(end="2025-06")),
    )


def test_rare_offences_bring_a_warning_that_counts_order_nothing() -> None:
    rare = np.minimum(CASE.case().counts, 1)
    rare[:, 1:] = 0
    warned = list_report(run(counts=rare), [], config_sha256="x").warnings
    assert [text for text in warned if "counts alone cannot order these areas" in text]
    often = list_report(run(counts=CASE.case().counts * 5), [], config_sha256="x").warnings
    assert not [text for text in often if "counts alone" in text]


def test_too_many_areas_to_pair_are_told_how_to_get_rank_sets() -> None:
    large = run(n=1600)
    assert large.areas["sv01_rank_set_lo"].isna().all()
    warned = list_report(large, [], config_sha256="x").warnings
    said = [text for text in warned if "for up to 1,500 areas" in text]
    assert said
    assert all("some local authorities" in text for text in said)  # a force may have more


def test_a_first_report_has_columns_patches_and_no_previous_run() -> None:
    found = list_report(run(), [], config_sha256="x")
    assert list(found.columns) == [
        f"sv01_{name}" for name in ("list", "list_status", "list_since", "list_review", "patch")
    ]
    flagged = run().areas["sv01_flag"].to_numpy()
    np.testing.assert_array_equal(found.columns["sv01_patch"] != "", flagged)
    said = found.summaries["sv01"]
    assert (said["on"], said["previous_run"], said["enter"]) == (5, None, "2 of 3")
    assert found.patches["areas"].sum() == flagged.sum()


def test_of_a_country_the_first_of_each_list_are_told_at_length(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def told(most: int) -> tuple[set[str], pd.DataFrame]:
        monkeypatch.setattr("risk_model.explanations.MOST_EXPLAINED", most)
        data = CASE.case()
        config = CASE.one(MIXED, {CASE.VIOLENCE: 1.0}, draws=100)
        scored = score_model(data, config, CASE.HARM, density_share={})
        return set(scored.sentences["area_code"]), scored.areas

    every, areas = told(len(CASE.case().study_codes))
    assert every == set(areas.index)
    first, areas = told(len(areas) - 1)
    assert first == set(areas.index[areas["sv01_rank"] <= len(areas) - 1])
    assert areas["sv01_reasons"].str.len().min() > 0
