"""Gi and Gi*: Z against its definition and esda, p against whole redrawn maps, labels, refusals."""

from __future__ import annotations

import itertools
import warnings

import numpy as np
import pytest

from graphs import graph_of, lattice, two_corners
from spatial.errors import StatisticsError
from spatial.getis import getis_ord_z, local_g, local_g_of_maps
from spatial.gi_bins import COLD_SPOTS, GI_LABELS, HOT_SPOTS, gi_bins
from spatial.moran import local_moran
from spatial.permutation import (
    PermutationCounts,
    benjamini_hochberg,
)
from spatial.samples import sample_block
from spatial.weights import Neighbours


def around(graph: Neighbours, i: int) -> list[int]:
    return graph.indices[graph.indptr[i] : graph.indptr[i + 1]].tolist()


def slow_z(y: np.ndarray, graph: Neighbours, *, star: bool, weights: str) -> np.ndarray:
    """Oracle: Ord and Getis (1995) for any weights, one area at a time, sums written out."""
    n = graph.n
    result = np.full(n, np.nan)
    for i in range(n):
        near = around(graph, i)
        if not near:
            continue
        inside = [*near, i] if star else near
        w = np.zeros(n)
        w[inside] = 1 / len(inside) if weights == "row-standardised" else 1.0
        others = np.arange(n) if star else np.delete(np.arange(n), i)
        m, count = y[others].mean(), others.size
        s = np.sqrt((y[others] ** 2).mean() - m**2)
        total, squares = w[others].sum(), (w[others] ** 2).sum()
        spread = np.sqrt((count * squares - total**2) / (count - 1))
        result[i] = ((w * y)[others].sum() - total * m) / (s * spread)
    return result


@pytest.mark.parametrize("star", [True, False])
@pytest.mark.parametrize("weights", ["binary", "row-standardised"])
def test_z_is_its_definition_whatever_the_scale_of_the_weights(star: bool, weights: str) -> None:
    graph, y = lattice(5, 7, islands=2), np.random.default_rng(3).gamma(2.0, size=37)
    z = getis_ord_z(y, graph.indptr, graph.indices, star=star)
    np.testing.assert_allclose(z, slow_z(y, graph, star=star, weights=weights), rtol=1e-11)
    assert np.isnan(z[-2:]).all()


@pytest.mark.parametrize("star", [True, False])
def test_z_is_esdas_with_binary_weights_only(star: bool) -> None:
    """esda 2.9's row-standardised Z takes W for the sum of squared weights: binary weights only."""
    from esda import G_Local

    graph, y = lattice(5, 7), np.random.default_rng(3).gamma(2.0, size=35)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        binary, rows = (
            G_Local(y, graph.to_libpysal(), transform=t, star=star, permutations=0) for t in "BR"
        )
    mine = local_g(y, graph, star=star, permutations=99, seeds_checked=0)
    np.testing.assert_allclose(mine.z, binary.Zs, rtol=1e-11)
    assert np.abs(mine.z - rows.Zs).max() > 0.3


def test_z_keeps_its_digits_beside_an_extreme_value() -> None:
    graph = lattice(6, 6)
    y = np.random.default_rng(0).normal(size=36)
    y[0] = 1e9
    z = getis_ord_z(y, graph.indptr, graph.indices, star=False)
    without = np.delete(y, 0)
    near = around(graph, 0)
    expected = (y[near].sum() - 3 * without.mean()) / (without.std() * np.sqrt(3 * 32 / 34))
    assert z[0] == pytest.approx(expected, rel=1e-9)


