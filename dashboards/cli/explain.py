"""`hotspots explain`: why one area stands where it stands, and how sure that is."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dashboards.cli.options import RunsOption

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

    from risk_model.run_store import PublishedRun

__all__ = ["explain"]

_ALIKE = 0.8
"""Share of letters that a mistyped name has in common with the one that was meant."""
_MOST, _PLACES = 10, 5
"""Areas, and local authorities, that a message names."""


def _find(run: PublishedRun, areas: pd.DataFrame, wanted: str) -> str:
    """Return the code of the one area that a code, label or official name means, or a part of it.

    Part of a label comes before part of an official name.
    """
    from spatial.errors import Fault, InputError

    text = wanted.strip().casefold()
    if not text:
        raise InputError(Fault("is empty; give an area's code or a part of its name", field="AREA"))
    named = (areas["area_label"], areas["area_name"])
    for column in (areas.index.to_series(), *named):
        found = areas.index[column.astype(str).str.casefold() == text]
        if len(found) == 1:
            return str(found[0])
    for column in named:
        partly = areas[column.astype(str).str.casefold().str.contains(text, regex=False)]
        if len(partly) == 1:
            return str(partly.index[0])
        if len(partly):
            means = f"means {len(partly)} areas: {_listed(areas, partly.index)}"
            raise InputError(Fault(f"{wanted!r} {means}", field="AREA"))
    near = _near(areas, text)
    hint = f"; did you mean {near}?" if near else f". {_held(run, areas)}"
    raise InputError(Fault(f"{wanted!r} is no area of this run{hint}", field="AREA"))


def _listed(
    areas: pd.DataFrame,
    codes: Iterable[str],
) -> str:
    """Name areas, each with its code."""
    labels = areas["area_label"]
    named = [f"{labels[code]} ({code})" for code in codes]
    return "; ".join(named[:_MOST]) + (f"; and {len(named) - _MOST} more" if named[_MOST:] else "")


def _near(areas: pd.DataFrame, text: str) -> str:
    """Return what a slip of the hand may have missed: codes one edit away, or a name much alike."""
    from difflib import get_close_matches

    from risk_model.config.nearest import edit_distance

    codes = [
        code
        for code in areas.index
        if abs(len(code) - len(text)) < 2 and edit_distance(code.casefold(), text) == 1
    ]
    if codes:
        # Of a code with its last figure missing, those that only lack that one.
        return _listed(areas, sorted(codes, key=lambda code: not code.casefold().startswith(text)))
    labels = areas["area_label"].astype(str)
    words = {word for label in labels for word in label.replace(",", " ").split() if word[3:]}
    names = [*sorted(words), *areas["area_name"], *labels]
    known = {str(name).casefold(): str(name) for name in names}
    close = get_close_matches(text, list(known), n=1, cutoff=_ALIKE)
    return repr(known[close[0]]) if close else ""


def _held(run: PublishedRun, areas: pd.DataFrame) -> str:
    """Say which areas a run holds, and where they are listed."""
    places = sorted(set(areas["lad_name"].astype(str)))
    of = ", ".join(places) if len(places) <= _PLACES else f"{len(places):,} local authorities"
    return (
        f"The run holds {len(areas):,} areas of {of}: {run.path('areas.csv')} lists their codes "
        "and names, and a part of a name finds those that have it"
    )


def _known(value: Any, style: str) -> str:
    """Return a figure in a style, or that there is none; never in powers of ten."""
    if not math.isfinite(value):
        return "not known"
    return f"{value:,.0f}" if style.endswith("g") and abs(value) >= 1000 else f"{value:{style}}"


def _told(run: PublishedRun, row: Any, code: str, key: str) -> list[str]:
    """Return the sentences of an area, one a line, and its standing on the list."""
    import pandas as pd

    from dashboards.exports.wording import figure, standing, waiting
    from dashboards.month_tables import pattern_fact
    from dashboards.patterns import patterns_of

    lines = [str(row[f"{key}_reasons"])]
    if "explanations.csv" in run.manifest["outputs"]:
        told = pd.read_csv(run.path("explanations.csv"))
        own = told[(told["area_code"] == code) & (told["priority"] == key)]
        lines = [str(text) for text in own["text"]] or lines
    since, status = (str(row.get(f"{key}_list_{name}") or "") for name in ("since", "status"))
    if since:
        review = row[f"{key}_list_review"]
        lines.append(f"On the list: {status}, since {since}; review from {review} on.")
    elif said := standing(row.to_dict(), key, waits=code in waiting(run.manifest, key)):
        lines.append(f"Not on the list: {said}.")
    low, high = (row.get(f"{key}_rank_set_{end}") for end in ("lo", "hi"))
    if not pd.isna(low) and not pd.isna(high):
        span = figure(low) if low == high else f"{figure(low)} to {figure(high)}"
        lines.append(f"Counts alone can say: rank {span}.")
    for fact in pattern_fact(patterns_of(run), key, code):
        lines.append(f"{fact.label}: {fact.text}.")
    if row.get(f"{key}_patch"):
        lines.append(f"Part of the patch {row[f'{key}_patch']}.")
    if row.get(f"{key}_feedback"):
        lines.append(f"Feedback: {row[f'{key}_feedback']}.")
    if row.get(f"{key}_agreement"):
        lines.append(f"Other sources: {_sources(run, row, code, key)}.")
    return lines


def _sources(run: PublishedRun, row: Any, code: str, key: str) -> str:
    """Return what other sources say of an area against police counts, together and one by one."""
    import pandas as pd

    from dashboards.exports.wording import figure

    layers = pd.read_csv(run.path("layers.csv"), dtype={"area_code": str})
    own = layers[(layers["area_code"] == code) & (layers["priority"] == key)]
    together = row[f"{key}_agreement"]
    said = []
    for source in own.to_dict("records"):
        low, high = figure(source["period_events"]), figure(source["period_events_hi"])
        events = low if low == high else f"{low} to {high}"
        name = str(source["source"]).replace("_", " ")
        # What all of them say together is said once, and a source only where it differs.
        own_word = "" if source["agreement"] == together else f", {source['agreement']}"
        said.append(f"{name} {events} events{own_word}")
    return f"{together} ({'; '.join(said)})"


def explain(
    area: Annotated[
        str, typer.Argument(metavar="AREA", help="An area's code, or its name or part of it.")
    ],
    *,
    priority: Annotated[
        str | None, typer.Option(help="One priority, as sv01; default: all.", show_default=False)
    ] = None,
    run: Annotated[
        str | None, typer.Option(help="A run id; default: the current run.", show_default=False)
    ] = None,
    runs: RunsOption = Path("runs"),
) -> None:
    """Say why an area is where it is on each list, how sure that is, and from which figures."""
    from dashboards.cli.console import Console
    from risk_model.run_store import read_run
    from spatial.errors import Fault, InputError

    published = read_run(runs, run)
    areas = published.areas()
    keys = list(published.manifest["priorities"])
    if priority is not None and priority not in keys:
        raise InputError(
            Fault(
                f"{priority!r} is no priority of this run; it has {', '.join(keys)}",
                field="--priority",
            )
        )
    code = _find(published, areas, area)
    row: Any = areas.loc[code]
    contributions = published.contributions()
    mean = contributions.groupby(["priority", "indicator"])["contribution"].mean()
    console = Console()
    console.heading(f"{row['area_label']} ({code}), {row['lad_name']}, {row['rural_urban']}")
    console.line(f"Run {published.run_id}; {areas['events'][code]:,} recorded events of any kind")
    for key in [priority] if priority else keys:
        title = published.manifest["priorities"][key]["title"]
        console.heading(f"{key.upper()} {title}: {row[f'{key}_tier']}")
        for line in _told(published, row, code, key):
            console.line(line)
        chosen = contributions[
            (contributions["area_code"] == code) & (contributions["priority"] == key)
        ]
        console.table(
            [
                "indicator",
                "value",
                "normalised",
                "weight",
                "points of the score",
                "study-area mean",
            ],
            [
                [
                    str(part.indicator),
                    _known(part.value, ",.4g"),
                    _known(part.normalised, ".3f"),
                    _known(part.weight, ".3f"),
                    _known(part.contribution, ".1f"),
                    _known(mean.loc[(key, str(part.indicator))], ".1f"),
                ]
                for part in chosen.itertuples()
            ],
            right=[1, 2, 3, 4, 5],
        )
