"""Containers, their constraints and indexes (dms-api.md 3.2)."""

from __future__ import annotations

import builtins
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

from pygen.client.calls import Answer, Call, JsonObject, Plan, items_as
from pygen.client.checks import (
    Problems,
    check_container_id,
    check_container_item,
    check_identifier,
    raise_for,
)
from pygen.client.chunks import chunked
from pygen.client.models.container import Container
from pygen.client.models.ids import ContainerId, ViewId
from pygen.client.paging import AsyncListing, Listing
from pygen.client.resources.schema import (
    LIMIT,
    OneOrMany,
    SchemaKind,
    delete_plan,
    list_job,
    many,
    no_id,
    retrieve_plan,
    text_of,
    upsert_plan,
)
from pygen.client.resources.schema_order import containers_first_things_first
from pygen.client.write_form import container_item

if TYPE_CHECKING:
    from pygen.client.core import AsyncPygenClient, PygenClient

__all__ = ["AsyncContainersAPI", "ContainerInput", "ContainerUse", "ContainersAPI", "InvolvedViews", "SubObject"]

ContainerInput: TypeAlias = Container | Mapping[str, Any]
"""A container to write: an object, or JSON in the form of the wire."""

ContainerUse: TypeAlias = Literal["node", "edge", "all", "record"]
"""What a container holds the data of."""

MOST_SUB_OBJECTS = 10
"""Most constraints, indexes or containers of one request (dms-api.md 2.1)."""


class SubObject(NamedTuple):
    """
    A constraint, an index or a property of a container.

    Attributes:
        container: The container.
        identifier: What it is called within the container.
    """

    container: ContainerId
    identifier: str


class InvolvedViews(NamedTuple):
    """
    The views that show properties of a container.

    Attributes:
        container: The container.
        views: The views that the caller may see.
        total: How many there are in all; None where it was not asked for.
    """

    container: ContainerId
    views: list[ViewId]
    total: int | None


def _id_item(container: object, where: str, problems: Problems) -> JsonObject:
    if not isinstance(container, ContainerId):
        return no_id(container, "a ContainerId", where, problems)
    check_container_id(container, where, problems)
    return {"space": container.space, "externalId": container.external_id}


def _read_id(item: JsonObject) -> ContainerId:
    return ContainerId(text_of(item, "space"), text_of(item, "externalId"))


_KIND: SchemaKind[Container, ContainerId] = SchemaKind(
    "containers",
    "/models/containers",
    Container,
    _id_item,
    _read_id,
    container_item,
    check_container_item,
    containers_first_things_first,
)


def _sub_objects(kind: str, verb: str, objects: Iterable[SubObject]) -> Plan[list[SubObject]]:
    """Delete or retry constraints, indexes or properties, ten in a request."""
    operation = f"containers.{kind}.{verb}"
    problems: Problems = []
    items: list[JsonObject] = []
    for place, (container, identifier) in enumerate(objects):
        check_container_id(container, f"{kind}[{place}].container", problems)
        check_identifier(identifier, f"{kind}[{place}].identifier", problems)
        items.append(
            {
                "space": container.space,
                "containerExternalId": container.external_id,
                "identifier": identifier,
            }
        )
    raise_for(problems, operation=operation)
    done: list[SubObject] = []
    for chunk in chunked(items, MOST_SUB_OBJECTS):
        answer: Answer = yield Call(
            operation,
            f"/models/containers/{kind}/{verb}",
            {"items": chunk},
            family="schema_write",
            repeat="idempotent",
            read=items_as(_read_sub_object),
        )
        done += answer.value
    return done


def _read_sub_object(item: JsonObject) -> SubObject:
    container = ContainerId(text_of(item, "space"), text_of(item, "containerExternalId"))
    return SubObject(container, text_of(item, "identifier"))


def _inspect(
    containers: Sequence[ContainerId], all_versions: bool, total: bool, include_unavailable_views: bool
) -> Plan[list[InvolvedViews]]:
    problems: Problems = []
    items = [_id_item(each, f"containers[{place}]", problems) for place, each in enumerate(containers)]
    raise_for(problems, operation="containers.inspect")
    operations: JsonObject = {"involvedViews": {"allVersions": all_versions}}
    if total:
        operations["totalInvolvedViewCount"] = {
            "allVersions": all_versions,
            "includeUnavailableViews": include_unavailable_views,
        }
    found: list[InvolvedViews] = []
    for chunk in chunked(items, MOST_SUB_OBJECTS):
        answer: Answer = yield Call(
            "containers.inspect",
            "/models/containers/inspect",
            {"items": chunk, "inspectionOperations": operations},
            family="schema_read",
            read=items_as(_involved),
        )
        found += answer.value
    return found


