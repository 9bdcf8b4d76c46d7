"""Shrunken rates: definitions, oracles that do it the slow way, and what happens at the edges."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from scipy import stats

from risk_model.layers.small_area import Group, Smoothed
from spatial.errors import StatisticsError
from spatial.gamma_draws import gamma_base
from spatial.smoothing import (
    GammaPoisson,
    dispersion,
    fit_gamma_poisson,
    marshall,
    posterior,
    posterior_mean,
)

FIT = GammaPoisson(nu=4.0, alpha=3.5, spread=True, areas=10)


def draw_relative_risk(
    events: npt.ArrayLike,
    expected: npt.ArrayLike,
    fit: GammaPoisson,
    phi: float,
    draws: int,
    rng: np.random.Generator,
) -> np.ndarray:
    """Draw as a run does, from one group of areas whose risks have this fit."""
    o, e = np.asarray(events, dtype=float), np.asarray(expected, dtype=float)
    blank = np.full(o.shape, np.nan)
    group = Group(np.arange(o.size), fit, 1.0)
    mean = posterior_mean(o, e, fit, phi=phi)
    stream = Smoothed(o, e, 1.0, mean, blank, blank, blank, blank, (group,), phi)
    base = gamma_base(draws, o.size, rng)
    return stream.draw(base, rng, among=np.ones(o.size, dtype=bool))


def simulated(n: int = 200, nu: float = 5.0, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Counts whose relative risks are gamma with mean 1 and variance 1/nu."""
    rng = np.random.default_rng(seed)
    expected = rng.gamma(4.0, 3.0, n)
    return rng.poisson(expected * rng.gamma(nu, 1 / nu, n)).astype(float), expected


def marshall_slowly(events: list[float], population: list[float]) -> list[float]:
    """Oracle: the formulas one area at a time."""
    total = sum(population)
    m = sum(events) / total
    s2 = sum(p * (o / p - m) ** 2 for o, p in zip(events, population, strict=True)) / total
    a = max(0.0, s2 - m / (total / len(population)))
    return [
        m + (a / (a + m / p) if a else 0.0) * (o / p - m)
        for o, p in zip(events, population, strict=True)
    ]


def test_marshall_is_its_definition() -> None:
    rng = np.random.default_rng(3)
    population = rng.integers(100, 4000, 40).astype(float)
    events = rng.poisson(population * rng.gamma(4.0, 0.002, 40)).astype(float)
    theta = marshall(events, population)
    np.testing.assert_allclose(theta, marshall_slowly(list(events), list(population)), rtol=1e-13)
    assert np.ptp(theta) > 0


def test_marshall_is_clamped() -> None:
    """METHODS 4: less spread than chance gives; unclamped, the highest area becomes -.02."""
    np.testing.assert_allclose(marshall([5, 5, 5, 5, 6], [1000] * 5), 0.0052, rtol=1e-12)


def test_marshall_leaves_out_areas_without_people() -> None:
    theta = marshall([5, 9, 3, 4], [1000, 800, 0, np.nan])
    np.testing.assert_array_equal(theta[:2], marshall([5, 9], [1000, 800]))
    assert np.isnan(theta[2:]).all()
    assert np.isnan(marshall([1, 2], [0, np.nan])).all()


def test_marshall_without_events_is_zero() -> None:
    assert marshall([0, 0, 0], [10, 20, 30]).tolist() == [0, 0, 0]


def fit_by_repeating(events: np.ndarray, expected: np.ndarray) -> tuple[float, float]:
    """Oracle: the iteration of Clayton and Kaldor as published."""
    theta = events / expected
    nu = alpha = 1.0
    for _ in range(5000):
        m = theta.mean()
        variance = ((1 + alpha / expected) * (theta - m) ** 2).sum() / (events.size - 1)
        nu, alpha = m**2 / variance, m / variance
        theta = (events + nu) / (expected + alpha)
    return nu, alpha


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("nu", [0.5, 5.0, 12.0])
def test_the_fit_is_where_the_iteration_settles(seed: int, nu: float) -> None:
    events, expected = simulated(nu=nu, seed=seed)
    fit = fit_gamma_poisson(events, expected)
    assert fit.spread
    np.testing.assert_allclose((fit.nu, fit.alpha), fit_by_repeating(events, expected), rtol=1e-6)


