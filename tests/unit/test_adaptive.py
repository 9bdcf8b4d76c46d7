"""Adaptive density against the direct sum, the fixed density, and its own mass."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from shapely.geometry import Polygon, box

from spatial.adaptive import (
    AdaptiveDensity,
    abramson_bandwidths,
    adaptive_density,
    adaptive_edge_mass,
    adaptive_surface,
)
from spatial.convolution import at_points
from spatial.errors import StatisticsError
from spatial.grid import Grid, grid_for
from spatial.kde import KernelName, density, density_surface, edge_mass

Numbers = NDArray[np.float64]
COAST = box(400_000, 90_000, 412_000, 100_000)
SETTINGS: dict[str, Any] = {
    "study": COAST, "land": COAST, "bandwidth_m": 1000, "cell_m": 100, "months": 12,
}  # fmt: skip


def cells(found: AdaptiveDensity) -> Numbers:
    return found.surface.values  # noqa: PD011 - a field of ours, not a frame's


def direct(
    x: Numbers, y: Numbers, w: Numbers, widths: Numbers, grid: Grid, kernel: KernelName
) -> Numbers:
    """Add each event's own kernel, one event after the other; per km2."""
    out = np.zeros(grid.shape)
    east, north = np.meshgrid(*grid.centres)
    for px, py, weight, b in zip(x, y, w, widths, strict=True):
        d2 = ((east - px) ** 2 + (north - py) ** 2) / b**2
        if kernel == "quartic":
            value = np.where(d2 < 1, 3 / (np.pi * b * b) * (1 - d2) ** 2, 0)
        else:
            value = np.exp(-d2 / 2) / (2 * np.pi * b * b)
        out += weight * value
    return out * 1e6


def town_and_country(seed: int = 1) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    town = rng.normal([406_000, 95_000], 350, (400, 2))
    country = rng.uniform([400_000, 90_000], [412_000, 100_000], (150, 2))
    at = np.concatenate([town, country])
    return pd.DataFrame({"x": at[:, 0], "y": at[:, 1]})


@pytest.mark.parametrize("kernel", ["quartic", "gaussian"])
def test_classes_equal_the_direct_sum(kernel: KernelName) -> None:
    rng = np.random.default_rng(3)
    grid = grid_for((0, 0, 8000, 6000), 50, 0)
    x, y = rng.uniform(-500, 8500, 60), rng.uniform(-500, 6500, 60)
    w, widths = rng.uniform(0, 5, 60), rng.uniform(400, 2500, 60)
    fast = adaptive_density(x, y, w, grid=grid, event_bandwidth_m=widths, kernel=kernel)
    slow = direct(x, y, w, widths, grid, kernel)
    assert np.abs(fast - slow).max() < 0.01 * slow.max()


def test_finer_classes_come_closer() -> None:
    rng = np.random.default_rng(5)
    grid = grid_for((0, 0, 6000, 6000), 40, 0)
    x, y, widths = rng.uniform(0, 6000, 40), rng.uniform(0, 6000, 40), rng.uniform(600, 2400, 40)
    slow = direct(x, y, np.ones(40), widths, grid, "quartic")
    error = [
        np.abs(adaptive_density(x, y, grid=grid, event_bandwidth_m=widths, step=step) - slow).max()
        for step in (1.6, 1.1)
    ]
    assert error[1] < 0.4 * error[0]


def test_mass_is_the_weight_of_the_events() -> None:
    rng = np.random.default_rng(8)
    grid = grid_for((0, 0, 5000, 5000), 100, 3000)
    x, y, w = rng.uniform(0, 5000, 90), rng.uniform(0, 5000, 90), rng.uniform(0, 4, 90)
    widths = rng.uniform(500, 3000, 90)
    found = adaptive_density(x, y, w, grid=grid, event_bandwidth_m=widths)
    assert found.sum() * grid.cell_km2 == pytest.approx(w.sum(), rel=1e-9)


