"""Where an area stands: by counts alone, on the remembered list, in its patch. Imports no Dash."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from dashboards import words

__all__ = ["standing_figures"]


def standing_figures(
    row: Mapping[Any, Any], priority: str, areas: int
) -> tuple[tuple[str, str, str], ...]:
    """Return label, text and line of help of each figure; none for what a run did not compute.

    `row` holds the columns of one area of a run of `areas` areas.
    """
    said = []
    low, high = (row.get(f"{priority}_rank_set_{end}") for end in ("lo", "hi"))
    if not pd.isna(low) and not pd.isna(high):
        span = f"{low:.0f}" if low == high else f"{low:.0f} to {high:.0f}"
        span += f" of {areas:,}"
        said.append(("Rank by counts alone", span, words.HELP["rank_set_lo"]))
    status, since, review, patch = (
        str(row.get(f"{priority}_{name}") or "")
        for name in ("list_status", "list_since", "list_review", "patch")
    )
    if status:
        text = status.capitalize()
        text += f", since {words.month_words(since)}" if since else ""
        text += f"; review {words.month_words(review)}" if review else ""
        said.append(("On the list", text, words.HELP["list_status"]))
    if patch:
        said.append(("Patch of flagged areas", patch, words.HELP["patch"]))
    return tuple(said)
