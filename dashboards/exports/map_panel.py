"""What stands beside the map: title, list, legend, cautions, and the words of each popup."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

import geopandas as gpd
import pandas as pd

from dashboards.exports.map_geometry import border_faults, inner_points, joined
from dashboards.exports.palette import (
    CLASSES,
    DEFAULT_BREAKS,
    HOTSPOT,
    INK,
    MISSING,
    OUTLINE,
    class_labels,
)
from dashboards.exports.wording import (
    DEMONSTRATION,
    cautions,
    count_flagged,
    figure,
    finding,
    flag_sentence,
    gaps,
    list_lines,
    period_words,
    priority_keys,
    rank_range,
    standing,
    waiting,
    weights_words,
)

__all__ = ["body", "caption_of", "details", "legend", "list_notes", "marks_of"]

Rows = list[list[str]]

_PRINTED, _PRINTED_BELOW = 25, 8
"""Rows on paper: this many, or the list and so many more; flagged areas always."""
_MOST_LISTED = 1_000  # areas; with the words of a whole country no browser would open the page


def details(
    areas: gpd.GeoDataFrame,
    hotspots: Mapping[str, pd.DataFrame],
    manifest: Mapping[str, Any],
) -> dict[str, Any]:
    """Return what a click says, by the number of the row; the page shows it as text only."""
    keys = priority_keys(manifest)
    found = []
    for code, row in zip(areas.index.astype(str), areas.to_dict("records"), strict=True):
        if not any(_is_listed(row, key) for key in keys):
            short = {key: _short_details(row, key) for key in keys}
            found.append(
                {"label": _label(row, code), "rows": [["Code", code]], "priorities": short}
            )
            continue
        kind = str(row.get("rural_urban") or "")
        residents = figure(row.get("population"), missing="not known")
        rows = [["Code", code], ["Residents", residents], *([["Kind", kind]] if kind else [])]
        found.append(
            {
                "label": _label(row, code),
                "rows": rows,
                "priorities": {key: _priority_details(row, key, manifest) for key in keys},
            }
        )
    labels = areas["area_label"] if "area_label" in areas else pd.Series(dtype=str)
    polygons = {
        f"{key}-{number}": _hotspot_details(row, labels)
        for key in keys
        for number, row in enumerate(_records(hotspots.get(key)))
    }
    return {
        "areas": found,
        "hotspots": polygons,
        "ranks": {key: _rank_labels(areas, key) for key in keys},
        "places": _place_labels(areas),
    }


def _rank_labels(areas: gpd.GeoDataFrame, key: str) -> list[list[Any]]:
    """Return latitude, longitude and rank of each flagged area."""
    flagged = areas[areas[f"{key}_flag"].fillna(value=False).astype(bool)]
    flagged = flagged.sort_values(f"{key}_rank", kind="stable")
    points = inner_points(flagged)
    ranks = (figure(rank) for rank in flagged[f"{key}_rank"])
    return [[*point, rank] for point, rank in zip(points, ranks, strict=True)]


def _place_labels(areas: gpd.GeoDataFrame) -> list[list[Any]]:
    """Return latitude, longitude and name of each place, most residents first.

    The page hides those that would lie on one placed before. Of a country the places are its
    authorities.
    """
    name_of = "place_name" if len(areas) <= _MOST_LISTED else "lad_name"
    if name_of not in areas:
        return []
    named = areas[areas[name_of].fillna("").astype(str) != ""]
    parts = sorted(named.groupby(name_of, sort=True), key=lambda item: -_residents(item[1]))
    shapes = [joined(part.geometry.to_numpy()) for _, part in parts]
    points = inner_points(gpd.GeoDataFrame(geometry=shapes, crs=areas.crs))
    return [[*point, str(name)] for point, (name, _) in zip(points, parts, strict=True)]


def _residents(part: pd.DataFrame) -> float:
    return float(part["population"].fillna(0).sum()) if "population" in part else 0.0


def _records(frame: pd.DataFrame | None) -> list[dict[Any, Any]]:
    return [] if frame is None else frame.to_dict("records")


def _hotspot_details(row: Mapping[Any, Any], labels: pd.Series) -> dict[str, Any]:
    """Return heading, figures and note of a hot-spot polygon, listed by area, never by street."""
    codes = [code for code in str(row.get("area_codes") or "").split("; ") if code]
    names = [str(labels.get(code, code)) for code in codes]
    shown = ", ".join(names[:6]) + (f" and {len(names) - 6} more" if len(names) > 6 else "")
    rows = [
        ["Events", figure(row.get("events"))],
        ["Share of events", _percent(row.get("share"))],
        ["Size", f"{figure(row.get('area_km2'), 2)} km²"],
        ["PAI (same data)", figure(row.get("pai_same_data"), 1)],
    ]
    return {
        "heading": "Where recorded map points concentrate",
        "rows": [*rows, ["Areas", shown]] if shown else rows,
        "note": "Such places always exist. PAI is measured on the events that drew the outline.",
    }


def body(areas: gpd.GeoDataFrame, manifest: Mapping[str, Any]) -> str:
    """Return the body of the page; every text in it is escaped."""
    keys = priority_keys(manifest)
    mark, demonstration = marks_of(manifest)
    sections = "".join(
        _section(areas, key, manifest, shown=number == 0) for number, key in enumerate(keys)
    )
    legends = "".join(
        legend(key, manifest["priorities"][key], shown=number == 0)
        for number, key in enumerate(keys)
    )
    said = [*cautions(manifest), *filter(None, [border_faults(areas)])]
    notes = "".join(f"<li>{escape(text)}</li>" for text in said)
    sources = " · ".join(escape(str(line)) for line in manifest.get("attribution", ()))
    return f"""<a class="skip" href="#list">Skip to the list</a>
