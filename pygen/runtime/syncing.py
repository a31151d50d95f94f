"""
The change feed: what was created, updated and deleted, in the order in which the service tells it (dms-api.md 6.6).

A feed knows where it is: `cursor` leads past what was handed out, never past more. What was asked for ahead does not
move it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator, Iterator
from contextlib import aclosing, closing
from datetime import datetime
from functools import partial
from typing import Any, Generic, Literal, NamedTuple, TypeAlias, TypedDict, TypeVar, cast

from pygen.client.calls import Answer, Call
from pygen.client.exceptions import DmsCursorExpiredError
from pygen.client.keywords import refuse_unknown
from pygen.client.resources.instance_calls import QueryResult, SyncJob, SyncOptions, query_body
from pygen.runtime import _state
from pygen.runtime.base import PygenResource
from pygen.runtime.decoding import SetReading, decode_sets
from pygen.runtime.errors import CursorExpiredError
from pygen.runtime.filters import Filter
from pygen.runtime.serialization import moment
from pygen.runtime.set_paging import selection
from pygen.runtime.spec import QuerySpec, belonging

__all__ = ["AsyncSync", "Change", "ChangeKind", "FeedOptions", "FeedPage", "Sync"]

ResourceT_co = TypeVar("ResourceT_co", bound=PygenResource, covariant=True)

ChangeKind: TypeAlias = Literal["created", "updated", "deleted"]
"""What happened to an instance."""

_SET = "changes"
"""The result set of a feed's requests."""


class Change(NamedTuple, Generic[ResourceT_co]):
    """
    What happened to an instance, and how it is now.

    Several changes between two looks are told as one.

    Attributes:
        kind: `created`: the feed began, and it was there; or it has not been changed since it was created. `updated`:
            it has been changed, perhaps since a creation that was not told. `deleted`: it is gone.
        item: The instance as it is now; of a deleted one the last values. What is deleted belongs to no client.
        deleted_time: When it was deleted; None where it was not.
    """

    kind: ChangeKind
    item: ResourceT_co
    deleted_time: datetime | None = None


class FeedPage(NamedTuple, Generic[ResourceT_co]):
    """
    Some changes, and where the feed goes on after them.

    Attributes:
        changes: The changes; may be none.
        cursor: What to keep after the last of them was dealt with.
    """

    changes: list[Change[ResourceT_co]]
    cursor: str


class FeedOptions(TypedDict, total=False):
    """
    How changes are followed.

    Attributes:
        cursor: Where to go on: `cursor` of an earlier feed with the same conditions and options. None (the default):
            at the beginning.
        follow: Whether to wait for further changes, without end. By default a feed ends when it has caught up.
        poll_s: How long to wait before asking again when following (1 s by default); doubles up to `max_poll_s` while
            nothing happens.
        max_poll_s: The longest wait (60 s by default).
        backfill: Whether a feed without a cursor begins with everything that is there (the default); otherwise with
            what happens from now on. Has to stay the same for later feeds with its cursors.
        accept_missed_deletes: Whether a cursor older than three days is taken all the same, although what was deleted
            before that time is not told.
    """

    cursor: str | None
    follow: bool
    poll_s: float
    max_poll_s: float
    backfill: bool
    accept_missed_deletes: bool


class _FeedJob(SyncJob):
    """A sync until it has caught up, whose instances are objects with the times of their deletion."""

    def __init__(self, body: dict[str, Any], read: Callable[[Answer], QueryResult]) -> None:
        super().__init__(body)
        self._read = read

    def next_call(self) -> Call | None:
        call = super().next_call()
        return None if call is None else call._replace(read=self._read)


def _read(spec: QuerySpec[Any], answer: Answer) -> QueryResult:
    """The objects of an answer, each with the time when it was deleted, or None; and the cursor."""
    items, cursors = decode_sets({_SET: SetReading(spec.kind, spec.fields)}, answer, spec.session)
    _state.converted(items[_SET], spec.units)
    times: list[Any] = [None] * len(items[_SET])
    if b'"deletedTime"' in answer.content:  # most answers tell of no deletion, and need not be read a second time
        times = [each.get("deletedTime") for each in QueryResult.read(answer).items.get(_SET, [])]
    if not all(time is None or type(time) is int for time in times):
        answer.refuse("the time of a deletion is no number of milliseconds")
    told = [(item, None if time is None else moment(time)) for item, time in zip(items[_SET], times, strict=True)]
    _state.bury(spec.session, [item for item, deleted in told if deleted is not None])
    return QueryResult(cast("dict[str, list[dict[str, Any]]]", {_SET: told}), cursors)


