"""Back-tests beside the runs: kept under what they tested, found again by a run of the same."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd

from risk_model.config.harm import HarmWeights
from risk_model.config.risk import RiskConfig
from risk_model.input_tables import InputFile
from risk_model.provenance import canonical_json, jsonable, run_id_of, sha256_text
from risk_model.run_store import PublishedRun, Writer, lock_runs, publish, read_run
from spatial.errors import InputError
from spatial.period import Period
from spatial.writers import write_csv

__all__ = [
    "Attached",
    "attach_backtest",
    "content_of_settings",
    "find_backtest",
    "publish_backtest",
]

_FOLDER = "backtests"
TABLE = "backtest.csv"
_SHOWN = ("kind", "months", "window", "horizon", "verdicts", "other_ways", "notes")


def _content(
    *,
    config_sha256: str,
    harm: Mapping[str, float],
    inputs: Iterable[tuple[str, str, str]],
    lads: Sequence[str],
    period: tuple[str, str],
) -> str:
    """Return the text that two runs share when a back-test of one speaks for the other."""
    return canonical_json(
        {
            "config": config_sha256,
            "harm_weights": {name: float(weight) for name, weight in harm.items()},
            "inputs": sorted(inputs),
            "lads": sorted(lads),
            "period": period,
        }
    )


def content_of_settings(
    config: RiskConfig,
    harm: HarmWeights,
    files: Iterable[InputFile],
    *,
    lads: Sequence[str],
    period: Period,
) -> str:
    """Return what is back-tested: settings, harm weights, files, study area, period of the run."""
    return _content(
        config_sha256=sha256_text(canonical_json(config.model_dump(mode="json"))),
        harm=harm.weights,
        inputs=[(file.role, file.path, file.sha256) for file in files],
        lads=lads,
        period=(period.start, period.end),
    )


def _content_of_manifest(manifest: Mapping[str, Any]) -> str:
    return _content(
        config_sha256=manifest["config_sha256"],
        harm=manifest["harm_weights"],
        inputs=[(file["role"], file["path"], file["sha256"]) for file in manifest["inputs"]],
        lads=manifest["area"]["lads"],
        period=(manifest["period"]["start"], manifest["period"]["end"]),
    )


def publish_backtest(
    runs: Path,
    *,
    content: str,
    created: datetime,
    described: Mapping[str, Any],
    tables: Mapping[str, pd.DataFrame],
) -> PublishedRun:
    """Write a back-test into `backtests/` beside the runs, whole or not at all.

    Parameters
    ----------
    content
        From `content_of_settings`; its hash is the key by which a run finds the back-test.
    described
        For its `manifest.json`.
    tables
        By file name.
    """

    def writer(table: pd.DataFrame) -> Writer:
        return lambda path: write_csv(table, path)

    folder = runs / _FOLDER
    manifest = {**jsonable(described), "key": sha256_text(content)}
    with lock_runs(folder):
        return publish(
            folder,
            run_id_of(created, content),
            manifest,
            {name: writer(table) for name, table in tables.items()},
        )


def find_backtest(runs: Path, key: str) -> PublishedRun | None:
    """Return the last back-test of a key, or None.

    Raises
    ------
    InputError
        Where the last one cannot be read: an older one would pass for it.
    """
    for folder in sorted((runs / _FOLDER).glob(f"[0-9]*Z-{key[:8]}"), reverse=True):
        found = read_run(folder.parent, folder.name)
        if found.manifest.get("key") == key:
            return found
    return None


@dataclass(frozen=True, slots=True)
class Attached:
    """What a run says of its back-test.

    Attributes
    ----------
    entry
        For the manifest: `status` run or not run, `date`, `key`, `verdicts` and the settings.
    warnings
        Where our scores lose to counting.
    writers
        `backtest.csv`, where there is one.
    """

    entry: dict[str, Any]
    warnings: list[str]
    writers: dict[str, Writer]


def attach_backtest(runs: Path, manifest: Mapping[str, Any]) -> Attached:
    """Find the last back-test of equal settings, files, area and period, or say that none was run.

    Parameters
    ----------
    manifest
        Of the run that is about to be published.
    """
    key = sha256_text(_content_of_manifest(manifest))
    blank: dict[str, Any] = {
        "status": "not run",
        "date": None,
        "key": key,
        "verdicts": [],
        "other_ways": [],
    }
    try:
        found = find_backtest(runs, key)
        table = None if found is None else found.path(TABLE).read_bytes()
    except (InputError, OSError) as problem:
        return Attached(blank, [f"The back-test cannot be read: {problem}"], {})
    if found is None or table is None:
        return Attached(blank, [], {})
    about = found.manifest
    entry = {
        "status": "run",
        "date": str(about["created"])[:10],
        "key": key,
        "id": found.run_id,
        **{name: about[name] for name in _SHOWN},
        "origins": [origin["at"] for origin in about["origins"]],
    }
    return Attached(entry, list(about["losses"]), {TABLE: _bytes_writer(table)})


def _bytes_writer(content: bytes) -> Writer:
    def write(path: Path) -> None:
        path.write_bytes(content)

    return write
