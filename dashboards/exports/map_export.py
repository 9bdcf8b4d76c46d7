"""map.html, as published."""

from __future__ import annotations

from pathlib import Path

from dashboards.exports.published_files import copy_files
from risk_model.run_store import PublishedRun

__all__ = ["export_map"]


def export_map(run: PublishedRun, folder: Path) -> list[Path]:
    """Copy map.html: one file that opens without a network."""
    return copy_files(run, folder, {"map.html": "map.html"})
