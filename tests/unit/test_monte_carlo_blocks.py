"""Every Monte Carlo of the engine, equal to the last bit wherever and whenever its blocks are done.

Each is run here, by two processes, and in pickled blocks of which the last is done first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields
from typing import Any

import numpy as np
import pytest

import block_order as ORDER
from graphs import inverse_distance
from spatial import getis, labels
from spatial.bivariate import bivariate_moran
from spatial.blocks import SERIAL, BlockMap, block_map
from spatial.concentration import gini
from spatial.distance_weights import conditional_weighted_counts, weighted_local_moran
from spatial.getis import local_g, local_g_of_maps
from spatial.moran import local_moran
from spatial.planted_block import queen_lattice
from spatial.scan import scan
from spatial.space_time import space_time

LATTICE = queen_lattice(8, 8)
NOISE = np.random.default_rng(11).normal(size=64)
# Alike enough to its surroundings for labels, and near enough to the line for seeds to differ.
MAP = NOISE + 1.5 * np.nan_to_num(LATTICE.lag(NOISE))
OTHER = np.random.default_rng(12).normal(size=64)
AT = np.random.default_rng(13).uniform(0, 1_000, (2, 64))
NEAR = inverse_distance(AT[0], AT[1], codes=[f"{i:02d}" for i in range(64)], within_m=250)
MONTHS = [f"2025-{month:02d}" for month in range(1, 13)]
COUNTS = np.random.default_rng(14).poisson(6.0, (64, 12))
COVERED = np.arange(64 * 12).reshape(64, 12) % 97 > 0  # four graphs, each with months of its own
DRAWS = 40_000  # three blocks

ASKED: dict[str, Callable[[BlockMap], Any]] = {
    "weighted null": lambda blocks: conditional_weighted_counts(
        MAP, NEAR.indptr, NEAR.indices, NEAR.weights, permutations=DRAWS, seed=3, blocks=blocks
    ),
    "weighted null of some areas": lambda blocks: conditional_weighted_counts(
        MAP, NEAR.indptr, NEAR.indices, NEAR.weights, permutations=DRAWS, seed=3, blocks=blocks,
        only=np.arange(64) % 3 == 0,
    ),
    "weighted local Moran": lambda blocks: weighted_local_moran(
        MAP, NEAR, permutations=DRAWS, alpha=0.3, seed=3, blocks=blocks
    ),
    "local Moran": lambda blocks: local_moran(
        MAP, LATTICE, permutations=DRAWS, alpha=0.3, seed=3, blocks=blocks
    ),
    "Gi*": lambda blocks: local_g(MAP, LATTICE, permutations=DRAWS, seed=3, blocks=blocks),
    "Gi* of maps": lambda blocks: local_g_of_maps(
        np.stack([MAP, OTHER]), LATTICE, permutations=DRAWS, seeds_checked=2, blocks=blocks
    ),
    "bivariate": lambda blocks: bivariate_moran(
        OTHER, MAP, LATTICE, permutations=DRAWS, alpha=0.3, seed=3, blocks=blocks
    ),
    "space-time": lambda blocks: space_time(
        COUNTS, np.full(64, 900.0), LATTICE, MONTHS, covered=COVERED, permutations=DRAWS,
        blocks=blocks,
    ),
    "Gini": lambda blocks: gini(
        COUNTS[:, 0], seed=np.random.SeedSequence(3), simulations=170, blocks=blocks
    ),
    "scan": lambda blocks: scan(
        COUNTS[:, 0], np.full(64, 900.0), AT[0], AT[1], codes=LATTICE.codes, replications=999,
        seed=3, blocks=blocks,
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def two() -> Iterator[BlockMap]:
    with block_map(2) as pool:
        yield pool


def same(one: Any, other: Any) -> None:
    """Hold two results against one another, to the last bit."""
    assert type(one) is type(other)
    if isinstance(one, np.ndarray):
        np.testing.assert_array_equal(one, other)
    elif isinstance(one, tuple | list):
        assert len(one) == len(other)
        for mine, theirs in zip(one, other, strict=True):
            same(mine, theirs)
    elif hasattr(one, "__dataclass_fields__"):
        for field in fields(one):
            same(getattr(one, field.name), getattr(other, field.name))
    else:
        assert one == other or (one != one and other != other)  # noqa: PLR0124 - NaN


@pytest.mark.parametrize("name", list(ASKED))
def test_two_processes_and_another_order_give_the_same_bits(name: str, two: BlockMap) -> None:
    asked, backwards = ASKED[name], ORDER.Backwards()
    alone = asked(SERIAL)
    same(asked(backwards), alone)
    assert backwards.handed >= 3, "one block alone shows nothing"
    same(asked(two), alone)


@pytest.mark.parametrize("name", ["weighted local Moran", "local Moran", "Gi*", "bivariate"])
def test_further_seeds_go_through_the_blocks_too(
    name: str, two: BlockMap, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three blocks of the published seed and three of each of five others, all open to chance."""
    for module in (labels, getis):
        monkeypatch.setattr(module, "p_bounds", lambda p, *_: (np.zeros(p.size), np.ones(p.size)))
    backwards = ORDER.Backwards()
    found = ASKED[name](backwards)
    assert backwards.handed == 18
    same(ASKED[name](two), found)
    same(ASKED[name](SERIAL), found)


def test_weighted_counts_do_not_depend_on_how_draws_are_divided_over_areas() -> None:
    """A count of some areas is the count they have among all, block by block."""
    whole = ASKED["weighted null"](SERIAL)
    some = ASKED["weighted null of some areas"](SERIAL)
    kept = np.arange(64) % 3 == 0
    for mine, theirs in zip(some, whole, strict=True):
        np.testing.assert_array_equal(mine[kept], theirs[kept])
        assert not mine[~kept].any()
