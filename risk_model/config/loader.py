"""YAML read with line numbers, closed to everything that makes YAML surprising.

PyYAML's own `safe_load` keeps the last of two equal keys, reads `no` as False and `1e3` as text,
and spends seconds on a merge-key bomb of 351 bytes. This loader works on the parser's events, so
nothing is ever expanded: no aliases, anchors, merge keys, tags or directives, limited size, depth
and number of values, and a duplicate key is a fault that names both lines. All faults of a file
are collected; `Document.faults` carries them to the reader that knows what the keys mean.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import yaml

from spatial.errors import Fault

__all__ = [
    "MAXIMUM_BYTES",
    "MAXIMUM_DEPTH",
    "Document",
    "KeyPath",
    "Place",
    "WrittenFloat",
    "WrittenInt",
    "dotted",
    "parse",
    "read_document",
    "short",
]

MAXIMUM_BYTES = 256 * 1024
MAXIMUM_DEPTH = 12
MAXIMUM_VALUES = 4_000  # a real configuration holds a few hundred; parsing stops here
MAXIMUM_FAULTS = 50  # of the file's structure; a file with more is not a configuration file

_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})")
_DECIMAL = re.compile(r"[-+]?(\.[0-9]+|(0|[1-9][0-9]*)(\.[0-9]*)?)([eE][-+]?[0-9]{1,6})?")
_SPECIAL = {".nan": "nan", ".inf": "inf", "+.inf": "inf", "-.inf": "-inf"}
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x80-\x84\x86-\x9f\u2028\u2029\ufeff]")

KeyPath = tuple[str | int, ...]


class WrittenInt(int):
    """A whole number that remembers how it was written, for keys that want text."""

    written: str

    def __new__(cls, text: str) -> Self:
        """Make the number that `text` spells."""
        value = super().__new__(cls, text if _INTEGER.fullmatch(text) else int(float(text)))
        value.written = text
        return value


class WrittenFloat(float):
    """A decimal number that remembers how it was written, for keys that want text."""

    written: str

    def __new__(cls, text: str) -> Self:
        """Make the number that `text` spells."""
        value = super().__new__(cls, _SPECIAL.get(text.lower(), text))
        value.written = text
        return value


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value was written: lines count from 1; None where it came from an option."""

    file: str
    key_line: int | None
    value_line: int | None


@dataclass(slots=True)
class Document:
    """What one file says: plain mappings, tuples and scalars, and where each was written.

    `spoiled` holds the paths whose value was refused here (an alias, a second value for a key),
    so that later checks do not complain about them again.
    """

    shown_as: str
    data: dict[str, Any] = field(default_factory=dict)
    places: dict[KeyPath, Place] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    spoiled: set[KeyPath] = field(default_factory=set)


