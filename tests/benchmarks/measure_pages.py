"""How long the server takes for each page of a run of a country, and how many bytes it sends.

python tests/benchmarks/measure_pages.py RUNS [FORCE]

The first answer is of a new process: it opens the run. Bytes are as they travel, compressed.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from werkzeug.test import Client

from dashboards.app import create_app

UPDATE = "/_dash-update-component"


def page(client: Client, path: str, search: str) -> int:
    """Ask for a page as a browser does; return the bytes of the answer."""
    inputs = [{"id": "url", "property": "pathname", "value": path}]
    body = {
        "output": "page.children",
        "outputs": {"id": "page", "property": "children"},
        "inputs": inputs,
        "changedPropIds": ["url.pathname"],
        "state": [{"id": "url", "property": "search", "value": search}],
    }
    answer = client.post(UPDATE, json=body, headers={"Accept-Encoding": "gzip"})
    if answer.status_code != 200:
        raise SystemExit(f"{path}{search}: {answer.status_code}")
    return len(answer.data)


def main(runs: Path, force: str) -> None:
    """Print a row a page: seconds and bytes, the first time and again."""
    client = create_app(runs).server.test_client()
    client.get("/health")
    run = (runs / "CURRENT").read_text().strip()
    priority = "/sv01"
    asked: list[tuple[str, str]] = [
        ("/", ""),
        (f"/geometry/{run}/finding-sv01.svg", ""),
        (priority, ""),
        (priority, "?q=central&sort=rate"),
        (priority, f"?force={force}"),
        (f"/geometry/{run}/{force}/areas.geojson", ""),
        (priority, f"?force={force}&layer=rate"),
        ("/evidence", ""),
        ("/data", ""),
    ]
    for path, search in asked:
        figures = []
        for _ in range(2):
            start = time.perf_counter()
            if path.startswith("/geometry"):
                size = len(client.get(path, headers={"Accept-Encoding": "gzip"}).data)
            else:
                size = page(client, path, search)
            figures.append(f"{time.perf_counter() - start:.2f} s")
        said = path.replace(run, "RUN") + search
        sys.stdout.write(f"| `{said}` | {' | '.join(figures)} | {size / 1000:,.0f} kB |\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else "metropolitan")
