"""What is kept is what would be computed, does not grow, and never outlives a change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

import model_case as CASE
from risk_model import area_table, clusters, uncertainty
from risk_model.config.risk import RiskConfig
from risk_model.kept import Kept, bits
from risk_model.layers import small_area
from risk_model.model_data import ModelData
from risk_model.scoring import Scored
from risk_model.whatif import rescore

KEEPERS = (
    (small_area, "_KEPT"),
    (uncertainty, "_RISKS"),
    (uncertainty, "_INDICATORS"),
    (clusters, "_KEPT"),
    (area_table, "_KEPT"),
)
DATA = CASE.case(n=56, ring=8)
Change = Callable[[ModelData, RiskConfig], tuple[ModelData, RiskConfig, Any]]


def test_the_work_is_done_once_and_the_oldest_answer_goes_first() -> None:
    kept: Kept[int] = Kept(2)
    done: list[str] = []

    def ask(name: str) -> int:
        return kept.get(name, lambda: done.append(name) or len(done))

    assert [ask("a"), ask("b"), ask("a"), ask("c"), ask("a"), ask("b")] == [1, 2, 1, 3, 1, 4]
    assert done == ["a", "b", "c", "b"]


def test_bits_tell_shape_type_and_the_last_bit_apart() -> None:
    one = np.array([1.0, 2.0])
    assert bits(one, None) == bits(one.copy(), None)
    others = [one[None], one.astype(np.float32), np.nextafter(one, 3.0), -one]
    assert all(bits(other) != bits(one) for other in others)


def test_a_kept_array_cannot_be_written_to() -> None:
    kept: Kept[np.ndarray] = Kept(2)
    with pytest.raises(ValueError, match="read-only"):
        kept.get("a", lambda: np.zeros(3))[0] = 1.0


def forget(monkeypatch: pytest.MonkeyPatch) -> None:
    """Start every keeper empty."""
    for module, name in KEEPERS:
        monkeypatch.setattr(module, name, Kept(getattr(module, name)._most))


def harm_rate(config: RiskConfig, **changes: Any) -> RiskConfig:
    priority = config.priorities["sv01"]
    indicators = dict(priority.indicators)
    indicators["harm_rate"] = indicators["harm_rate"].model_copy(update=changes)
    sv01 = priority.model_copy(update={"indicators": indicators})
    return config.model_copy(update={"priorities": config.priorities | {"sv01": sv01}})


def weights(name: str, factor: float) -> Any:
    return replace(CASE.HARM, weights=CASE.HARM.weights | {name: CASE.HARM.weights[name] * factor})


def fewer_months(data: ModelData, config: RiskConfig) -> tuple[ModelData, RiskConfig, Any]:
    shorter = replace(
        data, months=data.months[:4], covered=data.covered[:, :4], counts=data.counts[:, :4]
    )
    return shorter, config, CASE.HARM


def one_more_event(data: ModelData, config: RiskConfig) -> tuple[ModelData, RiskConfig, Any]:
    counts = data.counts.copy()
    counts[3, 2, data.categories.index(CASE.VIOLENCE)] += 1
    return replace(data, counts=counts), config, CASE.HARM


def uncovered(data: ModelData, config: RiskConfig) -> tuple[ModelData, RiskConfig, Any]:
    covered = data.covered.copy()
    covered[5, 1] = False
    counts = data.counts.copy()
    counts[5, 1] = 0
    return replace(data, covered=covered, counts=counts), config, CASE.HARM


def another_seed(data: ModelData, config: RiskConfig) -> tuple[ModelData, RiskConfig, Any]:
    other = config.uncertainty.model_copy(update={"seed": config.uncertainty.seed + 1})
    return data, config.model_copy(update={"uncertainty": other}), CASE.HARM


def stricter(data: ModelData, config: RiskConfig) -> tuple[ModelData, RiskConfig, Any]:
    other = config.statistics.model_copy(update={"correction": "none"})
    return data, config.model_copy(update={"statistics": other}), CASE.HARM


CHANGES: dict[str, tuple[Change, tuple[str, ...]]] = {
    "weight": (lambda d, c: (d, harm_rate(c, weight=0.9), CASE.HARM), ("score", "p_top")),
    "normalise": (lambda d, c: (d, harm_rate(c, normalise="minmax"), CASE.HARM), ("p_top",)),
    "direction": (
        lambda d, c: (d, harm_rate(c, direction="lower_is_worse"), CASE.HARM),
        ("p_top",),
    ),
    "offence": (lambda d, c: (d, c, weights(CASE.VIOLENCE, 3.0)), ("score", "p_top", "lisa_p")),
    "period": (fewer_months, ("rr", "p_top", "lisa_p")),
    "one event": (one_more_event, ("rr", "lisa_i")),
    "coverage": (uncovered, ("rr",)),
    "seed": (another_seed, ("p_top", "lisa_p")),
    "correction": (stricter, ("lisa_q",)),
}


def same(one: Scored, other: Scored) -> None:
    pd.testing.assert_frame_equal(one.areas, other.areas, check_exact=True)
    pd.testing.assert_frame_equal(one.contributions, other.contributions, check_exact=True)
    assert (one.diagnostics, one.warnings) == (other.diagnostics, other.warnings)


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_has_the_answer_it_has_alone(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """To the last bit, with everything kept from before the change; and it makes a difference."""
    change, columns = CHANGES[name]
    config = CASE.settings()
    forget(monkeypatch)
    before = rescore(DATA, config, CASE.HARM, density_share={})
    after = rescore(*change(DATA, config), density_share={})
    back = rescore(DATA, config, CASE.HARM, density_share={})
    forget(monkeypatch)
    same(after, rescore(*change(DATA, config), density_share={}))
    same(back, before)
    for column in columns:
        assert not after.areas[f"sv01_{column}"].equals(before.areas[f"sv01_{column}"]), column


def test_nothing_is_kept_of_a_country(monkeypatch: pytest.MonkeyPatch) -> None:
    forget(monkeypatch)
    small = rescore(DATA, CASE.settings(), CASE.HARM, density_share={})
    forget(monkeypatch)
    monkeypatch.setattr(small_area, "_KEPT_CELLS", 0)
    monkeypatch.setattr(uncertainty, "_KEPT_CELLS", 0)
    large = rescore(DATA, CASE.settings(), CASE.HARM, density_share={})
    same(large, small)
    assert not small_area._KEPT._answers
    assert not uncertainty._RISKS._answers
    assert not uncertainty._INDICATORS._answers


def test_another_weight_draws_nothing_anew_where_risks_do_not_fit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Many draws: their risks are not kept, the indicators made of them are."""
    config = CASE.settings()
    other = harm_rate(config, weight=0.9)
    wanted = [rescore(DATA, each, CASE.HARM, density_share={}) for each in (config, other)]
    forget(monkeypatch)
    monkeypatch.setattr(uncertainty, "_MOST_RISKS", 1)
    same(rescore(DATA, config, CASE.HARM, density_share={}), wanted[0])
    assert not uncertainty._RISKS._answers

    def refused(*_: Any, **__: Any) -> Any:
        raise AssertionError("drawn again")

    monkeypatch.setattr(small_area.Smoothed, "draw", refused)
    monkeypatch.setattr(uncertainty, "draw_persistence", refused)
    same(rescore(DATA, other, CASE.HARM, density_share={}), wanted[1])


def test_without_explanations_every_figure_is_the_same() -> None:
    config = CASE.settings()
    whole = rescore(DATA, config, CASE.HARM, density_share={})
    plain = rescore(DATA, config, CASE.HARM, density_share={}, explain=False)
    said = [name for name in whole.areas if name.endswith("_reasons")]
    assert len(said) == len(config.priorities)
    pd.testing.assert_frame_equal(plain.areas, whole.areas.drop(columns=said), check_exact=True)
    pd.testing.assert_frame_equal(plain.contributions, whole.contributions, check_exact=True)
    assert plain.sentences.empty
    assert plain.figures.empty
    assert not whole.sentences.empty
