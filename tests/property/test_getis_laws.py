"""What must hold of Gi*, of trends and of monthly patterns whatever the values and the graph."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from graphs import maps, ring
from spatial.getis import getis_ord_z, local_g
from spatial.gi_bins import COLD_SPOTS, HOT_SPOTS
from spatial.sequences import (
    KINDS,
    NO_PATTERN,
    NOT_CLASSIFIED,
    PATTERNS,
    classify_sequences,
    final_run,
    mann_kendall,
)
from spatial.space_time import space_time
from spatial.weights import Neighbours

laws = settings(max_examples=40, deadline=None, derandomize=True)
FEW = {"permutations": 299, "seeds_checked": 0}


def mirrored(label: str) -> str:
    swap = {"hot": "cold", "Hot": "Cold", "cold": "hot", "Cold": "Hot"}
    return " ".join(swap.get(word, word) for word in label.split(" "))


@laws
@given(maps(), st.booleans())
def test_p_lies_above_zero_and_at_most_at_one(
    data: tuple[np.ndarray, Neighbours], star: bool
) -> None:
    y, graph = data
    result = local_g(y, graph, star=star, **FEW)
    has = graph.cardinalities > 0
    for missing in (result.z, result.p, result.q, result.bin):
        assert np.isnan(missing[~has]).all()
    assert np.all((result.p[has] > 0) & (result.p[has] <= 1))
    assert np.all((result.q[has] >= result.p[has] - 1e-15) & (result.q[has] <= 1))
    assert set(np.unique(result.bin[has])) <= {-3, -2, -1, 0, 1, 2, 3}


@laws
@given(maps(), st.booleans())
def test_turning_the_map_upside_down_swaps_hot_and_cold(
    data: tuple[np.ndarray, Neighbours], star: bool
) -> None:
    y, graph = data
    up, down = (local_g(v, graph, star=star, correction="none", **FEW) for v in (y, -y))
    np.testing.assert_array_equal(up.p, down.p)
    np.testing.assert_allclose(up.z, -down.z, atol=1e-9)
    assert [mirrored(str(label)) for label in up.label] == list(down.label)


@laws
@given(
    maps(),
    st.integers(-200, 200).map(lambda e: 10.0**e) | st.sampled_from([3.0, 7e5]),
    st.sampled_from([0.0, -11.0, 1e6]),
)
def test_unit_and_origin_do_not_matter(
    data: tuple[np.ndarray, Neighbours], unit: float, origin: float
) -> None:
    y, graph = data
    moved = (y + origin) * unit
    first, second = (local_g(v, graph, **FEW) for v in (y, moved))
    np.testing.assert_array_equal(first.p, second.p)
    np.testing.assert_allclose(second.z, first.z, rtol=1e-6, atol=1e-7)
    certain = ~(np.abs(first.z) < 1e-6)
    np.testing.assert_array_equal(first.bin[certain], second.bin[certain])


@laws
@given(maps(), st.integers(0, 2**32 - 1), st.booleans())
def test_renaming_areas_renames_z(
    data: tuple[np.ndarray, Neighbours], seed: int, star: bool
) -> None:
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
    first = getis_ord_z(y, graph.indptr, graph.indices, star=star)
    second = getis_ord_z(moved, again.indptr, again.indices, star=star)
    np.testing.assert_allclose(second[order], first, rtol=1e-8, atol=1e-9)


@laws
@given(maps(), st.booleans())
def test_a_spot_needs_significance_and_heat(
    data: tuple[np.ndarray, Neighbours], star: bool
) -> None:
    """Hot means Z above 0 and more in the neighbours than the other areas have on average."""
    y, graph = data
    result = local_g(y, graph, star=star, correction="none", **FEW)
    hot, cold = np.isin(result.label, HOT_SPOTS), np.isin(result.label, COLD_SPOTS)
    assert np.all(result.p[hot | cold] <= 0.1)
    others = (y.sum() - y) / (graph.n - 1)
    lag = graph.lag(y)
    assert np.all((result.z > 0)[hot] & (lag > others)[hot])
    assert np.all((result.z < 0)[cold] & (lag < others)[cold])


@laws
@given(maps(), st.integers(0, 44))
def test_z_is_the_local_sum_less_its_expectation_over_its_spread(
    data: tuple[np.ndarray, Neighbours], which: int
) -> None:
    """Gi* for one area, by the formula with the whole map's mean and standard deviation."""
    y, graph = data
    i = which % graph.n
    near = graph.indices[graph.indptr[i] : graph.indptr[i + 1]]
    z = getis_ord_z(y, graph.indptr, graph.indices)[i]
    if near.size == 0:
        assert np.isnan(z)
        return
    inside = np.append(near, i)
    w, n = inside.size, graph.n
    expected = (y[inside].sum() - w * y.mean()) / (y.std() * np.sqrt(w * (n - w) / (n - 1)))
    assert abs(z - expected) < 1e-8 * max(1.0, abs(expected))


