"""docs/sdk.md says what is true."""

from __future__ import annotations

import re
import sys
from contextlib import redirect_stdout
from importlib import import_module
from io import StringIO
from pathlib import Path
from typing import Any

import httpx
import pytest

from pygen.client import PygenClient
from pygen.sandbox import Sandbox


def blocks(path: Path) -> list[str]:
    """The Python of a page, block by block."""
    text = path.read_text("utf-8")
    found = re.findall(r"^```python\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    assert len(re.findall(r"^```\w", text, re.MULTILINE)) == len(found)
    return found


def test_the_page_about_the_sdk_runs(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every block runs after those before it, and prints what the comments behind `print` say."""
    pytest.importorskip("pandas")
    monkeypatch.syspath_prepend(str(repository / "example_project"))
    monkeypatch.setitem(sys.modules, "demo", None)
    del sys.modules["demo"]
    everything = import_module("demo.data").EVERYTHING
    from windfarm.sdk import WindfarmClient

    with Sandbox(repository / "example_project" / "model" / "windfarm.json") as sandbox:
        transport, async_transport = sandbox.transport(), sandbox.async_transport()
        monkeypatch.setattr(httpx.HTTPTransport, "handle_request", lambda _, request: transport.handle_request(request))
        monkeypatch.setattr(
            httpx.AsyncHTTPTransport,
            "handle_async_request",
            lambda _, request: async_transport.handle_async_request(request),
        )
        settings = {"CDF_URL": "http://localhost", "CDF_PROJECT": sandbox.project, "CDF_TOKEN": sandbox.token}
        for name, value in settings.items():
            monkeypatch.setenv(name, value)
        with PygenClient.from_env() as client:
            client.spaces.upsert({"space": "windfarm_data"})
            WindfarmClient.from_client(client).upsert(everything)
        known: dict[str, Any] = {}
        for block in blocks(repository / "docs" / "sdk.md"):
            with redirect_stdout(StringIO()) as printed:
                exec(compile(block, "docs/sdk.md", "exec"), known)
            wanted = re.findall(r"^ *print\(.*\)  # (.*)$", block, re.MULTILINE)
            shown = printed.getvalue().splitlines()
            assert wanted == [line for line in shown if line in wanted] or wanted == shown, (block, shown)
