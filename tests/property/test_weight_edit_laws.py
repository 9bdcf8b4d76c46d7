"""Any value changed in any file: it reads back as that value, and every other byte is the same."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from risk_model.config.edit import comment_above, replaced, written
from risk_model.config.loader import MAXIMUM_BYTES, parse

KEYS = st.text("abcdefgh_", min_size=1, max_size=6)
# What a file of settings could hold: no control characters, which the loader refuses.
TEXTS = st.text(
    st.characters(
        codec="utf-8",
        exclude_categories=("Cc", "Cs", "Zl", "Zp"),
        exclude_characters="\ufeff\ufffe\uffff",
    ),
    max_size=20,
)
NUMBERS = st.one_of(st.integers(-9999, 9999), st.integers(-99, 99).map(lambda k: k / 8))
VALUES = st.one_of(
    TEXTS, NUMBERS, st.booleans(), st.none(), st.lists(TEXTS, max_size=3).map(tuple),
    st.dictionaries(KEYS, NUMBERS, max_size=2),
)  # fmt: skip
COMMENTS = st.sampled_from(["", " # why", "   # a: b, 'c' {d}", " # ünïcode"])


def inline(value: Any, style: str) -> str:
    if isinstance(value, str) and style == "single" and value.isprintable():
        return "'" + value.replace("'", "''") + "'"
    return written(value)


@st.composite
def documents(draw: st.DrawFn, depth: int = 0) -> tuple[list[str], dict[str, Any]]:
    """Lines of a block mapping and what it holds, in the styles people write."""
    pad = "  " * depth
    lines: list[str] = []
    data: dict[str, Any] = {}
    for key in draw(st.lists(KEYS, min_size=1, max_size=4, unique=True)):
        if draw(st.booleans()):
            lines += draw(st.sampled_from([[], [""], [f"{pad}# above", "# at the margin"]]))
        comment = draw(COMMENTS)
        kind = draw(st.sampled_from(["inline", "group", "folded", "flow", "empty"]))
        if kind == "group" and depth < 2:
            inner, held = draw(documents(depth + 1))
            lines += [f"{pad}{key}:{comment}", *inner]
            data[key] = held
        elif kind == "folded":
            words = draw(
                st.lists(st.text("abc:#-'", min_size=1, max_size=5), min_size=1, max_size=3)
            )
            lines += [f"{pad}{key}: >-{comment}", *(f"{pad}  {word}" for word in words)]
            data[key] = " ".join(words)
        elif kind == "flow":
            held = draw(st.dictionaries(KEYS, NUMBERS, max_size=3))
            lines.append(f"{pad}{key}: {written(held)}{comment}")
            data[key] = held
        elif kind == "empty":
            lines.append(f"{pad}{key}:{comment}")
            data[key] = None
        else:
            data[key] = draw(st.one_of(TEXTS, NUMBERS, st.booleans()))
            style = draw(st.sampled_from(["plain", "single"]))
            lines.append(f"{pad}{key}: {inline(data[key], style)}{comment}")
    return lines, data


def paths(data: Any, above: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """Every key of groups within groups."""
    found = []
    for key, value in data.items():
        found.append((*above, key))
        if isinstance(value, dict):
            found += paths(value, (*above, key))
    return found


def at(data: Any, path: tuple[str, ...]) -> Any:
    for part in path:
        data = data[part]
    return data


def with_value(data: Any, path: tuple[str, ...], value: Any) -> Any:
    first, rest = path[0], path[1:]
    inner = data.get(first) if data.get(first) is not None else {}
    return {**data, first: with_value(inner, rest, value) if rest else value}


@settings(max_examples=150, deadline=None)
@given(documents(), VALUES, st.data(), st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_one_value_changes_and_nothing_else(
    document: tuple[list[str], dict[str, Any]],
    value: Any,
    data: st.DataObject,
    newline: str,
    ended: bool,
) -> None:
    lines, held = document
    text = newline.join(lines) + (newline if ended else "")
    before = parse(text.encode(), shown_as="")
    assert (before.faults, before.data) == ([], held)
    path = data.draw(st.sampled_from(paths(held)))
    place = before.places[path]
    if isinstance(at(held, path), dict) and place.value_line != place.key_line:
        return  # a group over several lines is refused: see the unit tests
    edited = replaced(text, path, value)
    after = parse(edited.encode(), shown_as="")
    assert (after.faults, after.data) == ([], with_value(held, path, value))
    first = place.key_line - 1  # type: ignore[operator]
    old, new = text.split(newline), edited.split(newline)
    # The lines before the value and those after it are the same bytes.
    assert new[:first] == old[:first]
    rest = len(old) - first - 1
    if re.search(r": >-( |$)", old[first]):
        rest -= len(_folded(old, first))
    assert len(new) == first + 1 + rest
    assert new[first + 1 :] == old[len(old) - rest :] if rest else len(new) == first + 1
    # A comment on the line stays.
    for comment in (" # why", " # a: b, 'c' {d}", " # ünïcode"):
        if old[first].endswith(comment) and "#" not in written(at(held, path)):
            assert new[first].endswith(comment)


def _folded(lines: list[str], first: int) -> list[str]:
    depth = len(lines[first]) - len(lines[first].lstrip())
    found = []
    for line in lines[first + 1 :]:
        if line.strip() and len(line) - len(line.lstrip()) > depth:
            found.append(line)
        else:
            break
    return found


@settings(max_examples=100, deadline=None)
@given(documents(), st.lists(KEYS, min_size=1, max_size=2), VALUES, st.data())
def test_a_key_that_is_left_out_is_added_and_every_line_stays(
    document: tuple[list[str], dict[str, Any]], new: list[str], value: Any, data: st.DataObject
) -> None:
    lines, held = document
    text = "\n".join(lines) + "\n"
    groups = [(), *(p for p in paths(held) if at(held, p) is None or isinstance(at(held, p), dict))]
    above = data.draw(st.sampled_from(groups))
    group = at(held, above)
    path = (*above, *(f"x{key}" for key in new))
    edited = replaced(text, path, value)
    after = parse(edited.encode(), shown_as="")
    assert after.faults == []
    assert after.data == with_value(held, path, value)
    kept = iter(edited.splitlines())
    flow = (
        isinstance(group, dict)
        and above != ()
        and any(line.strip().startswith(f"{above[-1]}: {{") for line in lines)
    )
    if not flow:
        assert all(any(line == other for other in kept) for line in lines)


@settings(max_examples=60, deadline=None)
@given(documents(), TEXTS)
def test_a_comment_changes_no_value(document: tuple[list[str], dict[str, Any]], words: str) -> None:
    lines, held = document
    text = "\n".join(lines) + "\n"
    key = next(iter(held))
    noted = comment_above(text, key, f"reason: {words}")
    assert parse(noted.encode(), shown_as="").data == held
    kept = iter(noted.splitlines())
    assert all(any(line == other for other in kept) for line in lines)


@settings(max_examples=100, deadline=None)
@given(VALUES)
def test_a_value_is_written_as_it_reads(value: Any) -> None:
    for line, wanted in ((f"k: {written(value)}", value), (f"k: [{written(value)}]", (value,))):
        found = parse(line.encode(), shown_as="")
        assert (found.faults, found.data) == ([], {"k": wanted})


@pytest.mark.parametrize("name", ["risk.yaml", "inputs.yaml", "inputs-dorset.yaml"])
def test_every_value_of_our_own_files_can_be_changed(repository: Path, name: str) -> None:
    text = (repository / "config" / name).read_text(encoding="utf-8")
    assert len(text) < MAXIMUM_BYTES
    document = parse(text.encode(), shown_as=name)
    leaves = [p for p in paths(document.data) if not isinstance(at(document.data, p), dict)]
    changed = 0
    for path in leaves:
        if name != "risk.yaml" and isinstance(at(document.data, path), tuple):
            continue  # lists with an item a line
        edited = replaced(text, path, "another value: 1")
        data = parse(edited.encode(), shown_as=name).data
        assert data == with_value(document.data, path, "another value: 1"), path
        changed += 1
    assert changed > 10
