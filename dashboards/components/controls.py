"""The controls above map and list. Each writes to the address; the address changes the page."""

from __future__ import annotations

from dash import dcc, html

from dashboards import ids
from dashboards.components.attributes import attributes
from dashboards.figures import MapLayer
from dashboards.state import ViewState

__all__ = ["controls", "overlay_ticks"]

_TICKS = {
    "flagged": "Flagged, by rank",
    "hotspots": "Point concentrations",
    "places": "Place names",
}


def _select(name: str, label: str, choices: list[tuple[str, str]], chosen: str) -> html.Div:
    return html.Div(
        [
            html.Label(label, htmlFor=f"control-{name}"),
            html.Select(
                [
                    html.Option(text, value=value, selected=value == chosen)
                    for value, text in choices
                ],
                id=f"control-{name}",
                **attributes({"data-param": name}),
            ),
        ],
        className="control",
    )


def _tick(name: str, label: str, state: ViewState) -> html.Div:
    """Return the place of a tick box; `assets/page.js` puts a plain checkbox into it.

    Dash's own checklist is a list box that holds check boxes, which screen readers cannot follow.
    """
    return html.Div(
        className="tick",
        **attributes(
            {
                "data-toggle": name,
                "data-label": label,
                "data-ticked": "yes" if name in state.show else "no",
            }
        ),
    )


def overlay_ticks(state: ViewState, *, has_hotspots: bool) -> html.Div:
    """Return the tick boxes of what may be drawn over the map."""
    return html.Div(
        [
            _tick(name, label, state)
            for name, label in _TICKS.items()
            if name != "hotspots" or has_hotspots
        ],
        className="ticks",
        role="group",
        **attributes({"aria-label": "Shown on the map"}),
    )


def controls(layers: tuple[MapLayer, ...], state: ViewState, *, chosen: str) -> html.Div:
    """Return the choice of layer, the urban/rural filter and the search."""
    return html.Div(
        [
            _select("layer", "Colour the map by", [(e.id, e.title) for e in layers], chosen),
            _select(
                "stratum",
                "Show",
                [("", "All areas"), ("urban", "Urban areas"), ("rural", "Rural areas")],
                state.stratum,
            ),
            html.Div(
                [
                    html.Label("Find a place, ward or code", htmlFor="control-q"),
                    dcc.Input(
                        id="control-q",
                        type="search",
                        value=state.query,
                        maxLength=80,
                        autoComplete="off",
                        className="search-box",
                    ),
                ],
                className="control control-wide",
                **attributes({"data-search": "q"}),
            ),
        ],
        id=ids.CONTROLS,
        className="controls",
        role="search",
        **attributes({"aria-label": "Map and list"}),
    )
