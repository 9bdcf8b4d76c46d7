"""Bins and words for Gi and Gi*: hot spot, cold spot or neither, and at what confidence."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from spatial.local_tests import NO_NEIGHBOURS, NOT_SIGNIFICANT, NOT_TESTABLE
from spatial.permutation import PermutationCounts

__all__ = ["COLD_SPOTS", "GI_LABELS", "HOT_SPOTS", "gi_bins", "gi_labels", "gi_level"]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]
TextArray = npt.NDArray[np.str_]

HOT_SPOTS = ("Hot spot 90 %", "Hot spot 95 %", "Hot spot 99 %")
COLD_SPOTS = ("Cold spot 90 %", "Cold spot 95 %", "Cold spot 99 %")
GI_LABELS = (*HOT_SPOTS, *COLD_SPOTS, NOT_SIGNIFICANT, NO_NEIGHBOURS, NOT_TESTABLE)

_LEVELS = (0.10, 0.05, 0.01)
"""Highest q of the bins 1, 2, 3: 90, 95 and 99 % confidence, as ArcGIS's Gi_Bin field has them."""


def gi_bins(
    z: FloatArray, counts: PermutationCounts, p: FloatArray, *, hot_alone: bool = False
) -> FloatArray:
    """Return 3, 2 or 1 where p is at most .01, .05 or .10, signed by heat; NaN where p is.

    A hot spot has Z above 0 and its neighbours' sum in the upper tail of the null; a cold spot has
    both the other way. Where they disagree the bin is 0: one high area alone in low surroundings
    can have Z above 0 while what is unusual about it is how low its neighbours are.

    With `hot_alone` there are no cold spots, as where events are too rare to tell them from chance.

    `z` and `p` have shape (n,), and so have the counts and the result.
    """
    level = gi_level(p)
    with np.errstate(invalid="ignore"):
        hot = (z > 0) & (counts.greater < counts.less)
        cold = (z < 0) & (counts.less < counts.greater) & (not hot_alone)
    return np.where(np.isnan(p), np.nan, level * (hot.astype(np.int64) - cold))


def gi_level(p: FloatArray) -> IntArray:
    """Return 3, 2, 1 where p is at most .01, .05, .10; 0 above and for NaN. Shape (n,)."""
    with np.errstate(invalid="ignore"):
        reached: IntArray = np.sum([p <= highest for highest in _LEVELS], axis=0, dtype=np.int64)
    return reached


def gi_labels(bins: FloatArray, has: BoolArray) -> TextArray:
    """Put bins, shape (n,), into words; `has` is False for an island."""
    names = {level + 1: name for level, name in enumerate(HOT_SPOTS)}
    names |= {-level - 1: name for level, name in enumerate(COLD_SPOTS)}
    conditions = [~has, np.isnan(bins), *(bins == level for level in names)]
    return np.select(conditions, [NO_NEIGHBOURS, NOT_TESTABLE, *names.values()], NOT_SIGNIFICANT)
