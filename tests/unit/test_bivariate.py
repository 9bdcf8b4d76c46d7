"""Bivariate local Moran's I against its definition, esda and the univariate case."""

from __future__ import annotations

import inspect
import itertools
import warnings
from typing import Any

import numpy as np
import pytest

from graphs import lattice, ring
from spatial import bivariate, labels
from spatial.bivariate import BivariateMoran, bivariate_moran
from spatial.errors import StatisticsError
from spatial.moran import local_moran
from spatial.permutation import Alternative, PermutationCounts, conditional_moran_counts
from spatial.weights import Neighbours


def noise(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.normal(size=n), rng.gamma(2.0, size=n)


def run(x: np.ndarray, y: np.ndarray, graph: Neighbours, **settings: Any) -> BivariateMoran:
    return bivariate_moran(x, y, graph, **{"permutations": 999, "seeds_checked": 0, **settings})


def test_values_are_their_definition() -> None:
    graph = lattice(5, 6, islands=2)
    x, y = noise(graph.n, 1)
    zx, zy = (x - x.mean()) / x.std(), (y - y.mean()) / y.std()
    result = run(x, y, graph)
    expected = np.full(graph.n, np.nan)
    for i in range(30):
        expected[i] = zx[i] * zy[graph.indices[graph.indptr[i] : graph.indptr[i + 1]]].mean()
    np.testing.assert_allclose(result.i, expected, rtol=1e-12)
    assert result.value == pytest.approx(np.nanmean(expected))
    assert result.correlation == pytest.approx(np.corrcoef(x, y)[0, 1])
    assert list(result.cluster[30:]) == ["No neighbours"] * 2
    assert np.isnan(result.p[30:]).all()


def test_one_variable_twice_is_the_univariate_statistic() -> None:
    graph = lattice(8, 8)
    y = noise(64, 2)[1]
    one = local_moran(y, graph, permutations=999, seeds_checked=2)
    two = run(y, y, graph, seeds_checked=2)
    np.testing.assert_allclose(two.i, one.i, rtol=1e-12)
    for name in ("p", "q", "cluster", "raw_cluster", "agreement"):
        np.testing.assert_array_equal(getattr(two, name), getattr(one, name))


def test_p_depends_on_the_surroundings_and_the_label_on_both() -> None:
    graph = lattice(8, 8)
    x, y = noise(64, 3)
    y = y + 3 * (np.arange(64) % 8 < 4)
    plain, turned = run(x, y, graph), run(-x, y, graph)
    np.testing.assert_array_equal(plain.p, turned.p)
    np.testing.assert_allclose(turned.i, -plain.i)
    other = {"High-High": "Low-High", "Low-High": "High-High", "Low-Low": "High-Low"}
    other["High-Low"] = "Low-Low"
    expected = [other.get(str(c), str(c)) for c in plain.raw_cluster]
    assert list(turned.raw_cluster) == expected
    assert set(plain.raw_cluster) >= {"High-High", "Low-High", "Low-Low", "High-Low"}


@pytest.mark.parametrize("seed", [4, 5])
def test_p_is_the_loop_over_areas(seed: int) -> None:
    """Oracle: hold each area's x and shuffle the y of the others."""
    graph = lattice(6, 6)
    x, y = noise(36, seed)
    result = run(x, y, graph, permutations=9_999)
    rng = np.random.default_rng(seed)
    for i in range(36):
        around = graph.indices[graph.indptr[i] : graph.indptr[i + 1]]
        others = np.tile(np.delete(y, i), (3_000, 1))
        null = rng.permuted(others, axis=1)[:, : around.size].sum(axis=1)
        tail = min((null >= y[around].sum()).mean(), (null <= y[around].sum()).mean())
        error = np.sqrt(max(tail, 1e-3) * (1 - tail) * (1 / 3_000 + 1 / 7_000))
        assert abs(result.p[i] / 2 - tail) < 4.5 * error + 3e-4


def test_one_sided_p_is_the_share_of_all_draws() -> None:
    """Oracle: a ring of 32 areas, and each of the 465 ways to draw two neighbours' y."""
    graph = ring(32)
    x, y = noise(32, 14)
    y = np.round(2 * y)
    zx, draws = x - x.mean(), 39_999
    found = {
        side: run(x, y, graph, permutations=draws, alternative=side)
        for side in ("greater", "less", "two-sided")
    }
    for i in range(32):
        ways = np.array(list(itertools.combinations(np.delete(y, i), 2))).sum(axis=1)
        null, own = zx[i] * ways, zx[i] * (y[i - 1] + y[(i + 1) % 32])
        for side, share in (
            ("greater", (null >= own - 1e-9).mean()),
            ("less", (null <= own + 1e-9).mean()),
        ):
            error = np.sqrt(max(share * (1 - share), 1e-4) / (draws * 30 / 32))
            assert abs(found[side].p[i] - share) < 4.5 * error + 1 / draws
    smaller = np.minimum(found["greater"].p, found["less"].p)
    np.testing.assert_array_equal(found["two-sided"].p, np.minimum(1.0, 2 * smaller))
    assert set(found["greater"].raw_cluster) <= {"High-High", "Low-Low", "Not significant"}
    assert set(found["less"].raw_cluster) <= {"High-Low", "Low-High", "Not significant"}


def test_turning_x_round_turns_the_one_sided_tests_round() -> None:
    graph = lattice(8, 8)
    x, y = noise(64, 3)
    more = run(x, y, graph, alternative="greater", seeds_checked=2)
    less = run(-x, y, graph, alternative="less", seeds_checked=2)
    for name in ("p", "q", "agreement"):
        np.testing.assert_array_equal(getattr(more, name), getattr(less, name))
    same = run(y, y, graph, alternative="greater", seeds_checked=2)
    one = local_moran(y, graph, permutations=999, alternative="greater", seeds_checked=2)
    for name in ("p", "q", "cluster", "raw_cluster", "agreement"):
        np.testing.assert_array_equal(getattr(same, name), getattr(one, name))


@pytest.mark.parametrize("correction", ["none", "benjamini-hochberg"])
@pytest.mark.parametrize("side", ["two-sided", "greater", "less"])
def test_agreement_is_that_of_running_every_seed_in_full(
    side: Alternative, correction: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    graph = lattice(12, 12, islands=2)
    moved = 0.0
    asked = {"correction": correction, "alternative": side, "seeds_checked": 5, "seed": 3}
    for seed in (11, 12):
        x, y = noise(graph.n, seed)
        y = y + 2.0 * np.nan_to_num(graph.lag(y))
        x = x + np.nan_to_num(graph.lag(y)) * (-1.0 if side == "less" else 1.0)
        quick = run(x, y, graph, **asked)
        with monkeypatch.context() as patch:
            patch.setattr(labels, "p_bounds", lambda p, *_: (0.0 * p, 0.0 * p + 1.0))
            full = run(x, y, graph, **asked)
        for name in ("p", "q", "cluster", "raw_cluster", "agreement"):
            np.testing.assert_array_equal(getattr(quick, name), getattr(full, name))
        by_hand = np.mean(
            [
                run(x, y, graph, **{**asked, "seeds_checked": 0, "seed": key}).cluster
                == quick.cluster
                for key in (np.random.SeedSequence(3, spawn_key=(502, c)) for c in range(5))
            ],
            axis=0,
        )
        tested = ~np.isnan(quick.q)
        np.testing.assert_allclose(quick.agreement[tested], by_hand[tested])
        moved = max(moved, float(np.mean(quick.agreement[tested] < 1)))
    assert moved > 0, "no label is open to chance: the test says nothing"


def test_only_areas_open_to_chance_are_drawn_again(monkeypatch: pytest.MonkeyPatch) -> None:
    graph = lattice(12, 12)
    x, y = noise(144, 11)
    asked: list[int] = []

    def counted(*arguments: Any, only: np.ndarray | None = None, **rest: Any) -> PermutationCounts:
        asked.append(144 if only is None else int(only.sum()))
        return conditional_moran_counts(*arguments, only=only, **rest)

    monkeypatch.setattr(bivariate, "conditional_moran_counts", counted)
    run(x, y, graph, permutations=9_999, correction="none", seeds_checked=5)
    assert asked[0] == 144
    assert len(asked) == 6
    assert 0 < asked[1] < 48, asked


def test_values_are_esdas_with_the_population_deviation() -> None:
    from esda import Moran_Local_BV

    graph = lattice(6, 7)
    x, y = noise(42, 6)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        peer = Moran_Local_BV(x, y, graph.to_libpysal(), permutations=9, seed=1)
    mine = run(x, y, graph)
    np.testing.assert_allclose(mine.i, np.asarray(peer.Is) * 42 / 41, rtol=1e-10)
    names = np.array(["", "High-High", "Low-High", "Low-Low", "High-Low"])
    known = mine.raw_cluster != "Not significant"
    assert known.any()
    np.testing.assert_array_equal(mine.raw_cluster[known], names[np.asarray(peer.q)[known]])


@pytest.mark.parametrize(("unit", "far"), [(1 / 3, -1e9), (1e-3 / 3, 1e5), (1e3 / 7, 1e12)])
def test_unit_and_origin_change_no_p(unit: float, far: float) -> None:
    """Numbers far from 0 carry fewer digits: equal sums tie, and the mean is the mean."""
    graph, rng = lattice(8, 8, islands=1), np.random.default_rng(5)
    x, y = (rng.integers(0, 4, 65).astype(float) for _ in range(2))
    x[:40] = np.tile([0.0, 2.0, 1.0, 1.0], 10)
    x[40:] = 1.0
    near, shifted = run(x, y, graph), run(x * unit + far, y * unit + far, graph)
    assert (near.p[40:64] == 1).all(), "at the mean"
    np.testing.assert_array_equal(shifted.p, near.p)


def test_one_permutation_is_enough_to_be_asked_and_the_default_is_stated() -> None:
    graph = lattice(8, 8)
    x, y = noise(64, 9)
    both = run(x, y, graph, permutations=1).p
    assert set(both[~np.isnan(both)]) == {1.0}  # where the one draw is not of the area itself
    for test in (bivariate_moran, local_moran):
        assert inspect.signature(test).parameters["permutations"].default == 99_999
    alone = local_moran(y, graph, permutations=1, seeds_checked=0).p
    np.testing.assert_array_equal(alone, both)


def test_q_is_corrected_over_the_reported_areas_only() -> None:
    graph = lattice(7, 7)
    x, y = noise(49, 7)
    report = np.arange(49) < 20
    part = run(x, y, graph, report=report)
    assert np.isnan(part.q[20:]).all()
    assert set(part.cluster[20:]) == {"Not testable"}
    stepped = np.sort(part.p[:20]) * 20 / np.arange(1, 21)
    expected = np.minimum(1, np.minimum.accumulate(stepped[::-1])[::-1])
    np.testing.assert_allclose(np.sort(part.q[:20]), expected)
    raw = run(x, y, graph, report=report, correction="none")
    np.testing.assert_array_equal(raw.q[:20], part.p[:20])


def test_an_area_at_the_mean_is_never_unusual() -> None:
    graph = lattice(6, 6)
    x, y = noise(36, 8)
    x = np.round(x)
    x[0] = x[1:].mean()  # now the mean of all
    y[[1, 6, 7]] = 50.0
    result = run(x, y, graph)
    assert (result.p[0], result.raw_cluster[0]) == (1.0, "Not significant")


@pytest.mark.parametrize(
    ("x", "y", "words"),
    [
        (np.ones(36), np.arange(36.0), "the value is the same in every area"),
        (np.arange(36.0), np.ones(36), "the value is the same in every area"),
    ],
)
def test_a_constant_is_not_testable(x: np.ndarray, y: np.ndarray, words: str) -> None:
    result = run(x, y, lattice(6, 6))
    assert words in result.inference
    assert np.isnan(result.p).all()
    assert np.isnan(result.value)
    assert set(result.cluster) == {"Not testable"}


def test_few_areas_or_events_are_not_tested() -> None:
    x, y = noise(25, 9)
    assert "25 areas, and at least 30" in run(x, y, lattice(5, 5)).inference
    x, y = noise(36, 9)
    assert "49 events, and at least 50" in run(x, y, lattice(6, 6), events=49).inference


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"x": np.ones(3)}, r"x: shape \(3,\) for a graph of 36 areas"),
        ({"y": np.full(36, np.nan)}, r"y: row 0 \(area 0000\) is nan"),
        ({"x": np.full(36, np.inf)}, r"x: row 0 \(area 0000\) is inf"),
        ({"alpha": 1.0}, "alpha: 1.0 is not between 0 and 1"),
        ({"correction": "fdr"}, "correction: 'fdr'"),
        ({"permutations": 0}, "permutations: 0 is below 1"),
        ({"alternative": "more"}, "alternative: 'more' is not two-sided, greater or less"),
        ({"report": np.ones(4, dtype=bool)}, "report: expected 36 true or false values"),
    ],
)
def test_what_has_no_meaning_is_refused(change: dict[str, Any], words: str) -> None:
    x, y = noise(36, 10)
    with pytest.raises(StatisticsError, match=words):
        run(**{"x": x, "y": y, "graph": lattice(6, 6), **change})
