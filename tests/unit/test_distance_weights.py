"""Weights by distance, and their null against enumeration."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

from graphs import inverse_distance, random_points
from spatial import distance_weights
from spatial.distance_graphs import WeightedNeighbours, distance_band
from spatial.distance_weights import conditional_weighted_counts
from spatial.errors import StatisticsError
from spatial.permutation import conditional_moran_counts, pseudo_p


def test_an_area_alone_has_no_lag_and_the_others_that_of_their_weights() -> None:
    graph = inverse_distance([-300, 100, 200, 250], [0] * 4, codes=list("abcd"), within_m=150.0)
    lag = graph.lag(np.array([1.0, 2.0, 4.0, 7.0]))
    assert np.isnan(lag[0])
    np.testing.assert_allclose(lag[1:], [(4 * 3 + 7 * 2) / 5, (2 + 7 * 2) / 3, (4 * 3 + 2) / 4])


def small_graph() -> WeightedNeighbours:
    """Six areas with 0 to 3 neighbours and weights that differ within a row."""
    rows = [[(1, 1.0), (2, 0.25)], [(0, 2.0), (2, 2.0), (5, 0.5)], [(0, 1.0)], [], [(3, 0.75), (5, 3.0)], [(1, 1.0), (4, 1.0)]]  # fmt: skip
    indptr = np.concatenate([[0], np.cumsum([len(row) for row in rows])])
    flat = [link for row in rows for link in row]
    return WeightedNeighbours(
        tuple("abcdef"), indptr, np.array([j for j, _ in flat]), np.array([w for _, w in flat])
    )


def enumerated(z: list[float], graph: WeightedNeighbours, i: int) -> tuple[int, int, int]:
    """Oracle: every ordered choice of the neighbours of i from the other areas."""
    row = slice(graph.indptr[i], graph.indptr[i + 1])
    w = graph.weights[row]
    observed = sum(a * z[j] for a, j in zip(w, graph.indices[row], strict=True))
    others = [v for j, v in enumerate(z) if j != i]
    sums = [
        sum(a * v for a, v in zip(w, choice, strict=True))
        for choice in itertools.permutations(others, w.size)
    ]
    return (
        sum(s >= observed - 1e-9 for s in sums),
        sum(s <= observed + 1e-9 for s in sums),
        len(sums),
    )


@pytest.mark.parametrize("values", [[0, 0, 1, 1, 2, 5], [0, 1, 2, 3, 4, 5], [0, 0, 0, 0, 0, 1]])
@pytest.mark.parametrize("unit", [1.0, 1 / 3, 0.1])
@pytest.mark.parametrize("cells", [2_000_000, 1])
def test_all_draws_at_once_give_the_enumerated_null(
    values: list[float], unit: float, cells: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With each possible draw made once, the counts are the exact null, also area by area."""
    every = np.array(list(itertools.permutations(range(6), 3)), dtype=np.int32).T

    monkeypatch.setattr(distance_weights, "sample_block", lambda *_: every)
    monkeypatch.setattr(distance_weights, "_CELLS", cells)
    graph, z = small_graph(), [v * unit for v in values]
    counts = conditional_weighted_counts(
        np.array(z), graph.indptr, graph.indices, graph.weights, permutations=1, seed=0
    )
    for i in range(6):
        greater, less, total = enumerated(z, graph, i)
        if i == 3:
            assert (counts.greater[i], counts.less[i], counts.draws[i]) == (0, 0, 0)
            continue
        times = counts.draws[i] / total
        assert times == int(times) > 0
        assert (counts.greater[i], counts.less[i]) == (greater * times, less * times)


def test_equal_weights_give_the_counts_of_the_shared_null() -> None:
    x, y, codes = random_points(60, seed=3)
    graph = inverse_distance(x, y, codes=codes, within_m=180, nearest_m=180)
    z = np.random.default_rng(1).poisson(2.0, 60).astype(float)  # many ties
    settings: dict[str, Any] = {"permutations": 20_000, "seed": 5}
    own = conditional_weighted_counts(z, graph.indptr, graph.indices, graph.weights, **settings)
    shared = conditional_moran_counts(z, graph.indptr, graph.indices, **settings)
    for mine, theirs in zip(own, shared, strict=True):
        np.testing.assert_array_equal(mine, theirs)


def test_the_shared_null_is_wrong_where_weights_differ() -> None:
    """One neighbour weighs nearly all: p is that of one draw, not that of a sum of four."""
    n = 40
    z = np.random.default_rng(4).normal(size=n)
    z[1], z[2:5] = 2.0 * z.max(), z.min()
    indptr = np.concatenate([[0, 4], np.full(n - 1, 4)])
    indices, weights = np.arange(1, 5), np.array([0.97, 0.01, 0.01, 0.01])
    settings: dict[str, Any] = {"permutations": 20_000, "seed": 1}
    own = pseudo_p(conditional_weighted_counts(z, indptr, indices, weights, **settings))[0]
    shared = pseudo_p(conditional_moran_counts(z, indptr, indices, **settings))[0]
    assert own == pytest.approx(2 / 39, abs=0.01)
    assert shared > 0.3


