"""All that scoring needs, aligned to one sorted list of areas: what a run keeps for what-if."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from spatial.errors import StatisticsError
from spatial.weights import Neighbours

__all__ = ["INDICATOR_COLUMNS", "LABEL_COLUMNS", "ModelData", "forces_among", "same_layers"]

INDICATOR_COLUMNS = (
    "imd_score",
    "imd_rank",
    "imd_decile",
    "income",
    "employment",
    "education",
    "health",
    "barriers",
    "living_environment",
    "crime_domain",
    "deprivation_without_crime",
    "rural",
)
LABEL_COLUMNS = (
    "area_name",
    "area_label",
    "place_name",
    "ward_name",
    "lad_code",
    "lad_name",
    "rural_urban",
)


@dataclass(frozen=True, slots=True)
class ModelData:
    """Checked layers of the study area and its ring, one row an area, sorted by area code.

    Attributes
    ----------
    area_codes
        Study and ring areas together, sorted, unique. Every array has this order; n of them.
    in_study
        n booleans: True where the area is reported, False in the ring.
    months
        The period's months, `YYYY-MM`; m of them.
    covered
        n by m booleans: a file of the area's force exists for the month. A month that is not
        covered is no data and leaves the denominator; it is never zero.
    categories
        Offence categories of `counts`, c of them.
    counts
        n by m by c events.
    attributes
        Long counts (area_code, month, category, n and attribute columns) for the `where` filters
        of an offence set, or None where no source carries attributes.
    population
        Residents; NaN where missing.
    area_km2
        Land area in square kilometres.
    stratum
        "urban", "rural" or "" where not known.
    neighbours
        The contiguity graph over `area_codes`.
    indicators
        Table indexed by area code with the deprivation and rurality columns; NaN where missing.
    labels
        Table indexed by area code: names people use.
    denominators
        Supplied populations by name (`workday`, `ambient`), n values each.
    artefacts
        Table indexed by area code with the columns of `risk_model.artefacts`, or None where
        nothing is known of any area.
    centres
        n by 2, the middle of each area in metres, for weights by distance; None in a run from
        before they were kept.
    forces
        The police forces that the study area lies in, from `forces_among`; empty: not known.
    """

    area_codes: tuple[str, ...]
    in_study: NDArray[np.bool_]
    months: tuple[str, ...]
    covered: NDArray[np.bool_]
    categories: tuple[str, ...]
    counts: NDArray[np.int64]
    attributes: pd.DataFrame | None
    population: NDArray[np.float64]
    area_km2: NDArray[np.float64]
    stratum: NDArray[np.str_]
    neighbours: Neighbours
    indicators: pd.DataFrame
    labels: pd.DataFrame
    denominators: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)
    centres: NDArray[np.float64] | None = None
    artefacts: pd.DataFrame | None = None
    forces: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse tables that are not aligned: a silent shift would move every figure."""
        n, m, c = len(self.area_codes), len(self.months), len(self.categories)
        if list(self.area_codes) != sorted(set(self.area_codes)):
            raise StatisticsError("area_codes must be sorted and unique")
        shapes: dict[str, tuple[NDArray[Any], tuple[int, ...]]] = {
            "in_study": (self.in_study, (n,)),
            "covered": (self.covered, (n, m)),
            "counts": (self.counts, (n, m, c)),
            "population": (self.population, (n,)),
            "area_km2": (self.area_km2, (n,)),
            "stratum": (self.stratum, (n,)),
        }
        if self.centres is not None:
            shapes["centres"] = (self.centres, (n, 2))
        shapes |= {f"denominators[{k!r}]": (v, (n,)) for k, v in self.denominators.items()}
        for name, (value, wanted) in shapes.items():
            if value.shape != wanted:
                raise StatisticsError(f"{name} has shape {value.shape}, not {wanted}")
        if tuple(self.neighbours.codes) != tuple(self.area_codes):
            raise StatisticsError("neighbours.codes must equal area_codes, in the same order")
        tables = {"indicators": self.indicators, "labels": self.labels}
        tables |= {} if self.artefacts is None else {"artefacts": self.artefacts}
        for name, table in tables.items():
            if list(table.index) != list(self.area_codes):
                raise StatisticsError(f"the index of {name} must equal area_codes, in order")

    @property
    def study_codes(self) -> tuple[str, ...]:
        """The codes of the areas that are reported, sorted."""
        return tuple(c for c, inside in zip(self.area_codes, self.in_study, strict=True) if inside)

    def indicator(self, name: str) -> NDArray[np.float64]:
        """Return one column of `indicators`; NaN everywhere where no table supplied it."""
        if name not in self.indicators:
            return np.full(len(self.area_codes), np.nan)
        return self.indicators[name].to_numpy(dtype=np.float64, copy=True)

    def exposure(self) -> NDArray[np.float64]:
        """Return person-years over the covered months; NaN where there is no population."""
        people = np.where(self.population > 0, self.population, np.nan)
        return np.asarray(people * self.covered.sum(axis=1) / 12.0, dtype=np.float64)


def forces_among(lads: Iterable[str], forces: Mapping[str, Mapping[str, str]]) -> tuple[str, ...]:
    """Return the police forces of local authorities, sorted; empty where one of them has none."""
    slugs = {forces[lad]["slug"] if lad in forces else "" for lad in lads}
    return () if "" in slugs else tuple(sorted(slugs))


def same_layers(before: ModelData, after: ModelData) -> bool:
    """Say whether two models hold the same layers, so that settings alone can tell them apart."""
    return before is after or (
        before.area_codes == after.area_codes
        and before.months == after.months
        and before.categories == after.categories
        and all(
            np.array_equal(getattr(before, name), getattr(after, name))
            for name in ("in_study", "covered", "counts", "stratum")
        )
        and all(
            np.array_equal(getattr(before, name), getattr(after, name), equal_nan=True)
            for name in ("population", "area_km2")
        )
        and before.indicators.equals(after.indicators)
        and before.denominators.keys() == after.denominators.keys()
        and all(
            np.array_equal(values, after.denominators[name], equal_nan=True)
            for name, values in before.denominators.items()
        )
        and _equal_tables(before.attributes, after.attributes)
        and all(
            np.array_equal(x, y)
            for x, y in zip(before.neighbours.pairs(), after.neighbours.pairs(), strict=True)
        )
    )


def _equal_tables(before: pd.DataFrame | None, after: pd.DataFrame | None) -> bool:
    if before is None or after is None:
        return before is after
    return before.equals(after)
