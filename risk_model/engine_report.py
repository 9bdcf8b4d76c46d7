"""What the spatial engine says of a run beside its scores: tables, and their files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import geopandas as gpd
import pandas as pd
from threadpoolctl import threadpool_limits

from risk_model.bandwidth_report import bandwidth_table
from risk_model.clock import Clock
from risk_model.coverage_report import coverage_table
from risk_model.layer_tables import LayerTables
from risk_model.pipeline import Run
from risk_model.priority_events import events_of_priorities
from risk_model.run_store import Writer
from risk_model.run_tests import own_flags
from risk_model.scan_report import scan_table
from risk_model.support_report import Cuts, support_table
from spatial.blocks import SERIAL, BlockMap
from spatial.writers import write_csv

__all__ = ["EngineReport", "engine_report", "report_writers"]


@dataclass(frozen=True, slots=True, eq=False)
class EngineReport:
    """Tables that describe a priority's map as a whole.

    Attributes
    ----------
    concentration
        Points of the Lorenz curves, and the Gini beside chance.
    scan
        Clusters of the scan statistic.
    space_time
        Pattern of each area's months.
    space_time_months
        Those months, one by one.
    support
        How far areas, hexagons and larger areas flag the same places.
    bandwidths
        How far hot spots depend on the bandwidth.
    coverage
        What the first places of two rankings cover.
    bivariate
        Offences here against deprivation around.
    timings
        Seconds by table, wherever it was made.
    """

    concentration: pd.DataFrame
    scan: pd.DataFrame
    space_time: pd.DataFrame
    space_time_months: pd.DataFrame
    support: pd.DataFrame
    bandwidths: pd.DataFrame
    coverage: pd.DataFrame
    bivariate: pd.DataFrame
    timings: dict[str, float] = field(default_factory=dict)


def engine_report(
    run: Run,
    *,
    tables_later: Callable[[], LayerTables],
    cuts_later: Callable[[], Cuts],
    blocks: BlockMap = SERIAL,
) -> EngineReport:
    """Make the tables from a built run. One thread, so that figures are the same anywhere.

    `tables_later` gives those that need the layers alone, `cuts_later` the map cut in other ways,
    begun or not; they are asked last.
    """
    data, config, seed = run.model, run.risk, run.risk.uncertainty.seed
    clock = Clock()
    with threadpool_limits(limits=1):
        found = events_of_priorities(data, config, run.harm)
        phi = {key: float(run.scored.diagnostics[key]["phi"]) for key in found}
        geometry = gpd.GeoSeries(run.areas.geometry)
        clusters = scan_table(data, found, geometry, phi=phi, seed=seed, blocks=blocks)
        clock.lap("scan")
        frame = run.loaded.areas.frame
        inside = frame.index.isin(run.loaded.study.codes)
        bandwidths = bandwidth_table(
            data,
            found,
            run.densities,
            run.loaded.incidents.points,
            study=gpd.GeoSeries(frame.geometry[inside]),
            around=gpd.GeoSeries(frame.geometry[~inside]),
            config=config,
        )
        clock.lap("bandwidths")
        covers = coverage_table(data, found, run.scored.areas, config)
        clock.lap("coverage")
        cuts, own = cuts_later(), own_flags(run.scored, data, config)
        clock.lap("waiting")
        support = support_table(data, found, cuts, config, own=own)
        clock.lap("support")
    tables = tables_later()
    return EngineReport(
        concentration=tables.concentration,
        scan=clusters,
        space_time=tables.space_time,
        space_time_months=tables.space_time_months,
        support=support,
        bandwidths=bandwidths,
        coverage=covers,
        bivariate=tables.bivariate,
        timings={**tables.timings, **clock.laps},
    )


def report_writers(report: EngineReport) -> dict[str, Writer]:
    """Return a writer for each table."""
    return {
        "concentration.csv": lambda path: write_csv(report.concentration, path),
        "scan.csv": lambda path: write_csv(report.scan, path),
        "space_time.csv": lambda path: write_csv(report.space_time, path),
        "space_time_months.csv": lambda path: write_csv(report.space_time_months, path),
        "support.csv": lambda path: write_csv(report.support, path),
        "bandwidths.csv": lambda path: write_csv(report.bandwidths, path),
        "coverage.csv": lambda path: write_csv(report.coverage, path),
        "bivariate.csv": lambda path: write_csv(report.bivariate, path),
    }
