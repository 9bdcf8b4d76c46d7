"""The forecast of a run: truths planted in simulations, laws, and every input that falls short."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

import model_case as CASE
from risk_model.config.risk import Forecasting, PoliceGenerated, RiskConfig
from risk_model.config.warnings import config_warnings
from risk_model.forecast import OUTCOMES, Forecast, fit_forecast, forecast_columns
from risk_model.forecast_category import CategoryFit
from risk_model.forecast_drivers import OTHER_CRIME, OWN_COUNTS, _log_effect
from risk_model.model_data import ModelData
from risk_model.scoring import score_model
from spatial.categories import CATEGORIES
from spatial.errors import StatisticsError

ORDER = tuple(sorted(CATEGORIES))
VIOLENCE, ROBBERY, SHOPS = (
    ORDER.index(name) for name in ("violence_and_sexual_offences", "robbery", "shoplifting")
)
WEAPONS, DRUGS, ASB = (
    ORDER.index(name) for name in ("possession_of_weapons", "drugs", "anti_social_behaviour")
)


def fit(data: ModelData, **keys: Any) -> Forecast:
    return fit_forecast(data, keys.pop("config", RiskConfig()), CASE.HARM, seed=1, **keys)


def simulated(
    *, n: int = 400, months: int = 6, later: int = 0, seed: int = 3, authorities: int = 8
) -> tuple[ModelData, np.ndarray, np.ndarray]:
    """Layers, true robberies a month and the counts (n by c) of `later` months after them.

    Robbery follows shoplifting; every category has a risk of its own that lasts.
    """
    rng = np.random.default_rng(seed)
    base = CASE.case(n=n, months=1, seed=seed)
    busy = rng.gamma(2.0, 0.5, n)
    shops = rng.gamma(1.0, 1.0, n)
    mean = np.full((n, len(ORDER)), 0.4) * busy[:, None]
    mean[:, VIOLENCE] = 3.0 * busy
    mean[:, SHOPS] = 2.0 * shops
    mean[:, ROBBERY] = 0.12 * shops * busy
    mean *= rng.gamma(5.0, 0.2, mean.shape)
    counts = rng.poisson(mean[:, None, :], (n, months, len(ORDER)))
    after = rng.poisson(mean * later) if later else np.zeros(mean.shape, dtype=int)
    labels = base.labels.assign(lad_code=[f"E06{i * authorities // n:06d}" for i in range(n)])
    data = replace(
        base,
        counts=counts.astype(np.int64),
        months=tuple(f"2025-{month + 1:02d}" for month in range(months)),
        covered=np.ones((n, months), dtype=bool),
        labels=labels,
    )
    return data, mean[:, ROBBERY], after


@pytest.fixture(scope="module")
def made() -> tuple[ModelData, np.ndarray, np.ndarray, Forecast]:
    data, truth, after = simulated(later=6)
    return data, truth, after, fit(data)


Made = tuple[ModelData, np.ndarray, np.ndarray, Forecast]


def test_every_outcome_is_given_for_every_area(made: Made) -> None:
    data, _, _, found = made
    assert set(found.expected) == set(OUTCOMES)
    for outcome in OUTCOMES:
        mean, lo, hi = (part[outcome] for part in (found.expected, found.lo, found.hi))
        assert mean.shape == (400,)
        assert ((lo >= 0) & (lo <= hi) & (mean > 0) & (lo <= mean) & (mean < hi + 1)).all()
    assert (found.expected["robbery"] <= found.expected["robbery_weapons"]).all()
    columns = forecast_columns(found, data)
    assert list(columns.index) == list(data.study_codes)
    assert list(columns)[:3] == [
        "expected_violence",
        "expected_violence_lo",
        "expected_violence_hi",
    ]


def test_the_level_is_that_of_the_period(made: Made) -> None:
    data, _, _, found = made
    for outcome, at in (("violence", [VIOLENCE]), ("robbery_weapons", [ROBBERY, WEAPONS])):
        counted = data.counts[:, :, at].sum()
        assert found.expected[outcome].sum() == pytest.approx(counted, rel=0.01)
    weights = np.array([CASE.HARM.weights[name] for name in ORDER])
    weights[[WEAPONS, DRUGS]] = 0.0  # police-generated: context, not harm
    harm = (data.counts.sum(axis=(0, 1)) * weights).sum()
    assert found.expected["harm"].sum() == pytest.approx(harm, rel=0.01)


def test_a_planted_risk_is_found_better_than_by_counting(made: Made) -> None:
    """Robbery follows shops: the truth, and the driver that made it."""
    data, truth, _, found = made
    counted = data.counts[:, :, ROBBERY].sum(axis=1)
    learned = np.corrcoef(np.log(found.expected["robbery"]), np.log(truth))[0, 1]
    assert learned > 0.8
    assert np.abs(found.expected["robbery"] / 6 - truth).mean() < (
        0.75 * np.abs(counted / 6 - truth).mean()
    )
    top = found.drivers[found.drivers["outcome"] == "robbery"].iloc[0]
    assert (top["driver"], top["direction"]) == ("shoplifting", "raises")


def test_it_beats_prior_counts_of_a_rare_offence() -> None:
    """True robberies in the 40 areas chosen of 400 by two months, ties at their expected value."""
    ratios = []
    for seed in range(4):
        data, truth, _ = simulated(months=2, seed=seed)
        counts = data.counts[:, :, ROBBERY].sum(axis=1).astype(float)
        by_forecast, by_count = (
            _captured(by, truth) for by in (fit(data).expected["robbery"], counts)
        )
        ratios.append(by_forecast / by_count)
    assert np.mean(ratios) > 1.15
    assert min(ratios) > 1.0


def _captured(by: np.ndarray, truth: np.ndarray, size: int = 40) -> float:
    cut = np.sort(by)[-size]
    above, tied = by > cut, by == cut
    return float(truth[above].sum() + truth[tied].mean() * (size - above.sum()))


def test_intervals_hold_what_comes(made: Made) -> None:
    """Six later months of 400 areas; counts are whole, so rare ones are held a little more often."""
    _data, _, after, found = made
    weights = np.array([CASE.HARM.weights[name] for name in ORDER])
    weights[[WEAPONS, DRUGS]] = 0.0
    came = {
        "violence": after[:, VIOLENCE],
        "robbery": after[:, ROBBERY],
        "robbery_weapons": after[:, [ROBBERY, WEAPONS]].sum(axis=1),
        "harm": after @ weights,
    }
    for outcome, events in came.items():
        held = (found.lo[outcome] <= events) & (events <= found.hi[outcome])
        assert 0.93 <= held.mean() <= 0.995, outcome


def test_more_of_a_prior_count_never_lowers_the_forecast(made: Made) -> None:
    data, _, _, before = made
    for at, outcome in ((ROBBERY, "robbery"), (VIOLENCE, "violence"), (VIOLENCE, "harm")):
        counts = data.counts.copy()
        counts[7, :, at] += 1
        after = fit(replace(data, counts=counts))
        assert after.expected[outcome][7] > before.expected[outcome][7]
        assert after.hi[outcome][7] >= before.hi[outcome][7]
    raised = before.drivers[~before.drivers["driver"].isin(["rural", "population"])]
    counted = raised[~raised["driver"].str.contains("deprivation")]
    assert set(counted["direction"]) <= {"raises", "none"}


def test_the_order_of_areas_makes_no_difference(made: Made) -> None:
    data, _, _, found = made
    order = np.random.default_rng(4).permutation(400)
    place = np.argsort(order)
    focal, other = data.neighbours.pairs()
    names = {code: data.area_codes[place[i]] for i, code in enumerate(data.area_codes)}
    neighbours = type(data.neighbours).from_pairs(
        data.area_codes, [names[code] for code in focal], [names[code] for code in other]
    )
    moved = replace(
        data,
        neighbours=neighbours,
        counts=data.counts[order],
        population=data.population[order],
        area_km2=data.area_km2[order],
        stratum=data.stratum[order],
        indicators=data.indicators.iloc[order].set_axis(list(data.area_codes)),
        labels=data.labels.iloc[order].set_axis(list(data.area_codes)),
    )
    again = fit(moved)
    for outcome in OUTCOMES:
        assert again.expected[outcome] == pytest.approx(found.expected[outcome][order], rel=1e-4)


def test_the_same_again_to_the_last_digit(made: Made) -> None:
    data, _, _, found = made
    again = fit(data)
    for outcome in OUTCOMES:
        assert np.array_equal(again.expected[outcome], found.expected[outcome])
    pd.testing.assert_frame_equal(again.drivers, found.drivers)


def test_twice_as_long_ahead_is_twice_as_much_and_relatively_surer(made: Made) -> None:
    data, _, _, six = made
    twelve = fit(data, horizon_months=12)
    assert twelve.expected["harm"] == pytest.approx(2 * six.expected["harm"])
    width = (six.hi["violence"] - six.lo["violence"]) / six.expected["violence"]
    longer = (twelve.hi["violence"] - twelve.lo["violence"]) / twelve.expected["violence"]
    assert longer.mean() < width.mean()


def test_nothing_after_the_months_used_is_looked_at() -> None:
    data, _, _ = simulated(n=80, months=4)
    spoiled = data.counts.copy()
    spoiled[:, 2:] *= 50
    used = data.months[:2]
    first = fit(data, months_used=used)
    second = fit(replace(data, counts=spoiled), months_used=used)
    assert np.array_equal(first.expected["harm"], second.expected["harm"])
    assert first.summary["months"] == list(used)


@pytest.mark.parametrize("used", [("2031-01",), ()])
def test_months_that_are_not_there_are_refused(used: tuple[str, ...]) -> None:
    with pytest.raises(StatisticsError, match="months_used"):
        fit(CASE.case(), months_used=used)


def test_nothing_covered_and_no_horizon_are_refused() -> None:
    data = CASE.case()
    with pytest.raises(StatisticsError, match="no area is covered"):
        fit(replace(data, covered=np.zeros_like(data.covered)))
    with pytest.raises(StatisticsError, match="horizon_months"):
        fit(data, horizon_months=0)


@pytest.mark.parametrize("months", [1, 2, 3, 12])
def test_any_number_of_months_will_do(months: int) -> None:
    data, truth, _ = simulated(n=200, months=months, authorities=1)
    found = fit(data)
    assert np.corrcoef(np.log(found.expected["robbery"]), np.log(truth))[0, 1] > 0.6
    assert any("one month" in note for note in found.notes) == (months == 1)
    recent = found.drivers["driver"] == "all_other_crime_recent"
    assert recent.any() == (months >= 4)


def test_with_too_few_events_it_is_all_other_crime_and_own_counts_in_closed_form() -> None:
    """Four areas, robbery alone: level T/4, risk (4 + O) / (4 + T/4), six months of one."""
    data = CASE.case(n=4, months=1)
    counts = np.zeros_like(data.counts)
    robberies = np.array([0, 1, 2, 5])
    counts[:, 0, ROBBERY] = robberies
    found = fit(replace(data, counts=counts))
    mean = 8 / 4
    assert found.expected["robbery"] == pytest.approx(6 * mean * (4 + robberies) / (4 + mean))
    assert any("too little to learn from" in note and "robbery" in note for note in found.notes)
    assert found.summary["learned"]["robbery"] is False


def test_no_event_at_all_is_little_and_not_nothing() -> None:
    data = CASE.case(n=30, months=3)
    found = fit(replace(data, counts=np.zeros_like(data.counts)))
    assert found.expected["robbery"].sum() == pytest.approx(0.5 / 3 * 6, rel=0.01)
    assert (found.lo["harm"] == 0).all()


def test_a_month_without_data_is_not_a_month_without_crime() -> None:
    data, _, _ = simulated(n=200, months=6)
    covered = data.covered.copy()
    covered[:100, 3:] = False
    counts = np.where(covered[:, :, None], data.counts, 0)
    whole, part = fit(data), fit(replace(data, covered=covered, counts=counts))
    ratio = part.expected["violence"][:100].sum() / whole.expected["violence"][:100].sum()
    assert ratio == pytest.approx(1.0, abs=0.08)
    assert part.spread["violence"][:100].mean() > whole.spread["violence"][:100].mean()


@pytest.mark.parametrize("months", [1, 6])
def test_a_month_that_nobody_supplied_changes_nothing(months: int) -> None:
    data, _, _ = simulated(n=100, months=months)
    factors = (0.5,) * months + (1.5,) + (1.0,) * (11 - months)
    config = RiskConfig(forecast=Forecasting(seasonal_factors={"robbery": factors}))
    last = f"2025-{months + 1:02d}"
    longer = replace(
        data,
        months=(*data.months, last),
        counts=np.concatenate([data.counts, np.zeros_like(data.counts[:, :1])], axis=1),
        covered=np.concatenate([data.covered, np.zeros_like(data.covered[:, :1])], axis=1),
    )
    plain, found = fit(data, config=config), fit(longer, config=config)
    for part in ("expected", "lo", "hi"):
        assert np.array_equal(getattr(found, part)["violence"], getattr(plain, part)["violence"])
    # What is foretold still begins after the period: the factor of 1.5 is in one of the two alone.
    ratio = found.expected["robbery"] / plain.expected["robbery"]
    after = 5 * 1.0 + 0.5 if months == 6 else 6 * 1.0  # of August to January, the last is .5
    assert ratio == pytest.approx(after / (1.5 + 5 * 1.0))
    assert found.summary["months"] == list(data.months)
    assert found.summary["trained_on"] == ["2025-01", last]
    assert found.notes == plain.notes


def test_an_area_without_a_covered_month_is_left_blank() -> None:
    data, _, _ = simulated(n=100, months=2)
    covered = data.covered.copy()
    covered[3] = False
    found = fit(replace(data, covered=covered))
    assert np.isnan(found.expected["harm"][3])
    assert np.isnan(found.hi["robbery"][3])
    assert np.isfinite(np.delete(found.expected["harm"], 3)).all()
    assert "forecast: 1 area without a covered month is left blank." in found.notes


def test_areas_that_share_no_month_can_still_be_learned_from() -> None:
    data, _, _ = simulated(n=100, months=2)
    covered = np.zeros_like(data.covered)
    covered[::2, 0] = covered[1::2, 1] = True
    found = fit(replace(data, covered=covered))
    assert np.isfinite(found.expected["violence"]).all()
    assert any("too little to learn from" in note for note in found.notes)


@pytest.mark.parametrize("missing", ["all", "some"])
def test_without_deprivation_or_residents_it_says_so(missing: str) -> None:
    data, _truth, _ = simulated(n=120)
    gone = np.arange(120) < (120 if missing == "all" else 20)
    indicators = data.indicators.copy()
    indicators.loc[gone, "deprivation_without_crime"] = np.nan
    population = np.where(gone, np.nan, data.population)
    found = fit(replace(data, indicators=indicators, population=population))
    assert np.isfinite(found.expected["harm"]).all()
    words = "no area has" if missing == "all" else "20 areas without"
    for what in ("deprivation", "residents"):
        assert any(words in note and what in note for note in found.notes)
    drivers = set(found.drivers["driver"])
    assert ("deprivation_without_crime" in drivers) == (missing == "some")


def test_police_generated_counts_are_kept_out_unless_they_are_drivers() -> None:
    data, _, _ = simulated(n=120)
    more = data.counts.copy()
    more[:, :, DRUGS] = np.random.default_rng(5).poisson(9.0, more.shape[:2])
    changed = replace(data, counts=more)
    assert np.array_equal(fit(data).expected["robbery"], fit(changed).expected["robbery"])
    driver = RiskConfig(police_generated=PoliceGenerated(use="driver"))
    asked = fit(changed, config=driver)
    assert {"drugs", "possession_of_weapons"} <= set(asked.drivers["driver"])


def test_seasonal_factors_move_the_level() -> None:
    data, _, _ = simulated(n=100, months=6)  # January to June; foretold: July to December
    factors = (0.5,) * 6 + (1.5,) * 6
    config = RiskConfig(forecast=Forecasting(seasonal_factors={"robbery": factors}))
    plain, moved = fit(data), fit(data, config=config)
    assert moved.expected["robbery"] == pytest.approx(3 * plain.expected["robbery"])
    assert np.array_equal(moved.expected["violence"], plain.expected["violence"])
    assert any(
        note.startswith("forecast: no seasonal factors are supplied;") for note in plain.notes
    )
    assert any("supplied for" in note and "robbery" not in note for note in moved.notes)
    every = Forecasting(seasonal_factors=dict.fromkeys(CATEGORIES, factors))
    full = fit(data, config=RiskConfig(forecast=every))
    assert full.summary["seasonal"] is True
    assert not any("seasonal" in note for note in full.notes)


def test_importances_are_shares_and_the_greatest_come_first(made: Made) -> None:
    drivers = made[3].drivers
    assert set(drivers["outcome"]) == set(OUTCOMES)
    assert drivers["importance"].between(0, 1).all()
    for _, rows in drivers.groupby("outcome"):
        assert rows["importance"].is_monotonic_decreasing
        assert (rows["driver"] == "own_counts").sum() == 1


def test_drivers_are_all_that_makes_one_area_s_forecast_differ_from_another_s(
    made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their effects, on logarithms, add up to the expected events but for one constant."""
    fits: dict[str, CategoryFit] = {}

    def kept(outcome: str, parts: Any, *_: Any) -> list[dict[str, object]]:
        fits.update({f"{outcome} {at}": part for at, (part, _) in enumerate(parts)})
        return []

    monkeypatch.setattr("risk_model.forecast.driver_rows", kept)
    fit(made[0])
    assert len(fits) > 10
    for found in fits.values():
        assert found.learned is not None
        assert np.abs(found.learned.scale - 1).max() > 0.05
        drivers = {OWN_COUNTS, OTHER_CRIME, *found.names}
        rest = np.log(found.mean) - sum(_log_effect(found, name) for name in drivers)
        assert np.ptp(rest) == pytest.approx(0.0, abs=1e-9)


