"""Our statistics against R's spdep and spatstat: golden values made by the scripts in r/.

R is not needed here: the values are read from values/*.json, each beside the call that made it.
How closely, and why not more, stands in README.md and in each test.
"""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any, Literal

import geopandas as gpd
import libpysal
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import Polygon

from spatial.contiguity import contiguity
from spatial.grid import Grid, cell_index
from spatial.kde import Density, Edge, KernelName, density_surface
from spatial.moran import LocalMoran, assuncao_reis, global_moran, local_moran
from spatial.smoothing import marshall
from spatial.weights import Neighbours

VALUES = Path(__file__).parent / "values"
EXACT = 2e-12  # JSON holds 13 digits; the programs themselves agree to some 1e-15
LAYERS = {
    "columbus": ("columbus.shp", "POLYID"),
    "sids": ("sids2.shp", "FIPSNO"),
    "stl": ("stl_hom.shp", "FIPSNO"),
}
TESTED = [
    ("columbus", "CRIME"), ("columbus", "HOVAL"),
    ("sids", "SIDR74"), ("sids", "SIDR79"),
    ("stl", "HR7984"), ("stl", "HR8893"),
    ("guerry", "Crime_pers"), ("guerry", "Donations"), ("guerry", "Suicides"),
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


def shipped(name: str) -> gpd.GeoDataFrame:
    """Read a layer of libpysal's package with its codes padded, so that text sorts as numbers."""
    layer, code = LAYERS[name]
    frame = gpd.read_file(libpysal.examples.get_path(layer))
    return frame.set_index(frame[code].astype(int).map("{:05d}".format)).sort_index()


def graph_of(codes: list[str], links: dict[str, Any]) -> Neighbours:
    table = np.asarray(codes)
    area = np.repeat(table, links["counts"])
    return Neighbours.from_pairs(codes, area, table[links["neighbours"]])


def case(name: str, variable: str) -> tuple[dict[str, Any], np.ndarray, Neighbours]:
    """Return R's values, the variable and R's own queen neighbours, all by sorted code."""
    values = golden(f"spdep_moran_{name}")
    y = values["inputs"][variable] if name == "guerry" else shipped(name)[variable]
    return values, np.asarray(y, dtype=float), graph_of(values["codes"], values["queen"])


def local(y: np.ndarray, graph: Neighbours, *, permutations: int) -> LocalMoran:
    return local_moran(y, graph, permutations=permutations, seeds_checked=0, seed=20261122)


# --- neighbours ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(LAYERS))
@pytest.mark.parametrize("kind", ["queen", "rook"])
def test_neighbours_are_poly2nb(name: str, kind: str) -> None:
    """Link by link, nothing more and nothing less."""
    values = golden(f"spdep_moran_{name}")
    ours = contiguity(shipped(name), rook=kind == "rook")
    assert list(ours.codes) == values["codes"]
    np.testing.assert_array_equal(ours.cardinalities, values[kind]["counts"])
    np.testing.assert_array_equal(ours.indices, values[kind]["neighbours"])


# --- Moran's I ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "variable"), TESTED)
def test_global_and_local_moran_are_spdep_s(name: str, variable: str) -> None:
    """`moran.test` and `localmoran` (mlvar = TRUE: population variance, as ours) to 1e-12."""
    values, y, graph = case(name, variable)
    for label, near in (("", graph), (", rook", graph_of(values["codes"], values["rook"]))):
        theirs = values[f"{variable} moran.test I{label}"]["value"]
        assert global_moran(y, near).value == pytest.approx(theirs, rel=EXACT)
    theirs = np.array(values[f"{variable} localmoran Ii"]["value"])
    ours = local(y, graph, permutations=99).i
    np.testing.assert_allclose(ours, theirs, rtol=1e-10, atol=EXACT)


def monte_carlo_error(share: np.ndarray, *draws: int) -> np.ndarray:
    """Return the standard error of the difference of two shares, each from its own draws."""
    kept = np.clip(share, 1.0 / min(draws), 0.5)
    return np.sqrt(kept * (1 - kept) * sum(1.0 / number for number in draws))


@pytest.mark.parametrize(("name", "variable"), TESTED)
def test_p_is_that_of_whole_samples_drawn_area_by_area(name: str, variable: str) -> None:
    """R, `by_the_book`: k of the other n - 1 values without replacement, 9,999 times an area.

    Two sets of draws agree to Monte-Carlo error: 4.5 standard errors of either tail for each of
    up to 100 areas (one false alarm in some 3,000 such tests), and 2/10,000 for "+ 1".
    """
    values, y, graph = case(name, variable)
    theirs = np.array(values[f"{variable} by_the_book"]["two_sided_p"], dtype=float)
    ours = local(y, graph, permutations=19_999).p
    np.testing.assert_array_equal(np.isnan(ours), np.isnan(theirs))
    # A tail above a half may be the smaller one in one set of draws only; its error is the same.
    error = monte_carlo_error(theirs / 2, 9_999, 15_000)
    assert np.nanmax(np.abs(ours - theirs) / 2 / (4.5 * error + 1e-4)) < 1
    # Nor may one side be smaller throughout, as it would be with another null.
    informed = theirs < 0.9
    assert abs(np.mean((ours - theirs)[informed])) < 0.01


def near_spdep(ours: np.ndarray, folded: np.ndarray, y: np.ndarray, graph: Neighbours) -> bool:
    """Compare tails with those of spdep 1.2-7, whose draws are with replacement, ours without.

    Its null is wider by the root of (n - 2)/(n - 1 - k). For a null close to normal that moves a
    tail by at most .242 x (that root - 1), .242 being the highest z phi(z); half as much again is
    allowed for a null that is not normal, and 4.5 standard errors for two sets of draws.

    Areas whose neighbours all have one value are left out: many draws then equal the observed sum,
    which its folded p counts in the upper tail alone (test_pysal_values.py has such an area).
    """
    n, k = graph.n, graph.cardinalities
    wider = 0.242 * (np.sqrt((n - 2) / (n - 1 - k)) - 1)
    allowed = 1.5 * wider + 4.5 * monte_carlo_error(folded, 9_999, 15_000) + 1e-4
    alike = [np.ptp(y[graph.indices[a:b]]) == 0 for a, b in itertools.pairwise(graph.indptr)]
    apart = ~(np.array(alike) & (k > 1))
    assert apart.mean() > 0.95
    return bool(np.all((np.abs(np.minimum(ours, 0.5) - np.minimum(folded, 0.5)) < allowed)[apart]))


@pytest.mark.parametrize(("name", "variable"), TESTED)
def test_p_is_near_that_of_spdep_which_draws_with_replacement(name: str, variable: str) -> None:
    """`localmoran_perm`: "Pr(folded) Sim" is half of a two-sided p."""
    values, y, graph = case(name, variable)
    folded = np.array(values[f"{variable} localmoran_perm"]["folded_p"], dtype=float)
    assert near_spdep(local(y, graph, permutations=19_999).p / 2, folded, y, graph)


# --- rates --------------------------------------------------------------------------------------


def counted(
    name: str, events: str, population: str
) -> tuple[dict[str, Any], np.ndarray, np.ndarray]:
    frame = shipped(name)
    values = golden(f"spdep_smoothing_{name}")
    assert list(frame.index) == values["codes"]
    return values, frame[events].to_numpy(float), frame[population].to_numpy(float)


@pytest.mark.parametrize(("name", "events", "population"), COUNTED)
def test_marshall_is_ebest(name: str, events: str, population: str) -> None:
    values, o, p = counted(name, events, population)
    theirs = values[f"{events}/{population} EBest"]["value"]
    np.testing.assert_allclose(marshall(o, p), theirs, rtol=EXACT)


@pytest.mark.parametrize(("name", "events", "population"), COUNTED)
def test_moran_of_standardised_rates_is_ebimoran(name: str, events: str, population: str) -> None:
    """`EBImoran.mc`: the standardised rates themselves and Moran's I of them.

    Equal where the moment estimate a is above 0, as it is in all four; where it is not, spdep
    takes a = 0 for all areas, while Assuncao and Reis (and ours) do so for the areas whose
    variance a + b/P is negative only.
    """
    values, o, p = counted(name, events, population)
    assert values[f"{events}/{population} EBest a b"]["value"][0] > 0
    theirs = values[f"{events}/{population} EBImoran.mc"]
    z = assuncao_reis(o, p)
    np.testing.assert_allclose(z, theirs["z"], rtol=1e-10, atol=1e-12)
    queen = golden(f"spdep_moran_{name}")["queen"]
    ours = global_moran(z, graph_of(values["codes"], queen)).value
    assert ours == pytest.approx(theirs["statistic"], rel=1e-11)


# --- density ------------------------------------------------------------------------------------

SPATSTAT = "spatstat_density"
SURFACES: list[tuple[str, KernelName, float, Edge, str]] = [
    ("square", "quartic", 300.0, "none", "square quartic none"),
    ("square", "quartic", 300.0, "land", "square quartic land"),
    ("corner", "quartic", 300.0, "land", "corner quartic land"),
    ("coast", "quartic", 300.0, "none", "coast quartic none"),
    ("coast", "quartic", 300.0, "land", "coast quartic land"),
    ("lake", "quartic", 300.0, "land", "lake quartic land"),
    ("coast", "gaussian", 420.0, "land", "coast gaussian wide land"),
]


def surface(
    window: str, kernel: KernelName, bandwidth_m: float, edge: Edge
) -> tuple[np.ndarray, Density]:
    """Return our density on the pixels of R's window, rows from south to north, and all of it."""
    values = golden(SPATSTAT)
    inputs = values["inputs"]
    outline, *holes = values["windows"][window]
    land = Polygon(outline, holes)
    points = gpd.GeoSeries.from_xy(inputs["x"], inputs["y"])
    frame = pd.DataFrame({"x": inputs["x"], "y": inputs["y"], "weight": inputs["weight"]})
    found = density_surface(
        frame[points.within(land).to_numpy()],
        study=land,
        land=land,
        bandwidth_m=bandwidth_m,
        cell_m=inputs["cell"],
        months=12,
        kernel=kernel,
        edge=edge,
    )
    grid = found.grid
    left, bottom = round(-grid.x0 / grid.cell_m), round(-grid.y0 / grid.cell_m)
    rows, columns = slice(bottom, bottom + inputs["ny"]), slice(left, left + inputs["nx"])
    return found.values[rows, columns], found  # noqa: PD011 - not a frame


@pytest.mark.parametrize(("window", "kernel", "bandwidth_m", "edge", "key"), SURFACES)
def test_density_is_density_ppp(
    window: str, kernel: KernelName, bandwidth_m: float, edge: Edge, key: str
) -> None:
    """`density.ppp` to 1e-9 of each value; 1e-12 of the highest for the noise of two FFTs.

    spatstat's sigma is an axis' standard deviation: b / sqrt(8) for the quartic of radius b. Its
    edge = TRUE, diggle = FALSE is our `land`. The values are written with ten digits.
    """
    ours, _ = surface(window, kernel, bandwidth_m, edge)
    theirs = np.array(golden(SPATSTAT)[key]["value"], dtype=float)
    np.testing.assert_array_equal(np.isnan(ours), np.isnan(theirs))
    np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-11 * np.nanmax(theirs))


