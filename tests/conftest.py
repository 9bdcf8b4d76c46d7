"""Fixtures that every test folder shares, and the groups of tests that need system packages."""

from __future__ import annotations

import ctypes.util
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import pytest

if TYPE_CHECKING:
    from risk_model import api
    from risk_model.run_store import PublishedRun

# The same examples at every check; HOTSPOTS_FUZZ=1 looks for new ones (make soak).
hypothesis.settings.register_profile("steady", derandomize=True)
hypothesis.settings.register_profile("searching", derandomize=False)
hypothesis.settings.load_profile(
    "searching" if os.environ.get("HOTSPOTS_FUZZ") == "1" else "steady"
)

REPOSITORY = Path(__file__).resolve().parents[1]
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@dataclass(frozen=True)
class Group:
    """Tests that need more than the package registry."""

    marker: str
    install: str
    optional_in_ci: bool = False


GROUPS = (
    Group("browser", "apt-get install chromium"),
    Group("pdf", "apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"),
    Group(
        "real_data",
        "set HOTSPOTS_SHARED_DATA to the folder of the open data files",
        optional_in_ci=True,
    ),
)


def chromium_path() -> str | None:
    """Return the browser that the tests drive, if there is one."""
    named = os.environ.get("HOTSPOTS_CHROMIUM")
    return named or next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)


def real_data_folder() -> Path:
    """Return where the real open data would be."""
    return Path(os.environ.get("HOTSPOTS_SHARED_DATA", REPOSITORY.parent / "shared" / "data"))


def available(marker: str) -> bool:
    """Say whether this machine has what a group of tests needs."""
    if marker == "browser":
        return chromium_path() is not None
    if marker == "pdf":
        libraries = ("pango-1.0", "pangoft2-1.0", "harfbuzz-subset")
        return all(ctypes.util.find_library(name) for name in libraries)
    return real_data_folder().is_dir()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the groups this machine cannot run; where nothing may be skipped, stop."""
    left_out: dict[str, int] = {}
    for group in GROUPS:
        chosen = [item for item in items if item.get_closest_marker(group.marker)]
        if not chosen or available(group.marker):
            continue
        if os.environ.get("HOTSPOTS_NO_SKIPS") == "1" and not group.optional_in_ci:
            message = f"nothing may be skipped, and the {group.marker} tests need: {group.install}"
            raise pytest.UsageError(message)
        left_out[group.marker] = len(chosen)
        config.hook.pytest_deselected(items=chosen)
        items[:] = [item for item in items if not item.get_closest_marker(group.marker)]
    config.stash[LEFT_OUT] = left_out


LEFT_OUT = pytest.StashKey[dict[str, int]]()


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Print one line a group that was left out, with what would bring it in."""
    left_out = config.stash.get(LEFT_OUT, {})
    for group in GROUPS:
        if group.marker in left_out:
            terminalreporter.write_line(
                f"left out: {left_out[group.marker]} {group.marker} tests; to run them: "
                f"{group.install}"
            )


@pytest.fixture(scope="session")
def repository() -> Path:
    """The folder that holds pyproject.toml."""
    return REPOSITORY


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real open data; tests that use it carry the marker `real_data`."""
    return real_data_folder()


@pytest.fixture(scope="session")
def demonstration_request(repository: Path) -> api.Request:
    """What `make demo` asks for."""
    from risk_model import api

    return api.Request(
        config=repository / "config" / "risk.yaml",
        inputs=repository / "config" / "inputs.yaml",
        data_root=repository,
    )


@pytest.fixture(scope="session")
def demonstration_run(
    demonstration_request: api.Request, tmp_path_factory: pytest.TempPathFactory
) -> PublishedRun:
    """The demonstration county, published."""
    from dashboards.exports.run_files import extra_writers
    from risk_model import api

    runs = tmp_path_factory.mktemp("demonstration")
    return api.run(demonstration_request, runs=runs, writers=extra_writers)


@pytest.fixture(scope="session")
def dorset_request(repository: Path, real_data: Path) -> api.Request:
    """Dorset Council, January to June 2025."""
    from risk_model import api

    return api.Request(
        config=repository / "config" / "risk.yaml",
        inputs=repository / "config" / "inputs-dorset.yaml",
        data_root=real_data,
    )


@pytest.fixture(scope="session")
def dorset_run(
    dorset_request: api.Request, tmp_path_factory: pytest.TempPathFactory
) -> PublishedRun:
    """The real run that most figures are checked on."""
    from dashboards.exports.run_files import extra_writers
    from risk_model import api

    return api.run(dorset_request, runs=tmp_path_factory.mktemp("dorset"), writers=extra_writers)