def _involved(item: JsonObject) -> InvolvedViews:
    results = item["inspectionResults"]
    views = [
        ViewId(text_of(view, "space"), text_of(view, "externalId"), text_of(view, "version"))
        for view in results.get("involvedViews") or ()
    ]
    total = results.get("involvedViewCount")
    return InvolvedViews(_read_id(item), views, None if total is None else int(total))


class ContainersAPI:
    """Containers: what is stored."""

    def __init__(self, client: PygenClient) -> None:
        self._client = client

    def list(
        self,
        *,
        space: str | None = None,
        include_global: bool = False,
        used_for: Sequence[ContainerUse] | None = None,
        limit: int | None = None,
        chunk_size: int = LIMIT,
        cursor: str | None = None,
    ) -> Listing[Container]:
        """
        List containers, page by page as you go.

        Args:
            space: Of this space only.
            include_global: Whether system containers are listed, too.
            used_for: Only those with one of these uses; None leaves it to the service: all but `record`.
            limit: Most containers in total; None: all.
            chunk_size: Containers of a page, 1 to 1,000.
            cursor: Where to start: `next_cursor` of a page of the same list.

        Raises:
            DmsInputError: An argument is against the rules.

        Example:
            >>> [container.external_id for container in client.containers.list(space="ops_model", limit=2)]
            ['Site', 'Pump']
        """
        params = {"space": space, "includeGlobal": include_global, "usedFor": used_for}
        job = list_job(_KIND, self._client.project, params, limit=limit, chunk_size=chunk_size, cursor=cursor)
        return Listing(self._client, job)

    def retrieve(self, ids: OneOrMany[ContainerId]) -> builtins.list[Container]:
        """
        Fetch containers by id.

        Args:
            ids: One or more.

        Returns:
            Those that exist.

        Raises:
            DmsInputError: An id is against the rules; nothing was sent.
            DmsRequestError: The service refused.
            DmsTransportError: There was no usable answer.

        Example:
            >>> (site,) = client.containers.retrieve(ContainerId("ops_model", "Site"))
            >>> list(site.properties)
            ['name', 'commissioned']
        """
        return self._client.run(retrieve_plan(_KIND, many(ids)))

    def upsert(self, containers: OneOrMany[ContainerInput]) -> builtins.list[Container]:
        """
        Create containers, or add to those that exist.

        Properties, constraints and indexes that are left out stay as they are; more than 100 containers go in several
        requests, those that others require first.

        Args:
            containers: One or more; containers that were read can be written as they are.

        Returns:
            The containers as they are now, in the order given.

        Raises:
            DmsInputError: Something is against the rules; nothing was sent.
            DmsRequestError: The service refused, e.g. to change the type of a property.
            DmsTransportError: There was no usable answer.

        Example:
            >>> valve = {"space": "ops_model", "externalId": "Valve", "properties": {"tag": {"type": {"type": "text"}}}}
            >>> [container.external_id for container in client.containers.upsert(valve)]
            ['Valve']
        """
        return self._client.run(upsert_plan(_KIND, many(containers)))

    def delete(self, ids: OneOrMany[ContainerId]) -> builtins.list[ContainerId]:
        """
        Delete containers, and with them the data that instances have in them.

        Args:
            ids: One or more.

        Returns:
            The ids of those that existed.

        Raises:
            DmsInputError: An id is against the rules; nothing was sent.
            DmsRequestError: The service refused.
            DmsTransportError: There was no usable answer.

        Example:
            >>> client.containers.delete([ContainerId("ops_model", "Site"), ContainerId("ops_model", "Unknown")])
            [ContainerId(space='ops_model', external_id='Site')]
        """
        return self._client.run(delete_plan(_KIND, many(ids)))

    def delete_constraints(self, constraints: Iterable[SubObject]) -> builtins.list[SubObject]:
        """
        Delete constraints.

        Args:
            constraints: Container and identifier of each.

        Returns:
            Those that existed.

        Raises:
            DmsInputError: An id is against the rules; nothing was sent.
            DmsRequestError: The service refused.
            DmsTransportError: There was no usable answer.

        Example:
            >>> client.containers.delete_constraints([SubObject(ContainerId("ops_model", "Pump"), "tagUnique")])
            [SubObject(container=ContainerId(space='ops_model', external_id='Pump'), identifier='tagUnique')]
        """
        return self._client.run(_sub_objects("constraints", "delete", constraints))

    def delete_indexes(self, indexes: Iterable[SubObject]) -> builtins.list[SubObject]:
        """
        Delete indexes.

        Args:
            indexes: Container and identifier of each.

        Returns:
            Those that existed.

        Raises:
            DmsInputError: An id is against the rules; nothing was sent.
            DmsRequestError: The service refused.
            DmsTransportError: There was no usable answer.

        Example:
            >>> client.containers.delete_indexes([SubObject(ContainerId("ops_model", "Pump"), "aliasIdx")])
            [SubObject(container=ContainerId(space='ops_model', external_id='Pump'), identifier='aliasIdx')]
        """
        return self._client.run(_sub_objects("indexes", "delete", indexes))

    def retry_constraints(self, constraints: Iterable[SubObject]) -> builtins.list[SubObject]:
        """
        Have constraints checked again whose state is `failed`.

        Args:
            constraints: Container and identifier of each.

        Returns:
            Those that are checked.

        Raises:
            DmsInputError: An id is against the rules; nothing was sent.
            DmsRequestError: The service refused.
            DmsTransportError: There was no usable answer.

        Example:
            >>> client.containers.retry_constraints([SubObject(ContainerId("ops_model", "Pump"), "tagUnique")])
            [SubObject(container=ContainerId(space='ops_model', external_id='Pump'), identifier='tagUnique')]
        """
        return self._client.run(_sub_objects("constraints", "retry", constraints))

    def retry_indexes(self, indexes: Iterable[SubObject]) -> builtins.list[SubObject]:
        """
        Have indexes built again whose state is `failed`.

        Args:
            indexes: Container and identifier of each.

        Returns:
            Those that are built.

        Raises:
            DmsInputError: An id is against the rules; nothing was sent.
            DmsRequestError: The service refused.
            DmsTransportError: There was no usable answer.

        Example:
            >>> client.containers.retry_indexes([SubObject(ContainerId("ops_model", "Pump"), "siteIdx")])
            [SubObject(container=ContainerId(space='ops_model', external_id='Pump'), identifier='siteIdx')]
        """
        return self._client.run(_sub_objects("indexes", "retry", indexes))

    def retry_properties(self, properties: Iterable[SubObject]) -> builtins.list[SubObject]:
        """
        Have the constraints of properties (nullability, sizes) checked again whose state is `failed`.

        Args:
            properties: Container and identifier of each.

        Returns:
            Those that are checked.

        Raises:
            DmsInputError: An id is against the rules; nothing was sent.
            DmsRequestError: The service refused.
            DmsTransportError: There was no usable answer.

        Example:
            >>> client.containers.retry_properties([SubObject(ContainerId("ops_model", "Pump"), "tag")])
            [SubObject(container=ContainerId(space='ops_model', external_id='Pump'), identifier='tag')]
        """
        return self._client.run(_sub_objects("properties", "retry", properties))

    def inspect(
        self,
        ids: OneOrMany[ContainerId],
        *,
        all_versions: bool = False,
        total_involved_view_count: bool = True,
        include_unavailable_views: bool = True,
    ) -> builtins.list[InvolvedViews]:
        """
        Ask which views show properties of containers, e.g. before one is deleted.

        Args:
            ids: One or more.
            all_versions: Whether older versions of the views count.
            total_involved_view_count: Whether they are counted, too.
            include_unavailable_views: Whether those count that the caller may not see.

        Raises:
            DmsInputError: An id is against the rules; nothing was sent.
            DmsRequestError: The service refused.
            DmsTransportError: There was no usable answer.

        Example:
            >>> (pump,) = client.containers.inspect(ContainerId("ops_model", "Pump"))
            >>> pump.views
            [ViewId(space='ops_model', external_id='Pump', version='v1')]
        """
        plan = _inspect(many(ids), all_versions, total_involved_view_count, include_unavailable_views)
        return self._client.run(plan)


