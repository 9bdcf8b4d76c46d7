"""What stands beside the scores: guards, other sources, equity; joined before a run is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import pandas as pd

from risk_model.agreement import agreement_of, agreement_writers
from risk_model.equity import equity_table, equity_writers, flags_of
from risk_model.guard_report import guard_report, read_before
from risk_model.layers.other_sources import OtherSource
from risk_model.pipeline import Run
from risk_model.run_store import PublishedRun, Writer

__all__ = ["ContextReport", "context_report", "with_context"]


@dataclass(frozen=True, slots=True, eq=False)
class ContextReport:
    """Columns by area, what the manifest gets, warnings, and the files of their own."""

    columns: pd.DataFrame
    manifest: Mapping[str, Any]
    warnings: tuple[str, ...]
    writers: Mapping[str, Writer]


def context_report(run: Run, previous: PublishedRun | None) -> ContextReport:
    """Make the reports of a built run; `previous` is the refresh before it, if there is one."""
    guards = guard_report(run, read_before(previous, run))
    sources = run.loaded.other_sources
    areas = pd.DataFrame(run.areas.drop(columns="geometry"))
    agreed = agreement_of(sources, run.model, run.risk, areas)
    equity = equity_table(
        run.model, flags_of(areas, list(run.risk.priorities)), run.risk, ages=run.loaded.ages
    )
    columns = [guards.columns, *([agreed.columns] if agreed is not None else [])]
    manifest: dict[str, Any] = {"guards": guards.record}
    if sources:
        manifest["other_sources"] = [_described(source) for source in sources]
    return ContextReport(
        columns=pd.concat(columns, axis=1),
        manifest=manifest,
        warnings=(*guards.warnings, *(agreed.warnings if agreed is not None else ())),
        writers={**agreement_writers(agreed, sources), **equity_writers(equity)},
    )


def _described(source: OtherSource) -> dict[str, Any]:
    """Return what the manifest says of a source; no row of it."""
    return {
        "name": source.name,
        "kind": source.kind,
        "title": source.title,
        "path": source.shown_as,
        "months": list(source.months),
        "absent": "zero" if source.absent_is_zero else "no_data",
        "ledger": {reason: rows for reason, rows in source.ledger.totals().items() if rows},
    }


def with_context(run: Run, report: ContextReport) -> Run:
    """Return the run with the columns of its reports."""
    table = pd.DataFrame(run.areas.drop(columns="geometry")).join(report.columns)
    return replace(run, areas=gpd.GeoDataFrame(table, geometry=run.areas.geometry))
