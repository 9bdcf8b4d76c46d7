"""`hotspots validate`: one command makes the figures of the document again, section by section."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from dashboards.cli.main import app
from dashboards.cli.sections import command_text, with_section
from spatial.errors import ConfigError

KEYS = ("calibrate", "backtest", "claims", "lists")
DOCUMENT = "\n\n".join(
    f"## {key}\n\n<!-- {key}: begin -->\nold\n<!-- {key}: end -->" for key in KEYS
)


@pytest.fixture
def document(tmp_path: Path) -> Path:
    path = tmp_path / "validation.md"
    path.write_text(DOCUMENT, encoding="utf-8")
    return path


def between(text: str, key: str) -> str:
    return text.split(f"<!-- {key}: begin -->")[1].split(f"<!-- {key}: end -->", maxsplit=1)[0]


def test_the_back_test_is_written_with_what_follows_from_it(
    document: Path, repository: Path
) -> None:
    inputs = str(repository / "config" / "inputs.yaml")
    result = CliRunner().invoke(
        app,
        [
            *("validate", "--part", "backtest", "--to", str(document)),
            *("--config", str(repository / "config" / "risk.yaml")),
            *("--inputs", inputs, "--national", inputs, "--force-area", "E06990001"),
        ],
    )
    assert result.exit_code == 0, result.output
    text = document.read_text(encoding="utf-8")
    for key in ("calibrate", "lists"):
        assert between(text, key).strip() == "old"
    written = between(text, "backtest")
    assert "hotspots validate" in written
    assert "--part backtest" in written
    assert written.count("### ") == 3
    assert "E06990001, E06990002" in written
    assert re.search(r"`score_sv01` \| 0\.\d{3} \(0\.\d{3} to 0\.\d{3}\)", written)
    # One force of the made-up county has 30 areas; two are needed to compare over forces.
    assert "- Nothing." in between(text, "claims")


def test_a_document_without_its_sections_is_refused_before_anything_is_made(
    document: Path,
) -> None:
    text = DOCUMENT.replace("<!-- claims: end -->", "")
    document.write_text(text, encoding="utf-8")
    result = CliRunner().invoke(app, ["validate", "--part", "backtest", "--to", str(document)])
    assert isinstance(result.exception, ConfigError)
    assert "<!-- claims: begin -->" in str(result.exception)
    assert document.read_text(encoding="utf-8") == text


def test_only_what_is_between_the_markers_of_a_key_is_replaced() -> None:
    found = with_section(DOCUMENT, "new", name="x", key="claims")
    assert between(found, "claims") == "\nnew\n"
    assert found.replace("<!-- claims: begin -->\nnew", "<!-- claims: begin -->\nold") == DOCUMENT


def test_a_command_is_shown_as_it_is_typed() -> None:
    shown = command_text("x", {"--to": Path("a b.md"), "--none": None, "--flag": True, "--n": 3})
    assert shown == "hotspots x --to 'a b.md' --flag --n 3"


def test_the_document_holds_all_that_was_asked_for(repository: Path) -> None:
    """Dorset Council, the force area and the forces; lists of both priorities; what follows."""
    text = (repository / "docs" / "validation.md").read_text(encoding="utf-8")
    written = between(text, "backtest")
    for words in (
        "### Dorset Council (E06000059)",
        "(E06000058, E06000059)",
        "### 37 police forces",
        "Paired over forces",
        "`prior_counts`",
        "`all_crime`",
        "`imd`",
        "`equal_weights_sv01`",
        "`perfect`",
        "`forecast`",
        "city-of-london: 6 areas, and 30 are needed",
    ):
        assert words in written, words
    forces = written.split("### 37 police forces")[1]
    row = next(line for line in forces.splitlines() if line.startswith("| `prior_counts`"))
    assert row.split("|")[5].strip().startswith("0.336")
    lists = between(text, "lists")
    for words in ("| SV01 | 10 of 223 |", "| SV04 | 10 of 463 |"):
        assert words in lists
    for words in ("What it is good at", "What it is not good at", "do not decide"):
        assert words in between(text, "claims")


def first_table(text: str) -> dict[str, list[float]]:
    """Return the figures of each method of the first table, its intervals left out."""
    rows: dict[str, list[float]] = {}
    for line in text.splitlines():
        if line.startswith("| `") and line.split("`")[1] not in rows:
            cells = [cell.strip() for cell in line.split("|")[2:-1]]
            rows[line.split("`")[1]] = [float(cell.split(" ")[0]) for cell in cells]
    return rows


def test_what_is_said_by_hand_follows_from_the_figures_too(repository: Path) -> None:
    """The sentences below the generated claims: the forecast first, counts close, IMD last."""
    text = (repository / "docs" / "validation.md").read_text(encoding="utf-8")
    shares = first_table(between(text, "backtest").split("### 37 police forces")[1])
    counts = [max(pair) for pair in zip(shares["prior_counts"], shares["all_crime"], strict=True)]
    for ours, theirs in zip(shares["forecast"], counts, strict=True):
        assert theirs < ours < theirs + 0.03
    for method, row in shares.items():
        if method not in ("imd", "perfect"):
            for ours, deprivation in zip(row, shares["imd"], strict=True):
                assert ours > deprivation
    for ours, equal in zip(shares["score_sv01"], shares["equal_weights_sv01"], strict=True):
        assert abs(ours - equal) < 0.01
