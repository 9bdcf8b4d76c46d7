"""Names of categories, old and new."""

from __future__ import annotations

import pytest

from spatial.categories import (
    CATEGORIES,
    OLD_NAMES,
    POLICE_UK_NAMES,
    category_of,
    suggest_category,
)
from spatial.period import month_number


def test_there_are_fourteen_categories_in_alphabetical_order() -> None:
    assert len(CATEGORIES) == len(set(CATEGORIES)) == 14
    assert list(CATEGORIES) == sorted(CATEGORIES)


@pytest.mark.parametrize("name", POLICE_UK_NAMES)
def test_published_names_ids_and_slugs_are_known(name: str) -> None:
    category = POLICE_UK_NAMES[name]
    assert category_of(name) == category
    assert category_of(category) == category
    assert category_of(f"  {name.upper()} ") == category
    assert category_of(category.replace("_", "-")) == category


def test_old_names_are_dated_and_lead_to_a_category_in_use() -> None:
    for old in OLD_NAMES:
        assert old.category in CATEGORIES
        assert month_number(old.last_month) is not None
        assert old.name not in POLICE_UK_NAMES
        assert category_of(old.name) == old.category


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("Burglry", "Burglary"), ("robery", "Robbery"), ("Vehicule crime", "Vehicle crime")],
)
def test_a_slip_is_recognised_but_not_accepted(typed: str, meant: str) -> None:
    assert category_of(typed) is None
    assert suggest_category(typed) == meant


def test_nothing_is_suggested_for_what_is_like_nothing() -> None:
    assert category_of("") is None
    assert suggest_category("") is None
    assert suggest_category("zebra crossing") is None
