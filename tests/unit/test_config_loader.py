"""The YAML loader: scalars mean what people wrote, and nothing of YAML's machinery is read."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from risk_model.config import loader
from risk_model.config.loader import MAXIMUM_BYTES, MAXIMUM_VALUES, parse


def value_of(text: str) -> Any:
    document = parse(f"a: {text}\n".encode(), shown_as="file.yaml")
    assert not document.faults, document.faults
    return document.data["a"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1", 1),
        ("-1", -1),
        ("+2", 2),
        ("0.25", 0.25),
        (".5", 0.5),
        ("1.", 1.0),
        ("1e3", 1000),  # PyYAML reads this as text
        ("1e-3", 0.001),
        ("1.5E3", 1500.0),
        ("99999", 99999),
        ("20261122", 20261122),
        ("true", True),
        ("false", False),
        ("null", None),
        ("~", None),
        ("", None),
    ],
)
def test_numbers_and_words_mean_what_they_say(text: str, expected: object) -> None:
    found = value_of(text)
    assert found == expected
    assert isinstance(found, bool) is isinstance(expected, bool)


@pytest.mark.parametrize(
    "text",
    [
        "no",
        "yes",
        "on",
        "off",
        "No",
        "TRUE",
        "True",
        "NULL",
        "nan",
        "inf",
        "2025-01",
        "2026-11-22",
        "007",
        "00123",
        "0x1F",
        "0o17",
        "1_000",
        "1:30",
        "12e",
        "e5",
        "1,5",
        "=",
        "8N",
    ],
)
def test_everything_else_stays_text(text: str) -> None:
    assert value_of(text) == text


def test_quotes_make_text() -> None:
    assert value_of('"1"') == "1"
    assert value_of("'true'") == "true"
    assert value_of("|\n  1\n") == "1\n"


def test_not_a_number_stays_one_so_that_the_model_can_refuse_it() -> None:
    assert math.isnan(value_of(".nan"))
    assert value_of("-.inf") == -math.inf
    assert value_of("1e999") == math.inf
    assert isinstance(value_of("9" * 5000), str)  # and no quadratic conversion


def test_large_whole_numbers_keep_every_digit() -> None:
    assert value_of("123456789012345678") == 123456789012345678


def test_keys_are_text_exactly_as_written() -> None:
    """Offence codes: 1E5 is no number, 08 loses no zero, no is not False."""
    document = parse(b"1E5: a\n08: b\nno: c\n2025: d\n~: e\n", shown_as="x")
    assert list(document.data) == ["1E5", "08", "no", "2025", "~"]


def test_places_count_lines_from_one() -> None:
    text = b"# first\na:\n  b:\n    1\n  c: [1,\n    2]\n"
    places = parse(text, shown_as="x").places
    found = {key: (place.key_line, place.value_line) for key, place in places.items()}
    assert found[("a",)] == (2, 3)
    assert found[("a", "b")] == (3, 4)
    assert found[("a", "c")] == (5, 5)
    assert found[("a", "c", 1)] == (6, 6)


def test_windows_line_ends_and_a_byte_order_mark_change_nothing() -> None:
    plain = parse(b"a: 1\nb:\n  c: x\n", shown_as="x")
    windows = parse(b"\xef\xbb\xbfa: 1\r\nb:\r\n  c: x\r\n", shown_as="x")
    assert windows.data == plain.data
    assert windows.places == plain.places


def bombs() -> dict[str, bytes]:
    """Return files made to cost time or memory."""
    names = [f"k{number}" for number in range(20)]
    laughs = ["k0: &k0 [x, x, x, x, x, x, x, x, x]"]
    merges = ["k0: &k0 {x: 1}"]
    for before, name in itertools.pairwise(names):
        laughs.append(f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]")
        merges.append(f"{name}: &{name} {{<<: [{', '.join([f'*{before}'] * 9)}]}}")
    fill = MAXIMUM_BYTES - 16
    return {
        "aliases": "\n".join(laughs).encode(),
        "merge keys": "\n".join(merges).encode(),
        "lists in lists": b"a: " + b"[" * fill,
        "groups in groups": b"{a: " * (fill // 4),
        "steps": b"".join(b" " * depth + b"a:\n" for depth in range(700)),
        "dashes": b"- " * (fill // 2),
        "questions": b"? " * (fill // 2),
        "a long list": b"a: [" + b"1," * (fill // 2) + b"]",
        "many keys": "\n".join(f"k{number}: 1" for number in range(24_000)).encode(),
        "many anchors": "\n".join(f"k{n}: &a{n} 1" for n in range(14_000)).encode(),
        "too large": b"a" * (MAXIMUM_BYTES * 40),
    }


@pytest.mark.parametrize("name", bombs())
def test_a_bomb_is_refused_after_little_work(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work is counted, not timed: the parser is stopped after few events, nothing is expanded."""
    events = 0
    real = yaml.parse

    def counted(*args: Any, **options: Any) -> Iterator[yaml.Event]:
        nonlocal events
        for event in real(*args, **options):
            events += 1
            yield event

    monkeypatch.setattr(loader.yaml, "parse", counted)
    document = parse(bombs()[name], shown_as="bomb.yaml")
    assert document.faults
    assert all(str(fault).startswith("bomb.yaml") for fault in document.faults)
    assert events <= 2 * MAXIMUM_VALUES + 10
    assert len(document.faults) <= 50


def test_a_configuration_of_the_usual_size_is_far_from_the_limits() -> None:
    text = "\n".join(f"k{number}: [1, 2]" for number in range(500))
    assert not parse(text.encode(), shown_as="x").faults


def test_comments_of_dashes_and_brackets_are_only_comments() -> None:
    assert not parse(
        b"# - - - - - - - - - - - - - - - -\n# [[[[[[[[[[[[[[[[[[\na: 1\n", shown_as="x"
    ).faults


def test_the_loader_also_works_without_the_compiled_parser(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    text = b"a: 1e3\nb: [x, {c: no}]\nb: 2\nd: *e\n"
    compiled = parse(text, shown_as="x")
    monkeypatch.delattr(yaml, "CSafeLoader")
    plain = parse(text, shown_as="x")
    assert plain.data == compiled.data
    assert plain.faults == compiled.faults
    assert plain.places == compiled.places
