"""Laws of coverage, inequality, local rates and bivariate Moran, whatever the map."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from graphs import ring
from spatial.bivariate import bivariate_moran
from spatial.capture import chosen_share, perfect_score
from spatial.concentration import coverage, gini
from spatial.local_smoothing import marshall_local

SEEDS = st.integers(0, 10_000)


@settings(max_examples=50, deadline=None)
@given(SEEDS, st.floats(1e-3, 1e3))
def test_coverage_rises_to_all_and_knows_no_order_and_no_unit(seed: int, unit: float) -> None:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, 40))
    score, events = rng.integers(0, 6, n), rng.poisson(2.0, n) + (np.arange(n) == 0)
    land, people = rng.gamma(1.0, 2.0, n) + 1e-3, rng.integers(1, 900, n)
    found = coverage(score, events, land, population=people)
    assert found.population is not None
    for share in (found.areas, found.area, found.population, found.events):
        assert np.all(np.diff(share) >= -1e-12)
        assert np.isclose(share[-1], 1.0)
    assert np.all(found.pei <= 1 + 1e-9)
    assert np.isclose(found.pai[-1], 1.0)
    order = rng.permutation(n)
    other = coverage(score[order], events[order], land[order] * unit, population=people[order])
    for name in ("area", "population", "events", "pai", "pei"):
        np.testing.assert_allclose(
            getattr(other, name), getattr(found, name), rtol=1e-9, atol=1e-12
        )


@settings(max_examples=50, deadline=None)
@given(SEEDS)
def test_no_choice_catches_more_than_the_perfect_one_and_a_larger_one_never_less(
    seed: int,
) -> None:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, 40))
    events, cost = rng.poisson(2.0, n), rng.gamma(1.0, 2.0, n) * (rng.random(n) < 0.9)
    shares = np.sort(rng.random(5)).tolist()
    any_choice = chosen_share(rng.integers(0, 5, n), cost, shares)
    assert np.all(np.diff(any_choice, axis=0) >= -1e-12)
    best = chosen_share(perfect_score(events, cost), cost, shares)
    assert np.all(best @ events >= any_choice @ events - 1e-9)


@settings(max_examples=40, deadline=None)
@given(SEEDS, st.integers(2, 50))
def test_gini_knows_no_order_and_no_unit_of_exposure(seed: int, times: int) -> None:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, 30))
    events, exposure = rng.poisson(3.0, n) + 1, rng.gamma(2.0, 50.0, n) + 1.0
    order = rng.permutation(n)

    def value(counts: np.ndarray, base: np.ndarray) -> float:
        return gini(counts, base, seed=np.random.SeedSequence(0), simulations=1).value

    first = value(events, exposure)
    assert -1e-12 <= first < 1.0
    assert np.isclose(value(events[order], exposure[order] * 7.0), first)
    assert np.isclose(value(events * times, exposure), first), "only shares count"


@settings(max_examples=40, deadline=None)
@given(SEEDS, st.floats(1e-3, 1e3))
def test_local_rates_know_no_names_and_scale_with_the_unit(seed: int, unit: float) -> None:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(3, 30))
    events, people, graph = rng.poisson(4.0, n), rng.integers(100, 900, n), ring(n)
    found = marshall_local(events, people, graph)
    in_thousands = marshall_local(events, people * unit, graph)
    np.testing.assert_allclose(in_thousands.rate * unit, found.rate, rtol=1e-7)
    # Turned by one place and turned round, a ring is the same ring.
    for order in (np.roll(np.arange(n), 1), np.arange(n)[::-1]):
        other = marshall_local(events[order], people[order], graph)
        np.testing.assert_allclose(other.rate, found.rate[order], rtol=1e-9, atol=1e-15)


@settings(max_examples=20, deadline=None)
@given(SEEDS, st.integers(-200, 200).map(lambda e: 10.0**e), st.floats(-1e3, 1e3))
def test_bivariate_moran_knows_no_unit_and_turns_with_its_sides(
    seed: int, unit: float, origin: float
) -> None:
    rng = np.random.default_rng(seed)
    graph, (x, y) = ring(40), rng.normal(size=(2, 40))
    options = {"permutations": 499, "seed": 3, "seeds_checked": 0, "correction": "none"}
    found = bivariate_moran(x, y, graph, **options)
    assert np.all((found.p > 0) & (found.p <= 1))
    moved = bivariate_moran((x + origin) * unit, (y - origin) * unit, graph, **options)
    np.testing.assert_allclose(moved.i, found.i, rtol=1e-6, atol=1e-9)
    np.testing.assert_array_equal(moved.p, found.p)
    turned = bivariate_moran(x, -y, graph, **options)
    np.testing.assert_array_equal(turned.p, found.p)  # two-sided: either tail is as far
    np.testing.assert_allclose(turned.i, -found.i)
    swapped = {
        "High-High": "High-Low",
        "High-Low": "High-High",
        "Low-Low": "Low-High",
        "Low-High": "Low-Low",
    }
    assert [swapped.get(label, label) for label in found.cluster] == turned.cluster.tolist()
