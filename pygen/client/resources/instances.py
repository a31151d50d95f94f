"""
Nodes and edges, as JSON.

Every operation is a plan (see `pygen.client.http`); the two classes at the end carry them out. Items are JSON objects
in the form of the wire (dms-api.md 4): what they mean is known to generated types, not here.
"""

from __future__ import annotations

import builtins
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias, TypedDict, TypeVar, Unpack

from pygen.client.http import Answer, Call, JsonObject, Plan
from pygen.client.models.ids import EdgeId, NodeId, ViewId

if TYPE_CHECKING:
    from pygen.client.core import AsyncPygenClient, PygenClient

__all__ = [
    "LIMIT",
    "ApplyFlags",
    "ApplyResult",
    "AsyncInstancesAPI",
    "InstanceId",
    "InstanceKind",
    "InstancePage",
    "InstancesAPI",
    "PageOptions",
    "Source",
    "apply_calls",
    "count_plan",
    "delete_plan",
    "instance_item",
    "page_call",
    "retrieve_calls",
    "view_reference",
]

LIMIT = 1000
"""Most items of one request, and most instances of one page (dms-api.md 2.1)."""

InstanceKind: TypeAlias = Literal["node", "edge"]
InstanceId: TypeAlias = NodeId | EdgeId
Source: TypeAlias = ViewId | Mapping[str, Any]
"""The view whose properties are wanted; as JSON where more is said, e.g. target units."""

ItemT = TypeVar("ItemT")


class InstancePage(NamedTuple):
    """One page of a list: the instances, and the cursor of the next page (None: there is none)."""

    items: list[JsonObject]
    next_cursor: str | None


class ApplyResult(NamedTuple):
    """
    What an upsert did.

    Attributes:
        items: Per item, in the order of the request: identifiers, `version`, `wasModified` and times.
        deleted: What was deleted; unknown ids are left out.
    """

    items: list[JsonObject]
    deleted: list[InstanceId]


def view_reference(view: ViewId) -> JsonObject:
    """The view as bodies name it."""
    return {"type": "view", "space": view.space, "externalId": view.external_id, "version": view.version}


def instance_item(instance: InstanceId | Mapping[str, Any]) -> JsonObject:
    """The instance as byids and delete name it."""
    if isinstance(instance, Mapping):
        return dict(instance)
    kind: InstanceKind = "edge" if isinstance(instance, EdgeId) else "node"
    return {"instanceType": kind, "space": instance.space, "externalId": instance.external_id}


def _id_of(item: JsonObject) -> InstanceId:
    kind = EdgeId if item.get("instanceType") == "edge" else NodeId
    return kind(item["space"], item["externalId"])


def _sources(sources: Sequence[Source]) -> list[JsonObject]:
    return [{"source": view_reference(source)} if isinstance(source, ViewId) else dict(source) for source in sources]


def _chunks(items: Iterable[ItemT]) -> Iterator[list[ItemT]]:
    iterator = iter(items)
    while chunk := list(islice(iterator, LIMIT)):
        yield chunk


class PageOptions(TypedDict, total=False):
    """
    What a list asks for.

    Attributes:
        instance_type: Nodes (the default) or edges.
        sources: Views (at most 10); instances must have data in all of them, and their properties are returned.
        where: A filter.
        sort: At most five sort keys.
        limit: Most instances of the page, 1,000 at most and by default; None leaves the choice to the service.
        cursor: `next_cursor` of the page before; everything else must stay as it was.
        include_typing: Whether the answer tells types, too.
    """

    instance_type: InstanceKind
    sources: Sequence[Source]
    where: Mapping[str, Any] | None
    sort: Sequence[Mapping[str, Any]]
    limit: int | None
    cursor: str | None
    include_typing: bool


def page_call(**options: Unpack[PageOptions]) -> Call:
    """The request for one page of a list."""
    body: JsonObject = {"instanceType": options.get("instance_type", "node")}
    if sources := options.get("sources"):
        body["sources"] = _sources(sources)
    if options.get("include_typing"):
        body["includeTyping"] = True
    optional = {
        "filter": options.get("where"),
        "sort": [dict(key) for key in options.get("sort") or ()] or None,
        "limit": options.get("limit", LIMIT),
        "cursor": options.get("cursor"),
    }
    body |= {name: value for name, value in optional.items() if value is not None}
    return Call("instances.list", "/models/instances/list", body)


