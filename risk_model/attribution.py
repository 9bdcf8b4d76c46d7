"""Which change did it: the difference between two scores shared out over what was changed.

Every figure is what one change does to an area's score (or rank), averaged over all orders in
which the changes could have been made; together they are the whole difference. That is the
Shapley value (Shapley 1953, A value for n-person games), here exact: every combination of the
changes is scored. Changes of weights cost one matrix product for all of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import factorial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from risk_model.aggregate import score_vectors
from risk_model.composite import Composite
from risk_model.config.harm import HarmWeights
from risk_model.config.names import DEPRIVATION_INDICATORS
from risk_model.config.risk import RiskConfig
from risk_model.forecast import Forecast
from risk_model.model_data import ModelData, same_layers
from risk_model.ranking import rank_rows
from risk_model.scoring import rate
from spatial.errors import HotspotsError, StatisticsError

__all__ = ["MAXIMUM_CAUSES", "Attribution", "Basis", "Cause", "attribute", "shapley"]

MAXIMUM_CAUSES = 10
_MAXIMUM_RANKS = 10_000_000
"""Ranks of all combinations together, 160 MB: every area of a country with eight changes."""
_MAXIMUM_REMADE = 5
"""Causes other than weights: each doubles how often the indicators are made anew."""

# They decide certainty, evidence, words or the length of a list, never a score.
_NO_SCORE = ("version", "harm_weights", "evidence", "uncertainty", "density", "priorities")
_NO_SCORE_STATISTICS = ("permutations", "alpha", "correction", "alternative", "engine")
_NO_SCORE_PRIORITY = ("title", "aim", "list", "tiers", "indicators")
_NO_SCORE_INDICATOR = ("weight", "why")

Change = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Basis:
    """What a score is made from: layers, settings and harm weights."""

    data: ModelData
    config: RiskConfig
    harm: HarmWeights


@dataclass(frozen=True, slots=True)
class Cause:
    """One change, or several that are taken as one.

    `kind` is `data`, `weight`, `setting` or `together`; `name` is short, for people; `settings`
    are the dotted keys behind it.
    """

    name: str
    kind: str
    settings: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Attribution:
    """The difference between two scorings of one priority, shared out.

    Attributes
    ----------
    causes
        In the order of the columns below.
    score, rank
        One row an area that both sides score, indexed by area code; a column a cause, by its
        name, that sums to the difference. A row is NaN where the area has no score with some of
        the changes made and others not.
    alone
        One row a cause, by name, when it is the only change: `enters` and `leaves` (areas on the
        list) and `rank_change` (mean, up or down).
    note
        Why changes are taken together, or empty.
    """

    causes: tuple[Cause, ...]
    score: pd.DataFrame
    rank: pd.DataFrame
    alone: pd.DataFrame
    note: str


def shapley(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the Shapley values of m changes.

    Parameters
    ----------
    values
        2^m by n: the outcome of each of n areas where the changes whose bits are set in the row
        number are made. Row 0 is the outcome without any.

    Returns
    -------
    m by n; each column sums to its last value minus its first. NaN where one of them is NaN.
    """
    count = len(values)
    m = count.bit_length() - 1
    if values.ndim != 2 or count != 1 << m:
        raise StatisticsError(f"{count} rows; there must be one for each set of changes, 2^m")
    subsets = np.arange(count)
    sizes = np.array([int(subset).bit_count() for subset in subsets])
    out = np.zeros((m, values.shape[1]))
    for k in range(m):
        without = subsets[(subsets >> k) & 1 == 0]
        share = np.array(
            [factorial(s) * factorial(m - s - 1) / factorial(m) for s in sizes[without]]
        )
        out[k] = share @ (values[without | (1 << k)] - values[without])
    return out


def attribute(key: str, before: Basis, after: Basis) -> Attribution:
    """Share out what changed in the scores and ranks of priority `key`.

    Changes are the data (counts, tables, areas), every weight, and every other setting that can
    touch a score. Where some combination of them cannot be scored (the weights sum to 0, or a
    setting asks for what the other run's data do not hold), or where there are too many, they are
    taken together, first the other settings, then all settings, then everything; `note` says so.
    """
    reason = ""
    causes: tuple[_Changes, ...] = ()
    for causes in _groupings(key, before, after):
        try:
            return _attributed(key, before, after, causes, reason)
        except _TooManyError as error:
            reason = str(error)
        except HotspotsError as error:
            reason = f"not every change can be made without the others: {error}"
            if len(causes) == 1:
                raise
    raise StatisticsError(reason)


class _TooManyError(Exception):
    """More combinations than are worth scoring."""


@dataclass(frozen=True, slots=True)
class _Changes:
    """A cause and what it changes: paths of settings, weights of indicators, harm, data."""

    cause: Cause
    paths: tuple[Change, ...] = ()
    weights: tuple[str, ...] = ()
    harm: bool = False
    data: bool = False

    @property
    def remakes(self) -> bool:
        """Whether indicators have to be made anew."""
        return self.data or self.harm or bool(self.paths)

    @property
    def beyond_priority(self) -> bool:
        """Whether it changes more than what the priority itself says."""
        return self.data or self.harm or any(path[0] != "priorities" for path in self.paths)