@pytest.mark.parametrize("edge", ["none", "land"])
def test_gaussian_differs_by_the_tail_that_we_cut(edge: Edge) -> None:
    """At 250 m our Gaussian ends at 1,000 m, four standard deviations: e^-8 of its mass is beyond.

    So 1e-6 cannot be reached by definition. Ours is scaled up by 1 / (1 - e^-8) within four
    deviations and 0 beyond them; where events lie all over the window the two differ by no more
    than e^-8 = 3.4e-4 of the value, measured 2.9e-4 without and 1.5e-4 with correction.
    """
    ours, found = surface("coast", "gaussian", 250.0, edge)
    theirs = np.array(golden(SPATSTAT)[f"coast gaussian {edge}"]["value"], dtype=float)
    assert found.warnings == ()
    np.testing.assert_array_equal(np.isnan(ours), np.isnan(theirs))
    np.testing.assert_allclose(ours, theirs, rtol=np.exp(-8.0))


def sampled_mass(kernel: KernelName, bandwidth_m: float, cell_m: float) -> float:
    """Return what a kernel's values at whole cells add up to: nearly 1, and 1 after our scaling."""
    reach = np.arange(-60, 61) * cell_m / bandwidth_m
    squared = reach[:, None] ** 2 + reach[None, :] ** 2
    if kernel == "quartic":
        shape = np.where(squared < 1, 3 / np.pi * (1 - squared) ** 2, 0)
    else:
        shape = np.where(squared <= 16, np.exp(-squared / 2) / (2 * np.pi), 0)
    return float(shape.sum() * (cell_m / bandwidth_m) ** 2)


