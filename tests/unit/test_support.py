"""Larger areas, hexagons and their overlap: planted truths, conserved sums, plain refusals."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from shapely.geometry import box

from spatial.errors import StatisticsError
from spatial.support import (
    area_support,
    hexagon_support,
    larger_area_names,
    larger_area_support,
)
from spatial.support_check import compare_supports
from spatial.support_flags import Flags, high_high, top_by_rate
from square_areas import SIZE, county, graph, lattice, scattered, supports

# ---- supports ---------------------------------------------------------------------------------


def test_events_are_conserved_by_every_support() -> None:
    areas, events = county()
    base, hexagons = supports(areas, events)
    larger = larger_area_support(base, pd.Series([c[:3] for c in areas.index], areas.index))
    for support in (base, hexagons, larger):
        assert support.events.sum() + support.unplaced == len(events)
        assert support.unplaced == 0
        assert support.population.sum() == pytest.approx(64 * 2000)
        assert support.area_km2.sum() == pytest.approx(64)


def test_an_event_off_the_land_of_its_area_is_left_out_and_said() -> None:
    areas = lattice(3, 3)
    events = scattered(areas, {"A0101": 10})
    events.loc[0, "x"] = 450_000.0
    base, hexagons = supports(areas, events)
    assert (base.unplaced, hexagons.unplaced) == (0, 1)
    assert hexagons.notes[-1] == (
        "hexagons of 500 m: 1 events lie on no unit with land and are left out"
    )


def test_events_without_an_area_of_the_study_area_are_in_no_support() -> None:
    areas = lattice(3, 3)
    events = scattered(areas, {"A0101": 10})
    events.loc[:3, "area_code"] = ["", "ring", "A0101", "A0101"]
    base, hexagons = supports(areas, events)
    assert (base.unplaced, hexagons.unplaced) == (2, 2)


def test_larger_areas_sum_their_areas_and_inherit_their_borders() -> None:
    areas, events = county()
    base, _ = supports(areas, events)
    block = pd.Series(
        [f"{int(c[1:3]) // 4}{int(c[3:]) // 4}" for c in areas.index], index=areas.index
    )
    larger = larger_area_support(base, block, name="blocks")
    assert larger.codes == ("00", "01", "10", "11")
    assert (
        larger.events.tolist() == events.groupby(block[events.area_code].to_numpy()).size().tolist()
    )
    assert larger.neighbours.links == 12  # queen: each of four touches the other three
    assert larger.geometry["01"].equals(box(404_000, 90_000, 408_000, 94_000))


def test_a_larger_area_is_the_name_less_its_last_letter() -> None:
    names = pd.Series({"1": "Dorset 045A", "2": "Dorset 045B", "3": "St. Albans 001AB"})
    assert larger_area_names(names).tolist() == ["Dorset 045", "Dorset 045", "St. Albans 001"]
    with pytest.raises(StatisticsError, match="first E9: 'Harbour'"):
        larger_area_names(pd.Series({"E8": "Dorset 045A", "E9": "Harbour"}))


# ---- flags and overlap ------------------------------------------------------------------------


def fixed(masks: dict[str, list[bool]]) -> dict[str, np.ndarray]:
    return {name: np.array(mask) for name, mask in masks.items()}


def test_jaccard_by_hand() -> None:
    """The third and fourth area flagged, and the pair of second and third: 1 of 3 km2, 5 of 11."""
    areas = lattice(4, 1)
    events = scattered(areas, {"A0000": 1, "A0001": 4, "A0002": 5, "A0003": 2})
    base, _ = supports(areas, events)
    pairs = larger_area_support(base, pd.Series(["p", "q", "q", "r"], areas.index), name="pairs")
    check = compare_supports(
        base,
        [pairs],
        fixed({"areas": [False, False, True, True], "pairs": [False, True, False]}),
    )
    assert len(check.overlaps) == 1
    assert check.overlaps[0].jaccard_area == pytest.approx(1 / 3)
    assert check.overlaps[0].jaccard_events == pytest.approx(5 / 11)
    assert check.held_up.index.tolist() == ["A0002", "A0003"]
    assert check.held_up["events"].tolist() == [5, 2]
    assert check.held_up["pairs_area_share"].tolist() == pytest.approx([1, 0])
    assert check.held_up["pairs_event_share"].tolist() == [1, 0]
    assert check.summary.loc["areas", "flagged_event_share"] == pytest.approx(7 / 12)
    assert check.summary.loc["pairs", "flagged_km2"] == pytest.approx(2)


def test_overlap_of_less_than_a_unit_is_a_share_too() -> None:
    """Areas of .01 km2, of which one is flagged, with its one event: all of it, or none."""
    areas = lattice(4, 1, size=100.0)
    events = scattered(areas, {"A0000": 1, "A0001": 4})
    base, _ = supports(areas, events, across_m=50.0)
    same = larger_area_support(base, pd.Series(list("pqrs"), areas.index), name="same")
    for flagged, shared in (([True, False, False, False], 1.0), ([False, False, True, False], 0.0)):
        check = compare_supports(
            base, [same], fixed({"areas": [True, False, False, False], "same": flagged})
        )
        assert check.overlaps[0].jaccard_area == pytest.approx(shared)
        assert check.overlaps[0].jaccard_events == pytest.approx(shared)
        assert check.summary.loc["areas", "flagged_km2"] == pytest.approx(0.01)
        assert check.summary.loc["areas", "flagged_area_share"] == pytest.approx(0.25)
        assert check.summary.loc["areas", "flagged_event_share"] == pytest.approx(0.2)


def test_a_planted_place_holds_up_on_every_support() -> None:
    areas, events = county()
    base, hexagons = supports(areas, events)
    check = compare_supports(base, [hexagons], high_high(seed=3))
    assert set(check.held_up.index) >= {"A0303"}
    assert check.held_up.loc["A0303", "hexagons of 500 m_event_share"] > 0.9
    assert check.overlaps[0].jaccard_events > 0.6
    again = compare_supports(base, [hexagons], high_high(seed=3))
    assert again.held_up.equals(check.held_up)


def test_a_corner_that_four_areas_share_is_found_out() -> None:
    """60 events on 200 m around a corner: one hexagon's place, a quarter each of four areas."""
    areas = lattice(6, 6)
    rng = np.random.default_rng(7)
    spot = rng.uniform([402_900, 92_900], [403_100, 93_100], (60, 2))
    code = [f"A{int((y - 90_000) // SIZE):02d}{int((x - 400_000) // SIZE):02d}" for x, y in spot]
    events = pd.concat(
        [
            scattered(areas, dict.fromkeys(areas.index, 3)),
            pd.DataFrame({"x": spot[:, 0], "y": spot[:, 1], "area_code": code}),
        ],
        ignore_index=True,
    )
    base, hexagons = supports(areas, events)
    check = compare_supports(base, [hexagons], top_by_rate(k=4))
    assert set(check.held_up.index) == {"A0202", "A0203", "A0302", "A0303"}
    assert check.summary.loc["hexagons of 500 m", "flagged_km2"] < 1
    assert check.overlaps[0].jaccard_area < 0.3
    assert check.overlaps[0].jaccard_events > 0.7


