"""Weighted means of normalised indicators and the contributions that sum to them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spatial.errors import StatisticsError

__all__ = ["METHODS", "Aggregate", "aggregate", "effective_weights", "score_vectors"]


METHODS = ("arithmetic", "geometric")


@dataclass(frozen=True, slots=True)
class Aggregate:
    """Scores (n) and contributions (n by indicators), both from 0 to 100."""

    score: NDArray[np.float64]
    contributions: NDArray[np.float64]
    weights: NDArray[np.float64]


def effective_weights(
    present: NDArray[np.bool_], weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return n by k weights: rescaled to 1 over the indicators that an area has.

    An area without any weighted indicator gets NaN.
    """
    if (weights < 0).any() or not np.isfinite(weights).all():
        raise StatisticsError("weights must be finite numbers of 0 or more")
    kept = np.where(present, weights, 0.0)
    # A loop of additions in a fixed order: the same bytes on every machine.
    total = np.zeros(kept.shape[0])
    for k in range(kept.shape[1]):
        total += kept[:, k]
    total = np.where(total > 0, total, np.nan)
    return np.asarray(kept / total[:, None])


def aggregate(
    normalised: NDArray[np.float64],
    weights: NDArray[np.float64],
    method: str = "arithmetic",
) -> Aggregate:
    """Return the weighted mean of indicators as scores from 0 to 100 with contributions.

    Parameters
    ----------
    normalised
        n areas by k indicators from 0 to 1, 1 = worst; NaN where missing.
    weights
        k weights of 0 or more. Those of the indicators an area has are rescaled to sum to 1.
    method
        `arithmetic`: 100 sum(w x); contribution 100 w x.
        `geometric`: exp(sum(w ln x')) with x' = 1 + 99 x; contribution
        score * w ln x' / sum(w ln x'). Low values pull harder: a bad indicator is not bought off
        by a good one. Where every x' is 1 the score of 1 is shared by weight.

    Returns
    -------
    Aggregate
        The contributions of an area sum to its score. A missing indicator contributes 0; an area
        without any weighted indicator has NaN.
    """
    if method not in METHODS:
        raise StatisticsError(f"aggregate {method!r} is not one of {', '.join(METHODS)}")
    if normalised.ndim != 2 or weights.shape != (normalised.shape[1],):
        raise StatisticsError("normalised must be areas by indicators, one weight an indicator")
    present = ~np.isnan(normalised)
    x = np.where(present, normalised, 0.0)
    if (x < 0).any() or (x > 1).any():
        raise StatisticsError("normalised indicators must lie between 0 and 1")
    w = effective_weights(present, weights)
    if method == "arithmetic":
        parts = 100.0 * (w * x)
    else:
        logs = w * np.log1p(99.0 * x)
        total = _ordered_sum(logs)
        flat = total == 0
        share = np.where(flat[:, None], w, logs / np.where(flat, 1.0, total)[:, None])
        parts = np.exp(total)[:, None] * share
    return Aggregate(_ordered_sum(parts), parts, w)


def _ordered_sum(parts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Add the columns from left to right, so that a reader of the output gets the same sum."""
    total = np.zeros(parts.shape[0])
    for k in range(parts.shape[1]):
        total += parts[:, k]
    return total


def score_vectors(
    normalised: NDArray[np.float64],
    weights: NDArray[np.float64],
    method: str = "arithmetic",
) -> NDArray[np.float64]:
    """Return the scores of `aggregate` for many sets of weights at once: one matrix product.

    Parameters
    ----------
    normalised
        n areas by k indicators from 0 to 1; NaN where missing.
    weights
        v sets of k weights of 0 or more, rescaled for each area over what it has.
    method
        As for `aggregate`.

    Returns
    -------
    v by n scores; NaN where no indicator of an area has a weight. They differ from those of
    `aggregate` by rounding alone.
    """
    if method not in METHODS:
        raise StatisticsError(f"aggregate {method!r} is not one of {', '.join(METHODS)}")
    if normalised.ndim != 2 or weights.ndim != 2 or weights.shape[1] != normalised.shape[1]:
        raise StatisticsError("normalised must be areas by indicators, weights sets by indicators")
    if (weights < 0).any() or not np.isfinite(weights).all():
        raise StatisticsError("weights must be finite numbers of 0 or more")
    present = ~np.isnan(normalised)
    x = np.where(present, normalised, 0.0)
    if (x < 0).any() or (x > 1).any():
        raise StatisticsError("normalised indicators must lie between 0 and 1")
    total = weights @ present.T.astype(np.float64)
    values = x if method == "arithmetic" else np.log1p(99.0 * x)
    mean = np.divide(weights @ values.T, total, out=np.full(total.shape, np.nan), where=total > 0)
    return np.asarray(100.0 * mean if method == "arithmetic" else np.exp(mean))
