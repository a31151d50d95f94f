"""
Lazy queries: nothing is fetched until the result is looked at, and then page by page.

`Query` and `AsyncQuery` share everything but the way an answer is waited for.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from functools import partial
from typing import Any, Generic, NamedTuple, NoReturn, Self, SupportsIndex, TypeVar, overload

from pygen.client.calls import Answer, Plan
from pygen.client.resources.instance_calls import LIMIT, InstanceKind, count_plan, page_call
from pygen.runtime.base import PygenResource
from pygen.runtime.errors import MultipleFoundError, NotFoundError
from pygen.runtime.pagination import ResultPage, decode
from pygen.runtime.session import Session

__all__ = ["AsyncQuery", "Query", "QuerySpec", "fetch_all_plan"]

ResourceT = TypeVar("ResourceT", bound=PygenResource)
ResourceT_co = TypeVar("ResourceT_co", bound=PygenResource, covariant=True)


class QuerySpec(NamedTuple, Generic[ResourceT_co]):
    """What is asked for."""

    kind: type[ResourceT_co]
    session: Session
    where: dict[str, Any] | None = None
    skip: int = 0
    most: int | None = None
    chunk_size: int = LIMIT

    @property
    def instance_type(self) -> InstanceKind:
        """Nodes or edges, as the class reads."""
        return "edge" if self.kind.__pygen_edge__ else "node"

    def limited(self, most: int) -> QuerySpec[ResourceT_co]:
        """The same, with at most so many instances."""
        return self._replace(most=most if self.most is None else min(self.most, most))

    def sliced(self, index: slice) -> QuerySpec[ResourceT_co]:
        """The part that `q[a:b]` means."""
        start, stop = index.start or 0, index.stop
        if index.step not in {None, 1} or start < 0 or (stop is not None and stop < 0):
            raise ValueError("a query is sliced forwards, from the start: q[a:b] with a, b >= 0 and no step")
        most = None if stop is None else max(stop - start, 0)
        if self.most is not None:
            rest = max(self.most - start, 0)
            most = rest if most is None else min(most, rest)
        return self._replace(skip=self.skip + start, most=most)

    def page_plan(self, limit: int, cursor: str | None) -> Plan[tuple[list[ResourceT_co], str | None]]:
        """Fetch one page, and the cursor of the next one."""
        answer: Answer = yield page_call(
            instance_type=self.instance_type,
            sources=_sources(self.kind),
            filter=self.where,
            limit=limit,
            cursor=cursor,
            read=partial(decode, self.kind, session=self.session),
        )
        page: tuple[list[ResourceT_co], str | None] = answer.value
        return page

    def count_plan(self) -> Plan[int]:
        """Ask how many instances there are."""
        found = yield from count_plan(self.kind.__pygen__.view, filter=self.where, instance_type=self.instance_type)
        rest = max(found - self.skip, 0)
        return rest if self.most is None else min(rest, self.most)

    def one(self, found: list[ResourceT_co]) -> ResourceT_co:
        """The only item of what a query for two has found."""
        if not found:
            raise NotFoundError(f"no {self.kind.__name__} matches")
        if len(found) > 1:
            raise MultipleFoundError(f"more than one {self.kind.__name__} matches")
        return found[0]


def _sources(kind: type[PygenResource]) -> list[Any]:
    info = getattr(kind, "__pygen__", None)
    return [] if info is None else [info.view]


def fetch_all_plan(
    kind: type[ResourceT], session: Session, where: dict[str, Any], *, instance_type: InstanceKind = "node"
) -> Plan[list[ResourceT]]:
    """Fetch every match at once, through all pages."""
    found: list[ResourceT] = []
    cursor: str | None = None
    while True:
        answer: Answer = yield page_call(
            instance_type=instance_type,
            sources=_sources(kind),
            filter=where,
            cursor=cursor,
            read=partial(decode, kind, session=session),
        )
        items, cursor = answer.value
        found += items
        if cursor is None:
            return found


class _Walk(Generic[ResourceT_co]):
    """The pages of one run through a query: what to ask for next, and what to keep of the answer."""

    __slots__ = ("_cursor", "_left", "_skip", "_spec", "done")

    def __init__(self, spec: QuerySpec[ResourceT_co]) -> None:
        self._spec = spec
        self._cursor: str | None = None
        self._skip = spec.skip
        self._left = spec.most
        self.done = self._left == 0

    def next_plan(self) -> Plan[list[ResourceT_co]]:
        """Fetch the next page, and return what belongs to the result."""
        limit = self._spec.chunk_size if self._left is None else min(self._spec.chunk_size, self._skip + self._left)
        items, self._cursor = yield from self._spec.page_plan(limit, self._cursor)
        skipped = min(self._skip, len(items))
        self._skip -= skipped
        items = items[skipped:] if skipped else items
        if self._left is not None:
            items = items[: self._left]
            self._left -= len(items)
        self.done = self._cursor is None or self._left == 0
        return items


class _Lazy(Generic[ResourceT_co]):
    """What both queries have in common."""

    __slots__ = ("_spec",)

    def __init__(self, spec: QuerySpec[ResourceT_co]) -> None:
        self._spec = spec

    def limit(self, most: int, /) -> Self:
        """At most so many instances."""
        if most < 0:
            raise ValueError(f"a limit of {most} is negative")
        return type(self)(self._spec.limited(most))

    def chunk_size(self, size: int, /) -> Self:
        """How many instances a page holds: 1 to 1,000 (the default)."""
        if not 1 <= size <= LIMIT:
            raise ValueError(f"a page holds 1 to {LIMIT} instances, not {size}")
        return type(self)(self._spec._replace(chunk_size=size))

    def __len__(self) -> NoReturn:
        raise TypeError(
            "the length of a query is not known before everything is fetched: "
            "count() asks the service, all() fetches a list, first() tells whether there is any"
        )

    def __repr__(self) -> str:
        spec = self._spec
        parts = [spec.kind.__name__]
        if spec.where is not None:
            parts.append(f"where {spec.where}")
        if spec.skip:
            parts.append(f"from {spec.skip}")
        if spec.most is not None:
            parts.append(f"at most {spec.most}")
        return f"<{type(self).__name__} of {', '.join(parts)}>"


class Query(_Lazy[ResourceT_co]):
    """
    Instances that match, lazily.

    Each iteration asks the service again and fetches a page when it gets there; `all()` gives a list to keep.
    """

    __slots__ = ()

    def __iter__(self) -> Iterator[ResourceT_co]:
        walk = _Walk(self._spec)
        while not walk.done:
            yield from self._spec.session.run(walk.next_plan())

    def all(self) -> list[ResourceT_co]:
        """Fetch everything, as a list."""
        # Not list(self): that would ask for the length first.
        return [*self]

    def first(self) -> ResourceT_co | None:
        """The first match, or None: one request for one instance."""
        return next(iter(self.limit(1)), None)

    def one(self) -> ResourceT_co:
        """
        The only match.

        Raises:
            NotFoundError: Nothing matches.
            MultipleFoundError: More than one instance matches.
        """
        return self._spec.one(self.limit(2).all())

    def page(self, *, cursor: str | None = None) -> ResultPage[ResourceT_co]:
        """One page, e.g. for a web page of one's own: `next_cursor` of the result leads to the next one."""
        spec = _pageable(self._spec)
        return ResultPage(*spec.session.run(spec.page_plan(spec.chunk_size, cursor)))

    def count(self) -> int:
        """How many instances match; the service's search backend counts, which lags seconds behind writes."""
        return self._spec.session.run(self._spec.count_plan())

    @overload
    def __getitem__(self, index: SupportsIndex) -> ResourceT_co: ...
    @overload
    def __getitem__(self, index: slice) -> Query[ResourceT_co]: ...
    def __getitem__(self, index: SupportsIndex | slice) -> ResourceT_co | Query[ResourceT_co]:
        if isinstance(index, slice):
            return Query(self._spec.sliced(index))
        position = index.__index__()
        if position < 0:
            raise IndexError("a query has no known end to count back from; all() gives a list")
        found = Query(self._spec.sliced(slice(position, position + 1))).all()
        if not found:
            raise IndexError(f"fewer than {position + 1} instances match")
        return found[0]


