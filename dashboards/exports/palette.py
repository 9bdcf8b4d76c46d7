"""Colours of maps and legends: one place, so that web, QGIS, page and paper agree.

Sequential blues end on the three of the Government Analysis Function palette; the two lighter
steps continue it. Every swatch and polygon has a dark outline: neighbouring classes need not
differ by 3 to 1 in contrast when an outline between them does.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

__all__ = [
    "CHANGES",
    "CLASSES",
    "DEFAULT_BREAKS",
    "HOTSPOT",
    "INK",
    "MISSING",
    "OUTLINE",
    "class_labels",
    "class_of",
]

CLASSES: tuple[str, ...] = ("#E1EDF8", "#A9CDEE", "#6BACE6", "#2073BC", "#12436D")  # low to high
CHANGES: tuple[str, ...] = ("#2166AC", "#92C5DE", "#F7F7F7", "#F4A582", "#B2182B")  # down to up
MISSING = "#B1B4B6"
OUTLINE = "#3D3D3D"
INK = "#0B0C0C"
HOTSPOT = "#801650"
DEFAULT_BREAKS: tuple[float, ...] = (20.0, 40.0, 60.0, 80.0)


def class_of(value: float, breaks: Sequence[float] = DEFAULT_BREAKS) -> int:
    """Return the class of a score, 0 (lowest) upwards; -1 where there is no score.

    A score on a break belongs to the class above it.
    """
    if value != value:  # noqa: PLR0124 - the test for NaN that needs no library
        return -1
    return sum(value >= cut for cut in breaks)


def class_labels(breaks: Sequence[float] = DEFAULT_BREAKS) -> tuple[str, ...]:
    """Return the words of each class, as `20 to under 40`; the last one includes its end."""
    edges = [0.0, *breaks, 100.0]
    words = [f"{a:g} to under {b:g}" for a, b in itertools.pairwise(edges[:-1])]
    return (*words, f"{edges[-2]:g} to {edges[-1]:g}")