def test_the_fit_finds_the_truth_with_many_areas() -> None:
    events, expected = simulated(n=20_000, nu=5.0, seed=1)
    fit = fit_gamma_poisson(events, expected)
    assert fit.nu == pytest.approx(5.0, rel=0.1)
    assert fit.nu / fit.alpha == pytest.approx(1.0, rel=0.02)


def bunched(
    *, n: int, nu: float, phi: float, expected: float, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Counts of Gamma(nu, nu) risks with variance phi times the mean, and their expected counts."""
    rng = np.random.default_rng(seed)
    e = rng.uniform(0.5, 1.5, n) * expected
    mean = rng.gamma(nu, 1 / nu, n) * e
    return rng.poisson(rng.gamma(mean / (phi - 1)) * (phi - 1)).astype(float), e


def test_a_fit_at_phi_one_is_the_published_fit() -> None:
    events, expected = simulated(nu=5.0, seed=3)
    assert fit_gamma_poisson(events, expected, phi=1.0) == fit_gamma_poisson(events, expected)
    np.testing.assert_allclose(
        fit_gamma_poisson(events, expected, phi=1.0).alpha,
        fit_by_repeating(events, expected)[1],
        rtol=1e-6,
    )


def test_bunches_of_events_are_not_taken_for_differences_between_areas() -> None:
    """Risks vary by 1/20, counts by 1.6 times Poisson's: divided the fit finds the first."""
    events, expected = bunched(n=40_000, nu=20.0, phi=1.6, expected=3.0, seed=4)
    fit = fit_gamma_poisson(events, expected, phi=1.6)
    assert fit.nu / fit.alpha == pytest.approx(1.0, abs=0.02)
    assert fit.nu == pytest.approx(20.0, rel=0.2)
    # As it is, chance beyond Poisson is added to it: 1/20 + .6/3 and a little more.
    whole = fit_gamma_poisson(events, expected)
    assert 1 / whole.alpha == pytest.approx(1 / 20 + 0.6 * (1 / expected).mean(), rel=0.1)


def test_the_fit_with_phi_is_where_the_iteration_settles_on_divided_counts() -> None:
    events, expected = bunched(n=300, nu=4.0, phi=1.5, expected=6.0, seed=5)
    fit = fit_gamma_poisson(events, expected, phi=1.5)
    np.testing.assert_allclose(
        (fit.nu, fit.alpha), fit_by_repeating(events / 1.5, expected / 1.5), rtol=1e-6
    )


def test_a_spread_that_bunches_alone_explain_is_none() -> None:
    expected = np.full(200, 4.0)
    events = np.random.default_rng(6).poisson(2.0, 200) * 2.0
    pearson = ((events - events.mean()) ** 2).sum() / 199 / events.mean()
    assert pearson > 1.5
    assert fit_gamma_poisson(events, expected, phi=pearson * 0.99).spread
    assert not fit_gamma_poisson(events, expected, phi=pearson * 1.01).spread


@pytest.mark.parametrize("phi", [0.99, 0.0, -1.0, np.nan, np.inf])
def test_a_fit_refuses_a_phi_below_one(phi: float) -> None:
    with pytest.raises(StatisticsError, match=r"phi: .* is not a number of 1 or more"):
        fit_gamma_poisson([1.0, 2.0], [1.0, 1.0], phi=phi)


def test_no_spread_is_said_and_every_risk_is_one() -> None:
    expected = np.full(30, 10.0)
    events = np.tile([9.0, 10.0, 11.0], 10)
    fit = fit_gamma_poisson(events, expected)
    assert (fit.spread, fit.nu, fit.alpha, fit.areas) == (False, np.inf, np.inf, 30)
    risk = posterior(events, expected, fit)
    assert set(risk.mean) == set(risk.lo) == set(risk.hi) == {1.0}
    assert set(risk.p_gt_1) == set(risk.p_gt_1_5) == {0.0}
    draws = draw_relative_risk(events, expected, fit, 1.0, 7, np.random.default_rng(0))
    np.testing.assert_array_equal(draws, np.ones((7, 30)))


def test_poisson_counts_of_equal_risk_mostly_show_no_spread() -> None:
    """Chi-squared lies below its degrees of freedom in a little over half of null samples."""
    rng = np.random.default_rng(2)
    spread = [
        fit_gamma_poisson(rng.poisson(8.0, 100), np.full(100, 8.0)).spread for _ in range(200)
    ]
    assert 0.35 < np.mean(spread) < 0.6


@pytest.mark.parametrize(
    ("events", "expected"), [([3.0], [2.0]), ([0.0, 0.0], [1.0, 1.0]), ([], [])]
)
def test_too_little_to_fit_has_no_spread(events: list[float], expected: list[float]) -> None:
    assert not fit_gamma_poisson(events, expected).spread


def test_areas_without_people_are_left_out_of_the_fit_and_have_no_risk() -> None:
    events, expected = simulated(60)
    whole = fit_gamma_poisson(events, expected)
    padded_events = np.r_[events, 7.0, 3.0]
    padded = np.r_[expected, 0.0, np.nan]
    assert fit_gamma_poisson(padded_events, padded) == whole
    risk = posterior(padded_events, padded, whole)
    draws = draw_relative_risk(padded_events, padded, whole, 1.2, 5, np.random.default_rng(1))
    for column in (risk.mean, risk.lo, risk.hi, risk.p_gt_1, risk.p_gt_1_5, draws[0]):
        assert np.isnan(column[60:]).all()
        assert not np.isnan(column[:60]).any()


def test_no_event_anywhere_is_a_risk_of_one() -> None:
    """E is 0 for all because the overall rate is 0; missing population stays missing."""
    events, expected = np.zeros(3), np.array([0.0, 0.0, np.nan])
    fit = fit_gamma_poisson(events, expected)
    np.testing.assert_array_equal(posterior(events, expected, fit).mean, [1, 1, np.nan])
    draws = draw_relative_risk(events, expected, fit, 1.0, 2, np.random.default_rng(0))
    np.testing.assert_array_equal(draws, [[1, 1, np.nan]] * 2)


@pytest.mark.parametrize("phi", [1.0, 1.5, 4.0])
def test_the_posterior_is_the_gamma_distribution(phi: float) -> None:
    events, expected = np.array([0.0, 1, 5, 40, 400]), np.array([3.0, 0.1, 5, 20, 500])
    risk = posterior(events, expected, FIT, phi=phi)
    gamma = stats.gamma(events / phi + 4.0, scale=1 / (expected / phi + 3.5))
    np.testing.assert_allclose(risk.mean, gamma.mean(), rtol=1e-12)
    np.testing.assert_allclose(risk.lo, gamma.ppf(0.025), rtol=1e-9)
    np.testing.assert_allclose(risk.hi, gamma.ppf(0.975), rtol=1e-9)
    np.testing.assert_allclose(risk.p_gt_1, gamma.sf(1.0), rtol=1e-9)
    np.testing.assert_allclose(risk.p_gt_1_5, gamma.sf(1.5), rtol=1e-9)


def test_a_single_draw_may_be_asked_for() -> None:
    events, expected = np.array([3.0, 1.0, 0.0]), np.array([1.0, 2.0, 2.0])
    one = draw_relative_risk(events, expected, FIT, 1.0, 1, np.random.default_rng(6))
    assert one.shape == (1, 3)
    assert (one > 0).all()


@pytest.mark.parametrize("phi", [1.0, 1.8])
def test_draws_have_the_distribution_of_the_posterior(phi: float) -> None:
    events, expected = np.array([0.0, 5, 40]), np.array([3.0, 5, 20])
    draws = draw_relative_risk(events, expected, FIT, phi, 4000, np.random.default_rng(6))
    assert draws.shape == (4000, 3)
    for area in range(3):
        gamma = stats.gamma(events[area] / phi + 4.0, scale=1 / (expected[area] / phi + 3.5))
        assert stats.kstest(draws[:, area], gamma.cdf).pvalue > 1e-3
    correlation = np.corrcoef(draws.T)[np.triu_indices(3, 1)]
    assert np.abs(correlation).max() < 4.5 / np.sqrt(4000)


def test_draws_follow_the_generator() -> None:
    events, expected = simulated(20)
    first, again, other = (
        draw_relative_risk(events, expected, FIT, 1.0, 3, np.random.default_rng(seed))
        for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_dispersion_of_a_full_table_is_pearsons() -> None:
    counts = np.random.default_rng(1).negative_binomial(3, 0.2, (40, 6))
    result = stats.chi2_contingency(counts, correction=False)
    assert dispersion(counts) == pytest.approx(result.statistic / result.dof, rel=1e-10)


def expected_slowly(counts: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """Oracle: Poisson regression on one column an area and one a month, by Newton's method."""
    n, m = counts.shape
    rows, columns = np.nonzero(seen)
    design = np.zeros((rows.size, n + m - 1))
    design[np.arange(rows.size), rows] = 1
    later = columns > 0
    design[np.flatnonzero(later), n + columns[later] - 1] = 1
    y, beta = counts[rows, columns], np.zeros(n + m - 1)
    beta[:n] = np.log(counts.sum(axis=1) / seen.sum(axis=1))
    for _ in range(50):
        mu = np.exp(design @ beta)
        beta += np.linalg.solve(design.T @ (mu[:, None] * design), design.T @ (y - mu))
    result = np.zeros(counts.shape)
    result[rows, columns] = np.exp(design @ beta)
    return result


def test_dispersion_with_months_missing_in_some_areas_is_that_of_a_regression() -> None:
    rng = np.random.default_rng(4)
    counts = rng.negative_binomial(4, 0.1, (15, 8)).astype(float) + 1
    seen = rng.uniform(size=counts.shape) < 0.7
    seen[:, 0] = True
    seen[0] = True
    spoilt = np.where(seen, counts, 1e6)  # a cell that is not covered must not be looked at
    mu = expected_slowly(np.where(seen, counts, 0), seen)
    statistic = ((counts - mu)[seen] ** 2 / mu[seen]).sum()
    phi = statistic / (seen.sum() - 15 - 8 + 1)
    assert phi > 1
    assert dispersion(spoilt, seen) == pytest.approx(phi, rel=1e-8)


def test_a_month_that_nobody_covered_does_not_count() -> None:
    counts = np.random.default_rng(1).negative_binomial(3, 0.2, (40, 6))
    gap = np.insert(counts, 2, 0, axis=1)
    covered = np.array([True, True, False, True, True, True, True])
    assert dispersion(gap, covered) == pytest.approx(dispersion(counts), rel=1e-12)


def test_areas_and_months_without_events_do_not_count() -> None:
    counts = np.random.default_rng(1).negative_binomial(3, 0.2, (40, 6))
    padded = np.pad(counts, ((0, 7), (0, 2)))
    assert dispersion(padded) == pytest.approx(dispersion(counts), rel=1e-12)


def test_poisson_months_have_a_dispersion_near_one() -> None:
    rng = np.random.default_rng(9)
    counts = rng.poisson(np.outer(rng.gamma(3.0, 2.0, 400), rng.gamma(20.0, 0.05, 12)))
    degrees = 399 * 11
    assert dispersion(counts) == pytest.approx(1.0, abs=4.5 * np.sqrt(2 / degrees))


def test_dispersion_grows_with_clustering_and_never_falls_below_one() -> None:
    rng = np.random.default_rng(9)
    counts = rng.poisson(4.0, (100, 12))
    assert dispersion(counts * 3) == pytest.approx(3 * dispersion(counts), rel=0.1)
    assert dispersion(np.full((5, 4), 3)) == 1.0


@pytest.mark.parametrize("counts", [np.zeros((4, 3)), np.ones((4, 1)), np.ones((0, 3))])
def test_a_table_that_says_nothing_has_dispersion_one(counts: np.ndarray) -> None:
    assert dispersion(counts) == 1.0


def test_bad_counts_and_settings_are_refused_with_their_row() -> None:
    with pytest.raises(StatisticsError, match=r"events: row 1 is -1\.0; expected 0 or more"):
        marshall([1, -1], [10, 10])
    with pytest.raises(StatisticsError, match="events: row 0 is nan"):
        fit_gamma_poisson([np.nan, 1], [1, 1])
    with pytest.raises(StatisticsError, match=r"expected: row 1 is inf.*or NaN where"):
        posterior([1, 1], [1, np.inf], FIT)
    with pytest.raises(StatisticsError, match="population: row 0 is -5"):
        marshall([1, 1], [-5, 1])
    with pytest.raises(StatisticsError, match=r"shape \(1,\), but population has shape \(2,\)"):
        marshall([1], [1, 2])
    with pytest.raises(StatisticsError, match=r"phi: 0.5 is not a number of 1 or more"):
        posterior([1, 1], [1, 1], FIT, phi=0.5)
    with pytest.raises(StatisticsError, match="draws: 0 is below 1"):
        draw_relative_risk([1], [1], FIT, 1.0, 0, np.random.default_rng(0))
    with pytest.raises(StatisticsError, match="monthly: row 2 holds a count"):
        dispersion([[1, 2], [1, 3], [np.nan, 1]])
    with pytest.raises(StatisticsError, match="expected areas x months"):
        dispersion([1, 2, 3])
