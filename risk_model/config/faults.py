"""Checks a document against a model and words what is wrong: `file:line: key: message`.

Finding is pydantic's; wording, lines and the nearest key are ours. Where some values are wrong
they are left out and the rest is checked again, so that the checks across keys run too and all
faults of a file are reported in one pass.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from risk_model.config.base import Model
from risk_model.config.loader import Document, KeyPath, dotted, short
from risk_model.config.nearest import edit_distance, nearest
from risk_model.config.shape import every_key, fields_at, keys_at, kinds, placeholder
from spatial.errors import ConfigError, Fault

__all__ = ["CrossFault", "validated"]

M = TypeVar("M", bound=Model)
MAXIMUM_WORDED = 200  # a file with more faults is another kind of file
PASSES = 6  # leaving a bad value out can uncover another one above it, at most once a level


@dataclass(frozen=True, slots=True)
class CrossFault:
    """Two settings that do not go together, at the path of the one to change."""

    path: KeyPath
    message: str


def validated(
    document: Document,
    model: type[M],
    cross_checks: Callable[[M], Iterable[CrossFault]],
) -> M:
    """Return the document as a `model`.

    Raises
    ------
    ConfigError
        With every fault of the document, in order of lines.
    """
    faults = list(document.faults)
    left_out: set[KeyPath] = set(document.spoiled)
    data = _without(document.data, left_out, model)
    config: M | None = None
    for _ in range(PASSES if () not in document.spoiled else 0):
        try:
            config = model.model_validate(data)
            break
        except ValidationError as error:
            found = _found(error, data)
            faults += _worded(found[:MAXIMUM_WORDED], document, model, left_out)
            if len(found) > MAXIMUM_WORDED:
                more = len(found) - MAXIMUM_WORDED
                faults.append(Fault(f"and {more} more faults", file=document.shown_as))
            paths = {path for path, _ in found}
            left_out |= paths
            data = _without(data, paths, model)
    if config is not None:
        for fault in cross_checks(config):
            if not any(_touches(fault.path, path) for path in left_out):
                faults.append(fault_at(document, fault.path, fault.message))
    if faults or config is None:
        faults.sort(key=lambda fault: (fault.file or "", fault.line or 0))
        raise ConfigError(faults)
    return config


def fault_at(document: Document, path: KeyPath, message: str, *, at_key: bool = False) -> Fault:
    """Return a fault at the line of a value (or its key), or of the nearest group above it."""
    place = None
    for end in range(len(path), -1, -1):
        place = document.places.get(path[:end])
        if place is not None:
            at_key = at_key or end < len(path) or isinstance(_at(document.data, path), dict)
            break
    line = None if place is None else (place.key_line if at_key else place.value_line)
    return Fault(
        message,
        file=document.shown_as if place is None else place.file,
        line=line,
        field=dotted(path) or None,
    )


def _found(error: ValidationError, data: Mapping[str, Any]) -> list[tuple[KeyPath, ErrorDetails]]:
    """Return pydantic's errors with the path in the document of each."""
    return [
        (_document_path(detail["loc"], data), detail)
        for detail in error.errors(include_url=False, include_context=True)
    ]


def _document_path(loc: tuple[str | int, ...], data: Any) -> KeyPath:
    """Drop what pydantic adds to a path: union tags `<...>` and `[key]`."""
    path: list[str | int] = []
    here = data
    for part in loc:
        if isinstance(part, str) and (part == "[key]" or part.startswith("<")):
            inside = isinstance(here, Mapping) and part in here
            if not inside:
                continue
        path.append(part)
        here = _step(here, part)
    return tuple(path)


def _worded(
    found: list[tuple[KeyPath, ErrorDetails]],
    document: Document,
    model: type[Model],
    left_out: set[KeyPath],
) -> list[Fault]:
    faults: list[Fault] = []
    unknown = {path for path, detail in found if detail["type"] == "extra_forbidden"}
    missing = {path for path, detail in found if detail["type"] == "missing"}
    guesses = {path: nearest(str(path[-1]), keys_at(model, path[:-1])) for path in unknown}
    meant = {(*path[:-1], guess) for path, guess in guesses.items() if guess is not None}
    for path, detail in found:
        if any(_touches(path, other) for other in left_out):
            continue
        if path in missing and path in meant:
            continue  # its misspelling is reported; one slip, one fault
        if path in unknown:
            message = _unknown_key(path, guesses[path], model)
            faults.append(fault_at(document, path, message, at_key=True))
        else:
            at_key = "[key]" in detail["loc"]
            faults.append(fault_at(document, path, _words(detail), at_key=at_key))
    return faults


def _unknown_key(path: KeyPath, guess: str | None, model: type[Model]) -> str:
    name = str(path[-1])
    homes = [home for home in every_key(model) if home.rpartition(".")[2] == name]
    if guess is not None and (not homes or edit_distance(name, guess) == 1):
        return f"unknown key, did you mean {guess}?"
    if homes:
        return f"unknown key here, did you mean {homes[0]}?"
    known = keys_at(model, path[:-1])
    return f"unknown key; known here: {', '.join(known)}" if known else "unknown key"


