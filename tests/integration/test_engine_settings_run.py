"""Settings of the engine away from their defaults, through a run and back from what it kept."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from dashboards.method_words import density_said, neighbours_said, seeds_said, smoothing_said
from risk_model import api
from risk_model.config.harm import HarmWeights
from risk_model.config.risk import RiskConfig
from risk_model.model_store import KeptModel, read_model
from risk_model.run_store import PublishedRun
from risk_model.whatif import density_shares, rescore
from spatial.errors import ConfigError

OVERRIDES = {
    "statistics.neighbours": "distance",
    "statistics.distance_m": "3000",
    "statistics.distance_weights": "inverse",
    "statistics.permutations": "9999",
    "statistics.smoothing": "local_marshall",
    "rurality.shrink_to": "stratum",
    "density.bandwidth": "adaptive",
    "uncertainty.draws": "200",
}


@pytest.fixture(scope="module")
def run(
    demonstration_request: api.Request, tmp_path_factory: pytest.TempPathFactory
) -> PublishedRun:
    request = replace(demonstration_request, overrides=OVERRIDES)
    return api.run(request, runs=tmp_path_factory.mktemp("engine-settings"))


@pytest.fixture(scope="module")
def kept(run: PublishedRun) -> KeptModel:
    return read_model(run)


def test_manifest_and_words_say_what_was_chosen(run: PublishedRun) -> None:
    manifest = run.manifest
    moran = manifest["statistics"]["global_moran"]
    for name in ("imd_score", "sv01", "sv04"):
        assert moran[name]["neighbours"] == "distance"
        assert moran[name]["weights"] == "inverse distance"
    assert "within 3,000 m; for Moran's I a nearer one counts more" in neighbours_said(manifest)
    assert "each area and its neighbours within areas of their own kind" in smoothing_said(manifest)
    for key in ("sv01", "sv04"):
        drawn = manifest["priorities"][key]["density"]["bandwidth"]
        assert (drawn["method"], drawn["lowest_m"], drawn["highest_m"]) == ("adaptive", 500, 2000)
        assert density_said(manifest, key).startswith("The bandwidth follows the events, from 500")
        fits = manifest["statistics"]["diagnostics"][key]["gamma_poisson"]
        assert len(fits) == 2, "urban and rural areas are shrunk towards their own mean"


def test_neighbours_of_the_run_are_the_pairs_within_the_distance(
    run: PublishedRun, kept: KeptModel
) -> None:
    graph = kept.data.neighbours
    assert graph.kind == "distance"
    middle = run.areas().geometry.centroid.loc[list(graph.codes)]
    x, y = middle.x.to_numpy(), middle.y.to_numpy()
    apart = np.hypot(x[:, None] - x, y[:, None] - y)
    near = (apart <= 3000) & ~np.eye(len(x), dtype=bool)
    assert graph.links == near.sum()
    assert near[graph.rows, graph.indices].all()
    np.testing.assert_allclose(kept.data.centres, np.column_stack([x, y]), rtol=1e-12)
    alone = len(graph.islands)
    said = [words for words in run.manifest["warnings"] if "have no other within 3,000 m" in words]
    assert len(said) == 1
    assert said[0].startswith(f"neighbours: {alone} area")
    assert said[0].endswith("; a wider `statistics.distance_m` reaches them")
    areas = run.areas()
    assert (areas.loc[list(graph.islands), "sv04_lisa_cluster"] == "No neighbours").all()


def test_scoring_what_was_kept_gives_the_run_again(run: PublishedRun, kept: KeptModel) -> None:
    config = RiskConfig.model_validate_json(json.dumps(run.manifest["config"]))
    harm = HarmWeights(dict(run.manifest["harm_weights"]), ())
    published = pd.DataFrame(run.areas().drop(columns="geometry"))
    shares = density_shares(kept, published, run.manifest, config, harm)
    again = rescore(kept.data, config, harm, density_share=shares).areas
    common = [name for name in published.columns if name in again.columns]
    pd.testing.assert_frame_equal(again[common], published[common], check_dtype=False, rtol=1e-9)


def test_weights_that_differ_have_their_agreement_over_seeds(run: PublishedRun) -> None:
    found = run.manifest["statistics"]["diagnostics"]
    labelled = [key for key in ("sv01", "sv04") if found[key]["clusters_labelled"]]
    assert labelled
    for key in labelled:
        assert 0.0 <= found[key]["seeds_agree_at_least"] <= 1.0
    assert "a cluster label, and it was not drawn again" not in seeds_said(run.manifest)


def test_weights_that_differ_are_tested_on_the_side_that_is_asked(
    run: PublishedRun, kept: KeptModel
) -> None:
    config = RiskConfig.model_validate_json(json.dumps(run.manifest["config"]))
    harm = HarmWeights(dict(run.manifest["harm_weights"]), ())
    published = pd.DataFrame(run.areas().drop(columns="geometry"))
    shares = density_shares(kept, published, run.manifest, config, harm)
    p = {"two-sided": published["sv04_lisa_p"]}
    for side, others in (("greater", {"High-Low", "Low-High"}), ("less", {"High-High", "Low-Low"})):
        statistics = config.statistics.model_copy(update={"alternative": side})
        asked = config.model_copy(update={"statistics": statistics})
        areas = rescore(kept.data, asked, harm, density_share=shares).areas
        p[side] = areas["sv04_lisa_p"]
        assert not set(areas["sv04_lisa_cluster"]) & others
    both = np.minimum(1.0, 2 * np.minimum(p["greater"], p["less"]))
    np.testing.assert_allclose(p["two-sided"], both, rtol=1e-8)


def test_a_run_from_before_a_density_setting_keeps_its_published_shares(
    run: PublishedRun, kept: KeptModel
) -> None:
    config = RiskConfig.model_validate_json(json.dumps(run.manifest["config"]))
    plain = config.model_copy(
        update={"density": config.density.model_copy(update={"bandwidth": "fixed"})}
    )
    harm = HarmWeights(dict(run.manifest["harm_weights"]), ())
    published = pd.DataFrame(run.areas().drop(columns="geometry"))
    older = json.loads(json.dumps(run.manifest))
    del older["config"]["density"]["bandwidth"]
    shares = density_shares(kept, published, older, plain, harm)
    assert shares["sv04"] is not None
    pd.testing.assert_series_equal(shares["sv04"], published["sv04_density_share"])
    redrawn = density_shares(kept, published, run.manifest, plain, harm)
    assert not redrawn["sv04"].equals(published["sv04_density_share"])


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        (
            {"statistics.distance_weights": "inverse"},
            "statistics.distance_weights: inverse needs neighbours: distance; it is queen",
        ),
        (
            {
                "statistics.neighbours": "distance",
                "statistics.distance_weights": "inverse",
                "statistics.engine": "esda",
            },
            "statistics.engine: esda counts neighbours equal; use exact",
        ),
        ({"statistics.distance_m": "50"}, "statistics.distance_m"),
        ({"density.bandwidth": "narrow"}, "density.bandwidth"),
        ({"statistics.smoothing": "local"}, "statistics.smoothing"),
    ],
)
def test_settings_that_do_not_go_together_are_refused(
    demonstration_request: api.Request, overrides: dict[str, str], words: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        api.load_settings(replace(demonstration_request, overrides=overrides))
    assert words in str(caught.value)
