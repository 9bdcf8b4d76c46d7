"""One HTML file that asks for nothing: styles, scripts and a policy that allows only those."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from html import escape
from importlib.resources import files

__all__ = ["asset", "page", "script_json"]


def asset(name: str) -> str:
    """Return the text of a file under `dashboards/exports/assets`."""
    return (files("dashboards.exports") / "assets" / name).read_text(encoding="utf-8")


def script_json(value: object) -> str:
    """Return JSON that is safe inside a script element, whatever the texts in it hold.

    `<`, `>` and `&` are written as escapes, so that no text can end the script; so are the two
    line separators that JSON allows and older JavaScript does not.
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def page(*, title: str, body: str, styles: Sequence[str], scripts: Sequence[str]) -> str:
    """Return the whole page.

    The content security policy names the hash of each style and script: anything else, a
    handler in a name that slipped through included, is not run, and no address can be reached.
    `body` is HTML whose texts are escaped already; `title` is text.

    Raises
    ------
    ValueError
        Where a script or style holds the end tag of its own element.
    """
    for text in (*styles, *scripts):
        if any(mark in text.lower() for mark in ("</script", "</style", "<!--")):
            raise ValueError("a script or style may not hold its own end tag or a comment mark")
    policy = "; ".join(
        (
            "default-src 'none'",
            f"script-src {_hashes(scripts)}",
            f"style-src {_hashes(styles)}",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )
    return "\n".join(
        (
            "<!DOCTYPE html>",
            '<html lang="en-GB">',
            "<head>",
            '<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{escape(title)}</title>",
            *(f"<style>{text}</style>" for text in styles),
            "</head>",
            "<body>",
            body,
            *(f"<script>{text}</script>" for text in scripts),
            "</body>",
            "</html>",
            "",
        )
    )


def _hashes(texts: Sequence[str]) -> str:
    digests = (hashlib.sha256(text.encode("utf-8")).digest() for text in texts)
    found = " ".join(f"'sha256-{base64.b64encode(digest).decode('ascii')}'" for digest in digests)
    return found or "'none'"
