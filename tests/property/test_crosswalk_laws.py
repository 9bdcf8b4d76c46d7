"""Laws of the change lookup: nothing is lost, nothing is made, order does not matter."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import Point, box

from spatial.boundaries import Areas
from spatial.crosswalk import Crosswalk


@st.composite
def lookups(draw: st.DrawFn) -> Crosswalk:
    """Make up unchanged, split and merged areas with codes of their own."""
    rows: list[tuple[str, str, str]] = []
    for number in range(draw(st.integers(1, 6))):
        kind = draw(st.sampled_from("USM"))
        size = 1 if kind == "U" else draw(st.integers(2, 4))
        for part in range(size):
            parent = f"A{number}" if kind in "US" else f"A{number}p{part}"
            child = f"B{number}" if kind in "UM" else f"B{number}c{part}"
            rows.append((parent, child, kind))
    frame = pd.DataFrame(rows, columns=["LSOA11CD", "LSOA21CD", "change"], dtype="str")
    return Crosswalk(frame)


@settings(max_examples=100, deadline=None)
@given(crosswalk=lookups(), data=st.data())
def test_sums_are_preserved_and_moving_is_linear(crosswalk: Crosswalk, data: st.DataObject) -> None:
    parents = sorted(crosswalk.codes_2011)
    children = sorted(crosswalk.codes_2021)
    counts = st.integers(0, 10_000)
    first = pd.Series({code: float(data.draw(counts)) for code in parents})
    second = pd.Series({code: float(data.draw(counts)) for code in parents})
    people = pd.Series({code: float(data.draw(counts)) for code in children})
    moved = crosswalk.to_2021_counts(first, people)
    assert moved.sum() == pytest.approx(first.sum())
    assert set(moved.index) == set(children)
    assert (moved >= 0).all()
    both = crosswalk.to_2021_counts(first + second, people)
    apart = moved + crosswalk.to_2021_counts(second, people)
    np.testing.assert_allclose(both, apart, atol=1e-6)
    shuffled = crosswalk.to_2021_counts(first.iloc[::-1], people.iloc[::-1])
    np.testing.assert_allclose(shuffled, moved, atol=1e-9)


@settings(max_examples=60, deadline=None)
@given(crosswalk=lookups(), data=st.data())
def test_a_row_never_fans_out_and_never_depends_on_the_others(
    crosswalk: Crosswalk, data: st.DataObject
) -> None:
    """Against the slow and obvious way: one row at a time, distance to each child."""
    children = sorted(crosswalk.codes_2021)
    shapes = [box(100 * n, 0, 100 * n + 100, 100) for n in range(len(children))]
    frame = gpd.GeoDataFrame(
        {"area_name": children},
        geometry=shapes,
        index=pd.Index(children, name="area_code"),
        crs="EPSG:27700",
    )
    codes = data.draw(
        st.lists(st.sampled_from([*sorted(crosswalk.codes_2011), "nowhere"]), max_size=20)
    )
    spots = st.floats(-50, 100.0 * len(children) + 50)
    x = np.array([data.draw(spots) for _ in codes])
    y = np.array([data.draw(st.floats(-50, 150)) for _ in codes])
    mapped, rule = crosswalk.to_2021_points(codes, x, y, Areas(frame, "2021"))
    assert mapped.shape == rule.shape == (len(codes),)
    for row, code in enumerate(codes):
        family = crosswalk.frame.loc[crosswalk.frame["LSOA11CD"] == code, "LSOA21CD"]
        if family.empty:
            assert (mapped[row], rule[row]) == ("", "unknown_area")
            continue
        distance = {
            child: Point(x[row], y[row]).distance(frame.geometry.loc[child]) for child in family
        }
        assert rule[row] == ""
        assert distance[mapped[row]] == min(distance.values())
