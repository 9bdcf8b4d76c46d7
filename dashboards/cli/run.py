"""`hotspots run`: read, score, explain, publish."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from dashboards.cli.options import (
    AreaOption,
    ConfigOption,
    DataRootOption,
    InputsOption,
    PeriodOption,
    RingOption,
    RunsOption,
    RunWorkersOption,
    SetOption,
    make_request,
)

__all__ = ["run"]


def run(
    *,
    config: ConfigOption = Path("config/risk.yaml"),
    inputs: InputsOption = Path("config/inputs.yaml"),
    data_root: DataRootOption = None,
    out: RunsOption = Path("runs"),
    area: AreaOption = None,
    period: PeriodOption = None,
    ring: RingOption = None,
    settings: SetOption = None,
    workers: RunWorkersOption = None,
) -> None:
    """Score the neighbourhoods of an area and publish the result as a run."""
    from risk_model.second_process import second_process
    from spatial.beside import few_collections

    few_collections()
    # It imports beside the imports that follow; what draws the map takes half a second.
    with second_process(workers, also=("dashboards.exports.folium_map",)) as place:
        from dashboards.cli.console import Console
        from dashboards.cli.summaries import print_run
        from dashboards.exports.run_files import extra_writers
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
        published = api.run(
            request,
            runs=out,
            writers=partial(extra_writers, place=place),
            progress=console.progress,
            workers=workers or 1,
            place=place,
        )
    print_run(console, published)
