"""Rises in areas that were flagged before: what presence alone could explain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Counts", "expected_share", "feedback_text", "rise_p", "rising"]

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

FEWEST = 5
"""Events since the previous run below which a rise is not spoken of."""


@dataclass(frozen=True, slots=True)
class Counts:
    """One kind of offence in two stretches of months, over the same areas.

    Attributes
    ----------
    before, since
        n by months events; `before_covered`, `since_covered` tell months with data.
    phi
        Dispersion of area-by-month counts, 1 or more.
    """

    before: FloatArray
    before_covered: BoolArray
    since: FloatArray
    since_covered: BoolArray
    phi: float


def expected_share(counts: Counts) -> FloatArray:
    """Return, for each area, the share of its events expected in the later stretch.

    By the other areas' events of the months that are covered for the area: their season and
    their trend are the yardstick, so that a rise everywhere is no rise here. NaN where the other
    areas have no event in those months.
    """
    late = _others(counts.since, counts.since_covered)
    early = _others(counts.before, counts.before_covered)
    total = late + early
    out = np.full(len(total), np.nan)
    np.divide(late, total, out=out, where=total > 0)
    return out


def _others(events: FloatArray, covered: BoolArray) -> FloatArray:
    """Return events of the others, a covered area and month, summed over an area's months."""
    seen = covered.astype(np.float64)
    month = np.where(covered, events, 0.0).sum(axis=0)
    areas = seen.sum(axis=0)
    rest = np.maximum(month - np.where(covered, events, 0.0), 0.0)
    mean = np.divide(rest, areas - 1, out=np.zeros_like(rest), where=(areas - 1 > 0) & covered)
    return np.asarray(mean.sum(axis=1), dtype=np.float64)


def rise_p(since: FloatArray, before: FloatArray, share: FloatArray, phi: float) -> FloatArray:
    """Return the one-sided p-value of a rise of each area against the others.

    Given N = before + since events, `since` is binomial (N, share) where nothing changed
    (Przyborowski and Wilenski 1940), with the variance multiplied by `phi` and a correction for
    continuity: z = (since - 1/2 - N share) / sqrt(phi N share (1 - share)). NaN where not known;
    1 with fewer than five events since.
    """
    from scipy.special import ndtr  # noqa: PLC0415 - slow to import

    total = since + before
    spread = np.sqrt(phi * total * share * (1 - share))
    known = ~np.isnan(share)
    z = np.full(len(total), -np.inf)
    np.divide(since - 0.5 - total * share, spread, out=z, where=known & (spread > 0))
    p = np.where(since >= FEWEST, ndtr(-z), 1.0)
    return np.where(known, p, np.nan)


def rising(kinds: Mapping[str, Counts], among: BoolArray, *, alpha: float) -> list[tuple[str, ...]]:
    """Return, for each area, the kinds of offence that rose by more than chance; none elsewhere.

    Within an area the kinds are judged together (Holm 1979), so that many kinds do not make a
    rise.

    Parameters
    ----------
    kinds
        Name to counts, in the order in which they are named.
    among
        The areas that were flagged before.
    """
    names = list(kinds)
    p = np.stack(
        [
            rise_p(c.since.sum(axis=1), c.before.sum(axis=1), expected_share(c), c.phi)
            for c in kinds.values()
        ],
        axis=1,
    )
    out: list[tuple[str, ...]] = [()] * len(among)
    for i in np.flatnonzero(among).tolist():
        out[i] = tuple(names[k] for k in _holm(p[i], alpha))
    return out


def _holm(p: FloatArray, alpha: float) -> list[int]:
    """Return the positions that Holm's step-down procedure keeps, in their order."""
    tested = np.flatnonzero(~np.isnan(p))
    kept: list[int] = []
    for step, at in enumerate(tested[np.argsort(p[tested], kind="stable")].tolist()):
        if p[at] > alpha / (len(tested) - step):
            break
        kept.append(at)
    return sorted(kept)


def feedback_text(names: Sequence[str], *, end: str) -> str:
    """Return the note for an area flagged in the period that ended in `end`, or empty text."""
    if not names:
        return ""
    listed = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
    return (
        f"flagged in the period to {end}, and recorded {listed} rose here more than elsewhere "
        "since; recorded rises in flagged areas may follow from police presence"
    )
