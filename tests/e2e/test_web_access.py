"""The pages in a real browser for everyone: no traffic, hostile names, axe, keyboard, paper, screens."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Page, expect

import web_run as WEB
from web_site import Site, Watch, open_page

pytestmark = pytest.mark.browser

HOSTILE = (
    "<img src=x onerror=alert(1)>",
    "</script><script>alert(1)</script>",
    "${alert(1)}",
    "`alert(1)`",
    "javascript:alert(1)",
    "<svg/onload=alert(1)>",
    '" onmouseover="alert(1)',
)


def test_hostile_names_are_text(page: Page, watch: Watch, tmp_path: Path) -> None:
    names = [f"{text} {n}" for n, text in enumerate(HOSTILE)]
    WEB.publish(tmp_path, names=names, name=HOSTILE[0], warnings=[HOSTILE[1]])
    site = Site(tmp_path)
    try:
        open_page(page, site, "/sv01?area=X01000000")
        expect(page.locator("#list-body tr").first).to_contain_text(HOSTILE[0])
        expect(page.locator("#area-heading")).to_have_text(names[0])
        for place in range(len(HOSTILE)):
            page.locator(".leaflet-areas-pane path").nth(place).hover(force=True)
        expect(page.locator(".map-words").last).to_contain_text("alert(1)")
        for path in (
            "/",
            "/data",
            "/method",
            "/sv04?q=" + "%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E",
        ):
            open_page(page, site, path)
        assert page.evaluate("document.querySelectorAll('img[src=x], svg[onload]').length") == 0
    finally:
        site.stop()
    assert watch.problems == []


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/sv01",
        "/sv01?area=X01000001&layer=cluster&show=flagged,hotspots,places",
        "/sv04?stratum=rural&q=harbour",
        "/evidence",
        "/data",
        "/method",
        "/sv01?run=20990101T000000Z-00000009",
    ],
)
def test_pages_ask_nobody_else_complain_of_nothing_and_pass_axe(
    page: Page, watch: Watch, site: Site, path: str
) -> None:
    page.goto(site.address + path)
    expect(page.locator("h1")).to_be_visible()
    if path.startswith("/sv") and "2099" not in path:
        expect(page.locator(".map[data-drawn='48']")).to_be_attached()
    assert all(url.startswith((site.address, "data:", "blob:")) for url in watch.requests)
    assert not any("plotly" in url for url in watch.requests)
    assert watch.problems == []
    found = Axe().run(
        page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
    )
    grave = [
        (violation["id"], [node["html"] for node in violation["nodes"]][:3])
        for violation in found.response["violations"]
        if violation["impact"] in ("serious", "critical", "moderate")
    ]
    assert grave == [], json.dumps(grave, indent=1)


def test_the_keyboard_reaches_everything_and_shows_where_it_is(page: Page, site: Site) -> None:
    open_page(page, site, "/sv01")
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()
    reached = []
    for _ in range(22):
        page.keyboard.press("Tab")
        reached.append(
            page.evaluate(
                "(() => { const e = document.activeElement; const s = getComputedStyle(e);"
                " return [e.id || e.getAttribute('class') || e.tagName, s.outlineStyle] })()"
            )
        )
    names = " ".join(name for name, _ in reached)
    for wanted in ("control-layer", "control-stratum", "control-q", "map", "sort"):
        assert wanted in names
    ours = [outline for name, outline in reached if name.startswith("control-")]
    assert "none" not in ours


def test_tables_fold_for_the_screen_and_are_open_on_paper(page: Page, site: Site) -> None:
    page.goto(f"{site.address}/evidence")
    tables = page.locator("details.folded table")
    expect(page.locator("#sv04-lives")).to_be_visible()
    assert tables.count() > 0
    assert not any(table.is_visible() for table in tables.all())
    # Every part that the contents name is there, and nothing else is named.
    named = page.locator(".contents a").evaluate_all("links => links.map((a) => a.hash.slice(1))")
    assert len(named) == len(set(named))
    assert page.evaluate("ids => ids.every((id) => document.getElementById(id))", named)
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    assert all(table.is_visible() for table in tables.all())
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    page.emulate_media(media="screen")
    assert not any(table.is_visible() for table in tables.all())
    button = page.get_by_role("button", name="Open every table")
    button.focus()
    page.keyboard.press("Enter")
    assert all(table.is_visible() for table in tables.all())
    page.get_by_role("button", name="Fold every table").press("Enter")
    assert not any(table.is_visible() for table in tables.all())


def test_paper_keeps_the_map_and_says_what_it_leaves_out(page: Page, site: Site) -> None:
    open_page(page, site, "/sv01")
    drawn = page.locator(".map").bounding_box()
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 720, "height": 1060})
    printed = page.locator(".map").bounding_box()
    assert drawn is not None
    assert printed is not None
    assert printed["height"] == drawn["height"]
    expect(page.get_by_text("Only the first rows are printed")).to_be_visible()
    rows = page.locator("#list-body tr[data-code]:visible")
    expect(rows).to_have_count(18)
    # Who cannot be told apart from the list is named beside it: the rows follow, however many.
    page.evaluate(
        """() => {
          const rows = [...Array(40).keys()].map((place) => ({
            code: `X${place}`, rank: place + 1, name: `Place ${place}`, tier: "Watch",
            standing: place >= 10 && place < 25 ? "cannot be told apart" : "",
          }));
          window.dash_clientside.hotspots.drawList({rows, cut_after: 10, cut_text: "Ends here."});
        }"""
    )
    expect(rows).to_have_count(25)
    # A tick box is a control; what is ticked is a legend of what is drawn.
    expect(page.locator(".tick input:visible")).to_have_count(0)
    expect(page.locator(".tick:visible")).to_have_text(["Flagged, by rank", "Place names"])


def test_nothing_is_wider_than_the_screen(page: Page, site: Site) -> None:
    for width in (1024, 390):
        page.set_viewport_size({"width": width, "height": 768})
        for path in ("/", "/sv01?area=X01000001", "/data", "/method"):
            open_page(page, site, path)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (width, path)


def test_less_motion_and_print(page: Page, site: Site) -> None:
    open_page(page, site, "/sv01")
    page.emulate_media(media="print")
    expect(page.locator(".controls")).to_be_hidden()
    expect(page.locator("h1")).to_be_visible()
    expect(page.locator(".facts")).to_be_visible()
    page.emulate_media(media="screen", reduced_motion="reduce")
    assert page.evaluate("window.hotspots.calm()") is True


def test_classes_stay_apart_in_greyscale() -> None:
    from dashboards.exports.palette import CLASSES

    greys = [Image.new("RGB", (1, 1), colour).convert("L").getpixel((0, 0)) for colour in CLASSES]
    steps = [a - b for a, b in itertools.pairwise(greys)]
    assert min(steps) >= 20
