"""The memory of a list: who enters, stays and leaves over the published refreshes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from pyarrow.parquet import read_schema

from risk_model.config.priority import ListRule
from risk_model.run_store import PublishedRun
from spatial.period import month_number, month_text

__all__ = [
    "Listing",
    "Refresh",
    "Remembered",
    "list_columns",
    "list_summary",
    "list_warnings",
    "read_refresh",
    "remember",
    "top_codes",
]

NEW, STAYING, DROPPED, PROVISIONAL = "new", "staying", "dropped", "provisional"


@dataclass(frozen=True, slots=True)
class Listing:
    """An area's place on the remembered list.

    Attributes
    ----------
    since
        End of the period in which it entered, `YYYY-MM`.
    review
        From this month on it has to meet the bar of entry again.
    provisional
        It stood on the first list of all and has not met the bar of entry yet.
    """

    since: str
    review: str
    provisional: bool = False


@dataclass(frozen=True, slots=True)
class Refresh:
    """A published refresh: the end of its period, the areas of highest rank, and its list."""

    end: str
    top: frozenset[str]
    listed: dict[str, Listing] = field(default_factory=dict)
    flagged: frozenset[str] = frozenset()
    run_id: str = ""


@dataclass(frozen=True, slots=True)
class Remembered:
    """The list of this refresh.

    Attributes
    ----------
    listed
        Code to listing: who is on the list now.
    status
        Code to `new`, `staying`, `provisional` or `dropped`.
    waiting
        Areas of highest rank that have not met the bar of entry yet.
    expired
        Those of the dropped that their review ended.
    refreshes
        How many refreshes were looked at, this one included.
    """

    listed: dict[str, Listing]
    status: dict[str, str]
    waiting: tuple[str, ...]
    expired: tuple[str, ...]
    refreshes: int


def remember(
    history: Sequence[Refresh], *, end: str, top: frozenset[str], rule: ListRule
) -> Remembered:
    """Return the list of the refresh that ends with `end` from those before it.

    An area enters on k of the last n refreshes (`rule.enter`). It leaves when it stood among the
    first on k or fewer of the last n (`rule.leave`), once that many refreshes exist, or when it
    does not meet the bar of entry at its review. The areas of the very first refresh are listed
    provisionally: each stays so until it meets the bar of entry or n refreshes have passed.

    Parameters
    ----------
    history
        Earlier refreshes, the earliest first; their ends are distinct and before `end`.
    end
        Last month of this refresh, `YYYY-MM`.
    top
        Codes of the areas of highest rank in this refresh, at most the size of the list.
    """
    need, within = rule.enter_of
    few, window = rule.leave_of
    review = _later(end, rule.review_months)
    tops = [*(refresh.top for refresh in history), top]
    if not history:
        first = {code: Listing(end, review, provisional=True) for code in sorted(top)}
        return Remembered(first, dict.fromkeys(first, PROVISIONAL), (), (), 1)
    recent = tops[-within:]
    enters = {code for code in frozenset().union(*recent) if _hits(code, recent) >= need}
    before = history[-1].listed
    listed: dict[str, Listing] = {}
    status: dict[str, str] = {}
    expired = []
    for code, held in sorted(before.items()):
        meets = code in enters
        gone = len(tops) >= window and _hits(code, tops[-window:]) <= few
        lapsed = held.provisional and len(tops) >= within
        due = held.review <= end
        if not meets and (gone or lapsed or due):
            status[code] = DROPPED
            if due and not gone:
                expired.append(code)
            continue
        provisional = held.provisional and not meets
        next_review = held.review
        while next_review <= end:
            next_review = _later(next_review, rule.review_months)
        listed[code] = Listing(held.since, next_review, provisional=provisional)
        status[code] = PROVISIONAL if provisional else STAYING
    for code in sorted(enters - set(before)):
        # Only who is high now enters: past refreshes alone are no reason to look somewhere.
        if code in top:
            listed[code], status[code] = Listing(end, review), NEW
    waiting = tuple(sorted(top - set(listed)))
    return Remembered(listed, status, waiting, tuple(expired), len(tops))


def top_codes(areas: pd.DataFrame, priority: str, size: int) -> frozenset[str]:
    """Return the codes of the `size` highest ranks, ties in order of code; Wales for itself.

    `areas` is indexed by area code; Welsh areas that are ranked within Wales have a list of
    their own.
    """
    rank = areas[f"{priority}_rank"].astype("Float64").to_numpy(dtype=float, na_value=np.nan)
    codes = areas.index.astype(str).to_numpy()
    order = np.lexsort((codes, rank))
    order = order[rank[order] <= size]
    found: list[str] = []
    for welsh in (False, True):
        kept = [codes[i] for i in order if codes[i].startswith("W") is welsh]
        found += kept[:size]
    return frozenset(found)


def read_refresh(run: PublishedRun, priority: str, rule: ListRule) -> Refresh:
    """Return what the memory needs of a published run.

    A run from before lists were remembered counts as a first one: its list is provisional.
    """
    end = str(run.manifest["period"]["end"])
    path = run.path("areas.parquet")
    since, review, status = (f"{priority}_list{part}" for part in ("_since", "_review", "_status"))
    wanted = ["area_code", f"{priority}_rank", f"{priority}_flag", since, review, status]
    held = set(read_schema(path).names)
    areas = pd.read_parquet(path, columns=[name for name in wanted if name in held])
    areas = areas.set_index("area_code")
    top = top_codes(areas, priority, int(run.manifest["priorities"][priority]["list_size"]))
    listed = {code: Listing(end, _later(end, rule.review_months), True) for code in sorted(top)}
    if since in held:
        kept = areas[areas[since].fillna("") != ""]
        listed = {
            str(code): Listing(str(entered), str(due), provisional=said == PROVISIONAL)
            for code, entered, due, said in zip(
                kept.index, kept[since], kept[review], kept[status], strict=True
            )
        }
    flagged = areas.index[areas[f"{priority}_flag"].astype(bool)]
    return Refresh(end, top, listed, frozenset(map(str, flagged)), run.run_id)


def list_columns(found: Remembered, codes: pd.Index) -> pd.DataFrame:
    """Return `list`, `list_status`, `list_since` and `list_review`, one row an area."""
    held = [found.listed.get(str(code)) for code in codes]
    return pd.DataFrame(
        {
            "list": [entry is not None for entry in held],
            "list_status": [found.status.get(str(code), "") for code in codes],
            "list_since": ["" if entry is None else entry.since for entry in held],
            "list_review": ["" if entry is None else entry.review for entry in held],
        },
        index=codes,
    )


def list_summary(
    found: Remembered, previous: Refresh | None, flagged: frozenset[str]
) -> dict[str, Any]:
    """Return what the manifest says of a list and of what changed since the refresh before."""

    def of(status: str) -> list[str]:
        return sorted(code for code, said in found.status.items() if said == status)

    before = frozenset[str]() if previous is None else previous.flagged
    return {
        "on": len(found.listed),
        "new": of(NEW),
        "staying": of(STAYING),
        "provisional": of(PROVISIONAL),
        "dropped": of(DROPPED),
        "expired": list(found.expired),
        "waiting": list(found.waiting),
        "refreshes": found.refreshes,
        "previous_run": None if previous is None else previous.run_id,
        "previous_end": None if previous is None else previous.end,
        "newly_flagged": [] if previous is None else sorted(flagged - before),
        "no_longer_flagged": sorted(before - flagged),
    }


def list_warnings(
    priority: str, found: Remembered, rule: ListRule, *, changed: str = ""
) -> list[str]:
    """Return what a reader of the list has to know: a short history, settings that changed."""
    said = []
    need, within = rule.enter_of
    if found.refreshes == 1:
        said.append(
            f"{priority}: the first refresh of these areas: its list is provisional until an area "
            f"stands among the first on {need} of {within} refreshes."
        )
    elif found.refreshes < within:
        said.append(
            f"{priority}: {found.refreshes} refreshes so far; {within} are needed before its list "
            "can be read as new, staying and dropped without reserve."
        )
    if changed and found.refreshes > 1:
        said.append(f"{priority}: {changed}")
    return said


def _hits(code: str, tops: Sequence[frozenset[str]]) -> int:
    return sum(code in top for top in tops)


def _later(month: str, months: int) -> str:
    number = month_number(month)
    if number is None:
        raise AssertionError(month)  # ends of published periods are months
    return month_text(number + months)
