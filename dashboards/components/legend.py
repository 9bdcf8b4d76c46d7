"""The legend of the map: every class with its words, its colour and how many areas it holds."""

from __future__ import annotations

from typing import Any

from dash import html

from dashboards.components.attributes import attributes
from dashboards.figures import Classed, MapLayer

__all__ = ["legend"]

_FLAGGED = (
    "areas whose evidence is Strong or Supported, outlined and numbered by their rank. A number "
    "that would hide another stands aside, a line to its area."
)
_CONCENTRATIONS = (
    "the smallest land that holds a fixed share of the density of this priority's recorded "
    "offences. Such land always exists, and map points are anonymous: read it by area, never by "
    "street."
)


def _entry(swatch: str, text: str, areas: int, **style: str) -> html.Li:
    return html.Li(
        [
            html.Span(
                className=f"swatch {swatch}",
                style=style or None,
                **attributes({"aria-hidden": "true"}),
            ),
            html.Span(text),
            html.Span(f"({areas:,})", className="quiet"),
        ]
    )


def legend(layer: MapLayer, result: Classed, caption: str) -> list[Any]:
    """Return the heading, the classes from low to high, and the missing ones with the reason.

    `caption` says what was measured, where and when.
    """
    entries = [
        _entry("", entry.text, entry.areas, backgroundColor=entry.colour) for entry in result.legend
    ]
    if result.missing:
        entries.append(_entry("swatch-missing", layer.missing_reason, result.missing))
    return [
        html.P([html.Strong(layer.title), ". ", result.note], className="legend-title"),
        html.Ul(entries, className="legend-list"),
        html.P(caption, className="quiet legend-caption"),
        html.Details(
            [
                html.Summary("What does this mean?"),
                html.P(layer.help),
                html.P([html.Strong("Flagged: "), _FLAGGED]),
                html.P([html.Strong("Point concentrations: "), _CONCENTRATIONS]),
            ],
            className="legend-help",
        ),
    ]
