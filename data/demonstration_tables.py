"""The official tables of the made-up county: codes, names, lookups, residents, deprivation.

Everything has the columns of the real table that it stands for, and codes that no real area has.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from demonstration_county import County

__all__ = ["LADS", "Area", "Plan", "make_plan", "older_areas", "tables"]

LADS = {"Wessmouth": "E06990001", "Harrowdown": "E06990002"}
FORCE = ("E23990001", "Wessmouth")
# Many-to-many on purpose, as in seven real authorities: one partnership spans both authorities,
# and one authority has two partnerships.
PARTNERSHIPS = (
    ("Wessmouth", "E22990001", "Wessmouth and Harrowdown"),
    ("Wessmouth", "E22990002", "Wessmouth Town"),
    ("Harrowdown", "E22990001", "Wessmouth and Harrowdown"),
)
# Names by settlement and authority. The first goes to the part in the middle (of the Wessmouth
# countryside: to the part with the island), the others from south to north.
PLACES = {
    ("Wessmouth", "Wessmouth"): (
        "Wessmouth Central", "Wessmouth Harbour", "Saltings & Priory", "Castle Down", "Marl Park",
        "Whitmarsh", "Furzey Heath", "Northgate",
    ),
    ("Kelding", "Wessmouth"): ("Kelding Market", "Kelding Bridge", "Kelding Rise"),
    ("", "Wessmouth"): (
        "Tolney Isle & Orcott", "Cawdle Head", "Pennick Ridge", "Sallow Vale", "Thornmere",
    ),
    ("Harrow Stoke", "Harrowdown"): ("Stoke Central", "Stoke Mill", "Stoke Fields"),
    ("", "Harrowdown"): (
        "Lower Wend Valley", "Strode", "Haddle", "Upper Wend Valley", "Brackmoor",
    ),
}  # fmt: skip
WARDS = {
    ("Wessmouth", "Wessmouth"): (
        "Old Town", "Harbour", "Saltings", "Priory", "Castle", "Marl", "Whitmarsh", "Furzey",
        "Northgate & Barrow",
    ),
    ("Kelding", "Wessmouth"): ("Kelding Town", "Kelding South", "Kelding North"),
    ("", "Wessmouth"): (
        "Tolney & the Shore", "Cawdle", "Orcott", "Pennick", "Sallow", "Thornmere & Lode",
    ),
    ("Harrow Stoke", "Harrowdown"): ("Stoke Town", "Stoke South", "Stoke North"),
    ("", "Harrowdown"): (
        "Lower Wend", "Strode", "Haddle", "Marchfield", "Upper Wend", "Brackmoor & Fell",
    ),
}  # fmt: skip
RUC = {
    "UF1": ("Urban: Further from a major town or city", "Urban"),
    "RLF1": ("Larger rural: Further from a major town or city", "Rural"),
    "RSF1": ("Smaller rural: Further from a major town or city", "Rural"),
}


@dataclass(frozen=True)
class Area:
    """One area of the county as the official tables know it."""

    index: int  # position in County
    code: str
    name: str
    authority: str
    settlement: str
    msoa_code: str
    place: str
    ward_code: str
    ward: str
    ruc: str
    residents: int


@dataclass(frozen=True)
class Plan:
    """The areas in order of their code, and the positions in it of what is planted."""

    areas: tuple[Area, ...]
    neighbours: tuple[frozenset[int], ...]
    coastal: np.ndarray
    cluster: tuple[int, ...]
    shoulder: tuple[int, ...]  # areas around the cluster
    few_events: int
    island: int
    split: tuple[int, int]
    merged: int
    deprivation: np.ndarray  # standard normal, more is worse


def make_plan(county: County, rng: np.random.Generator) -> Plan:
    """Name the areas, choose where the truths are planted, give residents and deprivation."""
    groups = _groups(county)
    msoa = _divide(county, groups, {k: len(v) for k, v in PLACES.items()})
    wards = _divide(county, groups, {k: len(v) for k, v in WARDS.items()}, turned=True)
    island = county.settlement.index("island")

    names: dict[int, tuple[str, str, str, int]] = {}  # index -> name, msoa code, place, order
    order = 0
    for authority in LADS:
        mine = [m for key, sets in msoa.items() if key[1] == authority for m in sets]
        place_of = {
            tuple(m): place
            for key, sets in msoa.items()
            for m, place in zip(_by_place(county, key, sets), PLACES[key], strict=True)
        }
        mine.sort(key=lambda m: -county.seeds[m, 1].mean())  # numbered from north to south
        for number, members in enumerate(mine, start=1):
            code = f"E0299{len({v[1] for v in names.values()}) + 1:04d}"
            for letter, i in zip(
                "ABCDEFGH", sorted(members, key=lambda i: county.seeds[i, 0]), strict=False
            ):
                names[i] = (
                    f"{authority} {number:03d}{letter}",
                    code,
                    place_of[tuple(members)],
                    order,
                )
                order += 1
    ward_of: dict[int, tuple[str, str]] = {}
    for key, sets in wards.items():
        for members, ward in zip(_by_place(county, key, sets), WARDS[key], strict=True):
            code = f"E0599{len({v[0] for v in ward_of.values()}) + 1:04d}"
            for i in members:
                ward_of[i] = (code, ward)

    # A split and a merger since 2011: those areas have the newest codes, as real ones do.
    split = _split_pair(county, {i: names[i][1] for i in names})
    merged = max(
        (i for i in names if county.authority[i] == "Harrowdown" and not county.settlement[i]),
        key=lambda i: county.polygons[i].area,
    )
    newest = [*split, merged]
    ordered = [i for i in sorted(names, key=lambda i: names[i][3]) if i not in newest] + newest
    position = {i: p for p, i in enumerate(ordered)}
    neighbours = tuple(frozenset(position[j] for j in county.neighbours[i]) for i in ordered)

    cluster = _cluster(county, [position[i] for i in range(len(ordered))], ordered, neighbours)
    shoulder = sorted(set().union(*(neighbours[p] for p in cluster)) - set(cluster))
    few = _few_events(county, ordered, neighbours)

    areas = []
    for p, i in enumerate(ordered):
        town = county.settlement[i]
        residents = int(rng.integers(1250, 2250)) if town else int(rng.integers(1050, 1900))
        if p == few:
            residents = 118
        if i == island:
            residents = 1043
        ruc = "UF1"
        if not town or i == island:
            ruc = "RLF1" if county.polygons[i].area < 13.0e6 and i != island else "RSF1"
        areas.append(
            Area(
                index=i,
                code=f"E0199{p + 1:04d}",
                name=names[i][0],
                authority=county.authority[i],
                settlement="" if i == island else town,
                msoa_code=names[i][1],
                place=names[i][2],
                ward_code=ward_of[i][0],
                ward=ward_of[i][1],
                ruc=ruc,
                residents=residents,
            )
        )
    return Plan(
        areas=tuple(areas),
        neighbours=neighbours,
        coastal=county.coastal[ordered],
        cluster=tuple(cluster),
        shoulder=tuple(shoulder),
        few_events=few,
        island=position[island],
        split=(position[split[0]], position[split[1]]),
        merged=position[merged],
        deprivation=_latent(rng, areas, neighbours, cluster, shoulder, few),
    )


def tables(
    plan: Plan, deprivation: Sequence[Sequence[object]]
) -> dict[str, list[Sequence[object]]]:
    """Return path under data/ -> rows of each official table, header first."""
    lad = LADS
    changes: list[Sequence[object]] = [
        ("LSOA11CD", "LSOA11NM", "LSOA21CD", "LSOA21NM", "CHGIND", "LAD22CD", "LAD22NM")
    ]
    for old_code, old_name, p, how in older_areas(plan):
        a = plan.areas[p]
        changes.append((old_code, old_name, a.code, a.name, how, lad[a.authority], a.authority))
    places = sorted({(a.msoa_code, a.name[:-1], a.place, a.authority) for a in plan.areas})
    return {
        "lookups/LSOA21_to_WD24_to_LAD24.csv": [
            ("LSOA21CD", "LSOA21NM", "WD24CD", "WD24NM", "LAD24CD", "LAD24NM"),
            *(
                (a.code, a.name, a.ward_code, a.ward, lad[a.authority], a.authority)
                for a in plan.areas
            ),
        ],
        "lookups/LAD24_to_CSP24_to_PFA24.csv": [
            ("LAD24CD", "LAD24NM", "CSP24CD", "CSP24NM", "PFA24CD", "PFA24NM"),
            *((lad[name], name, code, csp, *FORCE) for name, code, csp in PARTNERSHIPS),
        ],
        "lookups/LSOA11_to_LSOA21_to_LAD22.csv": changes,
        "lookups/MSOA21_place_names.csv": [
            ("MSOA21CD", "MSOA21NM", "MSOA21HCLNM", "LADCD_ACTIVE", "LADNM_ACTIVE"),
            *((code, name, place, lad[where], where) for code, name, place, where in places),
        ],
        "rurality/RUC_2021_of_LSOAs.csv": [
            ("LSOA21CD", "LSOA21NM", "RUC21CD", "RUC21NM", "Urban_rural_flag"),
            *((a.code, a.name, a.ruc, *RUC[a.ruc]) for a in plan.areas),
        ],
        "population/census2021-ts001-lsoa.csv": [
            ("date", "geography", "geography code", "Residence type: Total; measures: Value"),
            *((2021, a.name, a.code, a.residents) for a in plan.areas),
        ],
        "deprivation/IoD2025_File_7.csv": list(deprivation),
    }


def older_areas(plan: Plan) -> list[tuple[str, str, int, str]]:
    """Areas of 2011: code, name, position of the 2021 area, change (U, S or M)."""
    rows = []
    for p, a in enumerate(plan.areas):
        if p in plan.split:
            rows.append(("E01990901", "Kelding Vale 001C", p, "S"))
        elif p == plan.merged:
            rows.append(("E01990902", "North Harrowdown 002A", p, "M"))
            rows.append(("E01990903", "North Harrowdown 002B", p, "M"))
        else:
            rows.append((a.code, a.name, p, "U"))
    return sorted(rows, key=lambda row: (row[0], row[2]))


def _groups(county: County) -> dict[tuple[str, str], list[int]]:
    """Areas by settlement and authority; the island belongs to the countryside."""
    found: dict[tuple[str, str], list[int]] = {}
    for i, (town, authority) in enumerate(zip(county.settlement, county.authority, strict=True)):
        found.setdefault(("" if town == "island" else town, authority), []).append(i)
    return found


def _divide(
    county: County,
    groups: dict[tuple[str, str], list[int]],
    parts: dict[tuple[str, str], int],
    *,
    turned: bool = False,
) -> dict[tuple[str, str], list[list[int]]]:
    """Cut each group into compact parts of about equal size, halving along its longer side."""

    def cut(members: list[int], n: int, *, other: bool) -> list[list[int]]:
        if n == 1:
            return [sorted(members)]
        at = county.seeds[members]
        axis = int(np.ptp(at[:, 1]) > np.ptp(at[:, 0])) ^ int(other)
        ranked = sorted(members, key=lambda i: (county.seeds[i, axis], i))
        first = n // 2
        size = round(len(members) * first / n)
        return cut(ranked[:size], first, other=False) + cut(ranked[size:], n - first, other=False)

    return {key: cut(members, parts[key], other=turned) for key, members in groups.items()}


def _by_place(county: County, key: tuple[str, str], sets: list[list[int]]) -> list[list[int]]:
    """Order parts so that names fit: first the central one (or the island's), then southern."""
    centre = county.seeds[[i for members in sets for i in members]].mean(axis=0)
    islands = {i for i, town in enumerate(county.settlement) if town == "island"}

    def near(members: list[int]) -> float:
        if key == ("", "Wessmouth"):
            return -float(bool(islands & set(members)))
        return float(np.hypot(*(county.seeds[members].mean(axis=0) - centre)))

    first = min(sets, key=near)
    rest = sorted((s for s in sets if s is not first), key=lambda s: county.seeds[s, 1].mean())
    return [first, *rest]


def _split_pair(county: County, msoa: dict[int, str]) -> tuple[int, int]:
    """Two areas of Kelding that touch and share a middle-layer area."""
    pairs = [
        (i, j)
        for i in sorted(msoa)
        for j in sorted(county.neighbours[i])
        if i < j and county.settlement[i] == "Kelding" and msoa[i] == msoa[j]
    ]
    return max(pairs, key=lambda ij: county.polygons[ij[0]].area + county.polygons[ij[1]].area)


def _cluster(
    county: County,
    position: list[int],
    ordered: list[int],
    neighbours: tuple[frozenset[int], ...],
) -> list[int]:
    """Choose an area of the main town and the five around it, all of the town and inland."""
    centre = county.seeds[[i for i, s in enumerate(county.settlement) if s == "Wessmouth"]]
    middle = centre.mean(axis=0)

    def fits(p: int) -> bool:
        group = [p, *neighbours[p]]
        return len(group) == 6 and all(
            county.settlement[ordered[q]] == "Wessmouth" and not county.coastal[ordered[q]]
            for q in group
        )

    chosen = [p for p in position if fits(p)]
    heart = min(chosen, key=lambda p: (np.hypot(*(county.seeds[ordered[p]] - middle)), p))
    return sorted([heart, *neighbours[heart]])


def _few_events(county: County, ordered: list[int], neighbours: tuple[frozenset[int], ...]) -> int:
    """Choose a rural area of Wessmouth, inland, none of whose neighbours is in a town."""
    quiet = [
        p
        for p, i in enumerate(ordered)
        if county.authority[i] == "Wessmouth"
        and not county.settlement[i]
        and not county.coastal[i]
        and neighbours[p]
        and not any(county.settlement[ordered[q]] for q in neighbours[p])
    ]
    return min(quiet, key=lambda p: (county.polygons[ordered[p]].area, p))


def _latent(
    rng: np.random.Generator,
    areas: list[Area],
    neighbours: tuple[frozenset[int], ...],
    cluster: list[int],
    shoulder: list[int],
    few: int,
) -> np.ndarray:
    """Deprivation as a standard normal figure: smooth over neighbours, highest in the cluster."""
    raw = rng.normal(size=len(areas))
    smooth = np.array(
        [
            0.6 * raw[p] + 0.9 * (np.mean([raw[q] for q in sorted(near)]) if near else 0.0)
            for p, near in enumerate(neighbours)
        ]
    )
    smooth += np.array([0.35 if a.settlement else -0.25 for a in areas])
    smooth[shoulder] += 0.6
    smooth[cluster] = 1.75 + 0.3 * smooth[cluster]
    smooth[few] = -0.9
    return smooth
