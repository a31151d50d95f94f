"""
Writing and deleting any number of instances, and telling what became of each.

An apply reads its input window by window, plans each window into requests in which nothing refers to what is not there
yet (`pygen.client.ordering`), and keeps a few of them under way. A request is a transaction: the service takes all of
it or nothing. One that is refused is cut in two until the items that are at fault stand alone. One whose answer was
lost is repeated only where that leads to the same state as once; elsewhere its items are `unknown`.
"""

from __future__ import annotations

import sys
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple, TypeAlias, cast

from pygen.client.calls import Answer, Call, JsonObject
from pygen.client.checks import id_problem, instance_problem, located
from pygen.client.exceptions import DmsAuthError, DmsError, DmsInputError, DmsRequestError
from pygen.client.jobs import Fed
from pygen.client.models.ids import EdgeId, NodeId
from pygen.client.ordering import Chunk, plan_chunks, plan_deletes
from pygen.client.results import ApplyProgress, ApplyResult, InstanceId, ItemResult, ItemStatus

__all__ = [
    "ApplyJob",
    "ApplyOptions",
    "DeleteInput",
    "Entry",
    "OnFailure",
    "apply_flags",
    "complete_job",
    "delete_job",
    "entries",
    "instance_item",
    "single_apply_call",
]

MOST_ITEMS = 1000
"""Most items and deletes of one request (dms-api.md 2.1)."""

DeleteInput: TypeAlias = InstanceId | Mapping[str, Any]
"""An instance to delete: its id, or JSON that may say an `existingVersion`, too."""

OnFailure: TypeAlias = Literal["raise", "return"]

_AT_FAULT = frozenset({400, 403, 404, 408, 409, 413, 422, 500, 504})
"""
Statuses that may be the fault of some items, or of their number: the request is cut in two. The others say that
nothing will be taken now: 401, 429, and what gateways answer for a service that is down.
"""
_GONE = frozenset({"deleted", "absent"})
_HOPELESS = 10
"""So many failures of the service in a row (lost answers, 408, 500, 504) say that it fails at everything."""
_WINDOW_CHUNKS = 4
"""How many requests per parallel one are planned together, where the input is a stream."""


_FLAGS = {
    "autoCreateStartNodes": "auto_create_start_nodes",
    "autoCreateEndNodes": "auto_create_end_nodes",
    "autoCreateDirectRelations": "auto_create_direct_relations",
    "skipOnVersionConflict": "skip_on_version_conflict",
    "replace": "replace",
}


def apply_flags(arguments: Mapping[str, Any]) -> dict[str, bool]:
    """The flags of an apply (dms-api.md 4.1) that *arguments* name in Python's words; None counts as left out."""
    return {wire: arguments[name] for wire, name in _FLAGS.items() if arguments.get(name) is not None}


class ApplyOptions(NamedTuple):
    """
    How an apply is meant, and how it is done.

    Attributes:
        operation: What errors and hooks call it.
        path: Where requests go: `/models/instances`, or the same with `/delete`.
        flags: What the body says beside items and deletes.
        chunk_size: Most items of one request.
        parallel: Most requests under way at once.
        window: How many items are planned together; None: all of them.
        safe_to_repeat: Whether a request may be sent again when its answer was lost, `existingVersion` apart.
        total: How many items there are; None where that is not known.
        resume: What an earlier run of the same input did; what it finished is not sent again, where the same
            instance still stands in its place.
        on_progress: Told after each request.
        is_plain: Whether items are plain JSON; see `Call`.
    """

    operation: str = "instances.apply"
    path: str = "/models/instances"
    flags: Mapping[str, bool] = {}
    chunk_size: int = MOST_ITEMS
    parallel: int = 2
    window: int | None = None
    safe_to_repeat: bool = True
    total: int | None = None
    resume: ApplyResult | None = None
    on_progress: Callable[[ApplyProgress], None] | None = None
    is_plain: bool = False

    @property
    def skips_conflicts(self) -> bool:
        """Whether newer instances are skipped, which makes `existingVersion` safe to repeat."""
        return self.flags.get("skipOnVersionConflict", False)

    def streamed(self) -> ApplyOptions:
        """The same for an input of unknown length: a window of a few requests."""
        return self._replace(window=self.parallel * _WINDOW_CHUNKS * self.chunk_size)


