"""Which published runs came before one: the refreshes that a list's memory and alarms look at."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from risk_model.run_store import PublishedRun, list_runs, read_run

__all__ = ["earlier_refreshes"]


def earlier_refreshes(runs: Path, manifest: Mapping[str, Any]) -> tuple[PublishedRun, ...]:
    """Return the published refreshes before a run, earliest end of period first.

    A refresh is a distinct end of period: of several runs with one end the latest published
    counts. Only runs of the same authorities, number of areas and vintage count, with an earlier
    end. A run that cannot be read is passed over, as `run_store.unreadable_runs` says.

    Parameters
    ----------
    runs
        The folder of published runs; it need not exist yet.
    manifest
        Of the run, published or about to be: `period` and `area` are read.
    """
    end, area = str(manifest["period"]["end"]), _same(manifest)
    lads = tuple(manifest["area"]["lads"])
    last: dict[str, PublishedRun] = {}
    for summary in list_runs(runs):  # oldest first, so that the latest published stays
        finish = summary.period.rpartition(":")[2]
        if finish >= end or tuple(summary.lads) != lads:
            continue
        published = read_run(runs, summary.run_id)
        if _same(published.manifest) == area:
            last[finish] = published
    return tuple(last[finish] for finish in sorted(last))


def _same(manifest: Mapping[str, Any]) -> tuple[tuple[str, ...], Any, Any]:
    """Return what two runs must share for their areas to be the same."""
    area = manifest["area"]
    return tuple(area["lads"]), area.get("study"), area.get("vintage")
