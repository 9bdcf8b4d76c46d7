"""The tables of the evidence page: what is said of one made-up run, and of one without them."""

from __future__ import annotations

import pandas as pd
import pytest

import web_run as WEB
from dashboards.evidence_tables import (
    EngineTables,
    cluster_table,
    clusters_said,
    concentration_said,
    concentration_table,
    engine_tables_of,
    support_table,
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


def test_only_circles_beyond_chance_are_shown_with_names_of_the_run(
    tables: EngineTables, view: RunView
) -> None:
    assert clusters_said(tables, "sv01").startswith("1 circle of areas holds more events")
    table = cluster_table(tables, view, "sv01")
    assert table is not None
    assert table.rows == (("'=Quay <b>", "2", "1.5", "3,000", "90", "30", "4.6", "0.001"),)
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


def test_a_run_without_the_tables_says_so(view: RunView) -> None:
    assert concentration_said(NOTHING, "sv01").endswith("was not computed in this run.")
    assert clusters_said(NOTHING, "sv01") == "No circles were looked for in this run."
    assert concentration_table(NOTHING, "sv01") is None
    assert cluster_table(NOTHING, view, "sv01") is None
    assert support_table(NOTHING, "sv01") is None
    assert supports_said(NOTHING, "sv01") == "Not compared in this run."


def test_files_that_a_run_lacks_are_not_looked_for(run: PublishedRun) -> None:
    outputs = {k: v for k, v in run.manifest["outputs"].items() if k != "scan.csv"}
    older = PublishedRun(run.run_id, run.folder, {**run.manifest, "outputs": outputs})
    assert engine_tables_of(older).scan.empty
    assert not engine_tables_of(older).support.empty
