"""Paragraphs of a plain text file, wrapped to a width that any editor shows."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable

__all__ = ["WIDTH", "paragraphs", "wrapped"]

WIDTH = 88


def wrapped(line: str, indent: str = "  ") -> str:
    """Return a line wrapped; what follows the first line is indented."""
    return textwrap.fill(line, WIDTH, subsequent_indent=indent, break_on_hyphens=False)


def paragraphs(blocks: Iterable[str]) -> str:
    """Return a text of blocks of lines, each line wrapped and a blank line between blocks."""
    return "\n\n".join("\n".join(map(wrapped, block.splitlines())) for block in blocks) + "\n"
