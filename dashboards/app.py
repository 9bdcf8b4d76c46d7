"""The web application, made by a factory: nothing happens when this module is imported.

`create_app` is handed a folder of runs, never data: every page opens the run that its address
names. Callbacks are registered on the app that is made, so that a process can make several.
"""

from __future__ import annotations

import gzip
import importlib.resources
import os
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, State, dcc, html
from flask import Flask, Response, abort, jsonify, request

from dashboards import ids
from dashboards.components.frame import problem_page
from dashboards.pages import compare, data, evidence, method, overview, priority
from dashboards.runs import RunLibrary
from dashboards.security import callbacks, headers
from dashboards.settings import WebSettings
from dashboards.state import CompareState, read_compare, read_state
from dashboards.view import RunView
from spatial.errors import InputError

__all__ = ["create_app", "page"]

_FIXED_PAGES = ("/", "/compare", "/evidence", "/data", "/method")


def _text_of(name: str) -> str:
    return (importlib.resources.files("dashboards") / "templates" / name).read_text("utf-8")


def page(library: RunLibrary, settings: WebSettings, path: str, search: str) -> html.Div:
    """Return the page at an address: of the run that the address names, or the current one."""
    state = read_state(search)
    try:
        current_id = library.current_id()
        view = library.view(state.run_id or current_id)
    except InputError:
        if state.run_id:
            return problem_page(
                "There is no such run", "The link names a run that is not published here."
            )
        return problem_page(
            "No run is published yet",
            "Make one with the command “hotspots run”, then load this page again.",
        )
    if path == "/":
        return overview.layout(view, current_id=current_id)
    if path == "/evidence":
        return evidence.layout(
            view,
            library.evidence(view.run_id),
            library.judgement(view.run_id),
            current_id=current_id,
        )
    if path == "/compare":
        return compare.layout(
            view,
            library,
            _comparison(view, search),
            current_id=current_id,
            saves=settings.weights is not None,
        )
    if path == "/data":
        return data.layout(view, current_id=current_id)
    if path == "/method":
        return method.layout(view, settings, current_id=current_id)
    name = path.removeprefix("/")
    if name not in view.priorities:
        return problem_page("Page not found", "There is no page at this address.")
    wanted = replace(
        state,
        run_id=view.run_id,
        priority=name,
        force=state.force if state.force in view.forces else "",
    )
    geometry = library.geometry(view.run_id, wanted.force)
    return priority.layout(view, geometry, wanted, settings, current_id=current_id)


def _comparison(view: RunView, search: str) -> CompareState:
    asked = read_compare(search)
    known = asked.priority if asked.priority in view.priorities else view.priorities[0]
    return replace(asked, run_id=view.run_id, priority=known)


def _serve_files(server: Flask, library: RunLibrary) -> None:
    """Add the routes that are not Dash's: shapes of a run, and the state of health."""

    def geometry(run_id: str, name: str, force: str = "") -> Response:
        try:
            found = library.geometry(run_id, force).files.get(name)
        except InputError:
            found = None
        if found is None:
            abort(404)
        if request.accept_encodings["gzip"] > 0:
            response, tag = Response(found.packed, mimetype=found.media_type), found.etag
            response.headers["Content-Encoding"] = "gzip"
        else:
            plain = gzip.decompress(found.packed)
            response, tag = Response(plain, mimetype=found.media_type), f"{found.etag}-plain"
        response.headers["Vary"] = "Accept-Encoding"
        response.headers["Cache-Control"] = "private, max-age=31536000, immutable"
        response.set_etag(tag)
        response.make_conditional(request)
        return response

    def health() -> tuple[Response, int]:
        try:
            return jsonify(status="ok", run=library.current_id()), 200
        except InputError:
            return jsonify(status="no run is published"), 503

    for rule in ("/geometry/<run_id>/<name>", "/geometry/<run_id>/<force>/<name>"):
        server.add_url_rule(rule, view_func=geometry, endpoint="geometry")
    server.add_url_rule("/health", view_func=health, endpoint="health")


