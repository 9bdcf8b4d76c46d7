"""The pages in a real browser: linked map and list, restored views, accessibility, no traffic."""

from __future__ import annotations

import io
import itertools
import json
import os
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import waitress
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Browser, Page, expect

import web_run as WEB
from dashboards.app import create_app
from dashboards.server import free_socket

pytestmark = pytest.mark.browser

DARKEST, PALEST = (18, 67, 109), (225, 237, 248)
HOSTILE = (
    "<img src=x onerror=alert(1)>",
    "</script><script>alert(1)</script>",
    "${alert(1)}",
    "`alert(1)`",
    "javascript:alert(1)",
    "<svg/onload=alert(1)>",
    '" onmouseover="alert(1)',
)


class Site:
    """An app served on a free port of this machine, until `stop`."""

    def __init__(self, runs: Path) -> None:
        self.runs = runs
        listening = free_socket("127.0.0.1", 18400)
        self.address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        app = create_app(runs)
        app.server.test_client().get("/health")
        self._server = waitress.create_server(app.server, sockets=[listening], threads=6)
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._server.close()
        self._server.task_dispatcher.shutdown(cancel_pending=True)


class Watch:
    """What a page asked for and complained about."""

    def __init__(self, page: Page) -> None:
        self.requests: list[str] = []
        self.problems: list[str] = []
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("console", self._note)
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        page.on("dialog", self._dialog)
        page.on("response", self._answer)

    def _note(self, message: object) -> None:
        if message.type in ("error", "warning"):  # type: ignore[attr-defined]
            self.problems.append(message.text)  # type: ignore[attr-defined]

    def _dialog(self, dialog: object) -> None:
        self.problems.append("a dialog opened")
        dialog.dismiss()  # type: ignore[attr-defined]

    def _answer(self, response: object) -> None:
        if response.status >= 400:  # type: ignore[attr-defined]
            self.problems.append(f"{response.status} {response.url}")  # type: ignore[attr-defined]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    runs = tmp_path_factory.mktemp("runs")
    WEB.publish(runs)
    site = Site(runs)
    yield site
    site.stop()


@pytest.fixture
def watch(page: Page) -> Watch:
    return Watch(page)


def open_page(page: Page, site: Site, path: str, *, areas: int = 48) -> None:
    page.goto(site.address + path)
    expect(page.locator("h1")).to_be_visible()
    if urlsplit(path).path.startswith("/sv"):
        expect(page.locator(f".map[data-drawn='{areas}']")).to_be_attached()
        expect(page.locator("#list-body tr").first).to_be_attached()


def query_of(page: Page) -> dict[str, str]:
    return {key: values[0] for key, values in parse_qs(urlsplit(page.url).query).items()}


def colours_of(picture: bytes) -> dict[tuple[int, int, int], int]:
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    return {colour: count for count, colour in image.getcolors(maxcolors=1 << 24) or []}


def near(colours: dict[tuple[int, int, int], int], wanted: tuple[int, int, int]) -> int:
    """Pixels within what an opacity of .92 and the screen may change."""
    return sum(
        count
        for colour, count in colours.items()
        if all(abs(a - b) <= 24 for a, b in zip(colour, wanted, strict=True))
    )


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
    assert page.locator("#list-body tr:visible").count() <= 18
    # A tick box is a control; what is ticked is a legend of what is drawn.
    expect(page.locator(".tick input:visible")).to_have_count(0)
    expect(page.locator(".tick:visible")).to_have_text(["Flagged, by rank", "Place names"])


def test_paper_holds_the_whole_list_however_long(page: Page, watch: Watch, tmp_path: Path) -> None:
    frame = WEB.areas()
    priorities = WEB.manifest(frame)["priorities"]
    WEB.publish(tmp_path, priorities={k: {**v, "list_size": 30} for k, v in priorities.items()})
    site = Site(tmp_path)
    try:
        open_page(page, site, "/sv01")
        page.emulate_media(media="print")
        assert page.locator("#list-body tr:visible").count() == 38
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


def test_nothing_is_wider_than_the_screen(page: Page, site: Site) -> None:
    for width in (1024, 390):
        page.set_viewport_size({"width": width, "height": 768})
        for path in ("/", "/sv01?area=X01000001", "/data", "/method"):
            open_page(page, site, path)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (width, path)


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
