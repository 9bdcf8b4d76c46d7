"""Rates shrunk towards their surroundings instead of towards the whole study area."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from spatial.errors import StatisticsError
from spatial.neighbour_sums import neighbour_sums
from spatial.smoothing import counts_and_base
from spatial.weights import Neighbours

__all__ = ["LocalRates", "marshall_local"]

FloatArray = npt.NDArray[np.float64]
Spread = Literal["own mean", "each mean"]


@dataclass(frozen=True, slots=True, eq=False)
class LocalRates:
    """Locally shrunk rates; arrays have shape (n,), in the order of `codes`.

    Attributes
    ----------
    codes
        Area codes, sorted.
    raw
        O_i / P_i; NaN without population.
    rate
        Shrunk rate, events per unit of P; NaN without population.
    mean
        m_i, rate of the neighbourhood as a whole: what `raw` is shrunk towards.
    between
        A_i, variance between the areas of the neighbourhood beyond chance, 0 or more.
    weight
        A_i / (A_i + m_i / P_i): 1 keeps the raw rate, 0 gives the neighbourhood's.
    areas
        Areas with population in the neighbourhood, the area itself among them. Where this is 1 the
        neighbourhood is the area, and its rate is not shrunk at all: say so, or use `marshall`.
    """

    codes: tuple[str, ...]
    raw: FloatArray
    rate: FloatArray
    mean: FloatArray
    between: FloatArray
    weight: FloatArray
    areas: npt.NDArray[np.int64]


def marshall_local(
    events: npt.ArrayLike,
    population: npt.ArrayLike,
    neighbours: Neighbours,
    *,
    spread: Spread = "own mean",
) -> LocalRates:
    """Shrink each rate towards that of its neighbourhood (Marshall 1991, section 4).

    The neighbourhood of area i is the area and its neighbours. Over it m_i = sum(O)/sum(P),
    s2_i = sum(P_j (r_j - m)^2)/sum(P_j), A_i = max(0, s2_i - m_i/mean(P)), and
    theta_i = m_i + A_i/(A_i + m_i/P_i) (r_i - m_i). The clamp keeps a rate between its own and its
    neighbourhood's.

    Parameters
    ----------
    events
        O, shape (n,), 0 or more, in the order of `neighbours.codes`.
    population
        P, shape (n,): people or person-years, the unit of the rate. 0 or NaN: left out of every
        neighbourhood, result NaN.
    neighbours
        The graph, without self links: areas are added to their own neighbourhoods here.
    spread
        "own mean" measures the spread of a neighbourhood around its own mean m_i, as Marshall and
        GeoDa do (spdep's `EBlocal(..., geoda = TRUE)`); "each mean" takes each neighbour's
        deviation from the mean of that neighbour's neighbourhood, as `EBlocal` does by default.

    Raises
    ------
    StatisticsError
        Where a count is missing or negative, or an array does not fit the graph.
    """
    o, p, known = counts_and_base(events, population, "population")
    if o.size != neighbours.n:
        raise StatisticsError(
            f"events: {o.size} values for a graph of {neighbours.n} areas; "
            "give one value an area, sorted by area code"
        )
    if spread not in ("own mean", "each mean"):
        raise StatisticsError(f"spread: {spread!r} is not 'own mean' or 'each mean'")

    def around(values: FloatArray) -> FloatArray:
        """Sum over the area and its neighbours."""
        return values + neighbour_sums(values, neighbours.indptr, neighbours.indices)

    o, p = np.where(known, o, 0.0), np.where(known, p, 0.0)
    raw = np.divide(o, p, out=np.full(p.shape, np.nan), where=known)
    areas = np.rint(around(known.astype(np.float64))).astype(np.int64)
    people = np.where(known, around(p), np.nan)
    mean = around(o) / people
    if spread == "own mean":
        links = neighbours.indices
        own = np.where(known[links], p[links] * (raw[links] - mean[neighbours.rows]) ** 2, 0.0)
        others = np.bincount(neighbours.rows, weights=own, minlength=neighbours.n)
        squares = others.astype(np.float64) + np.where(known, p * (raw - mean) ** 2, 0.0)
    else:
        squares = around(np.where(known, p * (raw - mean) ** 2, 0.0))
    between = np.maximum(0.0, squares / people - mean * areas / people)
    chance = np.divide(mean, p, out=np.full(p.shape, np.nan), where=known)
    # No event around: no spread and no chance variance, and the rate is 0 by any weight.
    weight = np.divide(between, between + chance, out=np.zeros(p.shape), where=between > 0)
    weight = np.where(known, weight, np.nan)
    rate = mean + weight * (raw - mean)
    return LocalRates(neighbours.codes, raw, rate, mean, between, weight, areas)
