"""Attributes whose names Python cannot write as arguments: `aria-…` and `data-…`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["attributes"]


def attributes(values: Mapping[str, str]) -> dict[str, Any]:
    """Return attributes ready to be spread into a component.

    Dash accepts any attribute that begins with `aria-` or `data-`; its type hints do not.
    """
    return dict(values)
