"""Views (dms-api.md 3.5): what instances are read and written through."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from pygen.client.models.ids import ContainerId, ViewId
from pygen.sandbox.catalog import (
    Catalog,
    Connection,
    ViewDef,
    ViewProp,
    container_reference,
    view_id,
    view_reference,
    view_text,
)
from pygen.sandbox.problems import Refusal
from pygen.sandbox.schema_rows import (
    Json,
    Many,
    VersionedTable,
    VersionItems,
    check_space,
    flag,
    labels,
    list_rows,
    quoted,
    refuse_duplicates,
    refuse_excess,
    refuse_global,
)
from pygen.sandbox.shapes import Shape
from pygen.sandbox.view_shapes import Parent, ViewWrite

if TYPE_CHECKING:
    from pygen.sandbox.store import Store

__all__ = [
    "VIEWS",
    "apply_views",
    "check_views",
    "delete_views",
    "list_views",
    "put_views",
    "read_view",
    "retrieve_views",
    "upsert_views",
]

VIEWS = VersionedTable("view", "views")

MOST_PARENTS = 10
MOST_LEVELS = 10


class _Writes(Shape):
    items: Many[ViewWrite]


def apply_views(store: Store, items: Sequence[Json], *, is_global: bool = False, dangling: bool = False) -> list[Json]:
    """
    Create or update views, any number; they may refer to each other in any order.

    Args:
        store: The project.
        items: Views in write form.
        is_global: Whether they are the system's.
        dangling: Whether they may refer to containers, properties and views that do not exist.

    Returns:
        Their read form, with what they inherit.

    Raises:
        Refusal: One is wrong; none is written.
    """
    views = [ViewWrite.read(item, where=f"items[{i}]") for i, item in enumerate(items)]
    with store.writing():
        put_views(store, views, is_global=is_global)
        if not dangling:
            check_views(store, views)
        return _answer(store, views)


def upsert_views(store: Store, body: Json, _params: Mapping[str, str]) -> Json:
    """`POST /models/views`."""
    views = _Writes.read(body).items
    with store.writing():
        put_views(store, views)
        check_views(store, views, limits=True)
        return {"items": _answer(store, views)}


def list_views(store: Store, _body: Json, params: Mapping[str, str]) -> Json:
    """`GET /models/views`."""
    inherited = flag(params, "includeInheritedProperties", default=True)
    newest_only = not flag(params, "allVersions", default=False)
    with store.reading():
        page = list_rows(store, "view", params, newest_only=newest_only)
        return page.answer(_read_rows(store, page.rows, inherited=inherited))


def retrieve_views(store: Store, body: Json, params: Mapping[str, str]) -> Json:
    """`POST /models/views/byids`; an item without version stands for every version."""
    keys = VersionItems.read(body).items
    inherited = flag(params, "includeInheritedProperties", default=True)
    with store.reading():
        return {"items": _read_rows(store, VIEWS.rows_of(store, keys), inherited=inherited)}


def delete_views(store: Store, body: Json, _params: Mapping[str, str]) -> Json:
    """`POST /models/views/delete`: containers and data stay, data models keep the reference (dms-api.md 2.3)."""
    return VIEWS.delete(store, body)


def _answer(store: Store, views: Sequence[ViewWrite]) -> list[Json]:
    return [read_view(store.catalog, store.catalog.views[view.as_id()], inherited=True) for view in views]


def _read_rows(store: Store, rows: Iterable[Sequence[Any]], *, inherited: bool) -> list[Json]:
    catalog = store.catalog
    return [read_view(catalog, catalog.views[ViewId(row[1], row[2], row[3])], inherited=inherited) for row in rows]


# --- the read form ---


def read_view(catalog: Catalog, view: ViewDef, *, inherited: bool) -> Json:
    """
    A view as answers show it.

    Args:
        catalog: The schema.
        view: The view.
        inherited: Whether inherited properties are shown.
    """
    properties: dict[str, Json] = {}
    for name in view.names:
        if not inherited and name not in view.own:
            continue
        if name in view.mapped:
            properties[name] = _read_mapped(view.mapped[name])
        else:
            properties[name] = _read_connection(catalog, view.connections[name])
    shown: Json = {
        "externalId": view.id.external_id,
        "space": view.id.space,
        "version": view.id.version,
        "createdTime": view.created,
        "lastUpdatedTime": view.updated,
        "writable": _is_writable(view),
        "queryable": view.filter is not None or bool(view.mapped),
        "usedFor": view.used_for,
        "isGlobal": view.is_global,
        "properties": properties,
        "mappedContainers": [container_reference(container.id) for container in view.containers],
    }
    shown |= labels(view.body)
    if view.filter is not None:
        shown["filter"] = _read_filter(catalog, view.filter)
    shown["implements"] = [view_reference(parent) for parent in view.parents]
    return shown


def _read_mapped(prop: ViewProp) -> Json:
    stored = prop.prop.definition
    kind = dict(stored["type"])
    if "source" in prop.definition:
        kind["source"] = prop.definition["source"]
    return {
        "constraintState": stored["constraintState"],
        "type": kind,
        "container": prop.definition["container"],
        "containerPropertyIdentifier": prop.definition["containerPropertyIdentifier"],
        "immutable": stored["immutable"],
        "nullable": stored["nullable"],
        "autoIncrement": stored["autoIncrement"],
        **({"defaultValue": stored["defaultValue"]} if "defaultValue" in stored else {}),
        # What the container calls it is not inherited (dms-api.md 3.5).
        **labels(prop.definition),
    }


def _read_connection(catalog: Catalog, connection: Connection) -> Json:
    if connection.kind == "edge":
        return connection.definition
    relation = _relation(catalog, connection.definition["through"])
    return {**connection.definition, "targetsList": relation is not None and relation.prop.is_list}


def _relation(catalog: Catalog, through: Json) -> ViewProp | None:
    """The direct relation that a reverse one goes back over; None where there is none."""
    source, name = through["source"], through["identifier"]
    if source["type"] == "view":
        view = catalog.views.get(view_id(source))
        return None if view is None else view.mapped.get(name)
    container = catalog.containers.get(ContainerId(source["space"], source["externalId"]))
    prop = None if container is None else container.props.get(name)
    return None if container is None or prop is None else ViewProp(name, container, prop, prop.definition)


def _is_writable(view: ViewDef) -> bool:
    """Whether every property that an instance must have can be given through the view."""
    mapped = {(prop.container.number, prop.prop.name) for prop in view.mapped.values()}
    return bool(mapped) and all(
        (container.number, prop.name) in mapped
        for container in view.containers
        for prop in container.props.values()
        if not prop.nullable and prop.default is None and not prop.auto_increment
    )


def _read_filter(catalog: Catalog, filter_: Json) -> Json:
    """A filter; parts whose property is gone are `invalid` (dms-api.md 5.2)."""
    shown: Json = {}
    for operator, content in filter_.items():
        match content:
            case [*parts] if operator in {"and", "or"}:
                shown[operator] = [_read_filter(catalog, part) for part in parts]
            case {} if operator == "not":
                shown[operator] = _read_filter(catalog, content)
            case {} if operator == "nested" and not (gone := _vanished(catalog, content)):
                shown[operator] = {**content, "filter": _read_filter(catalog, content["filter"])}
            case {} if gone := _vanished(catalog, content):
                return {"invalid": {"previouslyReferencedProperties": gone, "filterType": operator}}
            case _:
                shown[operator] = content
    return shown


def _vanished(catalog: Catalog, content: Json) -> list[list[str]]:
    """The properties that a filter's operator names and that do not exist."""
    named = [content[key] for key in ("property", "scope", "startProperty", "endProperty") if key in content]
    gone: list[list[str]] = []
    for path in named:
        try:
            catalog.property(path)
        except Refusal:
            gone.append(path)
    return gone


