"""The figures of a back-test over its origins, with intervals, and who beats whom."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from risk_model.backtest import BUDGETS, SHARES, Judged
from risk_model.backtest_methods import ALL_CRIME, FORECAST, PERFECT, PRIOR, score_name

__all__ = [
    "BACKTEST_COLUMNS",
    "COMPARED_AT",
    "Comparison",
    "backtest_table",
    "compare_methods",
    "method_rows",
]

BACKTEST_COLUMNS = (
    "outcome",
    "method",
    "by",
    "share",
    "capture",
    "capture_lo",
    "capture_hi",
    "pai",
    "pai_lo",
    "pai_hi",
    "pei",
    "rri",
    "origins",
    "events",
)
COMPARED_AT = 0.10
"""Methods are compared in a tenth of the areas, of the land and of the people."""
_INTERVAL = (0.025, 0.975)

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Comparison:
    """One of our methods against a baseline: the difference of the shares caught.

    Attributes
    ----------
    outcome, method, baseline, by
        Of what, ours, what it has to beat, and a tenth of what: number, area or population.
    ours, theirs, difference, lo, hi
        Shares of the outcome caught in that tenth, and the 95 % interval of their difference over
        the same resampled events.
    origins
        Origins at which both said something.
    """

    outcome: str
    method: str
    baseline: str
    by: str
    ours: float
    theirs: float
    difference: float
    lo: float
    hi: float
    origins: int


def _pooled(
    parts: Sequence[Judged], method: str
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray, FloatArray, FloatArray]:
    """Return the sums of one method: caught, expected, land x events, and their resamples."""
    at = [part.methods.index(method) for part in parts]
    pairs = list(zip(parts, at, strict=True))
    caught = np.sum([part.caught[i] for part, i in pairs], axis=0)
    expected = np.sum([part.expected[i] for part, i in pairs], axis=0)
    spread = np.sum([part.land[i] * part.events for part, i in pairs], axis=0)
    drawn = np.sum([part.resampled[:, i] for part, i in pairs], axis=0)
    drawn_spread = np.sum(
        [part.land[i] * part.resampled_events[:, None, None] for part, i in pairs], axis=0
    )
    drawn_events = np.sum([part.resampled_events for part in parts], axis=0)
    return caught, expected, spread, drawn, drawn_spread, drawn_events


def _limits(draws: FloatArray) -> FloatArray:
    """Return lower and upper limit over the first axis; NaN without draws."""
    if draws.shape[0] == 0:
        return np.full((2, *draws.shape[1:]), np.nan)
    return np.asarray(np.quantile(draws, _INTERVAL, axis=0))


def _having(judged: Iterable[Judged], outcome: str, *methods: str) -> list[Judged]:
    return [
        part
        for part in judged
        if part.outcome == outcome and all(method in part.methods for method in methods)
    ]


def _named(judged: Iterable[Judged], what: str) -> list[str]:
    names = ((part.outcome,) if what == "outcome" else part.methods for part in judged)
    return list(dict.fromkeys(name for several in names for name in several))


def backtest_table(judged: Sequence[Judged]) -> pd.DataFrame:
    """Return one row an outcome, method, budget and share, over all origins of the method.

    Events of all origins are put together: capture = caught / happened, PAI = capture / share of
    the land, PEI = caught / caught by the perfect choice of the same budget, RRI = expected /
    caught. Without an event every ratio is empty: nothing can be said.
    """
    rows = []
    for outcome in _named(judged, "outcome"):
        for method in _named(_having(judged, outcome), "method"):
            parts = _having(judged, outcome, method)
            caught, expected, spread, drawn, drawn_spread, drawn_events = _pooled(parts, method)
            best = _pooled(parts, PERFECT)[0]
            events = float(sum(part.events for part in parts))
            with np.errstate(divide="ignore", invalid="ignore"):
                capture, pai = caught / events, caught / spread
                pei, rri = caught / best, expected / caught
                capture_lo, capture_hi = _limits(drawn / drawn_events[:, None, None])
                pai_lo, pai_hi = _limits(drawn / drawn_spread)
            figures = (capture, capture_lo, capture_hi, pai, pai_lo, pai_hi, pei, rri)
            finite = [np.where(np.isfinite(figure), figure, np.nan) for figure in figures]
            rows += method_rows(outcome, method, finite, len(parts), events)
    return pd.DataFrame(rows, columns=list(BACKTEST_COLUMNS))


def method_rows(
    outcome: str, method: str, figures: Sequence[FloatArray], origins: int, events: float
) -> list[tuple[str | float, ...]]:
    """Return the rows of one method: a budget and share each, of figures in that order."""
    return [
        (outcome, method, budget, share, *(float(of[i, j]) for of in figures), origins, events)
        for i, budget in enumerate(BUDGETS)
        for j, share in enumerate(SHARES)
    ]


def compare_methods(
    judged: Sequence[Judged], titles: Mapping[str, object]
) -> tuple[Comparison, ...]:
    """Set each of our scores, and the forecast, against the counts that it has to beat.

    Over the origins at which both said something, on the same resampled events. An outcome
    without an event is left out.

    Parameters
    ----------
    titles
        The priorities, by key.
    """
    j = SHARES.index(COMPARED_AT)
    found = []
    ours = [*(score_name(key) for key in titles), FORECAST]
    for outcome in _named(judged, "outcome"):
        for method in ours:
            for baseline in (PRIOR, ALL_CRIME):
                parts = _having(judged, outcome, method, baseline)
                events = sum(part.events for part in parts)
                if not events:
                    continue
                mine, other = _pooled(parts, method), _pooled(parts, baseline)
                drawn = (mine[3] - other[3]) / mine[5][:, None, None]
                lo, hi = _limits(drawn)
                for i, by in enumerate(BUDGETS):
                    one, two = float(mine[0][i, j] / events), float(other[0][i, j] / events)
                    found.append(
                        Comparison(
                            outcome=outcome,
                            method=method,
                            baseline=baseline,
                            by=by,
                            ours=one,
                            theirs=two,
                            difference=one - two,
                            lo=float(lo[i, j]),
                            hi=float(hi[i, j]),
                            origins=len(parts),
                        )
                    )
    return tuple(found)
