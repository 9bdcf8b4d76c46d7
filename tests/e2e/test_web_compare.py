"""Other weights and a country, in a real browser: typing, sliding, choosing, going back."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import waitress
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

import web_run as WEB
from dashboards import forces
from dashboards.app import create_app
from dashboards.server import free_socket
from risk_model.run_store import PublishedRun

pytestmark = pytest.mark.browser

FORCES = {
    "X01": {"code": "E23X00001", "name": "Westshire", "slug": "westshire"},
    "X02": {"code": "E23X00002", "name": "Eastshire", "slug": "eastshire"},
}
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


def served(runs: Path) -> Iterator[str]:
    listening = free_socket("127.0.0.1", 18600)
    app = create_app(runs)
    app.server.test_client().get("/health")
    server = waitress.create_server(app.server, sockets=[listening], threads=6)
    threading.Thread(target=server.run, daemon=True).start()
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    server.close()
    server.task_dispatcher.shutdown(cancel_pending=True)


@pytest.fixture(scope="module")
def county(demonstration_run: PublishedRun) -> Iterator[str]:
    yield from served(demonstration_run.folder.parent)


@pytest.fixture
def country(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setattr(forces, "MOST_LIVE", 40)
    WEB.publish(tmp_path, forces=FORCES)
    yield from served(tmp_path)


@pytest.fixture
def problems(page: Page) -> list[str]:
    """What the browser complained about."""
    found: list[str] = []
    page.on(
        "console",
        lambda message: found.append(message.text) if message.type in ("error", "warning") else 0,
    )
    page.on("pageerror", lambda error: found.append(str(error)))
    page.on("response", lambda answer: found.append(answer.url) if answer.status >= 400 else 0)
    return found


def passes_axe(page: Page) -> None:
    found = Axe().run(page, options={"runOnly": WCAG}).response["violations"]
    assert found == [], json.dumps(found, indent=1)


def weight(page: Page, name: str) -> str:
    return parse_qs(urlsplit(page.url).query)[f"w.{name}"][0]


def test_typing_a_weight_changes_the_list_and_the_address(
    page: Page, county: str, problems: list[str]
) -> None:
    page.goto(f"{county}/compare?priority=sv01")
    expect(page.get_by_text("These are the weights of the run.")).to_be_visible()
    box = page.get_by_label("Recorded harm", exact=True)
    box.fill("0")
    page.get_by_label("All recorded crime", exact=True).fill("0")
    finding = page.locator("#compare-finding")
    expect(finding).to_contain_text("the SV01 list of 10")
    expect(page.locator("#announce")).to_have_text(finding.inner_text())
    assert (weight(page, "harm_rate"), weight(page, "all_crime_rate")) == ("0", "0")
    expect(page.get_by_label("Recorded harm, slider")).to_have_value("0")
    said = page.locator("#compare-answer").inner_text()
    passes_axe(page)
    page.reload()  # the address restores boxes, sliders and answer
    expect(finding).to_be_visible()
    expect(box).to_have_value("0")
    assert page.locator("#compare-answer").inner_text() == said
    page.emulate_media(media="print")
    expect(finding).to_be_visible()
    expect(page.locator("form:visible, button:visible, select:visible")).to_have_count(0)
    assert problems == []


def test_a_slider_works_by_keyboard_and_the_form_without_the_live_answer(
    page: Page, county: str, problems: list[str]
) -> None:
    page.goto(f"{county}/compare?priority=sv04")
    slider = page.get_by_label("Recorded robbery, slider")
    slider.focus()
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    expect(page.get_by_label("Recorded robbery", exact=True)).to_have_value("0.3")
    expect(page.locator("#compare-finding")).to_be_visible()
    assert weight(page, "robbery_rate") == "0.3"
    page.get_by_label("Recorded robbery", exact=True).focus()
    page.keyboard.press("Enter")  # sends the form: a page of its own, the same answer
    page.wait_for_url(re.compile(r"run=.*w\.robbery_rate=0\.3"))
    expect(page.locator("#compare-finding")).to_be_visible()
    assert problems == []


def test_a_country_leads_to_a_force_by_keyboard(
    page: Page, country: str, problems: list[str]
) -> None:
    page.goto(f"{country}/sv01")
    picture = page.locator(".country-picture")
    expect(picture).to_have_js_property("complete", value=True)
    assert picture.evaluate("one => one.naturalWidth") > 0
    expect(page.locator(".map")).to_have_count(0)
    expect(page.locator("#list-body tr").first).to_be_attached()
    passes_axe(page)
    page.goto(f"{country}/")
    page.get_by_role("link", name="Each police force has its own map and list").first.click()
    expect(page.get_by_role("heading", name="By police force")).to_be_in_viewport()
    page.get_by_label("Police force", exact=True).focus()
    page.keyboard.press("E")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"force=eastshire"))
    expect(page.locator(".map[data-drawn='24']")).to_be_attached()
    expect(page.locator("h1")).to_contain_text("2 neighbourhoods in Eastshire meet the SV01 test")
    expect(page.locator("#list-body tr[data-code]")).to_have_count(24)
    page.get_by_label("Show", exact=True).select_option("rural")
    expect(page.locator("#list-body tr[data-code]")).to_have_count(8)
    passes_axe(page)
    assert problems == []
