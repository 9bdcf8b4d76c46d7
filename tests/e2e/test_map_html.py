"""map.html in a real browser with every address blocked: it opens, it answers, nothing runs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route

import small_run as SMALL

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def map_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A map whose every name is hostile."""
    runs = tmp_path_factory.mktemp("runs")
    hostile = dict.fromkeys(("name", "handling"), SMALL.HOSTILE[0])
    run = SMALL.publish_small_run(
        runs, names=SMALL.HOSTILE, attribution=list(SMALL.HOSTILE), **hostile
    )
    return run.path("map.html")


@pytest.fixture
def opened(browser: Browser, map_file: Path) -> Iterator[tuple[Page, list[str], list[str]]]:
    """The page, what it asked for beside itself, and what went wrong in it."""
    context = browser.new_context(viewport={"width": 1024, "height": 768})
    asked: list[str] = []
    wrong: list[str] = []

    def answer(route: Route) -> None:
        if route.request.url == map_file.as_uri():
            route.continue_()
        else:
            asked.append(route.request.url)
            route.abort()

    context.route("**/*", answer)
    page = context.new_page()
    page.on("console", lambda message: wrong.append(message.text))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("dialog", lambda dialog: wrong.append(dialog.message))
    page.goto(map_file.as_uri())
    page.wait_for_selector("html[data-ready=true]")
    yield page, asked, wrong
    context.close()


Opened = tuple[Page, list[str], list[str]]


def test_opens_without_a_request_or_an_error(opened: Opened) -> None:
    page, asked, wrong = opened
    assert page.locator("#map_main path.leaflet-interactive").count() >= 12
    assert page.title().startswith("4 neighbourhoods meet the SV01 test")
    assert page.evaluate("document.documentElement.lang") == "en-GB"
    assert asked == []
    assert wrong == []


def test_hostile_names_are_shown_as_they_are_and_never_run(opened: Opened) -> None:
    page, asked, wrong = opened
    before = page.title()
    for number, name in enumerate(SMALL.HOSTILE):
        page.locator(f'button[data-row="{number}"]:visible').click()
        shown = page.locator("#chosen h2").evaluate("element => element.textContent")
        assert shown == name
    for box in page.locator("#layers input").all():
        box.check()
    for shape in page.locator("#map_main path.leaflet-interactive").all()[:12]:
        shape.dispatch_event("mouseover")
        shape.dispatch_event("click")
    assert page.title() == before
    assert page.locator("img").count() == 0
    assert asked == []
    assert wrong == []


def test_an_area_is_reached_by_keyboard_alone(opened: Opened) -> None:
    page, _, wrong = opened
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    button = page.locator("tbody button:visible").first
    button.focus()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "chosen"
    assert "Strong" in page.locator("#chosen").inner_text()
    assert wrong == []


def test_the_other_priority_brings_its_own_list_and_legend(opened: Opened) -> None:
    page, _, _ = opened
    assert page.locator("section[data-priority=sv01]").is_visible()
    page.locator("#layers input[type=radio]").first.focus()
    page.keyboard.press("ArrowDown")
    page.wait_for_selector("section[data-priority=sv04]:visible")
    assert page.locator("section[data-priority=sv01]").is_hidden()
    first = page.locator("section[data-priority=sv04] tbody button").first
    assert first.get_attribute("data-row") == "1"
    # The outlines of authorities stay above the layer that was added last.
    last = page.locator("#map_main path").last
    assert last.get_attribute("stroke-width") == "1.6"


def test_finding_a_place_narrows_the_list_and_says_so(opened: Opened) -> None:
    page, _, _ = opened
    page.locator("input[data-filter=sv01]").fill("hyperlink")
    assert page.locator("section[data-priority=sv01] tbody tr:visible").count() == 1
    said = page.locator("section[data-priority=sv01] [role=status]").inner_text()
    assert said == "1 of 12 areas"


def test_the_whole_page_fits_a_projector(opened: Opened) -> None:
    page, _, _ = opened
    wide, high = page.evaluate("[document.body.scrollWidth, document.body.scrollHeight]")
    assert wide <= 1024
    assert high <= 768
    box = page.locator("#map_main").bounding_box()
    assert box is not None
    assert box["height"] >= 300


def test_axe_finds_nothing(browser: Browser, map_file: Path) -> None:
    from axe_playwright_python.sync_playwright import Axe

    # The checker puts its own script into the page, which our policy would refuse.
    context = browser.new_context(bypass_csp=True, viewport={"width": 1024, "height": 768})
    page = context.new_page()
    page.goto(map_file.as_uri())
    page.wait_for_selector("html[data-ready=true]")
    for step in ("as it opens", "with an area chosen"):
        found = Axe().run(page).response["violations"]
        assert [(rule["id"], rule["nodes"][0]["html"]) for rule in found] == [], step
        page.locator("tbody button:visible").first.click()
    context.close()


def test_ranks_that_would_cover_one_another_come_out_on_zooming_in(opened: Opened) -> None:
    page, _, _ = opened
    page.set_viewport_size({"width": 820, "height": 700})
    page.evaluate("map_main.setZoom(8)")
    seen = (
        "[...document.querySelectorAll('.rank-label')].filter(e => e.style.visibility == 'visible')"
    )
    assert page.evaluate(f"{seen}.map(e => e.textContent)")[0] == "1"
    few = page.evaluate(f"{seen}.length")
    told = page.locator("#unseen").inner_text()
    assert told.startswith("No room on the map for the number")
    told = told.partition(":")[0]
    shown = page.evaluate(f"{seen}.map(e => e.textContent)")
    assert all((rank in told) != (rank in shown) for rank in "1234")
    page.locator("button[data-zoom=sv01]").click()
    assert few < page.evaluate(f"{seen}.length") == 4
    assert page.locator("#unseen").inner_text() == ""


def test_no_name_is_cut_by_the_edge_of_the_map(opened: Opened) -> None:
    page, _, _ = opened
    state = "document.querySelector('.place-label').style.visibility"
    page.evaluate("map_main.setView(DATA.places[0].slice(0, 2), 12, { animate: false })")
    assert page.evaluate(state) == "visible"
    page.evaluate("map_main.panBy([map_main.getSize().x / 2 - 5, 0], { animate: false })")
    assert page.evaluate(state) == "hidden"


def test_paper_takes_the_whole_map_and_opens_what_is_folded(opened: Opened) -> None:
    page, _, wrong = opened
    page.set_viewport_size({"width": 1600, "height": 900})
    page.evaluate("map_main.invalidateSize()")
    page.locator("button[data-zoom=all]:visible").click()
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 703, "height": 1031})
    cut = """() => {
      const sheet = document.getElementById("map_main").getBoundingClientRect();
      return [...document.querySelectorAll("#map_main path.leaflet-interactive")]
        .map((e) => e.getBoundingClientRect())
        .filter((b) => b.left < sheet.left || b.right > Math.min(sheet.right, 703)).length;
    }"""
    assert page.evaluate(cut) == 0
    assert page.locator(".legend:visible").count() == 1
    assert page.locator("button[data-zoom]:visible, #layers:visible").count() == 0
    assert page.locator("aside details:not([open])").count() == 0
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    assert page.locator("aside details[open]").count() == 0
    assert wrong == []
