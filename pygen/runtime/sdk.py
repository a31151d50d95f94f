"""Clients and view APIs of generated SDKs: they hold a `pygen.client` client, they are not one."""

from __future__ import annotations

import builtins
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Self, TypeAlias, TypedDict, TypeVar, Unpack, overload

from pygen.client.auth import Credentials
from pygen.client.calls import Plan
from pygen.client.core import AsyncPygenClient, PygenClient
from pygen.client.keywords import refuse_unknown
from pygen.client.models.ids import EdgeId, NodeId
from pygen.client.resources.instance_calls import LIMIT
from pygen.runtime.aggregating import Asked
from pygen.runtime.base import PygenResource
from pygen.runtime.building import LazyQuery
from pygen.runtime.declared import ModelInfo
from pygen.runtime.deleting import (
    delete_any_plan,
    delete_matches_plan,
    is_reference,
    references_in,
    to_instance_id,
)
from pygen.runtime.figures import AsyncFigures, Figures
from pygen.runtime.filters import Filter
from pygen.runtime.keywords import keyword_filter
from pygen.runtime.query import AsyncQuery, Query
from pygen.runtime.results import ResultPage
from pygen.runtime.retrieving import Retrieved, retrieve_many_plan
from pygen.runtime.searching import AsyncSearch, Search
from pygen.runtime.session import SdkOptions, Session
from pygen.runtime.spec import QuerySpec, Units, Where, condition_of
from pygen.runtime.syncing import AsyncSync, FeedOptions, Sync
from pygen.runtime.writing import AsyncWriting, DeleteInput, Frame, WriteObjects, Writing

if TYPE_CHECKING:
    import httpx

    from pygen.runtime.diagrams import Diagram, DiagramFormat, ViewRef

__all__ = ["AsyncSdkClient", "AsyncViewAPI", "SdkClient", "ViewAPI"]

ResourceT = TypeVar("ResourceT", bound=PygenResource)


class _Sdk:
    """What both clients of an SDK have in common."""

    __pygen__: ClassVar[ModelInfo]
    _session: Session

    @property
    def request_count(self) -> int:
        """How many requests were made so far; repeats of one that failed are not counted."""
        return self._session.requests

    @property
    def instance_space(self) -> str | None:
        """Where instances are written, and looked for, that name no space."""
        return self._session.instance_space

    def clear_cache(self) -> None:
        """Forget the answers that the client's cache holds; without a cache there is nothing to forget."""
        if self._session.cache is not None:
            self._session.cache.clear()

    def __repr__(self) -> str:
        client = self._session.client
        return f"{type(self).__name__}(base_url={client.base_url!r}, project={client.project!r})"

    def _repr_html_(self) -> str:
        from pygen.runtime.notebook import client_html

        return client_html(self)

    def diagram(self, *views: ViewRef, format: DiagramFormat = "svg") -> Diagram:  # noqa: A002 -- what it is called everywhere
        """
        Draw the data model: its views as boxes with their fields, relations and inheritance as arrows.

        Made of the generated classes; nothing is asked of the service.

        Args:
            views: The views to draw, each as its class, its id, or its name; all of them where none is given.
            format: How a notebook shows it; `.svg`, `.mermaid` and `.save(path)` are there in any case.

        Raises:
            ValueError: A view or the format is unknown.
        """
        from pygen.runtime.diagrams import draw

        return draw(type(self), views, format)


def _session(sdk: type[_Sdk], client: PygenClient | AsyncPygenClient, options: SdkOptions) -> Session:
    refuse_unknown(options, SdkOptions.__optional_keys__, sdk.__name__)
    space = options.get("instance_space") or sdk.__pygen__.instance_space
    return Session(client, {**options, "instance_space": space})


