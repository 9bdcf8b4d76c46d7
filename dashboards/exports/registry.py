"""Every export format by its name on the command line."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory

from dashboards.exports.readme import write_readme
from risk_model.run_store import PublishedRun
from spatial.errors import Fault, InputError

__all__ = ["FORMATS", "ExportFormat"]


@dataclass(frozen=True, slots=True)
class ExportFormat:
    """One format: its name, a line of help and the function that writes it.

    `module` and `function` are names, imported when the format is asked for: a workbook or a
    PDF library would slow down every command. `compares` says that it takes an earlier run,
    `own_readme` that the run's README is not to travel with it: the format writes its own.
    """

    name: str
    help: str
    module: str
    function: str
    compares: bool = False
    own_readme: bool = False

    @property
    def readme(self) -> str:
        """The name of its README: of its own, since several formats may share a folder."""
        return f"README_{self.name}.txt"

    def write(
        self, run: PublishedRun, folder: Path, against: PublishedRun | None = None
    ) -> list[Path]:
        """Write the format into a folder and its README beside it; return every file written.

        A table has no room for handling marking, attribution and cautions: `README_<format>.txt`
        carries them, so that no export travels without. Files of an earlier export of the same
        format are replaced, one by one and whole, once all of the new ones are there; no other
        file of the folder is touched.

        Parameters
        ----------
        against
            An earlier run, for a format that compares.

        Raises
        ------
        InputError
            Where the folder is that of a run, or the format cannot be made of this one.
        """
        _refuse_runs(folder.resolve(), run.folder.resolve().parent)
        export: Callable[..., list[Path]] = getattr(import_module(self.module), self.function)
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=".unfinished-", dir=folder) as unfinished:
            work = Path(unfinished)
            made = export(run, work, against) if self.compares else export(run, work)
            if not self.own_readme:
                made = [*made, self._write_readme(run, work, [path.name for path in made])]
            return [path.replace(folder / path.name) for path in made]

    def _write_readme(self, run: PublishedRun, folder: Path, files: Sequence[str]) -> Path:
        areas = run.areas()
        columns = ["area_code", *(name for name in areas.columns if name != areas.geometry.name)]
        readme = folder / self.readme
        write_readme(readme, manifest=run.manifest, columns=columns, export=files)
        return readme

    def __call__(self, run: PublishedRun, folder: Path) -> list[Path]:
        """Write the format; as `write`."""
        return self.write(run, folder)


def _refuse_runs(folder: Path, runs: Path) -> None:
    """Refuse a folder that is a published run of these, or in one."""
    if runs not in folder.parents:
        return
    published = runs / folder.relative_to(runs).parts[0]
    if (published / "manifest.json").exists():
        raise InputError(
            Fault(
                f"{published} is a published run, which nothing changes; give another folder",
                field="--to",
            )
        )


def _format(
    name: str,
    help_: str,
    module: str,
    function: str,
    *,
    compares: bool = False,
    own_readme: bool = False,
) -> ExportFormat:
    return ExportFormat(name, help_, f"dashboards.exports.{module}", function, compares, own_readme)


_FORMATS = (
    _format(
        "csv", "areas and contributions, for Excel (UTF-8 with BOM)", "csv_export", "export_csv"
    ),
    _format("xlsx", "one workbook: notes, areas, contributions, ledger", "xlsx", "export_xlsx"),
    _format(
        "geopackage",
        "areas and hot spots, styled for QGIS (EPSG:27700)",
        "geopackage",
        "export_geopackage",
    ),
    _format("geojson", "areas and hot spots (EPSG:4326)", "geojson", "export_geojson"),
    _format("geoparquet", "areas, for Python, R and DuckDB", "geoparquet", "export_geoparquet"),
    _format("density", "density rasters with QGIS styles", "density_tif", "export_density"),
    _format(
        "density-bandwidths",
        "the same at half and at twice the bandwidth",
        "density_more",
        "export_bandwidths",
    ),
    _format(
        "density-change",
        "the second half of the period over the first, or over an earlier run (--against)",
        "density_more",
        "export_change",
        compares=True,
    ),
    _format(
        "density-per-resident",
        "events over residents, both smoothed",
        "density_more",
        "export_per_resident",
    ),
    _format(
        "density-public",
        "500 m cells in bands, nothing under five events: made to be shown to anyone",
        "density_public",
        "export_public",
        own_readme=True,
    ),
    _format("map", "map.html, which opens without a network", "map_export", "export_map"),
    _format(
        "record",
        "transparency record (ATRS) and ALGO-CARE answers, Markdown and HTML",
        "record",
        "export_record",
    ),
    _format("briefing", "one page a priority, PDF", "briefing", "export_briefing"),
)
FORMATS: Mapping[str, ExportFormat] = {one.name: one for one in _FORMATS}
