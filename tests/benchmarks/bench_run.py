"""Whole runs from a cold start, and scoring again while a hand is on the slider."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
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
AGAIN = "whatif.rescore after a change of {}, 463 areas, 200 draws, 99,999 permutations"
EXPLAINED = "the same after a change of offences, with every explanation in words"
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


def environment(source: Path) -> dict[str, str]:
    """Return variables under which modules are compiled once, as where they are installed."""
    kept = {name: text for name, text in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    compiled = Path(tempfile.gettempdir()) / "hotspots-bench-bytecode"
    return kept | {"PYTHONPATH": str(source), "PYTHONPYCACHEPREFIX": str(compiled)}


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
        env=environment(source),
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
    *, source: Path = REPOSITORY, inputs: str, area: str, rounds: int, warmup: int = 0,
) -> None:  # fmt: skip
    sizes = []

    def work() -> None:
        sizes.append(publish(source, tmp_path / "runs", inputs, area, data)[1])

    benchmark.pedantic(work, rounds=rounds, warmup_rounds=warmup)
    benchmark.extra_info["peak_gb"] = max(sizes)


@pytest.mark.benchmark(group=COLD)
def bench_cold_ours(benchmark: BenchmarkFixture, tmp_path: Path, data: Path) -> None:
    cold(
        benchmark, tmp_path, data,
        inputs="inputs-dorset.yaml", area="E06000059", rounds=3, warmup=1,
    )  # fmt: skip


@pytest.mark.skipif(not BASELINE, reason="HOTSPOTS_BENCH_BASELINE names no folder")
@pytest.mark.benchmark(group=COLD)
def bench_cold_main_job(benchmark: BenchmarkFixture, tmp_path: Path, data: Path) -> None:
    cold(
        benchmark, tmp_path, data,
        source=Path(BASELINE), inputs="inputs-dorset.yaml", area="E06000059",
        rounds=3, warmup=1,
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


def again(
    benchmark: BenchmarkFixture, kept: Any, changes: list[tuple[Any, ...]], *, explain: bool = False
) -> None:
    """Each round has a change of its own; what earlier rounds kept is kept, as in the service.

    Scores, ranks, draws and tests; the sentences that explain them too where `explain` says so.
    """
    shares = kept[1]
    rounds = iter(changes)

    def changed() -> tuple[tuple[Any, ...], dict[str, Any]]:
        return next(rounds), {"density_share": shares, "explain": explain}

    scored = benchmark.pedantic(rescore, setup=changed, rounds=len(changes) - 1, warmup_rounds=1)
    assert len(scored.areas) == 463
    benchmark.extra_info["stages"] = scored.timings


@pytest.mark.benchmark(group=AGAIN.format("weight"))
def bench_reweigh_ours(benchmark: BenchmarkFixture, kept: Any) -> None:
    """Another weight of an indicator: its draws and the tested variables stay as they were."""
    model, _, config, harm = kept
    changes = []
    for step in range(16):
        sv01 = config.priorities["sv01"]
        indicators = dict(sv01.indicators)
        indicators["harm_rate"] = indicators["harm_rate"].model_copy(
            update={"weight": 0.30 + (step + 1) / 100.0}
        )
        other = sv01.model_copy(update={"indicators": indicators})
        priorities = config.priorities | {"sv01": other}
        changes.append((model.data, config.model_copy(update={"priorities": priorities}), harm))
    again(benchmark, kept, changes)


def other_offences(kept: Any) -> list[tuple[Any, ...]]:
    """Another harm weight of violence: the harm rate and what is tested change."""
    model, _, config, harm = kept
    changes = []
    for step in range(16):
        weights = dict(harm.weights)
        weights["violence_and_sexual_offences"] *= 1.0 + (step + 1) / 100.0
        changes.append((model.data, config, replace(harm, weights=weights)))
    return changes


@pytest.mark.benchmark(group=AGAIN.format("offences"))
def bench_offences_ours(benchmark: BenchmarkFixture, kept: Any) -> None:
    again(benchmark, kept, other_offences(kept))


@pytest.mark.benchmark(group=EXPLAINED)
def bench_offences_explained_ours(benchmark: BenchmarkFixture, kept: Any) -> None:
    again(benchmark, kept, other_offences(kept), explain=True)


@pytest.mark.benchmark(group=AGAIN.format("period"))
def bench_period_ours(benchmark: BenchmarkFixture, kept: Any) -> None:
    """Other months, each window once: every stream, draw and test is new.

    The whole period is left out: other benchmarks have scored it, so that it is kept.
    """
    model, _, config, harm = kept
    data, count = model.data, len(model.data.months)
    windows = [
        slice(first, last)
        for first in range(count)
        for last in range(first + 3, count + 1)
        if last - first < count
    ]
    changes = [
        (
            replace(
                data,
                months=data.months[months],
                covered=data.covered[:, months],
                counts=data.counts[:, months],
            ),
            config,
            harm,
        )
        for months in windows
    ]
    again(benchmark, kept, changes)
