"""A country in one run: forces without files, Wales, settings of the inputs, one worker or two."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import rasterio

import small_country as COUNTRY
from dashboards.cli.console import Console
from dashboards.cli.summaries import print_run
from dashboards.exports import folium_map
from dashboards.exports.briefing import briefing_html
from dashboards.exports.run_files import extra_writers
from risk_model import api
from risk_model.config.harm import load_harm_weights
from risk_model.config.inputs import load_inputs
from risk_model.config.risk import load_risk
from risk_model.model_data import forces_among
from risk_model.model_store import read_model
from risk_model.pipeline import build_model
from risk_model.run_store import PublishedRun
from risk_model.whatif import density_shares
from spatial import incident_scans
from spatial.errors import InputError

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SMALLER = {"statistics.permutations": "9999"}

Runner = Callable[..., PublishedRun]


@pytest.fixture(scope="module")
def request_of_country(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> api.Request:
    folder = tmp_path_factory.mktemp("country")
    inputs = COUNTRY.write_country(
        folder, iod=repository / "data" / "deprivation" / "IoD2025_File_7.csv"
    )
    return api.Request(
        config=repository / "config" / "risk.yaml",
        inputs=inputs,
        data_root=folder,
        overrides=SMALLER,
    )


@pytest.fixture(scope="module")
def run(request_of_country: api.Request, tmp_path_factory: pytest.TempPathFactory) -> PublishedRun:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(folium_map, "MOST_DRAWN", 50)
        return api.run(
            request_of_country,
            runs=tmp_path_factory.mktemp("one"),
            writers=extra_writers,
            now=NOW,
        )


def test_a_kept_model_knows_its_police_forces(
    run: PublishedRun, request_of_country: api.Request
) -> None:
    """How many there are decides what is made: see `risk_model.priority_events.too_large`."""
    forces = tuple(sorted(COUNTRY.FORCES))
    assert read_model(run).data.forces == forces
    loaded = api.check(replace(request_of_country, area="E23999001"))
    assert build_model(loaded).forces == ("northmoor",)
    assert forces_among(["X1", "X2"], {"X1": {"slug": "northmoor"}}) == ()


def test_a_rank_is_said_to_be_among_the_areas_of_its_nation(
    run: PublishedRun, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two areas have rank 1: neither is the first of all."""
    print_run(Console(), run)
    said = capsys.readouterr().out
    assert " 1 of the Welsh areas)" in said
    assert " 1 of the English areas)" in said
    assert "of all)" not in said
    assert {"1 Wales", "1 England"} <= {line.strip()[:9].strip() for line in said.splitlines()}
    areas = run.areas().assign(rural_urban="rural")
    areas["sv01_rank_in_stratum"] = areas["sv01_rank"]
    assert "of the Welsh areas)" in briefing_html(areas, "sv01", run.manifest)
    english = areas[areas.index.str.startswith("E")]
    assert " of all)" in briefing_html(english, "sv01", run.manifest)


@pytest.fixture(scope="module")
def areas(run: PublishedRun) -> pd.DataFrame:
    return pd.DataFrame(run.areas().drop(columns="geometry"))


