"""The pages in a real browser: linked map and list, restored views, an open page and a new run."""

from __future__ import annotations

import io
import os
import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

import web_run as WEB
from web_site import DARKEST, PALEST, Site, Watch, colours_of, near, open_page

pytestmark = pytest.mark.browser


def query_of(page: Page) -> dict[str, str]:
    return {key: values[0] for key, values in parse_qs(urlsplit(page.url).query).items()}


def test_the_landing_page_leads_to_each_list_in_one_click(page: Page, site: Site) -> None:
    open_page(page, site, "/")
    for priority in ("SV01", "SV04"):
        expect(
            page.get_by_role("link", name=f"6 neighbourhoods meet the {priority} test")
        ).to_be_visible()
    pictures = page.locator(".finding-picture")
    expect(pictures).to_have_count(2)
    for place in range(2):
        expect(pictures.nth(place)).to_have_js_property("complete", value=True)
        assert pictures.nth(place).evaluate("one => one.naturalWidth") > 0
    page.get_by_role("link", name="Open the SV01 map and list").click()
    expect(page).to_have_title(
        "6 neighbourhoods meet the SV01 test, 2 new since March 2025 \u2013 CSP Hotspots"
    )
    assert query_of(page)["run"] == WEB.FIRST_ID


def test_the_map_shows_coloured_polygons(page: Page, site: Site) -> None:
    open_page(page, site, "/sv01")
    colours = colours_of(page.locator(".map").screenshot())
    assert near(colours, DARKEST) > 2000
    assert near(colours, PALEST) > 2000


def test_the_list_is_ranked_and_says_where_it_ends(page: Page, site: Site) -> None:
    open_page(page, site, "/sv01")
    rows = page.locator("#list-body tr")
    expect(rows).to_have_count(49)
    expect(rows.nth(0)).to_contain_text("Harbour A")
    expect(rows.nth(0)).to_contain_text("Strong")
    expect(rows.nth(10)).to_contain_text("4 more areas cannot be told apart from the list")


def test_choosing_in_the_list_by_keyboard_opens_the_panel_and_marks_the_map(
    page: Page, site: Site
) -> None:
    open_page(page, site, "/sv01")
    before = page.locator(".leaflet-outlines-pane path").count()
    page.get_by_role("link", name="Harbour B").focus()
    page.keyboard.press("Enter")
    panel = page.locator("#area-panel")
    expect(panel.get_by_role("heading", name="Harbour B, Ward 1")).to_be_visible()
    expect(panel.get_by_role("heading", name="Why is this area flagged?")).to_be_visible()
    expect(panel.get_by_role("heading", name="How sure are we?")).to_be_visible()
    expect(page.locator("tr.chosen")).to_contain_text("Harbour B")
    expect(page.locator("#announce")).to_contain_text("Harbour B, Ward 1 is shown below")
    assert query_of(page)["area"] == "X01000001"
    expect(page.locator(".leaflet-outlines-pane path")).to_have_count(before + 2)
    panel.get_by_role("button", name="Close the area panel").click()
    expect(panel.get_by_text("Choose an area on the map")).to_be_visible()
    assert "area" not in query_of(page)


def test_choosing_on_the_map_chooses_in_the_list(page: Page, site: Site) -> None:
    open_page(page, site, "/sv04")
    page.locator(".leaflet-areas-pane path").nth(20).click()
    chosen = query_of(page)["area"]
    assert chosen == "X01000020"
    row = page.locator("tr.chosen")
    expect(row).to_have_attribute("data-code", chosen)
    expect(row).to_be_in_viewport()
    expect(page.locator("#area-heading")).to_have_text("Mill Green E, Ward 0")


def test_a_link_restores_the_view(page: Page, site: Site) -> None:
    open_page(
        page,
        site,
        f"/sv01?run={WEB.FIRST_ID}&layer=cluster&stratum=rural&area=X01000003&q=harbour"
        "&show=hotspots&sort=area&map=13/50.71/-2.4",
    )
    expect(page.get_by_label("Colour the map by")).to_have_value("cluster")
    expect(page.get_by_label("Show", exact=True)).to_have_value("rural")
    expect(page.get_by_label("Find a place, ward or code")).to_have_value("harbour")
    expect(page.get_by_label("Flagged, by rank")).not_to_be_checked()
    expect(page.get_by_label("Point concentrations")).to_be_checked()
    expect(page.locator("#list-body tr")).to_have_count(3)
    expect(page.locator("#area-heading")).to_have_text("Harbour D, Ward 3")
    expect(page.locator("#legend")).to_contain_text("High, beside high neighbours")
    expect(page.locator("th[data-sort=area]")).to_have_attribute("aria-sort", "ascending")
    assert page.evaluate("window.hotspots.map.getZoom()") == 13
    hotspot = page.locator(".leaflet-hotspots-pane path").first
    assert hotspot.evaluate("path => Number(getComputedStyle(path).strokeOpacity)") == 1


