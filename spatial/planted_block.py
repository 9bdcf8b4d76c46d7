"""What the tests find of a block of high values planted in noise: their power.

Maps are made up, so the truth is known, and go through `local_moran` and `local_g` as a run's do.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from spatial.blocks import SERIAL, BlockMap
from spatial.calibration import Share, check_maps, map_seeds, share_of
from spatial.errors import StatisticsError
from spatial.getis import local_g
from spatial.local_tests import QUADRANTS
from spatial.moran import local_moran
from spatial.weights import Neighbours

__all__ = ["Power", "detection_power", "queen_lattice"]

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int64]

_POWER_STAGE = 802
"""Spawn key of maps with a planted cluster."""


@dataclass(frozen=True, slots=True)
class Power:
    """What one statistic finds of a planted block of high values, with Benjamini-Hochberg.

    Attributes
    ----------
    statistic
        "local Moran" (found: High-High) or "Gi*" (found: hot spot).
    inner
        Share of the block's cells that is found, of those without a neighbour outside the block.
    block
        The same of the whole block.
    touching
        Share found of the cells outside that touch the block: part of their neighbours is high.
    beyond
        Share found of the cells that do not touch it, where there is nothing to find.
    outside
        Share found of all cells outside.
    outside_any
        Share of all cells outside with any label: high, low or standing alone.
    """

    statistic: str
    inner: Share
    block: Share
    touching: Share
    beyond: Share
    outside: Share
    outside_any: Share


def queen_lattice(rows: int, columns: int) -> Neighbours:
    """Return a lattice of square cells, numbered row by row; cells with a common corner touch.

    Raises
    ------
    StatisticsError
        For fewer than one row or column.
    """
    if rows < 1 or columns < 1:
        raise StatisticsError(f"lattice: {rows} x {columns} cells; give at least 1 x 1")
    row, column = np.divmod(np.arange(rows * columns), columns)
    width = len(str(rows * columns))
    codes = np.array([f"C{cell:0{width}d}" for cell in range(rows * columns)])
    one, two = [], []
    for down, across in ((0, 1), (1, -1), (1, 0), (1, 1)):
        inside = (row + down < rows) & (column + across >= 0) & (column + across < columns)
        cell = np.flatnonzero(inside)
        one.append(cell)
        two.append(cell + down * columns + across)
    start, end = codes[np.concatenate(one)], codes[np.concatenate(two)]
    both = np.concatenate([start, end]), np.concatenate([end, start])
    return Neighbours.from_pairs(codes.tolist(), *both)


def detection_power(
    *,
    seed: np.random.SeedSequence,
    rows: int = 20,
    columns: int = 23,
    block: int = 5,
    lift: float = 2.0,
    maps: int = 100,
    permutations: int = 9_999,
    alpha: float = 0.05,
    blocks: BlockMap = SERIAL,
) -> tuple[Power, ...]:
    """Plant a block of high values in the middle of a lattice of noise, and see what is found.

    Parameters
    ----------
    seed
        Map m and its permutations come from this sequence with (stage, m) added to its key.
    rows, columns, block
        Cells of the lattice, and of the block's side: at least 3, with a margin of 2 around it.
    lift
        What is added to the block's cells, in standard deviations of the noise.
    maps
        Number of maps, at least 2.
    permutations, alpha
        As in `local_moran`; `alpha` bounds q.
    blocks
        Where maps are computed; it makes no difference to the result.

    Returns
    -------
    tuple of Power
        Of local Moran's I, then of Gi*.

    Raises
    ------
    StatisticsError
        For settings out of range.
    """
    if block < 3 or block + 4 > min(rows, columns):
        raise StatisticsError(
            f"block: {block} x {block} cells in {rows} x {columns}; give a block of 3 or more "
            "with at least 2 cells around it"
        )
    lattice = queen_lattice(rows, columns)
    check_maps(lattice, maps)
    ring = _rings(rows, columns, block)
    test = partial(
        _planted_map,
        neighbours=lattice,
        lift=np.where(ring <= 0, lift, 0.0),
        permutations=permutations,
        alpha=alpha,
    )
    found = list(blocks.map(test, map_seeds(seed, _POWER_STAGE, maps)))
    return (
        _power("local Moran", [each.moran for each in found], ring),
        _power("Gi*", [each.gi_star for each in found], ring),
    )


class _Labels(NamedTuple):
    """What one statistic says of each cell of a planted map, shape (n,)."""

    found: BoolArray
    any_label: BoolArray


class _PlantedMap(NamedTuple):
    """Labels of one map with a cluster."""

    moran: _Labels
    gi_star: _Labels


def _planted_map(
    seed: np.random.SeedSequence,
    *,
    neighbours: Neighbours,
    lift: FloatArray,
    permutations: int,
    alpha: float,
) -> _PlantedMap:
    """Make and test one map of normal noise with `lift` added."""
    rng = np.random.default_rng(seed)
    y = rng.standard_normal(neighbours.n) + lift
    draws = int(rng.integers(2**63))
    moran = local_moran(
        y, neighbours, permutations=permutations, alpha=alpha, seed=draws, seeds_checked=0
    )
    gi_star = local_g(y, neighbours, permutations=permutations, seed=draws, seeds_checked=0)
    sure = gi_star.q <= alpha
    return _PlantedMap(
        _Labels(moran.cluster == QUADRANTS[0], np.isin(moran.cluster, QUADRANTS)),
        _Labels(sure & (gi_star.bin > 0), sure & (gi_star.bin != 0)),
    )


def _power(statistic: str, labels: list[_Labels], ring: IntArray) -> Power:
    """Average the labels of every map over the parts of the lattice."""

    def over(cells: BoolArray, *, any_label: bool = False) -> Share:
        return share_of(
            [float((each.any_label if any_label else each.found)[cells].mean()) for each in labels]
        )

    return Power(
        statistic=statistic,
        inner=over(ring < 0),
        block=over(ring <= 0),
        touching=over(ring == 1),
        beyond=over(ring > 1),
        outside=over(ring > 0),
        outside_any=over(ring > 0, any_label=True),
    )


def _rings(rows: int, columns: int, block: int) -> IntArray:
    """Return each cell's place: -1 inside the block, 0 on its edge, 1 touching it, 2 beyond."""
    top, left = (rows - block) // 2, (columns - block) // 2
    row, column = np.divmod(np.arange(rows * columns), columns)
    down = np.maximum(top - row, row - (top + block - 1))
    across = np.maximum(left - column, column - (left + block - 1))
    return np.asarray(np.clip(np.maximum(down, across), -1, 2), dtype=np.int64)
