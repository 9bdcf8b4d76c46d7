"""The named versions of the weights in a folder, and which published runs used each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from risk_model.config.harm import load_harm_weights
from risk_model.config.loader import read_document
from risk_model.config.risk import RiskConfig, load_risk
from risk_model.kept_settings import settings_of
from risk_model.provenance import canonical_json, sha256_text
from risk_model.run_store import list_runs, read_run
from spatial.errors import InputError

__all__ = ["WeightVersion", "list_versions"]

_SUFFIXES = (".yaml", ".yml")
_INPUTS = frozenset({"boundaries", "incidents"})
"""Keys of an inputs file, which is no set of weights."""


@dataclass(frozen=True, slots=True)
class WeightVersion:
    """One file of weights.

    Attributes
    ----------
    path, version
        The file and the name in it.
    sha256
        Of its settings, as runs record it (`config_sha256`); empty where it cannot be read.
    runs
        Published runs with exactly these settings and harm weights.
    other_runs
        Published runs under this name with other settings: `--set`, or a file that was changed
        after it was used.
    fault
        Why it cannot be read, or empty.
    """

    path: Path
    version: str
    sha256: str
    runs: tuple[str, ...] = ()
    other_runs: tuple[str, ...] = ()
    fault: str = ""


def list_versions(folder: Path, runs: Path) -> list[WeightVersion]:
    """Return every file of weights in a folder, by file name, with the runs that used it."""
    used = _used(runs)
    return [
        _version(path, used)
        for path in sorted(folder.iterdir() if folder.is_dir() else ())
        if path.suffix in _SUFFIXES
        and path.is_file()
        and not _INPUTS & read_document(path).data.keys()
    ]


@dataclass(frozen=True, slots=True)
class _Used:
    run_id: str
    version: str
    config: RiskConfig | None
    harm: Mapping[str, Any]


def _used(runs: Path) -> list[_Used]:
    """Return the settings of every published run; None where this version cannot read them."""
    found = []
    for entry in list_runs(runs):
        manifest = read_run(runs, entry.run_id).manifest
        try:
            config, harm = settings_of(manifest)
        except (InputError, KeyError):  # an earlier version made it
            found.append(_Used(entry.run_id, entry.weights_version, None, {}))
        else:
            found.append(_Used(entry.run_id, entry.weights_version, config, harm.weights))
    return found


def _version(path: Path, used: Sequence[_Used]) -> WeightVersion:
    try:
        config = load_risk(path)
        harm = load_harm_weights(path.parent / config.harm_weights).weights
    except InputError as error:
        named = read_document(path).data.get("version", "")
        return WeightVersion(path, str(named), "", fault=str(error.faults[0]))
    same = tuple(run.run_id for run in used if run.config == config and dict(run.harm) == harm)
    others = (run.run_id for run in used if run.version == config.version)
    return WeightVersion(
        path,
        config.version,
        sha256_text(canonical_json(config.model_dump(mode="json"))),
        runs=same,
        other_runs=tuple(run_id for run_id in others if run_id not in same),
    )
