"""`--set key=value`: one setting changed for one run, checked like the file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from risk_model.config.base import Model
from risk_model.config.loader import Document, KeyPath, Place, dotted, parse, short
from risk_model.config.nearest import did_you_mean, nearest
from risk_model.config.shape import every_key, fields_at, keys_at
from spatial.errors import Fault

__all__ = ["OPTION", "apply_overrides"]

OPTION = "--set"


def apply_overrides(document: Document, model: type[Model], overrides: Mapping[str, str]) -> None:
    """Write the overrides into the document; what is wrong with a key is noted there.

    A group that the file leaves out is first filled with its default, so that changing one key
    of a default does not lose the others.
    """
    for key, text in overrides.items():
        path = tuple(key.strip().split("."))
        fault = _unknown(path, document, model) if _plain(path) else "write it as a.b.c=value"
        if fault is not None:
            document.faults.append(Fault(fault, file=OPTION, field=short(key).strip("'")))
            continue
        parsed = parse(f"value: {text}\n".encode("utf-8", "replace"), shown_as=OPTION)
        if parsed.faults or set(parsed.data) != {"value"}:
            message = f"{short(text)} cannot be read as one value; put it in quotes"
            document.faults.append(Fault(message, file=OPTION, field=key))
        elif not _write(document, model, path, parsed.data["value"]):
            document.faults.append(
                Fault(
                    "the file has a single value where this needs a group", file=OPTION, field=key
                )
            )


def _plain(path: tuple[str, ...]) -> bool:
    return all(part.isprintable() and part == part.strip() and part for part in path)


def _unknown(path: tuple[str, ...], document: Document, model: type[Model]) -> str | None:
    """Say which part of a dotted key names nothing, or return None."""
    for end, part in enumerate(path):
        above = path[:end]
        known = keys_at(model, above)
        open_group = bool(fields_at(model, path[: end + 1]))
        if part in known or (open_group and part in _present(document, model, above)):
            continue
        there = known or list(_present(document, model, above))
        if open_group and not there:
            continue
        guess = nearest(part, there)
        if guess is not None:
            whole = dotted((*above, guess, *path[end + 1 :]))
            return f"no key {short(part)}, did you mean {whole}?"
        whole_guess = nearest(".".join(path), every_key(model))
        return f"no key {short(part)}{did_you_mean(part, [whole_guess] if whole_guess else there)}"
    return None


def _present(document: Document, model: type[Model], path: KeyPath) -> Mapping[str, Any]:
    """Return the group at `path` as the file, or else the default, has it."""
    here: Any = document.data
    for index, part in enumerate(path):
        if isinstance(here, Mapping) and part in here:
            here = here[part]
        else:
            here = _default(model, path[: index + 1])
            for inner in path[index + 1 :]:
                here = here.get(inner) if isinstance(here, Mapping) else None
            break
    return here if isinstance(here, Mapping) else {}


def _default(model: type[Model], path: KeyPath) -> Any:
    """Return the default of the key at `path` as plain values."""
    for annotation in fields_at(model, path[:-1]):
        info = getattr(annotation, "model_fields", {}).get(path[-1])
        if info is None or info.is_required():
            continue
        return plain(info.get_default(call_default_factory=True))
    return None


def plain(value: Any) -> Any:
    """Return a value of a model as the mappings, tuples and scalars that a file would hold."""
    if isinstance(value, Model):
        return value.model_dump(mode="python")
    if isinstance(value, Mapping):
        return {key: plain(inner) for key, inner in value.items()}
    return value


def _write(document: Document, model: type[Model], path: KeyPath, value: Any) -> bool:
    here: Any = document.data
    for end, part in enumerate(path[:-1], start=1):
        if here.get(part) is None:
            default = _default(model, path[:end])
            here[part] = default if isinstance(default, dict) else {}
        here = here[part]
        if not isinstance(here, dict):
            return False
    here[path[-1]] = value
    document.spoiled.discard(path)
    document.places[path] = Place(OPTION, None, None)
    return True
