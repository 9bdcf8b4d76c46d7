"""How far p-values and labels move when their chance maps are drawn again from another seed."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from spatial.local_tests import AGREEMENT_STAGE
from spatial.permutation import Alternative

__all__ = ["LabelArray", "p_bounds", "seeds_that_agree"]

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
LabelArray = npt.NDArray[np.uint8]


def p_bounds(
    p: FloatArray,
    k: npt.NDArray[np.int64],
    permutations: int,
    alternative: Alternative = "two-sided",
) -> tuple[FloatArray, FloatArray]:
    """Return the least and the most that each p-value can be under another seed.

    The root of a count has a standard deviation of at most about 1/2, so the roots of two differ
    by 7 or more with a chance below 1e-14, also where counts are few. R_i is binomial too.

    What does not change between the two ends need not be counted again: q never falls when a p
    rises, so an area whose level of q is the same at both ends has it under every seed; and it lies
    on its own side of every line that the step-up correction can draw for the others, so that its
    upper end stands for it there.

    Parameters
    ----------
    p
        Pseudo p-values of one seed, shape (n,); NaN stays NaN.
    k
        Neighbours of each area, shape (n,).
    permutations
        R.
    alternative
        Of p: a two-sided one is twice the share of the smaller tail.
    """
    sides = 2.0 if alternative == "two-sided" else 1.0
    share = k / k.size
    spread = 8.0 * np.sqrt(permutations * share * (1.0 - share))
    fewest = np.maximum(permutations * (1.0 - share) - spread, 1.0)
    most = np.minimum(permutations * (1.0 - share) + spread, permutations)
    root_low = np.sqrt(np.maximum(p * (fewest + 1.0) / sides - 1.0, 0.0))
    root_high = np.sqrt(np.maximum(p * (most + 1.0) / sides - 1.0, 0.0))
    low = sides * (np.maximum(root_low - 7.0, 0.0) ** 2 + 1.0) / (most + 1.0)
    high = sides * ((root_high + 7.0) ** 2 + 1.0) / (fewest + 1.0)
    return np.minimum(low, 1.0), np.minimum(high, 1.0)


def seeds_that_agree(
    published: LabelArray,
    ends: tuple[FloatArray, FloatArray],
    *,
    label: Callable[[FloatArray], LabelArray],
    again: Callable[[np.random.SeedSequence, BoolArray], FloatArray],
    seed: int,
    seeds_checked: int,
) -> FloatArray:
    """Return the share of further seeds that give each area its published label, shape (n,).

    Parameters
    ----------
    published
        Labels of the published seed, numbers in `CLUSTERS`, shape (n,).
    ends
        From `p_bounds`: a label is open to chance only where its two ends differ, and only such
        areas are drawn again.
    label
        From p-values of all areas, shape (n,), to labels.
    again
        From a seed and the areas that are asked for, shape (n,), to p-values; what it gives for
        the others is not looked at.
    seed, seeds_checked
        The published seed, and how many further ones are asked: 1 or more.
    """
    low, high = ends
    open_to_chance = label(low) != label(high)
    if not open_to_chance.any():
        return np.ones(published.size)
    same = []
    for check in range(seeds_checked):
        key = np.random.SeedSequence(seed, spawn_key=(AGREEMENT_STAGE, check))
        p = np.where(open_to_chance, again(key, open_to_chance), high)
        same.append(label(p) == published)
    return np.asarray(np.mean(same, axis=0), dtype=np.float64)
