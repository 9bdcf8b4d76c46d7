"""The compare page: what other weights, or another run, do to the list. The address is the state.

The form works by itself: sending it opens the page of what was typed. A small script sends the
same question while somebody types, so that the answer follows at once.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, dcc, html
from flask import abort

from dashboards import ids, words
from dashboards.compare_tables import (
    cause_table,
    causes_said,
    change_said,
    change_tables,
    correlation_said,
    settings_table,
    weight_table,
)
from dashboards.components.attributes import attributes
from dashboards.components.frame import fact_line, notice, page_frame, section_table
from dashboards.runs import RunLibrary
from dashboards.settings import WebSettings
from dashboards.state import CompareState, link, read_compare
from dashboards.view import RunView, facts
from risk_model.comparison import Comparison
from risk_model.config.names import FORECAST_INDICATORS
from spatial.errors import InputError

__all__ = ["MOST_AREAS", "is_sound", "layout", "register"]

MOST_AREAS = 6_000  # scoring as many again takes about two seconds


def _given(view: RunView, priority: str) -> dict[str, float]:
    """Return the weights of a priority's indicators in the run."""
    return {
        name: float(entry["weight"] if isinstance(entry, dict) else entry)
        for name, entry in view.manifest["priorities"][priority]["indicators"].items()
    }


def _asked(view: RunView, state: CompareState) -> dict[str, float]:
    """Return the weights that the address asks for; those of the run where it names none."""
    wanted = dict(state.weights)
    return {name: wanted.get(name, own) for name, own in _given(view, state.priority).items()}


def is_sound(view: RunView, state: CompareState) -> bool:
    """Say whether a question names a priority of the run and indicators of that priority."""
    if state.priority not in view.priorities:
        return False
    return {name for name, _ in state.weights} <= set(_given(view, state.priority))


def _figure(weight: float) -> str:
    return f"{weight:.9g}"


def _weight_field(name: str, own: float, asked: float) -> html.Div:
    label = words.indicator_words(name)
    field = f"weight-{name}"
    return html.Div(
        [
            html.Label(label, htmlFor=field),
            dcc.Input(
                id=field,
                type="text",
                name=f"w.{name}",
                value=_figure(asked),
                maxLength=12,
                autoComplete="off",
                className="weight-box",
            ),
            html.Div(
                className="slider",
                **attributes(
                    {
                        "data-slider": field,
                        "data-label": f"{label}, slider",
                        "data-most": _figure(max(1.0, own, asked)),
                        "data-value": _figure(asked),
                    }
                ),
            ),
            html.Span(f"in the run: {_figure(own)}", className="quiet"),
        ],
        className="control weight",
        **attributes({"data-weight": f"w.{name}"}),
    )


def _weights_form(view: RunView, state: CompareState) -> html.Form:
    own, asked = _given(view, state.priority), _asked(view, state)
    return html.Form(
        [
            dcc.Input(type="hidden", name="run", value=view.run_id),
            dcc.Input(type="hidden", name="priority", value=state.priority),
            html.Div(
                [_weight_field(name, own[name], asked[name]) for name in own],
                className="weights",
            ),
            html.P(
                [
                    html.Button("Show what changes", type="submit", className="button"),
                    " ",
                    html.A(
                        "Back to the weights of the run",
                        href=link("/compare", run=view.run_id, priority=state.priority),
                    ),
                ]
            ),
        ],
        action="/compare",
        method="get",
        className="weights-form",
        **attributes({"aria-label": "Weights"}),
    )


def _tabs(view: RunView, state: CompareState) -> html.Ul:
    items = []
    for priority in view.priorities:
        here: dict[str, Any] = {"aria-current": "true"} if priority == state.priority else {}
        address = link("/compare", run=view.run_id, priority=priority)
        items.append(html.Li(html.A(f"Weights of {priority.upper()}", href=address, **here)))
    return html.Ul(items, className="tabs")


