"""The back-test on layers whose future is known: no leak, gaps, intervals, ties and edges."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import block_order as ORDER
import model_case as CASE
from risk_model.backtest import BUDGETS, SHARES, Judged, judge_origin
from risk_model.backtest_forecast import forecaster_of
from risk_model.backtest_methods import (
    OUTCOMES,
    Forecaster,
    common_rankings,
    equal_weights,
    outcome_weights,
    prior_ranking,
)
from risk_model.backtest_origins import Origin, part_of, rolling_origins
from risk_model.backtest_rolling import Backtest, rolling_backtest
from risk_model.backtest_table import BACKTEST_COLUMNS, Comparison, backtest_table
from risk_model.backtest_verdicts import losses, other_ways, points, verdicts
from risk_model.model_data import ModelData
from risk_model.scoring import score_model
from spatial.blocks import block_map
from spatial.concentration import coverage
from spatial.errors import StatisticsError

CONFIG = CASE.settings()
N, TENTH = BUDGETS.index("number"), SHARES.index(0.10)


def judged(data: ModelData, origin: Origin, **changes: object) -> dict[str, Judged]:
    options: dict[str, object] = {"forecaster": None, "resamples": 0, "seed": 1} | changes
    found, _ = judge_origin(data, origin, CONFIG, CASE.HARM, **options)  # type: ignore[arg-type]
    return {part.outcome: part for part in found}


def first_origin(data: ModelData, horizon: int = 1) -> Origin:
    return rolling_origins(data, window=6, horizon=horizon)[0]


def row(
    table: pd.DataFrame, outcome: str, method: str, by: str = "number", share: float = 0.1
) -> pd.Series:
    kept = table[
        (table["outcome"] == outcome)
        & (table["method"] == method)
        & (table["by"] == by)
        & (table["share"] == share)
    ]
    assert len(kept) == 1
    return kept.iloc[0]


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


# --- figures ---------------------------------------------------------------------------------


def test_captures_are_those_of_the_kernel_that_follows_a_whole_ranking() -> None:
    """At a cut of whole areas: against spatial.concentration, written apart from it."""
    data = CASE.case(n=50, months=2)
    part = judged(data, first_origin(data))["violence"]
    category = data.categories.index(CASE.VIOLENCE)
    before, after = data.counts[:, 0, category], data.counts[:, 1, category]
    full = coverage(before, after, data.area_km2, in_events=True)
    at, ten = part.methods.index("prior_counts"), SHARES.index(0.20)
    assert part.caught[at, N, ten] / part.events == pytest.approx(full.events[9])
    assert part.land[at, N, ten] == pytest.approx(full.area[9])
    assert full.rri is not None
    assert part.expected[at, N, ten] / part.caught[at, N, ten] == pytest.approx(full.rri[9])
    table = backtest_table([part])
    assert row(table, "violence", "prior_counts", share=0.2)["pai"] == pytest.approx(full.pai[9])
    land = row(table, "violence", "prior_counts", by="area", share=0.2)
    assert land["pai"] == pytest.approx(land["capture"] / 0.2)


def test_the_outcomes_are_the_sums_they_say() -> None:
    data = CASE.case(months=2)
    parts = judged(data, first_origin(data))
    assert tuple(parts) == OUTCOMES
    at = {name: data.categories.index(name) for name in data.categories}
    later = data.counts[:, 1].sum(axis=0)
    assert parts["robbery"].events == later[at["robbery"]]
    assert parts["weapons"].events == later[at["possession_of_weapons"]]
    both = parts["robbery"].events + parts["weapons"].events
    assert parts["robbery_weapons"].events == both
    kept_out = {"drugs", "possession_of_weapons"}
    harm = sum(
        CASE.HARM.weights[name] * later[at[name]]
        for name in data.categories
        if name not in kept_out
    )
    assert parts["harm"].events == pytest.approx(harm)
    drivers = CASE.settings(sections={"police_generated": {"use": "driver"}})
    assert kept_out <= outcome_weights("harm", drivers, CASE.HARM).keys()


def test_harm_counts_what_has_a_weight_and_is_no_result_of_policing() -> None:
    """Anti-social behaviour has no harm; drugs and weapons are found where officers look."""
    every = {name: weight for name, weight in sorted(CASE.HARM.weights.items()) if weight > 0}
    assert CASE.ASB not in every
    left_out = {"drugs", "possession_of_weapons"}
    found = outcome_weights("harm", CONFIG, CASE.HARM)
    assert list(found.items()) == [item for item in every.items() if item[0] not in left_out]
    drivers = CASE.settings(sections={"police_generated": {"use": "driver"}})
    assert outcome_weights("harm", drivers, CASE.HARM) == every


def test_all_crime_leaves_out_what_is_no_crime() -> None:
    data = CASE.case(months=3)
    found = common_rankings(data, CONFIG, CASE.HARM)["all_crime"].score
    kept = [k for k, name in enumerate(data.categories) if name != CASE.ASB]
    np.testing.assert_allclose(found, data.counts[:, :, kept].sum(axis=(1, 2)) / 3)


def test_equal_weights_keep_out_what_has_none() -> None:
    priority = CASE.priority({"harm_rate": 0.7, "persistence": 0.3, "imd_score": 0.0})
    found = equal_weights(priority).indicators
    assert {name: entry.weight for name, entry in found.items()} == {
        "harm_rate": 1.0,
        "persistence": 1.0,
        "imd_score": 0.0,
    }


def test_origins_are_put_together_by_their_events() -> None:
    data = CASE.case(months=4)
    parts = [judged(data, one)["robbery"] for one in rolling_origins(data, window=6, horizon=1)]
    table = backtest_table(parts)
    at = parts[0].methods.index("prior_counts")
    found = row(table, "robbery", "prior_counts")
    caught = sum(part.caught[at, N, TENTH] for part in parts)
    happened = sum(part.events for part in parts)
    assert found["capture"] == pytest.approx(caught / happened)
    assert found["origins"] == 3
    assert found["events"] == happened
    best = row(table, "robbery", "perfect")
    assert found["pei"] == pytest.approx(found["capture"] / best["capture"])
    assert best["pei"] == best["rri"] == 1
    assert np.isnan(row(table, "robbery", "score_sv01")["rri"])


def test_without_an_event_nothing_is_said() -> None:
    data = CASE.case(months=2)
    counts = data.counts.copy()
    counts[:, 1, data.categories.index("robbery")] = 0
    found = rolling_backtest(
        replace(data, counts=counts), CONFIG, CASE.HARM, window=6, horizon=1, resamples=99
    )
    rows = found.table[found.table["outcome"] == "robbery"]
    assert (rows["events"] == 0).all()
    assert rows[["capture", "capture_lo", "capture_hi", "pai", "pei", "rri"]].isna().all().all()
    assert "robbery" not in {one.outcome for one in found.comparisons}


def test_without_any_index_of_deprivation_it_is_no_baseline() -> None:
    data = CASE.case(months=2)
    blank = data.indicators.assign(imd_score=np.nan)
    part = judged(replace(data, indicators=blank), first_origin(data))["violence"]
    assert "imd" not in part.methods
    some = data.indicators.assign(
        imd_score=np.where(np.arange(48) < 40, np.nan, data.indicators["imd_score"])
    )
    part = judged(replace(data, indicators=some), first_origin(data))["violence"]
    at = part.methods.index("imd")
    # The eight that have one come first; the others follow, none before another.
    assert part.land[at, N, SHARES.index(0.20)] > 0


# --- intervals -------------------------------------------------------------------------------


def test_the_interval_is_as_wide_as_so_few_events_make_it() -> None:
    """One origin: what is caught of N events drawn again is binomial."""
    data = CASE.case(months=2)
    part = judged(data, first_origin(data), resamples=4000)["violence"]
    at = part.methods.index("all_crime")
    share = part.caught[at, N, TENTH] / part.events
    drawn = part.resampled[:, at, N, TENTH] / part.resampled_events
    assert (part.resampled_events == part.events).all()
    assert drawn.mean() == pytest.approx(share, abs=0.004)
    # Areas at the cut count in part, which takes a little away.
    spread = np.sqrt(share * (1 - share) / part.events)
    assert 0.85 * spread < drawn.std() < 1.05 * spread
    found = row(backtest_table([part]), "violence", "all_crime")
    assert found["capture_lo"] < found["capture"] < found["capture_hi"]
    assert found["capture_hi"] - found["capture_lo"] == pytest.approx(2 * 1.96 * spread, rel=0.15)
    assert found["pai_lo"] / found["pai"] == pytest.approx(found["capture_lo"] / found["capture"])


def test_draws_are_the_same_in_blocks_of_any_size(monkeypatch: pytest.MonkeyPatch) -> None:
    data = CASE.case(months=2)
    whole = judged(data, first_origin(data), resamples=101)["harm"]
    monkeypatch.setattr("risk_model.backtest._CELLS_AT_ONCE", 1_000)
    parts = judged(data, first_origin(data), resamples=101)["harm"]
    np.testing.assert_allclose(whole.resampled, parts.resampled, rtol=1e-12)
    np.testing.assert_array_equal(whole.resampled_events, parts.resampled_events)


def test_methods_are_paired_on_the_same_draws() -> None:
    data = CASE.case(months=3)

    def as_before(past: ModelData, months: int) -> dict[str, np.ndarray]:
        ranked = prior_ranking(past, {"robbery": 1.0}, months).expected
        assert ranked is not None
        return {"robbery": ranked}

    found = backtest_of(data, forecaster=as_before)
    same = [
        one
        for one in found.comparisons
        if one.method == "forecast" and one.baseline == "prior_counts" and one.outcome == "robbery"
    ]
    assert [one.by for one in same] == list(BUDGETS)
    assert all(one.difference == one.lo == one.hi == 0 for one in same)


def backtest_of(data: ModelData, *, forecaster: Forecaster | None = None) -> Backtest:
    return rolling_backtest(
        data, CONFIG, CASE.HARM, window=6, horizon=1, forecaster=forecaster, resamples=99
    )


def test_origins_judged_elsewhere_and_in_another_order_give_the_same_bits() -> None:
    data, backwards, said = CASE.case(months=6), ORDER.Backwards(), []
    forecaster = forecaster_of(CONFIG, CASE.HARM)
    here = backtest_of(data, forecaster=forecaster)
    with block_map(2) as pool:
        for blocks in (backwards, pool):
            found = rolling_backtest(
                data, CONFIG, CASE.HARM, window=6, horizon=1, forecaster=forecaster, resamples=99,
                blocks=blocks, progress=said.append,
            )  # fmt: skip
            pd.testing.assert_frame_equal(found.table, here.table, check_exact=True)
            assert found.comparisons == here.comparisons
            assert (found.origins, found.notes) == (here.origins, here.notes)
    assert backwards.handed == len(here.origins) == 5
    assert said == [f"choosing at {origin.at}" for origin in here.origins] * 2


def test_an_earlier_month_supplied_later_moves_no_other_draw() -> None:
    data = CASE.case(months=5)
    whole, late = backtest_of(data), backtest_of(part_of(data, data.months[1:]))
    origin = rolling_origins(data, window=2, horizon=1)[3]
    one = judged(data, origin, resamples=99)["violence"]
    two = judged(part_of(data, data.months[1:]), origin, resamples=99)["violence"]
    np.testing.assert_array_equal(one.resampled, two.resampled)
    assert len(whole.origins) == len(late.origins) + 1
    again = backtest_of(data)
    pd.testing.assert_frame_equal(whole.table, again.table)


# --- words -----------------------------------------------------------------------------------


def test_losing_to_counts_is_said_and_winning_is_no_warning() -> None:
    """A forecast that ranks areas upside down loses; one that knows the outcome wins."""
    data = CASE.case(months=3)

    def upside_down(past: ModelData, months: int) -> dict[str, np.ndarray]:
        counts = past.counts[:, :, past.categories.index(CASE.VIOLENCE)].sum(axis=1)
        return {"violence": counts.max() - counts.astype(float)}

    found = backtest_of(data, forecaster=upside_down).comparisons
    said = [line for line in losses(found, "2025-07-01") if "the forecast caught" in line]
    assert len(said) == 2
    assert said[0].startswith("Back-test of 2025-07-01, a tenth of the areas: the forecast caught")
    assert "less than prior counts of the same offences would have: all violence" in said[0]
    assert "may be chance" not in said[0]

    def knowing(past: ModelData, months: int) -> dict[str, np.ndarray]:
        at = data.months.index(past.months[-1]) + 1
        return {"violence": data.counts[:, at, data.categories.index(CASE.VIOLENCE)].astype(float)}

    found = backtest_of(data, forecaster=knowing).comparisons
    assert not any("the forecast caught" in line for line in losses(found, "2025-07-01"))
    wins = [line for line in verdicts(found, "2025-07-01") if "the forecast caught more" in line]
    assert len(wins) == 2
    ways = [line for line in other_ways(found, "2025-07-01") if "a tenth of the residents" in line]
    assert any("the forecast caught" in line for line in ways)


def test_a_draw_is_neither_a_loss_nor_a_win() -> None:
    even = Comparison(
        *("violence", "forecast", "prior_counts", "number"),
        *(0.25, 0.25, 0.0, -0.01, 0.01),
        origins=1,
    )
    assert verdicts([even], "2025-07-01") == []
    assert other_ways([replace(even, by="area")], "2025-07-01") == []
    less = replace(even, by="area", ours=0.2, lo=-0.08, hi=-0.02)
    [said] = other_ways([less], "2025-07-01")
    assert said.endswith("in points: less of all violence -5.0.")


@pytest.mark.parametrize(
    ("share", "said"),
    [(0.0, "0.0"), (-0.0004, "0.0"), (0.0004, "0.0"), (-0.0006, "-0.1"), (0.021, "+2.1")],
)
def test_nought_points_bear_no_sign(share: float, said: str) -> None:
    assert points(share) == said
