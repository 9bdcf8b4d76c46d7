"""The ground of the made-up county: coast, settlements, areas and how they touch.

A few thousand small cells are scattered over the county, closer together in towns and along the
coast. Each area grows from its seed over neighbouring cells until all land is taken, so areas are
connected, share every border exactly and have the ragged outlines that real ones have. The
coordinates are those of open sea in the middle of the English Channel: no real place lies there.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import shapely
from scipy.spatial import Voronoi
from shapely.geometry import MultiPolygon, Polygon

__all__ = ["ORIGIN", "County", "Settlement", "make_county"]

ORIGIN = (310_000, 12_000)  # EPSG:27700, metres; 43 km by 36 km of open sea from here


@dataclass(frozen=True)
class Settlement:
    """A town: where it is (km from the origin), how far it reaches and how many areas it has."""

    name: str
    authority: str
    x: float
    y: float
    radius: float
    areas: int


WESSMOUTH = Settlement("Wessmouth", "Wessmouth", 20.0, 12.2, 2.7, 40)
KELDING = Settlement("Kelding", "Wessmouth", 8.4, 14.2, 1.5, 13)
HARROW_STOKE = Settlement("Harrow Stoke", "Harrowdown", 24.4, 25.4, 1.6, 15)
TOWNS = (WESSMOUTH, KELDING, HARROW_STOKE)
COUNTRYSIDE = {"Wessmouth": 26, "Harrowdown": 25}  # areas outside the towns, island not counted
AUTHORITY_BORDER = ((0.0, 19.5), (12.0, 21.0), (20.0, 19.0), (28.0, 18.0), (40.0, 16.5))

# Corners of the land, km from the origin. The first run is coast, the second the land border.
COAST = (
    (2.0, 10.4), (4.6, 8.2), (8.0, 9.3), (11.5, 8.6), (14.2, 6.6), (16.6, 7.4), (18.0, 9.9),
    (20.4, 10.6), (22.6, 9.5), (24.4, 5.6), (27.2, 4.2), (29.8, 6.6), (31.2, 10.2), (34.3, 12.6),
    (33.4, 16.8), (35.9, 20.8), (35.2, 24.6), (37.0, 27.0), (36.0, 30.4),
)  # fmt: skip
LAND_BORDER = (
    (36.0, 30.4), (28.0, 32.2), (20.0, 30.8), (11.0, 32.4), (2.0, 31.0), (0.8, 24.0), (2.6, 17.0),
    (2.0, 10.4),
)  # fmt: skip
ISLAND = ((9.2, 3.6), 1.25)


@dataclass(frozen=True)
class County:
    """The areas of the county, in no particular order; every sequence has one entry an area."""

    polygons: tuple[MultiPolygon, ...]  # EPSG:27700
    settlement: tuple[str, ...]  # name of the town, "" in the countryside, "island"
    authority: tuple[str, ...]
    seeds: np.ndarray  # (areas, 2) metres
    neighbours: tuple[frozenset[int], ...]
    coastal: np.ndarray  # bool: touches the sea
    cell_points: tuple[np.ndarray, ...]  # for each area, points well inside it, metres


def make_county(rng: np.random.Generator) -> County:
    """Grow the county.

    Parameters
    ----------
    rng
        Source of every random choice.
    """
    mainland, island = _land(rng)
    seeds, settlement, authority = _seeds(rng, mainland)
    cells = _cells(rng, mainland, island)
    voronoi = Voronoi(cells)
    on_island = shapely.contains_xy(island, cells)
    on_mainland = shapely.contains_xy(mainland, cells)
    links = _links(voronoi, cells)
    owner = _grow(rng, cells, links, on_mainland, seeds, settlement)
    owner[on_island] = len(seeds)
    seeds = np.vstack([seeds, ISLAND[0]])
    settlement = [*settlement, "island"]
    authority = [*authority, "Wessmouth"]

    corners = np.round(voronoi.vertices * 1000.0) + np.array(ORIGIN)
    polygons = []
    for area in range(len(seeds)):
        parts = [
            Polygon(corners[voronoi.regions[voronoi.point_region[cell]]])
            for cell in np.flatnonzero(owner == area)
        ]
        polygons.append(shapely.union_all(parts))
    simple = shapely.set_precision(
        shapely.coverage_simplify(np.array(polygons), tolerance=55.0), 0, mode="pointwise"
    )
    neighbours = _touching(simple)
    coastal = np.zeros(len(seeds), dtype=bool)
    for a, b in links:
        for one, other in ((a, b), (b, a)):
            if owner[one] >= 0 > owner[other] and not _is_inland_border(cells[other]):
                coastal[owner[one]] = True
    metres = np.round(cells * 1000.0) + np.array(ORIGIN)
    cell_points = []
    for area, polygon in enumerate(simple):
        inside = metres[owner == area]
        room = min(25.0, 0.25 * np.sqrt(polygon.area / np.pi))
        well_inside = shapely.contains_xy(polygon.buffer(-room), inside)
        cell_points.append(inside[well_inside])
    return County(
        polygons=tuple(
            shapely.normalize(MultiPolygon([p] if p.geom_type == "Polygon" else list(p.geoms)))
            for p in simple
        ),
        settlement=tuple(settlement),
        authority=tuple(authority),
        seeds=np.round(seeds * 1000.0) + np.array(ORIGIN),
        neighbours=neighbours,
        coastal=coastal,
        cell_points=tuple(cell_points),
    )


def _rough(
    rng: np.random.Generator, corners: tuple[tuple[float, float], ...], depth: int, size: float
) -> list[tuple[float, float]]:
    """Bend a line by moving midpoints sideways, again and again: a coast."""
    line = [np.array(corner) for corner in corners]
    for _ in range(depth):
        bent = [line[0]]
        for a, b in pairwise(line):
            along = b - a
            shift = (rng.random() - 0.5) * size
            bent += [(a + b) / 2 + shift * np.array([-along[1], along[0]]), b]
        line = bent
    return [(float(x), float(y)) for x, y in line]


def _land(rng: np.random.Generator) -> tuple[Polygon, Polygon]:
    """Outline of the mainland and of the island, km."""
    outline = _rough(rng, COAST, 4, 0.55)[:-1] + _rough(rng, LAND_BORDER, 3, 0.22)[:-1]
    (x, y), radius = ISLAND
    turn = np.linspace(0, 2 * np.pi, 10)[:-1]
    ring = [
        (x + 1.25 * radius * np.cos(t) * s, y + 0.8 * radius * np.sin(t) * s)
        for t, s in zip(turn, 0.8 + 0.4 * rng.random(turn.size), strict=True)
    ]
    shore = _rough(rng, (*ring, ring[0]), 2, 0.4)
    mainland = Polygon(outline).buffer(0)
    return max(getattr(mainland, "geoms", [mainland]), key=lambda g: g.area), Polygon(shore).buffer(
        0
    )


def _authority_of(x: float, y: float) -> str:
    """Wessmouth south of the line between the two authorities, Harrowdown north of it."""
    border = np.array(AUTHORITY_BORDER)
    return "Wessmouth" if y < np.interp(x, border[:, 0], border[:, 1]) else "Harrowdown"


def _seeds(rng: np.random.Generator, land: Polygon) -> tuple[np.ndarray, list[str], list[str]]:
    """One seed an area: crowded in the middle of towns, far apart in the countryside."""
    points: list[tuple[float, float]] = []
    settlement: list[str] = []
    authority: list[str] = []

    def room(x: float, y: float, gap: float) -> bool:
        return all((x - a) ** 2 + (y - b) ** 2 >= gap**2 for a, b in points)

    for town in TOWNS:
        found, tries = 0, 0
        while found < town.areas:
            tries += 1
            reach = town.radius * 0.92 * rng.random() ** 0.62
            turn = 2 * np.pi * rng.random()
            x, y = town.x + reach * np.cos(turn), town.y + reach * np.sin(turn)
            gap = (0.27 + 0.13 * reach) * 0.9985**tries  # give way slowly where a town is full
            if shapely.contains_xy(land, x, y) and room(x, y, gap):
                points.append((x, y))
                settlement.append(town.name)
                authority.append(town.authority)
                found, tries = found + 1, 0
    left = dict(COUNTRYSIDE)
    tries = 0
    while any(left.values()):
        tries += 1
        x, y = 38 * rng.random(), 3 + 30 * rng.random()
        where = _authority_of(x, y)
        in_town = any((x - t.x) ** 2 + (y - t.y) ** 2 < (t.radius + 0.9) ** 2 for t in TOWNS)
        if not left[where] or in_town or not shapely.contains_xy(land, x, y):
            continue
        if room(x, y, 3.6 * 0.9995**tries):
            points.append((x, y))
            settlement.append("")
            authority.append(where)
            left[where] -= 1
            tries = 0
    return np.array(points), settlement, authority


def _cells(rng: np.random.Generator, mainland: Polygon, island: Polygon) -> np.ndarray:
    """Centres of the small cells, km: 100 m apart in towns to 900 m far out at sea."""
    shore = shapely.union_all([mainland.boundary, island.boundary])
    shapely.prepare(shore)
    chosen = []
    levels = (0.11, 0.2, 0.3, 0.45, 0.9)
    for level, spacing in enumerate(levels):
        xs, ys = np.meshgrid(np.arange(-3, 41, spacing), np.arange(-2, 36, spacing))
        grid = np.column_stack([xs.ravel(), ys.ravel()])
        grid = grid + (rng.random(grid.shape) - 0.5) * 0.8 * spacing
        to_town = np.min(
            [np.hypot(grid[:, 0] - t.x, grid[:, 1] - t.y) / t.radius for t in TOWNS], axis=0
        )
        to_shore = shapely.distance(shapely.points(grid), shore)
        on_land = shapely.contains_xy(mainland, grid) | shapely.contains_xy(island, grid)
        wanted = np.select(
            [
                (to_town < 0.85) & (on_land | (to_shore < 0.3)),
                (to_town < 1.3) & (on_land | (to_shore < 0.3)),
                to_shore < 0.7,
                on_land,
            ],
            [0, 1, 2, 3],
            4,
        )
        chosen.append(grid[wanted == level])
    return np.vstack(chosen)


def _links(voronoi: Voronoi, cells: np.ndarray) -> np.ndarray:
    """Pairs of cells that share an edge of real length, sorted."""
    pairs = []
    for (a, b), edge in zip(voronoi.ridge_points, voronoi.ridge_vertices, strict=True):
        if min(edge) < 0:
            continue
        p, q = voronoi.vertices[edge[0]], voronoi.vertices[edge[1]]
        if np.hypot(*(p - q)) > 0.02 * np.hypot(*(cells[a] - cells[b])):
            pairs.append((min(a, b), max(a, b)))
    return np.array(sorted(pairs))


def _grow(
    rng: np.random.Generator,
    cells: np.ndarray,
    links: np.ndarray,
    land: np.ndarray,
    seeds: np.ndarray,
    settlement: list[str],
) -> np.ndarray:
    """Give each land cell to the seed that reaches it first; -1 is sea or beyond the border.

    Towns spread slowly outside their edge and the countryside slowly inside it, and the two
    authorities spread slowly into each other, so that borders follow what people would expect.
    """
    links = links[land[links[:, 0]] & land[links[:, 1]]]
    effort = np.hypot(*(cells[links[:, 0]] - cells[links[:, 1]]).T) * (
        0.6 + 0.8 * rng.random(len(links))
    )
    ways: dict[int, list[tuple[int, float]]] = defaultdict(list)
    for (a, b), cost in zip(links.tolist(), effort.tolist(), strict=True):
        ways[a].append((b, cost))
        ways[b].append((a, cost))
    built_up = {t.name: np.hypot(cells[:, 0] - t.x, cells[:, 1] - t.y) < t.radius for t in TOWNS}
    any_town = np.any(list(built_up.values()), axis=0)
    authority = np.array([_authority_of(x, y) for x, y in cells])
    home = np.array([_authority_of(x, y) for x, y in seeds])
    land_cells = np.flatnonzero(land)
    owner = np.full(len(cells), -1)
    queue = []
    for seed, (x, y) in enumerate(seeds):
        near = land_cells[np.argmin(np.hypot(cells[land_cells, 0] - x, cells[land_cells, 1] - y))]
        queue.append((0.0, seed, int(near)))
    heapq.heapify(queue)
    while queue:
        cost, seed, cell = heapq.heappop(queue)
        if owner[cell] >= 0:
            continue
        owner[cell] = seed
        town = settlement[seed]
        for other, step in ways[cell]:
            if owner[other] >= 0:
                continue
            slow = 1.0
            if town and not built_up[town][other]:
                slow = 3.5
            if not town and any_town[other]:
                slow = 9.0
            if home[seed] != authority[other]:
                slow *= 6.0
            heapq.heappush(queue, (cost + slow * step, seed, other))
    return owner


def _touching(polygons: np.ndarray) -> tuple[frozenset[int], ...]:
    """Areas that share at least one corner point (queen contiguity)."""
    at = defaultdict(set)
    for area, polygon in enumerate(polygons):
        for x, y in shapely.get_coordinates(polygon):
            at[int(x), int(y)].add(area)
    found: list[set[int]] = [set() for _ in polygons]
    for areas in at.values():
        for area in areas:
            found[area] |= areas - {area}
    return tuple(frozenset(f) for f in found)


def _is_inland_border(point: np.ndarray) -> bool:
    """Tell whether a cell off the land lies north or west of it, where other land would be."""
    border = shapely.LineString(LAND_BORDER)
    coast = shapely.LineString(COAST)
    here = shapely.Point(point)
    return (
        bool(border.distance(here) < coast.distance(here))
        and here.distance(shapely.Point(ISLAND[0])) > 3.0
    )
