"""Response headers: what the browser may load, keep and tell others. Strict from the start.

Everything comes from this service itself, so the policy names no other origin: a page that tried
to load anything from elsewhere would show a console error, and a test holds it to none.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from urllib.parse import urlsplit

from flask import Flask, Request, Response, abort, request

__all__ = ["content_security_policy", "install", "is_foreign"]

_FIXED: Final = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "X-Permitted-Cross-Domain-Policies": "none",
}
_FOR_EVER: Final = "private, max-age=31536000, immutable"
_FINGERPRINTED: Final = ("/_dash-component-suites/",)


def content_security_policy(script_hashes: Sequence[str]) -> str:
    """Return the policy: scripts from here alone, and the few inline ones by their hash.

    Styles may stand in the page, because Dash and dash-leaflet put their own style sheets there
    by script; no text of a user or of data ever becomes a style.
    """
    directives = {
        "default-src": ["'none'"],
        "script-src": ["'self'", *sorted(script_hashes)],
        "style-src": ["'self'", "'unsafe-inline'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "manifest-src": ["'self'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
        "object-src": ["'none'"],
    }
    return "; ".join(f"{name} {' '.join(values)}" for name, values in directives.items())


def is_foreign(asked: Request) -> bool:
    """Say whether another site's page makes this request on a reader's behalf."""
    if asked.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        return True
    origin = asked.headers.get("Origin")
    # The host alone: a proxy that ends TLS passes the host on, and the scheme changes.
    return origin is not None and urlsplit(origin).netloc != asked.host


def install(server: Flask, policy: str) -> None:
    """Put the headers on every response, and refuse posts that come from other sites."""

    def refuse_foreign_posts() -> None:
        if request.method not in ("GET", "HEAD", "OPTIONS") and is_foreign(request):
            abort(403)

    def add_headers(response: Response) -> Response:
        for name, value in _FIXED.items():
            response.headers[name] = value
        response.headers["Content-Security-Policy"] = policy
        if response.status_code == 200 and request.path.startswith(_FINGERPRINTED):
            response.headers["Cache-Control"] = _FOR_EVER
        elif "immutable" not in response.headers.get("Cache-Control", ""):
            response.headers["Cache-Control"] = "no-store"
        return response

    server.before_request(refuse_foreign_posts)
    server.after_request(add_headers)
