"""Runs that several integration tests look at; each is made once a session."""

from __future__ import annotations

from pathlib import Path

import pytest

from dashboards.exports.run_files import extra_writers
from risk_model import api
from risk_model.run_store import PublishedRun


@pytest.fixture(scope="session")
def demonstration_request(repository: Path) -> api.Request:
    """What `make demo` asks for."""
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
    runs = tmp_path_factory.mktemp("demonstration")
    return api.run(demonstration_request, runs=runs, writers=extra_writers)


@pytest.fixture(scope="session")
def dorset_request(repository: Path, real_data: Path) -> api.Request:
    """Dorset Council, January to June 2025."""
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
    return api.run(dorset_request, runs=tmp_path_factory.mktemp("dorset"), writers=extra_writers)
