"""The tables of a comparison: which change moved an area, and which moved none."""

from __future__ import annotations

import pandas as pd
import pytest

from dashboards.compare_tables import cause_table, causes_said, change_tables
from risk_model.comparison import PriorityComparison, Shares

AREAS = pd.Index(["A", "B", "C", "D"], name="area_code")
CAUSES = {"data": (), "harm_rate 0.4 -> 0.5": ("x",), "persistence normalise": ("y",)}


def compared(
    after: list[float], score: dict[str, list[float]], note: str = ""
) -> PriorityComparison:
    before = [50.0] * len(AREAS)
    table = pd.DataFrame(
        {
            "area_label": [f"Area {code}" for code in AREAS],
            "rank_before": [1.0, 2.0, 3.0, 4.0],
            "rank_after": [1.0, 2.0, 3.0, 4.0],
            "score_before": before,
            "score_after": after,
            "tier_before": "Watch",
            "tier_after": "Watch",
        },
        index=AREAS,
    )
    shares = pd.DataFrame(score, index=AREAS)
    alone = pd.DataFrame({"enters": 1, "leaves": 2, "rank_change": 3.0}, index=pd.Index(CAUSES))
    causes = {name: settings for name, settings in CAUSES.items() if name in score}
    return PriorityComparison(
        key="sv01",
        title="Title",
        list_size=4,
        entered=table.iloc[:0],
        left=table.iloc[:0],
        stayed=table,
        moved=table.iloc[:0],
        rank_correlation=1.0,
        indicators=pd.DataFrame(index=AREAS),
        shares=Shares(causes, shares, -2 * shares, alone.loc[list(causes)], note),
    )


def test_a_change_is_named_only_where_the_score_shown_moved_and_in_its_direction() -> None:
    """B: what one change gave the other took. C: the largest change went the other way."""
    part = compared(
        [53.0, 50.04, 51.0, 49.0],
        {
            "data": [3.0, -4.0, -5.0, 0.5],
            "harm_rate 0.4 -> 0.5": [0.0, 4.04, 4.0, -1.5],
            "persistence normalise": [0.0, 0.0, 2.0, 0.0],
        },
    )
    (table,) = change_tables(part)
    assert [row[-1] for row in table.rows] == [
        "Data",
        "score unchanged",
        "Recorded harm: 0.4 to 0.5",
        "Recorded harm: 0.4 to 0.5",
    ]


def test_where_no_change_touches_a_score_no_column_asks_which() -> None:
    part = compared([50.0] * 4, {})
    assert change_tables(part)[0].columns[-1] == "Evidence"
    assert cause_table(part) is None
    assert causes_said(part) == ("No change between the runs touches a score of this list.",)


def test_causes_are_told_with_what_each_did_over_all_areas() -> None:
    part = compared(
        [53.0, 50.0, 49.0, 50.0],
        {
            "data": [2.0, 0.0, -1.0, 0.0],
            "persistence normalise": [1.0, 0.0, 0.0, 0.0],
            "together": [0.0] * 4,
        },
        note="11 changes are too many to try every combination",
    )
    table = cause_table(part)
    assert table is not None
    assert table.rows == (
        ("Data", "0.8", "1.5", "1", "2"),
        (
            "Average monthly chance of above-usual risk: normalise",
            *("0.2", "0.5", "1", "2"),
        ),
    )
    split, together = causes_said(part)
    assert "by 1.5 places because of the data and by 0.5 places because of settings" in split
    assert together.startswith("Changes are taken together: 11 changes")


@pytest.mark.parametrize("after", [[50.0] * 4, [50.01] * 4])
def test_what_rounds_to_the_same_score_is_unchanged(after: list[float]) -> None:
    part = compared(after, {"data": [after[0] - 50.0] * 4})
    assert {row[-1] for row in change_tables(part)[0].rows} == {"score unchanged"}
