"""Our own packages are the ones imported, and the help is free of heavy libraries."""

from __future__ import annotations

import ast
import importlib
import importlib.metadata
import subprocess
import sys
from pathlib import Path

import pytest

from risk_model.provenance import versions

_NO_FIGURES = {
    *("annotated-types", "pydantic", "pydantic_core", "pyyaml", "ruamel.yaml"),  # settings
    *("filelock", "openpyxl", "threadpoolctl"),  # files, threads
}


@pytest.mark.parametrize("name", ["spatial", "risk_model", "dashboards"])
def test_the_package_imported_is_ours(repository: Path, name: str) -> None:
    module = importlib.import_module(name)
    assert Path(module.__file__ or "").parent == repository / name


def test_help_loads_no_heavy_library() -> None:
    heavy = ("dash", "libpysal", "esda", "sklearn", "geopandas", "pandas", "numpy", "folium")
    code = (
        "import sys\n"
        "from dashboards.cli.main import app\n"
        "try:\n"
        "    app(['--help'])\n"
        "except SystemExit as stop:\n"
        "    assert stop.code == 0\n"
        f"loaded = [name for name in {heavy!r} if name in sys.modules]\n"
        "assert not loaded, loaded\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    for command in (
        "check",
        "run",
        "serve",
        "explain",
        "export",
        "runs",
        "compare",
        "weights",
        "calibrate",
    ):
        assert command in done.stdout


def test_nothing_happens_at_import() -> None:
    code = (
        "import threading, sys, socket\n"
        "def refuse(*_, **__): raise AssertionError('a connection at import')\n"
        "socket.socket.connect = refuse\n"
        "import dashboards.app, dashboards.server, risk_model.api\n"
        "assert threading.active_count() == 1\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("package", ["spatial", "risk_model"])
def test_the_manifest_names_every_library_that_a_figure_depends_on(
    repository: Path, package: str
) -> None:
    distributions = importlib.metadata.packages_distributions()
    imported: set[str] = set()
    for path in (repository / package).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                imported.add(node.module.split(".")[0])
    libraries = {name.lower() for module in imported for name in distributions.get(module, ())}
    assert libraries - _NO_FIGURES <= {name.lower() for name in versions()}
