"""Where the real data models are, for the tests that use them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# The first text drawn on a new machine waits for a table of Unicode; times say nothing about a property anyway.
settings.register_profile("pygen", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("pygen")

ROOT = Path(__file__).resolve().parent.parent


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let CI demand the corpus of real data models."""
    parser.addoption("--require-corpus", action="store_true", help="fail, not skip, where the shared corpus is missing")


def shared_folder() -> Path | None:
    """The folder of facts and real models (`PYGEN_SHARED`, else `../shared`), or None on a machine without it."""
    folder = Path(os.environ.get("PYGEN_SHARED") or ROOT.parent / "shared")
    return folder if (folder / "models" / "INDEX.md").is_file() else None


@pytest.fixture(scope="session")
def shared(request: pytest.FixtureRequest) -> Path:
    """The folder of facts and real models; a test that needs it skips where it is missing."""
    folder = shared_folder()
    if folder is None:
        reason = "the corpus of real data models is not on this machine (PYGEN_SHARED names its folder)"
        if request.config.getoption("--require-corpus"):
            pytest.fail(reason)
        pytest.skip(reason)
    return folder


@pytest.fixture(scope="session")
def repository() -> Path:
    """The root of this repository."""
    return ROOT
