"""Police force areas of a run: what a country is parted into where it cannot be drawn whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

__all__ = [
    "MOST_LIVE",
    "Force",
    "force_of",
    "forces_of",
    "in_force",
    "live_forces",
    "nations",
    "of_whom",
    "rank_words",
]

# A browser that draws by software takes 1 s for 450 polygons and 5 to 10 s for 35,000. Of one
# force all are drawn, however many: the largest, London, has 4,994.
MOST_LIVE = 2_000


@dataclass(frozen=True, slots=True)
class Force:
    """One police force area: its name in addresses, its name for people, its authorities."""

    slug: str
    name: str
    code: str
    lads: frozenset[str]


def forces_of(manifest: Mapping[str, Any]) -> dict[str, Force]:
    """Return the police force areas that a run's manifest names, by slug, in order of name."""
    entries = {str(lad): entry for lad, entry in (manifest.get("forces") or {}).items()}
    found = {
        str(entry["slug"]): (str(entry["name"]), str(entry["code"])) for entry in entries.values()
    }
    return {
        slug: Force(
            slug,
            name,
            code,
            frozenset(lad for lad, entry in entries.items() if entry["slug"] == slug),
        )
        for slug, (name, code) in sorted(found.items(), key=lambda item: item[1][0])
    }


def live_forces(manifest: Mapping[str, Any], areas: int) -> dict[str, Force]:
    """Return the forces to choose from where a run has too many areas to draw at once.

    Empty where all of them can be drawn, and where the run names no more than one force.
    """
    found = forces_of(manifest)
    return found if areas > MOST_LIVE and len(found) > 1 else {}


def in_force(areas: pd.DataFrame, force: Force) -> pd.Series[bool]:
    """Say of each area whether it lies in a force's area."""
    return areas["lad_code"].astype(str).isin(force.lads)


def force_of(areas: pd.DataFrame, forces: Mapping[str, Force]) -> pd.Series[str]:
    """Return the slug of each area's force; nothing where no force holds its authority."""
    slugs = {lad: force.slug for force in forces.values() for lad in force.lads}
    return areas["lad_code"].astype(str).map(slugs).fillna("")


def nations(areas: pd.DataFrame, priority: str) -> pd.Series[str]:
    """Return ``England`` or ``Wales`` where a priority ranks the two apart; nothing elsewhere.

    Areas without an English index of deprivation get a ranking of their own, so that such a run
    has two areas of rank 1.
    """
    welsh = areas.index.astype(str).str.startswith("W")
    ranked = areas[f"{priority}_rank"].notna()
    firsts = ranked & (areas[f"{priority}_rank"] == 1)
    apart = bool((firsts & welsh).any() and (firsts & ~welsh).any())
    named = ["Wales" if cymru else "England" for cymru in welsh] if apart else [""] * len(areas)
    return pd.Series(named, index=areas.index, dtype="str")


def of_whom(areas: pd.DataFrame, priority: str) -> pd.Series[str]:
    """Return for each area among whom its rank is: "of all", or of one nation's areas."""
    words = {"England": "of the English areas", "Wales": "of the Welsh areas"}
    return nations(areas, priority).map(words).fillna("of all")


def rank_words(areas: pd.DataFrame, forces: Mapping[str, Force], priority: str, code: str) -> str:
    """Say an area's rank and among how many; in a country also its place in the police force."""
    ranks = areas[f"{priority}_rank"]
    rank = ranks[code]
    if pd.isna(rank):
        return "Not ranked"
    nation = nations(areas, priority)
    own = nation[code]
    if not own and not forces:
        return f"Rank {rank:.0f} of {len(areas):,}"
    size = int((ranks.notna() & (nation == own)).sum())
    text = f"Rank {rank:,.0f} of {size:,} ranked" + (f" in {own}" if own else "")
    lad = str(areas["lad_code"][code])
    for force in forces.values():
        if lad in force.lads:
            local = ranks[in_force(areas, force)].dropna()
            text += f"; {int((local < rank).sum()) + 1:,} of {len(local):,} in {force.name}"
    return text
