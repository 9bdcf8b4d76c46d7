"""Which areas are studied: authorities, police force areas, and the ring around them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import shapely

from spatial.authorities import Authorities, read_authorities
from spatial.boundaries import Areas
from spatial.errors import Fault, Faults, InputError
from spatial.files import nearest

if TYPE_CHECKING:
    from spatial.weights import Neighbours

__all__ = ["Authorities", "StudyArea", "choose_lads", "read_authorities", "study_area"]

_PARTNERSHIP: Final = re.compile(r"E22\d{6}|W22\d{6}")


@dataclass(frozen=True, slots=True)
class StudyArea:
    """The areas that are reported, and the ring that only lends them neighbours.

    `codes` and `ring` are sorted and share no code.
    """

    lads: tuple[str, ...]
    codes: tuple[str, ...]
    ring: tuple[str, ...]

    @property
    def all_codes(self) -> tuple[str, ...]:
        """Study and ring codes together, sorted."""
        return tuple(sorted((*self.codes, *self.ring)))


def choose_lads(text: str, authorities: Authorities, areas: Areas) -> tuple[str, ...]:
    """Turn what a person gave as `--area` into local authority codes.

    Parameters
    ----------
    text
        One or several local authority codes, separated by commas; a police force area code; or
        `all`, every authority that the boundaries hold.
    authorities
        As read. The lookup of partnerships is many-to-many (Bournemouth, Christchurch and Poole
        is in three), so a partnership never names a study area: its code is refused, with its
        authorities.
    areas
        The boundaries.

    Returns
    -------
    tuple of str
        Sorted local authority codes.

    Raises
    ------
    InputError
        For an unknown or a partnership code, and for an authority that the boundaries do not hold
        in full: a part would be reported as the whole.
    """
    lookup = authorities.area_to_lad
    held = lookup.loc[lookup.index.intersection(areas.frame.index), "lad_code"].value_counts()
    if held.empty:
        raise InputError(
            Fault(
                f"the boundaries (LSOA {areas.vintage}, such as {areas.codes[0]}) and the lookup "
                f"of authorities (such as {lookup.index[0]}) share no area code: "
                "use editions of the same census",
                field="area",
            )
        )
    if text.strip().casefold() == "all":
        return tuple(sorted(str(lad) for lad in held.index))
    total = lookup["lad_code"].value_counts()
    names = authorities.lad_names()
    faults = Faults()
    chosen: set[str] = set()
    given = [part.strip().upper() for part in text.split(",") if part.strip()]
    if not given:
        faults.add("is empty; give a local authority code such as E06000059", field="area")
    for code in given:
        lads = _lads_of(code, authorities, faults, held=[str(lad) for lad in held.index])
        for lad in lads:
            label = f"{lad} ({names.get(lad, 'not in the lookup of areas')})"
            if lad not in held.index:
                faults.add(f"the boundaries hold no area of {label}", field="area")
            elif held[lad] < total[lad]:
                faults.add(
                    f"the boundaries hold {held[lad]} of the {total[lad]} areas of {label}; "
                    "supply boundaries of the whole authority",
                    field="area",
                )
        chosen.update(lads)
    faults.raise_if_any()
    return tuple(sorted(chosen))


def _lads_of(
    code: str, authorities: Authorities, faults: Faults, *, held: Sequence[str]
) -> list[str]:
    """Return the authorities that one code stands for; note a fault where it stands for none."""
    names = authorities.lad_names()
    if code in names:
        return [code]
    force = authorities.force
    if (force["force_code"] == code).any():
        return sorted(str(lad) for lad in force.index[force["force_code"] == code])
    parts = authorities.partnerships
    members = parts[parts["csp_code"] == code]
    if len(members):
        listed = ", ".join(
            f"{lad} ({name})"
            for lad, name in zip(members["lad_code"], members["lad_name"], strict=True)
        )
        faults.add(
            f"{code} is a community safety partnership ({members['csp_name'].iloc[0]}); the lookup "
            "of partnerships is many-to-many, so a study area is named by its local authorities: "
            f"{listed}",
            field="area",
        )
        return []
    if _PARTNERSHIP.fullmatch(code):
        faults.add(
            f"{code} is the code of a community safety partnership; name its local authorities",
            field="area",
        )
        return []
    if code in set(authorities.area_to_lad["ward_code"]) or code in authorities.area_to_lad.index:
        faults.add(f"{code} is smaller than a local authority; name the authority", field="area")
        return []
    by_name = {name.casefold(): lad for lad, name in names.items()}
    if code.casefold() in by_name:
        faults.add(
            f"{code.title()!r} is a name; its code is {by_name[code.casefold()]}", field="area"
        )
        return []
    # A slip of the finger is more likely to mean an authority that is in the boundaries.
    close = nearest(code, held, cutoff=0.8) or nearest(
        code, [*names, *force["force_code"].unique()], cutoff=0.7
    )
    hint = f"; did you mean {close} ({names.get(close, 'a police force area')})?" if close else ""
    faults.add(f"{code!r} is not a local authority or a police force area{hint}", field="area")
    return []


def study_area(
    areas: Areas,
    authorities: Authorities,
    lads: Sequence[str],
    *,
    ring: Literal["contiguous", "none"] | float,
    neighbours: Neighbours | None = None,
) -> StudyArea:
    """Return the areas of some authorities, and the ring around them.

    Parameters
    ----------
    areas
        The boundaries, study area and surroundings.
    authorities
        As read.
    lads
        Local authority codes.
    ring
        `contiguous`: areas that touch the study area; `none`; or a distance in metres, for areas
        whose polygon lies within it of a study polygon.
    neighbours
        Contiguity of `areas`, needed for `contiguous`.

    Raises
    ------
    InputError
        Where no area belongs to `lads`, or `ring` has no meaning.
    """
    lookup = authorities.area_to_lad
    mine = set(lookup.index[lookup["lad_code"].isin(list(lads))])
    codes = tuple(code for code in areas.codes if code in mine)
    if not codes:
        raise InputError(Fault(f"the boundaries hold no area of {', '.join(lads)}", field="area"))
    if ring == "none":
        around: tuple[str, ...] = ()
    elif ring == "contiguous":
        around = _touching(codes, neighbours)
    else:
        around = _within(areas, set(codes), ring)
    return StudyArea(tuple(sorted(lads)), codes, around)


def _touching(codes: Sequence[str], neighbours: Neighbours | None) -> tuple[str, ...]:
    if neighbours is None:
        raise InputError(Fault("'contiguous' needs the neighbours of the areas", field="ring"))
    all_codes = np.array(neighbours.codes, dtype=object)
    inside = np.isin(all_codes.astype(str), np.array(codes, dtype=str))
    rows = np.repeat(np.arange(all_codes.size), np.diff(neighbours.indptr))
    touched = np.zeros(all_codes.size, dtype=bool)
    touched[np.asarray(neighbours.indices)[inside[rows]]] = True
    return tuple(sorted(str(code) for code in all_codes[touched & ~inside]))


def _within(areas: Areas, codes: set[str], ring: Any) -> tuple[str, ...]:
    try:
        metres = float(ring)
    except (TypeError, ValueError):
        metres = np.nan
    if not (np.isfinite(metres) and metres > 0) or isinstance(ring, bool):
        raise InputError(
            Fault(
                f"{ring!r} is not a ring; use contiguous, none or a number of metres", field="ring"
            )
        )
    geometry = areas.frame.geometry.to_numpy()
    inside = areas.frame.index.isin(codes)
    tree = shapely.STRtree(geometry[inside])
    others = np.flatnonzero(~inside)
    near, _ = tree.query(geometry[others], predicate="dwithin", distance=metres)
    return tuple(sorted(str(code) for code in areas.frame.index[others[np.unique(near)]]))
