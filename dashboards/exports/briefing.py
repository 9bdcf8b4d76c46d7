"""A one-page PDF for each priority: map, list, how sure, what to be careful of."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any, NoReturn

import geopandas as gpd
import pandas as pd

from dashboards.exports.blind_spots import blind_spots
from dashboards.exports.map_page import asset
from dashboards.exports.palette import CLASSES, DEFAULT_BREAKS, MISSING, OUTLINE, class_labels
from dashboards.exports.svg_map import svg_map
from dashboards.exports.wording import (
    DEMONSTRATION,
    cautions,
    figure,
    finding,
    flag_sentence,
    gaps,
    list_lines,
    period_words,
    priority_keys,
    rank_range,
    weights_words,
)
from dashboards.forces import of_whom
from dashboards.strata import first_within
from risk_model.run_store import PublishedRun
from spatial.errors import Fault, InputError

__all__ = ["briefing_html", "export_briefing"]

_MOST_ROWS = 10  # what one page holds
_EXPLAINED = 3
_LONGEST, _LONGEST_NAMES = 160, 110
_FIGURES = re.compile(r"(\d[\d.,]* points): [^()]*(?=\))")
"""What stands behind the points of an indicator, which a page has no room for."""
_WITHIN = 3
_MAP_MM = (50, 42, 34, 26)
"""Heights of the map, tried until all that has to be said is on one page."""


def export_briefing(run: PublishedRun, folder: Path) -> list[Path]:
    """Write briefing_<priority>.pdf for each priority.

    Raises
    ------
    InputError
        Where WeasyPrint or the Pango libraries it needs are not installed.
    """
    try:
        from weasyprint import HTML  # noqa: PLC0415 - an optional extra, slow to import
    except (ImportError, OSError) as error:
        raise InputError(
            Fault(
                "a PDF needs WeasyPrint and Pango: in the project's folder .venv/bin/pip install "
                "-e '.[pdf]', and on Debian "
                "apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 "
                f"({error})",
                field="format",
            )
        ) from error
    areas = run.areas().sort_index()
    written = []
    for key in priority_keys(run.manifest):
        path = folder / f"briefing_{key}.pdf"
        for height in _MAP_MM:
            text = briefing_html(areas, key, run.manifest, map_mm=height)
            document = HTML(string=text, url_fetcher=_refuse).render()
            if len(document.pages) == 1:
                break
        document.write_pdf(path)
        written.append(path)
    return written


def briefing_html(
    areas: gpd.GeoDataFrame, key: str, manifest: Mapping[str, Any], *, map_mm: int = _MAP_MM[0]
) -> str:
    """Return the page that is printed, its map `map_mm` high; every text in it is escaped."""
    settings = manifest["priorities"][key]
    size = min(int(settings.get("list_size") or _MOST_ROWS), _MOST_ROWS)
    one = {**manifest, "priorities": {key: settings}}
    handling = escape(str(manifest.get("handling") or ""))
    banner = (
        f'<p class="banner">{escape(DEMONSTRATION)}</p>' if manifest.get("demonstration") else ""
    )
    said = (*cautions(manifest)[:3], *blind_spots(manifest, brief=True))
    notes = "".join(f"<li>{escape(line)}</li>" for line in said)
    version = weights_words(manifest)
    caption = (
        f"{manifest.get('name', '')} · {period_words(manifest)} · {len(areas)} areas · "
        f"weights {version} · run {manifest.get('run_id', '')}. {gaps(manifest)}"
    )
    return f"""<!DOCTYPE html>
