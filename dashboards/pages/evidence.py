"""The evidence page: how concentrated events are, where they cluster, and what borders do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import html

from dashboards.components.attributes import attributes
from dashboards.components.frame import fact_line, page_frame, section_table
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
from dashboards.view import RunView, facts

__all__ = ["layout"]


def _contents(view: RunView) -> html.Nav:
    """Return the ways to the parts of a long page."""
    parts = [("back-test", "Does it beat counting?"), ("expected", "What is expected next")]
    parts += [(priority, f"The {priority.upper()} list and map") for priority in view.priorities]
    return html.Nav(
        html.Ul([html.Li(html.A(text, href=f"#{at}")) for at, text in parts], className="tabs"),
        **attributes({"aria-label": "On this page"}),
    )


def _paragraphs(sentences: Sequence[str]) -> list[Any]:
    return [html.P(sentence) for sentence in sentences if sentence]


def _beats_counting(view: RunView, judged: JudgementTables) -> list[Any]:
    tables = backtest_tables(judged)
    others = backtest_other_ways(view)
    folded = html.Details(
        [
            html.Summary("In a tenth of the residents, and of the land"),
            html.Ul([html.Li(text) for text in others]),
        ]
    )
    how = "To run it, and attach its verdicts to the next run of the same settings and files: "
    return [
        html.H2("Does it beat counting last year's crimes?", id="back-test"),
        html.P(backtest_said(view)),
        html.Ul([html.Li(text) for text in backtest_verdicts(view)]),
        *([folded] if others else []),
        *([] if tables else [html.P([how, html.Code("hotspots backtest"), "."])]),
        *(section_table(table, wide=True) for table in tables),
    ]


def _expected(view: RunView, judged: JudgementTables) -> list[Any]:
    return [
        html.H2("What is expected next", id="expected"),
        *_paragraphs(forecast_said(view)),
        *(section_table(table, wide=True) for table in driver_tables(judged)),
    ]


def _judged(view: RunView, judged: JudgementTables, priority: str) -> list[Any]:
    weights = sensitivity_table(judged, priority)
    changes = changes_table(judged, priority)
    equity = equity_tables(judged, priority)
    missing = ["Who lives where areas are flagged is not in this run."]
    return [
        html.H3("What the list hangs on"),
        *_paragraphs([sensitivity_said(judged, priority)]),
        *([section_table(weights, wide=True, about=priority.upper())] if weights else []),
        *_paragraphs([changes_said(judged, priority)]),
        *([section_table(changes, wide=True, about=priority.upper())] if changes else []),
        html.H3("What counts alone can say"),
        *_paragraphs([rank_sets_said(view, priority)]),
        html.H3("Who lives where areas are flagged"),
        *(_paragraphs([] if equity else missing)),
        *(section_table(table, wide=True, about=priority.upper()) for table in equity),
    ]


def _priority(
    view: RunView, tables: EngineTables, judged: JudgementTables, priority: str
) -> list[Any]:
    title = view.manifest["priorities"][priority]["title"]
    spread = concentration_table(tables, priority)
    circles = cluster_table(tables, view, priority)
    supports = support_table(tables, priority)
    covers = coverage_table(tables, priority)
    widths = bandwidth_table(tables, priority)
    return [
        html.H2(f"{priority.upper()} {title}", id=priority),
        html.H3("How concentrated"),
        html.P(concentration_said(tables, priority)),
        *([section_table(spread)] if spread else []),
        html.H3("What the list covers"),
        html.P(coverage_said(tables, priority)),
        *([section_table(covers, wide=True, about=priority.upper())] if covers else []),
        html.H3("Where circles stand out"),
        html.P(clusters_said(tables, priority)),
        *([section_table(circles, wide=True, about=priority.upper())] if circles else []),
        html.H3("Does it depend on the borders?"),
        html.P(supports_said(tables, priority)),
        *([section_table(supports, wide=True, about=priority.upper())] if supports else []),
        html.H3("Does it depend on the bandwidth?"),
        html.P(bandwidths_said(tables, view, priority)),
        *([section_table(widths, wide=True, about=priority.upper())] if widths else []),
        html.H3("Beside deprivation"),
        html.P(bivariate_said(tables, priority)),
        *_judged(view, judged, priority),
    ]


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
                "Nothing on this page enters a score. How concentrated events are, circles and "
                "borders are of recorded events of the priority's offences, unweighted."
            ),
            _contents(view),
            *_beats_counting(view, judged),
            *_expected(view, judged),
            *(
                part
                for priority in view.priorities
                for part in _priority(view, tables, judged, priority)
            ),
        ],
    )
