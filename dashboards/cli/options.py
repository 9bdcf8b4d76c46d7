"""Options that several commands share, and the request they add up to."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from spatial.errors import ConfigError, Fault

if TYPE_CHECKING:
    from risk_model.api import Request

__all__ = [
    "AreaOption",
    "ConfigOption",
    "DataRootOption",
    "InputsOption",
    "PeriodOption",
    "RingOption",
    "RunsOption",
    "SetOption",
    "WorkersOption",
    "make_request",
    "overrides_of",
]

ConfigOption = Annotated[
    Path, typer.Option("--config", help="The weights and rules of the risk model.")
]
InputsOption = Annotated[
    Path, typer.Option("--inputs", help="Which files hold areas, incidents and layers.")
]
DataRootOption = Annotated[
    Path | None,
    typer.Option(
        "--data-root",
        envvar="HOTSPOTS_DATA_ROOT",
        help="The folder that paths in the inputs file start from; "
        "default: the folder above the inputs file's.",
        show_default=False,
    ),
]
AreaOption = Annotated[
    str | None,
    typer.Option(
        "--area",
        help="Local authority codes separated by commas, one police force area code, or `all`.",
        show_default="the inputs file's",
    ),
]
PeriodOption = Annotated[
    str | None,
    typer.Option(
        "--period",
        help="What is scored, first and last month, as 2025-01:2025-06.",
        show_default="the inputs file's",
    ),
]
RingOption = Annotated[
    str | None,
    typer.Option(
        "--ring",
        help="Areas around the study area that its statistics may see: "
        "contiguous, none, or a distance in metres.",
        show_default="the risk model's",
    ),
]
SetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="Change one setting of the risk model for this run; recorded in the manifest.",
        show_default=False,
    ),
]
WorkersOption = Annotated[
    int,
    typer.Option(
        "--workers",
        min=1,
        max=64,
        help="Processes that read and draw; the result is the same. Worth it for a country.",
    ),
]
RunWorkersOption = Annotated[
    int | None,
    typer.Option(
        "--workers",
        min=1,
        max=64,
        help="Processes; the result is the same. 1: this one alone. 2 or more: that many that "
        "read and draw, worth it for a country. "
        "[default: one, and a second beside it where there are two processors]",
        show_default=False,
    ),
]
RunsOption = Annotated[Path, typer.Option("--runs", "--out", help="The folder of published runs.")]


def overrides_of(pairs: Sequence[str]) -> dict[str, str]:
    """Return the pairs of `--set` as dotted key to value; all faults at once."""
    faults = []
    overrides: dict[str, str] = {}
    for pair in pairs:
        key, separator, value = pair.partition("=")
        if not separator or not key.strip():
            faults.append(Fault(f"{pair!r} is not KEY=VALUE", field="--set"))
        elif key.strip() in overrides:
            faults.append(Fault(f"{key.strip()!r} is set twice", field="--set"))
        else:
            overrides[key.strip()] = value
    if faults:
        raise ConfigError(faults)
    return overrides


def make_request(
    *,
    config: Path,
    inputs: Path,
    data_root: Path | None,
    area: str | None,
    period: str | None,
    ring: str | None,
    settings: Sequence[str] | None,
) -> Request:
    """Turn the options of `check` and `run` into one request."""
    from risk_model.api import Request

    overrides = overrides_of(settings or ())
    if ring is not None:
        overrides["statistics.ring"] = ring
    return Request(
        config=config,
        inputs=inputs,
        data_root=data_root or Path(os.path.abspath(inputs)).parent.parent,  # noqa: PTH100
        area=area,
        period=period,
        overrides=overrides,
    )
