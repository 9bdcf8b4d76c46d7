"""Whole runs from a cold start, and scoring again while a hand is on the slider."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

import rescore_changes as CHANGES
from risk_model.config.harm import HarmWeights, load_harm_weights
from risk_model.config.risk import RiskConfig, load_risk
from risk_model.model_store import KeptModel, read_model
from risk_model.run_store import read_run
from risk_model.whatif import density_shares, rescore
from spatial.weights import Neighbours

if TYPE_CHECKING:
    from pytest_benchmark.fixture import BenchmarkFixture

REPOSITORY = Path(__file__).resolve().parents[2]
COLD = "cold start to published run, Dorset Council, six months"
NATION = "cold start to published run, England and Wales, one quarter"
AGAIN = "whatif.rescore after a change of {}, 463 areas, 200 draws, 99,999 permutations"
EXPLAINED = "the same after a change of offences, with every explanation in words"
BASELINE = os.environ.get("HOTSPOTS_BENCH_BASELINE", "")
"""A folder with the source of the main job, to be measured in the same run."""
RESCORES = bool(BASELINE) and (Path(BASELINE) / "risk_model" / "whatif.py").is_file()


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


def publish(
    source: Path, out: Path, inputs: str, area: str, data: Path, more: tuple[str, ...] = ()
) -> tuple[float, float]:
    """Run the command in a process of its own; return wall seconds and peak resident GB."""
    command = [
        *(sys.executable, "-m", "dashboards.cli.main", "run", "--out", str(out), "--area", area),
        *("--config", str(source / "config" / "risk.yaml")),
        *("--inputs", str(source / "config" / inputs), "--data-root", str(data)),
        *more,
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
    more: tuple[str, ...] = (),
) -> None:  # fmt: skip
    sizes = []

    def work() -> None:
        sizes.append(publish(source, tmp_path / "runs", inputs, area, data, more)[1])

    benchmark.pedantic(work, rounds=rounds, warmup_rounds=warmup)
    benchmark.extra_info["peak_gb"] = max(sizes)


@pytest.mark.benchmark(group=COLD)
def bench_cold_ours(benchmark: BenchmarkFixture, tmp_path: Path, data: Path) -> None:
    cold(
        benchmark, tmp_path, data,
        inputs="inputs-dorset.yaml", area="E06000059", rounds=5, warmup=1,
    )  # fmt: skip


@pytest.mark.skipif(not BASELINE, reason="HOTSPOTS_BENCH_BASELINE names no folder")
@pytest.mark.benchmark(group=COLD)
def bench_cold_main_job(benchmark: BenchmarkFixture, tmp_path: Path, data: Path) -> None:
    cold(
        benchmark, tmp_path, data,
        source=Path(BASELINE), inputs="inputs-dorset.yaml", area="E06000059",
        rounds=5, warmup=1,
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


def changed(benchmark: BenchmarkFixture, kept: Any, change: str, *, explain: bool = False) -> None:
    model, _, config, harm = kept
    again(benchmark, kept, CHANGES.CHANGES[change](model.data, config, harm), explain=explain)


@pytest.mark.benchmark(group=AGAIN.format("weight"))
def bench_reweigh_ours(benchmark: BenchmarkFixture, kept: Any) -> None:
    changed(benchmark, kept, "weight")


@pytest.mark.benchmark(group=AGAIN.format("offences"))
def bench_offences_ours(benchmark: BenchmarkFixture, kept: Any) -> None:
    changed(benchmark, kept, "offences")


@pytest.mark.benchmark(group=EXPLAINED)
def bench_offences_explained_ours(benchmark: BenchmarkFixture, kept: Any) -> None:
    changed(benchmark, kept, "offences", explain=True)


@pytest.mark.benchmark(group=AGAIN.format("period"))
def bench_period_ours(benchmark: BenchmarkFixture, kept: Any) -> None:
    changed(benchmark, kept, "period")


@pytest.fixture(scope="session")
def older_runs(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the older source tree published of the 463 areas."""
    runs = tmp_path_factory.mktemp("older") / "runs"
    publish(Path(BASELINE), runs, "inputs-dorset.yaml", "E06000058,E06000059", data)
    return runs


