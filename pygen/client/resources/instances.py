"""Nodes and edges, as JSON objects in the form of the wire (dms-api.md 4-7)."""

from __future__ import annotations

import builtins
from collections.abc import AsyncGenerator, AsyncIterable, Callable, Generator, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias, TypedDict, Unpack, cast

from pygen.client.applying import (
    ApplyJob,
    ApplyOptions,
    DeleteInput,
    Entry,
    OnFailure,
    apply_flags,
    delete_job,
    entries,
)
from pygen.client.calls import JsonObject
from pygen.client.checks import Problems, check_limit, raise_for
from pygen.client.exceptions import DmsApplyError
from pygen.client.keywords import refuse_unknown
from pygen.client.models.ids import EdgeId, NodeId, ViewId
from pygen.client.paging import AsyncListing, Listing, Page
from pygen.client.resources.instance_calls import (
    LIMIT,
    AggregateOptions,
    InstanceKind,
    ListOptions,
    QueryOptions,
    QueryResult,
    Records,
    SearchOptions,
    Source,
    SyncJob,
    SyncOptions,
    aggregate_plan,
    checked_page_call,
    count_plan,
    inspect_plan,
    list_job,
    query_body,
    query_plan,
    retrieve_plan,
    search_plan,
)
from pygen.client.results import ApplyProgress, ApplyResult, InstanceId, ItemResult

if TYPE_CHECKING:
    from pygen.client.core import AsyncPygenClient, PygenClient

__all__ = ["ApplyArguments", "AsyncInstancesAPI", "InstancesAPI"]

IdInput: TypeAlias = InstanceId | Mapping[str, Any]
"""An instance by id, or as JSON with `instanceType`, `space` and `externalId`."""
ResultSets: TypeAlias = Mapping[str, Mapping[str, Any]]
"""Result set expressions, or selections, by name."""


class ApplyArguments(TypedDict, total=False):
    """
    How an apply is meant, and how it is done; a flag that is left out, or None, is left to the service.

    Attributes:
        replace: Whether properties that are not given are reset, in every container behind the sources.
        auto_create_start_nodes: Whether missing start nodes of edges are created.
        auto_create_end_nodes: Whether missing end nodes of edges are created.
        auto_create_direct_relations: Whether missing targets of direct relations are created; the service's default.
        skip_on_version_conflict: Whether instances newer than their `existingVersion` are skipped rather than refused.
        chunk_size: Most items of one request, 1 to 1,000, which is the default.
        parallel: Most requests under way at once; 2 where it is left out. The budget of the client bounds it, too.
        safe_to_repeat: Whether a request may be sent again when its answer was lost; True where it is left out. Say
            False where a property counts up by itself (`autoIncrement`). What carries an `existingVersion` is never
            repeated, unless conflicts are skipped.
        resume: The result of an earlier run over the same input: what it finished is not sent again, where the same
            instance still stands in its place.
        on_progress: Told after each request, in the thread or task of the caller.
    """

    replace: bool | None
    auto_create_start_nodes: bool | None
    auto_create_end_nodes: bool | None
    auto_create_direct_relations: bool | None
    skip_on_version_conflict: bool | None
    chunk_size: int
    parallel: int
    safe_to_repeat: bool
    resume: ApplyResult | None
    on_progress: Callable[[ApplyProgress], None] | None


def _apply_job(
    project: str,
    items: Iterable[Any] | AsyncIterable[Any],
    delete: Iterable[DeleteInput],
    arguments: ApplyArguments,
) -> ApplyJob:
    refuse_unknown(arguments, ApplyArguments.__optional_keys__, "apply")
    chunk_size, parallel = arguments.get("chunk_size", LIMIT), arguments.get("parallel", 2)
    problems: Problems = []
    check_limit(chunk_size, LIMIT, "chunk_size", problems)
    check_limit(parallel, None, "parallel", problems)
    raise_for(problems, operation="instances.apply", project=project)
    options = ApplyOptions(
        flags=apply_flags(arguments),
        chunk_size=chunk_size,
        parallel=parallel,
        safe_to_repeat=arguments.get("safe_to_repeat", True),
        resume=arguments.get("resume"),
        on_progress=arguments.get("on_progress"),
    )
    if isinstance(items, Sequence) and isinstance(delete, Sequence):
        return ApplyJob(options._replace(total=len(items) + len(delete)))
    return ApplyJob(options.streamed())