def retrieve_calls(
    ids: Iterable[InstanceId], sources: Sequence[Source] = (), *, include_typing: bool = False
) -> Iterator[Call]:
    """The requests for instances by id, at most 1,000 each."""
    for chunk in _chunks(ids):
        body: JsonObject = {"items": [instance_item(instance) for instance in chunk]}
        if sources:
            body["sources"] = _sources(sources)
        if include_typing:
            body["includeTyping"] = True
        yield Call("instances.byids", "/models/instances/byids", body)


def _items(answer: Answer) -> list[JsonObject]:
    return _listed(answer, answer.json())


def _listed(answer: Answer, body: JsonObject) -> list[JsonObject]:
    items = body.get("items")
    if not isinstance(items, list):
        answer.refuse("the answer has no items")
    return items


def _page(call: Call) -> Plan[InstancePage]:
    answer = yield call
    body = answer.json()
    return InstancePage(_listed(answer, body), body.get("nextCursor"))


def _page_bytes(call: Call) -> Plan[bytes]:
    return (yield call).content


def _retrieve(ids: Iterable[InstanceId], sources: Sequence[Source], *, include_typing: bool) -> Plan[list[JsonObject]]:
    found: list[JsonObject] = []
    for call in retrieve_calls(ids, sources, include_typing=include_typing):
        found += _items((yield call))
    return found


class ApplyFlags(TypedDict, total=False):
    """
    How an upsert is meant; what is left out, or None, is left to the service.

    Attributes:
        replace: Whether properties that are not given are reset, in every container behind the sources.
        auto_create_start_nodes: Whether missing start nodes of edges are created.
        auto_create_end_nodes: Whether missing end nodes of edges are created.
        auto_create_direct_relations: Whether missing targets of direct relations are created.
        skip_on_version_conflict: Whether newer instances are skipped rather than refused.
    """

    replace: bool | None
    auto_create_start_nodes: bool | None
    auto_create_end_nodes: bool | None
    auto_create_direct_relations: bool | None
    skip_on_version_conflict: bool | None


def apply_calls(
    items: Iterable[Mapping[str, Any]],
    delete: Iterable[InstanceId | Mapping[str, Any]] = (),
    **flags: Unpack[ApplyFlags],
) -> Iterator[Call]:
    """The requests of an upsert: items and deletes together, at most 1,000 each, items first."""
    options = {
        "autoCreateStartNodes": flags.get("auto_create_start_nodes"),
        "autoCreateEndNodes": flags.get("auto_create_end_nodes"),
        "autoCreateDirectRelations": flags.get("auto_create_direct_relations"),
        "skipOnVersionConflict": flags.get("skip_on_version_conflict"),
        "replace": flags.get("replace"),
    }
    given = {name: value for name, value in options.items() if value is not None}
    work = [(True, dict(item)) for item in items]
    work += [(False, instance_item(instance)) for instance in delete]
    for chunk in _chunks(work):
        body: JsonObject = {"items": [item for is_item, item in chunk if is_item]}
        if removed := [item for is_item, item in chunk if not is_item]:
            body["delete"] = removed
        safe = not any("existingVersion" in item for _, item in chunk)
        yield Call("instances.apply", "/models/instances", body | given, idempotent=safe)


def _apply(
    items: Iterable[Mapping[str, Any]],
    delete: Iterable[InstanceId | Mapping[str, Any]],
    **flags: Unpack[ApplyFlags],
) -> Plan[ApplyResult]:
    written: list[JsonObject] = []
    deleted: list[InstanceId] = []
    for call in apply_calls(items, delete, **flags):
        answer = yield call
        body = answer.json()
        written += _listed(answer, body)
        deleted += [_id_of(item) for item in body.get("deleted") or ()]
    return ApplyResult(written, deleted)


