"""The events of a priority by area and month, and what they are measured against."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from risk_model.config.harm import HarmWeights
from risk_model.config.risk import RiskConfig
from risk_model.layers.crime import (
    Exposure,
    OffenceSet,
    expected_by_month,
    exposure,
    monthly_events,
    offence_set,
)
from risk_model.model_data import ModelData
from spatial.local_tests import FEWEST_AREAS, FEWEST_EVENTS, MORE_AREAS, MORE_EVENTS

__all__ = [
    "LARGEST_AREA",
    "PriorityEvents",
    "events_of_priorities",
    "too_few",
    "too_large",
    "way_out",
]

LARGEST_AREA = 2_000
"""Study areas of more areas than this are whole countries or regions, or one very large force."""


@dataclass(frozen=True, slots=True, eq=False)
class PriorityEvents:
    """Unweighted events of one priority's offence set over study and ring areas.

    Attributes
    ----------
    offences
        The offences that are counted.
    monthly
        n by m events; 0 in months that are not covered.
    expected
        n events to be expected at the study area's rate of each covered month; NaN where an area
        has no exposure.
    exposed
        What the events are measured against.
    """

    offences: OffenceSet
    monthly: NDArray[np.float64]
    expected: NDArray[np.float64]
    exposed: Exposure

    @property
    def total(self) -> NDArray[np.float64]:
        """Events over the covered months, n values."""
        return np.asarray(self.monthly.sum(axis=1), dtype=np.float64)


def events_of_priorities(
    data: ModelData, config: RiskConfig, harm: HarmWeights
) -> dict[str, PriorityEvents]:
    """Count the offence set of every priority."""
    exposed = exposure(data, config.denominator)
    found = {}
    for key, priority in config.priorities.items():
        offences = offence_set(priority, config, harm)
        monthly = np.zeros(data.covered.shape)
        for offence in offences.offences:
            monthly += monthly_events(data, offence)
        expected = expected_by_month(monthly, exposed.monthly, data.in_study).sum(axis=1)
        found[key] = PriorityEvents(offences, monthly, expected, exposed)
    return found


def too_few(data: ModelData, events: float) -> str:
    """Say why nothing certain can be told of so few study areas or events; empty where it can.

    One rule for everything that a run says of a priority: areas of the ring lend their values to
    tests, and do not make up for those that a study area lacks.

    Parameters
    ----------
    events
        Of the priority in the study area.
    """
    areas = int(data.in_study.sum())
    if areas < FEWEST_AREAS:
        return f"{areas} area{'' if areas == 1 else 's'}, and at least {FEWEST_AREAS} are needed"
    if events < FEWEST_EVENTS:
        said = "1 event" if round(events) == 1 else f"{events:.0f} events"
        return f"{said}, and at least {FEWEST_EVENTS} are needed"
    return ""


def way_out(data: ModelData) -> str:
    """Say what helps where `too_few` says something."""
    return MORE_AREAS if int(data.in_study.sum()) < FEWEST_AREAS else MORE_EVENTS


def too_large(data: ModelData, what: str) -> str:
    """Say why something is not made of many police forces together; empty where it is made.

    One force has everything, however many areas it has (London 4,988): circles, hexagons and
    months of a whole country would say nothing of any place in it.
    """
    areas = int(data.in_study.sum())
    if areas <= LARGEST_AREA or len(data.forces) == 1:
        return ""
    if not data.forces:
        return (
            f"{what} for {areas:,} areas whose police forces are not known: over "
            f"{LARGEST_AREA:,} areas it is made for one force at a time; name a lookup of forces "
            "in the inputs file (lookups.forces), and run one of them (--area "
            "with its code, such as E23000039)"
        )
    return (
        f"{what} for {areas:,} areas of {len(data.forces)} police forces: over {LARGEST_AREA:,} "
        "areas it is made for one force at a time; run one of them (--area with its code, "
        "such as E23000039)"
    )
