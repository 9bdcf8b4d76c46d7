"""Whether an area's recent months differ from its earlier ones. Arrays in, arrays out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc

__all__ = ["FEWEST_EVENTS", "FEWEST_MONTHS", "Trend", "calendar_months", "recent_trend"]

FEWEST_EVENTS, FEWEST_MONTHS = 10, 4
"""Below these nothing is said of a trend."""

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Trend:
    """Recent against earlier covered months, n values each.

    Attributes
    ----------
    recent, earlier
        Events in the later and in the earlier half of the covered months.
    expected
        Events to be expected in the recent months from the earlier ones, had the area followed
        the study area's own course; NaN where that is not calculable.
    p_rise
        Chance that the area rose against the study area; NaN where too few to say.
    recent_months
        Covered months that count as recent.
    """

    recent: FloatArray
    earlier: FloatArray
    expected: FloatArray
    p_rise: FloatArray
    recent_months: NDArray[np.int64]


def recent_trend(
    monthly: FloatArray, expected: FloatArray, covered: BoolArray, *, phi: float
) -> Trend:
    """Compare the later half of each area's covered months with the rest.

    Parameters
    ----------
    monthly, expected
        n by m events, and events expected at the study area's rate of each month (NaN where not
        calculable), so that the season and a rise of the whole area are not laid to one place.
    covered
        n by m: months with data.
    phi
        Dispersion of monthly counts, 1 or more; counts are divided by it.

    Notes
    -----
    Given both counts' sum the recent one is binomial with the share s of its expected count, were
    there no change (Przyborowski and Wilenski 1940). The chance of a rise is P(share > s) under
    Jeffreys' posterior Beta(recent/phi + .5, earlier/phi + .5) (Brown, Cai and DasGupta 2001).
    """
    months = covered.sum(axis=1)
    from_end = np.cumsum(covered[:, ::-1], axis=1)[:, ::-1]
    late = covered & (from_end <= (months // 2)[:, None])
    early = covered & ~late
    recent, earlier = (np.where(part, monthly, 0.0).sum(axis=1) for part in (late, early))
    due_late, due_early = (
        np.where(part, np.nan_to_num(expected), 0.0).sum(axis=1) for part in (late, early)
    )
    known = (months >= FEWEST_MONTHS) & (due_late > 0) & (due_early > 0)
    share = np.divide(due_late, due_late + due_early, out=np.full(len(months), 0.5), where=known)
    p_rise = 1.0 - betainc(recent / phi + 0.5, earlier / phi + 0.5, share)
    said = known & (recent + earlier >= FEWEST_EVENTS)
    due = np.divide(earlier * due_late, due_early, out=np.full(len(months), np.nan), where=known)
    return Trend(recent, earlier, due, np.where(said, p_rise, np.nan), months // 2)


def calendar_months(months: tuple[str, ...], covered: BoolArray) -> NDArray[np.int64]:
    """Return how many of the 12 calendar months each area's data hold; 0 where all equally.

    `months` are the m months of the period, `YYYY-MM`; `covered` is n by m. Whole years hold
    every calendar month as often as any other, and then season is no part of a figure's level.
    """
    of_year = np.array([int(month[5:7]) - 1 for month in months])
    held = covered.astype(np.int64) @ np.eye(12, dtype=np.int64)[of_year]
    whole = (held.min(axis=1) == held.max(axis=1)) & (held.min(axis=1) > 0)
    return np.where(whole, 0, (held > 0).sum(axis=1))
