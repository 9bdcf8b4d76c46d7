"""README.txt of a run: what each file and column is, whose data it is, how to handle it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from dashboards.exports.columns import TABLES
from dashboards.exports.paragraphs import wrapped
from dashboards.exports.run_columns import columns_of
from dashboards.exports.wording import (
    DEMONSTRATION,
    cautions,
    gaps,
    period_words,
    priority_keys,
    weights_words,
)
from dashboards.method_words import sides_said

__all__ = ["FILES", "readme_text", "write_readme"]

_INDENT = "    "
_TABLES_NOTE = (
    "CSV: UTF-8, comma, one header row, numbers to 9 significant digits. An empty cell is not "
    "calculable, never zero. A text that begins with = + - @ has an apostrophe put before it, so "
    "that no spreadsheet runs it."
)

FILES: tuple[tuple[str, str], ...] = (
    ("manifest.json", "inputs with their SHA-256, settings, versions, seed, warnings, outputs"),
    ("areas.csv, areas.parquet, areas.gpkg", "one row an area; polygons in EPSG:27700"),
    ("contributions.csv", "what each indicator adds to each score"),
    ("forecast.csv", "what the expected events of the coming six months are learned from"),
    ("ledger.csv", "where every input row went; rows in = used + each reason"),
    ("quarantine.csv", "rows that could not be read, with file, line and rule"),
    ("density_*.tif", "kernel density, (weighted) events per km2 per year, EPSG:27700"),
    ("hotspots.gpkg", "where recorded map points concentrate, one layer a priority"),
    ("concentration.csv", "how few areas, residents and km2 hold most events; Gini beyond chance"),
    ("scan.csv", "circles of areas with more events than chance would put there"),
    ("space_time.csv", "how hot and cold spots came and went, from 12 covered months"),
    ("space_time_months.csv", "the hot and cold spots of each month by itself"),
    ("support.csv", "whether what is flagged holds on hexagons and on larger areas"),
    ("coverage.csv", "what the first places cover in areas, residents and land (same data)"),
    ("bandwidths.csv", "how far hot spots hold at half and at twice the bandwidth"),
    ("bivariate.csv", "offences here against deprivation around"),
    ("sensitivity.csv", "which weight and which indicator the ranks hang on"),
    ("list_changes.csv", "who enters and leaves the list when one judgement is made otherwise"),
    ("patches.csv", "flagged areas that touch, as named patches"),
    ("explanations.csv", "why each area stands where it stands, in sentences"),
    ("explanation_figures.csv", "every number of those sentences, in full"),
    ("equity.csv", "who lives in flagged areas, by deprivation, rurality and age"),
    ("layers.csv, layers_ledger.csv", "other sources against police counts; where their rows went"),
    ("backtest.csv", "what the list would have caught later; only after `hotspots backtest`"),
    ("map.html", "the map; opens in a browser without a network"),
    ("model/", "what comparison and what-if read; not for publication"),
)


def write_readme(
    path: Path,
    *,
    manifest: Mapping[str, Any],
    columns: Sequence[str],
    export: Sequence[str] = (),
) -> None:
    """Write README.txt; `columns` are those of `areas.csv`, in their order.

    `export` names the files that it travels with, where those are not the whole run.
    """
    text = readme_text(manifest=manifest, columns=columns, export=export)
    path.write_text(text, encoding="utf-8", newline="\n")


def readme_text(
    *, manifest: Mapping[str, Any], columns: Sequence[str], export: Sequence[str] = ()
) -> str:
    """Return the text of README.txt; arguments as of `write_readme`."""
    area = manifest.get("area") or {}
    head = [
        str(manifest.get("name") or "CSP Hotspots"),
        f"Handling: {manifest['handling']}" if manifest.get("handling") else "",
        DEMONSTRATION if manifest.get("demonstration") else "",
        f"Run {manifest.get('run_id', '')}, made {manifest.get('created', '')}",
        f"Period: {period_words(manifest)}. {gaps(manifest)}".strip(),
        (
            f"Study area: {', '.join(area.get('lads') or ())}; {area.get('study', '')} areas, "
            f"vintage {area.get('vintage', '')}"
        ),
        f"Weights: {weights_words(manifest)}",
        _back_test(manifest),
        _with(export),
    ]
    blocks = ["\n".join(line for line in head if line)]
    for key in priority_keys(manifest):
        settings = manifest["priorities"][key]
        indicators = settings.get("indicators") or {}
        words = ", ".join(f"{name} {_weight(value)}".strip() for name, value in indicators.items())
        lines = f"{key.upper()} {settings.get('title', '')}. Aim: {settings.get('aim', '')}."
        blocks.append(wrapped(f"{lines} Indicators and weights: {words}.", _INDENT))
    if side := sides_said(manifest):
        blocks.append(wrapped(f"Tests for clusters. {side}", _INDENT))
    blocks.append(_section("Read with care", [f"- {line}" for line in cautions(manifest)]))
    blocks.append(_section("Files", [f"{name}: {about}" for name, about in FILES]))
    blocks.append(_columns("Columns of areas", columns, "areas", manifest))
    blocks += [
        _columns(f"Columns of {table}", TABLES[table], table, manifest)
        for table in TABLES
        if table != "areas"
    ]
    blocks.append(_section("Reading the tables", [_TABLES_NOTE]))
    warnings = [f"- {line}" for line in manifest.get("warnings") or ()]
    if warnings:
        blocks.append(_section("Warnings of this run", warnings))
    blocks.append(_section("Sources", [str(line) for line in manifest.get("attribution") or ()]))
    return "\n\n".join(blocks) + "\n"


def _with(export: Sequence[str]) -> str:
    if not export:
        return ""
    files = f"With this file: {', '.join(export)}."
    return wrapped(f"{files} What follows is of the whole run.", _INDENT)


def _back_test(manifest: Mapping[str, Any]) -> str:
    """Say when the settings were back-tested, or that they were not; nothing of an older run."""
    entry = manifest.get("backtest")
    if not entry:
        return ""
    return f"Back-test: {entry['date'] if entry.get('status') == 'run' else 'not run'}"


def _columns(heading: str, names: Iterable[str], table: str, manifest: Mapping[str, Any]) -> str:
    found = columns_of(names, table=table, manifest=manifest)
    return _section(
        heading,
        [
            f"{column.name}: {column.description}" + (f" [{column.unit}]" if column.unit else "")
            for column in found
        ],
    )


def _section(heading: str, lines: Iterable[str]) -> str:
    return "\n".join([heading, "-" * len(heading), *(wrapped(line, _INDENT) for line in lines)])


def _weight(indicator: object) -> str:
    """Return the weight after those of the priority were scaled to sum to 1, if it is given."""
    weight = indicator
    if isinstance(indicator, Mapping):
        weight = indicator.get("share", indicator.get("weight"))
    return f"{float(weight):.3g}" if isinstance(weight, int | float) else ""
