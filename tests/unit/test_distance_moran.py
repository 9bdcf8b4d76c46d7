"""Local Moran where near areas weigh more: labels, sides, other seeds, and what is refused."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from scipy.stats import false_discovery_control

from graphs import dense_weights, inverse_distance, random_points
from spatial import distance_weights, labels
from spatial.distance_graphs import WeightedNeighbours
from spatial.distance_weights import (
    conditional_weighted_counts,
    weighted_global_moran,
    weighted_local_moran,
)
from spatial.errors import StatisticsError
from spatial.moran import LocalMoran
from spatial.permutation import Alternative, PermutationCounts


def test_local_moran_with_distance_weights_finds_a_planted_corner() -> None:
    x, y, codes = random_points(120, seed=9)
    graph = inverse_distance(x, y, codes=codes, within_m=250)
    values = np.random.default_rng(5).normal(size=120) + 3.0 * ((x < 300) & (y < 300))
    report = x < 900
    result = weighted_local_moran(values, graph, report=report, permutations=4_999)
    z = (values - values.mean()) / values.std()
    np.testing.assert_allclose(result.i, z * (dense_weights(graph) @ z), rtol=1e-9, atol=1e-12)
    hot = result.cluster == "High-High"
    assert hot.sum() >= 3
    assert np.all((x < 500) & (y < 500), where=hot)
    assert np.isnan(result.q[~report]).all()
    assert set(result.cluster[~report]) == {"Not testable"}
    raw = weighted_local_moran(values, graph, permutations=999, correction="none")
    np.testing.assert_array_equal(raw.p, raw.q)


def test_an_area_at_the_mean_is_not_unusual_whatever_its_surroundings() -> None:
    x, y, codes = random_points(60, seed=4)
    graph = inverse_distance(x, y, codes=codes, within_m=400)
    west = np.argsort(x)
    values = np.empty(60)
    values[west[:30]], values[west[30:]] = 1.0, -1.0
    values[west[0]] = 0.0
    values[west[59]] = 0.0  # so that the mean is 0
    result = weighted_local_moran(values, graph, permutations=999)
    for area in (west[0], west[59]):
        around = graph.indices[graph.indptr[area] : graph.indptr[area + 1]]
        assert abs(values[around].mean()) > 0.5, "unlike the mean all around"
        assert result.p[area] == 1.0


@pytest.mark.parametrize(("unit", "far"), [(1 / 3, -1e9), (1e-3 / 3, 1e5), (1e3 / 7, 1e12)])
def test_unit_and_origin_change_no_p(unit: float, far: float) -> None:
    """Numbers far from 0 on a lattice, and one area alone: equal sums tie all the same."""
    x, y = np.r_[np.arange(64) % 8 * 100.0, 9e4], np.r_[np.arange(64) // 8 * 100.0, 9e4]
    codes = [f"{i:04d}" for i in range(65)]
    graph = inverse_distance(x, y, codes=codes, within_m=110)
    values = np.random.default_rng(5).integers(0, 4, 65).astype(float)
    near = weighted_local_moran(values, graph, permutations=999)
    shifted = weighted_local_moran(values * unit + far, graph, permutations=999)
    np.testing.assert_array_equal(shifted.p, near.p)


def test_global_moran_counts_areas_without_neighbours_in_n_alone() -> None:
    x, y, codes = random_points(40, seed=2)
    x[7] += 90_000.0
    graph = inverse_distance(x, y, codes=codes, within_m=400)
    assert (graph.cardinalities == 0).any()
    values = np.random.default_rng(3).normal(size=40)
    w, z = dense_weights(graph), values - values.mean()
    expected = 40 / w.sum() * (z @ w @ z) / (z @ z)
    assert weighted_global_moran(values, graph) == pytest.approx(expected)


def test_local_moran_says_why_it_does_not_test() -> None:
    x, y, codes = random_points(36)
    graph = inverse_distance(x, y, codes=codes, within_m=300)
    values = np.arange(36.0)
    assert "same in every area" in weighted_local_moran(np.ones(36), graph).inference
    assert "49 events" in weighted_local_moran(values, graph, events=49).inference
    far = inverse_distance(x, y, codes=codes, within_m=1e-3)
    assert "no area has a neighbour" in weighted_local_moran(values, far).inference
    few = inverse_distance(x[:20], y[:20], codes=codes[:20], within_m=300)
    result = weighted_local_moran(values[:20], few)
    assert "20 areas" in result.inference
    assert np.isnan(result.p).all()
    middle = np.r_[0.0, np.tile([-1.0, 1.0], 18)][:35]
    near = inverse_distance(x[:35], y[:35], codes=codes[:35], within_m=900)
    assert weighted_local_moran(middle, near, permutations=99).p[0] == 1.0


# One side, and other seeds ------------------------------------------------------------------


def unequal_ring(weights: tuple[float, float], values: np.ndarray) -> WeightedNeighbours:
    """Areas in a ring, where the next one weighs more than the one before."""
    n = values.size
    links = [sorted([((i + 1) % n, weights[0]), ((i - 1) % n, weights[1])]) for i in range(n)]
    flat = [link for row in links for link in row]
    return WeightedNeighbours(
        tuple(f"E{i:03d}" for i in range(n)),
        np.arange(0, 2 * n + 1, 2),
        np.array([j for j, _ in flat]),
        np.array([w for _, w in flat]),
    )


def every_pair(n: int) -> np.ndarray:
    """Each ordered choice of two of n areas, once: the whole null of an area with two neighbours."""
    return np.array(list(itertools.permutations(range(n), 2)), dtype=np.int32).T


def ring_values(seed: int, n: int = 32) -> np.ndarray:
    """Counts, so that many sums tie."""
    return np.random.default_rng(seed).poisson(3.0, n).astype(float)


@pytest.mark.parametrize("seed", [1, 2])
def test_one_sided_p_is_that_of_every_draw(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Oracle: I of each of the 930 ways to put two of the other values beside an area."""
    y = ring_values(seed)
    graph = unequal_ring((0.75, 0.25), y)
    monkeypatch.setattr(distance_weights, "sample_block", lambda n, *_: every_pair(n))
    greater, less, both = (
        weighted_local_moran(
            y, graph, alternative=side, correction="none", alpha=0.3, seeds_checked=0
        )
        for side in ("greater", "less", "two-sided")
    )
    z = (y - y.mean()) / y.std()
    for i in range(32):
        null = [
            z[i] * (0.75 * after + 0.25 * before)
            for after, before in itertools.permutations(np.delete(z, i), 2)
        ]
        own = z[i] * (0.75 * z[(i + 1) % 32] + 0.25 * z[i - 1])
        high, low = (
            sum(side)
            for side in zip(*((v >= own - 1e-9, v <= own + 1e-9) for v in null), strict=True)
        )
        assert greater.p[i] == (high + 1) / 931
        assert less.p[i] == (low + 1) / 931
    np.testing.assert_array_equal(both.p, np.minimum(1.0, 2 * np.minimum(greater.p, less.p)))
    assert set(greater.raw_cluster) <= {"High-High", "Low-Low", "Not significant"}
    assert set(less.raw_cluster) <= {"High-Low", "Low-High", "Not significant"}
    assert len(set(greater.raw_cluster) | set(less.raw_cluster)) >= 4


