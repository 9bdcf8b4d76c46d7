"""The command line as a person uses it: what it prints, what it writes, how it ends."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from risk_model.run_store import PublishedRun, lock_runs


def hotspots(repository: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "dashboards.cli.main", *arguments],
        cwd=repository,
        env={**os.environ, "COLUMNS": "200", **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def listing(folder: Path) -> list[str]:
    return sorted(path.as_posix() for path in folder.rglob("*"))


@pytest.fixture(scope="module")
def published(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A runs folder made by the command, and what the command printed."""
    runs = tmp_path_factory.mktemp("cli")
    done = hotspots(repository, "run", "--out", str(runs))
    assert done.returncode == 0, done.stderr
    return runs, done.stdout


def test_run_says_areas_rows_lists_warnings_and_where(published: tuple[Path, str]) -> None:
    runs, printed = published
    for words in ("areas", "used", "unlocated", "superseded", "SV01", "SV04", "warning", "Seconds"):
        assert words in printed
    assert str(runs) in printed
    assert "map.html" in printed


def test_check_prints_the_ledger_and_writes_nothing(repository: Path, tmp_path: Path) -> None:
    before = listing(tmp_path)
    done = hotspots(repository, "check", "--out", str(tmp_path / "runs"))
    assert done.returncode == 0, done.stderr
    assert "Every row accounted for" in done.stdout
    assert "Nothing was written" in done.stdout
    assert listing(tmp_path) == before


def test_every_fault_of_settings_and_inputs_at_once(repository: Path, tmp_path: Path) -> None:
    risk = (repository / "config" / "risk.yaml").read_text(encoding="utf-8")
    inputs = (repository / "config" / "inputs.yaml").read_text(encoding="utf-8")
    (tmp_path / "risk.yaml").write_text(risk + "\nunknwon_key: 1\n", encoding="utf-8")
    (tmp_path / "inputs.yaml").write_text(inputs + "\nbondaries: 1\n", encoding="utf-8")
    done = hotspots(
        repository,
        *("run", "--config", str(tmp_path / "risk.yaml"), "--out", str(tmp_path / "runs")),
        *("--inputs", str(tmp_path / "inputs.yaml"), "--data-root", str(repository)),
    )
    assert done.returncode == 2
    assert "unknwon_key" in done.stderr
    assert "bondaries" in done.stderr
    assert "boundaries" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "runs" / "CURRENT").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--set", "priorities.sv01.indicators.harm_rate.weight=-1"], "weight"),
        (["--set", "nonsense"], "KEY=VALUE"),
        (["--set", "statistics.permutation=9999"], "permutations"),
        (["--period", "2025-13:2026-01"], "2025-01:2025-06"),
        (["--area", "E06990009"], "E0699000"),
        (["--area", "E22990001"], "E06990001"),
        (["--ring", "sideways"], "ring"),
        (["--data-root", "nowhere"], "--data-root"),
        (["--inputs", "config/no-such-file.yaml"], "no-such-file.yaml"),
        (["--config", "config/no-such-file.yaml"], "no-such-file.yaml"),
    ],
)
def test_refusals_name_the_way_out(
    repository: Path, tmp_path: Path, arguments: list[str], words: str
) -> None:
    done = hotspots(repository, "run", "--out", str(tmp_path / "runs"), *arguments)
    assert done.returncode == 2, done.stdout + done.stderr
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "runs" / "CURRENT").exists()


def test_overrides_are_recorded(repository: Path, tmp_path: Path) -> None:
    key = "priorities.sv01.indicators.harm_rate.weight"
    done = hotspots(
        repository,
        *("run", "--out", str(tmp_path), "--set", f"{key}=0.9", "--set", "uncertainty.draws=100"),
    )
    assert done.returncode == 0, done.stderr
    run = tmp_path / (tmp_path / "CURRENT").read_text(encoding="utf-8")
    manifest = json.loads((run / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["overrides"] == {key: "0.9", "uncertainty.draws": "100"}
    indicators = manifest["config"]["priorities"]["sv01"]["indicators"]
    assert indicators["harm_rate"]["weight"] == 0.9


def test_a_second_run_at_the_same_time_exits_75(repository: Path, tmp_path: Path) -> None:
    with lock_runs(tmp_path):
        done = hotspots(repository, "run", "--out", str(tmp_path))
    assert done.returncode == 75
    assert "another run" in done.stderr


def test_explain_by_code_by_name_and_a_wrong_name(
    repository: Path, published: tuple[Path, str], demonstration_run: PublishedRun
) -> None:
    runs, _ = published
    areas = demonstration_run.areas()
    code = areas["sv01_rank"].astype(float).idxmin()
    label = areas.loc[code, "area_label"]
    by_code = hotspots(repository, "explain", code, "--runs", str(runs), "--priority", "sv01")
    assert by_code.returncode == 0, by_code.stderr
    assert areas.loc[code, "sv01_tier"] in by_code.stdout
    assert "harm_rate" in by_code.stdout
    assert "SV04" not in by_code.stdout
    by_name = hotspots(repository, "explain", label, "--runs", str(runs))
    assert code in by_name.stdout
    wrong = hotspots(repository, "explain", "E01990x", "--runs", str(runs))
    assert wrong.returncode == 2
    assert "did you mean" not in wrong.stderr, "no code is near"
    assert "The run holds" in wrong.stderr
    assert f"{runs}/" in wrong.stderr
    assert "/areas.csv lists their codes and names" in wrong.stderr


def test_runs_list_roll_back_and_compare(repository: Path, tmp_path: Path) -> None:
    for weight in ("0.3", "0.9"):
        done = hotspots(
            repository,
            *("run", "--out", str(tmp_path), "--set", "uncertainty.draws=100"),
            *("--set", f"priorities.sv01.indicators.harm_rate.weight={weight}"),
        )
        assert done.returncode == 0, done.stderr
    second = (tmp_path / "CURRENT").read_text(encoding="utf-8")
    listed = hotspots(repository, "runs", "list", "--runs", str(tmp_path)).stdout
    assert second in listed
    back = hotspots(repository, "runs", "rollback", "--runs", str(tmp_path))
    assert back.returncode == 0
    first = (tmp_path / "CURRENT").read_text(encoding="utf-8")
    assert first < second
    compared = hotspots(repository, "compare", first, second, "--runs", str(tmp_path))
    assert compared.returncode == 0, compared.stderr
    assert "harm_rate.weight" in compared.stdout
    assert "0.9" in compared.stdout
    assert "Stays on the list" in compared.stdout


def test_an_unknown_format_lists_those_there_are(
    repository: Path, published: tuple[Path, str], tmp_path: Path
) -> None:
    runs, _ = published
    done = hotspots(
        repository,
        "export",
        "current",
        "--format",
        "pfd",
        "--to",
        str(tmp_path),
        "--runs",
        str(runs),
    )
    assert done.returncode == 2
    assert "geopackage" in done.stderr


def test_serving_nothing_is_refused_in_words(repository: Path, tmp_path: Path) -> None:
    done = hotspots(repository, "serve", "--runs", str(tmp_path))
    assert done.returncode == 2
    assert "hotspots run" in done.stderr
