"""From layers to indicators: what each one adds up, and what the uplift may touch."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import model_case as CASE
from risk_model.indicators import (
    IndicatorValue,
    SetRates,
    build_indicator,
    indicator_offences,
    set_rates,
    smooth_streams,
)
from risk_model.layers.crime import exposure, offence_set
from risk_model.layers.small_area import shrunken_rate

VIOLENCE = CASE.VIOLENCE
UPLIFT = {"rurality": {"under_reporting_uplift": {"rural": 1.5}}}


def build(name: str, offences: Any = "harm", *, data: Any = None, **keys: Any) -> SimpleNamespace:
    data = data or CASE.case()
    config = CASE.one({name: 1.0}, offences, **keys)
    exposed = exposure(data)
    offence_list = offence_set(config.priorities["sv01"], config, CASE.HARM)
    rates: SetRates = set_rates(data, config, offence_list, exposed)
    needed = indicator_offences(name, offence_list, data, config)
    streams = smooth_streams(needed, data, config, exposed)
    value: IndicatorValue = build_indicator(
        name, data=data, config=config, rates=rates, streams=streams, exposed=exposed
    )
    return SimpleNamespace(data=data, streams=streams, value=value, exposed=exposed, rates=rates)


def test_harm_rate_is_weight_times_shrunken_rate_of_each_category() -> None:
    found = build("harm_rate")
    slow = np.zeros(48)
    for (category, _), smoothed in found.streams.items():
        slow += CASE.HARM.weights[category] * shrunken_rate(smoothed, found.exposed)
    np.testing.assert_allclose(found.value.value, slow)
    assert found.value.unit == "harm points per 1,000 residents per year"
    assert {key[0] for key in found.streams} == set(found.rates.offences.categories)


def test_event_rate_of_one_category_is_its_smoothed_rate() -> None:
    found = build("event_rate", {VIOLENCE: 5.0})
    np.testing.assert_allclose(
        found.value.value, shrunken_rate(found.rates.smoothed, found.exposed)
    )


@pytest.mark.parametrize(
    ("name", "categories"),
    [
        ("violence_rate", {VIOLENCE}),
        ("robbery_rate", {"robbery"}),
        ("antisocial_behaviour_rate", {"anti_social_behaviour"}),
    ],
)
def test_rates_of_one_category(name: str, categories: set[str]) -> None:
    found = build(name)
    assert {key[0] for key in found.streams} == categories
    assert np.isfinite(found.value.value).all()


def test_all_crime_leaves_out_asb_and_police_generated() -> None:
    kept = {key[0] for key in build("all_crime_rate").streams}
    assert not kept & {"anti_social_behaviour", "drugs", "possession_of_weapons"}
    assert len(kept) == 11
    driver = build("all_crime_rate", sections={"police_generated": {"use": "driver"}})
    assert {key[0] for key in driver.streams} == kept | {"drugs", "possession_of_weapons"}


def test_parts_make_the_value_again() -> None:
    found = build("harm_rate", sections=UPLIFT)
    again = sum(factor * found.streams[key].mean for key, factor in found.value.parts)
    np.testing.assert_allclose(again, found.value.value)


def test_uplift_touches_victim_reported_rates_of_its_stratum_alone() -> None:
    plain, lifted = build("violence_rate"), build("violence_rate", sections=UPLIFT)
    rural = plain.data.stratum == "rural"
    np.testing.assert_allclose(lifted.value.value[rural], 1.5 * plain.value.value[rural])
    np.testing.assert_array_equal(lifted.value.value[~rural], plain.value.value[~rural])
    np.testing.assert_array_equal(lifted.rates.monthly, plain.rates.monthly)
    # Drugs are found by officers, not reported by victims.
    driver = {"police_generated": {"use": "driver"}}
    before = build("event_rate", {"drugs": 1.0}, sections=driver)
    after = build("event_rate", {"drugs": 1.0}, sections=driver | UPLIFT)
    np.testing.assert_array_equal(after.value.value, before.value.value)


def test_persistence_is_the_mean_over_covered_months() -> None:
    covered = CASE.case().covered.copy()
    covered[0] = [True, False, True, False, False, False]
    covered[1] = False
    found = build("persistence", data=CASE.case(covered=covered))
    monthly = found.value.monthly
    assert found.value.value[0] == pytest.approx((monthly[0, 0] + monthly[0, 2]) / 2)
    assert np.isnan(found.value.value[1])
    assert ((found.value.value[2:] > 0) & (found.value.value[2:] < 1)).all()


def test_area_indicators_come_as_they_are() -> None:
    data = CASE.case()
    data.indicators.loc[data.area_codes[3], "income"] = np.nan
    found = build("income", data=data)
    np.testing.assert_array_equal(found.value.value, data.indicators["income"])
    assert not found.value.from_crime
    without = CASE.case(indicators=data.indicators.drop(columns="income"))
    assert np.isnan(build("income", data=without).value.value).all()
