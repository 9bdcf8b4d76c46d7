"""Which variable of a priority is tested for clusters, and the tests of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from risk_model.config.risk import RiskConfig
from risk_model.indicators import SetRates, Stream
from risk_model.kept import Kept, bits
from risk_model.layers.crime import Exposure
from risk_model.layers.small_area import Smoothed, shrunken_rate
from risk_model.model_data import ModelData
from spatial.blocks import SERIAL, BlockMap
from spatial.distance_graphs import WeightedNeighbours, inverse_of
from spatial.distance_weights import weighted_global_moran, weighted_local_moran
from spatial.errors import ConfigError, Fault
from spatial.getis import local_g
from spatial.local_tests import is_rare
from spatial.moran import assuncao_reis, global_moran, local_moran
from spatial.shared_draws import SharedDraws
from spatial.weights import Neighbours

__all__ = ["Clusters", "global_moran_of", "test_clusters", "tested_variable"]


_NEAREST_M = 100.0
"""Nearer middles count as this far: the areas of a tower block would count for nothing else."""


@dataclass(frozen=True, slots=True)
class Clusters:
    """Local Moran, Gi* and global Moran of a priority over all areas, n values each.

    NaN where not tested.

    Attributes
    ----------
    variable
        Words for the variable that was tested.
    gi_z, gi_p, gi_q, gi_bin, gi_raw_bin
        Gi* of the same variable: Z, p, q, and the bin (3, 2, 1 for a hot spot at 99, 95, 90 %,
        negative for a cold spot) with and without correction for many tests.
    agreement, gi_agreement
        Share of five further seeds with the published label or bin.
    inference
        Empty, or why no test was made.
    low_withheld
        Events are too rare for a label that calls an area or those around it low.
    """

    variable: str
    i: NDArray[np.float64]
    p: NDArray[np.float64]
    q: NDArray[np.float64]
    cluster: NDArray[np.str_]
    raw_cluster: NDArray[np.str_]
    agreement: NDArray[np.float64]
    gi_z: NDArray[np.float64]
    gi_p: NDArray[np.float64]
    gi_q: NDArray[np.float64]
    gi_bin: NDArray[np.float64]
    gi_raw_bin: NDArray[np.float64]
    gi_agreement: NDArray[np.float64]
    inference: str
    global_moran: dict[str, Any]
    low_withheld: bool


_KEPT: Kept[Clusters] = Kept(8)


def tested_variable(
    data: ModelData,
    config: RiskConfig,
    rates: SetRates,
    streams: Mapping[Stream, Smoothed],
    exposed: Exposure,
) -> tuple[str, NDArray[np.float64]]:
    """Return the variable that is tested for a priority, never its composite score.

    Where its offences weigh the same: the Assuncao-Reis standardised rate of the offence set.
    Where weights differ: the shrunken harm rate, sum over categories of weight times the smoothed
    rate. The uplift for under-reporting is left out: it never touches a test.
    """
    if rates.offences.equal_weights:
        base = exposed.total
        if rates.smoothed.base_rate > 0:
            # Expected events are exposure put right for the months covered; the z-values do not
            # depend on the unit.
            base = rates.smoothed.expected
        return "Assuncao-Reis standardised rate", assuncao_reis(rates.monthly.sum(axis=1), base)
    value = np.zeros(len(data.area_codes))
    for offence in rates.offences.offences:
        rate = shrunken_rate(
            streams[offence.stream],
            exposed,
            smoothing=config.statistics.smoothing,
            neighbours=data.neighbours,
        )
        value = value + offence.weight * rate
    return "shrunken harm rate", value


def test_clusters(
    data: ModelData,
    config: RiskConfig,
    variable: str,
    values: NDArray[np.float64],
    *,
    events: float,
    blocks: BlockMap = SERIAL,  # noqa: PT028 - it is no test of pytest's
) -> Clusters:
    """Test `values` for clusters over study and ring areas; report and correct the study areas.

    The answer of an earlier call holds where values, graph and settings are the same: another
    weight of an indicator leaves what is tested as it was.

    `blocks` is where draws are counted; it makes no difference to the result.
    """
    asked = (
        data.neighbours, bits(values, data.in_study), variable, events,
        config.statistics.model_dump_json(), config.uncertainty.seed,
    )  # fmt: skip
    return _KEPT.get(
        asked,
        lambda: _test_clusters(data, config, variable, values, events=events, blocks=blocks),
    )


def _test_clusters(
    data: ModelData,
    config: RiskConfig,
    variable: str,
    values: NDArray[np.float64],
    *,
    events: float,
    blocks: BlockMap,
) -> Clusters:
    n = len(data.area_codes)
    known = np.isfinite(values)
    settings = config.statistics
    blank = np.full(n, np.nan)
    words = np.full(n, "Not testable", dtype="<U16")
    if not known.any():
        nothing = global_moran_of(data, config, values)
        return Clusters(
            variable=variable,
            i=blank,
            p=blank,
            q=blank,
            cluster=words,
            raw_cluster=words,
            agreement=blank,
            gi_z=blank,
            gi_p=blank,
            gi_q=blank,
            gi_bin=blank,
            gi_raw_bin=blank,
            gi_agreement=blank,
            inference="Not testable: no area has a rate. Check the population and the period.",
            global_moran=nothing,
            low_withheld=False,
        )
    graph = _among(data, known)
    common: dict[str, Any] = {
        "report": data.in_study[known],
        "permutations": settings.permutations,
        "alpha": settings.alpha,
        "correction": settings.correction,
        "alternative": settings.alternative,
        "seed": config.uncertainty.seed,
        "events": events,
    }
    shared = SharedDraws()

    # First, as its bins have three levels: what it draws again is enough for the other test.
    hot = local_g(
        values[known],
        graph,
        report=data.in_study[known],
        permutations=settings.permutations,
        correction=settings.correction,
        alternative=settings.alternative,
        seed=config.uncertainty.seed,
        engine=settings.engine,
        events=events,
        shared=shared,
    )
    if weighs_by_distance(data, config):
        local = weighted_local_moran(
            values[known], _weighted(data, graph, known), **common, blocks=blocks
        )
    else:
        # Here, as of Gi*: a shared null is counted in less time than it takes to hand it on
        # (36,000 areas, 99,999 draws: .24 s; by two workers that wait for it .32 s).
        local = local_moran(values[known], graph, engine=settings.engine, shared=shared, **common)

    def spread(part: NDArray[Any], into: NDArray[Any]) -> NDArray[Any]:
        out = into.copy()
        out[known] = part
        return out

    return Clusters(
        variable=variable,
        i=spread(local.i, blank),
        p=spread(local.p, blank),
        q=spread(local.q, blank),
        cluster=spread(local.cluster, words),
        raw_cluster=spread(local.raw_cluster, words),
        agreement=spread(local.agreement, blank),
        gi_z=spread(hot.z, blank),
        gi_p=spread(hot.p, blank),
        gi_q=spread(hot.q, blank),
        gi_bin=spread(hot.bin, blank),
        gi_raw_bin=spread(hot.raw_bin, blank),
        gi_agreement=spread(hot.agreement, blank),
        inference=local.inference,
        global_moran=global_moran_of(data, config, values),
        low_withheld=is_rare(events, data.in_study[known]),
    )


def global_moran_of(
    data: ModelData, config: RiskConfig, values: NDArray[np.float64]
) -> dict[str, Any]:
    """Return global Moran's I over the areas that have a value, with what it was computed on.

    `ring` is the setting; `ring_areas` counts the areas outside the study area that took part.
    """
    known = np.isfinite(values)
    graph = _among(data, known)
    inverse = weighs_by_distance(data, config)
    value, islands = float("nan"), len(graph.islands)
    if known.sum() > 1:
        value = (
            weighted_global_moran(values[known], _weighted(data, graph, known))
            if inverse
            else global_moran(values[known], graph).value
        )
    return {
        "value": None if np.isnan(value) else value,
        "links": graph.links,
        "islands": islands,
        "ring": config.statistics.ring,
        "areas": int(known.sum()),
        "ring_areas": int((known & ~data.in_study).sum()),
        "neighbours": graph.kind,
        "weights": "inverse distance" if inverse else "equal",
    }


def weighs_by_distance(data: ModelData, config: RiskConfig) -> bool:
    """Tell whether near neighbours count more: the run's neighbours decide, then the settings."""
    return data.neighbours.kind == "distance" and config.statistics.distance_weights == "inverse"


def _among(data: ModelData, known: NDArray[np.bool_]) -> Neighbours:
    """Return the graph of the areas that have a value."""
    if known.all():
        return data.neighbours
    return data.neighbours.subset(
        code for code, kept in zip(data.area_codes, known, strict=True) if kept
    )


def _weighted(data: ModelData, graph: Neighbours, known: NDArray[np.bool_]) -> WeightedNeighbours:
    """Return the graph with one over the distance on each link."""
    if data.centres is None:
        raise ConfigError(
            Fault(
                "needs the middle of each area, which this run did not keep; make the run again",
                field="statistics.distance_weights",
            )
        )
    middle = data.centres[known]
    return inverse_of(graph, middle[:, 0], middle[:, 1], nearest_m=_NEAREST_M)