def test_controls_write_the_address_and_back_undoes_them(page: Page, site: Site) -> None:
    open_page(page, site, "/sv01")
    first = colours_of(page.locator(".map").screenshot())
    page.get_by_label("Colour the map by").select_option("cluster")
    expect(page.locator("#legend")).to_contain_text("No pattern beyond chance")
    assert query_of(page)["layer"] == "cluster"
    assert near(colours_of(page.locator(".map").screenshot()), DARKEST) < near(first, DARKEST) / 4
    page.get_by_label("Show", exact=True).select_option("rural")
    expect(page.locator("#list-count")).to_have_text("16 rural areas of 48.")
    expect(page.locator("#announce")).to_have_text("16 rural areas of 48.")
    page.go_back()
    expect(page.locator("#list-count")).to_have_text("All 48 areas.")
    page.go_back()
    expect(page.locator("#legend")).to_contain_text("80 or more")
    expect(page.get_by_label("Colour the map by")).to_have_value("score")


def test_search_finds_filters_and_is_announced(page: Page, site: Site) -> None:
    open_page(page, site, "/sv01")
    box = page.get_by_label("Find a place, ward or code")
    box.press_sequentially("old town c")
    expect(page.locator("#list-count")).to_have_text("1 area found for “old town c” of 48.")
    expect(page.locator("#announce")).to_have_text("1 area found for “old town c” of 48.")
    box.fill("zzz")
    expect(page.locator("#list-body")).to_contain_text("No area passes these filters.")
    box.fill("")
    expect(page.locator("#list-body tr")).to_have_count(49)


def test_tick_boxes_show_and_hide(page: Page, site: Site) -> None:
    open_page(page, site, "/sv01")
    expect(page.locator(".rank-pin")).to_have_count(6)
    page.get_by_label("Flagged, by rank").uncheck()
    expect(page.locator(".rank-pin")).to_have_count(0)
    hotspot = page.locator(".leaflet-hotspots-pane path").first
    assert hotspot.get_attribute("stroke-opacity") == "0"
    page.get_by_label("Point concentrations").check()
    expect(hotspot).to_have_attribute("stroke-opacity", "1")
    assert query_of(page)["show"] == "hotspots,places"


def test_moving_the_map_is_kept_in_the_address_without_history(page: Page, site: Site) -> None:
    open_page(page, site, "/sv01")
    steps = page.evaluate("history.length")
    page.locator(".leaflet-control-zoom-in").click()
    page.wait_for_url(re.compile(r"[?&]map="))
    zoom = float(query_of(page)["map"].split("/")[0])
    assert page.evaluate("history.length") == steps
    page.reload()
    expect(page.locator(".map[data-drawn]")).to_be_attached()
    assert page.evaluate("window.hotspots.map.getZoom()") == zoom
    page.get_by_role("button", name="Show the whole area").click()
    page.wait_for_function(f"window.hotspots.map.getZoom() < {zoom}")
    everything = page.evaluate("window.hotspots.map.getBounds().toBBoxString()")
    west, south, east, north = map(float, everything.split(","))
    assert west < -2.424
    assert east > -2.311
    assert south < 50.709
    assert north > 50.763


def test_an_area_without_a_rate_is_hatched_with_its_reason(page: Page, site: Site) -> None:
    open_page(page, site, "/sv01?layer=rate")
    expect(page.locator("#legend")).to_contain_text("no residents counted, so no rate")
    last = page.locator(".leaflet-areas-pane path").nth(47)
    assert last.get_attribute("fill") == "url(#missing-hatch)"


def test_an_open_page_keeps_its_run_while_another_is_published(
    page: Page, watch: Watch, tmp_path: Path
) -> None:
    WEB.publish(tmp_path)
    site = Site(tmp_path)
    try:
        open_page(page, site, "/sv01")
        WEB.publish(tmp_path, WEB.SECOND_ID, names=["Renamed A, Ward 0"])
        page.get_by_label("Show", exact=True).select_option("rural")
        expect(page.locator("#list-body tr")).to_have_count(16)
        expect(page.locator("#list-body tr").first).to_contain_text("Harbour A")
        page.goto(site.address + "/sv01")
        expect(page.locator("#list-body tr").first).to_contain_text("Renamed A")
        assert query_of(page)["run"] == WEB.SECOND_ID
    finally:
        site.stop()
    assert watch.problems == []


