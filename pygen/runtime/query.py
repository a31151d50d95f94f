"""
Lazy queries: nothing is fetched until the result is looked at, and then page by page.

`Query` and `AsyncQuery` share everything but the way an answer is waited for.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing, closing
from typing import TYPE_CHECKING, Any, SupportsIndex, TypeVar, Unpack, overload

from pygen.client.calls import Plan
from pygen.client.collector import gc_pause
from pygen.client.models.ids import EdgeId, NodeId
from pygen.client.resources.instance_calls import count_plan
from pygen.runtime.aggregating import Asked
from pygen.runtime.base import PygenResource
from pygen.runtime.branching import Follow, with_branch
from pygen.runtime.deleting import delete_matches_plan
from pygen.runtime.errors import MultipleFoundError, NotFoundError
from pygen.runtime.figures import AsyncFigures, Figures
from pygen.runtime.framing import AsyncTables, Tables
from pygen.runtime.identity import IdentityMap
from pygen.runtime.pages import apages, page_plan, pages
from pygen.runtime.results import ResultPage, Results
from pygen.runtime.searching import AsyncSearch, Search
from pygen.runtime.spec import QuerySpec
from pygen.runtime.syncing import AsyncSync, FeedOptions, Sync
from pygen.runtime.values import AsyncValuesQuery, ValuesQuery

if TYPE_CHECKING:
    from pygen.runtime.explaining import Explanation

if TYPE_CHECKING:
    from pygen.runtime.frames import FrameSource

__all__ = ["AsyncQuery", "Query"]

ResourceT = TypeVar("ResourceT", bound=PygenResource)
TargetT = TypeVar("TargetT", bound=PygenResource)
ResourceT_co = TypeVar("ResourceT_co", bound=PygenResource, covariant=True)


class Query(ValuesQuery[ResourceT_co], Figures[ResourceT_co], Tables):
    """
    Instances that match, lazily.

    Each iteration asks the service again and fetches a page when it gets there; `all()` gives a list to keep. Methods
    such as `where`, `order_by`, `limit` and `include` return a new query and fetch nothing.
    """

    __slots__ = ()

    def _frame_source(self) -> FrameSource:
        from pygen.runtime.frames import FrameSource

        return FrameSource(self._spec.kind, self._spec)

    def __iter__(self) -> Iterator[ResourceT_co]:
        with closing(pages(self._spec)) as found:
            for page in found:
                items = iter(page)
                del page  # the next one is on its way: this one must go as its items are used up
                yield from items

    def all(self) -> Results[ResourceT_co]:
        """Fetch everything, as a list; what its objects lead to is one object for each instance."""
        found: Results[ResourceT_co] = Results(self._spec.kind)
        # Everything is kept: to look for garbage in it again and again takes a third of the time.
        with gc_pause, closing(pages(self._spec, IdentityMap())) as fetched:
            for page in fetched:
                found += page
        return found

    def list_full(self) -> Results[ResourceT_co]:
        """Fetch everything with what is included: touching that takes no further request."""
        return self.all()

    @overload
    def list_branch(self, relation: Follow[ResourceT_co, TargetT], /) -> Results[TargetT]: ...
    @overload
    def list_branch(self, relation: str, /) -> Results[Any]: ...
    def list_branch(self, relation: Any, /) -> Results[Any]:
        """
        Fetch what a relation leads to from all matches, each node once; `list_blades()` for one that is included.

        Args:
            relation: `lambda t: t.blades`, or its name. Conditions given to `branch` hold.

        Raises:
            TypeError: It is no relation of the class.
        """
        from pygen.runtime.graph import members_along

        spec, branch = with_branch(self._spec, relation)
        return Results(branch.relation.target, members_along(Query(spec), branch))

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
        return only(self._spec, self.limit(2).all())

    def page(self, *, cursor: str | None = None) -> ResultPage[ResourceT_co]:
        """One page, e.g. for a web page of one's own: `next_cursor` of the result leads to the next one."""
        spec = pageable(self._spec, cursor)
        return spec.session.run(page_plan(spec))

    def pages(self) -> Iterator[ResultPage[ResourceT_co]]:
        """The pages; `next_cursor` of the last one used is where to go on another time (see `start_at`)."""
        return pages(self._spec)

    def count(self) -> int:
        """
        How many instances match; the service's search backend counts, which lags seconds behind writes.

        Raises:
            ValueError: The query starts at a cursor, or combines queries of which one has a limit.
        """
        return self._spec.session.run(_count_plan(self._spec))

    def delete(self, *, everything: bool = False) -> list[NodeId | EdgeId]:
        """
        Delete what matches: all ids are fetched, then deleted, edges first; nodes take their edges along.

        Args:
            everything: Whether a query without a condition or a limit is meant so.

        Returns:
            What was deleted.

        Raises:
            DmsApplyError: Something was not deleted; carries what became of each instance.
            SdkError: The query leaves nothing out, and that is not said to be meant.
        """
        return self._spec.session.run(delete_matches_plan(self._spec, everything=everything))

    def sync(self, **options: Unpack[FeedOptions]) -> Sync[ResourceT_co]:
        """The changes of the instances, lazily; see `ViewAPI.sync`."""
        return Sync(self._spec, options)

    def search(self, text: str, /) -> Search[ResourceT_co]:
        """Those of the instances that hold words, the best match first, lazily; see `Search`."""
        return Search(self._spec, text)

    def _asked(self) -> Asked:
        return Asked(self._spec)

    def explain(self, *, schema: bool = True, count: bool = False) -> Explanation:
        """
        Say what the query would send, how many requests it takes, and which conditions and sortings an index backs.

        Args:
            schema: Whether to ask the service for views and containers, which tell the indexes: two requests. Without
                it and `count`, nothing is asked.
            count: Whether to ask how many instances match, which tells the number of pages: one request.

        Raises:
            ValueError: A combination of queries is to be counted, which the service does not do.
        """
        from pygen.runtime.explaining import explain_plan

        return self._spec.session.run(explain_plan(self._spec, schema=schema, count=count))

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