def _checked(operation: str, project: str, results: list[ItemResult], on_failure: OnFailure = "raise") -> ApplyResult:
    """
    The result as a whole.

    Raises:
        DmsApplyError: Something failed, and that is to be raised.
    """
    result = ApplyResult(results)
    if result.ok or on_failure == "return":
        return result
    failures = result.failures
    first = next((failure for failure in failures if failure.error is not None), failures[0])
    reason = f"; the first, {first.id or f'item {first.index}'}: {first.error.message if first.error else first.status}"
    error = DmsApplyError(
        f"{len(failures)} of {len(results)} items were not carried out{reason}",
        result,
        operation=operation,
        project=project,
    )
    raise error from first.error


def _deleted(result: ApplyResult) -> list[InstanceId]:
    found = [item.id for item in result.items if item.status == "deleted" and item.id is not None]
    return list(dict.fromkeys(found))


def _ids(ids: IdInput | Iterable[IdInput]) -> list[IdInput]:
    return [cast("IdInput", ids)] if isinstance(ids, NodeId | EdgeId | Mapping) else list(ids)


class InstancesAPI:
    """Reads, writes and deletes nodes and edges."""

    def __init__(self, client: PygenClient) -> None:
        self._client = client

    def list(
        self,
        *,
        limit: int | None = None,
        chunk_size: int = LIMIT,
        cursor: str | None = None,
        **options: Unpack[ListOptions],
    ) -> Listing[JsonObject]:
        """
        List instances, page by page as you go.

        A page that takes the service too long (408) is asked for in smaller ones.

        Args:
            limit: Most instances in total; None: all.
            chunk_size: Instances of a page, 1 to 1,000.
            cursor: Where to start: `next_cursor` of a page of the same list.
            **options: What is asked for.

        Raises:
            DmsInputError: Something is against the rules.

        Example:
            >>> pump = ViewId("ops_model", "Pump", "v1")
            >>> critical = {"equals": {"property": ["ops_model", "Pump/v1", "critical"], "value": True}}
            >>> [node["externalId"] for node in client.instances.list(sources=[pump], filter=critical)]
            ['pump:P-101']
        """
        job = list_job(self._client.project, limit=limit, chunk_size=chunk_size, cursor=cursor, **options)
        return Listing(self._client, job)

    def page(
        self, *, limit: int | None = LIMIT, cursor: str | None = None, **options: Unpack[ListOptions]
    ) -> Page[JsonObject]:
        """
        Fetch one page of a list.

        Args:
            limit: Most instances of the page, 1 to 1,000; None leaves the choice to the service.
            cursor: `next_cursor` of the page before; everything else must stay as it was.
            **options: What is asked for.

        Raises:
            DmsInputError: Something is against the rules; nothing was sent.
            DmsRequestError: The service refused.
            DmsTransportError: There was no usable answer.

        Example:
            >>> first = client.instances.page(limit=3)
            >>> second = client.instances.page(limit=3, cursor=first.next_cursor)
            >>> [node["externalId"] for node in second.items]
            ['tech:1', 'tech:2']
        """
        call = checked_page_call(self._client.project, limit=limit, cursor=cursor, **options)
        found: Page[JsonObject] = self._client.send(call).value
        return found

    def retrieve(
        self, ids: IdInput | Iterable[IdInput], *, sources: Sequence[Source] = (), include_typing: bool = False
    ) -> Records:
        """
        Fetch instances by id, in requests of at most 1,000, several at once.

        Args:
            ids: One or more.
            sources: Views (at most 10) whose properties are returned.
            include_typing: Whether types are told, too.

        Returns:
            The instances that exist and have data in every source, in the order asked for, each once.

        Raises:
            DmsInputError: An id is against the rules; nothing was sent.
            DmsRequestError: The service refused.
            DmsTransportError: There was no usable answer.

        Example:
            >>> site, view = NodeId("ops_data", "site:north"), ViewId("ops_model", "Site", "v1")
            >>> (node,) = client.instances.retrieve(site, sources=[view])
            >>> node["properties"]["ops_model"]["Site/v1"]["name"]
            'North'
        """
        parallel = self._client.budget.limits.read
        return self._client.run(retrieve_plan(_ids(ids), sources, include_typing=include_typing, parallel=parallel))

    def apply(
        self,
        items: Iterable[Mapping[str, Any]],
        *,
        delete: Iterable[DeleteInput] = (),
        on_failure: OnFailure = "raise",
        **arguments: Unpack[ApplyArguments],
    ) -> ApplyResult:
        """
        Create or change instances, and delete others, however many.

        Requests hold at most 1,000 items and are transactions of their own. What is referred to is written first;
        of a list everything is ordered, of an iterator a few thousand items at a time. A request that is refused is
        cut until the items at fault stand alone; the others are written. Deletes follow the items.

        Args:
            items: Instances in the form of the wire; may be an iterator of any length.
            delete: Ids, or JSON objects with `existingVersion`.
            on_failure: `raise` an error when an item was not carried out, or `return` the result all the same.
            **arguments: How it is meant, and done.

        Returns:
            What became of each item, and of each delete.

        Raises:
            DmsApplyError: Something was not carried out; carries what became of each item.
            DmsInputError: An argument is out of bounds; nothing was sent.

        Example:
            >>> valve = {"instanceType": "node", "space": "ops_data", "externalId": "valve:V-1"}
            >>> result = client.instances.apply([valve], delete=[NodeId("ops_data", "pump:P-102")])
            >>> result.counts
            {'created': 1, 'deleted': 1}
        """
        results = list(self.apply_each(items, delete=delete, **arguments))
        return _checked("instances.apply", self._client.project, results, on_failure)

    def apply_each(
        self,
        items: Iterable[Mapping[str, Any]],
        *,
        delete: Iterable[DeleteInput] = (),
        **arguments: Unpack[ApplyArguments],
    ) -> Generator[ItemResult, None, None]:
        """
        Do what `apply` does, and tell what became of each item as it becomes known, in the order of the input.

        Nothing is kept, so input and output may be of any length. An iteration that is left early ends the apply.

        Args:
            items: Instances in the form of the wire; may be an iterator of any length.
            delete: Ids, or JSON objects with `existingVersion`.
            **arguments: How it is meant, and done.

        Raises:
            DmsInputError: An argument is out of bounds; nothing was sent.

        Example:
            >>> valves = ({"instanceType": "node", "space": "ops_data", "externalId": f"valve:{n}"} for n in range(2))
            >>> [(result.id.external_id, result.status) for result in client.instances.apply_each(valves)]
            [('valve:0', 'created'), ('valve:1', 'created')]
        """
        job = _apply_job(self._client.project, items, delete, arguments)
        return self._client.work(job, entries(items, delete))

    def delete(self, ids: IdInput | Iterable[IdInput]) -> builtins.list[InstanceId]:
        """
        Delete instances, and with nodes their edges; edges go first.

        Args:
            ids: One or more; JSON objects may say an `existingVersion`.

        Returns:
            The ids of those that existed, in the order given.

        Raises:
            DmsApplyError: Something was not carried out; carries what became of each id.

        Example:
            >>> client.instances.delete([NodeId("ops_data", "pump:P-101"), NodeId("ops_data", "unknown")])
            [NodeId(space='ops_data', external_id='pump:P-101')]
        """
        results = list(self._client.work(delete_job(_ids(ids))))
        return _deleted(_checked("instances.delete", self._client.project, results))

    def search(self, view: ViewId, **options: Unpack[SearchOptions]) -> Records:
        """
        Search the text of instances with data in *view*; the search backend lags seconds behind writes.

        Args:
            view: The view, whose properties are returned.
            **options: What is asked for.

        Returns:
            At most 1,000 instances; there is no next page.

        Raises:
            DmsInputError: Something is against the rules; nothing was sent.
            DmsRequestError: The service refused.
            DmsTransportError: There was no usable answer.

        Example:
            >>> found = client.instances.search(ViewId("ops_model", "Pump", "v1"), query="feed pump", limit=25)
            >>> [node["externalId"] for node in found]
            ['pump:P-101']
        """
        return self._client.run(search_plan(view, options))

    def aggregate(
        self, view: ViewId, aggregates: Sequence[Mapping[str, Any]] = (), **options: Unpack[AggregateOptions]
    ) -> Records:
        """
        Aggregate properties of the instances with data in *view*.

        Args:
            view: The view.
            aggregates: At most five of `{"count": {}}`, `{"count": {"property": ...}}`, and the same with `avg`,
                `min`, `max`, `sum`, or `{"histogram": {"property": ..., "interval": ...}}`. Left out, the groups.
            **options: What is asked for.

        Returns:
            A record for each group, with `group` and `aggregates`.

        Raises:
            DmsInputError: Something is against the rules; nothing was sent.
            DmsRequestError: The service refused.
            DmsTransportError: There was no usable answer.

        Example:
            >>> pump, pressure = ViewId("ops_model", "Pump", "v1"), {"avg": {"property": "maxPressure"}}
            >>> (running,) = client.instances.aggregate(pump, [pressure], group_by=["status", "site"])
            >>> running["group"]["status"], running["aggregates"][0]["value"]
            ('running', 10.25)
        """
        return self._client.run(aggregate_plan(view, aggregates, options))

    def count(
        self,
        view: ViewId,
        *,
        filter: Mapping[str, Any] | None = None,  # noqa: A002 -- as DMS calls it
        instance_type: InstanceKind = "node",
    ) -> int:
        """
        Count the instances with data in *view*; the search backend counts, which lags seconds behind writes.

        Args:
            view: The view.
            filter: A filter (dms-api.md 5).
            instance_type: Nodes or edges.

        Raises:
            DmsInputError: Something is against the rules; nothing was sent.
            DmsRequestError: The service refused.
            DmsTransportError: There was no usable answer.

        Example:
            >>> client.instances.count(ViewId("ops_model", "Pump", "v1"))
            2
        """
        return self._client.run(count_plan(view, filter=filter, instance_type=instance_type))

    def query(self, with_: ResultSets, select: ResultSets, **options: Unpack[QueryOptions]) -> QueryResult:
        """
        Follow connections: several result sets, each of which may start from another, in one request.

        Where that takes the service too long (408), half as many are asked for: look at `next_cursor`.

        Args:
            with_: Result set expressions by name, 1 to 50 (dms-api.md 6).
            select: What is returned of each; at most as many.
            **options: What else is asked for.

        Raises:
            DmsInputError: Something is against the rules; nothing was sent.
            DmsRequestError: The service refused.
            DmsTransportError: There was no usable answer.

        Example:
            >>> pump = {"type": "view", "space": "ops_model", "externalId": "Pump", "version": "v1"}
            >>> pumps = {"pumps": {"nodes": {"filter": {"hasData": [pump]}}, "limit": 1}}
            >>> tags = {"pumps": {"sources": [{"source": pump, "properties": ["tag"]}]}}
            >>> found = client.instances.query(pumps, tags)
            >>> [node["externalId"] for node in found.items["pumps"]], found.next_cursor
            (['pump:P-101'], {'pumps': 'cGFnZTI'})
        """
        body = query_body(with_, select, options, project=self._client.project, is_sync=False)
        return self._client.run(query_plan("query", body))

    def sync(self, with_: ResultSets, select: ResultSets, **options: Unpack[SyncOptions]) -> QueryResult:
        """
        Ask once what changed since `cursors`; deleted instances carry a `deletedTime`.

        Args:
            with_: Result set expressions by name, 1 to 50 (dms-api.md 6.6).
            select: What is returned of each.
            **options: What else is asked for; `cursors` is `next_cursor` of the answer before.

        Raises:
            DmsCursorExpiredError: A cursor is older than three days: start again without cursors.
            DmsInputError: Something is against the rules; nothing was sent.
            DmsRequestError: The service refused.
            DmsTransportError: There was no usable answer.

        Example:
            >>> pump = {"type": "view", "space": "ops_model", "externalId": "Pump", "version": "v1"}
            >>> pumps = {"pumps": {"nodes": {"filter": {"hasData": [pump]}}}}
            >>> before = client.instances.sync(pumps, {"pumps": {}})
            >>> after = client.instances.sync(pumps, {"pumps": {}}, cursors=before.next_cursor)
            >>> len(before.items["pumps"]), len(after.items["pumps"])
            (2, 0)
        """
        body = query_body(with_, select, options, project=self._client.project, is_sync=True)
        return self._client.run(query_plan("sync", body))

    def sync_pages(
        self, with_: ResultSets, select: ResultSets, **options: Unpack[SyncOptions]
    ) -> Generator[QueryResult, None, None]:
        """
        Ask what changed since `cursors` until that is everything.

        The arguments are those of `sync`; `next_cursor` of the last page is where to go on another time.

        Raises:
            DmsInputError: Something is against the rules; nothing was sent.

        Example:
            >>> pump = {"type": "view", "space": "ops_model", "externalId": "Pump", "version": "v1"}
            >>> pumps = {"pumps": {"nodes": {"filter": {"hasData": [pump]}}}}
            >>> [len(page.items["pumps"]) for page in client.instances.sync_pages(pumps, {"pumps": {}})]
            [2]
        """
        body = query_body(with_, select, options, project=self._client.project, is_sync=True)
        return self._client.work(SyncJob(body))

    def inspect(
        self,
        ids: IdInput | Iterable[IdInput],
        *,
        involved_views: bool = True,
        all_versions: bool = False,
        involved_containers: bool = True,
    ) -> Records:
        """
        Ask in which views and containers instances have data.

        Args:
            ids: One or more.
            involved_views: Whether views are named.
            all_versions: Whether older versions of them are named, too.
            involved_containers: Whether containers are named.

        Returns:
            An object for each instance, with `inspectionResults`.

        Raises:
            DmsInputError: An id is against the rules; nothing was sent.
            DmsRequestError: The service refused.
            DmsTransportError: There was no usable answer.

        Example:
            >>> (site,) = client.instances.inspect(NodeId("ops_data", "site:north"))
            >>> [view["externalId"] for view in site["inspectionResults"]["involvedViews"]]
            ['Site']
        """
        plan = inspect_plan(
            _ids(ids), involved_views=involved_views, all_versions=all_versions, involved_containers=involved_containers
        )
        return self._client.run(plan)


