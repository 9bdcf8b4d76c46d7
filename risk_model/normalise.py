"""Put indicators of any unit on one scale from 0 to 1: arrays in, arrays out."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from risk_model.ranking import mean_ranks
from spatial.errors import StatisticsError

__all__ = ["METHODS", "normalise", "normalise_draws"]

METHODS = ("rank", "zscore", "minmax", "exponential")
_IMD_SCALE = 23.0


def normalise(
    values: NDArray[np.float64],
    method: str = "rank",
    *,
    lower_is_worse: bool = False,
) -> NDArray[np.float64]:
    """Return values from 0 to 1 where 1 is the worst, by the distribution of `values`.

    Parameters
    ----------
    values
        One indicator over the study areas, n values in its own unit. NaN stays NaN and takes no
        part in the distribution.
    method
        - `rank`: percentile rank (mean rank - .5) / n. Equal values share their mean rank.
        - `zscore`: .5 + z / 6 cut to 0..1, with the population standard deviation: three standard
          deviations below the mean is 0, above it 1.
        - `minmax`: (x - min) / (max - min).
        - `exponential`: the transform of the Indices of Deprivation on the rank share R,
          -23 ln(1 - R (1 - exp(-100/23))) / 100, which spreads the worst areas apart.
    lower_is_worse
        True where a small value means more risk.

    Notes
    -----
    A constant indicator says nothing: `rank`, `zscore` and `minmax` give every area .5.

    Source of `exponential`: McLennan et al., English Indices of Deprivation 2019, technical
    report, section 3.7.
    """
    return np.asarray(normalise_draws(values[None, :], method, lower_is_worse=lower_is_worse)[0])


def normalise_draws(
    values: NDArray[np.float64],
    method: str = "rank",
    *,
    lower_is_worse: bool = False,
) -> NDArray[np.float64]:
    """Return `normalise` of each row of `values` (draws by areas)."""
    if method not in METHODS:
        raise StatisticsError(f"normalise {method!r} is not one of {', '.join(METHODS)}")
    if values.ndim != 2:
        raise StatisticsError(f"values must have two dimensions, not {values.ndim}")
    present = ~np.isnan(values)
    if np.isinf(values).any():
        raise StatisticsError("an indicator holds infinity; give a number or leave it missing")
    if not present.all():
        return _with_gaps(values, present, method, lower_is_worse=lower_is_worse)
    x = -values if lower_is_worse else values
    if method in ("rank", "exponential"):
        ranks = mean_ranks(x)
        n = x.shape[1]
        return (ranks - 0.5) / n if method == "rank" else exponential_transform(ranks / n) / 100.0
    if method == "zscore":
        spread = x.std(axis=1, keepdims=True)
        # A spread that is rounding error alone is no spread.
        scale = np.abs(x).max(axis=1, keepdims=True, initial=0.0)
        real = spread > 1e-12 * scale
        z = np.divide(
            x - x.mean(axis=1, keepdims=True),
            spread,
            out=np.zeros_like(x),
            where=np.broadcast_to(real, x.shape),
        )
        return np.asarray(np.clip(0.5 + z / 6.0, 0.0, 1.0))
    low = x.min(axis=1, keepdims=True, initial=np.inf)
    high = x.max(axis=1, keepdims=True, initial=-np.inf)
    wide = np.broadcast_to(high > low, x.shape)
    return np.asarray(np.divide(x - low, high - low, out=np.full_like(x, 0.5), where=wide))


def exponential_transform(share: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the exponential transform (0..100) of rank shares R in (0, 1], 1 = most deprived.

    X = -23 ln(1 - R (1 - exp(-100/23))), McLennan et al. 2019, section 3.7: the most deprived
    tenth takes half of the range.
    """
    inner = 1.0 - share * (1.0 - np.exp(-100.0 / _IMD_SCALE))
    return np.asarray(-_IMD_SCALE * np.log(inner), dtype=np.float64)


def _with_gaps(
    values: NDArray[np.float64],
    present: NDArray[np.bool_],
    method: str,
    *,
    lower_is_worse: bool,
) -> NDArray[np.float64]:
    """Normalise over the columns that hold a value; gaps must be the same in every draw."""
    columns = present[0] if len(present) else np.zeros(values.shape[1], dtype=bool)
    if not (present == columns).all():
        raise StatisticsError("a missing value must be missing in every draw")
    out = np.full_like(values, np.nan)
    if columns.any():
        out[:, columns] = normalise_draws(values[:, columns], method, lower_is_worse=lower_is_worse)
    return out