def _check(spec: QuerySpec[Any]) -> None:
    """
    Refuse what a feed cannot do.

    Raises:
        ValueError: The query asks for it.
    """
    if spec.branches or spec.sets is not None:
        raise ValueError("a change feed is about the instances of one class: it goes with neither include() nor sets")
    if spec.sort:
        raise ValueError("a change feed tells changes in their own order: it does not go with order_by()")
    if spec.skip or spec.most is not None or spec.cursor is not None:
        raise ValueError("a change feed has a cursor of its own, and no limit: sync(cursor=...)")
    if spec.narrow:
        raise ValueError("a change feed gives the class that was asked for: it does not go with narrow()")


class _Feed(Generic[ResourceT_co]):
    """What both feeds have in common: what to ask, and where it stands."""

    def __init__(self, spec: QuerySpec[ResourceT_co], options: FeedOptions) -> None:
        refuse_unknown(options, FeedOptions.__optional_keys__, "sync")
        _check(spec)
        self._spec = spec
        self._follow = options.get("follow", False)
        self._poll_s = options.get("poll_s", 1.0)
        self._max_poll_s = options.get("max_poll_s", max(60.0, self._poll_s))
        if not 0 < self._poll_s <= self._max_poll_s < float("inf"):
            raise ValueError(
                f"poll_s is above 0, finite and not above max_poll_s ({self._max_poll_s}), not {self._poll_s}"
            )
        self._cursor = options.get("cursor")
        self._backfill = options.get("backfill", True)
        self._accept = options.get("accept_missed_deletes", False)
        self._is_filling = self._cursor is None and self._backfill
        self._delay_s = self._poll_s
        self._rest: deque[Change[ResourceT_co]] = deque()
        self._after: str | None = self._cursor
        self._loops = 0
        self._query_body()  # what is wrong with it is said here, not at the first use

    @property
    def cursor(self) -> str | None:
        """
        Where another feed would go on; None before anything came.

        Keep it after a change was dealt with. It leads past all changes of the page that the last change belongs to
        once the last of these is handed out, and to the beginning of that page until then: whoever goes on from it sees
        every change at least once, and some of one page (at most 1,000) again.
        """
        return self._cursor

    def _query_body(self) -> dict[str, Any]:
        spec = self._spec
        conditions = [*belonging(spec.kind), *([] if spec.where is None else [Filter(spec.where)])]
        expression = "edges" if spec.instance_type == "edge" else "nodes"
        result_set: dict[str, Any] = {expression: {"filter": Filter.all(conditions).dump()}, "limit": spec.chunk_size}
        if not self._backfill:
            result_set["mode"] = "noBackfill"
        options: SyncOptions = {}
        if self._after is not None:
            options["cursors"] = {_SET: self._after}
        if self._accept:
            options["allow_expired_cursors_and_accept_missed_deletes"] = True
        project = spec.session.client.project
        select = {_SET: selection(spec.kind, spec.fields, spec.units)}
        return query_body({_SET: result_set}, select, options, project=project, is_sync=True)

    def _job(self) -> _FeedJob:
        return _FeedJob(self._query_body(), partial(_read, self._spec))

    def _take(self, told: QueryResult) -> None:
        """Take an answer whose changes are handed out next; the ones before it are."""
        found = cast("list[tuple[ResourceT_co, datetime | None]]", told.items[_SET])
        self._rest.extend(Change(self._kind(item, deleted), item, deleted) for item, deleted in found)
        self._after = told.next_cursor[_SET]
        if found:
            self._delay_s = self._poll_s
        else:
            self._cursor = self._after

    def _kind(self, item: PygenResource, deleted: datetime | None) -> ChangeKind:
        if deleted is not None:
            return "deleted"
        return "created" if self._is_filling or item.created_time == item.last_updated_time else "updated"

    def _next(self) -> Change[ResourceT_co]:
        """The next change of the page."""
        change = self._rest.popleft()
        if not self._rest:
            self._cursor = self._after
        return change

    def _page(self) -> FeedPage[ResourceT_co]:
        """The rest of the page."""
        changes = list(self._rest)
        self._rest.clear()
        self._cursor = self._after
        return FeedPage(changes, str(self._after))

    def _begin(self) -> int:
        """Begin a loop, and return its number."""
        self._loops += 1
        return self._loops

    def _go_on(self, loop: int) -> None:
        """
        Make sure that no other loop has begun.

        Raises:
            RuntimeError: One has: what this one has asked for ahead would come twice.
        """
        if loop != self._loops:
            raise RuntimeError("another loop goes on with this change feed: one feed is followed by one loop at a time")

    def _caught_up(self) -> bool:
        """Note that there is nothing more at the moment, and tell whether that is the end."""
        self._is_filling = False
        return not self._follow

    def _wait_s(self) -> float:
        """How long to wait now; longer the next time."""
        delay = self._delay_s
        self._delay_s = min(delay * 2, self._max_poll_s)
        return delay

    def _expired(self) -> CursorExpiredError:
        return CursorExpiredError(self._spec.kind.__name__)

    def __repr__(self) -> str:
        from pygen.runtime.wording import condition_words

        spec = self._spec
        condition = f", where {condition_words(spec.kind, spec.where)}" if spec.where is not None else ""
        state = "from the beginning" if self._cursor is None else "from a cursor"
        return f"<{type(self).__name__} of {spec.kind.__name__}{condition}, {state}>"