def older(benchmark: BenchmarkFixture, runs: Path, change: str) -> None:
    """Score again under the older tree, in a process of its own, which times each change."""
    script, settings = Path(CHANGES.__file__), Path(BASELINE) / "config"

    def work() -> list[float]:
        done = subprocess.run(
            [sys.executable, str(script), str(runs), str(settings), change],
            cwd=BASELINE,
            env=environment(Path(BASELINE)),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return list(map(float, json.loads(done.stdout)))

    benchmark.extra_info["seconds"] = min(benchmark.pedantic(work, rounds=1))


@pytest.mark.skipif(not RESCORES, reason="HOTSPOTS_BENCH_BASELINE names no tree with whatif")
@pytest.mark.benchmark(group=AGAIN.format("weight"))
def bench_reweigh_main_job(benchmark: BenchmarkFixture, older_runs: Path) -> None:
    older(benchmark, older_runs, "weight")


@pytest.mark.skipif(not RESCORES, reason="HOTSPOTS_BENCH_BASELINE names no tree with whatif")
@pytest.mark.benchmark(group=AGAIN.format("offences"))
def bench_offences_main_job(benchmark: BenchmarkFixture, older_runs: Path) -> None:
    older(benchmark, older_runs, "offences")


@pytest.mark.skipif(not RESCORES, reason="HOTSPOTS_BENCH_BASELINE names no tree with whatif")
@pytest.mark.benchmark(group=AGAIN.format("period"))
def bench_period_main_job(benchmark: BenchmarkFixture, older_runs: Path) -> None:
    older(benchmark, older_runs, "period")


def tiled(model: Any, copies: int) -> Any:
    """Return the 463 areas as so many counties side by side, none touching another."""
    data, n = model.data, len(model.data.area_codes)
    names = [f"{at}{code[1:]}" for at in range(copies) for code in data.area_codes]
    graph = data.neighbours
    links = graph.indptr[-1]
    spread = Neighbours(
        tuple(names),
        np.concatenate(
            [graph.indptr[:1], *(graph.indptr[1:] + at * links for at in range(copies))]
        ),
        np.concatenate([graph.indices + at * n for at in range(copies)]),
        graph.kind,
    )

    def again(values: Any) -> Any:
        return np.concatenate([values] * copies)

    def table(frame: pd.DataFrame) -> pd.DataFrame:
        return pd.concat([frame] * copies).set_axis(names)

    return replace(
        data,
        area_codes=tuple(names),
        in_study=again(data.in_study),
        covered=again(data.covered),
        counts=again(data.counts),
        attributes=None,
        population=again(data.population),
        area_km2=again(data.area_km2),
        stratum=again(data.stratum),
        neighbours=spread,
        indicators=table(data.indicators),
        labels=table(data.labels),
        denominators={key: again(values) for key, values in data.denominators.items()},
        centres=None if data.centres is None else again(data.centres),
        artefacts=None,
    )


@pytest.mark.benchmark(
    group="growth: whatif.rescore after a change of offences, with copies of 463 areas"
)
@pytest.mark.parametrize("copies", [1, 2, 4, 8])
def bench_rescore_areas(benchmark: BenchmarkFixture, kept: Any, copies: int) -> None:
    model, shares, config, harm = kept
    data = tiled(model, copies)
    many = {
        key: pd.concat([share] * copies).set_axis(data.study_codes) for key, share in shares.items()
    }
    rounds = iter(CHANGES.offences(data, config, harm))

    def other() -> tuple[tuple[Any, ...], dict[str, Any]]:
        return next(rounds), {"density_share": many, "explain": False}

    scored = benchmark.pedantic(rescore, setup=other, rounds=5, warmup_rounds=1)
    benchmark.extra_info["param"] = len(scored.areas)


@pytest.mark.benchmark(
    group="growth: cold start to published run, 463 areas, with months of 4,700 rows"
)
@pytest.mark.parametrize("months", [1, 3, 6])
def bench_run_rows(benchmark: BenchmarkFixture, tmp_path: Path, data: Path, months: int) -> None:
    cold(
        benchmark, tmp_path, data,
        inputs="inputs-dorset.yaml", area="E06000058,E06000059", rounds=1,
        more=("--period", f"2025-01:2025-{months:02d}"),
    )  # fmt: skip


@pytest.mark.benchmark(
    group="growth: cold start to published run, one quarter of 1,045,603 rows, with areas"
)
@pytest.mark.parametrize("districts", [1, 8, 32])
def bench_run_areas(
    benchmark: BenchmarkFixture, tmp_path: Path, data: Path, districts: int
) -> None:
    """The first districts in order of their codes; every row of the country is read all the same."""
    wards = pd.read_csv(data / "lookups" / "LSOA21_to_WD24_to_LAD24_EW.csv")
    codes = sorted(code for code in wards["LAD24CD"].unique() if code.startswith("E07"))[:districts]
    cold(
        benchmark, tmp_path, data,
        inputs="inputs-england-wales.yaml", area=",".join(codes), rounds=1,
    )  # fmt: skip
    benchmark.extra_info["param"] = int(wards["LAD24CD"].isin(codes).sum())