def test_paper_holds_the_whole_list_however_long(page: Page, watch: Watch, tmp_path: Path) -> None:
    frame = WEB.areas()
    priorities = WEB.manifest(frame)["priorities"]
    WEB.publish(tmp_path, priorities={k: {**v, "list_size": 30} for k, v in priorities.items()})
    site = Site(tmp_path)
    try:
        open_page(page, site, "/sv01")
        page.emulate_media(media="print")
        assert page.locator("#list-body tr[data-code]:visible").count() == 38
    finally:
        site.stop()
    assert watch.problems == []


def test_no_name_lies_under_a_numbered_disc(page: Page, site: Site) -> None:
    open_page(page, site, "/sv01")
    expect(page.locator(".rank-pin").first).to_be_visible()
    hits = page.evaluate(
        """() => {
          const boxes = (css) => [...document.querySelectorAll(css)]
            .filter((e) => !e.parentNode.hidden).map((e) => e.getBoundingClientRect());
          const discs = boxes(".rank-pin span");
          return [discs.length, boxes(".place-label span").filter((b) => discs.some((d) =>
            d.left < b.right && d.right > b.left && d.top < b.bottom && d.bottom > b.top)).length];
        }"""
    )
    assert hits[0] > 0
    assert hits[1] == 0


def test_long_names_are_no_wider_than_a_telephone(page: Page, tmp_path: Path) -> None:
    """File names without a space, a run of a long name to compare with, a long area."""
    name = "Bournemouth, Christchurch and Poole, Dorset, and every other authority of the county"
    file = f"boundaries/{'LSOA_2021_Dorset_and_neighbours_' * 3}BGC.gpkg"
    config = WEB.manifest(WEB.areas())["config"]
    for entry in config["priorities"].values():
        entry["list"] = {"size": 10}
    said = [f"{file}: 3 polygons repaired"]
    for run_id in (WEB.FIRST_ID, WEB.SECOND_ID):
        WEB.publish(tmp_path, run_id, names=[name], name=name, warnings=said, config=config)
    site = Site(tmp_path)
    try:
        page.set_viewport_size({"width": 320, "height": 700})
        asked = f"/compare?run={WEB.SECOND_ID}&priority=sv01&w.harm_rate=1"
        for path in ("/", "/sv01?area=X01000000", "/data", asked, f"{asked}&with={WEB.FIRST_ID}"):
            open_page(page, site, path)
            assert page.evaluate("document.documentElement.scrollWidth") <= 320, path
    finally:
        site.stop()


def test_without_a_script_a_page_says_what_works_and_does_not_wait(
    browser: Browser, site: Site
) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site.address}/sv01")
    said = page.locator("body").inner_text()
    assert "These pages need JavaScript." in said
    assert "Loading" not in said
    context.close()


@pytest.mark.real_data
def test_the_real_map_is_drawn_and_pictured(
    browser: Browser, real_data: Path, repository: Path, tmp_path: Path
) -> None:
    """With HOTSPOTS_WRITE_SCREENSHOT=1 the picture of the README is made anew."""
    from typer.testing import CliRunner

    from dashboards.cli.main import app

    made = CliRunner().invoke(
        app,
        [
            "run",
            *("--config", str(repository / "config" / "risk.yaml")),
            *("--inputs", str(repository / "config" / "inputs-dorset.yaml")),
            *("--data-root", str(real_data)),
            *("--area", "E06000059"),
            *("--out", str(tmp_path / "runs")),
        ],
    )
    assert made.exit_code == 0, made.output
    site = Site(tmp_path / "runs")
    page = browser.new_page(viewport={"width": 1280, "height": 860}, locale="en-GB")
    watch = Watch(page)
    try:
        open_page(page, site, "/sv01", areas=223)
        expect(page.locator(".place-label:not([hidden])").first).to_be_attached()
        colours = colours_of(page.locator(".map").screenshot())
        assert near(colours, (107, 172, 230)) > 2000
        assert near(colours, DARKEST) > 200
        expect(page.locator("#list-body tr")).to_have_count(224)
        writing = os.environ.get("HOTSPOTS_WRITE_SCREENSHOT") == "1"
        folder = repository / "docs" / "images" if writing else tmp_path
        folder.mkdir(parents=True, exist_ok=True)
        page.mouse.move(0, 0)
        picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
        target = folder / "dorset-sv01.png"
        picture.save(target, optimize=True)
        assert target.stat().st_size < 400_000
    finally:
        page.close()
        site.stop()
    assert watch.problems == []
    assert all(url.startswith((site.address, "data:", "blob:")) for url in watch.requests)
