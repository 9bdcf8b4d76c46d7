"""The data page: what came in, what was used, what is missing, and every warning."""

from __future__ import annotations

from typing import Any

from dash import html

from dashboards import words
from dashboards.components.attributes import attributes
from dashboards.components.frame import fact_line, folded_table, page_frame, section_table
from dashboards.tables import (
    coverage_table,
    input_table,
    ledger_files,
    ledger_table,
    unlocated_table,
)
from dashboards.view import RunView, facts
from dashboards.warning_words import Warned, notes_of, warnings_of

__all__ = ["layout"]


def _coverage(view: RunView) -> html.Div:
    """Return the matrix force by month, gaps marked by a word and a pattern."""
    table = coverage_table(view)
    head = html.Tr([html.Th(text, scope="col") for text in table.columns])
    body = [
        html.Tr(
            [
                html.Th(row[0], scope="row"),
                *(
                    html.Td(cell, className="covered" if cell == "data" else "gap")
                    for cell in row[1:]
                ),
            ]
        )
        for row in table.rows
    ]
    return html.Div(
        html.Table([html.Caption(table.caption), html.Thead(head), html.Tbody(body)]),
        className="table-box coverage",
        tabIndex="0",
        role="region",
        **attributes({"aria-label": table.caption}),
    )


def _warning(warning: Warned) -> html.Li:
    about = [html.Strong(f"{warning.about}: ")] if warning.about else []
    said = [
        html.Code(part) if place % 2 else part for place, part in enumerate(warning.parts) if part
    ]
    return html.Li([*about, *said])


def _told(view: RunView) -> list[Any]:
    """Return the warnings, and below them the notes where the run has any."""
    places = {str(code): str(label) for code, label in view.areas["area_label"].items()}
    warnings = warnings_of(view.manifest, places)
    notes = notes_of(view.manifest, places)
    parts: list[Any] = [
        html.H2("Warnings"),
        html.Ul([_warning(warning) for warning in warnings], className="warnings")
        if warnings
        else html.P("None."),
    ]
    if notes:
        parts += [
            html.H2("How the land lies"),
            html.P("Nothing here needs mending, but tests of neighbours depend on it."),
            html.Ul([_warning(note) for note in notes], className="warnings"),
        ]
    return parts


def layout(view: RunView, *, current_id: str) -> html.Div:
    """Return the data page."""
    ledger = ledger_table(view)
    unlocated = unlocated_table(view)
    total = ledger.rows[-1][1]
    used = next((row[1] for row in ledger.rows if row[0].startswith("Used")), "0")
    return page_frame(
        view,
        path="/data",
        title="Data of this run",
        current_id=current_id,
        page_class="page-reading",
        children=[
            html.H1(f"{used} of {total} rows were used; each of the others is accounted for"),
            fact_line(facts(view)),
            *_told(view),
            html.H2("Coverage"),
            html.P(words.HELP["coverage"]),
            _coverage(view),
            html.H2("Ledger"),
            section_table(ledger),
            folded_table(ledger_files(view)),
            *([section_table(unlocated)] if unlocated else []),
            html.H2("Inputs"),
            html.P(
                "A file with other content has another SHA-256. The manifest of the run holds it "
                "in full."
            ),
            folded_table(input_table(view)),
        ],
    )
