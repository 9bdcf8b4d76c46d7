"""What differs between two published runs: who enters the list, who leaves, who moves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from risk_model.run_store import PublishedRun

__all__ = ["Comparison", "PriorityComparison", "compare_runs"]


@dataclass(frozen=True, slots=True)
class PriorityComparison:
    """One priority in two runs. Tables are indexed by area code, best rank in `after` first.

    `entered`, `left` and `stayed` have area_label, rank_before, rank_after, score_before,
    score_after, tier_before, tier_after; `moved` holds the areas off both lists whose rank
    changed most, in the same columns.
    """

    key: str
    title: str
    list_size: int
    entered: pd.DataFrame
    left: pd.DataFrame
    stayed: pd.DataFrame
    moved: pd.DataFrame
    rank_correlation: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two runs side by side.

    `settings` maps each setting that differs to its two values; `inputs` lists files whose
    content differs; `only_before` and `only_after` are areas that one run lacks.
    """

    before: str
    after: str
    periods: tuple[str, str]
    settings: Mapping[str, tuple[Any, Any]]
    inputs: tuple[str, ...]
    only_before: tuple[str, ...]
    only_after: tuple[str, ...]
    priorities: Mapping[str, PriorityComparison]


def _flatten(value: Any, prefix: str = "") -> dict[str, Any]:
    if isinstance(value, Mapping) and value:
        found: dict[str, Any] = {}
        for key, entry in value.items():
            found |= _flatten(entry, f"{prefix}.{key}" if prefix else str(key))
        return found
    return {prefix: value}


def _changed(before: Any, after: Any) -> dict[str, tuple[Any, Any]]:
    old, new = _flatten(before), _flatten(after)
    return {
        key: (old.get(key), new.get(key))
        for key in sorted(old.keys() | new.keys())
        if old.get(key) != new.get(key)
    }


def _hashes(run: PublishedRun) -> dict[str, str]:
    return {entry["path"]: entry["sha256"] for entry in run.manifest["inputs"]}


def _priority(
    key: str, before: PublishedRun, after: PublishedRun, old: pd.DataFrame, new: pd.DataFrame
) -> PriorityComparison:
    shared = old.index.intersection(new.index)
    columns = ("rank", "score", "tier")
    table = pd.DataFrame({"area_label": new.loc[shared, "area_label"]}, index=shared)
    for column in columns:
        table[f"{column}_before"] = old.loc[shared, f"{key}_{column}"]
        table[f"{column}_after"] = new.loc[shared, f"{key}_{column}"]
    table = table.sort_values(["rank_after", "rank_before"], kind="stable")
    size_before = int(before.manifest["priorities"][key]["list_size"])
    size_after = int(after.manifest["priorities"][key]["list_size"])
    was, now = table["rank_before"] <= size_before, table["rank_after"] <= size_after
    neither = table[~was & ~now]
    change = (neither["rank_after"] - neither["rank_before"]).abs()
    moved = neither.loc[change[change > 0].sort_values(ascending=False, kind="stable").index]
    return PriorityComparison(
        key=key,
        title=str(after.manifest["priorities"][key]["title"]),
        list_size=size_after,
        entered=table[now & ~was],
        left=table[was & ~now],
        stayed=table[was & now],
        moved=moved.head(10),
        rank_correlation=float(table["rank_before"].corr(table["rank_after"])),
    )


def compare_runs(before: PublishedRun, after: PublishedRun) -> Comparison:
    """Compare two published runs, over the areas and priorities that both have."""
    old, new = before.areas(), after.areas()
    old_hashes, new_hashes = _hashes(before), _hashes(after)
    periods = [
        f"{run.manifest['period']['start']}:{run.manifest['period']['end']}"
        for run in (before, after)
    ]
    return Comparison(
        before=before.run_id,
        after=after.run_id,
        periods=(periods[0], periods[1]),
        settings=_changed(before.manifest["config"], after.manifest["config"]),
        inputs=tuple(
            path
            for path in sorted(old_hashes.keys() | new_hashes.keys())
            if old_hashes.get(path) != new_hashes.get(path)
        ),
        only_before=tuple(old.index.difference(new.index)),
        only_after=tuple(new.index.difference(old.index)),
        priorities={
            key: _priority(key, before, after, old, new)
            for key in after.manifest["priorities"]
            if key in before.manifest["priorities"]
        },
    )
