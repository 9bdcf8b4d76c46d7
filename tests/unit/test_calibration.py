"""The measuring of the tests is itself measured: laws of its figures, and what it must notice."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

import block_order as ORDER
from spatial import calibration
from spatial.calibration import (
    FalsePositives,
    Share,
    false_positives,
)
from spatial.errors import StatisticsError
from spatial.moran import LocalMoran, local_moran
from spatial.permutation import PermutationCounts, pseudo_p
from spatial.planted_block import detection_power, queen_lattice

SEED = np.random.SeedSequence(20261122)
FEW: dict[str, Any] = {"maps": 60, "permutations": 499}
LATTICE = queen_lattice(12, 12)


def within(share: Share, truth: float) -> bool:
    """Say whether a share is within four of its standard errors of what it should be."""
    return abs(share.value - truth) < 4 * share.standard_error


def population(n: int) -> np.ndarray:
    return np.random.default_rng(7).integers(1_000, 3_001, n).astype(float)


# --- the lattice --------------------------------------------------------------------------------


def test_lattice_is_that_of_a_double_loop() -> None:
    rows, columns = 4, 6
    lattice = queen_lattice(rows, columns)
    for one in range(rows * columns):
        near = [
            two
            for two in range(rows * columns)
            if two != one
            and abs(two // columns - one // columns) <= 1
            and abs(two % columns - one % columns) <= 1
        ]
        assert lattice.indices[lattice.indptr[one] : lattice.indptr[one + 1]].tolist() == near


def test_lattice_of_the_published_power() -> None:
    lattice = queen_lattice(20, 23)
    assert (lattice.n, lattice.links) == (460, 2 * (20 * 22 + 19 * 23 + 2 * 19 * 22))


@pytest.mark.parametrize(("rows", "columns"), [(1, 1), (1, 5)])
def test_thin_lattices(rows: int, columns: int) -> None:
    assert queen_lattice(rows, columns).links == 2 * (columns - 1)


# --- false positives ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def normal() -> FalsePositives:
    return false_positives(LATTICE, seed=SEED, **FEW)


def test_normal_noise_is_called_unusual_as_often_as_stated(normal: FalsePositives) -> None:
    """About .05 at .05; a p of one tail (twice as many) or of a wrong null would not be."""
    assert normal.areas == 144
    assert normal.events_per_area is None
    for share in (normal.moran, normal.gi_star):
        assert 0.035 < share.value < 0.065
        assert within(share, 0.05)


def test_half_of_p_is_called_unusual_twice_as_often(normal: FalsePositives) -> None:
    """What a library's one-tailed default does, and what this would have shown of ours."""
    assert 0.08 < normal.halved.value < 0.12
    assert within(normal.halved, 0.10)


def test_a_one_sided_p_would_be_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def one_sided(counts: PermutationCounts, *alternative: Any) -> np.ndarray:
        return pseudo_p(counts, *alternative) / 2

    monkeypatch.setattr("spatial.moran.pseudo_p", one_sided)
    found = false_positives(LATTICE, seed=SEED, maps=30, permutations=499)
    assert not 0.04 <= found.moran.value <= 0.06
    assert not within(found.moran, 0.05)
    assert 0.04 < found.gi_star.value < 0.065  # Gi* has its own and is as it was


