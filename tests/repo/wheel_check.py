"""Build the wheel, use it from a clean environment in another folder, and fetch what it serves.

Run by `make wheel`. Everything it starts ends with it.
"""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import venv
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
STARTS_WITHIN_S = 60


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def fetch(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=30) as answer:  # noqa: S310  loopback
        assert answer.status == 200, url
        return bytes(answer.read())


def wait_for(url: str, server: subprocess.Popen[bytes]) -> bytes:
    end = time.monotonic() + STARTS_WITHIN_S
    while time.monotonic() < end:
        if server.poll() is not None:
            raise SystemExit(f"the server ended with {server.returncode}")
        try:
            return fetch(url)
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.2)
    raise SystemExit(f"nothing answered at {url} within {STARTS_WITHIN_S} s")


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        subprocess.run(
            [sys.executable, "-m", "build", "--wheel", "--outdir", str(work / "dist"), "."],
            cwd=REPOSITORY,
            check=True,
            stdout=subprocess.DEVNULL,
        )
        wheel = next((work / "dist").glob("*.whl"))
        venv.create(work / "env", with_pip=True)
        bin_folder = work / "env" / ("Scripts" if os.name == "nt" else "bin")
        pip = [str(bin_folder / "python"), "-m", "pip", "--disable-pip-version-check", "--quiet"]
        requirements = REPOSITORY / "requirements.txt"
        subprocess.run([*pip, "install", "-r", str(requirements)], check=True)
        subprocess.run([*pip, "install", "--no-deps", str(wheel)], check=True)
        hotspots = str(bin_folder / "hotspots")
        elsewhere = work / "elsewhere"
        elsewhere.mkdir()
        config, inputs = REPOSITORY / "config" / "risk.yaml", REPOSITORY / "config" / "inputs.yaml"
        subprocess.run(
            [hotspots, "run", "--config", str(config), "--inputs", str(inputs), "--out", "runs"],
            cwd=elsewhere,
            check=True,
        )
        port = free_port()
        server = subprocess.Popen(
            [hotspots, "serve", "--runs", "runs", "--port", str(port)], cwd=elsewhere
        )
        try:
            base = f"http://127.0.0.1:{port}"
            page = wait_for(f"{base}/", server).decode()
            assert 'lang="en-GB"' in page, "the first page is not ours"
            asset = re.search(r'href="(/assets/[^"]+\.css[^"]*)"', page)
            assert asset, "the first page names no style sheet"
            assert len(fetch(base + asset[1])) > 1000
            run_id = (elsewhere / "runs" / "CURRENT").read_text(encoding="utf-8").strip()
            geometry = fetch(f"{base}/geometry/{run_id}/areas.geojson")
            assert b"FeatureCollection" in geometry
        finally:
            server.terminate()
            server.wait(30)
    sys.stdout.write("the wheel works in a clean environment\n")


if __name__ == "__main__":
    main()