@pytest.mark.parametrize("side", ["two-sided", "greater", "less"])
def test_another_name_for_an_area_changes_nothing(
    side: Alternative, monkeypatch: pytest.MonkeyPatch
) -> None:
    y = ring_values(3)
    graph = unequal_ring((0.6, 0.4), y)
    order = np.random.default_rng(5).permutation(32)  # where each area stands from now on
    rows = [graph.indices[2 * i : 2 * i + 2] for i in range(32)]
    weights = [graph.weights[2 * i : 2 * i + 2] for i in range(32)]
    renamed = [np.argsort(order[rows[i]]) for i in range(32)]
    was = np.argsort(order)
    moved = WeightedNeighbours(
        graph.codes,
        graph.indptr,
        np.concatenate([order[rows[i]][renamed[i]] for i in was]),
        np.concatenate([weights[i][renamed[i]] for i in was]),
    )
    monkeypatch.setattr(distance_weights, "sample_block", lambda n, *_: every_pair(n))
    one = weighted_local_moran(y, graph, alternative=side)
    other = weighted_local_moran(y[was], moved, alternative=side)
    for name in ("p", "q", "cluster", "raw_cluster", "agreement"):
        np.testing.assert_array_equal(getattr(other, name), getattr(one, name)[was])


def test_values_turned_over_or_in_other_units_have_the_same_one_sided_p() -> None:
    x, y, codes = random_points(50, seed=12)
    graph = inverse_distance(x, y, codes=codes, within_m=300)
    values = np.random.default_rng(8).normal(size=50)
    turned = {"High-High": "Low-Low", "Low-Low": "High-High"}
    turned |= {"High-Low": "Low-High", "Low-High": "High-Low"}
    for side in ("greater", "less"):
        asked: dict[str, Any] = {"alternative": side, "permutations": 999, "correction": "none"}
        one = weighted_local_moran(values, graph, **asked)
        other = weighted_local_moran(200.0 - 3.0 * values, graph, **asked)
        np.testing.assert_array_equal(one.p, other.p)
        np.testing.assert_array_equal(one.agreement, other.agreement)
        assert [turned.get(str(word), str(word)) for word in one.cluster] == list(other.cluster)


def test_an_i_of_the_other_sign_is_not_called_alike() -> None:
    """The highest area's null is centred below 0: an I just below 0 can be its highest draw."""
    y = np.full(32, 0.0) + 1e-3 * np.arange(32)
    y[5], y[20] = 40.0, -20.0
    y[[4, 6]] = 0.05
    found = weighted_local_moran(
        y, unequal_ring((0.6, 0.4), y), alternative="greater", permutations=999,
        correction="none",
    )  # fmt: skip
    assert found.p[5] <= 0.05
    assert found.i[5] < 0
    assert found.raw_cluster[5] == found.cluster[5] == "Not significant"
    assert found.agreement[5] == 1.0


