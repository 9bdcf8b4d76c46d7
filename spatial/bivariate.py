"""Bivariate local Moran's I: one variable here against another one around."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from spatial.blocks import SERIAL, BlockMap
from spatial.further_seeds import LabelArray
from spatial.labels import label_areas, label_words, quadrants_of, untested_numbers
from spatial.local_tests import (
    LOW_HERE,
    SEEDS_CHECKED,
    Correction,
    against_alternative,
    check_test,
    checked_values,
    is_rare,
    report_mask,
    standardised,
    why_not_tested,
)
from spatial.permutation import (
    Alternative,
    conditional_moran_counts,
    pseudo_p,
    times_own_value,
)
from spatial.weights import Neighbours

__all__ = ["BivariateMoran", "bivariate_moran"]

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
TextArray = npt.NDArray[np.str_]


@dataclass(frozen=True, slots=True, eq=False)
class BivariateMoran:
    """Bivariate local Moran's I; arrays have shape (n,), in the order of `codes`.

    Attributes
    ----------
    codes
        Area codes, sorted.
    value
        Global I: the mean of `i` over areas with neighbours; NaN where it is not testable.
    i
        I_i = zx_i x mean of the neighbours' zy, with population standard deviations.
    lag
        Mean of the neighbours' zy; NaN for an island.
    correlation
        Pearson's r of x and y in the same area. Read the map beside it: where it is far from 0 and
        y is alike among neighbours, a bivariate I follows without x having to do with them.
    p
        Conditional pseudo p-value of i, which two-sided (as it is unless asked otherwise) is that
        of the lag; NaN where no test was made.
    q
        Benjamini-Hochberg adjusted p over the reported areas (p itself with correction "none");
        NaN outside them.
    label
        By q, a number in `CLUSTERS`: "High-Low" is a high x among neighbours with a low y.
    raw_label
        By p, without correction.
    permutations, seed
        As asked for.
    agreement
        Share of further seeds that give the published label; NaN where none were run or the area
        has no test. Only labels that another seed can change, to a chance of 1e-14, are run again.
    inference
        Empty, or why no test was made, in words for the page.
    """

    codes: tuple[str, ...]
    value: float
    i: FloatArray
    lag: FloatArray
    correlation: float
    p: FloatArray
    q: FloatArray
    label: LabelArray
    raw_label: LabelArray
    permutations: int
    seed: int
    agreement: FloatArray
    inference: str

    @property
    def cluster(self) -> TextArray:
        """The words of `label`."""
        return label_words(self.label)

    @property
    def raw_cluster(self) -> TextArray:
        """The words of `raw_label`."""
        return label_words(self.raw_label)


def bivariate_moran(
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    neighbours: Neighbours,
    *,
    report: npt.ArrayLike | None = None,
    permutations: int = 99_999,
    alpha: float = 0.05,
    correction: Correction = "benjamini-hochberg",
    alternative: Alternative = "two-sided",
    seed: int = 0,
    seeds_checked: int = SEEDS_CHECKED,
    events: float | None = None,
    blocks: BlockMap = SERIAL,
) -> BivariateMoran:
    """Test whether the neighbours' `y` goes with the area's own `x`, after Anselin et al. (2002).

    Area i keeps its x, and its neighbours' y are drawn from the y of the other areas. What is held
    only multiplies the sum, so the null is the univariate one of y and comes from the same engine:
    p says how unusual the surroundings are, and x says which label they get. It does not test
    whether x and y are related in one place (`correlation` does).

    Parameters
    ----------
    x, y
        Shape (n,), in the order of `neighbours.codes`, finite. x is the area's own, y the
        neighbours'.
    neighbours
        The graph, study area and ring.
    report
        True for the areas that are published, shape (n,); all by default.
    permutations, alpha, correction, alternative, seed, seeds_checked, blocks
        As for `spatial.moran.local_moran`.
    events
        Number of events of the reported areas behind x, where it is a rate: below 50 no test is
        made, below one an area no label calls x low.

    Raises
    ------
    StatisticsError
        Where a value is not finite or of another length than the graph, or a setting is out of
        range.
    """
    own, other = (checked_values(v, neighbours.codes, name) for v, name in ((x, "x"), (y, "y")))
    reported = report_mask(report, neighbours.n)
    check_test(alpha=alpha, correction=correction, permutations=permutations)
    n, has = neighbours.n, neighbours.cardinalities > 0
    here, around = standardised(own), standardised(other)
    reason = why_not_tested(here, has, events) or why_not_tested(around, has, events)
    nothing = np.full(n, np.nan)
    zx, zy = here.z, around.z
    if here.is_constant or around.is_constant:
        zx = lag = nothing
        correlation = np.nan
    else:
        lag = neighbours.lag(zy)
        correlation = float((zx * zy).mean())
    i = zx * lag
    against = against_alternative(i, alternative)
    value = float(i[has].mean()) if has.any() else np.nan
    if reason:
        blank = untested_numbers(has)
        return BivariateMoran(
            neighbours.codes, value, i, lag, correlation, nothing, nothing, blank, blank,
            permutations, seed, nothing, reason,
        )  # fmt: skip
    slack = around.slack(int(neighbours.cardinalities.max()))
    at_mean = has & (np.abs(zx) <= here.slack(1))

    def test(key: np.random.SeedSequence | int, only: BoolArray | None = None) -> FloatArray:
        counts = conditional_moran_counts(
            zy, neighbours.indptr, neighbours.indices,
            permutations=permutations, seed=key, tolerance=slack, only=only, blocks=blocks,
        )  # fmt: skip
        # An area at the mean of x has I = 0 in every draw: nothing about it can be unusual.
        return np.where(at_mean, 1.0, pseudo_p(times_own_value(counts, zx), alternative))

    p = test(seed)
    withheld = LOW_HERE if is_rare(events, reported) else ()
    found = label_areas(
        p, quadrants_of(zx, lag, has, withheld=withheld), against,
        reported=reported, alpha=alpha, correction=correction, k=neighbours.cardinalities,
        permutations=permutations, alternative=alternative, seed=seed,
        seeds_checked=seeds_checked, again=test,
    )  # fmt: skip
    return BivariateMoran(
        neighbours.codes, value, i, lag, correlation, p, *found[:3], permutations, seed,
        found.agreement, "",
    )  # fmt: skip
