"""Made-up counts of other services, residents by age, and the list of artefacts.

Emergency department, ambulance and residents' reports see the planted cluster too. What they see
that the police figures do not, and the other way round, is planted: see `make_demonstration.py`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from demonstration_crime import COAST_BY_MONTH, INLAND_BY_MONTH
from demonstration_tables import Plan

__all__ = ["SERVICES", "ages_table", "artefact_rows", "hidden_area", "hospital_area",
           "service_tables"]  # fmt: skip

MONTHS = tuple(f"2025-{month:02d}" for month in range(1, 13))
AMBULANCE_GAP = "2025-03"
# File name, column of the count, per 1,000 residents a year, times in the planted cluster and in
# the area whose violence the police figures do not show; whether counts under 5 are hidden.
SERVICES = {
    "other/emergency-department.csv": ("attendances", 9.0, 4.5, 5.0, True),
    "other/ambulance.csv": ("calls", 6.0, 4.0, 5.0, False),
    "other/community-voice.csv": ("reports", 5.0, 3.0, 1.0, False),
}
AGE_PEAKS = ((28.0, 16.0, 0.55), (62.0, 15.0, 0.45))


def hidden_area(plan: Plan) -> int:
    """Return the rural area that other services see and the police figures do not.

    Inland, away from everything else that is planted: of the half of such areas with more
    residents, the least deprived, where nobody would look.
    """
    busy = {*plan.cluster, *plan.shoulder, *plan.split, plan.merged, plan.few_events, plan.island}
    quiet = [
        p
        for p, area in enumerate(plan.areas)
        if area.ruc != "UF1"
        and p not in busy
        and not busy & plan.neighbours[p]
        and not plan.coastal[p]
        and not area.settlement
    ]
    quiet.sort(key=lambda p: (-plan.areas[p].residents, p))
    return min(quiet[: len(quiet) // 2], key=lambda p: (plan.deprivation[p], p))


def hospital_area(plan: Plan) -> int:
    """Return the area beside the cluster that a hospital's records make look worse: an artefact.

    Of the areas around the cluster the most deprived, which comes out high by itself.
    """
    return max(plan.shoulder, key=lambda p: (plan.deprivation[p], -p))


def service_tables(plan: Plan, rng: np.random.Generator) -> dict[str, list[Sequence[object]]]:
    """Return file name -> rows, header first: only counts above 0 are listed.

    The first table hides counts under 5 as `<5`, the second lacks a month, and the third holds
    one row of each fault that a reader has to set aside.
    """
    residents = np.array([area.residents for area in plan.areas], dtype=float)
    hidden = hidden_area(plan)
    found: dict[str, list[Sequence[object]]] = {}
    for name, (column, rate, cluster, unseen, suppressed) in SERVICES.items():
        level = np.full(len(plan.areas), rate / 12_000.0) * residents
        level *= 1.12 ** np.clip(plan.deprivation, -1.5, 1.5)
        level[list(plan.cluster)] = cluster * rate / 12_000.0 * residents[list(plan.cluster)]
        level[hidden] = unseen * rate / 12_000.0 * residents[hidden]
        rows: list[Sequence[object]] = [("LSOA21CD", "month", column)]
        for month in MONTHS:
            if column == "calls" and month == AMBULANCE_GAP:
                continue
            number = int(month[-2:]) - 1
            season = np.where(plan.coastal, COAST_BY_MONTH[number], INLAND_BY_MONTH[number])
            counts = rng.poisson(level * season)
            rows += [
                (area.code, month, "<5" if suppressed and n < 5 else int(n))
                for area, n in zip(plan.areas, counts, strict=True)
                if n > 0
            ]
        found[name] = rows
    last = found["other/community-voice.csv"]
    code = plan.areas[plan.cluster[0]].code
    last += [
        (code, "Jun-25", 3),
        (code, "2025-07", "some"),
        (code, "2025-07", -2),
        ("E01999999", "2025-07", 4),
        ("", "2025-07", 2),
        (code, "2024-12", 5),
    ]
    return found


def ages_table(plan: Plan, rng: np.random.Generator) -> list[Sequence[object]]:
    """Return residents by single year of age, as mid-year estimates are published."""
    years = np.arange(91)
    shape = sum(w * np.exp(-(((years - m) / s) ** 2) / 2) for m, s, w in AGE_PEAKS) + 0.15
    rows: list[Sequence[object]] = [
        ("LSOA Name", "LSOA Code", "All Ages", *(str(year) for year in range(90)), "90+")
    ]
    for p, area in enumerate(plan.areas):
        # Deprived areas are younger.
        tilt = np.exp(-plan.deprivation[p] * (years - 40) / 120.0)
        share = shape * tilt
        counts = rng.multinomial(area.residents, share / share.sum())
        rows.append((area.name, area.code, area.residents, *(int(n) for n in counts)))
    return rows


def artefact_rows(plan: Plan) -> list[Sequence[object]]:
    """Return the artefacts that a person of the made-up county entered."""
    hospital, island = plan.areas[hospital_area(plan)], plan.areas[plan.island]
    return [
        ("area_code", "kind", "reason", "source", "expires"),
        (
            hospital.code,
            "hospital",
            "Wessmouth General stands here: assaults on staff and patients are recorded at it",
            "Partnership analyst (made up)",
            "",
        ),
        (
            island.code,
            "prison",
            "Tolney training prison, closed in 2024",
            "Partnership analyst (made up)",
            "2024-12",
        ),
    ]
