"""Formats that a run holds already: they are copied, byte for byte."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from risk_model.run_store import PublishedRun

__all__ = ["copy_files"]


def copy_files(run: PublishedRun, folder: Path, names: Mapping[str, str]) -> list[Path]:
    """Copy files of the run (keys) into the folder under the names given (values)."""
    copied = []
    for source, target in names.items():
        shutil.copyfile(run.path(source), folder / target)
        copied.append(folder / target)
    return copied