def test_top_by_rate_takes_the_same_share_of_people_on_each_support() -> None:
    areas, events = county()
    base, hexagons = supports(areas, events)
    rule = top_by_rate(population_share=0.1)
    for support in (base, hexagons):
        mask = rule(support).mask
        share = support.population[mask].sum() / support.population.sum()
        assert 0.1 <= share < 0.1 + support.population.max() / support.population.sum()
        rate = support.events / support.population
        known = support.population >= 100
        # Shrinking keeps the order among equal populations.
        if support is base:
            assert rate[mask].min() >= rate[known & ~mask].max()


def test_units_without_events_are_never_among_the_top() -> None:
    areas = lattice(4, 4)
    events = scattered(areas, {"A0101": 30, "A0202": 6})
    base, _ = supports(areas, events)
    found = top_by_rate(k=10)(base)
    assert set(np.array(base.codes)[found.mask]) == {"A0101", "A0202"}


def test_flags_by_p_are_more_than_flags_by_q() -> None:
    areas, events = county()
    base, _ = supports(areas, events)
    by_q, by_p = (high_high(alpha=0.3, corrected=way, seed=3)(base).mask for way in (True, False))
    assert (by_q <= by_p).all()
    assert by_q.sum() < by_p.sum()


def test_units_of_few_people_are_not_tested() -> None:
    areas, events = county()
    base, hexagons = supports(areas, events, people=300.0)
    found = high_high()(hexagons)
    assert not found.mask.any()
    assert found.reason == "no unit has 100 people or more"
    assert top_by_rate(k=3)(hexagons).reason == "no unit with 100 people or more has events"
    check = compare_supports(base, [hexagons], high_high())
    assert check.summary["tested"].tolist() == [64, 0]
    assert np.isnan(check.overlaps[0].jaccard_area)  # 0 would say that both were tested
    assert high_high(least_people=1)(hexagons).mask.any()


