"""Headers, the guard before callbacks, and what the server refuses to start with."""

from __future__ import annotations

import socket
from typing import Any

import pytest
from flask import Flask

from dashboards import server
from dashboards.security import callbacks, headers
from spatial.errors import ConfigError

CALLBACKS: dict[str, Any] = {
    "panel.children": {"inputs": [{"id": "q", "property": "data"}], "state": []},
    "..a.data...b.children..": {
        "inputs": [{"id": "url", "property": "pathname"}],
        "state": [{"id": "url", "property": "search"}],
    },
}
GOOD: dict[str, Any] = {
    "output": "panel.children",
    "outputs": {"id": "panel", "property": "children"},
    "inputs": [{"id": "q", "property": "data", "value": "area=X"}],
    "changedPropIds": ["q.data"],
}


def test_the_policy_lets_nothing_in_from_elsewhere() -> None:
    policy = headers.content_security_policy(["'sha256-b'", "'sha256-a'"])
    rules = dict(part.split(" ", 1) for part in policy.split("; "))
    assert rules["default-src"] == "'none'"
    assert rules["script-src"] == "'self' 'sha256-a' 'sha256-b'"
    assert rules["frame-ancestors"] == rules["object-src"] == rules["base-uri"] == "'none'"
    assert "unsafe-eval" not in policy
    assert "unsafe-inline" not in rules["script-src"]
    assert "http" not in policy
    assert "*" not in policy


@pytest.fixture
def site() -> Flask:
    site = Flask("site")
    site.add_url_rule("/", view_func=lambda: "page", methods=["GET", "POST"], endpoint="page")
    headers.install(site, headers.content_security_policy([]))
    return site


def test_every_answer_has_the_headers_even_an_error(site: Flask) -> None:
    for path in ("/", "/nowhere"):
        answer = site.test_client().get(path)
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["X-Frame-Options"] == "DENY"
        assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert "camera=()" in answer.headers["Permissions-Policy"]
        assert answer.headers["Referrer-Policy"] == "same-origin"
        assert answer.headers["Cache-Control"] == "no-store"
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({}, 200),
        ({"Origin": "http://localhost"}, 200),
        ({"Origin": "https://localhost"}, 200),  # a proxy ended TLS
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "http://localhost.evil.example"}, 403),
        ({"Origin": "null"}, 403),
    ],
)
def test_posts_from_other_sites_are_refused(site: Flask, sent: dict[str, str], status: int) -> None:
    assert site.test_client().post("/", headers=sent).status_code == status


def test_a_body_of_our_own_page_is_well_formed() -> None:
    assert callbacks.is_well_formed(GOOD, CALLBACKS)
    several = {
        "output": "..a.data...b.children..",
        "outputs": [{"id": "a", "property": "data"}, {"id": "b", "property": "children"}],
        "inputs": [{"id": "url", "property": "pathname", "value": "/"}],
        "state": [{"id": "url", "property": "search", "value": None}],
    }
    assert callbacks.is_well_formed(several, CALLBACKS)


@pytest.mark.parametrize(
    "change",
    [
        {"output": "other.children"},
        {"output": None},
        {"output": ["panel.children"]},
        {"output": "..a.data...b.children.."},
        {"outputs": [{"id": "panel", "property": "children"}]},
        {"outputs": {"id": "panel", "property": "style"}},
        {"inputs": []},
        {"inputs": None},
        {"inputs": {"id": "q"}},
        {"inputs": ["q.data"]},
        {"inputs": [{"id": "q", "property": "data", "value": {"a": 1}}]},
        {"inputs": [{"id": "q", "property": "data", "value": 7}]},
        {"inputs": [{"id": "q", "property": "data", "value": "a" * 5000}]},
        {"inputs": [{"id": "q", "property": "data", "value": "a", "more": 1}]},
        {"inputs": [{"id": {"index": 1}, "property": "data", "value": "a"}]},
        {"inputs": [{"id": "x", "property": "data", "value": "a"}]},
        {"inputs": [[{"id": "q", "property": "data", "value": "a"}]]},
        {"state": [{"id": "q", "property": "data", "value": "a"}]},
        {"state": "a"},
        {"changedPropIds": ["other.data"]},
        {"changedPropIds": [{}]},
        {"changedPropIds": "q.data"},
        {"parsedChangedPropsIds": "a"},
        {"background": True},
    ],
)
def test_a_crafted_body_is_not(change: dict[str, Any]) -> None:
    assert not callbacks.is_well_formed({**GOOD, **change}, CALLBACKS)


@pytest.mark.parametrize("body", [None, [], "text", 7, {}, {"output": "panel.children"}])
def test_what_is_no_object_is_not(body: object) -> None:
    assert not callbacks.is_well_formed(body, CALLBACKS)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.1.2.3"])
def test_debugging_is_allowed_where_only_this_machine_reaches_it(host: str) -> None:
    server.refuse_debug(host, {"DASH_DEBUG": "1"})


@pytest.mark.parametrize("name", ["DASH_DEBUG", "FLASK_DEBUG"])
@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.4", "::", "service.example"])  # noqa: S104
def test_debugging_where_others_reach_it_refuses_to_start(host: str, name: str) -> None:
    with pytest.raises(ConfigError, match=f"{name}=true and --host .*unset {name}"):
        server.refuse_debug(host, {name: "true"})
    server.refuse_debug(host, {name: "0"})


def test_a_taken_port_gives_the_next_free_one() -> None:
    with server.free_socket("127.0.0.1", 18650) as first:
        port = first.getsockname()[1]
        with server.free_socket("127.0.0.1", port) as second:
            assert port < second.getsockname()[1] < port + 50


def test_an_address_of_another_machine_is_said_in_words() -> None:
    with pytest.raises(ConfigError, match="not an address of this machine"):
        server.free_socket("203.0.113.7", 18700)


def test_no_port_left_is_said_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(98, "taken")

    monkeypatch.setattr(socket.socket, "bind", refuse)
    with pytest.raises(ConfigError, match="no free port between 8050 and 8099"):
        server.free_socket("127.0.0.1", 8050)


@pytest.mark.parametrize(
    ("environment", "platform", "shown"),
    [
        ({}, "linux", False),
        ({"DISPLAY": ":0"}, "linux", True),
        ({"WAYLAND_DISPLAY": "wayland-0"}, "linux", True),
        ({}, "darwin", True),
        ({"SSH_CONNECTION": "x"}, "darwin", False),
        ({}, "win32", True),
    ],
)
def test_a_browser_opens_only_where_there_is_a_display(
    environment: dict[str, str], platform: str, *, shown: bool
) -> None:
    assert server.has_display(environment, platform) is shown
