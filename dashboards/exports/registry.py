"""Every export format by its name on the command line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from dashboards.exports.readme import write_readme
from risk_model.run_store import PublishedRun

__all__ = ["FORMATS", "ExportFormat"]


@dataclass(frozen=True, slots=True)
class ExportFormat:
    """One format: a line of help and the function that writes it.

    `module` and `function` are names, imported when the format is asked for: a workbook or a
    PDF library would slow down every command. `compares` says that it takes an earlier run,
    `own_readme` that the run's README is not to travel with it.
    """

    help: str
    module: str
    function: str
    compares: bool = False
    own_readme: bool = False

    def write(
        self, run: PublishedRun, folder: Path, against: PublishedRun | None = None
    ) -> list[Path]:
        """Write the format into a folder and README.txt beside it; return every file written.

        A table has no room for handling marking, attribution and cautions: README.txt carries
        them, so that no export travels without. A format with a README of its own writes it.

        Parameters
        ----------
        against
            An earlier run, for a format that compares.
        """
        export: Callable[..., list[Path]] = getattr(import_module(self.module), self.function)
        folder.mkdir(parents=True, exist_ok=True)
        written = export(run, folder, against) if self.compares else export(run, folder)
        if self.own_readme:
            return written
        areas = run.areas()
        columns = ["area_code", *(name for name in areas.columns if name != areas.geometry.name)]
        readme = folder / "README.txt"
        write_readme(readme, manifest=run.manifest, columns=columns)
        return [*written, readme]

    def __call__(self, run: PublishedRun, folder: Path) -> list[Path]:
        """Write the format; as `write`."""
        return self.write(run, folder)


def _format(
    help_: str, module: str, function: str, *, compares: bool = False, own_readme: bool = False
) -> ExportFormat:
    return ExportFormat(help_, f"dashboards.exports.{module}", function, compares, own_readme)


FORMATS: Mapping[str, ExportFormat] = {
    "csv": _format(
        "areas and contributions, for Excel (UTF-8 with BOM)", "csv_export", "export_csv"
    ),
    "xlsx": _format("one workbook: notes, areas, contributions, ledger", "xlsx", "export_xlsx"),
    "geopackage": _format(
        "areas and hot spots, styled for QGIS (EPSG:27700)", "geopackage", "export_geopackage"
    ),
    "geojson": _format("areas and hot spots (EPSG:4326)", "geojson", "export_geojson"),
    "geoparquet": _format("areas, for Python, R and DuckDB", "geoparquet", "export_geoparquet"),
    "density": _format("density rasters with QGIS styles", "density_tif", "export_density"),
    "density-bandwidths": _format(
        "the same at half and at twice the bandwidth", "density_more", "export_bandwidths"
    ),
    "density-change": _format(
        "the second half of the period over the first, or over an earlier run (--against)",
        "density_more",
        "export_change",
        compares=True,
    ),
    "density-per-resident": _format(
        "events over residents, both smoothed", "density_more", "export_per_resident"
    ),
    "density-public": _format(
        "500 m cells in bands, nothing under five events: made to be shown to anyone",
        "density_public",
        "export_public",
        own_readme=True,
    ),
    "map": _format("map.html, which opens without a network", "map_export", "export_map"),
    "record": _format(
        "transparency record (ATRS) and ALGO-CARE answers, Markdown and HTML",
        "record",
        "export_record",
    ),
    "briefing": _format("one page a priority, PDF", "briefing", "export_briefing"),
}
