"""The web application without a browser: pages, routes, runs that move, crafted requests."""

from __future__ import annotations

import gzip
import json
import random
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from dash import Dash
from werkzeug.test import Client, TestResponse

import web_run as WEB
from dashboards.app import create_app
from dashboards.settings import WebSettings
from web_asks import UPDATE, ask, page_body, question, texts

HOSTILE = (
    "<img src=x onerror=alert(1)>",
    "</script><script>alert(1)</script>",
    "${7*7}",
    "`id`",
    "javascript:alert(1)",
    "' onmouseover='alert(1)",
)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs")
    WEB.publish(folder)
    return folder


@pytest.fixture(scope="module")
def app(runs: Path) -> Dash:
    return create_app(runs, WebSettings(contact="the analyst on extension 12"))


@pytest.fixture
def client(app: Dash) -> Client:
    return app.server.test_client()


MAP = "..map-values.data...legend.children.."
LIST = "..list-rows.data...list-count.children.."
PANEL = "area-panel.children"


def test_the_shell_is_british_named_and_holds_no_script_of_another_origin(client: Client) -> None:
    shell = client.get("/sv01").text
    assert '<html lang="en-GB">' in shell
    assert 'href="#main"' in shell
    sources = re.findall(r'(?:src|href)="([^"]*)"', shell)
    assert len(sources) > 8
    assert all(source.startswith(("/", "#")) for source in sources)
    assert not any("plotly" in source for source in sources)


def test_inline_scripts_are_exactly_those_the_policy_names(client: Client) -> None:
    answer = client.get("/")
    inline = answer.text.count('<script id="_dash-renderer"')
    assert inline == 1
    assert answer.headers["Content-Security-Policy"].count("sha256-") == 1


@pytest.mark.parametrize(
    ("path", "heading"),
    [
        ("/", "Where to look next"),
        ("/sv01", "6 neighbourhoods meet the SV01 test, 2 new since March 2025"),
        ("/sv04", "6 neighbourhoods meet the SV04 test, 2 new since March 2025"),
        ("/evidence", "Events gather in few places; how few, where, and how sure that is"),
        ("/data", "90 of 100 rows were used; each of the others is accounted for"),
        ("/method", "How the list is made, and how to read it"),
    ],
)
def test_every_page_has_its_heading_banner_marking_and_sources(
    client: Client, path: str, heading: str
) -> None:
    said = texts(ask(client, page_body(path))["page"]["children"])
    assert heading in said
    assert "Demonstration data. " in said
    assert said.count("OFFICIAL") == 2
    assert "Made-up data for a test." in said


def test_real_data_has_no_demonstration_banner(tmp_path: Path) -> None:
    WEB.publish(tmp_path, demonstration=False, handling="")
    client = create_app(tmp_path).server.test_client()
    said = texts(ask(client, page_body("/sv01"))["page"]["children"])
    assert "Demonstration data. " not in said
    assert "OFFICIAL" not in said


def test_the_data_page_says_what_is_known_of_pieces_of_the_map(
    client: Client, tmp_path: Path
) -> None:
    note = (
        "neighbours: the areas fall into 2 separate pieces (4 with X01000000, 2 with X01999999): "
        "an area's neighbours are in its own piece"
    )
    WEB.publish(tmp_path, notes=[note], warnings=["neighbours: 1 area has none (X01000001)"])
    page = ask(create_app(tmp_path).server.test_client(), page_body("/data"))
    said = texts(page["page"]["children"])
    after = said.index("How the land lies")
    assert said.index("1 area has none (Harbour B, Ward 1 (X01000001))") < after
    assert said[after + 2 : after + 4] == [
        "Neighbours: ",
        (
            "The areas fall into 2 separate pieces (4 with Harbour A, Ward 0 (X01000000), 2 with "
            "X01999999): an area's neighbours are in its own piece"
        ),
    ]
    older = texts(ask(client, page_body("/data"))["page"]["children"])
    assert "How the land lies" not in older


def test_a_priority_page_always_shows_period_offences_weights_and_date(client: Client) -> None:
    said = texts(ask(client, page_body("/sv01"))["page"]["children"])
    for fact in (
        "January to June 2025 (5 of 6 months have data)",
        "2 offence types, weighted by harm",
        "test weights",
        "1 January 2026",
    ):
        assert fact in said


