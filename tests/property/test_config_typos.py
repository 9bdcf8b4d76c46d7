"""Laws of the configuration: a slip of one letter is understood, and nothing is a traceback."""

from __future__ import annotations

import random
import string
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from risk_model.config.base import Model
from risk_model.config.inputs import InputsConfig, load_inputs
from risk_model.config.loader import parse
from risk_model.config.names import ATTRIBUTES, INDICATORS, STRANDS
from risk_model.config.nearest import edit_distance, nearest
from risk_model.config.risk import RiskConfig, load_risk
from risk_model.config.shape import every_key, keys_at
from spatial.categories import CATEGORIES
from spatial.errors import ConfigError, Fault

NAMES = {
    "<priority>": "sv01",
    "<indicator>": "harm_rate",
    "<category>": "robbery",
    "<attribute>": "weapon",
    "<stratum>": "rural",
    "<code>": "8N",
}
LETTERS = string.ascii_lowercase + "_"
EDITS_A_KEY = 10


@dataclass(frozen=True)
class Slip:
    """A name, one edit away from itself, and the groups above it."""

    meant: str
    written: str
    above: tuple[str | int, ...]


def one_edit(name: str, random_: random.Random) -> str:
    """Return the name with one letter dropped, added, changed or swapped with the next."""
    while True:
        at = random_.randrange(len(name))
        letter = random_.choice(LETTERS)
        kind = random_.randrange(4)
        edited = {
            0: name[:at] + name[at + 1 :],
            1: name[:at] + letter + name[at:],
            2: name[:at] + letter + name[at + 1 :],
            3: name[:at] + name[at : at + 2][::-1] + name[at + 2 :],
        }[kind]
        if edited and edited != name and not edited[0].isdigit():
            return edited


def path_of(dotted: str) -> tuple[str | int, ...]:
    parts: list[str | int] = []
    for part in dotted.split("."):
        parts.append(NAMES.get(part, part.removesuffix("[]")))
        if part.endswith("[]"):
            parts.append(0)
    return tuple(parts)


def nested(path: tuple[str | int, ...], value: Any) -> Any:
    for part in reversed(path):
        value = [value] if isinstance(part, int) else {part: value}
    return value


def slips(model: type[Model], seed: int) -> Iterator[Slip]:
    random_ = random.Random(seed)
    for dotted in every_key(model):
        *above, name = path_of(dotted)
        assert isinstance(name, str)
        known = keys_at(model, above)
        for _ in range(EDITS_A_KEY):
            written = one_edit(name, random_)
            if written not in known:
                yield Slip(name, written, tuple(above))


@pytest.mark.parametrize(
    ("model", "load", "seed"), [(RiskConfig, load_risk, 1), (InputsConfig, load_inputs, 2)]
)
def test_a_slip_in_any_key_is_understood(
    model: type[Model], load: Callable[[Path], Model], seed: int, tmp_path: Path
) -> None:
    """At least 95 of 100 slips of one letter, over every key there is, get the right key."""
    path = tmp_path / "file.yaml"
    wrong: list[str] = []
    tried = 0
    for slip in slips(model, seed):
        path.write_text(yaml.safe_dump(nested((*slip.above, slip.written), 1)))
        with pytest.raises(ConfigError) as caught:
            load(path)
        tried += 1
        message = str(caught.value)
        if f"did you mean {slip.meant}?" not in message:
            wrong.append(f"{slip.above} {slip.written} for {slip.meant}: {message}")
    assert tried > 250
    assert len(wrong) <= 0.05 * tried, "\n".join(wrong)


@pytest.mark.parametrize("known", [CATEGORIES, INDICATORS, STRANDS, ATTRIBUTES])
def test_a_slip_in_any_name_is_understood(known: tuple[str, ...]) -> None:
    random_ = random.Random(3)
    slips_ = [(name, one_edit(name, random_)) for name in known for _ in range(30)]
    wrong = [(meant, written) for meant, written in slips_ if nearest(written, known) != meant]
    assert len(wrong) <= 0.05 * len(slips_), wrong


def faults_of(load: Callable[[], object]) -> tuple[Fault, ...]:
    """Return the faults of a refusal, none where there was no refusal; let all else through."""
    try:
        load()
    except ConfigError as error:
        return error.faults
    return ()


names = st.text(alphabet="abc_", max_size=6)


def distance_by_recursion(a: str, b: str) -> int:
    """The definition, as slow as it is obvious."""
    if not a or not b:
        return len(a) + len(b)
    found = [
        distance_by_recursion(a[:-1], b) + 1,
        distance_by_recursion(a, b[:-1]) + 1,
        distance_by_recursion(a[:-1], b[:-1]) + (a[-1] != b[-1]),
    ]
    if len(a) > 1 and len(b) > 1 and a[-1] == b[-2] and a[-2] == b[-1]:
        found.append(distance_by_recursion(a[:-2], b[:-2]) + 1)
    return min(found)


@settings(max_examples=60, deadline=None)
@given(names, names)
def test_edit_distance_follows_its_definition(a: str, b: str) -> None:
    assert edit_distance(a, b) == distance_by_recursion(a, b)
    assert edit_distance(a, b) == edit_distance(b, a)
    assert (edit_distance(a, b) == 0) == (a == b)


@settings(max_examples=100, deadline=None)
@given(names)
def test_a_suggestion_is_a_known_name_and_near(name: str) -> None:
    known = ("abc", "a_c", "cab", "weight", "why")
    found = nearest(name, known)
    assert found is None or (found in known and edit_distance(name, found) <= 2)
    assert nearest(name.upper(), known) == found


scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=8),
    st.sampled_from(["harm", "2 of 3", "robbery"]),
)
known_keys = st.sampled_from(
    sorted(
        {key.rpartition(".")[2].removesuffix("[]") for key in every_key(RiskConfig)}
        | {"sv01", "harm_rate", "robbery"}
    )
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(known_keys | st.text(max_size=5), inner, max_size=4),
    ),
    max_leaves=12,
)


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(values)
def test_any_values_are_read_or_refused_in_words(tmp_path: Path, value: Any) -> None:
    path = tmp_path / "any.yaml"
    path.write_text(yaml.safe_dump(value), encoding="utf-8")
    for load in (load_risk, load_inputs):
        faults = faults_of(lambda load=load: load(path))
        assert all(fault.file == str(path) for fault in faults)


@settings(max_examples=300, deadline=None)
@given(
    st.one_of(
        st.binary(max_size=200),
        st.text(alphabet="ab:-?[]{},&*!|>'\"%@#\n\t 1.", max_size=80).map(str.encode),
    )
)
def test_any_bytes_become_a_document_with_faults_or_without(content: bytes) -> None:
    document = parse(content, shown_as="any.yaml")
    assert isinstance(document.data, dict)
    assert all(fault.line is None or fault.line >= 1 for fault in document.faults)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.text(max_size=12), st.text(max_size=12))
def test_any_override_is_taken_or_refused_in_words(tmp_path: Path, key: str, value: str) -> None:
    path = tmp_path / "risk.yaml"
    path.write_text("")
    for dotted in (key, f"priorities.{key}", "version", "uncertainty.draws"):
        faults = faults_of(lambda dotted=dotted: load_risk(path, {dotted: value}))
        assert all(fault.file == "--set" for fault in faults)
