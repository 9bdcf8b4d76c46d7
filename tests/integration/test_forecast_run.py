"""The forecast of published runs: the demonstration county, and real months that came after."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dashboards.exports.columns import TABLES
from risk_model import api
from risk_model.config.harm import load_harm_weights
from risk_model.config.risk import RiskConfig, load_risk
from risk_model.forecast import OUTCOMES, fit_forecast
from risk_model.model_data import ModelData
from risk_model.model_store import read_model
from risk_model.run_store import PublishedRun


def test_a_run_publishes_expected_events_with_their_drivers(
    demonstration_run: PublishedRun,
) -> None:
    areas = pd.read_csv(demonstration_run.path("areas.csv"))
    for outcome in OUTCOMES:
        mean, lo, hi = (areas[f"expected_{outcome}{end}"] for end in ("", "_lo", "_hi"))
        assert mean.notna().all()
        assert (lo <= mean).all()
        assert (lo <= hi).all()
    drivers = pd.read_csv(demonstration_run.path("forecast.csv"))
    assert list(drivers.columns) == list(TABLES["forecast"])
    assert set(drivers["outcome"]) == set(OUTCOMES)
    said = demonstration_run.manifest["forecast"]
    assert said["horizon_months"] == 6
    assert said["seasonal"] is False
    assert (said["months"][0], said["months"][-1]) == ("2025-01", "2025-12")
    words = [text for text in demonstration_run.manifest["warnings"] if "seasonal factors" in text]
    assert words == said["warnings"][:1]


def test_the_level_of_the_demonstration_is_that_of_its_covered_months(
    demonstration_run: PublishedRun,
) -> None:
    """One month of twelve is missing: it is no data, so six months are 6/11 of the rest."""
    data = read_model(demonstration_run).data
    violence = data.counts[:, :, data.categories.index("violence_and_sexual_offences")]
    areas = demonstration_run.areas()
    counted = violence[data.in_study].sum()
    assert areas["expected_violence"].sum() == pytest.approx(counted * 6 / 11, rel=0.03)


def test_the_planted_cluster_is_expected_to_go_on(
    demonstration_run: PublishedRun, repository: Path
) -> None:
    planted = json.loads((repository / "data" / "planted-truths.json").read_text())["cluster"]
    ranks = demonstration_run.areas()["expected_harm"].rank(ascending=False)
    assert ranks.loc[planted].max() <= 0.25 * len(ranks)


def test_what_if_with_an_expected_indicator_is_what_a_run_would_publish(
    demonstration_run: PublishedRun, repository: Path
) -> None:
    """The layers that a run kept give the same forecast again."""
    config = load_risk(repository / "config" / "risk.yaml")
    harm = load_harm_weights(repository / "config" / config.harm_weights)
    kept = read_model(demonstration_run).data
    again = fit_forecast(kept, config, harm, seed=config.uncertainty.seed)
    published = demonstration_run.areas().loc[list(kept.study_codes)]
    for outcome in OUTCOMES:
        expected = again.expected[outcome][kept.in_study]
        assert published[f"expected_{outcome}"].to_numpy() == pytest.approx(expected, rel=1e-6)


@pytest.fixture(scope="module")
def dorset(dorset_request: api.Request) -> tuple[ModelData, RiskConfig, api.Request]:
    from risk_model.pipeline import build_model

    request = replace(dorset_request, area="E06000058,E06000059")
    settings = api.load_settings(request)
    return build_model(api.load_inputs(settings)), settings.risk, request


@pytest.mark.real_data
def test_intervals_hold_the_months_that_came_in_the_force_area(
    dorset: tuple[ModelData, RiskConfig, api.Request],
) -> None:
    """463 areas of Dorset and Bournemouth, Christchurch and Poole, by 1 to 5 months of six.

    Held of violence .92 .90 .94 .95 .97, robbery .98 .96 .96 .97 .98, harm .92 .88 .92 .93 .95: fewer
    where the level rose from winter to spring, which moves every area together.
    """
    data, config, request = dorset
    harm = load_harm_weights(request.config.parent / config.harm_weights)
    at = data.categories.index
    weights = np.array(
        [
            0.0 if name in config.police_generated.categories else harm.weights[name]
            for name in data.categories
        ]
    )
    held: dict[str, list[float]] = {"violence": [], "robbery": [], "harm": []}
    alike: dict[str, list[float]] = {"violence": [], "robbery": [], "harm": []}
    for months in range(1, 6):
        found = fit_forecast(
            data, config, harm, seed=1, months_used=data.months[:months], horizon_months=6 - months
        )
        came = data.counts[data.in_study, months:].sum(axis=1)
        outcomes = {
            "violence": came[:, at("violence_and_sexual_offences")],
            "robbery": came[:, at("robbery")],
            "harm": came @ weights,
        }
        for outcome, events in outcomes.items():
            mean, lo, hi = (
                part[outcome][data.in_study] for part in (found.expected, found.lo, found.hi)
            )
            held[outcome].append(float(((lo <= events) & (events <= hi)).mean()))
            alike[outcome].append(float(np.corrcoef(mean, events)[0, 1]))
    assert data.in_study.sum() == 463
    assert 0.93 <= np.mean(held["violence"]) <= 0.98
    assert 0.93 <= np.mean(held["robbery"]) <= 1.0
    assert 0.90 <= np.mean(held["harm"]) <= 0.98
    assert min(min(shares) for shares in held.values()) >= 0.88
    assert min(alike["violence"] + alike["harm"]) > 0.8
    assert min(alike["robbery"]) > 0.3


@pytest.mark.real_data
def test_one_county_in_one_month_is_within_reason(
    dorset: tuple[ModelData, RiskConfig, api.Request],
) -> None:
    """463 areas and one month: robberies spread over the busy areas, none certain anywhere."""
    data, config, request = dorset
    harm = load_harm_weights(request.config.parent / config.harm_weights)
    found = fit_forecast(data, config, harm, seed=1, months_used=data.months[:1])
    robberies = found.expected["robbery"][data.in_study]
    assert (robberies > 0).all()
    counted = data.counts[:, 0, data.categories.index("robbery")]
    assert found.expected["robbery"][data.covered[:, 0]].sum() == pytest.approx(
        6 * counted.sum(), rel=0.1
    )
    assert robberies.max() < 6 * counted[data.in_study].max() + 6
