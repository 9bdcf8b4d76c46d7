"""Areas whose figures come from where crime is recorded: a prison, a hospital, a police station."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from risk_model.config.settings import Guards
from risk_model.layers.artefact_list import Artefacts

__all__ = [
    "ARTEFACT_COLUMNS",
    "VETOED",
    "artefact_text",
    "artefact_warnings",
    "detected",
    "no_artefacts",
    "place_artefacts",
    "point_kind",
    "vetoed",
]

ARTEFACT_COLUMNS: Final = (
    "artefact_kind",
    "artefact_reason",
    "map_point_kind",
    "map_point_share",
    "map_point_events",
)
"""What a run keeps of an area's artefacts: entered kind and reason, and its fullest map point."""

VETOED: Final = "not flagged for this reason"
"""How the text of an area ends that may not be flagged."""

_NAMED: Final = (
    ("prison", r"\bprison\b|\bhmp\b|\byoung offender"),
    ("hospital", r"\bhospital\b"),
    ("police_station", r"\bpolice station\b"),
    ("supermarket", r"\bsupermarket\b"),
    ("shopping_area", r"\bshopping (area|centre)\b"),
)


def point_kind(name: str) -> str:
    """Return which kind of artefact a map point's name tells, or empty text.

    data.police.uk names a point after what is at it, as `On or near Hospital`; the street named
    after a hospital (`Hospital Road`) is none.
    """
    plain = re.sub(r"^on or near\s+", "", name.strip(), flags=re.IGNORECASE).casefold()
    if re.search(r"\b(road|street|lane|close|avenue|way|drive|hill|place|mews|court)$", plain):
        return ""
    for kind, pattern in _NAMED:
        if re.search(pattern, plain):
            return kind
    return ""


def no_artefacts(codes: Sequence[str]) -> pd.DataFrame:
    """Return the table of areas of which nothing is known: no veto, no share."""
    frame = pd.DataFrame(index=pd.Index(list(codes), name="area_code"))
    for name in ARTEFACT_COLUMNS:
        frame[name] = np.nan if name in ("map_point_share", "map_point_events") else ""
    return frame[list(ARTEFACT_COLUMNS)]


def place_artefacts(
    codes: Sequence[str], entered: Artefacts | None, points: pd.DataFrame, *, end: str
) -> pd.DataFrame:
    """Put what people entered and what map points show on the areas of a run.

    Parameters
    ----------
    codes
        Area codes, in the order wanted.
    entered
        The artefacts file; entries whose `expires` is before the period's end no longer count.
    points
        Index area code; `events`, `share` and `name` of each area's fullest map point.
    end
        Last month of the period, `YYYY-MM`.

    Returns
    -------
    DataFrame
        Index `codes`, columns `ARTEFACT_COLUMNS`.
    """
    frame = no_artefacts(codes)
    if entered is not None:
        rows = entered.frame[entered.live(end)]
        for code, mine in rows.groupby("area_code", sort=True):
            if code in frame.index:
                frame.loc[code, "artefact_kind"] = "; ".join(mine["kind"])
                frame.loc[code, "artefact_reason"] = "; ".join(
                    f"{reason} (source: {source})"
                    for reason, source in zip(mine["reason"], mine["source"], strict=True)
                )
    known = points.reindex(frame.index)
    frame["map_point_share"] = known["share"].astype(np.float64)
    frame["map_point_events"] = known["events"].astype(np.float64)
    named = points["name"].to_dict()
    frame["map_point_kind"] = [point_kind(str(named.get(code, ""))) for code in frame.index]
    return frame


def detected(artefacts: pd.DataFrame, guards: Guards) -> NDArray[np.bool_]:
    """Return the areas that one map point of a telling kind dominates, by the settings' bars."""
    share = artefacts["map_point_share"].to_numpy(dtype=np.float64)
    events = artefacts["map_point_events"].to_numpy(dtype=np.float64)
    told = (artefacts["map_point_kind"] != "").to_numpy(dtype=np.bool_)
    # NaN compares False.
    return told & (share >= guards.map_point_share) & (events >= guards.map_point_events)


def vetoed(artefacts: pd.DataFrame, guards: Guards) -> NDArray[np.bool_]:
    """Return the areas that may not be flagged, whatever their evidence."""
    entered = (artefacts["artefact_kind"] != "").to_numpy(dtype=np.bool_)
    if guards.artefact_veto == "none":
        return np.zeros(len(artefacts), dtype=np.bool_)
    if guards.artefact_veto == "entered":
        return entered
    return entered | detected(artefacts, guards)


def artefact_text(artefacts: pd.DataFrame, guards: Guards) -> NDArray[np.object_]:
    """Return, for each area, what its figures may come from and what follows; empty text if none.

    It names the kind of place and never where it is: no statement below an area can be made.
    """
    held = vetoed(artefacts, guards)
    seen = detected(artefacts, guards)
    out = np.full(len(artefacts), "", dtype=object)
    columns = (artefacts[name].tolist() for name in ARTEFACT_COLUMNS)
    for i, (kind, reason, point, share, _) in enumerate(zip(*columns, strict=True)):
        said = []
        if kind:
            said.append(f"{kind.replace('_', ' ')}: {reason}")
        if seen[i]:
            said.append(
                f"{100 * share:.0f}% of its events lie at one map point of the kind "
                f"{point.replace('_', ' ')}"
            )
        if said:
            follows = VETOED if held[i] else "a caution, not a veto"
            out[i] = f"{'; '.join(said)}; {follows}"
    return out


def artefact_warnings(artefacts: pd.DataFrame, guards: Guards) -> list[str]:
    """Say how many areas are kept from being flagged, and how many only carry a caution.

    Parameters
    ----------
    artefacts
        Of the study area alone.
    """
    held, seen = vetoed(artefacts, guards), detected(artefacts, guards)
    entered = (artefacts["artefact_kind"] != "").to_numpy(dtype=np.bool_)
    said = []
    if held.any():
        said.append(
            f"artefacts: {_areas(int(held.sum()))} kept from being flagged, with the reason in "
            "`artefact`; ranks and figures stay as they are."
        )
    elif entered.any():
        said.append(
            f"artefacts: {_areas(int(entered.sum()))} entered, but guards.artefact_veto is none: "
            "a caution only."
        )
    only = seen & ~held
    if only.any():
        kinds = sorted({kind.replace("_", " ") for kind in artefacts["map_point_kind"][only]})
        said.append(
            f"artefacts: in {_areas(int(only.sum()))} one map point ({', '.join(kinds)}) holds "
            f"{guards.map_point_share:.0%} of the events or more; a person decides whether to "
            "enter a veto."
        )
    return said


def _areas(number: int) -> str:
    return f"{number:,} area{'' if number == 1 else 's'}"