def test_the_panel_says_why_how_sure_and_whom_to_ask(client: Client) -> None:
    said = texts(ask(client, question(PANEL, "area-question", "priority=sv01&area=X01000001")))
    panel = texts(
        ask(client, question(PANEL, "area-question", "priority=sv01&area=X01000001"))["area-panel"][
            "children"
        ]
    )
    assert said == []
    for wanted in ("Why is this area flagged?", "How sure are we?", "Figures", "Rank 2 of 48"):
        assert wanted in panel
    assert any("extension 12" in text and "X01000001" in text for text in panel)


def test_callbacks_send_values_and_never_shapes(client: Client) -> None:
    answer = ask(client, question(MAP, "map-question", "priority=sv01&layer=cluster"))
    assert "coordinates" not in json.dumps(answer)
    values = answer["map-values"]["data"]
    assert len(values["classes"]) == 48
    assert len(json.dumps(values)) < 48 * 90
    rows = ask(client, question(LIST, "list-question", "priority=sv01&stratum=rural"))
    assert len(rows["list-rows"]["data"]["rows"]) == 16


def test_health_is_told_by_content(client: Client, tmp_path: Path) -> None:
    assert client.get("/health").json == {"status": "ok", "run": WEB.FIRST_ID}
    empty = create_app(tmp_path).server.test_client()
    answer = empty.get("/health")
    assert (answer.status_code, answer.json) == (503, {"status": "no run is published"})
    said = texts(ask(empty, page_body("/"))["page"]["children"])
    assert "No run is published yet" in said


