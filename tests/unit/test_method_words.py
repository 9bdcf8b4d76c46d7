"""Sentences about settings: each setting has one, and an old run says little but nothing wrong."""

from __future__ import annotations

from typing import Any

import pytest

from dashboards.method_words import neighbours_said, smoothing_said
from risk_model.config.settings import Rurality, Statistics


def manifest(*, rurality: str = "study_area", **statistics: Any) -> dict[str, Any]:
    return {
        "config": {
            "statistics": Statistics(**statistics).model_dump(mode="json"),
            "rurality": Rurality(shrink_to=rurality).model_dump(mode="json"),
        }
    }


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "towards the mean of the study area (gamma-Poisson)."),
        (
            {"rurality": "stratum"},
            "towards the mean of areas of their own kind, urban or rural (gamma-Poisson).",
        ),
        ({"smoothing": "marshall"}, "the study area (Marshall's global empirical Bayes)"),
        (
            {"smoothing": "local_marshall", "rurality": "stratum"},
            (
                "each area and its neighbours within areas of their own kind, urban or rural "
                "(Marshall's local empirical Bayes)"
            ),
        ),
    ],
)
def test_smoothing_is_said_with_what_rates_are_pulled_towards(
    changes: dict[str, Any], words: str
) -> None:
    said = smoothing_said(manifest(**changes))
    assert words in said
    assert said.endswith(".")
    assert ",." not in said


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "Neighbours share a border or a corner."),
        ({"neighbours": "rook"}, "Neighbours share a border."),
        (
            {"neighbours": "distance", "distance_m": 4000.0},
            "Neighbours are areas whose middles lie within 4,000 m; each counts the same.",
        ),
        (
            {"neighbours": "distance", "distance_weights": "inverse"},
            "within 5,000 m; for Moran's I a nearer one counts more",
        ),
    ],
)
def test_neighbours_are_said_with_their_weights(changes: dict[str, Any], words: str) -> None:
    assert words in neighbours_said(manifest(**changes))


def test_a_run_that_recorded_no_settings_says_so() -> None:
    assert smoothing_said({}) == "How rates of small areas were smoothed was not recorded."
    assert neighbours_said({}) == ""
