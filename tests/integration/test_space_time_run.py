"""The eight space-time patterns planted in the demonstration county and found through a run."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from dashboards.cli.main import app
from dashboards.exports.columns import TABLES
from risk_model import api
from risk_model.run_store import PublishedRun

MONTHS = [f"2024-{month:02d}" for month in range(1, 13)] + ["2025-01", "2025-02"]
CENTRES = ("E01990035", "E01990058", "E01990090", "E01990118")
"""Areas of seven neighbours each, no two blocks touching."""

EVERY = np.arange(len(MONTHS))


def _in(months: list[int], level: float, base: float = 1.0) -> np.ndarray:
    """`level` times the usual number of events in these months, counted from 0 or from the end."""
    plan = np.full(len(MONTHS), base)
    plan[months] = level
    return plan


PLANTED: dict[str, dict[str, np.ndarray]] = {
    "Burglary": {
        "Intensifying hot spot": np.linspace(4.0, 6.5, len(MONTHS)),
        "Diminishing hot spot": np.linspace(7.5, 5.0, len(MONTHS)),
        "New hot spot": _in([-1], 5),
        "Consecutive hot spot": _in([-3, -2, -1], 5),
    },
    "Violence and sexual offences": {
        "Persistent hot spot": np.where(EVERY % 2 == 0, 5.0, 5.6),
        "Historical hot spot": _in([-1], 1, base=5),
        "Sporadic hot spot": _in([1, 4, 8, -1], 5),
        # Nothing at all in the third month makes it cold.
        "Oscillating hot spot": np.where(EVERY == 2, 0.0, _in([6, 9, -1], 5)),
    },
}
PRIORITY = {"Burglary": "sv01", "Violence and sexual offences": "sv04"}


def _events(areas: gpd.GeoDataFrame, people: pd.Series) -> pd.DataFrame:
    """Six events a month and 1,000 residents, times what is planted around each centre."""
    usual = 6.0 * people.reindex(areas.index).fillna(0.0).to_numpy() / 1000.0
    middle = areas.geometry.representative_point().to_crs(4326)
    rows = []
    for category, plans in PLANTED.items():
        level = np.ones((len(areas), len(MONTHS)))
        for centre, plan in zip(CENTRES, plans.values(), strict=True):
            block = areas.geometry.touches(areas.geometry[centre]) | (areas.index == centre)
            level[block.to_numpy()] = plan
        counts = np.rint(usual[:, None] * level).astype(int)
        area, month = (np.repeat(at.ravel(), counts.ravel()) for at in np.indices(counts.shape))
        rows.append(
            pd.DataFrame(
                {
                    "Month": np.asarray(MONTHS)[month],
                    "Reported by": "Wessmouth Police",
                    "Falls within": "Wessmouth Police",
                    "Longitude": middle.x.to_numpy()[area].round(6),
                    "Latitude": middle.y.to_numpy()[area].round(6),
                    "LSOA code": areas.index.to_numpy()[area],
                    "Crime type": category,
                }
            )
        )
    return pd.concat(rows, ignore_index=True)


@pytest.fixture(scope="module")
def run(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> PublishedRun:
    root = tmp_path_factory.mktemp("fourteen-months")
    left_out = shutil.ignore_patterns("incidents", "*.py", "__pycache__")
    shutil.copytree(repository / "data", root / "data", ignore=left_out)
    shutil.copytree(repository / "config", root / "config")
    layer = next((root / "data" / "boundaries").glob("*.gpkg"))
    areas = gpd.read_file(layer).set_index("LSOA21CD").sort_index()
    table = pd.read_csv(next((root / "data" / "population").glob("*.csv")))
    people = pd.Series(
        table.filter(regex="Total|total").iloc[:, 0].to_numpy(dtype=float),
        index=table["geography code"],
    )
    events = _events(areas, people)
    header = [
        "Crime ID",
        "Month",
        "Reported by",
        "Falls within",
        "Longitude",
        "Latitude",
        "Location",
        "LSOA code",
        "LSOA name",
        "Crime type",
        "Last outcome category",
        "Context",
    ]
    incidents = root / "data" / "incidents"
    incidents.mkdir()
    with zipfile.ZipFile(incidents / "wessmouth.zip", "w") as archive:
        for month, rows in events.groupby("Month"):
            named = rows.reindex(columns=header)
            name = f"{month}/{month}-wessmouth-street.csv"
            archive.writestr(name, named.to_csv(index=False, lineterminator="\n"))
    risk = root / "config" / "risk.yaml"
    text = risk.read_text(encoding="utf-8")
    changed = text.replace("offences: harm  ", "offences: {burglary: 1}  ")
    assert changed != text
    risk.write_text(changed, encoding="utf-8")
    request = api.Request(
        config=risk,
        inputs=root / "config" / "inputs.yaml",
        data_root=root,
        period=f"{MONTHS[0]}:{MONTHS[-1]}",
        overrides={"uncertainty.draws": "100"},
    )
    return api.run(request, runs=root / "runs")


def test_each_of_the_eight_patterns_is_found_where_it_was_planted(run: PublishedRun) -> None:
    table = pd.read_csv(run.path("space_time.csv"))
    found = table.set_index(["priority", "area_code"])["pattern"]
    wanted = {
        (PRIORITY[category], centre): pattern
        for category, plans in PLANTED.items()
        for centre, pattern in zip(CENTRES, plans, strict=True)
    }
    assert {key: found[key] for key in wanted} == wanted
    assert len(set(wanted.values())) == 8


def test_the_months_behind_a_pattern_are_published_one_by_one(run: PublishedRun) -> None:
    months = pd.read_csv(run.path("space_time_months.csv"))
    assert list(months.columns) == list(TABLES["space_time_months"])
    assert set(months["month"]) == set(MONTHS)
    months = months.set_index(["priority", "area_code", "month"])["gi_bin"]
    historical = months["sv04", CENTRES[1]]
    assert (historical[MONTHS[:-1]] > 0).all()
    assert historical[MONTHS[-1]] <= 0
    assert months["sv04", CENTRES[3]][MONTHS[2]] < 0, "oscillating: the third month is cold"
    table = pd.read_csv(run.path("space_time.csv")).set_index(["priority", "area_code"])
    assert table["hot_months"].equals((months > 0).groupby(level=[0, 1]).sum().astype("int64"))
    assert table.loc[("sv01", CENTRES[0]), "trend_tau"] > 0.5, "intensifying"
    assert table.loc[("sv04", CENTRES[1]), "last_hot_month"] == MONTHS[-2]


def test_explain_says_the_pattern_of_an_area_in_one_line(run: PublishedRun) -> None:
    words = ["explain", CENTRES[1], "--runs", str(run.folder.parent)]
    told = CliRunner().invoke(app, words, env={"COLUMNS": "200"})
    assert told.exit_code == 0, told.output
    first, second = told.output.split("SV04")[:2]
    assert "Month by month: Diminishing hot spot: hot in 14 of 14 tested months" in first
    assert (
        "Month by month: Historical hot spot: hot in 13 of 14 tested months, last hot in January "
        "2025." in " ".join(second.split())
    )
    plain = CliRunner().invoke(app, ["explain", "E01990001", *words[2:]], env={"COLUMNS": "200"})
    assert "Month by month" not in plain.output


def test_areas_of_few_or_ordinary_events_have_no_hot_pattern(run: PublishedRun) -> None:
    table = pd.read_csv(run.path("space_time.csv"))
    assert set(table["covered_months"]) == {14}
    classified = table[table["pattern"] != "Not classified"]
    assert (classified["tested_months"] == 14).all()
    hot = classified[classified["pattern"].str.contains("hot")]
    areas = run.areas().geometry
    near = {
        code for centre in CENTRES for code in areas.index[areas.distance(areas[centre]) < 4000]
    }
    assert set(hot["area_code"]) <= near
    assert (classified["pattern"] == "No pattern").mean() > 0.85
    # The island has no neighbour to be a hot spot with.
    island = table[table["area_code"] == "E01990076"]
    assert set(island["pattern"]) == {"Not classified"}
    assert island["reason"].str.len().min() > 0
