"""The area panel: one area in words, bars and figures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import html

from dashboards import words
from dashboards.area_story import AreaStory, Reason
from dashboards.components.attributes import attributes
from dashboards.figures import Bar, bars
from dashboards.view import Fact

__all__ = ["area_panel", "empty_panel", "tier_tag"]

_CAUTIONS = (
    "Recorded crime depends on reporting and on where officers look.",
    "Locations are moved to anonymous map points: nothing here says which street.",
    "The figures describe a place, never the people who live there.",
)


def tier_tag(tier: str) -> html.Span:
    """Return a tier in words, with a mark that does not need its colour."""
    return html.Span(tier, className=f"tag tag-{tier.casefold().replace(' ', '-')}")


def _bar(bar: Bar) -> html.Li:
    return html.Li(
        [
            html.Div(
                [
                    html.Span(bar.label, className="bar-label"),
                    html.Span(bar.text, className="quiet"),
                ],
                className="bar-words",
            ),
            html.Div(
                [
                    html.Div(className="bar-own", style={"width": f"{bar.length:.1%}"}),
                    html.Div(className="bar-mean", style={"left": f"{bar.mean_length:.1%}"}),
                ],
                className="bar",
                **attributes({"aria-hidden": "true"}),
            ),
        ]
    )


def _reason(reason: Reason) -> html.Li:
    label = [html.Strong(f"{reason.label}: ")] if reason.label else []
    # A long sentence of a run is parted at its own joints: a line each is read, a block is not.
    clauses = [clause.strip() for clause in reason.text.rstrip(".").split("; ")]
    if len(clauses) == 1:
        return html.Li([*label, reason.text])
    lines = [html.Li(f"{clause[:1].upper()}{clause[1:]}.") for clause in clauses]
    return html.Li([*label, html.Ul(lines)] if label else [html.Ul(lines)])


def _figure(fact: Fact) -> html.Div:
    term: list[Any] = [fact.label]
    if fact.help:
        term = [
            html.Details([html.Summary(fact.label), html.P(fact.help)], className="term"),
        ]
    return html.Div([html.Dt(term), html.Dd(fact.text)])


def empty_panel() -> html.Div:
    """Return what stands in the panel's place before an area is chosen."""
    return html.Div(
        html.P(
            "Choose an area on the map or in the list to see why it stands where it stands, "
            "and how sure that is."
        ),
        className="panel panel-empty",
    )


def area_panel(
    story: AreaStory | None, *, contact: str, run_id: str, context: Sequence[Fact] = ()
) -> html.Div:
    """Return the panel of an area; without one, the invitation to choose.

    `context` is what the run says beside the score (`dashboards.area_context`).
    """
    if story is None:
        return empty_panel()
    why = "Why is this area flagged?" if story.flagged else "Why is this area not flagged?"
    return html.Div(
        [
            html.Div(
                [
                    html.Div(
                        [
                            html.H2([story.label], id="area-heading", tabIndex="-1"),
                            html.P(story.where, className="quiet"),
                        ]
                    ),
                    html.Div(
                        [
                            html.P([tier_tag(story.tier), " ", html.Strong(story.rank)]),
                            html.Button(
                                "Close",
                                type="button",
                                className="plain",
                                **attributes(
                                    {"data-set": "area=", "aria-label": "Close the area panel"}
                                ),
                            ),
                        ],
                        className="panel-rank",
                    ),
                ],
                className="panel-head",
            ),
            html.Div(
                [
                    html.Section(
                        [
                            html.H3(why),
                            html.P(story.tier_sentence),
                            html.Ul(
                                [_reason(reason) for reason in story.reasons], className="reasons"
                            ),
                            *(
                                [
                                    html.H3("Beside the score"),
                                    html.Dl(
                                        [_figure(fact) for fact in context], className="figures"
                                    ),
                                ]
                                if context
                                else []
                            ),
                        ]
                    ),
                    html.Section(
                        [
                            html.H3("How sure are we?"),
                            html.P(html.Strong(f"{story.sureness.level}.")),
                            html.Ul(
                                [html.Li(line) for line in story.sureness.sentences],
                                className="reasons",
                            ),
                            html.H3("What drives the score"),
                            html.P(words.HELP["drivers"], className="quiet"),
                            html.Ul([_bar(bar) for bar in bars(story)], className="bars"),
                            html.P(
                                "Bar: this area. Black mark: the average area.",
                                className="quiet bar-key",
                            ),
                        ]
                    ),
                    html.Section(
                        [
                            html.H3("Figures"),
                            html.Dl([_figure(fact) for fact in story.figures], className="figures"),
                        ]
                    ),
                ],
                className="panel-columns",
            ),
            html.Div(
                [
                    html.H3("Before you use this"),
                    html.Ul([html.Li(line) for line in _CAUTIONS]),
                    html.P(
                        [
                            html.Strong("Think this is wrong? "),
                            f"Tell {contact}, and quote area {story.code} and run {run_id}.",
                        ]
                    ),
                ],
                className="cautions",
            ),
        ],
        className="panel",
    )
