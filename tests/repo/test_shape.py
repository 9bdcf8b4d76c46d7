"""The shape of the repository: small modules, none called utils, nothing real committed."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

MOST_LINES = 450
PACKAGES = ("spatial", "risk_model", "dashboards")


def modules(repository: Path) -> list[Path]:
    return sorted(path for name in PACKAGES for path in (repository / name).rglob("*.py"))


def committed(repository: Path) -> list[str]:
    listing = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=repository,
        capture_output=True,
        text=True,
        check=True,
    )
    return listing.stdout.splitlines()


def test_modules_are_small_enough_to_read(repository: Path) -> None:
    long = {
        path.relative_to(repository).as_posix(): count
        for path in modules(repository)
        if (count := len(path.read_text(encoding="utf-8").splitlines())) > MOST_LINES
    }
    assert not long


def test_no_module_without_a_noun(repository: Path) -> None:
    assert not [p for p in modules(repository) if p.stem in {"utils", "helpers", "misc", "common"}]


def test_everything_committed_is_small(repository: Path) -> None:
    large = {
        name: size
        for name in committed(repository)
        if (repository / name).is_file()
        and (size := (repository / name).stat().st_size) > 1_500_000
    }
    assert not large


@pytest.mark.real_data
def test_no_real_data_is_committed(repository: Path, real_data: Path) -> None:
    """No committed file equals a real one, and none of ours holds a real LSOA with its figures."""
    sizes = {path.stat().st_size for path in real_data.rglob("*") if path.is_file()}
    ours = [repository / name for name in committed(repository)]
    assert not [path for path in ours if path.is_file() and path.stat().st_size in sizes]
    real_row = re.compile(r"^[EW]01(?!99)\d{6},", re.MULTILINE)
    tables = [path for path in ours if path.suffix == ".csv" and path.is_file()]
    assert not [path for path in tables if real_row.search(path.read_text(encoding="utf-8"))]


def test_continuous_integration_calls_make_check(repository: Path) -> None:
    assert "make check" in (repository / ".ci" / "run").read_text(encoding="utf-8")


def test_no_file_of_ours_or_a_users_is_ever_unpickled(repository: Path) -> None:
    """Reliability case 36: a pickle runs code when it is read; diskcache has an open hole."""
    forbidden = re.compile(
        r"^\s*(?:import|from) (?:pickle|joblib|shelve|marshal|dill|diskcache|cloudpickle)\b"
        r"|read_pickle|allow_pickle=True|to_pickle",
        re.MULTILINE,
    )
    assert not [
        path for path in modules(repository) if forbidden.search(path.read_text(encoding="utf-8"))
    ]
