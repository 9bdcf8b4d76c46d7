"""Gi* by esda's own conditional permutations: a second opinion, slow, behind our guards."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from spatial.errors import StatisticsError
from spatial.permutation import PermutationCounts
from spatial.samples import PERMUTATION_STAGE
from spatial.weights import Neighbours

__all__ = ["esda_gi_star_counts"]

_CELLS = 4_000_000
"""Simulated values that esda may hold at once: it keeps them all."""


def esda_gi_star_counts(
    values: npt.ArrayLike, neighbours: Neighbours, *, permutations: int, seed: int = 0
) -> PermutationCounts:
    """Count esda's simulated Gi* at or above, and at or below, the observed one.

    esda's own p-value folds one tail; two-sided p is made from these counts instead, as
    `spatial.getis.local_g(counts=...)` does. It divides by the sum of the values, so they are
    moved to begin at 1: Gi* orders draws alike whatever the origin. Binary weights, the area
    itself with weight 1.

    Parameters
    ----------
    values
        Shape (n,), in the order of `neighbours.codes`, finite and not constant: esda turns NaN,
        a constant and an area without neighbours into "significant" without a word.
    neighbours
        The graph. An area without neighbours gets counts of 0, and so no p-value.
    permutations
        R, in batches that keep esda's memory small.
    seed
        Equal seeds give equal counts.

    Raises
    ------
    StatisticsError
        Where a value is not finite, all are equal, or there are none for the graph.
    """
    y = np.asarray(values, dtype=np.float64)
    n = neighbours.n
    if y.shape != (n,):
        raise StatisticsError(f"values: shape {y.shape} for a graph of {n} areas")
    bad = np.flatnonzero(~np.isfinite(y))
    if bad.size:
        code = neighbours.codes[int(bad[0])]
        raise StatisticsError(
            f"values: row {bad[0]} (area {code}) is {y[bad[0]]}; leave such areas out with "
            "Neighbours.subset"
        )
    if n == 0 or np.ptp(y) == 0:
        raise StatisticsError("values: all are equal, so that there is nothing to test")
    if permutations < 1:
        raise StatisticsError(f"permutations: {permutations} is below 1")
    import warnings  # noqa: PLC0415 - only this engine needs it

    from esda import G_Local  # noqa: PLC0415 - 2 s to import

    has = neighbours.cardinalities > 0
    greater, less, draws = (np.zeros(n, dtype=np.int64) for _ in range(3))
    if not has.any():
        return PermutationCounts(greater, less, draws)
    graph = neighbours.to_libpysal().transform("B")
    moved = (y - y.min()) / np.ptp(y) + 1.0
    batch = max(1, min(permutations, _CELLS // n))
    starts = range(0, permutations, batch)
    key = np.random.SeedSequence(seed, spawn_key=(PERMUTATION_STAGE,))
    for start, state in zip(starts, key.generate_state(len(starts)), strict=True):
        size = min(batch, permutations - start)
        with warnings.catch_warnings():
            # numba is not needed; other notes are about what is not used.
            warnings.simplefilter("ignore")
            simulated = G_Local(
                moved, graph, transform="B", star=True, permutations=size, seed=int(state), n_jobs=1
            )
        observed = np.asarray(simulated.Gs)
        close = 1e-9 * np.maximum(np.abs(observed), 1e-12)
        greater += (simulated.sim >= observed - close).sum(axis=0)
        less += (simulated.sim <= observed + close).sum(axis=0)
        draws += size
    return PermutationCounts(
        np.where(has, greater, 0), np.where(has, less, 0), np.where(has, draws, 0)
    )
