"""How a forecast is learned: what the place suggests, then its own counts. Kernels.

The learner is scikit-learn's Poisson regression; it is imported when it is first needed.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from spatial.errors import StatisticsError

__all__ = [
    "Learned",
    "Spread",
    "credible",
    "fit_regression",
    "held_out_loss",
    "interval",
    "interval_of_sum",
    "one_thread",
    "spread_of",
]

FloatArray = NDArray[np.float64]

WITHIN_TO_LASTING = 0.5
"""Share of the spread between areas within one month that lasts: what one month cannot tell.
April and May 2025 over 38 forces: violence .63, robbery .66, weapons .52."""

_FLOOR, _CEILING = 0.01, 5.0
_VARIES = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Learned:
    """Coefficients of one category: exp(intercept + (x - mean) / scale @ weights) x offset.

    Attributes
    ----------
    mean, scale, weights
        p values; the weight of a feature that was left out is 0.
    intercept
        Of the log of the rate to the offset.
    """

    mean: FloatArray
    scale: FloatArray
    weights: FloatArray
    intercept: float

    def predict(self, features: FloatArray, offset: FloatArray) -> FloatArray:
        """Return n expected events a month."""
        linear = ((features - self.mean) / self.scale) @ self.weights
        return np.asarray(offset * np.exp(self.intercept + linear))


@dataclass(frozen=True, slots=True)
class Spread:
    """How far the true levels of areas lie from what the regression suggests.

    Attributes
    ----------
    lasting
        Variance of the relative risk that lasts from month to month.
    passing
        What comes on top in any one month and is gone in the next.
    """

    lasting: float
    passing: float


@contextmanager
def one_thread() -> Iterator[None]:
    """Hold the learner to one thread, so that a forecast is the same on any machine.

    It is imported first: a limit does not reach a library that is loaded after it was set.
    """
    from sklearn import config_context, linear_model  # noqa: F401, PLC0415 - half a second

    # Features are made here and finite; checking them again takes a fifth of a fit.
    checked = {"assume_finite": True, "skip_parameter_validation": True}
    with threadpool_limits(limits=1), config_context(**checked):
        yield


def fit_regression(
    features: FloatArray,
    events: FloatArray,
    offset: FloatArray,
    *,
    counted: int,
    sigma: float,
) -> Learned:
    """Fit events to features: Poisson loss, normal prior on weights, no falling prior count.

    The offset is all other crime, so that with few events the forecast follows it: the prior of
    every standardised weight is normal with mean 0 and standard deviation `sigma`. A prior count
    (one of the first `counted` features) whose weight would be below 0 is left out and the rest is
    fitted again, so that no more of any crime ever lowers a forecast. The first feature is the
    log of the offset itself: its own power, 1 + weight / scale, is what is kept at 0 or above.

    Parameters
    ----------
    features, events, offset
        n by p, n, n; offset above 0 (months times the level of all other crime).

    Raises
    ------
    StatisticsError
        Where no event is given: there is nothing to learn.
    """
    from sklearn.linear_model import PoissonRegressor  # noqa: PLC0415 - half a second at first use

    if not events.sum() > 0:
        raise StatisticsError("events: none to learn from; use the level of all other crime")
    mean, scale = features.mean(axis=0), features.std(axis=0)
    varies = scale > _VARIES
    scale = np.where(varies, scale, 1.0)
    x = np.where(varies, (features - mean) / scale, 0.0)
    model = PoissonRegressor(
        # scikit-learn divides the likelihood by the sum of the weights.
        alpha=1.0 / (sigma**2 * float(offset.sum())),
        solver="newton-cholesky",
        max_iter=100,
        tol=1e-6,
        warm_start=True,
    )
    floor = np.full(features.shape[1], -np.inf)
    floor[:counted] = 0.0
    floor[:1] = -scale[0] if counted else -np.inf
    fixed = np.zeros(features.shape[1])
    free = varies.copy()
    while True:
        # What is fixed is part of the offset; a column of 0 keeps the weight of its feature at 0.
        base = offset * np.exp(x @ fixed)
        model.fit(np.where(free, x, 0.0), events / base, sample_weight=base)
        falling = free & (model.coef_ < floor)
        if not falling.any():
            weights = np.where(free, model.coef_, fixed)
            return Learned(mean, scale, weights, float(model.intercept_))
        fixed[falling] = floor[falling]
        free &= ~falling


def held_out_loss(
    features: FloatArray,
    events: FloatArray,
    offset: FloatArray,
    blocks: NDArray[np.intp],
    *,
    sigmas: tuple[float, ...],
) -> FloatArray:
    """Return, for each sigma, the Poisson deviance an event of blocks that were held out.

    Parameters
    ----------
    blocks
        n numbers of blocks of neighbouring areas; each block is foretold from the others, without
        the floor under prior counts, which would take three times as long.
    """
    loss = np.zeros(len(sigmas))
    for block in np.unique(blocks):
        out = blocks == block
        if not events[~out].sum() > 0:
            continue
        for at, sigma in enumerate(sigmas):
            learned = fit_regression(
                features[~out], events[~out], offset[~out], counted=0, sigma=sigma
            )
            mean = learned.predict(features[out], offset[out])
            y = events[out]
            log = np.log(np.where(y > 0, y, 1.0) / mean)
            loss[at] += 2.0 * float((y * log - y + mean).sum())
    return loss / max(float(events.sum()), 1.0)


def spread_of(events: FloatArray, expected: FloatArray, *, prior: float | None = None) -> Spread:
    """Return how far areas lie from what was expected of them, for good and for a month.

    With d = O - E by area and month, sum(d^2 - O) / sum(E^2) is the variance of risk in one month
    and sum over pairs of months of d_s d_t / sum of E_s E_t the part that lasts: counts of two
    months share that part alone. The second is pulled towards half of the first (what was found
    where it could be measured), as precise as the number of pairs makes it; with one month the
    half is all there is.

    Parameters
    ----------
    events, expected
        n by m; 0 expected where a month is not covered.
    prior
        Taken for the lasting part in place of the half, where events are too few to say.
    """
    squares = float((expected**2).sum())
    if not squares > 0:
        return Spread(prior or _FLOOR, 0.0)
    excess = np.where(expected > 0, events - expected, 0.0)
    month = max(float((excess**2 - events * (expected > 0)).sum()) / squares, 0.0)
    guess = max(WITHIN_TO_LASTING * month, _FLOOR) if prior is None else prior
    pairs = float((expected.sum(axis=1) ** 2).sum()) - squares
    lasting = guess
    if pairs > 1e-9 * squares:
        product = float((excess.sum(axis=1) ** 2).sum()) - float((excess**2).sum())
        # Without lasting differences the sum of products has variance 2 x pairs.
        precision = pairs / 2.0
        lasting = (product / 2.0 + guess / guess**2) / (precision + 1.0 / guess**2)
    lasting = float(np.clip(lasting, _FLOOR, _CEILING))
    return Spread(lasting, max(month - lasting, 0.0))


def credible(
    events: FloatArray, expected: FloatArray, lasting: float
) -> tuple[FloatArray, FloatArray]:
    """Return what an area's own counts make of the regression, and how unsure that is.

    The relative risk is gamma with mean 1 and variance `lasting`; after O events where E were
    expected its mean is (1/v + O) / (1/v + E) and its relative variance 1 / (1/v + O) (Clayton
    and Kaldor 1987; Buhlmann's credibility). It rises with O.

    Parameters
    ----------
    events, expected
        n values over the covered months.

    Returns
    -------
    tuple
        n means of the relative risk; n variances relative to the mean squared.
    """
    shape = 1.0 / lasting + events
    return np.asarray(shape / (1.0 / lasting + expected)), np.asarray(1.0 / shape)


def interval(
    mean: FloatArray, variance: FloatArray, *, coverage: float = 0.95
) -> tuple[FloatArray, FloatArray]:
    """Return the ends of the interval for counts with this mean and variance, n values each.

    Negative binomial, or Poisson where the variance is no more than the mean.

    Parameters
    ----------
    mean, variance
        n values, 0 or more; both ends are 0 where the mean is 0.
    """
    from scipy import stats  # noqa: PLC0415 - as scikit-learn above

    at = mean > 0
    m, v = mean[at], np.maximum(variance[at], mean[at] * (1.0 + 1e-9))
    size = m**2 / (v - m)
    ends = np.zeros((2, len(mean)))
    ends[:, at] = stats.nbinom.ppf(_tails(coverage), size, size / (size + m))
    return ends[0], ends[1]


def interval_of_sum(
    mean: FloatArray,
    variance: FloatArray,
    third: FloatArray,
    none: FloatArray,
    *,
    coverage: float = 0.95,
) -> tuple[FloatArray, FloatArray]:
    """Return the ends of the interval for weighted sums of counts, n values each.

    A gamma distribution moved along to have the sum's mean, variance and third cumulant (Pearson's
    type III); the lower end is 0 where no event at all is likely enough.

    Parameters
    ----------
    mean, variance, third
        n first cumulants; both ends are 0 where the mean is 0.
    none
        n chances of no event.
    """
    from scipy import stats  # noqa: PLC0415 - as scikit-learn above

    at = mean > 0
    tails = _tails(coverage)
    deviation = np.sqrt(variance[at])
    shape = 4.0 * variance[at] ** 3 / third[at] ** 2
    ends = np.zeros((2, len(mean)))
    standard = (stats.gamma.ppf(tails, shape) - shape) / np.sqrt(shape)
    ends[:, at] = np.maximum(mean[at] + deviation * standard, 0.0)
    ends[0, none >= tails[0, 0]] = 0.0
    return ends[0], ends[1]


def _tails(coverage: float) -> FloatArray:
    return np.array([(1.0 - coverage) / 2.0, (1.0 + coverage) / 2.0])[:, None]
