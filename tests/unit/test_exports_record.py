"""The public record: every field of the template is there, filled from the run or marked."""

from __future__ import annotations

import copy
import re
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import web_run as WEB
from dashboards.cli.main import app
from dashboards.exports.algo_care import QUESTIONS
from dashboards.exports.atrs import FIELDS, SECTIONS
from dashboards.exports.record import (
    TO_WRITE,
    Entry,
    care_entries,
    export_record,
    record_entries,
)
from dashboards.exports.record_facts import ANSWERS
from risk_model.config.inputs import load_inputs
from risk_model.config.record import Record
from risk_model.run_store import PublishedRun

# Number and name of every field of the template v3.0, those that are not required apart
# (co-cddo/algorithmic-transparency-recording-standard, template_table.md, March 2024).
REQUIRED = """
0.1 ID|0.2 Standard version|0.3 Organisation type|0.4 Function|0.5 Capability|0.6 Task|0.7 Tags
0.8 Date of completion|0.9 Date updated|0.10 Date archived|0.11 Title|0.12 Organisation name
0.13 Phase|0.14 Region|0.15 One sentence description|1.1 Name|1.2 Description|1.3 Website URL
1.4 Contact email|2.1.1 Organisation or department|2.1.2 Team|2.1.3 Senior responsible owner
2.1.4 External supplier involvement|2.2.2 Scope|2.2.3 Benefit|2.3.1 Process integration
2.3.2 Provided information|2.3.3 Frequency and scale of usage|2.3.4 Human decisions and review
2.3.5 Required training|2.4.1.1 System architecture|2.4.1.2 Phase|2.4.1.3 Maintenance
2.4.1.4 Models|2.4.2.1 Model name|2.4.2.2 Model version|2.4.2.3 Model task|2.4.2.4 Model input
2.4.2.5 Model output|2.4.2.6 Model architecture|2.4.2.7 Model performance|2.4.2.8 Datasets
2.4.2.9 Dataset purposes|2.4.3.1 Source data name|2.4.3.2 Data modality|2.4.3.3 Data description
2.4.3.4 Data quantities|2.4.3.5 Sensitive attributes
2.4.3.6 Data completeness and representativeness|2.4.3.7 Source data URL|2.4.3.8 Data collection
2.4.3.10 Data sharing agreements|2.4.3.11 Data access and storage|2.5.1 Impact assessment
2.5.2 Risks and mitigations
"""
OTHERS = """
2.1.4.1 External supplier|2.1.4.2 Companies House Number|2.1.4.3 External supplier role
2.1.4.4 Procurement procedure type|2.1.4.5 Data access terms|2.2.1 Detailed description
2.2.4 Previous process|2.2.5 Alternatives considered|2.3.6 Appeals and review|2.4.3.9 Data cleaning
"""
CARE = ("Advisory", "Lawful", "Granularity", "Ownership", "Challengeable", "Accuracy")
CARE += ("Responsible", "Explainable")


def names(text: str) -> set[str]:
    return {name.strip() for line in text.strip().splitlines() for name in line.split("|")}


@pytest.fixture(scope="module")
def manifest(demonstration_run: PublishedRun) -> dict[str, Any]:
    return dict(demonstration_run.manifest)


def by_number(entries: tuple[Entry, ...]) -> dict[str, Entry]:
    return {entry.heading.split(" ", maxsplit=1)[0]: entry for entry in entries}


def test_every_field_of_the_template_is_there_once() -> None:
    given = [f"{field.number} {field.name}" for field in FIELDS]
    assert len(given) == len(set(given))
    assert {f"{f.number} {f.name}" for f in FIELDS if f.required} == names(REQUIRED)
    assert {f"{f.number} {f.name}" for f in FIELDS if not f.required} == names(OTHERS)
    assert {field.section for field in FIELDS} == set(SECTIONS.values())
    assert {field.said_by for field in FIELDS} - {""} <= set(Record.model_fields)


def test_each_field_is_filled_from_the_run_or_marked(manifest: dict[str, Any]) -> None:
    for entry in record_entries(manifest):
        assert entry.known or entry.told or entry.to_write, entry.heading
        assert set(entry.keys) <= set(manifest), entry.heading
    assert tuple(entry.heading for entry in care_entries(manifest)) == CARE
    assert all(entry.known for entry in care_entries(manifest))


def test_what_people_say_takes_the_mark_away(manifest: dict[str, Any]) -> None:
    """With an answer to every key only what nobody can write beforehand stays marked."""
    said = {name: f"said of {name}" for name in Record.model_fields}
    told = {**manifest, "record": said}
    assert {e.heading for e in record_entries(told) if e.to_write} == {
        "0.1 ID",
        "0.10 Date archived",
    }
    assert not [entry for entry in care_entries(told) if entry.to_write]
    shown = {text for entry in (*record_entries(told), *care_entries(told)) for text in entry.told}
    assert shown == set(said.values())  # no key is asked for and then not shown
    marked = [entry for entry in record_entries(manifest) if entry.to_write]
    assert len(marked) > 20


