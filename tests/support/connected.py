"""A project whose data model is in a sandbox, for the commands that ask CDF."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pygen.client import PygenClient
from pygen.sandbox import Sandbox

__all__ = ["CANARY", "REMOTE", "change_live", "describe_service", "with_remote"]

REMOTE = 'remote = { space = "sp_windfarm", external_id = "Windfarm", version = "v1" }'
CANARY = "canary-e31337-token"
"""The token of every test: it must not show up anywhere."""


def describe_service(monkeypatch: pytest.MonkeyPatch, sandbox: Sandbox, prefix: str = "") -> None:
    """Set the environment variables of a connection."""
    for name in ("CDF_CLUSTER", "LOGIN_FLOW", "CDF_CLIENT_TIMEOUT"):
        monkeypatch.delenv(f"{prefix}{name}", raising=False)
    found = {"CDF_URL": sandbox.base_url, "CDF_PROJECT": sandbox.project, "CDF_TOKEN": CANARY}
    for name, value in found.items():
        monkeypatch.setenv(f"{prefix}{name}", value)


def change_live(sandbox: Sandbox, edit: Callable[[dict[str, Any]], object], view: str = "Blade") -> None:
    """Change a view of the wind farm in the sandbox; *edit* gets its write form."""
    with PygenClient(
        base_url="http://127.0.0.1", project=sandbox.project, credentials=CANARY, transport=sandbox.transport()
    ) as client:
        wanted = {"space": "sp_windfarm", "externalId": view, "version": "v1"}
        params = {"includeInheritedProperties": False}
        body = client.request(
            "POST", "/models/views/byids", json={"items": [wanted]}, params=params, safe_to_repeat=True
        )
        found = body["items"][0]
        keys = ("space", "externalId", "version", "name", "description", "filter", "implements")
        made: dict[str, Any] = {key: found[key] for key in keys if found.get(key) is not None}
        made["properties"] = {name: _written(each) for name, each in found["properties"].items()}
        edit(made)
        # An update keeps what it does not name; the data model keeps its reference (dms-api.md 3.5, 2.3).
        client.request("POST", "/models/views/delete", json={"items": [wanted]})
        client.request("POST", "/models/views", json={"items": [made]})


def _written(read: dict[str, Any]) -> dict[str, Any]:
    if "container" not in read:
        return {key: value for key, value in read.items() if key != "targetsList"}
    keys = ("container", "containerPropertyIdentifier", "name", "description")
    made = {key: read[key] for key in keys if key in read}
    source = (read.get("type") or {}).get("source")
    return {**made, "source": source} if source else made


def with_remote(project: Path, *more: str) -> None:
    """Say in the configuration where the model is."""
    path = project / "pyproject.toml"
    text = path.read_text(encoding="utf-8").replace("[tool.pygen]\n", f"[tool.pygen]\n{REMOTE}\n")
    path.write_text("\n".join([text, *more, ""]), encoding="utf-8")
