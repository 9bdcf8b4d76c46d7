"""`hotspots weights`: save a changed set of weights under a new name; list the sets there are."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dashboards.cli.options import RunsOption, overrides_of

__all__ = ["app"]

app = typer.Typer(
    help="Save a changed set of weights under a new name; list the sets there are.",
    no_args_is_help=True,
)


@app.command("save")
def save(
    new: Annotated[
        Path, typer.Argument(metavar="NEW.yaml", help="The file to write; it must not exist.")
    ],
    *,
    name: Annotated[
        str, typer.Option("--name", help="The name of the version, shown with every result.")
    ],
    settings: Annotated[
        list[str],
        typer.Option(
            "--set",
            metavar="KEY=VALUE",
            help="One setting and its new value; give it once for each.",
            show_default=False,
        ),
    ],
    source: Annotated[
        Path, typer.Option("--from", help="The weights to start from; they stay as they are.")
    ] = Path("config/risk.yaml"),
    why: Annotated[
        str, typer.Option("--why", help="The reason, kept in the file.", show_default=False)
    ] = "",
) -> None:
    """Write a changed set of weights as a new file: comments kept, nothing overwritten."""
    from dashboards.cli.console import Console
    from risk_model.config.write import save_version

    saved = save_version(source, new, overrides_of(settings), version=name, why=why)
    console = Console()
    console.heading(f"{saved.version}: written to {saved.path}")
    console.table(
        ["setting", "before", "after"],
        [[key, str(old), str(after)] for key, (old, after) in saved.changes.items()],
    )
    console.line(f"What it would do: hotspots compare --with {saved.path}")
    console.line(f"To publish with it: hotspots run --config {saved.path}")


@app.command("list")
def list_saved(
    *,
    folder: Annotated[
        Path, typer.Option("--folder", help="The folder that holds the files of weights.")
    ] = Path("config"),
    runs: RunsOption = Path("runs"),
) -> None:
    """List the named versions of the weights and the published runs that used each."""
    from dashboards.cli.console import Console
    from risk_model.weight_versions import list_versions

    console = Console()
    found = list_versions(folder, runs)
    if not found:
        console.line(f"no file of weights in {folder}; make one with `hotspots weights save`")
        return
    console.table(
        ["version", "file", "settings", "runs"],
        [
            [
                entry.version,
                str(entry.path),
                entry.sha256[:12],
                "cannot be read" if entry.fault else ", ".join(entry.runs) or "none",
            ]
            for entry in found
        ],
    )
    for entry in found:
        if entry.fault:
            console.line(entry.fault)
        if entry.other_runs:
            console.line(
                f"{entry.version}: other settings under this name in {', '.join(entry.other_runs)}"
            )