def _groupings(key: str, before: Basis, after: Basis) -> Iterator[tuple[_Changes, ...]]:
    """Yield the changes one by one, then in ever coarser groups."""
    weights = list(_weight_changes(key, before.config, after.config))
    others = list(_setting_changes(key, before, after))
    data: list[_Changes] = []
    if not same_layers(before.data, after.data):
        data.append(_Changes(Cause("data", "data", ()), data=True))
    yield (*data, *others, *weights)
    if len(others) > 1:
        yield (*data, _together("other settings", others), *weights)
    settings = [*others, *weights]
    if len(settings) > 1:
        yield (*data, _together("all settings", settings))
    if data and settings:
        yield (_together("everything", [*data, *settings]),)


def _together(name: str, changes: Sequence[_Changes]) -> _Changes:
    return _Changes(
        Cause(name, "together", tuple(s for change in changes for s in change.cause.settings)),
        paths=tuple(path for change in changes for path in change.paths),
        weights=tuple(name for change in changes for name in change.weights),
        harm=any(change.harm for change in changes),
        data=any(change.data for change in changes),
    )


def _weight_changes(key: str, before: RiskConfig, after: RiskConfig) -> Iterator[_Changes]:
    """Yield each weight that differs; an indicator that one side lacks has weight 0 there."""
    old, new = (_weights(key, config) for config in (before, after))
    for name in dict.fromkeys((*old, *new)):
        was, now = old.get(name, 0.0), new.get(name, 0.0)
        if was != now:
            cause = Cause(
                f"{name} {was:g} -> {now:g}",
                "weight",
                (f"priorities.{key}.indicators.{name}.weight",),
            )
            yield _Changes(cause, weights=(name,))


def _weights(key: str, config: RiskConfig) -> dict[str, float]:
    return {name: entry.weight for name, entry in config.priorities[key].indicators.items()}


def _setting_changes(key: str, before: Basis, after: Basis) -> Iterator[_Changes]:
    """Yield each other setting that differs and can touch a score of the priority."""
    old, new = before.config.priorities[key], after.config.priorities[key]
    for path in _score_paths(key, before.config, after.config):
        short = ".".join(path[2:] if path[0] == "priorities" else path)
        short = short.removeprefix("indicators.").replace(".", " ")
        yield _Changes(Cause(short, "setting", (".".join(path),)), paths=(path,))
    if dict(before.harm.weights) != dict(after.harm.weights) and "harm" in (
        old.offences,
        new.offences,
    ):
        yield _Changes(Cause("harm weights", "setting", ("harm_weights",)), harm=True)


def _score_paths(key: str, before: RiskConfig, after: RiskConfig) -> Iterator[Change]:
    for section in type(before).model_fields:
        if section in _NO_SCORE:
            continue
        was, now = getattr(before, section), getattr(after, section)
        if was == now:
            continue
        if not hasattr(type(was), "model_fields"):
            yield (section,)
            continue
        for field in type(was).model_fields:
            if section == "statistics" and field in _NO_SCORE_STATISTICS:
                continue
            if getattr(was, field) != getattr(now, field):
                yield (section, field)
    old, new = before.priorities[key], after.priorities[key]
    for field in type(old).model_fields:
        if field not in _NO_SCORE_PRIORITY and getattr(old, field) != getattr(new, field):
            yield ("priorities", key, field)
    for name in sorted(old.indicators.keys() & new.indicators.keys()):
        was, now = old.indicators[name], new.indicators[name]
        for field in type(was).model_fields:
            if field not in _NO_SCORE_INDICATOR and getattr(was, field) != getattr(now, field):
                yield ("priorities", key, "indicators", name, field)


def _mixed(key: str, before: Basis, after: Basis, made: Sequence[_Changes]) -> Basis:
    """Return `before` with some changes made; weights are left to the caller and are all 1."""
    old = before.config.model_dump(mode="python")
    new = after.config.model_dump(mode="python")
    indicators = {
        **new["priorities"][key]["indicators"],
        **old["priorities"][key]["indicators"],
    }
    config: dict[str, Any] = {**old, "priorities": {key: dict(old["priorities"][key])}}
    config["priorities"][key]["indicators"] = {
        name: {**entry, "weight": 1.0} for name, entry in sorted(indicators.items())
    }
    for change in made:
        for path in change.paths:
            here, there = config, new
            for part in path[:-1]:
                here[part] = dict(here[part])
                here, there = here[part], there[part]
            here[path[-1]] = there[path[-1]]
    return Basis(
        after.data if any(change.data for change in made) else before.data,
        RiskConfig.model_validate(config),
        after.harm if any(change.harm for change in made) else before.harm,
    )


