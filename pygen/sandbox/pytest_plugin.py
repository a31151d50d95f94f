"""
Fixtures for users' own tests: a sandbox for each test that asks for one.

The package registers this module with pytest (entry point `pytest11`), so that installing `pygen-cdf[sandbox]` is all
it takes:

    @pytest.mark.pygen_sandbox(model="model/windfarm.json", mock=10)
    def test_report(pygen_sandbox):
        with WindfarmClient(
            base_url="http://localhost", project="sandbox", credentials="any", transport=pygen_sandbox.transport()
        ) as client:
            assert len(client.wind_turbine.list().all()) == 10
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pygen.sandbox.sandbox import Sandbox

__all__ = ["pygen_sandbox", "pygen_sandbox_env"]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the setting `pygen_model`."""
    parser.addini(
        "pygen_model", "data models that the fixture pygen_sandbox loads, relative to this file", type="paths"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marker."""
    config.addinivalue_line(
        "markers",
        "pygen_sandbox(model=..., mock=..., seed=..., ...): the arguments of pygen.sandbox.Sandbox for this test; "
        "paths of models are relative to pytest's root folder",
    )


@pytest.fixture
def pygen_sandbox(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    """A sandbox of the test's own, with the models that its marker or the setting `pygen_model` names."""
    from pygen.sandbox.sandbox import Sandbox

    marker = request.node.get_closest_marker("pygen_sandbox")
    arguments: dict[str, Any] = dict(marker.kwargs) if marker is not None else {}
    models = arguments.pop("model", None)
    if models is None:
        paths: list[Path] = list(request.config.getini("pygen_model"))
    else:
        given = [models] if isinstance(models, str | Path) else list(models)
        paths = [request.config.rootpath / path for path in given]
    with Sandbox(paths, **arguments) as sandbox:
        yield sandbox


@pytest.fixture
def pygen_sandbox_env(pygen_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    """The sandbox behind a port, with the environment set so that `from_env()` finds it."""
    for name in ("CDF_CLUSTER", "LOGIN_FLOW"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CDF_URL", pygen_sandbox.base_url)
    monkeypatch.setenv("CDF_PROJECT", pygen_sandbox.project)
    monkeypatch.setenv("CDF_TOKEN", pygen_sandbox.token)
    return pygen_sandbox
