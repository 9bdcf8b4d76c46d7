"""Joint draws: how far ranks and lists could differ if the same risks were recorded again."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from risk_model.indicators import IndicatorValue, Stream
from risk_model.kept import Kept, bits
from risk_model.layers.small_area import Smoothed
from risk_model.normalise import normalise_draws
from risk_model.ranking import highest_first, in_top
from spatial.blocks import SERIAL, BlockMap
from spatial.gamma_draws import GammaBase, gamma_base

__all__ = ["BLOCK", "DrawPlan", "RankDraws", "Weighted", "joint_draws", "rank_draws"]

BLOCK = 50
"""Draws in a block: fixed, so that the draws are the same however the work is divided, and small,
so that a block of all of England and Wales (36,000 areas, a dozen categories) takes 200 MB."""

_COLUMNS = 4096
"""Areas summarised at a time: a copy of every rank would double the memory."""

_KEPT_CELLS = 50_000
"""Draws by areas up to which they are kept: a county's, not the country's."""

_MOST_RISKS = 128

_RISKS: Kept[NDArray[np.float64]] = Kept(_MOST_RISKS)
"""Drawn risks: what a change of settings leaves as it was is not drawn again. Where all that one
call draws would not fit, none is kept: each would have gone before it is asked for again."""

_BASES: Kept[GammaBase] = Kept(_MOST_RISKS)
"""What risks are drawn from: the same for other counts, as another period has them."""

_INDICATORS: Kept[NDArray[np.float64]] = Kept(384)
"""Drawn indicators, apart from risks so that they outlast them: another weight needs these alone.
2,000 draws (40 blocks) of nine indicators; 70 MB for 463 areas."""

Block = list[tuple[NDArray[np.int32], NDArray[np.float64]]]

_RISK_STAGE, _MONTH_STAGE, _WEIGHT_STAGE, _EXPECTED_STAGE, _AGAIN_STAGE = 601, 602, 603, 604, 605


@dataclass(frozen=True, slots=True)
class Weighted:
    """An indicator with what a priority does with it."""

    indicator: IndicatorValue
    weight: float
    normalise: str
    lower_is_worse: bool
    normalised: NDArray[np.float64]
    """n values from 0 to 1 as published; NaN where missing or outside the study area."""


@dataclass(frozen=True, slots=True)
class DrawPlan:
    """What has to be drawn for one priority.

    Attributes
    ----------
    name
        The priority: its draws of weights and months are its own.
    parts
        The indicators with a weight above 0.
    scored
        n booleans: areas that get a score.
    groups
        n labels: areas are ranked against those with the same label.
    aggregate
        `arithmetic` or `geometric`.
    size
        The length of the list.
    last
        For each scored area the position, among the scored areas, of the last area on its group's
        published list; -1 where the list holds the whole group. Empty where no list is published.
    """

    name: str
    parts: tuple[Weighted, ...]
    scored: NDArray[np.bool_]
    groups: NDArray[np.str_]
    aggregate: str
    size: int
    last: NDArray[np.intp] = field(default_factory=lambda: np.zeros(0, dtype=np.intp))


@dataclass(frozen=True, slots=True)
class RankDraws:
    """Over the scored areas: 5 % and 95 % of the rank, and the chance of being on the list.

    `p_top_crime_only` leaves out what is drawn as known (deprivation); NaN where no indicator of
    the priority comes from crime. `p_above_cut` is the chance of a score above that of the last
    area on the published list, ties counted half; NaN where the list holds every area.
    """

    rank_lo: NDArray[np.float64]
    rank_hi: NDArray[np.float64]
    p_top: NDArray[np.float64]
    p_top_crime_only: NDArray[np.float64]
    p_above_cut: NDArray[np.float64]


def joint_draws(
    plans: Sequence[DrawPlan],
    streams: Mapping[Stream, Smoothed],
    *,
    draws: int,
    weights: float,
    seed: int,
    blocks: BlockMap = SERIAL,
) -> list[RankDraws]:
    """Draw relative risks and weights together and rank all areas in every draw.

    Each draw takes a relative risk per category and area from its posterior, the same for every
    priority, recomputes the crime indicators without adding Poisson noise, draws for persistence
    whether the risk of each month was above 1, multiplies each weight by 1 + U(-f, f), and scores
    and ranks all areas. Deprivation is drawn as known.

    Parameters
    ----------
    plans
        One a priority.
    streams
        Posterior of every stream that an indicator adds up.
    draws, weights, seed
        Number of draws, f, and the seed. Blocks of 50 draws come from their own seed sequences.
    blocks
        Where blocks are computed; it makes no difference to the result.
    """
    one = partial(_numbered, plans=plans, streams=streams, draws=draws, weights=weights, seed=seed)
    done = list(blocks.map(one, range(-(-draws // BLOCK))))
    out = []
    for at in range(len(plans)):
        ranks = np.concatenate([block[at][0] for block in done])
        top = sum((block[at][1] for block in done), np.zeros_like(done[0][at][1])) / draws
        out.append(rank_draws(ranks, top))
    return out


def rank_draws(ranks: NDArray[np.int32], top: NDArray[np.float64]) -> RankDraws:
    """Summarise ranks (draws by areas) and chances (3 by areas).

    The chances are of being on the list, of being on it by crime alone, and of a score above its
    last area's.

    The 5 % and 95 % quantiles are ranks that were drawn (inverse of the empirical distribution).
    """
    count, n = ranks.shape
    if n == 0:
        empty = np.zeros(0)
        return RankDraws(empty, empty, empty, empty, empty)
    low, high = (int(np.ceil(share * count)) - 1 for share in (0.05, 0.95))
    ends = np.empty((2, n))
    for start in range(0, n, _COLUMNS):
        columns = slice(start, start + _COLUMNS)
        ends[:, columns] = np.partition(ranks[:, columns], (low, high), axis=0)[[low, high]]
    return RankDraws(ends[0], ends[1], top[0], top[1], top[2])


def _numbered(
    number: int,
    *,
    plans: Sequence[DrawPlan],
    streams: Mapping[Stream, Smoothed],
    draws: int,
    weights: float,
    seed: int,
) -> Block:
    """Return block `number` of all draws; the last one may be smaller."""
    size = min(BLOCK, draws - number * BLOCK)
    return draw_block(
        plans, streams, number=number, draws=size, weights=weights, seed=seed,
        of=-(-draws // BLOCK),
    )  # fmt: skip


def draw_block(
    plans: Sequence[DrawPlan],
    streams: Mapping[Stream, Smoothed],
    *,
    number: int,
    draws: int,
    weights: float,
    seed: int,
    of: int = 1,
) -> Block:
    """Return, for each plan, ranks (draws by scored areas) and summed chances (3 by areas).

    `of` is how many blocks are drawn in all; it decides what is kept, never a result.
    """
    anywhere = np.zeros(0, dtype=bool)
    for plan in plans:
        anywhere = plan.scored if not anywhere.size else anywhere | plan.scored
    block = _BlockDraws(streams, anywhere, number, draws, seed, of)
    out = []
    for plan in plans:
        rng = _generator(seed, _WEIGHT_STAGE, number, plan.name)
        spread = rng.uniform(-weights, weights, size=(draws, len(plan.parts)))
        drawn = np.array([p.weight for p in plan.parts]) * (1.0 + spread)
        months = _generator(seed, _MONTH_STAGE, number, plan.name)
        x = [block.normalised(p, plan, months) for p in plan.parts]
        from_crime = np.array([p.indicator.from_crime for p in plan.parts])
        ranks, top, above = _ranked(x, drawn, plan)
        if from_crime.all():
            crime = top
        elif from_crime.any():
            crime = _ranked(
                [values for values, kept in zip(x, from_crime, strict=True) if kept],
                drawn[:, from_crime],
                plan,
            )[1]
        else:
            crime = np.full_like(top, np.nan)
        out.append((ranks, np.stack([top, crime, above])))
    return out


def _generator(seed: int, stage: int, block: int, name: str) -> np.random.Generator:
    key = (stage, block, crc32(name.encode()))
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=key))


class _BlockDraws:
    """The drawn indicators of one block, from an earlier call where it asked for the same."""

    def __init__(
        self,
        streams: Mapping[Stream, Smoothed],
        anywhere: NDArray[np.bool_],
        number: int,
        draws: int,
        seed: int,
        of: int,
    ) -> None:
        self._streams, self._anywhere = streams, anywhere
        self._number, self._draws, self._seed = number, draws, seed
        self._key = (number, draws, seed, bits(anywhere))
        self._small = draws * anywhere.size <= _KEPT_CELLS
        # Otherwise risks are kept as long as their block: priorities share them.
        self._fits = self._small and of * len(streams) <= _MOST_RISKS
        self._drawn = _RISKS if self._fits else Kept[NDArray[np.float64]](len(streams))

    def normalised(
        self, part: Weighted, plan: DrawPlan, months: np.random.Generator
    ) -> NDArray[np.float64]:
        """Return draws by scored areas (or one row, where the indicator is drawn as known).

        `months` serves one indicator of the priority alone, so that nothing else depends on
        whether it was drawn from.
        """
        indicator = part.indicator
        asked: tuple[Hashable, ...]
        if indicator.parts:
            asked = tuple(
                (self._streams[key], key, bits(factor)) for key, factor in indicator.parts
            )
        elif indicator.monthly is not None:
            asked = (plan.name, bits(indicator.monthly))
        elif indicator.spread is not None:
            asked = (indicator.name, bits(indicator.value, indicator.spread))
        else:
            return part.normalised[None, plan.scored]

        def work() -> NDArray[np.float64]:
            if indicator.monthly is not None:
                drawn = draw_persistence(indicator.monthly[plan.scored], self._draws, months)
            elif indicator.spread is not None:
                own = _generator(self._seed, _EXPECTED_STAGE, self._number, indicator.name)
                drawn = draw_expected(
                    indicator.value[plan.scored], indicator.spread[plan.scored], self._draws, own
                )
            else:
                drawn = np.zeros((self._draws, int(plan.scored.sum())))
                product = np.empty_like(drawn)
                for key, factor in indicator.parts:
                    risks = _columns(self._risks(key), plan.scored[self._anywhere])
                    drawn += np.multiply(risks, factor[plan.scored], out=product)
            return normalise_draws(drawn, part.normalise, lower_is_worse=part.lower_is_worse)

        if not self._small:
            return work()
        asked = (*asked, bits(plan.scored), part.normalise, part.lower_is_worse)
        return _INDICATORS.get((self._key, asked), work)

    def _risks(self, stream: Stream) -> NDArray[np.float64]:
        """Return draws by areas of one stream; the same for every priority."""
        # Keyed by its own name: a change of weights or of another indicator leaves it alone.
        name, n = repr(stream), int(self._anywhere.sum())

        def begin() -> GammaBase:
            rng = _generator(self._seed, _RISK_STAGE, self._number, name)
            return gamma_base(self._draws, n, rng)

        def work() -> NDArray[np.float64]:
            asked = (self._seed, self._number, name, self._draws, n)
            base = _BASES.get(asked, begin) if self._fits else begin()
            rng = _generator(self._seed, _AGAIN_STAGE, self._number, name)
            return self._streams[stream].draw(base, rng, among=self._anywhere)

        return self._drawn.get((self._key, self._streams[stream], stream), work)


def draw_persistence(
    monthly: NDArray[np.float64], draws: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Return draws by areas of the share of covered months whose relative risk is above 1.

    `monthly` holds P(RR_it > 1), n by m, NaN where not covered. Whether a drawn RR_it is above 1
    is a coin with that chance, so the coin is drawn. The draws average to the published value.
    """
    months = (~np.isnan(monthly)).sum(axis=1)
    count = np.zeros((draws, len(monthly)))
    for month in range(monthly.shape[1]):
        # NaN compares False: a month without data adds nothing.
        count += rng.random((draws, len(monthly))) < monthly[:, month]
    share = np.divide(count, months, out=np.full_like(count, np.nan), where=months > 0)
    return np.asarray(share)