<header>
{mark}{demonstration}
<h1>{escape(finding(areas, manifest))}</h1>
<p>{escape(caption_of(areas, manifest))}</p>
</header>
<main>
<div class="stage">
<div id="map_main" role="application" aria-label="Map; the list beside it says the same"></div>
<div class="strip">
<div id="layers" role="group" aria-label="Choose what the map shows"></div>
{legends}
<p id="unseen" role="status"></p>
</div>
</div>
<aside id="list">
<noscript><p>The map needs JavaScript. The list below does not.</p></noscript>
<div id="chosen" role="region" aria-label="The chosen area" tabindex="-1" hidden></div>
{sections}
<h2>Read with care</h2>
<ul>{notes}</ul>
</aside>
</main>
<footer><p>{sources}</p>{mark}</footer>"""


def marks_of(manifest: Mapping[str, Any]) -> tuple[str, str]:
    """Return the handling marking and the banner of a demonstration, as HTML; empty if none."""
    handling = str(manifest.get("handling") or "")
    mark = f'<p class="handling">{escape(handling)}</p>' if handling else ""
    banner = f'<p class="banner">{escape(DEMONSTRATION)}</p>'
    return mark, banner if manifest.get("demonstration") else ""


def caption_of(areas: pd.DataFrame, manifest: Mapping[str, Any]) -> str:
    """Return area, period, number of areas, weights and run, and the months without data."""
    name = str(manifest.get("name") or "")
    version = weights_words(manifest)
    parts = [
        name,
        period_words(manifest),
        f"{len(areas)} areas",
        f"weights {version}" if version else "",
        f"run {manifest.get('run_id', '')}",
    ]
    return ". ".join([" · ".join(part for part in parts if part), *filter(None, [gaps(manifest)])])


def _section(areas: pd.DataFrame, key: str, manifest: Mapping[str, Any], *, shown: bool) -> str:
    settings = manifest["priorities"][key]
    title = escape(f"{key.upper()} {settings.get('title', '')}".strip())
    aim = escape(str(settings.get("aim") or ""))
    size = int(settings.get("list_size") or 0)
    hidden = "" if shown else " hidden"
    name = escape(key)
    zoom = (
        f'<button type="button" data-zoom="{name}">Zoom to the flagged areas</button>'
        if count_flagged(areas, key)
        else ""
    )
    return f"""<section data-priority="{name}"{hidden}>
