"""What differs between two published runs: who enters the list, who leaves, who moves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from risk_model.run_store import PublishedRun

__all__ = ["Comparison", "PriorityComparison", "Side", "compare_sides", "side_of"]


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


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a comparison: a published run, or what other settings would make of it."""

    name: str
    period: str
    config: Mapping[str, Any]
    inputs: Mapping[str, str]
    titles: Mapping[str, str]
    areas: pd.DataFrame


def side_of(run: PublishedRun) -> Side:
    """Return a published run as one side of a comparison."""
    manifest = run.manifest
    return Side(
        name=run.run_id,
        period=f"{manifest['period']['start']}:{manifest['period']['end']}",
        config=manifest["config"],
        inputs={entry["path"]: entry["sha256"] for entry in manifest["inputs"]},
        titles={key: entry["title"] for key, entry in manifest["priorities"].items()},
        areas=pd.DataFrame(run.areas().drop(columns="geometry")),
    )


def _priority(key: str, before: Side, after: Side) -> PriorityComparison:
    old, new = before.areas, after.areas
    shared = old.index.intersection(new.index)
    table = pd.DataFrame({"area_label": new.loc[shared, "area_label"]}, index=shared)
    for column in ("rank", "score", "tier"):
        table[f"{column}_before"] = old.loc[shared, f"{key}_{column}"]
        table[f"{column}_after"] = new.loc[shared, f"{key}_{column}"]
    # An area without a score has no rank, and no place in a comparison of ranks.
    table = table.dropna(subset=["rank_before", "rank_after"])
    table = table.sort_values(["rank_after", "rank_before"], kind="stable")
    size_before = int(before.config["priorities"][key]["list"]["size"])
    size_after = int(after.config["priorities"][key]["list"]["size"])
    was, now = table["rank_before"] <= size_before, table["rank_after"] <= size_after
    neither = table[~was & ~now]
    change = (neither["rank_after"] - neither["rank_before"]).abs()
    moved = neither.loc[change[change > 0].sort_values(ascending=False, kind="stable").index]
    return PriorityComparison(
        key=key,
        title=after.titles[key],
        list_size=size_after,
        entered=table[now & ~was],
        left=table[was & ~now],
        stayed=table[was & now],
        moved=moved.head(10),
        rank_correlation=float(
            table["rank_before"].astype(float).corr(table["rank_after"].astype(float))
        ),
    )


def compare_sides(before: Side, after: Side) -> Comparison:
    """Compare two sides over the areas and priorities that both have."""
    old, new = before.areas, after.areas
    return Comparison(
        before=before.name,
        after=after.name,
        periods=(before.period, after.period),
        settings=_changed(before.config, after.config),
        inputs=tuple(
            path
            for path in sorted(before.inputs.keys() | after.inputs.keys())
            if before.inputs.get(path) != after.inputs.get(path)
        ),
        only_before=tuple(old.index.difference(new.index)),
        only_after=tuple(new.index.difference(old.index)),
        priorities={
            key: _priority(key, before, after) for key in after.titles if key in before.titles
        },
    )
