"""The tables of the evidence page: what is said of one made-up run, and of one without them."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

import web_run as WEB
from dashboards.evidence_tables import (
    EngineTables,
    bandwidth_table,
    bandwidths_said,
    bivariate_said,
    cluster_table,
    clusters_said,
    concentration_said,
    concentration_table,
    coverage_said,
    coverage_table,
    engine_tables_of,
    support_table,
    supports_more,
    supports_said,
)
from dashboards.view import RunView, view_of
from risk_model.run_store import PublishedRun

NOTHING = EngineTables(*[pd.DataFrame({"priority": pd.Series(dtype="str")})] * 3)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> PublishedRun:
    return WEB.publish(tmp_path_factory.mktemp("evidence"), names=["'=Quay <b>"])


@pytest.fixture(scope="module")
def tables(run: PublishedRun) -> EngineTables:
    return engine_tables_of(run)


@pytest.fixture(scope="module")
def view(run: PublishedRun) -> RunView:
    return view_of(run)


def test_concentration_is_said_beside_chance(tables: EngineTables) -> None:
    said = concentration_said(tables, "sv01")
    assert said.startswith("A tenth of the areas holds 30% of the 200 events.")
    assert "that is 0.40; events that fall by chance would give 0.10." in said
    table = concentration_table(tables, "sv01")
    assert table is not None
    assert table.rows[1] == ("10%", "30%", "30%", "30%")
    assert [row[0] for row in table.rows] == ["1%", "10%", "50%"]


def test_an_offence_that_nobody_recorded_is_not_called_uncomputed(tables: EngineTables) -> None:
    nothing = tables.concentration.assign(events=0, gini=None, events_share=None)
    said = concentration_said(replace(tables, concentration=nothing), "sv01")
    assert said.startswith("No offence of this priority was recorded in the period")
    assert said.endswith("Take a longer period or more offences.")


def test_only_circles_beyond_chance_are_shown_with_names_of_the_run(
    tables: EngineTables, view: RunView
) -> None:
    assert clusters_said(tables, "sv01").startswith("1 circle of areas holds more events")
    table = cluster_table(tables, view, "sv01")
    assert table is not None
    assert table.rows == (("'=Quay <b>", "2", "1.5", "3,000", "90", "30", "3.0", "4.6", "0.001"),)
    assert len(table.columns) == len(table.rows[0]) == len(table.numeric)
    assert clusters_said(tables, "sv04") == "Not scanned: 6 events."
    assert cluster_table(tables, view, "sv04") is None


def test_circles_that_chance_makes_are_said_to_be_none(tables: EngineTables, view: RunView) -> None:
    scan = tables.scan[(tables.scan["priority"] == "sv01") & (tables.scan["rank"] == 2)]
    weak = EngineTables(tables.concentration, scan, tables.support)
    assert clusters_said(weak, "sv01").startswith("No circle of areas holds more")
    assert cluster_table(weak, view, "sv01") is None


def test_supports_are_compared_with_the_published_areas(tables: EngineTables) -> None:
    table = support_table(tables, "sv01")
    assert table is not None
    assert [row[1:] for row in table.rows] == [("MSOAs", "6 and 2", "50%", "25%")]
    assert "may be the work of their borders" in supports_said(tables, "sv01")
    assert support_table(tables, "sv04") is None
    note = pd.DataFrame({"priority": ["sv01"], "first": [None], "note": ["Not compared: why."]})
    country = EngineTables(tables.concentration, tables.scan, note)
    assert supports_said(country, "sv01") == "Not compared: why."
    assert support_table(country, "sv01") is None


def test_a_side_that_was_not_tested_is_not_said_to_flag_none(tables: EngineTables) -> None:
    """26 areas are too few to test: 0 would say that they were looked at and none stood out."""
    names = ["this run: High-High by q", "counts: High-High by q", "this run: flagged"]
    rows = tables.support.iloc[[0, 0, 0]].assign(
        flagged_by=names,
        first_flagged=[None, 0.0, 5.0],
        second_flagged=[3.0, 0.0, 1.0],
        jaccard_area=[None, None, 0.25],
        jaccard_events=[None, None, 0.5],
    )
    run = replace(tables, support=rows)
    table = support_table(run, "sv01")
    assert table is not None
    assert [row[2:] for row in table.rows] == [
        ("not tested and 3", "not tested", "not tested"),
        ("0 and 0", "none flagged", "none flagged"),
        ("5 and 1", "50%", "25%"),
    ]
    assert [row[0].split(":")[0] for row in table.rows] == [
        "this run's clusters",
        "by plain counts",
        "this run's flagged areas, and elsewhere as many residents of the highest rates",
    ]
    assert any("without the ring of areas around" in line for line in supports_more(run, "sv01"))
    (older,) = supports_more(tables, "sv01")  # an older run had counts alone
    assert older.startswith("A test among a few large areas or thousands of hexagons finds less")
    assert supports_more(replace(tables, support=run.support.iloc[:0]), "sv01") == ()


def test_borders_are_said_in_two_sentences_with_the_overlap_of_the_highest_rates(
    tables: EngineTables,
) -> None:
    """A quarter of the land and half of the events: events are said."""
    short = supports_said(tables, "sv01")
    assert short.endswith("may be the work of their borders.")
    assert "highest rates" not in short  # no row of them
    rows = tables.support.iloc[[0, 0, 0, 1]].assign(
        flagged_by=[
            "top 10 % of residents by rate",
            *["counts: top 10 % of residents by rate"] * 3,
        ],
        second=["MSOAs", "hexagons of 500 m", "MSOAs", "MSOAs"],
        jaccard_events=[None, 0.604, 0.58, 0.9],
    )
    said = supports_said(replace(tables, support=rows), "sv01")
    assert said == (
        f"{short} Take the tenth of the residents with the highest rates, by areas and by another "
        "cut of the map: of the events in either choice both hold 60% (hexagons of 500 m) and 58% "
        "(MSOAs)."
    )


def test_what_the_list_covers_is_given_three_ways_and_marked_same_data(
    tables: EngineTables,
) -> None:
    said = coverage_said(tables, "sv01")
    assert said.startswith(
        "The list of 10 is 20.0% of the areas, 21.0% of the residents and 15.0% of the land, and "
        "holds 30% of the events."
    )
    assert "(same data)" in said
    table = coverage_table(tables, "sv01")
    assert table is not None
    assert "same data" in table.caption
    assert table.rows == (
        ("score", "list of 10", "20.0%", "21.0%", "15.0%", "30.0%", "2.0", "0.80", "not in events"),
        (
            "smoothed events",
            "list of 10",
            "20.0%",
            "22.0%",
            "20.0%",
            "32.0%",
            "1.6",
            "0.90",
            "1.00",
        ),
    )
    assert len(table.columns) == len(table.rows[0]) == len(table.numeric)


@pytest.mark.parametrize(
    ("how", "words"),
    [
        (None, "The bandwidth is 1,000 m, as set. "),
        ({"method": "fixed"}, "The bandwidth is 1,000 m, as set. "),
        (
            {"method": "cross_validated", "chosen": True, "candidates_m": [500.0, 2000.0]},
            (
                "Of bandwidths from 500 to 2,000 m, 1,000 m foretells each recorded point best from "
                "the others (cross-validation). "
            ),
        ),
        (
            {"method": "cross_validated", "chosen": False, "candidates_m": [500.0]},
            "Events were too few to choose a bandwidth, so it is 1,000 m, as set. ",
        ),
        (
            {"method": "adaptive", "lowest_m": 500.0, "highest_m": 2000.0},
            (
                "The bandwidth follows the events, from 500 m where they are many to 2,000 m where "
                "they are few, 1,000 m in between. "
            ),
        ),
    ],
)
def test_bandwidths_stand_side_by_side_with_how_the_one_came_about(
    tables: EngineTables, view: RunView, how: dict[str, object] | None, words: str
) -> None:
    described = {**view.manifest["priorities"]["sv01"]}
    described["density"] = {"bandwidth_m": 1000.0} | ({"bandwidth": how} if how else {})
    priorities = {**view.manifest["priorities"], "sv01": described}
    seen = replace(view, manifest={**view.manifest, "priorities": priorities})
    said = bandwidths_said(tables, seen, "sv01")
    assert said.startswith(words)
    assert (
        "Of the land in the map's hot spots 62% is in hot spots at half the bandwidth. What no "
        "bandwidth changes" in said
    )
    table = bandwidth_table(tables, "sv01")
    assert table is not None
    assert table.rows == (
        ("500 m", "1.5", "20%", "8.0", "50%", "62%"),
        ("1,000 m", "2.0", "25%", "6.0", "itself", "itself"),
    )
    assert len(table.columns) == len(table.rows[0]) == len(table.numeric)


def test_a_country_and_a_run_without_hot_spots_say_why_no_bandwidth_is_beside(
    view: RunView,
) -> None:
    note = pd.DataFrame({"priority": ["sv01"], "bandwidth_m": [None], "note": ["Too large."]})
    country = replace(NOTHING, bandwidths=note.assign(hotspot_km2=None))
    assert bandwidths_said(country, view, "sv01") == "Too large."
    assert bandwidth_table(country, "sv01") is None
    empty = pd.DataFrame(
        {"priority": "sv01", "bandwidth": ["half", "double"], "bandwidth_m": [500.0, 2000.0]}
    ).assign(kept=float("nan"))
    said = bandwidths_said(replace(NOTHING, bandwidths=empty), view, "sv01")
    assert said.endswith("There are no hot spots to compare.")


def test_offences_beside_deprivation_say_what_they_do_not_show(tables: EngineTables) -> None:
    said = bivariate_said(tables, "sv01", corrected="Corrected for many tests")
    assert "correlation of 0.42" in said
    assert "with 0.15 (bivariate Moran's I)" in said
    assert "3 areas have high offences among high deprivation, and one area has high" in said
    assert "says nothing of cause" in said
    assert bivariate_said(tables, "sv04", corrected="").startswith("Not tested: 6 events")


def test_one_side_beside_deprivation_says_only_what_was_looked_for(tables: EngineTables) -> None:
    row = tables.bivariate[tables.bivariate["priority"] == "sv01"]
    note = "One side was tested (less): surroundings unlike the area alone."
    one = row.assign(high_high=None, low_low=None, note=note, seeds_agree_at_least=0.8)
    said = bivariate_said(
        replace(tables, bivariate=one), "sv01", corrected="Corrected for many tests"
    )
    assert "Corrected for many tests, one area has high offences where deprivation around" in said
    assert "among high deprivation" not in said
    assert note in said
    assert "The least certain label came out again in 80% of further draws." in said
    older = tables.bivariate.drop(columns="seeds_agree_at_least")
    said = "Corrected for many tests"
    assert bivariate_said(
        replace(tables, bivariate=older), "sv01", corrected=said
    ) == bivariate_said(tables, "sv01", corrected=said)
    plain = bivariate_said(tables, "sv01", corrected="Not corrected for many tests")
    assert "(bivariate Moran's I). Not corrected for many tests, " in plain


def test_a_run_without_the_tables_says_so(view: RunView) -> None:
    assert concentration_said(NOTHING, "sv01").endswith("was not computed in this run.")
    assert clusters_said(NOTHING, "sv01") == "No circles were looked for in this run."
    assert concentration_table(NOTHING, "sv01") is None
    assert cluster_table(NOTHING, view, "sv01") is None
    assert support_table(NOTHING, "sv01") is None
    assert supports_said(NOTHING, "sv01") == "Not compared in this run."
    assert coverage_said(NOTHING, "sv01") == "What the list covers was not computed in this run."
    assert coverage_table(NOTHING, "sv01") is None
    assert bandwidths_said(NOTHING, view, "sv01") == "No other bandwidth was tried in this run."
    assert bandwidth_table(NOTHING, "sv01") is None
    assert bivariate_said(NOTHING, "sv01", corrected="") == "Not compared in this run."


def test_files_that_a_run_lacks_are_not_looked_for(run: PublishedRun) -> None:
    outputs = {k: v for k, v in run.manifest["outputs"].items() if k != "scan.csv"}
    older = PublishedRun(run.run_id, run.folder, {**run.manifest, "outputs": outputs})
    assert engine_tables_of(older).scan.empty
    assert not engine_tables_of(older).support.empty
