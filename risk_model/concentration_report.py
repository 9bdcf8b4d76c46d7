"""How few areas, people and square kilometres hold most of a priority's events."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from risk_model.model_data import ModelData
from risk_model.priority_events import LARGEST_AREA, PriorityEvents
from spatial.concentration import gini, lorenz

__all__ = ["CONCENTRATION_COLUMNS", "concentration_table"]

CONCENTRATION_COLUMNS = (
    "priority",
    "basis",
    "basis_share",
    "events_share",
    "events",
    "gini",
    "gini_by_chance",
    "gini_excess",
)
_SHARES = (0.01, 0.02, 0.05, 0.10, 0.20, 0.25, 0.50)
_STAGE = 821  # of the spawn key, so that no other stage shares these draws
_MAPS, _MAPS_OF_A_COUNTRY = 499, 9  # the more areas, the less the Gini of a map varies


def concentration_table(
    data: ModelData, priorities: Mapping[str, PriorityEvents], *, seed: int
) -> pd.DataFrame:
    """Return points of the Lorenz curves of each priority, with the Gini beside chance.

    Each basis is cut from its own worst end: the areas of most events, the residents of the
    highest rates, the land of the highest densities. Within an area events count as even.

    Parameters
    ----------
    data
        Layers; areas are weighed by the months that were covered, and those without a covered
        month take no part.
    priorities
        From `events_of_priorities`.
    seed
        Of the maps on which the same events fall by chance.
    """
    months = data.covered.sum(axis=1).astype(np.float64)
    bases = {
        "areas": np.ones(months.size),
        "residents": data.population,
        "km2": data.area_km2,
    }
    maps = _MAPS if data.in_study.sum() <= LARGEST_AREA else _MAPS_OF_A_COUNTRY
    rows = []
    for number, (key, found) in enumerate(priorities.items()):
        for place, (name, base) in enumerate(bases.items()):
            exposed = base * months
            kept = data.in_study & np.isfinite(exposed) & (exposed > 0)
            own = np.random.SeedSequence(seed, spawn_key=(_STAGE, number, place))
            events = found.total[kept]
            # Here: 499 maps of 463 areas take .04 s, and another process .05 s.
            measured = gini(events, exposed[kept], seed=own, simulations=maps)
            caught = _shares_of_events(events, exposed[kept])
            rows += [
                (
                    key,
                    name,
                    share,
                    held,
                    int(events.sum()),
                    measured.value,
                    measured.chance,
                    measured.excess,
                )
                for share, held in zip(_SHARES, caught, strict=True)
            ]
    return pd.DataFrame(rows, columns=list(CONCENTRATION_COLUMNS))


def _shares_of_events(events: NDArray[np.float64], exposed: NDArray[np.float64]) -> list[float]:
    """Return the share of the events in the worst 1, 2, 5 ... % of what is exposed."""
    if not events.sum():
        return [float("nan")] * len(_SHARES)
    x, y = lorenz(events, exposed)
    return [float(1.0 - np.interp(1.0 - share, x, y)) for share in _SHARES]
