"""What every local test shares: when none is made, what is refused, and the words for results."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from spatial.errors import StatisticsError
from spatial.permutation import Alternative, benjamini_hochberg, rounding_slack

__all__ = [
    "AGREEMENT_STAGE",
    "CHECK_COLUMN",
    "CLUSTERS",
    "FEWEST_AREAS",
    "FEWEST_EVENTS",
    "LOW_EVENTS",
    "LOW_HERE",
    "MORE_AREAS",
    "MORE_EVENTS",
    "MORE_MONTHS",
    "NOT_SIGNIFICANT",
    "NOT_TESTABLE",
    "NO_NEIGHBOURS",
    "QUADRANTS",
    "RARE_EVENTS",
    "REACH_FURTHER",
    "SEEDS_CHECKED",
    "Correction",
    "Standard",
    "against_alternative",
    "check_test",
    "checked_values",
    "corrected",
    "is_constant",
    "is_rare",
    "of_reported",
    "refuse_not_finite",
    "report_mask",
    "standardised",
    "why_not_tested",
    "within_reach",
]

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
Correction = Literal["benjamini-hochberg", "none"]

NOT_SIGNIFICANT = "Not significant"
NO_NEIGHBOURS = "No neighbours"
NOT_TESTABLE = "Not testable"
QUADRANTS = ("High-High", "Low-High", "Low-Low", "High-Low")
LOW_HERE = ("Low-High", "Low-Low")
LOW_EVENTS = (*LOW_HERE, "High-Low")
"""Labels that call an area low, and those that call it or those around it low."""
CLUSTERS = (*QUADRANTS, NOT_SIGNIFICANT, NO_NEIGHBOURS, NOT_TESTABLE)

FEWEST_AREAS = 30
"""Below this many areas a permutation test says little, and none is made."""

FEWEST_EVENTS = 50
"""Below this many events a map of rates is mostly chance, and no test is made."""

RARE_EVENTS = 1.0
"""Below this many events an area, on average, no label calls an area low in events.

Most areas then have none, and of those the more populous have the lower rate: where like
populations adjoin, low rates lie together whatever the risk (docs/validation.md)."""

MORE_AREAS = "Take a wider study area."
MORE_EVENTS = "Take a longer period or more offences."
MORE_MONTHS = "Take a longer period."
CHECK_COLUMN = "Check the column that it comes from."
REACH_FURTHER = "Take neighbours by distance, or check the boundaries."
"""Ways out of a test that was not made."""

SEEDS_CHECKED = 5
"""Further seeds from which a label is drawn again, unless asked otherwise."""

AGREEMENT_STAGE = 502
"""Spawn key of the further seeds, apart from the published one's (`PERMUTATION_STAGE`)."""


_FAR = 400
"""Power of two from which squares of values come near the ends of what a number can hold."""


class Standard(NamedTuple):
    """A variable with mean 0 and population standard deviation 1.

    Attributes
    ----------
    z
        Shape (n,); NaN where the values do not differ by more than rounding.
    far
        The largest value without its sign, in standard deviations: values far from 0 carry fewer
        digits, and this is the scale of their own rounding. NaN where z is.
    furthest
        The largest z without its sign.
    """

    z: FloatArray
    far: float
    furthest: float

    @property
    def is_constant(self) -> bool:
        """Whether there is nothing to test."""
        return not self.far > 0.0

    def slack(self, size: int) -> float:
        """Return how close two sums of up to `size` z count as equal."""
        return sum(rounding_slack(np.array([scale]), size) for scale in (self.furthest, self.far))


def standardised(values: FloatArray) -> Standard:
    """Subtract the mean and divide by the population standard deviation.

    In whatever unit: values whose squares no number can hold (from about 1e-154 down, from about
    1e154 up) are multiplied by a power of two first, which rounds nothing. All other values give
    `(values - values.mean()) / values.std()` to the last bit, with the passes over them that both
    would make, once.

    Parameters
    ----------
    values
        Shape (n,), finite.
    """
    if is_constant(values):
        return Standard(np.full(values.size, np.nan), np.nan, np.nan)
    largest = float(max(values.max(), -values.min()))
    near, power = within_reach(values, largest)
    z = near - near.mean()
    scale = np.sqrt((z * z).sum() / z.size)
    z /= scale
    far = float(np.ldexp(largest, -power) / scale)
    return Standard(z, far, float(max(z.max(), -z.min())))


def within_reach(values: FloatArray, largest: float | None = None) -> tuple[FloatArray, int]:
    """Return values over a power of two, so that sums and squares of them are numbers, and its log.

    Parameters
    ----------
    values
        Shape (n,), finite. Those of any ordinary size come back as they are, with 0.
    largest
        The largest of them without its sign, where it is known.
    """
    top = float(np.abs(values).max(initial=0.0)) if largest is None else largest
    power = int(np.frexp(top)[1])
    if abs(power) < _FAR:
        return values, 0
    return np.ldexp(values, -power), power


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


def why_not_tested(variable: Standard, has: BoolArray, events: float | None) -> str:
    """Say why no test can be made, or nothing.

    Parameters
    ----------
    variable
        What is tested, from `standardised`.
    has
        Which areas have a neighbour, shape (n,).
    events
        Events behind a rate; None where it is no rate.
    """
    if variable.is_constant:
        return f"Not testable: the value is the same in every area. {CHECK_COLUMN}"
    if has.size < FEWEST_AREAS:
        return f"Not tested: {has.size} areas, and at least {FEWEST_AREAS} are needed. {MORE_AREAS}"
    if events is not None and events < FEWEST_EVENTS:
        return (
            f"Not tested: {events:g} events, and at least {FEWEST_EVENTS} are needed. {MORE_EVENTS}"
        )
    if not has.any():
        return f"Not testable: no area has a neighbour. {REACH_FURTHER}"
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


def of_reported(p: FloatArray, reported: BoolArray) -> FloatArray:
    """Return p of the reported areas; NaN for the others. Shape (n,)."""
    return p if reported.all() else np.where(reported, p, np.nan)


def corrected(p: FloatArray, reported: BoolArray, correction: Correction) -> FloatArray:
    """Return q of the reported areas; NaN for the others. With "none" q is p. Shape (n,)."""
    inside = of_reported(p, reported)
    return benjamini_hochberg(inside) if correction == "benjamini-hochberg" else inside


def is_rare(events: float | None, reported: BoolArray) -> bool:
    """Tell whether events are so few that an area without any cannot be told from chance.

    Parameters
    ----------
    events
        Of the reported areas; None where the variable is no rate.
    reported
        Shape (n,).
    """
    return events is not None and events < RARE_EVENTS * int(reported.sum())


def is_constant(values: FloatArray) -> bool:
    """Tell whether values differ by more than rounding."""
    if values.size == 0:
        return True
    high, low = values.max(), values.min()
    with np.errstate(over="ignore"):  # apart by more than a number can hold is apart
        return bool(high - low <= 8 * np.finfo(np.float64).eps * max(high, -low))
