"""What changed since the previous run and may come from policing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from risk_model.feedback import Counts, feedback_text, rising
from risk_model.guards import (
    Growth,
    Monthly,
    growth_record,
    growth_words,
    police_generated_counts,
    ratio,
    recorded_crimes,
    share_growth,
)
from risk_model.layers.crime import count_cube, offence_set
from risk_model.pipeline import Run
from risk_model.provenance import jsonable
from risk_model.run_store import PublishedRun
from spatial.smoothing import dispersion

__all__ = ["Before", "GuardReport", "guard_report", "read_before"]

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Before:
    """What the previous run counted and flagged, on the areas of this one.

    Attributes
    ----------
    months
        Its months.
    covered
        n by m: months with data.
    counts
        n by m by c events; the categories are those of this run.
    flagged
        Priority to n booleans.
    """

    run_id: str
    months: tuple[str, ...]
    covered: BoolArray
    counts: NDArray[np.int64]
    flagged: Mapping[str, BoolArray]


@dataclass(frozen=True, slots=True, eq=False)
class GuardReport:
    """Columns by area, what the manifest records, and warnings."""

    columns: pd.DataFrame
    record: dict[str, Any]
    warnings: tuple[str, ...]


def read_before(previous: PublishedRun | None, run: Run) -> Before | None:
    """Read back what a run has to know of the one before it; None where there is none.

    Any run that was ever published can be read: counts, covered months and flags were always
    kept.
    """
    if previous is None:
        return None
    codes, categories = run.model.area_codes, run.model.categories
    months = tuple(str(month) for month in previous.manifest["period"]["months"])
    counts = pd.read_parquet(
        previous.path("model/counts.parquet"), columns=["area_code", "month", "category", "n"]
    )
    kept = pd.read_parquet(
        previous.path("model/indicators.parquet"),
        columns=["area_code", *(f"covered_{month}" for month in months)],
    ).set_index("area_code")
    keys = [key for key in run.risk.priorities if key in previous.manifest["priorities"]]
    flags = pd.read_parquet(
        previous.path("areas.parquet"), columns=["area_code", *(f"{key}_flag" for key in keys)]
    ).set_index("area_code")
    return Before(
        run_id=previous.run_id,
        months=months,
        covered=kept.reindex(list(codes)).eq(True).to_numpy(dtype=bool),
        counts=count_cube(counts, area_codes=codes, months=months, categories=categories),
        flagged={
            key: flags[f"{key}_flag"].reindex(list(codes)).eq(True).to_numpy(dtype=bool)
            for key in keys
        },
    )


def guard_report(run: Run, before: Before | None) -> GuardReport:
    """Compare the police-generated share with the previous run's, and look for feedback."""
    data, config = run.model, run.risk
    part, whole = police_generated_counts(data, config)
    study = data.in_study
    now = float(part[study].sum()) / max(float(whole[study].sum()), 1.0)
    record: dict[str, Any] = {
        "categories": list(config.police_generated.categories),
        "police_generated_share": now if whole[study].any() else None,
        "previous_run": None,
    }
    columns = pd.DataFrame(index=run.areas.index)
    columns["police_generated_change"] = np.nan
    for key in config.priorities:
        columns[f"{key}_feedback"] = ""
    if before is None:
        return GuardReport(columns, record, ())
    old_part, old_whole = recorded_crimes(
        before.counts, before.covered, data.categories, config.police_generated.categories
    )
    change = ratio(part.sum(axis=1), whole.sum(axis=1)) - ratio(
        old_part.sum(axis=1), old_whole.sum(axis=1)
    )
    columns["police_generated_change"] = change[study]
    later = np.array([month > before.months[-1] for month in data.months])
    growth = _growth(run, (old_part[study], old_whole[study]), (part[study], whole[study]), later)
    record |= {
        "previous_run": before.run_id,
        "months_since": [m for m, new in zip(data.months, later, strict=True) if new],
        "growth": growth_record(growth),
    }
    words = growth_words(growth, growth=config.guards.police_generated_growth, run=before.run_id)
    warnings = [words] if words else []
    notes = _notes(run, before, later)
    for key, texts in notes.items():
        columns[f"{key}_feedback"] = texts
        rose = int((texts != "").sum())
        if rose:
            warnings.append(
                f"{key}: recorded offences rose in {rose} area{'' if rose == 1 else 's'} that run "
                f"{before.run_id} flagged; presence could explain it (`{key}_feedback`)."
            )
    record["feedback"] = {key: int((texts != "").sum()) for key, texts in notes.items()}
    return GuardReport(columns, jsonable(record), tuple(warnings))


def _growth(
    run: Run,
    before: tuple[FloatArray, FloatArray],
    now: tuple[FloatArray, FloatArray],
    later: BoolArray,
) -> Growth:
    """Test the study area's share: all months of the previous run against those since."""
    guards = run.risk.guards
    return share_growth(
        Monthly(before[0].sum(axis=0), before[1].sum(axis=0)),
        Monthly(now[0].sum(axis=0)[later], now[1].sum(axis=0)[later]),
        growth=guards.police_generated_growth,
        alpha=guards.police_generated_alpha,
    )


def _notes(run: Run, before: Before, later: BoolArray) -> dict[str, NDArray[np.object_]]:
    """Return the feedback note of every study area, by priority."""
    data, config = run.model, run.risk
    study, police = data.in_study, config.police_generated.categories
    notes = {}
    for key, flagged in before.flagged.items():
        out = np.full(int(study.sum()), "", dtype=object)
        if flagged[study].any() and later.any():
            offences = offence_set(config.priorities[key], config, run.harm)
            wanted = {"police-generated offences": police} | {
                category.replace("_", " "): (category,)
                for category in offences.categories
                if category not in police
            }
            kinds = {name: _counts(run, before, later, set(kind)) for name, kind in wanted.items()}
            rose = rising(kinds, flagged[study], alpha=config.guards.feedback_alpha)
            out[:] = [feedback_text(names, end=before.months[-1]) for names in rose]
        notes[key] = out
    return notes


def _counts(run: Run, before: Before, later: BoolArray, categories: set[str]) -> Counts:
    """Return the events of some categories in the study area, before and since."""
    data = run.model
    chosen = [k for k, name in enumerate(data.categories) if name in categories]
    rows = data.in_study
    old = before.counts[rows][:, :, chosen].sum(axis=2).astype(np.float64)
    new = data.counts[rows][:, :, chosen].sum(axis=2).astype(np.float64)
    old_seen, new_seen = before.covered[rows], data.covered[rows]
    return Counts(
        before=np.where(old_seen, old, 0.0),
        before_covered=old_seen,
        since=np.where(new_seen, new, 0.0)[:, later],
        since_covered=new_seen[:, later],
        phi=float(dispersion(new, new_seen)),
    )
