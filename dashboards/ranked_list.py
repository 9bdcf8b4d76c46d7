"""The ranked list of a priority: its rows, its cut line, its pages. Imports no Dash."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from dashboards import words
from dashboards.exports.wording import beside_codes, beside_words, standing, waiting
from dashboards.forces import force_of, nations
from dashboards.state import ViewState
from dashboards.view import RunView, chosen_areas, list_size, part_of
from risk_model.artefacts import VETOED

__all__ = ["PAGE_ROWS", "RankedList", "ranked_list"]

# Rows of the list on one page: all of most partnerships, a part of a country.
PAGE_ROWS = 500


@dataclass(frozen=True, slots=True)
class RankedList:
    """The list of a priority: rows of plain values, and the line under the list itself.

    `before` and `after` are where the pages before and after this one start, None where there is
    none; page 1 starts at 0.
    """

    rows: tuple[dict[str, Any], ...]
    cut_after: int
    cut_text: str
    count_text: str
    before: int | None = None
    after: int | None = None


def _number(value: Any) -> float | None:
    return None if value is None or pd.isna(value) else float(value)


def _whole(value: Any) -> int | None:
    found = _number(value)
    return None if found is None else round(found)


def _sorted(areas: pd.DataFrame, priority: str, sort: str) -> pd.DataFrame:
    rank = f"{priority}_rank"
    keys: dict[str, tuple[list[str], list[bool]]] = {
        "area": (["area_label", rank], [True, True]),
        "rate": ([f"{priority}_rate", rank], [False, True]),
        "population": (["population", rank], [False, True]),
    }
    by, ascending = keys.get(sort, ([rank], [True]))
    # A stable sort of rows that are in the order of their codes: equal values keep that order.
    return areas.sort_values(by, ascending=ascending, kind="stable", na_position="last")


def ranked_list(view: RunView, priority: str, state: ViewState) -> RankedList:
    """Return the areas that pass the filters in the order asked for.

    The cut line is drawn only in the order of rank and without filters: anywhere else "below the
    line" would not mean "not on the list".
    """
    size = list_size(view, priority)
    chosen = _sorted(chosen_areas(view, state), priority, state.sort)
    start = state.start if state.start < len(chosen) else 0
    areas = chosen.iloc[start : start + PAGE_ROWS]
    notes = _row_notes(view, priority, state.force, areas, state.stratum)

    def column(name: str) -> list[Any]:
        full = f"{priority}_{name}"
        return list(areas[full]) if full in areas.columns else [None] * len(areas)

    rows = tuple(
        {
            "code": str(code),
            "rank": _whole(rank),
            "label": str(label),
            **_parts(str(label), str(ward)),
            "tier": str(tier),
            "flagged": bool(flag),
            "score": words.number(_number(score), 1) if _number(score) is not None else "",
            "range": _range(low, high),
            "rate": words.number(_number(rate), 1) if _number(rate) is not None else "",
            "standing": stands,
            **note,
        }
        for code, note, stands, rank, label, ward, tier, flag, score, low, high, rate in zip(
            areas.index,
            notes,
            _standings(view, priority, areas),
            column("rank"),
            areas["area_label"],
            areas["ward_name"].fillna(""),
            column("tier"),
            column("flag"),
            column("score"),
            column("rank_lo"),
            column("rank_hi"),
            column("rate"),
            strict=True,
        )
    )
    filtered = bool(state.stratum or state.query or state.force or start)
    listed = _listed_rows(chosen, priority, size) if view.forces else size
    show_cut = state.sort == "rank" and not filtered and len(rows) > listed
    near = beside_codes(view.areas, priority) if show_cut else None
    return RankedList(
        rows=rows,
        cut_after=listed if show_cut else 0,
        cut_text=_cut_text(size, None if near is None else len(near)) if show_cut else "",
        count_text=_count_text(len(chosen), len(part_of(view, state.force).areas), state)
        + _page_text(start, len(areas), len(chosen)),
        before=max(start - PAGE_ROWS, 0) if start else None,
        after=start + PAGE_ROWS if start + PAGE_ROWS < len(chosen) else None,
    )


def _standings(view: RunView, priority: str, areas: pd.DataFrame) -> list[str]:
    """Return what each area's name is followed by: new, dropped, waiting, not told apart."""
    not_yet = waiting(view.manifest, priority)
    names = [f"{priority}_{name}" for name in ("list_status", "beside_list", "list", "rank")]
    rows = areas.reindex(columns=names).to_dict("records")
    size = int(view.manifest["priorities"][priority].get("list_size") or 0)
    return [
        standing(row, priority, size=size, waits=code in not_yet)
        for code, row in zip(areas.index, rows, strict=True)
    ]


