"""Dorset Council: what its lists can and cannot say."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

from risk_model.rank_sets import rank_sets
from risk_model.run_store import PublishedRun

pytestmark = pytest.mark.real_data
NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")


def sets_of(run: PublishedRun, category: str) -> tuple[np.ndarray, np.ndarray]:
    counts = pd.read_parquet(run.path("model/counts.parquet"))
    areas = run.areas()
    events = counts[counts["category"] == category].groupby("area_code")["n"].sum()
    events = events.reindex(areas.index).fillna(0).to_numpy(dtype=float)
    people = areas["population"].to_numpy(dtype=float)
    return rank_sets(events, people * events.sum() / people.sum())


def test_counts_of_robbery_order_hardly_anything_in_one_county(dorset_run: PublishedRun) -> None:
    low, high = sets_of(dorset_run, "robbery")
    assert ((low == 1) & (high == 223)).mean() > 0.95


def test_counts_of_violence_order_the_ends_and_not_the_middle(dorset_run: PublishedRun) -> None:
    low, high = sets_of(dorset_run, "violence_and_sexual_offences")
    assert (high == 1).sum() <= 1
    assert high.min() <= 3
    assert np.median(high - low) > 100


def test_every_list_ends_among_areas_that_hardly_differ(dorset_run: PublishedRun) -> None:
    areas = dorset_run.areas()
    for key in ("sv01", "sv04"):
        beside = int(areas[f"{key}_beside_list"].sum())
        assert 3 <= beside <= 40
        assert dorset_run.manifest["priorities"][key]["list"]["beside"] == beside


def test_every_number_of_every_sentence_is_a_figure(dorset_run: PublishedRun) -> None:
    told = pd.read_csv(dorset_run.path("explanations.csv"), keep_default_na=False)
    figures = pd.read_csv(dorset_run.path("explanation_figures.csv"), keep_default_na=False)
    keys = ["area_code", "priority", "sentence"]
    text = (figures["shown"].astype(str) + " " + figures["unit"]).groupby(
        [figures[key] for key in keys]
    )
    shown = text.agg(" ".join)
    for row in told.itertuples():
        known = set(NUMBER.findall(shown.get((row.area_code, row.priority, row.sentence), "")))
        assert set(NUMBER.findall(row.text)) <= known, row.text


def test_flagged_areas_of_weymouth_that_touch_are_one_patch(dorset_run: PublishedRun) -> None:
    patches = pd.read_csv(dorset_run.path("patches.csv"))
    first = patches[(patches["priority"] == "sv01") & (patches["patch"] == 1)].squeeze()
    assert first["name"].startswith("Weymouth Town, Melcombe Regis & Rodwell")
    assert {"E01020554", "E01020555"} <= set(first["area_codes"].split("; "))
