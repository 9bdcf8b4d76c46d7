"""The public density: what it shows, and that nothing of a few events can be worked out of it."""

from __future__ import annotations

import dataclasses
import itertools
from typing import Any

import numpy as np
import pandas as pd
import pytest
from shapely.geometry import MultiPolygon, Polygon, box

from spatial.errors import StatisticsError
from spatial.grid import cell_index
from spatial.public_density import (
    BLANK,
    OUTSIDE,
    PublicDensity,
    public_cells,
    public_density,
)

STUDY = box(400_000, 90_000, 406_000, 95_000)
SETTINGS: dict[str, Any] = {"study": STUDY, "months": 6}


def events(cells: dict[tuple[int, int], int], seed: int = 1) -> pd.DataFrame:
    """Put this many events somewhere into each 500 m cell (column, row) of the study area."""
    rng = np.random.default_rng(seed)
    x: list[float] = []
    y: list[float] = []
    for (column, row), count in cells.items():
        x += list(400_000 + 500 * column + rng.uniform(0, 500, count))
        y += list(90_000 + 500 * row + rng.uniform(0, 500, count))
    return pd.DataFrame({"x": x, "y": y})


def band_at(found: PublicDensity, column: int, row: int) -> int:
    at = cell_index([400_250 + 500 * column], [90_250 + 500 * row], found.grid)
    return int(found.band[at[0][0], at[1][0]])


def same(first: PublicDensity, second: PublicDensity) -> bool:
    """Equal in everything that would be published."""
    return all(
        np.array_equal(getattr(first, field.name), getattr(second, field.name))
        for field in dataclasses.fields(PublicDensity)
    ) and public_cells(first).equals(public_cells(second))


def bands_of_a_cell_alone() -> dict[int, int]:
    """The band that is published for each count of a cell that stands alone."""
    return {
        count: band_at(public_density(events({(6, 5): count}), **SETTINGS), 6, 5)
        for count in range(110)
    }


def test_an_even_density_is_one_band_up_to_the_coast_and_at_its_own_limit() -> None:
    """10 events a cell in 12 months are 40 per km2 per year, also where part of a cell is sea."""
    study = box(400_000, 90_000, 405_800, 95_000)
    count = {(c, r): 6 if c == 11 else 10 for c in range(12) for r in range(10)}
    points = events(count).assign(x=lambda at: np.minimum(at.x, 405_799.0))
    found = public_density(points, study=study, months=12, edges=[40.0, 60.0])
    assert {band_at(found, c, r) for c, r in count} == {2}
    assert found.labels == ("under 40", "40 to under 60", "60 or more")


def test_cells_of_under_five_are_blank_as_empty_ones_are() -> None:
    found = public_density(events({(2, 2): 4, (3, 3): 5, (5, 5): 60}), **SETTINGS)
    assert band_at(found, 2, 2) == BLANK
    assert band_at(found, 8, 8) == BLANK
    assert band_at(found, 3, 3) == 1
    assert band_at(found, 5, 5) > 1
    assert (found.band != OUTSIDE).sum() == 12 * 10


def test_no_count_of_one_to_four_can_be_worked_out() -> None:
    """Every count of 0 to 4, anywhere in its cell, beside cells that are shown: equal bytes.

    The cell in the middle has as many events as its band takes: with one more, or with the
    least of a neighbour smoothed into it, it would be in the next.
    """
    band = bands_of_a_cell_alone()
    most = max(count for count, found in band.items() if found == 1)
    assert band[most + 1] == 2
    beside = [(5, 5), (7, 5), (6, 4)]
    first = public_density(events({(6, 5): most}), **SETTINGS)
    for seed, counts in enumerate(itertools.product(range(5), repeat=len(beside))):
        extra = {cell: n for cell, n in zip(beside, counts, strict=True) if n}
        points = pd.concat([events({(6, 5): most}), events(extra, seed=seed + 2)])
        assert same(public_density(points, **SETTINGS), first)


def test_where_in_a_cell_events_stood_cannot_be_seen() -> None:
    once = public_density(events({(4, 4): 12, (5, 4): 7}, seed=1), **SETTINGS)
    again = public_density(events({(4, 4): 12, (5, 4): 7}, seed=99), **SETTINGS)
    assert same(once, again)


def test_weights_say_what_is_an_event_and_nothing_more() -> None:
    points = events({(4, 4): 12, (5, 4): 7})
    grave = points.assign(weight=[994.0] + [1.0] * 18)
    assert same(public_density(points, **SETTINGS), public_density(grave, **SETTINGS))
    none = points.assign(weight=[0.0] * 8 + [1.0] * 11)
    assert band_at(public_density(none, **SETTINGS), 4, 4) == BLANK


def test_a_band_is_never_narrower_than_the_fewest_events() -> None:
    """Each band takes in at least five counts, and so does what two releases tell of one month.

    A month that is added to a period shows in the two bands alone; whatever 1 to 4 events it
    brought, those bands would be the same for at least five other numbers.
    """
    band = bands_of_a_cell_alone()
    counts: dict[int, list[int]] = {}
    for count, found in band.items():
        counts.setdefault(found, []).append(count)
    assert len(counts) > 3
    assert all(len(found) >= 5 for found in counts.values() if 109 not in found)
    for before in range(60):
        for added in (1, 2, 3, 4):
            possible = {
                after - first
                for first in counts[band[before]]
                for after in counts[band[before + added]]
                if after >= first
            }
            assert len(possible) >= 5


