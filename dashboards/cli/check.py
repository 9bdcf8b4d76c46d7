"""`hotspots check`: validate settings and inputs, print the ledger, write nothing."""

from __future__ import annotations

from pathlib import Path

from dashboards.cli.options import (
    AreaOption,
    ConfigOption,
    DataRootOption,
    InputsOption,
    PeriodOption,
    RingOption,
    RunsOption,
    SetOption,
    make_request,
)

__all__ = ["check"]


def check(
    *,
    config: ConfigOption = Path("config/risk.yaml"),
    inputs: InputsOption = Path("config/inputs.yaml"),
    data_root: DataRootOption = None,
    out: RunsOption = Path("runs"),  # noqa: ARG001  same options as `run`, so that a line can be reused
    area: AreaOption = None,
    period: PeriodOption = None,
    ring: RingOption = None,
    settings: SetOption = None,
) -> None:
    """Validate settings and inputs and account for every row; write nothing."""
    from dashboards.cli.console import Console
    from dashboards.cli.summaries import print_check
    from risk_model import api

    request = make_request(
        config=config,
        inputs=inputs,
        data_root=data_root,
        area=area,
        period=period,
        ring=ring,
        settings=settings,
    )
    console = Console()
    loaded = api.check(request, progress=console.progress)
    print_check(console, loaded)
