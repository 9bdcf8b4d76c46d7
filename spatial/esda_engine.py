"""Moran and Gi* by esda's own conditional permutations: a second opinion, slow, behind our guards.

esda turns NaN, a constant and an area without neighbours into "significant" without a word. The
first two are refused here, and an area without neighbours gets no draws, and so no p-value. Its own
p-value folds one tail; two-sided p is made from the counts of its simulated values instead.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from spatial.errors import StatisticsError
from spatial.local_tests import is_constant, refuse_not_finite, within_reach
from spatial.permutation import PermutationCounts
from spatial.samples import PERMUTATION_STAGE
from spatial.weights import Neighbours

__all__ = ["esda_gi_star_counts", "esda_moran_counts"]

FloatArray = npt.NDArray[np.float64]

_CELLS = 4_000_000
"""Simulated values that esda may hold at once: it keeps them all."""

_SAME = 1e-9
"""Statistics this close, as a share, are equal: esda adds equal sums in different orders."""


def esda_moran_counts(
    values: npt.ArrayLike,
    neighbours: Neighbours,
    *,
    permutations: int,
    seed: int | np.random.SeedSequence = 0,
) -> PermutationCounts:
    """Count esda's simulated local Moran's I at or above, and at or below, the observed one.

    Parameters
    ----------
    values
        Shape (n,), in the order of `neighbours.codes`, finite and not constant.
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
    y = _checked(values, neighbours, permutations)

    def simulate(size: int, state: int) -> tuple[FloatArray, FloatArray]:
        from esda import Moran_Local  # noqa: PLC0415 - 2 s to import

        found = Moran_Local(y, graph, permutations=size, keep_simulations=True, seed=state)
        return np.asarray(found.Is), np.asarray(found.sim)

    graph = neighbours.to_libpysal()
    return _counted(simulate, neighbours, permutations, seed, least=1.0)


def esda_gi_star_counts(
    values: npt.ArrayLike,
    neighbours: Neighbours,
    *,
    permutations: int,
    seed: int | np.random.SeedSequence = 0,
) -> PermutationCounts:
    """Count esda's simulated Gi* at or above, and at or below, the observed one.

    For `spatial.getis.local_g(engine="esda")`. esda divides by the sum of the values, so they are
    moved to begin at 1: Gi* orders draws alike whatever the origin. Binary weights, the area
    itself with weight 1. Arguments and errors are those of `esda_moran_counts`.
    """
    y = _checked(values, neighbours, permutations)
    moved = (y - y.min()) / np.ptp(y) + 1.0

    def simulate(size: int, state: int) -> tuple[FloatArray, FloatArray]:
        from esda import G_Local  # noqa: PLC0415 - 2 s to import

        found = G_Local(
            moved, graph, transform="B", star=True, permutations=size, seed=state, n_jobs=1
        )
        return np.asarray(found.Gs), np.asarray(found.sim)

    graph = neighbours.to_libpysal().transform("B")
    return _counted(simulate, neighbours, permutations, seed, least=1e-12)


def _checked(values: npt.ArrayLike, neighbours: Neighbours, permutations: int) -> FloatArray:
    """Refuse what esda would take without a word."""
    y = np.asarray(values, dtype=np.float64)
    if y.shape != (neighbours.n,):
        raise StatisticsError(f"values: shape {y.shape} for a graph of {neighbours.n} areas")
    refuse_not_finite(y, "values", neighbours.codes)
    if is_constant(y):
        raise StatisticsError("values: all are equal, so that there is nothing to test")
    if permutations < 1:
        raise StatisticsError(f"permutations: {permutations} is below 1")
    return within_reach(y)[0]


def _counted(
    simulate: Callable[[int, int], tuple[FloatArray, FloatArray]],
    neighbours: Neighbours,
    permutations: int,
    seed: int | np.random.SeedSequence,
    *,
    least: float,
) -> PermutationCounts:
    """Count over batches; `simulate` gives the statistic, shape (n,), and draws of it above it."""
    import warnings  # noqa: PLC0415 - only this engine needs it

    n, has = neighbours.n, neighbours.cardinalities > 0
    greater, less, draws = (np.zeros(n, dtype=np.int64) for _ in range(3))
    if not has.any():
        return PermutationCounts(greater, less, draws)
    batch = max(1, min(permutations, _CELLS // n))
    starts = range(0, permutations, batch)
    key = (
        seed
        if isinstance(seed, np.random.SeedSequence)
        else np.random.SeedSequence(seed, spawn_key=(PERMUTATION_STAGE,))
    )
    for start, state in zip(starts, key.generate_state(len(starts)), strict=True):
        size = min(batch, permutations - start)
        with warnings.catch_warnings():
            # numba is not needed; the alternative and p-value notes are about what is not used.
            warnings.simplefilter("ignore")
            observed, simulated = simulate(size, int(state))
        close = _SAME * np.maximum(np.abs(observed), least)
        greater += (simulated >= observed - close).sum(axis=0)
        less += (simulated <= observed + close).sum(axis=0)
        draws += size
    return PermutationCounts(
        np.where(has, greater, 0), np.where(has, less, 0), np.where(has, draws, 0)
    )
