"""What a browser sends to the pages' callbacks, and the texts of what comes back."""

from __future__ import annotations

from typing import Any

from werkzeug.test import Client

UPDATE = "/_dash-update-component"


def body_of(output: str, inputs: list[Any], state: list[Any] | None = None) -> dict[str, Any]:
    """The body of a callback by its output."""

    def part(pair: str) -> dict[str, Any]:
        before, _, after = pair.rpartition(".")
        return {"id": before, "property": after}

    names = output.strip(".").split("...")
    outputs: Any = [part(name) for name in names]
    return {
        "output": output,
        "outputs": outputs if output.startswith("..") else outputs[0],
        "inputs": inputs,
        "changedPropIds": [f"{inputs[0]['id']}.{inputs[0]['property']}"],
        "state": state or [],
    }


def page_body(path: str, search: str = "") -> dict[str, Any]:
    """The body that asks for a page."""
    return body_of(
        "page.children",
        [{"id": "url", "property": "pathname", "value": path}],
        [{"id": "url", "property": "search", "value": search}],
    )


def question(output: str, name: str, text: str) -> dict[str, Any]:
    """The body that asks a page's question."""
    return body_of(output, [{"id": name, "property": "data", "value": text}])


def texts(node: Any) -> list[str]:
    """Every text of a component tree, in order."""
    if isinstance(node, str):
        return [node]
    if isinstance(node, list):
        return [text for child in node for text in texts(child)]
    if isinstance(node, dict) and "props" in node:
        return texts(node["props"].get("children"))
    return []


def ask(client: Client, body: dict[str, Any]) -> Any:
    """Send a body; it must be answered."""
    answer = client.post(UPDATE, json=body)
    assert answer.status_code == 200, answer.text
    return answer.json["response"] if answer.json else None


def page(client: Client, path: str, search: str = "") -> Any:
    """The component tree of a page."""
    return ask(client, page_body(path, search))["page"]["children"]
