"""What the pages say of hot and cold spots month by month, and that older runs say nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

import web_run as WEB
from dashboards.app import create_app
from dashboards.area_context import context_facts
from dashboards.evidence_tables import EngineTables, engine_tables_of
from dashboards.exports.columns import TABLES
from dashboards.month_tables import (
    area_table,
    month_table,
    months_said,
    pattern_table,
    pattern_words,
)
from dashboards.view import RunView, view_of
from risk_model.run_store import PublishedRun
from web_asks import page, texts

MONTHS = [f"2024-{month:02d}" for month in range(1, 13)]
HOT = "Sporadic hot spot"
SPOTS = {
    "X01000002": (HOT, 4, "2024-12", 0, "", 1),
    "X01000001": (HOT, 6, "2024-12", 0, "", 3),
    "X01000005": ("Oscillating cold spot", 1, "2024-03", 3, "2024-12", -2),
}


def tables(patterns: dict[str, tuple[str, int, str, int, str, int]]) -> dict[str, pd.DataFrame]:
    """Files of 48 squares and 12 months; the last square has no residents, April no data."""
    codes = [f"X01{number:06d}" for number in range(48)]
    rows, months = [], []
    for code in codes:
        pattern, hot, last_hot, cold, last_cold, run = patterns.get(
            code, ("No pattern", 0, "", 0, "", 0)
        )
        lone = code == codes[-1]
        rows.append(
            {
                "area_code": code,
                "priority": "sv01",
                "pattern": "Not classified" if lone else pattern,
                "hot_months": hot,
                "last_hot_month": last_hot,
                "cold_months": cold,
                "last_cold_month": last_cold,
                "run": run,
                "trend_tau": 0.25,
                "trend_p": 0.2,
                "tested_months": 0 if lone else 12,
                "reason": "The area has no neighbours." if lone else "",
            }
        )
        for month in MONTHS:
            untested = lone or month == "2024-04"
            months.append(
                {
                    "area_code": code,
                    "priority": "sv01",
                    "month": month,
                    "gi_bin": None if untested else 2 if month == pattern_month(code) else 0,
                    "note": "Few events." if month == "2024-04" else "",
                }
            )
    return {
        "space_time": pd.DataFrame(rows).reindex(columns=list(TABLES["space_time"])),
        "space_time_months": pd.DataFrame(months).reindex(
            columns=list(TABLES["space_time_months"])
        ),
    }


def pattern_month(code: str) -> str:
    return "2024-12" if code in ("X01000001", "X01000002") else ""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> PublishedRun:
    return WEB.publish(
        tmp_path_factory.mktemp("months"), names=["'=Quay <b>"], tables=tables(SPOTS)
    )


@pytest.fixture(scope="module")
def engine(run: PublishedRun) -> EngineTables:
    return engine_tables_of(run)


@pytest.fixture(scope="module")
def view(run: PublishedRun) -> RunView:
    return view_of(run)


def test_patterns_are_counted_explained_and_bounded(engine: EngineTables) -> None:
    said = months_said(engine, "sv01")
    assert said[0] == (
        "12 months were tested one by one, and 3 of 48 areas show a pattern: 2 sporadic hot spots "
        "and 1 oscillating cold spot. Not classified: 1 area; the reason: the area has no neighbours."
    )
    assert "a lone hot month may be chance" in said[1]
    assert "foretells nothing" in said[1]
    table = pattern_table(engine, "sv01")
    assert table is not None
    assert table.rows == (
        (
            HOT,
            "2",
            "Hot in the last month, on and off before, in under nine tenths of the months.",
        ),
        ("Oscillating cold spot", "1", "Cold in the last month, hot in an earlier one."),
    )


def test_areas_are_named_in_the_order_of_the_list(engine: EngineTables, view: RunView) -> None:
    table = area_table(engine, view, "sv01")
    assert table is not None
    labels = view.areas["area_label"]
    assert [row[:2] for row in table.rows] == [
        (labels["X01000001"], HOT),
        (labels["X01000002"], HOT),
        (labels["X01000005"], "Oscillating cold spot"),
    ]
    assert table.rows[0][2:] == ("6 of 12", "0 of 12", "3 hot", "December 2024", "0.25 (p 0.200)")
    assert table.rows[2][2:6] == ("1 of 12", "3 of 12", "2 cold", "March 2024")
    assert len(table.columns) == len(table.rows[0]) == len(table.numeric)


def test_each_month_says_how_many_were_hot_or_why_it_was_not_tested(engine: EngineTables) -> None:
    table = month_table(engine, "sv01")
    assert table is not None
    rows = {row[0]: row[1:] for row in table.rows}
    assert next(iter(rows)) == "January 2024"
    assert rows["December 2024"] == ("47", "2", "0", "")
    assert rows["April 2024"] == ("0", "not tested", "not tested", "Few events.")


def test_months_in_which_none_is_called_cold_say_so_everywhere(
    engine: EngineTables, view: RunView
) -> None:
    note = "Under one event an area: none is called cold."
    months, areas = engine.space_time_months.copy(), engine.space_time.copy()
    rare = months["month"].eq("2024-02") & months["gi_bin"].notna()
    months.loc[rare, "note"] = note
    areas["hot_only_months"] = areas["tested_months"].clip(upper=2)
    found = replace(engine, space_time=areas, space_time_months=months)
    table = month_table(found, "sv01")
    assert table is not None
    rows = {row[0]: row[1:] for row in table.rows}
    assert rows["February 2024"] == ("47", "0", "not called", note)
    assert rows["December 2024"] == ("47", "2", "0", "")
    assert (
        "In 2 of them there was under one event an area: none is called cold."
        in (months_said(found, "sv01")[0])
    )
    table = area_table(found, view, "sv01")
    assert table is not None
    assert table.rows[2][2:4] == ("1 of 12", "3 of 10")
    words = [pattern_words(row) for row in areas.to_dict("records")]
    assert [text for text in words if text][-1].startswith(
        "Oscillating cold spot: cold in 3 of 10 tested months, hot in 1"
    )
    every = replace(found, space_time=areas.assign(hot_only_months=areas["tested_months"]))
    table = area_table(every, view, "sv01")
    assert table is not None
    assert table.rows[0][2:4] == ("6 of 12", "not looked for")


def test_too_few_months_say_so(view: RunView, engine: EngineTables) -> None:
    few = engine.space_time.assign(
        pattern="Not classified", reason="6 covered months, and at least 12 are needed."
    )
    short = EngineTables(
        engine.concentration,
        engine.scan,
        engine.support,
        space_time=few,
        space_time_months=engine.space_time_months,
    )
    assert months_said(short, "sv01")[0] == (
        "No pattern is named. Not classified: 48 areas; the reason: 6 covered months, and at least 12 "
        "are needed."
    )
    assert area_table(short, view, "sv01") is None
    assert pattern_table(short, "sv01") is None
    assert month_table(short, "sv01") is not None, "what each month shows is told all the same"


def test_a_country_gives_the_reason_alone(engine: EngineTables, view: RunView) -> None:
    note = pd.DataFrame({"priority": ["sv01"], "area_code": [None], "reason": ["Too large."]})
    month = pd.DataFrame({"priority": ["sv01"], "month": [None], "note": ["Too large."]})
    country = EngineTables(
        engine.concentration,
        engine.scan,
        engine.support,
        space_time=note.assign(pattern="Not classified"),
        space_time_months=month,
    )
    assert months_said(country, "sv01") == ("Too large.",)
    assert area_table(country, view, "sv01") is None
    assert month_table(country, "sv01") is None


def test_the_panel_has_one_line_where_there_is_a_pattern(view: RunView) -> None:
    (fact,) = context_facts(view, "sv01", "X01000005")
    assert (fact.label, fact.text) == (
        "Month by month",
        (
            "Oscillating cold spot: cold in 3 of 12 tested months, hot in 1, last cold in December "
            "2024"
        ),
    )
    assert fact.help == "Cold in the last month, hot in an earlier one."
    for code in ("X01000000", "X01000047"):
        assert context_facts(view, "sv01", code) == ()
    assert context_facts(view, "sv04", "X01000005") == ()


def test_the_page_opens_short_tables_and_folds_long_ones(run: PublishedRun, tmp_path: Path) -> None:
    client = create_app(run.folder.parent).server.test_client()
    shown = page(client, "/evidence")
    assert "Month by month" in texts(shown)
    assert opened(shown) == {
        "The patterns, and how many areas have each": True,
        "Areas with a pattern, by name": True,
        "Hot and cold areas of each month": True,
    }
    many = {f"X01{number:06d}": (HOT, 4, "2024-12", 0, "", 1) for number in range(13)}
    WEB.publish(tmp_path, tables=tables(many))
    client = create_app(tmp_path).server.test_client()
    assert opened(page(client, "/evidence"))["Areas with a pattern, by name"] is False


def opened(shown: object) -> dict[str, bool]:
    """Return whether each folded table of the months stands open, by its caption."""
    found: dict[str, bool] = {}

    def look(part: object) -> None:
        if isinstance(part, list):
            for each in part:
                look(each)
        elif isinstance(part, dict):
            props = part.get("props", {})
            if part.get("type") == "Details":
                caption = texts(props["children"])[0]
                if "attern" in caption or "each month" in caption:
                    found[caption] = bool(props.get("open"))
            look(props.get("children"))

    look(shown)
    return found


def test_an_older_run_says_nothing_of_months(tmp_path: Path) -> None:
    for folder, files in (("none", {}), ("older", {"space_time": tables(SPOTS)["space_time"]})):
        older = WEB.publish(tmp_path / folder, tables=files)
        client = create_app(tmp_path / folder).server.test_client()
        assert "Month by month" not in texts(page(client, "/evidence"))
        found = engine_tables_of(older)
        assert months_said(found, "sv01") == ()
        assert month_table(found, "sv01") is None
        assert pattern_table(found, "sv01") is None
        assert area_table(found, view_of(older), "sv01") is None
        assert context_facts(view_of(older), "sv01", "X01000005") == ()
