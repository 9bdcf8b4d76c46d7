"""How often the tests call areas unusual on maps without clusters, which is what p promises.

Maps are made up, so the truth is known, and go through `local_moran` and `local_g` as a run's do.
`spatial.planted_block` asks the other question: what they find of a cluster that is there.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from spatial.blocks import SERIAL, BlockMap
from spatial.errors import StatisticsError
from spatial.getis import local_g
from spatial.local_tests import FEWEST_AREAS, FEWEST_EVENTS, QUADRANTS, report_mask
from spatial.moran import assuncao_reis, local_moran
from spatial.weights import Neighbours

__all__ = [
    "FalsePositives",
    "Rate",
    "Share",
    "check_maps",
    "false_positives",
    "map_seeds",
    "share_of",
]

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int64]
Rate = Literal["assuncao-reis", "raw"]

_NULL_STAGE = 801
"""Spawn key of maps without clusters."""


@dataclass(frozen=True, slots=True)
class Share:
    """A mean over independent maps, and how far it may lie from that of endless maps.

    Attributes
    ----------
    value
        Mean over the maps, 0 to 1.
    standard_error
        Standard deviation over the maps / root of their number. Areas of one map depend on one
        another, maps do not, so the map is what is counted.
    maps
        Number of maps.
    """

    value: float
    standard_error: float
    maps: int


@dataclass(frozen=True, slots=True)
class FalsePositives:
    """How often areas are called unusual on maps where nothing is.

    Attributes
    ----------
    areas
        Areas tested on each map: reported and with neighbours.
    events_per_area
        Mean events of an area; None for normal values.
    moran, gi_star
        Share of areas with p at most `alpha`, which is what it should be.
    halved
        The same for local Moran's p divided by 2, the usual default of libraries ("directed").
    high_high
        Share of areas that local Moran calls High-High by p, without correction. An upper tail is
        `alpha` / 2 of the areas, and High-High those of them that are high themselves.
    labelled
        Share of areas that local Moran gives any label by p. No more than `alpha`; with under one
        event an area only High-High is given.
    any_flag
        Share of maps with an area at q at most `alpha` after Benjamini-Hochberg; at most `alpha`.
    label_flag, hot_flag
        Share of maps with such an area that is labelled, and that is High-High: a false hot spot.
    permutations, alpha
        As asked for.
    """

    areas: int
    events_per_area: float | None
    moran: Share
    gi_star: Share
    halved: Share
    high_high: Share
    labelled: Share
    any_flag: Share
    label_flag: Share
    hot_flag: Share
    permutations: int
    alpha: float


def false_positives(
    neighbours: Neighbours,
    *,
    seed: np.random.SeedSequence,
    population: npt.ArrayLike | None = None,
    events_per_area: float | None = None,
    rate: Rate = "assuncao-reis",
    report: npt.ArrayLike | None = None,
    maps: int = 200,
    permutations: int = 9_999,
    alpha: float = 0.05,
    blocks: BlockMap = SERIAL,
) -> FalsePositives:
    """Test maps without any cluster: independent normal values, or Poisson counts of equal risk.

    Parameters
    ----------
    neighbours
        The graph, study area and ring.
    seed
        Map m and its permutations come from this sequence with (stage, m) added to its key.
    population, events_per_area
        Both or neither. With both, events are Poisson with mean population x the one rate that
        gives `events_per_area` on average, population of shape (n,) and above 0; without, values
        are normal.
    rate
        What is tested of counts: "assuncao-reis" as a run does, or the "raw" rate.
    report
        True for the areas that are tested and corrected for, shape (n,); all by default.
    maps
        Number of maps, at least 2.
    permutations, alpha
        As in `local_moran`.
    blocks
        Where maps are computed; it makes no difference to the result.

    Raises
    ------
    StatisticsError
        For settings out of range, fewer areas or events than a test needs, or a population that
        is missing.
    """
    check_maps(neighbours, maps)
    expected = _expected_events(neighbours, population, events_per_area)
    if rate not in ("assuncao-reis", "raw"):
        raise StatisticsError(f"rate: {rate!r} is not assuncao-reis or raw")
    base = None if population is None else np.asarray(population, dtype=np.float64)
    reported = None if report is None else np.asarray(report)
    test = partial(
        _null_map,
        neighbours=neighbours,
        expected=expected,
        population=base,
        rate=rate,
        report=reported,
        permutations=permutations,
        alpha=alpha,
    )
    found = list(blocks.map(test, map_seeds(seed, _NULL_STAGE, maps)))
    return FalsePositives(
        areas=found[0].areas,
        events_per_area=events_per_area,
        moran=share_of([each.moran for each in found]),
        gi_star=share_of([each.gi_star for each in found]),
        halved=share_of([each.halved for each in found]),
        high_high=share_of([each.high_high for each in found]),
        labelled=share_of([each.labelled for each in found]),
        any_flag=share_of([each.any_flag for each in found]),
        label_flag=share_of([each.label_flag for each in found]),
        hot_flag=share_of([each.hot_flag for each in found]),
        permutations=permutations,
        alpha=alpha,
    )


class _NullMap(NamedTuple):
    """Shares of one map without clusters."""

    areas: int
    moran: float
    gi_star: float
    halved: float
    high_high: float
    labelled: float
    any_flag: float
    label_flag: float
    hot_flag: float


def _null_map(
    seed: np.random.SeedSequence,
    *,
    neighbours: Neighbours,
    expected: FloatArray | None,
    population: FloatArray | None,
    rate: Rate,
    report: BoolArray | None,
    permutations: int,
    alpha: float,
) -> _NullMap:
    """Make and test one map in which every area has the same risk."""
    rng = np.random.default_rng(seed)
    count = None
    if expected is None or population is None:
        y = rng.standard_normal(neighbours.n)
    else:
        events = rng.poisson(expected)
        y = assuncao_reis(events, population) if rate == "assuncao-reis" else events / population
        inside = report_mask(report, neighbours.n)
        # A map that chance leaves with fewer than a test needs is tested all the same.
        count = float(max(events[inside].sum(), FEWEST_EVENTS))
    draws = int(rng.integers(2**63))
    moran = local_moran(
        y, neighbours, report=report, permutations=permutations, alpha=alpha, seed=draws,
        seeds_checked=0, events=count,
    )  # fmt: skip
    gi_star = local_g(
        y, neighbours, report=report, permutations=permutations, seed=draws, seeds_checked=0
    )
    tested = ~np.isnan(moran.q)
    if not tested.any():
        raise StatisticsError(moran.inference or "report: no reported area has a neighbour")
    p, gi_p = moran.p[tested], gi_star.p[tested]
    return _NullMap(
        int(tested.sum()),
        float((p <= alpha).mean()),
        float((gi_p <= alpha).mean()),
        float((p / 2 <= alpha).mean()),
        float((moran.raw_cluster[tested] == QUADRANTS[0]).mean()),
        float(np.isin(moran.raw_cluster[tested], QUADRANTS).mean()),
        float((moran.q[tested] <= alpha).any()),
        float(np.isin(moran.cluster[tested], QUADRANTS).any()),
        float((moran.cluster[tested] == QUADRANTS[0]).any()),
    )


def _expected_events(
    neighbours: Neighbours, population: npt.ArrayLike | None, events_per_area: float | None
) -> FloatArray | None:
    """Return the mean count of each area at equal risk; None where values are normal."""
    if population is None and events_per_area is None:
        return None
    if population is None or events_per_area is None:
        raise StatisticsError("population and events_per_area: give both for counts, or neither")
    people = np.asarray(population, dtype=np.float64)
    if people.shape != (neighbours.n,):
        raise StatisticsError(
            f"population: shape {people.shape} for a graph of {neighbours.n} areas"
        )
    bad = np.flatnonzero(~(np.isfinite(people) & (people > 0)))
    if bad.size:
        raise StatisticsError(
            f"population: {people[bad[0]]} in area {neighbours.codes[bad[0]]}, and {bad.size - 1} "
            "more areas without people; leave them out with Neighbours.subset"
        )
    if not events_per_area * neighbours.n >= FEWEST_EVENTS:
        raise StatisticsError(
            f"events_per_area: {events_per_area:g} makes {events_per_area * neighbours.n:.0f} "
            f"events in {neighbours.n} areas; a test needs at least {FEWEST_EVENTS}"
        )
    return np.asarray(people * (events_per_area * neighbours.n / people.sum()), dtype=np.float64)


def check_maps(neighbours: Neighbours, maps: int) -> None:
    """Refuse fewer maps than a standard error needs, or fewer areas than a test does.

    Raises
    ------
    StatisticsError
        Naming the number and the least that is needed.
    """
    if maps < 2:
        raise StatisticsError(f"maps: {maps} is below 2, and one map has no standard error")
    if neighbours.n < FEWEST_AREAS:
        raise StatisticsError(
            f"areas: {neighbours.n}, and a permutation test needs at least {FEWEST_AREAS}"
        )


def map_seeds(seed: np.random.SeedSequence, stage: int, maps: int) -> list[np.random.SeedSequence]:
    """Give each map a stream of its own, the same in every call with an equal `seed`."""
    return [
        np.random.SeedSequence(seed.entropy, spawn_key=(*seed.spawn_key, stage, number))
        for number in range(maps)
    ]


def share_of(values: list[float]) -> Share:
    """Average the shares of single maps."""
    spread = float(np.std(values, ddof=1)) / len(values) ** 0.5
    return Share(float(np.mean(values)), spread, len(values))
