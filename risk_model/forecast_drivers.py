"""What moves a forecast: what of it would lie elsewhere if a driver were shuffled among areas."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from risk_model.forecast_category import CategoryFit

__all__ = ["DRIVER_COLUMNS", "driver_rows"]

FloatArray = NDArray[np.float64]

DRIVER_COLUMNS = ("outcome", "driver", "importance", "importance_sd", "direction")
OWN_COUNTS = "own_counts"
OTHER_CRIME = "all_other_crime"
_SHUFFLES = 5
_MOST_AREAS = 5_000
_STAGE = 801


def driver_rows(
    outcome: str,
    parts: Sequence[tuple[CategoryFit, float]],
    shown: NDArray[np.bool_],
    seed: int,
) -> list[dict[str, object]]:
    """Return the importance of every driver of an outcome, the greatest first.

    The importance is the share of the expected events that would lie in other areas if the
    driver's values were shuffled between them (half the sum of absolute changes over the sum),
    a permutation importance (Breiman 2001) on the forecast itself; mean and standard deviation
    over five shuffles. The direction is that of more of the driver, all else the same: on a sum of
    categories, that of the part it moves most.

    Parameters
    ----------
    parts
        The categories of the outcome with what one event counts.
    shown
        n booleans: the areas that are shuffled, at most 5,000 of them.
    seed
        For the shuffles.
    """
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(_STAGE, 0)))
    areas = np.flatnonzero(shown)
    if len(areas) > _MOST_AREAS:
        areas = np.sort(rng.choice(areas, _MOST_AREAS, replace=False))
    total = sum(weight * float(fit.mean[areas].sum()) for fit, weight in parts)
    if len(areas) < 2 or not total > 0:
        return []
    orders = [rng.permutation(len(areas)) for _ in range(_SHUFFLES)]
    names = {OWN_COUNTS: None} | {OTHER_CRIME: None}
    names |= dict.fromkeys(name for fit, _ in parts for name in fit.names)
    rows: list[dict[str, object]] = []
    for name in names:
        # What multiplies each area's expected events, on the scale of logarithms.
        logs = [_log_effect(fit, name)[areas] for fit, _ in parts]
        means = [weight * fit.mean[areas] for fit, weight in parts]
        moved = []
        for order in orders:
            change = sum(
                mean * np.expm1(log[order] - log) for mean, log in zip(means, logs, strict=True)
            )
            moved.append(float(np.abs(change).sum()) / 2.0 / total)
        rows.append(
            {
                "outcome": outcome,
                "driver": name,
                "importance": float(np.mean(moved)),
                "importance_sd": float(np.std(moved, ddof=1)),
                "direction": _direction(name, parts, means, logs),
            }
        )
    return sorted(rows, key=lambda row: (-float(str(row["importance"])), str(row["driver"])))


def _power(fit: CategoryFit, name: str) -> float:
    """Return by what the log of expected events rises with one more of the driver."""
    follows = 1.0 if name == OTHER_CRIME else 0.0
    if fit.learned is None or name not in fit.names:
        return follows
    at = fit.names.index(name)
    return follows + float(fit.learned.weights[at] / fit.learned.scale[at])


def _log_effect(fit: CategoryFit, name: str) -> FloatArray:
    if name == OWN_COUNTS:
        return np.log(fit.risk)
    if name == OTHER_CRIME:
        return _power(fit, name) * fit.features[:, 0]
    if name not in fit.names:
        return np.zeros(len(fit.risk))
    return _power(fit, name) * fit.features[:, fit.names.index(name)]


def _direction(
    name: str,
    parts: Sequence[tuple[CategoryFit, float]],
    means: Sequence[FloatArray],
    logs: Sequence[FloatArray],
) -> str:
    if name == OWN_COUNTS:
        return "raises"
    power = sum(
        _power(fit, name) * float(mean.sum())
        for (fit, _), mean, log in zip(parts, means, logs, strict=True)
        if log.any()
    )
    if power == 0:
        return "none"
    return "raises" if power > 0 else "lowers"
