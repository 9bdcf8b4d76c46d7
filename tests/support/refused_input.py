"""What every kernel refuses: each row of the documented table, and what is said."""

from __future__ import annotations

from collections.abc import Callable

import geopandas as gpd
import numpy as np
from shapely.geometry import box

from bad_input import (
    ANY,
    EVENTS,
    GRAPH,
    LAND,
    NEAR,
    PEOPLE,
    changed,
    monthly,
    points,
    rates,
    refused,
    scanned,
    surfaces,
)
from spatial.bivariate import bivariate_moran
from spatial.concentration import coverage, gini
from spatial.contiguity import contiguity
from spatial.distance_weights import weighted_local_moran
from spatial.getis import local_g
from spatial.moran import local_moran
from spatial.public_density import public_density


def not_finite_values() -> str:
    said = []
    for bad in (np.nan, np.inf, -np.inf):
        values = changed(ANY, r3=bad)
        said.append(
            refused(
                lambda v=values: local_moran(v, GRAPH),
                lambda v=values: local_g(v, GRAPH),
                lambda v=values: bivariate_moran(ANY, v, GRAPH),
                lambda v=values: bivariate_moran(v, ANY, GRAPH),
                lambda v=values: weighted_local_moran(v, NEAR),
            )
        )
        assert said[-1].count("row 3 (area E003)") == 5
    return " | ".join(said)


def not_finite_events() -> str:
    said = []
    for bad in (np.nan, np.inf, -1.0):
        events = changed(EVENTS, r3=bad)
        said.append(refused(*rates(events), lambda e=events: scanned(e)))
        said.append(refused(lambda e=events: gini(e, seed=np.random.SeedSequence(0))))
        said.append(refused(lambda e=events: coverage(ANY, e, PEOPLE)))
        assert all("row 3 is" in words for words in said)
    return " | ".join(said)


def not_finite_months() -> str:
    return refused(*(lambda b=b: monthly(changed(EVENTS, r3=b)) for b in (np.nan, np.inf, -1.0)))


def not_finite_points() -> str:
    said = []
    for bad in (np.nan, np.inf):
        frame = points()
        frame.loc[3, "x"] = bad
        said.append(refused(*surfaces(frame)))
        assert said[-1].count("at row 3 (1 such rows)") == 4
    return " | ".join(said)


def narrow_bandwidth() -> str:
    said = refused(*surfaces(points(), cell_m=300, bandwidth_m=1000)[:3])
    assert said.count("use cells of 200 m or less, or a bandwidth of 1500 m or more") == 3
    return said


def narrow_public() -> str:
    return refused(lambda: public_density(points(), study=LAND, months=6, bandwidth_m=400))


def wide_bandwidth() -> str:
    said = refused(*surfaces(points(), bandwidth_m=9000))
    assert said.count("use a bandwidth of 1,600 m or less") == 4
    return said


def no_polygon() -> str:
    said = refused(*surfaces(points(), study=gpd.GeoSeries([])))
    assert said.count("the study area holds no polygon") == 4
    return said


def no_land() -> str:
    """None of it, or degrees where metres are wanted: every border would be taken for a coast."""
    said = []
    for land in (gpd.GeoSeries([]), box(-2.5, 50.6, -1.9, 50.9), box(700_000, 0, 701_000, 1_000)):
        drawn = surfaces(points(), land=land)[:2]
        said.append(refused(*drawn))
        for call in surfaces(points(), land=land, edge="none")[:2]:
            assert call().highest > 0
    assert "land holds no polygon (the window is 399,000 to 409,000 east" in said[0]
    assert "land holds 1 polygon, but not there" in said[1]
    # An island has no land around it, and says so.
    alone, whole = (surfaces(points(), land=land)[0]() for land in (None, LAND))
    np.testing.assert_array_equal(alone.values, whole.values)
    return " | ".join(said)


def no_cell() -> str:
    """A strip between two rows of centres."""
    strip = box(400_000, 90_060, 408_000, 90_090)
    return refused(*surfaces(points(), study=strip)[:2])


def repeated_codes() -> str:
    areas = gpd.GeoDataFrame(geometry=[LAND, LAND], index=["E1", "E1"], crs="EPSG:27700")
    return refused(lambda: contiguity(areas))


REFUSED: dict[tuple[str, str], Callable[[], str]] = {
    ("NaN, infinite", "values: Moran, Gi*, bivariate"): not_finite_values,
    ("NaN, infinite, negative", "counts: rates, scan, Gini, coverage"): not_finite_events,
    ("NaN, infinite, negative", "counts by month"): not_finite_months,
    ("NaN, infinite", "points: every density"): not_finite_points,
    ("one code twice", "neighbours"): repeated_codes,
    ("bandwidth under five cells", "densities"): narrow_bandwidth,
    ("bandwidth under the public cell", "public density"): narrow_public,
    ("bandwidth wider than the area", "every density"): wide_bandwidth,
    ("no polygon", "every density"): no_polygon,
    ("no cell of land", "densities"): no_cell,
    ("no land in the window", "densities"): no_land,
}
