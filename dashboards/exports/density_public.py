"""The density that may be shown to anyone: large cells, bands, nothing where events are few."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from dashboards.exports.paragraphs import paragraphs
from dashboards.exports.wording import CAUTIONS, DEMONSTRATION, period_words, priority_keys
from spatial.writers import write_geopackage, write_geotiff

if TYPE_CHECKING:
    from risk_model.run_store import PublishedRun
    from spatial.public_density import PublicDensity

__all__ = ["export_public"]


def export_public(run: PublishedRun, folder: Path) -> list[Path]:
    """Write density_public_<priority>.tif, density_public.gpkg and a README of their own.

    The README of a run is not written beside them: its warnings and figures hold exact counts,
    which would help to work out what the bands hide.
    """
    from risk_model.kept_densities import public, read_kept_ground  # noqa: PLC0415 - slow
    from spatial.public_density import OUTSIDE, public_cells  # noqa: PLC0415 - slow

    ground = read_kept_ground(run)
    written, layers, drawn = [], {}, {}
    for key in priority_keys(run.manifest):
        made = drawn[key] = public(ground, key)
        path = folder / f"density_public_{key}.tif"
        write_geotiff(
            made.top_down.astype(np.float32),
            made.grid.transform,
            path,
            nodata=float(OUTSIDE),
            unit="band; 0 is too few events to show, or none",
            description=made.note,
        )
        written.append(path)
        layers[f"density_public_{key}"] = public_cells(made)
    package = folder / "density_public.gpkg"
    write_geopackage(layers, package)
    readme = folder / "README_density-public.txt"
    readme.write_text(_readme(run, drawn), encoding="utf-8", newline="\n")
    return [*written, package, readme]


def _readme(run: PublishedRun, drawn: dict[str, PublicDensity]) -> str:
    """Return what a reader needs, without any count."""
    manifest = run.manifest
    area = manifest.get("area") or {}
    head = [
        f"{manifest.get('name') or 'CSP Hotspots'}: recorded crime by 500 m cell, in bands",
        f"Handling of the run: {manifest['handling']}" if manifest.get("handling") else "",
        DEMONSTRATION if manifest.get("demonstration") else "",
        f"Period: {period_words(manifest)}. Study area: {', '.join(area.get('lads') or ())}.",
    ]
    blocks = ["\n".join(line for line in head if line)]
    blocks.append(
        "How it is made. Events are counted in cells of 500 m. Cells of under five events are "
        "blanked and their events taken out before anything is smoothed, so that the map is the "
        "same whatever a count of 0 to 4 is; blank and empty cells look alike. The rest is "
        "smoothed and put into bands that are at least five events wide. No count is given, "
        "neither of a cell nor of all: do not publish an exact total beside this map. Density "
        "shows where people are as much as where risk is."
    )
    for key, made in drawn.items():
        title = manifest["priorities"][key].get("title", "")
        bands = [f"{number}: {words}" for number, words in enumerate(made.labels, start=1)]
        blocks.append(
            "\n".join(
                [
                    (
                        f"{key.upper()} {title}: kernel {made.kernel}, bandwidth "
                        f"{made.bandwidth_m:,.0f} m. Events per km2 per year, each counting one."
                    ),
                    "0: too few events to show, or none",
                    *bands,
                    "255: outside the study area",
                    *(f"- {warning}" for warning in made.warnings),
                ]
            )
        )
    blocks.append(
        "Files. density_public_<priority>.tif: the bands, EPSG:27700. density_public.gpkg: the "
        "same cells as squares, a layer each priority, with the band in words."
    )
    blocks.append("\n".join(f"- {line}" for line in CAUTIONS))
    blocks.append("\n".join(str(line) for line in manifest.get("attribution") or ()))
    return paragraphs(blocks)
