"""A grid of hexagons over a study area, clipped to its land, with the people of its areas."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from spatial.errors import StatisticsError
from spatial.weights import Neighbours

__all__ = ["Hexagons", "hexagon_grid", "hexagon_of"]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

_MOST = 2_000_000
_STEPS = ((1, 0), (0, 1), (-1, 1), (-1, 0), (0, -1), (1, -1))  # to the six that touch
_SLIVER = 1e-9  # share of a hexagon that is rounding along a border, and not land
_OVERLAP = 1e-6  # share of a hexagon by which polygons may overlap through rounding


@dataclass(frozen=True, slots=True, eq=False)
class Hexagons:
    """Hexagons with land of the study area, sorted by code; arrays have shape (n,).

    Attributes
    ----------
    codes
        `H<across>-<column>-<row>`: place on one lattice for the whole country, so that two study
        areas share their hexagons.
    across_m
        Distance between opposite sides, which is that between the middles of neighbours.
    column, row
        Axial coordinates (q, r) of each hexagon.
    geometry
        The part on the study area's land, EPSG:27700.
    land_km2
        Area of that part.
    piece_hexagon, piece_area, piece_km2
        Each piece in which a hexagon and an area overlap: positions in `codes` and in the areas
        given, and its size; shape (m,).
    """

    codes: tuple[str, ...]
    across_m: float
    column: IntArray
    row: IntArray
    geometry: gpd.GeoSeries
    land_km2: FloatArray
    piece_hexagon: IntArray
    piece_area: IntArray
    piece_km2: FloatArray

    @property
    def n(self) -> int:
        """Number of hexagons."""
        return len(self.codes)

    def share_out(self, values: npt.ArrayLike, area_km2: npt.ArrayLike) -> FloatArray:
        """Share values of areas over the hexagons by land; their sum is kept.

        Each area's value is taken as spread evenly over its land. That is all that is known, and
        wrong inside a large rural area: fields are given people that its village has.

        Parameters
        ----------
        values
            One an area, in the order of the areas given; NaN spreads to every hexagon it touches.
        area_km2
            Land of each area.
        """
        total, land = np.asarray(values, dtype=np.float64), np.asarray(area_km2, dtype=np.float64)
        part = total[self.piece_area] * self.piece_km2 / land[self.piece_area]
        return np.bincount(self.piece_hexagon, weights=part, minlength=self.n).astype(
            np.float64, copy=False
        )

    def neighbours(self) -> Neighbours:
        """Return which hexagons share a side on the lattice, whether or not water lies between."""
        focal, other = [], []
        for step_q, step_r in _STEPS:
            at = self._find(self.column + step_q, self.row + step_r)
            there = np.flatnonzero(at >= 0)
            focal.append(there)
            other.append(at[there])
        codes = np.asarray(self.codes)
        return Neighbours.from_pairs(
            self.codes, codes[np.concatenate(focal)], codes[np.concatenate(other)], kind="rook"
        )

    def positions(self, x: FloatArray, y: FloatArray) -> IntArray:
        """Return the position of the hexagon that holds each point.

        A point whose hexagon has no land, on a border or just off a generalised coast, goes to
        the nearest of the six around it that has some; -1 where none has.
        """
        q, r = hexagon_of(x, y, across_m=self.across_m)
        found = self._find(q, r)
        lost = np.flatnonzero(found < 0)
        nearest = np.full(lost.size, np.inf)
        for step_q, step_r in _STEPS:
            near_q, near_r = q[lost] + step_q, r[lost] + step_r
            at = self._find(near_q, near_r)
            middle_x, middle_y = _middles(near_q, near_r, self.across_m)
            away = np.hypot(x[lost] - middle_x, y[lost] - middle_y)
            closer = (at >= 0) & (away < nearest)
            found[lost[closer]], nearest[closer] = at[closer], away[closer]
        return found

    def _find(self, q: IntArray, r: IntArray) -> IntArray:
        """Return the position of the hexagon at each place of the lattice, -1 where none is."""
        key = _key(self.column, self.row)
        order = np.argsort(key)
        wanted = _key(q, r)
        at = np.minimum(np.searchsorted(key[order], wanted), self.n - 1)
        return np.where(key[order][at] == wanted, order[at], -1).astype(np.int64)


def hexagon_of(x: FloatArray, y: FloatArray, *, across_m: float) -> tuple[IntArray, IntArray]:
    """Return the axial coordinates (q, r) of the hexagon that holds each point.

    Pointed tops; the middle of (q, r) is at x = across (q + r/2), y = across r sqrt(3)/2. A point
    belongs to the hexagon whose middle is nearest (cube rounding).

    `x` and `y` (metres), q and r have shape (n,).
    """
    r = y / (across_m * np.sqrt(3.0) / 2.0)
    q = x / across_m - r / 2.0
    cube = np.stack([q, r, -q - r])
    whole = np.round(cube)
    off = np.abs(whole - cube)
    # The three whole coordinates must sum to 0: the one that moved most is made from the others.
    worst_q = (off[0] > off[1]) & (off[0] > off[2])
    worst_r = ~worst_q & (off[1] > off[2])
    found_q = np.where(worst_q, -whole[1] - whole[2], whole[0])
    found_r = np.where(worst_r, -whole[0] - whole[2], whole[1])
    return found_q.astype(np.int64), found_r.astype(np.int64)


def hexagon_grid(areas: gpd.GeoSeries, *, across_m: float = 500.0) -> Hexagons:
    """Lay hexagons over the areas and clip them to their land.

    Parameters
    ----------
    areas
        Valid polygons of the study area, EPSG:27700, indexed by area code, not overlapping.
    across_m
        Metres between opposite sides: 500 gives hexagons of 0.2165 km2.

    Raises
    ------
    StatisticsError
        Where there is no land, the size is not above 0 or makes over two million hexagons, or
        polygons overlap (land would be counted twice).
    """
    if not (np.isfinite(across_m) and across_m > 0):
        raise StatisticsError(f"across_m {across_m!r} must be a length above 0 metres")
    shapes = np.asarray(areas.to_numpy(), dtype=object)
    if not len(shapes) or bool((shapely.is_missing(shapes) | shapely.is_empty(shapes)).all()):
        raise StatisticsError("the study area holds no polygon: check the area setting")
    q, r = _candidates(shapely.total_bounds(shapes), across_m)
    hexagons = _polygons(q, r, across_m)
    whole_km2 = np.sqrt(3.0) / 2.0 * across_m**2 / 1e6

    # Most hexagons lie inside one area, which a prepared polygon answers fast; only those on a
    # border are cut.
    tree = shapely.STRtree(hexagons)
    touched = _pairs(tree, shapes, "intersects")
    inside = _pairs(tree, shapes, "contains")
    known = np.isin(touched[0] * len(hexagons) + touched[1], inside[0] * len(hexagons) + inside[1])
    cut = _polygons_only(
        shapely.intersection(hexagons[touched[1]][~known], shapes[touched[0]][~known])
    )
    pieces = hexagons[touched[1]].copy()
    pieces[~known] = cut
    size = shapely.area(pieces) / 1e6
    size[known] = whole_km2
    real = size > _SLIVER * whole_km2
    area, hexagon, size, pieces = (
        touched[0][real], touched[1][real], size[real], pieces[real],
    )  # fmt: skip
    if not size.size:
        raise StatisticsError("the study area holds no land: check its polygons")
    kept, position = np.unique(hexagon, return_inverse=True)
    land = np.bincount(position, weights=size).astype(np.float64, copy=False)
    joined = _joined(pieces, position)
    _refuse_overlap(areas, area, position, land - shapely.area(joined) / 1e6, whole_km2)
    codes = np.array([_code(across_m, *at) for at in zip(q[kept], r[kept], strict=True)])
    order = np.argsort(codes, kind="stable")
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    position = place[position]
    return Hexagons(
        codes=tuple(codes[order].tolist()),
        across_m=float(across_m),
        column=q[kept][order],
        row=r[kept][order],
        geometry=gpd.GeoSeries(joined[order], index=codes[order].astype(object), crs="EPSG:27700"),
        land_km2=land[order],
        piece_hexagon=position,
        piece_area=area,
        piece_km2=size,
    )


def _candidates(bounds: FloatArray, across_m: float) -> tuple[IntArray, IntArray]:
    """Return every hexagon whose middle is near the bounds."""
    west, south, east, north = bounds
    height = across_m * np.sqrt(3.0) / 2.0
    low, high = int(np.floor(south / height)) - 1, int(np.ceil(north / height)) + 1
    across = int((east - west) / across_m) + 4
    if (high - low + 1) * across > _MOST:
        needed = across_m * float(np.sqrt((high - low + 1) * across / _MOST))
        raise StatisticsError(
            f"across_m {across_m:g} makes over {_MOST:,} hexagons; use {np.ceil(needed):g} m or "
            "more, or a smaller study area"
        )
    rows = np.repeat(np.arange(low, high + 1), across)
    first = np.floor(west / across_m - rows / 2.0).astype(np.int64) - 1
    return first + np.tile(np.arange(across), high - low + 1), rows


def _middles(q: IntArray, r: IntArray, across_m: float) -> tuple[FloatArray, FloatArray]:
    """Return where the middles of hexagons are, in metres."""
    return across_m * (q + r / 2.0), across_m * np.sqrt(3.0) / 2.0 * r


def _polygons(q: IntArray, r: IntArray, across_m: float) -> npt.NDArray[np.object_]:
    side = across_m / np.sqrt(3.0)
    turn = np.radians(30.0 + 60.0 * np.arange(6))
    middle_x, middle_y = _middles(q, r, across_m)
    ring = np.stack(
        [middle_x[:, None] + side * np.cos(turn), middle_y[:, None] + side * np.sin(turn)], axis=-1
    )
    return np.asarray(shapely.polygons(ring), dtype=object)


def _pairs(
    tree: shapely.STRtree,
    shapes: npt.NDArray[np.object_],
    predicate: Literal["intersects", "contains"],
) -> IntArray:
    found = np.asarray(tree.query(shapes, predicate=predicate), dtype=np.int64)
    return found[:, np.lexsort((found[0], found[1]))]


def _polygons_only(shapes: npt.NDArray[np.object_]) -> npt.NDArray[np.object_]:
    """Drop the lines and points along which a border only grazes a hexagon."""
    mixed = shapely.get_type_id(shapes) == shapely.GeometryType.GEOMETRYCOLLECTION
    for k in np.flatnonzero(mixed):
        parts = shapely.get_parts(shapes[k])
        shapes[k] = shapely.union_all(parts[shapely.get_dimensions(parts) == 2])
    return shapes


def _refuse_overlap(
    areas: gpd.GeoSeries, area: IntArray, position: IntArray, twice: FloatArray, whole_km2: float
) -> None:
    """Refuse polygons where the pieces of a hexagon cover more than the hexagon has of land."""
    over = np.flatnonzero(twice > whole_km2 * _OVERLAP)
    if over.size:
        codes = areas.index[np.unique(area[position == over[0]])]
        raise StatisticsError(
            f"areas {', '.join(str(code) for code in codes[:3])} overlap: land would be counted "
            "twice; give each place to one area"
        )


def _joined(pieces: npt.NDArray[np.object_], position: IntArray) -> npt.NDArray[np.object_]:
    """Return one geometry a hexagon from its pieces."""
    order = np.argsort(position, kind="stable")
    starts = np.concatenate([[0], np.flatnonzero(np.diff(position[order])) + 1, [len(order)]])
    result = np.empty(len(starts) - 1, dtype=object)
    single = np.diff(starts) == 1
    result[single] = pieces[order[starts[:-1][single]]]
    for k in np.flatnonzero(~single):
        result[k] = shapely.union_all(pieces[order[starts[k] : starts[k + 1]]])
    return result


def _key(q: IntArray, r: IntArray) -> IntArray:
    """Return one number a hexagon."""
    return q * (1 << 24) + r


def _code(across_m: float, q: int, r: int) -> str:
    return f"H{across_m:g}{q:+06d}{r:+06d}"
