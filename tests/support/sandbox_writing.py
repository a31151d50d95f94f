"""The pump station of the recorded exchanges in a store of the sandbox, to write into and to look at."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from pygen.client.models.ids import ContainerId
from pygen.sandbox.apply import apply_instances
from pygen.sandbox.containers import apply_containers
from pygen.sandbox.delete import delete_instances
from pygen.sandbox.problems import Refusal
from pygen.sandbox.settings import Settings
from pygen.sandbox.spaces import apply_spaces
from pygen.sandbox.store import Store
from pygen.sandbox.values import decode
from pygen.sandbox.views import apply_views

__all__ = ["Json", "Project", "edge", "exchanges", "node", "ref", "through"]

Json: TypeAlias = dict[str, Any]

_EXCHANGES = Path(__file__).parent.parent / "contract" / "exchanges"


def exchanges(name: str) -> list[Json]:
    """The exchanges of a file of tests/contract/exchanges."""
    found: list[Json] = json.loads((_EXCHANGES / f"{name}.json").read_text("utf-8"))["exchanges"]
    return found


def ref(external_id: str, space: str = "ops_data") -> Json:
    """A direct relation, or an end of an edge."""
    return {"space": space, "externalId": external_id}


def through(source: str, properties: Json | None = None) -> Json:
    """Properties of `View/v1`, or of a container."""
    external_id, slash, version = source.partition("/")
    reference = {"type": "view" if slash else "container", "space": "ops_model", "externalId": external_id}
    if slash:
        reference["version"] = version
    return {"source": reference, "properties": properties}


def node(external_id: str, *sources: Json, **others: Any) -> Json:
    """A node to write."""
    item = {"instanceType": "node", "space": "ops_data", "externalId": external_id, **others}
    return {**item, "sources": list(sources)} if sources else item


def edge(external_id: str, start: str, end: str, *sources: Json, **others: Any) -> Json:
    """An edge to write."""
    ends = {"type": ref("Pump.maintainedBy", "ops_model"), "startNode": ref(start), "endNode": ref(end)}
    return {**node(external_id, *sources), "instanceType": "edge", **ends, **others}


class Project:
    """
    A project with spaces `ops_model` and `ops_data`, and the containers and views of the pump station.

    Attributes:
        store: Its data.
        now: The time, in epoch milliseconds; set it to let time pass.
    """

    def __init__(self, *, settings: Settings | None = None) -> None:
        self.now = 1_767_225_600_000
        self.store = Store(settings=settings, wall_clock=lambda: self.now / 1000)
        apply_spaces(self.store, [{"space": "ops_model"}, {"space": "ops_data"}])
        apply_containers(self.store, exchanges("containers")[0]["request"]["items"])
        apply_views(self.store, exchanges("views")[0]["request"]["items"])

    def container(self, external_id: str, properties: Json, **others: Any) -> None:
        """Put a container, with properties by their `type` or their whole definition."""
        definitions = {
            name: definition if isinstance(definition.get("type"), dict) else {"type": definition}
            for name, definition in properties.items()
        }
        item = {"space": "ops_model", "externalId": external_id, "properties": definitions, **others}
        apply_containers(self.store, [item])

    def view(self, external_id: str, **properties: str) -> None:
        """Put version `v1` of a view, with properties by `container.property`."""
        mapped = {}
        for name, place in properties.items():
            container, _, identifier = place.partition(".")
            reference = {"type": "container", "space": "ops_model", "externalId": container}
            mapped[name] = {"container": reference, "containerPropertyIdentifier": identifier}
        apply_views(
            self.store, [{"space": "ops_model", "externalId": external_id, "version": "v1", "properties": mapped}]
        )

    def apply(self, *items: Json, **flags: Any) -> list[Json]:
        """Write items; what became of each."""
        answer = apply_instances(self.store, {"items": list(items), **flags}, {})
        found: list[Json] = answer["items"]
        return found

    def refusal(self, *items: Json, **flags: Any) -> tuple[int, str]:
        """Write items in vain: the status and the message."""
        with pytest.raises(Refusal) as refused:
            apply_instances(self.store, {"items": list(items), **flags}, {})
        return refused.value.status, refused.value.message

    def delete(self, *external_ids: str, kind: str = "node") -> list[str]:
        """Delete instances; the external ids of those that were there."""
        items = [{"instanceType": kind, **ref(external_id)} for external_id in external_ids]
        return [item["externalId"] for item in delete_instances(self.store, {"items": items}, {})["items"]]

    # --- looking at it ---

    def instance(self, external_id: str, space: str = "ops_data") -> Json | None:
        """The row of an instance, by column; None: there is none."""
        cursor = self.store.db.execute(
            "SELECT * FROM instance WHERE space = ? AND external_id = ?", [space, external_id]
        )
        row = cursor.fetchone()
        return None if row is None else dict(zip([column for column, *_ in cursor.description], row, strict=True))

    def live(self) -> set[str]:
        """The external ids of all live instances."""
        rows = self.store.db.execute("SELECT external_id FROM instance WHERE deleted IS NULL")
        return {external_id for (external_id,) in rows}

    def data(self, container: str, external_id: str, *, live: int = 1) -> Json | None:
        """What an instance has in a container, without nulls; None: it has no data there."""
        found = self.store.catalog.containers[ContainerId("ops_model", container)]
        columns = ", ".join(prop.column for prop in found.props.values())
        row = self.store.db.execute(
            f"SELECT {columns} FROM {found.table} WHERE live = ? AND id = (SELECT id FROM instance"
            " WHERE space = 'ops_data' AND external_id = ?)",
            [live, external_id],
        ).fetchone()
        if row is None:
            return None
        names = {
            number: (space, name)
            for number, space, name in self.store.db.execute("SELECT id, space, external_id FROM instance")
        }
        values = {prop.name: decode(prop, value, names) for prop, value in zip(found.props.values(), row, strict=True)}
        return {name: value for name, value in values.items() if value is not None}
