"""Density rasters, as published, each with a QGIS style beside it."""

from __future__ import annotations

from pathlib import Path

from dashboards.exports.published_files import copy_files
from dashboards.exports.qgis_style import density_style
from dashboards.exports.wording import priority_keys
from risk_model.run_store import PublishedRun

__all__ = ["export_density"]

_TOP = 100.0  # the style is a start; QGIS rescales it to the layer with two clicks


def export_density(run: PublishedRun, folder: Path) -> list[Path]:
    """Copy density_<priority>.tif and write density_<priority>.qml.

    Units are (weighted) events per km2 per year. The raster is for work inside the partnership:
    a density of few events gives away where they were.
    """
    written = []
    for key in priority_keys(run.manifest):
        name = f"density_{key}.tif"
        if name not in run.manifest["outputs"]:
            continue
        written += copy_files(run, folder, {name: name})
        style = folder / f"density_{key}.qml"
        density = run.manifest["priorities"][key].get("density") or {}
        highest = density.get("highest", _TOP)
        style.write_text(density_style(float(highest)), encoding="utf-8", newline="\n")
        written.append(style)
    return written
