"""Rural fairness: ranks within town and country, and what is said that the data cannot see."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from dashboards.exports.blind_spots import blind_spots
from dashboards.strata import first_within, strata_of


def areas(classes: list[str], rank: list[float]) -> pd.DataFrame:
    """Areas in order of their code with a class each; ranks within are given."""
    index = pd.Index([f"X{n}" for n in range(len(classes))], name="area_code")
    return pd.DataFrame({"rural_urban": classes, "sv01_rank_in_stratum": rank}, index=index)


@pytest.mark.parametrize(
    ("written", "kind"),
    [
        ("Rural", "rural"), ("Urban", "urban"), ("RSF1", "rural"), ("UN1", "urban"), ("D1", "rural"),
        ("A1", "urban"), ("Larger rural: nearer to a major town", "rural"), ("", ""), (None, ""),
    ],
)  # fmt: skip
def test_every_classification_is_read(written: str | None, kind: str) -> None:
    assert strata_of(pd.DataFrame({"rural_urban": [written]})).tolist() == [kind]


def test_the_first_of_each_kind_by_their_own_rank() -> None:
    table = areas(["Rural", "Urban", "Rural", "Urban", "Rural", ""], [2, 1, 1, 2, 3, np.nan])
    found = first_within(table, "sv01", most=2)
    assert list(found) == ["rural", "urban"]
    assert list(found["rural"].index) == ["X2", "X0"]
    assert list(found["urban"].index) == ["X1", "X3"]
    assert list(found["rural"].columns) == list(table.columns)


def test_a_run_without_ranks_within_says_nothing() -> None:
    table = areas(["Rural", "Urban"], [1, 1])
    assert first_within(table.drop(columns="sv01_rank_in_stratum"), "sv01", most=3) == {}
    assert first_within(areas(["", ""], [np.nan, np.nan]), "sv01", most=3) == {}


def test_rural_domestic_abuse_is_named_whatever_the_run() -> None:
    for manifest in ({}, {"config": {}}, {"config": {"rurality": {"shrink_to": "study_area"}}}):
        said = blind_spots(manifest)
        assert "rural domestic abuse" in said[0]
        assert said[-1].startswith("No other source")
        assert len(said) == 2


def test_an_uplift_a_stratum_mean_and_other_sources_are_stated() -> None:
    manifest = {
        "config": {
            "rurality": {
                "shrink_to": "stratum",
                "under_reporting_uplift": {"rural": 1.25, "urban": 1.0},
            }
        },
        "other_sources": [{"title": "Ambulance calls"}, {"title": "Residents' reports"}],
    }
    said = blind_spots(manifest)
    assert len(said) == 4
    assert "rural areas that victims report are multiplied by 1.25" in said[1]
    assert "towards those of their kind" in said[2]
    assert said[3].endswith("Ambulance calls, Residents' reports.")
