"""Sentences that every export of a run shares: the finding, the period, the cautions."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd

from dashboards import words

__all__ = [
    "CAUTIONS",
    "DEMONSTRATION",
    "beside_codes",
    "beside_words",
    "cautions",
    "count_flagged",
    "figure",
    "finding",
    "flag_sentence",
    "gaps",
    "list_lines",
    "new_since",
    "period_words",
    "priority_keys",
    "rank_range",
    "standing",
    "waiting",
    "weights_words",
]

DEMONSTRATION = "Demonstration data: a made-up county. No real place is shown."
CAUTIONS: tuple[str, ...] = (
    "The score ranks places, never people. A flagged area says where to look next, never whom.",
    ("Recorded crime is not all crime: it also shows where people report and where officers look."),
    (
        "Published crimes stand at anonymous map points. Nothing below the neighbourhood can be "
        "said from them."
    ),
)
_MOST_NAMED = 25
"""Areas that a line names; a country has hundreds."""
_BROAD = "Violence and sexual offences is one broad published category, from harassment to murder."


def priority_keys(manifest: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the keys of the priorities in the order of the configuration."""
    return tuple(manifest["priorities"])


def count_flagged(areas: pd.DataFrame, priority: str) -> int:
    """Return how many areas are flagged (Strong or Supported) for a priority."""
    return int(areas[f"{priority}_flag"].fillna(value=False).astype(bool).sum())


def finding(areas: pd.DataFrame, manifest: Mapping[str, Any]) -> str:
    """Return the title of a run: what was found, in about ten words.

    `6 neighbourhoods meet the SV01 test, 4 the SV04 test`; where there was a refresh before,
    how many of them are new: `6 neighbourhoods meet the SV01 test, 2 new since March 2025`.
    """
    parts: list[str] = []
    new: list[str] = []
    for key in priority_keys(manifest):
        number = count_flagged(areas, key)
        name = key.upper()
        if parts:
            parts.append(f"{number or 'none'} the {name} test")
        elif number == 1:
            parts.append(f"1 neighbourhood meets the {name} test")
        else:
            parts.append(f"{number or 'No'} neighbourhoods meet the {name} test")
        new.append(new_since(areas, key, manifest))
    found = ", ".join(parts)
    if not all(new):
        return found
    if len(set(new)) == 1 and (len(new) == 1 or new[0].startswith("none")):
        return f"{found}, {new[0]}"
    # `2 new since March 2025` and `none new since March 2025`: the month is said once.
    counts = [text.partition(" ")[0] for text in new]
    return f"{found}; {' and '.join(counts)} new since {new[0].partition(' since ')[2]}"


def flag_sentence(areas: pd.DataFrame, priority: str) -> str:
    """Return how many areas are flagged, of how many, and in which tiers."""
    number = count_flagged(areas, priority)
    counts = areas[f"{priority}_tier"].value_counts()
    tiers = ", ".join(
        f"{counts[tier]} {tier}" for tier in ("Strong", "Supported") if tier in counts
    )
    detail = f": {tiers}" if tiers else ""
    return f"{number} of {len(areas)} neighbourhoods flagged{detail}."


def new_since(areas: pd.DataFrame, priority: str, manifest: Mapping[str, Any]) -> str:
    """Return how many of `areas` are newly flagged: `2 new since March 2025`.

    Empty for a first refresh and for a run from before lists were remembered.
    """
    memory = manifest["priorities"][priority].get("list") or {}
    if not memory.get("previous_end"):
        return ""
    flagged = areas.index[areas[f"{priority}_flag"].fillna(value=False).astype(bool)]
    number = int(flagged.isin(list(memory.get("newly_flagged") or ())).sum())
    return f"{number or 'none'} new since {words.month_words(str(memory['previous_end']))}"


def list_lines(
    areas: pd.DataFrame, priority: str, manifest: Mapping[str, Any]
) -> tuple[tuple[str, str], ...]:
    """Return what has to be said beside a list, each as a short line and the areas it means.

    What changed since the refresh before, who waits to enter, who cannot be told apart from the
    list, and the patches of flagged areas. Nothing for runs that did not compute it.
    """
    memory = dict(manifest["priorities"][priority].get("list") or {})
    for word in ("new", "staying", "provisional", "dropped", "waiting"):
        # Of a part of a country, only what lies in it.
        memory[word] = [code for code in memory.get(word) or () if code in areas.index]
    labels = areas["area_label"].astype(str)

    def named(codes: Sequence[str]) -> str:
        names = "; ".join(str(labels[code]) for code in codes[:_MOST_NAMED])
        more = len(codes) - _MOST_NAMED
        return f"{names}; and {more:,} more" if more > 0 else names

    lines: list[tuple[str, str]] = []
    if "previous_end" in memory:
        size = int(manifest["priorities"][priority].get("list_size") or 0)
        flags = areas[f"{priority}_flag"].fillna(value=False).astype(bool)
        flagged = sum(bool(flags[code]) for code in memory["new"])
        lines.append(_memory_line(memory, named, size, flagged))
    if memory.get("waiting") and memory.get("previous_end"):
        number = len(memory["waiting"])
        subject = "1 area waits" if number == 1 else f"{number} areas wait"
        text = f"{subject} to enter: among the first, but not yet on {memory['enter']} refreshes."
        lines.append((text, named(memory["waiting"])))
    codes = beside_codes(areas, priority)
    if codes is not None:
        lines.append((beside_words(len(codes)), named(codes)))
    patch = f"{priority}_patch"
    if patch in areas.columns:
        names = areas.sort_values(f"{priority}_rank", kind="stable")[patch].fillna("")
        patches = [str(name) for name in names.unique() if name]
        number = int((names != "").sum())
        if patches and len(patches) < number:
            count = "1 patch" if len(patches) == 1 else f"{len(patches)} patches"
            text = f"The {number} flagged areas are {count}: those that touch are one."
            shown = patches[:_MOST_NAMED]
            more = [f"and {len(patches) - len(shown):,} more"] if patches[_MOST_NAMED:] else []
            lines.append((text, "; ".join([*shown, *more])))
    return tuple(lines)


