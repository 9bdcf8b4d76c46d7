"""Who touches whom: neighbour graphs over areas, held as two arrays."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from spatial.errors import StatisticsError
from spatial.neighbour_sums import neighbour_sums

if TYPE_CHECKING:
    import geopandas as gpd

__all__ = ["Neighbours", "contiguity"]

IntArray = npt.NDArray[np.int64]
Contiguity = Literal["queen", "rook"]
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
            _row_starts(rows[inside], chosen.size),
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


def contiguity(areas: gpd.GeoDataFrame, *, rook: bool = False) -> Neighbours:
    """Find which areas touch.

    Two areas are neighbours where a vertex (queen) or an edge (rook) of their borders is the same
    to the last bit, as published layers of statistical areas have it. Where an area shares none
    and yet lies against another, the layer's borders were not cut at the same points: libpysal's
    geometric test is then asked about the whole layer, its links are added, and `borders` of the
    result says so.

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

    Notes
    -----
    The links are those of libpysal's `Graph.build_contiguity`. Vertices are numbered by sorting
    64-bit mixes of their coordinates instead of through a dictionary of tuples.
    """
    codes = np.asarray(areas.index, dtype=str)
    _refuse_geometry(areas, codes)
    order = np.argsort(codes, kind="stable")
    polygons = np.asarray(areas.geometry.array, dtype=object)[order]
    ordered = tuple(codes[order].tolist())
    kind: Contiguity = "rook" if rook else "queen"
    n = len(ordered)
    links = shared_borders(polygons, rook=rook)
    borders: Borders = "shared vertices"
    lone = np.flatnonzero(np.bincount(links // max(n, 1), minlength=n) == 0)
    if lone.size and _lies_against_another(polygons, lone):
        more = _sorted_once([links, _geometric_links(polygons, rook=rook)])
        if more.size > links.size:
            links, borders = more, "geometry"
    return Neighbours(ordered, _row_starts(links // max(n, 1), n), links % max(n, 1), kind, borders)


def shared_borders(polygons: npt.NDArray[np.object_], *, rook: bool) -> IntArray:
    """Return each directed link i -> j as i n + j, sorted, shape (links,).

    Parameters
    ----------
    polygons
        Polygons or multipolygons, shape (n,).
    rook
        True: they share an edge (two vertices in a row on both rings); False: a vertex.
    """
    import shapely  # noqa: PLC0415 - only graphs made from polygons need it

    n = len(polygons)
    parts, whole = shapely.get_parts(polygons, return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    vertices, ring = shapely.get_coordinates(rings, return_index=True)
    # -0.0 equals 0.0 but has other bits.
    label = _equal_rows(vertices + 0.0)
    area = whole[part[ring]].astype(np.int64)
    if rook:
        along = ring[1:] == ring[:-1]
        start, end = label[:-1][along], label[1:][along]
        # An edge is the same whichever way round its ring runs.
        label = np.minimum(start, end) * (int(label.max(initial=0)) + 1) + np.maximum(start, end)
        area = area[:-1][along]
    order = np.argsort(label, kind="stable")
    label, area = label[order], area[order]
    pairs = []
    for apart in range(1, label.size):
        # Rows of one vertex stand together; all pairs of them are met at some distance.
        same = np.flatnonzero(label[apart:] == label[:-apart])
        if not same.size:
            break
        one, two = area[same], area[same + apart]
        other = one != two
        pairs += [one[other] * n + two[other], two[other] * n + one[other]]
    return _sorted_once(pairs)


def _equal_rows(points: npt.NDArray[np.float64]) -> IntArray:
    """Give points numbers, the same one where two are equal to the last bit."""
    if not len(points):
        return np.zeros(0, dtype=np.int64)
    bits = np.ascontiguousarray(points).view(np.uint64)
    # Odd multipliers keep every bit of a coordinate; the shift brings high bits down.
    mixed = bits[:, 0] * np.uint64(0x9E3779B97F4A7C15)
    mixed ^= mixed >> np.uint64(29)
    mixed = (mixed + bits[:, 1]) * np.uint64(0xC2B2AE3D27D4EB4F)
    order = np.argsort(mixed, kind="stable")
    differs = (bits[order[1:]] != bits[order[:-1]]).any(axis=1)
    if np.any(differs & (mixed[order[1:]] == mixed[order[:-1]])):
        # Two points with one mix, about once in 2^64 / n^2 layers: sort by the points themselves.
        order = np.lexsort((points[:, 1], points[:, 0]))
        differs = (bits[order[1:]] != bits[order[:-1]]).any(axis=1)
    number = np.zeros(len(points), dtype=np.int64)
    number[order[1:]] = np.cumsum(differs)
    return number


def _lies_against_another(polygons: npt.NDArray[np.object_], lone: IntArray) -> bool:
    """Tell whether any of the areas at `lone` meets another area."""
    import shapely  # noqa: PLC0415 - only graphs made from polygons need it

    asked, met = shapely.STRtree(polygons).query(polygons[lone], predicate="intersects")
    return bool(np.any(lone[asked] != met))


def _geometric_links(polygons: npt.NDArray[np.object_], *, rook: bool) -> IntArray:
    """Return libpysal's strict links as `shared_borders` does: borders compared as point sets."""
    import geopandas as gpd  # noqa: PLC0415 - only this rare case needs it
    from libpysal.graph import Graph  # noqa: PLC0415 - 1.4 s to import

    found = Graph.build_contiguity(gpd.GeoSeries(polygons), rook=rook, strict=True).adjacency
    found = found[found > 0]  # libpysal writes an island as a link to itself of weight 0
    one, two = (found.index.get_level_values(at).to_numpy(np.int64) for at in (0, 1))
    return _sorted_once([one * len(polygons) + two, two * len(polygons) + one])


def _sorted_once(parts: list[IntArray]) -> IntArray:
    """Join, sort and drop repeats; numpy's own `unique` hashes first, four times slower here."""
    links = np.sort(np.concatenate([np.zeros(0, dtype=np.int64), *parts]))
    first = np.ones(links.size, dtype=bool)
    first[1:] = links[1:] != links[:-1]
    return np.asarray(links[first], dtype=np.int64)


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
