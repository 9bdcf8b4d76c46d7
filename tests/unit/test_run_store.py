"""Publication is atomic: a reader sees the run before or the run after, never a part."""

from __future__ import annotations

import json
import multiprocessing
from pathlib import Path
from typing import Any

import pytest

from risk_model import run_store
from spatial.errors import InputError, RunInProgressError

FIRST, SECOND, THIRD = (f"2026010{day}T000000Z-0000000{day}" for day in (1, 2, 3))
MANIFEST: dict[str, Any] = {
    "created": "2026-01-01T00:00:00Z",
    "name": "test",
    "period": {"start": "2025-01", "end": "2025-06"},
    "area": {"lads": ["E06990001"]},
    "config": {"version": "first"},
    "priorities": {"sv01": {"flagged": 2}},
}


def write_text(text: str) -> run_store.Writer:
    return lambda path: path.write_text(text, encoding="utf-8") and None


def publish(runs: Path, run_id: str, text: str = "a") -> run_store.PublishedRun:
    writers = {"one.txt": write_text(text), "model/two.txt": write_text(text)}
    return run_store.publish(runs, run_id, MANIFEST, writers)


def test_published_run_is_current_and_lists_its_hashes(tmp_path: Path) -> None:
    publish(tmp_path, FIRST)
    run = run_store.read_run(tmp_path)
    assert run.run_id == FIRST
    # SHA-256 of the single letter a
    expected = "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"
    assert run.manifest["outputs"] == {"model/two.txt": expected, "one.txt": expected}
    assert (tmp_path / "CURRENT").read_text() == FIRST


def test_manifest_on_disk_is_what_is_returned(tmp_path: Path) -> None:
    run = publish(tmp_path, FIRST)
    assert json.loads((run.folder / "manifest.json").read_text()) == run.manifest


@pytest.mark.parametrize("failing", ["one.txt", "model/two.txt"])
def test_a_writer_that_fails_leaves_the_previous_run(tmp_path: Path, failing: str) -> None:
    publish(tmp_path, FIRST)

    def fail(path: Path) -> None:
        path.write_text("half")
        raise OSError(28, "No space left on device")

    writers = {"one.txt": write_text("b"), "model/two.txt": write_text("b"), failing: fail}
    with pytest.raises(OSError, match="No space left"):
        run_store.publish(tmp_path, SECOND, MANIFEST, writers)
    assert run_store.read_run(tmp_path).run_id == FIRST
    assert sorted(entry.name for entry in tmp_path.iterdir()) == [FIRST, "CURRENT"]


@pytest.mark.parametrize("step", ["_hash_and_flush", "_flush", "_point_at"])
def test_a_fault_at_any_step_leaves_the_previous_run_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    publish(tmp_path, FIRST)

    def fail(*_: object) -> None:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(run_store, step, fail)
        with pytest.raises(OSError, match="Input/output"):
            publish(tmp_path, SECOND)
    assert run_store.read_run(tmp_path).run_id == FIRST
    # and the next publication works and sweeps
    publish(tmp_path, THIRD)
    assert run_store.read_run(tmp_path).run_id == THIRD
    assert not list(tmp_path.glob(".unfinished-*"))


def test_what_a_killed_publication_left_is_swept(tmp_path: Path) -> None:
    (tmp_path / f".unfinished-{FIRST}").mkdir()
    (tmp_path / f".unfinished-{FIRST}" / "half.txt").write_text("half")
    (tmp_path / ".unfinished-current").write_text("half")
    publish(tmp_path, SECOND)
    assert not list(tmp_path.glob(".unfinished-*"))


def test_an_existing_run_is_never_overwritten(tmp_path: Path) -> None:
    publish(tmp_path, FIRST, "a")
    with pytest.raises(InputError, match="exists"):
        publish(tmp_path, FIRST, "b")
    assert (tmp_path / FIRST / "one.txt").read_text() == "a"


def test_roll_back_and_forward(tmp_path: Path) -> None:
    for run_id in (FIRST, SECOND, THIRD):
        publish(tmp_path, run_id)
    assert run_store.roll_back(tmp_path).run_id == SECOND
    assert run_store.roll_back(tmp_path).run_id == FIRST
    with pytest.raises(InputError, match="before"):
        run_store.roll_back(tmp_path)
    assert run_store.roll_back(tmp_path, THIRD).run_id == THIRD
    assert [entry.current for entry in run_store.list_runs(tmp_path)] == [False, False, True]


@pytest.mark.parametrize("run_id", ["../other", "x", "20260101T000000Z-0000000G", ""])
def test_a_run_id_is_never_a_path(tmp_path: Path, run_id: str) -> None:
    with pytest.raises(InputError, match="not a run id"):
        run_store.read_run(tmp_path, run_id)


def test_an_unknown_run_lists_the_known(tmp_path: Path) -> None:
    publish(tmp_path, FIRST)
    with pytest.raises(InputError, match=FIRST):
        run_store.read_run(tmp_path, SECOND)


def test_no_run_yet_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="hotspots run"):
        run_store.read_run(tmp_path)
    assert run_store.list_runs(tmp_path) == []


def test_a_file_that_is_not_an_output_is_refused(tmp_path: Path) -> None:
    run = publish(tmp_path, FIRST)
    with pytest.raises(InputError, match="no file"):
        run.path("../CURRENT")


def _hold(runs: Path, held: Any, release: Any) -> None:
    with run_store.lock_runs(runs):
        held.set()
        release.wait(30)


def test_a_second_writer_is_told_at_once(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    held, release = context.Event(), context.Event()
    other = context.Process(target=_hold, args=(tmp_path, held, release))
    other.start()
    try:
        assert held.wait(30)
        with (
            pytest.raises(RunInProgressError, match="another run") as caught,
            run_store.lock_runs(tmp_path),
        ):
            pytest.fail("the lock was taken twice")
        assert caught.value.exit_code == 75
    finally:
        release.set()
        other.join(30)
    with run_store.lock_runs(tmp_path):
        assert run_store.list_runs(tmp_path) == []
