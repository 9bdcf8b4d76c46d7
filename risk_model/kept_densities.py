"""Densities drawn again from what a published run kept: other bandwidths, ratios, a public one."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import pandas as pd
from pydantic import ValidationError

from risk_model.config.harm import HarmWeights
from risk_model.config.risk import RiskConfig
from risk_model.densities import Grounds, Surroundings, cell_at_m, draw_surface, surroundings, weigh
from risk_model.layers.crime import OffenceSet, offence_set
from risk_model.model_data import ModelData
from risk_model.model_store import read_model
from risk_model.run_store import PublishedRun
from spatial.convolution import SMALLEST_RATIO, kernel_support_m
from spatial.dual_density import DualDensity, compare_densities, population_points
from spatial.errors import Fault, InputError
from spatial.kde import Density, density_surface
from spatial.public_density import SMALLEST_CELL_M, PublicDensity, public_density

__all__ = [
    "ComparedDensity",
    "KeptGround",
    "at_bandwidth",
    "change",
    "halves",
    "per_resident",
    "public",
    "read_kept_ground",
]

LEAST_RESIDENTS = 100.0
"""Residents that the kernel has to hold before a rate per resident is shown."""


@dataclass(frozen=True, slots=True, eq=False)
class KeptGround:
    """What a published run kept of its densities: 100 m cells, land, settings.

    Attributes
    ----------
    run_id
        The run.
    data
        Its layers.
    points
        x, y (centres of 100 m cells: a point is up to 71 m from where it was), month, category,
        area_code, n.
    study
        Polygons of the study areas, indexed by code.
    around
        Polygons of the land around them.
    config
        Its settings.
    offences
        The offence set of each priority.
    bandwidth_m
        The bandwidth each priority was drawn at.
    """

    run_id: str
    data: ModelData
    points: pd.DataFrame
    study: gpd.GeoSeries
    around: gpd.GeoSeries
    config: RiskConfig
    offences: Mapping[str, OffenceSet]
    bandwidth_m: Mapping[str, float]

    @property
    def months(self) -> tuple[str, ...]:
        """The months of which any study area has data."""
        covered = np.atleast_1d(self.data.covered[self.data.in_study].any(axis=0))
        return tuple(m for m, yes in zip(self.data.months, covered, strict=True) if yes)


@dataclass(frozen=True, slots=True, eq=False)
class ComparedDensity:
    """Two surfaces of one priority compared, and what they are in words."""

    dual: DualDensity
    bandwidth_m: float
    above: str
    below: str
    warnings: tuple[str, ...]


def read_kept_ground(run: PublishedRun) -> KeptGround:
    """Read what a run kept.

    Raises
    ------
    InputError
        Where the run kept no cells, or its settings are not those of this version.
    """
    kept = read_model(run)
    try:
        config = RiskConfig.model_validate_json(json.dumps(run.manifest["config"]))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise InputError(
            Fault(
                f"run {run.run_id} has settings that this version does not know ({where}: "
                f"{first['msg']}); make the run again",
                field="RUN",
            )
        ) from None
    harm = HarmWeights(dict(run.manifest["harm_weights"]), ())
    codes = list(kept.data.study_codes)
    described = run.manifest["priorities"]
    return KeptGround(
        run_id=run.run_id,
        data=kept.data,
        points=kept.points,
        study=gpd.GeoSeries(kept.land.iloc[: len(codes)].set_axis(codes)),
        around=gpd.GeoSeries(kept.land.iloc[len(codes) :]),
        config=config,
        offences={
            key: offence_set(priority, config, harm) for key, priority in config.priorities.items()
        },
        bandwidth_m={key: float(described[key]["density"]["bandwidth_m"]) for key in described},
    )


def at_bandwidth(ground: KeptGround, priority: str, factor: float) -> Density:
    """Draw a priority at a multiple of its bandwidth, as `bandwidths.csv` does.

    Half the bandwidth is drawn on half the cell: 50 m where the run has 100 m.
    """
    where = _where(ground, ground.months)
    width = ground.bandwidth_m[priority] * factor
    surface, _ = draw_surface(
        weigh(where.points, ground.offences[priority]),
        Grounds(where),
        ground.config.density,
        bandwidth_m=width,
        cell_m=cell_at_m(ground.config.density, factor),
    )
    return surface


def halves(ground: KeptGround) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the first and the second half of the covered months.

    Of an odd number the month in the middle is in neither: both halves are as long.

    Raises
    ------
    InputError
        Where fewer than two months are covered.
    """
    months = ground.months
    half = len(months) // 2
    if half == 0:
        raise InputError(
            Fault(
                f"run {ground.run_id} covers {len(months)} month: a change needs two; give an "
                "earlier run with --against",
                field="RUN",
            )
        )
    return months[:half], months[-half:]