def beside_codes(areas: pd.DataFrame, priority: str) -> list[str] | None:
    """Return the areas that cannot be told apart from the list, the highest rank first.

    Without those that an earlier refresh keeps on the list: below its cut, they are on it. None for
    a run that did not compute it, or that states no certainty (too few areas or events): that no
    area is named then would read as if all could be told apart.
    """
    beside, listed, chance = (f"{priority}_{end}" for end in ("beside_list", "list", "p_top"))
    if beside not in areas.columns or (chance in areas.columns and areas[chance].isna().all()):
        return None
    held = areas[beside].fillna(value=False).astype(bool)
    if listed in areas.columns:
        held &= ~areas[listed].fillna(value=False).astype(bool)
    near = areas.loc[held].sort_values(f"{priority}_rank", kind="stable")
    return [str(code) for code in near.index]


def waiting(manifest: Mapping[str, Any], priority: str) -> frozenset[str]:
    """Return the codes of the areas among the first that have not entered the list yet."""
    return frozenset((manifest["priorities"][priority].get("list") or {}).get("waiting") or ())


def standing(row: Mapping[Any, Any], priority: str, *, size: int = 0, waits: bool = False) -> str:
    """Say an area's standing since the refresh before, or that it cannot be told from the list.

    An area that the list remembers is on it, also where its rank is below the first `size`.
    """
    if waits:
        return "waits to enter the list"
    status, beside, listed = (
        row.get(f"{priority}_{name}") for name in ("list_status", "beside_list", "list")
    )
    below = beside is True or beside == 1
    if listed is True or listed == 1:
        rank = row.get(f"{priority}_rank")
        kept = "still on the list" if rank is not None and rank > size > 0 else ""
        return "new on the list" if str(status) == "new" else kept
    said = "dropped from the list" if str(status) == "dropped" else ""
    return "; ".join(filter(None, [said, "cannot be told apart" if below else ""]))


def beside_words(number: int) -> str:
    """Say how many areas below a list cannot be told apart from it."""
    if number == 0:
        return "Every area below the list can be told apart from it."
    subject = "1 more area" if number == 1 else f"{number:,} more areas"
    return f"{subject} cannot be told apart from the list."


def _memory_line(
    memory: Mapping[str, Any], named: Callable[[Sequence[str]], str], size: int, flagged: int
) -> tuple[str, str]:
    """Say what changed on a list of `size`; `flagged` of the new are flagged as well.

    A title counts flagged areas alone, so that the two numbers of new areas may differ.
    """
    if not memory.get("previous_end"):
        return "First refresh: the list is provisional, and nothing is new or dropped yet.", ""
    new = len(memory["new"])
    told = "" if flagged == new else f" ({flagged or 'not'} flagged)"
    shown = [
        f"{len(memory[word])} {word}{told if word == 'new' else ''}"
        for word in ("new", "staying", "provisional", "dropped")
        if memory[word] or word != "provisional"
    ]
    when = words.month_words(str(memory["previous_end"]))
    who = [
        f"{word.capitalize()}: {named(memory[word])}"
        for word in ("new", "dropped")
        if memory.get(word)
    ]
    listed = f"On the list of {size} since {when}" if size else f"On the list since {when}"
    return f"{listed}: {', '.join(shown)}.", ". ".join(who)


def period_words(manifest: Mapping[str, Any]) -> str:
    """Return the period in words, as `January to June 2025`."""
    period = manifest["period"]
    return words.period_words(str(period["start"]), str(period["end"]))


def weights_words(manifest: Mapping[str, Any]) -> str:
    """Say which version of the weights a run used, and that it changed some for itself."""
    version = str((manifest.get("config") or {}).get("version") or "")
    changed = len(manifest.get("overrides") or ())
    if not changed:
        return version
    return f"{version}, {changed} setting{'' if changed == 1 else 's'} changed for this run"


def gaps(manifest: Mapping[str, Any]) -> str:
    """Return a sentence on months without data; empty where every month is covered."""
    period = manifest["period"]
    covered = set(period.get("covered", period.get("months", ())))
    missing = [month for month in period.get("months", ()) if month not in covered]
    if not missing:
        return ""
    listed = ", ".join(words.month_words(month) for month in missing)
    return f"No data for {listed}: left out of the rates, not counted as zero."


def cautions(manifest: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what a reader has to be told beside any result of this run."""
    broad = any(
        "violence_and_sexual_offences" in (priority.get("offences") or ())
        for priority in manifest["priorities"].values()
    )
    return (*CAUTIONS, _BROAD) if broad else CAUTIONS


def figure(value: object, digits: int = 0, *, missing: str = "not calculable") -> str:
    """Return a number for people, with thousands separated; words where there is none."""
    if value is None or value is pd.NA:
        return missing
    if isinstance(value, str):
        return value or missing
    number = float(value)  # type: ignore[arg-type]
    return f"{number:,.{digits}f}" if math.isfinite(number) else missing


def rank_range(row: Mapping[Any, Any], priority: str) -> str:
    """Return the range of ranks that the draws gave, as `2 to 9`."""
    low, high = (row.get(f"{priority}_{end}") for end in ("rank_lo", "rank_hi"))
    ends = figure(low, missing=""), figure(high, missing="")
    if not all(ends):
        return "not calculable"
    return ends[0] if ends[0] == ends[1] else f"{ends[0]} to {ends[1]}"
