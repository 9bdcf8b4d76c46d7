"""Do other services see what the police record? Each source's rate against police counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from risk_model.config.risk import RiskConfig
from risk_model.layers.crime import Exposure
from risk_model.layers.other_sources import OtherSource
from risk_model.layers.small_area import Smoothed, exceedance, shrunken_rate, smooth
from risk_model.model_data import ModelData
from risk_model.run_store import Writer
from spatial.writers import write_csv

__all__ = [
    "LAYER_COLUMNS",
    "Agreement",
    "SourceLayer",
    "agree",
    "agreement_of",
    "agreement_writers",
    "combine",
    "police_state",
    "source_layer",
]

HIGH, NOT_HIGH, UNSURE = 1, 0, -1
"""States of an area by one source: surely above the study area's rate, not, too few to say."""

AGREES, POLICE_ONLY, OTHER_ONLY, NEITHER, TOO_FEW = (
    "agrees high",
    "police only",
    "other source only",
    "neither",
    "too few to say",
)

LAYER_COLUMNS: Final = (
    "area_code",
    "source",
    "kind",
    "priority",
    "period_events",
    "period_events_hi",
    "months",
    "rate",
    "p_high",
    "agreement",
)

FloatArray = NDArray[np.float64]
States = NDArray[np.int8]


@dataclass(frozen=True, slots=True, eq=False)
class SourceLayer:
    """One source over the study and ring areas of a run, n values each.

    Attributes
    ----------
    low, high
        Events over covered months: the ends of the range that suppressed cells leave; NaN where
        no month of the area has data.
    months
        Covered months of the area.
    rate
        Smoothed rate per 1,000 residents per year, at the middle of the range.
    p_low, p_high
        Chance that the rate is above the study area's, at the low and the high end.
    state
        HIGH, NOT_HIGH or UNSURE.
    """

    source: OtherSource
    low: FloatArray
    high: FloatArray
    months: NDArray[np.int64]
    rate: FloatArray
    p_low: FloatArray
    p_high: FloatArray
    state: States


@dataclass(frozen=True, slots=True, eq=False)
class Agreement:
    """`P_agreement` by area, the rows of `layers.csv`, and warnings."""

    columns: pd.DataFrame
    layers: pd.DataFrame
    warnings: tuple[str, ...]


def source_layer(source: OtherSource, data: ModelData, config: RiskConfig) -> SourceLayer:
    """Smooth a source's counts like police counts, at both ends of what suppression leaves open.

    The prior, the dispersion and the expected counts come from the middles of the ranges; the
    area's own count is then taken at its low and at its high end.
    """
    low, high, seen = _cells(source, data)
    middle = np.where(seen, (low + high) / 2.0, 0.0)
    people = np.where(data.population > 0, data.population, np.nan)
    exposed = Exposure(people[:, None] * seen / 12.0, 1000.0, "per 1,000 residents per year")
    stratum = data.stratum if config.rurality.shrink_to == "stratum" else None
    smoothed = smooth(middle, exposed, in_study=data.in_study, covered=seen, stratum=stratum)
    ends = {"low": low.sum(axis=1, where=seen), "high": high.sum(axis=1, where=seen)}
    chance = {
        name: exceedance(replace(smoothed, events=events), 1.0) for name, events in ends.items()
    }
    months = seen.sum(axis=1)
    blank = months == 0
    return SourceLayer(
        source=source,
        low=np.where(blank, np.nan, ends["low"]),
        high=np.where(blank, np.nan, ends["high"]),
        months=months.astype(np.int64),
        rate=np.where(blank, np.nan, shrunken_rate(smoothed, exposed)),
        p_low=np.where(blank, np.nan, chance["low"]),
        p_high=np.where(blank, np.nan, chance["high"]),
        state=_source_state(smoothed, ends, chance, blank, config),
    )


def _cells(
    source: OtherSource, data: ModelData
) -> tuple[FloatArray, FloatArray, NDArray[np.bool_]]:
    """Return n by m low and high counts, and which cells are data."""
    shape = (len(data.area_codes), len(data.months))
    low, high = np.zeros(shape), np.zeros(shape)
    given = np.zeros(shape, dtype=np.bool_)
    i = pd.Index(data.area_codes).get_indexer(pd.Index(source.counts["area_code"]))
    t = pd.Index(data.months).get_indexer(pd.Index(source.counts["month"]))
    kept = (i >= 0) & (t >= 0)
    place = (i[kept], t[kept])
    low[place] = source.counts["low"].to_numpy(dtype=np.float64)[kept]
    high[place] = source.counts["high"].to_numpy(dtype=np.float64)[kept]
    given[place] = True
    covered = np.isin(np.array(data.months), source.months)
    return low, high, np.tile(covered, (shape[0], 1)) if source.absent_is_zero else given


