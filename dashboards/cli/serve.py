"""`hotspots serve`: the web pages of the published runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dashboards.cli.options import RunsOption

__all__ = ["serve"]


def serve(
    *,
    runs: RunsOption = Path("runs"),
    host: Annotated[
        str, typer.Option(help="Address to listen on; the default is this machine only.")
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(help="Port to listen on; the next free one where it is taken.")
    ] = 8050,
    contact: Annotated[
        str | None,
        typer.Option(
            envvar="HOTSPOTS_CONTACT",
            help="Whom a reader tells when a result looks wrong; shown beside every result.",
            show_default=False,
        ),
    ] = None,
    config: Annotated[
        Path,
        typer.Option(help="The weights that the Compare page saves changed ones from, if there."),
    ] = Path("config/risk.yaml"),
    open_browser: Annotated[
        bool, typer.Option("--open", help="Open the page, where this machine has a display.")
    ] = False,
) -> None:
    """Serve the current run in the browser; no request leaves this machine."""
    from dataclasses import replace

    from dashboards.server import serve as serve_pages
    from dashboards.settings import WebSettings
    from risk_model.run_store import read_run

    read_run(runs)  # refuse at once, in words, where nothing is published
    settings = WebSettings(weights=config if config.is_file() else None)
    if contact is not None:
        settings = replace(settings, contact=contact)
    serve_pages(runs, host=host, port=port, settings=settings, open_browser=open_browser)
