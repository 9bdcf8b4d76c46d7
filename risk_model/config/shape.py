"""The shape of a model: which keys exist where. Serves suggestions, overrides and reference."""

from __future__ import annotations

import types
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from risk_model.config.base import Model, OneOf

__all__ = [
    "Key",
    "every_key",
    "fields_at",
    "keys",
    "keys_at",
    "kinds",
    "known_names",
    "placeholder",
]

_ENTRY = {
    "priorities": "<priority>",
    "indicators": "<indicator>",
    "offences": "<category>",
    "where": "<attribute>",
    "under_reporting_uplift": "<stratum>",
    "offence_categories": "<code>",
}


@dataclass(frozen=True, slots=True)
class Key:
    """One key of a configuration file: its dotted name and what the model says of it."""

    name: str
    field: FieldInfo


def keys(model: type[Model], above: str = "") -> Iterator[Key]:
    """Yield every key of a model in the order of the file; `<...>` stands for a name of yours."""
    for name, info in model.model_fields.items():
        dotted = f"{above}{name}"
        yield Key(dotted, info)
        for inner, suffix in _models(info.annotation, name):
            yield from keys(inner, f"{dotted}{suffix}.")


def every_key(model: type[Model]) -> list[str]:
    """Return the dotted name of every key."""
    return [key.name for key in keys(model)]


def keys_at(model: type[Model], path: Sequence[str | int]) -> list[str]:
    """Return the keys that may stand inside the group at `path`."""
    found: dict[str, None] = {}
    for annotation in fields_at(model, path):
        for kind in kinds(annotation):
            if isinstance(kind, type) and issubclass(kind, Model):
                found.update(dict.fromkeys(kind.model_fields))
            elif get_origin(kind) is dict:
                found.update(dict.fromkeys(known_names(get_args(kind)[0])))
    return list(found)


def known_names(annotation: Any) -> tuple[str, ...]:
    """Return the names that a key or value may take, where they are a closed list."""
    if get_origin(annotation) is Literal:
        return tuple(str(name) for name in get_args(annotation))
    if get_origin(annotation) is Annotated:
        for extra in annotation.__metadata__:
            if isinstance(extra, OneOf):
                return extra.known
    return ()


def fields_at(model: type[Model], path: Sequence[str | int]) -> list[Any]:
    """Return the annotations that a value at `path` may have; empty where no such key exists."""
    here: list[Any] = [model]
    for part in path:
        inner: list[Any] = []
        for annotation in here:
            for kind in kinds(annotation):
                inner += _inside(kind, part)
        here = inner
    return here


def placeholder(annotation: Any, examples: Sequence[Any] | None = None) -> Any:
    """Return a value that passes, for one that was refused and has no default."""
    if examples:
        return examples[0]
    for kind in kinds(annotation):
        if isinstance(kind, type) and issubclass(kind, Model):
            return {
                name: placeholder(info.annotation, info.examples)
                for name, info in kind.model_fields.items()
                if info.is_required()
            }
        if get_origin(kind) is tuple:
            return ()
    return "placeholder"


def _inside(kind: Any, part: str | int) -> list[Any]:
    if isinstance(kind, type) and issubclass(kind, Model):
        info = kind.model_fields.get(str(part))
        return [] if info is None or isinstance(part, int) else [info.annotation]
    if get_origin(kind) is dict and isinstance(part, str):
        return [get_args(kind)[1]]
    if get_origin(kind) is tuple and isinstance(part, int):
        return [get_args(kind)[0]]
    return []


def kinds(annotation: Any) -> list[Any]:
    """Unwrap `Annotated` and unions to the types themselves."""
    if get_origin(annotation) is Annotated:
        return kinds(get_args(annotation)[0])
    if get_origin(annotation) in {Union, types.UnionType}:
        return [kind for part in get_args(annotation) for kind in kinds(part)]
    return [annotation]


def _models(annotation: Any, name: str) -> Iterator[tuple[type[Model], str]]:
    """Yield the models inside an annotation and what stands between it and their keys."""
    for kind in kinds(annotation):
        if isinstance(kind, type) and issubclass(kind, Model):
            yield kind, ""
        elif get_origin(kind) is dict:
            for inner, suffix in _models(get_args(kind)[1], name):
                yield inner, f".{_ENTRY.get(name, '<name>')}{suffix}"
        elif get_origin(kind) is tuple:
            for inner, suffix in _models(get_args(kind)[0], name):
                yield inner, f"[]{suffix}"
