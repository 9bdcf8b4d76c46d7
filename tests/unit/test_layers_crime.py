"""Offence sets, denominators, expected counts and smoothing."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import gamma

import model_case as CASE
from risk_model.config.priority import Offence as OffenceSetting
from risk_model.layers.crime import (
    Exposure,
    Offence,
    count_cube,
    expected_by_month,
    exposure,
    meets,
    monthly_events,
    months_above_expected,
    offence_set,
)
from risk_model.layers.small_area import (
    exceedance,
    persistence_by_month,
    shrunken_rate,
    smooth,
)
from spatial.errors import ConfigError
from spatial.gamma_draws import gamma_base
from spatial.smoothing import fit_gamma_poisson, marshall

VIOLENCE = CASE.VIOLENCE


def people(total: np.ndarray, months: int) -> Exposure:
    return Exposure(np.repeat(total[:, None] / 12.0, months, axis=1), 1000.0, "per 1,000")


def test_harm_counts_weighted_categories_without_police_generated() -> None:
    found = offence_set(CASE.priority({"harm_rate": 1}), CASE.settings(), CASE.HARM)
    assert "anti_social_behaviour" not in found.categories
    assert "drugs" not in found.categories
    assert found.left_out == ("drugs", "possession_of_weapons")
    assert {o.category: o.weight for o in found.offences}["robbery"] == 900.0
    assert not found.equal_weights


def test_driver_setting_brings_police_generated_in() -> None:
    config = CASE.settings(sections={"police_generated": {"use": "driver"}})
    found = offence_set(CASE.priority({"harm_rate": 1}), config, CASE.HARM)
    assert "drugs" in found.categories
    assert found.left_out == ()


def test_mapping_counts_only_what_it_names() -> None:
    chosen = CASE.priority({"event_rate": 1}, {VIOLENCE: 1.0, "robbery": 1.0, "burglary": 0.0})
    found = offence_set(chosen, CASE.settings(), CASE.HARM)
    assert found.categories == ("robbery", VIOLENCE)
    assert found.equal_weights


def test_nothing_left_is_refused_with_the_way_out() -> None:
    chosen = CASE.priority({"event_rate": 1}, {"drugs": 1.0})
    with pytest.raises(ConfigError, match=r"drugs \(police_generated\) are kept out; set"):
        offence_set(chosen, CASE.settings(), CASE.HARM)


def test_count_cube_adds_rows_and_leaves_out_what_is_elsewhere() -> None:
    counts = pd.DataFrame(
        {
            "area_code": ["A", "A", "B", "Z", "B"],
            "month": ["2025-01", "2025-01", "2025-02", "2025-01", "2024-12"],
            "category": ["robbery"] * 5,
            "n": [2, 3, 1, 9, 9],
        }
    )
    cube = count_cube(
        counts, area_codes=("A", "B"), months=("2025-01", "2025-02"), categories=("robbery",)
    )
    assert cube[:, :, 0].tolist() == [[5, 0], [0, 1]]


def attributes() -> pd.DataFrame:
    codes = CASE.case().area_codes
    return pd.DataFrame(
        {
            "area_code": [codes[0], codes[0], codes[1], codes[1]],
            "month": ["2025-01", "2025-01", "2025-02", "2025-02"],
            "category": [VIOLENCE, VIOLENCE, VIOLENCE, "robbery"],
            "weapon": ["yes", "no", "yes", "yes"],
            "n": [2, 5, 3, 7],
        }
    )


def test_where_filters_by_attribute() -> None:
    data = CASE.case(attributes=attributes())
    chosen = CASE.priority(
        {"event_rate": 1}, {VIOLENCE: OffenceSetting(weight=2.0, where={"weapon": True})}
    )
    (offence,) = offence_set(chosen, CASE.settings(), CASE.HARM).offences
    assert offence.weight == 2.0
    events = monthly_events(data, offence)
    assert events[0].tolist() == [2, 0, 0, 0, 0, 0]
    assert events[1].tolist() == [0, 3, 0, 0, 0, 0]
    assert events.sum() == 5
    assert meets(attributes(), offence).tolist() == [True, False, True, False]


def test_where_without_the_column_is_refused() -> None:
    offence = Offence(VIOLENCE, 1.0, (("public_place", ("yes",)),))
    with pytest.raises(ConfigError, match=r"public_place.*supplied: weapon"):
        monthly_events(CASE.case(attributes=attributes()), offence)
    with pytest.raises(ConfigError, match="supplied: none"):
        monthly_events(CASE.case(), offence)
    assert not meets(attributes(), offence).any()


def test_months_without_data_are_not_zero() -> None:
    data = CASE.case()
    covered = data.covered.copy()
    covered[3, 4:] = False
    data = CASE.case(covered=covered)
    events = monthly_events(data, Offence(VIOLENCE, 1.0))
    assert events[3, 4:].sum() == 0
    exposed = exposure(data)
    assert exposed.total[3] == pytest.approx(data.population[3] * 4 / 12)
    assert exposed.total[2] == pytest.approx(data.population[2] * 6 / 12)
    np.testing.assert_allclose(data.exposure(), exposed.total)
    # Its expected count is that of the months it has, not of the whole period.
    expected = expected_by_month(events, exposed.monthly, data.in_study)
    assert expected[3, 4:].sum() == 0


def test_population_of_zero_or_missing_is_not_calculable() -> None:
    population = CASE.case().population.copy()
    population[:2] = 0.0, np.nan
    data = CASE.case(population=population)
    exposed = exposure(data)
    assert np.isnan(exposed.total[:2]).all()
    events = monthly_events(data, Offence(VIOLENCE, 1.0))
    found = smooth(events, exposed, in_study=data.in_study, covered=data.covered)
    assert np.isnan(found.mean[:2]).all()
    assert np.isnan(found.p_gt_1[:2]).all()
    assert np.isfinite(found.mean[2:]).all()
    # They take no part: the rate of the study area is that of the areas with residents.
    base = events[2:].sum() / exposed.total[2:].sum()
    assert found.base_rate == pytest.approx(base)
    assert np.isnan(months_above_expected(events, exposed, in_study=data.in_study)[:2]).all()


def test_other_denominators() -> None:
    data = CASE.case(denominators={"workday": np.full(48, 500.0)})
    np.testing.assert_allclose(exposure(data, "area_km2").total, data.area_km2 / 2)
    np.testing.assert_allclose(exposure(data, "none").total, 0.5)
    workday = exposure(data, "workday")
    np.testing.assert_allclose(workday.total, 250.0)
    assert workday.unit == "per 1,000 workday population per year"
    with pytest.raises(ConfigError, match="'ambient' needs a table"):
        exposure(data, "ambient")


def test_expected_sums_to_events_of_each_month_over_the_study_area() -> None:
    data = CASE.case(ring=8)
    events = monthly_events(data, Offence(VIOLENCE, 1.0))
    expected = expected_by_month(events, exposure(data).monthly, data.in_study)
    np.testing.assert_allclose(
        expected[data.in_study].sum(axis=0), events[data.in_study].sum(axis=0)
    )
    # With equal coverage the total is exposure times the overall rate.
    study = data.in_study
    rate = events[study].sum() / data.exposure()[study].sum()
    np.testing.assert_allclose(expected.sum(axis=1), data.exposure() * rate)


def test_smooth_is_the_gamma_poisson_posterior() -> None:
    rng = np.random.default_rng(5)
    population = rng.integers(800, 3000, 60).astype(float)
    events = rng.poisson(population * rng.gamma(4, 0.25, 60) * 0.02)[:, None].astype(float)
    study = np.ones(60, dtype=bool)
    found = smooth(events, people(population, 1), in_study=study, covered=study[:, None])
    e = population * events.sum() / population.sum()
    fit = fit_gamma_poisson(events[:, 0], e)
    assert found.phi == 1.0  # one month says nothing about dispersion
    np.testing.assert_allclose(found.mean, (events[:, 0] + fit.nu) / (e + fit.alpha))
    lower = gamma.ppf(0.025, events[:, 0] + fit.nu, scale=1 / (e + fit.alpha))
    np.testing.assert_allclose(found.lo, lower, rtol=1e-9)
    np.testing.assert_allclose(exceedance(found, 1.5), found.p_gt_1_5)
    above_2 = gamma.sf(2.0, events[:, 0] + fit.nu, scale=1 / (e + fit.alpha))
    np.testing.assert_allclose(exceedance(found, 2.0), above_2, rtol=1e-9)


def test_prior_and_posterior_take_the_same_bunched_counts() -> None:
    """Months vary twice as much as Poisson: both divide by the phi that they show."""
    rng = np.random.default_rng(12)
    population = rng.integers(800, 3000, 80).astype(float)
    mean = np.repeat((population * rng.gamma(8, 1 / 8, 80) * 0.0005)[:, None], 12, axis=1)
    events = rng.poisson(rng.gamma(mean)).astype(float)
    study = np.ones(80, dtype=bool)
    found = smooth(
        events, people(population, 12), in_study=study, covered=np.ones((80, 12), dtype=bool)
    )
    assert found.phi > 1.5
    o, e = events.sum(axis=1), found.expected
    fit = fit_gamma_poisson(o / found.phi, e / found.phi)
    assert found.groups[0].fit == fit
    shape, scale = o / found.phi + fit.nu, 1 / (e / found.phi + fit.alpha)
    np.testing.assert_allclose(found.mean, shape * scale)
    np.testing.assert_allclose(found.p_gt_1_5, gamma.sf(1.5, shape, scale=scale), rtol=1e-9)
    # Fitted to the counts as they are, risks would seem to differ more.
    assert fit.alpha > fit_gamma_poisson(o, e).alpha * 1.2


def test_ring_borrows_the_prior_and_does_not_shape_it() -> None:
    data = CASE.case(ring=8)
    wild = data.counts.copy()
    wild[~data.in_study] *= 50
    offence = Offence(VIOLENCE, 1.0)
    calm, loud = (
        smooth(monthly_events(d, offence), exposure(d), in_study=d.in_study, covered=d.covered)
        for d in (data, CASE.case(ring=8, counts=wild))
    )
    np.testing.assert_array_equal(calm.mean[data.in_study], loud.mean[data.in_study])
    assert (loud.mean[~data.in_study] > calm.mean[~data.in_study]).all()


def test_shrinking_to_the_stratum_pulls_towards_its_own_mean() -> None:
    rng = np.random.default_rng(9)
    n = 80
    rural = np.arange(n) < 40
    population = np.full(n, 1500.0)
    risk = np.where(rural, 0.5, 1.5) * rng.gamma(8, 1 / 8, n)
    events = rng.poisson(risk[:, None] * 2.0, (n, 3)).astype(float)
    kwargs = {"in_study": np.ones(n, dtype=bool), "covered": np.ones((n, 3), dtype=bool)}
    stratum = np.where(rural, "rural", "urban")
    together = smooth(events, people(population, 3), **kwargs)
    apart = smooth(events, people(population, 3), stratum=stratum, **kwargs)
    truth = risk / risk.mean()
    assert np.abs(apart.mean - truth).mean() < np.abs(together.mean - truth).mean()
    assert len(apart.groups) == 2
    # A stratum of a handful of areas is shrunk with the study area.
    few = np.where(np.arange(n) < 5, "rural", "urban")
    small = smooth(events, people(population, 3), stratum=few, **kwargs)
    np.testing.assert_allclose(small.mean[:5], together.mean[:5])


def test_no_spread_beyond_chance_makes_every_risk_one() -> None:
    events = np.full((40, 6), 3.0)
    study = np.ones(40, dtype=bool)
    found = smooth(
        events, people(np.full(40, 1500.0), 6), in_study=study, covered=np.ones((40, 6), bool)
    )
    np.testing.assert_array_equal(found.mean, 1.0)
    np.testing.assert_array_equal(exceedance(found, 1.5), 0.0)
    rng = np.random.default_rng(0)
    drawn = found.draw(gamma_base(3, 40, rng), rng, among=study)
    np.testing.assert_array_equal(drawn, np.ones((3, 40)))


def test_no_events_at_all_is_a_rate_of_zero() -> None:
    study = np.ones(40, dtype=bool)
    exposed = people(np.full(40, 1500.0), 6)
    found = smooth(np.zeros((40, 6)), exposed, in_study=study, covered=np.ones((40, 6), dtype=bool))
    np.testing.assert_array_equal(shrunken_rate(found, exposed), 0.0)


def test_marshall_rates_when_asked_for() -> None:
    data = CASE.case()
    exposed = exposure(data)
    events = monthly_events(data, Offence(VIOLENCE, 1.0))
    found = smooth(events, exposed, in_study=data.in_study, covered=data.covered)
    np.testing.assert_allclose(
        shrunken_rate(found, exposed, smoothing="marshall"),
        1000 * marshall(events.sum(axis=1), exposed.total),
    )
    np.testing.assert_allclose(shrunken_rate(found, exposed), found.mean * found.base_rate * 1000)


def test_draws_average_to_the_mean() -> None:
    data = CASE.case()
    events = monthly_events(data, Offence(VIOLENCE, 1.0))
    found = smooth(events, exposure(data), in_study=data.in_study, covered=data.covered)
    rng = np.random.default_rng(2)
    drawn = found.draw(gamma_base(4000, int(data.in_study.sum()), rng), rng, among=data.in_study)
    np.testing.assert_allclose(drawn.mean(axis=0), found.mean, rtol=0.05)


def test_persistence_is_the_monthly_posterior() -> None:
    data = CASE.case()
    covered = data.covered.copy()
    covered[0, 2] = False
    data = CASE.case(covered=covered)
    exposed = exposure(data)
    events = monthly_events(data, Offence(VIOLENCE, 1.0))
    found = smooth(events, exposed, in_study=data.in_study, covered=covered)
    monthly = persistence_by_month(events, exposed, found, in_study=data.in_study)
    assert np.isnan(monthly[0, 2])
    fit = found.groups[0].fit
    e = expected_by_month(events, exposed.monthly, data.in_study)
    slow = gamma.sf(
        1.0, events[5, 1] / found.phi + fit.nu, scale=1 / (e[5, 1] / found.phi + fit.alpha)
    )
    assert monthly[5, 1] == pytest.approx(slow)


def test_months_above_expected_counts_covered_months() -> None:
    events = np.array([[5.0, 5.0, 0.0], [1.0, 1.0, 1.0], [0.0, 0.0, 5.0]])
    exposed = people(np.full(3, 1000.0), 3)
    # Every month has 6 events over 3 equal areas: 2 are expected.
    found = months_above_expected(events, exposed, in_study=np.ones(3, dtype=bool))
    assert found.tolist() == [2, 0, 1]
