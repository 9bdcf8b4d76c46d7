"""Input that no kernel can use, or that it can use only so far: each row of the documented table.

docs/methodology.md lists cases by what is done with them. Every row is tried here, and words that
the table quotes are in what the kernel said; a row without a test, or a test without a row, fails.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import box

from bad_input import (
    ANY,
    CODES,
    EVENTS,
    GRAPH,
    LAND,
    PEOPLE,
    SURFACE,
    N,
    X,
    Y,
    changed,
    monthly,
    outcomes,
    points,
    scanned,
    surfaces,
)
from graphs import pieces
from refused_input import REFUSED
from risk_model.config.risk import Statistics
from risk_model.neighbour_checks import NeighbourChecks, neighbour_checks
from spatial.bandwidth import choose_bandwidth
from spatial.bivariate import bivariate_moran
from spatial.concentration import coverage, gini
from spatial.contiguity import contiguity
from spatial.distance_graphs import distance_band, inverse_of
from spatial.distance_weights import weighted_local_moran
from spatial.dual_density import compare_densities
from spatial.errors import StatisticsError
from spatial.getis import local_g
from spatial.hotspot_polygons import hotspot_polygons
from spatial.kde import density_surface
from spatial.local_smoothing import marshall_local
from spatial.moran import assuncao_reis, local_moran
from spatial.permutation import conditional_moran_counts, pseudo_p
from spatial.public_density import public_density
from spatial.smoothing import fit_gamma_poisson, marshall, posterior
from spatial.weights import Neighbours


def checked(graph: Neighbours, *, gap: float = 0.0) -> NeighbourChecks:
    """What `check` says of squares of 1 km; the second half of them moved north by `gap` metres."""
    north = Y + np.where(np.arange(N) >= 24, gap, 0.0)
    squares = [box(x, y, x + 1000, y + 1000) for x, y in zip(X, north, strict=True)]
    frame = gpd.GeoDataFrame(geometry=squares, index=CODES, crs="EPSG:27700")
    return neighbour_checks(graph, frame, CODES, Statistics())


# What gets no test, and says why ------------------------------------------------------------


def constant_values() -> str:
    said = []
    for value in (0.0, 7.0, 1e300):
        for found in outcomes(np.full(N, value)):
            assert np.isnan(found.p).all()
            said.append(found.inference)
    assert set(said) == {
        "Not testable: the value is the same in every area. Check the column that it comes from."
    }
    return said[0]


def few_areas() -> str:
    small = GRAPH.subset(CODES[:29])
    said = {found.inference for found in outcomes(ANY[:29], small)}
    assert len(said) == 1
    scan_says = scanned(EVENTS[:29], PEOPLE[:29], x=X[:29], y=Y[:29], codes=CODES[:29]).inference
    thirty = outcomes(ANY[:30], GRAPH.subset(CODES[:30]))
    assert {found.inference for found in thirty} == {""}
    return " | ".join([*said, scan_says])


def few_events() -> str:
    said = {found.inference for found in outcomes(ANY, events=49)}
    assert len(said) == 1
    assert {found.inference for found in outcomes(ANY, events=50)} == {""}
    few = changed(np.ones(N), r0=2.0)
    assert few.sum() == 49
    months = monthly(few)
    assert set(months.pattern) == {"Not classified"}
    return " | ".join([*said, scanned(few).inference, months.month_inference[0]])


def few_points() -> str:
    found = density_surface(points(49), **SURFACE, months=6)
    assert density_surface(points(50), **SURFACE, months=6).warnings == ()
    choice = surfaces(points(49))[2]()
    assert not choice.chosen
    assert choice.bandwidth_m == 1000
    return " | ".join([*found.warnings, *choice.warnings])


def no_points() -> str:
    found = density_surface(points()[:0], **SURFACE, months=6)
    assert np.nanmax(found.values) == 0
    hot = hotspot_polygons(found)
    assert hot.frame.empty
    assert np.isnan(hot.pai_same_data)
    public = public_density(points()[:0], study=LAND, months=6)
    assert not (public.band[public.band != 255]).any()
    assert compare_densities(found, found).warnings == (
        "the denominator is 0 everywhere: there is no ratio",
    )
    return " | ".join([*found.warnings, *public.warnings])


def all_zero() -> str:
    nothing = np.zeros(N)
    assert (assuncao_reis(nothing, PEOPLE) == 0).all()
    assert (marshall(nothing, PEOPLE) == 0).all()
    assert (marshall_local(nothing, PEOPLE, GRAPH).rate == 0).all()
    assert not fit_gamma_poisson(nothing, PEOPLE).spread
    assert np.isnan(gini(nothing, seed=np.random.SeedSequence(0)).value)
    assert np.isnan(coverage(ANY, nothing, PEOPLE).events).all()
    assert set(monthly(nothing).pattern) == {"Not classified"}
    return str(scanned(nothing).inference)


def one_place() -> str:
    frame = pd.DataFrame({"x": [403_050.0] * 60, "y": [93_050.0] * 60})
    fixed, adaptive, choice, public = (call() for call in surfaces(frame))
    assert not choice.chosen
    assert (public.band[public.band != 255] > 0).sum() == 1
    # The kernel alone: quartic, at its own middle 3 / (pi b^2), 120 events a year.
    assert fixed.highest == pytest.approx(3 / np.pi * 120, rel=0.03)
    hot = hotspot_polygons(fixed)
    assert len(hot.frame) == 1
    assert hot.events == 60
    assert fixed.warnings == adaptive.warnings
    return " | ".join([*fixed.warnings, *choice.warnings])


def island() -> str:
    focal, other = GRAPH.pairs()
    kept = (focal != CODES[5]) & (other != CODES[5])
    graph = Neighbours.from_pairs(CODES, focal[kept], other[kept])
    moran, hot = local_moran(ANY, graph, permutations=999), local_g(ANY, graph, permutations=999)
    both = bivariate_moran(ANY, ANY[::-1].copy(), graph, permutations=999)
    for found in (moran, hot, both):
        assert np.isnan(found.p[5])
        assert np.isfinite(np.delete(found.p, 5)).all()
    assert moran.cluster[5] == both.cluster[5] == hot.label[5]
    local = marshall_local(EVENTS, PEOPLE, graph)
    assert local.areas[5] == 1
    assert local.rate[5] == EVENTS[5] / PEOPLE[5]
    months = monthly(EVENTS, graph=graph)
    assert months.pattern[5] == "Not classified"
    # `check` and `run` say it before anything is tested.
    (said,) = checked(graph).warnings
    return " | ".join([str(moran.cluster[5]), months.reason[5], said])


# What is taken as it is ---------------------------------------------------------------------


def far_units() -> str:
    """Squares of these are infinite or 0, and the test is that of the values themselves."""
    plain = outcomes(ANY)
    for power in (-900, 900):
        for found, own in zip(outcomes(np.ldexp(ANY, power)), plain, strict=True):
            np.testing.assert_array_equal(found.p, own.p)
    return ""


def one_other_value() -> str:
    """All areas alike but one: no more can be said than that one area differs."""
    odd = np.zeros(N)
    odd[20] = 5.0
    for found in outcomes(odd):
        assert found.inference == ""
        assert (found.p > 0).all()
        assert (found.p <= 1).all()
    assert (local_moran(odd, GRAPH, permutations=999).cluster == "Not significant").all()
    return ""


def two_pieces() -> str:
    """Each half by itself gives the same lags; draws come from all areas."""
    focal, other = (np.array([CODES.index(code) for code in side]) for side in GRAPH.pairs())
    kept = (focal < 24) == (other < 24)
    names = np.asarray(CODES)
    graph = Neighbours.from_pairs(CODES, names[focal[kept]], names[other[kept]])
    assert pieces(graph) == 2
    whole = local_moran(ANY, graph, permutations=999)
    assert whole.inference == ""
    assert np.isfinite(whole.p).all()
    z = (ANY - ANY.mean()) / ANY.std()
    halves = [graph.subset(CODES[:24]).lag(z[:24]), graph.subset(CODES[24:]).lag(z[24:])]
    np.testing.assert_allclose(whole.lag, np.concatenate(halves))
    # Their outlines meet, so it is a fault of the layer; 25 m apart it is how the land lies.
    found = checked(graph)
    assert found.notes == ()
    apart = checked(graph, gap=25.0)
    assert apart.warnings == ()
    return " | ".join([*found.warnings, *apart.notes])


def same_shape_twice() -> str:
    """Two areas with one outline touch each other and what both touch."""
    areas = gpd.GeoDataFrame(
        geometry=[box(0, 0, 1, 1), box(0, 0, 1, 1), box(1, 0, 2, 1), box(5, 5, 6, 6)],
        index=["E1", "E2", "E3", "E4"],
        crs="EPSG:27700",
    )
    graph = contiguity(areas)
    assert set(zip(*graph.pairs(), strict=True)) == {
        (a, b) for a in ("E1", "E2", "E3") for b in ("E1", "E2", "E3") if a != b
    }
    assert graph.islands == ("E4",)
    # Areas at one point enter and leave every circle together.
    x, y = changed(X, r1=X[0]), changed(Y, r1=Y[0])
    found = scanned(changed(EVENTS, r0=90.0, r1=90.0), x=x, y=y).clusters[0]
    assert {"E000", "E001"} <= set(found.codes)
    said = neighbour_checks(graph, areas, graph.codes, Statistics()).warnings
    assert len(said) == 2, "the outline, and the area alone"
    return said[0]


def one_point_weights() -> str:
    """They count one another as two areas do that are 100 m apart."""
    found = [
        inverse_of(distance_band(x, Y, codes=CODES, within_m=1500), x, Y, nearest_m=100)
        for x in (changed(X, r1=X[0]), changed(X, r1=X[0] + 100))
    ]
    same, apart = (graph.weights[: graph.cardinalities[0]] for graph in found)
    assert found[0].indices[0] == 1
    np.testing.assert_array_equal(same, apart)
    assert np.isfinite(weighted_local_moran(ANY, found[0], permutations=999).p).all()
    return ""


def no_people() -> str:
    for nobody in (0.0, np.nan):
        people = changed(PEOPLE, r3=nobody)
        others = np.delete(np.arange(N), 3)
        z = assuncao_reis(EVENTS, people)
        np.testing.assert_array_equal(z[others], assuncao_reis(EVENTS[others], PEOPLE[others]))
        theta = marshall(EVENTS, people)
        np.testing.assert_array_equal(theta[others], marshall(EVENTS[others], PEOPLE[others]))
        fit = fit_gamma_poisson(EVENTS, people)
        assert fit == fit_gamma_poisson(EVENTS[others], PEOPLE[others])
        assert np.isnan([z[3], theta[3], marshall_local(EVENTS, people, GRAPH).rate[3]]).all()
        assert np.isnan(posterior(EVENTS, people, fit).mean[3])
        assert scanned(EVENTS, people).left_out == ("E003",)
        assert monthly(EVENTS, people).covered_months[3] == 0
    return ""


def nobody_anywhere() -> str:
    nobody = np.zeros(N)
    assert np.isnan(assuncao_reis(EVENTS, nobody)).all()
    assert np.isnan(marshall(EVENTS, nobody)).all()
    assert fit_gamma_poisson(EVENTS, nobody).areas == 0
    return str(scanned(EVENTS, nobody).inference)


def nearly_everyone_is_a_neighbour() -> str:
    """n = 31, k = 29: one area is left out of each lag, so the null has 30 values of equal chance."""
    n = 31
    codes = [f"E{i:03d}" for i in range(n)]
    # Area i does not touch i + 1, nor the other way; the last three stand in a ring of their own.
    apart = {(i, i + 1) for i in range(0, 28, 2)} | {(28, 29), (29, 30), (30, 28)}
    links = [
        (i, j)
        for i in range(n)
        for j in range(n)
        if i != j and (i, j) not in apart and (j, i) not in apart
    ]
    graph = Neighbours.from_pairs(codes, [codes[i] for i, _ in links], [codes[j] for _, j in links])
    values = np.random.default_rng(5).normal(size=n)
    z = (values - values.mean()) / values.std()
    counts = conditional_moran_counts(z, graph.indptr, graph.indices, permutations=9_999, seed=1)
    p = pseudo_p(counts)
    assert graph.cardinalities[0] == n - 2
    for i in range(28):
        partner = i + 1 if i % 2 == 0 else i - 1
        others = np.delete(z, i)
        # The sum of all others but one is high where that one is low.
        above, below = (others <= z[partner]).mean(), (others >= z[partner]).mean()
        exact = min(1.0, 2 * min(above, below))
        tail = exact / 2
        kept = int(counts.draws[i])  # draws without the area itself: about R (n - k) / n
        error = 2 * np.sqrt(tail * (1 - tail) / kept) + 2 / kept
        assert abs(p[i] - exact) < 4.5 * error
    whole = Neighbours.from_pairs(
        codes,
        [a for a in codes for b in codes if a != b],
        [b for a in codes for b in codes if a != b],
    )
    assert (local_moran(values, whole, permutations=999, seeds_checked=0).p == 1).all()
    hot = local_g(values, whole, permutations=999)
    assert (hot.p == 1).all()
    assert np.isnan(hot.z).all()
    return ""


CASES: dict[tuple[str, str], Callable[[], str]] = REFUSED | {
    ("constant", "Moran, Gi*, bivariate"): constant_values,
    ("all zero", "rates, scan, Gini, coverage, months"): all_zero,
    ("no events", "every density"): no_points,
    ("beyond 1e154, under 1e-154", "Moran, Gi*, bivariate"): far_units,
    ("one value differs", "Moran, Gi*, bivariate"): one_other_value,
    ("an island", "Moran, Gi*, bivariate, local rates, months"): island,
    ("two components", "Moran"): two_pieces,
    ("one outline twice", "neighbours, scan"): same_shape_twice,
    ("two areas at one point", "weights by distance"): one_point_weights,
    ("under 30 areas", "Moran, Gi*, bivariate, scan"): few_areas,
    ("under 50 events", "Moran, Gi*, bivariate, scan, months"): few_events,
    ("under 50 events", "densities"): few_points,
    ("all events on one point", "densities, hot spots"): one_place,
    ("an area without people", "rates, scan, months"): no_people,
    ("no people at all", "rates, scan"): nobody_anywhere,
    ("few areas, nearly all neighbours", "Moran, Gi*"): nearly_everyone_is_a_neighbour,
}


def documented(repository: Path) -> dict[tuple[str, str], str]:
    """The rows of the table by case and place: what it says happens."""
    text = (repository / "docs" / "methodology.md").read_text(encoding="utf-8")
    table = text.partition("### Bad input: behaviour by case")[2].partition("\n#")[0]
    rows = [
        [cell.strip().replace("\\*", "*") for cell in line.strip("| \n").split(" | ")]
        for line in table.splitlines()
        if line.startswith("| ")
    ]
    return {(case, where): happens for case, where, happens in rows[1:]}


@pytest.mark.parametrize(("case", "where"), CASES, ids=[f"{a}: {b}" for a, b in CASES])
def test_each_documented_case_behaves_as_the_table_says(
    repository: Path, case: str, where: str
) -> None:
    happens = documented(repository)[case, where]
    said = CASES[case, where]()
    for quote in re.findall("“(.+?)”", happens):
        assert quote in said
    assert bool(said) == ("“" in happens), "what is said is quoted, and nothing else is"


def test_the_table_holds_every_case_and_no_other(repository: Path) -> None:
    assert set(documented(repository)) == set(CASES)


def test_a_county_too_small_for_any_bandwidth_is_told_what_to_do() -> None:
    with pytest.raises(StatisticsError, match="use a larger study area"):
        choose_bandwidth(points(), study=box(0, 0, 20, 20), cell_m=100, fallback_m=1000)
