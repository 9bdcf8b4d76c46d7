"""Laws of the wider densities: bandwidths, adaptive, compared, public, and other supports."""

from __future__ import annotations

from random import Random

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from shapely.geometry import box

from spatial.adaptive import abramson_bandwidths, adaptive_density, adaptive_surface
from spatial.bandwidth import leave_one_out_densities
from spatial.dual_density import compare_densities
from spatial.grid import Grid, grid_for
from spatial.hexagons import hexagon_grid
from spatial.kde import Density, density_surface
from spatial.public_density import public_density
from spatial.support import Support, area_support, hexagon_support
from spatial.support_check import compare_supports
from spatial.weights import Neighbours

Numbers = NDArray[np.float64]
Events = tuple[Numbers, Numbers, Numbers]
FEW = settings(max_examples=25, deadline=None)
GRID = grid_for((0, 0, 5000, 4000), 100, 2000)
STUDY = box(0, 0, 5000, 4000)


@st.composite
def events(draw: st.DrawFn, least: int = 1) -> Events:
    n = draw(st.integers(least, 20))
    place = st.integers(0, 40_000)
    x = np.array(draw(st.lists(place, min_size=n, max_size=n))) / 8
    y = np.array(draw(st.lists(place, min_size=n, max_size=n))) / 10
    w = np.array(draw(st.lists(st.integers(1, 1000), min_size=n, max_size=n)), dtype=float)
    return x, y, w


def left_out(x: Numbers, y: Numbers, w: Numbers, scale: float = 1.0) -> Numbers:
    widths = [500 * scale, 1100 * scale]
    return leave_one_out_densities(x, y, w, bandwidths_m=widths, cell_m=100 * scale)


# ---- leave-one-out ----------------------------------------------------------------------------


@FEW
@given(events(least=2), st.randoms(use_true_random=False))
def test_left_out_densities_follow_their_events(found: Events, random: Random) -> None:
    x, y, w = found
    order = np.array(random.sample(range(len(x)), len(x)))
    again = left_out(x[order], y[order], w[order])
    assert np.allclose(again, left_out(x, y, w)[:, order], rtol=1e-7, atol=1e-9)


@FEW
@given(events(least=2), st.integers(1, 50))
def test_left_out_densities_do_not_depend_on_the_unit_of_weight(found: Events, k: int) -> None:
    x, y, w = found
    assert np.allclose(left_out(x, y, w * k), left_out(x, y, w), rtol=1e-7, atol=1e-9)


@FEW
@given(events(least=2), st.integers(-40, 40), st.integers(2, 8))
def test_left_out_densities_move_and_stretch_with_the_country(
    found: Events, cells: int, k: int
) -> None:
    x, y, w = found
    here = left_out(x, y, w)
    assert np.allclose(left_out(x + 100 * cells, y - 100 * cells, w), here, rtol=1e-6, atol=1e-8)
    assert np.allclose(left_out(x * k, y * k, w, scale=k) * k**2, here, rtol=1e-6, atol=1e-8)


# ---- adaptive ---------------------------------------------------------------------------------


@FEW
@given(events(), st.lists(st.integers(500, 2000), min_size=20, max_size=20))
def test_adaptive_mass_is_the_weight(found: Events, widths: list[int]) -> None:
    x, y, w = found
    b = np.array(widths[: len(x)], dtype=float)
    values = adaptive_density(x, y, w, grid=GRID, event_bandwidth_m=b)
    assert values.min() >= 0
    assert values.sum() * GRID.cell_km2 == pytest.approx(w.sum(), rel=1e-9)


@FEW
@given(events(least=3), st.integers(2, 9), st.randoms(use_true_random=False))
def test_adaptive_surface_keeps_scale_and_ignores_order(
    found: Events, k: int, random: Random
) -> None:
    x, y, w = found
    points = pd.DataFrame({"x": x, "y": y, "weight": w})
    order = random.sample(range(len(x)), len(x))

    def drawn(frame: pd.DataFrame) -> Numbers:
        made = adaptive_surface(
            frame, study=STUDY, land=STUDY, bandwidth_m=1000, cell_m=200, months=12
        ).surface
        return np.asarray(made.values)[made.study_mask]

    once = drawn(points)
    top = once.max()
    assert np.allclose(drawn(points.iloc[order]), once, rtol=1e-6, atol=1e-9 * top)
    heavier = drawn(points.assign(weight=w * k))
    assert np.allclose(heavier, once * k, rtol=1e-6, atol=1e-9 * top * k)


