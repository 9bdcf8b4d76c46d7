"""Tables that do not fit the areas: nothing is lost, nothing is made up."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from risk_model import api


@pytest.fixture
def county(repository: Path, tmp_path: Path) -> Path:
    """A copy of the demonstration county that a test may spoil."""
    shutil.copytree(repository / "data", tmp_path / "data")
    return tmp_path


def published(request: api.Request, county: Path) -> tuple[pd.DataFrame, pd.DataFrame, list[str]]:
    run = api.run(
        replace(request, data_root=county, overrides={"uncertainty.draws": "100"}),
        runs=county / "runs",
    )
    return run.areas(), run.quarantine(), list(run.manifest["warnings"])


def test_case_20_a_table_row_without_an_area_is_quarantined_with_its_line(
    demonstration_request: api.Request, county: Path
) -> None:
    table = county / "data" / "population" / "census2021-ts001-lsoa.csv"
    lines = table.read_text(encoding="utf-8").splitlines()
    lines.insert(5, "2021,Nowhere 001A,E01999999,1500")
    table.write_text("\n".join(lines) + "\n", encoding="utf-8")
    _, quarantine, warnings = published(demonstration_request, county)
    row = quarantine[quarantine["rule"] == "no_such_area"].iloc[0]
    assert row["file"] == "data/population/census2021-ts001-lsoa.csv"
    assert int(row["line"]) == 6
    assert row["value"] == "E01999999"
    assert any("1 row of an area that no list has" in warning for warning in warnings)


def test_cases_16_and_20_an_area_without_a_table_row_has_no_rate_and_is_named(
    demonstration_request: api.Request, county: Path
) -> None:
    table = county / "data" / "population" / "census2021-ts001-lsoa.csv"
    lines = table.read_text(encoding="utf-8").splitlines()
    kept = [line for line in lines if "E01990010" not in line]
    assert len(kept) == len(lines) - 1
    spoilt = [line.rsplit(",", 1)[0] + ",.." if "E01990011" in line else line for line in kept]
    table.write_text("\n".join(spoilt) + "\n", encoding="utf-8")
    areas, _, warnings = published(demonstration_request, county)
    for code in ("E01990010", "E01990011"):
        assert pd.isna(areas.loc[code, "sv01_rate"])
        assert pd.isna(areas.loc[code, "sv01_score"])
        assert areas.loc[code, "sv01_tier"] == "Not evidenced"
        assert areas.loc[code, "events"] >= 0
    assert any("population" in warning.lower() for warning in warnings)


@pytest.mark.parametrize(("setting", "scored"), [("drop_component", True), ("null", False)])
def test_case_17_a_missing_deprivation_value_follows_the_setting(
    demonstration_request: api.Request, county: Path, setting: str, scored: bool
) -> None:
    table = county / "data" / "deprivation" / "IoD2025_File_7.csv"
    lines = table.read_text(encoding="utf-8").splitlines()
    kept = [line for line in lines if not line.startswith("E01990010")]
    assert len(kept) == len(lines) - 1
    table.write_text("\n".join(kept) + "\n", encoding="utf-8")
    run = api.run(
        replace(
            demonstration_request,
            data_root=county,
            overrides={"uncertainty.draws": "100", "missing.deprivation": setting},
        ),
        runs=county / "runs",
    )
    score = run.areas().loc["E01990010", "sv01_score"]
    assert pd.notna(score) == scored
    assert any("deprivation" in warning.lower() for warning in run.manifest["warnings"])


def test_case_24_with_too_few_events_no_inference_is_made_and_the_run_says_so(
    demonstration_request: api.Request, repository: Path, tmp_path: Path
) -> None:
    risk = (repository / "config" / "risk.yaml").read_text(encoding="utf-8")
    plain = "offences: {violence_and_sexual_offences: 1, robbery: 1}"
    assert plain in risk
    (tmp_path / "risk.yaml").write_text(
        risk.replace(plain, "offences: {robbery: 1}"), encoding="utf-8"
    )
    (tmp_path / "harm_weights.csv").write_bytes(
        (repository / "config" / "harm_weights.csv").read_bytes()
    )
    request = replace(
        demonstration_request,
        config=tmp_path / "risk.yaml",
        period="2025-12",
        area="E06990002",
    )
    run = api.run(request, runs=tmp_path / "runs")
    areas = run.areas()
    assert 0 < areas["sv04_events"].sum() < 50
    assert "50 are needed" in run.manifest["statistics"]["diagnostics"]["sv04"]["inference"]
    assert any("50" in warning and "sv04" in warning for warning in run.manifest["warnings"])
    for column in ("sv04_p_top", "sv04_rank_lo", "sv04_rank_hi", "sv04_lisa_p", "sv04_rr_lo"):
        assert areas[column].isna().all(), column
    assert not areas["sv04_flag"].any()
    assert areas["sv01_p_top"].notna().all()


def test_case_21_an_island_has_no_p_value_and_no_cluster(demonstration_run: object) -> None:
    areas = demonstration_run.areas()  # type: ignore[attr-defined]
    island = areas[areas["sv01_lisa_cluster"] == "No neighbours"]
    assert len(island) == 1
    assert island["sv01_lisa_p"].isna().all()
    assert island["sv01_lisa_q"].isna().all()


def test_attributes_of_an_extract_limit_an_offence_set(
    demonstration_request: api.Request, repository: Path, tmp_path: Path
) -> None:
    """A force's own extract carries where and how; an offence set may ask for it."""
    inputs = (repository / "config" / "inputs.yaml").read_text(encoding="utf-8")
    contract = (repository / "docs" / "data-contract.md").read_text(encoding="utf-8")
    extract = contract[contract.index("incidents:\n  - path: data/incidents/wessmouth-extract") :]
    extract = extract[: extract.index("```")]
    head = inputs[: inputs.index("incidents:")]
    tail = inputs[inputs.index("lookups:") :]
    (tmp_path / "inputs.yaml").write_text(head + extract + "\n" + tail, encoding="utf-8")
    (tmp_path / "harm_weights.csv").write_bytes(
        (repository / "config" / "harm_weights.csv").read_bytes()
    )
    risk = (repository / "config" / "risk.yaml").read_text(encoding="utf-8")
    plain = "offences: {violence_and_sexual_offences: 1, robbery: 1}"
    public = (
        'offences: {violence_and_sexual_offences: {weight: 1, where: {public_place: "yes"}}, '
        'robbery: {weight: 1, where: {public_place: "yes"}}}'
    )
    assert plain in risk
    events = {}
    for name, text in (("all", risk), ("public", risk.replace(plain, public))):
        (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")
        request = replace(
            demonstration_request,
            config=tmp_path / f"{name}.yaml",
            inputs=tmp_path / "inputs.yaml",
            period="2025-01:2025-06",
            overrides={"uncertainty.draws": "100"},
        )
        run = api.run(request, runs=tmp_path / name)
        events[name] = int(run.areas()["sv04_events"].sum())
    assert 0 < events["public"] < events["all"]
