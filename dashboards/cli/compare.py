"""`hotspots compare`: what changed between two runs and which change did it, list first."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dashboards.cli.options import RunsOption

if TYPE_CHECKING:
    import pandas as pd

    from dashboards.cli.console import Console
    from risk_model.comparison import Comparison, Shares

__all__ = ["compare"]

_MOVED = 5
_FIRST = "The list here: the first {} by rank; the remembered list is on the pages."
_HOW = (
    "Because: places up or down the ranks by that change, averaged over every order in which the "
    "changes could be made; all of them, with what is together, are the whole move."
)


class _Reasons:
    """The letter of each change, and what moved an area, by letters."""

    def __init__(self, shares: Shares) -> None:
        self.letters = {name: _letter(at) for at, name in enumerate(shares.causes)}
        self._places: dict[Any, dict[Any, float]] = shares.rank.to_dict("index")

    def of(self, code: str) -> str:
        """Return the changes that moved the area by more than half a place, largest first."""
        moves = sorted(self._places[code].items(), key=lambda move: -abs(move[1]))
        return ", ".join(
            f"{self.letters.get(name, name)} {abs(places):.0f} {'up' if places < 0 else 'down'}"
            for name, places in moves
            if abs(places) > 0.5
        )


def _letter(number: int) -> str:
    return chr(ord("A") + number)


def _print_areas(
    console: Console, title: str, table: pd.DataFrame, reasons: _Reasons | None
) -> None:
    if table.empty:
        console.line(f"{title}: none")
        return
    console.line(f"{title}: {len(table)}")
    console.table(
        ["neighbourhood", "code", "rank", "score", "tier", "" if reasons is None else "because"],
        [
            [
                str(row.area_label),
                str(row.Index),
                f"{row.rank_before:.0f} -> {row.rank_after:.0f}",
                f"{row.score_before:.1f} -> {row.score_after:.1f}",
                str(row.tier_after)
                if str(row.tier_before) == str(row.tier_after)
                else f"{row.tier_before} -> {row.tier_after}",
                "" if reasons is None else reasons.of(str(row.Index)),
            ]
            for row in table.itertuples()
        ],
        right=[2, 3],
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
    as_json: Annotated[
        bool, typer.Option("--json", help="Print everything as JSON, for other programs.")
    ] = False,
    runs: RunsOption = Path("runs"),
) -> None:
    """Say which areas enter, leave and move between two runs, and which change did it."""
    from dashboards.cli.console import Console
    from risk_model import api
    from risk_model.comparison import comparison_document
    from spatial.errors import ConfigError, Fault

    if (after is None) == (config is None):
        raise ConfigError(Fault("give RUN_B or --with other.yaml, one of the two"))
    if config is not None:
        result = api.compare_with(runs, None if before == "current" else before, config)
    else:
        result = api.compare(runs, None if before == "current" else before, after)
    if as_json:
        typer.echo(json.dumps(comparison_document(result), indent=1, ensure_ascii=False))
    else:
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
    if result.note:
        console.line(result.note)
    console.line(_FIRST.format(max((p.list_size for p in result.priorities.values()), default=0)))
    for key, part in result.priorities.items():
        console.heading(
            f"{key.upper()} {part.title}: list of {part.list_size}, rank correlation "
            f"{part.rank_correlation:.3f}"
        )
        if part.shares is not None and not part.shares.causes:
            console.line("No change that touches a score.")
        reasons = _print_causes(console, part.shares) if part.shares else None
        _print_areas(console, "Enters the list", part.entered, reasons)
        _print_areas(console, "Leaves the list", part.left, reasons)
        stayed = part.stayed
        changed = stayed[
            (stayed["rank_before"] != stayed["rank_after"])
            | (stayed["tier_before"].astype(str) != stayed["tier_after"].astype(str))
        ]
        console.line(f"Stays on the list: {len(stayed)}")
        if len(changed):
            _print_areas(console, "Of them with another rank or tier", changed, reasons)
        _print_areas(console, "Moves most, off both lists", part.moved.head(_MOVED), reasons)


def _print_causes(console: Console, shares: Shares) -> _Reasons | None:
    """Print what each change did over all areas and what it would do alone; return the letters."""
    if not shares.causes:
        return None
    reasons = _Reasons(shares)
    points, places = shares.score.abs().mean().to_dict(), shares.rank.abs().mean().to_dict()
    alone: dict[Any, dict[Any, float]] = shares.alone.to_dict("index")
    rows = [
        [
            letter,
            name,
            f"{points[name]:.1f}",
            f"{places[name]:.1f}",
            f"{alone[name]['enters']:.0f}",
            f"{alone[name]['leaves']:.0f}",
        ]
        for name, letter in reasons.letters.items()
    ]
    rows += [
        ["", str(name), f"{mean:.1f}", f"{places[name]:.1f}", "", ""]
        for name, mean in points.items()
        if name not in reasons.letters and (mean > 0 or places[name] > 0)
    ]
    console.table(
        ["", "which change did it", "points, mean", "places, mean", "alone: enter", "alone: leave"],
        rows,
        right=[2, 3, 4, 5],
    )
    split = shares.split()
    if split:
        moved = {word: f"{means['rank']:.1f} places" for word, means in split.items()}
        console.line(
            f"An area moved by {moved['data']} because of the data and by {moved['settings']} "
            "because of settings (mean, up or down)."
        )
    console.line(_HOW)
    if shares.note:
        console.line(f"Changes are taken together: {shares.note}.")
    return reasons
