"""The scan statistic against circles listed one by one, chance maps and planted clusters."""

from __future__ import annotations

import math

import numpy as np
import pytest

from scan_case import Fields, country, planted, scanned
from spatial.blocks import block_map
from spatial.scan import SCAN_STAGE, scan
from spatial.scan_circles import best_of_centres, circles, largest_ratios


def every_circle(population: np.ndarray, x: np.ndarray, y: np.ndarray, share: float) -> set:
    """Oracle: for each centre and each radius at which an area lies, the set of areas inside."""
    found = set()
    for i in range(x.size):
        distance = [round(math.hypot(x[j] - x[i], y[j] - y[i]), 6) for j in range(x.size)]
        for radius in distance:
            inside = frozenset(j for j in range(x.size) if distance[j] <= radius)
            if sum(population[j] for j in inside) <= share * population.sum() * (1 + 1e-12):
                found.add(inside)
    return found


def ratio(c: float, e: float, total: float, direction: str) -> float:
    """Oracle: log likelihood ratio of one circle, by its definition."""
    if (direction == "high" and (c <= e or c < 2)) or (direction == "low" and c >= e):
        return 0.0
    if direction == "both" and c > e and c < 2:
        return 0.0
    parts = ((c, e), (total - c, total - e))
    return sum(k * math.log(k / base) for k, base in parts if k)


def largest(fields: Fields, share: float, direction: str) -> tuple[float, frozenset]:
    events, population, x, y, _ = fields
    total = events.sum()
    best = [
        (
            ratio(
                sum(events[j] for j in inside),
                total * sum(population[j] for j in inside) / population.sum(),
                total,
                direction,
            ),
            inside,
        )
        for inside in every_circle(population, x, y, share)
    ]
    return max(best, key=lambda one: one[0])


@pytest.mark.parametrize("direction", ["high", "low", "both"])
@pytest.mark.parametrize("share", [0.5, 0.15])
@pytest.mark.parametrize("lattice", [False, True])
def test_the_best_circle_is_the_best_of_all_listed_ones(
    direction: str, share: float, lattice: bool
) -> None:
    """On a lattice many areas lie at one distance: they enter a circle together or not at all."""
    for seed in range(4):
        fields = country(36, events=90, seed=seed, lattice=lattice)
        value, inside = largest(fields, share, direction)
        first = scanned(fields, share=share, direction=direction).clusters[0]
        assert first.llr == pytest.approx(value, rel=1e-10)
        assert {int(code[1:]) for code in first.codes} == inside


@pytest.mark.parametrize("total", [65_535, 65_536, 100_000])
@pytest.mark.parametrize("direction", ["high", "low", "both"])
def test_as_many_events_as_a_small_integer_holds_and_more(direction: str, total: int) -> None:
    """Counts are added up in 16 bits where they fit: one map has all its events in one circle."""
    _, population, x, y, codes = country(30)
    share = population / population.sum()
    maps = np.random.default_rng(6).multinomial(total, share, size=3)
    maps[2] = 0
    maps[2, 0] = total
    windows = circles(x, y, population, share=0.5)
    mine = largest_ratios(maps.T, windows, share, direction=direction)
    for counts, value in zip(maps, mine, strict=True):
        fields = (counts.astype(float), population, x, y, codes)
        assert value == pytest.approx(largest(fields, 0.5, direction)[0], rel=1e-9)


@pytest.mark.parametrize("direction", ["high", "low", "both"])
def test_many_maps_at_once_have_the_ratios_of_each_alone(direction: str) -> None:
    _, population, x, y, codes = country(30)
    population[::3] = 2.0  # where one event would be the best circle, if one were enough
    rng = np.random.default_rng(5)
    maps = rng.multinomial(60, population / population.sum(), size=7)
    maps[np.arange(7), 3 * np.arange(7)] += 1
    maps[np.arange(7), maps.argmax(axis=1)] -= 1
    windows = circles(x, y, population, share=0.5)
    mine = largest_ratios(maps.T, windows, population / population.sum(), direction=direction)
    for counts, value in zip(maps, mine, strict=True):
        fields = (counts.astype(float), population, x, y, codes)
        assert value == pytest.approx(largest(fields, 0.5, direction)[0], rel=1e-10)


def test_circles_do_not_cut_a_group_at_one_distance() -> None:
    x = np.array([0.0, 1.0, -1.0, 0.0, 0.0, 40.0, 41.0, 42.0, 43.0, 44.0])
    y = np.array([0.0, 0.0, 0.0, 1.0, -1.0, 0.0, 0.0, 0.0, 0.0, 0.0])
    windows = circles(x, y, np.ones(10), share=0.5)
    middle = int(np.flatnonzero(windows.centres == 0)[0])
    assert list(np.flatnonzero(windows.ends[:, middle]) + 1) == [1, 5]
    tight = circles(x, y, np.ones(10), share=0.4)  # the group of four no longer fits
    middle = int(np.flatnonzero(tight.centres == 0)[0])
    assert list(np.flatnonzero(tight.ends[:, middle]) + 1) == [1]