def test_z_is_missing_where_no_other_sum_is_possible() -> None:
    """A hub that touches all others; and others that are all alike."""
    hub = graph_of(6, [(0, j) for j in range(1, 6)])
    y = np.arange(6.0)
    for star in (True, False):
        z = getis_ord_z(y, hub.indptr, hub.indices, star=star)
        assert np.isnan(z[0])
        assert np.isfinite(z[1:]).all()
    spike = np.full(35, 0.1)
    spike[3] = 7.0
    graph = lattice(5, 7)
    assert np.isnan(getis_ord_z(spike, graph.indptr, graph.indices, star=False)).tolist() == [
        i == 3 for i in range(35)
    ]
    assert np.isfinite(getis_ord_z(spike, graph.indptr, graph.indices)).all()
    rounded = np.where(np.arange(35) % 2, 0.3, 0.1 + 0.2)  # alike but for the last digit
    rounded[3] = 7.0
    assert np.isnan(getis_ord_z(rounded, graph.indptr, graph.indices, star=False)[3])
    assert np.isnan(getis_ord_z(np.ones(35), graph.indptr, graph.indices)).all()
    tiny = graph_of(2, [(0, 1)])
    assert np.isnan(getis_ord_z(np.arange(2.0), tiny.indptr, tiny.indices)).all()


@pytest.mark.parametrize("star", [True, False])
def test_p_is_that_of_whole_maps_redrawn_with_the_area_held(star: bool) -> None:
    """Oracle: for each area, put each draw into the neighbours' places and compute G afresh.

    The held value takes part in Gi* and in its denominator; the order of the draws must not care.
    """
    graph = lattice(5, 6)
    y = np.random.default_rng(5).poisson(4.0, 30) + 1.0
    permutations, seed = 400, 11
    widest = int(graph.cardinalities.max())
    draws = sample_block(30, widest, permutations, seed, 0).T
    result = local_g(
        y, graph, star=star, weights="binary", permutations=permutations, seed=seed, seeds_checked=0
    )
    for i in range(30):
        near = around(graph, i)
        own, scale = (y[i], y.sum()) if star else (0.0, y.sum() - y[i])
        observed = (y[near].sum() + own) / scale
        null = [
            (y[list(draw[: len(near)])].sum() + own) / scale
            for draw in draws.tolist()
            if i not in draw[: len(near)]
        ]
        above = sum(g >= observed - 1e-12 for g in null)
        below = sum(g <= observed + 1e-12 for g in null)
        assert result.p[i] == pytest.approx(min(1, 2 * (min(above, below) + 1) / (len(null) + 1)))


def test_p_is_esdas_within_monte_carlo_error() -> None:
    from esda import G_Local

    graph, y = lattice(8, 8), np.random.default_rng(9).gamma(2.0, size=64)
    y.reshape(8, 8)[:3, :3] += 4
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        peer = G_Local(
            y, graph.to_libpysal(), transform="B", star=True, permutations=9_999, seed=1, n_jobs=1
        )
    above, below = (peer.sim >= peer.Gs).sum(axis=0), (peer.sim <= peer.Gs).sum(axis=0)
    p = np.minimum(1, 2 * (np.minimum(above, below) + 1) / 10_000)
    mine = local_g(y, graph, seeds_checked=0).p
    share = np.clip(np.minimum(p, mine) / 2, 1e-3, 0.5)
    error = 2 * np.sqrt(share * (1 - share) * (1 / 9_999 + 1 / 80_000))
    assert np.all(np.abs(p - mine) < 4.5 * error + 4e-4)
    assert mine.min() < 0.001


def test_p_is_local_morans_where_the_area_is_not_at_the_mean() -> None:
    graph, y = lattice(6, 7), np.random.default_rng(1).normal(size=42)
    moran = local_moran(y, graph, permutations=999, seeds_checked=0)
    for star in (True, False):
        found = local_g(y, graph, star=star, permutations=999, seeds_checked=0)
        np.testing.assert_array_equal(found.p, moran.p)
        np.testing.assert_array_equal(found.q, moran.q)


def test_planted_corners_are_hot_and_cold() -> None:
    y, graph = two_corners()
    result = local_g(y, graph, seed=3)
    label = result.label.reshape(12, 12)
    assert np.isin(label[1:4, 1:4], HOT_SPOTS).all()
    assert np.isin(label[-4:-1, -4:-1], COLD_SPOTS).all()
    hot, cold = np.isin(result.label, HOT_SPOTS), np.isin(result.label, COLD_SPOTS)
    rows, columns = np.divmod(np.arange(144), 12)
    assert np.all((rows[hot] < 6) & (columns[hot] < 6))
    assert np.all((rows[cold] > 5) & (columns[cold] > 5))
    assert set(result.label) <= set(GI_LABELS)


