"""map.html of a country: too many areas to draw one by one, so a picture, lists and forces."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from html import escape
from typing import Any

import geopandas as gpd
import pandas as pd

from dashboards.exports.country_picture import Picture, draw_classes, place_cells
from dashboards.exports.map_page import asset, page
from dashboards.exports.map_panel import caption_of, legend, list_notes, marks_of
from dashboards.exports.palette import DEFAULT_BREAKS, INK
from dashboards.exports.wording import (
    cautions,
    figure,
    finding,
    flag_sentence,
    priority_keys,
    rank_range,
)

__all__ = ["MOST_DRAWN", "area_forces", "country_html"]

MOST_DRAWN = 6_000  # areas; the largest police force area, London, has 4,994
_LISTED = 100
_TOP_SHARE = 0.01
_HOW = (
    "A dot is the neighbourhood at its middle, so that small ones in towns may show none; lines "
    "are borders of police force areas. For polygons and reasons run one police force area with "
    "the same files, as hotspots run --area E23000039, or open this run with hotspots serve. "
    "areas.csv and areas.gpkg hold every neighbourhood."
)


def country_html(areas: gpd.GeoDataFrame, manifest: Mapping[str, Any]) -> str:
    """Return the page; it has no script.

    Parameters
    ----------
    areas
        Indexed by area code, sorted.
    manifest
        The manifest of the run; `forces` in it names the police force of each authority.
    """
    forces = area_forces(areas, manifest)
    picture = place_cells(areas)
    sections = "".join(
        _section(areas, key, manifest, picture=picture, forces=forces)
        for key in priority_keys(manifest)
    )
    mark, banner = marks_of(manifest)
    notes = "".join(f"<li>{escape(text)}</li>" for text in cautions(manifest))
    sources = " · ".join(escape(str(line)) for line in manifest.get("attribution", ()))
    return page(
        title=f"{finding(areas, manifest)} - {manifest.get('name', 'CSP Hotspots')}",
        body=f"""<header>
{mark}{banner}
<h1>{escape(finding(areas, manifest))}</h1>
<p>{escape(caption_of(areas, manifest))}</p>
</header>
<main class="country">
<p>{len(areas):,} neighbourhoods are too many to draw one by one on a page. {escape(_HOW)}</p>
{sections}
<h2>Read with care</h2>
<ul>{notes}</ul>
</main>
<footer><p>{sources}</p>{mark}</footer>""",
        styles=(asset("map.css"), asset("country.css")),
        scripts=(),
    )


def area_forces(areas: pd.DataFrame, manifest: Mapping[str, Any]) -> pd.Series:
    """Return the police force of each area; its authority where the run does not say."""
    named = manifest.get("forces") or {}
    names = [
        named[lad]["name"] if lad in named else name
        for lad, name in zip(areas["lad_code"].astype(str), areas["lad_name"], strict=True)
    ]
    return pd.Series(names, index=areas.index, dtype="str")


def _section(
    areas: gpd.GeoDataFrame,
    key: str,
    manifest: Mapping[str, Any],
    *,
    picture: Picture,
    forces: pd.Series,
) -> str:
    settings = manifest["priorities"][key]
    title = f"{key.upper()} {settings.get('title', '')}".strip()
    return f"""<section>