class AsyncQuery(_Lazy[ResourceT_co]):
    """
    Instances that match, lazily: `async for turbine in client.wind_turbine.list()`.

    Each iteration asks the service again and fetches a page when it gets there; `await q.all()` gives a list to keep.
    """

    __slots__ = ()

    async def __aiter__(self) -> AsyncIterator[ResourceT_co]:
        walk = _Walk(self._spec)
        while not walk.done:
            for item in await self._spec.session.arun(walk.next_plan()):
                yield item

    async def all(self) -> list[ResourceT_co]:
        """Fetch everything, as a list."""
        return [item async for item in self]

    async def first(self) -> ResourceT_co | None:
        """The first match, or None: one request for one instance."""
        found = await self.limit(1).all()
        return found[0] if found else None

    async def one(self) -> ResourceT_co:
        """
        The only match.

        Raises:
            NotFoundError: Nothing matches.
            MultipleFoundError: More than one instance matches.
        """
        return self._spec.one(await self.limit(2).all())

    async def page(self, *, cursor: str | None = None) -> ResultPage[ResourceT_co]:
        """One page; `next_cursor` of the result leads to the next one."""
        spec = _pageable(self._spec)
        return ResultPage(*await spec.session.arun(spec.page_plan(spec.chunk_size, cursor)))

    async def count(self) -> int:
        """How many instances match; the service's search backend counts, which lags seconds behind writes."""
        return await self._spec.session.arun(self._spec.count_plan())

    def __getitem__(self, index: slice) -> AsyncQuery[ResourceT_co]:
        if not isinstance(index, slice):
            raise TypeError(
                "an async query gives slices only; write `await q.first()` or `(await q[n:n + 1].all())[0]`"
            )
        return AsyncQuery(self._spec.sliced(index))


def _pageable(spec: QuerySpec[ResourceT]) -> QuerySpec[ResourceT]:
    """A page is asked for by cursor, so what counts from the start cannot be kept."""
    if spec.skip or spec.most is not None:
        raise ValueError("page() does not go with limit() or a slice; chunk_size() sets the size of a page")
    return spec
