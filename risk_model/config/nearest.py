"""The nearest known name to one that was mistyped."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import SequenceMatcher

__all__ = ["did_you_mean", "edit_distance", "nearest"]

SHORT = 3  # letters: two edits turn such a name into nearly any other


def edit_distance(a: str, b: str) -> int:
    """Return the fewest edits that turn `a` into `b`.

    An edit is one letter added, dropped, changed, or swapped with its neighbour (optimal string
    alignment: Damerau 1964, Communications of the ACM 7(3); Levenshtein 1966).
    """
    before: list[int] = []
    above = list(range(len(b) + 1))
    for i, left in enumerate(a, start=1):
        row = [i]
        for j, right in enumerate(b, start=1):
            cost = min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (left != right))
            if i > 1 and j > 1 and left == b[j - 2] and a[i - 2] == right:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        before, above = above, row
    return above[-1]


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that `name` was most likely meant to be, or None.

    Case, spaces and hyphens are forgiven. A name further away than a third of its letters (two
    edits for short names, one for the shortest) is not offered: a wrong suggestion is worse
    than none.
    """
    wanted = _folded(name[:100])
    best: tuple[int, float, str] | None = None
    for candidate in sorted(set(known)):
        folded = _folded(candidate)
        distance = edit_distance(wanted, folded)
        likeness = -SequenceMatcher(None, wanted, folded, autojunk=False).ratio()
        if best is None or (distance, likeness, candidate) < best:
            best = (distance, likeness, candidate)
    if best is None:
        return None
    length = len(best[2])
    furthest = 1 if length <= SHORT else max(2, length // 3)
    return best[2] if best[0] <= furthest else None


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return `, did you mean x?` where a known name is near, otherwise the names there are."""
    names = list(known)
    found = nearest(name, names)
    if found is not None:
        return f", did you mean {found}?"
    return f"; known: {', '.join(names)}" if names else ""


def _folded(name: str) -> str:
    return name.strip().lower().replace("-", "_").replace(" ", "_")