def draw_expected(
    mean: NDArray[np.float64], spread: NDArray[np.float64], draws: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Return draws by areas of expected events: gamma with these means and deviations."""
    relative = np.where(mean > 0, spread / np.where(mean > 0, mean, 1.0), 0.0)
    shape = 1.0 / np.maximum(relative, 1e-6) ** 2
    return np.asarray(mean * rng.standard_gamma(shape, (draws, len(mean))) / shape)


def _ranked(
    x: Sequence[NDArray[np.float64]], weights: NDArray[np.float64], plan: DrawPlan
) -> tuple[NDArray[np.int32], NDArray[np.float64], NDArray[np.float64]]:
    """Score and rank every draw; return ranks and, by area, two sums over the draws.

    They are the chance of being listed, and how often the score is above the published list's
    last area's.
    """
    draws = len(weights)
    n = int(plan.scored.sum())
    # Where no area lacks an indicator the weights have one sum a draw.
    gaps = [bool(np.isnan(values[0]).any()) for values in x]
    total, score = np.zeros((draws, n if any(gaps) else 1)), np.zeros((draws, n))
    for k, values in enumerate(x):
        w, known = weights[:, k, None], values
        if gaps[k]:
            present = ~np.isnan(values[0])
            w, known = w * present, np.where(present, values, 0.0)
        total += w
        score += w * (known if plan.aggregate == "arithmetic" else np.log1p(99.0 * known))
    score = np.divide(score, total, out=np.zeros_like(score), where=total > 0)
    ranks = np.empty((draws, n), dtype=np.int32)
    top = np.zeros(n)
    above = np.full(n, np.nan)
    labels = plan.groups[plan.scored]
    for label in np.unique(labels):
        members = labels == label
        # Scores a rounding error apart are tied, as in the published ranks.
        r, ties = highest_first(np.round(_columns(score, members), 11))
        ranks[:, members] = r
        top[members] = in_top(r, ties, plan.size).sum(axis=0)
        above[members] = _above_last(r, members, plan.last)
    return ranks, top, above


def _columns(values: NDArray[np.float64], wanted: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the columns that are wanted; the array itself, not a copy, where all are."""
    return values if wanted.all() else values[:, wanted]


def _above_last(
    ranks: NDArray[np.int32], members: NDArray[np.bool_], last: NDArray[np.intp]
) -> NDArray[np.float64]:
    """Return how often each area of a group ranks above the last of its list, ties half."""
    out = np.full(ranks.shape[1], np.nan)
    position = int(last[members][0]) if last.size else -1
    if position >= 0:
        cut = ranks[:, [int(members[:position].sum())]]
        out[:] = (ranks < cut).sum(axis=0) + 0.5 * (ranks == cut).sum(axis=0)
    return out