def test_abramsons_square_root_law() -> None:
    """Four times the pilot density, half the bandwidth; the geometric mean is the pilot's."""
    pilot = np.array([1.0, 4.0, 16.0, 2.0, 0.5])
    found = abramson_bandwidths(pilot, bandwidth_m=1000, lowest_m=1, highest_m=1e6)
    assert found[1] == pytest.approx(found[0] / 2)
    assert found[2] == pytest.approx(found[0] / 4)
    assert np.exp(np.log(found).mean()) == pytest.approx(1000)
    scaled = abramson_bandwidths(pilot * 77, bandwidth_m=1000, lowest_m=1, highest_m=1e6)
    assert scaled == pytest.approx(found)


def test_bandwidths_are_clipped_and_a_pilot_of_zero_is_the_widest() -> None:
    found = abramson_bandwidths(
        [0.0, 1e-9, 1.0, 1e9], bandwidth_m=1000, lowest_m=500, highest_m=2000
    )
    assert found.tolist() == [2000, 2000, 1000, 500]


def test_weights_enter_the_geometric_mean() -> None:
    once = abramson_bandwidths([1.0, 9.0, 9.0], bandwidth_m=800, lowest_m=1, highest_m=1e5)
    twice = abramson_bandwidths(
        [1.0, 9.0], weight=[1.0, 2.0], bandwidth_m=800, lowest_m=1, highest_m=1e5
    )
    assert twice == pytest.approx(once[:2])


@pytest.mark.parametrize("edge", ["land", "none"])
@pytest.mark.parametrize("kernel", ["quartic", "gaussian"])
def test_one_bandwidth_for_all_is_the_fixed_density(edge: Any, kernel: KernelName) -> None:
    points = town_and_country().assign(weight=np.linspace(0, 3, 550))
    settings = {**SETTINGS, "edge": edge, "kernel": kernel}
    fixed = density_surface(points, **settings)
    found = adaptive_surface(points, **settings, lowest_m=1000, highest_m=1000)
    same = found.surface.study_mask
    assert cells(found)[same] == pytest.approx(np.asarray(fixed.values)[fixed.study_mask])
    assert found.classes == 1
    assert found.surface.events_inside == fixed.events_inside
    assert found.surface.weighted_events == fixed.weighted_events


def test_the_surface_equals_pilot_bandwidths_and_sum_made_by_hand() -> None:
    points = town_and_country()
    found = adaptive_surface(points, **SETTINGS, edge="none")
    x, y = points["x"].to_numpy(), points["y"].to_numpy()
    pilot = np.zeros(len(x))
    for px, py in zip(x, y, strict=True):
        d2 = ((x - px) ** 2 + (y - py) ** 2) / 1e6
        pilot += np.where(d2 < 1, (1 - d2) ** 2, 0)
    mean = np.exp(np.log(pilot).mean())
    widths = np.clip(1000 * np.sqrt(mean / pilot), 500, 2000)
    assert found.event_bandwidth_m == pytest.approx(widths, rel=0.02)
    slow = direct(x, y, np.ones(len(x)), widths, found.surface.grid, "quartic")
    inside = found.surface.study_mask
    assert np.abs(cells(found)[inside] - slow[inside]).max() < 0.015 * slow.max()


