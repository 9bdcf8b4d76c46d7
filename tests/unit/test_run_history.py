"""The previous run: same areas and vintage, an earlier end, the latest published of that end."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from risk_model import run_store
from risk_model.run_history import earlier_refreshes

AREA = {"lads": ["E06990001"], "study": 80, "vintage": "2021"}


def manifest(end: str, **area: Any) -> dict[str, Any]:
    return {
        "created": "2026-01-01T00:00:00Z",
        "name": "test",
        "period": {"start": "2024-07", "end": end},
        "area": AREA | area,
        "config": {"version": "first"},
        "priorities": {"sv01": {"flagged": 2}},
    }


def publish(runs: Path, day: int, end: str, **area: Any) -> str:
    run_id = f"202601{day:02d}T000000Z-{day:08x}"
    run_store.publish(runs, run_id, manifest(end, **area), {})
    return run_id


def ids(runs: Path, of: dict[str, Any]) -> list[str]:
    return [run.run_id for run in earlier_refreshes(runs, of)]


def test_the_first_run_has_none(tmp_path: Path) -> None:
    assert ids(tmp_path / "not yet", manifest("2025-06")) == []
    publish(tmp_path, 1, "2025-06")
    assert ids(tmp_path, manifest("2025-06")) == []


def test_each_end_counts_once_by_its_latest_publication(tmp_path: Path) -> None:
    publish(tmp_path, 1, "2025-01")
    june = publish(tmp_path, 2, "2025-06")
    january = publish(tmp_path, 3, "2025-01")  # the same months again, corrected
    publish(tmp_path, 4, "2025-09")
    assert ids(tmp_path, manifest("2025-09")) == [january, june]


def test_other_areas_or_another_vintage_never_count(tmp_path: Path) -> None:
    publish(tmp_path, 1, "2025-01", lads=["E06990002"])
    publish(tmp_path, 2, "2025-02", vintage="2011")
    publish(tmp_path, 3, "2025-03", study=79)
    assert ids(tmp_path, manifest("2025-09")) == []
    mine = publish(tmp_path, 4, "2025-01")
    assert ids(tmp_path, manifest("2025-09")) == [mine]


def test_a_run_that_cannot_be_read_is_passed_over(tmp_path: Path) -> None:
    sound = publish(tmp_path, 1, "2025-01")
    torn = publish(tmp_path, 2, "2025-02")
    (tmp_path / torn / "manifest.json").write_text("{", encoding="utf-8")
    assert ids(tmp_path, manifest("2025-09")) == [sound]
