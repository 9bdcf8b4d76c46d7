"""What the lists of a run remember, and the places they name, before the run is published."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import pandas as pd

from risk_model.config.priority import Priority
from risk_model.list_memory import (
    Refresh,
    Remembered,
    list_columns,
    list_summary,
    list_warnings,
    read_refresh,
    remember,
    top_codes,
)
from risk_model.patches import patch_column, patches_of
from risk_model.pipeline import Run
from risk_model.rank_sets import LARGEST
from risk_model.run_store import PublishedRun, Writer
from spatial.writers import write_csv

__all__ = ["ListReport", "list_report", "list_writers", "with_lists"]


@dataclass(frozen=True, slots=True, eq=False)
class ListReport:
    """The lists of a run by priority, and the patches of flagged areas.

    Attributes
    ----------
    columns
        Columns that every area gets, prefixed with the priority.
    patches
        What `patches.csv` holds.
    summaries
        By priority, for the manifest.
    warnings
        One sentence each.
    """

    columns: pd.DataFrame
    patches: pd.DataFrame
    summaries: Mapping[str, dict[str, Any]]
    warnings: tuple[str, ...]


def list_report(run: Run, earlier: Sequence[PublishedRun], *, config_sha256: str) -> ListReport:
    """Return what the lists remember of the refreshes before `run`, the earliest first."""
    columns, patches, summaries, warnings = [], [], {}, []
    for name, priority in run.risk.priorities.items():
        found, previous = _remembered(name, priority, run, earlier)
        table = list_columns(found, run.areas.index)
        held = patches_of(run.areas, name, run.model.neighbours)
        table["patch"] = patch_column(held, run.areas.index)
        columns.append(table.add_prefix(f"{name}_"))
        patches.append(held)
        flagged = frozenset(run.areas.index[run.areas[f"{name}_flag"].astype(bool)].astype(str))
        beside = int(run.areas[f"{name}_beside_list"].sum())
        rule = priority.list.model_dump(mode="json", exclude={"size"})
        summaries[name] = {**list_summary(found, previous, flagged), "beside": beside, **rule}
        warnings += _set_warnings(name, run.areas)
        changed = _changed(earlier[-1], run, config_sha256) if previous is not None else ""
        warnings += list_warnings(name, found, priority.list, changed=changed)
    return ListReport(
        columns=pd.concat(columns, axis=1),
        patches=pd.concat(patches, ignore_index=True),
        summaries=summaries,
        warnings=tuple(warnings),
    )


def with_lists(run: Run, report: ListReport) -> Run:
    """Return the run with the columns of its lists."""
    table = pd.DataFrame(run.areas.drop(columns="geometry")).join(report.columns)
    return replace(run, areas=gpd.GeoDataFrame(table, geometry=run.areas.geometry))


def list_writers(run: Run, report: ListReport) -> dict[str, Writer]:
    """Return a writer for each table of lists, patches and explanations."""
    return {
        "patches.csv": lambda path: write_csv(report.patches, path),
        "explanations.csv": lambda path: write_csv(run.scored.sentences, path),
        "explanation_figures.csv": lambda path: write_csv(run.scored.figures, path),
    }


def _remembered(
    name: str, priority: Priority, run: Run, earlier: Sequence[PublishedRun]
) -> tuple[Remembered, Refresh | None]:
    """Return the list of one priority and the refresh that it is compared with."""
    rule = priority.list
    # Refreshes that did not have this priority say nothing of it.
    known = [held for held in earlier if name in held.manifest["priorities"]]
    most = max(rule.enter_of[1], rule.leave_of[1]) - 1
    looked_at = [read_refresh(held, name, rule) for held in known[-max(most, 1) :]]
    top = top_codes(run.areas, name, rule.size)
    found = remember(looked_at, end=run.loaded.period.end, top=top, rule=rule)
    found = replace(found, refreshes=len(known) + 1)
    return found, looked_at[-1] if looked_at else None


def _set_warnings(name: str, areas: pd.DataFrame) -> list[str]:
    """Say where counts alone cannot order the areas, or were not asked to."""
    low = areas[f"{name}_rank_set_lo"].astype("Float64")
    high = areas[f"{name}_rank_set_hi"].astype("Float64")
    made = int(low.notna().sum())
    open_ = int(((low == 1) & (high == made)).sum())
    if not made and len(areas) > LARGEST:
        said = (
            f"{name}: what counts alone can say of ranks is worked out for up to {LARGEST:,} "
            "areas; run fewer, such as some local authorities (--area with their codes)."
        )
    elif made and 2 * open_ >= made:
        said = (
            f"{name}: counts alone cannot order these areas: for {open_} of {made} every rank from "
            f"1 to {made} is open; offences this rare say little by themselves."
        )
    else:
        return []
    return [said]


def _changed(before: PublishedRun, run: Run, config_sha256: str) -> str:
    if before.manifest.get("config_sha256") == config_sha256:
        return ""
    old = before.manifest["config"].get("version", "")
    return (
        f"settings changed since the refresh before ({before.run_id}, weights {old!r}, now "
        f"{run.risk.version!r}): areas may be new or dropped because of them."
    )