def short(value: object, limit: int = 60) -> str:
    """Return a value as it can stand in a message: one line, quoted when text, cut when long."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, WrittenInt | WrittenFloat):
        text = value.written
    elif isinstance(value, str):
        text = ascii(value) if not value.isprintable() else f"'{value}'"
    elif isinstance(value, dict):
        return "a group of keys"
    elif isinstance(value, tuple | list):
        return f"a list of {len(value)}"
    else:
        text = str(value)
    return text if len(text) <= limit else f"{text[: limit - 3]}..."


def read_document(path: Path, *, shown_as: str | None = None) -> Document:
    """Read a YAML file; faults are in the document, never raised.

    `shown_as` is the name used in messages (the path as the user gave it).
    """
    name = shown_as if shown_as is not None else str(path)
    try:
        with path.open("rb") as stream:
            content = stream.read(MAXIMUM_BYTES + 1)
    except IsADirectoryError:
        return _refused(name, "is a folder; give the YAML file itself")
    except FileNotFoundError:
        return _refused(name, "there is no such file")
    except OSError as error:
        return _refused(name, f"cannot be read: {error.strerror or error}")
    return parse(content, shown_as=name)


def parse(content: bytes, *, shown_as: str) -> Document:
    """Parse the bytes of a YAML file into a `Document`."""
    if len(content) > MAXIMUM_BYTES:
        return _refused(
            shown_as, f"larger than {MAXIMUM_BYTES // 1024} KiB; a configuration file is small"
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return _refused(
            shown_as,
            f"byte {error.object[error.start]:#04x} is not UTF-8; save the file as UTF-8",
            line=content.count(b"\n", 0, error.start) + 1,
        )
    if (odd := _CONTROL.search(text)) is not None:
        return _refused(
            shown_as,
            f"control character {odd[0]!a}; remove it",
            line=text.count("\n", 0, odd.start()) + 1,
        )
    document = Document(shown_as)
    _Builder(document).build(text)
    document.faults.sort(key=lambda fault: fault.line or 0)
    return document


def _refused(shown_as: str, message: str, line: int | None = None) -> Document:
    document = Document(shown_as)
    document.faults.append(Fault(message, file=shown_as, line=line))
    document.spoiled.add(())
    return document


def _line(event: yaml.Event) -> int:
    return 0 if event.start_mark is None else event.start_mark.line + 1


class _Stop(Exception):  # noqa: N818 - control flow inside this module, never seen outside
    """The file cannot be read any further; its fault is noted."""


class _Builder:
    """Turns parser events into plain values, noting faults on the way."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.values = 0

    def build(self, text: str) -> None:
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        try:
            self._document(yaml.parse(text, Loader=loader))
        except _Stop:
            self.document.spoiled.add(())
        except yaml.MarkedYAMLError as error:
            mark = _mark(error)
            self._fault(_syntax(error, text), None if mark is None else mark.line + 1)
            self.document.spoiled.add(())
        except yaml.YAMLError as error:
            self._fault(f"not YAML: {error}", None)
            self.document.spoiled.add(())

    def _fault(self, message: str, line: int | None, path: KeyPath = ()) -> None:
        self.document.faults.append(
            Fault(message, file=self.document.shown_as, line=line, field=dotted(path) or None)
        )
        if len(self.document.faults) >= MAXIMUM_FAULTS:
            raise _Stop

    def _document(self, events: Iterator[yaml.Event]) -> None:
        read = False
        self.document.places[()] = Place(self.document.shown_as, 1, 1)
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                line = _line(event)
                if event.version or event.tags:
                    self._fault("%YAML and %TAG directives are not read; delete them", line)
                if read:
                    self._fault("a second document (---) is not read; keep one", line)
                    raise _Stop
            elif isinstance(event, yaml.NodeEvent):
                line = _line(event)
                value = self._value(event, events, ())
                read = True
                if isinstance(value, dict):
                    self.document.data = value
                elif value is not None:
                    self._fault("expected keys and values, such as `version: first`", line)

    def _value(self, event: yaml.Event, events: Iterator[yaml.Event], path: KeyPath) -> Any:
        """Return the plain value that starts at `event`; refuse what is not plain."""
        line = _line(event)
        self.values += 1
        if self.values > MAXIMUM_VALUES:
            self._fault(f"more than {MAXIMUM_VALUES} values; a configuration file is small", line)
            raise _Stop
        if len(path) > MAXIMUM_DEPTH:
            self._fault(f"nested deeper than {MAXIMUM_DEPTH} levels; nothing here needs that", line)
            raise _Stop
        if isinstance(event, yaml.AliasEvent):
            self._spoil(
                f"alias *{_name(str(event.anchor))} is not read; write the value out", line, path
            )
            return None
        anchor = getattr(event, "anchor", None)
        tag = getattr(event, "tag", None)
        if anchor is not None:
            # The value itself is there to be checked, so its path is not spoiled.
            self._fault(f"anchor &{_name(anchor)} is not read; delete it", line, path)
        if tag is not None:
            self._spoil(f"tag {short(tag)} is not read; delete it", line, path)
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(events, path)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._sequence(events, path)
        return _scalar(event) if isinstance(event, yaml.ScalarEvent) else None

    def _mapping(self, events: Iterator[yaml.Event], path: KeyPath) -> dict[str, Any]:
        mapping: dict[str, Any] = {}
        for event in events:
            if isinstance(event, yaml.MappingEndEvent):
                break
            line = _line(event)
            key = self._key(event, events, path)
            value_event = next(events)
            here = (*path, key if key is not None else "?")
            value = self._value(value_event, events, here)
            if key is None:
                continue
            if key in mapping:
                first = self.document.places[here].key_line
                self._spoil(
                    f"key {_name(key)} is given twice, on line {first} and line {line}; keep one",
                    line,
                    here,
                )
                continue
            mapping[key] = value
            value_line = line if value is None else _line(value_event)
            place = Place(self.document.shown_as, line, value_line)
            self.document.places[here] = place
        return mapping

    def _key(self, event: yaml.Event, events: Iterator[yaml.Event], path: KeyPath) -> str | None:
        """Return a key as text, exactly as written: offence codes such as 1E5 stay text."""
        line = _line(event)
        if not isinstance(event, yaml.ScalarEvent):
            self._value(event, events, (*path, "?"))
            self._fault("a key must be plain text", line, path)
            return None
        if event.anchor is not None:
            self._fault(f"anchor &{_name(event.anchor)} is not read; delete it", line, path)
        if event.tag is not None:
            self._fault(f"tag {short(event.tag)} is not read; delete it", line, path)
        text = str(event.value)
        if text == "<<" and not event.style:
            self._fault("merge key << is not read; write the keys out", line, path)
            return None
        return text

    def _sequence(self, events: Iterator[yaml.Event], path: KeyPath) -> tuple[Any, ...]:
        items: list[Any] = []
        for event in events:
            if isinstance(event, yaml.SequenceEndEvent):
                break
            line = _line(event)
            here = (*path, len(items))
            # The place is noted first and the value second: an item has no key of its own.
            self.document.places[here] = Place(self.document.shown_as, line, line)
            items.append(self._value(event, events, here))
        return tuple(items)

    def _spoil(self, message: str, line: int, path: KeyPath) -> None:
        self.document.spoiled.add(path)
        self._fault(message, line, path)


