"""The side that cluster tests look at: from the settings to figures, words and warnings."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from dashboards.exports.run_files import extra_writers
from dashboards.method_words import side_tested, sides_said
from risk_model import api
from risk_model.config.harm import HarmWeights
from risk_model.config.risk import RiskConfig
from risk_model.model_store import KeptModel, read_model
from risk_model.run_store import PublishedRun
from risk_model.scoring import Scored
from risk_model.whatif import density_shares, rescore

KEYS = ("sv01", "sv04")


@pytest.fixture(scope="module")
def run(
    demonstration_request: api.Request, tmp_path_factory: pytest.TempPathFactory
) -> PublishedRun:
    """The demonstration county, tested for unlike neighbours and cold spots alone."""
    request = replace(
        demonstration_request,
        overrides={"statistics.alternative": "less", "uncertainty.draws": "200"},
    )
    return api.run(request, runs=tmp_path_factory.mktemp("side"), writers=extra_writers)


@pytest.fixture(scope="module")
def kept(run: PublishedRun) -> KeptModel:
    return read_model(run)


def again(run: PublishedRun, kept: KeptModel, **statistics: Any) -> Scored:
    """What the run's layers make of its settings, some of them changed."""
    config = RiskConfig.model_validate_json(json.dumps(run.manifest["config"]))
    changed = config.statistics.model_copy(update=statistics)
    config = config.model_copy(update={"statistics": changed})
    harm = HarmWeights(dict(run.manifest["harm_weights"]), ())
    published = pd.DataFrame(run.areas().drop(columns="geometry"))
    shares = density_shares(kept, published, run.manifest, config, harm)
    return rescore(kept.data, config, harm, density_share=shares)


def test_the_run_and_the_what_if_agree_and_the_sides_are_one_test(
    run: PublishedRun, kept: KeptModel
) -> None:
    """Law: a two-sided p is twice the smaller of the two one-sided ones, at most 1."""
    published = run.areas()
    sides = {
        side: again(run, kept, alternative=side).areas for side in ("two-sided", "greater", "less")
    }
    for key in KEYS:
        p = {side: areas[f"{key}_lisa_p"] for side, areas in sides.items()}
        pd.testing.assert_series_equal(p["less"], published[f"{key}_lisa_p"], rtol=1e-9)
        smaller = np.minimum(p["greater"], p["less"])
        np.testing.assert_allclose(p["two-sided"], np.minimum(1.0, 2 * smaller), rtol=1e-12)
        assert (p["two-sided"] != p["less"]).any()
        words = {side: set(areas[f"{key}_lisa_cluster"]) for side, areas in sides.items()}
        assert not words["less"] & {"High-High", "Low-Low"}
        assert not words["greater"] & {"High-Low", "Low-High"}
        assert "High-High" in words["greater"], "the county's block of high rates is found"
        bins = {side: areas[f"{key}_gi_bin"].dropna() for side, areas in sides.items()}
        assert (bins["less"] <= 0).all()
        assert (bins["greater"] >= 0).all()
        assert (bins["greater"] > 0).any()
        assert (bins["two-sided"] > 0).sum() <= (bins["greater"] > 0).sum()
        # What is not a test is as it was.
        for name in ("score", "rank", "rr", "gi_z", "lisa_i", "p_top"):
            column = f"{key}_{name}"
            pd.testing.assert_series_equal(sides["less"][column], sides["two-sided"][column])


def test_less_leaves_the_cluster_strands_empty_and_the_run_warns(
    run: PublishedRun, kept: KeptModel
) -> None:
    areas = run.areas()
    for key in KEYS:
        assert not areas[f"{key}_strands"].fillna("").str.contains("cluster").any()
    both = again(run, kept, alternative="two-sided")
    assert any(both.areas[f"{key}_strands"].str.contains("cluster").any() for key in KEYS)
    said = [words for words in run.manifest["warnings"] if "statistics.alternative: less" in words]
    assert len(said) == 1
    assert "no area can be High-High or a hot spot" in said[0]
    assert not any("statistics.alternative" in words for words in both.warnings)


def test_words_of_the_run_say_the_side(run: PublishedRun) -> None:
    assert run.manifest["config"]["statistics"]["alternative"] == "less"
    assert side_tested(run.manifest) == "less"
    readme = " ".join(run.path("README.txt").read_text(encoding="utf-8").split())
    assert f"Tests for clusters. {sides_said(run.manifest)}" in readme
    assert "one-sided (less)" in readme
    beside = pd.read_csv(run.path("bivariate.csv")).set_index("priority")
    assert beside[["high_high", "low_low", "high_high_raw", "low_low_raw"]].isna().all(axis=None)
    assert beside[["high_low", "low_high_raw"]].notna().all(axis=None)
    assert (
        beside["note"] == "One side was tested (less): surroundings unlike the area alone."
    ).all()
