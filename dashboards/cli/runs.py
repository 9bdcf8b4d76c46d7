"""`hotspots runs`: list the published runs, serve an earlier one again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dashboards.cli.options import RunsOption

__all__ = ["app"]

app = typer.Typer(help="List the published runs; serve an earlier one again.", no_args_is_help=True)


@app.command("list")
def list_published(*, runs: RunsOption = Path("runs")) -> None:
    """List the published runs, oldest first; the one being served is marked."""
    from dashboards.cli.console import Console
    from risk_model.run_store import list_runs, unreadable_runs

    console = Console()
    for problem in unreadable_runs(runs):
        console.line(problem)
    rows = [
        [
            "*" if entry.current else "",
            entry.run_id,
            entry.name,
            ",".join(entry.lads),
            entry.period,
            entry.weights_version,
            "  ".join(f"{key.upper()} {count}" for key, count in entry.flagged.items()),
        ]
        for entry in list_runs(runs)
    ]
    if not rows:
        console.line(f"no run is published in {runs}; make one with `hotspots run`")
        return
    console.table(["", "run", "name", "authorities", "period", "weights", "flagged"], rows)


@app.command("rollback")
def roll_back_to(
    run: Annotated[
        str | None,
        typer.Argument(metavar="[RUN]", help="Run to serve; default: the one before the current."),
    ] = None,
    *,
    runs: RunsOption = Path("runs"),
) -> None:
    """Serve an earlier run again; nothing is removed."""
    from dashboards.cli.console import Console
    from risk_model.run_store import roll_back

    chosen = roll_back(runs, run)
    Console().line(f"{chosen.run_id} is served from now on")
