"""Equal inputs give equal bytes, whatever the threads, locale, time zone and row order."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import geopandas as gpd
import pytest

SAME = ("areas.csv", "contributions.csv")


def shuffled_lines(text: str, rng: random.Random) -> str:
    header, *rows = text.splitlines(keepends=True)
    rng.shuffle(rows)
    return "".join([header, *rows])


def shuffled_copy(root: Path, to: Path) -> None:
    """Copy the demonstration county with the rows of every file in another order."""
    rng = random.Random(7)
    for source in sorted((root / "data").rglob("*")):
        target = to / source.relative_to(root)
        if source.is_dir():
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.suffix == ".zip":
            with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
                names = old.namelist()
                rng.shuffle(names)
                for name in names:
                    new.writestr(name, shuffled_lines(old.read(name).decode(), rng))
        elif source.suffix == ".csv":
            text = source.read_bytes().decode("utf-8")
            target.write_text(shuffled_lines(text, rng), encoding="utf-8", newline="")
        elif source.suffix == ".gpkg":
            frame = gpd.read_file(source)
            frame.sample(frac=1, random_state=7).to_file(target, driver="GPKG")
        else:
            shutil.copy(source, target)


def run(repository: Path, root: Path, out: Path, **environment: str) -> Path:
    command = [
        *(sys.executable, "-m", "dashboards.cli.main", "run", "--out", str(out)),
        *("--config", str(repository / "config" / "risk.yaml")),
        *("--inputs", str(repository / "config" / "inputs.yaml"), "--data-root", str(root)),
    ]
    done = subprocess.run(
        command,
        env={**os.environ, **environment},
        cwd=repository,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return out / (out / "CURRENT").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def first(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return run(repository, repository, tmp_path_factory.mktemp("first"), OMP_NUM_THREADS="1")


@pytest.mark.parametrize(
    "environment",
    [
        {"OMP_NUM_THREADS": "2", "OPENBLAS_NUM_THREADS": "2", "PYTHONHASHSEED": "1"},
        {"LC_ALL": "tr_TR.UTF-8", "TZ": "Pacific/Auckland", "PYTHONHASHSEED": "2"},
    ],
    ids=["threads", "locale-and-time-zone"],
)
def test_the_machine_does_not_matter(
    repository: Path, tmp_path: Path, first: Path, environment: dict[str, str]
) -> None:
    again = run(repository, repository, tmp_path, **environment)
    for name in SAME:
        assert (again / name).read_bytes() == (first / name).read_bytes(), name


def test_the_order_of_rows_and_files_does_not_matter(
    repository: Path, tmp_path: Path, first: Path
) -> None:
    root = tmp_path / "shuffled"
    shuffled_copy(repository, root)
    again = run(repository, root, tmp_path / "runs")
    for name in SAME:
        assert (again / name).read_bytes() == (first / name).read_bytes(), name
