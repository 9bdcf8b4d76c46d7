"""Draws that two tests share: the same answers as alone, and no draw made twice."""

from __future__ import annotations

import numpy as np
import pytest

from graphs import two_corners
from spatial import getis, moran
from spatial.getis import local_g
from spatial.moran import local_moran
from spatial.permutation import Alternative, PermutationCounts, conditional_moran_counts
from spatial.shared_draws import SharedDraws


@pytest.mark.parametrize("alternative", ["two-sided", "greater", "less"])
@pytest.mark.parametrize("hot_first", [True, False])
def test_both_tests_have_the_answers_they_have_alone(
    alternative: Alternative, hot_first: bool
) -> None:
    y, graph = two_corners()
    asked = {"permutations": 199, "seed": 8, "alternative": alternative}
    alone = local_moran(y, graph, **asked), local_g(y, graph, **asked)  # type: ignore[arg-type]
    shared = SharedDraws()
    if hot_first:
        hot = local_g(y, graph, shared=shared, **asked)  # type: ignore[arg-type]
        alike = local_moran(y, graph, shared=shared, **asked)  # type: ignore[arg-type]
    else:
        alike = local_moran(y, graph, shared=shared, **asked)  # type: ignore[arg-type]
        hot = local_g(y, graph, shared=shared, **asked)  # type: ignore[arg-type]
    for mine, own in zip((alike, hot), alone, strict=True):
        for name in ("p", "q", "agreement", "label"):
            np.testing.assert_array_equal(getattr(mine, name), getattr(own, name))
    assert (alone[1].agreement < 1).any()


def test_no_draw_is_made_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """Six seeds for both tests together, as for one."""
    y, graph = two_corners()
    seeds = []
    drawn = getis.conditional_counts_of_maps

    def counted(*args: object, **asked: object) -> tuple[PermutationCounts, ...]:
        seeds.append(asked["seed"])
        return drawn(*args, **asked)  # type: ignore[arg-type]

    monkeypatch.setattr(getis, "conditional_counts_of_maps", counted)
    monkeypatch.delattr(moran, "conditional_moran_counts")
    shared = SharedDraws()
    local_g(y, graph, permutations=199, shared=shared)
    local_moran(y, graph, permutations=199, shared=shared)
    assert len(seeds) == 6


def test_areas_that_were_not_drawn_are_drawn_when_asked_for() -> None:
    y, graph = two_corners()
    half = np.arange(graph.n) % 2 == 0
    shared, asked = SharedDraws(), []

    def draw(seed: object, only: np.ndarray | None) -> tuple[PermutationCounts, ...]:
        asked.append(None if only is None else int(only.sum()))
        counts = conditional_moran_counts(
            y, graph.indptr, graph.indices, permutations=99, seed=3, only=only
        )
        return (counts,)

    key = np.random.SeedSequence(3, spawn_key=(1, 2))
    some = shared.counts(key, half, draw)[0]
    again = shared.counts(np.random.SeedSequence(3, spawn_key=(1, 2)), half & (y > 0), draw)[0]
    assert again is some
    every = shared.counts(key, None, draw)[0]
    assert shared.counts(key, ~half, draw)[0] is every
    assert shared.counts(3, half, draw)[0] is not every
    assert asked == [72, None, 72]
    np.testing.assert_array_equal(every.greater[half], some.greater[half])