class AsyncQuery(AsyncValuesQuery[ResourceT_co], AsyncFigures[ResourceT_co], AsyncTables):
    """
    Instances that match, lazily: `async for turbine in client.wind_turbine.list()`.

    Each iteration asks the service again and fetches a page when it gets there; `await q.all()` gives a list to keep.
    """

    __slots__ = ()

    def _frame_source(self) -> FrameSource:
        from pygen.runtime.frames import FrameSource

        return FrameSource(self._spec.kind, self._spec)

    async def __aiter__(self) -> AsyncIterator[ResourceT_co]:
        async with aclosing(apages(self._spec)) as found:
            async for page in found:
                items = iter(page)
                del page  # the next one is on its way: this one must go as its items are used up
                for item in items:
                    yield item

    async def all(self) -> Results[ResourceT_co]:
        """Fetch everything, as a list; what its objects lead to is one object for each instance."""
        found: Results[ResourceT_co] = Results(self._spec.kind)
        with gc_pause:
            async with aclosing(apages(self._spec, IdentityMap())) as fetched:
                async for page in fetched:
                    found += page
        return found

    async def list_full(self) -> Results[ResourceT_co]:
        """Fetch everything with what is included; see `Query.list_full`."""
        return await self.all()

    @overload
    async def list_branch(self, relation: Follow[ResourceT_co, TargetT], /) -> Results[TargetT]: ...
    @overload
    async def list_branch(self, relation: str, /) -> Results[Any]: ...
    async def list_branch(self, relation: Any, /) -> Results[Any]:
        """Fetch what a relation leads to from all matches, each node once; see `Query.list_branch`."""
        from pygen.runtime.graph import members_along

        spec, branch = with_branch(self._spec, relation)
        return Results(branch.relation.target, members_along(await AsyncQuery(spec).all(), branch))

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
        return only(self._spec, await self.limit(2).all())

    async def page(self, *, cursor: str | None = None) -> ResultPage[ResourceT_co]:
        """One page; `next_cursor` of the result leads to the next one."""
        spec = pageable(self._spec, cursor)
        return await spec.session.arun(page_plan(spec))

    def pages(self) -> AsyncIterator[ResultPage[ResourceT_co]]:
        """The pages; `next_cursor` of the last one used is where to go on another time (see `start_at`)."""
        return apages(self._spec)

    async def count(self) -> int:
        """How many instances match; the service's search backend counts, which lags seconds behind writes."""
        return await self._spec.session.arun(_count_plan(self._spec))

    async def delete(self, *, everything: bool = False) -> list[NodeId | EdgeId]:
        """Delete what matches; see `Query.delete`."""
        return await self._spec.session.arun(delete_matches_plan(self._spec, everything=everything))

    def sync(self, **options: Unpack[FeedOptions]) -> AsyncSync[ResourceT_co]:
        """The changes of the instances, lazily; see `ViewAPI.sync`. Takes no await: `async for` does."""
        return AsyncSync(self._spec, options)

    def search(self, text: str, /) -> AsyncSearch[ResourceT_co]:
        """Those of the instances that hold words, the best match first, lazily; see `Search`."""
        return AsyncSearch(self._spec, text)

    def _asked(self) -> Asked:
        return Asked(self._spec)

    async def explain(self, *, schema: bool = True, count: bool = False) -> Explanation:
        """Say what the query would send, and what that rests on; see `Query.explain`."""
        from pygen.runtime.explaining import explain_plan

        return await self._spec.session.arun(explain_plan(self._spec, schema=schema, count=count))

    def __getitem__(self, index: slice) -> AsyncQuery[ResourceT_co]:
        if not isinstance(index, slice):
            raise TypeError(
                "an async query is iterated with `async for`, and gives slices only: write `await q.first()`, or "
                "`(await q[n:n + 1].all())[0]`"
            )
        return AsyncQuery(self._spec.sliced(index))


def only(spec: QuerySpec[ResourceT], found: list[ResourceT]) -> ResourceT:
    """
    The only item of what a query for two has found.

    Raises:
        NotFoundError: There is none.
        MultipleFoundError: There are two.
    """
    if not found:
        raise NotFoundError(f"no {spec.kind.__name__} matches")
    if len(found) > 1:
        raise MultipleFoundError(f"more than one {spec.kind.__name__} matches")
    return found[0]


def pageable(spec: QuerySpec[ResourceT], cursor: str | None) -> QuerySpec[ResourceT]:
    """
    The query for one page; it is asked for by cursor, so what counts from the start cannot be kept.

    Raises:
        ValueError: The query has a limit or a start.
    """
    if spec.skip or spec.most is not None:
        raise ValueError("page() does not go with limit() or a slice; chunk_size() sets the size of a page")
    return spec if cursor is None else spec._replace(cursor=cursor)


def _count_plan(spec: QuerySpec[Any]) -> Plan[int]:
    if spec.sets is not None:
        raise ValueError("the service does not count what two queries have in common; len(query.all()) does")
    if spec.cursor is not None:
        raise ValueError("the service does not count from a cursor on: count() does not go with start_at()")
    found = yield from count_plan(spec.kind.__pygen__.view, filter=spec.where, instance_type=spec.instance_type)
    rest = max(found - spec.skip, 0)
    return rest if spec.most is None else min(rest, spec.most)
