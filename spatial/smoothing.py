"""Rates of small areas: shrinkage, intervals and the chance that a rate is above the usual."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from spatial.errors import StatisticsError
from spatial.root import rising_root

__all__ = [
    "GammaPoisson",
    "RelativeRisk",
    "dispersion",
    "fit_gamma_poisson",
    "marshall",
    "posterior",
    "posterior_gamma",
    "posterior_mean",
]

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class GammaPoisson:
    """The gamma distribution of relative risk over areas, as fitted.

    Attributes
    ----------
    nu, alpha
        Shape and rate: mean nu/alpha, variance nu/alpha^2. Infinite where there is no spread.
    spread
        False where areas differ by no more than chance: nu and alpha diverge, every relative risk
        is taken as 1, and the reader should be told.
    areas
        Number of areas fitted.
    """

    nu: float
    alpha: float
    spread: bool
    areas: int


@dataclass(frozen=True, slots=True, eq=False)
class RelativeRisk:
    """Posterior of each area's relative risk, shape (n,) each; NaN where it is not calculable.

    Attributes
    ----------
    mean
        Posterior mean.
    lo, hi
        2.5 % and 97.5 % quantiles.
    p_gt_1, p_gt_1_5
        Chance that the risk is above 1 and above 1.5 times the usual.
    """

    mean: FloatArray
    lo: FloatArray
    hi: FloatArray
    p_gt_1: FloatArray
    p_gt_1_5: FloatArray


def marshall(events: npt.ArrayLike, population: npt.ArrayLike) -> FloatArray:
    """Shrink raw rates towards the overall rate (Marshall 1991, global empirical Bayes).

    m = sum(O)/sum(P); s2 = sum(P (r - m)^2)/sum(P); A = max(0, s2 - m/mean(P));
    theta_i = m + A/(A + m/P_i) (r_i - m). A is clamped at 0: where the spread is less than chance
    alone would give, every rate is m, instead of being pushed past it.

    Parameters
    ----------
    events
        O, shape (n,), 0 or more.
    population
        P, shape (n,): people or person-years, the unit of the rate. 0 or NaN: left out, result NaN.

    Returns
    -------
    numpy.ndarray
        Events per unit of P, shape (n,).
    """
    observed, at_risk, known = counts_and_base(events, population, "population")
    theta = np.full(observed.shape, np.nan)
    if not known.any():
        return theta
    o, p = observed[known], at_risk[known]
    m, s2 = rate_moments(o, p)
    raw = o / p
    between = max(0.0, s2 - m / p.mean())
    weight = np.zeros_like(p) if between == 0.0 else between / (between + m / p)
    theta[known] = m + weight * (raw - m)
    return theta


def rate_moments(events: FloatArray, population: FloatArray) -> tuple[float, float]:
    """Return the overall rate and the population-weighted variance of the areas' rates."""
    total = population.sum()
    m = events.sum() / total
    return float(m), float((population * (events / population - m) ** 2).sum() / total)