@pytest.mark.parametrize("side", [1, -1])
def test_one_area_unlike_its_surroundings_is_no_spot(side: int) -> None:
    """Z has the sign of its own value, while what is beyond chance is the other side's surroundings."""
    y, graph = two_corners()
    lone = 9 * 12 + 9
    y[lone] = 40.0
    result = local_g(side * y, graph, seeds_checked=0)
    assert side * result.z[lone] > 0
    assert result.q[lone] < 0.01
    assert (result.bin[lone], result.raw_bin[lone]) == (0, 0)
    assert result.label[lone] == "Not significant"


def test_labels_bins_and_q_tell_the_same_story() -> None:
    y, graph = two_corners()
    result = local_g(y, graph, permutations=9_999, seeds_checked=0)
    np.testing.assert_array_equal(result.q, benjamini_hochberg(result.p))
    words = {3: "Hot spot 99 %", 2: "Hot spot 95 %", 1: "Hot spot 90 %", 0: "Not significant"}
    words |= {-level: word.replace("Hot", "Cold") for level, word in words.items() if level}
    assert [words[int(b)] for b in result.bin] == list(result.label)
    level = np.select([result.q <= 0.01, result.q <= 0.05, result.q <= 0.1], [3, 2, 1], 0)
    agree = result.bin != 0
    np.testing.assert_array_equal(np.abs(result.bin[agree]), level[agree])
    assert set(np.abs(result.bin)) >= {0, 3}
    level = np.select([result.p <= 0.01, result.p <= 0.05, result.p <= 0.1], [3, 2, 1], 0)
    agree = result.raw_bin != 0
    np.testing.assert_array_equal(np.abs(result.raw_bin[agree]), level[agree])
    assert np.all(np.abs(result.raw_bin) >= np.abs(result.bin))
    assert np.any(np.abs(result.raw_bin) > np.abs(result.bin))


@pytest.mark.parametrize(
    ("p", "level"),
    [(0.001, 3), (0.01, 3), (0.0101, 2), (0.05, 2), (0.0501, 1), (0.1, 1), (0.1001, 0), (1.0, 0)],
)
def test_bins_at_their_bounds(p: float, level: int) -> None:
    high = PermutationCounts(np.array([1]), np.array([98]), np.array([99]))
    low = PermutationCounts(np.array([98]), np.array([1]), np.array([99]))
    above, below, value = np.array([1.5]), np.array([-1.5]), np.array([p])
    assert gi_bins(above, high, value).tolist() == [level]
    assert gi_bins(below, low, value).tolist() == [-level]
    assert gi_bins(above, low, value).tolist() == [0]
    assert gi_bins(below, high, value).tolist() == [0]
    assert np.isnan(gi_bins(above, high, np.array([np.nan]))).all()


def test_value_is_the_local_mean_or_sum() -> None:
    graph, y = lattice(5, 6, islands=1), np.arange(31.0) + 5
    for star, weights in itertools.product((True, False), ("binary", "row-standardised")):
        found = local_g(y, graph, star=star, weights=weights, permutations=9, seeds_checked=0)
        assert np.isnan(found.value[-1])
        for i in range(30):
            inside = [*around(graph, i), i] if star else around(graph, i)
            total = y[inside].sum() if weights == "binary" else y[inside].mean()
            assert found.value[i] == pytest.approx(total)


def test_one_neighbour_has_a_value_and_none_has_no_value() -> None:
    y, graph = np.arange(32.0), graph_of(32, [(i, i + 1) for i in range(30)])
    for star, first in ((True, 0.5), (False, 1.0)):
        found = local_g(y, graph, star=star, permutations=9, seeds_checked=0)
        assert (found.value[0], np.isnan(found.value[31])) == (first, True)


