"""How much each weight and indicator decides the ranks: effective weights, Sobol, leaving one out.

The weights are judgements. These figures say which of them a list hangs on, before anyone has to
defend it. The library that samples and estimates (SALib) is imported here alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from zlib import crc32

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from risk_model.aggregate import score_vectors
from risk_model.composite import Composite
from risk_model.config.risk import RiskConfig
from risk_model.list_changes import CHANGE_COLUMNS, priority_changes
from risk_model.model_data import ModelData
from risk_model.ranking import list_positions, rank_rows
from risk_model.run_store import Writer
from risk_model.scoring import Scored
from spatial.errors import StatisticsError
from spatial.writers import write_csv

__all__ = [
    "INDICATOR_COLUMNS",
    "Sensitivity",
    "SobolIndices",
    "effective_shares",
    "rank_change",
    "sensitivity_of",
    "sensitivity_writers",
    "sobol_indices",
]

INDICATOR_COLUMNS = (
    "priority",
    "indicator",
    "nominal_weight",
    "effective_weight",
    "sobol_first",
    "sobol_first_conf",
    "sobol_total",
    "sobol_total_conf",
    "left_out_rank_change",
    "left_out_enters",
    "left_out_leaves",
)
_STAGE = 701
_SAMPLES = 512
_FEWEST_SAMPLES = 16
_RANKINGS = 1_000_000
"""Ranks computed for one priority: 463 areas get 256 samples (0.07 s), a country the fewest."""


@dataclass(frozen=True, slots=True)
class SobolIndices:
    """First-order and total indices of k factors with half the width of their 95 % intervals.

    NaN throughout where the function gave one value for every sample: there is nothing to share
    out.
    """

    first: NDArray[np.float64]
    first_conf: NDArray[np.float64]
    total: NDArray[np.float64]
    total_conf: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Sensitivity:
    """What the lists hang on.

    Attributes
    ----------
    indicators
        One row a priority and indicator, with `INDICATOR_COLUMNS`.
    list_changes
        Who enters and leaves in each scenario, with `CHANGE_COLUMNS`.
    samples
        Base samples of the Sobol indices by priority; 0 where there was nothing to vary.
    """

    indicators: pd.DataFrame
    list_changes: pd.DataFrame
    samples: Mapping[str, int]


def effective_shares(contributions: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the share of the variance of the score that each indicator brings, k values.

    Parameters
    ----------
    contributions
        n areas by k indicators, summing to the score. For the arithmetic mean they are w_k x_k,
        so that the result is w_k cov(x_k, score) / var(score).

    Returns
    -------
    Shares that sum to 1; one may be negative, where an indicator runs against the score. NaN
    where every area has the same score.

    Source: Paruolo, Saisana and Saltelli (2013), Ratings and rankings: voodoo or science?,
    J. R. Statist. Soc. A 176, 609-634: what a weight is meant to do and what it does differ; the
    covariance form is the decomposition of var(sum c_k).
    """
    n, k = contributions.shape
    if n == 0:
        return np.full(k, np.nan)
    if np.isnan(contributions).any():
        raise StatisticsError("contributions hold NaN; leave out the areas without a score")
    centred = contributions - contributions.mean(axis=0)
    score = centred.sum(axis=1)
    variance = float(score @ score)
    # A spread that is rounding error alone is no spread.
    if variance <= n * (1e-9 * max(1.0, float(np.abs(contributions).max()))) ** 2:
        return np.full(k, np.nan)
    return np.asarray(centred.T @ score / variance)


def sobol_indices(
    function: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    bounds: Sequence[tuple[float, float]],
    *,
    samples: int,
    seed: int,
) -> SobolIndices:
    """Return first-order and total Sobol indices of `function` over independent uniform factors.

    Parameters
    ----------
    function
        Takes samples (v by k) and returns v values.
    bounds
        k pairs of lowest and highest.
    samples
        N, a power of 2: the function is asked for N (k + 2) values.
    seed
        Of the scrambling and of the 100 bootstrap samples behind the intervals.

    Source: Saltelli et al. (2010), Computer Physics Communications 181, 259-270, table 2 (b) and
    (f), as implemented by SALib; the samples are a scrambled Sobol sequence.
    """
    # Inside: 0.2 s that a command which scores nothing does not pay.
    from SALib.analyze import sobol as analysis  # noqa: PLC0415
    from SALib.sample import sobol as sampling  # noqa: PLC0415

    k = len(bounds)
    problem = {
        "num_vars": k,
        "names": [str(at) for at in range(k)],
        "bounds": [list(pair) for pair in bounds],
    }
    x = sampling.sample(problem, samples, calc_second_order=False, seed=seed)
    y = np.asarray(function(x), dtype=np.float64)
    if not np.isfinite(y).all():
        raise StatisticsError("the function gave a value that is not a finite number")
    if float(np.ptp(y)) <= 1e-12 * max(1.0, float(np.abs(y).max())):
        return SobolIndices(*(np.full(k, np.nan) for _ in range(4)))
    # The library takes a seed of 0 for none.
    found = analysis.analyze(problem, y, calc_second_order=False, seed=seed + 1)
    return SobolIndices(*(np.asarray(found[key]) for key in ("S1", "S1_conf", "ST", "ST_conf")))


