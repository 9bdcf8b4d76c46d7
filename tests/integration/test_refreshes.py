"""The demonstration county over three refreshes: what its lists remember, and what they explain."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dashboards.cli.explain import explain
from dashboards.exports.wording import beside_codes, finding, list_lines
from risk_model import api
from risk_model.run_store import PublishedRun

PERIODS = ("2025-01:2025-06", "2025-01:2025-08", "2025-03:2025-10")
PRIORITIES = ("sv01", "sv04")
NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")


def refresh(request: api.Request, runs: Path, period: str, day: int) -> PublishedRun:
    """Publish one refresh with few draws: what is tested here does not rest on their number."""
    asked = api.Request(
        config=request.config,
        inputs=request.inputs,
        data_root=request.data_root,
        period=period,
        overrides={"uncertainty.draws": "200", "statistics.permutations": "9999"},
    )
    return api.run(asked, runs=runs, now=datetime(2026, 1, day, tzinfo=UTC))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("refreshes")


@pytest.fixture(scope="module")
def refreshes(demonstration_request: api.Request, folder: Path) -> list[PublishedRun]:
    return [
        refresh(demonstration_request, folder, period, day + 1)
        for day, period in enumerate(PERIODS)
    ]


def top_ten(run: PublishedRun, key: str) -> set[str]:
    ranked = run.areas().sort_values(f"{key}_rank", kind="stable")
    return set(ranked.index[:10])


def statuses(run: PublishedRun, key: str, status: str) -> set[str]:
    areas = run.areas()
    return set(areas.index[areas[f"{key}_list_status"] == status])


@pytest.mark.parametrize("key", PRIORITIES)
def test_the_first_list_is_provisional(refreshes: list[PublishedRun], key: str) -> None:
    first = refreshes[0]
    assert statuses(first, key, "provisional") == top_ten(first, key)
    assert first.manifest["priorities"][key]["list"]["previous_run"] is None
    assert any("the first refresh of these areas" in text for text in first.manifest["warnings"])


@pytest.mark.parametrize("key", PRIORITIES)
def test_new_staying_and_dropped_follow_from_the_three_lists(
    refreshes: list[PublishedRun], key: str
) -> None:
    tops = [top_ten(run, key) for run in refreshes]
    hits = {code: sum(code in top for top in tops) for code in set().union(*tops)}
    last = refreshes[2]
    assert statuses(last, key, "new") == {
        code for code in tops[2] - tops[0] if hits[code] >= 2 and code in tops[1]
    }
    assert statuses(last, key, "dropped") == {code for code in tops[0] if hits[code] == 1}
    assert statuses(last, key, "staying") == {code for code in tops[0] if hits[code] >= 2}
    said = last.manifest["priorities"][key]["list"]
    assert (said["refreshes"], said["previous_run"]) == (3, refreshes[1].run_id)
    assert said["on"] == int(last.areas()[f"{key}_list"].sum())
    assert said["previous_end"] == "2025-08"
    flagged = [set(run.areas().index[run.areas()[f"{key}_flag"]]) for run in refreshes[1:]]
    assert set(said["newly_flagged"]) == flagged[1] - flagged[0]


def test_the_county_shows_every_kind_of_change(refreshes: list[PublishedRun]) -> None:
    """So that a demonstration of three refreshes has something to show."""
    for status in ("new", "staying", "dropped"):
        assert statuses(refreshes[2], "sv01", status)
    lines = dict(list_lines(refreshes[2].areas(), "sv01", refreshes[2].manifest))
    assert any(
        line.startswith("On the list of 10 since August 2025: 1 new (not flagged)")
        for line in lines
    )
    assert "new since August 2025" in finding(refreshes[2].areas(), refreshes[2].manifest)


@pytest.mark.parametrize("key", PRIORITIES)
def test_no_area_is_on_the_list_and_beside_it(refreshes: list[PublishedRun], key: str) -> None:
    areas = refreshes[2].areas()
    near = beside_codes(areas, key)
    assert near is not None
    assert not areas.loc[near, f"{key}_list"].any()
    # One that the list remembers is below the cut: the column is of this run alone.
    kept = areas.index[areas[f"{key}_beside_list"] & areas[f"{key}_list"]]
    assert len(kept) > 0
    assert len(near) + len(kept) == areas[f"{key}_beside_list"].sum()


def test_explain_says_where_an_area_stands_on_the_list(
    refreshes: list[PublishedRun], folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    last = refreshes[2]
    [waits] = last.manifest["priorities"]["sv01"]["list"]["waiting"]
    [dropped] = statuses(last, "sv01", "dropped")
    [new] = statuses(last, "sv01", "new")
    said = {
        waits: "Not on the list: waits to enter the list.",
        dropped: "Not on the list: dropped from the list",
        new: "On the list: new, since 2025-10; review from 2026-04 on.",
    }
    for code, words in said.items():
        explain(code, priority="sv01", run=last.run_id, runs=folder)
        assert words in capsys.readouterr().out


def test_a_rerun_of_a_period_is_no_refresh(
    demonstration_request: api.Request, folder: Path, refreshes: list[PublishedRun]
) -> None:
    again = refresh(demonstration_request, folder, PERIODS[2], 9)
    for key in PRIORITIES:
        said, before = (
            dict(run.manifest["priorities"][key]["list"]) for run in (again, refreshes[2])
        )
        assert said == before
    name = "areas.csv"
    assert again.path(name).read_bytes() == refreshes[2].path(name).read_bytes()


def test_rank_tier_and_flag_do_not_depend_on_history(
    demonstration_request: api.Request, tmp_path: Path, refreshes: list[PublishedRun]
) -> None:
    alone = refresh(demonstration_request, tmp_path, PERIODS[2], 1).areas()
    areas = refreshes[2].areas()
    remembered = [name for name in areas.columns if "_list" in name and "beside" not in name]
    # What compares with the run before, besides the lists.
    remembered += ["police_generated_change", *(f"{key}_feedback" for key in PRIORITIES)]
    pd.testing.assert_frame_equal(
        pd.DataFrame(alone.drop(columns=[*remembered, "geometry"])),
        pd.DataFrame(areas.drop(columns=[*remembered, "geometry"])),
    )


def test_a_run_from_before_lists_were_remembered_counts_as_the_first(
    demonstration_request: api.Request, tmp_path: Path, refreshes: list[PublishedRun]
) -> None:
    import shutil

    old = tmp_path / refreshes[0].run_id
    shutil.copytree(refreshes[0].folder, old)
    table = pd.read_parquet(old / "areas.parquet")
    gone = [name for name in table if "_list" in name and "beside" not in name]
    table.drop(columns=gone).to_parquet(old / "areas.parquet")
    after = refresh(demonstration_request, tmp_path, PERIODS[1], 2)
    for key in PRIORITIES:
        assert statuses(after, key, "staying") == statuses(refreshes[1], key, "staying")
        assert statuses(after, key, "provisional") == statuses(refreshes[1], key, "provisional")


@pytest.mark.parametrize("key", PRIORITIES)
def test_below_the_list_the_planted_cluster_is_told_apart(
    refreshes: list[PublishedRun], key: str
) -> None:
    areas = refreshes[0].areas()
    listed = areas.sort_values(f"{key}_rank").index[:10]
    beside = areas[f"{key}_beside_list"]
    assert not beside[listed].any()
    below = areas.drop(index=listed)
    assert (beside[below.index] == (below[f"{key}_p_above_cut"] >= 0.05)).all()
    assert 0 < beside.sum() < 40
    last = listed[9]
    assert areas.loc[last, f"{key}_p_above_cut"] == pytest.approx(0.5)
    # Rank 1 is above the last of the list in nearly every draw.
    assert areas.loc[listed[0], f"{key}_p_above_cut"] > 0.95


@pytest.mark.parametrize("key", PRIORITIES)
def test_counts_alone_put_the_cluster_apart_and_few_events_nowhere(
    refreshes: list[PublishedRun], repository: Path, key: str
) -> None:
    import json

    truths = json.loads((repository / "data" / "planted-truths.json").read_text())
    areas = refreshes[2].areas()
    low, high = areas[f"{key}_rank_set_lo"], areas[f"{key}_rank_set_hi"]
    assert (low <= high).all()
    assert (high[truths["cluster"]] < len(areas)).all()
    few = truths["few_events"]["area"]
    assert high[few] - low[few] > 60


@pytest.mark.parametrize("key", PRIORITIES)
def test_the_cluster_is_one_named_patch_with_its_sums(
    refreshes: list[PublishedRun], repository: Path, key: str
) -> None:
    import json

    truths = json.loads((repository / "data" / "planted-truths.json").read_text())
    run = refreshes[2]
    patches = pd.read_csv(run.path("patches.csv"))
    first = patches[(patches["priority"] == key) & (patches["patch"] == 1)].squeeze()
    codes = first["area_codes"].split("; ")
    assert set(truths["cluster"]) <= set(codes)
    areas = run.areas()
    assert set(areas.loc[codes, f"{key}_patch"]) == {first["name"]}
    assert first["events"] == areas.loc[codes, f"{key}_events"].sum()
    assert first["population"] == areas.loc[codes, "population"].sum()
    assert first["area_km2"] == pytest.approx(areas.loc[codes, "area_km2"].sum())
    union = areas.loc[codes].geometry.union_all()
    assert union.geom_type == "Polygon", "areas that touch make one piece"


def test_every_number_of_every_sentence_is_in_the_output(refreshes: list[PublishedRun]) -> None:
    run = refreshes[2]
    told = pd.read_csv(run.path("explanations.csv"), keep_default_na=False)
    figures = pd.read_csv(run.path("explanation_figures.csv"), keep_default_na=False)
    keys = ["area_code", "priority", "sentence"]
    shown = (
        (figures["shown"].astype(str) + " " + figures["unit"])
        .groupby([figures[key] for key in keys])
        .agg(" ".join)
    )
    assert len(told) >= 3 * 2 * len(run.areas())
    for row in told.itertuples():
        known = set(NUMBER.findall(shown.get((row.area_code, row.priority, row.sentence), "")))
        assert set(NUMBER.findall(row.text)) <= known, row.text


def test_figures_are_the_published_columns(refreshes: list[PublishedRun]) -> None:
    run = refreshes[2]
    areas = run.areas()
    figures = pd.read_csv(run.path("explanation_figures.csv"), keep_default_na=False)
    for name in ("score", "rank", "rank_lo", "rank_hi", "p_top", "rr", "events", "rank_in_stratum"):
        for key in PRIORITIES:
            rows = figures[(figures["figure"] == name) & (figures["priority"] == key)]
            assert len(rows) >= 10, name
            published = areas.loc[rows["area_code"], f"{key}_{name}"].to_numpy(dtype=float)
            np.testing.assert_allclose(rows["value"].astype(float), published, rtol=1e-8)
    contributions = run.contributions()
    own = contributions[contributions["indicator"] == "harm_rate"].set_index("area_code")
    rows = figures[figures["figure"] == "harm_rate_points"].set_index("area_code")
    apart = own["contribution"] - own["contribution"].mean()
    np.testing.assert_allclose(rows["value"].astype(float), apart[rows.index], rtol=1e-6, atol=1e-6)


def test_sentences_are_those_of_the_areas_table(refreshes: list[PublishedRun]) -> None:
    run = refreshes[0]
    told = pd.read_csv(run.path("explanations.csv"), keep_default_na=False)
    joined = told.groupby(["area_code", "priority"], sort=False)["text"].agg(" ".join)
    areas = run.areas()
    for key in PRIORITIES:
        for code in areas.index:
            assert joined[(code, key)] == areas.loc[code, f"{key}_reasons"]


def test_guards_compare_with_the_refresh_before(refreshes: list[PublishedRun]) -> None:
    first, second, third = (run.manifest["guards"] for run in refreshes)
    assert first["previous_run"] is None
    assert second["previous_run"] == refreshes[0].run_id
    assert third["previous_run"] == refreshes[1].run_id
    # Nothing was planted that grows: 2025-07 alone, and 2025-09 and 2025-10.
    assert second["months_since"] == ["2025-07", "2025-08"]
    assert third["months_since"] == ["2025-09", "2025-10"]
    assert not second["growth"]["alarm"]
    assert not third["growth"]["alarm"]
    before, after = refreshes[1].areas(), refreshes[2].areas()
    pd.testing.assert_series_equal(
        after["police_generated_change"],
        after["police_generated_share"] - before["police_generated_share"],
        check_names=False,
    )
    assert refreshes[0].areas()["police_generated_change"].isna().all()
    for key in PRIORITIES:
        noted = after.index[after[f"{key}_feedback"] != ""]
        assert before.loc[noted, f"{key}_flag"].all()
        assert len(noted) == third["feedback"][key]
