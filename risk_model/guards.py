"""Guards: what follows where officers look, whether it grew, and where presence feeds back."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from risk_model.artefacts import artefact_text, artefact_warnings, no_artefacts
from risk_model.config.risk import RiskConfig
from risk_model.model_data import ModelData

__all__ = [
    "Growth",
    "Monthly",
    "growth_record",
    "growth_words",
    "guard_columns",
    "guard_warnings",
    "police_generated_counts",
    "ratio",
    "recorded_crimes",
    "share_growth",
]

_ASB: Final = "anti_social_behaviour"

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Growth:
    """Whether a share grew from one stretch of months to another.

    Attributes
    ----------
    before, since
        The two shares; NaN where nothing was recorded.
    phi
        Dispersion of the monthly shares about their own stretch, 1 or more; NaN where the months
        are too few to tell.
    t, p
        Test statistic and its one-sided p-value; NaN where not testable.
    alarm
        Grown by more than the bar and by more than chance.
    """

    before: float
    since: float
    phi: float
    t: float
    p: float
    alarm: bool


@dataclass(frozen=True, slots=True)
class Monthly:
    """Events of each month of a stretch: those of interest, and all of which they are a part."""

    part: FloatArray
    whole: FloatArray


def police_generated_counts(data: ModelData, config: RiskConfig) -> tuple[FloatArray, FloatArray]:
    """Return n by m police-generated offences and recorded crimes over covered months.

    Anti-social behaviour is not a crime and is in neither.
    """
    return recorded_crimes(
        data.counts, data.covered, data.categories, config.police_generated.categories
    )


def recorded_crimes(
    counts: NDArray[np.int64],
    covered: NDArray[np.bool_],
    categories: Sequence[str],
    part_of: Collection[str],
) -> tuple[FloatArray, FloatArray]:
    """Return n by m events of some categories, and of all crimes, over covered months."""
    kept = [k for k, name in enumerate(categories) if name != _ASB]
    chosen = [k for k in kept if categories[k] in part_of]
    part = np.where(covered, counts[:, :, chosen].sum(axis=2), 0).astype(np.float64)
    whole = np.where(covered, counts[:, :, kept].sum(axis=2), 0).astype(np.float64)
    return part, whole


def guard_columns(data: ModelData, config: RiskConfig) -> pd.DataFrame:
    """Return the guard columns of every area: they describe, and never enter a score."""
    part, whole = (counts.sum(axis=1) for counts in police_generated_counts(data, config))
    artefacts = no_artefacts(data.area_codes) if data.artefacts is None else data.artefacts
    return pd.DataFrame(
        {
            "police_generated_share": ratio(part, whole),
            "map_point_share": artefacts["map_point_share"].to_numpy(dtype=np.float64),
            "artefact": artefact_text(artefacts, config.guards),
        },
        index=pd.Index(data.area_codes, name="area_code"),
    )


def guard_warnings(data: ModelData, config: RiskConfig) -> list[str]:
    """Return what a reader has to know of artefacts in the study area."""
    if data.artefacts is None:
        return []
    return artefact_warnings(data.artefacts[data.in_study], config.guards)


def ratio(part: FloatArray, whole: FloatArray) -> FloatArray:
    """Return part / whole, NaN where there is no whole."""
    out = np.full(np.shape(whole), np.nan)
    np.divide(part, whole, out=out, where=whole > 0)
    return out


def share_growth(before: Monthly, since: Monthly, *, growth: float, alpha: float) -> Growth:
    """Test whether a share of monthly counts grew, allowing for restless months.

    Parameters
    ----------
    before, since
        Two stretches that share no month; months without a record are left out.
    growth
        Bar: the share has to grow by more than this share of itself.
    alpha
        One-sided level of the test of no growth.

    Notes
    -----
    Two binomial shares compared with the pooled share p: t = (s - b) / sqrt(phi p (1 - p)
    (1/B + 1/S)). phi = max(1, X2 / df) is the dispersion of the monthly shares about the share of
    their own stretch (McCullagh and Nelder 1989, 4.5), df months less two, and t is referred to
    Student's distribution with df degrees of freedom, because phi is estimated from few months.
    With fewer than two degrees of freedom nothing is said.
    """
    stretches = [_recorded(before), _recorded(since)]
    shares = [_share(one) for one in stretches]
    totals = [float(one.whole.sum()) for one in stretches]
    df = sum(max(len(one.whole) - 1, 0) for one in stretches)
    whole = sum(totals)
    pooled = sum(float(one.part.sum()) for one in stretches) / whole if whole > 0 else np.nan
    silent = Growth(shares[0], shares[1], np.nan, np.nan, np.nan, alarm=False)
    if min(totals) <= 0 or df < 2 or not 0 < pooled < 1:
        return silent
    chi = sum(_chi_squared(one, share) for one, share in zip(stretches, shares, strict=True))
    phi = max(1.0, chi / df)
    error = np.sqrt(phi * pooled * (1 - pooled) * (1 / totals[0] + 1 / totals[1]))
    t = float((shares[1] - shares[0]) / error)
    from scipy.stats import t as student  # noqa: PLC0415 - slow to import

    p = float(student.sf(t, df))
    grown = shares[1] > shares[0] * (1 + growth)
    return Growth(shares[0], shares[1], phi, t, p, alarm=bool(grown and p <= alpha))


def _recorded(one: Monthly) -> Monthly:
    kept = one.whole > 0
    return Monthly(one.part[kept], one.whole[kept])


def _share(one: Monthly) -> float:
    whole = float(one.whole.sum())
    return float(one.part.sum()) / whole if whole > 0 else float("nan")


def _chi_squared(one: Monthly, share: float) -> float:
    spread = one.whole * share * (1 - share)
    if not share * (1 - share) > 0:
        return 0.0
    return float((((one.part - one.whole * share) ** 2) / spread).sum())


def growth_words(found: Growth, *, growth: float, run: str) -> str:
    """Return the alarm in words, or empty text where there is none."""
    if not found.alarm:
        return ""
    return (
        f"alarm: the police-generated share of recorded crime grew from {found.before:.1%} "
        f"(run {run}) to {found.since:.1%} in the months since, more than {growth:.0%} of itself "
        f"and more than chance explains (p = {found.p:.2g}); more looking, more recording: check "
        "what changed in deployment before reading any rise as risk."
    )


def growth_record(found: Growth) -> Mapping[str, Any]:
    """Return the test for the manifest."""
    return {
        "before": found.before,
        "since": found.since,
        "phi": found.phi,
        "t": found.t,
        "p": found.p,
        "alarm": found.alarm,
    }