def _attributed(
    key: str, before: Basis, after: Basis, changes: tuple[_Changes, ...], note: str
) -> Attribution:
    remaking = [at for at, change in enumerate(changes) if change.remakes]
    m = len(changes)
    if m > MAXIMUM_CAUSES or len(remaking) > _MAXIMUM_REMADE:
        raise _TooManyError(f"{m} changes are too many to try every combination")
    codes = sorted(set(before.data.study_codes) & set(after.data.study_codes))
    if m > 1 and len(codes) << m > _MAXIMUM_RANKS:
        raise _TooManyError(f"{m} changes to {len(codes)} areas are too many to combine")
    old, new = (_weights(key, basis.config) for basis in (before, after))
    names = sorted({*old, *new})
    vectors = np.array(
        [
            [
                (new if any(name in c.weights for c in _chosen(changes, s)) else old).get(name, 0.0)
                for name in names
            ]
            for s in range(1 << m)
        ]
    )
    if not (vectors.sum(axis=1) > 0).all():
        raise StatisticsError("with some of the weights changed they sum to 0")
    scores = np.empty((1 << m, len(codes)))
    ranks = np.empty_like(scores)
    bits = sum(1 << at for at in remaking)
    # A forecast takes seconds to learn and sees nothing of what a priority says.
    learned: dict[tuple[str, ...], Forecast | None] = {}
    for remade in sorted({s & bits for s in range(1 << m)}):
        rows = np.array([s for s in range(1 << m) if s & bits == remade])
        made = _chosen(changes, remade)
        basis = _mixed(key, before, after, made)
        seen = tuple(change.cause.name for change in made if change.beyond_priority)
        rated = rate(basis.data, basis.config, basis.harm, forecast=learned.get(seen))
        learned[seen] = rated.forecast
        composite = rated.composites[key]
        scores[rows], ranks[rows] = _scored(basis, key, composite, vectors[rows], codes)
    kept = ~(np.isnan(scores[0]) | np.isnan(scores[-1]))
    index = pd.Index(codes, name="area_code")[kept]
    size = before.config.priorities[key].list.size
    listed = ranks <= size
    single = np.array([1 << at for at in range(m)], dtype=np.intp)
    labels = [change.cause.name for change in changes]
    shared = [
        pd.DataFrame(shapley(values)[:, kept].T, index=index, columns=labels)
        for values in (scores, ranks)
    ]
    alone = pd.DataFrame(
        {
            "enters": (listed[single] & ~listed[0]).sum(axis=1),
            "leaves": (~listed[single] & listed[0]).sum(axis=1),
            "rank_change": [_mean_change(ranks[0], ranks[row]) for row in single],
        },
        index=pd.Index(labels, name="cause"),
    )
    # A setting that touches no score after all is no cause.
    causes = tuple(
        change.cause
        for change in changes
        if change.cause.kind != "setting" or not (shared[0][change.cause.name].abs() <= 1e-9).all()
    )
    left = [cause.name for cause in causes]
    return Attribution(causes, shared[0][left], shared[1][left], alone.loc[left], note)


def _mean_change(before: NDArray[np.float64], after: NDArray[np.float64]) -> float:
    change = np.abs(after - before)
    known = change[~np.isnan(change)]
    return float(known.mean()) if known.size else float("nan")


def _chosen(changes: Sequence[_Changes], subset: int) -> list[_Changes]:
    return [change for at, change in enumerate(changes) if subset >> at & 1]


def _scored(
    basis: Basis,
    key: str,
    composite: Composite,
    vectors: NDArray[np.float64],
    codes: Sequence[str],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return scores and ranks (vectors by codes) of every set of weights (in order of names)."""
    data, settings = basis.data, basis.config.priorities[key]
    study = data.in_study
    x = np.stack([part.normalised[study] for part in composite.parts], axis=1)
    missing = np.isnan(x)
    crime = np.array([part.indicator.from_crime for part in composite.parts])
    fatal = crime | (basis.config.missing.deprivation == "null")
    scores = score_vectors(x, vectors, settings.aggregate)
    # An area without a weighted crime indicator has no score, as in a run.
    scores[((vectors > 0) & fatal).astype(float) @ (missing & fatal).T.astype(float) > 0] = np.nan
    english = np.array([part.indicator.name in DEPRIVATION_INDICATORS for part in composite.parts])
    welsh = np.char.startswith(np.array(data.study_codes, dtype=str), "W")
    lacking = missing & english & welsh[:, None]
    groups = np.zeros(scores.shape, dtype=bool)
    if lacking.any():
        groups = (vectors > 0).astype(float) @ lacking.T.astype(float) > 0
    ranks = np.empty_like(scores)
    for pattern in np.unique(groups, axis=0):
        rows = (groups == pattern).all(axis=1)
        ranks[rows] = rank_rows(scores[rows], np.where(pattern, "Wales", ""))
    at = pd.Index(data.study_codes).get_indexer(pd.Index(codes))
    return scores[:, at], ranks[:, at]