def test_a_null_of_the_wrong_width_would_be_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Values that resemble their neighbours are no null: the share is well above .05."""

    def smooth(y: np.ndarray, *rest: Any, **more: Any) -> LocalMoran:
        return local_moran(y + LATTICE.lag(y), *rest, **more)

    monkeypatch.setattr(calibration, "local_moran", smooth)
    found = false_positives(LATTICE, seed=SEED, maps=20, permutations=499)
    assert found.moran.value > 0.1


@pytest.mark.parametrize("events", [20.0, 1.0])
def test_counts_of_equal_risk_on_unequal_populations(events: float) -> None:
    found = false_positives(
        LATTICE, seed=SEED, population=population(144), events_per_area=events, **FEW
    )
    assert found.events_per_area == events
    assert 0.035 < found.moran.value < 0.065


def test_raw_rates_of_rare_events_are_conservative() -> None:
    """The reason for testing standardised rates: many areas have the same rate, 0."""
    people = population(144)
    shares = [
        false_positives(
            LATTICE, seed=SEED, population=people, events_per_area=0.4, rate=rate, **FEW
        ).moran.value
        for rate in ("raw", "assuncao-reis")
    ]
    assert shares[0] < 0.04 < shares[1]


def test_unlike_populations_do_not_look_like_clusters() -> None:
    """People crowd on one side: counts cluster, standardised rates must not."""
    crowded = np.repeat([500.0, 20_000.0], 72)
    found = false_positives(LATTICE, seed=SEED, population=crowded, events_per_area=10.0, **FEW)
    assert 0.03 < found.moran.value < 0.07


def test_few_maps_have_a_flag_after_correction() -> None:
    """At most 5 % of maps without a cluster, however many areas there are."""
    found = false_positives(queen_lattice(7, 7), seed=SEED, maps=60, permutations=4_999)
    assert found.any_flag.value <= 0.05 + 4 * np.sqrt(0.05 * 0.95 / 60)
    assert found.any_flag.value * 60 == pytest.approx(round(found.any_flag.value * 60))


def test_standard_error_is_that_of_the_mean_over_maps(normal: FalsePositives) -> None:
    """Shares of many sets of maps scatter about as much as each says."""
    sets = [
        false_positives(
            LATTICE, seed=np.random.SeedSequence(number), maps=12, permutations=199
        ).moran
        for number in range(20)
    ]
    scatter = np.std([share.value for share in sets], ddof=1)
    stated = np.mean([share.standard_error for share in sets])
    assert 0.6 < scatter / stated < 1.6
    assert normal.moran.maps == 60


def test_only_reported_areas_count() -> None:
    report = np.arange(144) < 100
    found = false_positives(LATTICE, seed=SEED, report=report, maps=4, permutations=199)
    assert found.areas == 100


def test_false_hot_spots_are_a_quarter_of_false_positives(normal: FalsePositives) -> None:
    """An upper tail is half of them, and half of the areas in it are high themselves."""
    assert within(normal.high_high, 0.05 / 4)
    assert normal.hot_flag.value <= normal.any_flag.value


def test_rare_events_where_like_populations_adjoin_make_false_cold_spots() -> None:
    """A known limit of p, which must stay visible: see docs/validation.md.

    Without an event the standardised rate is the lower, the larger the population. Where large ones
    lie together and neighbours are few, their sum is lower than nearly all that are drawn, whatever
    the risk. High-High is not touched, nor are events that are not rare.
    """
    row, people = queen_lattice(1, 144), np.linspace(800, 3_200, 144)
    rare, common = (
        false_positives(
            row, seed=SEED, population=people, events_per_area=events, maps=30, permutations=999
        )
        for events in (0.4, 20.0)
    )
    assert rare.moran.value > 0.065
    assert rare.high_high.value < 0.0125
    assert 0.035 < common.moran.value < 0.065
    # So no label calls an area low there, and what is labelled is below what a test promises.
    assert rare.labelled == rare.high_high
    assert rare.label_flag == rare.hot_flag
    assert common.labelled == common.moran


# --- seeds and blocks ---------------------------------------------------------------------------


def test_equal_seeds_give_equal_figures_wherever_they_are_made() -> None:
    def run(**more: Any) -> tuple[Any, ...]:
        null = false_positives(LATTICE, seed=SEED, maps=5, permutations=199, **more)
        return null, detection_power(seed=SEED, rows=9, columns=9, maps=3, permutations=199, **more)

    before = SEED.n_children_spawned
    assert run() == run() == run(blocks=ORDER.Backwards())
    assert SEED.n_children_spawned == before  # a passed-in sequence is not used up


def test_other_seeds_and_more_maps_are_other_maps() -> None:
    def shares(seed: np.random.SeedSequence, maps: int) -> FalsePositives:
        return false_positives(LATTICE, seed=seed, maps=maps, permutations=199)

    first = shares(SEED, 6)
    assert first != shares(np.random.SeedSequence(1), 6)
    child = np.random.SeedSequence(SEED.entropy, spawn_key=(3,))
    assert first.moran != shares(child, 6).moran
    assert shares(SEED, 7).moran.value * 7 - first.moran.value * 6 == pytest.approx(
        round((shares(SEED, 7).moran.value * 7 - first.moran.value * 6) * 144) / 144
    )  # the first six maps of seven are those of six


def test_results_are_frozen(normal: FalsePositives) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        normal.areas = 1  # type: ignore[misc]


# --- power --------------------------------------------------------------------------------------

POWER: dict[str, Any] = {"maps": 12, "permutations": 4_999}


def test_a_planted_block_is_found_and_little_else() -> None:
    for power in detection_power(seed=SEED, **POWER):
        assert power.inner.value >= 0.85, power.statistic  # .90 over 100 maps of 9,999 draws
        assert 0.35 < power.block.value < 0.65
        assert power.outside.value <= power.outside_any.value <= 0.005
        assert power.beyond.value < power.touching.value + 0.001 < power.block.value


def test_parts_of_the_lattice_add_up() -> None:
    """9 + 16 cells of the block, 24 that touch it, 411 beyond: shares weighted so are the whole."""
    moran, gi_star = detection_power(seed=SEED, maps=4, permutations=999)
    assert (moran.statistic, gi_star.statistic) == ("local Moran", "Gi*")
    for power in (moran, gi_star):
        outside = (24 * power.touching.value + 411 * power.beyond.value) / 435
        assert power.outside.value == pytest.approx(outside, abs=1e-12)
        edge = (25 * power.block.value - 9 * power.inner.value) / 16
        assert -1e-12 <= edge <= 1 + 1e-12


def test_nothing_planted_nothing_found_and_more_is_easier() -> None:
    found = [
        detection_power(seed=SEED, rows=12, columns=12, lift=lift, maps=8, permutations=1_999)[0]
        for lift in (0.0, 2.0, 4.0)
    ]
    assert found[0].block.value < 0.02
    assert found[0].block.value < found[1].block.value < found[2].block.value
    assert found[2].inner.value > 0.95


def test_a_lowered_block_is_no_hot_spot() -> None:
    """Low-Low and cold are found, and count as labels, never as found."""
    for power in detection_power(
        seed=SEED, rows=12, columns=12, lift=-4.0, maps=4, permutations=1_999
    ):
        assert power.inner.value == 0
        assert power.block.value < 0.05


# --- refusals -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"maps": 1}, "maps: 1 is below 2"),
        ({"population": population(144)}, "give both"),
        ({"events_per_area": 3.0}, "give both"),
        ({"population": population(9), "events_per_area": 3.0}, r"shape \(9,\)"),
        ({"population": np.zeros(144), "events_per_area": 3.0}, "Neighbours.subset"),
        ({"population": np.full(144, np.nan), "events_per_area": 3.0}, "Neighbours.subset"),
        ({"population": population(144), "events_per_area": 0.1}, "at least 50"),
        ({"population": population(144), "events_per_area": np.nan}, "at least 50"),
        ({"rate": "crude"}, "not assuncao-reis or raw"),
        ({"alpha": 1.0}, "alpha"),
        ({"permutations": 0}, "permutations: 0 is below 1"),
        ({"report": np.zeros(144, dtype=bool)}, "no reported area"),
    ],
)
def test_what_cannot_be_calibrated_says_why(change: dict[str, Any], words: str) -> None:
    with pytest.raises(StatisticsError, match=words):
        false_positives(LATTICE, seed=SEED, **{"maps": 2, "permutations": 99, **change})


def test_too_few_areas() -> None:
    with pytest.raises(StatisticsError, match="25, and a permutation test needs at least 30"):
        false_positives(queen_lattice(5, 5), seed=SEED, maps=2)
    with pytest.raises(StatisticsError, match="at least 1 x 1"):
        queen_lattice(0, 5)


@pytest.mark.parametrize(("block", "rows"), [(2, 20), (5, 8), (17, 20)])
def test_a_block_that_does_not_fit(block: int, rows: int) -> None:
    with pytest.raises(StatisticsError, match="at least 2 cells around"):
        detection_power(seed=SEED, rows=rows, block=block, maps=2)