@st.composite
def sequences(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Bins, calendar and trend of 30 areas: mostly hot, mostly cold, mixed, with gaps."""
    months = draw(st.integers(1, 26))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    share = rng.dirichlet([1.0, 1.0, 1.0], 30)
    share[:10] = [0.93, 0.05, 0.02]
    share[10:20] = [0.02, 0.93, 0.05]
    bins = np.array([rng.choice([2.0, 0.0, -1.0], months, p=p) for p in share])
    bins[rng.random(bins.shape) < draw(st.sampled_from([0.0, 0.05, 0.3]))] = np.nan
    quiet = rng.integers(0, months + 1, 30)
    bins[20:][np.arange(months) < quiet[20:, None]] = 0.0  # hot or cold only at the end
    follows = rng.random(months) < draw(st.sampled_from([1.0, 0.8]))
    follows[0] = False
    return bins, follows, rng.integers(-1, 2, 30)


def slow_pattern(bins: list[float], follows: list[bool], trend: int) -> str:
    """Oracle: ArcGIS's definitions read one by one for one area, side by side."""
    steps = [t for t, b in enumerate(bins) if b == b]  # noqa: PLR0124 - not NaN
    if len(steps) < 12:
        return NOT_CLASSIFIED
    for kind in KINDS:
        for side, sign in (("hot", 1), ("cold", -1)):
            on = [bins[t] * sign > 0 for t in steps]
            off = [bins[t] * sign < 0 for t in steps]
            count, last, going_up = sum(on), on[-1], trend * sign
            ninety = count / len(steps) > 0.9 - 1e-12
            run = 0
            for place in range(len(steps) - 1, -1, -1):
                after = place == len(steps) - 1 or (
                    steps[place + 1] == steps[place] + 1 and follows[steps[place + 1]]
                )
                if not on[place] or not after:
                    break
                run += 1
            never_before_the_run = count == run
            fits = {
                "New": last and not any(on[:-1]),
                "Consecutive": run >= 2 and never_before_the_run and not ninety,
                "Intensifying": ninety and last and going_up == 1,
                "Persistent": ninety and last and going_up == 0,
                "Diminishing": ninety and last and going_up == -1,
                "Sporadic": last and not ninety and not any(off),
                "Oscillating": last and not ninety and any(off[:-1]),
                "Historical": ninety and not last,
            }
            if fits[kind]:
                return f"{kind} {side} spot"
    return NO_PATTERN


@laws
@given(sequences())
def test_patterns_are_the_definitions_read_one_by_one(
    data: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> None:
    bins, follows, trend = data
    found = classify_sequences(bins, follows, trend)
    slow = [
        slow_pattern(row.tolist(), follows.tolist(), int(t))
        for row, t in zip(bins, trend, strict=True)
    ]
    assert list(found) == slow
    assert set(found) <= set(PATTERNS)


@laws
@given(sequences())
def test_swapping_hot_and_cold_swaps_the_names(
    data: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> None:
    bins, follows, trend = data
    up, down = classify_sequences(bins, follows, trend), classify_sequences(-bins, follows, -trend)
    assert [mirrored(str(name)) for name in up] == list(down)


@laws
@given(sequences(), st.integers(1, 4))
def test_months_without_a_test_at_either_end_change_nothing(
    data: tuple[np.ndarray, np.ndarray, np.ndarray], more: int
) -> None:
    bins, follows, trend = data
    gap = np.full((30, more), np.nan)
    wide = np.concatenate([gap, bins, gap], axis=1)
    joined = np.r_[[False], np.ones(more, bool), follows[1:], np.ones(more, bool)]
    assert list(classify_sequences(wide, joined, trend)) == list(
        classify_sequences(bins, follows, trend)
    )


@laws
@given(sequences())
def test_the_names_hold_what_they_promise(
    data: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> None:
    bins, follows, trend = data
    tested = ~np.isnan(bins)
    for row, name in enumerate(classify_sequences(bins, follows, trend)):
        kind, _, side = str(name).removesuffix(" spot").partition(" ")
        if kind not in KINDS:
            continue
        sign = 1 if side == "hot" else -1
        steps = bins[row][tested[row]] * sign
        share = (steps > 0).mean()
        assert (steps[-1] > 0) == (kind != "Historical")
        assert (share >= 0.9 - 1e-12) == (
            kind in {"Intensifying", "Persistent", "Diminishing", "Historical"}
        )
        if kind == "Sporadic":
            assert not (steps < 0).any()
        if kind == "Oscillating":
            assert (steps < 0).any()
        wanted = {"Intensifying": sign, "Diminishing": -sign, "Persistent": 0}
        assert trend[row] == wanted.get(kind, trend[row])
    run = final_run(bins > 0, tested, follows)
    assert np.all(run <= (bins > 0).sum(axis=1))


@laws
@given(st.integers(0, 2**32 - 1), st.integers(2, 30))
def test_a_trend_depends_on_order_alone(seed: int, months: int) -> None:
    rng = np.random.default_rng(seed)
    series = rng.poisson(2.0, (8, months)).astype(float)
    series[rng.random(series.shape) < 0.1] = np.nan
    found = mann_kendall(series)
    stretched, backwards = mann_kendall(np.exp(series) - 7), mann_kendall(series[:, ::-1])
    negated = mann_kendall(-series)
    for mine, other, sign in (
        (found, stretched, 1),
        (found, backwards, -1),
        (found, negated, -1),
    ):
        np.testing.assert_array_equal(mine.s, sign * other.s)
        np.testing.assert_array_equal(mine.z, sign * other.z)
        np.testing.assert_array_equal(mine.p, other.p)
    known = ~np.isnan(found.p)
    assert np.all((found.p[known] > 0) & (found.p[known] <= 1))
    assert np.all(np.abs(found.tau[known]) <= 1 + 1e-12)


@settings(max_examples=8, deadline=None, derandomize=True)
@given(st.integers(0, 2**32 - 1))
def test_the_future_and_other_areas_names_do_not_change_a_month(seed: int) -> None:
    """Later months leave earlier bins as they are; shares and months stay within their bounds."""
    rng = np.random.default_rng(seed)
    n, m = 40, 15
    population = rng.uniform(500, 900, n)
    events = rng.poisson(
        population[:, None] * np.where(np.arange(n) < 6, 0.05, 0.01)[:, None], (n, m)
    )
    months = [f"{2024 + t // 12}-{t % 12 + 1:02d}" for t in range(m)]
    whole = space_time(events, population, ring(n), months, permutations=199)
    early = space_time(events[:, :13], population, ring(n), months[:13], permutations=199)
    np.testing.assert_array_equal(whole.bin[:, :13], early.bin)
    np.testing.assert_array_equal(whole.z[:, :13], early.z)
    tested = whole.tested_months > 0
    shares = whole.hot_share[tested] + whole.cold_share[tested]
    assert np.all((shares >= 0) & (shares <= 1))
    assert np.all(whole.tested_months <= whole.covered_months)
