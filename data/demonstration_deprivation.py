"""Deprivation of the made-up county, in the columns of File 7 of the Indices of Deprivation."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist

import numpy as np
from demonstration_tables import LADS, Plan

__all__ = ["deprivation_table"]

IMD_AREAS = 33_755  # areas in the Indices of Deprivation 2025: ranks run from 1 to this
DOMAINS = {  # domain -> IMD weight, how closely it follows deprivation as a whole
    "Income": (0.225, 0.95),
    "Employment": (0.225, 0.95),
    "Education, Skills and Training": (0.135, 0.88),
    "Health Deprivation and Disability": (0.135, 0.85),
    "Crime": (0.093, 0.75),
    "Barriers to Housing and Services": (0.093, -0.25),
    "Living Environment": (0.093, 0.3),
}
SUB_DOMAINS = {
    "Children and Young People Sub-domain": 0.8,
    "Adult Skills Sub-domain": 0.85,
    "Geographical Barriers Sub-domain": -0.35,
    "Wider Barriers Sub-domain": 0.5,
    "Indoors Sub-domain": 0.3,
    "Outdoors Sub-domain": 0.25,
}


def deprivation_table(plan: Plan, rng: np.random.Generator) -> list[Sequence[object]]:
    """File 7 of the Indices of Deprivation, with made-up national ranks.

    The IMD score is put together from the domain ranks as the official one is: R = (N - rank +
    1) / N, X = -23 ln(1 - R (1 - exp(-100/23))), then the weighted sum. Its rank is where that
    score would stand if scores followed a gamma distribution of shape 2, which is close to
    England's.
    """
    normal = NormalDist()
    count = len(plan.areas)
    score = np.zeros(count)
    columns: dict[str, tuple[list[float], list[int]]] = {}
    for name, (weight, follows) in DOMAINS.items():
        ranks = _ranks(plan, rng, follows)
        above = (IMD_AREAS - np.array(ranks) + 1) / IMD_AREAS
        score += weight * (-23.0 * np.log(1.0 - above * (1.0 - math.exp(-100.0 / 23.0))))
        columns[name] = ([_domain_score(name, r, normal) for r in ranks], ranks)
    for name, follows in SUB_DOMAINS.items():
        ranks = _ranks(plan, rng, follows)
        columns[name] = ([_domain_score(name, r, normal) for r in ranks], ranks)
    imd_ranks = [
        max(1, math.ceil(IMD_AREAS * math.exp(-s / 10.8) * (1.0 + s / 10.8))) for s in score
    ]
    columns = {
        "Index of Multiple Deprivation (IMD)": ([round(float(s), 3) for s in score], imd_ranks),
        **columns,
    }
    header = [
        "LSOA code (2021)",
        "LSOA name (2021)",
        "Local Authority District code (2024)",
        "Local Authority District name (2024)",
    ]
    for name in columns:
        rate = " (rate)" if name in {"Income", "Employment"} else ""
        header += [
            f"{name} Score{rate}",
            f"{name} Rank (where 1 is most deprived)",
            # The publisher cuts one header at 80 characters; ours is cut too.
            f"{name} Decile (where 1 is most deprived 10% of LSOAs)"[
                : 80 if name.startswith("Children") else None
            ],
        ]
    rows: list[Sequence[object]] = [header]
    for p, a in enumerate(plan.areas):
        row: list[object] = [a.code, a.name, LADS[a.authority], a.authority]
        for scores, ranks in columns.values():
            row += [scores[p], ranks[p], math.ceil(10 * ranks[p] / IMD_AREAS)]
        rows.append(row)
    return rows


def _ranks(plan: Plan, rng: np.random.Generator, follows: float) -> list[int]:
    """National ranks, 1 the most deprived, no two the same."""
    normal = NormalDist()
    noise = rng.normal(size=len(plan.areas))
    values = follows * plan.deprivation + math.sqrt(1 - follows**2) * noise
    ranks: list[int] = []
    used: set[int] = set()
    for value in values:
        rank = 1 + int((1.0 - normal.cdf(float(value))) * (IMD_AREAS - 1))
        while rank in used:
            rank += 1
        used.add(rank)
        ranks.append(rank)
    return ranks


def _domain_score(name: str, rank: int, normal: NormalDist) -> float:
    """Turn a rank into a figure on the scale that the domain is published in."""
    above = (IMD_AREAS - rank + 0.5) / IMD_AREAS
    if name == "Income":
        value = 0.01 + 0.55 * above**2
    elif name == "Employment":
        value = 0.01 + 0.33 * above**2
    elif name.startswith("Education"):
        value = -21.5 * math.log(1.0 - 0.99 * above)
    elif name == "Adult Skills Sub-domain":
        value = 0.05 + 0.5 * above**1.5
    elif name.startswith(("Barriers", "Geographical")):
        value = 4.0 + 48.0 * above**1.6
    elif name == "Living Environment":
        value = 1.0 + 65.0 * above**2
    else:
        value = 0.85 * normal.inv_cdf(above)
    return round(value, 3)