def test_the_surface_is_made_from_weighted_events_and_their_mean_up_to_the_edge() -> None:
    """Step by step with the functions that have oracles of their own: none may be left out."""
    points = town_and_country(3).assign(weight=lambda at: np.where(at.x > 406_000, 5.0, 1.0))
    found = adaptive_surface(points, **SETTINGS)
    grid, inside = found.surface.grid, found.surface.study_mask
    x, y, w = (points[name].to_numpy() for name in ("x", "y", "weight"))
    pilot = density(x, y, w, grid=grid, bandwidth_m=1000)
    pilot /= np.maximum(edge_mass(inside, grid=grid, bandwidth_m=1000), 1e-9)
    at_events = at_points(np.where(inside, pilot, 0.0), x, y, grid)
    away = np.minimum(np.minimum(x - 400_000, 412_000 - x), np.minimum(y - 90_000, 100_000 - y))
    mean = np.exp((w * np.log(at_events)).sum() / w.sum())
    widths = np.clip(1000 * np.sqrt(mean / at_events), 500, 2000)
    clear = away > 100  # nearer the edge the pilot is read across it
    assert found.event_bandwidth_m[clear] == pytest.approx(widths[clear], rel=0.02)
    of_cells = np.clip(1000 * np.sqrt(mean / np.maximum(pilot, 1e-300)), 500, 2000)
    raw = adaptive_density(x, y, w, grid=grid, event_bandwidth_m=found.event_bandwidth_m)
    mass = adaptive_edge_mass(inside, grid=grid, cell_bandwidth_m=of_cells)
    assert cells(found)[inside] == pytest.approx(raw[inside] / mass[inside], rel=0.03)


def test_an_event_whose_kernel_may_reach_the_pilot_of_another_has_a_bandwidth() -> None:
    """2.5 km out it lends nothing to the study area, and something to events 2 km out."""
    points = town_and_country()
    out = pd.DataFrame({"x": [414_500.0, 415_200.0], "y": [95_000.0] * 2})
    found = adaptive_surface(pd.concat([points, out], ignore_index=True), **SETTINGS)
    assert np.isfinite(found.event_bandwidth_m[-2])
    assert np.isnan(found.event_bandwidth_m[-1])


def test_no_cell_has_more_than_its_whole_kernel_on_land() -> None:
    grid = Grid(0, 0, 50, 160, 160)
    widths = np.geomspace(300, 1500, grid.ny)[:, np.newaxis] * np.ones(grid.nx)
    mass = adaptive_edge_mass(np.ones(grid.shape, dtype=bool), grid=grid, cell_bandwidth_m=widths)
    assert mass.max() == 1.0
    assert mass.min() > 0.2


def test_town_is_sharper_and_country_smoother_than_with_one_bandwidth() -> None:
    points = town_and_country()
    found, fixed = adaptive_surface(points, **SETTINGS), density_surface(points, **SETTINGS)
    assert found.surface.highest > 1.2 * fixed.highest
    country = np.hypot(points.x - 406_000, points.y - 95_000) > 2500
    assert found.event_bandwidth_m[country].min() > 1000
    assert found.event_bandwidth_m[:400].mean() < 1000
    assert found.lowest_m <= found.event_bandwidth_m.min()
    assert found.event_bandwidth_m.max() <= found.highest_m == 2000
    assert found.clipped_low == pytest.approx((found.event_bandwidth_m <= 500).mean())


def test_even_crime_is_even_up_to_the_coast() -> None:
    step = np.arange(25, 12_000, 50.0)
    x, y = (400_000 + m.ravel() for m in np.meshgrid(step, step[step < 10_000]))
    points = pd.DataFrame({"x": x, "y": y - 310_000})
    found = adaptive_surface(points, **SETTINGS)
    inside = cells(found)[found.surface.study_mask]
    assert inside == pytest.approx(400, rel=0.03)
    assert found.event_bandwidth_m == pytest.approx(1000, rel=0.03)


def test_edge_mass_has_the_bandwidth_of_its_cell() -> None:
    rng = np.random.default_rng(6)
    grid = Grid(0, 0, 50, 70, 60)
    land = rng.random(grid.shape) < 0.6
    widths = np.full(grid.shape, 300.0)
    widths[:, 35:] = 900.0
    found = adaptive_edge_mass(land, grid=grid, cell_bandwidth_m=widths)
    for b, part in ((300, np.s_[:, :35]), (900, np.s_[:, 35:])):
        assert found[part] == pytest.approx(edge_mass(land, grid=grid, bandwidth_m=b)[part])
    widths[3, 4] = np.nan
    assert np.isnan(adaptive_edge_mass(land, grid=grid, cell_bandwidth_m=widths)[3, 4])