def test_unknown_people_leave_their_units_out() -> None:
    areas, events = county()
    people = np.full(64, 2000.0)
    people[0] = np.nan
    base = area_support(areas, people, events["area_code"], graph(areas))
    hexagons = hexagon_support(base, events["x"], events["y"])
    assert np.isnan(hexagons.population).sum() > 3
    found = high_high()(base)
    assert found.tested is not None
    assert not found.tested[0]
    assert found.mask.any()


def test_zero_people_everywhere_flags_nothing_and_says_why() -> None:
    areas, events = county()
    base, hexagons = supports(areas, events, people=0.0)
    check = compare_supports(base, [hexagons], high_high())
    assert check.summary["flagged"].sum() == 0
    assert check.summary["reason"].str.contains("no unit has 100 people").all()
    assert np.isnan(check.overlaps[0].jaccard_area)
    assert np.isnan(check.overlaps[0].jaccard_events)
    assert check.held_up.empty


def test_few_areas_or_events_switch_the_test_off() -> None:
    small = lattice(4, 4)
    events = scattered(small, {code: 10 + k for k, code in enumerate(small.index)})
    base, _ = supports(small, events)
    assert "30" in high_high()(base).reason
    areas = lattice(8, 8)
    few, _ = supports(areas, scattered(areas, {"A0101": 40}))
    assert "50" in high_high()(few).reason


def test_equal_rates_flag_nothing() -> None:
    areas = lattice(6, 6)
    base, _ = supports(areas, scattered(areas, dict.fromkeys(areas.index, 10)))
    assert top_by_rate(k=5)(base).reason == "rates differ by no more than chance"
    assert not high_high()(base).mask.any()


def test_all_events_on_one_point_are_one_hexagon() -> None:
    areas = lattice(6, 6)
    events = pd.DataFrame({"x": [403_300.0] * 80, "y": [93_300.0] * 80, "area_code": "A0303"})
    base, hexagons = supports(areas, events)
    assert (hexagons.events > 0).sum() == 1
    check = compare_supports(base, [hexagons], top_by_rate(k=1))
    assert check.overlaps[0].jaccard_events == 1


@pytest.mark.parametrize(
    ("settings", "match"),
    [
        ({}, "give one of the two"),
        ({"k": 3, "population_share": 0.1}, "give one of the two"),
        ({"k": 0}, "k 0 is below 1"),
        ({"population_share": 1.0}, "is not between 0 and 1"),
    ],
)
def test_rules_without_meaning_are_refused(settings: dict[str, Any], match: str) -> None:
    with pytest.raises(StatisticsError, match=match):
        top_by_rate(**settings)


def test_inputs_without_meaning_are_refused() -> None:
    areas, events = county()
    base, hexagons = supports(areas, events)
    with pytest.raises(StatisticsError, match="x is nan at row 0"):
        hexagon_support(base, np.full(len(events), np.nan), events["y"])
    with pytest.raises(StatisticsError, match="expected one value for each of the"):
        hexagon_support(base, events["x"][:5], events["y"])
    with pytest.raises(StatisticsError, match=r"population: row 0 is -1"):
        area_support(areas, np.full(64, -1.0), events["area_code"], graph(areas))
    with pytest.raises(StatisticsError, match="expected one value an area"):
        area_support(areas, [1.0], events["area_code"], graph(areas))
    with pytest.raises(StatisticsError, match="same sorted codes"):
        area_support(areas.iloc[::-1], np.ones(64), events["area_code"], graph(areas))
    with pytest.raises(StatisticsError, match="63 areas have no larger area"):
        larger_area_support(base, pd.Series({"A0000": "x"}))
    with pytest.raises(StatisticsError, match="must have different names"):
        compare_supports(base, [base], high_high())
    with pytest.raises(StatisticsError, match="no mask for 'hexagons of 500 m'"):
        compare_supports(base, [hexagons], {"areas": np.zeros(64, bool)})
    with pytest.raises(StatisticsError, match="mask of 'areas' has the shape"):
        compare_supports(base, [], {"areas": np.zeros(3, bool)})
    other = area_support(areas, np.ones(64), events["area_code"][:9], graph(areas), name="other")
    with pytest.raises(StatisticsError, match="from the same events"):
        compare_supports(base, [other], lambda s: Flags(np.zeros(len(s.codes), bool)))
    with pytest.raises(StatisticsError, match="least_people 0 must be above 0"):
        high_high(least_people=0)(base)
