"""A real browser for the end-to-end tests: the system's Chromium, without network chatter."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page

import web_run as WEB
from web_site import Site, Watch

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


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    runs = tmp_path_factory.mktemp("runs")
    WEB.publish(runs)
    site = Site(runs)
    yield site
    site.stop()


@pytest.fixture
def watch(page: Page) -> Watch:
    return Watch(page)
