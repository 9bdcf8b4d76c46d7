"""Rasters drawn again from a kept run: other bandwidths, change, events per resident."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from dashboards.exports.paragraphs import paragraphs
from dashboards.exports.qgis_style import density_style, ratio_style
from dashboards.exports.wording import priority_keys
from spatial.writers import write_geotiff

if TYPE_CHECKING:
    from collections.abc import Iterable

    from risk_model.kept_densities import ComparedDensity
    from risk_model.run_store import PublishedRun

__all__ = ["export_bandwidths", "export_change", "export_per_resident"]

_WIDTHS = {"half": 0.5, "double": 2.0}
_UNIT = "events per km2 per year"


def export_bandwidths(run: PublishedRun, folder: Path) -> list[Path]:
    """Write density_<priority>_half.tif and _double.tif with a style each.

    The styles end where the published surface's does, so that the three compare.
    """
    from risk_model.kept_densities import at_bandwidth, read_kept_ground  # noqa: PLC0415 - slow

    ground = read_kept_ground(run)
    written = []
    for key in priority_keys(run.manifest):
        highest = float(run.manifest["priorities"][key]["density"]["highest"])
        for name, factor in _WIDTHS.items():
            surface = at_bandwidth(ground, key, factor)
            path = folder / f"density_{key}_{name}.tif"
            write_geotiff(
                surface.top_down,
                surface.grid.transform,
                path,
                unit=_UNIT,
                description=f"density of the offences of {key} at {surface.bandwidth_m:g} m, "
                "drawn from cells of 100 m",
            )
            style = path.with_suffix(".qml")
            style.write_text(density_style(highest), encoding="utf-8", newline="\n")
            written += [path, style]
    return written


def export_change(
    run: PublishedRun, folder: Path, against: PublishedRun | None = None
) -> list[Path]:
    """Write the ratio and the difference of two periods, and density_change.txt.

    Against an earlier run, or without one the second half of the run's months over the first.
    """
    from risk_model.kept_densities import change, read_kept_ground  # noqa: PLC0415 - slow

    later = read_kept_ground(run)
    earlier = None if against is None else read_kept_ground(against)
    written: list[Path] = []
    words = [
        (
            "Change of density. ratio: later over earlier, 1 is no change; blank where the earlier "
            "period has under five events within the kernel. difference: later less earlier, "
            "events per km2 per year, everywhere. A ratio of recorded events is no proof that "
            "anything worked or failed: places picked for being high fall by themselves."
        )
    ]
    for key in priority_keys(run.manifest):
        compared = change(later, key, earlier)
        written += _rasters(compared, folder, key, "change")
        words.append(_said(key, compared, f"{compared.dual.overall:.3g} times the earlier"))
    return [*written, _text(folder / "density_change.txt", words)]


def export_per_resident(run: PublishedRun, folder: Path) -> list[Path]:
    """Write events per 1,000 residents per year, and density_per_resident.txt."""
    from risk_model.kept_densities import (  # noqa: PLC0415 - slow
        LEAST_RESIDENTS,
        per_resident,
        read_kept_ground,
    )

    ground = read_kept_ground(run)
    written: list[Path] = []
    words = [
        (
            "Events per 1,000 residents per year, both smoothed with one kernel; events weighted "
            "as the priority's offence set. Residents are spread evenly over their area, so "
            "nothing can be said of places within a large area, and visitors are not counted: "
            "town centres and resorts look worse than they are. Blank where the kernel holds "
            f"under {LEAST_RESIDENTS:g} "
            "residents."
        )
    ]
    for key in priority_keys(run.manifest):
        compared = per_resident(ground, key)
        overall = 1000.0 * compared.dual.overall
        path = folder / f"density_{key}_per_1000.tif"
        write_geotiff(
            1000.0 * compared.dual.top_down,
            compared.dual.grid.transform,
            path,
            unit="events per 1,000 residents per year",
            description=f"offences of {key} over residents",
        )
        style = path.with_suffix(".qml")
        style.write_text(ratio_style(overall), encoding="utf-8", newline="\n")
        written += [path, style]
        words.append(_said(key, compared, f"{overall:.4g} per 1,000 residents per year"))
    return [*written, _text(folder / "density_per_resident.txt", words)]


def _rasters(compared: ComparedDensity, folder: Path, key: str, what: str) -> list[Path]:
    """Write the ratio, styled around 1, and the difference of a comparison."""
    dual = compared.dual
    spans = f"{compared.above} and {compared.below}"
    ratio = folder / f"density_{key}_{what}_ratio.tif"
    write_geotiff(
        dual.top_down, dual.grid.transform, ratio, unit="ratio", description=f"ratio of {spans}"
    )
    difference = folder / f"density_{key}_{what}_difference.tif"
    write_geotiff(
        dual.difference[::-1],
        dual.grid.transform,
        difference,
        unit=_UNIT,
        description=f"difference of {spans}",
    )
    style = ratio.with_suffix(".qml")
    style.write_text(ratio_style(1.0), encoding="utf-8", newline="\n")
    return [ratio, difference, style]


def _said(key: str, compared: ComparedDensity, overall: str) -> str:
    lines = [
        (
            f"{key.upper()}: {compared.above} over {compared.below}, bandwidth "
            f"{compared.bandwidth_m:,.0f} m. Over the study area as a whole {overall}."
        ),
        *(f"- {warning}" for warning in compared.warnings),
    ]
    return "\n".join(lines)


def _text(path: Path, blocks: Iterable[str]) -> Path:
    path.write_text(paragraphs(blocks), encoding="utf-8", newline="\n")
    return path
