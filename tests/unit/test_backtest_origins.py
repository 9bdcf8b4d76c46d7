"""Months at which a back-test chooses: gaps, edges, and no leak of what comes later."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import model_case as CASE
from backtest_case import CONFIG, N, first_origin, judged
from risk_model.backtest import SHARES, judge_origin
from risk_model.backtest_methods import common_rankings, prior_ranking
from risk_model.backtest_origins import part_of, rolling_origins
from risk_model.backtest_rolling import rolling_backtest
from risk_model.backtest_table import BACKTEST_COLUMNS
from risk_model.model_data import ModelData
from risk_model.scoring import score_model
from spatial.errors import StatisticsError

# --- time ------------------------------------------------------------------------------------


def with_gaps(missing: list[int], *, months: int = 8) -> ModelData:
    covered = np.ones((48, months), dtype=bool)
    covered[:, missing] = False
    return CASE.case(months=months, covered=covered)


def test_every_month_with_a_month_after_it_is_an_origin() -> None:
    found = rolling_origins(CASE.case(months=5), window=3, horizon=1)
    assert [one.at for one in found] == ["2025-01", "2025-02", "2025-03", "2025-04"]
    assert found[0].known == ("2025-01",)
    assert found[3].known == ("2025-02", "2025-03", "2025-04")
    assert found[3].later == ("2025-05",)


def test_a_gap_is_no_data_and_never_zero() -> None:
    """After a month whose next one is missing nothing is judged; a wider horizon looks past it."""
    data = with_gaps([3, 4])
    narrow = rolling_origins(data, window=6, horizon=1)
    assert [one.at for one in narrow] == ["2025-01", "2025-02", "2025-06", "2025-07"]
    wide = rolling_origins(data, window=6, horizon=3)
    assert [one.at for one in wide] == ["2025-01", "2025-02", "2025-03", "2025-06", "2025-07"]
    # Of April to June only June has data; what stands in the gap's cells must not count.
    part = judged(data, wide[2])["violence"]
    category = data.categories.index(CASE.VIOLENCE)
    assert part.events == data.counts[:, 5, category].sum()
    past = part_of(data, narrow[2].known)
    expected = prior_ranking(past, {CASE.VIOLENCE: 1.0}, 1).expected
    assert expected is not None
    known = [0, 1, 2, 5]
    np.testing.assert_allclose(expected, data.counts[:, known, category].sum(axis=1) / 4)


def test_areas_without_data_before_or_after_take_no_part() -> None:
    covered = np.ones((48, 4), dtype=bool)
    covered[:5, 1] = False  # no outcome at the first origin
    covered[5:9, 0] = False  # nothing known at it
    data = CASE.case(months=4, covered=covered, ring=8)
    found, notes = judge_origin(
        data, first_origin(data), CONFIG, CASE.HARM, forecaster=None, resamples=0, seed=1
    )
    assert {part.areas for part in found} == {48 - 8 - 9}
    assert notes == ["2025-01: 9 areas without data before or after it take no part"]


@pytest.mark.parametrize(("window", "horizon"), [(0, 1), (1, 0)])
def test_no_month_is_no_window(window: int, horizon: int) -> None:
    with pytest.raises(StatisticsError, match="expected 1 or more"):
        rolling_origins(CASE.case(), window=window, horizon=horizon)


@pytest.mark.parametrize(("horizon", "within"), [(1, "1 month"), (3, "3 months")])
def test_one_month_cannot_be_back_tested_and_that_is_said(horizon: int, within: str) -> None:
    found = rolling_backtest(CASE.case(months=1), CONFIG, CASE.HARM, window=6, horizon=horizon)
    assert found.origins == ()
    assert found.table.empty
    assert tuple(found.table.columns) == BACKTEST_COLUMNS
    assert found.comparisons == ()
    (note,) = found.notes
    assert note == (
        "nothing to back-test: no month with data is followed by another within "
        f"{within} (months with data: 2025-01)"
    )


def test_months_without_data_are_not_named_as_having_some() -> None:
    """A month that only the ring has data for is none of the study area."""
    data = CASE.case(months=3, ring=8)
    covered = np.zeros_like(data.covered)
    covered[~data.in_study, 0] = True
    none = rolling_backtest(replace(data, covered=covered), CONFIG, CASE.HARM, window=6, horizon=1)
    assert none.notes[0].endswith("(months with data: none)")
    covered[0, 0] = covered[1, 2] = True
    two = rolling_backtest(replace(data, covered=covered), CONFIG, CASE.HARM, window=6, horizon=1)
    assert two.notes[0].endswith("(months with data: 2025-01, 2025-03)")


# --- no leak ---------------------------------------------------------------------------------


def test_what_comes_later_changes_nothing_that_is_chosen() -> None:
    data = CASE.case(months=6)
    origin = rolling_origins(data, window=6, horizon=1)[2]
    changed = data.counts.copy()
    changed[:, 3:] = np.random.default_rng(3).integers(0, 90, changed[:, 3:].shape)
    other = replace(data, counts=changed)
    before = common_rankings(part_of(data, origin.known), CONFIG, CASE.HARM)
    after = common_rankings(part_of(other, origin.known), CONFIG, CASE.HARM)
    assert before.keys() == after.keys()
    for name, ranking in before.items():
        np.testing.assert_array_equal(ranking.score, after[name].score)
    one, two = judged(data, origin)["violence"], judged(other, origin)["violence"]
    np.testing.assert_array_equal(one.land[:-1], two.land[:-1])
    assert one.events != two.events


def test_the_forecast_is_shown_the_known_months_only() -> None:
    data = CASE.case(months=6)
    seen: list[tuple[str, ...]] = []

    def forecaster(past: ModelData, months: int) -> dict[str, np.ndarray]:
        seen.append(past.months)
        assert past.counts.shape[1] == len(past.months)
        return {"robbery": np.ones(len(past.area_codes)) * months}

    origin = rolling_origins(data, window=2, horizon=2)[2]
    part = judged(data, origin, forecaster=forecaster)["robbery"]
    assert seen == [("2025-02", "2025-03")]
    at = part.methods.index("forecast")
    # An even forecast expects its share of two a month over 48 areas, and catches a tenth.
    np.testing.assert_allclose(part.expected[at, N], 2 * 48 * np.array(SHARES))
    np.testing.assert_allclose(part.caught[at, N], part.events * np.array(SHARES))


def test_the_score_is_that_of_a_run_of_the_same_months() -> None:
    data = CASE.case(months=5, ring=8)
    known = data.months[:3]
    past = part_of(data, known)
    run = score_model(past, CONFIG, CASE.HARM, density_share={})
    found = common_rankings(past, CONFIG, CASE.HARM)
    for key in CONFIG.priorities:
        np.testing.assert_array_equal(
            found[f"score_{key}"].score[past.in_study], run.areas[f"{key}_score"].to_numpy()
        )


def test_a_part_of_the_areas_is_cut_out_whole() -> None:
    data = CASE.case(months=4)
    areas = np.arange(48) < 20
    part = part_of(data, data.months[1:3], areas)
    np.testing.assert_array_equal(part.counts, data.counts[:20, 1:3])
    np.testing.assert_array_equal(part.population, data.population[:20])
    assert part.neighbours.codes == part.area_codes == data.area_codes[:20]
    attributes = pd.DataFrame(
        {
            "area_code": [data.area_codes[0], data.area_codes[0], data.area_codes[40]],
            "month": ["2025-02", "2025-04", "2025-02"],
            "category": "robbery",
            "n": 1,
            "weapon": "yes",
        }
    )
    known = pd.DataFrame({"artefact": ["a prison"] * 48}, index=list(data.area_codes))
    whole = replace(data, attributes=attributes, artefacts=known)
    cut = part_of(whole, data.months[1:3], areas)
    # Found from the points of all months, later ones too.
    assert cut.artefacts is None
    assert cut.attributes is not None
    assert cut.attributes["month"].tolist() == ["2025-02"]