def test_one_sided_tests_see_one_side() -> None:
    y, graph = two_corners()
    both, more, less = (
        local_g(y, graph, alternative=a, correction="none", permutations=999, seeds_checked=0)
        for a in ("two-sided", "greater", "less")
    )
    np.testing.assert_allclose(both.p, np.minimum(1, 2 * np.minimum(more.p, less.p)))
    assert (more.bin.min(), less.bin.max()) == (0, 0)
    assert more.bin.max() == -less.bin.min() == 3
    np.testing.assert_array_equal(more.q, more.p)


def test_only_reported_areas_are_corrected_for_and_labelled() -> None:
    y, graph = two_corners()
    report = np.zeros(144, dtype=bool)
    report[:60] = True
    result = local_g(y, graph, report=report, permutations=999, seeds_checked=2)
    everywhere = local_g(y, graph, permutations=999, seeds_checked=0)
    np.testing.assert_array_equal(result.p, everywhere.p)
    np.testing.assert_array_equal(result.q[:60], benjamini_hochberg(result.p[:60]))
    assert np.isnan(result.q[60:]).all()
    assert np.isnan(result.bin[60:]).all()
    assert np.isnan(result.agreement[60:]).all()
    assert set(result.label[60:]) == {"Not testable"}


def test_bins_by_p_are_given_to_reported_areas_alone() -> None:
    y, graph = two_corners()
    report = np.arange(144) < 60
    result = local_g(y, graph, report=report, permutations=999, seeds_checked=0)
    assert np.isnan(result.raw_bin[~report]).all()
    assert (result.raw_bin[report] != 0).any()


def test_an_area_without_neighbours_has_no_p_and_is_no_spot() -> None:
    y, graph = np.r_[two_corners()[0], 1e6], lattice(12, 12, islands=1)
    for star in (True, False):
        result = local_g(y, graph, star=star, permutations=999, seeds_checked=1)
        assert result.label[-1] == "No neighbours"
        for missing in (result.z, result.p, result.q, result.bin, result.raw_bin):
            assert np.isnan(missing[-1])
        assert not np.isnan(result.p[:-1]).any()


@pytest.mark.parametrize("value", [0.0, 0.1, 1e9])
def test_a_constant_is_not_testable(value: float) -> None:
    result = local_g(np.full(144, value), two_corners()[1])
    assert "the same in every area" in result.inference
    assert set(result.label) == {"Not testable"}
    assert np.isnan(result.z).all()
    assert np.isnan(result.p).all()


def test_few_areas_or_events_are_not_tested_and_z_is_kept() -> None:
    small = local_g(np.arange(29.0), graph_of(29, [(i, i + 1) for i in range(28)]))
    assert "29 areas, and at least 30" in small.inference
    assert np.isfinite(small.z).all()
    y, graph = two_corners()
    few = local_g(y, graph, events=49)
    assert "49 events, and at least 50" in few.inference
    assert set(few.label) == {"Not testable"}
    assert np.isfinite(few.z).all()
    assert not local_g(y, graph, events=50, permutations=9, seeds_checked=0).inference
    lonely = local_g(np.arange(40.0), graph_of(40, []))
    assert "no area has a neighbour" in lonely.inference
    assert set(lonely.label) == {"No neighbours"}


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_values_that_are_not_finite_are_refused(bad: float) -> None:
    y, graph = two_corners()
    y[7] = bad
    with pytest.raises(StatisticsError, match=r"row 7 \(area 0007\) is .*Neighbours.subset"):
        local_g(y, graph)


def test_settings_out_of_range_are_refused() -> None:
    y, graph = two_corners()
    refused = {
        "weights: 'kernel'": {"weights": "kernel"},
        "correction: 'bonferroni'": {"correction": "bonferroni"},
        "alternative: 'both'": {"alternative": "both"},
        "permutations: 0": {"permutations": 0},
        "report: expected 144": {"report": np.ones(3, dtype=bool)},
    }
    for message, setting in refused.items():
        with pytest.raises(StatisticsError, match=message):
            local_g(y, graph, **setting)
    with pytest.raises(StatisticsError, match=r"y: shape \(3,\) for a graph of 144"):
        local_g(np.arange(3.0), graph)
    with pytest.raises(StatisticsError, match="events: 1 of them for 2 maps"):
        local_g_of_maps(np.array([y, y]), graph, events=[60.0])
