"""The grid of a surface: where its cells are, which cell holds a point, which lie in a polygon."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from rasterio.features import rasterize
from rasterio.transform import Affine
from shapely.geometry.base import BaseGeometry

from spatial.errors import StatisticsError

__all__ = [
    "Geometries",
    "Grid",
    "bounds_of",
    "cell_index",
    "grid_for",
    "meets_window",
    "rasterise",
    "rasterise_positions",
    "shapes_of",
]

FloatArray = NDArray[np.float64]
Geometries = BaseGeometry | gpd.GeoSeries | Iterable[BaseGeometry]

_MOST_CELLS = 40_000_000  # about 1.3 GB while a surface is worked on
_KEPT = 2_000  # polygons whose coordinates are kept for the next surface: a county's


@dataclass(frozen=True, slots=True)
class Grid:
    """Square cells in metres of EPSG:27700; row 0 of an array on it is the southernmost.

    `x0, y0` is the lower-left corner, `nx` and `ny` the number of columns and rows.
    """

    x0: float
    y0: float
    cell_m: float
    nx: int
    ny: int

    @property
    def shape(self) -> tuple[int, int]:
        """`(ny, nx)`, the shape of an array on this grid."""
        return self.ny, self.nx

    @property
    def cell_km2(self) -> float:
        """Area of one cell in square kilometres."""
        return (self.cell_m / 1000.0) ** 2

    @property
    def transform(self) -> Any:
        """Affine transform of the grid turned top row first, as raster files hold it."""
        top = self.y0 + self.ny * self.cell_m
        return Affine(self.cell_m, 0.0, self.x0, 0.0, -self.cell_m, top)

    @property
    def centres(self) -> tuple[FloatArray, FloatArray]:
        """Eastings of the columns and northings of the rows, at the middle of the cells."""
        columns = np.arange(self.nx, dtype=np.float64)
        rows = np.arange(self.ny, dtype=np.float64)
        return self.x0 + (columns + 0.5) * self.cell_m, self.y0 + (rows + 0.5) * self.cell_m


def grid_for(bounds: tuple[float, float, float, float], cell_m: float, pad: float) -> Grid:
    """Return the grid that covers `bounds` (minx, miny, maxx, maxy) and `pad` metres around it.

    Cell edges lie on multiples of `cell_m`, so that two study areas share their cells.

    Raises
    ------
    StatisticsError
        Where the cell is not above 0, the bounds are empty or the grid would not fit in memory.
    """
    if not (np.isfinite(cell_m) and cell_m > 0):
        raise StatisticsError(f"cell_m {cell_m!r} must be a length above 0 metres")
    if not np.isfinite(bounds).all() or bounds[0] > bounds[2] or bounds[1] > bounds[3]:
        raise StatisticsError(f"bounds {tuple(bounds)!r} hold no area: is the study area empty?")
    left, bottom = (float(np.floor((low - pad) / cell_m)) for low in bounds[:2])
    right, top = (float(np.ceil((high + pad) / cell_m)) for high in bounds[2:])
    nx, ny = max(1, int(right - left)), max(1, int(top - bottom))
    if nx * ny > _MOST_CELLS:
        needed = cell_m * float(np.sqrt(nx * ny / _MOST_CELLS))
        raise StatisticsError(
            f"cell_m {cell_m:g} makes a grid of {nx:,} x {ny:,} cells, more than {_MOST_CELLS:,}; "
            f"use cells of {np.ceil(needed / 10) * 10:g} m or more, or a smaller study area"
        )
    return Grid(left * cell_m, bottom * cell_m, float(cell_m), nx, ny)


def cell_index(
    x: ArrayLike, y: ArrayLike, grid: Grid
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return row and column of the cell that holds each point; both -1 outside the grid.

    `x` and `y` have shape (n,), metres; rows count from the south.
    """
    column = np.floor((np.asarray(x, dtype=np.float64) - grid.x0) / grid.cell_m).astype(np.int64)
    row = np.floor((np.asarray(y, dtype=np.float64) - grid.y0) / grid.cell_m).astype(np.int64)
    outside = (column < 0) | (column >= grid.nx) | (row < 0) | (row >= grid.ny)
    return np.where(outside, -1, row), np.where(outside, -1, column)


