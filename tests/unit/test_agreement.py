"""Agreement of other services with police counts: states, words, suppression, chance."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import model_case as CASE
from risk_model.agreement import (
    HIGH,
    NOT_HIGH,
    UNSURE,
    agree,
    agreement_of,
    combine,
    police_state,
    source_layer,
)
from risk_model.layers.other_sources import OtherSource
from spatial.ledger import LedgerBook

CONFIG = CASE.settings()
DATA = CASE.case(n=60, ring=6, months=6, population=np.full(60, 1500.0))


def source(
    low: np.ndarray, high: np.ndarray | None = None, *, months: Sequence[str] = DATA.months,
    absent: bool = True, name: str = "ambulance",
) -> OtherSource:  # fmt: skip
    """A source whose rows are the cells that are not NaN."""
    top = low if high is None else high
    rows = [
        (code, month, low[i, t], top[i, t])
        for i, code in enumerate(DATA.area_codes)
        for t, month in enumerate(DATA.months)
        if not np.isnan(low[i, t])
    ]
    counts = pd.DataFrame(rows, columns=["area_code", "month", "low", "high"])
    book = LedgerBook()
    return OtherSource(
        name, "ambulance", "calls", "a.csv", counts, tuple(months), absent, book.close(), ()
    )


def layer(*args: np.ndarray, **keys: object) -> object:
    return source_layer(source(*args, **keys), DATA, CONFIG)  # type: ignore[arg-type]


def test_words_of_every_pair_of_states() -> None:
    police = np.array([HIGH, HIGH, HIGH, NOT_HIGH, NOT_HIGH, NOT_HIGH, UNSURE, UNSURE, UNSURE])
    other = np.array([HIGH, NOT_HIGH, UNSURE] * 3)
    assert agree(police.astype(np.int8), other.astype(np.int8)).tolist() == [
        "agrees high", "police only", "too few to say",
        "other source only", "neither", "too few to say",
        "other source only", "too few to say", "too few to say",
    ]  # fmt: skip


def test_one_high_source_is_enough_and_one_that_can_say_goes_before_none() -> None:
    first = np.array([HIGH, NOT_HIGH, UNSURE, NOT_HIGH], dtype=np.int8)
    second = np.array([UNSURE, UNSURE, UNSURE, HIGH], dtype=np.int8)
    assert combine([first, second]).tolist() == [HIGH, NOT_HIGH, UNSURE, HIGH]


def test_the_states_follow_the_counts() -> None:
    rng = np.random.default_rng(3)
    low = rng.poisson(3.0, (60, 6)).astype(float)
    low[0] = 12.0
    found = layer(low)
    assert found.state[0] == HIGH
    assert (found.state[1:] == NOT_HIGH).mean() > 0.9
    assert found.low[0] == found.high[0] == 72.0
    np.testing.assert_array_equal(found.p_low, found.p_high)
    crude = low.sum(axis=1) / (1500.0 * 6 / 12) * 1000
    assert np.corrcoef(found.rate, crude)[0, 1] > 0.95
    assert found.rate.min() > crude.min()  # shrunk towards the mean


def test_a_suppressed_cell_is_a_range_and_never_zero() -> None:
    """The same table exact, and with an area's cells hidden: only what the ranges allow is said."""
    rng = np.random.default_rng(8)
    exact = rng.poisson(rng.gamma(3.0, 1.0, 60)[:, None], (60, 6)).astype(float)
    exact[0] = 4.0
    wide_low, wide_high = exact.copy(), exact.copy()
    wide_low[0], wide_high[0] = 1.0, 4.0
    hidden = layer(wide_low, wide_high)
    assert (hidden.low[0], hidden.high[0]) == (6.0, 24.0)
    known = layer(exact).p_low[0]
    assert hidden.p_low[0] < known <= hidden.p_high[0] + 0.02
    # As zeros it would be the lowest of all; as a range it stays open.
    zeros = exact.copy()
    zeros[0] = 0.0
    assert layer(zeros).p_low[0] < hidden.p_low[0]


def test_what_suppression_leaves_open_is_not_said() -> None:
    rng = np.random.default_rng(4)
    low = rng.poisson(2.0, (60, 6)).astype(float)
    low[:5] = 8.0  # a spread beyond chance
    high = low.copy()
    low[10], high[10] = 1.0, 8.0
    found = layer(low, high)
    assert found.p_low[10] < 0.95 <= found.p_high[10]
    assert found.state[10] == UNSURE
    assert (found.state[:5] == HIGH).all()


def test_few_events_are_too_few_to_say() -> None:
    low = np.zeros((60, 6))
    low[0, :4] = 1.0
    found = layer(low)
    assert (found.state == UNSURE).all()


