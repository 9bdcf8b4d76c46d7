"""The made-up incidents: twelve months less one as data.police.uk files, and a force's extract."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyproj
import shapely
from demonstration_county import County
from demonstration_tables import Plan, older_areas

__all__ = [
    "COLUMNS", "FEW_EVENTS", "MISSING_MONTH", "MONTHS", "OLD_MONTHS", "REPEATED_IN", "Incident",
    "extract_rows", "make_incidents", "police_rows",
]  # fmt: skip

COLUMNS = (
    "Crime ID", "Month", "Reported by", "Falls within", "Longitude", "Latitude", "Location",
    "LSOA code", "LSOA name", "Crime type", "Last outcome category", "Context",
)  # fmt: skip
MISSING_MONTH = "2025-08"
MONTHS = tuple(f"2025-{m:02d}" for m in range(1, 13) if f"2025-{m:02d}" != MISSING_MONTH)
OLD_MONTHS = ("2019-01", "2019-02")
REPEATED_IN = ("2025-03", "2025-04")
OUTSIDE_ROWS = 7
ASB = "Anti-social behaviour"
VIOLENCE = "Violence and sexual offences"

# Crimes per 1,000 residents a year, invented; then how many times that in towns, by deprivation
# (per standard deviation), in the planted cluster and in the areas around it.
CRIME = {
    VIOLENCE: (14.5, 1.25, 1.22, 3.6, 1.5),
    ASB: (9.5, 1.35, 1.20, 2.2, 1.3),
    "Shoplifting": (3.6, 1.6, 1.05, 1.6, 1.4),
    "Criminal damage and arson": (3.6, 1.2, 1.2, 2.2, 1.3),
    "Other theft": (2.9, 1.1, 1.05, 1.5, 1.2),
    "Public order": (2.5, 1.35, 1.2, 2.5, 1.4),
    "Vehicle crime": (2.0, 0.95, 1.1, 1.4, 1.2),
    "Burglary": (1.6, 0.95, 1.15, 1.5, 1.2),
    "Drugs": (0.8, 1.3, 1.2, 2.5, 1.3),
    "Other crime": (0.6, 1.0, 1.1, 1.5, 1.1),
    "Bicycle theft": (0.45, 1.6, 1.0, 1.5, 1.2),
    "Robbery": (0.26, 1.5, 1.25, 11.0, 2.5),
    "Possession of weapons": (0.28, 1.3, 1.2, 6.0, 1.8),
    "Theft from the person": (0.22, 1.6, 1.0, 3.5, 1.5),
}
# The rural area whose rate is high on very few events: every crime it has (month, type).
FEW_EVENTS = (
    ("2025-02", "Robbery"), ("2025-05", VIOLENCE), ("2025-10", "Robbery"), ("2025-11", VIOLENCE),
)  # fmt: skip
# Visitors: crime by month in areas on the coast, and elsewhere.
COAST_BY_MONTH = (0.72, 0.72, 0.82, 0.98, 1.12, 1.35, 1.75, 1.85, 1.1, 0.85, 0.72, 0.72)
INLAND_BY_MONTH = (0.97, 0.93, 0.99, 0.99, 1.03, 1.03, 1.05, 1.04, 1.0, 1.02, 0.98, 0.97)

PLACES = (
    "Supermarket", "Parking Area", "Shopping Area", "Petrol Station", "Nightclub",
    "Park/Open Space", "Sports/Recreation Area", "Bus/Coach Station",
)  # fmt: skip
STREET = (
    "Alder", "Barrow", "Capstan", "Dunlin", "Ember", "Fathom", "Gorse", "Hawser", "Ivel", "Jetty",
    "Kestrel", "Linnet", "Marl", "Netmaker", "Osier", "Plover", "Quay", "Ropewalk", "Saltern",
    "Tern", "Underhill", "Vetch", "Wend", "Yarrow",
)  # fmt: skip
STREET_KIND = ("Road", "Street", "Lane", "Close", "Avenue", "Way", "Drive")
OUTCOMES = (
    "Unable to prosecute suspect", "Investigation complete; no suspect identified",
    "Status update unavailable", "Court result unavailable", "Local resolution",
    "Action to be taken by another organisation", "Under investigation",
)  # fmt: skip
OUTCOME_SHARE = (0.41, 0.33, 0.05, 0.07, 0.04, 0.03, 0.07)

# British National Grid to longitude and latitude by the seven-parameter shift (EPSG:1314),
# spelt out: PROJ would choose another way where its grid files are installed, and the files made
# here have to be the same everywhere.
TO_DEGREES = (
    "+proj=pipeline +step +inv +proj=tmerc +lat_0=49 +lon_0=-2 +k=0.9996012717 +x_0=400000 "
    "+y_0=-100000 +ellps=airy +step +proj=push +v_3 +step +proj=cart +ellps=airy "
    "+step +proj=helmert +x=446.448 +y=-125.157 +z=542.06 +rx=0.15 +ry=0.247 +rz=0.842 "
    "+s=-20.489 +convention=position_vector +step +inv +proj=cart +ellps=WGS84 "
    "+step +proj=pop +v_3 +step +proj=unitconvert +xy_in=rad +xy_out=deg"
)

# Offence code (as a force might write it), share, for the types that the extract holds.
OFFENCE_CODES = {
    VIOLENCE: (("105A", 0.45), ("8N", 0.3), ("8L", 0.21), ("5D", 0.04)),
    "Robbery": (("34B", 0.85), ("34A", 0.15)),
    "Possession of weapons": (("10D", 0.7), ("10C", 0.3)),
}
AGES = ("under 18", "18 to 24", "25 to 34", "35 to 49", "50 and over", "")
WEAPONS = ("bladed article", "blunt object", "other")
AGE_SHARE = (0.14, 0.22, 0.24, 0.22, 0.12, 0.06)


@dataclass(frozen=True)
class Incident:
    """One made-up incident; `area` is None where no location was recorded."""

    month: str
    kind: str
    identity: str  # 64 hexadecimal digits, "" for anti-social behaviour
    area: int | None
    point: int  # which map point of the area
    outcome: str


def make_incidents(plan: Plan, points: int, rng: np.random.Generator) -> dict[str, list[Incident]]:
    """Draw the incidents of every month.

    Parameters
    ----------
    plan
        The areas and what is planted in them.
    points
        Map points an area has.
    rng
        Source of every random choice.
    """
    kinds = list(CRIME)
    rate = np.array([[CRIME[k][0] for k in kinds]] * len(plan.areas)) / 1000.0
    in_town = np.array([bool(a.settlement) for a in plan.areas])
    residents = np.array([a.residents for a in plan.areas], dtype=float)
    for column, kind in enumerate(kinds):
        _, town, by_deprivation, cluster, shoulder = CRIME[kind]
        rate[in_town, column] *= town
        rate[~in_town, column] *= 0.75
        rate[:, column] *= by_deprivation ** np.clip(plan.deprivation, -1.5, 1.5)
        rate[list(plan.shoulder), column] *= shoulder
        # The cluster is set, not multiplied, so that what is planted is the same in all its areas.
        rate[list(plan.cluster), column] = CRIME[kind][0] / 1000.0 * town * cluster
    spread = np.array([18.0 if p not in plan.cluster else 200.0 for p in range(len(plan.areas))])
    rate *= rng.gamma(spread, 1.0 / spread)[:, None]
    expected = rate * residents[:, None] / 12.0
    expected[plan.few_events] = 0.0

    weight = np.array([1.0 / (1 + i) for i in range(points)])
    found: dict[str, list[Incident]] = {}
    serial = 0
    for month in (*OLD_MONTHS, *MONTHS):
        number = int(month[-2:]) - 1
        season = np.where(plan.coastal, COAST_BY_MONTH[number], INLAND_BY_MONTH[number])
        if month in OLD_MONTHS:
            season = season * 0.6
        busy = rng.gamma(16.0, 1.0 / 16.0, size=(len(plan.areas), 1))
        counts = rng.poisson(expected * season[:, None] * busy)
        rows = []
        for p in range(len(plan.areas)):
            drawn = [k for column, k in enumerate(kinds) for _ in range(counts[p, column])]
            if p == plan.few_events:
                drawn = [k for m, k in FEW_EVENTS if m == month]
            for kind in drawn:
                serial += 1
                blank = rng.random() < (0.016 if kind == VIOLENCE else 0.005)
                point = int(rng.choice(points, p=weight / weight.sum()))
                outcome = OUTCOMES[int(rng.choice(len(OUTCOMES), p=OUTCOME_SHARE))]
                rows.append(
                    Incident(
                        month=month,
                        kind=kind,
                        identity="" if kind == ASB else _identity(serial),
                        area=None if blank and p != plan.few_events else p,
                        point=point,
                        outcome="" if kind == ASB else outcome,
                    )
                )
        found[month] = rows
    # One crime stands in two months' files, as happens when a force reopens a record.
    first, second = REPEATED_IN
    again = next(r for r in found[first] if r.area in plan.cluster and r.kind == "Robbery")
    found[second].append(replace(again, month=second, outcome="Under investigation"))
    return found


def police_rows(
    incidents: dict[str, list[Incident]], plan: Plan, county: County, map_points: list[np.ndarray]
) -> dict[str, list[Sequence[object]]]:
    """Return member name -> rows as data.police.uk publishes them, header first.

    Old months carry LSOA 2011 codes and nothing says so, as in the real files.
    """
    streets = _streets(map_points)
    degrees = pyproj.Transformer.from_pipeline(TO_DEGREES)
    older = _older(plan, county)
    members = {}
    outside = 0
    for month, found in incidents.items():
        located: list[Sequence[object]] = []
        lost: list[Sequence[object]] = []
        for r in found:
            head = (r.identity, month, "Wessmouth Police", "Wessmouth Police")
            tail = (r.kind, r.outcome, "")
            if r.area is None:
                lost.append((*head, "", "", "No Location", "", "", *tail))
                continue
            x, y = map_points[r.area][r.point]
            lon, lat = degrees.transform(x, y)
            code, name = plan.areas[r.area].code, plan.areas[r.area].name
            if month in OLD_MONTHS:
                code, name = older(r.area, float(x))
            location = f"On or near {streets[r.area][r.point]}"
            located.append((*head, f"{lon:.6f}", f"{lat:.6f}", location, code, name, *tail))
        if month in MONTHS and outside < OUTSIDE_ROWS:  # recorded here, happened elsewhere
            outside += 1
            lon, lat = degrees.transform(ORIGIN_NORTH[0] + 250 * outside, ORIGIN_NORTH[1])
            located.append((
                _identity(10**6 + outside), month, "Wessmouth Police", "Wessmouth Police",
                f"{lon:.6f}", f"{lat:.6f}", "On or near Toll Road", "E01999001",
                "Northmarch 001A", VIOLENCE, OUTCOMES[0], "",
            ))  # fmt: skip
        located.sort(key=lambda row: (str(row[7]), str(row[9]), str(row[0]), str(row[4])))
        members[f"{month}/{month}-wessmouth-street.csv"] = [COLUMNS, *located, *lost]
    # Two rows that no reader should believe: a month written another way and a misspelt type.
    _spoil(members["2025-05/2025-05-wessmouth-street.csv"], column=1, value="May-25")
    _spoil(
        members["2025-10/2025-10-wessmouth-street.csv"],
        column=9,
        value="Violance and sexual offences",
    )
    return members


ORIGIN_NORTH = (330_000, 50_000)  # sea, north of the county


def extract_rows(
    incidents: dict[str, list[Incident]],
    plan: Plan,
    county: County,
    map_points: list[np.ndarray],
    rng: np.random.Generator,
) -> list[Sequence[object]]:
    """Violence, robbery and weapons of January to June 2025 as the force itself might hold them.

    The same crimes as in the monthly files, at points of their own, with what an extract adds:
    the day and time, domestic abuse, weapon, public place, age bands.
    """
    rows: list[Sequence[object]] = [
        (
            "crime_ref", "date", "time", "easting", "northing", "offence_code", "domestic_abuse",
            "weapon", "public_place", "victim_age_band", "suspect_age_band",
        )
    ]  # fmt: skip
    serial = 0
    for month in MONTHS[:6]:
        for r in incidents[month]:
            if r.kind not in OFFENCE_CODES or (
                month == REPEATED_IN[1] and r is incidents[month][-1]
            ):
                continue
            serial += 1
            codes, share = zip(*OFFENCE_CODES[r.kind], strict=True)
            code = codes[int(rng.choice(len(codes), p=share))]
            busy = r.area in plan.cluster
            domestic = r.kind == VIOLENCE and rng.random() < (0.18 if busy else 0.34)
            public = r.kind != VIOLENCE or (not domestic and rng.random() < (0.75 if busy else 0.5))
            armed = r.kind == "Possession of weapons" or rng.random() < (
                0.3 if r.kind == "Robbery" else 0.04
            )
            weapon = ("bladed article", "blunt object", "other")[
                int(rng.choice(3, p=(0.6, 0.25, 0.15)))
            ]
            hour = int(rng.choice(24, p=_HOURS))
            easting: object = ""
            northing: object = ""
            if r.area is not None:
                x, y = map_points[r.area][r.point] + rng.integers(-12, 13, size=2)
                if not shapely.contains_xy(county.polygons[plan.areas[r.area].index], x, y):
                    x, y = map_points[r.area][r.point]
                easting, northing = int(x), int(y)
            rows.append((
                f"WS/25/{serial:06d}", f"{month}-{int(rng.integers(1, 29)):02d}",
                f"{hour:02d}:{int(rng.integers(0, 60)):02d}", easting, northing, code,
                "Y" if domestic else "N", weapon if armed else "none", "Y" if public else "N",
                AGES[int(rng.choice(6, p=AGE_SHARE))], AGES[int(rng.choice(6, p=AGE_SHARE))],
            ))  # fmt: skip
    return rows


_HOURS = np.array([5, 4, 3, 2, 1, 1, 1, 2, 3, 3, 3, 3, 4, 4, 4, 5, 5, 5, 5, 6, 6, 7, 8, 7]) / 97.0


def _identity(serial: int) -> str:
    """Return a crime's identity: 64 hexadecimal digits, as published."""
    return hashlib.sha256(f"made-up crime {serial}".encode()).hexdigest()


