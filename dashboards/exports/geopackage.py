"""One GeoPackage: areas and hot spots, styled for QGIS."""

from __future__ import annotations

from pathlib import Path

from dashboards.exports.hotspot_layers import read_hotspots
from dashboards.exports.qgis_style import layer_styles
from risk_model.run_store import PublishedRun
from spatial.writers import write_geopackage

__all__ = ["export_geopackage"]


def export_geopackage(run: PublishedRun, folder: Path) -> list[Path]:
    """Write run.gpkg with the layer areas and one layer of hot spots a priority."""
    layers = {"areas": run.areas().sort_index().reset_index()}
    layers |= {f"hotspots_{key}": frame for key, frame in read_hotspots(run).items()}
    path = folder / "run.gpkg"
    write_geopackage(layers, path, styles=layer_styles(layers, run.manifest))
    return [path]
