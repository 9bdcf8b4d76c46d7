"""The police-generated share and its alarm: sums, a hand-worked test, and its chance level."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from scipy import stats

import model_case as CASE
from risk_model.guard_report import Before, guard_report, read_before
from risk_model.guards import (
    Monthly,
    growth_words,
    guard_columns,
    police_generated_counts,
    share_growth,
)
from risk_model.run_store import PublishedRun

DATA = CASE.case(n=40, ring=6, months=6)
CONFIG = CASE.settings()


def monthly(part: list[float], whole: list[float]) -> Monthly:
    return Monthly(np.array(part, dtype=float), np.array(whole, dtype=float))


def test_shares_are_of_crimes_and_leave_anti_social_behaviour_out() -> None:
    long = [
        (DATA.counts[i, :, k].sum(), category)
        for i in range(2)
        for k, category in enumerate(DATA.categories)
    ]
    for i in range(2):
        mine = long[i * len(DATA.categories) : (i + 1) * len(DATA.categories)]
        crimes = sum(n for n, name in mine if name != CASE.ASB)
        police = sum(n for n, name in mine if name in ("drugs", "possession_of_weapons"))
        found = guard_columns(DATA, CONFIG)["police_generated_share"].iloc[i]
        assert found == pytest.approx(police / crimes)


def test_months_without_data_leave_the_share() -> None:
    covered = DATA.covered.copy()
    covered[:, 0] = False
    part, whole = police_generated_counts(replace(DATA, covered=covered), CONFIG)
    assert not part[:, 0].any()
    assert not whole[:, 0].any()
    none = guard_columns(replace(DATA, covered=np.zeros_like(covered)), CONFIG)
    assert none["police_generated_share"].isna().all()


def test_growth_by_hand() -> None:
    """Two months of 100 at .05 against two of 100 at .10; X2 worked out month by month."""
    before, since = monthly([4, 6], [100, 100]), monthly([8, 12], [100, 100])
    chi = 2 * 1 / (100 * 0.05 * 0.95) + 2 * 4 / (100 * 0.1 * 0.9)
    phi = max(1.0, chi / 2)
    t = 0.05 / np.sqrt(phi * 0.075 * 0.925 * (1 / 200 + 1 / 200))
    found = share_growth(before, since, growth=0.1, alpha=0.1)
    assert (found.before, found.since, found.phi) == (0.05, 0.1, phi)
    assert found.t == pytest.approx(t)
    assert found.p == pytest.approx(1 - stats.t.cdf(t, 2))
    assert found.alarm
    assert not share_growth(before, since, growth=0.1, alpha=0.05).alarm
    assert not share_growth(before, since, growth=1.1, alpha=0.1).alarm  # grew by 100 %


def test_months_without_a_record_change_no_test_of_growth() -> None:
    before, since = monthly([4, 6], [100, 100]), monthly([8, 12], [100, 100])
    gaps = monthly([0, 4, 0, 6], [0, 100, 0, 100]), monthly([8, 12, 0], [100, 100, 0])
    assert share_growth(*gaps, growth=0.1, alpha=0.1) == share_growth(
        before, since, growth=0.1, alpha=0.1
    )


def test_restless_months_need_more_to_alarm() -> None:
    calm = share_growth(
        monthly([50] * 6, [1000] * 6), monthly([70] * 6, [1000] * 6), growth=0.1, alpha=0.01
    )
    restless = share_growth(
        monthly([5, 95] * 3, [1000] * 6), monthly([5, 135] * 3, [1000] * 6), growth=0.1, alpha=0.01
    )
    assert (calm.before, calm.since) == (restless.before, restless.since)
    assert calm.alarm
    assert not restless.alarm
    assert restless.phi > 10


@pytest.mark.parametrize(
    ("before", "since"),
    [
        (([5], [100]), ([50], [100])),  # two months tell nothing of how months vary
        (([5, 5], [100, 100]), ([50], [100])),  # one degree of freedom
        (([], []), ([5, 5, 5], [100, 100, 100])),
        (([5, 5, 5], [0, 0, 0]), ([5, 5], [100, 100])),
        (([0, 0], [100, 100]), ([0, 0], [100, 100])),
        (([9, 9], [9, 9]), ([9, 9], [9, 9])),
        (([], []), ([], [])),
        (([5, 5], [100, 100]), ([], [])),
        (([0, 5, 0], [0, 100, 0]), ([0, 50], [0, 100])),  # one recorded month each
    ],
)
def test_too_little_is_not_tested(
    before: tuple[list[float], list[float]], since: tuple[list[float], list[float]]
) -> None:
    found = share_growth(monthly(*before), monthly(*since), growth=0.0, alpha=0.2)
    assert np.isnan(found.p)
    assert not found.alarm


@pytest.mark.parametrize("spread", [0.0, 0.3])
def test_noise_does_not_alarm(spread: float) -> None:
    """Constant share, monthly shares that vary by chance or more: alarms at the stated level."""
    rng = np.random.default_rng(11)
    draws, alarms = 2000, 0
    for _ in range(draws):
        share = 0.04 * rng.gamma(1 / spread**2, spread**2, 12) if spread else np.full(12, 0.04)
        part = rng.binomial(1500, np.minimum(share, 1)).astype(float)
        whole = np.full(12, 1500.0)
        alarms += share_growth(
            Monthly(part[:6], whole[:6]), Monthly(part[6:], whole[6:]), growth=0.0, alpha=0.05
        ).alarm
    # 99.9 % range of a binomial share of .05 in 2,000 is .036 to .067.
    assert alarms / draws <= 0.067


def test_a_doubled_share_alarms() -> None:
    rng = np.random.default_rng(12)
    whole, alarms = np.full(6, 1500.0), 0
    for _ in range(200):
        before = Monthly(rng.binomial(1500, 0.03, 6).astype(float), whole)
        since = Monthly(rng.binomial(1500, 0.06, 6).astype(float), whole)
        found = share_growth(before, since, growth=0.1, alpha=0.01)
        alarms += found.alarm
    assert alarms == 200
    words = growth_words(found, growth=0.1, run="R")
    assert words.startswith("alarm: the police-generated share of recorded crime grew from 2.9%")
    assert growth_words(replace(found, alarm=False), growth=0.1, run="R") == ""


def built(data: Any) -> Any:
    """As much of a built run as the guards look at."""
    index = pd.Index(data.study_codes, name="area_code")
    frame = gpd.GeoDataFrame(
        {"sv01_flag": [True] * len(index)},
        index=index,
        geometry=gpd.points_from_xy(*[[0] * len(index)] * 2),
    )
    return SimpleNamespace(model=data, risk=CONFIG, harm=CASE.HARM, areas=frame)


def before(data: Any, months: int, flagged: int) -> Before:
    """The first months of `data` as the run before, with the first areas flagged."""
    flags = np.arange(len(data.area_codes)) < flagged
    return Before(
        run_id="20260101T000000Z-00000001",
        months=data.months[:months],
        covered=data.covered[:, :months],
        counts=data.counts[:, :months],
        flagged={"sv01": flags},
    )


def test_the_first_run_compares_with_nothing() -> None:
    found = guard_report(built(DATA), None)
    assert found.columns["police_generated_change"].isna().all()
    assert (found.columns["sv01_feedback"] == "").all()
    assert found.record["previous_run"] is None
    assert found.warnings == ()
    part, whole = police_generated_counts(DATA, CONFIG)
    study = DATA.in_study
    assert found.record["police_generated_share"] == pytest.approx(
        part[study].sum() / whole[study].sum()
    )


def test_change_alarm_and_feedback_against_the_run_before() -> None:
    counts = DATA.counts.copy()
    drugs = DATA.categories.index("drugs")
    robbery = DATA.categories.index("robbery")
    counts[:, 3:, drugs] = counts[:, 3:, drugs] * 4 + 3  # since: much more looking, everywhere
    counts[0, 3:, robbery] += 20  # one flagged area rises
    counts[30, 3:, robbery] += 20  # an area that nobody flagged rises too
    data = replace(DATA, counts=counts)
    found = guard_report(built(data), before(data, 3, 4))
    part, whole = police_generated_counts(data, CONFIG)
    change = part.sum(axis=1) / whole.sum(axis=1) - part[:, :3].sum(axis=1) / whole[:, :3].sum(
        axis=1
    )
    np.testing.assert_allclose(
        found.columns["police_generated_change"], change[data.in_study], rtol=1e-12
    )
    assert found.record["growth"]["alarm"]
    assert found.record["months_since"] == ["2025-04", "2025-05", "2025-06"]
    notes = found.columns["sv01_feedback"]
    assert list(notes.index[notes != ""]) == [data.area_codes[0]]
    assert notes.iloc[0] == (
        "flagged in the period to 2025-03, and recorded robbery rose here more than elsewhere "
        "since; recorded rises in flagged areas may follow from police presence"
    )
    assert [words.split(":")[0] for words in found.warnings] == ["alarm", "sv01"]


def test_any_published_run_can_be_the_run_before(demonstration_run: PublishedRun) -> None:
    kept = pd.read_parquet(demonstration_run.path("model/indicators.parquet"))
    codes = tuple(sorted(kept["area_code"].astype(str)))[:-1]
    categories = (CASE.ASB, "drugs", CASE.VIOLENCE)
    run = SimpleNamespace(
        model=SimpleNamespace(area_codes=codes, categories=categories),
        risk=SimpleNamespace(priorities={"sv01": None, "new": None}),
    )
    assert read_before(None, run) is None  # type: ignore[arg-type]
    found = read_before(demonstration_run, run)  # type: ignore[arg-type]
    assert found is not None
    assert set(found.flagged) == {"sv01"}
    areas = demonstration_run.areas()
    assert found.flagged["sv01"].sum() == areas.loc[list(codes), "sv01_flag"].sum()
    assert found.covered.sum() == len(codes) * 11  # 2025-08 has no file
    assert found.counts[:, :, 1].sum() > 0
