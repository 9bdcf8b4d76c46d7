"""Comparing runs that were published: data told from settings, old runs, what programs read."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import small_run as SMALL
from dashboards.app import create_app
from dashboards.cli.main import app
from dashboards.pages import compare
from risk_model import api
from risk_model.comparison import Comparison, comparison_document, side_of
from risk_model.model_store import read_model
from risk_model.run_store import PublishedRun
from risk_model.weight_change import change_weights
from web_asks import page, texts


@pytest.fixture(scope="module")
def two_runs(
    demonstration_request: api.Request, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, str, str]:
    """The first and the second half of the year, the second with another weight."""
    runs = tmp_path_factory.mktemp("halves")
    ids = []
    for period, weight in (("2025-01:2025-06", "0.4"), ("2025-07:2025-12", "0.7")):
        request = api.Request(
            config=demonstration_request.config,
            inputs=demonstration_request.inputs,
            data_root=demonstration_request.data_root,
            period=period,
            overrides={
                "uncertainty.draws": "100",
                "priorities.sv01.indicators.harm_rate.weight": weight,
            },
        )
        ids.append(api.run(request, runs=runs).run_id)
    return runs, ids[0], ids[1]


@pytest.fixture(scope="module")
def compared(two_runs: tuple[Path, str, str]) -> Comparison:
    return api.compare(*two_runs)


def test_causes_sum_to_the_published_difference(compared: Comparison) -> None:
    names = {"sv01": ["data", "harm_rate 0.4 -> 0.7", "together"], "sv04": ["data", "together"]}
    for key, part in compared.priorities.items():
        assert part.shares is not None
        assert list(part.shares.score.columns) == names[key]
        for table in (part.entered, part.left, part.stayed, part.moved):
            for name, shares in (("score", part.shares.score), ("rank", part.shares.rank)):
                change = table[f"{name}_after"].astype(float) - table[f"{name}_before"].astype(
                    float
                )
                np.testing.assert_allclose(shares.loc[table.index].sum(axis=1), change, atol=1e-6)
        assert (part.shares.score["together"] == 0).all()
        assert len(part.entered) == len(part.left) > 0


def test_the_page_names_the_changes_that_the_command_names(
    two_runs: tuple[Path, str, str], compared: Comparison, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs, first, last = two_runs
    client = create_app(runs).server.test_client()
    said = texts(page(client, "/compare", f"?run={last}&with={first}"))
    shares = compared.priorities["sv01"].shares
    assert shares is not None
    at = said.index("Recorded harm: 0.4 to 0.7")
    assert said[at + 1 : at + 3] == [
        f"{table['harm_rate 0.4 -> 0.7'].abs().mean():.1f}" for table in (shares.score, shares.rank)
    ]
    assert "Data" in said
    assert sum("because of the data" in one for one in said) == 1
    assert f"Before: run {first} (January to June 2025). After: run {last} (July" in " ".join(said)
    command = f"hotspots compare {first} {last}"
    assert command not in said
    monkeypatch.setattr(compare, "MOST_AREAS", 10)
    said = texts(page(client, "/compare", f"?run={last}&with={first}"))
    assert command in said
    assert "Mostly through" not in said


def test_contributions_by_indicator_sum_to_the_difference(compared: Comparison) -> None:
    for part in compared.priorities.values():
        change = part.stayed["score_after"] - part.stayed["score_before"]
        by_indicator = part.indicators.loc[part.stayed.index].sum(axis=1)
        np.testing.assert_allclose(by_indicator, change, atol=1e-5)


def test_other_settings_name_the_weight_that_did_it(
    repository: Path, demonstration_run: PublishedRun, tmp_path: Path
) -> None:
    text = (repository / "config" / "risk.yaml").read_text(encoding="utf-8")
    (tmp_path / "risk.yaml").write_text(text.replace("weight: 0.40", "weight: 0.05", 1))
    (tmp_path / "harm_weights.csv").write_bytes(
        (repository / "config" / "harm_weights.csv").read_bytes()
    )
    found = api.compare_with(demonstration_run.folder.parent, None, tmp_path / "risk.yaml")
    assert not found.note
    shares = found.priorities["sv01"].shares
    assert shares is not None
    assert shares.causes == {
        "harm_rate 0.4 -> 0.05": ("priorities.sv01.indicators.harm_rate.weight",)
    }
    assert (shares.score["together"] == 0).all()
    still = found.priorities["sv04"].shares
    assert still is not None
    assert not still.causes


def test_the_command_prints_causes_and_json(two_runs: tuple[Path, str, str]) -> None:
    runs, first, second = two_runs
    arguments = ["compare", first, second, "--runs", str(runs)]
    shown = CliRunner().invoke(app, arguments)
    assert shown.exit_code == 0, shown.output
    assert "which change did it" in shown.output
    assert "B   harm_rate 0.4 -> 0.7" in shown.output
    assert "Because: places up or down" in shown.output
    said = " ".join(shown.output.split())
    assert "first 10 by rank; the remembered list is on the pages" in said
    assert "because of the data and by" in shown.output
    done = CliRunner().invoke(app, [*arguments, "--json"])
    document = json.loads(done.stdout)
    assert document == json.loads(json.dumps(comparison_document(api.compare(*two_runs))))
    part = document["priorities"]["sv01"]
    assert [cause["cause"] for cause in part["causes"]] == ["data", "harm_rate 0.4 -> 0.7"]
    assert part["split"].keys() == {"data", "settings"}
    assert part["split"]["settings"]["rank"] == pytest.approx(part["causes"][1]["rank_change"])
    assert document["priorities"]["sv04"]["split"] == {}
    area = part["areas"][0]
    assert area["score_after"] - area["score_before"] == pytest.approx(
        sum(area["score_change_by_cause"].values()), abs=1e-6
    )


def test_a_run_that_kept_no_layers_is_compared_without_causes(tmp_path: Path) -> None:
    config = {
        "version": "old",
        "priorities": {key: {"list": {"size": 4}} for key in SMALL.PRIORITIES},
    }
    first = SMALL.publish_small_run(tmp_path, config=config)
    second = SMALL.publish_small_run(tmp_path, config=config, run_id="20260102T000000Z-00000000")
    found = api.compare(tmp_path, first.run_id, second.run_id)
    assert "which change did it cannot be said" in found.note
    assert all(part.shares is None for part in found.priorities.values())
    shown = CliRunner().invoke(
        app, ["compare", first.run_id, second.run_id, "--runs", str(tmp_path)]
    )
    assert shown.exit_code == 0, shown.output
    assert "cannot be said" in shown.output


def test_settings_of_another_version_are_named(
    two_runs: tuple[Path, str, str], tmp_path: Path
) -> None:
    runs, first, second = two_runs
    for run_id in (first, second):
        (tmp_path / run_id).symlink_to(runs / run_id)
    changed = tmp_path / "20990101T000000Z-00000000"
    changed.mkdir()
    for entry in (runs / second).iterdir():
        if entry.name != "manifest.json":
            (changed / entry.name).symlink_to(entry)
    manifest = json.loads((runs / second / "manifest.json").read_text(encoding="utf-8"))
    manifest["config"]["a_later_setting"] = 1
    (changed / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    found = api.compare(tmp_path, first, changed.name)
    assert "are of another version" in found.note
    assert found.priorities["sv01"].shares is None
    # A run of a version that kept no harm weights.
    del manifest["config"]["a_later_setting"], manifest["harm_weights"]
    (changed / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    assert "harm_weights" in api.compare(tmp_path, first, changed.name).note


def test_what_the_page_tries_names_the_weight_too(demonstration_run: PublishedRun) -> None:
    part = change_weights(
        read_model(demonstration_run),
        side_of(demonstration_run),
        demonstration_run.manifest,
        "sv01",
        {"persistence": 0.6, "all_crime_rate": 0.0},
    )
    assert part.shares is not None
    assert set(part.shares.causes) == {"persistence 0.2 -> 0.6", "all_crime_rate 0.15 -> 0"}
    for table in (part.entered, part.left, part.stayed):
        change = table["score_after"] - table["score_before"]
        np.testing.assert_allclose(part.shares.score.loc[table.index].sum(axis=1), change)
        np.testing.assert_allclose(part.indicators.loc[table.index].sum(axis=1), change, atol=1e-5)
