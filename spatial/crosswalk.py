"""LSOA 2011 to LSOA 2021: rows by the point, counts by population, rates never."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from spatial.boundaries import Areas
from spatial.errors import Fault, Faults, InputError
from spatial.tables import match_columns, read_table

__all__ = ["Crosswalk", "read_crosswalk"]

_COLUMNS: Final = {
    "LSOA11CD": ("LSOA11CD",),
    "LSOA21CD": ("LSOA21CD",),
    "change": ("CHGIND", "CHNGIND"),
}
_LISTED: Final = 5


@dataclass(frozen=True)
class Crosswalk:
    """The exact-fit change lookup.

    Attributes
    ----------
    frame
        Columns `LSOA11CD`, `LSOA21CD`, `change`: U unchanged, S split, M merged, X irregular.
        An unchanged or merged 2011 area has one row, a split one a row for each child.
    """

    frame: pd.DataFrame
    _parents: dict[str, tuple[str, tuple[str, ...]]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Index the children of each 2011 area."""
        parents: dict[str, tuple[str, tuple[str, ...]]] = {}
        columns = (self.frame[name].tolist() for name in ("LSOA11CD", "LSOA21CD", "change"))
        for code11, code21, change in zip(*columns, strict=True):
            if code11 not in parents:  # nearly always, and 35,000 times
                parents[code11] = (change, (code21,))
                continue
            kind, children = parents[code11]
            # One irregular row makes the whole 2011 area irregular.
            kind = "X" if "X" in (kind, change) else kind
            parents[code11] = (kind, tuple(sorted((*children, code21))))
        object.__setattr__(self, "_parents", parents)

    @property
    def codes_2011(self) -> frozenset[str]:
        """Every LSOA 2011 of the lookup."""
        return frozenset(self.frame["LSOA11CD"].tolist())

    @property
    def codes_2021(self) -> frozenset[str]:
        """Every LSOA 2021 of the lookup."""
        return frozenset(self.frame["LSOA21CD"].tolist())

    @property
    def only_2011(self) -> frozenset[str]:
        """Codes that name an area of 2011 but none of 2021: they give a file's vintage away."""
        return self.codes_2011 - self.codes_2021

    @property
    def only_2021(self) -> frozenset[str]:
        """Codes that name an area of 2021 but none of 2011."""
        return self.codes_2021 - self.codes_2011

    def parents_of(self, codes: Sequence[str]) -> tuple[NDArray[Any], pd.DataFrame]:
        """Return the LSOA 2011 that became these LSOA 2021, and the rows of those that split."""
        parents = self.frame.loc[self.frame["LSOA21CD"].isin(list(codes)), "LSOA11CD"].unique()
        split = self.frame["LSOA11CD"].isin(parents) & (self.frame["change"] == "S")
        return np.asarray(parents, dtype=object), self.frame[split]

    def to_2021_points(
        self,
        codes: Sequence[str] | NDArray[Any],
        x: NDArray[np.float64],
        y: NDArray[np.float64],
        areas: Areas,
    ) -> tuple[NDArray[Any], NDArray[Any]]:
        """Map rows with a point from their LSOA 2011 code to one LSOA 2021 code each.

        Parameters
        ----------
        codes
            LSOA 2011 codes, shape (n,).
        x, y
            Points in metres of EPSG:27700, shape (n,). Used for split areas alone.
        areas
            LSOA 2021 polygons. A row of a split area goes to the child polygon nearest to its
            point; children that `areas` does not hold cannot be chosen, unless it holds none.

        Returns
        -------
        tuple of object arrays, shape (n,)
            The 2021 code (empty where there is none) and the rule that was broken: empty,
            `irregular` (the change has no one-to-one answer, or a split area has no point) or
            `unknown_area`.
        """
        given = np.asarray(codes, dtype=object)
        mapped = np.full(given.shape, "", dtype=object)
        rule = np.full(given.shape, "", dtype=object)
        keys, inverse = np.unique(given.astype(str), return_inverse=True)
        rows_of = np.argsort(inverse, kind="stable")
        stops = np.cumsum(np.bincount(inverse, minlength=keys.size))
        geometry = areas.frame.geometry
        for key, stop, count in zip(keys, stops, np.diff(stops, prepend=0), strict=True):
            rows = rows_of[stop - count : stop]
            kind, children = self._parents.get(str(key), ("", ()))
            if not kind:
                rule[rows] = "unknown_area"
            elif kind == "X":
                rule[rows] = "irregular"
            elif len(children) == 1:
                mapped[rows] = children[0]
            else:
                held = [child for child in children if child in geometry.index]
                if not held:
                    mapped[rows] = children[0]
                    continue
                located = np.isfinite(x[rows]) & np.isfinite(y[rows])
                rule[rows[~located]] = "irregular"
                rows = rows[located]
                points = shapely.points(x[rows], y[rows])
                distance = np.stack(
                    [shapely.distance(geometry.loc[child], points) for child in held]
                )
                mapped[rows] = np.array(held, dtype=object)[distance.argmin(axis=0)]
        return mapped, rule

    def to_2021_counts(self, values: pd.Series, populations: pd.Series) -> pd.Series:
        """Move counts from LSOA 2011 to LSOA 2021; for counts only, never rates or ranks.

        Parameters
        ----------
        values
            Counts by LSOA 2011 code (index).
        populations
            Residents by LSOA 2021 code (index); a split area's count is shared out by these, and
            equally where all its children have none.

        Returns
        -------
        Series
            By LSOA 2021 code, sorted: the children of the areas in `values`. Sums are preserved
            over unchanged, split and merged areas. NaN for the children of irregular ones, whose
            count cannot be moved, and where a value is NaN.

        Raises
        ------
        InputError
            For codes the lookup does not hold, repeated codes, and split areas of which a child
            has no population.
        """
        _refuse_repeated(values.index, "values")
        _refuse_repeated(populations.index, "populations")
        wanted = [str(code) for code in values.index]
        faults = Faults()
        unknown = sorted(code for code in wanted if code not in self._parents)
        if unknown:
            faults.add(
                f"{len(unknown)} codes are not LSOA 2011 codes of the change lookup, "
                f"such as {', '.join(unknown[:_LISTED])}",
                field="area code",
            )
        sums: dict[str, float] = {}
        bare: list[str] = []
        for code11, value in zip(wanted, values.to_numpy(dtype=float), strict=True):
            kind, children = self._parents.get(code11, ("", ()))
            if not children:
                continue
            if kind != "X" and len(children) == 1:
                sums[children[0]] = sums.get(children[0], 0.0) + float(value)
                continue
            if kind == "X":
                shares = np.full(len(children), np.nan)
            else:
                people = populations.reindex(list(children)).to_numpy(dtype=float)
                if np.isnan(people).any():
                    bare.append(code11)
                total = people.sum()
                shares = people / total if total > 0 else np.full(len(children), 1 / len(children))
            for child, share in zip(children, shares, strict=True):
                sums[child] = sums.get(child, 0.0) + float(value) * float(share)
        if bare:
            faults.add(
                f"{len(bare)} split areas have a child without a population, "
                f"such as {', '.join(bare[:_LISTED])}; supply the population of every child",
                field="populations",
            )
        faults.raise_if_any()
        moved = pd.Series(sums, dtype=float, name=values.name).sort_index()
        moved.index.name = "area_code"
        return moved