def test_two_workers_publish_the_same_bytes(
    request_of_country: api.Request,
    run: PublishedRun,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(incident_scans, "_FILES", 2)  # so that there are files for both
    other = api.run(request_of_country, runs=tmp_path, now=NOW, workers=2)
    assert other.run_id == run.run_id
    made_here = set(other.manifest["outputs"]) - {"map.html", "README.txt"}
    same = {name for name in made_here if not name.endswith(".gpkg")}  # those are styled there
    assert len(same) > 10
    for name in same:
        assert other.manifest["outputs"][name] == run.manifest["outputs"][name], name


def test_a_force_without_files_is_no_data_and_not_zero(areas: pd.DataFrame) -> None:
    silent = areas.loc[COUNTRY.codes_of("westmoor")]
    for key in ("sv01", "sv04"):
        for name in ("rate", "eb_rate", "rr", "score", "rank", "p_top", "density_share", "lisa_p"):
            assert silent[f"{key}_{name}"].isna().all(), name
        assert (silent[f"{key}_tier"] == "Not evidenced").all()
        assert (silent[f"{key}_lisa_cluster"] == "Not testable").all()
        assert silent[f"{key}_reasons"].str.contains("no data, not zero").all()
        assert not silent[f"{key}_reasons"].str.contains("no recorded offence").any()
    assert areas.drop(silent.index)["sv01_score"].notna().all()


def test_its_density_is_blank_and_not_zero(run: PublishedRun) -> None:
    with rasterio.open(run.path("density_sv04.tif")) as surface:
        inside = {
            slug: next(surface.sample([(403_100, 201_600 + 3000 * row)]))[0]
            for row, slug in enumerate(COUNTRY.FORCES)
        }
    assert np.isnan(inside["westmoor"])
    assert all(inside[slug] > 0 for slug in ("northmoor", "southmoor", "cwmtest"))
    assert any("18 areas without a covered month" in text for text in run.manifest["warnings"])


def test_what_if_draws_the_same_densities_from_what_the_run_kept(
    request_of_country: api.Request, run: PublishedRun, areas: pd.DataFrame
) -> None:
    kept = read_model(run)
    settings = load_risk(
        request_of_country.config, {**run.manifest["overrides"], "density.volume_share": "0.26"}
    )
    harm = load_harm_weights(request_of_country.config.parent / "harm_weights.csv")
    shares = density_shares(kept, areas, run.manifest, settings, harm)
    for key in ("sv01", "sv04"):
        again = shares[key].reindex(areas.index)
        assert again.isna().equals(areas[f"{key}_density_share"].isna())
        assert (again - areas[f"{key}_density_share"]).abs().mean() < 0.1


def test_a_rate_is_over_the_months_that_were_supplied(areas: pd.DataFrame) -> None:
    for slug, months in (("southmoor", 1), ("northmoor", 3)):
        rows = areas.loc[COUNTRY.codes_of(slug)]
        wanted = rows["sv04_events"] / (COUNTRY.RESIDENTS * months / 12) * 1000
        np.testing.assert_allclose(rows["sv04_rate"], wanted)
    ratio = (
        areas.loc[COUNTRY.codes_of("southmoor"), "sv04_rate"].mean()
        / areas.loc[COUNTRY.codes_of("northmoor"), "sv04_rate"].mean()
    )
    assert 0.5 < ratio < 2  # one month counted as three would be a third


def test_wales_has_no_english_index_and_is_ranked_within_wales(
    run: PublishedRun, areas: pd.DataFrame
) -> None:
    welsh = areas.loc[COUNTRY.codes_of("cwmtest")]
    english = areas.loc[[*COUNTRY.codes_of("northmoor"), *COUNTRY.codes_of("southmoor")]]
    for key in ("sv01", "sv04"):
        assert welsh[f"{key}_rank"].between(1, 18).all()
        assert (welsh[f"{key}_rank"] == 1).any()
        assert english[f"{key}_rank"].max() == 36
        assert welsh[f"{key}_reasons"].str.contains("of 18 in Wales").all()
        assert welsh[f"{key}_reasons"].str.contains("the other weights were rescaled").all()
        assert not english[f"{key}_reasons"].str.contains("Wales").any()
    parts = run.contributions()
    parts = parts[parts["area_code"].isin(welsh.index) & (parts["priority"] == "sv01")]
    lost = parts["indicator"] == "deprivation_without_crime"
    assert parts.loc[lost, "value"].isna().all()
    assert not parts.loc[lost, "contribution"].fillna(0).any()
    sums = parts.groupby("area_code")["contribution"].sum()
    np.testing.assert_allclose(sums, welsh.loc[sums.index, "sv01_score"], rtol=1e-6)
    weights = parts[~lost].groupby("area_code")["weight"].sum()
    np.testing.assert_allclose(weights, 1.0)
    assert any("ranked within Wales" in text for text in run.manifest["warnings"])


def test_the_page_of_many_areas_is_small_and_says_what_is_missing(run: PublishedRun) -> None:
    text = run.path("map.html").read_text(encoding="utf-8")
    assert len(text) < 5_000_000
    assert "<script" not in text
    assert "script-src 'none'" in text
    assert 'href="data:image/png;base64,iVBOR' in text
    assert "72 neighbourhoods are too many to draw" in text
    for words in ("<td>Westmoor</td><td>none</td>", "<td>Southmoor</td><td>1 of 3</td>"):
        assert words in text
    assert "no data, not zero" in text
    assert "ranked within Wales" in text


def test_settings_of_the_inputs_are_recorded_and_give_way(
    request_of_country: api.Request, run: PublishedRun
) -> None:
    assert run.manifest["overrides"] == {
        "uncertainty.draws": "120",
        "density.cell_m": "250",
        "density.bandwidth_m": "1250",
        **SMALLER,
    }
    assert run.manifest["config"]["uncertainty"]["draws"] == 120
    asked = replace(request_of_country, overrides={"uncertainty.draws": "300"})
    assert api.load_settings(asked).risk.uncertainty.draws == 300


def test_a_wrong_setting_of_the_inputs_names_their_file(
    request_of_country: api.Request, tmp_path: Path
) -> None:
    wrong = tmp_path / "inputs.yaml"
    text = COUNTRY.INPUTS.replace("uncertainty.draws", "uncertainty.drawz")
    wrong.write_text(text.replace("cell_m: 250", "cell_m: -1"), encoding="utf-8")
    with pytest.raises(InputError) as refused:
        api.load_settings(replace(request_of_country, inputs=wrong))
    said = str(refused.value)
    assert f"{wrong}: settings: uncertainty.drawz: " in said
    assert "did you mean uncertainty.draws?" in said
    assert f"{wrong}: settings: density.cell_m: " in said


def test_the_shipped_settings_of_england_and_wales_are_sound(repository: Path) -> None:
    inputs = load_inputs(repository / "config" / "inputs-england-wales.yaml")
    settings = load_risk(repository / "config" / "risk.yaml", inputs.overrides)
    assert inputs.area == "all"
    assert settings.uncertainty.draws == 200
    assert settings.density.cell_m == 250
