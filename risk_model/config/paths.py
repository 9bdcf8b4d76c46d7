"""Paths as a configuration may write them: relative, downwards, plain."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator

from risk_model.config.base import Text, refuse
from risk_model.config.loader import short

__all__ = ["RelativePath", "path_fault"]

_DRIVE = re.compile(r"[A-Za-z]:")
_VIRTUAL = re.compile(r"[/\\]+vsi", re.IGNORECASE)
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")


def path_fault(text: str) -> str | None:
    """Say why `text` cannot be a path of ours, or return None.

    Only the text is judged: whether the file is there, and where its links lead, is for the
    reader that opens it.
    """
    if not text.strip():
        return "is empty; give a file name"
    if not text.isprintable():
        return "holds a character that cannot be printed"
    if len(text) > 500:
        return "is longer than 500 characters"
    if _VIRTUAL.match(text):
        return "is a GDAL virtual path; give a plain file"
    if _DRIVE.match(text) and not text[2:].startswith("//"):
        return "is absolute; write it relative to the data root"
    if _SCHEME.match(text):
        return "is a URL or a connection, which is never opened; give a plain file"
    if text.startswith(("/", "\\", "~")):
        return "is absolute; write it relative to the data root"
    if ".." in re.split(r"[/\\]", text):
        return "leaves the folder with '..'; write it relative to the data root"
    if "\\" in text:
        return "has a backslash; write folders with /"
    if ":" in text:
        return "has a colon, which is never part of our paths"
    return None


def _checked(text: str) -> str:
    fault = path_fault(text)
    if fault is not None:
        raise refuse(f"{short(text)} {fault}")
    return text


RelativePath = Annotated[Text, AfterValidator(_checked)]
"""A path under the data root (or, for the harm weights, under the file's own folder)."""
