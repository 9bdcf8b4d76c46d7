"""Rank sets against the published check, a slow implementation and simulated ranks."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

from risk_model.rank_sets import rank_sets


def slow(events: list[float], expected: list[float], alpha: float = 0.05) -> list[tuple[int, int]]:
    """Every pair by the binomial tail, Holm's steps one by one, for each area."""
    n = len(events)

    def above(i: int, j: int) -> float:
        total, share = events[i] + events[j], expected[i] / (expected[i] + expected[j])
        return float(binom.sf(events[i] - 1, total, share))

    sets = []
    for i in range(n):
        others = [j for j in range(n) if j != i]
        tests = sorted(
            [(above(j, i), "above") for j in others] + [(above(i, j), "below") for j in others]
        )
        found = {"above": 0, "below": 0}
        for step, (p, side) in enumerate(tests):
            if p > alpha / (len(tests) - step):
                break
            found[side] += 1
        sets.append((1 + found["above"], n - found["below"]))
    return sets


def made(events: list[float], expected: list[float]) -> list[tuple[int, int]]:
    low, high = rank_sets(np.array(events, dtype=float), np.array(expected, dtype=float))
    return [(int(a), int(b)) for a, b in zip(low, high, strict=True)]


def test_the_check_of_the_method() -> None:
    # The numbers that the method's own description gives, equal expected counts.
    found = made([60, 30, 20, 18, 5, 1], [1] * 6)
    assert found == [(1, 1), (2, 4), (2, 4), (2, 4), (5, 6), (5, 6)]


@pytest.mark.parametrize("seed", range(4))
def test_agrees_with_every_pair_and_step_by_hand(seed: int) -> None:
    rng = np.random.default_rng(seed)
    expected = rng.gamma(3.0, 10.0, 14).tolist()
    events = [float(rng.poisson(e * rng.gamma(2.0, 0.5))) for e in expected]
    assert made(events, expected) == slow(events, expected)


@pytest.mark.parametrize(("mean", "alpha"), [(0.3, 0.5), (4.0, 0.05), (400.0, 0.01)])
def test_bounds_settle_what_every_tail_would(mean: float, alpha: float) -> None:
    # From areas with hardly an event to areas told apart nearly all: most pairs are settled by
    # bounds, some by their tail, and an area without events or with a tied rate is among them.
    rng = np.random.default_rng(11)
    expected = np.round(rng.gamma(2.0, mean / 2.0, 24), 1) + 0.1
    events = rng.poisson(expected * rng.gamma(2.0, 0.5, 24)).astype(float)
    events[:2], expected[:3], events[2] = 0.0, 5.0, 5.0
    low, high = rank_sets(events, expected, alpha=alpha)
    sets = list(zip(low.astype(int).tolist(), high.astype(int).tolist(), strict=True))
    assert sets == slow(events.tolist(), expected.tolist(), alpha)


def test_size_of_an_area_is_not_risk() -> None:
    # Ten times the events on ten times the people: nothing is told apart.
    assert made([100, 10], [100, 10]) == [(1, 2), (1, 2)]
    assert made([100, 100], [10, 100]) == [(1, 1), (2, 2)]


def test_rare_offences_leave_every_rank_open() -> None:
    events = [1.0, 0.0, 2.0, 1.0, 0.0, 3.0] * 10
    assert set(made(events, [1.0] * 60)) == {(1, 60)}


def test_areas_without_an_expected_count_have_no_set_and_no_rank() -> None:
    low, high = rank_sets(np.array([60.0, 30.0, 7.0]), np.array([1.0, 1.0, np.nan]))
    np.testing.assert_array_equal(low, [1, 2, np.nan])
    np.testing.assert_array_equal(high, [1, 2, np.nan])
    assert np.isnan(rank_sets(np.array([3.0]), np.array([0.0]))[0]).all()


def test_sets_hold_the_true_rank_at_least_as_often_as_promised() -> None:
    rng = np.random.default_rng(5)
    risk = np.linspace(2.0, 0.4, 12)
    expected = np.full(12, 40.0)
    truth = np.arange(1, 13)
    missed = np.zeros(12)
    for _ in range(200):
        low, high = rank_sets(rng.poisson(risk * expected).astype(float), expected)
        missed += (truth < low) | (truth > high)
    assert missed.max() / 200 <= 0.05


def test_pairs_are_made_in_blocks_that_leave_none_out(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(9)
    expected = rng.gamma(3.0, 10.0, 11).tolist()
    events = [float(rng.poisson(e * rng.gamma(2.0, 0.5))) for e in expected]
    monkeypatch.setattr("risk_model.rank_sets._ROWS", 3)
    assert made(events, expected) == slow(events, expected)
