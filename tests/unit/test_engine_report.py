"""The tables of the spatial engine: held to slow, obvious sums and to what was planted."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from scipy import stats
from shapely.geometry import box

import model_case as CASE
from dashboards.exports.columns import TABLES
from risk_model import clusters, scan_report
from risk_model.bivariate_report import bivariate_table
from risk_model.concentration_report import CONCENTRATION_COLUMNS, concentration_table
from risk_model.config.risk import RiskConfig
from risk_model.layers.crime import monthly_events
from risk_model.model_data import ModelData
from risk_model.priority_events import PriorityEvents, events_of_priorities
from risk_model.run_tests import own_flags, streams_of, value_again
from risk_model.scan_report import SCAN_COLUMNS, scan_table
from risk_model.scoring import Scored, rate, score_model
from risk_model.space_time_report import (
    MONTH_COLUMNS,
    SPACE_TIME_COLUMNS,
    space_time_tables,
)
from risk_model.support_report import SUPPORT_COLUMNS, cut_supports, support_table
from spatial.support import area_support, hexagon_support
from spatial.support_check import compare_supports
from spatial.support_flags import top_by_rate

VIOLENCE = CASE.VIOLENCE
CONFIG = CASE.one({"event_rate": 1.0}, {VIOLENCE: 1.0, "robbery": 3.0})
COLUMNS = 8
BLOCK = (9, 10, 11, 17, 18, 19, 25, 26, 27)  # three by three squares of the lattice


def events(data: ModelData, config: RiskConfig = CONFIG) -> dict[str, PriorityEvents]:
    return events_of_priorities(data, config, CASE.HARM)


def with_counts(data: ModelData, violence: np.ndarray) -> ModelData:
    """The same areas with these events of violence (areas by months) and nothing else."""
    counts = np.zeros_like(data.counts)
    counts[:, :, data.categories.index(VIOLENCE)] = violence
    return replace(data, counts=counts)


def planted(*, months: int = 6, raised: int = 20, **changes: object) -> ModelData:
    """Four events an area and month, `raised` in the block; a thousand residents everywhere."""
    data = CASE.case(months=months, population=np.full(48, 1000.0), **changes)
    violence = np.full((48, months), 4)
    violence[list(BLOCK)] = raised
    return with_counts(data, violence)


def squares(data: ModelData) -> gpd.GeoSeries:
    """One kilometre each, in the order of the lattice."""
    shapes = [
        box(x, y, x + 1000, y + 1000)
        for x, y in (
            (400_000 + 1000 * (i % COLUMNS), 90_000 + 1000 * (i // COLUMNS))
            for i in range(len(data.area_codes))
        )
    ]
    return gpd.GeoSeries(shapes, index=pd.Index(data.area_codes), crs="EPSG:27700")


def study_squares(data: ModelData) -> gpd.GeoSeries:
    return squares(data)[data.in_study]


def located(data: ModelData) -> pd.DataFrame:
    """One row an event of violence, spread over its square; and as many thefts to be left out."""
    place = squares(data)
    total = data.counts[:, :, data.categories.index(VIOLENCE)].sum(axis=1)
    which = np.repeat(np.arange(len(total)), total)
    rng = np.random.default_rng(5)
    bounds = place.bounds.to_numpy()
    frame = pd.DataFrame(
        {
            "x": bounds[which, 0] + rng.uniform(1, 999, which.size),
            "y": bounds[which, 1] + rng.uniform(1, 999, which.size),
            "category": VIOLENCE,
            "area_code": np.asarray(data.area_codes)[which],
        }
    )
    return pd.concat([frame, frame.assign(category="other_theft")], ignore_index=True)


def named(data: ModelData) -> ModelData:
    """Area names as the Office for National Statistics gives them: four areas to a larger one."""
    names = [f"Made up {i // 4:03d}{'ABCD'[i % 4]}" for i in range(len(data.area_codes))]
    return replace(data, labels=data.labels.assign(area_name=names))


# Events -------------------------------------------------------------------------------------


def test_events_are_counted_and_never_weighted() -> None:
    data = CASE.case(ring=6)
    found = events(data)["sv01"]
    kinds = [data.categories.index(name) for name in (VIOLENCE, "robbery")]
    assert found.total.tolist() == data.counts[:, :, kinds].sum(axis=(1, 2)).tolist()
    study = data.in_study
    assert found.expected[study].sum() == pytest.approx(found.total[study].sum())


def test_columns_are_those_that_people_are_told_of() -> None:
    for table, columns in (
        ("concentration", CONCENTRATION_COLUMNS),
        ("scan", SCAN_COLUMNS),
        ("space_time", SPACE_TIME_COLUMNS),
        ("space_time_months", MONTH_COLUMNS),
        ("support", SUPPORT_COLUMNS),
    ):
        assert tuple(TABLES[table]) == columns
        for column in TABLES[table].values():
            assert column.title
            assert column.unit
            assert column.description.endswith(".")


# Concentration ------------------------------------------------------------------------------


def greedy(counts: np.ndarray, base: np.ndarray, share: float) -> float:
    """Events in the worst `share` of the base, area by area, the last one in part."""
    left, held = share * base.sum(), 0.0
    for i in sorted(range(len(base)), key=lambda i: -counts[i] / base[i]):
        part = min(1.0, left / base[i])
        held, left = held + part * counts[i], left - part * base[i]
        if left <= 1e-9:
            break
    return held / counts.sum()


@pytest.mark.parametrize("basis", ["areas", "residents", "km2"])
def test_worst_shares_are_those_of_filling_up_by_hand(basis: str) -> None:
    data = CASE.case(ring=8)
    study = data.in_study
    base = {"areas": np.ones(48), "residents": data.population, "km2": data.area_km2}[basis][study]
    table = concentration_table(data, events(data), seed=1)
    rows = table[table["basis"] == basis]
    counts = events(data)["sv01"].total[study]
    assert rows["basis_share"].tolist() == [0.01, 0.02, 0.05, 0.1, 0.2, 0.25, 0.5]
    assert rows["events_share"].tolist() == pytest.approx(
        [greedy(counts, base, share) for share in rows["basis_share"]]
    )
    assert (rows["events"] == counts.sum()).all()
    # The Gini is twice the area between the curve and the diagonal; mean difference form.
    rate, weight = counts / base, base / base.sum()
    apart = np.abs(rate[:, None] - rate[None, :])
    gini = (weight[:, None] * weight[None, :] * apart).sum() / (2 * (weight * rate).sum())
    assert rows["gini"].to_numpy() == pytest.approx(gini)
    assert (rows["gini_excess"] == rows["gini"] - rows["gini_by_chance"]).all()


def test_even_risk_has_no_gini_beyond_chance_and_one_full_area_has() -> None:
    data = planted(raised=4)
    even = concentration_table(data, events(data), seed=1)
    areas = even[even["basis"] == "areas"]
    assert areas["events_share"].tolist() == pytest.approx(areas["basis_share"].tolist())
    assert (areas["gini_excess"] < 0).all()
    violence = np.zeros((48, 6), dtype=int)
    violence[3] = 40
    one = concentration_table(data, events(with_counts(data, violence)), seed=1)
    assert (one.loc[one["basis_share"] >= 0.05, "events_share"] == 1).all()
    assert one.loc[one["basis"] == "areas", "gini"].to_numpy() == pytest.approx(47 / 48)
    assert (one["gini_excess"] > 0.5).all()


def test_areas_without_a_month_or_residents_take_no_part() -> None:
    data = planted()
    covered = data.covered.copy()
    covered[2:8] = False
    population = data.population.copy()
    population[12] = np.nan
    less = replace(data, covered=covered, population=population)
    table = concentration_table(less, events(less), seed=1).set_index("basis")
    total = 9 * 20 * 6 + 39 * 4 * 6
    assert (table.loc["areas", "events"] == total - 6 * 4 * 6).all()
    assert (table.loc["residents", "events"] == total - 7 * 4 * 6).all()


def test_no_events_have_no_concentration() -> None:
    data = planted(raised=0)
    none = with_counts(data, np.zeros((48, 6), dtype=int))
    table = concentration_table(none, events(none), seed=1)
    assert table[["events_share", "gini", "gini_by_chance", "gini_excess"]].isna().all(axis=None)
    assert (table["events"] == 0).all()


# Scan ---------------------------------------------------------------------------------------


def scanned(data: ModelData, phi: float = 1.0) -> pd.DataFrame:
    return scan_table(data, events(data), study_squares(data), phi={"sv01": phi}, seed=3)


def test_planted_block_is_the_most_likely_cluster() -> None:
    data = planted()
    first = scanned(data).iloc[0]
    codes = sorted(data.area_codes[i] for i in BLOCK)
    assert first["area_codes"] == "; ".join(codes)
    assert (first["rank"], first["kind"], first["areas"]) == (1, "most likely", 9)
    assert first["centre"] == data.area_codes[18]
    assert first["radius_m"] == pytest.approx(1000 * np.sqrt(2))
    total = 9 * 20 * 6 + 39 * 4 * 6
    assert first["observed"] == 1080
    assert first["expected"] == pytest.approx(total * 9 / 48)
    assert first["population"] == 9000
    assert first["annual_rate"] == pytest.approx(1000 * 1080 / 9000 * 2)  # half a year
    assert first["rate_unit"] == "per 1,000 residents per year"
    assert first["relative_risk"] == pytest.approx(20 / 4)
    assert first["observed_over_expected"] == pytest.approx(1080 / (total * 9 / 48))
    middle = squares(data).iloc[18].centroid
    assert (first["x"], first["y"]) == pytest.approx((middle.x, middle.y))
    assert first["p"] == 1 / 1000
    assert 0 < first["critical_llr"] < first["critical_llr_01"] < first["llr"]


def test_dispersion_takes_certainty_away_and_leaves_the_circles() -> None:
    data = planted(raised=6)
    plain, wide, unknown = (scanned(data, phi) for phi in (1.0, 8.0, float("nan")))
    assert plain["llr"].tolist() == wide["llr"].tolist() == unknown["llr"].tolist()
    assert plain["p"].iloc[0] < 0.05 < wide["p"].iloc[0]
    assert unknown["p"].tolist() == plain["p"].tolist()
    for name, bar in (("critical_llr", 0.05), ("critical_llr_01", 0.01)):
        assert wide[name].to_numpy() == pytest.approx(8 * plain[name].to_numpy())
        for table in (plain, wide):
            assert ((table["llr"] >= table[name]) == (table["p"] <= bar)).all()


def test_month_that_is_not_covered_raises_no_rate_and_makes_no_cluster() -> None:
    """Half the areas lack the months in which everyone has ten times as many events."""
    data = planted(raised=4)
    violence = np.full((48, 6), 4)
    violence[:, 3:] = 40
    covered = data.covered.copy()
    covered[:24, 3:] = False
    found = scanned(replace(with_counts(data, violence), covered=covered))
    assert found["rank"].isna().all() or (found["p"] > 0.5).all()


def test_ring_and_areas_without_residents_are_in_no_cluster() -> None:
    data = planted(in_study=np.arange(48) < 40)
    population = data.population.copy()
    population[17] = np.nan
    found = scanned(replace(data, population=population))
    inside = set("; ".join(found["area_codes"]).split("; "))
    assert not inside & {*data.area_codes[40:], data.area_codes[17]}
    assert found["note"].str.contains("1 areas without a rate").all()


def test_scan_that_cannot_be_made_says_why() -> None:
    few = with_counts(planted(), np.eye(48, 6, dtype=int))
    assert scanned(few)["note"].tolist() == [
        "Not scanned: 6 events, and at least 50 are needed. Take a longer period or more offences.",
    ]
    large = CASE.case(n=2001, forces=("eastmoor", "westmoor"))
    table = scan_table(large, events(large), squares(large), phi={"sv01": 1.0}, seed=1)
    assert table["rank"].isna().all()
    assert "2,001 areas of 2 police forces" in table["note"].iloc[0]
    assert "run one of them (--area with its code" in table["note"].iloc[0]
    assert list(table.columns) == list(SCAN_COLUMNS)
    unknown = replace(large, forces=())
    said = scan_table(unknown, events(unknown), squares(unknown), phi={"sv01": 1.0}, seed=1)
    assert "name a lookup of forces" in said["note"].iloc[0]


def test_one_force_has_everything_however_many_areas_it_has(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """London has 4,988 areas: told to run one force at a time it would have nowhere to go."""
    monkeypatch.setattr(scan_report, "_REPLICATIONS", 19)
    data = named(CASE.case(n=2001, forces=("bigmoor",), months=12))
    violence = np.ones((2001, 12), dtype=int)
    violence[900:903] = 40
    data = with_counts(data, violence)
    found, shapes = events(data), squares(data)
    circles = scan_table(data, found, shapes, phi={"sv01": 1.0}, seed=1)
    assert set(data.area_codes[900:903]) <= set(circles["area_codes"].iloc[0].split("; "))
    patterns = space_time_tables(data, found, CONFIG).patterns
    assert len(patterns) == 2001
    assert (patterns["pattern"] == "Persistent hot spot").any()
    table, _ = compared(data)
    assert (table["first"] == "areas").any()


# Space-time ---------------------------------------------------------------------------------


def patterns(data: ModelData) -> pd.DataFrame:
    return space_time_tables(data, events(data), CONFIG).patterns.set_index("area_code")


def test_twelve_hot_months_are_classified_and_eleven_are_not() -> None:
    year = planted(months=12)
    found = patterns(year)
    inner = [year.area_codes[i] for i in (10, 17, 18, 19, 26)]  # corners see more of the outside
    assert set(found.loc[inner, "pattern"]) == {"Persistent hot spot"}
    assert (found.loc[inner, "hot_share"] == 1).all()
    far = [year.area_codes[i] for i in range(40, 48)]
    assert (found.loc[far, "hot_share"] == 0).all()
    assert (found["reason"] == "").all()
    covered = year.covered.copy()
    covered[:, 7] = False
    gap = replace(year, covered=covered)
    found = patterns(gap)
    assert set(found["pattern"]) == {"Not classified"}
    assert set(found["covered_months"]) == {11}
    assert found["reason"].str.startswith("11 covered months").all()
    assert found["trend_z"].isna().all()


def test_a_small_study_area_is_not_tested_anywhere_whatever_its_ring() -> None:
    """As Rutland: 26 areas, and with those around more than the 30 that a test needs."""
    data = planted(months=12, ring=22)
    assert data.in_study.sum() == 26
    tests = {"permutations": 9_999}
    config = CASE.one(
        {"event_rate": 1.0}, {VIOLENCE: 1.0}, draws=100, sections={"statistics": tests}
    )
    few = "26 areas, and at least 30 are needed"
    both = space_time_tables(data, events(data, config), config)
    assert set(both.months["note"]) == {f"{few}. Take a wider study area."}
    assert both.months["gi_bin"].isna().all()
    assert len(both.months) == 26 * 12
    found = both.patterns
    assert found["area_code"].tolist() == list(data.study_codes)
    assert set(found["pattern"]) == {"Not classified"}
    assert set(found["reason"]) == {f"{few}. Take a wider study area."}
    assert set(found["covered_months"]) == {12}
    beside = bivariate_table(data, events(data, config), config).iloc[0]
    assert beside["note"] == f"Not tested: {few}. Take a wider study area."
    assert pd.isna(beside["high_high"])
    scored = score_model(data, config, CASE.HARM, density_share={})
    assert set(scored.areas["sv01_lisa_cluster"]) == {"Not testable"}
    assert scored.areas["sv01_gi_bin"].isna().all()
    assert any(few in warning for warning in scored.warnings)
    # Four areas more, and all three are tested.
    data = planted(months=12, ring=18)
    found = space_time_tables(data, events(data, config), config).patterns
    assert "Persistent hot spot" in set(found["pattern"])
    assert bivariate_table(data, events(data, config), config)["note"].iloc[0] == ""
    # As many areas, and too few events.
    data = with_counts(data, np.eye(48, 12, dtype=int))
    few = "12 events, and at least 50 are needed. Take a longer period or more offences."
    assert set(space_time_tables(data, events(data, config), config).patterns["reason"]) == {few}
    beside = bivariate_table(data, events(data, config), config).iloc[0]
    assert beside["note"] == f"Not tested: {few}"


def test_space_time_lists_the_study_areas_alone_and_a_country_in_one_row() -> None:
    data = CASE.case(ring=8)
    both = space_time_tables(data, events(data), CONFIG)
    assert both.patterns["area_code"].tolist() == list(data.study_codes)
    assert both.months["area_code"].drop_duplicates().tolist() == list(data.study_codes)
    large = CASE.case(n=2001, forces=("eastmoor", "westmoor"))
    both = space_time_tables(large, events(large), CONFIG)
    assert both.months["note"].tolist() == both.patterns["reason"].tolist()
    assert list(both.months.columns) == list(MONTH_COLUMNS)
    found = both.patterns
    assert found["priority"].tolist() == list(events(large))
    assert found["area_code"].isna().all()
    assert set(found["pattern"]) == {"Not classified"}
    assert found["reason"].str.contains("2,001 areas").all()
    assert list(found.columns) == list(SPACE_TIME_COLUMNS)


def fourteen(**changes: object) -> ModelData:
    months = (*(f"2024-{month:02d}" for month in range(1, 13)), "2025-01", "2025-02")
    return replace(planted(months=14, **changes), months=months)


def test_a_pattern_is_made_of_the_months_that_are_listed() -> None:
    data = fourteen(ring=8)
    violence = data.counts[:, :, data.categories.index(VIOLENCE)].copy()
    violence[list(BLOCK), -3:] = 4  # hot for eleven months and then like the rest
    violence[[36, 37, 38], -3:] = 9
    covered = data.covered.copy()
    covered[:, 5] = False  # nobody's month: left out
    covered[30, 2] = False  # one area's month: said to be without data
    data = replace(with_counts(data, violence), covered=covered)
    both = space_time_tables(data, events(data), CONFIG)
    months = both.months
    kept = [month for month in data.months if month != data.months[5]]
    assert months.groupby("area_code")["month"].agg(list).map(lambda m: m == kept).all()
    lone = months[months["gi_bin"].isna()]
    assert lone[["area_code", "month", "note"]].to_numpy().tolist() == [
        [data.area_codes[30], data.months[2], "No data of this month."]
    ]
    assert lone["gi_z"].isna().all()
    assert (months.loc[months["gi_bin"].notna(), "note"] == "").all()
    found = both.patterns.set_index("area_code")
    # Each figure of a pattern is counted again from the months, one at a time.
    for code, own in months.groupby("area_code"):
        bins = own.set_index("month")["gi_bin"].dropna().astype(int)
        row = found.loc[code]
        hot, cold = [m for m in bins.index if bins[m] > 0], [m for m in bins.index if bins[m] < 0]
        assert (row["hot_months"], row["cold_months"]) == (len(hot), len(cold))
        assert row["last_hot_month"] == (hot[-1] if hot else "")
        assert row["last_cold_month"] == (cold[-1] if cold else "")
        assert row["hot_share"] == pytest.approx(len(hot) / len(bins))
        assert row["tested_months"] == len(bins)
        assert row["last_month"] == bins.index[-1]
        series = own["gi_z"].dropna().to_numpy()
        tau = stats.kendalltau(np.arange(len(series)), series).statistic
        assert row["trend_tau"] == pytest.approx(tau)
    middle = found.loc[data.area_codes[18]]
    assert middle["last_hot_month"] == data.months[10]
    assert (middle["hot_months"], middle["run"]) == (10, 0)


def test_the_run_of_a_pattern_is_counted_back_from_the_last_month() -> None:
    data = fourteen()
    violence = data.counts[:, :, data.categories.index(VIOLENCE)].copy()
    violence[list(BLOCK), 8] = 4
    row = patterns(with_counts(data, violence)).loc[data.area_codes[18]]
    assert (row["run"], row["hot_months"], row["pattern"]) == (5, 13, "Persistent hot spot")


# Support ------------------------------------------------------------------------------------


def compared(
    data: ModelData, config: RiskConfig = CONFIG, points: pd.DataFrame | None = None
) -> tuple[pd.DataFrame, Scored]:
    """The table of a run of these layers, and its scores."""
    scored = score_model(data, config, CASE.HARM, density_share={}, explain=False)
    cuts = cut_supports(data, located(data) if points is None else points, study_squares(data))
    table = support_table(
        data, events(data, config), cuts, config, own=own_flags(scored, data, config)
    )
    return table, scored


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
    mine = points[points["category"] == VIOLENCE]
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
    settings = CASE.one({"event_rate": 1.0}, {VIOLENCE: 1.0, "robbery": 3.0}, size=9)
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
        {VIOLENCE: 1.0, "robbery": 3.0},
        sections={"statistics": {"correction": correction}},
    )
    table, _ = compared(named(planted()), settings)
    rows = table[(table["first"] == "areas") & (table["second"] == "hexagons of 500 m")]
    found = rows.set_index("flagged_by")["second_flagged"]
    q, p = found["this run: High-High by q"], found["this run: High-High by raw p"]
    assert (q == p) if correction == "none" else (q < p)


@pytest.mark.parametrize("smoothing", ["gamma_poisson", "marshall", "local_marshall"])
@pytest.mark.parametrize("offences", [{VIOLENCE: 1.0}, {VIOLENCE: 1.0, "robbery": 3.0}])
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
        {"event_rate": 1.0}, {VIOLENCE: 1.0}, sections={"statistics": {"alternative": "less"}}
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
