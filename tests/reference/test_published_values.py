"""Numbers that others published or that the authors' own software gives, on data it ships.

Columbus, NC SIDS and the stl homicide data are read from libpysal's own package (libpysal 4.14.1,
`libpysal.examples.get_path`); nothing is downloaded.
"""

from __future__ import annotations

import warnings
from pathlib import Path

import geopandas as gpd
import libpysal
import numpy as np
import pandas as pd
import pytest

from spatial.contiguity import contiguity
from spatial.moran import assuncao_reis, global_moran, local_moran
from spatial.smoothing import fit_gamma_poisson, marshall, posterior
from spatial.weights import Neighbours


def example(layer: str, code: str) -> gpd.GeoDataFrame:
    """Read a shipped layer with its codes padded, so that text sorts as numbers do."""
    frame = gpd.read_file(libpysal.examples.get_path(layer))
    return frame.set_index(frame[code].astype(int).map("{:05d}".format)).sort_index()


def read_gal(path: Path) -> Neighbours:
    """Read a GAL weights file: a header, then id and count, then the neighbours' ids."""
    lines = path.read_text().splitlines()[1:]
    area: list[str] = []
    neighbour: list[str] = []
    codes = []
    for head, tail in zip(lines[::2], lines[1::2], strict=True):
        name, count = head.split()
        around = tail.split()
        assert len(around) == int(count)
        codes.append(f"{int(name):05d}")
        area += [codes[-1]] * len(around)
        neighbour += [f"{int(other):05d}" for other in around]
    return Neighbours.from_pairs(codes, area, neighbour)


@pytest.fixture(scope="module")
def columbus() -> gpd.GeoDataFrame:
    return example("columbus.shp", "POLYID")


@pytest.fixture(scope="module")
def sids() -> gpd.GeoDataFrame:
    return example("sids2.shp", "FIPSNO")


def test_columbus_crime(columbus: gpd.GeoDataFrame) -> None:
    """I = .500188557: spdep, `moran.test(columbus$CRIME, nb2listw(poly2nb(columbus)))`.

    49 neighbourhoods of Columbus, Ohio; queen contiguity, row-standardised.
    """
    graph = contiguity(columbus)
    result = global_moran(columbus["CRIME"].to_numpy(), graph)
    assert (result.n, result.links, result.islands) == (49, 236, 0)
    assert result.value == pytest.approx(0.500188557, abs=5e-10)


def test_nc_sids_rate_with_the_weights_file(sids: gpd.GeoDataFrame) -> None:
    """I = .24772519320480135: esda 2.9.0, tests/test_moran.py, `Moran(SIDR74, w of sids2.gal)`."""
    graph = read_gal(Path(libpysal.examples.get_path("sids2.gal")))
    assert graph.codes == tuple(sids.index)
    result = global_moran(sids["SIDR74"].to_numpy(), graph)
    assert result.value == pytest.approx(0.24772519320480135, rel=1e-13)


def test_nc_sids_rate_with_polygons(sids: gpd.GeoDataFrame) -> None:
    """I = .230910 with queen contiguity of the polygons themselves (490 links, spdep `poly2nb`)."""
    graph = contiguity(sids)
    assert graph.links == 490
    assert global_moran(sids["SIDR74"].to_numpy(), graph).value == pytest.approx(0.230910, abs=5e-7)


def test_nc_sids_gamma_poisson(sids: gpd.GeoDataFrame) -> None:
    """nu = 4.630749, alpha = 4.395741; Anson: mean 2.5934, P(RR > 1) .9998.

    Moment fit of Clayton and Kaldor (1987), as `empbaysmooth` of R's DCluster makes it; North
    Carolina sudden infant deaths 1974-78, E = BIR74 * sum(SID74) / sum(BIR74).
    """
    events, births = sids["SID74"].to_numpy(float), sids["BIR74"].to_numpy(float)
    expected = births * events.sum() / births.sum()
    fit = fit_gamma_poisson(events, expected)
    assert fit.nu == pytest.approx(4.630749, abs=5e-7)
    assert fit.alpha == pytest.approx(4.395741, abs=5e-7)
    risk = posterior(events, expected, fit)
    anson = list(sids["NAME"]).index("Anson")
    assert risk.mean[anson] == pytest.approx(2.5934, abs=5e-5)
    assert risk.p_gt_1[anson] == pytest.approx(0.9998, abs=5e-5)
    assert risk.lo[anson] > 1


