"""What must hold of shrunken rates whatever the counts."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from spatial.moran import assuncao_reis
from spatial.smoothing import dispersion, fit_gamma_poisson, marshall, posterior

laws = settings(max_examples=80, deadline=None, derandomize=True)


@st.composite
def counts_and_people(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    n = draw(st.integers(2, 25))
    events = draw(st.lists(st.integers(0, 60), min_size=n, max_size=n))
    people = draw(st.lists(st.integers(1, 5000), min_size=n, max_size=n))
    return np.array(events, dtype=float), np.array(people, dtype=float)


def between(low: np.ndarray, middle: np.ndarray, high: np.ndarray) -> bool:
    slack = 1e-9 * np.maximum(np.abs(low), np.abs(high))
    return bool(np.all((np.minimum(low, high) - slack <= middle)
                       & (middle <= np.maximum(low, high) + slack)))  # fmt: skip


@laws
@given(counts_and_people())
def test_marshall_lies_between_the_raw_rate_and_the_mean(
    data: tuple[np.ndarray, np.ndarray],
) -> None:
    events, people = data
    mean = np.full(events.size, events.sum() / people.sum())
    assert between(events / people, marshall(events, people), mean)


@laws
@given(counts_and_people())
def test_relative_risk_lies_between_the_raw_ratio_and_the_mean(
    data: tuple[np.ndarray, np.ndarray],
) -> None:
    events, people = data
    expected = people * max(events.sum(), 1.0) / people.sum()
    fit = fit_gamma_poisson(events, expected)
    if fit.spread:
        risk = posterior(events, expected, fit)
        mean = np.full(events.size, fit.nu / fit.alpha)
        assert between(events / expected, risk.mean, mean)
        assert np.all((risk.lo < risk.hi) & (risk.p_gt_1_5 <= risk.p_gt_1))
        assert np.all((risk.p_gt_1 >= 0) & (risk.p_gt_1 <= 1))


@laws
@given(counts_and_people(), st.integers(0, 24), st.integers(1, 20), st.floats(1.0, 5.0))
def test_more_events_mean_more_risk(
    data: tuple[np.ndarray, np.ndarray], area: int, extra: int, phi: float
) -> None:
    """With the fit held: the mean, both quantiles and both chances rise with O."""
    events, people = data
    expected = people * max(events.sum(), 1.0) / people.sum()
    fit = fit_gamma_poisson(events, expected)
    i = area % events.size
    more = events.copy()
    more[i] += extra
    before, after = (posterior(o, expected, fit, phi=phi) for o in (events, more))
    if fit.spread:
        assert after.mean[i] > before.mean[i]
        assert after.lo[i] >= before.lo[i]
        assert after.hi[i] > before.hi[i]
        assert after.p_gt_1[i] >= before.p_gt_1[i]
        assert after.p_gt_1_5[i] >= before.p_gt_1_5[i]


@laws
@given(counts_and_people(), st.floats(1.01, 6.0))
def test_dispersion_pulls_towards_the_mean(data: tuple[np.ndarray, np.ndarray], phi: float) -> None:
    events, people = data
    expected = people * max(events.sum(), 1.0) / people.sum()
    fit = fit_gamma_poisson(events, expected)
    if fit.spread:
        plain, wide = posterior(events, expected, fit), posterior(events, expected, fit, phi=phi)
        mean = np.full(events.size, fit.nu / fit.alpha)
        assert between(plain.mean, wide.mean, mean)


@laws
@given(counts_and_people(), st.randoms(use_true_random=False))
def test_renaming_areas_renames_the_results(
    data: tuple[np.ndarray, np.ndarray], shuffler: object
) -> None:
    events, people = data
    order = np.arange(events.size)
    shuffler.shuffle(order)  # type: ignore[attr-defined]
    np.testing.assert_allclose(
        marshall(events, people)[order], marshall(events[order], people[order]), rtol=1e-9
    )
    np.testing.assert_allclose(
        assuncao_reis(events, people)[order],
        assuncao_reis(events[order], people[order]),
        rtol=1e-6,
        atol=1e-9,
    )
    fit, again = (
        fit_gamma_poisson(events, people / 100),
        fit_gamma_poisson(events[order], people[order] / 100),
    )
    if fit.spread and again.spread:
        np.testing.assert_allclose((fit.nu, fit.alpha), (again.nu, again.alpha), rtol=1e-5)


@laws
@given(counts_and_people(), st.sampled_from([0.25, 8.0, 1000.0]))
def test_the_unit_of_population_only_scales_rates(
    data: tuple[np.ndarray, np.ndarray], unit: float
) -> None:
    events, people = data
    np.testing.assert_allclose(
        marshall(events, people * unit) * unit, marshall(events, people), rtol=1e-7
    )


@laws
@given(counts_and_people(), st.sampled_from([0.5, 4.0]))
def test_the_unit_of_expected_events_only_scales_the_fit(
    data: tuple[np.ndarray, np.ndarray], unit: float
) -> None:
    events, people = data
    first, second = (fit_gamma_poisson(events, people * scale) for scale in (1.0, unit))
    assert first.spread == second.spread
    if first.spread:
        np.testing.assert_allclose(
            (second.nu, second.alpha), (first.nu, first.alpha * unit), rtol=1e-6
        )


@laws
@given(st.integers(2, 12), st.integers(2, 6), st.randoms(use_true_random=False))
def test_dispersion_does_not_depend_on_the_order_of_areas_and_months(
    areas: int, months: int, shuffler: object
) -> None:
    rng = np.random.default_rng((areas, months))
    counts, seen = rng.poisson(3.0, (areas, months)), rng.uniform(size=(areas, months)) < 0.8
    rows, columns = np.arange(areas), np.arange(months)
    shuffler.shuffle(rows)  # type: ignore[attr-defined]
    shuffler.shuffle(columns)  # type: ignore[attr-defined]
    grid = np.ix_(rows, columns)
    phi = dispersion(counts, seen)
    assert phi >= 1.0
    np.testing.assert_allclose(dispersion(counts[grid], seen[grid]), phi, rtol=1e-5)