<html lang="en-GB"><head><meta charset="utf-8"><title>{escape(finding(areas, one))}</title>
<style>{asset("briefing.css")}.map svg {{ height: {map_mm}mm; }}</style></head><body>
<p class="handling">{handling}</p>{banner}
<h1>{escape(finding(areas, one))}</h1>
<p class="caption">{escape(caption.strip())}</p>
<p>{escape(f"{key.upper()} {settings.get('title', '')}. Aim: {settings.get('aim', '')}.")}
{escape(flag_sentence(areas, key))}</p>
<div class="map">{svg_map(areas, key, settings)}</div>
{_legend(settings)}
{_table(areas, key, size)}
{_list_notes(areas, key, manifest)}
{_within(areas, key)}
{_why(areas, key)}
<h2>Read with care</h2><ul>{notes}</ul>
<p class="caption">{escape(" · ".join(str(line) for line in manifest.get("attribution") or ()))}</p>
<p class="handling">{handling}</p>
</body></html>"""


def _list_notes(areas: pd.DataFrame, key: str, manifest: Mapping[str, Any]) -> str:
    """Return what changed and who cannot be told apart, with as many names as a page holds."""
    lines = []
    for line, who in list_lines(areas, key, manifest):
        cut = who[:_LONGEST_NAMES].rsplit("; ", 1)[0]
        short = who if len(who) <= _LONGEST_NAMES else f"{cut}; ..."
        lines.append(f"<li>{escape(f'{line} {short}'.strip())}</li>")
    return f'<ul class="notes">{"".join(lines)}</ul>' if lines else ""


def _why(areas: pd.DataFrame, key: str) -> str:
    """Return the first sentence of the reasons of the areas at the top of the list."""
    top = areas[areas[f"{key}_rank"].astype(float) <= _EXPLAINED].sort_values(f"{key}_rank")
    lines = []
    for code, row in zip(top.index, top.to_dict("records"), strict=True):
        reasons = row.get(f"{key}_reasons")
        if isinstance(reasons, str) and reasons:
            first = f"{reasons.split('. ')[0].rstrip('.')}."
            # Rank, score and events stand in the table above: left is what raises the score.
            # Runs of earlier versions have a comma there.
            parts = re.split("[,;] raised most by ", first, maxsplit=1)
            if len(parts) == 2:
                raised = _FIGURES.sub(r"\1", parts[1].partition("; ")[0].rstrip("."))
                first = f"raised most by {raised}."
            short = first if len(first) <= _LONGEST else _cut(first[:_LONGEST])
            name = str(row.get("area_label") or code)
            lines.append(f"<li><strong>{escape(name)}</strong>: {escape(short)}</li>")
    return (
        f"<h2>Why the first {len(lines)}</h2><ul class='why'>{''.join(lines)}</ul>" if lines else ""
    )


def _cut(text: str) -> str:
    """Cut after the last whole indicator, or the last whole word where none is named."""
    whole, mark, _ = text.rpartition(" points)")
    return f"{whole}{mark} and more." if mark else f"{text.rsplit(' ', 1)[0]}..."


def _table(areas: pd.DataFrame, key: str, size: int) -> str:
    order = areas.assign(_rank=areas[f"{key}_rank"].astype(float)).sort_values(
        "_rank", kind="stable", na_position="last"
    )
    top = order.head(size)
    rows = "".join(
        f"<tr><td>{figure(row['_rank'], missing='-')}</td>"
        f"<td>{escape(str(row.get('area_label') or code))}</td>"
        f"<td>{escape(str(row.get(f'{key}_tier') or ''))}</td>"
        f"<td>{figure(row.get(f'{key}_score'), 1, missing='-')}</td>"
        f"<td>{rank_range(row, key)}</td>"
        f"<td>{figure(row.get(f'{key}_events'))}</td>"
        f"<td>{figure(row.get(f'{key}_rate'), 1)}</td></tr>"
        for code, row in zip(top.index, top.to_dict("records"), strict=True)
    )
    vetoes = "".join(
        f"<br>{escape(str(row.get('area_label') or code))}: {escape(row['artefact'])}."
        for code, row in zip(top.index, top.to_dict("records"), strict=True)
        if isinstance(row.get("artefact"), str) and row["artefact"]
    )
    heads = ("Rank", "Area", "Tier", "Score", "Rank range", "Events", "Rate*")
    head = "".join(f"<th>{words}</th>" for words in heads)
    return (
        f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
        '<p class="caption">* per 1,000 residents per year. Rank range: nine draws in ten, over '
        f"counts and weights together.{vetoes}</p>"
    )


def _within(areas: pd.DataFrame, key: str) -> str:
    """Return the first of the rural areas, which a list of the whole may not reach."""
    first = first_within(areas, key, most=_WITHIN).get("rural")
    if first is None:
        return ""
    among = of_whom(areas, key)
    named = "; ".join(
        f"{row.get('area_label') or code} ({figure(row[f'{key}_rank'], missing='-')} {among[code]})"
        for code, row in zip(first.index, first.to_dict("records"), strict=True)
    )
    return f'<p class="caption">First among rural areas: {escape(named)}.</p>'


def _legend(settings: Mapping[str, Any]) -> str:
    labels = class_labels(tuple(settings.get("breaks") or DEFAULT_BREAKS))
    swatches = [*zip(CLASSES, labels, strict=True), (MISSING, "no score")]
    inner = "".join(
        f'<span><svg width="20" height="12" viewBox="0 0 20 12"><rect x="1" y="1" width="18" '
        f'height="10" fill="{colour}" stroke="{OUTLINE}"/></svg> {escape(words)}</span>'
        for colour, words in swatches
    )
    return f'<p class="legend">Score: {inner}<span>thick outline: flagged, with its rank</span></p>'


def _refuse(address: str, *_: object, **__: object) -> NoReturn:
    """Refuse every address: a briefing is made of what is on the page."""
    raise ValueError(f"a briefing fetches nothing, not {address[:80]!r}")
