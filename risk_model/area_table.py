"""The columns and contribution rows that a run publishes for each priority."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.arrays import IntegerArray

from risk_model.clusters import Clusters
from risk_model.composite import Composite, on_list
from risk_model.config.priority import Priority
from risk_model.config.risk import RiskConfig
from risk_model.evidence import FLAGGED, EvidenceInputs, capped, find_strands, strand_text, tiers
from risk_model.explanations import explanations
from risk_model.indicators import SetRates, uplift
from risk_model.kept import Kept, bits
from risk_model.layers.crime import Exposure, expected_by_month, months_above_expected
from risk_model.layers.small_area import Smoothed, exceedance, shrunken_rate
from risk_model.model_data import ModelData
from risk_model.rank_sets import LARGEST, rank_sets
from risk_model.ranking import min_ranks, rank_within
from risk_model.trend import calendar_months, recent_trend
from risk_model.uncertainty import RankDraws

__all__ = ["TOLD_APART", "Findings", "PriorityTable", "contribution_rows", "priority_columns"]

TOLD_APART = 0.05
"""Chance of a score above the list's last area's from which an area cannot be told apart."""

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Findings:
    """Everything that was computed for one priority, over all areas (n)."""

    name: str
    settings: Priority
    rates: SetRates
    composite: Composite
    clusters: Clusters
    draws: RankDraws
    density_share: FloatArray
    inference_off: str
    vetoed: NDArray[np.bool_] | None = None
    """Areas that may not be flagged (an artefact of recording); None where there are none."""


@dataclass(frozen=True, slots=True)
class PriorityTable:
    """The columns of one priority, one row an area, with the sentences that explain them."""

    columns: pd.DataFrame
    sentences: pd.DataFrame
    figures: pd.DataFrame


def priority_columns(
    found: Findings,
    data: ModelData,
    config: RiskConfig,
    exposed: Exposure,
    context: pd.DataFrame | None = None,
    *,
    explain: bool = True,
) -> PriorityTable:
    """Return the columns of one priority, prefixed with its name, and its explanations.

    `context` holds what is told beside the figures, by area code: `map_point_share`,
    `police_generated_share` and `artefact`. Without `explain` there are no explanations and no
    column `reasons`: half of the time of a what-if that nobody reads them of.
    """
    smoothed, composite, name = found.rates.smoothed, found.composite, found.name
    events = smoothed.events
    silent = np.full(len(events), bool(found.inference_off))

    def said(values: FloatArray) -> FloatArray:
        return np.where(silent, np.nan, values)

    drawn = {
        key: said(_spread(getattr(found.draws, key), composite.scored))
        for key in ("rank_lo", "rank_hi", "p_top", "p_top_crime_only", "p_above_cut")
    }
    ranks = np.full(len(events), np.nan)
    for group in np.unique(composite.groups):
        members = composite.groups == group
        ranks[members] = min_ranks(composite.score[members])
    strata = np.where(np.isin(data.stratum, config.rurality.strata), data.stratum, "")
    in_stratum = rank_within(composite.score, strata)
    set_lo, set_hi = _rank_sets(smoothed, data)
    cluster = np.where(silent, "Not testable", found.clusters.cluster)
    raw = np.where(silent, "Not testable", found.clusters.raw_cluster)
    seen = EvidenceInputs(
        events=events,
        p_top=drawn["p_top"],
        p_excess=said(exceedance(smoothed, config.evidence.excess_ratio)),
        cluster=cluster,
        raw_cluster=raw,
        gi_bin=said(found.clusters.gi_bin),
        gi_raw_bin=said(found.clusters.gi_raw_bin),
        density_share=found.density_share,
        months_above=months_above_expected(found.rates.monthly, exposed, in_study=data.in_study),
        months_covered=data.covered.sum(axis=1),
    )
    strands = find_strands(seen, config.evidence)
    tier = tiers(strands, found.settings.tiers)
    if found.vetoed is not None:
        tier = capped(tier, found.vetoed)
    columns: dict[str, Any] = {
        "events": events.astype(np.int64),
        "harm": found.rates.harm,
        "rate": events / exposed.total * exposed.per,
        "eb_rate": shrunken_rate(
            smoothed, exposed, smoothing=config.statistics.smoothing, neighbours=data.neighbours
        ),
        "rr": smoothed.mean,
        "rr_lo": said(smoothed.lo),
        "rr_hi": said(smoothed.hi),
        "p_rr_gt_1": said(smoothed.p_gt_1),
        "p_rr_gt_1_5": said(smoothed.p_gt_1_5),
        "lisa_i": found.clusters.i,
        "lisa_p": said(found.clusters.p),
        "lisa_q": said(found.clusters.q),
        "lisa_cluster": cluster.astype(object),
        "lisa_agreement": said(found.clusters.agreement),
        "gi_z": found.clusters.gi_z,
        "gi_p": said(found.clusters.gi_p),
        "gi_q": said(found.clusters.gi_q),
        "gi_bin": _whole(said(found.clusters.gi_bin)),
        "gi_agreement": said(found.clusters.gi_agreement),
        "density_share": found.density_share,
        "score": composite.score,
        "rank": _whole(ranks),
        "rank_lo": _whole(drawn["rank_lo"]),
        "rank_hi": _whole(drawn["rank_hi"]),
        "p_top": drawn["p_top"],
        "p_top_crime_only": drawn["p_top_crime_only"],
        "p_above_cut": drawn["p_above_cut"],
        "beside_list": _beside(ranks, drawn["p_above_cut"], found, data),
        "rank_set_lo": _whole(set_lo),
        "rank_set_hi": _whole(set_hi),
        "rank_in_stratum": _whole(in_stratum),
        "tier": tier.astype(object),
        "flag": np.isin(tier, FLAGGED),
        "strands": strand_text(strands),
    }
    index = pd.Index(data.area_codes, name="area_code")
    if not explain:
        frame = pd.DataFrame(columns, index=index)
        return PriorityTable(frame.add_prefix(f"{name}_"), pd.DataFrame(), pd.DataFrame())
    trend = recent_trend(
        found.rates.monthly,
        expected_by_month(found.rates.monthly, exposed.monthly, data.in_study),
        data.covered,
        phi=smoothed.phi,
    )
    told = explanations(
        found.name,
        composite,
        config,
        {
            **columns,
            **{key: getattr(seen, key) for key in ("months_above", "months_covered")},
            "expected": smoothed.expected,
            "stratum": data.stratum,
            "population": data.population,
            "recent": trend.recent,
            "recent_expected": trend.expected,
            "recent_months": trend.recent_months,
            "p_rise": trend.p_rise,
            "calendar_months": calendar_months(data.months, data.covered),
            "uplift": uplift(data, config),
            "police_generated_share": _aligned(context, "police_generated_share", data),
            "map_point_share": _aligned(context, "map_point_share", data),
            "artefact": _texts(context, "artefact", data),
        },
        codes=data.area_codes,
        in_study=data.in_study,
        strands=strands,
        strata=strata,
        inference_off=found.inference_off,
    )
    columns["reasons"] = told.texts
    frame = pd.DataFrame(columns, index=index)
    return PriorityTable(frame.add_prefix(f"{name}_"), told.sentences, told.figures)


def contribution_rows(found: Findings, data: ModelData) -> pd.DataFrame:
    """Return one row a study area and indicator: what the score is made of.

    `weight` is the weight that the area's score used; the contributions of an area sum to its
    score.
    """
    study, composite = data.in_study, found.composite
    codes = np.array(data.area_codes, dtype=object)[study]
    # By area, in the order of the settings within it.
    order = np.argsort(codes, kind="stable")
    names = np.array([part.indicator.name for part in composite.parts], dtype=object)

    def by_area(columns: list[FloatArray]) -> FloatArray:
        return np.stack(columns, axis=1)[study][order].ravel()

    return pd.DataFrame(
        {
            "area_code": np.repeat(codes[order], len(names)),
            "priority": found.name,
            "indicator": np.tile(names, len(codes)),
            "value": by_area([part.indicator.value for part in composite.parts]),
            "normalised": by_area([part.normalised for part in composite.parts]),
            "weight": composite.weights[study][order].ravel(),
            "contribution": composite.contributions[study][order].ravel(),
        }
    )


def _beside(
    ranks: FloatArray, p_above: FloatArray, found: Findings, data: ModelData
) -> NDArray[np.bool_]:
    """Say which areas below the list cannot be told apart from it: P(above its last) >= .05."""
    listed = on_list(found.composite, found.settings.list.size)
    below = data.in_study & ~np.isnan(ranks) & ~listed
    return np.asarray(below & (np.nan_to_num(p_above) >= TOLD_APART - 1e-12))


_KEPT: Kept[FloatArray] = Kept(8)
"""Sets of ranks by what they count: another weight leaves them as they were."""


def _rank_sets(smoothed: Smoothed, data: ModelData) -> tuple[FloatArray, FloatArray]:
    """Return the ranks that counts alone leave open; none for more areas than can be paired."""
    low, high = np.full((2, len(data.in_study)), np.nan)
    study = data.in_study
    if int(study.sum()) <= LARGEST:
        events, expected = smoothed.events[study], smoothed.expected[study]
        low[study], high[study] = _KEPT.get(
            bits(events, expected), lambda: np.stack(rank_sets(events, expected))
        )
    return low, high


def _aligned(context: pd.DataFrame | None, name: str, data: ModelData) -> FloatArray:
    if context is None or name not in context:
        return np.full(len(data.area_codes), np.nan)
    return context[name].reindex(list(data.area_codes)).to_numpy(dtype=np.float64)


def _texts(context: pd.DataFrame | None, name: str, data: ModelData) -> NDArray[np.object_]:
    if context is None or name not in context:
        return np.full(len(data.area_codes), "", dtype=object)
    return context[name].reindex(list(data.area_codes)).fillna("").to_numpy(dtype=object)


def _spread(values: FloatArray, scored: NDArray[np.bool_]) -> FloatArray:
    out = np.full(len(scored), np.nan)
    out[scored] = values
    return out


def _whole(values: FloatArray) -> IntegerArray:
    """Return ranks as whole numbers that may be missing."""
    missing = np.isnan(values)
    return IntegerArray(np.where(missing, 0, values).astype(np.int64), missing)
