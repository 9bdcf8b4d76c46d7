"""Strands and tiers: each bar, and the order of tiers."""

from __future__ import annotations

import numpy as np
import pytest

from risk_model.config.priority import Tiers
from risk_model.config.settings import Evidence
from risk_model.evidence import EvidenceInputs, find_strands, strand_text, tiers


def seen(**changes: object) -> EvidenceInputs:
    fields: dict[str, object] = {
        "events": 10.0,
        "p_top": 0.0,
        "p_excess": 0.0,
        "cluster": "Not significant",
        "raw_cluster": "Not significant",
        "gi_bin": 0.0,
        "gi_raw_bin": 0.0,
        "density_share": 0.0,
        "months_above": 0.0,
        "months_covered": 6,
    } | changes
    return EvidenceInputs(**{name: np.array([value]) for name, value in fields.items()})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("strand", "holds", "fails"),
    [
        ("top_k", {"p_top": 0.8}, {"p_top": 0.79}),
        ("excess_risk", {"p_excess": 0.8}, {"p_excess": 0.79}),
        ("excess_risk", {"p_excess": 1.0, "events": 5.0}, {"p_excess": 1.0, "events": 4.0}),
        ("cluster", {"cluster": "High-High"}, {"cluster": "High-Low"}),
        ("cluster", {"gi_bin": 2.0}, {"gi_bin": 1.0}),
        ("cluster", {"gi_bin": 3.0}, {"gi_bin": float("nan")}),
        ("cluster_raw", {"gi_raw_bin": 2.0}, {"gi_raw_bin": -3.0}),
        ("cluster_raw", {"raw_cluster": "High-High"}, {"raw_cluster": "Low-Low"}),
        ("density", {"density_share": 0.5}, {"density_share": 0.49}),
        ("density", {"density_share": 0.9, "events": 5.0}, {"density_share": 0.9, "events": 4.0}),
        ("persistent", {"months_above": 4.0}, {"months_above": 3.0}),
        ("persistent", {"months_above": 1.0, "months_covered": 1}, {"months_covered": 0}),
    ],
)
def test_bars(strand: str, holds: dict[str, object], fails: dict[str, object]) -> None:
    assert find_strands(seen(**holds), Evidence())[strand].tolist() == [True]
    assert find_strands(seen(**fails), Evidence())[strand].tolist() == [False]


def test_what_is_not_known_supports_nothing() -> None:
    unknown = seen(p_top=np.nan, p_excess=np.nan, density_share=np.nan, months_above=np.nan)
    assert not any(holds.any() for holds in find_strands(unknown, Evidence()).values())


def test_bars_are_settings() -> None:
    strict = Evidence(top_k=0.95, min_events=20, density_share=0.7)
    found = find_strands(seen(p_top=0.9, p_excess=1.0, density_share=0.6), strict)
    assert not any(holds.any() for holds in found.values())


def strands(*names: str) -> dict[str, np.ndarray]:
    every = ("top_k", "excess_risk", "cluster", "cluster_raw", "density", "persistent")
    return {name: np.array([name in names]) for name in every}


@pytest.mark.parametrize(
    ("names", "tier"),
    [
        (("top_k", "excess_risk", "cluster"), "Strong"),
        (("top_k", "excess_risk", "density"), "Strong"),
        (("top_k", "excess_risk", "persistent"), "Strong"),
        (("top_k", "excess_risk"), "Supported"),
        (("top_k", "excess_risk", "cluster_raw"), "Supported"),
        (("top_k", "persistent"), "Supported"),
        (("top_k", "density"), "Watch"),
        (("excess_risk", "cluster", "density", "persistent"), "Watch"),
        (("cluster",), "Watch"),
        (("persistent", "density", "cluster_raw"), "Not evidenced"),
        ((), "Not evidenced"),
    ],
)
def test_default_tiers(names: tuple[str, ...], tier: str) -> None:
    assert tiers(strands(*names), Tiers()).tolist() == [tier]


def test_strongest_tier_wins_and_comes_from_the_settings() -> None:
    default = Tiers()
    density = {"needs": ("density",), "plus_any": ()}
    loose = default.model_copy(
        update={
            "strong": default.strong.model_copy(update=density),
            "supported": default.supported.model_copy(update=density),
        }
    )
    assert tiers(strands("density"), loose).tolist() == ["Strong"]


def test_strand_text_names_the_raw_cluster_only_by_itself() -> None:
    both = strands("top_k", "cluster", "cluster_raw")
    assert strand_text(both).tolist() == ["top_k; cluster"]
    assert strand_text(strands("cluster_raw")).tolist() == ["cluster_raw"]
    assert strand_text(strands()).tolist() == [""]
