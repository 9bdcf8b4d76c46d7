"""The files of a run that this layer makes: map.html, README.txt and the styled GeoPackages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd

from dashboards.exports.qgis_style import layer_styles
from dashboards.exports.readme import write_readme
from risk_model.outputs import hotspot_layers
from risk_model.run_store import Writer
from spatial.beside import HERE, Beside
from spatial.writers import write_geopackage

if TYPE_CHECKING:
    from risk_model.pipeline import Run

__all__ = ["extra_writers"]


@dataclass(frozen=True, slots=True, eq=False)
class _MapJob:
    """What a map is drawn from."""

    areas: gpd.GeoDataFrame
    hotspots: Mapping[str, gpd.GeoDataFrame]
    manifest: Mapping[str, Any]


def extra_writers(
    run: Run, manifest: Mapping[str, Any], *, place: Beside = HERE
) -> dict[str, Writer]:
    """Return the writers that `publish` is given beside those of the risk model.

    The two GeoPackages take the place of the plain ones: they open styled in QGIS. The map is
    drawn in `place`, beside the writing of all other files, and written last.
    """
    areas = run.areas.sort_index()
    hotspots = hotspot_layers(run)
    columns = ["area_code", *(name for name in areas.columns if name != areas.geometry.name)]
    layers = {"areas": areas.reset_index()}
    drawn = place.begin(_map_text, _MapJob(areas, hotspots, manifest))

    def write_map(path: Path) -> None:
        path.write_text(drawn(), encoding="utf-8", newline="\n")

    return {
        "README.txt": lambda path: write_readme(path, manifest=manifest, columns=columns),
        "areas.gpkg": lambda path: write_geopackage(
            layers, path, styles=layer_styles(layers, manifest)
        ),
        "hotspots.gpkg": lambda path: write_geopackage(
            hotspots, path, styles=layer_styles(hotspots, manifest)
        ),
        "map.html": write_map,
    }


def _map_text(job: _MapJob) -> str:
    """Draw the map; folium is imported where that is done, half a second after all else."""
    from dashboards.exports.folium_map import map_html  # noqa: PLC0415 - half a second to import

    return map_html(areas=job.areas, hotspots=job.hotspots, manifest=job.manifest)
