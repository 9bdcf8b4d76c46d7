"""One category of recorded crime learned from the months of a run. Arrays in, arrays out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from risk_model.forecast_features import (
    Features,
    Place,
    Window,
    feature_names,
    features_of,
    level,
)
from risk_model.forecast_learning import (
    Learned,
    credible,
    fit_regression,
    held_out_loss,
    spread_of,
)

__all__ = ["FEWEST_AREAS", "FEWEST_EVENTS", "CategoryFit", "CrimeMonths", "Learner"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]

FEWEST_EVENTS = 30
FEWEST_AREAS = 20
"""Below these nothing is learned of a category: it follows the level of all other crime."""

SIGMAS = (0.05, 0.1, 0.3)
"""Prior standard deviations of a standardised weight, of which held-out areas choose one."""

_BLOCKS = 5
_TARGETS = 6
_ROWS, _ROWS_TO_TUNE = 40_000, 4_000
_UNLEARNED_SPREAD = 0.25
_STEADY_EVENTS = 50.0


@dataclass(frozen=True, slots=True, eq=False)
class CrimeMonths:
    """The months to learn from.

    Attributes
    ----------
    counts
        n by m by c events, 0 where not covered.
    covered
        n by m booleans.
    names, categories
        Of the m months and c categories.
    """

    counts: FloatArray
    covered: NDArray[np.bool_]
    names: tuple[str, ...]
    categories: tuple[str, ...]

    @property
    def known(self) -> NDArray[np.bool_]:
        """The areas with at least one covered month."""
        return np.asarray(self.covered.any(axis=1))

    def window(self, months: Sequence[int], recent: Sequence[int]) -> Window:
        """Return the counts of some months, and apart those nearest to what is foretold."""
        counts = self.counts[:, list(months)].sum(axis=1)
        base = self.covered[:, list(months)].sum(axis=1).astype(np.float64)
        if not recent:
            return Window(counts, base)
        late = self.counts[:, list(recent)].sum(axis=1)
        span = self.covered[:, list(recent)].sum(axis=1).astype(np.float64)
        lacks = span == 0  # an area without data of late has but the one window
        return Window(
            counts,
            base,
            np.where(lacks[:, None], counts, late),
            np.where(lacks, base, span),
        )


@dataclass(frozen=True, slots=True, eq=False)
class CategoryFit:
    """What was made of one category.

    Attributes
    ----------
    suggested
        n events a month that the regression (or all other crime) suggests.
    risk, variance
        n factors by which the area's own counts change that, and their relative variances.
    passing
        Variance of relative risk within one month that does not last.
    learned, features, names
        The regression, its n by p features and their names; None and empty where too little was
        recorded to learn from.
    events
        Events that were learned from.
    """

    suggested: FloatArray
    risk: FloatArray
    variance: FloatArray
    passing: float
    learned: Learned | None
    features: FloatArray
    names: tuple[str, ...]
    events: int

    @property
    def mean(self) -> FloatArray:
        """Expected events a month, n values."""
        return self.suggested * self.risk


class Learner:
    """Fits one category after another on the same months and features.

    With two months or more, what was recorded in a month is learned from the other months, each
    area with one or more months as its targets: what another crime says of a month to come, not
    of its own. With one month the other crimes of the same month have to do; the category's own
    counts are never among the features, so they do not foretell themselves.

    Parameters
    ----------
    drivers, crimes
        Categories (columns of the counts) that are features; those that add up to all crime.
    """

    def __init__(
        self, months: CrimeMonths, place: Place, *, drivers: IntArray, crimes: IntArray
    ) -> None:
        self._months = months
        self._drivers = drivers
        self._place = place
        count = len(months.names)
        self._recent = min(3, (count - 1) // 3)
        every = range(count)
        self._now = features_of(
            months.window(every, every[count - self._recent :] if self._recent else ()),
            place,
            drivers=drivers,
            crimes=crimes,
        )
        self._past: list[tuple[IntArray, int, Features]] = []
        areas = np.flatnonzero(months.known)
        if count == 1:
            self._past.append((areas, 0, self._now))
            return
        spaced = np.linspace(0, count - 1, min(count, _TARGETS)).round().astype(int)
        each = max(1, min(len(spaced), _ROWS // max(1, len(areas))))
        for turn, target in enumerate(spaced.tolist()):
            others = [month for month in every if month != target]
            near = sorted(others, key=lambda month: (abs(month - target), month))[: self._recent]
            window = months.window(others, near)
            taught = (np.arange(len(window.months)) + turn) % len(spaced) < each
            rows = np.flatnonzero(taught & months.covered[:, target] & (window.months > 0))
            past = features_of(window, place, drivers=drivers, crimes=crimes)
            self._past.append((rows, target, past))

    def tune(self, own: Sequence[int]) -> float:
        """Return the sigma whose forecasts of areas that were left out lose least.

        Areas are left out by local authority, or by runs of codes where there are too few
        authorities: neighbours go together, so that they cannot tell on one another.
        """
        able = [at for at in own if self._learnable(at)]
        if not able:
            return SIGMAS[1]
        authority = self._place.authority
        few = len(np.unique(authority[self._months.known])) < _BLOCKS
        block = (
            np.arange(len(authority)) * _BLOCKS // len(authority) if few else authority % _BLOCKS
        )
        loss = np.zeros(len(SIGMAS))
        for at in able:
            rows, features, events, offset = self._rows(at)
            step = -(-len(rows) // _ROWS_TO_TUNE)
            loss += held_out_loss(
                features[::step],
                events[::step],
                offset[::step],
                block[rows[::step]],
                sigmas=SIGMAS,
            )
        return SIGMAS[int(np.argmin(loss))]

    def fit(self, own: int, sigma: float) -> CategoryFit:
        """Return what the months say of one category."""
        months = self._months
        counts = months.counts[:, :, own]
        known = months.known
        events = int(counts.sum())
        other, features = self._now.of(own)
        learned = None
        names: tuple[str, ...] = ()
        suggested = other
        if self._learnable(own):
            names, counted = self._names(own)
            _, x, y, offset = self._rows(own)
            learned = fit_regression(x, y, offset, counted=counted, sigma=sigma)
            suggested = learned.predict(features, other)
        covered = months.covered * self._month_levels(own)
        expected = suggested[:, None] * covered
        total = float(expected.sum())
        # The months' own total; half an event stands for none at all (Jeffreys' prior).
        scale = max(float(events), 0.5) / total if total > 0 else 0.0
        suggested, expected = suggested * scale, expected * scale
        spread = spread_of(
            counts[known], expected[known], prior=None if learned else _UNLEARNED_SPREAD
        )
        risk, variance = credible(counts.sum(axis=1), expected.sum(axis=1), spread.lasting)
        return CategoryFit(
            suggested, risk, variance, spread.passing, learned, features, names, events
        )

    def _learnable(self, own: int) -> bool:
        rows = self._past
        taught = sum(
            float(self._months.counts[areas, target, own].sum()) for areas, target, _ in rows
        )
        return (
            float(self._months.counts[:, :, own].sum()) >= FEWEST_EVENTS
            and taught > 0
            and int(self._months.known.sum()) >= FEWEST_AREAS
        )

    def _names(self, own: int) -> tuple[tuple[str, ...], int]:
        return feature_names(
            own, self._months.categories, self._drivers, self._place, recent=self._recent > 0
        )

    def _rows(self, own: int) -> tuple[IntArray, FloatArray, FloatArray, FloatArray]:
        """Return areas, features, events and offsets of every lesson."""
        levels = self._month_levels(own)
        parts = []
        for areas, target, past in self._past:
            other, features = past.of(own)
            parts.append(
                (
                    areas,
                    features[areas],
                    self._months.counts[areas, target, own],
                    other[areas] * levels[target],
                )
            )
        areas, features, events, offset = (
            np.concatenate([part[at] for part in parts]) for at in range(4)
        )
        return areas, features, events, offset

    def _month_levels(self, own: int) -> FloatArray:
        """Return how far each month was above the period's mean, m values around 1.

        Only areas covered in a month are compared; with few events a month counts as the mean.
        """
        counts, covered = self._months.counts[:, :, own], self._months.covered
        base = level(counts.sum(axis=1), covered.sum(axis=1).astype(np.float64))
        expected = (base[:, None] * covered).sum(axis=0)
        expected = expected * (counts.sum() / max(float(expected.sum()), 1e-12))
        ratio = (counts.sum(axis=0) + _STEADY_EVENTS) / (expected + _STEADY_EVENTS)
        seen = covered.any(axis=0)
        return np.asarray(np.where(seen, ratio / ratio[seen].mean(), 1.0))