class Entry(NamedTuple):
    """Something to write or to delete, as bodies say it."""

    body: Any
    is_delete: bool


def entries(items: Iterable[Any], delete: Iterable[DeleteInput]) -> Iterator[Entry]:
    """The input of an apply: items, then deletes."""
    for item in items:
        yield Entry(item, is_delete=False)
    yield from map(_delete_entry, delete)


def _delete_entry(instance: object) -> Entry:
    if not isinstance(instance, NodeId | EdgeId | Mapping):
        return Entry(instance, is_delete=True)  # told of with its place, when its turn comes
    return Entry(instance_item(cast("DeleteInput", instance)), is_delete=True)


def instance_item(instance: InstanceId | Mapping[str, Any]) -> JsonObject:
    """The instance as byids and delete name it."""
    if isinstance(instance, Mapping):
        return dict(instance)
    kind = "edge" if isinstance(instance, EdgeId) else "node"
    return {"instanceType": kind, "space": instance.space, "externalId": instance.external_id}


def delete_job(ids: Iterable[DeleteInput]) -> ApplyJob:
    """A delete of everything given: edges first, one request after the other."""
    given = list(entries((), ids))
    return complete_job(given, ApplyOptions("instances.delete", "/models/instances/delete", parallel=1))


def complete_job(given: Sequence[Entry], options: ApplyOptions) -> ApplyJob:
    """A job that has all its input already."""
    job = ApplyJob(options._replace(total=len(given)))
    job.feed(given, last=True)
    return job


class _Request(NamedTuple):
    """
    A request to make.

    Attributes:
        places: The items' places in the input.
        after: Groups of requests that must be finished before.
        group: What others wait for: all parts of what was planned as one request.
        lost_since_ms: Set when a request that it is a part of may have been carried out (`Answer.lost_since_ms`).
    """

    places: Sequence[int]
    after: frozenset[int]
    group: int
    lost_since_ms: int | None = None


_Read = dict[tuple[Any, ...], JsonObject]


