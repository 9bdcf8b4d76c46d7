"""The ways to cut a study area into units: its areas, hexagons, and larger areas.

Each has land, people, events and neighbours, so that one analysis can be made on all of them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from spatial.errors import StatisticsError
from spatial.hexagons import hexagon_grid
from spatial.weights import Neighbours

__all__ = [
    "Pieces",
    "Support",
    "area_support",
    "hexagon_support",
    "larger_area_names",
    "larger_area_support",
]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

_HEXAGON_NOTE: Final = (
    "{name}: people are shared out by land, as if spread evenly over their area; hexagons that "
    "touch on the lattice are neighbours even across water"
)
_NAME: Final = re.compile(r"(.*\d)[A-Z]{1,2}")


class Pieces(NamedTuple):
    """What of each area lies in which unit, shape (m,) each.

    Attributes
    ----------
    unit, area
        Positions among the units and among the areas of the published support.
    share
        Of the area's land, 0 to 1.
    """

    unit: IntArray
    area: IntArray
    share: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Support:
    """One way to cut the study area into units; arrays have shape (n,), in the order of `codes`.

    Attributes
    ----------
    name
        What the units are, for a table.
    codes
        Sorted.
    geometry
        Polygons on land, EPSG:27700, indexed by code.
    area_km2, population, events
        Land, people (or person-years), events. NaN population: not known.
    neighbours
        Which units touch.
    unit_of_event
        Position of each event's unit, shape (events,), -1 where it has none. The order of the
        events is the same for every support, so that supports can be compared event by event.
    pieces
        What of each area lies in which unit.
    assumed
        What was assumed, in words.
    """

    name: str
    codes: tuple[str, ...]
    geometry: gpd.GeoSeries
    area_km2: FloatArray
    population: FloatArray
    events: FloatArray
    neighbours: Neighbours
    unit_of_event: IntArray
    pieces: Pieces
    assumed: tuple[str, ...] = ()

    @property
    def notes(self) -> tuple[str, ...]:
        """What was assumed and what was left out, in words."""
        if not self.unplaced:
            return self.assumed
        lost = f"{self.name}: {self.unplaced} events lie on no unit with land and are left out"
        return (*self.assumed, lost)

    def only(self, kept: npt.NDArray[np.bool_]) -> Support:
        """Return the support with these of its events, shape (events,)."""
        unit = self.unit_of_event[kept]
        events = np.bincount(unit[unit >= 0], minlength=len(self.codes)).astype(np.float64)
        return replace(self, events=events, unit_of_event=unit)

    def shared(self, values: npt.ArrayLike) -> FloatArray:
        """Share values of the published areas over the units by land; their sum is kept.

        Parameters
        ----------
        values
            One an area of the published support; NaN spreads to every unit it touches.
        """
        part = np.asarray(values, dtype=np.float64)[self.pieces.area] * self.pieces.share
        return _sums(self.pieces.unit, part, len(self.codes))

    @property
    def unplaced(self) -> int:
        """Events without a unit."""
        return int((self.unit_of_event < 0).sum())


def area_support(
    areas: gpd.GeoSeries,
    population: npt.ArrayLike,
    event_area: Sequence[str] | npt.NDArray[np.str_] | pd.Series,
    neighbours: Neighbours,
    *,
    name: str = "areas",
) -> Support:
    """Return the published areas as a support: each event belongs to the area its row names.

    Parameters
    ----------
    areas
        Polygons of the study area, EPSG:27700, indexed by code, sorted.
    population
        Shape (n,), in that order; NaN where not known.
    event_area
        Area code of each event, shape (events,); an unknown or empty code is unplaced.
    neighbours
        Over the same codes.
    name
        What the areas are called.

    Raises
    ------
    StatisticsError
        Where polygons and graph have other codes.
    """
    codes = tuple(str(code) for code in areas.index)
    if codes != neighbours.codes:
        raise StatisticsError(
            "areas: the polygons and the neighbour graph must have the same sorted codes; use "
            "neighbours.subset(areas.index)"
        )
    people = _people(population, len(codes))
    unit = pd.Index(codes).get_indexer(pd.Index(np.asarray(event_area, dtype=object)))
    each = np.arange(len(codes))
    return _support(
        name,
        codes,
        areas,
        _land(areas),
        people,
        neighbours,
        unit.astype(np.int64),
        Pieces(each, each, np.ones(len(codes))),
    )


def hexagon_support(
    base: Support, x: npt.ArrayLike, y: npt.ArrayLike, *, across_m: float = 500.0
) -> Support:
    """Cut the study area into hexagons, clipped to its land.

    Events go where their point lies, or to a hexagon that touches where it lies just off the land
    (a coast is generalised, a recorded point may stand in the sea). Only those with an area of
    the study area are counted, so that both supports count the same. People are shared out by
    land: an area's population is taken as spread evenly over it, because nothing finer is known.
    In a large rural area that puts people on fields and takes them from the village, whose rate
    then looks too high.

    Parameters
    ----------
    base
        From `area_support`.
    x, y
        Of each event, in the order of `base.unit_of_event`, metres, finite.
    across_m
        Metres between opposite sides of a hexagon.

    Raises
    ------
    StatisticsError
        Where an event has no point, naming its row.
    """
    xs, ys = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    for axis, values in (("x", xs), ("y", ys)):
        if values.shape != base.unit_of_event.shape:
            raise StatisticsError(
                f"{axis}: shape {values.shape}; expected one value for each of the "
                f"{base.unit_of_event.size} events"
            )
        bad = np.flatnonzero(~np.isfinite(values))
        if bad.size:
            raise StatisticsError(
                f"{axis} is {values[bad[0]]} at row {bad[0]} ({bad.size} such rows); leave events "
                "without a location out"
            )
    name = f"hexagons of {across_m:g} m"
    grid = hexagon_grid(base.geometry, across_m=across_m)
    unit = np.where(base.unit_of_event >= 0, grid.positions(xs, ys), -1)
    return _support(
        name,
        grid.codes,
        grid.geometry,
        grid.land_km2,
        grid.share_out(base.population, base.area_km2),
        grid.neighbours(),
        unit,
        Pieces(
            grid.piece_hexagon,
            grid.piece_area,
            grid.piece_km2 / base.area_km2[grid.piece_area],
        ),
        assumed=(_HEXAGON_NOTE.format(name=name),),
    )


def larger_area_names(names: pd.Series) -> pd.Series:
    """Return the name of each area's larger area: its own less its last letter.

    `Dorset 045A` is in `Dorset 045` (how the Office for National Statistics names LSOAs and
    MSOAs).

    Raises
    ------
    StatisticsError
        Where a name does not end in a number and a letter.
    """
    found = [_NAME.fullmatch(str(name)) for name in names]
    odd = [k for k, match in enumerate(found) if match is None]
    if odd:
        raise StatisticsError(
            f"{len(odd)} areas have names that do not end in a number and a letter, first "
            f"{names.index[odd[0]]}: {names.iloc[odd[0]]!r}; their larger areas are not known"
        )
    larger = [match[1] for match in found if match is not None]
    return pd.Series(larger, index=names.index, dtype="str", name="larger_area")


def larger_area_support(base: Support, larger: pd.Series, *, name: str = "larger areas") -> Support:
    """Join areas into the larger areas they nest in: counts, people, land and neighbours.

    Parameters
    ----------
    base
        From `area_support`.
    larger
        Larger area of each area, by area code, as `larger_area_names` makes.
    name
        What the larger areas are called.

    Raises
    ------
    StatisticsError
        Where an area is in no larger one, naming the first.
    """
    named = larger.reindex(list(base.codes))
    if named.isna().any():
        code = named.index[named.isna()][0]
        raise StatisticsError(f"{int(named.isna().sum())} areas have no larger area, first {code}")
    codes, position = np.unique(named.to_numpy(dtype=str), return_inverse=True)
    n = len(codes)
    links = base.neighbours
    first, second = position[links.rows], position[links.indices]
    across = first != second
    unit = np.where(base.unit_of_event >= 0, position[base.unit_of_event], -1)
    shapes = np.asarray(base.geometry.to_numpy(), dtype=object)
    joined = np.array([shapely.union_all(shapes[position == k]) for k in range(n)], dtype=object)
    return _support(
        name,
        tuple(codes.tolist()),
        gpd.GeoSeries(joined, index=codes.astype(object), crs="EPSG:27700"),
        _sums(position, base.area_km2, n),
        _sums(position, base.population, n),
        Neighbours.from_pairs(
            codes.tolist(), codes[first[across]], codes[second[across]], kind=links.kind
        ),
        unit.astype(np.int64),
        Pieces(position, np.arange(len(base.codes)), np.ones(len(base.codes))),
    )


def _support(
    name: str,
    codes: tuple[str, ...],
    geometry: gpd.GeoSeries,
    area_km2: FloatArray,
    population: FloatArray,
    neighbours: Neighbours,
    unit: IntArray,
    pieces: Pieces,
    assumed: tuple[str, ...] = (),
) -> Support:
    events = np.bincount(unit[unit >= 0], minlength=len(codes)).astype(np.float64)
    return Support(
        name=name,
        codes=codes,
        geometry=geometry,
        area_km2=area_km2,
        population=population,
        events=events,
        neighbours=neighbours,
        unit_of_event=unit,
        pieces=pieces,
        assumed=assumed,
    )


def _people(population: npt.ArrayLike, n: int) -> FloatArray:
    people = np.asarray(population, dtype=np.float64)
    if people.shape != (n,):
        raise StatisticsError(f"population: shape {people.shape}; expected one value an area ({n})")
    bad = np.flatnonzero(np.isinf(people) | (people < 0))
    if bad.size:
        raise StatisticsError(
            f"population: row {bad[0]} is {people[bad[0]]}; expected 0 or more, or NaN where it is "
            "not known"
        )
    return people


def _land(areas: gpd.GeoSeries) -> FloatArray:
    km2 = np.asarray(areas.area, dtype=np.float64) / 1e6
    bad = np.flatnonzero(~(km2 > 0))
    if bad.size:
        raise StatisticsError(f"area {areas.index[bad[0]]} has no land; check its polygon")
    return km2


def _sums(position: IntArray, values: FloatArray, n: int) -> FloatArray:
    return np.bincount(position, weights=values, minlength=n).astype(np.float64, copy=False)