def rasterise(geometries: Geometries, grid: Grid) -> NDArray[np.bool_]:
    """Return which cells have their centre inside any of the polygons; bool of `grid.shape`."""
    shapes = np.array(shapes_of(geometries), dtype=object)
    if shapes.size:
        # A whole country may be supplied for a grid that covers one county.
        low, high = np.split(shapely.bounds(shapes), 2, axis=1)
        corner = np.array([grid.x0, grid.y0])
        size = np.array([grid.nx, grid.ny]) * grid.cell_m
        shapes = shapes[((high >= corner) & (low <= corner + size)).all(axis=1)]
    if not shapes.size:
        return np.zeros(grid.shape, dtype=np.bool_)
    burnt = rasterize(
        _plain_of(list(shapes)),
        out_shape=grid.shape,
        transform=grid.transform,
        dtype="uint8",
    )
    return np.ascontiguousarray(burnt[::-1]).astype(np.bool_)


def rasterise_positions(shapes: Sequence[BaseGeometry], grid: Grid) -> NDArray[np.int64]:
    """Return the position of the polygon that holds each cell's centre, -1 where none does.

    Where polygons overlap, the last of them; int of `grid.shape`, southern row first.
    """
    there = [
        position
        for position, shape in enumerate(shapes)
        if shape is not None and not shape.is_empty
    ]
    if not there:
        return np.full(grid.shape, -1, dtype=np.int64)
    plain = _plain_of([shapes[position] for position in there])
    burnt = rasterize(
        list(zip(plain, there, strict=True)),
        out_shape=grid.shape,
        transform=grid.transform,
        fill=-1,
        dtype="int32",
    )
    return np.ascontiguousarray(burnt[::-1]).astype(np.int64)


def _plain_of(shapes: list[BaseGeometry]) -> list[dict[str, Any]]:
    """Return many polygons as `_plain` does: a country's all at once, which is five times as fast.

    Coordinates become one list; rings, parts and polygons are cut from it, and from one another.
    """
    known = all(shape.geom_type in ("Polygon", "MultiPolygon") for shape in shapes)
    if len(shapes) <= _KEPT or not known:
        return [_plain(shape) for shape in shapes]
    parts, whose = shapely.get_parts(np.array(shapes, dtype=object), return_index=True)
    some = ~shapely.is_empty(parts)
    several: Any = shapely.multipolygons(parts[some], indices=whose[some])
    _, flat, ends = shapely.to_ragged_array(several, include_z=False)
    cut: list[Any] = flat.tolist()
    for level in ends:
        cut = [cut[start:end] for start, end in pairwise(level.tolist())]
    return [{"type": "MultiPolygon", "coordinates": polygons} for polygons in cut]


@lru_cache(maxsize=_KEPT)
def _plain(shape: BaseGeometry) -> dict[str, Any]:
    """Return polygons as GeoJSON has them: rasterio asks for it, and shapely's own is slow.

    Those of a county are kept: every bandwidth burns them again. Nobody may write to them.
    """
    parts = [
        [shapely.get_coordinates(ring).tolist() for ring in shapely.get_rings(part)]
        for part in shapely.get_parts(shape)
        if not part.is_empty
    ]
    return {"type": "MultiPolygon", "coordinates": parts}


def shapes_of(geometries: Geometries) -> list[BaseGeometry]:
    """Return the polygons that are there and not empty, from one geometry or many."""
    found = [geometries] if isinstance(geometries, BaseGeometry) else list(geometries)
    return [shape for shape in found if shape is not None and not shape.is_empty]


def meets_window(geometries: Geometries, bounds: tuple[float, float, float, float]) -> bool:
    """Say whether the box of any polygon meets minx, miny, maxx, maxy."""
    shapes = np.array(shapes_of(geometries), dtype=object)
    if not shapes.size:
        return False
    low, high = np.split(shapely.bounds(shapes), 2, axis=1)
    return bool(((high >= bounds[:2]) & (low <= bounds[2:])).all(axis=1).any())


def bounds_of(shapes: list[BaseGeometry]) -> tuple[float, float, float, float]:
    """Return minx, miny, maxx, maxy of all polygons together."""
    every = np.array([shape.bounds for shape in shapes])
    low, high = every[:, :2].min(axis=0), every[:, 2:].max(axis=0)
    return float(low[0]), float(low[1]), float(high[0]), float(high[1])
