"""Which change did it: sums, a brute-force oracle over every order, and what cannot be split."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import model_case as CASE
from risk_model import attribution, scoring
from risk_model.attribution import MAXIMUM_CAUSES, Attribution, Basis, attribute, shapley
from risk_model.config.harm import HarmWeights
from risk_model.config.risk import RiskConfig
from risk_model.model_data import ModelData, same_layers
from risk_model.ranking import rank_rows
from risk_model.scoring import rate
from spatial.errors import StatisticsError

MIXED = {"harm_rate": 0.5, "persistence": 0.2, "deprivation_without_crime": 0.3}


def basis(weights: Any, data: ModelData | None = None, harm: Any = None, **keys: Any) -> Basis:
    return Basis(data or CASE.case(), CASE.one(weights, **keys), harm or CASE.HARM)


def scored(found: Basis) -> tuple[np.ndarray, np.ndarray]:
    """Scores and ranks of the study areas by the model itself."""
    made = rate(found.data, found.config, found.harm).composites["sv01"]
    study = found.data.in_study
    ranks = rank_rows(made.score[None, :], made.groups)[0]
    return made.score[study], ranks[study]


def check_sums(found: Attribution, before: Basis, after: Basis) -> None:
    (old, was), (new, now) = scored(before), scored(after)
    kept = ~np.isnan(new - old)
    codes = np.array(before.data.study_codes)[kept]
    assert list(found.score.index) == list(codes)
    np.testing.assert_allclose(found.score.sum(axis=1), (new - old)[kept], atol=1e-9)
    np.testing.assert_allclose(found.rank.sum(axis=1), (now - was)[kept], atol=1e-9)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 4), st.data())
def test_shapley_is_the_mean_over_every_order(m: int, data: st.DataObject) -> None:
    values = data.draw(arrays(np.float64, (1 << m, 2), elements=st.integers(-9, 9).map(float)))
    slow = np.zeros((m, 2))
    orders = list(permutations(range(m)))
    for order in orders:
        made = 0
        for k in order:
            slow[k] += (values[made | 1 << k] - values[made]) / len(orders)
            made |= 1 << k
    out = shapley(values)
    np.testing.assert_allclose(out, slow, atol=1e-9)
    np.testing.assert_allclose(out.sum(axis=0), values[-1] - values[0], atol=1e-9)


def test_shapley_wants_every_combination() -> None:
    with pytest.raises(StatisticsError, match=r"3 rows; there must be one for each set"):
        shapley(np.zeros((3, 1)))


@pytest.mark.parametrize("method", ["arithmetic", "geometric"])
def test_every_combination_is_scored_as_the_model_would(method: str) -> None:
    """Oracle: the model run on each combination of two weights and one normalisation."""
    data = CASE.case(n=40, ring=6)
    column = data.indicators.columns.get_loc("deprivation_without_crime")
    data.indicators.iloc[3, column] = np.nan

    def combined(harm: bool, deprived: bool, stretched: bool) -> Basis:
        return basis(
            {
                "harm_rate": CASE.Indicator(
                    weight=0.8 if harm else 0.5, normalise="exponential" if stretched else "rank"
                ),
                "persistence": 0.2,
                "deprivation_without_crime": 0.1 if deprived else 0.3,
            },
            data,
            aggregate=method,
        )

    before, after = combined(False, False, False), combined(True, True, True)
    found = attribute("sv01", before, after)
    names = ["harm_rate normalise", "harm_rate 0.5 -> 0.8", "deprivation_without_crime 0.3 -> 0.1"]
    assert [cause.name for cause in found.causes] == names
    assert [cause.kind for cause in found.causes] == ["setting", "weight", "weight"]
    assert found.causes[1].settings == ("priorities.sv01.indicators.harm_rate.weight",)
    assert not found.note
    made = [
        scored(combined(bool(s & 2), bool(s & 4), bool(s & 1))) for s in range(8)
    ]  # bits in the order of the causes
    np.testing.assert_allclose(found.score.T, shapley(np.stack([m[0] for m in made])), atol=1e-9)
    np.testing.assert_allclose(found.rank.T, shapley(np.stack([m[1] for m in made])), atol=1e-9)
    check_sums(found, before, after)
    for k, name in enumerate(names):
        alone, row = made[1 << k][1], found.alone.loc[name]
        assert row["enters"] == ((alone <= 5) & (made[0][1] > 5)).sum()
        assert row["leaves"] == ((alone > 5) & (made[0][1] <= 5)).sum()
        assert row["rank_change"] == pytest.approx(np.abs(alone - made[0][1]).mean())


def test_data_are_told_from_settings() -> None:
    before = basis(MIXED, CASE.case(seed=1))
    after = basis(MIXED | {"harm_rate": 0.9}, CASE.case(seed=2))
    found = attribute("sv01", before, after)
    assert [cause.kind for cause in found.causes] == ["data", "weight"]
    check_sums(found, before, after)
    # The weight's part: the mean of its effect on the old data and on the new.
    effects = [
        scored(basis(MIXED | {"harm_rate": 0.9}, data))[0] - scored(basis(MIXED, data))[0]
        for data in (before.data, after.data)
    ]
    np.testing.assert_allclose(found.score["harm_rate 0.5 -> 0.9"], np.mean(effects, axis=0))


def test_an_indicator_that_comes_or_goes_is_a_weight_from_0_or_to_0() -> None:
    before = basis({"harm_rate": 1.0, "persistence": 1.0})
    after = basis({"harm_rate": 1.0, "all_crime_rate": 2.0})
    found = attribute("sv01", before, after)
    assert {c.name for c in found.causes} == {"persistence 1 -> 0", "all_crime_rate 0 -> 2"}
    check_sums(found, before, after)


def test_harm_weights_offences_and_shared_settings_are_causes() -> None:
    heavier = HarmWeights({**CASE.HARM.weights, CASE.VIOLENCE: 900.0}, ())
    before = basis(MIXED)
    after = basis(MIXED, harm=heavier, sections={"rurality": {"shrink_to": "stratum"}})
    found = attribute("sv01", before, after)
    assert [c.name for c in found.causes] == ["rurality shrink_to", "harm weights"]
    check_sums(found, before, after)
    other = Basis(
        before.data,
        CASE.one(MIXED, {CASE.VIOLENCE: 1.0}, denominator="none"),
        heavier,
    )
    found = attribute("sv01", before, other)
    assert "offences" in [c.name for c in found.causes]
    assert "denominator" in [c.name for c in found.causes]
    check_sums(found, before, other)


def test_settings_that_touch_no_score_are_no_cause() -> None:
    before = basis(MIXED)
    after = basis(
        MIXED,
        size=9,
        title="Other words",
        sections={"evidence": {"top_k": 0.5}, "statistics": {"alpha": 0.1, "ring": "none"}},
    )
    found = attribute("sv01", before, after)
    assert found.causes == ()
    assert found.score.shape == (48, 0)
    assert found.alone.empty


def test_statistics_that_touch_no_score_are_not_even_tried() -> None:
    """With them there would be six settings to try, and five are tried one by one at most."""
    before = basis(MIXED)
    after = basis(
        MIXED,
        sections={
            "statistics": {
                "permutations": 99,
                "alpha": 0.1,
                "correction": "none",
                "engine": "esda",
                "smoothing": "local_marshall",
            },
            "rurality": {"shrink_to": "stratum"},
        },
    )
    found = attribute("sv01", before, after)
    assert {cause.settings for cause in found.causes} == {
        ("statistics.smoothing",),
        ("rurality.shrink_to",),
    }
    check_sums(found, before, after)


def test_weights_that_would_sum_to_0_on_the_way_are_taken_together() -> None:
    before = basis({"harm_rate": 1.0, "persistence": 0.0})
    after = basis({"harm_rate": 0.0, "persistence": 1.0})
    found = attribute("sv01", before, after)
    assert [cause.name for cause in found.causes] == ["all settings"]
    assert len(found.causes[0].settings) == 2
    assert "they sum to 0" in found.note
    check_sums(found, before, after)


def test_too_many_changes_are_taken_together() -> None:
    names = [
        "harm_rate", "event_rate", "persistence", "all_crime_rate", "violence_rate",
        "robbery_rate", "antisocial_behaviour_rate", "deprivation_without_crime", "income",
        "employment", "education",
    ]  # fmt: skip
    assert len(names) > MAXIMUM_CAUSES
    before, after = basis(dict.fromkeys(names, 1.0)), basis(dict.fromkeys(names, 2.0))
    found = attribute("sv01", before, after)
    assert [cause.name for cause in found.causes] == ["all settings"]
    assert "too many" in found.note
    np.testing.assert_allclose(found.score, 0, atol=1e-9)


def test_too_many_areas_times_changes_are_taken_together(monkeypatch: pytest.MonkeyPatch) -> None:
    before, after = basis(MIXED), basis(dict.fromkeys(MIXED, 1.0))
    assert len(attribute("sv01", before, after).causes) == 3
    monkeypatch.setattr(attribution, "_MAXIMUM_RANKS", 48 * 8)  # 3 changes: 8 combinations
    assert len(attribute("sv01", before, after).causes) == 3
    monkeypatch.setattr(attribution, "_MAXIMUM_RANKS", 48 * 8 - 1)
    found = attribute("sv01", before, after)
    assert [cause.name for cause in found.causes] == ["all settings"]
    assert "3 changes to 48 areas" in found.note
    check_sums(found, before, after)


def test_one_change_needs_no_combination_however_many_areas(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(attribution, "_MAXIMUM_RANKS", 1)
    before, after = basis(MIXED), basis(MIXED | {"persistence": 0.6})
    found = attribute("sv01", before, after)
    assert [cause.name for cause in found.causes] == ["persistence 0.2 -> 0.6"]
    assert found.note == ""
    check_sums(found, before, after)


def test_what_one_run_cannot_ask_of_the_other_s_data_is_taken_together() -> None:
    """A table of workday population that only the later data hold."""
    data = CASE.case()
    before = basis(MIXED, data)
    richer = replace(data, denominators={"workday": data.population * 1.5 + 100.0})
    after = basis(MIXED, richer, denominator="workday")
    found = attribute("sv01", before, after)
    assert [cause.name for cause in found.causes] == ["everything"]
    assert "workday" in found.note
    check_sums(found, before, after)


def test_an_area_that_a_combination_cannot_score_is_not_split() -> None:
    data = CASE.case()
    column = data.indicators.columns.get_loc("deprivation_without_crime")
    data.indicators.iloc[7, column] = np.nan
    before = basis(MIXED | {"deprivation_without_crime": 0.0}, data,
                   sections={"missing": {"deprivation": "null"}})  # fmt: skip
    after = basis(MIXED, data)
    found = attribute("sv01", before, after)
    assert len(found.causes) == 2
    assert found.score.iloc[7].isna().all()
    assert found.score.drop(index=data.area_codes[7]).notna().all().all()


def test_welsh_areas_are_ranked_among_themselves_in_every_combination() -> None:
    data = CASE.case(n=40)
    codes = tuple(sorted(f"W{code[1:]}" if at >= 30 else code
                         for at, code in enumerate(data.area_codes)))  # fmt: skip
    tables = data.indicators.set_axis(list(codes))
    tables.loc[list(codes[30:])] = np.nan
    welsh = replace(
        data,
        area_codes=codes,
        indicators=tables,
        labels=data.labels.set_axis(list(codes)),
        neighbours=CASE.lattice(list(codes), 8),
    )
    before = basis(MIXED, welsh)
    after = basis(MIXED | {"deprivation_without_crime": 0.0, "harm_rate": 0.1}, welsh)
    found = attribute("sv01", before, after)
    check_sums(found, before, after)
    # Without deprivation everyone is in one ranking: Welsh areas move for that alone.
    moved = found.rank.loc[list(codes[30:]), "deprivation_without_crime 0.3 -> 0"]
    assert moved.abs().max() > 1


def test_the_same_layers_are_known_by_what_they_hold() -> None:
    data = CASE.case()
    assert same_layers(data, CASE.case())
    assert not same_layers(data, CASE.case(seed=8))
    for change in (
        {"population": data.population + 1},
        {"counts": data.counts + 1},
        {"indicators": data.indicators + 1},
        {"denominators": {"workday": data.population}},
        {"neighbours": CASE.lattice(list(data.area_codes), 6)},
        {"in_study": np.arange(48) < 40},
        {"attributes": data.indicators},
    ):
        assert not same_layers(data, replace(data, **change)), change


def test_a_forecast_is_learned_once_for_what_it_sees(monkeypatch: pytest.MonkeyPatch) -> None:
    learned = []
    fit = scoring.fit_forecast

    def counted(*arguments: Any, **options: Any) -> Any:
        learned.append(arguments)
        return fit(*arguments, **options)

    stretched = CASE.Indicator(weight=0.5, normalise="exponential")
    before = basis(MIXED, CASE.case(n=40))
    after = basis(MIXED | {"harm_rate": stretched, "expected_violence": 0.4}, before.data)
    monkeypatch.setattr(scoring, "fit_forecast", counted)
    found = attribute("sv01", before, after)
    assert [c.name for c in found.causes] == ["harm_rate normalise", "expected_violence 0 -> 0.4"]
    assert len(learned) == 1
    check_sums(found, before, after)


def test_settings_survive_the_way_through_a_manifest() -> None:
    config = RiskConfig()
    assert RiskConfig.model_validate_json(config.model_dump_json()) == config