def test_p_is_the_loop_over_areas() -> None:
    x, y, codes = random_points(45, seed=6)
    graph = inverse_distance(x, y, codes=codes, within_m=300)
    z = np.random.default_rng(2).gamma(1.0, size=45)
    counts = conditional_weighted_counts(
        z, graph.indptr, graph.indices, graph.weights, permutations=20_000, seed=3
    )
    p = pseudo_p(counts)
    rng = np.random.default_rng(7)
    for i in range(45):
        w = graph.weights[graph.indptr[i] : graph.indptr[i + 1]]
        if not w.size:
            assert np.isnan(p[i])
            continue
        others = np.tile(np.delete(z, i), (3_000, 1))
        null = rng.permuted(others, axis=1)[:, : w.size] @ w
        observed = (w * z[graph.indices[graph.indptr[i] : graph.indptr[i + 1]]]).sum()
        tail = min((null >= observed).mean(), (null <= observed).mean())
        error = np.sqrt(max(tail, 1e-3) * (1 - tail) * (1 / 3_000 + 1 / 10_000))
        assert abs(p[i] / 2 - tail) < 4.5 * error + 2e-4


def test_draws_and_chunks_do_not_change_the_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    x, y, codes = random_points(40, seed=8)
    graph = inverse_distance(x, y, codes=codes, within_m=400)
    z = np.random.default_rng(3).normal(size=40)
    arguments = (z, graph.indptr, graph.indices, graph.weights)
    whole = conditional_weighted_counts(*arguments, permutations=999, seed=4)
    monkeypatch.setattr(distance_weights, "_CELLS", 999 * 3)
    for one, other in zip(
        whole, conditional_weighted_counts(*arguments, permutations=999, seed=4), strict=True
    ):
        np.testing.assert_array_equal(one, other)
    moved = conditional_weighted_counts(
        7.0 - 3.0 * z, *arguments[1:], permutations=999, seed=4
    )  # turned over: the two sides change places
    np.testing.assert_array_equal(moved.greater, whole.less)
    np.testing.assert_array_equal(moved.less, whole.greater)


def test_no_links_at_all() -> None:
    counts = conditional_weighted_counts(
        np.arange(3.0), np.zeros(4, np.int64), np.zeros(0, np.int64), np.zeros(0),
        permutations=9, seed=0,
    )  # fmt: skip
    assert not np.concatenate(counts).any()


def test_counts_of_some_areas_are_those_they_have_among_all() -> None:
    x, y, codes = random_points(40, seed=8)
    graph = inverse_distance(x, y, codes=codes, within_m=400)
    z = np.random.default_rng(3).normal(size=40)
    arguments = (z, graph.indptr, graph.indices, graph.weights)
    whole = conditional_weighted_counts(*arguments, permutations=999, seed=4)
    only = np.arange(40) % 7 == 2
    some = conditional_weighted_counts(*arguments, permutations=999, seed=4, only=only)
    for one, other in zip(whole, some, strict=True):
        np.testing.assert_array_equal(np.where(only, one, 0), other)
    nobody = conditional_weighted_counts(
        *arguments, permutations=999, seed=4, only=np.zeros(40, dtype=bool)
    )
    assert not np.concatenate(nobody).any()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"z": np.ones(5)}, "z: 5 values for a graph of 6 areas"),
        ({"z": np.full(6, np.inf)}, "z: entry 0 is inf"),
        ({"weights": np.ones(2)}, "weights: 2 for 10 links"),
        ({"weights": np.full(10, np.nan)}, "weights: entry 0 is nan"),
        ({"permutations": 0}, "permutations: 0"),
    ],
)
def test_counts_refuse_what_does_not_fit(change: dict[str, Any], words: str) -> None:
    graph = small_graph()
    arguments = {
        "z": np.arange(6.0), "indptr": graph.indptr, "indices": graph.indices,
        "weights": graph.weights, "permutations": 9, "seed": 0, **change,
    }  # fmt: skip
    with pytest.raises(StatisticsError, match=words):
        conditional_weighted_counts(**arguments)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"within_m": 0.0}, "within_m: 0.0 is not a number of metres above 0"),
        ({"within_m": np.nan}, "within_m: nan"),
        ({"codes": ["b", "a", "c"]}, "codes: area codes must be sorted and unique"),
        ({"codes": ["a", "b"]}, r"x: shape \(3,\) for 2 area codes"),
        ({"x": [0.0, np.nan, 1.0]}, r"x: row 1 \(area b\) is nan"),
    ],
)
def test_distances_without_a_meaning_are_refused(change: dict[str, Any], words: str) -> None:
    arguments = {
        "x": [0.0, 3.0, 9.0],
        "y": [0.0, 0.0, 0.0],
        "codes": ["a", "b", "c"],
        "within_m": 5,
    }
    with pytest.raises(StatisticsError, match=words):
        distance_band(**{**arguments, **change})