def _scalar(event: yaml.ScalarEvent) -> Any:
    """Read a scalar: only true/false are truth values, 1e3 is a number, 007 and `no` are text."""
    text = str(event.value)
    if event.style:  # quoted, or a block: text as it stands
        return text
    if text in {"", "~", "null"}:
        return None
    if text in {"true", "false"}:
        return text == "true"
    if _INTEGER.fullmatch(text):
        return WrittenInt(text)
    if text.lower() in _SPECIAL or (len(text) < 400 and _DECIMAL.fullmatch(text)):
        number = WrittenFloat(text)
        # 1e5 is how people write a large whole number; 5.0 is not.
        whole = "." not in text and number.is_integer() and abs(number) < 2**53
        return WrittenInt(text) if whole else number
    return text


def _mark(error: yaml.MarkedYAMLError) -> yaml.Mark | None:
    """Return where to look: a bracket or quote that never closes is wrong where it opens."""
    opened = "flow" in (error.context or "") or "quoted" in (error.context or "")
    first, second = error.problem_mark, error.context_mark
    return (second or first) if opened else (first or second)


def _syntax(error: yaml.MarkedYAMLError, text: str) -> str:
    """Say a syntax error in words that name the usual cause."""
    problem = error.problem or "cannot be read as YAML"
    mark = error.problem_mark
    lines = text.splitlines()
    if mark is not None and mark.line < len(lines) and "\t" in lines[mark.line]:
        return "a tab is used where YAML needs spaces; replace it with spaces"
    where = f" ({error.context})" if error.context else ""
    return (
        f"not YAML: {problem}{where}; check indentation, colons, quotes and brackets"
        " on and above this line"
    )


def dotted(path: KeyPath) -> str:
    """Return a path as people write it: `priorities.sv01.tiers.strong.needs[0]`."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += f".{_name(part)}" if text else _name(part)
    return text


def _name(key: str) -> str:
    """Return a key as it can stand in a message."""
    shown = key if key.isprintable() else ascii(key)[1:-1]
    return shown if len(shown) <= 60 else f"{shown[:57]}..."
