"""Where a back-test stands in time: what was known at the end of a month, and what came after."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from risk_model.model_data import ModelData
from spatial.errors import StatisticsError
from spatial.period import month_number, month_text

__all__ = ["Origin", "part_of", "rolling_origins"]


_OPTIONAL = ("centres",)
"""Layers of one row an area that not every run has; none of them has months."""


@dataclass(frozen=True, slots=True)
class Origin:
    """One look ahead.

    Attributes
    ----------
    at
        The last month that is known when areas are chosen.
    known
        The months that choose, up to and with `at`: as many calendar months as a run scores.
    later
        The calendar months after `at` that judge the choice.
    """

    at: str
    known: tuple[str, ...]
    later: tuple[str, ...]


def _following(month: str, first: int, last: int) -> tuple[str, ...]:
    """Return the months that lie `first` to `last` months after one."""
    number = month_number(month)
    if number is None:
        raise StatisticsError(f"{month!r} is not a month YYYY-MM")
    return tuple(month_text(number + step) for step in range(first, last + 1))


def rolling_origins(data: ModelData, *, window: int, horizon: int) -> tuple[Origin, ...]:
    """Return every month of the data from which there is something to choose by and to judge by.

    A month is an origin where some study area has data for it and for one of the `horizon`
    calendar months that follow. Gaps stay gaps: after a month whose successors are not supplied
    nothing can be judged, and it is no origin.

    Parameters
    ----------
    window, horizon
        Calendar months, 1 or more. Months of the window that the data lack are no data.
    """
    for name, value in (("window", window), ("horizon", horizon)):
        if value < 1:
            raise StatisticsError(f"{name}: {value} months; expected 1 or more")
    held = np.atleast_1d(data.covered[data.in_study].any(axis=0))
    supplied = {month for month, has in zip(data.months, held.tolist(), strict=True) if has}
    found = []
    for month in data.months:
        later = _following(month, 1, horizon)
        if month in supplied and supplied.intersection(later):
            known = [one for one in _following(month, 1 - window, 0) if one in data.months]
            found.append(Origin(month, tuple(known), later))
    return tuple(found)


def part_of(
    data: ModelData, months: Sequence[str], areas: NDArray[np.bool_] | None = None
) -> ModelData:
    """Return the layers as if only these months, and only these areas, had been supplied.

    Nothing of another month is left in them, so what is computed from them cannot have seen it:
    what is known of artefacts comes from the points of all months and is left out; scores do not
    use it.
    """
    time = np.array([data.months.index(month) for month in months], dtype=np.intp)
    kept = np.ones(len(data.area_codes), dtype=bool) if areas is None else areas
    codes = tuple(code for code, yes in zip(data.area_codes, kept, strict=True) if yes)
    attributes = data.attributes
    if attributes is not None:
        inside = attributes["month"].isin(list(months)) & attributes["area_code"].isin(codes)
        attributes = pd.DataFrame(attributes[inside])
    further = {
        name: values[kept]
        for name in _OPTIONAL
        if (values := getattr(data, name, None)) is not None
    }
    return replace(
        data,
        **further,
        artefacts=None,
        area_codes=codes,
        in_study=data.in_study[kept],
        months=tuple(months),
        covered=data.covered[np.ix_(kept, time)],
        counts=data.counts[kept][:, time],
        attributes=attributes,
        population=data.population[kept],
        area_km2=data.area_km2[kept],
        stratum=data.stratum[kept],
        neighbours=data.neighbours if areas is None else data.neighbours.subset(codes),
        indicators=data.indicators[kept],
        labels=data.labels[kept],
        denominators={name: values[kept] for name, values in data.denominators.items()},
    )
