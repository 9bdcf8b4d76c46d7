"""Patches: flagged areas that touch are one place on the ground."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from spatial.weights import Neighbours

__all__ = ["patch_column", "patch_labels", "patch_name", "patches_of"]

_NAMED = 2
"""Places that a patch is named after; the others are counted."""


def patch_labels(flagged: NDArray[np.bool_], neighbours: Neighbours) -> NDArray[np.int64]:
    """Return, for each area, the number of its patch from 0 in order of code; -1 where not flagged.

    Parameters
    ----------
    flagged
        n booleans over `neighbours.codes`.
    neighbours
        Who touches whom.
    """
    codes = np.asarray(neighbours.codes)
    piece = neighbours.subset(codes[flagged]).component_of
    # A piece is known by its first area, so that they are numbered in the order of these.
    _, number = np.unique(piece, return_inverse=True)
    out = np.full(len(flagged), -1, dtype=np.int64)
    out[flagged] = number
    return out


def patch_name(labels: Sequence[str], places: Sequence[str]) -> str:
    """Return the name of a patch from its areas, the highest rank first.

    A single area is named by its own label; several by the places they lie in and their number:
    `Weymouth Town and Melcombe Regis (4 areas)`.
    """
    if len(labels) == 1:
        return labels[0]
    named = list(dict.fromkeys(place or label for place, label in zip(places, labels, strict=True)))
    if len(named) > _NAMED + 1:
        shown = f"{', '.join(named[:_NAMED])} and {len(named) - _NAMED} more places"
    else:
        shown = named[0] if len(named) == 1 else f"{', '.join(named[:-1])} and {named[-1]}"
    return f"{shown} ({len(labels)} areas)"


def patches_of(areas: pd.DataFrame, priority: str, neighbours: Neighbours) -> pd.DataFrame:
    """Return one row a patch, the one with the highest rank first, and the largest where equal.

    Columns: `priority, patch, name, areas, area_codes, events, population, area_km2`. Events are
    those of the priority; population is missing where that of an area is.

    Parameters
    ----------
    areas
        The published columns, indexed by area code; every code is one of `neighbours.codes`.
    """
    codes = areas.index.astype(str)
    flagged = np.zeros(len(neighbours.codes), dtype=bool)
    position = pd.Index(neighbours.codes).get_indexer(codes)
    flagged[position] = areas[f"{priority}_flag"].to_numpy(dtype=bool)
    label = patch_labels(flagged, neighbours)[position]
    table = pd.DataFrame(
        {
            "code": codes,
            "patch": label,
            "rank": areas[f"{priority}_rank"].astype("Float64").to_numpy(float, na_value=np.inf),
            "label": areas["area_label"].astype(str).to_numpy(),
            "place": areas["place_name"].fillna("").astype(str).to_numpy(),
            "events": areas[f"{priority}_events"].to_numpy(),
            "population": areas["population"].to_numpy(dtype=float),
            "km2": areas["area_km2"].to_numpy(dtype=float),
        }
    )
    table = table[table["patch"] >= 0].sort_values(["rank", "code"], kind="stable")
    rows: list[dict[str, object]] = []
    names: set[str] = set()
    for _, members in table.groupby("patch", sort=False):
        labels = list(members["label"])
        name = patch_name(labels, list(members["place"]))
        if name in names:  # another patch in the same places: the highest-ranked area tells
            name = f"{name}, around {labels[0]}"
        names.add(name)
        rows.append(
            {
                "priority": priority,
                "patch": len(rows) + 1,
                "name": name,
                "areas": len(members),
                "area_codes": "; ".join(members["code"]),
                "events": int(members["events"].sum()),
                "population": float(members["population"].sum(skipna=False)),
                "area_km2": float(members["km2"].sum()),
            }
        )
    return pd.DataFrame(rows, columns=list(_COLUMNS))


def patch_column(patches: pd.DataFrame, codes: pd.Index) -> list[str]:
    """Return the name of each area's patch, empty where it is not flagged."""
    names = {
        code: str(name)
        for name, members in zip(patches["name"], patches["area_codes"], strict=True)
        for code in str(members).split("; ")
    }
    return [names.get(str(code), "") for code in codes]


_COLUMNS = (
    *("priority", "patch", "name", "areas", "area_codes"),
    *("events", "population", "area_km2"),
)
