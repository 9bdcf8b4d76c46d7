"""A kept model is the model: scoring it again gives the run, other settings give the difference."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from risk_model import api, whatif
from risk_model.comparison import compare_sides, side_of
from risk_model.config.harm import load_harm_weights
from risk_model.config.risk import RiskConfig, load_risk
from risk_model.kept_settings import settings_of
from risk_model.model_store import read_model
from risk_model.run_store import PublishedRun
from risk_model.whatif import density_shares, rescore


def test_scoring_the_kept_model_again_gives_the_published_run(
    repository: Path, demonstration_run: PublishedRun
) -> None:
    risk = load_risk(repository / "config" / "risk.yaml")
    harm = load_harm_weights(repository / "config" / "harm_weights.csv")
    kept = read_model(demonstration_run)
    published = pd.DataFrame(demonstration_run.areas().drop(columns="geometry"))
    shares = density_shares(kept, published, demonstration_run.manifest, risk, harm)
    scored = rescore(kept.data, risk, harm, density_share=shares)
    common = [name for name in published.columns if name in scored.areas.columns]
    assert len(common) > 40
    pd.testing.assert_frame_equal(
        scored.areas[common], published[common], check_dtype=False, rtol=1e-12
    )


def test_comparing_with_the_same_settings_changes_nothing(
    repository: Path, demonstration_run: PublishedRun
) -> None:
    runs = demonstration_run.folder.parent
    result = api.compare_with(runs, None, repository / "config" / "risk.yaml")
    assert not result.settings
    for part in result.priorities.values():
        assert part.entered.empty
        assert part.left.empty
        assert part.moved.empty
        assert part.rank_correlation == pytest.approx(1.0)


def test_comparing_with_other_offences_and_bandwidth_redraws_the_density(
    repository: Path, demonstration_run: PublishedRun, tmp_path: Path
) -> None:
    text = (repository / "config" / "risk.yaml").read_text(encoding="utf-8")
    changed = text.replace("bandwidth_m: 1000", "bandwidth_m: 2000").replace(
        "offences: {violence_and_sexual_offences: 1, robbery: 1}", "offences: {burglary: 1}"
    )
    assert changed != text
    (tmp_path / "harm_weights.csv").write_bytes(
        (repository / "config" / "harm_weights.csv").read_bytes()
    )
    (tmp_path / "risk.yaml").write_text(changed, encoding="utf-8")
    result = api.compare_with(demonstration_run.folder.parent, None, tmp_path / "risk.yaml")
    assert result.settings["density.bandwidth_m"] == (1000.0, 2000.0)
    part = result.priorities["sv04"]
    assert len(part.entered) == len(part.left) > 0
    assert part.rank_correlation < 1.0


@pytest.mark.parametrize(
    ("density", "offences", "known", "redrawn"),
    [
        ({}, {}, {}, ()),
        ({"bandwidth_m": 2000.0}, {}, {}, ("sv01", "sv04")),
        ({"bandwidth_m": 2000.0}, {}, {"bandwidth_m": 2000.0}, ()),
        ({}, {"robbery": 2.0}, {}, ("sv04",)),
        ({}, {"robbery": 0.0}, {}, ("sv04",)),
        ({}, {"robbery": {"where": {"time_band": "18-24"}}}, {}, ("sv04",)),
    ],
)
def test_published_shares_hold_where_nothing_of_the_density_changed(
    demonstration_run: PublishedRun,
    monkeypatch: pytest.MonkeyPatch,
    density: dict[str, Any],
    offences: dict[str, Any],
    known: dict[str, Any],
    redrawn: tuple[str, ...],
) -> None:
    """`known` is what the manifest says of the density in place of what the run was made with."""
    manifest = json.loads(json.dumps(demonstration_run.manifest))
    manifest["config"]["density"] |= known
    config, harm = settings_of(demonstration_run.manifest)
    made = config.model_dump(mode="json")
    made["density"] |= density
    made["priorities"]["sv04"]["offences"] |= offences
    changed = RiskConfig.model_validate_json(json.dumps(made))
    kept = read_model(demonstration_run)
    published = pd.DataFrame(
        {
            f"{key}_density_share": np.full(len(kept.data.study_codes), -1.0)
            for key in ("sv01", "sv04")
        },
        index=list(kept.data.study_codes),
    )
    drawn = pd.Series(-2.0, index=published.index)
    monkeypatch.setattr(whatif, "priority_density", lambda *_: SimpleNamespace(share=drawn))
    shares = density_shares(kept, published, manifest, changed, harm)
    assert tuple(key for key, share in shares.items() if share is drawn) == redrawn
    for key in shares.keys() - set(redrawn):
        assert (shares[key] == -1.0).all()


def test_a_setting_that_one_side_lacks_is_a_difference(demonstration_run: PublishedRun) -> None:
    after = side_of(demonstration_run)
    before = replace(
        after,
        config={
            **{name: value for name, value in after.config.items() if name != "density"},
            "density": {k: v for k, v in after.config["density"].items() if k != "edge"},
            "retired": {"setting": 3},
            "version": "earlier",
        },
    )
    assert compare_sides(before, after).settings == {
        "density.edge": (None, "land"),
        "retired.setting": (3, None),
        "version": ("earlier", after.config["version"]),
    }
    assert list(compare_sides(after, before).settings) == [
        "density.edge", "retired.setting", "version",
    ]  # fmt: skip


def test_cells_hold_each_point_once(demonstration_run: PublishedRun) -> None:
    cells = pd.read_parquet(demonstration_run.path("model/cells.parquet"))
    inside = cells[cells["area_code"] != ""]
    by_area = inside.groupby("area_code")["n"].sum()
    areas = demonstration_run.areas()
    assert by_area.reindex(areas.index).fillna(0).tolist() == areas["events"].tolist()
