"""The categories of recorded crime that data.police.uk publishes, and their older names."""

from __future__ import annotations

import difflib
from dataclasses import dataclass

__all__ = [
    "CATEGORIES",
    "OLD_NAMES",
    "POLICE_UK_NAMES",
    "OldName",
    "category_of",
    "suggest_category",
]

POLICE_UK_NAMES: dict[str, str] = {
    "Anti-social behaviour": "anti_social_behaviour",
    "Bicycle theft": "bicycle_theft",
    "Burglary": "burglary",
    "Criminal damage and arson": "criminal_damage_and_arson",
    "Drugs": "drugs",
    "Other crime": "other_crime",
    "Other theft": "other_theft",
    "Possession of weapons": "possession_of_weapons",
    "Public order": "public_order",
    "Robbery": "robbery",
    "Shoplifting": "shoplifting",
    "Theft from the person": "theft_from_the_person",
    "Vehicle crime": "vehicle_crime",
    "Violence and sexual offences": "violence_and_sexual_offences",
}
"""Published name -> category id, for the 14 categories in use since May 2013."""

CATEGORIES: tuple[str, ...] = tuple(POLICE_UK_NAMES.values())
"""Every category id, in alphabetical order."""


@dataclass(frozen=True, slots=True)
class OldName:
    """A category name that is no longer published, and the month it was last used."""

    name: str
    category: str
    last_month: str
    note: str


OLD_NAMES: tuple[OldName, ...] = (
    OldName(
        "Violent crime",
        "violence_and_sexual_offences",
        "2013-04",
        "renamed; sexual offences were in other crime before",
    ),
    OldName(
        "Public disorder and weapons",
        "public_order",
        "2013-04",
        "split into public order and possession of weapons; most of it was public order",
    ),
)
"""Names in files up to April 2013, when data.police.uk changed its list of categories."""


def _plain(text: str) -> str:
    """Return a name without differences of case, hyphen, ampersand and space."""
    spaced = text.casefold().replace("&", " and ").replace("-", " ").replace("_", " ")
    return " ".join(spaced.split())


_BY_PLAIN_NAME: dict[str, str] = {
    **{_plain(old.name): old.category for old in OLD_NAMES},
    **{_plain(category): category for category in CATEGORIES},
    **{_plain(name): category for name, category in POLICE_UK_NAMES.items()},
}


def category_of(name: str) -> str | None:
    """Return the category id of a published name, an old name or an id; None where unknown."""
    return _BY_PLAIN_NAME.get(_plain(name))


def suggest_category(name: str) -> str | None:
    """Return the published name nearest to `name`, or None where nothing is like it."""
    plain = {_plain(known): known for known in POLICE_UK_NAMES}
    near = difflib.get_close_matches(_plain(name), plain, n=1, cutoff=0.6)
    return plain[near[0]] if near else None
