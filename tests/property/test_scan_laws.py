"""What must hold of a scan whatever the map."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spatial.scan import Scan, scan

laws = settings(max_examples=25, deadline=None, derandomize=True)
Map = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


@st.composite
def maps(draw: st.DrawFn) -> Map:
    """30 to 40 areas, on whole metres (so that distances tie) or anywhere, some places shared."""
    n = draw(st.integers(30, 40))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    whole = draw(st.booleans())
    x, y = rng.integers(0, 6, (2, n)) * 100.0 if whole else rng.uniform(0, 900, (2, n))
    population = rng.integers(1, 50, n).astype(float)
    events = rng.multinomial(draw(st.sampled_from([50, 400])), rng.dirichlet(np.ones(n)))
    return events.astype(float), population, x, y


def run(data: Map, **options: object) -> Scan:
    events, population, x, y = data
    codes = [f"E{i:03d}" for i in range(events.size)]
    return scan(events, population, x, y, codes=codes, **{"replications": 19, **options})


def same(one: Scan, other: Scan) -> None:
    assert len(one.clusters) == len(other.clusters)
    for a, b in zip(one.clusters, other.clusters, strict=True):
        assert set(a.codes) == set(b.codes)
        assert (a.observed, a.p) == (b.observed, b.p)
        assert a.llr == pytest.approx(b.llr, rel=1e-9)
        assert a.relative_risk == pytest.approx(b.relative_risk)


@laws
@given(maps(), st.sampled_from(["high", "low", "both"]))
def test_what_a_report_must_satisfy(data: Map, direction: str) -> None:
    result = run(data, direction=direction)
    whole = data[1].sum()
    listed = [code for cluster in result.clusters for code in cluster.codes]
    assert len(listed) == len(set(listed))
    for cluster in result.clusters:
        assert 0 < cluster.p <= 1
        assert cluster.llr > 0
        assert 0 < cluster.population <= whole / 2 + 1e-9
        assert direction in ("both", cluster.direction)
        assert (cluster.relative_risk > 1) == (cluster.direction == "high")
        assert (cluster.observed > cluster.expected) == (cluster.direction == "high")
        assert cluster.centre in cluster.codes
    assert np.all(result.null >= 0)
    by_rank = [cluster.p for cluster in result.clusters]
    assert by_rank == sorted(by_rank)


@laws
@given(maps(), st.sampled_from([(1e5, -3e4), (4e5, 1e5)]), st.booleans())
def test_the_map_may_be_moved_and_turned_over(
    data: Map, shift: tuple[float, float], mirror: bool
) -> None:
    events, population, x, y = data
    moved = (events, population, shift[0] + (-x if mirror else x), y + shift[1])
    same(run(data), run(moved))


@laws
@given(maps(), st.sampled_from([0.125, 3.0, 1e4]))
def test_units_of_people_and_of_distance_do_not_matter(data: Map, unit: float) -> None:
    events, population, x, y = data
    scaled = run((events, population * unit, x * unit, y * unit))
    plain = run(data)
    # Another unit may deal out a chance map differently in its last digit: compare what is found.
    for a, b in zip(plain.clusters, scaled.clusters, strict=True):
        assert set(a.codes) == set(b.codes)
        assert a.llr == pytest.approx(b.llr, rel=1e-9)
        assert b.annual_rate == pytest.approx(a.annual_rate / unit)
        assert b.radius_m == pytest.approx(a.radius_m * unit)


@laws
@given(maps())
def test_looking_both_ways_finds_the_larger_of_the_two(data: Map) -> None:
    high, low, both = (run(data, direction=d) for d in ("high", "low", "both"))
    best = max(result.clusters[0].llr for result in (high, low) if result.clusters)
    assert both.clusters[0].llr == pytest.approx(best, rel=1e-12)
    np.testing.assert_allclose(both.null, np.maximum(high.null, low.null), rtol=1e-12)


@laws
@given(maps(), st.integers(1, 20))
def test_more_events_inside_the_best_circle_raise_its_ratio(data: Map, more: int) -> None:
    events, population, x, y = data
    before = run(data).clusters[0]
    raised = events.copy()
    raised[int(before.centre[1:])] += more
    assert run((raised, population, x, y)).clusters[0].llr > before.llr