def test_no_count_is_carried() -> None:
    names = {field.name for field in dataclasses.fields(PublicDensity)}
    assert not names & {"counts", "events", "events_inside", "values", "weighted_events"}
    assert list(public_cells(public_density(events({(4, 4): 12}), **SETTINGS)).columns) == [
        "band", "per_km2_per_year", "geometry",
    ]  # fmt: skip


def test_bands_hold_the_density_per_year() -> None:
    """Twelve events in every cell over six months: 96 per km2 per year, up to the edge."""
    everywhere = {(column, row): 12 for column in range(12) for row in range(10)}
    found = public_density(events(everywhere), edges=[95.0, 135.0], **SETTINGS)
    inside = found.band != OUTSIDE
    assert (found.band[inside] == 2).all()
    below = public_density(events(everywhere), edges=[97.0, 137.0], **SETTINGS)
    assert (below.band[inside] == 1).all()
    assert found.labels == ("under 95", "95 to under 135", "135 or more")
    assert found.edges == (0, 95, 135)


def test_default_bands_double_from_twice_the_fewest() -> None:
    found = public_density(events({(4, 4): 12}), **SETTINGS)
    five = 5 * 2 / 0.25
    assert found.edges == (0, 2 * five, 4 * five, 8 * five, 16 * five)


def test_cells_lie_on_whole_multiples_wherever_the_study_area_lies() -> None:
    odd = box(400_130, 90_270, 406_010, 95_060)
    found = public_density(events({(4, 4): 12}), study=odd, months=6)
    assert found.grid.x0 % 500 == 0
    assert found.grid.y0 % 500 == 0
    wide = public_density(events({(4, 4): 12}), study=odd, months=6, cell_m=1000)
    assert wide.grid.x0 % 1000 == 0


def test_events_outside_the_study_area_are_not_used() -> None:
    inner = box(400_000, 90_000, 403_000, 95_000)
    points = events({(4, 4): 12, (6, 4): 300})
    alone = public_density(events({(4, 4): 12}), study=inner, months=6)
    assert same(public_density(points, study=inner, months=6), alone)


def test_events_beyond_the_border_do_not_fill_a_cell_on_it() -> None:
    """Four within and three beyond the border of one cell stay four."""
    points = pd.DataFrame({"x": [403_100.0] * 4 + [403_400.0] * 3, "y": [92_250.0] * 7})
    cut = box(400_000, 90_000, 403_250, 95_000)
    found = public_density(points, study=cut, months=6)
    assert band_at(found, 6, 4) == BLANK
    assert band_at(public_density(points, **SETTINGS), 6, 4) == 1


def test_squares_carry_words() -> None:
    found = public_density(events({(4, 4): 12}), **SETTINGS)
    frame = public_cells(found)
    assert len(frame) == 120
    assert (frame.area == 250_000).all()
    blank = frame[frame["band"] == BLANK]
    assert set(blank["per_km2_per_year"]) == {"too few events to show, or none"}
    shown = frame[frame["band"] > 0]
    assert shown["per_km2_per_year"].tolist() == [found.labels[band_at(found, 4, 4) - 1]]
    assert np.array_equal(found.top_down, found.band[::-1])


def test_too_few_events_anywhere_is_said() -> None:
    for points in (events({(4, 4): 4, (5, 5): 3}), events({})):
        found = public_density(points.astype(float), **SETTINGS)
        assert (found.band[found.band != OUTSIDE] == BLANK).all()
        assert found.warnings == ("no cell of 500 m holds 5 events or more: nothing is shown",)


def test_all_events_on_one_point_show_one_cell() -> None:
    points = pd.DataFrame({"x": [402_250.0] * 70, "y": [92_250.0] * 70})
    found = public_density(points, **SETTINGS)
    assert (found.band[found.band != OUTSIDE] > 0).sum() == 1


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"cell_m": 400}, "public cells are 500 m or a multiple"),
        ({"cell_m": 750}, "public cells are 500 m or a multiple"),
        ({"cell_m": float("nan")}, "public cells are 500 m or a multiple"),
        ({"least": 4}, "shows 5 events or more, never fewer"),
        ({"bandwidth_m": 400}, "is under the public cell"),
        ({"bandwidth_m": 20_000}, "wider than the study area"),
        ({"months": 0}, "needs a covered month"),
        ({"edges": [79]}, "the first limit is 80 per km2 per year or more"),
        ({"edges": [80, 110]}, "each next one at least 40"),
        ({"edges": [200, 100]}, "from 200 to 100 is too narrow"),
        ({"edges": [80, np.inf]}, "must be finite"),
        ({"study": Polygon()}, "holds no polygon"),
        ({"study": MultiPolygon()}, "holds no polygon"),
    ],
)
def test_settings_that_would_disclose_or_mean_nothing_are_refused(
    changes: dict[str, Any], match: str
) -> None:
    with pytest.raises(StatisticsError, match=match):
        public_density(events({(4, 4): 12}), **{**SETTINGS, **changes})


def test_values_without_meaning_are_refused() -> None:
    points = events({(4, 4): 12})
    points.loc[2, "x"] = np.nan
    with pytest.raises(StatisticsError, match="x is nan at row 2"):
        public_density(points, **SETTINGS)
