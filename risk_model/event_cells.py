"""The cells in which a run keeps its events: nothing finer is left of them once it is published."""

from __future__ import annotations

import numpy as np
import pandas as pd

__all__ = ["EVENT_CELL_M", "in_cells", "to_middles"]

EVENT_CELL_M = 100.0


def in_cells(points: pd.DataFrame) -> pd.DataFrame:
    """Return events by cell (its south-west corner), area, month, category and attributes."""
    cells = pd.DataFrame(
        {
            "cell_x": (np.floor(points["x"] / EVENT_CELL_M) * EVENT_CELL_M).astype(np.int64),
            "cell_y": (np.floor(points["y"] / EVENT_CELL_M) * EVENT_CELL_M).astype(np.int64),
            **{
                name: points[name].astype(str)
                for name in points.columns
                if name not in ("x", "y", "weight")
            },
        }
    )
    keys = list(cells.columns)
    return cells.groupby(keys, sort=True, observed=True).size().rename("n").reset_index()


def to_middles(points: pd.DataFrame) -> pd.DataFrame:
    """Move each event to the middle of its cell, where a published run has it."""
    middles = {
        axis: np.floor(points[axis] / EVENT_CELL_M) * EVENT_CELL_M + EVENT_CELL_M / 2.0
        for axis in ("x", "y")
    }
    return points.assign(**middles)
