"""The files of a run that this layer makes: map.html, README.txt and the styled GeoPackages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dashboards.exports.folium_map import write_map_html
from dashboards.exports.qgis_style import layer_styles
from dashboards.exports.readme import write_readme
from risk_model.outputs import hotspot_layers
from risk_model.run_store import Writer
from spatial.writers import write_geopackage

if TYPE_CHECKING:
    from risk_model.pipeline import Run

__all__ = ["extra_writers"]


def extra_writers(run: Run, manifest: Mapping[str, Any]) -> dict[str, Writer]:
    """Return the writers that `publish` is given beside those of the risk model.

    The two GeoPackages take the place of the plain ones: they open styled in QGIS.
    """
    areas = run.areas.sort_index()
    hotspots = hotspot_layers(run)
    columns = ["area_code", *(name for name in areas.columns if name != areas.geometry.name)]
    layers = {"areas": areas.reset_index()}
    return {
        "map.html": lambda path: write_map_html(
            path, areas=areas, hotspots=hotspots, manifest=manifest
        ),
        "README.txt": lambda path: write_readme(path, manifest=manifest, columns=columns),
        "areas.gpkg": lambda path: write_geopackage(
            layers, path, styles=layer_styles(layers, manifest)
        ),
        "hotspots.gpkg": lambda path: write_geopackage(
            hotspots, path, styles=layer_styles(hotspots, manifest)
        ),
    }