def test_a_month_without_a_row_is_no_data_and_absent_rows_follow_the_setting() -> None:
    low = np.full((60, 6), np.nan)
    low[:, :2] = 4.0
    low[0, 1] = np.nan
    zero = layer(low, months=DATA.months[:2])
    assert zero.months.tolist() == [2] * 60
    assert zero.low[0] == 4.0
    none = layer(low, months=DATA.months[:2], absent=False)
    assert none.months[:2].tolist() == [1, 2]
    assert none.rate[0] == pytest.approx(none.rate[1], rel=0.3)
    nothing = layer(
        np.where(np.arange(60)[:, None] == 0, np.nan, low), months=DATA.months[:2], absent=False
    )
    assert np.isnan(nothing.low[0])
    assert np.isnan(nothing.rate[0])
    assert nothing.state[0] == UNSURE


def test_p_is_the_gamma_poisson_posterior() -> None:
    rng = np.random.default_rng(5)
    low = rng.poisson(rng.gamma(2.0, 2.0, 60)[:, None], (60, 6)).astype(float)
    made = source(low)
    from risk_model.layers.crime import Exposure
    from risk_model.layers.small_area import smooth

    exposed = Exposure(DATA.population[:, None] * np.ones((60, 6)) / 12, 1000.0, "")
    fit = smooth(low, exposed, in_study=DATA.in_study, covered=np.ones((60, 6), dtype=bool))
    group = fit.groups[0].fit
    i = 7
    shape = low[i].sum() / fit.phi + group.nu
    rate = fit.expected[i] / fit.phi + group.alpha
    expected = stats.gamma.sf(1.0, shape, scale=1 / rate)
    assert source_layer(made, DATA, CONFIG).p_low[i] == pytest.approx(expected, rel=1e-9)


def test_equal_risks_are_seldom_called_high() -> None:
    rng = np.random.default_rng(6)
    called = [
        (layer(rng.poisson(3.0, (60, 6)).astype(float)).state == HIGH).mean() for _ in range(20)
    ]
    assert np.mean(called) <= 0.05


def test_police_states() -> None:
    found = police_state(
        np.array([20.0, 20.0, 4.0, 0.0, 0.0, 20.0]),
        np.array([10.0, 10.0, 1.0, 9.0, 2.0, 10.0]),
        np.array([0.99, 0.9, 0.99, 0.0, 0.1, np.nan]),
        CONFIG,
    )
    assert found.tolist() == [HIGH, NOT_HIGH, UNSURE, NOT_HIGH, UNSURE, UNSURE]


def test_rows_and_columns_of_a_run() -> None:
    rng = np.random.default_rng(7)
    low = rng.poisson(3.0, (60, 6)).astype(float)
    low[[1, 2]] = 14.0
    n = int(DATA.in_study.sum())
    frame = pd.DataFrame(index=pd.Index(DATA.study_codes, name="area_code"))
    for key in CONFIG.priorities:
        frame[f"{key}_events"] = 30
        frame[f"{key}_p_rr_gt_1"] = np.where(np.arange(n) % 2 == 0, 0.99, 0.1)
    assert agreement_of([], DATA, CONFIG, frame) is None
    two = [source(low), source(np.full((60, 6), 3.0), name="voice")]
    found = agreement_of(two, DATA, CONFIG, frame)
    assert found is not None
    assert found.columns["sv01_agreement"].iloc[:4].tolist() == [
        "police only", "other source only", "agrees high", "neither",
    ]  # fmt: skip
    assert len(found.layers) == n * 2 * len(CONFIG.priorities)
    mine = found.layers[(found.layers["source"] == "voice") & (found.layers["priority"] == "sv01")]
    assert mine["agreement"].iloc[1] == "neither"
    assert mine["period_events"].tolist() == [18.0] * n
    assert "another source is high and police counts are not (calls, calls)" in found.warnings[0]


def test_police_can_say_not_high_of_an_area_without_an_event_where_many_were_expected() -> None:
    n = int(DATA.in_study.sum())
    frame = pd.DataFrame(index=pd.Index(DATA.study_codes, name="area_code"))
    for key in CONFIG.priorities:
        frame[f"{key}_events"] = np.where(np.arange(n) == 0, 0, 30)
        frame[f"{key}_p_rr_gt_1"] = np.where(np.arange(n) == 0, 0.001, 0.5)
    found = agreement_of([source(np.full((60, 6), 3.0))], DATA, CONFIG, frame)
    assert found is not None
    assert found.columns["sv01_agreement"].iloc[0] == "neither"
    # Hardly any were expected there: none recorded says nothing.
    quiet = frame.assign(**{f"{key}_events": 0 for key in CONFIG.priorities})
    none = agreement_of([source(np.full((60, 6), 3.0))], DATA, CONFIG, quiet)
    assert none is not None
    assert none.columns["sv01_agreement"].iloc[0] == "too few to say"


def test_five_events_are_enough_to_be_high() -> None:
    states = police_state(np.array([5.0, 4.0]), np.array([1.0, 1.0]), np.full(2, 0.99), CONFIG)
    assert states.tolist() == [HIGH, UNSURE]
    low = np.zeros((60, 6))
    low[0, :5] = 1.0
    found = layer(low)
    assert found.p_low[0] >= CONFIG.guards.agreement_probability
    assert found.state[0] == HIGH