# --- writing ---


def put_views(store: Store, views: Sequence[ViewWrite], *, is_global: bool = False) -> None:
    """
    Write views, without looking at what they refer to.

    Args:
        store: The project; within `writing`.
        views: The views.
        is_global: Whether they are the system's.

    Raises:
        Refusal: One may not be written, or not be changed in this way.
    """
    refuse_duplicates(view_text(view.as_id()) for view in views)
    check_space(store, (view.space for view in views), is_global=is_global)
    before = store.catalog.views
    if not is_global:
        changed = (view.as_id() for view in views)
        refuse_global("views", (view_text(name) for name in changed if name in before and before[name].is_global))
    for view in views:
        identifier = view.as_id()
        body = _merged(store, view, before.get(identifier), [other.as_id() for other in views])
        row = store.db.execute(
            "SELECT * FROM view WHERE (space, external_id, version) = (?, ?, ?)",
            [identifier.space, identifier.external_id, identifier.version],
        ).fetchone()
        VIEWS.put(store, row, [identifier.space, identifier.external_id, identifier.version], body, is_global=is_global)
    before_catalog = store.catalog
    store.schema_changed()
    for view in views:
        if view.as_id() in before:
            _refuse_other_types(before_catalog, store.catalog, view.as_id())


def _merged(store: Store, view: ViewWrite, before: ViewDef | None, together: Sequence[ViewId]) -> Json:
    """What a view is after it is written: properties that are left out stay, unless the settings say otherwise."""
    parents = [_parent(store, parent, before, together) for parent in view.implements or ()]
    if before is not None and list(before.parents) != parents:
        raise Refusal(
            f"implements of view '{view_text(view.as_id())}' cannot be changed: publish a new version", status=409
        )
    properties: Json = {}
    if before is not None and not store.settings.view_drops_properties:
        properties = dict(before.body["properties"])
    properties |= {name: prop.stored() for name, prop in (view.properties or {}).items()}
    body: Json = view.model_dump(by_alias=True, exclude_none=True, include={"name", "description", "filter"})
    return {**body, "implements": [view_reference(parent) for parent in parents], "properties": properties}