class SdkClient(_Sdk, Writing[WriteObjects]):
    """
    Base of generated clients.

    Args:
        base_url: The cluster's address, e.g. `https://westeurope-1.cognitedata.com`; ends before `/api/v1`.
        project: The CDF project.
        credentials: A bearer token, a function that returns one (called before every attempt), or `Credentials`.
        transport: Sends requests in place of the network.
        timeout_s: How long one attempt may wait for the service.
        **options: How things are done; see `SdkOptions`.
    """

    def __init__(
        self,
        *,
        base_url: str,
        project: str,
        credentials: Credentials | str | Callable[[], str],
        transport: httpx.BaseTransport | None = None,
        timeout_s: float = 30.0,
        **options: Unpack[SdkOptions],
    ) -> None:
        client = PygenClient(
            base_url=base_url, project=project, credentials=credentials, transport=transport, timeout_s=timeout_s
        )
        self._session = _session(type(self), client, options)

    @classmethod
    def from_client(cls, client: PygenClient, **options: Unpack[SdkOptions]) -> Self:
        """Use a client that is there already, e.g. one with another retry policy."""
        sdk = cls.__new__(cls)
        sdk._session = _session(cls, client, options)  # noqa: SLF001 -- made just now
        return sdk

    @classmethod
    def from_env(cls, **options: Unpack[SdkOptions]) -> Self:
        """
        Connect as the environment says: `CDF_PROJECT`, `CDF_CLUSTER` or `CDF_URL`, and what the login flow needs.

        `CDF_TOKEN` alone is a login flow; docs/credentials.md lists the others.

        Raises:
            ConfigError: A variable is missing or wrong.
        """
        return cls.from_client(PygenClient.from_env(), **options)

    @classmethod
    def from_toml(cls, path: str | Path = "config.toml", table: str = "cognite", **options: Unpack[SdkOptions]) -> Self:
        """
        Connect as a table of a TOML file says; keys are the variables of `from_env`, in lower case.

        Raises:
            ConfigError: The file, the table or a key is missing or wrong.
        """
        return cls.from_client(PygenClient.from_toml(path, table), **options)

    @property
    def client(self) -> PygenClient:
        """The client underneath."""
        client = self._session.client
        assert isinstance(client, PygenClient)
        return client

    def delete(self, instances: DeleteInput) -> list[NodeId | EdgeId]:
        """
        Delete instances, and with nodes their edges; edges go first.

        Args:
            instances: One or more objects or ids; an external id alone, or a pair, means a node. Or a query: all that
                it finds.

        Returns:
            What was deleted; left out are unknown ids, and what is found gone when a request has to be repeated.

        Raises:
            DmsApplyError: Something was not deleted; carries what became of each instance.
        """
        return self._session.run(delete_any_plan(self._session, instances))

    def close(self) -> None:
        """Close the connections of the client underneath."""
        self.client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class AsyncSdkClient(_Sdk, AsyncWriting[WriteObjects]):
    """Base of generated asynchronous clients; the arguments are those of `SdkClient`, methods are coroutines."""

    def __init__(
        self,
        *,
        base_url: str,
        project: str,
        credentials: Credentials | str | Callable[[], str],
        transport: httpx.AsyncBaseTransport | None = None,
        timeout_s: float = 30.0,
        **options: Unpack[SdkOptions],
    ) -> None:
        client = AsyncPygenClient(
            base_url=base_url, project=project, credentials=credentials, transport=transport, timeout_s=timeout_s
        )
        self._session = _session(type(self), client, options)

    @classmethod
    def from_client(cls, client: AsyncPygenClient, **options: Unpack[SdkOptions]) -> Self:
        """Use a client that is there already."""
        sdk = cls.__new__(cls)
        sdk._session = _session(cls, client, options)  # noqa: SLF001 -- made just now
        return sdk

    @classmethod
    def from_env(cls, **options: Unpack[SdkOptions]) -> Self:
        """Connect as the environment says; see `SdkClient.from_env`."""
        return cls.from_client(AsyncPygenClient.from_env(), **options)

    @classmethod
    def from_toml(cls, path: str | Path = "config.toml", table: str = "cognite", **options: Unpack[SdkOptions]) -> Self:
        """Connect as a table of a TOML file says; see `SdkClient.from_toml`."""
        return cls.from_client(AsyncPygenClient.from_toml(path, table), **options)

    @property
    def client(self) -> AsyncPygenClient:
        """The client underneath."""
        client = self._session.client
        assert isinstance(client, AsyncPygenClient)
        return client

    async def delete(self, instances: DeleteInput) -> list[NodeId | EdgeId]:
        """Delete instances, and with nodes their edges; see `SdkClient.delete`."""
        return await self._session.arun(delete_any_plan(self._session, instances))

    async def aclose(self) -> None:
        """Close the connections of the client underneath."""
        await self.client.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()


