"""A real browser for the end-to-end tests: the system's Chromium, without network chatter."""

from __future__ import annotations

import os
import shutil
from typing import Any

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    """Start the system's browser, which nothing downloads at test time."""
    path = os.environ.get("HOTSPOTS_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)))
    return {
        "executable_path": path,
        "headless": True,
        "args": [
            "--no-sandbox",  # CI runs as root
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
        ],
    }


@pytest.fixture(scope="session")
def browser_context_args() -> dict[str, Any]:
    """The screen of a meeting room's projector, in British English."""
    return {"viewport": {"width": 1024, "height": 768}, "locale": "en-GB"}
