"""Rows of instances: how requests name them, and how they are found, removed and marked as deleted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple, TypeAlias

from pydantic import Field

from pygen.sandbox.problems import Refusal
from pygen.sandbox.shapes import Shape
from pygen.sandbox.store import EDGE, NODE, compact

if TYPE_CHECKING:
    from pygen.sandbox.catalog import Prop
    from pygen.sandbox.store import Store

__all__ = [
    "KINDS",
    "InstanceKey",
    "InstanceName",
    "InstanceRow",
    "Key",
    "find_instances",
    "remove_data",
    "soft_delete",
    "version_conflict",
]

InstanceName: TypeAlias = Annotated[str, Field(min_length=1, max_length=256, pattern=r"^[^\x00]*$")]
"""The external id of an instance: any text without NUL (dms-api.md 8.1)."""
Key: TypeAlias = tuple[str, str]
"""Space and external id."""

KINDS = {"node": NODE, "edge": EDGE}


class InstanceKey(Shape):
    """An instance to delete, as bodies name it."""

    instance_type: Literal["node", "edge"]
    space: str
    external_id: InstanceName
    existing_version: int | None = None

    def answer(self) -> dict[str, Any]:
        """The instance as answers name it."""
        return {"instanceType": self.instance_type, "externalId": self.external_id, "space": self.space}


class InstanceRow(NamedTuple):
    """
    What is known of an instance, deleted or not.

    Attributes:
        id: Its number.
        kind: `NODE` or `EDGE`.
        version: How often it was written.
        created: Epoch milliseconds.
        updated: Epoch milliseconds.
        deleted: Epoch milliseconds; None: it is live.
        type_id: The number of its type.
        start_id: The number of an edge's start node.
        end_id: The number of an edge's end node.
    """

    id: int
    kind: int
    version: int
    created: int
    updated: int
    deleted: int | None
    type_id: int | None
    start_id: int | None
    end_id: int | None


def find_instances(store: Store, keys: Iterable[Key]) -> dict[Key, InstanceRow]:
    """Instances by space and external id, deleted ones too; those that never were are missing."""
    by_space: dict[str, list[str]] = {}
    for space, external_id in keys:
        by_space.setdefault(space, []).append(external_id)
    found: dict[Key, InstanceRow] = {}
    for space, external_ids in by_space.items():
        rows = store.db.execute(
            "SELECT external_id, id, kind, version, created, updated, deleted, type_id, start_id, end_id FROM instance"
            " WHERE space = ? AND external_id IN (SELECT value FROM json_each(?))",
            [space, compact(external_ids)],
        )
        for external_id, *row in rows:
            found[space, external_id] = InstanceRow._make(row)
    return found


def version_conflict(store: Store) -> Refusal:
    """What is said where an instance is newer than the one who writes knows (dms-api.md, appendix A)."""
    return Refusal("A version conflict caused the ingest to fail.", status=store.settings.version_conflict_status)


def soft_delete(store: Store, ids: Sequence[int]) -> None:
    """Mark live instances as deleted, and edges from and to them; within `store.writing`."""
    if not ids:
        return
    listed = compact(ids)
    edges = store.db.execute(
        f"SELECT id FROM instance WHERE deleted IS NULL AND kind = {EDGE}"
        " AND start_id IN (SELECT value FROM json_each(?))"
        f" UNION SELECT id FROM instance WHERE deleted IS NULL AND kind = {EDGE}"
        " AND end_id IN (SELECT value FROM json_each(?))",
        [listed, listed],
    )
    gone = compact(list(dict.fromkeys([*ids, *(number for (number,) in edges)])))
    now = store.now_ms()
    _touch(store, gone, now)
    store.db.execute(
        "UPDATE instance SET deleted = ? WHERE id IN (SELECT value FROM json_each(?))",
        [now, gone],
    )
    for table in _tables_with_data(store):
        store.db.execute(
            f"UPDATE {table} SET live = 0 WHERE live = 1 AND id IN (SELECT value FROM json_each(?))", [gone]
        )
    if store.settings.delete_clears_relations:
        _clear_relations(store, gone, now)


def remove_data(store: Store, ids: Sequence[int]) -> None:
    """Remove what instances have in any container, so that they begin anew; within `store.writing`."""
    if not ids:
        return
    listed = compact(ids)
    for table in _tables_with_data(store):
        store.db.execute(f"DELETE FROM {table} WHERE id IN (SELECT value FROM json_each(?))", [listed])


def _touch(store: Store, listed: str, now: int) -> None:
    """Count a change of each of the instances in a JSON list."""
    (count,) = store.db.execute("SELECT json_array_length(?)", [listed]).fetchone()
    store.db.execute(
        "UPDATE instance SET version = version + 1, updated = ?, seq = ? + each.key"
        " FROM json_each(?) AS each WHERE instance.id = each.value",
        [now, store.take_seq(count), listed],
    )


def _tables_with_data(store: Store) -> list[str]:
    """The tables of containers; most of a large model are empty, and need not be looked through."""
    tables = [container.table for container in store.catalog.containers.values()]
    return [table for table in tables if store.db.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchone()]


def _clear_relations(store: Store, gone: str, now: int) -> None:
    """Forget direct relations to deleted instances, where they may be missing."""
    changed: set[int] = set()
    for container in store.catalog.containers.values():
        for prop in container.props.values():
            if prop.type == "direct" and (prop.is_list or prop.nullable):
                clearing = _clearing(container.table, prop)
                rows = store.db.execute(clearing, [gone] * clearing.count("?"))
                changed.update(number for (number,) in rows)
    if changed:
        _touch(store, compact(sorted(changed)), now)


def _clearing(table: str, prop: Prop) -> str:
    """The statement that takes the instances in a JSON list out of a column, and returns whose column it was."""
    column, gone = prop.column, "(SELECT value FROM json_each(?))"
    if not prop.is_list:
        return f"UPDATE {table} SET {column} = NULL WHERE live = 1 AND {column} IN {gone} RETURNING id"
    left = f"SELECT json_group_array(value) FROM json_each({column}) WHERE value NOT IN {gone}"
    named = f"SELECT 1 FROM json_each({column}) WHERE value IN {gone}"
    return f"UPDATE {table} SET {column} = ({left}) WHERE live = 1 AND EXISTS ({named}) RETURNING id"
