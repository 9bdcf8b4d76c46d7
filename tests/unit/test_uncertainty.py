"""Joint draws: what they average to, what they may depend on, and who is on the list."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import model_case as CASE
from risk_model.composite import compose, last_listed
from risk_model.indicators import indicator_offences, set_rates, smooth_streams
from risk_model.layers.crime import exposure, offence_set
from risk_model.ranking import min_ranks
from risk_model.uncertainty import (
    BLOCK,
    DrawPlan,
    draw_block,
    draw_persistence,
    joint_draws,
    rank_draws,
)

SERIOUS = {CASE.VIOLENCE: 1.0, "robbery": 1.0}


def plan(indicators: dict[str, Any], data: Any = None, **keys: Any) -> SimpleNamespace:
    data = data or CASE.case()
    config = CASE.one(indicators, SERIOUS, **keys)
    exposed = exposure(data)
    priority = config.priorities["sv01"]
    offences = offence_set(priority, config, CASE.HARM)
    rates = set_rates(data, config, offences, exposed)
    wanted = [o for i in indicators for o in indicator_offences(i, offences, data, config)]
    streams = smooth_streams(wanted, data, config, exposed)
    found = compose(priority, data, config, rates, streams, exposed, name="sv01")
    return SimpleNamespace(
        streams=streams,
        composite=found,
        plan=DrawPlan(
            name="sv01",
            parts=tuple(p for p in found.parts if p.weight > 0),
            scored=found.scored,
            groups=found.groups,
            aggregate=priority.aggregate,
            size=priority.list.size,
            last=last_listed(found, priority.list.size),
        ),
    )


def drawn(made: SimpleNamespace, **keys: Any) -> Any:
    settings: dict[str, Any] = {"draws": 600, "weights": 0.25, "seed": 5} | keys
    return joint_draws([made.plan], made.streams, **settings)[0]


MIXED = {"event_rate": 0.5, "persistence": 0.2, "deprivation_without_crime": 0.3}


def test_places_on_the_list_are_all_given_out() -> None:
    out = drawn(plan(MIXED))
    assert out.p_top.sum() == pytest.approx(5.0)
    assert out.p_top_crime_only.sum() == pytest.approx(5.0)
    assert (out.rank_lo <= out.rank_hi).all()
    assert out.rank_lo.min() == 1
    assert out.rank_hi.max() == 48


def test_chance_above_the_lists_last_is_counted_draw_by_draw() -> None:
    """The ranks of every draw, taken from the blocks themselves, against the summed chance."""
    made = plan(MIXED)
    out = drawn(made, draws=2 * BLOCK)
    ranks = np.concatenate(
        [
            draw_block([made.plan], made.streams, number=k, draws=BLOCK, weights=0.25, seed=5)[0][0]
            for k in range(2)
        ]
    )
    last = int(np.flatnonzero(min_ranks(made.composite.score) == 5)[0])
    wanted = [
        np.mean([1.0 if row[i] < row[last] else 0.5 * (row[i] == row[last]) for row in ranks])
        for i in range(48)
    ]
    np.testing.assert_allclose(out.p_above_cut, wanted)
    assert out.p_above_cut[last] == 0.5
    assert ((out.p_above_cut >= 0) & (out.p_above_cut <= 1)).all()


def test_each_group_has_its_own_cut_and_a_list_of_all_has_none() -> None:
    made = plan(MIXED)
    half = np.where(np.arange(48) < 24, "", "Wales")
    composite = replace(made.composite, groups=half)
    two = replace(made.plan, groups=half, last=last_listed(composite, 5))
    out = joint_draws([two], made.streams, draws=BLOCK, weights=0.25, seed=5)[0]
    assert np.sum(out.p_above_cut == 0.5) >= 2
    for members in (np.arange(24), np.arange(24, 48)):
        order = members[np.argsort(-made.composite.score[members])]
        assert out.p_above_cut[order[4]] == 0.5
        assert out.p_above_cut[order[0]] > 0.5 > out.p_above_cut[order[-1]]
    everyone = replace(made.plan, size=48, last=last_listed(made.composite, 48))
    none = joint_draws([everyone], made.streams, draws=BLOCK, weights=0.25, seed=5)[0]
    assert np.isnan(none.p_above_cut).all()


def test_blocks_are_the_same_however_they_are_divided() -> None:
    made = plan(MIXED)

    class Backwards:
        @staticmethod
        def map(function: Callable[[int], Any], numbers: Iterable[int]) -> list[Any]:
            done = {number: function(number) for number in reversed(list(numbers))}
            return [done[number] for number in sorted(done)]

    one, two = drawn(made), drawn(made, blocks=Backwards())
    for name in ("rank_lo", "rank_hi", "p_top", "p_top_crime_only", "p_above_cut"):
        np.testing.assert_array_equal(getattr(one, name), getattr(two, name))


def test_more_draws_keep_the_first_blocks() -> None:
    made = plan({"event_rate": 1.0})
    few = drawn(made, draws=BLOCK, weights=0.0)
    more = drawn(made, draws=2 * BLOCK, weights=0.0)
    rest = 2 * more.p_top - few.p_top
    assert ((rest > -1e-9) & (rest < 1 + 1e-9)).all()
    np.testing.assert_allclose(rest * BLOCK, np.round(rest * BLOCK), atol=1e-6)
    # The second block holds other draws than the first.
    assert np.abs(rest - few.p_top).max() > 0.5 / BLOCK


def test_seed_decides() -> None:
    made = plan(MIXED)
    np.testing.assert_array_equal(drawn(made).p_top, drawn(made).p_top)
    assert (drawn(made).p_top != drawn(made, seed=6).p_top).any()


def test_draws_against_a_slow_simulation() -> None:
    """Our own loop over draws: relative risk, rate, percentile rank, weights, rank."""
    made = plan({"violence_rate": 0.6, "imd_score": 0.4})
    rng = np.random.default_rng(99)
    ((key, smoothed),) = made.streams.items()
    group = smoothed.groups[0]
    shape = smoothed.events / smoothed.phi + group.fit.nu
    rate = smoothed.expected / smoothed.phi + group.fit.alpha
    known = made.plan.parts[1].normalised
    hits = np.zeros(48)
    for _ in range(3000):
        theta = rng.gamma(shape) / rate
        theta *= made.plan.parts[0].indicator.parts[0][1]
        x = (theta[:, None] > theta).sum(axis=1) / 48 + 0.5 / 48
        w = np.array([0.6, 0.4]) * (1 + rng.uniform(-0.25, 0.25, 2))
        score = (w[0] * x + w[1] * known) / w.sum()
        hits[np.argsort(-score)[:5]] += 1
    out = drawn(made, draws=3000)
    assert key[0] == CASE.VIOLENCE
    # Two shares of 3,000 draws each: standard error at most .013.
    np.testing.assert_allclose(out.p_top, hits / 3000, atol=0.06)


def test_crime_only_leaves_deprivation_out() -> None:
    assert np.isnan(drawn(plan({"imd_score": 1.0})).p_top_crime_only).all()
    crime = drawn(plan({"event_rate": 0.7, "robbery_rate": 0.3}))
    np.testing.assert_array_equal(crime.p_top, crime.p_top_crime_only)
    # With and without deprivation, the crime part is drawn from the same risks.
    with_it = drawn(plan({"event_rate": 1.0, "imd_score": 1.0}))
    without = drawn(plan({"event_rate": 1.0}))
    np.testing.assert_array_equal(with_it.p_top_crime_only, without.p_top_crime_only)
    assert (with_it.p_top != without.p_top).any()


def test_what_is_known_without_doubt_has_no_range() -> None:
    out = drawn(plan({"imd_score": 1.0}))
    np.testing.assert_array_equal(out.rank_lo, out.rank_hi)
    assert set(out.p_top.tolist()) == {0.0, 1.0}


def test_weights_are_drawn_within_their_share() -> None:
    two = plan({"imd_score": 0.5, "income": 0.5})
    fixed, loose, wide = (drawn(two, weights=f) for f in (0.0, 0.25, 0.9))
    np.testing.assert_array_equal(fixed.rank_lo, fixed.rank_hi)
    width = [(out.rank_hi - out.rank_lo).mean() for out in (fixed, loose, wide)]
    assert width[0] < width[1] < width[2]
    # Indicators that agree give one order whatever their weights.
    data = CASE.case()
    data.indicators["income"] = data.indicators["imd_score"]
    agreed = drawn(plan({"imd_score": 0.5, "income": 0.5}, data), weights=0.9)
    np.testing.assert_array_equal(agreed.rank_lo, agreed.rank_hi)


def test_ties_share_the_places() -> None:
    # Half of the areas are rural and equal: 24 share 5 places.
    out = drawn(plan({"rural": 1.0}))
    np.testing.assert_allclose(np.unique(out.p_top), [0.0, 5 / 24])


def test_geometric_scores_are_drawn_as_geometric() -> None:
    made = plan({"imd_score": 0.5, "rural": 0.5}, aggregate="geometric")
    out = drawn(made, weights=0.0)
    np.testing.assert_array_equal(
        np.argsort(-made.composite.score, kind="stable")[:3],
        np.argsort(out.rank_lo, kind="stable")[:3],
    )


def test_persistence_draws_average_to_the_published_value() -> None:
    monthly = np.array([[0.9, 0.2, np.nan], [0.5, 0.5, 0.5], [np.nan, np.nan, np.nan]])
    out = draw_persistence(monthly, 20_000, np.random.default_rng(1))
    np.testing.assert_allclose(out[:, :2].mean(axis=0), [0.55, 0.5], atol=0.01)
    assert np.isnan(out[:, 2]).all()
    assert set(np.unique(out[:, 0])) == {0.0, 0.5, 1.0}


def test_quantiles_are_ranks_that_were_drawn() -> None:
    ranks = np.arange(1, 101, dtype=np.int32)[:, None]
    out = rank_draws(ranks, np.zeros((3, 1)))
    assert (out.rank_lo[0], out.rank_hi[0]) == (5, 95)
    empty = rank_draws(np.zeros((3, 0), dtype=np.int32), np.zeros((3, 0)))
    assert empty.rank_lo.size == 0
