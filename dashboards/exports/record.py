"""The public record of a run: transparency record and ALGO-CARE answers, as Markdown and HTML.

What a run knows is filled in, with the keys of its manifest. What only people know comes from
`record:` in the inputs file; what is missing there is marked, never made up.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from dashboards.exports.algo_care import QUESTIONS
from dashboards.exports.atrs import FIELDS, VERSION, RecordField
from dashboards.exports.known import Known
from dashboards.exports.record_facts import ANSWERS
from dashboards.exports.wording import DEMONSTRATION
from risk_model.run_store import PublishedRun

__all__ = ["TO_WRITE", "Entry", "care_entries", "export_record", "record_entries"]

TO_WRITE = "TO BE WRITTEN BY A PERSON"
_SPECIAL = re.compile(r"([\\`*_\[\]<>|#])")


@dataclass(frozen=True, slots=True)
class Entry:
    """One field or question with its answer.

    Attributes
    ----------
    heading, section, note
        What is asked, under which heading, and whether the template requires it.
    told
        What a person wrote in the inputs file, if anything.
    known
        What the run says; empty where it knows nothing.
    keys
        Keys of the manifest behind `known`.
    to_write
        What a person must still write; empty where nothing is missing.
    """

    heading: str
    section: str
    note: str
    told: tuple[str, ...]
    known: str
    keys: tuple[str, ...]
    to_write: str


def _entry(field: RecordField, manifest: Mapping[str, Any]) -> Entry:
    record = manifest.get("record") or {}
    found = ANSWERS[field.number](manifest) if field.number in ANSWERS else None
    if field.attribute == "standard_version":
        found = Known(VERSION)
    told = record.get(field.said_by) if field.said_by else None
    missing = field.ask if field.ask and not told else ""
    return Entry(
        heading=f"{field.number} {field.name}",
        section=field.section,
        note="required" if field.required else "where it applies",
        told=(str(told),) if told else (),
        known=found.text if found else "",
        keys=found.keys if found else (),
        to_write=missing,
    )


def record_entries(manifest: Mapping[str, Any]) -> tuple[Entry, ...]:
    """Return every field of the transparency record, in the order of the template."""
    return tuple(_entry(field, manifest) for field in FIELDS)


def care_entries(manifest: Mapping[str, Any]) -> tuple[Entry, ...]:
    """Return the eight ALGO-CARE questions with what the run and the inputs file answer."""
    record = manifest.get("record") or {}
    found = []
    for question in QUESTIONS:
        known = question.known(manifest)
        told = tuple(str(record[name]) for name in question.said_by if record.get(name))
        complete = len(told) == len(question.said_by)
        found.append(
            Entry(
                heading=question.word,
                section="ALGO-CARE",
                note=question.asks,
                told=told,
                known=known.text,
                keys=known.keys,
                to_write="" if complete else question.ask,
            )
        )
    return tuple(found)


def export_record(run: PublishedRun, folder: Path) -> list[Path]:
    """Write record.md and record.html: the same text twice."""
    parts = (
        ("Algorithmic Transparency Record", record_entries(run.manifest)),
        ("ALGO-CARE", care_entries(run.manifest)),
    )
    notes = _notes(run.manifest, [entry for _, entries in parts for entry in entries])
    markdown, page = folder / "record.md", folder / "record.html"
    for path, text in (
        (markdown, _markdown(run.manifest, parts, notes)),
        (page, _html(run.manifest, parts, notes)),
    ):
        path.write_text(text, encoding="utf-8", newline="\n")
    return [markdown, page]


def _notes(manifest: Mapping[str, Any], entries: Iterable[Entry]) -> list[str]:
    missing = sum(bool(entry.to_write) for entry in entries)
    said = [
        (
            f"Filled from run {manifest['run_id']} of {manifest['created'][:10]}. After each "
            "answer stands where in the run's manifest.json it comes from."
        ),
        (
            f"{missing} answers are marked {TO_WRITE}: put them into the record section of the "
            "inputs file and run again, or write them here."
        ),
        (
            f"Fields are those of the template {VERSION}. Look at the hub of the standard for a "
            "later version before this is published."
        ),
    ]
    return ([DEMONSTRATION] if manifest.get("demonstration") else []) + said


def _source(entry: Entry) -> str:
    if not entry.known:
        return ""
    if not entry.keys:
        return "True of every run of this service."
    return "From manifest.json: " + ", ".join(entry.keys) + "."


def _title(manifest: Mapping[str, Any]) -> str:
    return f"Public record of CSP Hotspots: {manifest['name']}"


def _plain(text: str) -> str:
    """Return text that Markdown takes as it stands."""
    return _SPECIAL.sub(r"\\\1", text)


def _markdown(
    manifest: Mapping[str, Any], parts: Iterable[tuple[str, tuple[Entry, ...]]], notes: list[str]
) -> str:
    lines = [f"# {_plain(_title(manifest))}", ""]
    if manifest.get("handling"):
        lines += [f"**{_plain(str(manifest['handling']))}**", ""]
    for note in notes:
        lines += [f"> {_plain(note)}", ">"]
    lines[-1] = ""
    for title, entries in parts:
        lines += [f"## {title}", ""]
        section = ""
        for entry in entries:
            if entry.section not in (section, title):
                section = entry.section
                lines += [f"### {section}", ""]
            lines += [f"#### {_plain(entry.heading)}", "", f"*{_plain(entry.note)}*", ""]
            for text in entry.told:
                lines += [_plain(text), ""]
            if entry.known:
                lines += [_plain(entry.known), "", f"*{_plain(_source(entry))}*", ""]
            if entry.to_write:
                lines += [f"**{TO_WRITE}: {_plain(entry.to_write)}**", ""]
    return "\n".join(lines)


_STYLE = (
    "body{font:1rem/1.45 Arial,sans-serif;max-width:50rem;margin:1rem auto;padding:0 1rem;"
    "color:#0b0c0c}h4{margin:1.2rem 0 .1rem}p{margin:.2rem 0 .4rem}"
    ".note,.source{color:#505a5f;font-size:.9rem;margin:0 0 .3rem}"
    ".missing{border-left:5px solid #801650;padding:.3rem .7rem;font-weight:bold}"
)


def _html(
    manifest: Mapping[str, Any], parts: Iterable[tuple[str, tuple[Entry, ...]]], notes: list[str]
) -> str:
    body = [f"<h1>{escape(_title(manifest))}</h1>"]
    if manifest.get("handling"):
        body.append(f"<p><strong>{escape(str(manifest['handling']))}</strong></p>")
    body.append("<ul>" + "".join(f"<li>{escape(note)}</li>" for note in notes) + "</ul>")
    for title, entries in parts:
        body.append(f"<h2>{escape(title)}</h2>")
        section = ""
        for entry in entries:
            if entry.section not in (section, title):
                section = entry.section
                body.append(f"<h3>{escape(section)}</h3>")
            level = "h4" if section else "h3"
            body.append(f"<{level}>{escape(entry.heading)}</{level}>")
            body.append(f'<p class="note">{escape(entry.note)}</p>')
            body += [f"<p>{escape(text)}</p>" for text in entry.told]
            if entry.known:
                body.append(f"<p>{escape(entry.known)}</p>")
                body.append(f'<p class="source">{escape(_source(entry))}</p>')
            if entry.to_write:
                body.append(f'<p class="missing">{TO_WRITE}: {escape(entry.to_write)}</p>')
    return (
        '<!DOCTYPE html>\n<html lang="en-GB"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(_title(manifest))}</title><style>{_STYLE}</style></head><body><main>\n"
        + "\n".join(body)
        + "\n</main></body></html>\n"
    )