@FEW
@given(st.lists(st.floats(1e-6, 1e6), min_size=1, max_size=30), st.floats(0.1, 10))
def test_abramson_bandwidths_fall_as_the_pilot_rises(pilot: list[float], unit: float) -> None:
    f = np.array(pilot)
    limits = {"bandwidth_m": 1000.0, "lowest_m": 200.0, "highest_m": 4000.0}
    widths = abramson_bandwidths(f, **limits)
    assert (np.diff(widths[np.argsort(f, kind="stable")]) <= 1e-9).all()
    assert abramson_bandwidths(f * unit, **limits) == pytest.approx(widths)
    assert ((widths >= 200) & (widths <= 4000)).all()


# ---- compared ---------------------------------------------------------------------------------


def surface(found: Events, months: float = 12) -> Density:
    x, y, w = found
    return density_surface(
        pd.DataFrame({"x": x, "y": y, "weight": w}),
        study=STUDY,
        land=STUDY,
        bandwidth_m=1000,
        cell_m=200,
        months=months,
    )


@FEW
@given(events(), events(), st.sampled_from(["blank", "shrink"]))
def test_comparison_turned_round_changes_sign(first: Events, second: Events, rule: str) -> None:
    one, other = surface(first), surface(second)
    there = compare_densities(one, other, near_zero=rule, least=1.0)  # type: ignore[arg-type]
    # The same limit seen from the other side.
    least = 1.0 * there.overall
    back = compare_densities(other, one, near_zero=rule, least=least)  # type: ignore[arg-type]
    assert back.overall == pytest.approx(1 / there.overall)
    assert np.allclose(back.difference, -there.difference, equal_nan=True)
    both = np.isfinite(there.log_ratio) & np.isfinite(back.log_ratio)
    assert np.allclose(back.log_ratio[both], -there.log_ratio[both], atol=1e-9)
    if rule == "shrink":
        assert both.sum() == one.study_mask.sum()


@FEW
@given(events(), st.integers(2, 9), st.sampled_from([1, 3, 6]))
def test_more_of_the_same_is_a_ratio_of_just_that(found: Events, k: int, months: int) -> None:
    x, y, w = found
    made = compare_densities(surface((x, y, w * k), months=months), surface(found), least=1.0)
    assert made.ratio[made.supported] == pytest.approx(k * 12 / months)
    firm = np.isfinite(made.log_ratio)
    assert np.allclose(made.log_ratio[firm], 0, atol=1e-9)


# ---- public -----------------------------------------------------------------------------------


@FEW
@given(
    st.dictionaries(
        st.tuples(st.integers(0, 9), st.integers(0, 7)), st.integers(5, 40), max_size=6
    ),
    st.dictionaries(
        st.tuples(st.integers(0, 9), st.integers(0, 7)), st.integers(1, 4), max_size=12
    ),
    st.integers(0, 2**20),
)
def test_nothing_of_a_cell_of_few_is_in_the_public_density(
    many: dict[tuple[int, int], int], few: dict[tuple[int, int], int], seed: int
) -> None:
    rng = np.random.default_rng(seed)

    def placed(cells: dict[tuple[int, int], int]) -> pd.DataFrame:
        corner = np.array([cell for cell, n in cells.items() for _ in range(n)], dtype=float)
        at = corner.reshape(-1, 2) * 500 + rng.uniform(0, 500, (len(corner), 2))
        return pd.DataFrame({"x": at[:, 0], "y": at[:, 1]})

    hidden = {cell: n for cell, n in few.items() if cell not in many}
    shown = placed(many)
    alone = public_density(shown, study=STUDY, months=12)
    beside = public_density(
        pd.concat([shown, placed(hidden)], ignore_index=True), study=STUDY, months=12
    )
    assert alone.band.tobytes() == beside.band.tobytes()
    assert (alone.warnings, alone.note, alone.edges) == (
        beside.warnings, beside.note, beside.edges,
    )  # fmt: skip