def test_as_an_indicator_it_is_scored_drawn_and_warned_about() -> None:
    data, _, _ = simulated(n=100, months=3)
    config = CASE.one({"expected_harm": 1.0})
    scored = score_model(data, config, CASE.HARM, density_share={})
    expected = fit_forecast(data, config, CASE.HARM, seed=config.uncertainty.seed).expected["harm"]
    assert scored.areas["sv01_score"].rank().tolist() == pd.Series(expected).rank().tolist()
    ranks = scored.areas[["sv01_rank", "sv01_rank_lo", "sv01_rank_hi"]].astype(float)
    assert (ranks["sv01_rank_hi"] > ranks["sv01_rank_lo"]).mean() > 0.9
    assert scored.areas["sv01_p_top_crime_only"].equals(scored.areas["sv01_p_top"])
    assert set(scored.contributions["indicator"]) == {"expected_harm"}
    both = CASE.one({"expected_harm": 1.0, "harm_rate": 1.0, "deprivation_without_crime": 1.0})
    assert any("count twice" in text and "expected_harm" in text for text in config_warnings(both))
    assert not any("count twice" in text for text in config_warnings(config))
    pair = CASE.one({"expected_harm": 1.0, "expected_robbery": 1.0})
    assert any("overlapping" in text for text in config_warnings(pair))
    assert not any(
        "expected" in name for p in RiskConfig().priorities.values() for name in p.indicators
    )
