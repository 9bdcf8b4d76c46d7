"""The tables of the pages: the ranked list and its cut line, coverage, ledger, weights."""

from __future__ import annotations

import dataclasses
from types import SimpleNamespace

import pytest

import web_run as WEB
from dashboards import tables
from dashboards.area_story import area_story
from dashboards.exports.wording import list_lines
from dashboards.ranked_list import ranked_list
from dashboards.state import ViewState
from dashboards.view import RunView, finding, view_of


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunView:
    return view_of(WEB.publish(tmp_path_factory.mktemp("runs")))


def test_the_list_is_in_the_order_of_rank_with_its_cut_line(run: RunView) -> None:
    ranked = ranked_list(run, "sv01", ViewState())
    assert [row["rank"] for row in ranked.rows] == list(range(1, 49))
    assert ranked.cut_after == 10
    assert ranked.cut_text == (
        "The list of 10 ends here. 4 more areas cannot be told apart from the list."
    )
    assert ranked.count_text == "All 48 areas."
    first = ranked.rows[0]
    assert (first["name"], first["ward"]) == ("Harbour A", "Ward 0")
    assert (first["range"], first["score"], first["rate"]) == ("1\u20135", "97.5", "60.0")


def test_where_the_next_are_clearly_lower_the_cut_says_no_more(run: RunView) -> None:
    sure = dataclasses.replace(run, areas=run.areas.assign(sv01_beside_list=False))
    ranked = ranked_list(sure, "sv01", ViewState())
    assert ranked.cut_text == (
        "The list of 10 ends here. Every area below the list can be told apart from it."
    )


def test_where_no_certainty_is_stated_nothing_is_said_of_what_can_be_told_apart(
    run: RunView,
) -> None:
    areas = run.areas.assign(sv01_beside_list=False, sv01_p_top=float("nan"))
    ranked = ranked_list(dataclasses.replace(run, areas=areas), "sv01", ViewState())
    assert ranked.cut_text == "The list of 10 ends here."


def test_rows_say_what_is_new_dropped_and_not_told_apart(run: RunView) -> None:
    rows = ranked_list(run, "sv01", ViewState()).rows
    near = "cannot be told apart"
    assert [row["standing"] for row in rows[:15]] == [
        "new on the list",
        *[""] * 8,
        "waits to enter the list",
        near,
        "dropped from the list; cannot be told apart",
        near,
        near,
        "",
    ]


def test_what_the_list_remembers_is_on_it_also_below_its_cut(run: RunView) -> None:
    listed = run.areas["sv01_rank"].rank(method="first") <= 9
    kept = run.areas.index[run.areas["sv01_rank"] == 11][0]
    listed |= run.areas.index == kept
    status = run.areas["sv01_list_status"].mask(run.areas.index == kept, "staying")
    areas = run.areas.assign(sv01_list=listed, sv01_list_status=status)
    remembered = dataclasses.replace(run, areas=areas)
    ranked = ranked_list(remembered, "sv01", ViewState())
    assert ranked.rows[10]["standing"] == "still on the list"
    assert ranked.rows[12]["standing"] == "cannot be told apart"
    # On the list and not told apart from it would be two answers to one question.
    assert "3 more areas cannot be told apart from the list" in ranked.cut_text
    said = dict(list_lines(areas, "sv01", run.manifest))
    named = said["3 more areas cannot be told apart from the list."]
    assert str(areas.loc[kept, "area_label"]) not in named.split("; ")


def test_beside_the_list_stands_what_changed(run: RunView) -> None:
    lines = list_lines(run.areas, "sv01", run.manifest)
    label = run.areas.sort_values("sv01_rank")["area_label"]
    assert lines == (
        (
            "On the list of 10 since March 2025: 1 new, 8 staying, 1 dropped.",
            f"New: {label.iloc[0]}. Dropped: {label.iloc[11]}",
        ),
        (
            "1 area waits to enter: among the first, but not yet on 2 of 3 refreshes.",
            label.iloc[9],
        ),
        (
            "4 more areas cannot be told apart from the list.",
            "; ".join(label.iloc[10:14]),
        ),
        (
            "The 6 flagged areas are 1 patch: those that touch are one.",
            f"Around {label.iloc[0]} (6 areas)",
        ),
    )