def test_what_is_reported_is_what_it_says() -> None:
    fields = planted()
    events, population, x, y, codes = fields
    result = scanned(fields, years=0.5, per=10_000)
    first = result.clusters[0]
    inside = [codes.index(code) for code in first.codes]
    outside = [i for i in range(len(codes)) if i not in inside]
    rate = events[inside].sum() / population[inside].sum()
    assert first.observed == events[inside].sum()
    assert first.population == population[inside].sum()
    assert first.expected == pytest.approx(events.sum() / population.sum() * first.population)
    assert first.annual_rate == pytest.approx(10_000 * rate / 0.5)
    assert first.observed_over_expected == pytest.approx(first.observed / first.expected)
    assert first.relative_risk == pytest.approx(
        rate / (events[outside].sum() / population[outside].sum())
    )
    centre = codes.index(first.centre)
    away = np.hypot(x - x[centre], y - y[centre])
    assert (first.x, first.y) == (x[centre], y[centre])
    assert first.radius_m == pytest.approx(away[inside].max())
    assert np.all(np.diff(away[inside]) >= 0)
    assert result.annual_rate == pytest.approx(20_000 * events.sum() / population.sum())
    assert first.p == (1 + (result.null >= first.llr).sum()) / 100
    assert result.critical_llr == np.sort(result.null)[-5]
    assert result.critical_llr_01 == result.null.max()


@pytest.mark.parametrize(("replications", "rank"), [(19, 1), (99, 5), (100, 5), (118, 5), (119, 6)])
def test_a_ratio_above_the_critical_one_is_significant_and_no_smaller_one(
    replications: int, rank: int
) -> None:
    result = scanned(country(), replications=replications)
    assert result.critical_llr == np.sort(result.null)[-rank]
    hundredth = replications >= 99  # of 118 the largest alone is within .01, as of 99
    assert result.critical_llr_01 == (
        result.null.max() if hundredth else pytest.approx(np.nan, nan_ok=True)
    )
    assert rank / (replications + 1) <= 0.05 < (rank + 1) / (replications + 1)


def test_a_chance_map_with_the_same_ratio_counts_against_a_cluster() -> None:
    """Circles of one area each, all alike: the ratio is that of the largest count, and ties."""
    counts = np.full(36, 2.0)
    counts[14] = 7.0
    _, _, x, y, codes = country(36)
    result = scan(counts, np.ones(36), x, y, codes=codes, share=1.0 / 36.0, replications=199)
    first = result.clusters[0]
    assert first.codes == (codes[14],)
    same = np.isclose(result.null, first.llr, rtol=1e-9, atol=0.0)
    assert same.any()
    assert first.p == (same.sum() + (result.null[~same] > first.llr).sum() + 1) / 200


def test_a_chance_map_that_is_scanned_ties_with_itself() -> None:
    """The largest ratio of one map is worked out twice, by other sums: rounding parts them."""
    _, population, x, y, codes = country(36, seed=3)
    made = np.random.SeedSequence(5, spawn_key=(SCAN_STAGE, 0))
    maps = np.random.default_rng(made).multinomial(120, population / population.sum(), size=128)
    for at, counts in enumerate(maps[:60]):
        result = scan(counts, population, x, y, codes=codes, replications=60, seed=5)
        assert result.clusters[0].llr == pytest.approx(result.null[at], rel=1e-12)
        assert result.clusters[0].p == (1 + (result.null >= result.null[at]).sum()) / 61


def test_of_circles_with_one_ratio_the_smallest_is_taken() -> None:
    """A line of six areas: what two hold too much, the last two do too, and the ratio is equal."""
    windows = circles(np.arange(6) * 10.0, np.zeros(6), np.ones(6), share=1.0)
    first = int(np.flatnonzero(windows.centres == 0)[0])
    for half in range(4, 10):
        for events in range(24, 30):
            counts = np.array([events, events, 31, 17, 2 * events - 1, 1])
            expected = np.array([half, half, 31, 17, 2 * half - 3, 3]) / (48 + 4 * half)
            _, steps = best_of_centres(windows, counts, expected, "both", 2)
            assert steps[first] == 2


def test_two_events_are_enough_for_a_cluster_unless_more_are_asked_for() -> None:
    _, population, x, y, codes = country(30)
    population[4] = 2.0
    maps = np.full((30, 1), 2)
    windows, of_all = circles(x, y, population, share=0.5), population / population.sum()
    fields = (maps[:, 0].astype(float), population, x, y, codes)
    value, inside = largest(fields, 0.5, "high")
    assert inside == {4}
    assert largest_ratios(maps, windows, of_all)[0] == pytest.approx(value, rel=1e-10)
    assert largest_ratios(maps, windows, of_all, fewest_events=3)[0] < 0.9 * value


