"""Strands of evidence and the tier that they add up to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from risk_model.config.names import STRANDS
from risk_model.config.priority import Tiers
from risk_model.config.settings import Evidence

__all__ = [
    "FLAGGED",
    "TIER_NAMES",
    "EvidenceInputs",
    "capped",
    "find_strands",
    "strand_text",
    "tiers",
]

TIER_NAMES = {
    "strong": "Strong",
    "supported": "Supported",
    "watch": "Watch",
    "not_evidenced": "Not evidenced",
}
HOT_BIN = 2
"""Gi* at 95 % or more, as ArcGIS numbers its bins."""
FLAGGED = ("Strong", "Supported")

BoolArray = NDArray[np.bool_]
FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class EvidenceInputs:
    """What the strands look at, n values each; NaN means not known, and supports nothing.

    Attributes
    ----------
    events
        Events of the priority's offence set.
    p_top
        Chance of being on the list.
    p_excess
        Chance that the relative risk is above the ratio of the settings.
    cluster, raw_cluster
        Local Moran labels by q and by uncorrected p.
    gi_bin, gi_raw_bin
        Bins of Gi* by q and by uncorrected p: 2 is a hot spot at 95 %, 3 at 99 %.
    density_share
        Share of the area's events inside hot-spot cells.
    months_above, months_covered
        Covered months, and those of them with more events than expected.
    """

    events: FloatArray
    p_top: FloatArray
    p_excess: FloatArray
    cluster: NDArray[np.str_]
    raw_cluster: NDArray[np.str_]
    gi_bin: FloatArray
    gi_raw_bin: FloatArray
    density_share: FloatArray
    months_above: FloatArray
    months_covered: NDArray[np.int64]


def find_strands(seen: EvidenceInputs, settings: Evidence) -> dict[str, BoolArray]:
    """Return, for each strand, the areas where it holds.

    (a) `top_k`: P(on the list) >= .8; (b) `excess_risk`: P(RR > 1.5) >= .8 with 5 events or more;
    (c) `cluster`: significantly High-High by local Moran's I or hot by Gi*, and the weaker
    `cluster_raw` without correction for many tests; (d) `density`: half of its events or more in
    hot-spot cells, with 5 events or more; (e) `persistent`: more than expected in more than half
    of the covered months. The bars are settings.
    """
    enough = seen.events >= settings.min_events
    return {
        "top_k": _at_least(seen.p_top, settings.top_k),
        "excess_risk": enough & _at_least(seen.p_excess, settings.excess_probability),
        # NaN compares False.
        "cluster": (seen.cluster == "High-High") | (seen.gi_bin >= HOT_BIN),
        "cluster_raw": (seen.raw_cluster == "High-High") | (seen.gi_raw_bin >= HOT_BIN),
        "density": enough & _at_least(seen.density_share, settings.density_share),
        # NaN compares False.
        "persistent": (seen.months_covered > 0) & (2 * seen.months_above > seen.months_covered),
    }


def _at_least(values: FloatArray, bar: float) -> BoolArray:
    # A share such as 4 of 5 must clear a bar of .8 whatever the last bit of the division.
    return np.asarray(np.nan_to_num(values, nan=-1.0) >= bar - 1e-12, dtype=np.bool_)


def tiers(strands: Mapping[str, BoolArray], settings: Tiers) -> NDArray[np.str_]:
    """Return the first tier, strongest first, whose conditions hold: Strong to Not evidenced."""
    n = len(next(iter(strands.values())))
    out = np.full(n, TIER_NAMES["not_evidenced"], dtype="<U13")
    for key in ("watch", "supported", "strong"):
        tier = getattr(settings, key)
        holds = np.ones(n, dtype=bool)
        for name in tier.needs:
            holds &= strands[name]
        if tier.plus_any:
            anything = np.zeros(n, dtype=bool)
            for name in tier.plus_any:
                anything |= strands[name]
            holds &= anything
        out[holds] = TIER_NAMES[key]
    return out


def capped(tier: NDArray[np.str_], vetoed: BoolArray) -> NDArray[np.str_]:
    """Return the tiers with vetoed areas at Watch at most: they stay in sight, unflagged."""
    return np.where(vetoed & np.isin(tier, FLAGGED), TIER_NAMES["watch"], tier)


def strand_text(strands: Mapping[str, BoolArray]) -> NDArray[np.object_]:
    """Return the names of the strands of each area, joined by "; ".

    `cluster_raw` is named only where `cluster`, which includes it, does not hold.
    """
    shown = dict(strands)
    shown["cluster_raw"] = strands["cluster_raw"] & ~strands["cluster"]
    n = len(shown["cluster"])
    out = np.empty(n, dtype=object)
    out[:] = ["; ".join(name for name in STRANDS if shown[name][i]) for i in range(n)]
    return out