def delete_plan(ids: Iterable[InstanceId | Mapping[str, Any]]) -> Plan[list[InstanceId]]:
    """Delete instances; the result lists those that existed."""
    deleted: list[InstanceId] = []
    for chunk in _chunks(ids):
        body = {"items": [instance_item(instance) for instance in chunk]}
        safe = not any("existingVersion" in item for item in body["items"])
        answer = yield Call("instances.delete", "/models/instances/delete", body, idempotent=safe)
        deleted += [_id_of(item) for item in _items(answer)]
    return deleted


def _aggregate_call(
    view: ViewId,
    aggregates: Sequence[Mapping[str, Any]],
    *,
    instance_type: InstanceKind | None,
    group_by: Sequence[str],
    where: Mapping[str, Any] | None,
    limit: int | None,
) -> Call:
    body: JsonObject = {"view": view_reference(view)}
    if instance_type is not None:
        body["instanceType"] = instance_type
    body["aggregates"] = [dict(aggregate) for aggregate in aggregates]
    if group_by:
        body["groupBy"] = list(group_by)
    if where is not None:
        body["filter"] = where
    if limit is not None:
        body["limit"] = limit
    return Call("instances.aggregate", "/models/instances/aggregate", body)


def _aggregate(call: Call) -> Plan[list[JsonObject]]:
    return _items((yield call))


def count_plan(view: ViewId, *, where: Mapping[str, Any] | None = None, instance_type: InstanceKind) -> Plan[int]:
    """Count the instances with data in *view*; `externalId` is never null (dms-api.md 12, 27)."""
    count = {"count": {"property": "externalId"}}
    answer = yield _aggregate_call(view, [count], instance_type=instance_type, group_by=(), where=where, limit=LIMIT)
    items = _items(answer)
    try:
        return sum(int(item["aggregates"][0]["value"]) for item in items)
    except (KeyError, IndexError, TypeError, ValueError):
        answer.refuse("the answer holds no count")


_FLAGS = {
    "autoCreateStartNodes": "auto_create_start_nodes",
    "autoCreateEndNodes": "auto_create_end_nodes",
    "autoCreateDirectRelations": "auto_create_direct_relations",
    "skipOnVersionConflict": "skip_on_version_conflict",
    "replace": "replace",
}


def _flags(arguments: Mapping[str, Any]) -> dict[str, bool | None]:
    return {wire: arguments[name] for wire, name in _FLAGS.items()}


class InstancesAPI:
    """Reads, writes and deletes nodes and edges as JSON objects."""

    def __init__(self, client: PygenClient) -> None:
        self._client = client

    def page(self, **options: Unpack[PageOptions]) -> InstancePage:
        """Fetch one page; see `PageOptions`."""
        return self._client.run(_page(page_call(**options)))

    def page_bytes(self, **options: Unpack[PageOptions]) -> bytes:
        """Fetch one page and return the answer as it came, for decoders of one's own."""
        return self._client.run(_page_bytes(page_call(**options)))

    def list(self, **options: Unpack[PageOptions]) -> Iterator[InstancePage]:
        """Fetch every match, page by page: a page is asked for when the iteration gets to it."""
        while True:
            page = self.page(**options)
            yield page
            if page.next_cursor is None:
                return
            options["cursor"] = page.next_cursor

    def retrieve(
        self, ids: Iterable[InstanceId], *, sources: Sequence[Source] = (), include_typing: bool = False
    ) -> builtins.list[JsonObject]:
        """
        Fetch instances by id, in requests of at most 1,000.

        Returns:
            The instances that exist and have data in every source; others are left out.
        """
        return self._client.run(_retrieve(ids, sources, include_typing=include_typing))

    def apply(
        self,
        items: Iterable[Mapping[str, Any]],
        *,
        delete: Iterable[InstanceId | Mapping[str, Any]] = (),
        **flags: Unpack[ApplyFlags],
    ) -> ApplyResult:
        """
        Create or change instances, and delete others, in requests of at most 1,000.

        Each request is a transaction of its own.

        Args:
            items: Instances in the form of the wire.
            delete: Ids, or JSON objects with `existingVersion`.
            **flags: How it is meant; see `ApplyFlags`.
        """
        return self._client.run(_apply(items, delete, **flags))

    def delete(self, ids: Iterable[InstanceId | Mapping[str, Any]]) -> builtins.list[InstanceId]:
        """Delete instances, edges of deleted nodes included, and return the ids of those that existed."""
        return self._client.run(delete_plan(ids))

    def count(
        self, view: ViewId, *, where: Mapping[str, Any] | None = None, instance_type: InstanceKind = "node"
    ) -> int:
        """Count the instances with data in *view*; the search backend answers, which lags seconds behind writes."""
        return self._client.run(count_plan(view, where=where, instance_type=instance_type))

    def aggregate(
        self,
        view: ViewId,
        aggregates: Sequence[Mapping[str, Any]],
        *,
        instance_type: InstanceKind | None = None,
        group_by: Sequence[str] = (),
        where: Mapping[str, Any] | None = None,
        limit: int | None = None,
    ) -> builtins.list[JsonObject]:
        """Aggregate properties of *view*: one item per group."""
        call = _aggregate_call(
            view, aggregates, instance_type=instance_type, group_by=group_by, where=where, limit=limit
        )
        return self._client.run(_aggregate(call))