@pytest.mark.parametrize("replications", [1, 128, 129])
def test_a_block_of_a_single_chance_map_is_scanned_too(replications: int) -> None:
    null = scanned(country(), replications=replications).null
    assert null.size == replications
    np.testing.assert_array_equal(null, scanned(country(), replications=200).null[:replications])


def test_planted_clusters_are_found_first_and_second_and_share_nothing() -> None:
    fields = planted()
    _, _, x, y, codes = fields
    result = scanned(fields, replications=499)
    truth = [
        {c for c, at in zip(codes, (x < 2_500) & (y < 2_500), strict=True) if at},
        {c for c, at in zip(codes, (x > 6_500) & (y > 6_500), strict=True) if at},
    ]
    for cluster in result.clusters[:2]:
        likest = max(truth, key=lambda corner: len(corner & set(cluster.codes)))
        assert len(likest & set(cluster.codes)) >= 0.75 * max(len(likest), len(cluster.codes))
        assert cluster.p <= 0.004
    assert all(cluster.p > 0.05 for cluster in result.clusters[2:])
    listed = [code for cluster in result.clusters for code in cluster.codes]
    assert len(listed) == len(set(listed))
    order = [cluster.llr for cluster in result.clusters]
    assert order == sorted(order, reverse=True)
    assert len(scanned(fields, most_reported=2).clusters) == 2


def test_low_rates_are_found_where_they_are_looked_for() -> None:
    fields = country(36, events=600, seed=1, lattice=True)
    events = fields[0]
    events[[0, 1, 6, 7]] = 0
    low = scanned(fields, direction="low").clusters[0]
    assert {"E0000", "E0001", "E0006", "E0007"} <= set(low.codes)
    assert (low.direction, low.p) == ("low", 0.01)
    assert low.relative_risk < 0.5
    both = scanned(fields, direction="both").clusters[0]
    assert (both.codes, both.llr) == (low.codes, low.llr)
    assert all(c.direction == "high" for c in scanned(fields).clusters)


def test_the_null_holds_its_level() -> None:
    """Independent Poisson counts, 200 maps: 5 % of them have p <= .05, and p is about even."""
    rng = np.random.default_rng(11)
    _, population, x, y, codes = country(36, seed=2)
    ps = []
    for draw in range(200):
        counts = rng.poisson(population * 120 / population.sum())
        result = scan(counts, population, x, y, codes=codes, replications=99, seed=draw)
        ps.append(result.clusters[0].p)
    level = np.mean(np.array(ps) <= 0.05)
    assert 0.01 <= level <= 0.095  # 3 standard errors
    assert 0.43 <= np.mean(ps) <= 0.57


def test_dispersion_is_taken_into_account() -> None:
    """Counts of variance 3 x mean: the plain null calls far too many maps clustered."""
    rng = np.random.default_rng(12)
    _, population, x, y, codes = country(36, seed=2)
    mean = population * 700 / population.sum()
    ps = {1.0: [], 3.0: []}
    for draw in range(80):
        counts = rng.negative_binomial(mean / 2, 1 / 3)
        for phi, found in ps.items():
            result = scan(
                counts, population, x, y, codes=codes, replications=99, seed=draw, phi=phi
            )
            found.append(result.clusters[0].p)
    plain, allowed = (np.mean(np.array(found) <= 0.05) for found in ps.values())
    assert plain > 0.5
    assert allowed < 0.15
    one, three = (scanned(planted(), phi=phi) for phi in ps)
    assert three.critical_llr == pytest.approx(3 * one.critical_llr)
    assert three.critical_llr_01 == pytest.approx(3 * one.critical_llr_01)
    assert [cluster.llr for cluster in three.clusters] == [cluster.llr for cluster in one.clusters]


def test_rows_and_workers_do_not_matter() -> None:
    fields = planted()
    straight = scanned(fields, replications=200)
    order = np.random.default_rng(1).permutation(100)
    shuffled = scanned(
        (*(column[order] for column in fields[:4]), [fields[4][i] for i in order]),
        replications=200,
    )
    assert shuffled.clusters == straight.clusters
    np.testing.assert_array_equal(shuffled.null, straight.null)
    with block_map(2) as workers:
        split = scanned(fields, replications=200, blocks=workers)
    assert split.clusters == straight.clusters
    np.testing.assert_array_equal(split.null, straight.null)
    np.testing.assert_array_equal(scanned(fields).null, straight.null[:99])
    assert np.unique(straight.null).size > 190  # no block repeats another one
    assert not np.array_equal(scanned(fields, seed=1).null, straight.null[:99])