class _View(Generic[ResourceT]):
    """What both view APIs have in common."""

    _resource: type[ResourceT]

    def __init__(self, session: Session) -> None:
        self._session = session

    def _spec(self, where: Where[ResourceT] | None, filters: Mapping[str, Any]) -> QuerySpec[ResourceT]:
        kind, session = self._resource, self._session
        given = condition_of(kind, where, session)
        keywords = dict(filters)
        narrow = bool(keywords.pop("narrow", False))
        condition = keyword_filter(kind, None if given is None else Filter(given), keywords, session.instance_space)
        return QuerySpec(kind, session, condition, narrow=narrow)

    def _asked(self) -> Asked:
        return Asked(self._spec(None, {}))

    def _viewed(self) -> type[PygenResource]:
        return self._resource

    def _delete_plan(self, given: Any) -> Plan[builtins.list[NodeId | EdgeId]]:
        if isinstance(given, Filter) or callable(given):
            return delete_matches_plan(self._spec(given, {}))
        return delete_any_plan(self._session, given, edges=self._resource.__pygen_edge__)

    def _ids(self, given: Any) -> builtins.list[NodeId | EdgeId]:
        edges = self._resource.__pygen_edge__
        return [to_instance_id(one, self._session.instance_space, edges=edges) for one in references_in(given)]

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._resource.__pygen__.view}>"


ReadRef: TypeAlias = PygenResource | NodeId | EdgeId | tuple[str, str] | str
"""An instance that may exist: an object, its id, or its external id within the client's instance space."""


class PageOptions(TypedDict, total=False):
    """
    How pages are cut.

    Attributes:
        chunk_size: Instances of a page, 1 to 1,000, which is the default.
        limit: Most instances; left out, all.
        cursor: Where to start: `next_cursor` of a page of the same question.
    """

    chunk_size: int
    limit: int | None
    cursor: str | None


QueryT = TypeVar("QueryT", bound=LazyQuery[Any])


def _paged(query: QueryT, where: Any, options: PageOptions) -> QueryT:
    """The query that `iterate` asks."""
    refuse_unknown(options, PageOptions.__optional_keys__, "iterate")
    query = query.chunk_size(options.get("chunk_size", LIMIT)).start_at(options.get("cursor"))
    query = query if where is None else query.where(where)
    limit = options.get("limit")
    return query if limit is None else query.limit(limit)


class ViewAPI(_View[ResourceT], Figures[ResourceT], Writing[WriteObjects | Frame]):
    """Base of generated view APIs: the instances of one view."""

    def _list(self, where: Where[ResourceT] | None, filters: Mapping[str, Any]) -> Query[ResourceT]:
        return Query(self._spec(where, filters))

    def _search(self, text: str, where: Where[ResourceT] | None, filters: Mapping[str, Any]) -> Search[ResourceT]:
        return Search(self._spec(where, filters), text)

    def select(self) -> Query[ResourceT]:
        """All instances, as the start of a query: `select().where(...).include(...).order_by(...)`."""
        return Query(self._spec(None, {}))

    def iterate(
        self, where: Where[ResourceT] | None = None, /, **options: Unpack[PageOptions]
    ) -> Iterator[ResultPage[ResourceT]]:
        """
        The instances page by page, lazily; with keyword filters: `list(...).chunk_size(...).pages()`.

        Args:
            where: A condition.
            options: The size of a page, and where to start and end; see `PageOptions`.
        """
        return _paged(self.select(), where, options).pages()

    def sync(self, where: Where[ResourceT] | None = None, /, **options: Unpack[FeedOptions]) -> Sync[ResourceT]:
        """
        The changes of the instances, lazily: what is created, updated and deleted.

        A feed without a cursor begins with everything that is there, as `created`. What to keep is its `cursor`, after
        each change that was dealt with: a feed that begins with it loses nothing, and may tell the changes of one page
        again. Cursors are good for three days.

        Args:
            where: A condition; keyword filters go through `list(...).sync()`. An instance that stops meeting it is not
                told of.
            options: Where to begin, and whether to wait for more; see `FeedOptions`.

        Raises:
            CursorExpiredError: While iterating: the cursor is older than three days.
            DmsRequestError: While iterating: the service refused.

        Example:
            >>> feed = client.wind_turbine.sync(cursor=saved, follow=True)
            >>> for change in feed:
            ...     deal_with(change.kind, change.item)
            ...     save(feed.cursor)
        """
        return Sync(self._spec(where, {}), options)

    @overload
    def retrieve(self, ids: ReadRef, /, *, target_units: Units | None = None) -> ResourceT | None: ...  # type: ignore[overload-overlap]  # a text is one id
    @overload
    def retrieve(self, ids: Iterable[ReadRef], /, *, target_units: Units | None = None) -> Retrieved[ResourceT]: ...
    def retrieve(self, ids: Any, /, *, target_units: Units | None = None) -> ResourceT | Retrieved[ResourceT] | None:
        """
        Fetch instances by id.

        Args:
            ids: One id, external id (within the client's instance space) or object; or any number of them.
            target_units: The unit of each field, or a system of units, to convert values to.

        Returns:
            For one, the instance, or None when it is not there. For several, a list of those that are there, in the
            order asked and each once; `missing` of it names the others, and `explain_missing()` tells why.
        """
        one = is_reference(ids)
        asked = self._ids(ids)
        found = self._session.run(retrieve_many_plan(self._resource, self._session, asked, units=target_units))
        return (found[0] if found else None) if one else found

    def delete(self, instances: DeleteInput | Where[ResourceT]) -> builtins.list[NodeId | EdgeId]:
        """
        Delete instances, and with nodes their edges.

        Args:
            instances: One or more objects or ids; or a condition, or a query: all that it finds.

        Returns:
            What was deleted; left out are unknown ids, and what is found gone when a request has to be repeated.

        Raises:
            DmsApplyError: Something was not deleted; carries what became of each instance.
            SdkError: The condition leaves nothing out.
        """
        return self._session.run(self._delete_plan(instances))