<h2>{title}</h2>
<p>{f"Aim: {aim}. " if aim else ""}{escape(flag_sentence(areas, key))}</p>
{list_notes(areas, key, manifest)}
<p class="zoom">{zoom}<button type="button" data-zoom="all">Show all areas</button></p>
<label class="filter">Find a place, ward or code<input type="search" data-filter="{name}"></label>
<p role="status"></p>
{_table(areas, key, size, waiting(manifest, key))}
</section>"""


def list_notes(areas: pd.DataFrame, key: str, manifest: Mapping[str, Any]) -> str:
    """Return what has to be said beside the list; the areas that a line means unfold below it."""
    lines = [
        f"<li><details><summary>{escape(line)}</summary>{escape(who)}</details></li>"
        if who
        else f"<li>{escape(line)}</li>"
        for line, who in list_lines(areas, key, manifest)
    ]
    return f'<ul class="notes">{"".join(lines)}</ul>' if lines else ""


def _table(areas: pd.DataFrame, key: str, size: int, not_yet: frozenset[str]) -> str:
    rank = areas[f"{key}_rank"].astype(float)
    order = areas.assign(_rank=rank, _row=range(len(areas)))
    order = order.sort_values("_rank", kind="stable", na_position="last").head(_MOST_LISTED)
    rows = []
    for number, (code, row) in enumerate(
        zip(order.index.astype(str), order.to_dict("records"), strict=True), start=1
    ):
        held = {
            "flagged": row.get(f"{key}_flag") is True,
            "cut": number == size,
            "beyond": number > max(size + _PRINTED_BELOW, _PRINTED),
        }
        note = standing(row, key, size=size, waits=code in not_yet)
        classes = " ".join(name for name, holds in held.items() if holds)
        rows.append(
            f'<tr class="{classes}" data-words="{escape(_words(row, code))}">'
            f'<td class="number">{figure(row["_rank"], missing="-")}</td>'
            f'<td><button type="button" data-row="{row["_row"]}">{escape(_label(row, code))}'
            f'</button></td><td class="number">{figure(row.get(f"{key}_score"), 1, missing="-")}'
            f"</td><td>{escape(rank_range(row, key))}</td>"
            f"<td>{escape(_text(row.get(f'{key}_tier')))}"
            f"{f'<br><small>{escape(note)}</small>' if note else ''}</td></tr>"
        )
    line = f" The double line ends the list of {size}." if size else ""
    if len(order) < len(areas):
        line += f" The first {len(order):,} of {len(areas):,}; areas.csv has the others."
    cut = (
        '<p class="print-only">Only the first rows are printed; areas.csv holds them all.</p>'
        if len(order) > max(size + _PRINTED_BELOW, _PRINTED)
        else ""
    )
    return f"""{cut}<table>
