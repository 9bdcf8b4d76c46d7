"""Writes the table of columns into docs/data-contract.md; a test holds it fresh."""

from __future__ import annotations

from pathlib import Path

from dashboards.exports.columns import AREA, PER_PRIORITY

__all__ = ["column_table", "with_column_table"]

_BEGIN = "<!-- columns: begin"
_END = "<!-- columns: end -->"
_CONTRACT = Path("docs/data-contract.md")


def column_table() -> str:
    """Return a Markdown table of every column of `areas.*`, in the order of the files."""
    lines = ["| column | title | unit | what it says |", "|---|---|---|---|"]
    lines += [f"| `{c.name}` | {c.title} | {c.unit} | {c.description} |" for c in AREA.values()]
    lines += [
        f"| `P_{name}` | {c.title} | {c.unit} | {c.description} |"
        for name, c in PER_PRIORITY.items()
    ]
    return "\n".join(lines)


def with_column_table(document: str) -> str:
    """Return the document with what stands between its two markers replaced by the table."""
    head, _, rest = document.partition(_BEGIN)
    marker, _, tail = rest.partition("\n")
    _, _, after = tail.partition(_END)
    return f"{head}{_BEGIN}{marker}\n{column_table()}\n{_END}{after}"


if __name__ == "__main__":
    text = _CONTRACT.read_text(encoding="utf-8")
    _CONTRACT.write_text(with_column_table(text), encoding="utf-8", newline="\n")
