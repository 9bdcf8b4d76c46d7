"""The columns and contribution rows that a run publishes for each priority."""

from __future__ import annotations

from dataclasses import dataclass
from math import isnan
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.arrays import IntegerArray

from risk_model.artefacts import artefact_text
from risk_model.clusters import Clusters
from risk_model.composite import Composite
from risk_model.config.priority import Priority
from risk_model.config.risk import RiskConfig
from risk_model.evidence import FLAGGED, EvidenceInputs, capped, find_strands, strand_text, tiers
from risk_model.explain import AreaFacts, Driver, reasons
from risk_model.indicators import SetRates, uplift
from risk_model.layers.crime import Exposure, months_above_expected
from risk_model.layers.small_area import exceedance, shrunken_rate
from risk_model.model_data import ModelData
from risk_model.ranking import min_ranks, rank_within
from risk_model.uncertainty import RankDraws

__all__ = ["Findings", "contribution_rows", "priority_columns"]

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


def priority_columns(
    found: Findings, data: ModelData, config: RiskConfig, exposed: Exposure
) -> pd.DataFrame:
    """Return the columns of one priority, one row an area, prefixed with its name."""
    smoothed, composite, name = found.rates.smoothed, found.composite, found.name
    events = smoothed.events
    silent = np.full(len(events), bool(found.inference_off))

    def said(values: FloatArray) -> FloatArray:
        return np.where(silent, np.nan, values)

    drawn = {
        key: said(_spread(getattr(found.draws, key), composite.scored))
        for key in ("rank_lo", "rank_hi", "p_top", "p_top_crime_only")
    }
    ranks = np.full(len(events), np.nan)
    for group in np.unique(composite.groups):
        members = composite.groups == group
        ranks[members] = min_ranks(composite.score[members])
    strata = np.where(np.isin(data.stratum, config.rurality.strata), data.stratum, "")
    in_stratum = rank_within(composite.score, strata)
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
        "gi_z": found.clusters.gi_z,
        "gi_q": said(found.clusters.gi_q),
        "gi_bin": _whole(said(found.clusters.gi_bin)),
        "density_share": found.density_share,
        "score": composite.score,
        "rank": _whole(ranks),
        "rank_lo": _whole(drawn["rank_lo"]),
        "rank_hi": _whole(drawn["rank_hi"]),
        "p_top": drawn["p_top"],
        "p_top_crime_only": drawn["p_top_crime_only"],
        "rank_in_stratum": _whole(in_stratum),
        "tier": tier.astype(object),
        "flag": np.isin(tier, FLAGGED),
        "strands": strand_text(strands),
    }
    columns["reasons"] = _reasons(
        found, data, config,
        columns=columns, strands=strands, seen=seen, strata=strata, ranks=ranks,
        in_stratum=in_stratum,
    )  # fmt: skip
    frame = pd.DataFrame(columns, index=pd.Index(data.area_codes, name="area_code"))
    return frame.add_prefix(f"{name}_")


def contribution_rows(found: Findings, data: ModelData) -> pd.DataFrame:
    """Return one row a study area and indicator: what the score is made of.

    `weight` is the weight that the area's score used; the contributions of an area sum to its
    score.
    """
    codes = np.array(data.area_codes, dtype=object)[data.in_study]
    frames = [
        pd.DataFrame(
            {
                "area_code": codes,
                "priority": found.name,
                "indicator": part.indicator.name,
                "value": part.indicator.value[data.in_study],
                "normalised": part.normalised[data.in_study],
                "weight": found.composite.weights[data.in_study, k],
                "contribution": found.composite.contributions[data.in_study, k],
            }
        )
        for k, part in enumerate(found.composite.parts)
    ]
    rows = pd.concat(frames, ignore_index=True)
    # By area, in the order of the settings within it.
    return rows.sort_values("area_code", kind="stable", ignore_index=True)


