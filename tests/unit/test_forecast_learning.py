"""The parts of a forecast against what is known in closed form, by theory or by simulation."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from risk_model.forecast_category import CategoryFit
from risk_model.forecast_drivers import OWN_COUNTS, driver_rows
from risk_model.forecast_features import Place, Window, feature_names, features_of, level
from risk_model.forecast_learning import (
    Learned,
    credible,
    fit_regression,
    held_out_loss,
    interval,
    interval_of_sum,
    spread_of,
)
from spatial.errors import StatisticsError


def test_a_level_is_the_gamma_poisson_mean() -> None:
    events, months = np.array([0.0, 2.0, 10.0, 4.0]), np.full(4, 2.0)
    # Mean 2 a month; variance of the rates 3.5, of which chance 2 / 2 = 1; nu = 4 / 2.5.
    nu = 2.0**2 / (3.5 - 1.0)
    assert level(events, months) == pytest.approx((events + nu) / (2.0 + nu / 2.0))


def test_a_level_is_pulled_less_the_longer_it_was_watched() -> None:
    rng = np.random.default_rng(1)
    risk = rng.gamma(2.0, 1.0, 500)
    events = rng.poisson(risk * 3.0).astype(float)
    once, more = level(events, np.full(500, 3.0)), level(events * 4, np.full(500, 12.0))
    raw = events / 3.0
    assert np.abs(more - raw).mean() < 0.6 * np.abs(once - raw).mean()
    assert more.mean() == pytest.approx(raw.mean(), rel=0.01)


def test_a_level_without_data_is_the_mean_and_without_events_one() -> None:
    found = level(np.array([3.0, 9.0, 0.0]), np.array([2.0, 2.0, 0.0]))
    assert found[2] == pytest.approx(3.0)
    assert level(np.zeros(3), np.ones(3)).tolist() == [1.0, 1.0, 1.0]
    assert level(np.zeros(2), np.zeros(2)).tolist() == [1.0, 1.0]
    assert level(np.array([3.0, 0.0]), np.zeros(2)).tolist() == [1.0, 1.0]


def _place(n: int, authority: np.ndarray) -> Place:
    """A chain: each area touches the next."""
    pairs = [[j for j in (i - 1, i + 1) if 0 <= j < n] for i in range(n)]
    indptr = np.cumsum([0, *map(len, pairs)])
    return Place(np.zeros((n, 0)), (), authority, indptr, np.concatenate(pairs).astype(np.int64))


def test_features_leave_out_the_areas_own_counts_of_the_category() -> None:
    rng = np.random.default_rng(2)
    n, at = 12, np.arange(3, dtype=np.intp)
    place = _place(n, np.arange(n) // 6)
    counts = rng.poisson(4.0, (n, 3)).astype(float)
    months = np.full(n, 2.0)
    changed = counts.copy()
    changed[5, 1] += 1.0
    before = features_of(Window(counts, months), place, drivers=at, crimes=at[1:]).of(1)
    after = features_of(Window(changed, months), place, drivers=at, crimes=at[1:]).of(1)
    names, counted = feature_names(1, ("asb", "robbery", "theft"), at, place, recent=False)
    assert names == (
        "all_other_crime",
        "all_crime_of_neighbours",
        "same_offence_of_neighbours",
        "same_offence_of_authority",
        "asb",
        "theft",
    )
    assert counted == len(names)
    assert after[0] == pytest.approx(before[0])
    # The authority's mean and spread move a little; the area's own event is not in its features.
    own = names.index("same_offence_of_neighbours")
    assert after[1][4, own] > before[1][4, own]
    assert after[1][6, own] > before[1][6, own]
    unshared = [names.index(name) for name in ("all_other_crime", "asb", "theft")]
    assert after[1][:, unshared] == pytest.approx(before[1][:, unshared])


def test_in_one_authority_the_rest_of_it_says_nothing() -> None:
    place = _place(6, np.zeros(6, dtype=np.intp))
    at = np.arange(2, dtype=np.intp)
    window = Window(np.arange(12.0).reshape(6, 2), np.ones(6))
    found = features_of(window, place, drivers=at, crimes=at).of(0)[1]
    names, _ = feature_names(0, ("robbery", "theft"), at, place, recent=False)
    assert found[:, names.index("same_offence_of_authority")].tolist() == [0.0] * 6


def _lessons(seed: int, n: int = 3000) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 4)) * np.array([0.5, 1.0, 1.0, 0.3])
    offset = np.exp(x[:, 0])
    y = rng.poisson(0.2 * offset * np.exp(0.4 * x[:, 1] - 0.3 * x[:, 2])).astype(float)
    return x, y, offset


def test_the_regression_solves_its_penalised_score_equations() -> None:
    """The gradient of the log likelihood is weight / sigma^2 and 0 for the intercept."""
    x, y, offset = _lessons(3)
    found = fit_regression(x, y, offset, counted=0, sigma=0.1)
    residual = y - found.predict(x, offset)
    standard = (x - x.mean(axis=0)) / x.std(axis=0)
    assert residual.sum() == pytest.approx(0.0, abs=1e-2)
    assert standard.T @ residual == pytest.approx(found.weights / 0.1**2, abs=0.05)


def test_the_regression_recovers_what_made_the_events() -> None:
    x, y, offset = _lessons(4, 40_000)
    found = fit_regression(x, y, offset, counted=0, sigma=1.0)
    assert found.weights / found.scale == pytest.approx([0.0, 0.4, -0.3, 0.0], abs=0.05)


def test_no_prior_count_lowers_a_forecast() -> None:
    x, y, offset = _lessons(5)
    found = fit_regression(x, y, offset, counted=4, sigma=0.3)
    power = found.weights / found.scale
    assert power[2] == 0.0
    assert power[1] > 0.2
    assert (power[1:] >= 0).all()


def test_all_other_crime_never_counts_against_an_area() -> None:
    """Events fall with the offset: its power, 1 + weight / scale, stops at 0."""
    rng = np.random.default_rng(6)
    x = rng.normal(size=(4000, 2))
    y = rng.poisson(np.exp(-1.0 - 0.5 * x[:, 0])).astype(float)
    found = fit_regression(x, y, np.exp(x[:, 0]), counted=2, sigma=3.0)
    assert 1.0 + found.weights[0] / found.scale[0] == pytest.approx(0.0)
    flat = found.predict(np.column_stack([x[:, 0], np.zeros(4000)]), np.exp(x[:, 0]))
    assert np.ptp(flat) == pytest.approx(0.0, abs=1e-9)
    assert flat.mean() == pytest.approx(y.mean(), rel=0.02)


def test_few_events_follow_all_other_crime() -> None:
    x, y, offset = _lessons(7, 60)
    found = fit_regression(x, y, offset, counted=4, sigma=0.05)
    ratio = found.predict(x, offset) / offset
    assert ratio.max() / ratio.min() < 1.3
    with pytest.raises(StatisticsError, match="none to learn from"):
        fit_regression(x, np.zeros(60), offset, counted=4, sigma=0.05)


def test_held_out_blocks_choose_a_tight_prior_for_noise_and_a_loose_one_for_signal() -> None:
    rng = np.random.default_rng(8)
    blocks = np.arange(400) % 5
    x, offset = rng.normal(size=(400, 15)), np.ones(400)
    noise = rng.poisson(0.3, 400).astype(float)
    signal = rng.poisson(np.exp(0.7 * x[:, 1] - 0.7 * x[:, 2])).astype(float)
    sigmas = (0.02, 0.5)
    assert np.argmin(held_out_loss(x, noise, offset, blocks, sigmas=sigmas)) == 0
    assert np.argmin(held_out_loss(x, signal, offset, blocks, sigmas=sigmas)) == 1


def test_lasting_and_passing_risk_are_told_apart() -> None:
    rng = np.random.default_rng(9)
    n, months = 3000, 6
    lasting = rng.gamma(1 / 0.3, 0.3, n)[:, None]
    passing = rng.gamma(1 / 0.2, 0.2, (n, months))
    expected = np.full((n, months), 3.0)
    found = spread_of(rng.poisson(expected * lasting * passing).astype(float), expected)
    assert found.lasting == pytest.approx(0.3, abs=0.04)
    # E(lasting^2 passing^2) - 1 - lasting = 1.3 x 1.2 - 1.3
    assert found.passing == pytest.approx(0.26, abs=0.05)


def test_one_month_takes_half_of_the_spread_to_last() -> None:
    rng = np.random.default_rng(10)
    expected = np.full((20_000, 1), 2.0)
    events = rng.poisson(expected * rng.gamma(2.0, 0.5, (20_000, 1))).astype(float)
    found = spread_of(events, expected)
    assert found.lasting == pytest.approx(0.25, abs=0.02)
    assert found.passing == pytest.approx(found.lasting, rel=1e-9)


def test_spread_of_nothing_is_what_was_assumed() -> None:
    none = np.zeros((4, 2))
    assert spread_of(none, none, prior=0.25).lasting == 0.25
    assert spread_of(none, np.full((4, 2), 1e-9), prior=0.25).lasting == pytest.approx(0.25)


def test_own_counts_are_believed_as_bayes_has_it() -> None:
    """The posterior of a gamma risk, by numerical integration."""
    events, expected, v = 4.0, 1.5, 0.4
    grid = np.linspace(1e-4, 20, 200_000)
    weight = stats.gamma.pdf(grid, 1 / v, scale=v) * stats.poisson.pmf(events, expected * grid)
    mean = (grid * weight).sum() / weight.sum()
    variance = ((grid - mean) ** 2 * weight).sum() / weight.sum()
    found, relative = credible(np.array([events]), np.array([expected]), v)
    assert found[0] == pytest.approx(mean, rel=1e-4)
    assert relative[0] * mean**2 == pytest.approx(variance, rel=1e-3)
    more, _ = credible(np.arange(10.0), np.full(10, 2.0), v)
    assert (np.diff(more) > 0).all()


def test_intervals_of_counts_are_poisson_or_negative_binomial() -> None:
    lo, hi = interval(np.array([3.0, 0.0, 10.0]), np.array([1.0, 0.0, 60.0]))
    assert (lo[0], hi[0]) == (0.0, 7.0)  # Poisson tables: P(X = 0) = .0498, P(X <= 7) = .988
    assert (lo[1], hi[1]) == (0.0, 0.0)
    drawn = np.random.default_rng(11).negative_binomial(2.0, 2.0 / 12.0, 200_000)
    assert lo[2] == pytest.approx(np.quantile(drawn, 0.025), abs=1)
    assert hi[2] == pytest.approx(np.quantile(drawn, 0.975), abs=1)


def test_the_interval_of_a_gamma_sum_is_that_of_the_gamma() -> None:
    shape, scale = 3.0, 50.0
    lo, hi = interval_of_sum(
        np.array([shape * scale]),
        np.array([shape * scale**2]),
        np.array([2 * shape * scale**3]),
        np.array([0.0]),
    )
    wanted = stats.gamma.ppf([0.025, 0.975], shape, scale=scale)
    assert [lo[0], hi[0]] == pytest.approx(wanted)


def test_a_sum_that_may_well_be_nothing_begins_at_nothing() -> None:
    one = np.ones(1)
    lo, hi = interval_of_sum(100 * one, 1e4 * one, 2e6 * one, 0.1 * one)
    assert lo[0] == 0.0
    assert hi[0] > 100.0
    nothing = interval_of_sum(0 * one, 0 * one, 0 * one, one)
    assert (nothing[0][0], nothing[1][0]) == (0.0, 0.0)


def _moved_by_theft(weight: float, events: float, *, scale: float = 1.0) -> CategoryFit:
    """A category of which thefts move the log by `weight` for each `scale` of them."""
    thefts = np.array([0.0, 1.0, 2.0, 4.0])
    learned = Learned(np.zeros(1), np.array([scale]), np.array([weight]), 0.0)
    same, none = np.ones(4), np.zeros(4)
    return CategoryFit(
        np.full(4, events), same, none, 0.0, learned, thefts[:, None], ("theft",), 99
    )


@pytest.mark.parametrize(
    ("first", "second", "direction"),
    [
        ((0.2, 1.0, 1.0), (-0.1, 1.0, 1.0), "raises"),
        ((0.2, 1.0, 1.0), (-0.1, 3.0, 1.0), "lowers"),  # three times the events
        ((0.2, 1.0, 1.0), (-0.1, 1.0, 3.0), "lowers"),  # each counts three times
        ((0.2, 1.0, 1.0), (-0.2, 1.0, 1.0), "none"),
        ((0.0, 9.0, 1.0), (0.1, 1.0, 1.0), "raises"),
        ((0.0, 1.0, 1.0), (0.0, 1.0, 1.0), "none"),
    ],
)
def test_a_driver_points_where_it_moves_most_of_the_harm(
    first: tuple[float, float, float], second: tuple[float, float, float], direction: str
) -> None:
    """Each category: what one more theft does, its events, and what one of them counts."""
    parts = [(_moved_by_theft(power, events), counts) for power, events, counts in (first, second)]
    rows = {row["driver"]: row for row in driver_rows("harm", parts, np.ones(4, dtype=bool), 1)}
    assert rows["theft"]["direction"] == direction
    assert rows[OWN_COUNTS]["direction"] == "raises"


def test_a_driver_that_is_the_same_everywhere_points_nowhere() -> None:
    """The level of all other crime is the forecast's scale, and here it is 1 in every area."""
    fit = replace(_moved_by_theft(0.3, 1.0), features=np.zeros((4, 1)))
    rows = {row["driver"]: row for row in driver_rows("x", [(fit, 1.0)], np.ones(4, bool), 1)}
    assert {row["direction"] for name, row in rows.items() if name != OWN_COUNTS} == {"none"}


def test_the_power_of_a_driver_is_for_one_more_of_it_in_any_unit() -> None:
    """Thefts of which a hundred are one standard deviation, against those of which one is."""
    parts = [(_moved_by_theft(1.0, 1.0, scale=100.0), 1.0), (_moved_by_theft(-0.1, 1.0), 1.0)]
    rows = {row["driver"]: row for row in driver_rows("x", parts, np.ones(4, dtype=bool), 1)}
    assert rows["theft"]["direction"] == "lowers"
