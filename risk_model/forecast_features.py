"""What a forecast looks at: smoothed levels of recorded crime and facts of the place. Kernels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spatial.neighbour_sums import neighbour_sums

__all__ = ["Features", "Place", "Window", "feature_names", "features_of", "level"]

FloatArray = NDArray[np.float64]

_SHAPE = (0.05, 50.0)
"""Limits of the fitted shape: below, one area would set the level; above, areas are alike."""


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """What does not change from month to month, for n areas.

    Attributes
    ----------
    columns, names
        n by p values without a gap, and their names.
    authority
        n whole numbers: areas with the same number are in one local authority.
    indptr, indices
        The neighbour graph in compressed rows.
    """

    columns: FloatArray
    names: tuple[str, ...]
    authority: NDArray[np.intp]
    indptr: NDArray[np.int64]
    indices: NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """Counts of some months, for n areas and c categories.

    Attributes
    ----------
    counts, months
        n by c events, and how many months of each area they are from (0: no data).
    recent, recent_months
        The same of the months nearest to those to be foretold; None where there are too few
        months for two windows.
    """

    counts: FloatArray
    months: FloatArray
    recent: FloatArray | None = None
    recent_months: FloatArray | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Features:
    """Log levels of one window that every category shares; `of` adds a category's own.

    Attributes
    ----------
    drivers, crimes
        Columns of the counts that are features, and those of them that add up to all crime.
    levels
        n by len(drivers) log levels.
    neighbours_all
        n log levels of all crime in the neighbours together.
    """

    window: Window
    place: Place
    drivers: NDArray[np.intp]
    crimes: NDArray[np.intp]
    levels: FloatArray
    neighbours_all: FloatArray

    def of(self, own: int) -> tuple[FloatArray, FloatArray]:
        """Return the level of all other crime (n values) and n by p features for a category.

        Nothing of what the area itself recorded of the category is in them.
        """
        window, place = self.window, self.place
        others = self.crimes[self.crimes != own]
        other = level(window.counts[:, others].sum(axis=1), window.months)
        columns = [np.log(other)]
        if window.recent is not None and window.recent_months is not None:
            recent = window.recent[:, others].sum(axis=1)
            columns.append(np.log(level(recent, window.recent_months)))
        mine = window.counts[:, own]
        around = neighbour_sums(mine, place.indptr, place.indices)
        months = neighbour_sums(window.months, place.indptr, place.indices)
        columns += [self.neighbours_all, np.log(level(around, months))]
        at, size = place.authority, int(place.authority.max(initial=0)) + 1
        total = np.bincount(at, mine, size)[at] - mine
        span = np.bincount(at, window.months, size)[at] - window.months
        # In a single authority the rest of it is only what the area itself lacks.
        columns.append(np.log(level(total, span)) if size > 1 else np.zeros(len(mine)))
        return other, np.column_stack(
            [*columns, self.levels[:, self.drivers != own], place.columns]
        )


def feature_names(
    own: int,
    categories: Sequence[str],
    drivers: NDArray[np.intp],
    place: Place,
    *,
    recent: bool,
) -> tuple[tuple[str, ...], int]:
    """Return the names of a category's features, and how many of the first are prior counts."""
    counted = [
        "all_other_crime",
        *(["all_other_crime_recent"] if recent else []),
        "all_crime_of_neighbours",
        "same_offence_of_neighbours",
        "same_offence_of_authority",
        *(categories[at] for at in drivers if at != own),
    ]
    return (*counted, *place.names), len(counted)


def features_of(
    window: Window, place: Place, *, drivers: NDArray[np.intp], crimes: NDArray[np.intp]
) -> Features:
    """Return the log levels of a window; `drivers` and `crimes` are columns of its counts."""
    levels = np.empty((len(window.months), len(drivers)))
    for to, at in enumerate(drivers):
        levels[:, to] = np.log(level(window.counts[:, at], window.months))
    crime = window.counts[:, crimes].sum(axis=1)
    around = neighbour_sums(crime, place.indptr, place.indices)
    months = neighbour_sums(window.months, place.indptr, place.indices)
    shared = np.log(level(around, months))
    return Features(window, place, drivers, crimes, levels, shared)


def level(events: FloatArray, months: FloatArray) -> FloatArray:
    """Return events a month, pulled towards the mean of all areas; above 0.

    The posterior mean (O + nu) / (m + nu / mean) of a gamma-Poisson risk (Clayton and Kaldor
    1987, equation 3 with m mean as the expected count), its shape nu by moments: the variance
    between areas less what chance adds. 1 everywhere where nothing was recorded.

    Parameters
    ----------
    events, months
        n values; an area without months gets the mean.
    """
    base = float(months.sum())
    if not base > 0 or not float(events.sum()) > 0:
        return np.ones(len(events))
    mean = float(events.sum()) / base
    seen = months > 0
    rate = np.divide(events, months, out=np.full(len(events), mean), where=seen)
    variance = float((months * (rate - mean) ** 2).sum()) / base
    chance = mean * float(seen.sum()) / base
    nu = float(np.clip(mean**2 / max(variance - chance, 1e-12), *_SHAPE))
    return np.asarray((np.where(seen, events, 0.0) + nu) / (months + nu / mean))
