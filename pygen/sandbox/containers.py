"""Containers (dms-api.md 3.2): what is stored, in a table each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pygen.client.models.ids import ContainerId, ViewId
from pygen.sandbox.catalog import ContainerDef, ViewDef, view_reference
from pygen.sandbox.container_changes import check_container, drop_unfounded, encode_default, merged
from pygen.sandbox.container_shapes import ContainerWrite
from pygen.sandbox.container_tables import ContainerTable, State
from pygen.sandbox.problems import Refusal
from pygen.sandbox.schema_rows import (
    ContainerReference,
    ExternalId,
    Few,
    Json,
    Many,
    Space,
    check_space,
    labels,
    list_rows,
    refuse_duplicates,
    refuse_excess,
    refuse_global,
)
from pygen.sandbox.shapes import Shape
from pygen.sandbox.store import compact

if TYPE_CHECKING:
    from sqlite3 import Connection

    from pygen.sandbox.store import Store

__all__ = [
    "apply_containers",
    "delete_constraints",
    "delete_containers",
    "delete_indexes",
    "inspect_containers",
    "list_containers",
    "read_container",
    "retrieve_containers",
    "retry_constraints",
    "retry_indexes",
    "retry_properties",
    "upsert_containers",
]


class _Writes(Shape):
    items: Many[ContainerWrite]


class _Key(Shape):
    type: str | None = None  # clients that pass a reference on send it
    space: Space
    external_id: ExternalId

    def as_id(self) -> ContainerId:
        return ContainerId(self.space, self.external_id)


class _Keys(Shape):
    items: Many[_Key]


class _Part(Shape):
    space: Space
    container_external_id: ExternalId
    identifier: str

    def as_id(self) -> ContainerId:
        return ContainerId(self.space, self.container_external_id)


class _Parts(Shape):
    items: Few[_Part]


class _InvolvedViews(Shape):
    all_versions: bool | None = None


class _InvolvedViewCount(Shape):
    all_versions: bool | None = None
    include_unavailable_views: bool | None = None


class _Inspections(Shape):
    involved_views: _InvolvedViews | None = None
    total_involved_view_count: _InvolvedViewCount | None = None


class _Inspect(Shape):
    items: Few[_Key]
    inspection_operations: _Inspections


# --- operations ---


def apply_containers(
    store: Store, items: Sequence[Json], *, is_global: bool = False, dangling: bool = False
) -> list[Json]:
    """
    Create or update containers, any number.

    Args:
        store: The project.
        items: Containers in write form.
        is_global: Whether they are the system's.
        dangling: Whether they may refer to containers that do not exist; constraints and indexes over properties that
            do not exist are left out.

    Returns:
        Their read form.

    Raises:
        Refusal: One is wrong; none is written.
    """
    written = [ContainerWrite.read(item, where=f"items[{i}]") for i, item in enumerate(items)]
    with store.writing():
        answer = _put(store, written, is_global=is_global, dangling=dangling)
        if not dangling:
            _refuse_missing(store, written)
        return answer


def upsert_containers(store: Store, body: Json, _params: Mapping[str, str]) -> Json:
    """`POST /models/containers`."""
    items = _Writes.read(body).items
    with store.writing():
        answer = _put(store, items, is_global=False)
        _refuse_missing(store, items)
        own = [container for container in store.catalog.containers.values() if not container.is_global]
        settings = store.settings
        refuse_excess("containers", len(own), settings.most_containers)
        refuse_excess("container properties", sum(len(each.props) for each in own), settings.most_container_properties)
        for item in items:
            count = len(store.catalog.containers[item.as_id()].props)
            refuse_excess(f"properties of container '{item.as_id()}'", count, settings.most_properties_of_container)
    return {"items": answer}


_USES = frozenset({"node", "edge", "all", "record"})


def list_containers(store: Store, _body: Json, params: Mapping[str, str]) -> Json:
    """`GET /models/containers`."""
    uses = sorted(set(params.get("usedFor", "node,edge,all").split(",")))
    if not _USES.issuperset(uses):
        raise Refusal("Invalid value for usedFor: it must be node, edge, all or record")
    with store.reading():
        page = list_rows(
            store,
            "container",
            params,
            condition=f"json_extract(t.body, '$.usedFor') IN ({', '.join('?' * len(uses))})",
            values=uses,
        )
        containers = [store.catalog.containers[ContainerId(row[1], row[2])] for row in page.rows]
    return page.answer([read_container(container) for container in containers])


def retrieve_containers(store: Store, body: Json, _params: Mapping[str, str]) -> Json:
    """`POST /models/containers/byids`."""
    keys = _Keys.read(body).items
    with store.reading():
        return {"items": [read_container(container) for container in _existing(store, keys)]}


def delete_containers(store: Store, body: Json, _params: Mapping[str, str]) -> Json:
    """`POST /models/containers/delete`: instances stay, without the data that was in them (dms-api.md 2.3)."""
    keys = _Keys.read(body).items
    with store.writing() as db:
        containers = _existing(store, keys)
        refuse_global("containers", (str(container.id) for container in containers if container.is_global))
        for container in containers:
            _table(db, container).drop()
            db.execute("DELETE FROM container WHERE number = ?", [container.number])
        store.schema_changed()
    return {"items": [{"externalId": found.id.external_id, "space": found.id.space} for found in containers]}


def delete_constraints(store: Store, body: Json, _params: Mapping[str, str]) -> Json:
    """`POST /models/containers/constraints/delete`."""

    def delete(table: ContainerTable, identifier: str, definitions: Json) -> None:
        table.drop_constraint(identifier)
        del definitions[identifier]

    return _change_parts(store, body, "constraints", delete)


def delete_indexes(store: Store, body: Json, _params: Mapping[str, str]) -> Json:
    """`POST /models/containers/indexes/delete`."""

    def delete(table: ContainerTable, identifier: str, definitions: Json) -> None:
        table.drop_index(identifier)
        del definitions[identifier]

    return _change_parts(store, body, "indexes", delete)


def retry_constraints(store: Store, body: Json, _params: Mapping[str, str]) -> Json:
    """`POST /models/containers/constraints/retry`: look again whether the rows keep them."""

    def retry(table: ContainerTable, identifier: str, definitions: Json) -> None:
        constraint = definitions[identifier]
        definitions[identifier] = {**constraint, "state": table.put_constraint(identifier, constraint)}

    return _change_parts(store, body, "constraints", retry)


def retry_indexes(store: Store, body: Json, _params: Mapping[str, str]) -> Json:
    """`POST /models/containers/indexes/retry`."""

    def retry(table: ContainerTable, identifier: str, definitions: Json) -> None:
        index = definitions[identifier]
        definitions[identifier] = {**index, "state": table.put_index(identifier, index)}

    return _change_parts(store, body, "indexes", retry)


def retry_properties(store: Store, body: Json, _params: Mapping[str, str]) -> Json:
    """`POST /models/containers/properties/retry`: look again whether the rows keep what properties demand."""

    def retry(table: ContainerTable, identifier: str, definitions: Json) -> None:
        definition = definitions[identifier]
        definitions[identifier] = {**definition, "constraintState": table.property_state(identifier, definition)}

    return _change_parts(store, body, "properties", retry)


def inspect_containers(store: Store, body: Json, _params: Mapping[str, str]) -> Json:
    """`POST /models/containers/inspect` (dms-api.md 2.4)."""
    request = _Inspect.read(body)
    wanted = request.inspection_operations
    with store.reading():
        items: list[Json] = []
        for container in _existing(store, request.items):
            results: Json = {}
            if (count := wanted.total_involved_view_count) is not None:
                results["involvedViewCount"] = len(_involved(store, container, all_versions=bool(count.all_versions)))
            if (views := wanted.involved_views) is not None:
                involved = _involved(store, container, all_versions=bool(views.all_versions))
                results["involvedViews"] = [view_reference(view) for view in involved]
            items.append(
                {
                    "space": container.id.space,
                    "externalId": container.id.external_id,
                    "inspectionResults": results,
                }
            )
    return {"items": items}


def _involved(store: Store, container: ContainerDef, *, all_versions: bool) -> list[ViewId]:
    """The views that map a container."""
    views = store.catalog.views
    newest: dict[tuple[str, str], ViewDef] = {}
    for view in views.values():
        known = newest.setdefault((view.id.space, view.id.external_id), view)
        if view.created >= known.created:
            newest[view.id.space, view.id.external_id] = view
    searched = views.values() if all_versions else newest.values()
    return [view.id for view in searched if any(mapped.number == container.number for mapped in view.containers)]


def read_container(container: ContainerDef) -> Json:
    """A container as answers show it."""
    return {
        "space": container.id.space,
        "externalId": container.id.external_id,
        "usedFor": container.used_for,
        "createdTime": container.created,
        "lastUpdatedTime": container.updated,
        "isGlobal": container.is_global,
        "properties": container.body["properties"],
        **labels(container.body),
        "constraints": container.body["constraints"],
        "indexes": container.body["indexes"],
    }


# --- writing ---


def _put(store: Store, items: Sequence[ContainerWrite], *, is_global: bool, dangling: bool = False) -> list[Json]:
    refuse_duplicates(str(item.as_id()) for item in items)
    check_space(store, (item.space for item in items), is_global=is_global)
    before = {container.id: container for container in _existing(store, items)}
    if not is_global:
        refuse_global("containers", (str(name) for name, container in before.items() if container.is_global))
    for item in items:
        known = before.get(item.as_id())
        body = merged(item, None if known is None else known.body, store.settings)
        if dangling:
            drop_unfounded(body)
        _put_one(store, item.as_id(), body, known, is_global=is_global)
    store.schema_changed()
    return [_with_pending(read_container(container), before.get(container.id)) for container in _existing(store, items)]


def _put_one(
    store: Store, identifier: ContainerId, body: Json, before: ContainerDef | None, *, is_global: bool
) -> None:
    if before is not None and body == before.body and (before.is_global or not is_global):
        return
    check_container(str(identifier), body)
    now = store.now_ms()
    if before is None:
        (number,) = store.db.execute(
            "INSERT INTO container (space, external_id, body, columns, created, updated, is_global)"
            " VALUES (?, ?, '', '', ?, ?, ?) RETURNING number",
            [identifier.space, identifier.external_id, now, now, is_global],
        ).fetchone()
        table = ContainerTable(store.db, number, {})
        table.create(body["properties"])
    else:
        table = _table(store.db, before)
    _shape(table, body)
    store.db.execute(
        "UPDATE container SET body = ?, columns = ?, updated = ?, is_global = ? WHERE number = ?",
        [
            compact(body),
            compact(table.columns),
            now,
            is_global or (before is not None and before.is_global),
            table.number,
        ],
    )


def _shape(table: ContainerTable, body: Json) -> None:
    """Make what is new in a container; what was there before has its state already."""
    for name, definition in body["properties"].items():
        if "constraintState" in definition:
            continue
        if name not in table.columns:
            table.add_column(name, definition, _fill(name, definition))
        body["properties"][name] = {"constraintState": table.property_state(name, definition), **definition}
    for identifier, constraint in body["constraints"].items():
        if "state" not in constraint:
            state: State = table.put_constraint(identifier, constraint)
            body["constraints"][identifier] = {"state": state, **constraint}
    for identifier, index in body["indexes"].items():
        if "state" not in index:
            body["indexes"][identifier] = {"state": table.put_index(identifier, index), **index}


def _fill(name: str, definition: Json) -> Any:
    """
    What rows that are there get in a new property: the default, if they must have something.

    Elsewhere a default is for new instances only (dms-api.md 3.2).
    """
    if definition["nullable"] or "defaultValue" not in definition or definition["type"]["type"] == "direct":
        return None
    return encode_default(name, definition)


def _refuse_missing(store: Store, items: Sequence[ContainerWrite]) -> None:
    """Refuse references to containers that do not exist."""
    for item in items:
        for reference in _references(item):
            store.catalog.container(ContainerId(reference.space, reference.external_id))


def _references(item: ContainerWrite) -> Iterator[ContainerReference]:
    for prop in item.properties.values():
        if prop.type.container is not None:
            yield prop.type.container
    for constraint in (item.constraints or {}).values():
        if constraint.require is not None:
            yield constraint.require


def _with_pending(shown: Json, before: ContainerDef | None) -> Json:
    """What an upsert answers: rows are looked at after it, where a property is no longer nullable (dms-api.md 3.2)."""
    if before is None:
        return shown
    properties = {
        name: {**prop, "constraintState": {**prop["constraintState"], "nullability": "pending"}}
        for name, prop in shown["properties"].items()
        if not prop["nullable"] and name in before.props and before.props[name].nullable
    }
    return {**shown, "properties": {**shown["properties"], **properties}}


def _existing(store: Store, keys: Sequence[ContainerWrite | _Key]) -> list[ContainerDef]:
    """The containers that are named, each once, in the order of the request."""
    containers = store.catalog.containers
    return [containers[key] for key in dict.fromkeys(key.as_id() for key in keys) if key in containers]


def _table(db: Connection, container: ContainerDef) -> ContainerTable:
    columns = {name: prop.column for name, prop in container.props.items()}
    return ContainerTable(db, container.number, columns)


def _change_parts(store: Store, body: Json, field: str, change: Callable[[ContainerTable, str, Json], None]) -> Json:
    """
    Change constraints, indexes or properties that a request names; those that do not exist are passed over.

    Args:
        store: The project.
        body: The request.
        field: Where a container has them.
        change: What is done to one; gets the definitions by identifier, and changes them.
    """
    parts = _Parts.read(body).items
    answer: list[Json] = []
    with store.writing() as db:
        bodies: dict[ContainerId, Json] = {}
        for part in parts:
            container = store.catalog.containers.get(part.as_id())
            if container is None:
                continue
            if container.is_global:
                refuse_global("containers", [str(container.id)])
            definitions = bodies.setdefault(container.id, dict(container.body[field]))
            if part.identifier in definitions:
                change(_table(db, container), part.identifier, definitions)
                answer.append(part.given())
        for identifier, definitions in bodies.items():
            container = store.catalog.containers[identifier]
            if definitions != container.body[field]:
                db.execute(
                    "UPDATE container SET body = ?, updated = ? WHERE number = ?",
                    [compact({**container.body, field: definitions}), store.now_ms(), container.number],
                )
        store.schema_changed()
    return {"items": answer}
