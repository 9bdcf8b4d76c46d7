"""The patterns of a run's months as published. Imports no Dash."""

from __future__ import annotations

import pandas as pd

from risk_model.run_store import PublishedRun

__all__ = ["patterns_of"]


def patterns_of(run: PublishedRun) -> pd.DataFrame:
    """Return the pattern of each area's months; nothing of a run without its months one by one."""
    if "space_time_months.csv" not in run.manifest["outputs"]:
        return pd.DataFrame()
    return pd.read_csv(run.path("space_time.csv"), dtype={"area_code": str})