class Sync(_Feed[ResourceT_co]):
    """
    The changes of a view's instances: `for change in client.wind_turbine.sync(cursor=saved)`.

    A feed goes forward only: a second loop goes on where the first one was left, and after an error the loop may simply
    be started again. `cursor` is what to keep for another process. Each change comes at least once; one that comes
    again is as it is now. An instance that changes so that it no longer meets the conditions is not told of.
    """

    def __iter__(self) -> Iterator[Change[ResourceT_co]]:
        for _ in self._arrivals():
            while self._rest:
                yield self._next()

    def pages(self) -> Iterator[FeedPage[ResourceT_co]]:
        """
        The changes page by page, each with the cursor to keep after it.

        A look that finds nothing gives a page without changes: its cursor is a fresh one, which keeps a quiet feed from
        expiring after three days.
        """
        for _ in self._arrivals():
            yield self._page()

    def _arrivals(self) -> Generator[None, None, None]:
        """Yields whenever there is something to hand out, or a look has found nothing."""
        session = self._spec.session
        loop = self._begin()
        if self._rest:
            yield
            self._go_on(loop)
        while True:
            try:
                with closing(session.work(self._job())) as answers:
                    for told in answers:
                        self._take(told)
                        yield
                        self._go_on(loop)
            except DmsCursorExpiredError as error:
                raise self._expired() from error
            if self._caught_up():
                return
            session.pause(self._wait_s())


class AsyncSync(_Feed[ResourceT_co]):
    """The changes of a view's instances: `async for change in client.wind_turbine.sync(cursor=saved)`; see `Sync`."""

    async def __aiter__(self) -> AsyncIterator[Change[ResourceT_co]]:
        async with aclosing(self._arrivals()) as arrivals:
            async for _ in arrivals:
                while self._rest:
                    yield self._next()

    async def pages(self) -> AsyncIterator[FeedPage[ResourceT_co]]:
        """The changes page by page, each with the cursor to keep after it; see `Sync.pages`."""
        async with aclosing(self._arrivals()) as arrivals:
            async for _ in arrivals:
                yield self._page()

    async def _arrivals(self) -> AsyncGenerator[None, None]:
        """Yields whenever there is something to hand out, or a look has found nothing."""
        session = self._spec.session
        loop = self._begin()
        if self._rest:
            yield
            self._go_on(loop)
        while True:
            try:
                async with aclosing(session.awork(self._job())) as answers:
                    async for told in answers:
                        self._take(told)
                        yield
                        self._go_on(loop)
            except DmsCursorExpiredError as error:
                raise self._expired() from error
            if self._caught_up():
                return
            await session.apause(self._wait_s())