def fit_gamma_poisson(
    events: npt.ArrayLike, expected: npt.ArrayLike, *, phi: float = 1.0
) -> GammaPoisson:
    """Fit the spread of relative risk over areas by moments (Clayton and Kaldor 1987, section 3).

    Solves nu/alpha = mean(theta) and nu/alpha^2 = sum((1 + alpha/E_i)(theta_i - nu/alpha)^2)/(n-1)
    for theta_i = (O_i + nu)/(E_i + alpha). The usual way repeats the two until they settle; here
    the first gives nu/alpha in closed form for any alpha, and the second is solved within a bracket
    of alpha: the same answer, to the last digits and without a limit on repeats.

    Counts that come in bunches, Var(O_i) = phi theta_i E_i, are fitted as O_i/phi and E_i/phi: the
    same rates with phi times the chance variance, as the posterior takes them. Fitted as they are,
    the bunches would count as true differences between areas.

    Parameters
    ----------
    events
        O, shape (n,), 0 or more.
    expected
        E, shape (n,). 0 or NaN: the area is left out of the fit.
    phi
        Dispersion of the counts, 1 or more: from `dispersion`. At 1 the published equations.
    """
    _check_phi(phi)
    observed, base, known = counts_and_base(events, expected, "expected")
    o, e = observed[known] / phi, base[known] / phi
    n = o.size
    none = GammaPoisson(np.inf, np.inf, spread=False, areas=n)
    if n < 2 or o.sum() == 0:
        return none
    # As alpha grows without end the second equation tends to Pearson's chi-squared over its
    # degrees of freedom: at 1 or below, areas differ by no more than chance and alpha diverges.
    # Just above 1 alpha is all rounding, so what is within 1e-8 of chance counts as chance.
    overall = o.sum() / e.sum()
    if float(((o - e * overall) ** 2 / e).sum() / ((n - 1) * overall)) <= 1.0 + 1e-8:
        return none

    wide, part, theta = np.empty(n), np.empty(n), np.empty(n)

    def mean_risk(alpha: float) -> float:
        """Solve m = mean((O + m alpha)/(E + alpha)) for m."""
        np.add(e, alpha, out=wide)
        above = np.add.reduce(np.divide(o, wide, out=part))
        return float(above / np.add.reduce(np.divide(e, wide, out=part)))

    def excess(log_alpha: float) -> float:
        # Twenty times a fit: without fresh memory, twice as quick.
        alpha = np.exp(log_alpha)
        m = mean_risk(alpha)
        np.add(o, m * alpha, out=theta)
        np.divide(theta, wide, out=theta)
        np.subtract(theta, m, out=theta)
        np.multiply(theta, theta, out=theta)
        np.divide(alpha, e, out=part)
        np.add(part, 1.0, out=part)
        np.multiply(part, theta, out=part)
        variance = np.add.reduce(part) / (n - 1)
        return float(alpha * variance / m - 1.0)

    low, high = np.log(1e-9 * e.min()), np.log(1e9 * e.max())
    if excess(low) > 0.0 or excess(high) < 0.0:
        return none
    alpha = float(np.exp(rising_root(excess, low, high)))
    return GammaPoisson(mean_risk(alpha) * alpha, alpha, spread=True, areas=n)


def dispersion(monthly: npt.ArrayLike, covered: npt.ArrayLike | None = None) -> float:
    """Return phi, how much more the months of an area vary than Poisson counts; at least 1.

    Pearson's chi-squared of area-by-month counts about area mean x month effect, over its degrees
    of freedom: cells less areas less months plus 1, among covered cells. Areas and months without
    an event say nothing and are left out.

    Parameters
    ----------
    monthly
        Counts, shape (n, months).
    covered
        True where there are data for that area and month, shape (n, months) or (months,); all by
        default. A month that is not covered is no data, never 0.

    Raises
    ------
    StatisticsError
        Where the shape is wrong, or a count is negative or not finite, naming its row.
    """
    counts = np.asarray(monthly, dtype=np.float64)
    if counts.ndim != 2:
        raise StatisticsError(f"monthly: expected areas x months, got shape {counts.shape}")
    seen = np.ones(counts.shape, dtype=bool)
    if covered is not None:
        seen = np.broadcast_to(np.asarray(covered, dtype=bool), counts.shape)
    bad = seen & (~np.isfinite(counts) | (counts < 0))
    if bad.any():
        row = int(np.flatnonzero(bad.any(axis=1))[0])
        raise StatisticsError(f"monthly: row {row} holds a count that is negative or not finite")
    counts = np.where(seen, counts, 0.0)
    rows, columns = counts.sum(axis=1) > 0, counts.sum(axis=0) > 0
    counts, seen = counts[np.ix_(rows, columns)], seen[np.ix_(rows, columns)]
    degrees = int(seen.sum()) - sum(counts.shape) + 1
    if degrees <= 0:
        return 1.0
    expected = _area_by_month(counts, seen)
    squares = np.divide((counts - expected) ** 2, expected, out=np.zeros_like(counts), where=seen)
    return max(1.0, float(squares.sum() / degrees))


