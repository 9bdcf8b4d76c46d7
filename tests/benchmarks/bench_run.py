"""Whole runs from a cold start, and scoring again while a hand is on the slider."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from risk_model.config.harm import HarmWeights, load_harm_weights
from risk_model.config.risk import RiskConfig, load_risk
from risk_model.model_store import KeptModel, read_model
from risk_model.run_store import read_run
from risk_model.whatif import density_shares, rescore

if TYPE_CHECKING:
    from pytest_benchmark.fixture import BenchmarkFixture

REPOSITORY = Path(__file__).resolve().parents[2]
COLD = "cold start to published run, Dorset Council, six months"
NATION = "cold start to published run, England and Wales, one quarter"
AGAIN = "whatif.rescore, 463 areas, 200 draws, 99,999 permutations"
BASELINE = os.environ.get("HOTSPOTS_BENCH_BASELINE", "")
"""A folder with the source of the main job, to be measured in the same run."""


LAUNCHER = """
import os, subprocess, sys, time
started = time.perf_counter()
child = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
_, status, usage = os.wait4(child.pid, 0)
print(time.perf_counter() - started, usage.ru_maxrss)
sys.exit(os.waitstatus_to_exitcode(status))
"""


def publish(source: Path, out: Path, inputs: str, area: str, data: Path) -> tuple[float, float]:
    """Run the command in a process of its own; return wall seconds and peak resident GB."""
    command = [
        *(sys.executable, "-m", "dashboards.cli.main", "run", "--out", str(out), "--area", area),
        *("--config", str(source / "config" / "risk.yaml")),
        *("--inputs", str(source / "config" / inputs), "--data-root", str(data)),
    ]
    # A small process starts the command and measures it: on Linux the peak of a child counts what
    # its parent held when it was started, and pytest holds the peers' tables.
    launcher = [sys.executable, "-c", LAUNCHER, *command]
    done = subprocess.run(
        launcher,
        cwd=source,
        env={**os.environ, "PYTHONPATH": str(source)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    seconds, size = done.stdout.split()[-2:]
    # Linux gives kilobytes, macOS bytes.
    return float(seconds), float(size) / (1e9 if sys.platform == "darwin" else 1e6)


def cold(
    benchmark: BenchmarkFixture, tmp_path: Path, data: Path,
    *, source: Path = REPOSITORY, inputs: str, area: str, rounds: int,
) -> None:  # fmt: skip
    sizes = []

    def work() -> None:
        sizes.append(publish(source, tmp_path / "runs", inputs, area, data)[1])

    benchmark.pedantic(work, rounds=rounds)
    benchmark.extra_info["peak_gb"] = max(sizes)


@pytest.mark.benchmark(group=COLD)
def bench_cold_ours(benchmark: BenchmarkFixture, tmp_path: Path, data: Path) -> None:
    cold(benchmark, tmp_path, data, inputs="inputs-dorset.yaml", area="E06000059", rounds=3)


@pytest.mark.skipif(not BASELINE, reason="HOTSPOTS_BENCH_BASELINE names no folder")
@pytest.mark.benchmark(group=COLD)
def bench_cold_main_job(benchmark: BenchmarkFixture, tmp_path: Path, data: Path) -> None:
    cold(
        benchmark, tmp_path, data,
        source=Path(BASELINE), inputs="inputs-dorset.yaml", area="E06000059", rounds=3,
    )  # fmt: skip


@pytest.mark.benchmark(group=NATION)
def bench_nation_run_ours(benchmark: BenchmarkFixture, tmp_path: Path, data: Path) -> None:
    cold(benchmark, tmp_path, data, inputs="inputs-england-wales.yaml", area="all", rounds=1)


@pytest.fixture(scope="session")
def kept(
    data: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[KeptModel, dict[str, pd.Series], RiskConfig, HarmWeights]:
    """The model that a run of the 463 areas kept, with settings for 200 draws."""
    runs = tmp_path_factory.mktemp("force") / "runs"
    publish(REPOSITORY, runs, "inputs-dorset.yaml", "E06000058,E06000059", data)
    run = read_run(runs)
    model = read_model(run)
    config = load_risk(REPOSITORY / "config" / "risk.yaml", {"uncertainty.draws": "200"})
    harm = load_harm_weights(REPOSITORY / "config" / "harm_weights.csv")
    published = pd.DataFrame(run.areas().drop(columns="geometry"))
    return model, density_shares(model, published, run.manifest, config, harm), config, harm


@pytest.mark.benchmark(group=AGAIN)
def bench_rescore_ours(benchmark: BenchmarkFixture, kept: Any) -> None:
    """Each round has another harm weight for violence, so that no answer could be remembered."""
    model, shares, config, harm = kept
    rounds = iter(range(1_000))

    def changed() -> tuple[tuple[Any, ...], dict[str, Any]]:
        weights = dict(harm.weights)
        weights["violence_and_sexual_offences"] *= 1.0 + next(rounds) / 100.0
        other = replace(harm, weights=weights)
        return (model.data, config, other), {"density_share": shares}

    scored = benchmark.pedantic(rescore, setup=changed, rounds=15, warmup_rounds=1)
    assert len(scored.areas) == 463
    benchmark.extra_info["stages"] = scored.timings
