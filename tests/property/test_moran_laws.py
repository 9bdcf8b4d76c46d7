"""What must hold of Moran's I and its p-values whatever the values and the graph."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from graphs import maps, pieces
from spatial.local_tests import QUADRANTS
from spatial.moran import global_moran, local_moran
from spatial.permutation import benjamini_hochberg, conditional_moran_counts, pseudo_p
from spatial.weights import Neighbours

laws = settings(max_examples=40, deadline=None, derandomize=True)
FEW = {"permutations": 299, "seeds_checked": 0}
OPPOSITE = {
    "High-High": "Low-Low", "Low-Low": "High-High", "Low-High": "High-Low", "High-Low": "Low-High",
}  # fmt: skip


@laws
@given(maps())
def test_p_lies_above_zero_and_at_most_at_one(data: tuple[np.ndarray, Neighbours]) -> None:
    y, graph = data
    result = local_moran(y, graph, **FEW)
    has = graph.cardinalities > 0
    assert np.isnan(result.p[~has]).all()
    assert np.all((result.p[has] > 0) & (result.p[has] <= 1))
    assert np.all((result.q[has] >= result.p[has] - 1e-15) & (result.q[has] <= 1))


@laws
@given(maps())
def test_turning_the_map_upside_down_turns_the_labels_and_keeps_p(
    data: tuple[np.ndarray, Neighbours],
) -> None:
    y, graph = data
    up = local_moran(y, graph, correction="none", **FEW)
    down = local_moran(-y, graph, correction="none", **FEW)
    np.testing.assert_array_equal(up.p, down.p)
    assert [OPPOSITE.get(str(c), str(c)) for c in up.cluster] == list(down.cluster)


@laws
@given(
    maps(),
    st.integers(-200, 200).map(lambda e: 10.0**e) | st.sampled_from([3.0, 7e5]),
    st.sampled_from([0.0, -11.0, 1e6]),
)
def test_unit_and_origin_do_not_matter(
    data: tuple[np.ndarray, Neighbours], unit: float, origin: float
) -> None:
    """A small unit on a far origin leaves few digits: ties must hold all the same."""
    y, graph = data
    moved = y * unit + origin
    if unit < 1 and origin:
        moved = (y + origin) * unit
    first, second = (local_moran(v, graph, **FEW) for v in (y, moved))
    np.testing.assert_array_equal(first.p, second.p)
    np.testing.assert_array_equal(first.cluster, second.cluster)
    np.testing.assert_allclose(second.i, first.i, rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(
        global_moran(moved, graph).value, global_moran(y, graph).value, rtol=1e-6, atol=1e-9
    )


@laws
@given(maps(), st.integers(0, 2**32 - 1))
def test_renaming_areas_renames_the_statistic(
    data: tuple[np.ndarray, Neighbours], seed: int
) -> None:
    """The statistic moves with the names; p moves within Monte-Carlo error, as draws differ."""
    y, graph = data
    order = np.random.default_rng(seed).permutation(graph.n)  # area i becomes area order[i]
    codes = np.array(graph.codes)
    renamed = dict(zip(graph.codes, codes[order].tolist(), strict=True))
    area, neighbour = graph.pairs()
    again = Neighbours.from_pairs(
        graph.codes, [renamed[str(c)] for c in area], [renamed[str(c)] for c in neighbour]
    )
    moved = np.empty_like(y)
    moved[order] = y
    permutations = 4_000
    first, second = (
        local_moran(v, g, permutations=permutations, seeds_checked=0)
        for v, g in ((y, graph), (moved, again))
    )
    np.testing.assert_allclose(second.i[order], first.i, rtol=1e-9, atol=1e-12)
    assert pieces(again) == pieces(graph)
    has = graph.cardinalities > 0
    p, q = first.p[has], second.p[order][has]
    share = np.clip(np.maximum(p, q) / 2, 1e-3, 0.5)
    left = permutations * (1 - graph.cardinalities[has] / graph.n) / 1.2
    assert np.all(np.abs(p - q) < 6 * 2 * np.sqrt(2 * share * (1 - share) / left))


@laws
@given(maps())
def test_two_sided_is_twice_the_smaller_side(data: tuple[np.ndarray, Neighbours]) -> None:
    y, graph = data
    counts = conditional_moran_counts(y, graph.indptr, graph.indices, permutations=200, seed=1)
    has = counts.draws > 0
    both, more, less = (pseudo_p(counts, a)[has] for a in ("two-sided", "greater", "less"))
    np.testing.assert_allclose(both, np.minimum(1, 2 * np.minimum(more, less)))
    assert np.all(more + less >= 1)


@laws
@given(maps())
def test_the_sides_of_i_hold_together(data: tuple[np.ndarray, Neighbours]) -> None:
    """Every draw is in one tail or in both, with the observed map in both; I turns with the map."""
    y, graph = data
    both, more, less = (
        local_moran(y, graph, alternative=side, alpha=0.3, correction="none", **FEW)
        for side in ("two-sided", "greater", "less")
    )
    has = graph.cardinalities > 0
    assert np.all(more.p[has] + less.p[has] > 1)
    np.testing.assert_array_equal(both.p, np.minimum(1.0, 2 * np.minimum(more.p, less.p)))
    assert set(more.cluster) <= {"High-High", "Low-Low", "Not significant", "No neighbours"}
    assert set(less.cluster) <= {"High-Low", "Low-High", "Not significant", "No neighbours"}
    down = local_moran(-y, graph, alternative="greater", correction="none", **FEW)
    np.testing.assert_array_equal(down.p, more.p)


@laws
@given(maps(), st.integers(0, 44))
def test_a_higher_neighbourhood_is_never_less_unusual_on_the_high_side(
    data: tuple[np.ndarray, Neighbours], which: int
) -> None:
    """Raising the highest value of all, next door, cannot make fewer draws lie at or below."""
    y, graph = data
    i = which % graph.n
    around = graph.indices[graph.indptr[i] : graph.indptr[i + 1]]
    if around.size == 0:
        return
    low, high = y.copy(), y.copy()
    low[around[0]] = y.max()
    high[around[0]] = y.max() + 100.0
    before, after = (
        pseudo_p(
            conditional_moran_counts(v, graph.indptr, graph.indices, permutations=300, seed=2),
            "greater",
        )[i]
        for v in (low, high)
    )
    assert after <= before


@laws
@given(st.lists(st.floats(0.0001, 1.0), min_size=1, max_size=40))
def test_q_is_at_least_p_keeps_the_order_and_ties(values: list[float]) -> None:
    p = np.array(values)
    q = benjamini_hochberg(p)
    assert np.all(q >= p - 1e-15)
    assert np.all(np.diff(q[np.argsort(p)]) >= 0)
    assert len(set(zip(p, q, strict=True))) == len(set(values))


@laws
@given(maps())
def test_a_label_needs_significance_and_its_quadrant(
    data: tuple[np.ndarray, Neighbours],
) -> None:
    y, graph = data
    result = local_moran(y, graph, alpha=0.3, correction="none", **FEW)
    labelled = np.isin(result.cluster, QUADRANTS)
    assert np.all(result.p[labelled] <= 0.3)
    hot = result.cluster == "High-High"
    assert np.all((y[hot] > y.mean()) & (result.lag[hot] > 0))
    alike = np.isin(result.cluster, ["High-High", "Low-Low"])
    assert np.all(result.i[alike] > 0)
    assert np.all(result.i[labelled & ~alike] < 0)
