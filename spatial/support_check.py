"""Whether what is flagged is a place, or the work of the boundaries.

Every boundary is somebody's choice, and a count by area depends on it (the modifiable areal unit
problem: Openshaw 1984). What is flagged on the areas, on small hexagons and on larger areas alike
is a place; what is flagged on one of them alone may be the boundary's work.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from spatial.errors import StatisticsError
from spatial.support import Support
from spatial.support_flags import Flagger, Flags

__all__ = ["Overlap", "SupportCheck", "compare_supports"]

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Overlap:
    """How far two supports flag the same places; NaN where neither flags any or one has no test.

    Attributes
    ----------
    first, second
        Names of the supports.
    jaccard_area
        Land flagged by both over land flagged by either.
    jaccard_events
        Events in units flagged by both over events in units flagged by either. An event that a
        support has no unit for is not flagged by it.
    """

    first: str
    second: str
    jaccard_area: float
    jaccard_events: float


@dataclass(frozen=True, slots=True, eq=False)
class SupportCheck:
    """The same analysis on several supports, the published areas first.

    Attributes
    ----------
    summary
        A row a support, index `support`: `units`, `tested`, `flagged`, `flagged_km2`,
        `flagged_area_share`, `flagged_events`, `flagged_event_share`, `unplaced`, `reason`.
    overlaps
        Each pair of supports.
    held_up
        A row a flagged unit of the first support, index `area_code`: `events`, and for each other
        support the share of the unit's land and of its events that it flags too,
        `<support>_area_share` and `<support>_event_share` (NaN without events).
    notes
        What was assumed, in words.
    """

    summary: pd.DataFrame
    overlaps: tuple[Overlap, ...]
    held_up: pd.DataFrame
    notes: tuple[str, ...]


def compare_supports(
    base: Support,
    others: Sequence[Support],
    flag: Flagger | Mapping[str, npt.ArrayLike | Flags],
) -> SupportCheck:
    """Flag units on every support by one rule and say how far the flagged places agree.

    Parameters
    ----------
    base
        The published areas.
    others
        Supports of the same study area and the same events.
    flag
        One rule for all, such as `high_high()`; or masks or flags made elsewhere, by name of
        support.

    Raises
    ------
    StatisticsError
        Where names repeat, or a support counts other events.
    """
    supports = [base, *others]
    names = [support.name for support in supports]
    if len(set(names)) < len(names):
        raise StatisticsError(f"supports must have different names: {', '.join(names)}")
    for support in others:
        if support.unit_of_event.shape != base.unit_of_event.shape:
            raise StatisticsError(
                f"{support.name}: {support.unit_of_event.size} events, but {base.name} has "
                f"{base.unit_of_event.size}; make every support from the same events"
            )
    flags = [_flags(support, flag) for support in supports]
    hit = [_in_flagged(s, f.mask) for s, f in zip(supports, flags, strict=True)]
    land = [
        shapely.union_all(np.asarray(s.geometry.to_numpy(), dtype=object)[f.mask])
        for s, f in zip(supports, flags, strict=True)
    ]
    rows = []
    for support, found, events in zip(supports, flags, hit, strict=True):
        km2, placed = float(support.area_km2[found.mask].sum()), float(support.events.sum())
        rows.append(
            {
                "support": support.name,
                "units": len(support.codes),
                "tested": len(support.codes) if found.tested is None else int(found.tested.sum()),
                "flagged": int(found.mask.sum()),
                "flagged_km2": km2,
                "flagged_area_share": km2 / float(support.area_km2.sum()),
                "flagged_events": int(events.sum()),
                "flagged_event_share": events.sum() / placed if placed else np.nan,
                "unplaced": support.unplaced,
                "reason": found.reason,
            }
        )
    overlaps = tuple(
        Overlap(names[i], names[j], np.nan, np.nan)
        if flags[i].reason or flags[j].reason
        else Overlap(
            names[i],
            names[j],
            _ratio(
                shapely.area(shapely.intersection(land[i], land[j])),
                shapely.area(shapely.union(land[i], land[j])),
            ),
            _ratio(float((hit[i] & hit[j]).sum()), float((hit[i] | hit[j]).sum())),
        )
        for i in range(len(supports))
        for j in range(i + 1, len(supports))
    )
    return SupportCheck(
        summary=pd.DataFrame(rows).set_index("support"),
        overlaps=overlaps,
        held_up=_held_up(base, flags[0].mask, names[1:], hit[1:], land[1:]),
        notes=tuple(note for support in supports for note in support.notes),
    )


def _flags(support: Support, flag: Flagger | Mapping[str, npt.ArrayLike | Flags]) -> Flags:
    if callable(flag):
        found = flag(support)
    elif support.name in flag:
        made = flag[support.name]
        found = made if isinstance(made, Flags) else Flags(np.asarray(made, dtype=np.bool_))
    else:
        raise StatisticsError(
            f"flag: no mask for {support.name!r}; there are {', '.join(map(repr, flag))}"
        )
    if found.mask.shape != (len(support.codes),):
        raise StatisticsError(
            f"flag: mask of {support.name!r} has the shape {found.mask.shape}; expected "
            f"({len(support.codes)},)"
        )
    return found


def _in_flagged(support: Support, mask: BoolArray) -> BoolArray:
    """Return which events lie in a flagged unit."""
    unit = support.unit_of_event
    return np.asarray((unit >= 0) & np.append(mask, False)[unit], dtype=np.bool_)


def _ratio(both: float, either: float) -> float:
    return float(both / either) if either > 0 else float("nan")


def _held_up(
    base: Support,
    mask: BoolArray,
    names: Sequence[str],
    hit: Sequence[BoolArray],
    land: Sequence[shapely.Geometry],
) -> pd.DataFrame:
    chosen = np.flatnonzero(mask)
    index = pd.Index(np.asarray(base.codes, dtype=object)[chosen], name="area_code")
    frame = pd.DataFrame({"events": base.events[chosen].astype(np.int64)}, index=index)
    shapes = np.asarray(base.geometry.to_numpy(), dtype=object)[chosen]
    placed = base.unit_of_event >= 0
    for name, events, flagged in zip(names, hit, land, strict=True):
        inside = shapely.area(shapely.intersection(shapes, flagged)) / 1e6
        both = np.bincount(base.unit_of_event[placed & events], minlength=len(base.codes))[chosen]
        frame[f"{name}_area_share"] = np.clip(inside / base.area_km2[chosen], 0.0, 1.0)
        frame[f"{name}_event_share"] = np.divide(
            both,
            base.events[chosen],
            out=np.full(len(chosen), np.nan),
            where=base.events[chosen] > 0,
        )
    return frame