def _parent(store: Store, parent: Parent, before: ViewDef | None, together: Sequence[ViewId]) -> ViewId:
    """The version of a parent: the one it has been, else the newest, counting those of the same request."""
    if parent.version is not None:
        return ViewId(parent.space, parent.external_id, parent.version)
    versions = [
        *sorted(store.catalog.views, key=lambda known: store.catalog.views[known].created),
        *together,
        *(() if before is None else before.parents),
    ]
    for known in reversed(versions):
        if (known.space, known.external_id) == (parent.space, parent.external_id):
            return known
    raise Refusal(f"One or more views do not exist: '{parent.space}:{parent.external_id}'.")


def _refuse_other_types(before: Catalog, after: Catalog, identifier: ViewId) -> None:
    """A property keeps its kind and type within a version (dms-api.md 3.5)."""
    old, new = before.views[identifier], after.views[identifier]
    for name in sorted(old.own & new.own):
        was, becomes = _kind(old, name), _kind(new, name)
        if None not in (was, becomes) and was != becomes:
            raise Refusal(
                f"Property '{name}' of view '{view_text(identifier)}' cannot change its type: publish a new version",
                status=409,
            )


def _kind(view: ViewDef, name: str) -> tuple[str, bool] | None:
    """What kind of property it is; None where what it shows is gone."""
    if name in view.connections:
        return view.connections[name].definition["connectionType"], False
    mapped = view.mapped.get(name)
    return None if mapped is None else (mapped.prop.type, mapped.prop.is_list)


def check_views(store: Store, views: Sequence[ViewWrite], *, limits: bool = False) -> None:
    """
    Look at what views that have been written refer to.

    Args:
        store: The project; within `writing`.
        views: The views.
        limits: Whether the limits of the project are kept.

    Raises:
        Refusal: What they refer to does not exist, or cannot be referred to.
    """
    catalog = store.catalog
    for view in views:
        definition = catalog.views[view.as_id()]
        _check_parents(catalog, definition)
        _check_properties(catalog, definition)
        if view.filter is not None:
            _check_filter(store, definition, view.filter)
        if limits:
            _check_limits(store, definition)
    if limits:
        refuse_excess("views", VIEWS.count(store), store.settings.most_views)


def _check_parents(catalog: Catalog, view: ViewDef) -> None:
    missing = [parent for parent in view.parents if parent not in catalog.views]
    if missing:
        raise Refusal(f"One or more views do not exist: {quoted(view_text(each) for each in missing)}.")
    name = view_text(view.id)
    refuse_excess(f"views that view '{name}' implements", len(view.parents), MOST_PARENTS)
    level = {view.id}
    for _ in range(MOST_LEVELS + 1):
        level = {parent for child in level if child in catalog.views for parent in catalog.views[child].parents}
        if view.id in level:
            raise Refusal(f"View '{name}' implements itself")
        if not level:
            return
    raise Refusal(f"View '{name}' has more than {MOST_LEVELS} levels of parents")


def _check_properties(catalog: Catalog, view: ViewDef) -> None:
    name = view_text(view.id)
    for prop, definition in view.broken.items():
        if prop not in view.own:
            continue
        place = definition["container"]
        catalog.container(ContainerId(place["space"], place["externalId"]))
        raise Refusal(
            f"Property '{prop}' of view '{name}': container '{place['space']}:{place['externalId']}' has no property"
            f" '{definition['containerPropertyIdentifier']}'"
        )
    for prop in view.own & view.mapped.keys():
        mapped = view.mapped[prop]
        if mapped.source is not None and mapped.prop.type != "direct":
            raise Refusal(f"Property '{prop}' of view '{name}': source belongs to direct relations only")
    for prop in view.own & view.connections.keys():
        connection = view.connections[prop]
        if connection.kind == "reverse":
            relation = _relation(catalog, connection.definition["through"])
            if relation is not None and relation.prop.type != "direct":
                raise Refusal(f"Property '{prop}' of view '{name}': through does not lead to a direct relation")


def _check_filter(store: Store, view: ViewDef, filter_: Json) -> None:
    from pygen.sandbox.filters import compile_filter
    from pygen.sandbox.sql import Scope

    kind: Literal["node", "edge"] = "edge" if view.used_for == "edge" else "node"
    compile_filter(store, filter_, Scope("i", kind), where=f"filter of view '{view_text(view.id)}'")


def _check_limits(store: Store, view: ViewDef) -> None:
    name = view_text(view.id)
    refuse_excess(f"properties of view '{name}'", len(view.names), store.settings.most_properties_of_view)
    versions = VIEWS.count(store, space=view.id.space, external_id=view.id.external_id)
    refuse_excess(f"versions of view '{view.id.space}:{view.id.external_id}'", versions, store.settings.most_versions)