def _serve_weights(server: Flask, library: RunLibrary, settings: WebSettings) -> None:
    """Add the download of changed weights: the address holds all of it, nothing is kept."""

    def weights() -> Response:
        asked = read_compare(request.query_string.decode("utf-8", "replace"))
        try:
            view = library.view(asked.run_id)
        except InputError:
            abort(404)
        if settings.weights is None or not compare.is_sound(view, asked):
            abort(404)
        try:
            content = library.save_weights(
                settings.weights,
                view.run_id,
                asked.priority,
                dict(asked.weights),
                name=asked.name,
                why=asked.why,
            )
        except InputError as error:
            said = str(error).replace(f"{settings.weights.parent}{os.sep}", "")
            return Response(f"Not saved: {said}\n", 400, mimetype="text/plain")
        stem = re.sub(r"[^a-z0-9]+", "-", asked.name.casefold()).strip("-") or "weights"
        response = Response(content, mimetype="application/yaml")
        response.headers["Content-Disposition"] = f'attachment; filename="{stem}.yaml"'
        return response

    server.add_url_rule("/compare/weights.yaml", view_func=weights, endpoint="weights")


def _refuse_unknown_pages(server: Flask, library: RunLibrary) -> None:
    """Answer 404 where Dash would answer 200 with an empty shell to any path."""

    def check_path() -> None:
        rule = request.url_rule
        if rule is None or rule.rule not in ("/", "/<path:path>") or request.path in _FIXED_PAGES:
            return
        try:
            known = library.view().priorities
        except InputError:
            known = ()
        if request.path.removeprefix("/") not in known:
            abort(404)

    def not_found(_error: Exception) -> tuple[str, int]:
        return _text_of("not_found.html"), 404

    server.before_request(check_path)
    server.register_error_handler(404, not_found)


def create_app(runs: Path, settings: WebSettings | None = None) -> Dash:
    """Make the application over a folder of runs.

    Parameters
    ----------
    runs
        The folder that `hotspots run` publishes to; it may be empty.
    settings
        What may be set; defaults are for one machine.
    """
    chosen = settings or WebSettings()
    library = RunLibrary(runs, keep=chosen.runs_kept)
    app = Dash(
        "dashboards",
        title="CSP Hotspots",
        update_title="",
        pages_folder="",
        use_pages=False,
        serve_locally=True,
        compress=True,
        suppress_callback_exceptions=True,
        assets_folder=str(importlib.resources.files("dashboards") / "assets"),
        index_string=_text_of("index.html"),
    )
    server: Flask = app.server
    app.layout = html.Div(
        [
            dcc.Location(id=ids.URL, refresh=False),
            html.Div(html.P("Loading the page …", className="width loading"), id=ids.PAGE),
            html.Div(id=ids.ANNOUNCE, role="status", className="visually-hidden"),
            dcc.Store(id="page-drawn"),
        ]
    )

    @app.callback(  # type: ignore[untyped-decorator, unused-ignore]
        Output(ids.PAGE, "children"), Input(ids.URL, "pathname"), State(ids.URL, "search")
    )
    def show_page(path: str | None, search: str | None) -> Any:
        return page(library, chosen, path or "/", search or "")

    in_browser: Any = app.clientside_callback
    in_browser(
        ClientsideFunction("hotspots", "pageShown"),
        Output("page-drawn", "data"),
        Input(ids.PAGE, "children"),
    )
    priority.register(app, library, chosen)
    compare.register(app, library, chosen)
    _serve_files(server, library)
    _serve_weights(server, library, chosen)
    _refuse_unknown_pages(server, library)
    callbacks.install(server, app.callback_map, most_bytes=chosen.callback_bytes)
    headers.install(server, headers.content_security_policy(app.csp_hashes()))
    return app