def test_assuncao_reis_of_eight_areas() -> None:
    """First four values: esda 2.9.0, doctest of `assuncao_rate`; the others by the same call."""
    z = assuncao_reis([30, 25, 25, 15, 33, 21, 30, 20], [100, 100, 110, 90, 100, 90, 110, 90])
    golden = [1.03843594, -0.04099089, -0.56250375, -1.73061861]
    golden += [1.68609205, -0.37696643, 0.47576252, -0.60257513]
    np.testing.assert_allclose(z, golden, atol=5e-9)


def test_marshall_of_five_even_areas() -> None:
    """With the moment estimate clamped at 0 every rate is 26/5000 (Marshall 1991, p. 286)."""
    np.testing.assert_allclose(marshall([5, 5, 5, 5, 6], [1000] * 5), 26 / 5000, rtol=1e-13)


@pytest.mark.parametrize("rate", ["HR7984", "HR8488", "HR8893"])
def test_st_louis_homicide_rates_are_the_peers(rate: str) -> None:
    """78 counties around St Louis: global and local I, and quadrants, against esda 2.9.0."""
    from esda import Moran, Moran_Local

    frame = example("stl_hom.shp", "FIPSNO")
    graph, y = contiguity(frame), frame[rate].to_numpy(float)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        whole = Moran(y, graph.to_libpysal(), permutations=0)
        local = Moran_Local(y, graph.to_libpysal(), permutations=9_999, seed=1)
    assert global_moran(y, graph).value == pytest.approx(whole.I, rel=1e-12)
    mine = local_moran(y, graph, permutations=99_999, seeds_checked=0)
    np.testing.assert_allclose(mine.i, local.Is * 78 / 77, rtol=1e-10)
    # The peer's p is one-sided towards the side the area lies on: half of ours.
    share = np.clip(local.p_sim, 1e-3, 0.5)
    error = np.sqrt(share * (1 - share) * (1 / 9_999 + 1 / 60_000))
    far = mine.p < 0.9  # beyond, the smaller side may differ between two sets of draws
    assert np.all(np.abs(mine.p / 2 - local.p_sim)[far] < 4.5 * error[far] + 2e-4)


@pytest.mark.real_data
def test_dorset_council_imd_2025(real_data: Path) -> None:
    """I = .2855440279, 10 High-High by p and none by q: METHODS 5, from the published layers.

    Index of Multiple Deprivation 2025 score, LSOA 2021 of Dorset Council (E06000059), boundaries
    generalised to 20 m, queen, no ring.
    """
    layer = gpd.read_file(
        real_data / "boundaries" / "LSOA_2021_Dorset_and_neighbours_BGC.gpkg"
    ).set_index("LSOA21CD")
    layer["geometry"] = layer.geometry.make_valid()
    wards = pd.read_csv(real_data / "lookups" / "LSOA21_to_WD24_to_LAD24_EW.csv")
    codes = wards.loc[wards["LAD24CD"] == "E06000059", "LSOA21CD"]
    scores = pd.read_csv(
        real_data / "deprivation" / "File_7_IoD2025_Ranks_Scores_Deciles.csv"
    ).set_index("LSOA code (2021)")
    graph = contiguity(layer.loc[codes])
    column = next(
        c for c in scores.columns if c.startswith("Index of Multiple Deprivation (IMD) S")
    )
    y = scores[column].loc[list(graph.codes)].to_numpy(float)
    result = global_moran(y, graph)
    assert (result.n, result.links, result.islands) == (223, 1126, 0)
    assert result.value == pytest.approx(0.2855440279, abs=5e-11)
    local = local_moran(y, graph, permutations=99_999, seed=20261122, seeds_checked=0)
    assert (local.raw_cluster == "High-High").sum() == 10
    assert (local.cluster == "High-High").sum() == 0
