"""Gi, Gi* and Mann-Kendall against figures that others published or that their software gives.

What R's spdep says of Gi and Gi* on four data sets stands in test_r_values.py.
"""

from __future__ import annotations

import warnings
from pathlib import Path

import geopandas as gpd
import libpysal
import numpy as np
import pandas as pd
import pytest

import dorset as DORSET
from spatial.contiguity import contiguity
from spatial.getis import getis_ord_z, local_g
from spatial.moran import assuncao_reis, local_moran
from spatial.sequences import mann_kendall
from spatial.space_time import space_time
from spatial.weights import Neighbours

POINTS = np.array([(10, 10), (20, 10), (40, 10), (15, 20), (30, 20), (30, 30)], dtype=float)
VALUES = np.array([2, 3, 3.2, 5, 8, 7])


def near_points() -> Neighbours:
    """Points no more than 15 apart are neighbours."""
    apart = np.hypot(*(POINTS[:, None] - POINTS).transpose(2, 0, 1))
    a, b = np.nonzero((apart <= 15) & (apart > 0))
    codes = np.array(list("abcdef"))
    return Neighbours.from_pairs(codes.tolist(), codes[a], codes[b])


@pytest.mark.parametrize(
    ("star", "published"),
    [
        (False, [-1.0136729, -0.04361589, 1.31558703, -0.31412676, 1.15373986, 1.77833941]),
        (True, [-1.39727626, -0.28917762, 0.65064964, -0.28917762, 1.23452088, 2.02424331]),
    ],
)
def test_six_points(star: bool, published: list[float]) -> None:
    """esda 2.9.0, doctest of `esda.getisord.G_Local` with `transform='B'`."""
    graph = near_points()
    z = getis_ord_z(VALUES, graph.indptr, graph.indices, star=star)
    np.testing.assert_allclose(z, published, atol=5e-9)


def test_six_points_with_equal_row_weights() -> None:
    """The trap: row-standardised, that doctest has -0.62074534 and -0.62488094 for the first point.

    Ord and Getis (1995) divide by sqrt((N S1 - W^2)/(N - 1)) with S1 the sum of squared weights:
    W = 1 and S1 = 1/k for row weights, and the published binary value comes back.
    """
    graph = near_points()
    for star, published in ((False, -1.0136729), (True, -1.39727626)):
        near = graph.indices[: graph.indptr[1]]
        inside = np.append(near, 0) if star else near
        others = VALUES if star else VALUES[1:]
        n, squares = others.size, 1 / inside.size
        by_rows = (VALUES[inside].mean() - others.mean()) / (
            others.std() * np.sqrt((n * squares - 1) / (n - 1))
        )
        assert by_rows == pytest.approx(published, abs=5e-9)
        ours = local_g(VALUES, graph, star=star, weights="row-standardised")
        assert ours.z[0] == pytest.approx(published, abs=5e-9)
        assert "6 areas, and at least 30 are needed" in ours.inference


NILE = [
    1120, 1160, 963, 1210, 1160, 1160, 813, 1230, 1370, 1140, 995, 935, 1110, 994, 1020, 960, 1180,
    799, 958, 1140, 1100, 1210, 1150, 1250, 1260, 1220, 1030, 1100, 774, 840, 874, 694, 940, 833,
    701, 916, 692, 1020, 1050, 969, 831, 726, 456, 824, 702, 1120, 1100, 832, 764, 821, 768, 845,
    864, 862, 698, 845, 744, 796, 1040, 759, 781, 865, 845, 944, 984, 897, 822, 1010, 771, 676, 649,
    846, 812, 742, 801, 1040, 860, 874, 848, 890, 744, 749, 838, 1050, 918, 986, 797, 923, 975, 815,
    1020, 906, 901, 1170, 912, 746, 919, 718, 714, 740,
]  # fmt: skip
DISCOVERIES = [
    5, 3, 0, 2, 0, 3, 2, 3, 6, 1, 2, 1, 2, 1, 3, 3, 3, 5, 2, 4, 4, 0, 2, 3, 7, 12, 3, 10, 9, 2, 3,
    7, 7, 2, 3, 3, 6, 2, 4, 3, 5, 2, 2, 4, 0, 4, 2, 5, 2, 3, 3, 6, 5, 8, 3, 6, 6, 0, 5, 2, 2, 2, 6,
    3, 4, 4, 2, 2, 4, 7, 5, 3, 3, 0, 2, 2, 2, 1, 3, 4, 2, 2, 1, 1, 1, 2, 1, 4, 4, 3, 2, 1, 4, 1, 1,
    1, 0, 0, 2, 0,
]  # fmt: skip


