"""A kept model is the model: scoring it again gives the run, other settings give the difference."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from risk_model import api
from risk_model.config.harm import load_harm_weights
from risk_model.config.risk import load_risk
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


def test_cells_hold_each_point_once(demonstration_run: PublishedRun) -> None:
    cells = pd.read_parquet(demonstration_run.path("model/cells.parquet"))
    inside = cells[cells["area_code"] != ""]
    by_area = inside.groupby("area_code")["n"].sum()
    areas = demonstration_run.areas()
    assert by_area.reindex(areas.index).fillna(0).tolist() == areas["events"].tolist()
