"""Monthly hot spots: each pattern by hand, the trend against scipy, gaps, the whole step."""

from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np
import pytest
from scipy import stats

from graphs import lattice
from spatial.errors import StatisticsError
from spatial.getis import local_g
from spatial.moran import assuncao_reis
from spatial.sequences import (
    FEWEST_MONTHS,
    KINDS,
    PATTERNS,
    classify_sequences,
    final_run,
    mann_kendall,
)
from spatial.space_time import space_time
from spatial.weights import Neighbours

SIGN = {"H": 2.0, "C": -1.0, ".": 0.0, " ": np.nan}
MIRROR = str.maketrans("HC", "CH")


def bins_of(*sequences: str) -> np.ndarray:
    """H hot, C cold, a point neither, a space not tested."""
    return np.array([[SIGN[month] for month in sequence] for sequence in sequences])


def pattern_of(sequence: str, trend: int = 0, *, missing: tuple[int, ...] = ()) -> str:
    """Classify one sequence; before the months in `missing` the calendar leaps."""
    follows = np.array([t > 0 and t not in missing for t in range(len(sequence))])
    return str(classify_sequences(bins_of(sequence), follows, np.array([trend]))[0])


BY_HAND = [
    ("...........H", 0, "New"),
    ("CC...C.....H", 0, "New"),  # never hot before; the definition does not ask about cold
    ("..........HH", 0, "Consecutive"),
    (".C........HH", 1, "Consecutive"),
    ("..HHHHHHHHHH", 0, "Consecutive"),  # 10 of 12 is under 90 %
    (".HHHHHHHHHHH", 1, "Intensifying"),  # 11 of 12: over 90 %, so no longer consecutive
    ("HHHHHHHHHHHH", 1, "Intensifying"),
    ("HHHHHCHHHHHH", 1, "Intensifying"),
    ("HHHHHHHHHHHH", 0, "Persistent"),
    ("HH.HHHHHHHHH", 0, "Persistent"),
    ("HHHHHHHHHHHH", -1, "Diminishing"),
    ("H...H......H", 0, "Sporadic"),
    ("H.........HH", 1, "Sporadic"),
    ("HHHHH.HHHH.H", -1, "Sporadic"),  # 10 of 12
    ("H...C......H", 0, "Oscillating"),
    ("C.H.......HH", 0, "Oscillating"),
    ("HHHHH.HHHHCH", 0, "Oscillating"),
    ("HHHHHHHHHHH.", 0, "Historical"),
    ("HHHHHHHHHHH.", -1, "Historical"),
    ("HHHHHHHHHHHHHHHHHH..", 0, "Historical"),  # 18 of 20 is exactly 90 %
]


@pytest.mark.parametrize(("sequence", "trend", "kind"), BY_HAND)
def test_each_pattern_hot_and_cold(sequence: str, trend: int, kind: str) -> None:
    assert pattern_of(sequence, trend) == f"{kind} hot spot"
    assert pattern_of(sequence.translate(MIRROR), -trend) == f"{kind} cold spot"


@pytest.mark.parametrize(
    "sequence",
    ["............", "H...........", "..HHHHHHHH..", "HHHHHHHHHH..", "CCCCCHHHHH.."],
)
def test_what_has_no_pattern(sequence: str) -> None:
    """Hot on and off, but not at the end and not in 90 % of the months."""
    assert pattern_of(sequence) == "No pattern"
    assert pattern_of(sequence.translate(MIRROR)) == "No pattern"


def test_hot_and_cold_months_never_add_up() -> None:
    """A known fault elsewhere: 6 hot and 6 cold months are not 12 of 12."""
    for trend in (1, -1, 0):
        assert pattern_of("HCHCHCHCHCHC", trend) == "Oscillating cold spot"
        assert pattern_of("CHCHCHCHCHCH", trend) == "Oscillating hot spot"
        assert pattern_of("CCCCCCCCCCCH", trend) == "New hot spot"
        assert pattern_of("HHHHHHHHHHHC", trend) == "New cold spot"


def test_fewer_than_twelve_months_are_not_classified() -> None:
    assert FEWEST_MONTHS == 12
    assert pattern_of("HHHHHHHHHHH") == "Not classified"
    assert pattern_of("HHHHHHHHHHHH") == "Persistent hot spot"
    assert pattern_of("HHHHHH HHHHH") == "Not classified"
    assert pattern_of("HHHHHH HHHHHH") == "Persistent hot spot"
    assert pattern_of(" " * 24) == "Not classified"
    assert pattern_of("") == "Not classified"


