"""Entry point of `hotspots`: registers the commands and turns refusals into exit codes."""

from __future__ import annotations

import gc
import os
import sys

import typer

from dashboards.cli import (
    backtest,
    calibrate,
    check,
    compare,
    explain,
    export,
    run,
    runs,
    serve,
    validate,
    weights,
)
from spatial.errors import HotspotsError, InputError, StatisticsError

__all__ = ["app", "main"]

app = typer.Typer(
    name="hotspots",
    help="Risk-based targeting and hotspot mapping for community safety partnerships. "
    "It scores places, never people; it advises, people decide.",
    no_args_is_help=True,
    add_completion=False,
    # Rows of incident data may be local variables: they never reach a terminal or a log.
    pretty_exceptions_show_locals=False,
)
app.command("check")(check.check)
app.command("run")(run.run)
app.command("serve")(serve.serve)
app.command("explain")(explain.explain)
app.command("export")(export.export)
app.add_typer(runs.app, name="runs")
app.command("compare")(compare.compare)
app.add_typer(weights.app, name="weights")
app.command("backtest")(backtest.backtest)
app.command("calibrate")(calibrate.calibrate)
app.command("validate")(validate.validate)


def _prepare_environment() -> None:
    """Set what must be set before the numerical and geographical libraries are imported.

    One thread a process: published figures must not depend on how many cores a machine has.
    GDAL drivers that follow references to other files are switched off besides the check of
    magic bytes in `spatial.files`.
    """
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = "1"
    os.environ.setdefault("OGR_SKIP", "OGR_VRT,KML,LIBKML,GML,GPX")


def main() -> None:
    """Run the command line; exit 0 done, 2 bad input or settings, 75 another run is going."""
    _prepare_environment()
    try:
        app()
    except InputError as error:
        for fault in error.faults:
            sys.stderr.write(f"error: {fault}\n")
        count = len(error.faults)
        sys.stderr.write(f"{count} fault{'s' if count != 1 else ''}; nothing was written\n")
        sys.exit(error.exit_code)
    except StatisticsError as error:
        sys.stderr.write(f"error: {error}\n1 fault; nothing was written\n")
        sys.exit(error.exit_code)
    except HotspotsError as error:
        sys.stderr.write(f"error: {error}\n")
        sys.exit(error.exit_code)
    except OSError as error:
        # A full disk or a folder without permission is no bug of ours: say it without a traceback.
        place = f": {error.filename}" if error.filename else ""
        sys.stderr.write(f"error: {error.strerror or error}{place}; nothing was published\n")
        sys.exit(1)
    finally:
        # All of it goes as the process ends: searching it for cycles first takes .3 s of a run.
        gc.freeze()


if __name__ == "__main__":
    main()
