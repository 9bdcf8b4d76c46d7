"""An address is the whole state of a page: reading it never fails, a link restores it."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboards.state import SORTS, STRATA, Place, ViewState, link, read_state


def test_a_full_address_is_read() -> None:
    state = read_state(
        "?run=20260101T000000Z-00000001&priority=sv04&layer=cluster&area=E01020554&stratum=rural"
        "&q=Old%20%20Town&sort=rate&show=hotspots,flagged&map=9.25/50.8/-2.4"
    )
    assert state == ViewState(
        run_id="20260101T000000Z-00000001",
        priority="sv04",
        layer="cluster",
        area="E01020554",
        stratum="rural",
        query="Old Town",
        sort="rate",
        show=("flagged", "hotspots"),
        place=Place(9.25, 50.8, -2.4),
    )


@pytest.mark.parametrize("search", ["", "?", None, 7, {"run": "x"}, ["run"], "?" + "a" * 5000])
def test_what_is_no_address_is_the_first_view(search: object) -> None:
    assert read_state(search) == ViewState()


@pytest.mark.parametrize(
    "search",
    [
        "run=../../etc",
        "run=a/b",
        "layer=<script>",
        "area='; drop",
        "stratum=both",
        "sort=__proto__",
        "map=nan/0/0",
        "map=9/91/0",
        "map=9/50",
        "&".join(f"a{n}=1" for n in range(50)),
        "priority=%00",
    ],
)
def test_an_unknown_value_becomes_the_default(search: str) -> None:
    assert read_state(search) == ViewState()


@given(st.text(max_size=300))
def test_reading_never_fails_and_only_lets_known_values_through(search: str) -> None:
    state = read_state(search)
    assert state.stratum in ("", *STRATA)
    assert state.sort in SORTS
    assert len(state.query) <= 80
    assert all(c.isalnum() or c == "-" for c in state.run_id)


@given(query=st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=80))
def test_a_link_carries_any_text(query: str) -> None:
    cleaned = " ".join(query.split())
    assert read_state(urlsplit(link("/sv01", q=cleaned)).query).query == cleaned


def test_a_link_leaves_out_what_is_not_chosen() -> None:
    assert link("/sv01", run="a", area="") == "/sv01?run=a"
    assert link("/") == "/"
