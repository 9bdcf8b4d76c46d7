"""The files of a run that need no web or map library, and the manifest that describes them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from risk_model.config.inputs import InputsConfig
from risk_model.event_cells import in_cells
from risk_model.pipeline import SCORE_BREAKS, Run
from risk_model.provenance import canonical_json, code_version, jsonable, sha256_text, versions
from risk_model.run_store import Writer
from spatial.writers import (
    write_csv,
    write_geopackage,
    write_geoparquet,
    write_geotiff,
    write_parquet,
)

__all__ = ["content_of", "hotspot_layers", "manifest_of", "own_writers"]

_NO_FORCE = "not named"
"""The force of files whose source names none."""


def _flat(run: Run) -> pd.DataFrame:
    """Return the areas without geometry, the code as first column."""
    return pd.DataFrame(run.areas.drop(columns="geometry")).reset_index()


def _long_counts(run: Run) -> pd.DataFrame:
    """Return area_code, month, category, n with the zeros left out; ring included."""
    counts = run.loaded.incidents.counts
    return counts.sort_values(["area_code", "month", "category"], kind="stable").reset_index(
        drop=True
    )


def _neighbour_pairs(run: Run) -> pd.DataFrame:
    focal, neighbour = run.model.neighbours.pairs()
    return pd.DataFrame({"focal": focal, "neighbour": neighbour})


def _model_indicators(run: Run) -> pd.DataFrame:
    """Return one row an area, ring included: everything scoring needs besides counts."""
    model = run.model
    kept = [model.labels, model.indicators]
    frame = pd.concat(kept if model.artefacts is None else [*kept, model.artefacts], axis=1)
    frame.insert(0, "in_study", model.in_study)
    frame["population"] = model.population
    frame["area_km2"] = model.area_km2
    frame["stratum"] = model.stratum
    for name, values in model.denominators.items():
        frame[f"denominator_{name}"] = values
    if model.centres is not None:
        frame["centre_x"], frame["centre_y"] = model.centres.T
    for position, month in enumerate(model.months):
        frame[f"covered_{month}"] = model.covered[:, position]
    return frame.reset_index()


def _land_around(run: Run) -> gpd.GeoDataFrame:
    """Return the polygons around the study area that the edge correction counts as land."""
    frame = run.loaded.areas.frame
    around = frame.drop(index=list(run.loaded.study.codes))[["geometry"]]
    return gpd.GeoDataFrame(around.reset_index(), crs=frame.crs)


def hotspot_layers(run: Run) -> dict[str, gpd.GeoDataFrame]:
    """Return the hot-spot polygons of each priority, for a GeoPackage layer each."""
    return {key: density.hotspots.frame for key, density in run.densities.items()}


def own_writers(run: Run) -> dict[str, Writer]:
    """Return a writer for each file of a run that this layer can make."""

    def density_writer(key: str) -> Writer:
        surface = run.densities[key].surface
        return lambda path: write_geotiff(
            surface.top_down,
            surface.grid.transform,
            path,
            unit="events per km2 per year",
            description=f"density of the offences of {key}, weighted as in its offence set",
        )

    ledger = run.loaded.incidents.ledger
    others = [source.ledger.quarantine for source in run.loaded.other_sources]
    quarantine = pd.concat(
        [ledger.quarantine, run.loaded.unknown_areas, *others], ignore_index=True
    )
    writers: dict[str, Writer] = {
        "ledger.csv": lambda path: write_csv(ledger.rows, path),
        "quarantine.csv": lambda path: write_csv(quarantine, path),
        "areas.parquet": lambda path: write_geoparquet(run.areas.reset_index(), path),
        "areas.csv": lambda path: write_csv(_flat(run), path),
        "forecast.csv": lambda path: write_csv(run.forecast.drivers, path),
        "contributions.csv": lambda path: write_csv(run.scored.contributions, path),
        "areas.gpkg": lambda path: write_geopackage({"areas": run.areas.reset_index()}, path),
        "hotspots.gpkg": lambda path: write_geopackage(hotspot_layers(run), path),
        "model/counts.parquet": lambda path: write_parquet(_long_counts(run), path),
        "model/neighbours.parquet": lambda path: write_parquet(_neighbour_pairs(run), path),
        "model/indicators.parquet": lambda path: write_parquet(_model_indicators(run), path),
        "model/cells.parquet": lambda path: write_parquet(
            in_cells(run.loaded.incidents.points), path
        ),
        "model/land.parquet": lambda path: write_geoparquet(_land_around(run), path),
    }
    for key in run.densities:
        writers[f"density_{key}.tif"] = density_writer(key)
    return writers


def _priorities(run: Run) -> dict[str, Any]:
    described = {}
    for key, priority in run.risk.priorities.items():
        tiers = run.scored.areas[f"{key}_tier"].value_counts()
        density = run.densities[key]
        total = sum(entry.weight for entry in priority.indicators.values())
        described[key] = {
            "title": priority.title,
            "aim": priority.aim,
            "offences": run.scored.diagnostics[key]["offences"],
            "indicators": {
                name: {**entry.model_dump(), "share": entry.weight / total}
                for name, entry in priority.indicators.items()
            },
            "list_size": priority.list.size,
            "flagged": int(run.scored.areas[f"{key}_flag"].sum()),
            "tiers": {str(name): int(count) for name, count in tiers.items()},
            "breaks": list(SCORE_BREAKS),
            "hotspots": {
                "polygons": len(density.hotspots.frame),
                "volume_share": density.hotspots.volume_share,
                "events_share": density.hotspots.share,
                "area_km2": density.hotspots.area_km2,
                "pai_same_data": density.hotspots.pai_same_data,
            },
            "density": {
                "bandwidth_m": density.surface.bandwidth_m,
                "bandwidth": dict(density.bandwidth),
                "cell_m": density.surface.grid.cell_m,
                "kernel": density.surface.kernel,
                "edge": density.surface.edge,
                "highest": density.surface.highest,
            },
        }
    return described


def _coverage(run: Run) -> dict[str, dict[str, bool]]:
    """Return force -> month -> whether a file was supplied, over the period."""
    months = run.loaded.period.months
    found: dict[str, set[str]] = {}
    for record in run.loaded.incidents.files:
        if not record.ignored:
            found.setdefault(record.force or _NO_FORCE, set()).add(record.month or "")
    return {
        force: {month: month in have for month in months} for force, have in sorted(found.items())
    }


def _force_totals(run: Run) -> dict[str, dict[str, int]]:
    """Return force -> category -> rows of the period, with those that have no location."""
    return {
        str(force) or _NO_FORCE: dict(zip(rows["category"], rows["n"].tolist(), strict=True))
        for force, rows in run.loaded.incidents.force_totals.groupby("force", sort=True)
    }


def manifest_of(
    run: Run,
    *,
    inputs: InputsConfig,
    overrides: Mapping[str, str],
    created: datetime,
) -> dict[str, Any]:
    """Return what made the run, ready for JSON; no row of incident data is in it."""
    config = run.risk.model_dump(mode="json")
    ledger = run.loaded.incidents.ledger.rows
    months = run.model.months
    covered = np.atleast_1d(run.model.covered[run.model.in_study].any(axis=0))
    text = canonical_json(config)
    manifest: dict[str, Any] = jsonable(
        {
            "created": f"{created.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
            "name": run.loaded.name,
            "demonstration": inputs.demonstration,
            "handling": inputs.handling,
            "attribution": list(inputs.attribution),
            "record": inputs.record.model_dump(mode="json", exclude_none=True),
            "period": {
                "start": run.loaded.period.start,
                "end": run.loaded.period.end,
                "months": list(months),
                "covered": [m for m, yes in zip(months, covered, strict=True) if yes],
            },
            "area": {
                "lads": list(run.loaded.study.lads),
                "names": dict(run.loaded.lads),
                "study": len(run.loaded.study.codes),
                "ring": len(run.loaded.study.ring),
                "vintage": run.loaded.areas.vintage,
            },
            "inputs": [
                {
                    "role": file.role,
                    "path": file.path,
                    "sha256": file.sha256,
                    "rows": file.rows,
                    **({"ignored": file.ignored} if file.ignored else {}),
                }
                for file in run.loaded.files
            ],
            "config": config,
            "config_sha256": sha256_text(text),
            "harm_weights": dict(run.harm.weights),
            "overrides": dict(overrides),
            "code_version": code_version(),
            "versions": versions(),
            "seed": run.risk.uncertainty.seed,
            "statistics": {
                "global_moran": run.scored.global_moran,
                "tested_variable": run.scored.tested_variable,
                "diagnostics": run.scored.diagnostics,
            },
            "priorities": _priorities(run),
            "forecast": run.forecast.summary,
            "forces": run.loaded.forces,
            "coverage": _coverage(run),
            "ledger": ledger.groupby("reason", sort=True)["rows"].sum().to_dict(),
            "force_totals": _force_totals(run),
            "unlocated": run.loaded.incidents.unlocated.to_dict("records"),
            "code_disagreement": run.loaded.incidents.code_disagreement,
            "map_points": run.loaded.incidents.map_points.drop(
                columns=["x", "y"], errors="ignore"
            ).to_dict("records"),
            "warnings": list(run.warnings),
            "notes": list(run.loaded.notes),
            "timings": dict(run.timings),
        }
    )
    return manifest


def content_of(manifest: Mapping[str, Any]) -> str:
    """Return the text that names what was run: inputs and settings, not the time."""
    return canonical_json(
        {key: manifest[key] for key in ("inputs", "config_sha256", "area", "period")}
    )
