"""What every local test shares: when none is made, what is refused, and the words for results."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

from spatial.errors import StatisticsError
from spatial.permutation import Alternative, benjamini_hochberg, rounding_slack

__all__ = [
    "AGREEMENT_STAGE",
    "CLUSTERS",
    "FEWEST_AREAS",
    "FEWEST_EVENTS",
    "NOT_SIGNIFICANT",
    "NOT_TESTABLE",
    "NO_NEIGHBOURS",
    "QUADRANTS",
    "SEEDS_CHECKED",
    "Correction",
    "against_alternative",
    "check_test",
    "checked_values",
    "corrected",
    "is_constant",
    "refuse_not_finite",
    "report_mask",
    "sum_slack",
    "why_not_tested",
]

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
Correction = Literal["benjamini-hochberg", "none"]

NOT_SIGNIFICANT = "Not significant"
NO_NEIGHBOURS = "No neighbours"
NOT_TESTABLE = "Not testable"
QUADRANTS = ("High-High", "Low-High", "Low-Low", "High-Low")
CLUSTERS = (*QUADRANTS, NOT_SIGNIFICANT, NO_NEIGHBOURS, NOT_TESTABLE)

FEWEST_AREAS = 30
"""Below this many areas a permutation test says little, and none is made."""

FEWEST_EVENTS = 50
"""Below this many events a map of rates is mostly chance, and no test is made."""

SEEDS_CHECKED = 5
"""Further seeds from which a label is drawn again, unless asked otherwise."""

AGREEMENT_STAGE = 502
"""Spawn key of the further seeds, apart from the published one's (`PERMUTATION_STAGE`)."""


def against_alternative(i: FloatArray, alternative: Alternative) -> BoolArray:
    """Tell which local I, shape (n,), have the sign that a one-sided test does not look for.

    The null of I is not centred on 0, so a slightly negative I can be among its highest; to call
    that alike would be wrong. None are for a two-sided test.

    Raises
    ------
    StatisticsError
        Where the alternative is not one of the three.
    """
    if alternative not in ("two-sided", "greater", "less"):
        raise StatisticsError(f"alternative: {alternative!r} is not two-sided, greater or less")
    if alternative == "two-sided":
        return np.zeros(i.shape, dtype=bool)
    return np.asarray(i < 0 if alternative == "greater" else i > 0, dtype=np.bool_)


def check_test(
    *, correction: Correction, permutations: int = 1, alpha: float | None = None
) -> None:
    """Refuse settings of a test that have no meaning; those not given are not looked at.

    Raises
    ------
    StatisticsError
        Naming the setting and its value.
    """
    if alpha is not None and not 0.0 < alpha < 1.0:
        raise StatisticsError(f"alpha: {alpha} is not between 0 and 1")
    if correction not in ("benjamini-hochberg", "none"):
        raise StatisticsError(f"correction: {correction!r} is not benjamini-hochberg or none")
    if permutations < 1:
        raise StatisticsError(f"permutations: {permutations} is below 1")


def why_not_tested(values: FloatArray, has: BoolArray, events: float | None) -> str:
    """Say why no test can be made, or nothing.

    Parameters
    ----------
    values
        Shape (n,), finite.
    has
        Which areas have a neighbour, shape (n,).
    events
        Events behind a rate; None where it is no rate.
    """
    if is_constant(values):
        return "Not testable: the value is the same in every area."
    if values.size < FEWEST_AREAS:
        return f"Not tested: {values.size} areas, and at least {FEWEST_AREAS} are needed."
    if events is not None and events < FEWEST_EVENTS:
        return f"Not tested: {events:g} events, and at least {FEWEST_EVENTS} are needed."
    if not has.any():
        return "Not testable: no area has a neighbour."
    return ""


def checked_values(y: npt.ArrayLike, codes: tuple[str, ...], name: str = "y") -> FloatArray:
    """Return a variable as numbers: one finite value for each area of `codes`, or an error.

    Raises
    ------
    StatisticsError
        Where there is another number of values, or one is not finite, naming its row and area.
    """
    values = np.asarray(y, dtype=np.float64)
    if values.shape != (len(codes),):
        raise StatisticsError(
            f"{name}: shape {values.shape} for a graph of {len(codes)} areas; "
            "give one value an area, sorted by area code"
        )
    refuse_not_finite(values, name, codes)
    return values


def refuse_not_finite(values: FloatArray, name: str, codes: tuple[str, ...] = ()) -> None:
    """Refuse a value that is missing or infinite, naming the first row and its area.

    Raises
    ------
    StatisticsError
        With the number of such rows.
    """
    bad = np.flatnonzero(~np.isfinite(values))
    if bad.size:
        row = int(bad[0])
        who = f" (area {codes[row]})" if codes else ""
        raise StatisticsError(
            f"{name}: row {row}{who} is {values[row]}, and {bad.size - 1} more rows are not finite;"
            " leave these areas out, for example with Neighbours.subset"
        )


def report_mask(report: npt.ArrayLike | None, n: int) -> BoolArray:
    """Return which of n areas are reported: all, where nothing is said."""
    mask = np.ones(n, dtype=bool) if report is None else np.asarray(report)
    if mask.dtype != np.bool_ or mask.shape != (n,):
        raise StatisticsError(f"report: expected {n} true or false values, one an area")
    return mask


def corrected(p: FloatArray, reported: BoolArray, correction: Correction) -> FloatArray:
    """Return q of the reported areas; NaN for the others. With "none" q is p. Shape (n,)."""
    inside = np.where(reported, p, np.nan)
    return benjamini_hochberg(inside) if correction == "benjamini-hochberg" else inside


def sum_slack(values: FloatArray, scale: float, z: FloatArray, size: int) -> float:
    """Return how close two sums of up to `size` standardised values count as equal.

    The scale of the values' own rounding is added, in units of z: far from 0 they carry fewer
    digits. `scale` is their standard deviation.
    """
    largest = np.array([np.abs(values).max() / scale])
    return rounding_slack(z, size) + rounding_slack(largest, size)


def is_constant(values: FloatArray) -> bool:
    """Tell whether values differ by more than rounding."""
    if values.size == 0:
        return True
    return bool(np.ptp(values) <= 8 * np.finfo(np.float64).eps * np.abs(values).max())
