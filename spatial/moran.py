"""Global and local Moran's I, and the standardised rate they are computed on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from spatial.blocks import SERIAL, BlockMap
from spatial.errors import StatisticsError
from spatial.esda_engine import esda_moran_counts
from spatial.further_seeds import LabelArray
from spatial.labels import label_areas, label_words, quadrants_of, untested_numbers
from spatial.local_tests import (
    CLUSTERS,
    LOW_EVENTS,
    SEEDS_CHECKED,
    Correction,
    against_alternative,
    check_test,
    checked_values,
    is_constant,
    is_rare,
    report_mask,
    standardised,
    why_not_tested,
    within_reach,
)
from spatial.neighbour_sums import neighbour_sums
from spatial.permutation import (
    Alternative,
    PermutationCounts,
    conditional_moran_counts,
    pseudo_p,
    times_own_value,
)
from spatial.shared_draws import SharedDraws
from spatial.smoothing import counts_and_base, rate_moments
from spatial.weights import Neighbours

__all__ = ["CLUSTERS", "GlobalMoran", "LocalMoran", "assuncao_reis", "global_moran", "local_moran"]

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
TextArray = npt.NDArray[np.str_]
Engine = Literal["exact", "esda"]


@dataclass(frozen=True, slots=True)
class GlobalMoran:
    """Moran's I over a whole graph with row-standardised weights.

    Attributes
    ----------
    value
        I; NaN where it is not testable (constant variable, no links).
    links
        Directed links of the graph.
    islands
        Number of areas without neighbours: they count in n and the mean, and have no weights.
    n
        Number of areas.
    """

    value: float
    links: int
    islands: int
    n: int


@dataclass(frozen=True, slots=True, eq=False)
class LocalMoran:
    """Local Moran's I of every area of the graph; arrays have shape (n,), in the order of `codes`.

    Attributes
    ----------
    codes
        Area codes, sorted.
    i
        I_i = z_i x mean of the neighbours' z, with the population standard deviation, so that the
        mean of I_i is the global I where there are no islands. NaN for an island.
    lag
        Mean of the neighbours' z; NaN for an island.
    p
        Conditional pseudo p-value, two-sided unless asked otherwise; NaN where no test was made.
    q
        Benjamini-Hochberg adjusted p over the reported areas (p itself with correction "none");
        NaN outside them.
    label
        By q, a number in `CLUSTERS`; "Not testable" where no test was made or reported.
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
    i: FloatArray
    lag: FloatArray
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


def assuncao_reis(events: npt.ArrayLike, population: npt.ArrayLike) -> FloatArray:
    """Standardise rates so that areas of unlike population compare (Assuncao and Reis 1999).

    z_i = (r_i - b)/sqrt(v_i) with b = sum(O)/sum(P), a = s2 - b/mean(P), v_i = a + b/P_i, and
    v_i = b/P_i where that is not above 0.

    Parameters
    ----------
    events
        O, shape (n,), 0 or more.
    population
        P, shape (n,): people or person-years. 0 or NaN: left out of b and s2, result NaN.

    Returns
    -------
    numpy.ndarray
        z, shape (n,). All 0 where there are no events: constant, so not testable.

    Raises
    ------
    StatisticsError
        Where a count is missing or negative, naming its row.
    """
    o, p, known = counts_and_base(events, population, "population")
    z = np.full(o.shape, np.nan)
    if not known.any():
        return z
    o, p = o[known], p[known]
    b, s2 = rate_moments(o, p)
    if b == 0.0:
        z[known] = 0.0
        return z
    chance = b / p
    variance = s2 - b / p.mean() + chance
    # Exactly 0 happens in small tables and divides by rounding alone: it counts as negative.
    variance = np.where(variance > 1e-12 * chance, variance, chance)
    z[known] = (o / p - b) / np.sqrt(variance)
    return z


def global_moran(y: npt.ArrayLike, neighbours: Neighbours) -> GlobalMoran:
    """Compute I = (n / S0) z'Wz / z'z with weights 1/k, z = y - mean (Moran 1950).

    S0, the sum of the weights, is the number of areas that have neighbours.

    Parameters
    ----------
    y
        Shape (n,), in the order of `neighbours.codes`, finite.
    """
    values, _ = within_reach(checked_values(y, neighbours.codes))
    has = neighbours.cardinalities > 0
    n, islands = neighbours.n, int((~has).sum())
    value = np.nan
    if not is_constant(values) and has.any():
        z = values - values.mean()
        lag = neighbours.lag(z)
        # Sums, not dot products: those may depend on the number of threads.
        value = float(n / has.sum() * (z * lag)[has].sum() / (z * z).sum())
    return GlobalMoran(value, neighbours.links, islands, n)


