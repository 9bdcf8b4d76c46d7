"""The documents say what the code does: commands, columns, files and links."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from dashboards.cli.main import app
from dashboards.exports.column_table import with_column_table
from dashboards.exports.registry import FORMATS
from risk_model.run_store import PublishedRun
from spatial.sequences import KINDS

LINK = re.compile(r"\[[^\]]*\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)")
COMMAND = re.compile(r"^\s*(?:\.venv/bin/)?hotspots (.+?)(?:\s+#.*)?$", re.MULTILINE)


def documents(repository: Path) -> list[Path]:
    return [*repository.glob("*.md"), *(repository / "docs").rglob("*.md")]


def test_every_link_leads_somewhere(repository: Path) -> None:
    broken = [
        f"{page.name}: {link}"
        for page in documents(repository)
        for link in LINK.findall(page.read_text(encoding="utf-8"))
        if not (page.parent / link).exists()
    ]
    assert not broken


def test_the_column_table_is_fresh(repository: Path) -> None:
    text = (repository / "docs" / "data-contract.md").read_text(encoding="utf-8")
    assert with_column_table(text) == text, "run: python -m dashboards.exports.column_table"


def commands(repository: Path) -> list[str]:
    found = []
    for page in documents(repository):
        for block in re.findall(r"```sh\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL):
            found += COMMAND.findall(block.replace("\\\n", " "))
    return sorted(set(found))


def test_every_command_shown_is_known_with_its_options(repository: Path) -> None:
    """Each command and option in the documents appears in that command's help."""
    runner = CliRunner()
    shown = commands(repository)
    assert len(shown) >= 6
    for line in shown:
        words = shlex.split(line)
        name = words[:2] if words[0] in ("runs", "weights") else words[:1]
        help_text = runner.invoke(app, [*name, "--help"], env={"COLUMNS": "200"})
        assert help_text.exit_code == 0, line
        for option in (word.split("=")[0] for word in words if word.startswith("--")):
            assert option in help_text.output, f"{line}: {option}"
        if "--format" in words:
            assert words[words.index("--format") + 1] in FORMATS, line


@pytest.mark.parametrize("name", ["README.md", "docs/data-contract.md"])
def test_every_output_is_described(
    repository: Path, demonstration_run: PublishedRun, name: str
) -> None:
    text = (repository / name).read_text(encoding="utf-8")
    if name == "README.md":
        formats = re.search(r"also ([a-z, ]+)", text)
        assert formats
        assert set(formats[1].split(", ")) <= set(FORMATS)
        return
    for output in demonstration_run.manifest["outputs"]:
        folder = output.split("/")[0]
        assert f"`{output}`" in text or f"`{folder}/`" in text, output


def test_every_column_of_a_run_is_in_the_contract(
    repository: Path, demonstration_run: PublishedRun
) -> None:
    text = (repository / "docs" / "data-contract.md").read_text(encoding="utf-8")
    described = set(re.findall(r"^\| `([A-Za-z0-9_]+)` \|", text, re.MULTILINE))
    areas = demonstration_run.areas().reset_index().drop(columns="geometry")
    for column in areas.columns:
        general = re.sub(r"^sv0[14]_", "P_", str(column))
        assert general in described, column


METHODS = {
    "Scan statistic": ("Kulldorff 1997", "up to 50 % of", "999", "phi", "*Secondary*", "O/E"),
    "Month by month (space-time)": (
        *("Mann 1945", "Kendall 1975", "tau-b", "from 12 on"),
        *KINDS,
    ),
    "Concentration": ("Lorenz", "Gini", "Bernasco and Steenbeek 2017", "PAI, PEI and RRI"),
    "Support check": ("Openshaw 1984", "500 m", "MSOAs", "Jaccard"),
}


@pytest.mark.parametrize("heading", METHODS)
def test_every_table_of_the_engine_has_its_method_with_what_it_cannot_say(
    repository: Path, heading: str
) -> None:
    text = (repository / "docs" / "methodology.md").read_text(encoding="utf-8")
    section = text.partition(f"### {heading}\n")[2].partition("\n##")[0]
    said = " ".join(section.split())
    assert not [words for words in METHODS[heading] if words not in said]
    assert re.search(r"cannot say|says nothing|where to look, not", said)


def test_every_source_that_the_methodology_cites_is_listed(repository: Path) -> None:
    text = (repository / "docs" / "methodology.md").read_text(encoding="utf-8")
    body, _, sources = text.partition("## Sources\n")
    author = r"([A-Z][a-z]+)(?: et al\.| and others|,? [A-Z][a-z]+| and [A-Z][a-z]+){0,4}"
    cited = set(re.findall(author + r" \(?((?:19|20)\d\d)\b", " ".join(body.split())))
    data = {"January", "June", "May", "April", "Dorset", "Census", "LSOA"}
    listed = set(re.findall(r"^- (?:Mc)?([A-Z][a-z]+).*\((\d{4})\)", sources, re.MULTILINE))
    cited = {(name, year) for name, year in cited if name not in data}
    assert len(cited) > 20
    assert cited <= listed, cited - listed
