"""Containers (dms-api.md 3.2): what is stored, in a table each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from pygen.client.models.ids import ContainerId, ViewId
from pygen.sandbox.catalog import ContainerDef, Prop, ViewDef, view_reference
from pygen.sandbox.container_tables import ContainerTable, State
from pygen.sandbox.problems import Refusal
from pygen.sandbox.property_types import ContainerProperty, forbidden_change
from pygen.sandbox.schema_rows import (
    ContainerReference,
    Description,
    ExternalId,
    Few,
    Json,
    Label,
    Many,
    PropertyName,
    SchemaName,
    Space,
    SubId,
    check_space,
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

MOST_UNIQUENESS = 10
MOST_REQUIRES = 25
MOST_INDEXES = 10
MOST_INDEXED_VALUES = {"int32": 600, "int64": 300}
"""Most values of a list under a btree index (dms-api.md 3.3)."""


class _Constraint(Shape):
    constraint_type: Literal["uniqueness", "requires"] | None = None
    properties: Annotated[list[str], Field(min_length=1)] | None = None
    by_space: bool | None = None
    require: ContainerReference | None = None

    @model_validator(mode="after")
    def _check(self) -> _Constraint:
        if self.kind == "requires":
            if self.require is None:
                raise PydanticCustomError("no_require", "require must not be null")
            if self.properties is not None or self.by_space is not None:
                raise PydanticCustomError("foreign", "properties and bySpace belong to uniqueness constraints")
        elif self.properties is None or self.require is not None:
            raise PydanticCustomError("no_properties", "a uniqueness constraint has properties, and no require")
        return self

    @property
    def kind(self) -> str:
        return self.constraint_type or ("uniqueness" if self.require is None else "requires")

    def read_form(self) -> Json:
        if self.require is not None:
            return {"constraintType": "requires", "require": self.require.given()}
        return {"properties": self.properties, "constraintType": "uniqueness", "bySpace": bool(self.by_space)}


class _Index(Shape):
    properties: Annotated[list[str], Field(min_length=1)]
    index_type: Literal["btree", "inverted"] | None = None
    cursorable: bool | None = None
    by_space: bool | None = None

    @model_validator(mode="after")
    def _check(self) -> _Index:
        if self.index_type == "inverted" and not (self.cursorable is None and self.by_space is None):
            raise PydanticCustomError("foreign", "cursorable and bySpace belong to btree indexes")
        return self

    def read_form(self) -> Json:
        shown: Json = {"properties": self.properties, "indexType": self.index_type or "btree"}
        if self.index_type == "inverted":
            return shown
        return {**shown, "cursorable": bool(self.cursorable), "bySpace": bool(self.by_space)}


class _Write(Shape):
    space: Space
    external_id: SchemaName
    properties: Annotated[dict[PropertyName, ContainerProperty], Field(min_length=1)]
    name: Label | None = None
    description: Description | None = None
    used_for: Literal["node", "edge", "all"] | None = None
    constraints: dict[SubId, _Constraint] | None = None
    indexes: dict[SubId, _Index] | None = None

    def as_id(self) -> ContainerId:
        return ContainerId(self.space, self.external_id)


class _Writes(Shape):
    items: Many[_Write]


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
        dangling: Whether they may refer to containers that do not exist.

    Returns:
        Their read form.

    Raises:
        Refusal: One is wrong; none is written.
    """
    written = [_Write.read(item, where=f"items[{i}]") for i, item in enumerate(items)]
    with store.writing():
        answer = _put(store, written, is_global=is_global)
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
    labels = {name: container.body[name] for name in ("name", "description") if name in container.body}
    return {
        "space": container.id.space,
        "externalId": container.id.external_id,
        "usedFor": container.used_for,
        "createdTime": container.created,
        "lastUpdatedTime": container.updated,
        "isGlobal": container.is_global,
        "properties": container.body["properties"],
        **labels,
        "constraints": container.body["constraints"],
        "indexes": container.body["indexes"],
    }


# --- writing ---


def _put(store: Store, items: Sequence[_Write], *, is_global: bool) -> list[Json]:
    refuse_duplicates(str(item.as_id()) for item in items)
    check_space(store, (item.space for item in items), is_global=is_global)
    before = {container.id: container for container in _existing(store, items)}
    if not is_global:
        refuse_global("containers", (str(name) for name, container in before.items() if container.is_global))
    for item in items:
        _put_one(store, item, before.get(item.as_id()), is_global=is_global)
    store.schema_changed()
    return [_with_pending(read_container(container), before.get(container.id)) for container in _existing(store, items)]


def _put_one(store: Store, item: _Write, before: ContainerDef | None, *, is_global: bool) -> None:
    body = _merged(item, None if before is None else before.body, usual_list_sizes=_usual_list_sizes(store))
    if before is not None and body == before.body and (before.is_global or not is_global):
        return
    _check(str(item.as_id()), body)
    now = store.now_ms()
    if before is None:
        (number,) = store.db.execute(
            "INSERT INTO container (space, external_id, body, columns, created, updated, is_global)"
            " VALUES (?, ?, '', '', ?, ?, ?) RETURNING number",
            [item.space, item.external_id, now, now, is_global],
        ).fetchone()
        table = ContainerTable(store.db, number, {})
        table.create()
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
            table.add_column(name, definition, _fill(table, name, definition))
        body["properties"][name] = {"constraintState": table.property_state(name, definition), **definition}
    for identifier, constraint in body["constraints"].items():
        if "state" not in constraint:
            state: State = table.put_constraint(identifier, constraint)
            body["constraints"][identifier] = {"state": state, **constraint}
    for identifier, index in body["indexes"].items():
        if "state" not in index:
            body["indexes"][identifier] = {"state": table.put_index(identifier, index), **index}


