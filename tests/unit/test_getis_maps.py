"""Local G of many maps, other seeds and true nulls: own counts, and the level that is promised."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from graphs import lattice, two_corners
from spatial import getis, null_counts
from spatial.errors import StatisticsError
from spatial.getis import LocalG, local_g, local_g_of_maps
from spatial.local_tests import AGREEMENT_STAGE
from spatial.moran import assuncao_reis
from spatial.permutation import (
    conditional_counts_of_maps,
    conditional_moran_counts,
)
from spatial.weights import Neighbours


def test_equal_seeds_give_equal_results_and_agreement_counts_the_seeds() -> None:
    y, graph = two_corners()
    first, second = (local_g(y, graph, permutations=199, seed=4, seeds_checked=4) for _ in range(2))
    np.testing.assert_array_equal(first.p, second.p)
    np.testing.assert_array_equal(first.agreement, second.agreement)
    assert set(first.agreement) <= {0.0, 0.25, 0.5, 0.75, 1.0}
    assert set(first.agreement) & {0.25, 0.5, 0.75}, "each further seed draws anew"
    assert np.isnan(local_g(y, graph, permutations=99, seeds_checked=0).agreement).all()
    other = local_g(y, graph, permutations=199, seed=5, seeds_checked=0)
    assert np.any(other.p != first.p)


def test_maps_have_the_results_they_would_have_alone() -> None:
    y, graph = two_corners()
    counts = np.random.default_rng(2).poisson(3.0, 144) / 3
    maps = np.array([y, counts, np.ones(144), -y])
    events = [100.0, 10.0, 100.0, 100.0]
    together = local_g_of_maps(maps, graph, permutations=999, seed=8, events=events)
    for row, number, found in zip(maps, events, together, strict=True):
        alone = local_g(row, graph, permutations=999, seed=8, seeds_checked=0, events=number)
        assert found.inference == alone.inference
        for name in ("value", "z", "p", "q", "bin", "raw_bin", "label"):
            np.testing.assert_array_equal(getattr(found, name), getattr(alone, name), name)
    assert local_g_of_maps(maps[:0], graph) == ()


def test_counts_at_hand_are_not_drawn_again(monkeypatch: pytest.MonkeyPatch) -> None:
    y, graph = two_corners()
    drawn = local_g(y, graph, permutations=999, seed=8, seeds_checked=0)
    counts = conditional_moran_counts(y, graph.indptr, graph.indices, permutations=999, seed=8)
    monkeypatch.delattr("spatial.getis.conditional_counts_of_maps")
    given = local_g(y, graph, permutations=999, seed=8, seeds_checked=0, counts=counts)
    np.testing.assert_array_equal(given.p, drawn.p)
    assert given.label.tolist() == drawn.label.tolist()


def test_shared_draws_give_each_map_its_own_counts() -> None:
    """Islands, ties and both ways of counting (sorting the null, comparing each area)."""
    graph = lattice(9, 9, islands=2)
    rng = np.random.default_rng(6)
    maps = np.array([rng.normal(size=83), rng.poisson(1.0, 83) / 3, rng.poisson(9.0, 83) + 1e6])
    together = conditional_counts_of_maps(
        maps, graph.indptr, graph.indices, permutations=20_000, seed=1
    )
    for row, counts in zip(maps, together, strict=True):
        alone = conditional_moran_counts(
            row, graph.indptr, graph.indices, permutations=20_000, seed=1
        )
        for mine, expected in zip(counts, alone, strict=True):
            np.testing.assert_array_equal(mine, expected)
        assert counts.draws[-2:].tolist() == [0, 0]
        assert np.all(counts.draws[:-2] > 15_000)


@pytest.mark.parametrize(("few", "many"), [(10**9, 0), (0, 10**9), (0, 0)])
def test_sorting_comparing_and_bins_count_alike(
    few: int, many: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    graph = lattice(12, 12)  # 4 corners, 40 edges and 100 inner cells
    y = np.random.default_rng(6).poisson(2.0, 144) / 3
    usual = conditional_moran_counts(y, graph.indptr, graph.indices, permutations=999, seed=1)
    monkeypatch.setattr(null_counts, "_FEW", few)
    monkeypatch.setattr(null_counts, "_MANY", many)
    other = conditional_moran_counts(y, graph.indptr, graph.indices, permutations=999, seed=1)
    for mine, expected in zip(other, usual, strict=True):
        np.testing.assert_array_equal(mine, expected)


def test_maps_that_do_not_fit_are_refused() -> None:
    graph = lattice(3, 3)
    pointers = (graph.indptr, graph.indices)
    maps = np.ones((2, 9))
    with pytest.raises(StatisticsError, match=r"maps: shape \(9,\) for a graph of 9"):
        conditional_counts_of_maps(maps[0], *pointers, permutations=9, seed=1)
    with pytest.raises(StatisticsError, match="permutations: 0 is below 1"):
        conditional_counts_of_maps(maps, *pointers, permutations=0, seed=1)
    maps[1, 4] = np.nan
    with pytest.raises(StatisticsError, match="row 4 of map 1 is nan"):
        conditional_counts_of_maps(maps, *pointers, permutations=9, seed=1)


def many_nulls(null: str, graph: Neighbours) -> tuple[LocalG, ...]:
    rng = np.random.default_rng(77)
    if null == "normal":
        maps = rng.normal(size=(200, graph.n))
    else:
        population = rng.gamma(2.0, 800.0, graph.n) + 200
        maps = np.array(
            [assuncao_reis(rng.poisson(population * 0.01), population) for _ in range(200)]
        )
    return local_g_of_maps(maps, graph, permutations=1_999, seed=5, correction="none")


@pytest.mark.parametrize("null", ["normal", "rates"])
def test_true_nulls_are_called_spots_about_as_often_as_promised(null: str) -> None:
    """METHODS 12's bounds for p; spots are a little fewer, as Z and tail must agree."""
    found = many_nulls(null, lattice(20, 23))
    p = np.concatenate([each.p for each in found])
    bins = np.concatenate([each.bin for each in found])
    assert 0.040 <= (p < 0.05).mean() <= 0.060
    assert 0.035 <= (np.abs(bins) >= 2).mean() <= 0.055
    assert 0.005 <= (np.abs(bins) == 3).mean() <= 0.013
    hot, cold = (bins >= 2).mean(), (bins <= -2).mean()
    assert abs(hot - cold) < 0.01


