"""Layers made up in the test: a lattice of square areas, what the scoring tests are tried on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from risk_model.config.harm import HarmWeights
from risk_model.config.priority import Indicator, Priority
from risk_model.config.risk import RiskConfig
from risk_model.model_data import LABEL_COLUMNS, ModelData
from risk_model.scoring import Scored, score_model
from spatial.categories import CATEGORIES
from spatial.weights import Neighbours

VIOLENCE = "violence_and_sexual_offences"
ASB = "anti_social_behaviour"
SERIOUS = {VIOLENCE: 1.0, "robbery": 1.0}
MIXED = {"harm_rate": 0.5, "persistence": 0.2, "deprivation_without_crime": 0.3}
MEAN = {VIOLENCE: 6.0, "robbery": 0.6, "burglary": 2.0, ASB: 4.0, "drugs": 1.0, "shoplifting": 3.0}
HARM = HarmWeights(
    dict.fromkeys(CATEGORIES, 10.0)
    | {VIOLENCE: 200.0, "robbery": 900.0, "burglary": 300.0, ASB: 0.0},
    (),
)


def lattice(codes: list[str], columns: int) -> Neighbours:
    """Queen contiguity of squares in rows of `columns`."""
    focal, other = [], []
    rows = -(-len(codes) // columns)
    for i, code in enumerate(codes):
        for dy in (-1, 0, 1):
            for dx in (-1, 0, 1):
                x, y = i % columns + dx, i // columns + dy
                j = y * columns + x
                if (dx, dy) != (0, 0) and 0 <= x < columns and 0 <= y < rows and j < len(codes):
                    focal.append(code)
                    other.append(codes[j])
    return Neighbours.from_pairs(codes, focal, other)


def case(
    *, n: int = 48, ring: int = 0, months: int = 6, seed: int = 7, **changes: Any
) -> ModelData:
    """n areas, the last `ring` of them outside the study area; every other one is rural.

    Risks, deprivation and populations differ by area and are drawn from `seed`.
    """
    rng = np.random.default_rng(seed)
    codes = [f"E9900{number:04d}" for number in range(n)]
    population = rng.integers(800, 2600, n).astype(float)
    risk = rng.gamma(3.0, 1 / 3.0, n)
    categories = tuple(sorted(CATEGORIES))
    counts = np.zeros((n, months, len(categories)), dtype=np.int64)
    for k, category in enumerate(categories):
        mean = MEAN.get(category, 0.2) * risk * population / 1500.0
        counts[:, :, k] = rng.poisson(mean[:, None], (n, months))
    names = ("income", "employment", "education", "health", "barriers", "living_environment")
    indicators = pd.DataFrame({name: rng.gamma(2.0, 0.05, n) for name in names}, index=codes)
    for name, scale in (
        ("imd_score", 9.0),
        ("deprivation_without_crime", 9.0),
        ("crime_domain", 1),
    ):
        indicators[name] = rng.gamma(2.0, scale, n)
    stratum = np.where(np.arange(n) % 2 == 0, "urban", "rural")
    indicators["rural"] = (stratum == "rural").astype(float)
    labels = pd.DataFrame(dict.fromkeys(LABEL_COLUMNS, ""), index=codes)
    fields: dict[str, Any] = {
        "area_codes": tuple(codes),
        "in_study": np.arange(n) < n - ring,
        "months": tuple(f"2025-{month + 1:02d}" for month in range(months)),
        "covered": np.ones((n, months), dtype=bool),
        "categories": categories,
        "counts": counts,
        "attributes": None,
        "population": population,
        "area_km2": rng.gamma(2.0, 5.0, n),
        "stratum": stratum,
        "neighbours": lattice(codes, 8),
        "indicators": indicators,
        "labels": labels,
    }
    return ModelData(**(fields | changes))


def settings(
    *, draws: int = 300, sections: Mapping[str, Mapping[str, Any]] | None = None, **top: Any
) -> RiskConfig:
    """The default settings with few draws and permutations; `sections` changes keys by section."""
    config = RiskConfig()
    changed = {"uncertainty": {"draws": draws}, "statistics": {"permutations": 9_999}}
    for name, keys in (sections or {}).items():
        changed[name] = {**changed.get(name, {}), **keys}
    update = {name: getattr(config, name).model_copy(update=keys) for name, keys in changed.items()}
    return config.model_copy(update=update | top)


def priority(
    indicators: Mapping[str, Any], offences: Any = "harm", *, size: int = 5, **keys: Any
) -> Priority:
    """A priority with these indicators (name to weight or Indicator) and a short list."""
    default = Priority()
    return Priority(
        offences=offences,
        indicators={
            name: value if isinstance(value, Indicator) else Indicator(weight=float(value))
            for name, value in indicators.items()
        },
        list=default.list.model_copy(update={"size": size}),
        **keys,
    )


def one(indicators: Mapping[str, Any], offences: Any = "harm", **keys: Any) -> RiskConfig:
    """Settings with a single priority, `sv01`."""
    chosen = {key: keys.pop(key) for key in ("size", "aggregate", "title") if key in keys}
    return settings(priorities={"sv01": priority(indicators, offences, **chosen)}, **keys)


def score(data: Any = None, config: Any = None, **keys: Any) -> Scored:
    """Score a lattice of `case(**keys)`, or the layers given, by a mixed priority or these settings."""
    shares = keys.pop("density_share", {})
    return score_model(data or case(**keys), config or one(MIXED), HARM, density_share=shares)
