"""Counts of draws that several tests of one variable ask for, made once."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from spatial.permutation import PermutationCounts

__all__ = ["SharedDraws"]

BoolArray = npt.NDArray[np.bool_]
Counts = tuple[PermutationCounts, ...]


class SharedDraws:
    """What local Moran's I and Gi* of the same variable, graph and permutations draw alike.

    Both order the draws by the neighbours' sum, so that their counts are the same numbers. Who asks
    first draws; who asks for some of the same areas under the same seed has them from there.
    """

    def __init__(self) -> None:
        self._drawn: dict[object, tuple[BoolArray | None, Counts]] = {}

    def counts(
        self,
        seed: int | np.random.SeedSequence,
        only: BoolArray | None,
        draw: Callable[[int | np.random.SeedSequence, BoolArray | None], Counts],
    ) -> Counts:
        """Return the counts under a seed for the areas `only`, shape (n,), or for all.

        Those of other areas may be counted too. `draw` is asked where none has been made that
        holds all of these areas.
        """
        asked: object = seed
        if isinstance(seed, np.random.SeedSequence):
            asked = (seed.entropy, tuple(seed.spawn_key))
        if asked in self._drawn:
            held, counts = self._drawn[asked]
            if held is None or (only is not None and not (only & ~held).any()):
                return counts
        counts = draw(seed, only)
        self._drawn[asked] = (only, counts)
        return counts
