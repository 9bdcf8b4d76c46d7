"""Change values in the text of a YAML file and leave every other byte as it stands.

A file of weights is an argument: its comments say why. Loading it and writing it again would lose
or move them, so values are replaced where they stand. One parser (ruamel.yaml) finds the place;
the caller reads the result with the loader, so that two parsers have to agree on it. The text has
passed the loader before: it holds no alias, anchor, tag or second document.
"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Mapping
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.nodes import CollectionNode, MappingNode, Node, ScalarNode

from risk_model.config.loader import WrittenFloat, WrittenInt, dotted, parse
from spatial.errors import ConfigError, Fault

__all__ = ["comment_above", "replaced", "written"]

_WIDTH = 98


def replaced(text: str, path: tuple[str, ...], value: Any) -> str:
    """Return the text with one value changed, or added where the file leaves the key out.

    Parameters
    ----------
    text
        A file that the loader reads without a fault.
    path
        The keys that lead to the value.
    value
        A plain value: text, number, truth value, None, tuple or mapping of these.

    Raises
    ------
    ConfigError
        Where the value that stands there takes several lines of its own (a group of keys, a list
        with an item a line, comments between items).
    """
    node = _root(text)
    if node is None:
        return _with_end(text) + _block(path, value, 0, _newline(text)) + _newline(text)
    key = node
    for depth, part in enumerate(path):
        if not isinstance(node, MappingNode):
            return _into_nothing(text, key, node, path[depth:], value)
        found = next(((k, v) for k, v in node.value if k.value == part), None)
        if found is None:
            return _added(text, node, path[depth:], value)
        key, node = found
    return _replaced(text, key, node, value, path)


def comment_above(text: str, key: str, words: str) -> str:
    """Return the text with a comment of its own lines above a key of the outermost group."""
    node = _root(text)
    at = 0
    if isinstance(node, MappingNode) and not node.flow_style:
        marks = [k.start_mark.index for k, _ in node.value if k.value == key]
        at = marks[0] if marks else node.start_mark.index
    elif node is not None:
        at = text.rfind("\n", 0, node.start_mark.index) + 1
    lines = [
        line
        for paragraph in words.splitlines()
        for line in textwrap.wrap(paragraph, _WIDTH, break_on_hyphens=False)
    ]
    added = "".join(f"# {line}{_newline(text)}" for line in lines)
    return text[:at] + added + text[at:]


def written(value: Any) -> str:
    """Return a plain value as YAML of one line, safe inside brackets too."""
    if isinstance(value, WrittenInt | WrittenFloat):
        return value.written
    if isinstance(value, Mapping):
        return (
            "{" + ", ".join(f"{written(key)}: {written(item)}" for key, item in value.items()) + "}"
        )
    if isinstance(value, list | tuple):
        return "[" + ", ".join(written(item) for item in value) + "]"
    if isinstance(value, str):
        return value if _plain(value) else json.dumps(value, ensure_ascii=False)
    return json.dumps(value)


def _plain(text: str) -> bool:
    """Say whether a text reads back as itself without quotes, inside brackets and outside."""
    for line, wanted in ((f"value: {text}\n", text), (f"value: [{text}, 1]\n", (text, 1))):
        document = parse(line.encode("utf-8", "replace"), shown_as="")
        if document.faults or document.data != {"value": wanted}:
            return False
    return True


def _root(text: str) -> Node | None:
    node: Node | None = YAML(typ="safe", pure=True).compose(text)
    return node


def _newline(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def _with_end(text: str) -> str:
    return text if not text or text.endswith("\n") else text + _newline(text)


def _line_end(text: str, at: int) -> int:
    """Return where the line that holds `at` ends, before its line break."""
    end = text.find("\n", at)
    if end < 0:
        return len(text)
    return end - 1 if text[end - 1 : end] == "\r" and end > at else end


def _span(text: str, key: Node, node: Node) -> tuple[int, int]:
    """Return where a value starts and ends; one that is not written, right after its colon."""
    start, end = int(node.start_mark.index), int(node.end_mark.index)
    if start == end:  # the parser puts it before whatever comes next
        start = end = text.index(":", key.end_mark.index) + 1
    return start, end


def _replaced(text: str, key: Node, node: Node, value: Any, path: tuple[str, ...]) -> str:
    start, end = _span(text, key, node)
    new = written(value)
    if isinstance(node, ScalarNode):
        if start == end:  # nothing after the colon
            return f"{text[:start]} {new}{text[end:]}"
        if node.style in ("|", ">"):
            block = text[start:end]
            head = block[: _line_end(block, 0)]
            comment = f" {head[head.index('#') :]}" if "#" in head else ""
            return text[:start] + new + comment + block[len(block.rstrip()) :] + text[end:]
        return text[:start] + new + _aligned(text[end:], len(new) - (end - start))
    inside = text[start:end]
    in_brackets = isinstance(node, CollectionNode) and node.flow_style
    if not in_brackets or ("\n" in inside and "#" in inside):
        raise ConfigError(
            Fault(
                "takes several lines in the file; change its keys one by one, or edit the new "
                "file by hand",
                field=dotted(path),
            )
        )
    return text[:start] + new + text[end:]


def _aligned(rest: str, longer: int) -> str:
    """Return what follows a value with the comment of its line in the column where it was."""
    spaces = len(rest) - len(rest.lstrip(" "))
    if not spaces or rest[spaces : spaces + 1] != "#":
        return rest
    return " " * max(1, spaces - longer) + rest[spaces:]


def _block(path: tuple[str, ...], value: Any, column: int, newline: str) -> str:
    """Return keys within keys, one a line from `column` on, the value after the last."""
    lines = [f"{' ' * (column + 2 * depth)}{written(key)}:" for depth, key in enumerate(path)]
    return newline.join(lines) + f" {written(value)}"


def _added(text: str, node: MappingNode, path: tuple[str, ...], value: Any) -> str:
    """Add keys at the end of a group, on a line of their own or inside its brackets."""
    if node.flow_style:
        for key in reversed(path[1:]):
            value = {key: value}
        pair = f"{written(path[0])}: {written(value)}"
        if not node.value:
            at = node.start_mark.index + 1
            return text[:at] + pair + text[at:]
        at = _content_end(text, *node.value[-1])
        return f"{text[:at]}, {pair}{text[at:]}"
    newline = _newline(text)
    at = _line_end(text, _content_end(text, *node.value[-1]))
    column = node.value[0][0].start_mark.column
    return text[:at] + newline + _block(path, value, column, newline) + text[at:]


def _into_nothing(text: str, key: Node, node: Node, path: tuple[str, ...], value: Any) -> str:
    """Add keys to a group that the file names and leaves empty."""
    start, end = _span(text, key, node)
    line = text[text.rfind("\n", 0, start) + 1 : start]
    if start == end and not line[: key.start_mark.column].strip():
        at = _line_end(text, start)
        newline = _newline(text)
        added = _block(path, value, key.start_mark.column + 2, newline)
        return text[:at] + newline + added + text[at:]
    if node.value not in ("", "~", "null"):
        raise ConfigError(
            Fault("the file has a single value where this needs a group", field=dotted(path))
        )
    for part in reversed(path):
        value = {part: value}
    return text[:start] + (" " if start == end else "") + written(value) + text[end:]


def _content_end(text: str, key: Node, node: Node) -> int:
    """Return where the last character of a value stands, comments and line breaks left out."""
    while isinstance(node, CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        key, node = last if isinstance(last, tuple) else (last, last)
    start, end = _span(text, key, node)
    if isinstance(node, ScalarNode) and node.style in ("|", ">"):
        return start + len(text[start:end].rstrip())
    return end
