"""`hotspots export`: one published run in a format that another program reads."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dashboards.cli.options import RunsOption

__all__ = ["export"]


def export(
    run: Annotated[str, typer.Argument(metavar="RUN", help="A run id, or `current`.")] = "current",
    *,
    file_format: Annotated[
        str, typer.Option("--format", metavar="F", help="A format name; `list` shows them all.")
    ],
    to: Annotated[
        Path | None,
        typer.Option("--to", metavar="DIR", help="The folder to write into; `list` needs none."),
    ] = None,
    against: Annotated[
        str | None,
        typer.Option(
            "--against", metavar="RUN", help="An earlier run, for a format that compares."
        ),
    ] = None,
    runs: RunsOption = Path("runs"),
) -> None:
    """Write one published run in another format into a folder."""
    from dashboards.cli.console import Console
    from dashboards.exports.registry import FORMATS
    from risk_model.run_store import read_run
    from spatial.errors import Fault, InputError

    console = Console()
    if file_format == "list":
        console.table(["format", "what it is"], [[key, f.help] for key, f in FORMATS.items()])
        return
    if file_format not in FORMATS:
        raise InputError(
            Fault(
                f"{file_format!r} is not a format; there are {', '.join(FORMATS)}", field="--format"
            )
        )
    if to is None:
        raise InputError(Fault("is missing; name the folder to write into", field="--to"))
    if against is not None and not FORMATS[file_format].compares:
        takes = ", ".join(key for key, f in FORMATS.items() if f.compares)
        raise InputError(
            Fault(f"{file_format} compares no runs; this format does: {takes}", field="--against")
        )
    published = read_run(runs, None if run == "current" else run)
    earlier = None if against is None else read_run(runs, against)
    for path in FORMATS[file_format].write(published, to, earlier):
        console.line(str(path))
