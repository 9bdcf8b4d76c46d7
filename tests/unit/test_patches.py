"""Flagged areas that touch are one place, named and summed."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import model_case as CASE
from risk_model.patches import patch_column, patch_labels, patch_name, patches_of
from spatial.weights import Neighbours

N = 48


def frame(flagged: list[int], **changes: object) -> pd.DataFrame:
    codes = [f"E9900{number:04d}" for number in range(N)]
    data = {
        "area_label": [f"Place {i // 8} {'ABCDEFGH'[i % 8]}, Ward {i}" for i in range(N)],
        "place_name": [f"Place {i // 8}" for i in range(N)],
        "population": np.arange(N) + 1000.0,
        "area_km2": np.full(N, 0.5),
        "sv01_events": np.arange(N),
        "sv01_rank": pd.array(N - np.arange(N), dtype="Int64"),
        "sv01_flag": np.isin(np.arange(N), flagged),
    }
    return pd.DataFrame(data | changes, index=pd.Index(codes, name="area_code"))


def lattice() -> Neighbours:
    return CASE.lattice([f"E9900{number:04d}" for number in range(N)], 8)


def flooded(flagged: np.ndarray, touching: dict[int, set[int]]) -> set[frozenset[int]]:
    """Walk from every flagged area to every other that can be reached over flagged ones."""
    found = set()
    for start in np.flatnonzero(flagged).tolist():
        reached, waiting = {start}, [start]
        while waiting:
            new = {j for j in touching[waiting.pop()] if flagged[j]} - reached
            reached |= new
            waiting += new
        found.add(frozenset(reached))
    return found


@pytest.mark.parametrize("seed", range(5))
def test_patches_are_what_can_be_walked(seed: int) -> None:
    flagged = np.random.default_rng(seed).random(N) < 0.35
    neighbours = lattice()
    label = patch_labels(flagged, neighbours)
    touching: dict[int, set[int]] = {i: set() for i in range(N)}
    for i, j in zip(neighbours.rows.tolist(), neighbours.indices.tolist(), strict=True):
        touching[i].add(j)
    parts = [np.flatnonzero(label == k).tolist() for k in range(label.max() + 1)]
    assert {frozenset(part) for part in parts} == flooded(flagged, touching)
    assert (label[~flagged] == -1).all()
    first = [part[0] for part in parts]
    assert first == sorted(first), "numbered in order of code, whatever the library's numbers"


def test_sums_and_names() -> None:
    # Squares 0, 1 and 8 touch (rows of 8); 47 stands alone and has the highest rank.
    found = patches_of(frame([0, 1, 8, 47]), "sv01", lattice())
    assert found["patch"].tolist() == [1, 2]
    assert found["name"].tolist() == ["Place 5 H, Ward 47", "Place 1 and Place 0 (3 areas)"]
    assert found["areas"].tolist() == [1, 3]
    assert found["area_codes"][1] == "E99000008; E99000001; E99000000"
    assert found["events"][1] == 0 + 1 + 8
    assert found["population"][1] == 3000 + 9
    assert found["area_km2"][1] == pytest.approx(1.5)


def test_two_patches_in_one_place_are_told_apart() -> None:
    same = frame([0, 1, 3, 4], place_name=["Place"] * N)
    names = patches_of(same, "sv01", lattice())["name"].tolist()
    assert names == ["Place (2 areas)", "Place (2 areas), around Place 0 B, Ward 1"]


def test_nobody_flagged_and_unknown_population() -> None:
    assert patches_of(frame([]), "sv01", lattice()).empty
    people = np.full(N, 1000.0)
    people[1] = np.nan
    found = patches_of(frame([0, 1], population=people), "sv01", lattice())
    assert np.isnan(found["population"][0])


def test_column_names_the_patch_of_each_flagged_area() -> None:
    areas = frame([0, 1, 47])
    column = patch_column(patches_of(areas, "sv01", lattice()), areas.index)
    assert column[0] == column[1] == "Place 0 (2 areas)"
    assert column[47] == "Place 5 H, Ward 47"
    assert set(column[2:47]) == {""}


def test_many_places_are_counted() -> None:
    places = ["Quay", "Quay", "Fort", "Mill", "Abbey"]
    labels = [f"{place} {i}" for i, place in enumerate(places)]
    assert patch_name(labels, places) == "Quay, Fort and 2 more places (5 areas)"
    assert patch_name(labels[:4], places[:4]) == "Quay, Fort and Mill (4 areas)"
    assert patch_name(["A, x", "B, y"], ["", ""]) == "A, x and B, y (2 areas)"
