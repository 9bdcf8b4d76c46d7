"""Recent against earlier months: what is said, and when nothing is."""

from __future__ import annotations

import numpy as np
from scipy.stats import beta

from risk_model.trend import calendar_months, recent_trend

EVEN = np.full((1, 6), 10.0)
ALL = np.ones((1, 6), dtype=bool)


def test_by_hand() -> None:
    monthly = np.array([[4.0, 5.0, 6.0, 12.0, 9.0, 11.0]])
    found = recent_trend(monthly, EVEN, ALL, phi=1.0)
    assert (found.recent[0], found.earlier[0], found.recent_months[0]) == (32, 15, 3)
    assert found.expected[0] == 15
    np.testing.assert_allclose(found.p_rise, beta.sf(0.5, 32.5, 15.5))
    restless = recent_trend(monthly, EVEN, ALL, phi=4.0)
    assert 0.5 < restless.p_rise[0] < found.p_rise[0]


def test_what_happens_everywhere_is_no_rise_of_one_place() -> None:
    summer = np.array([[5.0, 5.0, 5.0, 15.0, 15.0, 15.0]])
    found = recent_trend(summer, summer / 2, ALL, phi=1.0)
    assert found.expected[0] == 45
    assert 0.4 < found.p_rise[0] < 0.6


def test_too_few_events_or_months_say_nothing() -> None:
    assert np.isnan(recent_trend(np.full((1, 6), 1.0), EVEN, ALL, phi=1.0).p_rise).all()
    three = np.array([[True, True, True, False, False, False]])
    monthly = np.where(three, 50.0, 0.0)
    assert np.isnan(recent_trend(monthly, EVEN, three, phi=1.0).p_rise).all()
    unknown = recent_trend(np.full((1, 6), 9.0), np.full((1, 6), np.nan), ALL, phi=1.0)
    assert np.isnan(unknown.p_rise).all()
    assert np.isnan(unknown.expected).all()


def test_a_gap_is_no_month() -> None:
    covered = np.array([[True, False, True, True, True, False]])
    monthly = np.array([[8.0, 99.0, 8.0, 20.0, 20.0, 99.0]])
    found = recent_trend(monthly, EVEN, covered, phi=1.0)
    assert (found.recent[0], found.earlier[0]) == (40, 16)


def test_true_nothing_is_called_a_rise_one_time_in_twenty() -> None:
    rng = np.random.default_rng(1)
    monthly = rng.poisson(8.0, (4000, 6)).astype(float)
    found = recent_trend(monthly, np.full((4000, 6), 8.0), np.ones((4000, 6), dtype=bool), phi=1.0)
    assert 0.035 < (found.p_rise >= 0.95).mean() < 0.065


def test_whole_years_hold_no_season() -> None:
    year = tuple(f"2025-{month:02d}" for month in range(1, 13))
    covered = np.ones((3, 12), dtype=bool)
    covered[1, 7] = False
    covered[2] = False
    np.testing.assert_array_equal(calendar_months(year, covered), [0, 11, 0])
    two = ("2024-06", "2024-12", "2025-06")
    np.testing.assert_array_equal(calendar_months(two, np.ones((1, 3), dtype=bool)), [2])
