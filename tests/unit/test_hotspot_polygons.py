"""Hot-spot polygons: which cells, which events, which areas, in which order."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from shapely.geometry import Point, box

from spatial.errors import StatisticsError
from spatial.hotspot_polygons import density_share, hotspot_polygons, smallest_set
from spatial.kde import Density, density_surface

STUDY = box(400_000, 90_000, 420_000, 100_000)
TOWNS = {"A": (405_050, 95_050, 60), "B": (415_050, 95_050, 30), "C": (410_050, 91_050, 10)}


def towns() -> pd.DataFrame:
    rows = [(x, y, code) for code, (x, y, n) in TOWNS.items() for _ in range(n)]
    return pd.DataFrame(rows, columns=["x", "y", "area_code"])


def surface(points: pd.DataFrame) -> Density:
    return density_surface(points, study=STUDY, land=STUDY, bandwidth_m=1000, cell_m=100, months=12)


def test_three_towns_make_three_polygons_most_events_first() -> None:
    points = towns()
    made = surface(points)
    hot = hotspot_polygons(made, volume_share=0.95, points=points)
    assert hot.frame["events"].tolist() == [60, 30, 10]
    assert hot.frame["area_codes"].tolist() == ["A", "B", "C"]
    for shape, (x, y, _) in zip(hot.frame.geometry, TOWNS.values(), strict=True):
        assert shape.contains(Point(x, y))
    assert hot.frame["share"].tolist() == [0.6, 0.3, 0.1]
    assert hot.frame["volume_share"].sum() == pytest.approx(0.95, abs=0.005)
    assert hot.frame.crs.to_epsg() == 27700
    assert (hot.events, hot.share) == (100, 1)


def test_figures_of_a_polygon_are_its_own() -> None:
    """PAI = (events inside / events) / (km2 inside / km2), on the events that drew it."""
    points = towns()
    hot = hotspot_polygons(surface(points), volume_share=0.25, points=points)
    assert hot.frame["area_codes"].tolist() == ["A"]
    row = hot.frame.iloc[0]
    assert row["area_km2"] == pytest.approx(hot.frame.geometry.iloc[0].area / 1e6)
    assert row["pai_same_data"] == pytest.approx(0.6 / (row["area_km2"] / 200))
    assert hot.pai_same_data == pytest.approx(row["pai_same_data"])


def test_cells_that_only_touch_at_a_corner_are_two_polygons() -> None:
    """One polygon of both would touch itself."""
    points = pd.DataFrame(
        {
            "x": np.repeat([405_050.0, 405_050.0], 40),
            "y": np.repeat([95_050.0, 97_250.0], 40),
            "area_code": "A",
        }
    )
    hot = hotspot_polygons(surface(points), volume_share=0.9)
    assert len(hot.frame) == 2
    assert hot.frame.geometry.is_valid.all()
    assert hot.frame["area_codes"].tolist() == ["", ""]


def test_areas_of_a_polygon_are_listed_by_their_events() -> None:
    points = pd.DataFrame(
        {
            "x": 405_050.0,
            "y": 95_050.0,
            "area_code": ["B"] * 20 + ["A"] * 50 + [""] * 5 + ["C"] * 20,
        }
    )
    hot = hotspot_polygons(surface(points), points=points)
    assert hot.frame["area_codes"].tolist() == ["A; B; C"]


def test_rows_of_weight_zero_name_no_area() -> None:
    points = towns().assign(weight=1.0)
    nothing = points.iloc[[0]].assign(area_code="Z", weight=0.0)
    points = pd.concat([points, nothing], ignore_index=True)
    hot = hotspot_polygons(surface(points), volume_share=0.25, points=points)
    assert hot.frame["area_codes"].tolist() == ["A"]


def test_no_events_no_hot_spots() -> None:
    points = towns().iloc[:0]
    made = surface(points)
    hot = hotspot_polygons(made, points=points)
    assert len(hot.frame) == 0
    assert list(hot.frame.columns) == [
        "hotspot_id",
        "events",
        "share",
        "volume_share",
        "area_km2",
        "pai_same_data",
        "area_codes",
        "geometry",
    ]
    assert not hot.mask.any()
    assert density_share(points, hot, codes=["A"]).isna().tolist() == [True]


def test_density_share_is_the_part_of_an_area_inside() -> None:
    points = pd.concat(
        [
            towns(),
            # Ten more of A's events far from any hot spot, and one beyond the grid.
            pd.DataFrame({"x": 402_000.0 + 600 * np.arange(10), "y": 98_500.0, "area_code": "A"}),
            pd.DataFrame({"x": [500_000.0], "y": [95_000.0], "area_code": ["C"]}),
        ],
        ignore_index=True,
    )
    hot = hotspot_polygons(surface(points), volume_share=0.25)
    share = density_share(points, hot, codes=["C", "A", "none"])
    assert share.index.tolist() == ["C", "A", "none"]
    assert share["A"] == pytest.approx(60 / 70)
    assert share["C"] == 0
    assert np.isnan(share["none"])
    assert density_share(points, hot).index.tolist() == ["A", "B", "C"]


def test_density_share_counts_events_of_the_set_alone() -> None:
    points = towns().assign(weight=1.0)
    hot = hotspot_polygons(surface(points), volume_share=0.25)
    extra = pd.DataFrame({"x": 401_000.0, "y": 91_000.0, "area_code": ["A"] * 99, "weight": 0.0})
    both = pd.concat([points, extra], ignore_index=True)
    assert density_share(both, hot)["A"] == 1
    without_area = points.assign(area_code="")
    assert density_share(without_area, hot).empty


def test_smallest_set_takes_the_first_of_equal_cells() -> None:
    values = np.array([[1.0, 2.0], [2.0, np.nan]])
    assert smallest_set(values, 0.4).tolist() == [[False, True], [False, False]]
    assert smallest_set(values, 0.41).tolist() == [[False, True], [True, False]]
    assert smallest_set(values, 1.0).tolist() == [[True, True], [True, False]]


@pytest.mark.parametrize("share", [0.0, -0.1, 1.1, float("nan")])
def test_a_share_without_meaning_is_refused(share: float) -> None:
    with pytest.raises(StatisticsError, match="volume_share"):
        smallest_set(np.ones((2, 2)), share)


@pytest.mark.parametrize("value", [-1.0, np.inf])
def test_a_density_without_meaning_is_refused(value: float) -> None:
    with pytest.raises(StatisticsError, match="finite and 0 or more"):
        smallest_set(np.array([[1.0, value]]), 0.5)