class ApplyJob(Fed[Entry, ItemResult]):
    """
    An apply, or a delete, of any number of instances.

    Results come in the order of the input: for each item, then for each delete.
    """

    def __init__(self, options: ApplyOptions) -> None:
        self.parallel = options.parallel
        self._options = options
        self._entries: dict[int, Entry] = {}
        self._taken = 0
        self._told = 0
        self._all_taken = False
        self._done: dict[int, ItemResult] = {}
        self._twins: dict[int, list[int]] = {}
        self._waiting: deque[_Request] = deque()
        self._open: Counter[int] = Counter()
        self._groups = 0
        self._under_way: dict[int, _Request] = {}
        self._stopped_by: DmsError | None = None
        self._in_a_row = 0
        self._progress = 0
        self._counts: Counter[ItemStatus] = Counter()

    # --- input ---

    def wanted(self) -> int:
        """A window's worth once the one before is done; nothing after an error that stops everything."""
        if self._all_taken or self._stopped_by is not None or self._waiting or self._under_way:
            return 0
        return self._options.window or sys.maxsize

    def feed(self, items: Sequence[Entry], *, last: bool) -> None:
        """Take a window: check, and plan what is sound."""
        first = self._taken
        self._taken += len(items)
        self._all_taken = last
        self._entries = {first + offset: entry for offset, entry in enumerate(items)}
        writes: list[int] = []
        deletes: list[int] = []
        for place, entry in self._entries.items():
            if (kept := self._finished_before(place)) is not None:
                self._settle(kept)
            elif (problem := _problem(entry)) is not None:
                where = f"{'delete' if entry.is_delete else 'items'}[{place}]"
                self._settle(self._failed(place, DmsInputError([located(where, problem)])))
            else:
                (deletes if entry.is_delete else writes).append(place)
        self._plan(writes, deletes)

    def _finished_before(self, place: int) -> ItemResult | None:
        resume = self._options.resume
        if resume is None or place >= len(resume.items):
            return None
        before, entry = resume.items[place], self._entries[place]
        is_same = before.id == _id_of(entry.body) and (before.status in _GONE) == entry.is_delete
        return before if before.ok and is_same else None

    def _plan(self, writes: list[int], deletes: list[int]) -> None:
        size = self._options.chunk_size
        planned = plan_chunks([self._entries[place].body for place in writes], size=size)
        erased, twins = self._plan_deletes(deletes)
        self._twins = twins
        if len(planned) <= 1 and len(erased) <= 1 and len(writes) + len(deletes) <= size:
            places = [writes[place] for chunk in planned for place in chunk.places]
            places += [deletes[place] for chunk in erased for place in chunk.places]
            if places:
                self._add([_Request(places, frozenset(), 0)])
            return
        requests = [_request(chunk, number, writes, 0) for number, chunk in enumerate(planned)]
        barrier = frozenset(range(len(planned)))
        for number, chunk in enumerate(erased):
            request = _request(chunk, len(planned) + number, deletes, len(planned))
            requests.append(request._replace(after=request.after | barrier))
        self._add(requests)

    def _plan_deletes(self, places: list[int]) -> tuple[list[Chunk], dict[int, list[int]]]:
        """The requests, and for each instance that is named again the places of its twins."""
        bodies = [self._entries[place].body for place in places]
        chunks = plan_deletes(bodies, size=self._options.chunk_size)
        sent = {place for chunk in chunks for place in chunk.places}
        if len(sent) == len(places):
            return chunks, {}
        first = {_key(bodies[place]): place for place in sorted(sent, reverse=True)}
        twins: dict[int, list[int]] = {}
        for place, body in enumerate(bodies):
            if place not in sent:
                twins.setdefault(places[first[_key(body)]], []).append(places[place])
        return chunks, twins

    def _add(self, requests: Sequence[_Request]) -> None:
        """Queue requests whose groups are numbered from 0."""
        base = self._groups
        self._groups += len(requests)
        for request in requests:
            group = base + request.group
            self._open[group] += 1
            self._waiting.append(_Request(request.places, frozenset(base + each for each in request.after), group))

    # --- requests ---

    def next_call(self) -> Call | None:
        """The first request that nothing unfinished stands before."""
        for position, request in enumerate(self._waiting):
            if not any(self._open[group] for group in request.after):
                del self._waiting[position]
                call = self._call(request)
                self._under_way[id(call)] = request
                return call
        return None

    def _call(self, request: _Request) -> Call:
        bodies = [self._entries[place] for place in request.places]
        options = self._options
        if options.path.endswith("/delete"):
            body: JsonObject = {"items": [entry.body for entry in bodies]}
        else:
            body = {"items": [entry.body for entry in bodies if not entry.is_delete]}
            if deletes := [entry.body for entry in bodies if entry.is_delete]:
                body["delete"] = deletes
            body |= options.flags
        versioned = not options.skips_conflicts and any(
            entry.body.get("existingVersion") is not None for entry in bodies
        )
        return Call(
            options.operation,
            options.path,
            body,
            family="delete" if options.path.endswith("/delete") else "write",
            repeat="idempotent" if options.safe_to_repeat and not versioned else "once",
            read=self._read_delete if options.path.endswith("/delete") else self._read_apply,
            is_plain=options.is_plain,
        )

    def _read_delete(self, answer: Answer) -> _Read:
        try:
            return {(*_key(item), True): item for item in answer.items()}
        except (KeyError, TypeError):
            return answer.refuse("an item of the answer is not understood")

    def _read_apply(self, answer: Answer) -> _Read:
        body = answer.json()
        written = answer.listed(body)
        try:
            read = {(*_key(item), False): item for item in written}
            read |= {(*_key(item), True): item for item in body.get("deleted") or ()}
        except (KeyError, TypeError):
            return answer.refuse("an item of the answer is not understood")
        if not all(map(_is_told, written)):
            answer.refuse("an item of the answer does not say what became of it")
        return read

    def finish(self, call: Call, outcome: Answer | DmsError) -> None:
        """Settle the items of a request, or cut it in two."""
        request = self._under_way.pop(id(call))
        lost_since_ms = _earliest(request.lost_since_ms, outcome.lost_since_ms)
        if isinstance(outcome, Answer):
            self._in_a_row = 0
            self._accept(request, outcome, lost_since_ms)
        elif call.repeat == "once" and outcome.lost_since_ms is not None:
            self._give_up(request, "unknown", outcome)
            self._note_trouble(outcome)
        elif self._is_divisible(request, outcome):
            self._cut(request, lost_since_ms)
        else:
            self._give_up(request, _status_of(outcome, in_doubt=lost_since_ms is not None), outcome)
            self._stop_if_hopeless(outcome)
        self._open[request.group] -= 1
        if self._stopped_by is not None:
            self._leave_the_rest()
        done = sum(self._counts.values())
        if self._options.on_progress is not None and done != self._progress:
            self._progress = done
            self._options.on_progress(ApplyProgress(done, self._options.total, dict(self._counts)))

    def _is_divisible(self, request: _Request, error: DmsError) -> bool:
        if len(request.places) == 1:
            return False
        if isinstance(error, DmsInputError):  # something in it has no JSON form
            return True
        if isinstance(error, DmsAuthError) and error.status == 403:
            return len({self._entries[place].body.get("space") for place in request.places}) > 1
        return isinstance(error, DmsRequestError) and error.status in _AT_FAULT

    def _cut(self, request: _Request, lost_since_ms: int | None) -> None:
        """
        Queue the two halves, the second after the first: what is referred to stands before what refers to it.

        At the head of the queue, so that what waits for them does not wait longer than it must.
        """
        middle = len(request.places) // 2
        first = self._groups
        self._groups += 1
        self._open[first] = 1
        self._open[request.group] += 1
        self._waiting.appendleft(_Request(request.places[middle:], frozenset([first]), request.group, lost_since_ms))
        self._waiting.appendleft(_Request(request.places[:middle], frozenset(), first, lost_since_ms))

    # --- results ---

    def _accept(self, request: _Request, answer: Answer, lost_since_ms: int | None) -> None:
        read: _Read = answer.value
        for place in request.places:
            entry = self._entries[place]
            item = read.get((*_key(entry.body), entry.is_delete))
            if entry.is_delete:
                result = ItemResult(place, _id_of(entry.body), "absent" if item is None else "deleted")
            elif item is None:
                result = self._unlisted(place, answer)
            else:
                result = _written(place, entry.body, item, lost_since_ms)
            self._settle(result)

    def _unlisted(self, place: int, answer: Answer) -> ItemResult:
        """An item that the answer to an apply does not list: it was skipped, or who knows."""
        identifier = _id_of(self._entries[place].body)
        if self._options.skips_conflicts:
            return ItemResult(place, identifier, "skipped")
        error = DmsError(
            "the answer does not list the item",
            operation=answer.operation,
            project=answer.project,
            request_id=answer.request_id,
        )
        return ItemResult(place, identifier, "unknown", error=error)

    def _give_up(self, request: _Request, status: ItemStatus, error: DmsError) -> None:
        for place in request.places:
            self._settle(ItemResult(place, _id_of(self._entries[place].body), status, error=error))

    def _failed(self, place: int, error: DmsError) -> ItemResult:
        error.operation = self._options.operation
        return ItemResult(place, _id_of(self._entries[place].body), "failed", error=error)

    def _stop_if_hopeless(self, error: DmsError) -> None:
        if isinstance(error, DmsInputError):
            return
        if isinstance(error, DmsRequestError) and error.status in _AT_FAULT:
            if _may_be_the_services(error):
                self._note_trouble(error)
            else:
                self._in_a_row = 0
            return
        self._stopped_by = self._stopped_by or error

    def _note_trouble(self, error: DmsError) -> None:
        """Stop when the service has failed too often in a row: trying on would fail at every item."""
        self._in_a_row += 1
        if self._in_a_row >= _HOPELESS:
            self._stopped_by = self._stopped_by or error

    def _leave_the_rest(self) -> None:
        """Note what is not tried any more; requests under way still finish."""
        while self._waiting:
            request = self._waiting.popleft()
            self._open[request.group] -= 1
            assert self._stopped_by is not None
            self._give_up(request, "not_sent" if request.lost_since_ms is None else "unknown", self._stopped_by)

    def _settle(self, result: ItemResult) -> None:
        self._done[result.index] = result
        self._counts[result.status] += 1
        for twin in self._twins.pop(result.index, ()):
            self._settle(result.at(twin))

    def results(self) -> Iterator[ItemResult]:
        """What is settled without a gap before it."""
        while (result := self._done.pop(self._told, None)) is not None:
            self._told += 1
            yield result


