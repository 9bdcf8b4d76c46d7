"""What differs between two published runs: who enters, leaves and moves, and what did it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from risk_model.provenance import jsonable
from risk_model.run_store import PublishedRun

if TYPE_CHECKING:  # it scores, and loads what the pages of a run do not need
    from risk_model.attribution import Attribution

__all__ = [
    "Comparison",
    "PriorityComparison",
    "Shares",
    "Side",
    "compare_sides",
    "comparison_document",
    "side_of",
]

TOGETHER = "together"
_MOVED = 10


@dataclass(frozen=True, slots=True)
class Shares:
    """What each cause did to every area that has a score on both sides.

    `score` and `rank` have a row an area and a column a cause; the column `together` holds what
    belongs to no single cause: an area that some combination of the changes cannot score, or runs
    made by different versions of the code. Each row sums to the published difference. `alone` has
    a row a cause: enters, leaves, rank_change when it is the only change.
    """

    causes: Mapping[str, tuple[str, ...]]
    score: pd.DataFrame
    rank: pd.DataFrame
    alone: pd.DataFrame
    note: str

    def split(self) -> dict[str, dict[str, float]]:
        """Return the mean change, up or down, by `data` and by `settings`: score and rank.

        Empty where one of the two is all there is, or where they cannot be told apart.
        """
        data = [name for name, settings in self.causes.items() if not settings]
        settings = [name for name, settings in self.causes.items() if settings]
        if not data or not settings:
            return {}
        return {
            word: {
                "score": float(self.score[names].sum(axis=1).abs().mean()),
                "rank": float(self.rank[names].sum(axis=1).abs().mean()),
            }
            for word, names in (("data", data), ("settings", settings))
        }


@dataclass(frozen=True, slots=True)
class PriorityComparison:
    """One priority in two runs. Tables are indexed by area code, best rank in `after` first.

    `entered`, `left` and `stayed` have area_label, rank_before, rank_after, score_before,
    score_after, tier_before, tier_after; `moved` holds the areas off both lists whose rank
    changed most, in the same columns. `indicators` has the change of each contribution, by area
    and indicator; `shares` says which change did it, where the runs kept what that takes.
    """

    key: str
    title: str
    list_size: int
    entered: pd.DataFrame
    left: pd.DataFrame
    stayed: pd.DataFrame
    moved: pd.DataFrame
    rank_correlation: float
    indicators: pd.DataFrame
    shares: Shares | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two runs side by side.

    `settings` maps each setting that differs to its two values; `inputs` lists files whose
    content differs; `only_before` and `only_after` are areas that one run lacks. `note` says why
    no cause is given, or is empty.
    """

    before: str
    after: str
    periods: tuple[str, str]
    settings: Mapping[str, tuple[Any, Any]]
    inputs: tuple[str, ...]
    only_before: tuple[str, ...]
    only_after: tuple[str, ...]
    priorities: Mapping[str, PriorityComparison]
    note: str = ""


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
    contributions: pd.DataFrame


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
        contributions=run.contributions(),
    )


def _contributions(key: str, side: Side) -> pd.DataFrame:
    rows = side.contributions[side.contributions["priority"] == key]
    return rows.pivot_table(
        index="area_code", columns="indicator", values="contribution", sort=False
    )


def _shares(attribution: Attribution, table: pd.DataFrame) -> Shares:
    """Complete the attribution to the published differences of `table`."""
    whole = {}
    for name, found in (("score", attribution.score), ("rank", attribution.rank)):
        difference = table[f"{name}_after"].astype(float) - table[f"{name}_before"].astype(float)
        shared = found.reindex(table.index).fillna(0.0)
        left = difference - shared.sum(axis=1)
        # Smaller differences are those of rounding.
        whole[name] = shared.assign(**{TOGETHER: left.where(left.abs() > 1e-6, 0.0)})
    return Shares(
        causes={cause.name: cause.settings for cause in attribution.causes},
        score=whole["score"],
        rank=whole["rank"],
        alone=attribution.alone,
        note=attribution.note,
    )


def _priority(
    key: str, before: Side, after: Side, attribution: Attribution | None
) -> PriorityComparison:
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
    was_made, is_made = _contributions(key, before), _contributions(key, after)
    indicators = is_made.sub(was_made, fill_value=0.0)
    return PriorityComparison(
        key=key,
        title=after.titles[key],
        list_size=size_after,
        entered=table[now & ~was],
        left=table[was & ~now],
        stayed=table[was & now],
        moved=moved.head(_MOVED),
        rank_correlation=float(
            table["rank_before"].astype(float).corr(table["rank_after"].astype(float))
        ),
        indicators=indicators.reindex(table.index),
        shares=None if attribution is None else _shares(attribution, table),
    )


def compare_sides(
    before: Side,
    after: Side,
    *,
    attributions: Mapping[str, Attribution] | None = None,
    note: str = "",
) -> Comparison:
    """Compare two sides over the areas and priorities that both have.

    `attributions` says, by priority, which change did it; `note` why there is none.
    """
    old, new = before.areas, after.areas
    found = attributions or {}
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
            key: _priority(key, before, after, found.get(key))
            for key in after.titles
            if key in before.titles
        },
        note=note,
    )


def comparison_document(found: Comparison) -> dict[str, Any]:
    """Return a comparison as plain values for JSON: what the command prints, for every area."""
    return dict(
        jsonable(
            {
                "before": found.before,
                "after": found.after,
                "periods": found.periods,
                "settings": {
                    key: {"before": old, "after": new} for key, (old, new) in found.settings.items()
                },
                "inputs": found.inputs,
                "only_before": found.only_before,
                "only_after": found.only_after,
                "note": found.note,
                "priorities": {
                    key: _priority_document(part) for key, part in found.priorities.items()
                },
            }
        )
    )


def _priority_document(part: PriorityComparison) -> dict[str, Any]:
    areas = []
    for change in ("entered", "left", "stayed", "moved"):
        table: pd.DataFrame = getattr(part, change)
        for code in table.index:
            area = {"area_code": code, "change": change, **table.loc[code].to_dict()}
            area["contributions"] = part.indicators.loc[code].dropna().to_dict()
            if part.shares is not None:
                area["score_change_by_cause"] = part.shares.score.loc[code].to_dict()
                area["rank_change_by_cause"] = part.shares.rank.loc[code].to_dict()
            areas.append(area)
    shares = part.shares
    return {
        "title": part.title,
        "list_size": part.list_size,
        "rank_correlation": part.rank_correlation,
        "causes": []
        if shares is None
        else [
            {
                "cause": name,
                "settings": settings,
                "score_change": float(shares.score[name].abs().mean()),
                "rank_change": float(shares.rank[name].abs().mean()),
                "alone": shares.alone.loc[name].to_dict(),
            }
            for name, settings in shares.causes.items()
        ],
        "split": {} if shares is None else shares.split(),
        "note": "" if shares is None else shares.note,
        "areas": areas,
    }
