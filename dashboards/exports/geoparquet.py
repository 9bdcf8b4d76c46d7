"""GeoParquet of the areas, as published."""

from __future__ import annotations

from pathlib import Path

from dashboards.exports.published_files import copy_files
from risk_model.run_store import PublishedRun

__all__ = ["export_geoparquet"]


def export_geoparquet(run: PublishedRun, folder: Path) -> list[Path]:
    """Copy areas.parquet: GeoParquet in EPSG:27700 with `area_code` as a column."""
    return copy_files(run, folder, {"areas.parquet": "areas.parquet"})