def _reasons(
    found: Findings,
    data: ModelData,
    config: RiskConfig,
    *,
    columns: dict[str, Any],
    strands: dict[str, NDArray[np.bool_]],
    seen: EvidenceInputs,
    strata: NDArray[np.str_],
    ranks: FloatArray,
    in_stratum: FloatArray,
) -> NDArray[np.object_]:
    """Return the sentences of every study area, joined by a space; empty text in the ring."""
    composite, smoothed = found.composite, found.rates.smoothed
    study = data.in_study
    means = [_mean(part.indicator.value[study]) for part in composite.parts]
    scored = composite.scored
    group_sizes = {
        group: int((scored & (composite.groups == group)).sum())
        for group in np.unique(composite.groups)
    }
    stratum_sizes = {s: int((scored & (strata == s)).sum()) for s in np.unique(strata)}
    factor = uplift(data, config)
    artefacts = (
        [""] * len(study)
        if data.artefacts is None
        else artefact_text(data.artefacts, config.guards).tolist()
    )
    plain = {key: np.asarray(columns[key], dtype=np.float64) for key in ("rr", "rr_lo", "rr_hi")}
    drawn = {
        key: columns[key].to_numpy(dtype=np.float64, na_value=np.nan)
        for key in ("rank_lo", "rank_hi")
    }
    # Lists: taking numbers out of arrays one by one is most of the work for a country.
    kept = [k for k, part in enumerate(composite.parts) if part.weight > 0]
    values = [part.indicator.value.tolist() for part in composite.parts]
    added = composite.contributions.T.tolist()
    scores = composite.score.tolist()
    lacks = composite.dropped.T.tolist()
    held = {key: holds.tolist() for key, holds in strands.items()}
    out = np.full(len(study), "", dtype=object)
    for i in np.flatnonzero(study).tolist():
        facts = AreaFacts(
            title=found.settings.title,
            drivers=tuple(
                Driver(
                    composite.parts[k].indicator.name,
                    values[k][i],
                    means[k],
                    composite.parts[k].indicator.unit,
                    added[k][i] / scores[i] if scores[i] > 0 else 0.0,
                )
                for k in kept
                if not isnan(values[k][i])
            ),
            rank=float(ranks[i]),
            ranked=group_sizes[composite.groups[i]],
            rank_lo=float(drawn["rank_lo"][i]),
            rank_hi=float(drawn["rank_hi"][i]),
            p_top=float(seen.p_top[i]),
            list_size=found.settings.list.size,
            strands=frozenset(key for key, holds in held.items() if holds[i]),
            events=float(smoothed.events[i]),
            min_events=config.evidence.min_events,
            expected=float(smoothed.expected[i]),
            rr=float(plain["rr"][i]),
            rr_lo=float(plain["rr_lo"][i]),
            rr_hi=float(plain["rr_hi"][i]),
            cluster=str(seen.cluster[i]),
            density_share=float(found.density_share[i]),
            months_above=float(seen.months_above[i]),
            months_covered=int(seen.months_covered[i]),
            population=float(data.population[i]),
            stratum=str(data.stratum[i]),
            rank_in_stratum=float(in_stratum[i]),
            stratum_size=stratum_sizes[strata[i]],
            within=str(composite.groups[i]),
            dropped=tuple(
                part.indicator.name
                for part, lack in zip(composite.parts, lacks, strict=True)
                if lack[i]
            ),
            not_scored=str(composite.not_scored[i]),
            inference_off=found.inference_off,
            uplift=float(factor[i]),
            artefact=artefacts[i],
        )
        out[i] = " ".join(reasons(facts))
    return out


def _mean(values: FloatArray) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if known.size else float("nan")


def _spread(values: FloatArray, scored: NDArray[np.bool_]) -> FloatArray:
    out = np.full(len(scored), np.nan)
    out[scored] = values
    return out


def _whole(values: FloatArray) -> IntegerArray:
    """Return ranks as whole numbers that may be missing."""
    missing = np.isnan(values)
    return IntegerArray(np.where(missing, 0, values).astype(np.int64), missing)
