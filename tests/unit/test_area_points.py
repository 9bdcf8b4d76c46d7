"""The fullest map point of each area, by the slow way, and the names that are looked up."""

from __future__ import annotations

import zipfile
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest

from risk_model import api


@pytest.fixture(scope="module")
def loaded(demonstration_request: api.Request) -> object:
    settings = api.load_settings(demonstration_request)
    guards = settings.risk.guards.model_copy(update={"map_point_share": 0.4})
    risk = settings.risk.model_copy(update={"guards": guards})
    from dataclasses import replace

    return api.load_inputs(replace(settings, risk=risk))


def test_shares_and_names_are_those_of_counting_rows(loaded: object, repository: Path) -> None:
    points = loaded.incidents.area_points  # type: ignore[attr-defined]
    rows: dict[str, Counter[tuple[str, str, str]]] = {}
    with zipfile.ZipFile(repository / "data/incidents/wessmouth.zip") as archive:
        for name in archive.namelist():
            if not name.startswith("2025"):
                continue
            with archive.open(name) as stream:
                frame = pd.read_csv(stream, dtype=str, keep_default_na=False)
            for lon, lat, code, place, kind, month in zip(
                frame["Longitude"], frame["Latitude"], frame["LSOA code"], frame["Location"],
                frame["Crime type"], frame["Month"], strict=True,
            ):  # fmt: skip
                if code.startswith("E0199") and not code.startswith("E01999"):
                    if kind.startswith("Violance") or month == "May-25":
                        continue
                    rows.setdefault(code, Counter())[lon, lat, place] += 1
    # One robbery stands in two months and counts once.
    twice = "E01990029"
    assert set(points.index) == set(rows)
    named = 0
    for code, counted in rows.items():
        total = sum(counted.values()) - (code == twice)
        assert points.loc[code, "events"] == total
        most = counted.most_common(1)[0][1]
        if code != twice:
            assert points.loc[code, "share"] == pytest.approx(most / total)
            if most / total >= 0.4:
                named += 1
                tied = {place for (_, _, place), n in counted.items() if n == most}
                assert points.loc[code, "name"] in tied
            else:
                assert points.loc[code, "name"] == ""
    assert named > 10
