"""`hotspots validate`: make the figures of docs/validation.md again, from real data."""

from __future__ import annotations

import os
import platform
import tempfile
import time
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dashboards.cli.options import ConfigOption, DataRootOption, WorkersOption, make_request
from dashboards.cli.sections import command_text, read_document, with_section

if TYPE_CHECKING:
    from dashboards.cli.console import Console
    from risk_model.api import Request
    from risk_model.run_store import PublishedRun

__all__ = ["Part", "validate"]


class Part(StrEnum):
    """What can be made again by itself."""

    CALIBRATE = "calibrate"
    BACKTEST = "backtest"
    LISTS = "lists"


_SECTIONS = {
    Part.CALIBRATE: ("calibrate",),
    Part.BACKTEST: ("backtest", "claims"),
    Part.LISTS: ("lists",),
}
_AREA, _NATIONAL = Path("config/inputs-dorset.yaml"), Path("config/inputs-england-wales.yaml")
_FORCE_AREA = "E06000058,E06000059"


def validate(
    *,
    to: Annotated[
        Path, typer.Option("--to", metavar="DOCUMENT", help="Its marked sections are rewritten.")
    ] = Path("docs/validation.md"),
    part: Annotated[
        list[Part] | None,
        typer.Option("--part", help="Make only this part again; may be repeated."),
    ] = None,
    inputs: Annotated[
        Path, typer.Option("--inputs", help="The study area that is back-tested and run.")
    ] = _AREA,
    force_area: Annotated[
        str, typer.Option("--force-area", help="The whole police force area, from the same files.")
    ] = _FORCE_AREA,
    national: Annotated[
        Path, typer.Option("--national", help="Inputs of many forces, compared force by force.")
    ] = _NATIONAL,
    config: ConfigOption = Path("config/risk.yaml"),
    data_root: DataRootOption = None,
    workers: WorkersOption = 1,
) -> None:
    """Calibrate, back-test and run on real data, and write what came out into the document."""
    from dashboards.cli.calibrate import calibrate
    from dashboards.cli.console import Console

    parts = list(dict.fromkeys(part)) if part else list(Part)
    read_document(to, *(key for one in parts for key in _SECTIONS[one]))
    console = Console()
    command = command_text(
        "validate",
        {
            "--inputs": None if inputs == _AREA else inputs,
            "--force-area": None if force_area == _FORCE_AREA else force_area,
            "--national": None if national == _NATIONAL else national,
            "--config": None if config == Path("config/risk.yaml") else config,
            "--data-root": data_root,
            "--to": None if to == Path("docs/validation.md") else to,
        },
    )

    def asked(which: Path, area: str | None) -> Request:
        return make_request(
            config=config,
            inputs=which,
            data_root=data_root,
            area=area,
            period=None,
            ring=None,
            settings=None,
        )

    if Part.CALIBRATE in parts:
        calibrate(to=to, inputs=inputs, config=config, data_root=data_root, workers=workers)
    areas = [asked(inputs, None), asked(inputs, force_area)]
    with tempfile.TemporaryDirectory() as folder:
        runs = Path(folder)
        if Part.BACKTEST in parts:
            since = time.perf_counter()
            tests = [_backtest(console, one, runs, workers) for one in areas]
            tests.append(_backtest(console, asked(national, None), runs, workers, by_force=True))
            stamp = _stamp(f"{command} --part backtest", time.perf_counter() - since)
            _write(to, "backtest", stamp + _backtests(tests))
            _write(to, "claims", _claims(tests))
        if Part.LISTS in parts:
            since = time.perf_counter()
            made = [_run(console, one, runs, workers) for one in areas]
            stamp = _stamp(f"{command} --part lists", time.perf_counter() - since)
            _write(to, "lists", stamp + _lists(made))
    console.progress("")
    console.line(f"Written into {to}: {', '.join(parts)}")


def _write(to: Path, key: str, section: str) -> None:
    document = to.read_text(encoding="utf-8")
    text = with_section(document, section, name=str(to), key=key)
    to.write_text(text, encoding="utf-8", newline="\n")


def _backtest(
    console: Console, request: Request, runs: Path, workers: int, *, by_force: bool = False
) -> PublishedRun:
    from risk_model import api

    return api.backtest(
        request,
        api.BacktestOptions(by_force=by_force),
        runs=runs,
        progress=console.progress,
        workers=workers,
    )


