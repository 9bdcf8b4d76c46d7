"""`serve` as a person starts it: it prints its address, answers, takes the next port, stops."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

import web_run as WEB
from dashboards.server import free_socket

CODE = (
    "import sys; from pathlib import Path; from dashboards.server import serve;"
    "serve(Path(sys.argv[1]), port=int(sys.argv[2]))"
)

pytestmark = pytest.mark.skipif(os.name == "nt", reason="gunicorn serves on Unix only")


@pytest.fixture
def running(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], str, int]]:
    WEB.publish(tmp_path)
    with free_socket("127.0.0.1", 18500) as taken:
        port = taken.getsockname()[1]
        environment = {name: value for name, value in os.environ.items() if name != "DISPLAY"}
        home = tmp_path / "home"
        home.mkdir()
        environment["HOME"] = str(home)
        process = subprocess.Popen(
            [sys.executable, "-c", CODE, str(tmp_path), str(port)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=environment,
        )
        assert process.stdout is not None
        line = process.stdout.readline()
        yield process, line, port
        if process.poll() is None:
            process.terminate()
        process.wait(timeout=30)
        process.stdout.close()


def test_serve_answers_on_the_next_free_port_and_stops_when_asked(
    running: tuple[subprocess.Popen[str], str, int], tmp_path: Path
) -> None:
    process, line, taken = running
    found = re.fullmatch(
        r"Serving .* at (http://127\.0\.0\.1:(\d+)/)  \(Ctrl\+C stops it\)\n", line
    )
    assert found is not None, line
    assert int(found[2]) > taken
    site = found[1].rstrip("/")
    with requests.Session() as reader:
        reader.trust_env = False  # no proxy stands between this machine and itself

        def get(path: str) -> requests.Response:
            return reader.get(site + path, timeout=30)

        assert get("/health").json() == {"status": "ok", "run": WEB.FIRST_ID}
        page = get("/sv01")
        assert "default-src 'none'" in page.headers["Content-Security-Policy"]
        asset = re.search(r'href="(/assets/site\.css[^"]*)"', page.text)
        assert asset is not None
        assert get(asset[1]).headers["Content-Type"].startswith("text/css")
        assert get(f"/geometry/{WEB.FIRST_ID}/areas.geojson").json()["features"]
        assert get("/geometry/x/y").status_code == 404
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=30) == 0
    assert process.stdout is not None
    assert "Traceback" not in process.stdout.read()
    assert list((tmp_path / "home").iterdir()) == []  # no control socket, no trace
