"""Layers and scores on the real open data: figures that were published, or counted from it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from risk_model.clusters import global_moran_of
from risk_model.config.harm import load_harm_weights
from risk_model.config.risk import RiskConfig, load_risk
from risk_model.layers.crime import count_cube
from risk_model.layers.deprivation import (
    DOMAIN_WEIGHTS,
    Deprivation,
    place_deprivation,
    read_iod,
    rebuild_imd,
)
from risk_model.layers.population import place_population, read_population
from risk_model.layers.rurality import place_rurality, read_rurality
from risk_model.model_data import LABEL_COLUMNS, ModelData
from risk_model.scoring import score_model
from spatial.authorities import read_authorities
from spatial.boundaries import read_areas
from spatial.categories import CATEGORIES
from spatial.contiguity import contiguity
from spatial.crosswalk import Crosswalk, read_crosswalk
from spatial.incident_sources import IncidentSource
from spatial.incidents import read_incidents
from spatial.period import Period
from spatial.study_area import choose_lads, study_area
from spatial.tables import match_columns, number_column, read_table

pytestmark = pytest.mark.real_data

IOD_2025 = "deprivation/File_7_IoD2025_Ranks_Scores_Deciles.csv"
IOD_2019 = "deprivation/File_2_IoD2019_Domains_of_Deprivation.csv"
TITLES = (
    "Income",
    "Employment",
    "Education, Skills and Training",
    "Health Deprivation and Disability",
    "Crime",
    "Barriers to Housing and Services",
    "Living Environment",
)


@pytest.fixture(scope="module")
def iod(real_data: Path) -> Deprivation:
    return read_iod(real_data / IOD_2025, "2025", shown_as=IOD_2025)


@pytest.fixture(scope="module")
def crosswalk(real_data: Path) -> Crosswalk:
    return read_crosswalk(real_data / "lookups/LSOA11_to_LSOA21_to_LAD22_EW.csv")


@pytest.fixture(scope="module")
def dorset(real_data: Path, iod: Deprivation, crosswalk: Crosswalk) -> ModelData:
    """Dorset Council without a ring, January to June 2025."""
    areas = read_areas(
        real_data / "boundaries/LSOA_2021_Dorset_and_neighbours_BGC.gpkg", shown_as="areas"
    )
    authorities = read_authorities(real_data / "lookups/LSOA21_to_WD24_to_LAD24_EW.csv", None)
    lads = choose_lads("E06000059", authorities, areas)
    study = study_area(areas, authorities, lads, ring="none")
    period = Period.parse("2025-01:2025-06")
    incidents = read_incidents(
        [IncidentSource(real_data / "incidents/dorset.zip", "incidents/dorset.zip")],
        areas=areas,
        study=study,
        period=period,
        crosswalk=crosswalk,
        forces=None,
        points_within_m=0.0,
    )
    codes = study.codes
    ruc = "rurality/Rural_Urban_Classification_(2021)_of_LSOAs_in_EW.csv"
    census = "population/census2021-ts001-lsoa.csv"
    deprivation = place_deprivation(iod, codes, vintage="2021", crosswalk=crosswalk)
    rurality = place_rurality(
        read_rurality(real_data / ruc, "2021", shown_as=ruc),
        codes,
        vintage="2021",
        crosswalk=crosswalk,
    )
    people = place_population(
        read_population(real_data / census, "census", shown_as=census),
        codes,
        vintage="2021",
        crosswalk=crosswalk,
    )
    assert deprivation.warnings == rurality.warnings == people.warnings == ()
    frame = areas.frame.loc[list(codes)]
    covered = incidents.covered.reindex(index=list(codes), columns=list(period.months))
    return ModelData(
        area_codes=codes,
        in_study=np.ones(len(codes), dtype=bool),
        months=period.months,
        covered=covered.eq(True).to_numpy(dtype=bool),
        categories=tuple(sorted(CATEGORIES)),
        counts=count_cube(
            incidents.counts,
            area_codes=codes,
            months=period.months,
            categories=sorted(CATEGORIES),
        ),
        attributes=None,
        population=people.frame["residents"].to_numpy(dtype=float),
        area_km2=frame.area.to_numpy() / 1e6,
        stratum=rurality.frame["stratum"].to_numpy(dtype=str),
        neighbours=contiguity(frame),
        indicators=deprivation.frame.assign(rural=rurality.frame["rural"]),
        labels=pd.DataFrame("", index=list(codes), columns=list(LABEL_COLUMNS)),
    )


def test_imd_2025_is_rebuilt_for_all_of_england(real_data: Path, iod: Deprivation) -> None:
    table = read_table(real_data / IOD_2025, shown_as=IOD_2025)
    columns = match_columns(table, {title: (f"{title} Rank",) for title in TITLES})
    ranks = np.stack([number_column(table, columns[title]) for title in TITLES], axis=1)
    codes = table.frame.iloc[:, 0].to_numpy()
    assert len(codes) == len(iod.frame) == 33_755
    assert len(DOMAIN_WEIGHTS) == len(TITLES)
    published = iod.frame["imd_score"].reindex(codes).to_numpy()
    rebuilt = rebuild_imd(ranks, 33_755)
    # METHODS 3: the largest difference is .0007.
    assert np.abs(rebuilt - published).max() < 0.00075
    assert iod.frame.loc["E01000001", "imd_score"] == 8.742
    assert iod.frame.loc["E01000001", "imd_rank"] == 26_525
    assert rebuilt[codes == "E01000001"][0] == pytest.approx(8.742, abs=0.0007)


def test_without_crime_stays_close_to_the_imd_and_has_its_range(iod: Deprivation) -> None:
    frame = iod.frame
    assert frame["deprivation_without_crime"].between(0, 100).all()
    together = frame[["imd_score", "deprivation_without_crime"]].corr(method="spearman")
    assert 0.98 < together.iloc[0, 1] < 1.0


def test_imd_2019_rebuilt_from_ranks_gives_the_published_order(real_data: Path) -> None:
    found = read_iod(real_data / IOD_2019, "2019", shown_as=IOD_2019).frame
    assert len(found) == 32_844
    order = (-found["imd_score"]).rank(method="first")
    assert np.abs(order - found["imd_rank"]).max() <= 5


def test_2019_on_2021_areas_is_missing_where_dorset_changed(
    real_data: Path, crosswalk: Crosswalk, dorset: ModelData
) -> None:
    table = read_iod(real_data / IOD_2019, "2019", shown_as=IOD_2019)
    placed = place_deprivation(table, dorset.area_codes, vintage="2021", crosswalk=crosswalk)
    # METHODS 1: five splits into ten areas, and one merge.
    lost = placed.frame.index[placed.frame["imd_score"].isna()]
    assert sorted(lost) == [f"E010343{k}" for k in range(72, 83)]
    assert "11 areas that changed in 2021" in placed.warnings[-1]


def test_dorset_by_rural_urban_class(real_data: Path, dorset: ModelData) -> None:
    ruc = "rurality/Rural_Urban_Classification_(2021)_of_LSOAs_in_EW.csv"
    table = read_rurality(real_data / ruc, "2021", shown_as=ruc)
    classes = table.frame.loc[list(dorset.area_codes), "ruc_code"].value_counts().to_dict()
    # METHODS 1.
    assert classes == {"UF1": 67, "UN1": 56, "RSF1": 34, "RLF1": 32, "RSN1": 19, "RLN1": 15}
    assert (dorset.stratum == "rural").sum() == 100


def test_mid_2020_residents_move_to_2021_areas_and_keep_their_sum(
    real_data: Path, crosswalk: Crosswalk, dorset: ModelData
) -> None:
    name = "population/mid-2020-lsoa11-single-year-of-age-persons.csv"
    table = read_population(real_data / name, "mid_year", shown_as=name)
    census = pd.Series(dorset.population, index=list(dorset.area_codes))
    placed = place_population(
        table, dorset.area_codes, vintage="2021", crosswalk=crosswalk, shares=census
    )
    changes = crosswalk.frame
    parents = changes.loc[changes["LSOA21CD"].isin(dorset.area_codes), "LSOA11CD"].unique()
    assert len(parents) == 219
    moved = placed.frame["residents"]
    assert moved.sum() == pytest.approx(table.frame.loc[parents, "residents"].sum())
    assert (moved / census).between(0.5, 2).all()


def test_global_moran_of_the_imd_over_dorset(dorset: ModelData) -> None:
    config = RiskConfig()
    found = global_moran_of(dorset, config, dorset.indicator("imd_score"))
    # METHODS 5, boundaries generalised to 20 m, no ring.
    assert found["value"] == pytest.approx(0.2855440279, abs=5e-11)
    assert (found["links"], found["islands"], found["areas"]) == (1126, 0, 223)


def test_dorset_scored_with_the_shipped_settings(repository: Path, dorset: ModelData) -> None:
    config = load_risk(repository / "config" / "risk.yaml", {"statistics.ring": "none"})
    harm = load_harm_weights(repository / "config" / "harm_weights.csv")
    scored = score_model(dorset, config, harm, density_share={})
    areas = scored.areas
    assert len(areas) == 223
    # README of the data: 10,514 rows in Dorset Council.
    assert areas["events"].sum() == 10_514
    for name, priority in config.priorities.items():
        assert areas[f"{name}_p_top"].sum() == pytest.approx(priority.list.size)
        assert areas[f"{name}_score"].notna().all()
        total = (
            scored.contributions[scored.contributions["priority"] == name]
            .groupby("area_code")["contribution"]
            .sum()
        )
        np.testing.assert_allclose(total, areas[f"{name}_score"], rtol=1e-12)
        inside = areas[f"{name}_rank"].between(areas[f"{name}_rank_lo"], areas[f"{name}_rank_hi"])
        assert inside.mean() > 0.9
        assert 1 <= areas[f"{name}_flag"].sum() <= 3 * priority.list.size
        assert areas[f"{name}_rank_in_stratum"].max() == 123
    # METHODS 4: months of one area are about 1.5 times as dispersed as Poisson.
    assert 1.2 < scored.diagnostics["sv01"]["phi"] < 1.8


def test_ages_of_2020_reach_every_area_of_dorset_and_keep_their_sum(real_data: Path) -> None:
    """Against the published total column, with five splits and a merger on the way."""
    from risk_model.layers.ages import place_ages, read_ages

    name = "population/mid-2020-lsoa11-single-year-of-age-persons.csv"
    table = read_ages(real_data / name, shown_as=name)
    published = pd.read_csv(real_data / name, usecols=["LSOA Code", "All Ages"], index_col=0)
    totals = published["All Ages"].reindex(table.frame.index)
    pd.testing.assert_series_equal(table.frame.sum(axis=1), totals, check_names=False)
    lookup = "lookups/LSOA11_to_LSOA21_to_LAD22_EW.csv"
    crosswalk = read_crosswalk(real_data / lookup, shown_as=lookup)
    wards = pd.read_csv(real_data / "lookups/LSOA21_to_WD24_to_LAD24_EW.csv", dtype=str)
    codes = sorted(wards.loc[wards["LAD24CD"] == "E06000059", "LSOA21CD"])
    census = pd.read_csv(real_data / "population/census2021-ts001-lsoa.csv")
    residents = census.set_index("geography code").iloc[:, 2].astype(float)
    placed = place_ages(table, codes, vintage="2021", crosswalk=crosswalk, residents=residents)
    assert len(placed.frame) == 223
    assert placed.frame.notna().all(axis=None)
    changes = crosswalk.frame
    parents = changes.loc[changes["LSOA21CD"].isin(codes), "LSOA11CD"].unique()
    assert placed.frame.to_numpy().sum() == pytest.approx(totals[parents].sum())
