"""The published runs of one folder: publish atomically, read, list, roll back.

A run is built in a hidden folder, flushed to disk, renamed, and only then does `CURRENT` point
at it. A crash at any moment leaves the previous run in place and at most a hidden folder, which
the next publication sweeps away.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas
import pandas as pd
from filelock import FileLock, Timeout

from spatial.errors import Fault, InputError, RunInProgressError

__all__ = [
    "PublishedRun",
    "RunSummary",
    "Writer",
    "list_runs",
    "lock_runs",
    "publish",
    "read_run",
    "roll_back",
    "unreadable_runs",
]

Writer = Callable[[Path], None]

_RUN_ID = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{8}")
_UNFINISHED = ".unfinished-"
_CURRENT = "CURRENT"
_LOCK = ".lock"
_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class PublishedRun:
    """One immutable run on disk; every method reads its own file, nothing is kept."""

    run_id: str
    folder: Path
    manifest: Mapping[str, Any]

    def path(self, name: str) -> Path:
        """Return the path of an output named in the manifest, as `map.html` or `model/...`."""
        if name not in self.manifest["outputs"]:
            raise InputError(
                Fault(
                    f"run {self.run_id} has no file {name!r}; it has "
                    + ", ".join(sorted(self.manifest["outputs"]))
                )
            )
        return self.folder / name

    def areas(self) -> geopandas.GeoDataFrame:
        """Return one row an area, indexed by `area_code`, polygons in EPSG:27700."""
        return geopandas.read_parquet(self.path("areas.parquet")).set_index("area_code")

    def contributions(self) -> pd.DataFrame:
        """Return area_code, priority, indicator, value, normalised, weight, contribution."""
        return pd.read_csv(self.path("contributions.csv"), dtype={"area_code": str})

    def ledger(self) -> pd.DataFrame:
        """Return file, month, reason, rows: every input row accounted for."""
        return pd.read_csv(self.path("ledger.csv"), dtype={"month": str, "file": str})

    def quarantine(self) -> pd.DataFrame:
        """Return file, line, field, value, rule of each row that could not be read."""
        return pd.read_csv(self.path("quarantine.csv"), dtype=str, keep_default_na=False)


@dataclass(frozen=True, slots=True)
class RunSummary:
    """What a list of runs shows without opening any of their tables."""

    run_id: str
    created: str
    name: str
    period: str
    lads: tuple[str, ...]
    weights_version: str
    flagged: Mapping[str, int]
    current: bool


def _require_run_id(run_id: str) -> str:
    if not _RUN_ID.fullmatch(run_id):
        raise InputError(Fault(f"{run_id!r} is not a run id; `hotspots runs list` shows them"))
    return run_id


def _current_id(runs: Path) -> str | None:
    try:
        text = (runs / _CURRENT).read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return None
    return _require_run_id(text)


def _published_ids(runs: Path) -> list[str]:
    if not runs.is_dir():
        return []
    return sorted(
        entry.name
        for entry in runs.iterdir()
        if _RUN_ID.fullmatch(entry.name) and (entry / "manifest.json").is_file()
    )


def read_run(runs: Path, run_id: str | None = None) -> PublishedRun:
    """Open a published run; without an id, the one that `CURRENT` names.

    Raises
    ------
    InputError
        Where the folder holds no such run; the message lists those it holds.
    """
    chosen = _current_id(runs) if run_id is None else _require_run_id(run_id)
    if chosen is None:
        raise InputError(Fault(f"no run is published in {runs}; make one with `hotspots run`"))
    folder = runs / chosen
    try:
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        known = ", ".join(_published_ids(runs)) or "none"
        raise InputError(Fault(f"run {chosen} is not in {runs}; published runs: {known}")) from None
    except (ValueError, OSError) as problem:
        raise InputError(
            Fault(
                f"run {chosen} cannot be read ({problem}); serve another with "
                "`hotspots runs rollback RUN`",
                file=str(folder / "manifest.json"),
            )
        ) from None
    return PublishedRun(run_id=chosen, folder=folder, manifest=manifest)


def list_runs(runs: Path) -> list[RunSummary]:
    """Return every published run that can be read, oldest first; `unreadable_runs` names others."""
    current = _current_id(runs)
    summaries = []
    for run_id in _published_ids(runs):
        try:
            manifest = read_run(runs, run_id).manifest
        except InputError:
            continue
        summaries.append(
            RunSummary(
                run_id=run_id,
                created=manifest["created"],
                name=manifest["name"],
                period=f"{manifest['period']['start']}:{manifest['period']['end']}",
                lads=tuple(manifest["area"]["lads"]),
                weights_version=manifest["config"]["version"],
                flagged={key: entry["flagged"] for key, entry in manifest["priorities"].items()},
                current=run_id == current,
            )
        )
    return summaries


def unreadable_runs(runs: Path) -> list[str]:
    """Return, in words, what is wrong with each published run that cannot be read."""
    problems = []
    for run_id in _published_ids(runs):
        try:
            read_run(runs, run_id)
        except InputError as error:
            problems.append(str(error))
    return problems


@contextmanager
def lock_runs(runs: Path) -> Iterator[None]:
    """Hold the runs folder for one writer; the operating system frees it if we are killed.

    Raises
    ------
    RunInProgressError
        At once, where another process holds it.
    """
    runs.mkdir(parents=True, exist_ok=True)
    lock = FileLock(runs / _LOCK)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise RunInProgressError(
            f"another run is going in {runs}; wait for it to end and start this one again"
        ) from None
    try:
        yield
    finally:
        lock.release()


def _flush(path: Path) -> None:
    """Force a file or folder to disk, so that a rename never outruns its content."""
    if path.is_dir() and os.name == "nt":  # Windows cannot open a folder
        return
    descriptor = os.open(path, os.O_RDONLY if os.name != "nt" else os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _hash_and_flush(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK):
            digest.update(block)
    _flush(path)
    return digest.hexdigest()


def _sweep(runs: Path) -> None:
    """Remove what a killed publication left behind."""
    for entry in runs.glob(f"{_UNFINISHED}*"):
        if entry.is_dir():
            shutil.rmtree(entry)
        else:
            entry.unlink()


def _point_at(runs: Path, run_id: str) -> None:
    pending = runs / f"{_UNFINISHED}current"
    with pending.open("w", encoding="utf-8") as stream:
        stream.write(run_id)
        stream.flush()
        os.fsync(stream.fileno())
    pending.replace(runs / _CURRENT)
    _flush(runs)


def publish(
    runs: Path,
    run_id: str,
    manifest: Mapping[str, Any],
    writers: Mapping[str, Writer],
) -> PublishedRun:
    """Write every output, then the manifest with their hashes, then make the run current.

    The caller holds `lock_runs(runs)`. Each writer gets the path it must fill. Nothing is seen by
    a reader before everything is on disk.

    Raises
    ------
    InputError
        Where a run of this id exists already.
    """
    _require_run_id(run_id)
    _sweep(runs)
    target = runs / run_id
    if target.exists():
        raise InputError(Fault(f"run {run_id} exists in {runs}; start again in a second"))
    folder = runs / f"{_UNFINISHED}{run_id}"
    folder.mkdir()
    try:
        for name, write in writers.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            write(path)
        outputs = {
            path.relative_to(folder).as_posix(): _hash_and_flush(path)
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        }
        complete = {**manifest, "run_id": run_id, "outputs": outputs}
        text = json.dumps(complete, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
        (folder / "manifest.json").write_text(text, encoding="utf-8", newline="\n")
        _flush(folder / "manifest.json")
        for inner in sorted(path for path in folder.rglob("*") if path.is_dir()):
            _flush(inner)
        _flush(folder)
        folder.rename(target)
        _flush(runs)
    except BaseException:
        # A full disk may refuse even this; then the next publication sweeps.
        with suppress(OSError):
            shutil.rmtree(folder)
        raise
    _point_at(runs, run_id)
    return read_run(runs, run_id)


def roll_back(runs: Path, run_id: str | None = None) -> PublishedRun:
    """Serve an earlier run again; without an id, the one published before the current one.

    No run is removed: rolling forward is the same call with the later id.

    Raises
    ------
    InputError
        Where there is no earlier run, or none of that id.
    """
    with lock_runs(runs):
        if run_id is None:
            current = _current_id(runs)
            sound = [entry.run_id for entry in list_runs(runs)]
            earlier = [known for known in sound if current and known < current]
            if not earlier:
                raise InputError(Fault(f"no run in {runs} was published before {current}"))
            run_id = earlier[-1]
        chosen = read_run(runs, run_id)
        _point_at(runs, run_id)
    return chosen
