"""ALGO-CARE: eight questions to an algorithm used in policing, answered as far as a run can.

After M. Oswald, J. Grace, S. Urwin and G. Barnes (2018), Algorithmic risk assessment policing
models: lessons from the Durham HART model and 'Experimental' proportionality, Information and
Communications Technology Law 27(2). The questions are put in our own words.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from dashboards.exports.known import Known
from dashboards.exports.record_facts import ANSWERS

__all__ = ["QUESTIONS", "Question"]


@dataclass(frozen=True, slots=True)
class Question:
    """One of the eight: its letter's word, what it asks, what the run knows, what people add."""

    word: str
    asks: str
    known: Callable[[Mapping[str, Any]], Known]
    said_by: tuple[str, ...]
    ask: str


def _joined(*numbers: str) -> Callable[[Mapping[str, Any]], Known]:
    """Return a function that puts answers of the transparency record together."""

    def known(manifest: Mapping[str, Any]) -> Known:
        parts = [ANSWERS[number](manifest) for number in numbers]
        keys = dict.fromkeys(key for part in parts for key in part.keys)
        return Known(" ".join(part.text for part in parts), tuple(keys))

    return known


def _granular(manifest: Mapping[str, Any]) -> Known:
    area = manifest["area"]
    return Known(
        f"Results are of {area['study']:,} statistical areas ({area.get('vintage', 'LSOA')}), "
        "never of a street or a person. Rates of small areas are pulled towards the average, and "
        "a rank carries its range. Broad categories of offence hide what happened: each page says "
        "so.",
        ("area",),
    )


def _accurate(manifest: Mapping[str, Any]) -> Known:
    return _joined("2.4.2.7", "2.4.3.6")(manifest)


def _explained(manifest: Mapping[str, Any]) -> Known:
    return Known(
        "Every area has its reasons in words, what each indicator adds, and what is not known. "
        f"The settings are kept with the run (SHA-256 {manifest['config_sha256'][:12]}) and their "
        "weights carry a written reason; other weights can be tried by anybody who can open the "
        "pages.",
        ("config_sha256", "config"),
    )


QUESTIONS: tuple[Question, ...] = (
    Question(
        "Advisory",
        "Does it advise, with a person who decides and may depart from it?",
        _joined("2.3.1", "2.3.4"),
        ("human_oversight", "process"),
        "who decides on an area, and how often the list was departed from",
    ),
    Question(
        "Lawful",
        "On which basis is it used, and for what purpose? Is its effect proportionate?",
        _joined("2.2.2", "2.4.3.5"),
        ("legal_basis", "impact_assessments"),
        "the legal basis, the purpose, and why the use is necessary and proportionate",
    ),
    Question(
        "Granularity",
        "Does it say enough at the right level of detail, and does it avoid false precision?",
        _granular,
        (),
        "",
    ),
    Question(
        "Ownership",
        "Who owns it and the data, and can it be looked into and changed?",
        _joined("2.4.1.1", "2.4.2.2"),
        ("organisation", "senior_responsible_owner", "external_supplier"),
        "who owns the service, its settings and the data, and on what terms a supplier works",
    ),
    Question(
        "Challengeable",
        "Can those affected, and those who look after them, question a result?",
        _joined("2.3.6"),
        ("appeals", "oversight_body"),
        "how a resident or a ward member questions a flag, who answers, and who oversees it",
    ),
    Question(
        "Accuracy",
        "How often is it right, on which data, and who watches that it stays so?",
        _accurate,
        ("maintenance",),
        "who looks at accuracy at each refresh, and what they do when it falls",
    ),
    Question(
        "Responsible",
        "Is its use fair and in the open, and are its effects on groups watched?",
        _joined("2.5.2"),
        ("risks", "impact_assessments", "oversight_body"),
        "what the equality assessment found, and what is published about the use",
    ),
    Question(
        "Explainable",
        "Can it be explained to the people who use it and the people it is about?",
        _explained,
        ("training",),
        "what users are taught about reading ranks and ranges",
    ),
)
