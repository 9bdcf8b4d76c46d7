"""The ranked list: the accessible equal of the map, filled by `assets/list.js` with values."""

from __future__ import annotations

from typing import Any

from dash import dcc, html

from dashboards import ids, words
from dashboards.components.attributes import attributes
from dashboards.exports.wording import list_lines
from dashboards.ranked_list import RankedList
from dashboards.state import link
from dashboards.view import RunView, part_of

__all__ = ["list_data", "list_notes", "list_table"]

_HEADS = (
    ("rank", "Rank", "rank", "number"),
    ("", "Likely", "likely_rank", "number"),
    ("area", "Area", "", ""),
    ("", "Evidence", "tier", ""),
    ("", "Score", "score", "number"),
    ("rate", "Rate", "rate", "number"),
)
_COLUMNS = ("rank", "likely", "area", "evidence", "score", "rate")


def list_data(ranked: RankedList, path: str, run_id: str) -> dict[str, Any]:
    """Return the rows as values, each with a link that works by itself."""
    rows = [
        {**row, "href": link(path, run=run_id, force=row.get("force", ""), area=row["code"])}
        for row in ranked.rows
    ]
    return {
        "rows": rows,
        "cut_after": ranked.cut_after,
        "cut_text": ranked.cut_text,
        "count_text": ranked.count_text,
    }


def list_notes(view: RunView, priority: str, force: str) -> html.Ul:
    """Return what has to be said beside the list; the areas that a line means unfold below it."""
    lines = list_lines(part_of(view, force).areas, priority, view.manifest)
    return html.Ul(
        [
            html.Li(html.Details([html.Summary(line), html.P(who)]) if who else line)
            for line, who in lines
        ],
        className="list-notes",
    )


def _head(sort: str, text: str, term: str, css: str) -> html.Th:
    helps = words.HELP.get(term) or None
    if not sort:
        return html.Th(text, scope="col", className=css or None, title=helps)
    return html.Th(
        html.Button(
            text, type="button", className="sort", **attributes({"data-set": f"sort={sort}"})
        ),
        scope="col",
        className=css or None,
        title=helps,
        **attributes({"data-sort": sort}),
    )


def list_table(
    data: dict[str, Any], *, caption: str, count: Any, notes: html.Ul | None = None
) -> html.Section:
    """Return the table; its rows are drawn from the values in the store beside it.

    `count` says how many rows there are, with the ways to those on other pages; `notes` what has
    to be said beside the list.
    """
    return html.Section(
        [
            html.H2("Ranked list", id="list-heading"),
            html.P(count, id=ids.LIST_COUNT, className="quiet list-count"),
            *([] if notes is None else [notes]),
            html.P(
                "Only the first rows are printed; areas.csv of the run holds them all.",
                className="quiet print-only",
            ),
            html.Div(
                html.Table(
                    [
                        html.Caption(caption, className="visually-hidden"),
                        html.Colgroup([html.Col(className=f"col-{css}") for css in _COLUMNS]),
                        html.Thead(html.Tr([_head(*head) for head in _HEADS])),
                        html.Tbody(id=ids.LIST_BODY),
                    ],
                    className="ranked",
                ),
                className="list-box",
                tabIndex="0",
                role="region",
                **attributes({"aria-labelledby": "list-heading"}),
            ),
            dcc.Store(id=ids.LIST_ROWS, data=data),
        ],
        className="list",
    )
