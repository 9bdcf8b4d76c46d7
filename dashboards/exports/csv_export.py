"""CSV with a byte-order mark, which Excel needs to read it as UTF-8."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from risk_model.run_store import PublishedRun
from spatial.writers import write_csv

__all__ = ["area_table", "export_csv"]


def area_table(run: PublishedRun) -> pd.DataFrame:
    """Return the areas without their polygons, `area_code` as the first column."""
    areas = run.areas().sort_index()
    return pd.DataFrame(areas.drop(columns=areas.geometry.name)).reset_index()


def export_csv(run: PublishedRun, folder: Path) -> list[Path]:
    """Write areas.csv and contributions.csv."""
    tables = {"areas.csv": area_table(run), "contributions.csv": run.contributions()}
    for name, table in tables.items():
        write_csv(table, folder / name, bom=True)
    return [folder / name for name in tables]
