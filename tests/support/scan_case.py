"""Maps made up for the scan: areas of unlike population, with and without clusters."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from spatial.scan import Scan, scan

Fields = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, list[str]]


def country(n: int = 40, *, events: int = 300, seed: int = 0, lattice: bool = False) -> Fields:
    """Events at one rate over areas of unlike population."""
    rng = np.random.default_rng(seed)
    x, y = rng.uniform(0, 50_000, (2, n))
    if lattice:
        side = math.isqrt(n)
        x, y = (axis.ravel() * 0.1 for axis in np.meshgrid(np.arange(side), np.arange(side)))
        n = side * side
    population = rng.integers(500, 3_000, n).astype(float)
    counts = rng.multinomial(events, population / population.sum()).astype(float)
    return counts, population, x, y, [f"E{i:04d}" for i in range(n)]


def scanned(fields: Fields, **settings: Any) -> Scan:
    events, population, x, y, codes = fields
    return scan(events, population, x, y, codes=codes, **{"replications": 99, **settings})


def planted(seed: int = 3) -> Fields:
    """Two corners with raised rates, apart from one another."""
    events, population, x, y, codes = country(100, events=1_500, seed=seed, lattice=True)
    x, y = x * 10_000, y * 10_000
    rng = np.random.default_rng(seed)
    for corner in ((x < 2_500) & (y < 2_500), (x > 6_500) & (y > 6_500)):
        events[corner] += rng.poisson(14, corner.sum())
    return events, population, x, y, codes