def test_an_event_out_of_reach_has_no_bandwidth_and_changes_nothing() -> None:
    points = town_and_country()
    far = pd.concat([points, pd.DataFrame({"x": [500_000.0], "y": [300_000.0]})], ignore_index=True)
    found, without = adaptive_surface(far, **SETTINGS), adaptive_surface(points, **SETTINGS)
    assert np.isnan(found.event_bandwidth_m[-1])
    assert found.surface.events == without.surface.events + 1
    inside = found.surface.study_mask
    assert cells(found)[inside] == pytest.approx(cells(without)[inside])


def test_no_events_is_zero_everywhere_and_said() -> None:
    found = adaptive_surface(pd.DataFrame({"x": [], "y": []}, dtype=float), **SETTINGS)
    assert (cells(found)[found.surface.study_mask] == 0).all()
    assert found.surface.warnings[0].startswith("no events")
    assert (found.classes, found.clipped_low, found.event_bandwidth_m.size) == (0, 0, 0)


def test_all_events_on_one_point_is_the_fixed_density_and_said() -> None:
    points = pd.DataFrame({"x": [405_050.0] * 80, "y": [94_050.0] * 80})
    found, fixed = adaptive_surface(points, **SETTINGS), density_surface(points, **SETTINGS)
    assert "all 80 events are recorded at one point" in found.surface.warnings[0]
    assert found.surface.highest == pytest.approx(fixed.highest)


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"cell_m": 250}, "cells of 200 m or less"),
        ({"bandwidth_m": 20_000, "cell_m": 500}, "wider than the study area"),
        ({"highest_m": 50_000}, "wider than the study area"),
        ({"lowest_m": 300}, "too coarse for bandwidth_m 300"),
        ({"lowest_m": 1500}, "the pilot's bandwidth lies between the limits"),
        ({"highest_m": 900}, "the pilot's bandwidth lies between the limits"),
        ({"highest_m": np.nan}, "the pilot's bandwidth lies between the limits"),
        ({"months": 0}, "needs a covered month"),
        ({"edge": "sea"}, "edge 'sea' is neither"),
        ({"kernel": "cone"}, "kernel 'cone' is neither"),
        ({"study": Polygon()}, "holds no polygon"),
        ({"step": 1.0}, "step 1.0 must be above 1"),
    ],
)
def test_settings_without_meaning_are_refused(changes: dict[str, Any], match: str) -> None:
    with pytest.raises(StatisticsError, match=match):
        adaptive_surface(town_and_country(), **{**SETTINGS, **changes})


def test_values_without_meaning_are_refused() -> None:
    grid = Grid(0, 0, 100, 20, 20)
    with pytest.raises(StatisticsError, match="x is nan at row 1"):
        adaptive_surface(pd.DataFrame({"x": [4e5, np.nan], "y": [9e4, 9e4]}), **SETTINGS)
    with pytest.raises(StatisticsError, match="pilot is nan at row 1"):
        abramson_bandwidths([1.0, np.nan], bandwidth_m=1, lowest_m=1, highest_m=1)
    with pytest.raises(StatisticsError, match="event_bandwidth_m is inf at row 0"):
        adaptive_density([0.0], [0.0], grid=grid, event_bandwidth_m=[np.inf])
    with pytest.raises(StatisticsError, match="event_bandwidth_m has the shape"):
        adaptive_density([0.0], [0.0], grid=grid, event_bandwidth_m=[500.0, 500.0])
    with pytest.raises(StatisticsError, match="land has the shape"):
        adaptive_edge_mass(np.ones((2, 2), bool), grid=grid, cell_bandwidth_m=np.ones((2, 2)))