def _save(view: RunView, state: CompareState, *, offered: bool) -> list[Any]:
    """Return the form that downloads the weights as a new version, and the command that does."""
    own = _given(view, state.priority)
    changed = {name: weight for name, weight in _asked(view, state).items() if weight != own[name]}
    sets = " ".join(
        f"--set priorities.{state.priority}.indicators.{name}.weight={_figure(weight)}"
        for name, weight in changed.items()
    )
    command = html.Code(f"hotspots weights save NEW.yaml --name NAME {sets}")
    form = html.Form(
        [
            dcc.Input(type="hidden", name="run", value=view.run_id),
            dcc.Input(type="hidden", name="priority", value=state.priority),
            *(
                dcc.Input(type="hidden", name=f"w.{name}", value=_figure(weight))
                for name, weight in changed.items()
            ),
            _text_field("name", "Name of the new version", "version-name"),
            _text_field("why", "Reason, kept in the file", "version-why"),
            html.Button("Download the file", type="submit", className="plain"),
        ],
        action="/compare/weights.yaml",
        method="get",
        className="force-chooser save-form",
        **attributes({"aria-label": "Save as a new version"}),
    )
    return [
        html.Div(
            [
                html.H3("Save as a new version"),
                html.P("The file that the run was made from stays as it is; comments are kept."),
                *([form] if offered else []),
            ],
            className="on-screen",
        ),
        html.P(["On the command line: ", command]),
    ]


def _text_field(name: str, label: str, field: str) -> html.Div:
    return html.Div(
        [
            html.Label(label, htmlFor=field),
            dcc.Input(id=field, type="text", name=name, maxLength=80, autoComplete="off"),
        ],
        className="control",
    )


def answer(
    library: RunLibrary, view: RunView, state: CompareState, *, saves: bool = False
) -> list[Any]:
    """Return what the asked weights do, as headings, sentences and tables.

    `saves` says that the service has the file of weights, so that a changed one can be downloaded.
    """
    own, asked = _given(view, state.priority), _asked(view, state)
    if asked == own:
        return [
            html.P("These are the weights of the run. Change one to see who enters and leaves.")
        ]
    try:
        part = library.what_if(view.run_id, state.priority, asked)
    except InputError as error:
        return [notice(f"{str(error)[:1].upper()}{str(error)[1:]}.")]
    return [
        html.H2(change_said(part), id="compare-finding"),
        html.P(correlation_said(part)),
        section_table(weight_table(own, asked)),
        *(section_table(table, wide=True) for table in change_tables(part)),
        *_save(view, state, offered=saves),
        html.P(
            "Nothing is published by this page. Weights are judgements: choose them for what they "
            "say, never for the list that they give.",
            className="quiet",
        ),
    ]


def _period(months: str) -> str:
    """Say ``2025-01:2025-06`` as ``January to June 2025``."""
    start, _, end = months.partition(":")
    return words.period_words(start, end or start)


def _run_form(view: RunView, library: RunLibrary, state: CompareState) -> list[Any]:
    others = [entry for entry in library.summaries() if entry.run_id != view.run_id]
    if not others:
        return [html.P("No other run is published here yet.")]
    return [
        html.Form(
            [
                dcc.Input(type="hidden", name="run", value=view.run_id),
                html.Div(
                    [
                        html.Label("Other run", htmlFor="compare-with"),
                        html.Select(
                            [
                                html.Option(
                                    f"{words.date_words(entry.created)}: {_period(entry.period)}, "
                                    f"weights {entry.weights_version}, {entry.run_id}, "
                                    f"{entry.name}",
                                    value=entry.run_id,
                                    selected=entry.run_id == state.other,
                                )
                                for entry in others
                            ],
                            id="compare-with",
                            name="with",
                        ),
                    ],
                    className="control",
                ),
                html.Button("Compare", type="submit", className="plain"),
            ],
            action="/compare",
            method="get",
            className="force-chooser run-form",
            **attributes({"aria-label": "Choice of another run"}),
        )
    ]


def _scores_quickly(view: RunView) -> bool:
    """Say whether a run can be scored again while a reader waits; a forecast learns for seconds."""
    weighted = {
        name
        for priority in view.priorities
        for name, weight in _given(view, priority).items()
        if weight > 0
    }
    return len(view.areas) <= MOST_AREAS and weighted.isdisjoint(FORECAST_INDICATORS)


def _causes_note(result: Comparison, *, asked: bool) -> list[Any]:
    """Say why the page names no change that did it, and the command that does."""
    if asked and not result.note:
        return []
    command = html.Code(f"hotspots compare {result.before} {result.after}")
    if not asked:
        return [
            html.P(["Which change did it takes longer than a page may: ", command, " says it."])
        ]
    return [notice(f"{result.note[:1].upper()}{result.note[1:]}.")]


