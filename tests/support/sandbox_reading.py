"""Stores to read from: the pump station of the recorded exchanges, and instances put there by hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pygen.sandbox.catalog import ContainerDef, Prop
from pygen.sandbox.containers import apply_containers
from pygen.sandbox.settings import Settings
from pygen.sandbox.spaces import apply_spaces
from pygen.sandbox.store import EDGE, NODE, Store, compact
from pygen.sandbox.values import Link, encode
from pygen.sandbox.views import apply_views
from tests.contract.exchange import Json, exchanges

__all__ = ["CREATED", "Writer", "container_ref", "model", "pump_station", "view_ref"]

CREATED = 1_767_225_700_000
CHANGED = 1_767_225_705_000


def view_ref(external_id: str, space: str = "ops_model", version: str = "v1") -> Json:
    """A view, as bodies refer to it."""
    return {"type": "view", "space": space, "externalId": external_id, "version": version}


def container_ref(external_id: str, space: str = "ops_model") -> Json:
    """A container, as bodies refer to it."""
    return {"type": "container", "space": space, "externalId": external_id}


class Writer:
    """
    Writes instances into the tables, with no rules but those of types.

    Args:
        store: The project.
    """

    def __init__(self, store: Store) -> None:
        self.store = store

    def put(self, *items: Json, at: int = CREATED) -> list[int]:
        """Create instances, in the form of apply; a source is a view or a container."""
        with self.store.writing():
            return [self._put(item, at) for item in items]

    def change(self, external_id: str, properties: Json, view: Json, *, at: int = CHANGED) -> None:
        """Write some properties of an instance."""
        with self.store.writing() as db:
            number = self._id({"space": "ops_data", "externalId": external_id})
            self._write(number, "ops_data", {"source": view, "properties": properties})
            db.execute("UPDATE instance SET version = version + 1, updated = ? WHERE id = ?", [at, number])

    def delete(self, external_id: str, *, space: str = "ops_data", at: int = CHANGED) -> None:
        """Delete an instance; its rows stay."""
        with self.store.writing() as db:
            number = self._id({"space": space, "externalId": external_id})
            db.execute(
                "UPDATE instance SET deleted = ?, updated = ?, version = version + 1 WHERE id = ?", [at, at, number]
            )
            for container in self.store.catalog.containers.values():
                db.execute(f"UPDATE {container.table} SET live = 0 WHERE id = ?", [number])

    def _put(self, item: Json, at: int) -> int:
        number = self._id(item)
        links = {column: self._id(item[name]) for name, column in _ENDS.items() if item.get(name) is not None}
        columns = {"kind": EDGE if item["instanceType"] == "edge" else NODE, "created": at, "updated": at, **links}
        changes = ", ".join(f"{column} = ?" for column in columns)
        self.store.db.execute(f"UPDATE instance SET {changes} WHERE id = ?", [*columns.values(), number])
        for source in item.get("sources", ()):
            self._write(number, item["space"], source)
        return number

    def _id(self, reference: Json) -> int:
        """The number of an instance; a bare node is made where there is none."""
        key = [reference["space"], reference["externalId"]]
        found = self.store.db.execute("SELECT id FROM instance WHERE space = ? AND external_id = ?", key).fetchone()
        if found is None:
            found = self.store.db.execute(
                "INSERT INTO instance (kind, space, external_id, version, created, updated, seq)"
                " VALUES (0, ?, ?, 1, ?, ?, ?) RETURNING id",
                [*key, CREATED, CREATED, self.store.take_seq()],
            ).fetchone()
        return int(found[0])

    def _write(self, number: int, space: str, source: Json) -> None:
        catalog = self.store.catalog
        of = catalog.source(source["source"])
        containers, props = (
            ((of,), of.props)
            if isinstance(of, ContainerDef)
            else (of.containers, {name: each.prop for name, each in of.mapped.items()})
        )
        for container in containers:
            created = self.store.db.execute(
                f"INSERT OR IGNORE INTO {container.table} (id, live, space) VALUES (?, 1, ?)",
                [number, catalog.spaces[space]],
            )
            for prop in container.props.values() if created.rowcount else ():
                if prop.default is not None:
                    self._set(prop, number, prop.default)
        for name, value in (source.get("properties") or {}).items():
            self._set(props[name], number, value)

    def _set(self, prop: Prop, number: int, value: Any) -> None:
        stored: Any = encode(prop, value, prop.name)
        if isinstance(stored, Link):
            stored = self._id({"space": stored.space, "externalId": stored.external_id})
        elif isinstance(stored, list):
            stored = compact([self._id({"space": link.space, "externalId": link.external_id}) for link in stored])
        self.store.db.execute(f"UPDATE c{prop.number} SET {prop.column} = ? WHERE id = ?", [stored, number])


_ENDS = {"type": "type_id", "startNode": "start_id", "endNode": "end_id"}


def model(
    spaces: Sequence[str], containers: Sequence[Json], views: Sequence[Json] = (), *, settings: Settings | None = None
) -> Store:
    """A store with a schema, and nothing in it."""
    store = Store(settings=settings, wall_clock=lambda: CREATED / 1000)
    apply_spaces(store, [{"space": space} for space in spaces])
    apply_containers(store, containers)
    if views:
        apply_views(store, views)
    return store


def pump_station(settings: Settings | None = None) -> Store:
    """The project of the recorded exchanges, after what they wrote."""
    recorded = {name: exchanges(name)[0]["request"]["items"] for name in ("containers", "views", "instances_apply")}
    store = model(["ops_model", "ops_data"], recorded["containers"], recorded["views"], settings=settings)
    writer = Writer(store)
    writer.put(*recorded["instances_apply"])
    (patch,) = exchanges("instances_apply")[2]["request"]["items"]
    (source,) = patch["sources"]
    writer.change(patch["externalId"], source["properties"], source["source"])
    return store
