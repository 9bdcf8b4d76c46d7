"""The back-test on layers whose future is known: figures, intervals, ties and words."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import block_order as ORDER
import model_case as CASE
from backtest_case import CONFIG, TENTH, N, first_origin, judged, row
from risk_model.backtest import BUDGETS, SHARES
from risk_model.backtest_forecast import forecaster_of
from risk_model.backtest_methods import (
    OUTCOMES,
    Forecaster,
    common_rankings,
    equal_weights,
    outcome_weights,
    prior_ranking,
)
from risk_model.backtest_origins import part_of, rolling_origins
from risk_model.backtest_rolling import Backtest, rolling_backtest
from risk_model.backtest_table import Comparison, backtest_table
from risk_model.backtest_verdicts import losses, other_ways, points, verdicts
from risk_model.model_data import ModelData
from spatial.blocks import block_map
from spatial.concentration import coverage

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
    ("ours", "said"),
    [(0.2, "20.0% against 25.0%"), (0.24998, "24.998% against 25.000%"), (0.2496, "24.96%")],
)
def test_two_shares_that_differ_are_written_apart(ours: float, said: str) -> None:
    less = Comparison(
        *("violence", "forecast", "prior_counts", "number"),
        *(ours, 0.25, ours - 0.25, -0.01, 0.01),
        origins=1,
    )
    [line] = losses([less], "2025-07-01")
    assert f": all violence {said}" in line


@pytest.mark.parametrize(
    ("share", "said"),
    [(0.0, "0.0"), (-0.0004, "0.0"), (0.0004, "0.0"), (-0.0006, "-0.1"), (0.021, "+2.1")],
)
def test_nought_points_bear_no_sign(share: float, said: str) -> None:
    assert points(share) == said
