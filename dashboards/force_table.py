"""A country by police force area, as a table: the words of its picture. Imports no Dash."""

from __future__ import annotations

from dataclasses import dataclass

from dashboards import words
from dashboards.forces import in_force, nations
from dashboards.view import RunView

__all__ = ["TOP_SHARE", "ForceRow", "force_rows", "ranked_among"]

TOP_SHARE = 0.01


@dataclass(frozen=True, slots=True)
class ForceRow:
    """One police force area: months supplied, areas, those with a score, flagged, and high."""

    slug: str
    name: str
    months: str
    areas: int
    scored: int
    flagged: int
    high: int


def force_rows(view: RunView, priority: str) -> tuple[ForceRow, ...]:
    """Return a row for each police force area, in order of name.

    `high` counts the areas in the highest hundredth of all scores of the run.
    """
    score = view.areas[f"{priority}_score"].astype(float)
    cut = score.quantile(1 - TOP_SHARE)
    flags = view.areas[f"{priority}_flag"].fillna(value=False).astype(bool)
    coverage = view.manifest.get("coverage") or {}
    asked = len(view.manifest["period"]["months"])
    found = []
    for slug, force in view.forces.items():
        mine = in_force(view.areas, force)
        held = sum((coverage.get(slug) or {}).values())
        found.append(
            ForceRow(
                slug=slug,
                name=force.name,
                months=f"{held} of {asked}" if held else "none: no data, not zero",
                areas=int(mine.sum()),
                scored=int(score[mine].notna().sum()),
                flagged=int(flags[mine].sum()),
                high=int((score[mine] >= cut).sum()),
            )
        )
    return tuple(found)


def ranked_among(view: RunView, priority: str) -> str:
    """Say among which areas the ranks of a country are counted."""
    ranked = view.areas[f"{priority}_rank"].notna()
    nation = nations(view.areas, priority)
    sizes = {name: int((ranked & (nation == name)).sum()) for name in ("England", "Wales")}
    if not any(sizes.values()):
        return f"Ranks are among all {int(ranked.sum()):,} areas with a score."
    parts = [f"the {size:,} of {name}" for name, size in sizes.items()]
    return (
        f"Ranks are among the areas with a score: {words.joined(parts)} apart, because there is "
        "no English index of deprivation for Wales."
    )
