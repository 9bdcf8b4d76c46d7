"""`hotspots compare`: what changed between two runs, list first."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dashboards.cli.options import RunsOption

if TYPE_CHECKING:
    import pandas as pd

    from dashboards.cli.console import Console
    from risk_model.comparison import Comparison

__all__ = ["compare"]


def _print_areas(console: Console, title: str, table: pd.DataFrame) -> None:
    if table.empty:
        console.line(f"{title}: none")
        return
    console.line(f"{title}: {len(table)}")
    console.table(
        [
            "neighbourhood",
            "code",
            "rank before",
            "rank after",
            "score before",
            "score after",
            "tier",
        ],
        [
            [
                str(row.area_label),
                str(row.Index),
                f"{row.rank_before:.0f}",
                f"{row.rank_after:.0f}",
                f"{row.score_before:.1f}",
                f"{row.score_after:.1f}",
                str(row.tier_after)
                if str(row.tier_before) == str(row.tier_after)
                else f"{row.tier_before} -> {row.tier_after}",
            ]
            for row in table.itertuples()
        ],
        right=[2, 3, 4, 5],
    )


def compare(
    before: Annotated[
        str,
        typer.Argument(metavar="[RUN_A]", help="The earlier run's id; default: the current run."),
    ] = "current",
    after: Annotated[
        str | None, typer.Argument(metavar="[RUN_B]", help="The later run's id.")
    ] = None,
    *,
    config: Annotated[
        Path | None,
        typer.Option(
            "--with",
            metavar="YAML",
            help="Other settings instead of RUN_B: what they would do to the list.",
            show_default=False,
        ),
    ] = None,
    runs: RunsOption = Path("runs"),
) -> None:
    """Say which areas enter, leave and move between two runs, or under other settings."""
    from dashboards.cli.console import Console
    from risk_model import api
    from spatial.errors import ConfigError, Fault

    if (after is None) == (config is None):
        raise ConfigError(Fault("give RUN_B or --with other.yaml, one of the two"))
    if config is not None:
        result = api.compare_with(runs, None if before == "current" else before, config)
    else:
        result = api.compare(runs, None if before == "current" else before, after)
    _print(Console(), result)


def _print(console: Console, result: Comparison) -> None:
    console.heading(
        f"{result.before} ({result.periods[0]}) -> {result.after} ({result.periods[1]})"
    )
    if result.settings:
        console.line(f"{len(result.settings)} settings differ:")
        console.table(
            ["setting", "before", "after"],
            [[key, str(old), str(new)] for key, (old, new) in result.settings.items()],
        )
    for path in result.inputs:
        console.line(f"input differs: {path}")
    for codes, which in ((result.only_before, "earlier"), (result.only_after, "later")):
        if codes:
            console.line(f"only in the {which} run: {len(codes)} areas")
    for key, part in result.priorities.items():
        console.heading(
            f"{key.upper()} {part.title}: list of {part.list_size}, rank correlation "
            f"{part.rank_correlation:.3f}"
        )
        _print_areas(console, "Enters the list", part.entered)
        _print_areas(console, "Leaves the list", part.left)
        _print_areas(console, "Stays on the list", part.stayed)
        _print_areas(console, "Moves most, off both lists", part.moved)