def change(later: KeptGround, priority: str, earlier: KeptGround | None = None) -> ComparedDensity:
    """Set a later period over an earlier one: two runs, or the halves of one run's months.

    Offences, bandwidth, kernel and cells are those of the later run for both. Areas without a
    month in either period are left out of both.

    Raises
    ------
    InputError
        Where the two runs have different areas, or there are no two periods.
    """
    warnings: list[str] = []
    if earlier is None:
        first, second = halves(later)
        earlier = later
        if len(set(first) | set(second)) < 12 or first[0][5:] != second[0][5:]:
            warnings.append(
                "the two halves are different seasons: part of any change is the time of year; "
                "compare with a run of the same months a year before"
            )
    else:
        first, second = earlier.months, later.months
        if earlier.data.study_codes != later.data.study_codes:
            raise InputError(
                Fault(
                    f"run {earlier.run_id} has {len(earlier.data.study_codes)} areas that are not "
                    f"the {len(later.data.study_codes)} of run {later.run_id}; compare runs of one "
                    "study area",
                    field="--against",
                )
            )
        if shared := sorted(set(first) & set(second)):
            warnings.append(f"both periods hold {', '.join(shared)}: these events count twice")
        if [month[5:] for month in first] != [month[5:] for month in second]:
            warnings.append(
                "the two periods are not the same months of a year: part of any change is the "
                "time of year"
            )
    sides = [_where(later, second), _where(replace(earlier, around=later.around), first)]
    both = sorted(set(sides[0].codes) & set(sides[1].codes))
    if not both:
        raise InputError(
            Fault("no area has a month in both periods; compare other periods", field="--against")
        )
    above, below = (
        _drawn(_only(side, both), later, priority, later.offences[priority]) for side in sides
    )
    dual = compare_densities(above, below)
    return ComparedDensity(
        dual,
        later.bandwidth_m[priority],
        _span(second),
        _span(first),
        (*dual.warnings, *warnings, *_left_out(later, both)),
    )


def per_resident(ground: KeptGround, priority: str) -> ComparedDensity:
    """Set events over residents, both of the study area alone, at one bandwidth.

    Residents are spread evenly over the land of their area, so a rate is right for an area as a
    whole and says little of places within a large one.

    Raises
    ------
    StatisticsError
        Where a population is negative.
    """
    where = _where(ground, ground.months)
    codes = list(where.codes)
    inside = replace(
        where,
        points=where.points[where.points["area_code"].isin(codes)],
        around=gpd.GeoSeries([], crs=ground.study.crs),
    )
    settings = ground.config.density
    width = ground.bandwidth_m[priority]
    people = pd.Series(ground.data.population, index=pd.Index(ground.data.area_codes)).loc[codes]
    residents = density_surface(
        population_points(people, gpd.GeoSeries(ground.study.loc[codes]), cell_m=settings.cell_m),
        study=inside.study,
        land=None,  # residents are known of the study areas alone
        bandwidth_m=width,
        cell_m=min(settings.cell_m, width / SMALLEST_RATIO),
        months=12.0,
        kernel=settings.kernel,
        edge=settings.edge,
    )
    events = _drawn(inside, ground, priority, ground.offences[priority])
    dual = compare_densities(events, residents, least=LEAST_RESIDENTS)
    return ComparedDensity(
        dual,
        width,
        f"events of {_span(ground.months)}, a year",
        "residents",
        (*dual.warnings, *_left_out(ground, codes)),
    )


def public(ground: KeptGround, priority: str) -> PublicDensity:
    """Draw the density that may be shown to anyone: see `spatial.public_density`.

    Events are counted by 500 m cell, which the kept 100 m cells fill exactly.
    """
    where = _where(ground, ground.months)
    return public_density(
        weigh(where.points, ground.offences[priority]),
        study=where.study,
        months=where.months,
        bandwidth_m=max(ground.bandwidth_m[priority], SMALLEST_CELL_M),
        kernel=ground.config.density.kernel,
    )


def _where(ground: KeptGround, months: Sequence[str]) -> Surroundings:
    """Return the points, land and coverage of some months."""
    at = [ground.data.months.index(month) for month in months]
    data = replace(
        ground.data,
        months=tuple(months),
        covered=ground.data.covered[:, at],
        counts=ground.data.counts[:, at],
    )
    points = ground.points[ground.points["month"].astype(str).isin(list(months))]
    return surroundings(points, data, study=ground.study, around=ground.around)


def _only(where: Surroundings, codes: Sequence[str]) -> Surroundings:
    """Leave out study areas, their land and their events."""
    dropped = set(where.codes) - set(codes)
    return replace(
        where,
        points=where.points[~where.points["area_code"].isin(dropped)],
        study=gpd.GeoSeries(where.study.loc[list(codes)]),
        codes=tuple(codes),
    )


def _drawn(where: Surroundings, ground: KeptGround, priority: str, offences: OffenceSet) -> Density:
    """Draw one side of a comparison: one bandwidth for both, so never adaptive."""
    settings = ground.config.density
    width = ground.bandwidth_m[priority]
    return density_surface(
        weigh(where.points, offences),
        study=where.study,
        land=where.land(kernel_support_m(settings.kernel, width)),
        bandwidth_m=width,
        cell_m=min(settings.cell_m, width / SMALLEST_RATIO),
        months=where.months,
        kernel=settings.kernel,
        edge=settings.edge,
    )


def _left_out(ground: KeptGround, codes: Sequence[str]) -> tuple[str, ...]:
    missing = len(ground.data.study_codes) - len(codes)
    return (f"{missing} areas without a covered month are left blank",) if missing else ()


def _span(months: Sequence[str]) -> str:
    return months[0] if len(months) == 1 else f"{months[0]} to {months[-1]}"
