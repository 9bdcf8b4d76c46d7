"""Two surfaces compared: planted ratios, what happens where there is next to nothing, units."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from shapely.geometry import Point, box

from spatial.dual_density import compare_densities, effective_km2, population_points
from spatial.errors import StatisticsError
from spatial.grid import Grid, cell_index
from spatial.kde import Density, density, density_surface

COAST = box(400_000, 90_000, 410_000, 98_000)
SETTINGS: dict[str, Any] = {"study": COAST, "land": COAST, "bandwidth_m": 1000, "cell_m": 100}


def even(every_m: float, within: Any = COAST) -> pd.DataFrame:
    """An event in the middle of each square of this size."""
    left, bottom, right, top = within.bounds
    half = every_m / 2
    east, north = np.meshgrid(
        np.arange(left + half, right, every_m), np.arange(bottom + half, top, every_m)
    )
    return pd.DataFrame({"x": east.ravel(), "y": north.ravel()})


def surface(points: pd.DataFrame, months: float = 12, **changes: Any) -> Density:
    return density_surface(points, months=months, **{**SETTINGS, **changes})


def at(values: NDArray[np.float64], grid: Grid, x: float, y: float) -> float:
    row, column = cell_index([x], [y], grid)
    return float(values[row[0], column[0]])


EARLIER = even(200)
LATER = pd.concat([EARLIER, even(200, box(406_000, 90_000, 410_000, 98_000))], ignore_index=True)


@pytest.mark.parametrize("near_zero", ["blank", "shrink"])
def test_a_planted_doubling_is_found_where_it_is_and_nowhere_else(near_zero: Any) -> None:
    found = compare_densities(surface(LATER), surface(EARLIER), near_zero=near_zero)
    assert found.supported[found.grid.shape[0] // 2, found.grid.shape[1] // 2]
    loose = 0.1 if near_zero == "shrink" else 0.03
    assert at(found.ratio, found.grid, 408_050, 94_050) == pytest.approx(2, abs=loose)
    assert at(found.ratio, found.grid, 402_050, 94_050) == pytest.approx(1, abs=loose)
    assert at(found.difference, found.grid, 408_050, 94_050) == pytest.approx(25, rel=0.03)
    assert at(found.difference, found.grid, 402_050, 94_050) == pytest.approx(0, abs=0.5)
    assert found.overall == pytest.approx(1.4, rel=0.01)
    centre = at(found.log_ratio, found.grid, 408_050, 94_050)
    assert centre == pytest.approx(np.log(2 / 1.4), abs=0.06)


def test_months_are_in_the_unit() -> None:
    """The same events in half the months are twice as many a year."""
    found = compare_densities(surface(EARLIER, months=3), surface(EARLIER, months=6))
    inside = found.supported
    assert found.ratio[inside] == pytest.approx(2)
    assert found.overall == pytest.approx(2)
    assert found.log_ratio[inside] == pytest.approx(0, abs=1e-12)


def test_effective_area_is_one_over_the_integral_of_the_squared_kernel() -> None:
    for kernel in ("quartic", "gaussian"):
        grid = Grid(0, 0, 20, 401, 401)
        one = density([4010.0], [4010.0], grid=grid, bandwidth_m=800, kernel=kernel)
        assert 1 / ((one**2).sum() * grid.cell_km2) == pytest.approx(
            effective_km2(kernel, 800), rel=2e-3
        )


def test_where_the_denominator_is_next_to_nothing_the_ratio_is_blank() -> None:
    west = even(200, box(400_000, 90_000, 404_000, 98_000))
    found = compare_densities(surface(EARLIER), surface(west))
    assert np.isnan(at(found.ratio, found.grid, 408_050, 94_050))
    assert at(found.difference, found.grid, 408_050, 94_050) == pytest.approx(25, rel=0.03)
    assert at(found.ratio, found.grid, 402_050, 94_050) == pytest.approx(1, rel=0.03)
    assert "of the study area has a denominator of under 5 within the kernel" in found.warnings[0]
    # The limit itself: 5 events over 5 pi / 9 km2.
    assert found.floor == pytest.approx(5 / (5 * np.pi / 9))
    half = compare_densities(surface(EARLIER, months=6), surface(west, months=6))
    assert half.floor == pytest.approx(2 * found.floor)  # as many events, as a rate a year
    assert np.array_equal(half.supported, found.supported)
    below = np.asarray(surface(west).values)
    assert np.array_equal(np.isfinite(found.ratio), np.nan_to_num(below, nan=-1) >= found.floor)


def test_shrinking_gives_every_place_a_ratio_and_the_overall_one_where_nothing_is() -> None:
    west = even(200, box(400_000, 90_000, 404_000, 98_000))
    found = compare_densities(surface(west), surface(west), near_zero="shrink")
    inside = ~np.isnan(found.ratio)
    assert inside.sum() == 8000
    assert found.ratio[inside] == pytest.approx(1)
    wide = compare_densities(surface(EARLIER), surface(west), near_zero="shrink")
    there = at(wide.ratio, wide.grid, 408_050, 94_050)
    assert there == pytest.approx((25 + wide.floor * wide.overall) / wide.floor, rel=0.03)


def test_a_fall_to_nothing_is_a_ratio_of_zero_without_a_logarithm() -> None:
    west = even(200, box(400_000, 90_000, 404_000, 98_000))
    found = compare_densities(surface(west), surface(EARLIER))
    assert at(found.ratio, found.grid, 408_050, 94_050) == 0
    assert np.isnan(at(found.log_ratio, found.grid, 408_050, 94_050))
    assert not np.isinf(found.log_ratio).any()


def test_weights_set_the_default_limit() -> None:
    heavy = surface(EARLIER.assign(weight=200.0))
    found = compare_densities(heavy, heavy)
    plain = compare_densities(surface(EARLIER), surface(EARLIER))
    assert found.floor == pytest.approx(200 * plain.floor)
    assert np.array_equal(found.supported, plain.supported)


def test_no_events_before_is_said() -> None:
    nothing = surface(pd.DataFrame({"x": [], "y": []}, dtype=float))
    found = compare_densities(surface(EARLIER), nothing)
    assert np.isnan(found.ratio).all()
    assert np.isnan(found.log_ratio).all()
    assert np.isnan(found.overall)
    assert found.warnings == ("the denominator is 0 everywhere: there is no ratio",)
    reverse = compare_densities(nothing, surface(EARLIER))
    assert (reverse.ratio[reverse.supported] == 0).all()
    assert "the numerator is 0 everywhere" in reverse.warnings[0]


def test_ratio_is_turned_for_a_raster() -> None:
    found = compare_densities(surface(LATER), surface(EARLIER))
    assert np.array_equal(found.top_down[0], found.ratio[-1].astype("f4"), equal_nan=True)


def test_events_per_resident() -> None:
    """Twice the events on twice the people is the same risk; four times is double."""
    areas = gpd.GeoSeries(
        {
            "A": box(400_000, 90_000, 404_000, 98_000),
            "B": box(404_000, 90_000, 410_000, 98_000),
        },
        crs="EPSG:27700",
    )
    population = pd.Series({"A": 32_000.0, "B": 96_000.0})  # 1,000 and 2,000 a km2
    people = surface(population_points(population, areas, cell_m=100))
    assert at(np.asarray(people.values), people.grid, 402_050, 94_050) == pytest.approx(
        1000, rel=0.01
    )
    events = pd.concat([EARLIER] + [even(200, areas["B"])] * 3, ignore_index=True)
    found = compare_densities(surface(events, months=6), people, least=100)
    assert at(found.ratio, found.grid, 402_050, 94_050) == pytest.approx(0.05, rel=0.01)
    assert at(found.ratio, found.grid, 407_050, 94_050) == pytest.approx(0.1, rel=0.01)


def test_people_are_spread_over_land_and_their_sum_kept() -> None:
    areas = gpd.GeoSeries(
        {
            "A": box(0, 0, 1000, 1000),
            "B": box(1000, 0, 1300, 500),
            "C": Point(1500, 500).buffer(20),  # no centre of a cell
            "D": box(2000, 0, 2500, 500),
        },
        crs="EPSG:27700",
    )
    population = pd.Series({"B": 30.0, "A": 1000.0, "C": 7.0, "D": np.nan, "E": np.nan})
    found = population_points(population, areas, cell_m=100)
    sums = found.groupby("area_code")["weight"].sum()
    assert sums.to_dict() == pytest.approx({"A": 1000, "B": 30, "C": 7})
    assert found.groupby("area_code").size().to_dict() == {"A": 100, "B": 15, "C": 1}
    for code, part in found.groupby("area_code"):
        inside = gpd.points_from_xy(part.x, part.y)
        assert areas[code].buffer(1e-9).contains(inside).all()


def test_no_people_are_no_points() -> None:
    areas = gpd.GeoSeries({"A": box(0, 0, 1000, 1000)}, crs="EPSG:27700")
    assert population_points(pd.Series({"A": 0.0}), areas, cell_m=100).empty


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"cell_m": 200}, "grid of the two surfaces differs"),
        ({"bandwidth_m": 500}, "of the two surfaces differs"),
        ({"kernel": "gaussian", "bandwidth_m": 250, "cell_m": 50}, "of the two surfaces differs"),
        ({"edge": "none"}, r"edge of the two surfaces differs \(none and land\)"),
        ({"study": box(400_000, 90_000, 410_000, 97_900)}, "surfaces differ|of the two"),
    ],
)
def test_surfaces_made_otherwise_are_refused(changes: dict[str, Any], match: str) -> None:
    with pytest.raises(StatisticsError, match=match):
        compare_densities(surface(EARLIER, **changes), surface(EARLIER))


def test_other_study_areas_on_one_grid_are_refused() -> None:
    bitten = COAST.difference(box(404_000, 93_000, 405_000, 94_000))
    with pytest.raises(StatisticsError, match="cover different study areas"):
        compare_densities(surface(EARLIER, study=bitten), surface(EARLIER))


def test_settings_without_meaning_are_refused() -> None:
    one = surface(EARLIER)
    with pytest.raises(StatisticsError, match="near_zero 'add' is neither"):
        compare_densities(one, one, near_zero="add")  # type: ignore[arg-type]
    for least in (0, -1, float("nan")):
        with pytest.raises(StatisticsError, match="must be above 0: a ratio needs a denominator"):
            compare_densities(one, one, least=least)
    areas = gpd.GeoSeries({"A": box(0, 0, 1000, 1000)}, crs="EPSG:27700")
    with pytest.raises(StatisticsError, match="population of A is -3"):
        population_points(pd.Series({"A": -3.0}), areas, cell_m=100)
    with pytest.raises(StatisticsError, match="1 areas with a population have no polygon, first Z"):
        population_points(pd.Series({"A": 3.0, "Z": 1.0}), areas, cell_m=100)


@pytest.mark.parametrize("kernel", ["quartic", "gaussian"])
def test_ratio_and_difference_are_those_of_summing_kernels_event_by_event(kernel: Any) -> None:
    """Oracle: plain sums over events and over cells of land, no grid of events and no transform.

    Events stand on cell centres, where binning moves nothing. The Gaussian is cut at four standard
    deviations and scaled back to 1, as the surface has it.
    """
    cell, b = 200.0, 1010.0  # no offset of whole cells is just four standard deviations
    study = box(400_000, 90_000, 404_000, 93_000)
    rng = np.random.default_rng(11)
    sides = [
        pd.DataFrame(
            {
                "x": 400_000 + cell * (rng.integers(0, 20, n) + 0.5),
                "y": 90_000 + cell * (rng.integers(0, 15, n) + 0.5),
                "weight": rng.integers(1, 4, n).astype(float),
            }
        )
        for n in (90, 60)
    ]
    settings = {"study": study, "land": study, "bandwidth_m": b, "cell_m": cell, "kernel": kernel}
    later, earlier = (
        density_surface(side, months=months, **settings)
        for side, months in zip(sides, (6, 12), strict=True)
    )
    found = compare_densities(later, earlier, near_zero="shrink", least=3.0)

    def height(x: float, y: float) -> float:
        squared = (x * x + y * y) / (b * b)
        if kernel == "quartic":
            return (1 - squared) ** 2 if squared < 1 else 0.0
        return float(np.exp(-0.5 * squared)) if squared <= 16 else 0.0

    steps = [cell * step for step in range(-25, 26)]
    whole = sum(height(x, y) for x in steps for y in steps)
    columns = [400_000 + cell * (column + 0.5) for column in range(20)]
    rows = [90_000 + cell * (row + 0.5) for row in range(15)]

    def sums(side: pd.DataFrame, months: float) -> dict[tuple[float, float], float]:
        out = {}
        for x in columns:
            for y in rows:
                land = sum(height(x - u, y - v) for u in columns for v in rows) / whole
                events = sum(
                    w * height(x - u, y - v) / whole / 0.04
                    for u, v, w in side.itertuples(index=False)
                )
                out[x, y] = events * 12 / months / land
        return out

    above, below = sums(sides[0], 6), sums(sides[1], 12)
    overall = sum(above.values()) / sum(below.values())
    floor = 3.0 / effective_km2(kernel, b)
    assert found.overall == pytest.approx(overall, rel=1e-9)
    for place in above:
        one, two = above[place], below[place]
        assert at(found.difference, found.grid, *place) == pytest.approx(
            one - two, rel=1e-6, abs=1e-9
        )
        ratio = (one + floor * overall) / (two + floor)
        assert at(found.ratio, found.grid, *place) == pytest.approx(ratio, rel=1e-9)
        log = np.log(ratio / overall)
        assert at(found.log_ratio, found.grid, *place) == pytest.approx(log, rel=1e-6, abs=1e-9)