def _refuse_repeated(index: pd.Index, what: str) -> None:
    repeated = index[index.duplicated()]
    if len(repeated):
        raise InputError(Fault(f"area code {repeated[0]!r} is there more than once", field=what))


def read_crosswalk(path: Path, *, shown_as: str | None = None) -> Crosswalk:
    """Read the ONS exact-fit lookup from LSOA 2011 to LSOA 2021.

    Raises
    ------
    InputError
        With every fault: missing columns, change indicators other than U, S, M, X, blank codes,
        equal rows, unchanged or merged areas with several rows.
    """
    shown = shown_as or path.name
    table = read_table(path, shown_as=shown)
    columns = match_columns(table, _COLUMNS)
    frame = pd.DataFrame({key: table.frame[column] for key, column in columns.items()})
    faults = Faults()
    odd = ~frame["change"].isin(["U", "S", "M", "X"])
    faults.extend(
        table.first_faults(
            odd,
            lambda row: f"change {frame['change'].iloc[row]!r} is not one of U, S, M, X",
            columns["change"],
        )
    )
    for key in ("LSOA11CD", "LSOA21CD"):
        faults.extend(table.first_faults(frame[key] == "", lambda _: "is blank", columns[key]))
    again = frame.duplicated(["LSOA11CD", "LSOA21CD"])
    faults.extend(table.first_faults(again, lambda _: "is the same pair of codes again"))
    single = frame["change"].isin(["U", "M"]) & frame["LSOA11CD"].duplicated(keep=False)
    faults.extend(
        table.first_faults(
            single,
            lambda row: (
                f"{frame['LSOA11CD'].iloc[row]} is unchanged or merged but has several "
                "rows: its counts would multiply"
            ),
        )
    )
    faults.raise_if_any()
    return Crosswalk(frame.sort_values(["LSOA11CD", "LSOA21CD"], ignore_index=True))