def test_a_planted_block_is_hot_and_little_else() -> None:
    """The block of METHODS 12: inner 3 x 3 found in 90 %, at most 0.5 % outside, at q <= .05."""
    graph = lattice(20, 23)
    inner = np.zeros((20, 23), dtype=bool)
    inner[9:12, 10:13] = True
    outside = np.ones((20, 23), dtype=bool)
    outside[7:14, 8:15] = False  # a cell beside the block has high neighbours: truly hot by Gi*
    maps = np.random.default_rng(78).normal(size=(25, 20, 23))
    maps[:, 8:13, 9:14] += 2.0
    found = local_g_of_maps(maps.reshape(25, -1), graph, permutations=9_999, seed=1)
    hot = np.array([each.bin.reshape(20, 23) >= 2 for each in found])
    assert hot[:, inner].mean() >= 0.9
    assert hot[:, outside].mean() <= 0.005


@pytest.mark.parametrize("alternative", ["two-sided", "greater", "less"])
@pytest.mark.parametrize("correction", ["none", "benjamini-hochberg"])
def test_agreement_is_that_of_running_every_seed_in_full(
    alternative: getis.Alternative, correction: getis.Correction, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Leaving out the bins that chance cannot change leaves the answer as it was.

    Oracle: `local_g` on the counts of each further seed by itself.
    """
    graph, draws, lost = lattice(15, 15), 999, 0
    report = np.arange(graph.n) < 200
    for seed in range(3):
        rng = np.random.default_rng((5, seed))
        y = graph.lag(rng.normal(size=graph.n)) if seed else rng.poisson(1.0, graph.n) / 3
        asked = {"permutations": draws, "correction": correction, "alternative": alternative}
        asked |= {"report": report}
        drawn = []

        def counted(*given: Any, into: list[int] = drawn, **more: Any) -> Any:
            into.append(int(more["only"].sum()) if more.get("only") is not None else graph.n)
            return conditional_counts_of_maps(*given, **more)

        with monkeypatch.context() as patch:
            patch.setattr(getis, "conditional_counts_of_maps", counted)
            found = local_g(y, graph, seed=seed, **asked)
        assert max(drawn[1:], default=0) < graph.n
        z = (y - y.mean()) / y.std()
        same = []
        for check in range(5):
            counts = conditional_moran_counts(
                z, graph.indptr, graph.indices, permutations=draws,
                seed=np.random.SeedSequence(seed, spawn_key=(AGREEMENT_STAGE, check)),
            )  # fmt: skip
            again = local_g(y, graph, seeds_checked=0, counts=counts, **asked)
            same.append(again.bin == found.bin)
        np.testing.assert_array_equal(found.agreement[:200], np.mean(same, axis=0)[:200])
        assert np.isnan(found.agreement[200:]).all()
        lost += int((found.agreement < 1).sum())
    assert lost > 0
