"""A text with a fault, what its message must hold, and whether it does."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from risk_model.config.inputs import load_inputs
from risk_model.config.risk import load_risk
from spatial.errors import ConfigError

MARK = "# <-"


@dataclass(frozen=True)
class Case:
    name: str
    text: str
    words: tuple[str, ...]
    inputs: bool = False


def faults_of(case: Case, folder: Path) -> ConfigError:
    path = folder / "file.yaml"
    path.write_bytes(case.text.encode())
    with pytest.raises(ConfigError) as caught:
        (load_inputs if case.inputs else load_risk)(path)
    return caught.value


def refused_at_its_line(case: Case, folder: Path) -> None:
    """Assert that each fault of the text is named with its line, in words that help."""
    error = faults_of(case, folder)
    lines = [n for n, line in enumerate(case.text.split("\n"), start=1) if MARK in line]
    assert [fault.line for fault in error.faults] == lines, str(error)
    assert {fault.file for fault in error.faults} == {str(folder / "file.yaml")}
    message = str(error)
    assert f"file.yaml:{lines[0]}: " in message
    for word in case.words:
        assert word in message
    assert "pydantic" not in message
    assert "Input should" not in message
