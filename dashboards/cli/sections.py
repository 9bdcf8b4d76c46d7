"""Marked sections of a document that a command writes: what is between two comments, no more."""

from __future__ import annotations

from pathlib import Path

from spatial.errors import ConfigError, Fault

__all__ = ["command_text", "read_document", "with_section"]


def _markers(key: str) -> tuple[str, str]:
    return f"<!-- {key}: begin -->", f"<!-- {key}: end -->"


def with_section(document: str, section: str, *, name: str, key: str = "calibrate") -> str:
    """Return the document with what stands between its two markers replaced by `section`.

    Parameters
    ----------
    name
        What a message calls the document.
    key
        What the markers are called: `<!-- key: begin -->` and `<!-- key: end -->`.

    Raises
    ------
    ConfigError
        Where the markers are not there once each, in order.
    """
    opening, closing = _markers(key)
    begin, end = document.find(opening), document.find(closing)
    once = document.count(opening) == document.count(closing) == 1
    if not once or end < begin:
        raise ConfigError(
            Fault(f"needs one line {opening} and, after it, one line {closing}: what is between "
                  "them is replaced", file=name, field="--to")
        )  # fmt: skip
    return f"{document[: begin + len(opening)]}\n{section.strip()}\n{document[end:]}"


def read_document(path: Path, *keys: str) -> str:
    """Read a document before minutes are spent, and refuse one without the markers."""
    lines = " and ".join(" and ".join(_markers(key)) for key in keys)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        reason = getattr(problem, "strerror", None) or "is not text in UTF-8"
        raise ConfigError(
            Fault(f"{reason}; give a document that has the lines {lines}",
                  file=str(path), field="--to")
        ) from problem  # fmt: skip
    for key in keys:
        with_section(text, "", name=str(path), key=key)
    return text


def command_text(name: str, options: dict[str, object]) -> str:
    """Return the command line that makes the same again; options that are None are left out."""
    import shlex

    words = ["hotspots", name]
    for option, value in options.items():
        if value is True:
            words.append(option)
        elif value is not None:
            words += [option, value.as_posix() if isinstance(value, Path) else str(value)]
    return shlex.join(words)
