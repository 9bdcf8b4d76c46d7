"""Back-tests what a run would publish, from all months that its files hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from risk_model.backtest_forces import backtest_forces
from risk_model.backtest_forecast import forecaster_of
from risk_model.backtest_origins import Origin
from risk_model.backtest_rolling import rolling_backtest
from risk_model.backtest_store import TABLE, content_of_settings, publish_backtest
from risk_model.backtest_verdicts import Compared, losses, other_ways, verdicts
from risk_model.input_tables import Settings
from risk_model.loading import LoadedInputs, Progress, load
from risk_model.pipeline import build_model
from risk_model.provenance import code_version, versions
from risk_model.run_store import PublishedRun
from spatial.blocks import SERIAL, BlockMap
from spatial.errors import ConfigError, Fault
from spatial.period import Period, month_number, month_text

__all__ = ["BacktestOptions", "run_backtest"]

_FORCES = "forces.csv"
_COMPARISONS = "comparisons.csv"
_LOOK_BACK = 15 * 12
"""Months before the end of the period that are looked for."""


@dataclass(frozen=True, slots=True)
class BacktestOptions:
    """How a back-test is made.

    Attributes
    ----------
    window
        Calendar months that choose; None for as many as the period of the run.
    horizon
        Calendar months that judge.
    since
        First month that is looked at; None for the first that the files hold.
    resamples
        Draws of the bootstrap: over events, or over forces. None for 999, or 9,999 over forces.
    by_force
        Choose within each police force at the last origin, and compare over forces.
    """

    window: int | None = None
    horizon: int = 1
    since: str | None = None
    resamples: int | None = None
    by_force: bool = False


def run_backtest(
    settings: Settings,
    options: BacktestOptions,
    *,
    runs: Path,
    progress: Progress,
    now: datetime | None = None,
    blocks: BlockMap = SERIAL,
) -> PublishedRun:
    """Back-test the settings and write the result beside the runs.

    The months are all those that the files hold up to the end of the period of the run; a later
    month takes no part. A row that is supplied again counts in the later month, as in a run.

    Raises
    ------
    InputError
        As a run of the same settings would.
    """
    wide = replace(settings, period=_span(settings.period, options.since))
    loaded = _trimmed(load(wide, progress=progress, blocks=blocks))
    data = build_model(loaded)
    window = options.window or len(settings.period.months)
    resamples = options.resamples or (9_999 if options.by_force else 999)
    created = now or datetime.now(UTC)
    date = f"{created.astimezone(UTC):%Y-%m-%d}"
    compared: Sequence[Compared]
    tables: dict[str, pd.DataFrame]
    origins: tuple[Origin, ...]
    forecaster = forecaster_of(settings.risk, settings.harm)
    with threadpool_limits(limits=1):
        if options.by_force:
            slugs = {lad: str(entry["slug"]) for lad, entry in loaded.forces.items()}
            force_of = data.labels["lad_code"].map(slugs).fillna("").to_numpy(dtype=np.str_)
            over = backtest_forces(
                data,
                settings.risk,
                settings.harm,
                force_of=force_of,
                window=window,
                horizon=options.horizon,
                forecaster=forecaster,
                resamples=resamples,
                progress=progress,
                blocks=blocks,
            )
            tables = {TABLE: over.table, _FORCES: over.forces}
            compared, notes = over.comparisons, over.notes
            origins = () if over.origin is None else (over.origin,)
            words = f" over {over.forces['force'].nunique()} forces"
        else:
            # Here: twelve origins of 223 areas take 3.1 s, by two workers, each of which has to
            # import scikit-learn first, 4.0 s.
            one = rolling_backtest(
                data,
                settings.risk,
                settings.harm,
                window=window,
                horizon=options.horizon,
                forecaster=forecaster,
                resamples=resamples,
                progress=progress,
            )
            tables = {TABLE: one.table}
            compared, notes, origins, words = one.comparisons, one.notes, one.origins, ""
    rows = [asdict(one) for one in compared]
    tables[_COMPARISONS] = pd.DataFrame(rows, columns=None if rows else ["outcome"])
    described: dict[str, Any] = {
        "created": f"{created.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "kind": "forces" if options.by_force else "rolling",
        "name": loaded.name,
        "lads": list(loaded.study.lads),
        "period": {"start": settings.period.start, "end": settings.period.end},
        "months": _covered(loaded),
        "window": window,
        "horizon": options.horizon,
        "resamples": resamples,
        "seed": settings.risk.uncertainty.seed,
        "weights": settings.risk.version,
        "priorities": {key: one.title for key, one in settings.risk.priorities.items()},
        "origins": [asdict(origin) for origin in origins],
        "comparisons": rows,
        "losses": losses(compared, date, over=words),
        "verdicts": verdicts(compared, date, over=words),
        "other_ways": other_ways(compared, date, over=words),
        "notes": list(notes),
        "code_version": code_version(),
        "versions": versions(),
    }
    content = content_of_settings(
        settings.risk,
        settings.harm,
        loaded.files,
        lads=loaded.study.lads,
        period=settings.period,
    )
    progress("")
    return publish_backtest(
        runs, content=content, created=created, described=described, tables=tables
    )


def _span(period: Period, since: str | None) -> Period:
    """Return the months to look for data in: long before the period, and up to its end."""
    last = month_number(period.end) or 0
    start = month_text(last - _LOOK_BACK) if since is None else since
    first = month_number(start)
    if first is None or first >= last:
        raise ConfigError(
            Fault(
                f"{start!r} leaves no month to choose by before {period.end}; give an earlier "
                "month as YYYY-MM",
                field="--since",
            )
        )
    return Period(start, period.end)


def _covered(loaded: LoadedInputs) -> list[str]:
    held = loaded.incidents.covered.loc[list(loaded.study.codes)].any(axis=0)
    return [str(month) for month in held.index[held]]


def _trimmed(loaded: LoadedInputs) -> LoadedInputs:
    """Let the period begin with the first month that the study area has data for."""
    return replace(loaded, period=Period(_covered(loaded)[0], loaded.period.end))
