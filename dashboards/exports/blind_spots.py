"""What the data of a run cannot see, in words: said beside every list and briefing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["blind_spots"]

_UNREPORTED = (
    "What nobody reports is not in these figures, rural domestic abuse above all: a low rank in "
    "the country is no proof of low risk."
)
_SMALL = (
    "Small rural counts say less: compare an area with those of its kind (rank among rural areas)."
)


def blind_spots(manifest: Mapping[str, Any], *, brief: bool = False) -> tuple[str, ...]:
    """Return what a list cannot see, and what the settings do about it.

    A run of an earlier version says what is true of all data of this kind. `brief` keeps what a
    page of paper has to say: what is unseen, and an uplift that is not 1.
    """
    said = [_UNREPORTED] if brief else [f"{_UNREPORTED} {_SMALL}"]
    config = manifest.get("config") or {}
    rurality = config.get("rurality") or {}
    for stratum, factor in sorted((rurality.get("under_reporting_uplift") or {}).items()):
        if float(factor) != 1.0:
            said.append(
                f"For under-reporting, smoothed rates of {stratum} areas that victims report are "
                f"multiplied by {float(factor):g}, as the settings ask; counts and tests are not."
            )
    if brief:
        return tuple(said)
    if rurality.get("shrink_to") == "stratum":
        said.append(
            "Rates of small areas are pulled towards those of their kind, urban or rural, and not "
            "towards the whole study area's."
        )
    sources = manifest.get("other_sources") or ()
    if sources:
        titles = ", ".join(str(source["title"]) for source in sources)
        said.append(
            f"Other sources are held against police counts, and never in the score: {titles}."
        )
    else:
        said.append(
            "No other source (emergency department, ambulance, residents) was supplied to hold "
            "against police counts."
        )
    return tuple(said)
