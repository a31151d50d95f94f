"""A sandbox with time series, files and sequences, seen over HTTP."""

from __future__ import annotations

import json
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeAlias

import httpx

from pygen.sandbox import Sandbox
from pygen.sandbox.containers import apply_containers
from pygen.sandbox.spaces import apply_spaces

Json: TypeAlias = dict[str, Any]

EXCHANGES = Path(__file__).parent.parent / "contract" / "exchanges"
MIDNIGHT = 1_767_225_600_000
"""2026-01-01, in epoch milliseconds."""

_TEXT: Json = {"type": {"type": "text"}}
_BOOLEAN: Json = {"type": {"type": "boolean"}}
_CONTAINERS: dict[str, Json] = {
    "CogniteDescribable": {"name": _TEXT, "description": _TEXT},
    "CogniteUnit": {"symbol": _TEXT},
    "CogniteTimeSeries": {
        "type": {"type": {"type": "enum", "values": {"numeric": {}, "string": {}}}, "nullable": False},
        "isStep": {**_BOOLEAN, "nullable": False, "defaultValue": False},
        "sourceUnit": _TEXT,
        "unit": {"type": {"type": "direct"}},
    },
    "CogniteFile": {
        "mimeType": _TEXT,
        "directory": _TEXT,
        "isUploaded": {**_BOOLEAN, "defaultValue": False},
        "uploadedTime": {"type": {"type": "timestamp"}},
    },
}


def exchanges(name: str) -> list[Json]:
    """The exchanges of a file of tests/contract/exchanges."""
    found: list[Json] = json.loads((EXCHANGES / f"{name}.json").read_text(encoding="utf-8"))["exchanges"]
    return found


class Plant:
    """
    A sandbox with the part of the system model that classic resources come from, and a client of it.

    Attributes:
        sandbox: The sandbox.
        client: Speaks to it in process.
        now: The time, in epoch milliseconds; set it to let time pass.
    """

    def __init__(self) -> None:
        self.now = MIDNIGHT
        self.sandbox = Sandbox()
        store = self.sandbox.store()
        store._wall_clock = lambda: self.now / 1000
        self.client = httpx.Client(transport=self.sandbox.transport(), base_url="http://plant.example")
        apply_spaces(store, [{"space": "cdf_cdm"}, {"space": "cdf_cdm_units"}], is_global=True)
        apply_spaces(store, [{"space": "ops_data"}])
        containers = [
            {"space": "cdf_cdm", "externalId": name, "properties": properties}
            for name, properties in _CONTAINERS.items()
        ]
        apply_containers(store, containers, is_global=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.client.close()
        self.sandbox.close()

    def post(self, path: str, body: Json, **params: Any) -> httpx.Response:
        """The answer to a POST below the project."""
        path = f"/api/v1/projects/sandbox{path}"
        return self.client.post(path, json=body, params=params, headers={"authorization": "Bearer any"})

    def ask(self, path: str, body: Json, **params: Any) -> Json:
        """The body of an answer that says yes."""
        response = self.post(path, body, **params)
        assert response.is_success, response.text
        found: Json = response.json()
        return found

    def refused(self, path: str, body: Json, **params: Any) -> tuple[int, str]:
        """Status and message of an answer that says no."""
        response = self.post(path, body, **params)
        assert response.is_client_error, response.text
        return response.status_code, response.json()["error"]["message"]

    def write_model(self) -> None:
        """Write the model of dms-api.md 9, and its instances."""
        files = {"spaces": 1, "containers": 1, "views": 1, "datamodels": 1, "instances_apply": 3}
        for name, count in files.items():
            for exchange in exchanges(name)[:count]:
                self.ask(exchange["path"], exchange["request"])

    # --- nodes of the system model ---

    def write_node(self, name: str, container: str, properties: Json, *, description: Json | None = None) -> Json:
        """Write a node, and give what names the resource behind it."""
        sources = [{"source": _container(container), "properties": properties}]
        if description is not None:
            sources.append({"source": _container("CogniteDescribable"), "properties": description})
        node = {"space": "ops_data", "externalId": name}
        self.ask("/models/instances", {"items": [{"instanceType": "node", **node, "sources": sources}]})
        return {"instanceId": node}

    def delete_node(self, name: str) -> None:
        """Delete a node."""
        item = {"instanceType": "node", "space": "ops_data", "externalId": name}
        self.ask("/models/instances/delete", {"items": [item]})


def _container(name: str) -> Json:
    return {"type": "container", "space": "cdf_cdm", "externalId": name}
