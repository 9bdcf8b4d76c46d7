"""Who enters, stays and leaves a list over the refreshes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from risk_model.config.priority import ListRule
from risk_model.list_memory import (
    Listing,
    Refresh,
    Remembered,
    list_columns,
    list_summary,
    list_warnings,
    remember,
    top_codes,
)

RULE = ListRule(size=3)  # enter 2 of 3, leave 0 of 3, review after 6 months


def months(count: int, *, step: int = 1) -> list[str]:
    numbers = [2025 * 12 + k * step for k in range(count)]
    return [f"{number // 12}-{number % 12 + 1:02d}" for number in numbers]


def play(tops: list[str], rule: ListRule = RULE, *, step: int = 1) -> list[Remembered]:
    """One refresh after another; each letter of `tops` is an area among the first."""
    history: list[Refresh] = []
    found = []
    for end, top in zip(months(len(tops), step=step), tops, strict=True):
        one = remember(history, end=end, top=frozenset(top), rule=rule)
        found.append(one)
        history.append(Refresh(end, frozenset(top), one.listed))
    return found


def test_the_first_refresh_enters_provisionally() -> None:
    (first,) = play(["abc"])
    assert first.status == dict.fromkeys("abc", "provisional")
    assert first.listed["a"] == Listing("2025-01", "2025-07", provisional=True)
    assert first.refreshes == 1


def test_an_area_enters_on_two_of_three() -> None:
    found = play(["abc", "abd", "abd"])
    assert found[1].status == {"a": "staying", "b": "staying", "c": "provisional"}
    assert found[1].waiting == ("d",)
    assert found[2].status == {"a": "staying", "b": "staying", "c": "dropped", "d": "new"}
    assert found[2].listed["d"].since == "2025-03"
    assert found[2].waiting == ()
    # c stood once in three refreshes: its provisional listing lapsed, it did not leave late.
    assert set(found[2].listed) == {"a", "b", "d"}


def test_one_bad_month_does_not_drop_and_three_do() -> None:
    found = play(["a", "a", "b", "b", "b"])
    assert [one.status.get("a") for one in found] == [
        *("provisional", "staying", "staying", "staying", "dropped"),
    ]
    assert found[2].waiting == ("b",)
    assert found[3].status["b"] == "new"


def test_who_comes_and_goes_does_not_flicker() -> None:
    found = play(["ab", "ab", "b", "ab", "b", "ab"])
    assert [one.status["a"] for one in found[1:]] == ["staying"] * 5


def test_past_refreshes_alone_do_not_enter() -> None:
    # b stood among the first twice, but other rules listed nobody then, and it does not stand now.
    history = [Refresh("2025-01", frozenset("b")), Refresh("2025-02", frozenset("b"))]
    found = remember(history, end="2025-03", top=frozenset("a"), rule=RULE)
    assert found.status == {}
    again = remember(history, end="2025-03", top=frozenset("b"), rule=RULE)
    assert again.status == {"b": "new"}


def test_a_higher_bar_of_leaving_drops_sooner() -> None:
    strict = ListRule(enter="2 of 3", leave="1 of 3", size=3)
    found = play(["x", "b", "b", "x", "x"], strict)
    assert [one.status.get("b") for one in found[2:]] == ["new", "staying", "dropped"]


def test_leaving_waits_for_as_many_refreshes_as_it_asks_for() -> None:
    rule = ListRule(enter="2 of 3", leave="1 of 3", size=3)
    found = play(["a", "b"], rule)
    assert found[1].status["a"] == "provisional"


def test_a_listing_expires_at_its_review_without_the_bar_of_entry() -> None:
    # After two refreshes `a` stands on one of every three: enough to stay, not enough to enter.
    found = play(["a", "a", "b", "b", "a", "b", "b"])
    assert [one.status.get("a") for one in found] == [
        *("provisional", "staying", "staying", "staying", "staying", "staying", "dropped"),
    ]
    assert found[6].expired == ("a",)
    assert found[5].expired == ()


def test_a_review_that_is_met_moves_on() -> None:
    found = play(["a"] * 8)
    assert [one.listed["a"].review for one in found] == ["2025-07"] * 6 + ["2026-01"] * 2
    assert all(one.listed["a"].since == "2025-01" for one in found)
    # Refreshes that come once a year pass several reviews at once.
    late = play(["a", "a"], step=12)
    assert late[1].listed["a"].review == "2026-07"


@pytest.mark.parametrize("seed", range(3))
def test_laws(seed: int) -> None:
    rng = np.random.default_rng(seed)
    tops = ["".join(rng.choice(list("abcdefgh"), 3, replace=False)) for _ in range(14)]
    before: dict[str, Listing] = {}
    for one in play(tops):
        kept = {code for code, said in one.status.items() if said != "dropped"}
        assert kept == set(one.listed)
        said = {code for code, word in one.status.items() if word != "new"}
        assert said == set(before) or one.refreshes == 1
        assert all(entry.review > entry.since for entry in one.listed.values())
        before = one.listed


def test_columns_and_summary() -> None:
    found = play(["abc", "abd", "abd"])[2]
    table = list_columns(found, pd.Index(["a", "c", "d", "e"], name="area_code"))
    assert table["list"].tolist() == [True, False, True, False]
    assert table["list_status"].tolist() == ["staying", "dropped", "new", ""]
    assert table["list_since"].tolist() == ["2025-01", "", "2025-03", ""]
    assert table["list_review"].tolist() == ["2025-07", "", "2025-09", ""]
    before = Refresh("2025-02", frozenset("abd"), flagged=frozenset("ac"), run_id="r2")
    said = list_summary(found, before, frozenset("ad"))
    assert (said["on"], said["new"], said["dropped"]) == (3, ["d"], ["c"])
    assert (said["newly_flagged"], said["no_longer_flagged"]) == (["d"], ["c"])
    assert (said["previous_run"], said["previous_end"]) == ("r2", "2025-02")
    assert list_summary(found, None, frozenset("ad"))["newly_flagged"] == []


def test_a_short_history_and_changed_settings_are_said() -> None:
    first, second, third = play(["abc", "abd", "abd"])
    assert "the first refresh" in list_warnings("sv01", first, RULE, changed="x")[0]
    assert len(list_warnings("sv01", first, RULE, changed="x")) == 1
    assert "2 refreshes so far; 3 are needed" in list_warnings("sv01", second, RULE)[0]
    assert list_warnings("sv01", third, RULE) == []
    assert list_warnings("sv01", third, RULE, changed="settings changed") == [
        "sv01: settings changed"
    ]


def test_top_is_cut_in_order_of_code_and_wales_has_its_own() -> None:
    def areas(**ranks: float | None) -> pd.DataFrame:
        values = pd.array(list(ranks.values()), dtype="Int64")
        return pd.DataFrame({"sv01_rank": values}, index=pd.Index(list(ranks)))

    equal = areas(E3=1, E1=1, E2=1, E4=1)
    assert top_codes(equal, "sv01", 2) == {"E1", "E2"}
    assert top_codes(areas(E1=1, E2=2, E3=None, W1=1, W2=2, W3=3), "sv01", 2) == {
        *("E1", "E2", "W1", "W2"),
    }
    # Ranked together, a Welsh area of rank 3 is on no list of two.
    assert top_codes(areas(E1=1, W1=2, W2=3), "sv01", 2) == {"E1", "W1"}
