"""Indices of Deprivation: reading, the rebuild, and areas of another vintage."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from risk_model.layers.deprivation import (
    DOMAIN_WEIGHTS,
    deprivation_without_crime,
    place_deprivation,
    read_iod,
    rebuild_imd,
)
from spatial.crosswalk import Crosswalk
from spatial.errors import InputError, StatisticsError

TITLES = (
    "Income",
    "Employment",
    "Education, Skills and Training",
    "Health Deprivation and Disability",
    "Crime",
    "Barriers to Housing and Services",
    "Living Environment",
)
IMD = "Index of Multiple Deprivation (IMD)"
WORST = " (where 1 is most deprived)"
TENTH = " (where 1 is most deprived 10% of LSOAs)"


def headers_2025() -> list[str]:
    """Headers as published, with a trailing space and cuts at 80 characters."""
    names = ["LSOA code (2021)", "LSOA name (2021) ", f"{IMD} Score"]
    names += [f"{IMD} Rank{WORST}", f"{IMD} Decile{TENTH}"]
    for title in TITLES:
        rate = " (rate)" if title in ("Income", "Employment") else ""
        names += [f"{title} Score{rate}", f"{title} Rank{WORST} ", f"{title} Decile{TENTH}"]
    names += ["Income Deprivation Affecting Children Index (IDACI) Score (rate)"]
    return [name[:80] for name in names]


def write(path: Path, header: list[str], rows: list[list[object]]) -> Path:
    lines = [",".join(f'"{cell}"' for cell in row) for row in [header, *rows]]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def row_2025(code: str, rank: object = 100, score: object = 12.5) -> list[object]:
    return [code, f"Made up {code}", score, 5000, 2, *[0.25, rank, 1] * 7, 0.3]


def slow_score(ranks: list[float], n: int, weights: list[float]) -> float:
    total = 0.0
    for rank, weight in zip(ranks, weights, strict=True):
        r = (n - rank + 1) / n
        total += weight * -23 * math.log(1 - r * (1 - math.exp(-100 / 23)))
    return total


def test_rebuild_against_a_slow_one() -> None:
    rng = np.random.default_rng(1)
    ranks = rng.integers(1, 1001, (20, 7)).astype(float)
    weights = list(DOMAIN_WEIGHTS.values())
    slow = [slow_score(list(row), 1000, weights) for row in ranks]
    np.testing.assert_allclose(rebuild_imd(ranks, 1000), slow)


def test_published_weights_sum_to_999_thousandths_and_stay_so() -> None:
    worst = np.ones((1, 7))
    assert rebuild_imd(worst, 33_755)[0] == pytest.approx(99.9)
    assert deprivation_without_crime(worst, 33_755)[0] == pytest.approx(100.0)


def test_without_crime_the_crime_rank_changes_nothing() -> None:
    ranks = np.full((2, 7), 500.0)
    ranks[1, 4] = 1.0
    without = deprivation_without_crime(ranks, 1000)
    assert without[0] == without[1]
    assert rebuild_imd(ranks, 1000)[0] < rebuild_imd(ranks, 1000)[1]
    weights = [w for name, w in DOMAIN_WEIGHTS.items() if name != "crime_domain"]
    expected = slow_score([500.0] * 6, 1000, [w / sum(weights) for w in weights])
    assert without[0] == pytest.approx(expected)


def test_rank_outside_england_is_refused() -> None:
    with pytest.raises(StatisticsError, match="expected 1 to 1000"):
        rebuild_imd(np.full((1, 7), 1001.0), 1000)


def test_reads_2025_by_prefix(tmp_path: Path) -> None:
    path = write(tmp_path / "f.csv", headers_2025(), [row_2025("E9B"), row_2025("E9A", 33_755)])
    found = read_iod(path, "2025", shown_as="f.csv")
    assert list(found.frame.index) == ["E9A", "E9B"]
    assert found.vintage == "2021"
    assert found.frame.loc["E9A", "deprivation_without_crime"] < 0.01
    row = found.frame.loc["E9B"]
    assert (row["imd_score"], row["imd_rank"], row["imd_decile"]) == (12.5, 5000, 2)
    assert row["income"] == row["living_environment"] == 0.25
    assert row["deprivation_without_crime"] == pytest.approx(slow_score([100.0], 33_755, [1.0]))


def test_missing_value_is_missing_not_zero(tmp_path: Path) -> None:
    path = write(tmp_path / "f.csv", headers_2025(), [row_2025("E9A", ".."), row_2025("E9B")])
    frame = read_iod(path, "2025", shown_as="f.csv").frame
    assert np.isnan(frame.loc["E9A", "deprivation_without_crime"])
    assert np.isfinite(frame.loc["E9B", "deprivation_without_crime"])


def test_faults_name_line_and_column(tmp_path: Path) -> None:
    path = write(tmp_path / "f.csv", headers_2025(), [row_2025("E9A"), row_2025("E9A")])
    with pytest.raises(InputError, match=r"f\.csv:3: .*'E9A' is there more than once"):
        read_iod(path, "2025", shown_as="f.csv")
    path = write(tmp_path / "g.csv", headers_2025(), [row_2025("E9A", 40_000)])
    with pytest.raises(InputError, match=r"g\.csv:2: .*rank 40000 lies outside 1 to 33755"):
        read_iod(path, "2025", shown_as="g.csv")
    # Every column is tried before anything is refused.
    odd = row_2025("E9A", score="inf")
    odd[6], odd[9] = "-4", "many"
    path = write(tmp_path / "i.csv", headers_2025(), [odd])
    with pytest.raises(InputError) as caught:
        read_iod(path, "2025", shown_as="i.csv")
    said = [str(fault) for fault in caught.value.faults]
    assert len(said) == 3
    for part in ("'inf' is not a number", "'many' is not a number", "rank -4 lies outside 1"):
        assert sum(part in one for one in said) == 1
    header = [name.replace("Crime Score", "Crime Skore") for name in headers_2025()]
    path = write(tmp_path / "h.csv", header, [row_2025("E9A")])
    with pytest.raises(InputError, match=r"no column 'Crime Score'.*'Crime Skore'"):
        read_iod(path, "2025", shown_as="h.csv")


def write_2019(path: Path, codes: list[str]) -> Path:
    header = ["LSOA code (2011)", "LSOA name (2011)", f"{IMD} Rank{WORST}", f"{IMD} Decile{TENTH}"]
    for title in TITLES:
        header += [f"{title} Rank{WORST}", f"{title} Decile{TENTH}"]
    rows = [[code, code, 1, 1, *[1 + 1000 * k, 1] * 7] for k, code in enumerate(codes)]
    return write(path, header, rows)


def test_2019_is_rebuilt_from_ranks(tmp_path: Path) -> None:
    found = read_iod(write_2019(tmp_path / "f.csv", ["E9A", "E9B"]), "2019", shown_as="f.csv")
    assert found.vintage == "2011"
    assert found.frame.loc["E9A", "imd_score"] == pytest.approx(99.9)
    assert found.frame.loc["E9B", "imd_score"] == pytest.approx(
        slow_score([1001.0] * 7, 32_844, list(DOMAIN_WEIGHTS.values()))
    )
    assert found.frame.loc["E9A", "income"] > found.frame.loc["E9B", "income"]
    assert "rebuilt" in found.warnings[0]


CHANGES = Crosswalk(
    pd.DataFrame(
        [("E9A", "E9A", "U"), ("E9B", "E9X", "S"), ("E9B", "E9Y", "S"), ("E9C", "E9C", "M")],
        columns=["LSOA11CD", "LSOA21CD", "change"],
    )
)


def test_2011_ranks_serve_only_unchanged_areas(tmp_path: Path) -> None:
    table = read_iod(
        write_2019(tmp_path / "f.csv", ["E9A", "E9B", "E9C"]), "2019", shown_as="f.csv"
    )
    codes = ["E9A", "E9C", "E9X"]
    placed = place_deprivation(table, codes, vintage="2021", crosswalk=CHANGES)
    assert placed.frame["imd_score"].notna().tolist() == [True, False, False]
    assert "2 areas that changed in 2021 have no value (E9C, E9X)" in placed.warnings[-1]
    same = place_deprivation(table, ["E9B"], vintage="2011", crosswalk=None)
    assert same.frame["imd_score"].notna().all()
    with pytest.raises(InputError, match=r"supply the change lookup \(lookups\.changes\)"):
        place_deprivation(table, codes, vintage="2021", crosswalk=None)
