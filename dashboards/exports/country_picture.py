"""A small picture of very many areas: one dot a cell, as a PNG, with where its corners are."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dashboards.exports.palette import CLASSES, DEFAULT_BREAKS, INK, MISSING, class_of
from spatial.grid import Grid, grid_for, rasterise_positions

__all__ = ["Picture", "draw_classes", "place_cells"]

_PIXELS = 700  # on the longer side; 440 KB of a country as one byte a dot, 40 KB packed
_NOTHING, _BORDER, _NO_SCORE = 0, 1, 2  # places in the palette; classes follow


@dataclass(frozen=True, slots=True)
class Picture:
    """Which area each cell of a grid shows: -1 for none. Southern row first."""

    grid: Grid
    area: NDArray[np.int64]

    def corner(self, x: float, y: float) -> tuple[float, float]:
        """Return where a point of EPSG:27700 lies in dots, from the top left."""
        top = self.grid.y0 + self.grid.ny * self.grid.cell_m
        return (x - self.grid.x0) / self.grid.cell_m, (top - y) / self.grid.cell_m


def place_cells(areas: gpd.GeoDataFrame) -> Picture:
    """Find the area at the centre of each cell of a grid that fits a page."""
    west, south, east, north = (float(edge) for edge in areas.total_bounds)
    cell = max(east - west, north - south) / _PIXELS
    grid = grid_for((west, south, east, north), cell, cell)
    return Picture(grid, rasterise_positions(list(areas.geometry), grid))


def draw_classes(
    picture: Picture,
    scores: pd.Series,
    groups: pd.Series,
    *,
    breaks: Sequence[float] = DEFAULT_BREAKS,
) -> bytes:
    """Return a PNG of score classes; a dark line where one group of areas borders on another.

    Parameters
    ----------
    scores, groups
        In the order of the areas that the picture was made of; NaN where there is no score.
    """
    classes = np.array([class_of(float(score), breaks) for score in scores])
    colour = np.where(classes < 0, _NO_SCORE, classes + _NO_SCORE + 1).astype(np.uint8)
    number = pd.factorize(groups)[0]
    # The last element is for cells without an area.
    dots = np.append(colour, _NOTHING)[picture.area].astype(np.uint8)
    group = np.append(number, -1)[picture.area]
    border = np.zeros(dots.shape, dtype=bool)
    border[:, 1:] |= (group[:, 1:] != group[:, :-1]) & (group[:, 1:] >= 0) & (group[:, :-1] >= 0)
    border[1:] |= (group[1:] != group[:-1]) & (group[1:] >= 0) & (group[:-1] >= 0)
    dots[border] = _BORDER
    return _png(dots[::-1], ("#FFFFFF", INK, MISSING, *CLASSES))


def _png(dots: NDArray[np.uint8], palette: Sequence[str]) -> bytes:
    """Return an indexed PNG (ISO/IEC 15948, colour type 3), the first colour transparent."""
    rows, columns = dots.shape
    colours = b"".join(bytes.fromhex(colour[1:]) for colour in palette)
    lines = np.zeros((rows, columns + 1), dtype=np.uint8)  # each line begins with filter 0
    lines[:, 1:] = dots
    header = struct.pack(">IIBBBBB", columns, rows, 8, 3, 0, 0, 0)
    parts = (
        (b"IHDR", header),
        (b"PLTE", colours),
        (b"tRNS", b"\0"),
        (b"IDAT", zlib.compress(lines.tobytes(), 9)),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        for name, body in parts
    )
