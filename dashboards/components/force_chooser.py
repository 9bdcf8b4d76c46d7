"""The choice of a police force in a country: a plain form, so that it needs no script."""

from __future__ import annotations

from dash import dcc, html

from dashboards.components.attributes import attributes
from dashboards.ranked_list import RankedList
from dashboards.state import ViewState, link
from dashboards.view import RunView

__all__ = ["count_line", "force_chooser"]


def force_chooser(view: RunView, path: str, chosen: str = "") -> html.Form:
    """Return the form; sending it opens `path` for the force that was picked."""
    first = [] if chosen else [html.Option("Choose a police force", value="", selected=True)]
    whole = [html.Option("All police forces: the picture", value="")] if chosen else []
    return html.Form(
        [
            dcc.Input(type="hidden", name="run", value=view.run_id),
            html.Div(
                [
                    html.Label("Police force", htmlFor="control-force"),
                    html.Select(
                        [
                            *first,
                            *whole,
                            *(
                                html.Option(force.name, value=slug, selected=slug == chosen)
                                for slug, force in view.forces.items()
                            ),
                        ],
                        id="control-force",
                        name="force",
                    ),
                ],
                className="control",
            ),
            html.Button("Show", type="submit", className="plain"),
        ],
        action=path,
        method="get",
        className="force-chooser",
        **attributes({"aria-label": "Choice of police force"}),
    )


def count_line(ranked: RankedList, state: ViewState) -> list[str | html.A]:
    """Return the sentence that counts the rows, and the ways to the pages before and after."""
    parts: list[str | html.A] = [ranked.count_text]
    for start, text in ((ranked.before, "Rows before these"), (ranked.after, "Rows after these")):
        if start is not None:
            address = link(
                f"/{state.priority}",
                run=state.run_id,
                force=state.force,
                stratum=state.stratum,
                q=state.query,
                sort=state.sort,
                **{"from": str(start or "")},
            )
            parts += [
                " ",
                html.A(text, href=address, **attributes({"data-set": f"from={start or ''}"})),
            ]
    return parts
