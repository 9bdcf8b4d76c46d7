"""A second process beside a run: the same run, and nothing of one where it dies."""

from __future__ import annotations

import os
from datetime import datetime
from functools import partial
from pathlib import Path

import pytest

from dashboards.exports.run_files import extra_writers
from risk_model import api
from risk_model.run_jobs import prepare
from risk_model.run_store import PublishedRun
from spatial.blocks import WorkerError


def test_a_second_process_publishes_the_same_run(
    demonstration_request: api.Request,
    demonstration_run: PublishedRun,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(api, "processors", lambda: 2)
    alone = demonstration_run.manifest
    both = api.run(
        demonstration_request,
        runs=tmp_path,
        writers=extra_writers,
        now=datetime.fromisoformat(alone["created"]),
        workers=None,
    ).manifest
    # Everything that is published: tables, maps, the kept layers, the page.
    assert len(both["outputs"]) > 20
    assert both["outputs"] == alone["outputs"]
    assert {**both, "timings": 0} == {**alone, "timings": 0}
    assert list(both["timings"]) == list(alone["timings"])


def test_nothing_is_published_where_the_second_process_dies(
    demonstration_request: api.Request, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api, "processors", lambda: 2)
    monkeypatch.setattr(api, "prepare", partial(os._exit, 3))
    with pytest.raises(WorkerError, match="beside this one ended"):
        api.run(demonstration_request, runs=tmp_path, workers=None)
    assert not (tmp_path / "CURRENT").exists()
    assert [path for path in tmp_path.iterdir() if path.is_dir()] == []


@pytest.mark.parametrize(
    ("workers", "processors", "second"),
    [(None, 1, None), (None, 2, prepare), (1, 2, None), (2, 2, None)],
)
def test_where_a_second_process_is_started(
    workers: int | None,
    processors: int,
    second: object,
    demonstration_request: api.Request,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class SeenError(Exception):
        pass

    def seen(wanted: object) -> None:
        raise SeenError(wanted)

    monkeypatch.setattr(api, "processors", lambda: processors)
    monkeypatch.setattr(api, "beside", seen)
    with pytest.raises(SeenError) as found:
        api.run(demonstration_request, runs=tmp_path, workers=workers)
    assert found.value.args == (second,)
