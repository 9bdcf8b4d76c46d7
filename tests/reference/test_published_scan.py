"""Scan results that SaTScan gave and that a paper printed.

North Carolina SIDS is read from libpysal's own package; nothing is downloaded.
"""

from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import libpysal
import numpy as np
import pytest

from spatial.scan import Scan, scan

NEW_YORK = Path(__file__).parent / "values" / "satscan_new_york.json"


def test_new_york_leukaemia_cluster_by_cluster_as_satscan_wrote_it() -> None:
    """Every cluster of SaTScan 9.6's own report: same tracts, same figures, same order.

    Its chance maps are other draws, and it takes p below its 999 maps from a fitted curve, so p is
    compared to Monte-Carlo error: two sets of 999 maps.
    """
    golden = json.loads(NEW_YORK.read_text(encoding="utf-8"))
    cases, people = (np.array(golden[name]) for name in ("cases", "people"))
    assert (cases.size, cases.sum(), people.sum()) == (281, 552, 1_057_673)
    found = scan(
        cases,
        people,
        np.array(golden["north"]),
        -np.array(golden["west"]),
        codes=[f"{tract:03d}" for tract in range(1, 282)],
        per=100_000,
        years=366 / 365.2425,  # SaTScan takes the study period for the year 2000
        most_reported=len(golden["clusters"]),
    ).clusters
    assert len(found) == len(golden["clusters"]) == 6
    for cluster, theirs in zip(found, golden["clusters"], strict=True):
        assert sorted(int(code) for code in cluster.codes) == sorted(theirs["tracts"])
        assert int(cluster.centre) == theirs["tracts"][0]
        assert cluster.observed == theirs["cases"]
        assert people[[tract - 1 for tract in theirs["tracts"]]].sum() == theirs["population"]
        assert cluster.expected == pytest.approx(theirs["expected"], abs=0.005)
        assert cluster.annual_rate == pytest.approx(theirs["annual_per_100000"], abs=0.05)
        over = theirs["observed_over_expected"]
        assert cluster.observed_over_expected == pytest.approx(over, abs=0.005)
        assert cluster.relative_risk == pytest.approx(theirs["relative_risk"], abs=0.005)
        assert cluster.llr == pytest.approx(theirs["llr"], abs=5e-7)
        assert cluster.radius_m == pytest.approx(theirs["radius"], rel=0.04)  # two digits printed
        error = np.sqrt(2 * theirs["p"] * (1 - theirs["p"]) / 999) + 1 / 1000
        assert abs(cluster.p - theirs["p"]) < 4.5 * error


def test_new_york_leukaemia_as_satscan_reports_it() -> None:
    """Three clusters of the New York leukaemia data (Waller and Gotway 2004) as SaTScan gives them.

    281 tracts, 1,057,673 people, 552 cases (fractional ones cut off). Numbers: SaTScan's output as
    the authors of R's smerc hold their `scan.test` to it (smerc, tests/testthat/test-scan.test.R,
    "check accuracy for scan.test with SatScan for NY data", clusters 1, 2 and 7). A ratio depends
    on the cluster and the totals alone, so each cluster is one area here, and the rest of the
    people and cases is spread over areas far from all three.
    """
    people = np.array([95_249, 34_083, 8_839])
    cases = np.array([85, 38, 11])
    rest = 60
    spread = np.arange(rest)
    population = np.concatenate([people, (1_057_673 - people.sum() + spread) // rest])
    events = np.concatenate([cases, (552 - cases.sum() + spread) // rest])
    assert (population.sum(), events.sum()) == (1_057_673, 552)
    x = np.concatenate([[-9e6, 9e6, 0.0], np.cos(spread) * 1e5])
    y = np.concatenate([[0.0, 0.0, 9e6], np.sin(spread) * 1e5])
    codes = ["first", "second", "seventh", *(f"rest {i:02d}" for i in spread)]
    found = scan(events, population, x, y, codes=codes, share=0.1, most_reported=60).clusters
    golden = {
        "first": (85, 49.71, 1.71, 1.84, 11.577255),
        "second": (38, 17.79, 2.14, 2.22, 9.019716),
        "seventh": (11, 4.61, 2.38, 2.41, 3.209485),
    }
    by_code = {cluster.codes[0]: cluster for cluster in found if cluster.codes[0] in golden}
    assert [by_code[name].codes for name in golden] == [(name,) for name in golden]
    for name, (observed, expected, ratio, relative_risk, llr) in golden.items():
        cluster = by_code[name]
        assert cluster.observed == observed
        assert cluster.expected == pytest.approx(expected, abs=0.005)
        assert cluster.observed_over_expected == pytest.approx(ratio, abs=0.005)
        assert cluster.relative_risk == pytest.approx(relative_risk, abs=0.005)
        assert cluster.llr == pytest.approx(llr, abs=5e-7)


@pytest.fixture(scope="module")
def sids() -> gpd.GeoDataFrame:
    frame = gpd.read_file(libpysal.examples.get_path("sids2.shp")).set_crs(4326)
    return frame.set_index("NAME").to_crs(32119)  # North Carolina state plane, metres


def scanned(sids: gpd.GeoDataFrame, **settings: object) -> Scan:
    middle = sids.geometry.centroid
    return scan(
        sids["SID74"], sids["BIR74"], middle.x, middle.y, codes=list(sids.index), **settings
    )


def test_nc_sids_1974_as_a_paper_found_it(sids: gpd.GeoDataFrame) -> None:
    """Sudden infant deaths 1974-78: 4 counties at 5.12, then 6 at 3.76, and low: 14 at 1.10.

    Deaths per 1,000 live births; International Journal of Health Geographics 2021, Spatially
    varying effects of measured confounding variables on disease risk, DOI
    10.1186/s12942-021-00298-6, table 1, columns "Spatial scan statistic": northeast, south,
    mid-west. The table does not give the bound on the population of a circle; with 25 % all three
    come out, and at 50 % a circle of 42 counties wins.
    """
    high = scanned(sids, share=0.25)
    first, second = high.clusters[:2]
    assert set(first.codes) == {"Northampton", "Halifax", "Hertford", "Bertie"}
    assert first.annual_rate == pytest.approx(5.12, abs=0.005)
    assert len(second.codes) == 6
    assert {"Robeson", "Scotland", "Hoke", "Anson"} <= set(second.codes)
    assert second.annual_rate == pytest.approx(3.76, abs=0.005)
    low = scanned(sids, share=0.25, direction="low").clusters[0]
    assert len(low.codes) == 14
    assert low.annual_rate == pytest.approx(1.10, abs=0.005)
    for cluster in (first, second, low):
        assert cluster.p <= 0.002
