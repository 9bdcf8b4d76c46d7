"""Where a rising function of one number is nought. Numbers in, a number out."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

__all__ = ["rising_root"]

_HALVINGS = 8
"""First steps, which bring the bracket to where the function is close to a line."""


def rising_root(function: Callable[[float], float], low: float, high: float) -> float:
    """Return where a function that is at most 0 at `low` and at least 0 at `high` is 0.

    A few halvings, then false position with the Illinois rule (Dowell and Jarratt 1971): the value
    at an end that stays twice running counts half, so that both ends close in. It ends where a step
    no longer moves the answer by more than two units in the last place (of a thousandth of the
    bracket, for a root nearer to 0), and where that does not come, as with a function that jumps,
    by halving until no number is left between the ends.
    """
    below, above = function(low), function(high)
    least = (high - low) * 1e-3
    at, kept = low, 0
    for step in range(200):
        middle = (low + high) / 2.0
        if middle in (low, high):
            return middle
        before, at = at, middle
        if _HALVINGS <= step < 60 and above > below:
            at = high - above * (high - low) / (above - below)
            if not low < at < high:
                at = middle
        value = function(at)
        if value == 0.0 or (
            step > _HALVINGS and abs(at - before) <= 2 * np.spacing(max(abs(at), least))
        ):
            return at
        if value < 0.0:
            low, below = at, value
            above = above / 2.0 if kept < 0 else above
            kept = -1
        else:
            high, above = at, value
            below = below / 2.0 if kept > 0 else below
            kept = 1
    return (low + high) / 2.0
