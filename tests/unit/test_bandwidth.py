"""Cross-validated bandwidths against slow loops, scikit-learn's grid search, and planted truths."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from shapely.geometry import Polygon, box
from sklearn.model_selection import GridSearchCV, LeaveOneOut
from sklearn.neighbors import KernelDensity

from spatial.bandwidth import (
    BandwidthChoice,
    background_share,
    candidate_bandwidths,
    choose_bandwidth,
    leave_one_out_densities,
)
from spatial.errors import StatisticsError

Numbers = NDArray[np.float64]
STUDY = box(400_000, 90_000, 420_000, 110_000)


def left_out_slowly(x: Numbers, y: Numbers, w: Numbers, b: float, *, by_place: bool) -> Numbers:
    """Sum K over every other event (or every event elsewhere), over their weight; per km2."""
    out = np.zeros(len(x))
    for i in range(len(x)):
        total = rest = 0.0
        for j in range(len(x)):
            same = (x[i] == x[j] and y[i] == y[j]) if by_place else i == j
            if same:
                continue
            rest += w[j]
            d2 = (x[i] - x[j]) ** 2 + (y[i] - y[j]) ** 2
            if d2 < b * b:
                total += w[j] * 3 / (np.pi * b * b) * (1 - d2 / b**2) ** 2
        out[i] = total / rest if rest else 0.0
    return out * 1e6


def clustered(n: int, spread: float = 600, seed: int = 1) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    middle = rng.uniform([404_000, 94_000], [416_000, 106_000], (8, 2))
    at = middle[rng.integers(0, 8, n)] + rng.normal(0, spread, (n, 2))
    return pd.DataFrame({"x": at[:, 0], "y": at[:, 1]})


def on_map_points(n: int, spacing: float = 100) -> pd.DataFrame:
    return (clustered(n) / spacing).round() * spacing


@pytest.mark.parametrize("leave_out", ["event", "place"])
def test_densities_equal_the_loop_over_the_other_events(leave_out: Any) -> None:
    rng = np.random.default_rng(4)
    points = on_map_points(120, 250)
    x, y = points["x"].to_numpy() + 13.0, points["y"].to_numpy() + 7.0
    w = rng.uniform(0.5, 9, 120)
    assert len(points.drop_duplicates()) < 120
    widths = [600.0, 1500.0]
    fast = leave_one_out_densities(x, y, w, bandwidths_m=widths, cell_m=25, leave_out=leave_out)
    for found, width in zip(fast, widths, strict=True):
        slow = left_out_slowly(x, y, w, width, by_place=leave_out == "place")
        assert np.abs(found - slow).max() < 0.003 * slow.max()


def test_an_event_lends_itself_nothing_wherever_it_stands_in_its_cell() -> None:
    """What the binning lends an event of its own weight is taken away to the last digits."""
    for x, y in ((0, 0), (13, 88), (50, 50), (99.9, 0.1)):
        far = leave_one_out_densities([x, 50_000.0], [y, 0.0], bandwidths_m=[500, 2000], cell_m=100)
        assert (far == 0).all()


def test_scores_equal_scikit_learns_grid_search() -> None:
    """GridSearchCV with LeaveOneOut scores the mean log density of the event left out."""
    rng = np.random.default_rng(11)
    at = rng.normal(0, 900, (150, 2))
    at = at[np.hypot(*at.T) < 2000]
    widths = [250.0, 400.0, 600.0, 900.0]
    search = GridSearchCV(
        KernelDensity(kernel="gaussian"), {"bandwidth": widths}, cv=LeaveOneOut()
    ).fit(at)
    density = leave_one_out_densities(
        at[:, 0], at[:, 1], bandwidths_m=widths, cell_m=25, kernel="gaussian"
    )
    found = np.log(density / 1e6).mean(axis=1)
    # Half a per cent of density: the cut of the Gaussian at four deviations, and the cells.
    assert found == pytest.approx(search.cv_results_["mean_test_score"], abs=0.005)
    assert widths[int(found.argmax())] == search.best_params_["bandwidth"]


def chosen(points: pd.DataFrame, **changes: Any) -> BandwidthChoice:
    settings = {"study": STUDY, "cell_m": 100, "fallback_m": 1000, **changes}
    return choose_bandwidth(points, **settings)


def test_wider_clusters_choose_wider_bandwidths() -> None:
    widths = [chosen(clustered(600, spread), background="fitted") for spread in (300, 900)]
    assert all(choice.chosen for choice in widths)
    assert widths[0].bandwidth_m < 0.7 * widths[1].bandwidth_m


def test_the_choice_is_the_highest_score_and_scores_are_the_mean_log_density() -> None:
    points = clustered(300)
    found = chosen(points, bandwidths_m=[3000, 1500, 6000])
    assert found.bandwidths_m.tolist() == [1500, 3000, 6000]
    direct = leave_one_out_densities(points.x, points.y, bandwidths_m=[3000], cell_m=100)
    assert found.alone[1] == (direct[0] == 0).sum()
    if np.isfinite(found.scores[1]):
        assert found.scores[1] == pytest.approx(np.log(direct[0]).mean())
    assert found.bandwidth_m == found.bandwidths_m[found.scores.argmax()]
    assert (found.background == 0).all()


def test_events_beside_a_study_area_that_is_no_rectangle_are_not_scored() -> None:
    north_west = box(400_000, 100_000, 410_000, 110_000)
    points = clustered(400)
    beside = (points.x < 410_000) & (points.y > 100_000)
    assert 20 < beside.sum() < 380
    found = chosen(points, study=STUDY.difference(north_west), bandwidths_m=[2000, 3000])
    assert found.events == (~beside).sum()


def test_one_remote_event_rules_the_textbook_score_and_not_the_fitted_one() -> None:
    points = pd.concat(
        [clustered(400), pd.DataFrame({"x": [401_000.0], "y": [109_500.0]})], ignore_index=True
    )
    plain = chosen(points, bandwidths_m=[700, 1200])
    assert not plain.chosen
    assert plain.bandwidth_m == 1000
    assert (plain.scores == -np.inf).all()
    assert "try wider candidates, or a fitted background" in plain.warnings[0]
    mixed = chosen(points, bandwidths_m=[700, 1200], background="fitted")
    assert mixed.chosen
    assert np.isfinite(mixed.scores).all()
    assert 0 < mixed.background[1] < mixed.background[0] < 0.1


def test_background_share_is_the_likeliest_of_a_fine_grid() -> None:
    rng = np.random.default_rng(2)
    density = rng.exponential(0.01, 80) * (rng.random(80) > 0.1)
    weight, even = rng.uniform(1, 3, 80), 0.0025
    shares = np.linspace(0, 1, 2001)[1:-1]
    value = [(weight * np.log((1 - e) * density + e * even)).sum() for e in shares]
    assert background_share(density, weight, even) == pytest.approx(
        shares[int(np.argmax(value))], abs=6e-4
    )
    assert background_share(np.full(9, 1.0), np.ones(9), 0.5) == 0
    assert background_share(np.full(9, 0.1), np.ones(9), 0.5) == 1


def test_events_at_shared_points_choose_the_narrowest_unless_places_are_left_out() -> None:
    points = on_map_points(1500, 1000)
    by_event = chosen(points, bandwidths_m=[500, 900, 1600, 2800], background="fitted")
    assert by_event.bandwidth_m == 500
    assert "leave out places" in by_event.warnings[0]
    assert by_event.places < by_event.events
    by_place = chosen(
        points, bandwidths_m=[500, 900, 1600, 2800], leave_out="place", background="fitted"
    )
    assert by_place.bandwidth_m > 500


def test_the_end_of_the_candidates_is_said() -> None:
    found = chosen(clustered(400, 2000), bandwidths_m=[600, 700], background="fitted")
    assert found.bandwidth_m == 700
    assert found.warnings == (
        "the widest candidate (700 m) fits best: the best bandwidth may be wider still",
    )


def test_events_outside_lend_density_and_are_not_scored() -> None:
    points = clustered(300)
    west = box(400_000, 90_000, 410_000, 110_000)
    part = chosen(points, study=west, bandwidths_m=[2500])
    inside = (points.x < 410_000).to_numpy()
    every = leave_one_out_densities(points.x, points.y, bandwidths_m=[2500], cell_m=100)[0]
    assert part.events == inside.sum()
    # The grids of the two start elsewhere, so events are shared among other cells.
    assert part.scores[0] == pytest.approx(np.log(every[inside]).mean(), abs=1e-3)


def test_an_event_of_weight_three_scores_as_three_at_its_place() -> None:
    points = clustered(150)
    times = np.arange(150) % 3 + 1
    repeated = points.loc[points.index.repeat(times)]
    settings: dict[str, Any] = {"leave_out": "place", "background": "fitted"}
    once = chosen(points.assign(weight=times.astype(float)), **settings)
    again = chosen(repeated, **settings)
    assert once.scores == pytest.approx(again.scores, rel=1e-9)
    assert once.background == pytest.approx(again.background, abs=1e-9)
    assert (once.events, again.events) == (150, times.sum())


@pytest.mark.parametrize("unit", [1e-5, 1e5])
def test_the_unit_of_weight_changes_no_density(unit: float) -> None:
    rng = np.random.default_rng(4)
    (x, y), weight = rng.uniform(0, 3_000, (2, 40)), rng.uniform(1, 3, 40)
    settings = {"bandwidths_m": [600.0, 900.0], "cell_m": 100.0}
    whole, other = (leave_one_out_densities(x, y, w, **settings) for w in (weight, weight * unit))
    assert (whole > 0).any()
    np.testing.assert_allclose(other, whole, rtol=1e-9)


def test_rows_of_weight_zero_are_not_events() -> None:
    points = clustered(200).assign(weight=[1.0, 0.0] * 100)
    kept = points[points.weight > 0]
    assert chosen(points).scores == pytest.approx(chosen(kept).scores, rel=1e-9)


def test_candidates_span_from_five_cells_to_a_fifth_of_the_area() -> None:
    found = candidate_bandwidths(STUDY, cell_m=100, count=7)
    assert (found[0], found[-1], len(found)) == (500, 4000, 7)
    steps = np.diff(np.log(found))
    assert steps == pytest.approx(steps.mean(), rel=0.01)
    assert candidate_bandwidths(STUDY, cell_m=100, lowest_m=1200)[0] == 1200
    assert candidate_bandwidths(STUDY, cell_m=100, count=2) == pytest.approx([500, 4000])


@pytest.mark.parametrize(
    ("points", "match"),
    [
        (pd.DataFrame({"x": [], "y": []}, dtype=float), "0 events are fewer than 50"),
        (clustered(49), "49 events are fewer than 50"),
        (
            pd.DataFrame({"x": [410_000.0] * 60, "y": [100_000.0] * 60}),
            "all 60 events are recorded at one point",
        ),
    ],
)
def test_events_that_cannot_choose_fall_back_and_say_so(points: pd.DataFrame, match: str) -> None:
    found = chosen(points)
    assert not found.chosen
    assert found.bandwidth_m == 1000
    assert found.warnings[0].startswith(match)
    assert found.warnings[0].endswith("the bandwidth is 1000 m, as set")


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"bandwidths_m": [400]}, "too coarse for bandwidth_m 400"),
        ({"bandwidths_m": [25_000]}, "wider than the study area"),
        ({"bandwidths_m": []}, "bandwidths_m is empty"),
        ({"bandwidths_m": [np.nan]}, "bandwidth_m nan"),
        ({"fallback_m": 0}, "bandwidth_m 0"),
        ({"cell_m": 1000}, "no bandwidth is at least 5000 m and at most a fifth"),
        ({"study": Polygon()}, "holds no polygon"),
        ({"background": "even"}, "background 'even' is neither"),
        ({"leave_out": "street"}, "leave_out 'street' is neither"),
        ({"kernel": "cone"}, "kernel 'cone' is neither"),
        (
            {"study": box(0, 0, 8000, 20), "bandwidths_m": [1000]},
            "no cell of 100 m has its centre",
        ),
    ],
)
def test_settings_without_meaning_are_refused(changes: dict[str, Any], match: str) -> None:
    with pytest.raises(StatisticsError, match=match):
        chosen(clustered(60), **changes)


@pytest.mark.parametrize(
    ("column", "value", "match"),
    [("x", np.nan, "x is nan at row 3"), ("y", np.inf, "y is inf"), ("weight", -1, "weight is -1")],
)
def test_values_without_meaning_are_refused(column: str, value: float, match: str) -> None:
    points = clustered(60).assign(weight=1.0)
    points.loc[3, column] = value
    with pytest.raises(StatisticsError, match=match):
        chosen(points)


def test_events_too_far_apart_for_memory_are_refused_with_the_way_out() -> None:
    with pytest.raises(StatisticsError, match="use cells of"):
        leave_one_out_densities([0.0, 5e6], [0.0, 5e6], bandwidths_m=[500], cell_m=100)