class AsyncInstancesAPI:
    """Reads, writes and deletes nodes and edges as JSON objects; the arguments are those of `InstancesAPI`."""

    def __init__(self, client: AsyncPygenClient) -> None:
        self._client = client

    async def page(self, **options: Unpack[PageOptions]) -> InstancePage:
        """Fetch one page; see `PageOptions`."""
        return await self._client.run(_page(page_call(**options)))

    async def page_bytes(self, **options: Unpack[PageOptions]) -> bytes:
        """Fetch one page and return the answer as it came, for decoders of one's own."""
        return await self._client.run(_page_bytes(page_call(**options)))

    async def list(self, **options: Unpack[PageOptions]) -> AsyncIterator[InstancePage]:
        """Fetch every match, page by page: a page is asked for when the iteration gets to it."""
        while True:
            page = await self.page(**options)
            yield page
            if page.next_cursor is None:
                return
            options["cursor"] = page.next_cursor

    async def retrieve(
        self, ids: Iterable[InstanceId], *, sources: Sequence[Source] = (), include_typing: bool = False
    ) -> builtins.list[JsonObject]:
        """Fetch instances by id, in requests of at most 1,000."""
        return await self._client.run(_retrieve(ids, sources, include_typing=include_typing))

    async def apply(
        self,
        items: Iterable[Mapping[str, Any]],
        *,
        delete: Iterable[InstanceId | Mapping[str, Any]] = (),
        **flags: Unpack[ApplyFlags],
    ) -> ApplyResult:
        """Create or change instances, and delete others, in requests of at most 1,000."""
        return await self._client.run(_apply(items, delete, **flags))

    async def delete(self, ids: Iterable[InstanceId | Mapping[str, Any]]) -> builtins.list[InstanceId]:
        """Delete instances, edges of deleted nodes included, and return the ids of those that existed."""
        return await self._client.run(delete_plan(ids))

    async def count(
        self, view: ViewId, *, where: Mapping[str, Any] | None = None, instance_type: InstanceKind = "node"
    ) -> int:
        """Count the instances with data in *view*; the search backend answers, which lags seconds behind writes."""
        return await self._client.run(count_plan(view, where=where, instance_type=instance_type))

    async def aggregate(
        self,
        view: ViewId,
        aggregates: Sequence[Mapping[str, Any]],
        *,
        instance_type: InstanceKind | None = None,
        group_by: Sequence[str] = (),
        where: Mapping[str, Any] | None = None,
        limit: int | None = None,
    ) -> builtins.list[JsonObject]:
        """Aggregate properties of *view*: one item per group."""
        call = _aggregate_call(
            view, aggregates, instance_type=instance_type, group_by=group_by, where=where, limit=limit
        )
        return await self._client.run(_aggregate(call))
