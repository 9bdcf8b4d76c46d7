"""The map that is scanned: areas with population, their points, events and expected events."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from spatial.errors import StatisticsError
from spatial.smoothing import counts_and_base

__all__ = ["ScanMap", "checked_map"]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class ScanMap:
    """The areas that are scanned, sorted by code; arrays have shape (n,).

    Attributes
    ----------
    codes
        Area codes.
    x, y
        A point of each area, metres.
    events
        Whole numbers.
    population
        People or person-years, above 0.
    expected
        In proportion to the events that are expected, above 0.
    """

    codes: tuple[str, ...]
    x: FloatArray
    y: FloatArray
    events: IntArray
    population: FloatArray
    expected: FloatArray


def checked_map(
    events: npt.ArrayLike,
    population: npt.ArrayLike,
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    codes: Sequence[str],
    expected: npt.ArrayLike | None,
) -> tuple[ScanMap, tuple[str, ...], int]:
    """Refuse what has no meaning; sort by code; leave out areas without population.

    Arguments are those of `spatial.scan.scan`.

    Returns
    -------
    tuple
        The map; the codes that are left out; the events in them.

    Raises
    ------
    StatisticsError
        Where a length differs, a code is given twice, or a value has no meaning, naming its row.
    """
    o, p, known = counts_and_base(events, population, "population")
    names = np.asarray(codes, dtype=str)
    easting, northing = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    for name, shape in (("codes", names.shape), ("x", easting.shape), ("y", northing.shape)):
        if shape != o.shape:
            raise StatisticsError(f"{name}: shape {shape}, but events has shape {o.shape}")
    unique, times = np.unique(names, return_counts=True)
    if np.any(times > 1):
        raise StatisticsError(f"codes: area {unique[times > 1][0]} is given twice")
    _refuse(o != np.floor(o), names, o, "events", "a whole number")
    for name, column in (("x", easting), ("y", northing)):
        _refuse(~np.isfinite(column), names, column, name, "metres; give every area a point")
    base = p
    if expected is not None:
        base = np.asarray(expected, dtype=np.float64)
        if base.shape != o.shape:
            raise StatisticsError(f"expected: shape {base.shape}, but events has shape {o.shape}")
        wrong = known & ~(np.isfinite(base) & (base > 0))
        _refuse(wrong, names, base, "expected", "above 0 where there is population")
    order = np.argsort(names, kind="stable")
    kept, dropped = order[known[order]], order[~known[order]]
    area = ScanMap(
        codes=tuple(names[kept].tolist()),
        x=easting[kept],
        y=northing[kept],
        events=o[kept].astype(np.int64),
        population=p[kept],
        expected=base[kept],
    )
    return area, tuple(names[dropped].tolist()), int(o[dropped].sum())


def _refuse(
    wrong: BoolArray, names: npt.NDArray[np.str_], values: FloatArray, column: str, wanted: str
) -> None:
    bad = np.flatnonzero(wrong)
    if bad.size:
        row = int(bad[0])
        raise StatisticsError(
            f"{column}: row {row} (area {names[row]}) is {values[row]}; expected {wanted}"
        )
