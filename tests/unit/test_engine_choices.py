"""What the engine's map would be with other choices: bandwidths, rankings, a second variable."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import box

import model_case as CASE
from dashboards.exports.columns import TABLES
from risk_model import priority_events
from risk_model.bandwidth_report import BANDWIDTH_COLUMNS, bandwidth_table
from risk_model.bivariate_report import BIVARIATE_COLUMNS, bivariate_table
from risk_model.config.risk import RiskConfig
from risk_model.config.settings import Density
from risk_model.coverage_report import COVERAGE_COLUMNS, coverage_table
from risk_model.densities import (
    PriorityDensity,
    points_within_m,
    priority_density,
    surroundings,
    weigh,
)
from risk_model.layers.crime import offence_set
from risk_model.model_data import ModelData
from risk_model.priority_events import events_of_priorities
from spatial.adaptive import adaptive_surface
from spatial.bandwidth import choose_bandwidth
from spatial.hotspot_polygons import hotspot_polygons
from spatial.kde import density_surface

VIOLENCE = CASE.VIOLENCE
NOWHERE = gpd.GeoSeries([], crs="EPSG:27700")


def config(**density: object) -> RiskConfig:
    chosen = CASE.one({"event_rate": 1.0}, {VIOLENCE: 1.0}, size=6)
    return chosen.model_copy(update={"density": Density(**density)})


def squares(data: ModelData) -> gpd.GeoSeries:
    """One kilometre each, in rows of eight."""
    at = np.arange(len(data.area_codes))
    corners = zip(400_000 + 1000 * (at % 8), 90_000 + 1000 * (at // 8), strict=True)
    return gpd.GeoSeries(
        [box(x, y, x + 1000, y + 1000) for x, y in corners],
        index=pd.Index(data.area_codes),
        crs="EPSG:27700",
    )


def located(data: ModelData, *, events: int = 600) -> pd.DataFrame:
    """Two towns of unlike width and a thin countryside, at whole metres."""
    rng = np.random.default_rng(3)
    towns = [
        rng.normal((402_000, 92_000), 250, (events // 2, 2)),
        rng.normal((406_000, 94_000), 700, (events // 3, 2)),
        rng.uniform((400_100, 90_100), (407_900, 95_900), (events - events // 2 - events // 3, 2)),
    ]
    at = np.clip(np.concatenate(towns).round(), (400_001, 90_001), (407_999, 95_999))
    position = (at[:, 0] - 400_000) // 1000 + 8 * ((at[:, 1] - 90_000) // 1000)
    codes = np.asarray(data.area_codes)[position.astype(int)]
    return pd.DataFrame(
        {"x": at[:, 0], "y": at[:, 1], "category": VIOLENCE, "area_code": codes, "month": "2025-01"}
    )


def drawn(data: ModelData, points: pd.DataFrame, settings: RiskConfig) -> PriorityDensity:
    where = surroundings(points, data, study=squares(data), around=NOWHERE)
    offences = offence_set(settings.priorities["sv01"], settings, CASE.HARM)
    return priority_density(where, offences, settings.density)


def widths(data: ModelData, points: pd.DataFrame, settings: RiskConfig) -> pd.DataFrame:
    return bandwidth_table(
        data,
        events_of_priorities(data, settings, CASE.HARM),
        {"sv01": drawn(data, points, settings)},
        points,
        study=squares(data),
        around=NOWHERE,
        config=settings,
    )


def test_columns_are_those_that_people_are_told_of() -> None:
    for table, columns in (
        ("coverage", COVERAGE_COLUMNS),
        ("bandwidths", BANDWIDTH_COLUMNS),
        ("bivariate", BIVARIATE_COLUMNS),
    ):
        assert tuple(TABLES[table]) == columns
        for column in TABLES[table].values():
            assert column.title
            assert column.unit
            assert column.description.endswith(".")


# Bandwidths ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("bandwidth_m", "cell_m", "cells"), [(1000, 100, 50), (800, 160, 80)])
def test_overlap_is_that_of_the_polygons(bandwidth_m: int, cell_m: int, cells: int) -> None:
    """Oracle: each surface drawn by itself, its polygons cut with those of the chosen one."""
    data = CASE.case()
    points, settings = located(data), config(bandwidth_m=bandwidth_m, cell_m=cell_m)
    table = widths(data, points, settings).set_index("bandwidth")
    assert table.loc[["half", "double"], "cell_m"].tolist() == [cells, cell_m]
    moved = points.assign(x=points["x"] // 100 * 100 + 50, y=points["y"] // 100 * 100 + 50)

    def polygons(width: float, cell: float) -> gpd.GeoDataFrame:
        placed = points if width == bandwidth_m else moved
        surface = density_surface(
            placed, study=squares(data), land=None, bandwidth_m=width, cell_m=cell, months=6
        )
        return hotspot_polygons(surface, points=placed).frame

    chosen = polygons(bandwidth_m, cell_m)
    for name, factor in (("half", 0.5), ("chosen", 1.0), ("double", 2.0)):
        row = table.loc[name]
        own = polygons(bandwidth_m * factor, row["cell_m"])
        both = own.union_all().intersection(chosen.union_all()).area
        either = own.union_all().union(chosen.union_all()).area
        assert row["bandwidth_m"] == bandwidth_m * factor
        assert row["overlap"] == pytest.approx(both / either)
        assert row["kept"] == pytest.approx(both / chosen.area.sum())
        assert row["hotspot_km2"] == pytest.approx(own["area_km2"].sum())
        assert row["events_share"] == pytest.approx(own["share"].sum())
        share = own["events"].sum() / len(points) / (own["area_km2"].sum() / 48)
        # Cells of 160 m do not end on the border of 8 by 6 km.
        assert row["pai_same_data"] == pytest.approx(share, rel=0.02)
    assert table.loc["chosen", ["overlap", "kept"]].tolist() == [1, 1]
    assert table["note"].isna().all()


def test_a_country_is_told_to_run_one_force_and_a_force_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(priority_events, "LARGEST_AREA", 40)
    data = replace(CASE.case(), forces=("eastmoor", "westmoor"))
    country = widths(data, located(data), config())
    assert "48 areas of 2 police forces" in country["note"].iloc[0]
    force = widths(replace(data, forces=("eastmoor",)), located(data), config())
    assert force["bandwidth"].tolist() == ["half", "chosen", "double"]


def test_twice_a_bandwidth_that_is_wider_than_the_area_is_not_drawn() -> None:
    data = CASE.case()
    table = widths(data, located(data), config(bandwidth_m=5000, cell_m=200)).set_index("bandwidth")
    assert "wider than the study area" in table.loc["double", "note"]
    assert np.isnan(table.loc["double", "kept"])
    assert table.loc["half", "kept"] > 0


def test_no_events_have_no_hot_spots_to_compare() -> None:
    data = CASE.case()
    table = widths(data, located(data)[:0], config())
    assert (table["hotspot_km2"] == 0).all()
    assert table["kept"].isna().all()


def test_events_are_asked_for_as_far_as_the_widest_surface_reaches() -> None:
    assert points_within_m(Density()) == 2000
    assert points_within_m(Density(kernel="gaussian")) == 8000
    assert points_within_m(Density(bandwidth="cross_validated")) == 4000
    assert points_within_m(Density(bandwidth="adaptive", bandwidth_m=500)) == 3000


def test_a_cross_validated_bandwidth_is_the_likeliest_of_half_to_twice_the_set_one() -> None:
    data = CASE.case()
    points, settings = located(data), config(bandwidth="cross_validated", bandwidth_m=1200)
    found = drawn(data, points, settings)
    tried = found.bandwidth["candidates_m"]
    # To a fifth of the longer side (8 km), which is less than twice the bandwidth.
    assert (min(tried), max(tried)) == (600, 1600)
    assert found.bandwidth["method"] == "cross_validated"
    assert found.bandwidth["chosen"] is True
    best = tried[int(np.argmax(found.bandwidth["scores"]))]
    assert found.surface.bandwidth_m == best
    by_place = choose_bandwidth(
        points,
        study=squares(data),
        cell_m=100,
        fallback_m=1200,
        bandwidths_m=tried,
        leave_out="place",
        background="fitted",
    )
    assert best == by_place.bandwidth_m
    fixed = drawn(data, points, config(bandwidth_m=best))
    np.testing.assert_array_equal(found.surface.values, fixed.surface.values)
    assert list(widths(data, points, settings)["bandwidth_m"]) == [best / 2, best, best * 2]


def test_too_few_events_keep_the_set_bandwidth_and_say_so() -> None:
    data = CASE.case()
    found = drawn(data, located(data, events=40), config(bandwidth="cross_validated"))
    assert found.surface.bandwidth_m == 1000
    assert found.bandwidth["chosen"] is False
    assert any("choose no bandwidth: the bandwidth is 1000 m, as set" in w for w in found.warnings)


def test_an_adaptive_bandwidth_follows_the_events_and_is_weighted() -> None:
    data = CASE.case()
    points = located(data)
    settings = config(bandwidth="adaptive")
    found = drawn(data, points, settings)
    offences = offence_set(settings.priorities["sv01"], settings, CASE.HARM)
    where = surroundings(points, data, study=squares(data), around=NOWHERE)
    own = adaptive_surface(
        weigh(where.points, offences),
        study=squares(data),
        land=None,
        bandwidth_m=1000,
        cell_m=100,
        months=6,
    )
    np.testing.assert_array_equal(found.surface.values, own.surface.values)
    assert found.bandwidth == {
        "method": "adaptive",
        "lowest_m": 500,
        "highest_m": 2000,
        "clipped_low": own.clipped_low,
        "clipped_high": own.clipped_high,
    }
    assert found.surface.highest > 1.2 * drawn(data, points, config()).surface.highest
    assert widths(data, points, settings)["kept"].between(0.2, 1).all()


# Coverage -----------------------------------------------------------------------------------


def test_coverage_is_that_of_counting_down_the_ranking() -> None:
    data = CASE.case(ring=8)
    settings = config()
    found = events_of_priorities(data, settings, CASE.HARM)
    study = data.in_study
    codes = np.asarray(data.area_codes)[study]
    rng = np.random.default_rng(2)
    areas = pd.DataFrame(
        {"sv01_score": rng.permutation(40) + 0.5, "sv01_rr": rng.gamma(2, 0.5, 40)}, index=codes
    )
    areas.loc[codes[3], "sv01_score"] = np.nan
    table = coverage_table(data, found, areas, settings)
    assert list(table["cut"][:5]) == [
        "list of 6",
        "1% of areas",
        "5% of areas",
        "10% of areas",
        "20% of areas",
    ]
    assert list(table["areas"]) == [6, 1, 2, 4, 8] * 2
    assert set(table["data"]) == {"same data"}
    counts, expected = found["sv01"].total[study], found["sv01"].expected[study]
    land, people = data.area_km2[study], data.population[study]
    smoothed = areas["sv01_rr"].to_numpy() * expected
    for name, ranking in (
        ("score", areas["sv01_score"].fillna(-1).to_numpy()),
        ("smoothed events", smoothed),
    ):
        order = np.argsort(-ranking)
        for row in table[table["ranked_by"] == name].itertuples():
            first = order[: row.areas]
            share = counts[first].sum() / counts.sum()
            assert row.events == pytest.approx(counts[first].sum())
            assert row.events_share == pytest.approx(share)
            assert row.areas_share == row.areas / 40
            assert row.population_share == pytest.approx(people[first].sum() / people.sum())
            assert row.area_share == pytest.approx(land[first].sum() / land.sum())
            assert row.pai == pytest.approx(share / (land[first].sum() / land.sum()))
            assert row.pei <= 1
            if name == "score":
                assert np.isnan(row.rri)
            else:
                assert row.rri == pytest.approx(smoothed[first].sum() / counts[first].sum())


def test_areas_without_a_month_are_not_covered_and_a_short_county_has_a_short_list() -> None:
    data = CASE.case(n=8)
    covered = data.covered.copy()
    covered[0] = False
    data = replace(data, covered=covered, neighbours=CASE.lattice(list(data.area_codes), 8))
    settings = CASE.one({"event_rate": 1.0}, {VIOLENCE: 1.0}, size=30)
    areas = pd.DataFrame({"sv01_score": 50.0, "sv01_rr": 1.0}, index=list(data.area_codes))
    found = events_of_priorities(data, settings, CASE.HARM)
    table = coverage_table(data, found, areas, settings)
    whole = table[table["cut"] == "list of 30"]
    assert (whole["areas"] == 7).all()
    assert (whole["events"] == found["sv01"].total[1:].sum()).all()
    assert whole["pai"].to_numpy() == pytest.approx(1)


# Beside deprivation -------------------------------------------------------------------------


def test_offences_planted_among_deprived_areas_are_found_and_elsewhere_are_not() -> None:
    data = CASE.case(ring=6, population=np.full(48, 1000.0))
    block = [9, 10, 11, 17, 18, 19, 25, 26, 27]
    high = np.isin(np.arange(48), block)
    rng = np.random.default_rng(4)
    counts = np.zeros_like(data.counts)
    at = data.categories.index(VIOLENCE)
    counts[:, :, at] = np.where(high, 20, 4)[:, None] + rng.integers(0, 2, (48, 6))
    deprived = data.indicators.assign(
        deprivation_without_crime=np.where(high, 40.0, 10.0) + rng.normal(0, 1, 48)
    )
    settings = config()
    planted = replace(data, counts=counts, indicators=deprived)
    table = bivariate_table(planted, events_of_priorities(planted, settings, CASE.HARM), settings)
    row = table.iloc[0]
    assert row["areas"] == 42
    assert row["correlation"] > 0.9
    assert row["bivariate_i"] > 0.4
    assert row["high_high"] >= 5
    assert row["high_low"] == 0
    assert row["note"] == ""
    assert row["seeds_agree_at_least"] in {k / 5 for k in range(6)}
    found = events_of_priorities(planted, settings, CASE.HARM)
    for side, kept, gone in (
        ("greater", ("high_high", "low_low"), ("high_low", "low_high")),
        ("less", ("high_low", "low_high"), ("high_high", "low_low")),
    ):
        statistics = settings.statistics.model_copy(update={"alternative": side})
        asked = settings.model_copy(update={"statistics": statistics})
        one = bivariate_table(planted, found, asked).iloc[0]
        for suffix in ("", "_raw"):
            assert one[[f"{kind}{suffix}" for kind in kept]].notna().all()
            assert one[[f"{kind}{suffix}" for kind in gone]].isna().all()
        assert one["note"].startswith(f"One side was tested ({side}): surroundings ")
        if side == "greater":
            assert one["high_high"] >= row["high_high"]
    shuffled = deprived.assign(
        deprivation_without_crime=rng.permutation(deprived["deprivation_without_crime"])
    )
    chance = replace(planted, indicators=shuffled)
    row = bivariate_table(chance, events_of_priorities(chance, settings, CASE.HARM), settings)
    assert row["high_high"].iloc[0] <= 1


def test_beside_deprivation_rare_events_make_no_area_quiet() -> None:
    data, settings = CASE.case(n=80), config()
    counts = np.zeros_like(data.counts)
    at = data.categories.index(VIOLENCE)
    for events, rare in ((79, True), (80, False)):
        counts[:events, 0, at] = 1
        few = replace(data, counts=counts)
        row = bivariate_table(few, events_of_priorities(few, settings, CASE.HARM), settings).iloc[0]
        for kind in ("low_low", "low_high", "low_low_raw", "low_high_raw"):
            assert pd.isna(row[kind]) == rare
        assert row[["high_high", "high_low", "high_high_raw", "high_low_raw"]].notna().all()
        assert row["note"].startswith("Under one event an area") == rare


def test_what_cannot_be_set_beside_says_why() -> None:
    settings = config()
    data = CASE.case()
    none = replace(data, indicators=data.indicators.assign(deprivation_without_crime=np.nan))
    row = bivariate_table(none, events_of_priorities(none, settings, CASE.HARM), settings).iloc[0]
    assert (
        row["note"]
        == "Not tested: no area has both a rate and a deprivation score. Check the files of both."
    )
    flat = replace(data, indicators=data.indicators.assign(deprivation_without_crime=7.0))
    row = bivariate_table(flat, events_of_priorities(flat, settings, CASE.HARM), settings).iloc[0]
    assert (
        row["note"]
        == "Not testable: the value is the same in every area. Check the column that it comes from."
    )
    assert pd.isna(row["high_high"])