def test_a_gap_breaks_a_run_and_leaves_the_share() -> None:
    assert pattern_of("...........HH") == "Consecutive hot spot"
    assert pattern_of("...........H H") == "Sporadic hot spot"
    assert pattern_of("..........H HH") == "Sporadic hot spot"
    assert pattern_of("........... HH") == "Consecutive hot spot"
    # A month that is missing from the list breaks a run like one that is not covered.
    assert pattern_of("...........HH", missing=(12,)) == "Sporadic hot spot"
    assert pattern_of("...........HH", missing=(11,)) == "Consecutive hot spot"
    # 19 of the 20 months with a test; 19 of 24 would be under 90 %.
    assert pattern_of("HHHHHHH.HHHHHHHHHHHH    ") == "Persistent hot spot"
    # The final month is the last one with a test.
    assert pattern_of("...........H  ") == "New hot spot"
    assert pattern_of("HHHHHHHHHHH.  ") == "Historical hot spot"


def test_all_patterns_have_a_name_and_rows_do_not_touch_each_other() -> None:
    sequences = [sequence for sequence, _, _ in BY_HAND if len(sequence) == 12]
    trend = np.array([trend for sequence, trend, _ in BY_HAND if len(sequence) == 12])
    follows = np.arange(12) > 0
    together = classify_sequences(bins_of(*sequences), follows, trend)
    assert set(together) == {f"{kind} hot spot" for kind in KINDS}
    assert set(together) < set(PATTERNS)
    assert [pattern_of(s, int(t)) for s, t in zip(sequences, trend, strict=True)] == list(together)


@pytest.mark.parametrize(
    ("sequence", "run"),
    [("..HH", 2), ("HHH.", 0), ("HHHH", 4), ("H HH", 2), ("HH H", 1), ("HH  ", 2), ("    ", 0)],
)
def test_the_final_run(sequence: str, run: int) -> None:
    bins = bins_of(sequence)
    assert final_run(bins > 0, ~np.isnan(bins), np.arange(4) > 0).tolist() == [run]
    assert final_run(bins < 0, ~np.isnan(bins), np.arange(4) > 0).tolist() == [0]


def slow_mann_kendall(values: list[float]) -> tuple[int, Fraction]:
    """Oracle: S and its variance with ties, pair by pair and group by group."""
    n = len(values)
    s = sum((b > a) - (b < a) for a, b in itertools.combinations(values, 2))
    groups = [values.count(value) for value in sorted(set(values))]
    ties = sum(t * (t - 1) * (2 * t + 5) for t in groups)
    return s, Fraction(n * (n - 1) * (2 * n + 5) - ties, 18)


def test_mann_kendall_is_its_definition_with_ties_and_gaps() -> None:
    rng = np.random.default_rng(1)
    series = rng.poisson(2.0, (40, 17)).astype(float)
    series[rng.random((40, 17)) < 0.2] = np.nan
    series[0], series[1], series[2] = 3.0, np.nan, np.arange(17)
    series[3, 1:] = np.nan
    series[3, 0] = 1.0
    found = mann_kendall(series)
    for i, row in enumerate(series):
        values = row[~np.isnan(row)].tolist()
        if len(values) < 2:
            assert np.isnan([column[i] for column in found]).all()
            continue
        s, variance = slow_mann_kendall(values)
        assert found.s[i] == s
        z = 0.0 if variance == 0 else (s - np.sign(s)) / float(variance) ** 0.5
        assert found.z[i] == pytest.approx(z, rel=1e-12)
        assert found.p[i] == pytest.approx(min(1.0, 2 * stats.norm.sf(abs(z))), rel=1e-12)
    assert (found.p[0], found.tau[0]) == (1.0, 0.0)
    assert found.tau[2] == 1.0


def test_mann_kendall_is_kendalls_tau_of_value_and_time() -> None:
    """scipy's asymptotic p has no continuity correction: undone here to compare the variance."""
    series = np.random.default_rng(4).poisson(3.0, (30, 24)).astype(float)
    found = mann_kendall(series)
    for i, row in enumerate(series):
        peer = stats.kendalltau(np.arange(24), row, method="asymptotic")
        assert found.tau[i] == pytest.approx(peer.statistic, rel=1e-12, abs=1e-15)
        if abs(found.s[i]) > 1:
            uncorrected = found.z[i] * abs(found.s[i]) / (abs(found.s[i]) - 1)
            assert 2 * stats.norm.sf(abs(uncorrected)) == pytest.approx(peer.pvalue, rel=1e-10)


