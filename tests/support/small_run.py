"""A published run of a dozen square areas, made up in the test: what exports are tried on."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely.geometry import box

from dashboards.exports.folium_map import map_html
from dashboards.exports.qgis_style import layer_styles
from dashboards.exports.readme import write_readme
from risk_model.run_store import PublishedRun, publish
from spatial.writers import write_csv, write_geopackage, write_geoparquet, write_geotiff

PRIORITIES = ("sv01", "sv04")
TIERS = ("Strong", "Supported", "Watch", "Not evidenced")


def areas(*, names: tuple[str, ...] = (), side: int = 4, rows: int = 3) -> gpd.GeoDataFrame:
    """Squares of 1 km; area n of the first priority has rank n + 1 and every third no score."""
    n = side * rows
    codes = [f"X0100{number:04d}" for number in range(n)]
    squares = [
        box(x, y, x + 1000, y + 1000)
        for x, y in ((400_000 + 1000 * (i % side), 90_000 + 1000 * (i // side)) for i in range(n))
    ]
    label = [
        names[i] if i < len(names) else f"Place {i // 2} {'AB'[i % 2]}, Ward {i}" for i in range(n)
    ]
    frame = gpd.GeoDataFrame(
        {
            "area_name": [f"Made up {i:03d}{'AB'[i % 2]}" for i in range(n)],
            "area_label": label,
            "place_name": [f"Place {i // 2}" for i in range(n)],
            "ward_name": [f"Ward {i}" for i in range(n)],
            "lad_code": ["X01" if i % side < 2 else "X02" for i in range(n)],
            "lad_name": ["West" if i % side < 2 else "East" for i in range(n)],
            "rural_urban": ["rural" if i % 3 else "urban" for i in range(n)],
            "population": np.where(np.arange(n) == n - 1, np.nan, 1500.0 + 10 * np.arange(n)),
            "area_km2": np.ones(n),
            "events": np.arange(n) * 7,
        },
        geometry=squares,
        crs="EPSG:27700",
        index=pd.Index(codes, name="area_code"),
    )
    for shift, key in enumerate(PRIORITIES):
        order = np.roll(np.arange(n), shift)
        score = 100.0 - 100.0 * (order + 0.5) / n
        score[n - 1] = np.nan
        rank = pd.Series(-score).rank(method="min").to_numpy()
        tier = np.array([TIERS[min(int(o) // 2, 3)] for o in order], dtype=object)
        tier[n - 1] = "Not evidenced"
        frame = frame.assign(
            **{
                f"{key}_events": 40 - 3 * order,
                f"{key}_harm": 1000.0 - 7 * order,
                f"{key}_rate": np.where(np.isnan(score), np.nan, 30.0 - order),
                f"{key}_rr": 2.0 - 0.1 * order,
                f"{key}_rr_lo": 1.5 - 0.1 * order,
                f"{key}_rr_hi": 2.5 - 0.1 * order,
                f"{key}_lisa_cluster": "Not significant",
                f"{key}_density_share": np.linspace(1, 0, n),
                f"{key}_score": score,
                f"{key}_rank": rank,
                f"{key}_rank_lo": np.maximum(rank - 1, 1),
                f"{key}_rank_hi": rank + 2,
                f"{key}_p_top": np.linspace(1, 0, n),
                f"{key}_tier": tier,
                f"{key}_flag": np.isin(tier, ("Strong", "Supported")),
                f"{key}_strands": "top_k; density",
                f"{key}_reasons": [f"Why {name}. Because." for name in label],
            }
        )
    return frame


def hotspots(frame: gpd.GeoDataFrame) -> dict[str, gpd.GeoDataFrame]:
    """One polygon a priority, in the first square."""
    shape = frame.geometry.iloc[0].buffer(-200)
    return {
        key: gpd.GeoDataFrame(
            {
                "hotspot_id": [1],
                "events": [31],
                "share": [0.31],
                "volume_share": [0.25],
                "area_km2": [shape.area / 1e6],
                "pai_same_data": [10.5],
                "area_codes": ["; ".join(frame.index[:2])],
            },
            geometry=[shape],
            crs="EPSG:27700",
        )
        for key in PRIORITIES
    }


def manifest(frame: gpd.GeoDataFrame, **changes: object) -> dict[str, object]:
    """The keys of a manifest that exports read."""
    months = [f"2025-{month:02d}" for month in range(1, 7)]
    titles = {"sv01": "High-harm offending", "sv04": "Serious violence"}
    found: dict[str, object] = {
        "run_id": "20260101T000000Z-00000000",
        "created": "2026-01-01T00:00:00Z",
        "name": "Made-up county",
        "demonstration": True,
        "handling": "OFFICIAL",
        "attribution": ["Made up for a test."],
        "period": {"start": months[0], "end": months[-1], "months": months, "covered": months[:-1]},
        "area": {"lads": ["X01", "X02"], "study": len(frame), "ring": 0, "vintage": "2021"},
        "inputs": [
            {"role": "incidents", "path": "incidents/a.zip", "sha256": "0" * 64, "rows": 100}
        ],
        "config": {"version": "test weights"},
        "config_sha256": "1" * 64,
        "overrides": {},
        "code_version": "made up",
        "versions": {"python": "3.11"},
        "seed": 1,
        "statistics": {"global_moran": {}, "tested_variable": {}},
        "priorities": {
            key: {
                "title": titles[key],
                "aim": "local action",
                "offences": {"violence_and_sexual_offences": 150.0, "robbery": 994.0},
                "indicators": {"harm_rate": {"weight": 0.6}, "persistence": {"weight": 0.4}},
                "list_size": 4,
                "flagged": 4,
                "breaks": [20, 40, 60, 80],
            }
            for key in PRIORITIES
        },
        "warnings": ["one warning"],
        "ledger": {"used": 90, "unlocated": 10},
    }
    return found | changes


HOSTILE = (
    "<img src=x onerror=\"document.title='ran'\">",
    "</script><script>document.title='ran'</script>",
    "${document.title='ran'}",
    "`${document.title='ran'}`",
    "javascript:document.title='ran'",
    '"><svg onload="document.title=\'ran\'">',
    "' onmouseover='document.title=1' x='",
    "{{7*7}}{% raw %}",
    "<!--<script>",
    '=HYPERLINK("http://example.invalid")',
    "A & B <Ltd> \u2028 \u00e9",
    "-->]]>",
)


def publish_small_run(
    runs: Path, *, names: tuple[str, ...] = (), **changes: object
) -> PublishedRun:
    """Publish the made-up run with the files that exports read."""
    frame = areas(names=names)
    if names:
        # Every text of an area is hostile, not its label alone.
        for column in ("area_name", "place_name", "ward_name", "lad_name"):
            frame[column] = [names[i % len(names)] for i in range(len(frame))]
    polygons = hotspots(frame)
    described = manifest(frame, **changes)
    flat = frame.reset_index()
    contributions = pd.DataFrame(
        {
            "area_code": frame.index,
            "priority": "sv01",
            "indicator": "harm_rate",
            "value": 1.5,
            "normalised": 0.5,
            "weight": 1.0,
            "contribution": 50.0,
        }
    )
    ledger = pd.DataFrame(
        {"file": ["a.csv"], "month": ["2025-01"], "reason": ["used"], "rows": [100]}
    )
    quarantine = pd.DataFrame(
        {"file": ["a.csv"], "line": [7], "field": ["Month"], "value": ["=1+1"], "rule": ["month"]}
    )
    grid = np.arange(12, dtype=np.float32).reshape(3, 4)
    layers = {"areas": flat}
    writers = {
        "areas.csv": lambda path: write_csv(flat.drop(columns="geometry"), path),
        "areas.parquet": lambda path: write_geoparquet(flat, path),
        "areas.gpkg": lambda path: write_geopackage(
            layers, path, styles=layer_styles(layers, described)
        ),
        "contributions.csv": lambda path: write_csv(contributions, path),
        "ledger.csv": lambda path: write_csv(ledger, path),
        "quarantine.csv": lambda path: write_csv(quarantine, path),
        "hotspots.gpkg": lambda path: write_geopackage(
            polygons, path, styles=layer_styles(polygons, described)
        ),
        "map.html": lambda path: path.write_text(
            map_html(areas=frame, hotspots=polygons, manifest=described), encoding="utf-8"
        ),
        "README.txt": lambda path: write_readme(
            path, manifest=described, columns=list(flat.columns.drop("geometry"))
        ),
    }
    for key in PRIORITIES:
        writers[f"density_{key}.tif"] = lambda path: write_geotiff(
            grid, (1000.0, 0.0, 400_000.0, 0.0, -1000.0, 93_000.0), path
        )
    runs.mkdir(parents=True, exist_ok=True)
    return publish(runs, str(described["run_id"]), described, writers)
