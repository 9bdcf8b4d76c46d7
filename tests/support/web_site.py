"""The pages served on this machine, and what a browser asked for and complained about."""

from __future__ import annotations

import io
import threading
from pathlib import Path
from urllib.parse import urlsplit

import waitress
from PIL import Image
from playwright.sync_api import Page, expect

from dashboards.app import create_app
from dashboards.server import free_socket

DARKEST, PALEST = (18, 67, 109), (225, 237, 248)


class Site:
    """An app served on a free port of this machine, until `stop`."""

    def __init__(self, runs: Path) -> None:
        self.runs = runs
        listening = free_socket("127.0.0.1", 18400)
        self.address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        app = create_app(runs)
        app.server.test_client().get("/health")
        self._server = waitress.create_server(app.server, sockets=[listening], threads=6)
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._server.close()
        self._server.task_dispatcher.shutdown(cancel_pending=True)


class Watch:
    """What a page asked for and complained about."""

    def __init__(self, page: Page) -> None:
        self.requests: list[str] = []
        self.problems: list[str] = []
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("console", self._note)
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        page.on("dialog", self._dialog)
        page.on("response", self._answer)

    def _note(self, message: object) -> None:
        if message.type in ("error", "warning"):  # type: ignore[attr-defined]
            self.problems.append(message.text)  # type: ignore[attr-defined]

    def _dialog(self, dialog: object) -> None:
        self.problems.append("a dialog opened")
        dialog.dismiss()  # type: ignore[attr-defined]

    def _answer(self, response: object) -> None:
        if response.status >= 400:  # type: ignore[attr-defined]
            self.problems.append(f"{response.status} {response.url}")  # type: ignore[attr-defined]


def open_page(page: Page, site: Site, path: str, *, areas: int = 48) -> None:
    page.goto(site.address + path)
    expect(page.locator("h1")).to_be_visible()
    if urlsplit(path).path.startswith("/sv"):
        expect(page.locator(f".map[data-drawn='{areas}']")).to_be_attached()
        expect(page.locator("#list-body tr").first).to_be_attached()


def colours_of(picture: bytes) -> dict[tuple[int, int, int], int]:
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    return {colour: count for count, colour in image.getcolors(maxcolors=1 << 24) or []}


def near(colours: dict[tuple[int, int, int], int], wanted: tuple[int, int, int]) -> int:
    """Pixels within what an opacity of .92 and the screen may change."""
    return sum(
        count
        for colour, count in colours.items()
        if all(abs(a - b) <= 24 for a, b in zip(colour, wanted, strict=True))
    )
