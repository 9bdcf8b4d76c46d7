"""What a run says of itself on its pages: weights at work, back-test, equity, what is expected."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from werkzeug.test import Client

import web_run as WEB
from dashboards.app import create_app
from dashboards.area_context import context_facts
from dashboards.judgement_tables import (
    backtest_other_ways,
    backtest_said,
    backtest_tables,
    backtest_verdicts,
    changes_said,
    changes_table,
    driver_tables,
    equity_tables,
    forecast_said,
    judgement_tables_of,
    rank_sets_said,
    sensitivity_said,
    sensitivity_table,
)
from dashboards.tables import Table
from dashboards.view import RunView, view_of
from risk_model.run_store import PublishedRun
from web_asks import ask, page, question, texts

SENSITIVITY = pd.DataFrame(
    {
        "priority": "sv01",
        "indicator": ["harm_rate", "persistence"],
        "nominal_weight": [0.4, 0.6],
        "effective_weight": [0.71, 0.29],
        "sobol_first": [0.2, np.nan],
        "sobol_first_conf": [0.03, np.nan],
        "sobol_total": [0.5, 0.6],
        "sobol_total_conf": [0.04, 0.05],
        "left_out_rank_change": [3.25, 1.0],
        "left_out_enters": [2, 0],
        "left_out_leaves": [1, 0],
    }
)
CHANGES = pd.DataFrame(
    [
        ("sv01", "weight+25% harm_rate", "a", "enters", "X01000010", "Old Town C, Ward 0", 11, 9),
        ("sv01", "weight+25% harm_rate", "a", "leaves", "X01000009", "Old Town B, Ward 4", 10, 12),
        ("sv01", "without persistence", "b", "none", None, None, None, None),
        ("sv01", "a scenario to come", "c", "none", None, None, None, None),
    ],
    columns=(
        [
            "priority",
            "scenario",
            "setting",
            "change",
            "area_code",
            "area_label",
            "rank_before",
            "rank_after",
        ]
    ),
)
BACKTEST = pd.DataFrame(
    [
        ("robbery", method, by, share, share * times, share, share * 2, times, 3, 412.0)
        for method, times in (("score_sv01", 1.5), ("prior_counts", 2.0))
        for by in ("number", "area")
        for share in (0.02, 0.05, 0.1, 0.2)
    ],
    columns=(
        [
            "outcome",
            "method",
            "by",
            "share",
            "capture",
            "capture_lo",
            "capture_hi",
            "pai",
            "origins",
            "events",
        ]
    ),
)
EQUITY = pd.DataFrame(
    [
        ("sv01", "rurality", "urban", 0.6, 0.9, 1.5, None),
        ("sv01", "rurality", "rural", 0.4, 0.1, np.nan, "too few to say"),
    ],
    columns=(
        [
            "priority",
            "kind",
            "group",
            "population_share",
            "flagged_population_share",
            "ratio",
            "note",
        ]
    ),
)
DRIVERS = pd.DataFrame(
    [("robbery", f"driver_{n}", n / 20, 0.01, "raises") for n in range(10)],
    columns=["outcome", "driver", "importance", "importance_sd", "direction"],
)
FORECAST = {
    "method": "Poisson regression",
    "trained_on": ["2025-01", "2025-06"],
    "areas": 48,
    "horizon_months": 6,
    "seasonal": False,
    "warnings": [
        "forecast: no seasonal factors are supplied; x.",
        "forecast: 2 areas were filled.",
    ],
}
JUDGED = {
    "status": "run",
    "date": "2026-11-20",
    "verdicts": [
        "Back-test of 2026-11-20, a tenth of the areas: the score of SV01 lost to prior counts."
    ],
    "other_ways": ["Back-test of 2026-11-20, a tenth of the residents: it caught more."],
}
CONTEXT = {
    "expected_robbery": 12.34,
    "expected_robbery_lo": 7.0,
    "expected_robbery_hi": 19.0,
    "expected_harm": 1234.5,
    "sv01_agreement": "police only",
    "police_generated_share": 0.125,
    "police_generated_change": 0.03,
    "map_point_share": 0.4,
    "artefact": ["A prison stands here."] + [""] * 47,
    "sv01_rank_set_lo": np.arange(1, 49) // 2,
    "sv01_rank_set_hi": np.arange(1, 49) * 2,
}


@pytest.fixture(scope="module")
def judged_run(tmp_path_factory: pytest.TempPathFactory) -> PublishedRun:
    return WEB.publish(
        tmp_path_factory.mktemp("judged"),
        columns=CONTEXT,
        tables={
            "sensitivity": SENSITIVITY,
            "list_changes": CHANGES,
            "backtest": BACKTEST,
            "equity": EQUITY,
            "forecast": DRIVERS,
        },
        forecast=FORECAST,
        backtest=JUDGED,
    )


@pytest.fixture(scope="module")
def view(judged_run: PublishedRun) -> RunView:
    return view_of(judged_run)


@pytest.fixture
def client(judged_run: PublishedRun) -> Client:
    return create_app(judged_run.folder.parent).server.test_client()


def found(table: Table | None) -> Table:
    assert table is not None
    return table


def test_weights_stand_as_set_beside_as_they_work(judged_run: PublishedRun) -> None:
    tables = judgement_tables_of(judged_run)
    table = found(sensitivity_table(tables, "sv01"))
    assert table.rows[0] == (
        "Recorded harm",
        "40%",
        "71%",
        "0.20 ± 0.03",
        "0.50 ± 0.04",
        "3.2",
        "2 and 1",
    )
    assert table.rows[1][3] == "not known"
    said = sensitivity_said(tables, "sv01")
    assert said.startswith("What spreads the scores most is “Recorded harm”: it brings 71%")
    assert sensitivity_table(tables, "sv04") is None
    assert "not in this run" in sensitivity_said(tables, "sv04")


def test_each_judgement_that_changes_the_list_is_one_row_with_the_names(
    judged_run: PublishedRun,
) -> None:
    tables = judgement_tables_of(judged_run)
    assert found(changes_table(tables, "sv01")).rows == (
        ("Weight up by a quarter: recorded harm", "Old Town C, Ward 0", "Old Town B, Ward 4"),
        (
            "No change: without: average monthly chance of above-usual risk; a scenario to come",
            "none",
            "none",
        ),
    )
    assert changes_said(tables, "sv01").startswith("1 of 3 judgements")


def test_a_back_test_is_a_table_an_outcome_by_number_of_areas(
    judged_run: PublishedRun, view: RunView
) -> None:
    (table,) = backtest_tables(judgement_tables_of(judged_run))
    assert table.caption.startswith("Robbery: share caught in the first areas")
    assert "3 starting months, 412 in all" in table.caption
    assert table.rows[0] == (
        "The score of SV01",
        "3.0% (2.0 to 4.0)",
        "7.5% (5.0 to 10.0)",
        "15.0% (10.0 to 20.0)",
        "30.0% (20.0 to 40.0)",
        "1.5",
    )
    assert table.rows[1][0] == "Prior counts of the same offences"
    assert backtest_said(view).startswith("Back-test of 20 November 2026, on the same settings")
    assert backtest_verdicts(view) == ("The score of SV01 lost to prior counts.",)
    assert backtest_other_ways(view) == ("A tenth of the residents: it caught more.",)


def test_equity_says_ratios_and_where_there_are_too_few(judged_run: PublishedRun) -> None:
    (table,) = equity_tables(judgement_tables_of(judged_run), "sv01")
    assert table.rows == (
        ("urban", "60%", "90%", "1.50"),
        ("rural", "40%", "10%", "too few to say"),
    )


def test_drivers_are_shown_greatest_first_and_the_rest_counted(
    judged_run: PublishedRun, view: RunView
) -> None:
    (table,) = driver_tables(judgement_tables_of(judged_run))
    assert [row[0] for row in table.rows] == [f"Driver {n}" for n in range(9, 1, -1)]
    assert table.rows[0][1:] == ("45% ± 1.0", "raises")
    assert "2 lesser ones in forecast.csv" in table.caption
    said = forecast_said(view)
    assert "6 months after June 2025" in said[0]
    assert said[1].startswith("No seasonal factors were supplied")
    assert said[2:] == ("2 areas were filled.",)


def test_rank_sets_are_said_of_the_first_and_the_last_of_the_list(view: RunView) -> None:
    assert rank_sets_said(view, "sv01") == (
        "By counts alone, with no weights at all, the area of rank 1 could stand anywhere from 0 "
        "to 2, and that of rank 10 could stand anywhere from 5 to 20, of 48."
    )
    first = view.areas["sv01_rank"] == 1
    alone = view.areas.assign(
        sv01_rank_set_lo=view.areas["sv01_rank_set_lo"].mask(first, 1),
        sv01_rank_set_hi=view.areas["sv01_rank_set_hi"].mask(first, 1),
    )
    said = rank_sets_said(replace(view, areas=alone), "sv01")
    assert "the area of rank 1 could stand nowhere but at 1, and" in said


def test_a_forecast_that_learned_from_the_ring_says_so(view: RunView) -> None:
    manifest = {**view.manifest, "forecast": {**view.manifest["forecast"], "areas": 48}}
    assert "over 48 areas. Method" in forecast_said(replace(view, manifest=manifest))[0]
    manifest["forecast"] = {**manifest["forecast"], "areas": 60}
    said = forecast_said(replace(view, manifest=manifest))[0]
    assert "over 60 areas, the ring among them. Method" in said


def test_the_panel_says_what_stands_beside_the_score(client: Client, view: RunView) -> None:
    facts = {fact.label: fact for fact in context_facts(view, "sv01", "X01000000")}
    assert facts["Robbery expected"].text == "12.3 (7 to 19)"
    assert "6 months after June 2025" in facts["Robbery expected"].help
    assert "assumes the period's season" in facts["Robbery expected"].help
    assert facts["Harm expected, weighted"].text == "1,234"
    assert facts["Other sources"].text == "Police only"
    assert facts["Police-generated"].text == "12% (+3.0 points)"
    assert facts["Artefact"].text == "A prison stands here."
    assert "Artefact" not in {f.label for f in context_facts(view, "sv01", "X01000001")}
    assert "Other sources" not in {f.label for f in context_facts(view, "sv04", "X01000001")}
    answer = ask(
        client, question("area-panel.children", "area-question", "priority=sv01&area=X01000000")
    )
    said = texts(answer["area-panel"]["children"])
    assert said[said.index("Beside the score") + 1] == "Robbery expected"


def test_the_evidence_page_holds_it_all(client: Client) -> None:
    said = texts(page(client, "/evidence"))
    for wanted in (
        "What the list hangs on",
        "How the cuts are compared",
        "Does it beat counting last year's crimes?",
        "What is expected next",
        "The score of SV01 lost to prior counts.",
        "too few to say",
    ):
        assert wanted in said


def test_a_run_without_them_says_so_and_how_to_get_them(tmp_path: Path) -> None:
    """A run published before these figures were made."""
    run = WEB.publish(tmp_path)
    client = create_app(tmp_path).server.test_client()
    said = texts(page(client, "/evidence"))
    for wanted in (
        "What the list hangs on is not in this run.",
        "Who lives where areas are flagged is not in this run.",
        "Expected events of the coming months are not in this run.",
        "hotspots backtest",
    ):
        assert wanted in said
    assert any(text.startswith("Not run:") for text in said)
    view = view_of(run)
    assert context_facts(view, "sv01", "X01000000") == ()
    assert context_facts(view, "sv01", "nowhere") == ()
    tables = judgement_tables_of(run)
    for none in (backtest_tables(tables), driver_tables(tables), equity_tables(tables, "sv01")):
        assert none == ()
    assert changes_said(tables, "sv01") == ""


@pytest.mark.parametrize("column", ["effective_weight", "sobol_total"])
def test_figures_that_are_not_known_are_words(tmp_path: Path, column: str) -> None:
    missing: dict[str, Any] = {column: np.nan}
    run = WEB.publish(tmp_path, tables={"sensitivity": SENSITIVITY.assign(**missing)})
    tables = judgement_tables_of(run)
    assert "not known" in found(sensitivity_table(tables, "sv01")).rows[0]
    assert sensitivity_said(tables, "sv01")


def test_a_sobol_index_that_rounds_to_nought_bears_no_sign(
    judged_run: PublishedRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    tables = judgement_tables_of(judged_run)
    monkeypatch.setitem(tables.sensitivity, "sobol_first", -0.002)
    table = sensitivity_table(tables, "sv01")
    assert table is not None
    assert table.rows[0][3].startswith("0.00")
