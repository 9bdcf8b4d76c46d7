"""How far pseudo p-values can move when their chance maps are drawn again from another seed."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from spatial.permutation import Alternative

__all__ = ["p_bounds"]

FloatArray = npt.NDArray[np.float64]


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
