"""Rules that flag units of a support: High-High, hot by Gi*, highest rates."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from spatial.errors import StatisticsError
from spatial.getis import local_g
from spatial.local_tests import Correction
from spatial.moran import assuncao_reis, local_moran
from spatial.permutation import Alternative
from spatial.shared_draws import SharedDraws
from spatial.smoothing import marshall
from spatial.support import Support

__all__ = [
    "LEAST_PEOPLE",
    "ClusterFlags",
    "Flagger",
    "Flags",
    "cluster_flags",
    "high_high",
    "highest",
    "top_by_rate",
    "with_people",
]

LEAST_PEOPLE = 100.0
"""Where fewer live, a rate says more about how people were shared out than about events."""

_HOT_BIN = 2
"""Lowest bin of Gi* that is called hot: 95 %."""

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Flags:
    """Which units of a support are flagged, and why none could be.

    Attributes
    ----------
    mask
        Shape (n,).
    tested
        True where the unit could have been flagged, shape (n,); all where None.
    reason
        Empty, or why nothing could be tested.
    """

    mask: BoolArray
    tested: BoolArray | None = None
    reason: str = ""


Flagger = Callable[[Support], Flags]


def high_high(
    *,
    permutations: int = 9_999,
    alpha: float = 0.05,
    corrected: bool = True,
    least_people: float = LEAST_PEOPLE,
    seed: int = 0,
) -> Flagger:
    """Return a rule that flags local Moran's High-High units of the Assuncao-Reis rate.

    Units of under `least_people` are left out of the graph: hexagons of fields and slivers of
    coast, where one event makes the highest rate of the county. Hexagons number thousands, so
    the correction for multiple tests bears harder on them; `corrected=False` flags by p.
    """

    def flag(support: Support) -> Flags:
        mask = np.zeros(len(support.codes), dtype=np.bool_)
        known = with_people(support, least_people)
        if not known.any():
            return Flags(mask, known, f"no unit has {least_people:g} people or more")
        rate = assuncao_reis(support.events[known], support.population[known])
        codes = np.asarray(support.codes, dtype=object)[known]
        result = local_moran(
            rate,
            support.neighbours.subset(codes.tolist()),
            permutations=permutations,
            alpha=alpha,
            seed=seed,
            seeds_checked=0,
            events=float(support.events[known].sum()),
        )
        label = result.cluster if corrected else result.raw_cluster
        mask[known] = label == "High-High"
        return Flags(mask, known, result.inference)

    return flag


class ClusterFlags(NamedTuple):
    """Units that one test calls clustered: High-High by q and by p, hot by Gi* at 95 % by q."""

    by_q: Flags
    by_p: Flags
    hot: Flags


def cluster_flags(
    support: Support,
    value: FloatArray,
    *,
    permutations: int,
    alpha: float,
    correction: Correction,
    alternative: Alternative,
    seed: int,
    events: float,
) -> ClusterFlags:
    """Test a variable that is given, as a run tests its areas; NaN leaves a unit out of the graph.

    Parameters
    ----------
    value
        Shape (n,).
    permutations, alpha, correction, alternative, seed, events
        As for `spatial.moran.local_moran`; Gi* is counted from the same draws.
    """
    known = np.isfinite(value)
    blank = np.zeros(value.shape, dtype=np.bool_)
    if not known.any():
        return ClusterFlags(*[Flags(blank, known, "Not tested: no unit has a value.")] * 3)
    codes = np.asarray(support.codes, dtype=object)[known]
    graph = support.neighbours.subset(codes.tolist())
    common: dict[str, Any] = {
        "permutations": permutations,
        "correction": correction,
        "alternative": alternative,
        "seed": seed,
        "seeds_checked": 0,
        "events": events,
    }
    shared = SharedDraws()
    local = local_moran(value[known], graph, alpha=alpha, shared=shared, **common)
    spots = local_g(value[known], graph, shared=shared, **common)

    def flags(part: BoolArray) -> Flags:
        mask = blank.copy()
        mask[known] = part
        return Flags(mask, known, local.inference)

    return ClusterFlags(
        flags(local.cluster == "High-High"),
        flags(local.raw_cluster == "High-High"),
        flags(np.nan_to_num(spots.bin) >= _HOT_BIN),
    )


def top_by_rate(
    *,
    population_share: float | None = None,
    k: int | None = None,
    least_people: float = LEAST_PEOPLE,
) -> Flagger:
    """Return a rule that flags the units of the highest shrunken rate (Marshall 1991).

    Parameters
    ----------
    population_share
        Highest rates first until this share of the people is reached: the same amount on every
        support, whatever the size of its units.
    k
        Or a number of units. Give one of the two. Units without events are never flagged.
    least_people
        Units of fewer are left out.

    Raises
    ------
    StatisticsError
        Where neither or both are given, or one is out of range.
    """
    if (population_share is None) == (k is None):
        raise StatisticsError("population_share, k: give one of the two")
    share = 1.0 if population_share is None else population_share
    if population_share is not None and not 0.0 < share < 1.0:
        raise StatisticsError(f"population_share {share!r} is not between 0 and 1")
    if k is not None and k < 1:
        raise StatisticsError(f"k {k!r} is below 1")

    def flag(support: Support) -> Flags:
        mask = np.zeros(len(support.codes), dtype=np.bool_)
        known = with_people(support, least_people)
        usable_mask = known & (support.events > 0)
        usable = np.flatnonzero(usable_mask)
        if not usable.size:
            return Flags(mask, known, f"no unit with {least_people:g} people or more has events")
        rate = np.full(mask.shape, np.nan)
        rate[known] = marshall(support.events[known], support.population[known])
        if np.ptp(rate[known]) == 0:
            return Flags(mask, known, "rates differ by no more than chance")
        if k is None:
            return Flags(highest(np.where(usable_mask, rate, np.nan), support, share), known)
        # Equal rates are taken in the order of codes, so that the answer is one.
        mask[usable[np.argsort(-rate[usable], kind="stable")][:k]] = True
        return Flags(mask, known)

    return flag


def highest(value: FloatArray, support: Support, population_share: float) -> BoolArray:
    """Return the units of the highest values, until they hold a share of the people.

    Parameters
    ----------
    value
        Shape (n,); units with NaN take no part. Equal ones are taken in the order of codes.
    population_share
        The last unit passes it; 0 takes none.
    """
    mask = np.zeros(value.shape, dtype=np.bool_)
    usable = np.flatnonzero(np.isfinite(value))
    if population_share > 0 and usable.size:
        order = usable[np.argsort(-value[usable], kind="stable")]
        reached = np.cumsum(support.population[order]) / np.nansum(support.population)
        mask[order[: int(np.searchsorted(reached, population_share)) + 1]] = True
    return mask


def with_people(support: Support, least: float = LEAST_PEOPLE) -> BoolArray:
    """Return which units have this many people: where fewer live a rate says little."""
    if not least > 0:
        raise StatisticsError(f"least_people {least!r} must be above 0: a rate needs people")
    with np.errstate(invalid="ignore"):
        return np.asarray(support.population >= least, dtype=np.bool_)