def rank_change(published: NDArray[np.float64], ranks: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean |rank change| of each row of `ranks` (v by n) from `published` (n).

    Areas without a rank on either side are left out; NaN where none is left.
    """
    change = np.abs(ranks - published)
    known = ~np.isnan(change)
    count = known.sum(axis=1)
    total = np.where(known, change, 0.0).sum(axis=1)
    return np.asarray(np.divide(total, count, out=np.full(len(ranks), np.nan), where=count > 0))


def sensitivity_of(scored: Scored, data: ModelData, config: RiskConfig) -> Sensitivity:
    """Return what each priority's ranks and list hang on. Deterministic for the settings' seed."""
    rows: list[dict[str, object]] = []
    changes: list[pd.DataFrame] = []
    samples: dict[str, int] = {}
    for name, composite in scored.composites.items():
        found, samples[name] = _indicators(name, composite, config)
        rows += found
        changes.append(
            priority_changes(
                name, composite, scored.harm_variants.get(name, {}), data, config.priorities[name]
            )
        )
    return Sensitivity(
        indicators=pd.DataFrame(rows, columns=list(INDICATOR_COLUMNS)),
        list_changes=pd.concat(changes, ignore_index=True)
        if changes
        else pd.DataFrame(columns=list(CHANGE_COLUMNS)),
        samples=samples,
    )


def sensitivity_writers(found: Sensitivity) -> dict[str, Writer]:
    """Return a writer for each table."""
    return {
        "sensitivity.csv": lambda path: write_csv(found.indicators, path),
        "list_changes.csv": lambda path: write_csv(found.list_changes, path),
    }


def _indicators(
    name: str, composite: Composite, config: RiskConfig
) -> tuple[list[dict[str, object]], int]:
    """Return the rows of one priority and how many base samples its indices used.

    A weight of 0 takes no part and has 0 everywhere. With one weighted indicator there is nothing
    to vary and nothing left when it is left out: those figures are NaN.
    """
    settings = config.priorities[name]
    scored = composite.scored
    weights = np.array([part.weight for part in composite.parts])
    x = np.stack([part.normalised[scored] for part in composite.parts], axis=1)
    groups = composite.groups[scored]
    effective = effective_shares(composite.contributions[scored])
    varied = np.flatnonzero(weights > 0)
    indices, samples = _weight_indices(
        name, x[:, varied], weights[varied], groups, settings.aggregate, config
    )
    out = _left_out(x, weights, groups, settings.aggregate, settings.list.size)
    rows: list[dict[str, object]] = []
    for k, part in enumerate(composite.parts):
        row: dict[str, object] = dict.fromkeys(INDICATOR_COLUMNS, 0.0)
        row |= {
            "priority": name,
            "indicator": part.indicator.name,
            "nominal_weight": part.weight / weights.sum(),
            "effective_weight": effective[k],
        }
        row |= {column: values[k] for column, values in out.items()}
        if part.weight > 0:
            at = int(np.searchsorted(varied, k))
            row |= {
                "sobol_first": indices.first[at],
                "sobol_first_conf": indices.first_conf[at],
                "sobol_total": indices.total[at],
                "sobol_total_conf": indices.total_conf[at],
            }
        rows.append(row)
    return rows, samples


def _weight_indices(
    name: str,
    x: NDArray[np.float64],
    weights: NDArray[np.float64],
    groups: NDArray[np.str_],
    method: str,
    config: RiskConfig,
) -> tuple[SobolIndices, int]:
    """Return Sobol indices of mean |rank change| over weights times 1 + U(-f, f), and N."""
    n, k = x.shape
    spread = config.uncertainty.weights
    if k < 2 or n == 0 or spread == 0:
        return SobolIndices(*(np.full(k, np.nan) for _ in range(4))), 0
    samples = _SAMPLES
    while samples > _FEWEST_SAMPLES and samples * (k + 2) * n > _RANKINGS:
        samples //= 2
    published = rank_rows(score_vectors(x, weights[None, :], method), groups)[0]

    def shift(factors: NDArray[np.float64]) -> NDArray[np.float64]:
        return rank_change(
            published, rank_rows(score_vectors(x, weights * factors, method), groups)
        )

    sequence = np.random.SeedSequence(
        config.uncertainty.seed, spawn_key=(_STAGE, crc32(name.encode()))
    )
    seed = int(sequence.generate_state(1)[0]) // 2
    bounds = [(1.0 - spread, 1.0 + spread)] * k
    return sobol_indices(shift, bounds, samples=samples, seed=seed), samples


def _left_out(
    x: NDArray[np.float64],
    weights: NDArray[np.float64],
    groups: NDArray[np.str_],
    method: str,
    size: int,
) -> dict[str, NDArray[np.float64]]:
    """Return, for each indicator, what its leaving does to ranks and to the list."""
    k = len(weights)
    without = np.where(np.eye(k, dtype=bool), 0.0, weights)
    scores = score_vectors(x, np.vstack([weights, without]), method)
    ranks = rank_rows(scores, groups)
    on_list = list_positions(scores, groups) <= size  # NaN compares False
    nothing_left = without.sum(axis=1) == 0

    def known(values: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.where(nothing_left, np.nan, values)

    return {
        "left_out_rank_change": known(rank_change(ranks[0], ranks[1:])),
        "left_out_enters": known((on_list[1:] & ~on_list[0]).sum(axis=1).astype(np.float64)),
        "left_out_leaves": known((~on_list[1:] & on_list[0]).sum(axis=1).astype(np.float64)),
    }