def _area_by_month(counts: FloatArray, seen: BoolArray) -> FloatArray:
    """Fit area x month effects to the cells that were seen (iterative proportional fitting)."""
    area, month = counts.sum(axis=1), counts.sum(axis=0)
    cells = seen.astype(np.float64)
    effect = np.ones(month.size)
    for _ in range(500):
        # Sums, not matrix products: those may depend on the number of threads.
        level = area / (cells * effect).sum(axis=1)
        new = month / (cells * level[:, None]).sum(axis=0)
        settled = bool((np.abs(new - effect) <= 1e-12 * np.abs(effect)).all())
        effect = new
        if settled:
            break
    return cells * np.outer(area / (cells * effect).sum(axis=1), effect)


def posterior(
    events: npt.ArrayLike, expected: npt.ArrayLike, fit: GammaPoisson, *, phi: float = 1.0
) -> RelativeRisk:
    """Return each area's relative risk: Gamma(O/phi + nu, E/phi + alpha).

    Parameters
    ----------
    events, expected
        O and E, shape (n,). NaN where E is 0 or NaN; where there is no event anywhere E is 0 for
        all, nothing is known, and every risk is 1.
    fit
        From `fit_gamma_poisson`. Without spread every risk is exactly 1.
    phi
        Dispersion of the counts, 1 or more: from `dispersion`. It weakens what counts can say.
    """
    from scipy.special import gammaincc, gammaincinv  # noqa: PLC0415 - 0.3 s to import

    shape, rate, known = posterior_gamma(events, expected, fit, phi)
    n = known.size
    mean, lo, hi, above_1, above_1_5 = (np.full(n, np.nan) for _ in range(5))
    if fit.spread:
        a, b = shape[known], rate[known]
        mean[known] = a / b
        lo[known], hi[known] = gammaincinv(a, 0.025) / b, gammaincinv(a, 0.975) / b
        above_1[known], above_1_5[known] = gammaincc(a, b), gammaincc(a, 1.5 * b)
    else:
        for column in (mean, lo, hi):
            column[known] = 1.0
        for column in (above_1, above_1_5):
            column[known] = 0.0
    return RelativeRisk(mean, lo, hi, above_1, above_1_5)


def posterior_mean(
    events: npt.ArrayLike, expected: npt.ArrayLike, fit: GammaPoisson, *, phi: float = 1.0
) -> FloatArray:
    """Return the mean of `posterior` alone, to the last bit, for a tenth of the work.

    Arrays have shape (n,).
    """
    shape, rate, known = posterior_gamma(events, expected, fit, phi)
    mean = np.full(known.size, np.nan)
    mean[known] = shape[known] / rate[known] if fit.spread else 1.0
    return mean


def posterior_gamma(
    events: npt.ArrayLike, expected: npt.ArrayLike, fit: GammaPoisson, phi: float
) -> tuple[FloatArray, FloatArray, BoolArray]:
    """Return shape and rate of `posterior`, and where it is calculable, shape (n,) each."""
    _check_phi(phi)
    observed, base, known = counts_and_base(events, expected, "expected")
    if not fit.spread and not known.any():
        # No event anywhere: E is 0 because the overall rate is 0, not because nobody lives there.
        known = base == 0.0
    return observed / phi + fit.nu, base / phi + fit.alpha, known


def _check_phi(phi: float) -> None:
    if not (np.isfinite(phi) and phi >= 1.0):
        raise StatisticsError(f"phi: {phi} is not a number of 1 or more")


def counts_and_base(
    events: npt.ArrayLike, base: npt.ArrayLike, name: str
) -> tuple[FloatArray, FloatArray, BoolArray]:
    """Check counts against what they are divided by; True where the division means something."""
    o, e = np.asarray(events, dtype=np.float64), np.asarray(base, dtype=np.float64)
    if o.ndim != 1 or o.shape != e.shape:
        raise StatisticsError(f"events: shape {o.shape}, but {name} has shape {e.shape}")
    for label, values, allowed in (("events", o, False), (name, e, True)):
        bad = np.isinf(values) | (values < 0) | (np.isnan(values) & (not allowed))
        if bad.any():
            row = int(np.flatnonzero(bad)[0])
            raise StatisticsError(
                f"{label}: row {row} is {values[row]}; expected 0 or more"
                + (", or NaN where it is not known" if allowed else "")
            )
    return o, e, np.isfinite(e) & (e > 0)