def agreement_of_full_runs(
    result: LocalMoran,
    values: np.ndarray,
    graph: WeightedNeighbours,
    side: Alternative,
    *,
    corrected: bool,
) -> np.ndarray:
    """Oracle: every area drawn again from each of five seeds, corrected by SciPy or not."""
    z = (values - values.mean()) / values.std()
    lag = dense_weights(graph) @ z
    has, alike = graph.cardinalities > 0, z * lag > 0
    same = np.zeros(graph.n)
    for check in range(5):
        counts = conditional_weighted_counts(
            z, graph.indptr, graph.indices, graph.weights, permutations=result.permutations,
            seed=np.random.SeedSequence(result.seed, spawn_key=(502, check)),
        )  # fmt: skip
        of_i = [
            np.where(z < 0, counts.less, counts.greater),
            np.where(z < 0, counts.greater, counts.less),
        ]
        tails = [(count + 1) / (counts.draws + 1) for count in of_i]
        p = {
            "greater": tails[0], "less": tails[1],
            "two-sided": np.minimum(1, 2 * np.minimum(*tails)),
        }[side]  # fmt: skip
        q = np.full(graph.n, np.nan)
        q[has] = false_discovery_control(p[has]) if corrected else p[has]
        for i in np.flatnonzero(has):
            words = f"{'High' if z[i] > 0 else 'Low'}-{'High' if lag[i] > 0 else 'Low'}"
            looked_for = side == "two-sided" or alike[i] == (side == "greater")
            label = words if q[i] <= 0.3 and looked_for else "Not significant"
            same[i] += label == result.cluster[i]
    return np.where(has, same / 5, np.nan)


@pytest.mark.parametrize("corrected", [True, False])
@pytest.mark.parametrize("side", ["two-sided", "greater", "less"])
def test_agreement_is_that_of_five_full_runs(side: Alternative, *, corrected: bool) -> None:
    x, y, codes = random_points(90, seed=14)
    graph = inverse_distance(x, y, codes=codes, within_m=120, nearest_m=10)
    assert (graph.cardinalities == 0).any()
    noise = np.random.default_rng(1).normal(size=90)
    values = noise + np.nan_to_num(graph.lag(noise)) * (-4.0 if side == "less" else 2.0)
    asked: dict[str, Any] = {"permutations": 99, "alpha": 0.3, "alternative": side, "seed": 7}
    asked["correction"] = "benjamini-hochberg" if corrected else "none"
    result = weighted_local_moran(values, graph, **asked)
    expected = agreement_of_full_runs(result, values, graph, side, corrected=corrected)
    np.testing.assert_allclose(result.agreement, expected, rtol=1e-12)
    assert np.nanmin(expected) < 1.0, "no label is open to chance: the test says nothing"
    again = weighted_local_moran(values, graph, **asked)
    np.testing.assert_array_equal(again.agreement, result.agreement)
    none = weighted_local_moran(values, graph, **asked, seeds_checked=0)
    assert np.isnan(none.agreement).all()


def test_only_areas_open_to_chance_are_drawn_again(monkeypatch: pytest.MonkeyPatch) -> None:
    x, y, codes = random_points(120, seed=9)
    graph = inverse_distance(x, y, codes=codes, within_m=250)
    values = np.random.default_rng(5).normal(size=120) + 3.0 * ((x < 300) & (y < 300))
    asked: list[int] = []

    def counted(*arguments: Any, only: np.ndarray | None = None, **rest: Any) -> PermutationCounts:
        asked.append(120 if only is None else int(only.sum()))
        return conditional_weighted_counts(*arguments, only=only, **rest)

    monkeypatch.setattr(distance_weights, "conditional_weighted_counts", counted)
    result = weighted_local_moran(values, graph, permutations=9_999)
    assert asked[0] == 120
    assert len(asked) == 6
    assert 0 < asked[1] < 40, asked
    monkeypatch.setattr(labels, "p_bounds", lambda p, *_: (0.0 * p, 0.0 * p + 1.0))
    full = weighted_local_moran(values, graph, permutations=9_999)
    np.testing.assert_array_equal(result.agreement, full.agreement)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"y": np.ones(3)}, r"y: shape \(3,\) for a graph of 36 areas"),
        ({"y": np.full(36, np.nan)}, r"y: row 0 \(area E000\) is nan"),
        ({"alpha": 0.0}, "alpha: 0.0"),
        ({"correction": "fdr"}, "correction: 'fdr'"),
        ({"alternative": "more"}, "alternative: 'more' is not two-sided, greater or less"),
        ({"permutations": 0}, "permutations: 0 is below 1"),
        ({"report": np.ones(4, dtype=bool)}, "report: expected 36"),
    ],
)
def test_local_moran_refuses_what_has_no_meaning(change: dict[str, Any], words: str) -> None:
    x, y, codes = random_points(36)
    graph = inverse_distance(x, y, codes=codes, within_m=300)
    with pytest.raises(StatisticsError, match=words):
        weighted_local_moran(**{"y": np.arange(36.0), "neighbours": graph, **change})