@pytest.mark.parametrize(
    ("series", "z", "p", "tau"),
    [
        (NILE, -4.1280665228441, 3.65826292166434e-05, -0.280741334724613),
        (DISCOVERIES, -2.25808810996239, 0.0239401667740537, -0.163344548838606),
    ],
)
def test_mann_kendall_of_two_series(series: list[int], z: float, p: float, tau: float) -> None:
    """R 4.2.2, `cor.test(seq_along(x), x, method = "kendall", exact = FALSE, continuity = TRUE)`.

    x is `Nile` (flow at Aswan, 1871-1970) and `discoveries` (great inventions, 1860-1959), both of
    R's own package datasets; the second is nearly all ties.
    """
    found = mann_kendall(np.array([series], dtype=float))
    assert found.z[0] == pytest.approx(z, rel=1e-12)
    assert found.p[0] == pytest.approx(p, rel=1e-10)
    assert found.tau[0] == pytest.approx(tau, rel=1e-12)


@pytest.mark.parametrize("rate", ["HR7984", "HR8893"])
def test_st_louis_homicide_p_is_the_peers(rate: str) -> None:
    """78 counties around St Louis, as libpysal ships them: Z and two-sided p against esda 2.9.0."""
    from esda import G_Local

    frame = gpd.read_file(libpysal.examples.get_path("stl_hom.shp"))
    frame = frame.set_index(frame["FIPSNO"].astype(str)).sort_index()
    graph, y = contiguity(frame), frame[rate].to_numpy(float)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        peer = G_Local(
            y, graph.to_libpysal(), transform="B", star=True, permutations=9_999, seed=1, n_jobs=1
        )
    mine = local_g(y, graph, seeds_checked=0)
    np.testing.assert_allclose(mine.z, peer.Zs, rtol=1e-10)
    close = 1e-12
    above = (peer.sim >= peer.Gs - close).sum(axis=0)
    below = (peer.sim <= peer.Gs + close).sum(axis=0)
    p = np.minimum(1.0, 2 * (np.minimum(above, below) + 1) / 10_000)
    share = np.clip(np.minimum(p, mine.p) / 2, 1e-3, 0.5)
    error = 2 * np.sqrt(share * (1 - share) * (1 / 9_999 + 1 / 80_000))
    assert np.all(np.abs(p - mine.p) < 4.5 * error + 4e-4)


@pytest.mark.real_data
def test_dorset_violence_month_by_month(real_data: Path) -> None:
    """January to June 2025, Dorset Council, no ring: METHODS 1's seven High-High areas by raw p.

    Gi* has the p of local Moran's I, and where both high values and high surroundings are beyond
    chance it is hot. Six months are too few for a pattern, and the result says so.
    """
    graph = contiguity(DORSET.layer(real_data).loc[DORSET.council(real_data)])
    population = DORSET.residents(real_data).loc[list(graph.codes)].to_numpy(float)
    violence = DORSET.violence(real_data)
    table = pd.crosstab(violence["LSOA code"], violence["Month"])
    table = table.reindex(list(graph.codes), fill_value=0)
    events = table.sum(axis=1).to_numpy(float)
    y = assuncao_reis(events, population)
    setting = {"seed": 20261122, "seeds_checked": 0, "events": float(events.sum())}
    hot = local_g(y, graph, **setting)
    moran = local_moran(y, graph, **setting)
    np.testing.assert_array_equal(hot.p, moran.p)
    high_high = moran.raw_cluster == "High-High"
    assert high_high.sum() == 7
    assert np.all(hot.raw_bin[high_high] >= 2)
    assert np.all(hot.raw_bin[moran.raw_cluster == "Low-Low"] <= -2)
    assert 1 <= (hot.bin >= 2).sum() <= 7
    monthly = space_time(table.to_numpy(), population, graph, list(table.columns))
    assert set(monthly.pattern) == {"Not classified"}
    assert set(monthly.reason) == {
        "6 covered months, and at least 12 are needed. Take a longer period."
    }
    assert set(monthly.month_inference) == {""}
    assert np.nanmax(monthly.hot_share) > 0
