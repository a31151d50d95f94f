"""Schema resources of the sandbox in tests: small ones, made and asked for through routes, and rows put by hand."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from pygen.client.models.ids import ContainerId
from pygen.sandbox.problems import Refusal
from pygen.sandbox.routes import find_route
from pygen.sandbox.settings import Settings
from pygen.sandbox.spaces import apply_spaces
from pygen.sandbox.store import Store

Json: TypeAlias = dict[str, Any]

EXCHANGES = Path(__file__).parent.parent / "contract" / "exchanges"


def recorded(name: str) -> list[Json]:
    """The exchanges of a file of tests/contract/exchanges."""
    found: list[Json] = json.loads((EXCHANGES / f"{name}.json").read_text(encoding="utf-8"))["exchanges"]
    return found


class Project:
    """
    A project with the space `s`.

    Attributes:
        store: Its data.
        now_ms: The time; set it to let time pass.
    """

    def __init__(self, settings: Settings | None = None, *, spaces: tuple[str, ...] = ("s",)) -> None:
        self.now_ms = 1_767_225_600_000
        self.store = Store(settings=settings, wall_clock=lambda: self.now_ms / 1000)
        apply_spaces(self.store, [{"space": space} for space in spaces])

    def call(self, method: str, path: str, body: Any = None, query: Mapping[str, Any] | None = None) -> Json:
        """What the operation of a path below `/models` answers."""
        route = find_route(method, f"/models/{path}")
        assert route is not None
        params = {name: value if isinstance(value, str) else json.dumps(value) for name, value in (query or {}).items()}
        answer: Json = route.operation()(self.store, body or {}, params)
        return answer

    def post(self, path: str, *items: Json, **query: Any) -> list[Json]:
        """The items that a request with items answers."""
        answer: list[Json] = self.call("POST", path, {"items": list(items)}, query)["items"]
        return answer

    def get(self, path: str, **query: Any) -> list[Json]:
        """The items that a list answers."""
        answer: list[Json] = self.call("GET", path, query=query)["items"]
        return answer

    def refusal(self, path: str, *items: Json, status: int = 400) -> str:
        """The message that a request with items is refused with."""
        with pytest.raises(Refusal) as refused:
            self.post(path, *items)
        assert status == refused.value.status
        return refused.value.message

    def replay(self, exchange: Json) -> Json:
        """What a recorded request is answered with."""
        path = exchange["path"].removeprefix("/models/")
        return self.call(exchange["method"], path, exchange.get("request"), exchange.get("query"))

    def put_row(self, container: str, external_id: str, *, space: str = "s", **values: Any) -> None:
        """Put a node with data in a container, values as columns hold them, whether or not they keep its rules."""
        found = self.store.catalog.containers[ContainerId("s", container)]
        with self.store.writing() as db:
            seq = self.store.take_seq()
            db.execute(
                "INSERT INTO instance (kind, space, external_id, version, created, updated, seq)"
                " VALUES (0, ?, ?, 1, 0, 0, ?) ON CONFLICT DO NOTHING",
                [space, external_id, seq],
            )
            (number,) = db.execute(
                "SELECT id FROM instance WHERE (space, external_id) = (?, ?)", [space, external_id]
            ).fetchone()
            row = {"id": number, "live": 1, "space": self.store.catalog.spaces[space]}
            row |= {found.props[name].column: value for name, value in values.items()}
            db.execute(
                f"INSERT INTO {found.table} ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})",
                list(row.values()),
            )


def container(external_id: str = "C", /, **properties: Any) -> Json:
    """A container in space `s`; a property is a type by name, or a whole definition."""
    return {
        "space": "s",
        "externalId": external_id,
        "properties": {
            name: {"type": {"type": prop}} if isinstance(prop, str) else prop
            for name, prop in (properties or {"name": "text"}).items()
        },
    }


def container_reference(external_id: str = "C") -> Json:
    """A container, as bodies refer to it."""
    return {"type": "container", "space": "s", "externalId": external_id}


def view_reference(external_id: str = "V", version: str = "v1") -> Json:
    """A view, as bodies refer to it."""
    return {"type": "view", "space": "s", "externalId": external_id, "version": version}


def shown(name: str, of: str = "C", /, **more: Any) -> Json:
    """A property of a view that shows one of a container."""
    return {"container": container_reference(of), "containerPropertyIdentifier": name, **more}


def view(external_id: str = "V", /, *, version: str = "v1", **fields: Any) -> Json:
    """A view in space `s`."""
    return {"space": "s", "externalId": external_id, "version": version, **fields}
