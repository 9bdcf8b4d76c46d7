"""Who touches whom: neighbour graphs over areas, held as two arrays."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from spatial.errors import StatisticsError

if TYPE_CHECKING:
    import geopandas as gpd

__all__ = ["Neighbours", "contiguity"]

IntArray = npt.NDArray[np.int64]
Contiguity = Literal["queen", "rook"]


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
        Shape (links,): positions in `codes`, sorted within each area.
    kind
        "queen" (a shared corner is enough) or "rook" (a shared edge is needed).
    """

    codes: tuple[str, ...]
    indptr: IntArray
    indices: IntArray
    kind: Contiguity = "queen"

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

    @classmethod
    def from_pairs(
        cls,
        codes: Iterable[str],
        focal: Sequence[str] | npt.NDArray[Any],
        neighbour: Sequence[str] | npt.NDArray[Any],
        *,
        kind: Contiguity = "queen",
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
        return cls(tuple(ordered), _row_starts(rows, n), columns, kind)

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
    def components(self) -> int:
        """Number of separate pieces of the graph; an island is one."""
        if self.n == 0:
            return 0
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
                return int(np.unique(label).size)
            label = lowest

    def lag(self, values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Return the mean of `values` over each area's neighbours; NaN for an island.

        Parameters
        ----------
        values
            Shape (n,), in the order of `codes`.
        """
        sums = neighbour_sums(values, self.indptr, self.indices)
        k = self.cardinalities
        return np.where(k > 0, sums / np.maximum(k, 1), np.nan)

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
            _row_starts(rows[inside], chosen.size),
            columns[inside],
            self.kind,
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


def neighbour_sums(
    values: npt.NDArray[np.float64], indptr: IntArray, indices: IntArray
) -> npt.NDArray[np.float64]:
    """Sum `values` over each area's neighbours, in the order of the links; 0 for an island.

    Parameters
    ----------
    values
        Shape (n,).
    indptr, indices
        The graph in compressed rows, as in `Neighbours`.
    """
    n = indptr.size - 1
    rows = np.repeat(np.arange(n), np.diff(indptr))
    # numpy's stubs give weighted counts as integers; they are floats already.
    return np.bincount(rows, weights=values[indices], minlength=n).astype(np.float64, copy=False)


def contiguity(areas: gpd.GeoDataFrame, *, rook: bool = False) -> Neighbours:
    """Find which areas touch.

    Parameters
    ----------
    areas
        Index: area codes, in any order. Polygons must be valid, as `boundaries.read_areas` leaves
        them: a self-crossing ring has no certain neighbours.
    rook
        Ask for a shared edge; by default a shared corner is enough (queen).

    Raises
    ------
    StatisticsError
        Where codes repeat, a geometry is missing, empty, not a polygon or invalid.
    """
    from libpysal.graph import Graph  # noqa: PLC0415 - 1.4 s to import

    codes = np.asarray(areas.index, dtype=str)
    _refuse_geometry(areas, codes)
    order = np.argsort(codes, kind="stable")
    frame = areas.iloc[order]
    kind: Contiguity = "rook" if rook else "queen"
    if len(frame) < 2:
        return Neighbours(
            tuple(codes[order].tolist()),
            np.zeros(len(frame) + 1, np.int64),
            np.zeros(0, np.int64),
            kind,
        )
    geometry = frame.geometry.set_axis(codes[order])
    graph = Graph.build_contiguity(geometry, rook=rook)
    links = graph.adjacency
    links = links[links > 0]  # libpysal writes an island as a link to itself of weight 0
    return Neighbours.from_pairs(
        codes.tolist(),
        links.index.get_level_values("focal").to_numpy(dtype=str),
        links.index.get_level_values("neighbor").to_numpy(dtype=str),
        kind=kind,
    )


def _refuse_geometry(areas: gpd.GeoDataFrame, codes: npt.NDArray[np.str_]) -> None:
    """Raise on what libpysal would take without a word and give wrong neighbours for."""
    unique, times = np.unique(codes, return_counts=True)
    if np.any(times > 1):
        raise StatisticsError(
            f"areas: {int((times > 1).sum())} area codes repeat, first {unique[times > 1][0]}; "
            "dissolve the parts of an area into one row"
        )
    geometry = areas.geometry
    checks = (
        ("no geometry", geometry.isna() | geometry.is_empty),
        ("a geometry that is not a polygon", ~geometry.geom_type.isin(["Polygon", "MultiPolygon"])),
        ("an invalid polygon", ~geometry.is_valid),
    )
    for what, bad in checks:
        where = np.flatnonzero(bad.to_numpy())
        if where.size:
            raise StatisticsError(
                f"areas: {where.size} areas have {what}, first {codes[where[0]]}; "
                "read the layer with read_areas, which repairs or refuses it"
            )


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


def _row_starts(rows: IntArray, n: int) -> IntArray:
    """Turn sorted row numbers into the n + 1 positions where rows begin."""
    starts = np.zeros(n + 1, dtype=np.int64)
    np.cumsum(np.bincount(rows, minlength=n), out=starts[1:])
    return starts
