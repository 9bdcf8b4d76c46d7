"""Sequences of monthly hot and cold spots: their trend, their last run, the name of their pattern.

Arrays in, arrays out: one row an area, one column a month, NaN where a month was not tested.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import special

__all__ = [
    "FEWEST_MONTHS",
    "KINDS",
    "NOT_CLASSIFIED",
    "NO_PATTERN",
    "PATTERNS",
    "MannKendall",
    "classify_sequences",
    "final_run",
    "mann_kendall",
]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]
TextArray = npt.NDArray[np.str_]

KINDS = (
    "New",
    "Consecutive",
    "Intensifying",
    "Persistent",
    "Diminishing",
    "Sporadic",
    "Oscillating",
    "Historical",
)
NO_PATTERN = "No pattern"
NOT_CLASSIFIED = "Not classified"
PATTERNS = (
    *(f"{kind} {side} spot" for side in ("hot", "cold") for kind in KINDS),
    NO_PATTERN,
    NOT_CLASSIFIED,
)

FEWEST_MONTHS = 12
"""Below this many tested months a sequence says too little, and gets no pattern."""


class MannKendall(NamedTuple):
    """Trend of each series, shape (n,) each; NaN for a series of fewer than 2 values.

    Attributes
    ----------
    s
        Pairs of months that rise less pairs that fall.
    tau
        S over the number of pairs that are not tied (Kendall's tau-b), -1 to 1.
    z
        Standard normal score of S, with the continuity correction; 0 where nothing varies.
    p
        Two-sided p-value; 1 where nothing varies.
    """

    s: FloatArray
    tau: FloatArray
    z: FloatArray
    p: FloatArray


def mann_kendall(series: FloatArray) -> MannKendall:
    """Test each series for a trend that only ever rises or falls (Mann 1945, Kendall 1975).

    S = sum over pairs of months of sign(later - earlier); with t the sizes of groups of equal
    values, var(S) = (n(n - 1)(2n + 5) - sum t(t - 1)(2t + 5)) / 18; Z = (S - sign(S)) / sqrt(var).
    Months are taken to be independent: where one month leans on the last, p is too small.

    Parameters
    ----------
    series
        Shape (areas, months), in order of time. NaN is a month without a value: it is left out.
    """
    here = ~np.isnan(series)
    n = here.sum(axis=1).astype(np.float64)
    s = np.zeros(len(series))
    tied = np.zeros(series.shape, dtype=np.int64)  # how many values of its series equal this one
    with np.errstate(invalid="ignore"):
        for earlier in range(series.shape[1]):
            step = np.sign(series[:, earlier + 1 :] - series[:, [earlier]])
            s += np.nansum(step, axis=1)
            tied[:, earlier] = (series == series[:, [earlier]]).sum(axis=1)
    # Each of the t members of a group adds (t - 1)(2t + 5), which makes t(t - 1)(2t + 5).
    group = np.where(here, (tied - 1) * (2 * tied + 5), 0).sum(axis=1)
    variance = (n * (n - 1) * (2 * n + 5) - group) / 18
    pairs = n * (n - 1) / 2
    untied = pairs - np.where(here, tied - 1, 0).sum(axis=1) / 2
    varies = variance > 0
    z, tau = np.zeros(len(series)), np.zeros(len(series))
    z[varies] = (s - np.sign(s))[varies] / np.sqrt(variance[varies])
    tau[varies] = s[varies] / np.sqrt(pairs * untied)[varies]
    p = np.minimum(1.0, 2 * special.ndtr(-np.abs(z)))
    few = n < 2
    return MannKendall(*(np.where(few, np.nan, each) for each in (s, tau, z, p)))


def classify_sequences(bins: FloatArray, follows: BoolArray, trend: IntArray) -> TextArray:
    """Name the pattern of each sequence of monthly hot and cold spots.

    After "How Emerging Hot Spot Analysis works", ArcGIS Pro 3, tool reference, Space Time Pattern
    Mining (pro.arcgis.com, `learnmoreemerging.htm`), in its order; the first that fits is taken.
    A hot month is a significant hot spot at 90 %; the final month is the area's last tested one.

    - New: hot in the final month, and never before.
    - Consecutive: the final months are one unbroken run of 2 or more hot ones; never hot before the
      run; under 90 % of the months hot.
    - Intensifying: 90 % or more of the months hot, the final one included, and Gi* rises
      significantly.
    - Persistent: 90 % or more hot, without a significant trend either way.
    - Diminishing: 90 % or more hot, the final one included, and Gi* falls significantly.
    - Sporadic: hot in the final month, on and off before; under 90 % hot and none cold. (Releases
      before Pro 3 did not ask for the final month.)
    - Oscillating: hot in the final month and cold in an earlier one; under 90 % hot.
    - Historical: not hot in the final month, though 90 % or more of the months were hot.

    Cold spots mirror each of them, and a cold spot that intensifies is one whose Gi* falls. Hot and
    cold months are counted apart throughout: they never add up to 90 %. Three things the source
    leaves open: a sequence that is not hot at the end is Historical, never Persistent; a month
    without a test breaks a run and leaves the 90 %; and what an area is now comes before what it
    was, so that a Historical hot spot whose final month is cold for the first time is New cold.

    Parameters
    ----------
    bins
        Shape (n, m), Gi* bins in order of time: above 0 hot, below 0 cold, NaN not tested.
    follows
        Shape (m,): whether a month is the calendar month after the one before it.
    trend
        Shape (n,): 1 where Gi* rises significantly, -1 where it falls, 0 otherwise.

    Returns
    -------
    numpy.ndarray
        One of `PATTERNS`, shape (n,); "Not classified" under 12 tested months.
    """
    tested = ~np.isnan(bins)
    months = tested.sum(axis=1)
    with np.errstate(invalid="ignore"):
        state = {"hot": bins > 0, "cold": bins < 0}
    choices: list[list[tuple[BoolArray, str]]] = []
    for side, other, rising in (("hot", "cold", trend), ("cold", "hot", -trend)):
        on = state[side]
        count = on.sum(axis=1)
        run = final_run(on, tested, follows)
        final = run > 0
        most = 10 * count >= 9 * months  # in whole numbers: .9 x 20 is not 18 in floats
        fits = (
            final & (count == 1),
            (run >= 2) & (count == run) & ~most,
            most & final & (rising > 0),
            most & final & (rising == 0),
            most & final & (rising < 0),
            final & ~most & ~state[other].any(axis=1),
            final & ~most,
            ~final & most,
        )
        choices.append(
            [(fit, f"{kind} {side} spot") for kind, fit in zip(KINDS, fits, strict=True)]
        )
    ordered = [each for both in zip(*choices, strict=True) for each in both]
    return np.select(
        [months < FEWEST_MONTHS, *(fit for fit, _ in ordered)],
        [NOT_CLASSIFIED, *(name for _, name in ordered)],
        NO_PATTERN,
    )


def final_run(on: BoolArray, tested: BoolArray, follows: BoolArray) -> IntArray:
    """Count the unbroken calendar months of `on` up to each sequence's last tested month.

    Parameters
    ----------
    on, tested
        Shape (n, m): the months that count, all of them tested; and those that were tested.
    follows
        Shape (m,): whether a month is the calendar month after the one before it.
    """
    n, m = on.shape
    run = np.zeros(n, dtype=np.int64)
    begun, going = np.zeros(n, dtype=bool), np.ones(n, dtype=bool)
    for month in range(m - 1, -1, -1):
        next_to_it = month + 1 < m and bool(follows[month + 1])
        # Months after the last tested one are not part of the sequence.
        going &= ~begun | (on[:, month] & next_to_it)
        going &= ~tested[:, month] | on[:, month]
        begun |= tested[:, month]
        run += going & begun
    return run