class AsyncViewAPI(_View[ResourceT], AsyncFigures[ResourceT], AsyncWriting[WriteObjects | Frame]):
    """Base of generated asynchronous view APIs: the instances of one view."""

    def _list(self, where: Where[ResourceT] | None, filters: Mapping[str, Any]) -> AsyncQuery[ResourceT]:
        return AsyncQuery(self._spec(where, filters))

    def _search(self, text: str, where: Where[ResourceT] | None, filters: Mapping[str, Any]) -> AsyncSearch[ResourceT]:
        return AsyncSearch(self._spec(where, filters), text)

    def select(self) -> AsyncQuery[ResourceT]:
        """All instances, as the start of a query: `select().where(...).include(...).order_by(...)`."""
        return AsyncQuery(self._spec(None, {}))

    def iterate(
        self, where: Where[ResourceT] | None = None, /, **options: Unpack[PageOptions]
    ) -> AsyncIterator[ResultPage[ResourceT]]:
        """The instances page by page, lazily; see `ViewAPI.iterate`. Takes no await: `async for` does."""
        return _paged(self.select(), where, options).pages()

    def sync(self, where: Where[ResourceT] | None = None, /, **options: Unpack[FeedOptions]) -> AsyncSync[ResourceT]:
        """The changes of the instances, lazily; see `ViewAPI.sync`. Takes no await: `async for` does."""
        return AsyncSync(self._spec(where, {}), options)

    @overload
    async def retrieve(self, ids: ReadRef, /, *, target_units: Units | None = None) -> ResourceT | None: ...  # type: ignore[overload-overlap]  # a text is one id
    @overload
    async def retrieve(
        self, ids: Iterable[ReadRef], /, *, target_units: Units | None = None
    ) -> Retrieved[ResourceT]: ...
    async def retrieve(
        self, ids: Any, /, *, target_units: Units | None = None
    ) -> ResourceT | Retrieved[ResourceT] | None:
        """Fetch instances by id; see `ViewAPI.retrieve`."""
        one = is_reference(ids)
        asked = self._ids(ids)
        found = await self._session.arun(retrieve_many_plan(self._resource, self._session, asked, units=target_units))
        return (found[0] if found else None) if one else found

    async def delete(self, instances: DeleteInput | Where[ResourceT]) -> builtins.list[NodeId | EdgeId]:
        """Delete instances, and with nodes their edges; see `ViewAPI.delete`."""
        return await self._session.arun(self._delete_plan(instances))
