"""The warnings of a run as its pages say them: what each is about, and no internal name.

The manifest, the README of a run and the command line keep a warning as it was recorded. Imports
no Dash.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from dashboards import words
from risk_model.figure_words import INDICATOR_WORDS

__all__ = ["Warned", "notes_of", "warned", "warnings_of"]

_TOPICS: Final = {
    "forecast": "Expected events",
    "artefacts": "Unusual places",
    "boundaries": "Borders",
    "lookups": "Authorities",
    "clusters": "Clusters",
    "neighbours": "Neighbours",
    "statistics": "Neighbours",
}
_FILE: Final = re.compile(r"[^\s:]+\.[a-z]{2,7}(?:![^\s:]+)?")
_MONTHS: Final = re.compile(
    r"(?<![\w/!.:-])(\d{4}-(?:0[1-9]|1[0-2]))(?: to (\d{4}-(?:0[1-9]|1[0-2])))?(?![\w/!-])"
)
_CODE: Final = re.compile(r"(?<![\w/.!-])[A-Z]\d{8}(?![\w/!.-]*[\w/])")
_ID: Final = re.compile(r"(?<![\w/.!-])[a-z]+(?:_[a-z]+)+(?![\w/!.-]*[\w/])")
_NOBODY: Final[Mapping[str, str]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Warned:
    """One warning: what it is about, or nothing, and its sentence in parts.

    Every second part of `parts` is a name to be shown as it stands: a column, a key.
    """

    about: str
    parts: tuple[str, ...]

    @property
    def text(self) -> str:
        """The whole warning in one line."""
        said = "".join(self.parts)
        return f"{self.about}: {said}" if self.about else said


def _about(prefix: str, manifest: Mapping[str, Any]) -> str:
    """Say what stands before the colon of a warning; nothing where it is no topic of ours."""
    if prefix in manifest.get("priorities", {}):
        return prefix.upper()
    if prefix in manifest.get("coverage", {}):
        return words.force_words(prefix)
    if _FILE.fullmatch(prefix):
        return f"File {prefix}"
    return _TOPICS.get(prefix, "")


def _months(found: re.Match[str]) -> str:
    first, last = found.groups()
    return words.period_words(first, last) if last else words.month_words(first)


def _name(found: re.Match[str]) -> str:
    name = found.group()
    return INDICATOR_WORDS.get(name) or words.category_words(name)


def warned(
    warning: str, manifest: Mapping[str, Any], places: Mapping[str, str] = _NOBODY
) -> Warned:
    """Return a warning in the words of the pages; an area of `places` has its name by its code."""
    topics: list[str] = []
    text = warning
    while True:
        prefix, colon, rest = text.partition(": ")
        about = _about(prefix, manifest) if colon else ""
        if not about:
            break
        topics.append(about)
        text = rest
    parts = text.split("`")
    if len(parts) % 2 == 0:  # a lone backtick marks nothing
        parts = [text]

    def place(found: re.Match[str]) -> str:
        code = found.group()
        return f"{places[code]} ({code})" if code in places else code

    # Names last: what a place is called is not ours to put into words.
    parts[::2] = [_CODE.sub(place, _ID.sub(_name, _MONTHS.sub(_months, p))) for p in parts[::2]]
    # A file's name keeps its letters; only a sentence begins with a capital.
    if not _FILE.match(parts[0]):
        parts[0] = parts[0][:1].upper() + parts[0][1:]
    return Warned(", ".join(topics), tuple(parts))


def warnings_of(
    manifest: Mapping[str, Any], places: Mapping[str, str] = _NOBODY
) -> tuple[Warned, ...]:
    """Return the warnings of a run, in the order in which they were recorded."""
    return tuple(warned(str(said), manifest, places) for said in manifest.get("warnings", []))


def notes_of(
    manifest: Mapping[str, Any], places: Mapping[str, str] = _NOBODY
) -> tuple[Warned, ...]:
    """Return what there is to know and nothing to mend; nothing of a run that kept no notes."""
    return tuple(warned(str(said), manifest, places) for said in manifest.get("notes", []))
