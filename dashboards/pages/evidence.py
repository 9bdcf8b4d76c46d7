"""The evidence page: how concentrated events are, where they cluster, and what borders do."""

from __future__ import annotations

from typing import Any

from dash import html

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
from dashboards.view import RunView, facts

__all__ = ["layout"]


def _priority(view: RunView, tables: EngineTables, priority: str) -> list[Any]:
    title = view.manifest["priorities"][priority]["title"]
    spread = concentration_table(tables, priority)
    circles = cluster_table(tables, view, priority)
    supports = support_table(tables, priority)
    covers = coverage_table(tables, priority)
    widths = bandwidth_table(tables, priority)
    return [
        html.H2(f"{priority.upper()} {title}"),
        html.H3("How concentrated"),
        html.P(concentration_said(tables, priority)),
        *([section_table(spread)] if spread else []),
        html.H3("What the list covers"),
        html.P(coverage_said(tables, priority)),
        *([section_table(covers, wide=True)] if covers else []),
        html.H3("Where circles stand out"),
        html.P(clusters_said(tables, priority)),
        *([section_table(circles, wide=True)] if circles else []),
        html.H3("Does it depend on the borders?"),
        html.P(supports_said(tables, priority)),
        *([section_table(supports, wide=True)] if supports else []),
        html.H3("Does it depend on the bandwidth?"),
        html.P(bandwidths_said(tables, view, priority)),
        *([section_table(widths, wide=True)] if widths else []),
        html.H3("Beside deprivation"),
        html.P(bivariate_said(tables, priority)),
    ]


def layout(view: RunView, tables: EngineTables, *, current_id: str) -> html.Div:
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
                "Nothing here enters a score. Every figure is of recorded events of the "
                "priority's offences, unweighted."
            ),
            *(part for priority in view.priorities for part in _priority(view, tables, priority)),
        ],
    )