<caption>Rank 1 is the highest score. Range: nine draws in ten.{line}</caption>
<thead><tr><th scope="col" class="number">Rank</th><th scope="col">Area</th>
<th scope="col" class="number">Score</th><th scope="col">Range</th>
<th scope="col">Tier</th></tr></thead>
<tbody>{"".join(rows)}</tbody></table>"""


def legend(key: str, settings: Mapping[str, Any], *, shown: bool, still: bool = False) -> str:
    """Return what the colours mean; a still picture shows flagged areas as discs, no outlines."""
    breaks = tuple(settings.get("breaks") or DEFAULT_BREAKS)
    line = f'stroke="{OUTLINE}" stroke-width="1.5"'
    items = [
        (f'<rect x="1" y="1" width="28" height="16" fill="{colour}" {line}/>', words)
        for colour, words in zip(CLASSES, class_labels(breaks), strict=True)
    ]
    items += [
        (
            (
                f'<rect x="1" y="1" width="28" height="16" fill="{MISSING}" {line} '
                'stroke-dasharray="2 3"/>'
            ),
            "no score" if still else "no score (see why)",
        ),
    ]
    if still:
        items.append((f'<circle cx="15" cy="9" r="8" fill="{INK}"/>', "flagged, with its rank"))
    else:
        items += [
            (
                (
                    f'<rect x="2" y="2" width="26" height="14" fill="none" stroke="{INK}" '
                    'stroke-width="3"/>'
                ),
                "flagged, with its rank",
            ),
            (
                (
                    f'<rect x="2" y="2" width="26" height="14" fill="none" stroke="{HOTSPOT}" '
                    'stroke-width="2.5" stroke-dasharray="6 4"/>'
                ),
                "map points concentrate",
            ),
        ]
    inner = "".join(
        f'<li><svg viewBox="0 0 30 18" aria-hidden="true">{swatch}</svg>{escape(words)}</li>'
        for swatch, words in items
    )
    hidden = "" if shown else " hidden"
    return (
        f'<div data-priority="{escape(key)}"{hidden}><p>{escape(key.upper())} score, 0 to 100; '
        f'100 is the highest risk</p><ul class="legend">{inner}</ul></div>'
    )


def _is_listed(row: Mapping[Any, Any], key: str) -> bool:
    rank = row.get(f"{key}_rank")
    # An area without a rank is told why it has none.
    return not isinstance(rank, int | float) or not rank > _MOST_LISTED


def _short_details(row: Mapping[Any, Any], key: str) -> dict[str, Any]:
    rank = figure(row.get(f"{key}_rank"), missing="not ranked")
    tier = _text(row.get(f"{key}_tier")) or "no tier"
    return {"short": f"{key.upper()} rank {rank}, {tier}", "rows": [["Rank", rank]], "why": ""}


def _priority_details(
    row: Mapping[Any, Any], key: str, manifest: Mapping[str, Any]
) -> dict[str, Any]:
    def value(name: str) -> Any:
        return row.get(f"{key}_{name}")

    score = figure(value("score"), 1, missing="no score")
    rank = figure(value("rank"), missing="not ranked")
    tier = _text(value("tier")) or "no tier"
    size = int(manifest["priorities"][key].get("list_size") or 0)
    rows: Rows = [
        ["Tier", tier],
        ["Score", score],
        ["Rank", f"{rank} (range {rank_range(row, key)})"],
        ["Events", figure(value("events"))],
        ["Rate per 1,000 a year", figure(value("rate"), 1)],
        [
            "Relative risk",
            (
                f"{figure(value('rr'), 2)} ({figure(value('rr_lo'), 2, missing='-')} to "
                f"{figure(value('rr_hi'), 2, missing='-')})"
            ),
        ],
    ]
    if size:
        rows.append([f"Chance of top {size}", _percent(value("p_top"))])
    for label, words in (("List", standing(row, key, size=size)), ("Patch", _text(value("patch")))):
        if words:
            rows.append([label, words])
    cluster = _text(value("lisa_cluster"))
    if cluster:
        rows.append(["Cluster", cluster])
    return {
        **_short_details(row, key),
        "rows": rows,
        "why": _text(value("reasons")),
    }


def _percent(share: object) -> str:
    words = figure(share, 4)
    if words == "not calculable":
        return words
    return f"{100 * float(words):.0f} %"


def _label(row: Mapping[Any, Any], code: str) -> str:
    return _text(row.get("area_label")) or _text(row.get("area_name")) or code


def _words(row: Mapping[Any, Any], code: str) -> str:
    """Return what a search finds the area by, in lower case."""
    names = (
        _text(row.get(name)) for name in ("area_label", "area_name", "place_name", "ward_name")
    )
    return " ".join((code, *dict.fromkeys(names))).lower()


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
