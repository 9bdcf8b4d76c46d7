"""Coordinates that make sense only another way round, or in another system (cases 3 and 4)."""

from __future__ import annotations

from collections import Counter

import numpy as np
import numpy.typing as npt

from spatial.errors import Fault, InputError

__all__ = ["CoordinateTally"]

# Great Britain and Northern Ireland with their seas, in degrees and in metres of the grid.
_LONGITUDES, _LATITUDES = (-9.5, 3.0), (49.0, 62.0)
_METRES_FROM = 1_000.0
_EASTINGS, _NORTHINGS = (0.0, 800_000.0), (0.0, 1_400_000.0)

_REFUSALS = {
    "swapped_coordinates": "have their two coordinates swapped; exchange the columns",
    "grid_coordinates": (
        "hold British National Grid metres where degrees are expected; "
        "declare the columns as easting and northing"
    ),
    "degree_coordinates": (
        "hold degrees where metres are expected; declare the columns as longitude and latitude"
    ),
    "coordinate_out_of_range": "lie nowhere near Great Britain; correct the columns",
    "bad_coordinate": (
        "hold something else than two numbers; name the columns of the coordinates, or leave the "
        "cells of rows without a location blank"
    ),
}

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


def _within(values: Floats, limits: tuple[float, float]) -> Mask:
    return np.asarray((values >= limits[0]) & (values <= limits[1]))


class CoordinateTally:
    """Counts mistaken coordinates over the blocks of a file.

    Parameters
    ----------
    grid
        Whether the pair is easting and northing.
    bounds
        West, south, east, north of all areas, in metres: what tells swapped grid coordinates,
        for which every value is possible somewhere in the country.
    """

    def __init__(self, *, grid: bool, bounds: tuple[float, float, float, float]) -> None:
        self._grid = grid
        self._bounds = bounds
        self._rows: Counter[str] = Counter()

    def mistakes(self, first: Floats, second: Floats, among: Mask) -> dict[str, Mask]:
        """Return by rule which rows are mistaken, and count them.

        A blank pair and (0, 0), which stands for "nowhere", are never mistaken.
        """
        located = among & ~np.isnan(first) & ~((first == 0) & (second == 0))
        self._rows["located"] += int(located.sum())
        kinds = _grid_mistakes if self._grid else _degree_mistakes
        found = {rule: rows & located for rule, rows in kinds(first, second).items()}
        for rule, rows in found.items():
            self._rows[rule] += int(rows.sum())
        if self._grid:
            # Only the whole file can be told swapped: one point may well be far away.
            west, south, east, north = self._bounds
            fits = _within(first, (west, east)) & _within(second, (south, north))
            turned = _within(second, (west, east)) & _within(first, (south, north))
            self._rows["swapped_coordinates"] += int((turned & ~fits & located).sum())
        return found

    def unreadable(self, rows: int) -> None:
        """Count rows with a coordinate that is not blank and not a finite number."""
        self._rows["located"] += rows
        self._rows["bad_coordinate"] += rows

    def refuse(self, *, shown_as: str, field: str) -> None:
        """Refuse a file at least half of whose points are mistaken in one way.

        Raises
        ------
        InputError
            Naming what the columns seem to hold.
        """
        located = self._rows["located"]
        for rule, words in _REFUSALS.items():
            rows = self._rows[rule]
            if rows and rows * 2 >= located:
                raise InputError(
                    Fault(
                        f"{rows:,} of {located:,} located rows {words}", file=shown_as, field=field
                    )
                )


def _degree_mistakes(first: Floats, second: Floats) -> dict[str, Mask]:
    beyond = np.asarray((np.abs(first) > 180) | (np.abs(second) > 90))
    # Degrees typed wrongly stay under a thousand; land on the grid begins well above it.
    far = (first > _METRES_FROM) & (second > _METRES_FROM)
    grid = beyond & far & _within(first, _EASTINGS) & _within(second, _NORTHINGS)
    return {
        "swapped_coordinates": _within(first, _LATITUDES) & _within(second, _LONGITUDES),
        "grid_coordinates": grid,
        "coordinate_out_of_range": beyond & ~grid,
    }


def _grid_mistakes(first: Floats, second: Floats) -> dict[str, Mask]:
    degrees = np.asarray((np.abs(first) <= 180) & (np.abs(second) <= 90))
    beyond = ~(_within(first, _EASTINGS) & _within(second, _NORTHINGS))
    return {"degree_coordinates": degrees, "coordinate_out_of_range": beyond & ~degrees}