def _words(detail: ErrorDetails) -> str:
    """Say what is wrong with a value, and what would be right."""
    kind, value = detail["type"], detail["input"]
    limits: Mapping[str, Any] = detail.get("ctx") or {}
    shown = short(value)
    wanted = _WANTED.get(kind)
    if kind == "ours":
        return str(limits["message"])
    if kind == "missing":
        return "missing; this key has no default"
    if kind == "finite_number":
        return f"{shown} is not a finite number; give a plain number such as 0.25"
    if kind in _BOUNDS:
        return f"{shown} is out of range; it must be {_BOUNDS[kind].format(**limits)}"
    if kind in {"literal_error", "enum"}:
        return _choice(value, str(limits.get("expected", "")))
    if kind in {"too_short", "string_too_short"}:
        return "is empty; give at least one"
    if kind in {"too_long", "string_too_long"}:
        return f"is too long; at most {limits.get('max_length', '')}"
    if kind == "string_type" and isinstance(value, dict):
        return "a group of keys is not text; text that holds a colon and a space needs quotes"
    if wanted is not None:
        given = "nothing is given" if value is None else f"{shown} is {_kind_of(value)}"
        return f"{given}; {wanted} is needed"
    return f"{shown}: {detail['msg']}"


def _choice(value: object, expected: str) -> str:
    choices = [part.strip().strip("'") for part in expected.replace(" or ", ", ").split(",")]
    guess = nearest(value, choices) if isinstance(value, str) else None
    tail = f", did you mean {guess}?" if guess else ""
    if len(choices) == 1:
        return f"{short(value)} is not {choices[0]} or a group of keys{tail}"
    return f"{short(value)} is not one of {', '.join(choices)}{tail}"


def _kind_of(value: object) -> str:
    if isinstance(value, bool):
        return "a truth value"
    if isinstance(value, str):
        return "text"
    if isinstance(value, int | float):
        return "a number"
    return "not a single value"


_WANTED = {
    "float_type": "a number without quotes",
    "float_parsing": "a number without quotes",
    "int_type": "a whole number without quotes",
    "int_from_float": "a whole number",
    "int_parsing": "a whole number without quotes",
    "bool_type": "true or false",
    "string_type": "text",
    "tuple_type": "a list, such as [a, b]",
    "dict_type": "a group of keys",
    "model_type": "a group of keys",
    "model_attributes_type": "a group of keys",
    "mapping_type": "a group of keys",
}
_BOUNDS = {
    "greater_than": "more than {gt:g}",
    "greater_than_equal": "{ge:g} or more",
    "less_than": "less than {lt:g}",
    "less_than_equal": "{le:g} or less",
}


def _step(here: Any, part: str | int) -> Any:
    if isinstance(here, Mapping):
        return here.get(part)
    if isinstance(here, tuple) and isinstance(part, int) and part < len(here):
        return here[part]
    return None


def _at(data: Any, path: KeyPath) -> Any:
    for part in path:
        data = _step(data, part)
    return data


def _without(data: Any, paths: set[KeyPath], model: type[Model], here: KeyPath = ()) -> Any:
    """Return the data less the values at `paths`; one without a default gets a placeholder."""
    if isinstance(data, Mapping):
        left = {
            key: _without(value, paths, model, (*here, key))
            for key, value in data.items()
            if (*here, key) not in paths
        }
        return {**left, **_placeholders(model, here, {*data, *_named(paths, here)} - {*left})}
    if isinstance(data, tuple):
        return tuple(
            _stand_in(model, (*here, index))
            if (*here, index) in paths
            else _without(item, paths, model, (*here, index))
            for index, item in enumerate(data)
            if (*here, index) not in paths or _stand_in(model, (*here, index)) is not None
        )
    return data


def _named(paths: set[KeyPath], here: KeyPath) -> set[str]:
    """Return the keys directly inside the group at `here` that `paths` names."""
    depth = len(here) + 1
    return {str(path[-1]) for path in paths if len(path) == depth and path[:-1] == here}


def _placeholders(model: type[Model], here: KeyPath, names: set[Any]) -> dict[str, Any]:
    """Return a stand-in for each of `names` that has no default in the group at `here`."""
    found: dict[str, Any] = {}
    for annotation in fields_at(model, here):
        for kind in kinds(annotation):
            if isinstance(kind, type) and issubclass(kind, Model):
                for name in names & set(kind.model_fields):
                    if kind.model_fields[name].is_required():
                        found[name] = _stand_in_for(kind.model_fields[name])
    return found


def _stand_in_for(info: FieldInfo) -> Any:
    return placeholder(info.annotation, info.examples)


def _stand_in(model: type[Model], path: KeyPath) -> Any:
    """Return what stands for a refused item of a list; None where it can just be left out."""
    for annotation in fields_at(model, path):
        made = placeholder(annotation)
        if isinstance(made, dict):
            return made
    return None


def _touches(path: KeyPath, other: KeyPath) -> bool:
    """Tell whether one path lies on the other: equal, above or below."""
    shared = min(len(path), len(other))
    return path[:shared] == other[:shared]
