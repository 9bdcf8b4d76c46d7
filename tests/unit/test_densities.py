"""What densities take for land, for events and for missing months."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely.geometry import box

import model_case as CASE
from risk_model.config.settings import Density
from risk_model.densities import priority_density, surroundings
from risk_model.layers.crime import offence_set

SIDE = 3000.0


def land(n: int) -> gpd.GeoSeries:
    """n squares of 3 km in a row."""
    return gpd.GeoSeries([box(i * SIDE, 0, (i + 1) * SIDE, SIDE) for i in range(n)])


def events(codes: tuple[str, ...], of_area: dict[int, int]) -> pd.DataFrame:
    rows = [
        {"x": (i + 0.5) * SIDE, "y": SIDE / 2, "month": "2025-01", "category": CASE.VIOLENCE}
        | {"area_code": codes[i]}
        for i, number in of_area.items()
        for _ in range(number)
    ]
    return pd.DataFrame(rows)


def drawn(covered: list[list[bool]], of_area: dict[int, int]) -> tuple[Any, Any]:
    data = CASE.case(n=4, months=len(covered[0]), covered=np.array(covered))
    config = CASE.one({"event_rate": 1.0}, {CASE.VIOLENCE: 1.0})
    where = surroundings(
        events(data.area_codes, of_area), data, study=land(4), around=gpd.GeoSeries([])
    )
    offences = offence_set(config.priorities["sv01"], config, CASE.HARM)
    settings = Density(bandwidth_m=1000.0, cell_m=200.0)
    return where, priority_density(where, offences, settings)


def at_middle(density: Any, area: int) -> float:
    grid = density.surface.grid
    column = int(((area + 0.5) * SIDE - grid.x0) // grid.cell_m)
    row = int((SIDE / 2 - grid.y0) // grid.cell_m)
    return float(density.surface.top_down[::-1][row, column])


def test_a_month_that_is_missing_is_no_month_without_events() -> None:
    """60 events in two months, 30 in the only one supplied: the same density a year."""
    full = [[True, True]]
    where, density = drawn([*full, [True, False], *full, *full], {0: 60, 1: 30, 2: 60})
    assert where.months == 2.0
    np.testing.assert_allclose(at_middle(density, 1), at_middle(density, 0), rtol=1e-6)
    assert at_middle(density, 3) == 0.0


def test_an_area_without_a_month_is_blank_and_its_stray_events_are_left_out() -> None:
    full = [[True, True]]
    _, with_strays = drawn([*full, [False, False], *full, *full], {0: 60, 1: 7, 2: 60})
    _, without = drawn([*full, [False, False], *full, *full], {0: 60, 2: 60})
    for density in (with_strays, without):
        assert np.isnan(at_middle(density, 1))
        assert not np.isnan(at_middle(density, 3))
    np.testing.assert_array_equal(with_strays.surface.top_down, without.surface.top_down)
    codes = list(with_strays.share.index)
    assert len(codes) == 3
    assert "E99000001" not in codes


def test_where_every_month_is_there_nothing_is_changed() -> None:
    everything = [[True, True]] * 4
    where, _ = drawn(everything, {0: 10, 1: 50})
    assert "scale" not in where.points
    assert len(where.study) == 4


def test_land_that_no_kernel_reaches_is_no_coast_and_no_reason_to_refuse() -> None:
    """A neighbour across the water beyond the window changes nothing; one within it does."""
    data = CASE.case(n=4, months=2)
    config = CASE.one({"event_rate": 1.0}, {CASE.VIOLENCE: 1.0})
    offences = offence_set(config.priorities["sv01"], config, CASE.HARM)
    points = events(data.area_codes, {0: 60, 3: 20})
    points.loc[points["area_code"] == data.area_codes[3], "x"] = 4 * SIDE - 200
    settings = Density(bandwidth_m=1000.0, cell_m=200.0)
    edge = 4 * SIDE

    def drawn_beside(*around: Any) -> Any:
        where = surroundings(points, data, study=land(4), around=gpd.GeoSeries(list(around)))
        return priority_density(where, offences, settings).surface.top_down

    alone = drawn_beside()
    far = box(edge + 1600, 0, edge + 9000, SIDE)
    np.testing.assert_array_equal(drawn_beside(far), alone)
    near = box(edge, 0, edge + 9000, SIDE)
    inland = drawn_beside(near)
    assert np.nansum(inland) <= np.nansum(alone)
    assert not np.array_equal(inland, alone, equal_nan=True)
    where = surroundings(points, data, study=land(4), around=gpd.GeoSeries([far]))
    assert where.land(1000.0) is None
    assert where.land(2000.0) is where.around
