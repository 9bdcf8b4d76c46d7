"""Urban and rural areas of a run, and the first of each kind. Imports no Dash."""

from __future__ import annotations

import numpy as np
import pandas as pd

__all__ = ["first_within", "strata_of"]


def strata_of(areas: pd.DataFrame) -> pd.Series[str]:
    """Return ``urban``, ``rural`` or nothing for each area, from its published class."""
    text = areas["rural_urban"].fillna("").astype(str).str.casefold()
    rural = text.str.contains("rural") | text.str.match(r"r[sl]|[def]\d")
    urban = text.str.contains("urban") | text.str.match(r"u[nf]|[abc]\d")
    return pd.Series(
        np.select([rural & ~urban, urban & ~rural], ["rural", "urban"], ""), index=text.index
    )


def first_within(areas: pd.DataFrame, priority: str, *, most: int) -> dict[str, pd.DataFrame]:
    """Return the areas that rank first among the urban and among the rural ones.

    Parameters
    ----------
    areas
        Published columns, indexed by area code.
    most
        Areas of each kind, more where ranks tie.

    Returns
    -------
    dict
        `rural` and `urban`, the best rank first; a kind without a ranked area is left out, and
        so are both where the run has no rank within them.
    """
    column = f"{priority}_rank_in_stratum"
    if column not in areas.columns:
        return {}
    kinds = strata_of(areas)
    rank = areas[column].astype("Float64")
    found = {}
    for kind in ("rural", "urban"):
        chosen = areas[(kinds == kind) & (rank <= most).fillna(value=False)]
        if len(chosen):
            found[kind] = chosen.assign(_rank=rank).sort_values("_rank", kind="stable")
    return {kind: table.drop(columns="_rank") for kind, table in found.items()}
