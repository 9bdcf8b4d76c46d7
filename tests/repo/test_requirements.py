"""Every version is pinned, the pins stand above the floors, and they are what pyproject asks."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

# The floors of the reliability page: below them are known holes.
FLOORS = {
    "dash": "4.4.1",
    "flask": "3.1.3",
    "werkzeug": "3.1.6",
    "jinja2": "3.1.6",
    "gunicorn": "23",
    "pyyaml": "6.0.1",
    "geopandas": "1.1.2",
    "pyarrow": "23.0.1",
    "urllib3": "2.7",
    "requests": "2.33",
    "pillow": "12.2",
}


def pins(path: Path) -> dict[str, str]:
    found = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith(("#", "-r")) or not line.strip():
            continue
        match = re.fullmatch(r"([A-Za-z0-9._-]+)==([A-Za-z0-9.]+)", line)
        assert match, f"{path.name}: {line!r} does not pin one version"
        name = canonicalize_name(match[1])
        assert name not in found, f"{path.name}: {name} is pinned twice"
        found[name] = match[2]
    return found


@pytest.fixture(scope="module")
def runtime(repository: Path) -> dict[str, str]:
    return pins(repository / "requirements.txt")


@pytest.fixture(scope="module")
def everything(repository: Path, runtime: dict[str, str]) -> dict[str, str]:
    development = pins(repository / "requirements-dev.txt")
    assert not set(runtime) & set(development)
    return runtime | development


@pytest.mark.parametrize("name", sorted(FLOORS))
def test_pins_stand_above_the_floors(everything: dict[str, str], name: str) -> None:
    assert Version(everything[name]) >= Version(FLOORS[name])


def test_gdal_that_reads_is_new_enough() -> None:
    import pyogrio

    assert pyogrio.__gdal_version__ >= (3, 11, 0)


def test_runtime_pins_are_what_the_project_asks_for(
    repository: Path, runtime: dict[str, str]
) -> None:
    project = tomllib.loads((repository / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for text in project["dependencies"]:
        wanted = Requirement(text)
        assert wanted.specifier.contains(runtime[canonicalize_name(wanted.name)]), text


def test_development_pins_are_what_the_extras_ask_for(
    repository: Path, everything: dict[str, str]
) -> None:
    project = tomllib.loads((repository / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for extra in ("dev", "pdf"):
        for text in project["optional-dependencies"][extra]:
            wanted = Requirement(text)
            assert wanted.specifier.contains(everything[canonicalize_name(wanted.name)]), text


def test_the_packages_that_users_named_are_there(everything: dict[str, str]) -> None:
    named = {"geopandas", "shapely", "libpysal", "esda", "scikit-learn", "folium", "dash", "pytest"}
    assert named <= set(everything)


@pytest.mark.parametrize("name", ["spatial", "diskcache"])
def test_packages_that_must_never_come_in(everything: dict[str, str], name: str) -> None:
    assert name not in everything