@pytest.mark.parametrize(
    ("kernel", "bandwidth_m"), [("quartic", 300.0), ("quartic", 700.0), ("gaussian", 420.0)]
)
def test_leave_one_out_densities_are_density_ppp_s(kernel: KernelName, bandwidth_m: float) -> None:
    """`density.ppp(at = "points", leaveoneout = TRUE)`, the part of `bw.ppl` that adds up logs.

    Theirs sums kernels, ours is a density over the other n - 1 events, with a kernel that is
    scaled to sum to 1 over the cells. On cell centres nothing else differs.
    """
    from spatial.bandwidth import leave_one_out_densities

    values = golden(SPATSTAT)
    inputs = values["inputs"]
    theirs = np.array(values["leave_one_out"][f"{kernel}_{bandwidth_m:.0f}"])
    found = leave_one_out_densities(
        inputs["x"], inputs["y"], bandwidths_m=[bandwidth_m], cell_m=inputs["cell"], kernel=kernel
    )[0]
    scale = (len(theirs) - 1) * sampled_mass(kernel, bandwidth_m, inputs["cell"])
    np.testing.assert_allclose(found * scale, theirs, rtol=1e-9)


def test_leave_one_out_densities_of_points_anywhere() -> None:
    """Off the centres binning and reading back smooth a little: cells of b/30, 1 % of a density."""
    from spatial.bandwidth import leave_one_out_densities

    values = golden(SPATSTAT)["leave_one_out"]
    theirs = np.array(values["loose_quartic_300"])
    found = leave_one_out_densities(
        values["loose_x"], values["loose_y"], bandwidths_m=[300.0], cell_m=10.0
    )[0]
    np.testing.assert_allclose(found * (len(theirs) - 1), theirs, rtol=1e-2)