@pytest.mark.parametrize(
    ("number", "change"),
    [
        ("0.15", ("area", "study", 987_654)),
        ("1.2", ("period", "start", "2024-03")),
        ("2.4.2.2", ("config", "version", "a new name")),
        ("2.4.3.4", ("ledger", "used", 123_456)),
        ("2.4.3.9", ("ledger", "used", 123_456)),
    ],
)
def test_an_answer_follows_the_manifest(
    manifest: dict[str, Any], number: str, change: tuple[str, str, Any]
) -> None:
    group, key, value = change
    other = copy.deepcopy(manifest)
    other[group][key] = value
    before, after = (by_number(record_entries(m))[number] for m in (manifest, other))
    assert group in before.keys
    assert before.known != after.known


def test_figures_are_those_of_the_run(manifest: dict[str, Any]) -> None:
    found = by_number(record_entries(manifest))
    study = f"{manifest['area']['study']:,}"
    assert study in found["0.15"].known
    assert f"{manifest['ledger']['used']:,} used" in found["2.4.3.4"].known
    assert f"{sum(manifest['ledger'].values()):,} incident rows read" in found["2.4.3.4"].known
    assert manifest["run_id"] in found["2.4.2.2"].known
    shares = [float(share) for share in re.findall(r"(\d+)%", found["2.4.2.4"].known)]
    assert sum(shares) == pytest.approx(100 * len(manifest["priorities"]), abs=4)
    for entry in manifest["inputs"]:
        assert entry["path"] in found["2.4.2.8"].known


def test_a_back_test_is_quoted_or_said_not_to_be_run(manifest: dict[str, Any]) -> None:
    verdict = "The score of SV01 caught less than prior counts would have."
    judged = {"status": "run", "date": "2026-11-20", "verdicts": [verdict]}
    ran = by_number(record_entries({**manifest, "backtest": judged}))
    assert verdict not in ran["2.2.5"].known
    assert "under 2.2.3 Benefit" in ran["2.2.5"].known
    for number in ("2.2.3", "2.4.2.7"):
        assert verdict in ran[number].known
    for number in ("2.2.3", "2.2.5", "2.4.2.7"):
        without = {key: value for key, value in manifest.items() if key != "backtest"}
        assert "Back-test: not run" in by_number(record_entries(without))[number].known


def test_risks_claim_only_what_the_settings_do(manifest: dict[str, Any]) -> None:
    said = ANSWERS["2.5.2"](manifest).text
    assert "kept out of the scores" in said
    other = copy.deepcopy(manifest)
    other["config"]["police_generated"]["use"] = "driver"
    other.pop("guards", None)
    changed = ANSWERS["2.5.2"](other).text
    assert "kept out of the scores" not in changed
    assert "Artefacts" not in changed


def test_both_files_hold_every_field_and_every_mark(
    demonstration_run: PublishedRun, tmp_path: Path
) -> None:
    markdown, page = export_record(demonstration_run, tmp_path)
    text, html = markdown.read_text("utf-8"), page.read_text("utf-8")
    for field in FIELDS:
        assert f"#### {field.number} {field.name}\n" in text
        assert f"<h4>{field.number} {field.name}</h4>" in html
    for question in QUESTIONS:
        assert question.asks in text
    entries = (
        *record_entries(demonstration_run.manifest),
        *care_entries(demonstration_run.manifest),
    )
    missing = sum(bool(entry.to_write) for entry in entries)
    assert text.count(f"**{TO_WRITE}: ") == missing == html.count('class="missing"')
    assert f"{missing} answers are marked" in text
    assert "Demonstration data" in text
    assert "Demonstration data" in html


def test_hostile_names_stay_text(tmp_path: Path) -> None:
    hostile = "<script>alert(1)</script> | [x](javascript:alert(1)) # *"
    run = WEB.publish(
        tmp_path / "runs",
        name=hostile,
        record={"team": hostile},
        code_version="1",
        config_sha256="ab" * 32,
    )
    markdown, page = export_record(run, tmp_path)
    assert "<script>" not in page.read_text("utf-8")
    text = markdown.read_text("utf-8")
    assert "<script>" not in text.replace(r"\<script\>", "")
    assert "[x](" not in text


def test_the_record_comes_from_the_inputs_file(repository: Path, tmp_path: Path) -> None:
    text = (repository / "config" / "inputs.yaml").read_text("utf-8")
    (tmp_path / "inputs.yaml").write_text(
        f"{text}\nrecord:\n  team: Community safety\n  contact_email: team@example.org\n", "utf-8"
    )
    config = load_inputs(tmp_path / "inputs.yaml")
    assert config.record.model_dump(exclude_none=True) == {
        "team": "Community safety",
        "contact_email": "team@example.org",
    }


def test_the_command_line_writes_it(demonstration_run: PublishedRun, tmp_path: Path) -> None:
    runs = str(demonstration_run.folder.parent)
    arguments = ["export", "current", "--format", "record", "--to", str(tmp_path), "--runs", runs]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0, done.output
    assert {path.name for path in tmp_path.iterdir()} == {
        "record.md",
        "record.html",
        "README_record.txt",
    }
