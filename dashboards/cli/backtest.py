"""`hotspots backtest`: whether the list would have caught what came after, and beats counting."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dashboards.cli.options import (
    AreaOption,
    ConfigOption,
    DataRootOption,
    InputsOption,
    PeriodOption,
    RingOption,
    RunsOption,
    SetOption,
    WorkersOption,
    make_request,
)

if TYPE_CHECKING:
    import pandas as pd

    from dashboards.cli.console import Console
    from risk_model.run_store import PublishedRun

__all__ = ["PAIRED", "backtest", "capture_rows", "paired_rows", "print_backtest"]


def backtest(
    *,
    config: ConfigOption = Path("config/risk.yaml"),
    inputs: InputsOption = Path("config/inputs.yaml"),
    data_root: DataRootOption = None,
    out: RunsOption = Path("runs"),
    area: AreaOption = None,
    period: PeriodOption = None,
    ring: RingOption = None,
    settings: SetOption = None,
    horizon: Annotated[
        int, typer.Option(min=1, max=24, help="Calendar months after a choice that judge it.")
    ] = 1,
    window: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=180,
            help="Calendar months up to a choice that make it.",
            show_default="as many as the period",
        ),
    ] = None,
    since: Annotated[
        str | None,
        typer.Option(
            metavar="MONTH",
            help="First month that is looked at, as 2024-01.",
            show_default="the first that the files hold",
        ),
    ] = None,
    resamples: Annotated[
        int | None,
        typer.Option(
            min=99,
            max=99_999,
            help="Draws of the bootstrap over events, or over forces.",
            show_default="999, or 9,999 over forces",
        ),
    ] = None,
    by_force: Annotated[
        bool,
        typer.Option(
            "--by-force",
            help="Choose within each police force at the last month that allows it, and compare "
            "over forces: one county is too small to decide.",
        ),
    ] = False,
    workers: WorkersOption = 1,
) -> None:
    """Choose areas by each month's past and count what came after, beside simpler ways to choose.

    The next run of equal settings and files carries the result.
    """
    from dashboards.cli.console import Console
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
    options = api.BacktestOptions(
        window=window, horizon=horizon, since=since, resamples=resamples, by_force=by_force
    )
    console = Console()
    published = api.backtest(request, options, runs=out, progress=console.progress, workers=workers)
    print_backtest(console, published)


def print_backtest(console: Console, published: PublishedRun) -> None:
    """Print what each method caught in a tenth of the areas, the verdicts, and where it all is."""
    import pandas as pd

    about = published.manifest
    table = pd.read_csv(published.path("backtest.csv"))
    console.heading(_title(about))
    if len(table):
        headers, rows = capture_rows(table)
        console.table(headers, rows, right=range(1, len(headers)))
    if about["kind"] == "forces":
        console.heading("Paired over forces: difference of the shares caught, and the gain")
        console.table(PAIRED, paired_rows(about["comparisons"]), right=range(3, len(PAIRED)))
    for heading, lines in (
        ("Against counting", about["verdicts"]),
        ("Left out", about["notes"]),
    ):
        if lines:
            console.heading(heading)
            for line in lines:
                console.line(f"- {line}")
    console.heading(f"Kept as {published.folder}")


PAIRED = (
    "outcome", "method", "against", "forces", "ours", "theirs", "difference", "95 %, t",
    "95 %, bootstrap", "gain",
)  # fmt: skip


def paired_rows(comparisons: list[dict[str, Any]]) -> list[list[str]]:
    """Return a row a comparison over forces, in a tenth of the areas."""
    from risk_model.backtest_verdicts import OUTCOME_WORDS, points, signed

    return [
        [
            OUTCOME_WORDS.get(one["outcome"], one["outcome"]),
            one["method"],
            one["baseline"],
            f"{one['forces']}",
            f"{one['ours']:.3f}",
            f"{one['theirs']:.3f}",
            signed(one["difference"], 4),
            f"{signed(one['lo'], 4)} to {signed(one['hi'], 4)}",
            f"{signed(one['boot_lo'], 4)} to {signed(one['boot_hi'], 4)}",
            f"{points(one['gain'])}%",
        ]
        for one in comparisons
        if one["by"] == "number"
    ]


def _title(about: dict[str, Any] | Any) -> str:
    at = [origin["at"] for origin in about["origins"]]
    chosen = (
        at[0] if len(at) == 1 else f"{len(at)} months ({at[0]} to {at[-1]})" if at else "no month"
    )
    months = "the month" if about["horizon"] == 1 else f"the {about['horizon']} months"
    kind = "within each police force" if about["kind"] == "forces" else about["name"]
    return (
        f"{kind}: share of each outcome in a tenth of the areas, chosen at the end of {chosen} "
        f"from up to {about['window']} months, judged on {months} after"
    )


def capture_rows(
    table: pd.DataFrame, *, share: float = 0.10, by: str = "number"
) -> tuple[list[str], list[list[str]]]:
    """Return headers, and a row a method with the share caught of each outcome and its interval."""
    from dashboards.exports.backtest_words import cells_of, methods_of, outcomes_of
    from risk_model.backtest_verdicts import OUTCOME_WORDS

    cells, outcomes = cells_of(table, by, share), outcomes_of(table)
    rows = []
    for method in methods_of(table):
        found = [cells.get((outcome, method)) for outcome in outcomes]
        rows.append([method, *("" if row is None else _cell(row) for row in found)])
    return ["method", *(OUTCOME_WORDS.get(name, name) for name in outcomes)], rows


def _cell(row: Any) -> str:
    if row.capture != row.capture:
        return "no events"
    if row.capture_lo != row.capture_lo:
        return f"{row.capture:.3f}"
    return f"{row.capture:.3f} ({row.capture_lo:.3f} to {row.capture_hi:.3f})"
