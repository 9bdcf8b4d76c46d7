"""Our statistics against PySAL's: values by make_pysal_values.py, and figures its authors print.

esda 2.9.0 and libpysal 4.14.1. PySAL divides local I by n - 1 where ours divides by n, and its
pseudo p-value is one-sided, towards the side an area lies on: half of ours. libpysal ships
Columbus, North Carolina and St Louis; Guerry's data it only knows where to fetch, so that they are
the copy in Debian's r-cran-guerry, as written down in values/spdep_moran_guerry.json.
"""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import libpysal
import numpy as np
import pandas as pd
import pytest

from spatial.local_tests import CLUSTERS
from spatial.moran import assuncao_reis, global_moran, local_moran
from spatial.smoothing import marshall
from spatial.weights import Neighbours

VALUES = Path(__file__).parent / "values"
WRITTEN = 1e-10  # the values hold 11 digits
LAYERS = {
    "columbus": ("columbus.shp", "POLYID"),
    "sids": ("sids2.shp", "FIPSNO"),
    "stl": ("stl_hom.shp", "FIPSNO"),
}
TESTED = [
    ("columbus", "CRIME", "HOVAL"), ("columbus", "HOVAL", "CRIME"),
    ("sids", "SIDR74", "SIDR79"), ("sids", "SIDR79", "SIDR74"),
    ("stl", "HR7984", "HR8893"), ("stl", "HR8893", "HR7984"),
    ("guerry", "Crime_pers", "Donations"), ("guerry", "Donations", "Suicides"),
    ("guerry", "Suicides", "Crime_pers"),
]  # fmt: skip
COUNTED = [
    ("sids", "SID74", "BIR74"), ("sids", "SID79", "BIR79"),
    ("stl", "HC7984", "PO7984"), ("stl", "HC8893", "PO8893"),
]  # fmt: skip


def golden(name: str) -> dict[str, Any]:
    """Read a file of values; each says where it comes from."""
    values: dict[str, Any] = json.loads((VALUES / f"{name}.json").read_text(encoding="utf-8"))
    assert set(values["source"]) == {"software", "script", "data", "date"}
    return values


def columns(name: str, *wanted: str) -> list[np.ndarray]:
    """Return columns of a shipped layer, or of Guerry's data, by sorted code."""
    if name == "guerry":
        inputs = golden("spdep_moran_guerry")["inputs"]
        return [np.asarray(inputs[column], dtype=float) for column in wanted]
    layer, code = LAYERS[name]
    frame = gpd.read_file(libpysal.examples.get_path(layer)).sort_values(code)
    return [frame[column].to_numpy(float) for column in wanted]


def graph(name: str) -> Neighbours:
    """Return the neighbours of the weights file that lies beside the data."""
    values = golden("spdep_moran_guerry" if name == "guerry" else f"pysal_{name}")
    links = values["queen" if name == "guerry" else "links"]
    codes = np.asarray(values["codes"])
    area = np.repeat(codes, links["counts"])
    return Neighbours.from_pairs(codes.tolist(), area, codes[links["neighbours"]])


@pytest.mark.parametrize(("name", "variable", "other"), TESTED)
def test_global_and_local_moran(name: str, variable: str, other: str) -> None:
    """`Moran.I`, and `Moran_Local`: Is by n / (n - 1), quadrants, and p within 4.5 errors."""
    values = golden(f"pysal_{name}")
    (y,), near = columns(name, variable), graph(name)
    n = near.n
    theirs = values[f"{variable} Moran_Local"]
    ours = local_moran(y, near, permutations=19_999, alpha=0.999, seeds_checked=0, seed=20261122)
    whole = global_moran(y, near).value
    assert whole == pytest.approx(values[f"{variable} Moran I"]["value"], rel=WRITTEN)
    np.testing.assert_allclose(
        ours.i, np.array(theirs["Is"]) * n / (n - 1), rtol=WRITTEN, atol=1e-12
    )
    quadrant = np.array(theirs["q"])
    labelled = np.isin(ours.raw_cluster, CLUSTERS[:4])
    assert labelled.mean() > 0.9
    assert [CLUSTERS[q - 1] for q in quadrant[labelled]] == ours.raw_cluster[labelled].tolist()
    # One-sided there, towards the side the area lies on: half of ours. Areas whose neighbours all
    # have the same value are left to the next test.
    alike = [np.ptp(y[near.indices[a:b]]) == 0 for a, b in itertools.pairwise(near.indptr)]
    apart = ~(np.array(alike) & (near.cardinalities > 1))
    p_sim, tail = np.array(theirs["p_sim"]), ours.p / 2
    kept = np.clip(p_sim, 1e-4, 0.5)
    error = np.sqrt(kept * (1 - kept) * (1 / theirs["permutations"] + 1 / 15_000))
    ratio = np.abs(np.minimum(p_sim, 0.5) - tail) / (4.5 * error + 1e-4)
    assert ratio[apart].max() < 1


