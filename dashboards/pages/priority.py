"""A priority's page: the finding, the map and the ranked list side by side, one area below."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, TypeVar

from dash import ClientsideFunction, Dash, Input, Output, State, dcc, html
from flask import abort

from dashboards import ids
from dashboards.area_context import context_facts
from dashboards.area_story import area_story
from dashboards.components.area_panel import area_panel
from dashboards.components.attributes import attributes
from dashboards.components.controls import controls, overlay_ticks
from dashboards.components.force_chooser import count_line, force_chooser
from dashboards.components.frame import fact_line, page_frame
from dashboards.components.legend import legend
from dashboards.components.map import area_map
from dashboards.components.ranked_list import list_data, list_notes, list_table
from dashboards.exports.blind_spots import blind_spots
from dashboards.figures import available_layers, chosen_layer, classed, map_values, within
from dashboards.geometry import Geometry
from dashboards.pages import country
from dashboards.ranked_list import ranked_list
from dashboards.runs import RunLibrary
from dashboards.settings import WebSettings
from dashboards.state import ViewState, read_state
from dashboards.view import (
    RunView,
    caption,
    facts,
    finding,
    part_of,
    priority_heading,
)
from spatial.errors import InputError

__all__ = ["layout", "register"]

Answer = TypeVar("Answer")


def _coloured(view: RunView, state: ViewState) -> tuple[dict[str, Any], list[Any]]:
    """Return the values of the map and its legend; a country as a whole is a picture of scores."""
    priority = state.priority
    as_picture = _as_picture(view, state)
    layer = chosen_layer(view, priority, "score" if as_picture else state.layer)
    part = part_of(view, state.force)
    result = within(classed(view, priority, layer), part.areas.index)
    values = {} if as_picture else map_values(view, priority, state)
    return values, legend(layer, result, caption(part))


def _as_picture(view: RunView, state: ViewState) -> bool:
    return bool(view.forces) and not state.force


def _listed(view: RunView, state: ViewState) -> tuple[dict[str, Any], list[Any]]:
    """Return the rows of the list and the sentence that counts them."""
    ranked = ranked_list(view, state.priority, state)
    data = list_data(ranked, f"/{state.priority}", view.run_id)
    return data, count_line(ranked, state)


def _panel(view: RunView, state: ViewState, settings: WebSettings) -> html.Div:
    story = area_story(view, state.priority, state.area)
    context = context_facts(view, state.priority, state.area)
    return area_panel(story, contact=settings.contact, run_id=view.run_id, context=context)


def layout(
    view: RunView,
    geometry: Geometry,
    state: ViewState,
    settings: WebSettings,
    *,
    current_id: str,
) -> html.Div:
    """Return the page as the address asks for it; everything is drawn in this one answer."""
    priority = state.priority
    title = finding(view, priority, state.force)
    values, legend_parts = _coloured(view, state)
    rows, count = _listed(view, state)
    notes = list_notes(view, priority, state.force)
    as_picture = _as_picture(view, state)
    layers = available_layers(view, priority)
    has_hotspots = f"hotspots-{priority}.geojson" in geometry.files
    return page_frame(
        view,
        path=f"/{priority}",
        title=title,
        current_id=current_id,
        page_class="page-priority",
        children=[
            html.Div(
                [
                    html.Div(
                        [html.H1(title), html.P(priority_heading(view, priority))],
                        className="finding",
                    ),
                    fact_line(facts(view, priority)),
                ],
                className="finding-row",
            ),
            *([force_chooser(view, f"/{priority}", state.force)] if view.forces else []),
            *country.force_notes(view, priority, state.force),
            controls(
                layers[:1] if as_picture else layers,
                state,
                chosen=chosen_layer(view, priority, state.layer).id,
            ),
            html.Div(
                [
                    html.Section(
                        [
                            html.H2("Map", className="visually-hidden"),
                            *(
                                [country.picture(view, priority, title=title)]
                                if as_picture
                                else [
                                    area_map(
                                        run_id=view.run_id,
                                        priority=priority,
                                        values=values,
                                        bounds=geometry.bounds,
                                        place=state.place,
                                        has_hotspots=has_hotspots,
                                        label=f"Map: {title}. The ranked list beside it holds the "
                                        "same areas and can be used by keyboard.",
                                        force=state.force,
                                    ),
                                    overlay_ticks(state, has_hotspots=has_hotspots),
                                ]
                            ),
                            html.Div(legend_parts, id=ids.LEGEND, className="legend"),
                        ],
                        className="map-side",
                    ),
                    list_table(
                        rows,
                        caption=f"Areas by {priority.upper()} rank",
                        count=count,
                        notes=notes,
                    ),
                ],
                className="map-and-list",
            ),
            html.Section(
                _panel(view, state, settings),
                id=ids.AREA_PANEL,
                **attributes({"aria-label": "Chosen area"}),
            ),
            *([country.force_table(view, priority)] if as_picture else []),
            html.Section(
                [
                    html.H2("What this list cannot see", id="blind-spots"),
                    html.Ul([html.Li(text) for text in blind_spots(view.manifest)]),
                ],
                className="quiet",
                **attributes({"aria-labelledby": "blind-spots"}),
            ),
            dcc.Store(id=ids.MAP_VALUES, data=values),
            *(
                dcc.Store(id=question)
                for question in (
                    ids.MAP_QUESTION,
                    ids.LIST_QUESTION,
                    ids.AREA_QUESTION,
                    ids.MAP_DRAWN,
                    ids.LIST_DRAWN,
                    ids.AREA_DRAWN,
                )
            ),
        ],
    )


def register(app: Dash, library: RunLibrary, settings: WebSettings) -> None:
    """Connect the page: the address asks, the server answers with values, scripts draw."""

    def asked(question: str) -> tuple[RunView, ViewState]:
        state = read_state(question)
        try:
            view = library.view(state.run_id)
        except InputError:  # a crafted question: our own pages name runs that exist
            abort(400)
        priority = state.priority if state.priority in view.priorities else view.priorities[0]
        return view, ViewState(
            run_id=view.run_id,
            priority=priority,
            layer=state.layer,
            area=state.area,
            stratum=state.stratum,
            query=state.query,
            sort=state.sort,
            force=state.force if state.force in view.forces else "",
            start=state.start,
        )

    def answering(make: Callable[[RunView, ViewState], Answer]) -> Callable[[str], Answer]:
        """Return a function from question to answer that makes each common answer once.

        A run never changes, so an answer never goes stale. What a reader typed is not kept.
        """
        kept = lru_cache(maxsize=256)(lambda state: make(library.view(state.run_id), state))

        def answer(question: str) -> Answer:
            view, state = asked(question)
            return make(view, state) if state.query else kept(state)

        return answer

    coloured, listed = answering(_coloured), answering(_listed)
    panel = answering(lambda view, state: _panel(view, state, settings))

    @app.callback(  # type: ignore[untyped-decorator, unused-ignore]
        Output(ids.MAP_VALUES, "data"),
        Output(ids.LEGEND, "children"),
        Input(ids.MAP_QUESTION, "data"),
        prevent_initial_call=True,
    )
    def colour_map(question: str) -> tuple[dict[str, Any], list[Any]]:
        return coloured(question)

    @app.callback(  # type: ignore[untyped-decorator, unused-ignore]
        Output(ids.LIST_ROWS, "data"),
        Output(ids.LIST_COUNT, "children"),
        Input(ids.LIST_QUESTION, "data"),
        prevent_initial_call=True,
    )
    def fill_list(question: str) -> tuple[dict[str, Any], list[Any]]:
        return listed(question)

    @app.callback(  # type: ignore[untyped-decorator, unused-ignore]
        Output(ids.AREA_PANEL, "children"),
        Input(ids.AREA_QUESTION, "data"),
        prevent_initial_call=True,
    )
    def show_area(question: str) -> html.Div:
        return panel(question)

    in_browser: Any = app.clientside_callback
    in_browser(
        ClientsideFunction("hotspots", "route"),
        Output(ids.MAP_QUESTION, "data"),
        Output(ids.LIST_QUESTION, "data"),
        Output(ids.AREA_QUESTION, "data"),
        Input(ids.URL, "search"),
        State(ids.MAP_QUESTION, "data"),
        State(ids.LIST_QUESTION, "data"),
        State(ids.AREA_QUESTION, "data"),
        prevent_initial_call=True,
    )
    in_browser(
        ClientsideFunction("hotspots", "drawMap"),
        Output(ids.MAP_DRAWN, "data"),
        Input(ids.MAP_VALUES, "data"),
    )
    in_browser(
        ClientsideFunction("hotspots", "drawList"),
        Output(ids.LIST_DRAWN, "data"),
        Input(ids.LIST_ROWS, "data"),
    )
    in_browser(
        ClientsideFunction("hotspots", "areaShown"),
        Output(ids.AREA_DRAWN, "data"),
        Input(ids.AREA_PANEL, "children"),
        prevent_initial_call=True,
    )