def _source_state(
    smoothed: Smoothed,
    ends: Mapping[str, FloatArray],
    chance: Mapping[str, FloatArray],
    blank: NDArray[np.bool_],
    config: RiskConfig,
) -> States:
    bar, fewest = config.guards.agreement_probability - 1e-12, config.evidence.min_events
    state = np.full(len(blank), UNSURE, dtype=np.int8)
    expected = np.nan_to_num(smoothed.expected, nan=0.0)
    told = ~blank & (np.maximum(ends["high"], expected) >= fewest)
    # NaN compares False: not known is neither.
    state[told & (chance["high"] < bar)] = NOT_HIGH
    state[told & (chance["low"] >= bar) & (ends["low"] >= fewest)] = HIGH
    return state


def police_state(
    events: FloatArray, expected: FloatArray, p_high: FloatArray, config: RiskConfig
) -> States:
    """Return the state of each area by the police counts of a priority's offences."""
    bar, fewest = config.guards.agreement_probability - 1e-12, config.evidence.min_events
    state = np.full(len(events), UNSURE, dtype=np.int8)
    told = np.maximum(events, np.nan_to_num(expected, nan=0.0)) >= fewest
    state[told & (p_high < bar)] = NOT_HIGH
    state[told & (p_high >= bar) & (events >= fewest)] = HIGH
    return state


def agree(police: States, other: States) -> NDArray[np.object_]:
    """Return the agreement of two sources in words.

    Where the police have too few to say and another service is high, it stands alone: that is
    what unreported violence looks like. Where either cannot say and nothing is high alone, it is
    too few to say.
    """
    out = np.full(len(police), TOO_FEW, dtype=object)
    out[(police == HIGH) & (other == HIGH)] = AGREES
    out[(police == HIGH) & (other == NOT_HIGH)] = POLICE_ONLY
    out[(police != HIGH) & (other == HIGH)] = OTHER_ONLY
    out[(police == NOT_HIGH) & (other == NOT_HIGH)] = NEITHER
    return out


def combine(states: Sequence[States]) -> States:
    """Return the state of several sources together: high where any is, unsure where all are."""
    stacked = np.stack(list(states))
    found = np.where((stacked == NOT_HIGH).any(axis=0), NOT_HIGH, UNSURE)
    return np.where((stacked == HIGH).any(axis=0), HIGH, found).astype(np.int8)


def agreement_of(
    sources: Sequence[OtherSource],
    data: ModelData,
    config: RiskConfig,
    areas: pd.DataFrame,
) -> Agreement | None:
    """Hold every source against the police counts of every priority; None without a source.

    Parameters
    ----------
    areas
        Published columns of the study areas: `P_events`, `P_rr`, `P_p_rr_gt_1` are read.
    """
    if not sources:
        return None
    study = data.in_study
    layers = [source_layer(source, data, config) for source in sources]
    codes = np.array(data.area_codes, dtype=object)[study]
    columns = pd.DataFrame(index=areas.index)
    tables, warnings = [], []
    for key in config.priorities:
        police = _police(areas, key, data, config)
        together = agree(police, combine([layer.state[study] for layer in layers]))
        columns[f"{key}_agreement"] = together
        tables += [_rows(layer, key, police, codes, study) for layer in layers]
        alone = int((together == OTHER_ONLY).sum())
        if alone:
            names = ", ".join(layer.source.title for layer in layers)
            warnings.append(
                f"{key}: in {alone} area{'' if alone == 1 else 's'} another source is high and "
                f"police counts are not ({names}); look there before trusting a low rank."
            )
    return Agreement(columns, pd.concat(tables, ignore_index=True), tuple(warnings))


def _police(areas: pd.DataFrame, key: str, data: ModelData, config: RiskConfig) -> States:
    events = areas[f"{key}_events"].to_numpy(dtype=np.float64)
    # Expected events, but for months that only some areas have, of the study area's own rate.
    people = np.nan_to_num(data.exposure()[data.in_study], nan=0.0)
    expected = people * events.sum() / max(float(people.sum()), 1.0)
    chance = areas[f"{key}_p_rr_gt_1"].to_numpy(dtype=np.float64)
    return police_state(events, expected, chance, config)


def _rows(
    layer: SourceLayer,
    key: str,
    police: States,
    codes: NDArray[np.object_],
    study: NDArray[np.bool_],
) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "area_code": codes,
            "source": layer.source.name,
            "kind": layer.source.kind,
            "priority": key,
            "period_events": layer.low[study],
            "period_events_hi": layer.high[study],
            "months": layer.months[study],
            "rate": layer.rate[study],
            "p_high": layer.p_low[study],
            "agreement": agree(police, layer.state[study]),
        },
        columns=list(LAYER_COLUMNS),
    )


def agreement_writers(found: Agreement | None, sources: Sequence[OtherSource]) -> dict[str, Writer]:
    """Return the writers of `layers.csv` and `layers_ledger.csv`, where there is a source."""
    if found is None:
        return {}
    ledger = pd.concat([source.ledger.rows for source in sources], ignore_index=True)
    return {
        "layers.csv": lambda path: write_csv(found.layers, path),
        "layers_ledger.csv": lambda path: write_csv(ledger, path),
    }
