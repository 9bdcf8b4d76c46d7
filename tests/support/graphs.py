"""Neighbour graphs made up in the tests: links by number, lattices, rings, points, random maps."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt
from hypothesis import strategies as st

from spatial.distance_graphs import WeightedNeighbours, distance_band, inverse_of
from spatial.weights import Neighbours


def graph_of(n: int, links: Iterable[tuple[int, int]]) -> Neighbours:
    """Areas 0..n-1 of which those of a link are neighbours."""
    codes = np.array([f"{i:04d}" for i in range(n)])
    a, b = np.array(list(links), dtype=int).reshape(-1, 2).T
    return Neighbours.from_pairs(codes.tolist(), codes[np.r_[a, b]], codes[np.r_[b, a]])


def lattice(rows: int, columns: int, islands: int = 0) -> Neighbours:
    """Queen neighbours of a lattice of squares, then areas without neighbours."""
    cell = list(itertools.product(range(rows), range(columns)))
    links = [
        (i, j)
        for (i, (r, c)), (j, (s, d)) in itertools.combinations(enumerate(cell), 2)
        if max(abs(r - s), abs(c - d)) == 1
    ]
    return graph_of(len(cell) + islands, links)


def ring(n: int) -> Neighbours:
    """Areas in a circle, each beside two."""
    return graph_of(n, [(i, (i + 1) % n) for i in range(n)])


def random_points(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """x, y and codes of areas in a square kilometre."""
    x, y = np.random.default_rng(seed).uniform(0, 1_000, (2, n))
    return x, y, [f"E{i:03d}" for i in range(n)]


def inverse_distance(
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    codes: Sequence[str],
    within_m: float,
    nearest_m: float = 1e-6,
) -> WeightedNeighbours:
    """Areas within a distance, a nearer one weighing more: what a run's settings can ask for."""
    return inverse_of(
        distance_band(x, y, codes=codes, within_m=within_m), x, y, nearest_m=nearest_m
    )


def dense_weights(graph: WeightedNeighbours) -> np.ndarray:
    """Oracle: weights that differ within a row as a full matrix."""
    w = np.zeros((graph.n, graph.n))
    for i in range(graph.n):
        row = slice(graph.indptr[i], graph.indptr[i + 1])
        w[i, graph.indices[row]] = graph.weights[row]
    return w


def pieces(graph: Neighbours) -> int:
    """Number of separate pieces; an island is one."""
    return int(np.unique(graph.component_of).size)


def dense(graph: Neighbours) -> np.ndarray:
    """Oracle: the row-standardised weights as a full matrix."""
    w = np.zeros((graph.n, graph.n))
    for i in range(graph.n):
        around = graph.indices[graph.indptr[i] : graph.indptr[i + 1]]
        w[i, around] = 1 / max(1, around.size)
    return w


def planted(*, side: int = 12, height: float = 3.0, seed: int = 0) -> tuple[np.ndarray, Neighbours]:
    """A lattice of noise with a high 4 x 4 corner and one high cell alone in a low 5 x 5 corner."""
    field = np.random.default_rng(seed).normal(size=(side, side))
    field[:4, :4] += height
    field[-5:, -5:] -= height
    field[-3, -3] += 3 * height
    return field.ravel(), lattice(side, side)


def two_corners() -> tuple[np.ndarray, Neighbours]:
    """A lattice of noise with a high 5 x 5 corner and a low one opposite."""
    field = np.random.default_rng(0).normal(size=(12, 12))
    field[:5, :5] += 3.0
    field[-5:, -5:] -= 3.0
    return field.ravel(), lattice(12, 12)


@st.composite
def maps(draw: st.DrawFn) -> tuple[np.ndarray, Neighbours]:
    """A random graph of 30 to 45 areas, islands allowed, with counts or fractions that tie."""
    n = draw(st.integers(30, 45))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    a, b = rng.integers(0, n, (2, draw(st.integers(n, 3 * n))))
    graph = graph_of(n, [(i, j) for i, j in zip(a, b, strict=True) if i != j])
    unit = draw(st.sampled_from([1.0, 1 / 3, 0.1]))
    y = rng.poisson(draw(st.sampled_from([0.5, 3.0, 40.0])), n) * unit
    y[0] += unit  # never constant
    return y, graph