def test_a_run_from_before_lists_were_remembered_says_nothing(run: RunView) -> None:
    new = [
        name
        for name in run.areas.columns
        if "_list" in name or name.endswith(("_patch", "_p_above_cut", "set_lo", "set_hi"))
    ]
    entries = {
        key: {name: value for name, value in entry.items() if name != "list"}
        for key, entry in run.manifest["priorities"].items()
    }
    old = dataclasses.replace(
        run,
        areas=run.areas.drop(columns=new),
        manifest={**run.manifest, "priorities": entries},
    )
    ranked = ranked_list(old, "sv01", ViewState())
    assert list_lines(old.areas, "sv01", old.manifest) == ()
    assert ranked.cut_text == "The list of 10 ends here."
    assert {row["standing"] for row in ranked.rows} == {""}
    assert finding(old, "sv01") == "6 neighbourhoods meet the SV01 test"
    story = area_story(old, "sv01", "X01000001")
    assert story is not None
    assert "On the list" not in {fact.label for fact in story.figures}


@pytest.mark.parametrize(
    ("state", "shown", "said"),
    [
        (ViewState(stratum="rural"), 16, "16 rural areas of 48."),
        (ViewState(query="harbour a"), 1, "1 area found for “harbour a” of 48."),
        (ViewState(query="nowhere"), 0, "No areas found for “nowhere” of 48."),
    ],
)
def test_a_filtered_list_has_no_cut_line(
    run: RunView, state: ViewState, shown: int, said: str
) -> None:
    ranked = ranked_list(run, "sv01", state)
    assert (len(ranked.rows), ranked.count_text) == (shown, said)
    assert (ranked.cut_after, ranked.cut_text) == (0, "")


def test_the_list_sorts_by_name_and_rate_with_missing_last(run: RunView) -> None:
    names = [row["label"] for row in ranked_list(run, "sv01", ViewState(sort="area")).rows]
    assert names == sorted(names)
    by_rate = ranked_list(run, "sv04", ViewState(sort="rate"))
    rates = [float(row["rate"]) for row in by_rate.rows if row["rate"]]
    assert rates == sorted(rates, reverse=True)
    assert by_rate.rows[-1]["rate"] == ""
    assert by_rate.cut_after == 0


def test_coverage_tells_no_data_from_data(run: RunView) -> None:
    table = tables.coverage_table(run)
    assert table.columns[-1] == "June 2025"
    assert table.rows == (("Madeup Constabulary", *["data"] * 5, "no data"),)


def test_the_ledger_sums_to_the_rows_read(run: RunView) -> None:
    table = tables.ledger_table(run)
    rows = [int(row[1].replace(",", "")) for row in table.rows]
    assert sum(rows[:-1]) == rows[-1] == 100
    assert table.rows[0][0].startswith("Used")
    assert tables.ledger_files(run).rows == (
        ("incidents/made-up.zip!2025-01/2025-01-madeup-street.csv", "100", "90", "10"),
    )


def test_a_quarantine_rule_is_said_in_its_own_words() -> None:
    assert tables.reason_words("unknown_category") == "Set aside: unknown category"


def test_weights_are_shares_heaviest_first(run: RunView) -> None:
    rows = tables.indicator_table(run, "sv01").rows
    assert [row[1] for row in rows] == ["50%", "30%", "20%"]
    assert rows[0][2] == "why harm_rate"
    assert tables.offence_table(run, "sv01").rows == (
        ("Robbery", "994"),
        ("Violence and sexual offences", "150"),
    )


def test_morans_i_is_shown_where_there_is_one(run: RunView) -> None:
    assert [row[:2] for row in tables.moran_table(run).rows] == [
        ("Deprivation (IMD score)", "0.286"),
        ("SV01 rate", "0.310"),
    ]
    manifest = {**run.manifest, "statistics": {"global_moran": {"sv01": {"value": None}}}}
    assert tables.moran_table(dataclasses.replace(run, manifest=manifest)).rows == ()


def test_rows_without_a_location_are_shown_by_type_most_first() -> None:
    """Reliability case 1: the share differs by type, so it is shown by type."""
    view = SimpleNamespace(
        manifest={
            "unlocated": [
                {"category": "robbery", "rows": 200, "unlocated": 2, "share": 0.01},
                {"category": "drugs", "rows": 100, "unlocated": 5, "share": 0.05},
                {"category": "burglary", "rows": 100, "unlocated": 0, "share": 0.0},
            ]
        }
    )
    table = tables.unlocated_table(view)
    assert table is not None
    assert table.rows == (("Drugs", "100", "5", "5.0%"), ("Robbery", "200", "2", "1.0%"))
    assert tables.unlocated_table(SimpleNamespace(manifest={})) is None
