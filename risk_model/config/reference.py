"""The reference of every key, made from the models (written by `risk_model.config.schema`)."""

from __future__ import annotations

from typing import Any, Literal, get_args, get_origin

import annotated_types

from risk_model.config.base import Model
from risk_model.config.inputs import InputsConfig
from risk_model.config.overrides import plain
from risk_model.config.risk import RiskConfig
from risk_model.config.shape import Key, keys, kinds, known_names

__all__ = ["reference_text"]

_INTRODUCTION = """\
# Configuration reference

Made from the models by `python -m risk_model.config.schema`; a test keeps it fresh. Do not edit it.

How the files are read: UTF-8 YAML, at most 256 KiB. A key that is not listed here, a key given
twice, an alias, anchor, tag or merge key is refused, with the file, the line and the nearest key;
all faults are reported at once. Only `true` and `false` are truth values: `no`, `yes`, `on` and
`off` are text. `1e3` is a number. Keys are always text, so offence codes such as `1E5` stay as
they are.

`<...>` stands for a name of yours or one of a list. For one run a key is changed by
`--set key=value`, for example `--set priorities.sv01.indicators.harm_rate.weight=0.5`; the change
is checked like the file and recorded in the manifest.
"""

_RISK = (
    "What makes an area high-risk. A key that is left out has its default, an empty file "
    "included. In `priorities`, a file that names any priority replaces both defaults."
)
_INPUTS = (
    "Where the official files are. Paths are relative to the data root: the folder above the "
    "file's own, or `--data-root`. An absolute path, `..`, a URL, a GDAL virtual path and a "
    "link that leads out are refused."
)
_FILES: tuple[tuple[str, type[Model], str], ...] = (
    ("config/risk.yaml", RiskConfig, _RISK),
    ("config/inputs.yaml", InputsConfig, _INPUTS),
)


def reference_text() -> str:
    """Return docs/config-reference.md."""
    parts = [_INTRODUCTION]
    for title, model, text in _FILES:
        parts.append(f"\n## {title}\n\n{text}\n\n")
        parts.append("| key | default | range | meaning |\n|---|---|---|---|\n")
        parts += [_row(key) for key in keys(model)]
    return "".join(parts)


def _row(key: Key) -> str:
    cells = (f"`{key.name}`", _default(key), _range(key), key.field.description or "")
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |\n"


def _default(key: Key) -> str:
    if key.field.is_required():
        return "required"
    if _is_group(key):
        return "none" if key.field.get_default() is None else "see below"
    value = plain(key.field.get_default(call_default_factory=True))
    if isinstance(value, dict) and any(isinstance(inner, dict) for inner in value.values()):
        return ", ".join(f"`{name}`" for name in value)
    return _written(value)


def _is_group(key: Key) -> bool:
    return any(isinstance(kind, type) and issubclass(kind, Model) for kind in _options(key))


def _options(key: Key) -> list[Any]:
    return [kind for kind in kinds(key.field.annotation) if kind is not type(None)]


def _written(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "`true`" if value else "`false`"
    if isinstance(value, tuple):
        return f"`[{', '.join(str(item) for item in value)}]`"
    if isinstance(value, dict):
        return "`{" + ", ".join(f"{name}: {inner:g}" for name, inner in value.items()) + "}`"
    if isinstance(value, float):
        return f"`{value:g}`"
    return "empty" if value == "" else f"`{value}`" if len(str(value)) < 40 else f"{value}"


def _range(key: Key) -> str:
    """Say what a value may be: kind, choices, bounds."""
    described = [_kind(kind) for kind in _options(key)]
    return " or ".join(dict.fromkeys(text for text in described if text)) + _bounds(key)


def _kind(kind: Any) -> str:
    if get_origin(kind) is Literal:
        return " or ".join(f"`{name}`" for name in get_args(kind))
    if get_origin(kind) is tuple:
        return f"list of {_items(get_args(kind)[0])}"
    if get_origin(kind) is dict:
        return "named groups" if _holds_group(kind) else "names with a value each"
    if isinstance(kind, type) and issubclass(kind, Model):
        return "group"
    return _WORDS.get(kind, "")


_WORDS: dict[Any, str] = {
    bool: "`true` or `false`",
    int: "whole number",
    float: "number",
    str: "text",
}


def _items(item: Any) -> str:
    """Say what a list holds."""
    if any(isinstance(kind, type) and issubclass(kind, Model) for kind in kinds(item)):
        return "groups"
    names = known_names(item)
    if not names:
        return "text"
    return ", ".join(f"`{name}`" for name in names) if len(names) < 8 else "names (see meaning)"


def _holds_group(kind: Any) -> bool:
    return any(
        isinstance(inner, type) and issubclass(inner, Model) for inner in kinds(get_args(kind)[1])
    )


def _bounds(key: Key) -> str:
    words = {
        annotated_types.Gt: ("more than", "gt"),
        annotated_types.Ge: ("from", "ge"),
        annotated_types.Lt: ("less than", "lt"),
        annotated_types.Le: ("at most", "le"),
    }
    found = []
    for limit in _metadata(key):
        for kind, (word, name) in words.items():
            if type(limit) is kind:
                found.append(f"{word} {getattr(limit, name):,}".removesuffix(".0"))
    return ", " + ", ".join(found) if found else ""


def _metadata(key: Key) -> list[Any]:
    found: list[Any] = list(key.field.metadata)
    for part in get_args(key.field.annotation):
        for extra in getattr(part, "__metadata__", ()):
            found += getattr(extra, "metadata", [])
    return found