def _request(chunk: Chunk, number: int, places: Sequence[int], base: int) -> _Request:
    after = frozenset(base + earlier for earlier in chunk.after)
    return _Request([places[place] for place in chunk.places], after, number)


def _problem(entry: Entry) -> str | None:
    return id_problem(entry.body) if entry.is_delete else instance_problem(entry.body)


def _key(item: Mapping[str, Any]) -> tuple[Any, Any, Any]:
    return item["instanceType"], item["space"], item["externalId"]


def _id_of(body: object) -> InstanceId | None:
    """The instance that a body names; None where it does not, or not rightly."""
    if not isinstance(body, Mapping):
        return None
    found = cast("Mapping[str, Any]", body)
    space, external_id = found.get("space"), found.get("externalId")
    if not isinstance(space, str) or not isinstance(external_id, str):
        return None
    return (EdgeId if found.get("instanceType") == "edge" else NodeId)(space, external_id)


def _status_of(error: DmsError, *, in_doubt: bool) -> ItemStatus:
    """
    What an error says of the items of its request.

    Args:
        error: The error.
        in_doubt: Whether the items may have been written nevertheless, by a request whose answer was lost.
    """
    is_refusal = isinstance(error, DmsRequestError) and not _may_be_the_services(error)
    if isinstance(error, DmsInputError) or (is_refusal and not (in_doubt and isinstance(error, DmsAuthError))):
        return "failed"
    return "unknown" if in_doubt else "not_sent"


