"""The scan of maps at the edge: one place, no people, equal rates, and what has no meaning."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from scan_case import country, planted, scanned
from spatial.errors import StatisticsError
from spatial.scan import scan


def test_all_events_on_one_area() -> None:
    fields = country(40, seed=4)
    fields[0][:] = 0
    fields[0][7] = 80
    first = scanned(fields).clusters[0]
    assert (first.codes, first.observed, first.radius_m) == (("E0007",), 80, 0.0)
    assert first.relative_risk == np.inf
    assert first.llr == pytest.approx(80 * math.log(80 / first.expected))
    assert first.p == 0.01
    assert len(scanned(fields).clusters) == 1


def test_one_event_is_no_cluster() -> None:
    """A house of one person with one event has a rate no town reaches."""
    events, population, x, y, codes = country(40, events=400, seed=6)
    events[3], population[3] = 1, 1
    x[3], y[3] = 200_000, 200_000
    fields = (events, population, x, y, codes)
    assert all(cluster.codes != ("E0003",) for cluster in scanned(fields).clusters)
    alone = scanned(fields, fewest_events=1)
    assert ("E0003",) in [cluster.codes for cluster in alone.clusters]


def test_areas_without_population_are_left_out_and_said() -> None:
    events, population, x, y, codes = country(42)
    population[[5, 9]] = 0.0, np.nan
    events[5] = 4
    result = scanned((events, population, x, y, codes))
    assert result.left_out == ("E0005", "E0009")
    assert result.events_left_out == 4 + events[9]
    assert (result.areas, result.events) == (40, events.sum() - result.events_left_out)
    inside = {code for cluster in result.clusters for code in cluster.codes}
    assert not inside & set(result.left_out)


def test_equal_rates_hold_no_cluster() -> None:
    _, _, x, y, codes = country(40)
    result = scanned((np.full(40, 5.0), np.full(40, 100.0), x, y, codes))
    assert (result.clusters, result.inference) == ((), "")


@pytest.mark.parametrize("direction", ["high", "low", "both"])
def test_rounding_is_no_cluster(direction: str) -> None:
    """Events in proportion to the population, in numbers whose shares are not exact."""
    _, _, x, y, codes = country(40)
    for seed in range(20):
        rng = np.random.default_rng(seed)
        people = rng.integers(1, 9, 40) * 100.0
        events = people / 100 * rng.integers(2, 5)
        result = scanned((events, people, x, y, codes), direction=direction, replications=1)
        assert result.clusters == ()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            "few areas",
            "29 areas with population, and at least 30 are needed. Take a wider study area.",
        ),
        (
            "few events",
            "49 events, and at least 50 are needed. Take a longer period or more offences.",
        ),
        ("no events", "0 events, and at least 50 are needed"),
        (
            "no population",
            "0 areas with population, and at least 30 are needed. Check the column of population.",
        ),
        (
            "one point",
            "no circle of areas holds at most 50% of the population. Take a larger share or",
        ),
    ],
)
def test_maps_that_cannot_be_scanned_say_why(change: str, words: str) -> None:
    events, population, x, y, codes = country(40)
    if change == "few areas":
        population[:11] = 0
    elif change == "few events":
        events[:] = 0
        events[0] = 49
    elif change == "no events":
        events[:] = 0
    elif change == "no population":
        population[:] = 0
    else:
        x[:], y[:] = 1.0, 2.0
    result = scanned((events, population, x, y, codes))
    assert result.clusters == ()
    assert words in result.inference
    assert np.isnan([result.critical_llr, result.critical_llr_01]).all()
    assert result.null.size == 0


def test_an_area_with_most_of_the_people_has_no_circle() -> None:
    events, population, x, y, codes = country(40)
    population[0] = 10 * population.sum()
    events[0] = 4_000
    listed = {
        c for found in scanned((events, population, x, y, codes)).clusters for c in found.codes
    }
    assert "E0000" not in listed


def test_points_at_one_place_enter_together() -> None:
    events, population, x, y, codes = country(40)
    x[1], y[1] = x[0], y[0]
    events[:] = 2
    events[[0, 1]] = 60
    assert set(scanned((events, population, x, y, codes)).clusters[0].codes) == {"E0000", "E0001"}


def test_expected_numbers_may_be_adjusted() -> None:
    """Where the high rate is what was expected, nothing stands out."""
    events, population, x, y, codes = planted()
    expected = events + 0.5
    plain = scan(events, population, x, y, codes=codes, replications=99)
    adjusted = scan(events, population, x, y, codes=codes, expected=expected, replications=99)
    assert plain.clusters[0].p == 0.01
    assert all(cluster.p > 0.5 for cluster in adjusted.clusters)


def test_expected_numbers_may_be_all_in_one_place() -> None:
    events, population, x, y, codes = country(40)
    expected = np.ones(40)
    expected[4] = 1e18
    result = scanned((events, population, x, y, codes), expected=expected, direction="both")
    assert all(np.isfinite(cluster.llr) and cluster.p == 0.01 for cluster in result.clusters)
    assert {cluster.direction for cluster in result.clusters} == {"high", "low"}


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("events", np.nan, "events: row 2 is nan; expected 0 or more"),
        ("events", -1.0, "events: row 2 is -1"),
        ("events", 1.5, r"events: row 2 \(area E0002\) is 1.5; expected a whole number"),
        ("population", np.inf, "population: row 2 is inf"),
        ("x", np.nan, r"x: row 2 \(area E0002\) is nan; expected metres; give every area a point"),
        ("y", np.inf, r"y: row 2 \(area E0002\) is inf"),
    ],
)
def test_values_without_a_meaning_are_refused(field: str, value: float, words: str) -> None:
    fields = country(40)
    column = fields[["events", "population", "x", "y"].index(field)]
    column[2] = value
    with pytest.raises(StatisticsError, match=words):
        scanned(fields)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"direction": "up"}, "direction: 'up' is not high, low or both"),
        ({"share": 0.6}, "share: 0.6 is not above 0 and at most .5"),
        ({"share": np.nan}, "share: nan"),
        ({"replications": 0}, "replications: 0 is below 1"),
        ({"years": 0.0}, "years: 0.0 is not a number above 0"),
        ({"per": np.inf}, "per: inf"),
        ({"phi": 0.9}, "phi: 0.9 is not a number of 1 or more"),
        ({"expected": np.zeros(40)}, "expected: row 0 .* above 0 where there is population"),
        ({"expected": np.ones(3)}, r"expected: shape \(3,\)"),
    ],
)
def test_settings_without_a_meaning_are_refused(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(StatisticsError, match=words):
        scanned(country(40), **settings)


def test_codes_must_fit_and_differ() -> None:
    events, population, x, y, codes = country(40)
    with pytest.raises(StatisticsError, match="codes: shape"):
        scan(events, population, x, y, codes=codes[1:])
    with pytest.raises(StatisticsError, match="codes: area E0001 is given twice"):
        scan(events, population, x, y, codes=["E0001", *codes[1:]])
    with pytest.raises(StatisticsError, match="x: shape"):
        scan(events, population, x[1:], y, codes=codes)