# ---- supports ---------------------------------------------------------------------------------


def squares(codes: list[str], across: float = 0.0) -> gpd.GeoSeries:
    """Twenty square kilometres, named as asked."""
    shapes = [
        box(x + across, y, x + 1000 + across, y + 1000)
        for y in range(0, 4000, 1000)
        for x in range(0, 5000, 1000)
    ]
    return gpd.GeoSeries(shapes, index=codes, crs="EPSG:27700")


def made(found: Events, codes: list[str], across: float = 0.0) -> tuple[Support, Support]:
    x, y, _ = found
    areas = squares(codes, across)
    cell = np.minimum(y // 1000, 3) * 5 + np.minimum(x // 1000, 4)
    named = np.array(codes)[cell.astype(int)]
    ordered = areas.sort_index()
    none = np.zeros(0, dtype=np.int64)
    links = Neighbours(tuple(ordered.index), np.zeros(21, dtype=np.int64), none)
    people = pd.Series(np.arange(20) * 100.0, index=codes).reindex(ordered.index)
    base = area_support(ordered, people, named, links)
    return base, hexagon_support(base, x + across, y)


CODES = [f"S{k:02d}" for k in range(20)]


@FEW
@given(events(), st.permutations(CODES), st.integers(-30, 30))
def test_hexagons_do_not_depend_on_names_and_move_with_the_lattice(
    found: Events, names: list[str], steps: int
) -> None:
    _, here = made(found, CODES)
    _, renamed = made(found, names)
    assert renamed.codes == here.codes
    assert renamed.events.tolist() == here.events.tolist()
    assert renamed.population == pytest.approx(here.population)
    assert here.events.sum() + here.unplaced == len(found[0])
    assert here.population.sum() == pytest.approx(19_000)
    _, moved = made(found, CODES, across=500.0 * steps)
    assert moved.events.sum() == here.events.sum()
    assert np.sort(moved.population) == pytest.approx(np.sort(here.population), abs=1e-6)


@FEW
@given(events(), st.lists(st.booleans(), min_size=20, max_size=20), st.integers(0, 999))
def test_jaccard_is_between_0_and_1_and_1_for_the_same(
    found: Events, chosen: list[bool], seed: int
) -> None:
    base, hexagons = made(found, CODES)
    other = np.random.default_rng(seed).random(len(hexagons.codes)) < 0.3
    masks = {"areas": np.array(chosen), hexagons.name: other}
    one = compare_supports(base, [hexagons], masks).overlaps[0]
    turned = compare_supports(hexagons, [base], masks).overlaps[0]
    for a, b in (
        (one.jaccard_area, turned.jaccard_area),
        (one.jaccard_events, turned.jaccard_events),
    ):
        assert np.isnan(a) or 0 <= a <= 1
        assert a == pytest.approx(b, nan_ok=True)
    twin = area_support(
        base.geometry,
        base.population,
        np.append(np.array(base.codes, dtype=object), "")[base.unit_of_event],
        base.neighbours,
        name="twin",
    )
    same = compare_supports(base, [twin], {"areas": masks["areas"], "twin": masks["areas"]})
    if any(chosen):
        assert same.overlaps[0].jaccard_area == pytest.approx(1)


@FEW
@given(st.integers(300, 1500))
def test_hexagons_of_any_size_hold_the_land(across: int) -> None:
    grid = hexagon_grid(squares(CODES), across_m=float(across))
    assert grid.land_km2.sum() == pytest.approx(20)
    assert grid.land_km2.max() <= np.sqrt(3) / 2 * across**2 / 1e6 * (1 + 1e-9)


def test_the_law_grid_is_where_the_events_are() -> None:
    assert isinstance(GRID, Grid)
    assert (GRID.x0, GRID.y0) == (-2000, -2000)
