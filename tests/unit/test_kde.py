"""Kernel density against a slow, obvious oracle, a library, and the arithmetic of its units."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from shapely.geometry import MultiPolygon, Polygon, box
from sklearn.neighbors import KernelDensity

from spatial.convolution import kernel_support_m
from spatial.errors import StatisticsError
from spatial.grid import Grid, cell_index, grid_for, rasterise, rasterise_positions
from spatial.kde import (
    FEW_EVENTS,
    Density,
    KernelName,
    density,
    density_surface,
    edge_mass,
    events_per_cell,
)

COAST = box(400_000, 90_000, 410_000, 98_000)


Numbers = NDArray[np.float64]


def quartic_slowly(
    x: Numbers, y: Numbers, weight: Numbers, grid: Grid, bandwidth: float
) -> Numbers:
    """Sum of K(d) = 3 / (pi b^2) (1 - d^2 / b^2)^2 per event and cell, in events per km2."""
    out = np.zeros(grid.shape)
    centre_x, centre_y = grid.centres
    for row, north in enumerate(centre_y):
        for column, east in enumerate(centre_x):
            for px, py, w in zip(x, y, weight, strict=True):
                d2 = (px - east) ** 2 + (py - north) ** 2
                if d2 < bandwidth**2:
                    share = (1 - d2 / bandwidth**2) ** 2
                    out[row, column] += w * 3 / (np.pi * bandwidth**2) * share
    return out * 1e6


def cells(found: Density) -> Numbers:
    return found.values  # noqa: PD011 - a field of ours, not a frame's


def scattered(n: int, seed: int = 1, around: Polygon = COAST) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    left, bottom, right, top = around.bounds
    return pd.DataFrame({"x": rng.uniform(left, right, n), "y": rng.uniform(bottom, top, n)})


def test_quartic_equals_the_direct_sum() -> None:
    grid = grid_for((0, 0, 3000, 2000), 50, 0)
    rng = np.random.default_rng(7)
    x, y, w = rng.uniform(-500, 3500, 30), rng.uniform(-500, 2500, 30), rng.uniform(0, 9, 30)
    fast = density(x, y, w, grid=grid, bandwidth_m=1000)
    slow = quartic_slowly(x, y, w, grid, 1000)
    # What remains is the shift of events to cell centres; halving the cell quarters it.
    assert np.abs(fast - slow).max() < 0.004 * slow.max()


def test_an_event_at_a_centre_is_the_kernel_itself() -> None:
    """3 / (pi b^2) at the event: 0.9549 per km2 at b = 1 km; half of b: (3/4)^2 of it."""
    grid = Grid(0, 0, 10, 301, 301)
    surface = density([1505.0], [1505.0], grid=grid, bandwidth_m=1000)
    assert surface[150, 150] == pytest.approx(3 / np.pi, rel=1e-4)
    assert surface[150, 200] == pytest.approx(3 / np.pi * (9 / 16), rel=1e-4)
    assert surface[150, 250] == 0


def test_gaussian_equals_scikit_learn() -> None:
    grid = grid_for((0, 0, 3000, 3000), 50, 0)
    points = np.random.default_rng(3).uniform(500, 2500, (40, 2))
    centre_x, centre_y = grid.centres
    at = np.column_stack([m.ravel() for m in np.meshgrid(centre_x, centre_y)])
    library = KernelDensity(bandwidth=400, kernel="gaussian", rtol=1e-9).fit(points)
    expected = np.exp(library.score_samples(at)).reshape(grid.shape) * 40 * 1e6
    found = density(points[:, 0], points[:, 1], grid=grid, bandwidth_m=400, kernel="gaussian")
    assert np.abs(found - expected).max() < 0.005 * expected.max()


@pytest.mark.parametrize("kernel", ["quartic", "gaussian"])
@pytest.mark.parametrize("cell", [50, 100, 200])
def test_mass_is_the_weighted_events_a_year(kernel: KernelName, cell: int) -> None:
    """METHODS.md 7: sum(grid) x cell area = weighted events x 12 / months within 0.1 %."""
    points = scattered(300).assign(weight=np.linspace(0, 5, 300))
    reach = 2 * kernel_support_m(kernel, 1000)
    grid = grid_for(COAST.bounds, cell, reach)
    raw = density(points.x, points.y, points.weight, grid=grid, bandwidth_m=1000, kernel=kernel)
    assert raw.sum() * grid.cell_km2 == pytest.approx(points.weight.sum(), rel=1e-3)


def test_unit_is_per_year_of_covered_months() -> None:
    inside = box(404_000, 93_000, 406_000, 95_000)
    points = scattered(200, around=inside)
    found = {
        months: density_surface(
            points,
            study=COAST,
            land=COAST,
            bandwidth_m=1000,
            cell_m=100,
            months=months,
            edge="none",
        )
        for months in (12, 6, 1)
    }
    mass = {m: np.nansum(cells(s)) * s.grid.cell_km2 for m, s in found.items()}
    assert mass[12] == pytest.approx(200, rel=1e-3)
    assert mass[6] == pytest.approx(400, rel=1e-3)
    assert mass[1] == pytest.approx(2400, rel=1e-3)
    assert found[6].per_year == 2


def test_edge_mass_is_half_at_a_straight_coast_and_one_inland() -> None:
    grid = Grid(0, 0, 50, 121, 121)
    land = np.zeros(grid.shape, dtype=bool)
    land[:, 60:] = True
    mass = edge_mass(land, grid=grid, bandwidth_m=1000)
    # The middle of column 60 is half a cell inland: the kernel mass within 25 m of the line
    # through it is 25 m x 16 / (5 pi) / b (the quartic's marginal at 0 is 16 / (5 pi b)).
    assert mass[60, 60] == pytest.approx(0.5 + 25 * 16 / (5 * np.pi * 1000), abs=1e-3)
    assert mass[60, 85] == pytest.approx(1, abs=1e-9)
    assert mass[60, 30] == pytest.approx(0, abs=1e-9)


def test_beyond_the_grid_is_not_land() -> None:
    mass = edge_mass(np.ones((81, 81), dtype=bool), grid=Grid(0, 0, 50, 81, 81), bandwidth_m=1000)
    assert mass[40, 40] == pytest.approx(1, abs=1e-9)
    assert mass[0, 40] == pytest.approx(0.5 + 25 * 16 / (5 * np.pi * 1000), abs=1e-3)
    assert mass[0, 0] == pytest.approx(mass[0, 40] ** 2, abs=0.02)


def test_the_study_area_is_land_whatever_the_outline_of_the_land_says() -> None:
    points, settings = scattered(300), {"bandwidth_m": 1000, "cell_m": 100, "months": 12}
    east = box(405_000, 90_000, 410_000, 98_000)
    whole = density_surface(points, study=COAST, land=COAST, **settings)
    short = density_surface(points, study=COAST, land=east, **settings)
    np.testing.assert_array_equal(cells(short), cells(whole))


def test_a_cell_out_of_reach_of_every_event_is_exactly_zero() -> None:
    points = pd.DataFrame({"x": [401_000.0, 402_300.0], "y": [91_000.0, 92_100.0]})
    found = density_surface(
        points, study=COAST, land=COAST, bandwidth_m=1000, cell_m=100, months=12
    )
    east, north = np.meshgrid(*found.grid.centres)
    near = np.minimum(*(np.hypot(east - x, north - y) for x, y in points.to_numpy()))
    far = found.study_mask & (near > 1000 + 2 * 100)  # binning carries an event to the next cell
    assert far.sum() > 1_000
    assert not cells(found)[far].any()


def test_edge_correction_makes_even_crime_even_up_to_the_coast() -> None:
    step = np.arange(25, 10_000, 50.0)
    x, y = (400_000 + m.ravel() for m in np.meshgrid(step, step[step < 8000]))
    points = pd.DataFrame({"x": x, "y": y - 310_000})
    settings = {"study": COAST, "land": COAST, "bandwidth_m": 1000, "cell_m": 100, "months": 12}
    corrected = density_surface(points, **settings)
    plain = density_surface(points, **settings, edge="none")
    inside = cells(corrected)[corrected.study_mask]
    assert inside == pytest.approx(400, rel=0.03)  # one event per 50 m square
    assert np.nanmin(cells(plain)) < 0.35 * 400  # a corner keeps about a quarter


def test_events_beyond_the_border_are_used_before_the_edge_is_corrected() -> None:
    study = box(400_000, 90_000, 405_000, 98_000)
    points = pd.DataFrame({"x": [405_300.0] * 60, "y": [94_000.0] * 60})
    settings = {"study": study, "bandwidth_m": 1000, "cell_m": 100, "months": 12}
    near = density_surface(points, land=COAST, **settings)
    row, column = cell_index([404_950], [94_050], near.grid)
    there = float(cells(near)[row[0], column[0]])
    d2 = 350.0**2 + 50.0**2
    assert there == pytest.approx(60 * 3 / np.pi * (1 - d2 / 1e6) ** 2, rel=0.01)
    # The same events where the land ends at the border count for more.
    at_coast = density_surface(points, land=study, **settings)
    assert float(cells(at_coast)[row[0], column[0]]) > 1.5 * there
    assert near.events == 60
    assert near.events_inside == 0


def test_values_are_nan_off_the_study_area_and_finite_on_it() -> None:
    found = density_surface(
        scattered(100), study=COAST, land=COAST, bandwidth_m=1000, cell_m=100, months=12
    )
    assert np.isnan(cells(found)[~found.study_mask]).all()
    assert np.isfinite(cells(found)[found.study_mask]).all()
    assert found.study_mask.sum() == 8000
    assert found.study_km2 == pytest.approx(80)


def test_study_polygons_may_be_one_many_or_a_series() -> None:
    halves = [box(400_000, 90_000, 405_000, 98_000), box(405_000, 90_000, 410_000, 98_000)]
    grid = grid_for(COAST.bounds, 100, 1000)
    whole = rasterise(COAST, grid)
    assert (rasterise(halves, grid) == whole).all()
    assert (rasterise(gpd.GeoSeries(halves), grid) == whole).all()
    assert (rasterise(MultiPolygon(halves), grid) == whole).all()
    assert (rasterise([*halves, box(0, 0, 1, 1), Polygon()], grid) == whole).all()


def test_rasterise_takes_a_cell_by_its_centre_southern_row_first() -> None:
    grid = Grid(0, 0, 10, 3, 2)
    assert rasterise(box(0, 0, 16, 6), grid).tolist() == [[True, True, False], [False] * 3]
    assert rasterise(box(0, 0, 14, 4), grid).tolist() == [[False] * 3, [False] * 3]


def test_a_country_of_polygons_is_burnt_as_its_parts_are() -> None:
    """Above 2,000 polygons another way is taken: holes, islands and order have to come through."""
    grid = Grid(0, 0, 10, 600, 400)
    rng = np.random.default_rng(4)
    corner = rng.uniform([0, 0], [5_900, 3_900], (2_300, 2))
    squares = [box(x, y, x + 90, y + 90) for x, y in corner]
    squares[5] = squares[5].difference(box(*(corner[5] + 30), *(corner[5] + 60)))
    squares[2_200] = MultiPolygon([squares[2_200], box(5_000, 3_950, 5_050, 3_990)])
    squares[7] = Polygon()
    some = [squares[:1_500], squares[1_500:]]
    np.testing.assert_array_equal(
        rasterise(squares, grid), rasterise(some[0], grid) | rasterise(some[1], grid)
    )
    first, second = (rasterise_positions(part, grid) for part in some)
    np.testing.assert_array_equal(
        rasterise_positions(squares, grid), np.where(second >= 0, second + 1_500, first)
    )


def test_transform_puts_the_northern_row_first() -> None:
    found = density_surface(
        scattered(100), study=COAST, land=COAST, bandwidth_m=1000, cell_m=100, months=12
    )
    left, top = found.grid.transform.c, found.grid.transform.f
    assert (left, top) == (found.grid.x0, found.grid.y0 + found.grid.ny * 100)
    assert found.top_down.dtype == np.float32
    assert np.array_equal(
        found.top_down[0], np.asarray(cells(found))[-1].astype("f4"), equal_nan=True
    )


def test_cells_lie_on_the_national_grid_lines() -> None:
    grid = grid_for((400_033, 90_066, 400_934, 90_967), 100, 1000)
    assert (grid.x0, grid.y0) == (399_000, 89_000)
    assert (grid.nx, grid.ny) == (30, 30)


def test_rows_of_weight_zero_are_not_events() -> None:
    points = scattered(120).assign(weight=[1.0, 0.0] * 60)
    found = density_surface(
        points, study=COAST, land=COAST, bandwidth_m=1000, cell_m=100, months=12
    )
    assert (found.events, found.events_inside, found.weighted_events) == (60, 60, 60)
    assert found.counts.sum() == 60


SETTINGS = {"study": COAST, "land": COAST, "bandwidth_m": 1000, "cell_m": 100, "months": 12}


def test_no_events_is_zero_everywhere_and_said() -> None:
    found = density_surface(pd.DataFrame({"x": [], "y": []}, dtype=float), **SETTINGS)
    assert (cells(found)[found.study_mask] == 0).all()
    assert found.warnings == ("no events: the density is 0 everywhere and there are no hot spots",)


def test_few_events_are_said() -> None:
    found = density_surface(scattered(FEW_EVENTS - 1), **SETTINGS)
    assert "49 events are fewer than 50" in found.warnings[0]
    assert density_surface(scattered(FEW_EVENTS), **SETTINGS).warnings == ()


def test_all_events_on_one_point_is_said_and_is_one_kernel() -> None:
    points = pd.DataFrame({"x": [405_050.0] * 80, "y": [94_050.0] * 80})
    found = density_surface(points, **SETTINGS)
    assert "all 80 events are recorded at one point" in found.warnings[0]
    assert found.highest == pytest.approx(80 * 3 / np.pi, rel=0.005)


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"cell_m": 250}, "cells of 200 m or less"),
        ({"bandwidth_m": 80}, "too coarse for bandwidth_m 80"),
        ({"bandwidth_m": 20_000, "cell_m": 500}, "wider than the study area"),
        ({"bandwidth_m": float("nan")}, "bandwidth_m nan must be a length above 0"),
        ({"bandwidth_m": -1000}, "bandwidth_m -1000 must be"),
        ({"cell_m": 0}, "cell_m 0 must be"),
        ({"cell_m": 0.5}, "or a smaller study area"),
        ({"months": 0}, "needs a covered month"),
        ({"study": Polygon()}, "holds no polygon"),
        ({"study": box(0, 0, 3000, 20), "cell_m": 200}, "no cell of 200 m has its centre"),
        ({"kernel": "cone"}, "kernel 'cone' is neither"),
        ({"edge": "sea"}, "edge 'sea' is neither"),
    ],
)
def test_settings_without_meaning_are_refused(changes: dict[str, Any], match: str) -> None:
    with pytest.raises(StatisticsError, match=match):
        density_surface(scattered(60), **{**SETTINGS, **changes})


@pytest.mark.parametrize(
    ("column", "value", "match"),
    [
        ("x", np.nan, "x is nan at row 3"),
        ("y", np.inf, "y is inf at row 3"),
        ("weight", -2.0, "weight is -2 at row 3"),
        ("weight", np.nan, "weight is nan at row 3"),
    ],
)
def test_values_without_meaning_are_refused(column: str, value: float, match: str) -> None:
    points = scattered(60).assign(weight=1.0)
    points.loc[3, column] = value
    with pytest.raises(StatisticsError, match=match):
        density_surface(points, **SETTINGS)


def test_lengths_that_differ_are_refused() -> None:
    grid = Grid(0, 0, 100, 10, 10)
    with pytest.raises(StatisticsError, match="need one length"):
        density([1.0, 2.0], [1.0], grid=grid, bandwidth_m=1000)
    with pytest.raises(StatisticsError, match="land has the shape"):
        edge_mass(np.ones((2, 2), dtype=bool), grid=grid, bandwidth_m=1000)


def test_points_are_counted_in_every_cell_and_nowhere_else() -> None:
    grid = Grid(1_000.0, 2_000.0, 100.0, 4, 3)
    x, y = np.meshgrid(np.arange(950.0, 1_500.0, 50.0), np.arange(1_950.0, 2_400.0, 50.0))
    counts = np.zeros(grid.shape, dtype=int)
    for east, north in zip(x.ravel(), y.ravel(), strict=True):
        column, row = int((east - 1_000) // 100), int((north - 2_000) // 100)
        if 0 <= column < 4 and 0 <= row < 3:
            counts[row, column] += 1
    assert (counts == 4).all()
    np.testing.assert_array_equal(events_per_cell(x.ravel(), y.ravel(), grid), counts)
