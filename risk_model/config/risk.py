"""The risk model's settings: `config/risk.yaml` as frozen, checked values."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from risk_model.config.base import Model, Text, refuse
from risk_model.config.defaults import default_priorities
from risk_model.config.faults import CrossFault, validated
from risk_model.config.loader import Document, read_document
from risk_model.config.overrides import apply_overrides
from risk_model.config.paths import RelativePath
from risk_model.config.priority import Indicator, ListRule, Offence, Priority, Tier, Tiers
from risk_model.config.settings import (
    Density,
    Evidence,
    Forecasting,
    Guards,
    Missing,
    PoliceGenerated,
    Rurality,
    Statistics,
    Uncertainty,
)

__all__ = [
    "Density",
    "Evidence",
    "Forecasting",
    "Guards",
    "Indicator",
    "ListRule",
    "Missing",
    "Offence",
    "PoliceGenerated",
    "Priority",
    "RiskConfig",
    "Rurality",
    "Statistics",
    "Tier",
    "Tiers",
    "Uncertainty",
    "load_risk",
    "risk_of",
]


def _priority_id(name: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9]{0,15}", name):
        raise refuse(
            f"'{name}' cannot name a priority; use small letters and digits, such as sv01 "
            "(it becomes the beginning of column names)"
        )
    return name


class RiskConfig(Model):
    """What makes an area high-risk. Weights are judgements: say why."""

    version: Text = Field(
        "unnamed", min_length=1, description="The name of this set of weights, shown with results."
    )
    harm_weights: RelativePath = Field(
        "harm_weights.csv",
        description="The harm weights file, relative to the folder of this file.",
    )
    police_generated: PoliceGenerated = Field(
        PoliceGenerated(), description="Offences that follow where officers look."
    )
    rurality: Rurality = Field(Rurality(), description="How town and country are told apart.")
    denominator: Literal["residents", "workday", "ambient", "area_km2", "none"] = Field(
        "residents",
        description="What rates are per: residents; workday or ambient population (from a table "
        "in the inputs file); area_km2; none (counts).",
    )
    priorities: dict[Annotated[str, AfterValidator(_priority_id)], Priority] = Field(
        default_factory=default_priorities,
        description="The priorities, each with its own offences, indicators, list and tiers.",
    )
    evidence: Evidence = Field(Evidence(), description="The bars that strands of evidence clear.")
    guards: Guards = Field(
        Guards(), description="What keeps an artefact of recording from being taken for risk."
    )
    uncertainty: Uncertainty = Field(Uncertainty(), description="How uncertainty is drawn.")
    statistics: Statistics = Field(Statistics(), description="Neighbours, Moran, smoothing.")
    density: Density = Field(Density(), description="The density surface and hot-spot polygons.")
    forecast: Forecasting = Field(
        Forecasting(), description="The expected events of the months after the period."
    )
    missing: Missing = Field(Missing(), description="What happens where a value is missing.")


def load_risk(path: Path, overrides: Mapping[str, str] | None = None) -> RiskConfig:
    """Read `risk.yaml`, apply `--set` overrides, check everything.

    Parameters
    ----------
    path
        The YAML file; messages name it as it is given here.
    overrides
        Dotted key to value as written after `--set`, such as
        `{"priorities.sv01.indicators.harm_rate.weight": "0.5"}`.

    Raises
    ------
    ConfigError
        With every fault, each at `file:line` and with the nearest key.
    """
    document = read_document(path)
    apply_overrides(document, RiskConfig, overrides or {})
    return risk_of(document)


def risk_of(document: Document) -> RiskConfig:
    """Return a document that was read as the settings it holds; every fault at once."""
    return validated(document, RiskConfig, _cross_checks)


def _cross_checks(config: RiskConfig) -> Iterator[CrossFault]:
    """Yield what is wrong between settings that are each right by themselves."""
    if not config.priorities:
        yield CrossFault(("priorities",), "names no priority; give at least one, such as sv01")
    for name, priority in config.priorities.items():
        yield from _priority_checks(name, priority, config.police_generated)
    statistics = config.statistics
    if statistics.distance_weights == "inverse" and statistics.neighbours != "distance":
        yield CrossFault(
            ("statistics", "distance_weights"),
            f"inverse needs neighbours: distance; it is {statistics.neighbours}, where neighbours "
            "count equal",
        )
    if statistics.distance_weights == "inverse" and statistics.engine == "esda":
        yield CrossFault(
            ("statistics", "engine"),
            "esda counts neighbours equal; use exact with distance_weights: inverse",
        )
    density = config.density
    if density.cell_m > density.bandwidth_m / 5:
        yield CrossFault(
            ("density", "cell_m"),
            f"{density.cell_m:g} is more than a fifth of bandwidth_m ({density.bandwidth_m:g}); "
            f"use {density.bandwidth_m / 5:g} or less",
        )


def _priority_checks(
    name: str, priority: Priority, police_generated: PoliceGenerated
) -> Iterator[CrossFault]:
    above = ("priorities", name)
    if not sum(indicator.weight for indicator in priority.indicators.values()) > 0:
        yield CrossFault(
            (*above, "indicators"), "the weights sum to 0; give at least one indicator a weight"
        )
    yield from _offence_checks((*above, "offences"), priority, police_generated)
    enter, leave = priority.list.enter_share, priority.list.leave_share
    if leave >= enter:
        yield CrossFault(
            (*above, "list", "leave"),
            f"'{priority.list.leave}' is no lower a bar than enter '{priority.list.enter}'; "
            "areas would come and go by chance",
        )
    for tier in ("strong", "supported", "watch"):
        rule: Tier = getattr(priority.tiers, tier)
        if not rule.needs and not rule.plus_any:
            yield CrossFault(
                (*above, "tiers", tier), "asks for nothing, so that every area reaches it"
            )
    last = priority.tiers.not_evidenced
    if last.needs or last.plus_any:
        yield CrossFault(
            (*above, "tiers", "not_evidenced"),
            "must not ask for anything: it is for the areas that reach no other tier",
        )


def _offence_checks(
    path: tuple[str, ...], priority: Priority, police_generated: PoliceGenerated
) -> Iterator[CrossFault]:
    if priority.offences == "harm":
        return
    weights = {
        category: offence.weight if isinstance(offence, Offence) else offence
        for category, offence in priority.offences.items()
    }
    if not sum(weights.values()) > 0:
        yield CrossFault(
            path, "no category has a weight above 0; write harm, or categories with a weight each"
        )
    if police_generated.use == "driver":
        return
    for category, weight in weights.items():
        if weight > 0 and category in police_generated.categories:
            yield CrossFault(
                (*path, category),
                "is police-generated, and police_generated.use is context; set that to driver, "
                "or take the category out of one of the two",
            )