def _two_runs(library: RunLibrary, view: RunView, state: CompareState) -> list[Any]:
    """Return what differs between the run of the page and another one, the earlier one first."""
    first, last = sorted((view.run_id, state.other))
    try:
        asked = all(_scores_quickly(library.view(run_id)) for run_id in (first, last))
        result = library.compare(first, last, causes=asked)
    except InputError:
        return [notice("The link compares with a run that is not published here.")]
    differing = settings_table(result)
    before, after = map(_period, result.periods)
    parts: list[Any] = [
        html.P(f"Before: run {result.before} ({before}). After: run {result.after} ({after})."),
        *_causes_note(result, asked=asked),
    ]
    for part in result.priorities.values():
        parts += [
            html.H2(change_said(part)),
            html.P(correlation_said(part)),
            *map(html.P, causes_said(part)),
            *(
                section_table(table, wide=True, about=part.key.upper())
                for table in (cause_table(part), *change_tables(part))
                if table
            ),
        ]
    if differing:
        parts.append(section_table(differing, wide=True))
    if result.inputs:
        parts += [
            html.H2(f"Files whose content differs: {len(result.inputs)}"),
            html.Ul([html.Li(path) for path in result.inputs]),
        ]
    for codes, which in ((result.only_before, "earlier"), (result.only_after, "later")):
        if codes:
            parts.append(html.P(f"Only in the {which} run: {words.plural(len(codes), 'area')}."))
    return parts


def layout(
    view: RunView,
    library: RunLibrary,
    state: CompareState,
    *,
    current_id: str,
    saves: bool = False,
) -> html.Div:
    """Return the compare page of an address."""
    comparing = bool(state.other) and state.other != view.run_id
    small = len(view.areas) <= MOST_AREAS
    heading = "What changes between two runs" if comparing else "What other weights would do"
    title = "Compare runs" if comparing else f"Other weights for {state.priority.upper()}"
    said = f"{len(view.areas):,} areas take too long to score while you wait. Use "
    command = f"hotspots compare {view.run_id} --with other.yaml"
    too_many = notice([said, html.Code(command), " instead."])
    by_weights = [
        html.P(
            "Change a weight and see at once who would enter and leave the list. The rest of the "
            "run stays as it was: period, offences, areas and draws."
        ),
        _tabs(view, state),
        _weights_form(view, state),
        html.Div(
            answer(library, view, state, saves=saves),
            id=ids.COMPARE_ANSWER,
            className="compare-answer",
            role="region",
            **attributes({"aria-label": "What changes"}),
        ),
        dcc.Store(id=ids.COMPARE_QUESTION),
        dcc.Store(id=ids.COMPARE_DRAWN),
    ]
    return page_frame(
        view,
        path="/compare",
        title=title,
        current_id=current_id,
        page_class="page-reading page-compare",
        children=[
            html.H1(heading),
            fact_line(facts(view)),
            *(_two_runs(library, view, state) if comparing else []),
            *([] if comparing else by_weights if small else [too_many]),
            html.Div(
                [html.H2("Compare with another run"), *_run_form(view, library, state)],
                className="on-screen",
            ),
        ],
    )


def register(app: Dash, library: RunLibrary, settings: WebSettings) -> None:
    """Connect the page: what is typed becomes the address, the address asks, the server answers."""

    def make(state: CompareState) -> list[Any]:
        saves = settings.weights is not None
        return answer(library, library.view(state.run_id), state, saves=saves)

    kept = lru_cache(maxsize=128)(make)

    @app.callback(  # type: ignore[untyped-decorator, unused-ignore]
        Output(ids.COMPARE_ANSWER, "children"),
        Input(ids.COMPARE_QUESTION, "data"),
        prevent_initial_call=True,
    )
    def show_change(question: str) -> list[Any]:
        state = read_compare(question)
        try:
            view = library.view(state.run_id)
        except InputError:  # a crafted question: our own pages name runs that exist
            abort(400)
        if not is_sound(view, state) or len(view.areas) > MOST_AREAS:
            abort(400)
        return kept(
            CompareState(run_id=view.run_id, priority=state.priority, weights=state.weights)
        )

    in_browser: Any = app.clientside_callback
    in_browser(
        ClientsideFunction("hotspots", "compareShown"),
        Output(ids.COMPARE_DRAWN, "data"),
        Input(ids.COMPARE_ANSWER, "children"),
    )