def test_equal_sums_belong_to_both_tails() -> None:
    """Tyrrell, North Carolina (37177): no death in 1979-84 there, nor in its two neighbours.

    Eight more counties had none, so that C(8, 2)/C(99, 2) = 28/4,851 of the null equals the
    observed lag. The peer adds the same numbers in another order, takes most of the equal sums to
    be larger and gives p = .0001, the smallest there is; ours is the exact one, twice .00577.
    """
    (y,), near = columns("sids", "SIDR79"), graph("sids")
    tyrrell = near.codes.index("37177")
    around = near.indices[near.indptr[tyrrell] : near.indptr[tyrrell + 1]]
    assert y[tyrrell] == 0
    assert y[around].tolist() == [0, 0]
    assert (y == 0).sum() == 9
    theirs = golden("pysal_sids")["SIDR79 Moran_Local"]["p_sim"][tyrrell]
    assert theirs == pytest.approx(1e-4)
    ours = local_moran(y, near, permutations=199_999, seeds_checked=0, seed=20261122).p[tyrrell]
    exact = 28 / 4_851
    assert ours / 2 == pytest.approx(exact, abs=4.5 * np.sqrt(exact / 195_000))


@pytest.mark.parametrize(("name", "events", "population"), COUNTED)
def test_standardised_rates(name: str, events: str, population: str) -> None:
    """`assuncao_rate`, `Moran_Rate`, `Moran_Local_Rate`."""
    values = golden(f"pysal_{name}")
    (o, p), near = columns(name, events, population), graph(name)
    label = f"{events}/{population}"
    z = assuncao_reis(o, p)
    np.testing.assert_allclose(
        z, values[f"{label} assuncao_rate"]["value"], rtol=WRITTEN, atol=1e-12
    )
    whole = global_moran(z, near).value
    assert whole == pytest.approx(values[f"{label} Moran_Rate I"]["value"], rel=WRITTEN)
    ours = local_moran(z, near, permutations=99, seeds_checked=0).i
    theirs = np.array(values[f"{label} Moran_Local_Rate Is"]["value"]) * near.n / (near.n - 1)
    np.testing.assert_allclose(ours, theirs, rtol=WRITTEN, atol=1e-11)


@pytest.mark.parametrize(("name", "events", "population"), COUNTED)
def test_marshall_is_empirical_bayes(name: str, events: str, population: str) -> None:
    """`Empirical_Bayes`, which has no clamp; none is needed on these four."""
    o, p = columns(name, events, population)
    theirs = golden(f"pysal_{name}")[f"{events}/{population} Empirical_Bayes"]["value"]
    np.testing.assert_allclose(marshall(o, p), theirs, rtol=WRITTEN)


@pytest.mark.parametrize(("name", "events", "population"), COUNTED)
def test_local_rates_are_spatial_empirical_bayes(name: str, events: str, population: str) -> None:
    """`Spatial_Empirical_Bayes`; 1e-9, as a spread is a small difference of larger numbers.

    Where there is no event in a whole neighbourhood the peer divides 0 by 0 (Tyrrell, 1979); a rate
    without events there is 0.
    """
    from spatial.local_smoothing import marshall_local

    o, p = columns(name, events, population)
    near = graph(name)
    theirs = np.array(
        golden(f"pysal_{name}")[f"{events}/{population} Spatial_Empirical_Bayes"]["value"],
        dtype=float,
    )
    ours = marshall_local(o, p, near).rate
    undefined = np.isnan(theirs)
    np.testing.assert_array_equal(undefined, np.nan_to_num(near.lag(o)) + o == 0)
    np.testing.assert_array_equal(ours[undefined], 0.0)
    np.testing.assert_allclose(ours[~undefined], theirs[~undefined], rtol=1e-9)