class AsyncInstancesAPI:
    """Reads, writes and deletes nodes and edges; the arguments are those of `InstancesAPI`."""

    def __init__(self, client: AsyncPygenClient) -> None:
        self._client = client

    def list(
        self,
        *,
        limit: int | None = None,
        chunk_size: int = LIMIT,
        cursor: str | None = None,
        **options: Unpack[ListOptions],
    ) -> AsyncListing[JsonObject]:
        """
        List instances, page by page as you go; see `InstancesAPI.list`.

        Example:
            >>> pump = ViewId("ops_model", "Pump", "v1")
            >>> critical = {"equals": {"property": ["ops_model", "Pump/v1", "critical"], "value": True}}
            >>> [node["externalId"] async for node in client.instances.list(sources=[pump], filter=critical)]
            ['pump:P-101']
        """
        job = list_job(self._client.project, limit=limit, chunk_size=chunk_size, cursor=cursor, **options)
        return AsyncListing(self._client, job)

    async def page(
        self, *, limit: int | None = LIMIT, cursor: str | None = None, **options: Unpack[ListOptions]
    ) -> Page[JsonObject]:
        """
        Fetch one page of a list; see `InstancesAPI.page`.

        Example:
            >>> first = await client.instances.page(limit=3)
            >>> second = await client.instances.page(limit=3, cursor=first.next_cursor)
            >>> [node["externalId"] for node in second.items]
            ['tech:1', 'tech:2']
        """
        call = checked_page_call(self._client.project, limit=limit, cursor=cursor, **options)
        found: Page[JsonObject] = (await self._client.send(call)).value
        return found

    async def retrieve(
        self, ids: IdInput | Iterable[IdInput], *, sources: Sequence[Source] = (), include_typing: bool = False
    ) -> Records:
        """
        Fetch instances by id, in requests of at most 1,000, several at once; see `InstancesAPI.retrieve`.

        Example:
            >>> site, view = NodeId("ops_data", "site:north"), ViewId("ops_model", "Site", "v1")
            >>> (node,) = await client.instances.retrieve(site, sources=[view])
            >>> node["properties"]["ops_model"]["Site/v1"]["name"]
            'North'
        """
        parallel = self._client.budget.limits.read
        plan = retrieve_plan(_ids(ids), sources, include_typing=include_typing, parallel=parallel)
        return await self._client.run(plan)

    async def apply(
        self,
        items: Iterable[Mapping[str, Any]] | AsyncIterable[Mapping[str, Any]],
        *,
        delete: Iterable[DeleteInput] = (),
        on_failure: OnFailure = "raise",
        **arguments: Unpack[ApplyArguments],
    ) -> ApplyResult:
        """
        Create or change instances, and delete others, however many; see `InstancesAPI.apply`.

        Example:
            >>> valve = {"instanceType": "node", "space": "ops_data", "externalId": "valve:V-1"}
            >>> result = await client.instances.apply([valve], delete=[NodeId("ops_data", "pump:P-102")])
            >>> result.counts
            {'created': 1, 'deleted': 1}
        """
        results = [result async for result in self.apply_each(items, delete=delete, **arguments)]
        return _checked("instances.apply", self._client.project, results, on_failure)

    def apply_each(
        self,
        items: Iterable[Mapping[str, Any]] | AsyncIterable[Mapping[str, Any]],
        *,
        delete: Iterable[DeleteInput] = (),
        **arguments: Unpack[ApplyArguments],
    ) -> AsyncGenerator[ItemResult, None]:
        """
        Do what `apply` does, and tell what became of each item as it becomes known; see `InstancesAPI`.

        Example:
            >>> valves = ({"instanceType": "node", "space": "ops_data", "externalId": f"valve:{n}"} for n in range(2))
            >>> [(result.id.external_id, result.status) async for result in client.instances.apply_each(valves)]
            [('valve:0', 'created'), ('valve:1', 'created')]
        """
        job = _apply_job(self._client.project, items, delete, arguments)
        source = _entries(items, delete) if isinstance(items, AsyncIterable) else entries(items, delete)
        return self._client.work(job, source)

    async def delete(self, ids: IdInput | Iterable[IdInput]) -> builtins.list[InstanceId]:
        """
        Delete instances, and with nodes their edges; see `InstancesAPI.delete`.

        Example:
            >>> await client.instances.delete([NodeId("ops_data", "pump:P-101"), NodeId("ops_data", "unknown")])
            [NodeId(space='ops_data', external_id='pump:P-101')]
        """
        results = [result async for result in self._client.work(delete_job(_ids(ids)))]
        return _deleted(_checked("instances.delete", self._client.project, results))

    async def search(self, view: ViewId, **options: Unpack[SearchOptions]) -> Records:
        """
        Search the text of instances with data in *view*; see `InstancesAPI.search`.

        Example:
            >>> found = await client.instances.search(ViewId("ops_model", "Pump", "v1"), query="feed pump", limit=25)
            >>> [node["externalId"] for node in found]
            ['pump:P-101']
        """
        return await self._client.run(search_plan(view, options))

    async def aggregate(
        self, view: ViewId, aggregates: Sequence[Mapping[str, Any]] = (), **options: Unpack[AggregateOptions]
    ) -> Records:
        """
        Aggregate properties of the instances with data in *view*; see `InstancesAPI.aggregate`.

        Example:
            >>> pump, pressure = ViewId("ops_model", "Pump", "v1"), {"avg": {"property": "maxPressure"}}
            >>> (running,) = await client.instances.aggregate(pump, [pressure], group_by=["status", "site"])
            >>> running["group"]["status"], running["aggregates"][0]["value"]
            ('running', 10.25)
        """
        return await self._client.run(aggregate_plan(view, aggregates, options))

    async def count(
        self,
        view: ViewId,
        *,
        filter: Mapping[str, Any] | None = None,  # noqa: A002 -- as DMS calls it
        instance_type: InstanceKind = "node",
    ) -> int:
        """
        Count the instances with data in *view*; see `InstancesAPI.count`.

        Example:
            >>> await client.instances.count(ViewId("ops_model", "Pump", "v1"))
            2
        """
        return await self._client.run(count_plan(view, filter=filter, instance_type=instance_type))

    async def query(self, with_: ResultSets, select: ResultSets, **options: Unpack[QueryOptions]) -> QueryResult:
        """
        Follow connections in one request; see `InstancesAPI.query`.

        Example:
            >>> pump = {"type": "view", "space": "ops_model", "externalId": "Pump", "version": "v1"}
            >>> pumps = {"pumps": {"nodes": {"filter": {"hasData": [pump]}}, "limit": 1}}
            >>> tags = {"pumps": {"sources": [{"source": pump, "properties": ["tag"]}]}}
            >>> found = await client.instances.query(pumps, tags)
            >>> [node["externalId"] for node in found.items["pumps"]], found.next_cursor
            (['pump:P-101'], {'pumps': 'cGFnZTI'})
        """
        body = query_body(with_, select, options, project=self._client.project, is_sync=False)
        return await self._client.run(query_plan("query", body))

    async def sync(self, with_: ResultSets, select: ResultSets, **options: Unpack[SyncOptions]) -> QueryResult:
        """
        Ask once what changed since `cursors`; see `InstancesAPI.sync`.

        Example:
            >>> pump = {"type": "view", "space": "ops_model", "externalId": "Pump", "version": "v1"}
            >>> pumps = {"pumps": {"nodes": {"filter": {"hasData": [pump]}}}}
            >>> before = await client.instances.sync(pumps, {"pumps": {}})
            >>> after = await client.instances.sync(pumps, {"pumps": {}}, cursors=before.next_cursor)
            >>> len(before.items["pumps"]), len(after.items["pumps"])
            (2, 0)
        """
        body = query_body(with_, select, options, project=self._client.project, is_sync=True)
        return await self._client.run(query_plan("sync", body))

    def sync_pages(
        self, with_: ResultSets, select: ResultSets, **options: Unpack[SyncOptions]
    ) -> AsyncGenerator[QueryResult, None]:
        """
        Ask what changed since `cursors` until that is everything; see `InstancesAPI.sync_pages`.

        Example:
            >>> pump = {"type": "view", "space": "ops_model", "externalId": "Pump", "version": "v1"}
            >>> pumps = {"pumps": {"nodes": {"filter": {"hasData": [pump]}}}}
            >>> [len(page.items["pumps"]) async for page in client.instances.sync_pages(pumps, {"pumps": {}})]
            [2]
        """
        body = query_body(with_, select, options, project=self._client.project, is_sync=True)
        return self._client.work(SyncJob(body))

    async def inspect(
        self,
        ids: IdInput | Iterable[IdInput],
        *,
        involved_views: bool = True,
        all_versions: bool = False,
        involved_containers: bool = True,
    ) -> Records:
        """
        Ask in which views and containers instances have data; see `InstancesAPI.inspect`.

        Example:
            >>> (site,) = await client.instances.inspect(NodeId("ops_data", "site:north"))
            >>> [view["externalId"] for view in site["inspectionResults"]["involvedViews"]]
            ['Site']
        """
        plan = inspect_plan(
            _ids(ids), involved_views=involved_views, all_versions=all_versions, involved_containers=involved_containers
        )
        return await self._client.run(plan)


async def _entries(
    items: AsyncIterable[Mapping[str, Any]], delete: Iterable[DeleteInput]
) -> AsyncGenerator[Entry, None]:
    """`entries` for items that come asynchronously."""
    async for item in items:
        yield Entry(item, is_delete=False)
    for entry in entries((), delete):
        yield entry