def test_mann_kendall_has_the_size_it_promises() -> None:
    p = mann_kendall(np.random.default_rng(2).normal(size=(4_000, 12))).p
    assert 0.08 <= (p <= 0.1).mean() <= 0.11


GRAPH = lattice(8, 8)
MONTHS = [f"{2023 + t // 12}-{t % 12 + 1:02d}" for t in range(16)]
FEW = {"permutations": 2_999}


def planted(risk: np.ndarray, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Events of 16 months with a relative risk by month in the 4 x 4 corner."""
    rng = np.random.default_rng(seed)
    population = rng.uniform(800, 2_000, 64)
    rate = np.full((8, 8, 16), 0.01)
    rate[:4, :4] *= risk
    return rng.poisson(population[:, None] * rate.reshape(64, 16)), population


def middle(of: np.ndarray) -> set[str]:
    """The inner 2 x 2 of the planted corner."""
    return set(of.reshape(8, 8)[1:3, 1:3].ravel().tolist())


def test_a_lasting_corner_is_persistent_and_far_areas_have_no_pattern() -> None:
    events, population = planted(np.full(16, 6.0))
    found = space_time(events, population, GRAPH, MONTHS, **FEW)
    assert middle(found.pattern) <= {
        "Persistent hot spot", "Intensifying hot spot", "Diminishing hot spot",
    }  # fmt: skip
    assert middle(found.hot_share) == {1.0}
    assert middle(found.run) == {16}
    far = found.pattern.reshape(8, 8)[6:, 6:]
    assert not {label for label in far.ravel() if "hot" in label}
    assert set(found.month_inference) == {""}
    assert set(found.last_month) == {"2024-04"}
    assert set(found.tested_months) == set(found.covered_months) == {16}
    assert set(found.reason) == {""}


@pytest.mark.parametrize(
    ("risk", "kind"),
    [
        (np.r_[np.ones(15), 8.0], "New"),
        (np.r_[np.ones(11), np.full(5, 8.0)], "Consecutive"),
        (np.linspace(1.8, 4.0, 16), "Intensifying"),
        (np.linspace(4.0, 1.8, 16), "Diminishing"),
        (np.r_[np.full(5, 8.0), np.ones(5), np.full(6, 8.0)], "Sporadic"),
        (np.r_[np.full(15, 8.0), 1.0], "Historical"),
    ],
)
def test_a_planted_course_has_its_name(risk: np.ndarray, kind: str) -> None:
    events, population = planted(risk)
    found = space_time(events, population, GRAPH, MONTHS, **FEW)
    named = found.pattern.reshape(8, 8)[1:3, 1:3].ravel().tolist()
    assert named.count(f"{kind} hot spot") >= 3


def test_a_trend_needs_significance_and_a_cold_corner_runs_below_zero() -> None:
    events, population = planted(np.linspace(4.0, 1.8, 16))
    strict = space_time(events, population, GRAPH, MONTHS, alpha=1e-6, **FEW)
    assert middle(strict.pattern) == {"Persistent hot spot"}
    events, population = planted(np.full(16, 0.05))
    cold = space_time(events, population, GRAPH, MONTHS, **FEW)
    assert middle(cold.run) == {-16}
    assert middle(cold.cold_share) == {1.0}
    assert middle(cold.hot_share) == {0.0}
    assert all(name.endswith("cold spot") for name in middle(cold.pattern))


def test_the_ring_does_not_make_a_month_testable() -> None:
    events, population = planted(np.ones(16))
    events[:32] = 0
    events[0] = 49
    found = space_time(events, population, GRAPH, MONTHS, report=np.arange(64) < 32, **FEW)
    assert all("49 events, and at least 50" in why for why in found.month_inference)


def test_each_month_is_local_g_of_its_assuncao_reis_rates() -> None:
    events, population = planted(np.full(16, 4.0))
    report = np.arange(64) < 50
    found = space_time(events, population, GRAPH, MONTHS, report=report, seed=9, **FEW)
    for t in (0, 7):
        y = assuncao_reis(events[:, t], population)
        alone = local_g(
            y, GRAPH, report=report, seed=9, seeds_checked=0, events=events[report, t].sum(), **FEW
        )
        np.testing.assert_array_equal(found.bin[:, t], alone.bin)
        np.testing.assert_array_equal(found.z[report, t], alone.z[report])
    assert set(found.pattern[50:]) == {"Not classified"}
    assert set(found.reason[50:]) == {"Outside the study area."}
    assert np.isnan(found.trend_p[50:]).all()
    assert np.isnan(found.hot_share[50:]).all()
    trend = mann_kendall(found.z)
    np.testing.assert_array_equal(found.trend_p[:50], trend.p[:50])


def test_months_without_data_are_gaps_and_never_zero() -> None:
    """The numbers in a month that is not covered are not read; other areas go on without them."""
    events, population = planted(np.full(16, 6.0))
    covered = np.ones((64, 16), dtype=bool)
    covered[:, 14] = False
    covered[32:, 3] = False  # one of two forces; the other has 32 areas left
    wild = events.astype(float)
    wild[~covered] = np.nan
    found = space_time(wild, population, GRAPH, MONTHS, covered=covered, **FEW)
    assert np.isnan(found.bin[~covered]).all()
    assert not np.isnan(found.bin[covered]).any()
    assert found.month_inference[14] == "Not tested: the month is not covered. Supply its file."
    assert found.month_inference[3] == ""
    assert middle(found.run) == {1}  # the gap before the last month breaks the run
    assert middle(found.hot_share) == {1.0}
    np.testing.assert_array_equal(found.tested_months, np.where(np.arange(64) < 32, 15, 14))
    half = GRAPH.subset(GRAPH.codes[:32])
    alone = local_g(assuncao_reis(events[:32, 3], population[:32]), half, seeds_checked=0, **FEW)
    np.testing.assert_array_equal(found.bin[:32, 3], alone.bin)


def test_shares_and_the_last_month_are_of_the_months_with_a_test() -> None:
    """Areas of the last row have data in the first month alone, those above up to the tenth."""
    events, population = planted(np.r_[np.full(6, 6.0), np.full(10, 0.1)])
    covered = np.ones((64, 16), dtype=bool)
    covered[56:, 1:] = False
    covered[48:56, 10:] = False
    found = space_time(events, population, GRAPH, MONTHS, covered=covered, **FEW)
    tested = (~np.isnan(found.bin)).sum(axis=1)
    np.testing.assert_array_equal(tested, [16] * 48 + [10] * 8 + [1] * 8)
    np.testing.assert_array_equal(found.hot_share, (found.bin > 0).sum(axis=1) / tested)
    np.testing.assert_array_equal(found.cold_share, (found.bin < 0).sum(axis=1) / tested)
    assert 0 < found.hot_share.max() < 1
    assert 0 < found.cold_share.max() < 1
    assert found.last_month.tolist() == [MONTHS[15]] * 48 + [MONTHS[9]] * 8 + [MONTHS[0]] * 8


def test_a_month_that_is_left_out_breaks_a_run() -> None:
    events, population = planted(np.r_[np.ones(11), np.full(5, 8.0)])
    months = [*MONTHS[:14], "2024-04", "2024-05"]
    found = space_time(events, population, GRAPH, months, **FEW)
    assert middle(found.run) == {2}
    assert set(found.last_month) == {"2024-05"}


def test_months_of_few_events_are_not_tested_and_areas_say_why() -> None:
    events, population = planted(np.full(16, 6.0))
    events[:, :5] = 0
    events[0, :5] = 49
    found = space_time(events, population, GRAPH, MONTHS, **FEW)
    assert "49 events, and at least 50" in found.month_inference[0]
    assert np.isnan(found.bin[:, :5]).all()
    assert np.isnan(found.z[:, :5]).all()
    assert set(found.pattern) == {"Not classified"}
    few = "11 of 16 covered months could be tested, and at least 12 are needed."
    assert set(found.reason) == {f"{few} Take a longer period or more offences."}
    assert np.isnan(found.trend_p).all()


def test_a_month_of_under_one_event_an_area_is_tested_for_hot_spots_alone_and_says_so() -> None:
    """63 events of 64 areas are under one each, 64 are not; 49 are not tested at all."""
    events, population = planted(np.full(16, 6.0))
    for month, number in enumerate((63, 64, 49)):
        events[:, month] = 0
        events[:16, month] = 1
        events[0, month] = number - 15
    found = space_time(events, population, GRAPH, MONTHS, **FEW)
    assert found.hot_only.tolist() == [True, *[False] * 15]
    assert (found.bin[:, 0] >= 0).all()
    ringed = np.arange(64) < 63
    events[63, 0] = 5  # of the ring: it makes no study area's events less rare
    found = space_time(events, population, GRAPH, MONTHS, report=ringed, **FEW)
    assert not found.hot_only.any(), "63 events of 63 reported areas are one each"


def test_areas_without_people_or_neighbours_take_no_part() -> None:
    events, population = planted(np.full(16, 6.0))
    population[5] = 0.0
    population[6] = np.nan
    found = space_time(events, population, GRAPH, MONTHS, **FEW)
    assert set(found.reason[[5, 6]]) == {
        "No month has data and a population. Check both for this area."
    }
    assert found.last_month[[5, 6]].tolist() == ["", ""]
    rest = [code for i, code in enumerate(GRAPH.codes) if i not in (5, 6)]
    alone = space_time(
        np.delete(events, [5, 6], 0), np.delete(population, [5, 6]), GRAPH.subset(rest), MONTHS,
        **FEW,
    )  # fmt: skip
    np.testing.assert_array_equal(np.delete(found.bin, [5, 6], 0), alone.bin)
    assert np.delete(found.pattern, [5, 6]).tolist() == alone.pattern.tolist()
    apart = Neighbours((*GRAPH.codes, "zzz"), np.r_[GRAPH.indptr, GRAPH.indptr[-1]], GRAPH.indices)
    population = np.r_[planted(np.ones(16))[1], 900.0]
    lone = space_time(np.vstack([events, events[:1]]), population, apart, MONTHS, **FEW)
    assert (lone.pattern[-1], lone.reason[-1]) == (
        "Not classified",
        "The area has no neighbours. Take neighbours by distance, or check the boundaries.",
    )


def test_fewer_months_than_twelve_are_said() -> None:
    events, population = planted(np.full(16, 6.0))
    found = space_time(events[:, :6], population, GRAPH, MONTHS[:6], **FEW)
    assert set(found.reason) == {
        "6 covered months, and at least 12 are needed. Take a longer period."
    }
    assert middle(found.hot_share) == {1.0}  # persistence is told all the same
    none = space_time(events[:, :0], population, GRAPH, [], **FEW)
    assert set(none.pattern) == {"Not classified"}
    assert none.bin.shape == (64, 0)


def test_nothing_hot_where_nothing_happens() -> None:
    events = np.zeros((64, 16))
    found = space_time(events, np.full(64, 900.0), GRAPH, MONTHS, **FEW)
    assert set(found.pattern) == {"Not classified"}
    assert all("the same in every area" in why for why in found.month_inference)


def test_what_does_not_fit_is_refused() -> None:
    events, population = planted(np.ones(16))
    refused: dict[str, tuple[object, object, list[str], dict[str, object]]] = {
        "months: '2023-13' is not YYYY-MM": (events, population, [*MONTHS[:15], "2023-13"], {}),
        "give each month once, in order": (events, population, MONTHS[::-1], {}),
        r"events: shape \(64, 15\) for 64 areas and 16": (events[:, 1:], population, MONTHS, {}),
        r"population: shape \(3,\)": (events, population[:3], MONTHS, {}),
        "covered: expected 64 by 16": (events, population, MONTHS, {"covered": np.ones(16, bool)}),
        "report: expected 64": (events, population, MONTHS, {"report": np.ones(3, bool)}),
        "alpha: 1.5": (events, population, MONTHS, {"alpha": 1.5}),
        "area 0004 has nan in 2023-03": (spoilt(events, np.nan), population, MONTHS, {}),
        "area 0004 has -1.0 in 2023-03": (spoilt(events, -1.0), population, MONTHS, {}),
        "area 0004 has inf in 2023-03": (spoilt(events, np.inf), population, MONTHS, {}),
    }
    for message, (counts, people, months, more) in refused.items():
        with pytest.raises(StatisticsError, match=message):
            space_time(counts, people, GRAPH, months, **more)


def spoilt(events: np.ndarray, value: float) -> np.ndarray:
    bad = events.astype(float)
    bad[4, 2] = value
    return bad


def test_equal_seeds_give_equal_patterns_and_the_unit_of_population_does_not_matter() -> None:
    events, population = planted(np.linspace(1.0, 6.0, 16))
    first = space_time(events, population, GRAPH, MONTHS, seed=3, **FEW)
    monthly = np.tile(population[:, None] / 12, 16)  # person-years, given month by month
    second = space_time(events, monthly, GRAPH, MONTHS, seed=3, **FEW)
    np.testing.assert_array_equal(first.bin, second.bin)
    assert first.pattern.tolist() == second.pattern.tolist()
    np.testing.assert_allclose(first.z, second.z, rtol=1e-9, atol=1e-9)
