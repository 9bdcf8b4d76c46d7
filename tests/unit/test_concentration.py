"""Coverage, predictive indices and inequality: hand-made cases and slow oracles."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import block_order as ORDER
from spatial import concentration
from spatial.blocks import block_map
from spatial.concentration import coverage, gini, lorenz
from spatial.errors import StatisticsError

SEED = np.random.SeedSequence(3, spawn_key=(7,))


def test_the_indices_of_three_equal_areas() -> None:
    """METHODS 8: observed 6, 3, 0, predicted 3, 2, 1: PAI 2, 1.5, 1; PEI 1; RRI .5, .5556, .6667."""
    result = coverage([3, 2, 1], [6, 3, 0], [1, 1, 1], in_events=True)
    np.testing.assert_allclose(result.pai, [2, 1.5, 1])
    np.testing.assert_allclose(result.pei, [1, 1, 1])
    np.testing.assert_allclose(result.rri, [1 / 2, 5 / 9, 2 / 3])
    np.testing.assert_allclose(result.events, [2 / 3, 1, 1])
    np.testing.assert_allclose(result.areas, [1 / 3, 2 / 3, 1])
    assert result.population is None


def test_rri_only_for_predictions_in_events() -> None:
    assert coverage([3, 2, 1], [6, 3, 0], [1, 1, 1]).rri is None


def test_tied_scores_give_the_mean_over_every_order() -> None:
    """Oracle: average what is caught over all orders that the scores allow."""
    score = [2, 1, 1, 1, 0, 0]
    observed, land, people = [5, 9, 0, 3, 1, 4], [1, 7, 2, 3, 5, 1], [10, 5, 0, 8, 2, 2]
    columns = np.array([observed, land, people], dtype=float)
    runs = [
        np.cumsum(columns[:, order], axis=1)
        for order in itertools.permutations(range(6))
        if all(score[a] >= score[b] for a, b in itertools.pairwise(order))
    ]
    assert len(runs) == 12
    events, area, population = np.mean(runs, axis=0) / columns.sum(axis=1)[:, None]
    result = coverage(score, observed, land, population=people)
    np.testing.assert_allclose(result.events, events)
    np.testing.assert_allclose(result.area, area)
    assert result.population is not None
    np.testing.assert_allclose(result.population, population)
    np.testing.assert_allclose(result.pai, events / area)


def test_a_constant_score_is_worth_nothing() -> None:
    rng = np.random.default_rng(1)
    result = coverage(np.ones(20), rng.poisson(4.0, 20), np.ones(20))
    np.testing.assert_allclose(result.pai, 1.0)


def test_pei_is_one_for_the_densest_first_and_below_for_others() -> None:
    observed, land = np.array([10.0, 9, 2, 1]), np.array([5.0, 1, 1, 4])
    best = coverage(observed / land, observed, land)
    np.testing.assert_allclose(best.pei, 1.0)
    by_count = coverage(observed, observed, land)
    # 5 km2 hold 9 + 2 + 3/5 of 10 events at best; the first by count has 10 of these 17.
    assert by_count.pei[0] == pytest.approx(10 / 17)
    assert by_count.pei[-1] == pytest.approx(1.0)


def test_less_land_than_the_densest_area_has_could_hold_a_part_of_its_events() -> None:
    """The first by score is 1 km2 with one event; 1 of the densest 10 km2 holds two of 20."""
    found = coverage([2, 1], [1, 20], [1, 10])
    assert found.pei == pytest.approx([0.5, 1.0])


def test_no_events_have_no_indices() -> None:
    result = coverage([2, 1], [0, 0], [1, 1], in_events=True)
    assert np.isnan(result.events).all()
    assert np.isnan(result.pai).all()
    assert np.isnan(result.pei).all()


def gini_slowly(events: np.ndarray, exposure: np.ndarray) -> float:
    """Oracle: mean difference of rates over all pairs, weighted by exposure."""
    rate, share = events / exposure, exposure / exposure.sum()
    mean = (rate * share).sum()
    pairs = (
        share[i] * share[j] * abs(rate[i] - rate[j])
        for i, j in itertools.product(range(rate.size), repeat=2)
    )
    return sum(pairs) / (2 * mean)


@pytest.mark.parametrize("even", [True, False])
def test_gini_is_the_mean_difference(even: bool) -> None:
    rng = np.random.default_rng(4)
    events = rng.poisson(rng.gamma(1.0, 5.0, 25)).astype(float)
    exposure = np.ones(25) if even else rng.gamma(2.0, 100.0, 25)
    result = gini(events, None if even else exposure, seed=SEED, simulations=3)
    assert result.value == pytest.approx(gini_slowly(events, exposure), rel=1e-12)


def test_gini_of_events_by_chance_has_no_excess() -> None:
    """600 areas, 300 events at equal risk: Gini above .6, and all of it chance."""
    rng = np.random.default_rng(5)
    exposure = rng.gamma(5.0, 300.0, 600)
    events = rng.multinomial(300, exposure / exposure.sum())
    result = gini(events, exposure, seed=SEED)
    assert result.value > 0.6
    assert abs(result.excess) < 0.05
    assert result.excess == pytest.approx(result.value - result.chance)
    assert result.chance < result.chance_hi < result.chance + 0.05


def test_chance_maps_fall_by_exposure_and_their_ginis_are_summed_up() -> None:
    rng = np.random.default_rng(9)
    exposure = rng.gamma(1.0, 100.0, 30)
    events = rng.poisson(3.0, 30)
    result = gini(events, exposure, seed=SEED, simulations=120)
    maps = np.concatenate(
        [
            np.random.default_rng(np.random.SeedSequence(3, spawn_key=(7, block))).multinomial(
                events.sum(), exposure / exposure.sum(), size
            )
            for block, size in enumerate((50, 50, 20))
        ]
    )
    slowly = [gini_slowly(chance.astype(float), exposure) for chance in maps]
    assert result.chance == pytest.approx(np.mean(slowly))
    assert result.chance_hi == pytest.approx(np.quantile(slowly, 0.95))


def test_chance_maps_are_as_many_as_asked_for_however_few_are_made_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rng = np.random.default_rng(8)
    exposure = rng.uniform(1, 5, 20)
    counts = rng.poisson(exposure)
    whole = gini(counts, exposure, seed=SEED, simulations=7)
    for values in (1, 60, 100):  # one, three or five maps at a time
        monkeypatch.setattr(concentration, "_AT_ONCE", values)
        assert gini(counts, exposure, seed=SEED, simulations=7) == whole


def test_gini_of_truly_unequal_risk_exceeds_chance() -> None:
    rng = np.random.default_rng(6)
    events = rng.poisson(rng.gamma(0.5, 6.0, 300))
    result = gini(events, seed=SEED)
    assert result.excess > 0.2
    assert result.value > result.chance_hi


def test_gini_follows_the_seed_wherever_its_maps_are_measured() -> None:
    events = np.random.default_rng(0).poisson(2.0, 50)
    first = gini(events, seed=SEED, simulations=170)
    assert gini(events, seed=SEED, simulations=170) == first
    assert gini(events, seed=SEED, simulations=170, blocks=ORDER.Backwards()) == first
    with block_map(2) as pool:
        assert gini(events, seed=SEED, simulations=170, blocks=pool) == first
    assert gini(events, seed=np.random.SeedSequence(4), simulations=170) != first
    assert SEED.n_children_spawned == 0


def test_lorenz_runs_from_nothing_to_all_below_the_diagonal() -> None:
    x, y = lorenz([0, 8, 2, 0], [1, 2, 4, 1])
    np.testing.assert_allclose(x, [0, 1 / 8, 2 / 8, 6 / 8, 1])
    np.testing.assert_allclose(y, [0, 0, 0, 0.2, 1])


def test_areas_without_exposure_are_left_out() -> None:
    assert lorenz([0, 8, 2, 5], [1, 2, 4, 0])[0].size == 4


def test_no_events_have_no_inequality() -> None:
    assert np.isnan(gini([0, 0], seed=SEED).value)
    assert np.isnan(lorenz([0, 0])[1][1:]).all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([1, np.nan], [1, 1], [1, 1]), "predicted: row 1 is nan; expected a number"),
        (([1, 2], [1, -1], [1, 1]), "observed: row 1 is -1.* expected 0 or more"),
        (([1, 2], [1, 1], [1, 0]), "area_km2: row 1 is 0"),
        (([1, 2], [1], [1, 1]), r"observed: shape \(1,\); expected one value an area"),
    ],
)
def test_bad_columns_are_refused(arguments: tuple[list[float], ...], message: str) -> None:
    with pytest.raises(StatisticsError, match=message):
        coverage(*arguments)


def test_gini_refuses_parts_of_events_and_no_simulations() -> None:
    with pytest.raises(StatisticsError, match=r"events: row 0 is 0\.5; expected a whole number"):
        gini([0.5, 1], seed=SEED)
    with pytest.raises(StatisticsError, match="simulations: 0 is below 1"):
        gini([1, 1], seed=SEED, simulations=0)