def _fill(table: ContainerTable, name: str, definition: Json) -> Any:
    """
    What rows that are there get in a new property: the default, if they must have something.

    Elsewhere a default is for new instances only (dms-api.md 3.2).
    """
    if definition["nullable"] or "defaultValue" not in definition or definition["type"]["type"] == "direct":
        return None
    return _encode_default(name, definition)


def _encode_default(name: str, definition: Json) -> Any:
    try:
        from pygen.sandbox.values import encode
    except ModuleNotFoundError:
        return definition["defaultValue"]
    prop = Prop(name, "", definition["type"]["type"], definition["type"]["list"], definition)
    return encode(prop, definition["defaultValue"], f"properties.{name}.defaultValue")


def _usual_list_sizes(store: Store) -> Callable[[Json], int]:
    def usual(kind: Json) -> int:
        settings = store.settings
        return settings.most_list_relations if kind["type"] == "direct" else settings.most_list_values

    return usual


def _merged(item: _Write, before: Json | None, *, usual_list_sizes: Callable[[Json], int]) -> Json:
    """What a container is after it is written: nothing goes away but names, descriptions and defaults."""
    old = before or {"usedFor": item.used_for or "node", "properties": {}, "constraints": {}, "indexes": {}}
    where = str(item.as_id())
    if item.used_for is not None and item.used_for != old["usedFor"]:
        raise Refusal(f"usedFor of container '{where}' cannot be changed", status=409)
    properties = dict(old["properties"])
    for name, prop in item.properties.items():
        definition, known = prop.read_form(), properties.get(name)
        if known is not None:
            problem = forbidden_change(
                known["type"], definition["type"], usual_list_size=usual_list_sizes(known["type"])
            )
            if problem is not None:
                raise Refusal(f"Property '{name}' of container '{where}': {problem}", status=409)
        properties[name] = _kept(known, definition, "constraintState")
    return {
        **item.model_dump(by_alias=True, exclude_none=True, include={"name", "description"}),
        "usedFor": old["usedFor"],
        "properties": properties,
        "constraints": _merged_parts(item.constraints or {}, old["constraints"], f"Constraint '{{}}' of '{where}'"),
        "indexes": _merged_parts(item.indexes or {}, old["indexes"], f"Index '{{}}' of '{where}'"),
    }


def _merged_parts(given: Mapping[str, _Constraint | _Index], before: Json, what: str) -> Json:
    merged = dict(before)
    for identifier, part in given.items():
        definition = part.read_form()
        merged[identifier] = _kept(before.get(identifier), definition, "state")
        if identifier in before and merged[identifier] is definition:
            raise Refusal(f"{what.format(identifier)} cannot be changed; delete it first", status=409)
    return merged


def _kept(before: Json | None, after: Json, state: str) -> Json:
    """What was there, with its state, if the new definition says the same."""
    if before is not None and {key: value for key, value in before.items() if key != state} == after:
        return before
    return after


def _check(where: str, body: Json) -> None:
    """Refuse what no container can be."""
    properties = body["properties"]
    for name, definition in properties.items():
        if "defaultValue" in definition and "constraintState" not in definition:
            _encode_default(name, definition)
    for kind in ("constraints", "indexes"):
        for identifier, part in body[kind].items():
            place = f"{kind}.{identifier}.properties"
            for name in part.get("properties", ()):
                if name not in properties:
                    raise Refusal(f"Unknown property '{name}' in {place} of container '{where}'")
            if len(set(part.get("properties", ()))) < len(part.get("properties", ())):
                raise Refusal(f"Duplicate properties in {place} of container '{where}'")
    for identifier, index in body["indexes"].items():
        for name in index["properties"]:
            _check_indexed(f"indexes.{identifier} of container '{where}'", index, name, properties[name]["type"])
    kinds = Counter(constraint["constraintType"] for constraint in body["constraints"].values())
    refuse_excess(f"uniqueness constraints of container '{where}'", kinds["uniqueness"], MOST_UNIQUENESS)
    refuse_excess(f"requires constraints of container '{where}'", kinds["requires"], MOST_REQUIRES)
    refuse_excess(f"indexes of container '{where}'", len(body["indexes"]), MOST_INDEXES)


def _check_indexed(where: str, index: Json, name: str, kind: Json) -> None:
    if index["indexType"] == "inverted":
        if not kind["list"]:
            raise Refusal(f"Property '{name}' in {where} is no list, which an inverted index needs")
        return
    most = MOST_INDEXED_VALUES.get(kind["type"])
    if most is not None and kind.get("maxListSize", 0) > most:
        raise Refusal(f"maxListSize of property '{name}' in {where} must be at most {most} under a btree index")


def _refuse_missing(store: Store, items: Sequence[_Write]) -> None:
    """Refuse references to containers that do not exist."""
    for item in items:
        for reference in _references(item):
            store.catalog.container(ContainerId(reference.space, reference.external_id))


def _references(item: _Write) -> Iterator[ContainerReference]:
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


def _existing(store: Store, keys: Sequence[_Write | _Key]) -> list[ContainerDef]:
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
