"""Clients and view APIs of generated SDKs: they hold a `pygen.client` client, they are not one."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Self, TypeAlias, TypeVar, overload

from pygen.client.auth import Credentials
from pygen.client.core import AsyncPygenClient, PygenClient
from pygen.client.models.ids import EdgeId, NodeId
from pygen.runtime.base import ModelInfo, PygenResource, PygenWrite
from pygen.runtime.filters import Filter, keyword_filter
from pygen.runtime.operations import delete_any_plan, retrieve_plan, to_instance_id, upsert_plan
from pygen.runtime.query import AsyncQuery, Query, QuerySpec
from pygen.runtime.serialization import UpsertResult
from pygen.runtime.session import Session

if TYPE_CHECKING:
    import httpx

__all__ = ["AsyncSdkClient", "AsyncViewAPI", "SdkClient", "ViewAPI"]

ResourceT = TypeVar("ResourceT", bound=PygenResource)

InstanceRef: TypeAlias = PygenResource | PygenWrite | NodeId | EdgeId | tuple[str, str] | str
"""An instance: an object, its id, or its external id within the client's instance space."""
WriteObjects: TypeAlias = PygenWrite | Iterable[PygenWrite]


def _objects(objects: WriteObjects) -> Iterable[PygenWrite]:
    return [objects] if isinstance(objects, PygenWrite) else objects


class _Sdk:
    """What both clients of an SDK have in common."""

    __pygen__: ClassVar[ModelInfo]
    _session: Session

    @property
    def instance_space(self) -> str | None:
        """Where instances are written, and looked for, that name no space."""
        return self._session.instance_space

    def __repr__(self) -> str:
        client = self._session.client
        return f"{type(self).__name__}(base_url={client.base_url!r}, project={client.project!r})"


def _session(sdk: type[_Sdk], client: PygenClient | AsyncPygenClient, instance_space: str | None) -> Session:
    return Session(client, instance_space or sdk.__pygen__.instance_space)


class SdkClient(_Sdk):
    """
    Base of generated clients.

    Args:
        base_url: The cluster's address, e.g. `https://westeurope-1.cognitedata.com`; ends before `/api/v1`.
        project: The CDF project.
        credentials: A bearer token, a function that returns one (called before every attempt), or `Credentials`.
        transport: Sends requests in place of the network.
        timeout_s: How long one attempt may wait for the service.
        instance_space: Where instances are written that name no space; the SDK's own setting where it is left out.
    """

    def __init__(
        self,
        *,
        base_url: str,
        project: str,
        credentials: Credentials | str | Callable[[], str],
        transport: httpx.BaseTransport | None = None,
        timeout_s: float = 30.0,
        instance_space: str | None = None,
    ) -> None:
        client = PygenClient(
            base_url=base_url, project=project, credentials=credentials, transport=transport, timeout_s=timeout_s
        )
        self._session = _session(type(self), client, instance_space)

    @classmethod
    def from_client(cls, client: PygenClient, *, instance_space: str | None = None) -> Self:
        """Use a client that is there already, e.g. one with another retry policy."""
        sdk = cls.__new__(cls)
        sdk._session = _session(cls, client, instance_space)  # noqa: SLF001 -- made just now
        return sdk

    @classmethod
    def from_env(cls, *, instance_space: str | None = None) -> Self:
        """
        Connect as the environment says: `CDF_PROJECT`, `CDF_TOKEN`, and `CDF_CLUSTER` or `CDF_URL`.

        Raises:
            ConfigError: A variable is missing or wrong, or names a login flow other than `token`.
        """
        return cls.from_client(PygenClient.from_env(), instance_space=instance_space)

    @classmethod
    def from_toml(
        cls, path: str | Path = "config.toml", table: str = "cognite", *, instance_space: str | None = None
    ) -> Self:
        """
        Connect as a table of a TOML file says: `project`, `token`, and `cluster` or `url`.

        Raises:
            ConfigError: The file, the table or a key is missing or wrong.
        """
        return cls.from_client(PygenClient.from_toml(path, table), instance_space=instance_space)

    @property
    def client(self) -> PygenClient:
        """The client underneath."""
        client = self._session.client
        assert isinstance(client, PygenClient)
        return client

    def upsert(self, objects: WriteObjects, *, replace: bool = False) -> UpsertResult:
        """
        Create instances, or change the fields that are set.

        Nested objects are written along and edges are made, in requests of at most 1,000 items; each request is a
        transaction of its own.

        Args:
            objects: One or more objects of write classes.
            replace: Whether properties that are not set are reset, in every container behind the view.

        Raises:
            UpsertError: The service refused; carries what became of each item.
        """
        return self._session.run(upsert_plan(self._session, _objects(objects), replace=replace))

    def delete(self, instances: InstanceRef | Iterable[InstanceRef]) -> list[NodeId | EdgeId]:
        """
        Delete instances, and with nodes their edges.

        Args:
            instances: One or more objects or ids; an external id alone, or a pair, means a node.

        Returns:
            What was deleted; unknown ids are left out.
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


class AsyncSdkClient(_Sdk):
    """Base of generated asynchronous clients; the arguments are those of `SdkClient`, methods are coroutines."""

    def __init__(
        self,
        *,
        base_url: str,
        project: str,
        credentials: Credentials | str | Callable[[], str],
        transport: httpx.AsyncBaseTransport | None = None,
        timeout_s: float = 30.0,
        instance_space: str | None = None,
    ) -> None:
        client = AsyncPygenClient(
            base_url=base_url, project=project, credentials=credentials, transport=transport, timeout_s=timeout_s
        )
        self._session = _session(type(self), client, instance_space)

    @classmethod
    def from_client(cls, client: AsyncPygenClient, *, instance_space: str | None = None) -> Self:
        """Use a client that is there already."""
        sdk = cls.__new__(cls)
        sdk._session = _session(cls, client, instance_space)  # noqa: SLF001 -- made just now
        return sdk

    @classmethod
    def from_env(cls, *, instance_space: str | None = None) -> Self:
        """Connect as the environment says; see `SdkClient.from_env`."""
        return cls.from_client(AsyncPygenClient.from_env(), instance_space=instance_space)

    @classmethod
    def from_toml(
        cls, path: str | Path = "config.toml", table: str = "cognite", *, instance_space: str | None = None
    ) -> Self:
        """Connect as a table of a TOML file says; see `SdkClient.from_toml`."""
        return cls.from_client(AsyncPygenClient.from_toml(path, table), instance_space=instance_space)

    @property
    def client(self) -> AsyncPygenClient:
        """The client underneath."""
        client = self._session.client
        assert isinstance(client, AsyncPygenClient)
        return client

    async def upsert(self, objects: WriteObjects, *, replace: bool = False) -> UpsertResult:
        """Create instances, or change the fields that are set; see `SdkClient.upsert`."""
        return await self._session.arun(upsert_plan(self._session, _objects(objects), replace=replace))

    async def delete(self, instances: InstanceRef | Iterable[InstanceRef]) -> list[NodeId | EdgeId]:
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

    def _spec(self, where: Filter | None, filters: Mapping[str, Any]) -> QuerySpec[ResourceT]:
        condition = keyword_filter(self._resource, where, filters, self._session.instance_space)
        return QuerySpec(self._resource, self._session, condition)

    def _ids(self, references: Iterable[Any]) -> builtins.list[NodeId | EdgeId]:
        edges = self._resource.__pygen_edge__
        return [to_instance_id(one, self._session.instance_space, edges=edges) for one in references]

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._resource.__pygen__.view}>"


def _is_one(reference: object) -> bool:
    return isinstance(reference, str | NodeId | EdgeId | PygenResource) or (
        isinstance(reference, tuple) and len(reference) == 2 and all(isinstance(part, str) for part in reference)
    )


ReadRef: TypeAlias = PygenResource | NodeId | EdgeId | tuple[str, str] | str
"""An instance that may exist: an object, its id, or its external id within the client's instance space."""