def _run(console: Console, request: Request, runs: Path, workers: int) -> PublishedRun:
    from risk_model import api

    # Two runs of one second would have one name.
    folder = runs / (request.area or "inputs")
    return api.run(request, runs=folder, progress=console.progress, workers=workers)


def _stamp(command: str, seconds: float) -> str:
    from risk_model.provenance import versions

    named = versions()
    libraries = ", ".join(f"{name} {named[name]}" for name in ("csp-hotspots", "python", "numpy"))
    return (
        f"Written by the command, not by hand:\n\n```sh\n{command}\n```\n\n"
        f"{datetime.now(UTC):%Y-%m-%d}; {libraries}; {platform.system()} {platform.machine()}, "
        f"{os.cpu_count()} cores; {seconds:.0f} s.\n\n"
    )


def _title(about: Any) -> str:
    return f"{about['name']} ({', '.join(about['lads'])})"


def _backtests(tests: list[PublishedRun]) -> str:
    import pandas as pd

    from dashboards.cli.backtest import PAIRED, paired_rows
    from dashboards.exports.backtest_words import (
        capture_table,
        curve_table,
        figure_table,
        markdown,
        ways_table,
    )

    parts = []
    for found in tests:
        about, table = found.manifest, pd.read_csv(found.path("backtest.csv"))
        at = [origin["at"] for origin in about["origins"]]
        over = about["kind"] == "forces"
        if over:
            forces = int(table["origins"].max()) if len(table) else 0
            known, later = (
                ", ".join(month for origin in about["origins"] for month in origin[which])
                for which in ("known", "later")
            )
            parts.append(
                f"### {forces} police forces\n\nChosen within each force by {known or 'no month'}, "
                f"judged on {later or 'none'}. Means over forces, each counting the same; "
                "intervals by bootstrap over forces."
            )
        else:
            parts.append(
                f"### {_title(about)}\n\n{len(at)} origins: {', '.join(at)}. Chosen by up to "
                f"{about['window']} calendar months up to each, judged on the month after. All "
                "origins together; intervals by bootstrap over the events of the months that "
                f"judge, {about['resamples']} draws."
            )
        events = table.drop_duplicates("outcome").set_index("outcome")["events"]
        counted = ", ".join(
            f"{events[name]:,.0f} of {name.replace('_', ' and ')}"
            for name in ("violence", "robbery", "weapons")
            if name in events
        )
        parts += [
            f"Events that judge: {counted}.",
            "Share caught in a tenth of the areas (95 %):",
            capture_table(table),
            "Share caught in 2 / 5 / 10 / 20 % of the areas:",
            curve_table(table),
            "Share caught in a tenth of the residents / of the land:",
            ways_table(table),
            "PAI (95 %), PEI and, for what is in events, RRI, in a tenth of the areas:",
            figure_table(table),
        ]
        if over:
            rows = [
                [row[0], f"`{row[1]}`", f"`{row[2]}`", *row[3:]]
                for row in paired_rows(about["comparisons"])
            ]
            parts += ["Paired over forces, a tenth of the areas:", markdown(PAIRED, rows)]
        if about["notes"]:
            parts.append("Left out: " + "; ".join(about["notes"]) + ".")
    return "\n\n".join(parts)


def _claims(tests: list[PublishedRun]) -> str:
    from dashboards.exports.backtest_words import claims

    forces = tests[-1].manifest
    number = max((one["forces"] for one in forces["comparisons"]), default=0)
    return (
        f"From the differences over {number} forces of the section before, in points of the share "
        f"caught (95 % interval by Student's t).\n\n{claims(forces['comparisons'])}"
    )


def _lists(made: list[PublishedRun]) -> str:
    from dashboards.exports.list_words import changes_table, rank_table, weights_table

    parts = []
    for run in made:
        about = run.manifest
        period = f"{about['period']['start']} to {about['period']['end']}"
        lads = ", ".join(about["area"]["lads"])
        parts += [
            f"### {about['name']} ({lads}), {period}",
            f"Rank ranges hold 90 % of {about['config']['uncertainty']['draws']:,} draws.",
            rank_table(run),
            "What the lists hang on:",
            weights_table(run),
            "Areas that come onto the list (as many leave it) when one judgement changes:",
            changes_table(run),
        ]
    return "\n\n".join(parts)