<h2>{escape(title)}</h2>
<p>{escape(flag_sentence(areas, key))}</p>
{list_notes(areas, key, manifest)}
<div class="pair">
<figure>{_drawing(areas, key, settings, picture=picture, forces=forces)}
<figcaption>{legend(key, settings, shown=True, still=True)}</figcaption>
</figure>
<div>{_list(areas, key)}</div>
</div>
{_force_table(areas, key, manifest, forces=forces)}
</section>"""


def _drawing(
    areas: gpd.GeoDataFrame,
    key: str,
    settings: Mapping[str, Any],
    *,
    picture: Picture,
    forces: pd.Series,
) -> str:
    """Return the picture with a numbered pin on each flagged area."""
    breaks = tuple(settings.get("breaks") or DEFAULT_BREAKS)
    png = draw_classes(picture, areas[f"{key}_score"].astype(float), forces, breaks=breaks)
    data = base64.b64encode(png).decode("ascii")
    flagged = areas[areas[f"{key}_flag"].fillna(value=False).astype(bool)]
    flagged = flagged.sort_values(f"{key}_rank", kind="stable", ascending=False).tail(_LISTED)
    pins = []
    middles = flagged.geometry.representative_point()
    for code, east, north, rank in zip(
        flagged.index, middles.x, middles.y, flagged[f"{key}_rank"], strict=True
    ):
        x, y = picture.corner(float(east), float(north))
        name = escape(str(flagged.loc[code, "area_label"]))
        pins.append(
            f'<g><title>{name}</title><circle cx="{x:.1f}" cy="{y:.1f}" r="9" fill="{INK}" '
            f'stroke="#FFFFFF"/><text x="{x:.1f}" y="{y + 3.5:.1f}" text-anchor="middle" '
            f'font-size="10" font-weight="bold" fill="#FFFFFF">{escape(figure(rank))}</text></g>'
        )
    wide, high = picture.grid.nx, picture.grid.ny
    return (
        f'<svg viewBox="0 0 {wide} {high}" role="img" aria-label="Score classes of '
        f'{len(areas):,} neighbourhoods; the tables beside and below say the same">'
        f'<image width="{wide}" height="{high}" href="data:image/png;base64,{data}"/>'
        f"{''.join(pins)}</svg>"
    )


def _list(areas: pd.DataFrame, key: str) -> str:
    """Return the highest scores. Welsh areas may have a ranking of their own, so by score."""
    order = areas.sort_values(f"{key}_score", ascending=False, kind="stable").head(_LISTED)
    rows = []
    for code, row in zip(order.index.astype(str), order.to_dict("records"), strict=True):
        flagged = ' class="flagged"' if row.get(f"{key}_flag") is True else ""
        rows.append(
            f'<tr{flagged}><td class="number">{figure(row.get(f"{key}_rank"), missing="-")}</td>'
            f"<td>{escape(str(row.get('area_label') or code))}</td>"
            f"<td>{escape(str(row.get('lad_name') or ''))}</td>"
            f'<td class="number">{figure(row.get(f"{key}_score"), 1, missing="-")}</td>'
            f"<td>{escape(rank_range(row, key))}</td>"
            f"<td>{escape(str(row.get(f'{key}_tier') or ''))}</td></tr>"
        )
    welsh = areas.index.astype(str).str.startswith("W")
    note = ""
    if welsh.any() and not welsh.all() and (areas[f"{key}_rank"] == 1).sum() > 1:
        note = " Welsh areas have no English index of deprivation and are ranked within Wales."
    return f"""<table>
<caption>The {len(order)} highest scores of {len(areas):,}; range: nine draws in ten.{note}
</caption>
<thead><tr><th scope="col" class="number">Rank</th><th scope="col">Area</th>
<th scope="col">Authority</th><th scope="col" class="number">Score</th>
<th scope="col">Range</th><th scope="col">Tier</th></tr></thead>
<tbody>{"".join(rows)}</tbody></table>"""


def _force_table(
    areas: pd.DataFrame, key: str, manifest: Mapping[str, Any], *, forces: pd.Series
) -> str:
    """Return one row a police force area: how much was supplied, and what was found there."""
    score = areas[f"{key}_score"].astype(float)
    cut = score.quantile(1 - _TOP_SHARE)
    frame = pd.DataFrame(
        {
            "areas": 1,
            "scored": score.notna(),
            "events": areas[f"{key}_events"].astype(float),
            "flagged": areas[f"{key}_flag"].fillna(value=False).astype(bool),
            "top": score >= cut,
        }
    )
    totals = frame.groupby(forces.to_numpy(), sort=True).sum()
    months = _months_supplied(manifest)
    rows = "".join(
        f"<tr><td>{escape(str(name))}</td><td>{escape(months.get(str(name), ''))}</td>"
        + "".join(
            f'<td class="number">{figure(row[column])}</td>'
            for column in ("areas", "scored", "events", "flagged", "top")
        )
        + "</tr>"
        for name, row in totals.iterrows()
    )
    return f"""<table>
<caption>By police force area. A force without files has no rates and no scores: no data, not zero.
</caption>
<thead><tr><th scope="col">Police force area</th><th scope="col">Months supplied</th>
<th scope="col" class="number">Neighbourhoods</th><th scope="col" class="number">Scored</th>
<th scope="col" class="number">Events</th><th scope="col" class="number">Flagged</th>
<th scope="col" class="number">In the highest {_TOP_SHARE:.0%} of scores</th></tr></thead>
<tbody>{rows}</tbody></table>"""


def _months_supplied(manifest: Mapping[str, Any]) -> dict[str, str]:
    """Return `2 of 3` for each police force by name, `none` where no file was supplied."""
    coverage = manifest.get("coverage") or {}
    asked = len(manifest["period"].get("months", ()))
    found = {}
    for entry in (manifest.get("forces") or {}).values():
        held = sum((coverage.get(entry["slug"]) or {}).values())
        found[str(entry["name"])] = f"{held} of {asked}" if held else "none"
    return found
