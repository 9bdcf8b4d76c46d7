"""The table of other cuts of the map, held to what each cut finds by itself."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import model_case as CASE
from report_case import (
    CONFIG,
    compared,
    events,
    located,
    named,
    planted,
    squares,
    study_squares,
    with_counts,
)
from risk_model import clusters
from risk_model.layers.crime import monthly_events
from risk_model.run_tests import streams_of, value_again
from risk_model.scoring import rate
from risk_model.support_report import SUPPORT_COLUMNS, cut_supports, support_table
from spatial.support import area_support, hexagon_support
from spatial.support_check import compare_supports
from spatial.support_flags import top_by_rate


def test_supports_are_compared_on_the_events_of_the_priority() -> None:
    data = named(planted())
    points = located(data)
    table, _ = compared(data, points=points)
    assert len(table) == 7 * 3
    hexagonal = (table[["first", "second"]] == "hexagons of 500 m").any(axis=1)
    assert table.loc[hexagonal, "note"].str.contains("as if spread evenly over their area").all()
    assert not table.loc[~hexagonal, "note"].str.contains("spread evenly").any()
    top = table[table["flagged_by"].str.startswith("counts: top")].set_index(["first", "second"])
    row = top.loc[("areas", "hexagons of 500 m")]
    mine = points[points["category"] == CASE.VIOLENCE]
    base = area_support(squares(data), data.population, mine["area_code"], data.neighbours)
    hexagons = hexagon_support(base, mine["x"], mine["y"])
    wanted = compare_supports(base, [hexagons], top_by_rate(population_share=0.1)).overlaps[0]
    assert row["jaccard_area"] == pytest.approx(wanted.jaccard_area)
    assert row["jaccard_events"] == pytest.approx(wanted.jaccard_events)
    assert (row["first_units"], row["second_units"]) == (48, len(hexagons.codes))
    assert row["first_flagged"] == 5  # the first areas to reach a tenth of the residents
    assert top.loc[("areas", "MSOAs"), "second_units"] == 12


def test_what_a_run_publishes_is_what_is_checked() -> None:
    """A ring, harm weights and the default settings: what the areas say is in the table."""
    data = named(planted(ring=8))
    settings = CASE.one({"event_rate": 1.0}, {CASE.VIOLENCE: 1.0, "robbery": 3.0}, size=9)
    table, scored = compared(data, settings)
    areas = scored.areas
    own = table[table["first"] == "areas"].drop_duplicates("flagged_by").set_index("flagged_by")
    published = {
        "this run: High-High by q": (areas["sv01_lisa_cluster"] == "High-High").sum(),
        "this run: High-High by raw p": (
            scored.clusters["sv01"].raw_cluster[data.in_study] == "High-High"
        ).sum(),
        "this run: Gi* hot by q": (areas["sv01_gi_bin"] >= 2).sum(),
        "this run: flagged": areas["sv01_flag"].sum(),
    }
    assert min(published.values()) > 0
    assert own.loc[list(published), "first_flagged"].tolist() == list(published.values())
    hot = table[table["flagged_by"] == "this run: Gi* hot by q"].iloc[0]
    assert hot["second"] == "hexagons of 500 m"
    assert hot["jaccard_events"] > 0.5  # the planted block is a place


@pytest.mark.parametrize("correction", ["benjamini-hochberg", "none"])
def test_other_supports_are_corrected_as_the_run_is(correction: str) -> None:
    settings = CASE.one(
        {"event_rate": 1.0},
        {CASE.VIOLENCE: 1.0, "robbery": 3.0},
        sections={"statistics": {"correction": correction}},
    )
    table, _ = compared(named(planted()), settings)
    rows = table[(table["first"] == "areas") & (table["second"] == "hexagons of 500 m")]
    found = rows.set_index("flagged_by")["second_flagged"]
    q, p = found["this run: High-High by q"], found["this run: High-High by raw p"]
    assert (q == p) if correction == "none" else (q < p)


@pytest.mark.parametrize("smoothing", ["gamma_poisson", "marshall", "local_marshall"])
@pytest.mark.parametrize("offences", [{CASE.VIOLENCE: 1.0}, {CASE.VIOLENCE: 1.0, "robbery": 3.0}])
def test_the_variable_of_another_support_is_that_of_the_run(
    smoothing: str, offences: dict[str, float]
) -> None:
    """On the areas themselves, without a ring, it is what the run tests."""
    data = CASE.case(seed=11)
    covered = data.covered.copy()
    covered[5, 2:] = False
    population = data.population.copy()
    population[7] = np.nan
    data = replace(data, covered=covered, population=population)
    settings = CASE.one(
        {"event_rate": 1.0}, offences, sections={"statistics": {"smoothing": smoothing}}
    )
    found = events(data, settings)["sv01"]
    rated = rate(data, settings, CASE.HARM)
    _, wanted = clusters.tested_variable(
        data, settings, rated.rates["sv01"], rated.streams, rated.exposed
    )
    codes, kinds = [], []
    for offence in found.offences.offences:
        counted = monthly_events(data, offence).sum(axis=1).astype(int)
        codes += np.repeat(data.area_codes, counted).tolist()
        kinds += [offence.category] * int(counted.sum())
    base = area_support(squares(data), data.population, codes, data.neighbours)
    each = [np.array(kinds) == offence.category for offence in found.offences.offences]
    value = value_again(base, each, found, data, settings, streams_of(found, data, settings))
    assert np.isnan(value[7])
    assert np.isnan(wanted[7])
    assert value == pytest.approx(wanted, rel=1e-9, nan_ok=True)


def test_too_few_areas_are_not_tested_which_is_not_nought() -> None:
    """Rutland has 26 areas: nothing is flagged on them because nothing could be."""
    data = CASE.case(n=26, population=np.full(26, 1000.0))
    violence = np.full((26, 6), 4)
    violence[[9, 10, 17, 18]] = 20
    data = named(with_counts(data, violence))
    table, _ = compared(data)
    of_areas = table[table["first"] == "areas"]
    tests = of_areas[~of_areas["flagged_by"].str.startswith("counts: top")]
    assert tests["first_flagged"].isna().all()
    assert tests[["jaccard_area", "jaccard_events"]].isna().all(axis=None)
    said = "Not tested: 26 areas"
    assert tests["note"].str.contains(f"areas: {said}").all()
    with_hexagons = tests[tests["second"] == "hexagons of 500 m"].set_index("flagged_by")
    assert with_hexagons.loc["this run: High-High by q", "second_flagged"] >= 0
    assert with_hexagons["note"].str.contains("as if spread evenly").all()
    larger = tests[tests["second"] == "MSOAs"]
    assert larger["second_flagged"].isna().all()
    top = of_areas[of_areas["flagged_by"].str.startswith("counts: top")]
    assert (top["first_flagged"] > 0).all()  # the highest rates need no test


def test_a_side_without_high_high_is_not_tested_either() -> None:
    settings = CASE.one(
        {"event_rate": 1.0}, {CASE.VIOLENCE: 1.0}, sections={"statistics": {"alternative": "less"}}
    )
    table, _ = compared(named(planted()), settings)
    rows = table[table["flagged_by"] == "this run: High-High by q"]
    assert rows[["first_flagged", "second_flagged"]].isna().all(axis=None)
    assert rows["note"].str.contains("alternative: less").all()


def test_names_without_larger_areas_leave_the_hexagons() -> None:
    data = planted()
    table, _ = compared(data)
    assert set(table["second"]) == {"hexagons of 500 m"}
    assert table["note"].str.contains("no larger areas").all()


def test_supports_that_cannot_be_compared_say_why() -> None:
    data = named(planted())
    shapes = study_squares(data)
    shapes.iloc[0] = shapes.iloc[1]
    cuts = cut_supports(data, located(data), shapes)
    table = support_table(data, events(data), cuts, CONFIG, own={})
    assert table["first"].isna().all()
    assert "overlap" in table["note"].iloc[0]
    large = CASE.case(n=2001, forces=("eastmoor", "westmoor"))
    cuts = cut_supports(large, located(data), squares(large))
    table = support_table(large, events(large), cuts, CONFIG, own={})
    assert "2,001 areas" in table["note"].iloc[0]
    assert list(table.columns) == list(SUPPORT_COLUMNS)
