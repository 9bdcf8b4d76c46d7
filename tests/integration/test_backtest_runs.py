"""`hotspots backtest` beside the runs: kept, found again, attached, and said."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from dashboards.cli.main import app
from risk_model import api
from risk_model.backtest_store import attach_backtest, find_backtest
from risk_model.backtest_table import BACKTEST_COLUMNS
from risk_model.run_store import PublishedRun, read_run
from spatial.errors import ConfigError


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("backtested")


@pytest.fixture(scope="module")
def printed(repository: Path, runs: Path) -> str:
    result = CliRunner().invoke(
        app,
        [
            *("backtest", "--resamples", "199", "--out", str(runs)),
            *("--config", str(repository / "config" / "risk.yaml")),
            *("--inputs", str(repository / "config" / "inputs.yaml")),
        ],
        env={"COLUMNS": "200"},
    )
    assert result.exit_code == 0, result.output
    return result.output


@pytest.fixture(scope="module")
def kept(printed: str, runs: Path) -> PublishedRun:
    return read_run(runs / "backtests")


@pytest.fixture(scope="module")
def attached(demonstration_request: api.Request, runs: Path, kept: PublishedRun) -> PublishedRun:
    """A run of the same settings and files, published where the back-test lies."""
    from dashboards.exports.run_files import extra_writers

    return api.run(demonstration_request, runs=runs, writers=extra_writers)


def test_it_says_what_each_method_caught(printed: str) -> None:
    for words in (
        "Wessmouth (demonstration county)",
        "score_sv01",
        "prior_counts",
        "forecast",
        "perfect",
        "robbery and weapons",
        "Against counting",
        "Kept as",
    ):
        assert words in printed


def test_it_keeps_the_tables_and_how_they_were_made(kept: PublishedRun) -> None:
    table = pd.read_csv(kept.path("backtest.csv"))
    assert tuple(table.columns) == BACKTEST_COLUMNS
    assert set(table["by"]) == {"number", "area", "population"}
    assert set(table["share"]) == {0.02, 0.05, 0.10, 0.20}
    assert len(table) == table["outcome"].nunique() * table["method"].nunique() * 12
    shares = table[["capture", "pei"]].to_numpy()
    assert ((shares > 0) & (shares <= 1 + 1e-9)).all()
    assert (table["capture_lo"] <= table["capture"] + 1e-9).all()
    assert (table["capture"] <= table["capture_hi"] + 1e-9).all()
    # More areas never catch less, and the perfect choice is never beaten.
    ordered = table.sort_values("share").groupby(["outcome", "method", "by"])["capture"]
    assert (ordered.diff().dropna() >= -1e-12).all()
    assert (table.loc[table["method"] == "perfect", "pei"] == 1).all()
    about = kept.manifest
    assert about["window"] == 12
    assert about["horizon"] == 1
    # August 2025 has no file: nothing is chosen for it and nothing at its end.
    at = [origin["at"] for origin in about["origins"]]
    missing = {f"2025-{month:02d}" for month in range(1, 13)} - set(about["months"])
    assert missing
    assert not missing & set(at)
    assert all(origin["later"][0] in about["months"] for origin in about["origins"])


def test_a_run_of_equal_settings_and_files_carries_it(
    attached: PublishedRun, kept: PublishedRun
) -> None:
    entry = attached.manifest["backtest"]
    assert entry["status"] == "run"
    assert entry["date"] == kept.manifest["created"][:10]
    assert entry["key"] == kept.manifest["key"]
    assert entry["id"] == kept.run_id
    assert entry["verdicts"] == kept.manifest["verdicts"]
    assert attached.path("backtest.csv").read_bytes() == kept.path("backtest.csv").read_bytes()


def test_where_our_score_loses_the_run_warns(attached: PublishedRun, kept: PublishedRun) -> None:
    lost = [
        one
        for one in kept.manifest["comparisons"]
        if one["difference"] < 0 and one["by"] == "number"
    ]
    assert lost, "the demonstration county has no score that loses; warn on another"
    assert kept.manifest["losses"]
    for line in kept.manifest["losses"]:
        assert line in attached.manifest["warnings"]
    readme = attached.path("README.txt").read_text(encoding="utf-8")
    assert "caught less than" in " ".join(readme.split())


def test_a_run_without_one_says_so(demonstration_run: PublishedRun) -> None:
    entry = demonstration_run.manifest["backtest"]
    assert entry["status"] == "not run"
    assert entry["date"] is None
    assert "backtest.csv" not in demonstration_run.manifest["outputs"]
    assert not any("Back-test" in line for line in demonstration_run.manifest["warnings"])


CHANGES: Mapping[str, Mapping[str, Any]] = {
    "weights": {"config_sha256": "0" * 64},
    "harm": {"harm_weights": {"robbery": 1.0}},
    "period": {"period": {"start": "2025-01", "end": "2025-11"}},
    "area": {"area": {"lads": ["E06990001"]}},
    "inputs": {"inputs": []},
}


@pytest.mark.parametrize("what", CHANGES)
def test_other_settings_files_area_or_period_have_none(
    attached: PublishedRun, runs: Path, what: str
) -> None:
    manifest = dict(attached.manifest)
    assert attach_backtest(runs, manifest).entry["status"] == "run"
    found = attach_backtest(runs, manifest | CHANGES[what])
    assert found.entry["status"] == "not run"
    assert found.entry["key"] != attached.manifest["backtest"]["key"]
    assert found.writers == {}
    assert found.warnings == []


def test_the_time_of_a_run_and_the_order_of_its_files_do_not_matter(
    attached: PublishedRun, runs: Path
) -> None:
    manifest = dict(attached.manifest)
    manifest["created"] = "2031-01-01T00:00:00Z"
    manifest["inputs"] = list(reversed(manifest["inputs"]))
    assert attach_backtest(runs, manifest).entry["status"] == "run"


def test_the_last_of_several_is_attached_and_a_broken_one_is_not_passed_over(
    tmp_path: Path, attached: PublishedRun, kept: PublishedRun
) -> None:
    key = kept.manifest["key"]
    for stamp in ("20260101T000000Z", "20260301T000000Z"):
        folder = tmp_path / "backtests" / f"{stamp}-{key[:8]}"
        folder.mkdir(parents=True)
        for name in ("backtest.csv", "manifest.json"):
            (folder / name).write_bytes((kept.folder / name).read_bytes())
    found = find_backtest(tmp_path, key)
    assert found is not None
    assert found.run_id.startswith("20260301")
    assert attach_backtest(tmp_path, attached.manifest).entry["id"] == found.run_id
    (found.folder / "manifest.json").write_text("{", encoding="utf-8")
    broken = attach_backtest(tmp_path, attached.manifest)
    assert broken.entry["status"] == "not run"
    assert len(broken.warnings) == 1
    assert "The back-test cannot be read" in broken.warnings[0]


def test_equal_settings_give_equal_tables(
    demonstration_request: api.Request, kept: PublishedRun, tmp_path: Path
) -> None:
    again = api.backtest(demonstration_request, api.BacktestOptions(resamples=199), runs=tmp_path)
    assert again.manifest["outputs"] == kept.manifest["outputs"]
    assert again.manifest["key"] == kept.manifest["key"]


def test_one_month_is_stated_and_nothing_is_made_up(
    demonstration_request: api.Request, tmp_path: Path
) -> None:
    request = replace(demonstration_request, period="2025-03")
    found = api.backtest(request, api.BacktestOptions(since="2025-02"), runs=tmp_path)
    assert [origin["at"] for origin in found.manifest["origins"]] == ["2025-02"]
    with pytest.raises(ConfigError, match="leaves no month to choose by"):
        api.backtest(request, api.BacktestOptions(since="2025-03"), runs=tmp_path)


def test_the_manifest_is_plain_json(kept: PublishedRun) -> None:
    text = (kept.folder / "manifest.json").read_text(encoding="utf-8")
    assert "NaN" not in text
    assert json.loads(text)["kind"] == "rolling"


@pytest.mark.real_data
def test_dorset_has_the_origins_that_its_gaps_leave(
    dorset_request: api.Request, tmp_path: Path
) -> None:
    found = api.backtest(dorset_request, api.BacktestOptions(resamples=99), runs=tmp_path)
    assert [origin["at"] for origin in found.manifest["origins"]] == [
        *("2018-10", "2018-11", "2018-12", "2019-01"),
        *("2024-01", "2024-02", "2024-03"),
        *("2025-01", "2025-02", "2025-03", "2025-04", "2025-05"),
    ]
    table = pd.read_csv(found.path("backtest.csv"))
    tenth = table[(table["by"] == "number") & (table["share"] == 0.1)]
    figures = tenth.set_index(["outcome", "method"])
    assert figures.loc[("violence", "perfect"), "events"] == 7627
    assert figures.loc[("robbery", "perfect"), "events"] == 82
    # METHODS.md 8: borrowing strength pays where harm is rare.
    for outcome in ("robbery", "weapons", "robbery_weapons"):
        counts = figures.loc[(outcome, ["prior_counts", "all_crime"]), "capture"].to_numpy()
        assert counts[1] > counts[0] + 0.05
    violence = figures.loc["violence"]
    assert violence.loc["prior_counts", "capture"] / violence.loc["perfect", "capture"] > 0.7
    assert np.isfinite(violence["capture_lo"]).all()
