"""Indices of Deprivation: scores and domains, and the composite rebuilt without crime."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from risk_model.layers.placing import Placed, area_codes, place_unchanged
from risk_model.normalise import exponential_transform
from spatial.crosswalk import Crosswalk
from spatial.errors import Fault, Faults, InputError, StatisticsError
from spatial.tables import Table, match_columns, number_column, read_table

__all__ = [
    "DOMAIN_WEIGHTS",
    "ENGLAND_AREAS",
    "Deprivation",
    "deprivation_without_crime",
    "place_deprivation",
    "read_iod",
    "rebuild_imd",
]

Edition = Literal["2025", "2019"]

DOMAIN_WEIGHTS = {
    "income": 0.225,
    "employment": 0.225,
    "education": 0.135,
    "health": 0.135,
    "crime_domain": 0.093,
    "barriers": 0.093,
    "living_environment": 0.093,
}
"""Weights of the domains in the IMD; as published they sum to .999 and are not rescaled."""

ENGLAND_AREAS = {"2025": 33_755, "2019": 32_844}
"""Areas that are ranked in each edition: the N of the exponential transform."""

_TITLES = {
    "income": "Income",
    "employment": "Employment",
    "education": "Education, Skills and Training",
    "health": "Health Deprivation and Disability",
    "crime_domain": "Crime",
    "barriers": "Barriers to Housing and Services",
    "living_environment": "Living Environment",
}
_IMD = "Index of Multiple Deprivation (IMD)"
_CODES = {
    "2025": ("LSOA code (2021)", "LSOA21CD"),
    "2019": ("LSOA code (2011)", "LSOA11CD"),
}
_VINTAGES = {"2025": "2021", "2019": "2011"}


@dataclass(frozen=True, slots=True)
class Deprivation:
    """Deprivation by area; higher means more deprived in every column but ranks and deciles.

    Attributes
    ----------
    frame
        Index area code; imd_score, imd_rank, imd_decile (1 = most deprived), the seven domains,
        deprivation_without_crime. NaN where the table has no value.
    vintage
        "2021" or "2011": the LSOA that the codes name.
    """

    frame: pd.DataFrame
    edition: str
    vintage: str
    shown_as: str
    warnings: tuple[str, ...]


def rebuild_imd(ranks: NDArray[np.float64], areas: int) -> NDArray[np.float64]:
    """Return the IMD score from the ranks of its seven domains.

    Parameters
    ----------
    ranks
        n by 7 ranks over England, 1 = most deprived, domains in the order of `DOMAIN_WEIGHTS`.
    areas
        N, the number of areas ranked in England.

    Notes
    -----
    R = (N - rank + 1)/N; X = -23 ln(1 - R(1 - exp(-100/23))); score = sum(w X) with weights that
    sum to .999. McLennan et al. 2019, sections 3.7 and 3.8. Against IMD 2025: largest difference
    .0007 over 33,755 areas.
    """
    return _weighted(ranks, areas, tuple(DOMAIN_WEIGHTS.values()))


def deprivation_without_crime(ranks: NDArray[np.float64], areas: int) -> NDArray[np.float64]:
    """Return `rebuild_imd` without its crime domain, the other weights divided by their sum.

    The IMD holds police-recorded crime (9.3 %): beside crime indicators it would count twice.
    """
    kept = [0.0 if name == "crime_domain" else w for name, w in DOMAIN_WEIGHTS.items()]
    total = sum(kept)
    return _weighted(ranks, areas, tuple(w / total for w in kept))


def _weighted(
    ranks: NDArray[np.float64], areas: int, weights: Sequence[float]
) -> NDArray[np.float64]:
    if ranks.ndim != 2 or ranks.shape[1] != len(weights):
        raise StatisticsError(f"ranks must be areas by {len(weights)} domains, not {ranks.shape}")
    known = ranks[~np.isnan(ranks)]
    if known.size and not (known.min() >= 1 and known.max() <= areas):
        raise StatisticsError(
            f"ranks run from {known.min():g} to {known.max():g}; expected 1 to {areas}"
        )
    score = np.zeros(len(ranks))
    for column, weight in enumerate(weights):
        if weight > 0:
            share = (areas - ranks[:, column] + 1.0) / areas
            score = score + weight * exponential_transform(share)
    return score


def read_iod(path: Path, edition: Edition, *, shown_as: str) -> Deprivation:
    """Read File 7 of the Indices of Deprivation 2025, or the ranks (File 2) of 2019.

    Headers are matched after stripping and by prefix: published files have trailing spaces and
    cuts at 80 characters. File 2 of 2019 holds ranks and deciles alone: its domains are the
    exponential transforms of the ranks and its IMD score is rebuilt from them.

    Raises
    ------
    InputError
        With every missing column, bad number, repeated code and rank out of range.
    """
    wanted: dict[str, tuple[str, ...]] = {
        "area_code": _CODES[edition],
        "imd_rank": (f"{_IMD} Rank",),
        "imd_decile": (f"{_IMD} Decile",),
    }
    wanted |= {f"{name}_rank": (f"{title} Rank",) for name, title in _TITLES.items()}
    if edition == "2025":
        wanted["imd_score"] = (f"{_IMD} Score",)
        wanted |= {name: (f"{title} Score",) for name, title in _TITLES.items()}
    table = read_table(path, shown_as=shown_as, wanted=wanted)
    columns = match_columns(table, wanted)
    index = area_codes(table, columns["area_code"])
    areas = ENGLAND_AREAS[edition]
    values = {}
    faults = Faults()
    for name, header in columns.items():
        if name != "area_code":
            try:
                values[name] = number_column(table, header)
            except InputError as error:
                faults.extend(error.faults)
    faults.extend(_rank_faults(table, columns, values, areas))
    faults.raise_if_any()
    ranks = np.stack([values[f"{name}_rank"] for name in DOMAIN_WEIGHTS], axis=1)
    frame = pd.DataFrame(index=index)
    if edition == "2025":
        frame["imd_score"] = values["imd_score"]
        for name in DOMAIN_WEIGHTS:
            frame[name] = values[name]
    else:
        frame["imd_score"] = rebuild_imd(ranks, areas)
        for column, name in enumerate(DOMAIN_WEIGHTS):
            frame[name] = exponential_transform((areas - ranks[:, column] + 1.0) / areas)
    frame["imd_rank"] = values["imd_rank"]
    frame["imd_decile"] = values["imd_decile"]
    frame["deprivation_without_crime"] = deprivation_without_crime(ranks, areas)
    warnings = (
        ()
        if edition == "2025"
        else (
            (
                f"{shown_as}: the 2019 file holds ranks; the IMD score and the domain scores are "
                "rebuilt from them."
            ),
        )
    )
    return Deprivation(frame.sort_index(), edition, _VINTAGES[edition], shown_as, warnings)


def _rank_faults(
    table: Table,
    columns: dict[str, str],
    values: dict[str, NDArray[np.float64]],
    areas: int,
) -> list[Fault]:
    faults = []
    for name, rank in values.items():
        if name.endswith("_rank"):
            bad = np.flatnonzero((rank < 1) | (rank > areas))
            if bad.size:
                said = (
                    f"rank {rank[bad[0]]:g} lies outside 1 to {areas}, the areas of England in "
                    f"this edition ({bad.size} such); is it the edition that the inputs file says?"
                )
                faults.append(table.fault(int(bad[0]), said, columns[name]))
    return faults


def place_deprivation(
    table: Deprivation, codes: Sequence[str], *, vintage: str, crosswalk: Crosswalk | None
) -> Placed:
    """Return deprivation on the areas of a run; see `place_unchanged` for another vintage."""
    placed = place_unchanged(
        table.frame,
        codes,
        what="deprivation",
        table_vintage=table.vintage,
        vintage=vintage,
        crosswalk=crosswalk,
        shown_as=table.shown_as,
    )
    return Placed(placed.frame, (*table.warnings, *placed.warnings))
