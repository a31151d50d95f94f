"""
The requests about instances, as calls and plans.

Items are JSON objects in the form of the wire (dms-api.md 4): what they mean is known to generated types, not here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple, TypeAlias, TypedDict, Unpack

from pygen.client.applying import instance_item
from pygen.client.calls import Answer, Call, JsonObject, Plan
from pygen.client.checks import (
    Problems,
    check_aggregate,
    check_instance_ids,
    check_limit,
    check_list,
    check_query,
    check_search,
    check_sources,
    raise_for,
)
from pygen.client.chunks import chunked
from pygen.client.exceptions import DmsError
from pygen.client.jobs import Chunks, Job
from pygen.client.keywords import refuse_unknown
from pygen.client.models.ids import ViewId
from pygen.client.paging import PageJob, PageSize, is_too_slow, object_of, page_of
from pygen.client.results import InstanceId

__all__ = [
    "LIMIT",
    "AggregateOptions",
    "InstanceKind",
    "ListOptions",
    "QueryOptions",
    "QueryResult",
    "Records",
    "SearchOptions",
    "Source",
    "SyncJob",
    "SyncOptions",
    "aggregate_call",
    "aggregate_plan",
    "checked_page_call",
    "count_plan",
    "inspect_plan",
    "list_job",
    "page_call",
    "query_body",
    "query_plan",
    "retrieve_calls",
    "retrieve_plan",
    "search_call",
    "search_plan",
    "view_reference",
]

LIMIT = 1000
"""Most items of one request, and most instances of one page (dms-api.md 2.1)."""

InstanceKind: TypeAlias = Literal["node", "edge"]
Source: TypeAlias = ViewId | Mapping[str, Any]
"""
The view whose properties are wanted; as JSON where more is said, e.g.
`{"source": {"type": "view", ...}, "targetUnits": [...]}`.
"""


class Records(list[JsonObject]):
    """
    Instances, or groups of an aggregate, as JSON objects in the form of the wire.

    Attributes:
        typing: The types of properties, where they were asked for.
    """

    typing: JsonObject | None = None

    @classmethod
    def read(cls, answer: Answer) -> Records:
        """
        Read an answer with items.

        Example:
            >>> from pygen.client.resources.instance_calls import page_call
            >>> call = page_call(limit=1, read=Records.read)
            >>> [node["externalId"] for node in client.send(call).value]
            ['site:north']
        """
        body = answer.json()
        records = cls(answer.listed(body))
        records.typing = object_of(answer, body, "typing")
        return records

    @classmethod
    def read_named(cls, answer: Answer) -> Records:
        """
        Read an answer whose items are instances, each of which says its name.

        Example:
            >>> from pygen.client.resources.instance_calls import page_call
            >>> call = page_call(limit=1, read=Records.read_named)
            >>> [node["externalId"] for node in client.send(call).value]
            ['site:north']
        """
        records = cls.read(answer)
        if not all(isinstance(part, str) for record in records for part in _key(record)):
            answer.refuse("an instance of the answer does not say its name")
        return records


def view_reference(view: ViewId) -> JsonObject:
    """The view as bodies name it."""
    return {"type": "view", "space": view.space, "externalId": view.external_id, "version": view.version}


def _sources(sources: Sequence[Source]) -> list[JsonObject]:
    return [{"source": view_reference(source)} if isinstance(source, ViewId) else dict(source) for source in sources]


def _given(**options: Any) -> JsonObject:
    """What is not None."""
    return {name: value for name, value in options.items() if value is not None}


# --- list ---


class ListOptions(TypedDict, total=False):
    """
    What a list asks for.

    Attributes:
        instance_type: Nodes (the default) or edges.
        sources: Views (at most 10); instances must have data in all of them, and their properties are returned.
        filter: A filter (dms-api.md 5).
        sort: At most five sort keys: `{"property": [...], "direction": "descending", "nullsFirst": False}`.
        include_typing: Whether the answer tells types, too.
        debug: Debug options, e.g. `{"emitResults": True}`.
    """

    instance_type: InstanceKind
    sources: Sequence[Source]
    filter: Mapping[str, Any] | None
    sort: Sequence[Mapping[str, Any]]
    include_typing: bool
    debug: Mapping[str, Any] | None


def _list_body(options: ListOptions) -> JsonObject:
    body: JsonObject = {"instanceType": options.get("instance_type", "node")}
    if sources := options.get("sources"):
        body["sources"] = _sources(sources)
    if options.get("include_typing"):
        body["includeTyping"] = True
    sort = [dict(key) for key in options.get("sort") or ()] or None
    return body | _given(filter=options.get("filter"), sort=sort, debug=options.get("debug"))


def page_call(
    *,
    limit: int | None = LIMIT,
    cursor: str | None = None,
    read: Callable[[Answer], Any] = page_of,
    paged: bool = False,
    **options: Unpack[ListOptions],
) -> Call:
    """
    The request for one page of a list.

    Args:
        limit: Most instances of the page; None leaves the choice to the service.
        cursor: `next_cursor` of the page before; everything else must stay as it was.
        read: What to make of the answer.
        paged: Whether the caller answers a 408 by asking for fewer.
        **options: What is asked for.
    """
    body = _list_body(options) | _given(limit=limit, cursor=cursor)
    return Call("instances.list", "/models/instances/list", body, read=read, paged=paged)


def checked_page_call(project: str, *, limit: int | None, cursor: str | None, **options: Unpack[ListOptions]) -> Call:
    """
    `page_call` for arguments that a person wrote.

    Raises:
        DmsInputError: Something is against the rules.
    """
    refuse_unknown(options, ListOptions.__optional_keys__, "page")
    call = page_call(limit=limit, cursor=cursor, **options)
    problems: Problems = []
    check_list(call.body or {}, problems)
    raise_for(problems, operation=call.operation, project=project)
    return call


def list_job(
    project: str,
    *,
    limit: int | None,
    chunk_size: int,
    cursor: str | None,
    **options: Unpack[ListOptions],
) -> Callable[[], PageJob[JsonObject]]:
    """
    The pages of a list.

    Raises:
        DmsInputError: Something is against the rules.
    """
    refuse_unknown(options, ListOptions.__optional_keys__, "list")
    problems: Problems = []
    body = _list_body(options)
    check_list(body, problems)
    check_limit(chunk_size, LIMIT, "chunk_size", problems)
    check_limit(limit, None, "limit", problems, least=0)
    raise_for(problems, operation="instances.list", project=project)

    def make(size: int, at: str | None) -> Call:
        asked = body | _given(limit=size, cursor=at)
        return Call("instances.list", "/models/instances/list", asked, read=page_of, paged=True)

    return lambda: PageJob(make, limit=limit, chunk_size=chunk_size, cursor=cursor)


# --- by id ---


def retrieve_calls(
    ids: Iterable[InstanceId | Mapping[str, Any]],
    sources: Sequence[Source] = (),
    *,
    include_typing: bool = False,
    read: Callable[[Answer], Any] = Records.read,
) -> Iterator[Call]:
    """The requests for instances by id, at most 1,000 each."""
    for chunk in chunked(ids, LIMIT):
        body: JsonObject = {"items": [instance_item(instance) for instance in chunk]}
        if sources:
            body["sources"] = _sources(sources)
        if include_typing:
            body["includeTyping"] = True
        yield Call("instances.byids", "/models/instances/byids", body, read=read)


def retrieve_plan(
    ids: Sequence[InstanceId | Mapping[str, Any]], sources: Sequence[Source], *, include_typing: bool, parallel: int
) -> Plan[Records]:
    """Fetch instances by id; the result is in the order asked for, each once."""
    problems: Problems = []
    check_instance_ids(ids, "ids", problems)
    check_sources(_sources(sources), "sources", problems)
    raise_for(problems, operation="instances.byids")
    items = {_key(item): item for item in map(instance_item, ids)}
    calls = retrieve_calls(items.values(), sources, include_typing=include_typing, read=Records.read_named)
    answers: list[Records] = yield Chunks(calls, parallel=parallel)
    found = {_key(record): record for records in answers for record in records}
    result = Records(found[key] for key in items if key in found)
    result.typing = next((records.typing for records in answers if records.typing is not None), None)
    return result


def _key(item: Mapping[str, Any]) -> tuple[Any, Any, Any]:
    return item.get("instanceType", "node"), item.get("space"), item.get("externalId")


# --- search and aggregate ---


class _Searching(TypedDict, total=False):
    """What search and aggregate have in common."""

    query: str | None
    instance_type: InstanceKind | None
    properties: Sequence[str] | None
    operator: Literal["AND", "OR"] | None
    filter: Mapping[str, Any] | None
    limit: int | None
    target_units: Sequence[Mapping[str, Any]] | None
    include_typing: bool


class SearchOptions(_Searching, total=False):
    """
    What a search asks for.

    Attributes:
        query: Words to look for; left out, the filter alone decides.
        instance_type: Nodes or edges; left out, the service looks for nodes.
        properties: The text properties to look in; left out, all.
        operator: Whether any word is enough (`OR`, the default) or all must be there (`AND`).
        filter: A filter (dms-api.md 5).
        sort: Sort keys; left out, the best match comes first.
        limit: Most instances, 1 to 1,000, which is the default.
        target_units: Units to convert to: `{"property": ..., "unit": {"externalId": ...}}`.
        include_typing: Whether the answer tells types, too.
    """

    sort: Sequence[Mapping[str, Any]]


def search_call(view: ViewId, options: SearchOptions, read: Callable[[Answer], Any]) -> Call:
    """
    The request of a search.

    Raises:
        DmsInputError: Something is against the rules.
    """
    refuse_unknown(options, SearchOptions.__optional_keys__, "search")
    body: JsonObject = {"view": view_reference(view)} | _searching(options)
    if sort := [dict(key) for key in options.get("sort") or ()]:
        body["sort"] = sort
    problems: Problems = []
    check_search(body, problems)
    raise_for(problems, operation="instances.search")
    return Call("instances.search", "/models/instances/search", body, family="search", read=read)


def search_plan(view: ViewId, options: SearchOptions) -> Plan[Records]:
    """Search; at most 1,000 instances, and there is no next page."""
    answer: Answer = yield search_call(view, options, Records.read)
    found: Records = answer.value
    return found


def _searching(options: _Searching) -> JsonObject:
    """What search and aggregate have in common."""
    return _given(
        instanceType=options.get("instance_type"),
        query=options.get("query"),
        properties=_listed(options.get("properties")),
        operator=options.get("operator"),
        filter=options.get("filter"),
        limit=options.get("limit"),
        targetUnits=_listed(options.get("target_units")),
        includeTyping=options.get("include_typing") or None,
    )


def _listed(values: Sequence[Any] | None) -> list[Any] | None:
    return None if values is None else list(values)


class AggregateOptions(_Searching, total=False):
    """
    What an aggregate asks for.

    Attributes:
        instance_type: Nodes or edges; left out, the service takes nodes.
        group_by: At most five properties; each combination of their values is a group.
        filter: A filter (dms-api.md 5).
        query: Words that instances must hold, as in a search.
        properties: The text properties to look for them in.
        operator: Whether any word is enough (`OR`) or all must be there (`AND`).
        limit: Most groups, 1 to 1,000; left out, the service gives 100.
        target_units: Units to convert to.
        include_typing: Whether the answer tells types, too.
    """

    group_by: Sequence[str]


def aggregate_call(
    view: ViewId, aggregates: Sequence[Mapping[str, Any]], options: AggregateOptions, read: Callable[[Answer], Any]
) -> Call:
    """
    The request of an aggregate.

    Raises:
        DmsInputError: Something is against the rules.
    """
    refuse_unknown(options, AggregateOptions.__optional_keys__, "aggregate")
    body: JsonObject = {"view": view_reference(view)} | _searching(options)
    if aggregates:
        body["aggregates"] = [dict(aggregate) for aggregate in aggregates]
    if group_by := list(options.get("group_by") or ()):
        body["groupBy"] = group_by
    problems: Problems = []
    check_aggregate(body, problems)
    raise_for(problems, operation="instances.aggregate")
    return Call("instances.aggregate", "/models/instances/aggregate", body, family="search", read=read)


def aggregate_plan(view: ViewId, aggregates: Sequence[Mapping[str, Any]], options: AggregateOptions) -> Plan[Records]:
    """Aggregate: one record for each group."""
    answer: Answer = yield aggregate_call(view, aggregates, options, Records.read)
    found: Records = answer.value
    return found


def count_plan(view: ViewId, *, filter: Mapping[str, Any] | None, instance_type: InstanceKind) -> Plan[int]:  # noqa: A002 -- as DMS calls it
    """Count the instances with data in *view*; `externalId` is never null (dms-api.md 12, 27)."""
    options: AggregateOptions = {"instance_type": instance_type, "filter": filter, "limit": LIMIT}
    answer: Answer = yield aggregate_call(view, [{"count": {"property": "externalId"}}], options, _read_count)
    count: int = answer.value
    return count


def _read_count(answer: Answer) -> int:
    try:
        return sum(int(item["aggregates"][0]["value"]) for item in answer.items())
    except (IndexError, KeyError, OverflowError, TypeError, ValueError):
        return answer.refuse("the answer holds no count")


# --- query and sync ---


class QueryResult(NamedTuple):
    """
    The answer to a query or a sync.

    Attributes:
        items: The instances of each selected result set, as JSON objects in the form of the wire.
        next_cursor: The cursor of each result set that may go on; of a sync, of every one.
        typing: The types of properties for each result set, where they were asked for.
        debug: Notices, where debugging was asked for.
    """

    items: dict[str, list[JsonObject]]
    next_cursor: dict[str, str]
    typing: JsonObject | None = None
    debug: JsonObject | None = None

    @classmethod
    def read(cls, answer: Answer) -> QueryResult:
        """
        Read the answer.

        Example:
            >>> from pygen.client.calls import Call
            >>> body = {"with": {"pumps": {"nodes": {}, "limit": 1}}, "select": {"pumps": {}}}
            >>> answer = client.send(Call("instances.query", "/models/instances/query", body, read=QueryResult.read))
            >>> answer.value.next_cursor
            {'pumps': 'cGFnZTI'}
        """
        body = answer.json()
        items = object_of(answer, body, "items")
        if items is None or not all(isinstance(found, list) for found in items.values()):
            answer.refuse("the answer has no result sets")
        if not all(type(item) is dict for found in items.values() for item in found):
            answer.refuse("an item of the answer is no JSON object")
        told = object_of(answer, body, "nextCursor") or {}
        cursors = {name: cursor for name, cursor in told.items() if cursor is not None}
        if not all(isinstance(cursor, str) for cursor in cursors.values()):
            answer.refuse("the cursor of a result set is not a text")
        return cls(items, cursors, object_of(answer, body, "typing"), object_of(answer, body, "debug"))


class QueryOptions(TypedDict, total=False):
    """
    What a query or a sync asks for beside its result sets.

    Attributes:
        parameters: Values for `{"parameter": name}` in filters.
        cursors: Where each result set goes on: `next_cursor` of the answer before; None for one is its beginning.
        include_typing: Whether the answer tells types, too.
        debug: Debug options, e.g. `{"emitResults": True}`.
    """

    parameters: Mapping[str, Any] | None
    cursors: Mapping[str, str | None] | None
    include_typing: bool
    debug: Mapping[str, Any] | None


class SyncOptions(QueryOptions, total=False):
    """
    What a sync asks for beside its result sets.

    Attributes:
        allow_expired_cursors_and_accept_missed_deletes: Whether cursors older than three days are taken.
    """

    allow_expired_cursors_and_accept_missed_deletes: bool | None


def query_body(
    with_: Mapping[str, Mapping[str, Any]],
    select: Mapping[str, Mapping[str, Any]],
    options: QueryOptions | SyncOptions,
    *,
    project: str,
    is_sync: bool,
) -> JsonObject:
    """
    The body of a query or a sync.

    Raises:
        DmsInputError: Something is against the rules.
    """
    known = SyncOptions.__optional_keys__ if is_sync else QueryOptions.__optional_keys__
    refuse_unknown(options, known, "sync" if is_sync else "query")
    body: JsonObject = {"with": {name: dict(found) for name, found in with_.items()}, "select": dict(select)}
    body |= _given(
        parameters=options.get("parameters"),
        cursors=options.get("cursors"),
        includeTyping=options.get("include_typing") or None,
        allowExpiredCursorsAndAcceptMissedDeletes=options.get("allow_expired_cursors_and_accept_missed_deletes"),
        debug=options.get("debug"),
    )
    problems: Problems = []
    check_query(body, problems, sync=is_sync)
    raise_for(problems, operation="instances.sync" if is_sync else "instances.query", project=project)
    return body


def query_plan(operation: Literal["query", "sync"], body: JsonObject) -> Plan[QueryResult]:
    """
    Ask once.

    Where that takes the service too long (408), half as many are asked for: the answer then holds fewer, and cursors
    that lead to the others.
    """
    while True:
        try:
            answer: Answer = yield _query_call(operation, body)
        except DmsError as error:
            smaller = halved(body) if is_too_slow(error) else None
            if smaller is None:
                raise
            body = smaller
        else:
            found: QueryResult = answer.value
            return found


def _query_call(operation: str, body: JsonObject) -> Call:
    return Call(f"instances.{operation}", f"/models/instances/{operation}", body, read=QueryResult.read, paged=True)


DEFAULT_LIMIT = 100
"""The limit of a result set that names none (dms-api.md 6.5)."""


def halved(body: JsonObject) -> JsonObject | None:
    """
    The query with half the limit for each result set that starts somewhere of its own.

    Sets that follow others keep theirs: it bounds how much belongs to a parent, and they shrink with their parents.

    Returns:
        None where no limit can become smaller.
    """
    smaller = dict(body["with"])
    for name, found in body["with"].items():
        limit = found.get("limit") or DEFAULT_LIMIT
        expression = next((found[key] for key in ("nodes", "edges") if found.get(key) is not None), None)
        if expression is not None and not expression.get("from") and limit > PageSize.SMALLEST:
            smaller[name] = {**found, "limit": max(limit // 2, PageSize.SMALLEST)}
    return None if smaller == body["with"] else {**body, "with": smaller}


class SyncJob(Job[QueryResult]):
    """A sync until it has caught up: until each result set brings fewer instances than it might (dms-api.md 6.6)."""

    def __init__(self, body: JsonObject) -> None:
        self._whole: JsonObject = body
        self._body: JsonObject = body
        self._busy = self._done = False
        self._good = 0
        self._ready: list[QueryResult] = []

    def next_call(self) -> Call | None:
        """The next part; None while one is on its way, or when there is no more."""
        if self._busy or self._done:
            return None
        self._busy = True
        return _query_call("sync", self._body)

    def finish(self, call: Call, outcome: Answer | DmsError) -> None:  # noqa: ARG002 -- there is one at a time
        """Keep the part, or ask for a smaller one where the service found it too big."""
        self._busy = False
        if isinstance(outcome, DmsError):
            smaller = halved(self._body) if is_too_slow(outcome) else None
            if smaller is None:
                raise outcome
            self._body, self._good = smaller, 0
            return
        found: QueryResult = outcome.value
        full = [name for name in self._body["select"] if len(found.items.get(name, ())) >= self._limit(name)]
        if not found.next_cursor.keys() >= set(full):  # the same part would come again, for ever
            outcome.refuse("the answer does not say where the sync goes on")
        self._ready.append(found)
        self._done = not full
        self._good += 1
        limits = self._whole["with"] if self._good >= PageSize.RECOVER_AFTER else self._body["with"]
        before: Mapping[str, str | None] = self._body.get("cursors") or {}
        self._body = {**self._body, "with": limits, "cursors": {**before, **found.next_cursor}}

    def _limit(self, name: str) -> int:
        return int(self._body["with"][name].get("limit") or DEFAULT_LIMIT)

    def results(self) -> Iterator[QueryResult]:
        """The part that came last."""
        while self._ready:
            yield self._ready.pop()


# --- inspect ---


def inspect_plan(
    ids: Sequence[InstanceId | Mapping[str, Any]],
    *,
    involved_views: bool,
    all_versions: bool,
    involved_containers: bool,
) -> Plan[Records]:
    """Ask in which views and containers instances have data."""
    problems: Problems = []
    check_instance_ids(ids, "ids", problems)
    raise_for(problems, operation="instances.inspect")
    operations: JsonObject = {}
    if involved_views:
        operations["involvedViews"] = {"allVersions": all_versions}
    if involved_containers:
        operations["involvedContainers"] = {}
    found = Records()
    for chunk in chunked(map(instance_item, ids), LIMIT):
        answer: Answer = yield Call(
            "instances.inspect",
            "/models/instances/inspect",
            {"items": chunk, "inspectionOperations": operations},
            read=Records.read,
        )
        found += answer.value
    return found
