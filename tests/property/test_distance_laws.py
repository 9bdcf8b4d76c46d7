"""Laws of neighbours that weigh differently: units, and the scale of weights, change no label."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from graphs import inverse_distance, maps
from spatial.distance_graphs import WeightedNeighbours
from spatial.distance_weights import (
    conditional_weighted_counts,
    weighted_global_moran,
    weighted_local_moran,
)
from spatial.moran import LocalMoran
from spatial.weights import Neighbours

SEEDS = st.integers(0, 10_000)
FACTORS = st.floats(1e-6, 1e6)
ALTERNATIVES = st.sampled_from(["two-sided", "greater", "less"])


def weighed(graph: Neighbours, seed: int) -> WeightedNeighbours:
    """Weights from a handful of values, so that many draws tie to the last bit or nearly."""
    rng = np.random.default_rng(seed)
    weights = rng.choice([0.1, 0.2, 0.3, 1 / 3, 0.7], graph.links)
    return WeightedNeighbours(graph.codes, graph.indptr, graph.indices, weights)


def scaled(graph: WeightedNeighbours, by: Any) -> WeightedNeighbours:
    """The same links; each row's weights times one number, or all times the same."""
    rows = np.broadcast_to(np.asarray(by, dtype=float), (graph.n,))
    weights = graph.weights * np.repeat(rows, graph.cardinalities)
    return WeightedNeighbours(graph.codes, graph.indptr, graph.indices, weights)


def local_test(y: np.ndarray, graph: WeightedNeighbours, alternative: Any) -> LocalMoran:
    return weighted_local_moran(
        y, graph, permutations=199, alternative=alternative, seeds_checked=2, alpha=0.2
    )


def same_labels(one: LocalMoran, two: LocalMoran) -> None:
    for name in ("p", "q", "cluster", "raw_cluster", "agreement"):
        np.testing.assert_array_equal(getattr(one, name), getattr(two, name), err_msg=name)


@settings(max_examples=40, deadline=None)
@given(maps(), SEEDS, FACTORS, ALTERNATIVES)
def test_all_weights_times_one_number_change_no_p_and_no_label(
    case: tuple[np.ndarray, Neighbours], seed: int, factor: float, alternative: str
) -> None:
    y, links = case
    graph = weighed(links, seed)
    one = local_test(y, graph, alternative)
    two = local_test(y, scaled(graph, factor), alternative)
    same_labels(one, two)
    np.testing.assert_allclose(two.lag, one.lag * factor, rtol=1e-9, atol=1e-12 * factor)
    np.testing.assert_allclose(two.i, one.i * factor, rtol=1e-9, atol=1e-12 * factor)


@settings(max_examples=40, deadline=None)
@given(maps(), SEEDS, ALTERNATIVES)
def test_each_row_times_its_own_number_changes_no_p_and_no_label(
    case: tuple[np.ndarray, Neighbours], seed: int, alternative: str
) -> None:
    """An area is compared with its own null alone, which is stretched as its sum is."""
    y, links = case
    graph = weighed(links, seed)
    factors = 10.0 ** np.random.default_rng(seed + 1).uniform(-6, 6, graph.n)
    one = local_test(y, graph, alternative)
    two = local_test(y, scaled(graph, factors), alternative)
    same_labels(one, two)
    np.testing.assert_allclose(two.i, one.i * factors, rtol=1e-9, atol=1e-9)


@settings(max_examples=40, deadline=None)
@given(maps(), SEEDS, FACTORS)
def test_standardised_rows_know_no_scale_and_neither_does_global_moran(
    case: tuple[np.ndarray, Neighbours], seed: int, factor: float
) -> None:
    y, links = case
    graph = weighed(links, seed)
    factors = 10.0 ** np.random.default_rng(seed + 1).uniform(-6, 6, graph.n)
    rows = graph.row_standardised()
    for other in (scaled(graph, factor), scaled(graph, factors), rows):
        again = other.row_standardised()
        np.testing.assert_allclose(again.weights, rows.weights, rtol=1e-12)
        np.testing.assert_allclose(
            weighted_global_moran(y, again), weighted_global_moran(y, rows), rtol=1e-9, atol=1e-12
        )


@settings(max_examples=30, deadline=None)
@given(maps(), SEEDS, FACTORS)
def test_counts_of_a_null_know_no_scale_of_weights_or_values(
    case: tuple[np.ndarray, Neighbours], seed: int, factor: float
) -> None:
    y, links = case
    graph = weighed(links, seed)
    z = (y - y.mean()) / y.std()
    base, other = (
        conditional_weighted_counts(
            values, graph.indptr, graph.indices, weights, permutations=199, seed=seed
        )
        for values, weights in (
            (z, graph.weights),
            (z / factor, scaled(graph, factor).weights),
        )
    )
    for name in ("greater", "less", "draws"):
        np.testing.assert_array_equal(getattr(base, name), getattr(other, name), err_msg=name)


@settings(max_examples=30, deadline=None)
@given(SEEDS, st.sampled_from([0.001, 0.3048, 1609.344]))
def test_the_unit_of_a_distance_changes_no_weight(seed: int, unit: float) -> None:
    rng = np.random.default_rng(seed)
    x, y = rng.uniform(0, 10_000, (2, 30))
    codes = [f"{i:02d}" for i in range(30)]
    one, two = (
        inverse_distance(x * by, y * by, codes=codes, within_m=3000.5 * by) for by in (1.0, unit)
    )
    np.testing.assert_array_equal(one.indices, two.indices)
    np.testing.assert_allclose(two.weights, one.weights, rtol=1e-6)
