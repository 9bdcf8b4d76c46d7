"""What every local test shares: a variable on a scale of its own, in whatever unit it comes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import model_case as CASE
from spatial.bivariate import bivariate_moran
from spatial.distance_graphs import inverse_distance
from spatial.distance_weights import weighted_global_moran, weighted_local_moran
from spatial.esda_engine import esda_gi_star_counts, esda_moran_counts
from spatial.getis import local_g
from spatial.local_tests import standardised, within_reach
from spatial.moran import global_moran, local_moran

N = 48
GRAPH = CASE.lattice([f"E{i:03d}" for i in range(N)], 8)
NEAR = inverse_distance(
    np.arange(N) % 8 * 1000.0, np.arange(N) // 8 * 1000.0, codes=GRAPH.codes, within_m=1500
)
NOISE = np.random.default_rng(4).normal(size=N)
VALUES = NOISE + GRAPH.lag(NOISE)


@pytest.mark.parametrize("unit", [1e-100, 1e-6, 1.0, 3.0, 1e100])
@pytest.mark.parametrize("origin", [0.0, 1e6])
def test_ordinary_values_are_standardised_as_numpy_does_it(unit: float, origin: float) -> None:
    y = (VALUES + origin) * unit
    found = standardised(y)
    np.testing.assert_array_equal(found.z, (y - y.mean()) / y.std())
    assert found.far == np.abs(y).max() / y.std()
    assert found.furthest == np.abs(found.z).max()
    assert not found.is_constant
    assert within_reach(y)[0] is y


@pytest.mark.parametrize("power", [-1000, -520, 520, 1000])
def test_a_power_of_two_changes_no_bit_of_any_test(power: int) -> None:
    """Squares of such values are infinite or 0: unscaled, p was 1 everywhere, or z infinite."""

    def told(y: np.ndarray) -> list[Any]:
        settings = {"permutations": 999}
        tests = [
            local_moran(y, GRAPH, **settings),
            local_g(y, GRAPH, **settings),
            bivariate_moran(y, VALUES[::-1].copy(), GRAPH, **settings),
            bivariate_moran(VALUES[::-1].copy(), y, GRAPH, **settings),
            weighted_local_moran(y, NEAR, **settings),
        ]
        peers = [
            of(y, GRAPH, permutations=99).greater for of in (esda_moran_counts, esda_gi_star_counts)
        ]
        whole = [global_moran(y, GRAPH).value, weighted_global_moran(y, NEAR)]
        return [*(t.p for t in tests), *(t.q for t in tests), tests[0].i, tests[1].z, peers, whole]

    ordinary, extreme = told(VALUES), told(np.ldexp(VALUES, power))
    for mine, theirs in zip(ordinary, extreme, strict=True):
        np.testing.assert_array_equal(mine, theirs)
    assert (ordinary[0] <= 0.05).any()


def test_a_gi_keeps_its_unit() -> None:
    for weights in ("binary", "row-standardised"):
        one, huge = (
            local_g(y, GRAPH, weights=weights, permutations=99, seeds_checked=0).value
            for y in (VALUES, np.ldexp(VALUES, 1000))
        )
        np.testing.assert_array_equal(np.ldexp(one, 1000), huge)


def test_the_ends_of_what_a_number_can_hold_are_tested() -> None:
    largest, least = np.finfo(np.float64).max, np.finfo(np.float64).smallest_subnormal
    for top in (largest, least):
        y = np.where(np.arange(N) < N // 2, top, -top)  # the difference of the two is infinite
        moran, spots = (test(y, GRAPH, permutations=999) for test in (local_moran, local_g))
        assert moran.cluster[12] == "High-High"
        assert moran.cluster[36] == "Low-Low"
        assert spots.label[12].startswith("Hot")
        np.testing.assert_allclose(moran.i[12], 1.0)
    lone = np.full(N, largest)
    assert "same in every area" in local_moran(lone, GRAPH, permutations=99).inference
    assert standardised(lone).is_constant
    assert standardised(np.empty(0)).is_constant
