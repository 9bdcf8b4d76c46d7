"""The web server: gunicorn on Unix, waitress elsewhere, never the debug server.

It listens on the machine itself unless told otherwise, takes the next free port where one is
taken, and opens a browser only where there is a display to open it on.
"""

from __future__ import annotations

import errno
import importlib
import os
import socket
import sys
import threading
import webbrowser
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from flask import Flask

from dashboards.app import create_app
from dashboards.settings import WebSettings
from spatial.errors import ConfigError, Fault

__all__ = ["free_socket", "has_display", "is_loopback", "refuse_debug", "serve"]

_PORTS_TRIED: Final = 50
_DEBUG_VARIABLES: Final = ("DASH_DEBUG", "FLASK_DEBUG")


def is_loopback(host: str) -> bool:
    """Say whether only this machine can reach a host name or address."""
    return host in ("localhost", "::1") or host.startswith("127.")


def refuse_debug(host: str, environment: Mapping[str, str]) -> None:
    """Refuse to start where debugging is switched on and others could reach the service.

    Raises
    ------
    ConfigError
        Names the variable and the way out.
    """
    for name in _DEBUG_VARIABLES:
        value = environment.get(name, "").strip().casefold()
        if value not in ("", "0", "false", "no", "off") and not is_loopback(host):
            raise ConfigError(
                Fault(
                    f"{name}={environment[name]} and --host {host}: a debugging service runs code "
                    f"for whoever reaches it; unset {name}, or serve on 127.0.0.1"
                )
            )


def free_socket(host: str, port: int) -> socket.socket:
    """Return a listening socket on the first free port from `port` on.

    The socket is handed to the server as it is, so that no one can take the port in between.

    Raises
    ------
    ConfigError
        Where no port of the next fifty is free, or the address is not one of this machine.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    last = min(port + _PORTS_TRIED, 65536)
    for candidate in range(port, last):
        taken = socket.socket(family, socket.SOCK_STREAM)
        if os.name != "nt":  # on Windows this would share the port with its owner
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            taken.bind((host, candidate))
        except OSError as error:
            taken.close()
            if isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL:
                raise ConfigError(
                    Fault(f"--host {host}: not an address of this machine; try 127.0.0.1")
                ) from None
            continue
        taken.listen(128)
        return taken
    raise ConfigError(Fault(f"--port {port}: no free port between {port} and {last - 1}"))


def has_display(environment: Mapping[str, str], platform: str) -> bool:
    """Say whether a browser window could open here."""
    if platform in ("darwin", "win32"):
        return "SSH_CONNECTION" not in environment
    return bool(environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY"))


def _with_gunicorn(
    server: Flask, listening: socket.socket, settings: WebSettings, ready: Callable[[], None]
) -> None:
    base = importlib.import_module("gunicorn.app.base")

    class Service(base.BaseApplication):  # type: ignore[misc, name-defined]
        """gunicorn with options from code, none from its command line or a file."""

        def load_config(self) -> None:
            options: dict[str, Any] = {
                "bind": f"fd://{listening.fileno()}",
                "workers": settings.workers,
                "threads": settings.threads,
                "worker_class": "gthread",
                "loglevel": "warning",
                "limit_request_line": 4094,
                "limit_request_fields": 50,
                "graceful_timeout": 5,
                "when_ready": lambda _arbiter: ready(),
                # Newer releases open a socket in the home folder to be steered by; nobody may.
                "control_socket_disable": True,
            }
            for name, value in options.items():
                if name in self.cfg.settings:
                    self.cfg.set(name, value)

        def load(self) -> Flask:
            return server

    listening.set_inheritable(True)
    Service().run()


def _with_waitress(
    server: Flask, listening: socket.socket, settings: WebSettings, ready: Callable[[], None]
) -> None:
    waitress = importlib.import_module("waitress")
    made = waitress.create_server(
        server, sockets=[listening], threads=settings.threads * settings.workers, ident=None
    )
    ready()
    try:
        made.run()
    finally:
        made.close()


def serve(
    runs: Path,
    *,
    host: str = "127.0.0.1",
    port: int = 8050,
    settings: WebSettings | None = None,
    open_browser: bool = True,
) -> None:
    """Serve a folder of runs until stopped.

    Parameters
    ----------
    runs
        The folder that `hotspots run` publishes to.
    host
        Address to listen on; the default lets only this machine in.
    port
        First port to try.

    Raises
    ------
    ConfigError
        Where debugging is on and others could reach the service, or no port is free.
    """
    refuse_debug(host, os.environ)
    chosen = settings or WebSettings()
    listening = free_socket(host, port)
    shown = f"[{host}]" if ":" in host else host
    address = f"http://{shown}:{listening.getsockname()[1]}/"
    app = create_app(runs, chosen)
    # Dash finishes its set-up in its first request: one of ours, before readers come in parallel.
    app.server.test_client().get("/health")

    def ready() -> None:
        sys.stdout.write(f"Serving {runs} at {address}  (Ctrl+C stops it)\n")
        sys.stdout.flush()
        if open_browser and is_loopback(host) and has_display(os.environ, sys.platform):
            threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()

    run = _with_waitress if os.name == "nt" else _with_gunicorn
    run(app.server, listening, chosen, ready)