def local_moran(
    y: npt.ArrayLike,
    neighbours: Neighbours,
    *,
    report: npt.ArrayLike | None = None,
    permutations: int = 99_999,
    alpha: float = 0.05,
    correction: Correction = "benjamini-hochberg",
    alternative: Alternative = "two-sided",
    seed: int = 0,
    engine: Engine = "exact",
    seeds_checked: int = SEEDS_CHECKED,
    events: float | None = None,
    shared: SharedDraws | None = None,
    blocks: BlockMap = SERIAL,
) -> LocalMoran:
    """Test each area for likeness to its neighbours (Anselin 1995), by conditional permutation.

    Parameters
    ----------
    y
        Shape (n,), in the order of `neighbours.codes`, finite.
    neighbours
        The graph, study area and ring. Sorted codes make the result free of the order of rows.
    report
        True for the areas that are published, shape (n,); all by default. The others lend their
        values; they are not corrected for, and get no label.
    permutations
        R. With Benjamini-Hochberg at .05, 999 cannot flag fewer than 9 of 223 areas.
    alpha
        Highest q (or p) that is called significant.
    correction
        "benjamini-hochberg" over the reported areas, or "none".
    alternative
        "two-sided"; "greater" for areas more like their neighbours than chance makes them (I in
        the upper tail: High-High and Low-Low alone), "less" for unlike ones (High-Low, Low-High).
    seed
        Equal seeds give equal results.
    engine
        "exact" is ours; "esda" runs the peer's loop, slowly, as a second opinion.
    seeds_checked
        Further seeds whose labels are compared with the published ones; 0 for none.
    events
        Number of events of the reported areas behind `y`, where it is a rate: below 50 no test is
        made, below one an area no label but High-High is given (`local_tests.RARE_EVENTS`).
    shared
        Where the same variable is tested by `getis.local_g` too, and the draws are made once.
    blocks
        Where blocks of draws are counted; it makes no difference to the result.

    Raises
    ------
    StatisticsError
        Where y is not finite or of another length than the graph, or a setting is out of range.
    """
    values = checked_values(y, neighbours.codes)
    reported = report_mask(report, neighbours.n)
    check_test(alpha=alpha, correction=correction, permutations=permutations)
    if engine not in ("exact", "esda"):
        raise StatisticsError(f"engine: {engine!r} is not exact or esda")
    has = neighbours.cardinalities > 0
    n = neighbours.n
    variable = standardised(values)
    reason = why_not_tested(variable, has, events)
    z = lag = variable.z
    if not variable.is_constant:
        sums = neighbour_sums(z, neighbours.indptr, neighbours.indices)
        lag = neighbours.lag(z, sums)
    against = against_alternative(z * lag, alternative)
    nothing = np.full(n, np.nan)
    if reason:
        blank = untested_numbers(has)
        return LocalMoran(
            neighbours.codes, z * lag, lag, nothing, nothing, blank, blank, permutations, seed,
            nothing, reason,
        )  # fmt: skip
    slack = variable.slack(int(neighbours.cardinalities.max()))
    at_mean = has & (np.abs(z) <= slack)

    def drawn(
        key: np.random.SeedSequence | int, only: BoolArray | None
    ) -> tuple[PermutationCounts]:
        counts = conditional_moran_counts(
            z, neighbours.indptr, neighbours.indices,
            permutations=permutations, seed=key, tolerance=slack, only=only, sums=sums,
            blocks=blocks,
        )  # fmt: skip
        return (counts,)

    def draw(key: np.random.SeedSequence | int, only: BoolArray | None = None) -> PermutationCounts:
        if engine == "esda":
            return esda_moran_counts(values, neighbours, permutations=permutations, seed=key)
        return (shared or SharedDraws()).counts(key, only, drawn)[0]

    def test(counts: PermutationCounts) -> FloatArray:
        # We count the neighbours' sums, esda counts I; the smaller tail is the same of both.
        if engine != "esda" and alternative != "two-sided":
            counts = times_own_value(counts, z)
        p = pseudo_p(counts, alternative)
        p[at_mean] = 1.0  # I = 0 in every draw: nothing about these areas can be unusual
        return p

    counts = draw(seed)
    p = test(counts)
    withheld = LOW_EVENTS if is_rare(events, reported) else ()
    found = label_areas(
        p, quadrants_of(z, lag, has, withheld=withheld), against,
        reported=reported, alpha=alpha, correction=correction, k=neighbours.cardinalities,
        permutations=permutations, alternative=alternative, seed=seed,
        seeds_checked=seeds_checked, again=lambda key, only: test(draw(key, only)),
    )  # fmt: skip
    return LocalMoran(
        neighbours.codes, z * lag, lag, p, *found[:3], permutations, seed, found.agreement, "",
    )  # fmt: skip
