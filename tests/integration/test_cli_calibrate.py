"""`hotspots calibrate` as a person uses it: what it prints, and the one section that it rewrites."""

from __future__ import annotations

import itertools
import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from dashboards.cli.calibrate import with_section
from dashboards.cli.main import app
from spatial.errors import ConfigError

BEGIN, END = "<!-- calibrate: begin -->", "<!-- calibrate: end -->"
QUICK = ["--maps", "2", "--power-maps", "2", "--risk-maps", "2", "--permutations", "199"]
DOCUMENT = f"# Title\n\nBefore, kept: é.\n\n{BEGIN}\nold figures\n{END}\n\nAfter, kept.\n"


def calibrate(*arguments: str, **environment: str) -> Result:
    runner = CliRunner()
    result = runner.invoke(app, ["calibrate", *arguments], env={"COLUMNS": "200", **environment})
    if result.exit_code:
        assert result.exception is not None
    return result


@pytest.fixture
def document(tmp_path: Path) -> Path:
    path = tmp_path / "validation.md"
    path.write_text(DOCUMENT, encoding="utf-8", newline="\n")
    return path


def figures(text: str) -> list[str]:
    """Return the rows of the tables, in the document's form."""
    return [line for line in text.splitlines() if "±" in line]


def test_without_inputs_a_lattice_is_tested_and_nothing_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = calibrate(*QUICK, HOTSPOTS_DATA_ROOT="elsewhere")
    assert result.exit_code == 0, result.output
    for words in (
        "lattice 20 x 23",
        "normal",
        "Poisson, 20 an area",
        "raw rate",
        "local Moran",
        "counts / phi",
    ):
        assert words in result.output
    assert list(tmp_path.iterdir()) == []


def test_only_the_marked_section_is_rewritten_and_can_be_made_again(document: Path) -> None:
    first = calibrate(*QUICK, "--to", str(document))
    assert first.exit_code == 0, first.output
    text = document.read_text(encoding="utf-8")
    assert text.startswith(DOCUMENT[: DOCUMENT.index(BEGIN)])
    assert text.endswith(DOCUMENT[DOCUMENT.index(END) :])
    assert "old figures" not in text
    for words in ("seed 20261122", "199 permutations", "cores", "numpy ", "python 3", "2 maps"):
        assert words in text
    assert re.search(r"^20\d\d-\d\d-\d\d;", text, re.MULTILINE)
    # The command that it shows makes the same figures again.
    shown = re.search(r"```sh\nhotspots calibrate (.+)\n```", text)
    assert shown
    words = shlex.split(shown[1])
    assert words == [*QUICK, "--to", document.as_posix()]
    assert calibrate(*words).exit_code == 0
    again = document.read_text(encoding="utf-8")
    assert figures(again) == figures(text)
    assert again.count(BEGIN) == again.count(END) == 1
    two = calibrate(*words, "--workers", "2")
    assert two.exit_code == 0
    assert figures(document.read_text(encoding="utf-8")) == figures(text)
    other = calibrate(*words, "--seed", "5")
    assert other.exit_code == 0
    assert figures(document.read_text(encoding="utf-8")) != figures(text)
    assert "--seed 5" in document.read_text(encoding="utf-8")


def test_real_areas_are_those_of_a_run(repository: Path) -> None:
    """The demonstration county's own graph and populations, beside the lattice."""
    result = calibrate(
        *QUICK,
        *("--config", str(repository / "config" / "risk.yaml")),
        *("--inputs", str(repository / "config" / "inputs.yaml")),
        *("--data-root", str(repository)),
    )
    assert result.exit_code == 0, result.output
    assert "Wessmouth" in result.output
    assert "lattice 20 x 23" in result.output


@pytest.mark.parametrize(
    "text",
    ["no markers\n", f"{BEGIN}\n", f"{END}\n{BEGIN}\n", f"{BEGIN}\n{END}\n{BEGIN}\n{END}\n"],
)
def test_a_document_without_its_section_is_refused_before_anything_is_made(
    document: Path, text: str
) -> None:
    document.write_text(text, encoding="utf-8", newline="\n")
    result = calibrate("--maps", "100000", "--to", str(document))
    assert isinstance(result.exception, ConfigError)
    assert "needs one line <!-- calibrate: begin -->" in str(result.exception)
    assert "validation.md" in str(result.exception)
    assert document.read_text(encoding="utf-8") == text


def test_a_document_that_is_not_there(tmp_path: Path) -> None:
    result = calibrate("--to", str(tmp_path / "none.md"))
    assert isinstance(result.exception, ConfigError)
    assert "No such file" in str(result.exception)
    assert "calibrate: begin" in str(result.exception)
    assert not (tmp_path / "none.md").exists()


def test_an_area_needs_the_inputs_that_it_is_in() -> None:
    result = calibrate("--area", "E06000059", "--ring", "none")
    assert isinstance(result.exception, ConfigError)
    assert [fault.field for fault in result.exception.faults] == ["--area", "--ring"]
    assert "needs --inputs" in str(result.exception)


def test_one_map_is_refused() -> None:
    assert calibrate("--maps", "1").exit_code == 2


def test_the_section_of_the_documents_is_a_full_calibration(repository: Path) -> None:
    """What is committed: 200 and 100 maps, real areas too, and all that was asked for is met.

    But for one line, which the text below the section explains: rare events, real populations.
    """
    text = (repository / "docs" / "validation.md").read_text(encoding="utf-8")
    section = text[text.index(BEGIN) : text.index(END)]
    assert with_section(text, section.removeprefix(BEGIN), name="validation.md") == text
    for words in (
        "200 maps a line",
        "100 maps of 20 x 23",
        "Dorset Council, 223",
        "9,999",
        "Dorset Council, 223 areas; 200",
    ):
        assert words in section
    missed = [line for line in figures(section) if "NOT MET" in line]
    assert [
        "| Dorset Council" in line and "| Poisson, 0.3 an area |" in line for line in missed
    ] in (
        [True],
        [],
    )
    assert section.count(": met") >= 11
    risks = [line for line in figures(section) if "| counts" in line]
    assert len(risks) == 24
    for divided, whole in itertools.pairwise(risks[:12]):
        if "counts / phi" in divided and "counts / phi" not in whole:
            assert float(divided.split("|")[7]) <= float(whole.split("|")[7])
    for line in figures(section):
        if "raw rate" in line:
            assert float(line.split("|")[3].split("±")[0]) < 0.04