class AsyncContainersAPI:
    """Containers; the arguments are those of `ContainersAPI`."""

    def __init__(self, client: AsyncPygenClient) -> None:
        self._client = client

    def list(
        self,
        *,
        space: str | None = None,
        include_global: bool = False,
        used_for: Sequence[ContainerUse] | None = None,
        limit: int | None = None,
        chunk_size: int = LIMIT,
        cursor: str | None = None,
    ) -> AsyncListing[Container]:
        """
        List containers, page by page as you go; see `ContainersAPI.list`.

        Example:
            >>> [container.external_id async for container in client.containers.list(space="ops_model", limit=2)]
            ['Site', 'Pump']
        """
        params = {"space": space, "includeGlobal": include_global, "usedFor": used_for}
        job = list_job(_KIND, self._client.project, params, limit=limit, chunk_size=chunk_size, cursor=cursor)
        return AsyncListing(self._client, job)

    async def retrieve(self, ids: OneOrMany[ContainerId]) -> builtins.list[Container]:
        """
        Fetch containers by id; see `ContainersAPI.retrieve`.

        Example:
            >>> (site,) = await client.containers.retrieve(ContainerId("ops_model", "Site"))
            >>> list(site.properties)
            ['name', 'commissioned']
        """
        return await self._client.run(retrieve_plan(_KIND, many(ids)))

    async def upsert(self, containers: OneOrMany[ContainerInput]) -> builtins.list[Container]:
        """
        Create containers, or add to those that exist; see `ContainersAPI.upsert`.

        Example:
            >>> valve = {"space": "ops_model", "externalId": "Valve", "properties": {"tag": {"type": {"type": "text"}}}}
            >>> [container.external_id for container in await client.containers.upsert(valve)]
            ['Valve']
        """
        return await self._client.run(upsert_plan(_KIND, many(containers)))

    async def delete(self, ids: OneOrMany[ContainerId]) -> builtins.list[ContainerId]:
        """
        Delete containers, and with them the data in them; see `ContainersAPI.delete`.

        Example:
            >>> await client.containers.delete([ContainerId("ops_model", "Site"), ContainerId("ops_model", "Unknown")])
            [ContainerId(space='ops_model', external_id='Site')]
        """
        return await self._client.run(delete_plan(_KIND, many(ids)))

    async def delete_constraints(self, constraints: Iterable[SubObject]) -> builtins.list[SubObject]:
        """
        Delete constraints; see `ContainersAPI.delete_constraints`.

        Example:
            >>> await client.containers.delete_constraints([SubObject(ContainerId("ops_model", "Pump"), "tagUnique")])
            [SubObject(container=ContainerId(space='ops_model', external_id='Pump'), identifier='tagUnique')]
        """
        return await self._client.run(_sub_objects("constraints", "delete", constraints))

    async def delete_indexes(self, indexes: Iterable[SubObject]) -> builtins.list[SubObject]:
        """
        Delete indexes; see `ContainersAPI.delete_indexes`.

        Example:
            >>> await client.containers.delete_indexes([SubObject(ContainerId("ops_model", "Pump"), "aliasIdx")])
            [SubObject(container=ContainerId(space='ops_model', external_id='Pump'), identifier='aliasIdx')]
        """
        return await self._client.run(_sub_objects("indexes", "delete", indexes))

    async def retry_constraints(self, constraints: Iterable[SubObject]) -> builtins.list[SubObject]:
        """
        Have failed constraints checked again; see `ContainersAPI.retry_constraints`.

        Example:
            >>> await client.containers.retry_constraints([SubObject(ContainerId("ops_model", "Pump"), "tagUnique")])
            [SubObject(container=ContainerId(space='ops_model', external_id='Pump'), identifier='tagUnique')]
        """
        return await self._client.run(_sub_objects("constraints", "retry", constraints))

    async def retry_indexes(self, indexes: Iterable[SubObject]) -> builtins.list[SubObject]:
        """
        Have failed indexes built again; see `ContainersAPI.retry_indexes`.

        Example:
            >>> await client.containers.retry_indexes([SubObject(ContainerId("ops_model", "Pump"), "siteIdx")])
            [SubObject(container=ContainerId(space='ops_model', external_id='Pump'), identifier='siteIdx')]
        """
        return await self._client.run(_sub_objects("indexes", "retry", indexes))

    async def retry_properties(self, properties: Iterable[SubObject]) -> builtins.list[SubObject]:
        """
        Have failed constraints of properties checked again; see `ContainersAPI.retry_properties`.

        Example:
            >>> await client.containers.retry_properties([SubObject(ContainerId("ops_model", "Pump"), "tag")])
            [SubObject(container=ContainerId(space='ops_model', external_id='Pump'), identifier='tag')]
        """
        return await self._client.run(_sub_objects("properties", "retry", properties))

    async def inspect(
        self,
        ids: OneOrMany[ContainerId],
        *,
        all_versions: bool = False,
        total_involved_view_count: bool = True,
        include_unavailable_views: bool = True,
    ) -> builtins.list[InvolvedViews]:
        """
        Ask which views show properties of containers; see `ContainersAPI.inspect`.

        Example:
            >>> (pump,) = await client.containers.inspect(ContainerId("ops_model", "Pump"))
            >>> pump.views
            [ViewId(space='ops_model', external_id='Pump', version='v1')]
        """
        plan = _inspect(many(ids), all_versions, total_involved_view_count, include_unavailable_views)
        return await self._client.run(plan)