def test_abramson_s_bandwidths_are_bw_abram() -> None:
    """`bw.abram` from the corrected quartic pilot of 300 m, at most 1.2 times that."""
    from spatial.adaptive import abramson_bandwidths

    values = golden(SPATSTAT)
    inputs = values["inputs"]
    x, y = np.array(inputs["x"]), np.array(inputs["y"])
    land = Polygon(values["windows"]["square"][0])
    pilot = density_surface(
        pd.DataFrame({"x": x, "y": y}),
        study=land,
        land=land,
        bandwidth_m=300.0,
        cell_m=inputs["cell"],
        months=12,
    )
    row, column = cell_index(x, y, pilot.grid)
    at_events = np.asarray(pilot.values)[row, column]
    ours = abramson_bandwidths(at_events, bandwidth_m=300.0, lowest_m=1.0, highest_m=360.0)
    theirs = np.array(values["abramson"]["value"])
    assert 0 < (theirs == 360).sum() < len(theirs) / 2
    np.testing.assert_allclose(ours, theirs, rtol=1e-9)


def test_adaptive_density_is_a_sum_of_density_ppp() -> None:
    """Seven bandwidths, 300 m x 1.1^k, each an exact class of ours; no correction."""
    from spatial.adaptive import adaptive_density

    values = golden(SPATSTAT)
    inputs = values["inputs"]
    each = 300.0 * 1.1 ** (np.arange(1, len(inputs["x"]) + 1) % 7)
    grid = Grid(0.0, 0.0, float(inputs["cell"]), inputs["nx"], inputs["ny"])
    ours = adaptive_density(inputs["x"], inputs["y"], grid=grid, event_bandwidth_m=each)
    theirs = np.array(values["adaptive quartic none"]["value"])
    np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-11 * theirs.max())


# --- rates shrunk towards their surroundings -----------------------------------------------------


@pytest.mark.parametrize(("name", "events", "population"), COUNTED)
@pytest.mark.parametrize(
    ("spread", "key"), [("own mean", "EBlocal, geoda"), ("each mean", "EBlocal")]
)
def test_local_rates_are_eblocal(
    name: str, events: str, population: str, spread: Literal["own mean", "each mean"], key: str
) -> None:
    """`EBlocal`, whose two ways of measuring a neighbourhood's spread are our two.

    1e-9: the spread is a small difference of two larger numbers.
    """
    from spatial.local_smoothing import marshall_local

    values, o, p = counted(name, events, population)
    graph = graph_of(values["codes"], golden(f"spdep_moran_{name}")["queen"])
    theirs = np.array(values[f"{events}/{population} {key}"]["value"], dtype=float)
    ours = marshall_local(o, p, graph, spread=spread).rate
    # Tyrrell, 1979: no event in the whole neighbourhood, where EBlocal divides 0 by 0.
    undefined = np.isnan(theirs)
    assert np.all(o[undefined] == 0)
    np.testing.assert_array_equal(ours[undefined], 0.0)
    np.testing.assert_allclose(ours[~undefined], theirs[~undefined], rtol=1e-9)


