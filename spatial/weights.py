"""Who touches whom: neighbour graphs over areas, held as two arrays."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from spatial.errors import StatisticsError
from spatial.neighbour_sums import neighbour_sums

__all__ = ["Neighbours", "row_starts"]

IntArray = npt.NDArray[np.int64]
Kind = Literal["queen", "rook", "distance"]
Borders = Literal["shared vertices", "geometry"]


@dataclass(frozen=True, slots=True, eq=False)
class Neighbours:
    """A symmetric neighbour graph in compressed rows; weights are implied, 1/k for each of k.

    Attributes
    ----------
    codes
        Area codes, sorted and unique.
    indptr
        Shape (n + 1,): the neighbours of area i are `indices[indptr[i]:indptr[i + 1]]`.
    indices
        Shape (links,): positions in `codes`, sorted within each area. Neither array can be written
        to any more.
    kind
        "queen" (a shared corner is enough), "rook" (a shared edge is needed) or "distance" (middles
        within a distance).
    borders
        How touching was decided: "shared vertices", or "geometry" where the layer's borders do not
        meet at the same points and libpysal's geometric test was asked as well.
    """

    codes: tuple[str, ...]
    indptr: IntArray
    indices: IntArray
    kind: Kind = "queen"
    borders: Borders = "shared vertices"

    def __post_init__(self) -> None:
        """Refuse arrays that do not describe a graph over `codes`."""
        n = len(self.codes)
        if any(a >= b for a, b in zip(self.codes, self.codes[1:], strict=False)):
            raise StatisticsError("codes: area codes must be sorted and unique; sort them first")
        if self.indptr.shape != (n + 1,) or self.indptr[0] != 0 or np.any(np.diff(self.indptr) < 0):
            raise StatisticsError(f"indptr: expected {n + 1} rising positions from 0")
        if self.indices.shape != (int(self.indptr[-1]),):
            raise StatisticsError(
                f"indices: {self.indices.size} links, but indptr ends at {int(self.indptr[-1])}"
            )
        if self.indices.size and not 0 <= self.indices.min() <= self.indices.max() < n:
            raise StatisticsError(f"indices: a neighbour lies outside 0..{n - 1}")
        rows = self.rows
        if np.any(rows == self.indices):
            code = self.codes[int(rows[rows == self.indices][0])]
            raise StatisticsError(f"indices: area {code} is given as its own neighbour")
        if np.any((np.diff(rows) == 0) & (np.diff(self.indices) <= 0)):
            raise StatisticsError("indices: neighbours must be sorted and unique within an area")
        # What is derived from a graph is kept (`neighbour_sums`), so that it must stay as it is.
        self.indptr.setflags(write=False)
        self.indices.setflags(write=False)

    def __reduce__(self) -> tuple[type[Neighbours], tuple[object, ...]]:
        """Copy as it was built: a graph read back is checked and cannot be written to, either."""
        return Neighbours, (self.codes, self.indptr, self.indices, self.kind, self.borders)

    @classmethod
    def from_pairs(
        cls,
        codes: Iterable[str],
        focal: Sequence[str] | npt.NDArray[Any],
        neighbour: Sequence[str] | npt.NDArray[Any],
        *,
        kind: Kind = "queen",
    ) -> Neighbours:
        """Build from directed pairs of area codes, in any order; each pair must be there both ways.

        Raises
        ------
        StatisticsError
            Where a pair names an unknown area, an area is its own neighbour, or a pair has no
            opposite.
        """
        ordered = sorted(codes)
        table = np.asarray(ordered, dtype=str)
        rows = _positions(table, np.asarray(focal, dtype=str))
        columns = _positions(table, np.asarray(neighbour, dtype=str))
        if rows.shape != columns.shape:
            raise StatisticsError(f"pairs: {rows.size} areas but {columns.size} neighbours")
        if np.any(rows == columns):
            code = ordered[int(rows[rows == columns][0])]
            raise StatisticsError(f"pairs: area {code} is given as its own neighbour")
        n = len(ordered)
        links = np.unique(rows * n + columns)
        reverse = np.unique(columns * n + rows)
        if not np.array_equal(links, reverse):
            lone = int(np.setdiff1d(links, reverse)[0])
            raise StatisticsError(
                f"pairs: {ordered[lone // n]} has neighbour {ordered[lone % n]}, but not the other "
                "way round; give both directions"
            )
        rows, columns = links // n, links % n
        return cls(tuple(ordered), row_starts(rows, n), columns, kind)

    @property
    def n(self) -> int:
        """Number of areas."""
        return len(self.codes)

    @property
    def links(self) -> int:
        """Number of directed links; two areas that touch count twice."""
        return int(self.indices.size)

    @property
    def cardinalities(self) -> IntArray:
        """Neighbours of each area, shape (n,)."""
        return np.diff(self.indptr)

    @property
    def islands(self) -> tuple[str, ...]:
        """Codes of the areas that have no neighbour."""
        return tuple(self.codes[i] for i in np.flatnonzero(self.cardinalities == 0))

    @property
    def rows(self) -> IntArray:
        """Position of the area each link starts from, shape (links,)."""
        return np.repeat(np.arange(self.n, dtype=np.int64), self.cardinalities)

    @property
    def component_of(self) -> IntArray:
        """First position of the piece that each area belongs to, shape (n,); an island is one."""
        label = np.arange(self.n, dtype=np.int64)
        rows = self.rows
        while True:
            # The smallest label spreads along links, then along chains of labels (pointer
            # jumping), so the number of rounds grows with the logarithm of a path's length.
            lowest = label.copy()
            np.minimum.at(lowest, rows, label[self.indices])
            np.minimum.at(lowest, label, lowest.copy())
            lowest = lowest[lowest]
            if np.array_equal(lowest, label):
                return label
            label = lowest

    def lag(
        self, values: npt.NDArray[np.float64], sums: npt.NDArray[np.float64] | None = None
    ) -> npt.NDArray[np.float64]:
        """Return the mean of `values` over each area's neighbours; NaN for an island.

        Parameters
        ----------
        values
            Shape (n,), in the order of `codes`.
        sums
            Their `neighbour_sums`, shape (n,), where these are known.
        """
        if sums is None:
            sums = neighbour_sums(values, self.indptr, self.indices)
        k = self.cardinalities
        with np.errstate(invalid="ignore"):
            return np.asarray(sums / k, dtype=np.float64)  # 0 / 0, no mean, for an island

    def subset(self, codes: Iterable[str]) -> Neighbours:
        """Return the graph among `codes` only; links to other areas are dropped.

        Raises
        ------
        StatisticsError
            Where a code is not in the graph or is given twice.
        """
        wanted = np.asarray(sorted(codes), dtype=str)
        if wanted.size and np.any(wanted[1:] == wanted[:-1]):
            twice = wanted[1:][wanted[1:] == wanted[:-1]][0]
            raise StatisticsError(f"codes: area {twice} is given twice")
        chosen = _positions(np.asarray(self.codes, dtype=str), wanted)
        new = np.full(self.n, -1, dtype=np.int64)
        new[chosen] = np.arange(chosen.size)
        rows, columns = new[self.rows], new[self.indices]
        inside = (rows >= 0) & (columns >= 0)
        return Neighbours(
            tuple(wanted.tolist()),
            row_starts(rows[inside], chosen.size),
            columns[inside],
            self.kind,
            self.borders,
        )

    def pairs(self) -> tuple[npt.NDArray[np.str_], npt.NDArray[np.str_]]:
        """Return the directed links as two arrays of codes: area, neighbour."""
        table = np.asarray(self.codes, dtype=str)
        return table[self.rows], table[self.indices]

    def to_libpysal(self) -> Any:
        """Return a `libpysal.graph.Graph` with row-standardised weights, islands kept."""
        import pandas as pd  # noqa: PLC0415 - with libpysal, a second of import
        from libpysal.graph import Graph  # noqa: PLC0415 - 1.4 s to import

        area, neighbour = self.pairs()
        islands = np.asarray(self.islands, dtype=object)
        k = self.cardinalities
        index = pd.MultiIndex.from_arrays(
            [
                np.concatenate([area.astype(object), islands]),
                np.concatenate([neighbour.astype(object), islands]),
            ],
            names=["focal", "neighbor"],
        )
        weight = np.concatenate([1.0 / np.repeat(k, k), np.zeros(islands.size)])
        adjacency = pd.Series(weight, index=index, name="weight").sort_index()
        return Graph(adjacency, transformation="r", is_sorted=True)


def _positions(table: npt.NDArray[np.str_], wanted: npt.NDArray[np.str_]) -> IntArray:
    """Find each wanted code in a sorted table, or say which is not there."""
    found = np.searchsorted(table, wanted).astype(np.int64)
    inside = found < table.size
    known = np.zeros(wanted.shape, dtype=bool)
    known[inside] = table[found[inside]] == wanted[inside]
    if not known.all():
        raise StatisticsError(
            f"codes: {int((~known).sum())} areas are not in the neighbour graph, first "
            f"{wanted[~known][0]}"
        )
    return found


def row_starts(rows: IntArray, n: int) -> IntArray:
    """Turn the sorted row numbers of links, shape (links,), into `indptr` of n rows."""
    starts = np.zeros(n + 1, dtype=np.int64)
    np.cumsum(np.bincount(rows, minlength=n), out=starts[1:])
    return starts
