"""Where a row happened: by the area code supplied with it, or by the polygon of its point."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from spatial.boundaries import Areas
from spatial.crosswalk import Crosswalk
from spatial.points import areas_of_points, distinct_points, points_near, to_national_grid
from spatial.study_area import StudyArea

__all__ = ["RULES", "CodeLists", "Places", "place_rows"]

IRREGULAR, UNKNOWN = "irregular_2011_area", "unknown_area"

Floats = npt.NDArray[np.float64]
Positions = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Places:
    """The place of each row.

    Attributes
    ----------
    x, y
        EPSG:27700 metres.
    area
        Position in `areas.codes` of the area the row counts in, -1 for none of them.
    rule
        0, or 1 for `irregular_2011_area`, 2 for `unknown_area`.
    near
        Whether the point lies within the wanted distance of the study area.
    compared, disagreeing
        Rows of study area and ring with a code and a polygon; those where the two differ.
    adrift
        Rows with a code of study area or ring whose point lies in no polygon at all.
    """

    x: Floats
    y: Floats
    area: Positions
    rule: npt.NDArray[np.int8]
    near: Mask
    compared: int
    disagreeing: int
    adrift: int


RULES: tuple[str, ...] = ("", IRREGULAR, UNKNOWN)


@dataclass(frozen=True, slots=True)
class CodeLists:
    """The area codes that exist, and those that give a vintage away; empty without a crosswalk."""

    only_2011: frozenset[str]
    only_2021: frozenset[str]
    listed: frozenset[str]

    @classmethod
    def of(cls, crosswalk: Crosswalk | None) -> CodeLists:
        """Take the lists from the change lookup."""
        if crosswalk is None:
            return cls(frozenset(), frozenset(), frozenset())
        old, new = crosswalk.codes_2011, crosswalk.codes_2021
        return cls(old - new, new - old, old | new)

    def vintage(self, code_rows: Mapping[str, int]) -> str:
        """Tell the vintage of a file from codes in one list only; "" where that says nothing."""
        old = sum(rows for code, rows in code_rows.items() if code in self.only_2011)
        new = sum(rows for code, rows in code_rows.items() if code in self.only_2021)
        if old == new:
            return ""
        return "2011" if old > new else "2021"


def place_rows(
    first: Floats,
    second: Floats,
    grid: Mask,
    code: npt.NDArray[np.int32],
    codes: Sequence[str],
    by_polygon: Mask,
    *,
    areas: Areas,
    study: StudyArea,
    crosswalk: Crosswalk | None,
    lists: CodeLists,
    near_m: float,
) -> Places:
    """Place rows that have coordinates.

    Parameters
    ----------
    first, second
        Easting and northing where `grid`, else longitude and latitude, shape (n,).
    code
        Number of the supplied code in `codes`, shape (n,); the empty text means none.
    by_polygon
        Rows whose polygon is believed rather than the code.

    Notes
    -----
    (0, 0) is outside. A row without a code, placed by code, is outside: data.police.uk leaves
    the code blank in Northern Ireland alone. A code of another part of the country is outside.
    A code that no list holds, and an irregular change of 2011, are set aside by a rule only
    where the point lies in the study area or ring; elsewhere they are outside like their point.
    """
    x, y, polygon, near = _points(first, second, grid, areas=areas, study=study, near_m=near_m)
    numbers = {text: number for number, text in enumerate(areas.codes)}
    known = np.array([numbers.get(text, -1) for text in codes], dtype=np.int64)
    by_code = known[code] if len(codes) else np.full(len(code), -1, dtype=np.int64)
    wanted = np.zeros(len(areas.codes) + 1, dtype=bool)  # the last stands for "in none"
    wanted[[numbers[text] for text in (*study.codes, *study.ring) if text in numbers]] = True
    rule = np.zeros(len(code), dtype=np.int8)
    old, unknown = _strange(codes, known, lists, areas.vintage)
    rule[unknown[code] & ~by_polygon] = 2
    rows = np.flatnonzero(old[code] & ~by_polygon)
    if len(rows) and crosswalk is not None:
        texts = np.array(codes, dtype=object)[code[rows]]
        mapped, broken = crosswalk.to_2021_points(texts, x[rows], y[rows], areas)
        by_code[rows] = [numbers.get(child, -1) for child in mapped.tolist()]
        rule[rows[broken == "irregular"]] = 1
        rule[rows[broken == "unknown_area"]] = 2
    rule[~wanted[polygon]] = 0
    by_code[rule > 0] = -1
    nowhere = (first == 0) & (second == 0)
    coded = wanted[by_code] & ~nowhere
    both = coded & (polygon >= 0)
    disagreeing = int((both & (by_code != polygon)).sum())
    area = np.where(by_polygon, polygon, by_code)
    area[nowhere] = -1
    compared, adrift = int(both.sum()), int((coded & ~both).sum())
    return Places(x, y, area, rule, near & ~nowhere, compared, disagreeing, adrift)


def _points(
    first: Floats, second: Floats, grid: Mask, *, areas: Areas, study: StudyArea, near_m: float
) -> tuple[Floats, Floats, Positions, Mask]:
    """Project and locate each distinct point once."""
    x, y = np.empty(len(first)), np.empty(len(first))
    polygon = np.full(len(first), -1, dtype=np.int64)
    near = np.zeros(len(first), dtype=bool)
    geometry = np.asarray(areas.frame.geometry.array, dtype=object)
    # The last element stands for "in no area".
    ours = np.append(areas.frame.index.isin(study.codes), values=False)
    for kind in (False, True):
        rows = np.flatnonzero(grid == kind)
        if not len(rows):
            continue
        seen, inverse = distinct_points(first[rows], second[rows])
        one, two = first[rows][seen], second[rows][seen]
        east, north = (one, two) if kind else to_national_grid(one, two)
        x[rows], y[rows] = east[inverse], north[inverse]
        within = areas_of_points(east, north, geometry)
        close = points_near(east, north, geometry[ours[:-1]], metres=near_m, inside=ours[within])
        polygon[rows], near[rows] = within[inverse], close[inverse]
    return x, y, polygon, near


def _strange(
    codes: Sequence[str], known: Positions, lists: CodeLists, vintage: str
) -> tuple[Mask, Mask]:
    """Tell which codes are of 2011 in a 2021 layer, and which are in no list."""
    old = np.zeros(len(codes), dtype=bool)
    unknown = np.zeros(len(codes), dtype=bool)
    for number, text in enumerate(codes):
        if not text or known[number] >= 0:
            continue
        old[number] = vintage == "2021" and text in lists.only_2011
        unknown[number] = not old[number] and (text not in lists.listed or vintage != "2021")
    return old, unknown
