"""What stands around every page: banner, handling marking, navigation, findings, sources."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import html

from dashboards import ids
from dashboards.components.attributes import attributes
from dashboards.state import link
from dashboards.tables import Table
from dashboards.view import Fact, RunView

__all__ = [
    "fact_line",
    "folded_table",
    "notice",
    "page_frame",
    "problem_page",
    "section_table",
    "unfold_button",
]

_SERVICE = "CSP Hotspots"


def _strip(view: RunView) -> list[Any]:
    strips = []
    if view.manifest.get("demonstration"):
        strips.append(
            html.Aside(
                [
                    html.Strong("Demonstration data. "),
                    "This county is made up: no real place, crime or person is shown.",
                ],
                className="strip strip-demonstration",
                **attributes({"aria-label": "Demonstration"}),
            )
        )
    return strips


def _navigation(view: RunView, active: str) -> html.Nav:
    pages = [("/", "Overview")]
    pages += [
        (f"/{priority}", f"{priority.upper()} {view.manifest['priorities'][priority]['title']}")
        for priority in view.priorities
    ]
    pages += [
        ("/compare", "Compare"),
        ("/evidence", "Evidence"),
        ("/data", "Data"),
        ("/method", "Method"),
    ]
    items = []
    for path, text in pages:
        current: dict[str, Any] = {"aria-current": "page"} if path == active else {}
        items.append(
            html.Li(html.A(text, href=link(path, run=view.run_id), className="nav-link", **current))
        )
    return html.Nav(html.Ul(items), **attributes({"aria-label": "Pages"}))


def notice(children: Any) -> html.Div:
    """Return a boxed remark that readers should not miss."""
    return html.Div(children, className="notice", role="note")


def _newer(view: RunView, current_id: str, path: str) -> list[Any]:
    if current_id in ("", view.run_id):
        return []
    return [
        notice(
            [
                "You are looking at an earlier run, as this link asks. ",
                html.A("Show the run that is served now", href=link(path, run=current_id)),
                ".",
            ]
        )
    ]


def fact_line(facts: Sequence[Fact]) -> html.Dl:
    """Return labelled facts in one line, each with its help as a title."""
    return html.Dl(
        [
            html.Div([html.Dt(fact.label), html.Dd(fact.text)], title=fact.help or None)
            for fact in facts
        ],
        className="facts",
    )


def page_frame(
    view: RunView,
    *,
    path: str,
    title: str,
    children: Sequence[Any],
    current_id: str,
    page_class: str = "",
) -> html.Div:
    """Put a page into the frame that every page shares.

    `title` becomes the title of the browser's window, so it says what the page says.
    """
    handling = str(view.manifest.get("handling") or "")
    marking = [html.P(handling, className="handling")] if handling else []
    place = str(view.manifest.get("name", ""))
    return html.Div(
        [
            *_strip(view),
            html.Header(
                html.Div(
                    [
                        html.Div(
                            [html.Span(_SERVICE, className="service"), html.Span(place)],
                            className="masthead",
                        ),
                        *marking,
                        _navigation(view, path),
                    ],
                    className="width header-inside",
                ),
                className="header",
            ),
            html.Main(
                [*_newer(view, current_id, path), *children],
                id="main",
                className=f"width {page_class}".strip(),
                tabIndex="-1",
            ),
            html.Footer(
                html.Div(
                    [
                        html.P(
                            "Figures describe places, never people: a flagged area says where to "
                            "look next. Recorded crime is not all crime.",
                        ),
                        html.Ul([html.Li(str(line)) for line in view.manifest["attribution"]]),
                        html.P(
                            [
                                f"Run {view.run_id}. ",
                                html.A(
                                    "Method and accessibility",
                                    href=link("/method", run=view.run_id),
                                ),
                            ],
                            className="run-id",
                        ),
                        *marking,
                    ],
                    className="width",
                ),
                className="footer",
            ),
        ],
        **attributes(
            {
                "data-title": f"{title} \u2013 {_SERVICE}",
                "data-run": view.run_id,
                "data-path": path,
            }
        ),
        id=ids.TITLE,
    )


def problem_page(heading: str, text: str) -> html.Div:
    """Return a page that says what is wrong with an address and where to go instead."""
    return html.Div(
        [
            html.Header(
                html.Div(
                    html.Div(html.Span(_SERVICE, className="service"), className="masthead"),
                    className="width header-inside",
                ),
                className="header",
            ),
            html.Main(
                [
                    html.H1(heading),
                    html.P(text),
                    html.P(html.A("Go to the run that is served now", href="/")),
                ],
                id="main",
                className="width",
                tabIndex="-1",
            ),
        ],
        **attributes({"data-title": f"{heading} \u2013 {_SERVICE}"}),
        id=ids.TITLE,
    )


def unfold_button() -> html.Button:
    """Return what opens every folded table of a page at once, and folds them again."""
    return html.Button(
        "Open every table",
        type="button",
        className="plain",
        **attributes({"data-unfold": "Fold every table", "aria-pressed": "false"}),
    )


def folded_table(table: Table, *, about: str = "", is_open: bool = False) -> html.Details:
    """Return a table that unfolds below its caption; it is printed open."""
    return html.Details(
        [html.Summary(table.caption), section_table(table, wide=True, about=about)],
        className="folded",
        open=is_open,
    )


def section_table(table: Table, *, wide: bool = False, about: str = "") -> html.Div:
    """Return a small table with its caption; a wide one scrolls inside its own box.

    `about` tells that box from others of the same caption on the page, as SV01 from SV04.
    """
    numeric = table.numeric or (False,) * len(table.columns)

    def css(place: int) -> str | None:
        return "number" if numeric[place] else None

    head = html.Tr(
        [
            html.Th(text, scope="col", className=css(place))
            for place, text in enumerate(table.columns)
        ]
    )
    body = [
        html.Tr(
            [
                html.Th(cell, scope="row") if place == 0 else html.Td(cell, className=css(place))
                for place, cell in enumerate(row)
            ]
        )
        for row in table.rows
    ]
    box: dict[str, Any] = (
        {"tabIndex": "0", "role": "region", "aria-label": f"{about} {table.caption}".strip()}
        if wide
        else {}
    )
    return html.Div(
        html.Table([html.Caption(table.caption), html.Thead(head), html.Tbody(body)]),
        className="table-box",
        **box,
    )