def _listed_rows(areas: pd.DataFrame, priority: str, size: int) -> int:
    """Return how many rows the list takes up: two lists where Wales is ranked apart."""
    return int((areas[f"{priority}_rank"] <= size).sum())


def _page_text(start: int, rows: int, total: int) -> str:
    return f" Shown: {start + 1:,} to {start + rows:,}." if rows < total else ""


def _row_notes(
    view: RunView, priority: str, force: str, areas: pd.DataFrame, stratum: str
) -> list[dict[str, str]]:
    """Return what stands beside each rank: the nation or the place in the force of a country.

    Elsewhere the rank among the urban or rural areas that are chosen, and a veto.
    """
    if not view.forces:
        return _plain_notes(priority, stratum, areas)
    slugs = force_of(areas, view.forces)
    if force in view.forces:
        places = part_of(view, force).areas[f"{priority}_rank"].rank(method="min")
        said = ["" if pd.isna(place) else f"{place:,.0f} here" for place in places.loc[areas.index]]
    else:
        said = list(nations(view.areas, priority).loc[areas.index])
    return [{"note": note, "force": slug} for note, slug in zip(said, slugs, strict=True)]


def _plain_notes(priority: str, stratum: str, areas: pd.DataFrame) -> list[dict[str, str]]:
    """Return the rank among areas of the kind that is chosen, and why an area is not flagged."""
    column = f"{priority}_rank_in_stratum"
    places = areas[column] if stratum and column in areas.columns else [None] * len(areas)
    artefacts = areas["artefact"] if "artefact" in areas.columns else [""] * len(areas)
    notes = []
    for place, artefact in zip(places, artefacts, strict=True):
        said = [] if place is None or pd.isna(place) else [f"{place:,.0f} among {stratum}"]
        if isinstance(artefact, str) and artefact.endswith(VETOED):
            said.append(f"not flagged: {artefact.partition(':')[0]}")
        notes.append({"note": "; ".join(said)} if said else {})
    return notes


def _parts(label: str, ward: str) -> dict[str, str]:
    """Part a label at its ward, so that a list can set the ward in smaller type."""
    if ward and label.endswith(f", {ward}"):
        return {"name": label.removesuffix(f", {ward}"), "ward": ward}
    return {"name": label, "ward": ""}


def _range(low: Any, high: Any) -> str:
    first, last = _whole(low), _whole(high)
    if first is None or last is None:
        return ""
    return f"{first}" if first == last else f"{first}\u2013{last}"


def _cut_text(size: int, near: int | None) -> str:
    ends = f"The list of {size} ends here"
    return f"{ends}." if near is None else f"{ends}. {beside_words(near)}"


def _count_text(shown: int, total: int, state: ViewState) -> str:
    parts = [state.stratum] if state.stratum else []
    noun = " ".join([*parts, "area" if shown == 1 else "areas"])
    text = f"{shown:,} {noun}" if shown else f"No {noun}"
    if state.query:
        text += f" found for “{state.query}”"
    return f"{text} of {total:,}." if shown != total else f"All {total:,} areas."