def _may_be_the_services(error: DmsRequestError) -> bool:
    """Whether the service may be at fault rather than the items, so that nobody knows what it did."""
    return error.status >= 500 or error.status in {408, 429}


def _is_told(item: JsonObject) -> bool:
    """Whether an item of an answer has everything that `_written` reads (dms-api.md 4.1)."""
    return (
        type(item.get("wasModified")) is bool
        and type(item.get("version")) is int
        and type(item.get("createdTime")) is int
        and type(item.get("lastUpdatedTime")) is int
    )


def _written(place: int, body: Mapping[str, Any], item: JsonObject, lost_since_ms: int | None) -> ItemResult:
    """What an answer says of an item; what an earlier attempt did, whose answer was lost, counts as well."""
    version, created, updated = item["version"], item["createdTime"], item["lastUpdatedTime"]
    modified = item["wasModified"] or (lost_since_ms is not None and updated >= lost_since_ms)
    known = body.get("existingVersion")
    status: ItemStatus
    if modified:
        status = "created" if created == updated else "updated"
    else:
        status = "skipped" if known is not None and version > known else "unchanged"
    return ItemResult(place, _id_of(body), status, version, created, updated)


def single_apply_call(items: Sequence[Mapping[str, Any]], *, replace: bool = False) -> Call:
    """The request that writes a few instances at once, for callers that need no more than the service's answer."""
    safe = not any("existingVersion" in item for item in items)
    body: JsonObject = {"items": list(items)}
    if replace:
        body["replace"] = True
    return Call(
        "instances.apply",
        "/models/instances",
        body,
        family="write",
        repeat="idempotent" if safe else "once",
        read=Answer.items,
    )


def _earliest(*moments: int | None) -> int | None:
    return min((moment for moment in moments if moment is not None), default=None)
