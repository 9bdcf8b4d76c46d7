"""A priority's page of a country: a picture, the ranked list, and a way into each police force."""

from __future__ import annotations

from typing import Any

from dash import html

from dashboards.components.attributes import attributes
from dashboards.components.frame import notice
from dashboards.components.map import geometry_address
from dashboards.force_table import TOP_SHARE, force_rows, ranked_among
from dashboards.state import link
from dashboards.view import RunView

__all__ = ["force_notes", "force_table", "picture"]


def picture(view: RunView, priority: str, *, title: str) -> html.Div:
    """Return the picture of the country with its words, in the place of a live map."""
    return html.Div(
        [
            html.Img(
                src=geometry_address(view.run_id, f"country-{priority}.svg"),
                alt=f"Picture of all areas by score. {title}. The list beside it and the table of "
                "police forces below say the same.",
                className="country-picture",
            ),
            html.P(
                f"{len(view.areas):,} areas are too many to draw one by one. A dot is the area at "
                "its middle, so small ones in towns may show none; lines are borders of police "
                "force areas; numbers are ranks of flagged areas, with W in Wales. Choose a "
                "police force for its map.",
                className="quiet",
            ),
        ],
        className="country-box",
    )


def force_notes(view: RunView, priority: str, force: str) -> list[Any]:
    """Return what a reader of one force's part of a country has to know about its ranks."""
    chosen = view.forces.get(force)
    if chosen is None:
        return []
    own = f"hotspots run --area {chosen.code}"
    said = (
        f"One part of a run of {len(view.areas):,} areas. {ranked_among(view, priority)} "
        f"“Here” is the place within {chosen.name}. Flags and the list are of the whole run, so "
        "most forces have none; for a list of this force alone use "
    )
    return [
        notice(
            [
                said,
                html.Code(own),
                ".",
            ]
        )
    ]


def force_table(view: RunView, priority: str) -> html.Section:
    """Return the table of police forces, each leading to its own map and list."""
    heads = (
        ("Police force", ""),
        ("Months supplied", ""),
        ("Areas", "number"),
        ("With a score", "number"),
        ("Flagged", "number"),
        (f"In the highest {TOP_SHARE:.0%} of scores", "number"),
    )
    body = [
        html.Tr(
            [
                html.Th(
                    html.A(row.name, href=link(f"/{priority}", run=view.run_id, force=row.slug)),
                    scope="row",
                ),
                html.Td(row.months),
                *(
                    html.Td(f"{value:,}", className="number")
                    for value in (row.areas, row.scored, row.flagged, row.high)
                ),
            ]
        )
        for row in force_rows(view, priority)
    ]
    caption = f"{priority.upper()} by police force"
    return html.Section(
        [
            html.H2("By police force", id="forces"),
            html.P(ranked_among(view, priority)),
            html.Div(
                html.Table(
                    [
                        html.Caption(caption),
                        html.Thead(
                            html.Tr(
                                [
                                    html.Th(text, scope="col", className=css or None)
                                    for text, css in heads
                                ]
                            )
                        ),
                        html.Tbody(body),
                    ]
                ),
                className="table-box",
                tabIndex="0",
                role="region",
                **attributes({"aria-label": caption}),
            ),
        ],
        className="forces",
    )
