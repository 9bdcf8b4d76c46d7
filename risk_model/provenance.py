"""What made a run: versions, hashes of inputs and settings, and how JSON is written."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import math
import platform
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np

__all__ = ["canonical_json", "code_version", "jsonable", "run_id_of", "sha256_text", "versions"]

_LIBRARIES = (
    "csp-hotspots",
    "numpy",
    "scipy",
    "pandas",
    "geopandas",
    "shapely",
    "pyproj",
    "pyogrio",
    "pyarrow",
    "libpysal",
    "esda",
    "rasterio",
    "folium",
    "scikit-learn",
    "SALib",
)


def jsonable(value: Any) -> Any:
    """Turn frames' scalars into plain JSON values; a figure that is missing becomes null."""
    if isinstance(value, Mapping):
        return {str(key): jsonable(entry) for key, entry in value.items()}
    if isinstance(value, np.ndarray):
        return [jsonable(entry) for entry in value.tolist()]
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [jsonable(entry) for entry in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def canonical_json(value: Any) -> str:
    """Return JSON whose bytes depend on the value alone: sorted keys, no spaces."""
    return json.dumps(
        jsonable(value),
        sort_keys=True,
        separators=(",", ":"),
        ensure_ascii=False,
        allow_nan=False,
    )


def sha256_text(text: str) -> str:
    """Return the SHA-256 of a text in UTF-8, as hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def run_id_of(moment: datetime, content: str) -> str:
    """Return a run id that sorts by time and says in eight digits what was run.

    `moment` is aware; `content` is text that differs where settings or inputs differ.
    """
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}-{sha256_text(content)[:8]}"


def code_version() -> str:
    """Return the version of this service that is installed."""
    return importlib.metadata.version("csp-hotspots")


def versions() -> dict[str, str]:
    """Return the versions of Python and of every library that a figure depends on."""
    found = {"python": platform.python_version()}
    for name in _LIBRARIES:
        found[name] = importlib.metadata.version(name)
    return found
