"""What a back-test says in words: where our score beats counting, and where it does not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from risk_model.backtest_methods import ALL_CRIME, FORECAST, FORECAST_ALL, PRIOR

__all__ = [
    "METHOD_WORDS",
    "OUTCOME_WORDS",
    "Compared",
    "losses",
    "method_words",
    "other_ways",
    "points",
    "signed",
    "verdicts",
]

OUTCOME_WORDS = {
    "violence": "all violence",
    "robbery": "robbery",
    "weapons": "weapons",
    "robbery_weapons": "robbery and weapons",
    "harm": "harm",
}
METHOD_WORDS = {
    PRIOR: "prior counts of the same offences",
    ALL_CRIME: "all-crime counts",
    "imd": "the IMD alone",
    "perfect": "the perfect choice",
    FORECAST: "the forecast",
    FORECAST_ALL: "the forecast learned from all forces",
}


class Compared(Protocol):
    """Shares caught by one of our methods and by a baseline, and their difference."""

    @property
    def outcome(self) -> str:
        """Of what."""
        ...

    @property
    def method(self) -> str:
        """Ours."""
        ...

    @property
    def baseline(self) -> str:
        """What it has to beat."""
        ...

    @property
    def by(self) -> str:
        """A tenth of what: number, area or population."""
        ...

    @property
    def ours(self) -> float:
        """Share caught by ours."""
        ...

    @property
    def theirs(self) -> float:
        """Share caught by the baseline."""
        ...

    @property
    def lo(self) -> float:
        """Lower limit of the difference."""
        ...

    @property
    def hi(self) -> float:
        """Upper limit of the difference."""
        ...


def method_words(method: str) -> str:
    """Return what a method is called in a sentence: `score_sv01` is the score of SV01."""
    for start, words in (("score_", "the score of {}"), ("equal_weights_", "equal weights, {}")):
        if method.startswith(start):
            return words.format(method.removeprefix(start).upper())
    return METHOD_WORDS.get(method, method)


def signed(value: float, decimals: int) -> str:
    """Return a number with its sign; nought once rounded bears none: ``0.0``."""
    said = f"{value:+.{decimals}f}"
    return said[1:] if float(said) == 0 else said


def points(share: float) -> str:
    """Return a share as signed percentage points."""
    return signed(100 * share, 1)


def _figures(found: Sequence[Compared]) -> str:
    return "; ".join(
        f"{OUTCOME_WORDS.get(one.outcome, one.outcome)} {_shares(one.ours, one.theirs)} "
        f"({points(one.lo)} to {points(one.hi)} points"
        + (", which may be chance)" if one.lo <= 0 <= one.hi else ")")
        for one in found
    )


def _shares(ours: float, theirs: float) -> str:
    """Return two shares that differ, with as many decimals as show it, three at most."""
    for decimals in (1, 2, 3):
        said = [f"{share:.{decimals}%}" for share in (ours, theirs)]
        if said[0] != said[1]:
            break
    return " against ".join(said)


def _grouped(
    compared: Iterable[Compared], *, by: str, fewer: bool
) -> dict[tuple[str, str], list[Compared]]:
    """Return, by method and baseline, the outcomes of which ours caught less, or else more."""
    groups: dict[tuple[str, str], list[Compared]] = {}
    for one in compared:
        is_ours = one.method.startswith("score_") or one.method in (FORECAST, FORECAST_ALL)
        apart = one.ours < one.theirs if fewer else one.ours > one.theirs
        if is_ours and apart and one.by == by:
            groups.setdefault((one.method, one.baseline), []).append(one)
    return groups


def _said(compared: Iterable[Compared], date: str, *, fewer: bool, over: str) -> list[str]:
    return [
        f"Back-test of {date}{over}, a tenth of the areas: {method_words(method)} caught "
        f"{'less' if fewer else 'more'} than {method_words(baseline)} would have: "
        f"{_figures(found)}."
        for (method, baseline), found in _grouped(compared, by="number", fewer=fewer).items()
    ]


def other_ways(compared: Sequence[Compared], date: str, *, over: str = "") -> list[str]:
    """Say it for equal residents and equal land too: a score is of rates, a count is not."""
    said = []
    for by, words in (("population", "residents"), ("area", "land")):
        less, more = (_grouped(compared, by=by, fewer=fewer) for fewer in (True, False))
        for pair in dict.fromkeys([*less, *more]):
            parts = [
                f"{word} of {', '.join(_sureness(one) for one in groups[pair])}"
                for word, groups in (("less", less), ("more", more))
                if pair in groups
            ]
            said.append(
                f"Back-test of {date}{over}, a tenth of the {words}: {method_words(pair[0])} "
                f"caught, against {method_words(pair[1])}, in points: {'; '.join(parts)}."
            )
    return said


def _sureness(one: Compared) -> str:
    chance = " (may be chance)" if one.lo <= 0 <= one.hi else ""
    return f"{OUTCOME_WORDS.get(one.outcome, one.outcome)} {points(one.ours - one.theirs)}{chance}"


def losses(compared: Iterable[Compared], date: str, *, over: str = "") -> list[str]:
    """Return a sentence for each of our methods and each count that it does not beat.

    In a tenth of the number of areas, which is how a list is cut.

    Parameters
    ----------
    date
        Of the back-test, YYYY-MM-DD.
    over
        What the figures are means over, such as ` over 37 forces`.
    """
    return _said(compared, date, fewer=True, over=over)


def verdicts(compared: Sequence[Compared], date: str, *, over: str = "") -> list[str]:
    """Return where each of our methods loses, then where it wins; empty without an event."""
    return [
        *losses(compared, date, over=over),
        *_said(compared, date, fewer=False, over=over),
    ]
