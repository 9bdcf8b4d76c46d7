"""The fullest map point of each area, by the slow way, and the names that are looked up."""

from __future__ import annotations

import zipfile
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

from risk_model import api
from spatial.area_points import point_names
from spatial.incident_sources import IncidentSource


@pytest.fixture(scope="module")
def loaded(demonstration_request: api.Request) -> object:
    settings = api.load_settings(demonstration_request)
    guards = settings.risk.guards.model_copy(
        update={"map_point_share": 0.4, "map_point_events": 15}
    )
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
            if most / total >= 0.4 and total >= 15:
                named += 1
                tied = {place for (_, _, place), n in counted.items() if n == most}
                assert points.loc[code, "name"] in tied
            else:
                assert points.loc[code, "name"] == ""
    assert named > 10


LINES = [
    "Crime ID,Location,LSOA code",
    "a,On or near Prison,E01000001",
    '"b","On or near ""The Ship"", Quay",E01000002',
    "c," + "x" * 70_000 + ",E01000003",
    "d,On or near Hospital,E01000004",
    "e",
]


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_only_the_lines_that_are_wanted_are_read(tmp_path: Path, newline: str, mark: str) -> None:
    folder = tmp_path / "2025-01"
    folder.mkdir()
    name = "2025-01/2025-01-dorset-street.csv"
    (tmp_path / name).write_bytes((mark + newline.join(LINES)).encode())
    source = IncidentSource(path=tmp_path, shown_as="x", kind="police_uk")
    file = SimpleNamespace(file=SimpleNamespace(source=source, name=name))
    points = pd.DataFrame(
        {"events": 30, "share": 0.9, "file": [0, 0, 0, 0, -1], "line": [2, 3, 5, 6, -1]},
        index=["E01000001", "E01000002", "E01000004", "E01000005", "E01000009"],
    )
    found = point_names(points, [file])  # type: ignore[list-item]
    assert found["name"].tolist() == [
        "On or near Prison", 'On or near "The Ship", Quay', "On or near Hospital", "", "",
    ]  # fmt: skip
    assert list(found.columns) == ["events", "share", "name"]
    (tmp_path / name).write_bytes(newline.join(LINES).replace("Location", "Place").encode())
    assert set(point_names(points, [file])["name"]) == {""}  # type: ignore[list-item]
