"""Method and accessibility: what is computed, what the words mean, how to use the pages."""

from __future__ import annotations

from typing import Any

from dash import html

from dashboards import words
from dashboards.components.frame import page_frame, section_table
from dashboards.exports.blind_spots import blind_spots
from dashboards.exports.columns import PER_PRIORITY
from dashboards.method_words import (
    labels_said,
    neighbours_said,
    seeds_said,
    sides_said,
    smoothing_said,
)
from dashboards.settings import WebSettings
from dashboards.tables import indicator_table, moran_table, offence_table
from dashboards.view import RunView

__all__ = ["layout"]

_TERMS = (
    "score",
    "rank",
    "tier",
    "flag",
    "events",
    "harm",
    "rate",
    "eb_rate",
    "rr",
    "p_rr_gt_1",
    "lisa_cluster",
    "density_share",
    "p_top",
    "p_top_crime_only",
    "rank_in_stratum",
)


def _steps() -> html.Ol:
    return html.Ol(
        [
            html.Li(
                "Each recorded row is placed in an area by the code that came with it, or set "
                "aside with a reason. The data page accounts for every row."
            ),
            html.Li(
                "Each priority counts its own list of offences. Rates of small areas are pulled "
                "towards the average, because a few events say little."
            ),
            html.Li(
                "Indicators are put on one scale, weighted and summed to a score from 0 to 100. "
                "The weights are judgements and are listed below."
            ),
            html.Li(
                "Everything is redrawn many times with the figures and the weights varied. That "
                "gives the likely rank and how often an area is on the list."
            ),
            html.Li(
                "Kinds of evidence that do not depend on the score (excess over the expected "
                "number, clusters, point concentrations, persistence) decide the tier."
            ),
        ]
    )


def _priority(view: RunView, priority: str) -> list[Any]:
    entry = view.manifest["priorities"][priority]
    return [
        html.H3(f"{priority.upper()}: {entry['title']}"),
        section_table(indicator_table(view, priority)),
        section_table(offence_table(view, priority)),
    ]


def _accessibility(settings: WebSettings) -> list[Any]:
    return [
        html.H2("Accessibility", id="accessibility"),
        html.P(
            "These pages are meant to meet the Web Content Accessibility Guidelines 2.2 at level "
            "AA. They are tested with axe in a real browser at every change; they have not been "
            "audited by an outside body."
        ),
        html.Ul(
            [
                html.Li(
                    "The shapes of the map cannot be reached by keyboard. The ranked list beside "
                    "it holds the same areas, the same filters and the same answers: choose an "
                    "area there."
                ),
                html.Li(
                    "The map itself moves with the arrow keys and zooms with plus and minus once "
                    "it has the focus."
                ),
                html.Li("Nothing is said by colour alone: every class is named in the legend."),
                html.Li("Results of a search or filter are announced to screen readers."),
                html.Li("Animations are off where your system asks for less motion."),
                html.Li("Pages print in black and white, controls left out."),
            ]
        ),
        html.P(f"If something does not work for you, tell {settings.contact}."),
    ]


def layout(view: RunView, settings: WebSettings, *, current_id: str) -> html.Div:
    """Return the page of method, terms and accessibility."""
    versions = view.manifest.get("versions", {})
    named = ", ".join(f"{name} {version}" for name, version in sorted(versions.items()))
    manifest = view.manifest
    moran, seeds = moran_table(view), seeds_said(manifest)
    return page_frame(
        view,
        path="/method",
        title="Method and accessibility",
        current_id=current_id,
        page_class="page-reading",
        children=[
            html.H1("How the list is made, and how to read it"),
            _steps(),
            html.P(smoothing_said(view.manifest)),
            html.H2("Weights"),
            *(part for priority in view.priorities for part in _priority(view, priority)),
            html.H2("Do high areas stand together?"),
            html.P(
                " ".join(
                    said(manifest) for said in (neighbours_said, sides_said, labels_said)
                ).strip()
            ),
            section_table(moran) if moran.rows else html.P("Not computed in this run."),
            *([html.P(seeds)] if seeds else []),
            html.H2("What the words mean"),
            html.Dl(
                [
                    html.Div([html.Dt(PER_PRIORITY[term].title), html.Dd(words.HELP[term])])
                    for term in _TERMS
                ],
                className="glossary",
            ),
            html.H2("What it cannot say"),
            html.Ul(
                [
                    html.Li(
                        "Recorded crime is not all crime: it depends on what is reported, and on "
                        "where officers look. Drugs and weapons offences follow police activity."
                    ),
                    html.Li(
                        "The category “violence and sexual offences” is broad: it holds serious "
                        "assaults and minor ones."
                    ),
                    html.Li(
                        "Published locations are moved to anonymous map points. The area is "
                        "mostly right; the street is not known."
                    ),
                    *(html.Li(text) for text in blind_spots(view.manifest)),
                    html.Li(
                        "Residents are a poor measure of the people present in town centres and "
                        "at the coast in summer."
                    ),
                ]
            ),
            *_accessibility(settings),
            html.H2("Versions"),
            html.P(named or "Not recorded.", className="quiet"),
        ],
    )
