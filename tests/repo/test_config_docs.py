"""Every key is in the reference, and every configuration that the docs show can be loaded."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from risk_model.config.base import Model
from risk_model.config.inputs import InputsConfig, load_inputs
from risk_model.config.risk import RiskConfig, load_risk
from risk_model.config.shape import keys

REPOSITORY = Path(__file__).resolve().parents[2]
FENCE = re.compile(r"^```yaml\n(.*?)^```", re.MULTILINE | re.DOTALL)
OPTION = re.compile(r"--set[ =]([A-Za-z_][\w.]*)=([^\s`\"']+)")


def documents() -> list[Path]:
    return sorted([*(REPOSITORY / "docs").rglob("*.md"), *REPOSITORY.glob("*.md")])


def snippets(kind: str) -> Iterator[tuple[str, str]]:
    for path in documents():
        for found in FENCE.findall(path.read_text(encoding="utf-8")):
            if found.startswith(f"# config/{kind}.yaml"):
                yield str(path.relative_to(REPOSITORY)), found


@pytest.mark.parametrize("model", [RiskConfig, InputsConfig])
def test_every_key_is_in_the_reference_with_a_meaning(model: type[Model]) -> None:
    text = (REPOSITORY / "docs" / "config-reference.md").read_text(encoding="utf-8")
    rows = {line.split(" | ")[0]: line for line in text.splitlines() if line.startswith("| `")}
    for key in keys(model):
        row = rows.get(f"| `{key.name}`")
        assert row is not None, f"{key.name} is not in docs/config-reference.md"
        cells = [cell.strip() for cell in row.strip("| ").split(" | ")]
        assert len(cells) == 4
        assert all(cells), f"{key.name} lacks a default, a range or a meaning"
        assert key.field.description


@pytest.mark.parametrize("model", [RiskConfig, InputsConfig])
def test_every_group_says_what_it_is(model: type[Model]) -> None:
    assert model.__doc__
    assert all((key.field.description or "").rstrip().endswith((".", ")")) for key in keys(model))


def test_risk_settings_all_have_a_default() -> None:
    assert [key.name for key in keys(RiskConfig) if key.field.is_required()] == []


@pytest.mark.parametrize(("kind", "load"), [("risk", load_risk), ("inputs", load_inputs)])
def test_what_the_docs_show_can_be_loaded(kind: str, load: object, tmp_path: Path) -> None:
    for number, (where, text) in enumerate(snippets(kind)):
        path = tmp_path / f"{number}-{where.replace('/', '-')}.yaml"
        path.write_text(text, encoding="utf-8")
        load(path)  # type: ignore[operator]


def test_every_override_that_the_docs_show_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "risk.yaml"
    path.write_text("")
    shown = [
        found for document in documents() for found in OPTION.findall(document.read_text("utf-8"))
    ]
    assert ("priorities.sv01.indicators.harm_rate.weight", "0.5") in shown
    for key, value in shown:
        if (key, value) != ("key", "value"):
            load_risk(path, {key: value})


def test_the_snippets_are_found_where_they_are() -> None:
    """The search itself: a fence with the agreed first line is seen, another is not."""
    text = "```yaml\n# config/risk.yaml\nversion: a\n```\n\n```yaml\nother: 1\n```\n"
    assert FENCE.findall(text) == ["# config/risk.yaml\nversion: a\n", "other: 1\n"]