class ViewAPI(_View[ResourceT]):
    """Base of generated view APIs: the instances of one view."""

    def _list(self, where: Filter | None, filters: Mapping[str, Any]) -> Query[ResourceT]:
        return Query(self._spec(where, filters))

    @overload
    def retrieve(self, ids: ReadRef, /) -> ResourceT | None: ...  # type: ignore[overload-overlap]  # a text is one id
    @overload
    def retrieve(self, ids: Iterable[ReadRef], /) -> builtins.list[ResourceT]: ...
    def retrieve(self, ids: Any, /) -> ResourceT | builtins.list[ResourceT] | None:
        """
        Fetch instances by id.

        Args:
            ids: One id, external id (within the client's instance space) or object; or several.

        Returns:
            For one, the instance, or None when it is not there. For several, those that are there, in the order asked.
        """
        one = _is_one(ids)
        found = self._session.run(retrieve_plan(self._resource, self._session, self._ids([ids] if one else ids)))
        return (found[0] if found else None) if one else found

    def upsert(self, objects: WriteObjects, *, replace: bool = False) -> UpsertResult:
        """Create instances, or change the fields that are set; see `SdkClient.upsert`."""
        return self._session.run(upsert_plan(self._session, _objects(objects), replace=replace))

    def delete(self, instances: InstanceRef | Iterable[InstanceRef]) -> builtins.list[NodeId | EdgeId]:
        """Delete instances by object or id, and return those that existed."""
        edges = self._resource.__pygen_edge__
        return self._session.run(delete_any_plan(self._session, instances, edges=edges))


class AsyncViewAPI(_View[ResourceT]):
    """Base of generated asynchronous view APIs: the instances of one view."""

    def _list(self, where: Filter | None, filters: Mapping[str, Any]) -> AsyncQuery[ResourceT]:
        return AsyncQuery(self._spec(where, filters))

    @overload
    async def retrieve(self, ids: ReadRef, /) -> ResourceT | None: ...  # type: ignore[overload-overlap]  # a text is one id
    @overload
    async def retrieve(self, ids: Iterable[ReadRef], /) -> builtins.list[ResourceT]: ...
    async def retrieve(self, ids: Any, /) -> ResourceT | builtins.list[ResourceT] | None:
        """Fetch instances by id; see `ViewAPI.retrieve`."""
        one = _is_one(ids)
        plan = retrieve_plan(self._resource, self._session, self._ids([ids] if one else ids))
        found = await self._session.arun(plan)
        return (found[0] if found else None) if one else found

    async def upsert(self, objects: WriteObjects, *, replace: bool = False) -> UpsertResult:
        """Create instances, or change the fields that are set; see `SdkClient.upsert`."""
        return await self._session.arun(upsert_plan(self._session, _objects(objects), replace=replace))

    async def delete(self, instances: InstanceRef | Iterable[InstanceRef]) -> builtins.list[NodeId | EdgeId]:
        """Delete instances by object or id, and return those that existed."""
        edges = self._resource.__pygen_edge__
        return await self._session.arun(delete_any_plan(self._session, instances, edges=edges))
