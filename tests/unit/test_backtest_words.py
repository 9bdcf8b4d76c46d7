"""What a back-test says: every claim follows from an interval, and the tables hold the figures."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from dashboards.cli.backtest import PAIRED, paired_rows
from dashboards.exports.backtest_columns import BACKTEST
from dashboards.exports.backtest_words import (
    capture_table,
    claims,
    curve_table,
    figure_table,
    ways_table,
)
from dashboards.exports.list_words import changes_table, rank_table, weights_table
from risk_model.backtest_table import BACKTEST_COLUMNS
from risk_model.run_store import PublishedRun


def comparison(lo: float, hi: float, **changes: Any) -> dict[str, Any]:
    one = {
        "outcome": "robbery",
        "method": "score_sv01",
        "baseline": "prior_counts",
        "by": "number",
        "difference": (lo + hi) / 2,
        "lo": lo,
        "hi": hi,
    }
    return one | changes


def sections(text: str) -> dict[str, str]:
    good, rest = text.split("**What it is not good at**")
    lacking, undecided = rest.split("**What these data do not decide**")
    return {"good": good, "not": lacking, "open": undecided}


def test_a_claim_is_made_by_its_interval_alone() -> None:
    text = claims(
        [
            comparison(0.01, 0.03),
            comparison(-0.03, -0.01, outcome="harm"),
            comparison(-0.01, 0.03, outcome="violence"),
            comparison(0.0, 0.02, outcome="weapons"),
        ]
    )
    found = sections(text)
    assert "robbery +2.0 (+1.0 to +3.0)" in found["good"]
    assert "harm -2.0 (-3.0 to -1.0)" in found["not"]
    assert "all violence +1.0 (-1.0 to +3.0)" in found["open"]
    assert "weapons +1.0 (0.0 to +2.0)" in found["open"]
    assert text.count("The score of SV01 against prior counts of the same offences") == 3


def test_each_way_of_cutting_is_a_claim_of_its_own() -> None:
    text = claims([comparison(0.01, 0.03, by="area"), comparison(-0.03, -0.01, by="population")])
    found = sections(text)
    assert "a tenth of the land" in found["good"]
    assert "a tenth of the residents" in found["not"]
    assert "- Nothing." in found["open"]


def test_without_figures_nothing_is_claimed() -> None:
    assert claims([]).count("- Nothing.") == 3
    # How one baseline does against another is no claim about the model.
    assert claims([comparison(1, 2, method="all_crime")]).count("- Nothing.") == 3


def table() -> pd.DataFrame:
    rows = [
        (outcome, method, by, share, share * 2, share, share * 3, 2.0, 1.0, 3.0, 0.5, rri, 4, 90.0)
        for outcome in ("violence", "robbery")
        for method, rri in (("perfect", 1.0), ("prior_counts", 1.25), ("score_sv01", np.nan))
        for by in ("number", "area", "population")
        for share in (0.02, 0.05, 0.10, 0.20)
        if (outcome, method) != ("robbery", "score_sv01")
    ]
    return pd.DataFrame(rows, columns=list(BACKTEST_COLUMNS))


def test_the_tables_hold_the_figures_ours_first() -> None:
    text = capture_table(table())
    assert [line.split("|")[1].strip() for line in text.splitlines()[2:]] == [
        "`score_sv01`",
        "`prior_counts`",
        "`perfect`",
    ]
    assert text.splitlines()[0] == "| method | all violence | robbery |"
    assert "| `score_sv01` | 0.200 (0.100 to 0.300) |  |" in text
    assert "| `prior_counts` | 0.04 / 0.10 / 0.20 / 0.40 |" in curve_table(table())
    assert "| `prior_counts` | 0.200 / 0.200 |" in ways_table(table())
    figures = figure_table(table())
    assert "| `prior_counts` | 2.0 (1.0 to 3.0), 0.50, 1.25 |" in figures
    assert "| `score_sv01` | 2.0 (1.0 to 3.0), 0.50 |  |" in figures


def test_no_event_is_an_empty_cell() -> None:
    blank = table()
    blank.loc[blank["outcome"] == "robbery", ["capture", "pai"]] = np.nan
    assert "nan" not in capture_table(blank) + figure_table(blank) + curve_table(blank)


def test_every_column_is_described() -> None:
    assert tuple(name for name, *_ in BACKTEST) == BACKTEST_COLUMNS


def test_how_sure_a_list_is_comes_from_the_areas_of_the_run(
    demonstration_run: PublishedRun,
) -> None:
    areas = demonstration_run.areas()
    listed = areas[areas["sv01_rank"] <= 10]
    line = next(one for one in rank_table(demonstration_run).splitlines() if "SV01" in one)
    cells = [cell.strip() for cell in line.split("|")]
    assert cells[2] == f"10 of {len(areas)}"
    width = (listed["sv01_rank_hi"] - listed["sv01_rank_lo"] + 1).median()
    assert cells[3] == f"{width:.0f}"
    assert cells[5] == str(int((listed["sv01_p_top"] >= 0.8).sum()))
    for text in (weights_table(demonstration_run), changes_table(demonstration_run)):
        assert "nan" not in text


def test_a_difference_that_rounds_to_nought_bears_no_sign_in_the_paired_table() -> None:
    tiny = {"boot_lo": -0.00004, "boot_hi": 0.012, "gain": -0.0004, "forces": 37}
    one = comparison(-0.00003, 0.00002, ours=0.3, theirs=0.3, **tiny)
    (row,) = paired_rows([one])
    assert len(row) == len(PAIRED)
    assert row[-4:] == ["0.0000", "0.0000 to 0.0000", "0.0000 to +0.0120", "0.0%"]
