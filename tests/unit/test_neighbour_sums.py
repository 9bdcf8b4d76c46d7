"""Sums over neighbours by columns, and what is kept of a graph."""

from __future__ import annotations

import copy
import itertools

import numpy as np
import pytest

from spatial import neighbour_sums as module
from spatial.neighbour_sums import areas_of_graph, by_cardinality, neighbour_sums
from spatial.weights import Neighbours

CODES = tuple(f"E{number:08d}" for number in range(1, 7))
# Area 3 is an island; the others have from one to four neighbours.
INDPTR = np.array([0, 4, 6, 7, 7, 9, 10])
INDICES = np.array([1, 2, 4, 5, 0, 4, 0, 0, 1, 0])
VALUES = np.array([1.0, 2.0, 4.0, 8.0, 16.0, 32.0])


def slow(values: np.ndarray, indptr: np.ndarray, indices: np.ndarray) -> list[float]:
    """Add the neighbours of one area after another, in the order of the links."""
    sums = []
    for start, end in itertools.pairwise(indptr):
        total = 0.0
        for neighbour in indices[start:end]:
            total += values[neighbour]
        sums.append(total)
    return sums


def random_graph(seed: int, n: int = 40) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    linked = np.triu(rng.random((n, n)) < 0.15, 1)
    linked[:, 7] = linked[7] = False
    rows, columns = np.nonzero(linked | linked.T)
    starts = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=n))])
    return starts, columns.astype(np.int64)


def test_sums_of_a_small_graph() -> None:
    assert neighbour_sums(VALUES, INDPTR, INDICES).tolist() == [54.0, 17.0, 1.0, 0.0, 3.0, 1.0]


@pytest.mark.parametrize("seed", range(5))
def test_sums_are_added_in_the_order_of_the_links_to_the_last_bit(seed: int) -> None:
    indptr, indices = random_graph(seed)
    values = np.random.default_rng(seed + 100).normal(size=40)
    assert neighbour_sums(values, indptr, indices).tolist() == slow(values, indptr, indices)


def test_nobody_has_a_neighbour() -> None:
    nothing = np.zeros(0, dtype=np.int64)
    assert neighbour_sums(VALUES, np.zeros(7, dtype=np.int64), nothing).tolist() == [0.0] * 6
    assert neighbour_sums(np.zeros(0), np.zeros(1, dtype=np.int64), nothing).size == 0


def test_areas_stand_in_order_of_their_number_of_neighbours() -> None:
    order, ends = areas_of_graph(INDPTR, INDICES)
    assert order.tolist() == [3, 2, 5, 1, 4, 0]
    assert ends == [1, 3, 5, 5, 6]
    wide = by_cardinality(np.array([70_000, 0, 70_000, 3]))
    assert wide.order.tolist() == [1, 3, 0, 2]
    assert wide.ends[2:5] == [1, 2, 2]
    assert wide.ends[-2:] == [2, 4]


def test_a_graph_that_can_be_written_to_is_read_again() -> None:
    indices = INDICES.copy()
    assert neighbour_sums(VALUES, INDPTR, indices)[5] == 1.0
    indices[-1] = 4
    assert neighbour_sums(VALUES, INDPTR, indices)[5] == 16.0


def test_a_graph_that_cannot_be_written_to_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    graph = Neighbours(CODES, INDPTR.copy(), INDICES.copy())
    read = []
    found = module._found
    monkeypatch.setattr(module, "_found", lambda *given: read.append(1) or found(*given))
    monkeypatch.setattr(module, "_KEPT", type(module._KEPT)())
    for _ in range(3):
        assert neighbour_sums(VALUES, graph.indptr, graph.indices)[0] == 54.0
    assert len(read) == 1
    # The same number of neighbours each, and others.
    fewer, more = graph.indices.copy(), graph.indptr
    fewer[-1] = 4
    fewer.setflags(write=False)
    assert neighbour_sums(VALUES, more, fewer)[5] == 16.0
    read.pop()
    for _ in range(module._KEPT_GRAPHS):
        other = Neighbours(CODES, INDPTR.copy(), INDICES.copy())
        neighbour_sums(VALUES, other.indptr, other.indices)
    assert len(module._KEPT) == module._KEPT_GRAPHS
    neighbour_sums(VALUES, graph.indptr, graph.indices)
    assert len(read) == 2 + module._KEPT_GRAPHS


def test_a_graph_cannot_be_written_to_not_even_a_copy_of_it() -> None:
    graph = Neighbours(CODES, INDPTR.copy(), INDICES.copy(), "rook", "geometry")
    copied = copy.deepcopy(graph)
    assert (copied.kind, copied.borders, copied.codes) == ("rook", "geometry", CODES)
    for array in (graph.indptr, graph.indices, copied.indptr, copied.indices):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1
    assert copied.indices.tolist() == INDICES.tolist()
