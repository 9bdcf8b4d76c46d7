"""Laws of the density: mass, translation, additivity, scale, order of rows, and its hot spots."""

from __future__ import annotations

from random import Random

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray
from shapely.geometry import box

from spatial.grid import Grid, grid_for
from spatial.hotspot_polygons import hotspot_polygons, smallest_set
from spatial.kde import density, density_surface

Numbers = NDArray[np.float64]
Events = tuple[Numbers, Numbers, Numbers]
FEW = settings(max_examples=40, deadline=None)
GRID = grid_for((0, 0, 5000, 4000), 100, 1000)


@st.composite
def events(draw: st.DrawFn) -> Events:
    n = draw(st.integers(1, 25))
    place = st.integers(0, 40_000)
    x = np.array(draw(st.lists(place, min_size=n, max_size=n))) / 8
    y = np.array(draw(st.lists(place, min_size=n, max_size=n))) / 10
    w = np.array(draw(st.lists(st.integers(0, 1000), min_size=n, max_size=n)), dtype=float)
    return x, y, w


def surface(x: Numbers, y: Numbers, w: Numbers, grid: Grid = GRID) -> Numbers:
    return density(x, y, w, grid=grid, bandwidth_m=1000)


@FEW
@given(events())
def test_mass_equals_weight(found: Events) -> None:
    x, y, w = found
    values = surface(x, y, w)
    assert values.min() >= 0
    assert values.sum() * GRID.cell_km2 == pytest.approx(w.sum(), rel=1e-3, abs=1e-9)


@FEW
@given(events(), st.integers(-40, 40), st.integers(-40, 40))
def test_moving_everything_moves_the_surface(found: Events, east: int, north: int) -> None:
    x, y, w = found
    moved = Grid(GRID.x0 + 100 * east, GRID.y0 + 100 * north, 100, GRID.nx, GRID.ny)
    there = surface(x + 100 * east, y + 100 * north, w, grid=moved)
    assert np.allclose(there, surface(x, y, w), rtol=1e-7, atol=1e-9 * max(w.max(), 1))


@FEW
@given(events(), st.randoms(use_true_random=False))
def test_order_of_rows_does_not_matter(found: Events, random: Random) -> None:
    x, y, w = found
    order = np.array(random.sample(range(len(x)), len(x)))
    again = surface(x[order], y[order], w[order])
    assert np.allclose(again, surface(x, y, w), rtol=1e-9, atol=1e-9 * max(w.max(), 1))


@FEW
@given(events(), events())
def test_two_sets_of_events_add_up(first: Events, second: Events) -> None:
    both = [np.concatenate(pair) for pair in zip(first, second, strict=True)]
    total = surface(*first) + surface(*second)
    top = max(first[2].max(), second[2].max(), 1)
    assert np.allclose(surface(*both), total, rtol=1e-7, atol=1e-9 * top)


@FEW
@given(events(), st.integers(2, 9))
def test_metres_or_any_other_unit(found: Events, k: int) -> None:
    """Stretching the country k times spreads the same events over k squared the area."""
    x, y, w = found
    wide = Grid(GRID.x0 * k, GRID.y0 * k, 100.0 * k, GRID.nx, GRID.ny)
    far = density(x * k, y * k, w, grid=wide, bandwidth_m=1000 * k)
    assert np.allclose(far * k**2, surface(x, y, w), rtol=1e-7, atol=1e-9 * max(w.max(), 1))


VALUES = hnp.arrays(
    np.float64,
    st.tuples(st.integers(1, 8), st.integers(1, 8)),
    elements=st.integers(0, 9).map(float),
)


@settings(max_examples=200, deadline=None)
@given(VALUES, st.floats(0.01, 1))
def test_smallest_set_is_smallest_and_holds_enough(values: Numbers, share: float) -> None:
    mask = smallest_set(values, share)
    total = values.sum()
    if total == 0:
        assert not mask.any()
        return
    assert values[mask].sum() >= share * total * (1 - 1e-9)
    # The best that one cell fewer can do is not enough.
    best = np.sort(values.ravel())[::-1][: mask.sum() - 1].sum()
    assert best < share * total
    assert values[mask].min() >= values[~mask].max(initial=0)


@FEW
@given(events(), st.floats(0.05, 0.9))
def test_polygons_are_the_mask(found: Events, share: float) -> None:
    x, y, w = found
    points = pd.DataFrame({"x": x, "y": y, "weight": w, "area_code": "A"})
    study = box(0, 0, 5000, 4000)
    made = density_surface(points, study=study, land=study, bandwidth_m=1000, cell_m=200, months=12)
    hot = hotspot_polygons(made, volume_share=share, points=points)
    assert hot.frame.geometry.area.sum() / 1e6 == pytest.approx(hot.area_km2, abs=1e-9)
    assert hot.area_km2 == pytest.approx(hot.mask.sum() * 0.04)
    assert hot.frame["events"].sum() == hot.events
    assert hot.frame["hotspot_id"].tolist() == list(range(1, len(hot.frame) + 1))
    assert hot.frame["events"].is_monotonic_decreasing
    assert hot.frame.geometry.is_valid.all()
    assert not (hot.mask & ~made.study_mask).any()
