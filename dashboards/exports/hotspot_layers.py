"""The hot-spot polygons of a published run, by priority."""

from __future__ import annotations

import geopandas as gpd

from dashboards.exports.wording import priority_keys
from risk_model.run_store import PublishedRun

__all__ = ["read_hotspots"]


def read_hotspots(run: PublishedRun) -> dict[str, gpd.GeoDataFrame]:
    """Return the polygons of each priority that has any; layers are named after the priority."""
    path = run.path("hotspots.gpkg")
    layers = set(gpd.list_layers(path)["name"])
    found = {}
    for key in priority_keys(run.manifest):
        for name in (key, f"hotspots_{key}"):
            if name in layers:
                found[key] = gpd.read_file(path, layer=name)
                break
    return found