# --- Gi and Gi* ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "variable"), TESTED)
@pytest.mark.parametrize(("star", "key"), [(False, "Gi"), (True, "Gi*")])
def test_gi_is_localg(name: str, variable: str, star: bool, key: str) -> None:
    """`localG` with binary weights, without and with the area itself."""
    from spatial.getis import getis_ord_z

    _, y, graph = case(name, variable)
    theirs = np.array(golden(f"spdep_getis_{name}")[f"{variable} {key}"]["value"])
    ours = getis_ord_z(y, graph.indptr, graph.indices, star=star)
    np.testing.assert_allclose(ours, theirs, rtol=1e-10, atol=EXACT)


def test_gi_of_six_points() -> None:
    """-1.0136729 and -1.39727626 for the first point: esda 2.9.0, tests/test_getisord.py."""
    from spatial.getis import getis_ord_z

    values = golden("spdep_getis_points")
    graph = graph_of([str(place) for place in range(6)], values["near"])
    y = np.array(values["inputs"]["y"])
    for star, key, first in ((False, "Gi", -1.0136729), (True, "Gi*", -1.39727626)):
        ours = getis_ord_z(y, graph.indptr, graph.indices, star=star)
        assert ours[0] == pytest.approx(first, abs=5e-8)
        np.testing.assert_allclose(ours, values[key]["value"], rtol=EXACT)


@pytest.mark.parametrize(("name", "variable"), TESTED)
def test_p_of_gi_is_near_that_of_spdep(name: str, variable: str) -> None:
    """`localG_perm`, which draws with replacement too; for Gi* it does not hold the area's value."""
    from spatial.getis import local_g

    _, y, graph = case(name, variable)
    theirs = golden(f"spdep_getis_{name}")[f"{variable} localG_perm, Gi"]
    found = local_g(y, graph, star=False, permutations=19_999, seeds_checked=0, seed=20261122)
    assert near_spdep(found.p / 2, np.array(theirs["folded_p"]), y, graph)


@pytest.mark.parametrize(("name", "variable"), TESTED)
def test_sums_around_an_area_are_those_of_global_g(name: str, variable: str) -> None:
    """`globalG.test`: sum over links of y_i y_j, over that sum over all pairs.

    We publish no global G; local sums with binary weights must add up to it.
    """
    from spatial.getis import local_g

    _, y, graph = case(name, variable)
    sums = local_g(y, graph, star=False, weights="binary", permutations=99, seeds_checked=0).value
    total = float((y * sums).sum() / (y.sum() ** 2 - (y**2).sum()))
    theirs = golden(f"spdep_getis_{name}")[f"{variable} globalG"]["value"]
    assert total == pytest.approx(theirs, rel=EXACT)


# --- weights that differ within a row ------------------------------------------------------------


def test_moran_by_distance_is_spdep_s() -> None:
    """`localmoran` on 1 / distance within 10, and its p by the book; Columbus, CRIME."""
    from graphs import inverse_distance
    from spatial.distance_weights import weighted_local_moran

    values = golden("spdep_moran_columbus")
    theirs = values["CRIME inverse distance"]
    frame = shipped("columbus")
    near = inverse_distance(
        frame["X"], frame["Y"], codes=values["codes"], within_m=theirs["within"]
    )
    np.testing.assert_array_equal(near.cardinalities, theirs["counts"])
    np.testing.assert_array_equal(near.indices, theirs["neighbours"])
    ours = weighted_local_moran(frame["CRIME"], near, permutations=19_999, seed=20261122)
    np.testing.assert_allclose(ours.i, theirs["Ii"], rtol=1e-10, atol=EXACT)
    assert np.mean(ours.i) == pytest.approx(theirs["moran_test_I"], rel=1e-11)
    tail = np.array(theirs["two_sided_p"]) / 2
    # Draws that hold the area itself are taken out: at most two thirds for the 31 neighbours here.
    error = monte_carlo_error(tail, 9_999, 6_000)
    assert np.max(np.abs(ours.p / 2 - tail) / (4.5 * error + 1e-4)) < 1
