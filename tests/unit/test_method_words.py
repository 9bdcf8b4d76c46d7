"""Sentences about settings: each setting has one, and an old run says little but nothing wrong."""

from __future__ import annotations

from typing import Any

import pytest

from dashboards.method_words import (
    correction_said,
    labels_said,
    neighbours_said,
    seeds_said,
    side_tested,
    sides_said,
    smoothing_said,
)
from dashboards.words import CLUSTER_WORDS, cluster_words, spot_words
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


@pytest.mark.parametrize(
    ("changes", "words", "absent"),
    [
        ({}, ("its q-value is 0.05 or less", "on 99,999 chance maps."), ("esda", "not corrected")),
        ({"alpha": 0.1, "permutations": 9_999}, ("0.1 or less", "9,999 chance maps"), ()),
        ({"correction": "none"}, ("its p-value is", "not corrected for testing"), ("q-value",)),
        ({"engine": "esda"}, ("come from the esda library.",), ()),
    ],
)
def test_a_cluster_label_is_said_with_its_level_and_correction(
    changes: dict[str, Any], words: tuple[str, ...], absent: tuple[str, ...]
) -> None:
    said = labels_said(manifest(**changes))
    assert all(word in said for word in words)
    assert not any(word in said for word in absent)


@pytest.mark.parametrize(
    ("changes", "said"),
    [({}, "Corrected for many tests"), ({"correction": "none"}, "Not corrected for many tests")],
)
def test_a_correction_is_said_only_where_it_was_made(changes: dict[str, Any], said: str) -> None:
    assert correction_said(manifest(**changes)) == said


def test_a_run_that_recorded_no_settings_says_so() -> None:
    assert smoothing_said({}) == "How rates of small areas were smoothed was not recorded."
    assert neighbours_said({}) == ""
    assert labels_said({}) == ""
    assert correction_said({}) == ""


@pytest.mark.parametrize(
    ("side", "words", "unsaid"),
    [
        ("two-sided", "Pseudo p-values are two-sided: ", "one-sided"),
        ("greater", "one-sided (greater): only areas unusually like their neighbours", "unlike"),
        ("less", "No area can be High-High or a hot spot.", "unusually like"),
    ],
)
def test_the_side_tested_is_said(side: str, words: str, unsaid: str) -> None:
    made = manifest(alternative=side)
    assert side_tested(made) == side
    assert words in sides_said(made)
    assert unsaid not in sides_said(made)


def test_a_run_from_before_there_was_a_choice_was_two_sided() -> None:
    older = manifest()
    del older["config"]["statistics"]["alternative"]
    assert side_tested(older) == "two-sided"
    assert sides_said(older) == sides_said(manifest())
    assert sides_said({}) == ""


def test_nothing_found_is_said_of_the_side_that_was_tested() -> None:
    assert cluster_words("Not significant") == "No pattern beyond chance"
    assert cluster_words("Not significant", "greater") == "Not like its neighbours beyond chance"
    assert cluster_words("Not significant", "less") == "Not unlike its neighbours beyond chance"
    for label in set(CLUSTER_WORDS) - {"Not significant"}:
        assert cluster_words(label, "less") == CLUSTER_WORDS[label]
    assert cluster_words("of a later version") == "of a later version"
    assert spot_words(0) == "Neither"
    assert (spot_words(0, "greater"), spot_words(0, "less")) == ("No hot spot", "No cold spot")
    assert spot_words(-2, "less") == spot_words(-2) == "Cold spot, 95% confidence"


def test_labels_that_other_seeds_change_are_said() -> None:
    made = {
        "sv01": {"clusters_labelled": 52, "seeds_agree_at_least": 0.8},
        "sv02": {"clusters_labelled": 1, "seeds_agree_at_least": 1.0},
        "sv03": {"clusters_labelled": 0, "seeds_agree_at_least": None},
        "sv04": {"clusters_labelled": 3, "seeds_agree_at_least": None},
        "sv05": {"clusters_labelled": 0, "spots_labelled": 7, "spots_agree_at_least": 0.6},
    }
    run = {"priorities": {key: {} for key in made}, "statistics": {"diagnostics": made}}
    assert seeds_said(run) == (
        "Chance maps were drawn again from five other random seeds. "
        "SV01: 52 areas have a cluster label, and the least certain kept it in 80% of further "
        "draws; SV02: 1 area has a cluster label, and none lost it when drawn again; "
        "SV04: 3 areas have a cluster label, and none was drawn again; "
        "SV05: 7 areas have a hot or cold spot (Gi*), and the least certain kept it in 60% of "
        "further draws."
    )


def test_a_run_without_labels_says_nothing_of_seeds() -> None:
    assert seeds_said({"priorities": {"sv01": {}}}) == ""
    assert seeds_said({"priorities": {"sv01": {}}, "statistics": {"diagnostics": {}}}) == ""
