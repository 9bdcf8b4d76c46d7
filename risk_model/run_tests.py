"""What a run tests and flags, made again on another cut of its map as far as the data allow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from risk_model.config.risk import RiskConfig
from risk_model.evidence import HOT_BIN
from risk_model.indicators import Stream, smooth_streams
from risk_model.layers.small_area import Group, Smoothed, shrunken_rate
from risk_model.model_data import ModelData
from risk_model.priority_events import PriorityEvents
from risk_model.scoring import Scored
from spatial.moran import assuncao_reis
from spatial.smoothing import fit_gamma_poisson, posterior_mean
from spatial.support import Support
from spatial.support_flags import ClusterFlags, Flags, cluster_flags, highest, with_people

__all__ = ["OwnFlags", "flags_again", "own_flags", "streams_of", "value_again"]

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class OwnFlags:
    """What a run published of its study areas for one priority: clusters, and flagged areas."""

    clusters: ClusterFlags
    flagged: Flags


def own_flags(scored: Scored, data: ModelData, config: RiskConfig) -> dict[str, OwnFlags]:
    """Return the flags of every priority, over the study areas."""
    found = {}
    for key, clusters in scored.clusters.items():
        areas, study = scored.areas, data.in_study
        why = str(scored.diagnostics[key]["inference"]) or _one_sided(config)
        # Too few areas or events: no statement of certainty at all, so that none can be flagged.
        unsure = why if areas[f"{key}_p_rr_gt_1"].isna().all() else ""
        why = why if not why or why.startswith("Not test") else f"Not tested: {why}."
        tested = np.isfinite(clusters.p[study]) & (not why)
        masks = (
            areas[f"{key}_lisa_cluster"].to_numpy(dtype=object) == "High-High",
            clusters.raw_cluster[study] == "High-High",
            np.nan_to_num(clusters.gi_bin[study]) >= HOT_BIN,
        )
        found[key] = OwnFlags(
            ClusterFlags(*[Flags(np.asarray(mask & tested), tested, why) for mask in masks]),
            Flags(
                areas[f"{key}_flag"].to_numpy(dtype=np.bool_),
                np.full(int(study.sum()), not unsure),
                f"Not tested: {unsure}." if unsure else "",
            ),
        )
    return found


def _one_sided(config: RiskConfig) -> str:
    if config.statistics.alternative != "less":
        return ""
    return "the side that is tested (statistics.alternative: less) has no High-High and no hot spot"


def flags_again(
    support: Support,
    value: FloatArray,
    own: OwnFlags,
    config: RiskConfig,
    *,
    people: FloatArray,
) -> OwnFlags:
    """Flag the units of another support as the run flags its areas.

    Clusters are tested with the run's permutations, correction, side and seed, among the units
    alone. An area is flagged for more than its rate, which no other unit has: what stands for it
    are the units of the highest tested value that hold as many residents as the flagged areas.

    Parameters
    ----------
    value
        From `value_again`.
    own
        The flags of the areas.
    people
        Residents of the areas.
    """
    settings = config.statistics
    if why := _one_sided(config):
        nothing = np.zeros(value.shape, dtype=np.bool_)
        clusters = ClusterFlags(*[Flags(nothing, nothing, f"Not tested: {why}.")] * 3)
    else:
        clusters = cluster_flags(
            support,
            value,
            permutations=settings.permutations,
            alpha=settings.alpha,
            correction=settings.correction,
            alternative=settings.alternative,
            seed=config.uncertainty.seed,
            events=float(support.events.sum()),
        )
    share = float(np.nansum(people[own.flagged.mask]) / max(1.0, float(np.nansum(people))))
    why = own.flagged.reason
    flagged = highest(value, support, 0.0 if why else share)
    return OwnFlags(clusters, Flags(flagged, np.isfinite(value), why))


def value_again(
    support: Support,
    each: Sequence[BoolArray],
    found: PriorityEvents,
    data: ModelData,
    config: RiskConfig,
    streams: Mapping[Stream, Smoothed],
) -> FloatArray:
    """Return the variable that the run tests, of the units of another support.

    The Assuncao-Reis rate where the priority's offences weigh the same, else the shrunken harm
    rate: `risk_model.clusters.tested_variable`. Events are counted in the units; what is expected
    there is that of the areas, shared out by land. Rates are shrunk towards the study area, by the
    spread of the units and the dispersion of the areas' months. NaN where a unit has under 100
    residents or nothing to be expected.

    Parameters
    ----------
    support
        With every event of the study area.
    each
        Which events are of each of the priority's offences, shape (events,), in their order.
    found
        Events and exposure of the priority.
    streams
        From `streams_of`, where offences do not weigh the same.
    """
    study = data.in_study
    value = np.full(len(support.codes), np.nan)
    known = with_people(support) & (support.shared(_known(found.expected[study])) > 0)
    if not known.any():
        return value
    if found.offences.equal_weights:
        events = support.only(np.logical_or.reduce(each)).events
        expected = support.shared(_known(found.expected[study]))
        value[known] = assuncao_reis(events[known], expected[known])
        return value
    codes = np.asarray(support.codes, dtype=object)[known]
    graph = support.neighbours.subset(codes.tolist())
    total = np.zeros(int(known.sum()))
    for offence, kept in zip(found.offences.offences, each, strict=True):
        stream = streams[offence.stream]
        units = _smoothed_again(
            stream,
            support.only(kept).events[known],
            support.shared(_known(stream.expected[study]))[known],
        )
        total = total + offence.weight * shrunken_rate(
            units, found.exposed, smoothing=config.statistics.smoothing, neighbours=graph
        )
    value[known] = total
    return value


def streams_of(
    found: PriorityEvents, data: ModelData, config: RiskConfig
) -> Mapping[Stream, Smoothed]:
    """Return the smoothed offences of a priority whose offences do not weigh the same."""
    if found.offences.equal_weights:
        return {}
    return smooth_streams(found.offences.offences, data, config, found.exposed)


def _smoothed_again(stream: Smoothed, events: FloatArray, expected: FloatArray) -> Smoothed:
    """Return one stream of events over other units, all of them one group."""
    blank = np.full(events.shape, np.nan)
    fit = fit_gamma_poisson(events, expected)
    usable = expected > 0
    mean = np.ones(events.shape)
    if usable.sum() >= 2:
        mean[usable] = posterior_mean(events[usable], expected[usable], fit, phi=stream.phi)
    return Smoothed(
        events=events,
        expected=expected,
        base_rate=stream.base_rate,
        mean=mean,
        lo=blank,
        hi=blank,
        p_gt_1=blank,
        p_gt_1_5=blank,
        groups=(Group(np.flatnonzero(usable), fit, 1.0),) if usable.sum() >= 2 else (),
        phi=stream.phi,
    )


def _known(expected: FloatArray) -> FloatArray:
    return np.nan_to_num(expected, nan=0.0)
