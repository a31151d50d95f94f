"""`/models/instances`: list, byids and inspect (dms-api.md 2.4, 4.3, 4.4)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

from pydantic import Field

from pygen.sandbox.catalog import ContainerDef, ViewDef, container_reference, view_reference
from pygen.sandbox.cursors import make_cursor, read_cursor
from pygen.sandbox.filters import compile_filter, global_spaces_hidden, view_condition
from pygen.sandbox.instance_rows import InstanceName
from pygen.sandbox.reading import Selection, read_instances, read_selections, typing_of
from pygen.sandbox.result_sets import Debug
from pygen.sandbox.schema_rows import Space
from pygen.sandbox.shapes import Shape
from pygen.sandbox.sorting import after, compile_sort, order_by
from pygen.sandbox.sql import Scope, Sql, all_of
from pygen.sandbox.store import EDGE, NODE, compact

if TYPE_CHECKING:
    from pygen.sandbox.store import Store

__all__ = ["inspect_instances", "list_instances", "retrieve_instances"]

Json: TypeAlias = dict[str, Any]
Kind: TypeAlias = Literal["node", "edge"]

MOST_INSTANCES = 1000
_KINDS: Mapping[Kind, int] = {"node": NODE, "edge": EDGE}


class _List(Shape):
    instance_type: Kind | None = None
    sources: list[Json] | None = None
    filter: Json | None = None
    sort: list[Json] | None = None
    limit: Annotated[int, Field(ge=1, le=MOST_INSTANCES)] | None = None
    cursor: str | None = None
    include_typing: bool | None = None
    debug: Debug | None = None

    def shape(self) -> Json:
        """What stays the same from page to page."""
        return self.model_dump(include={"instance_type", "sources", "filter", "sort"})


class _Item(Shape):
    instance_type: Kind
    space: Space
    external_id: InstanceName


class _ByIds(Shape):
    items: Annotated[list[_Item], Field(min_length=1, max_length=MOST_INSTANCES)]
    sources: list[Json] | None = None
    include_typing: bool | None = None


class _Involved(Shape):
    all_versions: bool | None = None


class _Operations(Shape):
    involved_views: _Involved | None = None
    involved_containers: _Involved | None = None


class _Inspect(Shape):
    items: Annotated[list[_Item], Field(min_length=1, max_length=MOST_INSTANCES)]
    inspection_operations: _Operations


# --- list ---


def list_instances(store: Store, body: Json, _params: Mapping[str, str]) -> Json:
    """`POST /models/instances/list`."""
    request = _List.read(body)
    if request.debug is not None:
        request.debug.check()
    with store.reading():
        selections = read_selections(store, request.sources, selecting=False)
        ids, cursor = _page(store, request, selections)
        if request.debug is not None and request.debug.emit_results is False:
            ids, cursor = [], None
        answer: Json = {"items": read_instances(store, ids, selections)}
    if cursor is not None:
        answer["nextCursor"] = cursor
    if request.include_typing:
        answer["typing"] = typing_of(selections)
    if request.debug is not None:
        answer["debug"] = {"notices": []}
    return answer


def _page(store: Store, request: _List, selections: Sequence[Selection]) -> tuple[list[int], str | None]:
    """The instances of a page, and where the next one begins."""
    kind: Kind = request.instance_type or "node"
    scope = Scope("i", kind)
    conditions = [*_present(kind), *_belonging(store, selections, scope)]
    if request.filter is not None:
        conditions.append(compile_filter(store, request.filter, scope, required=True))
    conditions.append(global_spaces_hidden(store, request.filter, scope))
    keys = compile_sort(store, request.sort or [], scope)
    if request.cursor is not None:
        conditions.append(after(keys, read_cursor("list", request.shape(), request.cursor)))
    where = all_of(conditions)
    limit = request.limit or MOST_INSTANCES
    columns = ", ".join(key.expression for key in keys)
    rows = store.db.execute(
        f"SELECT i.id, {columns} FROM {scope.tables()} WHERE {where.text} ORDER BY {order_by(keys)} LIMIT ?",
        [*where.params, limit + 1],
    ).fetchall()
    page = rows[:limit]
    is_full = len(page) == limit if store.settings.cursor_on_full_page else len(rows) > limit
    cursor = make_cursor("list", request.shape(), page[-1][1:]) if is_full else None
    return [row[0] for row in page], cursor


def _present(kind: Kind) -> list[Sql]:
    """Instances of a kind that are there; nearly all are, so SQLite had better start elsewhere."""
    return [Sql(f"likely(i.kind = {_KINDS[kind]})", []), Sql("likely(i.deleted IS NULL)", [])]


def _belonging(store: Store, selections: Sequence[Selection], scope: Scope) -> list[Sql]:
    return [view_condition(store, selection.view, scope, required=True) for selection in selections]


# --- byids ---


def retrieve_instances(store: Store, body: Json, _params: Mapping[str, str]) -> Json:
    """`POST /models/instances/byids`."""
    request = _ByIds.read(body)
    with store.reading():
        selections = read_selections(store, request.sources, selecting=False)
        needed = selections if store.settings.byids_needs_data else []
        answer: Json = {"items": read_instances(store, list(_find(store, request.items, needed)), selections)}
    if request.include_typing:
        answer["typing"] = typing_of(selections)
    return answer


def _find(store: Store, items: Sequence[_Item], selections: Sequence[Selection] = ()) -> dict[int, _Item]:
    """Those that exist and belong to all the views, each once, by number, in the order of the request."""
    found: dict[int, int] = {}
    for kind in _KINDS:
        wanted = [
            [number, item.space, item.external_id] for number, item in enumerate(items) if item.instance_type == kind
        ]
        if wanted:
            scope = Scope("i", kind)
            conditions = all_of([*_present(kind), *_belonging(store, selections, scope)])
            rows = store.db.execute(
                "SELECT json_extract(e.value, '$[0]'), i.id FROM json_each(?) AS e CROSS JOIN instance AS i"
                " ON i.space = json_extract(e.value, '$[1]') AND i.external_id = json_extract(e.value, '$[2]')"
                f"{scope.joins()} WHERE {conditions.text}",
                [compact(wanted), *conditions.params],
            )
            found.update(rows)
    by_id: dict[int, _Item] = {}
    for number in sorted(found):
        by_id.setdefault(found[number], items[number])
    return by_id


# --- inspect ---


def inspect_instances(store: Store, body: Json, _params: Mapping[str, str]) -> Json:
    """`POST /models/instances/inspect`: which views and containers instances have data in."""
    request = _Inspect.read(body)
    operations = request.inspection_operations
    with store.reading():
        found = _find(store, request.items)
        results: dict[int, Json] = {number: {} for number in found}
        if operations.involved_views is not None:
            for result in results.values():
                result["involvedViews"] = []
            for view in _views(store, all_versions=bool(operations.involved_views.all_versions)):
                for number in _members(store, view, list(found)):
                    results[number]["involvedViews"].append(view_reference(view.id))
        if operations.involved_containers is not None:
            for result in results.values():
                result["involvedContainers"] = []
            for container in store.catalog.containers.values():
                for number in _holders(store, container, list(found)):
                    results[number]["involvedContainers"].append(container_reference(container.id))
    return {"items": [{**item.given(), "inspectionResults": results[number]} for number, item in found.items()]}


def _views(store: Store, *, all_versions: bool) -> list[ViewDef]:
    """All views; of each only the newest version, if not all are asked for."""
    views = sorted(store.catalog.views.values(), key=lambda view: view.created)
    if all_versions:
        return views
    return list({(view.id.space, view.id.external_id): view for view in views}.values())


def _members(store: Store, view: ViewDef, ids: Sequence[int]) -> Iterator[int]:
    """Those that belong to a view and have data in one of its containers at least."""
    kinds: list[Kind] = ["node", "edge"]
    for kind in kinds:
        scope = Scope("i", kind)
        conditions = all_of([*_present(kind), view_condition(store, view, scope, required=True)])
        holding = " OR ".join(f"{scope.container(container)} IS NOT NULL" for container in view.containers) or "0"
        rows = store.db.execute(
            f"SELECT i.id FROM {scope.tables()} WHERE i.id IN (SELECT value FROM json_each(?))"
            f" AND {conditions.text} AND ({holding})",
            [compact(ids), *conditions.params],
        )
        yield from (number for (number,) in rows)


def _holders(store: Store, container: ContainerDef, ids: Sequence[int]) -> Iterator[int]:
    rows = store.db.execute(
        f"SELECT id FROM {container.table} WHERE id IN (SELECT value FROM json_each(?))", [compact(ids)]
    )
    yield from (number for (number,) in rows)