def _streets(map_points: list[np.ndarray]) -> list[list[str]]:
    """Name every map point: a kind of place for the fullest of an area, then streets."""
    named = []
    for area, points in enumerate(map_points):
        names = [PLACES[area % len(PLACES)]]
        for k in range(1, len(points)):
            step = area * 7 + k * 5
            names.append(
                f"{STREET[step % len(STREET)]} {STREET_KIND[(step + k) % len(STREET_KIND)]}"
            )
        named.append(names)
    return named


def _older(plan: Plan, county: County):  # noqa: ANN202  a function of (area, easting)
    """Return the lookup from a 2021 area to the code and name that it had in 2011."""
    before: dict[int, list[tuple[str, str]]] = {}
    for code, name, p, _ in older_areas(plan):
        before.setdefault(p, []).append((code, name))
    middle = county.seeds[plan.areas[plan.merged].index, 0]

    def look_up(area: int, easting: float) -> tuple[str, str]:
        choices = before[area]
        return choices[-1] if easting > middle else choices[0]

    return look_up


def _spoil(rows: list[Sequence[object]], *, column: int, value: str) -> None:
    """Replace one cell of the first violent crime of a file."""
    at = next(i for i, row in enumerate(rows) if row[9] == VIOLENCE)
    changed = list(rows[at])
    changed[column] = value
    rows[at] = tuple(changed)
