"""The landing page: what this run found, one card a priority, one click from each list."""

from __future__ import annotations

from typing import Any

import pandas as pd
from dash import html

from dashboards.components.area_panel import tier_tag
from dashboards.components.frame import fact_line, notice, page_frame
from dashboards.components.map import geometry_address
from dashboards.force_table import ranked_among
from dashboards.forces import nations
from dashboards.state import link
from dashboards.view import RunView, facts, finding, list_size, priority_heading
from dashboards.warning_words import warnings_of

__all__ = ["layout"]

_FIRST = 5
_EVIDENCE = "strength of evidence"
_KEY = "Darker: stronger evidence. Numbered: flagged, by rank."
_KEY_OF_COUNTRY = "Darker: higher score. Numbered: flagged, by rank; W: within Wales."


def _first_areas(view: RunView, priority: str) -> pd.DataFrame:
    return view.areas.sort_values(f"{priority}_rank", kind="stable").head(_FIRST)


def _card(view: RunView, priority: str) -> html.Section:
    title = finding(view, priority)
    address = f"/{priority}"
    first = _first_areas(view, priority)
    nation = nations(view.areas, priority)
    rows = [
        html.Li(
            [
                *([f"{nation[code]} {row[f'{priority}_rank']:.0f}: "] if nation[code] else []),
                html.A(
                    str(row["area_label"]),
                    href=link(address, run=view.run_id, area=code),
                ),
                " ",
                tier_tag(str(row[f"{priority}_tier"])),
            ]
        )
        for code, row in zip(first.index.astype(str), first.to_dict("records"), strict=True)
    ]
    # Two rankings in one list are numbered in words, not by the list.
    numbered = html.Ul if nation.iloc[0] else html.Ol
    return html.Section(
        [
            html.H2(html.A(title, href=link(address, run=view.run_id))),
            html.P(priority_heading(view, priority), className="aim"),
            html.Img(
                src=geometry_address(view.run_id, f"finding-{priority}.svg"),
                alt=f"Small map of all areas by {'score' if view.forces else _EVIDENCE}. {title}; "
                f"the list {'and the page of the priority name' if view.forces else 'names'} them.",
                className="finding-picture",
            ),
            html.P(
                _KEY_OF_COUNTRY if view.forces else _KEY,
                className="quiet picture-key",
            ),
            html.H3(f"First {_FIRST} of the list of {list_size(view, priority)}"),
            numbered(rows, className="first-areas"),
            html.P(
                html.A(
                    f"Open the {priority.upper()} map and list",
                    href=link(address, run=view.run_id),
                    className="button",
                )
            ),
            *(_into_force(view, priority) if view.forces else []),
        ],
        className="card",
    )


def _into_force(view: RunView, priority: str) -> list[Any]:
    return [
        html.P(
            [
                f"{ranked_among(view, priority)} ",
                html.A(
                    "Each police force has its own map and list",
                    href=link(f"/{priority}", run=view.run_id) + "#forces",
                ),
                ".",
            ],
            className="quiet",
        )
    ]


def layout(view: RunView, *, current_id: str) -> html.Div:
    """Return the landing page."""
    name = str(view.manifest["name"])
    warnings = warnings_of(view.manifest)
    remarks: list[Any] = []
    if warnings:
        count = f"{len(warnings)} warning" + ("" if len(warnings) == 1 else "s")
        remarks = [
            notice(
                [
                    f"{count} came with this run. ",
                    html.A("Read them on the data page", href=link("/data", run=view.run_id)),
                    ".",
                ]
            )
        ]
    return page_frame(
        view,
        path="/",
        title=f"Overview of {name}",
        current_id=current_id,
        children=[
            html.Div(
                [
                    html.Div(
                        [
                            html.H1("Where to look next"),
                            html.P(
                                f"{name}: {len(view.areas):,} neighbourhoods, compared on "
                                "recorded crime, harm and deprivation."
                            ),
                        ],
                        className="finding",
                    ),
                    fact_line(facts(view)),
                ],
                className="finding-row",
            ),
            *remarks,
            html.Div([_card(view, priority) for priority in view.priorities], className="cards"),
            html.Div(
                [
                    html.H2("What this is, and what it is not"),
                    html.Ul(
                        [
                            html.Li(
                                "It ranks neighbourhoods of about 1,700 residents by the evidence "
                                "for each priority, and says how sure each place in the list is."
                            ),
                            html.Li(
                                "It is a reason to ask questions about a place. It does not say "
                                "where the next crime will be, and nothing about any person."
                            ),
                            html.Li(
                                "People decide. A flagged area still needs local knowledge before "
                                "anything is done there."
                            ),
                        ]
                    ),
                ],
                className="plain-words",
            ),
        ],
    )
