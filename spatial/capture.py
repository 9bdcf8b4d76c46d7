"""How much of what happened a choice of areas would have caught, whatever the choice costs.

A ranking is cut where its areas add up to a share of all areas, of the land or of the people. A
choice is kept as the share of each area that is chosen, so that what it catches is a weighted sum:
resampled events need no new choice.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from spatial.errors import StatisticsError

__all__ = ["chosen_share", "perfect_score"]

FloatArray = npt.NDArray[np.float64]


def chosen_share(score: npt.ArrayLike, cost: npt.ArrayLike, shares: Sequence[float]) -> FloatArray:
    """Return the share of each area that is chosen when a ranking is cut at shares of the cost.

    Areas of equal score are taken together, each by the same share. Where every area costs the
    same this is its chance of being chosen when ties are broken in random order, so what is caught
    is the expected value over all orders. The last area is taken in part: every method then uses
    exactly the same amount, which a cut between areas of 0.1 and of 78 km2 could not give.

    Parameters
    ----------
    score
        Shape (n,), no NaN; higher is chosen earlier.
    cost
        What an area takes up, shape (n,), 0 or more and finite: 1, km2 or people.
    shares
        Cuts, each from 0 to 1.

    Returns
    -------
    numpy.ndarray
        Shape (shares, n), from 0 to 1.

    Raises
    ------
    StatisticsError
        Where an array has another length, or a value is missing or out of range.
    """
    ranked, size = np.asarray(score, dtype=np.float64), np.asarray(cost, dtype=np.float64)
    cuts = np.asarray(shares, dtype=np.float64)
    if ranked.ndim != 1 or size.shape != ranked.shape:
        raise StatisticsError(f"cost: shape {size.shape}; expected that of score, {ranked.shape}")
    if np.isnan(ranked).any():
        row = int(np.flatnonzero(np.isnan(ranked))[0])
        raise StatisticsError(f"score: row {row} is missing; put areas without a score last")
    bad = np.flatnonzero(~(np.isfinite(size) & (size >= 0)))
    if bad.size:
        raise StatisticsError(f"cost: row {bad[0]} is {size[bad[0]]}; expected 0 or more")
    if not ((cuts >= 0) & (cuts <= 1)).all():
        raise StatisticsError(f"shares: {list(shares)}; expected values from 0 to 1")
    _, group = np.unique(-ranked, return_inverse=True)
    held = np.bincount(group, weights=size)
    before = np.cumsum(held) - held
    left = cuts[:, None] * size.sum() - before
    with np.errstate(divide="ignore", invalid="ignore"):
        taken = np.where(held > 0, left / held, np.where(left > 0, 1.0, 0.0))
    return np.asarray(np.clip(taken, 0.0, 1.0)[:, group], dtype=np.float64)


def perfect_score(events: npt.ArrayLike, cost: npt.ArrayLike) -> FloatArray:
    """Return the score of the choice that catches most: events per unit of cost.

    With the last area taken in part no choice of the same cost catches more (Dantzig 1957). An
    area without cost comes first where it has events, and last where it has none.
    """
    caught, size = np.asarray(events, dtype=np.float64), np.asarray(cost, dtype=np.float64)
    free = np.where(caught > 0, np.inf, -np.inf)
    return np.divide(caught, size, out=free, where=size > 0)
