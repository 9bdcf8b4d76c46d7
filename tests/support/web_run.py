"""A published run of 48 made-up squares with everything that the web pages read."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely.geometry import box

from dashboards.exports.columns import TABLES
from risk_model import run_store

FIRST_ID, SECOND_ID = "20260101T000000Z-00000001", "20260201T000000Z-00000002"
MONTHS = [f"2025-{month:02d}" for month in range(1, 7)]
PRIORITIES = {"sv01": "High-harm offending", "sv04": "Serious violence in the community"}
INDICATORS = {"harm_rate": 0.5, "persistence": 0.2, "deprivation_without_crime": 0.3}
SIDE, ROWS = 8, 6
TIERS = ["Strong"] * 3 + ["Supported"] * 3 + ["Watch"] * 4


def areas(names: Sequence[str] = ()) -> gpd.GeoDataFrame:
    """Squares of 1 km; square n has sv01 rank n + 1; the last has no residents and no rate."""
    n = SIDE * ROWS
    at = np.arange(n)
    codes = [f"X01{number:06d}" for number in range(n)]
    places = ["Harbour", "Old Town", "Mill Green", "Hill & Dale", "Sandford", "Abbey"]
    label = [f"{places[i // SIDE]} {chr(65 + i % SIDE)}, Ward {i % 5}" for i in range(n)]
    for i, name in enumerate(names):
        label[i] = name
    people = 1500.0 + 10 * at
    people[-1] = 0
    frame = gpd.GeoDataFrame(
        {
            "area_name": [f"Madeupshire {i // SIDE:03d}{chr(65 + i % SIDE)}" for i in range(n)],
            "area_label": label,
            "place_name": [names[i] if i < len(names) else places[i // SIDE] for i in range(n)],
            "ward_name": [f"Ward {i % 5}" for i in range(n)],
            "lad_code": ["X01" if i % SIDE < 4 else "X02" for i in range(n)],
            "lad_name": ["West Shire" if i % SIDE < 4 else "East Shire" for i in range(n)],
            "rural_urban": ["rural" if i % 3 == 0 else "urban" for i in range(n)],
            "population": people,
            "area_km2": np.ones(n),
            "events": 300 - 5 * at,
        },
        geometry=[
            box(x, y, x + 1000, y + 1000)
            for x, y in zip(370_000 + 1000 * (at % SIDE), 90_000 + 1000 * (at // SIDE), strict=True)
        ],
        crs="EPSG:27700",
        index=pd.Index(codes, name="area_code"),
    )
    for shift, key in enumerate(PRIORITIES):
        order = np.roll(at, shift)
        rank = order + 1
        tier = np.array([TIERS[o] if o < len(TIERS) else "Not evidenced" for o in order], object)
        rate = np.where(people > 0, 60.0 - order, np.nan)
        relative = np.where(people > 0, 2.4 - order / 25, np.nan)
        stratum = pd.Series(order, index=codes).groupby(frame["rural_urban"]).rank()
        cluster = np.where(order < 6, "High-High", "Not significant").astype(object)
        cluster[-1] = "No neighbours"
        figures: dict[str, Any] = {
            "events": 90 - order,
            "harm": 9000.0 - 100 * order,
            "rate": rate,
            "eb_rate": rate * 0.9 + 3,
            "rr": relative,
            "rr_lo": relative * 0.8,
            "rr_hi": relative * 1.2,
            "p_rr_gt_1": np.clip(1 - order / 40, 0, 1),
            "p_rr_gt_1_5": np.clip(1 - order / 20, 0, 1),
            "lisa_i": 1 - order / 20,
            "lisa_p": np.linspace(0.0001, 1, n),
            "lisa_q": np.linspace(0.001, 1, n),
            "lisa_cluster": cluster,
            "lisa_agreement": np.where(order == 5, 0.6, 1.0),
            "gi_bin": pd.array([*(3 - order[:-1]).clip(-3), pd.NA], dtype="Int64"),
            "gi_agreement": np.where(order == 4, 0.8, 1.0),
            "density_share": np.clip(1 - order / 12, 0, 1),
            "score": 97.5 - 2 * order,
            "rank": rank,
            "rank_lo": np.maximum(rank - 3, 1),
            "rank_hi": np.minimum(rank + 4, n),
            "p_top": np.clip(1.02 - order / 14, 0, 1),
            "p_top_crime_only": np.clip(0.98 - order / 14, 0, 1),
            "p_above_cut": np.clip(1.02 - order / 14, 0, 1),
            "beside_list": (order >= 10) & (order <= 13),
            "rank_set_lo": np.maximum(rank - 9, 1),
            "rank_set_hi": np.minimum(rank + 20, n),
            "rank_in_stratum": stratum.to_numpy(),
            "tier": tier,
            "flag": np.isin(tier, ("Strong", "Supported")),
            "strands": "top_k; excess_risk",
            "reasons": [
                f"{name} ranks {r} of {n}. Harm per resident adds most. Its likely rank is near."
                for name, r in zip(label, rank, strict=True)
            ],
        }
        figures |= remembered(order, label)
        frame = frame.assign(**{f"{key}_{name}": value for name, value in figures.items()})
    return frame


def remembered(order: np.ndarray, label: Sequence[str]) -> dict[str, Any]:
    """The list since the refresh before: rank 1 is new, rank 10 waits, rank 12 was dropped."""
    status = np.where(order < 9, "staying", "").astype(object)
    status[order == 0] = "new"
    status[order == 11] = "dropped"
    listed = order < 9
    entered = np.where(order == 0, MONTHS[-1], MONTHS[0])
    place = dict(zip(order.tolist(), label, strict=True))
    return {
        "list": listed,
        "list_status": status,
        "list_since": np.where(listed, entered, "").astype(object),
        "list_review": np.where(listed, "2025-12", "").astype(object),
        "patch": [f"Around {place[0]} (6 areas)" if o < 6 else "" for o in order],
    }


def contributions(frame: gpd.GeoDataFrame) -> pd.DataFrame:
    """Contributions that sum to each score."""
    parts = [
        pd.DataFrame(
            {
                "area_code": frame.index,
                "priority": key,
                "indicator": name,
                "value": frame[f"{key}_score"] * 2,
                "normalised": frame[f"{key}_score"] / 100,
                "weight": weight,
                "contribution": frame[f"{key}_score"] * weight,
            }
        )
        for key in PRIORITIES
        for name, weight in INDICATORS.items()
    ]
    return pd.concat(parts)


def memory(frame: gpd.GeoDataFrame, key: str) -> dict[str, Any]:
    """What the manifest says of a list that `remembered` made."""

    def of(status: str) -> list[str]:
        return [str(code) for code in frame.index[frame[f"{key}_list_status"] == status]]

    first = frame.sort_values(f"{key}_rank").index.astype(str)
    return {
        "on": 9,
        "new": of("new"),
        "staying": of("staying"),
        "provisional": [],
        "dropped": of("dropped"),
        "expired": [],
        "waiting": [first[9]],
        "refreshes": 3,
        "previous_run": "20251001T000000Z-00000000",
        "previous_end": "2025-03",
        "newly_flagged": [first[0], first[4]],
        "no_longer_flagged": [],
        "beside": 4,
        "enter": "2 of 3",
    }


def manifest(frame: gpd.GeoDataFrame, **changes: Any) -> dict[str, Any]:
    """The keys of a manifest that the pages read."""
    weights = {"robbery": 994.0, "violence_and_sexual_offences": 150.0, "drugs": 0.0}
    found: dict[str, Any] = {
        "created": "2026-01-01T09:30:00+00:00",
        "name": "Madeupshire",
        "demonstration": True,
        "handling": "OFFICIAL",
        "attribution": ["Made-up data for a test.", "No real place is shown."],
        "period": {"start": MONTHS[0], "end": MONTHS[-1], "months": MONTHS, "covered": MONTHS[:-1]},
        "area": {"lads": ["X01", "X02"], "study": len(frame), "ring": 0, "vintage": "2021"},
        "inputs": [
            {"path": "incidents/made-up.zip", "sha256": "ab" * 32, "rows": 100, "role": "incidents"}
        ],
        "config": {
            "version": "test weights",
            "priorities": {
                key: {
                    "indicators": {name: {"why": f"why {name}"} for name in INDICATORS},
                    "tiers": {"strong": {"sentence": "Several kinds of evidence agree here."}},
                }
                for key in PRIORITIES
            },
        },
        "versions": {"python": "3.11"},
        "statistics": {
            "global_moran": {
                "imd_score": {"value": 0.285544, "links": 164, "islands": 0, "ring": "none"},
                "sv01": {"value": 0.31, "links": 164, "islands": 0, "ring": "none"},
            }
        },
        "priorities": {
            key: {
                "title": title,
                "aim": "local action in high-risk neighbourhoods",
                "offences": weights if key == "sv01" else {"robbery": 1.0, "public_order": 1.0},
                "indicators": {name: {"weight": weight} for name, weight in INDICATORS.items()},
                "list_size": 10,
                "flagged": int(frame[f"{key}_flag"].sum()),
                "breaks": [20.0, 40.0, 60.0, 80.0],
                "list": memory(frame, key),
            }
            for key, title in PRIORITIES.items()
        },
        "coverage": {"madeup-constabulary": {month: month != MONTHS[-1] for month in MONTHS}},
        "ledger": {"used": 90, "outside": 3, "unlocated": 7},
        "warnings": ["June 2025 has no file from Madeup Constabulary."],
    }
    return found | changes


def engine_writers() -> dict[str, run_store.Writer]:
    """Tables of the map as a whole: a tenth of the areas holds 30 % of 200 events."""
    shares = {0.01: 0.05, 0.1: 0.3, 0.5: 0.8}
    concentration = pd.DataFrame(
        [
            (key, basis, share, held, 200, 0.4, 0.1, 0.3)
            for key in PRIORITIES
            for basis in ("areas", "residents", "km2")
            for share, held in shares.items()
        ],
        columns=list(TABLES["concentration"]),
    )
    circle = {
        "rank": 1,
        "kind": "most likely",
        "centre": "X01000000",
        "radius_m": 1500.0,
        "areas": 2,
        "area_codes": "X01000000; X01000001",
        "population": 3000,
        "observed": 90,
        "expected": 30.5,
        "annual_rate": 60.0,
        "relative_risk": 4.56,
        "llr": 40.0,
        "p": 0.001,
    }
    scan = pd.DataFrame(
        [
            {"priority": "sv01", **circle},
            {"priority": "sv01", **circle, "rank": 2, "p": 0.6},
            {"priority": "sv04", "note": "Not scanned: 6 events."},
        ]
    ).reindex(columns=list(TABLES["scan"]))
    support = pd.DataFrame(
        [
            ("sv01", "High-High by q", "areas", "MSOAs", 0.25, 0.5, 48, 6, 12, 2, ""),
            ("sv01", "High-High by q", "MSOAs", "hexagons of 500 m", 0.9, 0.9, 12, 2, 99, 3, ""),
        ],
        columns=list(TABLES["support"]),
    )
    found = {"concentration": concentration, "scan": scan, "support": support, **choices()}
    return {
        f"{name}.csv": functools.partial(table.to_csv, index=False) for name, table in found.items()
    }


def choices() -> dict[str, pd.DataFrame]:
    """Tables of other choices, for sv01: the list, three bandwidths, deprivation beside it."""
    covers = pd.DataFrame(
        [
            ("sv01", "score", "list of 10", 10, 0.2, 0.21, 0.15, 60.0, 0.3, 2.0, 0.8, None),
            ("sv01", "smoothed events", "list of 10", 10, 0.2, 0.22, 0.2, 64.0, 0.32, 1.6, 0.9, 1),
        ],
        columns=list(TABLES["coverage"])[:-1],
    ).assign(data="same data")
    widths = pd.DataFrame(
        [
            ("sv01", "half", 500, 100, 9.0, 1.5, 0.2, 8.0, 0.5, 0.625, None),
            ("sv01", "chosen", 1000, 100, 6.0, 2.0, 0.25, 6.0, 1, 1, None),
            ("sv01", "double", 2000, None, None, None, None, None, None, None, "wider than"),
        ],
        columns=list(TABLES["bandwidths"]),
    )
    beside = pd.DataFrame(
        [
            {"priority": "sv01", "areas": 48, "correlation": 0.42, "bivariate_i": 0.15}
            | {"high_high": 3, "low_low": 1, "high_low": 1, "low_high": 0},
            {"priority": "sv04", "note": "Not tested: 6 events, and at least 50 are needed."},
        ]
    ).reindex(columns=list(TABLES["bivariate"]))
    return {"coverage": covers, "bandwidths": widths, "bivariate": beside}


def publish(
    runs: Path,
    run_id: str = FIRST_ID,
    *,
    names: Sequence[str] = (),
    columns: Mapping[str, Any] | None = None,
    tables: Mapping[str, pd.DataFrame] | None = None,
    **changes: Any,
) -> run_store.PublishedRun:
    """Publish such a run; `names` replace the first labels, `changes` parts of the manifest.

    `columns` are added to the areas, `tables` to the files (a name without `.csv`).
    """
    frame = areas(names).assign(**(columns or {}))
    ledger = pd.DataFrame(
        {
            "file": "incidents/made-up.zip!2025-01/2025-01-madeup-street.csv",
            "month": "2025-01",
            "reason": ["used", "outside", "unlocated"],
            "rows": [90, 3, 7],
        }
    )
    shapes = gpd.GeoDataFrame(
        {"hotspot_id": [1]}, geometry=[frame.geometry.iloc[1].buffer(400)], crs=frame.crs
    )

    def hotspots(path: Path) -> None:
        for key in PRIORITIES:
            shapes.to_file(path, layer=key, driver="GPKG")

    writers: dict[str, run_store.Writer] = {
        "areas.parquet": lambda path: frame.reset_index().to_parquet(path),
        "contributions.csv": lambda path: contributions(frame).to_csv(path, index=False),
        "ledger.csv": lambda path: ledger.to_csv(path, index=False),
        "hotspots.gpkg": hotspots,
        **engine_writers(),
        **{
            f"{name}.csv": functools.partial(table.to_csv, index=False)
            for name, table in (tables or {}).items()
        },
    }
    content = json.loads(json.dumps(manifest(frame, **changes)))
    with run_store.lock_runs(runs):
        return run_store.publish(runs, run_id, content, writers)
