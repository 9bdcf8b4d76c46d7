"""A small map and small point sets, and the kernels that are asked about what cannot be used."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from shapely.geometry import box

import model_case as CASE
from graphs import inverse_distance
from spatial.adaptive import adaptive_surface
from spatial.bandwidth import choose_bandwidth
from spatial.bivariate import bivariate_moran
from spatial.distance_weights import weighted_local_moran
from spatial.errors import StatisticsError
from spatial.getis import local_g
from spatial.kde import density_surface
from spatial.local_smoothing import marshall_local
from spatial.moran import assuncao_reis, local_moran
from spatial.public_density import public_density
from spatial.scan import scan
from spatial.smoothing import fit_gamma_poisson, marshall
from spatial.space_time import space_time
from spatial.weights import Neighbours

N = 48
CODES = [f"E{i:03d}" for i in range(N)]
GRAPH = CASE.lattice(CODES, 8)
X, Y = np.arange(N) % 8 * 1000.0, np.arange(N) // 8 * 1000.0
NEAR = inverse_distance(X, Y, codes=CODES, within_m=1500)
MONTHS = [f"2025-{month:02d}" for month in range(1, 13)]
ANY = np.random.default_rng(0).normal(size=N)
EVENTS = np.random.default_rng(1).poisson(20, N).astype(float)
PEOPLE = np.full(N, 1000.0)
LAND = box(400_000, 90_000, 408_000, 96_000)
SURFACE: dict[str, Any] = {"study": LAND, "land": LAND, "bandwidth_m": 1000, "cell_m": 100}


def changed(values: np.ndarray, **at: float) -> np.ndarray:
    """The same values with others in some rows."""
    out = values.copy()
    for row, value in at.items():
        out[int(row.removeprefix("r"))] = value
    return out


def points(n: int = 60) -> pd.DataFrame:
    rng = np.random.default_rng(2)
    return pd.DataFrame(
        {"x": rng.uniform(400_000, 408_000, n), "y": rng.uniform(90_000, 96_000, n)}
    )


def outcomes(values: np.ndarray, graph: Neighbours = GRAPH, **changes: Any) -> list[Any]:
    """The four tests of clusters on the same values."""
    settings = {"permutations": 999} | changes
    near = NEAR
    if graph is not GRAPH:
        near = inverse_distance(X[: graph.n], Y[: graph.n], codes=graph.codes, within_m=1500)
    return [
        local_moran(values, graph, **settings),
        local_g(values, graph, **settings),
        bivariate_moran(values, values[::-1].copy(), graph, **settings),
        weighted_local_moran(values, near, **settings),
    ]


def refused(*calls: Callable[[], Any]) -> str:
    """What each call says when it refuses."""
    said = []
    for call in calls:
        with pytest.raises(StatisticsError) as caught:
            call()
        said.append(str(caught.value))
    return " | ".join(said)


def surfaces(frame: pd.DataFrame, **changes: Any) -> list[Callable[[], Any]]:
    """The kernels that draw points, each with its own arguments."""
    s = SURFACE | changes
    return [
        lambda: density_surface(frame, **s, months=6),
        lambda: adaptive_surface(frame, **s, months=6).surface,
        lambda: choose_bandwidth(
            frame,
            study=s["study"],
            cell_m=s["cell_m"],
            fallback_m=s["bandwidth_m"],
            bandwidths_m=[s["bandwidth_m"]],
        ),
        lambda: public_density(frame, study=s["study"], months=6, bandwidth_m=s["bandwidth_m"]),
    ]


def rates(events: np.ndarray, people: np.ndarray = PEOPLE) -> list[Callable[[], Any]]:
    return [
        lambda: assuncao_reis(events, people),
        lambda: marshall(events, people),
        lambda: marshall_local(events, people, GRAPH),
        lambda: fit_gamma_poisson(events, people),
    ]


def scanned(events: np.ndarray, people: np.ndarray = PEOPLE, **changes: Any) -> Any:
    settings = {"x": X, "y": Y, "codes": CODES, "replications": 19} | changes
    return scan(events, people, **settings)


def monthly(events: np.ndarray, people: np.ndarray = PEOPLE, graph: Neighbours = GRAPH) -> Any:
    return space_time(np.tile(events, (12, 1)).T, people, graph, MONTHS, permutations=999)
