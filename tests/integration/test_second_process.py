"""A second process beside a run: the same run, and nothing of one where it dies."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import datetime
from functools import partial
from pathlib import Path

import pytest

from dashboards.exports.run_files import extra_writers
from risk_model import api, second_process
from risk_model.run_store import PublishedRun
from spatial.beside import HERE, Helper, beside
from spatial.blocks import WorkerError


def test_a_second_process_publishes_the_same_run(
    demonstration_request: api.Request, demonstration_run: PublishedRun, tmp_path: Path
) -> None:
    alone = demonstration_run.manifest
    with beside(second_process.preparation()) as place:
        both = api.run(
            demonstration_request,
            runs=tmp_path,
            writers=partial(extra_writers, place=place),
            now=datetime.fromisoformat(alone["created"]),
            place=place,
        ).manifest
    # Everything that is published: tables, maps, the kept layers, the page.
    assert len(both["outputs"]) > 20
    assert both["outputs"] == alone["outputs"]
    assert {**both, "timings": 0} == {**alone, "timings": 0}
    assert list(both["timings"]) == list(alone["timings"])


def test_nothing_is_published_where_the_second_process_dies(
    demonstration_request: api.Request, tmp_path: Path
) -> None:
    with (
        beside([partial(os._exit, 3)]) as place,
        pytest.raises(WorkerError, match="beside this one ended"),
    ):
        api.run(demonstration_request, runs=tmp_path, place=place)
    assert not (tmp_path / "CURRENT").exists()
    assert [path for path in tmp_path.iterdir() if path.is_dir()] == []


@pytest.mark.parametrize(
    ("workers", "processors", "second"),
    [(None, 1, False), (None, 2, True), (1, 2, False), (2, 2, False)],
)
def test_where_a_second_process_is_started(
    workers: int | None, processors: int, second: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(second_process, "processors", lambda: processors)
    with second_process.second_process(workers) as place:
        assert isinstance(place, Helper) is second
        assert (place is HERE) is not second


def test_it_is_started_before_anything_heavy_is_imported() -> None:
    code = (
        "import sys\n"
        "import risk_model.second_process\n"
        "heavy = {'numpy', 'pandas', 'geopandas', 'scipy', 'sklearn', 'pydantic'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"
