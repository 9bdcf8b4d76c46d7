"""From p-values of a local test to labels: correction, quadrant, and how many seeds agree."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from spatial.further_seeds import LabelArray, p_bounds, seeds_that_agree
from spatial.local_tests import (
    CLUSTERS,
    NO_NEIGHBOURS,
    NOT_SIGNIFICANT,
    NOT_TESTABLE,
    QUADRANTS,
    Correction,
    corrected,
    of_reported,
)
from spatial.permutation import Alternative

__all__ = [
    "Labelled",
    "label_areas",
    "label_words",
    "quadrant_numbers",
    "quadrants_of",
    "untested_numbers",
]

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
TextArray = npt.NDArray[np.str_]


_NONE = np.uint8(CLUSTERS.index(NOT_SIGNIFICANT))


class Labelled(NamedTuple):
    """What a local test says of each area, shape (n,) each.

    Attributes
    ----------
    q
        Benjamini-Hochberg adjusted p over the reported areas (p itself without correction); NaN
        outside them.
    label, raw_label
        By q and by p, numbers in `CLUSTERS`.
    agreement
        Share of further seeds that give the label; NaN where none were run or nothing was tested.
    """

    q: FloatArray
    label: LabelArray
    raw_label: LabelArray
    agreement: FloatArray


def label_areas(
    p: FloatArray,
    quadrants: LabelArray,
    against: BoolArray,
    *,
    reported: BoolArray,
    alpha: float,
    correction: Correction,
    k: npt.NDArray[np.int64],
    permutations: int,
    alternative: Alternative,
    seed: int,
    seeds_checked: int,
    again: Callable[[np.random.SeedSequence, BoolArray], FloatArray],
) -> Labelled:
    """Correct p-values for their number, name the areas, and draw again what chance can change.

    Parameters
    ----------
    p
        Pseudo p-values of the seed, shape (n,); NaN where nothing was tested.
    quadrants, against
        From `quadrants_of` and `local_tests.against_alternative`, shape (n,).
    reported
        Areas that are corrected for and labelled, shape (n,).
    k
        Neighbours of each area, shape (n,).
    again
        As for `further_seeds.seeds_that_agree`: the p-values of another seed.
    """
    # What a one-sided test does not look for is not significant at any p.
    sought = np.where(against & (quadrants != CLUSTERS.index(NO_NEIGHBOURS)), _NONE, quadrants)

    def named(q: FloatArray) -> LabelArray:
        return quadrant_numbers(sought, q, alpha)

    q = corrected(p, reported, correction)
    label, agreement = named(q), np.full(p.size, np.nan)
    if seeds_checked:
        agreed = seeds_that_agree(
            label,
            p_bounds(p, k, permutations, alternative),
            label=lambda p: named(corrected(p, reported, correction)),
            again=again,
            seed=seed,
            seeds_checked=seeds_checked,
        )
        agreement = np.where(np.isnan(q), np.nan, agreed)
    return Labelled(q, label, named(of_reported(p, reported)), agreement)


def quadrants_of(
    z: FloatArray, lag: FloatArray, has: BoolArray, *, withheld: tuple[str, ...] = ()
) -> LabelArray:
    """Return the label, by number in `CLUSTERS`, that each area has where it is significant.

    Quadrants that are `withheld` are not significant whatever their p. Shape (n,).
    """
    # By the signs of both: none 0, above 1, below 2.
    named = np.full((3, 3), _NONE)
    for number, (own, around) in enumerate(((1, 1), (2, 1), (2, 2), (1, 2))):
        if QUADRANTS[number] not in withheld:
            named[own, around] = number
    label = named.ravel().take(3 * _sign(z) + _sign(lag))
    np.copyto(label, np.uint8(CLUSTERS.index(NO_NEIGHBOURS)), where=~has)
    return label


def _sign(values: FloatArray) -> LabelArray:
    """Return 1 above 0, 2 below, 0 for 0 and where there is no value. Shape (n,)."""
    with np.errstate(invalid="ignore"):
        return (values > 0).view(np.uint8) + 2 * (values < 0).view(np.uint8)


def quadrant_numbers(quadrants: LabelArray, p: FloatArray, alpha: float) -> LabelArray:
    """Label areas by number in `CLUSTERS`: `quadrants_of` where p is at most alpha."""
    with np.errstate(invalid="ignore"):
        shown = (p <= alpha) | (quadrants == CLUSTERS.index(NO_NEIGHBOURS))
    label = np.where(shown, quadrants, _NONE)
    np.copyto(label, np.uint8(CLUSTERS.index(NOT_TESTABLE)), where=np.isnan(p) & ~shown)
    return label


def untested_numbers(has: BoolArray) -> LabelArray:
    """Label areas, by number in `CLUSTERS`, where no test was made."""
    untested, alone = CLUSTERS.index(NOT_TESTABLE), CLUSTERS.index(NO_NEIGHBOURS)
    return np.where(has, untested, alone).astype(np.uint8)


def label_words(numbers: LabelArray) -> TextArray:
    """Turn numbers in `CLUSTERS` into its words, which take sixty times the memory."""
    return np.array(CLUSTERS).take(numbers)
