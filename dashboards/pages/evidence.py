"""The evidence page: how concentrated events are, where they cluster, and what borders do."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from dash import html

from dashboards.components.attributes import attributes
from dashboards.components.frame import fact_line, folded_table, page_frame, unfold_button
from dashboards.evidence_tables import (
    EngineTables,
    bandwidth_table,
    bandwidths_said,
    bivariate_said,
    cluster_table,
    clusters_said,
    concentration_said,
    concentration_table,
    coverage_said,
    coverage_table,
    support_table,
    supports_more,
    supports_said,
)
from dashboards.judgement_tables import (
    JudgementTables,
    backtest_other_ways,
    backtest_said,
    backtest_tables,
    backtest_verdicts,
    changes_said,
    changes_table,
    driver_tables,
    equity_tables,
    forecast_said,
    rank_sets_said,
    sensitivity_said,
    sensitivity_table,
)
from dashboards.method_words import correction_said
from dashboards.month_tables import (
    area_table,
    has_months,
    is_long,
    month_table,
    months_said,
    pattern_table,
)
from dashboards.tables import Table
from dashboards.view import RunView, facts

__all__ = ["layout"]


_PARTS = (
    ("concentrated", "How concentrated"),
    ("covers", "What the list covers"),
    ("circles", "Where circles stand out"),
    ("months", "Month by month"),
    ("borders", "Does it depend on the borders?"),
    ("bandwidth", "Does it depend on the bandwidth?"),
    ("beside", "Beside deprivation"),
    ("hangs", "What the list hangs on"),
    ("counts", "What counts alone can say"),
    ("lives", "Who lives where areas are flagged"),
)
"""The parts of a priority, in the order of the page: the end of an address, and the heading."""


def _parts_of(tables: EngineTables) -> tuple[tuple[str, str], ...]:
    """Return the parts that this run can fill; an older one says nothing of its months."""
    return tuple(part for part in _PARTS if part[0] != "months" or has_months(tables))


def _contents(view: RunView, tables: EngineTables) -> html.Nav:
    """Return the ways to the parts of a long page."""
    parts: list[Any] = [
        html.Li(html.A("Does it beat counting?", href="#back-test")),
        html.Li(html.A("What is expected next", href="#expected")),
    ]
    for priority in view.priorities:
        own = [html.Li(html.A(text, href=f"#{priority}-{at}")) for at, text in _parts_of(tables)]
        name = f"The {priority.upper()} list and map"
        parts.append(html.Li([html.A(name, href=f"#{priority}"), html.Ul(own)]))
    return html.Nav(
        [html.H2("On this page", id="contents"), html.Ul(parts)],
        className="contents",
        **attributes({"aria-labelledby": "contents"}),
    )


def _back() -> html.P:
    return html.P(html.A("Back to the contents", href="#contents"), className="back")


def _paragraphs(sentences: Sequence[str]) -> list[Any]:
    return [html.P(sentence) for sentence in sentences if sentence]


def _verdict(text: str) -> html.Li:
    """Return a verdict with what it says in bold, before its figures."""
    said, colon, figures = text.partition(": ")
    return html.Li([html.Strong(f"{said}:"), f" {figures}"] if colon else text)


def _folded(summary: str, lines: Sequence[Any]) -> list[Any]:
    """Return lines that unfold below their summary; nothing where there is none."""
    if not lines:
        return []
    return [html.Details([html.Summary(summary), html.Ul(list(lines))], className="folded")]


def _beats_counting(view: RunView, judged: JudgementTables) -> list[Any]:
    tables = backtest_tables(judged)
    others = backtest_other_ways(view)
    folded = _folded(
        "In a tenth of the residents, and of the land", [_verdict(text) for text in others]
    )
    how = "To run it, and attach its verdicts to the next run of the same settings and files: "
    return [
        html.H2("Does it beat counting last year's crimes?", id="back-test"),
        html.P(backtest_said(view)),
        html.Ul([_verdict(text) for text in backtest_verdicts(view)]),
        *folded,
        *([] if tables else [html.P([how, html.Code("hotspots backtest"), "."])]),
        *(folded_table(table) for table in tables),
        _back(),
    ]


def _expected(view: RunView, judged: JudgementTables) -> list[Any]:
    return [
        html.H2("What is expected next", id="expected"),
        *_paragraphs(forecast_said(view)),
        *(folded_table(table) for table in driver_tables(judged)),
        _back(),
    ]


def _priority(
    view: RunView, tables: EngineTables, judged: JudgementTables, priority: str
) -> list[Any]:
    equity = equity_tables(judged, priority)
    missing = ["Who lives where areas are flagged is not in this run."]
    told: dict[str, tuple[Sequence[str], Sequence[Table | None]]] = {
        "concentrated": (
            [concentration_said(tables, priority)],
            [concentration_table(tables, priority)],
        ),
        "covers": ([coverage_said(tables, priority)], [coverage_table(tables, priority)]),
        "circles": ([clusters_said(tables, priority)], [cluster_table(tables, view, priority)]),
        "months": (
            months_said(tables, priority),
            [
                pattern_table(tables, priority),
                area_table(tables, view, priority),
                month_table(tables, priority),
            ],
        ),
        "borders": ([supports_said(tables, priority)], [support_table(tables, priority)]),
        "bandwidth": (
            [bandwidths_said(tables, view, priority)],
            [bandwidth_table(tables, priority)],
        ),
        "beside": (
            [bivariate_said(tables, priority, corrected=correction_said(view.manifest))],
            [],
        ),
        "hangs": (
            [sensitivity_said(judged, priority), changes_said(judged, priority)],
            [sensitivity_table(judged, priority), changes_table(judged, priority)],
        ),
        "counts": ([rank_sets_said(view, priority)], []),
        "lives": ([] if equity else missing, equity),
    }
    more = {"borders": [html.Li(line) for line in supports_more(tables, priority)]}
    title = view.manifest["priorities"][priority]["title"]
    parts: list[Any] = [html.H2(f"{priority.upper()} {title}", id=priority)]
    for at, heading in _parts_of(tables):
        said, found = told[at]
        parts += [
            html.H3(heading, id=f"{priority}-{at}"),
            *_paragraphs(said),
            *_folded("How the cuts are compared", more.get(at, ())),
            *(
                folded_table(
                    table, about=priority.upper(), is_open=at == "months" and not is_long(table)
                )
                for table in found
                if table
            ),
        ]
    return [*parts, _back()]


@lru_cache(maxsize=4)
def _parts(view: RunView, tables: EngineTables, judged: JudgementTables) -> tuple[Any, ...]:
    """Return what follows the contents; a run never changes, so neither does this."""
    return (
        *_beats_counting(view, judged),
        *_expected(view, judged),
        *(
            part
            for priority in view.priorities
            for part in _priority(view, tables, judged, priority)
        ),
    )


def layout(
    view: RunView, tables: EngineTables, judged: JudgementTables, *, current_id: str
) -> html.Div:
    """Return the evidence page."""
    return page_frame(
        view,
        path="/evidence",
        title="Evidence of the map as a whole",
        current_id=current_id,
        page_class="page-reading",
        children=[
            html.H1("Events gather in few places; how few, where, and how sure that is"),
            fact_line(facts(view)),
            html.P(
                "Nothing on this page enters a score. What is said of concentration and of circles "
                "counts recorded events of the priority's offences, unweighted."
            ),
            _contents(view, tables),
            html.P(unfold_button()),
            *_parts(view, tables, judged),
        ],
    )
