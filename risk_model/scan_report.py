"""The circles of areas that hold more of a priority's events than chance would put there."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pandas as pd

from risk_model.model_data import ModelData
from risk_model.priority_events import PriorityEvents, too_large
from spatial.blocks import SERIAL, BlockMap
from spatial.scan import Scan, scan

__all__ = ["SCAN_COLUMNS", "scan_table"]

SCAN_COLUMNS = (
    "priority",
    "rank",
    "kind",
    "centre",
    "x",
    "y",
    "area_label",
    "radius_m",
    "areas",
    "area_codes",
    "population",
    "observed",
    "expected",
    "observed_over_expected",
    "annual_rate",
    "rate_unit",
    "relative_risk",
    "llr",
    "critical_llr",
    "critical_llr_01",
    "p",
    "note",
)
_REPLICATIONS = 999
_MOST = 10


def scan_table(
    data: ModelData,
    priorities: Mapping[str, PriorityEvents],
    geometry: gpd.GeoSeries,
    *,
    phi: Mapping[str, float],
    seed: int,
    blocks: BlockMap = SERIAL,
) -> pd.DataFrame:
    """Scan the study area for each priority; a row a cluster, the most likely first.

    Rows without a `rank` say in `note` why there is no cluster.

    Parameters
    ----------
    data, priorities
        Layers, and the events from `events_of_priorities`.
    geometry
        Polygons of the study areas, EPSG:27700, indexed by area code. Circles are drawn around
        their centroids.
    phi
        Dispersion of each priority's months, 1 or more.
    seed
        Of the maps on which the same events fall by chance.
    """
    large = too_large(data, "No scan")
    tables = [
        pd.DataFrame([{"priority": key, "note": large}])
        if large
        else _clusters(key, found, data, geometry, phi=phi[key], seed=seed, blocks=blocks)
        for key, found in priorities.items()
    ]
    return pd.concat(tables, ignore_index=True).reindex(columns=list(SCAN_COLUMNS))


def _clusters(
    key: str,
    found: PriorityEvents,
    data: ModelData,
    geometry: gpd.GeoSeries,
    *,
    phi: float,
    seed: int,
    blocks: BlockMap,
) -> pd.DataFrame:
    """Return the clusters of one priority."""
    study = data.in_study
    centre = gpd.GeoSeries(geometry.reindex(list(data.study_codes))).centroid
    expected = found.expected[study]
    result = scan(
        found.total[study],
        # An area without exposure, or in whose months nothing was to be expected, has no rate.
        np.where(expected > 0, found.exposed.total[study], np.nan),
        centre.x.to_numpy(),
        centre.y.to_numpy(),
        codes=data.study_codes,
        expected=expected,
        replications=_REPLICATIONS,
        seed=seed,
        per=found.exposed.per,
        phi=max(1.0, float(phi)) if np.isfinite(phi) else 1.0,
        most_reported=_MOST,
        blocks=blocks,
    )
    if not result.clusters:
        why = result.inference or "No circle holds more events than expected."
        return pd.DataFrame([{"priority": key, "note": why}])
    return pd.DataFrame(_rows(key, result, found, data))


def _rows(
    key: str, result: Scan, found: PriorityEvents, data: ModelData
) -> list[dict[str, object]]:
    people = pd.Series(data.population, index=pd.Index(data.area_codes))
    return [
        {
            "priority": key,
            "rank": rank,
            "kind": "most likely" if rank == 1 else "secondary",
            "centre": cluster.centre,
            "x": cluster.x,
            "y": cluster.y,
            "area_label": data.labels.loc[cluster.centre, "area_label"],
            "radius_m": cluster.radius_m,
            "areas": len(cluster.codes),
            "area_codes": "; ".join(sorted(cluster.codes)),
            "population": float(people.loc[list(cluster.codes)].sum()),
            "observed": cluster.observed,
            "expected": cluster.expected,
            "observed_over_expected": cluster.observed_over_expected,
            "annual_rate": cluster.annual_rate,
            "rate_unit": found.exposed.unit,
            # Infinite where no event is outside: nothing that a table could hold.
            "relative_risk": cluster.relative_risk if np.isfinite(cluster.relative_risk) else None,
            "llr": cluster.llr,
            "critical_llr": result.critical_llr,
            "critical_llr_01": result.critical_llr_01,
            "p": cluster.p,
            "note": _left_out(result),
        }
        for rank, cluster in enumerate(result.clusters, start=1)
    ]


def _left_out(result: Scan) -> str:
    if not result.left_out:
        return ""
    return f"{len(result.left_out)} areas without a rate are left out"
