"""Local empirical Bayes rates against spdep, against the definition, and at the edges."""

from __future__ import annotations

import geopandas as gpd
import libpysal
import numpy as np
import pytest

from graphs import graph_of
from spatial.contiguity import contiguity
from spatial.errors import StatisticsError
from spatial.local_smoothing import marshall_local
from spatial.smoothing import marshall
from spatial.weights import Neighbours


def random_map(seed: int, n: int = 25) -> tuple[np.ndarray, np.ndarray, Neighbours]:
    rng = np.random.default_rng(seed)
    a, b = rng.integers(0, n, (2, 2 * n))
    graph = graph_of(n, [(i, j) for i, j in zip(a, b, strict=True) if i != j])
    population = rng.integers(50, 3_000, n).astype(float)
    return rng.poisson(population * rng.gamma(2, 0.004, n)).astype(float), population, graph


@pytest.mark.parametrize(
    ("spread", "golden", "clamped"),
    [
        ("own mean", [0.209018359431, 0.00813542367898, 0.00194147134474, 0.00361324614999], 55),
        ("each mean", [0.207745748319, 0.00817169650972, 0.00196385193931, 0.00338126280694], 50),
    ],
)
def test_nc_sids_as_spdep_smooths_it(spread: str, golden: list[float], clamped: int) -> None:
    """Sum, Anson, Mecklenburg, Robeson: spdep 1.2-7 (R 4.2.2), 12 digits printed.

    `f <- st_read("sids2.shp"); EBlocal(f$SID74, f$BIR74, poly2nb(f), geoda = TRUE)$est` for "own
    mean", `geoda = FALSE` for "each mean"; the file as libpysal ships it, 490 links. Clamped:
    `sum(attr(e, "parameters")$a == 0)`.
    """
    frame = gpd.read_file(libpysal.examples.get_path("sids2.shp"))
    frame = frame.set_index(frame["FIPSNO"].astype(int).map("{:05d}".format)).sort_index()
    result = marshall_local(frame["SID74"], frame["BIR74"], contiguity(frame), spread=spread)
    names = list(frame["NAME"])
    mine = [result.rate[names.index(name)] for name in ("Anson", "Mecklenburg", "Robeson")]
    np.testing.assert_allclose([result.rate.sum(), *mine], golden, rtol=2e-12)
    assert (result.between == 0).sum() == clamped


@pytest.mark.parametrize("seed", range(5))
def test_a_rate_is_marshalls_over_its_neighbourhood(seed: int) -> None:
    """Each area by the global estimator run on its neighbourhood alone."""
    events, population, graph = random_map(seed)
    result = marshall_local(events, population, graph)
    for i in range(graph.n):
        around = [i, *graph.indices[graph.indptr[i] : graph.indptr[i + 1]]]
        alone = marshall(events[around], population[around])[0]
        assert result.rate[i] == pytest.approx(alone, rel=1e-12)
        assert result.areas[i] == len(around)


@pytest.mark.parametrize("spread", ["own mean", "each mean"])
def test_a_rate_lies_between_its_own_and_its_neighbourhoods(spread: str) -> None:
    events, population, graph = random_map(9)
    r = marshall_local(events, population, graph, spread=spread)
    assert np.all((r.weight >= 0) & (r.weight <= 1))
    assert np.all(r.rate >= np.minimum(r.raw, r.mean) - 1e-15)
    assert np.all(r.rate <= np.maximum(r.raw, r.mean) + 1e-15)
    assert 0 < (r.between == 0).sum() < graph.n


def test_an_island_keeps_its_raw_rate_and_shows_why() -> None:
    events, population = np.array([5.0, 2.0, 9.0]), np.array([100.0, 100.0, 100.0])
    result = marshall_local(events, population, graph_of(3, [(0, 1)]))
    assert result.rate[2] == result.raw[2] == result.mean[2]
    assert list(result.areas) == [2, 2, 1]


def test_areas_without_population_are_in_no_neighbourhood() -> None:
    events, population, graph = random_map(3)
    population[[4, 11]] = 0.0, np.nan
    result = marshall_local(events, population, graph)
    assert np.isnan(result.rate[[4, 11]]).all()
    kept = [code for i, code in enumerate(graph.codes) if i not in (4, 11)]
    where = [i for i in range(graph.n) if i not in (4, 11)]
    without = marshall_local(events[where], population[where], graph.subset(kept))
    np.testing.assert_allclose(result.rate[where], without.rate, rtol=1e-13)
    np.testing.assert_array_equal(result.areas[where], without.areas)


def test_no_event_around_is_a_rate_of_nought() -> None:
    graph = graph_of(4, [(0, 1), (1, 2), (2, 3)])
    result = marshall_local([0, 0, 0, 7], [10, 20, 30, 40], graph)
    assert (result.rate[0], result.weight[0]) == (0.0, 0.0)
    assert np.isfinite(result.rate).all()


@pytest.mark.parametrize(
    ("events", "population", "spread", "words"),
    [
        ([1, np.nan, 1], [1, 1, 1], "own mean", "events: row 1 is nan"),
        ([1, 1, 1], [1, -1, 1], "own mean", "population: row 1 is -1"),
        ([1, 1], [1, 1], "own mean", "events: 2 values for a graph of 3 areas"),
        ([1, 1, 1], [1, 1, 1], "geoda", "spread: 'geoda' is not 'own mean' or 'each mean'"),
    ],
)
def test_what_has_no_meaning_is_refused(
    events: list[float], population: list[float], spread: str, words: str
) -> None:
    with pytest.raises(StatisticsError, match=words):
        marshall_local(events, population, graph_of(3, [(0, 1)]), spread=spread)
