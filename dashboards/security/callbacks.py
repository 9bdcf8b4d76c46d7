"""The guard before Dash's own callback route: a body that no page of ours sends is answered 400.

Dash trusts its own pages: a crafted body would end deep in it as an error of the server. Here
each body is held against the callbacks that the app registered: known output, the very inputs
and states in their order, text of bounded length as values.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from flask import Flask, abort, request

__all__ = ["install", "is_well_formed"]

_PATH: Final = "/_dash-update-component"
_LONGEST_TEXT: Final = 4096
_KEYS: Final = frozenset(
    {"output", "outputs", "inputs", "changedPropIds", "parsedChangedPropsIds", "state"}
)


def _is_known(given: Any, expected: Sequence[Mapping[str, str]]) -> bool:
    """Say whether given properties are the expected ones, in order, with plain values."""
    if not isinstance(given, list) or len(given) != len(expected):
        return False
    for found, known in zip(given, expected, strict=True):
        if not isinstance(found, dict) or not set(found) <= {"id", "property", "value"}:
            return False
        if found.get("id") != known["id"] or found.get("property") != known["property"]:
            return False
        value = found.get("value")
        if value is not None and not (isinstance(value, str) and len(value) <= _LONGEST_TEXT):
            return False
    return True


def _outputs(callback_id: str) -> list[dict[str, str]]:
    """Return the outputs that Dash's name of a callback stands for."""
    names = callback_id.strip(".").split("...") if callback_id.startswith("..") else [callback_id]
    pairs = [name.rpartition(".") for name in names]
    return [{"id": before, "property": after} for before, _, after in pairs]


def is_well_formed(body: Any, callbacks: Mapping[str, Mapping[str, Any]]) -> bool:
    """Say whether a body is one that a page of this app can send.

    Parameters
    ----------
    body
        The parsed JSON body.
    callbacks
        The registered server callbacks by their output (`Dash.callback_map`): each value has
        ``inputs`` and ``state``, lists of ``{"id", "property"}``.
    """
    if not isinstance(body, dict) or not set(body) <= _KEYS:
        return False
    output = body.get("output")
    if not isinstance(output, str) or output not in callbacks:
        return False
    known = callbacks[output]
    if not _is_known(body.get("inputs"), known["inputs"]):
        return False
    if not _is_known(body.get("state", []), known["state"]):
        return False
    expected = _outputs(output)
    outputs = body.get("outputs")
    if outputs != (expected if output.startswith("..") else expected[0]):
        return False
    named = {f"{entry['id']}.{entry['property']}" for entry in known["inputs"]}
    changed = body.get("changedPropIds", [])
    return (
        isinstance(changed, list)
        and all(isinstance(name, str) and name in named for name in changed)
        and isinstance(body.get("parsedChangedPropsIds", []), list)
    )


def install(server: Flask, callbacks: Mapping[str, Mapping[str, Any]], *, most_bytes: int) -> None:
    """Hold every callback body against the registered callbacks before Dash reads it."""
    server.config["MAX_CONTENT_LENGTH"] = most_bytes

    def check_body() -> None:
        if request.path != _PATH or request.method != "POST":
            return
        if request.content_length is None:
            abort(400)
        if request.content_length > most_bytes:
            abort(413)
        try:
            body = request.get_json(silent=True)
        except RecursionError:  # nested deeper than the parser goes
            abort(400)
        if not is_well_formed(body, callbacks):
            abort(400)

    server.before_request(check_body)
