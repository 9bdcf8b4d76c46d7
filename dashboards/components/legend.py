"""The legend of the map: every class with its words, its colour and how many areas it holds."""

from __future__ import annotations

from typing import Any

from dash import html

from dashboards.components.attributes import attributes
from dashboards.figures import Classed, MapLayer

__all__ = ["legend"]


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
            [html.Summary("What does this mean?"), html.P(layer.help)], className="legend-help"
        ),
    ]
