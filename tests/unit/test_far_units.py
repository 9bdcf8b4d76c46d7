"""What every local test shares: a variable on a scale of its own, in whatever unit it comes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import model_case as CASE
from graphs import inverse_distance
from spatial.bivariate import bivariate_moran
from spatial.distance_weights import weighted_global_moran, weighted_local_moran
from spatial.esda_engine import esda_gi_star_counts, esda_moran_counts
from spatial.getis import local_g
from spatial.local_tests import is_rare, standardised, within_reach
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


# Rare events --------------------------------------------------------------------------------

QUIET = {"Low-Low", "Low-High", "High-Low"}


def everything(events: float | None) -> list[Any]:
    """A map that has every label and both spots, tested by all four without correction."""
    n = 72
    at = np.arange(n)
    codes = [f"E{i:03d}" for i in at]
    graph = CASE.lattice(codes, 9)
    near = inverse_distance(at % 9 * 1000.0, at // 9 * 1000.0, codes=codes, within_m=1500)
    noise = np.random.default_rng(4).normal(size=n)
    y = noise + 2 * graph.lag(noise)
    y[[10, 30, 50]] *= -1
    settings = {"permutations": 9_999, "correction": "none", "events": events, "seed": 2}
    return [
        local_moran(y, graph, alpha=0.5, **settings),
        weighted_local_moran(y, near, alpha=0.5, **settings),
        bivariate_moran(y, graph.lag(noise), graph, alpha=0.5, **settings),
        local_g(y, graph, **settings),
    ]


def test_under_one_event_an_area_nothing_is_called_low() -> None:
    """p and q stay as they are: one event fewer in 72 areas takes labels alone."""
    rare, common = everything(71.0), everything(72.0)
    for few, many in zip(rare, common, strict=True):
        assert few.inference == many.inference == ""
    for few, many in zip(rare[:3], common[:3], strict=True):
        np.testing.assert_array_equal(few.p, many.p)
        np.testing.assert_array_equal(few.q, many.q)
        gone = {"Low-Low", "Low-High"} if few is rare[2] else QUIET
        for name in ("cluster", "raw_cluster"):
            before, after = getattr(many, name), getattr(few, name)
            assert set(before) >= {"High-High", *QUIET}
            expected = np.where(np.isin(before, list(gone)), "Not significant", before)
            np.testing.assert_array_equal(after, expected)
        assert ((few.agreement >= 0) & (few.agreement <= 1)).all()
    few, many = rare[3], common[3]
    np.testing.assert_array_equal(few.p, many.p)
    assert (many.bin < 0).any()
    assert (many.bin > 0).any()
    np.testing.assert_array_equal(few.bin, np.maximum(many.bin, 0))
    np.testing.assert_array_equal(few.raw_bin, np.maximum(many.raw_bin, 0))
    assert not any(label.startswith("Cold") for label in few.label)
    withheld = many.bin < 0
    assert (few.agreement[withheld] == 1).all(), "no seed can call them cold"


def test_one_event_an_area_is_counted_over_the_reported_areas() -> None:
    """The ring lends its values; its areas do not make the study area's events rarer."""
    report = np.arange(N) < 40
    for events, low in ((40.0, True), (39.0, False)):
        assert is_rare(events, report) != low
    assert not is_rare(None, report)
    values = np.random.default_rng(1).poisson(1.5, 60 + N).astype(float)
    assert is_rare(59.0, np.ones(60, dtype=bool))
    assert not is_rare(60.0, np.ones(60, dtype=bool))
    codes = [f"E{i:03d}" for i in range(60 + N)]
    graph = CASE.lattice(codes, 9)
    inside = np.arange(60 + N) < 60
    spread = values + 3 * graph.lag(values)
    for events, some in ((60.0, True), (59.0, False)):
        found = local_moran(
            spread, graph, report=inside, events=events, alpha=0.5, permutations=999
        )
        assert bool(np.isin(found.raw_cluster, list(QUIET)).any()) == some