@pytest.mark.parametrize(("name", "variable", "other"), TESTED)
@pytest.mark.parametrize(("star", "key"), [(False, "G_Local Zs"), (True, "G_Local Zs, star")])
def test_gi(name: str, variable: str, other: str, star: bool, key: str) -> None:
    """`G_Local` with binary weights; its row-standardised Z is another number."""
    from spatial.getis import getis_ord_z

    (y,), near = columns(name, variable), graph(name)
    ours = getis_ord_z(y, near.indptr, near.indices, star=star)
    theirs = golden(f"pysal_{name}")[f"{variable} {key}"]["value"]
    np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize(("name", "variable", "other"), TESTED)
def test_bivariate_moran(name: str, variable: str, other: str) -> None:
    """`Moran_BV` and, for the first variable, `Moran_Local_BV`: own x, neighbours' y."""
    from spatial.bivariate import bivariate_moran

    values = golden(f"pysal_{name}")
    (x, y), near = columns(name, variable, other), graph(name)
    ours = bivariate_moran(x, y, near, permutations=99, seeds_checked=0)
    theirs = values[f"{variable} Moran_BV I with the next"]["value"]
    assert ours.value == pytest.approx(theirs, rel=1e-10)
    local = values.get(f"{variable} Moran_Local_BV Is with the next")
    if local is not None:
        scaled = np.array(local["value"]) * near.n / (near.n - 1)
        np.testing.assert_allclose(ours.i, scaled, rtol=1e-10, atol=1e-12)


# --- figures that PySAL's authors print ----------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "variable", "figure"),
    [
        ("stl", "HR8893", 0.24365582621771659),  # TestMoran.test_moran
        ("sids", "SIDR74", 0.24772519320480135),  # TestMoran.test_sids
    ],
)
def test_moran_of_esda_s_own_tests(name: str, variable: str, figure: float) -> None:
    """esda 2.9.0, tests/test_moran.py, with stl.gal and sids2.gal."""
    (y,) = columns(name, variable)
    assert global_moran(y, graph(name)).value == pytest.approx(figure, rel=1e-6)


def test_moran_rate_of_esda_s_own_tests() -> None:
    """I = .16622343552567395: esda 2.9.0, TestMoranRate, SID79 over BIR79, sids2.gal."""
    o, p = columns("sids", "SID79", "BIR79")
    value = global_moran(assuncao_reis(o, p), graph("sids")).value
    assert value == pytest.approx(0.16622343552567395, rel=1e-12)


def test_bivariate_moran_of_esda_s_own_tests() -> None:
    """I = .19362610652874668: TestMoranBVmatrix, SIDR74 and SIDR79, sids2.gal; local 1.4649.

    The local figure is that of the first county of the file (Ashe, 37009), SIDR79 against SIDR74.
    """
    from spatial.bivariate import bivariate_moran

    (x, y), near = columns("sids", "SIDR74", "SIDR79"), graph("sids")
    one = bivariate_moran(x, y, near, permutations=99, seeds_checked=0)
    assert one.value == pytest.approx(0.19362610652874668, rel=1e-10)
    other = bivariate_moran(y, x, near, permutations=99, seeds_checked=0)
    ashe = near.codes.index("37009")
    assert other.i[ashe] * 99 / 100 == pytest.approx(1.4649221250620736, rel=1e-7)


def test_shrunken_rates_of_esda_s_doctests() -> None:
    """`Empirical_Bayes` and `Spatial_Empirical_Bayes` of stl_hom.csv, HC7984 over PO7984, stl.gal.

    esda 2.9.0, esda/smoothing.py: the first ten rows of the file, nine digits.
    """
    from spatial.local_smoothing import marshall_local

    frame = pd.read_csv(libpysal.examples.get_path("stl_hom.csv"))
    codes = frame["FIPSNO"].astype(int).map("{:05d}".format)
    o, p = columns("stl", "HC7984", "PO7984")
    near = graph("stl")
    first = [near.codes.index(code) for code in codes[:10]]
    whole = [
        2.36718950e-05, 4.54539167e-05, 4.78114019e-05, 2.76907146e-05, 6.58989323e-05,
        3.66494122e-05, 5.79952721e-05, 2.03064590e-05, 3.31152999e-05, 3.02748380e-05,
    ]  # fmt: skip
    np.testing.assert_allclose(marshall(o, p)[first], whole, rtol=5e-9)
    local = [
        4.01485749e-05, 3.62437513e-05, 4.93034844e-05, 5.09387329e-05, 3.72735210e-05,
        3.69333797e-05, 5.40245456e-05, 2.99806055e-05, 3.73034109e-05, 3.47270722e-05,
    ]  # fmt: skip
    np.testing.assert_allclose(marshall_local(o, p, near).rate[first], local, rtol=5e-9)