@pytest.mark.parametrize(
    "path", ["/nowhere", "/sv01/x", "/data/", "/..%2f..%2fetc/passwd", "/SV01"]
)
def test_an_unknown_page_is_not_found(client: Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert "Page not found" in answer.text


def test_shapes_are_packed_immutable_and_known_by_their_etag(client: Client) -> None:
    address = f"/geometry/{WEB.FIRST_ID}/areas.geojson"
    answer = client.get(address, headers={"Accept-Encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"
    plain = client.get(address)
    assert "Content-Encoding" not in plain.headers
    assert plain.data == gzip.decompress(answer.data)
    assert plain.headers["ETag"] != answer.headers["ETag"]
    assert answer.headers["Cache-Control"] == "private, max-age=31536000, immutable"
    assert answer.mimetype == "application/geo+json"
    known = {"Accept-Encoding": "gzip", "If-None-Match": answer.headers["ETag"]}
    again = client.get(address, headers=known)
    assert (again.status_code, again.data) == (304, b"")


@pytest.mark.parametrize(
    "address",
    [
        "/geometry/20990101T000000Z-00000009/areas.geojson",
        "/geometry/x/areas.geojson",
        f"/geometry/{WEB.FIRST_ID}/manifest.json",
        f"/geometry/{WEB.FIRST_ID}/..%2fmanifest.json",
        f"/geometry/..%2f{WEB.FIRST_ID}/areas.geojson",
    ],
)
def test_only_shapes_of_published_runs_are_files(client: Client, address: str) -> None:
    assert client.get(address).status_code == 404


def test_an_old_page_keeps_its_run_and_a_new_one_gets_the_new(tmp_path: Path) -> None:
    WEB.publish(tmp_path)
    client = create_app(tmp_path).server.test_client()
    old = f"run={WEB.FIRST_ID}&priority=sv01"
    before = ask(client, question(LIST, "list-question", old))
    WEB.publish(tmp_path, WEB.SECOND_ID, names=["Renamed A, Ward 0"], name="Newshire")
    assert ask(client, question(LIST, "list-question", old)) == before
    pinned = texts(ask(client, page_body("/sv01", f"?run={WEB.FIRST_ID}"))["page"]["children"])
    assert "Madeupshire" in pinned
    assert "Show the run that is served now" in pinned
    fresh = ask(client, page_body("/sv01"))["page"]["children"]
    assert "Newshire" in texts(fresh)
    assert "Show the run that is served now" not in texts(fresh)
    # Every link and every shape of the page names the one run it shows.
    assert WEB.FIRST_ID not in json.dumps(fresh)
    assert "Renamed A" in json.dumps(fresh)


def test_a_link_to_a_run_that_is_not_there_says_so(client: Client) -> None:
    shown = ask(client, page_body("/sv01", "?run=20990101T000000Z-00000009"))["page"]["children"]
    assert "There is no such run" in texts(shown)


def status_of(client: Client, data: bytes | str) -> int:
    answer: TestResponse = client.post(UPDATE, data=data, content_type="application/json")
    return answer.status_code


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "null",
        "[]",
        '"x"',
        "\x00",
        "[" * 20_000,
        '{"output": "page.children"}',
        '{"output": "__class__.x", "inputs": []}',
    ],
)
def test_a_malformed_body_is_answered_400(client: Client, text: str) -> None:
    assert status_of(client, text) == 400


def test_a_question_about_an_unknown_run_is_answered_400(client: Client) -> None:
    body = question(PANEL, "area-question", "run=20990101T000000Z-00000009&area=X01000001")
    assert client.post(UPDATE, json=body).status_code == 400


def test_a_huge_body_is_answered_413(client: Client) -> None:
    assert status_of(client, b'{"output": "' + b"a" * 100_000 + b'"}') == 413


def mangled(rng: random.Random, value: Any) -> Any:
    """One change somewhere in a body: another type, a lost key, a longer list, a hostile text."""
    junk = [None, 7, -1.5, True, "", "../..", "a" * 5000, [], {}, [[]], {"id": {}}, "page.children"]
    if isinstance(value, dict) and value and rng.random() < 0.8:
        key = rng.choice(list(value))
        if rng.random() < 0.3:
            return {k: v for k, v in value.items() if k != key}
        return {**value, key: mangled(rng, value[key])}
    if isinstance(value, list) and value and rng.random() < 0.8:
        place = rng.randrange(len(value))
        if rng.random() < 0.3:
            return value + value
        return [*value[:place], mangled(rng, value[place]), *value[place + 1 :]]
    return rng.choice(junk)


def test_mangled_bodies_are_never_an_error_of_the_server(client: Client) -> None:
    rng = random.Random(20261122)
    good = [
        page_body("/sv01", "?area=X01000001"),
        question(MAP, "map-question", "priority=sv01"),
        question(LIST, "list-question", "priority=sv01&q=a"),
        question(PANEL, "area-question", "priority=sv01&area=X01000001"),
    ]
    seen = set()
    for _ in range(600):
        body = rng.choice(good)
        for _ in range(rng.randint(1, 3)):
            body = mangled(rng, body)
        seen.add(status_of(client, json.dumps(body)))
    assert 400 in seen
    assert seen <= {200, 204, 400}


@pytest.mark.parametrize("text", HOSTILE)
def test_crafted_questions_answer_with_defaults(client: Client, text: str) -> None:
    for output, name in ((MAP, "map-question"), (LIST, "list-question"), (PANEL, "area-question")):
        for key in ("priority", "layer", "area", "stratum", "q", "sort"):
            ask(client, question(output, name, f"{key}={text}"))
        ask(client, question(output, name, text))


def test_hostile_names_stay_text(tmp_path: Path) -> None:
    WEB.publish(tmp_path, names=HOSTILE, name=HOSTILE[0], warnings=[HOSTILE[1]])
    client = create_app(tmp_path).server.test_client()
    for path in ("/", "/sv01", "/evidence", "/data", "/method"):
        assert "alert(1)" not in client.get(path).text
        assert HOSTILE[0] in texts(ask(client, page_body(path))["page"]["children"])
    picture = client.get(f"/geometry/{WEB.FIRST_ID}/finding-sv01.svg")
    assert b"alert" not in picture.data


def test_a_post_from_another_site_is_refused(client: Client) -> None:
    answer = client.post(UPDATE, json=page_body("/"), headers={"Origin": "http://evil.example"})
    assert answer.status_code == 403


def test_several_apps_live_in_one_process(runs: Path, app: Dash) -> None:
    other = create_app(runs)
    assert set(other.callback_map) == set(app.callback_map)
    assert ask(other.server.test_client(), page_body("/data"))


def test_view_modules_load_no_dash() -> None:
    code = (
        "import sys\n"
        "import dashboards.view, dashboards.figures, dashboards.tables, dashboards.state\n"
        "import dashboards.area_story, dashboards.evidence_tables, dashboards.ranked_list\n"
        "assert 'dash' not in sys.modules\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
